"""Which handouts a change touches: told by git, by fact and by place."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from conftest import DAY, HANDOUTS, LOCALES, Project, text_of

START = "content/guides/demo-start.toml"
FACTS = "content/facts/demo.toml"


def git(project: Project, *arguments: str) -> None:
    name = ("-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(project.root), *name, *arguments], check=True, capture_output=True)


@pytest.fixture
def tracked(project: Project) -> Project:
    """The small project, committed, with a tag."""
    if not shutil.which("git"):
        pytest.skip("git is not on this machine")
    git(project, "init", "-q")
    git(project, "add", "content", "locales", "templates", "pyproject.toml")
    git(project, "commit", "-q", "-m", "first")
    git(project, "tag", "printed")
    return project


def affected(project: Project, *arguments: str) -> dict[str, list[tuple[str, str]]]:
    """Return the kinds and names of what changed, by handout."""
    ran = project.run("affected", "--format", "json", *arguments)
    assert ran.code == 0, ran.stderr
    return {
        item["file"]: [(change["kind"], change["name"]) for change in item["changes"]]
        for item in ran.json["handouts"]
    }


def test_nothing_is_affected_by_nothing_and_by_what_no_reader_sees(tracked: Project) -> None:
    assert affected(tracked, "--since", "printed") == {}
    tracked.write(START, "# A comment.\n" + tracked.read(START))
    tracked.change(FACTS, "value = 5\n", "value = 6\n")  # an unverified guess that nothing prints
    assert affected(tracked, "--since", "printed") == {}
    ran = tracked.run("affected", "--since", "printed", "--exit-code")
    assert (ran.code, ran.stdout, ran.stderr) == (0, "", "no handout is affected\n")


def test_a_changed_fact_affects_the_handouts_that_print_it_in_every_language(tracked: Project) -> None:
    tracked.change(FACTS, "value = 1100", "value = 1200")
    wanted = {file for file in HANDOUTS if "demo-cancel" in file}
    found = affected(tracked, "--since", "HEAD")
    assert found == {file: [("fact", "demo-fee")] for file in wanted}
    ran = tracked.run("affected", "--since", "HEAD", "--exit-code")
    assert ran.code == 1
    assert "ja/demo-cancel-a4.pdf page 1\n  fact demo-fee: “1,100円” → “1,200円”" in ran.stdout
    assert ran.stderr == "3 handouts affected\n"


def test_a_changed_translation_affects_one_language_with_its_page(tracked: Project) -> None:
    tracked.change(tracked.catalog("ja"), 'msgstr "訳 Ask first."', 'msgstr "先に聞く。"')
    ran = tracked.run("affected", "--since", "HEAD", "--format", "json")
    (item,) = ran.json["handouts"]
    assert (item["file"], item["locale"], item["pages"]) == ("ja/demo-start-a4.pdf", "ja", [1])
    assert item["changes"] == [
        {
            "kind": "text",
            "name": "demo-start/summary",
            "before": "訳 Ask first.",
            "after": "先に聞く。",
            "pages": [1],
        }
    ]


def test_a_changed_word_of_a_template_affects_every_handout_of_a_language(tracked: Project) -> None:
    tracked.change(tracked.catalog("zh_Hans"), 'msgstr "译 Beware"', 'msgstr "注意"')
    found = affected(tracked, "--since", "HEAD")
    assert found == {file: [("word", "Beware")] for file in HANDOUTS if file.startswith("zh_Hans/")}


def test_changed_looks_affect_all(tracked: Project) -> None:
    tracked.write("templates/css/blocks.css", tracked.read("templates/css/blocks.css") + "\n/* x */\n")
    assert set(affected(tracked, "--since", "HEAD")) == set(HANDOUTS)


def test_new_and_former_handouts_are_told(tracked: Project) -> None:
    (tracked.root / START).unlink()
    tracked.write(
        "content/guides/demo-new.toml",
        tracked.read("content/guides/demo-cancel.toml").replace('"demo-cancel"', '"demo-new"'),
    )
    ran = tracked.run("affected", "--since", "HEAD", "--format", "json")
    new = {item["file"] for item in ran.json["handouts"] if item["is_new"]}
    gone = {item["file"] for item in ran.json["handouts"] if item["is_gone"]}
    assert new == {f"{locale}/demo-new-a4.pdf" for locale in ("en", "ja", "zh_Hans")}
    assert gone == {file for file in HANDOUTS if "demo-start" in file}


def test_the_work_tree_and_the_index_stay_as_they_are(tracked: Project) -> None:
    tracked.change(FACTS, "value = 1100", "value = 1200")
    before = tracked.snapshot(".")
    tracked.run("affected", "--since", "printed")
    assert tracked.snapshot(".") == before


def test_a_project_in_a_folder_of_a_repository_is_compared_too(tracked: Project) -> None:
    inner = Project(tracked.root / "deeper" / "project")
    for folder in ("content", "locales", "templates"):
        shutil.copytree(tracked.root / folder, inner.root / folder)
    git(tracked, "add", "deeper")
    git(tracked, "commit", "-q", "-m", "deeper")
    inner.change(FACTS, "value = 1100", "value = 1200")
    assert len(affected(inner, "--since", "HEAD")) == 3
    ran = inner.run("affected", "--since", "printed")
    assert ran.code == 1
    assert 'has no content/ and templates/ at "printed"' in ran.stderr


@pytest.mark.parametrize("revision", ["nope", "--help", "HEAD:content", "-1", "HEAD~99", "\n"])
def test_a_revision_that_is_none_is_told_with_the_way_out(tracked: Project, revision: str) -> None:
    ran = tracked.run("affected", f"--since={revision}")
    assert (ran.code, ran.stdout) == (1, "")
    assert "there is no such revision" in ran.stderr
    assert "git log --oneline" in ran.stderr


def test_without_a_repository_or_without_git_there_is_another_way(project: Project) -> None:
    ran = project.run("affected", "--since", "HEAD", GIT_CEILING_DIRECTORIES=str(project.root.parent))
    assert ran.code == 1
    assert "in no git repository" in ran.stderr
    assert "--facts ID" in ran.stderr
    ran = project.run("affected", "--since", "HEAD", PATH=str(project.root))
    assert ran.code == 1
    assert "git is not installed" in ran.stderr


def test_an_earlier_state_that_cannot_be_read_is_told(tracked: Project) -> None:
    tracked.change(START, 'summary = "Ask first."', "summary = 1")
    git(tracked, "commit", "-q", "-am", "broken")
    tracked.change(START, "summary = 1", 'summary = "Ask first."')
    ran = tracked.run("affected", "--since", "HEAD")
    assert ran.code == 1
    assert 'revision "HEAD": cannot be read by this version: content/guides/demo-start.toml' in ran.stderr


# --- facts and places ----------------------------------------------------------------------------------


def test_facts_are_found_where_they_are_printed_and_quoted(shared: Project) -> None:
    found = affected(shared, "--facts", "demo-fee")
    quoted = [("fact", "demo-fee"), ("text", "demo-cancel/steps/ask/body")]
    assert found == {file: quoted for file in HANDOUTS if "demo-cancel" in file}
    assert set(affected(shared, "--facts", "demo-fee", "--facts", "demo-phone")) == set(HANDOUTS)
    assert affected(shared, "--facts", "demo-guess") == {}


def test_places_are_found_in_their_language(shared: Project) -> None:
    found = affected(shared, "--messages", "zh-CN:demo-start/title")
    assert found == {"zh_Hans/demo-start-a4.pdf": [("text", "demo-start/title")]}
    both = affected(shared, "--messages", "ja:phrase/stop/reader")
    assert set(both) == {"ja/demo-cancel-a4.pdf", "ja/demo-start-a4.pdf"}
    assert set(affected(shared, "--messages", "ja:Beware")) == {
        "ja/demo-cancel-a4.pdf",
        "ja/demo-start-a4.pdf",
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say what changed"),
        (("--since", "HEAD", "--facts", "demo-fee"), "say what changed"),
        (("--facts", "demo-fees"), 'there is no fact "demo-fees"; did you mean "demo-fee"?'),
        (("--messages", "demo-start/title"), "is not LOCALE:PLACE"),
        (("--messages", "fr:demo-start/title"), "is not LOCALE:PLACE"),
        (("--messages", "ja:demo-start/titel"), 'did you mean "demo-start/title"?'),
    ],
)
def test_a_wrong_question_is_exit_2(shared: Project, arguments: tuple[str, ...], said: str) -> None:
    ran = shared.run("affected", *arguments)
    assert (ran.code, ran.stdout) == (2, "")
    assert said in ran.stderr


# --- from the change to the paper ----------------------------------------------------------------------


def test_one_changed_fact_makes_anew_exactly_what_is_affected_with_the_new_value_in_every_language(
    tracked: Project,
) -> None:
    assert tracked.build("-j", "1").code == 0
    before = tracked.snapshot()
    told = tracked.run(
        "facts", "verify", "demo-fee", "--value", "1200", "--on", DAY, "--by", "Mori", "--as-of", DAY
    )
    assert told.code == 0, told.stderr
    wanted = set(affected(tracked, "--since", "printed"))
    assert wanted == {file for file in HANDOUTS if "demo-cancel" in file}
    assert tracked.build("-j", "1").code == 0
    after = tracked.snapshot()
    changed = {name.removeprefix("output/") for name in after if after[name] != before.get(name)}
    assert changed - {"manifest.json"} == wanted
    for file in wanted:
        said = text_of(tracked.output / file)
        assert "1,200" in said
        assert "1,100" not in said


def test_one_changed_sentence_is_refused_in_every_language_and_marked_in_drafts(project: Project) -> None:
    translations = [locale for locale in LOCALES if locale != "en"]
    project.change(START, "Ask first.", "Ask them first.")
    assert project.run("messages", "update", *(o for one in LOCALES for o in ("-l", one))).code == 0
    before = project.snapshot()
    ran = project.build("demo-start", "-j", "1")
    assert ran.code == 1
    for locale in translations:
        where = rf"{project.catalog(locale)}:\d+: demo-start/summary: .*\[message-fuzzy\]"
        assert re.search(f"error: {where}", ran.stderr)
        # What was printed before stays where it is.
        file = f"output/{locale}/demo-start-a4.pdf"
        assert project.snapshot()[file] == before[file]
    assert "Askthemfirst." in text_of(project.output / "en/demo-start-a4.pdf")
    assert project.build("demo-start", "--draft", "-j", "1").code == 0
    for locale in translations:
        said = text_of(project.output / f"{locale}/demo-start-a4-draft.pdf")
        assert "〖Askthemfirst.〗" in said
