"""Papers: what each leaves out of a guide, and that nothing else of a guide gets lost on it."""

from __future__ import annotations

import json

import pytest
from conftest import ROOT, Project

from generator.batch import group_papers
from generator.content import load_content
from generator.guide import Guide, leave_out
from generator.paper import PAPERS, USUAL_PAPERS, Paper

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
