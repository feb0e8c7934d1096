"""Judge a finished handout, or any PDF: facts in, problems out.

`RULES` is the whole list, by id. A rule finds every place where the facts differ from what was ordered; why
it exists, what it asks for, where it comes from and what to do about it stand beside it. Nothing here opens
a file.

The ids FNT to CNT are those of a preflight catalogue for CJK handouts; TXT, ENG, FIT and GEO-09 are ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from generator.checks import access, colour, file, fonts, lines, page, press, symbols, texts
from generator.checks.order import Expected, Finding, Origin, Rule
from generator.checks.texts import Index
from generator.paper import Medium, Paper
from generator.problem import Problem
from generator.readback.model import PdfFacts

__all__ = [
    "RULES",
    "Expected",
    "Finding",
    "Origin",
    "Rule",
    "check_handout",
    "describe_limit",
]


def check_handout(
    facts: PdfFacts, expected: Expected, rules: Iterable[str] | None = None
) -> tuple[Problem, ...]:
    """Judge a file by these rules, or by all; each breach is told once a page. Empty when all is well.

    Rules that compare with an order say nothing of a file that nobody ordered, and rules about another medium
    nothing of this one.
    """
    language, paper = expected.language, expected.paper
    words = {
        "tag": language.tag if language else "the language's tag",
        "family": expected.family or "the family",
        "paper": paper.name,
    }
    index: Index | None = None
    problems: list[Problem] = []
    for name in RULES if rules is None else rules:
        rule = RULES[name]
        if rule.needs_order and not expected.is_ordered:
            continue
        if paper.medium not in rule.media:
            continue
        advice = rule.hint if expected.is_ordered else rule.elsewhere or rule.hint
        told: set[tuple[int, str]] = set()
        for finding in rule.find(facts, expected):
            if (finding.page, finding.what) in told:
                continue
            told.add((finding.page, finding.what))
            text = finding.text
            if not text and finding.run is not None and expected.origins:
                index = index or Index(facts, expected)
                text = index.text_of(finding.run)
            origin = expected.origins.get(text, ("", 0, ""))
            problems.append(
                Problem(
                    *origin,
                    handout=expected.handout,
                    page=finding.page,
                    rule=name,
                    what=finding.what,
                    hint=finding.hint or advice.format_map(words),
                    severity=finding.severity or rule.severity,
                    box_mm=finding.box_mm or (),
                )
            )
    return tuple(problems)


def describe_limit(rule: Rule, paper: Paper) -> str:
    """Return what a rule asks for on a paper, in numbers."""
    values: dict[str, object] = {
        **asdict(paper),
        "height": "any" if paper.is_roll else f"{paper.height_mm:g}",
        "qr_levels": " or ".join(paper.qr_levels),
    }
    return rule.limit.format_map(values)


_CATALOGUE = "preflight catalogue for CJK print"
_JLREQ = "W3C JLREQ 3.1.7, CLREQ 3.1; JIS X 4051; GB/T 15834-2011"
_UA = "ISO 14289-1:2014 (PDF/UA-1)"
# A file for a press has no tags, and nobody prints it from a viewer.
_NOT_PRESS: tuple[Medium, ...] = ("office", "mono", "roll")

RULES: dict[str, Rule] = {
    "ENG-01": Rule(
        name="the layout engine has no complaint",
        reason="what the layout engine ignores or cannot find is missing on paper",
        source="WeasyPrint's log",
        limit="0 complaints",
        hint="remove or repair what it names; an unknown property prints as if it were not there",
        find=file.find_complaints,
        needs_order=True,
        needs_tags=True,
    ),
    "PDF-01": Rule(
        name="the file is sound and inert",
        reason="a print shop's or copy machine's reader refuses what a viewer forgives",
        source="ISO 32000-1; 7-Eleven netprint: PDF 1.3 to 1.7, at most 10 MB",
        limit="PDF 1.7, at most 10 MB, no damage, script, form or attachment, links to known hosts only",
        hint="write the file again as PDF 1.7, without what it holds beside its pages",
        find=file.find_unsound_file,
    ),
    "PDF-02": Rule(
        name="the file is the PDF/X that it says it is",
        reason="a print shop's machines trust the label, and print what it promises",
        source="ISO 15930-4:2003 (PDF/X-1a), ISO 15930-7:2010 (PDF/X-4)",
        limit="boxes, output intent, fonts, colours, dates, title, trapping as the standard wants them",
        hint="name the print shop's profile (--icc) or its condition (--condition), or claim nothing",
        elsewhere="export it as PDF/X anew, with the profile of the print shop",
        find=press.find_false_claims,
        media=("press",),
    ),
    "PDF-03": Rule(
        name="the properties are those of the guide",
        reason="viewers, printers and archives go by the properties of the file",
        source="ISO 32000-1, 14.3.3",
        limit="title, author, subject, keywords as ordered",
        hint="the layout sets them from the guide and from the shop",
        find=file.find_wrong_properties,
        needs_order=True,
    ),
    "PRN-01": Rule(
        name="the printer is told how to print",
        reason="a viewer that scales to its printer's margins shrinks type and codes",
        source="ISO 32000-1, 12.2",
        limit="PrintScaling None; Duplex {duplex}",
        hint="set /ViewerPreferences of the file; the layout does it from the paper {paper}",
        elsewhere="print at 100 %, or set /PrintScaling /None in the file",
        find=file.find_missing_hints,
        severity="warning",
        media=_NOT_PRESS,
        needs_tags=True,
    ),
    "REP-01": Rule(
        name="the next build is the same to the byte",
        reason="a file that differs from build to build cannot be compared, cached or trusted",
        source="reproducible-builds.org: SOURCE_DATE_EPOCH",
        limit="no clock time in the file",
        hint="take the date out of the properties; the edition on the page says what it is",
        find=file.find_clock_times,
        needs_order=True,
    ),
    "CNT-01": Rule(
        name="nobody is handed to a stranger",
        reason="sellers put their messenger on guides, and readers lose money and identity there",
        source="the guide this product started from carried one three times",
        limit="no messenger; telephone numbers of the guide only",
        hint="take it out; a shop's own numbers belong into its file in content/shops",
        find=file.find_unwanted_contacts,
        needs_tags=True,
    ),
    "FNT-01": Rule(
        name="fonts are in the file, as subsets",
        reason="what is not embedded is drawn in another font on another machine",
        source="ISO 32000-1, 9.9; every print shop",
        limit="all fonts embedded (error), as subsets (warning)",
        hint="embed the font: in office programs, save as PDF/A",
        find=fonts.find_loose_fonts,
    ),
    "FNT-02": Rule(
        name="type is set in the ordered family",
        reason="another font has other shapes, other widths and another licence, and is not on every machine",
        source=_CATALOGUE,
        limit="regular and bold of the ordered family, by their outlines",
        hint='set everything in "{family}", regular or bold, made by make_fonts; '
        "page margins take their font from html, not from body",
        find=fonts.find_foreign_fonts,
        needs_order=True,
    ),
    "FNT-03": Rule(
        name="every character has a glyph",
        reason="an empty box tells the reader nothing",
        source="ISO 14289-1, 7.21.8",
        limit="0 .notdef",
        hint="write it differently, use a font that has it, or draw it as a picture with a name",
        find=fonts.find_missing_glyphs,
    ),
    "FNT-04": Rule(
        name="glyphs are those of their text",
        reason="a wrong number on paper cannot be called back; copied text would still look right",
        source="two files in one family and weight share a name in WeasyPrint 70",
        limit="0 glyphs of another text",
        hint="two font files share one family and weight, or a style sheet changes glyphs: "
        "declare each weight of {family} once",
        elsewhere="make the file again: two fonts share a name in it",
        find=fonts.find_wrong_glyphs,
    ),
    "FNT-06": Rule(
        name="bold is bold, and nothing is slanted",
        reason="where only the regular weight is there, emphasis is lost; Han is never slanted",
        source="W3C CLREQ, JLREQ: emphasis",
        limit="a font program of its own for bold; italic angle 0",
        hint="declare the bold file of {family}; emphasize by weight or by a frame",
        elsewhere="use the bold file of the font; emphasize by weight or by a frame",
        find=fonts.find_false_weights,
    ),
    "FNT-07": Rule(
        name="fonts may be embedded",
        reason="a licence that forbids it is broken by every copy",
        source="OpenType 1.9, OS/2, fsType",
        limit="fsType without the restricted bit",
        hint="use a font under the SIL Open Font License",
        find=fonts.find_forbidden_fonts,
    ),
    "CJK-01": Rule(
        name="Han has the form of its language",
        reason="readers see at once that a text was set in another country's characters",
        source="OpenType locl; Noto Sans CJK 2.004",
        limit="0 glyphs of another region",
        hint="glyphs follow lang: give the element the lang of its text; nothing may switch off locl",
        elsewhere="mark the text with its language, and use a font that has all regions, like Noto Sans CJK",
        find=fonts.find_other_regions,
    ),
    "CJK-02": Rule(
        name="no closing mark begins a line",
        reason="closing marks and small kana do not begin a line in Japanese and Chinese",
        source=_JLREQ,
        limit="0",
        hint="keep the mark with the word before it, in one element without wrapping",
        find=lines.find_bad_line_starts,
        needs_tags=True,
    ),
    "CJK-03": Rule(
        name="no opening mark ends a line",
        reason="opening marks do not end a line in Japanese and Chinese",
        source=_JLREQ,
        limit="0",
        hint="keep the mark with the word after it, in one element without wrapping",
        find=lines.find_bad_line_ends,
        needs_tags=True,
    ),
    "CJK-04": Rule(
        name="numbers, prices and addresses are whole",
        reason="who reads half a telephone number calls somebody else",
        source=_JLREQ,
        limit="0 split over two lines",
        hint="keep it together: in content write it as {{fact.id}} or in [brackets]",
        elsewhere="keep it together with a non-breaking space or hyphen",
        find=lines.find_split_numbers,
        needs_tags=True,
    ),
    "CJK-05": Rule(
        name="nothing is left alone",
        reason="one character on a last line looks like a mistake, one line on a page is overlooked",
        source="W3C CLREQ: an orphan does not make a line, a widow not a page",
        limit="2 characters on a last line, 2 lines on a page",
        hint="shorten or lengthen the text, or keep its last words together in [brackets]",
        elsewhere="shorten or lengthen the text",
        find=lines.find_lonely_lines,
        severity="warning",
        needs_tags=True,
    ),
    "CJK-06": Rule(
        name="lines are as long as an eye follows",
        reason="the eye loses the next line after a long one, and stumbles over short ones",
        source="JIS X 4051; W3C JLREQ 2.4",
        limit="{measure_em[0]:g} to {measure_em[1]:g} characters, in texts of three lines or more",
        hint="change the width of the block in templates/css",
        elsewhere="change the width of the column",
        find=lines.find_bad_measures,
        severity="warning",
        needs_tags=True,
    ),
    "CJK-07": Rule(
        name="lines are apart, and belong together",
        reason="Han fills its square, so lines need more air than Latin, and fall apart with too much",
        source="W3C JLREQ 2.4; the page design for tables and notes",
        limit="{pitch[0]:g} to {pitch[1]:g} sizes from line to line",
        hint="change line-height in templates/css",
        elsewhere="change the line spacing",
        find=lines.find_bad_pitch,
        severity="warning",
        needs_tags=True,
    ),
    "CJK-08": Rule(
        name="headings break between phrases",
        reason="a heading is read at a glance; broken inside a word it is spelled out",
        source="BudouX 0.10",
        limit="0 breaks inside a Japanese phrase",
        hint="keep the words together in [brackets], or shorten the heading",
        elsewhere="shorten the heading, or break it by hand",
        find=lines.find_torn_headings,
        severity="warning",
        needs_tags=True,
    ),
    "CJK-09": Rule(
        name="punctuation is the language's own",
        reason="another language's marks make a text look translated by a machine",
        source="GB/T 15834-2011; W3C JLREQ, CLREQ",
        limit="0 foreign marks, full-width digits, single ellipses",
        hint="correct the translation: “” in simplified Chinese, 「」 in traditional Chinese and Japanese",
        find=lines.find_foreign_marks,
        severity="warning",
        needs_tags=True,
    ),
    "CJK-10": Rule(
        name="no script leaks into another",
        reason="a kana in a Chinese sentence is a slip of translation, a placeholder one of a program",
        source="GB/T 2312, Big5, JIS X 0208, JIS X 0213",
        limit="0 characters",
        hint="correct the text; a Japanese word in another language is a term: {{term.id}}",
        elsewhere="correct the text",
        find=lines.find_leaks,
        needs_tags=True,
    ),
    "CJK-11": Rule(
        name="Korean words are whole",
        reason="Korean sets words apart; a word or its particle torn off is read as another word",
        source="Hangul orthography of the Republic of Korea, article 2; W3C KLREQ",
        limit="0 broken over two lines",
        hint="templates print texts with say(...) or _(...), which keep words whole; shorten a long word",
        find=lines.find_broken_words,
        needs_order=True,
        needs_tags=True,
    ),
    "TXT-01": Rule(
        name="every text of the guide is on paper",
        reason="what the guide says and the paper does not is lost for the reader",
        source="the guide",
        limit="each as often as it is said",
        hint="look for a template that leaves it out, or a box that cuts it off",
        find=texts.find_lost_texts,
        needs_order=True,
        needs_tags=True,
    ),
    "TXT-02": Rule(
        name="nothing else is on paper",
        reason="words that a template writes by itself were offered to no translator and rest on no fact",
        source="the guide",
        limit="0 words",
        hint='in templates write {{{{ _("word") }}}}, or {{{{ name(...) }}}} for what stands as it is',
        find=texts.find_unsaid_texts,
        severity="error",
        needs_order=True,
        needs_tags=True,
    ),
    "TXT-03": Rule(
        name="the press file says what the pages say that it was made from",
        reason="texts are judged where they have languages and an order; what is printed must be the same",
        source="the tagged pages before they were finished for the press",
        limit="the same glyphs at the same places, 0.02 mm more or less",
        hint="the finishing of the file changed what is painted: repair generator/press.py",
        find=texts.find_changed_glyphs,
        media=("press",),
        needs_order=True,
    ),
    "TYP-01": Rule(
        name="no type is too small",
        reason="small print about money and deadlines is not read, and may not be legal",
        source="JIS Z 8305; telecommunications law, 8 pt at least",
        limit="{floor_pt:g} pt",
        hint="shorten the text; the floor of a paper stands in generator/paper.py",
        elsewhere="set it larger, and say less",
        find=page.find_small_type,
    ),
    "TYP-02": Rule(
        name="the text is large enough to be read at arm's length",
        reason="people read a handout standing, in poor light, without their glasses",
        source="Mie prefecture, guideline for universal design of print, 2024",
        limit="most of the text at least {body_pt:g} pt",
        hint="set the body larger, and say less",
        find=page.find_small_body,
        severity="warning",
        needs_tags=True,
    ),
    "GEO-01": Rule(
        name="pages have the size of the paper",
        reason="a printer scales or crops what is not its paper's size",
        source="ISO 216",
        limit="{width_mm:g} x {height} mm, 0.5 mm more or less",
        hint="give @page the size of the paper {paper}",
        elsewhere="make it for {paper}, or name its own paper with --paper",
        find=page.find_wrong_sizes,
    ),
    "GEO-02": Rule(
        name="pictures bleed",
        reason="no cutter is exact: what ends at the trim ends in a white line",
        source="Japanese print shops: 3 mm",
        limit="{bleed_mm:g} mm beyond the trim",
        hint="let the background reach the bleed box",
        find=page.find_missing_bleed,
    ),
    "GEO-03": Rule(
        name="type keeps away from the edge",
        reason="desktop printers do not print to the edge, and cutters are not exact",
        source="printers' manuals: 4 to 7 mm cannot be printed",
        limit="{safe_mm:g} mm",
        hint="keep it inside the page margins of {paper}",
        elsewhere="move it inside the margins",
        find=page.find_type_near_the_edge,
    ),
    "GEO-04": Rule(
        name="nothing is cut off, nothing lies on type",
        reason="two texts on one place are both unreadable, and half a text is none",
        source=_CATALOGUE,
        limit="0.3 mm",
        hint="shorten the text, or give its box more room in templates/css",
        elsewhere="give the text more room",
        find=page.find_collisions,
    ),
    "GEO-05": Rule(
        name="lines are thick enough",
        reason="a hairline on the screen is nothing on paper",
        source="Japanese print shops: 0.25 pt",
        limit="{line_pt:g} pt",
        hint="draw it thicker",
        find=page.find_hairlines,
        severity="warning",
    ),
    "GEO-06": Rule(
        name="folds are clear",
        reason="no fold is exact: a word in it is worn off, and a code in it is not read",
        source="print shops: 3 mm, folding machines are 1 mm off; " + _CATALOGUE,
        limit="{fold_mm[1]:g} mm from a fold, an error under {fold_mm[0]:g} mm, on a paper that is folded",
        hint="keep it in its panel; the folds of {paper} are in its record, its panels in templates/css",
        elsewhere="move it away from the fold, or name its own paper with --paper",
        find=page.find_things_on_folds,
    ),
    "GEO-07": Rule(
        name="it is as long as was ordered",
        reason="a sheet has two sides, and nobody reads the third",
        source="the paper's record",
        limit="at most {pages} pages",
        hint="shorten the texts; never set them smaller",
        elsewhere="shorten it; never set it smaller",
        find=page.find_wrong_page_count,
        needs_tags=True,
    ),
    "GEO-08": Rule(
        name="a roll is printed as wide as its printer prints",
        reason="the head of a receipt printer is narrower than the roll: what lies beside it is not printed",
        source="makers of receipt printers: 576 dots on 80 mm, 384 on 58 mm; " + _CATALOGUE,
        limit="on a roll of 80 mm within 72 mm, on one of 58 mm within 48 mm",
        hint="keep it inside the margins of {paper}",
        elsewhere="make it narrower",
        find=page.find_things_beside_the_head,
        media=("roll",),
    ),
    "GEO-09": Rule(
        name="pages are full",
        reason="a half empty page looks unfinished, and its room could be used",
        source="the page design",
        limit="at most {slack_mm:g} mm empty at the foot; a last page at least a quarter full",
        hint="add content, not air",
        elsewhere="add content, or take the page away",
        find=page.find_empty_pages,
        severity="warning",
        needs_tags=True,
    ),
    "FIT-01": Rule(
        name="it fits as it was designed",
        reason="who hands it out should know what was done to make it fit, and what is not on this paper",
        source="the guide's `droppable`; generator/fit.py",
        limit="gaps of 4 mm, all blocks",
        hint="shorten the texts of this language, and it is printed as it was designed",
        find=page.find_fitting,
        severity="warning",
        needs_order=True,
        needs_tags=True,
    ),
    "COL-01": Rule(
        name="colours are what the machine prints with",
        reason="a press that has to guess inks turns black type into four colours, and accents into others",
        source="Japanese print shops: CMYK, no RGB; ISO 15930",
        limit="press: CMYK, grey or spot colours; mono: grey alone; roll: black or white; nothing in RGB",
        hint="templates have their inks in generator/colour.py; pictures must come as CMYK or grey",
        elsewhere="convert it to CMYK by the print shop's profile, black type to black alone",
        find=press.find_wrong_colours,
        media=("press", "mono", "roll"),
    ),
    "COL-02": Rule(
        name="type is black alone",
        reason="four plates are never quite in register: small type of several inks has fringes",
        source="Japanese print shops: black ink only for type, no rich black",
        limit="type under 18 pt without cyan, magenta and yellow",
        hint="give it #1A1A1A or white in templates/css/press.css",
        elsewhere="set small type in black (K 100) or white",
        find=press.find_coloured_type,
        media=("press",),
    ),
    "COL-03": Rule(
        name="ink dries",
        reason="too much ink sets off on the next sheet and sticks the pile together",
        source="Japanese print shops: 300 to 360 %; digital presses refuse more than 300",
        limit="300 % of four inks together",
        hint="change accent_cmyk of the carrier: more black, less of the others",
        elsewhere="take out cyan, magenta and yellow where black is",
        find=press.find_too_much_ink,
        media=("press",),
    ),
    "COL-04": Rule(
        name="type survives a black-and-white printer",
        reason="shops print on cheap lasers, and colours of one lightness become one gray",
        source="WCAG 2.2, 1.4.3, on Rec. 601 gray",
        limit="contrast 4.5, or 3 from 22 pt (bold 18 pt)",
        hint="darken the type, or lighten what is behind it",
        find=colour.find_type_that_greys,
        severity="warning",
        needs_tags=True,
    ),
    "IMG-01": Rule(
        name="images are fine enough",
        reason="pixels are seen on paper that were not seen on the screen",
        source="Japanese print shops: 300 to 350 dpi",
        limit="{image_dpi:g} dpi",
        hint="use a larger image, or a drawing (SVG)",
        find=colour.find_coarse_images,
        severity="warning",
    ),
    "IMG-02": Rule(
        name="hard edges stay hard",
        reason="a viewer that smooths a code or a line drawing makes it unreadable",
        source="ISO 32000-1, 8.9.5.3",
        limit="no Interpolate on codes and line art",
        hint="image-rendering: crisp-edges, or a drawing (SVG)",
        find=colour.find_blurred_images,
        severity="warning",
    ),
    "QR-01": Rule(
        name="codes can be read, and lead where they should",
        reason="a code that leads nowhere wastes the way to the shop, and one that leads elsewhere is a trap",
        source="ISO/IEC 18004; ZXing",
        limit="read at 300 dpi, and at 150 dpi blurred; exactly the ordered addresses",
        hint="give the code more room, a shorter address, and black on white",
        find=symbols.find_unreadable_codes,
    ),
    "QR-02": Rule(
        name="modules are large enough",
        reason="a cheap printer smears small modules into each other",
        source="DENSO WAVE: 4 dots a module; GS1: 0.396 mm",
        limit="{qr_module_mm:.2f} mm; on a roll whole dots",
        hint="give the code more room in templates/css, or use a shorter address",
        elsewhere="draw it larger, or use a shorter address",
        find=symbols.find_small_modules,
    ),
    "QR-03": Rule(
        name="codes have a quiet zone",
        reason="a reader finds a code by the light around it",
        source="ISO/IEC 18004:2015, 5.3.8",
        limit="4 modules",
        hint="leave four modules of white on all sides",
        find=symbols.find_crowded_codes,
    ),
    "QR-04": Rule(
        name="codes are dark on light, and robust",
        reason="not every telephone reads pale or inverted codes, and paper gets creased",
        source="ISO/IEC 15415: symbol contrast; ISO/IEC 18004: error correction",
        limit="contrast 0.70, dark on light, level {qr_levels}",
        hint="draw it black on white with error correction M",
        find=symbols.find_faint_codes,
    ),
    "QR-05": Rule(
        name="codes are for everybody",
        reason="who cannot scan must be able to type, and telephones do not read Micro QR",
        source="ISO/IEC 18004; DENSO WAVE: QR Code is a trademark",
        limit="no Micro QR; the address in words beside it; the trademark line where the word is printed",
        hint="use segno.make_qr, print the address beside it, and say 二次元コード",
        elsewhere="print the address beside it; make the code as QR, not Micro QR",
        find=symbols.find_odd_codes,
        needs_tags=True,
    ),
    "A11Y-01": Rule(
        name="the file is PDF/UA-1",
        reason="a handout that a screen reader cannot read is closed to those who need it most",
        source=_UA,
        limit="0 of 104 rules broken",
        hint="the rule is of PDF/UA-1 (ISO 14289-1); repair the template",
        elsewhere="let the program that wrote it write tagged PDF (PDF/UA)",
        find=access.find_ua_failures,
        media=_NOT_PRESS,
        needs_tags=True,
    ),
    "A11Y-02": Rule(
        name="type stands out",
        reason="grey on grey is not read in the light of a shop",
        source="WCAG 2.2, 1.4.3; WAIC for sizes",
        limit="contrast 4.5, or 3 from 22 pt (bold 18 pt)",
        hint="darken the type, or lighten what is behind it",
        find=colour.find_faint_type,
    ),
    "A11Y-03": Rule(
        name="pictures are described",
        reason="who does not see the picture has its description and nothing else",
        source=f"{_UA}, 7.3; Matterhorn Protocol 13-004",
        limit="in the document's language, at most 120 letters, no file name",
        hint="say what the picture tells, in the language of the page",
        find=access.find_poor_alts,
        media=_NOT_PRESS,
        needs_tags=True,
    ),
    "A11Y-04": Rule(
        name="every text says its language",
        reason="lang chooses the glyphs on paper and the voice of a screen reader",
        source=f"{_UA}, 7.2; WCAG 2.2, 3.1.2",
        limit="the document's, and that of every foreign text",
        hint='give the element the lang of its text: "{tag}" is the reader\'s, "ja" that of Japanese words',
        elsewhere="set the language of the document, and that of foreign words",
        find=access.find_missing_languages,
        media=_NOT_PRESS,
        needs_tags=True,
    ),
    "A11Y-05": Rule(
        name="it is read in the order of the guide, and built as what it is",
        reason="a screen reader goes by the structure, not by the page, and jumps from head to head",
        source=f"{_UA}, 7.1 to 7.6",
        limit="the guide's order; one H1, no level skipped; lists of items; tables with heads and scopes",
        hint="put the blocks of the template in the order of the guide, and use h1 to h3, ul, th scope",
        elsewhere="use the program's headings, lists and heads of tables",
        find=access.find_bad_structure,
        media=_NOT_PRESS,
        needs_tags=True,
    ),
    "A11Y-06": Rule(
        name="nothing is said by colour or by tiny pictures alone",
        reason="one man in twelve does not see the difference, and no laser printer does",
        source="WCAG 2.2, 1.4.1; JIS Z 8210",
        limit="a second sign beside a colour; pictures with a meaning at least 8 mm",
        hint="add weight, a frame or a word; enlarge the picture, or make it a decoration beside a word",
        find=lambda facts, expected: (
            *colour.find_type_by_colour_alone(facts, expected),
            *access.find_small_pictures(facts, expected),
        ),
        severity="warning",
        media=_NOT_PRESS,
        needs_tags=True,
    ),
    "A11Y-07": Rule(
        name="sentences are short",
        reason="a sentence that does not fit into a breath is not understood at a counter",
        source="plain-language guides of each language; YANSIS for Japanese",
        limit="the language's record in generator/language.py",
        hint="make two sentences of it, the action first",
        find=access.find_long_sentences,
        severity="warning",
        needs_order=True,
        needs_tags=True,
    ),
}
