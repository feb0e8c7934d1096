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
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from generator.fonts import FontSet, PinnedFonts
from generator.problem import Problem, ProjectError
from generator.readback.cell import CellError, work_apart
from generator.readback.content import Frame, Painter, Painting, find_inherited
from generator.readback.glyphs import compare_glyphs, expected_glyphs
from generator.readback.model import (
    MM_PER_PT,
    TWINS,
    Box,
    Element,
    Image,
    Inks,
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
from generator.readback.objects import (
    MALFORMED,
    PdfObject,
    entry,
    items_of,
    kind_of,
    malformed,
    pdf_errors,
    to_number,
    to_text,
)
from generator.readback.picture import Seen, Sheet, UndrawableError, look, render_page, show_inks
from generator.readback.press import read_press
from generator.readback.programs import Font, read_font
from generator.readback.separations import find_ghostscript, separate
from generator.readback.structure import Key, Tree, read_structure
from generator.readback.validator import InvalidPdfError, has_validator, validate_ua

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
    "find_ghostscript",
    "has_validator",
    "look_at_plates",
    "read_pdf",
    "render_page",
    "validate_ua",
]

# The largest file that is read. A picture book for a press has 200 MB; a handout has 0.1.
MOST_FILE_BYTES = 300_000_000
# What a stream that is read here may become when it is unpacked: a whole pan-CJK font has 20 MB, and
# pictures are not read here. Deflate packs a thousand bytes into one, so that a small file could fill any
# memory.
MOST_STREAM_BYTES = 64_000_000
# Pages that are read, and pages that are looked at. Each that is looked at costs a tenth of a second.
MOST_PAGES = 2000
MOST_PAGES_DRAWN = 20
_MOST_LINKS = 20_000
_MOST_BOOKMARKS = 100_000
# PDF 1.7 lets a unit be 75,000 points; a poster has 10.
_LARGEST_UNIT = 100.0
# ISO 32000-1, Annex C: a page has 3 to 14,400 units. Without a MediaBox viewers take US Letter.
_LETTER: Box = (0.0, 0.0, 612.0, 792.0)


def read_pdf(
    pdf: bytes,
    fonts: FontSet | None,
    pinned: PinnedFonts,
    handout: str = "",
    *,
    is_ours: bool = True,
    for_press: bool = False,
) -> PdfFacts:
    """Read what the finished bytes say, and compare each glyph with the one its language wants.

    `fonts` is the family that the handout should be set in, `pinned` the fonts it was made from; without
    a family, faces are recognized by their shapes. A file that is not ours is repaired where it can be,
    what cannot be read of it is left out, and both are told as `damage`; its codes are sought on the
    whole page. `for_press` reads also what a print shop cares about.

    Raises:
        ProjectError: with the rule `PDF-01`, when the bytes are no open PDF; for a file of ours also
            when they are not sound. Damage that viewers would repair counts as damage: a printer's
            machine may not repair it.
    """
    if len(pdf) > MOST_FILE_BYTES:
        _refuse(handout, f"the file is larger than {MOST_FILE_BYTES // 1_000_000} MB")
    if is_ours:
        return _join(pdf, read_steps(pdf, fonts, pinned, handout, is_ours=True, for_press=for_press))
    return _read_apart(pdf, fonts, pinned, handout, for_press)


def _read_apart(
    pdf: bytes, fonts: FontSet | None, pinned: PinnedFonts, handout: str, for_press: bool
) -> PdfFacts:
    """Read a file of unknown origin: what goes wrong with one way of looking at it leaves the others."""
    steps: list[Any] = []
    trouble = ""
    try:
        arguments = (pdf, fonts, pinned, handout, for_press)
        for step in work_apart(_read_foreign_steps, arguments, may_fork=not has_validator()):
            if isinstance(step, _Refusal):
                raise ProjectError(step.problems)
            steps.append(step)
    except CellError as error:
        trouble = str(error)
        if not steps:
            _refuse(handout, f"reading the file {trouble}", error)
    if len(steps) < 2:
        facts, damage, misdrawn = steps[0]
        steps = [(facts, [*damage, f"drawing the pages {trouble}"], misdrawn), _see_nothing(facts)]
    if len(steps) < 3:
        steps.append((UaFailure("", f"{_NOT_VALIDATED}: it {trouble}"),) if trouble else ())
    return _join(pdf, iter(steps))


_NOT_VALIDATED = "the file cannot be validated as PDF/UA-1"


def _see_nothing(facts: dict[str, Any]) -> Seen:
    return Seen((None,) * len(facts["runs"]), ())


def _join(pdf: bytes, steps: Iterator[Any]) -> PdfFacts:
    facts, damage, misdrawn = next(steps)
    seen: Seen = next(steps)
    failures: tuple[UaFailure, ...] = next(steps)
    return PdfFacts(
        **facts,
        misdrawn=misdrawn,
        ua_failures=failures,
        symbols=seen.symbols,
        backdrops=seen.backdrops,
        size=len(pdf),
        damage=tuple(dict.fromkeys((*damage, *seen.complaints)))[:_MOST_COMPLAINTS],
    )


def _read_foreign_steps(
    pdf: bytes, fonts: FontSet | None, pinned: PinnedFonts, handout: str, for_press: bool
) -> Iterator[Any]:
    try:
        yield from read_steps(pdf, fonts, pinned, handout, is_ours=False, for_press=for_press)
    except ProjectError as error:
        # Exceptions of ours do not survive the way to another process.
        yield _Refusal(error.problems)


@dataclass(frozen=True, slots=True)
class _Refusal:
    problems: tuple[Problem, ...]


def read_steps(
    pdf: bytes,
    fonts: FontSet | None,
    pinned: PinnedFonts,
    handout: str,
    *,
    is_ours: bool,
    for_press: bool = False,
) -> Iterator[Any]:
    """Yield what the file says, what it looks like, and how it fails PDF/UA-1.

    The first comes with its damage and its misdrawn characters. Raises what `read_pdf` raises.
    """
    import pikepdf

    _limit_streams()
    try:
        with pikepdf.open(io.BytesIO(pdf), attempt_recovery=not is_ours, suppress_warnings=True) as document:
            if document.is_encrypted and is_ours:
                _refuse(handout, "the file is encrypted")
            reader = _Reader(document, fonts, pinned, is_ours)
            facts = reader.read()
            if for_press:
                facts["press"] = reader.attempt(
                    "what a print shop cares about",
                    lambda: read_press(document, reader.find_pages()),
                    None,
                )
            damage = [_STREAM_NAME.sub("", str(warning)) for warning in document.get_warnings()]
            if damage and is_ours:
                _refuse(handout, "the file is damaged")
        yield facts, damage + reader.complaints, compare_glyphs(facts["runs"], pinned, is_ours=is_ours)
        sheets = reader.sheets if is_ours else reader.sheets[:MOST_PAGES_DRAWN]
        try:
            seen = look(pdf, sheets, facts["runs"], facts["shapes"], facts["images"], thorough=not is_ours)
        except UndrawableError as error:
            if is_ours:
                raise
            seen = replace(_see_nothing(facts), complaints=(str(error),))
        yield seen
        try:
            yield validate_ua(pdf)
        except InvalidPdfError as error:
            if is_ours:
                _refuse(handout, _NOT_VALIDATED, error)
            yield (UaFailure("", _NOT_VALIDATED),)
    except pikepdf.PasswordError as error:
        _refuse(handout, "the file is encrypted", error)
    except pdf_errors() as error:
        _refuse(handout, "the file is damaged or not a PDF", error)
    except MALFORMED as error:
        _refuse(handout, "the file is not built like a PDF", error)


def look_at_plates(pdf: bytes, facts: PdfFacts) -> PdfFacts:
    """Return the facts of a press file of ours with what Ghostscript's plates show, where it is here."""
    if facts.press is None:
        return facts
    bleeds: list[Box] = []
    corners: list[tuple[float, float]] = []
    for (width, height), media, (left, top, right, bottom) in zip(
        facts.sizes_mm, facts.media_mm, facts.bleeds_mm, strict=True
    ):
        # The sheet is as much wider on one side as on the other.
        x, y = (media[0] - width) / 2, (media[1] - height) / 2
        corners.append((x, y))
        bleeds.append((x - left, y - top, x + width + right, y + height + bottom))
    painted: list[tuple[int, Box | None, Inks | None, str]] = [
        *((shape.page, shape.box_mm, shape.inks, shape.space) for shape in facts.shapes),
        *((run.page, run.ink_mm, run.inks, run.space) for run in facts.runs),
        *((image.page, image.box_mm, None, image.space) for image in facts.images),
    ]
    places = []
    for page, box, inks, space in painted:
        # The marks of a page are one drawing, whose box is the whole sheet.
        if box and space != "all" and (inks is None or any(inks[:3])):
            x, y = corners[page - 1]
            places.append((page, (box[0] + x, box[1] + y, box[2] + x, box[3] + y)))
    return replace(facts, press=replace(facts.press, separated=separate(pdf, bleeds, places)))


# How the library names a file that it was given as bytes.
_STREAM_NAME = re.compile(r"(stream )?<_io\.BytesIO object at 0x[0-9a-f]+> ?")
# More than these say nothing new.
_MOST_COMPLAINTS = 50


def _limit_streams() -> None:
    """Keep small streams from becoming very large ones. The limits are those of the process."""
    import pikepdf

    pikepdf.settings.set_qpdf_limits(
        flate_max_memory=MOST_STREAM_BYTES,
        png_max_memory=MOST_STREAM_BYTES,
        tiff_max_memory=MOST_STREAM_BYTES,
        run_length_max_memory=MOST_STREAM_BYTES,
        dct_max_memory=MOST_STREAM_BYTES,
        dct_max_progressive_scans=100,
        # A filter packs a hundred times; nobody needs three.
        max_stream_filters=3,
        doc_max_warnings=1000,
    )


def _refuse(handout: str, what: str, cause: BaseException | None = None) -> NoReturn:
    problem = Problem(
        handout=handout,
        rule="PDF-01",
        what=what,
        hint="make it again; if that does not help, check the program that wrote it, and the disk",
    )
    raise ProjectError([problem]) from cause


@dataclass(slots=True)
class _Reader:
    """Reads one document."""

    pdf: Pdf
    family: FontSet | None
    pinned: PinnedFonts
    is_strict: bool
    fonts: dict[tuple[int, int], Font] = field(default_factory=dict)
    loose: list[Font] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def attempt(self, what: str, read: Callable[[], Any], default: Any) -> Any:  # noqa: ANN401
        """Return what reading a part gives; `default` where a file of another program has it wrong."""
        try:
            return read()
        except malformed():
            if self.is_strict:
                raise
            self.complaints.append(f"{what} cannot be read")
            return default

    def font_of(self, font: PdfObject) -> Font:
        if not font.is_indirect:
            found = read_font(font, self.family, self.pinned, self.complaints)
            self.loose.append(found)
            return found
        if font.objgen not in self.fonts:
            self.fonts[font.objgen] = read_font(font, self.family, self.pinned, self.complaints)
        return self.fonts[font.objgen]

    def read(self) -> dict[str, Any]:
        root: PdfObject = self.pdf.Root
        language = to_text(root.get("/Lang"))
        pages: list[PdfObject] = self.attempt("the list of pages", self.find_pages, [])
        if not pages:
            raise ValueError("a file without pages")
        numbers = {page.objgen: number for number, page in enumerate(pages, start=1)}
        tree: Tree = self.attempt(
            "the structure tree",
            lambda: read_structure(root, numbers, language, is_strict=self.is_strict),
            Tree(),
        )
        if tree.is_cut:
            self.complaints.append("a part of the structure tree cannot be read")
        hidden = self.attempt("the layers", lambda: _find_hidden_layers(root), frozenset())
        painter = Painter(self.font_of, self.is_strict, hidden)
        runs: list[Run] = []
        shown: dict[Key, list[Run]] = {}
        drawn: dict[int, list[tuple[int, Box]]] = {}
        paintings: list[Painting] = []
        sizes: list[tuple[float, float]] = []
        media: list[tuple[float, float]] = []
        bleeds: list[Box] = []
        links: list[Link] = []
        for number, page in enumerate(pages, start=1):
            boxes = _PageBoxes.read(page, is_strict=self.is_strict)
            frame = Frame(number, boxes.trim, language, boxes.mm)
            sizes.append(boxes.size_mm(boxes.trim))
            media.append(boxes.size_mm(boxes.media))
            bleeds.append(boxes.bleed_mm())
            self.sheets.append(boxes.sheet())
            if painter.budget.is_spent:
                continue
            resources = find_inherited(page, "/Resources")
            if kind_of(resources) != "dictionary":
                resources = {}
            painting: Painting = self.attempt(
                f"page {number}", partial(painter.paint, page, resources, frame), Painting(frame)
            )
            paintings.append(painting)
            self.complaints += painting.complaints
            if painter.budget.is_spent:
                self.complaints.append(
                    f"page {number} of {len(pages)} is not read to its end, nor what follows it"
                )
            for pen in painting.pens:
                key = (number, pen.mark.stream, pen.mark.mcid)
                place = tree.places.get(key)
                run = pen.finish(frame, place)
                if run.space == "cmyk" and run.inks:
                    run = replace(run, rgb=show_inks(run.inks))
                runs.append(run)
                if place and not pen.mark.is_artifact:
                    shown.setdefault(key, []).append(run)
            for (stream, mcid), found in painting.drawn.items():
                place = tree.places.get((number, stream, mcid))
                if place and place.element >= 0:
                    drawn.setdefault(place.element, []).extend((number, box) for box in found)
            # Fonts that only a background picture shows: its text is not read, but its font is judged.
            for font in dict(entry(resources, "/Font") or {}).values():
                self.attempt("a font", partial(self.font_of, font), None)
            if len(links) < _MOST_LINKS:
                links += self.attempt("the links of a page", partial(_read_links, page, number, frame), [])
        facts = self.attempt("the properties of the file", lambda: self.read_properties(root), None)
        if facts is None:
            raise ValueError("properties that are no dictionary")
        notdef = Counter(run.page for run in runs for glyph in run.glyphs if not glyph)
        fonts = {font.facts for font in (*self.fonts.values(), *self.loose)}
        return {
            **facts,
            "sizes_mm": tuple(sizes),
            "media_mm": tuple(media),
            "bleeds_mm": tuple(bleeds),
            "language": language,
            "fonts": tuple(sorted(fonts, key=lambda font: (font.name, font.kind, font.program))),
            "runs": tuple(runs),
            "shapes": tuple(shape for painting in paintings for shape in painting.shapes),
            "images": tuple(image for painting in paintings for image in painting.images),
            "reading_order": tuple(run for key in tree.places for run in shown.get(key, ())),
            "elements": tuple(tree.elements(shown, drawn)),
            "links": tuple(links[:_MOST_LINKS]),
            "notdef": tuple(notdef[number] for number in range(1, len(pages) + 1)),
        }

    def find_pages(self) -> list[PdfObject]:
        """Return the pages; of more than anybody hands out the first ones."""
        count = len(self.pdf.pages)
        if count > MOST_PAGES:
            self.complaints.append(f"only the first {MOST_PAGES} of {count} pages are read")
        return [self.pdf.pages[index].obj for index in range(min(count, MOST_PAGES))]

    def read_properties(self, root: PdfObject) -> dict[str, Any]:
        marks, viewer = entry(root, "/MarkInfo"), entry(root, "/ViewerPreferences")
        info = entry(self.pdf.trailer, "/Info")
        metadata = root.get("/Metadata")
        xmp: bytes = (
            self.attempt("the metadata", metadata.read_bytes, b"") if kind_of(metadata) == "stream" else b""
        )
        dates = ((key[1:], to_text(entry(info, key))) for key in ("/CreationDate", "/ModDate"))
        return {
            "version": self.pdf.pdf_version,
            "title": to_text(entry(info, "/Title")),
            "author": to_text(entry(info, "/Author")),
            "subject": to_text(entry(info, "/Subject")),
            "keywords": to_text(entry(info, "/Keywords")),
            "producer": to_text(entry(info, "/Producer")),
            "dates": tuple(f"{name} {date}" for name, date in dates if date),
            "is_marked": entry(marks, "/Marked") is True,
            "claims_ua": re.search(rb'pdfuaid:part\s*(?:>|=\s*["\'])\s*1\b', xmp) is not None,
            "print_scaling": to_text(entry(viewer, "/PrintScaling")),
            "duplex": to_text(entry(viewer, "/Duplex")),
            "bookmarks": _count_bookmarks(root),
            "is_encrypted": self.pdf.is_encrypted,
            "actions": tuple(_find_actions(root)),
        }


@dataclass(frozen=True, slots=True)
class _PageBoxes:
    """The boxes of a page in its units, the crop within the media, and the length of a unit."""

    media: Box
    crop: Box
    trim: Box
    bleed: Box
    mm: float
    is_turned: bool

    @classmethod
    def read(cls, page: PdfObject, *, is_strict: bool) -> _PageBoxes:
        media = _rectangle(find_inherited(page, "/MediaBox"), _LETTER, is_strict=is_strict)
        crop = _rectangle(find_inherited(page, "/CropBox"), media, is_strict=is_strict)
        # What is cropped is what there is of the sheet.
        left, bottom = max(crop[0], media[0]), max(crop[1], media[1])
        right, top = min(crop[2], media[2]), min(crop[3], media[3])
        crop = (left, bottom, right, top) if right > left and top > bottom else media
        trim = _rectangle(page.get("/TrimBox"), crop, is_strict=is_strict)
        bleed = _rectangle(page.get("/BleedBox"), crop, is_strict=is_strict)
        unit = min(max(to_number(page.get("/UserUnit"), 1.0), 1 / _LARGEST_UNIT), _LARGEST_UNIT)
        turn = int(to_number(find_inherited(page, "/Rotate")))
        return cls(media, crop, trim, bleed, MM_PER_PT * unit, turn % 180 != 0)

    def size_mm(self, box: Box) -> tuple[float, float]:
        width, height = round((box[2] - box[0]) * self.mm, 2), round((box[3] - box[1]) * self.mm, 2)
        return (height, width) if self.is_turned else (width, height)

    def bleed_mm(self) -> Box:
        trim, bleed = self.trim, self.bleed
        edges = (trim[0] - bleed[0], bleed[3] - trim[3], bleed[2] - trim[2], trim[1] - bleed[1])
        left, top, right, bottom = (round(edge * self.mm, 2) for edge in edges)
        return left, top, right, bottom

    def sheet(self) -> Sheet:
        left, top = (self.trim[0] - self.crop[0]) * self.mm, (self.crop[3] - self.trim[3]) * self.mm
        return Sheet(left, top, self.mm)


def _rectangle(box: PdfObject, default: Box, *, is_strict: bool) -> Box:
    """Return a box with its corners in order; `default` where there is none."""
    if box is None:
        return default
    try:
        x1, y1, x2, y2 = (float(number) for number in box)
    except malformed():
        if is_strict:
            raise
        return default
    left, bottom, right, top = min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)
    # A box without area, or as large as a town, is a mistake.
    is_sane = (
        right - left > 0 and top - bottom > 0 and max(abs(left), abs(bottom), abs(right), abs(top)) < 1e6
    )
    return (left, bottom, right, top) if is_sane else default


def _find_hidden_layers(root: PdfObject) -> frozenset[tuple[int, int]]:
    """Return the optional content that is off when the file is opened (ISO 32000-1, 8.11.4)."""
    layers = entry(root, "/OCProperties")
    setting = entry(layers, "/D")
    off = items_of(entry(setting, "/OFF"), 10_000)
    if to_text(entry(setting, "/BaseState")) == "OFF":
        on = {layer.objgen for layer in items_of(entry(setting, "/ON"), 10_000)}
        off += [layer for layer in items_of(entry(layers, "/OCGs"), 10_000) if layer.objgen not in on]
    return frozenset(layer.objgen for layer in off if kind_of(layer) == "dictionary")


def _find_actions(root: PdfObject) -> Iterator[str]:
    """Yield what the file would do by itself, or lets be done, beyond being read."""
    names = entry(root, "/Names")
    if entry(names, "/JavaScript") is not None:
        yield "JavaScript"
    if entry(names, "/EmbeddedFiles") is not None:
        yield "EmbeddedFiles"
    kind = to_text(entry(root.get("/OpenAction"), "/S"))
    if kind and kind != "GoTo":
        yield kind
    if "/AA" in root:
        yield "AdditionalActions"
    if items_of(entry(root.get("/AcroForm"), "/Fields"), 1):
        yield "AcroForm"


def _read_links(page: PdfObject, number: int, frame: Frame) -> list[Link]:
    found: list[Link] = []
    for annotation in items_of(page.get("/Annots"), _MOST_LINKS):
        uri = entry(entry(annotation, "/A"), "/URI")
        if uri is not None:
            box = _rectangle(annotation.get("/Rect"), (0.0, 0.0, 0.0, 0.0), is_strict=False)
            found.append(Link(number, to_text(uri), frame.to_mm(box)))
    return found


def _count_bookmarks(root: PdfObject) -> int:
    seen: set[tuple[int, int]] = set()
    todo = [entry(entry(root, "/Outlines"), "/First")]
    while todo and len(seen) < _MOST_BOOKMARKS:
        item = todo.pop()
        if kind_of(item) == "dictionary" and item.objgen not in seen:
            seen.add(item.objgen)
            todo += [item.get("/First"), item.get("/Next")]
    return len(seen)
