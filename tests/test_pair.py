"""Two languages beside each other: the same lines at one height, each in its own language."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pypdfium2
import pytest
from conftest import Project

from generator.paper import A4, PAPERS, find_named, for_pair
from generator.publish import read_manifest

MM_PER_PT = 25.4 / 72
PAIR = for_pair(A4, "ja")


@pytest.fixture(scope="module")
def paired(real_project: Project) -> Project:
    """Two guides in two languages, Japanese beside them, and the plain sheets."""
    for options in (("--pair", "ja"), ()):
        ran = real_project.build(
            "au-cancel", "start-here", "-l", "zh_Hans", "-l", "vi", *options, "-o", "pairs"
        )
        assert ran.code == 0, ran.stderr
        assert "warning" not in ran.stderr
    return real_project


@dataclass(frozen=True)
class Text:
    """A text found on a page, in mm from its upper left corner."""

    page: int
    left_mm: float
    top_mm: float


def find(project: Project, file: str, text: str) -> Text:
    """Return where a text begins."""
    with pypdfium2.PdfDocument(project.root / "pairs" / file) as pdf:
        for number, page in enumerate(pdf, start=1):
            found = page.get_textpage().search(text).get_next()
            if found:
                left, _, _, top = page.get_textpage().get_charbox(found[0])
                return Text(number, left * MM_PER_PT, (page.get_height() - top) * MM_PER_PT)
    raise AssertionError(f"{text} is not in {file}")


@pytest.mark.parametrize(
    ("file", "mine", "theirs"),
    [
        ("zh_Hans/au-cancel-a4-ja.pdf", "先问清费用", "費用を確かめる"),
        ("zh_Hans/au-cancel-a4-ja.pdf", "领取凭证", "控えを受け取る"),
        ("zh_Hans/au-cancel-a4-ja.pdf", "停用时间", "止まる日"),
        ("vi/au-cancel-a4-ja.pdf", "Hộ chiếu", "パスポート"),
        ("vi/start-here-a4-ja.pdf", "Tháng cuối", "最後の月"),
    ],
)
def test_a_line_has_its_twin_at_its_right_at_one_height(
    paired: Project, file: str, mine: str, theirs: str
) -> None:
    left, right = find(paired, file, mine), find(paired, file, theirs)
    assert left.page == right.page
    assert abs(left.top_mm - right.top_mm) < 1.5
    assert left.left_mm < 105 <= right.left_mm


def test_a_pair_is_a_handout_of_its_own_beside_the_plain_one(paired: Project) -> None:
    by_file = read_manifest(paired.root / "pairs")
    pair, plain = by_file["vi/au-cancel-a4-ja.pdf"], by_file["vi/au-cancel-a4.pdf"]
    assert (pair.paper, pair.pages, plain.pages) == ("a4-ja", 4, 2)
    assert pair.edition != plain.edition
    # It rests on the number of both languages.
    assert {"au-phone-vi", "au-phone-ja"} <= set(pair.facts)
    assert "au-phone-ja" not in plain.facts


def test_a_pair_is_current_until_either_language_changes(paired: Project) -> None:
    options = ("au-cancel", "-l", "vi", "--pair", "ja", "-o", "pairs")
    assert "1 unchanged" in paired.build(*options).stderr
    locale = "locales/ja/LC_MESSAGES/messages.po"
    text = paired.read(locale)
    try:
        paired.write(locale, text.replace("控えを受け取る", "控えをもらう"))
        ran = paired.build(*options)
        assert ran.code == 0, ran.stderr
        assert "1 built, 0 unchanged" in ran.stderr
        assert find(paired, "vi/au-cancel-a4-ja.pdf", "控えをもらう").page == 2
        plain = paired.build("au-cancel", "-l", "vi", "-o", "pairs")
        assert "1 unchanged" in plain.stderr
    finally:
        paired.write(locale, text)
        paired.build(*options)


def test_what_is_wrong_beside_keeps_a_pair_from_being_printed(paired: Project) -> None:
    locale = "locales/ja/LC_MESSAGES/messages.po"
    text = paired.read(locale)
    try:
        paired.write(locale, text.replace('msgstr "控えを受け取る"', 'msgstr ""'))
        ran = paired.build("au-cancel", "-l", "vi", "--pair", "ja", "-o", "other")
        assert ran.code == 1
        assert "locales/ja/LC_MESSAGES/messages.po" in ran.stderr
        assert "message-missing" in ran.stderr
    finally:
        paired.write(locale, text)


def test_a_pair_is_known_where_others_are(paired: Project) -> None:
    """It is found again by its code, by inspect, and by what prints a fact; prune leaves it."""
    manifest = str(paired.root / "pairs/manifest.json")
    about = json.loads(paired.read("pairs/manifest.json"))["handouts"]
    edition = next(row["edition"] for row in about if row["file"] == "vi/au-cancel-a4-ja.pdf")
    ran = paired.run("which", edition, "--manifest", manifest)
    assert "a4-ja" in ran.stdout
    assert ran.code == 0, ran.stdout + ran.stderr
    seen = paired.run("inspect", str(paired.root / "pairs/vi/au-cancel-a4-ja.pdf"), "--fail-on", "error")
    assert seen.code == 0, seen.stderr
    ran = paired.run(
        "affected", "--facts", "au-phone-ja", "-o", str(paired.root / "pairs"), "--format", "json"
    )
    files = {row["file"] for row in ran.json["handouts"]}
    assert "vi/au-cancel-a4-ja.pdf" in files
    assert "vi/au-cancel-a4.pdf" not in files
    ran = paired.build("au-cancel", "-l", "vi", "-o", "pairs", "--prune")
    assert (paired.root / "pairs/vi/au-cancel-a4-ja.pdf").exists()


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("-l", "ja", "--pair", "ja"), 1, "日本語 is what stands beside others"),
        (("-l", "en", "--pair", "easy"), 2, "is set larger than a column has room for"),
        (("-l", "en", "--pair", "ja", "-p", "card"), 2, "--pair is for a4 and letter: card has no room"),
        (("-l", "en", "--pair", "klingon"), 2, "klingon"),
    ],
)
def test_pairs_that_make_no_sense_are_refused(
    paired: Project, options: tuple[str, ...], code: int, said: str
) -> None:
    ran = paired.build("au-cancel", *options, "-o", "never")
    assert ran.code == code, ran.stderr
    assert said in ran.stderr


def test_a_pair_is_a_paper_of_twice_the_pages() -> None:
    assert (PAIR.name, PAIR.sheet, PAIR.pages, PAIR.beside) == ("a4-ja", "a4", 4, "ja")
    assert find_named("a4-ja") == PAIR
    assert find_named("a4") == A4
    assert find_named("b4") is None
    assert all(find_named(paper.name) == paper for paper in PAPERS)
