"""What a side of a handout takes, and what may be done where it is too long: the ladder.

Type and lines keep their sizes. First the gaps between blocks shrink, then the blocks go that the guide
declares droppable, one more a rung, in the order in which it names them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

# Between the blocks of a side; the first is that of the page design, and no smaller one parts blocks.
GAPS_MM = (4, 3, 2)
# A handout can do without these. The others are the way itself, or what keeps a reader from harm.
DROPPABLE = ("words", "losses", "desks")


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a side: its name, its height without the gap before it, and its place.

    `column` is where it stands, in words: "left column", "flap panel"; "" where it is as wide as the side.
    `counts`: it makes the side long, which of two columns only the taller one does.
    """

    name: str
    height_mm: float
    column: str = ""
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a handout, measured.

    `overflow_mm` is by how much it is too long for its page, negative where room is left. `gaps` is the
    number of gaps between its blocks, which are in reading order.
    """

    overflow_mm: float
    gaps: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder: the gap between blocks of sides that are too long, and the blocks left out."""

    gap_mm: int = GAPS_MM[0]
    without: tuple[str, ...] = ()


def find_budget(guide: int | None, paper: int) -> int | None:
    """Return how many pages a handout has: the guide's, at most the paper's; None for any number."""
    return min((pages for pages in (guide, paper) if pages), default=None)


# The first is the handout as it was designed.
GAP_RUNGS = tuple(Rung(gap) for gap in GAPS_MM)


def make_drop_rungs(droppable: tuple[str, ...], sides: tuple[Side, ...]) -> tuple[Rung, ...]:
    """Return the rungs above the smallest gap: the blocks go one after the other, in the declared order.

    A block on a side that is not too long stays, since nothing would be gained by it.
    """
    helping = find_helping(droppable, sides)
    return tuple(Rung(GAPS_MM[-1], helping[:count]) for count in range(1, len(helping) + 1))


def find_long(sides: tuple[Side, ...]) -> tuple[int, ...]:
    """Return the numbers, from 1, of the sides that are too long."""
    return tuple(number for number, side in enumerate(sides, start=1) if side.overflow_mm > 0)


def find_helping(droppable: tuple[str, ...], sides: tuple[Side, ...]) -> tuple[str, ...]:
    """Return those of the blocks that stand on a side that is too long."""
    there = {block.name for side in sides if side.overflow_mm > 0 for block in side.blocks}
    return tuple(name for name in droppable if name in there)


def list_selections(droppable: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return every selection of blocks that a rung can leave out, each in the declared order."""
    return tuple(
        chosen
        for count in range(1, len(droppable) + 1)
        for chosen in itertools.combinations(droppable, count)
    )


# --- words -------------------------------------------------------------------------------------


def describe_fit(rung: Rung, long: tuple[int, ...], texts: Mapping[str, int]) -> tuple[str, ...]:
    """Say what was done to make a handout fit.

    `long` are the numbers of the sides that were too long, `texts` counts the texts of each block.
    """
    where = f"side{'s' if len(long) > 1 else ''} {' and '.join(map(str, long))}"
    said = [f"with gaps of {rung.gap_mm} mm on {where}"]
    for name in rung.without:
        lost = "1 text is" if texts[name] == 1 else f"{texts[name]} texts are"
        said.append(f'without "{name}": {lost} not printed')
    return tuple(said)


def describe_overflow(sides: tuple[Side, ...], rung: Rung) -> tuple[str, ...]:
    """Say of each side that is too long by how much, and which blocks are the longest."""
    tried = [f"with gaps of {rung.gap_mm} mm"] if rung.gap_mm != GAPS_MM[0] else []
    tried += [f"without {_list(rung.without)}"] if rung.without else []
    even = f" even {' and '.join(tried)}" if tried else ""
    said = []
    for number, side in enumerate(sides, start=1):
        if side.overflow_mm <= 0:
            continue
        # Rounded up: a text that is shorter by what is said here fits.
        length = f"{math.ceil(round(side.overflow_mm * 10, 3)) / 10:.1f}"
        longest = [
            f'"{block.name}" ({block.height_mm:.0f} mm{f", {block.column}" if block.column else ""})'
            for block in sorted(side.blocks, key=lambda block: -block.height_mm)
            if block.counts
        ]
        blocks = f"; its longest block is {', then '.join(longest[:2])}" if longest else ""
        said.append(f"side {number} is {length} mm too long{even}{blocks}")
    return tuple(said)


def suggest_fit(sides: tuple[Side, ...], droppable: tuple[str, ...], *, is_tried: bool) -> str:
    """Return the next step for a handout that is too long: what `--fit` can do for it, if anything."""
    helping = find_helping(droppable, sides)
    none = "the guide declares no block of this side droppable"
    if is_tried:
        return "shorten the texts" if helping else f"shorten the texts; {none}"
    saved = GAPS_MM[0] - GAPS_MM[-1]
    if all(side.overflow_mm <= side.gaps * saved for side in sides):
        return "shorten the texts, or build with --fit: smaller gaps between blocks are enough"
    if helping:
        return f"shorten the texts, or build with --fit, which may also leave out {_list(helping)}"
    return f"shorten the texts; --fit alone is not enough, and {none}"


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)
