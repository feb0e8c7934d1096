"""Which edition is this: the releases that were handed out, and what has changed since.

`.editions.tsv` has one line for each released file and is only ever added to, so that two branches merge
by keeping the lines of both. A line is: edition, guide, locale, paper, shop, the day since when, sha256 of
the file, and a short hash of each fact and text in it.
"""

from __future__ import annotations

import datetime
import difflib
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from generator.batch import (
    find_papers,
    group_papers,
    list_forms,
    load_beside,
    name_file,
    own_shops,
    takes,
)
from generator.catalog import find_languages, load_catalog
from generator.guide import Content, Shop, leave_out
from generator.localize import LocalizedGuide, localize
from generator.paper import find_named
from generator.problem import Problem, ProjectError
from generator.publish import Record, add_lines

FILE = ".editions.tsv"
HEADER = "# edition\tguide\tlocale\tpaper\tshop\tsince\tsha256\tparts"
_COLUMNS = 8
# Crockford's alphabet leaves these out, since they are read as others.
_CONFUSABLE = str.maketrans("OIL", "011")


@dataclass(frozen=True, slots=True)
class Release:
    """A file that was released: `since` is the day for which it was first built, "" where unknown."""

    edition: str
    guide: str
    locale: str
    paper: str
    shop: str
    since: str
    sha256: str
    parts: Mapping[str, str]
    is_draft: bool = False

    @property
    def handout(self) -> tuple[str, str, str, str]:
        """Return guide, locale, paper, shop."""
        return self.guide, self.locale, self.paper, self.shop


def spell_code(code: str) -> str:
    """Return a code as it is printed, however it was copied: small letters, O for 0, I or L for 1."""
    return re.sub(r"[\s-]", "", code).upper().translate(_CONFUSABLE)


def find_near(code: str, known: Iterable[str]) -> list[str]:
    """Return the codes that differ least from this one."""
    return difflib.get_close_matches(code, sorted(set(known)), 3, 0.6)


# --- the file ------------------------------------------------------------------------------------


def read_releases(root: Path) -> tuple[Release, ...]:
    """Return the released files, first ones first; none where nothing was recorded yet.

    Raises:
        ProjectError: with every line that is none of ours.
    """
    try:
        text = (root / FILE).read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError([_refuse(0, f"cannot be read: {error}")]) from error
    found: dict[tuple[str, ...], Release] = {}
    problems = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line or line.startswith("# "):
            continue
        if (release := _read_line(line)) is None:
            problems.append(_refuse(number, "is no line of an edition"))
            continue
        key = _key(release)
        # Two branches may have built the same; the earlier day is the true one.
        if key not in found or release.since < found[key].since:
            found[key] = release
    if problems:
        raise ProjectError(problems)
    return tuple(found.values())


def _key(release: Release) -> tuple[str, ...]:
    return (release.edition, *release.handout, release.sha256)


def _refuse(line: int, what: str) -> Problem:
    return Problem(
        FILE, line, rule="edition-file", what=what, hint="restore it from git; lines are only added"
    )


def _read_line(line: str) -> Release | None:
    columns = line.split("\t")
    if len(columns) != _COLUMNS:
        return None
    edition, guide, locale, paper, shop, since, sha256, said = columns
    parts = dict(part.rpartition("=")[::2] for part in said.split())
    shapes = (r"[0-9A-Z]{6}", edition), (r"[0-9a-f]{64}", sha256), (r"\d{4}-\d\d-\d\d", since)
    if not all(re.fullmatch(shape, text) for shape, text in shapes):
        return None
    if not all((guide, locale, paper)) or "" in parts:
        return None
    return Release(edition, guide, locale, paper, shop, since, sha256, parts)


def _write_line(release: Release) -> str:
    parts = " ".join(f"{name}={hash_}" for name, hash_ in sorted(release.parts.items()))
    return "\t".join((release.edition, *release.handout, release.since, release.sha256, parts))


def record_releases(root: Path, records: Iterable[Record], as_of: datetime.date) -> int:
    """Add the released files that are not recorded yet; return how many were added.

    Raises:
        ProjectError: where the file is damaged.
        OSError: where it cannot be written.
    """
    known = {_key(release) for release in read_releases(root)}
    made = [from_record(record, as_of.isoformat()) for record in records]
    lines = [_write_line(release) for release in made if _key(release) not in known]
    if lines:
        add_lines(root / FILE, lines, HEADER)
    return len(lines)


def from_record(record: Record, since: str = "") -> Release:
    """Return a release from what a manifest says."""
    return Release(
        record.edition,
        record.guide,
        record.locale,
        record.paper,
        record.shop,
        since,
        record.sha256,
        record.parts,
        is_draft=record.file.endswith("-draft.pdf"),
    )


# --- today ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Today:
    """What a build today would make in place of a release: `forms` is empty where it would make nothing.

    The first form says all; the others are what `build --fit` may say on pages that are too small. `file` is
    where it would stand; `why` are the reasons that nothing is made.
    """

    forms: tuple[LocalizedGuide, ...]
    file: str
    why: tuple[str, ...]

    @property
    def editions(self) -> tuple[str, ...]:
        """Return the codes that it could have, none where nothing is made."""
        return () if self.why else tuple(form.edition() for form in self.forms)

    def find_nearest(self, parts: Mapping[str, str]) -> LocalizedGuide | None:
        """Return the form that differs least from what was said."""
        return min(self.forms, key=lambda form: len(compare(parts, form.parts())), default=None)


def find_today(root: Path, content: Content, release: Release, as_of: datetime.date) -> Today:
    """Return what a build today would make in place of a release, without laying it out.

    Raises:
        ProjectError: where the catalog cannot be read.
    """
    guide = content.guides.get(release.guide)
    language = next((one for one in find_languages(root) if one.locale == release.locale), None)
    paper = find_named(release.paper)
    shops: dict[str, Shop | None] = {shop.id if shop else "": shop for shop in own_shops(content, ())}
    if release.is_draft:
        shops |= {"": None, **content.shops}
    gone = [
        f"the project has no {noun} {name} any more"
        for noun, name, is_there in (
            ("guide", release.guide, guide),
            ("language", release.locale, language),
            ("paper", release.paper, paper),
        )
        if not is_there
    ]
    if release.shop not in shops:
        gone.append(
            f"nothing is made for the shop {release.shop} any more"
            if release.shop
            else "the panel is not blank any more"
        )
    if gone or guide is None or language is None or paper is None:
        return Today((), "", tuple(gone))
    shop = shops[release.shop]
    catalog = load_catalog(root, language)
    beside = load_beside(root, [paper]).get(paper.beside)
    forms = tuple(
        localize(content, form, catalog, shop, as_of=as_of, is_draft=release.is_draft, beside=beside)
        for form in list_forms(guide, paper.leaves_out, is_fit=True)
    )
    file = name_file(content, guide.id, language, paper, shop, release.is_draft)
    why = tuple(
        f"{problem.what} [{problem.rule}]" for problem in forms[0].problems if problem.severity == "error"
    )
    return Today(forms, file, why)


def list_today(root: Path, content: Content, as_of: datetime.date) -> Iterator[Release]:
    """Yield what a build today would make; its files are not made, so they have no hash.

    Raises:
        ProjectError: where a catalog cannot be read.
    """
    in_use = find_papers(root / "output")
    beside = load_beside(root, in_use)
    for language in find_languages(root):
        catalog = load_catalog(root, language)
        for guide in content.guides.values():
            groups = group_papers(paper for paper in in_use if takes(paper, language))
            for shop, ((left_out, other), papers) in itertools.product(
                own_shops(content, ()), groups.items()
            ):
                form = leave_out(guide, left_out)
                local = localize(content, form, catalog, shop, as_of=as_of, beside=beside.get(other))
                if any(problem.severity == "error" for problem in local.problems):
                    continue
                edition, parts = local.edition(), local.parts()
                for paper in papers:
                    name = shop.id if shop else ""
                    yield Release(edition, guide.id, language.locale, paper.name, name, "", "", parts)


@dataclass(frozen=True, slots=True)
class Change:
    """A fact or text that is not what it was: changed, new or gone; `part` is its name in `parts`."""

    part: str
    how: str

    @property
    def what(self) -> str:
        """Say which it is for people: "fact au-phone-zh", "text steps/ask"."""
        head, _, rest = self.part.partition("/")
        noun = _NOUNS.get(head, head)
        if head == "printed":
            return f"name of the {rest.replace('.', ': ')}"
        return f"{noun} {rest}" if rest else noun


_NOUNS = {
    "guide": "text",
    "phrases": "phrase",
    "terms": "term",
    "carriers": "carrier",
    "seen_on": "date of the oldest check",
    "words": "words of the templates",
    "sources": "list of sources",
    "archived": "note that facts were read in stored copies",
    "shop": "shop panel",
    "logo": "logo of the shop",
    "draft": "draft mark",
}


def compare(then: Mapping[str, str], now: Mapping[str, str]) -> tuple[Change, ...]:
    """Return what is different, facts first."""
    changes = [
        Change(part, "new" if part not in then else "gone" if part not in now else "changed")
        for part in (*now, *then)
        if then.get(part) != now.get(part)
    ]
    return tuple(sorted(set(changes), key=lambda change: (not change.part.startswith("fact/"), change.part)))
