"""One guide in one language: every text translated, every fact in its printed form.

The only room for Babel's dates and numbers.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from generator import facts as rules
from generator import prose
from generator.catalog import Catalog, Message, check_message, make_lexicon
from generator.guide import (
    Carrier,
    Content,
    Fact,
    Guide,
    Phrase,
    Shop,
    Source,
    Term,
    map_text,
    place_of,
    used_facts,
)
from generator.language import PSEUDO, SOURCE_LANGUAGE, Language
from generator.problem import Problem

# Crockford's alphabet: no letter that is read as another, over the phone or on a bad copy.
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Stands for the code in pages that are made without a shop: no code is wider.
HOLE_CODE = "WWWWWW"


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line of the list of sources on paper: who says it, and what the guide took from there."""

    kind: str
    owner: str
    labels: str


@dataclass(frozen=True)
class LocalizedGuide:
    """A guide as it is said in one language.

    `printed` holds the printed form of each placeholder by "kind.id" ("fact.au-phone-zh"); `urls`
    the whole address of each fact that is one. `carriers` are all carriers, for guides that let
    choose. `seen_on` is the oldest check of the facts used, as printed. `words` are the ready
    translations of template words. `is_archived`: some fact was read in a stored copy.
    `next_review` is the day by which the first of its facts should be looked at again, `last_seen` the day on
    which the last of them was seen.
    `problems` keep a release from being printed; in a draft the untranslated texts stand in 〖…〗 in
    the source language. `origins` say for each text where a person can change it: file, line, key. These
    four are no part of what is said.

    `beside` is the same guide in the language that stands beside this one; what rests on facts covers both.
    `hole_px` is the height of the panel where what a shop says is put in later; there is no shop then.
    `before` is the guide before a shop was added to it: what many shops share is counted once.
    """

    guide: Guide
    language: Language
    carrier: Carrier | None
    carriers: Mapping[str, Carrier]
    shop: Shop | None
    logo: bytes
    phrases: tuple[Phrase, ...]
    terms: Mapping[str, Term]
    printed: Mapping[str, str]
    urls: Mapping[str, str]
    sources: tuple[SourceLine, ...]
    seen_on: str
    words: tuple[tuple[str, str], ...]
    facts: tuple[str, ...]
    is_archived: bool
    is_draft: bool
    next_review: datetime.date | None
    last_seen: datetime.date | None
    problems: tuple[Problem, ...]
    origins: Mapping[str, tuple[str, int, str]]
    beside: LocalizedGuide | None = None
    hole_px: float = 0.0
    before: LocalizedGuide | None = None

    @property
    def look_by(self) -> str:
        """Return the day of the next review as it is kept, "" without facts."""
        return self.next_review.isoformat() if self.next_review else ""

    def _said(self) -> dict[str, Any]:
        """Return everything that is said."""
        beside = {"beside": self.beside._said()} if self.beside else {}
        return beside | {
            "guide": self.guide.model_dump(mode="json", exclude={"pages", "droppable"}),
            "language": asdict(self.language),
            "carriers": [
                c.model_dump(mode="json", exclude={"hosts", "accent_cmyk", "accent_grey"})
                for c in (self.carriers.values() if self.guide.choices else [self.carrier])
                if c
            ],
            "phrases": [phrase.model_dump(mode="json") for phrase in self.phrases],
            "terms": {
                id_: term.model_dump(mode="json", exclude={"note"}) for id_, term in self.terms.items()
            },
            "printed": dict(self.printed),
            "urls": dict(self.urls),
            "sources": [asdict(line) for line in self.sources],
            "seen_on": self.seen_on,
            "words": self.words,
            "archived": self.is_archived,
            "draft": self.is_draft,
        }

    @cached_property
    def _shared(self) -> tuple[str, dict[str, str]]:
        """Return the hash of all that is said but for the shop, and that of each part of it."""
        if self.before:
            return self.before._shared
        found: dict[str, list[Any]] = {}
        said = self._said()
        for name, value in said.items():
            for part, words in _take_apart(name, value):
                found.setdefault(_PARTS.sub(r"fact/", part), []).append(words)
        return _hash(said), {part: _hash(words)[:PART_LETTERS] for part, words in sorted(found.items())}

    @cached_property
    def _own(self) -> dict[str, str]:
        """Return the hashes of what the shop says."""
        return {
            "shop": _hash(
                [one.shop and one.shop.model_dump(mode="json") for one in (self, self.beside) if one]
            ),
            "logo": hashlib.sha256(self.logo).hexdigest(),
        }

    @cached_property
    def _digest(self) -> str:
        return _hash([self._shared[0], self._own, self.hole_px])

    def digest(self) -> str:
        """Return the hash of everything that is said, hex sha256."""
        return self._digest

    def parts(self) -> dict[str, str]:
        """Return a short hash of each part of what is said: "fact/au-phone-zh", "guide/steps/ask".

        Two editions that differ, differ in a part.
        """
        own = {name: digest[:PART_LETTERS] for name, digest in self._own.items()}
        return dict(sorted({**self._shared[1], **own}.items()))

    def edition(self) -> str:
        """Return the short code that is printed on every page: six letters of the digest."""
        if self.hole_px:
            return HOLE_CODE
        number = int(self.digest(), 16)
        letters = ""
        for _ in range(6):
            number, rest = divmod(number, 32)
            letters += CODE_ALPHABET[rest]
        return letters


# Of the hash of a part: enough to see that it changed.
PART_LETTERS = 6
# Values and addresses of facts are one part a fact.
_PARTS = re.compile(r"^(?:printed/fact\.|urls/)")


def _take_apart(name: str, value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """Yield the parts of what is said: guides to their rows, lists by the ids of what they hold."""
    if isinstance(value, dict) and (name in ("guide", "guide/check", "printed", "urls", "terms")):
        for key, item in value.items():
            yield from _take_apart(f"{name}/{key}", item)
    elif isinstance(value, list) and value and isinstance(value[0], dict) and "id" in value[0]:
        for item in value:
            yield f"{name}/{item['id']}", item
        yield name, [item["id"] for item in value]
    else:
        yield name, value


def _hash(said: Any) -> str:  # noqa: ANN401
    text = json.dumps(said, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def localize(
    content: Content,
    guide: Guide,
    catalog: Catalog,
    shop: Shop | None = None,
    *,
    as_of: datetime.date,
    is_draft: bool = False,
    beside: Catalog | None = None,
) -> LocalizedGuide:
    """Say a guide in the language of the catalog, and `beside` it in that of another.

    Never raises for what is missing: `problems` holds an error for every text that is not ready
    (and, in a draft, none of these), a warning for every fact whose review is due, and an error (in a
    draft, a warning) for every fact that is past its last day.
    """
    problems: list[Problem] = []
    origins: dict[str, tuple[str, int, str]] = {}
    translate = _make_translator(content, catalog, problems, origins, is_draft=is_draft)
    other = localize(content, guide, beside, as_of=as_of, is_draft=is_draft) if beside else None
    ids = used_facts(guide, prose.placeholders, catalog.language.locale)
    if other:
        problems.extend(other.problems)
        ids = tuple(dict.fromkeys((*ids, *other.facts)))
    facts = [content.facts[id_] for id_ in ids]
    spoken = {
        id_: map_text(c, translate, place_of(c))
        for id_, c in content.carriers.items()
        if id_ == guide.carrier or guide.choices
    }
    carrier = spoken.get(guide.carrier or "")
    said = {fact.id: map_text(fact, translate, place_of(fact)) for fact in facts}
    local = map_text(guide, translate, place_of(guide))
    term_ids = {
        *(thing.term for thing in guide.checklist if thing.term),
        *(label for step in guide.steps for label in step.labels),
        *guide.words,
        *_named_terms(guide),
        *(name for fact in facts for kind, name in prose.placeholders(fact.safe_wording) if kind == "term"),
    }
    for fact in facts:
        if (problem := _find_age(content, fact, as_of, is_draft)) is not None:
            problems.append(problem)
    printed = {f"fact.{id_}": print_fact(fact, catalog.language) for id_, fact in said.items()}
    printed["speech"] = catalog.language.ja_speech
    if carrier:
        for name in ("brand", "company", "issuer", "shop", "self_service", "login"):
            printed[f"carrier.{name}"] = getattr(carrier, name)
    oldest = rules.oldest_check(facts)
    said_guide = LocalizedGuide(
        guide=local,
        language=catalog.language,
        carrier=carrier,
        carriers=spoken,
        shop=None,
        logo=b"",
        phrases=tuple(
            map_text(content.phrases[id_], translate, place_of(content.phrases[id_])) for id_ in guide.phrases
        ),
        terms={
            id_: map_text(content.terms[id_], translate, place_of(content.terms[id_]))
            for id_ in sorted(term_ids)
        },
        printed=printed,
        urls={id_: str(fact.value) for id_, fact in said.items() if fact.kind == "url"},
        sources=_list_sources(content, list(said.values()), catalog.language, translate),
        seen_on=print_date(oldest, catalog.language) if oldest else "",
        words=catalog.words(),
        facts=ids,
        is_archived=any(fact.method == "archived_copy" for fact in facts),
        is_draft=is_draft,
        next_review=min((rules.next_look(fact) for fact in facts), default=None),
        last_seen=max((fact.seen_on for fact in facts), default=None),
        problems=tuple(dict.fromkeys(problems)),
        origins={
            **(other.origins if other else {}),
            **_find_words(catalog),
            **_find_strings(content, guide, facts, term_ids),
            **origins,
        },
        beside=other,
    )
    if shop is None:
        return said_guide
    return add_shop(
        said_guide,
        say_shop(content, shop, catalog, is_draft=is_draft),
        say_shop(content, shop, beside, is_draft=is_draft) if beside else None,
    )


@dataclass(frozen=True)
class SaidShop:
    """A shop as it is said in one language, its logo as SVG, and what keeps it from being printed."""

    shop: Shop
    logo: bytes
    problems: tuple[Problem, ...] = ()
    origins: Mapping[str, tuple[str, int, str]] = field(default_factory=dict)


def say_shop(content: Content, shop: Shop, catalog: Catalog, *, is_draft: bool = False) -> SaidShop:
    """Say a shop in the language of the catalog; one from a table brings its translations along."""
    logo = content.logos.get(shop.id, b"")
    if (told := content.shop_texts.get(shop.id)) is not None:
        of_language = told.get(catalog.language.locale, {})
        return SaidShop(shop.model_copy(update=of_language), logo)
    problems: list[Problem] = []
    origins: dict[str, tuple[str, int, str]] = {}
    translate = _make_translator(content, catalog, problems, origins, is_draft=is_draft)
    said = map_text(shop, translate, place_of(shop))
    return SaidShop(said, logo, tuple(dict.fromkeys(problems)), origins)


def add_shop(guide: LocalizedGuide, said: SaidShop, beside: SaidShop | None = None) -> LocalizedGuide:
    """Return a guide as a shop hands it out."""
    problems = (*guide.problems, *said.problems, *(beside.problems if beside else ()))
    other = guide.beside
    if other and beside:
        other = replace(other, shop=beside.shop, logo=beside.logo, before=other)
    return replace(
        guide,
        shop=said.shop,
        logo=said.logo,
        problems=problems if len(problems) == len(guide.problems) else tuple(dict.fromkeys(problems)),
        origins={**guide.origins, **said.origins} if said.origins else guide.origins,
        beside=other,
        before=guide,
    )


def _make_translator(
    content: Content,
    catalog: Catalog,
    problems: list[Problem],
    origins: dict[str, tuple[str, int, str]],
    *,
    is_draft: bool,
) -> Callable[[str, str], str]:
    """Return what translates a text by its place, and notes what is wrong and where a text comes from."""
    is_source = catalog.language == PSEUDO or catalog.language.locale == SOURCE_LANGUAGE
    lexicon = make_lexicon(catalog, content)

    def translate(place: str, text: str) -> str:
        where = content.texts.get(place)
        if where is None:  # cannot be printed, so it was never offered
            return text
        message = Message(place, text, where.file, where.line)
        found = check_message(catalog, message, lexicon)
        entry = catalog.find(place, text)
        if entry is not None and all(problem.severity != "error" for problem in found):
            # The pseudo-locale is too long on purpose.
            problems.extend(found if catalog.language != PSEUDO else ())
            here = (where.file, where.line, where.key) if is_source else (catalog.file, entry.line, place)
            origins.setdefault(entry.text, here)
            return entry.text
        if is_draft:
            return f"{prose.DRAFT_OPEN}{text}{prose.DRAFT_CLOSE}"
        problems.extend(found)
        return text

    return translate


def _find_age(content: Content, fact: Fact, as_of: datetime.date, is_draft: bool) -> Problem | None:
    """Return what keeps a fact from being printed for its age (a draft is only warned), if anything does."""
    state = rules.state_of(fact, as_of)
    if state == "fresh":
        return None
    place = content.texts[f"{place_of(fact)}/label"]
    what = f'fact "{fact.id}" was last seen {fact.seen_on}, review was due {fact.review_by}'
    if state == "expired" and not rules.is_review_due(fact, as_of):
        what = f'fact "{fact.id}" was last seen {fact.seen_on}, and changes on {fact.changes_on}'
    elif state == "expired":
        what += f"; it may be printed until {rules.last_day(fact)}"
    return Problem(
        place.file,
        place.line,
        rule="fact-expired" if state == "expired" else "fact-due",
        what=what,
        hint=f"look at its sources again, then run: carrier-guides facts verify {fact.id} --on DAY --by NAME",
        severity="error" if state == "expired" and not is_draft else "warning",
    )


def say_fact(content: Content, fact: Fact, catalog: Catalog) -> str | None:
    """Return what stands on paper for a fact in the language of the catalog, for people who keep facts.

    "" where nothing may; None where its wording is not translated, as it is where no guide says it.
    """
    is_ready = True

    def translate(place: str, text: str) -> str:
        nonlocal is_ready
        entry = catalog.find(place, text)
        if catalog.language.locale != SOURCE_LANGUAGE and place.endswith("/safe_wording"):
            is_ready = entry is not None and entry.is_ready
        return entry.text if entry and entry.is_ready else text

    if rules.what_may_print(fact) == "nothing":
        return ""
    said = print_fact(map_text(fact, translate, place_of(fact)), catalog.language)
    if rules.what_may_print(fact) == "safe wording" and not is_ready:
        return None
    pieces = prose.parse(said)
    return "".join(content.terms[p.name].ja if p.kind == "term" else p.text for p in pieces)


def _find_strings(
    content: Content, guide: Guide, facts: Iterable[Fact], terms: Iterable[str]
) -> dict[str, tuple[str, int, str]]:
    """Return where what stands as it is comes from: Japanese, names, the values of facts."""
    found = {}
    for fact in facts:
        label = content.texts[f"{place_of(fact)}/label"]
        found[f"{{fact.{fact.id}}}"] = content.strings.get(
            str(fact.value), (label.file, label.line, label.key)
        )
    said = [guide.staff_title]
    for id_ in guide.phrases:
        phrase = content.phrases[id_]
        said += [phrase.ja, *(answer.ja for answer in phrase.answers)]
    for id_ in terms:
        term = content.terms[id_]
        said += [term.ja, term.kana, term.romaji]
    said += [carrier.brand for carrier in content.carriers.values()]
    found.update((text, content.strings[text]) for text in said if text in content.strings)
    return found


def _find_words(catalog: Catalog) -> dict[str, tuple[str, int, str]]:
    return {
        entry.text: (catalog.file, entry.line, text)
        for (place, text), entry in catalog.entries.items()
        if not place and entry.is_ready
    }


def _named_terms(guide: Guide) -> set[str]:
    found: set[str] = set()

    def look(_: str, text: str) -> str:
        found.update(name for kind, name in prose.placeholders(text) if kind == "term")
        return text

    map_text(guide, look, guide.id)
    return found


_KINDS = ("official", "government", "press", "secondary")


def _list_sources(
    content: Content,
    facts: list[Fact],
    language: Language,
    translate: Any,  # noqa: ANN401
) -> tuple[SourceLine, ...]:
    """Say for each matter who says it, by the strongest kind of source, in as few lines as can be.

    The list has six lines of a page, so where several sources of a kind say the same, the one that
    says most of the rest is named.
    """
    candidates: dict[str, list[Source]] = {}
    for fact in facts:
        candidates.setdefault(fact.label, []).extend(content.sources[id_] for id_ in fact.sources)
    for label, found in candidates.items():
        best = min(_KINDS.index(source.kind) for source in found)
        candidates[label] = [source for source in found if _KINDS.index(source.kind) == best]
    says = Counter(owner for found in candidates.values() for owner in {source.owner for source in found})
    taken: dict[tuple[str, str], dict[str, None]] = {}
    for label, found in candidates.items():
        source = max(found, key=lambda source: says[source.owner])
        owner = map_text(source, translate, place_of(source)).owner
        taken.setdefault((source.kind, owner), {})[label] = None
    return tuple(
        SourceLine(kind, owner, print_list(list(labels), language))
        for (kind, owner), labels in sorted(taken.items(), key=lambda pair: _KINDS.index(pair[0][0]))
    )


# --- printed forms -----------------------------------------------------------------------------


def print_fact(fact: Fact, language: Language) -> str:
    """Return a fact as it stands on paper: its value, or only its safe wording."""
    if rules.what_may_print(fact) == "value":
        return print_value(fact, language)
    if "{value}" in fact.safe_wording:
        # In brackets, since a wording may break across lines and its number may not.
        value = print_value(fact, language)
        kept = value if fact.kind == "url" else f"[{value}]"
        return fact.safe_wording.replace("{value}", kept)
    return fact.safe_wording


def print_value(fact: Fact, language: Language) -> str:
    """Return the value of a fact in the reader's language; phones as their source writes them."""
    value = fact.value
    if fact.kind == "url":
        return fact.display or str(value).removeprefix("https://").removeprefix("www.").rstrip("/")
    if fact.kind == "hours" and isinstance(value, tuple):
        if value == ("00:00", "24:00"):
            return _print_duration(24, "hour", language)
        return "–".join(print_time(part) for part in value)
    if fact.kind == "time":
        return print_time(str(value))
    if fact.kind == "fee" and isinstance(value, int):
        from babel.numbers import format_decimal

        return language.money.format(format_decimal(value, locale=language.cldr))
    if fact.kind == "duration" and isinstance(value, int) and fact.unit:
        return _print_duration(value, fact.unit, language)
    return str(value or "")


def _print_duration(count: int, unit: str, language: Language) -> str:
    """Return "31 days" in the language; without a space where it sets none (CLDR has "31 日")."""
    from babel import Locale
    from babel.units import format_unit

    name = f"duration-{unit}"
    # Many languages have one form only, and Babel does not fall back to it.
    forms = Locale.parse(language.cldr).unit_display_names[name]
    text = format_unit(count, name, "long" if "long" in forms else "short", locale=language.cldr)
    text = text if language.is_spaced else text.replace(" ", "")
    return _with_readings(text) if language.is_easy else text


# What Babel writes in Japanese, for who reads it in kana.
_READINGS = {"年": "ねん", "月": "がつ", "日": "にち", "か月": "げつ", "時間": "じかん", "分": "ふん"}


def _with_readings(text: str) -> str:
    """Return a date or a duration with the readings of its units."""
    return re.sub("か月|時間|年|月|日|分", lambda unit: f"{unit[0]}《{_READINGS[unit[0]]}》", text)


def print_time(text: str) -> str:
    """Return an hour of the 24-hour clock, Japan time, without a leading zero: "9:00"."""
    hour, minute = text.split(":")
    return f"{int(hour)}:{minute}"


def print_date(date: datetime.date, language: Language) -> str:
    """Return a day as the language writes it in full."""
    from babel.dates import format_date

    text = format_date(date, "long", locale=language.cldr)
    return _with_readings(text) if language.is_easy else text


def print_list(items: list[str], language: Language) -> str:
    """Return items as an enumeration; “a, b, and c”."""
    from babel.lists import format_list

    return format_list(items, style="standard", locale=language.cldr)


def printed_characters(content: Content, languages: Iterable[Language]) -> str:
    """Return the characters that Babel writes: those of every date and value in every language."""
    dates = {fact.seen_on for fact in content.facts.values()}
    return "".join(
        [print_date(date, language) for language in languages for date in sorted(dates)]
        + [print_value(fact, language) for language in languages for fact in content.facts.values()]
        + [print_list(["", "", ""], language) for language in languages]
    )
