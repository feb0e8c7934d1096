"""The terms that stand in a text, what they are called in a language, and texts as they stand on paper.

The glossary is `content/terms.toml`: a term's gloss, its translation in the catalog, and the wordings that
its note proposes ("zh_Hans: 解约(注销); ...").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from generator import facts as rules
from generator import prose
from generator.guide import Content, Fact, Term
from generator.language import Language
from generator.problem import Problem

# A gloss with one of these is a way to say it, and no name that must be the same everywhere.
_NO_NAME = frozenset({"your", "the", "every", "another", "is", "of", "on"})


class Lexicon:
    """The words of the project in one language.

    `ready` are the translations that may be printed, by (place, source text). `judged` holds what was
    found about a message (place, text, line), for those who ask again.
    """

    def __init__(self, content: Content, language: Language, ready: Mapping[tuple[str, str], str]) -> None:
        """Sort the terms by gloss."""
        self.judged: dict[tuple[str, str, int], tuple[Problem, ...]] = {}
        self._content = content
        self._language = language
        self._ready = ready
        self._by_gloss: dict[str, list[Term]] = {}
        for term in content.terms.values():
            self._by_gloss.setdefault(term.gloss.casefold(), []).append(term)
        # The longest first: a cancellation fee is no fee. "SIM cards" counts, "cancellation" does not.
        glosses = sorted(map(re.escape, self._by_gloss), key=lambda gloss: (-len(gloss), gloss))
        self._pattern = rf"(?<![\w-])({'|'.join(glosses)})s?(?![\w-])" if glosses else r"(?!)"

    def find_terms(self, text: str) -> tuple[Term, ...]:
        """Return the terms that a source text names, by placeholder or by gloss, in order, each once."""
        found: dict[str, Term] = {}
        for name, gloss in _find_names(self._pattern, text):
            named = (
                [self._content.terms[name]] if name in self._content.terms else self._by_gloss.get(gloss, ())
            )
            found.update((term.id, term) for term in named)
        return tuple(found.values())

    def call(self, term: Term) -> str:
        """Return what a term is called in the language, "" where nobody has said it."""
        if said := self._ready.get((f"term/{term.id}/gloss", term.gloss)):
            return said
        proposed = re.search(rf"(?:^|; ){self._language.locale}: ([^;]+)", term.note)
        return proposed[1].strip() if proposed else term.ja if self._language.han == "ja" else ""

    def find_strange_words(self, source: str, text: str) -> tuple[tuple[Term, str], ...]:
        """Return the terms of a source text that its translation calls otherwise, and what they are called.

        Only names of several words count, and only where the translation shares nothing with any wording: a
        text may say less than its source, but not the same in other words.
        """
        strange: dict[str, tuple[Term, str]] = {}
        for name, gloss in _find_names(self._pattern, source):
            words = re.split(r"[\s-]", gloss)
            if name or len(words) < 2 or _NO_NAME & set(words):
                continue
            terms = self._by_gloss.get(gloss, [])
            wordings = [wording for term in terms if (wording := self.call(term))]
            wanted = {part for word in wordings for part in _parts(prose.drop_readings(word))} | {
                p for t in terms for p in _parts(t.ja)
            }
            is_named = any(f"{{term.{term.id}" in text for term in terms)
            said = _fold(prose.drop_readings(text))
            if wordings and not is_named and not any(_fold(part) in said for part in wanted):
                strange[gloss] = terms[0], wordings[0]
        return tuple(strange.values())

    # --- on paper --------------------------------------------------------------------------------

    def print_plain(self, place: str, text: str) -> str:
        """Return a text about as it stands on paper: values in the place of placeholders, no markup."""
        return "".join(self._print_piece(place, piece) for piece in prose.parse(text))

    def _print_piece(self, place: str, piece: prose.Piece) -> str:
        if piece.kind == "fact" and piece.name in self._content.facts:
            return self._print_fact(self._content.facts[piece.name])
        if piece.kind == "term" and piece.name in self._content.terms:
            term = self._content.terms[piece.name]
            return {"kana": term.kana, "romaji": term.romaji}.get(piece.form, term.ja)
        if piece.kind == "carrier":
            guide = self._content.guides.get(place.partition("/")[0])
            carrier = self._content.carriers.get((guide.carrier if guide else None) or "")
            value = str(getattr(carrier, piece.name, ""))
            return self._ready.get((f"carrier/{carrier.id}/{piece.name}", value), value) if carrier else value
        return piece.text

    def _print_fact(self, fact: Fact) -> str:
        value = fact.value
        if fact.kind == "url":
            said = fact.display or str(value).removeprefix("https://").removeprefix("www.").rstrip("/")
        elif fact.kind == "fee" and isinstance(value, int):
            said = self._language.money.format(f"{value:,}")
        elif fact.kind == "duration":
            said = f"{value} {fact.unit}s" if self._language.is_spaced else f"{value}か月"
        else:
            said = "–".join(value) if isinstance(value, tuple) else str(value or "")
        if rules.what_may_print(fact) == "value":
            return said
        wording = self._ready.get((f"fact/{fact.id}/safe_wording", fact.safe_wording), fact.safe_wording)
        return "".join(said if piece.kind == "value" else piece.text for piece in prose.parse(wording))


@lru_cache(maxsize=8192)
def _find_names(pattern: str, text: str) -> tuple[tuple[str, str], ...]:
    """Return what a text names, in order: (term id, "") for placeholders, ("", gloss) for words."""
    named = [
        (match.start(), match[2] or "", "")
        for match in prose.PLACEHOLDER.finditer(text)
        if match[1] == "term"
    ]
    bare = prose.PLACEHOLDER.sub(lambda match: "\ufffc" * len(match[0]), text)
    named += [(match.start(), "", match[1].casefold()) for match in _compiled(pattern).finditer(bare)]
    return tuple((name, gloss) for _, name, gloss in sorted(named))


@lru_cache(maxsize=8)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _fold(text: str) -> str:
    """Return a text without capitals and spaces: "SIM 卡" is "SIM卡", "Phí hủy" is "phí hủy"."""
    return re.sub(r"\s", "", text).casefold()


def _parts(wording: str) -> set[str]:
    """Return what a translation must share with a wording: two characters of it, or a word of several."""
    if re.search(r"[A-Za-z]", wording) and not re.search("[\u3040-\u9fff\uac00-\ud7a3]", wording):
        return {word for word in wording.split() if len(word) > 1} or {wording}
    pairs = {wording[i : i + 2] for i in range(len(wording) - 1)}
    return {pair for pair in pairs if not re.search(r"[\s()（）/,、A-Za-z0-9]", pair)} or {wording}
