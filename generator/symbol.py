"""QR codes as small SVG drawings. The only room for segno.

Source: ISO/IEC 18004 (level M, four modules of quiet zone). The module's size on paper is judged after
layout.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

# Modules of white on each side of the symbol.
QUIET_ZONE = 4


@dataclass(frozen=True, slots=True)
class Symbol:
    """A QR code: `path` is SVG path data in modules, `size` the side in modules with the quiet zone."""

    payload: str
    size: int
    path: str


@lru_cache(maxsize=256)
def make_symbol(payload: str) -> Symbol:
    """Encode an address at level M, never as Micro QR, which phones do not read."""
    import segno

    code = segno.make_qr(payload, error="m", boost_error=False)
    rows = [list(row) for row in code.matrix_iter(border=QUIET_ZONE)]
    size = len(rows)
    steps: list[str] = []
    for y, row in enumerate(rows):
        x = 0
        while x < size:
            run = 0
            while x + run < size and row[x + run]:
                run += 1
            if run:
                # One rectangle a run: neighbouring modules drawn apart show hairlines on some screens.
                steps.append(f"M{x} {y}h{run}v1h-{run}z")
            x += run or 1
    return Symbol(payload, size, "".join(steps))
