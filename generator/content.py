"""Load `content/`: TOML in, one checked `Content` out, or every problem with file, line and key.

The only room that opens content files and knows TOML. It also answers for what a text may contain
(`prose.find_faults`) and for ids that point nowhere.
"""

from __future__ import annotations

import datetime
import re
import tomllib
import typing
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError, create_model

from generator import facts as rules
from generator import prose
from generator.colour import contrast_with_white, lightness
from generator.fit import DROPPABLE
from generator.guide import (
    Carrier,
    Content,
    Fact,
    Guide,
    Item,
    Model,
    Phrase,
    Record,
    Shop,
    Source,
    SourceText,
    Term,
    map_text,
    place_of,
    referred,
    used_facts,
)
from generator.language import LANGUAGES, Language
from generator.paper import USUAL_PAPERS
from generator.problem import Problem, ProjectError
from generator.prose import Fault

# Far above any real file; a larger one is a mistake, and would be held in memory several times over.
MAX_BYTES = 512 * 1024
# More makes a QR code whose modules a cheap printer cannot draw.
MAX_ADDRESS = 200

Key = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class _Table:
    """One table of a file: its data, and the line of each of its keys."""

    file: str
    data: dict[str, Any]
    lines: dict[Key, int]
    at: Key = ()

    def line(self, key: Key = ()) -> int:
        """Return the line of the nearest enclosing key that has one."""
        whole = self.at + key
        while whole and whole not in self.lines:
            whole = whole[:-1]
        return self.lines.get(whole, 1)


@dataclass
class _Report:
    problems: list[Problem] = field(default_factory=list)

    def add(self, table: _Table, key: Key, rule: str, what: str, hint: str = "") -> None:
        self.problems.append(
            Problem(table.file, table.line(key), spell_key(table.at + key), rule=rule, what=what, hint=hint)
        )


def spell_key(key: Key) -> str:
    """Write a key path as TOML people read it: `steps[2].body` (counting from 0)."""
    spelled = ""
    for part in key:
        spelled += f"[{part}]" if isinstance(part, int) else f".{part}" if spelled else part
    return spelled


_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\"' -]+?)\s*\]\]?\s*(?:#.*)?$")
_PAIR = re.compile(r"\s*([A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')\s*=")


def find_lines(text: str) -> dict[Key, int]:
    """Return the line (from 1) of every table and key of a TOML text that tomllib accepts.

    tomllib gives no positions. Keys inside inline tables and arrays have the line of their owner.
    """
    lines: dict[Key, int] = {}
    counts: dict[Key, int] = {}
    at: Key = ()
    closing = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if closing:
            if closing in line:
                closing = ""
            continue
        if header := _HEADER.match(line):
            at = ()
            parts = [part.strip().strip("\"'") for part in header[2].split(".")]
            for position, part in enumerate(parts):
                at = (*at, part)
                is_last = position == len(parts) - 1
                if is_last and header[1] == "[[":
                    counts[at] = counts.get(at, -1) + 1
                if at in counts:
                    lines.setdefault(at, number)
                    at = (*at, counts[at])
            lines[at] = number
        elif pair := _PAIR.match(line):
            lines[(*at, pair[1].strip("\"'"))] = number
        for quotes in ('"""', "'''"):
            if line.count(quotes) % 2:
                closing = quotes
    return lines


def _freeze(value: Any) -> Any:  # noqa: ANN401 - TOML data has any shape
    if isinstance(value, list):
        return tuple(_freeze(item) for item in value)
    if isinstance(value, dict):
        return {key: _freeze(item) for key, item in value.items()}
    return value


def _strings(value: Any, key: Key = ()) -> Iterator[tuple[Key, str]]:  # noqa: ANN401
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _strings(item, (*key, name))
    elif isinstance(value, tuple | list):
        for index, item in enumerate(value):
            yield from _strings(item, (*key, index))


def _read(root: Path, path: Path, report: _Report, instead: Mapping[str, bytes]) -> _Table | None:
    file = path.relative_to(root).as_posix()
    nothing = _Table(file, {}, {})
    try:
        if not path.resolve().is_relative_to(root):
            report.add(nothing, (), "content-link", "leads out of the project", "copy the file into content/")
            return None
        if not path.is_file():
            report.add(nothing, (), "content-unreadable", "is not a file", "take it out of content/")
            return None
        raw = instead[file] if file in instead else path.read_bytes()
        if len(raw) > MAX_BYTES:
            what = f"is {len(raw):,} bytes, more than {MAX_BYTES:,}"
            report.add(nothing, (), "content-size", what, "a content file holds text only")
            return None
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
        data = _freeze(tomllib.loads(text))
    except OSError as error:
        report.add(nothing, (), "content-unreadable", f"cannot be read: {error.strerror}")
        return None
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        problem = Problem(
            file, line, rule="content-encoding", what="is not UTF-8", hint="save the file as UTF-8"
        )
        report.problems.append(problem)
        return None
    except (ValueError, RecursionError) as error:  # also a number of more digits than Python reads
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        what = str(error).partition(" (at ")[0]
        what = what[:1].lower() + what[1:] if what else "is nested too deep"
        line = int(place[1]) if place else text.count("\n") + 1
        report.problems.append(
            Problem(file, line, rule="content-syntax", what=what, hint="see https://toml.io for the notation")
        )
        return None
    table = _Table(file, data, find_lines(text))
    for key, value in _strings(data):
        for fault in prose.find_control_characters(value):
            report.add(table, key, fault.rule, fault.what, fault.hint)
        for fault in prose.find_messenger(value):
            report.add(table, key, fault.rule, fault.what, fault.hint)
    return table


_REWORDED = {
    "missing": "is missing",
    "extra_forbidden": "is not a key that is known here",
    "string_type": "must be a text in quotes",
    "tuple_type": "must be a list in [ ]",
    "string_too_short": "must not be empty",
}


def _validate(model: type[M], table: _Table, report: _Report) -> M | None:
    try:
        return model.model_validate(table.data)
    except ValidationError as error:
        for detail in error.errors():
            key: Key = tuple(part for part in detail["loc"] if isinstance(part, str | int))
            kind = detail["type"]
            what = _REWORDED.get(kind) or detail["msg"][:1].lower() + detail["msg"][1:]
            value = detail.get("input")
            if isinstance(value, str | int | float) and kind not in ("missing", "extra_forbidden"):
                shown = str(value).lower() if isinstance(value, bool) else str(value)
                what += f', not "{shown[:40]}{"…" if len(shown) > 40 else ""}"'
            hint = ""
            if kind == "extra_forbidden":
                hint = "known here: " + ", ".join(_model_at(model, key[:-1]).model_fields)
            report.add(table, key, "content-shape", what, hint)
        return None


def _model_at(model: type[BaseModel], key: Key) -> type[BaseModel]:
    """Return the model that validates the table at a key path."""
    for part in key:
        if isinstance(part, str) and part in model.model_fields:
            for kind in (
                model.model_fields[part].annotation,
                *getattr(model.model_fields[part].annotation, "__args__", ()),
            ):
                if isinstance(kind, type) and issubclass(kind, BaseModel):
                    model = kind
                    break
    return model


# Rules that say that a whole file was not taken.
_UNREAD = {"content-encoding", "content-link", "content-size", "content-syntax", "content-unreadable"}


class _Loader:
    """Reads all files, then checks what only the whole can tell."""

    def __init__(self, root: Path, instead: Mapping[str, bytes]) -> None:
        self.root = root.resolve()
        self.instead = instead
        self.report = _Report()
        self.where: dict[tuple[str, str], _Table] = {}
        self.placed: set[str] = set()
        added = sorted(path.parent.name for path in self.root.glob(f"locales/*/{LANGUAGE_FILE}"))
        self.locales = (*(language.locale for language in LANGUAGES), *added, "other")

    def _files(self, pattern: str) -> list[Path]:
        return sorted(
            path for path in (self.root / "content").glob(pattern) if not path.name.startswith((".", "_"))
        )

    def load_each(self, model: type[M], folder: str) -> dict[str, M]:
        """Load one record a file; its id is the file's name."""
        found: dict[str, M] = {}
        for path in self._files(f"{folder}/*.toml"):
            if (table := _read(self.root, path, self.report, self.instead)) is None:
                continue
            if (record := _validate(model, table, self.report)) is None:
                continue
            id_ = str(record.id)  # type: ignore[attr-defined]
            if id_ != path.stem:
                hint = f'rename the file to {id_}.toml or write id = "{path.stem}"'
                self.report.add(table, ("id",), "content-id", f'id "{id_}" is not the name of the file', hint)
                continue
            found[id_] = record
            self.where[folder, id_] = table
        return found

    def load_lists(self, pattern: str, models: dict[str, type[BaseModel]]) -> dict[str, dict[str, Any]]:
        """Load files that hold lists of tables; ids are unique over all the files."""
        found: dict[str, dict[str, Any]] = {name: {} for name in models}
        for path in self._files(pattern):
            if (table := _read(self.root, path, self.report, self.instead)) is None:
                continue
            for name in table.data:
                if name not in models:
                    self.report.add(
                        table,
                        (name,),
                        "content-shape",
                        "is not a key that is known here",
                        "known here: " + ", ".join(f"[[{known}]]" for known in models),
                    )
            for name, model in models.items():
                rows = table.data.get(name, ())
                if not isinstance(rows, tuple):
                    what = f"must be a list of tables: [[{name}]]"
                    self.report.add(table, (name,), "content-shape", what)
                    continue
                for index, data in enumerate(rows):
                    row = _Table(
                        table.file, data if isinstance(data, dict) else {}, table.lines, (name, index)
                    )
                    if (record := _validate(model, row, self.report)) is None:
                        continue
                    id_ = str(record.id)  # type: ignore[attr-defined]
                    if earlier := self.where.get((name, id_)):
                        what = f'{name} "{id_}" stands already in {earlier.file}:{earlier.line()}'
                        self.report.add(row, ("id",), "content-id", what, "give each its own id")
                        continue
                    found[name][id_] = record
                    self.where[name, id_] = row
        return found

    def load(self, accept: Container[str]) -> Content:
        if not (self.root / "content").is_dir():
            what = "there is no content folder here"
            hint = "run in the project's folder, or name it: carrier-guides --project FOLDER"
            raise ProjectError([Problem("content", rule="content-missing", what=what, hint=hint)])
        lists = self.load_lists("facts/*.toml", {"source": Source, "fact": Fact})
        words = self.load_lists("terms.toml", {"term": Term})
        sentences = self.load_lists("phrases.toml", {"phrase": Phrase})
        content = Content(
            carriers=self.load_each(Carrier, "carriers"),
            guides=self.load_each(Guide, "guides"),
            facts=lists["fact"],
            sources=lists["source"],
            terms=words["term"],
            phrases=sentences["phrase"],
            shops=self.load_each(Shop, "shops"),
            logos={},
            texts={},
            strings={},
            defined={
                id_: (table.file, table.line()) for (name, id_), table in self.where.items() if name == "fact"
            },
        )
        if not content.guides and not self.report.problems:
            what = "has no guides, so there is nothing to print"
            raise ProjectError([Problem("content/guides", rule="content-missing", what=what)])
        self._check_facts(content)
        self._check_carriers(content)
        self._check_shops(content)
        self._check_guides(content)
        self._check_texts(content)
        problems = [problem for problem in self.report.problems if problem.rule not in accept]
        if any(problem.rule in _UNREAD for problem in problems):
            # What points into a file that was not read may be right, and a guess would be wrong.
            hint = "a file could not be read: mend that first"
            problems = [replace(p, hint=hint) if p.rule == "content-dangling" else p for p in problems]
        if problems:
            raise ProjectError(problems)
        return content

    # --- checks that need the whole ---

    def _check_url(self, table: _Table, key: Key, url: str, hosts: Iterable[str] | None) -> None:
        if (fault := find_url_fault(url)) is not None:
            self._tell(table, key, fault)
            return
        host = urlsplit(url).hostname
        if hosts is not None and not any(f".{host}".endswith(f".{known}") for known in hosts):
            self.report.add(
                table,
                key,
                "url-host",
                f'"{host}" is not on the list of allowed hosts',
                "only hosts of carriers (content/carriers) and authorities may be printed",
            )

    def _tell(self, table: _Table, key: Key, fault: Fault) -> None:
        self.report.add(table, key, fault.rule, fault.what, fault.hint)

    def _check_facts(self, content: Content) -> None:
        hosts = [host for carrier in content.carriers.values() for host in carrier.hosts]
        hosts += AUTHORITY_HOSTS
        for id_, fact in content.facts.items():
            table = self.where["fact", id_]
            if (what := _value_fault(fact)) is not None:
                self.report.add(table, ("value",), "fact-value", what)
            elif fact.kind == "url" and rules.may_show_value(fact):
                self._check_url(table, ("value",), str(fact.value), hosts)
                address = re.sub(r"^https://(www\.)?", "", str(fact.value))
                if fact.display and not f"{address}/".startswith(f"{fact.display}/"):
                    what = f'"{fact.display}" is not the beginning of its address {address}'
                    self.report.add(
                        table, ("display",), "fact-value", what, "write the beginning, or leave it out"
                    )
            for source in fact.sources:
                if source not in content.sources:
                    self._dangling(table, ("sources",), "source", source, content.sources)
            printed = rules.what_may_print(fact)
            if printed == "safe wording" and not fact.safe_wording:
                what = f'a fact with status "{fact.status}" needs a safe wording'
                self.report.add(table, (), "fact-wording", what, "write safe_wording, e.g. “about {value}”")
            if "{value}" in fact.safe_wording and not rules.may_show_value(fact):
                what = f'the safe wording of a "{fact.status}" fact may not show its value'
                self.report.add(table, ("safe_wording",), "fact-wording", what, "say what to ask instead")
            if not fact.seen_on <= fact.review_by <= fact.seen_on + LONGEST_REVIEW:
                what = f"is not within {LONGEST_REVIEW.days} days after seen_on"
                self.report.add(table, ("review_by",), "fact-dates", what, "see CONTRIBUTING, “Add a fact”")

    def _check_carriers(self, content: Content) -> None:
        for id_, carrier in content.carriers.items():
            # WCAG 2.2, 1.4.3: white text on the accent needs 4.5.
            if (ratio := contrast_with_white(carrier.accent)) < 4.5:
                what = f"white text on {carrier.accent} has a contrast of {ratio:.2f}, less than 4.5"
                self.report.add(
                    self.where["carriers", id_], ("accent",), "carrier-accent", what, "choose a darker colour"
                )
            if grey := carrier.accent_grey:
                table, hint = self.where["carriers", id_], 'write a grey that is dark enough: "#626262"'
                if grey[1:3] != grey[3:5] or grey[3:5] != grey[5:7]:
                    what = f"{grey} is no grey: its red, green and blue differ"
                    self.report.add(table, ("accent_grey",), "carrier-accent", what, hint)
                elif (ratio := contrast_with_white(grey)) < 4.5:
                    what = f"white text on {grey} has a contrast of {ratio:.2f}, less than 4.5"
                    self.report.add(table, ("accent_grey",), "carrier-accent", what, hint)
            if carrier.accent_cmyk and sum(carrier.accent_cmyk) > MOST_INK:
                what = f"{sum(carrier.accent_cmyk)} % of ink does not dry, at most {MOST_INK} wanted"
                hint = "more black, and less of the three others"
                self.report.add(self.where["carriers", id_], ("accent_cmyk",), "carrier-accent", what, hint)
            for other in content.carriers.values():
                if other.id == id_:
                    break
                if other.company == carrier.company:  # brands of one company may look alike
                    continue
                if abs(lightness(carrier.accent) - lightness(other.accent)) < MIN_GREY_STEP:
                    what = (
                        f"{carrier.accent} and {other.accent} of {other.id} are one grey in black and white"
                    )
                    hint = "choose a clearly lighter or darker colour"
                    self.report.add(self.where["carriers", id_], ("accent",), "carrier-accent", what, hint)

    def _check_shops(self, content: Content) -> None:
        for id_, shop in content.shops.items():
            table = self.where["shops", id_]
            if shop.phone and (fault := find_phone_fault(shop.phone)) is not None:
                self._tell(table, ("phone",), fault)
            if shop.url:
                # The shop's own page may have any host, but a messenger is no page.
                self._check_url(table, ("url",), shop.url, None)
            if shop.logo:
                logo = read_logo(self.root / "content" / "shops", shop.logo)
                if isinstance(logo, Fault):
                    self._tell(table, ("logo",), logo)
                else:
                    content.logos[id_] = logo

    def _check_guides(self, content: Content) -> None:
        for id_, guide in content.guides.items():
            table = self.where["guides", id_]
            named: list[tuple[Key, str, str, dict[str, Any]]] = []
            if guide.carrier:
                named.append((("carrier",), "carrier", guide.carrier, content.carriers))
            named += [(("phrases",), "phrase", name, content.phrases) for name in guide.phrases]
            if guide.call:
                for part, fact in (("number", guide.call.number), ("page", guide.call.page)):
                    named += [(("call", part), "fact", name, content.facts) for name in referred(fact)]
                    for locale in fact if isinstance(fact, dict) else ():
                        if locale not in self.locales:
                            hint = f"known: {', '.join(self.locales)}"
                            what = f'"{locale}" is no locale'
                            self.report.add(table, ("call", part), "content-shape", what, hint)
                    if isinstance(fact, dict) and "other" not in fact:
                        what = 'needs a fact for all other languages: other = "…"'
                        self.report.add(table, ("call", part), "content-shape", what)
            for i, thing in enumerate(guide.checklist):
                if thing.term:
                    named.append((("checklist", i, "term"), "term", thing.term, content.terms))
            named += [(("words",), "term", name, content.terms) for name in guide.words]
            for i, step in enumerate(guide.steps):
                named += [(("steps", i, "labels"), "term", name, content.terms) for name in step.labels]
            for i, choice in enumerate(guide.choices):
                named.append((("choices", i, "carrier"), "carrier", choice.carrier, content.carriers))
                named.append((("choices", i, "guide"), "guide", choice.guide, content.guides))
                named.append((("choices", i, "page"), "fact", choice.page, content.facts))
            for key, item in _items(guide):
                named += [((*key, "facts"), "fact", name, content.facts) for name in item.facts]
            for key, kind, name, known in named:
                if name not in known:
                    self._dangling(table, key, kind, name, known)
                elif kind == "fact" and key[-1] == "page":
                    self._check_address(table, key, content.facts[name])
                elif kind == "fact":
                    self._check_printable(table, key, content.facts[name])
            self._check_budget(table, guide)
            blocks: dict[Key, set[str]] = {}
            for key, item in _items(guide):
                self._check_twice(table, key, item.id, blocks.setdefault(key[:-1], set()))
            if guide.call:
                for name in referred(guide.call.number):
                    if name in content.facts and content.facts[name].kind != "phone":
                        what = f'fact "{name}" is no phone'
                        self.report.add(table, ("call", "number"), "content-shape", what)

    def _check_budget(self, table: _Table, guide: Guide) -> None:
        """Check how many pages a guide may have, and what it may go without to keep to them."""
        most = max(paper.pages for paper in USUAL_PAPERS)
        if most and guide.pages and guide.pages > most:
            what = f"{guide.pages} pages are more than any paper has room for"
            room = ", ".join(f"{paper.name} has {paper.pages}" for paper in USUAL_PAPERS)
            hint = f"{room}; leave it out to take what the paper has"
            self.report.add(table, ("pages",), "content-shape", what, hint)
        for i, name in enumerate(guide.droppable):
            key = ("droppable", i)
            if name not in type(guide).model_fields:
                self._dangling(table, key, "block", name, DROPPABLE)
            elif name not in DROPPABLE:
                what = f'"{name}" is never left out'
                hint = f"a handout can do without {', '.join(DROPPABLE)}"
                self.report.add(table, key, "content-shape", what, hint)
            elif not getattr(guide, name):
                what = f'the guide has no block "{name}"'
                self.report.add(table, key, "content-shape", what, "take the name out")
            elif name in guide.droppable[:i]:
                self.report.add(table, key, "content-shape", f'"{name}" stands twice', "take one of them out")

    def _check_twice(self, table: _Table, key: Key, id_: str, seen: set[str]) -> None:
        # Two texts at one place would be one text to the catalogs.
        if id_ in seen:
            what = f'id "{id_}" stands twice in this block'
            self.report.add(table, (*key, "id"), "content-id", what, "give each its own id")
        seen.add(id_)

    def _check_address(self, table: _Table, key: Key, fact: Fact) -> None:
        """A code and a link show the whole value, whatever the wording beside them."""
        if fact.kind != "url":
            self.report.add(table, key, "content-shape", f'fact "{fact.id}" is no url')
        elif not rules.may_show_value(fact):
            what = (
                f'fact "{fact.id}" is {fact.status}, so its address must not be printed as a code or a link'
            )
            self.report.add(table, key, "fact-status", what, "name another page")

    def _check_printable(self, table: _Table, key: Key, fact: Fact) -> None:
        if rules.what_may_print(fact) == "nothing":
            where = self.where["fact", fact.id]
            what = f'fact "{fact.id}" is {fact.status} and must not be printed'
            self.report.add(
                table,
                key,
                "fact-status",
                what,
                f"check it, then change its status in {where.file}:{where.line()}",
            )

    def _check_value(self, table: _Table, key: Key, fact: Fact) -> None:
        """Refuse to print the value of a fact that has none: an empty place in the middle of a sentence."""
        if fact.value is None and rules.what_may_print(fact) == "value":
            what = f'fact "{fact.id}" is {fact.status} and has no value, so nothing would stand here'
            hint = f'say it in the text itself, and name it in the row: facts = ["{fact.id}"]'
            self.report.add(table, key, "fact-wording", what, hint)

    def _check_texts(self, content: Content) -> None:
        """Check every text, and record those that a handout can print."""
        facts: set[str] = set()
        for guide in content.guides.values():
            facts.update(used_facts(guide, prose.placeholders))
        self.placed = {name for guide in content.guides.values() for name in _placed_facts(guide)}
        sources = {name for id_ in facts & set(content.facts) for name in content.facts[id_].sources}
        words = {name for guide in content.guides.values() for name in guide.words}
        folders: tuple[tuple[str, dict[str, Any], set[str] | None], ...] = (
            ("carriers", content.carriers, None),
            ("guides", content.guides, None),
            (
                "phrase",
                content.phrases,
                {name for guide in content.guides.values() for name in guide.phrases},
            ),
            ("fact", content.facts, facts),
            ("source", content.sources, sources),
            ("term", content.terms, words),
            ("shops", content.shops, None),
        )
        for folder, records, printed in folders:
            for id_, record in records.items():
                self._check_record(
                    content, self.where[folder, id_], record, printed is None or id_ in printed
                )
        for phrase in content.phrases.values():
            seen: set[str] = set()
            for i, answer in enumerate(phrase.answers):
                self._check_twice(self.where["phrase", phrase.id], ("answers", i), answer.id, seen)

    def _check_record(self, content: Content, table: _Table, record: Record, is_printed: bool) -> None:
        start = place_of(record)

        def look(place: str, text: str) -> str:
            key = _key_of(table, place.removeprefix(f"{start}/"))
            self._check_text(content, table, key, text, record)
            # A fact that a guide only rests on is named among the sources, but not quoted.
            is_quoted = not isinstance(record, Fact) or record.id in self.placed or key[-1] == "label"
            if is_printed and is_quoted:
                spelled = spell_key(table.at + key)
                content.texts[place] = SourceText(place, text, table.file, table.line(key), spelled)
            return text

        map_text(record, look, start)
        for key, value in _plain_strings(record):
            content.strings.setdefault(value, (table.file, table.line(key), spell_key(table.at + key)))
            for fault in prose.find_faults(value):
                if not fault.rule.startswith(("bare-", "text-")):
                    self.report.add(table, key, fault.rule, fault.what, fault.hint)
            for kind, _ in prose.placeholders(value):
                if (kind, key) != ("speech", ("ja",)):
                    self._no_meaning(table, key, kind)

    def _check_text(self, content: Content, table: _Table, key: Key, text: str, record: Record) -> None:
        is_own = isinstance(record, Fact | Source | Shop)
        for fault in prose.find_own_faults(text) if is_own else prose.find_faults(text):
            if fault.rule not in ("text-control", "text-messenger"):  # said for every string when read
                self._tell(table, key, fault)
        allowed = _MAY_NAME.get(type(record), frozenset())
        if isinstance(record, Guide) and not record.carrier:
            allowed -= {"carrier"}
        if isinstance(record, Fact) and key[-1] != "safe_wording":
            allowed = frozenset()
        for piece in prose.parse(text):
            if piece.link in content.facts:
                self._check_address(table, key, content.facts[piece.link])
        for kind, name in prose.placeholders(text):
            if kind not in allowed:
                self._no_meaning(table, key, kind)
            elif kind == "fact":
                if name not in content.facts:
                    self._dangling(table, key, "fact", name, content.facts)
                else:
                    self._check_printable(table, key, content.facts[name])
                    self._check_value(table, key, content.facts[name])
            elif kind == "term" and name not in content.terms:
                self._dangling(table, key, "term", name, content.terms)
            elif kind == "carrier" and name not in CARRIER_NAMES:
                self._dangling(table, key, "carrier", name, dict.fromkeys(CARRIER_NAMES))

    def _no_meaning(self, table: _Table, key: Key, kind: str) -> None:
        self._tell(table, key, find_no_meaning(kind))

    def _dangling(self, table: _Table, key: Key, kind: str, name: str, known: Iterable[str]) -> None:
        import difflib

        near = difflib.get_close_matches(name, list(known), 1, 0.6)
        hint = f'did you mean "{near[0]}"?' if near else "add it to content/"
        self.report.add(table, key, "content-dangling", f'there is no {kind} "{name}"', hint)


# Bodies that are not carriers but whose pages and numbers may be printed.
AUTHORITY_HOSTS = ("soumu.go.jp", "caa.go.jp", "kokusen.go.jp", "gov-online.go.jp", "tca.or.jp", "jc3.or.jp")

# A fact that is never looked at again is one that nobody answers for.
LONGEST_REVIEW = datetime.timedelta(days=366)

# What {carrier.…} may name.
CARRIER_NAMES = ("brand", "company", "issuer", "shop", "self_service", "login")


# What `locales/<locale>/language.toml` holds: the record without its locale, which is the folder's name.
LanguageFile = create_model(
    "LanguageFile",
    __base__=Model,
    __doc__=Language.__doc__,
    **{  # type: ignore[call-overload]
        one.name: (typing.get_type_hints(Language)[one.name], ... if one.default is MISSING else one.default)
        for one in fields(Language)
        if one.name != "locale"
    },
)
LANGUAGE_FILE = "language.toml"


def load_languages(root: Path) -> tuple[Language, ...]:
    """Read the records of the languages that a project adds, by locale.

    Raises:
        ProjectError: with everything that is wrong in them.
    """
    root, report, found = root.resolve(), _Report(), []
    for path in sorted(root.glob(f"locales/*/{LANGUAGE_FILE}")):
        locale = path.parent.name
        if (table := _read(root, path, report, {})) is None:
            continue
        if any(locale == known.locale for known in LANGUAGES):
            hint = "take the file away, or give the language a locale of its own"
            report.add(table, (), "language-record", f'"{locale}" has a record already', hint)
            continue
        if (record := _validate(LanguageFile, table, report)) is None:
            continue
        language = Language(locale=locale, **dict(record))
        for name in ("tag", "endonym", "ja_edition", "ja_speech"):
            if not getattr(language, name):
                report.add(table, (name,), "language-record", "must not be empty")
        if language.tag and not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", language.tag):
            what, hint = f'"{language.tag}" is no language tag', "write it as in HTML: pt-BR, id, ne"
            report.add(table, ("tag",), "language-record", what, hint)
        if "{}" not in language.money:
            what = f'"{language.money}" has no place for the amount'
            report.add(table, ("money",), "language-record", what, 'write {} where it stands: "{} yen"')
        found.append(language)
    if report.problems:
        raise ProjectError(report.problems)
    return tuple(found)


# What the texts of a record may name: what nothing could fill would be printed with its braces.
_MAY_NAME: dict[type[BaseModel], frozenset[str]] = {
    Guide: frozenset({"fact", "term", "carrier"}),
    Fact: frozenset({"value", "term"}),
}


def _plain_strings(record: Record) -> Iterator[tuple[Key, str]]:
    """Yield the strings that are printed as they stand, in every language."""
    names = ("ja", "kana", "romaji", "brand", "self_service", "login", "display", "staff_title")
    for name in names:
        if value := getattr(record, name, ""):
            yield (name,), value
    if isinstance(record, Phrase):
        for i, answer in enumerate(record.answers):
            yield ("answers", i, "ja"), answer.ja


def find_no_meaning(kind: str) -> Fault:
    """Return what is wrong with a placeholder that nothing can fill."""
    what = f"a placeholder of a {kind} has no meaning here"
    return Fault("prose-placeholder", what, "write the words themselves")


def find_phone_fault(phone: str) -> Fault | None:
    """Return what is wrong with the number of a shop, if anything is."""
    if re.fullmatch(r"\+?[0-9]+(-[0-9]+)*", phone):
        return None
    return Fault("shop-phone", f'"{phone}" is not a phone number', "write digits and hyphens")


def find_url_fault(url: str) -> Fault | None:
    """Return what is wrong with the form of an address, if anything is; its host is not judged."""
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme == "https" and parts.hostname and not (parts.username or parts.port)
    except ValueError:
        is_plain = False
    if is_plain and re.fullmatch(r"https://[a-z0-9.-]+(/[!-~]*)?", url) and len(url) <= MAX_ADDRESS:
        return None
    return Fault("url-form", f'"{url}" is not a plain https address', "write https://host/path")


def read_logo(
    folder: Path, name: str, *, beside: str = "this one", into: str = "content/shops"
) -> bytes | Fault:
    """Read the SVG file of a shop's logo, or say why it is not taken.

    It stands in `folder`; `beside` and `into` are what a person calls it.
    """
    path = folder / name
    try:
        path = path.resolve()
        is_inside = path.is_relative_to(folder.resolve())
    except ValueError:  # a NUL
        is_inside = False
    if "/" in name or "\\" in name or not is_inside or path.suffix != ".svg":
        what = f'"{name}" is not the name of an SVG file beside {beside}'
        return Fault("shop-logo", what, f"put the .svg into {into}")
    try:
        if path.exists() and not path.is_file():
            raise OSError(0, "is not a file")
        svg = path.read_bytes()
    except OSError as error:
        return Fault("shop-logo", f'"{name}" cannot be read: {error.strerror}', "")
    if len(svg) > MAX_BYTES or b"<svg" not in svg[:2000]:
        return Fault("shop-logo", f'"{name}" is not a small SVG file', "")
    if found := _REACHES_OUT.search(svg):
        what = f'"{name}" has "{found[0].decode(errors="replace")}", which reaches outside the drawing'
        return Fault("shop-logo", what, "save it as plain SVG")
    if (why := _drawing_fault(svg)) is not None:
        hint = "turn everything into plain paths and save it as plain SVG"
        return Fault("shop-logo", f'"{name}" {why}', hint)
    return svg


_REACHES_OUT = re.compile(
    rb"<!ENTITY|<!DOCTYPE|<script|<image|<foreignObject|\bon[a-z]+\s*=|(?:href|src)\s*=\s*[\"'](?!#)|url\(\s*[\"']?(?!#)|@import",
    re.I,
)

# Text in a logo would be in no language and no font of ours; `use` and its like can be nested without end.
_PLAIN_SVG = {
    "svg",
    "g",
    "title",
    "desc",
    "metadata",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
}
_SHAPES = _PLAIN_SVG - {"svg", "g", "title", "desc", "metadata"}


def _drawing_fault(svg: bytes) -> str | None:
    """Say why an SVG file is no plain drawing, if it is none."""
    from xml.etree import ElementTree

    try:
        root = ElementTree.fromstring(svg)
    except (ElementTree.ParseError, LookupError, ValueError) as error:  # also an encoding nobody knows
        return f"is not XML: {error}"
    space = "{http://www.w3.org/2000/svg}"
    if root.tag != f"{space}svg":
        return "is not SVG"
    # Notes that drawing programs leave in spaces of their own are not drawn.
    drawn = [
        e.tag.removeprefix(space) for e in root.iter() if isinstance(e.tag, str) and e.tag.startswith(space)
    ]
    if other := sorted(set(drawn) - _PLAIN_SVG):
        return f"has <{other[0]}>, which is no plain shape"
    if len(drawn) > 2000 or len(svg.split(b"<g")) > 200:
        return "has more parts than a small logo"
    box = re.fullmatch(r"\s*[-\d.]+[\s,]+[-\d.]+[\s,]+([\d.]+)[\s,]+([\d.]+)\s*", root.get("viewBox", ""))
    if not box or float(box[1]) <= 0 or float(box[2]) <= 0:
        return "has no viewBox with a size"
    return None if set(drawn) & _SHAPES else "is empty"


def _placed_facts(guide: Guide) -> set[str]:
    """Return the facts whose value or wording stands on paper."""
    found = {choice.page for choice in guide.choices}
    if guide.call:
        found.update(referred(guide.call.number), referred(guide.call.page))

    def look(_: str, text: str) -> str:
        found.update(name for kind, name in prose.placeholders(text) if kind == "fact")
        return text

    map_text(guide, look, guide.id)
    return found


def _items(guide: Guide) -> Iterator[tuple[Key, Any]]:
    for name in type(guide).model_fields:
        value = getattr(guide, name)
        if name == "check" and value:
            for i, question in enumerate(value.questions):
                yield ("check", "questions", i), question
        elif isinstance(value, tuple) and value and isinstance(value[0], Item):
            for i, item in enumerate(value):
                yield (name, i), item


def _key_of(table: _Table, place: str) -> Key:
    """Turn a place inside a record (`steps/ask/body`) into the key path of its file (`steps[0].body`)."""
    key: list[str | int] = []
    data: Any = table.data
    for part in place.split("/"):
        if isinstance(data, tuple):
            index = next((i for i, item in enumerate(data) if item.get("id") == part), 0)
            key.append(index)
            data = data[index]
        else:
            key.append(part)
            data = data.get(part) if isinstance(data, dict) else None
    return tuple(key)


def _value_fault(fact: Fact) -> str | None:
    """Say what is wrong with the value of a fact for its kind, if anything is."""
    value = fact.value
    if fact.status in ("unverified", "retired", "conflict", "single-source") and value is None:
        return None
    if fact.kind == "rule":
        return None if value is None else "a rule has no value; it is said in prose"
    if fact.kind == "phone":
        ok = isinstance(value, str) and bool(re.fullmatch(r"[#+]?[0-9]+(-[0-9]+)*", value))
        return None if ok else 'must be a phone number as its source writes it: "0120-959-476"'
    if fact.kind == "url":
        return None if isinstance(value, str) else "must be an address"
    if fact.kind == "hours":
        ok = isinstance(value, tuple) and all(_is_time(part) for part in value) and value[0] < value[1]
        return None if ok else 'must be two hours of a day: ["09:00", "20:00"]'
    if fact.kind == "time":
        return None if isinstance(value, str) and _is_time(value) else 'must be an hour: "21:10"'
    ok = isinstance(value, int) and value > 0
    if fact.kind == "duration" and fact.unit is None:
        return 'needs a unit: "day", "month" or "year"'
    return None if ok else "must be a whole number above 0"


def _is_time(text: str) -> bool:
    if text == "24:00":
        return True
    try:
        datetime.time.fromisoformat(text)
    except ValueError:
        return False
    return bool(re.fullmatch(r"\d\d:\d\d", text))


# Two bands side by side on a laser printer look alike below this; about four steps of a grey wedge.
MIN_GREY_STEP = 10
# What a print shop takes, in percent of four inks together.
MOST_INK = 300


def load_content(
    root: Path, instead: Mapping[str, bytes] | None = None, accept: Container[str] = ()
) -> Content:
    """Load everything below `content/` of the project.

    `instead` are bytes that count for a file's own, by its name in the project: what would be, if they
    were written. `accept` are rules that are not told: who is about to verify a fact must not be stopped by
    the guide that waits for it.

    Raises:
        ProjectError: with all problems of all files.
    """
    return _Loader(root, instead or {}).load(accept)
