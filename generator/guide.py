"""What a guide says: pure data, in no particular language and on no particular paper.

Every text that a reader may see is a `Text` field in English, the source language. `map_text` is the
only walk over them: localization calls it with a look-up, extraction with a recorder, so a text can
never be printed without having been offered to translators.

Source: the words of the project (CONTRIBUTING, "Words").
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class _IsText:
    """Marks a field whose value is prose for the reader (see `Text`)."""


# The longest text that any paper has room for is far shorter.
MAX_TEXT = 600
# Small safe Markdown with placeholders.
Text = Annotated[str, _IsText(), StringConstraints(min_length=1, max_length=MAX_TEXT, strip_whitespace=True)]
# Text that a block may leave out.
OptionalText = Annotated[str, _IsText(), StringConstraints(max_length=MAX_TEXT, strip_whitespace=True)]
# What editors say to each other: never printed, and never left blank.
Note = Annotated[str, StringConstraints(min_length=1)]
# Japanese that is printed as it stands in every language: screen labels, sentences for the staff.
Japanese = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
Percent = Annotated[int, Field(ge=0, le=100)]
ID_PATTERN, MAX_ID = r"^[a-z0-9]+(-[a-z0-9]+)*$", 60
Id = Annotated[str, StringConstraints(pattern=ID_PATTERN, max_length=MAX_ID)]
Ids = tuple[Id, ...]
# A fact, or one for each locale that has its own; "other" is for the rest.
FactRef = Id | dict[str, Id]


class Model(BaseModel):
    """A frozen record; unknown keys and wrong types are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


# --- facts -------------------------------------------------------------------------------------

SourceKind = Literal["official", "government", "press", "secondary"]
FactKind = Literal["phone", "url", "hours", "time", "fee", "duration", "rule"]
Status = Literal[
    "verified", "official", "press", "secondary", "single-source", "conflict", "unverified", "retired"
]
Method = Literal["live_page", "phone", "shop_visit", "archived_copy"]


class Source(Model):
    """Where a fact was read. `owner` is printed; `title` is the page's own, in its language."""

    id: Id
    owner: Text
    kind: SourceKind
    title: Note
    url: Note
    published: datetime.date | None = None


class Fact(Model):
    """One number, address, hour, fee, deadline or rule.

    `value` by kind: phone "0120-959-476"; url "https://…"; hours ["09:00", "20:00"] in Japan time,
    ["00:00", "24:00"] for all day; time "21:10"; fee in yen, tax included; duration a count of
    `unit`; a rule has none. `label` names it in the list of sources on paper (two or three words).
    `safe_wording` is printed instead of the value where the status allows no more (see `facts`);
    it may contain `{value}`. `changes_on` is a day on which it is known to change. `scope`, `note` and
    `checked_by` (who saw it last) are for editors and are never printed.
    """

    id: Id
    kind: FactKind
    label: Text
    status: Status
    sources: Annotated[Ids, Field(min_length=1)]
    seen_on: datetime.date
    method: Method
    review_by: datetime.date
    scope: Note
    value: str | int | tuple[str, str] | None = None
    unit: Literal["day", "month", "year"] | None = None
    display: str = ""
    safe_wording: OptionalText = ""
    changes_on: datetime.date | None = None
    checked_by: str = ""
    note: str = ""


# --- words -------------------------------------------------------------------------------------


class Term(Model):
    """A Japanese word that the reader meets on a screen or hears at a counter.

    `gloss` is what it is called in the reader's language; `avoid` are wordings that translators
    must not use for it.
    """

    id: Id
    ja: Japanese
    kana: str
    romaji: str
    gloss: Text
    note: str = ""


class Answer(Model):
    """What the staff tick or write below a phrase.

    `kind`: box (tick), line (write), boxline (tick and write). `room` is how much there is to write.
    """

    id: Id
    kind: Literal["box", "line", "boxline"]
    ja: Japanese
    gloss: Text
    room: Literal["none", "tiny", "short", "medium", "long"] = "none"


class Phrase(Model):
    """A sentence to show to the staff, and the answers they give on paper.

    `ja` may contain `{speech}`, the Japanese name of the reader's language. `reader` is the same
    sentence in the reader's language; the Japanese edition says there when to show it.
    """

    id: Id
    ja: Japanese
    reader: Text
    answers: tuple[Answer, ...]


class Carrier(Model):
    """A mobile carrier: `brand` and `self_service` are names and are never translated.

    `accent` is its colour on a screen and an office printer; `accent_cmyk` are its inks on a press, in
    percent, and `accent_grey` what it is without colour. Where these are not given, they are derived.
    """

    id: Id
    brand: str
    company: Text
    issuer: Text
    shop: Text
    self_service: str
    login: str
    accent: Annotated[str, StringConstraints(pattern=r"^#[0-9A-F]{6}$")]
    accent_cmyk: tuple[Percent, Percent, Percent, Percent] | None = None
    accent_grey: Annotated[str, StringConstraints(pattern=r"^(#[0-9A-F]{6})?$")] = ""
    hosts: tuple[str, ...]


class Shop(Model):
    """Who hands the guide out. A `sample` shop is invented: drafts print it, releases refuse it."""

    id: Id
    name: Text
    address: Text
    hours: OptionalText = ""
    phone: str = ""
    url: str = ""
    line: OptionalText = ""
    logo: str = ""
    sample: bool = False


# --- blocks ------------------------------------------------------------------------------------


class Item(Model):
    """A row of a block; `facts` are the facts it rests on beside those it prints."""

    id: Id
    facts: Ids = ()


class Question(Item):
    """A question that sends the reader on: who gives this `answer` does what `then` says."""

    ask: Text
    answer: Text
    then: Text


class Check(Model):
    """Is this guide for you? `go_on` is the row for readers whom no question stopped."""

    questions: Annotated[tuple[Question, ...], Field(min_length=1)]
    none: Text
    go_on: Text


class Thing(Item):
    """A thing to bring, with the Japanese word for it (`term`) and a short note."""

    name: Text
    term: Id | None = None
    note: OptionalText = ""


class Step(Item):
    """One of the steps: where, what to do, the Japanese label to look for, what happens next."""

    title: Text
    channels: tuple[Literal["shop", "web", "phone"], ...]
    where: Text
    body: Text
    labels: Ids = ()
    expect: Text


class Channel(Item):
    """A place that does something: cancel, or only answer questions."""

    kind: Literal["shop", "web", "phone"]
    name: Text
    can: Text
    hours: Text
    languages: Text


class Call(Model):
    """The solid block: the number to call, and the official page as a QR code.

    `number` and `page` may differ by language. Where no number in the reader's language is known,
    the page is the `hero`.
    """

    title: Text
    number: FactRef | None = None
    about: Text
    page: FactRef
    page_title: Text
    page_note: Text
    hero: Literal["number", "page"] = "number"


class Entry(Item):
    """A name and what is to be said about it (costs, losses, help desks)."""

    name: Text
    body: Text


class Notice(Item):
    """One warning."""

    body: Text


class Choice(Item):
    """A carrier to choose in `start-here`: how to recognise it, and which guide is its own."""

    carrier: Id
    signs: Text
    brands: OptionalText = ""
    guide: Id
    page: Id


class Guide(Model):
    """What one guide says. A block that a guide leaves out is not printed.

    `staff_title` tells Japanese staff what this sheet is; `words` are terms to recognise. `pages` is the
    page budget, None for all that the paper has; `droppable` are the blocks that `build --fit` may leave
    out where a side is too long, in that order.
    """

    id: Id
    carrier: Id | None = None
    title: Text
    scope: Text
    staff_title: Japanese
    summary: Text
    check: Check | None = None
    choices: tuple[Choice, ...] = ()
    checklist: tuple[Thing, ...] = ()
    steps: tuple[Step, ...] = ()
    call: Call | None = None
    channels: tuple[Channel, ...] = ()
    phrases: Ids = ()
    notices: tuple[Notice, ...] = ()
    costs: tuple[Entry, ...] = ()
    losses: tuple[Entry, ...] = ()
    words: Ids = ()
    desks: tuple[Entry, ...] = ()
    pages: Annotated[int, Field(ge=1)] | None = None
    droppable: tuple[str, ...] = ()


# --- the project -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceText:
    """One text in the source language: its place, and where it was written."""

    place: str
    text: str
    file: str
    line: int
    key: str


@dataclass(frozen=True)
class Content:
    """Everything below `content/`, by id, in file order.

    `logos` are SVG bytes by shop id. `texts` are the texts that some handout can print, by place;
    `strings` say where what is not translated stands (Japanese, names, numbers): file, line, key.
    `defined` say where each fact is: file, line. `shop_texts` are the translations of shops that come from a
    table, by shop, locale and field: what is not there is said as it stands.
    """

    carriers: dict[str, Carrier]
    guides: dict[str, Guide]
    facts: dict[str, Fact]
    sources: dict[str, Source]
    terms: dict[str, Term]
    phrases: dict[str, Phrase]
    shops: dict[str, Shop]
    logos: dict[str, bytes]
    texts: dict[str, SourceText]
    strings: dict[str, tuple[str, int, str]]
    defined: dict[str, tuple[str, int]]
    shop_texts: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)


M = TypeVar("M", bound=BaseModel)
Record = Carrier | Guide | Fact | Source | Term | Phrase | Shop


def place_of(record: Record) -> str:
    """Return where the texts of a record are, for catalogs: `au-cancel`, `fact/au-phone-zh`."""
    return record.id if isinstance(record, Guide) else f"{type(record).__name__.lower()}/{record.id}"


def refer(fact: FactRef | None, locale: str) -> str:
    """Return the id of the fact that a reference means in a locale, "" for no reference."""
    if isinstance(fact, dict):
        return fact.get(locale) or fact["other"]
    return fact or ""


def referred(fact: FactRef | None) -> tuple[str, ...]:
    """Return the ids of all facts that a reference can mean."""
    return tuple(fact.values()) if isinstance(fact, dict) else (fact,) if fact else ()


def leave_out(guide: Guide, parts: tuple[str, ...]) -> Guide:
    """Return the guide without these parts: blocks ("losses"), or a text of every row ("checklist.note").

    Parts that are none of a guide ("sources") are left out by the layout alone.
    """
    blocks: dict[str, Any] = {}
    for part in parts:
        block, _, text = part.partition(".")
        value = blocks.get(block, getattr(guide, block, None))
        blocks[block] = _empty_text(value, text) if text else _empty(value)
    return guide.model_copy(
        update={name: value for name, value in blocks.items() if name in Guide.model_fields}
    )


def _empty(value: Any) -> Any:  # noqa: ANN401 - a block is of any kind
    return "" if isinstance(value, str) else () if isinstance(value, tuple) else None


def _empty_text(block: Any, name: str) -> Any:  # noqa: ANN401
    """Return a block whose rows (or itself) have nothing in a field, where they have that field."""
    if isinstance(block, tuple):
        return tuple(_empty_text(row, name) for row in block)
    if isinstance(block, BaseModel) and name in type(block).model_fields:
        return block.model_copy(update={name: _empty(getattr(block, name))})
    return block


def count_texts(guide: Guide, block: str) -> int:
    """Return the number of texts that a block of a guide prints."""
    rows = getattr(guide, block)
    texts: list[str] = []

    def look(place: str, text: str) -> str:
        texts.append(place)
        return text

    for row in rows:
        if isinstance(row, BaseModel):
            map_text(row, look, block)
        else:  # the id of a term: its meaning
            texts.append(row)
    return len(texts)


def used_facts(
    guide: Guide, placeholders: Callable[[str], tuple[tuple[str, str], ...]], locale: str | None = None
) -> tuple[str, ...]:
    """Return the ids of the facts that a guide prints or rests on, in order of first use.

    Without a locale, those of all locales.
    """
    found: dict[str, None] = {}

    def look(_: str, text: str) -> str:
        found.update((name, None) for kind, name in placeholders(text) if kind == "fact")
        return text

    for block in type(guide).model_fields:
        value = getattr(guide, block)
        if isinstance(value, Check):
            value = value.questions
        if isinstance(value, tuple) and value and isinstance(value[0], Item):
            for item in value:
                map_text(item, look, item.id)
                found.update(dict.fromkeys(item.facts))
                if isinstance(item, Choice):
                    found[item.page] = None
        elif isinstance(value, Call):
            for fact in (value.number, value.page):
                ids = referred(fact) if locale is None else (refer(fact, locale),)
                found.update((id_, None) for id_ in ids if id_)
    map_text(guide, look, guide.id)
    return tuple(found)


def fact_places(
    guide: Guide, placeholders: Callable[[str], tuple[tuple[str, str], ...]], locale: str
) -> tuple[tuple[str, str, bool], ...]:
    """Return each use of a fact in a locale: its id, the place, whether it is printed or only rested on.

    Those that only rest on it come last. The facts are those of `used_facts`.
    """
    printed: list[tuple[str, str, bool]] = []
    rested: list[tuple[str, str, bool]] = []

    def look(place: str, text: str) -> str:
        printed.extend((name, place, True) for kind, name in placeholders(text) if kind == "fact")
        return text

    map_text(guide, look, guide.id)
    for block in type(guide).model_fields:
        value = getattr(guide, block)
        path = f"{guide.id}/{block}"
        if isinstance(value, Check):
            value, path = value.questions, f"{path}/questions"
        if isinstance(value, tuple):
            for item in (item for item in value if isinstance(item, Item)):
                rested.extend((id_, f"{path}/{item.id}", False) for id_ in item.facts)
                if isinstance(item, Choice):
                    printed.append((item.page, f"{path}/{item.id}/page", True))
        elif isinstance(value, Call):
            for part in ("number", "page"):
                if id_ := refer(getattr(value, part), locale):
                    printed.append((id_, f"{path}/{part}", True))
    return tuple(dict.fromkeys((*printed, *rested)))


@cache
def _fields(model: type[BaseModel]) -> tuple[tuple[str, bool], ...]:
    """Return the names of a model's fields in order, and whether each is a text."""
    return tuple(
        (name, any(isinstance(mark, _IsText) for mark in field.metadata))
        for name, field in model.model_fields.items()
    )


def map_text(model: M, change: Callable[[str, str], str], place: str) -> M:
    """Return the model with every text replaced by `change(place, text)`.

    Places are paths of ids and field names: `au-cancel/steps/prepare/title`. Empty optional texts
    are skipped. The order is that of the fields, which is the order of reading.
    """
    changed: dict[str, Any] = {}
    for name, is_text in _fields(type(model)):
        value = getattr(model, name)
        here = f"{place}/{name}"
        if is_text:
            if value:
                changed[name] = change(here, value)
        elif isinstance(value, BaseModel):
            changed[name] = map_text(value, change, here)
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            changed[name] = tuple(map_text(item, change, f"{here}/{item.id}") for item in value)
    return model.model_copy(update=changed)
