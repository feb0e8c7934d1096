"""Print the same handouts with other engines, and say what each costs: `python tests/peers.py`.

    content ── make_jobs ──▶ Job ── make_sheets ──▶ Sheet ── Peer, a process of its own ──▶ PDF ── look

A benchmark, not a test. Every peer prints the texts of the same guides in the same order, with the same
fonts and codes, on two A4 sides, tagged. What each is spared, and what it is not, is said below the table
(`NOTES`); `make_sheets` and `Peer` are what tests/bench.py needs to measure a peer in turns with ours.

`typst` is an extra of pyproject.toml, `peers`; `chromium` is used where the machine has one. What is not
there is named and left out.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import functools
import gc
import importlib.util
import itertools
import json
import multiprocessing
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol
from xml.etree.ElementTree import Element

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from generator import batch, prose  # noqa: E402
from generator.catalog import find_languages  # noqa: E402
from generator.chain import Foundry, Order  # noqa: E402
from generator.content import load_content  # noqa: E402
from generator.fonts import FontSet, find_pinned_fonts, font_face_css, make_fonts  # noqa: E402
from generator.layout import STYLE_SHEETS, Engine  # noqa: E402
from generator.markup import Page, describe, render_markup  # noqa: E402
from generator.paper import find_named  # noqa: E402
from generator.pipeline import build  # noqa: E402
from generator.symbol import QUIET_ZONE, Symbol  # noqa: E402

TEMPLATE = ROOT / "tests/peers/handout.typ"
TEMPLATES = ROOT / "templates"
GUIDES = ("docomo-cancel", "softbank-cancel", "au-cancel", "start-here")
LOCALES = ("zh_Hans", "ja", "en")
PEERS = ("ours", "ours, judged", "ours, a chain", "typst", "typst, shops apart", "chromium")
# What typst calls a language of ours, where that is not its tag.
TYPST_LANGUAGES = {"zh-Hans": ("zh", "CN"), "zh-Hant": ("zh", "TW")}
# All eight masks take segno three times as long; readers do not care which it is.
MASK = 2
TICKS = os.sysconf("SC_CLK_TCK")

NOTES = """\
CPU: user and system, of the process and all that it started, warm, to bytes in memory.
ours: markup, layout, writing. judged: read back and checked too, as a build does; no peer does that.
typst: codes (segno, one fixed mask), JSON of the texts, one Compiler for all. Its texts are taken from our
  markup before the clock starts, so it gets for nothing what ours are measured with.
  A guide's handouts follow each other, so its memo serves all but what is the shop's; "shops apart" goes
  through all guides for a shop, then for the next.
chromium: one warm browser, one tab, driven over a pipe; our HTML and CSS are made before the clock starts.
  Heads and feet, which it cannot take from elements, are strings in its margin boxes, and free height stays
  at the foot of a page.
texts: those of the guide found in `pdftotext -raw`, spaces aside. codes: those that zxing-cpp reads.
MB: proportional set size of the process and all that it started, after the last round (Linux)."""


# --- what is printed ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sheet:
    """One handout, ready for every peer; what is not made here is what a peer is measured by.

    `shared` and `own` are the JSON-able texts of guide and shop, `codes` the places in them that want a
    code, as (whose, path, payload). `texts` and `addresses` are what the result is looked through for.
    """

    job: batch.Job
    html: str
    shared: dict[str, Any]
    own: dict[str, Any]
    codes: tuple[tuple[str, tuple[str | int, ...], str], ...]
    texts: tuple[str, ...]
    addresses: tuple[str, ...]


def make_jobs(
    shops: int, guides: Sequence[str] = GUIDES, locales: Sequence[str] = LOCALES
) -> tuple[list[batch.Job], frozenset[str]]:
    """Plan these guides on A4 for so many invented shops; return them, and the characters of the project.

    The shops are copies of the example as it is said in each language, and no samples: nothing in their
    handouts is a draft. Those of one guide in one language follow each other.
    """
    content = load_content(ROOT)
    as_of = max(fact.seen_on for fact in content.facts.values())
    known = {language.locale: language for language in find_languages(ROOT)}
    paper = find_named("a4")
    assert paper
    selection = batch.Selection(
        tuple(guides), tuple(known[locale] for locale in locales), (paper,), ("example",)
    )
    plan = batch.make_plan(ROOT, content, selection, as_of, is_draft=True)
    jobs = []
    for job, number in itertools.product(plan.jobs, range(1, shops + 1)):
        assert job.local.shop
        shop = job.local.shop.model_copy(
            update={
                "id": f"sample-{number:04}",
                "name": f"{job.local.shop.name} {number:04}",
                "address": job.local.shop.address.replace("1-2-3", f"1-2-{number}"),
                "phone": f"00-0000-{number:04}",
                "url": f"https://example.org/{number:04}",
                "sample": False,
            }
        )
        local = replace(job.local, shop=shop, is_draft=False)
        file = job.file.replace("example-draft", shop.id)
        jobs.append(replace(job, local=local, file=file))
    return jobs, plan.characters


def make_sheets(jobs: Iterable[batch.Job], fonts: FontSet) -> list[Sheet]:
    """Make everything that peers need and that no clock is to see."""
    sheets = []
    for job in jobs:
        page = render_markup(job.local, job.paper, TEMPLATES)
        drafts = [text for text in page.texts if prose.DRAFT_OPEN in text]
        assert not drafts, f"{job.file} is not translated: {drafts[0]}"
        shared, own, codes = _Reader(job, page).read(fonts)
        html = dress(page, job, fonts)
        sheets.append(Sheet(job, html, shared, own, codes, page.texts, page.addresses))
    return sheets


def dress(page: Page, job: batch.Job, fonts: FontSet) -> str:
    """Return our HTML with all its CSS inside, heads and feet as strings, for a browser."""
    names = (*STYLE_SHEETS, job.paper.name)
    css = "".join((TEMPLATES / "css" / f"{name}.css").read_text(encoding="utf-8") for name in names)
    margins = {
        name: _words(element).replace(prose.GAP, "")
        for element in _parse(page.html).iter("div")
        for name in ("head-left", "role-you", "role-staff", "foot-left")
        if name in _classes(element)
    }

    def use(found: re.Match[str]) -> str:
        text = margins[found[1]].replace("\\", "\\\\").replace('"', '\\"')
        is_role = "role" in found[1]
        style = "font-weight: 700; color: #1A1A1A; text-align: right" if is_role else "color: #4A4A4A"
        return f'content: "{text}"; font: 8.5pt/12pt "{fonts.family}"; {style}'

    css = re.sub(r"content: element\((head-left|role-you|role-staff|foot-left)\)", use, css + page.style)
    css = f"{font_face_css(fonts)}{css}.running {{ display: none }} .pair.last {{ display: flow-root }}"
    html = page.html.replace("</head>", f"<style>{css}</style></head>")
    return html.replace(prose.GAP, '<span class="gap"></span>')


def _parse(html: str) -> Element:
    import tinyhtml5

    root: Element = tinyhtml5.parse(html, namespace_html_elements=False)
    return root


def _classes(element: Element) -> list[str]:
    return element.get("class", "").split()


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]  # that of a picture has a namespace


def _words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


Runs = list[dict[str, Any]]


def read_runs(element: Element | None) -> Runs:
    """Return the text of an element as runs, without gaps (typst sets its own) and without pictures."""
    runs: Runs = []

    def walk(element: Element, style: dict[str, Any]) -> None:
        if _tag(element) == "svg":
            return
        here = dict(style)
        if element.tag == "b":
            here["b"] = True
        if "term" in _classes(element):
            here["term"] = True
        if "unbroken" in _classes(element):
            here["u"] = True
        if lang := element.get("lang"):
            here["lang"] = lang
        add(element.text, here)
        for child in element:
            walk(child, here)
            add(child.tail, style)

    def add(text: str | None, style: dict[str, Any]) -> None:
        text = re.sub(r"\s+", " ", (text or "").replace(prose.GAP, ""))
        if text:
            if runs and {k: v for k, v in runs[-1].items() if k != "t"} == style:
                runs[-1]["t"] += text
            else:
                runs.append({"t": text, **style})

    if element is not None:
        walk(element, {})
    for run, after in itertools.pairwise(runs):
        if run["t"].endswith(" ") and after["t"].startswith(" "):
            after["t"] = after["t"].lstrip(" ")
    runs = [run for run in runs if run["t"]]
    if runs:
        runs[0]["t"] = runs[0]["t"].lstrip(" ")
        runs[-1]["t"] = runs[-1]["t"].rstrip(" ")
    return [run for run in runs if run["t"]]


class _Reader:
    """Reads our HTML, block by block, as the texts that handout.typ arranges."""

    def __init__(self, job: batch.Job, page: Page) -> None:
        self.job = job
        self.root = _parse(page.html)
        self.addresses = iter(page.addresses)
        self.codes: list[tuple[str, tuple[str | int, ...], str]] = []
        self.blocks = {b.get("data-block"): b for b in self.root.iter() if b.get("data-block")}

    def find_all(self, block: Element | None, name: str) -> list[Element]:
        """Return the elements below one that have a class, or else are a tag, in order."""
        if block is None:
            return []
        if name.startswith("."):
            return [e for e in block.iter() if e is not block and name[1:] in _classes(e)]
        return [e for e in block.iter() if e is not block and _tag(e) == name]

    def say(self, block: Element | None, name: str, number: int = 0) -> Runs:
        """Return the runs of the n-th such element."""
        found = self.find_all(block, name)
        return read_runs(found[number]) if len(found) > number else []

    def head(self, block: Element) -> dict[str, Any]:
        """Return the head of a block: its title, and the Japanese beside it."""
        head = self.find_all(block, "h2")[0]
        gloss = self.find_all(head, ".gloss")
        found: dict[str, Any] = {}
        if gloss:
            found["gloss"] = read_runs(gloss[0])
            head.remove(gloss[0])
        return {"title": read_runs(head), **found}

    def code(self, block: Element, whose: str, *path: str | int) -> dict[str, str]:
        """Return the room for a code, which is made while the clock runs."""
        title = self.find_all(block, "title")
        self.codes.append((whose, path, next(self.addresses)))
        return {"svg": "", "alt": _words(title[0])}

    def read(
        self, fonts: FontSet
    ) -> tuple[dict[str, Any], dict[str, Any], tuple[tuple[str, tuple[str | int, ...], str], ...]]:
        """Return the texts of the guide, those of the shop, and the codes in both."""
        local = self.job.local
        tag = local.language.tag
        lang, region = TYPST_LANGUAGES.get(tag, (tag.split("-")[0], None))
        about = describe(local)
        running = {name: self.say(self.root, f".{name}") for name in ("role-you", "role-staff")}
        guide: dict[str, Any] = {
            "family": fonts.family,
            "accent": local.carrier.accent if local.carrier else "#0B5D4E",
            "language": {"lang": lang, "region": region, "spaced": local.language.is_spaced},
            "about": {
                "title": about["title"],
                "subject": about["subject"],
                "keywords": about["keywords"].split(", "),
            },
            **running,
            "foot": self.say(self.root, ".foot-left"),
        }
        shop: dict[str, Any] = {"author": about["author"], "head": self.say(self.root, ".head-left")}
        for name, block in self.blocks.items():
            if name == "shop":
                shop |= self.shop(block)
            elif name:
                guide[name] = getattr(self, name)(block)
        return guide, shop, tuple(self.codes)

    def band(self, block: Element) -> dict[str, Any]:
        edition = self.find_all(block, ".edition")[0]
        title = self.find_all(block, ".title")[0]
        return {
            "brand": self.say(block, ".brand"),
            "title": self.say(title, "h1"),
            "scope": self.say(title, "p"),
            "language": self.say(edition, "b"),
            "staff-title": self.say(self.find_all(edition, "p")[1], "span", 0)
            or self.lines(self.find_all(edition, "p")[1])[0],
            "edition": self.say(self.find_all(edition, "p")[1], "span", 1)
            or self.lines(self.find_all(edition, "p")[1])[1],
        }

    def lines(self, paragraph: Element) -> list[Runs]:
        """Return the two lines of a paragraph that a break parts."""
        before = [{"t": (paragraph.text or "").strip(), "lang": "ja"}]
        after = [{"t": "".join(e.tail or "" for e in paragraph).strip(), "lang": "ja"}]
        return [before, after]

    def summary(self, block: Element) -> dict[str, Any]:
        return {"title": self.say(block, "h2"), "body": self.say(block, "p")}

    def check(self, block: Element) -> dict[str, Any]:
        rows = [
            {part: self.say(row, f".{part}") for part in ("ask", "answer", "then")}
            for row in self.find_all(block, "li")
        ]
        return {**self.head(block), "rows": rows}

    def choices(self, block: Element) -> dict[str, Any]:
        rows = []
        for number, row in enumerate(self.find_all(block, "li")):
            signs = self.find_all(self.find_all(row, ".signs")[0], "p")
            go = self.find_all(self.find_all(row, ".go")[0], "p")
            rows.append(
                {
                    "name": self.say(row, ".name"),
                    "signs": [read_runs(signs[0])],
                    "brands": [read_runs(p) for p in signs[1:]],
                    "go": read_runs(go[0]),
                    "page": read_runs(go[1]),
                    "code": self.code(row, "guide", "choices", "rows", number, "code"),
                }
            )
        return {**self.head(block), "rows": rows}

    def checklist(self, block: Element) -> dict[str, Any]:
        rows = []
        for row in self.find_all(block, "li"):
            name, *notes = self.find_all(row, "p")
            rows.append({"name": read_runs(name), "notes": [read_runs(p) for p in notes]})
        return {**self.head(block), "rows": rows}

    def steps(self, block: Element) -> dict[str, Any]:
        rows = []
        for row in self.find_all(block, "li"):
            where = self.find_all(row, ".where")[0]
            expect = self.find_all(row, ".expect")[0]
            labels = [e for e in expect if "term" in _classes(e)]
            for label in labels:
                expect.remove(label)
            body = next(p for p in self.find_all(row, "p") if not p.get("class"))
            rows.append(
                {
                    "numeral": self.say(row, ".numeral"),
                    "title": self.say(row, "h3"),
                    "channels": [name for name in _classes(where) if name != "where"],
                    "where": read_runs(where),
                    "body": read_runs(body),
                    # The template draws the frame, so the words are not framed once more.
                    "labels": [[{"t": _words(label), "lang": "ja"}] for label in labels],
                    "expect": read_runs(expect),
                }
            )
        return {**self.head(block), "rows": rows}

    def words(self, block: Element) -> dict[str, Any]:
        rows = []
        for row in self.find_all(block, "li"):
            term, reading, gloss = self.find_all(row, "p")
            rows.append(
                {
                    "term": [{"t": _words(term), "lang": "ja"}],
                    "reading": read_runs(reading),
                    "gloss": read_runs(gloss),
                }
            )
        return {**self.head(block), "rows": rows}

    def call(self, block: Element) -> dict[str, Any]:
        title, note, address = self.find_all(self.find_all(block, ".page")[0], "p")
        number = self.say(block, ".number")
        return {
            "hero": "page" if "hero-page" in _classes(block) else "number",
            "title": self.say(block, "h2"),
            "code": self.code(block, "guide", "call", "code"),
            "page-title": read_runs(title),
            "page-note": read_runs(note),
            "address": read_runs(address),
            "about": self.say(block, ".about"),
            **({"number": number} if number else {}),
        }

    def channels(self, block: Element) -> dict[str, Any]:
        rows = []
        for row in self.find_all(self.find_all(block, "tbody")[0], "tr"):
            name, hours, languages = self.find_all(row, "td")
            rows.append(
                {
                    "kind": name.get("class"),
                    "name": self.say(name, "p", 0),
                    "can": self.say(name, "p", 1),
                    "hours": read_runs(hours),
                    "languages": read_runs(languages),
                }
            )
        return {**self.head(block), "head": [read_runs(e) for e in self.find_all(block, "th")], "rows": rows}

    def phrases(self, block: Element) -> dict[str, Any]:
        banner = self.find_all(block, ".banner")[0]
        ours, theirs = (self.find_all(banner, name)[0] for name in (".reader", ".ja"))
        rows = []
        for row in self.find_all(block, "li"):
            answers = []
            for answer in self.find_all(row, ".answer"):
                rooms = self.find_all(answer, ".room")
                found: dict[str, Any] = {
                    "kind": _classes(answer)[1],
                    "room": _classes(rooms[0])[1] if rooms else "none",
                }
                if notes := self.find_all(answer, ".note"):
                    found["gloss"] = read_runs(notes[0])
                    answer.remove(notes[0])
                answers.append({**found, "ja": read_runs(answer)})
            rows.append(
                {
                    "numeral": self.say(row, ".numeral"),
                    "reader": self.say(row, ".reader"),
                    "sentence": self.say(row, ".sentence"),
                    "answers": answers,
                }
            )
        return {
            "title": self.say(ours, "h2"),
            "how": self.say(ours, "p"),
            "to": self.say(theirs, "p", 0),
            "ja-how": self.say(theirs, "p", 1),
            "rows": rows,
        }

    def notices(self, block: Element) -> dict[str, Any]:
        return {**self.head(block), "rows": [read_runs(e) for e in self.find_all(block, "li")]}

    def _entries(self, block: Element) -> dict[str, Any]:
        rows = [
            {"name": self.say(row, ".name"), "body": self.say(row, ".body")}
            for row in self.find_all(block, "li")
        ]
        return {**self.head(block), "rows": rows}

    costs = losses = desks = _entries

    def sources(self, block: Element) -> dict[str, Any]:
        return self.summary(block)

    def shop(self, block: Element) -> dict[str, Any]:
        reach = [
            read_runs(e)
            for e in self.find_all(block, ".unbroken")
            if any(e in list(p) for p in self.find_all(block, ".reach"))
        ]
        lines = [p for p in self.find_all(block, "p") if not p.get("class")]
        logo = self.job.local.logo
        return {
            "title": self.say(block, "h2"),
            "lines": [read_runs(p) for p in lines],
            "reach": reach,
            "line": [read_runs(p) for p in self.find_all(block, ".line")],
            **({"logo": logo.decode()} if logo else {}),
            **({"code": self.code(block, "shop", "code")} if self.find_all(block, "svg") else {}),
        }


# --- engines -----------------------------------------------------------------------------------------


class Printer(Protocol):
    """What prints one handout; opening it is not measured, nor is its first round."""

    def print(self, sheet: Sheet) -> bytes:
        """Return the PDF."""
        ...

    def close(self) -> None:
        """End what it started."""
        ...


class OurPrinter:
    """Our own way: from texts to bytes, and judged where asked."""

    def __init__(self, fonts: FontSet, cache: Path, *, is_judged: bool) -> None:
        self.engine = Engine(TEMPLATES, fonts, cache)
        self.fonts, self.pinned, self.is_judged = fonts, find_pinned_fonts(), is_judged

    def print(self, sheet: Sheet) -> bytes:
        job = sheet.job
        if self.is_judged:
            made = build(job.local, job.paper, TEMPLATES, self.engine, self.fonts, self.pinned)
            assert made.pdf, made.problems
            return made.pdf
        page = render_markup(job.local, job.paper, TEMPLATES)
        return self.engine.write_pdf(self.engine.lay_out(page.html, page.style, job.paper), job.paper)[0]

    def close(self) -> None:
        return


class ChainPrinter:
    """Our way for many shops: panels anew in each round, pages once, all of it judged."""

    def __init__(self, fonts: FontSet, cache: Path) -> None:
        engine = Engine(TEMPLATES, fonts, cache)
        self.foundry = Foundry(TEMPLATES, engine, fonts, find_pinned_fonts())
        self.made: dict[str, bytes] = {}

    def print(self, sheet: Sheet) -> bytes:
        return self.made.pop(sheet.job.file)

    def prepare(self, sheets: Sequence[Sheet]) -> None:
        """Make all sheets of a round: what they share is made together."""
        for jobs in batch.split_tasks([sheet.job for sheet in sheets], 1):
            orders = [Order(job.local, job.paper) for job in jobs]
            for job, made in zip(jobs, self.foundry.make(orders), strict=True):
                assert made.pdf, made.problems
                self.made[job.file] = made.pdf

    def close(self) -> None:
        return


@functools.lru_cache(maxsize=256)
def make_code(payload: str) -> str:
    """Return a code of level M as SVG, with one mask: the others are not tried."""
    import segno

    code = segno.make_qr(payload, error="m", boost_error=False, mask=MASK)
    rows = [bytes(row) for row in code.matrix_iter(border=QUIET_ZONE)]
    steps = "".join(
        f"M{run.start()} {y}h{len(run[0])}v1h-{len(run[0])}z"
        for y, row in enumerate(rows)
        for run in re.finditer(b"\x01+", row)
    )
    symbol = Symbol(payload, len(rows), steps)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {symbol.size} {symbol.size}">'
        f'<path d="{symbol.path}"/></svg>'
    )


class TypstPrinter:
    """typst: one compiler for all documents, whose memo lives as long as it does.

    Texts come to it in files, since it remembers by file what a layout has read. Through `sys_inputs`, which
    are a part of its library, each document is laid out from nothing, and takes more than twice as long.
    """

    def __init__(self, fonts: FontSet, cache: Path) -> None:
        import typst

        shelf = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts.regular.parent]
        )
        self.temporary = tempfile.TemporaryDirectory(prefix="carrier-guides-typst-")
        self.folder = Path(self.temporary.name)
        self.written: dict[str, str] = {}
        template = self.folder / TEMPLATE.name
        template.write_bytes(TEMPLATE.read_bytes())
        self.compiler = typst.Compiler(str(template), root=str(self.folder), font_paths=shelf)

    def print(self, sheet: Sheet) -> bytes:
        texts = {"guide": sheet.shared, "shop": sheet.own}
        for whose, path, payload in sheet.codes:
            room: Any = texts[whose]
            for step in path:
                room = room[step]
            room["svg"] = make_code(payload)
        for name, text in texts.items():
            data = json.dumps(text, ensure_ascii=False)
            if self.written.get(name) != data:
                (self.folder / f"{name}.json").write_text(data, encoding="utf-8")
                self.written[name] = data
        pdf = self.compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=0)
        assert isinstance(pdf, bytes)
        return pdf

    def close(self) -> None:
        self.temporary.cleanup()


class ChromiumPrinter:
    """Chromium: one browser and one tab for all documents, spoken to over a pipe.

    Source: Chrome DevTools Protocol, `--remote-debugging-pipe`: it reads from 3, writes to 4, each message
    ends with NUL.
    """

    def __init__(self, fonts: FontSet, cache: Path) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="carrier-guides-chromium-")
        self.file = Path(self.folder.name) / "handout.html"
        to_it, from_it = os.pipe(), os.pipe()

        def arrange() -> None:  # in the child: 3 and 4 may be among the ends themselves
            ends = os.dup(to_it[0]), os.dup(from_it[1])
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        command = [
            find_chromium(),
            "--headless",
            "--remote-debugging-pipe",
            f"--user-data-dir={self.folder.name}/profile",
            "--no-first-run",
            "--disable-gpu",
            "--disable-extensions",
            "--disable-background-networking",
            "--disable-component-update",
            "--allow-file-access-from-files",
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
            "about:blank",
        ]
        self.process = subprocess.Popen(
            command, close_fds=False, preexec_fn=arrange, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(to_it[0])
        os.close(from_it[1])
        self.into, self.out = os.fdopen(to_it[1], "wb", 0), os.fdopen(from_it[0], "rb")
        self.number, self.session = 0, ""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.ask("Page.enable")

    def ask(self, method: str, *, wait_for: str = "", **values: object) -> dict[str, Any]:
        """Send a command and return its result, and wait for an event where one is to follow."""
        self.number += 1
        session = {"sessionId": self.session} if self.session else {}
        message = {"id": self.number, "method": method, "params": values, **session}
        self.into.write(json.dumps(message).encode() + b"\0")
        result: dict[str, Any] | None = None
        while result is None or wait_for:
            said = json.loads(self._hear())
            if said.get("id") == self.number:
                assert "result" in said, said
                result = said["result"]
            elif wait_for and said.get("method") == wait_for:
                wait_for = ""
        return result

    def _hear(self) -> bytes:
        parts = []
        while not (parts and parts[-1].endswith(b"\0")):
            part = self.out.read1(1 << 20) if not getattr(self, "rest", b"") else self.rest
            self.rest = b""
            assert part, "chromium has ended"
            head, end, tail = part.partition(b"\0")
            parts.append(head + end)
            self.rest = tail
        return b"".join(parts)[:-1]

    def print(self, sheet: Sheet) -> bytes:
        self.file.write_text(sheet.html, encoding="utf-8")
        self.ask("Page.navigate", url=self.file.as_uri(), wait_for="Page.loadEventFired")
        self.ask("Runtime.evaluate", expression="document.fonts.ready.then(() => 1)", awaitPromise=True)
        printed = self.ask(
            "Page.printToPDF", preferCSSPageSize=True, printBackground=True, generateTaggedPDF=True
        )
        return base64.b64decode(printed["data"])

    def close(self) -> None:
        with contextlib.suppress(AssertionError, OSError):
            self.session = ""
            self.ask("Browser.close")
        self.process.wait()
        self.folder.cleanup()


def find_chromium() -> str:
    """Return the path of the machine's Chromium, "" where it has none."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next((path for path in found if path), "")


def explain_absence(peer: str) -> str:
    """Return why a peer cannot be measured here, "" where it can."""
    if peer.startswith("typst") and importlib.util.find_spec("typst") is None:
        return "typst is not installed: .venv/bin/pip install -e '.[peers]'"
    if peer == "chromium" and not find_chromium():
        return "this machine has no chromium"
    return ""


def open_printer(peer: str, fonts: FontSet, cache: Path) -> Printer:
    """Return a peer, warm but for its first document."""
    if peer.startswith("typst"):
        return TypstPrinter(fonts, cache)
    if peer == "chromium":
        return ChromiumPrinter(fonts, cache)
    if peer == "ours, a chain":
        return ChainPrinter(fonts, cache)
    return OurPrinter(fonts, cache, is_judged=peer == "ours, judged")


# --- measuring ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spent:
    """What a round took: seconds of CPU a handout, seconds on the clock in all, bytes of memory after it."""

    cpu: float
    wall: float
    memory: int


class Peer:
    """A peer in a process of its own, which waits between rounds so that others can take their turn."""

    def __init__(self, name: str, sheets: Sequence[Sheet], fonts: FontSet, cache: Path) -> None:
        # Not forked: whoever measures may have threads.
        context = multiprocessing.get_context("spawn")
        self.pipe, end = context.Pipe()
        self.sheets = sheets if name != "typst, shops apart" else set_apart(sheets)
        self.process = context.Process(
            target=_serve, args=(end, name, self.sheets, fonts, cache), daemon=name != "chromium"
        )
        self.process.start()
        end.close()

    def begin(self) -> None:
        """Print all sheets once, and do not wait."""
        self.pipe.send("round")

    def end(self) -> Spent:
        """Wait for the round that was begun."""
        spent: Spent = self.pipe.recv()
        return spent

    def run(self) -> Spent:
        """Print all sheets once."""
        self.begin()
        return self.end()

    def show(self) -> list[tuple[Sheet, bytes]]:
        """Print all sheets once more and return what came out; nothing is measured."""
        self.pipe.send("show")
        return list(zip(self.sheets, self.pipe.recv(), strict=True))

    def close(self) -> None:
        """End its process."""
        with contextlib.suppress(OSError):
            self.pipe.send("close")
        self.process.join()

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def set_apart(sheets: Sequence[Sheet]) -> list[Sheet]:
    """Return the sheets in the order of shops, so that the next of a guide comes after all other guides."""
    return sorted(sheets, key=lambda sheet: sheet.job.key[3])


def _serve(pipe: Any, name: str, sheets: Sequence[Sheet], fonts: FontSet, cache: Path) -> None:  # noqa: ANN401
    """Do what the pipe says until it says `close` or its other end is gone."""
    printer = open_printer(name, fonts, cache)
    family = name == "chromium"
    try:
        while (word := pipe.recv()) != "close":
            gc.collect()
            before, start = _cpu(family), time.perf_counter()
            if isinstance(printer, ChainPrinter):
                printer.prepare(sheets)
            pdfs = [printer.print(sheet) for sheet in sheets] if word == "show" else []
            if word == "round":
                for sheet in sheets:
                    printer.print(sheet)
            wall, cpu = time.perf_counter() - start, _cpu(family) - before
            pipe.send(pdfs if word == "show" else Spent(cpu / len(sheets), wall, _memory_of_family()))
    except EOFError:
        pass
    finally:
        printer.close()


def _cpu(with_family: bool) -> float:
    """Return the seconds of CPU so far, of this process and, where it has some, all that it started.

    Source: proc(5), stat: 14 to 17 are user and system time, and those of children that were waited for.
    """
    seconds = time.process_time()
    if with_family:
        for pid in _family_of(os.getpid()):
            if pid != os.getpid():
                with contextlib.suppress(OSError):
                    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                    seconds += sum(map(int, fields[11:15])) / TICKS
    return seconds


def _family_of(pid: int) -> Iterator[int]:
    yield pid
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _family_of(int(child))


def _memory_of_family() -> int:
    total = 0
    for pid in _family_of(os.getpid()):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                total += int(line.split()[1]) * 1024 if line.startswith("Pss:") else 0
    return total


def measure_peer(
    name: str, jobs: Sequence[batch.Job], fonts: FontSet, cache: Path, rounds: int = 3
) -> list[float]:
    """Return the seconds of CPU a handout of each round, after one to warm up."""
    with Peer(name, make_sheets(jobs, fonts), fonts, cache) as peer:
        peer.run()
        return [peer.run().cpu for _ in range(rounds)]


def measure_typst(jobs: Sequence[batch.Job], fonts: FontSet, cache: Path, rounds: int = 3) -> float:
    """Return the seconds of CPU that typst needs for a handout on A4, the median of the rounds."""
    return statistics.median(measure_peer("typst", jobs, fonts, cache, rounds))


def measure_pair(name: str, sheets: Sequence[Sheet], fonts: FontSet, cache: Path) -> float:
    """Return the handouts a second of two processes with half of the sheets each."""
    half = len(sheets) // 2
    with (
        Peer(name, sheets[:half], fonts, cache) as first,
        Peer(name, sheets[half:], fonts, cache) as second,
    ):
        both = (first, second)
        for _ in range(2):  # the first warms up
            start = time.perf_counter()
            for peer in both:
                peer.begin()
            for peer in both:
                peer.end()
            wall = time.perf_counter() - start
    return len(sheets) / wall


# --- looking -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """What is in the PDFs of a peer. `lost` are texts that were not found, with their handout."""

    texts: int
    codes: int
    wanted_codes: int
    pages: frozenset[int]
    tagged: int
    sizes: tuple[int, ...]
    lost: tuple[str, ...]


def look(made: Sequence[tuple[Sheet, bytes]]) -> Look:
    """Read PDFs back: their texts by pdftotext, their codes by zxing-cpp, their tags and pages by pikepdf."""
    import io

    import pikepdf
    import pypdfium2
    import zxingcpp

    texts = codes = wanted = tagged = 0
    pages: set[int] = set()
    lost = []
    for sheet, pdf in made:
        read = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, stdout=subprocess.PIPE, check=True)
        found = _squash(read.stdout.decode())
        missing = [text for text in sheet.texts if _squash(text) not in found]
        texts += len(sheet.texts)
        lost += [f"{sheet.job.file}: {text}" for text in missing]
        with pikepdf.open(io.BytesIO(pdf)) as document:
            pages.add(len(document.pages))
            tagged += "/StructTreeRoot" in document.Root and "/Lang" in document.Root
        document = pypdfium2.PdfDocument(pdf)
        pictures = [document[number].render(scale=3).to_pil() for number in range(len(document))]
        seen = {code.text for picture in pictures for code in zxingcpp.read_barcodes(picture)}
        wanted += len(set(sheet.addresses))
        codes += len(seen & set(sheet.addresses))
    sizes = tuple(len(pdf) for _, pdf in made)
    return Look(texts, codes, wanted, frozenset(pages), tagged, sizes, tuple(lost))


def _squash(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).replace("\u00ad", "").split())


def main() -> None:
    """Measure the peers in turns and print a table."""
    parser = argparse.ArgumentParser(description="Print our handouts with other engines.")
    parser.add_argument("--shops", type=int, default=20, help="invented shops, 12 handouts each")
    parser.add_argument("--rounds", type=int, default=3, help="measured rounds, after one to warm up")
    parser.add_argument("--peers", default=";".join(PEERS), help="names, with ; between: %(default)s")
    parser.add_argument("--save", type=Path, help="a folder for the PDFs of the first shop")
    options = parser.parse_args()
    names = []
    for name in options.peers.split(";"):
        if why := explain_absence(name):
            print(f"{name}: left out, {why}", file=sys.stderr)
        else:
            names.append(name)
    cache = ROOT / ".cache"
    jobs, characters = make_jobs(options.shops)
    fonts = make_fonts(characters, cache)
    sheets = make_sheets(jobs, fonts)
    print(f"{len(sheets)} handouts: {len(GUIDES)} guides, {len(LOCALES)} languages, {options.shops} shops\n")
    spent: dict[str, list[Spent]] = {name: [] for name in names}
    looks: dict[str, Look] = {}
    with contextlib.ExitStack() as stack:
        peers = {name: stack.enter_context(Peer(name, sheets, fonts, cache)) for name in names}
        for round_ in range(options.rounds + 1):
            # In turns, and each round in the other direction: who comes after whom is not always the same.
            for name in names if round_ % 2 else reversed(names):
                found = peers[name].run()
                if round_:  # the first round warms up
                    spent[name].append(found)
        for name in names:
            made = peers[name].show()
            looks[name] = look(made)
            if options.save:
                save(made, options.save / name.replace(", ", "-").replace(" ", "-"))
    pairs = {name: measure_pair(name, sheets, fonts, cache) for name in names}
    print(
        f"{'':<20}{'CPU ms a handout':>20}{'x ours':>8}{'a second':>10}{'2 proc.':>9}{'PDF KB':>8}"
        f"{'texts':>13}{'codes':>9}{'tagged':>8}{'pages':>7}{'MB':>6}"
    )
    for name in names:
        times = sorted(one.cpu * 1000 for one in spent[name])
        ratio = ""
        if "ours" in spent:
            ratios = (one.cpu / ours.cpu for one, ours in zip(spent[name], spent["ours"], strict=True))
            ratio = f"{statistics.median(ratios):.2f}"
        seen = looks[name]
        middle = f"{statistics.median(times):.1f} ({times[0]:.1f}-{times[-1]:.1f})"
        speed = len(sheets) / statistics.median(one.wall for one in spent[name])
        print(
            f"{name:<20}{middle:>20}{ratio:>8}{speed:>10.1f}{pairs[name]:>9.1f}"
            f"{statistics.median(seen.sizes) / 1000:>8.0f}"
            f"{f'{(seen.texts - len(seen.lost)) / seen.texts:.2%}':>13}"
            f"{f'{seen.codes}/{seen.wanted_codes}':>9}"
            f"{f'{seen.tagged}/{len(seen.sizes)}':>8}{'/'.join(map(str, sorted(seen.pages))):>7}"
            f"{spent[name][-1].memory / 1e6:>6.0f}"
        )
    for name in names:
        for text in looks[name].lost[:5]:
            print(f"{name}: not found: {text}")
    print(f"\n{NOTES}")


def save(made: Sequence[tuple[Sheet, bytes]], folder: Path) -> None:
    """Write the handouts of the first shop, to be looked at."""
    folder.mkdir(parents=True, exist_ok=True)
    first = min(sheet.job.key[3] for sheet, _ in made)
    for sheet, pdf in made:
        if sheet.job.key[3] == first:
            (folder / sheet.job.file.replace("/", "-")).write_bytes(pdf)


if __name__ == "__main__":
    main()
