"""Bad content is refused: everything at once, each with file, line and key, and nothing on disk changes.

Every file below `bad_content/` is put into the small project at the same place. Its first lines announce what
must be said of it, in order of lines, and nothing else may be said:

    # error: <line>: <key>: <what> [<rule>]
    # hint: <next step>

A text that ends in … may go on in any way.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from conftest import GUIDES, LOGO, SMALL, Project

from generator.content import find_lines, lightness, load_content
from generator.guide import Content, map_text
from generator.problem import Problem, ProjectError

FOLDER = Path(__file__).parent / "bad_content"
FILES = [path.relative_to(FOLDER).as_posix() for path in sorted(FOLDER.rglob("*.toml"))]

Said = tuple[int, str, str, str, str]


def announced(file: str) -> list[Said]:
    found: list[Said] = []
    for line in (FOLDER / file).read_text(encoding="utf-8").splitlines():
        if error := re.fullmatch(r"# error: (\d+): ([^ ]*): (.*) \[([a-z-]+)\]", line):
            found.append((int(error[1]), error[2], error[4], error[3], ""))
        elif line.startswith("# hint: "):
            found[-1] = (*found[-1][:4], line.removeprefix("# hint: "))
        else:
            break
    assert found, f"{file} announces nothing"
    return sorted(found)


def matches(announced: str, said: str) -> bool:
    return said.startswith(announced[:-1]) if announced.endswith("…") else said == announced


def assert_said(problems: list[Problem], announced: list[Said]) -> None:
    said = sorted((p.line, p.key, p.rule, p.what, p.hint) for p in problems)
    assert [item[:3] for item in said] == [item[:3] for item in announced]
    for one, other in zip(said, announced, strict=True):
        assert matches(other[3], one[3]), f"{one[3]!r} was said, {other[3]!r} announced"
        assert matches(other[4], one[4]), f"{one[4]!r} was the hint, {other[4]!r} announced"


def plant(project: Project, *files: str) -> None:
    for file in (*files, *(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.svg"))):
        project.write(f"content/{file}", (FOLDER / file).read_bytes())


def refused(root: Path) -> list[Problem]:
    with pytest.raises(ProjectError) as error:
        load_content(root)
    return list(error.value.problems)


@pytest.fixture
def bare(tmp_path: Path) -> Project:
    """The small project's content and nothing else."""
    project = Project(tmp_path / "project")
    for file, text in SMALL.items():
        project.write(file, text)
    return project


# --- announced files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("file", FILES)
def test_bad_content_gives_exactly_the_announced_errors(bare: Project, file: str) -> None:
    plant(bare, file)
    problems = refused(bare.root)
    assert {problem.file for problem in problems} == {f"content/{file}"}
    assert_said(problems, announced(file))


def test_all_bad_files_are_reported_in_one_run_and_nothing_is_published(project: Project) -> None:
    plant(project, *FILES)
    before = project.snapshot()
    ran = project.spawn("build", "--format", "json")
    assert ran.code == 1
    assert project.snapshot() == before
    problems = ran.json["problems"]
    for file in FILES:
        said = {(p["line"], p["key"], p["rule"]) for p in problems if p["file"] == f"content/{file}"}
        assert said == {item[:3] for item in announced(file)}, file
    assert {problem["file"] for problem in problems} == {f"content/{file}" for file in FILES}


def test_errors_are_printed_for_people_with_place_rule_and_next_step(bare: Project) -> None:
    plant(bare, "guides/dangling-ids.toml")
    ran = bare.run("check")
    assert (ran.code, ran.stdout) == (1, "")
    line = next(item[0] for item in announced("guides/dangling-ids.toml") if item[1] == "carrier")
    assert ran.stderr.splitlines()[:2] == [
        f"error: content/guides/dangling-ids.toml:{line}: carrier: "
        'there is no carrier "dema" [content-dangling]',
        '  hint: did you mean "demo"?',
    ]
    assert ran.stderr.splitlines()[-1] == f"{len(announced('guides/dangling-ids.toml'))} errors"


# --- files that cannot be written down as text -------------------------------------------------------

HOSTILE = {
    "a NUL": (b'id = "bad"\ntitle = "a\x00b"\n', 2, "content-syntax"),
    "not UTF-8": ('id = "bad"\ntitle = "解約"\n'.encode("shift_jis"), 2, "content-encoding"),
    "UTF-16": ('id = "bad"\n'.encode("utf-16"), 1, "content-encoding"),
    "a lone surrogate": (b'id = "bad"\n\ntitle = "\xed\xa0\x80"\n', 3, "content-encoding"),
    "an escaped surrogate": (b'id = "bad"\ntitle = "\\uD800"\n', 2, "content-syntax"),
    "a text of 1 MB": (b'id = "bad"\ntitle = "' + b"x" * 1_000_000 + b'"\n', 0, "content-size"),
    "arrays nested too deep": (b'id = "bad"\nwords = ' + b"[" * 5000 + b"]" * 5000, 0, "content-syntax"),
    "tables nested too deep": (b'id = "bad"\n[' + b".".join([b"a"] * 5000) + b"]\n", 0, None),
    "an empty file": (b"", 1, "content-shape"),
    "a number of a million digits": (b'id = "bad"\ntitle = ' + b"9" * 400_000 + b"\n", 0, None),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_its_place_and_without_a_traceback(bare: Project, name: str) -> None:
    raw, line, rule = HOSTILE[name]
    bare.write("content/guides/bad.toml", raw)
    ran = bare.run("check", "--format", "json")
    assert ran.code == 1
    problems = ran.json["problems"]
    assert {problem["file"] for problem in problems} == {"content/guides/bad.toml"}
    if rule:
        assert {problem["rule"] for problem in problems} == {rule}
    if line:
        assert {problem["line"] for problem in problems} == {line}


def test_the_rest_of_a_refused_run_is_short(bare: Project) -> None:
    bare.write("content/guides/bad.toml", b'id = "bad"\ntitle = "' + b"x" * 500_000 + b'"\n')
    assert len(bare.run("check").stderr) < 2000


def test_a_byte_order_mark_is_no_reason_to_fail_with_a_riddle(bare: Project) -> None:
    file = "content/guides/demo-start.toml"
    bare.write(file, b"\xef\xbb\xbf" + bare.read(file).encode())
    try:
        load_content(bare.root)
    except ProjectError as error:
        assert [(p.file, p.line, p.rule) for p in error.problems] == [(file, 1, "content-encoding")]


def test_windows_line_ends_are_read_and_do_not_move_lines(bare: Project) -> None:
    file = "content/guides/demo-start.toml"
    before = load_content(bare.root)
    bare.write(file, bare.read(file).replace("\n", "\r\n"))
    assert load_content(bare.root) == before


@pytest.mark.parametrize("folder", ["carriers", "facts", "guides", "shops"])
def test_a_link_out_of_the_project_is_refused(bare: Project, tmp_path: Path, folder: str) -> None:
    outside = tmp_path / "outside.toml"
    outside.write_text('id = "link"\n', encoding="utf-8")
    (bare.root / "content" / folder).mkdir(exist_ok=True)
    (bare.root / "content" / folder / "link.toml").symlink_to(outside)
    assert [(p.file, p.rule) for p in refused(bare.root)] == [(f"content/{folder}/link.toml", "content-link")]


def test_a_folder_that_is_a_link_out_of_the_project_is_refused(bare: Project, tmp_path: Path) -> None:
    facts = bare.root / "content" / "facts"
    facts.rename(tmp_path / "outside")
    facts.symlink_to(tmp_path / "outside")
    assert "content-link" in {problem.rule for problem in refused(bare.root)}


def test_a_link_inside_the_project_is_read(bare: Project) -> None:
    facts = bare.root / "content" / "facts" / "demo.toml"
    facts.rename(bare.root / "elsewhere.toml")
    facts.symlink_to(bare.root / "elsewhere.toml")
    assert "demo-fee" in load_content(bare.root).facts


def test_what_is_no_file_is_refused(bare: Project) -> None:
    (bare.root / "content/guides/folder.toml").mkdir()
    os.mkfifo(bare.root / "content/guides/pipe.toml")  # reading it would wait for ever
    (bare.root / "content/guides/lost.toml").symlink_to("nowhere.toml")
    ran = bare.spawn("check", "--format", "json")
    files = [problem["file"] for problem in ran.json["problems"]]
    assert files == [f"content/guides/{name}.toml" for name in ("folder", "lost", "pipe")]


def test_a_logo_that_is_a_link_out_of_the_project_is_refused(bare: Project, tmp_path: Path) -> None:
    (tmp_path / "secret.svg").write_text(LOGO, encoding="utf-8")
    bare.write("content/shops/link.toml", 'id = "link"\nname = "A"\naddress = "B"\nlogo = "link.svg"\n')
    (bare.root / "content/shops/link.svg").symlink_to(tmp_path / "secret.svg")
    assert [(p.file, p.line, p.key, p.rule) for p in refused(bare.root)] == [
        ("content/shops/link.toml", 4, "logo", "shop-logo")
    ]


def test_a_logo_of_one_megabyte_is_refused(bare: Project) -> None:
    bare.write("content/shops/big.toml", 'id = "big"\nname = "A"\naddress = "B"\nlogo = "big.svg"\n')
    bare.write("content/shops/big.svg", LOGO + "<!--" + "x" * 1_000_000 + "-->")
    assert [p.rule for p in refused(bare.root)] == ["shop-logo"]


def test_a_folder_without_content_says_where_to_go(tmp_path: Path) -> None:
    ran = Project(tmp_path).run("check")
    assert ran.code == 1
    assert "there is no content folder here [content-missing]" in ran.stderr
    assert "--project" in ran.stderr


# --- only what fonts can tell ------------------------------------------------------------------------


def test_a_character_without_a_glyph_is_an_error_of_check_with_its_place(project: Project) -> None:
    project.change("content/guides/demo-start.toml", '"Ask first."', '"Ask first 😀."')
    problems = project.run("check", "--as-of", "2026-12-01", "--format", "json").json["problems"]
    said = {(p["file"], p["line"], p["key"], p["what"]) for p in problems if p["rule"] == "FNT-05"}
    assert said == {("content/guides/demo-start.toml", 7, "summary", "the font has no glyph for 😀")}


# --- what loading returns ----------------------------------------------------------------------------


def test_good_content_is_loaded_whole(bare: Project) -> None:
    content = load_content(bare.root)
    assert tuple(content.guides) == GUIDES
    assert list(content.carriers) == ["demo"]
    assert content.facts["demo-fee"].value == 1100
    assert content.guides["demo-cancel"].steps[1].body == "Say {term.cancel.romaji} at the counter."


def test_every_text_of_a_guide_is_offered_with_its_place_and_line(bare: Project) -> None:
    content = load_content(bare.root)
    lines = bare.read("content/guides/demo-cancel.toml").splitlines()

    def look(place: str, text: str) -> str:
        where = content.texts[place]
        assert (where.text, where.file) == (text, "content/guides/demo-cancel.toml")
        assert text in lines[where.line - 1]
        return text

    map_text(content.guides["demo-cancel"], look, "demo-cancel")
    assert content.texts["demo-cancel/steps/leave/title"].key == "steps[1].title"


def test_texts_that_no_handout_prints_are_not_offered(bare: Project) -> None:
    content = load_content(bare.root)
    assert "fact/demo-fee/label" in content.texts
    assert "fact/demo-guess/label" not in content.texts  # used by no guide


def test_lines_are_found_in_nested_tables_long_texts_and_quoted_keys() -> None:
    text = '\na = 1\n"b c" = """\nx = 2\n"""\n[t]\ny = 3\n[[r]]\nz = 4\n'
    text += "[[r.s]]\nq = 5\n[[r]]\nz = 6 # [[r]]\n"
    assert find_lines(text) == {
        ("a",): 2,
        ("b c",): 3,
        ("t",): 6,
        ("t", "y"): 7,
        ("r",): 8,
        ("r", 0): 8,
        ("r", 0, "z"): 9,
        ("r", 0, "s"): 10,
        ("r", 0, "s", 0): 10,
        ("r", 0, "s", 0, "q"): 11,
        ("r", 1): 12,
        ("r", 1, "z"): 13,
    }


def test_the_real_content_is_in_order(real_project: Project) -> None:
    content: Content = load_content(real_project.root)
    assert {"docomo-cancel", "softbank-cancel", "au-cancel", "start-here"} <= set(content.guides)


# --- placeholders ------------------------------------------------------------------------------------

SHOP = "content/shops/own.toml"
START = "content/guides/demo-start.toml"
NOWHERE_TO_FILL = {
    "a fact in a shop": (SHOP, '"Street"', '"{fact.demo-fee}"', "address"),
    "a term in a shop": (SHOP, '"Street"', '"{term.cancel}"', "address"),
    "a fact in a phrase": ("content/phrases.toml", "this number.", "{fact.demo-fee}.", "phrase[0].reader"),
    "a fact in a carrier": ("content/carriers/demo.toml", '"Demo shop"', '"Shop {fact.demo-fee}"', "shop"),
    "a fact in a label": ("content/facts/demo.toml", '"phone"\nst', '"{fact.demo-fee}"\nst', "fact[0].label"),
    "a value in a label": ("content/facts/demo.toml", '"phone"\nst', '"{value}"\nst', "fact[0].label"),
    "a fact in a wording": (
        "content/facts/demo.toml",
        "some months: ask",
        "{fact.demo-last-bill}: ask",
        "fact[3].safe_wording",
    ),
    "a carrier where there is none": (START, 'carrier = "demo"\n', "", "channels[0].name"),
    "a language outside phrases": (START, "Ask first.", "Ask {speech}.", "summary"),
}


@pytest.mark.parametrize("name", NOWHERE_TO_FILL)
def test_a_placeholder_that_nothing_can_fill_is_refused(bare: Project, name: str) -> None:
    file, old, new, key = NOWHERE_TO_FILL[name]
    bare.write("content/shops/own.toml", 'id = "own"\nname = "Own shop"\naddress = "Street"\n')
    bare.change(file, old, new)
    assert [(p.file, p.key, p.rule) for p in refused(bare.root)] == [(file, key, "prose-placeholder")]


def test_lightness_is_that_of_the_visual_specification() -> None:
    expected = {"#B84A00": 46, "#A3001E": 34, "#1C2833": 15, "#FFFFFF": 100}
    assert all(abs(lightness(colour) - light) < 1 for colour, light in expected.items())


def test_two_carriers_that_are_one_grey_on_a_laser_are_refused(project: Project) -> None:
    path = sorted((project.root / "content" / "carriers").glob("*.toml"))[0]
    text = re.sub(r'id = "[^"]+"', 'id = "demo-two"', path.read_text(encoding="utf-8"))
    (path.parent / "demo-two.toml").write_text(text, encoding="utf-8")
    assert "carrier-accent" not in project.run("check").stderr  # a brand of the same company may look alike
    text = re.sub(r'company = "[^"]+"', 'company = "Other Company"', text)
    (path.parent / "demo-two.toml").write_text(text, encoding="utf-8")
    ran = project.run("check")
    assert ran.code == 1
    assert "are one grey in black and white [carrier-accent]" in ran.stderr


def test_every_claim_of_the_source_guide_is_judged_by_facts_that_exist() -> None:
    root = FOLDER.parent.parent
    text = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| src-")]
    assert len(rows) == 19  # the title, 1 general, 4 for each of 3 carriers, 4 notices, the summary
    facts = load_content(root).facts
    assert [name for row in rows for name in re.findall(r"`([a-z0-9-]+)`", row) if name not in facts] == []
    assert {row.split("|")[3].strip() for row in rows} <= {"carried", "corrected", "refused"}


@pytest.mark.parametrize("display", ["www.exam", "example", "elsewhere.jp"])
def test_a_shown_address_that_is_not_the_beginning_of_the_real_one_is_refused(
    project: Project, display: str
) -> None:
    path = next(
        p for p in (project.root / "content/facts").glob("*.toml") if 'kind = "url"' in p.read_text("utf-8")
    )
    text = path.read_text(encoding="utf-8")
    start = text.index('kind = "url"')
    head, tail = text[:start], re.sub(r'\ndisplay = "[^"]*"', "", text[start:], count=1)
    path.write_text(f'{head}display = "{display}"\n{tail}', encoding="utf-8")
    ran = project.run("check")
    assert ran.code == 1
    assert f'"{display}" is not the beginning of its address' in ran.stderr
