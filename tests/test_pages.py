"""The twelve real handouts as paper sees them: codes, words, inks, edges, and four programs that draw them.

Nothing here asks our own judge (`generator.readback`, `generator.checks`): other people's programs read the
files. Numbers named NOISE or LEAST were measured on the right pages and on pages with a planted fault.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
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
from PIL import Image, ImageDraw, ImageFilter
from pypdfium2 import raw as pdfium

from generator.batch import Job, Selection, make_plan
from generator.catalog import find_languages
from generator.content import load_content
from generator.markup import Page, render_markup
from generator.paper import USUAL_PAPERS
from generator.prose import spell_in_kana
from generator.readback import TWINS

MM_PER_PT = 25.4 / 72
A4_MM = (210.0, 297.0)
FOOT_MM = 280.0  # 297 - 17 of the lower margin: below stands only the foot
HEAD_MM = 17.0
FOLDED = {ord(letter): letters[0] for letters in TWINS for letter in letters}
FILES = sorted(
    f"{language.locale}/{path.stem}-a4.pdf"
    for language in find_languages(ROOT)
    for path in (ROOT / "content/guides").glob("*.toml")
)
BOTH = pytest.mark.parametrize("number", [1, 2])
EVERY = pytest.mark.parametrize("file", FILES)
# Easy Japanese has larger type, a design of its own and sides that go on on a second page.
TWO_PAGES = pytest.mark.parametrize("file", [file for file in FILES if not file.startswith("ja_Hira/")])

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
    """One drawn letter: its ink's box in mm from the upper left corner, its colour, its place in its em.

    `shift` is how far right of its origin the middle of its ink stands, in em.
    """

    text: str
    shift: float
    left: float
    top: float
    right: float
    bottom: float
    ink: tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Handout:
    """One finished file, what the manifest says of it, and what was ordered."""

    path: Path
    record: dict[str, Any]
    job: Job
    ordered: Page

    @property
    def numbers(self) -> range:
        """Return the numbers of its pages."""
        return range(1, int(self.record["pages"]) + 1)

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
                origin = pdfium.c_double()
                assert pdfium.FPDFText_GetCharOrigin(words, index, origin, pdfium.c_double())
                matrix = pdfium.FS_MATRIX()
                assert pdfium.FPDFText_GetMatrix(words, index, matrix)
                em = pdfium.FPDFText_GetFontSize(words, index) * matrix.a
                shift = ((left + right) / 2 - origin.value) / em
                inked = (red, green, blue)
                found.append(Letter(chr(code), shift, *(edge * MM_PER_PT for edge in box), inked))
            return tuple(found)
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
    selection = Selection(tuple(content.guides), find_languages(root), USUAL_PAPERS)
    plan = make_plan(root, content, selection, datetime.date.fromisoformat(DAY))
    written = json.loads((output / "manifest.json").read_text(encoding="utf-8"))
    records = {record["file"]: record for record in written["handouts"]}
    return {
        job.file: Handout(
            output / job.file,
            records[job.file],
            job,
            render_markup(job.local, job.paper, root / "templates"),
        )
        for job in plan.jobs
    }


def file_locale(handout: Handout) -> str:
    return str(handout.record["locale"])


def test_every_guide_is_there_in_every_language_on_its_pages(handouts: dict[str, Handout]) -> None:
    assert sorted(handouts) == FILES
    assert len(FILES) == 77  # 11 guides x 7 languages
    for handout in handouts.values():
        with pikepdf.open(handout.path) as pdf:
            sizes = {tuple(round(float(edge) * MM_PER_PT, 1) for edge in side.mediabox) for side in pdf.pages}
            pages = 4 if file_locale(handout) == "ja_Hira" else 2  # larger type, and readings above it
            assert (len(pdf.pages), handout.record["pages"], sizes) == (pages, pages, {(0.0, 0.0, *A4_MM)})


# --- codes -------------------------------------------------------------------------------------------

DPI = 150  # a poor office printer, and the camera of a cheap telephone
LEAST_MODULE_MM = 0.4
CORNER_PX = 1  # corners come back as whole pixels


def find_codes(side: Image.Image) -> list[zxingcpp.Barcode]:
    return list(zxingcpp.read_barcodes(side))  # of any kind: nothing else may look like a code


@EVERY
def test_every_code_is_read_from_a_poor_print(handouts: dict[str, Handout], file: str) -> None:
    handout = handouts[file]
    wanted = sorted(handout.record["addresses"])
    for blur in (0, 1):  # 1 px at 150 dpi: ink that has run 0.17 mm
        blurred = ImageFilter.GaussianBlur(blur)
        sides = [handout.draw(number, DPI).filter(blurred) for number in handout.numbers]
        assert sorted(code.text for side in sides for code in find_codes(side)) == wanted
        # A photocopy: greys are gone.
        copies = [side.point(lambda grey: 255 * (grey > 127)) for side in sides]
        assert sorted(code.text for copy in copies for code in find_codes(copy)) == wanted


@EVERY
def test_every_code_is_large_clear_and_has_its_address_beside_it(
    handouts: dict[str, Handout], file: str
) -> None:
    handout = handouts[file]
    for number in handout.numbers:
        side = handout.draw(number, DPI)
        pixels = np.asarray(side)
        for code in find_codes(side):
            assert code.format == zxingcpp.BarcodeFormat.QRCode
            assert code.ec_level == "M"
            modules = 17 + 4 * int(code.extra["Version"])
            corners = code.position
            left, top = corners.top_left.x, corners.top_left.y
            right, bottom = corners.bottom_right.x, corners.bottom_right.y
            width, height = right - left, bottom - top
            assert abs(width - height) <= 2 * CORNER_PX
            module = (width - CORNER_PX) / modules
            assert module * 25.4 / DPI >= LEAST_MODULE_MM
            # Four modules of white on all sides; corners and edges may each be rounded by a pixel.
            wide = int(4 * module) - 2 * CORNER_PX
            quiet = pixels[top - wide : bottom + wide + 1, left - wide : right + wide + 1].copy()
            rim = wide - CORNER_PX
            quiet[rim:-rim, rim:-rim] = 255
            assert quiet.min() > 250, f"ink in the quiet zone of {code.text}"
            host = urlsplit(code.text).hostname
            assert host
            printed = host.removeprefix("www.")
            rows = find_word(handout.letters(number), printed)
            top_mm, bottom_mm = (edge * 25.4 / DPI for edge in (top, bottom))
            assert any(top_mm - 5 <= row <= bottom_mm + 5 for row in rows), f"{printed} stands elsewhere"


def find_word(letters: tuple[Letter, ...], word: str) -> list[float]:
    """Return how far down the page, in mm, a word stands; each time that it stands there."""
    text = "".join(letter.text for letter in letters)
    return [letters[found.start()].top for found in re.finditer(re.escape(word), text)]


# --- words in order ----------------------------------------------------------------------------------


def missing_in_order(texts: tuple[str, ...], said: str) -> list[str]:
    """Return the texts that do not stand in `said` after the one before them."""
    at, missing = 0, []
    for text in texts:
        found = said.find(flat(text), at)
        if found < 0:
            missing.append(text)
        else:
            at = found + len(flat(text))
    return missing


@EVERY
def test_a_screen_reader_says_every_text_in_order(handouts: dict[str, Handout], file: str) -> None:
    # Poppler's reading of the structure tree, which is the reading order of PDF/UA.
    handout = handouts[file]
    tree = call("pdfinfo", "-struct-text", handout.path).decode()
    said = flat("".join(re.findall(r'^ *"(.*)"$', tree, re.M)))
    assert len(handout.ordered.texts) > 100
    assert missing_in_order(handout.ordered.texts, said) == []
    # Each says its own: the texts in another order are not found.
    assert missing_in_order(handout.ordered.texts[::-1], said)


@EVERY
def test_a_person_who_copies_text_gets_every_text_whole(handouts: dict[str, Handout], file: str) -> None:
    # -raw is the order of the file. Without it pdftotext guesses columns from the gaps and cuts rows apart.
    handout = handouts[file]
    said = flat(call("pdftotext", "-raw", handout.path, "-").decode())
    torn = [text for text in (*handout.ordered.texts, *handout.ordered.margins) if flat(text) not in said]
    assert torn == []


@EVERY
def test_pdftotext_gives_the_words_in_reading_order(handouts: dict[str, Handout], file: str) -> None:
    handout = handouts[file]
    said = flat(call("pdftotext", "-raw", handout.path, "-").decode())
    assert missing_in_order(handout.ordered.texts, said) == []


# --- four programs draw the same page ----------------------------------------------------------------

# At 200 dpi, halved: otherwise each program's own way of rounding to pixels is all that is seen.
ALIKE_DPI = 100
# Of 255, after a blur of 0.25 mm and with 0.25 mm of play. Measured: PDFium 30, MuPDF 26, Ghostscript 47
# (it moves letters to whole pixels); a letter that is missing: 59 for an "e", 70 to 130 for most.
NOISE = 53


def soften(side: Image.Image) -> Grey:
    half = side.convert("L").reduce(200 // ALIKE_DPI).filter(ImageFilter.GaussianBlur(1))
    return np.asarray(half)


def spread(side: Grey, darker: bool) -> Grey:
    """Return each pixel as the darkest or the lightest of the nine round it."""
    choose = np.minimum if darker else np.maximum
    wide = np.pad(side, 1, mode="edge")
    rows = choose(choose(wide[:-2], wide[1:-1]), wide[2:])
    found: Grey = choose(choose(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])
    return found


def difference(one: Grey, other: Grey) -> int:
    """Return how far two pages differ at the worst place, 0 to 255."""
    height, width = (min(sizes) for sizes in zip(one.shape, other.shape, strict=True))
    assert max(abs(one.shape[0] - other.shape[0]), abs(one.shape[1] - other.shape[1])) <= 1
    one, other = one[:height, :width], other[:height, :width]
    worst = 0
    for this, that in ((one, other), (other, one)):
        for beyond in (
            this.astype(np.int16) - spread(that, darker=False),
            spread(that, darker=True).astype(np.int16) - this,
        ):
            worst = max(worst, int(beyond.max()))
    return worst


def draw_with_poppler(pdf: Path, folder: Path) -> None:
    call("pdftoppm", "-r", "200", pdf, folder / "side")


def draw_with_mupdf(pdf: Path, folder: Path) -> None:
    call("mutool", "draw", "-q", "-c", "rgb", "-r", "200", "-o", folder / "side%d.ppm", pdf)


def draw_with_ghostscript(pdf: Path, folder: Path) -> None:
    smooth = ("-dTextAlphaBits=4", "-dGraphicsAlphaBits=4", "-dGridFitTT=0")
    device = ("-sDEVICE=ppmraw", "-r200", f"-sOutputFile={folder / 'side%d.ppm'}")
    call("gs", "-q", "-dBATCH", "-dNOPAUSE", "-dSAFER", *smooth, *device, pdf)


PROGRAMS = {"poppler": draw_with_poppler, "MuPDF": draw_with_mupdf, "Ghostscript": draw_with_ghostscript}
Drawn = dict[tuple[str, str, int], Grey]


@pytest.fixture(scope="session")
def drawn(handouts: dict[str, Handout], tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """Every page as each program draws it, softened; by file, program and number."""

    def draw(task: tuple[Handout, str]) -> list[tuple[tuple[str, str, int], Grey]]:
        handout, program = task
        folder = tmp_path_factory.mktemp("drawn")
        PROGRAMS[program](handout.path, folder)
        sides = []
        for number, path in enumerate(sorted(folder.iterdir()), start=1):
            with Image.open(path) as side:
                sides.append(((handout.job.file, program, number), soften(side)))
            path.unlink()
        return sides

    tasks = [(handout, program) for handout in handouts.values() for program in PROGRAMS]
    with ThreadPoolExecutor(2) as workers:  # the work is done in other processes
        found = dict(side for sides in workers.map(draw, tasks) for side in sides)
    for file, handout in handouts.items():
        for number in (1, 2):
            found[file, "PDFium", number] = soften(handout.draw(number, 200))
    return found


@EVERY
def test_four_programs_draw_the_same_page(drawn: Drawn, file: str) -> None:
    for number in (1, 2):
        for program in ("MuPDF", "Ghostscript", "PDFium"):
            found = difference(drawn[file, "poppler", number], drawn[file, program, number])
            assert found <= NOISE, f"page {number}: {program} draws something else ({found})"


def test_one_letter_that_a_program_does_not_draw_is_seen(handouts: dict[str, Handout], drawn: Drawn) -> None:
    handout = handouts["zh_Hans/au-cancel-a4.pdf"]
    scale = 200 / 25.4
    for number in (1, 2):
        for letter in handout.letters(number)[::40]:
            if min(letter.right - letter.left, letter.bottom - letter.top) < 1.2:
                continue  # stops and hyphens may pass
            side = handout.draw(number, 200).copy()
            left, top, right, bottom = (
                round(edge * scale) for edge in (letter.left, letter.top, letter.right, letter.bottom)
            )
            ground = side.getpixel((left - 2, top - 2))
            ImageDraw.Draw(side).rectangle((left - 2, top - 2, right + 2, bottom + 2), fill=ground)
            found = difference(drawn[handout.job.file, "poppler", number], soften(side))
            assert found > NOISE, f"{letter} is missing, and nobody sees it ({found})"


@BOTH
def test_another_language_is_another_page(drawn: Drawn, number: int) -> None:
    one, other = (drawn[f"{locale}/au-cancel-a4.pdf", "poppler", number] for locale in ("ja", "zh_Hans"))
    assert difference(one, other) > 2 * NOISE


# --- black and white ---------------------------------------------------------------------------------

LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3


def luminance(grey: float) -> float:
    """Return the relative luminance of an 8-bit grey (WCAG 2.2, definition of relative luminance)."""
    part = grey / 255
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def contrast(one: float, other: float) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def faint_letters(letters: tuple[Letter, ...], side: Image.Image, dpi: int) -> Iterator[tuple[Letter, float]]:
    """Yield the letters that a black-and-white print makes hard to read, with their contrast."""
    pixels = np.asarray(side)
    scale = dpi / 25.4
    for letter in letters:
        red, green, blue = letter.ink
        ink = 0.299 * red + 0.587 * green + 0.114 * blue  # ITU-R BT.601, as printers and Pillow turn grey
        # The ground is what most of the rim round the letter shows; neighbours may touch a part of it.
        left, top = int(letter.left * scale) - 1, int(letter.top * scale) - 1
        right, bottom = int(letter.right * scale) + 1, int(letter.bottom * scale) + 1
        box = pixels[top : bottom + 1, left : right + 1]
        ground = float(np.median(np.concatenate([box[0], box[-1], box[:, 0], box[:, -1]])))
        if (found := contrast(ink, ground)) < LEAST_CONTRAST:
            yield letter, found


@EVERY
def test_every_letter_is_readable_in_black_and_white(handouts: dict[str, Handout], file: str) -> None:
    handout = handouts[file]
    for number in handout.numbers:
        assert list(faint_letters(handout.letters(number), handout.draw(number, DPI), DPI)) == []


def test_white_letters_on_a_pale_band_are_seen(handouts: dict[str, Handout]) -> None:
    handout = handouts["en/au-cancel-a4.pdf"]
    paler = handout.draw(1, DPI).point(lambda grey: max(grey, 128))  # white on it: 3.95
    faint = {letter.text for letter, _ in faint_letters(handout.letters(1), paler, DPI)}
    assert set("Cancel") <= faint


# --- the file itself ---------------------------------------------------------------------------------


@EVERY
def test_the_file_is_sound_accessible_and_tells_the_printer_how(
    handouts: dict[str, Handout], file: str
) -> None:
    handout = handouts[file]
    result = page_validation.validate_pdf_bytes(handout.data, profile="ua1")
    assert [failure.rule_id for failure in result.failures] == []
    assert handout.data.startswith(b"%PDF-1.7\n")
    call("qpdf", "--check", handout.path)  # warnings are exit code 3
    with pikepdf.open(handout.path) as pdf:
        wishes = pdf.Root.ViewerPreferences
        assert (wishes.PrintScaling, wishes.Duplex) == ("/None", "/DuplexFlipLongEdge")
        assert pdf.Root.Lang == handout.job.local.language.tag


# --- edges, columns, head and foot -------------------------------------------------------------------

SAFE_MM = 10.0


@pytest.mark.parametrize("file", [file for file in FILES if file.startswith("zh_Hans/")])
def test_chinese_marks_stand_at_the_left_of_their_em(handouts: dict[str, Handout], file: str) -> None:
    # GB/T 15834, 5.1: lower left. The Japanese forms of the same characters stand in the middle, at 0.5 em.
    for number in (1, 2):
        marks = [letter for letter in handouts[file].letters(number) if letter.text in "：；"]
        assert [mark for mark in marks if mark.shift > 0.4] == []
        assert marks or number == 2


@TWO_PAGES
def test_every_side_is_filled_and_no_letter_is_lost_at_the_edge(
    handouts: dict[str, Handout], file: str
) -> None:
    width, height = A4_MM
    for number in (1, 2):
        letters = handouts[file].letters(number)
        edges = (
            min(letter.left for letter in letters),
            min(letter.top for letter in letters),
            width - max(letter.right for letter in letters),
            height - max(letter.bottom for letter in letters),
        )
        assert min(edges) >= SAFE_MM
        rows = np.flatnonzero((np.asarray(handouts[file].draw(number, DPI)) < 250).any(axis=1)) * 25.4 / DPI
        body = rows[(rows > HEAD_MM - 0.5) & (rows < min(foot_letters(letters))[0] - 0.5)]
        assert abs(body.min() - HEAD_MM) < 0.3
        assert 255 < body.max() <= FOOT_MM + 0.3


def foot_letters(letters: tuple[Letter, ...]) -> list[tuple[float, str]]:
    return [(letter.top, letter.text) for letter in letters if letter.top > FOOT_MM]


def overlaps(letters: tuple[Letter, ...]) -> list[str]:
    """Return the letters whose ink's box covers a quarter of another's, or more."""
    box = np.array([(letter.left, letter.top, letter.right, letter.bottom) for letter in letters])
    width = np.minimum(box[:, None, 2], box[None, :, 2]) - np.maximum(box[:, None, 0], box[None, :, 0])
    height = np.minimum(box[:, None, 3], box[None, :, 3]) - np.maximum(box[:, None, 1], box[None, :, 1])
    size = (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])
    shared = np.clip(width, 0, None) * np.clip(height, 0, None)
    shared /= np.minimum(size[:, None], size[None, :])
    # The letters of one ligature have one box.
    shared[(box[:, None] == box[None, :]).all(axis=2)] = 0
    return [letters[index].text for index in np.flatnonzero(shared.max(axis=1) > 0.25)]


def test_a_line_set_over_another_is_seen(handouts: dict[str, Handout]) -> None:
    letters = handouts["ja/au-cancel-a4.pdf"].letters(2)
    line = [letter for letter in letters if letter.top > FOOT_MM]
    moved = [dataclasses.replace(letter, top=letter.top - 15, bottom=letter.bottom - 15) for letter in line]
    assert len(overlaps((*letters, *moved))) > len(moved) / 2


@EVERY
def test_no_letter_stands_on_another(handouts: dict[str, Handout], file: str) -> None:
    for number in handouts[file].numbers:
        assert "".join(overlaps(handouts[file].letters(number))) == "", f"page {number}"


def find_rules(side: Image.Image, dpi: int) -> list[tuple[float, float, float]]:
    """Return (y, left, right) in mm of lines longer than 60 mm that have white above and below."""
    pixels = np.asarray(side)
    ink = pixels < 215  # a hairline of 0.5 pt between two pixels
    scale = dpi / 25.4
    clear = round(1.2 * scale)
    found = []
    for y in range(clear, len(pixels) - clear):
        steps = np.flatnonzero(np.diff(np.concatenate([[0], ink[y].view(np.int8), [0]])))
        for left, right in zip(steps[::2], steps[1::2], strict=True):
            if right - left > 60 * scale:
                around = pixels[[y - clear, y + clear], left:right]
                if (around > 250).mean() > 0.8:
                    found.append((y / scale, left / scale, right / scale))
    return found


@TWO_PAGES
def test_rules_keep_to_the_margins_and_the_axis(handouts: dict[str, Handout], file: str) -> None:
    # 12 columns of 11.5 mm with 4 mm between them, 14 mm from the edges: 5 + 7 columns.
    left, axis, right = 14.0, 14 + 5 * 15.5, 210 - 14.0
    spans = ((left, axis - 4), (left, right), (axis, right))
    for number in (1, 2):
        rules = find_rules(handouts[file].draw(number, DPI), DPI)
        assert len(rules) > 10
        for y, start, end in rules:
            kept = any(abs(start - one) < 0.4 and abs(end - other) < 0.4 for one, other in spans)
            assert kept, f"page {number}: a rule {y:.0f} mm down goes from {start:.1f} to {end:.1f} mm"


@EVERY
def test_head_and_foot_say_what_this_sheet_is(handouts: dict[str, Handout], file: str) -> None:
    handout = handouts[file]
    local = handout.job.local
    assert handout.record["edition"] == local.edition()
    for number in handout.numbers:
        letters = handout.letters(number)
        head = flat("".join(letter.text for letter in letters if letter.bottom < HEAD_MM))
        foot = flat("".join(text for _, text in foot_letters(letters)))
        # What holds words together in a catalog is not printed.
        assert flat(spell_in_kana(local.guide.title)).translate({91: None, 93: None}) in head
        assert handout.record["edition"] in head
        assert flat(local.carrier.brand if local.carrier else "SIM") in head
        assert flat(spell_in_kana(local.seen_on)) in foot
        assert foot.endswith(f"{number}/{handout.record['pages']}")
        issuers = [carrier.issuer for carrier in local.carriers.values()] if local.carrier else []
        assert all(flat(issuer) in foot for issuer in issuers)


def test_readings_stand_above_their_words_and_are_not_read_aloud(handouts: dict[str, Handout]) -> None:
    handout = handouts["ja_Hira/au-cancel-a4.pdf"]
    letters = handout.letters(1)
    title = [letter for letter in letters if letter.text in "解約"][:2]
    above = {letter.text for letter in letters if letter.bottom <= title[0].top + 1}
    assert above >= set("かいやく")
    with pikepdf.open(handout.path) as pdf:
        assert str(pdf.Root.Lang) == "ja-Hira"
        content = b"".join(side.Contents.read_bytes() for side in pdf.pages)
    assert content.count(b"/Artifact") > 100  # the structure tree has the word alone
