"""Compare the glyphs on paper with those that the pinned font has for the language of the text.

Text is shaped run by run and as a whole: quotation marks and ligatures depend on their neighbours.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from generator.fonts import PinnedFonts
from generator.readback.model import TWINS, Misdrawn, Run

if TYPE_CHECKING:
    import uharfbuzz

Features = tuple[tuple[str, bool], ...]

# The regional forms of a pan-CJK font, in the order in which a wrong one is named.
_FORMS = ("ja", "zh-Hans", "zh-Hant", "zh-HK", "ko")
# What style sheets and the engine may switch, and scripts that a run may have been cut into: all of
# these draw the same text in the same language.
_VARIANTS: tuple[tuple[str, Features], ...] = (
    ("", ()),
    ("", (("liga", False), ("clig", False))),
    ("", (("kern", False),)),
    ("", (("tnum", True),)),
    ("", (("palt", True),)),
    ("", (("halt", True),)),
    ("Hani", ()),
    ("Kana", ()),
    ("Latn", ()),
)


@lru_cache(maxsize=4)
def _load_pinned(path: Path) -> uharfbuzz.Font:
    import uharfbuzz

    # From a path the font is mapped, not read: two pinned fonts would be 34 MB on the heap.
    return uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path))))


@lru_cache(maxsize=8192)
def _shape(
    text: str, language: str, font: Path, script: str = "", features: Features = ()
) -> tuple[tuple[int, int], ...]:
    """Shape a text; return (index of the first letter, glyph) of each glyph."""
    import uharfbuzz

    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    # Each line is a run of its own, and so far every language of ours is set from the left.
    buffer.direction = "ltr"
    buffer.language = language
    if script:
        buffer.script = script
    uharfbuzz.shape(_load_pinned(font), buffer, dict(features))
    return tuple((info.cluster, info.codepoint) for info in buffer.glyph_infos)


def expected_glyphs(text: str, language: str, font: Path) -> tuple[int, ...]:
    """Return the glyphs that the pinned font has for a text in a language (BCP 47).

    The text is shaped whole: quotation marks and ligatures depend on their neighbours.
    """
    return tuple(glyph for _, glyph in _shape(text, language, font))


# What other programs may switch, that changes the glyph of a character and not its region.
_SWITCHES: tuple[Features, ...] = (
    (),
    (("vert", True),),
    (("hwid", True),),
    (("fwid", True),),
    (("tnum", True),),
)
# The languages whose readers a regional form is for. Han in an English text may have any.
_OF_HAN = ("ja", "zh", "ko")


@lru_cache(maxsize=16384)
def find_candidates(letters: str, font: Path) -> tuple[int, ...]:
    """Return the glyphs that may stand for a character or a ligature, in any region."""
    is_han = len(letters) == 1 and letters >= "\u3400"
    shaped = (
        _shape(letters, tag, font, "", switch)
        for tag in (*_FORMS, "en")
        for switch in (_SWITCHES[:2] if is_han else _SWITCHES)
    )
    return tuple(dict.fromkeys(glyphs[0][1] for glyphs in shaped if len(glyphs) == 1 and glyphs[0][1]))


def compare_glyphs(
    runs: tuple[Run, ...], pinned: PinnedFonts, *, is_ours: bool = True
) -> tuple[Misdrawn, ...]:
    """Find the characters that are not drawn as the pinned font draws them in their language.

    Runs in other fonts, runs without a language and missing glyphs are left out: they are wrong
    already, or nothing says what would be right. In a file of another program only Han characters
    are judged that have the form of another region: all else may be its way of setting type.
    """
    found: list[Misdrawn] = []
    for number, run in enumerate(runs):
        if run.face and run.language:
            font = getattr(pinned, run.face)
            if not is_ours:
                found.extend(_find_foreign_forms(number, run, font))
            elif run.glyphs != expected_glyphs(run.text, run.language, font):
                found.extend(_compare_run(number, run, font))
    return tuple(found)


def _find_foreign_forms(number: int, run: Run, font: Path) -> Iterator[Misdrawn]:
    if run.language.partition("-")[0].lower() not in _OF_HAN:
        return
    for said, glyph in zip(run.letters, run.glyphs, strict=True):
        # Some programs give the radical (U+2F00) as the text of a glyph that character and radical share.
        letter = unicodedata.normalize("NFKC", said) if "\u2f00" <= said <= "\u2fdf" else said
        if (
            glyph <= 0
            or len(letter) != 1
            or letter < "\u3400"
            or glyph in _forms_of(letter, run.language, font)
        ):
            continue
        form = next((tag for tag in _FORMS if glyph in _forms_of(letter, tag, font)), "")
        if form:
            yield Misdrawn(run.page, letter, run.language, form, number)


@lru_cache(maxsize=16384)
def _forms_of(letter: str, language: str, font: Path) -> tuple[int, ...]:
    return tuple(_shape(letter, language, font, "", switch)[0][1] for switch in _SWITCHES[:2])


def _compare_run(number: int, run: Run, font: Path) -> Iterator[Misdrawn]:
    text = run.text
    drawn: dict[int, tuple[tuple[int, ...], str]] = {}
    index = 0
    for letter, glyph in zip(run.letters, run.glyphs, strict=True):
        before, letters = drawn.get(index, ((), ""))
        drawn[index] = ((*before, glyph), letters + letter)
        index += len(letter)
    for index, (glyphs, letters) in drawn.items():
        variants = [(text, run.language, *variant) for variant in _VARIANTS]
        is_mark = run.language.partition("-")[0].casefold() == "ko" and not letters.isalnum()
        if letters.isascii() or is_mark:
            # Pango sets Latin words and digits inside Japanese as English, and the marks beside them inside
            # Korean, which has quotes and dots of its own; the shapes are the same.
            variants.append((text, "en", "Latn", ()))
        for twin in next((group for group in TWINS if letters in group), ""):
            variants.append((text[:index] + twin + text[index + 1 :], run.language, "", ()))
        if (
            0 in glyphs
            or -1 in glyphs
            or any(
                glyphs == _glyphs_at(said, language, font, script, features).get(index)
                for said, language, script, features in variants
            )
        ):
            continue
        form = next((tag for tag in _FORMS if glyphs == _glyphs_at(text, tag, font).get(index)), "")
        yield Misdrawn(run.page, letters, run.language, form, number)


@lru_cache(maxsize=1024)
def _glyphs_at(
    text: str, language: str, font: Path, script: str = "", features: Features = ()
) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    for index, glyph in _shape(text, language, font, script, features):
        found[index] = (*found.get(index, ()), glyph)
    return found
