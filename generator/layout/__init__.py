"""Lay out HTML as printed pages, and write them as PDF. The only room for WeasyPrint.

It reaches into the engine for things that the engine's interface does not give, all tied to the one version
that `pyproject.toml` pins; each kind has a room:

    heights    free height is shared out between blocks, and sides are measured
    drawing    gaps between Han and Latin; codes and icons in fewer operators
    colours    inks for a press, greys for a laser
    tags       languages, lists, heads of tables; idle elements left out; the page in the order of reading
    embedding  fonts with what a page needs of them
    speed      the same work done once
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import gc
import logging
import math
import os
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from generator.fit import Side
from generator.fonts import FontSet, font_face_css, fontconfig_file
from generator.layout.colours import Choice, replace_colours
from generator.layout.drawing import draw_icons, draw_runs, set_gaps
from generator.layout.embedding import embed_outlines_only, sort_characters
from generator.layout.heights import SPARE_MM, find_panel_height, share_out_free_height
from generator.layout.speed import fill_styles, make_html, remember_fonts, remember_sizes
from generator.layout.tags import index_headers, order_content, tag_languages, trim_tags
from generator.paper import Paper

__all__ = ["Choice", "Engine", "LaidOut", "system_versions"]

# Longer than any side, for measuring.
ENDLESS_MM = 10_000.0
# Any asset of ours is far smaller; a larger one is refused before it is read.
MAX_ASSET_BYTES = 20_000_000

# So many more objects than before are there when a handout is written.
OBJECTS_OF_A_DOCUMENT = 100_000

STYLE_SHEETS = ("type", "blocks")


@dataclass(frozen=True)
class LaidOut:
    """Printed pages, not yet written.

    `slack_mm` is the free height at the foot of each page before it was shared out between blocks;
    negative never happens, since what does not fit makes another page. `complaints` is what the engine
    logged: ignored CSS, a missing asset; empty when all is well. `sides` are the sides as they stand
    on their pages; of one that goes on on a further page, `measure_sides` knows the whole.
    """

    pages: int
    slack_mm: tuple[float, ...]
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

        tag_languages()
        trim_tags()
        embed_outlines_only()
        draw_runs()
        draw_icons()
        set_gaps()
        fill_styles()
        remember_sizes()
        remember_fonts()
        share_out_free_height()
        self._weasyprint = weasyprint
        self._html = make_html()
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
        """Break one HTML document into printed pages; on a roll, into one that is as long as its content.

        `style` is the CSS of this document; what all documents share comes from the templates.
        Raises nothing for bad content: a lost image arrives as a complaint, and `checks` refuses it.

        Source:
            CSS Paged Media 3.
        """
        if paper.is_roll:
            sides = self.measure_sides(html, style, paper)
            height_mm = math.ceil(sum(side.overflow_mm for side in sides) + SPARE_MM)
            style = f"{style}\n@page {{ size: {paper.width_mm}mm {height_mm}mm }}"
        return self._lay_out(html, style, paper)

    def _lay_out(self, html: str, style: str, paper: Paper) -> LaidOut:
        folder = self._templates / "css"
        # Bytes that are no UTF-8 become marks that no CSS has, so the engine complains of them.
        css = [
            (folder / f"{name}.css").read_text(encoding="utf-8", errors="replace")
            for name in _list_sheets(folder, paper)
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
            return LaidOut(0, (), (*complaints, *self._listener.lines), None)
        return LaidOut(
            pages=len(document.pages),
            slack_mm=tuple(page._page_box.free_height_mm for page in document.pages),
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
            for side in self._lay_out(html, endless, paper).sides
        )

    def measure_panels(self, laid_out: LaidOut) -> tuple[float | None, ...]:
        """Return the height of what the shop's panel holds on each page, in px; None where there is none."""
        return tuple(find_panel_height(page._page_box) for page in laid_out.document.pages)

    def _fatal(self) -> type[BaseException]:
        from weasyprint.urls import FatalURLFetchingError

        fatal: type[BaseException] = FatalURLFetchingError  # not an Exception: a plain except misses it
        return fatal

    def write_pdf(
        self, laid_out: LaidOut, paper: Paper, choose: Choice | None = None
    ) -> tuple[bytes, tuple[str, ...]]:
        """Write pages as tagged PDF 1.7 (PDF/UA-1); return the bytes and the engine's complaints.

        `choose` gives the inks or the grey of each colour, where these are printed instead.
        """
        self._listener.lines.clear()

        def finish(document: Any, pdf: Any) -> None:  # noqa: ANN401
            import pydyf

            # A viewer that scales to its printer's margins would shrink type and QR codes.
            pdf.catalog["ViewerPreferences"]["PrintScaling"] = "/None"
            if paper.duplex:
                pdf.catalog["ViewerPreferences"]["Duplex"] = f"/{paper.duplex}"
            if choose:
                replace_colours(pdf, choose)
            index_headers(pdf, pydyf)
            order_content(pdf)
            sort_characters(pdf)

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


def _list_sheets(folder: Path, paper: Paper) -> list[str]:
    """Return the style sheets of a paper; the later one wins.

    Papers of one layout may share a sheet: `receipt` before `receipt-58`. A medium may have one of its own,
    and one for a paper: `press`, `a4-press`.
    """
    shared = (
        [paper.layout] if paper.layout != paper.name and (folder / f"{paper.layout}.css").is_file() else []
    )
    # A pair is arranged in its own way on the sheet of the paper that it is on.
    own = [paper.sheet, *shared] if paper.beside else [*shared, paper.name]
    names = [*STYLE_SHEETS, *own]
    if paper.medium != "office":
        names += [
            name
            for name in (paper.medium, f"{paper.sheet}-{paper.medium}")
            if (folder / f"{name}.css").is_file()
        ]
    return names


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
