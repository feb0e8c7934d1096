"""What the judge reads in the files of other programs: `tests/foreign/README.md` says how each was made."""

from __future__ import annotations

import io
import unicodedata
from functools import cache
from typing import Any

import pikepdf
import pytest
from conftest import ROOT

from generator.checks import Expected, check_handout
from generator.fonts import find_pinned_fonts
from generator.language import find_language
from generator.paper import find_paper, like_office_paper
from generator.readback import PdfFacts, read_pdf

FOLDER = ROOT / "tests/foreign"
PROGRAMS = sorted(path.stem for path in FOLDER.glob("*.pdf"))
# Those that write languages into the structure tree or into marked content.
TAGGED = {"chromium", "chromium-wrong", "libreoffice", "ours", "typst", "typst-serif"}
# Chromium counts a page in whole pixels of 1/96 inch, a quarter of a millimetre.
TOLERANCE_MM = 0.25


@cache
def read(program: str) -> PdfFacts:
    return read_bytes((FOLDER / f"{program}.pdf").read_bytes())


def read_bytes(pdf: bytes) -> PdfFacts:
    return read_pdf(pdf, None, find_pinned_fonts(), "foreign", is_ours=False)


def text_of(facts: PdfFacts) -> str:
    # Programs write U+2011 for the hyphen of a number, and leave out spaces.
    text = "".join(run.text for run in facts.runs).replace("\N{NON-BREAKING HYPHEN}", "-")
    return unicodedata.normalize("NFC", text).replace(" ", "")


def wrong_forms(facts: PdfFacts) -> list[tuple[str, str, str]]:
    return sorted({(m.character, m.language.partition("-")[0], m.form) for m in facts.misdrawn})


def test_each_file_is_described() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [program for program in PROGRAMS if f"`{program}.pdf`" not in readme] == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_text_and_sizes_are_read(program: str) -> None:
    facts = read(program)
    text = text_of(facts)
    for words in (
        "解约",
        "直返骨海，请打电话0120-444-113。",
        "直返骨海、解約のお手続き",
        "东京",
        "1,000",
        "example.org",
    ):
        assert words in text, words
    ((width, height),) = facts.sizes_mm
    assert (width, height) == (
        pytest.approx(148, abs=TOLERANCE_MM),
        pytest.approx(210, abs=TOLERANCE_MM),
    )
    assert facts.damage == ()
    assert not any(facts.notdef)


@pytest.mark.parametrize("program", PROGRAMS)
def test_type_stands_on_the_page_in_its_size(program: str) -> None:
    facts = read(program)
    for run in facts.runs:
        if run.text.strip() and not run.text.isascii():
            assert run.ink_mm is not None
            left, top, right, bottom = run.ink_mm
            assert 0 < left < right < 148 and 0 < top < bottom < 210
            assert right - left <= run.width_mm + 0.5
    sizes = {run.size_pt for run in facts.runs if "直" in run.text}
    # 12 pt; that of our test page is 10.5, that of LaTeX 11.95 (12 of TeX's points).
    assert len(sizes) == 1 and (min(sizes) == 10.5 or abs(min(sizes) - 12) < 0.05)
    assert all(colour for run, colour in zip(facts.runs, facts.backdrops, strict=True) if run.ink_mm)


@pytest.mark.parametrize("program", sorted(set(PROGRAMS) - {"reportlab", "fpdf2", "ghostscript"}))
def test_links_are_found(program: str) -> None:
    assert [link.uri for link in read(program).links] == ["https://example.org/"]


@pytest.mark.parametrize("program", sorted(TAGGED))
def test_languages_are_those_of_the_tags(program: str) -> None:
    facts = read(program)
    languages = {run.language.partition("-")[0] for run in facts.runs if "直" in run.text}
    assert languages == {"zh", "ja"}
    assert facts.reading_order and facts.elements


@pytest.mark.parametrize("program", sorted(set(PROGRAMS) - {"typst-serif"}))
def test_the_pinned_faces_are_recognized_whatever_became_of_them(program: str) -> None:
    facts = read(program)
    faces = {run.face for run in facts.runs for letter in run.text if "\u3400" <= letter <= "\u9fff"}
    assert faces == ({"regular"} if program in ("reportlab", "fpdf2") else {"regular", "bold"})
    unknown = [
        letter
        for run in facts.runs
        if run.face
        for letter, glyph in zip(run.letters, run.glyphs, strict=True)
        if glyph < 0 and letter.strip()
    ]
    assert unknown == []


@pytest.mark.parametrize(
    "program", ["chromium", "libreoffice", "ours", "typst", "ghostscript", "typst-serif"]
)
def test_right_forms_are_no_false_alarm(program: str) -> None:
    assert read(program).misdrawn == ()


def test_wrong_forms_are_found_in_drawings_too() -> None:
    # Each is drawn as a Japanese reader writes it, in the lines that say zh-Hans.
    assert wrong_forms(read("chromium-wrong")) == [
        (letter, "zh", "ja") for letter in sorted("解直返骨海门店京")
    ]


@pytest.mark.parametrize("program", ["xelatex", "lualatex"])
def test_text_without_tags_is_in_the_language_of_the_file(program: str) -> None:
    # The Japanese line is drawn right, but nothing says that it is Japanese.
    assert wrong_forms(read(program)) == [(letter, "zh", "ja") for letter in sorted("直返骨海解約続")]


@pytest.mark.parametrize("program", ["reportlab", "fpdf2"])
def test_programs_that_choose_no_regional_forms_are_found_out(program: str) -> None:
    found = wrong_forms(read(program))
    assert {form for _, _, form in found} == {"ja"}
    assert set("直返骨海") <= {letter for letter, _, _ in found}


def test_another_family_is_not_judged() -> None:
    facts = read("typst-serif")
    assert {font.face for font in facts.fonts} == {""}
    # Japanese shapes in a Chinese line: perhaps wrong, but these are not the outlines that we know.
    assert facts.misdrawn == ()


def test_fonts_that_are_not_embedded_have_no_file() -> None:
    files = {font.name: (font.kind, font.file) for font in read("reportlab").fonts}
    assert files["Helvetica"] == ("Type1", "")


@pytest.mark.parametrize(
    "options",
    [
        {"linearize": True},
        {"object_stream_mode": pikepdf.ObjectStreamMode.disable},
        {"object_stream_mode": pikepdf.ObjectStreamMode.generate, "recompress_flate": True},
        {"compress_streams": False, "stream_decode_level": pikepdf.StreamDecodeLevel.all, "qdf": True},
        {"encryption": pikepdf.Encryption(owner="owner", user="")},
    ],
    ids=lambda options: "+".join(options),
)
def test_copies_say_the_same(options: dict[str, Any]) -> None:
    first = read("ours")
    out = io.BytesIO()
    with pikepdf.open(FOLDER / "ours.pdf") as pdf:
        pdf.save(out, **options)
    copy = read_bytes(out.getvalue())
    assert (copy.runs, copy.shapes, copy.links, copy.elements) == (
        first.runs,
        first.shapes,
        first.links,
        first.elements,
    )
    assert copy.damage == () and copy.misdrawn == ()
    assert copy.is_encrypted == ("encryption" in options)


# --- what the judge says of them -------------------------------------------------------------------

# Each was looked at. All ask the viewer to scale them, most hold one picture of about 100 dpi.
ALL = {"PRN-01", "IMG-01"}
FINDINGS = {
    "chromium": {*ALL, "A11Y-01", "A11Y-06"},  # tagged, but not PDF/UA; the picture is 6 mm wide
    "chromium-wrong": {*ALL, "A11Y-01", "A11Y-06", "CJK-01"},
    "fpdf2": {*ALL, "A11Y-01", "A11Y-04", "CJK-01", "CJK-07"},  # lines of 16 pt on 16 pt
    "ghostscript": {"PRN-01", "A11Y-01", "A11Y-04"},  # threw the tags and the language away
    "libreoffice": {"PRN-01", "A11Y-01", "A11Y-05"},  # the first row of the table is no head
    "lualatex": {*ALL, "A11Y-01", "A11Y-04", "CJK-07"},  # lines are 1.2 sizes apart
    "ours": {"A11Y-05"},  # written before heads of tables had a scope
    "reportlab": {*ALL, "A11Y-01", "A11Y-04", "CJK-01", "FNT-01"},
    "typst": {*ALL, "A11Y-01", "A11Y-05", "A11Y-06"},
    "typst-serif": {*ALL, "A11Y-01", "A11Y-05", "A11Y-06"},
    "xelatex": {*ALL, "A11Y-01", "A11Y-04", "CJK-07"},
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_findings_about_other_programs_hold(program: str) -> None:
    facts = read(program)
    size = facts.sizes_mm[0]
    expected = Expected(
        handout=program,
        paper=find_paper(*size) or like_office_paper(*size),
        language=find_language(facts.language) if facts.language else None,
        family="",
        title="",
        is_ordered=False,
    )
    assert {problem.rule for problem in check_handout(facts, expected)} == FINDINGS[program]
