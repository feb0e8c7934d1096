"""Read one table as a spreadsheet saves it: a CSV file in, rows of cells with their lines out.

Excel, LibreOffice and Numbers write CSV in the encoding and with the delimiter of the machine that they run
on. Nothing is guessed where two readings are possible: a wrong one would be printed.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from generator.problem import Problem

# A row of a shop is below 1 KB, a hundred thousand of them below 50 MB.
MAX_BYTES = 50 * 1024 * 1024
# csv's own limit; a longer cell is a quote that was never closed.
MAX_CELL = 131_072

# What may be asked for, and Python's name of it. Windows writes more characters than the standards have.
ENCODINGS = {
    "utf-8": "utf-8-sig",
    "utf-16": "utf-16",
    "shift_jis": "cp932",
    "gb18030": "gb18030",
    "big5": "cp950",
    "euc-kr": "cp949",
    "euc-jp": "euc_jp",
    "windows-1252": "cp1252",
}
_ALIASES = {
    "utf8sig": "utf-8",
    "cp932": "shift_jis",
    "sjis": "shift_jis",
    "windows31j": "shift_jis",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "cp936": "gb18030",
    "cp950": "big5",
    "cp949": "euc-kr",
    "cp1252": "windows-1252",
}
_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # xlsx, ods and Numbers; xls

SAVE_AS = "save it in the spreadsheet as CSV UTF-8"


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one record, trimmed; `line` is where it begins, from 1.

    A row that cannot be taken apart has no cells, and `fault` and `hint` say why.
    """

    line: int
    cells: tuple[str, ...]
    fault: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """What stands in a file: the first row that is not empty, and an iterator over those below it.

    Either `header` is None and there are problems, or it is there and there are none.
    """

    header: Row | None
    rows: Iterator[Row]
    problems: tuple[Problem, ...] = ()


def read_grid(path: Path, encoding: str | None = None) -> Grid:
    """Read a CSV file; without an encoding, in the only one in which it makes sense.

    UTF-8 and UTF-16 are certain (UTF-16 by its mark). Of the others, Shift_JIS and GB18030 are taken where no
    second one is possible. The delimiter is that of the header: comma, semicolon or tab.

    Raises:
        Nothing: what cannot be read has problems.
    """
    file = path.as_posix()

    def refuse(what: str, hint: str = "", line: int = 0, key: str = "") -> Grid:
        return Grid(None, iter(()), (Problem(file, line, key, rule="shop-table", what=what, hint=hint),))

    try:
        if path.exists() and not path.is_file():
            return refuse("is not a file", "name a CSV file")
        with path.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except OSError as error:
        return refuse(f"cannot be read: {error.strerror}")
    except ValueError:  # a NUL in the name
        return refuse("is no name of a file")
    if len(raw) > MAX_BYTES:
        return refuse(f"is larger than {MAX_BYTES // 1024 // 1024} MB", "make several tables of it")
    if raw.startswith(_WORKBOOKS):
        return refuse("is a workbook, not CSV", SAVE_AS)
    text = _decode(raw, encoding, refuse)
    if isinstance(text, Grid):
        return text
    if "\0" in text:
        hint = f"it may be UTF-16 without its mark, or no text at all; {SAVE_AS}"
        return refuse("has a NUL, which no text has", hint, _line_at(text, text.index("\0")))
    rows = _read_rows(text)
    header = next(rows, None)
    if header is None:
        return refuse("is empty", "its first line names the columns")
    if header.fault:
        return refuse(header.fault, header.hint, header.line)
    return Grid(header, rows)


def _decode(raw: bytes, encoding: str | None, refuse: Callable[..., Grid]) -> str | Grid:
    mark = next((name for start, name in _MARKS.items() if raw.startswith(start)), "")
    if encoding is not None:
        folded = re.sub(r"[-_ ]", "", encoding).casefold()
        spelled = {re.sub(r"[-_]", "", name): name for name in ENCODINGS}
        name = _ALIASES.get(folded) or spelled.get(folded)
        if name is None:
            return refuse(f'"{encoding[:40]}" is no encoding that is known', f"known: {', '.join(ENCODINGS)}")
        if mark and mark != name:
            what = f"begins with the mark of {mark}, and {name} was asked for"
            return refuse(what, f"say --encoding {mark}, or leave it out", 1)
        try:
            return raw.decode(ENCODINGS[name])
        except UnicodeDecodeError as error:
            return refuse(f"is not {name}", "leave --encoding out, or name another", _line_of(error, name))
    if mark == "utf-16":
        try:
            return raw.decode("utf-16")
        except UnicodeDecodeError:
            return refuse("is not UTF-16, though it begins with its mark", SAVE_AS)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if mark:
            line = _line_of(error, mark)
            return refuse("is not UTF-8, though it begins with its mark", SAVE_AS, line)
        return _recognize(raw, _line_of(error, "utf-8"), refuse)


def _line_of(error: UnicodeDecodeError, encoding: str) -> int:
    """Return the line of what cannot be decoded, 0 where a byte of a line end may be half a character."""
    # What was decoded, which is without a mark.
    return 0 if encoding == "utf-16" else _line_at(error.object.decode("latin-1"), error.start)


def _line_at(text: str, index: int) -> int:
    return len(re.findall("\r\n|\r|\n", text[:index])) + 1


# --- encodings that have no mark ------------------------------------------------------------------

# How much of what is not ASCII is everyday in a reading that is taken, and in one that makes it doubtful: who
# asks too often costs a word on the command line, who guesses prints a wrong address.
_TAKEN, _DOUBTED = 0.75, 0.9


def _recognize(raw: bytes, line: int, refuse: Callable[..., Grid]) -> str | Grid:
    """Return the text in the one encoding that makes sense; `line` is the first that is not UTF-8."""
    readings = {name: text for name in _JUDGES if (text := _decode_whole(raw, name)) is not None}
    likely = [name for name, text in readings.items() if _JUDGES[name](text)]
    if likely in (["shift_jis"], ["gb18030"]):
        return readings[likely[0]]
    if not likely and _is_torn(raw):
        return refuse("has bytes that are not UTF-8, as the rest is", SAVE_AS, line)
    # Where none makes sense, those that can be read at all may help who knows the words.
    shown = likely or [name for name in readings if name != "windows-1252"]
    difference = _find_difference([readings[name] for name in shown])
    if difference is None:
        hint = f"{SAVE_AS}, or say what it is: --encoding"
        return refuse("is neither UTF-8, UTF-16, Shift_JIS nor GB18030", hint, line)
    place, key, cells = difference
    known = ", ".join(f'in {name} "{cell[:30]}"' for name, cell in zip(shown, cells, strict=True))
    what = f"is not UTF-8, and its encoding cannot be told: this cell is {known}"
    return refuse(what, f"say which it is: --encoding {' or --encoding '.join(shown)}", place, key)


def _is_torn(raw: bytes) -> bool:
    """Tell whether a text is UTF-8 but for a few bytes."""
    counts = Counter(raw.decode("utf-8", "replace"))
    others = sum(count for character, count in counts.items() if character >= "\x80")
    return counts["\ufffd"] / others <= 1 - _TAKEN


def _decode_whole(raw: bytes, name: str) -> str | None:
    """Return a text in an encoding, None where it is none in it."""
    if name == "windows-1252":
        # Five bytes have no meaning in it, but one in its kin that Macs write.
        return raw.decode(ENCODINGS[name], "replace")
    try:
        text = raw.decode(ENCODINGS[name])
    except UnicodeDecodeError:
        return None
    # Python gives every byte that is left over a character that means nothing.
    return None if re.search("[\x80-\x9f\ue000-\uf8ff]", text) else text


def _share(text: str, is_everyday: Callable[[str], bool]) -> float:
    """Return how much of what is not ASCII is everyday, 0 to 1."""
    counts = Counter(text)
    others = {character: count for character, count in counts.items() if character >= "\x80"}
    total = sum(others.values())
    return sum(count for c, count in others.items() if is_everyday(c)) / total if total else 0.0


def _lead(character: str, codec: str) -> tuple[int, int]:
    """Return the two bytes of a character, (0, 0) where it has not two."""
    raw = character.encode(codec, "replace")
    return (raw[0], raw[1]) if len(raw) == 2 else (0, 0)


def _is_shift_jis(text: str) -> bool:
    # 0x81 to 0x97: marks, kana, kanji of level 1 (JIS X 0208). Half-width kana tell nothing: each is one
    # byte, and any two of them are a Chinese character.
    wide = re.sub("[\uff61-\uff9f]", "", text)
    if wide.isascii():
        return True
    return _share(wide, lambda c: 0x81 <= _lead(c, "cp932")[0] <= 0x97) >= _TAKEN


def _is_gb18030(text: str) -> bool:
    # 0xA1 to 0xA3: marks; 0xB0 to 0xD7: characters of level 1 (GB 2312).
    def is_everyday(character: str) -> bool:
        lead, trail = _lead(character, "gb18030")
        return (0xA1 <= lead <= 0xA5 or 0xB0 <= lead <= 0xD7) and trail >= 0xA1

    return _share(text, is_everyday) >= _TAKEN


def _is_big5(text: str) -> bool:
    # 0xA1 to 0xA3: marks; 0xA4 to 0xC6: the 5401 everyday characters.
    return _share(text, lambda c: 0xA1 <= _lead(c, "cp950")[0] <= 0xC6) >= _DOUBTED


def _is_euc_kr(text: str) -> bool:
    # Hangul syllables of everyday use have the leads 0xB0 to 0xC8 (KS X 1001), marks 0xA1 to 0xA3.
    def is_everyday(character: str) -> bool:
        lead, trail = _lead(character, "cp949")
        return (0xA1 <= lead <= 0xA3 or 0xB0 <= lead <= 0xC8) and trail >= 0xA1

    return _share(text, is_everyday) >= _DOUBTED


def _is_euc_jp(text: str) -> bool:
    # Kana stand at the same place in GB 2312, kanji do not. Chinese has hardly a kana, Japanese never few.
    return _share(text, lambda c: "\u3041" <= c <= "\u30fa") >= 0.1


def _is_western(text: str) -> bool:
    # An accent or a dash stands alone between letters; of what has two bytes, many are both above ASCII.
    # 0x81 to 0x84 is where Shift_JIS has its kana, and Windows hardly anything.
    runs = re.findall("[^\0-\x7f]+", text)
    alone = sum(len(run) == 1 and run not in "\ufffd\u201a\u0192\u201e" for run in runs)
    return bool(runs) and alone / len(runs) >= _TAKEN


# The order is that of preference where none makes sense.
_JUDGES: dict[str, Callable[[str], bool]] = {
    "shift_jis": _is_shift_jis,
    "gb18030": _is_gb18030,
    "windows-1252": _is_western,
    "big5": _is_big5,
    "euc-kr": _is_euc_kr,
    "euc-jp": _is_euc_jp,
}


def _find_difference(texts: list[str]) -> tuple[int, str, tuple[str, ...]] | None:
    """Return where readings first differ, in the order of rows: line, column, and the cell in each.

    Of one reading it is the first cell that is not ASCII.
    """
    header: Row | None = None
    for rows in zip(*map(_read_rows, texts), strict=False):
        for i, cells in enumerate(zip(*(row.cells for row in rows), strict=False)):
            if any(cell != cells[0] for cell in cells) or not (cells[1:] or cells[0].isascii()):
                column = header.cells[i] if header and i < len(header.cells) else ""
                return rows[0].line, column, cells
        header = header or rows[0]
    return None


# --- rows ------------------------------------------------------------------------------------------


def _read_rows(text: str) -> Iterator[Row]:
    """Yield the rows that are not empty; the first decides what the delimiter is."""
    # Without translation, so that a line end inside quotes counts as a line, as it does in every editor.
    lines = io.StringIO(text, newline="")
    skipped = 0
    while (first := lines.readline()) and not first.strip(' ,;"\t\r\n'):
        skipped += 1
    reader = csv.reader(itertools.chain([first], lines), delimiter=_find_delimiter(first), strict=True)
    while True:
        line = skipped + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            what, hint, is_last = _say_error(str(error))
            yield Row(line, (), what, hint)
            if is_last:
                return
            continue
        trimmed = tuple(map(str.strip, cells))
        if any(trimmed):
            yield Row(line, trimmed)


def _say_error(error: str) -> tuple[str, str, bool]:
    """Say what csv found in our words, and whether what follows can no more be told apart."""
    if "field limit" in error:
        return f"has a cell of more than {MAX_CELL:,} characters", "close the quote that is open here", True
    if "unexpected end" in error:
        return "opens a quote that is never closed", 'close it, or write a quote as two: ""', True
    return "has a quote beside other characters", 'write a quote in a cell as two: ""', False


def _find_delimiter(first: str) -> str:
    """Return the delimiter that makes the most columns of a header, a comma where none does."""
    outside = re.sub(r'"[^"]*"', "", first)
    return max(",;\t", key=outside.count)
