"""What is printed at a place of the catalogs, in words, and how long it may be.

A place is a text's context there: `au-cancel/steps/ask/body`, `fact/au-phone-zh/label`. Words of templates
have none.

Source: the pages as they are (A4, type never shrinks); CONTRIBUTING, "Texts", says the same.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

# A full-width character is one em wide. 0.55 is the usual width of a half-width one among them, a digit's.
HALF_WIDTH_EM = 0.55
# What closes a line hangs into the space behind it.
_CLOSING = "。．.、，！!？?」』）)"


@dataclass(frozen=True, slots=True)
class Place:
    """A kind of place: what is printed there, and how long it may be.

    `block` is the part of the guide. A line holds `em` full-width characters, or `letters` where
    words are set apart; `lines` is the most there may be. `name` is what CONTRIBUTING calls it there.
    """

    pattern: str
    block: str
    what: str
    em: int
    letters: int
    lines: int = 1
    name: str = ""

    def limit(self, *, is_spaced: bool) -> int:
        """Return how long a text may be in all: in letters where words are set apart, else in em."""
        return (self.letters if is_spaced else self.em) * self.lines

    def describe(self, *, is_spaced: bool | None = None) -> str:
        """Say it to translators; without a kind of language, for both."""
        most = {True: f"{self.letters} letters", False: f"{self.em} em"}
        room = most[is_spaced] if is_spaced is not None else f"{most[False]} or {most[True]}"
        lines = "in one line" if self.lines == 1 else f"in a line, at most {self.lines} lines"
        return f"block {self.block}: {self.what}; about {room} {lines}"


# The first pattern that fits counts.
PLACES: tuple[Place, ...] = (
    Place("term/*/gloss", "words", "what a Japanese word means, beside it", 12, 28),
    Place("phrase/*/reader", "phrases", "a sentence for the staff, in the reader's language", 16, 56),
    Place("phrase/*/answers/*/gloss", "phrases", "what the staff tick or write, below it", 6, 18),
    Place("fact/*/label", "sources", "what a source was read for, in a list", 12, 28),
    Place("fact/*/safe_wording", "facts", "printed where the value may not be", 14, 40),
    Place("source/*/owner", "sources", "who says it, in the list of sources", 22, 50),
    Place("carrier/*/*", "carriers", "a name, inside other texts", 16, 34),
    Place("shop/*/*", "shop", "the shop's own panel", 26, 60),
    Place("*/check/questions/*/ask", "check", "a question: is this guide for you", 16, 30),
    Place("*/check/questions/*/answer", "check", "the answer that sends the reader on", 4, 6),
    Place("*/check/questions/*/then", "check", "what who answers so does", 27, 64, name="consequence"),
    Place("*/check/none", "check", "the row for all others", 12, 32),
    Place("*/check/go_on", "check", "what all others do", 22, 56),
    Place("*/choices/*/signs", "choices", "how to recognise the company", 17, 36, 2),
    Place("*/choices/*/brands", "choices", "its other brands", 26, 66),
    Place("*/checklist/*/name", "checklist", "a thing to bring", 13, 26),
    Place("*/checklist/*/note", "checklist", "a note on it", 18, 40),
    Place("*/steps/*/title", "steps", "the heading of a step", 9, 20),
    Place("*/steps/*/where", "steps", "where it is done", 10, 24),
    Place("*/steps/*/body", "steps", "what the reader does", 24, 52, 2, name="step action"),
    Place("*/steps/*/expect", "steps", "what happens next", 17, 40, name="expectation"),
    Place("*/call/title", "call", "the heading of the number to call", 12, 26),
    Place("*/call/about", "call", "which language is spoken there, and when", 16, 36),
    Place("*/call/page_title", "call", "the heading of the code", 7, 18),
    Place("*/call/page_note", "call", "what the page behind the code is", 12, 38),
    Place("*/channels/*/name", "channels", "a place that does something, in a table", 11, 20),
    Place("*/channels/*/can", "channels", "what can be done there", 11, 24),
    Place("*/channels/*/hours", "channels", "when", 14, 24, 2),
    Place("*/channels/*/languages", "channels", "in which languages", 10, 24),
    Place("*/notices/*/body", "notices", "a warning", 19, 42, 3, name="notice"),
    Place("*/costs/*/name", "costs", "a cost", 8, 18),
    Place("*/costs/*/body", "costs", "how much, and when", 19, 40, 2, name="cost value"),
    Place("*/losses/*/name", "losses", "what is lost", 8, 16),
    Place("*/losses/*/body", "losses", "what to do before", 18, 40),
    Place("*/desks/*/name", "desks", "who else can help", 6, 14),
    Place("*/desks/*/body", "desks", "for what, and when", 19, 42, 3),
    Place("*/title", "title", "the title of the guide", 13, 26),
    Place("*/scope", "title", "whom the guide is for, below the title", 26, 60),
    Place("*/summary", "summary", "the guide in two lines", 34, 68, 2),
)


# Words of templates, by the file that has them, where they are more than the heading and labels of a block.
_WORDS = {
    "band": "the coloured head of page 1",
    "macros": "what a screen reader says for a picture",
    "phrases": "the side for the staff",
    "running": "the head or foot of every page, small",
    "shop": "the panel of the shop, or the blank one for its stamp",
}


def describe_word(block: str) -> str:
    """Say to translators where a word of a template is printed."""
    return f"block {block}: {_WORDS.get(block, 'its heading or a label in it')}; the same in all guides"


@lru_cache(maxsize=4096)
def find_place(place: str) -> Place | None:
    """Return what is printed at a place; None for words of templates."""
    return next((known for known in PLACES if fnmatchcase(place, known.pattern)), None) if place else None


def measure(text: str, *, is_spaced: bool) -> float:
    """Return how long a plain text is: in letters where words are set apart, else in em."""
    text = text.rstrip().removesuffix("\n")
    if is_spaced:
        return len(text)
    if text[-1:] and text[-1] in _CLOSING:
        text = text[:-1]
    return sum(1 if unicodedata.east_asian_width(c) in "WFA" else HALF_WIDTH_EM for c in text)
