"""Explain every rule by its id: those about the input here, those about the result from `checks`.

An id of the input is a noun and what is wrong with it (`fact-due`), one of the result a family and a number
(`CJK-01`). A rule that is told anywhere has its row; `carrier-guides rules` and SARIF print it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from generator.paper import MEDIA, PAPERS, Paper, for_medium
from generator.problem import Severity


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a rule asks for, why, where it comes from, and what to do when it is broken.

    `name` says what is right. `limits` has one text for each paper, or one for all of them; it is
    empty where there is nothing to measure. `needs_order`: only what we built ourselves is judged by it.
    """

    id: str
    name: str
    reason: str
    fix: str
    severity: Severity = "error"
    source: str = ""
    limits: tuple[str, ...] = ()
    needs_order: bool = False
    is_about_input: bool = False


class UnknownRuleError(ValueError):
    """Raised for a name that is no rule and no family; `near` is what may be meant, or ""."""

    def __init__(self, name: str, near: str) -> None:
        self.name, self.near = name, near
        super().__init__(name)


def explain_rules(papers: Sequence[Paper] = PAPERS) -> dict[str, Explanation]:
    """Return all rules by id, the input's first, with the limits of these papers."""
    from generator.checks import RULES, describe_limit

    names = ", ".join(paper.name for paper in papers)
    words = {"tag": "the language's tag", "family": "the family", "paper": names}
    found = {row.id: row for row in INPUT_RULES}
    for id_, rule in RULES.items():
        by_paper = {paper.name: describe_limit(rule, paper) for paper in papers}
        same = len(set(by_paper.values())) == 1
        limits = (
            (next(iter(by_paper.values())),)
            if same
            else tuple(f"{name}: {limit}" for name, limit in by_paper.items())
        )
        on_press = {describe_limit(rule, for_medium(paper, "press")) for paper in papers}
        if rule.media == MEDIA and on_press != set(by_paper.values()):
            limits = (*limits, *(f"press: {limit}" for limit in sorted(on_press)))
        found[id_] = Explanation(
            id=id_,
            name=rule.name,
            reason=rule.reason,
            fix=rule.hint.format_map(words),
            severity=rule.severity,
            source=rule.source,
            limits=limits,
            needs_order=rule.needs_order,
        )
    return found


def match_rules(names: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return the known ids that are named, in their order; `CJK` and `fact` stand for their families.

    Case does not matter, and a name may be a list: "CJK-01,geo".

    Raises:
        UnknownRuleError: a name is none of them.
    """
    known = tuple(known)
    folded = {id_: id_.casefold() for id_ in known}
    found: set[str] = set()
    for name in (part.strip() for text in names for part in text.split(",")):
        if not name:
            continue
        wanted = name.casefold()
        matching = {id_ for id_, text in folded.items() if text == wanted or text.startswith(f"{wanted}-")}
        if not matching:
            import difflib

            back = {text: id_ for id_, text in folded.items()}
            near = difflib.get_close_matches(wanted, back, 1, 0.5)
            raise UnknownRuleError(name, back[near[0]] if near else "")
        found |= matching
    return tuple(id_ for id_ in known if id_ in found)


def _row(id_: str, name: str, reason: str, fix: str, severity: Severity = "error") -> Explanation:
    return Explanation(id_, name, reason, fix, severity, is_about_input=True)


_NUMBER = (
    "a number that changes is kept once, with its source and its date, and every language prints the same"
)
_FACT = "keep it in content/facts and write {fact.id}"

INPUT_RULES: tuple[Explanation, ...] = (
    # --- files
    _row(
        "file",
        "files can be read and written",
        "what cannot be opened cannot be printed, judged or kept",
        "check the name, the rights, and that the disk is not full",
    ),
    _row(
        "content-missing",
        "there is content",
        "without a guide there is nothing to print",
        "run in the project's folder, or name it: carrier-guides --project FOLDER",
    ),
    _row(
        "content-unreadable",
        "content files can be read",
        "a file that is left out in silence is a guide that is not printed",
        "give the file the right to be read, or take it out of content/",
    ),
    _row(
        "content-link",
        "content stays in the project",
        "a link that leads out of it prints what nobody reviewed",
        "copy the file into content/",
    ),
    _row(
        "content-size",
        "content files hold text only",
        "a file of megabytes is no text, and would stop the build",
        "take it out of content/",
    ),
    _row(
        "content-encoding",
        "content is UTF-8",
        "in another encoding, Chinese and Japanese become other characters",
        "save the file as UTF-8",
    ),
    _row(
        "content-syntax",
        "content is TOML",
        "a file that is half understood prints half a guide",
        "see https://toml.io for the notation",
    ),
    _row(
        "content-shape",
        "content has the keys and values that are known",
        "a misspelled key would be left out in silence",
        "the message says what is known there; CONTRIBUTING.md has all of it",
    ),
    _row(
        "content-id",
        "ids are unique, and that of a guide is its file's name",
        "two things of one name are one thing to a translator",
        "give each its own id",
    ),
    _row(
        "content-dangling",
        "what is named exists",
        "a reader would be sent to something that is not there",
        "correct the id, or add what it names to content/",
    ),
    _row(
        "template",
        "templates can be read and used",
        "a template that fails would leave out a part of the page",
        "mend the line that is named, or restore it from git",
    ),
    _row(
        "text-unprinted",
        "every text of a guide is printed by a template",
        "what is written and reviewed must reach the reader",
        "print it in templates/, or take it out of the guide",
    ),
    _row(
        "merge",
        "folders that are merged agree",
        "of two handouts with one name only one can be handed out",
        "build the shards from one state of the project, and merge them again",
    ),
    _row(
        "file-name",
        "file names are taken everywhere, and each is of one handout",
        "a file that Windows, a USB stick or a zip refuses or takes for another does not reach the shop",
        "change the template of names (build --name): what tells handouts apart, as the shop, belongs in it",
    ),
    _row(
        "output-old",
        "output holds what the project makes",
        "a handout that no build corrects any more grows wrong on the rack",
        "remove it with: carrier-guides build --prune",
        "warning",
    ),
    _row(
        "worker-lost",
        "workers end by themselves",
        "a process that was killed made no handout",
        "look whether memory ran out; try again with: carrier-guides build -j 1",
    ),
    # --- facts
    _row(
        "fact-due",
        "facts have been looked at in time",
        "numbers, hours and fees change, and paper cannot be patched",
        "look at its sources again, then run: carrier-guides facts verify FACT --on DAY --by NAME",
        "warning",
    ),
    _row(
        "fact-expired",
        "facts have been looked at before they are too old to print",
        "who relies on a fee, a deadline or a number that nobody has looked at for so long pays for it",
        "look at its sources again, then run: carrier-guides facts verify FACT --on DAY --by NAME",
    ),
    _row(
        "fact-file",
        "a file of facts can be changed line by line",
        "a change by the program must not touch what people wrote",
        "change it in the file by hand, then run: carrier-guides check",
    ),
    _row(
        "edition",
        "the code of a page is known",
        "what is in the rack must be told from what is true today",
        "compare it with the page; releases are recorded by: carrier-guides build --record",
    ),
    _row(
        "edition-file",
        "the record of editions is whole",
        "a line that is lost is a page in the rack that nobody can name",
        "restore .editions.tsv from git; lines are only added",
    ),
    _row(
        "fact-dates",
        "a fact was seen before it is due, and is due within a year",
        "a fact that is never looked at again is one that nobody answers for",
        "correct seen_on or review_by",
    ),
    _row(
        "fact-status",
        "only what may be printed is used",
        "an unverified or retired number on paper does harm",
        "check it and change its status, or name another fact",
    ),
    _row(
        "fact-value",
        "the value of a fact fits its kind",
        "a phone number, an amount and an address are written in different ways",
        "write it as its source does; CONTRIBUTING.md has the kinds",
    ),
    _row(
        "fact-wording",
        "what must not be printed as a number has a safe wording",
        "where sources disagree, the reader is told whom to ask",
        "write safe_wording without the value",
    ),
    _row(
        "url-form",
        "addresses are plain https",
        "a reader types what is printed, and a code shows nothing before it is opened",
        "write https://host/path",
    ),
    _row(
        "url-host",
        "addresses are a carrier's or an authority's",
        "a stranger's page beside official ones is taken for official",
        "name a page of a host in content/carriers",
    ),
    # --- carriers and shops
    _row(
        "carrier-accent",
        "a carrier's colour carries white type, and is a grey of its own",
        "white words on a light ground are not read, and copies are black and white",
        "choose a darker accent, or one clearly lighter or darker than the other's",
    ),
    _row(
        "press-profile",
        "a profile is that of a CMYK printer",
        "another profile makes the print shop print other colours, or refuse the file",
        "ask the print shop for its ICC profile",
    ),
    _row(
        "shop-phone",
        "a shop's number is a phone number",
        "a number that cannot be dialled sends nobody anywhere",
        "write it with hyphens: 03-0000-0000",
    ),
    _row(
        "shop-logo",
        "a logo is a small, plain drawing",
        "a logo can carry scripts, links and pictures from elsewhere",
        "save it as SVG of plain paths",
    ),
    _row(
        "shop-table",
        "a table of shops can be read, and its first line names the columns",
        "a column or an encoding that is guessed wrong prints another address on every sheet",
        "save it as CSV UTF-8, with the columns id, name and address; the problem says what is known",
    ),
    _row(
        "shop-row",
        "a row of a table of shops is one shop, as it was typed",
        "spreadsheets change what looks like a number, and a cell that slipped is printed in a wrong place",
        "mend the row that is named; format its cells as text",
    ),
    _row(
        "shop-sample",
        "samples are not printed",
        "the address and the numbers of a sample are invented",
        "copy it to your own file without `sample`, or print a draft: --draft",
    ),
    _row(
        "impose",
        "pages can be put on sheets as they are",
        "pages are never scaled, so all are of one size, upright, readable, and fit on the sheet",
        "export the file again, or take another sheet; the problem says which",
    ),
    _row(
        "paper-language",
        "a paper has room for the language",
        "easy Japanese is set at 12 pt, with readings above its lines, and no small or folded paper holds it",
        "build it on another paper; the problem names them",
    ),
    # --- texts
    _row(
        "text-control",
        "texts have characters that can be printed",
        "control characters are invisible to who reviews and odd to who reads",
        "delete it",
    ),
    _row(
        "text-messenger",
        "texts name no messenger",
        "sellers put their contact on guides, and readers lose money and identity there",
        "name official channels, and the shop's own phone and page",
    ),
    _row("bare-url", "texts have no bare address", _NUMBER, _FACT),
    _row("bare-price", "texts have no bare price", _NUMBER, _FACT),
    _row("bare-date", "texts have no bare date", _NUMBER, _FACT),
    _row("bare-phone", "texts have no bare phone number", _NUMBER, _FACT),
    _row("bare-hour", "texts have no bare hour", _NUMBER, _FACT),
    _row(
        "prose-html",
        "texts are not HTML",
        "markup that is not ours is never printed",
        "write **strong** or a list",
    ),
    _row(
        "prose-draft-mark",
        "texts do not use the marks of drafts",
        "a release must not look like a draft",
        "write other brackets",
    ),
    _row(
        "prose-placeholder",
        "placeholders are known and whole",
        "one that is not filled stands on paper in braces",
        "write {fact.id}, {term.id}, {term.id.kana}, {carrier.name} or {speech}",
    ),
    _row(
        "prose-link",
        "links lead to facts",
        "an address in a text has no source and no date",
        "write [label](fact:id)",
    ),
    _row(
        "prose-emphasis",
        "emphasis is **strong**, and closed",
        "a star that means nothing is printed",
        "write **strong**, with the punctuation outside",
    ),
    # --- translations
    _row(
        "catalog-unreadable",
        "catalogs can be read",
        "without its catalog a language is not printed",
        "mend the line that is named, or make it with: carrier-guides messages update",
    ),
    _row(
        "message-missing",
        "every text is translated",
        "a reader who does not read English is not helped by English",
        "translate it, or look at the pages as a draft: --draft",
    ),
    _row(
        "message-fuzzy",
        "every translation was read after its text changed",
        "a stale instruction is worse on paper than none",
        "read both texts, mend the translation and take the fuzzy mark away",
    ),
    _row(
        "message-source",
        "the English catalog repeats the source",
        "two English texts would be two guides",
        "change the source text, then run: carrier-guides messages update",
    ),
    _row(
        "message-placeholders",
        "translations have the placeholders of their source",
        "a lost placeholder is a number that is not printed",
        "copy them as they are, in any order",
    ),
    _row(
        "message-number",
        "translations have no number of their own",
        "a number that only one language has is a slip, or not from a source",
        "write the number of the source, or a fact",
    ),
    _row(
        "message-script",
        "no kana in Chinese",
        "a Japanese word in a Chinese sentence is a slip of translation",
        "write {term.id} for a Japanese word",
    ),
    _row(
        "message-punctuation",
        "Chinese and Japanese have their own punctuation",
        "a Latin mark after a Han character looks translated by a machine",
        "write the full-width mark",
    ),
    _row(
        "message-unit",
        "numbers keep their units",
        "two months are not two weeks, and a reader plans by them",
        "write the unit of the source",
    ),
    _row(
        "message-markup",
        "emphasis and brackets are those of the source",
        "a bracket that is never closed is printed, and what was bold is overlooked",
        "open and close each of them, and emphasize what the source emphasizes",
    ),
    _row(
        "message-term",
        "a thing has one name",
        "who reads two names looks for two things",
        "use the wording of the term, or change it at its place (term/*/gloss)",
        "warning",
    ),
    _row(
        "message-sentence",
        "sentences are short",
        "a sentence that does not fit into a breath is not understood at a counter",
        "make two sentences of it",
        "warning",
    ),
    _row(
        "message-length",
        "a translation has room at its place",
        "type never shrinks: what is too long makes a third page",
        "shorten it; the comment above it in the catalog says how long it may be",
        "warning",
    ),
    _row(
        "message-progress",
        "a language is as far as was asked for",
        "a pipeline that publishes half a language prints nothing of it",
        "translate what messages check lists",
    ),
    _row(
        "catalog-exists",
        "a catalog is made once",
        "making it again would lose its translations",
        "bring it in step instead: carrier-guides messages update",
    ),
    _row(
        "language-unknown",
        "a language has a record",
        "its tag, its name and how it writes money are needed before its words",
        "write it with: carrier-guides new locale LOCALE",
    ),
    _row(
        "message-reading",
        "every kanji of an easy text has its reading",
        "who learns Japanese cannot look a character up without it",
        "write it behind the kanji, in kana: 解約《かいやく》",
    ),
    _row(
        "language-record",
        "the record of a language is whole",
        "without its tag its letters are drawn as those of another language",
        "fill in locales/<locale>/language.toml; carrier-guides schema language says what each key is",
    ),
    _row(
        "revision",
        "an earlier state can be read",
        "what changed is told by comparing with it",
        "see what there is with: git log --oneline, git branch, git tag",
    ),
    # --- fonts
    _row(
        "font-missing",
        "the pinned fonts are installed",
        "another font has other shapes",
        "run: make set-up",
    ),
    _row(
        "font-hash",
        "the fonts are byte for byte the pinned ones",
        "another version draws other pages",
        "install them again: make set-up",
    ),
    _row(
        "FNT-05",
        "the font has every character",
        "an empty box tells the reader nothing",
        "write it in words, or with a character that the font has",
    ),
)
