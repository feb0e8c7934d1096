"""Judge one translation beside its source text: what must not be printed, and what reads badly.

Marks, scripts and sentences are judged by the rules of the finished page (`checks`), so that a translator is
told in the catalog what a handout would be refused for on paper.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from generator import prose
from generator.checks.access import long_sentences
from generator.checks.lines import foreign_marks
from generator.checks.scripts import foreign_letters
from generator.language import Language
from generator.place import find_place, measure
from generator.problem import Severity

# Stands for what is not the translator's: it has no width, no script and ends no sentence.
_HOLE = "\ufffc"
# Values of template words: %(brand)s.
VALUE = re.compile(r"%\([a-z_]+\)s|%")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong with a translation."""

    rule: str
    what: str
    hint: str
    severity: Severity = "error"


@lru_cache(maxsize=16384)
def find_faults(language: Language, place: str, source: str, text: str, printed: str) -> tuple[Fault, ...]:
    """Return what is wrong with a translation, the worst first.

    `printed` is the translation as it will stand on paper, "" where that is not known.
    """
    if language.is_easy:
        unread = "".join(dict.fromkeys(_KANJI.findall(_READ.sub("", text))))
        text, printed = prose.drop_readings(text), prose.drop_readings(printed)
    else:
        unread = ""
    found = [
        *_find_unread(unread),
        *_compare_prose(source, text),
        *(_compare_placeholders(source, text) if text != source else ()),
        *(_compare_numbers(source, text) if text != source else ()),
        *_find_open_brackets(text),
        *_judge_script(language, text),
        *_judge_marks(language, text),
        *_judge_length(language, place, printed or prose.PLACEHOLDER.sub(_HOLE, text), bool(printed)),
    ]
    return tuple(sorted(found, key=lambda fault: fault.severity))


_KANJI = re.compile("[\u3400-\u9fff々]")
_READ = re.compile("[\u3400-\u9fff々〆ヶ]+《[\u3041-\u3096ー]+》")


def _find_unread(kanji: str) -> Iterator[Fault]:
    if kanji:
        what = f'"{kanji}" has no reading'
        yield Fault("message-reading", what, "write it behind the kanji, in kana: 解約《かいやく》")


# --- what must not be printed --------------------------------------------------------------------


def _compare_prose(source: str, text: str) -> Iterator[Fault]:
    # What the source may say (a shop's own phone number, say) its translation may say too.
    allowed = {fault.rule for fault in prose.find_faults(source) if fault.rule.startswith("bare-")}
    for fault in prose.find_faults(text):
        if fault.rule not in allowed:
            yield Fault(fault.rule, fault.what, fault.hint)
    strong, wanted = text.count("**"), source.count("**")
    if strong != wanted:
        what = f"has {strong // 2} strong parts, and the source text {wanted // 2}"
        hint = "what is printed bold in one language is important in the other"
        yield Fault("message-markup", what, hint, "warning")


def _compare_placeholders(source: str, text: str) -> Iterator[Fault]:
    hint = "copy them as they are, in any order"
    ours, theirs = sorted(prose.placeholders(text)), sorted(prose.placeholders(source))
    if ours != theirs:
        wanted = [f"{{{kind}.{name}}}" if name else f"{{{kind}}}" for kind, name in theirs]
        what = "does not have the placeholders of the source text: " + (" ".join(wanted) or "none")
        yield Fault("message-placeholders", what, hint)
    if ("%" in text or "%" in source) and sorted(VALUE.findall(text)) != sorted(VALUE.findall(source)):
        named = " ".join(VALUE.findall(source)) or "no %"
        yield Fault(
            "message-placeholders", f"does not have the placeholders of the source text: {named}", hint
        )


# A number in words; "full" and "a" are one.
_SPELLED = {
    "2": r"two|second|both|twice",
    "3": r"three|third",
    "4": r"four|fourth",
    "5": r"five|fifth",
    "6": r"six|sixth",
    "7": r"seven|week",
    "8": r"eight|eighth",
    "9": r"nine|ninth",
}
# A PIN of the contract has four digits in the languages that say so: 4位密码.
_SPELLED["4"] += r"|PIN"
_NUMBER = re.compile(r"\d[\d,.:-]*\d|\d")
_UNITS: dict[str, str] = {
    "day": r"days?\b|天|日(?![本元圓円])",
    "week": r"weeks?\b|週|周",
    "month": r"months?\b|个月|個月|か月|カ月|ヶ月|ヵ月|箇月",
    "year": r"years?\b|年",
    "hour": r"hours?\b|小时|小時|時間",
    "minute": r"minutes?\b|分钟|分鐘|分(?!割)",
    "digit": r"digits?\b|位|桁",
}
_QUANTITY = re.compile(
    r"(\d+)[\s-]?(?:" + "|".join(f"(?P<{unit}>{words})" for unit, words in _UNITS.items()) + ")"
)


# 1,000 and 1.000 are one number in two languages.
_THOUSANDS = re.compile(r"(?<=\d)[,.](?=\d{3}(?!\d))")


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKC", VALUE.sub(_HOLE, prose.PLACEHOLDER.sub(_HOLE, text)))
    return _THOUSANDS.sub(",", plain)


def _compare_numbers(source: str, text: str) -> Iterator[Fault]:
    if not re.search(r"\d", source + text):
        return
    said, says = _plain(source), _plain(text)
    theirs, ours = Counter(_NUMBER.findall(said)), Counter(_NUMBER.findall(says))
    hint = "write the number of the source, or a fact"
    for number in theirs - ours:
        if number not in says:
            yield Fault("message-number", f'"{number}" stands in the source text, and not here', hint)
    for number in ours - theirs:
        if len(number) > 1 and number not in said:
            yield Fault("message-number", f'"{number}" does not stand in the source text', hint)
        elif (
            number in _SPELLED
            and number not in said
            and not re.search(rf"\b(?:{_SPELLED[number]})", said, re.I)
        ):
            yield Fault("message-number", f'"{number}" does not stand in the source text', hint, "warning")
    wanted, got = _quantities(said), _quantities(says)
    for number, units in wanted.items():
        if number in got and not units & got[number]:
            what = f"says {number} {min(got[number])}s, and the source text {number} {min(units)}s"
            yield Fault("message-unit", what, "write the unit of the source")


def _quantities(text: str) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for match in _QUANTITY.finditer(text):
        found.setdefault(match[1], set()).add(match.lastgroup or "")
    return found


_PAIRS = (("（", "）"), ("“", "”"), ("「", "」"), ("『", "』"), ("《", "》"), ("[", "]"), ("(", ")"))


# The bracket of a numbered item has no other half.
_ITEM = re.compile(r"^\s*\w{1,2}[)）]", re.M)


def _find_open_brackets(text: str) -> Iterator[Fault]:
    text = _ITEM.sub("", text)
    for opening, closing in _PAIRS:
        if text.count(opening) != text.count(closing):
            what = f"{opening} and {closing} are not in pairs"
            yield Fault("message-markup", what, "open and close each of them")


def _judge_script(language: Language, text: str) -> Iterator[Fault]:
    letters, name, _ = foreign_letters(prose.PLACEHOLDER.sub("", text), language.tag)
    if letters:
        said = "".join(dict.fromkeys(letters))
        hint = (
            "write {term.id} for a Japanese word" if name.startswith("Japan") else "write it in the language"
        )
        yield Fault("message-script", f'"{said}" is {name}', hint)


def _judge_marks(language: Language, text: str) -> Iterator[Fault]:
    for what, hint, is_style in foreign_marks(prose.PLACEHOLDER.sub(_HOLE, text), language.tag):
        yield Fault("message-punctuation", what, hint, "warning" if is_style else "error")


# --- what reads badly ------------------------------------------------------------------------------


def _judge_length(language: Language, place: str, text: str, is_whole: bool) -> Iterator[Fault]:
    # Latin words among Han are measured as Latin words.
    is_spaced = language.is_spaced or measure(text, is_spaced=False) < 0.65 * len(text)
    is_long = len(text) > language.sentence_limit and is_spaced == language.is_spaced
    for length, sentence in long_sentences(text, language) if is_long else ():
        unit = "words" if language.is_spaced else "characters"
        what = f"a sentence of {length} {unit}, at most {language.sentence_limit} wanted: “{sentence[:30]}…”"
        yield Fault("message-sentence", what, "make two sentences of it", "warning")
    known = find_place(place)
    # Lengths are those of pages with smaller type; what is set larger has more of them.
    if known is None or not is_whole or language.is_easy:
        return
    size, most = measure(text, is_spaced=is_spaced), known.limit(is_spaced=is_spaced)
    if size > most:
        unit = "letters" if is_spaced else "em"
        what = f"is {size:.0f} {unit} long, and its place has room for {most}"
        yield Fault("message-length", what, f"shorten it; {known.describe(is_spaced=is_spaced)}", "warning")
