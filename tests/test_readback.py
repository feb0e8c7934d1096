"""What the judge reads in a finished PDF. Real fonts, real engine, real bytes."""

from __future__ import annotations

import inspect
import io
import logging
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from generator.fonts import (
    FontSet,
    PinnedFonts,
    find_pinned_fonts,
    font_face_css,
    fontconfig_file,
    make_fonts,
)
from generator.problem import ProjectError
from generator.readback import (
    Misdrawn,
    PdfFacts,
    Run,
    compare_glyphs,
    expected_glyphs,
    read_pdf,
    validate_ua,
)

ASCII = "".join(map(chr, range(0x20, 0x7F)))
CHINESE = (
    "手机合约解约指南先确认再办理费用说明带好证件到门店退返直海骨营业时间"
    "违约金来店前请电话预约打印第一步二三“”，。：·•‐—（）、"
)
JAPANESE = "解約手続き本人確認書類料金返直海骨かいやくてつづきょっーカード「」・―のをおねがいします店契"

KOREAN = "휴대폰회선해지안내을를은이와에서로엔보여주세요신청하고있습니다요금‘’–"

# The rounding of the engine: Pango sizes fonts in 1/1024 px.
ROUNDING_PT = 0.01


@dataclass(frozen=True)
class Press:
    """Prints HTML with our fonts and no others, as `generator.layout` does."""

    fonts: FontSet
    pinned: PinnedFonts
    fontconfig: Path
    config: Any
    log: list[str]

    def print(
        self,
        body: str,
        *,
        lang: str = "zh-Hans",
        css: str = "",
        title: str = "解约指南",
        faces: str | None = None,
        finish: Callable[[Any, Any], None] | None = None,
        tag_languages: bool = True,
    ) -> bytes:
        from weasyprint import CSS, HTML

        attribute = f' lang="{lang}"' if lang else ""
        html = (
            f"<html{attribute}><head><title>{title}</title>"
            '<meta name="author" content="shop"><meta name="description" content="how to end a line">'
            f'<meta name="keywords" content="au, zh-Hans"></head><body>{body}</body></html>'
        )
        sheet = (
            "@page { size: 210mm 297mm; margin: 15mm }"
            "body { margin: 0 }"
            'html { font: 10.5pt/1.5 "Handout Sans" } h1 { font-size: 20pt }' + css
        )
        # Fonts that one document declares stay known to all that share a configuration.
        config = make_config(self.fontconfig) if faces else self.config
        faces = faces or font_face_css(self.fonts)
        sheets = [CSS(string=text, font_config=config) for text in (faces, sheet)]

        def finisher(document: object, pdf: Any) -> None:  # noqa: ANN401
            pdf.catalog["ViewerPreferences"]["PrintScaling"] = "/None"
            pdf.catalog["ViewerPreferences"]["Duplex"] = "/DuplexFlipLongEdge"
            if finish:
                finish(document, pdf)

        self.log.clear()
        document = HTML(string=html).render(font_config=config, stylesheets=sheets)
        with _tagged_languages(tag_languages):
            pdf: bytes = document.write_pdf(pdf_variant="pdf/ua-1", pdf_version="1.7", finisher=finisher)
        return pdf

    def read(self, pdf: bytes, *, for_press: bool = False) -> PdfFacts:
        return read_pdf(pdf, self.fonts, self.pinned, "test (zh_Hans, a4)", for_press=for_press)


@contextmanager
def _tagged_languages(wanted: bool) -> Iterator[None]:
    """Let the engine write /Lang on structure elements, which it does not by itself."""
    import pydyf
    from weasyprint.pdf import tags

    patched = tags._build_box_tree
    # Another test of this process may have warmed up our engine, which tags languages too.
    build = inspect.unwrap(patched)

    def build_with_language(box: Any, *args: Any) -> Iterator[Any]:  # noqa: ANN401
        for element in build(box, *args):
            # html and body pass on the elements of their children, which have their own.
            element.setdefault("Lang", pydyf.String(getattr(box, "_box", box).style["lang"] or ""))
            yield element

    tags._build_box_tree = build_with_language if wanted else build
    try:
        yield
    finally:
        tags._build_box_tree = patched


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def make_config(fontconfig: Path) -> Any:  # noqa: ANN401
    """Make a configuration that knows no font of the machine."""
    with pytest.MonkeyPatch.context() as patch:
        # Read by each FontConfiguration when it is made.
        patch.setenv("FONTCONFIG_FILE", str(fontconfig))
        from weasyprint.text.fonts import FontConfiguration

        return FontConfiguration()


@pytest.fixture(scope="session")
def press(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    # One folder for both test modules: the second one finds the fonts made.
    cache = tmp_path_factory.getbasetemp() / "press"
    fonts = make_fonts(frozenset(ASCII + CHINESE + JAPANESE + KOREAN), cache)
    fontconfig = fontconfig_file(fonts, cache)
    listener = _Listener()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(listener)
    yield Press(fonts, find_pinned_fonts(), fontconfig, make_config(fontconfig), listener.lines)
    logger.removeHandler(listener)


GOOD = """
<h1>手机合约解约指南</h1>
<p>先确认合约，再办理<span lang="ja">解約手続き</span>。请说“解约”，<b>Wi-Fi</b> 2026。</p>
<ul><li>带好证件（<span lang="ja">本人確認書類</span>）</li><li>第二步：到门店办理</li></ul>
<table><thead><tr><th>营业时间</th><th>电话</th></tr></thead>
<tbody><tr><td>9:00-20:00</td><td>0120-959-476</td></tr></tbody></table>
<p>打印 <a href="https://example.org/">example.org</a></p>
"""
GOOD_CSS = '@page { @bottom-left { content: "返 2026.11 · 1"; vertical-align: top } }'


@pytest.fixture(scope="session")
def good(press: Press) -> PdfFacts:
    return press.read(press.print(GOOD, css=GOOD_CSS))


def find_run(facts: PdfFacts, text: str) -> Run:
    return next(run for run in facts.runs if text in run.text)


def test_the_file_says_what_it_is(good: PdfFacts) -> None:
    assert good.version == "1.7"
    assert good.sizes_mm == good.media_mm == ((210.0, 297.0),)
    assert (good.language, good.title, good.author) == ("zh-Hans", "解约指南", "shop")
    assert (good.subject, good.keywords) == ("how to end a line", "au, zh-Hans")
    assert good.is_marked and good.claims_ua
    assert (good.print_scaling, good.duplex) == ("None", "DuplexFlipLongEdge")
    assert good.bookmarks == 1  # h1
    assert good.ua_failures == ()


def test_trim_is_the_page_and_media_is_the_sheet(press: Press) -> None:
    facts = press.read(press.print("<p>返</p>", css="@page { bleed: 3mm }"))
    assert facts.sizes_mm == ((210.0, 297.0),)
    assert facts.media_mm == ((216.0, 303.0),)  # 3 mm on each side
    assert find_run(facts, "返").x_mm == 15.0  # from the trim, not from the sheet


def test_fonts_are_known_by_their_outlines(good: PdfFacts) -> None:
    assert [(font.name, font.file, font.is_subset, font.face) for font in good.fonts] == [
        ("Handout-Sans", "FontFile2", True, "regular"),
        ("Handout-Sans-Bold", "FontFile2", True, "bold"),
    ]


def test_a_run_says_where_it_stands_and_how_large_it_is(press: Press) -> None:
    style = "position: absolute; left: 20mm; top: 30mm; margin: 0; font-size: 12pt; line-height: 1"
    facts = press.read(press.print(f'<p style="{style}">返返</p>'))
    run = find_run(facts, "返")
    assert run.size_pt == pytest.approx(12, abs=ROUNDING_PT)
    assert run.x_mm == 35.0  # 15 margin + 20
    assert run.width_mm == pytest.approx(2 * 12 * 25.4 / 72, abs=0.02)  # two characters of 1 em
    assert run.ink_mm is not None
    left, top, right, bottom = run.ink_mm
    assert 35.0 < left < right < 35.0 + run.width_mm
    assert 45.0 < top < run.y_mm < bottom < 45.0 + 1.2 * 12 * 25.4 / 72


def test_size_and_place_follow_the_matrix(press: Press) -> None:
    style = (
        "position: absolute; left: 0; top: 100mm; transform-origin: 0 0; transform: rotate(90deg) scale(0.5)"
    )
    run = find_run(press.read(press.print(f'<p style="{style}; font-size: 20pt">返返返返</p>')), "返")
    assert run.size_pt == pytest.approx(10, abs=ROUNDING_PT)  # 20 x 0.5
    assert run.ink_mm is not None
    left, top, right, bottom = run.ink_mm
    assert bottom - top > 3 * (right - left)  # turned: it runs downwards


def test_text_in_a_group_is_read_where_it_is_drawn(press: Press) -> None:
    facts = press.read(press.print('<h1>返</h1><p style="opacity: .5; margin: 50mm 0 0 40mm">直海</p>'))
    run = find_run(facts, "直海")
    assert run.x_mm == 55.0  # 15 margin + 40
    assert run.size_pt == pytest.approx(10.5, abs=ROUNDING_PT)


def test_glyphs_are_those_of_the_pinned_font(good: PdfFacts, press: Press) -> None:
    run = find_run(good, "先确认合约")
    assert run.glyphs == expected_glyphs(run.text, "zh-Hans", press.pinned.regular)
    ja = find_run(good, "解約手続き")
    assert ja.glyphs[1] == 30812  # 約 in Japanese; in simplified Chinese it is 30813
    assert find_run(good, "Wi-Fi").face == "bold"


def test_no_false_alarm_about_quotes_ligatures_digits_and_line_breaks(press: Press) -> None:
    words = "请说“解约”，office fluffy Wi-Fi AV To 1,000 9:00（先）、返直海骨 — ".replace(" — ", "")
    for lang in ("zh-Hans", "ja", "en", "zh-Hant"):
        for css in (
            "",
            "letter-spacing: .1em",
            "font-feature-settings: 'tnum', 'halt'",
            "font-kerning: none",
        ):
            text = f'<p style="width: 60mm; {css}">{words * 4}</p><p style="width: 5mm">AU-JA-2026.11</p>'
            facts = press.read(press.print(text, lang=lang))
            assert facts.misdrawn == (), (lang, css)


def test_no_false_alarm_about_korean_and_its_marks(press: Press) -> None:
    # Korean has a space, brackets, quotes and dots of its own width (locl), also beside Latin and digits.
    words = "해지, 신청. “회선”은 ‘안내’와 (해지) SIM을 “eSIM”이 My au에서? 1,100엔! 9:00–20:00; 회선·해지 "
    beside = ("{}", "{}해지", "au{}", "{}au", "1{}", "au {} 해지", "해지 {} au")
    marks = "".join(f"<p>{text.format(mark)}</p>" for mark in "“”‘’(),.·:–?![]" for text in beside)
    for css in ("", "letter-spacing: .1em", "font-feature-settings: 'tnum', 'halt'", "font-kerning: none"):
        body = f'<p style="width: 60mm; {css}">{words * 3}<b>{words}</b></p>{marks}'
        facts = press.read(press.print(body, lang="ko"))
        assert facts.misdrawn == (), css
        assert not any(glyph == 0 for run in facts.runs for glyph in run.glyphs)


def test_a_hanja_in_its_japanese_form_is_told(press: Press) -> None:
    # Pango gives no language to Han inside Korean, so the font draws its own.
    facts = press.read(press.print("<p>해지返 <span lang='ja'>返</span></p>", lang="ko"))
    assert [(m.character, m.language, m.form) for m in facts.misdrawn] == [("返", "ko", "ja")]


def test_characters_that_share_a_glyph_are_no_false_alarm(press: Press) -> None:
    chinese, japanese = "<p>合约·解约—费用</p>", '<p lang="ja">カード・手続き―料金</p>'
    for body in (chinese + japanese, japanese + chinese):
        facts = press.read(press.print(body + '<p lang="en">a · b — c</p>'))
        assert facts.misdrawn == ()


def test_language_and_role_come_from_the_nearest_element(good: PdfFacts) -> None:
    assert find_run(good, "解約手続き").language == "ja"
    assert find_run(good, "先确认合约").language == "zh-Hans"
    roles = {text: find_run(good, text).role for text in ("指南", "先确认", "证件", "营业时间", "9:00")}
    assert roles == {"指南": "H1", "先确认": "P", "证件": "LBody", "营业时间": "TH", "9:00": "TD"}


def test_runs_of_one_paragraph_share_their_block(good: PdfFacts) -> None:
    assert find_run(good, "先确认").block == find_run(good, "解約手続き").block
    assert find_run(good, "先确认").block != find_run(good, "指南").block


def test_page_margins_are_no_part_of_the_reading_order(good: PdfFacts) -> None:
    margin = find_run(good, "2026.11")
    assert margin.is_artifact and margin not in good.reading_order
    aloud = "".join(run.text for run in good.reading_order)
    assert (
        aloud.index("手机")
        < aloud.index("先确认")
        < aloud.index("本人")
        < aloud.index("0120")
        < aloud.index("org")
    )


def test_reading_order_is_that_of_the_tree_and_not_of_the_paint(press: Press) -> None:
    # Positioned boxes are painted last.
    facts = press.read(press.print('<p style="position: relative">第一</p><p>第二</p>'))
    assert [run.text for run in facts.runs] == ["第二", "第一"]
    assert [run.text for run in facts.reading_order] == ["第一", "第二"]


def test_links_have_their_place(good: PdfFacts) -> None:
    (link,) = good.links
    run = find_run(good, "example.org")
    assert (link.page, link.uri) == (1, "https://example.org/")
    assert link.rect_mm[0] == pytest.approx(run.x_mm, abs=0.02)
    assert link.rect_mm[1] < run.y_mm < link.rect_mm[3]


def test_missing_glyphs_are_counted_by_page(press: Press) -> None:
    facts = press.read(press.print('<p>直</p><p style="break-before: page">☐骨☐</p>'))
    assert facts.notdef == (0, 2)
    assert find_run(facts, "骨").letters == ("☐", "骨", "☐")


def test_regional_form_without_its_language_is_found(press: Press) -> None:
    facts = press.read(press.print("<p style=\"font-feature-settings: 'locl' 0\">返手</p>"))
    assert facts.misdrawn == (Misdrawn(1, "返", "zh-Hans", "ja", run=0),)  # 手 is the same everywhere


def test_two_files_for_one_face_are_found_out(press: Press, tmp_path: Path) -> None:
    # The engine takes both files for one font: it prints the glyph ids of one with the shapes of the other.
    digits = make_fonts(frozenset("0123456789"), tmp_path)
    characters = make_fonts(frozenset("解约返直海骨"), tmp_path)
    faces = (font_face_css(digits) + font_face_css(characters)).replace("Handout Sans", "Twice")
    pdf = press.print("<p>解约0120</p>", faces=faces, css="html { font-family: Twice }")

    facts = read_pdf(pdf, characters, press.pinned)
    (run,) = facts.runs
    assert run.text == "解约0120"  # copied text is still right
    assert [m.character for m in facts.misdrawn] == ["0", "1", "2", "0"]
    assert {m.form for m in facts.misdrawn} == {""}
    assert [font.face for font in read_pdf(pdf, digits, press.pinned).fonts] == [""]


def test_bold_that_is_not_bold_is_found(press: Press) -> None:
    faces = font_face_css(press.fonts).replace(press.fonts.bold.as_uri(), press.fonts.regular.as_uri())
    faces = faces.replace("Handout Sans", "Mock")
    facts = press.read(press.print("<p><b>返</b></p>", faces=faces, css="html { font-family: Mock }"))
    (font,) = facts.fonts
    assert (font.name, font.face) == ("Mock-Bold", "regular")
    assert (font.kind, font.file, font.fs_type, font.slant) == ("Type0", "FontFile2", 0, 0.0)
    assert len(font.program) == 64


def test_without_tags_there_is_no_reading_order(press: Press) -> None:
    from weasyprint import HTML

    plain = HTML(string="<p>abc</p>").write_pdf(font_config=press.config)
    facts = press.read(plain)
    assert facts.reading_order == () and not facts.is_marked and not facts.claims_ua
    assert all(run.is_artifact for run in facts.runs)
    assert facts.ua_failures


def test_ua_failures_are_words_and_each_is_told_once(press: Press) -> None:
    svg = '<svg width="9" height="9"><path d="M0 0h9"/></svg>'
    (failure,) = validate_ua(press.print(f"<p>返{svg}{svg}</p>"))
    assert "alt" in failure.what.casefold() and failure.rule.startswith("PDFUA1-")


def test_comparison_skips_fonts_that_are_none_of_ours(good: PdfFacts, press: Press) -> None:
    assert compare_glyphs(good.runs, press.pinned) == ()


def save(pdf: pikepdf.Pdf, **options: Any) -> bytes:  # noqa: ANN401
    out = io.BytesIO()
    pdf.save(out, **options)
    return out.getvalue()


def refusal(press: Press, pdf: bytes) -> str:
    with pytest.raises(ProjectError) as caught:
        press.read(pdf)
    (problem,) = caught.value.problems
    assert (problem.rule, problem.handout) == ("PDF-01", "test (zh_Hans, a4)")
    assert problem.hint
    return problem.what


@pytest.mark.parametrize("pdf", [b"", b"hello", b"%PDF-1.7\n", b"\0" * 1000, b"%PDF-1.7\n%%EOF\n"])
def test_what_is_no_pdf_is_refused(press: Press, pdf: bytes) -> None:
    assert refusal(press, pdf) == "the file is damaged or not a PDF"


def test_a_truncated_file_is_refused_even_where_viewers_repair_it(press: Press) -> None:
    pdf = press.print("<p>返</p>")
    for length in (len(pdf) - 30, len(pdf) // 2, 100):
        assert "damaged" in refusal(press, pdf[:length])


@pytest.mark.parametrize("password", ["", "secret"])
def test_an_encrypted_file_is_refused(press: Press, password: str) -> None:
    with pikepdf.open(io.BytesIO(press.print("<p>返</p>"))) as pdf:
        locked = save(pdf, encryption=pikepdf.Encryption(owner="owner", user=password))
    assert refusal(press, locked) == "the file is encrypted"


def test_objects_of_the_wrong_kind_are_refused(press: Press) -> None:
    good = press.print("<p>返</p>")

    def break_media(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].obj.TrimBox = pikepdf.Array([1, 2])

    def break_widths(pdf: pikepdf.Pdf) -> None:
        next(iter(pdf.pages[0].Resources.Font.values())).DescendantFonts[0].W = pikepdf.Array([1, 2])

    def break_font(pdf: pikepdf.Pdf) -> None:
        font = next(iter(pdf.pages[0].Resources.Font.values())).DescendantFonts[0]
        font.FontDescriptor.FontFile2.write(b"\0\1\0\0\0\x0c")

    def break_form(pdf: pikepdf.Pdf) -> None:
        form = pdf.make_stream(b"/F Do", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form)
        form.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=form))
        pdf.pages[0].obj.Resources.XObject.F = form
        pdf.pages[0].contents_add(b"/F Do")

    for damage in (break_media, break_widths, break_font, break_form):
        with pikepdf.open(io.BytesIO(good)) as pdf:
            damage(pdf)
            assert refusal(press, save(pdf)) == "the file is not built like a PDF", damage.__name__


def test_circles_in_the_structure_come_to_an_end(press: Press) -> None:
    with pikepdf.open(io.BytesIO(press.print("<h1>返</h1>"))) as pdf:
        element = pdf.Root.StructTreeRoot.K[0]
        element.K = pikepdf.Array([element.K, element])
        pdf.Root.Outlines.First.Next = pdf.Root.Outlines.First
        assert refusal(press, save(pdf)) == "the file cannot be validated as PDF/UA-1"


def test_damaged_bytes_never_raise_anything_else(press: Press) -> None:
    with pikepdf.open(io.BytesIO(press.print(GOOD))) as pdf:
        # Uncompressed, so that the damage reaches what is inside.
        plain = save(pdf, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.all)
    chance = random.Random(20261122)
    refused = 0
    for _ in range(120):
        damaged = bytearray(plain)
        for _ in range(chance.choice((1, 5, 50))):
            damaged[chance.randrange(len(damaged))] = chance.choice(b"/<>[]() 0123456789abRK")
        try:
            press.read(bytes(damaged))
        except ProjectError as error:
            refused += 1
            assert error.problems[0].rule == "PDF-01"
    assert 0 < refused < 120


def test_importing_the_room_loads_no_library() -> None:
    heavy = {"pikepdf", "uharfbuzz", "page", "weasyprint"}
    code = f"import sys, generator.readback, generator.checks; print(*{heavy} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""
