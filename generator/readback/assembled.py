"""Prove that a finished file is made of judged pages and a judged panel, and of nothing else.

What is common was judged once, as pages with a hole and as a panel; here the bytes of each file are read
back by another program than the one that wrote them, and compared with what was judged.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from generator.readback.objects import MALFORMED, pdf_errors

if TYPE_CHECKING:
    from generator.assembly import Mould, Node, Panel


def prove(pdf: bytes, mould: Mould, panel: Panel, code: str, author: str) -> Iterator[str]:
    """Yield in which way a file is not these pages with this panel, code and author; nothing if it is."""
    import pikepdf

    if not pdf.startswith(mould.head):
        yield "the pages are not those that were judged"
        return
    try:
        with pikepdf.open(io.BytesIO(pdf), attempt_recovery=False, suppress_warnings=True) as document:
            yield from _compare(document, mould, panel, code, author)
            if document.get_warnings():
                yield "the file is damaged"
    except pdf_errors():
        yield "the file cannot be read"
    except MALFORMED:
        yield "the file is not built as it should be"


def _compare(document: Any, mould: Mould, panel: Panel, code: str, author: str) -> Iterator[str]:  # noqa: ANN401
    places: dict[int, int] = {}
    for page in document.pages:
        for part in page.Contents:
            places[part.objgen[0]] = places.get(part.objgen[0], 0) + 1
    if places.get(mould.panel) != 1 or any(places.get(number) != 1 for number, _ in mould.codes):
        yield "the panel or a code does not stand where it should"
    shown = document.get_object(mould.panel, 0)
    if hashlib.sha256(shown.read_bytes()).hexdigest() != panel.sha256:
        yield "the panel is not the one that was judged"
    fonts = document.pages[0].Resources.Font
    letters: dict[bytes, bytes] = dict(_CHARACTER.findall(fonts["/P0"].ToUnicode.read_bytes()))
    for number, size in mould.codes:
        found = _CODE.fullmatch(document.get_object(number, 0).read_bytes())
        if not found or found[1] != size.encode() or _read(found[2], letters) != code:
            yield "a code is not that of the edition"
    for font in panel.fonts:
        inner = fonts[f"/P{font.face}"].DescendantFonts[0]
        if inner.FontDescriptor.FontFile2.read_raw_bytes() != font.program:
            yield "a font is not that of the panel"
    if str(document.docinfo.get("/Author", "")) != author:
        yield "the author is not the shop"
    holder = document.get_object(mould.parent[0], 0)
    page = document.get_object(mould.page, 0)
    owners = _owners(document, page)
    kids = [kid for kid in holder.K if not isinstance(kid, int)] if "/K" in holder else []
    added = [kid for kid in kids if kid.objgen[0] >= mould.next]
    if len(added) != len(panel.nodes) or not all(
        _is_same(kid, node, holder, page, owners) for kid, node in zip(added, panel.nodes, strict=False)
    ):
        yield "the tags are not those of the panel"


# How a code is set, and a row of what says which character a glyph is.
_CODE = re.compile(rb"/P0 ([\d.]+) Tf\n\[<([0-9a-f]+)>\] TJ\n")
_CHARACTER = re.compile(rb"<([0-9a-f]{4})> <([0-9a-f]{4})>")


def _read(glyphs: bytes, letters: dict[bytes, bytes]) -> str:
    found = (letters.get(glyphs[at : at + 4], b"fffd") for at in range(0, len(glyphs), 4))
    return "".join(chr(int(letter, 16)) for letter in found)


def _owners(document: Any, page: Any) -> list[Any]:  # noqa: ANN401
    rows: list[Any] = list(document.Root.StructTreeRoot.ParentTree.Nums)
    return next(
        list(value)
        for key, value in zip(rows[::2], rows[1::2], strict=True)
        if int(key) == int(page.StructParents)
    )


def _is_same(element: Any, node: Node, parent: Any, page: Any, owners: list[Any]) -> bool:  # noqa: ANN401
    """Tell whether an element is that of the panel, hangs in its parent, and owns its marked content."""
    kids: list[Any] = list(element.K) if "/K" in element else []
    if element.P.objgen != parent.objgen or len(kids) != len(node.kids):
        return False
    if "/S" not in element or str(element.S) not in node.entries:
        return False
    for kid, wanted in zip(kids, node.kids, strict=True):
        if isinstance(wanted, int):
            is_owner = owners[wanted].objgen == element.objgen and element.Pg.objgen == page.objgen
            if kid != wanted or not is_owner:
                return False
        elif not _is_same(kid, wanted, element, page, owners):
            return False
    return True
