"""Judge colours and images: A11Y-02, COL-04 and the IMG rules.

Sources: WCAG 2.2, 1.4.3 and relative luminance; Rec. ITU-R BT.601 for what a printer makes of colours; for
Japanese and Chinese the WAIC guide takes 22 pt, or 18 pt bold, as large.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from generator.checks.order import Expected, Finding, on, quote
from generator.checks.paragraphs import join_runs
from generator.readback.model import PdfFacts, Rgb, Run

CONTRAST, CONTRAST_LARGE = 4.5, 3.0
_LARGE_PT, _LARGE_BOLD_PT = 22.0, 18.0
# What a renderer rounds colours by.
_ROUNDING = 0.05


@lru_cache(maxsize=1024)
def luminance(rgb: Rgb) -> float:
    """Return the relative luminance of a colour, 0 to 1 (WCAG 2.2)."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def to_gray(rgb: Rgb) -> Rgb:
    """Return what a black-and-white printer makes of a colour."""
    red, green, blue = rgb
    gray = 0.299 * red + 0.587 * green + 0.114 * blue
    return gray, gray, gray


def _find_faint(facts: PdfFacts, see: Callable[[Rgb], Rgb], where: str) -> Iterator[Finding]:
    faint: dict[tuple[str, float], list[Run]] = {}
    for run, ground in zip(facts.runs, facts.backdrops, strict=False):
        if ground is None or run.rgb is None or not run.is_visible or not run.text.strip():
            continue
        found, wanted = contrast(see(run.rgb), see(ground)), _wanted(run)
        if found < wanted - _ROUNDING:
            faint.setdefault((f"{found:.1f}", wanted), []).append(run)
    for (ratio, wanted), alike in faint.items():
        for runs in join_runs(alike):
            text = quote("".join(run.text for run in runs))
            yield on(runs[0], f"{text} has a contrast of {ratio}{where}, at least {wanted:g} wanted", *runs)


def _wanted(run: Run) -> float:
    is_bold = run.face == "bold" or "bold" in run.font.casefold()
    is_large = run.size_pt >= (_LARGE_BOLD_PT if is_bold else _LARGE_PT)
    return CONTRAST_LARGE if is_large else CONTRAST


def find_faint_type(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find type that does not stand out from what is behind it."""
    return _find_faint(facts, lambda rgb: rgb, "")


def find_type_that_greys(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find type that stands out in colour only."""
    faint = {(f.page, f.box_mm) for f in find_faint_type(facts, expected)}
    for finding in _find_faint(facts, to_gray, " in black and white"):
        if (finding.page, finding.box_mm) not in faint:
            yield finding


def find_type_by_colour_alone(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find words that differ from their text in nothing but a colour of the same lightness."""
    before: Run | None = None
    for run in facts.reading_order:
        if not run.text.strip() or run.rgb is None:
            continue
        if (
            before is not None
            and before.rgb is not None
            and (before.page, before.block) == (run.page, run.block)
            and (before.font, before.size_pt) == (run.font, run.size_pt)
            and _hue(before.rgb) != _hue(run.rgb)
            and contrast(before.rgb, run.rgb) < CONTRAST_LARGE
            and not _is_underlined(facts, run)
            and not _is_underlined(facts, before)
        ):
            yield on(run, f"{quote(run.text)} differs from {quote(before.text)} in colour alone")
        before = run


def _hue(rgb: Rgb) -> str:
    high, low = max(rgb), min(rgb)
    if high - low < 0.15:
        return ""
    return "".join("+" if part > (high + low) / 2 else "-" for part in rgb)


def _is_underlined(facts: PdfFacts, run: Run) -> bool:
    return any(
        shape.page == run.page
        and shape.box_mm[3] - shape.box_mm[1] < 1.0
        and -0.2 <= shape.box_mm[1] - run.y_mm < 2.5
        and shape.box_mm[0] <= run.x_mm + run.width_mm / 2 <= shape.box_mm[2]
        for shape in facts.shapes
    )


def find_coarse_images(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find images whose pixels will be seen."""
    wanted = expected.paper.image_dpi
    for image in facts.images:
        if 0 < image.dpi < wanted - 1 and min(image.width, image.height) > 1:
            what = f"an image has {image.dpi:.0f} dpi, at least {wanted:g} wanted"
            is_press = expected.paper.medium == "press"
            yield Finding(what, image.page, image.box_mm, severity="error" if is_press else None)


def find_blurred_images(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find drawings of hard edges that viewers are asked to blur."""
    for image in facts.images:
        is_code = any(
            symbol.page == image.page and _meet(symbol.box_mm, image.box_mm) for symbol in facts.symbols
        )
        if image.interpolates and (image.is_bitonal or is_code):
            yield Finding("an image of hard edges asks to be blurred (Interpolate)", image.page, image.box_mm)


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
