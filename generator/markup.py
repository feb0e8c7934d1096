"""Turn a localized guide into HTML. The only room for Jinja.

Templates are sandboxed, escape everything and may not name what does not exist.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from generator import prose
from generator.guide import Shop, Term, map_text, refer
from generator.localize import CODE_ALPHABET, HOLE_CODE, LocalizedGuide
from generator.paper import Paper
from generator.phrasing import split_phrases
from generator.problem import Problem, ProjectError
from generator.symbol import Symbol, make_symbol

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    from generator.worksheet import Row


@dataclass(frozen=True)
class Page:
    """One HTML document, ready for layout.

    `style` is the CSS that depends on the guide (its accent). `texts` are the plain texts in
    reading order, as the finished file must show them, `margins` those of running heads and feet,
    which are no part of that order, `japanese` those that stand in Japanese in every language;
    `addresses` the payloads of the QR codes; `origins` where each text comes from: file, line, key.
    `problems` are words of templates without a translation, and texts that no template prints.
    """

    html: str
    style: str
    texts: tuple[str, ...]
    margins: tuple[str, ...]
    japanese: tuple[str, ...]
    addresses: tuple[str, ...]
    origins: Mapping[str, tuple[str, int, str]]
    problems: tuple[Problem, ...]


_HAN = "\u3040-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff々〆"
# A quarter em stands between Han or kana and Latin letters or digits; nobody types it.
_SEAM = re.compile(f"(?<=[{_HAN}])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9%])(?=[{_HAN}])")
# A closing mark before another mark would leave a hole, an opening mark at the beginning of a text stand off
# the edge of its column.
_CLOSING = re.compile("([」』”’）】》、。，；：](?=[」』”’）】》〉、。，；：？！（「『“]))")
_OPENING = "（「『“"
_GAP = Markup(prose.GAP)
# Between two elements the mark would be a text of its own, which has no width.
_GAP_ALONE = Markup('<span class="gap"></span>')
_HANGUL = re.compile("[\uac00-\ud7a3]")

# Lines of large type are short: the end of a text keeps together, or one character of it would stand alone.
_TAIL = re.compile("([\u3041-\u3096]{2,6}[。？]?)$")

# A piece, its words, its class and its language.
Stretch = tuple[prose.Piece, str, str, str]


def _is_unbroken(text: str) -> bool:
    """Tell whether a fact is one word: phones, prices, hours and addresses never break, sentences do."""
    return " " not in text and (text.isascii() or (len(text) <= 12 and any(c.isdigit() for c in text)))


def _resolve(local: LocalizedGuide, piece: prose.Piece) -> tuple[str, str, str]:
    """Return the text of a piece, its class and its language."""
    if piece.kind == "term":
        term = local.terms[piece.name]
        return print_term(term, piece.form), "" if piece.form else "term", "ja"
    if piece.kind in ("fact", "carrier"):
        text = local.printed[f"{piece.kind}.{piece.name}"]
        return text, "unbroken" if piece.kind == "carrier" or _is_unbroken(text) else "", ""
    if piece.kind == "speech":
        return local.printed["speech"], "", ""
    return piece.text.replace("\n", " " if local.language.is_spaced else ""), "", ""


def print_term(term: Term, form: str = "") -> str:
    """Return a Japanese word, with its reading in brackets where asked."""
    if form == "kana":
        return f"{term.ja}（{term.kana}）"
    return f"{term.ja} ({term.romaji})" if form == "romaji" else term.ja


def plain(local: LocalizedGuide, text: str) -> str:
    """Return a text as a reader sees it: placeholders filled in, marks gone."""
    # Safe wordings hold terms of their own, so a fact is read once more.
    return "".join(_resolve(local, piece)[0] for piece in _expand(local, text) if piece.kind != "item")


def _expand(local: LocalizedGuide, text: str) -> Iterator[prose.Piece]:
    for piece in prose.parse(text):
        words = local.printed.get(f"fact.{piece.name}", "") if piece.kind == "fact" else ""
        if re.search(r"[{*\[《]", words):
            yield from prose.parse(words)
        else:
            yield piece


def _read(local: LocalizedGuide, text: str) -> Iterator[Stretch]:
    for piece in _expand(local, text):
        words, class_, lang = _resolve(local, piece)
        yield piece, words, class_, lang


def to_html(local: LocalizedGuide, text: str, *, holds_end: bool = False) -> Markup:
    """Return a text as HTML: strong, unbroken and foreign stretches marked, gaps set.

    With `holds_end` no character of it can be alone on a last line.
    """
    if local.language.is_easy:
        text = _TAIL.sub(r"[\1]", text)
    out = Markup("")
    held = Markup("")  # what stands in one […] so far
    group = 0
    before = ""
    items = 0
    stretches: Iterable[Stretch] = _read(local, text)
    if local.language.keeps_words and prose.DRAFT_OPEN not in text:
        stretches = _join_pieces(_hold_words(stretches))
    elif holds_end and not local.language.is_spaced and prose.DRAFT_OPEN not in text:
        stretches = _hold_end(list(stretches))
    for piece, words, class_, lang in stretches:
        if piece.unbroken != group:
            out += _hold_together(held, group)
            held, group = Markup(""), piece.unbroken
        if piece.kind == "item":
            out += Markup("</li><li>" if items else "<ul><li>")
            items += 1
            before = ""
            continue
        if not words:
            continue
        body = _mark(local, piece, words, class_, lang, not (out or held))
        if not local.language.is_spaced and before and class_ != "term" and _SEAM.search(before + words[0]):
            is_element = body.startswith("<") or (piece.unbroken and not held)
            gap = _GAP_ALONE if is_element and (held or out).endswith(">") else _GAP
            # Before what is held together, or a line that begins with it would begin with the gap.
            held, out = (held + gap, out) if held else (held, out + gap)
        before = words[-1] if class_ != "term" else ""
        if piece.unbroken:
            held += body
        else:
            out += body
    out += _hold_together(held, group)
    return out + Markup("</li></ul>") if items else out


def _hold_words(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """Put every word with Hangul in it into a […] of its own, with all that touches it.

    A particle touches its word, also where that is a placeholder: `{carrier.self_service}에서`.
    """
    for number, word in enumerate(_split_words(stretches), start=1):
        text = "".join(part for _, part, _, _ in word)
        is_held = all(piece.unbroken for piece, *_ in word) or (len(word) == 1 and any(word[0][2:]))
        if len(text) > 1 and _HANGUL.search(text) and not is_held:
            # Below zero: the […] of the text itself count up from 1.
            word = [
                (replace(piece, unbroken=-number), part, class_, lang) for piece, part, class_, lang in word
            ]
        yield from word


# What may follow the last character of a text.
_ENDING = "。．！？、，；：…）」』”’】》〉)]!?.,"


def _hold_end(stretches: list[Stretch]) -> list[Stretch]:
    """Put the last two characters of a text, and the marks after them, into one […].

    Han and kana break anywhere, and one character alone on a last line looks like a mistake. A Latin word, a
    term or a number does not break, so it is enough by itself.
    """
    tail: list[Stretch] = []
    wanted = 2
    while stretches and wanted > 0:
        piece, text, class_, lang = stretches[-1]
        if piece.kind == "item" or not text.strip():
            break
        stretches.pop()
        at = len(text)
        if class_ or lang or piece.unbroken or piece.reading or text.isascii():
            at, wanted = 0, 0
        while at and wanted > 0:
            at -= 1
            wanted -= text[at] not in _ENDING
        # Letters and digits that begin here belong to those before them.
        while at and text[at].isascii() and text[at - 1].isascii() and not text[at - 1].isspace():
            at -= 1
        tail.insert(0, (replace(piece, unbroken=-1), text[at:], class_, lang))
        if at:
            stretches.append((piece, text[:at], class_, lang))
    return [*stretches, *tail]


def _split_words(stretches: Iterable[Stretch]) -> Iterator[list[Stretch]]:
    """Yield the words of a text, and between them the spaces and the beginnings of list items."""
    word: list[Stretch] = []
    for piece, text, class_, lang in stretches:
        # What is held together already may have spaces of its own.
        is_whole = bool(class_ or lang or piece.unbroken)
        for part in (text,) if is_whole else re.split("( +)", text):
            stretch = piece, part, class_, lang
            # Between two […] there may be a break.
            if not part.strip() or (
                word and piece.unbroken and word[-1][0].unbroken not in (0, piece.unbroken)
            ):
                yield word
                word = []
            if part.strip():
                word.append(stretch)
            else:
                yield [stretch]
    yield word


def _join_pieces(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """Put together again what was split and is held by nothing."""
    last: Stretch | None = None
    for stretch in stretches:
        if last and last[0] is stretch[0]:
            last = last[0], last[1] + stretch[1], last[2], last[3]
            continue
        if last:
            yield last
        last = stretch
    if last:
        yield last


def _hold_together(held: Markup, group: int) -> Markup:
    return Markup('<span class="unbroken">{}</span>').format(held) if group else held


def _mark(
    local: LocalizedGuide, piece: prose.Piece, words: str, class_: str, lang: str, is_start: bool
) -> Markup:
    """Return one stretch as HTML."""
    if not local.language.is_spaced and not lang:
        body = Markup(_GAP).join(
            _squeeze(part, is_start=is_start and not i) for i, part in enumerate(_SEAM.split(words))
        )
    else:
        body = escape(words)
    classes = [class_] if class_ else []
    if piece.is_draft:
        classes.append("draft")
        # Facts and names in it are in the reader's language all the same.
        lang = lang or ("en" if piece.kind == "text" else "")
    if piece.reading and local.language.is_easy:
        body = _set_reading(words, piece.reading)
    elif class_ == "term" and local.language.is_easy and _KANJI.search(words):
        body = _set_reading(words, local.terms[piece.name].kana)
    if classes or lang:
        named = f' class="{" ".join(classes)}"' if classes else ""
        spoken = f' lang="{lang}"' if lang and lang != local.language.tag else ""
        body = Markup(f"<span{named}{spoken}>{body}</span>")
    if piece.is_strong:
        body = Markup(f"<b>{body}</b>")
    if piece.link and piece.link in local.urls:
        body = Markup(f'<a href="{escape(local.urls[piece.link])}">{body}</a>')
    return body


_KANJI = re.compile("[\u3400-\u9fff々]")


_READING_HTML = re.compile('<span class="rt">([^<]*)</span><span class="rb">[^<]*</span>')


def _set_reading(words: str, reading: str) -> Markup:
    """Return words with their reading in small kana above, which the layout keeps in one piece."""
    return Markup('<span class="ruby"><span class="rt">{}</span><span class="rb">{}</span></span>').format(
        reading, words
    )


def _hold_phrases(text: str) -> Markup:
    """Return Japanese as HTML that breaks between phrases only."""
    return Markup("").join(
        _hold_together(_squeeze(phrase, is_start=not number), 1)
        for number, phrase in enumerate(split_phrases(text))
    )


def _squeeze(text: str, *, is_start: bool = False) -> Markup:
    """Return a text as HTML with its hole-making marks at half their width."""
    half = Markup('<span class="half">{}</span>')
    out = Markup("")
    if is_start and text[:1] in _OPENING:
        out, text = half.format(text[:1]), text[1:]
    for i, part in enumerate(_CLOSING.split(text)):
        out += half.format(part) if i % 2 else escape(part)
    return out


class _Recorder:
    """Renders the texts of one document, and remembers what was said in which order."""

    def __init__(
        self, local: LocalizedGuide, *, edition: str = "", holds_ends: bool = False, is_beside: bool = False
    ) -> None:
        self.local = local
        self.edition = edition
        self.is_beside = is_beside
        self.holds_ends = holds_ends
        self.words = dict(local.words)
        self.texts: list[str] = []
        self.margins: list[str] = []
        self.in_japanese: list[str] = []
        self.addresses: list[str] = []
        self.origins: dict[str, tuple[str, int, str]] = {}
        self.problems: dict[str, Problem] = {}

    def say(self, text: str, source: str = "") -> Markup:
        """Return a text of the guide as HTML; `source` is the text before values were filled in."""
        self.texts.append(self._read(text, source))
        # What is not translated yet stands in English, also in a draft of a pair.
        if self.is_beside and self.local.language.is_japanese and prose.DRAFT_OPEN not in text:
            self.in_japanese.append(self.texts[-1])
        return self._set_code(to_html(self.local, text, holds_end=self.holds_ends))

    def _set_code(self, html: Markup) -> Markup:
        """Return HTML with the code of the edition in an element of its own."""
        if not self.edition or self.edition not in html:
            return html
        return Markup(str(html).replace(self.edition, f'<span class="code">{self.edition}</span>'))

    def _read(self, text: str, source: str = "") -> str:
        """Return a text as a reader sees it, and remember where it comes from."""
        seen = plain(self.local, text)
        if origin := self.local.origins.get(source or text):
            self.origins.setdefault(seen, origin)
        return seen

    def word(self, text: str, **values: str) -> Markup:
        """Return a word of the templates in the language, `%(name)s` filled in, as HTML."""
        said = self.words.get(text)
        if said is None:
            if self.local.is_draft:
                said = f"{prose.DRAFT_OPEN}{text}{prose.DRAFT_CLOSE}"
            else:
                locale = self.local.language.locale
                self.problems[text] = Problem(
                    file=f"locales/{locale}/LC_MESSAGES/messages.po",
                    key=text,
                    rule="message-missing",
                    what=f"is not translated, or not as it must be: “{text}”",
                    hint="a template prints it; see what is wrong with: carrier-guides check",
                )
                said = text
        return self.say(said % values if values else said, said)

    def label(self, text: str, **values: str) -> str:
        """Return a word that is read aloud or shown by a viewer, but not printed."""
        html = self.word(text, **values)
        self.texts.pop()
        said = _READING_HTML.sub(r"\1", html) if self.local.language.is_easy else html
        return Markup(said).striptags().replace(prose.GAP, "")

    def margin(self, text: str) -> Markup:
        """Return a text of a running head or foot as HTML; readings stand in the place of kanji."""
        if self.local.language.is_easy:
            text = prose.spell_in_kana(text)
        self.margins.append(self._read(text))
        return self._set_code(to_html(self.local, text))

    def beside(self, local: LocalizedGuide) -> _Recorder:
        """Return a recorder of another language that stands beside: what both say is one order of texts."""
        other = _Recorder(local, edition=self.edition, holds_ends=self.holds_ends, is_beside=True)
        other.texts, other.margins, other.in_japanese = self.texts, self.margins, self.in_japanese
        other.addresses, other.origins, other.problems = self.addresses, self.origins, self.problems
        return other

    def japanese(self, text: str, *, in_phrases: bool = False) -> Markup:
        """Return Japanese that stands as it is in every language.

        `in_phrases`: its lines are short and large, and break between phrases only.
        """
        self.in_japanese.append(self.name(text))
        return self._as_japanese(_hold_phrases(text) if in_phrases else _squeeze(text, is_start=True))

    def term(self, id_: str) -> Markup:
        """Return a Japanese word that the reader will meet, with its reading above for learners."""
        term = self.local.terms[id_]
        if not self.local.language.is_easy or not _KANJI.search(term.ja):
            return self.japanese(term.ja)
        self.in_japanese.append(self.name(term.ja))
        return self._as_japanese(_set_reading(term.ja, term.kana))

    def _as_japanese(self, words: Markup) -> Markup:
        lang = Markup(' lang="ja"') if self.local.language.tag != "ja" else Markup("")
        return Markup("<span{}>{}</span>").format(lang, words)

    def name(self, text: str) -> str:
        """Return what stands as it is in every language: a name, a reading, a number."""
        if origin := self.local.origins.get(text):
            self.origins.setdefault(text, origin)
        self.texts.append(text)
        return text

    def phrase(self, text: str) -> str:
        """Return the Japanese sentence of a phrase, `{speech}` filled in."""
        return self._read(text)

    def symbol(self, url: str) -> Symbol:
        """Return the QR code of an address, and note it for the manifest."""
        self.addresses.append(url)
        return make_symbol(url)


@lru_cache(maxsize=8)
def _environment(templates: Path) -> ImmutableSandboxedEnvironment:
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    return environment


def render_markup(
    local: LocalizedGuide, paper: Paper, templates: Path, *, tight_mm: Mapping[int, int] | None = None
) -> Page:
    """Render one guide for one paper.

    `tight_mm` are the gaps between the blocks of a side, by its number, where they differ from the design.

    Raises:
        ProjectError: where a template is wrong, with its file and line.
    """
    from jinja2 import TemplateError

    edition = local.edition()
    recorder = _Recorder(local, edition=edition, holds_ends=paper.holds_ends)
    try:
        environment = _environment(templates)
        # Values that change with the document are arguments of the templates, not of the environment.
        values: dict[str, Any] = {
            "local": local,
            "guide": local.guide,
            "carrier": local.carrier,
            "language": local.language,
            "paper": paper,
            "tight_mm": tight_mm or {},
            "shop": local.shop,
            "logo": local.logo,
            "encode": _encode,
            "hole_px": local.hole_px,
            "marker": "hole" if local.hole_px else "",
            "edition": edition,
            "_": recorder.word,
            "say": recorder.say,
            "japanese": recorder.japanese,
            "term": recorder.term,
            "margin": recorder.margin,
            "name": recorder.name,
            "phrase": recorder.phrase,
            "symbol": recorder.symbol,
            "gettext": recorder.label,
            "refer": refer,
            "about": describe(local),
        }
        if local.beside:
            values["beside"] = recorder.beside(local.beside)
        html = environment.get_template(f"{paper.layout}.html").render(values)
        style = environment.get_template("css/accent.css").render(carrier=local.carrier)
    except RecursionError as error:
        what = "a template includes itself"
        raise ProjectError([Problem("templates", rule="template", what=what)]) from error
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        if isinstance(error, UnicodeDecodeError):
            check_templates(templates)
        problem = _template_problem(error, templates)
        if problem is None:
            raise
        raise ProjectError([problem]) from error
    problems = [*recorder.problems.values(), *_find_unprinted(local, recorder.texts)]
    if local.beside:
        problems += _find_unprinted(local.beside, recorder.texts)
    return Page(
        html,
        style,
        tuple(recorder.texts),
        tuple(recorder.margins),
        tuple(recorder.in_japanese),
        tuple(recorder.addresses),
        recorder.origins,
        tuple(problems),
    )


def _encode(data: bytes) -> str:
    """Return bytes as a data address holds them."""
    return base64.b64encode(data).decode()


@dataclass(frozen=True)
class Panels:
    """The panels of shops as one HTML document, a page each.

    `texts` are the plain texts of each in reading order, `addresses` the payloads of its codes.
    """

    page: Page
    texts: tuple[tuple[str, ...], ...]
    addresses: tuple[tuple[str, ...], ...]


# Room around a panel: above it stands the mark by which it is put in its place.
PANEL_PAGE_MM = 190.0, 120.0
_PANEL_PAGE = """@page { size: 190mm 120mm; margin: 34mm 14mm 4mm; @bottom-right { content: none } }
.sheet + .sheet { break-before: page }"""


def render_panels(
    local: LocalizedGuide, shops: Sequence[tuple[Shop, bytes]], paper: Paper, templates: Path
) -> Panels:
    """Render what shops say, with their logos, in the language of a guide and for a paper.

    Raises:
        ProjectError: where a template is wrong, with its file and line.
    """
    from jinja2 import TemplateError

    recorder = _Recorder(local, holds_ends=paper.holds_ends)
    starts: list[tuple[int, int]] = []

    def turn() -> Iterator[tuple[Shop, bytes]]:
        for shop in shops:
            starts.append((len(recorder.texts), len(recorder.addresses)))
            yield shop
        starts.append((len(recorder.texts), len(recorder.addresses)))

    values = {
        "language": local.language,
        "paper": paper,
        "panels": turn(),
        "encode": _encode,
        "hole_px": None,
        "marker": "ledge",
        "about": describe(local),
        "alphabet": CODE_ALPHABET,
        "_": recorder.word,
        "say": recorder.say,
        "japanese": recorder.japanese,
        "name": recorder.name,
        "symbol": recorder.symbol,
        "gettext": recorder.label,
    }
    try:
        html = _environment(templates).get_template("panels.html").render(values)
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        problem = _template_problem(error, templates)
        if problem is None:
            raise
        raise ProjectError([problem]) from error
    page = Page(
        html,
        _PANEL_PAGE,
        tuple(recorder.texts),
        (),
        tuple(recorder.in_japanese),
        tuple(recorder.addresses),
        recorder.origins,
        tuple(recorder.problems.values()),
    )
    pairs = list(itertools.pairwise(starts))
    return Panels(
        page,
        tuple(page.texts[start[0] : end[0]] for start, end in pairs),
        tuple(page.addresses[start[1] : end[1]] for start, end in pairs),
    )


# Han, kana and their marks, with what stands between them.
_FOREIGN = re.compile(f"[{_HAN}　-〿！-～]+(?:[{_HAN}　-〿！-～0-9a-zA-Z・]*[{_HAN}　-〿！-～])?")


_ADDRESS = re.compile(r"https?://(?:www\.)?([^/\s]+)/[^\s,;)]*[^\s,;.)]")


def _guess_language(text: str) -> str:
    """Return the language of a stretch of Han and kana: Japanese, unless it cannot be.

    Source: JIS X 0213, all characters that Japanese is written with.
    """
    try:
        text.encode("euc_jis_2004")
    except UnicodeEncodeError:
        return "zh-Hans"
    return "ja"


def render_worksheet(rows: Sequence[Row], as_of: str, about: str, templates: Path) -> Page:
    """Render the sheet on which a person checks facts, in English.

    Raises:
        ProjectError: where the template is wrong, with its file and line.
    """
    from jinja2 import TemplateError

    texts: list[str] = []
    margins: list[str] = []
    addresses: list[str] = []

    def mark(text: str) -> Markup:
        """Return a text as HTML; what is Japanese or Chinese in it is read, and drawn, as such."""
        out = Markup("")
        at = 0
        for found in _FOREIGN.finditer(text):
            out += escape(text[at : found.start()])
            out += Markup('<span lang="{}">{}</span>').format(_guess_language(found[0]), found[0])
            at = found.end()
        return out + escape(text[at:])

    def say(text: str) -> Markup:
        # An address in a note is too long for its column; the table has it whole.
        texts.append(_ADDRESS.sub(r"\1", " ".join(text.split())) if " " in text else text)
        return mark(texts[-1])

    def margin(text: str) -> Markup:
        margins.append(text)
        return mark(text)

    def symbol(url: str) -> Symbol:
        addresses.append(url)
        return make_symbol(url)

    values = {"rows": rows, "as_of": as_of, "about": about, "say": say, "margin": margin, "symbol": symbol}
    try:
        html = _environment(templates).get_template("worksheet.html").render(values)
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        problem = _template_problem(error, templates)
        if problem is None:
            raise
        raise ProjectError([problem]) from error
    return Page(html, "", tuple(texts), tuple(margins), (), tuple(addresses), {}, ())


def render_calibration(paper: Paper, limits: Paper, templates: Path) -> Page:
    """Render the sheet that tests a printer on a paper; `limits` are what handouts need of it.

    Raises:
        ProjectError: where the template is wrong, with its file and line.
    """
    from jinja2 import TemplateError

    texts: list[str] = []
    addresses: list[str] = []

    def say(text: str) -> str:
        texts.append(text)
        return text

    def symbol(payload: str) -> Symbol:
        addresses.append(payload)
        return make_symbol(payload)

    values = {"paper": paper, "paper_name": limits.name, "limits": limits, "say": say, "symbol": symbol}
    try:
        html = _environment(templates).get_template("calibration.html").render(values)
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        problem = _template_problem(error, templates)
        if problem is None:
            raise
        raise ProjectError([problem]) from error
    style = f"@page {{ size: {paper.width_mm}mm {paper.height_mm}mm }}"
    return Page(html, style, tuple(texts), (), (), tuple(addresses), {}, ())


def describe(local: LocalizedGuide) -> dict[str, str]:
    """Return what the file says about itself: title, author (the shop), subject, keywords."""
    brand = local.carrier.brand if local.carrier else "SIM"
    nobody = HOLE_CODE if local.hole_px else "carrier-guides"
    return {
        "title": f"{brand}: {plain(local, local.guide.title)}",
        "author": plain(local, local.shop.name) if local.shop else nobody,
        "subject": plain(local, local.guide.scope),
        "keywords": ", ".join((brand, local.language.endonym, local.guide.id, "解約")),
    }


def _find_unprinted(local: LocalizedGuide, texts: list[str]) -> Iterator[Problem]:
    """Yield a problem for every text of the guide that no template prints."""
    said = set(texts)
    dropped: dict[str, str] = {}

    def look(place: str, text: str) -> str:
        if plain(local, text) not in said:
            dropped[place] = text
        return text

    map_text(local.guide, look, local.guide.id)
    for place in dropped:
        yield Problem(
            key=place,
            rule="text-unprinted",
            what="is printed by no template",
            hint="print it in templates/, or take it out of the guide",
        )


def _template_problem(error: Exception, templates: Path) -> Problem | None:
    """Say where a template is wrong; None for an error that comes from elsewhere."""
    from jinja2 import TemplateError

    name, line = getattr(error, "filename", None), getattr(error, "lineno", 0) or 0
    frame = error.__traceback__
    while frame is not None:  # the innermost template frame has the place
        if Path(frame.tb_frame.f_code.co_filename).is_relative_to(templates):
            name, line = frame.tb_frame.f_code.co_filename, frame.tb_lineno
        frame = frame.tb_next
    if name is None and not isinstance(error, TemplateError):
        return None
    path = Path(name or getattr(error, "name", None) or "document.html")
    file = path.relative_to(templates) if path.is_relative_to(templates) else path
    return Problem(
        f"templates/{file.as_posix()}",
        line,
        rule="template",
        what=str(getattr(error, "message", None) or error or type(error).__name__)[:200],
        hint="names that templates may use are in generator/markup.py",
    )


def check_templates(templates: Path) -> None:
    """Read all templates and style sheets.

    Raises:
        ProjectError: with every file that is not UTF-8, or not a template, and its line.
    """
    from jinja2 import TemplateSyntaxError

    problems = []
    for path in sorted([*templates.rglob("*.html"), *templates.rglob("*.css")]):
        name = f"templates/{path.relative_to(templates).as_posix()}"
        if not path.is_file():
            problems.append(Problem(name, rule="template", what="is not a file"))
            continue
        try:
            text = path.read_text(encoding="utf-8")
            if path.suffix == ".html" or path.name == "accent.css":
                _environment(templates).parse(text)
        except UnicodeDecodeError as error:
            line = path.read_bytes()[: error.start].count(b"\n") + 1
            hint = "save the file as UTF-8"
            problems.append(Problem(name, line, rule="template", what="is not UTF-8", hint=hint))
        except TemplateSyntaxError as error:
            problems.append(Problem(name, error.lineno, rule="template", what=str(error.message)[:200]))
        except OSError as error:
            problems.append(Problem(name, rule="template", what=f"cannot be read: {error.strerror}"))
    if problems:
        raise ProjectError(problems)


def hash_templates(templates: Path) -> str:
    """Return the hash of all templates and style sheets, hex sha256.

    Raises:
        ProjectError: where there are none.
    """
    digest = hashlib.sha256()
    files = sorted(path for path in templates.rglob("*") if path.is_file() and not path.name.startswith("."))
    if not files:
        what = "there are no templates here"
        raise ProjectError([Problem("templates", rule="template", what=what, hint="restore them from git")])
    for path in files:
        digest.update(path.relative_to(templates).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
