"""Papers: what each leaves out of a guide, and that nothing else of a guide gets lost on it."""

from __future__ import annotations

import pytest
from conftest import ROOT

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
