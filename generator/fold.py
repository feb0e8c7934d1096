"""Fold a sheet: which panel a place is on, and in which order a reader meets the panels.

A letter fold: of three leaves the narrower outer one is folded in first, and the other over it. Pages are the
two faces of the sheet, the first is the outside; panels are counted from the left as the page lies.

Source: print shops (letter fold, C-fold: 97 + 100 + 100 mm of A4); no standard has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from generator.paper import Paper

# What is visible at one time, from the left.
View = tuple["Panel", ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a page between two folds, or between a fold and the trim."""

    name: str
    page: int
    left_mm: float
    right_mm: float

    @property
    def width_mm(self) -> float:
        """Return how wide it is."""
        return self.right_mm - self.left_mm


def list_panels(paper: Paper) -> tuple[Panel, ...]:
    """Return the panels of a paper page by page, from the left; empty where it is not folded."""
    return tuple(
        Panel(name, page, left, right)
        for page, (names, folds) in enumerate(zip(paper.panels, paper.folds_mm, strict=True), start=1)
        for name, (left, right) in zip(names, pairwise((0.0, *folds, paper.width_mm)), strict=True)
    )


def find_panel(paper: Paper, page: int, x_mm: float) -> Panel | None:
    """Find the panel of a place; None off the sheet, and where the paper is not folded.

    What is on a fold is on the panel to its left.
    """
    for panel in list_panels(paper):
        if panel.page == page and panel.left_mm <= x_mm <= panel.right_mm:
            return panel
    return None


def unfold(paper: Paper) -> tuple[View, ...]:
    """Return what a reader sees of a letter fold: closed, opened once, opened flat, turned over when closed.

    Raises:
        ValueError: the panels are not those of a letter fold, or cannot be folded: the two faces of a leaf
            have other widths, or neither outer leaf is narrow enough to lie inside.
    """
    panels = list_panels(paper)
    outside, inside = (tuple(panel for panel in panels if panel.page == page) for page in (1, 2))
    if [len(outside), len(inside), len(panels)] != [3, 3, 6]:
        raise ValueError(
            f"{paper.name} is no letter fold: it has {len(panels)} panels on two pages, 6 wanted"
        )
    # The sheet is turned like the page of a book: the back of the left panel is the right one.
    back_of = dict(zip(inside, reversed(outside), strict=True))
    for face, back in back_of.items():
        if abs(face.width_mm - back.width_mm) > 0.01:
            raise ValueError(f"{face.name} is {face.width_mm:g} mm wide, its back {back.width_mm:g} mm")
    left, middle, right = inside
    tucked, lid = sorted((right, left), key=lambda panel: panel.width_mm)
    if tucked.width_mm >= min(middle.width_mm, lid.width_mm):
        raise ValueError(f"{tucked.name} is as wide as the panels that it lies between")
    # The tucked leaf lies on the middle one with its back up.
    opened = (lid, back_of[tucked]) if lid is left else (back_of[tucked], lid)
    return (back_of[lid],), opened, inside, (back_of[middle],)


def list_as_met(paper: Paper) -> tuple[Panel, ...]:
    """Return the panels in the order in which a reader first meets each."""
    return tuple(dict.fromkeys(panel for view in unfold(paper) for panel in view))
