"""Translations: what may be printed, what is refused, and how the files are kept in step."""

from __future__ import annotations

import io
import re
import tomllib
from pathlib import Path

import pytest
from conftest import LOCALES, ROOT, Project, pages_of, text_of

from generator.catalog import (
    Catalog,
    Entry,
    Message,
    check_message,
    extract_content,
    find_languages,
    list_messages,
    load_catalog,
)
from generator.content import load_content
from generator.language import LANGUAGES, Language
from generator.problem import Problem, ProjectError

EN, JA, ZH = LANGUAGES[:3]
START = "content/guides/demo-start.toml"
CANCEL = "content/guides/demo-cancel.toml"


def judge(source: str, text: str, language: Language = ZH, *, is_fuzzy: bool = False) -> list[str]:
    catalog = Catalog(language, "messages.po", {("place", source): Entry(text, 1, is_fuzzy)})
    return [problem.rule for problem in check_message(catalog, Message("place", source, "x.toml", 1))]


def unreadable(project: Project, raw: bytes) -> Problem:
    project.write(project.catalog("ja"), raw)
    with pytest.raises(ProjectError) as error:
        load_catalog(project.root, JA)
    (problem,) = error.value.problems
    assert (problem.file, problem.rule) == (project.catalog("ja"), "catalog-unreadable")
    return problem


# --- one translation ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Pay {fact.fee} now", "现在支付{fact.fee}"),
        ("{carrier.shop}: {fact.fee}", "{fact.fee}（{carrier.shop}）"),  # in another order
        ("Call [{fact.phone}]", "拨打[{fact.phone}]"),
        ("[The page](fact:page)", "[网页](fact:page)"),
        ("Wi-Fi, PIN: yes?", "Wi-Fi，PIN：要？"),
        ("1-2-3 Street", "1-2-3 街"),  # a shop's own numbers stand in its source text
    ],
)
def test_a_good_translation_is_ready(source: str, text: str) -> None:
    assert judge(source, text) == []


@pytest.mark.parametrize(
    ("source", "text", "rule"),
    [
        ("Pay", "", "message-missing"),
        ("Pay {fact.fee}", "支付", "message-placeholders"),
        ("Pay {fact.fee}", "支付{fact.fees}", "message-placeholders"),
        ("Pay {fact.fee}", "支付{fact.fee}{fact.fee}", "message-placeholders"),
        ("Pay", "支付{fact.fee}", "message-placeholders"),
        ("Pay {fact.fee}", "支付{fact.fee", "message-placeholders"),
        ("Pay {fact.fee}", "支付{fact.fee", "prose-placeholder"),
        ("Pay {fact.fee}", "支付｛fact.fee｝", "message-placeholders"),  # full-width braces
        ("[The page](fact:page)", "[网页](fact:other)", "message-placeholders"),
        ("Ask", "打0120-444-113", "bare-phone"),
        ("Ask", "1100日元", "bare-price"),
        ("Ask", "见demo.co.jp", "bare-url"),
        ("Ask", "加微信：helper1", "text-messenger"),
        ("Ask", "<b>问</b>", "prose-html"),
        ("Ask", "**问", "prose-emphasis"),
        ("Ask", "问\u202e", "text-control"),
        ("Ask", "说かいやく", "message-script"),
        ("Ask", "先问,再办", "message-punctuation"),
        ("Ask", "问谁?", "message-punctuation"),
    ],
)
def test_a_bad_translation_is_refused_by_its_rule(source: str, text: str, rule: str) -> None:
    assert rule in judge(source, text)


def test_a_fuzzy_translation_is_not_ready_however_good() -> None:
    assert judge("Pay", "支付", is_fuzzy=True) == ["message-fuzzy"]


@pytest.mark.parametrize("wrong", ["版", "版 %(kode)s", "版 %(code)d", "版 %(code)s %", "版 %s"])
def test_values_of_template_words_must_all_be_there(project: Project, wrong: str) -> None:
    file = project.catalog("ja")
    project.change(file, 'msgstr "訳 edition %(code)s"', f'msgstr "{wrong}"')
    ran = project.run("check", "--as-of", "2026-12-01", "--format", "json")
    errors = [problem for problem in ran.json["problems"] if problem["severity"] == "error"]
    assert (ran.code, {(p["file"], p["key"]) for p in errors}) == (1, {(file, "edition %(code)s")})
    assert "message-placeholders" in {problem["rule"] for problem in errors}


# --- files that cannot be read -----------------------------------------------------------------------


def test_a_missing_catalog_says_how_to_make_it(project: Project) -> None:
    (project.root / project.catalog("ja")).unlink()
    with pytest.raises(ProjectError) as error:
        load_catalog(project.root, JA)
    assert error.value.problems[0].hint == "make it with: carrier-guides messages update -l ja"


def test_a_catalog_that_is_not_utf8_is_refused_with_its_line(project: Project) -> None:
    lines = project.read(project.catalog("ja")).splitlines(keepends=True)
    line = next(i for i, text in enumerate(lines, 1) if not text.isascii())
    problem = unreadable(project, "".join(lines).encode("shift_jis", "ignore"))
    assert (problem.line, problem.what) == (line, "is not UTF-8")


def test_a_huge_catalog_is_refused(project: Project) -> None:
    raw = project.read(project.catalog("ja")).encode()
    assert "more than" in unreadable(project, raw + b"# x\n" * 1_100_000).what


@pytest.mark.parametrize("tail", ['msgid "x', 'msgid "x\\"', "msgstr x", "<<<<<<< HEAD", "msgid", '"x" "y'])
def test_a_damaged_line_is_refused_with_its_number(project: Project, tail: str) -> None:
    text = project.read(project.catalog("ja"))
    assert unreadable(project, f"{text}\n{tail}\n".encode()).line == text.count("\n") + 2


@pytest.mark.parametrize(
    "tail",
    [
        'msgid "x"\nmsgid "y"\n',
        'msgstr "x"\n',
        'msgctxt "x"\n',
        '"floating"\n',
        'msgid "x"\nmsgstr[0] "a"\n',
        'msgid "x"\nmsgid_plural "xs"\nmsgstr[0] "a"\nmsgstr[1] "b"\n',
        "\x00\n",
    ],
)
def test_a_muddled_catalog_is_refused_or_read_but_never_a_traceback(project: Project, tail: str) -> None:
    project.write(project.catalog("ja"), project.read(project.catalog("ja")) + "\n" + tail)
    ran = project.run("check", "--as-of", "2026-12-01")
    assert ran.code in (0, 1)


def test_a_catalog_cut_off_anywhere_never_yields_half_a_text(project: Project) -> None:
    raw = project.read(project.catalog("zh_Hans")).encode()
    whole = load_catalog(project.root, ZH).entries
    outcomes = set()
    for length in range(0, len(raw), 211):
        project.write(project.catalog("zh_Hans"), raw[:length])
        try:
            entries = load_catalog(project.root, ZH).entries
        except ProjectError:
            outcomes.add("refused")
            continue
        outcomes.add("read")
        wrong = {key for key, entry in entries.items() if entry.text and whole[key].text != entry.text}
        assert wrong == set(), length
    assert outcomes == {"refused", "read"}


def test_all_unreadable_catalogs_are_told_at_once_and_nothing_is_published(project: Project) -> None:
    project.write(project.catalog("ja"), b"\xff\xfe")
    project.write(project.catalog("zh_Hans"), 'msgid "cut')
    before = project.snapshot()
    ran = project.run("build", "--format", "json")
    assert (ran.code, project.snapshot()) == (1, before)
    assert [(p["file"], p["rule"]) for p in ran.json["problems"]] == [
        (project.catalog("ja"), "catalog-unreadable"),
        (project.catalog("zh_Hans"), "catalog-unreadable"),
    ]


# --- release and draft -------------------------------------------------------------------------------


@pytest.fixture
def stale(project: Project) -> Project:
    """The small project with one missing, one fuzzy and one broken translation in ja."""
    file = project.catalog("ja")
    project.change(file, 'msgstr "訳 Ask first."', 'msgstr ""')
    entry = re.search(r'\n(msgctxt "demo-start/title")', project.read(file))
    assert entry
    project.change(file, entry[0], f"\n#, fuzzy{entry[0]}")
    project.change(file, '"訳 The fee is {fact.demo-fee}."', '"訳 The fee is {fact.demo-fees}."')
    return project


def test_a_release_build_refuses_and_lists_all_that_is_not_ready(stale: Project) -> None:
    before = stale.snapshot()
    ran = stale.build("--format", "json")
    assert ran.code == 1
    errors = {(p["key"], p["rule"]) for p in ran.json["problems"] if p["severity"] == "error"}
    assert errors == {
        ("demo-start/summary", "message-missing"),
        ("demo-start/title", "message-fuzzy"),
        ("demo-cancel/steps/ask/body", "message-placeholders"),
    }
    refused = {Path(h["file"]).name for h in ran.json["handouts"] if h["status"] == "refused"}
    assert refused == {"demo-start-a4.pdf", "demo-cancel-a4.pdf"}
    assert all("/ja/" in h["file"] for h in ran.json["handouts"] if h["status"] == "refused")
    for file in ("output/ja/demo-start-a4.pdf", "output/ja/demo-cancel-a4.pdf"):
        assert stale.snapshot()[file] == before[file]  # the earlier good file stays


def test_a_draft_prints_what_is_not_ready_with_marks_on_the_text_and_on_every_page(stale: Project) -> None:
    ran = stale.build("-l", "ja", "--draft", "--format", "json")
    assert ran.code == 0, ran.stderr
    assert [p for p in ran.json["problems"] if p["severity"] == "error"] == []
    (start,) = [h["file"] for h in ran.json["handouts"] if "demo-start" in h["file"]]
    pages = pages_of(stale.root / start)
    assert "〖Askfirst.〗" in pages[0]
    assert "〖Beforeyoustart〗" in pages[0]  # fuzzy is printed in the source language too
    mark = "DRAFT:notforhandingout"
    assert [mark in page for page in pages] == [True, True]
    (cancel,) = [h["file"] for h in ran.json["handouts"] if "demo-cancel" in h["file"]]
    assert "〖Thefeeis1,100円.〗" in text_of(stale.root / cancel)


def test_a_release_has_no_draft_marks(shared: Project) -> None:
    for file in shared.output.rglob("*.pdf"):
        text = text_of(file)
        assert not {"〖", "〗"} & set(text)
        assert "DRAFT" not in text


def test_an_untranslated_word_of_a_template_refuses_the_release(project: Project) -> None:
    project.change(project.catalog("ja"), 'msgstr "訳 Beware"', 'msgstr ""')
    ran = project.build("-l", "ja", "demo-start", "--format", "json")
    assert ran.code == 1
    errors = [(p["file"], p["key"], p["rule"]) for p in ran.json["problems"] if p["severity"] == "error"]
    assert errors == [(project.catalog("ja"), "Beware", "message-missing")]


def test_a_fuzzy_word_of_a_template_refuses_the_release_too(project: Project) -> None:
    project.change(project.catalog("ja"), '\nmsgid "Beware"', '\n#, fuzzy\nmsgid "Beware"')
    ran = project.build("-l", "ja", "demo-start", "--format", "json")
    errors = [(p["key"], p["rule"]) for p in ran.json["problems"] if p["severity"] == "error"]
    assert (ran.code, [key for key, _ in errors]) == (1, ["Beware"])


def test_check_finds_what_a_release_build_would_refuse(stale: Project) -> None:
    problems = stale.run("check", "--as-of", "2026-12-01", "--format", "json").json["problems"]
    assert {p["rule"] for p in problems if p["severity"] == "error"} == {
        "message-missing",
        "message-fuzzy",
        "message-placeholders",
    }
    assert all(p["line"] > 0 for p in problems)


# --- messages update ---------------------------------------------------------------------------------


def block(project: Project, locale: str, place: str) -> str:
    """Return a message as it stands in a catalog, without what is explained to translators."""
    (found,) = [b for b in project.read(project.catalog(locale)).split("\n\n") if f'msgctxt "{place}"' in b]
    return "\n".join(line for line in found.splitlines() if not line.startswith("#."))


def test_an_update_without_a_change_changes_no_byte(project: Project) -> None:
    before = project.snapshot("locales")
    ran = project.run("messages", "update")
    assert (ran.code, ran.stdout, project.snapshot("locales")) == (0, "", before)


def test_a_second_update_changes_no_byte(project: Project) -> None:
    project.change(START, "Ask first.", "Ask them first.")
    assert project.run("messages", "update").lines == [project.catalog(locale) for locale in LOCALES]
    before = project.snapshot("locales")
    assert project.run("messages", "update").stdout == ""
    assert project.snapshot("locales") == before


def test_a_changed_source_makes_its_translation_fuzzy_and_keeps_both_texts(project: Project) -> None:
    project.change(START, "Ask first.", "Ask them first.")
    project.run("messages", "update")
    assert block(project, "ja", "demo-start/summary").splitlines()[1:] == [
        "#, fuzzy",
        '#| msgid "Ask first."',
        'msgctxt "demo-start/summary"',
        'msgid "Ask them first."',
        'msgstr "訳 Ask first."',
    ]
    assert load_catalog(project.root, JA).entries["demo-start/summary", "Ask them first."].is_fuzzy


def test_a_fuzzy_mark_survives_further_updates(project: Project) -> None:
    project.change(START, "Ask first.", "Ask them first.")
    project.run("messages", "update")
    project.change(START, "Ask them first.", "Ask all of them first.")
    project.run("messages", "update")
    said = block(project, "ja", "demo-start/summary")
    assert '#, fuzzy\n#| msgid "Ask them first."' in said or '#, fuzzy\n#| msgid "Ask first."' in said
    assert said.endswith('msgstr "訳 Ask first."')


def test_translations_and_translators_comments_are_kept(project: Project) -> None:
    file = project.catalog("ja")
    (whole,) = [b for b in project.read(file).split("\n\n") if 'msgctxt "demo-start/summary"' in b]
    project.change(file, whole, f"# Two words in Japanese.\n{whole}")
    project.change(file, 'msgstr "訳 Ask first."', 'msgstr "先に聞いてください。"')
    before = project.read(file)
    project.run("messages", "update")
    assert project.read(file) == before
    project.change(START, "Ask first.", "Ask them first.")
    project.run("messages", "update")
    said = block(project, "ja", "demo-start/summary")
    assert "# Two words in Japanese." in said
    assert said.endswith('msgstr "先に聞いてください。"')


def test_nothing_is_guessed_across_places(project: Project) -> None:
    # The same words elsewhere, and nearly the same words in a new place: both are new to the translator.
    project.change(CANCEL, 'title = "Apply to leave"', 'title = "Ask first."')
    project.change(CANCEL, 'id = "leave"', 'id = "go"')
    project.run("messages", "update")
    assert block(project, "ja", "demo-cancel/steps/go/title").endswith('msgid "Ask first."\nmsgstr ""')
    assert "fuzzy" not in block(project, "ja", "demo-cancel/steps/go/title")


def test_the_source_language_translates_itself_and_is_never_fuzzy(project: Project) -> None:
    project.change(START, "Ask first.", "Ask them first.")
    project.run("messages", "update")
    said = block(project, "en", "demo-start/summary")
    assert said.endswith('msgid "Ask them first."\nmsgstr "Ask them first."')
    assert "fuzzy" not in project.read(project.catalog("en"))


def test_a_text_that_is_gone_waits_as_an_obsolete_entry(project: Project) -> None:
    (project.root / START).unlink()
    project.run("messages", "update")
    lines = project.read(project.catalog("ja")).splitlines()
    named = [line for line in lines if "demo-start" in line]
    assert named
    assert all(line.startswith("#~ ") for line in named)
    assert "demo-start" not in project.read(project.catalog("en"))  # it translates itself


def test_a_catalog_has_no_dates_and_no_line_numbers(shared: Project) -> None:
    for locale in LOCALES:
        text = shared.read(shared.catalog(locale))
        assert "-Date" not in text
        assert not re.search(r"^#: .*:\d", text, re.M)
        assert not re.search(r"\b20\d\d-", text)


def test_line_numbers_in_content_do_not_touch_the_catalogs(project: Project) -> None:
    before = project.snapshot("locales")
    project.write(START, "# A comment.\n\n" + project.read(START))
    project.run("messages", "update")
    assert project.snapshot("locales") == before


def test_a_damaged_catalog_is_not_overwritten(project: Project) -> None:
    project.write(project.catalog("ja"), project.read(project.catalog("ja")) + 'msgid "cut')
    before = project.snapshot("locales")
    ran = project.run("messages", "update", "-l", "ja")
    assert (ran.code, project.snapshot("locales")) == (1, before)
    assert "catalog-unreadable" in ran.stderr


def test_one_damaged_catalog_keeps_no_other_from_being_told(project: Project) -> None:
    for locale in ("en", "zh_Hans"):
        project.write(project.catalog(locale), 'msgid "cut')
    ran = project.run("messages", "update")
    assert ran.code == 1
    assert [project.catalog(locale) in ran.stderr for locale in ("en", "zh_Hans")] == [True, True]


def test_check_mode_writes_nothing_and_exits_1_when_not_in_step(project: Project) -> None:
    assert project.run("messages", "update", "--check").code == 0
    project.change(START, "Ask first.", "Ask them first.")
    before = project.snapshot("locales")
    ran = project.run("messages", "update", "--check")
    assert (ran.code, project.snapshot("locales")) == (1, before)
    assert "run: carrier-guides messages update" in ran.stderr


def test_only_the_asked_locale_is_updated(project: Project) -> None:
    project.change(START, "Ask first.", "Ask them first.")
    assert project.run("messages", "update", "-l", "zh-CN").lines == [project.catalog("zh_Hans")]


def test_long_texts_and_special_characters_come_back_whole(project: Project) -> None:
    text = 'Ask the staff: “what is left to pay?”, and say that \\\\ and \\" are no words here. ' * 5
    project.change(START, "Ask first.", text.strip())
    project.run("messages", "update")
    summary = load_content(project.root).guides["demo-start"].summary
    assert load_catalog(project.root, EN).entries["demo-start/summary", summary].text == summary


# --- what is offered ---------------------------------------------------------------------------------


def extracted(project: Project) -> set[tuple[str, str]]:
    """Return what `pybabel extract` offers with the mapping of the real pyproject.toml, as (place, text)."""
    from babel.messages.extract import extract

    found = set()
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    for mapping in tools["babel"]["mappings"]:
        # The entry point of pyproject.toml, without the package installed.
        method = extract_content if mapping["method"] == "carrier-guides-content" else mapping["method"]
        options = {k: v for k, v in mapping.items() if k not in ("method", "pattern")}
        for path in sorted(project.root.glob(mapping["pattern"].replace("**.", "**/*."))):
            with path.open("rb") as file:
                for _, text, _, context in extract(method, file, options=options):  # type: ignore[arg-type]
                    found.add((context or "", text) if isinstance(text, str) else text[:2])
    return found


def test_babel_offers_the_messages_that_the_command_offers(shared: Project) -> None:
    offered = list_messages(load_content(shared.root), shared.root / "templates")
    assert extracted(shared) == {(message.place, message.text) for message in offered}


def test_the_entry_point_names_the_extractor() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name = project["entry-points"]["babel.extractors"]["carrier-guides-content"]
    assert name == f"{extract_content.__module__}:{extract_content.__name__}"


def test_an_extractor_gives_line_and_place(shared: Project) -> None:
    with (shared.root / START).open("rb") as file:
        found = list(extract_content(file, {}, (), {}))
    line = shared.read(START).splitlines().index('summary = "Ask first."') + 1
    assert (line, "pgettext", ("demo-start/summary", "Ask first."), []) in found


def test_each_place_is_offered_once(shared: Project) -> None:
    offered = list_messages(load_content(shared.root), shared.root / "templates")
    places = [message.place for message in offered if message.place]
    assert len(places) == len(set(places))


@pytest.mark.parametrize("language", find_languages(ROOT), ids=lambda language: language.locale)
def test_the_real_catalogs_are_complete_and_in_step(real_project: Project, language: Language) -> None:
    catalog = load_catalog(real_project.root, language)
    messages = list_messages(load_content(real_project.root), real_project.root / "templates")
    problems = [problem for message in messages for problem in check_message(catalog, message)]
    assert [(p.line, p.key, p.rule) for p in problems] == []
    assert real_project.run("messages", "update", "--check", "-l", language.locale).code == 0


def test_other_programs_see_a_valid_catalog(shared: Project) -> None:
    from babel.messages.pofile import read_po

    for locale in LOCALES:
        catalog = read_po(io.BytesIO((shared.root / shared.catalog(locale)).read_bytes()), abort_invalid=True)
        assert (catalog.charset, str(catalog.locale)) == ("utf-8", locale)


@pytest.mark.parametrize(
    ("locale", "said", "rule"),
    [
        ("ja", "  ", "message-missing"),
        ("zh_Hans", "等 45 天。", "message-number"),
        ("zh_Hans", "请打 0120 959 476。", "bare-phone"),
        ("zh_Hans", "费用三千块。", "bare-price"),
        ("en", "Say nothing.", "message-source"),
    ],
)
def test_a_translation_that_says_nothing_or_another_thing_is_refused(
    project: Project, locale: str, said: str, rule: str
) -> None:
    path = project.catalog(locale)
    before = project.read(path)
    at = before.index('msgid "Ask first."')
    line = before.index("msgstr", at)
    project.write(path, before[:line] + f'msgstr "{said}"' + before[before.index("\n", line) :])
    ran = project.run("check")
    assert ran.code == 1
    assert f"[{rule}]" in ran.stderr
