"""Put the runs of a file together as a reader does: lines, and paragraphs of lines.

A paragraph is what one block of the structure tree shows on one page. In a file without a tree lines that
follow each other at an even distance and begin at one edge are taken for one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import wraps
from itertools import groupby, pairwise
from typing import TypeVar

from generator.readback.model import MM_PER_PT, Box, PdfFacts, Run

# What a finished page may differ by without anybody seeing it.
TOLERANCE_MM = 0.05
# Lines of one text are no further apart than this, in sizes; the next text is.
_NEXT_LINE = 2.2

T = TypeVar("T")


def once(find: Callable[[PdfFacts], T]) -> Callable[[PdfFacts], T]:
    """Keep the last answer: many rules ask the same of one file, and hashing it costs more than asking."""
    last: list[tuple[PdfFacts, T]] = []

    @wraps(find)
    def remember(facts: PdfFacts) -> T:
        if not last or last[0][0] is not facts:
            last[:] = [(facts, find(facts))]
        return last[0][1]

    return remember


@dataclass(frozen=True, slots=True)
class Line:
    """Type on one baseline, from left to right."""

    runs: tuple[Run, ...]

    @property
    def text(self) -> str:
        """Return what the line says."""
        return "".join(run.text for run in self.runs)

    @property
    def size_pt(self) -> float:
        """Return the size of most of its letters."""
        return max(self.runs, key=lambda run: len(run.text.strip())).size_pt

    @property
    def y_mm(self) -> float:
        """Return where most of it stands: a note in the line may be raised."""
        return max(self.runs, key=lambda run: len(run.text.strip())).y_mm

    @property
    def box_mm(self) -> Box:
        """Return the box of its ink."""
        return join_boxes(run.ink_mm for run in self.runs if run.ink_mm)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text of one or more lines on one page; `role` is that of its block, "" in a file without tags."""

    page: int
    role: str
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """Return what it says."""
        return "".join(line.text for line in self.lines)

    @property
    def language(self) -> str:
        """Return the language of most of its letters (BCP 47)."""
        letters: dict[str, int] = {}
        for line in self.lines:
            for run in line.runs:
                letters[run.language] = letters.get(run.language, 0) + len(run.text.strip())
        return max(letters, key=lambda tag: letters[tag])


def join_boxes(boxes: Iterable[Box]) -> Box:
    """Return the box around boxes; there must be one."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def is_cjk(tag: str) -> bool:
    """Tell whether a language is set without spaces and breaks lines by the rules for Han and kana."""
    return primary(tag) in ("ja", "yue", "zh")


def primary(tag: str) -> str:
    """Return the language of a tag, without script and region."""
    return tag.partition("-")[0].casefold()


def running_order(facts: PdfFacts) -> tuple[Run, ...]:
    """Return the runs in the order of reading; without tags, in that of painting."""
    return facts.reading_order if facts.elements else facts.runs


def join_runs(runs: Iterable[Run]) -> Iterator[tuple[Run, ...]]:
    """Put runs together that stand side by side on one line in one size, whatever order they are painted in.

    Some programs paint every Han character by itself, and page after page in the order of their fonts.
    """
    line: list[Run] = []
    for run in sorted(runs, key=lambda run: (run.page, round(run.y_mm, 1), run.x_mm)):
        if line:
            before = line[-1]
            size_mm = before.size_pt * MM_PER_PT
            gap = run.x_mm - (before.x_mm + before.width_mm)
            is_beside = run.page == before.page and abs(run.y_mm - before.y_mm) < 0.2 * size_mm
            if not (is_beside and run.size_pt == before.size_pt and -size_mm < gap < size_mm):
                yield tuple(line)
                line = []
        line.append(run)
    if line:
        yield tuple(line)


@once
def find_paragraphs(facts: PdfFacts) -> tuple[Paragraph, ...]:
    """Return the paragraphs of a file in the order of reading."""
    inked = [run for run in running_order(facts) if run.ink_mm and run.is_visible]
    if facts.elements:
        groups = [list(group) for _, group in groupby(inked, lambda run: (run.page, run.block))]
    else:
        groups = list(_guess_blocks(inked))
    return tuple(Paragraph(g[0].page, g[0].role, tuple(_break_lines(g))) for g in groups)


def _break_lines(runs: list[Run]) -> Iterator[Line]:
    line = [runs[0]]
    for before, after in pairwise(runs):
        if _is_below(before, after):
            yield Line(tuple(line))
            line = []
        line.append(after)
    yield Line(tuple(line))


def _is_below(before: Run, after: Run) -> bool:
    # Lower and further left: a raised or lowered run goes on to the right.
    return (
        after.y_mm > before.y_mm + TOLERANCE_MM and after.x_mm < before.x_mm + before.width_mm - TOLERANCE_MM
    )


def _guess_blocks(runs: list[Run]) -> Iterator[list[Run]]:
    block: list[Run] = []
    start: Run | None = None  # the first run of the line
    for run in runs:
        if block and start:
            before = block[-1]
            size_mm = before.size_pt * MM_PER_PT
            is_same_line = abs(run.y_mm - before.y_mm) < 0.3 * size_mm and (
                -0.5 * size_mm < run.x_mm - (before.x_mm + before.width_mm) < size_mm
            )
            is_next_line = (
                0.8 * size_mm < run.y_mm - before.y_mm < _NEXT_LINE * size_mm
                and abs(run.x_mm - start.x_mm) < 0.3 * size_mm
                and abs(run.size_pt - start.size_pt) < 0.1
            )
            if run.page != before.page or not (is_same_line or is_next_line):
                yield block
                block = []
            if not is_same_line:
                start = run
        else:
            start = run
        block.append(run)
    if block:
        yield block
