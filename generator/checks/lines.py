"""Judge the lines of Chinese, Japanese and Korean: the rules CJK-02 to CJK-11.

Sources: W3C JLREQ and CLREQ, JIS X 4051, GB/T 15834-2011.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from generator.checks.order import Expected, Finding, enumerate_, on, quote
from generator.checks.paragraphs import Line, Paragraph, find_paragraphs, is_cjk, primary, running_order
from generator.checks.scripts import HAN, HANGUL, KANA, foreign_letters
from generator.checks.texts import Index
from generator.phrasing import split_phrases
from generator.readback.model import MM_PER_PT, PdfFacts, Run

# JLREQ cl-02 to cl-11 and CLREQ: what must not begin a line, what must not end one.
_NO_START = frozenset(
    "、。，．・：；？！）〕］｝〉》」』】〗”’‐–〜～ー々〻ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ"
)
_NO_END = frozenset("（〔［｛〈《「『【〖“‘")

# What is said in one breath and read in one look.
_UNBREAKABLE: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "an address",
        re.compile(r"(?:https?://|[a-z0-9-]+\.)[a-z0-9.-]*\.?(?:jp|com|net|org|info)(?:/[\w./?=&#-]*)?"),
    ),
    ("a telephone number", re.compile(r"(?<![\d-])\+?\d{2,4}-\d{2,4}-\d{3,4}(?![\d-])")),
    ("a price", re.compile(r"(?:[¥￥]\s?)?\d[\d,]*\s?(?:日元|円|元|yen)|[¥￥]\s?\d[\d,]*")),
    (
        "a number and its unit",
        re.compile(
            r"\d[\d,.]*(?:年|月|日|号|時|时|分|か月|ヶ月|カ月|个月|個月|小时|時間|周|週|歳|岁|天|GB|MB|%|％)"
        ),
    ),
    ("a time", re.compile(r"\d{1,2}:\d{2}(?:[–~〜-]\d{1,2}:\d{2})?")),
    # Groups of three: “2026, 2026” loses its space at the end of a line.
    ("a number", re.compile(r"(?<!\d)\d{1,3}(?:,\d{3})+(?!\d)|\d{2,}")),
    ("a dash of two", re.compile("——|……")),
)
# How far around a line's end such a thing can reach.
_REACH = 60

_ENDING = "、。，．：；？！）〕］｝〉》」』】〗”’…—～"


def _joins(facts: PdfFacts) -> Iterator[tuple[Paragraph, Line, Line]]:
    for paragraph in find_paragraphs(facts):
        for before, after in pairwise(paragraph.lines):
            yield paragraph, before, after


def find_bad_line_starts(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find closing marks and small kana at the beginning of a line."""
    for _, before, after in _joins(facts):
        first = after.runs[0]
        if first.text[:1] in _NO_START and is_cjk(first.language):
            what = f"a line begins with {first.text[0]}: {quote(before.runs[-1].text + first.text)}"
            yield on(first, what)


def find_bad_line_ends(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find opening marks at the end of a line."""
    for _, before, after in _joins(facts):
        last = before.runs[-1]
        if last.text[-1:] in _NO_END and is_cjk(last.language):
            yield on(last, f"a line ends with {last.text[-1]}: {quote(last.text + after.runs[0].text)}")


def find_split_numbers(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find telephone numbers, prices, numbers with units and addresses that go over two lines."""
    for paragraph, before, after in _joins(facts):
        head, tail = before.text[-_REACH:], after.text[:_REACH]
        for kind, pattern in _UNBREAKABLE:
            if kind == "a number" and not is_cjk(paragraph.language):
                continue  # two numbers: the space between them is lost at the end of a line
            if (before.runs[-1].face, before.runs[-1].size_pt) != (after.runs[0].face, after.runs[0].size_pt):
                continue  # a telephone number in bold, and an address after it
            found = next((m for m in pattern.finditer(head + tail) if m.start() < len(head) < m.end()), None)
            if found:
                yield on(after.runs[0], f"{kind} is split over two lines: {quote(found[0])}")
                break


_ANY_HANGUL = re.compile(f"[{HANGUL}]")


def find_broken_words(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find Korean words, their particles included, that go over two lines.

    The space between two words is lost at the end of a line, so only the order says where there was one.
    """
    index: Index | None = None
    for _, before, after in _joins(facts):
        first = after.runs[0]
        # A particle after a Japanese word or a Latin name belongs to it.
        if "ko" not in (primary(first.language), primary(before.runs[-1].language)):
            continue
        index = index or Index(facts, expected)
        word = index.divided_word(first)
        if word and _ANY_HANGUL.search("".join(word)):
            yield on(first, f"a word is broken over two lines: {quote('|'.join(word))}")


def find_lonely_lines(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find one character alone on a last line, and one line of a text alone on a page."""
    paragraphs = find_paragraphs(facts)
    for paragraph in paragraphs:
        last = paragraph.lines[-1]
        if (
            len(paragraph.lines) > 1
            and is_cjk(paragraph.language)
            and len(last.text.strip().rstrip(_ENDING)) <= 1
        ):
            yield on(last.runs[0], f"one character is alone on a line: {quote(paragraph.text[-12:])}")
    if facts.elements:
        for before, after in pairwise(paragraphs):
            is_split = after.page == before.page + 1 and _block(before) == _block(after)
            if is_split and min(len(before.lines), len(after.lines)) == 1:
                alone = before if len(before.lines) == 1 else after
                yield on(alone.lines[0].runs[0], f"one line is alone on a page: {quote(alone.text)}")


def _block(paragraph: Paragraph) -> int:
    return paragraph.lines[0].runs[0].block


def find_bad_measures(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find texts whose lines are too long to be read, or too short."""
    shortest, longest = expected.paper.measure_em
    for paragraph in find_paragraphs(facts):
        if len(paragraph.lines) < 3 or not is_cjk(paragraph.language):
            continue
        boxes = [line.box_mm for line in paragraph.lines]
        width = max(box[2] for box in boxes) - min(box[0] for box in boxes)
        measure = width / (paragraph.lines[0].size_pt * MM_PER_PT)
        if not shortest - 1 <= measure <= longest + 0.5:
            what = f"lines of {measure:.0f} characters, {shortest:g} to {longest:g} wanted"
            yield on(paragraph.lines[0].runs[0], f"{what}: {quote(paragraph.text)}")


# Lines with readings above them (JLREQ: 2.0 to 2.2; notes are smaller on the same lines).
EASY_PITCH = 2.6


def find_bad_pitch(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find lines that are too close to each other, or too far apart."""
    closest, widest = expected.paper.pitch
    if expected.language and expected.language.is_easy:
        widest = EASY_PITCH
    for paragraph in find_paragraphs(facts):
        if not is_cjk(paragraph.language):
            continue
        for before, after in pairwise(paragraph.lines):
            pitch = (after.y_mm - before.y_mm) / (max(before.size_pt, after.size_pt) * MM_PER_PT)
            if not closest - 0.02 <= pitch <= widest + 0.02:
                what = f"lines are {pitch:.2f} sizes apart, {closest:g} to {widest:g} wanted"
                yield on(after.runs[0], f"{what}: {quote(paragraph.text)}")
                break


_HEADS = frozenset(("H", "H1", "H2", "H3", "H4", "H5", "H6", "TH"))


def find_torn_headings(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find Japanese headings that are broken inside a phrase."""
    for paragraph in find_paragraphs(facts):
        if paragraph.role not in _HEADS or len(paragraph.lines) < 2 or primary(paragraph.language) != "ja":
            continue
        places = _phrase_ends(paragraph.text)
        at = 0
        for before, after in pairwise(paragraph.lines):
            at += len(before.text)
            if at not in places and not before.text.endswith(" "):
                what = f"a heading is broken inside a phrase: {quote(before.text + '|' + after.text)}"
                yield on(after.runs[0], what)


def _phrase_ends(text: str) -> frozenset[int]:
    return frozenset(itertools.accumulate(len(phrase) for phrase in split_phrases(text)))


# --- marks -------------------------------------------------------------------------------------

_HAN_OR_KANA = f"[{HAN}{KANA}]"
_LATIN_MARK = re.compile(f"{_HAN_OR_KANA}[,;:?!]|{_HAN_OR_KANA}\\.(?![A-Za-z0-9])|[,;?!]{_HAN_OR_KANA}")
_LONE_DOTS = re.compile("(?<!…)…(?!…)")
_LONE_DASH = re.compile("(?<!—)—(?!—)")
_WIDE_DIGIT = re.compile("[０-９]")
# Quotation marks that are not the language's own; inner ones of Chinese are ‘ ’.
_FOREIGN_QUOTES: tuple[tuple[Callable[[str], bool], re.Pattern[str], str], ...] = (
    (lambda tag: primary(tag) == "ja", re.compile('["“”‘]'), "「」"),
    (lambda tag: tag.casefold() in ("zh", "zh-hans", "zh-cn", "zh-sg"), re.compile('["「」『』]'), "“”"),
    (lambda tag: tag.casefold() in ("zh-hant", "zh-tw", "zh-hk"), re.compile('["“”]'), "「」"),
)


def foreign_marks(text: str, tag: str) -> Iterator[tuple[str, str, bool]]:
    """Yield what is wrong with the marks of a Chinese or Japanese text, what to write, and if it is style."""
    if not is_cjk(tag):
        return
    for fits, pattern, wanted in _FOREIGN_QUOTES:
        if fits(tag) and (found := pattern.findall(text)):
            yield f"{enumerate_(found)} in {quote(text)}, {wanted} wanted", f"write {wanted}", False
    if marks := _LATIN_MARK.findall(text):
        what = f"a half-width mark beside a full-width character: {enumerate_(marks)}"
        yield what, "write the full-width mark", False
    if _LONE_DOTS.search(text) or _LONE_DASH.search(text):
        yield f"an ellipsis or a dash of one em, two wanted: {quote(text)}", "write …… or ——", True
    if _WIDE_DIGIT.search(text):
        yield f"full-width digits: {quote(text)}", "write half-width digits", True


def find_foreign_marks(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find punctuation of another language in Chinese and Japanese text."""
    for run, text in _stretches(facts):
        for what, _, _ in foreign_marks(text, run.language):
            yield on(run, what)


def _stretches(facts: PdfFacts) -> Iterator[tuple[Run, str]]:
    """Yield stretches of one language within a paragraph, each with its first run."""
    for paragraph in find_paragraphs(facts):
        start: Run | None = None
        text = ""
        for run in (run for line in paragraph.lines for run in line.runs):
            if start is not None and run.language != start.language:
                yield start, text
                start, text = None, ""
            start = start or run
            text += run.text
        if start is not None:
            yield start, text


_PLACEHOLDER = re.compile(r"\{[a-z][\w.-]*\}|%\(\w+\)s|\[missing[^\]]*\]|&[a-z]+;|\{\{.*?\}\}")


def find_leaks(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find single characters of another script inside a text, and marks that were meant for a program."""
    for run in running_order(facts):
        if leaked := _PLACEHOLDER.findall(run.text):
            yield on(run, f"{enumerate_(leaked)} was meant for a program: {quote(run.text)}")
        foreign, _, is_whole = foreign_letters(run.text, run.language)
        if foreign and not is_whole:
            yield on(
                run, f"{enumerate_(foreign)} in {quote(run.text)} is not of its language ({run.language})"
            )
