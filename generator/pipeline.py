"""The way of one handout: from a localized guide to judged bytes.

guide ─ localize ─▶ said ─ render_markup ─▶ HTML ─ lay_out ─▶ pages ─ write_pdf ─▶ bytes
      ─ read_pdf ─▶ facts ─ check_handout ─▶ problems
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from generator.checks import Expected, check_handout
from generator.fonts import FontSet, PinnedFonts
from generator.language import PSEUDO
from generator.localize import LocalizedGuide
from generator.markup import Page, describe, render_markup
from generator.paper import Paper
from generator.problem import Problem, ProjectError

if TYPE_CHECKING:
    from generator.layout import Engine, LaidOut


# Rules that a text of another length breaks.
OF_LENGTH = {"A11Y-05", "A11Y-07", "CJK-05", "GEO-03", "GEO-04", "GEO-07", "GEO-09"}


@dataclass(frozen=True)
class Finished:
    """A handout that has been judged. `pdf` is empty where it could not even be written.

    `seconds` are the wall times of the phases, for people who wait and for the benchmark.
    """

    handout: str
    pdf: bytes
    pages: int
    edition: str
    addresses: tuple[str, ...]
    problems: tuple[Problem, ...]
    seconds: dict[str, float]

    @property
    def is_fit_to_print(self) -> bool:
        """Tell whether no error was found."""
        return bool(self.pdf) and all(problem.severity != "error" for problem in self.problems)


def name_handout(local: LocalizedGuide, paper: Paper) -> str:
    """Return how messages call a handout: `au-cancel (zh_Hans, a4)`."""
    shop = f", {local.shop.id}" if local.shop else ""
    return f"{local.guide.id} ({local.language.locale}, {paper.name}{shop})"


def has_judged() -> bool:
    """Tell whether this process has loaded the judge's validator, whose threads do not survive a fork."""
    from generator.readback import has_validator

    return has_validator()


_PHONE = re.compile(r"\d[\d-]{7,}\d")


def order(
    local: LocalizedGuide,
    paper: Paper,
    page: Page,
    family: str,
    laid_out: LaidOut,
    complaints: tuple[str, ...] = (),
) -> Expected:
    """Say what the finished file must be, for the judge to compare."""
    about = describe(local)
    numbers = [*local.printed.values(), *([local.shop.phone] if local.shop else [])]
    links = (*page.addresses, *local.urls.values())
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
        pages=paper.pages,
    )


def build(
    local: LocalizedGuide, paper: Paper, templates: Path, engine: Engine, fonts: FontSet, pinned: PinnedFonts
) -> Finished:
    """Make one handout and judge the finished bytes. Raises nothing that is the project's fault."""
    from generator.readback import read_pdf

    name = name_handout(local, paper)
    edition = local.edition()
    seconds: dict[str, float] = {}
    start = time.perf_counter()

    def lap(phase: str) -> None:
        nonlocal start
        now = time.perf_counter()
        seconds[phase] = now - start
        start = now

    def refuse(problems: tuple[Problem, ...]) -> Finished:
        return Finished(name, b"", 0, edition, (), problems, seconds)

    if errors := tuple(problem for problem in local.problems if problem.severity == "error"):
        return refuse(errors)
    try:
        page = render_markup(local, paper, templates)
        lap("markup")
        if page.problems:
            return refuse(page.problems)
        laid_out = engine.lay_out(page.html, page.style, paper)
        lap("layout")
        pdf, complaints = engine.write_pdf(laid_out, paper) if laid_out.document else (b"", ())
        lap("write")
        expected = order(local, paper, page, fonts.family, laid_out, complaints)
        if not pdf:
            complaint = "; ".join(expected.complaints) or "nothing was laid out"
            hint = "mend the style sheet or the template that asks for it"
            return refuse((Problem(handout=name, rule="ENG-01", what=complaint, hint=hint),))
        facts = read_pdf(pdf, fonts, pinned, name)
        lap("read back")
        problems = check_handout(facts, expected)
        if local.is_draft:
            # Text that is not translated yet is of another length; a draft is there to be looked at. The
            # pseudo-locale is there to show what goes wrong.
            is_pseudo = local.language == PSEUDO
            problems = tuple(
                replace(problem, severity="warning") if is_pseudo or problem.rule in OF_LENGTH else problem
                for problem in problems
            )
        lap("check")
    except ProjectError as error:
        return refuse(error.problems)
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        problem = Problem(
            str(error.filename or templates), rule="template", what=what, hint="restore it from git"
        )
        return refuse((problem,))
    warnings = tuple(problem for problem in local.problems if problem.severity != "error")
    found = (*warnings, *problems)
    return Finished(name, pdf, laid_out.pages, edition, page.addresses, found, seconds)
