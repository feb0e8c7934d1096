"""Finish a file for a print shop: boxes, marks, output intent, claim. Tags and hints for viewers go.

Pages come written with inks and 3 mm of bleed; what is painted on them is not touched.

Sources: ISO 15930-4:2003 (PDF/X-1a), ISO 15930-7:2010 (PDF/X-4), ISO 32000-1, 14.11 (prepress); marks as
Japanese print shops want them: two lines at each corner, at the trim and at the bleed, and a cross at the
middle of each side.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from generator.paper import PRESS_BLEED_MM, Paper
from generator.profile import Profile

if TYPE_CHECKING:
    from pikepdf import Pdf

Claim = Literal["PDF/X-1a:2003", "PDF/X-4", ""]
# The versions that the standards are written for; without a claim, the one that most machines take.
VERSIONS: dict[Claim, str] = {"PDF/X-1a:2003": "1.4", "PDF/X-4": "1.6", "": "1.6"}

REGISTRY = "http://www.color.org"
# Printing conditions of the ICC's registry that Japanese print shops ask for, and their neighbours'. To name
# one needs no profile: whoever prints by it has its data.
CONDITIONS: dict[str, str] = {
    "JC200103": "Japan Color 2001, sheet-fed offset, coated paper",
    "JC200104": "Japan Color 2001, sheet-fed offset, uncoated paper",
    "JCW2003": "Japan Color 2003, web offset, coated paper",
    "JCN2002": "Japan Color 2002, newspaper",
    "FOGRA39": "ISO 12647-2:2004, offset, coated paper",
    "FOGRA47": "ISO 12647-2:2004, offset, uncoated white paper",
    "FOGRA51": "ISO 12647-2:2013, offset, premium coated paper",
    "FOGRA52": "ISO 12647-2:2013, offset, uncoated paper",
    "CGATS TR 001": "SWOP, web offset, coated paper",
    "CGATS21-2-CRPC6": "ISO/PAS 15339, premium coated paper",
}

_PT_PER_MM = 72 / 25.4
# Beyond the bleed: marks of 9 mm, and a little air.
SLUG_MM = 11.0
_MARK_MM = 9.0
_MARK_WIDTH_MM = 0.1
_CROSS_MM = 12.0  # half of the bar of a cross
# Of guides without a fact; the standards want a day.
NO_DAY = datetime.date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Intent:
    """How it is meant to be printed: a registered condition, a profile, or both; "" and None are unknown."""

    condition: str = ""
    profile: Profile | None = None

    @property
    def claim(self) -> Claim:
        """Return what a file with this intent may claim to be.

        PDF/X-4 wants the profile in the file; PDF/X-1a takes the name of a registered condition for it.
        """
        if self.profile:
            return "PDF/X-4"
        return "PDF/X-1a:2003" if self.condition else ""

    def describe(self) -> list[str]:
        """Return what the file's bytes depend on."""
        return [self.condition, hashlib.sha256(self.profile.data).hexdigest() if self.profile else ""]


def finish_press(pdf: bytes, paper: Paper, intent: Intent, claim: Claim, day: datetime.date | None) -> bytes:
    """Return a file for a print shop. Same arguments, same bytes.

    `claim` is what it says it is; "" where nobody has checked it. `day` is that of the latest fact.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as document:
        languages = _find_languages(document)
        marks = _draw_marks(paper)
        registration = document.make_indirect(
            pikepdf.Array(
                [
                    pikepdf.Name.Separation,
                    pikepdf.Name.All,
                    pikepdf.Name.DeviceCMYK,
                    pikepdf.Dictionary(FunctionType=2, Domain=[0, 1], C0=[0] * 4, C1=[1] * 4, N=1),
                ]
            )
        )
        shared = {}
        for page in document.pages:
            shared[page.obj.Resources.objgen] = page.obj.Resources
            _set_boxes(page.obj, paper)
            content = _drop_tags(page.obj.Contents.read_bytes(), languages.get(page.obj.objgen, {}))
            page.obj.Contents = document.make_stream(_place(content, paper) + marks)
            for key in ("/StructParents", "/Tabs", "/Annots", "/Group"):
                if key in page.obj:
                    del page.obj[key]
        for resources in shared.values():
            resources.ColorSpace = pikepdf.Dictionary({"/Registration": registration})
        root = document.Root
        for key in ("/StructTreeRoot", "/MarkInfo", "/Outlines", "/ViewerPreferences", "/Metadata"):
            if key in root:
                del root[key]
        _set_intent(document, intent)
        _describe(document, claim, day or NO_DAY, hashlib.sha256(pdf).hexdigest())
        file = io.BytesIO()
        document.remove_unreferenced_resources()
        document.save(
            file,
            force_version=VERSIONS[claim],
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            compress_streams=True,
            recompress_flate=False,
            deterministic_id=True,
            fix_metadata_version=False,
        )
    return file.getvalue()


# --- the page ----------------------------------------------------------------------------------


def _set_boxes(page: Any, paper: Paper) -> None:  # noqa: ANN401
    """Set media, bleed and trim; the corner of the media is the origin."""
    width, height = paper.width_mm, paper.height_mm
    slug, bleed = PRESS_BLEED_MM + SLUG_MM, PRESS_BLEED_MM
    for key, beyond in (("/MediaBox", slug), ("/BleedBox", bleed), ("/TrimBox", 0.0)):
        left = slug - beyond
        box = (left, left, left + width + 2 * beyond, left + height + 2 * beyond)
        page[key] = [round(length * _PT_PER_MM, 4) for length in box]
    for key in ("/CropBox", "/ArtBox"):
        if key in page:
            del page[key]


def _place(content: bytes, paper: Paper) -> bytes:
    """Return the content with the trim where the boxes have it; nothing of it is painted beyond the bleed."""
    slug, bleed = PRESS_BLEED_MM + SLUG_MM, PRESS_BLEED_MM
    corner = _write(SLUG_MM)
    size = f"{_write(paper.width_mm + 2 * bleed)} {_write(paper.height_mm + 2 * bleed)}"
    start = f"q\n{corner} {corner} {size} re W n\n1 0 0 1 {_write(slug)} {_write(slug)} cm\n"
    return start.encode() + content + b"\nQ\n"


def _write(length_mm: float) -> str:
    return f"{length_mm * _PT_PER_MM:.4f}"


def _draw_marks(paper: Paper) -> bytes:
    """Return the marks, in the colour that is on every plate; all of them lie beyond the bleed."""
    lines = [
        f"{_write(x0)} {_write(y0)} m {_write(x1)} {_write(y1)} l" for x0, y0, x1, y1 in _list_marks(paper)
    ]
    start = f"/Artifact BMC\nq\n/Registration CS 1 SCN {_write(_MARK_WIDTH_MM)} w"
    return "\n".join([start, *lines, "S\nQ\nEMC\n"]).encode()


def _list_marks(paper: Paper) -> Iterator[tuple[float, float, float, float]]:
    """Yield the lines of the marks in mm from the corner of the media."""
    slug, bleed = PRESS_BLEED_MM + SLUG_MM, PRESS_BLEED_MM
    ends = []  # along each axis: the trim and the bleed at both ends, and which way is out
    for length in (paper.width_mm, paper.height_mm):
        near, far = slug, slug + length
        ends.append(((near, near - bleed, -1), (far, far + bleed, 1)))
    for trim_x, bleed_x, out_x in ends[0]:
        for trim_y, bleed_y, out_y in ends[1]:
            for x in (trim_x, bleed_x):
                yield x, bleed_y, x, bleed_y + out_y * _MARK_MM
            for y in (trim_y, bleed_y):
                yield bleed_x, y, bleed_x + out_x * _MARK_MM, y
    middle_x, middle_y = slug + paper.width_mm / 2, slug + paper.height_mm / 2
    for _, bleed_x, out in ends[0]:
        yield bleed_x, middle_y, bleed_x + out * _MARK_MM, middle_y
        bar = bleed_x + out * _MARK_MM / 2
        yield bar, middle_y - _CROSS_MM, bar, middle_y + _CROSS_MM
    for _, bleed_y, out in ends[1]:
        yield middle_x, bleed_y, middle_x, bleed_y + out * _MARK_MM
        bar = bleed_y + out * _MARK_MM / 2
        yield middle_x - _CROSS_MM, bar, middle_x + _CROSS_MM, bar


# --- tags --------------------------------------------------------------------------------------

_MARKED = re.compile(rb"/\w+\s<<\s*/MCID (\d+)\s*>>\sBDC")


def _drop_tags(content: bytes, languages: dict[int, str]) -> bytes:
    """Return the content without its numbers for the structure tree.

    What is in another language than the document goes on to say so: whoever reads the file back must know
    which country's characters are right in it.
    """

    def mark(found: re.Match[bytes]) -> bytes:
        language = languages.get(int(found[1]), "")
        return b"/Span <</Lang (%s)>> BDC" % language.encode() if language else b"/Span BMC"

    return _MARKED.sub(mark, content)


def _find_languages(document: Pdf) -> dict[tuple[int, int], dict[int, str]]:
    """Return the languages of marked content that are not the document's, by page and number."""
    found: dict[tuple[int, int], dict[int, str]] = {}

    def walk(element: Any, language: str, page: Any) -> None:  # noqa: ANN401
        if isinstance(element, int):
            if language and page is not None:
                found.setdefault(page.objgen, {})[element] = language
            return
        language, page = str(element.get("/Lang", language)), element.get("/Pg", page)
        kids = element.get("/K", [])
        for kid in kids if _is_array(kids) else [kids]:
            walk(int(kid) if isinstance(kid, int) else kid, language, page)

    if (tree := document.Root.get("/StructTreeRoot")) is not None:
        own = str(document.Root.get("/Lang", ""))
        walk(tree, "", None)
        for numbers in found.values():
            for mcid in [mcid for mcid, language in numbers.items() if language == own]:
                del numbers[mcid]
    return found


def _is_array(value: Any) -> bool:  # noqa: ANN401
    import pikepdf

    return isinstance(value, pikepdf.Array)


# --- the file ----------------------------------------------------------------------------------


def _set_intent(document: Pdf, intent: Intent) -> None:
    import pikepdf

    if not (intent.condition or intent.profile):
        return
    entry = pikepdf.Dictionary(Type=pikepdf.Name.OutputIntent, S=pikepdf.Name.GTS_PDFX)
    if intent.condition:
        entry.OutputConditionIdentifier = pikepdf.String(intent.condition)
        entry.OutputCondition = pikepdf.String(CONDITIONS[intent.condition])
        entry.RegistryName = pikepdf.String(REGISTRY)
        entry.Info = pikepdf.String(CONDITIONS[intent.condition])
    else:
        entry.OutputConditionIdentifier = pikepdf.String("Custom")
    if intent.profile:
        entry.Info = pikepdf.String(intent.profile.name)
        entry.DestOutputProfile = document.make_stream(intent.profile.data, N=4)
    document.Root.OutputIntents = pikepdf.Array([document.make_indirect(entry)])


_NAMESPACES = {
    "pdfxid": "http://www.npes.org/pdfx/ns/id/",
    "pdfx": "http://ns.adobe.com/pdfx/1.3/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
}


def _describe(document: Pdf, claim: Claim, day: datetime.date, digest: str) -> None:
    """Write who, what, when and the claim, once for old readers and once as XMP."""
    import pikepdf

    info = document.docinfo
    info.Trapped = pikepdf.Name("/False")
    info.CreationDate = info.ModDate = f"D:{day:%Y%m%d}000000Z"
    if claim == "PDF/X-1a:2003":
        info["/GTS_PDFXVersion"] = claim
    for prefix, uri in _NAMESPACES.items():
        pikepdf.models.PdfMetadata.register_xml_namespace(uri, prefix)
    with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as xmp:
        for key, name in (
            ("dc:title", "/Title"),
            ("dc:description", "/Subject"),
            ("pdf:Keywords", "/Keywords"),
        ):
            if name in info:
                xmp[key] = str(info[name])
        if "/Author" in info:
            xmp["dc:creator"] = [str(info.Author)]
        xmp["pdf:Producer"] = str(info.get("/Producer", ""))
        xmp["pdf:Trapped"] = "False"
        for key in ("xmp:CreateDate", "xmp:ModifyDate", "xmp:MetadataDate"):
            xmp[key] = f"{day.isoformat()}T00:00:00Z"
        xmp["xmpMM:DocumentID"] = f"uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest)}"
        xmp["xmpMM:VersionID"] = "1"
        xmp["xmpMM:RenditionClass"] = "default"
        if claim == "PDF/X-4":
            xmp["pdfxid:GTS_PDFXVersion"] = claim
