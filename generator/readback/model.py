"""What reading a PDF back finds: plain values, in millimetres from the top left corner of the trim.

Lengths of boxes are mm, sizes of type pt, colours red, green and blue from 0 to 1 as a screen shows
them. An empty tuple, "" and None mean: the file has none, or does not say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MM_PER_PT = 25.4 / 72

FaceName = Literal["regular", "bold", ""]
# left, top, right, bottom
Box = tuple[float, float, float, float]
Rgb = tuple[float, float, float]
# "all" is the registration colour, which is on every plate.
Space = Literal["gray", "rgb", "cmyk", "all", "other"]
# Cyan, magenta, yellow and black, from 0 to 1.
Inks = tuple[float, float, float, float]

# Characters that share a glyph in some language. A PDF keeps one text for a glyph, that of its first use,
# so the middle dot of a Chinese text may come back as the one of a Japanese word, and the other way round.
TWINS = ("·‧・", "—―", "〜～", "…⋯", "–‒")


@dataclass(frozen=True, slots=True)
class PdfFont:
    """A font of the PDF. `face` says which pinned outlines are embedded, "" is none of them.

    `name` is the BaseFont without its subset tag: `Handout-Sans-Bold`. `file` is the key of the
    embedded program in the font descriptor, "" when nothing is embedded; `program` is its sha256,
    so that two fonts with one program are seen. `fs_type` is the permission to embed of its OS/2
    table, 0 where it has none; `slant` the italic angle that the descriptor declares.
    """

    name: str
    file: Literal["FontFile", "FontFile2", "FontFile3", ""]
    is_subset: bool
    face: FaceName
    kind: str = "Type0"
    program: str = ""
    fs_type: int = 0
    slant: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """Glyphs shown in one go: one language, one font, one size, one line.

    `letters` is the text of each glyph, `glyphs` their ids in the pinned font (`.notdef` is 0, -1 is
    not known); where the font is none of ours they are raw CIDs. (`x_mm`, `y_mm`) is where the baseline
    starts, `ink_mm` the box of the ink, None when there is none. `size_pt` is the size on paper.
    `language` is that of the nearest structure element that has one. `is_artifact` is content that
    the structure tree does not reach (page margins). `role` is the nearest structure type that is
    not inline (P, H1, TD, Document) and `block` counts these elements, so that runs of one paragraph
    share a number. `rgb` is None for a pattern; `is_visible` is False for type that is there to be
    copied and not to be seen; `clip_mm` is the box that painting was confined to, None for the page. `inks`
    are those of its colour, None where that is no ink (RGB) or a spot colour.
    """

    page: int
    letters: tuple[str, ...]
    glyphs: tuple[int, ...]
    font: str
    face: FaceName
    size_pt: float
    x_mm: float
    y_mm: float
    width_mm: float
    ink_mm: Box | None
    language: str
    is_artifact: bool
    role: str
    block: int
    rgb: Rgb | None = (0.0, 0.0, 0.0)
    space: Space = "gray"
    is_visible: bool = True
    clip_mm: Box | None = None
    inks: Inks | None = None

    @property
    def text(self) -> str:
        """Return the text as a reader's clipboard would get it."""
        return "".join(self.letters)


@dataclass(frozen=True, slots=True)
class Shape:
    """A painted path: a fill, or a stroke of `width_pt`. `box_mm` includes the width of a stroke.

    `thin_pt` is how thin its thinnest part is: the stroke's width, or the shorter side of a filled
    box. `parts` counts closed pieces; a QR code has hundreds in one path.
    """

    page: int
    kind: Literal["fill", "stroke"]
    box_mm: Box
    thin_pt: float
    rgb: Rgb | None
    space: Space
    parts: int
    is_artifact: bool
    inks: Inks | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """A picture made of pixels, `width` x `height` of them, drawn into a box.

    `dpi` is that of its coarser direction. `is_bitonal`: one bit a pixel. `interpolates`: viewers are
    asked to blur it when it is enlarged.
    """

    page: int
    box_mm: Box
    width: int
    height: int
    dpi: float
    space: Space
    is_bitonal: bool
    interpolates: bool
    is_artifact: bool


@dataclass(frozen=True, slots=True)
class Element:
    """A structure element, in the order of reading.

    `parent` is the index of the element around it in the same list, -1 at the top. `role` is the
    standard type (the role map is followed). `language` is its own or that around it, `says_language`
    whether it has its own. `alt` is None where there is none, "" where it is empty. `scope` is that of
    a table header, `numbering` that of a list. `text` is what it and all below it show; "" for what holds
    blocks (Document, Sect, Table, TR, L ...), whose text is theirs. `page` is the first page that it
    is on and `box_mm` the ink there, None where nothing is drawn. `actual` is the text that is to be
    read instead of what is shown (/ActualText), None where there is none.
    """

    role: str
    parent: int
    page: int
    language: str
    says_language: bool
    alt: str | None
    scope: str
    numbering: str
    text: str
    box_mm: Box | None = None
    actual: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A link to the web and its box."""

    page: int
    uri: str
    rect_mm: Box


@dataclass(frozen=True, slots=True)
class Symbol:
    """A two-dimensional code on paper.

    `format` is "QR Code", "Micro QR Code" ...; `level` its error correction, `modules` the modules
    of a side; 0 where it could not be read. `module_mm` is the size of a module, `quiet` how many
    modules around it are clear, `contrast` 0 to 1 between its dark and its light. `reads_at` are the
    resolutions in dpi at which a reader could read it (150 is blurred on purpose), `text` what it
    read; "" when none could.
    """

    page: int
    box_mm: Box
    text: str
    format: str
    level: str
    modules: int
    module_mm: float
    quiet: float
    contrast: float
    is_inverted: bool
    reads_at: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Misdrawn:
    """A character whose glyph is not the one of its language.

    `form` is the language whose glyph was drawn instead (`ja`), "" when no language has it. `run` is
    the index of its run.
    """

    page: int
    character: str
    language: str
    form: str
    run: int = -1


@dataclass(frozen=True, slots=True)
class UaFailure:
    """A rule of PDF/UA-1 that the file breaks, in words."""

    rule: str
    what: str


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """A colour space that something on a page has its colours from: DeviceRGB, ICC CMYK, spot colour All."""

    page: int
    space: str
    by: str


@dataclass(frozen=True, slots=True)
class Intent:
    """How the file says that it is meant to be printed.

    `kind` is GTS_PDFX or another; `device` and `space` are those of the header of its profile ("prtr",
    "CMYK"), "" where it has none, and `components` what the file says of it.
    """

    kind: str
    condition: str
    registry: str
    info: str
    device: str
    space: str
    components: int


@dataclass(frozen=True, slots=True)
class Separated:
    """A page as Ghostscript's plates show it.

    `most_ink` is that of the darkest pixel, 4.0 is all of four inks; `stray_mm` the box, from the corner of
    the bleed, of ink other than black where black alone was meant, None where there is none.
    """

    page: int
    size_mm: tuple[float, float]
    most_ink: float
    stray_mm: Box | None


@dataclass(frozen=True, slots=True)
class PressFacts:
    """What a print shop's machines care about.

    `claim` is the PDF/X that the file says it is. `flaws` are what no PDF/X allows, and `modern` what
    PDF/X-1a does not, each with its page (0 is the file). `has_old_table`: its objects are listed in the way
    of PDF 1.4. `lacks_xmp` are the properties that PDF/X-4 wants and the metadata do not have. `is_cut`:
    there is more than was read. `separated` is None where nobody looked at plates, and empty where they
    could not be made.
    """

    claim: str
    intents: tuple[Intent, ...]
    trapped: str
    is_dated: bool
    has_id: bool
    has_old_table: bool
    lacks_xmp: tuple[str, ...]
    uses: tuple[Use, ...]
    flaws: tuple[tuple[int, str], ...]
    modern: tuple[tuple[int, str], ...]
    has_overprint: bool
    is_cut: bool
    separated: tuple[Separated, ...] | None = None


@dataclass(frozen=True, slots=True)
class PdfFacts:
    """What the finished bytes say.

    `sizes_mm` are (width, height) of the trim and `media_mm` of the sheet, rounded to 0.01 mm: A4
    is (210.0, 297.0); `bleeds_mm` how far the bleed box lies beyond the trim on each side. `runs`
    stand in the order in which they are painted, `reading_order` in that of the structure tree.
    `notdef` counts glyphs that the font lacks, one number a page. `backdrops` are the colours behind
    the runs, one each, None where there is no ink to stand out. `elements` is the structure tree,
    empty in a file without one. `actions` are what the file would do by itself or let be done
    ("JavaScript", "Launch", "AcroForm", "EmbeddedFiles"), `damage` what a reader had to repair.
    `press` is what a print shop cares about, None where nobody asked for it.
    `dates` are the clock times in its properties. `is_encrypted` files are locked against changes, but
    open without a password.
    """

    version: str
    sizes_mm: tuple[tuple[float, float], ...]
    media_mm: tuple[tuple[float, float], ...]
    language: str
    title: str
    author: str
    subject: str
    keywords: str
    is_marked: bool
    claims_ua: bool
    print_scaling: str
    duplex: str
    bookmarks: int
    fonts: tuple[PdfFont, ...]
    runs: tuple[Run, ...]
    reading_order: tuple[Run, ...]
    links: tuple[Link, ...]
    notdef: tuple[int, ...]
    misdrawn: tuple[Misdrawn, ...]
    ua_failures: tuple[UaFailure, ...]
    bleeds_mm: tuple[Box, ...] = ()
    shapes: tuple[Shape, ...] = ()
    images: tuple[Image, ...] = ()
    elements: tuple[Element, ...] = ()
    symbols: tuple[Symbol, ...] = ()
    backdrops: tuple[Rgb | None, ...] = ()
    size: int = 0
    producer: str = ""
    actions: tuple[str, ...] = ()
    damage: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    is_encrypted: bool = False
    press: PressFacts | None = None
