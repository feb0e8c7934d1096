"""What a change of content, facts or translations touches: handouts, and what they say differently."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from generator.batch import Job, Plan
from generator.guide import map_text, place_of
from generator.localize import LocalizedGuide
from generator.prose import parse, placeholders


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One thing that a handout says differently.

    `kind`: text (a place), fact (an id), word (a template's), list (which blocks, sources or dates),
    looks (templates, paper). `before` or `after` is "" where it is new or gone, both where it was
    only asked about.
    """

    kind: str
    name: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Affected:
    """A handout and what changed on it; `is_new` and `is_gone` where only one side has it."""

    file: str
    guide: str
    locale: str
    changes: tuple[Change, ...]
    is_new: bool = False
    is_gone: bool = False


def compare_plans(before: Plan, after: Plan) -> tuple[Affected, ...]:
    """Return the handouts that two states of the project print differently, in the order of the plan."""
    old = {job.file: job for job in before.jobs}
    found = []
    for job in after.jobs:
        earlier = old.pop(job.file, None)
        if earlier is None:
            found.append(_describe(job, (), is_new=True))
        elif changes := _compare_jobs(earlier, job):
            found.append(_describe(job, changes))
    found += [_describe(job, (), is_gone=True) for job in old.values()]
    return tuple(found)


def _describe(
    job: Job, changes: Iterable[Change], *, is_new: bool = False, is_gone: bool = False
) -> Affected:
    guide, locale, _, _ = job.key
    return Affected(job.file, guide, locale, tuple(changes), is_new, is_gone)


def _compare_jobs(before: Job, after: Job) -> tuple[Change, ...]:
    changes = []
    if before.inputs["templates"] != after.inputs["templates"]:
        changes.append(Change("looks", "templates"))
    if before.local.digest() != after.local.digest():
        old, new = say(before.local), say(after.local)
        keys = dict.fromkeys((*old, *new))
        said = [
            Change(*key, old.get(key, ""), new.get(key, "")) for key in keys if old.get(key) != new.get(key)
        ]
        # What has no name of its own (a logo, the order of things) still is another handout.
        changes += said or [Change("list", "what is said")]
    return tuple(changes)


def say(local: LocalizedGuide) -> dict[tuple[str, str], str]:
    """Return all that a handout says, by kind and name: texts by place, facts by id, words by source."""
    said: dict[tuple[str, str], str] = {}

    def look(place: str, text: str) -> str:
        said["text", place] = text
        return text

    carriers = local.carriers.values() if local.guide.choices else [local.carrier]
    records = (local.guide, *local.phrases, *local.terms.values(), *carriers, local.shop)
    for record in records:
        if record is not None:
            map_text(record, look, place_of(record))
    for id_ in local.facts:
        said["fact", id_] = local.urls.get(id_) or local.printed.get(f"fact.{id_}", "")
    said.update({("word", source): text for source, text in local.words})
    said.update({("text", f"phrase/{phrase.id}/ja"): phrase.ja for phrase in local.phrases})
    said.update({("text", f"term/{term.id}/ja"): term.ja for term in local.terms.values()})
    said["list", "sources"] = "; ".join(f"{line.owner}: {line.labels}" for line in local.sources)
    said["list", "facts seen"] = local.seen_on
    return said


def find_pages(pdf: bytes, changes: Iterable[Change]) -> tuple[tuple[int, ...], ...]:
    """Return the pages of a built handout on which each change is seen, from 1; () where that is not known.

    The file may have been made before or after the change: either text is looked for.
    """
    from generator.checks.texts import fold
    from generator.readback.picture import read_pages

    changes = tuple(changes)
    sheets = [fold(text) for text in read_pages(pdf)] if pdf else []
    found = []
    for change in changes:
        # What stands between placeholders is on paper as it is; the longest of it says most.
        texts = [
            max((piece.text for piece in parse(text) if piece.kind == "text"), key=len, default="")
            for text in (change.before, change.after)
        ]
        wanted = {folded for text in texts if (folded := fold(text))}
        found.append(
            tuple(
                number
                for number, sheet in enumerate(sheets, start=1)
                if any(text in sheet for text in wanted)
            )
        )
    return tuple(found)


def find_facts(plan: Plan, ids: Iterable[str]) -> tuple[Affected, ...]:
    """Return the handouts that print these facts or rest on them, and the texts that quote them."""
    wanted = set(ids)
    found = []
    for job in plan.jobs:
        used = [id_ for id_ in job.local.facts if id_ in wanted]
        if used:
            printed = {
                id_: job.local.urls.get(id_) or job.local.printed.get(f"fact.{id_}", "") for id_ in used
            }
            changes = [Change("fact", id_, after=printed[id_]) for id_ in used]
            for (kind, place), text in say(job.local).items():
                if kind == "text" and any(
                    pair[0] == "fact" and pair[1] in wanted for pair in placeholders(text)
                ):
                    changes.append(Change("text", place, after=text))
            found.append(_describe(job, changes))
    return tuple(found)


def find_places(plan: Plan, places: Iterable[tuple[str, str]]) -> tuple[Affected, ...]:
    """Return the handouts that print the texts at these (locale, place); a template word is its own place."""
    wanted = set(places)
    found = []
    for job in plan.jobs:
        said = say(job.local)
        labels = {f"fact/{id_}/{name}" for id_ in job.local.facts for name in ("label", "safe_wording")}
        changes = [
            Change(kind, place, after=said.get((kind, place), ""))
            for locale, place in sorted(wanted)
            if locale == job.local.language.locale
            for kind in ("text", "word")
            if (kind, place) in said or (kind == "text" and place in labels)
        ]
        if changes:
            found.append(_describe(job, changes))
    return tuple(found)


def known_places(plan: Plan) -> Mapping[str, frozenset[str]]:
    """Return the places and template words of each locale that some handout of the plan prints."""
    found: dict[str, set[str]] = {}
    for job in plan.jobs:
        names = found.setdefault(job.local.language.locale, set())
        names.update(name for kind, name in say(job.local) if kind in ("text", "word"))
        names.update(f"fact/{id_}/{name}" for id_ in job.local.facts for name in ("label", "safe_wording"))
    return {locale: frozenset(names) for locale, names in found.items()}
