"""`carrier-guides facts`: what is claimed on paper, how old it is, and how to keep it true."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from generator.cli import (
    AS_OF,
    Day,
    Project,
    Report,
    choose,
    count,
    fail,
    find_root,
    print_problems,
)
from generator.cli import _near as near_path
from generator.cli import _today as today
from generator.cli.affected import find_built_pages
from generator.language import SOURCE_LANGUAGE
from generator.problem import Problem, ProjectError

if TYPE_CHECKING:
    from generator.amend import Amended, Value
    from generator.catalog import Catalog
    from generator.guide import Content, Fact
    from generator.problem import Severity

KINDS = ("phone", "url", "hours", "time", "fee", "duration", "rule")
# By how much they let print; retiring has a command of its own.
STATUSES = ("verified", "official", "press", "secondary", "single-source", "conflict", "unverified")
METHODS = ("live_page", "phone", "shop_visit")


@click.group()
def facts() -> None:
    """Keep facts true: what is claimed, how old it is, what to check, and what was found."""


# --- words and options --------------------------------------------------------------------------------


class Span(click.ParamType[datetime.timedelta]):
    """A time to come: 30d, 6w."""

    name = "days"

    def convert(
        self, value: str | datetime.timedelta, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime.timedelta:
        """Return the time."""
        if isinstance(value, datetime.timedelta):
            return value
        if (found := re.fullmatch(r"(\d{1,4})(d|w|)", value.strip())) is None:
            self.fail(f'"{value}" is no number of days: write it as 30d or 6w', param, ctx)
        return datetime.timedelta(int(found[1]) * (7 if found[2] == "w" else 1))


FORMAT = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="For people or programs."
)
CARRIER = click.option(
    "--carrier",
    "carriers",
    multiple=True,
    metavar="CARRIER",
    help="Only facts of this carrier (or common), or a glob.",
)
ALL = click.option("--all", "is_all", is_flag=True, help="Also facts that no guide uses.")


def _complete_facts(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    root = find_root(Path.cwd())
    found = set()
    for path in root.glob("content/facts/*.toml"):
        text = path.read_text(encoding="utf-8", errors="replace")
        found.update(re.findall(r'^\[\[fact\]\]\s*\nid = "([a-z0-9-]+)"', text, re.M))
    return sorted(id_ for id_ in found if id_.startswith(incomplete))


FACTS = click.argument("ids", nargs=-1, required=True, metavar="FACT...", shell_complete=_complete_facts)
ON = click.option("--on", type=Day(), required=True, help="The day on which it was seen: 2026-11-22.")
BY = click.option("--by", required=True, help="Who saw it; never printed.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing.")


# A guide that waits for a fact must not keep anybody from looking at it, or from verifying it.
WAITING = ("fact-status",)


def _load(project: Project, format_: str = "text") -> Content:
    from generator.content import load_content

    try:
        return load_content(project.root, accept=WAITING)
    except ProjectError as error:
        fail(error.problems, Report("facts", format_))


def _uses(project: Project, content: Content) -> dict[str, dict[tuple[str, str], list[tuple[str, bool]]]]:
    """Return where each fact is used: by id, by (guide, locale), the place and whether it is printed."""
    from generator import prose
    from generator.catalog import find_languages
    from generator.guide import fact_places

    languages = find_languages(project.root)
    found: dict[str, dict[tuple[str, str], list[tuple[str, bool]]]] = {id_: {} for id_ in content.facts}
    for guide in content.guides.values():
        for language in languages:
            for id_, place, is_printed in fact_places(guide, prose.placeholders, language.locale):
                found[id_].setdefault((guide.id, language.locale), []).append((place, is_printed))
    return found


def _choose_facts(content: Content, carriers: Sequence[str]) -> list[Fact]:
    """Return the facts of these carriers, in the order of carriers and files."""
    from generator.worksheet import group_of, groups_of

    groups = choose(carriers, groups_of(content), "carrier")
    by_group: dict[str, list[Fact]] = {group: [] for group in groups}
    for fact in content.facts.values():
        if (group := group_of(content, fact)) in by_group:
            by_group[group].append(fact)
    return [fact for group in groups for fact in by_group[group]]


def _find_fact(content: Content, id_: str) -> Fact:
    """Return a fact by its id, or leave with the way out."""
    if id_ not in content.facts:
        import difflib

        near = difflib.get_close_matches(id_, list(content.facts), 3, 0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else "see: carrier-guides facts list"
        raise click.BadParameter(f'no fact is called "{id_}"; {hint}', param_hint="FACT")
    return content.facts[id_]


def _value(fact: Fact) -> str:
    """Return the value as it is kept, for a line of a list."""
    if isinstance(fact.value, tuple):
        return "–".join(fact.value)
    if fact.kind == "duration" and fact.value is not None:
        return f"{fact.value} {fact.unit}{'' if fact.value == 1 else 's'}"
    return "-" if fact.value is None else str(fact.value)


def _catalogs(project: Project) -> list[Catalog]:
    from generator.batch import load_catalogs
    from generator.catalog import find_languages

    catalogs, problems = load_catalogs(project.root, find_languages(project.root))
    if problems:
        fail(problems, Report("facts"))
    return catalogs


def _describe(content: Content, fact: Fact, as_of: datetime.date) -> dict[str, Any]:
    """Return what every list of facts says of one."""
    from generator import facts as rules

    return {
        "id": fact.id,
        "kind": fact.kind,
        "value": _value(fact),
        "status": fact.status,
        "prints": rules.what_may_print(fact),
        "seen": fact.seen_on.isoformat(),
        "review by": fact.review_by.isoformat(),
        "state": rules.state_of(fact, as_of),
    }


def _print_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print a table with a head, its columns as wide as what stands in them, but no wider than a line."""
    if not rows:
        return
    table = [list(rows[0]), *([_shorten(str(value)) for value in row.values()] for row in rows)]
    widths = [max(len(line[i]) for line in table) for i in range(len(table[0]))]
    for number, line in enumerate(table):
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        click.echo(click.style(text, bold=True) if not number else text)


def _shorten(text: str, most: int = 44) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


# --- list ---------------------------------------------------------------------------------------------


@facts.command("list")
@click.argument("ids", nargs=-1, metavar="[FACT]...", shell_complete=_complete_facts)
@CARRIER
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice([*STATUSES, "retired"]),
    help="Only facts of this status.",
)
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Only facts of this kind.")
@AS_OF
@FORMAT
@click.pass_obj
def list_(
    project: Project,
    ids: tuple[str, ...],
    carriers: tuple[str, ...],
    statuses: tuple[str, ...],
    kinds: tuple[str, ...],
    as_of: datetime.date | None,
    format_: str,
) -> None:
    """List facts, all or those whose ids match the globs: value, status, what it lets print, age."""
    content = _load(project, format_)
    day = as_of or today()
    chosen = choose(ids, list(content.facts), "fact")
    rows = [
        _describe(content, fact, day)
        for fact in _choose_facts(content, carriers)
        if fact.id in chosen
        and (not statuses or fact.status in statuses)
        and (not kinds or fact.kind in kinds)
    ]
    if format_ == "json":
        Report("facts", format_).tell((), facts=rows)
        return
    _print_rows(rows)
    states = [row["state"] for row in rows]
    click.echo(
        f"{count(len(rows), 'fact')}: "
        + ", ".join(f"{states.count(state)} {state}" for state in ("fresh", "due", "expired")),
        err=True,
    )


# --- show ---------------------------------------------------------------------------------------------


@facts.command()
@click.argument("id_", metavar="FACT", shell_complete=_complete_facts)
@AS_OF
@FORMAT
@click.pass_obj
def show(project: Project, id_: str, as_of: datetime.date | None, format_: str) -> None:
    """Show all that is known of a fact: value, printed forms, sources, age, and where it is printed."""
    from generator import facts as rules
    from generator.batch import find_papers, name_file, own_shops
    from generator.localize import say_fact

    content = _load(project, format_)
    fact = _find_fact(content, id_)
    day = as_of or today()
    catalogs = _catalogs(project)
    languages = {catalog.language.locale: catalog.language for catalog in catalogs}
    uses = _uses(project, content)[id_]
    places: dict[tuple[str, bool], list[str]] = {}
    for (_, locale), found in uses.items():
        for use in found:
            places.setdefault(use, []).append(locale)
    file, line = content.defined[id_]
    files = [
        name_file(content, guide, languages[locale], paper, shop)
        for guide, locale in uses
        for shop in own_shops(content, ())
        for paper in find_papers(project.root / "output")
    ]
    shown: dict[str, Any] = {
        **_describe(content, fact, day),
        "label": fact.label,
        "said": {catalog.language.locale: say_fact(content, fact, catalog) for catalog in catalogs},
        "method": fact.method,
        "by": fact.checked_by,
        "may be printed until": rules.last_day(fact).isoformat(),
        "changes on": fact.changes_on.isoformat() if fact.changes_on else "",
        "scope": fact.scope,
        "note": fact.note,
        "defined": f"{file}:{line}",
        "sources": [
            {
                "owner": source.owner,
                "kind": source.kind,
                "title": source.title,
                "url": source.url,
                "published": source.published.isoformat() if source.published else "",
            }
            for source in (content.sources[name] for name in fact.sources)
        ],
        "places": [
            {"place": place, "printed": is_printed, "locales": locales}
            for (place, is_printed), locales in places.items()
        ],
        "handouts": files,
        "pages": _find_pages(project, content, id_, day, files),
    }
    if format_ == "json":
        Report("facts", format_).tell((), fact=shown)
    else:
        _print_fact(shown)


def _find_pages(
    project: Project, content: Content, id_: str, day: datetime.date, files: Sequence[str]
) -> dict[str, list[int]]:
    """Return the pages of built handouts on which a fact is printed; none for what is not built."""
    from generator.batch import Selection, find_papers, make_plan
    from generator.catalog import find_languages
    from generator.change import find_facts

    folder = project.root / "output"
    if not any((folder / file).is_file() for file in files):
        return {}
    selection = Selection(tuple(content.guides), find_languages(project.root), find_papers(folder))
    found = find_facts(make_plan(project.root, content, selection, day), [id_])
    pages = find_built_pages(found, folder)
    return {
        file: sorted({page for numbers in pages[file] for page in numbers})
        for file in files
        if any(pages.get(file, ()))
    }


def _print_fact(shown: Mapping[str, Any]) -> None:
    lets = {"value": "the value", "safe wording": "only its safe wording", "nothing": "nothing"}
    click.echo(click.style(f"{shown['id']}: {shown['value']}", bold=True) + f" ({shown['kind']})")
    click.echo(f"  {shown['scope']}")
    until = f"may be printed until {shown['may be printed until']}"
    by = f" by {shown['by']}" if shown["by"] else ""
    seen = f"{shown['seen']}{by} ({shown['method'].replace('_', ' ')})"
    lines = [("status", f"{shown['status']}: prints {lets[shown['prints']]}"), ("seen", seen)]
    lines.append(("review", f"by {shown['review by']}; {until}; {shown['state']}"))
    lines += [("changes", f"on {shown['changes on']}")] if shown["changes on"] else []
    lines += [("note", shown["note"])] if shown["note"] else []
    lines.append(("defined", shown["defined"]))
    for name, text in lines:
        click.echo(f"  {name:9}{text}")
    click.echo("  printed as")
    for locale, said in shown["said"].items():
        click.echo(f"    {locale:9}{'(not translated)' if said is None else said or '(nothing)'}")
    click.echo("  sources")
    for source in shown["sources"]:
        when = f", {source['published']}" if source["published"] else ""
        click.echo(f"    {source['kind']}: {source['owner']}, {source['title']}{when}")
        click.echo(f"      {source['url']}")
    if not shown["places"]:
        click.echo("  no guide uses it")
        return
    click.echo("  used in")
    for use in shown["places"]:
        only = "" if len(use["locales"]) == len(shown["said"]) else f" ({', '.join(use['locales'])})"
        click.echo(f"    {use['place']}{only}{'' if use['printed'] else ': rests on it'}")
    click.echo(f"  {count(len(shown['handouts']), 'handout')}")
    for file in shown["handouts"]:
        where = shown["pages"].get(file)
        click.echo(f"    {file}{f', page {chr(44).join(map(str, where))}' if where else ''}")
    if not shown["pages"] and shown["handouts"]:
        click.echo("  pages are not known, since nothing is built: carrier-guides build", err=True)


# --- due ----------------------------------------------------------------------------------------------


def _due(
    project: Project,
    content: Content,
    carriers: Sequence[str],
    as_of: datetime.date,
    within: datetime.timedelta | None,
    is_all: bool,
) -> list[Fact]:
    """Return the facts that need a look by then, the most urgent first; retired ones never do."""
    from generator import facts as rules

    uses = _uses(project, content)
    found = [
        fact
        for fact in _choose_facts(content, carriers)
        if fact.status != "retired"
        and (is_all or uses[fact.id])
        and (within is None or rules.next_look(fact) <= as_of + within)
    ]
    return sorted(found, key=lambda fact: rules.urgency(fact, as_of))


@facts.command()
@CARRIER
@click.option(
    "--within", type=Span(), default="30d", show_default=True, help="How far to look ahead: 30d, 6w, 0d."
)
@ALL
@AS_OF
@FORMAT
@click.pass_obj
def due(
    project: Project,
    carriers: tuple[str, ...],
    within: datetime.timedelta,
    is_all: bool,
    as_of: datetime.date | None,
    format_: str,
) -> None:
    """Say which facts need a look soon: expired ones first, then fees and deadlines.

    Exit code 1 where one has expired, so that a release build refuses the handouts that use it.
    """
    from generator import facts as rules

    content = _load(project, format_)
    day = as_of or today()
    uses = _uses(project, content)
    rows = []
    for fact in _due(project, content, carriers, day, within, is_all):
        guides = dict.fromkeys(guide for guide, _ in uses[fact.id])
        rows.append(
            {
                "state": rules.state_of(fact, day),
                "look by": rules.next_look(fact).isoformat(),
                "until": rules.last_day(fact).isoformat(),
                "id": fact.id,
                "kind": fact.kind,
                "value": _value(fact),
                "guides": list(guides) if format_ == "json" else ", ".join(guides) or "-",
            }
        )
    expired = sum(row["state"] == "expired" for row in rows)
    if format_ == "json":
        Report("facts", format_).tell((), facts=rows)
    else:
        _print_rows(rows)
        ahead = f"by {day + within}"
        said = f"{count(len(rows), 'fact')} to look at {ahead}" + (f", {expired} expired" if expired else "")
        click.echo(said, err=True)
        if rows:
            click.echo("  hint: print a sheet to fill in: carrier-guides facts worksheet -o FOLDER", err=True)
    if expired:
        raise click.exceptions.Exit(1)


# --- conflicts ----------------------------------------------------------------------------------------


@facts.command()
@CARRIER
@FORMAT
@click.pass_obj
def conflicts(project: Project, carriers: tuple[str, ...], format_: str) -> None:
    """Show the facts that guides use and nobody can vouch for: what is printed instead, and who says what."""
    content = _load(project, format_)
    uses = _uses(project, content)
    rows: list[dict[str, Any]] = [
        {
            "id": fact.id,
            "status": fact.status,
            "value": _value(fact),
            "wording": fact.safe_wording,
            "note": fact.note,
            "guides": list(dict.fromkeys(guide for guide, _ in uses[fact.id])),
            "sources": [
                {"owner": s.owner, "kind": s.kind, "url": s.url}
                for s in (content.sources[name] for name in fact.sources)
            ],
        }
        for fact in _choose_facts(content, carriers)
        if fact.status in ("conflict", "single-source", "unverified") and uses[fact.id]
    ]
    if format_ == "json":
        Report("facts", format_).tell((), facts=rows)
        return
    for row in rows:
        click.echo(click.style(f"{row['id']}: {row['value']}", bold=True) + f" ({row['status']})")
        click.echo(f"  instead    {row['wording'] or '(nothing)'}")
        if row["note"]:
            click.echo(f"  note       {row['note']}")
        for source in row["sources"]:
            click.echo(f"  {source['kind']:11}{source['owner']}  {source['url']}")
        click.echo(f"  used in    {', '.join(row['guides'])}")
    click.echo(f"{count(len(rows), 'fact')} to settle", err=True)


# --- verify and retire --------------------------------------------------------------------------------


def _amend(
    project: Project,
    content: Content,
    changes: Mapping[str, Mapping[str, Value]],
    dry_run: bool,
    force: bool = False,
) -> tuple[Amended, ...]:
    """Change facts in their files, all or none.

    Refused where the result has a problem that was not there before. With `force`, guides may name a fact
    that may not be printed any more; they are refused from then on, which is what was asked for.
    """
    from generator.amend import amend_facts
    from generator.content import load_content
    from generator.publish import replace_files

    try:
        amended = amend_facts(project.root, content, changes)
        after = {item.file: item.after for item in amended}
        load_content(project.root, after, accept=WAITING)
        waiting = {problem.what for problem in _problems_of(project, {})}
        new = [problem for problem in _problems_of(project, after) if problem.what not in waiting]
        severity: Severity = "warning" if force else "error"
        new = [
            replace(problem, hint="say it otherwise here first", severity=severity)
            if problem.rule == "fact-status"
            else problem
            for problem in new
        ]
        if new and not force:
            raise ProjectError(new)
        print_problems(new)
        if dry_run:
            for item in amended:
                click.echo(item.diff(), nl=False)
        else:
            replace_files(project.root, [(item.file, item.before, item.after) for item in amended])
    except ProjectError as error:
        click.echo("nothing was written", err=True)
        fail(error.problems, Report("facts"))
    return amended


def _problems_of(project: Project, instead: Mapping[str, bytes]) -> tuple[Problem, ...]:
    from generator.content import load_content

    try:
        load_content(project.root, instead)
    except ProjectError as error:
        return error.problems
    return ()


def _refuse_future(on: datetime.date, as_of: datetime.date | None) -> None:
    if on > (day := as_of or today()):
        raise click.BadParameter(f"{on} has not come yet; today is {day}", param_hint="--on")


def _refuse_nobody(by: str) -> None:
    if not by.strip():
        raise click.BadParameter("say who saw it", param_hint="--by")


@facts.command()
@FACTS
@ON
@BY
@click.option("--value", help='What it is now, as people write it: 1100, "09:00-20:00", "31 days".')
@click.option("--method", type=click.Choice(METHODS), default="live_page", show_default=True, help="How.")
@click.option(
    "--status", type=click.Choice(STATUSES), default="verified", show_default=True, help="What it counts as."
)
@click.option("--review-by", type=Day(), help="When to look again.  [default: by its kind]")
@DRY_RUN
@AS_OF
@click.pass_obj
def verify(
    project: Project,
    ids: tuple[str, ...],
    on: datetime.date,
    by: str,
    value: str | None,
    method: str,
    status: str,
    review_by: datetime.date | None,
    dry_run: bool,
    as_of: datetime.date | None,
) -> None:
    """Write down that facts were seen, and what they are now, in content/facts.

    Only the lines that change are written; nothing is, where the result would not be right.
    """
    from generator import facts as rules
    from generator.amend import read_value

    _refuse_future(on, as_of)
    _refuse_nobody(by)
    content = _load(project)
    found = [_find_fact(content, id_) for id_ in dict.fromkeys(ids)]
    if value is not None and len(found) > 1:
        raise click.UsageError("--value is the value of one fact: verify them one by one")
    for fact in found:
        if fact.status == "retired":
            hint = f"change its status in {content.defined[fact.id][0]} first"
            raise click.UsageError(f'fact "{fact.id}" is retired; if it came back, {hint}')
        if on < fact.seen_on:
            raise click.BadParameter(f'"{fact.id}" was seen later, on {fact.seen_on}', param_hint="--on")
    changes: dict[str, dict[str, Value]] = {}
    for fact in found:
        try:
            new = read_value(fact, value) if value is not None else {}
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--value") from error
        if not new and fact.value is None and fact.kind != "rule" and rules.PRINTED[status] == "value":  # type: ignore[index]
            what = f'"{fact.id}" has no value yet, and as {status} it is printed with one'
            raise click.BadParameter(f"{what}: say what it is", param_hint="--value")
        again = review_by or on + datetime.timedelta(rules.REVIEW_DAYS[fact.kind])
        changes[fact.id] = {
            **new,
            "status": status,
            "seen_on": on,
            "method": method,
            "checked_by": by.strip(),
            "review_by": again,
        }
    amended = _amend(project, content, changes, dry_run)
    if not amended:
        click.echo("all is so already; nothing was written", err=True)
        return
    if dry_run:
        return
    for fact in found:
        file, line = content.defined[fact.id]
        click.echo(f"{file}:{line} {fact.id}")
    if changed := _find_changed(project, content, [fact.id for fact in found]):
        guides, locales = (" ".join(dict.fromkeys(names)) for names in zip(*changed, strict=True))
        click.echo(f"{count(len(changed), 'handout')} to print again: {guides}, in {locales}", err=True)


def _find_changed(project: Project, before: Content, ids: Iterable[str]) -> list[tuple[str, str]]:
    """Return the guide and locale of what says something else than before these facts were amended."""
    from generator.localize import localize

    uses = _uses(project, before)
    named = {use for id_ in ids for use in uses[id_]}
    after = _load(project)
    day = datetime.date.min  # what is said does not depend on the day
    return [
        (id_, catalog.language.locale)
        for catalog in _catalogs(project)
        for id_, guide in after.guides.items()
        if (id_, catalog.language.locale) in named
        and localize(before, before.guides[id_], catalog, as_of=day).edition()
        != localize(after, guide, catalog, as_of=day).edition()
    ]


@facts.command()
@click.argument("id_", metavar="FACT", shell_complete=_complete_facts)
@ON
@BY
@click.option("--why", required=True, help="Why it is no longer true; kept in its note.")
@click.option("--force", is_flag=True, help="Also where a guide still uses it, which cannot be built then.")
@DRY_RUN
@AS_OF
@click.pass_obj
def retire(
    project: Project,
    id_: str,
    on: datetime.date,
    by: str,
    why: str,
    force: bool,
    dry_run: bool,
    as_of: datetime.date | None,
) -> None:
    """Keep a fact from being printed ever again; it stays in its file, so that it does not come back.

    Refused while a guide uses it: the places are named.
    """
    _refuse_future(on, as_of)
    _refuse_nobody(by)
    if not why.strip():
        raise click.BadParameter("say why", param_hint="--why")
    content = _load(project)
    fact = _find_fact(content, id_)
    if fact.status == "retired":
        click.echo("is retired already; nothing was written", err=True)
        return
    note = f"Retired {on} by {by.strip()}: {' '.join(why.split())}"
    changes: dict[str, Value] = {"status": "retired", "note": f"{fact.note} {note}".strip()}
    _amend(project, content, {id_: changes}, dry_run, force)
    if not dry_run:
        file, line = content.defined[id_]
        click.echo(f"{file}:{line} {id_}")


# --- worksheet ----------------------------------------------------------------------------------------


@facts.command()
@CARRIER
@click.option("--due-within", type=Span(), help="Only what needs a look by then: 30d, 6w.  [default: all]")
@ALL
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder to write to.",
)
@click.option("--force", is_flag=True, help="Replace a table that was changed, as by filling it in.")
@click.option(
    "--cache",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where made fonts are kept.  [default: .cache]",
)
@AS_OF
@click.pass_obj
def worksheet(
    project: Project,
    carriers: tuple[str, ...],
    due_within: datetime.timedelta | None,
    is_all: bool,
    output: Path,
    force: bool,
    cache: Path | None,
    as_of: datetime.date | None,
) -> None:
    """Write a sheet to print (PDF) and a table (CSV) of what to check, with room for what is found."""
    from generator import batch
    from generator.localize import say_fact
    from generator.publish import write_whole
    from generator.worksheet import list_rows, write_csv

    content = _load(project)
    day = as_of or today()
    chosen = _due(project, content, carriers, day, due_within, is_all)
    if not chosen:
        click.echo("nothing needs a look; nothing was written", err=True)
        return
    source = next(c for c in _catalogs(project) if c.language.locale == SOURCE_LANGUAGE)
    printed = {fact.id: say_fact(content, fact, source) or "" for fact in chosen}
    rows = list_rows(content, chosen, printed, day)
    about = ", ".join(dict.fromkeys(row.name for row in rows))
    name = "-".join(("worksheet", day.isoformat(), *(c.strip("*?") for c in carriers)))
    table = write_csv(rows)
    path = output / f"{name}.csv"
    if path.exists() and not force and path.read_bytes() != table:
        hint = "take it elsewhere, or replace it with --force"
        what = "is there already and differs: somebody may have filled it in"
        fail([Problem(near_path(path), rule="file", what=what, hint=hint)], Report("facts"))
    try:
        pdf, problems = batch.make_worksheet(
            project.root, content, rows, day, about, cache or project.root / ".cache"
        )
    except ProjectError as error:
        fail(error.problems, Report("facts"))
    if any(problem.severity == "error" for problem in problems):
        fail(problems, Report("facts"))
    print_problems(problems)
    for file, data in ((path.with_suffix(".pdf"), pdf), (path, table)):
        write_whole(file, data)
        click.echo(near_path(file))
    click.echo(f"{count(len(rows), 'fact')} to check", err=True)


COMMANDS: tuple[click.Command, ...] = (facts,)
