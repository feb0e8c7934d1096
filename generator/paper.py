"""The papers that handouts are printed on: one record a paper."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from generator.language import Language

# Whom a file is for: an office printer and a screen reader, a print shop, a printer without colour, a printer
# of receipts.
Medium = Literal["office", "press", "mono", "roll"]
MEDIA: tuple[Medium, ...] = ("office", "press", "mono", "roll")


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper's size, what is arranged on it, and the limits that a finished page is judged by.

    `layout` is the template that arranges a guide on it; several papers may have one. `leaves_out` are the
    parts of a guide that it has no room for: blocks (`losses`), a text of each row of one (`checklist.note`),
    or `sources` and `shop`. What is not named here is printed, or nothing is.

    `folds_mm` are the folds of each page from its left edge, `panels` the names of what lies between them;
    type, codes and pictures keep away from a fold by the second of `fold_mm`, and the first is what folding
    by hand is off by. Both empty: it is not folded (see `fold`).

    `holds_ends`: the last two characters of a Chinese or Japanese text are kept together, since texts are
    written for the lines of the usual paper, which needs it not.

    `pages` is the page budget, 0 for any number, `easy_pages` that of languages that are set larger; each row
    of the blocks `page_per` has one more, for itself;
    `safe_mm` the distance from the trim that type keeps; `bleed_mm` how far pictures must run beyond it;
    `floor_pt` the smallest type at all and `body_pt` the smallest for running text; `measure_em` the
    shortest and longest line of a text of several lines; `pitch` the smallest and largest distance of
    lines, in sizes; `line_pt` the thinnest line; `image_dpi` the coarsest picture; `qr_module_mm` the
    smallest QR module that a cheap printer still draws and `qr_levels` the error corrections that survive
    it; `slack_mm` the emptiness at the foot of a page that is too much to share out between blocks;
    `takes_easy`: it has room for easy Japanese, which is set larger, with readings above its lines.
    `duplex` is the PDF viewer's hint for turning the sheet, "" where none is wanted. `medium` is whom
    the file is for; what it changes is made by `for_medium`.

    `beside` is the locale of a language that stands beside the reader's, line by line (see `for_pair`).

    A roll has a `height_mm` of 0: it is as long as what is said on it. `head_mm` is how wide its printer's
    head prints, in the middle of the roll, and `dot_mm` the size of its dots, which are black or nothing.
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
    duplex: Literal["DuplexFlipLongEdge", "DuplexFlipShortEdge", "Simplex", ""]
    easy_pages: int = 0
    page_per: tuple[str, ...] = ()
    layout: str = "sheet"
    leaves_out: tuple[str, ...] = ()
    bleed_mm: float = 0.0
    measure_em: tuple[float, float] = (12.0, 40.0)
    pitch: tuple[float, float] = (1.3, 2.0)
    line_pt: float = 0.25
    image_dpi: float = 300.0
    qr_levels: tuple[str, ...] = ("M", "Q")
    folds_mm: tuple[tuple[float, ...], ...] = ()
    panels: tuple[tuple[str, ...], ...] = ()
    fold_mm: tuple[float, float] = (1.0, 3.0)
    holds_ends: bool = True
    takes_easy: bool = True
    head_mm: float = 0.0
    dot_mm: float = 0.0
    beside: str = ""
    medium: Medium = "office"

    @property
    def sheet(self) -> str:
        """Return the name of the paper that it is, whatever stands on it: `a4` for `a4-ja`."""
        return self.name.removesuffix(f"-{self.beside}") if self.beside else self.name

    @property
    def label(self) -> str:
        """Return how files and messages call it: `a4`, `a4-press`."""
        return self.name if self.medium in ("office", "roll") else f"{self.name}-{self.medium}"

    @property
    def is_roll(self) -> bool:
        """Tell whether it is as long as what is said on it."""
        return not self.height_mm

    def count_pages(self, language: Language, rows: int = 0) -> int:
        """Return the page budget for a language; `rows` is the number of rows that have a page each."""
        return (self.easy_pages or self.pages if language.is_easy else self.pages) + rows


A4 = Paper(
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
    easy_pages=4,
    holds_ends=False,
)

# The wall beside the counter: am I in the right place, whom do I call, which guide do I ask for. Type is read
# from a metre, the code from two thirds of one: ten times its side.
POSTER = Paper(
    name="poster",
    width_mm=297.0,
    height_mm=420.0,
    pages=1,
    safe_mm=7.0,
    floor_pt=14.0,
    body_pt=24.0,
    qr_module_mm=1.5,
    slack_mm=60.0,
    duplex="Simplex",
    layout="poster",
    takes_easy=False,
    leaves_out=(
        "check.go_on",
        "checklist",
        "steps",
        "channels",
        "phrases",
        "notices",
        "costs",
        "losses",
        "words",
        "desks",
        "sources",
        "shop",
    ),
)

# North America: wider and lower than A4, so its margins are smaller.
LETTER = replace(A4, name="letter", width_mm=215.9, height_mm=279.4, safe_mm=6.0, slack_mm=17.0)

# A4 in three panels, for the pocket. The flap is folded in first and is 3 mm narrower, or it would buckle.
# The row that sends the reader to the steps says "below", where the leaflet has them to the right.
LEAFLET = Paper(
    name="leaflet",
    width_mm=297.0,
    height_mm=210.0,
    pages=2,
    safe_mm=5.0,
    floor_pt=8.0,
    body_pt=9.0,
    qr_module_mm=0.4,
    slack_mm=90.0,
    duplex="DuplexFlipShortEdge",
    layout="leaflet",
    leaves_out=("check.go_on",),
    takes_easy=False,
    measure_em=(12.0, 28.0),
    folds_mm=((97.0, 197.0), (100.0, 200.0)),
    panels=(("flap", "back", "cover"), ("first", "second", "third")),
)

# The printer of a till: 8 dots to the millimetre, black or nothing, and a strip as long as it must be. What
# is read at home is on the larger papers.
RECEIPT_80 = Paper(
    name="receipt-80",
    width_mm=80.0,
    height_mm=0.0,
    pages=1,
    safe_mm=4.0,
    floor_pt=8.5,
    body_pt=9.0,
    qr_module_mm=0.5,
    slack_mm=3.0,
    duplex="Simplex",
    layout="receipt",
    leaves_out=(
        "checklist.note",
        "notices",
        "costs",
        "losses",
        "words",
        "desks",
        "sources",
    ),
    # Answers to tick are short, and stand one below the other.
    measure_em=(6.0, 26.0),
    line_pt=0.7,
    head_mm=72.0,
    dot_mm=0.125,
    medium="roll",
)
RECEIPT_58 = replace(
    RECEIPT_80,
    name="receipt-58",
    width_mm=58.0,
    safe_mm=5.0,
    body_pt=8.5,
    measure_em=(6.0, 20.0),
    head_mm=48.0,
)

# Smaller than A4, so four pages: two for the reader, two for the staff and what to know. A sheet of twice the
# size is folded once.
JIS_B5 = replace(
    A4,
    name="jis-b5",
    width_mm=182.0,
    height_mm=257.0,
    pages=4,
    safe_mm=7.0,
    slack_mm=90.0,
    layout="pages",
    holds_ends=True,
    takes_easy=False,
)
A5 = replace(
    JIS_B5,
    name="a5",
    takes_easy=True,
    easy_pages=8,
    width_mm=148.0,
    height_mm=210.0,
    safe_mm=6.0,
    floor_pt=8.0,
    body_pt=9.5,
    measure_em=(12.0, 40.0),
)
LARGE_PRINT = replace(
    JIS_B5,
    name="large-print",
    width_mm=210.0,
    height_mm=297.0,
    safe_mm=8.0,
    floor_pt=12.0,
    body_pt=16.0,
    leaves_out=("checklist.note", "sources"),
    takes_easy=False,
)

# A deck to point at, of the size of Japanese name cards: a cover, the number to call, and a card for each
# sentence to show; ten are on an A4 sheet.
CARD = Paper(
    name="card",
    width_mm=91.0,
    height_mm=55.0,
    pages=1,
    page_per=("call", "phrases"),
    safe_mm=3.0,
    floor_pt=7.0,
    body_pt=8.0,
    qr_module_mm=0.4,
    slack_mm=45.0,
    duplex="Simplex",
    layout="card",
    takes_easy=False,
    leaves_out=(
        "summary",
        "check",
        "choices",
        "checklist",
        "steps",
        "channels",
        "notices",
        "costs",
        "losses",
        "words",
        "desks",
        "sources",
        "shop",
    ),
    measure_em=(6.0, 30.0),
)

PAPERS: tuple[Paper, ...] = (
    A4,
    LETTER,
    JIS_B5,
    A5,
    LARGE_PRINT,
    LEAFLET,
    POSTER,
    CARD,
    RECEIPT_80,
    RECEIPT_58,
)

# Japanese print shops cut up to 3 mm off the trim, on either side of it.
PRESS_BLEED_MM = 3.0
PRESS_SAFE_MM = 3.0


def for_medium(paper: Paper, medium: Medium) -> Paper:
    """Return what a paper is in a file for this medium.

    A print shop cuts the sheet out of a larger one and turns it itself, so it needs bleed and no hints. Type
    stays as far from the edge as was designed; judged is what the cutter needs. A roll is for one printer.
    """
    if paper.is_roll:
        return paper
    if medium == "press":
        safe_mm = min(paper.safe_mm, PRESS_SAFE_MM)
        return replace(paper, medium=medium, bleed_mm=PRESS_BLEED_MM, safe_mm=safe_mm, duplex="")
    return replace(paper, medium=medium)


# A reader and somebody who helps read the same line, so each has half of its width.
PAIRABLE = (A4, LETTER)


def for_pair(paper: Paper, locale: str) -> Paper:
    """Return a paper with another language beside the reader's: twice as many pages, for the same sheet."""
    return replace(
        paper,
        name=f"{paper.name}-{locale}",
        pages=2 * paper.pages,
        layout="pair",
        slack_mm=130.0,
        holds_ends=True,
        takes_easy=False,
        beside=locale,
    )


def find_named(name: str) -> Paper | None:
    """Find the paper of a name, also of one with a pair of languages: `a4-ja`."""
    pairs = (for_pair(paper, name.removeprefix(f"{paper.name}-")) for paper in PAIRABLE)
    return next((paper for paper in (*PAPERS, *pairs) if paper.name == name), None)


# What is built where no paper is asked for.
USUAL_PAPERS = (A4,)

# What editors fill in when they check facts: as many pages as it takes, on a clipboard.
WORKSHEET = replace(A4, name="worksheet", pages=0, body_pt=9.0, duplex="Simplex")

# What the sheet needs between its margins that tests a printer, in mm.
CALIBRATION_ROOM_MM = (200.0, 275.0)


def for_calibration(paper: Paper) -> Paper:
    """Return the limits of the sheet that tests a printer: it has what a printer may lose, on purpose.

    So it has lines, type and codes that are too fine for a handout; that nothing is cut off or misspelt, is
    judged as always. It has no colour, since a cheap printer has none.
    """
    return replace(
        for_medium(paper, "mono"),
        name="calibration",
        pages=2,
        floor_pt=6.0,
        body_pt=6.0,
        line_pt=0.1,
        qr_module_mm=0.25,
        duplex="DuplexFlipLongEdge",
    )


# The trim of a sheet may differ from its name by this much: other programs count in whole points.
SIZE_TOLERANCE_MM = 0.5


def find_paper(width_mm: float, height_mm: float) -> Paper | None:
    """Find the paper of this size; None where no record of ours has it.

    A paper that is folded is not known by its size: most sheets of that size lie flat.
    """
    for paper in PAPERS:
        if paper.is_roll and abs(paper.width_mm - width_mm) <= SIZE_TOLERANCE_MM and height_mm > 2 * width_mm:
            return paper
        off = max(abs(paper.width_mm - width_mm), abs(paper.height_mm - height_mm))
        if off <= SIZE_TOLERANCE_MM and not paper.folds_mm:
            return paper
    return None


def like_office_paper(width_mm: float, height_mm: float) -> Paper:
    """Return the limits of any office sheet for a size that is none of our papers."""
    name = f"{width_mm:g} x {height_mm:g} mm"
    return replace(A4, name=name, width_mm=width_mm, height_mm=height_mm, pages=0, duplex="")
