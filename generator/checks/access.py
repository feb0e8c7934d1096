"""Judge what a person meets who hears the page, or reads slowly: the A11Y rules.

Sources: ISO 14289-1 (PDF/UA-1), WCAG 2.2, the plain-language limits of each language's record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from generator.checks.order import Expected, Finding, count, on, quote
from generator.checks.paragraphs import primary
from generator.checks.scripts import foreign_letters
from generator.checks.texts import find_texts_out_of_order, fold
from generator.language import Language, find_language
from generator.readback.model import Element, PdfFacts

# Rules of the validator that say what one of ours says with the place and the character.
_SAID_ALREADY = frozenset({"PDFUA1-NOTDEF-GLYPH-001"})
# The validator reads widths of compact (CFF) programs without their nominal width, and so finds wrong what is
# right; our own fonts are TrueType.
_WIDTHS = "PDFUA1-FONT-GLYPH-WIDTH-001"


def find_ua_failures(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find what breaks PDF/UA-1. Of a file that does not claim it, one sentence is enough."""
    failures = [
        f"{failure.what} ({failure.rule})" if failure.rule else failure.what
        for failure in facts.ua_failures
        if failure.rule not in _SAID_ALREADY
        and not (failure.rule == _WIDTHS and any(font.file == "FontFile3" for font in facts.fonts))
    ]
    if expected.is_ordered or facts.claims_ua:
        yield from map(Finding, failures)
    elif not facts.elements and failures:
        yield Finding("has no tags: a screen reader meets letters without order", severity="warning")
    elif failures:
        what = f"is tagged, but breaks {count(len(failures), 'rule')} of PDF/UA-1: {failures[0]}"
        yield Finding(what, severity="warning")


# --- pictures ----------------------------------------------------------------------------------

_LONGEST_ALT = 120
_FILE_NAME = re.compile(r"[\w.-]+\.(?:png|jpe?g|gif|svg|webp|bmp|tiff?|pdf)", re.I)
_SAYS_NOTHING = frozenset(
    (
        "figure",
        "graphic",
        "icon",
        "image",
        "img",
        "photo",
        "picture",
        "图",
        "图片",
        "图像",
        "画像",
        "図",
        "写真",
        "アイコン",
    )
)
# JIS Z 8210 and the ECOMO guide, for a sheet in the hand.
_SMALLEST_PICTURE_MM = 8.0


def find_poor_alts(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find pictures whose description does not describe them. That one is missing is told by A11Y-01."""
    for element in facts.elements:
        if element.role not in ("Figure", "Formula") or not element.alt or not element.alt.strip():
            continue
        alt = element.alt.strip()
        _, foreign, _ = foreign_letters(alt, element.language)
        if _FILE_NAME.fullmatch(alt):
            yield _in(element, f"a picture is described by the name of its file: {quote(alt)}")
        elif alt.casefold() in _SAYS_NOTHING:
            yield _in(element, f"the description of a picture says nothing: {quote(alt)}")
        elif len(alt) > _LONGEST_ALT:
            yield _in(element, f"a picture is described in {len(alt)} letters, at most {_LONGEST_ALT} wanted")
        elif foreign:
            yield _in(
                element, f"the description {quote(alt)} is {foreign}, its language is {element.language}"
            )


def find_small_pictures(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find pictures with a meaning that are too small to be made out in the hand."""
    for element in facts.elements:
        if element.role == "Figure" and element.box_mm:
            left, top, right, bottom = element.box_mm
            if 0 < max(right - left, bottom - top) < _SMALLEST_PICTURE_MM:
                size = max(right - left, bottom - top)
                what = f"a picture is {size:.1f} mm, at least {_SMALLEST_PICTURE_MM:g} mm wanted"
                yield _in(element, what)


def _in(element: Element, what: str) -> Finding:
    return Finding(what, element.page, element.box_mm)


# --- languages ---------------------------------------------------------------------------------


def find_missing_languages(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find texts that a screen reader would read in the voice of another language."""
    tag = expected.language.tag if expected.language else ""
    if not facts.language:
        yield Finding(
            f'the document does not say its language, "{tag}" wanted'
            if tag
            else "the document does not say its language"
        )
    elif tag and not _is_said(facts.language, expected):
        yield Finding(f'the document says that it is in "{facts.language}", "{tag}" wanted')
    for run in facts.runs:
        letters, language, is_whole = foreign_letters(run.text, run.language)
        if letters and is_whole:
            yield on(run, f'{quote(run.text)} is {language}, but its language is "{run.language}"')
    if tag and primary(tag) != "ja" and expected.japanese:
        everything = fold("".join(run.text for run in facts.reading_order))
        japanese = fold("".join(run.text for run in facts.reading_order if primary(run.language) == "ja"))
        for text in expected.japanese:
            if fold(text) in everything and fold(text) not in japanese:
                yield Finding(f"{quote(text)} is nowhere marked as Japanese", text=text)


def _is_said(tag: str, expected: Expected) -> bool:
    """Tell whether a tag is the ordered one; where nothing was ordered, any spelling of it will do."""
    if expected.is_ordered:
        return expected.language is not None and tag.casefold() == expected.language.tag.casefold()
    return find_language(tag) == expected.language


# --- structure ---------------------------------------------------------------------------------

_HEADING = re.compile("H[1-6]")


def find_bad_structure(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find texts out of order, and headings, lists and tables that are not built as such."""
    if not expected.overflow:  # columns that are torn over pages are read in pieces; told as GEO-07
        yield from find_texts_out_of_order(facts, expected)
    elements = facts.elements
    if not elements:
        return
    heads = [element for element in elements if _HEADING.fullmatch(element.role)]
    first = [element for element in heads if element.role == "H1"]
    if len(first) != 1:
        yield Finding(f"has {count(len(first), 'heading')} of the first level, 1 wanted")
    for before, after in pairwise(heads):
        if int(after.role[1]) > int(before.role[1]) + 1:
            yield _in(after, f"{quote(after.text)} is {after.role} after {before.role}: a level is skipped")
    for index, element in enumerate(elements):
        kids = (
            {other.role for other in elements[index + 1 :] if other.parent == index}
            if element.role in ("L", "TR")
            else set()
        )
        if element.role == "L" and kids - {"LI", "L", "Caption"}:
            yield _in(
                element,
                f"a list holds {', '.join(sorted(kids - {'LI', 'L', 'Caption'}))} where items should be",
            )
        if element.role == "L" and element.numbering in ("", "None"):
            items = [item.text.strip() for item in elements[index + 1 :] if item.parent == index]
            if len(items) > 1 and _count_up(items):
                yield _in(element, f"a list counts, and does not say so: {quote(items[0])}")
        if element.role == "TH" and not element.scope:
            yield _in(element, f"{quote(element.text)} does not say whether it heads a column or a row")
    for index, element in enumerate(elements):
        if element.role == "Table" and not _has_heads(elements, index):
            yield _in(element, "a table has no heads")


def _count_up(items: list[str]) -> bool:
    """Tell whether items begin with 1, 2, 3."""
    return all(re.match(rf"{number}(?!\d)", text) for number, text in enumerate(items, start=1))


def _has_heads(elements: tuple[Element, ...], table: int) -> bool:
    inside = {table}
    for index in range(table + 1, len(elements)):
        element = elements[index]
        if element.parent in inside:
            inside.add(index)
            if element.role == "TH":
                return True
        elif element.parent < table:
            break
    return False


# --- plain language ----------------------------------------------------------------------------

# A colon ends a thought too: what follows it is read anew.
_SENTENCE = re.compile(r"[^。！？!?；;：]+?(?:[。！？!?；;：]|[.:](?=\s|$)|$)")


def long_sentences(text: str, language: Language) -> Iterator[tuple[int, str]]:
    """Yield the sentences of a text that are too long to be understood at a counter, with their lengths."""
    for sentence in _SENTENCE.findall(text):
        length = len(sentence.split()) if language.is_spaced else len(re.sub(r"[\s\W]", "", sentence))
        if length > language.sentence_limit:
            yield length, sentence


def find_long_sentences(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find sentences that are too long to be understood at a counter."""
    language = expected.language
    if language is None:
        return
    # What is Japanese in every language is no sentence of this one.
    others = frozenset(expected.japanese)
    for text in dict.fromkeys(text for text in expected.texts if text not in others):
        for length, sentence in long_sentences(text, language):
            unit = "words" if language.is_spaced else "characters"
            what = f"a sentence of {length} {unit}, at most {language.sentence_limit} wanted"
            yield Finding(f"{what}: {quote(sentence)}", text=text)
