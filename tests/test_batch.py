"""Many handouts: what is built again and what is not, what a refusal leaves, the same bytes everywhere."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import HANDOUTS, LOGO, SAMPLE_SHOP, Project, Ran, pages_of, text_of

START = "content/guides/demo-start.toml"
CANCEL = "content/guides/demo-cancel.toml"
FACTS = "content/facts/demo.toml"
REAL_SHOP = 'id = "{0}"\nname = "Shop {0}"\naddress = "1-2-3 Street"\n'


def built(ran: Ran) -> set[str]:
    """Return the handouts that a build says it made."""
    return {line.split()[1].rstrip(",") for line in ran.stderr.splitlines() if line.startswith("built ")}


def would_build(project: Project) -> set[str]:
    """Return the handouts that a dry run would build."""
    ran = project.run("build", "--as-of", "2026-12-01", "--dry-run", "--format", "json")
    assert ran.code == 0, ran.stdout
    return {item["file"] for item in ran.json["handouts"] if item["would"] == "build"}


def of(guide: str) -> set[str]:
    return {file for file in HANDOUTS if guide in file}


# --- what changed, and what is built again -----------------------------------------------------------


def test_an_unchanged_project_is_not_built_again(project: Project) -> None:
    before = project.snapshot()
    stamps = {file: (project.root / file).stat().st_mtime_ns for file in before}
    ran = project.build()
    assert (ran.code, built(ran)) == (0, set())
    assert "6 handouts: 0 built, 6 unchanged" in ran.stderr
    assert project.snapshot() == before
    assert {file: (project.root / file).stat().st_mtime_ns for file in before} == stamps


JA = "locales/ja/LC_MESSAGES/messages.po"
CHANGES: dict[str, tuple[str, str, str, set[str]]] = {
    "a text": (START, 'staff_title = "はじめに"', 'staff_title = "はじめ"', of("demo-start")),
    "a fact of one guide": (FACTS, "value = 1100", "value = 1200", of("demo-cancel")),
    "a fact of both guides": (FACTS, '"0120-444-113"', '"0120-444-114"', set(HANDOUTS)),
    "a fact of no guide": (FACTS, "value = 5", "value = 6", set()),
    "a note for editors": (FACTS, 'scope = "nobody"\nvalue = 5', 'scope = "no one"\nvalue = 5', set()),
    "a phrase": ("content/phrases.toml", "この番号を", "この電話番号を", set(HANDOUTS)),
    "a term that one guide says": ("content/terms.toml", '"kaiyaku"', '"kai-yaku"', of("demo-cancel")),
    "a carrier's colour": ("content/carriers/demo.toml", "#304060", "#304070", set(HANDOUTS)),
    "one translation": (JA, "訳 Ask first.", "訳 Ask.", {"ja/demo-start-a4.pdf"}),
    "a translated word of the templates": (
        JA,
        '"訳 Beware"',
        '"訳 Care"',
        {file for file in HANDOUTS if file.startswith("ja/")},
    ),
    "a comment in a catalog": (JA, "# Trans", "# All trans", set()),
    "a style sheet": ("templates/css/a4.css", "@page", "@page  ", set(HANDOUTS)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_only_what_uses_a_change_is_built_again(project: Project, name: str) -> None:
    file, old, new, expected = CHANGES[name]
    text = project.read(file)
    assert old in text
    project.write(file, text.replace(old, new, 1))
    assert would_build(project) == expected


def test_a_comment_in_content_builds_nothing_again(project: Project) -> None:
    project.write(START, "# A remark.\n" + project.read(START))
    assert would_build(project) == set()


def test_a_changed_fact_is_on_the_new_paper_and_the_other_files_keep_their_bytes(project: Project) -> None:
    before = project.snapshot()
    project.change(FACTS, "value = 1100", "value = 98765")
    ran = project.build("-l", "en", "-l", "ja")
    assert ran.code == 0, ran.stderr
    assert built(ran) == {"en/demo-cancel-a4.pdf", "ja/demo-cancel-a4.pdf"}
    changed = {file for file, hash_ in project.snapshot().items() if before[file] != hash_}
    assert changed == {"output/en/demo-cancel-a4.pdf", "output/ja/demo-cancel-a4.pdf", "output/manifest.json"}
    for locale in ("en", "ja"):
        text = text_of(project.output / locale / "demo-cancel-a4.pdf")
        assert "98,765" in text and "1,100" not in text


def test_another_day_builds_nothing_again_until_a_review_is_due_and_then_only_warns(project: Project) -> None:
    ran = project.spawn("build", "--as-of", "2027-05-22")
    assert (ran.code, built(ran)) == (0, set())
    assert "[fact-due]" in ran.stderr
    assert "[fact-due]" not in project.build().stderr


# --- damage -----------------------------------------------------------------------------------------


def test_a_damaged_or_lost_handout_is_built_again_to_the_same_bytes(project: Project) -> None:
    before = project.snapshot()
    damaged = project.output / "en" / "demo-start-a4.pdf"
    damaged.write_bytes(damaged.read_bytes()[:-100])
    (project.output / "ja" / "demo-start-a4.pdf").unlink()
    ran = project.build()
    assert built(ran) == {"en/demo-start-a4.pdf", "ja/demo-start-a4.pdf"}
    assert project.snapshot() == before


def test_a_damaged_manifest_is_made_anew_with_everything_in_it(project: Project) -> None:
    before = project.snapshot()
    project.write("output/manifest.json", '{"schema": 2, "handouts": [{"file"')
    ran = project.build("-j", "2")
    assert (ran.code, built(ran)) == (0, set(HANDOUTS))
    assert project.snapshot() == before


def test_a_damaged_font_is_made_anew_and_the_bytes_stay_the_same(project: Project) -> None:
    before = project.snapshot()
    fonts = sorted((project.root / ".cache").rglob("*.ttf"))
    good = [path.read_bytes() for path in fonts]
    fonts[0].write_bytes(good[0][:5000] + b"\0" * 100 + good[0][5100:])
    fonts[1].write_bytes(b"")
    ran = project.build("demo-start", "-l", "ja", "--force")
    assert (ran.code, built(ran)) == (0, {"ja/demo-start-a4.pdf"})
    assert [path.read_bytes() for path in fonts] == good
    assert project.snapshot() == before


# --- refusals ---------------------------------------------------------------------------------------


def test_a_refused_handout_leaves_the_earlier_file_and_the_others_are_built(project: Project) -> None:
    before = project.snapshot()
    project.change(START, "Ask first.", "Ask them first.")  # untranslated in ja and zh_Hans
    project.change(FACTS, "value = 1100", "value = 1200")
    project.run("messages", "update")
    ran = project.build("-j", "2")
    assert ran.code == 1
    assert built(ran) == {"en/demo-start-a4.pdf", *of("demo-cancel")}
    refused = {"ja/demo-start-a4.pdf", "zh_Hans/demo-start-a4.pdf"}
    assert {line.split()[1] for line in ran.stderr.splitlines() if line.startswith("refused ")} == refused
    after = project.snapshot()
    assert {file for file in refused if after[f"output/{file}"] == before[f"output/{file}"]} == refused
    records = project.manifest()
    assert set(records) == set(HANDOUTS)
    for file, record in records.items():  # the manifest is true of old and new files
        assert hashlib.sha256((project.output / file).read_bytes()).hexdigest() == record["sha256"]


def test_what_the_engine_complains_about_is_refused_and_the_rest_is_built(project: Project) -> None:
    before = project.snapshot()
    third = '{% if guide.id == "demo-start" %}<p class="page-3">x</p>{% endif %}'
    project.change("templates/document.html", "</main>", f"{third}</main>")
    style = project.root / "templates/css/blocks.css"
    style.write_text(style.read_text(encoding="utf-8") + ".page-3 { break-before: page }\n", encoding="utf-8")
    ran = project.build("-l", "en")
    assert (ran.code, built(ran)) == (1, {"en/demo-cancel-a4.pdf"})
    assert "demo-start (en, a4): has 3 pages, 2 wanted [GEO-07]" in ran.stderr
    assert project.snapshot()["output/en/demo-start-a4.pdf"] == before["output/en/demo-start-a4.pdf"]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (".page { colour: red }", "ENG-01"),
        ("h1 { background: url(file:///etc/passwd) }", "ENG-01"),
        ("h1 { background: url(https://example.org/x.png) }", "ENG-01"),
        ("h1 { background: url(../../../outside.svg) }", "ENG-01"),  # a good picture
        ("h1 { background: url(nowhere.svg) }", "ENG-01"),
    ],
)
def test_a_style_sheet_that_reaches_out_or_is_ignored_refuses_the_handout(
    project: Project, line: str, rule: str
) -> None:
    before = project.snapshot()
    (project.root.parent / "outside.svg").write_text(LOGO, encoding="utf-8")
    style = project.root / "templates/css/blocks.css"
    style.write_text(style.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    ran = project.build("demo-start", "-l", "en", "-j", "1")
    assert ran.code == 1
    assert f"[{rule}]" in ran.stderr
    assert project.snapshot() == before


def test_a_template_that_names_what_does_not_exist_is_told_with_its_line(project: Project) -> None:
    text = project.read("templates/blocks/summary.html")
    project.write("templates/blocks/summary.html", f"{text}{{{{ guide.nothing }}}}\n")
    ran = project.build("demo-start", "-l", "en")
    assert ran.code == 1
    assert f"error: templates/blocks/summary.html:{text.count(chr(10)) + 1}: " in ran.stderr
    assert "[template]" in ran.stderr


def test_a_folder_that_cannot_be_written_gives_a_clear_error(project: Project) -> None:
    project.write("taken", "a file in place of the folder")
    ran = project.build("demo-start", "-l", "en", "-o", "taken")
    assert ran.code == 1
    assert "[file]" in ran.stderr
    assert "hint: check that the folder can be written" in ran.stderr
    assert project.read("taken") == "a file in place of the folder"


def test_a_locale_folder_that_cannot_be_written_keeps_no_other_handout_back(project: Project) -> None:
    project.write("new/en", "a file in place of the folder")
    ran = project.build("demo-start", "-o", "new", "-j", "1")
    assert ran.code == 1
    assert "[file]" in ran.stderr
    manifest = project.root / "new" / "manifest.json"
    folder = project.root / "new"
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.pdf")}
    assert there == {"ja/demo-start-a4.pdf", "zh_Hans/demo-start-a4.pdf"}
    assert there == {item["file"] for item in json.loads(manifest.read_text(encoding="utf-8"))["handouts"]}


def test_a_cache_that_cannot_be_written_gives_a_clear_error(project: Project) -> None:
    project.write("taken", "a file")
    before = project.snapshot()
    ran = project.build("demo-start", "-l", "en", "--force", "--cache", str(project.root / "taken" / "below"))
    assert (ran.code, project.snapshot()) == (1, before)
    assert "[file]" in ran.stderr


# --- the same bytes everywhere ----------------------------------------------------------------------


def test_two_checkouts_give_the_same_bytes_whatever_the_machine(
    new_copy: Callable[[str], Project], project: Project
) -> None:
    other = new_copy("another folder, 別の")
    for path in (project.output, other.output, other.root / ".cache"):
        shutil.rmtree(path)
    here = {"TZ": "Asia/Tokyo", "LANG": "C", "LC_ALL": "C", "PYTHONHASHSEED": "1", "HOME": "/nonexistent"}
    there = {"TZ": "America/New_York", "LANG": "ja_JP.UTF-8", "LC_ALL": "ja_JP.UTF-8", "PYTHONHASHSEED": "2"}
    first, second = project.build("-j", "1", **here), other.build("-j", "2", **there)
    assert (first.code, second.code) == (0, 0), first.stderr + second.stderr
    assert project.snapshot() == other.snapshot()
    assert set(project.snapshot()) == {"output/manifest.json", *(f"output/{file}" for file in HANDOUTS)}


def test_a_handout_has_the_same_bytes_built_alone_or_with_all_others(project: Project) -> None:
    ran = project.build("demo-start", "-l", "zh", "-o", "alone", "-j", "1")
    assert ran.code == 0, ran.stderr
    alone = project.root / "alone" / "zh_Hans" / "demo-start-a4.pdf"
    assert alone.read_bytes() == (project.output / "zh_Hans" / "demo-start-a4.pdf").read_bytes()


# --- shops ------------------------------------------------------------------------------------------


def add_shop(project: Project, file: str, text: str) -> None:
    project.write(f"content/shops/{file}", text)
    project.translate()


def test_a_sample_shop_is_refused_in_a_release_and_printed_whole_in_a_draft(project: Project) -> None:
    project.write("content/shops/sample.svg", LOGO)
    add_shop(project, "sample.toml", SAMPLE_SHOP)
    before = project.snapshot()
    ran = project.run("build", "-s", "sample")
    assert (ran.code, project.snapshot()) == (1, before)
    assert "content/shops/sample.toml" in ran.stderr and "[shop-sample]" in ran.stderr
    assert project.run("build", "--dry-run", "--as-of", "2026-12-01").code == 0  # without it: a blank panel
    ran = project.build("demo-start", "-l", "en", "-s", "sample", "--draft", "-o", "draft")
    assert ran.code == 0, ran.stderr
    (pdf,) = (project.root / "draft").rglob("*.pdf")
    (record,) = json.loads(project.read("draft/manifest.json"))["handouts"]
    assert (record["shop"], record["addresses"]) == (
        "sample",
        ["https://www.demo.co.jp/leave", "https://example.org/desk"],
    )
    panel = pages_of(pdf)[1]
    for text in ("SampleHelpDesk", "1-2-3Mihon", "Mon-Fri10:00-18:00", "00-0000-0000", "Askingisfree."):
        assert text in panel


def test_the_codes_on_paper_say_what_the_manifest_says(project: Project) -> None:
    import pypdfium2
    import zxingcpp

    (record,) = [r for file, r in project.manifest().items() if file == "zh_Hans/demo-cancel-a4.pdf"]
    document = pypdfium2.PdfDocument(project.output / record["file"])
    decoded = []
    for page in document:
        image = page.render(scale=150 / 72).to_pil()  # 72 points to the inch
        decoded += [code.text for code in zxingcpp.read_barcodes(image)]
    document.close()
    assert sorted(decoded) == sorted(record["addresses"])


def test_every_real_shop_gets_its_own_file_and_prune_removes_the_blank_one(project: Project) -> None:
    for name in ("north", "south"):
        project.write(f"content/shops/{name}.toml", REAL_SHOP.format(name))
    project.translate()
    ran = project.build("demo-start", "-l", "en", "--prune")
    assert ran.code == 0, ran.stderr
    there = {path.name for path in (project.output / "en").iterdir()}
    assert there == {"demo-start-a4-north.pdf", "demo-start-a4-south.pdf"}


def test_a_shop_has_the_same_file_built_alone_or_with_all_others(project: Project) -> None:
    for name in ("north", "south"):
        project.write(f"content/shops/{name}.toml", REAL_SHOP.format(name))
    project.translate()
    files = {}
    for asked in ((), ("-s", "north"), ("-s", "south")):
        ran = project.run("build", "demo-start", "-l", "en", "--dry-run", "--format", "json", *asked)
        files[asked] = [item["file"] for item in ran.json["handouts"]]
    assert files[()] == ["en/demo-start-a4-north.pdf", "en/demo-start-a4-south.pdf"]
    assert files["-s", "north"] + files["-s", "south"] == files[()]


def test_a_draft_does_not_overwrite_the_released_handout(project: Project) -> None:
    before = project.snapshot()
    project.change(project.catalog("ja"), 'msgstr "訳 Ask first."', 'msgstr ""')
    ran = project.build("demo-start", "-l", "ja", "--draft")
    assert ran.code == 0, ran.stderr
    after = project.snapshot()
    assert {file: after.get(file) for file in before if file.endswith(".pdf")} == {
        file: hash_ for file, hash_ in before.items() if file.endswith(".pdf")
    }


# --- the real project -------------------------------------------------------------------------------


def test_every_real_handout_builds(real_project: Project, tmp_path: Path) -> None:
    ran = real_project.spawn("build", "--format", "json", "-j", "2", "-o", str(tmp_path))
    problems = [f"{p['where']}: {p['what']}" for p in ran.json["problems"] if p["severity"] == "error"]
    assert (ran.code, problems) == (0, [])
    assert len(ran.json["handouts"]) == 77  # 11 guides x 7 locales x 1 paper
    pages = {Path(item["file"]).parent.name: item["pages"] for item in ran.json["handouts"]}
    assert pages == {locale: 4 if locale == "ja_Hira" else 2 for locale in pages}
    # Two weights of 650 to 700 characters: 90 of 118 KB of a Chinese handout are outlines of glyphs.
    limits = {
        "en": 65_000,
        "ja": 95_000,
        "ja_Hira": 100_000,
        "ko": 100_000,
        "vi": 75_000,
        "zh_Hans": 120_000,
        "zh_Hant": 128_000,
    }
    for item in ran.json["handouts"]:
        assert item["size"] <= limits[Path(item["file"]).parent.name], item["file"]
    assert len(list(tmp_path.rglob("*.pdf"))) == 77


@pytest.mark.parametrize(
    "rule",
    [
        ".costs { height: 10mm; overflow: hidden }",
        ".costs { opacity: 0 }",
        '.hotline .number::after { content: "9" }',
        ".hotline .number { text-decoration: line-through }",
        ".costs { transform: rotate(180deg) }",
    ],
)
def test_a_style_sheet_that_hides_moves_or_adds_text_is_refused(project: Project, rule: str) -> None:
    sheet = "templates/css/blocks.css"
    project.write(sheet, f"{project.read(sheet)}\n{rule}\n")
    ran = project.build("demo-start", "-l", "en", "-o", "new")
    assert ran.code == 1
    assert "which can hide, move or add text [ENG-01]" in ran.stderr
    assert not list((project.root / "new").rglob("*.pdf"))


def test_handouts_that_no_build_corrects_any_more_are_told(project: Project) -> None:
    project.build("demo-start", "-l", "en", "-o", "new")
    manifest = project.root / "new" / "manifest.json"
    records = json.loads(manifest.read_text(encoding="utf-8"))
    old = {**records["handouts"][0], "file": "en/demo-gone-a4.pdf", "guide": "demo-gone"}
    shutil.copy(project.root / "new" / "en/demo-start-a4.pdf", project.root / "new" / "en/demo-gone-a4.pdf")
    manifest.write_text(json.dumps({**records, "handouts": [*records["handouts"], old]}), encoding="utf-8")
    ran = project.build("demo-start", "-l", "en", "-o", "new")
    assert ran.code == 0
    assert "holds what the project no longer makes: en/demo-gone-a4.pdf" in ran.stderr
    assert "remove them with --prune" in ran.stderr
