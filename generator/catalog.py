"""Read the translations of one locale, say what is wrong with them, and keep the files in step.

The only room for Babel's message tools. `.po` files are read as they are; `msgctxt` is the place of
a content text, the words of templates have none.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from generator import prose
from generator.language import LANGUAGES, SOURCE_LANGUAGE, Language
from generator.problem import Problem, ProjectError

if TYPE_CHECKING:
    from babel.messages.catalog import Message as PoMessage

    from generator.guide import Content

MAX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One translation as it stands in the file. Fuzzy or empty ones are never printed."""

    text: str
    line: int
    is_fuzzy: bool

    @property
    def is_ready(self) -> bool:
        """Tell whether the translation may be printed."""
        # Fuzzy means: the source changed after this was translated. A stale instruction is worse on
        # paper than none.
        return bool(self.text) and not self.is_fuzzy


@dataclass(frozen=True)
class Catalog:
    """The translations of one locale by (place, source text); template words have place ""."""

    language: Language
    file: str
    entries: Mapping[tuple[str, str], Entry]

    def find(self, place: str, text: str) -> Entry | None:
        """Return the translation of this text at this place, ready or not."""
        return self.entries.get((place, text))

    def words(self) -> tuple[tuple[str, str], ...]:
        """Return the translations of template words that may be printed, sorted."""
        locale = self.language.locale
        return tuple(
            sorted(
                (text, entry.text)
                for (place, text), entry in self.entries.items()
                if not place and entry.is_ready and not _find_faults(locale, text, entry.text)
            )
        )


@dataclass(frozen=True, slots=True)
class Message:
    """A text that is offered to translators, and where it stands."""

    place: str
    text: str
    file: str
    line: int


def catalog_path(root: Path, language: Language) -> Path:
    """Return where the catalog of a language is (Babel's layout)."""
    return root / "locales" / language.locale / "LC_MESSAGES" / "messages.po"


def find_languages(root: Path) -> tuple[Language, ...]:
    """Return the languages of a project: those that have a catalog, in the order of their records.

    All that have a record where there is no catalog yet.
    """
    return tuple(language for language in LANGUAGES if catalog_path(root, language).exists()) or LANGUAGES


def load_catalog(root: Path, language: Language) -> Catalog:
    """Read the catalog of a language.

    Raises:
        ProjectError: where the file is missing, truncated, not UTF-8 or not a catalog. A damaged
            file is refused whole: what could still be read of it may be wrong.
    """
    path = catalog_path(root, language)
    file = path.relative_to(root).as_posix()

    def refuse(what: str, line: int = 0, hint: str = "") -> ProjectError:
        return ProjectError([Problem(file, line, rule="catalog-unreadable", what=what, hint=hint)])

    try:
        if path.exists() and not path.is_file():
            raise refuse("is not a file")
        raw = path.read_bytes()
    except OSError as error:
        hint = f"make it with: carrier-guides messages update -l {language.locale}"
        raise refuse(f"cannot be read: {error.strerror}", hint=hint) from error
    if len(raw) > MAX_BYTES:
        raise refuse(f"is {len(raw):,} bytes, more than {MAX_BYTES:,}")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise refuse("is not UTF-8", line, "save the file as UTF-8") from error
    return Catalog(language, file, dict(_read_entries(text, refuse)))


# A quoted string, or nothing: the end of a line that a truncated download leaves open.
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"$')


def _read_entries(text: str, refuse: Any) -> Iterator[tuple[tuple[str, str], Entry]]:  # noqa: ANN401
    from babel.messages.pofile import PoFileError, read_po

    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if bare and not bare.startswith("#"):
            quoted = bare[bare.find('"') :] if '"' in bare else ""
            if not _QUOTED.match(quoted):
                raise refuse("is not a catalog line, or is cut off", number, "restore the file from git")
    try:
        parsed = read_po(io.StringIO(text), ignore_obsolete=True, abort_invalid=True)
    except (PoFileError, ValueError, IndexError, KeyError, UnicodeError) as error:
        place = getattr(error, "lineno", None)
        number = place if isinstance(place, int) else 0
        raise refuse(
            f"is not a catalog: {str(error)[:80]}", number, "open it in Poedit to mend it"
        ) from error
    for message in parsed:
        if message.id:
            id_ = message.id if isinstance(message.id, str) else message.id[0]
            string = message.string if isinstance(message.string, str) else "".join(message.string or ())
            entry = Entry(string, message.lineno or 0, message.fuzzy)
            yield (message.context or "", id_), entry


# --- checks ------------------------------------------------------------------------------------


def check_catalog(catalog: Catalog, messages: Iterable[Message]) -> Iterator[Problem]:
    """Yield what keeps these messages from being printed in the catalog's language."""
    for message in messages:
        yield from check_message(catalog, message)


def check_message(catalog: Catalog, message: Message) -> Iterator[Problem]:
    """Yield what is wrong with the translation of one message."""
    entry = catalog.find(message.place, message.text)
    key = message.place or message.text
    # Marks and spaces alone would print as an empty place.
    if entry is None or not re.search(r"[^\W_]|\{", entry.text):
        line = entry.line if entry else 0
        what = f"is not translated: “{_shorten(message.text)}”"
        hint = f"the text stands in {message.file}:{message.line}"
        if entry is None:
            hint += f"; offer it with: carrier-guides messages update -l {catalog.language.locale}"
        yield Problem(catalog.file, line, key, rule="message-missing", what=what, hint=hint)
    elif entry.is_fuzzy:
        what = f"is fuzzy, so the text changed after it was translated: “{_shorten(message.text)}”"
        hint = "read both texts, mend the translation and take the fuzzy mark away"
        yield Problem(catalog.file, entry.line, key, rule="message-fuzzy", what=what, hint=hint)
    elif catalog.language.locale == SOURCE_LANGUAGE and entry.text != message.text:
        what = f"is not what {message.file} says"
        hint = "change the source text, then run: carrier-guides messages update"
        yield Problem(catalog.file, entry.line, key, rule="message-source", what=what, hint=hint)
    else:
        for rule, what, hint in _find_faults(catalog.language.locale, message.text, entry.text):
            yield Problem(catalog.file, entry.line, key, rule=rule, what=what, hint=hint)


@lru_cache(maxsize=8192)
def _find_faults(locale: str, source: str, text: str) -> tuple[tuple[str, str, str], ...]:
    found = [(fault.rule, fault.what, fault.hint) for fault in prose.find_faults(text)]
    # What the source may say (a shop's own phone number, say) its translation may say too.
    allowed = {fault.rule for fault in prose.find_faults(source)}
    found = [fault for fault in found if fault[0] not in allowed or not fault[0].startswith("bare-")]
    ours, theirs = sorted(prose.placeholders(text)), sorted(prose.placeholders(source))
    if ours != theirs:
        wanted = [f"{{{kind}.{name}}}" if name else f"{{{kind}}}" for kind, name in theirs]
        what = "does not have the placeholders of the source text: " + (" ".join(wanted) or "none")
        found.append(("message-placeholders", what, "copy them as they are, in any order"))
    values = re.compile(r"%\([a-z]+\)s|%")
    if sorted(values.findall(text)) != sorted(values.findall(source)):
        named = " ".join(values.findall(source)) or "no %"
        what = f"does not have the placeholders of the source text: {named}"
        found.append(("message-placeholders", what, "copy them as they are, in any order"))
    said = unicodedata.normalize("NFKC", prose.PLACEHOLDER.sub("", source))
    for number in re.findall(
        r"\d[\d,.:-]*\d", unicodedata.normalize("NFKC", prose.PLACEHOLDER.sub("", text))
    ):
        if number not in said:
            what = f'"{number}" does not stand in the source text'
            found.append(("message-number", what, "write the number of the source, or a fact"))
    if locale.startswith("zh") and (kana := re.search(r"[ぁ-んァ-ヶ]", text)):
        found.append(("message-script", f'"{kana[0]}" is Japanese', "write {term.id} for a Japanese word"))
    if (locale.startswith(("zh", "ja"))) and (
        mark := re.search(r"(?<=[\u3040-\u30ff\u4e00-\u9fff])[,:;?!](?![A-Za-z0-9])", text)
    ):
        full = {",": "，" if locale.startswith("zh") else "、", ":": "：", ";": "；", "?": "？", "!": "！"}
        what = f'"{mark[0]}" after a Han character is the Latin mark'
        found.append(("message-punctuation", what, f'write "{full[mark[0]]}"'))
    return tuple(found)


def _shorten(text: str) -> str:
    return text if len(text) <= 50 else text[:49] + "…"


# --- what is offered to translators --------------------------------------------------------------


def list_messages(content: Content, templates: Path) -> tuple[Message, ...]:
    """Return all messages: the words of templates first, then content texts in order of reading."""
    root = templates.parent
    words: dict[str, Message] = {}
    for path in sorted(templates.rglob("*.html")):
        with path.open("rb") as file:
            for line, text in _extract_words(file):
                name = path.relative_to(root).as_posix()
                words.setdefault(text, Message("", text, name, line))
    texts = [Message(t.place, t.text, t.file, t.line) for t in content.texts.values()]
    return (*words.values(), *texts)


def _extract_words(file: IO[bytes]) -> Iterator[tuple[int, str]]:
    from babel.messages.extract import extract

    for line, text, _, _ in extract("jinja2", file, options={"encoding": "utf-8", "silent": "false"}):
        if isinstance(text, str):
            yield line, text


def extract_content(
    fileobj: IO[bytes],
    keywords: Mapping[str, Any],
    comment_tags: Iterable[str],
    options: Mapping[str, Any],
) -> Iterator[tuple[int, str, tuple[str, str], list[str]]]:
    """Offer the texts of one content file to Babel (`pybabel extract`), each with its place.

    Source: Babel's interface for extraction methods; registered in `pyproject.toml`.
    """
    from generator.content import load_content

    path = Path(fileobj.name).resolve()
    root = next(folder.parent for folder in path.parents if folder.name == "content")
    name = path.relative_to(root).as_posix()
    for text in load_content(root).texts.values():
        if text.file == name:
            yield text.line, "pgettext", (text.place, text.text), []


# --- keeping files in step -----------------------------------------------------------------------


def _split_comments(message: PoMessage) -> tuple[list[str], list[str]]:
    """Return a translator's comments, and the earlier source text of a fuzzy message.

    Babel writes the latter as `#| msgid` and reads it as a comment.
    """
    from babel.messages.pofile import unescape

    comments = [line for line in message.user_comments if not line.startswith("|")]
    previous = [line[1:].strip() for line in message.user_comments if line.startswith("|")]
    quoted = [part for line in previous for part in re.findall(r'"((?:[^"\\]|\\.)*)"', line)]
    return comments, [unescape(f'"{"".join(quoted)}"')] if quoted else list(message.previous_id)


def update_catalog(root: Path, language: Language, messages: Iterable[Message]) -> str:
    """Return the catalog file of a language brought in step with the messages.

    Translations are kept, those of texts that are gone as obsolete entries (`#~`). One whose source
    changed at the same place becomes fuzzy and keeps the earlier source as a comment. Nothing is
    guessed across places. The source language translates itself. Same input, same bytes: there are no
    dates, and references have no line numbers.
    """
    from babel.messages.catalog import Catalog as PoCatalog
    from babel.messages.pofile import read_po, write_po

    path = catalog_path(root, language)
    old: dict[tuple[str, str], PoMessage] = {}
    by_place: dict[str, PoMessage] = {}
    header = f"Translations of the carrier guides: {language.endonym}"
    if path.exists():
        load_catalog(root, language)  # refuses a damaged file: nothing of it may be lost
        parsed = read_po(io.StringIO(path.read_text(encoding="utf-8")))
        for kept in parsed:
            if kept.id:
                old[kept.context or "", str(kept.id)] = kept
                if kept.context:
                    by_place[kept.context] = kept
        for kept in parsed.obsolete.values():
            old.setdefault((kept.context or "", str(kept.id)), kept)
    new = PoCatalog()
    offered: set[tuple[str, str]] = set()
    for message in messages:
        offered.add((message.place, message.text))
        before = old.get((message.place, message.text))
        stale = by_place.get(message.place) if before is None and message.place else None
        text = ""
        flags: set[str] = set()
        comments: list[str] = []
        previous: list[str] = []
        if before is not None:
            text, flags = str(before.string), set(before.flags)
            comments, previous = _split_comments(before)
        elif stale is not None and stale.string and language.locale != SOURCE_LANGUAGE:
            text, flags, comments = str(stale.string), {"fuzzy"}, _split_comments(stale)[0]
            previous = [str(stale.id)]
        if language.locale == SOURCE_LANGUAGE:
            text, flags, previous = message.text, set(), []
        new.add(
            message.text,
            text,
            locations=[(message.file, 0)],
            flags=flags - {"python-format"},
            user_comments=comments,
            previous_id=previous,
            context=message.place or None,
        )
        if (added := new.get(message.text, message.place or None)) is not None:
            added.flags.discard("python-format")
    if language.locale != SOURCE_LANGUAGE:
        # What is not offered now may come back tomorrow; its translation waits at the end of the file.
        places = {place for place, _ in offered if place}
        for key in sorted(set(old) - offered):
            # At a place with a new text the earlier one stands beside it already, as fuzzy.
            if old[key].string and key[0] not in places:
                new.obsolete[key] = old[key]
    body = io.BytesIO()
    write_po(
        body, new, width=110, omit_header=True, no_location=False, include_lineno=False, include_previous=True
    )
    head = (
        f"# {header}\n"
        'msgid ""\nmsgstr ""\n'
        f'"Language: {language.locale}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n\n'
    )
    return head + unicodedata.normalize("NFC", body.getvalue().decode("utf-8")).lstrip("\n")
