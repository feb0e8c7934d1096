"""Where pages lie on the sheets that a printer turns, a knife cuts and a hand folds. Pure geometry.

Pages are counted from 1. A sheet has two faces; places are in mm from the lower left corner of a face as one
looks at it. Pages are never scaled: type and codes keep the size that was judged.

Source: the trade (saddle stitch, cut and stack); no standard has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

Edge = Literal["long", "short", "none"]
EDGES: tuple[Edge, ...] = ("long", "short", "none")

# What a sheet may be off by, since programs count in whole points.
ROUNDING_MM = 0.5


@dataclass(frozen=True, slots=True)
class Stock:
    """A paper that printers take: its name and its sides in mm, the shorter first."""

    name: str
    short_mm: float
    long_mm: float


# From the smallest; the first that has room is taken.
STOCKS = (
    Stock("a4", 210.0, 297.0),
    Stock("letter", 215.9, 279.4),
    Stock("b4", 257.0, 364.0),
    Stock("a3", 297.0, 420.0),
)


@dataclass(frozen=True, slots=True)
class Scheme:
    """A way to lay pages on a sheet: so many beside each other, and so many rows.

    `folds`: the sheets are folded once and put into each other; else they are cut.
    """

    name: str
    about: str
    columns: int
    rows: int
    folds: bool = False


SCHEMES = (
    Scheme("2up", "two on a sheet, cut in the middle", 2, 1),
    Scheme("4up", "four on a sheet, cut twice", 2, 2),
    Scheme("cards", "ten cards on a sheet, cut out", 2, 5),
    Scheme("booklet", "sheets folded in the middle and stitched in the fold", 2, 1, folds=True),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A page on a face: its number (None: nothing), the lower left corner of its trim, if it is upside down.

    `inner` is the side at which it must not be drawn beyond its trim: at a fold; "" elsewhere.
    """

    page: int | None
    x_mm: float
    y_mm: float
    is_turned: bool = False
    inner: Literal["left", "right", ""] = ""


# One face of a sheet, and all faces in the order in which they are printed.
Face = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is printed: the sheet as it lies, the trim of the pages, and the faces.

    With `edge` other than "none" each two faces are the two sides of a sheet that is turned on that edge.
    `blanks` is the number of pages that were added to make a booklet whole.
    """

    scheme: Scheme
    stock: Stock
    width_mm: float
    height_mm: float
    trim_mm: tuple[float, float]
    gutter_mm: float
    edge: Edge
    faces: tuple[Face, ...]
    blanks: int = 0

    @property
    def is_across(self) -> bool:
        """Tell whether the sheet lies across."""
        return self.width_mm > self.height_mm

    @property
    def sheets(self) -> int:
        """Return how many sheets of paper it takes."""
        return len(self.faces) if self.edge == "none" else (len(self.faces) + 1) // 2

    @property
    def corner_mm(self) -> tuple[float, float]:
        """Return the lower left corner of what is cut out, all cells together."""
        width, height = block_mm(self.scheme, self.trim_mm, self.gutter_mm)
        return (self.width_mm - width) / 2, (self.height_mm - height) / 2


class NoRoomError(ValueError):
    """Raised where pages do not fit on a sheet without being made smaller."""


def block_mm(scheme: Scheme, trim_mm: tuple[float, float], gutter_mm: float) -> tuple[float, float]:
    """Return how wide and high all cells of a face are together."""
    return (
        scheme.columns * trim_mm[0] + (scheme.columns - 1) * gutter_mm,
        scheme.rows * trim_mm[1] + (scheme.rows - 1) * gutter_mm,
    )


def plan_sheets(
    scheme: Scheme,
    pages: int,
    trim_mm: tuple[float, float],
    *,
    stock: Stock | None = None,
    edge: Edge | None = None,
    gutter_mm: float = 0.0,
    creep_mm: float = 0.0,
    repeats: bool = False,
    stacks: bool = False,
) -> Plan:
    """Lay pages on sheets.

    `edge` is that on which a printer turns the sheet, None for what the scheme is usually printed with.
    `repeats`: each page fills a sheet of its own. `stacks`: the piles that a knife makes of the printed
    sheets, put on each other, have the pages in order. `creep_mm` is how thick a sheet is: in a booklet
    each sheet lies that much further out than the one around it, so its pages move towards the fold.

    Raises:
        NoRoomError: the pages do not fit on the sheet, or on any.
    """
    if pages < 1:
        raise ValueError("nothing to impose")
    stock, width, height = _find_stock(scheme, trim_mm, gutter_mm, stock)
    if edge is None:
        # A booklet lies across and is turned like a leaf; what is cut is printed on one side.
        edge = "short" if scheme.folds else "none"
    plan = Plan(scheme, stock, width, height, trim_mm, gutter_mm, edge, ())
    if scheme.folds:
        whole = -(-pages // 4) * 4
        faces = tuple(_fold(plan, pages, whole, creep_mm))
        return replace(plan, faces=faces, blanks=whole - pages)
    return replace(plan, faces=tuple(_lay(plan, pages, repeats=repeats, stacks=stacks)))


def _find_stock(
    scheme: Scheme, trim_mm: tuple[float, float], gutter_mm: float, stock: Stock | None
) -> tuple[Stock, float, float]:
    """Return the sheet and how it lies; upright where both ways have room."""
    wide, high = block_mm(scheme, trim_mm, gutter_mm)
    for candidate in (stock,) if stock else STOCKS:
        for width, height in (
            (candidate.short_mm, candidate.long_mm),
            (candidate.long_mm, candidate.short_mm),
        ):
            if wide <= width + ROUNDING_MM and high <= height + ROUNDING_MM:
                return candidate, width, height
    where = stock.name if stock else f"any of {', '.join(known.name for known in STOCKS)}"
    raise NoRoomError(
        f"{scheme.columns} x {scheme.rows} pages of {trim_mm[0]:g} x {trim_mm[1]:g} mm "
        f"are {wide:g} x {high:g} mm, which does not fit on {where}"
    )


def _place(plan: Plan, column: int, row: int) -> tuple[float, float]:
    """Return the lower left corner of a cell; rows are counted from the top."""
    left, bottom = plan.corner_mm
    width, height = plan.trim_mm
    up = plan.scheme.rows - 1 - row
    return left + column * (width + plan.gutter_mm), bottom + up * (height + plan.gutter_mm)


def turns_like_a_leaf(plan: Plan) -> bool:
    """Tell whether the sheet is turned about its upright axis, like a leaf of a book, not like a calendar."""
    return (plan.edge == "long") != plan.is_across


def find_back(plan: Plan, column: int, row: int) -> tuple[int, int, bool]:
    """Return the cell of the back that lies behind one of the front, and if it must be upside down there.

    A sheet that is turned like a leaf has the columns of its back in the other order. One that is turned
    like a calendar has its rows so, and what is cut out of it and turned like a leaf stands on its head.
    """
    if turns_like_a_leaf(plan):
        return plan.scheme.columns - 1 - column, row, False
    return column, plan.scheme.rows - 1 - row, True


def _lay(plan: Plan, pages: int, *, repeats: bool, stacks: bool) -> Iterator[Face]:
    """Yield the faces of sheets that are cut. A leaf is a page, or two on its two sides."""
    scheme = plan.scheme
    cells = [(column, row) for row in range(scheme.rows) for column in range(scheme.columns)]
    sided = 1 if plan.edge == "none" else 2
    leaves = -(-pages // sided)
    sheets = leaves if repeats else -(-leaves // len(cells))
    for sheet in range(sheets):
        sides: list[list[Cell]] = [[] for _ in range(sided)]
        for number, (column, row) in enumerate(cells):
            leaf = sheet if repeats else number * sheets + sheet if stacks else sheet * len(cells) + number
            for side in range(sided):
                page = leaf * sided + side + 1
                if page > pages:
                    continue
                at = (column, row, False) if side == 0 else find_back(plan, column, row)
                sides[side].append(Cell(page, *_place(plan, at[0], at[1]), is_turned=at[2]))
        yield from (tuple(side) for side in sides)


def _fold(plan: Plan, pages: int, whole: int, creep_mm: float) -> Iterator[Face]:
    """Yield the faces of a booklet, from its cover inwards."""
    for sheet in range(whole // 4):
        first = 2 * sheet + 1
        outside, inside = (whole - first + 1, first), (first + 1, whole - first)
        shift = sheet * creep_mm
        for side, pair in enumerate((outside, inside)):
            face = []
            for column, page in enumerate(pair):
                # Behind the right half of the front lies the left one of the back.
                is_turned = side == 1 and not turns_like_a_leaf(plan)
                at = 1 - column if is_turned else column
                x, y = _place(plan, at, 0)
                inward = shift if at == 0 else -shift
                inner: Literal["left", "right"] = "right" if at == 0 else "left"
                face.append(Cell(page if page <= pages else None, x + inward, y, is_turned, inner))
            yield tuple(sorted(face, key=lambda cell: cell.x_mm))


# --- marks -----------------------------------------------------------------------------------------

# From the trim, and how long: a knife is set by them, and they are cut off.
MARK_GAP_MM, MARK_MM = 2.0, 5.0
# A printer prints no nearer to the edge of the sheet.
EDGE_MM = 4.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A line to cut or, dashed, to fold along, in mm on a face."""

    x0_mm: float
    y0_mm: float
    x1_mm: float
    y1_mm: float
    is_dashed: bool = False


def list_marks(plan: Plan) -> tuple[Mark, ...]:
    """Return the marks of a face.

    Beside all cells, where the sheet has room for them: at each line that is cut. Where it has none, a cut
    between two pages is a dashed line over the whole sheet, which lies on the trim of both. A fold is
    two dashed ticks at the edges.
    """
    left, bottom = plan.corner_mm
    width, height = block_mm(plan.scheme, plan.trim_mm, plan.gutter_mm)
    right, top = left + width, bottom + height
    if plan.scheme.folds:
        middle = (left + right) / 2
        ticks = ((EDGE_MM, EDGE_MM + MARK_MM), (plan.height_mm - EDGE_MM - MARK_MM, plan.height_mm - EDGE_MM))
        return tuple(Mark(middle, low, middle, high, is_dashed=True) for low, high in ticks)
    marks: list[Mark] = []
    xs = _cuts(left, plan.trim_mm[0], plan.gutter_mm, plan.scheme.columns)
    ys = _cuts(bottom, plan.trim_mm[1], plan.gutter_mm, plan.scheme.rows)
    above = _marks_beside(bottom)
    beside = _marks_beside(left)
    for x in xs:
        if above:
            marks += [Mark(x, bottom - end, x, bottom - start) for start, end in above]
            marks += [Mark(x, top + start, x, top + end) for start, end in above]
        elif left + ROUNDING_MM < x < right - ROUNDING_MM:
            marks.append(Mark(x, 0.0, x, plan.height_mm, is_dashed=True))
    for y in ys:
        if beside:
            marks += [Mark(left - end, y, left - start, y) for start, end in beside]
            marks += [Mark(right + start, y, right + end, y) for start, end in beside]
        elif bottom + ROUNDING_MM < y < top - ROUNDING_MM:
            marks.append(Mark(0.0, y, plan.width_mm, y, is_dashed=True))
    return tuple(marks)


def _cuts(start: float, length: float, gutter: float, count: int) -> list[float]:
    """Return where is cut along one axis: at both ends of each cell."""
    cuts = [start + number * (length + gutter) + end for number in range(count) for end in (0.0, length)]
    return sorted({round(cut, 4) for cut in cuts})


def _marks_beside(room: float) -> tuple[tuple[float, float], ...]:
    """Return where a mark begins and ends in the room beside all cells; empty where it has none."""
    end = min(MARK_GAP_MM + MARK_MM, room)
    return ((MARK_GAP_MM, end),) if end - MARK_GAP_MM >= 1.0 else ()
