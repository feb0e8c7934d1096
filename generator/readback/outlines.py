"""Know glyphs by their outlines: how far they reach, and which glyph of the pinned fonts they are.

Programs rename fonts, renumber glyphs, and turn cubic curves into quadratic ones or into drawings of Type
3; the shape stays. Two outlines are the same when their boxes, areas, centres and spreads are.

Source: OpenType 1.9 (head, maxp, CFF); Adobe Technical Note 5176 (CFF).
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from generator.fonts import PinnedFonts
from generator.readback.glyphs import find_candidates
from generator.readback.instructions import read_instructions
from generator.readback.model import Box, FaceName
from generator.readback.objects import MALFORMED

if TYPE_CHECKING:
    import uharfbuzz

# In thousandths of an em. Quadratic curves of ours stray by 1, those of other programs by 2; regional forms
# of a character that a person can tell apart differ by more.
_TOLERANCE = 3.0
_AREA_TOLERANCE = 0.03
# A runner-up that is nearly as good leaves open which glyph it is.
_CLEAR = 0.4
# This share of the characters that are looked at must have the outlines of a face.
_SHARE = 0.8
_SAMPLE = 40
# A glyph of Noto Sans CJK has 100 pieces; a drawing larger than this is no letter.
_MOST_GLYPH_BYTES = 1_000_000
_MOST_TYPE3_BYTES = 20_000_000
# To decrypt a byte takes half a microsecond; a whole font of 65,536 glyphs is no Type 1.
_MOST_TYPE1_BYTES = 2_000_000
_LEN_IV = re.compile(rb"/lenIV\s+(\d)")
_TYPE1_ENTRY = re.compile(rb"(?:dup\s+(\d{1,5})|/([^\s/]{1,100}))\s+(\d{1,5})\s+(?:RD|-\|)\s")

# left, bottom, right, top, centre x and y, spread in x and y, their covariance as a length; area last, of
# the em.
Imprint = tuple[float, ...]


class Outlines(Protocol):
    """The outlines of a font program, by glyph."""

    def box_of(self, glyph: int) -> Box | None:
        """Return the box of the ink in em; None where there is none."""

    def imprint_of(self, glyph: int) -> Imprint | None:
        """Return what the outline is known by; None where there is no ink."""


@dataclass(slots=True)
class SfntOutlines:
    """The outlines of an OpenType or TrueType program, or of a bare CFF that is given what it lacks."""

    font: uharfbuzz.Font
    _imprints: dict[int, Imprint | None] = field(default_factory=dict)

    def box_of(self, glyph: int) -> Box | None:
        """Return the box of the ink in em; None where there is none."""
        extents = self.font.get_glyph_extents(glyph) if 0 <= glyph < self.font.face.glyph_count else None
        if extents is None or not extents.width or not extents.height:
            return None
        em = self.font.face.upem
        left, top = extents.x_bearing / em, extents.y_bearing / em
        return left, top + extents.height / em, left + extents.width / em, top

    def imprint_of(self, glyph: int) -> Imprint | None:
        """Return what the outline is known by; None where there is no ink."""
        if glyph not in self._imprints:
            box = self.box_of(glyph)
            self._imprints[glyph] = None if box is None else self._measure(glyph, box)
        return self._imprints[glyph]

    def _measure(self, glyph: int, box: Box) -> Imprint | None:
        from fontTools.pens.momentsPen import MomentsPen

        pen = MomentsPen()
        self.font.draw_glyph_with_pen(glyph, pen)
        return _take_imprint(pen, box, 1 / self.font.face.upem)


def open_program(program: bytes, glyphs: int = 0, em: float = 1000) -> SfntOutlines:
    """Open a font program. A bare CFF does not say in a way of its own how many glyphs it has.

    Raises:
        ValueError: it is no font program that has outlines.
    """
    import uharfbuzz

    if program[:4] not in (b"\0\1\0\0", b"true", b"OTTO", b"ttcf"):
        program = _wrap_cff(program, glyphs, em)
    font = uharfbuzz.Font(uharfbuzz.Face(program))
    if not font.face.glyph_count or not font.face.upem:
        raise ValueError("a font program without glyphs")
    return SfntOutlines(font)


def _wrap_cff(cff: bytes, glyphs: int, em: float) -> bytes:
    """Return an OpenType file of a bare CFF, with the tables that outlines need."""
    head = struct.pack(">LLLLHH", 0x10000, 0, 0, 0x5F0F3CF5, 0, min(max(round(em), 16), 16384)) + b"\0" * 34
    maxp = struct.pack(">LH", 0x5000, min(glyphs, 0xFFFF))
    tables = ((b"CFF ", cff), (b"head", head), (b"maxp", maxp))
    parts = [struct.pack(">4sHHHH", b"OTTO", len(tables), 32, 1, 16)]
    offset = 12 + 16 * len(tables)
    for tag, table in tables:
        parts.append(struct.pack(">4sLLL", tag, 0, offset, len(table)))
        offset += len(table) + -len(table) % 4
    return b"".join((*parts, *(table + b"\0" * (-len(table) % 4) for _, table in tables)))


@dataclass(slots=True)
class DrawnOutlines:
    """The outlines of a Type 3 font: a content stream each. `matrix` leads from their units to the em."""

    streams: list[Callable[[], bytes]]
    matrix: tuple[float, float, float, float, float, float]
    _known: dict[int, tuple[Box, Imprint | None] | None] = field(default_factory=dict)
    _left: int = _MOST_TYPE3_BYTES

    def box_of(self, glyph: int) -> Box | None:
        """Return the box of the ink in em; None where there is none."""
        found = self._look(glyph)
        return found[0] if found else None

    def imprint_of(self, glyph: int) -> Imprint | None:
        """Return what the outline is known by; None where there is no ink."""
        found = self._look(glyph)
        return found[1] if found else None

    def _look(self, glyph: int) -> tuple[Box, Imprint | None] | None:
        if glyph not in self._known:
            self._known[glyph] = self._draw(self.streams[glyph]()) if 0 <= glyph < len(self.streams) else None
        return self._known[glyph]

    def _draw(self, stream: bytes) -> tuple[Box, Imprint | None] | None:
        from fontTools.pens.momentsPen import MomentsPen

        self._left -= len(stream)
        if len(stream) > _MOST_GLYPH_BYTES or self._left < 0:
            return None
        pen = MomentsPen()
        xs: list[float] = []
        ys: list[float] = []
        matrix = self.matrix
        here, is_open = (0.0, 0.0), False

        def place(numbers: list[Any]) -> list[tuple[float, float]]:
            a, b, c, d, e, f = matrix
            points = [
                (a * x + c * y + e, b * x + d * y + f)
                for x, y in zip(numbers[::2], numbers[1::2], strict=True)
            ]
            xs.extend(x for x, _ in points)
            ys.extend(y for _, y in points)
            return points

        def close() -> None:
            nonlocal is_open
            if is_open:
                pen.closePath()
            is_open = False

        try:
            for name, operands in read_instructions(stream):
                if name == b"cm":
                    matrix = _multiply(tuple(operands), matrix)  # type: ignore[arg-type]
                elif name == b"m":
                    close()
                    (here,) = place(operands)
                    pen.moveTo(here)
                    is_open = True
                elif name == b"re":
                    close()
                    x, y, width, height = map(float, operands)  # type: ignore[arg-type]
                    corners = place([x, y, x + width, y, x + width, y + height, x, y + height])
                    pen.moveTo(corners[0])
                    for corner in corners[1:]:
                        pen.lineTo(corner)
                    pen.closePath()
                elif name == b"l" and is_open:
                    (here,) = place(operands)
                    pen.lineTo(here)
                elif name in (b"c", b"v", b"y") and is_open:
                    points = place(operands)
                    if name == b"v":
                        points.insert(0, here)
                    elif name == b"y":
                        points.append(points[-1])
                    pen.curveTo(*points)
                    here = points[-1]
                elif name == b"h":
                    close()
            close()
        except MALFORMED:
            return None
        if not xs:
            return None
        box = min(xs), min(ys), max(xs), max(ys)
        return box, _take_imprint(pen, box, 1.0)


@dataclass(slots=True)
class Type1Outlines:
    """The outlines of a Type 1 program: encrypted charstrings, by the order of their names."""

    charstrings: list[bytes]
    subroutines: list[Any]
    _known: dict[int, tuple[Box, Imprint | None] | None] = field(default_factory=dict)

    def box_of(self, glyph: int) -> Box | None:
        """Return the box of the ink in em; None where there is none."""
        found = self._look(glyph)
        return found[0] if found else None

    def imprint_of(self, glyph: int) -> Imprint | None:
        """Return what the outline is known by; None where there is no ink."""
        found = self._look(glyph)
        return found[1] if found else None

    def _look(self, glyph: int) -> tuple[Box, Imprint | None] | None:
        if glyph not in self._known:
            try:
                self._known[glyph] = self._draw(self.charstrings[glyph])
            except _drawing_errors():
                self._known[glyph] = None
        return self._known[glyph]

    def _draw(self, charstring: bytes) -> tuple[Box, Imprint | None] | None:
        from fontTools.misc.psCharStrings import T1CharString
        from fontTools.pens.boundsPen import ControlBoundsPen
        from fontTools.pens.momentsPen import MomentsPen
        from fontTools.pens.teePen import TeePen

        bounds, moments = ControlBoundsPen(None), MomentsPen()
        T1CharString(charstring, subrs=self.subroutines).draw(TeePen(bounds, moments))
        if bounds.bounds is None:
            return None
        # Type 1 programs have a thousand units to the em.
        left, bottom, right, top = (edge / 1000 for edge in bounds.bounds)
        box = left, bottom, right, top
        return box, _take_imprint(moments, box, 1 / 1000)


@lru_cache(maxsize=1)
def _drawing_errors() -> tuple[type[Exception], ...]:
    from fontTools.pens.basePen import MissingComponentError, PenError

    return (*MALFORMED, PenError, MissingComponentError)


def open_type1(program: bytes) -> tuple[Type1Outlines, list[str]]:
    """Open a Type 1 program; return its outlines and the names of its glyphs.

    Source:
        Adobe Type 1 Font Format, chapter 7.

    Raises:
        ValueError: it has no encrypted part, or one that is too large to be one.
    """
    from fontTools.misc.eexec import decrypt
    from fontTools.misc.psCharStrings import T1CharString

    start = program.find(b"eexec")
    if start < 0 or len(program) > _MOST_TYPE1_BYTES:
        raise ValueError("a Type 1 program without outlines")
    cipher = program[start + 5 :].lstrip(b" \t\r\n")
    if all(byte in b"0123456789abcdefABCDEF \t\r\n" for byte in cipher[:8]):
        digits = b"".join(cipher.split())
        cipher = bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii", "ignore"))
    private: bytes = decrypt(cipher, 55665)[0][4:]
    found = _LEN_IV.search(private)
    skipped = int(found[1]) if found else 4
    names: list[str] = []
    charstrings: list[bytes] = []
    subroutines: dict[int, bytes] = {}
    at = 0
    while (entry := _TYPE1_ENTRY.search(private, at)) and len(charstrings) < 0x10000:
        length = int(entry[3])
        body = private[entry.end() : entry.end() + length]
        at = entry.end() + length
        plain = decrypt(body, 4330)[0][skipped:]
        if entry[1] is not None:
            subroutines[int(entry[1])] = plain
        else:
            names.append(entry[2].decode("latin-1"))
            charstrings.append(plain)
    last = min(max(subroutines, default=-1), 0xFFFF)
    # A subroutine that is not there returns at once.
    subrs: list[Any] = []
    subrs += [T1CharString(subroutines.get(index, b"\x0b"), subrs=subrs) for index in range(last + 1)]
    return Type1Outlines(charstrings, subrs), names


def _multiply(m: tuple[float, ...], n: tuple[float, ...]) -> tuple[float, float, float, float, float, float]:
    a, b, c, d, e, f = m
    p, q, r, s, t, u = n
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def _take_imprint(pen: Any, box: Box, em: float) -> Imprint | None:  # noqa: ANN401
    """Sum up an outline; `em` is the size of its units."""
    area: float = pen.area
    if not area or not math.isfinite(area):
        return None
    x, y = pen.momentX / area, pen.momentY / area
    spread_x, spread_y = pen.momentXX / area - x * x, pen.momentYY / area - y * y
    lean = pen.momentXY / area - x * y
    lengths = (
        x * em,
        y * em,
        math.sqrt(abs(spread_x)) * em,
        math.sqrt(abs(spread_y)) * em,
        math.copysign(math.sqrt(abs(lean)), lean) * em,
    )
    # A lean is a small difference of large numbers: its root moves fast near 0.
    return (*(1000 * part for part in (*box, *lengths)), abs(area) * em * em)


def _distance(one: Imprint, other: Imprint) -> float:
    """Return how far two outlines differ, in thousandths of an em.

    Infinite when they are not the same glyph.
    """
    parts = [abs(a - b) for a, b in zip(one[:8], other[:8], strict=True)]
    area = abs(one[9] - other[9]) / max(one[9], other[9])
    if max(parts) > _TOLERANCE or area > _AREA_TOLERANCE:
        return math.inf
    lean = abs(one[8] * abs(one[8]) - other[8] * abs(other[8])) / 1000
    return sum(parts) / len(parts) + 20 * area + lean


# --- the pinned faces --------------------------------------------------------------------------


@lru_cache(maxsize=2)
def _open_pinned(path: Path) -> SfntOutlines:
    import uharfbuzz

    return SfntOutlines(uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path)))))


def is_regional(letters: str) -> bool:
    """Tell whether a text is one character of Han or kana, which only fonts of East Asia have."""
    # Kana, and the radicals that some programs give as the text of a character.
    return len(letters) == 1 and (
        "\u3041" <= letters <= "\u30ff" or "\u2e80" <= letters <= "\u2fdf" or is_han(letters)
    )


def is_han(letter: str) -> bool:
    """Tell whether a letter is a Han character (CJK unified or compatibility ideographs)."""
    return (
        "\u3400" <= letter <= "\u9fff"
        or "\uf900" <= letter <= "\ufaff"
        or "\U00020000" <= letter <= "\U0003ffff"
    )


def find_glyph(imprint: Imprint | None, letters: str, pinned: Path) -> int:
    """Return the glyph of a pinned font that has this outline and can stand for these letters; -1 for none.

    Also -1 where two glyphs are so alike that nobody could say which it is.
    """
    if imprint is None or not letters:
        return -1
    outlines = _open_pinned(pinned)
    found: list[tuple[float, int]] = []
    for glyph in find_candidates(letters, pinned):
        other = outlines.imprint_of(glyph)
        if other is not None and (distance := _distance(imprint, other)) < math.inf:
            found.append((distance, glyph))
    found.sort()
    if not found or (len(found) > 1 and found[1][0] - found[0][0] < _CLEAR):
        return -1
    return found[0][1]


def find_face(
    outlines: Outlines, letters: Iterable[tuple[int, str]], pinned: PinnedFonts, *, expects_bold: bool
) -> FaceName:
    """Find the pinned face that a font program is of, whatever it is called; `letters` are glyphs and texts.

    "" where its Han and kana are others, or where there are none: Latin letters are shared by many fonts.
    """
    regional = [(glyph, text) for glyph, text in letters if is_regional(text)]
    sample = regional[:: max(1, len(regional) // _SAMPLE)][:_SAMPLE]
    drawn = [(imprint, text) for glyph, text in sample if (imprint := outlines.imprint_of(glyph))]
    if not drawn:
        return ""
    names: tuple[FaceName, ...] = ("bold", "regular") if expects_bold else ("regular", "bold")
    for name in names:
        path = getattr(pinned, name)
        hits = sum(_has_outline(imprint, text, path) for imprint, text in drawn)
        if hits >= _SHARE * len(drawn):
            return name
    return ""


def _has_outline(imprint: Imprint, letters: str, pinned: Path) -> bool:
    outlines = _open_pinned(pinned)
    others = (outlines.imprint_of(glyph) for glyph in find_candidates(letters, pinned))
    return any(other is not None and _distance(imprint, other) < math.inf for other in others)
