"""Read imposed sheets back: does each page lie where the plan says, whole, and alone?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from generator.imposition import Plan
from generator.readback.model import MM_PER_PT


def find_astray(sheets: bytes, sources: Sequence[bytes], plan: Plan) -> Iterator[str]:
    """Yield what is wrong with finished sheets: pages that are not where they should be, and promises.

    A page is known by its characters. Raises nothing for a damaged file: it is told like all else.
    """
    import pypdfium2

    try:
        yield from _compare(sheets, sources, plan)
    except (pypdfium2.PdfiumError, IndexError) as error:
        yield f"the sheets cannot be read back: {error}"
    for promise in (b"/StructTreeRoot", b"/MarkInfo", b"pdfuaid", b"GTS_PDFX"):
        if promise in _open_objects(sheets):
            yield f"the sheets say {promise.decode()}, which is not true of them"


def _compare(sheets: bytes, sources: Sequence[bytes], plan: Plan) -> Iterator[str]:
    import pypdfium2

    wanted: list[Counter[str]] = []
    for source in sources:
        with pypdfium2.PdfDocument(source) as document:
            for page in document:
                wanted.append(_count(page.get_textpage().get_text_bounded(*page.get_trimbox())))
    with pypdfium2.PdfDocument(sheets) as document:
        if len(document) != len(plan.faces):
            yield f"has {len(document)} faces, {len(plan.faces)} planned"
            return
        for number, (page, face) in enumerate(zip(document, plan.faces, strict=True), start=1):
            text = page.get_textpage()
            found: Counter[str] = Counter()
            for cell in face:
                if cell.page is None:
                    continue
                left, bottom = cell.x_mm / MM_PER_PT, cell.y_mm / MM_PER_PT
                right = left + plan.trim_mm[0] / MM_PER_PT
                top = bottom + plan.trim_mm[1] / MM_PER_PT
                here = _count(text.get_text_bounded(left, bottom, right, top))
                if here != wanted[cell.page - 1]:
                    yield f"page {cell.page} is not whole where it should be on face {number}"
                found += here
            if _count(text.get_text_bounded()) != found:
                yield f"something stands between the pages of face {number}"


def _count(text: str) -> Counter[str]:
    return Counter("".join(text.split()))


def _open_objects(pdf: bytes) -> bytes:
    """Return what the catalog and the information of a file say, as text of PDF."""
    import io

    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as document:
        root = document.Root
        said = b" ".join(str(key).encode() for key in root)
        if "/Metadata" in root:
            said += root.Metadata.read_bytes()
        return said + b" ".join(str(key).encode() for key in document.docinfo)
