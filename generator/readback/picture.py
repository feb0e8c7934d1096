"""Look at the pages as a camera would: what stands behind the type, and which codes can be read.

The only room for PDFium, Pillow and ZXing. What is drawn is a picture of the finished bytes, by a renderer
that is not the one of the printer; so nothing here decides about shapes of characters, only about light,
dark and codes.

Sources: ISO/IEC 18004:2015 (QR), 5.3.8 and 9.1 (quiet zone of 4 modules); ISO/IEC 15415 (symbol contrast).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from generator.readback.model import MM_PER_PT, Box, Image, Inks, Rgb, Run, Shape, Symbol

MM_PER_INCH = 25.4

# Fine enough for type of 8 pt, whose strokes are then a pixel wide.
_LIGHT_DPI = 100
# A cheap laser printer's, and a telephone's camera at arm's length that does not hold still.
_SHARP_DPI = 300
_BLURRED_DPI = 150
_BLUR_PX = 1.0
# A sheet of A3 at 300 dpi has 17 million; what is larger is looked at more coarsely.
_MOST_PIXELS = 25_000_000

# A drawing of this many pieces, about as wide as it is high, may be a code.
_FEWEST_PARTS = 40
_SMALLEST_MM, _LARGEST_MM = 4.0, 90.0
_MARGIN_MM = 8.0
_WANTED_QUIET = 4.0
# The zone counts as clear while it is lighter than this part of the way from the code's light to its dark.
_QUIET_DEPTH = 0.3


@dataclass(frozen=True, slots=True)
class Sheet:
    """How a page lies on its rendering: the left top corner of the trim in mm from that of the crop box.

    `mm` is the length of a unit of user space.
    """

    left_mm: float
    top_mm: float
    mm: float = MM_PER_PT


class UndrawableError(ValueError):
    """Raised when the renderer cannot open a file or draw a page of it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the camera saw: the colours behind the runs, one each, and the codes of all pages."""

    backdrops: tuple[Rgb | None, ...]
    symbols: tuple[Symbol, ...]
    complaints: tuple[str, ...] = ()


def look(
    pdf: bytes,
    sheets: Sequence[Sheet],
    runs: Sequence[Run],
    shapes: Sequence[Shape],
    images: Sequence[Image],
    *,
    thorough: bool = False,
) -> Seen:
    """Render the pages and look at them.

    Codes are sought where a drawing or an image may be one, and with `thorough` on the whole page.

    Raises:
        UndrawableError: the renderer cannot open the file or a page of it.
    """
    import pypdfium2

    backdrops: list[Rgb | None] = [None] * len(runs)
    symbols: list[Symbol] = []
    by_page: dict[int, list[tuple[int, Run]]] = {}
    for index, run in enumerate(runs):
        if run.ink_mm:
            by_page.setdefault(run.page, []).append((index, run))
    try:
        document = pypdfium2.PdfDocument(pdf)
        try:
            for number, sheet in enumerate(sheets, start=1):
                page = document[number - 1]
                camera = _Camera(page, sheet, number)
                if here := by_page.get(number):
                    for index, colour in _find_backdrops(camera, here):
                        backdrops[index] = colour
                symbols += _find_symbols(camera, _suspects(number, shapes, images), thorough)
                page.close()
        finally:
            document.close()
    except pypdfium2.PdfiumError as error:
        raise UndrawableError(f"the pages cannot be drawn: {error}") from error
    return Seen(tuple(backdrops), tuple(symbols))


def render_page(pdf: bytes, number: int, dpi: int) -> tuple[bytes, Box]:
    """Return a page (from 1) as PNG, and the box of the picture in mm from the crop box's corner.

    Raises:
        ValueError: the page cannot be drawn.
    """
    import io

    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(pdf)
        try:
            page = document[number - 1]
            page.set_rotation(0)
            width, height = page.get_size()
            image = page.render(scale=dpi / 72).to_pil()
        finally:
            document.close()
    except pypdfium2.PdfiumError as error:
        raise ValueError(f"the page cannot be drawn: {error}") from error
    file = io.BytesIO()
    image.convert("P", palette=1, colors=64).save(file, "png", optimize=True)
    return file.getvalue(), (0.0, 0.0, width / 72 * MM_PER_INCH, height / 72 * MM_PER_INCH)


# A page of a colour and nothing else; readers find its objects without a table of them.
_SWATCH = b"""%%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R>> endobj
4 0 obj <</Length %d>> stream
%s
endstream endobj
trailer <</Root 1 0 R>>
%%%%EOF
"""


@lru_cache(maxsize=1024)
def show_inks(inks: Inks) -> Rgb:
    """Return the colour of inks as the renderer shows it: it is compared with what is seen on the page."""
    import pypdfium2

    content = b"%.4f %.4f %.4f %.4f k 0 0 9 9 re f" % inks
    document = pypdfium2.PdfDocument(_SWATCH % (len(content), content))
    try:
        red, green, blue = document[0].render(rev_byteorder=True).to_pil().convert("RGB").getpixel((4, 4))
    finally:
        document.close()
    return red / 255, green / 255, blue / 255


@dataclass(slots=True)
class _Camera:
    """One page, to be photographed in any resolution and any part."""

    page: Any
    sheet: Sheet
    number: int

    def __post_init__(self) -> None:
        # The readback measures the page as it was drawn, not as it is shown.
        self.page.set_rotation(0)

    def shoot(
        self, dpi: int, box: Box | None = None, *, gray: bool = True
    ) -> tuple[Any, float, float, float]:
        """Return a picture, the mm of its left top corner, and its pixels a mm.

        `box` is of the trim, in mm; None is the page. The pixels are fewer than the dpi say where the
        picture would be too large.
        """
        mm = self.sheet.mm
        width, height = self.page.get_size()
        edges = (0.0, 0.0, 0.0, 0.0)
        left, top = -self.sheet.left_mm, -self.sheet.top_mm
        area = width * height
        if box:
            x0 = min(max((box[0] + self.sheet.left_mm) / mm, 0.0), width - 1)
            y0 = min(max((box[1] + self.sheet.top_mm) / mm, 0.0), height - 1)
            x1 = min(max((box[2] + self.sheet.left_mm) / mm, x0 + 1), width)
            y1 = min(max((box[3] + self.sheet.top_mm) / mm, y0 + 1), height)
            edges = (x0, height - y1, width - x1, y0)  # left, bottom, right, top
            left, top = x0 * mm - self.sheet.left_mm, y0 * mm - self.sheet.top_mm
            area = (x1 - x0) * (y1 - y0)
        scale = min(dpi / MM_PER_INCH * mm, math.sqrt(_MOST_PIXELS / max(area, 1.0)))
        picture = self.page.render(scale=scale, crop=edges, grayscale=gray, rev_byteorder=True).to_pil()
        return picture, left, top, scale / mm


# --- what is behind the type -------------------------------------------------------------------

# How many places of a run are looked at, across and down.
_PLACES = (9, 5)
# The first and the last of them lie at its edges, not in the middle of a ninth and a fifth.
_BEYOND = (0.04, 0.075)
# A little beyond the ink, where the ground shows between lines.
_AROUND_MM = 0.3
# A colour that covers less of the place than this is the edge of a letter, or a rule: one row of five.
_SHARE = 0.25
# Of a narrow letter, more of the ground around it is looked at.
_LEAST_MM = 2.0
_NEAR = 8


def _find_backdrops(camera: _Camera, runs: Sequence[tuple[int, Run]]) -> Iterator[tuple[int, Rgb]]:
    """Yield the colour that each run has the hardest time to stand out from."""
    picture, left, top, per_mm = camera.shoot(_LIGHT_DPI, gray=False)
    if picture.mode != "RGB":
        picture = picture.convert("RGB")
    width, height = picture.size
    for index, run in runs:
        assert run.ink_mm, "runs without ink were left out"
        x0, y0, x1, y1 = run.ink_mm
        # A stroke alone would be seen as its own ground.
        wider, taller = max(_LEAST_MM - x1 + x0, 0) / 2, max(_LEAST_MM - y1 + y0, 0) / 2
        x0, y0, x1, y1 = x0 - wider, y0 - taller, x1 + wider, y1 + taller
        beyond_x = (x1 - x0 + 2 * _AROUND_MM) * _BEYOND[0] + _AROUND_MM
        beyond_y = (y1 - y0 + 2 * _AROUND_MM) * _BEYOND[1] + _AROUND_MM
        box = (
            max((x0 - beyond_x - left) * per_mm, 0.0),
            max((y0 - beyond_y - top) * per_mm, 0.0),
            min((x1 + beyond_x - left) * per_mm, width),
            min((y1 + beyond_y - top) * per_mm, height),
        )
        if box[2] > box[0] and box[3] > box[1]:
            # The nearest pixel of each place, all at once.
            colours = picture.resize(_PLACES, 0, box).getcolors()
            yield index, _choose_backdrop(sorted(colours, key=_by_times), run.rgb)


def _by_times(colour: tuple[int, tuple[int, int, int]]) -> int:
    return -colour[0]


def _choose_backdrop(found: list[tuple[int, tuple[int, int, int]]], rgb: Rgb | None) -> Rgb:
    """Choose of colours, each with how often it was found, the most frequent first."""
    ink = None if rgb is None else [round(part * 255) for part in rgb]
    grounds = [
        (times, colour)
        for times, colour in found[:6]
        if ink is None
        or abs(colour[0] - ink[0]) > _NEAR
        or abs(colour[1] - ink[1]) > _NEAR
        or abs(colour[2] - ink[2]) > _NEAR
    ]
    fewest = _SHARE * _PLACES[0] * _PLACES[1]
    wide = [colour for times, colour in grounds if times >= fewest]
    if wide and ink is not None:
        light = sum(ink)
        chosen = min(wide, key=lambda colour: abs(sum(colour) - light))
    else:
        # All of one colour: type that cannot be seen.
        chosen = grounds[0][1] if grounds else found[0][1]
    red, green, blue = (part / 255 for part in chosen)
    return red, green, blue


# --- codes -------------------------------------------------------------------------------------


def _suspects(number: int, shapes: Sequence[Shape], images: Sequence[Image]) -> list[Box]:
    """Return where a code may be: square drawings of many pieces, square images; each place once."""
    boxes = [s.box_mm for s in shapes if s.page == number and s.parts >= _FEWEST_PARTS]
    boxes += [image.box_mm for image in images if image.page == number]
    found: list[Box] = []
    for box in boxes:
        width, height = box[2] - box[0], box[3] - box[1]
        if not (_SMALLEST_MM <= width <= _LARGEST_MM and 0.8 <= width / max(height, 0.01) <= 1.25):
            continue
        if not any(_covers(other, box) for other in found):
            found.append(box)
    return found


def _covers(one: Box, other: Box) -> bool:
    """Tell whether the middle of one box lies in the other."""
    x, y = (other[0] + other[2]) / 2, (other[1] + other[3]) / 2
    return one[0] <= x <= one[2] and one[1] <= y <= one[3]


def _find_symbols(camera: _Camera, suspects: Sequence[Box], thorough: bool) -> Iterator[Symbol]:
    found: list[Symbol] = []
    for box in suspects:
        place = (box[0] - _MARGIN_MM, box[1] - _MARGIN_MM, box[2] + _MARGIN_MM, box[3] + _MARGIN_MM)
        for symbol in _read_codes(camera, place):
            if not any(_covers(other.box_mm, symbol.box_mm) for other in found):
                found.append(symbol)
    if thorough:
        for symbol in _read_codes(camera, None):
            if not any(_covers(other.box_mm, symbol.box_mm) for other in found):
                found.append(symbol)
    yield from found


def _read_codes(camera: _Camera, place: Box | None) -> Iterator[Symbol]:
    """Read the codes of a place, sharp and blurred."""
    import zxingcpp
    from PIL import ImageFilter

    formats: Any = (zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.MicroQRCode)
    picture, left, top, per_mm = camera.shoot(_SHARP_DPI, place)
    sharp = zxingcpp.read_barcodes(picture, formats=formats, return_errors=True)
    codes = [code for code in sharp if code.valid] or list(sharp)
    if not codes:
        return
    small = camera.shoot(_BLURRED_DPI, place)[0].filter(ImageFilter.GaussianBlur(_BLUR_PX))
    blurred = {code.text for code in zxingcpp.read_barcodes(small, formats=formats) if code.valid}
    for code in codes:
        yield _measure(code, picture, (left, top, per_mm), camera.number, code.text in blurred)


def _measure(
    code: Any,  # noqa: ANN401
    picture: Any,  # noqa: ANN401
    place: tuple[float, float, float],
    page: int,
    reads_blurred: bool,
) -> Symbol:
    left, top, per_mm = place
    corners = [
        getattr(code.position, name) for name in ("top_left", "top_right", "bottom_right", "bottom_left")
    ]
    x0, x1 = min(c.x for c in corners), max(c.x for c in corners) + 1
    y0, y1 = min(c.y for c in corners), max(c.y for c in corners) + 1
    name = str(code.format)
    extra = code.extra if isinstance(code.extra, dict) else {}
    modules = _count_modules(name, str(extra.get("Version", "")))
    light, dark = _find_light_and_dark(picture.crop((x0, y0, x1, y1)))
    estimate = max(x1 - x0, y1 - y0) / modules if modules else 1.0
    # The finder pattern's outer ring is dark in a code of the right polarity.
    ring = picture.crop(
        (x0, y0 + round(estimate), x0 + max(round(estimate), 2), y0 + round(6 * estimate) + 1)
    )
    is_inverted = _mean(ring) > (light + dark) / 2
    if is_inverted:
        picture = picture.convert("L").point([255 - value for value in range(256)])
        light, dark = 255 - dark, 255 - light
    x0, y0, x1, y1 = _find_edges(picture, (x0, y0, x1, y1), modules, (light + dark) / 2)
    module_px = max(x1 - x0, y1 - y0) / modules if modules else 0.0
    return Symbol(
        page=page,
        box_mm=(
            round(left + x0 / per_mm, 2),
            round(top + y0 / per_mm, 2),
            round(left + x1 / per_mm, 2),
            round(top + y1 / per_mm, 2),
        ),
        text=code.text if code.valid else "",
        format=name,
        level=str(code.ec_level or ""),
        modules=modules,
        module_mm=round(module_px / per_mm, 3),
        quiet=_measure_quiet_zone(
            picture, (x0, y0, x1, y1), module_px, light - _QUIET_DEPTH * (light - dark)
        ),
        contrast=round(_reflectance(light) - _reflectance(dark), 2),
        is_inverted=is_inverted,
        reads_at=tuple(
            dpi for dpi, reads in ((_SHARP_DPI, code.valid), (_BLURRED_DPI, reads_blurred)) if reads
        ),
    )


def _find_edges(
    picture: Any,  # noqa: ANN401
    box: tuple[int, int, int, int],
    modules: int,
    middle: float,
) -> tuple[int, int, int, int]:
    """Return the box of a code's dark modules: the reader places its corners within a module or two."""
    x0, y0, x1, y1 = box
    near = round(1.5 * max(x1 - x0, y1 - y0) / modules) if modules else 0
    width, height = picture.size
    left, top = max(x0 - near, 0), max(y0 - near, 0)
    around = picture.crop((left, top, min(x1 + near, width), min(y1 + near, height))).convert("L")
    found = around.point([255 if value <= middle else 0 for value in range(256)]).getbbox()
    if not modules or found is None:
        return box
    return left + found[0], top + found[1], left + found[2], top + found[3]


def _count_modules(name: str, version: str) -> int:
    """Return the modules of a side: ISO/IEC 18004, 17 + 4 x version, Micro QR 9 + 2 x version."""
    if not version.lstrip("M").isdigit():
        return 0
    number = int(version.lstrip("M"))
    return 9 + 2 * number if "Micro" in name else 17 + 4 * number


def _find_light_and_dark(picture: Any) -> tuple[int, int]:  # noqa: ANN401
    """Return the gray values, 0 to 255, that a tenth of the pixels are lighter and darker than."""
    histogram = picture.convert("L").histogram()
    tenth = sum(histogram) / 10
    dark = light = 0
    seen = 0.0
    for value, times in enumerate(histogram):
        seen += times
        if seen <= tenth:
            dark = value
        if seen <= 9 * tenth:
            light = value
    return min(light + 1, 255), dark


def _mean(picture: Any) -> float:  # noqa: ANN401
    histogram = picture.convert("L").histogram()
    return float(sum(value * times for value, times in enumerate(histogram)) / max(sum(histogram), 1))


def _reflectance(value: float) -> float:
    """Return how much light a gray value gives back, 0 to 1 (IEC 61966-2-1)."""
    part = value / 255
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _measure_quiet_zone(picture: Any, box: tuple[int, int, int, int], module: float, darkest: float) -> float:  # noqa: ANN401
    """Return how many modules around a code are clear, at most 4: the worst of its four sides."""
    if module <= 0:
        return 0.0
    x0, y0, x1, y1 = box
    width, height = picture.size
    gray = picture.convert("L")
    worst = _WANTED_QUIET
    for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        clear = 0.0
        while clear < _WANTED_QUIET:
            # A pixel on the edge is half dark.
            near, far = max(round((clear + 0.1) * module), 1), round((clear + 0.35) * module) + 1
            strip = (
                x1 + near if dx > 0 else x0 - far if dx < 0 else x0,
                y1 + near if dy > 0 else y0 - far if dy < 0 else y0,
                x0 - near if dx < 0 else x1 + far if dx > 0 else x1,
                y0 - near if dy < 0 else y1 + far if dy > 0 else y1,
            )
            inside = (max(strip[0], 0), max(strip[1], 0), min(strip[2], width), min(strip[3], height))
            if inside[0] >= inside[2] or inside[1] >= inside[3]:
                break  # the page ends here
            if gray.crop(inside).getextrema()[0] < darkest:
                break
            clear += 0.5
        worst = min(worst, clear)
    return worst


def read_pages(pdf: bytes) -> tuple[str, ...]:
    """Return the text of each page as a viewer copies it, without spaces; () where the file is no PDF."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError:
        return ()
    try:
        return tuple("".join(page.get_textpage().get_text_bounded().split()) for page in document)
    finally:
        document.close()
