"""Judge the file as a whole: the PDF, PRN, REP, CNT and ENG rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from generator.checks.order import Expected, Finding, on, quote
from generator.checks.paragraphs import find_paragraphs
from generator.readback.model import PdfFacts

PDF_VERSION = "1.7"
# ISO 15930-4 and -7; a press file that claims nothing is as old as the newer of them.
_PRESS_VERSIONS = {"PDF/X-1a:2003": "1.4", "PDF/X-4": "1.6"}
MAX_BYTES = 10_000_000


def find_complaints(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find what the layout engine complained about."""
    for line in expected.complaints:
        yield Finding(f"the layout engine says: {line}")


def find_unsound_file(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find what keeps a print shop or a copy machine from taking the file."""
    for line in facts.damage:
        yield Finding(f"the file is damaged: {line}")
    wanted = _PRESS_VERSIONS.get(expected.claim, "1.6") if expected.paper.medium == "press" else PDF_VERSION
    if expected.is_ordered and facts.version != wanted:
        yield Finding(f'version is "{facts.version}", "{wanted}" wanted')
    elif facts.version > PDF_VERSION:
        yield Finding(f"is PDF {facts.version}, which many machines do not print", severity="warning")
    if facts.size > MAX_BYTES:
        yield Finding(f"is {facts.size / 1e6:.1f} MB, at most {MAX_BYTES / 1e6:g} MB wanted")
    for action in facts.actions:
        yield Finding(f"holds {action}, which paper cannot do")
    for link in facts.links:
        host = (urlsplit(link.uri).hostname or "").removeprefix("www.")
        if expected.hosts is not None and not any(
            host == known or host.endswith(f".{known}") for known in expected.hosts
        ):
            yield Finding(f"a link leads to {quote(link.uri)}, which is not allowed", link.page, link.rect_mm)


def find_wrong_properties(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find properties of the file that are not those of the guide."""
    wanted = {
        "title": (facts.title, expected.title if expected.is_ordered else None),
        "author": (facts.author, expected.author),
        "subject": (facts.subject, expected.subject),
        "keywords": (facts.keywords, expected.keywords),
    }
    for name, (is_, ought) in wanted.items():
        if ought is not None and is_ != ought:
            yield Finding(
                f'{name} is "{is_}", "{ought}" wanted' if is_ else f'{name} is not set, "{ought}" wanted'
            )


def find_missing_hints(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find out whether a viewer would scale the sheet, or turn it the wrong way."""
    wanted = {"PrintScaling": (facts.print_scaling, "None"), "Duplex": (facts.duplex, expected.paper.duplex)}
    for name, (is_, ought) in wanted.items():
        if ought and is_ != ought:
            yield Finding(
                f'{name} is "{is_}", "{ought}" wanted' if is_ else f'{name} is not set, "{ought}" wanted'
            )


def find_clock_times(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find what would be different in the next build of the same content."""
    for date in facts.dates:
        if expected.day and re.fullmatch(rf"\w+ D:{expected.day}000000Z", date):
            continue  # the day of its facts, which a print file has to have
        yield Finding(f"says when it was made ({date}), so no two builds are alike")


_MESSENGER = re.compile(
    r"(?<![\w.])(?:t\.me|telegram\.me|wa\.me|line\.me|lin\.ee|m\.me|discord\.gg|u\.wechat\.com)/\S+"
    r"|(?:微信|WeChat|VX|Telegram|LINE ID|WhatsApp|QQ)\s?(?:号|ID|群)?\s?[:：]\s?[\w@+-]+"
    r"|(?<![\w.@])@[A-Za-z][\w.]{3,}",
    re.I,
)
_PHONE = re.compile(r"(?<![\d-])(?:\+81[- ]?)?0?\d{1,4}-\d{2,4}-\d{3,4}(?![\d-])")


def find_unwanted_contacts(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find messenger handles, and numbers that are nobody's fact."""
    for paragraph in find_paragraphs(facts):
        for found in _MESSENGER.findall(paragraph.text):
            yield on(paragraph.lines[0].runs[0], f"{quote(found)} hands the reader to a messenger")
        if expected.phones is not None:
            for number in _PHONE.findall(paragraph.text):
                if re.sub(r"\D", "", number) not in expected.phones:
                    yield on(
                        paragraph.lines[0].runs[0], f"{quote(number)} is no telephone number of the guide"
                    )
    for link in facts.links:
        if _MESSENGER.search(link.uri.removeprefix("https://").removeprefix("http://")):
            yield Finding(f"{quote(link.uri)} hands the reader to a messenger", link.page, link.rect_mm)
    for symbol in facts.symbols:
        if _MESSENGER.search(symbol.text.removeprefix("https://").removeprefix("http://")):
            yield Finding(f"{quote(symbol.text)} hands the reader to a messenger", symbol.page, symbol.box_mm)
