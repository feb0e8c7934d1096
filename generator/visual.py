"""Draw the report of an inspection: one HTML file with the pages and what was found on them.

It opens anywhere and needs nothing: no script, no network, no font. Severity is said by words and by the
kind of line, so it can be printed in black and white. Everything in it comes from files of strangers: the
template escapes all of it, and the page's own policy lets nothing be loaded.

The room of the template of reports. `markup` is about what handouts say and knows guides and languages;
this page must open where no project is.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from generator import __version__
from generator.inspection import MOST_PICTURES, Inspected, Picture
from generator.problem import Problem
from generator.report import show

# A frame stands off the type, and one around a dot can be seen.
_AIR_MM = 0.8
_SMALLEST_MM = 3.0
_NEAR_MM = 6.0


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
class Group:
    """What one rule found in one place: some to be read at once, and more of the same."""

    first: tuple[Item, ...]
    more: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """A box on the picture in percent, and what was found in it."""

    items: tuple[Item, ...]
    left: float
    top: float
    width: float
    height: float

    @property
    def severity(self) -> str:
        """Return the gravest severity."""
        return "error" if any(item.problem.severity == "error" for item in self.items) else "warning"

    @property
    def label(self) -> str:
        """Return the numbers: "3", "3, 4" or "3–17"."""
        numbers = [item.number for item in self.items]
        return ", ".join(map(str, numbers)) if len(numbers) < 3 else f"{numbers[0]}–{numbers[-1]}"


@dataclass(frozen=True, slots=True)
class PageView:
    """One page: its picture, the frames on it, and the list beside it."""

    number: int
    picture: Picture | None
    data: str
    frames: tuple[Frame, ...]
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class FileView:
    """One file of the report."""

    result: Inspected
    general: tuple[Group, ...]
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
    numbers = itertools.count(1)
    general = _number([p for p in result.problems if not p.page], numbers)
    pictures = {picture.page: picture for picture in result.pictures}
    shown = sorted({*pictures, *(problem.page for problem in result.problems if problem.page)})
    pages = tuple(
        _view_page(page, pictures.get(page), [p for p in result.problems if p.page == page], numbers)
        for page in shown
    )
    total = result.about.pages if result.about else 0
    unseen = total - len(pictures) if total > MOST_PICTURES else 0
    return FileView(result, (Group(general),) if general else (), pages, unseen)


def _number(problems: Iterable[Problem], numbers: Iterator[int]) -> tuple[Item, ...]:
    return tuple(Item(next(numbers), problem) for problem in problems)


def _view_page(
    page: int, picture: Picture | None, problems: Sequence[Problem], numbers: Iterator[int]
) -> PageView:
    groups = [Group(items)] if (items := _number([p for p in problems if not p.box_mm], numbers)) else []
    frames = []
    for box, here in _gather([p for p in problems if p.box_mm]):
        by_rule: dict[str, list[Problem]] = {}
        for problem in here:
            by_rule.setdefault(problem.rule, []).append(problem)
        inside: list[Item] = []
        for alike in by_rule.values():
            items = _number(alike, numbers)
            inside += items
            cut = 2 if len(items) > 3 else len(items)
            groups.append(Group(items[:cut], items[cut:]))
        if picture:
            frames.append(_frame(picture, box, inside))
    data = base64.b64encode(picture.png).decode("ascii") if picture else ""
    return PageView(page, picture, data, tuple(frames), tuple(groups))


_Box = tuple[float, float, float, float]


def _gather(problems: Iterable[Problem]) -> list[tuple[_Box, list[Problem]]]:
    """Put together what is on one place of one line: many programs place each letter by itself."""
    found: list[tuple[_Box, list[Problem]]] = []
    for problem in problems:
        left, top, right, bottom = problem.box_mm
        box, here = (left, top, right, bottom), [problem]
        while (near := next((place for place in found if _is_near(place[0], box)), None)) is not None:
            found.remove(near)
            (x0, y0, x1, y1), earlier = near
            box = (min(box[0], x0), min(box[1], y0), max(box[2], x1), max(box[3], y1))
            here = [*earlier, *here]
        found.append((box, here))
    return sorted(found, key=lambda place: (place[0][1], place[0][0]))


def _is_near(one: _Box, other: _Box) -> bool:
    """Tell whether two boxes are of one line and less than some letters apart."""
    common = min(one[3], other[3]) - max(one[1], other[1])
    lower, higher = sorted((one[3] - one[1], other[3] - other[1]))
    apart = max(one[0], other[0]) - min(one[2], other[2])
    return common >= 0.5 * lower and higher <= 2 * max(lower, _AIR_MM) and apart <= _NEAR_MM


def _frame(picture: Picture, box: _Box, items: Sequence[Item]) -> Frame:
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
    return Frame(tuple(items), round(x0, 2), round(y0, 2), round(x1 - x0, 2), round(y1 - y0, 2))
