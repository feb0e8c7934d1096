"""The papers that handouts are printed on: one record a paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper's size, and the limits that a finished page is judged by.

    `pages` is the page budget; `safe_mm` the distance from the trim that type keeps; `floor_pt` the
    smallest type at all and `body_pt` the smallest for running text; `qr_module_mm` the smallest QR
    module that a cheap printer still draws; `slack_mm` the emptiness at the foot of a page that is
    too much to share out between blocks; `duplex` is the PDF viewer's hint for turning the sheet.
    """

    name: str
    width_mm: float
    height_mm: float
    pages: int
    safe_mm: float
    floor_pt: float
    body_pt: float
    qr_module_mm: float
    slack_mm: float
    duplex: Literal["DuplexFlipLongEdge", "DuplexFlipShortEdge", "Simplex"]


PAPERS: tuple[Paper, ...] = (
    Paper(
        name="a4",
        width_mm=210.0,
        height_mm=297.0,
        pages=2,
        safe_mm=10.0,
        floor_pt=8.5,
        body_pt=10.5,
        qr_module_mm=0.4,
        slack_mm=14.0,
        duplex="DuplexFlipLongEdge",
    ),
)
