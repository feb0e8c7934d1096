"""The small safe Markdown of texts: `**strong**`, `[label](fact:id)`, lists, placeholders, `[unbroken]`.

The only room for markdown-it. HTML is off, images and block quotes do not exist; what a text may
not contain is said by `find_faults`, in the source language and in translations alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

# An untranslated text in a draft stands between these; content may not use them.
DRAFT_OPEN, DRAFT_CLOSE = "〖", "〗"

# Stands in HTML where Han meets Latin, and becomes a space of a part of an em. It is a zero width non-joiner,
# which breaks no line, has no glyph and reaches no file.
GAP = "\u200c"

# {fact.au-phone-zh}, {term.cancel.kana}, {carrier.shop}, {speech}, {value}
PLACEHOLDER = re.compile(r"\{([a-z]+)(?:\.([a-z0-9]+(?:[_-][a-z0-9]+)*))?(?:\.(kana|romaji))?\}")

PieceKind = Literal["text", "fact", "term", "carrier", "speech", "value", "item"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text in one style. `item` starts a list item and has no words.

    `name` is the id after the dot of a placeholder, `form` its last part (kana, romaji).
    `link` is the id of the fact whose address the stretch leads to.
    Stretches of one `[…]` have the same number in `unbroken`, others 0. `reading` is what is set in
    small kana over the kanji of the stretch.
    """

    kind: PieceKind
    text: str = ""
    name: str = ""
    form: str = ""
    is_strong: bool = False
    unbroken: int = 0
    is_draft: bool = False
    link: str = ""
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that a text may not contain: rule id, what, what to do instead."""

    rule: str
    what: str
    hint: str


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("zero", {"html": False}).enable(["emphasis", "link", "list"])


@lru_cache(maxsize=8192)
def parse(text: str) -> tuple[Piece, ...]:
    """Split a text into pieces in reading order; line breaks inside a paragraph become joins."""
    if _PLAIN.fullmatch(text):
        return (Piece("text", text),)
    pieces: list[Piece] = []
    tokens, names = _tokenize(text)
    for token in tokens:
        if token.type == "list_item_open":
            pieces.append(Piece("item"))
        elif token.type == "inline":
            pieces.extend(_parse_inline(token.children or (), names))
    return tuple(pieces)


# Without these there is nothing for Markdown to find; most texts have none.
_PLAIN = re.compile(r"(?![ ]*(?:[-+]|\d+[.)])(?:\s|$))[^*_\[\]{}<\n〖〗《]+(?<!\s)")


@lru_cache(maxsize=8192)
def _tokenize(text: str) -> tuple[list[Token], list[str]]:
    """Parse the Markdown of a text; placeholders are stood in for by private characters.

    A brace is punctuation to CommonMark, and ** between a Han character and punctuation opens
    nothing: 热线**{fact.hotline-188}** would be printed with its stars.
    """
    names: list[str] = []

    def hide(match: re.Match[str]) -> str:
        names.append(match[0])
        return chr(_PRIVATE + len(names) - 1)

    # So is a bracket of a reading: **解約《かいやく》** would not be closed.
    return _markdown().parse(_READING.sub(hide, PLACEHOLDER.sub(hide, text))), names


# The first private character; content may not contain any (see `find_control_characters`).
_PRIVATE = 0xE000
_PARTS = re.compile("([\ue000-\uf8ff\\[\\]〖〗])")


def _parse_inline(tokens: Iterable[Token], names: list[str]) -> Iterable[Piece]:
    strong = draft = False
    unbroken = groups = 0
    link = ""
    for token in tokens:
        if token.type in ("strong_open", "strong_close", "em_open", "em_close"):
            strong = token.type.endswith("open")
        elif token.type == "link_open":
            link = str(token.attrs["href"]).removeprefix("fact:")
        elif token.type == "link_close":
            link = ""
        elif token.type in ("softbreak", "hardbreak"):
            yield Piece("text", "\n", is_strong=strong, unbroken=unbroken, is_draft=draft, link=link)
        elif token.type == "text":
            for part in _PARTS.split(token.content):
                if part in ("[", "]"):
                    groups += part == "["
                    unbroken = groups if part == "[" else 0
                elif part in (DRAFT_OPEN, DRAFT_CLOSE):
                    draft = part == DRAFT_OPEN
                    yield Piece("text", part, is_draft=True)
                elif "\ue000" <= part[:1] <= "\uf8ff":
                    hidden = names[ord(part) - _PRIVATE] if ord(part) - _PRIVATE < len(names) else ""
                    if read := _READING.fullmatch(hidden):
                        yield Piece("text", read[1], "", "", strong, unbroken, draft, link, read[2])
                    match = PLACEHOLDER.fullmatch(hidden)
                    if match is None:
                        continue
                    kind, name, form = match[1], match[2] or "", match[3] or ""
                    if kind in ("fact", "term", "carrier", "speech", "value"):
                        yield Piece(kind, "", name, form, strong, unbroken, draft, link)  # type: ignore[arg-type]
                elif part:
                    yield Piece("text", part, "", "", strong, unbroken, draft, link)


# Kanji with their reading behind them: 解約《かいやく》. Chinese titles have no kana in these brackets.
_READING = re.compile("([\u3400-\u9fff々〆ヶ]+)《([\u3041-\u3096ー]+)》")


def drop_readings(text: str) -> str:
    """Return a text without the readings of its kanji."""
    return _READING.sub(r"\1", text)


def spell_in_kana(text: str) -> str:
    """Return a text in which readings stand in the place of their kanji."""
    return _READING.sub(r"\2", text)


def placeholders(text: str) -> tuple[tuple[str, str], ...]:
    """Return the (kind, id) of every placeholder and link of a text, in order."""
    found = []
    for piece in parse(text):
        if piece.kind not in ("text", "item"):
            found.append((piece.kind, piece.name))
        if piece.link and ":" not in piece.link:
            found.append(("fact", piece.link))
    return tuple(found)


# Numbers that change belong to facts, where each has a source and a date.
_BARE = (
    (
        "bare-url",
        re.compile(r"https?://|www\.|\b[a-z0-9-]+\.(?:com|jp|org|net|io|me|info|cn|tw)\b", re.I),
        "address",
    ),
    (
        "bare-price",
        re.compile(
            r"(?:\d[\d,.]*|[一二三四五六七八九十百千万〇]+)\s*(?:yen|円|日元|日圓|元|块|塊|JPY|RMB|USD|dollars?)|[¥￥$€]\s*\d",
            re.I,
        ),
        "price",
    ),
    (
        "bare-date",
        re.compile(
            r"\b\d{4}-\d{1,2}(?:-\d{1,2})?\b|(?<!\d)(?:19|20)\d\d(?!\d)|\d{1,2}月\d{1,2}[日号號]"
            r"|\b(?:\d{1,2}\s+)?(?:January|February|March|April|June|July|August|September|October|"
            r"November|December)\s+\d+",
        ),
        "date",
    ),
    (
        "bare-phone",
        re.compile(
            r"\+?\d{1,4}-\d{1,4}-\d{2,4}|#\d{4}|(?<![\d.,:-])(?:1\d\d|0\d{5,}|\d{7,})(?![\d.,:-])"
            r"|(?<!\d)\(?0\d{1,3}\)?[ .]\d{2,4}[ .]\d{3,4}(?!\d)"
        ),
        "phone number",
    ),
    (
        "bare-hour",
        re.compile(r"\d{1,2}:\d\d|\b\d{1,2}\s*(?:am|pm|a\.m\.|p\.m\.)|\d{1,2}\s*[時时點点](?![间間])", re.I),
        "hour",
    ),
)
# The document that this product started from carried a messenger advert three times.
_MESSENGER = re.compile(
    r"(?:t|wa|line|m)\.me\b|@[A-Za-z0-9_]{3,}"
    r"|\b(?:telegram|whats\s?app|wechat|tg|qq)\s*(?:id\b|no\.|号|群|:)\s*:?\s*[\w@+-]{3,}"
    r"|(?:微信|电报)\s*(?:id|号|群|:)\s*:?\s*[\w@+-]{3,}"
    r"|\bline\s*id\s*:?\s*[\w@+-]{3,}",
    re.I,
)
# Bidirectional controls reorder what is read; the others cannot be printed.
_FORBIDDEN_CATEGORIES = {"Cc", "Cs", "Co", "Cn"}
_BIDI = set("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@cache
def _is_forbidden(character: str) -> bool:
    return character != "\n" and (
        character in _BIDI
        or character in "\ufeff\u200b"
        or unicodedata.category(character) in _FORBIDDEN_CATEGORIES
    )


def find_control_characters(text: str) -> Iterable[Fault]:
    """Yield a fault for each kind of character that cannot or must not be printed."""
    for character in sorted(c for c in set(text) if _is_forbidden(c)):
        name = unicodedata.name(character, "control or private character")
        yield Fault("text-control", f"U+{ord(character):04X} ({name.lower()}) cannot be printed", "delete it")


def find_messenger(text: str) -> Iterable[Fault]:
    """Yield a fault where a text gives a messenger handle or group."""
    if match := _MESSENGER.search(unicodedata.normalize("NFKC", text)):
        yield Fault(
            "text-messenger",
            f'"{match[0]}" looks like a messenger contact',
            "a handout names only official channels and the shop's own phone and page",
        )


@lru_cache(maxsize=8192)
def find_faults(text: str) -> tuple[Fault, ...]:
    """Return everything that is wrong with a text, whatever its language."""
    return (*find_own_faults(text), *_find_bare_numbers(text))


def find_own_faults(text: str) -> tuple[Fault, ...]:
    """Return what is wrong with a text of a record that numbers live in: a fact, a source, a shop."""
    return tuple(_look_for_faults(text))


def _look_for_faults(text: str) -> Iterable[Fault]:
    yield from find_control_characters(text)
    yield from find_messenger(text)
    if match := re.search(r"<[a-zA-Z/!][^>]{0,20}>?", text):
        yield Fault(
            "prose-html", f'"{match[0]}" is HTML, which is never printed', "write **strong** or a list"
        )
    if match := re.search(f"[{DRAFT_OPEN}{DRAFT_CLOSE}]", text):
        yield Fault("prose-draft-mark", f'"{match[0]}" is kept for drafts', "write other brackets")
    for match in re.finditer(r"\{[^{}]*\}?", text):
        known = PLACEHOLDER.fullmatch(match[0])
        if not known or not _is_placeholder(known):
            yield Fault(
                "prose-placeholder",
                f'"{match[0]}" is no placeholder',
                "write {fact.id}, {term.id}, {term.id.kana}, {carrier.name} or {speech}",
            )
    if re.search(r"[{}]", re.sub(r"\{[^{}]*\}?", "", text)):
        yield Fault("prose-placeholder", "a brace stands alone", "write {fact.id} with both braces")
    for token in () if _PLAIN.fullmatch(text) else _tokenize(text)[0]:
        for child in token.children or ():
            if child.type == "link_open" and not str(child.attrs["href"]).startswith("fact:"):
                yield Fault("prose-link", f'"{child.attrs["href"]}" is not a fact', "write [label](fact:id)")
            if child.type == "em_open":
                yield Fault("prose-emphasis", "single * has no meaning here", "write **strong**")
            if child.type == "text" and "](" in child.content:
                yield Fault("prose-link", "[…](…) is no link to a fact", "write [label](fact:id)")
            if child.type == "text" and "**" in child.content:
                yield Fault(
                    "prose-emphasis",
                    "** is not closed, or stands between a mark and a letter",
                    "put the punctuation outside: **word**.",
                )


def _find_bare_numbers(text: str) -> Iterable[Fault]:
    bare = unicodedata.normalize("NFKC", PLACEHOLDER.sub("", text))
    for rule, pattern, noun in _BARE:
        if match := pattern.search(bare):
            # What was named as one thing is not named as another: a date is no phone number.
            bare = pattern.sub(" ", bare)
            yield Fault(
                rule,
                f'"{match[0].strip()}" is a bare {noun}',
                "make it a fact in content/facts and write {fact.id}",
            )


def _is_placeholder(match: re.Match[str]) -> bool:
    kind, name, form = match[1], match[2], match[3]
    if kind in ("speech", "value"):
        return name is None
    return kind in ("fact", "term", "carrier") and name is not None and (kind == "term" or form is None)
