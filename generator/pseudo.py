"""Write every text in no language: longer, in brackets, with accents, so that a person sees what goes wrong.

What stands on paper without brackets was never offered to translators; what is cut or runs over has no room
for a language that needs more of it. Placeholders, numbers and markup stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from generator import prose
from generator.catalog import Catalog, Entry, Message
from generator.language import PSEUDO
from generator.translation import VALUE

# Look-alikes that the pinned fonts have.
_ACCENTS = str.maketrans("AEINOUYaceinouy", "ÅÉÎÑÖÜÝáçéíńóúý")
_OPEN, _CLOSE = "［", "］"
# German and Russian need about a third more room than English (IBM's and the W3C's rule of thumb).
_LONGER = 0.3
_FILLING = ("óńé", "áńd", "ańóther", "móré", "áńd", "óń")
# What no translator may change: placeholders, values, targets of links, markup.
_KEPT = re.compile(
    rf"({prose.PLACEHOLDER.pattern}|{VALUE.pattern}|\]\([^)]*\)|\*\*|[\[\]]|^\s*(?:[-+]|\d+[.)])\s)", re.M
)


def lengthen(text: str) -> str:
    """Return a text with accents, a third longer, in brackets."""
    parts: list[str] = []
    at = 0
    for match in _KEPT.finditer(text):
        parts += [text[at : match.start()].translate(_ACCENTS), match[0]]
        at = match.end()
    parts.append(text[at:].translate(_ACCENTS))
    wanted = max(1, round(len(prose.PLACEHOLDER.sub("xxxxxx", text)) * _LONGER))
    filling = ""
    while len(filling) < wanted:
        filling += f" {_FILLING[(len(filling) + wanted) % len(_FILLING)]}"
    return f"{_OPEN}{''.join(parts)}{filling[:wanted].rstrip()}{_CLOSE}"


def make_pseudo_catalog(messages: Iterable[Message]) -> Catalog:
    """Return a catalog that has every message, lengthened."""
    # Problems of content texts are told where the source stands; what is left are words of templates.
    entries = {(m.place, m.text): Entry(lengthen(m.text), 0, is_fuzzy=False) for m in messages}
    return Catalog(PSEUDO, "templates", entries)


def pseudo_characters() -> str:
    """Return the characters that only the pseudo-locale prints."""
    return _OPEN + _CLOSE + PSEUDO.ja_edition + "".join(map(chr, _ACCENTS.values()))
