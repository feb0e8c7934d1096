"""What is to be checked by a person, as rows: for a printed sheet and for a table.

The day that is asked about is an argument; the sheet itself is made in `markup` and `pipeline`.
"""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from generator import facts as rules
from generator.guide import Content, Fact, Source
from generator.language import LANGUAGES, SOURCE_LANGUAGE
from generator.localize import print_value

_STRENGTH = ("official", "government", "press", "secondary")
_ENGLISH = next(language for language in LANGUAGES if language.locale == SOURCE_LANGUAGE)


@dataclass(frozen=True, slots=True)
class Row:
    """One fact to be checked.

    `group` is the file that it is kept in (a carrier, or common); `question` says what is claimed, `value` is
    the value as people read it ("" for a rule), `printed` what stands on paper, "" where it is the value.
    `owner`, `title` and `url` say where to look, and `trust` is the kind of that source. `due` is the day of
    the next look, `until` the last day on which it may be printed.
    """

    group: str
    name: str
    id: str
    kind: str
    label: str
    question: str
    value: str
    printed: str
    owner: str
    title: str
    url: str
    trust: str
    status: str
    state: rules.State
    seen: str
    due: str
    until: str
    note: str

    @property
    def is_safe(self) -> bool:
        """Tell whether the address may be a code or a link: plain http can be led astray on the way."""
        return self.url.startswith("https://")


def group_of(content: Content, fact: Fact) -> str:
    """Return what the facts of a file are about: "au" for content/facts/au.toml."""
    return content.defined[fact.id][0].rpartition("/")[2].removesuffix(".toml")


def groups_of(content: Content) -> tuple[str, ...]:
    """Return all groups: carriers first, in their order."""
    there = dict.fromkeys(group_of(content, fact) for fact in content.facts.values())
    return (
        *(id_ for id_ in content.carriers if id_ in there),
        *(g for g in there if g not in content.carriers),
    )


def list_rows(
    content: Content, facts: Iterable[Fact], printed: Mapping[str, str], as_of: datetime.date
) -> tuple[Row, ...]:
    """Return the rows of facts: by carrier, then the most urgent first.

    `printed` is what stands on paper in the source language, by id.
    """
    groups = groups_of(content)
    ordered = sorted(
        facts, key=lambda fact: (groups.index(group_of(content, fact)), rules.urgency(fact, as_of))
    )
    return tuple(_make_row(content, fact, printed.get(fact.id, ""), as_of) for fact in ordered)


def _make_row(content: Content, fact: Fact, printed: str, as_of: datetime.date) -> Row:
    group = group_of(content, fact)
    carrier = content.carriers.get(group)
    source = strongest_source(content, fact)
    value = print_value(fact, _ENGLISH) if fact.value is not None else ""
    return Row(
        group=group,
        name=carrier.brand if carrier else group.capitalize(),
        id=fact.id,
        kind=fact.kind,
        label=fact.label,
        question=fact.scope,
        value=str(fact.value) if fact.kind == "url" else value,
        printed="" if printed == value else printed,
        owner=source.owner,
        title=source.title.removeprefix("[").removesuffix("]"),
        # What is to be checked of an address is the page itself.
        url=str(fact.value) if fact.kind == "url" and fact.value else source.url,
        trust=source.kind,
        status=fact.status,
        state=rules.state_of(fact, as_of),
        seen=fact.seen_on.isoformat(),
        due=rules.next_look(fact).isoformat(),
        until=rules.last_day(fact).isoformat(),
        note=fact.note,
    )


def strongest_source(content: Content, fact: Fact) -> Source:
    """Return the source to look at first: the company's own page before others."""
    return min(
        (content.sources[id_] for id_ in fact.sources), key=lambda source: _STRENGTH.index(source.kind)
    )


COLUMNS = {
    "carrier": "group",
    "fact": "id",
    "kind": "kind",
    "label": "label",
    "what we say": "question",
    "look here": "url",
    "page": "title",
    "source": "trust",
    "value": "value",
    "printed": "printed",
    "status": "status",
    "state": "state",
    "seen": "seen",
    "check by": "due",
    "may be printed until": "until",
    "note": "note",
}
TO_FILL_IN = ("still so (y/n)", "new value", "date", "initials")


def write_csv(rows: Iterable[Row]) -> bytes:
    """Return the rows as a table, with columns to fill in.

    Source: RFC 4180; with a byte order mark, without which Excel reads UTF-8 as something else.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*COLUMNS, *TO_FILL_IN])
    for row in rows:
        cells = [_disarm(getattr(row, name)) for name in COLUMNS.values()]
        writer.writerow([*cells, *("" for _ in TO_FILL_IN)])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _disarm(text: str) -> str:
    # A spreadsheet would calculate "+81-3-…", and run what a hostile hand wrote.
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text
