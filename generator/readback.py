"""Read finished PDF bytes back: what a printer, a viewer and a screen reader will find in them.

The judge is not the writer. Nothing here asks the layout engine what it meant to draw. Which glyph
stands on the paper is settled by its outline in the embedded font program: text extraction stays
right even when the wrong shapes are drawn, and font names are only names.

Source: ISO 32000-1:2008, 8.3 (coordinates), 9.4 (text), 9.7 (composite fonts), 9.10 (ToUnicode),
14.6-14.8 (marked content, structure, tags).
"""

from __future__ import annotations

import io
import math
import re
import struct
import sys
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias

from generator.fonts import FontSet, PinnedFonts
from generator.problem import Problem, ProjectError

if TYPE_CHECKING:
    import uharfbuzz
    from pikepdf import Pdf

MM_PER_PT = 25.4 / 72

FaceName = Literal["regular", "bold", ""]
Matrix = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]
Features = tuple[tuple[str, bool], ...]
# Anything may stand anywhere in a PDF; what is not as expected raises one of _MALFORMED.
PdfObject: TypeAlias = Any


# Characters that share a glyph in some language. A PDF keeps one text for a glyph, that of its first use,
# so the middle dot of a Chinese text may come back as the one of a Japanese word, and the other way round.
TWINS = ("·‧・", "—―", "〜～", "…⋯", "–‒")


# --- what is found -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PdfFont:
    """A font of the PDF. `face` says whose outlines are embedded, "" is none of ours.

    `name` is the BaseFont without its subset tag: `Handout-Sans-Bold`. `file` is the key of the
    embedded program in the font descriptor, "" when nothing is embedded.
    """

    name: str
    file: Literal["FontFile", "FontFile2", "FontFile3", ""]
    is_subset: bool
    face: FaceName


@dataclass(frozen=True, slots=True)
class Run:
    """Glyphs shown in one go: one language, one font, one size, one line.

    `letters` is the text of each glyph, `glyphs` their ids in the pinned font (`.notdef` is 0);
    where the font is none of ours they are raw CIDs. Places are in mm from the top left corner of
    the trim: (`x_mm`, `y_mm`) is where the baseline starts, `ink_mm` the left, top, right and
    bottom of the ink, None when there is none. `size_pt` is the size on paper. `language` is that
    of the nearest structure element that has one. `is_artifact` is content that the structure tree
    does not reach (page margins). `role` is the nearest structure type that is not inline (P, H1,
    TD, Document) and `block` counts these elements, so that runs of one paragraph share a number.
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

    @property
    def text(self) -> str:
        """Return the text as a reader's clipboard would get it."""
        return "".join(self.letters)


@dataclass(frozen=True, slots=True)
class Link:
    """A link to the web and its (left, top, right, bottom) in mm from the trim's top left corner."""

    page: int
    uri: str
    rect_mm: Box


@dataclass(frozen=True, slots=True)
class Misdrawn:
    """A character whose glyph is not the one of its language.

    `form` is the language whose glyph was drawn instead (`ja`), "" when no language has it.
    """

    page: int
    character: str
    language: str
    form: str


@dataclass(frozen=True, slots=True)
class UaFailure:
    """A rule of PDF/UA-1 that the file breaks, in words."""

    rule: str
    what: str


@dataclass(frozen=True, slots=True)
class PdfFacts:
    """What the finished bytes say.

    `sizes_mm` are (width, height) of the trim and `media_mm` of the sheet, rounded to 0.01 mm: A4
    is (210.0, 297.0). `runs` stand in the order in which they are painted, `reading_order` in that
    of the structure tree. `notdef` counts glyphs that the font lacks, one number a page.
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


# --- the way through ---------------------------------------------------------------------------

# What well-formed objects of unexpected shape raise: a number where a dictionary should be, a
# matrix of three, a font program cut short. Only reading the file is done below this net.
_MALFORMED = (ArithmeticError, AttributeError, LookupError, NotImplementedError, TypeError, ValueError)


def read_pdf(pdf: bytes, fonts: FontSet, pinned: PinnedFonts, handout: str = "") -> PdfFacts:
    """Read what the finished bytes say, and compare each glyph with the one its language wants.

    `fonts` is the family that the handout should be set in, `pinned` the fonts it was made from.

    Raises:
        ProjectError: with the rule `pdf-unreadable`, when the bytes are no sound, open PDF. Damage
            that viewers would repair counts as damage: a printer's machine may not repair it.
    """
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(pdf), attempt_recovery=False, suppress_warnings=True) as document:
            if document.is_encrypted:
                _refuse(handout, "the file is encrypted")
            facts = _read_document(document, fonts)
            if document.get_warnings():
                _refuse(handout, "the file is damaged")
    except pikepdf.PasswordError as error:
        _refuse(handout, "the file is encrypted", error)
    except (pikepdf.PdfError, pikepdf.ForeignObjectError, pikepdf.DeletedObjectError) as error:
        _refuse(handout, "the file is damaged or not a PDF", error)
    except (struct.error, *_MALFORMED) as error:
        _refuse(handout, "the file is not built like a PDF", error)
    return PdfFacts(
        **facts,
        misdrawn=compare_glyphs(facts["runs"], pinned),
        ua_failures=validate_ua(pdf, handout),
    )


def _refuse(handout: str, what: str, cause: BaseException | None = None) -> NoReturn:
    problem = Problem(
        handout=handout,
        rule="pdf-unreadable",
        what=what,
        hint="the layout engine wrote this file: check its version, and that the disk is not full",
    )
    raise ProjectError([problem]) from cause


def has_validator() -> bool:
    """Tell whether this process has loaded the PDF/UA validator, whose threads no fork may leave behind."""
    return "page" in sys.modules


def validate_ua(pdf: bytes, handout: str = "") -> tuple[UaFailure, ...]:
    """List the rules of PDF/UA-1 that the file breaks, each once; empty when it conforms."""
    import page

    try:
        failures = page.validate_pdf_bytes(pdf, profile="ua1").failures
    except page.PageError as error:
        _refuse(handout, "the file cannot be validated as PDF/UA-1", error)
    return tuple(dict.fromkeys(UaFailure(failure.rule_id, failure.message) for failure in failures))


def _read_document(pdf: Pdf, family: FontSet) -> dict[str, Any]:
    root: PdfObject = pdf.Root
    language = _string(root.get("/Lang"))
    numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages, start=1)}
    tree = _read_structure(root, numbers, language)
    fonts: dict[tuple[int, int], _Font] = {}
    runs: list[Run] = []
    places: dict[tuple[int, int], list[Run]] = {}
    sizes: list[tuple[float, float]] = []
    media: list[tuple[float, float]] = []
    links: list[Link] = []
    for number, page in enumerate(pdf.pages, start=1):
        trim = _rectangle(page.trimbox)
        sizes.append(_size_mm(trim, page.obj))
        media.append(_size_mm(_rectangle(page.mediabox), page.obj))
        for mcid, is_artifact, pen in _paint(page.obj, fonts, family):
            place = tree.get((number, mcid))
            run = pen.finish(number, trim, place, language, is_artifact)
            runs.append(run)
            if place and not is_artifact:
                places.setdefault((number, mcid), []).append(run)
        links.extend(_read_links(page.obj, number, trim))
    notdef = Counter(run.page for run in runs for glyph in run.glyphs if not glyph)
    metadata = root.get("/Metadata")
    marks: PdfObject = root.get("/MarkInfo", {})
    viewer: PdfObject = root.get("/ViewerPreferences", {})
    info: PdfObject = pdf.trailer.get("/Info", {})
    return {
        "version": pdf.pdf_version,
        "sizes_mm": tuple(sizes),
        "media_mm": tuple(media),
        "language": language,
        "title": _string(info.get("/Title")),
        "author": _string(info.get("/Author")),
        "subject": _string(info.get("/Subject")),
        "keywords": _string(info.get("/Keywords")),
        "is_marked": bool(marks.get("/Marked", False)),
        "claims_ua": metadata is not None
        and re.search(rb'pdfuaid:part\s*(?:>|=\s*["\'])\s*1\b', metadata.read_bytes()) is not None,
        "print_scaling": _string(viewer.get("/PrintScaling")).lstrip("/"),
        "duplex": _string(viewer.get("/Duplex")).lstrip("/"),
        "bookmarks": _count_bookmarks(root),
        "fonts": tuple(sorted({font.facts for font in fonts.values()}, key=lambda font: font.name)),
        "runs": tuple(runs),
        "reading_order": tuple(run for key in tree for run in places.get(key, ())),
        "links": tuple(links),
        "notdef": tuple(notdef[number] for number in numbers.values()),
    }


def _string(value: PdfObject) -> str:
    return "" if value is None else str(value)


def _rectangle(box: PdfObject) -> Box:
    x1, y1, x2, y2 = (float(number) for number in box)
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _size_mm(box: Box, page: PdfObject) -> tuple[float, float]:
    width, height = round((box[2] - box[0]) * MM_PER_PT, 2), round((box[3] - box[1]) * MM_PER_PT, 2)
    return (height, width) if int(page.get("/Rotate", 0)) % 180 else (width, height)


def _read_links(page: PdfObject, number: int, trim: Box) -> Iterator[Link]:
    for annotation in page.get("/Annots", ()):
        action = annotation.get("/A")
        if action is not None and "/URI" in action:
            left, bottom, right, top = _rectangle(annotation.Rect)
            corners = (left - trim[0], trim[3] - top, right - trim[0], trim[3] - bottom)
            yield Link(number, str(action.URI), _to_mm(corners))


def _to_mm(box: Box) -> Box:
    left, top, right, bottom = (round(point * MM_PER_PT, 2) for point in box)
    return left, top, right, bottom


def _count_bookmarks(root: PdfObject) -> int:
    seen: set[tuple[int, int]] = set()
    todo = [root.get("/Outlines", {}).get("/First")]
    while todo:
        item = todo.pop()
        if item is not None and item.objgen not in seen:
            seen.add(item.objgen)
            todo += [item.get("/First"), item.get("/Next")]
    return len(seen)


# --- structure ---------------------------------------------------------------------------------

# ISO 32000-1, 14.8.4.4: types within a line. WeasyPrint also makes NonStruct of <b> and <small>.
_INLINE = {"Span", "NonStruct", "Private", "Quote", "Link", "Reference", "Code", "Annot", "Lbl"}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where marked content hangs in the structure tree."""

    language: str
    role: str
    block: int


def _read_structure(
    root: PdfObject, pages: dict[tuple[int, int], int], language: str
) -> dict[tuple[int, int], _Place]:
    """Find the place of each (page, MCID), in reading order. A file without a tree has none."""
    from pikepdf import Array, Dictionary

    found: dict[tuple[int, int], _Place] = {}
    tree = root.get("/StructTreeRoot")
    if tree is None:
        return found
    seen: set[tuple[int, int]] = set()
    blocks = 0
    todo: list[tuple[PdfObject, int, _Place]] = [(tree.get("/K"), 0, _Place(language, "Document", 0))]
    while todo:
        kid, page, place = todo.pop()
        if isinstance(kid, int):
            found.setdefault((page, kid), place)
        elif isinstance(kid, Array):
            # A stack is read from its end.
            todo += [(item, page, place) for item in reversed(list(kid))]
        elif isinstance(kid, Dictionary):
            if kid.is_indirect:
                if kid.objgen in seen:
                    continue
                seen.add(kid.objgen)
            owner = kid.get("/Pg")
            page = page if owner is None else pages.get(owner.objgen, 0)
            if "/MCID" in kid:
                found.setdefault((page, int(kid.MCID)), place)
                continue
            role = _string(kid.get("/S")).lstrip("/")
            own = kid.get("/Lang")
            if role and role not in _INLINE:
                blocks += 1
                place = _Place(place.language, role, blocks)
            if own is not None:
                place = _Place(str(own), place.role, place.block)
            todo.append((kid.get("/K"), page, place))
    return found


# --- fonts -------------------------------------------------------------------------------------

_HEX_PAIR = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]*)>")
_HEX_TRIPLE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]*)>")
_HEX_CID = re.compile(rb"<([0-9A-Fa-f]+)>\s*(\d+)")
_HEX_CIDS = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*(\d+)")


@dataclass(slots=True)
class _Font:
    """A font of the PDF, ready to show text with. Boxes and widths are in em."""

    facts: PdfFont
    code_length: int
    letters: dict[int, str]
    cids: dict[int, int] | None  # None: a code is a CID
    widths: dict[int, float]
    default_width: float
    boxes: dict[int, Box]
    originals: dict[int, int]
    known: dict[int, tuple[str, int, float, Box | None]] = field(default_factory=dict)

    def look_up(self, code: int) -> tuple[str, int, float, Box | None]:
        """Return the text, the glyph in the pinned font, the width and the ink of a code."""
        cid = code if self.cids is None else self.cids.get(code, 0)
        self.known[code] = found = (
            self.letters.get(code, "\N{REPLACEMENT CHARACTER}"),
            self.originals.get(cid, cid),
            self.widths.get(cid, self.default_width),
            self.boxes.get(cid),
        )
        return found


def _read_font(font: PdfObject, family: FontSet) -> _Font:
    name = _string(font.get("/BaseFont")).lstrip("/")
    tag, _, rest = name.partition("+")
    is_subset = len(tag) == 6 and tag.isupper() and bool(rest)
    name = rest if is_subset else name
    letters = _read_to_unicode(font.ToUnicode.read_bytes()) if "/ToUnicode" in font else {}
    if font.get("/Subtype") != "/Type0":
        # The engine never writes these; whatever it is, it is none of our fonts.
        descriptor = font.get("/FontDescriptor", {})
        file = _find_font_file(descriptor)
        return _Font(PdfFont(name, file, is_subset, ""), 1, letters, None, {}, 0.5, {}, {})
    descendant = font.DescendantFonts[0]
    descriptor = descendant.FontDescriptor
    file = _find_font_file(descriptor)
    encoding = font.Encoding
    cids = None if encoding == "/Identity-H" else _read_cid_map(encoding.read_bytes())
    widths = _read_widths(descendant.get("/W", ()))
    face: FaceName = ""
    boxes: dict[int, Box] = {}
    originals: dict[int, int] = {}
    if file == "FontFile2":
        outlines, boxes = _read_outlines(descriptor.FontFile2.read_bytes())
        used = {cid for cid in (cids.values() if cids else letters) if cid}
        face = _find_face(outlines, used, family, expects_bold="Bold" in name)
        if face:
            originals = _read_subset(getattr(family, face)).originals
    return _Font(
        facts=PdfFont(name, file, is_subset, face),
        code_length=2,
        letters=letters,
        cids=cids,
        widths=widths,
        default_width=float(descendant.get("/DW", 1000)) / 1000,
        boxes=boxes,
        originals=originals,
    )


def _find_font_file(descriptor: PdfObject) -> Literal["FontFile", "FontFile2", "FontFile3", ""]:
    for key in ("FontFile2", "FontFile3", "FontFile"):
        if f"/{key}" in descriptor:
            return key
    return ""


def _read_to_unicode(cmap: bytes) -> dict[int, str]:
    letters: dict[int, str] = {}
    for part in cmap.split(b"endbfchar")[:-1]:
        for code, text in _HEX_PAIR.findall(part.rpartition(b"beginbfchar")[2]):
            letters[int(code, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be", "replace")
    for part in cmap.split(b"endbfrange")[:-1]:
        for first, last, text in _HEX_TRIPLE.findall(part.rpartition(b"beginbfrange")[2]):
            start = int(first, 16)
            for code in range(start, min(int(last, 16), 0xFFFF) + 1):
                letters[code] = chr(int(text, 16) + code - start)
    return letters


def _read_cid_map(cmap: bytes) -> dict[int, int]:
    """Read an embedded encoding. The engine writes one when characters are missing: they are CID 0."""
    cids: dict[int, int] = {}
    for part in cmap.split(b"endcidchar")[:-1]:
        for code, cid in _HEX_CID.findall(part.rpartition(b"begincidchar")[2]):
            cids[int(code, 16)] = int(cid)
    for part in cmap.split(b"endcidrange")[:-1]:
        for first, last, cid in _HEX_CIDS.findall(part.rpartition(b"begincidrange")[2]):
            start = int(first, 16)
            for code in range(start, min(int(last, 16), 0xFFFF) + 1):
                cids[code] = int(cid) + code - start
    return cids


def _read_widths(array_: PdfObject) -> dict[int, float]:
    """Read /W: `first [w w w]` or `first last w`, in thousandths of an em."""
    widths: dict[int, float] = {}
    items = iter(array_)
    for first in items:
        # A list that ends too early gives None, which is no number.
        second: PdfObject = next(items, None)
        if isinstance(second, int):
            number: PdfObject = next(items, None)
            width = float(number) / 1000
            for cid in range(int(first), min(second, 0xFFFF) + 1):
                widths[cid] = width
        else:
            for cid, number in enumerate(second, start=int(first)):
                widths[cid] = float(number) / 1000
    return widths


def _read_outlines(program: bytes) -> tuple[dict[int, bytes], dict[int, Box]]:
    """Return the outline and the bounding box in em of each glyph of a TrueType font that has ink."""
    tables = {}
    for index in range(struct.unpack(">H", program[4:6])[0]):
        tag, _, start, length = struct.unpack(">4sLLL", program[12 + 16 * index : 28 + 16 * index])
        tables[tag] = program[start : start + length]
    units, is_long = struct.unpack(">H", tables[b"head"][18:20])[0], tables[b"head"][51]
    offsets = array("I" if is_long else "H", tables[b"loca"])
    if sys.byteorder == "little":
        offsets.byteswap()
    scale = 1 if is_long else 2
    glyf = tables[b"glyf"]
    outlines, boxes = {}, {}
    for glyph, (start, end) in enumerate(pairwise(offsets)):
        if end > start:
            outline = glyf[start * scale : end * scale]
            left, bottom, right, top = struct.unpack(">4h", outline[2:10])
            # Fillers between glyphs are no part of an outline.
            outlines[glyph] = outline.rstrip(b"\0")
            boxes[glyph] = (left / units, bottom / units, right / units, top / units)
    return outlines, boxes


@dataclass(frozen=True, slots=True)
class _Subset:
    outlines: dict[int, bytes]
    originals: dict[int, int]


@lru_cache(maxsize=8)
def _read_subset(path: Path) -> _Subset:
    import uharfbuzz

    program = path.read_bytes()
    font = uharfbuzz.Font(uharfbuzz.Face(program))
    originals = {0: 0}
    for glyph in range(1, font.face.glyph_count):
        name = font.glyph_to_string(glyph)
        if name.startswith("cid") and name[3:].isdigit():
            originals[glyph] = int(name[3:])
    return _Subset(_read_outlines(program)[0], originals)


def _find_face(outlines: dict[int, bytes], used: set[int], family: FontSet, expects_bold: bool) -> FaceName:
    """Find the face whose outlines these are: all of them, or it is not that face."""
    names: tuple[FaceName, ...] = ("bold", "regular") if expects_bold else ("regular", "bold")
    for name in names:
        ours = _read_subset(getattr(family, name)).outlines
        if all(outlines.get(glyph) == ours.get(glyph) for glyph in used):
            return name
    return ""


# --- content -----------------------------------------------------------------------------------

_OPERATORS = "q Q cm BT Tf Tm Td TD T* TL Tc Tw Tz Ts TJ Tj ' \" BMC BDC EMC Do"
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
# Deeper nesting than this is an attack, not a drawing.
_DEEPEST_FORM = 16
_DEEPEST_TREE = 64


def _multiply(m: Matrix, n: Matrix) -> Matrix:
    a, b, c, d, e, f = m
    p, q, r, s, t, u = n
    return (
        a * p + b * r,
        a * q + b * s,
        c * p + d * r,
        c * q + d * s,
        e * p + f * r + t,
        e * q + f * s + u,
    )


def _read_matrix(operands: PdfObject) -> Matrix:
    a, b, c, d, e, f = (float(number) for number in operands)
    return a, b, c, d, e, f


@dataclass(slots=True)
class _Text:
    """The text state that `q` saves."""

    font: _Font | None = None
    size: float = 0.0
    spacing: float = 0.0
    word_spacing: float = 0.0
    scale: float = 1.0
    leading: float = 0.0
    rise: float = 0.0

    def copy(self) -> _Text:
        return _Text(
            self.font, self.size, self.spacing, self.word_spacing, self.scale, self.leading, self.rise
        )


@dataclass(slots=True)
class _Pen:
    """A run that is being written. Places are in text space, `ink` and `x` relative to its start."""

    font: _Font
    size: float
    matrix: Matrix
    x: float = 0.0
    letters: list[str] = field(default_factory=list)
    glyphs: list[int] = field(default_factory=list)
    ink: list[float] | None = None

    def show(self, codes: bytes, state: _Text) -> None:
        font, size, scale, rise, x = self.font, self.size, state.scale, state.rise, self.x
        length, known = font.code_length, font.known
        for start in range(0, len(codes) - length + 1, length):
            code = int.from_bytes(codes[start : start + length], "big")
            letter, glyph, width, box = known.get(code) or font.look_up(code)
            self.letters.append(letter)
            self.glyphs.append(glyph)
            if box:
                left, right = x + box[0] * size * scale, x + box[2] * size * scale
                bottom, top = box[1] * size + rise, box[3] * size + rise
                ink = self.ink
                if ink is None:
                    self.ink = [left, bottom, right, top]
                else:
                    if left < ink[0]:
                        ink[0] = left
                    if bottom < ink[1]:
                        ink[1] = bottom
                    if right > ink[2]:
                        ink[2] = right
                    if top > ink[3]:
                        ink[3] = top
            x += (width * size + state.spacing) * scale
            if length == 1 and code == 0x20:
                x += state.word_spacing * scale
        self.x = x

    def finish(self, page: int, trim: Box, place: _Place | None, language: str, is_artifact: bool) -> Run:
        a, b, c, d, e, f = self.matrix
        ink: Box | None = None
        if self.ink is None and not self.font.boxes and self.text.strip():
            # No outlines to measure: take the em box of a CJK font.
            self.ink = [0.0, -0.12 * self.size, self.x, 0.88 * self.size]
        if self.ink:
            left, bottom, right, top = self.ink
            corners = [(x, y) for x in (left, right) for y in (bottom, top)]
            xs = [a * x + c * y + e for x, y in corners]
            ys = [b * x + d * y + f for x, y in corners]
            ink = _to_mm((min(xs) - trim[0], trim[3] - max(ys), max(xs) - trim[0], trim[3] - min(ys)))
        return Run(
            page=page,
            letters=tuple(self.letters),
            glyphs=tuple(self.glyphs),
            font=self.font.facts.name,
            face=self.font.facts.face,
            size_pt=round(abs(self.size) * math.hypot(c, d), 3),
            x_mm=round((e - trim[0]) * MM_PER_PT, 2),
            y_mm=round((trim[3] - f) * MM_PER_PT, 2),
            width_mm=round(self.x * math.hypot(a, b) * MM_PER_PT, 2),
            ink_mm=ink,
            language=place.language if place else language,
            is_artifact=is_artifact or place is None,
            role=place.role if place else "",
            block=place.block if place else 0,
        )

    @property
    def text(self) -> str:
        return "".join(self.letters)


def _paint(
    page: PdfObject, fonts: dict[tuple[int, int], _Font], family: FontSet
) -> Iterator[tuple[int, bool, _Pen]]:
    """Yield what a page shows as (MCID or -1, is an artifact, pen), in the order of painting."""
    # /Resources may be inherited from the page tree.
    owner = page
    for _ in range(_DEEPEST_TREE):
        if "/Resources" in owner or "/Parent" not in owner:
            break
        owner = owner.Parent
    resources = owner.get("/Resources", {})
    yield from _paint_stream(page, resources, _IDENTITY, (-1, False), fonts, family, 0)
    # Fonts that only a background picture shows: its text is not read, but its font is judged.
    for font in dict(resources.get("/Font", {})).values():
        if font.objgen not in fonts:
            fonts[font.objgen] = _read_font(font, family)


def _paint_stream(
    stream: PdfObject,
    resources: PdfObject,
    matrix: Matrix,
    mark: tuple[int, bool],
    fonts: dict[tuple[int, int], _Font],
    family: FontSet,
    depth: int,
) -> Iterator[tuple[int, bool, _Pen]]:
    import pikepdf

    if depth > _DEEPEST_FORM:
        raise ValueError("forms within forms without end")
    state = _Text()
    saved: list[tuple[Matrix, _Text]] = []
    marks = [mark]
    line = text = _IDENTITY
    pen: _Pen | None = None
    by_name: dict[str, _Font] = {}
    for instruction in pikepdf.parse_content_stream(stream, _OPERATORS):
        operands: PdfObject = instruction.operands
        what = str(instruction.operator)
        if what in ("TJ", "Tj", "'", '"'):
            if what in ("'", '"'):
                if what == '"':
                    state.word_spacing, state.spacing = float(operands[0]), float(operands[1])
                line = text = _multiply((1, 0, 0, 1, 0, -state.leading), line)
                if pen:
                    yield *marks[-1], pen
                pen = None
            if state.font is None:
                raise ValueError("text without a font")
            if pen is None:
                pen = _Pen(state.font, state.size, _multiply(text, matrix))
            for part in operands[0] if what == "TJ" else (operands[-1],):
                if isinstance(part, pikepdf.String):
                    pen.show(bytes(part), state)
                else:
                    pen.x -= float(part) / 1000 * state.size * state.scale
            continue
        if what == "Ts":
            # A risen glyph (an accent placed by the font) belongs to its run.
            state.rise = float(operands[0])
            continue
        if pen:
            if what == "Tf" or what == "Td" or what == "TD" or what == "T*":
                text = _multiply((1, 0, 0, 1, pen.x, 0), text)
            yield *marks[-1], pen
            pen = None
        if what == "q":
            saved.append((matrix, state.copy()))
        elif what == "Q":
            if saved:
                matrix, state = saved.pop()
        elif what == "cm":
            matrix = _multiply(_read_matrix(operands), matrix)
        elif what == "BT":
            line = text = _IDENTITY
        elif what == "Tm":
            line = text = _read_matrix(operands)
        elif what in ("Td", "TD", "T*"):
            x, y = (0.0, -state.leading) if what == "T*" else (float(operands[0]), float(operands[1]))
            if what == "TD":
                state.leading = -y
            line = text = _multiply((1, 0, 0, 1, x, y), line)
        elif what == "Tf":
            name = str(operands[0])
            if name not in by_name:
                font = resources.Font[name]
                if font.objgen not in fonts or not font.is_indirect:
                    fonts[font.objgen] = _read_font(font, family)
                by_name[name] = fonts[font.objgen]
            state.font, state.size = by_name[name], float(operands[1])
        elif what == "TL":
            state.leading = float(operands[0])
        elif what == "Tc":
            state.spacing = float(operands[0])
        elif what == "Tw":
            state.word_spacing = float(operands[0])
        elif what == "Tz":
            state.scale = float(operands[0]) / 100
        elif what in ("BMC", "BDC"):
            mcid, is_artifact = marks[-1]
            if str(operands[0]) == "/Artifact":
                is_artifact = True
            elif what == "BDC" and isinstance(operands[1], pikepdf.Dictionary):
                mcid = int(operands[1].get("/MCID", mcid))
            marks.append((mcid, is_artifact))
        elif what == "EMC":
            if len(marks) > 1:
                marks.pop()
        elif what == "Do":
            form = resources.XObject[str(operands[0])]
            if form.get("/Subtype") == "/Form":
                inner = _multiply(_read_matrix(form.get("/Matrix", _IDENTITY)), matrix)
                inherited = form.get("/Resources", resources)
                yield from _paint_stream(form, inherited, inner, marks[-1], fonts, family, depth + 1)
    if pen:
        yield *marks[-1], pen


# --- glyphs ------------------------------------------------------------------------------------

# The regional forms of a pan-CJK font, in the order in which a wrong one is named.
_FORMS = ("ja", "zh-Hans", "zh-Hant", "zh-HK", "ko")
# What style sheets and the engine may switch, and scripts that a run may have been cut into: all of
# these draw the same text in the same language.
_VARIANTS: tuple[tuple[str, Features], ...] = (
    ("", ()),
    ("", (("liga", False), ("clig", False))),
    ("", (("kern", False),)),
    ("", (("tnum", True),)),
    ("", (("palt", True),)),
    ("", (("halt", True),)),
    ("Hani", ()),
    ("Kana", ()),
    ("Latn", ()),
)


@lru_cache(maxsize=4)
def _load_pinned(path: Path) -> uharfbuzz.Font:
    import uharfbuzz

    # From a path the font is mapped, not read: two pinned fonts would be 34 MB on the heap.
    return uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path))))


@lru_cache(maxsize=8192)
def _shape(
    text: str, language: str, font: Path, script: str = "", features: Features = ()
) -> tuple[tuple[int, int], ...]:
    """Shape a text; return (index of the first letter, glyph) of each glyph."""
    import uharfbuzz

    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    # Each line is a run of its own, and so far every language of ours is set from the left.
    buffer.direction = "ltr"
    buffer.language = language
    if script:
        buffer.script = script
    uharfbuzz.shape(_load_pinned(font), buffer, dict(features))
    return tuple((info.cluster, info.codepoint) for info in buffer.glyph_infos)


def expected_glyphs(text: str, language: str, font: Path) -> tuple[int, ...]:
    """Return the glyphs that the pinned font has for a text in a language (BCP 47).

    The text is shaped whole: quotation marks and ligatures depend on their neighbours.
    """
    return tuple(glyph for _, glyph in _shape(text, language, font))


def compare_glyphs(runs: tuple[Run, ...], pinned: PinnedFonts) -> tuple[Misdrawn, ...]:
    """Find the characters that are not drawn as the pinned font draws them in their language.

    Runs in other fonts and missing glyphs are left out: they are wrong already.
    """
    found: list[Misdrawn] = []
    for run in runs:
        if run.face:
            font = getattr(pinned, run.face)
            if run.glyphs != expected_glyphs(run.text, run.language, font):
                found.extend(_compare_run(run, font))
    return tuple(found)


def _compare_run(run: Run, font: Path) -> Iterator[Misdrawn]:
    text = run.text
    drawn: dict[int, tuple[tuple[int, ...], str]] = {}
    index = 0
    for letter, glyph in zip(run.letters, run.glyphs, strict=True):
        before, letters = drawn.get(index, ((), ""))
        drawn[index] = ((*before, glyph), letters + letter)
        index += len(letter)
    for index, (glyphs, letters) in drawn.items():
        variants = [(text, run.language, *variant) for variant in _VARIANTS]
        if letters.isascii():
            # Pango sets Latin words and digits inside Japanese as English; the shapes are the same.
            variants.append((text, "en", "Latn", ()))
        for twin in next((group for group in TWINS if letters in group), ""):
            variants.append((text[:index] + twin + text[index + 1 :], run.language, "", ()))
        if 0 in glyphs or any(
            glyphs == _glyphs_at(said, language, font, script, features).get(index)
            for said, language, script, features in variants
        ):
            continue
        form = next((tag for tag in _FORMS if glyphs == _glyphs_at(text, tag, font).get(index)), "")
        yield Misdrawn(run.page, letters, run.language, form)


@lru_cache(maxsize=1024)
def _glyphs_at(
    text: str, language: str, font: Path, script: str = "", features: Features = ()
) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    for index, glyph in _shape(text, language, font, script, features):
        found[index] = (*found.get(index, ()), glyph)
    return found
