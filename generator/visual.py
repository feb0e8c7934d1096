"""Draw the report of an inspection: one HTML file with the pages and what was found on them.

It opens anywhere and needs nothing: no script, no network, no font. Severity is said by words and by the
kind of line, so it can be printed in black and white. Everything in it comes from files of strangers: the
template escapes all of it, and the page's own policy lets nothing be loaded.

The room of the template of reports. `markup` is about what handouts say and knows guides and languages;
this page must open where no project is.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from generator import __version__
from generator.inspection import MOST_PICTURES, Inspected, Picture
from generator.problem import Problem
from generator.report import show

# A frame stands off the type, and one around a dot can be seen.
_AIR_MM = 0.8
_SMALLEST_MM = 3.0


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the list: a problem with its number in the file."""

    number: int
    problem: Problem

    @property
    def place(self) -> str:
        """Return where on the page it is, for people with a ruler."""
        box = self.problem.box_mm
        return f"{box[0]:.0f} mm from the left, {box[1]:.0f} mm from the top" if box else ""

    @property
    def source(self) -> str:
        """Return the file, line and key of the text that caused it."""
        problem = self.problem
        if not problem.file:
            return ""
        place = f"{problem.file}:{problem.line}" if problem.line else problem.file
        return f"{place}: {problem.key}" if problem.key else place


@dataclass(frozen=True, slots=True)
class Frame:
    """A box on the picture in percent, and the numbers of what it is about."""

    numbers: tuple[int, ...]
    severity: str
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PageView:
    """One page: its picture, the frames on it, and the list beside it."""

    number: int
    picture: Picture | None
    data: str
    frames: tuple[Frame, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class FileView:
    """One file of the report."""

    result: Inspected
    general: tuple[Item, ...]
    pages: tuple[PageView, ...]
    unseen: int

    @property
    def errors(self) -> int:
        """Count the errors."""
        return sum(problem.severity == "error" for problem in self.result.problems)

    @property
    def warnings(self) -> int:
        """Count the warnings."""
        return len(self.result.problems) - self.errors

    @property
    def sizes(self) -> str:
        """Return the sizes of its pages, each once."""
        assert self.result.about
        distinct = dict.fromkeys(self.result.about.sizes_mm)
        return ", ".join(f"{width:g} × {height:g} mm" for width, height in list(distinct)[:4])


def render_report(results: Sequence[Inspected], missing: Sequence[Problem] = ()) -> str:
    """Return the report as one HTML document. `missing` are the files that could not be looked at."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["show"] = show
    views = [_view(result) for result in results]
    return environment.get_template("report.html").render(
        files=views,
        missing=missing,
        errors=sum(view.errors for view in views) + len(missing),
        warnings=sum(view.warnings for view in views),
        clean=sum(result.is_clean for result in results),
        version=__version__,
    )


def _view(result: Inspected) -> FileView:
    items = [Item(number, problem) for number, problem in enumerate(result.problems, start=1)]
    pictures = {picture.page: picture for picture in result.pictures}
    shown = sorted({*pictures, *(item.problem.page for item in items if item.problem.page)})
    pages = tuple(
        _view_page(number, pictures.get(number), [item for item in items if item.problem.page == number])
        for number in shown
    )
    total = result.about.pages if result.about else 0
    unseen = total - len(pictures) if total > MOST_PICTURES else 0
    return FileView(result, tuple(item for item in items if not item.problem.page), pages, unseen)


def _view_page(number: int, picture: Picture | None, items: Sequence[Item]) -> PageView:
    if picture is None:
        return PageView(number, None, "", (), tuple(items))
    by_box: dict[tuple[float, ...], list[Item]] = {}
    for item in items:
        if item.problem.box_mm:
            by_box.setdefault(item.problem.box_mm, []).append(item)
    frames = [_frame(picture, box, here) for box, here in by_box.items()]
    data = base64.b64encode(picture.png).decode("ascii")
    return PageView(number, picture, data, tuple(frames), tuple(items))


def _frame(picture: Picture, box: tuple[float, ...], items: Sequence[Item]) -> Frame:
    """Return a box, counted from the trim, as percent of the picture, which shows the whole sheet."""
    left, top, right, bottom = box
    wide, high = (max(_SMALLEST_MM - length, 2 * _AIR_MM) / 2 for length in (right - left, bottom - top))
    x0, x1 = (
        min(max(x + picture.left_mm, 0.0), picture.width_mm) / picture.width_mm * 100
        for x in (left - wide, right + wide)
    )
    y0, y1 = (
        min(max(y + picture.top_mm, 0.0), picture.height_mm) / picture.height_mm * 100
        for y in (top - high, bottom + high)
    )
    severity = "error" if any(item.problem.severity == "error" for item in items) else "warning"
    numbers = tuple(item.number for item in items)
    return Frame(numbers, severity, round(x0, 2), round(y0, 2), round(x1 - x0, 2), round(y1 - y0, 2))
