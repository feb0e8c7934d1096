"""Papers: what each leaves out of a guide, and that nothing else of a guide gets lost on it."""

from __future__ import annotations

import json
from pathlib import Path

import pypdfium2
import pytest
from conftest import ROOT, Project

from generator.batch import group_papers
from generator.content import load_content
from generator.guide import Guide, leave_out
from generator.paper import PAPERS, RECEIPT_80, USUAL_PAPERS, Paper, for_medium

# Parts of a page that are no part of a guide.
OF_THE_PAGE = {"sources", "shop"}


def test_a_block_is_left_out_whole_and_a_text_of_each_row() -> None:
    guide = load_content(ROOT).guides["au-cancel"]
    left = leave_out(guide, ("losses", "call", "summary", "checklist.note", "sources"))
    assert (left.losses, left.call, left.summary) == ((), None, "")
    assert all(thing.note == "" and thing.name for thing in left.checklist)
    assert left.steps == guide.steps
    assert leave_out(guide, ("losses",)).losses == ()
    assert leave_out(guide, ()) == guide


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_a_paper_leaves_out_what_there_is_and_has_a_layout_and_a_style_sheet(paper: Paper) -> None:
    names = {part.partition(".")[0] for part in paper.leaves_out}
    assert names <= set(Guide.model_fields) | OF_THE_PAGE
    assert (ROOT / "templates" / f"{paper.layout}.html").is_file()
    assert (ROOT / "templates" / "css" / f"{paper.name}.css").is_file()


def test_papers_that_leave_out_the_same_say_the_same() -> None:
    groups = group_papers(PAPERS)
    assert sorted(paper.name for group in groups.values() for paper in group) == sorted(
        paper.name for paper in PAPERS
    )
    assert all(len({paper.leaves_out for paper in group}) == 1 for group in groups.values())
    assert set(USUAL_PAPERS) <= set(PAPERS)


def test_a_poster_has_one_page_for_every_kind_of_guide(project: Project) -> None:
    ran = project.build("-p", "poster", "-l", "en", "-l", "zh_Hans", "-j", "1", "-o", "posters")
    assert ran.code == 0, ran.stderr
    assert "[GEO-0" not in ran.stderr.replace("[GEO-09]", "")  # short demo guides leave a poster empty
    about = json.loads(project.read("posters/manifest.json"))["handouts"]
    assert {(handout["paper"], handout["pages"]) for handout in about} == {("poster", 1)}
    assert {handout["guide"] for handout in about} == {"demo-cancel", "demo-start"}


def sizes_mm(path: Path) -> list[tuple[float, float]]:
    """Return the size of each page."""
    with pypdfium2.PdfDocument(path) as pdf:
        return [tuple(round(side * 25.4 / 72, 1) for side in page.get_size()) for page in pdf]  # type: ignore[misc]


def test_a_receipt_is_as_long_as_what_it_says(project: Project) -> None:
    ran = project.build("-p", "receipt-*", "-l", "en", "-l", "zh_Hans", "-j", "1", "-o", "rolls")
    assert ran.code == 0, ran.stderr
    lengths: dict[str, set[float]] = {}
    for path in sorted((project.root / "rolls").rglob("*.pdf")):
        ((width, height),) = sizes_mm(path)
        assert width == float(path.stem.rpartition("-")[2])
        lengths.setdefault(path.parent.name, set()).add(height)
        pixels = print_mono(path)
        # The tail is no longer than the margin, and nothing is cut off at it: the judge saw to the rest.
        below = len(pixels) - max(y for y, row in enumerate(pixels) if any(row)) - 1
        assert below / 8 < 8.0
    assert all(len(found) == 4 for found in lengths.values()), lengths  # two guides, two rolls
    about = json.loads(project.read("rolls/manifest.json"))["handouts"]
    assert {handout["medium"] for handout in about} == {"roll"}


def print_mono(path: Path) -> list[list[bool]]:
    """Return the dots of a roll, row by row, as its printer puts them: 8 to the millimetre."""
    with pypdfium2.PdfDocument(path) as pdf:
        picture = pdf[0].render(scale=8 * 25.4 / 72, grayscale=True).to_pil()
    dots = picture.point(lambda grey: 0 if grey > 127 else 255).tobytes()
    return [[bool(dot) for dot in dots[at : at + picture.width]] for at in range(0, len(dots), picture.width)]


def test_a_roll_is_for_the_printer_of_a_till_only(project: Project) -> None:
    ran = project.build("-p", "receipt-80", "--press")
    assert ran.code == 2
    assert "receipt-80: a roll is for the printer of a till only: leave out --press" in ran.stderr
    assert for_medium(RECEIPT_80, "press") == for_medium(RECEIPT_80, "office") == RECEIPT_80


def test_a_deck_has_a_card_for_every_sentence(project: Project) -> None:
    ran = project.build("-p", "card", "-l", "en", "-l", "ja", "-j", "1", "-o", "cards")
    assert ran.code == 0, ran.stderr
    guides = load_content(project.root).guides
    for path in sorted((project.root / "cards").rglob("*.pdf")):
        guide = guides[path.stem.removesuffix("-card")]
        sizes = sizes_mm(path)
        assert set(sizes) == {(91.0, 55.0)}
        assert len(sizes) == 1 + bool(guide.call) + len(guide.phrases)
        with pypdfium2.PdfDocument(path) as pdf:
            texts = ["".join(page.get_textpage().get_text_bounded().split()) for page in pdf]
        last = load_content(project.root).phrases[guide.phrases[-1]]
        assert last.ja.replace("{speech}", "").strip("のをは。")[:6] in texts[-1]


def test_a_paper_without_room_for_a_language_is_left_out_and_says_so(real_project: Project) -> None:
    ran = real_project.build("start-here", "-p", "card", "-l", "en", "-l", "easy", "-o", "cards")
    assert ran.code == 0, ran.stderr
    assert "ja_Hira, card: is not made: card has no room for やさしい日本語" in ran.stderr
    assert not list((real_project.root / "cards").glob("ja_Hira/*"))
    alone = real_project.build("-p", "card", "-l", "easy", "-o", "cards")
    assert alone.code == 1
    assert "papers that have: a4, " in alone.stderr


@pytest.mark.parametrize("name", ["jis-b5", "a5", "large-print"])
def test_a_paper_of_four_pages_has_four_full_ones(real_project: Project, name: str) -> None:
    paper = next(paper for paper in PAPERS if paper.name == name)
    options = ("-p", name, "-l", "en", "-l", "zh_Hans", "-l", "vi", "-o", name)
    ran = real_project.build("docomo-cancel", "start-here", *options)
    assert ran.code == 0, ran.stderr
    assert "warning" not in ran.stderr
    for path in sorted((real_project.root / name).rglob("*.pdf")):
        sizes = sizes_mm(path)
        assert len(sizes) == 4
        assert {(round(width), round(height)) for width, height in sizes} == {
            (paper.width_mm, paper.height_mm)
        }
        with pypdfium2.PdfDocument(path) as pdf:
            for page in pdf:
                lines = page.get_textpage()
                lowest = min(
                    lines.get_rect(index)[1]
                    for index in range(lines.count_rects())
                    if lines.get_rect(index)[1] * 25.4 / 72 > 22  # above the feet
                )
                assert lowest * 25.4 / 72 < 60  # rows were spread down to the foot


@pytest.mark.parametrize("name", ["a4", "letter", "a5", "large-print", "leaflet"])
def test_a_shop_with_a_full_panel_fits(real_project: Project, name: str) -> None:
    options = ("-p", name, "-l", "en", "-l", "vi", "-s", "example", "--draft", "-o", f"shop-{name}")
    ran = real_project.build("povo-cancel", *options)
    assert ran.code == 0, ran.stderr
    assert "warning" not in ran.stderr


def test_a_receipt_in_easy_japanese_has_room_for_readings(real_project: Project) -> None:
    ran = real_project.build("start-here", "docomo-cancel", "-p", "receipt-58", "-l", "easy", "-o", "easy")
    assert ran.code == 0, ran.stderr
    assert "warning" not in ran.stderr
