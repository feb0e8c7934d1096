"""Build many handouts: what is to be made, what is still current, and who makes it.

A handout is made again when its fingerprint changed: the hash of what is said (content, facts and
translations that it uses), the paper, templates, fonts, the engine's versions and this package.
"""

from __future__ import annotations

import contextlib
import datetime
import gc
import hashlib
import importlib.metadata
import itertools
import json
import os
import re
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from generator import prose
from generator.catalog import Catalog, Message, find_languages, load_catalog
from generator.chain import PANELS_AT_ONCE, Foundry, Order, can_assemble
from generator.fit import list_selections
from generator.fonts import FontSet, find_pinned_fonts, fingerprint_fonts, make_fonts
from generator.guide import Content, Guide, Shop, leave_out
from generator.language import PSEUDO, Language
from generator.localize import LocalizedGuide, SaidShop, add_shop, localize, printed_characters, say_shop
from generator.markup import hash_templates
from generator.naming import find_faults, make_name
from generator.paper import MEDIA, PAIRABLE, PAPERS, USUAL_PAPERS, Paper, find_named, for_medium, for_pair
from generator.pipeline import Finished, build_calibration, build_worksheet, has_judged, name_handout
from generator.press import Intent
from generator.problem import Problem, ProjectError
from generator.pseudo import make_pseudo_catalog, pseudo_characters
from generator.publish import Record, find_current, hash_bytes, read_manifest, update_manifest, write_whole
from generator.store import Store
from generator.workers import Lost, work_on

if TYPE_CHECKING:
    from generator.shops import Table
    from generator.worksheet import Row

# What staff read.
JAPANESE = "ja"

PACKAGES = (
    "babel",
    "budoux",
    "fonttools",
    "jinja2",
    "markdown-it-py",
    "page-validation",
    "pikepdf",
    "pillow",
    "pydyf",
    "pypdfium2",
    "segno",
    "tinyhtml5",
    "uharfbuzz",
    "weasyprint",
    "zxing-cpp",
)


@dataclass(frozen=True)
class Selection:
    """What a build was asked for; empty shops mean: the project's own, or a blank panel.

    `name` is the template of file names (see `naming`), "" for the usual names.
    """

    guides: tuple[str, ...]
    languages: tuple[Language, ...]
    papers: tuple[Paper, ...]
    shops: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True)
class Job:
    """One handout to be made: what is said, on which paper, and where it will stand.

    `ignored` are the ids of the rules that the result is not judged by.
    `is_fit`: it may be made to fit its pages; `shorter` is then what it says without some of its
    droppable blocks, by their names. `intent` is how a file for a print shop is to be printed.
    """

    local: LocalizedGuide
    paper: Paper
    file: str
    fingerprint: str
    inputs: dict[str, str]
    ignored: tuple[str, ...] = ()
    shorter: dict[tuple[str, ...], LocalizedGuide] = field(default_factory=dict)
    is_fit: bool = False
    intent: Intent | None = None

    @property
    def is_assembled(self) -> bool:
        """Tell whether it is put together from pages and a panel (see `chain`)."""
        return can_assemble(self.local, self.paper, is_fit=self.is_fit)

    @property
    def made_with(self) -> str:
        """Return the hash of what it is made with, whatever it says."""
        return _hash({name: value for name, value in self.inputs.items() if name not in ("said", "length")})

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Return guide, locale, paper, shop."""
        shop = self.local.shop.id if self.local.shop else ""
        return self.local.guide.id, self.local.language.locale, self.paper.name, shop

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Return what keeps it from being made, before anything is laid out."""
        return tuple(problem for problem in self.local.problems if problem.severity == "error")

    def look_by(self, edition: str) -> str:
        """Return the day by which the first fact of an edition of it should be looked at again."""
        forms = (form for form in self.shorter.values() if form.edition() == edition)
        return next(forms, self.local).look_by


@dataclass(frozen=True)
class Plan:
    """All jobs of a build in order, and the characters that the fonts must have."""

    root: Path
    jobs: tuple[Job, ...]
    characters: frozenset[str]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of one job: made now, still current, or refused (then `record` is None)."""

    job: Job
    record: Record | None
    is_reused: bool
    problems: tuple[Problem, ...]
    seconds: dict[str, float]


# --- plan --------------------------------------------------------------------------------------


def collect_characters(root: Path, content: Content) -> frozenset[str]:
    """Return every character that any handout of the project can print.

    Of the whole project, not of the selection: the fonts, and with them the bytes of a handout,
    must not depend on what else is built in the same run.
    """
    texts = [prose.DRAFT_OPEN, prose.DRAFT_CLOSE, "".join(map(chr, range(0x20, 0x7F)))]
    for pattern in ("content/**/*.toml", "locales/*/LC_MESSAGES/*.po", "templates/**/*.html"):
        texts += [
            _without_comments(path.read_text(encoding="utf-8", errors="replace"), path.suffix)
            for path in sorted(root.glob(pattern))
            if path.is_file() and not path.name.startswith((".", "_"))
        ]
    languages = find_languages(root)
    for language in languages:
        texts += [language.endonym, language.ja_edition, language.ja_speech]
    for shop in content.shop_texts:
        # A table is no file of the project.
        of_shop = content.shops[shop]
        texts += [of_shop.name, of_shop.address, of_shop.hours, of_shop.phone, of_shop.url, of_shop.line]
        texts += ["".join(said.values()) for said in content.shop_texts[shop].values()]
    texts.append(printed_characters(content, languages))
    return frozenset("".join(texts)) - frozenset("\n\r\t\ufeff\u200b")


def _without_comments(text: str, suffix: str) -> str:
    # What is explained to translators is not printed: a new comment must not make new fonts.
    return re.sub(r"^#.*$", "", text, flags=re.M) if suffix == ".po" else text


def own_shops(content: Content, asked: tuple[str, ...]) -> tuple[Shop | None, ...]:
    """Return the shops to build for: those asked for, else all real ones, else a blank panel."""
    if asked:
        return tuple(content.shops[id_] for id_ in asked)
    return tuple(shop for shop in content.shops.values() if not shop.sample) or (None,)


def make_plan(
    root: Path,
    content: Content,
    selection: Selection,
    as_of: datetime.date,
    *,
    is_draft: bool = False,
    ignored: tuple[str, ...] = (),
    is_fit: bool = False,
    intent: Intent | None = None,
) -> Plan:
    """Say every selected guide in every selected language, and find what each handout depends on.

    A handout that is not judged by all rules says so in its inputs, so that the next build by all of
    them judges it again.
    `intent` is how files for a print shop are to be printed; what they claim depends on who can check it.
    The pseudo-locale is planned alone, since it needs characters of its own, and as a draft.

    Raises:
        ProjectError: where a catalog cannot be read; others are tried first, so all are told.
    """
    if PSEUDO in selection.languages:
        catalogs = [make_pseudo_catalog(list_project_messages(root, content))]
        is_draft = True
    else:
        catalogs, problems = load_catalogs(root, selection.languages)
        if problems:
            raise ProjectError(problems)
    beside = load_beside(root, selection.papers)
    shops = own_shops(content, selection.shops)
    if not is_draft:
        for shop in shops:
            if shop and shop.sample:
                raise ProjectError([_refuse_sample(content, shop)])
    characters = collect_characters(root, content)
    if PSEUDO in selection.languages:
        characters |= frozenset(pseudo_characters())
    templates = root / "templates"
    common = {
        "templates": hash_templates(templates),
        "fonts": fingerprint_fonts(characters),
        "engine": hash_engine(),
    }
    # Their fonts hold what is drawn, under numbers of their own.
    assembled = {**common, "fonts": fingerprint_fonts(frozenset())}
    if ignored:
        common["not_judged_by"] = assembled["not_judged_by"] = " ".join(ignored)
    known: dict[tuple[str, str], SaidShop] = {}

    def spoken(shop: Shop, catalog: Catalog) -> SaidShop:
        key = shop.id, catalog.language.locale
        if key not in known:
            known[key] = say_shop(content, shop, catalog, is_draft=is_draft)
        return known[key]

    jobs: list[Job] = []
    for catalog in catalogs:
        for guide in selection.guides:
            whole = content.guides[guide]
            groups = group_papers(paper for paper in selection.papers if takes(paper, catalog.language))
            for (left_out, other), papers in groups.items():
                unsaid = [
                    localize(content, form, catalog, as_of=as_of, is_draft=is_draft, beside=beside.get(other))
                    for form in list_forms(whole, left_out, is_fit=is_fit)
                ]
                of_papers = [(paper, _hash(asdict(paper))) for paper in papers]
                for shop in shops:
                    local, *forms = unsaid
                    if shop:
                        said = spoken(shop, catalog)
                        said_beside = spoken(shop, beside[other]) if other else None
                        local, *forms = (add_shop(form, said, said_beside) for form in unsaid)
                    shorter = dict(zip(list_selections(whole.droppable), forms, strict=False))
                    length = _hash([whole.pages, is_fit, *(form.digest() for form in forms)])
                    for paper, of_paper in of_papers:
                        inputs = {
                            **(assembled if can_assemble(local, paper, is_fit=is_fit) else common),
                            "said": local.digest(),
                            "paper": of_paper,
                            "length": length,
                            **describe_medium(local, paper, intent),
                        }
                        jobs.append(
                            Job(
                                local,
                                paper,
                                name_file(
                                    content, guide, catalog.language, paper, shop, is_draft, selection.name
                                ),
                                _hash(inputs),
                                inputs,
                                ignored,
                                shorter,
                                is_fit,
                                intent,
                            )
                        )
    if faults := tuple(find_faults((job.file, name_handout(job.local, job.paper)) for job in jobs)):
        raise ProjectError(faults)
    warnings = {problem for job in jobs for problem in job.local.problems if problem.severity == "warning"}
    untaken = tuple(_find_untaken(selection))
    if untaken and not jobs:
        raise ProjectError(replace(problem, severity="error") for problem in untaken)
    warnings.update(untaken)
    return Plan(root, tuple(jobs), characters, tuple(sorted(warnings)))


def takes(paper: Paper, language: Language) -> bool:
    """Tell whether a paper has room for a language, and no other edition of it is the same."""
    return (paper.takes_easy or not language.is_easy) and paper.beside != language.locale


def load_beside(root: Path, papers: Iterable[Paper]) -> dict[str, Catalog]:
    """Return the catalogs of the languages that stand beside another on these papers, by locale.

    Raises:
        ProjectError: one cannot be read, or the project has no such language.
    """
    wanted = {paper.beside for paper in papers} - {""}
    languages = [language for language in find_languages(root) if language.locale in wanted]
    return {language.locale: load_catalog(root, language) for language in languages}


def _find_untaken(selection: Selection) -> Iterator[Problem]:
    for language, paper in itertools.product(selection.languages, selection.papers):
        if not takes(paper, language):
            fitting = ", ".join(other.name for other in PAPERS if takes(other, language))
            why = f"{paper.name} has no room for {language.endonym}, which is set larger"
            if paper.beside == language.locale:
                why = f"{language.endonym} is what stands beside others"
            yield Problem(
                key=f"{language.locale}, {paper.name}",
                rule="paper-language",
                what=f"is not made: {why}",
                hint=f"papers that have: {fitting}",
                severity="warning",
            )


def describe_medium(local: LocalizedGuide, paper: Paper, intent: Intent | None) -> dict[str, str]:
    """Return what a file for another medium than an office printer depends on beside what it says."""
    if paper.medium in ("office", "roll"):
        return {}
    carrier = local.carrier
    inks = [carrier.accent_cmyk, carrier.accent_grey] if carrier else []
    if paper.medium == "mono":
        return {"inks": _hash(inks)}
    from generator.readback import find_ghostscript

    return {
        "inks": _hash(inks),
        "intent": _hash([*(intent or Intent()).describe(), str(local.last_seen)]),
        "ghostscript": find_ghostscript() or "none",
    }


def list_forms(guide: Guide, left_out: tuple[str, ...], *, is_fit: bool) -> Iterator[Guide]:
    """Yield what a guide may say on papers that leave out these parts.

    First all of it, then, where it may be made to fit, without each selection of its droppable blocks.
    """
    for blocks in ((), *(list_selections(guide.droppable) if is_fit else ())):
        yield leave_out(guide, (*left_out, *blocks))


def group_papers(papers: Iterable[Paper]) -> dict[tuple[tuple[str, ...], str], list[Paper]]:
    """Return the papers by what they leave out of a guide, and by the locale that stands beside the reader's.

    On those of a group a guide says the same.
    """
    groups: dict[tuple[tuple[str, ...], str], list[Paper]] = {}
    for paper in papers:
        groups.setdefault((paper.leaves_out, paper.beside), []).append(paper)
    return groups


def find_papers(output: Path) -> tuple[Paper, ...]:
    """Return the papers in use: the usual ones, and those that a handout was built on."""
    built = {record.paper for record in read_manifest(output).values()}
    known = (find_named(name) for name in sorted(built))
    pairs = tuple(paper for paper in known if paper and paper.beside)
    return (*(paper for paper in PAPERS if paper in USUAL_PAPERS or paper.name in built), *pairs)


def name_file(
    content: Content,
    guide: str,
    language: Language,
    paper: Paper,
    shop: Shop | None,
    is_draft: bool = False,
    template: str = "",
) -> str:
    """Return where a handout stands below the output folder: `zh_Hans/au-cancel-a4.pdf`.

    A file for a print shop or a printer without colour stands beside it: `zh_Hans/au-cancel-a4-press.pdf`.
    The shop is named where the project has several real ones, whichever of them are built, and a
    draft or a sample never takes the place of a release. `template` is another way to name them (`naming`).
    """
    if template:
        return make_name(
            template,
            is_draft=is_draft,
            guide=guide,
            locale=language.locale,
            paper=paper.name,
            shop=shop.id if shop else "blank",
            medium=paper.medium,
        )
    real = [other.id for other in content.shops.values() if not other.sample]
    suffix = f"-{shop.id}" if shop and (shop.sample or len(real) > 1) else ""
    medium = paper.label.removeprefix(paper.name)
    return f"{language.locale}/{guide}-{paper.name}{suffix}{medium}{'-draft' if is_draft else ''}.pdf"


def _refuse_sample(content: Content, shop: Shop) -> Problem:
    place = content.texts[f"shop/{shop.id}/name"]
    return Problem(
        place.file,
        rule="shop-sample",
        what=f'shop "{shop.id}" is a sample: its address and numbers are invented',
        hint="copy it to your own file without `sample`, or print a draft: --draft",
    )


def load_catalogs(root: Path, languages: Iterable[Language]) -> tuple[list[Catalog], list[Problem]]:
    """Read the catalogs of these languages; what cannot be read is a problem."""
    catalogs: list[Catalog] = []
    problems: list[Problem] = []
    for language in languages:
        try:
            catalogs.append(load_catalog(root, language))
        except ProjectError as error:
            problems.extend(error.problems)
    return catalogs, problems


def _hash(data: object) -> str:
    return hash_bytes(json.dumps(data, sort_keys=True, ensure_ascii=False).encode())


def hash_engine() -> str:
    """Return the hash of what lays out and judges: package versions, Pango, and our own code."""
    from generator.layout import system_versions

    digest = hashlib.sha256()
    for package in PACKAGES:
        digest.update(f"{package} {importlib.metadata.version(package)}\n".encode())
    digest.update(json.dumps(system_versions()).encode())
    ours = Path(__file__).parent
    for path in sorted(ours.rglob("*.py")):
        digest.update(path.relative_to(ours).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


# --- shops from a table ------------------------------------------------------------------------


def add_table(content: Content, table: Table) -> tuple[Content, tuple[Problem, ...]]:
    """Return the content with the shops of a table in place of its own, and what is wrong with the table."""
    rows = {row.shop.id: row for row in table.shops}
    return replace(
        content,
        shops={id_: row.shop for id_, row in rows.items()},
        logos={id_: row.logo for id_, row in rows.items() if row.logo},
        shop_texts={
            id_: {locale: dict(said) for locale, said in row.texts.items()} for id_, row in rows.items()
        },
    ), table.problems


def take_shard(plan: Plan, number: int, count: int) -> Plan:
    """Return the part of a plan that one of several machines makes, the first being number 1.

    Which part a handout is in depends on its shop, or without one on its file: it stays where it
    is when others come or go, and what shares a panel is made together.
    """
    jobs = tuple(job for job in plan.jobs if int(_hash(job.key[3] or job.file)[:8], 16) % count == number - 1)
    return replace(plan, jobs=jobs)


@dataclass(frozen=True)
class Foreseen:
    """What a build would do with a file, and why: `build`, `reuse`, `refuse` or `remove`."""

    file: str
    would: str
    why: str
    job: Job | None = None


def foresee(
    plan: Plan, output: Path, *, force: bool = False, wanted: Collection[str] | None = None
) -> tuple[Foreseen, ...]:
    """Say what a build of this plan would do. `wanted` are the files that a pruning build would leave."""
    known = read_manifest(output)
    current = find_current(output, [known[job.file] for job in plan.jobs if job.file in known])
    found = [_foresee_job(job, known.get(job.file), current, force=force) for job in plan.jobs]
    if wanted is not None:
        planned = {job.file for job in plan.jobs}
        gone = sorted(file for file in known if file not in wanted and file not in planned)
        found += [Foreseen(file, "remove", "the project no longer makes it") for file in gone]
    return tuple(found)


def _foresee_job(job: Job, record: Record | None, current: Collection[str], *, force: bool) -> Foreseen:
    if job.errors:
        why = "; ".join(dict.fromkeys(problem.rule for problem in job.errors))
        return Foreseen(job.file, "refuse", why, job)
    if record is None:
        return Foreseen(job.file, "build", "it is new", job)
    if force:
        return Foreseen(job.file, "build", "it was asked for: --force", job)
    if record.fingerprint != job.fingerprint:
        names = sorted(
            name for name in {*record.inputs, *job.inputs} if record.inputs.get(name) != job.inputs.get(name)
        )
        parts = job.local.parts() if "said" in names else {}
        said = sorted(part for part in {*parts, *record.parts} if parts.get(part) != record.parts.get(part))
        changed = [name for name in names if name != "said"] + (said if "said" in names else [])
        shown = ", ".join(changed[:4]) + (f" and {len(changed) - 4} more" if len(changed) > 4 else "")
        return Foreseen(job.file, "build", f"changed: {shown or 'what is said'}", job)
    if job.file not in current:
        return Foreseen(job.file, "build", "its file is gone or not as it was", job)
    return Foreseen(job.file, "reuse", "nothing changed", job)


# --- build -------------------------------------------------------------------------------------


def run(
    plan: Plan,
    output: Path,
    cache: Path,
    *,
    workers: int,
    force: bool = False,
    report: Callable[[Outcome], None] = lambda outcome: None,
) -> tuple[Outcome, ...]:
    """Make what is not current, publish what is fit to print, and report each handout as it ends.

    A refused handout leaves the earlier file in place and the run goes on. Outcomes are in the
    order of the plan, whatever order they ended in.

    Raises:
        FontError: the pinned fonts are not there.
        OSError: the manifest or the cache cannot be written.
    """
    known = read_manifest(output)
    if not plan.jobs:  # a part of a build that has none: there is a manifest to be merged all the same
        update_manifest(output, ())
    outcomes: dict[str, Outcome] = {}
    to_make: list[Job] = []
    made: list[Record] = []
    same = (known[job.file] for job in plan.jobs if job.file in known and not force)
    current = find_current(output, list(same))
    for job in plan.jobs:
        record = known.get(job.file)
        if job.errors:
            # Also where the file is there: a fact that was fresh when it was made may have expired.
            outcomes[job.file] = Outcome(job, None, False, job.errors, {})
            report(outcomes[job.file])
        elif record and job.file in current and record.fingerprint == job.fingerprint:
            if record.next_review != (
                look_by := job.look_by(record.edition)
            ):  # looked at again, and still so
                record = replace(record, next_review=look_by)
                made.append(record)
            outcomes[job.file] = Outcome(job, record, True, (), {})
            report(outcomes[job.file])
        else:
            to_make.append(job)
    try:
        for job, finished in make(plan, to_make, cache, workers):
            record = describe_file(job, finished) if finished.is_fit_to_print else None
            problems = finished.problems
            if record:
                # Noted first: an interruption between the two must not leave a file that nobody knows.
                made.append(record)
                try:
                    write_whole(output / job.file, finished.pdf)
                except OSError as error:
                    record, problems = None, (*problems, _unwritten(output / job.file, error))
            outcome = Outcome(job, record, False, problems, finished.seconds)
            outcomes[job.file] = outcome
            report(outcome)
    finally:
        # Also after Ctrl-C: what was published before is true.
        if to_make:
            Store(cache).trim()
        if there := find_current(output, made):
            update_manifest(output, [record for record in made if record.file in there])
    return tuple(outcomes[job.file] for job in plan.jobs)


def _unwritten(path: Path, error: OSError) -> Problem:
    return Problem(
        path.as_posix(),
        rule="file",
        what=f"cannot be written: {error.strerror or error}",
        hint="check that the folder can be written and the disk is not full",
    )


# How long a worker may take for what it was given, in seconds: so much, and so much more for each handout. A
# machine that is twenty times as slow as ours is not cut short.
TASK_SECONDS = 240
HANDOUT_SECONDS = 20
# What a worker may take of memory, in bytes; one of ours takes a tenth. It is the address space that counts.
MOST_WORKER_BYTES = 8_000_000_000
# A worker is replaced by a new one after so many tasks: what leaks, leaks no further.
TASKS_OF_A_WORKER = 60


def make(plan: Plan, jobs: list[Job], cache: Path, workers: int) -> Iterator[tuple[Job, Finished]]:
    """Make and judge handouts, in the order in which they end; nothing is published.

    A worker that dies, or takes too long or too much, costs what it was making. Each of these handouts is
    tried once more, alone, and then reported.
    """
    if not jobs:
        return
    fonts = make_fonts(plan.characters, cache)
    tasks = deque(split_tasks(jobs, workers))
    workers = min(workers, len(tasks))
    if workers <= 1:
        _warm_up(plan.root, fonts, cache)
        for task in tasks:
            yield from zip(task, _work(task), strict=True)
        return
    # Forked workers start at once and share what is loaded. Elsewhere fork is not safe or not there,
    # and in a process that has judged a PDF neither: the validator's threads do not survive it.
    is_forked = sys.platform.startswith("linux") and not has_judged()
    if is_forked:
        _warm_up(plan.root, fonts, cache)
    tried: set[str] = set()

    for task, result in work_on(
        _Refilled(tasks),
        _work,
        count=workers,
        method="fork" if is_forked else "spawn",
        start=_start_worker,
        arguments=(plan.root, fonts, cache),
        seconds=lambda task: TASK_SECONDS + HANDOUT_SECONDS * len(task),
        most_tasks=TASKS_OF_A_WORKER,
    ):
        if isinstance(result, Lost):
            again = [job for job in task if job.file not in tried]
            tried.update(job.file for job in again)
            tasks.extend([job] for job in again)
            yield from ((job, _lost(job, result)) for job in task if job not in again)
        else:
            yield from zip(task, result, strict=True)


class _Refilled:
    """Takes tasks from a queue to which more may be added after it was empty."""

    def __init__(self, tasks: deque[list[Job]]) -> None:
        self.tasks = tasks

    def __iter__(self) -> Iterator[list[Job]]:
        return self

    def __next__(self) -> list[Job]:
        if not self.tasks:
            raise StopIteration
        return self.tasks.popleft()


def split_tasks(jobs: Iterable[Job], workers: int) -> Iterator[list[Job]]:
    """Yield what is made in one go: one handout that is laid out whole, or many that share panels."""
    shared: dict[tuple[str, str, tuple[str, ...]], dict[str, list[Job]]] = {}
    for job in jobs:
        if not job.is_assembled:
            yield [job]
            continue
        _, locale, paper, shop = job.key
        shared.setdefault((locale, paper, job.ignored), {}).setdefault(shop, []).append(job)
    for by_shop in shared.values():
        groups = list(by_shop.values())
        # So that each worker has some, where they are few.
        size = max(1, min(PANELS_AT_ONCE, -(-len(groups) * len(shared) // workers)))
        for start in range(0, len(groups), size):
            yield [job for group in groups[start : start + size] for job in group]


def _lost(job: Job, lost: Lost) -> Finished:
    name = name_handout(job.local, job.paper)
    what = f"the process that made it {lost.why}, twice"
    problem = Problem(
        handout=name, rule="worker-lost", what=what, hint="try it alone: --jobs 1 and its guide"
    )
    return Finished(name, b"", 0, "", (), (problem,), {})


def describe_file(job: Job, finished: Finished) -> Record:
    """Return what the manifest says of a finished handout."""
    guide, locale, paper, shop = job.key
    return Record(
        file=job.file,
        guide=guide,
        locale=locale,
        paper=paper,
        shop=shop,
        edition=finished.edition,
        fingerprint=job.fingerprint,
        inputs=job.inputs,
        pages=finished.pages,
        size=len(finished.pdf),
        sha256=hash_bytes(finished.pdf),
        addresses=finished.addresses,
        facts=finished.facts,
        parts=finished.parts,
        next_review=finished.next_review,
        fit=finished.fit,
        medium=job.paper.medium,
        claim=finished.claim,
        warnings=tuple(
            problem for problem in finished.problems if problem.severity == "warning" and problem.handout
        ),
    )


def make_worksheet(
    root: Path, content: Content, rows: Sequence[Row], as_of: datetime.date, about: str, cache: Path
) -> tuple[bytes, tuple[Problem, ...]]:
    """Make the sheet on which a person checks facts, with the fonts of the project, and judge it."""
    from generator.layout import Engine

    fonts = make_fonts(collect_characters(root, content), cache)
    engine = Engine(root / "templates", fonts, cache)
    return build_worksheet(rows, as_of.isoformat(), about, root / "templates", engine, fonts)


def make_calibration(
    root: Path, content: Content, paper: Paper, cache: Path
) -> tuple[bytes, tuple[Problem, ...]]:
    """Make the sheet that tests a printer, with the fonts of the project, and judge it."""
    from generator.layout import Engine

    fonts = make_fonts(collect_characters(root, content), cache)
    engine = Engine(root / "templates", fonts, cache)
    return build_calibration(paper, root / "templates", engine, fonts)


# --- workers -----------------------------------------------------------------------------------

# One warm engine a process (fontconfig is process-wide); a worker has nothing else to hold it.
_ready: Foundry | None = None


def _work(jobs: Sequence[Job]) -> list[Finished]:
    assert _ready, "a worker is warmed up before it works"
    if jobs[0].is_assembled:
        orders = [Order(job.local, job.paper, job.ignored, job.made_with) for job in jobs]
        return list(_ready.make(orders))
    return [
        _ready.make_whole(
            Order(job.local, job.paper, job.ignored), job.shorter, is_fit=job.is_fit, intent=job.intent
        )
        for job in jobs
    ]


def _start_worker(root: Path, fonts: FontSet, cache: Path) -> None:
    import signal

    # Ctrl-C reaches the whole group; the parent alone decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _end_with_parent()
    _limit_memory()
    if _ready is None:  # a forked worker has its parent's engine
        _warm_up(root, fonts, cache)


def _limit_memory() -> None:
    """Make this worker fail alone where it takes too much memory, before the machine takes its victims."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        limit = MOST_WORKER_BYTES if most == resource.RLIM_INFINITY else min(most, MOST_WORKER_BYTES)
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))


def _end_with_parent() -> None:
    """Make this worker end when its parent does: one that was killed cannot say goodbye.

    Source: prctl(2), PR_SET_PDEATHSIG; Linux only, elsewhere a worker ends when its pipe does.
    """
    if sys.platform.startswith("linux"):
        import ctypes
        import signal

        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _warm_up(root: Path, fonts: FontSet, cache: Path) -> None:
    global _ready
    from generator.layout import Engine

    templates = root / "templates"
    engine = Engine(templates, fonts, cache)
    _ready = Foundry(templates, engine, fonts, find_pinned_fonts(), Store(cache))
    # What is loaded now lives as long as the process: looking through it again and again for rubbish
    # takes a tenth of every handout, and after a fork it copies the pages that workers share.
    gc.collect()
    gc.freeze()


def default_workers() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# --- the whole project ---------------------------------------------------------------------------


def all_files(root: Path, content: Content, template: str = "") -> set[str]:
    """Return the file of every handout that the project can make for release."""
    languages = find_languages(root)
    pairs = [for_pair(paper, language.locale) for paper in PAIRABLE for language in languages]
    return {
        name_file(content, guide, language, for_medium(paper, medium), shop, template=template)
        for guide in content.guides
        for language in languages
        for paper in (*PAPERS, *pairs)
        if takes(paper, language)
        for medium in MEDIA
        for shop in own_shops(content, ())
    }


def list_project_messages(root: Path, content: Content) -> tuple[Message, ...]:
    """Return all messages of the project.

    Raises:
        ProjectError: a template cannot be read; without it, its words would look as if they were gone.
    """
    from generator.catalog import list_messages
    from generator.markup import check_templates

    check_templates(root / "templates")
    return list_messages(content, root / "templates")


def check_project(root: Path, content: Content, as_of: datetime.date) -> tuple[Problem, ...]:
    """Find everything that keeps any handout from being printed, short of laying it out.

    Catalogs against all messages, characters against the fonts, templates against every guide in
    every language, and facts against the day.
    """
    from generator.catalog import check_catalog
    from generator.fonts import missing_characters
    from generator.markup import render_markup

    catalogs, problems = load_catalogs(root, find_languages(root))
    # The staff's language is what is asked for; others differ in no template.
    pairs = [for_pair(PAIRABLE[0], JAPANESE)] if any(c.language.locale == JAPANESE for c in catalogs) else []
    messages = list_project_messages(root, content)
    lacking = missing_characters(collect_characters(root, content))
    for catalog in catalogs:
        problems.extend(check_catalog(catalog, messages, content))
        for (place, text), entry in catalog.entries.items():
            if bad := sorted(set(entry.text) & lacking - {"\n"}):
                what = f"the font has no glyph for {' '.join(bad)}"
                hint = "write it in words, or with a character that the font has"
                problems.append(
                    Problem(catalog.file, entry.line, place or text, rule="FNT-05", what=what, hint=hint)
                )
    for source in content.texts.values():
        if bad := sorted(set(source.text) & lacking - {"\n"}):
            what = f"the font has no glyph for {' '.join(bad)}"
            problems.append(Problem(source.file, source.line, source.key, rule="FNT-05", what=what))
    for catalog in catalogs:
        for guide in content.guides.values():
            for shop, ((left_out, other), papers) in itertools.product(
                own_shops(content, ()), group_papers((*PAPERS, *pairs)).items()
            ):
                if other == catalog.language.locale:
                    continue
                local = localize(
                    content,
                    leave_out(guide, left_out),
                    catalog,
                    shop,
                    as_of=as_of,
                    beside=next((known for known in catalogs if known.language.locale == other), None),
                )
                # What is not translated is told with its catalog.
                problems.extend(problem for problem in local.problems if problem.rule.startswith("fact-"))
                # One paper a layout: the others have the same texts.
                for paper in {paper.layout: paper for paper in papers}.values():
                    if not takes(paper, catalog.language):
                        continue
                    try:
                        page = render_markup(local, paper, root / "templates")
                    except ProjectError as error:
                        problems.extend(error.problems)
                    else:
                        problems.extend(page.problems)
    seen: dict[tuple[str, int, str, str, str], Problem] = {}
    for problem in sorted(problems):
        seen.setdefault((problem.file, problem.line, problem.key, problem.rule, problem.what), problem)
    return tuple(seen.values())
