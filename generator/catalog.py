"""Read the translations of one locale, say what is wrong with them, and keep the files in step.

The only room for Babel's message tools. `.po` files are read as they are; `msgctxt` is the place of
a content text, the words of templates have none.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from generator import prose
from generator.language import LANGUAGES, SOURCE_LANGUAGE, Language
from generator.lexicon import Lexicon
from generator.place import describe_word, find_place
from generator.problem import Problem, ProjectError
from generator.translation import find_faults

if TYPE_CHECKING:
    from babel.messages.catalog import Message as PoMessage

    from generator.guide import Content

MAX_BYTES = 4 * 1024 * 1024
SOURCE = next(language for language in LANGUAGES if language.locale == SOURCE_LANGUAGE)


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
    reviewed_by: str = ""
    _lexicons: list[tuple[Content, Lexicon]] = field(default_factory=list, compare=False, repr=False)

    def find(self, place: str, text: str) -> Entry | None:
        """Return the translation of this text at this place, ready or not."""
        return self.entries.get((place, text))

    def words(self) -> tuple[tuple[str, str], ...]:
        """Return the translations of template words that may be printed, sorted."""
        return tuple(
            sorted(
                (text, entry.text)
                for (place, text), entry in self.entries.items()
                if not place and entry.is_ready and self._is_sound(text, entry)
            )
        )

    def _is_sound(self, text: str, entry: Entry) -> bool:
        faults = find_faults(self.language, "", text, entry.text, "")
        return all(fault.severity != "error" for fault in faults)


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

    Raises:
        ProjectError: a record that the project adds is wrong.
    """
    known = list_known_languages(root)
    return tuple(language for language in known if catalog_path(root, language).exists()) or known


def list_known_languages(root: Path) -> tuple[Language, ...]:
    """Return the languages that have a record, those that the project adds last.

    Raises:
        ProjectError: a record that the project adds is wrong, or nobody knows how its dates are written.
    """
    from babel import Locale, UnknownLocaleError

    from generator.content import LANGUAGE_FILE, load_languages

    unknown = []
    for language in (added := load_languages(root)):
        try:
            Locale.parse(language.locale)
        except (UnknownLocaleError, ValueError):
            what = f'nobody knows how "{language.locale}" writes dates and numbers (CLDR)'
            hint = "name the folder as Babel does: pybabel --list-locales"
            file = f"locales/{language.locale}/{LANGUAGE_FILE}"
            unknown.append(Problem(file, rule="language-record", what=what, hint=hint))
    if unknown:
        raise ProjectError(unknown)
    return (*LANGUAGES, *added)


def describe_locale(spelling: str) -> tuple[str, dict[str, str]] | None:
    """Return a locale as Babel writes it, and what is known of its language; None where there is none.

    Source: CLDR, display names.
    """
    from babel import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(spelling.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return None
    in_japanese = locale.get_display_name("ja") or ""
    return str(locale), {
        "tag": str(locale).replace("_", "-"),
        "endonym": (locale.get_display_name() or "").capitalize(),
        "ja_edition": f"{in_japanese.replace('(', '（').replace(')', '）')}版",
        "ja_speech": Locale("ja").languages.get(locale.language, in_japanese),
    }


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
    entries = dict(_read_entries(text, refuse))
    return Catalog(language, file, entries, _read_header(text)[1].get(REVIEWED_BY, ""))


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
        parsed = read_po(io.StringIO(_read_obsolete(text)), ignore_obsolete=True, abort_invalid=True)
    except (PoFileError, ValueError, IndexError, KeyError, UnicodeError) as error:
        place = getattr(error, "lineno", None)
        number = place if isinstance(place, int) else 0
        raise refuse(
            f"is not a catalog: {str(error)[:80]}", number, "open it in Poedit to mend it"
        ) from error
    if len(re.findall(r"^[ \t]*msgid\b(?!_)", text, re.M)) > len(parsed) + 1:
        number, key = _find_twin(text)
        if number:
            hint = "keep one of the two: programs would take either"
            raise refuse(f'"{_shorten(key)}" stands twice', number, hint)
    for message in parsed:
        if message.id:
            yield _key(message), Entry(_string(message), message.lineno or 0, message.fuzzy)


def _read_obsolete(text: str) -> str:
    """Return a catalog as Babel can read it: it does not know the earlier texts of obsolete entries."""
    return re.sub(r"^[ \t]*#~\|", "#|", text, flags=re.M) if "#~|" in text else text


def _find_twin(text: str) -> tuple[int, str]:
    """Return the line and text of the first message that stands a second time; 0 where none does."""
    seen: set[str] = set()
    place = said = ""
    start = 0
    for number, line in enumerate((*text.splitlines(), "msgstr"), start=1):
        bare = line.strip()
        if bare.startswith("msgctxt"):
            place, start = bare[7:], number
        elif bare.startswith("msgid "):
            said, start = bare[5:], start or number
        elif bare.startswith('"') and start:
            said += bare
        elif bare.startswith("msgstr") and start:
            key = re.sub(r'"\s*"', "", f"{place} {said}")
            if key in seen:
                return start, said.strip(' "')
            seen.add(key)
            place, said, start = "", "", 0
    return 0, ""


# --- checks ------------------------------------------------------------------------------------


def make_lexicon(catalog: Catalog, content: Content) -> Lexicon:
    """Return the words of the project in the catalog's language."""
    # Asked for once for each handout of the language.
    for known, lexicon in catalog._lexicons:
        if known is content:
            return lexicon
    ready = {key: entry.text for key, entry in catalog.entries.items() if key[0] and entry.is_ready}
    catalog._lexicons.append((content, Lexicon(content, catalog.language, ready)))
    return catalog._lexicons[-1][1]


def check_catalog(
    catalog: Catalog, messages: Iterable[Message], content: Content | None = None
) -> Iterator[Problem]:
    """Yield what keeps these messages from being printed in the catalog's language, and what reads badly."""
    lexicon = make_lexicon(catalog, content) if content else None
    for message in messages:
        yield from check_message(catalog, message, lexicon)


def check_message(catalog: Catalog, message: Message, lexicon: Lexicon | None = None) -> tuple[Problem, ...]:
    """Return what is wrong with the translation of one message; an error keeps it from being printed.

    Without a lexicon nothing is said of terms and lengths.
    """
    if lexicon is None:
        return tuple(_look_for_problems(catalog, message, None))
    # Phrases, facts and carriers are said by many handouts.
    key = (message.place, message.text, message.line)
    if key not in lexicon.judged:
        lexicon.judged[key] = tuple(_look_for_problems(catalog, message, lexicon))
    return lexicon.judged[key]


def _look_for_problems(catalog: Catalog, message: Message, lexicon: Lexicon | None) -> Iterator[Problem]:
    language = catalog.language
    entry = catalog.find(message.place, message.text)
    key = message.place or message.text
    # Marks and spaces alone would print as an empty place.
    if entry is None or not re.search(r"[^\W_]|\{", entry.text):
        line = entry.line if entry else 0
        what = f"is not translated: “{_shorten(message.text)}”"
        hint = f"the text stands in {message.file}:{message.line}"
        if entry is None:
            hint += f"; offer it with: carrier-guides messages update -l {language.locale}"
        yield Problem(catalog.file, line, key, rule="message-missing", what=what, hint=hint)
    elif entry.is_fuzzy:
        what = f"is fuzzy, so the text changed after it was translated: “{_shorten(message.text)}”"
        hint = "read both texts, mend the translation and take the fuzzy mark away"
        yield Problem(catalog.file, entry.line, key, rule="message-fuzzy", what=what, hint=hint)
    elif language.locale == SOURCE_LANGUAGE and entry.text != message.text:
        what = f"is not what {message.file} says"
        hint = "change the source text, then run: carrier-guides messages update"
        yield Problem(catalog.file, entry.line, key, rule="message-source", what=what, hint=hint)
    else:
        printed = lexicon.print_plain(message.place, entry.text) if lexicon and message.place else ""
        for fault in find_faults(language, message.place, message.text, entry.text, printed):
            yield Problem(
                catalog.file,
                entry.line,
                key,
                rule=fault.rule,
                what=fault.what,
                hint=fault.hint,
                severity=fault.severity,
            )
        # The Japanese edition says when to show a sentence to the staff, and not the sentence.
        if (
            lexicon
            and language.locale != SOURCE_LANGUAGE
            and not fnmatchcase(message.place, "phrase/*/reader")
        ):
            for term, wording in lexicon.find_strange_words(message.text, entry.text):
                what = f'"{term.gloss}" is {wording} here, or {term.ja}, and this text has neither'
                hint = "call a thing by one name, or change its translation at its place"
                yield Problem(
                    catalog.file,
                    entry.line,
                    key,
                    rule="message-term",
                    what=what,
                    hint=f"{hint} (term/{term.id}/gloss)",
                    severity="warning",
                )


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

# How wide a line may be; the file is for editors, not for paper.
_WIDTH = 110
PROJECT = "carrier-guides"
# Clocks and programs come and go with every save of every editor: git knows when, and nobody asks with what.
_DROPPED = frozenset({"pot-creation-date", "po-revision-date", "generated-by", "x-generator"})
# What programs write where nobody has written anything.
_BLANK_FORM = re.compile(r"EMAIL@ADDRESS|<LL@li\.org>")
# Who has read the whole catalog as a native speaker: "Name, 2026-11-23". Empty: nobody.
REVIEWED_BY = "X-Reviewed-By"


def _read_header(text: str) -> tuple[list[str], dict[str, str]]:
    """Return the comments and the fields of a catalog's header, in order."""
    from babel.messages.pofile import denormalize

    found = re.match(
        r'((?:[ \t]*(?:#.*)?\n)*)msgid[ \t]+""[ \t]*\nmsgstr[ \t]+((?:[ \t]*".*"[ \t]*\n?)+)', text
    )
    if not found:
        return [], {}
    comments = [line[1:].strip() for line in found[1].splitlines() if re.match(r"#(?![,|.:~])", line)]
    fields: dict[str, str] = {}
    for line in denormalize(found[2].strip()).splitlines():
        name, colon, value = line.partition(":")
        if colon and not _BLANK_FORM.search(value):
            fields[name.strip()] = value.strip()
    return comments, fields


def _write_header(language: Language | None, comments: Iterable[str], fields: Mapping[str, str]) -> str:
    """Write a header: ours first, then what others put there. Same input, same bytes."""
    from babel.messages.plurals import get_plural
    from babel.messages.pofile import normalize

    title = f"Translations of the carrier guides: {language.endonym}" if language else ""
    title = title or "Template for translations of the carrier guides"
    mine = {
        "Project-Id-Version": PROJECT,
        "Last-Translator": fields.get("Last-Translator", ""),
        "Language-Team": fields.get("Language-Team", ""),
        "Language": language.locale if language else "",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
    }
    if language:
        mine["Plural-Forms"] = get_plural(language.cldr).plural_forms
        mine[REVIEWED_BY] = fields.get(REVIEWED_BY, "")
    known = {name.casefold() for name in mine} | _DROPPED
    mine.update((name, value) for name, value in fields.items() if name.casefold() not in known)
    lines = [f"# {title}", *(f"# {comment}".rstrip() for comment in comments if comment != title)]
    said = "\n".join(normalize(f"{name}: {value}\n") for name, value in mine.items())
    return "\n".join((*lines, 'msgid ""', 'msgstr ""', said))


def _split_comments(message: PoMessage) -> tuple[list[str], list[str]]:
    """Return a translator's comments, and the earlier source text of a fuzzy message.

    Babel writes the latter as `#| msgid` and reads it as a comment.
    """
    from babel.messages.pofile import unescape

    comments = [line for line in message.user_comments if not line.startswith("|")]
    previous = [line[1:].strip() for line in message.user_comments if line.startswith("|")]
    # The place of the earlier text (msgctxt) is the place of this one.
    quoted = re.findall(r'"((?:[^"\\]|\\.)*)"', " ".join(previous).partition("msgid ")[2])
    text = unescape(f'"{"".join(quoted)}"')
    return comments, [text] if text else []


def explain_message(message: Message, lexicon: Lexicon, language: Language | None) -> list[str]:
    """Say to translators where a text is printed, how long it may be, and which terms it names."""
    comments = []
    if place := find_place(message.place):
        comments.append(place.describe(is_spaced=language.is_spaced if language else None))
    elif not message.place:
        comments.append(describe_word(Path(message.file).stem))
    terms = []
    for term in lexicon.find_terms(message.text):
        said = lexicon.call(term) if language and language.locale != SOURCE_LANGUAGE else ""
        terms.append(f"{term.id} ({term.ja})" + (f": {said}" if said and said != term.ja else ""))
    if terms and not message.place.startswith("term/"):
        comments.append(f"terms: {'; '.join(terms)}")
    return comments


@dataclass(slots=True)
class _Kept:
    """What a catalog had for one message."""

    text: str = ""
    flags: frozenset[str] = frozenset()
    comments: tuple[str, ...] = ()
    previous: tuple[str, ...] = ()


class _Old:
    """What stood in a catalog before: by key, and by place for texts that changed there."""

    def __init__(self, text: str) -> None:
        from babel.messages.pofile import read_po

        self.comments, self.fields = _read_header(text)
        self.entries: dict[tuple[str, str], PoMessage] = {}
        self._by_place: dict[str, PoMessage] = {}
        parsed = read_po(io.StringIO(_read_obsolete(text)))
        for kept in parsed:
            if kept.id:
                self.entries[_key(kept)] = kept
                if kept.context:
                    self._by_place[kept.context] = kept
        for kept in parsed.obsolete.values():
            self.entries.setdefault(_key(kept), kept)
            # A text that was gone and comes back changed has its translation there.
            if kept.context and kept.string:
                self._by_place.setdefault(kept.context, kept)

    def find(self, message: Message) -> _Kept:
        """Return what the translator left for a message; a changed source makes it fuzzy."""
        if (before := self.entries.get((message.place, message.text))) is not None:
            comments, previous = _split_comments(before)
            return _Kept(_string(before), frozenset(before.flags), tuple(comments), tuple(previous))
        stale = self._by_place.get(message.place) if message.place else None
        if stale is None or not _string(stale):
            return _Kept()
        comments, previous = _split_comments(stale)
        was_fuzzy = "fuzzy" in stale.flags
        if was_fuzzy and previous == [message.text]:
            # The source is again what was translated.
            return _Kept(_string(stale), frozenset(stale.flags - {"fuzzy"}), tuple(comments))
        # What was translated is the text before the first change, not the one between.
        source = tuple(previous) if was_fuzzy and previous else (_key(stale)[1],)
        return _Kept(_string(stale), frozenset(stale.flags | {"fuzzy"}), tuple(comments), source)


def _key(message: PoMessage) -> tuple[str, str]:
    id_ = message.id if isinstance(message.id, str) else message.id[0]
    return message.context or "", id_


def _string(message: PoMessage) -> str:
    return message.string if isinstance(message.string, str) else "".join(message.string or ())


def update_catalog(root: Path, language: Language, messages: Iterable[Message], content: Content) -> str:
    """Return the catalog file of a language brought in step with the messages; a new one where there is none.

    Translations, translators' comments and header fields are kept, translations of texts that are gone as
    obsolete entries (`#~`). One whose source changed at the same place becomes fuzzy and keeps the earlier
    source as a comment. Nothing is guessed across places. The source language translates itself. Same
    input, same bytes: there are no dates, and references have no line numbers.
    """
    path = catalog_path(root, language)
    old = _Old("")
    lexicon = Lexicon(content, language, {})
    if path.exists():
        # Refuses a damaged file: nothing of it may be lost.
        lexicon = make_lexicon(load_catalog(root, language), content)
        old = _Old(path.read_text(encoding="utf-8"))
    return _write_catalog(language, old, messages, lexicon)


def write_template(messages: Iterable[Message], content: Content) -> str:
    """Return the template (`.pot`): all messages, untranslated, for the tools of translators."""
    return _write_catalog(None, _Old(""), messages, Lexicon(content, SOURCE, {}))


def _write_catalog(
    language: Language | None, old: _Old, messages: Iterable[Message], lexicon: Lexicon
) -> str:
    from babel.messages.catalog import Catalog as PoCatalog
    from babel.messages.pofile import write_po

    is_source = language is not None and language.locale == SOURCE_LANGUAGE
    new = PoCatalog()
    offered: set[tuple[str, str]] = set()
    previous: list[str] = []
    for message in messages:
        offered.add((message.place, message.text))
        kept = old.find(message)
        if is_source:
            kept = _Kept(message.text, kept.flags - {"fuzzy"}, kept.comments)
        # Babel takes every % for a format; ours are those of template words.
        flags = set(kept.flags) - {"python-format", "python-brace-format"}
        if not message.place and re.search(r"%\(", message.text):
            flags.add("python-format")
        elif prose.PLACEHOLDER.search(message.text):
            flags.add("python-brace-format")
        added = new.add(
            message.text,
            kept.text,
            locations=[(message.file, 0)],
            flags=flags,
            auto_comments=explain_message(message, lexicon, language),
            user_comments=kept.comments,
            # Babel would break a long one inside its quotes: its number stands for it until the end.
            previous_id=[str(len(previous))] if kept.previous else (),
            context=message.place or None,
        )
        added.flags.intersection_update(flags)
        previous += kept.previous[:1]
    body = io.BytesIO()
    write_po(body, new, width=_WIDTH, omit_header=True, include_lineno=False, include_previous=True)
    said = re.sub(
        r'^#\| msgid "(\d+)"$',
        lambda match: _write_quoted("#| ", "msgid", previous[int(match[1])]),
        body.getvalue().decode("utf-8").strip("\n"),
        flags=re.M,
    )
    parts = [_write_header(language, old.comments, old.fields), said]
    if not is_source:
        # What is not offered now may come back tomorrow; its translation waits at the end of the file.
        places = {place for place, _ in offered if place}
        for key in sorted(set(old.entries) - offered):
            # At a place with a new text the earlier one stands beside it already, as fuzzy.
            if _string(old.entries[key]) and key[0] not in places:
                parts.append(_write_obsolete(old.entries[key]))
    return unicodedata.normalize("NFC", "\n\n".join(part for part in parts if part) + "\n")


def _write_obsolete(message: PoMessage) -> str:
    """Write a message that is not offered any more; fuzzy stays fuzzy, or it would come back as ready."""
    comments, previous = _split_comments(message)
    place, text = _key(message)
    lines = [f"# {comment}" for comment in comments if comment]
    if "fuzzy" in message.flags:
        lines.append("#, fuzzy")
        lines += [_write_quoted("#~| ", "msgid", earlier) for earlier in previous]
    lines += [_write_quoted("#~ ", "msgctxt", place)] if place else []
    lines += [_write_quoted("#~ ", "msgid", text), _write_quoted("#~ ", "msgstr", _string(message))]
    return "\n".join(lines)


def _write_quoted(prefix: str, keyword: str, text: str) -> str:
    from babel.messages.pofile import normalize

    return f"{prefix}{keyword} {normalize(text, prefix=prefix, width=_WIDTH)}"


def is_in_step(before: str, after: str) -> bool:
    """Tell whether a catalog needs no update: comments for translators alone are none."""

    def said(text: str) -> list[str]:
        return [line for line in text.splitlines() if not line.startswith("#.")]

    return said(before) == said(after)


# --- how far it is -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of a catalog is translated: messages, and words of the source texts."""

    locale: str
    messages: int
    translated: int
    fuzzy: int
    missing: int
    words: int
    words_translated: int
    reviewed_by: str

    @property
    def percent(self) -> float:
        """Return how much is translated, in percent of the messages, rounded down: 100 means all."""
        return self.translated * 1000 // self.messages / 10 if self.messages else 100.0


def measure_progress(catalog: Catalog, messages: Iterable[Message]) -> Progress:
    """Count what is ready to be printed, and what is not."""
    states: dict[str, int] = {"translated": 0, "fuzzy": 0, "missing": 0}
    words = ready_words = 0
    for message in messages:
        entry = catalog.find(message.place, message.text)
        state = "translated" if entry and entry.is_ready else "fuzzy" if entry and entry.text else "missing"
        states[state] += 1
        length = len(re.findall(r"[\w’'-]+", prose.PLACEHOLDER.sub("x", message.text)))
        words += length
        ready_words += length if state == "translated" else 0
    return Progress(
        locale=catalog.language.locale,
        messages=sum(states.values()),
        **states,
        words=words,
        words_translated=ready_words,
        reviewed_by=catalog.reviewed_by,
    )
