"""Change what a fact says in its file, and nothing else: every other byte stays as it was.

The only room for tomlkit. Nothing is written here; what would be written is told, so that it can be
shown, and loaded once before it is believed.
"""

from __future__ import annotations

import datetime
import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.content import find_lines
from generator.guide import Content, Fact
from generator.problem import Problem, ProjectError

Value = str | int | datetime.date | tuple[str, str]

# A key that a fact does not have yet stands after this one.
_AFTER = {"checked_by": "method", "unit": "value", "value": "label", "note": "scope"}
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Amended:
    """A file of facts as it is and as it would be; `file` is relative to the project."""

    file: str
    before: bytes
    after: bytes

    def diff(self) -> str:
        """Return what changes, as a unified diff without context."""
        old, new = (
            raw.decode("utf-8-sig").replace("\r\n", "\n").splitlines() for raw in (self.before, self.after)
        )
        lines = difflib.unified_diff(old, new, self.file, self.file, lineterm="", n=1)
        return "\n".join(lines) + "\n"


# --- values --------------------------------------------------------------------------------------

_HOURS = re.compile(r"(\d{1,2}:\d\d)\s*[-–~]\s*(\d{1,2}:\d\d)")
_UNITS = {"day": "day", "month": "month", "year": "year", "d": "day", "m": "month", "y": "year"}
# How a value of each kind is written on the command line.
WRITTEN = {
    "phone": "0120-959-476",
    "url": "https://host/path",
    "hours": "09:00-20:00",
    "time": "21:10",
    "fee": "1100",
    "duration": "31 days",
}


def read_value(fact: Fact, text: str) -> dict[str, Value]:
    """Read a value as a person writes it for the kind of the fact; return the keys that it sets.

    Raises:
        ValueError: where it is none, with what is wanted. Whether it may be printed is said when the
            changed file is loaded.
    """
    text = text.strip()
    if fact.kind == "rule":
        raise ValueError("a rule has no value; it is said in the texts of the guides")
    if fact.kind in ("phone", "url"):
        return {"value": text}
    if fact.kind == "time":
        return {"value": text.rjust(5, "0")}
    if fact.kind == "hours" and (found := _HOURS.fullmatch(text)):
        return {"value": (found[1].rjust(5, "0"), found[2].rjust(5, "0"))}
    if fact.kind == "fee" and re.fullmatch(r"(\d{1,3}(,\d{3})+|\d+)\s*(yen|円)?", text):
        return {"value": int(re.sub(r"[^0-9]", "", text))}
    if fact.kind == "duration" and (found := re.fullmatch(r"(\d{1,4})\s*(day|month|year|[dmy])?s?", text)):
        # Without a unit the earlier one goes on.
        return {"value": int(found[1]), **({"unit": _UNITS[found[2]]} if found[2] else {})}
    raise ValueError(f'"{text}" is no {fact.kind}: write it as "{WRITTEN[fact.kind]}"')


# --- files ---------------------------------------------------------------------------------------


def amend_facts(
    root: Path, content: Content, changes: Mapping[str, Mapping[str, Value]]
) -> tuple[Amended, ...]:
    """Return the files that change when facts get these keys; none where all is so already.

    Raises:
        ProjectError: where a file is written in a way that cannot be changed without touching more.
    """
    by_file: dict[str, dict[str, Mapping[str, Value]]] = {}
    for id_, keys in changes.items():
        by_file.setdefault(content.defined[id_][0], {})[id_] = keys
    amended = []
    for file, facts in by_file.items():
        before = (root / file).read_bytes()
        after = _amend(file, before, facts)
        if after != before:
            amended.append(Amended(file, before, after))
    return tuple(amended)


def _amend(file: str, before: bytes, changes: Mapping[str, Mapping[str, Value]]) -> bytes:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    start = _BOM if before.startswith(_BOM) else b""
    text = before[len(start) :].decode()
    end = "\r\n" if "\r\n" in text else "\n"
    try:
        document = tomlkit.parse(text)
        tables: Any = document["fact"]
        for table in tables:
            for key, value in changes.get(str(table["id"]), {}).items():
                _put(table, key, value, end)
        after = tomlkit.dumps(document)
    except (TOMLKitError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise _refuse(file, str(error)) from error
    _check(file, text, after, changes)
    return start + after.encode()


def _put(table: Any, key: str, value: Value, end: str) -> None:  # noqa: ANN401 - of tomlkit
    """Give a table a key: its comment and spaces stay, and a new one stands where people expect it."""
    import tomlkit

    new = list(value) if isinstance(value, tuple) else value
    if key in table:
        old = table[key]
        if old == new:
            return
        if isinstance(new, list) and isinstance(old, list) and len(old) == len(new):
            for i, part in enumerate(new):  # comments between the parts stay too
                if old[i] != part:
                    old[i] = part
        else:
            table[key] = new
        return
    item = tomlkit.item(new)
    before = _AFTER.get(key, "review_by")
    container: Any = getattr(table, "value", None)
    if before in table and hasattr(container, "_insert_after"):
        item.trivia.trail = end
        # Appended, it would stand after the comment that introduces the next fact.
        container._insert_after(before, key, item)
    else:
        table[key] = item


def _check(file: str, before: str, after: str, changes: Mapping[str, Mapping[str, Value]]) -> None:
    """Refuse a change that reaches further than it was told to."""
    wanted = tomllib.loads(before.replace("\r\n", "\n"))
    for table in wanted["fact"]:
        for key, value in changes.get(table["id"], {}).items():
            table[key] = list(value) if isinstance(value, tuple) else value
    if tomllib.loads(after.replace("\r\n", "\n")) != wanted:
        raise _refuse(file, "another value would change")
    lines = find_lines(before.replace("\r\n", "\n"))
    starts = sorted(set(lines.values()))
    mine: set[int] = set()
    for i, table in enumerate(wanted["fact"]):
        for key in changes.get(table["id"], {}):
            if start := lines.get(("fact", i, key)):
                mine.update(range(start, next((line for line in starts if line > start), start + 1)))
    old, new = before.splitlines(), after.splitlines()
    for tag, start, stop, *_ in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag not in ("equal", "insert") and not set(range(start + 1, stop + 1)) <= mine:
            raise _refuse(file, f"line {start + 1} would change")


def _refuse(file: str, why: str) -> ProjectError:
    hint = "change it in the file by hand, then run: carrier-guides check"
    return ProjectError([Problem(file, rule="fact-file", what=f"cannot be changed: {why}", hint=hint)])
