"""What was ordered, what a finding is, and what a rule is: the words that all rules share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from generator.language import Language
from generator.paper import MEDIA, Medium, Paper
from generator.problem import Severity
from generator.readback.model import Box, PdfFacts, Run

# Where a text comes from: file, line, key.
Origin = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Expected:
    """What was ordered, as far as it is known.

    `handout` names it in messages: "au-cancel (zh_Hans, a4)". For a file that nobody ordered
    (`is_ordered` is False) only what the file itself says is judged: `language` is None where no
    record of ours fits, `family` and `title` are "".

    `texts` are the plain texts of the guide in reading order; `japanese` those that must stand
    somewhere in Japanese, as themselves. `margins` are the texts of running heads and feet. `origins`
    say where a text comes from, by the text. `addresses` are the payloads of the codes, `shown` what
    is printed beside each. `hosts` and `phones` are what links, codes and texts may lead to; None is not
    judged. `complaints` are the lines that the layout engine logged, `slack_mm` the emptiness at the
    foot of each page. `pages` is the exact number wanted, None allows whatever the paper does. A
    property of the document (`author`, `subject`, `keywords`) that is None is not judged. `overflow` says of
    each side that is too long by how much, `way_out` what can be done about it, and `fit` what was done to
    make the handout fit. `claim` is the PDF/X that a press file is to say it is, and `day` the one date that
    is to stand in it ("20261122"), "" for none; `runs` is the type of the pages that it was made from.
    """

    handout: str
    paper: Paper
    language: Language | None
    family: str
    title: str
    texts: tuple[str, ...] = ()
    japanese: tuple[str, ...] = ()
    margins: tuple[str, ...] = ()
    origins: Mapping[str, Origin] = field(default_factory=dict)
    addresses: tuple[str, ...] | None = None
    hosts: frozenset[str] | None = None
    phones: frozenset[str] | None = None
    complaints: tuple[str, ...] = ()
    slack_mm: tuple[float, ...] = ()
    pages: int | None = None
    overflow: tuple[str, ...] = ()
    way_out: str = ""
    fit: tuple[str, ...] = ()
    author: str | None = None
    subject: str | None = None
    keywords: str | None = None
    claim: str = ""
    day: str = ""
    runs: tuple[Run, ...] = ()
    is_ordered: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and where: the page (from 1, 0 for the whole handout) and the box on it.

    `run` is the type that it is about, `text` the text of the guide; either leads to the file and
    line that caused it. `severity` is that of the rule where it is None, `hint` where it is "".
    """

    what: str
    page: int = 0
    box_mm: Box | None = None
    run: Run | None = None
    text: str = ""
    severity: Severity | None = None
    hint: str = ""


def on(run: Run, what: str, *others: Run) -> Finding:
    """Return a finding about a run, and others beside it, where they stand."""
    boxes = [box for box in (run.ink_mm, *(other.ink_mm for other in others)) if box]
    lefts, tops, rights, bottoms = zip(*boxes, strict=True) if boxes else ((), (), (), ())
    around = (min(lefts), min(tops), max(rights), max(bottoms)) if boxes else None
    return Finding(what, run.page, around, run)


@dataclass(frozen=True, slots=True)
class Rule:
    """Why a rule exists, what it asks for, what to do when it is broken, and how breaches are found.

    `name` says what is right. `limit` is what is asked for in numbers, filled from the paper
    (`{floor_pt:g}`). `{...}` in the hint is filled from the order: `{tag}`, `{family}`, `{paper}`.
    `source` is where the rule comes from. `elsewhere` is the hint for a file that nobody ordered, where it
    is another one: its maker has no templates of ours. `needs_order`: it compares with what was ordered, and
    says nothing of such a file. `media` are those that it is about: nobody reads tags of a file for a press.
    `needs_tags`: it goes by languages, paragraphs and the order of reading; a press file of ours, which has
    no tags, is judged by it before they are taken out.
    """

    name: str
    reason: str
    source: str
    limit: str
    hint: str
    find: Callable[[PdfFacts, Expected], Iterable[Finding]]
    severity: Severity = "error"
    needs_order: bool = False
    elsewhere: str = ""
    media: tuple[Medium, ...] = MEDIA
    needs_tags: bool = False


# --- words -------------------------------------------------------------------------------------


def count(number: int, noun: str) -> str:
    """Write a count: "1 page", "2 pages"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def quote(text: str) -> str:
    """Write a text short and in quotation marks."""
    short = " ".join(text.split())
    return f"“{short if len(short) <= 40 else short[:39] + '…'}”"


def spell(letter: str) -> str:
    """Write a character with its code point."""
    return " ".join((letter, *(f"U+{ord(character):04X}" for character in letter)))


def enumerate_(items: Iterable[str], most: int = 6) -> str:
    """Write items as a list, each once, at most so many."""
    distinct = list(dict.fromkeys(items))
    rest = len(distinct) - most
    return ", ".join(distinct[:most]) + (f" and {rest} more" if rest > 0 else "")


def are(items: list[str]) -> str:
    """Return the verb for so many items."""
    return "is" if len(items) == 1 else "are"
