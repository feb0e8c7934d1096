"""Read shops from one table: a CSV file in, checked shops with their translations and logos out.

The columns are the fields of `Shop`, in any order; `name[ja]` is the name in another language. A row is
checked as a file in content/shops is, and for what a spreadsheet does to it: the first 0 of a number that is
gone, a cell that slipped. Bad rows are told, and the good ones are returned all the same.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from generator import prose
from generator.content import (
    find_no_meaning,
    find_phone_fault,
    find_url_fault,
    read_logo,
)
from generator.fonts import missing_characters
from generator.guide import ID_PATTERN, MAX_ID, MAX_TEXT, Content, Shop
from generator.language import SOURCE_LANGUAGE, find_language
from generator.problem import Problem
from generator.prose import Fault
from generator.spreadsheet import Row, read_grid

COLUMNS = tuple(name for name in Shop.model_fields if name != "sample")
REQUIRED = tuple(name for name in COLUMNS if Shop.model_fields[name].is_required())
# What a reader reads, and what therefore may have translations.
TEXTS = ("name", "address", "hours", "line")
# Who has more to mend has one thing to mend, in all rows.
MAX_PROBLEMS = 1000
# Eight fields, and four of them in each language, are far fewer; more is another file.
MAX_COLUMNS = 200


@dataclass(frozen=True, slots=True)
class ShopRow:
    """A shop, and the line that it begins on.

    `texts` are its translations, by locale and field; what is missing there is the same in all languages.
    `logo` is SVG, empty where it has none.
    """

    shop: Shop
    line: int
    texts: Mapping[str, Mapping[str, str]]
    logo: bytes = b""


@dataclass(frozen=True, slots=True)
class Table:
    """The good rows of a table in their order, and what is wrong with it in that of lines."""

    shops: tuple[ShopRow, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the table; a text in the source language has no locale."""

    field: str
    locale: str = ""

    @property
    def name(self) -> str:
        return f"{self.field}[{self.locale}]" if self.locale else self.field


@dataclass
class _Report:
    file: str
    problems: list[Problem] = field(default_factory=list)

    def add(self, line: int, key: str, fault: Fault) -> None:
        # A cell may be 100 KB; what is quoted of it is shown, not printed.
        what = fault.what if len(fault.what) <= 300 else f"{fault.what[:300]}…"
        hint = fault.hint if len(fault.hint) <= 300 else f"{fault.hint[:300]}…"
        self.problems.append(Problem(self.file, line, key, rule=fault.rule, what=what, hint=hint))


def read_shops(path: Path, content: Content, locales: Collection[str], encoding: str | None = None) -> Table:
    """Read a table of shops.

    `locales` are those of the project, each of which may have columns. Ids that `content` has are refused.
    Where the file or its header cannot be read, there are no shops. After 1000 problems nothing more is read.

    Raises:
        FontError: the pinned fonts, which tell what can be printed, are missing. Nothing else, whatever the
            file holds: what is wrong with it is in `problems`.
    """
    report = _Report(path.as_posix())
    grid = read_grid(path, encoding)
    if grid.header is None:
        return Table((), grid.problems)
    columns = _read_header(grid.header, locales, report)
    if columns is None:
        return Table((), tuple(sorted(report.problems)))
    reader = _Reader(path, content, columns, report)
    found: list[ShopRow] = []
    line = 0
    for row in grid.rows:
        line = row.line
        if (shop := reader.read(row)) is not None:
            found.append(shop)
        if len(report.problems) >= MAX_PROBLEMS:
            what = f"has {MAX_PROBLEMS:,} problems up to here, and was not read further"
            report.add(line, "", Fault("shop-table", what, "mend what is told first"))
            break
    if not line:
        what = "has no rows below the names of its columns"
        report.add(grid.header.line, "", Fault("shop-table", what, "write one shop a row"))
    return Table(tuple(found), tuple(sorted(report.problems)))


# --- columns -----------------------------------------------------------------------------------------

# Where cells stand without a name above them.
_NAMELESS = _Column("")
_TRANSLATED = re.compile(r"([^\[\]]+?)\s*\[\s*([^\[\]]+?)\s*\]")


def _read_header(header: Row, locales: Collection[str], report: _Report) -> list[_Column | None] | None:
    """Return what each column is (None: nothing that is read), or None where a row would be no shop."""
    columns: list[_Column | None] = []
    faults: list[tuple[str, Fault]] = []
    named = [i for i, cell in enumerate(header.cells) if cell]
    if len(named) > MAX_COLUMNS:
        what = f"the first line names {len(named):,} columns, at most {MAX_COLUMNS} wanted"
        report.add(header.line, "", Fault("shop-table", what, f"columns are {', '.join(COLUMNS)}"))
        return None
    for cell in header.cells[: named[-1] + 1]:
        meant = _find_column(cell, locales) if cell else _NAMELESS
        if isinstance(meant, Fault):
            faults.append((cell[:60], meant))
        elif meant in columns and meant != _NAMELESS:
            faults.append((meant.name, Fault("shop-table", "is there twice", "take one of the two out")))
        else:
            columns.append(meant)
            continue
        columns.append(None)
    there = {column.name for column in columns if column and column != _NAMELESS}
    if not there:
        what = "the first line names no column of a shop"
        report.add(header.line, "", Fault("shop-table", what, f"columns are {', '.join(COLUMNS)}"))
        return None
    for i, column in enumerate(columns):
        if column and column.locale and column.field not in there and column.field not in REQUIRED:
            what = f'has no column "{column.field}" beside it, so it would never be printed'
            hint = f'write the English text into a column "{column.field}"'
            faults.append((column.name, Fault("shop-table", what, hint)))
            columns[i] = None
    missing = [name for name in REQUIRED if name not in there]
    for name in missing:
        what = f'there is no column "{name}", which every shop needs'
        faults.append((name, Fault("shop-table", what, "write its name into the first line")))
    for key, fault in faults:
        report.add(header.line, key, fault)
    return None if missing else columns


def _find_column(cell: str, locales: Collection[str]) -> _Column | Fault:
    """Return the column that a header means, in any usual spelling."""
    name = unicodedata.normalize("NFKC", cell[:100]).casefold().strip()
    if name in COLUMNS:
        return _Column(name)
    if (match := _TRANSLATED.fullmatch(name)) and match[1] in COLUMNS:
        if match[1] not in TEXTS:
            hint = f'write it once, in a column "{match[1]}"; languages have {", ".join(TEXTS)}'
            return Fault("shop-table", "is the same in all languages", hint)
        locale = _find_locale(match[2], locales)
        if locale is None:
            hint = f"languages here are {', '.join(sorted(locales))}"
            return Fault("shop-table", f'"{match[2][:40]}" is no language of this project', hint)
        return _Column(match[1], "" if locale == SOURCE_LANGUAGE else locale)
    if name == "sample":
        what = "a table holds real shops, and no samples"
        return Fault("shop-table", what, "take the column out; a sample is a file in content/shops")
    known = (*COLUMNS, *(f"{text}[{locale}]" for text in TEXTS for locale in locales))
    folded = {column.casefold(): column for column in known}
    # Longer names are no slips of the pen, and comparing them takes long.
    near = difflib.get_close_matches(name, folded, 1, 0.6) if len(name) <= 40 else []
    hint = f'did you mean "{folded[near[0]]}"?' if near else f"columns are {', '.join(COLUMNS)}"
    return Fault("shop-table", "is not a column that is known", hint)


def _find_locale(spelling: str, locales: Iterable[str]) -> str | None:
    language = find_language(spelling)
    wanted = language.locale if language else spelling.replace("-", "_")
    return next((name for name in (*locales, SOURCE_LANGUAGE) if name.casefold() == wanted.casefold()), None)


# --- rows --------------------------------------------------------------------------------------------


class _Reader:
    """Checks row after row, and remembers the ids and the logos that it has seen."""

    def __init__(self, path: Path, content: Content, columns: list[_Column | None], report: _Report) -> None:
        self.path = path
        self.columns = columns
        self.report = report
        self.lines: dict[str, int] = {}
        self.logos: dict[str, bytes | Fault] = {}
        self.taken = {
            id_.casefold(): place.file
            if (place := content.texts.get(f"shop/{id_}/name"))
            else "content/shops"
            for id_ in content.shops
        }

    def read(self, row: Row) -> ShopRow | None:
        """Return the shop of a row, or None after telling what is wrong with it."""
        before = len(self.report.problems)
        if (fault := self._find_slip(row)) is not None:
            self.report.add(row.line, "", fault)
            return None
        values: dict[str, str] = {}
        texts: dict[str, dict[str, str]] = {}
        logo = b""
        for cell, column in zip(row.cells, self.columns, strict=False):
            if column is None or not (cell or column.name in REQUIRED):
                continue
            if column == _NAMELESS:
                what = f'"{cell[:40]}" stands below no name of a column'
                self.report.add(row.line, "", Fault("shop-row", what, "name the column, or empty the cell"))
                continue
            faults = list(self._judge(column, cell, row.line))
            if column.field == "logo" and not faults:
                read = self._read_logo(cell)
                if isinstance(read, Fault):
                    faults = [read]
                else:
                    logo = read
            for fault in faults:
                self.report.add(row.line, column.name, fault)
            if column.locale:
                texts.setdefault(column.locale, {})[column.field] = cell
                continue
            values[column.field] = cell
        for locale, found in texts.items():
            for name in found.keys() - values.keys():
                what = f'has no text in the column "{name}", so it would never be printed'
                hint = "write the English text there"
                self.report.add(row.line, _Column(name, locale).name, Fault("shop-row", what, hint))
        if len(self.report.problems) > before:
            return None
        return ShopRow(Shop.model_validate(values), row.line, texts, logo)

    def _find_slip(self, row: Row) -> Fault | None:
        """Say why the cells of a row are not those of its columns, if they are not."""
        if row.fault:
            return Fault("shop-row", row.fault, row.hint)
        cells, wanted = row.cells, len(self.columns)
        if any(cells[wanted:]):
            what = f"has {len(cells)} cells, and the table has {wanted} columns"
            return Fault("shop-row", what, "put a cell that holds a delimiter into quotes")
        if len(cells) < wanted:
            what = f"has {len(cells)} cells, and the table has {wanted} columns"
            hint = 'fill it up; where Excel leaves the last cells out, make "id" the last column'
            return Fault("shop-row", what, hint)
        return None

    def _judge(self, column: _Column, cell: str, line: int) -> Iterator[Fault]:
        if not cell:
            yield Fault(
                "shop-row", "is empty", f"every shop has {', '.join(REQUIRED[:-1])} and {REQUIRED[-1]}"
            )
        elif len(cell) > MAX_TEXT:
            yield Fault("shop-row", f"has {len(cell):,} characters, at most {MAX_TEXT} wanted", "shorten it")
        elif len(cell.splitlines()) > 1:
            yield Fault("shop-row", "holds a line break", "write it in one line")
        elif (fault := _find_spreadsheet_fault(cell)) is not None:
            yield fault
        elif column.field == "id":
            yield from self._judge_id(cell, line)
        elif column.field in TEXTS:
            yield from _judge_text(cell)
        else:
            yield from prose.find_control_characters(cell)
            yield from prose.find_messenger(cell)
            fault = (
                _find_phone_fault(cell)
                if column.field == "phone"
                else _find_url_fault(cell)
                if column.field == "url"
                else None
            )
            if fault is not None:
                yield fault

    def _judge_id(self, id_: str, line: int) -> Iterator[Fault]:
        folded = id_.casefold()
        if len(id_) > MAX_ID or not re.fullmatch(ID_PATTERN, id_):
            plain = unicodedata.normalize("NFKC", id_[: 4 * MAX_ID]).casefold()
            near = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAX_ID].strip("-")
            what = f'"{id_[:40]}" is no id: small letters, digits and single hyphens, at most {MAX_ID}'
            yield Fault("shop-row", what, f'write "{near}"' if near else "write a short name: shibuya-1")
        if folded in self.lines:
            what = f'id "{id_[:40]}" stands already in line {self.lines[folded]}'
            yield Fault("shop-row", what, "give each shop its own id; capitals make no difference")
        elif folded in self.taken:
            what = f'id "{id_[:40]}" is that of {self.taken[folded]}'
            yield Fault("shop-row", what, "give it another id, or take one of the two out")
        self.lines.setdefault(folded, line)

    def _read_logo(self, name: str) -> bytes | Fault:
        if name not in self.logos:
            # A chain has one logo for all its shops.
            where = "the table"
            self.logos[name] = read_logo(self.path.parent, name, beside=where, into=f"the folder of {where}")
        return self.logos[name]


# What a spreadsheet writes where a formula went wrong.
_ERRORS = {
    "#NAME?", "#REF!", "#VALUE!", "#N/A", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA",
}  # fmt: skip
_AS_TEXT = "format the column as text"


def _find_spreadsheet_fault(cell: str) -> Fault | None:
    if cell in _ERRORS or (cell[:1] in "#E" and re.fullmatch(r"#{3,}|Err:\d{3}", cell)):
        return Fault("shop-row", f'"{cell}" is an error of the spreadsheet', f"{_AS_TEXT} and type it again")
    if cell.startswith("="):
        return Fault("shop-row", f'"{cell[:40]}" is a formula', f"{_AS_TEXT} and type what it shows")
    return None


def _judge_text(text: str) -> Iterator[Fault]:
    """Yield what a text of content/shops may not contain either, and characters that no font of ours has."""
    yield from (faults := prose.find_own_faults(text))
    if "{" in text or "[" in text:
        yield from (find_no_meaning(kind) for kind, _ in prose.placeholders(text))
    lacking = frozenset() if text.isascii() else missing_characters(frozenset(text))
    if lacking and not any(fault.rule == "text-control" for fault in faults):
        what = f"the font has no glyph for {' '.join(sorted(lacking))}"
        yield Fault("FNT-05", what, "write it in words, or with a character that the font has")


# --- phone numbers and addresses -----------------------------------------------------------------------

# Hyphens, dashes and minus signs, and the long vowel mark, which a Japanese keyboard has in their place.
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−ー─﹣－"), "-")
_LOST = "the spreadsheet changed the number"


def _find_phone_fault(phone: str) -> Fault | None:
    """Say what is wrong with a number, first of all what a spreadsheet did to it."""
    if re.fullmatch(r"[-+]?\d+([.,]\d+)?E[-+]?\d+", phone, re.I | re.A):
        what = f'"{phone[:40]}" is no phone number: {_LOST}, and digits are lost'
        return Fault("shop-phone", what, f"{_AS_TEXT} and type the number again: 0120-000-000")
    if re.fullmatch(r"-\d+|\d+[.,]\d+|\d+/\d+(/\d+)?", phone, re.A):
        what = f'"{phone[:40]}" is no phone number: {_LOST}'
        return Fault("shop-phone", what, f"{_AS_TEXT} and type the number again: 03-0000-0000")
    right = _spell_phone(phone)
    digits = right.replace("-", "")
    # Numbers of three digits are the only ones in Japan that begin with another than 0 (Numbering Plan, MIC).
    is_cut = right[:1] in tuple("123456789") and len(digits) > 4
    if is_cut:
        # With 81 for Japan it has two digits more than the nine or ten that are left of a number in Japan.
        right = f"+{right}" if digits.startswith("81") and len(digits) > 10 else f"0{right}"
        if find_phone_fault(phone) is None:
            what = f'"{phone[:40]}" does not begin with 0 or +: {_LOST}'
            return Fault("shop-phone", what, f'{_AS_TEXT} and write "{right}"')
    if (fault := find_phone_fault(phone)) is None:
        return None
    is_wide = any(c > "\x7f" for c in phone)
    if find_phone_fault(right) is None:
        reason = "has full-width digits or other hyphens" if is_wide else "is not a phone number"
        return Fault("shop-phone", f'"{phone[:40]}" {reason}', f'write "{right}"')
    return Fault("shop-phone", f'"{phone[:40]}" is not a phone number', fault.hint)


def _spell_phone(phone: str) -> str:
    """Return a number with plain digits and hyphens, as well as can be told."""
    plain = unicodedata.normalize("NFKC", phone.translate(_DASHES)).translate(_DASHES)
    plain = plain.strip("'’` ")
    return re.sub(r"[-\s().]+", "-", plain).strip("-")


def _find_url_fault(url: str) -> Fault | None:
    if (fault := find_url_fault(url)) is None or any(prose.find_messenger(url)):
        return fault
    plain = unicodedata.normalize("NFKC", url)
    for right in (plain, f"https://{plain}"):
        if find_url_fault(right) is None and "." in right.removeprefix("https://").partition("/")[0]:
            return Fault(fault.rule, fault.what, f'write "{right}"')
    return fault
