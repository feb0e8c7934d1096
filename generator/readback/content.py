"""Read content streams: what is painted where, in which colour, inside which clip.

Source: ISO 32000-1:2008, 8.3 (coordinates), 8.4 (graphics state), 8.5 (paths), 8.6 (colour), 8.9 (images),
9.4 (text), 14.6 (marked content).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from generator.readback.model import MM_PER_PT, Box, Image, Rgb, Run, Shape, Space
from generator.readback.programs import Font
from generator.readback.structure import Place

Matrix = tuple[float, float, float, float, float, float]
# Anything may stand anywhere in a PDF; what is not as expected raises, and `read_pdf` catches it.
PdfObject: TypeAlias = Any

IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

# Deeper nesting than this is an attack, not a drawing.
_DEEPEST_FORM = 16
_DEEPEST_TREE = 64
# A page of ours has 10,000 operators, a map of a city 300,000.
_MOST_OPERATORS = 2_000_000


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


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a page's millimetres begin: its number and its trim in pt, and the language of the file."""

    page: int
    trim: Box
    language: str

    def to_mm(self, box: Box) -> Box:
        """Return a box of user space in mm from the top left corner of the trim, y downwards."""
        left, bottom, right, top = box
        return (
            round((left - self.trim[0]) * MM_PER_PT, 2),
            round((self.trim[3] - top) * MM_PER_PT, 2),
            round((right - self.trim[0]) * MM_PER_PT, 2),
            round((self.trim[3] - bottom) * MM_PER_PT, 2),
        )


@dataclass(frozen=True, slots=True)
class Paint:
    """A colour to paint with; `rgb` is None for patterns and for colours that need a profile."""

    rgb: Rgb | None = (0.0, 0.0, 0.0)
    space: Space = "gray"


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
    """The marked content that painting is in: its MCID or -1, an artifact or not, its own language."""

    mcid: int = -1
    is_artifact: bool = False
    language: str = ""


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
    letters: list[str] = field(default_factory=list)
    glyphs: list[int] = field(default_factory=list)
    ink: list[float] | None = None

    def show(self, codes: bytes, state: _State) -> None:
        """Set the glyphs of a string."""
        font, size, scale, rise, x = self.font, self.size, state.scale, state.rise, self.x
        known = font.known
        for code, is_space in font.split(codes):
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
            if is_space:
                x += state.word_spacing * scale
        self.x = x

    def finish(self, frame: Frame, place: Place | None) -> Run:
        """Return the run as a reader meets it."""
        a, b, c, d, e, f = self.matrix
        ink: Box | None = None
        text = "".join(self.letters)
        if self.ink is None and not self.font.boxes and text.strip():
            # No outlines to measure: take the em box of a CJK font.
            self.ink = [0.0, -0.12 * self.size, self.x, 0.88 * self.size]
        if self.ink:
            left, bottom, right, top = self.ink
            corners = [(x, y) for x in (left, right) for y in (bottom, top)]
            xs = [a * x + c * y + e for x, y in corners]
            ys = [b * x + d * y + f for x, y in corners]
            ink = frame.to_mm((min(xs), min(ys), max(xs), max(ys)))
        return Run(
            page=frame.page,
            letters=tuple(self.letters),
            glyphs=tuple(self.glyphs),
            font=self.font.facts.name,
            face=self.font.facts.face,
            size_pt=round(abs(self.size) * math.hypot(c, d), 3),
            x_mm=round((e - frame.trim[0]) * MM_PER_PT, 2),
            y_mm=round((frame.trim[3] - f) * MM_PER_PT, 2),
            width_mm=round(self.x * math.hypot(a, b) * MM_PER_PT, 2),
            ink_mm=ink,
            language=self.mark.language or (place.language if place else frame.language),
            is_artifact=self.mark.is_artifact or place is None,
            role=place.role if place else "",
            block=place.block if place else 0,
            rgb=self.paint.rgb,
            space=self.paint.space,
            is_visible=self.is_visible,
            clip_mm=frame.to_mm(self.clip) if self.clip else None,
        )


@dataclass(slots=True)
class Painting:
    """What a page paints; `drawn` are the boxes of what is no text, by MCID."""

    frame: Frame
    pens: list[Pen] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    drawn: dict[int, list[Box]] = field(default_factory=dict)

    def note(self, mark: Mark, box: Box) -> None:
        """Remember that something that is no text was drawn in marked content."""
        if mark.mcid >= 0 and not mark.is_artifact:
            self.drawn.setdefault(mark.mcid, []).append(box)


# --- paths -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Path:
    """The path that is being built, in user space of the page."""

    box: list[float] | None = None
    part: list[float] | None = None
    parts: int = 0
    thin: float = math.inf

    def begin(self) -> None:
        self._close()
        self.parts += 1

    def reach(self, x: float, y: float) -> None:
        part = self.part
        if part is None:
            self.part = [x, y, x, y]
            return
        if x < part[0]:
            part[0] = x
        elif x > part[2]:
            part[2] = x
        if y < part[1]:
            part[1] = y
        elif y > part[3]:
            part[3] = y

    def _close(self) -> None:
        part = self.part
        if part is None:
            return
        self.thin = min(self.thin, part[2] - part[0], part[3] - part[1])
        if self.box is None:
            self.box = list(part)
        else:
            box = self.box
            self.box = [
                min(box[0], part[0]),
                min(box[1], part[1]),
                max(box[2], part[2]),
                max(box[3], part[3]),
            ]
        self.part = None

    def bounds(self) -> Box | None:
        self._close()
        return (self.box[0], self.box[1], self.box[2], self.box[3]) if self.box else None


def _intersect(one: Box | None, other: Box | None) -> Box | None:
    """Return what two boxes share (nothing is a box without area); None is the whole page."""
    if one is None or other is None:
        return one or other
    left, bottom = max(one[0], other[0]), max(one[1], other[1])
    return left, bottom, max(left, min(one[2], other[2])), max(bottom, min(one[3], other[3]))


# --- colours -----------------------------------------------------------------------------------


def _paint_of(numbers: list[float], space: Space | None = None) -> Paint:
    """Return the colour of operands: one is gray, three are RGB, four CMYK."""
    clean = [min(max(number, 0.0), 1.0) for number in numbers]
    if space == "other":
        return Paint(None, "other")
    if len(clean) == 1:
        return Paint((clean[0], clean[0], clean[0]), "gray")
    if len(clean) == 3:
        return Paint((clean[0], clean[1], clean[2]), "rgb")
    if len(clean) == 4:
        # Without a profile: what ink leaves of the paper's light.
        c, m, y, k = clean
        return Paint(((1 - c) * (1 - k), (1 - m) * (1 - k), (1 - y) * (1 - k)), "cmyk")
    return Paint(None, "other")


def read_space(space: PdfObject, resources: PdfObject) -> Space:
    """Return the kind of a colour space, by name or as an array."""
    import pikepdf

    if isinstance(space, pikepdf.Name):
        space = resources.get("/ColorSpace", {}).get(str(space), space)
    if space is None:
        return "other"
    kind = str(space) if isinstance(space, pikepdf.Name) else str(space[0])
    if kind in ("/DeviceGray", "/CalGray", "/G"):
        return "gray"
    if kind in ("/DeviceRGB", "/CalRGB", "/RGB"):
        return "rgb"
    if kind in ("/DeviceCMYK", "/CMYK"):
        return "cmyk"
    if kind == "/ICCBased":
        kinds: dict[int, Space] = {1: "gray", 3: "rgb", 4: "cmyk"}
        return kinds.get(int(space[1].get("/N", 0)), "other")
    if kind in ("/Indexed", "/I"):
        return read_space(space[1], resources)
    return "other"


# --- the stream --------------------------------------------------------------------------------

_OPERATORS = (
    "q Q cm gs w BT Tf Tm Td TD T* TL Tc Tw Tz Ts Tr TJ Tj ' \" BMC BDC EMC Do "
    "m l c v y h re f F f* B B* b b* S s n W W* sh g G rg RG k K cs CS sc scn SC SCN BI ID EI"
)
_FILLS = frozenset(("f", "F", "f*", "B", "B*", "b", "b*"))
_STROKES = frozenset(("S", "s", "B", "B*", "b", "b*"))
_POINTS = {"m": (0,), "l": (0,), "c": (0, 2, 4), "v": (0, 2), "y": (0, 2)}


def paint(
    page: PdfObject, resources: PdfObject, frame: Frame, font_of: Callable[[PdfObject], Font]
) -> Painting:
    """Paint a page; what it shows stands in the order of painting."""
    painting = Painting(frame)
    _Painter(painting, font_of).run(page, resources, _State(), Mark(), 0)
    return painting


@dataclass(slots=True)
class _Painter:
    painting: Painting
    font_of: Callable[[PdfObject], Font]
    left: int = _MOST_OPERATORS

    def run(self, stream: PdfObject, resources: PdfObject, state: _State, mark: Mark, depth: int) -> None:
        import pikepdf

        if depth > _DEEPEST_FORM:
            raise ValueError("forms within forms without end")
        saved: list[_State] = []
        marks = [mark]
        line = text = IDENTITY
        pen: Pen | None = None
        path = _Path()
        clips = False
        spaces: dict[str, Space] = {"cs": "gray", "CS": "gray"}
        by_name: dict[str, Font] = {}
        for instruction in pikepdf.parse_content_stream(stream, _OPERATORS):
            operands: PdfObject = instruction.operands
            what = str(instruction.operator)
            self.left -= 1
            if self.left < 0:
                raise ValueError("more operators than any drawing has")
            if what in ("TJ", "Tj", "'", '"'):
                if what in ("'", '"'):
                    if what == '"':
                        state.word_spacing, state.spacing = float(operands[0]), float(operands[1])
                    line = text = _multiply((1, 0, 0, 1, 0, -state.leading), line)
                    self._end(pen)
                    pen = None
                if state.font is None:
                    raise ValueError("text without a font")
                if pen is None:
                    pen = Pen(
                        marks[-1],
                        state.font,
                        state.size,
                        _multiply(text, state.matrix),
                        state.stroke if state.mode in (1, 5) else state.fill,
                        state.mode not in (3, 7) and state.fill_alpha > 0,
                        state.clip,
                    )
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
            points = _POINTS.get(what)
            if points is not None:
                a, b, c, d, e, f = state.matrix
                if what == "m":
                    path.begin()
                for at in points:
                    x, y = float(operands[at]), float(operands[at + 1])
                    path.reach(a * x + c * y + e, b * x + d * y + f)
                continue
            if what == "re":
                a, b, c, d, e, f = state.matrix
                x, y, width, height = (float(number) for number in operands)
                path.begin()
                for x_, y_ in ((x, y), (x + width, y + height), (x + width, y), (x, y + height)):
                    path.reach(a * x_ + c * y_ + e, b * x_ + d * y_ + f)
                continue
            if what == "h":
                continue
            if pen:
                # Where the next string of this line would stand.
                text = _multiply((1, 0, 0, 1, pen.x, 0), text)
                self._end(pen)
                pen = None
            if what in _FILLS or what in _STROKES or what == "n":
                box = path.bounds()
                if box and what in _FILLS:
                    self._fill(box, path, state, marks[-1])
                if box and what in _STROKES:
                    self._stroke(box, path, state, marks[-1])
                if clips and box:
                    state.clip = _intersect(state.clip, box)
                path, clips = _Path(), False
            elif what in ("W", "W*"):
                clips = True
            elif what == "q":
                saved.append(state.copy())
            elif what == "Q":
                if saved:
                    state = saved.pop()
            elif what == "cm":
                state.matrix = _multiply(_read_matrix(operands), state.matrix)
            elif what == "w":
                state.line_width = float(operands[0])
            elif what == "gs":
                self._set(resources, str(operands[0]), state)
            elif what in ("g", "rg", "k"):
                state.fill = _paint_of([float(number) for number in operands])
            elif what in ("G", "RG", "K"):
                state.stroke = _paint_of([float(number) for number in operands])
            elif what in ("cs", "CS"):
                spaces[what] = read_space(operands[0], resources)
                black = _paint_of([0.0] if spaces[what] != "other" else [], spaces[what])
                state.fill, state.stroke = (black, state.stroke) if what == "cs" else (state.fill, black)
            elif what in ("sc", "scn", "SC", "SCN"):
                is_fill = what.islower()
                space = spaces["cs" if is_fill else "CS"]
                numbers = [float(n) for n in operands if not isinstance(n, pikepdf.Name)]
                colour = _paint_of(numbers, space)
                state.fill, state.stroke = (colour, state.stroke) if is_fill else (state.fill, colour)
            elif what == "BT":
                line = text = IDENTITY
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
                    by_name[name] = self.font_of(resources.Font[name])
                state.font, state.size = by_name[name], float(operands[1])
            elif what == "TL":
                state.leading = float(operands[0])
            elif what == "Tc":
                state.spacing = float(operands[0])
            elif what == "Tw":
                state.word_spacing = float(operands[0])
            elif what == "Tz":
                state.scale = float(operands[0]) / 100
            elif what == "Tr":
                state.mode = int(operands[0])
            elif what in ("BMC", "BDC"):
                marks.append(_read_mark(marks[-1], operands, resources))
            elif what == "EMC":
                if len(marks) > 1:
                    marks.pop()
            elif what == "sh":
                box = state.clip or self.painting.frame.trim
                self._shape("fill", box, 0.0, Paint(None, "other"), 1, marks[-1])
            elif what == "INLINE IMAGE":
                self._inline_image(operands[0], state, marks[-1], resources)
            elif what == "Do":
                self._draw(resources.XObject[str(operands[0])], resources, state, marks[-1], depth)
        self._end(pen)

    def _end(self, pen: Pen | None) -> None:
        if pen:
            self.painting.pens.append(pen)

    def _set(self, resources: PdfObject, name: str, state: _State) -> None:
        settings = resources.get("/ExtGState", {}).get(name, {})
        if "/ca" in settings:
            state.fill_alpha = float(settings["/ca"])
        if "/LW" in settings:
            state.line_width = float(settings["/LW"])

    def _fill(self, box: Box, path: _Path, state: _State, mark: Mark) -> None:
        seen = _intersect(state.clip, box)
        if seen and state.fill_alpha > 0 and seen[2] >= seen[0]:
            thin = min(path.thin, seen[2] - seen[0], seen[3] - seen[1])
            self._shape("fill", seen, thin, state.fill, path.parts, mark)

    def _stroke(self, box: Box, path: _Path, state: _State, mark: Mark) -> None:
        a, b, c, d, _, _ = state.matrix
        width = state.line_width * math.sqrt(abs(a * d - b * c))
        half = width / 2
        drawn = (box[0] - half, box[1] - half, box[2] + half, box[3] + half)
        seen = _intersect(state.clip, drawn) or drawn
        self._shape("stroke", seen, width, state.stroke, path.parts, mark)

    def _shape(
        self, kind: Literal["fill", "stroke"], box: Box, thin: float, colour: Paint, parts: int, mark: Mark
    ) -> None:
        frame = self.painting.frame
        place = frame.to_mm(box)
        self.painting.note(mark, place)
        self.painting.shapes.append(
            Shape(
                frame.page,
                kind,
                place,
                round(thin, 3),
                colour.rgb,
                colour.space,
                parts,
                mark.is_artifact or mark.mcid < 0,
            )
        )

    def _draw(self, form: PdfObject, resources: PdfObject, state: _State, mark: Mark, depth: int) -> None:
        kind = form.get("/Subtype")
        if kind == "/Form":
            inner = state.copy()
            inner.matrix = _multiply(_read_matrix(form.get("/Matrix", IDENTITY)), state.matrix)
            if "/BBox" in form:
                x1, y1, x2, y2 = (float(number) for number in form.BBox)
                box = _span([(x1, y1), (x2, y2), (x1, y2), (x2, y1)], inner.matrix)
                inner.clip = _intersect(state.clip, box)
            self.run(form, form.get("/Resources", resources), inner, mark, depth + 1)
        elif kind == "/Image":
            is_mask = bool(form.get("/ImageMask", False))
            space: Space = "gray" if is_mask else read_space(form.get("/ColorSpace"), resources)
            bits = 1 if is_mask else int(form.get("/BitsPerComponent", 8))
            size = int(form.get("/Width", 0)), int(form.get("/Height", 0))
            self._image(size, space, bits == 1, bool(form.get("/Interpolate", False)), state, mark)

    def _inline_image(self, image: PdfObject, state: _State, mark: Mark, resources: PdfObject) -> None:
        size = int(image.width), int(image.height)
        self._image(size, "other", int(image.bits_per_component) == 1, False, state, mark)

    def _image(
        self,
        size: tuple[int, int],
        space: Space,
        is_bitonal: bool,
        interpolates: bool,
        state: _State,
        mark: Mark,
    ) -> None:
        a, b, c, d, _, _ = state.matrix
        inches = math.hypot(a, b) / 72, math.hypot(c, d) / 72
        dpi = min((n / inch for n, inch in zip(size, inches, strict=True) if inch > 0), default=0.0)
        box = _span([(0, 0), (1, 1), (1, 0), (0, 1)], state.matrix)
        frame = self.painting.frame
        place = frame.to_mm(_intersect(state.clip, box) or box)
        self.painting.note(mark, place)
        self.painting.images.append(
            Image(
                frame.page,
                place,
                *size,
                round(dpi, 1),
                space,
                is_bitonal,
                interpolates,
                mark.is_artifact or mark.mcid < 0,
            )
        )


def _span(points: list[tuple[float, float]], matrix: Matrix) -> Box:
    a, b, c, d, e, f = matrix
    xs = [a * x + c * y + e for x, y in points]
    ys = [b * x + d * y + f for x, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _read_mark(around: Mark, operands: PdfObject, resources: PdfObject) -> Mark:
    """Return the marked content that begins here. What is in an artifact is one itself."""
    import pikepdf

    is_artifact = around.is_artifact or str(operands[0]) == "/Artifact"
    mcid, language = around.mcid, around.language
    properties: PdfObject = operands[1] if len(operands) > 1 else None
    if isinstance(properties, pikepdf.Name):
        properties = resources.get("/Properties", {}).get(str(properties))
    if isinstance(properties, pikepdf.Dictionary):
        mcid = int(properties.get("/MCID", mcid))
        language = str(properties.get("/Lang", language))
    return Mark(mcid, is_artifact, language)


def find_resources(page: PdfObject) -> PdfObject:
    """Return the resources of a page, which may be inherited from the page tree."""
    owner = page
    for _ in range(_DEEPEST_TREE):
        if "/Resources" in owner or "/Parent" not in owner:
            break
        owner = owner.Parent
    return owner.get("/Resources", {})
