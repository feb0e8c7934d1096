"""Broken handouts, made here: each announces its findings, and exactly these are found.

Each is a page that is good but for what is planted in it; beside each red one stands a green one that differs in
nothing else. Real fonts, real engine, real bytes.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import segno
import test_readback
from PIL import Image as Picture
from test_checks import BARE, HEAD, LANGUAGE, index
from test_readback import Press, save

from generator.checks import Expected, check_handout
from generator.colour import find_grey
from generator.fonts import font_face_css
from generator.layout.colours import replace_colours
from generator.paper import PAPERS, for_medium
from generator.readback import read_pdf

press = test_readback.press

ADDRESS = "https://www.au.com/english/"


def code(
    address: str = ADDRESS,
    *,
    mm: float = 20,
    quiet: int = 4,
    dark: str = "#000",
    light: str = "#fff",
    level: str = "m",
    is_micro: bool = False,
) -> str:
    """Draw a code of a width, quiet zone included, as the templates do."""
    make = segno.make_micro if is_micro else segno.make_qr
    symbol = make(address, error=level) if is_micro else make(address, error=level, boost_error=False)
    size = symbol.symbol_size(border=quiet)[0]
    path = "".join(
        f"M{x + quiet} {y + quiet}h1v1h-1z"
        for y, row in enumerate(symbol.matrix)
        for x, is_dark in enumerate(row)
        if is_dark
    )
    return (
        f'<svg style="width: {mm}mm; height: {mm}mm" role="img" viewBox="0 0 {size} {size}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>打印 example.org</title>'
        f'<rect width="{size}" height="{size}" fill="{light}"/><path d="{path}" fill="{dark}"/></svg>'
    )


def picture(mode: str, size: tuple[int, int], colour: int | tuple[int, int, int] = 128) -> str:
    """Return an image as a data: address."""
    file = io.BytesIO()
    Picture.new(mode, size, colour).save(file, "png")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def code_image(scale: int) -> str:
    """Return a code as an image of so many pixels a module."""
    file = io.BytesIO()
    segno.make_qr(ADDRESS, error="m", boost_error=False).save(file, kind="png", scale=scale, border=4)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


BESIDE = "<p>au.com/english</p>"
CODED = replace(BARE, addresses=(ADDRESS,))
ALT = "打印"
ROUND = 'style="display: block; width: 30mm; height: 30mm; image-rendering: crisp-edges"'


@dataclass(frozen=True)
class Case:
    """A page, what it announces, and the page that is the same but good."""

    name: str
    red: str
    announces: tuple[tuple[str, str], ...]
    green: str
    expected: Expected = BARE
    css: str = ""
    lang: str = "zh-Hans"
    green_expected: Expected | None = None
    green_css: str = ""
    options: dict[str, Any] = field(default_factory=dict)


ON_PRESS = replace(BARE, paper=for_medium(PAPERS[0], "press"), is_ordered=False)
INKED = "@page { bleed: 3mm } html { color: device-cmyk(0 0 0 1) }"

# Folded in the left margin, where nothing else is.
FOLDED = replace(BARE, paper=replace(PAPERS[0], folds_mm=((11.0,),), panels=(("narrow", "wide"),)))
# A roll as wide as the sheet, whose printer does not reach its left margin.
ON_A_ROLL = replace(
    BARE,
    paper=replace(
        PAPERS[0],
        height_mm=0.0,
        head_mm=186.0,
        dot_mm=0.125,
        line_pt=0.7,
        qr_module_mm=0.5,
        duplex="",
        medium="roll",
    ),
)
BLACK = "html { color: #000 }"
JAPANESE = replace(BARE, language=LANGUAGE["ja"])
TRADITIONAL = replace(BARE, language=LANGUAGE["zh-Hant"])
KOREAN = replace(BARE, language=LANGUAGE["ko"], texts=("My au에서 해지를 신청하고 안내를 보여 주세요.",))
NARROW = "width: 40mm"

CASES = (
    # --- glyphs and languages
    Case(
        "a character in the form of another region",
        "<p>手<span style=\"font-feature-settings: 'locl' 0\">返直</span></p>",
        (("CJK-01", "返, 直 are drawn in their Japanese form"),),
        "<p>手返直</p>",
    ),
    Case("tofu", "<p>☐</p>", (("FNT-03", "the font has no glyph for ☐ U+2610"),), "<p>返</p>"),
    Case(
        "Japanese without its language",
        "<p>おねがいします</p>",
        (("A11Y-04", '“おねがいします” is Japanese, but its language is "zh-Hans"'),),
        '<p lang="ja">おねがいします</p>',
    ),
    Case(
        "a kana in a Chinese sentence",
        "<p>第一步の费用说明到门店</p>",
        (("CJK-10", "の in “第一步の费用说明到门店” is not of its language (zh-Hans)"),),
        "<p>第一步，费用说明到门店</p>",
    ),
    Case(
        "a simplified character in a traditional sentence",
        "<p>先确认，再到店解約</p>",
        (("CJK-10", "确, 认 in “先确认，再到店解約” is not of its language (zh-Hant)"),),
        "<p>先確認，再到店解約</p>",
        TRADITIONAL,
        lang="zh-Hant",
    ),
    Case(
        "a Japanese character in a traditional sentence",
        "<p>先確認手続，再解約</p>",
        (("CJK-10", "続 in “先確認手続，再解約” is not of its language (zh-Hant)"),),
        '<p>先確認<span lang="ja">手続</span>，再解約</p>',
        TRADITIONAL,
        lang="zh-Hant",
    ),
    Case(
        "a simplified text in a traditional document",
        "<p>费用说明</p>",
        (("A11Y-04", '“费用说明” is Japanese or simplified Chinese, but its language is "zh-Hant"'),),
        '<p lang="zh-Hans">费用说明</p>',
        TRADITIONAL,
        lang="zh-Hant",
    ),
    Case(
        "a placeholder",
        "<p>{fact.au-fee} yen</p>",
        (("CJK-10", "{fact.au-fee} was meant for a program: “{fact.au-fee} yen”"),),
        "<p>2026 yen</p>",
    ),
    # --- lines
    Case(
        "a line that begins with a comma",
        "<p>先确认合约<br>，再办理解约</p>",
        (("CJK-02", "a line begins with ，: “先确认合约，再办理解约”"),),
        "<p>先确认合约，<br>再办理解约</p>",
    ),
    Case(
        "a line that begins with a small kana",
        '<p lang="ja">契約の手つづき<br>っのをおねがいします</p>',
        (("CJK-02", "a line begins with っ: “契約の手つづきっのをおねがいします”"),),
        '<p lang="ja">契約の手つづきっ<br>のをおねがいします</p>',
    ),
    Case(
        "a line that ends with an opening bracket",
        "<p>先确认合约（<br>退费说明）</p>",
        (("CJK-03", "a line ends with （: “先确认合约（退费说明）”"),),
        "<p>先确认合约<br>（退费说明）</p>",
    ),
    Case(
        "a telephone number over two lines",
        "<p>电话营业时间 0120-<br>959-476</p>",
        (("CJK-04", "a telephone number is split over two lines: “0120-959-476”"),),
        "<p>电话营业时间<br>0120-959-476</p>",
    ),
    Case(
        "a price over two lines",
        '<p lang="en" style="width: 60mm">the fee is 1,100<br>yen at most</p>',
        (("CJK-04", "a price is split over two lines: “1,100yen”"),),
        '<p lang="en" style="width: 60mm">the fee is<br>1,100 yen at most</p>',
    ),
    Case(
        "a number without its unit",
        "<p>费用 31<br>时到门店</p>",
        (("CJK-04", "a number and its unit is split over two lines: “31时”"),),
        "<p>费用<br>31时到门店</p>",
    ),
    Case(
        "an address over two lines",
        "<p>打印 https://www.au.<br>com/english</p>",
        (("CJK-04", "an address is split over two lines: “https://www.au.com/english”"),),
        "<p>打印<br>https://www.au.com/english</p>",
    ),
    Case(
        "one character alone",
        "<p>先确认合约再办理费用说<br>明。</p>",
        (("CJK-05", "one character is alone on a line: “确认合约再办理费用说明。”"),),
        "<p>先确认合约再办理费用<br>说明。</p>",
    ),
    Case(
        "lines too short to be read",
        f'<p style="width: 30mm">{"先确认合约再办理" * 6}</p>',
        (
            (
                "CJK-06",
                "lines of 8 characters, 12 to 40 wanted: “先确认合约再办理先确认合约再办理先确认合约再办理先确认合约再办理先确认合约再办…”",
            ),
        ),
        f'<p style="width: 60mm">{"先确认合约再办理" * 6}</p>',
    ),
    Case(
        "lines too close",
        f'<p style="line-height: 1.1; width: 90mm">{"先确认合约再办理" * 5}</p>',
        (
            (
                "CJK-07",
                "lines are 1.10 sizes apart, 1.3 to 2 wanted: “先确认合约再办理先确认合约再办理先确认合约再办理先确认合约再办理先确认合约再办理”",
            ),
        ),
        f'<p style="line-height: 1.5; width: 90mm">{"先确认合约再办理" * 5}</p>',
    ),
    Case(
        "a heading broken inside a word",
        '<h2 lang="ja">本人確認書類の手<br>続き</h2>',
        (("CJK-08", "a heading is broken inside a phrase: “本人確認書類の手|続き”"),),
        '<h2 lang="ja">本人確認書類の<br>手続き</h2>',
    ),
    Case(
        "Japanese quotes in Chinese",
        "<p>请说「解约」</p>",
        (("CJK-09", "「, 」 in “请说「解约」”, “” wanted"),),
        "<p>请说“解约”</p>",
    ),
    Case(
        "a half-width comma after Han",
        "<p>先确认,再办理</p>",
        (("CJK-09", "a half-width mark beside a full-width character: 认,"),),
        "<p>先确认，再办理</p>",
    ),
    Case(
        "a Korean word over two lines",
        "<p>My au에서 해지를 신<br>청하고 안내를 보여 주세요.</p>",
        (("CJK-11", "a word is broken over two lines: “신|청하고”"),),
        "<p>My au에서 해지를<br>신청하고 안내를 보여 주세요.</p>",
        KOREAN,
        lang="ko",
    ),
    Case(
        "a particle on the next line",
        "<p>My au<br>에서 해지를 신청하고 안내를 보여 주세요.</p>",
        (("CJK-11", "a word is broken over two lines: “au|에서”"),),
        "<p>My<br>au에서 해지를 신청하고 안내를 보여 주세요.</p>",
        KOREAN,
        lang="ko",
    ),
    # --- size and place
    Case(
        "type under the floor",
        '<p style="font-size: 6pt">说明</p>',
        (("TYP-01", "“说明” is set in 6 pt, at least 8.5 pt wanted"),),
        '<p style="font-size: 8.5pt">说明</p>',
    ),
    Case(
        "a small body",
        f'<p style="font-size: 9pt; width: 100mm">{"先确认合约，再办理解约。" * 20}</p>',
        (("TYP-02", "most of the text is set in 9 pt, at least 10.5 pt wanted"),),
        f'<p style="font-size: 10.5pt; width: 100mm">{"先确认合约，再办理解约。" * 20}</p>',
        css="html { line-height: 1.6 }",
    ),
    Case(
        "text on the trim",
        '<p style="position: absolute; left: -13mm; top: 0; margin: 0">返</p>',
        (("GEO-03", "“返” is 2.1 mm from the left edge, at least 10 mm wanted"),),
        '<p style="position: absolute; left: 0; top: 0; margin: 0">返</p>',
    ),
    Case(
        "text beyond the sheet",
        '<p style="position: absolute; left: -30mm; top: 0; margin: 0; white-space: nowrap">先确认合约再办理费用说明</p>',
        (("GEO-04", "“先确认合约再办理费用说明” is cut off by the edge of the sheet"),),
        '<p style="position: absolute; left: 0; top: 0; margin: 0; white-space: nowrap">先确认合约再办理费用说明</p>',
    ),
    Case(
        "text cut off by its box",
        '<div style="width: 20mm; height: 7mm; overflow: hidden"><p style="margin: 0; white-space: nowrap">先确认合约再办理</p></div>',
        (("GEO-04", "“先确认合约再办理” is cut off by its box"),),
        '<div style="width: 40mm; height: 7mm; overflow: hidden"><p style="margin: 0; white-space: nowrap">先确认合约再办理</p></div>',
    ),
    Case(
        "text over text",
        '<p style="position: absolute; left: 20mm; top: 20mm; margin: 0">返</p><p style="position: absolute; left: 20mm; top: 20mm; margin: 0">说明</p>',
        (("GEO-04", "“返” and “说明” are drawn over each other"),),
        '<p style="position: absolute; left: 20mm; top: 20mm; margin: 0">返</p><p style="position: absolute; left: 20mm; top: 30mm; margin: 0">说明</p>',
    ),
    Case(
        "text on a fold",
        '<p style="position: absolute; left: -4.5mm; top: 0; margin: 0">返</p>',
        (("GEO-06", "“返” lies on the fold at 11 mm, at least 3 mm wanted"),),
        '<p style="position: absolute; left: 0; top: 0; margin: 0">返</p>',
        FOLDED,
    ),
    Case(
        "text beside a fold",
        '<p style="position: absolute; left: -3mm; top: 0; margin: 0">返</p>',
        (("GEO-06", "“返” is 1.1 mm from the fold at 11 mm, at least 3 mm wanted"),),
        '<p style="position: absolute; left: 0; top: 0; margin: 0">返</p>',
        FOLDED,
    ),
    Case(
        "a code on a fold",
        f'<div style="margin-left: -7mm">{code()}</div>{BESIDE}',
        (("GEO-06", "a code lies on the fold at 11 mm, at least 3 mm wanted"),),
        f"<div>{code()}</div>{BESIDE}",
        replace(FOLDED, addresses=(ADDRESS,)),
    ),
    Case(
        "a picture beside a fold",
        f'<img alt="{ALT}" src="{picture("L", (360, 360))}" {ROUND.replace("block", "block; margin-left: -2mm")}>',
        (("GEO-06", "an image is 2.0 mm from the fold at 11 mm, at least 3 mm wanted"),),
        f'<img alt="{ALT}" src="{picture("L", (360, 360))}" {ROUND}>',
        FOLDED,
    ),
    Case(
        "text beside the head of a roll's printer",
        '<p style="position: absolute; left: -4mm; top: 0; margin: 0">返</p>',
        (("GEO-08", "“返” is 0.9 mm beside the 186 mm that are printed"),),
        '<p style="position: absolute; left: 1mm; top: 0; margin: 0">返</p>',
        ON_A_ROLL,
        css=BLACK,
    ),
    Case(
        "grey on a roll",
        '<p style="color: #444">返</p>',
        (("COL-01", "“返” is grey, black or white wanted"),),
        "<p>返</p>",
        ON_A_ROLL,
        css=BLACK,
    ),
    Case(
        "a module of a dot and a half",
        f"<div>{code(mm=25.4375)}</div>{BESIDE}",
        (("QR-02", "*dots of 0.125 mm, whole ones wanted*"),),
        f"<div>{code(mm=23.125)}</div>{BESIDE}",
        replace(ON_A_ROLL, addresses=(ADDRESS,)),
        css=BLACK,
    ),
    Case(
        "a hairline",
        '<div style="border-top: .1pt solid #000">返</div>',
        (("GEO-05", "a line is 0.10 pt thin, at least 0.25 pt wanted"),),
        '<div style="border-top: .5pt solid #000">返</div>',
    ),
    Case(
        "a picture that ends at the trim",
        "<p>返</p>",
        (("GEO-02", "a picture ends at the trim, 3 mm beyond it wanted"),),
        "<p>返</p>",
        replace(BARE, paper=replace(PAPERS[0], bleed_mm=3.0)),
        css="@page { bleed: 3mm } .band { position: absolute; left: -15mm; top: 20mm; width: 30mm; height: 9mm; background: #ddd }",
    ),
    # --- colour
    Case(
        "faint type",
        '<p style="color: #999">说明</p>',
        (("A11Y-02", "“说明” has a contrast of 2.8, at least 4.5 wanted"),),
        '<p style="color: #666">说明</p>',
    ),
    Case(
        "dark type on a dark ground",
        '<div style="background: #333; padding: 4mm; color: #000">说明</div>',
        (("A11Y-02", "“说明” has a contrast of 1.7, at least 4.5 wanted"),),
        '<div style="background: #333; padding: 4mm; color: #fff">说明</div>',
    ),
    Case(
        "a thin stroke without contrast",
        '<p style="font-size: 9pt; color: #999">1</p>',
        (("A11Y-02", "“1” has a contrast of 2.8, at least 4.5 wanted"),),
        '<p style="font-size: 9pt; color: #4a4a4a">|</p>',
    ),
    Case(
        "type without contrast above a rule",
        '<div style="border-bottom: .5pt solid #8a8a8a; line-height: 1; color: #888">说明</div>',
        (("A11Y-02", "“说明” has a contrast of 3.5, at least 4.5 wanted"),),
        '<div style="border-bottom: .5pt solid #8a8a8a; line-height: 1; color: #1a1a1a">说明</div>',
    ),
    Case(
        "type that can be seen in colour only",
        '<div style="background: #000; padding: 4mm; color: rgb(0, 190, 0)">说明</div>',
        (("COL-04", "“说明” has a contrast of 4.2 in black and white, at least 4.5 wanted"),),
        '<div style="background: #000; padding: 4mm; color: rgb(0, 230, 0)">说明</div>',
    ),
    Case(
        "a word that is only red",
        '<p>先确认 <span style="color: #a00000">费用</span></p>',
        (("A11Y-06", "“费用” differs from “先确认” in colour alone"),),
        '<p>先确认 <b style="color: #a00000">费用</b></p>',
    ),
    # --- images
    # --- inks
    Case(
        "black as a screen has it",
        '<p style="color: #000">说明</p>',
        (("COL-01", "type or drawing has its colour from DeviceRGB, CMYK, grey or spot colours wanted"),),
        "<p>说明</p>",
        ON_PRESS,
        css=INKED,
    ),
    Case(
        "small type of four inks",
        '<p style="color: device-cmyk(.6 .4 .4 1)">说明</p>',
        (("COL-02", "“说明” is set in C60 M40 Y40 K100 at 10.5 pt, black alone wanted"),),
        '<p style="color: device-cmyk(.6 .4 .4 1); font-size: 18pt">说明</p>',
        ON_PRESS,
        css=INKED,
    ),
    Case(
        "more ink than dries",
        '<div style="background: device-cmyk(1 1 1 .2); height: 9mm"></div>',
        (("COL-03", "C100 M100 Y100 K20 is 320% of ink, at most 300% wanted"),),
        '<div style="background: device-cmyk(1 1 .8 .2); height: 9mm"></div>',
        ON_PRESS,
        css=INKED,
    ),
    Case(
        "no room to cut",
        "<p>说明</p>",
        (("GEO-02", "has 0.0 mm of bleed, 3 mm wanted"),),
        "<p>说明</p>",
        ON_PRESS,
        css=INKED.replace("bleed: 3mm", "bleed: 0"),
        green_css=INKED,
    ),
    Case(
        "a coarse image on a press",
        f'<img alt="{ALT}" {ROUND} src="{picture("L", (60, 60))}">',
        (("IMG-01", "an image has 51 dpi, at least 300 wanted"),),
        f'<img alt="{ALT}" {ROUND} src="{picture("L", (400, 400))}">',
        ON_PRESS,
        css=INKED,
    ),
    Case(
        "a coarse image",
        f'<img alt="{ALT}" {ROUND} src="{picture("RGB", (60, 60), (90, 90, 90))}">',
        (("IMG-01", "an image has 51 dpi, at least 300 wanted"),),  # 60 px / (30 mm / 25.4)
        f'<img alt="{ALT}" {ROUND} src="{picture("RGB", (400, 400), (90, 90, 90))}">',
    ),
    Case(
        "a code that viewers blur",
        f'<img alt="{ALT}" style="display: block; width: 30mm" src="{code_image(11)}">{BESIDE}',
        (("IMG-02", "an image of hard edges asks to be blurred (Interpolate)"),),
        f'<img alt="{ALT}" style="display: block; width: 30mm; image-rendering: crisp-edges" src="{code_image(11)}">{BESIDE}',
        CODED,
    ),
    Case(
        "a picture described by its file",
        f'<img alt="IMG-2026.png" {ROUND} src="{picture("RGB", (400, 400), (90, 90, 90))}">',
        (("A11Y-03", "a picture is described by the name of its file: “IMG-2026.png”"),),
        f'<img alt="{ALT}" {ROUND} src="{picture("RGB", (400, 400), (90, 90, 90))}">',
    ),
    Case(
        "a picture described in another language",
        f'<img alt="おねがい" {ROUND} src="{picture("RGB", (400, 400), (90, 90, 90))}">',
        (("A11Y-03", "the description “おねがい” is Japanese, its language is zh-Hans"),),
        f'<img alt="{ALT}" {ROUND} src="{picture("RGB", (400, 400), (90, 90, 90))}">',
    ),
    Case(
        "a picture too small to be seen",
        '<svg width="4mm" height="4mm" viewBox="0 0 9 9" role="img"><title>打印</title><path d="M0 0h9v9z"/></svg>',
        (("A11Y-06", "a picture is 4.0 mm, at least 8 mm wanted"),),
        '<svg width="9mm" height="9mm" viewBox="0 0 9 9" role="img"><title>打印</title><path d="M0 0h9v9z"/></svg>',
    ),
    # --- codes
    Case(
        "a code that leads elsewhere",
        code("https://www.au.com/other/") + BESIDE,
        (
            ("QR-01", "the code for “https://www.au.com/other/” was not ordered"),
            ("QR-01", "no code on paper leads to “https://www.au.com/english/”"),
        ),
        code() + BESIDE,
        CODED,
    ),
    Case(
        "a code of 6 mm on a dark ground",
        f'<div style="background: #333; padding: 4mm; width: 20mm">{code(mm=6, quiet=0)}</div>' + BESIDE,
        (
            ("QR-01", "no code on paper leads to “https://www.au.com/english/”"),
            ("A11Y-06", "a picture is 6.0 mm, at least 8 mm wanted"),
        ),
        f'<div style="background: #333; padding: 4mm; width: 20mm">{code(mm=20)}</div>' + BESIDE,
        CODED,
    ),
    Case(
        "small modules",
        code(mm=14) + BESIDE,
        (
            (
                "QR-02",
                "a module of the code for “https://www.au.com/english/” is 0.38 mm, at least 0.40 mm wanted",
            ),
        ),
        code(mm=16) + BESIDE,  # version 3: 16 mm / (4 + 29 + 4) = 0.43
        CODED,
    ),
    Case(
        "no quiet zone",
        f'<div style="background: #999; width: 60mm; padding: 5mm">{code(quiet=1)}</div>' + BESIDE,
        (("QR-03", "1 modules around the code for “https://www.au.com/english/” are clear, 4 wanted"),),
        f'<div style="background: #999; width: 60mm; padding: 5mm">{code(quiet=4)}</div>' + BESIDE,
        CODED,
    ),
    Case(
        "a pale code",
        code(dark="#999") + BESIDE,
        (
            (
                "QR-04",
                "the code for “https://www.au.com/english/” has a contrast of 0.69, at least 0.7 wanted",
            ),
        ),
        code(dark="#333") + BESIDE,
        CODED,
    ),
    Case(
        "weak error correction",
        code(level="l") + BESIDE,
        (("QR-04", "the code for “https://www.au.com/english/” has the error correction L, M or Q wanted"),),
        code(level="m") + BESIDE,
        CODED,
    ),
    Case(
        "a code without its address in words",
        code(),
        (("QR-05", "the code for “https://www.au.com/english/” has no address in words beside it"),),
        code() + BESIDE,
        CODED,
    ),
    Case(
        "the trademark without its line",
        '<p lang="en">Scan the QR code</p>',
        (("QR-05", "“QR code” is a trademark of DENSO WAVE, and no line says so"),),
        '<p lang="en">Scan the QR code (a trademark of DENSO WAVE)</p>',
    ),
    # --- structure
    Case(
        "a picture without a description",
        '<svg width="30mm" height="30mm" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>',
        (("A11Y-01", "*Alt*"),),
        '<svg width="30mm" height="30mm" viewBox="0 0 9 9"><title>打印</title><path d="M0 0h9v9z"/></svg>',
    ),
    Case(
        "two headings of the first level",
        "<h1>费用</h1>",
        (("A11Y-05", "has 2 headings of the first level, 1 wanted"),),
        "<h2>费用</h2>",
    ),
    Case(
        "a list that counts and does not say so",
        "<ul style='list-style: none'><li><p>1</p><p>费用</p></li><li><p>2</p><p>说明</p></li></ul>",
        (("A11Y-05", "a list counts, and does not say so: “1费用”"),),
        "<ul style='list-style: none'><li><p>费用</p></li><li><p>说明</p></li></ul>",
    ),
    Case(
        "a table without heads",
        "<table><tr><td>费用</td><td>说明</td></tr></table>",
        (("A11Y-05", "a table has no heads"),),
        "<table><tr><th>费用</th><th>说明</th></tr><tr><td>返</td><td>直</td></tr></table>",
    ),
    Case(
        "a long sentence",
        f"<p>{'先确认合约再办理，' * 6}</p>",
        (
            (
                "A11Y-07",
                "a sentence of 48 characters, at most 40 wanted: “先确认合约再办理，先确认合约再办理，先确认合约再办理，先确认合约再办理，先确认…”",
            ),
        ),
        f"<p>{'先确认合约再办理。' * 6}</p>",
        replace(BARE, texts=("先确认合约再办理，" * 6,)),
        green_expected=replace(BARE, texts=("先确认合约再办理。" * 6,)),
    ),
    Case(
        "a text that is not there",
        "<p>费用</p>",
        (("TXT-01", "“说明” is not on paper"),),
        "<p>费用说明</p>",
        replace(BARE, texts=("费用", "说明")),
    ),
    Case(
        "words that a template adds by itself",
        "<p>费用</p><p>说明</p>",
        (("TXT-02", "“说明” is said by no text of the guide"),),
        "<p>费用</p>",
        replace(BARE, texts=("费用",)),
    ),
    # --- contacts
    Case(
        "a messenger",
        "<p>WeChat: seller2026</p>",
        (("CNT-01", "“WeChat: seller2026” hands the reader to a messenger"),),
        "<p>WeChat</p>",
    ),
    Case(
        "somebody's telephone",
        "<p>电话 090-1234-5678</p>",
        (("CNT-01", "“090-1234-5678” is no telephone number of the guide"),),
        "<p>电话 0120-959-476</p>",
        replace(BARE, phones=frozenset({"0120959476"})),
    ),
    Case(
        "a link to a stranger",
        '<p><a href="https://example.com/a">打印</a></p>',
        (("PDF-01", "a link leads to “https://example.com/a”, which is not allowed"),),
        '<p><a href="https://www.au.com/a">打印</a></p>',
        replace(BARE, hosts=frozenset({"au.com"})),
    ),
)

# Where the difference is not in the body.
RED_CSS = {"a picture that ends at the trim": '<div class="band"></div>'}


def index_in_greys(document: Any, pdf: Any) -> None:  # noqa: ANN401
    """Finish a file as for a roll, with its greys as they are."""
    replace_colours(pdf, lambda colour: (find_grey(colour),))
    index(document, pdf)


def findings(press: Press, case: Case, body: str, expected: Expected, css: str) -> list[tuple[str, str]]:
    finish = index_in_greys if expected.paper.is_roll else index
    pdf = press.print(HEAD + body, css=css, lang=case.lang, finish=finish, **case.options)
    for_press = expected.paper.medium != "office"
    return [(p.rule, p.what) for p in check_handout(press.read(pdf, for_press=for_press), expected)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_planted_is_found_and_nothing_else(press: Press, case: Case) -> None:
    found = findings(press, case, case.red + RED_CSS.get(case.name, ""), case.expected, case.css)
    assert [rule for rule, _ in found] == [rule for rule, _ in case.announces], found
    for (_, what), (_, announced) in zip(found, case.announces, strict=True):
        if announced.startswith("*"):
            assert announced.strip("*") in what
        else:
            assert what == announced


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_its_good_twin_has_no_finding(press: Press, case: Case) -> None:
    assert (
        findings(press, case, case.green, case.green_expected or case.expected, case.green_css or case.css)
        == []
    )


# --- what a page cannot plant by itself ------------------------------------------------------------


def changed(press: Press, change: Callable[[pikepdf.Pdf], None]) -> list[tuple[str, str]]:
    """Return the findings of a good page after its file was changed by hand."""
    with pikepdf.open(io.BytesIO(press.print(HEAD + "<p>返</p>", finish=index))) as pdf:
        change(pdf)
        raw = save(pdf, preserve_pdfa=False)
    return [(p.rule, p.what) for p in check_handout(press.read(raw), BARE)]


def test_an_unchanged_file_has_no_finding(press: Press) -> None:
    assert changed(press, lambda pdf: None) == []


def test_a_clock_time_in_the_file_is_found(press: Press) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.docinfo["/CreationDate"] = "D:20261123080000Z"

    ((rule, what),) = changed(press, change)
    assert (rule, what) == (
        "REP-01",
        "says when it was made (CreationDate D:20261123080000Z), so no two builds are alike",
    )


def test_a_font_that_is_not_in_the_file_is_found(press: Press) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        for font in pdf.pages[0].Resources.Font.values():
            del font.DescendantFonts[0].FontDescriptor.FontFile2

    found = changed(press, change)
    assert ("FNT-01", '"Handout-Sans" is not embedded') in found
    # A printer's machine would take a font of its own, and the standard forbids it.
    assert {rule for rule, _ in found} == {"FNT-01", "A11Y-01"}


def test_a_font_whose_maker_forbids_it_is_found(press: Press) -> None:
    from fontTools.ttLib import TTFont

    def change(pdf: pikepdf.Pdf) -> None:
        for font in pdf.pages[0].Resources.Font.values():
            descriptor = font.DescendantFonts[0].FontDescriptor
            program = TTFont(io.BytesIO(descriptor.FontFile2.read_bytes()))
            if "OS/2" not in program:
                program["OS/2"] = TTFont(press.fonts.regular)["OS/2"]
            program["OS/2"].fsType = 2
            out = io.BytesIO()
            program.save(out, reorderTables=None)
            descriptor.FontFile2 = pdf.make_stream(out.getvalue(), Length1=len(out.getvalue()))

    assert changed(press, change) == [("FNT-07", '"Handout-Sans" may not be embedded, its fsType is 2')]


@pytest.mark.parametrize(
    ("name", "plant"),
    [
        (
            "JavaScript",
            lambda pdf: pdf.Root.__setitem__(
                "/Names", pikepdf.Dictionary(JavaScript=pikepdf.Dictionary(Names=pikepdf.Array([])))
            ),
        ),
        (
            "Launch",
            lambda pdf: pdf.Root.__setitem__(
                "/OpenAction", pikepdf.Dictionary(S=pikepdf.Name.Launch, F="a.exe")
            ),
        ),
        (
            "EmbeddedFiles",
            lambda pdf: pdf.Root.__setitem__(
                "/Names", pikepdf.Dictionary(EmbeddedFiles=pikepdf.Dictionary(Names=pikepdf.Array([])))
            ),
        ),
    ],
)
def test_what_paper_cannot_do_is_found(press: Press, name: str, plant: Callable[[pikepdf.Pdf], None]) -> None:
    assert ("PDF-01", f"holds {name}, which paper cannot do") in changed(press, plant)


def test_a_file_of_another_version_is_found(press: Press) -> None:
    raw = press.print(HEAD + "<p>返</p>", finish=index).replace(b"%PDF-1.7", b"%PDF-1.4", 1)
    assert [(p.rule, p.what) for p in check_handout(press.read(raw), BARE)] == [
        ("PDF-01", 'version is "1.4", "1.7" wanted')
    ]


def test_an_inverted_code_is_found(press: Press) -> None:
    body = f'<div style="background: #000; padding: 5mm; width: 30mm">{code(dark="#fff", light="#000")}</div>'
    pdf = press.print(HEAD + body + BESIDE, finish=index)
    found = {(p.rule, p.what) for p in check_handout(press.read(pdf), CODED)}
    assert ("QR-04", f"the code for “{ADDRESS}” is light on dark") in found


def test_a_micro_code_is_found(press: Press) -> None:
    body = code("0120", is_micro=True, level="l") + "<p>0120</p>"
    pdf = press.print(HEAD + body, finish=index)
    found = {p.rule for p in check_handout(press.read(pdf), replace(BARE, addresses=("0120",)))}
    assert "QR-05" in found


@pytest.mark.parametrize(("left", "severity"), [("-4mm", "error"), ("-2.5mm", "warning")])
def test_what_a_fold_may_hit_is_worse_than_what_is_near_it(press: Press, left: str, severity: str) -> None:
    body = f'<p style="position: absolute; left: {left}; top: 0; margin: 0">返</p>'
    facts = press.read(press.print(HEAD + body, finish=index))
    (problem,) = check_handout(facts, FOLDED)
    assert (problem.rule, problem.severity, problem.page) == ("GEO-06", severity, 1)
    assert check_handout(facts, BARE) == ()  # a sheet that lies flat has no folds


def test_findings_say_where_on_the_page_they_are(press: Press) -> None:
    place = '<p style="position: absolute; left: 20mm; top: 30mm; margin: 0; font-size: 6pt">说明</p>'
    facts = press.read(press.print(HEAD + place, finish=index))
    (problem,) = check_handout(facts, BARE)
    left, top, right, bottom = problem.box_mm
    # 15 mm of margin each way; the ink of two letters of 6 pt (2.1 mm) lies a little inside their squares
    assert (round(left), round(top)) == (35, 46) and 3.5 < right - left < 4.3 and 1.5 < bottom - top < 2.3
    assert problem.where == f"{problem.handout}, page 1 at 35, 46 mm"


def test_findings_lead_to_the_file_and_line_of_their_text(press: Press) -> None:
    expected = replace(
        BARE,
        texts=("先确认合约再办理费用说明。", "费用"),
        origins={
            "先确认合约再办理费用说明。": ("locales/zh_Hans/LC_MESSAGES/messages.po", 41, "au/steps/a/body")
        },
    )
    body = "<p>先确认合约再办理费用说<br>明。</p><p>费用</p>"
    (problem,) = check_handout(press.read(press.print(HEAD + body, finish=index)), expected)
    assert (problem.rule, problem.file, problem.line, problem.key) == (
        "CJK-05",
        "locales/zh_Hans/LC_MESSAGES/messages.po",
        41,
        "au/steps/a/body",
    )


def test_a_file_that_nobody_ordered_is_judged_by_itself(press: Press, tmp_path: Path) -> None:
    faces = font_face_css(press.fonts).replace("Handout Sans", "Other")
    pdf = press.print(HEAD + "<p>返</p>", faces=faces, css="html { font-family: Other }", finish=index)
    facts = read_pdf(pdf, press.fonts, press.pinned)
    assert [p.rule for p in check_handout(facts, BARE)] == ["FNT-02"]
    assert check_handout(facts, replace(BARE, family="", title="", is_ordered=False)) == ()


def test_a_naive_subset_of_a_compact_font_is_found(press: Press, tmp_path: Path) -> None:
    """Its character ids are no glyph ids any more: two of four renderers print other glyphs, or none."""
    from fontTools import subset

    naive = tmp_path / "naive.otf"
    subset.main(
        [str(press.pinned.regular), "--text=先确认合约再办理费用说明2026, ", f"--output-file={naive}"]
    )
    faces = f'@font-face {{ font-family: Naive; src: url("{naive.as_uri()}") }}'
    body = HEAD + "<p>先确认合约再办理费用说明</p>"
    pdf = press.print(body, faces=faces, css="html { font-family: Naive }", finish=index)
    found = [(p.rule, p.what) for p in check_handout(press.read(pdf), replace(BARE, family="Naive"))]
    assert found == [("FNT-02", '"Naive" is not embedded as a TrueType font')]
