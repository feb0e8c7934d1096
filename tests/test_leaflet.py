"""The leaflet: how it folds, and that a reader who opens it meets the texts in their order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pypdfium2
import pytest
from conftest import Project

from generator.content import load_content
from generator.fold import Panel, find_panel, list_as_met, list_panels, unfold
from generator.guide import Guide
from generator.paper import A4, LEAFLET, find_paper

MM_PER_PT = 25.4 / 72
GUIDES = ("au-cancel", "start-here")
LOCALES = ("en", "zh_Hans")


# --- the sheet -------------------------------------------------------------------------------------


def test_a_place_is_on_the_panel_between_its_folds() -> None:
    places = ((1, 50, "flap"), (1, 98, "back"), (1, 250, "cover"), (2, 98, "first"), (2, 150, "second"))
    for page, x_mm, name in (*places, (2, 201, "third")):
        panel = find_panel(LEAFLET, page, x_mm)
        assert panel and panel.name == name
    assert find_panel(LEAFLET, 1, 298) is find_panel(LEAFLET, 3, 50) is find_panel(A4, 1, 50) is None


def test_panels_are_as_wide_as_print_shops_fold_them() -> None:
    widths = {panel.name: panel.width_mm for panel in list_panels(LEAFLET)}
    assert widths == {"flap": 97, "back": 100, "cover": 100, "first": 100, "second": 100, "third": 97}
    assert list_panels(A4) == ()


def test_the_list_of_papers_says_where_a_leaflet_is_folded(shared: Project) -> None:
    papers = {row["id"]: row for row in shared.run("list", "papers", "--format", "json").json["papers"]}
    folded = "flap 97, back 100, cover 100, first 100, second 100, third 97"
    assert (papers["leaflet"]["panels"], papers["a4"]["panels"]) == (folded, "-")


def test_a_leaflet_opens_from_its_cover() -> None:
    views = [tuple(panel.name for panel in view) for view in unfold(LEAFLET)]
    assert views == [("cover",), ("first", "flap"), ("first", "second", "third"), ("back",)]
    assert [p.name for p in list_as_met(LEAFLET)] == ["cover", "first", "flap", "second", "third", "back"]


def test_a_leaflet_that_opens_to_the_left_is_its_mirror() -> None:
    mirror = replace(
        LEAFLET,
        folds_mm=((100.0, 200.0), (97.0, 197.0)),
        panels=(("cover", "back", "flap"), ("third", "second", "first")),
    )
    views = [tuple(panel.name for panel in view) for view in unfold(mirror)]
    assert views == [("cover",), ("flap", "first"), ("third", "second", "first"), ("back",)]


@pytest.mark.parametrize(
    ("folds", "said"),
    [
        (((97.0, 197.0), (97.0, 197.0)), "first is 97 mm wide, its back 100 mm"),
        (((99.0, 198.0), (99.0, 198.0)), "third is as wide as the panels that it lies between"),
    ],
)
def test_folds_that_paper_cannot_have_are_refused(folds: tuple[tuple[float, ...], ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        unfold(replace(LEAFLET, folds_mm=folds))
    with pytest.raises(ValueError, match="a4 is no letter fold: it has 0 panels"):
        unfold(A4)


def test_a_sheet_that_lies_flat_is_not_taken_for_a_leaflet() -> None:
    assert find_paper(297, 210) is None


# --- the finished file -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Letter:
    """A character of a finished file, with its box in mm from the top left corner."""

    text: str
    page: int
    left: float
    right: float
    bottom: float


def letters_of(pdf: Path) -> Iterator[Letter]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        for number, page in enumerate(document, start=1):
            height = page.get_height()
            text = page.get_textpage()
            for i in range(text.count_chars()):
                left, bottom, right, _ = text.get_charbox(i)
                letter = text.get_text_range(i, 1)
                if letter.strip() and right > left:
                    yield Letter(
                        letter, number, left * MM_PER_PT, right * MM_PER_PT, (height - bottom) * MM_PER_PT
                    )
    finally:
        document.close()


@pytest.fixture(scope="module")
def leaflets(real_project: Project) -> dict[str, tuple[Letter, ...]]:
    """The letters of real leaflets, by file."""
    chosen = [option for locale in LOCALES for option in ("-l", locale)]
    ran = real_project.build(*GUIDES, *chosen, "-p", "leaflet", "-o", "leaflets", "-j", "2")
    assert ran.code == 0, ran.stderr
    assert "warning" not in ran.stderr
    files = [f"{locale}/{guide}-leaflet.pdf" for locale in LOCALES for guide in GUIDES]
    return {file: tuple(letters_of(real_project.root / "leaflets" / file)) for file in files}


def read_panel(letters: tuple[Letter, ...], panel: Panel) -> str:
    """Return what stands on a panel, without spaces: where lines break is the layout's affair."""
    middle = ((letter, (letter.left + letter.right) / 2) for letter in letters)
    return "".join(letter.text for letter, x in middle if find_panel(LEAFLET, letter.page, x) == panel)


def plain_words(text: str) -> str:
    """Return the beginning of a text of a guide as it stands on paper, up to its first mark."""
    return "".join(re.split(r"[{*\[]", text)[0].split())


def list_texts(guide: Guide) -> dict[str, list[str]]:
    """Return the beginnings of texts of a guide by the panel that they belong on."""
    entries = [*guide.costs, *guide.losses]
    return {
        "cover": [guide.title, guide.scope],
        "first": [row.ask for row in guide.check.questions] if guide.check else [],
        "flap": [*(row.name for row in entries), *(row.body for row in guide.notices)],
        "second": [*(row.title for row in guide.steps), *(row.signs for row in guide.choices)],
        "third": [guide.call.title] if guide.call else [],
        "back": [],
    }


@pytest.mark.parametrize("guide", GUIDES)
def test_each_text_is_on_its_panel_and_read_in_order(
    leaflets: dict[str, tuple[Letter, ...]], real_project: Project, guide: str
) -> None:
    letters = leaflets[f"en/{guide}-leaflet.pdf"]
    content = load_content(real_project.root)
    texts = list_texts(content.guides[guide])
    texts["back"] = [content.phrases[name].reader for name in content.guides[guide].phrases]
    for panel in list_as_met(LEAFLET):
        shown = read_panel(letters, panel)
        at = 0
        for words in filter(None, map(plain_words, texts[panel.name])):
            found = shown.find(words, at)
            assert found >= 0, f"{words} is not on the {panel.name} panel, or not in its order"
            at = found + len(words)


@pytest.mark.parametrize("panel", list_panels(LEAFLET), ids=lambda panel: panel.name)
def test_no_letter_is_within_3_mm_of_a_fold(leaflets: dict[str, tuple[Letter, ...]], panel: Panel) -> None:
    folds = LEAFLET.folds_mm[panel.page - 1]
    for file, letters in leaflets.items():
        near = [
            letter.text
            for letter in letters
            if letter.page == panel.page
            and any(letter.left < fold + 3 and letter.right > fold - 3 for fold in folds)
        ]
        assert near == [], file
        assert read_panel(letters, panel), file


def test_panels_end_together(leaflets: dict[str, tuple[Letter, ...]]) -> None:
    # Inside, the foot is one line that ends 6 mm from the edge; above it the three panels end.
    for file in (f"{locale}/au-cancel-leaflet.pdf" for locale in LOCALES):
        ends = {
            panel.name: max(
                letter.bottom
                for letter in leaflets[file]
                if find_panel(LEAFLET, letter.page, letter.left) == panel and letter.bottom < 200
            )
            for panel in list_panels(LEAFLET)
            if panel.page == 2
        }
        assert max(ends.values()) - min(ends.values()) < 8, f"{file}: {ends}"


def fill(project: Project, style: str) -> None:
    sheet = "templates/css/leaflet.css"
    project.write(sheet, f"{project.read(sheet)}\n{style}\n")


def test_a_panel_that_is_too_long_is_told_and_nothing_of_it_lies_on_the_next_page(project: Project) -> None:
    asked = ("demo-cancel", "-l", "en", "-p", "leaflet", "-j", "1")
    fill(project, ".on-leaflet .costs li { padding-bottom: 160mm }")
    ran = project.build(*asked)
    assert ran.code == 1
    assert re.search(
        r"side 1 is [\d.]+ mm too long; its longest block is \"costs\" \(1\d\d mm, flap panel\)", ran.stderr
    )
    assert "side 2" not in ran.stderr and "[GEO-07]" in ran.stderr
    assert not (project.output / "en/demo-cancel-leaflet.pdf").exists()


def test_smaller_gaps_make_a_panel_fit(project: Project) -> None:
    asked = ("demo-cancel", "-l", "en", "-p", "leaflet", "-j", "1")
    fill(project, ".on-leaflet .costs li { padding-bottom: 160mm }")
    too_long = re.search(r"side 1 is ([\d.]+) mm too long", project.build(*asked).stderr)
    assert too_long
    # One gap is in the way, of 4 mm: 1.5 mm too long fits with one of 2 mm and not with one of 3 mm.
    project.change("templates/css/leaflet.css", "160mm", f"{160 - float(too_long[1]) + 1.5}mm")
    assert "side 1 is 1.5 mm too long" in project.build(*asked).stderr
    ran = project.build(*asked, "--fit")
    assert (ran.code, "fits with gaps of 2 mm on side 1" in ran.stderr) == (0, True), ran.stderr


def test_every_panel_that_may_be_seen_alone_says_what_it_is(leaflets: dict[str, tuple[Letter, ...]]) -> None:
    panels = {panel.name: panel for panel in list_panels(LEAFLET)}
    letters = leaflets["en/au-cancel-leaflet.pdf"]
    cover, back, first = (read_panel(letters, panels[name]) for name in ("cover", "back", "first"))
    assert "Cancelyourmobileline" in cover and "English" in cover and "auの解約の手引き" in cover
    code = re.search(r"edition([0-9A-Z]{6})", back)
    assert code and f"Cancelyourmobileline·edition{code[1]}" in first
    assert "FactsseenNovember22,2026." in back and "NotissuedbyKDDI" in back
