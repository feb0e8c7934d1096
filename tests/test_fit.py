"""Pages that are too long: by how much, what is done about it, and that it is said and the same every time.

The guide of these tests is brought to a known height by a style sheet: `fill` adds so many millimetres to a
block. One page has 263 mm: 297 of A4 less two margins of 17.
"""

from __future__ import annotations

import re

import pytest
from conftest import ROOT, SMALL, Project, Ran, text_of

from generator.fit import (
    DROPPABLE,
    GAP_RUNGS,
    GAPS_MM,
    Block,
    Rung,
    Side,
    describe_fit,
    describe_overflow,
    find_budget,
    list_selections,
    make_drop_rungs,
    suggest_fit,
)
from generator.guide import Guide

GUIDE = "content/guides/demo-cancel.toml"
SHEET = "templates/css/a4.css"
FILE = "en/demo-cancel-a4.pdf"
MM_PER_PT = 25.4 / 72
BLOCKS = """
[[losses]]
id = "mail"
name = "Mail"
body = "Save what you need."

[[losses]]
id = "points"
name = "Points"
body = "Use them up."

[[desks]]
id = "desk"
name = "Advice"
body = "Ask a help desk."
"""


def fill(project: Project, mm: float, block: str = ".summary") -> None:
    sheet = (ROOT / SHEET).read_text(encoding="utf-8")
    project.write(SHEET, f"{sheet}\n{block} {{ padding-bottom: {mm}mm }}\n")


def declare(project: Project, *lines: str, blocks: str = BLOCKS) -> None:
    """Give the guide lines of its own, and blocks that it can do without."""
    text = SMALL[GUIDE].replace('phrases = ["stop"]', "\n".join(('phrases = ["stop"]', *lines)))
    project.write(GUIDE, text + blocks)
    assert project.run("messages", "update", "-l", "en").code == 0


def build(project: Project, *arguments: str) -> Ran:
    return project.build("demo-cancel", "-l", "en", "-j", "1", *arguments)


def overflows(ran: Ran) -> list[tuple[int, float]]:
    """Return the sides that a build says are too long, and by how many millimetres."""
    found = re.findall(r"side (\d) is ([\d.]+) mm too long.*\[GEO-07\]", ran.stderr)
    return [(int(side), float(mm)) for side, mm in found]


def free_mm(ran: Ran, page: int = 1) -> float:
    found = re.search(rf"page {page}: ([\d.]+) mm stay empty", ran.stderr)
    assert found, ran.stderr
    return float(found[1])


def fitted(ran: Ran) -> list[str]:
    return re.findall(r"warning: demo-cancel \(en, a4\): fits (.*) \[FIT-01\]", ran.stderr)


@pytest.fixture
def free(project: Project) -> float:
    """The millimetres that stay free on side 1 of the guide with all its blocks."""
    declare(project, 'words = ["cancel", "passport"]')
    ran = build(project)
    assert ran.code == 0, ran.stderr
    return free_mm(ran)


# --- by how much -------------------------------------------------------------------------------------


def test_the_overflow_grows_with_the_text_line_by_line(project: Project) -> None:
    declare(project, blocks="")
    room = free_mm(build(project))
    first = "**Do not cancel.** Move it first."
    text = project.read(GUIDE)
    fill(project, room - 2)
    said = {}
    for lines in (2, 3, 7):
        # Two words of thirty letters do not go into the 104.5 mm of the column.
        project.write(GUIDE, text.replace(first, " ".join(["n" * 30] * lines)))
        assert project.run("messages", "update", "-l", "en").code == 0
        ((side, said[lines]),) = overflows(build(project, "-o", "new"))
        assert side == 1
    for lines, mm in said.items():  # the first line was there; 14.5 pt is a line in English; 2 mm were free
        assert mm == pytest.approx((lines - 1) * 14.5 * MM_PER_PT - 2, abs=0.3)


def test_a_side_that_is_too_long_by_a_hair_is_told_and_one_that_just_fits_is_built(
    project: Project, free: float
) -> None:
    fill(project, free + 0.04)
    assert overflows(build(project, "-o", "new")) == [(1, 0.1)]  # rounded up: 0.0 would be no reason
    fill(project, free - 0.06)
    assert build(project, "-o", "new").code == 0


def test_both_sides_are_told_with_their_longest_blocks(project: Project, free: float) -> None:
    fill(project, 300, ".summary, .costs")
    ran = build(project, "-o", "new")
    assert ran.code == 1
    (one, first), (two, second) = overflows(ran)
    assert (one, two) == (1, 2)
    assert first == pytest.approx(300 - free, abs=0.2)
    assert 100 < second < 300
    assert re.search(
        r'side 1 .* longest block is "summary" \(3\d\d mm\), then "call" \(\d+ mm, left', ran.stderr
    )
    assert re.search(r'side 2 .* longest block is "costs" \(3\d\d mm, right column\), then "phr', ran.stderr)
    assert "ENG-01" not in ran.stderr
    assert not (project.root / "new" / FILE).exists()


def test_pages_that_break_where_the_engine_cannot_write_them_are_told_as_too_long(
    project: Project, free: float
) -> None:
    fill(project, free + 45)  # the call block is torn, and drawn twice
    ran = build(project, "-o", "new")
    assert (ran.code, overflows(ran)) == (1, [(1, pytest.approx(45.0, abs=0.2))])
    assert "ENG-01" not in ran.stderr


def test_every_block_of_the_templates_has_a_name_that_messages_can_say() -> None:
    found = {}
    for path in sorted((ROOT / "templates/blocks").glob("*.html")):
        if "<section" in (text := path.read_text(encoding="utf-8")) or "<header" in text:
            found[path.stem] = re.findall(r'<(?:section|header) [^>]*data-block="([a-z-]+)"', text)
    assert found and found == {name: [name] for name in found}
    assert set(DROPPABLE) <= set(found)
    assert set(DROPPABLE) <= set(Guide.model_fields)


def test_the_style_sheet_has_every_gap_of_the_ladder() -> None:
    for name in (SHEET, SHEET.replace("a4", "leaflet")):
        find_gaps(name)


def find_gaps(name: str) -> None:
    sheet = (ROOT / name).read_text(encoding="utf-8")
    assert f"\n.block {{ margin-top: {GAPS_MM[0]}mm }}" in sheet
    for gap in GAPS_MM[1:]:
        assert re.search(rf"^\.tight-{gap} \.block\b[^{{]*{{ margin-top: {gap}mm }}", sheet, re.M)


# --- without --fit -----------------------------------------------------------------------------------


def test_without_fit_it_is_refused_and_the_hint_says_whether_fit_would_help(
    project: Project, free: float
) -> None:
    before = project.snapshot()
    fill(project, free + 5)  # three gaps of 4 mm can give 6
    assert "build with --fit: smaller gaps between blocks are enough" in build(project).stderr
    fill(project, free + 9)
    assert "--fit alone is not enough, and the guide declares no block of this" in build(project).stderr
    declare(project, 'words = ["cancel"]', 'droppable = ["losses", "words"]')
    ran = build(project)
    assert (ran.code, fitted(ran)) == (1, [])
    assert 'build with --fit, which may also leave out "words"\n' in ran.stderr  # losses are on side 2
    assert project.snapshot() == before


# --- the ladder --------------------------------------------------------------------------------------


def test_smaller_gaps_come_first_and_are_told_and_kept_in_mind(project: Project, free: float) -> None:
    gaps = 4  # before check, steps, words and call
    other = free_mm(build(project), page=2)
    for over, gap in ((gaps - 1, 3), (2 * gaps - 1, 2)):
        fill(project, free + over)
        ran = build(project, "--fit")
        assert ran.code == 0, ran.stderr
        assert fitted(ran) == [f"with gaps of {gap} mm on side 1"]
        assert project.manifest()[FILE]["fit"] == [f"with gaps of {gap} mm on side 1"]
        assert "kaiyaku" in text_of(project.output / FILE)
        assert free_mm(ran, page=2) == other  # a side that is not too long keeps its gaps
    again = build(project, "--fit")
    assert "1 unchanged" in again.stderr
    assert fitted(again) == ["with gaps of 2 mm on side 1"]


def test_then_blocks_go_in_the_declared_order_and_their_texts_are_not_missed(project: Project) -> None:
    first = ('words = ["cancel"]', 'droppable = ["desks", "words", "losses"]')
    declare(project, *first)
    room = free_mm(build(project), page=2)
    fill(project, room + 10, ".phrases")
    for order, gone, kept in (
        ('["desks", "words", "losses"]', "desks", "Usethemup."),
        ('["losses", "words", "desks"]', "losses", "Askahelpdesk."),
    ):
        declare(project, 'words = ["cancel"]', f"droppable = {order}")
        ran = build(project, "--fit")
        assert ran.code == 0, ran.stderr
        texts = {"desks": 2, "losses": 4}[gone]  # a name and a body each
        said = ["with gaps of 2 mm on side 2", f'without "{gone}": {texts} texts are not printed']
        assert fitted(ran) == project.manifest()[FILE]["fit"] == said
        text = text_of(project.output / FILE)
        assert kept in text and {"desks": "Askahelpdesk.", "losses": "Usethemup."}[gone] not in text
        assert "Wordsyouwillmeet" in text  # side 1 is not too long


def test_two_blocks_go_where_one_is_not_enough(project: Project) -> None:
    declare(project, 'droppable = ["desks", "losses"]')
    room = free_mm(build(project), page=2)
    fill(project, room + 25, ".phrases")
    ran = build(project, "--fit")
    assert ran.code == 0, ran.stderr
    assert fitted(ran) == [
        "with gaps of 2 mm on side 2",
        'without "desks": 2 texts are not printed',
        'without "losses": 4 texts are not printed',
    ]


def test_what_fits_on_no_rung_is_refused_with_the_overflow_of_the_last(project: Project, free: float) -> None:
    before = project.snapshot()
    declare(project, 'words = ["cancel"]', 'droppable = ["words"]')
    fill(project, free + 60)
    ran = build(project, "--fit")
    assert (ran.code, fitted(ran)) == (1, [])
    assert project.snapshot() == before
    (side, mm), *rest = overflows(ran)
    assert (side, rest) == (1, [])
    assert 60 - 8 - 30 < mm < 60 - 8  # four gaps of 2 mm, and the block
    assert 'too long even with gaps of 2 mm and without "words"; its longest block' in ran.stderr


def test_a_fitted_handout_goes_back_when_there_is_no_need_any_more(project: Project, free: float) -> None:
    fill(project, free + 3)
    tight = build(project, "--fit")
    assert fitted(tight)
    fill(project, free - 10)
    roomy = build(project, "--fit")
    assert (roomy.code, fitted(roomy)) == (0, [])
    assert project.manifest()[FILE]["fit"] == []


def test_a_handout_that_fits_has_the_same_bytes_with_and_without_fit(project: Project) -> None:
    before = (project.output / FILE).read_bytes()
    ran = build(project, "--fit")
    assert (ran.code, fitted(ran)) == (0, [])
    assert "1 built" in ran.stderr  # the option is part of the fingerprint
    assert (project.output / FILE).read_bytes() == before


def test_the_choice_is_the_same_in_one_process_and_in_two(project: Project, free: float) -> None:
    declare(project, 'words = ["cancel"]', 'droppable = ["words"]')
    project.translate()
    # Lines in Chinese and Japanese are taller: each language stands on a rung of its own.
    fill(project, free + 3, ".demo-cancel .summary")
    said = {}
    for jobs in ("1", "2"):
        ran = project.build("--fit", "-j", jobs, "-o", f"new-{jobs}")
        assert fitted(ran) == ["with gaps of 3 mm on side 1"]  # in English
        assert "demo-cancel (ja, a4): fits" in ran.stderr
        said[jobs] = sorted(line for line in ran.stderr.splitlines() if line.startswith(("warning", "error")))
    assert said["1"] == said["2"]
    one, two = (project.snapshot(f"new-{jobs}") for jobs in ("1", "2"))
    assert one and {f.replace("new-1", "new-2"): h for f, h in one.items()} == two


def test_what_is_left_out_leaves_its_facts_and_changes_the_edition(project: Project, free: float) -> None:
    block = BLOCKS.replace("Save what you need.", "Save it: {fact.demo-last-bill}.")
    declare(project, 'droppable = ["losses"]', blocks=block)
    project.change(GUIDE, "Bill: {fact.demo-last-bill}.", "The last bill comes later.")
    assert project.run("messages", "update", "-l", "en").code == 0
    room = free_mm(build(project), page=2)
    whole = project.manifest()[FILE]
    fill(project, room + 10, ".phrases")
    assert build(project, "--fit").code == 0
    fit = project.manifest()[FILE]
    assert set(whole["facts"]) - set(fit["facts"]) == {"demo-last-bill"}
    assert whole["edition"] != fit["edition"]


def test_a_draft_is_fitted_too_and_shows_everything_where_nothing_fits(project: Project, free: float) -> None:
    declare(project, 'words = ["cancel"]', 'droppable = ["words"]')
    fill(project, free + 3)
    ran = build(project, "--fit", "--draft", "-o", "new")
    assert ran.code == 0, ran.stderr
    assert fitted(ran)
    fill(project, free + 52)
    ran = build(project, "--fit", "--draft", "-o", "new")
    assert ran.code == 0, ran.stderr
    assert [side for side, _ in overflows(ran)] == [1]
    assert "Wordsyouwillmeet" in text_of(project.root / "new" / "en/demo-cancel-a4-draft.pdf")


def test_a_dry_run_knows_the_option_and_a_project_can_set_it(project: Project, free: float) -> None:
    arguments = ("build", "demo-cancel", "-l", "en", "--as-of", "2026-12-01", "--dry-run")
    assert project.run(*arguments).stdout.split()[:2] == ["reuse", f"output/{FILE}:"]
    assert project.run(*arguments, "--fit").stdout.split()[:2] == ["build", f"output/{FILE}:"]
    project.write("pyproject.toml", "[tool.carrier-guides]\nfit = true\n")
    assert project.run(*arguments).stdout.split()[:2] == ["build", f"output/{FILE}:"]
    fill(project, free + 3)
    assert fitted(build(project)) == ["with gaps of 3 mm on side 1"]
    ran = build(project, "--format", "json")
    said = [problem["what"] for problem in ran.json["problems"] if problem["rule"] == "FIT-01"]
    assert said == ["fits with gaps of 3 mm on side 1"]


# --- the budget --------------------------------------------------------------------------------------


def test_a_guide_has_its_own_page_budget(project: Project) -> None:
    declare(project, "pages = 2")
    edition = project.manifest()[FILE]["edition"]
    declare(project, "pages = 2", blocks="")
    assert build(project).code == 0
    assert project.manifest()[FILE]["edition"] == edition  # it is not said on paper
    declare(project, "pages = 1", blocks="")
    ran = build(project)
    assert ran.code == 1
    assert "demo-cancel (en, a4): has 2 pages, 1 wanted [GEO-07]" in ran.stderr


def test_an_underfilled_last_page_warns(project: Project) -> None:
    path = "templates/sheet.html"
    text = project.read(path)
    start, end = (
        text.index('<div class="block pair">\n{% include "blocks/notices'),
        text.index("</section>\n{% endblock %}"),
    )
    cut = "".join(re.findall(r'{% include "blocks/[a-z]+.html" %}\n', text[start:end]))
    project.write(path, text[:start] + text[end:].replace("</section>", "</section>", 1))
    side_one = '{% include "blocks/summary.html" %}\n'
    project.change(path, side_one, side_one + cut)
    ran = project.build("demo-start", "-l", "en", "-j", "1", "-o", "new")
    assert ", page 2: is filled less than a quarter [GEO-09]" in ran.stderr
    assert ", page 2: 2" not in ran.stderr  # said once


# --- pure --------------------------------------------------------------------------------------------

LONG = Side(
    23.41,
    3,
    (
        Block("check", 61.2),
        Block("checklist", 80.0, "left column", counts=False),
        Block("steps", 58.4, "right column"),
        Block("words", 20.0),
    ),
)
SHORT = Side(-4.0, 2, (Block("losses", 40.0, "right column"),))


def test_an_overflow_is_said_with_the_blocks_that_make_it() -> None:
    assert describe_overflow((LONG, SHORT), Rung()) == (
        'side 1 is 23.5 mm too long; its longest block is "check" (61 mm), '
        'then "steps" (58 mm, right column)',
    )
    assert describe_overflow((SHORT, SHORT), Rung()) == ()


def test_a_budget_is_the_guides_and_at_most_the_papers() -> None:
    assert [find_budget(*pair) for pair in ((None, 2), (1, 2), (3, 2), (3, 0), (None, 0))] == [
        2,
        1,
        2,
        3,
        None,
    ]


def test_the_ladder_is_bounded_and_every_rung_has_its_form() -> None:
    droppable = ("losses", "words", "desks")
    assert [rung.gap_mm for rung in GAP_RUNGS] == [4, 3, 2]
    assert make_drop_rungs(droppable, (LONG, SHORT)) == (Rung(2, ("words",)),)
    both = (LONG, Side(1.0, 2, (*SHORT.blocks, Block("desks", 9.0))))
    rungs = make_drop_rungs(droppable, both)
    assert [rung.without for rung in rungs] == [droppable[:1], droppable[:2], droppable]
    assert {rung.without for rung in rungs} <= set(list_selections(droppable))
    assert len(list_selections(droppable)) == 7  # 3 of one, 3 of two, 1 of all
    assert list_selections(()) == ()


def test_what_was_done_is_said_in_words() -> None:
    assert describe_fit(Rung(3), (1, 2), {}) == ("with gaps of 3 mm on sides 1 and 2",)
    assert describe_fit(Rung(2, ("words",)), (1,), {"words": 1}) == (
        "with gaps of 2 mm on side 1",
        'without "words": 1 text is not printed',
    )
    assert suggest_fit((LONG,), ("words",), is_tried=True) == "shorten the texts"
