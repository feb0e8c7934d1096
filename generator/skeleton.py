"""Write the beginning of a new guide, shop, fact or language: everything but the words, which are blanks.

A blank is an empty text in quotes. Loading refuses it by file and line, so nothing is printed before all are
filled in; above each stands what belongs there.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from dataclasses import dataclass, fields

from generator.facts import REVIEW_DAYS
from generator.guide import Content, FactKind, Guide, Model
from generator.language import Language
from generator.place import find_place
from generator.schema import FOLDER

_TEXT = re.compile(r'^([a-z_]+) = (".*")$')
_HEAD = re.compile(r"^\[\[?([a-z_.]+)\]\]?$")
# Japanese and numbers of another guide are not those of a new one.
_OWN = {"staff_title", "number", "page"}


@dataclass(frozen=True, slots=True)
class Blank:
    """A line that a person fills in, and what belongs there."""

    line: int
    key: str
    what: str


def find_blanks(text: str) -> tuple[Blank, ...]:
    """Return the blanks of a file that was begun here: empty texts, each under what belongs there."""
    found, what = [], ""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("# ?"):
            what = line.removeprefix("# ?").strip()
        elif what and (blank := re.fullmatch(r'([a-z_]+) = ""', line)):
            found.append(Blank(number, blank[1], what))
            what = ""
    return tuple(found)


def _first_line(kind: str, depth: int) -> str:
    return f"#:schema {'../' * depth}{FOLDER}/{kind}.schema.json\n"


# --- guides ----------------------------------------------------------------------------------------


def begin_guide(content: Content, id_: str, model_file: str, carrier: str | None) -> str:
    """Return a guide with the blocks, rows and ids of another one, whose words are blanks.

    `model_file` is the text of that other guide. Facts stay where they hold for everybody; those of a carrier
    go, since they say nothing of another.
    """
    texts = _text_keys()
    out = [_first_line("guide", 2) + f'# What this guide is about, in one line, for editors.\nid = "{id_}"']
    if carrier:
        out.append(f'carrier = "{carrier}"')
    block = ""
    for line in model_file.splitlines():
        if head := _HEAD.match(line):
            block = head[1].replace(".", "/")
        elif line.startswith(("#", "id =", "carrier =")) and not block:
            continue
        elif line.startswith("facts = "):
            kept = [name for name in tomllib.loads(line)["facts"] if _is_common(content, name)]
            if not kept:
                continue
            line = f"facts = [{', '.join(f'{chr(34)}{name}{chr(34)}' for name in kept)}]"
        elif (pair := _TEXT.match(line)) and (pair[1] in texts or pair[1] in _OWN):
            out.append(f"# ? {_describe(block, pair[1])}; there: {tomllib.loads(line)[pair[1]]}")
            line = f'{pair[1]} = ""'
        elif line.startswith(("number = {", "page = {")):
            key = line.partition(" ")[0]
            out.append('# ? the id of a fact, or one a language: { ja = "…", other = "…" }')
            line = f'{key} = ""'
        out.append(line)
    return "\n".join(out).rstrip("\n") + "\n"


def _is_common(content: Content, fact: str) -> bool:
    return content.defined.get(fact, ("", 0))[0].endswith("/common.toml")


def _text_keys() -> set[str]:
    """Return the names of the keys of a guide that hold texts."""
    found: set[str] = set()

    def look(model: type[Model]) -> None:
        for name, field in model.model_fields.items():
            if any(type(mark).__name__ == "_IsText" for mark in field.metadata):
                found.add(name)
            for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
                if isinstance(part, type) and issubclass(part, Model):
                    look(part)

    look(Guide)
    return found


def _describe(block: str, key: str) -> str:
    """Say what belongs into a key of a guide."""
    if key == "staff_title":
        return "in Japanese, what this sheet is, for the staff"
    if key in ("number", "page"):
        return "the id of a fact: facts list shows them"
    for place in (f"*/{block}/*/{key}", f"*/{block}/{key}", f"*/{key}"):
        if (found := find_place(place.replace("//", "/"))) is not None:
            return f"{found.what}; about {found.letters * found.lines} letters"
    return key


# --- shops, facts, languages -------------------------------------------------------------------------


def begin_shop(id_: str) -> str:
    """Return the file of a shop."""
    return (
        _first_line("shop", 2)
        + f"""# Who hands the guides out; printed in the panel at the foot of the side for the staff.
id = "{id_}"
# ? the name of the shop
name = ""
# ? its address, in one line
address = ""
# What else there is; take away the marks before it.
# hours = "Mon–Fri 10:00–18:00"
# phone = "03-1234-5678"
# url = "https://host/path"
# line = "A sentence to the customer."
# logo = "{id_}.svg"
"""
    )


def begin_fact(id_: str, kind: FactKind, source: str | None, day: datetime.date) -> str:
    """Return the tables of a fact, and of its source unless that is there already.

    It begins as `unverified`, which is never printed.
    """
    review = day + datetime.timedelta(days=REVIEW_DAYS[kind])
    values = {
        "phone": '# ? the number as its source writes it: 0120-959-476\nvalue = ""\n',
        "url": '# ? the address: https://host/path\nvalue = ""\n',
        "hours": '# from and to, in Japan time\nvalue = ["09:00", "20:00"]\n',
        "time": '# ? an hour, in Japan time: 21:10\nvalue = ""\n',
        "fee": "# in yen, tax included\nvalue = 0\n",
        "duration": 'value = 1\nunit = "month"\n',
        "rule": "",
    }
    begun = ""
    if source is None:
        begun = f"""
[[source]]
id = "{id_}-source"
# ? who says it, as printed: the host of the page
owner = ""
# official, government, press or secondary
kind = "secondary"
# ? the title of the page, in its own language
title = ""
# ? its address: https://host/path
url = ""
"""
    return f"""{begun}
[[fact]]
id = "{id_}"
kind = "{kind}"
# ? what the list of sources calls it: two or three words
label = ""
{values[kind]}# verified, official, press, secondary, single-source, conflict; unverified is never printed
status = "unverified"
sources = ["{source or f"{id_}-source"}"]
seen_on = {day}
method = "live_page"
review_by = {review}
# ? for whom and when it holds, for editors
scope = ""
# Printed instead of the value where the status allows no more: "about {{value}}", or a sentence.
# safe_wording = "Ask …"
"""


def begin_language(locale: str, known: dict[str, str]) -> str:
    """Return the record of a language; `known` are the values that are known of it already."""
    says = {
        "tag": "the tag for HTML and PDF: pt-BR",
        "endonym": "the name of the language for its readers",
        "ja_edition": "in Japanese, which edition this is: ポルトガル語版",
        "ja_speech": "in Japanese, which interpreter is wanted: ポルトガル語",
    }
    rest = {
        "han": ('""', "the tag for Han characters in running text, where the language is written with them"),
        "money": ('"{} yen"', "how an amount of yen is written"),
        "sentence_limit": (
            "25",
            "how long a sentence may be: in words, or in characters where none are set apart",
        ),
        "aliases": ("[]", "other spellings of the locale"),
        "keeps_words": ("false", "true where lines break between words only, as in Korean"),
    }
    out = [_first_line("language", 2) + f"# {locale}: what differs by language in facts."]
    for one in fields(Language):
        if one.name in says:
            value = known.get(one.name, "")
            out.append(f'# {"" if value else "? "}{says[one.name]}\n{one.name} = "{value}"')
        elif one.name in rest:
            value, what = rest[one.name]
            out.append(f"# {what}\n{one.name} = {value}")
    return "\n".join(out) + "\n"
