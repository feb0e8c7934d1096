"""Read content streams: what is painted where, in which colour, inside which clip.

Source: ISO 32000-1:2008, 8.3 (coordinates), 8.4 (graphics state), 8.5 (paths), 8.6 (colour), 8.9 (images),
9.4 (text), 14.6 (marked content).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

from generator.readback.instructions import Operand, read_instructions
from generator.readback.model import MM_PER_PT, Box, Image, Inks, Rgb, Run, Shape, Space
from generator.readback.objects import PdfObject, entry, is_mapping, items_of, kind_of, malformed, to_text
from generator.readback.programs import Font
from generator.readback.structure import Place

Matrix = tuple[float, float, float, float, float, float]

IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

# Deeper nesting than this is an attack, not a drawing.
_DEEPEST_FORM = 16
_DEEPEST_TREE = 64
# Streams of one page; programs write one, some eight.
_MOST_PARTS = 10_000
# Of a file, all pages together. A handout of ours has 10,000 operators in 130 KB and 300 runs, a map of a
# city 300,000 operators; these are about two seconds and 300 MB.
MOST_OPERATORS = 1_000_000
MOST_FORMS = 50_000
# A page with more wrong instructions than this is no page.
_MOST_WRONG = 5000
MOST_BYTES = 20_000_000
MOST_PIECES = 200_000
# No sheet is a kilometre wide; beyond it lie numbers that are not even finite.
_FARTHEST_MM = 1e6


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
    a, b, c, d, e, f = map(float, operands)
    return a, b, c, d, e, f


def _clamp(size: float) -> float:
    return round(size, 3) if size < _FARTHEST_MM else _FARTHEST_MM


def _clamp_mm(length: float) -> float:
    """Round a length to 0.01 mm; what is not finite lies far outside the sheet."""
    if -_FARTHEST_MM < length < _FARTHEST_MM:
        return round(length, 2)
    return -_FARTHEST_MM if length < 0 else _FARTHEST_MM


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a page's millimetres begin: its number and its trim in user space, and the language of the file.

    `mm` is the length of a unit of user space, of which there are 72 to the inch if the page says nothing
    else.
    """

    page: int
    trim: Box
    language: str
    mm: float = MM_PER_PT

    def to_mm(self, box: Box) -> Box:
        """Return a box of user space in mm from the top left corner of the trim, y downwards."""
        left, bottom, right, top = box
        x, _, _, y = self.trim
        mm = self.mm
        return (
            _clamp_mm((left - x) * mm),
            _clamp_mm((y - top) * mm),
            _clamp_mm((right - x) * mm),
            _clamp_mm((y - bottom) * mm),
        )


@dataclass(frozen=True, slots=True)
class Paint:
    """A colour to paint with; `rgb` is None for patterns and for colours that need a profile."""

    rgb: Rgb | None = (0.0, 0.0, 0.0)
    space: Space = "gray"
    inks: Inks | None = (0.0, 0.0, 0.0, 1.0)


@dataclass(slots=True)
class _State:
    """What `q` saves."""

    matrix: Matrix = IDENTITY
    clip: Box | None = None
    fill: Paint = field(default_factory=Paint)
    stroke: Paint = field(default_factory=Paint)
    fill_alpha: float = 1.0
    line_width: float = 1.0
    font: Font | None = None
    size: float = 0.0
    spacing: float = 0.0
    word_spacing: float = 0.0
    scale: float = 1.0
    leading: float = 0.0
    rise: float = 0.0
    mode: int = 0

    def copy(self) -> _State:
        # Three times as fast as copy.copy, and pages have hundreds of these.
        return _State(
            self.matrix,
            self.clip,
            self.fill,
            self.stroke,
            self.fill_alpha,
            self.line_width,
            self.font,
            self.size,
            self.spacing,
            self.word_spacing,
            self.scale,
            self.leading,
            self.rise,
            self.mode,
        )


@dataclass(frozen=True, slots=True)
class Mark:
    """The marked content that painting is in: its MCID or -1, an artifact or not, its own language.

    `stream` is the number of the form whose MCIDs these are, 0 is the page. `actual` holds the text that the
    file gives instead of what is shown until a run has taken it, None where it gives none. `is_hidden`: on
    a layer that is off.
    """

    mcid: int = -1
    is_artifact: bool = False
    language: str = ""
    stream: int = 0
    actual: list[str] | None = None
    is_hidden: bool = False


# Letters that another program places one by one are one run where they stand as close as type does, in em.
_SAME_LINE = 0.01
_SAME_WORD = 0.15
_LONGEST_RUN = 500
_NOTHING: Box = (math.inf, math.inf, -math.inf, -math.inf)


@dataclass(slots=True)
class Pen:
    """A run that is being written. Places are in text space, `ink` and `x` relative to its start."""

    mark: Mark
    font: Font
    size: float
    matrix: Matrix
    paint: Paint
    is_visible: bool
    clip: Box | None
    x: float = 0.0
    y: float = 0.0
    letters: list[str] = field(default_factory=list)
    glyphs: list[int] = field(default_factory=list)
    ink: Box | None = None

    def show(self, codes: bytes, state: _State) -> None:
        """Set the glyphs of a string."""
        font, size, rise, x = self.font, self.size, state.rise, self.x
        if font.is_vertical:
            self._show_downwards(codes, state)
            return
        scale = state.scale
        stretched = size * scale
        spacing = state.spacing * scale
        known, letters, glyphs = font.known, self.letters, self.glyphs
        left, bottom, right, top = self.ink or _NOTHING
        for code, is_space in font.split(codes):
            letter, glyph, width, box = known.get(code) or font.look_up(code)
            letters.append(letter)
            glyphs.append(glyph)
            if box:
                x0, y0, x1, y1 = box
                if (edge := x + x0 * stretched) < left:
                    left = edge
                if (edge := y0 * size + rise) < bottom:
                    bottom = edge
                if (edge := x + x1 * stretched) > right:
                    right = edge
                if (edge := y1 * size + rise) > top:
                    top = edge
            x += width * stretched + spacing
            if is_space:
                x += state.word_spacing * scale
        if right > left:
            self.ink = (left, bottom, right, top)
        self.x = x

    def _show_downwards(self, codes: bytes, state: _State) -> None:
        """Set the glyphs of a string one below the other; ISO 32000-1, 9.7.4.3, with the default metrics."""
        font, size = self.font, self.size
        for code, _ in font.split(codes):
            letter, glyph, width, box = font.known.get(code) or font.look_up(code)
            self.letters.append(letter)
            self.glyphs.append(glyph)
            if box:
                # The origin of a vertical glyph is in the middle of its top.
                left, right = (box[0] - width / 2) * size, (box[2] - width / 2) * size
                bottom, top = self.y + (box[1] - 0.88) * size, self.y + (box[3] - 0.88) * size
                ink = self.ink or _NOTHING
                self.ink = min(ink[0], left), min(ink[1], bottom), max(ink[2], right), max(ink[3], top)
            self.y -= size + state.spacing

    def advance(self, thousandths: float, state: _State) -> None:
        """Go back by what an array of strings says between two of them."""
        if self.font.is_vertical:
            self.y -= thousandths / 1000 * self.size
        else:
            self.x -= thousandths / 1000 * self.size * state.scale

    def continues_in(self, other: Pen) -> bool:
        """Tell whether another run goes on where this one ends.

        It stands on the same line and looks the same. This pen then moves to where it begins.
        """
        if (
            self.font is not other.font
            or self.size != other.size
            or self.font.is_vertical
            or self.matrix[:4] != other.matrix[:4]
            or self.mark is not other.mark
            or self.paint != other.paint
            or self.is_visible != other.is_visible
            or self.clip != other.clip
            or len(self.letters) > _LONGEST_RUN
        ):
            return False
        a, b, c, d, e, f = self.matrix
        area = a * d - b * c
        if not area:
            return False
        dx, dy = other.matrix[4] - e, other.matrix[5] - f
        x, y = (d * dx - c * dy) / area, (a * dy - b * dx) / area
        em = abs(self.size)
        if abs(y) > _SAME_LINE * em or abs(x - self.x) > _SAME_WORD * em:
            return False
        self.x = x
        return True

    def finish(self, frame: Frame, place: Place | None) -> Run:
        """Return the run as a reader meets it."""
        a, b, c, d, e, f = self.matrix
        ink: Box | None = None
        letters = self.letters
        if self.ink is None and not self.font.has_outlines and "".join(letters).strip():
            # No outlines to measure: take the em box of a CJK font.
            self.ink = (
                (-self.size / 2, self.y, self.size / 2, 0.0)
                if self.font.is_vertical
                else (0.0, -0.12 * self.size, self.x, 0.88 * self.size)
            )
        if self.mark.actual is not None and letters:
            letters = [self.mark.actual.pop() if self.mark.actual else "", *[""] * (len(letters) - 1)]
        if self.ink:
            left, bottom, right, top = self.ink
            corners = [(x, y) for x in (left, right) for y in (bottom, top)]
            xs = [a * x + c * y + e for x, y in corners]
            ys = [b * x + d * y + f for x, y in corners]
            ink = frame.to_mm((min(xs), min(ys), max(xs), max(ys)))
        return Run(
            page=frame.page,
            letters=tuple(letters),
            glyphs=tuple(self.glyphs),
            font=self.font.facts.name,
            face=self.font.facts.face,
            size_pt=_clamp(abs(self.size) * math.hypot(c, d) * frame.mm / MM_PER_PT),
            x_mm=_clamp_mm((e - frame.trim[0]) * frame.mm),
            y_mm=_clamp_mm((frame.trim[3] - f) * frame.mm),
            width_mm=_clamp_mm((math.hypot(a, b) * self.x or math.hypot(c, d) * abs(self.y)) * frame.mm),
            ink_mm=ink,
            language=self.mark.language or (place.language if place else frame.language),
            is_artifact=self.mark.is_artifact or place is None,
            role=place.role if place else "",
            block=place.block if place else 0,
            rgb=self.paint.rgb,
            space=self.paint.space,
            is_visible=self.is_visible,
            clip_mm=frame.to_mm(self.clip) if self.clip else None,
            inks=self.paint.inks,
        )


@dataclass(slots=True)
class Painting:
    """What a page paints.

    `drawn` are the boxes of what is no text, by form and MCID; `complaints` tell what could not be painted.
    """

    frame: Frame
    pens: list[Pen] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    drawn: dict[tuple[int, int], list[Box]] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def note(self, mark: Mark, box: Box) -> None:
        """Remember that something that is no text was drawn in marked content."""
        if mark.mcid >= 0 and not mark.is_artifact:
            self.drawn.setdefault((mark.stream, mark.mcid), []).append(box)


# --- paths -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Path:
    """The path that is being built, in user space of the page."""

    box: Box | None = None
    xs: list[float] = field(default_factory=list)
    ys: list[float] = field(default_factory=list)
    parts: int = 0
    thin: float = math.inf

    def begin(self) -> None:
        if self.xs:
            self._close()
        self.parts += 1

    def _close(self) -> None:
        xs, ys = self.xs, self.ys
        left, bottom, right, top = min(xs), min(ys), max(xs), max(ys)
        self.thin = min(self.thin, right - left, top - bottom)
        box = self.box
        self.box = (
            (left, bottom, right, top)
            if box is None
            else (min(box[0], left), min(box[1], bottom), max(box[2], right), max(box[3], top))
        )
        self.xs, self.ys = [], []

    def bounds(self) -> Box | None:
        if self.xs:
            self._close()
        return self.box


def _intersect(one: Box | None, other: Box | None) -> Box | None:
    """Return what two boxes share (nothing is a box without area); None is the whole page."""
    if one is None or other is None:
        return one or other
    left, bottom = max(one[0], other[0]), max(one[1], other[1])
    return left, bottom, max(left, min(one[2], other[2])), max(bottom, min(one[3], other[3]))


# --- colours -----------------------------------------------------------------------------------

_SPACES: dict[str, Space] = {
    "/DeviceGray": "gray",
    "/CalGray": "gray",
    "/G": "gray",
    "/DeviceRGB": "rgb",
    "/CalRGB": "rgb",
    "/RGB": "rgb",
    "/DeviceCMYK": "cmyk",
    "/CMYK": "cmyk",
}

_OTHER = Paint(None, "other", None)


@lru_cache(maxsize=4096)
def _paint_of(numbers: tuple[float, ...], space: Space | None = None) -> Paint:
    """Return the colour of operands: one is gray, three are RGB, four CMYK."""
    if space == "other":
        return _OTHER
    clean = [min(max(float(number), 0.0), 1.0) for number in numbers]
    if space == "all":
        (tint,) = clean
        return Paint((1 - tint, 1 - tint, 1 - tint), "all", (tint, tint, tint, tint))
    if len(clean) == 1:
        return Paint((clean[0], clean[0], clean[0]), "gray", (0.0, 0.0, 0.0, 1 - clean[0]))
    if len(clean) == 3:
        return Paint((clean[0], clean[1], clean[2]), "rgb", None)
    if len(clean) == 4:
        # Without a profile: what ink leaves of the paper's light.
        c, m, y, k = clean
        return Paint(((1 - c) * (1 - k), (1 - m) * (1 - k), (1 - y) * (1 - k)), "cmyk", (c, m, y, k))
    return _OTHER


def read_space(space: PdfObject, resources: PdfObject, depth: int = 0) -> Space:
    """Return the kind of a colour space, by name or as an array; inline images have names of their own."""
    if depth > 4 or space is None:
        return "other"
    if isinstance(space, str) or kind_of(space) == "name_":
        name = str(space)
        if plain := _SPACES.get(name):
            return plain
        return read_space(entry(entry(resources, "/ColorSpace"), name), resources, depth + 1)
    kind = str(space[0])
    if kind == "/ICCBased":
        kinds: dict[int, Space] = {1: "gray", 3: "rgb", 4: "cmyk"}
        return kinds.get(int(space[1].get("/N", 0)), "other")
    if kind in ("/Indexed", "/I"):
        return read_space(space[1], resources, depth + 1)
    if kind == "/Separation" and str(space[1]) == "/All":
        return "all"
    return _SPACES.get(kind, "other")


# --- the stream --------------------------------------------------------------------------------


@dataclass(slots=True)
class Budget:
    """What may still be painted of a file."""

    operators: int = MOST_OPERATORS
    forms: int = MOST_FORMS
    wrong: int = _MOST_WRONG
    bytes: int = MOST_BYTES
    pieces: int = MOST_PIECES

    @property
    def is_spent(self) -> bool:
        """Tell whether what follows is not painted."""
        return min(self.operators, self.forms, self.wrong, self.bytes, self.pieces) <= 0


@dataclass(slots=True)
class Painter:
    """Paints pages; what they show stands in the order of painting.

    `hidden` are the objects of the layers that are off. A strict painter raises what a malformed instruction
    raises; one that is not leaves it out and notes it, as viewers do.
    """

    font_of: Callable[[PdfObject], Font]
    is_strict: bool = True
    hidden: frozenset[tuple[int, int]] = frozenset()
    budget: Budget = field(default_factory=Budget)
    streams: dict[tuple[int, int], bytes] = field(default_factory=dict)
    within: list[tuple[int, int]] = field(default_factory=list)

    def paint(self, page: PdfObject, resources: PdfObject, frame: Frame) -> Painting:
        """Paint a page."""
        painting = Painting(frame)
        hand = _Hand(self, painting, resources, _State(), Mark(), 0)
        hand.run(read_contents(page, painting.complaints, is_strict=self.is_strict))
        return painting

    def read_form(self, form: PdfObject) -> bytes:
        """Return the stream of a form, which may be drawn many times."""
        if form.objgen not in self.streams:
            if len(self.streams) > 500:
                self.streams.clear()
            self.streams[form.objgen] = form.read_bytes()
        return self.streams[form.objgen]


def read_contents(page: PdfObject, complaints: list[str] | None = None, *, is_strict: bool = False) -> bytes:
    """Return the content of a page, whose parts end between two words."""
    contents = page.get("/Contents")
    if contents is None:
        return b""
    streams: list[bytes] = []
    for part in items_of(contents, _MOST_PARTS):
        try:
            streams.append(part.read_bytes())
        except malformed():
            if is_strict:
                raise
            if complaints is not None:
                complaints.append("a part of a page cannot be read")
        if sum(map(len, streams)) > MOST_BYTES:
            break
    return b"\n".join(streams)


class _Hand:
    """Paints one stream: a page or a form."""

    __slots__ = (
        "clips", "depth", "fonts", "line", "marks", "origin", "painter", "painting", "path", "pen",
        "resources",
        "saved", "settings", "spaces", "state", "text",
    )  # fmt: skip

    def __init__(
        self,
        painter: Painter,
        painting: Painting,
        resources: PdfObject,
        state: _State,
        mark: Mark,
        depth: int,
    ) -> None:
        self.painter = painter
        self.painting = painting
        self.resources = resources
        self.state = state
        self.marks = [mark]
        self.depth = depth
        self.saved: list[_State] = []
        self.line = self.text = IDENTITY
        self.pen: Pen | None = None
        # Where in its run the pen took up a run that had ended.
        self.origin = 0.0
        self.path = _Path()
        self.clips = False
        self.spaces: dict[str, Space] = {"fill": "gray", "stroke": "gray"}
        self.fonts: dict[Operand, Font] = {}
        self.settings: dict[Operand, tuple[float | None, float | None]] = {}

    def run(self, stream: bytes) -> None:
        if self.depth > _DEEPEST_FORM:
            raise ValueError("forms within forms without end")
        budget, is_strict = self.painter.budget, self.painter.is_strict
        budget.bytes -= len(stream)
        budget.forms -= 1
        if budget.is_spent:
            return
        operators = _operators()
        for name, operands in read_instructions(stream):
            budget.operators -= 1
            operator = operators.get(name)
            if operator is None:
                if budget.operators <= 0:
                    break
                continue
            if self.pen is not None and name not in _WITHIN_RUNS:
                self.end_run()
            try:
                operator(self, operands)
            except malformed():
                if is_strict:
                    raise
                budget.wrong -= 1
                complaint = f"page {self.painting.frame.page}: {name.decode()} has operands that are wrong"
                if complaint not in self.painting.complaints[-20:]:
                    self.painting.complaints.append(complaint)
            if budget.operators <= 0 or budget.pieces <= 0 or budget.forms <= 0 or budget.wrong <= 0:
                break
        self.end_run()

    # --- type

    def end_run(self) -> None:
        pen = self.pen
        if pen is not None:
            # Where the next string of this line would stand.
            self.text = _multiply((1, 0, 0, 1, pen.x - self.origin, pen.y), self.text)
            self.origin = 0.0
            self.painting.pens.append(pen)
            self.painter.budget.pieces -= 1 + len(pen.letters) // 100
            self.pen = None

    def begin_run(self) -> Pen:
        state, mark = self.state, self.marks[-1]
        if state.font is None:
            raise ValueError("text without a font")
        pen = Pen(
            mark,
            state.font,
            state.size,
            _multiply(self.text, state.matrix),
            state.stroke if state.mode in (1, 5) else state.fill,
            state.mode not in (3, 7) and state.fill_alpha > 0 and not mark.is_hidden,
            state.clip,
        )
        if not self.painter.is_strict and self.painting.pens:
            last = self.painting.pens[-1]
            if last.continues_in(pen):
                # Many programs place each letter by itself.
                self.painting.pens.pop()
                pen, self.origin = last, last.x
        self.pen = pen
        return pen

    def show(self, operands: list[Operand]) -> None:
        (codes,) = operands
        if not isinstance(codes, bytes):
            raise TypeError("what is shown is no string")
        (self.pen or self.begin_run()).show(codes, self.state)

    def show_all(self, operands: list[Operand]) -> None:
        (parts,) = operands
        pen, state = self.pen or self.begin_run(), self.state
        for part in parts:  # type: ignore[union-attr]
            if isinstance(part, bytes):
                pen.show(part, state)
            elif isinstance(part, float):
                pen.advance(part, state)

    def show_on_next_line(self, operands: list[Operand]) -> None:
        self.next_line([])
        self.show(operands)

    def show_spaced_on_next_line(self, operands: list[Operand]) -> None:
        words, letters, codes = operands
        self.state.word_spacing, self.state.spacing = float(words), float(letters)  # type: ignore[arg-type]
        self.show_on_next_line([codes])

    def begin_text(self, operands: list[Operand]) -> None:
        self.line = self.text = IDENTITY

    def set_text_matrix(self, operands: list[Operand]) -> None:
        self.line = self.text = _read_matrix(operands)

    def move_line(self, operands: list[Operand]) -> None:
        x, y = operands
        self.line = self.text = _multiply((1, 0, 0, 1, float(x), float(y)), self.line)  # type: ignore[arg-type]

    def move_line_and_lead(self, operands: list[Operand]) -> None:
        self.move_line(operands)
        self.state.leading = -float(operands[1])  # type: ignore[arg-type]

    def next_line(self, operands: list[Operand]) -> None:
        self.move_line([0.0, -self.state.leading])

    def set_font(self, operands: list[Operand]) -> None:
        name, size = operands
        if name not in self.fonts:
            self.fonts[name] = self.painter.font_of(self.resources["/Font"][name])
        self.state.font, self.state.size = self.fonts[name], float(size)  # type: ignore[arg-type]

    def set_leading(self, operands: list[Operand]) -> None:
        self.state.leading = float(operands[0])  # type: ignore[arg-type]

    def set_spacing(self, operands: list[Operand]) -> None:
        self.state.spacing = float(operands[0])  # type: ignore[arg-type]

    def set_word_spacing(self, operands: list[Operand]) -> None:
        self.state.word_spacing = float(operands[0])  # type: ignore[arg-type]

    def set_scale(self, operands: list[Operand]) -> None:
        self.state.scale = float(operands[0]) / 100  # type: ignore[arg-type]

    def set_mode(self, operands: list[Operand]) -> None:
        self.state.mode = int(operands[0])  # type: ignore[arg-type]

    def set_rise(self, operands: list[Operand]) -> None:
        self.state.rise = float(operands[0])  # type: ignore[arg-type]

    # --- marked content

    def begin_mark(self, operands: list[Operand]) -> None:
        # Before anything can go wrong: each end of marked content needs its beginning.
        self.marks.append(self.marks[-1])
        self.marks[-1] = self.read_mark(self.marks[-2], operands)

    def end_mark(self, operands: list[Operand]) -> None:
        if len(self.marks) > 1:
            self.marks.pop()

    def read_mark(self, around: Mark, operands: list[Operand]) -> Mark:
        """Return the marked content that begins here. What is in an artifact is one itself."""
        tag = operands[0]
        properties: PdfObject = operands[1] if len(operands) > 1 else None
        if properties is None:
            # Always a mark of its own: runs in different marks are different runs.
            return replace(around, is_artifact=around.is_artifact or tag == "/Artifact")
        is_hidden = around.is_hidden
        if isinstance(properties, str):
            properties = entry(entry(self.resources, "/Properties"), properties)
            is_hidden = is_hidden or (tag == "/OC" and self.is_hidden(properties))
        if not is_mapping(properties):
            properties = {}
        mcid, actual = properties.get("/MCID"), properties.get("/ActualText", properties.get("/E"))
        language = properties.get("/Lang")
        return Mark(
            around.mcid if mcid is None else int(mcid),
            around.is_artifact or tag == "/Artifact",
            around.language if language is None else to_text(language),
            around.stream,
            around.actual if actual is None else [to_text(actual)],
            is_hidden,
        )

    def is_hidden(self, layer: PdfObject) -> bool:
        """Tell whether a layer, or all layers of a group, are off."""
        if not self.painter.hidden or not is_mapping(layer):
            return False
        members: PdfObject = layer.get("/OCGs")
        if members is None:
            return layer.objgen in self.painter.hidden
        groups = items_of(members, _MOST_PARTS)
        return bool(groups) and all(group.objgen in self.painter.hidden for group in groups)

    # --- the graphics state

    def save(self, operands: list[Operand]) -> None:
        self.saved.append(self.state.copy())

    def restore(self, operands: list[Operand]) -> None:
        if self.saved:
            self.state = self.saved.pop()

    def concatenate(self, operands: list[Operand]) -> None:
        self.state.matrix = _multiply(_read_matrix(operands), self.state.matrix)

    def set_line_width(self, operands: list[Operand]) -> None:
        self.state.line_width = float(operands[0])  # type: ignore[arg-type]

    def set_state(self, operands: list[Operand]) -> None:
        name = operands[0]
        if name not in self.settings:
            settings: PdfObject = entry(entry(self.resources, "/ExtGState"), str(name))
            alpha, width = entry(settings, "/ca"), entry(settings, "/LW")
            self.settings[name] = (
                None if alpha is None else float(alpha),
                None if width is None else float(width),
            )
        alpha, width = self.settings[name]
        if alpha is not None:
            self.state.fill_alpha = alpha
        if width is not None:
            self.state.line_width = width

    # --- colours

    def set_fill(self, operands: list[Operand]) -> None:
        self.state.fill = _paint_of(tuple(operands))

    def set_stroke(self, operands: list[Operand]) -> None:
        self.state.stroke = _paint_of(tuple(operands))

    def set_fill_space(self, operands: list[Operand]) -> None:
        space = self.spaces["fill"] = read_space(operands[0], self.resources)
        self.state.fill = _black(space)

    def set_stroke_space(self, operands: list[Operand]) -> None:
        space = self.spaces["stroke"] = read_space(operands[0], self.resources)
        self.state.stroke = _black(space)

    def set_fill_colour(self, operands: list[Operand]) -> None:
        self.state.fill = self.colour(operands, "fill")

    def set_stroke_colour(self, operands: list[Operand]) -> None:
        self.state.stroke = self.colour(operands, "stroke")

    def colour(self, operands: list[Operand], use: str) -> Paint:
        if any(isinstance(number, str) for number in operands):
            return _OTHER
        return _paint_of(tuple(operands), self.spaces[use])

    # --- paths

    def move(self, operands: list[Operand]) -> None:
        self.path.begin()
        self.draw_line(operands)

    def draw_line(self, operands: list[Operand]) -> None:
        x, y = operands
        a, b, c, d, e, f = self.state.matrix
        self.path.xs.append(a * x + c * y + e)  # type: ignore[operator]
        self.path.ys.append(b * x + d * y + f)  # type: ignore[operator]

    def draw_curve(self, operands: list[Operand]) -> None:
        for at in range(0, len(operands), 2):
            self.draw_line(operands[at : at + 2])

    def draw_box(self, operands: list[Operand]) -> None:
        x, y, width, height = map(float, operands)  # type: ignore[arg-type]
        a, b, c, d, e, f = self.state.matrix
        path = self.path
        path.begin()
        x1, y1 = x + width, y + height
        path.xs += (a * x + c * y + e, a * x1 + c * y1 + e, a * x1 + c * y + e, a * x + c * y1 + e)
        path.ys += (b * x + d * y + f, b * x1 + d * y1 + f, b * x1 + d * y + f, b * x + d * y1 + f)

    def clip(self, operands: list[Operand]) -> None:
        self.clips = True

    def end_path(self, operands: list[Operand]) -> None:
        if self.clips and (box := self.path.bounds()):
            self.state.clip = _intersect(self.state.clip, box)
        self.path, self.clips = _Path(), False

    def fill(self, operands: list[Operand]) -> None:
        self.fill_path()
        self.end_path(operands)

    def stroke(self, operands: list[Operand]) -> None:
        self.stroke_path()
        self.end_path(operands)

    def fill_and_stroke(self, operands: list[Operand]) -> None:
        self.fill_path()
        self.stroke_path()
        self.end_path(operands)

    def fill_path(self) -> None:
        box, state = self.path.bounds(), self.state
        if box and (seen := _intersect(state.clip, box)) and state.fill_alpha > 0 and seen[2] >= seen[0]:
            thin = min(self.path.thin, seen[2] - seen[0], seen[3] - seen[1])
            self.add_shape("fill", seen, thin, state.fill, self.path.parts)

    def stroke_path(self) -> None:
        box, state = self.path.bounds(), self.state
        if box:
            a, b, c, d, _, _ = state.matrix
            width = state.line_width * math.sqrt(abs(a * d - b * c))
            half = width / 2
            drawn = (box[0] - half, box[1] - half, box[2] + half, box[3] + half)
            self.add_shape(
                "stroke", _intersect(state.clip, drawn) or drawn, width, state.stroke, self.path.parts
            )

    def shade(self, operands: list[Operand]) -> None:
        self.add_shape("fill", self.state.clip or self.painting.frame.trim, 0.0, _OTHER, 1)

    def add_shape(
        self, kind: Literal["fill", "stroke"], box: Box, thin: float, colour: Paint, parts: int
    ) -> None:
        mark = self.marks[-1]
        if mark.is_hidden:
            return
        frame = self.painting.frame
        place = frame.to_mm(box)
        self.painting.note(mark, place)
        self.painter.budget.pieces -= 1
        self.painting.shapes.append(
            Shape(
                frame.page,
                kind,
                place,
                _clamp(thin * frame.mm / MM_PER_PT),
                colour.rgb,
                colour.space,
                parts,
                mark.is_artifact or mark.mcid < 0,
                colour.inks,
            )
        )

    # --- forms and images

    def draw(self, operands: list[Operand]) -> None:
        form: PdfObject = self.resources["/XObject"][operands[0]]
        state, mark = self.state, self.marks[-1]
        if "/OC" in form and self.is_hidden(form["/OC"]):
            mark = replace(mark, is_hidden=True)
        kind = form.get("/Subtype")
        if kind == "/Form":
            inner = state.copy()
            inner.matrix = _multiply(_read_matrix(form.get("/Matrix", IDENTITY)), state.matrix)
            if "/BBox" in form:
                x1, y1, x2, y2 = (float(number) for number in form.BBox)
                box = _span([(x1, y1), (x2, y2), (x1, y2), (x2, y1)], inner.matrix)
                inner.clip = _intersect(state.clip, box)
            if "/StructParents" in form and form.objgen[0]:
                # Its marked content is numbered for itself.
                mark = replace(mark, mcid=-1, stream=form.objgen[0])
            resources = form.get("/Resources", self.resources)
            hand = _Hand(self.painter, self.painting, resources, inner, mark, self.depth + 1)
            within = self.painter.within
            if form.objgen in within:
                raise ValueError("a form within itself")
            within.append(form.objgen)
            try:
                hand.run(self.painter.read_form(form))
            finally:
                within.pop()
        elif kind == "/Image":
            self.draw_image(form, mark)

    def draw_inline_image(self, operands: list[Operand]) -> None:
        image: PdfObject = operands[0]
        self.draw_image({_IMAGE_KEYS.get(key, key): value for key, value in image.items()}, self.marks[-1])

    def draw_image(self, image: PdfObject, mark: Mark) -> None:
        is_mask = bool(image.get("/ImageMask", False))
        space: Space = "gray" if is_mask else read_space(image.get("/ColorSpace"), self.resources)
        bits = 1 if is_mask else int(image.get("/BitsPerComponent", 8))
        size = int(image.get("/Width", 0)), int(image.get("/Height", 0))
        a, b, c, d, _, _ = self.state.matrix
        frame = self.painting.frame
        inches = (
            math.hypot(a, b) * frame.mm / _MM_PER_INCH,
            math.hypot(c, d) * frame.mm / _MM_PER_INCH,
        )
        dpi = min((n / inch for n, inch in zip(size, inches, strict=True) if inch > 0), default=0.0)
        box = _span([(0, 0), (1, 1), (1, 0), (0, 1)], self.state.matrix)
        if mark.is_hidden:
            return
        place = frame.to_mm(_intersect(self.state.clip, box) or box)
        self.painting.note(mark, place)
        self.painter.budget.pieces -= 1
        self.painting.images.append(
            Image(
                frame.page,
                place,
                *size,
                round(min(dpi, _FARTHEST_MM), 1),
                space,
                bits == 1,
                bool(image.get("/Interpolate", False)),
                mark.is_artifact or mark.mcid < 0,
            )
        )


_MM_PER_INCH = 25.4
# ISO 32000-1, table 93.
_IMAGE_KEYS = {
    "/BPC": "/BitsPerComponent",
    "/CS": "/ColorSpace",
    "/H": "/Height",
    "/IM": "/ImageMask",
    "/I": "/Interpolate",
    "/W": "/Width",
}
_OPERATORS = {
    b"q": "save", b"Q": "restore", b"cm": "concatenate", b"gs": "set_state", b"w": "set_line_width",
    b"BT": "begin_text", b"ET": "begin_text", b"Tf": "set_font", b"Tm": "set_text_matrix", b"Td": "move_line",
    b"TD": "move_line_and_lead", b"T*": "next_line", b"TL": "set_leading", b"Tc": "set_spacing",
    b"Tw": "set_word_spacing", b"Tz": "set_scale", b"Ts": "set_rise", b"Tr": "set_mode", b"TJ": "show_all",
    b"Tj": "show", b"'": "show_on_next_line", b'"': "show_spaced_on_next_line", b"BMC": "begin_mark",
    b"BDC": "begin_mark", b"EMC": "end_mark", b"Do": "draw", b"BI": "draw_inline_image", b"sh": "shade",
    b"m": "move", b"l": "draw_line", b"c": "draw_curve", b"v": "draw_curve", b"y": "draw_curve",
    b"re": "draw_box",
    b"f": "fill", b"F": "fill", b"f*": "fill", b"B": "fill_and_stroke", b"B*": "fill_and_stroke",
    b"b": "fill_and_stroke", b"b*": "fill_and_stroke", b"S": "stroke", b"s": "stroke", b"n": "end_path",
    b"W": "clip", b"W*": "clip", b"g": "set_fill", b"rg": "set_fill", b"k": "set_fill", b"G": "set_stroke",
    b"RG": "set_stroke", b"K": "set_stroke", b"cs": "set_fill_space", b"CS": "set_stroke_space",
    b"sc": "set_fill_colour", b"scn": "set_fill_colour", b"SC": "set_stroke_colour",
    b"SCN": "set_stroke_colour",
}  # fmt: skip


@lru_cache(maxsize=1)
def _operators() -> dict[bytes, Callable[[_Hand, list[Operand]], None]]:
    return {name: getattr(_Hand, method) for name, method in _OPERATORS.items()}


# A risen glyph (an accent placed by the font) belongs to its run.
_WITHIN_RUNS = frozenset((b"TJ", b"Tj", b"Ts"))
_BLACK: dict[Space, tuple[float, ...]] = {
    "gray": (0.0,),
    "rgb": (0.0, 0.0, 0.0),
    "cmyk": (0.0, 0.0, 0.0, 1.0),
    "all": (1.0,),
}


def _black(space: Space) -> Paint:
    """Return the colour that a colour space begins with."""
    return _paint_of(_BLACK[space], space) if space in _BLACK else _OTHER


def _span(points: list[tuple[float, float]], matrix: Matrix) -> Box:
    a, b, c, d, e, f = matrix
    xs = [a * x + c * y + e for x, y in points]
    ys = [b * x + d * y + f for x, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def find_inherited(page: PdfObject, key: str) -> PdfObject:
    """Return what a page or the page tree above it says (`/Resources`, `/MediaBox`, `/Rotate`), or None."""
    owner = page
    for _ in range(_DEEPEST_TREE):
        if not is_mapping(owner):
            break
        found = owner.get(key)
        if found is not None:
            return found
        owner = owner.get("/Parent")
    return None
