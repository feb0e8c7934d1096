"""Read the fonts of a PDF: which outlines are embedded, which text and width a code has.

Source: ISO 32000-1:2008, 9.6-9.10 (fonts, composite fonts, ToUnicode).
"""

from __future__ import annotations

import hashlib
import re
import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, TypeAlias

from generator.fonts import FontSet
from generator.readback.model import Box, FaceName, PdfFont

PdfObject: TypeAlias = Any

_HEX_PAIR = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]*)>")
_HEX_TRIPLE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]*)>")
_HEX_CID = re.compile(rb"<([0-9A-Fa-f]+)>\s*(\d+)")
_HEX_CIDS = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*(\d+)")


@dataclass(slots=True)
class Font:
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

    def split(self, codes: bytes) -> Iterator[tuple[int, bool]]:
        """Yield the codes of a string, and whether word spacing follows (ISO 32000-1, 9.3.3)."""
        length = self.code_length
        if length == 1:
            for code in codes:
                yield code, code == 0x20
        else:
            for start in range(0, len(codes) - length + 1, length):
                yield int.from_bytes(codes[start : start + length], "big"), False

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


def read_font(font: PdfObject, family: FontSet | None) -> Font:
    name = str(font.get("/BaseFont", "")).lstrip("/")
    tag, _, rest = name.partition("+")
    is_subset = len(tag) == 6 and tag.isupper() and bool(rest)
    name = rest if is_subset else name
    letters = _read_to_unicode(font.ToUnicode.read_bytes()) if "/ToUnicode" in font else {}
    if font.get("/Subtype") != "/Type0":
        # The engine never writes these; whatever it is, it is none of our fonts.
        descriptor = font.get("/FontDescriptor", {})
        file, program = _read_program(descriptor)
        kind = str(font.get("/Subtype", "")).lstrip("/")
        facts = PdfFont(name, file, is_subset, "", kind, _hash(program), _read_fs_type(program))
        return Font(facts, 1, letters, None, {}, 0.5, {}, {})
    descendant = font.DescendantFonts[0]
    descriptor = descendant.FontDescriptor
    file, program = _read_program(descriptor)
    encoding = font.Encoding
    cids = None if encoding == "/Identity-H" else _read_cid_map(encoding.read_bytes())
    widths = _read_widths(descendant.get("/W", ()))
    face: FaceName = ""
    boxes: dict[int, Box] = {}
    originals: dict[int, int] = {}
    if file == "FontFile2":
        outlines, boxes = _read_outlines(program)
        used = {cid for cid in (cids.values() if cids else letters) if cid}
        face = _find_face(outlines, used, family, expects_bold="Bold" in name) if family else ""
        if face and family:
            originals = _read_subset(getattr(family, face)).originals
    return Font(
        facts=PdfFont(
            name,
            file,
            is_subset,
            face,
            "Type0",
            _hash(program),
            _read_fs_type(program),
            float(descriptor.get("/ItalicAngle", 0)),
        ),
        code_length=2,
        letters=letters,
        cids=cids,
        widths=widths,
        default_width=float(descendant.get("/DW", 1000)) / 1000,
        boxes=boxes,
        originals=originals,
    )


def _read_program(
    descriptor: PdfObject,
) -> tuple[Literal["FontFile", "FontFile2", "FontFile3", ""], bytes]:
    """Return the key of the embedded font program, and the program."""
    keys: tuple[Literal["FontFile2", "FontFile3", "FontFile"], ...] = ("FontFile2", "FontFile3", "FontFile")
    for key in keys:
        if f"/{key}" in descriptor:
            return key, descriptor[f"/{key}"].read_bytes()
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
