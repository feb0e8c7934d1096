"""Make the handouts of many shops: what they share once, what differs in a few thousandths of a second each.

    shops ─ render_panels ─ lay_out ─ judge ─▶ panels ─────────────┐
    guide ─ markup with a hole ─ lay_out ─ judge ─▶ mould ─────────┴─ assemble ─ prove ─▶ Finished

Panels are laid out many to a document and judged there; pages with a hole are judged as a handout is. The
first handout of a mould is judged whole, as one file. Of each, the finished bytes are read back and proved to
be the judged pages and the judged panel, and nothing else (`readback.assembled`).
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from generator.assembly import Mould, MouldError, Panel, assemble, read_mould, read_panels
from generator.checks import RULES, Expected, check_handout
from generator.fonts import FontSet, PinnedFonts
from generator.localize import HOLE_CODE, LocalizedGuide
from generator.markup import PANEL_PAGE_MM, describe, render_markup, render_panels
from generator.paper import Paper
from generator.pipeline import (
    Finished,
    build,
    describe_unread,
    judge_draft,
    name_handout,
    order,
    write_pages,
)
from generator.problem import Problem, ProjectError
from generator.store import Store

if TYPE_CHECKING:
    from generator.layout import Engine
    from generator.press import Intent

# Panels that are laid out and judged as one document. More save little, and are lost together.
PANELS_AT_ONCE = 24
# Moulds that a worker keeps; one has about 0.15 MB.
MOST_MOULDS = 400

# What a sheet with one panel on each page cannot have, or has on purpose: it is no handout.
_NOT_OF_PANELS: set[str] = set()


@dataclass(frozen=True)
class Order:
    """A handout to be put together: what is said, on which paper, and the rules that it is not judged by.

    `made_with` is the hash of templates, engine, fonts and paper. Without it nothing is kept.
    """

    local: LocalizedGuide
    paper: Paper
    ignored: tuple[str, ...] = ()
    made_with: str = ""


def can_assemble(local: LocalizedGuide, paper: Paper, *, is_fit: bool) -> bool:
    """Tell whether a handout is put together; others are laid out whole.

    On a sheet, where the panel has a place of its own and the code stands at the end of its line.
    """
    is_sheet = paper.layout == "sheet" and paper.medium == "office" and not paper.beside
    return local.shop is not None and is_sheet and not is_fit


@dataclass(frozen=True)
class _MadePanel:
    """A panel that is judged; `problems` keep it from being used; `texts` and `addresses` are its own."""

    panel: Panel | None
    height_px: float
    texts: tuple[str, ...]
    addresses: tuple[str, ...]
    problems: tuple[Problem, ...]


@dataclass
class _MadeMould:
    """Pages with a hole that are judged; `is_trusted` when a handout made of them was judged whole.

    `key` is what they are kept by. Those that come from the store have no `expected`, and are trusted no
    sooner: what was kept saves a layout, not a judgement.
    """

    mould: Mould | None
    pages: int
    addresses: tuple[str, ...]
    problems: tuple[Problem, ...]
    expected: Expected | None = None
    is_trusted: bool = False
    key: str = ""


def _write_mould(made: _MadeMould) -> bytes:
    """Return pages that are trusted as they are kept."""
    assert made.mould, "only what was made is kept"
    fields = {**vars(made.mould), "head": made.mould.head.decode("latin-1")}
    fields["entries"] = made.mould.entries.decode("latin-1")
    problems = [asdict(problem) for problem in made.problems]
    kept = {"mould": fields, "pages": made.pages, "addresses": made.addresses, "problems": problems}
    return json.dumps(kept, ensure_ascii=False).encode()


def _read_mould(data: bytes) -> _MadeMould | None:
    """Return pages that were kept; None where they are not as they are written today."""
    try:
        kept = json.loads(data)
        fields = kept["mould"]
        for name in ("info", "metadata", "resources", "parent", "marks"):
            fields[name] = tuple(fields[name])
        fields["codes"] = tuple(tuple(code) for code in fields["codes"])
        mould = Mould(
            **{
                **fields,
                "head": fields["head"].encode("latin-1"),
                "entries": fields["entries"].encode("latin-1"),
            }
        )
        problems = tuple(
            Problem(**{**problem, "box_mm": tuple(problem["box_mm"])}) for problem in kept["problems"]
        )
        return _MadeMould(mould, int(kept["pages"]), tuple(kept["addresses"]), problems)
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


@dataclass
class Foundry:
    """Makes panels and moulds, each once, and puts handouts together. One a worker."""

    templates: Path
    engine: Engine
    fonts: FontSet
    pinned: PinnedFonts
    store: Store | None = None
    moulds: dict[tuple[str, str, float, tuple[str, ...]], _MadeMould] = field(default_factory=dict)

    def make(self, orders: Sequence[Order]) -> Iterator[Finished]:
        """Make handouts of one language and paper, judged by one set of rules, in this order."""
        started = time.perf_counter()
        panels: dict[str, _MadePanel] = {}
        try:
            firsts = {_shop_of(one): one for one in reversed(orders)}
            keys = list(dict.fromkeys(_shop_of(one) for one in orders))
            made = self.make_panels([firsts[key] for key in keys])
            panels = dict(zip(keys, made, strict=True))
        except ProjectError as error:
            yield from (_refuse(one, error.problems) for one in orders)
            return
        except OSError as error:
            yield from (_refuse(one, (describe_unread(error, self.templates),)) for one in orders)
            return
        except MouldError:
            # Written in a way that is not known here: laid out whole, each is right all the same.
            yield from (self.make_whole(one) for one in orders)
            return
        each = (time.perf_counter() - started) / len(orders)
        for one in orders:
            yield self.make_one(one, panels[_shop_of(one)], each)

    def make_whole(
        self,
        one: Order,
        shorter: Mapping[tuple[str, ...], LocalizedGuide] | None = None,
        *,
        is_fit: bool = False,
        intent: Intent | None = None,
    ) -> Finished:
        """Lay out a handout whole (see `pipeline.build`)."""
        return build(
            one.local,
            one.paper,
            self.templates,
            self.engine,
            self.fonts,
            self.pinned,
            shorter,
            is_fit=is_fit,
            ignored=one.ignored,
            intent=intent,
        )

    def make_one(self, one: Order, made: _MadePanel, panel_seconds: float) -> Finished:
        """Put one handout together, and judge it."""
        from generator.readback.assembled import prove

        if errors := tuple(p for p in one.local.problems if p.severity == "error"):
            return _refuse(one, errors)
        name = name_handout(one.local, one.paper)
        if made.problems:
            return _refuse(one, tuple(replace(problem, handout=name) for problem in made.problems))
        start = time.perf_counter()
        seconds = {"panel": panel_seconds}
        try:
            mould = self.find_mould(one, made.height_px)
        except MouldError:
            return self.make_whole(one)
        except ProjectError as error:
            return _refuse(one, error.problems)
        except OSError as error:
            return _refuse(one, (describe_unread(error, self.templates),))
        seconds["pages"] = time.perf_counter() - start
        if mould.mould is None or made.panel is None:
            return _refuse(one, tuple(replace(problem, handout=name) for problem in mould.problems))
        start = time.perf_counter()
        edition = one.local.edition()
        author = describe(one.local)["author"]
        pdf = assemble(mould.mould, made.panel, edition, author)
        seconds["assemble"] = time.perf_counter() - start
        start = time.perf_counter()
        found = [
            Problem(handout=name, rule="PDF-01", what=what, hint="make it again; if it stays, tell us")
            for what in prove(pdf, mould.mould, made.panel, edition, author)
        ]
        if not mould.is_trusted and not found:
            pages = mould.expected or self.expect_pages(one, made.height_px, mould.pages)
            whole = self.judge(pdf, self.expect(one, pages, made, edition), one)
            # Warnings are those of the pages: which handout comes first must not matter.
            found += [problem for problem in whole if problem.severity == "error"]
            mould.is_trusted = not found
            if found and not mould.expected:  # what was kept is not what it should be
                self.find_mould(one, made.height_px, is_new=True)
                return self.make_one(one, made, panel_seconds)
            if mould.is_trusted and mould.expected and self.store and one.made_with:
                self.store.keep("moulds", mould.key, _write_mould(mould))
        seconds["check"] = time.perf_counter() - start
        warnings = tuple(problem for problem in one.local.problems if problem.severity != "error")
        of_pages = (replace(problem, handout=name) for problem in mould.problems)
        return Finished(
            name,
            pdf,
            mould.pages,
            edition,
            tuple(dict.fromkeys((*mould.addresses, *made.addresses))),
            tuple(dict.fromkeys((*warnings, *of_pages, *found))),
            seconds,
            one.local.facts,
            (),
            one.local.parts(),
            one.local.look_by,
        )

    def judge(self, pdf: bytes, expected: Expected, one: Order) -> tuple[Problem, ...]:
        """Judge a file by all rules that it is to be judged by."""
        from generator.readback import read_pdf

        facts = read_pdf(pdf, self.fonts, self.pinned, expected.handout)
        rules = [rule for rule in RULES if rule not in one.ignored]
        return judge_draft(one.local, check_handout(facts, expected, rules))

    def expect(self, one: Order, pages: Expected, made: _MadePanel, edition: str) -> Expected:
        """Say what a handout must be, from what its pages and its panel must be."""
        at = pages.texts.index("+")
        shop = one.local.shop
        assert shop, "only a handout with a shop is put together"
        phones = {shop.phone.replace("-", "").replace("+", "")} - {""}
        hosts = {made.addresses[0].split("/")[2].removeprefix("www.")} if made.addresses else set()
        return replace(
            pages,
            handout=name_handout(one.local, one.paper),
            author=describe(one.local)["author"],
            texts=(*pages.texts[:at], *made.texts, *pages.texts[at + 1 :]),
            margins=tuple(text.replace(HOLE_CODE, edition) for text in pages.margins),
            addresses=tuple(dict.fromkeys((*(pages.addresses or ()), *made.addresses))),
            hosts=(pages.hosts or frozenset()) | hosts,
            phones=(pages.phones or frozenset()) | phones,
        )

    def expect_pages(self, one: Order, height_px: float, pages: int) -> Expected:
        """Say what the pages of a guide with a hole must be, without laying them out."""
        from generator.layout import LaidOut

        base = _dig_hole(one.local, height_px)
        page = render_markup(base, one.paper, self.templates)
        return order(base, one.paper, page, self.fonts.family, LaidOut(pages, (), (), None))

    def find_mould(self, one: Order, height_px: float, *, is_new: bool = False) -> _MadeMould:
        """Return the pages of a guide with a hole so high; they are made once, or anew where asked."""
        base = _dig_hole(one.local, height_px)
        key = (base.digest(), one.paper.name, height_px, one.ignored)
        if is_new:
            self.moulds[key] = replace(self.make_mould(replace(one, local=base)), key=self.moulds[key].key)
        if key not in self.moulds:
            if len(self.moulds) >= MOST_MOULDS:
                self.moulds.pop(next(iter(self.moulds)))
            name = hashlib.sha256(f"{one.made_with} {key}".encode()).hexdigest()
            kept = self.store.find("moulds", name) if self.store and one.made_with else None
            mould = _read_mould(kept) if kept else None
            self.moulds[key] = mould or self.make_mould(replace(one, local=base))
            self.moulds[key].key = name
        return self.moulds[key]

    def make_mould(self, one: Order) -> _MadeMould:
        """Lay out and judge pages with a hole."""
        written = write_pages(one.local, {}, one.paper, self.templates, self.engine, self.fonts)
        if not written.pdf:
            return _MadeMould(None, 0, (), written.problems)
        problems = self.judge(written.pdf, written.expected, one)
        if any(problem.severity == "error" for problem in problems):
            return _MadeMould(None, 0, (), problems)
        return _MadeMould(
            read_mould(written.pdf),
            written.fitting.form.laid_out.pages,
            written.expected.addresses or (),
            problems,
            written.expected,
        )

    def make_panels(self, orders: Sequence[Order]) -> tuple[_MadePanel, ...]:
        """Lay out and judge the panels of shops, as one document.

        Raises:
            ProjectError: a template is wrong.
            MouldError: a panel is written in a way that is not known.
        """
        from generator.readback import read_pdf

        first = orders[0]
        shops = [(one.local.shop, one.local.logo) for one in orders if one.local.shop]
        rendered = render_panels(first.local, shops, first.paper, self.templates)
        page = rendered.page
        if page.problems:
            raise ProjectError(page.problems)
        laid_out = self.engine.lay_out(page.html, page.style, first.paper)
        if not laid_out.document or laid_out.pages != len(shops) + 1:
            raise MouldError("a panel is longer than a page")
        heights = self.engine.measure_panels(laid_out)
        pdf, complaints = self.engine.write_pdf(laid_out, first.paper)
        expected = order(first.local, first.paper, page, self.fonts.family, laid_out, complaints)
        expected = replace(
            expected,
            pages=len(shops) + 1,
            paper=replace(first.paper, width_mm=PANEL_PAGE_MM[0], height_mm=PANEL_PAGE_MM[1]),
            phones=frozenset(shop.phone.replace("-", "") for shop, _ in shops if shop.phone),
            hosts=frozenset(url.split("/")[2].removeprefix("www.") for url in page.addresses),
        )
        facts = read_pdf(pdf, self.fonts, self.pinned, expected.handout)
        rules = [rule for rule in RULES if rule not in (*first.ignored, *_NOT_OF_PANELS)]
        problems = judge_draft(first.local, check_handout(facts, expected, rules))
        errors = [problem for problem in problems if problem.severity == "error"]
        # What is wrong with the file as a whole is wrong with each panel in it.
        of_all = tuple(problem for problem in errors if not problem.page)
        try:
            panels = read_panels(pdf, len(shops))
        except MouldError:
            if len(orders) == 1:
                raise
            panels = ()
        if len(orders) > 1 and (of_all or not panels):  # one of them spoils the others
            return tuple(panel for one in orders for panel in self.make_panels([one]))
        return tuple(
            _MadePanel(
                panel,
                height or 0.0,
                tuple(text for text in texts if text != "+"),
                addresses,
                (*of_all, *(problem for problem in errors if problem.page == number)),
            )
            for number, (panel, height, texts, addresses) in enumerate(
                zip(panels, heights[1:], rendered.texts, rendered.addresses, strict=True), start=2
            )
        )


def _dig_hole(local: LocalizedGuide, height_px: float) -> LocalizedGuide:
    """Return a guide with a hole in the place of its shop's panel."""
    problems = local.before.problems if local.before else local.problems
    return replace(local, shop=None, logo=b"", hole_px=height_px, problems=problems)


def _shop_of(one: Order) -> str:
    return one.local.shop.id if one.local.shop else ""


def _refuse(one: Order, problems: Iterable[Problem]) -> Finished:
    return Finished(name_handout(one.local, one.paper), b"", 0, one.local.edition(), (), tuple(problems), {})
