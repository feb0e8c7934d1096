"""Judge whether all texts of the guide are on paper, in order, and find the text that a run belongs to."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from generator.checks.order import Expected, Finding, count, on, quote
from generator.checks.paragraphs import once
from generator.readback.model import TWINS, PdfFacts, Run

# Line breaks and hyphens come and go with the layout, and fonts have one glyph for several hyphens.
_VANISHING = re.compile(r"[\s\u00ad\u200b-\u200d\u2010\u2011\u2060\ufeff-]+")
_ONE_TWIN = str.maketrans({twin: group[0] for group in TWINS for twin in group})


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Reduce a text to what a reader must find, however it was broken into lines."""
    return _VANISHING.sub("", unicodedata.normalize("NFKC", text.translate(_ONE_TWIN)))


@once
def read_aloud(facts: PdfFacts) -> str:
    """Return what a screen reader says, folded."""
    return "".join(fold(run.text) for run in facts.reading_order)


def find_occurrences(wanted: str, text: str) -> list[int]:
    """Return where a text stands in another, from left to right."""
    places, place = [], text.find(wanted)
    while place >= 0:
        places.append(place)
        place = text.find(wanted, place + 1)
    return places


def find_lost_texts(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find texts of the guide that are not on paper, or not as often as they should be."""
    aloud = read_aloud(facts)
    for text, wanted in Counter(expected.texts).items():
        times = len(find_occurrences(fold(text), aloud))
        if not times:
            yield Finding(f"{quote(text)} is not on paper", text=text)
        elif times < wanted:
            yield Finding(f"{quote(text)} is on paper {count(times, 'time')}, {wanted} wanted", text=text)
    around = "".join(fold(run.text) for run in facts.runs if run.is_artifact)
    for text in expected.margins:
        if fold(text) not in around:
            yield Finding(f"{quote(text)} stands in no margin", text=text)


@dataclass(slots=True)
class _Order:
    """Where the texts stand: the places of those in order, by index, and those that are elsewhere."""

    places: dict[int, int] = field(default_factory=dict)
    astray: list[int] = field(default_factory=list)


def _put_in_order(aloud: str, texts: tuple[str, ...]) -> _Order:
    """Find the fewest texts that would have to move to make the order right."""
    times = Counter(texts)
    # The longest rising row of places (patience sorting): a text that stands at several places offers
    # the last one first, so that it can be taken only once.
    tops: list[int] = []
    steps: list[tuple[int, int, int]] = []  # (text, place, the step before this one or -1)
    ends: list[int] = []
    present: list[int] = []
    for index, text in enumerate(texts):
        places = find_occurrences(fold(text), aloud)
        if len(places) >= times[text]:
            present.append(index)
        for place in reversed(places):
            pile = bisect_left(tops, place)
            steps.append((index, place, ends[pile - 1] if pile else -1))
            if pile == len(tops):
                tops.append(place)
                ends.append(len(steps) - 1)
            else:
                tops[pile], ends[pile] = place, len(steps) - 1
    found = _Order()
    step = ends[-1] if ends else -1
    while step >= 0:
        index, place, step = steps[step]
        found.places[index] = place
    found.astray = [index for index in present if index not in found.places]
    return found


def find_texts_out_of_order(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find texts that are read at another place than in the guide."""
    for index in _put_in_order(read_aloud(facts), expected.texts).astray:
        text = expected.texts[index]
        yield Finding(f"{quote(text)} is read at another place than in the guide", text=text)


def find_unsaid_texts(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find words on paper that are no part of any text: a template wrote them, and nobody translated them."""
    if not expected.texts:
        return
    said = "\n".join(fold(text) for text in (*expected.texts, *expected.margins))
    index: Index | None = None
    for run in facts.reading_order:
        words = fold(run.text)
        if not any(character.isalpha() for character in words) or words in said:
            continue
        index = index or Index(facts, expected)
        if not index.text_of(run):
            yield on(run, f"{quote(run.text)} is said by no text of the guide")


class Index:
    """Leads from a run to the text of the guide that it is a part of."""

    def __init__(self, facts: PdfFacts, expected: Expected) -> None:
        """Find where every text stands."""
        order = _put_in_order(read_aloud(facts), expected.texts)
        self._spans = [
            (place, len(fold(expected.texts[index])), expected.texts[index])
            for index, place in order.places.items()
        ]
        self._margins = expected.margins
        self._offsets: dict[int, int] = {}
        at = 0
        for run in facts.reading_order:
            self._offsets[id(run)] = at
            at += len(fold(run.text))

    def text_of(self, run: Run) -> str:
        """Return the text that a run belongs to, "" where it is of no text of the guide."""
        at = self._offsets.get(id(run))
        if at is None:
            folded = fold(run.text)
            return next((text for text in self._margins if folded and folded in fold(text)), "")
        return self._around(at)[1]

    def divided_word(self, run: Run) -> tuple[str, str] | None:
        """Return the two parts of the word inside which a run begins; None where it begins between words."""
        at = self._offsets.get(id(run), -1)
        start, text = self._around(at)
        # Spaces are folded away on paper, so the words of the text say where they were.
        for word in text.split():
            end = start + len(fold(word))
            if start < at < end:
                whole = fold(word)
                return whole[: at - start], whole[at - start :]
            start = end
        return None

    def _around(self, at: int) -> tuple[int, str]:
        """Return where the text at a place begins, and the text; (0, "") where there is none."""
        # A short text may stand inside a longer one: the longer one is the one that is printed there.
        around = [
            (length, start, text) for start, length, text in self._spans if start <= at < start + length
        ]
        return max(around)[1:] if around else (0, "")


# Files have lengths of four digits behind the point, in different units.
_MOVED_MM = 0.02


def find_changed_glyphs(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find glyphs that are other ones, or elsewhere, than on the pages that a press file was made from."""
    ordered = [run for run in expected.runs if run.is_visible]
    printed = [run for run in facts.runs if run.is_visible]
    for ought, is_ in zip(ordered, printed, strict=False):
        is_same = (ought.page, ought.glyphs, ought.size_pt) == (is_.page, is_.glyphs, is_.size_pt)
        if not is_same:
            yield on(is_, f"{quote(is_.text)} is printed where {quote(ought.text)} was meant")
            return
        if abs(ought.x_mm - is_.x_mm) > _MOVED_MM or abs(ought.y_mm - is_.y_mm) > _MOVED_MM:
            yield on(is_, f"{quote(is_.text)} is not where it was")
            return
    if len(ordered) != len(printed):
        yield Finding(f"has {len(printed)} pieces of type, {len(ordered)} wanted")
