"""Judge fonts and glyphs: the FNT rules, and CJK-01."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from generator.checks.order import Expected, Finding, are, enumerate_, spell
from generator.checks.paragraphs import find_paragraphs
from generator.checks.scripts import foreign_letters
from generator.readback.model import Misdrawn, PdfFacts, Run

_FORMS = {
    "ja": "Japanese",
    "zh-Hans": "simplified Chinese",
    "zh-Hant": "traditional Chinese",
    "zh-HK": "Hong Kong",
    "ko": "Korean",
}
# OpenType 1.9, OS/2: bit 1 forbids embedding, and no other bit allows it.
_RESTRICTED = 0x0002


def find_loose_fonts(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find fonts that are not in the file, or in it whole."""
    for font in facts.fonts:
        if font.kind == "Type3":
            continue  # its glyphs are drawings of the file
        if not font.file:
            yield Finding(f'"{font.name}" is not embedded')
        elif not font.is_subset:
            yield Finding(f'"{font.name}" is embedded whole', severity="warning")


def find_foreign_fonts(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find fonts that are not the family that was ordered."""
    regular = expected.family.replace(" ", "-")
    names = {regular, f"{regular}-Bold"}
    for font in facts.fonts:
        if font.name not in names:
            yield Finding(f'type is set in "{font.name}"')
        elif font.file and font.file != "FontFile2":
            yield Finding(f'"{font.name}" is not embedded as a TrueType font')
        elif font.file and not font.face:
            yield Finding(f'"{font.name}" has outlines of another font')


def find_false_weights(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find bold that is not bold, and slanted type."""
    programs = Counter(font.program for font in facts.fonts if font.program)
    for font in facts.fonts:
        is_bold = "bold" in font.name.casefold()
        if is_bold and (font.face == "regular" or (programs[font.program] > 1 and font.face != "bold")):
            yield Finding(f'"{font.name}" has the outlines of the regular weight')
        elif expected.family and font.face == "bold" and not is_bold:
            yield Finding(f'"{font.name}" has the outlines of the bold weight')
        elif font.face and font.slant:
            yield Finding(f'"{font.name}" is slanted by {abs(font.slant):g} degrees')


def find_forbidden_fonts(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find fonts whose makers forbid to embed them."""
    for font in facts.fonts:
        if font.fs_type & 0x000F == _RESTRICTED:
            yield Finding(f'"{font.name}" may not be embedded, its fsType is {font.fs_type}')


def find_missing_glyphs(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find characters that print as an empty box."""
    missing: dict[int, list[tuple[str, Run]]] = {}
    for run in facts.runs:
        for letter, glyph in zip(run.letters, run.glyphs, strict=True):
            if not glyph:
                missing.setdefault(run.page, []).append((letter, run))
    for page, found in missing.items():
        letters = enumerate_(spell(letter) for letter, _ in found)
        yield Finding(f"the font has no glyph for {letters}", page, found[0][1].ink_mm, found[0][1])


def find_wrong_glyphs(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find glyphs that no language has for their text."""
    for page, group in groupby((m for m in facts.misdrawn if not m.form), key=lambda m: m.page):
        wrong = list(group)
        letters = list(dict.fromkeys(m.character for m in wrong))
        yield _at(facts, wrong[0], page, f"{enumerate_(letters)} {are(letters)} drawn as something else")


def find_other_regions(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find characters in the form of another language than that of their text."""
    found: dict[tuple[int, str], list[Misdrawn]] = {}
    foreign = _find_foreign_lines(facts)
    for m in facts.misdrawn:
        if m.form and m.run not in foreign:
            found.setdefault((m.page, m.form), []).append(m)
    for (page, form), wrong in found.items():
        letters = list(dict.fromkeys(m.character for m in wrong))
        its = "its" if len(letters) == 1 else "their"
        what = f"{enumerate_(letters)} {are(letters)} drawn in {its} {_FORMS[form]} form"
        yield _at(facts, wrong[0], page, what)


def _find_foreign_lines(facts: PdfFacts) -> set[int]:
    """Return the runs of lines that are plainly of another language than the file, where no tag can say so.

    That their language is missing is told by A11Y-04; their forms are then right.
    """
    if facts.elements:
        return set()
    numbers = {id(run): number for number, run in enumerate(facts.runs)}
    return {
        numbers[id(run)]
        for paragraph in find_paragraphs(facts)
        for line in paragraph.lines
        if foreign_letters(line.text, line.runs[0].language)[0]
        for run in line.runs
    }


def _at(facts: PdfFacts, wrong: Misdrawn, page: int, what: str) -> Finding:
    run = facts.runs[wrong.run] if 0 <= wrong.run < len(facts.runs) else None
    return Finding(what, page, run.ink_mm if run else None, run)
