"""The commands for translators, what the catalogs tell them, and what other programs make of the files."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import LOCALES, ROOT, Project, pages_of

from generator.catalog import (
    Catalog,
    Entry,
    Message,
    check_catalog,
    check_message,
    find_languages,
    list_messages,
    load_catalog,
    make_lexicon,
    measure_progress,
    update_catalog,
)
from generator.checks.scripts import foreign_letters
from generator.content import load_content
from generator.language import LANGUAGES, PSEUDO, Language
from generator.place import PLACES, find_place, measure
from generator.problem import ProjectError
from generator.prose import find_faults, placeholders
from generator.pseudo import lengthen

EN, JA, ZH = LANGUAGES[:3]
START = "content/guides/demo-start.toml"
FACTS = "content/facts/demo.toml"


def block(project: Project, locale: str, place: str) -> list[str]:
    (found,) = [b for b in project.read(project.catalog(locale)).split("\n\n") if f'msgctxt "{place}"' in b]
    return found.splitlines()


def say(project: Project, locale: str, place: str, text: str) -> None:
    """Write another translation at a place."""
    file = project.catalog(locale)
    old = "\n".join(block(project, locale, place))
    project.change(file, old, old[: old.index("\nmsgstr ")] + f'\nmsgstr "{text}"')


def judged(source: str, text: str, language: Language = ZH, place: str = "place") -> list[tuple[str, str]]:
    catalog = Catalog(language, "messages.po", {(place, source): Entry(text, 1, is_fuzzy=False)})
    return [(p.rule, p.severity) for p in check_message(catalog, Message(place, source, "x.toml", 1))]


def others(program: str) -> str:
    found = shutil.which(program)
    if not found:
        pytest.skip(f"{program} is not on this machine")
    return found


# --- extract -----------------------------------------------------------------------------------------


def test_the_template_has_every_text_without_a_translation(shared: Project) -> None:
    ran = shared.run("messages", "extract")
    assert (ran.code, ran.stderr) == (0, "")
    offered = list_messages(load_content(shared.root), shared.root / "templates")
    assert ran.stdout.count("\nmsgid ") == len(offered) + 1  # and the header
    assert ran.stdout.count('\nmsgstr ""') == len(offered) + 1
    assert '"Language: \\n"' in ran.stdout
    assert not re.search(r"-Date|^#: .*:\d", ran.stdout, re.M)
    assert shared.run("messages", "extract").stdout == ran.stdout


def test_the_template_can_be_a_file(project: Project) -> None:
    ran = project.run("messages", "extract", "-o", "texts.pot")
    assert (ran.code, ran.lines) == (0, ["texts.pot"])
    assert project.read("texts.pot") == project.run("messages", "extract", "-o", "-").stdout


def test_a_template_into_a_folder_that_is_none_is_a_problem_and_no_traceback(project: Project) -> None:
    project.write("file", "")
    ran = project.run("messages", "extract", "-o", "file/texts.pot")
    assert ran.code == 1
    assert ran.stderr.startswith("error: ")


# --- init --------------------------------------------------------------------------------------------


def test_a_new_catalog_has_a_whole_header_and_nothing_translated(project: Project) -> None:
    (project.root / project.catalog("ja")).unlink()
    ran = project.run("messages", "init", "ja-JP")
    assert (ran.code, ran.lines) == (0, [project.catalog("ja")])
    assert project.read(project.catalog("ja")).startswith(
        "# Translations of the carrier guides: 日本語\n"
        'msgid ""\nmsgstr ""\n'
        '"Project-Id-Version: carrier-guides\\n"\n'
        '"Last-Translator: \\n"\n'
        '"Language-Team: \\n"\n'
        '"Language: ja\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        '"Plural-Forms: nplurals=1; plural=0;\\n"\n'
        '"X-Reviewed-By: \\n"\n'
    )
    assert not any(entry.text for entry in load_catalog(project.root, JA).entries.values())
    assert project.run("messages", "update").stdout == ""


def test_a_catalog_that_is_there_is_not_begun_again(project: Project) -> None:
    before = project.snapshot("locales")
    ran = project.run("messages", "init", "ja")
    assert (ran.code, project.snapshot("locales")) == (1, before)
    assert "messages update -l ja" in ran.stderr


@pytest.mark.parametrize("locale", ["th", "pt_BR", "pseudo", "../../x", ""])
def test_a_language_without_a_record_says_where_to_put_one(project: Project, locale: str) -> None:
    before = project.snapshot("locales")
    ran = project.run("messages", "init", locale)
    assert (ran.code, ran.stdout, project.snapshot("locales")) == (1, "", before)
    assert ran.stderr.startswith(f'error: locales: there is no language "{locale}"')
    assert f"carrier-guides new locale {locale}" in ran.stderr


# --- stats -------------------------------------------------------------------------------------------


def test_stats_say_how_far_each_language_is(project: Project) -> None:
    file = project.catalog("ja")
    say(project, "ja", "demo-start/summary", "")
    old = "\n".join(block(project, "ja", "demo-start/title"))
    project.change(file, old, old.replace("\nmsgctxt", "\n#, fuzzy\nmsgctxt"))
    project.change(
        project.catalog("zh_Hans"), '"X-Reviewed-By: \\n"', '"X-Reviewed-By: Li Hua, 2026-12-01\\n"'
    )
    ran = project.run("messages", "stats", "--format", "json")
    assert ran.code == 0
    rows = {row["locale"]: row for row in ran.json["locales"]}
    count = len(list_messages(load_content(project.root), project.root / "templates"))
    said = {name: rows["ja"][name] for name in ("messages", "translated", "fuzzy", "missing", "reviewed_by")}
    assert said == {
        "messages": count, "translated": count - 2, "fuzzy": 1, "missing": 1, "reviewed_by": "",
    }  # fmt: skip
    assert rows["ja"]["words"] - rows["ja"]["words_translated"] == 5  # "Ask first." and "Before you start"
    assert rows["zh_Hans"]["reviewed_by"] == "Li Hua, 2026-12-01"
    assert (rows["zh_Hans"]["percent"], rows["ja"]["percent"]) == (100, (count - 2) * 1000 // count / 10)
    table = project.run("messages", "stats", "-l", "zh").lines
    assert table[0].split() == [
        "locale",
        "texts",
        "translated",
        "fuzzy",
        "missing",
        "words",
        "reviewed",
        "by",
    ]
    assert table[1].endswith("Li Hua, 2026-12-01")
    assert len(table) == 2


def test_a_review_survives_updates(project: Project) -> None:
    project.change(project.catalog("ja"), '"X-Reviewed-By: \\n"', '"X-Reviewed-By: Sato\\n"')
    before = project.read(project.catalog("ja"))
    project.run("messages", "update")
    assert project.read(project.catalog("ja")) == before
    assert load_catalog(project.root, JA).reviewed_by == "Sato"


def test_ci_can_ask_for_a_part_that_is_translated(project: Project) -> None:
    assert project.run("messages", "stats", "--fail-under", "100").code == 0
    say(project, "ja", "demo-start/summary", "")
    ran = project.run("messages", "stats", "--fail-under", "100")
    assert ran.code == 1
    assert f"error: {project.catalog('ja')}: is translated to 99" in ran.stderr
    assert project.run("messages", "stats", "--fail-under", "99").code == 0
    assert project.run("messages", "stats", "--fail-under", "101").code == 2


def test_a_catalog_that_cannot_be_read_is_told_beside_the_others(project: Project) -> None:
    project.write(project.catalog("ja"), b"\xff")
    ran = project.run("messages", "stats")
    assert (ran.code, len(ran.lines)) == (1, 3)  # the head, en, zh_Hans
    assert "catalog-unreadable" in ran.stderr


# --- what is kept ------------------------------------------------------------------------------------


def test_what_translators_and_their_programs_put_into_the_header_is_kept_but_for_clocks(
    project: Project,
) -> None:
    file = project.catalog("ja")
    project.change(file, "# Translations", "# Copyright: the translators.\n# Translations")
    project.change(
        file,
        '"Last-Translator: \\n"',
        '"PO-Revision-Date: 2026-11-23 10:00+0900\\n"\n"X-Generator: Poedit 3.4\\n"\n'
        '"Report-Msgid-Bugs-To: EMAIL@ADDRESS\\n"\n'
        '"Last-Translator: Sato Hanako <sato@example.org>\\n"\n"X-Poedit-Bookmarks: 1,2\\n"',
    )
    project.run("messages", "update")
    said = project.read(file)
    assert said.startswith(
        "# Translations of the carrier guides: 日本語\n# Copyright: the translators.\nmsgid"
    )
    assert '"Last-Translator: Sato Hanako <sato@example.org>\\n"' in said
    assert '"X-Poedit-Bookmarks: 1,2\\n"' in said
    assert not re.search(r"Revision-Date|X-Generator|EMAIL@ADDRESS", said)
    assert project.run("messages", "update").stdout == ""


def test_a_source_that_is_changed_back_is_translated_again(project: Project) -> None:
    before = project.snapshot("locales")
    project.change(START, "Ask first.", "Ask them first.")
    project.run("messages", "update")
    project.change(START, "Ask them first.", "Ask first.")
    project.run("messages", "update")
    assert project.snapshot("locales") == before


def test_a_source_that_is_changed_twice_shows_what_was_translated(project: Project) -> None:
    for old, new in (("Ask first.", "Ask them first."), ("Ask them first.", "Ask all of them first.")):
        project.change(START, f'"{old}"', f'"{new}"')
        project.run("messages", "update")
    assert '#| msgid "Ask first."' in block(project, "ja", "demo-start/summary")


def test_a_long_earlier_text_is_whole_and_read_by_others(project: Project) -> None:
    long = "A sentence of many words that " + "goes on and on and on, " * 12 + "-" * 120 + " to the end."
    project.change(START, '"Ask first."', f'"{long}"')
    project.run("messages", "update")
    say(project, "ja", "demo-start/summary", "訳 long")
    file = project.catalog("ja")
    project.write(file, project.read(file).replace("#, fuzzy\n", ""))
    project.run("messages", "update")
    project.change(START, f'"{long}"', '"Short."')
    project.run("messages", "update")
    lines = [line for line in block(project, "ja", "demo-start/summary") if line.startswith("#|")]
    assert all(re.fullmatch(r'#\| (?:msgid )?"(?:[^"\\]|\\.)*"', line) for line in lines)
    assert "".join(re.findall(r'"(.*)"', "\n".join(lines))) == long
    project.change(START, '"Short."', f'"{long}"')
    project.run("messages", "update")
    assert block(project, "ja", "demo-start/summary")[-1] == 'msgstr "訳 long"'
    assert load_catalog(project.root, JA).entries["demo-start/summary", long].is_ready


def test_what_was_fuzzy_when_it_went_is_fuzzy_when_it_comes_back(project: Project) -> None:
    project.change(START, "Ask first.", "Ask them first.")
    project.run("messages", "update")
    text = project.read(START)
    (project.root / START).unlink()
    project.run("messages", "update")
    assert '#~| msgid "Ask first."' in project.read(project.catalog("ja"))
    project.write(START, text)
    project.run("messages", "update")
    assert load_catalog(project.root, JA).entries["demo-start/summary", "Ask them first."].is_fuzzy
    assert '#| msgid "Ask first."' in block(project, "ja", "demo-start/summary")


def test_a_text_that_was_gone_and_comes_back_changed_keeps_its_translation_as_fuzzy(project: Project) -> None:
    text = project.read(START)
    (project.root / START).unlink()
    project.run("messages", "update")
    project.write(START, text.replace("Ask first.", "Ask them first."))
    project.run("messages", "update")
    assert block(project, "ja", "demo-start/summary")[-5:] == [
        "#, fuzzy",
        '#| msgid "Ask first."',
        'msgctxt "demo-start/summary"',
        'msgid "Ask them first."',
        'msgstr "訳 Ask first."',
    ]


def test_a_text_that_stands_twice_is_refused(project: Project) -> None:
    file = project.catalog("ja")
    twin = "\n".join(block(project, "ja", "demo-start/summary"))
    project.write(file, f"{project.read(file)}\n{twin}\n")
    with pytest.raises(ProjectError) as error:
        load_catalog(project.root, JA)
    assert '"Ask first." stands twice' in error.value.problems[0].what
    assert error.value.problems[0].line > project.read(file).count("\n") - 5


# --- what translators are told -----------------------------------------------------------------------


def test_each_text_says_where_it_is_printed_how_long_it_may_be_and_which_terms_it_names(
    shared: Project,
) -> None:
    assert block(shared, "ja", "demo-cancel/steps/leave/body")[:2] == [
        "#. block steps: what the reader does; about 24 em in a line, at most 2 lines",
        "#. terms: cancel (解約)",
    ]
    assert (
        block(shared, "zh_Hans", "demo-cancel/checklist/passport/name")[1]
        == "#. terms: passport (パスポート)"
    )
    assert block(shared, "en", "demo-cancel/title")[:2] == [
        "#. block title: the title of the guide; about 26 letters in one line",
        "#. terms: cancel (解約)",
    ]
    (word,) = [b for b in shared.read(shared.catalog("ja")).split("\n\n") if '\nmsgid "Beware"' in b]
    assert word.startswith("#. block notices: its heading or a label in it; the same in all guides\n")


def test_terms_are_told_with_their_translation(real_project: Project) -> None:
    said = "\n".join(block(real_project, "zh_Hans", "au-cancel/title"))
    assert "cancel (解約): 解约" in said


def test_every_content_text_has_a_place_in_the_table_and_every_row_a_text(real_project: Project) -> None:
    places = list(load_content(real_project.root).texts)
    assert [place for place in places if find_place(place) is None] == []
    assert {row.pattern for row in PLACES} == {place.pattern for p in places if (place := find_place(p))}


def test_contributing_says_the_same_lengths() -> None:
    texts = (
        (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Texts")[2].partition("\n## ")[0]
    )
    texts = " ".join(texts.split())
    for place in PLACES:
        if place.name:
            lines = "" if place.lines == 1 else f" in a line, at most {place.lines} lines"
            assert f"{place.name} {place.em} em or {place.letters} letters{lines}" in texts


def test_comments_alone_do_not_put_a_catalog_out_of_step(project: Project) -> None:
    project.change("content/terms.toml", 'gloss = "passport"', 'gloss = "passport"\nnote = "zh_Hans: 护照"')
    before = project.snapshot("locales")
    assert project.run("messages", "update", "--check").code == 0
    assert project.run("messages", "update").lines == [project.catalog("zh_Hans")]
    assert "#. terms: passport (パスポート): 护照" in project.read(project.catalog("zh_Hans"))
    changed = {file for file, hash_ in project.snapshot("locales").items() if before[file] != hash_}
    assert changed == {project.catalog("zh_Hans")}


def test_comments_for_translators_make_no_new_handouts(project: Project) -> None:
    file = project.catalog("ja")
    project.change(file, "# Translations", "# 鬱 stands nowhere else.\n# Translations")
    ran = project.run("build", "--dry-run", "--as-of", "2026-12-01", "--format", "json")
    assert {item["would"] for item in ran.json["handouts"]} == {"reuse"}


@pytest.mark.parametrize(
    ("text", "is_spaced", "length"),
    [
        ("四个字。", False, 3),
        ("四个字", False, 3),
        ("au 30", False, 2.75),
        ("au 30", True, 5),
        ("", False, 0),
    ],
)
def test_texts_are_measured_in_em_or_in_letters(text: str, is_spaced: bool, length: float) -> None:
    assert measure(text, is_spaced=is_spaced) == pytest.approx(length)


# --- check -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "text", "rule", "severity"),
    [
        ("Wait 8 days", "请等待", "message-number", "error"),
        ("Wait 8 days", "请等9天", "message-number", "error"),
        ("Wait", "请等8天", "message-number", "warning"),
        ("Wait 8 days", "请等8个月", "message-unit", "error"),
        ("Wait 2 years", "请等2个月", "message-unit", "error"),
        ("Wait 24 hours", "请等24天", "message-unit", "error"),
        ("Ask (now)", "请问（现在", "message-markup", "error"),
        ("Ask [now]", "请问[现在", "message-markup", "error"),
        ("Ask “now”", "请问“现在", "message-markup", "error"),
        ("Ask **now**", "现在请问", "message-markup", "warning"),
        ("Ask", "说「解约」", "message-punctuation", "error"),
        ("Ask", "请问…", "message-punctuation", "warning"),
        ("Ask", "请问２次", "message-punctuation", "warning"),
        ("Cancel", "解約", "message-script", "error"),
        ("Ask", "请" * 41, "message-sentence", "warning"),
    ],
)
def test_what_is_wrong_is_an_error_and_what_reads_badly_a_warning(
    source: str, text: str, rule: str, severity: str
) -> None:
    assert (rule, severity) in judged(source, text)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Wait 8 days", "请等8天"),
        ("Follow the four steps", "请按4个步骤办理"),
        ("It may come two months later", "可能要等2个月"),
        ("First year: a fee", "1年以内收费"),
        ("Wait 31 days", "请等31日"),
        ("Show your PIN", "输入4位密码"),
        ("{fact.demo-fee}, 2 lines", "{fact.demo-fee}，2条"),
        ("Ask: “now”", "请问：“现在”……"),
        ("1) Ask", "1）请问"),
    ],
)
def test_what_is_right_is_not_complained_about(source: str, text: str) -> None:
    assert judged(source, text) == []


def test_simplified_characters_in_japanese_and_in_traditional_chinese_are_found() -> None:
    assert judged("Cancel", "解约する", JA) == [("message-script", "error")]
    assert foreign_letters("請問解约", "zh-Hant")[0] == ("约",)
    assert foreign_letters("請問解約、號碼", "zh-Hant")[0] == ()


def test_a_text_that_is_too_long_for_its_place_is_a_warning_with_its_room(project: Project) -> None:
    say(project, "zh_Hans", "demo-start/title", "译" * 14)
    ran = project.run("messages", "check")
    line = next(
        number
        for number, text in enumerate(project.read(project.catalog("zh_Hans")).splitlines(), 1)
        if text == 'msgid "Before you start"'
    )
    where = f"{project.catalog('zh_Hans')}:{line}: demo-start/title"
    assert f"warning: {where}: is 14 em long, and its place has room for 13 [message-length]" in ran.stderr
    assert ran.code == 0
    assert project.run("messages", "check", "--strict").code == 1
    assert project.run("check", "--as-of", "2026-12-01").code == 0
    built = project.build("demo-start", "-l", "zh", "--format", "json")
    assert built.code == 0
    assert "message-length" in {problem["rule"] for problem in built.json["problems"]}


def test_placeholders_are_measured_as_they_are_printed(project: Project) -> None:
    lexicon = make_lexicon(load_catalog(project.root, ZH), load_content(project.root))
    printed = lexicon.print_plain(
        "demo-cancel/summary", "**{carrier.shop}**：[{fact.demo-fee}]，{term.cancel.romaji}"
    )
    assert printed == "译 Demo shop：1,100日元，kaiyaku"


TERM = """
[[term]]
id = "final-bill"
ja = "最終請求"
kana = "さいしゅうせいきゅう"
romaji = "saishu seikyu"
gloss = "final bill"
note = "zh_Hans: 最后一次账单"
"""


@pytest.mark.parametrize(
    ("said", "is_strange"),
    [
        ("结算单据", True),
        ("最后账单", False),
        ("{term.final-bill}", False),
        ("等最后一次账单", False),
        ("请付款", True),
    ],
)
def test_a_term_is_called_by_its_name(project: Project, said: str, is_strange: bool) -> None:
    project.write("content/terms.toml", project.read("content/terms.toml") + TERM)
    content = load_content(project.root)
    catalog = Catalog(ZH, "x.po", {("a/b", "Wait for the final bill"): Entry(said, 1, is_fuzzy=False)})
    problems = check_catalog(catalog, [Message("a/b", "Wait for the final bill", "x.toml", 1)], content)
    rules = [(p.rule, p.severity) for p in problems if p.rule == "message-term"]
    assert rules == ([("message-term", "warning")] if is_strange else [])


def test_check_tells_everything_in_one_run_and_for_programs(project: Project) -> None:
    say(project, "ja", "demo-start/summary", "")
    say(project, "zh_Hans", "demo-start/title", "问かな")
    project.write(project.catalog("en"), b"\xff")
    ran = project.run("messages", "check", "--format", "json")
    assert ran.code == 1
    assert {problem["rule"] for problem in ran.json["problems"]} == {
        "catalog-unreadable", "message-missing", "message-script",
    }  # fmt: skip
    assert all(problem["line"] > 0 for problem in ran.json["problems"])
    assert project.run("messages", "check", "-l", "zh", "--format", "github").stdout.startswith(
        "::error file=locales/zh"
    )
    assert project.run("messages", "check", "-l", "nope").code == 2


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.locale)
def test_the_real_catalogs_have_no_problem_at_all(real_project: Project, language: Language) -> None:
    content = load_content(real_project.root)
    offered = list_messages(content, real_project.root / "templates")
    problems = check_catalog(load_catalog(real_project.root, language), offered, content)
    assert [(p.line, p.key, p.rule, p.what) for p in problems] == []


# --- the pseudo-locale -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Ask first.",
        "Pay {fact.demo-fee} at a **{carrier.shop}**.",
        "[The page](fact:demo-page) and [kept together]",
        "edition %(code)s",
        "- one\n- two",
        "No",
        "Wait 31 days, or 50 % of it.",
    ],
)
def test_a_pseudo_text_is_longer_and_keeps_what_must_be_kept(text: str) -> None:
    said = lengthen(text)
    assert placeholders(said) == placeholders(text)
    assert [fault.rule for fault in find_faults(said)] == [fault.rule for fault in find_faults(text)]
    assert 1.2 * len(text) <= len(said) <= 1.6 * len(text) + 4
    assert re.findall(r"\d+|%\(\w+\)s|\*\*", said) == re.findall(r"\d+|%\(\w+\)s|\*\*", text)
    assert (said[0], said[-1]) == ("［", "］")


def test_the_pseudo_locale_is_built_as_a_marked_draft_beside_the_others(project: Project) -> None:
    before = project.snapshot()
    ran = project.build("demo-start", "-l", "pseudo")
    assert (ran.code, ran.lines) == (0, ["output/pseudo/demo-start-a4-draft.pdf"])
    text = "".join(pages_of(project.root / ran.lines[0]))
    assert "［ÅskfírstóńáÅ" in text or "［Åskfírst" in text
    assert "DRÅFT" in text
    after = project.snapshot()
    assert {file: after[file] for file in before if file.endswith(".pdf")} == {
        file: before[file] for file in before if file.endswith(".pdf")
    }


def test_the_pseudo_locale_is_none_of_all_locales_and_built_alone(shared: Project) -> None:
    assert PSEUDO not in LANGUAGES
    ran = shared.run("build", "--dry-run", "-l", "*", "--format", "json")
    assert {Path(item["file"]).parent.name for item in ran.json["handouts"]} == set(LOCALES)
    ran = shared.run("build", "-l", "pseudo", "-l", "ja")
    assert ran.code == 2
    assert "pseudo is built alone" in ran.stderr
    assert shared.run("messages", "check", "-l", "pseudo").code == 2


# --- other programs ----------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", [language.locale for language in find_languages(ROOT)])
def test_msgfmt_and_msgcmp_have_no_complaint(real_project: Project, tmp_path: Path, locale: str) -> None:
    file = real_project.root / real_project.catalog(locale)
    done = subprocess.run(
        [others("msgfmt"), "--check", "-o", tmp_path / "x.mo", file], capture_output=True, text=True
    )
    # The date of the last save is what git knows, and what would change every file.
    left = [line for line in done.stderr.splitlines() if "'PO-Revision-Date' missing" not in line]
    assert (done.returncode, left) == (0, [])
    template = tmp_path / "texts.pot"
    template.write_text(real_project.run("messages", "extract").stdout, encoding="utf-8")
    subprocess.run([others("msgcmp"), file, template], check=True)


# What translators break, whatever the language: placeholders, numbers in them, brackets of ours, ends.
POFILTERS = ("untranslated", "isfuzzy", "pythonbraceformat", "doublespacing", "newlines", "tabs", "nplurals")


def test_pofilter_has_no_complaint(real_project: Project, tmp_path: Path) -> None:
    tests = [f"--test={name}" for name in POFILTERS]
    command = [sys.executable, "-m", "translate.filters.pofilter", *tests]
    done = subprocess.run(
        [*command, str(real_project.root / "locales"), str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.rglob("*.po")] == []  # it writes what it complains of
    broken = tmp_path / "broken"
    broken.mkdir()
    text = real_project.read(real_project.catalog("ja")).replace('{carrier.shop}"', '{carrier}"', 2)
    (broken / "ja.po").write_text(text.replace("{carrier}", "{carrier.shop}", 1), encoding="utf-8")
    subprocess.run([*command, str(broken), str(tmp_path / "found")], capture_output=True, check=True)
    assert [path.name for path in (tmp_path / "found").rglob("*.po")] == ["ja.po"]


def test_a_catalog_that_msgmerge_has_merged_is_read_and_loses_nothing(
    project: Project, tmp_path: Path
) -> None:
    project.change(START, "Ask first.", "Ask them first.")
    project.run("messages", "update")
    project.change(START, 'id = "sell"', 'id = "sold"')
    (tmp_path / "texts.pot").write_text(project.run("messages", "extract").stdout, encoding="utf-8")
    file = project.root / project.catalog("ja")
    merged = tmp_path / "merged.po"
    command = [
        others("msgmerge"),
        "--quiet",
        "--previous",
        "--no-fuzzy-matching",
        file,
        tmp_path / "texts.pot",
    ]
    subprocess.run([*command, "-o", merged], check=True)
    expected = project.run("messages", "update") and project.read(project.catalog("ja"))
    file.write_bytes(merged.read_bytes())
    assert project.run("messages", "update").code == 0
    assert project.read(project.catalog("ja")) == expected


# --- damaged bytes -----------------------------------------------------------------------------------

SCRAPS = (
    b'"', b"\\", b"\n", b"#~ ", b"#| ", b"#, fuzzy\n", b"msgid ", b'msgstr ""\n', b'msgctxt "',
    b"msgid_plural ", b"msgstr[7] ", b"\xff", b"\0", b"\xe3\x81", "\u202e".encode(), b"{fact.", b"**",
    b"](", b"%(", b"[[", b"]]", b" = ", b"'''", b'"""', b"{", b"}", b"2026-13-45", b"1e999", b"# ",
)  # fmt: skip


def mutate(raw: bytes, chance: random.Random) -> bytes:
    """Damage bytes in a few places: cut, doubled, swapped, overwritten."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(raw) + 1)
        kind = chance.randrange(5)
        if kind == 0:
            raw = raw[:at] + chance.choice(SCRAPS) + raw[at:]
        elif kind == 1:
            raw = raw[:at] + raw[at + chance.randint(1, 40) :]
        elif kind == 2:
            raw = raw[:at] + bytes((chance.randrange(256),)) + raw[at + 1 :]
        elif kind == 3:
            raw = raw[:at] + raw[max(at - 200, 0) : at] + raw[at:]
        elif chance.random() < 0.1:
            raw = raw[:at]
    return raw


def test_damaged_catalogs_are_read_or_refused_and_never_change_a_translation(project: Project) -> None:
    chance = random.Random(5)
    content = load_content(project.root)
    offered = list_messages(content, project.root / "templates")
    file = project.catalog("ja")
    raw = (project.root / file).read_bytes()
    outcomes = set()
    for _ in range(150):
        project.write(file, mutate(raw, chance))
        try:
            catalog = load_catalog(project.root, JA)
        except ProjectError as error:
            assert {problem.rule for problem in error.problems} == {"catalog-unreadable"}
            outcomes.add("refused")
            continue
        outcomes.add("read")
        list(check_catalog(catalog, offered, content))
        measure_progress(catalog, offered)
        once = update_catalog(project.root, JA, offered, content)
        project.write(file, once)
        assert update_catalog(project.root, JA, offered, content) == once
    assert outcomes == {"read", "refused"}


def test_damaged_content_is_read_or_refused(project: Project) -> None:
    chance = random.Random(7)
    outcomes = set()
    for file in (START, FACTS, "content/terms.toml"):
        raw = (project.root / file).read_bytes()
        for _ in range(50):
            project.write(file, mutate(raw, chance))
            try:
                content = load_content(project.root)
            except ProjectError:
                outcomes.add("refused")
                continue
            outcomes.add("read")
            offered = list_messages(content, project.root / "templates")
            update_catalog(project.root, ZH, offered, content)
            list(check_catalog(load_catalog(project.root, ZH), offered, content))
        project.write(file, raw)
    assert outcomes == {"read", "refused"}
