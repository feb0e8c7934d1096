"""Each defect is planted in a real handout, and exactly that defect is reported."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import test_readback
from test_readback import ASCII, GOOD, GOOD_CSS, Press

from generator.checks import RULES, Expected, check_handout, describe_limit
from generator.fonts import font_face_css, make_fonts
from generator.language import LANGUAGES, Language
from generator.paper import PAPERS
from generator.problem import Problem
from generator.readback import PdfFacts, Run, read_pdf

press = test_readback.press

HANDOUT = "au-cancel (zh_Hans, a4)"
LANGUAGE: dict[str, Language] = {language.tag: language for language in LANGUAGES}
PAPER = PAPERS[0]
GUIDE = (
    "手机合约解约指南",
    "先确认合约，再办理解約手続き。请说“解约”，Wi-Fi 2026。",
    "带好证件（本人確認書類）",
    "第二步：到门店办理",
    "营业时间",
    "电话",
    "9:00-20:00",
    "0120-959-476",
    "打印 example.org",
)
EXPECTED = Expected(
    handout=HANDOUT,
    paper=PAPER,
    language=LANGUAGE["zh-Hans"],
    family="Handout Sans",
    title="解约指南",
    texts=GUIDE,
    japanese=("解約手続き", "本人確認書類"),
    slack_mm=(PAPER.slack_mm,),
    author="shop",
    subject="how to end a line",
    keywords="au, zh-Hans",
)
# Pages with one defect say only what they need.
BARE = replace(EXPECTED, texts=(), japanese=())


def said(facts: PdfFacts, expected: Expected = BARE) -> list[tuple[str, int, str]]:
    return [(problem.rule, problem.page, problem.what) for problem in check_handout(facts, expected)]


def index(_: object, pdf: Any) -> None:  # noqa: ANN401 - the engine has no types
    """Let the engine write scopes and ids of table heads, as `generator.layout` does."""
    import pydyf

    from generator.layout.tags import index_headers

    index_headers(pdf, pydyf)


def said_of(rule: str, facts: PdfFacts, expected: Expected) -> list[tuple[str, int, str]]:
    return [finding for finding in said(facts, expected) if finding[0] == rule]


@pytest.fixture(scope="session")
def good(press: Press) -> PdfFacts:
    return press.read(press.print(GOOD, css=GOOD_CSS, finish=index))


# A page has one heading of the first level and a text of good size; out of the way of what is planted.
HEAD = (
    '<div style="position: absolute; left: 0; bottom: 0; font-weight: 400">'
    '<h1 style="margin: 0; font: inherit">2026</h1>'
    f'<p style="margin: 0">{"2026, " * 14}</p></div>'
)


def judge(press: Press, body: str, expected: Expected = BARE, **options: str) -> list[tuple[str, int, str]]:
    return said(press.read(press.print(HEAD + body, finish=index, **options)), expected)


def test_a_good_handout_has_no_problems(good: PdfFacts) -> None:
    assert check_handout(good, EXPECTED) == ()


def test_a_problem_has_place_rule_and_next_step(good: PdfFacts) -> None:
    (problem,) = check_handout(good, replace(EXPECTED, complaints=("Ignored `colour: red` at 3:5",)))
    assert problem == Problem(
        handout=HANDOUT,
        rule="ENG-01",
        what="the layout engine says: Ignored `colour: red` at 3:5",
        hint="remove or repair what it names; an unknown property prints as if it were not there",
    )


def test_a_real_complaint_of_the_engine_is_passed_on(press: Press) -> None:
    facts = press.read(press.print(f'{HEAD}<p>返</p><p style="colour: red">直</p>', finish=index))
    assert press.log
    assert [rule for rule, *_ in said(facts, replace(BARE, complaints=tuple(press.log)))] == ["ENG-01"]


def test_a_third_page_is_refused(press: Press) -> None:
    pages = "".join(f'<p style="break-after: page">第{n}页</p>'.replace("页", "步") for n in "一二三")
    assert judge(press, pages) == [("GEO-07", 0, "has 3 pages, a4 has room for 2")]


def test_the_exact_number_of_pages_may_be_ordered(good: PdfFacts) -> None:
    assert said(good, replace(EXPECTED, pages=2)) == [("GEO-07", 0, "has 1 page, 2 wanted")]
    assert said(good, replace(EXPECTED, pages=1)) == []


def test_another_size_is_refused(press: Press) -> None:
    found = judge(press, "<p>返</p>", css="@page { size: letter }")
    assert found == [("GEO-01", 1, "is 215.9 x 279.4 mm, 210 x 297 mm wanted")]


def test_an_empty_foot_is_a_warning(good: PdfFacts) -> None:
    (problem,) = check_handout(good, replace(EXPECTED, slack_mm=(3.0, 40.0)))
    assert (problem.rule, problem.page, problem.severity) == ("GEO-09", 2, "warning")
    assert problem.what == "40.0 mm stay empty at the foot, 14 mm at most wanted"


def test_a_font_of_another_name_is_foreign(press: Press) -> None:
    faces = font_face_css(press.fonts).replace("Handout Sans", "Other")
    found = judge(press, "<p>返</p>", faces=faces, css="html { font-family: Other }")
    assert found == [("FNT-02", 0, 'type is set in "Other"')]


def test_a_foreign_font_in_a_background_picture_is_found(press: Press) -> None:
    text = "<text y='30' font-family='Hidden'>a</text>"
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' width='90' height='90'>{text}</svg>"
    faces = font_face_css(press.fonts)
    faces += faces.replace("Handout Sans", "Hidden")
    style = f'height: 30mm; background: url("data:image/svg+xml,{svg}")'
    found = judge(press, "<p>返</p><div></div>", faces=faces, css=f"div {{ {style} }}")
    assert found == [("FNT-02", 0, 'type is set in "Hidden"')]


def test_a_font_with_postscript_outlines_is_foreign(press: Press) -> None:
    faces = f'@font-face {{ font-family: Raw; src: url("{press.pinned.regular.as_uri()}") }}'
    found = judge(
        press, "<p>返</p>", replace(BARE, family="Raw"), faces=faces, css="html { font-family: Raw }"
    )
    assert found == [("FNT-02", 0, '"Raw" is not embedded as a TrueType font')]


def test_a_font_with_other_outlines_is_foreign(press: Press, tmp_path: Path) -> None:
    from fontTools.ttLib import TTFont

    other = make_fonts(frozenset("返" + ASCII), tmp_path)
    with TTFont(other.regular) as font:
        for name in font.getGlyphOrder():
            glyph = font["glyf"][name]
            if glyph.numberOfContours > 0:
                glyph.coordinates.translate((10, 0))
        font.save(tmp_path / "moved.ttf")
    other = replace(other, regular=tmp_path / "moved.ttf")
    faces = font_face_css(other).replace("Handout Sans", "Guise")
    found = judge(
        press, "<p>返</p>", replace(BARE, family="Guise"), faces=faces, css="html { font-family: Guise }"
    )
    assert found == [("FNT-02", 0, '"Guise" has outlines of another font')]


def test_bold_with_regular_outlines_is_not_bold(press: Press) -> None:
    faces = font_face_css(press.fonts).replace(press.fonts.bold.as_uri(), press.fonts.regular.as_uri())
    faces = faces.replace("Handout Sans", "Feint")
    found = judge(
        press,
        "<p><b>返</b></p>",
        replace(BARE, family="Feint"),
        faces=faces,
        css="html { font-family: Feint }",
    )
    assert found == [("FNT-06", 0, '"Feint-Bold" has the outlines of the regular weight')]


def test_tofu_is_refused_with_its_character(press: Press) -> None:
    found = judge(press, '<p>返</p><p style="break-before: page">☐ 返 ☐</p>')
    assert found == [("FNT-03", 2, "the font has no glyph for ☐ U+2610")]


def test_wrong_shapes_under_right_text_are_refused(press: Press, tmp_path: Path) -> None:
    digits = make_fonts(frozenset("0123456789"), tmp_path)
    characters = make_fonts(frozenset("解约返直海骨"), tmp_path)
    faces = (font_face_css(digits) + font_face_css(characters)).replace("Handout Sans", "Clash")
    pdf = press.print("<p>解约0120</p>", faces=faces, css="html { font-family: Clash }")
    facts = read_pdf(pdf, characters, press.pinned)
    found = said(facts, replace(BARE, family="Clash"))
    assert ("FNT-04", 1, "0, 1, 2 are drawn as something else") in found
    # Digits and Han characters differ in width too: the validator sees that much.
    assert ["WIDTH" in what for rule, _, what in found if rule == "A11Y-01"] == [True]


def test_another_regions_form_is_refused(press: Press) -> None:
    found = judge(press, "<p>手<span style=\"font-feature-settings: 'locl' 0\">返</span>返</p>")
    assert found == [("CJK-01", 1, "返 is drawn in its Japanese form")]
    found = judge(press, "<p lang=ja style=\"font-feature-settings: 'locl' 0\">解約</p><p>返直</p>")
    assert found == []  # the pinned font is Japanese by nature


def test_a_lang_that_only_the_file_claims_gives_the_wrong_form(press: Press) -> None:
    body = f'{HEAD}<p>手<span lang="ja">返海直</span></p>'
    facts = press.read(press.print(body, tag_languages=False, finish=index))
    assert said(facts) == [("CJK-01", 1, "返, 海, 直 are drawn in their Japanese form")]


def test_a_lost_text_is_refused(good: PdfFacts) -> None:
    found = said(good, replace(EXPECTED, texts=(*GUIDE, "违约金")))
    assert found == [("TXT-01", 0, "“违约金” is not on paper")]


def test_a_text_that_stands_once_where_two_are_wanted_is_missing(good: PdfFacts) -> None:
    found = said_of("TXT-01", good, replace(BARE, texts=("电话", "电话")))
    assert found == [("TXT-01", 0, "“电话” is on paper 1 time, 2 wanted")]


def test_a_text_that_is_only_in_the_margin_is_missing(good: PdfFacts) -> None:
    assert "2026.11" in "".join(run.text for run in good.runs)
    found = said_of("TXT-01", good, replace(BARE, texts=("2026.11",)))
    assert found == [("TXT-01", 0, "“2026.11” is not on paper")]


def test_a_text_may_be_broken_into_lines_pages_and_elements(press: Press) -> None:
    text = "先确认合约，再办理解约 0120-959-476 official"
    body = '<p style="width: 12mm">先确认合<b>约</b>，再办理解约 0120-959-476 offi&shy;cial</p>'
    found = judge(press, body, replace(BARE, texts=(text,)))
    assert [rule for rule, *_ in found if rule != "CJK-06"] == []  # the column is narrow on purpose


def test_characters_that_share_a_glyph_are_found(press: Press) -> None:
    body = '<p>合约·解约</p><p lang="ja">カード・手続き</p>'
    assert judge(press, body, replace(BARE, texts=("合约·解约", "カード・手続き"))) == []


def test_texts_in_another_order_are_refused(press: Press) -> None:
    found = judge(press, "<p>第二步</p><p>第一步</p>", replace(BARE, texts=("第一步", "第二步")))
    assert [rule for rule, *_ in found] == ["A11Y-05"]


def test_one_text_at_the_wrong_place_is_one_problem(press: Press) -> None:
    order = ("费用", "第一步", "第二步", "第三步", "说明")
    body = "<p>第一步</p><p>第二步</p><p>第三步</p><p>说明</p><p>费用</p>"
    found = judge(press, body, replace(BARE, texts=order))
    assert found == [("A11Y-05", 0, "“费用” is read at another place than in the guide")]


def test_words_that_occur_twice_do_not_confuse_the_order(press: Press) -> None:
    body = "<p>解约</p><p>费用</p><p>解约费用</p><p>解约</p>"
    order = ("解约", "费用", "解约费用", "解约")
    assert judge(press, body, replace(BARE, texts=order)) == []


def test_small_type_is_refused(press: Press) -> None:
    body = '<p style="font-size: 8.5pt">返</p><p style="font-size: 8.4pt">说明</p>'
    assert judge(press, body) == [("TYP-01", 1, "“说明” is set in 8.4 pt, at least 8.5 pt wanted")]


def test_type_that_a_transform_makes_small_is_refused(press: Press) -> None:
    found = judge(press, '<p style="transform: scale(.5); font-size: 12pt">说明</p>')
    assert found == [("TYP-01", 1, "“说明” is set in 6 pt, at least 8.5 pt wanted")]


def test_type_over_type_is_refused(press: Press) -> None:
    place = "position: absolute; left: 20mm; top: 20mm; margin: 0"
    found = judge(press, f'<p style="{place}">返</p><p style="{place}">说明</p>')
    assert found == [("GEO-04", 1, "“返” and “说明” are drawn over each other")]


def test_type_outside_the_safe_area_is_refused(press: Press) -> None:
    body = '<p style="position: absolute; left: -9mm; top: 0">返</p>'
    ((rule, page, what),) = judge(press, body)
    assert (rule, page) == ("GEO-03", 1)
    # 15 mm margin - 9 mm, and what the glyph leaves free on its left
    assert what == "“返” is 6.1 mm from the left edge, at least 10 mm wanted"


@pytest.mark.parametrize(
    ("place", "edge"), [("top: -12mm", "top"), ("right: -12mm", "right"), ("bottom: -12mm", "bottom")]
)
def test_every_edge_is_judged(press: Press, place: str, edge: str) -> None:
    ((rule, _, what),) = judge(press, f'<p style="position: absolute; margin: 0; {place}">返</p>')
    assert rule == "GEO-03" and f"mm from the {edge} edge" in what


def test_a_document_in_another_language_is_refused(press: Press) -> None:
    found = judge(press, "<p>2026</p>", lang="ja")
    assert found == [("A11Y-04", 0, 'the document says that it is in "ja", "zh-Hans" wanted')]


def test_chinese_without_its_lang_in_a_japanese_document_is_refused(press: Press) -> None:
    expected = replace(BARE, language=LANGUAGE["ja"])
    found = judge(press, "<p>解約</p><p>费用说明</p>", expected, lang="ja")
    assert found == [("A11Y-04", 1, '“费用说明” is Chinese, but its language is "ja"')]
    assert judge(press, '<p>解約</p><p lang="zh-Hans">费用说明</p>', expected, lang="ja") == []


@pytest.mark.parametrize(
    ("text", "language"), [("おねがいします", "Japanese"), ("確認", "Japanese or traditional Chinese")]
)
def test_japanese_without_its_lang_in_a_chinese_document_is_refused(
    press: Press, text: str, language: str
) -> None:
    found = judge(press, f"<p>{text}</p>")
    assert found == [("A11Y-04", 1, f'“{text}” is {language}, but its language is "zh-Hans"')]
    assert judge(press, f'<p lang="ja">{text}</p>') == []


def test_han_without_its_lang_in_an_english_document_is_refused(press: Press) -> None:
    expected = replace(BARE, language=LANGUAGE["en"])
    found = judge(press, "<p>say 解約</p>", expected, lang="en")
    assert found == [("A11Y-04", 1, '“say 解約” is Chinese or Japanese, but its language is "en"')]
    assert judge(press, '<p>say <span lang="ja">解約</span></p>', expected, lang="en") == []


def test_a_term_that_both_languages_write_alike_must_be_japanese_somewhere(press: Press) -> None:
    expected = replace(BARE, japanese=("料金",))
    found = judge(press, "<p>料金</p>", expected)
    assert found == [("A11Y-04", 0, "“料金” is nowhere marked as Japanese")]
    assert judge(press, '<p>料金 <span lang="ja">料金</span></p>', expected) == []


def test_marks_that_belong_to_the_line_before_do_not_begin_a_line(press: Press) -> None:
    body = "<p>先确认<br>，再办理</p><p>先确认（<br>再办理）</p>"
    assert judge(press, body) == [
        ("CJK-02", 1, "a line begins with ，: “先确认，再办理”"),
        ("CJK-03", 1, "a line ends with （: “先确认（再办理）”"),
    ]


def test_the_engine_breaks_lines_well_by_itself(press: Press) -> None:
    body = "".join(
        f'<p style="width: {n}mm">{"请说“解约”，再办理（退）。" * 6}</p>' for n in range(14, 60, 9)
    )
    facts = press.read(press.print(body))
    assert check_handout(facts, BARE, ("CJK-02", "CJK-03")) == ()


def test_a_picture_without_a_name_fails_pdf_ua(press: Press) -> None:
    ((rule, _, what),) = judge(press, '<p>返</p><svg width="90" height="90"><path d="M0 0h90v90z"/></svg>')
    assert rule == "A11Y-01" and "Alt" in what


def test_properties_of_the_file_are_compared(good: PdfFacts) -> None:
    facts = replace(good, version="1.4", title="", print_scaling="", duplex="Simplex", author="me")
    assert said(facts, EXPECTED) == [
        ("PDF-01", 0, 'version is "1.4", "1.7" wanted'),
        ("PDF-03", 0, 'title is not set, "解约指南" wanted'),
        ("PDF-03", 0, 'author is "me", "shop" wanted'),
        ("PRN-01", 0, 'PrintScaling is not set, "None" wanted'),
        ("PRN-01", 0, 'Duplex is "Simplex", "DuplexFlipLongEdge" wanted'),
    ]
    assert ("PDF-03", 0, 'author is "me", "shop" wanted') not in said(facts, replace(EXPECTED, author=None))


def test_the_same_thing_on_one_page_is_told_once(press: Press) -> None:
    found = judge(press, '<p style="font-size: 6pt">说明</p>' * 3)
    assert len(found) == 1


def test_many_characters_are_one_problem_that_names_some(press: Press) -> None:
    body = "<p style=\"font-feature-settings: 'locl' 0\">返直海骨返约解说证返</p>"
    ((rule, _, what),) = judge(press, body)
    assert rule == "CJK-01"
    assert what.startswith("返, 直, 海, 骨, ") and what.endswith("are drawn in their Japanese form")
    assert what.count("返") == 1


def test_every_rule_says_what_why_and_what_to_do() -> None:
    for name, rule in RULES.items():
        assert re.fullmatch(r"[A-Z0-9]+-\d\d", name)
        for text in (rule.name, rule.reason, rule.source, rule.limit, rule.hint):
            assert text and not text.endswith("."), name
            assert "\n" not in text
        assert describe_limit(rule, PAPER)


def test_every_rule_has_been_seen_red() -> None:
    tests = Path(__file__).parent
    text = "".join(
        (tests / name).read_text(encoding="utf-8")
        for name in ("test_checks.py", "test_broken.py", "test_fit.py", "test_press.py")
    )
    assert [name for name in RULES if f'"{name}"' not in text] == []


def test_judging_changes_nothing_and_can_be_repeated(good: PdfFacts) -> None:
    run: Run = good.runs[0]
    assert check_handout(good, BARE) == check_handout(good, BARE) == ()
    assert good.runs[0] is run
