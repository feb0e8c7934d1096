"""Judge what goes to a print shop, or to a printer without colour: COL-01 to COL-03 and PDF-02.

Sources: ISO 15930-4:2003 (PDF/X-1a), ISO 15930-7:2010 (PDF/X-4); for total ink and type Japanese print shops.
"""

from __future__ import annotations

from collections.abc import Iterator

from generator.checks.order import Expected, Finding, count, enumerate_, on, quote
from generator.checks.paragraphs import join_runs
from generator.readback.model import Box, Inks, PdfFacts, PressFacts, Rgb, Run, Use

MOST_INK = 3.0
# Values in a file are rounded.
_ROUNDING = 0.005
# Larger type may be of several inks: its strokes are wider than plates are out of register.
COLOURED_TYPE_PT = 18.0

# What a press separates by itself, and what a printer without colour draws.
_PRESS_SPACES = {"DeviceGray", "DeviceCMYK", "ICC CMYK", "ICC grey", "CalGray"}
_MONO_SPACES = {"DeviceGray", "ICC grey", "CalGray"}
_REGISTRY = "http://www.color.org"


def find_wrong_colours(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find colours that the press, or the printer without colour, would have to guess."""
    if facts.press is None:
        return
    is_mono = expected.paper.medium in ("mono", "roll")
    allowed = _MONO_SPACES if is_mono else _PRESS_SPACES
    wanted = "grey alone" if is_mono else "CMYK, grey or spot colours"
    for use in facts.press.uses:
        if use.space not in allowed and (is_mono or not use.space.startswith("spot colour ")):
            yield Finding(f"{use.by} has its colour from {use.space}, {wanted} wanted", use.page)
    if expected.paper.medium == "roll":
        yield from _find_greys(facts)
    if facts.press.is_cut:
        yield Finding("has more drawings than are read, so its colours are not all known")


def _find_greys(facts: PdfFacts) -> Iterator[Finding]:
    """Find what a printer of black dots would have to make dots of."""
    for run in facts.runs:
        if run.is_visible and run.text.strip() and _is_grey(run.rgb):
            yield on(run, f"{quote(run.text)} is grey, black or white wanted")
    for shape in facts.shapes:
        if _is_grey(shape.rgb):
            yield Finding("a drawing is grey, black or white wanted", shape.page, shape.box_mm)
    for image in facts.images:
        if not image.is_bitonal:
            yield Finding("an image has greys, black or white wanted", image.page, image.box_mm)


def _is_grey(rgb: Rgb | None) -> bool:
    return rgb is None or any(_ROUNDING < part < 1 - _ROUNDING for part in rgb)


def find_coloured_type(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find small type that needs several plates in register."""
    coloured: dict[Inks, list[Run]] = {}
    for run in facts.runs:
        is_type = run.is_visible and run.size_pt < COLOURED_TYPE_PT and run.text.strip()
        if is_type and run.inks and any(run.inks[:3]):
            coloured.setdefault(run.inks, []).append(run)
    for inks, runs in coloured.items():
        for joined in join_runs(runs):
            text = quote("".join(run.text for run in joined))
            what = f"{text} is set in {_spell(inks)} at {joined[0].size_pt:.3g} pt, black alone wanted"
            yield on(joined[0], what, *joined)
    for plate in (facts.press.separated if facts.press else None) or ():
        if plate.stray_mm:
            what = "Ghostscript's plates have another ink than black where black alone is meant"
            yield Finding(what, plate.page)


def _spell(inks: Inks) -> str:
    return " ".join(f"{name}{ink * 100:.0f}" for name, ink in zip("CMYK", inks, strict=True) if ink)


def find_too_much_ink(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find places that take more ink than dries."""
    painted: list[tuple[int, Box | None, Inks | None, str]] = [
        *((shape.page, shape.box_mm, shape.inks, shape.space) for shape in facts.shapes),
        *((run.page, run.ink_mm, run.inks, run.space) for run in facts.runs),
    ]
    told: set[tuple[int, Inks]] = set()
    for page, box, inks, space in painted:
        if not inks or not box or sum(inks) <= MOST_INK + _ROUNDING or (page, inks) in told:
            continue
        if space == "all" and not _is_on_sheet(facts, page, box):
            continue  # marks are on every plate, and are cut off
        told.add((page, inks))
        what = f"{_spell(inks)} is {sum(inks):.0%} of ink, at most {MOST_INK:.0%} wanted"
        yield Finding(what, page, box)
    for plate in (facts.press.separated if facts.press else None) or ():
        if plate.most_ink > MOST_INK + _ROUNDING:
            what = f"Ghostscript's plates have {plate.most_ink:.0%} of ink, at most {MOST_INK:.0%} wanted"
            yield Finding(what, plate.page)


def _is_on_sheet(facts: PdfFacts, page: int, box: Box) -> bool:
    """Tell whether something lies inside the bleed; the marks of a page together lie around it."""
    width, height = facts.sizes_mm[page - 1]
    left, top, right, bottom = facts.bleeds_mm[page - 1] if facts.bleeds_mm else (0.0, 0.0, 0.0, 0.0)
    is_around = box[0] < -left and box[1] < -top and box[2] > width + right and box[3] > height + bottom
    is_apart = box[2] <= -left or box[3] <= -top or box[0] >= width + right or box[1] >= height + bottom
    return not (is_around or is_apart)


# --- the claim ---------------------------------------------------------------------------------


def find_false_claims(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find what keeps a file from being the PDF/X that it says it is."""
    press = facts.press
    if press is None:
        return
    if press.separated == ():
        yield Finding("Ghostscript cannot separate it")
    if expected.is_ordered and press.claim != expected.claim:
        says = f"says that it is {press.claim}" if press.claim else "does not say that it is PDF/X"
        yield Finding(f"{says}, {expected.claim or 'no claim'} wanted")
    if not press.claim:
        return
    name = press.claim
    if name == "PDF/X-4":
        flaws = [*_find_flaws(facts, press), *_find_x4_flaws(facts, press)]
    elif name.startswith("PDF/X-1a"):
        flaws = [*_find_flaws(facts, press), *_find_x1a_flaws(facts, press)]
    else:
        yield Finding(f"says that it is {name}, which is not judged here", severity="warning")
        return
    for page, what in flaws:
        yield Finding(f"says that it is {name}, but {what}", page)


def _find_flaws(facts: PdfFacts, press: PressFacts) -> Iterator[tuple[int, str]]:
    """Yield what no PDF/X allows."""
    intents = [intent for intent in press.intents if intent.kind == "GTS_PDFX"]
    if len(intents) != 1:
        yield 0, f"has {count(len(intents), 'output intent')} for PDF/X, 1 wanted"
    for intent in intents:
        if not intent.condition:
            yield 0, "its output intent names no printing condition"
        if intent.device and (intent.device, intent.space, intent.components) != ("prtr", "CMYK", 4):
            yield 0, "the profile of its output intent is not that of a CMYK printer"
        if intent.condition == "Custom" and not intent.info:
            yield 0, "its output intent does not say what it is (Info)"
    if press.trapped not in ("True", "False"):
        yield 0, "does not say whether it is trapped"
    if not press.is_dated:
        yield 0, "does not say when it was made"
    if not press.has_id:
        yield 0, "has no id"
    if not facts.title:
        yield 0, "has no title"
    if facts.is_encrypted:
        yield 0, "is encrypted"
    if facts.actions:
        yield 0, f"holds {enumerate_(facts.actions)}"
    if loose := [font.name for font in facts.fonts if not font.file]:
        yield 0, f"lacks the fonts {enumerate_(loose)}"
    for use in press.uses:
        if use.space not in _PRESS_SPACES and not use.space.startswith("spot colour "):
            yield use.page, f"{use.by} has its colour from {use.space}"
    yield from press.flaws


def _find_x4_flaws(facts: PdfFacts, press: PressFacts) -> Iterator[tuple[int, str]]:
    if facts.version > "1.6":
        yield 0, f"is PDF {facts.version}, at most 1.6 wanted"
    if press.lacks_xmp:
        yield 0, f"its metadata lack {', '.join(press.lacks_xmp)}"
    for intent in press.intents:
        # A name alone is the other part of the standard, PDF/X-4p.
        if intent.kind == "GTS_PDFX" and not intent.device:
            yield 0, "the profile of its output intent is not in it"


def _find_x1a_flaws(facts: PdfFacts, press: PressFacts) -> Iterator[tuple[int, str]]:
    if facts.version > "1.4":
        yield 0, f"is PDF {facts.version}, at most 1.4 wanted"
    if not press.has_old_table:
        yield 0, "lists its objects in the way of PDF 1.5"
    for page, what in press.modern:
        yield page, f"has {what}"
    for use in _managed(press):
        yield use.page, f"{use.by} has its colour from {use.space}"
    for intent in press.intents:
        if intent.kind == "GTS_PDFX" and not intent.device and intent.registry != _REGISTRY:
            yield 0, "its output intent has neither a profile nor a name of the ICC's registry"


def _managed(press: PressFacts) -> Iterator[Use]:
    for use in press.uses:
        if use.space in ("ICC CMYK", "ICC grey", "CalGray"):
            yield use
