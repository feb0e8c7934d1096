"""What can be wrong, where, and what to do about it.

    ProjectError        something is wrong with the input or the result; it holds the problems
    └── FontError       the pinned fonts are missing or damaged

Every stage reports in this one model; `cli` alone prints it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong.

    `file` is relative to the project, with forward slashes; `line` counts from 1, 0 means unknown;
    `key` is the path inside the file (`steps[2].body`) or the catalog's context; `handout` and
    `page` (from 1, 0 means the whole handout) say where on paper, `box_mm` the left, top, right and
    bottom there in mm from the corner of the sheet, () where it has no place. Sorting gives file order.
    """

    file: str = ""
    line: int = 0
    key: str = ""
    handout: str = ""
    page: int = 0
    rule: str = ""
    what: str = ""
    hint: str = ""
    severity: Severity = "error"
    box_mm: tuple[float, ...] = ()

    @property
    def where(self) -> str:
        """Return what a person can open: `content/guides/au-cancel.toml:41: steps[2].body`."""
        if self.file:
            place = f"{self.file}:{self.line}" if self.line else self.file
            place = f"{place}: {self.key}" if self.key else place
            return f"{place}: {self.sheet}" if self.handout else place
        return self.sheet or self.key

    @property
    def sheet(self) -> str:
        """Return where on paper it is, in mm: `au-cancel (ja, a4), page 1 at 23, 120 mm`."""
        if not self.page:
            return self.handout
        place = f"{self.handout}, page {self.page}" if self.handout else f"page {self.page}"
        if self.box_mm:
            place += f" at {self.box_mm[0]:.0f}, {self.box_mm[1]:.0f} mm"
        return place


class ProjectError(Exception):
    """Raised when nothing useful can be returned; holds at least one problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        assert self.problems, "an error without a problem helps nobody"
        super().__init__("; ".join(f"{p.where}: {p.what} [{p.rule}]" for p in self.problems))


class FontError(ProjectError):
    """Raised when the fonts on this machine are not the pinned ones."""
