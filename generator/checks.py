"""Judge a finished handout: facts in, problems out.

`RULES` is the whole list. A rule finds every place where the facts differ from what was ordered; why
it exists and what to do about it stand beside it. Nothing here opens a file or knows a library.

Sources: WCAG 2.2 and PDF/UA-1 (ISO 14289-1) for language and structure; JIS X 4051 and
GB/T 15834-2011 for where a line may break; the paper's record for sizes.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise

from generator.language import Language
from generator.paper import Paper
from generator.problem import Problem, Severity
from generator.readback import TWINS, PdfFacts, Run

# What a finished page may differ by without anybody seeing it.
TOLERANCE_MM = 0.05
TOLERANCE_PT = 0.05
OVERLAP_MM = 0.3
PDF_VERSION = "1.7"


@dataclass(frozen=True, slots=True)
class Expected:
    """What was ordered.

    `handout` names it in messages: "au-cancel (zh_Hans, a4)". `texts` are the plain texts of the
    guide in reading order; `japanese` those that must stand somewhere in Japanese, as themselves.
    `margins` are the texts of running heads and feet.
    `complaints` are the lines that the layout engine logged, `slack_mm` the emptiness at the foot
    of each page. `pages` is the exact number wanted, None allows whatever the paper does. A
    property of the document (`author`, `subject`, `keywords`) that is None is not judged.
    """

    handout: str
    paper: Paper
    language: Language
    family: str
    title: str
    texts: tuple[str, ...] = ()
    japanese: tuple[str, ...] = ()
    margins: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()
    slack_mm: tuple[float, ...] = ()
    pages: int | None = None
    author: str | None = None
    subject: str | None = None
    keywords: str | None = None


# A place (page from 1, 0 for the whole handout) and what is wrong there.
Finding = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """Why a rule exists, what to do when it is broken, and how breaches are found.

    `{...}` in the hint is filled from the order: `{tag}`, `{family}`, `{paper}`.
    """

    reason: str
    hint: str
    find: Callable[[PdfFacts, Expected], Iterable[Finding]]
    severity: Severity = "error"


def check_handout(facts: PdfFacts, expected: Expected) -> tuple[Problem, ...]:
    """Judge a handout by every rule; each breach is told once a page. Empty when all is well."""
    words = {"tag": expected.language.tag, "family": expected.family, "paper": expected.paper.name}
    return tuple(
        Problem(
            handout=expected.handout,
            page=page,
            rule=name,
            what=what,
            hint=rule.hint.format_map(words),
            severity=rule.severity,
        )
        for name, rule in RULES.items()
        for page, what in dict.fromkeys(rule.find(facts, expected))
    )


# --- the engine and the sheet ------------------------------------------------------------------


def _find_complaints(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    for line in expected.complaints:
        yield 0, f"the layout engine says: {line}"


def _find_wrong_page_count(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    pages, wanted = len(facts.sizes_mm), expected.pages
    if wanted is not None and pages != wanted:
        yield 0, f"has {_count(pages, 'page')}, {wanted} wanted"
    elif wanted is None and pages > expected.paper.pages:
        yield 0, f"has {_count(pages, 'page')}, {expected.paper.name} has room for {expected.paper.pages}"


def _find_wrong_sizes(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    wanted = expected.paper.width_mm, expected.paper.height_mm
    for page, size in enumerate(facts.sizes_mm, start=1):
        if any(abs(is_ - ought) > TOLERANCE_MM for is_, ought in zip(size, wanted, strict=True)):
            yield page, f"is {size[0]:g} x {size[1]:g} mm, {wanted[0]:g} x {wanted[1]:g} mm wanted"


def _find_empty_pages(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    for page, slack in enumerate(expected.slack_mm, start=1):
        if slack > expected.paper.slack_mm:
            yield (
                page,
                f"{slack:.1f} mm stay empty at the foot, {expected.paper.slack_mm:g} mm at most wanted",
            )


# --- glyphs ------------------------------------------------------------------------------------

_FORMS = {
    "ja": "Japanese",
    "zh-Hans": "simplified Chinese",
    "zh-Hant": "traditional Chinese",
    "zh-HK": "Hong Kong",
    "ko": "Korean",
}


def _find_foreign_fonts(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    regular = expected.family.replace(" ", "-")
    names = {regular: "regular", f"{regular}-Bold": "bold"}
    for font in facts.fonts:
        if font.name not in names:
            yield 0, f'type is set in "{font.name}"'
        elif font.file != "FontFile2":
            yield 0, f'"{font.name}" is not embedded as a TrueType font'
        elif not font.face:
            yield 0, f'"{font.name}" has outlines of another font'
        elif font.face != names[font.name]:
            yield 0, f'"{font.name}" has the outlines of the {font.face} weight'


def _find_missing_glyphs(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    missing: dict[int, list[str]] = {}
    for run in facts.runs:
        for letter, glyph in zip(run.letters, run.glyphs, strict=True):
            if not glyph:
                missing.setdefault(run.page, []).append(letter)
    for page, letters in missing.items():
        yield page, f"the font has no glyph for {_list(_spell(letter) for letter in letters)}"


def _find_wrong_glyphs(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    for page, wrong in groupby((m for m in facts.misdrawn if not m.form), key=lambda m: m.page):
        letters = list(dict.fromkeys(m.character for m in wrong))
        yield page, f"{_list(letters)} {_are(letters)} drawn as something else"


def _find_other_regions(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    found: dict[tuple[int, str], list[str]] = {}
    for m in facts.misdrawn:
        if m.form:
            found.setdefault((m.page, m.form), []).append(m.character)
    for (page, form), characters in found.items():
        letters = list(dict.fromkeys(characters))
        its = "its" if len(letters) == 1 else "their"
        yield page, f"{_list(letters)} {_are(letters)} drawn in {its} {_FORMS[form]} form"


# --- texts -------------------------------------------------------------------------------------

# Line breaks and hyphens come and go with the layout, and fonts have one glyph for several hyphens.
_VANISHING = re.compile(r"[\s\u00ad\u200b-\u200d\u2010\u2011\u2060\ufeff-]+")
_ONE_TWIN = str.maketrans({twin: group[0] for group in TWINS for twin in group})


@lru_cache(maxsize=1024)
def _fold(text: str) -> str:
    """Reduce a text to what a reader must find, however it was broken into lines."""
    return _VANISHING.sub("", unicodedata.normalize("NFKC", text.translate(_ONE_TWIN)))


def _read_aloud(facts: PdfFacts) -> str:
    return _fold("".join(run.text for run in facts.reading_order))


def _find_occurrences(wanted: str, text: str) -> list[int]:
    places, place = [], text.find(wanted)
    while place >= 0:
        places.append(place)
        place = text.find(wanted, place + 1)
    return places


def _find_lost_texts(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    aloud = _read_aloud(facts)
    for text, wanted in Counter(expected.texts).items():
        times = len(_find_occurrences(_fold(text), aloud))
        if not times:
            yield 0, f"{_quote(text)} is not on paper"
        elif times < wanted:
            yield 0, f"{_quote(text)} is on paper {_count(times, 'time')}, {wanted} wanted"
    around = _fold("".join(run.text for run in facts.runs if run.is_artifact))
    for text in expected.margins:
        if _fold(text) not in around:
            yield 0, f"{_quote(text)} stands in no margin"


def _find_texts_out_of_order(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find the fewest texts that would have to move to make the order right."""
    aloud = _read_aloud(facts)
    times = Counter(expected.texts)
    # The longest rising row of places (patience sorting): a text that stands at several places offers
    # the last one first, so that it can be taken only once.
    tops: list[int] = []
    steps: list[tuple[int, int]] = []  # (text, the step before this one or -1)
    ends: list[int] = []
    present: list[int] = []
    for index, text in enumerate(expected.texts):
        places = _find_occurrences(_fold(text), aloud)
        if len(places) >= times[text]:
            present.append(index)
        for place in reversed(places):
            pile = bisect_left(tops, place)
            steps.append((index, ends[pile - 1] if pile else -1))
            if pile == len(tops):
                tops.append(place)
                ends.append(len(steps) - 1)
            else:
                tops[pile], ends[pile] = place, len(steps) - 1
    in_order = set()
    step = ends[-1] if ends else -1
    while step >= 0:
        index, step = steps[step]
        in_order.add(index)
    for index in present:
        if index not in in_order:
            yield 0, f"{_quote(expected.texts[index])} is read at another place than in the guide"


# --- type --------------------------------------------------------------------------------------


def _find_small_type(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    floor = expected.paper.floor_pt
    for run in facts.runs:
        if run.size_pt < floor - TOLERANCE_PT and run.text.strip():
            yield run.page, f"{_quote(run.text)} is set in {run.size_pt:.3g} pt, at least {floor:g} pt wanted"


def _find_type_near_the_edge(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    safe = expected.paper.safe_mm
    for run in facts.runs:
        if run.ink_mm is None:
            continue
        left, top, right, bottom = run.ink_mm
        width, height = facts.sizes_mm[run.page - 1]
        edges = ((left, "left"), (top, "top"), (width - right, "right"), (height - bottom, "bottom"))
        distance, edge = min(edges)
        if distance < safe - TOLERANCE_MM:
            yield (
                run.page,
                f"{_quote(run.text)} is {distance:.1f} mm from the {edge} edge, at least {safe:g} mm wanted",
            )


def _find_overlaps(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find type that is drawn over other type: a text too long for an absolutely placed box."""
    for page, group in groupby(
        sorted((r for r in facts.runs if r.ink_mm), key=lambda r: r.page), lambda r: r.page
    ):
        runs = sorted(group, key=lambda run: run.ink_mm[0])  # type: ignore[index]
        for i, run in enumerate(runs):
            _, top, right, bottom = run.ink_mm  # type: ignore[misc]
            for other in runs[i + 1 :]:
                x0, y0, x1, y1 = other.ink_mm  # type: ignore[misc]
                if x0 > right - OVERLAP_MM:
                    break
                if min(bottom, y1) - max(top, y0) > OVERLAP_MM and min(right, x1) - x0 > OVERLAP_MM:
                    yield page, f"{_quote(run.text)} and {_quote(other.text)} are drawn over each other"


# JLREQ cl-02 to cl-11 and CLREQ: what must not begin a line, what must not end one.
_NO_START = frozenset(
    "、。，．・：；？！）〕］｝〉》」』】〗”’‐–〜～ー々〻ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ"
)
_NO_END = frozenset("（〔［｛〈《「『【〖“‘")


def _find_bad_line_starts(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    for before, after in _find_line_breaks(facts):
        if after.text[0] in _NO_START and _is_cjk(after):
            yield after.page, f"a line begins with {after.text[0]}: {_quote(before.text + after.text)}"


def _find_bad_line_ends(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    for before, after in _find_line_breaks(facts):
        if before.text[-1] in _NO_END and _is_cjk(before):
            yield before.page, f"a line ends with {before.text[-1]}: {_quote(before.text + after.text)}"


def _find_line_breaks(facts: PdfFacts) -> Iterator[tuple[Run, Run]]:
    """Yield the last run of a line and the first of the next one, within one block and page."""
    inked = [run for run in facts.reading_order if run.ink_mm]
    for before, after in pairwise(inked):
        # Lower and further left: a raised or lowered run goes on to the right.
        if (
            (before.block, before.page) == (after.block, after.page)
            and after.y_mm > before.y_mm + TOLERANCE_MM
            and after.x_mm < before.x_mm + before.width_mm - TOLERANCE_MM
        ):
            yield before, after


# --- language ----------------------------------------------------------------------------------

# Without the marks that Chinese borrows: the long vowel mark and the middle dot.
_KANA = re.compile(r"[\u3041-\u3096\u309d\u309e\u30a1-\u30fa\u30fd\u30fe\uff66-\uff6f\uff71-\uff9d]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def _find_missing_languages(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    tag = expected.language.tag
    if facts.language.casefold() != tag.casefold():
        said = f'says that it is in "{facts.language}"' if facts.language else "does not say its language"
        yield 0, f'the document {said}, "{tag}" wanted'
    for run in facts.runs:
        if found := _recognise(run.text, run.language):
            yield run.page, f'{_quote(run.text)} is {found}, but its language is "{run.language}"'
    if _primary(tag) != "ja":
        everything = _fold("".join(run.text for run in facts.reading_order))
        japanese = _fold("".join(run.text for run in facts.reading_order if _primary(run.language) == "ja"))
        for text in expected.japanese:
            if _fold(text) in everything and _fold(text) not in japanese:
                yield 0, f"{_quote(text)} is nowhere marked as Japanese"


def _recognise(text: str, tag: str) -> str:
    """Name the language that a text must be in, when that is not its tag's; "" when it may be."""
    primary = _primary(tag)
    if primary != "ja" and _KANA.search(text):
        return "Japanese"
    han = _HAN.findall(text)
    if han and primary not in ("ja", "ko", "yue", "zh"):
        return "Chinese or Japanese"
    if primary == "ja" and any(_is_only_chinese(character) for character in han):
        return "Chinese"
    if _is_simplified(tag) and any(_is_only_japanese(character) for character in han):
        return "Japanese or traditional Chinese"
    return ""


def _primary(tag: str) -> str:
    return tag.partition("-")[0].casefold()


def _is_simplified(tag: str) -> bool:
    parts = tag.casefold().split("-")
    return parts[0] == "zh" and not {"hant", "tw", "hk", "mo"} & set(parts)


def _is_cjk(run: Run) -> bool:
    return _primary(run.language) in ("ja", "zh")


@lru_cache(maxsize=16384)
def _is_in(character: str, charset: str) -> bool:
    try:
        character.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _is_only_chinese(character: str) -> bool:
    return _is_in(character, "gb2312") and not _is_in(character, "euc_jis_2004")


def _is_only_japanese(character: str) -> bool:
    # Rare characters of Chinese names are in neither set and pass.
    return _is_in(character, "shift_jis") and not _is_in(character, "gb2312")


# --- the file ----------------------------------------------------------------------------------

# Rules of the validator that say what one of ours says with the place and the character.
_SAID_ALREADY = frozenset({"PDFUA1-NOTDEF-GLYPH-001"})


def _find_ua_failures(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    for failure in facts.ua_failures:
        if failure.rule not in _SAID_ALREADY:
            yield 0, f"{failure.what} ({failure.rule})"


def _find_wrong_properties(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    wanted = {
        "version": (facts.version, PDF_VERSION),
        "title": (facts.title, expected.title),
        "author": (facts.author, expected.author),
        "subject": (facts.subject, expected.subject),
        "keywords": (facts.keywords, expected.keywords),
        "PrintScaling": (facts.print_scaling, "None"),
        "Duplex": (facts.duplex, expected.paper.duplex),
    }
    for name, (is_, ought) in wanted.items():
        if ought is not None and is_ != ought:
            yield 0, f'{name} is "{is_}", "{ought}" wanted' if is_ else f'{name} is not set, "{ought}" wanted'


# --- words -------------------------------------------------------------------------------------


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _quote(text: str) -> str:
    short = " ".join(text.split())
    return f"“{short if len(short) <= 40 else short[:39] + '…'}”"


def _spell(letter: str) -> str:
    return " ".join((letter, *(f"U+{ord(character):04X}" for character in letter)))


def _list(items: Iterable[str], most: int = 6) -> str:
    distinct = list(dict.fromkeys(items))
    rest = len(distinct) - most
    return ", ".join(distinct[:most]) + (f" and {rest} more" if rest > 0 else "")


def _are(items: list[str]) -> str:
    return "is" if len(items) == 1 else "are"


RULES: dict[str, Rule] = {
    "engine-complaint": Rule(
        reason="what the layout engine ignores or cannot find is missing on paper",
        hint="remove or repair what it names; an unknown property prints as if it were not there",
        find=_find_complaints,
    ),
    "page-budget": Rule(
        reason="a sheet has two sides, and nobody reads the third",
        hint="shorten the texts; never set them smaller",
        find=_find_wrong_page_count,
    ),
    "page-size": Rule(
        reason="a printer scales or crops what is not its paper's size",
        hint="give @page the size of the paper {paper}",
        find=_find_wrong_sizes,
    ),
    "page-underfilled": Rule(
        reason="a half empty page looks unfinished, and its room could be used",
        hint="add content, not air",
        find=_find_empty_pages,
        severity="warning",
    ),
    "font-foreign": Rule(
        reason="another font has other shapes, other widths and another licence, and is not on every machine",
        hint='set everything in "{family}", regular or bold, made by make_fonts; '
        "page margins take their font from html, not from body",
        find=_find_foreign_fonts,
    ),
    "glyph-missing": Rule(
        reason="an empty box tells the reader nothing",
        hint="write it differently, or draw it as a picture with a name",
        find=_find_missing_glyphs,
    ),
    "glyph-wrong": Rule(
        reason="a wrong number on paper cannot be called back; copied text would still look right",
        hint="two font files share one family and weight, or a style sheet changes glyphs: "
        "declare each weight of {family} once",
        find=_find_wrong_glyphs,
    ),
    "glyph-region": Rule(
        reason="readers see at once that a text was set in another country's characters",
        hint="glyphs follow lang: give the element the lang of its text; nothing may switch off locl",
        find=_find_other_regions,
    ),
    "text-missing": Rule(
        reason="what the guide says and the paper does not is lost for the reader",
        hint="look for a template that leaves it out, or a box that cuts it off",
        find=_find_lost_texts,
    ),
    "text-order": Rule(
        reason="a screen reader reads in the order of the structure, not of the page",
        hint="put the blocks of the template in the order of the guide, and move them with the grid",
        find=_find_texts_out_of_order,
    ),
    "type-small": Rule(
        reason="small print about money and deadlines is not read, and may not be legal",
        hint="shorten the text; the floor of a paper stands in generator/paper.py",
        find=_find_small_type,
    ),
    "safe-area": Rule(
        reason="desktop printers do not print to the edge, and cutters are not exact",
        hint="keep it inside the page margins of {paper}",
        find=_find_type_near_the_edge,
    ),
    "language-missing": Rule(
        reason="lang chooses the glyphs on paper and the voice of a screen reader",
        hint='give the element the lang of its text: "{tag}" is the reader\'s, "ja" that of Japanese words',
        find=_find_missing_languages,
    ),
    "type-overlap": Rule(
        reason="two texts on one place are both unreadable",
        hint="shorten the text, or give its box more room in templates/css",
        find=_find_overlaps,
    ),
    "line-start": Rule(
        reason="closing marks and small kana do not begin a line in Japanese and Chinese",
        hint="keep the mark with the word before it, in one element without wrapping",
        find=_find_bad_line_starts,
    ),
    "line-end": Rule(
        reason="opening marks do not end a line in Japanese and Chinese",
        hint="keep the mark with the word after it, in one element without wrapping",
        find=_find_bad_line_ends,
    ),
    "pdf-ua": Rule(
        reason="a handout that a screen reader cannot read is closed to those who need it most",
        hint="the rule is of PDF/UA-1 (ISO 14289-1); repair the template",
        find=_find_ua_failures,
    ),
    "pdf-metadata": Rule(
        reason="viewers, printers and archives go by the properties of the file",
        hint="the layout sets them from the guide and from the paper {paper}",
        find=_find_wrong_properties,
    ),
}
