"""The twelve real handouts as paper sees them: codes, words, inks, edges, and four programs that draw them.

Nothing here asks our own judge (`generator.readback`, `generator.checks`): other people's programs read the
files. Numbers named NOISE or LEAST were measured on the right pages and on pages with a planted fault.
"""

from __future__ import annotations

import datetime
import functools
import io
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import page as page_validation
import pikepdf
import pypdfium2
import pytest
import zxingcpp
from conftest import DAY, ROOT, Project
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter
from pypdfium2 import raw as pdfium

from generator.batch import Job, Selection, make_plan
from generator.content import load_content
from generator.language import LANGUAGES
from generator.markup import Page, render_markup
from generator.paper import PAPERS
from generator.readback import TWINS

MM_PER_PT = 25.4 / 72
A4_MM = (210.0, 297.0)
FOOT_MM = 280.0  # 297 - 17 of the lower margin: below stands only the foot
HEAD_MM = 17.0
FOLDED = {ord(letter): letters[0] for letters in TWINS for letter in letters}
FILES = sorted(
    f"{language.locale}/{path.stem}-a4.pdf"
    for language in LANGUAGES
    for path in (ROOT / "content/guides").glob("*.toml")
)
BOTH = pytest.mark.parametrize("number", [1, 2])
EVERY = pytest.mark.parametrize("file", FILES)

Grey = NDArray[np.uint8]


def flat(text: str) -> str:
    """Return a text without spaces: where lines break is the layout's affair."""
    return "".join(text.split()).translate(FOLDED)


def call(tool: str, *arguments: str | Path) -> bytes:
    """Return what a tool writes. A missing tool is a failure: `make test` installs them all."""
    if not shutil.which(tool):
        pytest.fail(f"{tool} is missing; install it: python3 .setup/install.py test")
    done = subprocess.run([tool, *map(str, arguments)], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout


@dataclass(frozen=True)
class Letter:
    """One drawn letter: its ink's box in mm from the upper left corner, and its colour."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    ink: tuple[int, int, int]


@dataclass(frozen=True)
class Handout:
    """One finished file, what the manifest says of it, and what was ordered."""

    path: Path
    record: dict[str, Any]
    job: Job
    ordered: Page

    @functools.cached_property
    def data(self) -> bytes:
        return self.path.read_bytes()

    @functools.cache  # noqa: B019 - twelve handouts live as long as the tests
    def draw(self, number: int, dpi: int) -> Image.Image:
        """Return a page in grey as PDFium draws it."""
        document = pypdfium2.PdfDocument(self.data)
        try:
            return document[number - 1].render(scale=dpi / 72, grayscale=True).to_pil()
        finally:
            document.close()

    @functools.cache  # noqa: B019
    def letters(self, number: int) -> tuple[Letter, ...]:
        """Return every letter of a page that leaves ink, in the order of the file."""
        document = pypdfium2.PdfDocument(self.data)
        try:
            page = document[number - 1]
            height, words = page.get_height(), page.get_textpage()
            found = []
            for index in range(words.count_chars()):
                code = pdfium.FPDFText_GetUnicode(words, index)
                left, bottom, right, top = words.get_charbox(index)
                if code <= 0x20 or code == 0x3000 or right - left <= 0 or top - bottom <= 0:
                    continue
                parts = [pdfium.c_uint() for _ in range(4)]
                assert pdfium.FPDFText_GetFillColor(words, index, *parts)
                box = (left, height - top, right, height - bottom)
                red, green, blue, _ = (part.value for part in parts)
                found.append(Letter(chr(code), *(edge * MM_PER_PT for edge in box), (red, green, blue)))
            return tuple(found)
        finally:
            document.close()

    def rules(self, number: int) -> list[tuple[float, float, float]]:
        """Return (y, left, right) in mm of the horizontal rules of a page."""
        document = pypdfium2.PdfDocument(self.data)
        try:
            page = document[number - 1]
            height = page.get_height()
            found = []
            for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=9):
                left, bottom, right, top = item.get_bounds()
                if top - bottom < 2 < right - left:
                    box = (height - top, left, right)
                    found.append((box[0] * MM_PER_PT, box[1] * MM_PER_PT, box[2] * MM_PER_PT))
            return found
        finally:
            document.close()


@pytest.fixture(scope="session")
def handouts(real_project: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Handout]:
    """All real handouts, built by the command into a folder of their own."""
    output = tmp_path_factory.mktemp("pages")
    ran = real_project.build("-j", "2", "-o", str(output))
    assert ran.code == 0, ran.stderr
    root = real_project.root
    content = load_content(root)
    selection = Selection(tuple(content.guides), tuple(LANGUAGES), tuple(PAPERS))
    plan = make_plan(root, content, selection, datetime.date.fromisoformat(DAY))
    records = Project(output.parent).manifest(output)
    return {
        job.file: Handout(
            output / job.file,
            records[job.file],
            job,
            render_markup(job.local, job.paper, root / "templates"),
        )
        for job in plan.jobs
    }
