"""Share out the free height of a page between its blocks, and measure them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generator.fit import Block, Side

# CSS Values and Units 4: 96 px to the inch.
MM_PER_PX = 25.4 / 96
# A gap between blocks grows by no more than this, or the page falls apart into islands.
MAX_GROWTH_MM = 6.0
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
    end = max(box.position_y + box.margin_height() for box in side.children)
    blocks: list[Block] = []
    for box in side.children:
        columns = [child for child in getattr(box, "children", ()) if child.is_floated()]
        height = max((column.margin_height() for column in columns), default=0)
        for column in columns if "pair" in _classes(box) else (box,):
            name = next((name for name in _classes(column) if name in ("left", "right")), "")
            blocks.extend(_find_blocks(column, name, not name or column.margin_height() >= height))
    gaps = sum("block" in _classes(box) for box in side.children)
    return Side(float((end - foot) * MM_PER_PX), gaps, tuple(blocks))


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
