"""Complete the tags that the engine writes, leave out the idle ones, and put the page in their order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generator.prose import GAP
from generator.stream import put_in_order, write_short


def tag_languages() -> None:
    """Make the engine write /Lang on every structure element, and on lists whether they count.

    It writes only the document's. Without this, a Japanese word in a Chinese guide is read by the
    Chinese voice. Passes PDF/UA-1 as before.
    """
    import pydyf
    from weasyprint.pdf import tags

    if getattr(tags._build_box_tree, "tags_languages", False):
        return
    build = tags._build_box_tree

    def build_with_language(box: Any, parent: Any, *args: Any) -> Iterator[Any]:  # noqa: ANN401
        inner = getattr(box, "_box", box)
        named = getattr(inner, "element", None)
        if named is not None and named.get("class") == "rt":
            # The reading of a word: who hears the page hears the word itself. The engine counts on its
            # elements being made; those that hang in no tree are left out when it is trimmed.
            list(build(box, parent, *args))
            return
        style = getattr(inner, "style", None)
        lang = style["lang"] if style is not None else None
        for element in build(box, parent, *args):
            # html and body hand on their children's elements, which have their own language.
            if lang:
                element.setdefault("Lang", pydyf.String(lang))
            if named is not None and named.get("class") in ("hole", "ledge"):
                element["T"] = pydyf.String("hole")
            if element.get("S") == "/L" and "A" not in element:
                # Its numbers stand in the text; this says that they count (ISO 32000-1, 14.8.5.5).
                numbering = "/Decimal" if getattr(inner, "element_tag", "") == "ol" else "/None"
                element["A"] = pydyf.Dictionary({"O": "/List", "ListNumbering": numbering})
            yield element

    build_with_language.__wrapped__ = build  # type: ignore[attr-defined]
    build_with_language.tags_languages = True  # type: ignore[attr-defined]
    tags._build_box_tree = build_with_language


# Text may hang in these directly (ISO 32000-1, 14.8.4.3 and 14.8.4.4); others hold elements only (14.8.4.2).
_HOLDS_TEXT = {"/P", "/H1", "/H2", "/H3", "/LBody", "/Lbl", "/TH", "/TD", "/Span", "/Link", "/Caption"}
_SAYS_NOTHING = {"/Span", "/NonStruct"}
_BARE = {"Type", "S", "K", "Pg", "P"}


def trim_tags() -> None:
    """Make the engine leave out structure elements that say nothing.

    It makes one of every line of text and of every <b>: two of three elements of a handout, 10 KB
    of it. A screen reader meets the same words in the same order under the same headings.
    """
    import weasyprint.pdf as engine

    if getattr(engine.add_tags, "trims", False):
        return
    add_tags = engine.add_tags

    def add_and_trim(pdf: Any, *args: Any) -> None:  # noqa: ANN401
        start = len(pdf.objects)
        add_tags(pdf, *args)
        _trim_tree(pdf, start)

    add_and_trim.trims = True  # type: ignore[attr-defined]
    engine.add_tags = add_and_trim


def _trim_tree(pdf: Any, start: int) -> None:  # noqa: ANN401
    """Trim the structure tree, whose objects are those from `start` on."""
    index, _, document, *rest = pdf.objects[start:]
    items = {item.reference: item for item in rest}
    pages = {reference: number for number, reference in enumerate(pdf.page_references)}
    # Marked content in running heads and feet is in no element: null.
    owners: list[list[Any]] = [["null"] * len(of_page) for of_page in index["Nums"][1 : 2 * len(pages) : 2]]

    def trim(element: Any, language: str) -> None:  # noqa: ANN401
        if "Lang" in element:
            if element["Lang"].string == language:
                del element["Lang"]
            else:
                language = element["Lang"].string
        kids: list[Any] = []

        def take(kid: Any) -> None:  # noqa: ANN401
            is_bare = isinstance(kid, dict) and kid.get("S") in _SAYS_NOTHING and kid.keys() <= _BARE
            if is_bare and (not kid["K"] or (element["S"] in _HOLDS_TEXT and kid["Pg"] == element["Pg"])):
                for inner in kid["K"]:
                    take(inner)
            else:
                kids.append(kid)

        for kid in element["K"]:
            item = kid if isinstance(kid, int) else items[kid]
            if not isinstance(item, int) and "S" in item:
                trim(item, language)
            take(item)
        element["K"] = kids

    def place(element: Any) -> None:  # noqa: ANN401
        """Number what is left, and point to it by its new number."""
        pdf.add_object(element)
        for kid in element["K"]:
            if isinstance(kid, int):
                owners[pages[element["Pg"]]][kid] = element.reference
            elif "S" in kid:
                kid["P"] = element.reference
                place(kid)
            else:
                pdf.add_object(kid)
        kids = [kid if isinstance(kid, int) else kid.reference for kid in element["K"]]
        element["K"] = kids[0] if len(kids) == 1 else type(index["Nums"])(kids)
        # Optional both (ISO 32000-1, table 323): the page matters where the element holds content itself.
        del element["Type"]
        if not any(isinstance(kid, int) for kid in kids):
            element.pop("Pg", None)

    trim(document, pdf.catalog["Lang"].string)
    del pdf.objects[start + 2 :]
    place(document)
    for at, of_page in enumerate(owners):
        index["Nums"][2 * at + 1][:] = of_page
    for at in range(2 * len(pages) + 1, len(index["Nums"]), 2):
        index["Nums"][at] = items[index["Nums"][at]].reference


def order_content(pdf: Any) -> None:  # noqa: ANN401
    """Put the content stream of each page in the order of the structure tree."""
    orders: dict[bytes, list[int]] = {}
    alone: dict[bytes, set[int]] = {}

    def walk(kid: Any, page: bytes) -> None:  # noqa: ANN401
        if isinstance(kid, int):
            orders.setdefault(page, []).append(kid)
        elif isinstance(kid, bytes):
            element = pdf.objects[int(kid.split()[0])]
            if isinstance(element, dict) and "T" in element:
                alone.setdefault(element["Pg"], set()).add(element["K"])
            if isinstance(element, dict) and "K" in element:
                for child in element["K"] if isinstance(element["K"], list) else [element["K"]]:
                    walk(child, element.get("Pg", page))

    root = next((o for o in pdf.objects if isinstance(o, dict) and o.get("Type") == "/StructTreeRoot"), None)
    if root is None:
        return
    for kid in root["K"]:
        walk(kid, b"")
    for reference, order in orders.items():
        page = pdf.objects[int(reference.split()[0])]
        content = pdf.objects[int(page["Contents"].split()[0])]
        # Operators are bytes or text; a property list is an object of the writer.
        lines = [
            line if isinstance(line, bytes) else line.encode() if isinstance(line, str) else line.data
            for line in content.stream
        ]
        content.stream = [write_short(put_in_order(lines, order, alone.get(reference, ())))]


def index_headers(pdf: Any, pydyf: Any) -> None:  # noqa: ANN401
    """Give column headers their scope, and the tree an index of the ids that cells refer to.

    Source: ISO 32000-1, 14.7.2 (IDTree) and 14.8.5.7 (Scope); the engine writes neither.
    """
    ids: list[Any] = []
    root: Any = None
    for item in pdf.objects:
        if not isinstance(item, dict):
            continue
        if "Dest" in item and "Title" in item:  # a bookmark
            item["Title"].string = item["Title"].string.replace(GAP, "")
        if item.get("Type") == "/StructTreeRoot":
            root = item
        if item.get("S") == "/TH" and "ID" in item:
            ids.append(item)
            if isinstance(item.get("A"), dict):
                item["A"]["Scope"] = "/Column"
    if root is not None and ids:
        names = pydyf.Array()
        for item in sorted(ids, key=lambda item: item["ID"].data):
            names.extend([item["ID"].data, item.reference])
        index = pydyf.Dictionary({"Names": names})
        pdf.add_object(index)
        root["IDTree"] = index.reference
