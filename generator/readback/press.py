"""Read what a print shop's machines care about: colour spaces, transparency, intents, claims, boxes.

All that a page leads to is read, painted or not: what is hidden today is separated all the same.

Sources: ISO 32000-1, 8.6 (colour spaces), 11 (transparency), 14.11 (prepress); ISO 15930-4 and -7.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from generator.readback.content import find_inherited, read_contents
from generator.readback.instructions import Operand, read_instructions
from generator.readback.model import Intent, PressFacts, Use
from generator.readback.objects import (
    PdfObject,
    entry,
    is_mapping,
    items_of,
    kind_of,
    malformed,
    to_number,
    to_text,
)

if TYPE_CHECKING:
    from pikepdf import Pdf

# A handout has 2 streams and 130 KB.
_MOST_STREAMS = 5000
_MOST_BYTES = 50_000_000
_MOST_ANNOTATIONS = 20_000
_DEEPEST_SPACE = 6
_PLAIN = {
    "DeviceGray": "DeviceGray",
    "DeviceRGB": "DeviceRGB",
    "DeviceCMYK": "DeviceCMYK",
    "G": "DeviceGray",
    "RGB": "DeviceRGB",
    "CMYK": "DeviceCMYK",
}
_SPACE_OF = {
    b"g": "DeviceGray",
    b"G": "DeviceGray",
    b"rg": "DeviceRGB",
    b"RG": "DeviceRGB",
    b"k": "DeviceCMYK",
    b"K": "DeviceCMYK",
}
_PROFILES = {1: "ICC grey", 3: "ICC RGB", 4: "ICC CMYK"}
# PDF/X forbids the first in all its kinds, PDF/X-1a the second as well.
_FILTERS = {"LZWDecode", "JPXDecode", "JBIG2Decode"}


def read_press(document: Pdf, pages: list[PdfObject]) -> PressFacts:
    """Read a document; what is malformed is read as far as it goes."""
    reader = _Reader()
    for number, page in enumerate(pages, start=1):
        reader.read_page(page, number)
    root: PdfObject = document.Root
    info: PdfObject = entry(document.trailer, "/Info")
    metadata = root.get("/Metadata")
    xmp = b""
    if kind_of(metadata) == "stream":
        try:
            xmp = metadata.read_bytes()
        except malformed():
            reader.flaws.add((0, "its metadata cannot be read"))
    claim = _say(xmp, b"pdfxid:GTS_PDFXVersion") or to_text(entry(info, "/GTS_PDFXVersion"))
    conformance = to_text(entry(info, "/GTS_PDFXConformance"))
    dates = [to_text(entry(info, f"/{key}")) or _say(xmp, b"xmp:" + xmp_key) for key, xmp_key in _DATES]
    return PressFacts(
        claim=conformance or claim,
        intents=tuple(_read_intents(root)),
        trapped=to_text(entry(info, "/Trapped")) or _say(xmp, b"pdf:Trapped"),
        is_dated=all(dates),
        has_id=len(items_of(document.trailer.get("/ID"), 3)) == 2,
        has_old_table="/Type" not in document.trailer,
        lacks_xmp=tuple(key.decode() for key in _X4_KEYS if not _say(xmp, key)),
        uses=tuple(sorted(reader.uses)),
        flaws=tuple(sorted(reader.flaws)),
        modern=tuple(sorted(reader.modern)),
        has_overprint=reader.has_overprint,
        is_cut=reader.is_spent,
    )


_DATES = (("CreationDate", b"CreateDate"), ("ModDate", b"ModifyDate"))
_X4_KEYS = (
    b"dc:title",
    b"xmp:CreateDate",
    b"xmp:ModifyDate",
    b"xmp:MetadataDate",
    b"xmpMM:DocumentID",
    b"xmpMM:VersionID",
    b"xmpMM:RenditionClass",
    b"pdf:Trapped",
)


def _say(xmp: bytes, key: bytes) -> str:
    """Return what XMP says of a key, as an attribute or an element; "" where it does not."""
    found = re.search(key + rb'\s*=\s*["\']([^"\']*)|<' + key + rb"[^>]*>\s*(?:<[^>]*>\s*)*([^<]+)", xmp)
    return (found[1] or found[2] or b"").decode("utf-8", "replace").strip() if found else ""


def _read_intents(root: PdfObject) -> Iterator[Intent]:
    for item in items_of(root.get("/OutputIntents"), 20):
        if not is_mapping(item):
            continue
        profile, device, space = item.get("/DestOutputProfile"), "", ""
        if kind_of(profile) == "stream":
            try:
                header = profile.read_bytes()[:40]
            except malformed():
                header = b""
            if header[36:40] == b"acsp":
                device, space = (header[at : at + 4].decode("latin-1").strip() for at in (12, 16))
            else:
                device = "none"
        yield Intent(
            kind=to_text(item.get("/S")),
            condition=to_text(item.get("/OutputConditionIdentifier")),
            registry=to_text(item.get("/RegistryName")),
            info=to_text(item.get("/Info")),
            device=device,
            space=space,
            components=int(to_number(entry(profile, "/N"))) if kind_of(profile) == "stream" else 0,
        )


@dataclass(slots=True)
class _Reader:
    """Follows a page to all that it uses."""

    uses: set[Use] = field(default_factory=set)
    flaws: set[tuple[int, str]] = field(default_factory=set)
    modern: set[tuple[int, str]] = field(default_factory=set)
    seen: set[tuple[int, int]] = field(default_factory=set)
    has_overprint: bool = False
    streams: int = 0
    size: int = 0
    number: int = 0

    @property
    def is_spent(self) -> bool:
        return self.streams > _MOST_STREAMS or self.size > _MOST_BYTES

    def read_page(self, page: PdfObject, number: int) -> None:
        self.number = number
        resources = find_inherited(page, "/Resources")
        self.read_stream(read_contents(page), resources)
        self.read_resources(resources)
        self.read_group(page.get("/Group"))
        self.read_boxes(page)

    def use(self, space: str, by: str) -> None:
        self.uses.add(Use(self.number, space, by))

    # --- streams

    def read_stream(self, data: bytes, resources: PdfObject) -> None:
        self.streams += 1
        self.size += len(data)
        if self.is_spent:
            return
        for name, operands in read_instructions(data):
            if space := _SPACE_OF.get(name):
                self.use(space, "type or drawing")
            elif name in (b"cs", b"CS") and operands:
                self.use_space(operands[0], resources, "type or drawing")
            elif name == b"BI" and operands and isinstance(operands[0], dict):
                self.read_inline(operands[0], resources)
            elif name == b"gs" and operands:
                self.read_setting(entry(entry(resources, "/ExtGState"), str(operands[0])))

    def read_inline(self, image: dict[str, Operand], resources: PdfObject) -> None:
        if image.get("/IM") is not True and image.get("/ImageMask") is not True:
            self.use_space(image.get("/CS", image.get("/ColorSpace")), resources, "a picture")

    def read_resources(self, resources: PdfObject) -> None:
        for form in _values(resources, "/XObject"):
            self.read_object(form, resources)
        for pattern in _values(resources, "/Pattern"):
            if self.is_new(pattern):
                self.read_pattern(pattern)
        for shading in _values(resources, "/Shading"):
            self.use_space(entry(shading, "/ColorSpace"), resources, "a gradient")
        for font in _values(resources, "/Font"):
            kids = items_of(entry(font, "/DescendantFonts"), 1)
            program = entry(entry(kids[0] if kids else font, "/FontDescriptor"), "/FontFile3")
            if to_text(entry(program, "/Subtype")) == "OpenType":
                self.modern.add((self.number, "a font embedded in a way of PDF 1.6"))
            if to_text(entry(font, "/Subtype")) == "Type3" and self.is_new(font):
                own = entry(font, "/Resources") or resources
                for glyph in dict(entry(font, "/CharProcs") or {}).values():
                    self.read_content(glyph, own)
                self.read_resources(own)

    def is_new(self, item: PdfObject) -> bool:
        key = getattr(item, "objgen", (0, 0))
        if key[0] and (*key, self.number) in self.seen:
            return False
        self.seen.add((*key, self.number))
        return not self.is_spent

    def read_content(self, stream: PdfObject, resources: PdfObject) -> None:
        if kind_of(stream) != "stream":
            return
        self.read_filters(stream)
        try:
            data = stream.read_bytes()
        except malformed():
            self.flaws.add((self.number, "a drawing cannot be read"))
            return
        self.read_stream(data, resources)

    def read_object(self, form: PdfObject, around: PdfObject) -> None:
        if not is_mapping(form) or not self.is_new(form):
            return
        kind = to_text(form.get("/Subtype"))
        if kind == "PS" or to_text(form.get("/Subtype2")) == "PS":
            self.flaws.add((self.number, "PostScript inside"))
        if "/OPI" in form:
            self.flaws.add((self.number, "a picture is a stand-in for a file elsewhere (OPI)"))
        if kind == "Form":
            resources = form.get("/Resources", around)
            self.read_group(form.get("/Group"))
            self.read_content(form, resources)
            self.read_resources(resources)
        elif kind == "Image":
            self.read_filters(form)
            if "/Alternates" in form:
                self.flaws.add((self.number, "a picture has another one that may be printed instead of it"))
            mask = form.get("/SMask")
            if kind_of(mask) == "stream" or to_number(form.get("/SMaskInData")):
                self.modern.add((self.number, "a picture with a soft mask"))
            if form.get("/ImageMask") is not True:
                space = form.get("/ColorSpace")
                if space is None and "JPXDecode" in _filters(form):
                    self.use("JPEG 2000's own", "a picture")
                else:
                    self.use_space(space, around, "a picture")

    def read_pattern(self, pattern: PdfObject) -> None:
        if to_number(entry(pattern, "/PatternType")) == 2:
            self.use_space(entry(entry(pattern, "/Shading"), "/ColorSpace"), None, "a gradient")
            self.read_setting(entry(pattern, "/ExtGState"))
        elif kind_of(pattern) == "stream":
            own = pattern.get("/Resources")
            self.read_content(pattern, own)
            self.read_resources(own)

    def read_filters(self, stream: PdfObject) -> None:
        for name in sorted(_filters(stream) & _FILTERS):
            self.flaws.add((self.number, f"a part is packed by {name}"))

    # --- transparency

    def read_group(self, group: PdfObject) -> None:
        if to_text(entry(group, "/S")) == "Transparency":
            self.modern.add((self.number, "a transparency group"))
            if (space := entry(group, "/CS")) is not None:
                self.use_space(space, None, "a transparency group")

    def read_setting(self, setting: PdfObject) -> None:
        if not is_mapping(setting):
            return
        for key in ("/ca", "/CA"):
            if (alpha := setting.get(key)) is not None and to_number(alpha, 1.0) < 1:
                self.modern.add((self.number, f"{to_number(alpha, 1.0):.0%} opaque"))
        modes = {to_text(mode) for mode in items_of(setting.get("/BM"), 20)}
        for mode in sorted(modes - {"Normal", "Compatible", ""}):
            self.modern.add((self.number, f"mixed by {mode}"))
        mask = setting.get("/SMask")
        if is_mapping(mask):
            self.modern.add((self.number, "a soft mask"))
            self.read_object(mask.get("/G"), None)
        if setting.get("/OP") is True or setting.get("/op") is True:
            self.has_overprint = True
        for key in ("/TR", "/HTP"):
            if key in setting:
                self.flaws.add((self.number, f"its colours are changed on the way to the plate ({key[1:]})"))

    # --- colour spaces

    def use_space(self, space: Operand | PdfObject, resources: PdfObject, by: str) -> None:
        for name in _name_spaces(space, resources):
            self.use(name, by)

    # --- boxes

    def read_boxes(self, page: PdfObject) -> None:
        def box(key: str) -> tuple[float, ...] | None:
            value = find_inherited(page, key) if key in ("/MediaBox", "/CropBox") else page.get(key)
            numbers = [to_number(number) for number in items_of(value, 5)]
            if len(numbers) != 4:
                return None
            x0, y0, x1, y1 = numbers
            return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

        media = box("/MediaBox")
        crop = box("/CropBox") or media
        trim, art = box("/TrimBox"), box("/ArtBox")
        bleed = box("/BleedBox")
        if bool(trim) == bool(art):
            what = "has a TrimBox and an ArtBox" if trim else "does not say where it is cut (TrimBox)"
            self.flaws.add((self.number, what))
        for inner, outer, what in (
            (trim or art, bleed or media, "is cut outside its bleed box"),
            (bleed, media, "has a bleed box larger than its sheet"),
            (bleed or trim or art, crop, "is cropped inside its bleed box"),
        ):
            if inner and outer and not _holds(outer, inner):
                self.flaws.add((self.number, what))
        inside = bleed or trim or crop
        for annotation in items_of(page.get("/Annots"), _MOST_ANNOTATIONS):
            kind = to_text(entry(annotation, "/Subtype"))
            numbers = [to_number(number) for number in items_of(entry(annotation, "/Rect"), 5)]
            if kind in ("TrapNet", "PrinterMark") or len(numbers) != 4 or not inside:
                continue
            x0, y0, x1, y1 = numbers
            if (
                min(x0, x1) < inside[2]
                and max(x0, x1) > inside[0]
                and min(y0, y1) < inside[3]
                and max(y0, y1) > inside[1]
            ):
                self.flaws.add(
                    (self.number, f"has something to click on where ink is ({kind or 'annotation'})")
                )


def _holds(outer: tuple[float, ...], inner: tuple[float, ...]) -> bool:
    slack = 0.01
    return (
        inner[0] >= outer[0] - slack
        and inner[1] >= outer[1] - slack
        and inner[2] <= outer[2] + slack
        and inner[3] <= outer[3] + slack
    )


def _values(resources: PdfObject, key: str) -> list[PdfObject]:
    group = entry(resources, key)
    return list(dict(group).values()) if is_mapping(group) else []


def _filters(stream: PdfObject) -> set[str]:
    return {to_text(name) for name in items_of(stream.get("/Filter"), 10)}


def _name_spaces(space: Operand | PdfObject, resources: PdfObject, depth: int = 0) -> Iterator[str]:
    """Yield the names of the spaces that a colour comes from: of a spot colour also what stands for it."""
    if space is None or depth > _DEEPEST_SPACE:
        yield "no colour space that is known"
        return
    if isinstance(space, str) or kind_of(space) == "name_":
        name = to_text(space)
        if name in _PLAIN:
            yield _PLAIN[name]
        elif name != "Pattern":
            yield from _name_spaces(entry(entry(resources, "/ColorSpace"), f"/{name}"), resources, depth + 1)
        return
    parts = items_of(space, 10)
    kind = to_text(parts[0]) if parts else ""
    if kind in _PLAIN and len(parts) == 1:
        yield _PLAIN[kind]
    elif kind == "ICCBased" and len(parts) > 1:
        yield _PROFILES.get(int(to_number(entry(parts[1], "/N"))), "ICC profile")
    elif kind in ("Indexed", "I") and len(parts) > 1:
        yield from _name_spaces(parts[1], resources, depth + 1)
    elif kind == "Pattern":
        if len(parts) > 1:
            yield from _name_spaces(parts[1], resources, depth + 1)
    elif kind in ("Separation", "DeviceN") and len(parts) > 2:
        names = [to_text(name) for name in items_of(parts[1], 32)]
        yield f"spot colour {', '.join(names)}"
        yield from _name_spaces(parts[2], resources, depth + 1)
    else:
        yield kind or "no colour space that is known"
