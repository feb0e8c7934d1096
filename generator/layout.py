"""Lay out HTML as printed pages, and write them as PDF. The only room for WeasyPrint.

It reaches into the engine for things that the engine's interface does not give, all tied to the one version
that `pyproject.toml` pins:

    pages   `_share_out_free_height` moves laid-out boxes, `_set_gaps` parts Han from Latin,
            `_measure_symbols` reads the printed size of QR codes
    tags    `_tag_languages` adds /Lang to structure elements, `_trim_tags` leaves out the idle ones
    size    `_draw_runs`, `_draw_icons`, `_embed_outlines_only`, `_sort_characters`
    time    `_make_html`, `_fill_styles`, `_remember_sizes`, `_remember_fonts`
"""

from __future__ import annotations

import contextlib
import copy
import ctypes
import ctypes.util
import gc
import logging
import os
import re
import struct
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

from generator.fit import Block, Side
from generator.fonts import FontSet, font_face_css, fontconfig_file
from generator.paper import Paper
from generator.prose import GAP
from generator.stream import put_in_order, write_short

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

# Quarter em between Han and Latin, a little less because Latin has side bearings of its own. The same as .gap
# in templates/css/type.css.
GAP_EM = 0.14

# So many more objects than before are there when a handout is written.
OBJECTS_OF_A_DOCUMENT = 100_000

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
        _trim_tags()
        _embed_outlines_only()
        _draw_runs()
        _draw_icons()
        _set_gaps()
        _fill_styles()
        _remember_sizes()
        _remember_fonts()
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
        # What is there now stays until the end, and what comes lives as long as a document: the garbage
        # collector walks through the first no more, and through the second once or twice, not 300 times.
        gc.collect()
        gc.freeze()
        gc.set_threshold(OBJECTS_OF_A_DOCUMENT, 10, 10)

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
            _sort_characters(pdf)

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
    from weasyprint import HTML, cssselect2
    from weasyprint.html import UA_STYLESHEET

    sheet = copy.copy(UA_STYLESHEET)
    sheet.matcher = copy.copy(UA_STYLESHEET.matcher)
    # (test, specificity, order, pseudo-element, payload); these selectors match every element.
    sheet.matcher.other_selectors = [
        entry for entry in UA_STYLESHEET.matcher.other_selectors if entry[3] not in _UNUSED
    ]

    class LeanHTML(HTML):  # type: ignore[misc]
        """HTML whose elements have no footnotes and no list markers."""

        def __init__(self, string: str, base_url: str, url_fetcher: Any) -> None:  # noqa: ANN401
            root = _read_html(string)
            if root is None:
                super().__init__(string=string, base_url=base_url, url_fetcher=url_fetcher)
                return
            self.base_url, self.url_fetcher, self.media_type = base_url, url_fetcher, "print"
            self.wrapper_element = cssselect2.ElementWrapper.from_html_root(root, content_language=None)
            self.etree_element = self.wrapper_element.etree_element

        def _ua_stylesheets(self, forms: bool = False) -> list[Any]:
            return [sheet]

    return LeanHTML


_VOID = re.compile(r"<((?:meta|br)\b[^>]*?)/?>")


def _read_html(html: str) -> ElementTree.Element | None:
    """Return the elements of a document that is XML but for its void elements; None of any other.

    Ours are, and this takes a millisecond where the engine's reader takes 5 % of a handout's time.
    """
    try:
        root = ElementTree.fromstring(_VOID.sub(r"<\1/>", html[html.index("<html") :]))
    except (ElementTree.ParseError, ValueError):
        return None
    return root if root.tag == "html" and [child.tag for child in root] == ["head", "body"] else None


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


# A QR code is a path of nothing but these: a run of modules, one module high (generator/symbol.py).
_RUN = re.compile(r"M(\d+) (\d+)h(\d+)v1h-\3z")


def _set_gaps() -> None:
    """Make the engine set a space where a text has the mark of a gap (`prose.GAP`).

    A span for each of the 45 to 60 gaps of a Chinese or Japanese handout would cut its texts in two, which
    costs 8 % of its time and 2 KB. Nothing is drawn, so a reader who copies the text gets no stray character.
    """
    from weasyprint.text import line_break
    from weasyprint.text.ffi import TO_UNITS, ffi, pango

    set_text = line_break.Layout.set_text
    if getattr(set_text, "sets_gaps", False):
        return
    mark = GAP.encode()

    def set_text_with_gaps(self: Any, text: str, justify: bool = False) -> None:  # noqa: ANN401
        set_text(self, text, justify)
        if GAP not in self.text:
            return
        attributes = pango.pango_layout_get_attributes(self.layout)
        if attributes == ffi.NULL:
            attributes = ffi.gc(pango.pango_attr_list_new(), pango.pango_attr_list_unref)
        encoded = self.text.encode()
        width = int(GAP_EM * self.style["font_size"] * TO_UNITS)
        for found in re.finditer(mark, encoded):
            # Pango gives half of it at the ends of a text.
            share = 1 + (found.start() == 0 or found.end() == len(encoded))
            spacing = pango.pango_attr_letter_spacing_new(share * width)
            spacing.start_index, spacing.end_index = found.span()
            pango.pango_attr_list_change(attributes, spacing)
        pango.pango_layout_set_attributes(self.layout, attributes)

    set_text_with_gaps.sets_gaps = True  # type: ignore[attr-defined]
    line_break.Layout.set_text = set_text_with_gaps


def _draw_runs() -> None:
    """Make the engine draw the runs of a QR code as rectangles.

    It reads a path point by point and writes five operators for a run, where one does: 1.5 KB and 4 % of
    the time of a handout.
    """
    from weasyprint.svg import TAGS

    draw_path = TAGS["path"]
    if getattr(draw_path, "draws_runs", False):
        return

    def draw_runs(svg: Any, node: Any, font_size: float) -> None:  # noqa: ANN401
        path = node.get("d", "")
        runs = _RUN.findall(path)
        if runs and sum(map(len, _RUN.split(path)[::4])) == 0:
            for x, y, width in runs:
                svg.stream.rectangle(int(x), int(y), int(width), 1)
        else:
            draw_path(svg, node, font_size)

    draw_runs.draws_runs = True  # type: ignore[attr-defined]
    TAGS["path"] = draw_runs


def _draw_icons() -> None:
    """Make the engine draw a background picture on the page, not in a group beside it.

    A group would keep masks of the picture apart from those of the page; ours have none. Each of some fifteen
    icons costs an object of 400 bytes in it.
    """
    from weasyprint import draw
    from weasyprint.images import SVGImage

    draw_image = draw.draw_background_image
    if getattr(draw_image, "draws_icons", False):
        return

    def draw_icon(stream: Any, layer: Any, style: Any) -> None:  # noqa: ANN401
        is_single = set(layer.repeat) == {"no-repeat"} and isinstance(layer.image, SVGImage)
        if not is_single or 0 in layer.size:
            draw_image(stream, layer, style)
            return
        with stream.artifact(), stream.stacked():
            if not layer.unbounded:
                stream.rectangle(*layer.painting_area)
                stream.clip()
                stream.end()
            x, y = (a + b for a, b in zip(layer.position, layer.positioning_area, strict=False))
            stream.transform(e=x, f=y)
            layer.image.draw(stream, *layer.size, style)

    draw_icon.draws_icons = True  # type: ignore[attr-defined]
    draw.draw_background_image = draw_icon


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
        style = getattr(inner, "style", None)
        lang = style["lang"] if style is not None else None
        for element in build(box, parent, *args):
            # html and body hand on their children's elements, which have their own language.
            if lang:
                element.setdefault("Lang", pydyf.String(lang))
            if element.get("S") == "/L" and "A" not in element:
                # Its numbers stand in the text; this says that they count (ISO 32000-1, 14.8.5.5).
                numbering = "/Decimal" if getattr(inner, "element_tag", "") == "ol" else "/None"
                element["A"] = pydyf.Dictionary({"O": "/List", "ListNumbering": numbering})
            yield element

    build_with_language.tags_languages = True  # type: ignore[attr-defined]
    tags._build_box_tree = build_with_language


# Text may hang in these directly (ISO 32000-1, 14.8.4.3 and 14.8.4.4); others hold elements only (14.8.4.2).
_HOLDS_TEXT = {"/P", "/H1", "/H2", "/H3", "/LBody", "/Lbl", "/TH", "/TD", "/Span", "/Link", "/Caption"}
_SAYS_NOTHING = {"/Span", "/NonStruct"}
_BARE = {"Type", "S", "K", "Pg", "P"}


def _trim_tags() -> None:
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
        content.stream = [write_short(put_in_order(lines, order))]


def _sort_characters(pdf: Any) -> None:  # noqa: ANN401
    """Sort what says which character a glyph is, and leave out the widths that are the usual one.

    The engine lists glyphs as they come up. Glyph ids and code points rise together, so a sorted list packs
    to half the size: 2 KB of a handout. Source: ISO 32000-1, 9.7.4.3 (a glyph without a width has 1000).
    """
    for item in pdf.objects:
        lines = getattr(item, "stream", None)
        if lines and lines[0] == b"/CIDInit /ProcSet findresource begin":
            first = next((at for at, line in enumerate(lines) if line.endswith(b"beginbfchar")), len(lines))
            pairs = sorted(line for line in lines[first:] if line.startswith(b"<"))
            end = [line for line in lines[first:] if not line.startswith(b"<") and b"bfchar" not in line]
            del lines[first:]
            for at in range(0, len(pairs), 100):  # as many as a block may have
                block = pairs[at : at + 100]
                lines += [b"%d beginbfchar" % len(block), *block, b"endbfchar"]
            lines += end
        elif isinstance(item, dict) and item.get("CIDToGIDMap") == "/Identity":
            # [first glyph, [width, ...], first glyph, [width, ...], ...]
            runs = item["W"][:]
            del item["W"][:]
            for start, widths in zip(runs[::2], runs[1::2], strict=True):
                for is_usual, group in groupby(enumerate(widths, start), lambda pair: pair[1] == 1000):
                    if not is_usual:
                        pairs_of = list(group)
                        item["W"] += [pairs_of[0][0], type(item["W"])(width for _, width in pairs_of)]


# What a PDF needs of a TrueType font (ISO 32000-1, 9.9), where glyphs are found by their ids.
_NEEDED_TABLES = {b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp", b"cvt ", b"fpgm", b"prep"}


def _embed_outlines_only() -> None:
    """Make the engine embed of a font what a page is drawn with.

    It keeps names, character map, vertical metrics and more: 4 KB of a handout that nothing reads.
    """
    from weasyprint.pdf.fonts import Font

    if getattr(Font.clean, "embeds_outlines_only", False):
        return
    clean = Font.clean

    def clean_more(self: Any, *args: Any) -> None:  # noqa: ANN401
        clean(self, *args)
        if self.file_content[:4] == b"\0\1\0\0":
            self.file_content = keep_outlines(self.file_content)

    clean_more.embeds_outlines_only = True  # type: ignore[attr-defined]
    Font.clean = clean_more


def keep_outlines(program: bytes) -> bytes:
    """Return a TrueType font with the tables that a PDF needs.

    Source: OpenType 1.9, font file (table directory, checksums).
    """
    count = int.from_bytes(program[4:6], "big")
    entries = [struct.unpack_from(">4sLLL", program, 12 + 16 * at) for at in range(count)]
    kept = [entry for entry in entries if entry[0] in _NEEDED_TABLES]
    power = len(kept).bit_length() - 1
    start = struct.pack(">4sHHHH", program[:4], len(kept), 16 << power, power, 16 * len(kept) - (16 << power))
    offset = len(start) + 16 * len(kept)
    body = bytearray()
    at_head = 0
    for tag, checksum, place, length in kept:
        if tag == b"head":
            at_head = len(body)
        start += struct.pack(">4sLLL", tag, checksum, offset + len(body), length)
        body += program[place : place + length] + bytes(-length % 4)
    # The sum of the whole file is to be this number, and that of head is taken without it.
    total = sum(struct.unpack(f">{len(start) // 4}L", start)) + sum(entry[1] for entry in kept)
    struct.pack_into(">L", body, at_head + 8, (0xB1B0AFBA - total) % 2**32)
    return start + bytes(body)


def _index_headers(pdf: Any, pydyf: Any) -> None:  # noqa: ANN401
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


# --- the same, faster ----------------------------------------------------------------------------
# Nothing from here on changes what is laid out: each is a shorter way to what the engine finds by itself.


def _fill_styles() -> None:
    """Make the engine give a style at once what it inherits and what is initial.

    It asks for each value when it is first used, through a function that thinks of variables, mathematics and
    logical properties: 30,000 calls in a handout, a sixth of its time, to find nine times of ten the value
    of the parent or the initial one. What a style sheet says itself is found as before.
    """
    from weasyprint.css import AnonymousStyle, ComputedStyle
    from weasyprint.css.computed_values import PHYSICAL_FUNCTIONS
    from weasyprint.css.functions import check_math
    from weasyprint.css.properties import INHERITED, INITIAL_NOT_COMPUTED, INITIAL_VALUES

    if getattr(ComputedStyle, "fills", False):
        return

    # Decorations and named pages come from the parent without being inherited; "float" may become "none".
    own_ways = {"page", "position", "float", "display", *INITIAL_NOT_COMPUTED}
    own_ways.update(name for name in INITIAL_VALUES if name.startswith("text_decoration_"))
    initial = {n: v for n, v in INITIAL_VALUES.items() if n not in INHERITED and n not in own_ways}
    inherited = [name for name in INHERITED if name in INITIAL_VALUES and name not in own_ways]
    # A logical property ("margin-inline-start") says something of one or two others.
    said_by: dict[str, set[str]] = {}
    for name, find in PHYSICAL_FUNCTIONS.items():
        for direction in ("ltr", "rtl"):
            said_by.setdefault(find(block="ttb", inline=direction), set()).add(name)

    def hand_on(style: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return what the children of a style inherit, unless they say otherwise."""
        if "handed_on" not in style.__dict__:
            values = {name: style[name] for name in inherited}
            style.handed_on = {name: value for name, value in values.items() if not check_math(value)}
        found: dict[str, Any] = style.handed_on
        return found

    begin, begin_anonymous = ComputedStyle.__init__, AnonymousStyle.__init__

    def begin_filled(self: Any, parent_style: Any, cascaded: Any, *args: Any) -> None:  # noqa: ANN401
        begin(self, parent_style, cascaded, *args)
        self.update(initial)
        if parent_style is not None:
            self.update(hand_on(parent_style))
        for name in cascaded:
            self.pop(name, None)
            for other in said_by.get(name, ()):
                self.pop(other, None)

    def begin_anonymous_filled(self: Any, parent_style: Any) -> None:  # noqa: ANN401
        self.update(initial)
        self.update(hand_on(parent_style))
        begin_anonymous(self, parent_style)

    ComputedStyle.__init__, AnonymousStyle.__init__ = begin_filled, begin_anonymous_filled
    ComputedStyle.fills = True


_SIZES = (
    *(f"{what}_{side}" for what in ("margin", "padding") for side in ("left", "right", "top", "bottom")),
    *("width", "min_width", "max_width", "height", "min_height", "max_height"),
)
_BORDERS = tuple(f"border_{side}_width" for side in ("top", "right", "bottom", "left"))
_CORNERS = ("top_left", "top_right", "bottom_right", "bottom_left")
_RADII = tuple(f"border_{corner}_radius" for corner in _CORNERS)


def _remember_sizes() -> None:
    """Make the engine remember the sizes that a style asks for, where they are the same in every container.

    It works out eighteen numbers for a box each time that it looks at it. Where a style has no
    percentage, no mathematics and no other box model than the usual, they depend on the style alone.
    """
    from weasyprint.formatting_structure.boxes import Box
    from weasyprint.layout import (
        absolute,
        background,
        block,
        column,
        flex,
        float,
        grid,
        inline,
        page,
        percent,
        replaced,
        table,
    )

    resolve, resolve_radii = percent.resolve_percentages, percent.resolve_radii_percentages
    is_in_flow = Box.is_in_normal_flow
    if getattr(resolve, "remembers", False):
        return

    def find_sizes(style: Any) -> dict[str, Any] | None:  # noqa: ANN401
        if style["box_sizing"] != "content-box" or style["border_collapse"] == "collapse":
            return None
        sizes: dict[str, Any] = {}
        for name in _SIZES:
            value = style[name]
            if value == "auto":
                sizes[name] = 0 if name in ("min_width", "min_height") else "auto"
            elif getattr(value, "unit", None) == "px":
                sizes[name] = value.value
            else:
                return None
        return sizes | {name: style[name] for name in _BORDERS}

    def update(box: Any, values: dict[str, Any]) -> None:  # noqa: ANN401
        # What stands in for a positioned box hands everything on to it.
        box.__dict__.get("_box", box).__dict__.update(values)

    def resolve_once(box: Any, containing_block: Any) -> None:  # noqa: ANN401
        style = box.style
        try:
            sizes = style.sizes
        except AttributeError:
            sizes = style.sizes = find_sizes(style)
        if sizes is None:
            resolve(box, containing_block)
        else:
            update(box, sizes)

    def resolve_radii_once(box: Any) -> None:  # noqa: ANN401
        style = box.style
        try:
            radii = style.radii
        except AttributeError:
            is_square = all((0, "px") in style[name] for name in _RADII)
            radii = style.radii = dict.fromkeys(_RADII, (0, 0)) if is_square else None
        if radii is None:
            resolve_radii(box)
        else:
            update(box, radii)

    def is_in_flow_once(self: Any) -> bool:  # noqa: ANN401
        style = self.style
        try:
            found: bool = style.is_in_flow
        except AttributeError:
            found = style.is_in_flow = is_in_flow(self)
        return found

    resolve_once.remembers = True  # type: ignore[attr-defined]
    Box.is_in_normal_flow = is_in_flow_once
    rooms = (absolute, background, block, column, flex, float, grid, inline, page, percent, replaced, table)
    for module in rooms:
        for name, ours in (
            ("resolve_percentages", resolve_once),
            ("resolve_radii_percentages", resolve_radii_once),
        ):
            if hasattr(module, name):
                setattr(module, name, ours)


def _remember_fonts() -> None:
    """Make the engine remember what it tells Pango of a style, and the height of its empty line.

    It makes a Pango context and a font description for every piece of text that it measures, and writes out
    fourteen properties to look up the height of a line.
    """
    from weasyprint.layout import inline
    from weasyprint.text import line_break
    from weasyprint.text.constants import PANGO_DIRECTION
    from weasyprint.text.ffi import ffi, gobject, pango, unicode_to_char_p

    set_up = line_break.Layout.setup
    if getattr(set_up, "remembers", False):
        return
    find_strut = line_break.strut

    def make_context(style: Any) -> tuple[Any, Any]:  # noqa: ANN401
        context = ffi.gc(
            pango.pango_font_map_create_context(style.font_config.font_map), gobject.g_object_unref
        )
        pango.pango_context_set_round_glyph_positions(context, False)
        pango.pango_context_set_base_dir(context, PANGO_DIRECTION[style["direction"]])
        pointer, _text = unicode_to_char_p(style["lang"])
        language = pango.pango_language_from_string(pointer)
        pango.pango_context_set_language(context, language)
        return context, language

    def describe(style: Any) -> tuple[Any, Any, Any] | None:  # noqa: ANN401
        features = line_break.font_features(
            *(style[name] for name in (
                "font_kerning", "font_variant_ligatures", "font_variant_position", "font_variant_caps",
                "font_variant_numeric", "font_variant_alternates", "font_variant_east_asian",
                "font_feature_settings",
            ))
        )  # fmt: skip
        is_plain = style["font_language_override"] == "normal" and style["text_decoration_line"] == "none"
        if features or not is_plain or not style["lang"]:
            return None
        contexts = style.font_config.__dict__.setdefault("contexts", {})
        key = (style["lang"], style["direction"])
        if key not in contexts:
            contexts[key] = make_context(style)
        return (line_break.get_font_description(style), *contexts[key])

    def set_up_once(self: Any, style: Any) -> None:  # noqa: ANN401
        try:
            described = style.described
        except AttributeError:
            described = style.described = describe(style)
        if described is None:
            set_up(self, style)
            return
        self.style = style
        self.first_line_direction = 0
        description, context, self.language = described
        self.layout = ffi.gc(pango.pango_layout_new(context), gobject.g_object_unref)
        pango.pango_layout_set_auto_dir(self.layout, False)
        pango.pango_layout_set_font_description(self.layout, description)
        self.ascent = self.underline_position = self.strikethrough_position = None

    def find_strut_once(style: Any) -> Any:  # noqa: ANN401
        try:
            return style.strut
        except AttributeError:
            style.strut = find_strut(style)
            return style.strut

    set_up_once.remembers = True  # type: ignore[attr-defined]
    line_break.Layout.setup = set_up_once
    line_break.strut = inline.strut = find_strut_once
