"""Print with other colours than those of the screen: with inks for a press, with greys for a laser."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

# Colours of a document as the engine writes them, one operator a line.
_RGB = re.compile(rb"([\d.]+) ([\d.]+) ([\d.]+) (rg|RG)")
# By the number of components: of grey, of inks (ISO 32000-1, table 74).
_OPERATORS = {(1, b"rg"): b"g", (1, b"RG"): b"G", (4, b"rg"): b"k", (4, b"RG"): b"K"}

# Returns the components of `#RRGGBB`: four inks or one grey.
Choice = Callable[[str], Sequence[float]]


def replace_colours(pdf: Any, choose: Choice) -> None:  # noqa: ANN401
    """Replace every colour of every page and drawing.

    All that the engine paints has its colour from an operator of its own line, so none is missed; what is
    no such colour (a picture's pixels, a gradient) stays, and the judge refuses it. The names of colour
    spaces that it lists without using them go too.
    """
    for item in pdf.objects:
        if (lines := getattr(item, "stream", None)) is not None:
            lines[:] = [_replace(line, choose) for line in lines]
        elif isinstance(item, dict) and item.keys() == {"lab-d50", "lab-d65"}:
            item.clear()


def _replace(line: Any, choose: Choice) -> Any:  # noqa: ANN401
    found = _RGB.fullmatch(line) if isinstance(line, bytes) else None
    if not found:
        return line
    colour = "#" + "".join(f"{round(float(part) * 255):02X}" for part in found.groups()[:3])
    parts = tuple(choose(colour))
    return b" ".join((*(b"%g" % round(part, 4) for part in parts), _OPERATORS[len(parts), found[4]]))
