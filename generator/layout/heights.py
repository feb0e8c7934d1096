"""Share out the free height of a page between its blocks, and measure them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generator.fit import Block, Side

# CSS Values and Units 4: 96 px to the inch.
MM_PER_PX = 25.4 / 96
# A gap between blocks grows by no more than this, or the page falls apart into islands.
MAX_GROWTH_MM = 6.0
# In a panel of a folded sheet, and on a page of one column, rows grow by no more than this part of their
# height, and gaps between blocks as if they were rows of so many mm.
MAX_PART = 0.9
GAP_COUNTS_MM = 12.0
# Kept free at the foot, so that rounding never pushes the last block over the edge.
SPARE_MM = 0.3


def _classes(box: Any) -> list[str]:  # noqa: ANN401
    element = getattr(box, "element", None)
    return (element.get("class") or "").split() if element is not None and box.element_tag[:1] != ":" else []


def _level(pair: Any) -> None:  # noqa: ANN401
    """Make the two blocks of a pair one height, so that frame and colour end together.

    A flex container would do the same, and lay each of them out several times.
    """
    blocks = [box for box in pair.children if box.is_floated()]
    height = max((box.margin_height() for box in blocks), default=0)
    for box in blocks:
        box.height += height - box.margin_height()


def _side_of(page_box: Any) -> Any | None:  # noqa: ANN401
    """Return the box of the side (`.side`) that fills a page."""
    todo = [page_box]
    while todo:
        box = todo.pop()
        if "side" in _classes(box):
            return box
        todo.extend(child for child in getattr(box, "children", ()) if not isinstance(child, str))
    return None


def find_panel_height(page_box: Any) -> float | None:  # noqa: ANN401
    """Return the height of what the shop's panel on a page holds, in px; None where there is none."""
    todo = [page_box]
    while todo:
        box = todo.pop()
        element = getattr(box, "element", None)
        if element is not None and element.get("data-block") == "shop" and "panel" in _classes(box):
            return float(box.height)
        todo.extend(child for child in getattr(box, "children", ()) if not isinstance(child, str))
    return None


def share_out_free_height() -> None:
    """Make the engine share out the free height of a page between its blocks.

    It is done when a page is laid out and before its backgrounds are, which stay where they are put.
    """
    from weasyprint import layout

    if getattr(layout.layout_backgrounds, "shares_out", False):
        return
    lay_out_backgrounds = layout.layout_backgrounds

    def share_out_first(page_box: Any, *args: Any) -> None:  # noqa: ANN401
        page_box.side = _measure_side(page_box)
        page_box.free_height_mm = _share_out(page_box)
        lay_out_backgrounds(page_box, *args)

    share_out_first.shares_out = True  # type: ignore[attr-defined]
    layout.layout_backgrounds = share_out_first


def _measure_side(page_box: Any) -> Side | None:  # noqa: ANN401
    """Measure the side on a page, before its blocks are moved; None where there is none."""
    side = _side_of(page_box)
    if side is None or not side.children:
        return None
    foot = page_box.content_box_y() + page_box.height
    panels = _panels_of(side)
    if len(panels) > 1:
        return _measure_panels(panels, foot)
    if panels:
        side = panels[0]
    end = max(box.position_y + box.margin_height() for box in side.children)
    blocks: list[Block] = []
    for box in side.children:
        columns = [child for child in getattr(box, "children", ()) if child.is_floated()]
        height = max((column.margin_height() for column in columns), default=0)
        for column in columns if "pair" in _classes(box) else (box,):
            name = next((name for name in _classes(column) if name in ("left", "right")), "")
            counts = not name or column.margin_height() >= height
            blocks.extend(_find_blocks(column, f"{name} column" if name else "", counts))
    gaps = sum("block" in _classes(box) for box in side.children)
    return Side(float((end - foot) * MM_PER_PX), gaps, tuple(blocks))


def _panels_of(side: Any) -> list[Any]:  # noqa: ANN401
    """Return the boxes of a side that are filled row by row (`.face`): panels of a folded sheet, a column."""
    return [box for box in side.children if "face" in _classes(box)]


def _measure_panels(panels: list[Any], foot: float) -> Side:
    ends = [box.position_y + box.margin_height() for box in panels]
    blocks: list[Block] = []
    for box, end in zip(panels, ends, strict=True):
        name = next(name for name in _classes(box) if name != "face")
        blocks.extend(_find_blocks(box, f"{name} panel", end > foot or end == max(ends)))
    gaps = sum("block" in _classes(box) for box in panels[ends.index(max(ends))].children)
    return Side(float((max(ends) - foot) * MM_PER_PX), gaps, tuple(blocks))


def _find_blocks(box: Any, column: str, counts: bool) -> Iterator[Block]:  # noqa: ANN401
    """Yield the blocks in a box in reading order, by the names that the templates give them."""
    element = getattr(box, "element", None)
    if element is not None and (name := element.get("data-block")):
        yield Block(name, float(box.border_height() * MM_PER_PX), column, counts)
        return
    for child in getattr(box, "children", ()):
        if not isinstance(child, str):
            yield from _find_blocks(child, column, counts)


def _share_out(page_box: Any) -> float:  # noqa: ANN401
    """Move the blocks of a page apart by its free height, equally; return that height in mm."""
    side = _side_of(page_box)
    if side is None or not side.children:
        return 0.0
    foot = page_box.content_box_y() + page_box.height
    if panels := _panels_of(side):
        return max(_fill_panel(panel, foot) for panel in panels)
    blocks = list(side.children)
    for pair in blocks:
        if "last" in _classes(pair):
            _level(pair)
    end = max(box.position_y + box.margin_height() for box in blocks)
    slack = (foot - end) * MM_PER_PX
    movable = [i for i, box in enumerate(blocks) if "block" in _classes(box)]
    if movable and slack > SPARE_MM:
        step = min((slack - SPARE_MM) / len(movable), MAX_GROWTH_MM) / MM_PER_PX
        moved = 0
        for i, box in enumerate(blocks):
            moved += i in movable
            box.translate(0, moved * step)
    return round(float(slack), 2)


def _fill_panel(panel: Any, foot: float) -> float:  # noqa: ANN401
    """Spread the rows and blocks of a panel over its free height; return that height in mm.

    Rows grow by the same part of their height, and gaps between blocks as a row of `GAP_COUNTS_MM` would.
    What is left when they have grown as far as they may stands before the block that belongs to the foot
    (`.foot`).
    """
    end = max((box.position_y + box.margin_height() for box in panel.children), default=foot)
    slack = float((foot - end) * MM_PER_PX)
    gaps = [i > 0 and "block" in _classes(box) for i, box in enumerate(panel.children)]
    lists = [rows for box in panel.children for rows in _find_lists(box)]
    rows = [row[0] for rows in lists for row in rows]
    # The first row of a list grows below its content only: lists begin at one height beside each other.
    heights = sum(row.margin_height() for row in rows) - sum(rows[0][0].margin_height() for rows in lists) / 2
    heights_mm = float(heights * MM_PER_PX)
    if rows and end - (rows[-1].position_y + rows[-1].margin_height()) < SPARE_MM / MM_PER_PX:
        # Nothing stands below the last row: what it grows below its text may lie beyond the foot.
        heights_mm -= float(rows[-1].margin_height() * MM_PER_PX) / 2
    free = slack - SPARE_MM
    if free <= 0 or not (heights_mm or any(gaps)):
        return round(slack, 2)
    gap = min(free / (sum(gaps) + heights_mm / GAP_COUNTS_MM), MAX_GROWTH_MM)
    part = min((free - gap * sum(gaps)) / heights_mm, MAX_PART) if heights_mm else 0.0
    rest = free - gap * sum(gaps) - part * heights_mm
    moved = 0.0
    for box, is_gap in zip(panel.children, gaps, strict=True):
        moved += (gap if is_gap else 0.0) + (rest if "foot" in _classes(box) else 0.0)
        box.translate(0, moved / MM_PER_PX)
        moved += _grow_rows(box, part) * MM_PER_PX
    return round(slack, 2)


def _flowing(box: Any) -> Iterator[Any]:  # noqa: ANN401
    for child in getattr(box, "children", ()):
        if not isinstance(child, str) and child.is_in_normal_flow():
            yield child


def _rows_of(box: Any) -> list[list[Any]]:  # noqa: ANN401
    """Return the rows of a list, the items that stand beside each other together; empty for any other box."""
    if box.element_tag not in ("ul", "ol"):
        return []
    rows: dict[float, list[Any]] = {}
    for child in _flowing(box):
        rows.setdefault(round(float(child.position_y), 2), []).append(child)
    return list(rows.values())


def _find_lists(box: Any) -> Iterator[list[list[Any]]]:  # noqa: ANN401
    """Yield the rows of each list in a block; not those of a list in a row."""
    if rows := _rows_of(box):
        yield rows
        return
    for child in _flowing(box):
        yield from _find_lists(child)


def _grow_rows(box: Any, part: float) -> float:  # noqa: ANN401
    """Make the rows in a block higher by a part, half above their content; return by how much it grows."""
    grown = 0.0
    rows = _rows_of(box)
    for number, row in enumerate(rows or [[child] for child in _flowing(box)]):
        half = part * row[0].margin_height() / 2 if rows else 0.0
        above = half if number else 0.0
        more = above + half
        for child in row:
            child.translate(0, grown)
            if rows:
                for inner in child.children:
                    inner.translate(0, above)
                child.height += more
            else:
                more += _grow_rows(child, part)
        grown += more
    if grown:
        box.height += grown
    return grown
