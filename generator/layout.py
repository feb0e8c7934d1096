"""Lay out HTML as printed pages, and write them as PDF. The only room for WeasyPrint.

It reaches into the engine in four places, each for a thing that the engine's interface does not
give, and all tied to the one version that `pyproject.toml` pins:
`_share_out_free_height` moves laid-out boxes, `_tag_languages` adds /Lang to structure elements,
`_measure_symbols` reads the printed size of QR codes, and `_make_html` leaves out styles that no handout
has.
"""

from __future__ import annotations

import contextlib
import copy
import ctypes
import ctypes.util
import logging
import os
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from generator.fit import Block, Side
from generator.fonts import FontSet, font_face_css, fontconfig_file
from generator.paper import Paper
from generator.stream import put_in_order

# CSS Values and Units 4: 96 px to the inch.
MM_PER_PX = 25.4 / 96
# A gap between blocks grows by no more than this, or the page falls apart into islands.
MAX_GROWTH_MM = 6.0
# Kept free at the foot, so that rounding never pushes the last block over the edge.
SPARE_MM = 0.3
# Longer than any side, for measuring.
ENDLESS_MM = 10_000.0
# Any asset of ours is far smaller; a larger one is refused before it is read.
MAX_ASSET_BYTES = 20_000_000

STYLE_SHEETS = ("type", "blocks")


@dataclass(frozen=True)
class LaidOut:
    """Printed pages, not yet written.

    `slack_mm` is the free height at the foot of each page before it was shared out between blocks;
    negative never happens, since what does not fit makes another page. `modules_mm` are the sizes
    of one module of each QR code, in reading order. `complaints` is what the engine logged: ignored
    CSS, a missing asset; empty when all is well. `sides` are the sides as they stand on their pages; of
    one that goes on on a further page, `measure_sides` knows the whole.
    """

    pages: int
    slack_mm: tuple[float, ...]
    modules_mm: tuple[float, ...]
    complaints: tuple[str, ...]
    document: Any = field(repr=False)
    sides: tuple[Side, ...] = ()


class _Listener(logging.Handler):
    """Collects what the engine complains about; the engine reports trouble in no other way."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        # Without libharfbuzz-subset the engine is slow, not wrong; `doctor` says so.
        if not record.getMessage().startswith("Using fontTools instead of HarfBuzz-Subset"):
            self.lines.append(record.getMessage())


@contextlib.contextmanager
def _without_library_search() -> Iterator[None]:
    """Keep cffi from asking the compiler for libraries that have a plain name.

    It would start more than fifty child processes on a machine with gcc, and only for spellings of
    other systems that fail here anyway.
    """
    if not sys.platform.startswith("linux"):
        yield
        return
    search = ctypes.util.find_library
    ctypes.util.find_library = lambda name: None
    try:
        yield
    finally:
        ctypes.util.find_library = search


def system_versions() -> dict[str, int | None]:
    """Return the versions of Pango and HarfBuzz as their libraries count them, None where absent."""
    found: dict[str, int | None] = {}
    for name, sonames in _LIBRARIES.items():
        found[name] = None
        for soname in sonames:
            with contextlib.suppress(OSError):
                library = ctypes.CDLL(soname)
                found[name] = int(library.pango_version()) if name == "pango" else 1
                break
    return found


# HarfBuzz has no version number as an int; that it is there decides how subsets are made.
_LIBRARIES = {
    "pango": ("libpango-1.0.so.0", "libpango-1.0.dylib", "libpango-1.0-0.dll"),
    "harfbuzz-subset": ("libharfbuzz-subset.so.0", "libharfbuzz-subset.0.dylib", "libharfbuzz-subset-0.dll"),
}


class Engine:
    """The layout engine, warm: fonts and style sheets are read once and serve every document.

    One a process: the font configuration is process-wide in fontconfig.
    """

    def __init__(self, templates: Path, fonts: FontSet, cache: Path) -> None:
        """Load the engine with our fonts and no others.

        Raises:
            OSError: where a shared library of the engine is not installed.
        """
        # Fontconfig reads this once, when the engine is imported: a character outside our fonts
        # must be .notdef, which is refused, and never the machine's idea of a substitute.
        os.environ["FONTCONFIG_FILE"] = str(fontconfig_file(fonts, cache))
        with _without_library_search(), warnings.catch_warnings():
            # Without libharfbuzz-subset the engine is slower but right; `doctor` says so.
            warnings.simplefilter("ignore", DeprecationWarning)
            import weasyprint
        from weasyprint.text.fonts import FontConfiguration

        _tag_languages()
        _share_out_free_height()
        self._weasyprint = weasyprint
        self._html = _make_html()
        self._templates = templates
        self._listener = _Listener()
        logger = logging.getLogger("weasyprint")
        logger.handlers = [self._listener]
        logger.propagate = False
        self._fetcher = _make_fetcher(templates / "css", fonts.regular.parent)
        self._font_config = FontConfiguration()
        self._sheets: dict[str, Any] = {}
        self._images: dict[str, Any] = {}
        self._font_sheet = self._parse(font_face_css(fonts))

    def _parse(self, css: str) -> Any:  # noqa: ANN401 - the engine has no types
        base = f"{self._templates.as_uri()}/css/"
        return self._weasyprint.CSS(
            string=css, base_url=base, url_fetcher=self._fetcher, font_config=self._font_config
        )

    def _sheet(self, css: str) -> tuple[Any, tuple[str, ...]]:
        """Return the parsed sheet and its complaints; each sheet is parsed once a process."""
        if css not in self._sheets:
            start = len(self._listener.lines)
            sheet = self._parse(css)
            self._sheets[css] = (sheet, (*self._listener.lines[start:], *_find_tricks(css)))
        found: tuple[Any, tuple[str, ...]] = self._sheets[css]
        return found

    def lay_out(self, html: str, style: str, paper: Paper) -> LaidOut:
        """Break one HTML document into printed pages.

        `style` is the CSS of this document; what all documents share comes from the templates.
        Raises nothing for bad content: a lost image arrives as a complaint, and `checks` refuses it.

        Source:
            CSS Paged Media 3.
        """
        folder = self._templates / "css"
        # Bytes that are no UTF-8 become marks that no CSS has, so the engine complains of them.
        css = [
            (folder / f"{name}.css").read_text(encoding="utf-8", errors="replace")
            for name in (*STYLE_SHEETS, paper.name)
        ]
        sheets: list[Any] = [self._font_sheet]
        complaints: list[str] = []
        for text in (*css, style):
            sheet, said = self._sheet(text)
            sheets.append(sheet)
            complaints.extend(said)
        self._listener.lines.clear()
        try:
            document = self._html(
                string=html, base_url=f"{folder.as_uri()}/", url_fetcher=self._fetcher
            ).render(
                font_config=self._font_config, stylesheets=sheets, cache=self._images, pdf_variant="pdf/ua-1"
            )
        except self._fatal() as error:
            self._listener.lines.append(str(error) or "an asset could not be fetched")
            return LaidOut(0, (), (), (*complaints, *self._listener.lines), None)
        return LaidOut(
            pages=len(document.pages),
            slack_mm=tuple(page._page_box.free_height_mm for page in document.pages),
            modules_mm=tuple(_measure_symbols(document)),
            complaints=(*complaints, *self._listener.lines),
            document=document,
            sides=tuple(page._page_box.side for page in document.pages if page._page_box.side),
        )

    def measure_sides(self, html: str, style: str, paper: Paper) -> tuple[Side, ...]:
        """Measure each side whole, as if its page had no end.

        Pages do not say it: a side that is broken leaves gaps where it breaks. It is one more layout, so it
        is for a document that has too many pages.
        """
        endless = f"{style}\n@page {{ size: {paper.width_mm}mm {ENDLESS_MM}mm }}"
        beyond = ENDLESS_MM - paper.height_mm
        return tuple(
            replace(side, overflow_mm=side.overflow_mm + beyond)
            for side in self.lay_out(html, endless, paper).sides
        )

    def _fatal(self) -> type[BaseException]:
        from weasyprint.urls import FatalURLFetchingError

        fatal: type[BaseException] = FatalURLFetchingError  # not an Exception: a plain except misses it
        return fatal

    def write_pdf(self, laid_out: LaidOut, paper: Paper) -> tuple[bytes, tuple[str, ...]]:
        """Write pages as tagged PDF 1.7 (PDF/UA-1); return the bytes and the engine's complaints."""
        self._listener.lines.clear()

        def finish(document: Any, pdf: Any) -> None:  # noqa: ANN401
            import pydyf

            # A viewer that scales to its printer's margins would shrink type and QR codes.
            pdf.catalog["ViewerPreferences"]["PrintScaling"] = "/None"
            pdf.catalog["ViewerPreferences"]["Duplex"] = f"/{paper.duplex}"
            _index_headers(pdf, pydyf)
            _order_content(pdf)

        try:
            raw: bytes = laid_out.document.write_pdf(
                pdf_variant="pdf/ua-1", pdf_version="1.7", finisher=finish
            )
        except AssertionError as error:  # the engine's own doubt about its tags: one handout, not the run
            return b"", (
                *self._listener.lines,
                f"could not write the file: {error or 'a box was drawn twice'}",
            )
        return raw, tuple(self._listener.lines)


# What hides, moves or adds text behind the judge's back: it reads what a file says, and these make the page
# look otherwise. No sheet of ours needs any of them.
_TRICKS = re.compile(
    r"(?<![-\w])(overflow|clip|clip-path|opacity|visibility|transform|z-index|text-decoration|letter-spacing"
    r"|text-indent|content)\s*:\s*([^;}]+)"
)
_HARMLESS = re.compile(r'none|""|counter\(page\) " / " counter\(pages\)|element\([a-z-]+\)')


def _find_tricks(css: str) -> Iterator[str]:
    for match in _TRICKS.finditer(re.sub(r"/\*.*?\*/|url\([^)]*\)", "", css, flags=re.S)):
        if not _HARMLESS.fullmatch(match[2].strip()):
            yield f'a style sheet says "{match[0].strip()[:60]}", which can hide, move or add text'


def _make_fetcher(*roots: Path) -> Any:  # noqa: ANN401
    from weasyprint.urls import URLFetcher

    allowed = [root.resolve() for root in roots]

    class AssetFetcher(URLFetcher):  # type: ignore[misc]
        """Opens files inside our own folders and nothing else: no network, no other file."""

        def __init__(self) -> None:
            super().__init__(allowed_protocols={"file", "data"}, allow_redirects=False, fail_on_errors=True)

        def fetch(self, url: str, headers: Any = None) -> Any:  # noqa: ANN401
            parts = urlsplit(url)
            if parts.scheme == "file":
                path = Path(unquote(parts.path)).resolve()
                inside = any(path.is_relative_to(root) for root in allowed)
                if parts.netloc not in ("", "localhost") or not inside or not path.is_file():
                    raise ValueError(f"“{url}” is not a file of the project")
                if path.stat().st_size > MAX_ASSET_BYTES:
                    raise ValueError(f"“{url}” is larger than {MAX_ASSET_BYTES:,} bytes")
            elif parts.scheme != "data" or len(url) > MAX_ASSET_BYTES:
                raise ValueError(f"“{url[:80]}” is not a file of the project")
            return super().fetch(url, headers)

    return AssetFetcher()


def _make_html() -> Any:  # noqa: ANN401
    """Return the engine's HTML class without styles for footnotes and markers, which no handout has.

    The engine's own style sheet gives six such pseudo-elements to every element, and each costs a
    computed style: 2,300 of 2,600 in a handout, 5 % of its time. The pages are the same to the byte.
    """
    from weasyprint import HTML
    from weasyprint.html import UA_STYLESHEET

    sheet = copy.copy(UA_STYLESHEET)
    sheet.matcher = copy.copy(UA_STYLESHEET.matcher)
    # (test, specificity, order, pseudo-element, payload); these selectors match every element.
    sheet.matcher.other_selectors = [
        entry for entry in UA_STYLESHEET.matcher.other_selectors if entry[3] not in _UNUSED
    ]

    class LeanHTML(HTML):  # type: ignore[misc]
        """HTML whose elements have no footnotes and no list markers."""

        def _ua_stylesheets(self, forms: bool = False) -> list[Any]:
            return [sheet]

    return LeanHTML


_UNUSED = {"footnote-call", "footnote-marker", "note-call", "note-marker", "note-callback", "marker"}


# --- inside the engine ---------------------------------------------------------------------------


def _classes(box: Any) -> list[str]:  # noqa: ANN401
    element = getattr(box, "element", None)
    return (element.get("class") or "").split() if element is not None and box.element_tag[:1] != ":" else []


def _level(pair: Any) -> None:  # noqa: ANN401
    """Make the two blocks of a pair one height, so that frame and colour end together.

    A flex container would do the same, and lay each of them out several times.
    """
    blocks = [box for box in pair.children if box.is_floated()]
    height = max((box.margin_height() for box in blocks), default=0)
    for box in blocks:
        box.height += height - box.margin_height()


def _side_of(page_box: Any) -> Any | None:  # noqa: ANN401
    """Return the box of the side (`.side`) that fills a page."""
    todo = [page_box]
    while todo:
        box = todo.pop()
        if "side" in _classes(box):
            return box
        todo.extend(child for child in getattr(box, "children", ()) if not isinstance(child, str))
    return None


def _share_out_free_height() -> None:
    """Make the engine share out the free height of a page between its blocks.

    It is done when a page is laid out and before its backgrounds are, which stay where they are put.
    """
    from weasyprint import layout

    if getattr(layout.layout_backgrounds, "shares_out", False):
        return
    lay_out_backgrounds = layout.layout_backgrounds

    def share_out_first(page_box: Any, *args: Any) -> None:  # noqa: ANN401
        page_box.side = _measure_side(page_box)
        page_box.free_height_mm = _share_out(page_box)
        lay_out_backgrounds(page_box, *args)

    share_out_first.shares_out = True  # type: ignore[attr-defined]
    layout.layout_backgrounds = share_out_first


def _measure_side(page_box: Any) -> Side | None:  # noqa: ANN401
    """Measure the side on a page, before its blocks are moved; None where there is none."""
    side = _side_of(page_box)
    if side is None or not side.children:
        return None
    foot = page_box.content_box_y() + page_box.height
    end = max(box.position_y + box.margin_height() for box in side.children)
    blocks: list[Block] = []
    for box in side.children:
        columns = [child for child in getattr(box, "children", ()) if child.is_floated()]
        height = max((column.margin_height() for column in columns), default=0)
        for column in columns if "pair" in _classes(box) else (box,):
            name = next((name for name in _classes(column) if name in ("left", "right")), "")
            blocks.extend(_find_blocks(column, name, not name or column.margin_height() >= height))
    gaps = sum("block" in _classes(box) for box in side.children)
    return Side(float((end - foot) * MM_PER_PX), gaps, tuple(blocks))


def _find_blocks(box: Any, column: str, counts: bool) -> Iterator[Block]:  # noqa: ANN401
    """Yield the blocks in a box in reading order, by the names that the templates give them."""
    element = getattr(box, "element", None)
    if element is not None and (name := element.get("data-block")):
        yield Block(name, float(box.border_height() * MM_PER_PX), column, counts)
        return
    for child in getattr(box, "children", ()):
        if not isinstance(child, str):
            yield from _find_blocks(child, column, counts)


def _share_out(page_box: Any) -> float:  # noqa: ANN401
    """Move the blocks of a page apart by its free height, equally; return that height in mm."""
    side = _side_of(page_box)
    if side is None or not side.children:
        return 0.0
    foot = page_box.content_box_y() + page_box.height
    blocks = list(side.children)
    for pair in blocks:
        if "last" in _classes(pair):
            _level(pair)
    end = max(box.position_y + box.margin_height() for box in blocks)
    slack = (foot - end) * MM_PER_PX
    movable = [i for i, box in enumerate(blocks) if "block" in _classes(box)]
    if movable and slack > SPARE_MM:
        step = min((slack - SPARE_MM) / len(movable), MAX_GROWTH_MM) / MM_PER_PX
        moved = 0
        for i, box in enumerate(blocks):
            moved += i in movable
            box.translate(0, moved * step)
    return round(float(slack), 2)


def _measure_symbols(document: Any) -> Iterator[float]:  # noqa: ANN401
    """Yield the size of one module of each QR code in mm."""
    for page in document.pages:
        todo = [page._page_box]
        while todo:
            box = todo.pop()
            element = getattr(box, "element", None)
            modules = element.get("data-modules") if element is not None else None
            if modules:
                # The drawing keeps its shape, so the shorter side decides.
                yield round(min(box.width, box.height) * MM_PER_PX / int(modules), 3)
            else:
                todo.extend(reversed([c for c in getattr(box, "children", ()) if not isinstance(c, str)]))


def _tag_languages() -> None:
    """Make the engine write /Lang on every structure element that changes the language.

    It writes only the document's. Without this, a Japanese word in a Chinese guide is read by the
    Chinese voice. Passes PDF/UA-1 as before.
    """
    import pydyf
    from weasyprint.pdf import tags

    if getattr(tags._build_box_tree, "tags_languages", False):
        return
    build = tags._build_box_tree

    def build_with_language(box: Any, parent: Any, *args: Any) -> Iterator[Any]:  # noqa: ANN401
        style = getattr(getattr(box, "_box", box), "style", None)
        lang = style["lang"] if style is not None else None
        for element in build(box, parent, *args):
            # html and body hand on their children's elements, which have their own language.
            if lang:
                element.setdefault("Lang", pydyf.String(lang))
            yield element

    build_with_language.tags_languages = True  # type: ignore[attr-defined]
    tags._build_box_tree = build_with_language


def _order_content(pdf: Any) -> None:  # noqa: ANN401
    """Put the content stream of each page in the order of the structure tree."""
    orders: dict[bytes, list[int]] = {}

    def walk(kid: Any, page: bytes) -> None:  # noqa: ANN401
        if isinstance(kid, int):
            orders.setdefault(page, []).append(kid)
        elif isinstance(kid, bytes):
            element = pdf.objects[int(kid.split()[0])]
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
        content.stream = put_in_order(lines, order)


def _index_headers(pdf: Any, pydyf: Any) -> None:  # noqa: ANN401
    """Give column headers their scope, and the tree an index of the ids that cells refer to.

    Source: ISO 32000-1, 14.7.2 (IDTree) and 14.8.5.7 (Scope); the engine writes neither.
    """
    ids: list[Any] = []
    root: Any = None
    for item in pdf.objects:
        if not isinstance(item, dict):
            continue
        if item.get("Type") == "/StructTreeRoot":
            root = item
        if item.get("S") == "/TH" and "ID" in item:
            ids.append(item)
            if isinstance(item.get("A"), dict):
                item["A"]["Scope"] = "/Column"
        if item.get("S") == "/L" and "A" not in item:
            item["A"] = pydyf.Dictionary({"O": "/List", "ListNumbering": "/None"})
    if root is not None and ids:
        names = pydyf.Array()
        for item in sorted(ids, key=lambda item: item["ID"].data):
            names.extend([item["ID"].data, item.reference])
        index = pydyf.Dictionary({"Names": names})
        pdf.add_object(index)
        root["IDTree"] = index.reference
