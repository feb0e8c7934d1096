"""A localized guide as HTML: escaped, marked with its languages, and nothing said that is not noted."""

from __future__ import annotations

import dataclasses
import datetime
import re
import shutil
from pathlib import Path

import pytest
from conftest import ROOT, Project

from generator.catalog import load_catalog
from generator.content import load_content
from generator.language import LANGUAGES, Language
from generator.localize import LocalizedGuide, localize
from generator.markup import Page, describe, hash_templates, plain, render_markup, to_html
from generator.paper import PAPERS
from generator.problem import ProjectError
from generator.prose import GAP

EN, JA, ZH = LANGUAGES[:3]
# Korean words in the small project, which has no Korean texts.
KO = dataclasses.replace(EN, locale="ko", tag="ko", keeps_words=True)
A4 = PAPERS[0]


def said(project: Project, guide: str, language: Language, *, is_draft: bool = False) -> LocalizedGuide:
    content = load_content(project.root)
    catalog = load_catalog(project.root, language)
    day = datetime.date(2026, 12, 1)
    return localize(content, content.guides[guide], catalog, as_of=day, is_draft=is_draft)


@pytest.fixture(scope="module")
def pages(shared: Project) -> dict[str, Page]:
    templates = shared.root / "templates"
    return {
        lang.tag: render_markup(said(shared, "demo-cancel", lang), A4, templates) for lang in (EN, JA, ZH)
    }


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A folder of templates with one word in it."""
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "accent.css").write_text("", encoding="utf-8")
    return tmp_path


# --- texts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain", "plain"),
        ("a & b < c", "a &amp; b &lt; c"),
        ("**strong**", "<b>strong</b>"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ('"quoted"', "&#34;quoted&#34;"),
        ("{term.cancel}", '<span class="term" lang="ja">解約</span>'),
        ("{term.cancel.romaji}", '<span lang="ja">解約 (kaiyaku)</span>'),
        ("Call {fact.demo-phone}", 'Call <span class="unbroken">0120-444-113</span>'),
        ("[9 to 5]", '<span class="unbroken">9 to 5</span>'),
        ("[here](fact:demo-page)", '<a href="https://www.demo.co.jp/leave">here</a>'),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
    ],
)
def test_a_text_becomes_escaped_html_with_its_marks(shared: Project, text: str, html: str) -> None:
    assert str(to_html(said(shared, "demo-cancel", EN), text)) == html


def test_a_term_in_japanese_needs_no_language_mark(shared: Project) -> None:
    assert str(to_html(said(shared, "demo-cancel", JA), "{term.cancel}")) == '<span class="term">解約</span>'


@pytest.mark.parametrize("text", ["营业厅 SIM", "办理SIM卡", "第3步", "SIM卡"])
def test_a_gap_stands_between_han_and_latin_and_no_character_is_lost(shared: Project, text: str) -> None:
    html = str(to_html(said(shared, "demo-cancel", ZH), text))
    assert re.sub(rf"<[^>]*>|{GAP}", "", html) == text
    is_seam = re.search(r"[一-龥](?=[A-Za-z0-9])|[A-Za-z0-9](?=[一-龥])", text)
    assert (GAP in html) == bool(is_seam)


def test_line_breaks_of_the_source_are_spaces_in_english_and_nothing_in_chinese(shared: Project) -> None:
    assert plain(said(shared, "demo-cancel", EN), "two\nlines") == "two lines"
    assert plain(said(shared, "demo-cancel", ZH), "两\n行") == "两行"


def test_a_draft_text_is_marked_and_in_english_and_its_facts_are_not(shared: Project) -> None:
    html = str(to_html(said(shared, "demo-cancel", JA, is_draft=True), "〖Pay {fact.demo-fee}.〗"))
    assert '<span class="draft" lang="en">Pay </span>' in html
    fact = html.partition("1,100")[0].rpartition("<span")[2]
    assert 'lang="en"' not in fact


def held(words: str) -> str:
    return f'<span class="unbroken">{words}</span>'


HALF = '<span class="half">。</span>'
TERM = '<span class="term" lang="ja">解約</span>'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        # Particles and marks belong to the word before them; one letter and Latin words need no help.
        ("해지는 안 됩니다.", f"{held('해지는')} 안 {held('됩니다.')}"),
        ("요금", held("요금")),
        ("SIM을 eSIM, 2026", f"{held('SIM을')} eSIM, 2026"),
        ("(해지) “통지”와", f"{held('(해지)')} {held('“통지”와')}"),
        ("a & b를", f"a &amp; {held('b를')}"),
        # So does a placeholder that touches a word, and no other.
        ("{carrier.self_service}에서 전", f"{held(held('My Demo') + '에서')} 전"),
        ("{term.cancel}로, ({term.cancel})", f"{held(TERM + '로,')} ({TERM})"),
        ("번호({term.cancel})를", held(f"번호({TERM})를")),
        ("약 {fact.demo-fee}이", f"약 1,100 {held('yen이')}"),
        # Bold stays bold, within a word and around several.
        ("**한 달 전액**입니다", f"<b>한 달 </b>{held('<b>전액</b>입니다')}"),
        # What is held together already stays so, with its spaces; between two of these there may be a break.
        ("[두 단어] 셋째 [9 to 5]", f"{held('두 단어')} {held('셋째')} {held('9 to 5')}"),
        ("[두 단어]는 [하나][둘째]", f"{held('두 단어는')} {held('하나')}{held('둘째')}"),
        ("- 첫째 줄\n- 둘", f"<ul><li>{held('첫째')} 줄</li><li>둘</li></ul>"),
    ],
)
def test_korean_words_are_held_together_with_what_touches_them(shared: Project, text: str, html: str) -> None:
    local = dataclasses.replace(said(shared, "demo-cancel", EN), language=KO)
    assert str(to_html(local, text)) == html


def test_a_draft_text_in_korean_is_english_and_is_left_alone(shared: Project) -> None:
    local = dataclasses.replace(said(shared, "demo-cancel", EN, is_draft=True), language=KO)
    assert 'class="unbroken"' not in str(to_html(local, "〖Two 낱말 here〗"))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        # Two characters and their marks; what a line never breaks is enough by itself.
        ("请到门店办理。", f"请到门店{held('办理。')}"),
        ("请（办理。）", "请（" + held(f"办理{HALF}）")),
        ("拨打{fact.demo-phone}。", f"拨打{GAP}{held(held('0120-444-113') + '。')}"),
        ("就是{term.cancel}。", f"就是{held(TERM + '。')}"),
        ("**不等于解约**。", f"<b>不等于</b>{held('<b>解约</b>。')}"),
        ("办", held("办")),
        ("两[个字]", f"两{held('个字')}"),
        ("办理 SIM。", f"办理 {held('SIM。')}"),
        ("- 先办\n- 后办理", f"<ul><li>先办</li><li>后{held('办理')}</li></ul>"),
    ],
)
def test_the_end_of_a_chinese_text_is_held_together(shared: Project, text: str, html: str) -> None:
    local = said(shared, "demo-cancel", ZH)
    assert str(to_html(local, text, holds_end=True)) == html
    assert "unbroken" not in str(to_html(local, "请到门店办理。"))
    assert "unbroken" not in str(to_html(said(shared, "demo-cancel", EN), "Go there.", holds_end=True))


# --- whole documents ---------------------------------------------------------------------------------


def test_a_document_says_its_language_and_its_japanese_is_marked(pages: dict[str, Page]) -> None:
    for tag, page in pages.items():
        assert page.html.startswith(f'<!doctype html>\n<html lang="{tag}">')
        assert page.problems == ()
    outside = re.sub(r'<(\w+)[^>]* lang="ja"[^>]*>.*?</\1>', "", pages["en"].html, flags=re.S)
    body = outside.partition("<body")[2].replace(JA.endonym, "")
    assert re.findall(r"[\u3040-\u30ff\u4e00-\u9fff]", re.sub(r"<[^>]*>", "", body)) == []


def test_every_text_of_the_guide_is_noted_for_the_judge(shared: Project, pages: dict[str, Page]) -> None:
    texts = pages["en"].texts
    for text in ("Cancel your line", "Do not cancel. Move it first.", "解約の手引き"):
        assert text in texts
    assert "Say 解約 (kaiyaku) at the counter." in texts  # placeholders filled in
    assert texts.index("Cancel your line") < texts.index("Do not cancel. Move it first.")
    assert pages["en"].addresses == ("https://www.demo.co.jp/leave",)


def test_the_file_says_what_it_is(shared: Project) -> None:
    about = describe(said(shared, "demo-cancel", ZH))
    assert about["title"] == "Demo: 译 Cancel your line"
    assert about["author"] == "carrier-guides"
    assert about["subject"] == "译 For contracts that you pay every month"
    assert about["keywords"].split(", ")[:3] == ["Demo", "简体中文", "demo-cancel"]


def test_a_text_that_no_template_prints_is_a_problem(project: Project) -> None:
    project.write("templates/blocks/summary.html", "")
    page = render_markup(said(project, "demo-start", EN), A4, project.root / "templates")
    assert [(p.key, p.rule) for p in page.problems] == [("demo-start/summary", "text-unprinted")]


def test_a_word_without_translation_is_a_problem_or_marked(shared: Project, template: Path) -> None:
    (template / "sheet.html").write_text('{{ _("New word") }}', encoding="utf-8")
    page = render_markup(said(shared, "demo-start", JA), A4, template)
    assert ("New word", "message-missing") in {(p.key, p.rule) for p in page.problems}
    page = render_markup(said(shared, "demo-start", JA, is_draft=True), A4, template)
    assert "〖" in page.html and "New word" in page.html
    assert "message-missing" not in {p.rule for p in page.problems}


# --- templates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\n{{ nothing }}", 2),
        ("\n\n{{ guide.nothing }}", 3),
        ("{% if %}", 1),
        ("\n{% include 'nothing.html' %}", 2),
        ("\n{{ guide.__class__.__mro__ }}", 2),
        ("{{ ''.__class__.__base__.__subclasses__() }}", 1),
        ("\n{{ 1 / 0 }}", 2),
        ("\n{{ local.printed['fact.nothing'] }}", 2),
        ("\n{{ guide.steps[99] }}", 2),
        ("{% include '../../../etc/passwd' %}", 1),
    ],
)
def test_a_wrong_template_is_told_with_its_line_and_never_reaches_python(
    shared: Project, template: Path, text: str, line: int
) -> None:
    (template / "sheet.html").write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError) as error:
        render_markup(said(shared, "demo-start", EN), A4, template)
    (problem,) = error.value.problems
    assert (problem.file, problem.line, problem.rule) == ("templates/sheet.html", line, "template")


def test_values_are_escaped_even_where_a_template_forgets_to_ask(shared: Project, template: Path) -> None:
    (template / "sheet.html").write_text("{{ '<b>' }}{{ guide.title }}", encoding="utf-8")
    assert render_markup(said(shared, "demo-start", EN), A4, template).html == "&lt;b&gt;Before you start"


def test_the_hash_of_templates_changes_with_every_file_and_name(tmp_path: Path) -> None:
    copy = tmp_path / "templates"
    shutil.copytree(ROOT / "templates", copy)
    hashes = [hash_templates(copy)]
    assert hashes[0] == hash_templates(ROOT / "templates")
    for path in sorted(path for path in copy.rglob("*") if path.is_file()):
        text = path.read_bytes()
        path.write_bytes(text + b" ")
        hashes.append(hash_templates(copy))
        path.write_bytes(text)
    (copy / "sheet.html").rename(copy / "other.html")
    hashes.append(hash_templates(copy))
    assert len(set(hashes)) == len(hashes)


def test_a_folder_without_templates_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as error:
        hash_templates(tmp_path)
    assert error.value.problems[0].rule == "template"
