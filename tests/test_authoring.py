"""The commands for editors: schemas, beginnings of new files, and where texts are printed."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from conftest import DAY, ROOT, Project

from generator.schema import FILES, KINDS, make_schema
from generator.skeleton import find_blanks

GUIDE = "content/guides/demo-two.toml"


def as_json(path: Path) -> Any:  # noqa: ANN401 - TOML has any shape
    """Return a TOML file as JSON has it: its days are texts."""
    return json.loads(json.dumps(tomllib.loads(path.read_text(encoding="utf-8-sig")), default=str))


def fill_blanks(text: str) -> str:
    """Put a text into every blank, as a person does who has nothing to say."""
    blanks = {blank.line: blank.what for blank in find_blanks(text)}
    own = {"page": "demo-page", "number": "demo-phone", "staff_title": "テストの案内", "answer": "No"}
    lines = []
    for number, line in enumerate(text.splitlines(), start=1):
        key = line.partition(" ")[0]
        lines.append(f'{key} = "{own.get(key, f"Words {number}")}"' if number in blanks else line)
    return "\n".join(lines) + "\n"


# --- schema ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_content_file_of_the_project_is_as_its_schema_says(kind: str) -> None:
    schema = make_schema(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    files = sorted(ROOT.glob(FILES[kind]))
    assert files or kind == "language"
    for path in files:
        assert [error.message for error in validator.iter_errors(as_json(path))] == [], path


@pytest.mark.parametrize("name", ["unknown-keys", "missing-keys", "wrong-types", "empty-texts"])
def test_a_file_of_another_shape_is_not_as_its_schema_says(name: str) -> None:
    validator = jsonschema.Draft202012Validator(make_schema("guide"))
    assert list(validator.iter_errors(as_json(ROOT / f"tests/bad_content/guides/{name}.toml")))


def test_a_schema_says_what_a_key_is_for_and_how_long_its_text_may_be() -> None:
    step = make_schema("guide")["$defs"]["Step"]["properties"]
    assert "about 9 em or 20 letters" in step["title"]["description"]
    assert "rests on" in step["facts"]["description"]
    fact = make_schema("facts")["$defs"]["Fact"]["properties"]
    assert "`changes_on` is a day" in fact["changes_on"]["description"]


def test_schemas_are_listed_printed_and_written(project: Project) -> None:
    assert [line.split()[0] for line in project.run("schema").lines] == list(KINDS)
    assert project.run("schema", "shop").json == make_schema("shop")
    ran = project.run("schema", "-o")
    assert (ran.code, len(ran.lines)) == (0, len(KINDS))
    for kind in KINDS:
        assert json.loads(project.read(f".schema/{kind}.schema.json")) == make_schema(kind)
    assert project.run("schema", "gide").code == 2


# --- new ---------------------------------------------------------------------------------------------


def test_a_new_guide_is_refused_until_its_blanks_are_filled_and_printed_then(project: Project) -> None:
    ran = project.run("new", "guide", "demo-two", "--carrier", "demo", "--like", "demo-cancel")
    assert (ran.code, ran.lines[0]) == (0, GUIDE)
    told = re.findall(rf"^{GUIDE}:(\d+): (\w+): .+$", ran.stdout, re.M)
    blanks = find_blanks(project.read(GUIDE))
    assert [(int(line), key) for line, key in told] == [(blank.line, blank.key) for blank in blanks]
    assert project.read(GUIDE).startswith("#:schema ../../.schema/guide.schema.json\n")
    refused = project.run("check")
    assert refused.code == 1
    assert f"error: {GUIDE}:{told[0][0]}: title: must not be empty" in refused.stderr
    project.write(GUIDE, fill_blanks(project.read(GUIDE)))
    project.translate()
    assert project.run("check").code == 0
    built = project.build("demo-two", "-l", "en", "--draft", "-j", "1", "-o", "new")
    assert (built.code, [path.name for path in project.root.glob("new/en/*.pdf")]) == (
        0,
        ["demo-two-a4-draft.pdf"],
    ), built.stderr


def test_a_new_shop_is_printed_once_its_blanks_are_filled(project: Project) -> None:
    ran = project.run("new", "shop", "corner")
    file = "content/shops/corner.toml"
    assert (ran.code, [line.rsplit(":", 2)[1].strip() for line in ran.lines[1:]]) == (0, ["name", "address"])
    assert project.run("check").code == 1
    project.write(file, fill_blanks(project.read(file)))
    project.translate()
    built = project.build("demo-start", "-l", "en", "-j", "1", "-o", "new")
    assert built.code == 0, built.stderr
    assert json.loads(project.read("new/manifest.json"))["handouts"][0]["shop"] == "corner"


def test_a_new_fact_stands_at_the_end_of_its_file_and_is_never_printed_before_it_is_checked(
    project: Project,
) -> None:
    file = next(iter(sorted((project.root / "content/facts").glob("*.toml")))).stem
    before = project.read(f"content/facts/{file}.toml")
    ran = project.run("new", "fact", "demo-new", "--file", file, "--kind", "phone", "--on", DAY)
    after = project.read(f"content/facts/{file}.toml")
    assert (ran.code, after.startswith(before.rstrip("\n"))) == (0, True)
    assert project.run("check").stderr.count("must not be empty") == 5  # owner, title, url, label, scope
    project.write(f"content/facts/{file}.toml", after.replace('value = ""', 'value = "0120-000-000"'))
    text = fill_blanks(project.read(f"content/facts/{file}.toml"))
    project.write(f"content/facts/{file}.toml", text.replace('url = "Words', 'url = "https://example.org/'))
    shown = project.run("facts", "show", "demo-new")
    assert (shown.code, "unverified: prints nothing" in shown.stdout) == (0, True), shown.stderr


def test_what_is_there_or_cannot_be_is_never_begun(project: Project) -> None:
    before = project.snapshot("content")
    assert "is there already" in project.run("new", "guide", "demo-cancel").stderr
    assert project.run("new", "guide", "Demo Two").code == 2
    assert 'did you mean "demo"?' in project.run("new", "guide", "x", "--carrier", "dem").stderr
    assert project.run("new", "shop", "../x").code == 2
    assert "is there already" in project.run("new", "fact", "demo-page").stderr
    assert project.run("new", "locale", "klingonese").code == 2
    assert project.snapshot("content") == before


def test_a_language_is_added_by_files_alone(project: Project) -> None:
    ran = project.run("new", "locale", "id")
    file = "locales/id/language.toml"
    assert (ran.code, ran.lines[0]) == (0, file)
    assert 'ja_edition = "インドネシア語版"' in project.read(file)
    assert project.run("new", "locale", "id").lines == ["locales/id/LC_MESSAGES/messages.po"]
    catalog = project.catalog("id")
    english = dict(re.findall(r'^msgid "(.+)"\nmsgstr "(.*)"$', project.read(catalog), re.M))
    # English passes every check of a language with Latin letters: what is proved is that it prints.
    text = re.sub(
        r'^msgid "(.+)"\nmsgstr ""$', lambda found: f'msgid "{found[1]}"\nmsgstr "{found[1]}"',
        project.read(catalog), flags=re.M,
    )  # fmt: skip
    assert english
    project.write(catalog, text)
    built = project.build("-l", "id", "-j", "1", "-o", "new")
    assert built.code == 0, built.stderr
    about = json.loads(project.read("new/manifest.json"))["handouts"]
    assert {handout["file"] for handout in about} == {"id/demo-cancel-a4.pdf", "id/demo-start-a4.pdf"}
    listed = project.run("list", "locales").stdout
    assert "Indonesia" in listed


def test_a_record_of_a_language_that_is_wrong_is_told_with_its_line(project: Project) -> None:
    project.write("locales/id/language.toml", 'tag = "i d"\nendonym = ""\nja_edition = "x"\nja_speech = 3\n')
    ran = project.run("check")
    assert ran.code == 1
    assert "error: locales/id/language.toml:4: ja_speech: must be a text in quotes" in ran.stderr
    record = 'tag = "i d"\nendonym = ""\nja_edition = "x"\nja_speech = "y"\nhan = ""\nmoney = "yen"\n'
    project.write("locales/id/language.toml", f"{record}sentence_limit = 25\n")
    stderr = project.run("list", "locales").stderr
    assert ":1: tag: " in stderr
    assert ":2: endonym: must not be empty" in stderr
    assert ":6: money: " in stderr
    shutil.rmtree(project.root / "locales/id")
    project.write("locales/xq/language.toml", record.replace("i d", "xq").replace('""', '"X"', 1) + "x = 1\n")
    assert "x: is not a key that is known here" in project.run("check").stderr


# --- explain -----------------------------------------------------------------------------------------


def test_explain_says_where_a_text_is_printed_and_how_long_it_may_be(project: Project) -> None:
    project.build("-j", "1")
    ran = project.run("explain", "content/guides/demo-cancel.toml", "--format", "json")
    rows = {row["place"]: row for row in ran.json["texts"]}
    title = rows["demo-cancel/title"]
    assert (title["room"], title["unit"], title["length"]) == (26, "letters", len(title["text"]))
    assert title["printed"]["en/demo-cancel-a4.pdf"] == [1, 2]  # in the band, and in the running heads
    line = title["line"]
    one = project.run("explain", f"content/guides/demo-cancel.toml:{line}").stdout
    assert one.startswith(f"content/guides/demo-cancel.toml:{line}: demo-cancel/title\n")
    assert one.count("demo-cancel/") == 1
    ran = project.run("explain", project.catalog("ja"), "--format", "json")
    assert any(row["place"] == "demo-cancel/title" and row["unit"] == "em" for row in ran.json["texts"])


def test_explain_refuses_what_has_no_texts(project: Project) -> None:
    for file in ("content/guides/nothing.toml", "templates/sheet.html", "/etc/passwd"):
        assert project.run("explain", file).code == 2


# --- facts show ---------------------------------------------------------------------------------------


def test_a_fact_is_shown_with_the_pages_that_print_it(project: Project) -> None:
    fact = next(iter(re.findall(r"\{fact\.([a-z0-9-]+)\}", project.read("content/guides/demo-cancel.toml"))))
    shutil.rmtree(project.output)
    ran = project.run("facts", "show", fact)
    assert "pages are not known, since nothing is built" in ran.stderr
    project.build("-j", "1")
    shown = project.run("facts", "show", fact, "--format", "json").json["fact"]
    assert shown["pages"]["en/demo-cancel-a4.pdf"]
    assert ", page " in project.run("facts", "show", fact).stdout


# --- hooks ---------------------------------------------------------------------------------------------


def test_the_hooks_run_commands_that_there_are(project: Project) -> None:
    text = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    entries = re.findall(r"^  entry: carrier-guides (.+)$", text, re.M)
    assert entries == ["check", "messages check"]
    assert text.count("language: python") == text.count("pass_filenames: false") == len(entries)
    pattern = re.findall(r"^  files: (.+)$", text, re.M)
    assert all(re.search(each, "content/guides/au-cancel.toml") for each in pattern)
    for entry in entries:
        assert project.run(*entry.split()).code == 0
