"""The way of one handout: from a localized guide to judged bytes.

guide ─ localize ─▶ said ─ render_markup ─▶ HTML ─ lay_out ─▶ pages ─ write_pdf ─▶ bytes
      ─ read_pdf ─▶ facts ─ check_handout ─▶ problems

Where the pages are too many, markup and layout are tried again on the next rung of the ladder (`fit`). A file
for a print shop is finished from pages that were judged with their tags, and judged once more:

bytes ─ finish_press ─▶ bytes ─ read_pdf, look_at_plates ─▶ facts ─ check_handout ─▶ problems
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from generator.checks import RULES, Expected, check_handout
from generator.colour import (
    LEAST_CONTRAST,
    MONO_GREYS,
    PRESS_INKS,
    contrast_with_white,
    find_grey,
    mix_inks,
)
from generator.fit import (
    GAP_RUNGS,
    Rung,
    Side,
    describe_fit,
    describe_overflow,
    find_budget,
    find_long,
    make_drop_rungs,
    suggest_fit,
)
from generator.fonts import FontSet, PinnedFonts
from generator.guide import Carrier, count_texts
from generator.language import LANGUAGES, PSEUDO, SOURCE_LANGUAGE
from generator.localize import LocalizedGuide
from generator.markup import Page, describe, render_calibration, render_markup, render_worksheet
from generator.paper import USUAL_PAPERS, WORKSHEET, Medium, Paper, for_calibration
from generator.press import NO_DAY, Intent, finish_press
from generator.problem import Problem, ProjectError

if TYPE_CHECKING:
    from generator.layout import Choice, Engine, LaidOut
    from generator.readback import PdfFacts
    from generator.worksheet import Row


# Rules that a text of another length breaks.
OF_LENGTH = {"A11Y-05", "A11Y-07", "CJK-05", "CJK-11", "GEO-03", "GEO-04", "GEO-07", "GEO-09"}


@dataclass(frozen=True)
class Finished:
    """A handout that has been judged. `pdf` is empty where it could not even be written.

    `seconds` are the wall times of the phases, for people who wait and for the benchmark. `facts` are
    those it says, `fit` is what was done to make it fit its pages. `parts` are short hashes of what is said,
    `next_review` the day by which the first of its facts should be looked at again, "" without facts.
    `claim` is the PDF/X that a press file says it is, and was found to be.
    """

    handout: str
    pdf: bytes
    pages: int
    edition: str
    addresses: tuple[str, ...]
    problems: tuple[Problem, ...]
    seconds: dict[str, float]
    facts: tuple[str, ...] = ()
    fit: tuple[str, ...] = ()
    parts: dict[str, str] = field(default_factory=dict)
    next_review: str = ""
    claim: str = ""

    @property
    def is_fit_to_print(self) -> bool:
        """Tell whether no error was found."""
        return bool(self.pdf) and all(problem.severity != "error" for problem in self.problems)


def name_handout(local: LocalizedGuide, paper: Paper) -> str:
    """Return how messages call a handout: `au-cancel (zh_Hans, a4)`."""
    shop = f", {local.shop.id}" if local.shop else ""
    return f"{local.guide.id} ({local.language.locale}, {paper.label}{shop})"


def has_judged() -> bool:
    """Tell whether this process has loaded the judge's validator, whose threads do not survive a fork."""
    from generator.readback import has_validator

    return has_validator()


@dataclass(frozen=True)
class _Form:
    """A handout on one rung of the ladder: what is said, as HTML, as pages."""

    rung: Rung
    local: LocalizedGuide
    page: Page
    laid_out: LaidOut


@dataclass(frozen=True)
class _Fitting:
    """The form of a handout that is written, and what is to be said of its length (see `Expected`)."""

    form: _Form
    pages: int | None
    fit: tuple[str, ...] = ()
    overflow: tuple[str, ...] = ()
    way_out: str = ""


def _find_budget(local: LocalizedGuide, paper: Paper) -> int | None:
    # What a guide says of its pages is about the usual sheet, and smaller ones.
    own = local.guide.pages if paper.pages <= max(usual.pages for usual in USUAL_PAPERS) else None
    if paper.page_per:
        rows = (getattr(local.guide, block) for block in paper.page_per)
        return paper.count_pages(
            local.language, sum(len(row) if isinstance(row, tuple) else bool(row) for row in rows)
        )
    return find_budget(own, paper.count_pages(local.language))


def choose_form(
    local: LocalizedGuide,
    shorter: Mapping[tuple[str, ...], LocalizedGuide],
    paper: Paper,
    templates: Path,
    engine: Engine,
    *,
    is_fit: bool,
    lap: Callable[[str], None] = lambda phase: None,
) -> _Fitting:
    """Climb the ladder to the first rung on which the handout fits its pages.

    Where none fits, the form is the designed one, with all that is said, and `overflow` is that of the last
    rung. Without `is_fit` there is one rung. `shorter` is the guide by the blocks that are left out; `lap`
    hears of the end of each phase.

    Raises:
        ProjectError: a template is wrong, or a text is printed by none.
    """
    budget = _find_budget(local, paper)
    droppable = local.guide.droppable

    long: tuple[int, ...] = ()

    def stand_on(rung: Rung) -> _Form:
        said = shorter[rung.without] if rung.without else local
        tight_mm = {} if rung == GAP_RUNGS[0] else dict.fromkeys(long, rung.gap_mm)
        page = render_markup(said, paper, templates, tight_mm=tight_mm)
        lap("markup")
        if page.problems:
            raise ProjectError(page.problems)
        laid_out = engine.lay_out(page.html, page.style, paper)
        lap("layout")
        return _Form(rung, said, page, laid_out)

    def measure(form: _Form) -> tuple[Side, ...]:
        sides = engine.measure_sides(form.page.html, form.page.style, paper)
        lap("layout")
        return sides

    def fits(form: _Form) -> bool:
        laid_out = form.laid_out
        if paper.folds_mm and any(side.overflow_mm > 0 for side in laid_out.sides):
            return False  # panels stand beside each other, so one that is too long makes no further page
        return budget is None or laid_out.pages <= budget

    designed = form = stand_on(GAP_RUNGS[0])
    if fits(designed):
        return _Fitting(designed, budget)
    sides = measure(designed)
    long = find_long(sides)
    way_out = suggest_fit(sides, droppable, is_tried=is_fit)
    if is_fit and long:
        for rung in GAP_RUNGS[1:]:
            if fits(form := stand_on(rung)):
                return _Fitting(form, budget, describe_fit(rung, long, {}))
        sides = measure(form)
        for rung in make_drop_rungs(droppable, sides):
            if fits(form := stand_on(rung)):
                texts = {name: count_texts(local.guide, name) for name in rung.without}
                return _Fitting(form, budget, describe_fit(rung, long, texts))
        sides = measure(form) if form.rung.without else sides
    return _Fitting(designed, budget, (), describe_overflow(sides, form.rung), way_out)


_ENGLISH = next(language for language in LANGUAGES if language.locale == SOURCE_LANGUAGE)
_PHONE = re.compile(r"\d[\d-]{7,}\d")


def order(
    local: LocalizedGuide,
    paper: Paper,
    page: Page,
    family: str,
    laid_out: LaidOut,
    complaints: tuple[str, ...] = (),
    fitting: _Fitting | None = None,
) -> Expected:
    """Say what the finished file must be, for the judge to compare."""
    about = describe(local)
    said = (local, local.beside) if local.beside else (local,)
    numbers = [value for one in said for value in one.printed.values()]
    numbers += [local.shop.phone] if local.shop else []
    links = (*page.addresses, *(url for one in said for url in one.urls.values()))
    return Expected(
        handout=name_handout(local, paper),
        paper=paper,
        language=local.language,
        family=family,
        title=about["title"],
        author=about["author"],
        subject=about["subject"],
        keywords=about["keywords"],
        texts=page.texts,
        japanese=page.japanese,
        margins=page.margins,
        origins=page.origins,
        addresses=page.addresses,
        hosts=frozenset((urlsplit(link).hostname or "").removeprefix("www.") for link in links),
        phones=frozenset(found.replace("-", "") for text in numbers for found in _PHONE.findall(text)),
        complaints=(*laid_out.complaints, *complaints),
        slack_mm=laid_out.slack_mm,
        pages=fitting.pages if fitting else _find_budget(local, paper),
        overflow=fitting.overflow if fitting else (),
        way_out=fitting.way_out if fitting else "",
        fit=fitting.fit if fitting else (),
    )


def build(
    local: LocalizedGuide,
    paper: Paper,
    templates: Path,
    engine: Engine,
    fonts: FontSet,
    pinned: PinnedFonts,
    shorter: Mapping[tuple[str, ...], LocalizedGuide] | None = None,
    *,
    is_fit: bool = False,
    ignored: tuple[str, ...] = (),
    intent: Intent | None = None,
) -> Finished:
    """Make one handout and judge the finished bytes. Raises nothing that is the project's fault.

    `is_fit` lets it be made to fit its pages, `shorter` is what may be said then (see `choose_form`).
    `ignored` are the rules that it is not judged by. `intent` is how a press file is to be printed.
    """
    from generator.readback import read_pdf

    name = name_handout(local, paper)
    edition = local.edition()
    seconds: dict[str, float] = {}
    start = time.perf_counter()

    def lap(phase: str) -> None:
        nonlocal start
        now = time.perf_counter()
        seconds[phase] = seconds.get(phase, 0.0) + now - start
        start = now

    def refuse(problems: tuple[Problem, ...]) -> Finished:
        return Finished(name, b"", 0, edition, (), problems, seconds)

    if errors := tuple(problem for problem in local.problems if problem.severity == "error"):
        return refuse(errors)
    try:
        written = write_pages(local, shorter or {}, paper, templates, engine, fonts, is_fit=is_fit, lap=lap)
        fitting, pdf, expected = written.fitting, written.pdf, written.expected
        local, page, laid_out = fitting.form.local, fitting.form.page, fitting.form.laid_out
        edition = local.edition()
        if not pdf:
            return refuse(written.problems)
        rules = [rule for rule in RULES if rule not in ignored]
        is_press, claim = paper.medium == "press", ""
        facts = read_pdf(pdf, fonts, pinned, name, for_press=paper.medium in ("mono", "roll"))
        lap("read back")
        # As pages with tags they are an office's, with the limits of a press.
        tagged = replace(expected, paper=replace(paper, medium="office")) if is_press else expected
        problems = check_handout(facts, tagged, rules)
        if is_press:
            pdf, claim, found = _finish(pdf, facts, expected, rules, local, intent or Intent(), fonts, pinned)
            problems = tuple(dict.fromkeys((*problems, *found)))
            lap("press")
        problems = judge_draft(local, problems)
        lap("check")
    except ProjectError as error:
        return refuse(error.problems)
    except OSError as error:
        return refuse((describe_unread(error, templates),))
    warnings = tuple(problem for problem in local.problems if problem.severity != "error")
    found = (*warnings, *problems)
    return Finished(
        name,
        pdf,
        laid_out.pages,
        edition,
        page.addresses,
        found,
        seconds,
        local.facts,
        fitting.fit,
        local.parts(),
        local.look_by,
        claim,
    )


@dataclass(frozen=True)
class Written:
    """The pages of a handout as bytes, not yet judged; `problems` say why there are none."""

    fitting: _Fitting
    pdf: bytes
    expected: Expected
    problems: tuple[Problem, ...] = ()


def write_pages(
    local: LocalizedGuide,
    shorter: Mapping[tuple[str, ...], LocalizedGuide],
    paper: Paper,
    templates: Path,
    engine: Engine,
    fonts: FontSet,
    *,
    is_fit: bool = False,
    lap: Callable[[str], None] = lambda phase: None,
) -> Written:
    """Lay out a handout and write it, as its judge expects it.

    Raises:
        ProjectError: a template is wrong, or a text is printed by none.
    """
    fitting = choose_form(local, shorter, paper, templates, engine, is_fit=is_fit, lap=lap)
    local, page, laid_out = fitting.form.local, fitting.form.page, fitting.form.laid_out
    choose = choose_colours(paper.medium, local.carrier)
    pdf, complaints = engine.write_pdf(laid_out, paper, choose) if laid_out.document else (b"", ())
    lap("write")
    expected = order(local, paper, page, fonts.family, laid_out, complaints, fitting)
    name = expected.handout
    if pdf:
        return Written(fitting, pdf, expected)
    if expected.overflow:  # how a page breaks is of no account where it should not break at all
        long = tuple(
            Problem(handout=name, rule="GEO-07", what=what, hint=expected.way_out)
            for what in expected.overflow
        )
        return Written(fitting, pdf, expected, long)
    complaint = "; ".join(expected.complaints) or "nothing was laid out"
    hint = "mend the style sheet or the template that asks for it"
    return Written(fitting, pdf, expected, (Problem(handout=name, rule="ENG-01", what=complaint, hint=hint),))


def judge_draft(local: LocalizedGuide, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Return what is wrong with a handout, with less weight where it is a draft.

    Text that is not translated yet is of another length; a draft is there to be looked at. The pseudo-locale
    is there to show what goes wrong.
    """
    if not local.is_draft:
        return problems
    is_pseudo = local.language == PSEUDO
    return tuple(
        replace(problem, severity="warning") if is_pseudo or problem.rule in OF_LENGTH else problem
        for problem in problems
    )


def describe_unread(error: OSError, templates: Path) -> Problem:
    """Return the problem of a file that a handout is made from and that cannot be read."""
    what = f"cannot be read: {error.strerror or error}"
    return Problem(str(error.filename or templates), rule="template", what=what, hint="restore it from git")


def choose_colours(medium: Medium, carrier: Carrier | None) -> Choice | None:
    """Return what gives the inks or the grey of a colour; None where the colours stay as they are."""
    if medium == "press":
        inks = dict(PRESS_INKS)
        if carrier and carrier.accent_cmyk:
            cyan, magenta, yellow, black = (percent / 100 for percent in carrier.accent_cmyk)
            inks[carrier.accent] = (cyan, magenta, yellow, black)
        return lambda colour: inks.get(colour) or mix_inks(colour)
    if medium == "mono":
        greys = dict(MONO_GREYS)
        if carrier and carrier.accent_grey:
            greys[carrier.accent] = find_grey(carrier.accent_grey)
        return lambda colour: (greys[colour] if colour in greys else find_grey(colour),)
    if medium == "roll":
        return lambda colour: (float(contrast_with_white(colour) < LEAST_CONTRAST),)
    return None


def _finish(
    tagged: bytes,
    facts: PdfFacts,
    expected: Expected,
    rules: Sequence[str],
    local: LocalizedGuide,
    intent: Intent,
    fonts: FontSet,
    pinned: PinnedFonts,
) -> tuple[bytes, str, tuple[Problem, ...]]:
    """Finish tagged pages for a print shop, and judge the result: the bytes, what they claim, what is wrong.

    They claim a standard where our own reading and Ghostscript's plates agree; where there is no
    Ghostscript, they are made again without the claim.
    """
    from generator.readback import find_ghostscript, look_at_plates, read_pdf

    claim = intent.claim if find_ghostscript() else ""
    day = local.last_seen
    pdf = finish_press(tagged, expected.paper, intent, claim, day)
    finished = look_at_plates(pdf, read_pdf(pdf, fonts, pinned, expected.handout, for_press=True))
    expected = replace(
        expected,
        claim=claim,
        day=f"{day:%Y%m%d}" if day else f"{NO_DAY:%Y%m%d}",
        runs=facts.runs,
    )
    problems = check_handout(finished, expected, [rule for rule in rules if not RULES[rule].needs_tags])
    if intent.claim and not claim and "PDF-02" in rules:
        what = (
            f"does not say that it is {intent.claim}: Ghostscript is not here, so nobody checked its plates"
        )
        hint = "install ghostscript, and build it again"
        problems += (
            Problem(handout=expected.handout, rule="PDF-02", what=what, hint=hint, severity="warning"),
        )
    return pdf, claim, problems


def build_worksheet(
    rows: Sequence[Row], as_of: str, about: str, templates: Path, engine: Engine, fonts: FontSet
) -> tuple[bytes, tuple[Problem, ...]]:
    """Make the sheet on which a person checks facts, and judge it as a handout is judged.

    Raises:
        ProjectError: where its template is wrong, or what was written is no PDF.
    """
    from generator.fonts import find_pinned_fonts
    from generator.readback import read_pdf

    name = f"worksheet ({about})"
    page = render_worksheet(rows, as_of, about, templates)
    laid_out = engine.lay_out(page.html, page.style, WORKSHEET)
    pdf, complaints = engine.write_pdf(laid_out, WORKSHEET) if laid_out.document else (b"", ())
    complaints = (*laid_out.complaints, *complaints)
    if not pdf:
        what = "; ".join(complaints) or "nothing was laid out"
        return b"", (Problem(handout=name, rule="ENG-01", what=what, hint="mend the style sheet"),)
    values = [row.value for row in rows] + [row.printed for row in rows] + [row.note for row in rows]
    expected = Expected(
        handout=name,
        paper=WORKSHEET,
        language=_ENGLISH,
        family=fonts.family,
        title=f"Facts to check: {about}",
        texts=page.texts,
        margins=page.margins,
        addresses=page.addresses,
        hosts=frozenset((urlsplit(url).hostname or "").removeprefix("www.") for url in page.addresses),
        phones=frozenset(found.replace("-", "") for text in values for found in _PHONE.findall(text)),
        complaints=complaints,
        author="carrier-guides",
    )
    facts = read_pdf(pdf, fonts, find_pinned_fonts(), name)
    # It has as many rows as it has: how full its last page is, is nobody's fault.
    return pdf, check_handout(facts, expected, [rule for rule in RULES if rule != "GEO-09"])


# What a sheet for finding out what a printer can do has on purpose, or cannot have.
_NOT_OF_CALIBRATION = {"GEO-09", "A11Y-06", "CJK-06"}


def build_calibration(
    paper: Paper, templates: Path, engine: Engine, fonts: FontSet
) -> tuple[bytes, tuple[Problem, ...]]:
    """Make the sheet that tests a printer on a paper, and judge it as a handout is judged.

    Raises:
        ProjectError: where its template is wrong, or what was written is no PDF.
    """
    from generator.fonts import find_pinned_fonts
    from generator.readback import read_pdf

    name = f"calibration ({paper.name})"
    sheet = for_calibration(paper)
    page = render_calibration(sheet, paper, templates)
    laid_out = engine.lay_out(page.html, page.style, sheet)
    choose = choose_colours(sheet.medium, None)
    pdf, complaints = engine.write_pdf(laid_out, sheet, choose) if laid_out.document else (b"", ())
    complaints = (*laid_out.complaints, *complaints)
    if not pdf:
        what = "; ".join(complaints) or "nothing was laid out"
        return b"", (Problem(handout=name, rule="ENG-01", what=what, hint="mend the style sheet"),)
    expected = Expected(
        handout=name,
        paper=sheet,
        language=_ENGLISH,
        family=fonts.family,
        title=f"Printer check: {paper.name}",
        texts=page.texts,
        addresses=page.addresses,
        complaints=complaints,
        author="carrier-guides",
        pages=sheet.pages,
    )
    facts = read_pdf(pdf, fonts, find_pinned_fonts(), name, for_press=True)
    return pdf, check_handout(facts, expected, [rule for rule in RULES if rule not in _NOT_OF_CALIBRATION])
