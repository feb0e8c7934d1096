"""Read finished PDF bytes back: what a printer, a viewer and a screen reader will find in them.

    bytes ─ programs (fonts) ─ content (type, shapes, images) ─ structure (tags) ─┐
          ─ glyphs (shapes of characters) ─ picture (light, codes) ─ validator ───┴─▶ PdfFacts

The judge is not the writer. Nothing here asks the layout engine what it meant to draw. Which glyph
stands on the paper is settled by its outline in the embedded font program: text extraction stays
right even when the wrong shapes are drawn, and font names are only names.

Source: ISO 32000-1:2008.
"""

from __future__ import annotations

import io
import re
import struct
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from generator.fonts import FontSet, PinnedFonts
from generator.problem import Problem, ProjectError
from generator.readback.content import Frame, Painting, find_resources, paint
from generator.readback.glyphs import compare_glyphs, expected_glyphs
from generator.readback.model import (
    MM_PER_PT,
    TWINS,
    Box,
    Element,
    Image,
    Link,
    Misdrawn,
    PdfFacts,
    PdfFont,
    Rgb,
    Run,
    Shape,
    Symbol,
    UaFailure,
)
from generator.readback.picture import Sheet, look, render_page
from generator.readback.programs import Font, read_font
from generator.readback.structure import read_structure
from generator.readback.validator import has_validator, validate_ua

if TYPE_CHECKING:
    from pikepdf import Pdf

__all__ = [
    "MM_PER_PT",
    "TWINS",
    "Box",
    "Element",
    "Image",
    "Link",
    "Misdrawn",
    "PdfFacts",
    "PdfFont",
    "Rgb",
    "Run",
    "Shape",
    "Symbol",
    "UaFailure",
    "compare_glyphs",
    "expected_glyphs",
    "has_validator",
    "read_pdf",
    "render_page",
    "validate_ua",
]

# Anything may stand anywhere in a PDF; what is not as expected raises one of _MALFORMED.
PdfObject: TypeAlias = Any

# What well-formed objects of unexpected shape raise: a number where a dictionary should be, a
# matrix of three, a font program cut short. Only reading the file is done below this net.
_MALFORMED = (ArithmeticError, AttributeError, LookupError, NotImplementedError, TypeError, ValueError)


def read_pdf(
    pdf: bytes, fonts: FontSet | None, pinned: PinnedFonts, handout: str = "", *, is_ours: bool = True
) -> PdfFacts:
    """Read what the finished bytes say, and compare each glyph with the one its language wants.

    `fonts` is the family that the handout should be set in, `pinned` the fonts it was made from. A
    file that is not ours is repaired where it can be, and what was repaired is told as `damage`;
    its codes are sought on the whole page.

    Raises:
        ProjectError: with the rule `PDF-01`, when the bytes are no open PDF; for a file of ours also
            when they are not sound. Damage that viewers would repair counts as damage: a printer's
            machine may not repair it.
    """
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(pdf), attempt_recovery=not is_ours, suppress_warnings=True) as document:
            if document.is_encrypted:
                _refuse(handout, "the file is encrypted")
            facts, sheets = _read_document(document, fonts)
            if (damage := document.get_warnings()) and is_ours:
                _refuse(handout, "the file is damaged")
        seen = look(pdf, sheets, facts["runs"], facts["shapes"], facts["images"], thorough=not is_ours)
        failures = validate_ua(pdf)
    except pikepdf.PasswordError as error:
        _refuse(handout, "the file is encrypted", error)
    except (pikepdf.PdfError, pikepdf.ForeignObjectError, pikepdf.DeletedObjectError) as error:
        _refuse(handout, "the file is damaged or not a PDF", error)
    except (struct.error, *_MALFORMED) as error:
        _refuse(handout, "the file is not built like a PDF", error)
    return PdfFacts(
        **facts,
        misdrawn=compare_glyphs(facts["runs"], pinned),
        ua_failures=failures,
        symbols=seen.symbols,
        backdrops=seen.backdrops,
        size=len(pdf),
        damage=tuple(dict.fromkeys(str(warning) for warning in damage)),
    )


def _refuse(handout: str, what: str, cause: BaseException | None = None) -> NoReturn:
    problem = Problem(
        handout=handout,
        rule="PDF-01",
        what=what,
        hint="make it again; if that does not help, check the program that wrote it, and the disk",
    )
    raise ProjectError([problem]) from cause


def _read_document(pdf: Pdf, family: FontSet | None) -> tuple[dict[str, Any], list[Sheet]]:
    root: PdfObject = pdf.Root
    language = _string(root.get("/Lang"))
    numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages, start=1)}
    tree = read_structure(root, numbers, language)
    fonts: dict[tuple[int, int], Font] = {}

    def font_of(font: PdfObject) -> Font:
        if font.objgen not in fonts or not font.is_indirect:
            fonts[font.objgen] = read_font(font, family)
        return fonts[font.objgen]

    runs: list[Run] = []
    shown: dict[tuple[int, int], list[Run]] = {}
    drawn: dict[int, list[Box]] = {}
    paintings: list[Painting] = []
    sheets: list[Sheet] = []
    sizes: list[tuple[float, float]] = []
    media: list[tuple[float, float]] = []
    bleeds: list[Box] = []
    links: list[Link] = []
    for number, page in enumerate(pdf.pages, start=1):
        trim, crop, bleed = (_rectangle(box) for box in (page.trimbox, page.cropbox, page.bleedbox))
        frame = Frame(number, trim, language)
        sizes.append(_size_mm(trim, page.obj))
        media.append(_size_mm(_rectangle(page.mediabox), page.obj))
        bleeds.append(
            _to_mm((trim[0] - bleed[0], bleed[3] - trim[3], bleed[2] - trim[2], trim[1] - bleed[1]))
        )
        sheets.append(Sheet((trim[0] - crop[0]) * MM_PER_PT, (crop[3] - trim[3]) * MM_PER_PT))
        resources = find_resources(page.obj)
        painting = paint(page.obj, resources, frame, font_of)
        paintings.append(painting)
        for pen in painting.pens:
            key = (number, pen.mark.mcid)
            place = tree.places.get(key)
            run = pen.finish(frame, place)
            runs.append(run)
            if place and not pen.mark.is_artifact:
                shown.setdefault(key, []).append(run)
        for mcid, boxes in painting.drawn.items():
            if place := tree.places.get((number, mcid)):
                drawn.setdefault(place.element, []).extend(boxes)
        # Fonts that only a background picture shows: its text is not read, but its font is judged.
        for font in dict(resources.get("/Font", {})).values():
            font_of(font)
        links.extend(_read_links(page.obj, number, frame))
    notdef = Counter(run.page for run in runs for glyph in run.glyphs if not glyph)
    metadata = root.get("/Metadata")
    marks: PdfObject = root.get("/MarkInfo", {})
    viewer: PdfObject = root.get("/ViewerPreferences", {})
    info: PdfObject = pdf.trailer.get("/Info", {})
    facts = {
        "version": pdf.pdf_version,
        "sizes_mm": tuple(sizes),
        "media_mm": tuple(media),
        "bleeds_mm": tuple(bleeds),
        "language": language,
        "title": _string(info.get("/Title")),
        "author": _string(info.get("/Author")),
        "subject": _string(info.get("/Subject")),
        "keywords": _string(info.get("/Keywords")),
        "producer": _string(info.get("/Producer")),
        "dates": tuple(f"{key[1:]} {info[key]}" for key in ("/CreationDate", "/ModDate") if key in info),
        "is_marked": bool(marks.get("/Marked", False)),
        "claims_ua": metadata is not None
        and re.search(rb'pdfuaid:part\s*(?:>|=\s*["\'])\s*1\b', metadata.read_bytes()) is not None,
        "print_scaling": _string(viewer.get("/PrintScaling")).lstrip("/"),
        "duplex": _string(viewer.get("/Duplex")).lstrip("/"),
        "bookmarks": _count_bookmarks(root),
        "actions": tuple(_find_actions(root)),
        "fonts": tuple(sorted({font.facts for font in fonts.values()}, key=lambda font: font.name)),
        "runs": tuple(runs),
        "shapes": tuple(shape for painting in paintings for shape in painting.shapes),
        "images": tuple(image for painting in paintings for image in painting.images),
        "reading_order": tuple(run for key in tree.places for run in shown.get(key, ())),
        "elements": tuple(tree.elements(shown, drawn)),
        "links": tuple(links),
        "notdef": tuple(notdef[number] for number in numbers.values()),
    }
    return facts, sheets


def _find_actions(root: PdfObject) -> Iterator[str]:
    """Yield what the file would do by itself, or lets be done, beyond being read."""
    names: PdfObject = root.get("/Names", {})
    if "/JavaScript" in names:
        yield "JavaScript"
    if "/EmbeddedFiles" in names:
        yield "EmbeddedFiles"
    action = root.get("/OpenAction")
    kind = _string(action.get("/S")).lstrip("/") if hasattr(action, "get") else ""
    if kind and kind != "GoTo":
        yield kind
    if "/AA" in root:
        yield "AdditionalActions"
    if len(root.get("/AcroForm", {}).get("/Fields", ())):
        yield "AcroForm"


def _string(value: PdfObject) -> str:
    return "" if value is None else str(value)


def _rectangle(box: PdfObject) -> Box:
    x1, y1, x2, y2 = (float(number) for number in box)
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _size_mm(box: Box, page: PdfObject) -> tuple[float, float]:
    width, height = round((box[2] - box[0]) * MM_PER_PT, 2), round((box[3] - box[1]) * MM_PER_PT, 2)
    return (height, width) if int(page.get("/Rotate", 0)) % 180 else (width, height)


def _to_mm(box: Box) -> Box:
    left, top, right, bottom = (round(point * MM_PER_PT, 2) for point in box)
    return left, top, right, bottom


def _read_links(page: PdfObject, number: int, frame: Frame) -> Iterator[Link]:
    for annotation in page.get("/Annots", ()):
        action = annotation.get("/A")
        if action is not None and "/URI" in action:
            yield Link(number, str(action.URI), frame.to_mm(_rectangle(annotation.Rect)))


def _count_bookmarks(root: PdfObject) -> int:
    seen: set[tuple[int, int]] = set()
    todo = [root.get("/Outlines", {}).get("/First")]
    while todo:
        item = todo.pop()
        if item is not None and item.objgen not in seen:
            seen.add(item.objgen)
            todo += [item.get("/First"), item.get("/Next")]
    return len(seen)
