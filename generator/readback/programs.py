"""Read the fonts of a PDF: which outlines are embedded, which text, glyph and width a code has.

A font of ours is known by its very outlines; one of another program by outlines that look the same.

Source: ISO 32000-1:2008, 9.6-9.10 (fonts, composite fonts, ToUnicode).
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
import sys
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from generator.fonts import FontSet, PinnedFonts
from generator.readback.encodings import (
    REPLACEMENT,
    CodeMap,
    Encoding,
    read_code_map,
    read_encoding,
    read_to_unicode,
)
from generator.readback.model import Box, FaceName, PdfFont
from generator.readback.objects import (
    PdfObject,
    entry,
    items_of,
    kind_of,
    malformed,
    to_number,
    to_text,
)
from generator.readback.outlines import (
    DrawnOutlines,
    Outlines,
    SfntOutlines,
    find_face,
    find_glyph,
    open_program,
    open_type1,
)

__all__ = ["REPLACEMENT", "Font", "read_font"]

_File = Literal["FontFile", "FontFile2", "FontFile3", ""]

# Glyphs of a font, and therefore widths that make sense.
_MOST_GLYPHS = 0x10000
_COURIER = 0.6
_TYPE1_CODE = re.compile(rb"dup\s+(\d{1,3})\s*/([^\s/]{1,100})\s+put")


@dataclass(slots=True)
class Font:
    """A font of the PDF, ready to show text with. Boxes and widths are in em.

    `codes` is None where a code is a byte. `width_of` takes a CID (a code of a simple font), `glyph_of` too
    and gives the number in the embedded program, -1 where that is not known; `box_of` takes that number.
    `pinned_of` gives the glyph in the pinned font, by CID, number in the program and text.
    """

    facts: PdfFont
    codes: CodeMap | None
    letters: dict[int, str]
    text_of: Callable[[int], str]
    width_of: Callable[[int], float]
    glyph_of: Callable[[int], int]
    box_of: Callable[[int], Box | None]
    pinned_of: Callable[[int, int, str], int]
    has_outlines: bool
    known: dict[int, tuple[str, int, float, Box | None]] = field(default_factory=dict)

    @property
    def is_vertical(self) -> bool:
        """Tell whether its lines run downwards."""
        return self.codes is not None and self.codes.is_vertical

    def split(self, codes: bytes) -> Iterator[tuple[int, bool]]:
        """Yield the codes of a string, and whether word spacing follows (ISO 32000-1, 9.3.3)."""
        if self.codes is not None:
            return self.codes.split(codes)
        return ((code, code == 0x20) for code in codes)

    def look_up(self, code: int) -> tuple[str, int, float, Box | None]:
        """Return the text, the glyph in the pinned font, the width and the ink of a code."""
        cids = None if self.codes is None else self.codes.cids
        cid = code if cids is None else cids.get(code, 0)
        letter = self.letters.get(code) or self.text_of(code) or REPLACEMENT
        glyph = self.glyph_of(cid)
        box = self.box_of(glyph) if glyph >= 0 else None
        found = letter, self.pinned_of(cid, glyph, letter), self.width_of(cid), box
        if len(self.known) < _MOST_GLYPHS:
            self.known[code] = found
        return found


def read_font(font: PdfObject, family: FontSet | None, pinned: PinnedFonts, complaints: list[str]) -> Font:
    """Read a font. With `family` it is one that should be ours, and what is wrong with it raises.

    Without, what cannot be read is left out and noted among the complaints: type in it has no outlines
    then, or no text.
    """
    # A font of Type 3 needs no name; some programs give it one in its descriptor.
    name = to_text(font.get("/BaseFont")) or to_text(entry(font.get("/FontDescriptor"), "/FontName"))
    tag, _, rest = name.partition("+")
    is_subset = len(tag) == 6 and tag.isupper() and bool(rest)
    name = rest if is_subset else name
    kind = to_text(font.get("/Subtype"))
    reader = _Reader(font, name, kind, is_subset, family, pinned, complaints)
    if kind == "Type0":
        return reader.read_composite()
    return reader.read_drawn() if kind == "Type3" else reader.read_simple()


@dataclass(slots=True)
class _Reader:
    """Reads one font."""

    font: PdfObject
    name: str
    kind: str
    is_subset: bool
    family: FontSet | None
    pinned: PinnedFonts
    complaints: list[str]

    def attempt(self, what: str, read: Callable[[], Any], default: Any) -> Any:  # noqa: ANN401
        """Return what reading a part gives; `default` where a font of another program has it wrong."""
        try:
            return read()
        except malformed():
            if self.family is not None:
                raise
            self.complaints.append(f'the {what} of the font "{self.name}" cannot be read')
            return default

    def facts(self, descriptor: PdfObject, file: _File, program: bytes) -> PdfFont:
        fs_type = self.attempt("program", lambda: _read_fs_type(program), 0)
        slant = to_number(entry(descriptor, "/ItalicAngle"))
        return PdfFont(self.name, file, self.is_subset, "", self.kind, _hash(program), fs_type, slant)

    def read_letters(self) -> dict[int, str]:
        stream = self.font.get("/ToUnicode")
        if kind_of(stream) != "stream":
            return {}
        found: dict[int, str] = self.attempt("text", lambda: read_to_unicode(stream.read_bytes()), {})
        return found

    def read_composite(self) -> Font:
        descendant = self.attempt("descendant", lambda: self.font["/DescendantFonts"][0], None)
        descriptor = entry(descendant, "/FontDescriptor")
        file, program = self.attempt("program", lambda: _read_program(descriptor), ("", b""))
        letters = self.read_letters()
        codes: CodeMap = self.attempt("encoding", lambda: read_code_map(self.font["/Encoding"]), CodeMap())
        widths: dict[int, float] = self.attempt("widths", lambda: _read_widths(entry(descendant, "/W")), {})
        width = to_number(entry(descendant, "/DW"), 1000) / 1000
        facts = self.facts(descriptor, file, program)

        def width_of(cid: int) -> float:
            return widths.get(cid, width)

        if self.family is not None and file == "FontFile2":
            return self.read_ours(facts, program, letters, codes, width_of)
        to_glyph, outlines = self.attempt(
            "program", lambda: _open_composite(descendant, file, program), (lambda cid: -1, None)
        )
        if codes.codec or (codes.cids is not None and not codes.cids):
            # The CIDs of a predefined CMap are not known here.
            to_glyph = _no_glyph
        cids = codes.cids
        shown = (
            (to_glyph(code if cids is None else cids.get(code, 0)), text) for code, text in letters.items()
        )
        return self.finish(facts, codes, letters, codes.text_of, width_of, to_glyph, outlines, shown)

    def read_ours(
        self,
        facts: PdfFont,
        program: bytes,
        letters: dict[int, str],
        codes: CodeMap,
        width_of: Callable[[int], float],
    ) -> Font:
        """Read a TrueType font that should be one of the family: its outlines are, to the last point."""
        assert self.family, "only a handout of ours has a family"
        outlines, boxes = _read_outlines(program)
        used = {cid for cid in (codes.cids.values() if codes.cids else letters) if cid}
        expects_bold = "Bold" in self.name
        face = _find_our_face(outlines, used, self.family, expects_bold=expects_bold)
        originals = _read_subset(getattr(self.family, face)).originals if face else {}
        if not face:
            face, originals = _find_numbered_face(outlines, used, self.family, expects_bold=expects_bold)
        return Font(
            replace(facts, face=face),
            codes,
            letters,
            codes.text_of,
            width_of,
            lambda cid: cid,
            boxes.get,
            lambda cid, glyph, letter: originals.get(cid, cid),
            has_outlines=bool(boxes),
        )

    def read_simple(self) -> Font:
        font = self.font
        descriptor = font.get("/FontDescriptor")
        file, program = self.attempt("program", lambda: _read_program(descriptor), ("", b""))
        letters = self.read_letters()
        outlines, built_in, by_name = self.attempt(
            "program", lambda: _open_simple(file, program), (None, {}, {})
        )
        encoding: Encoding = self.attempt(
            "encoding", lambda: read_encoding(font.get("/Encoding"), built_in), Encoding()
        )
        default = _COURIER if "Courier" in self.name else 0.5
        default = to_number(entry(descriptor, "/MissingWidth")) / 1000 or default
        width_of = self.read_simple_widths(1 / 1000, default)
        is_symbolic = bool(int(to_number(entry(descriptor, "/Flags"))) & 4)

        def glyph_of(code: int) -> int:
            if by_name:
                name = encoding.names.get(code)
                found = by_name.get(name, -1) if name is not None else -1
                if found < 0 and (text := encoding.text_of(code)):
                    found = by_name.get(_glyph_name(text), -1)
                return found
            if not isinstance(outlines, SfntOutlines):
                return -1
            return _find_simple_glyph(outlines, code, encoding, is_symbolic)

        shown = ((glyph_of(code), text) for code, text in letters.items() if code < 0x100)
        facts = self.facts(descriptor, file, program)
        return self.finish(facts, None, letters, encoding.text_of, width_of, glyph_of, outlines, shown)

    def read_drawn(self) -> Font:
        """Read a Type 3 font, whose glyphs are drawings."""
        font = self.font
        letters = self.read_letters()
        encoding: Encoding = self.attempt(
            "encoding", lambda: read_encoding(font.get("/Encoding"), {}), Encoding()
        )
        procedures = font.get("/CharProcs")
        names = [
            (code, name)
            for code, name in sorted(encoding.names.items())
            if kind_of(entry(procedures, f"/{name}")) == "stream"
        ]
        matrix = self.attempt(
            "matrix", lambda: tuple(float(n) for n in font["/FontMatrix"]), (0.001, 0.0, 0.0, 0.001, 0.0, 0.0)
        )
        if len(matrix) != 6:
            matrix = (0.001, 0.0, 0.0, 0.001, 0.0, 0.0)

        def read_glyph(name: str) -> Callable[[], bytes]:
            return lambda: self.attempt("drawing", lambda: procedures[f"/{name}"].read_bytes(), b"")

        outlines = DrawnOutlines([read_glyph(name) for _, name in names], matrix)
        glyphs = {code: index for index, (code, _) in enumerate(names)}

        def glyph_of(code: int) -> int:
            return glyphs.get(code, -1)

        shown = ((glyph_of(code), text) for code, text in letters.items())
        facts = PdfFont(self.name or to_text(font.get("/Name")), "", self.is_subset, "", self.kind)
        width_of = self.read_simple_widths(abs(matrix[0]), 0.0)
        return self.finish(facts, None, letters, encoding.text_of, width_of, glyph_of, outlines, shown)

    def read_simple_widths(self, unit: float, default: float) -> Callable[[int], float]:
        first = int(to_number(self.font.get("/FirstChar")))
        widths = [to_number(width) * unit for width in items_of(self.font.get("/Widths"), 256)]

        def width_of(code: int) -> float:
            return widths[code - first] if 0 <= code - first < len(widths) else default

        return width_of

    def finish(
        self,
        facts: PdfFont,
        codes: CodeMap | None,
        letters: dict[int, str],
        text_of: Callable[[int], str],
        width_of: Callable[[int], float],
        glyph_of: Callable[[int], int],
        outlines: Outlines | None,
        shown: Iterator[tuple[int, str]],
    ) -> Font:
        """Put a font together; one that should not be ours may have the outlines of a pinned face."""
        face: FaceName = ""
        if outlines is not None and self.family is None:
            found = self.attempt(
                "outlines",
                lambda: find_face(outlines, shown, self.pinned, expects_bold="Bold" in self.name),
                "",
            )
            face = found or ""
        path = getattr(self.pinned, face) if face else None

        def box_of(glyph: int) -> Box | None:
            return outlines.box_of(glyph) if outlines is not None else None

        def pinned_of(cid: int, glyph: int, letter: str) -> int:
            if codes is not None and not cid:
                return 0
            if path is not None and outlines is not None:
                return find_glyph(outlines.imprint_of(glyph), letter, path)
            # A space is often not embedded, and missing on purpose.
            return cid if codes is not None else (glyph if glyph > 0 or letter.strip() else -1)

        return Font(
            replace(facts, face=face),
            codes,
            letters,
            text_of,
            width_of,
            glyph_of,
            box_of,
            pinned_of,
            has_outlines=outlines is not None,
        )


def _no_glyph(cid: int) -> int:
    return -1


def _open_composite(
    descendant: PdfObject, file: _File, program: bytes
) -> tuple[Callable[[int], int], SfntOutlines | None]:
    """Return how CIDs become glyphs (ISO 32000-1, 9.7.4.2), and the outlines."""
    if not program:
        return _no_glyph, None
    is_bare = program[:4] not in (b"\0\1\0\0", b"true", b"OTTO", b"ttcf")
    cff = program if is_bare else _tables(program).get(b"CFF ", b"") if program[:4] == b"OTTO" else b""
    if cff and file == "FontFile3":
        top = _open_cff(cff)
        outlines = open_program(program, top.glyphs, top.em)
        if top.is_keyed:
            cids = {int(name[3:]): glyph for glyph, name in enumerate(top.names) if name[3:].isdigit()}
            return lambda cid: cids.get(cid, -1), outlines
        return lambda cid: cid, outlines
    outlines = open_program(program)
    stream = entry(descendant, "/CIDToGIDMap")
    if kind_of(stream) != "stream":
        return lambda cid: cid, outlines
    glyphs: bytes = stream.read_bytes()[: 2 * _MOST_GLYPHS]
    return lambda cid: int.from_bytes(glyphs[2 * cid : 2 * cid + 2], "big") if cid >= 0 else -1, outlines


def _open_simple(file: _File, program: bytes) -> tuple[Outlines | None, dict[int, str], dict[str, int]]:
    """Return the outlines, the built-in encoding, and glyphs by name where a program has names that count."""
    if not program:
        return None, {}, {}
    if file == "FontFile":
        head = program.partition(b"eexec")[0]
        built_in = {int(code): name.decode("latin-1") for code, name in _TYPE1_CODE.findall(head)}
        drawn, names = open_type1(program)
        return drawn, built_in, {name: glyph for glyph, name in enumerate(names)}
    is_sfnt = program[:4] in (b"\0\1\0\0", b"true", b"OTTO", b"ttcf")
    cff = program if not is_sfnt else _tables(program).get(b"CFF ", b"") if program[:4] == b"OTTO" else b""
    if cff and file == "FontFile3":
        top = _open_cff(cff)
        by_name = {name: glyph for glyph, name in enumerate(top.names)}
        return open_program(program, top.glyphs, top.em), top.encoding, by_name
    return open_program(program), {}, {}


@dataclass(frozen=True, slots=True)
class _Cff:
    names: list[str]
    encoding: dict[int, str]
    glyphs: int
    em: float
    is_keyed: bool


def _open_cff(cff: bytes) -> _Cff:
    """Read what a CFF says about its glyphs: `cid00001` are the names in a CID-keyed font."""
    from fontTools.cffLib import CFFFontSet

    fonts = CFFFontSet()
    fonts.decompile(io.BytesIO(cff), None, isCFF2=False)
    top = fonts.topDictIndex[0]
    encoding = getattr(top, "Encoding", None)
    names = [str(name) for name in top.charset]
    by_code = encoding if isinstance(encoding, list) else []
    matrix = getattr(top, "FontMatrix", None) or [0.001]
    return _Cff(
        names,
        {code: str(name) for code, name in enumerate(by_code) if name != ".notdef"},
        len(names),
        1 / (abs(float(matrix[0])) or 0.001),
        hasattr(top, "ROS"),
    )


def _glyph_name(text: str) -> str:
    from fontTools.agl import UV2AGL

    return str(UV2AGL.get(ord(text), "")) if len(text) == 1 else ""


def _find_simple_glyph(outlines: SfntOutlines, code: int, encoding: Encoding, is_symbolic: bool) -> int:
    """Return the glyph of a code of a TrueType font (ISO 32000-1, 9.6.6.4); -1 where it has none."""
    font = outlines.font
    letters: list[int] = []
    text = encoding.text_of(code)
    name = encoding.names.get(code)
    if not is_symbolic or encoding.says_names:
        letters += [ord(text)] if len(text) == 1 else []
    letters += [0xF000 + code, code, ord(bytes([code]).decode("mac_roman"))]
    for letter in letters:
        if glyph := font.get_nominal_glyph(letter):
            return int(glyph)
    glyph = font.get_glyph_from_name(name) if name else None
    return int(glyph) if glyph else -1


def _read_program(descriptor: PdfObject) -> tuple[_File, bytes]:
    """Return the key of the embedded font program, and the program."""
    keys: tuple[_File, ...] = ("FontFile2", "FontFile3", "FontFile")
    for key in keys:
        stream = entry(descriptor, f"/{key}")
        if stream is not None:
            return key, stream.read_bytes()
    return "", b""


def _hash(program: bytes) -> str:
    return hashlib.sha256(program).hexdigest() if program else ""


def _read_fs_type(program: bytes) -> int:
    """Return the embedding permissions of an OpenType program; 0 when there is no OS/2 table."""
    table = _tables(program).get(b"OS/2", b"") if program[:4] in (b"\0\1\0\0", b"true", b"OTTO") else b""
    return int.from_bytes(table[8:10], "big")


def _tables(program: bytes) -> dict[bytes, bytes]:
    tables = {}
    for index in range(struct.unpack(">H", program[4:6])[0]):
        tag, _, start, length = struct.unpack(">4sLLL", program[12 + 16 * index : 28 + 16 * index])
        tables[tag] = program[start : start + length]
    return tables


def _read_widths(array_: PdfObject) -> dict[int, float]:
    """Read /W: `first [w w w]` or `first last w`, in thousandths of an em."""
    widths: dict[int, float] = {}
    items = iter(() if array_ is None else array_)
    for first in items:
        # A list that ends too early gives None, which is no number.
        second: PdfObject = next(items, None)
        if isinstance(second, int):
            number: PdfObject = next(items, None)
            width = float(number) / 1000
            for cid in range(max(int(first), 0), min(second, _MOST_GLYPHS - 1) + 1):
                widths[cid] = width
        else:
            for cid, number in enumerate(second, start=int(first)):
                widths[cid] = float(number) / 1000
        if len(widths) > _MOST_GLYPHS:
            raise ValueError("more widths than a font has glyphs")
    return widths


def _read_outlines(program: bytes) -> tuple[dict[int, bytes], dict[int, Box]]:
    """Return the outline and the bounding box in em of each glyph of a TrueType font that has ink."""
    tables = _tables(program)
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
    by_outline: dict[bytes, int]


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
    outlines = _read_outlines(program)[0]
    by_outline: dict[bytes, int] = {}
    for glyph, outline in outlines.items():
        # Of two that look the same nobody can say which it is, nor need to.
        by_outline[outline] = -1 if outline in by_outline else originals.get(glyph, -1)
    return _Subset(outlines, originals, by_outline)


def _find_our_face(
    outlines: dict[int, bytes], used: set[int], family: FontSet, expects_bold: bool
) -> FaceName:
    """Find the face whose outlines these are: all of them, or it is not that face."""
    names: tuple[FaceName, ...] = ("bold", "regular") if expects_bold else ("regular", "bold")
    for name in names:
        ours = _read_subset(getattr(family, name)).outlines
        if all(outlines.get(glyph) == ours.get(glyph) for glyph in used):
            return name
    return ""


def _find_numbered_face(
    outlines: dict[int, bytes], used: set[int], family: FontSet, *, expects_bold: bool
) -> tuple[FaceName, dict[int, int]]:
    """Find the face whose outlines these are under other numbers, and the pinned glyph of each.

    Fonts of assembled handouts are numbered anew. What has no ink, or an outline that two glyphs have, is -1.
    """
    names: tuple[FaceName, ...] = ("bold", "regular") if expects_bold else ("regular", "bold")
    drawn = {glyph: outlines[glyph] for glyph in used if glyph in outlines}
    for name in names:
        known = _read_subset(getattr(family, name)).by_outline
        if drawn and all(outline in known for outline in drawn.values()):
            return name, {glyph: known[drawn[glyph]] if glyph in drawn else -1 for glyph in used}
    return "", {}
