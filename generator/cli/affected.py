"""The command that says which handouts a change touches, so that the right racks are emptied."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from generator.cli.desk import Desk, count
from generator.language import find_language
from generator.paper import Paper
from generator.problem import Problem, ProjectError

if TYPE_CHECKING:
    from generator.batch import Plan
    from generator.change import Affected
    from generator.guide import Content

SCHEMA = 1


@click.command()
@click.option(
    "--since", metavar="REV", help="What changed since this revision: a commit, branch or tag of git."
)
@click.option(
    "--facts", multiple=True, metavar="ID", help="What prints this fact or rests on it; may be repeated."
)
@click.option(
    "--messages",
    "places",
    multiple=True,
    metavar="LOCALE:PLACE",
    help="What prints the text at this place of a catalog (zh:au-cancel/title); may be repeated.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder of built handouts, to tell pages from.  [default: output]",
)
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="For people or programs."
)
@click.option("--exit-code", is_flag=True, help="Exit 1 where a handout is affected.")
@click.pass_obj
def affected(
    desk: Desk,
    since: str | None,
    facts: tuple[str, ...],
    places: tuple[str, ...],
    output: Path | None,
    format_: str,
    exit_code: bool,
) -> None:
    """Say which handouts a change of content, facts or translations touches, and what on them.

    Handouts are compared as they would be printed, so a change that no reader sees touches none. Pages
    are told of handouts that are built. Papers are the usual ones, and those that something is built on.
    """
    if sum(map(bool, (since, facts, places))) != 1:
        raise click.UsageError("say what changed: --since REV, --facts ID or --messages LOCALE:PLACE")
    from generator.batch import find_papers

    try:
        content = desk.content()
        output = output or desk.root / "output"
        papers = find_papers(output)
        plan = _plan(desk, desk.root, content, papers)
        if since:
            found = _compare(desk, since, plan, papers)
        elif facts:
            found = _find_facts(content, plan, facts)
        else:
            found = _find_places(plan, places)
    except ProjectError as error:
        desk.fail(error.problems, format_)
    _tell(found, output, format_)
    if found and exit_code:
        raise click.exceptions.Exit(1)


def _plan(desk: Desk, root: Path, content: Content, papers: tuple[Paper, ...]) -> Plan:
    from generator import batch

    selection = batch.Selection(tuple(content.guides), desk.languages(()), papers)
    return batch.make_plan(root, content, selection, desk.today())


def _compare(desk: Desk, revision: str, plan: Plan, papers: tuple[Paper, ...]) -> tuple[Affected, ...]:
    from generator.batch import Selection, load_catalogs, make_plan
    from generator.catalog import find_languages
    from generator.change import compare_plans
    from generator.content import load_content
    from generator.revision import check_out

    with check_out(desk.root, revision) as root:
        try:
            content = load_content(root)
            # A language that was not there yet has no catalog there: its handouts are new.
            catalogs, _ = load_catalogs(root, find_languages(root))
            spoken = tuple(catalog.language for catalog in catalogs)
            selection = Selection(tuple(content.guides), spoken, papers)
            before = make_plan(root, content, selection, desk.today())
        except ProjectError as error:
            what = f"cannot be read by this version: {error.problems[0].where}: {error.problems[0].what}"
            problem = Problem(
                key=f'revision "{revision}"', rule="revision", what=what, hint="name a later revision"
            )
            raise ProjectError([problem]) from error
        return compare_plans(before, plan)


def _find_facts(content: Content, plan: Plan, ids: Sequence[str]) -> tuple[Affected, ...]:
    from generator.change import find_facts

    for id_ in ids:
        _expect(id_, content.facts, "fact")
    return find_facts(plan, ids)


def _find_places(plan: Plan, asked: Sequence[str]) -> tuple[Affected, ...]:
    from generator.change import find_places, known_places

    known = known_places(plan)
    spoken = {job.local.language for job in plan.jobs}
    wanted = []
    for text in asked:
        spelling, colon, place = text.partition(":")
        language = find_language(spelling, spoken)
        if not colon or language is None or language.locale not in known:
            locales = ", ".join(known)
            raise click.BadParameter(
                f'"{text}" is not LOCALE:PLACE with one of {locales}: ja:au-cancel/title'
            )
        _expect(place, known[language.locale], "text at")
        wanted.append((language.locale, place))
    return find_places(plan, wanted)


def _expect(name: str, known: Iterable[str], noun: str) -> None:
    known = sorted(known)
    if name not in known:
        import difflib

        near = difflib.get_close_matches(name, known, 1, 0.5)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise click.BadParameter(f'there is no {noun} "{name}"{hint}')


def find_built_pages(found: Iterable[Affected], folder: Path) -> dict[str, tuple[tuple[int, ...], ...]]:
    """Return the pages on which each change of a handout is seen, by file; () of what is not built."""
    from generator.change import find_pages
    from generator.publish import read_manifest

    known = read_manifest(folder)
    pages = {}
    for item in found:
        path = folder / item.file
        built = path.read_bytes() if item.file in known and path.is_file() else b""
        pages[item.file] = find_pages(built, item.changes)
    return pages


def _tell(found: Sequence[Affected], folder: Path, format_: str) -> None:
    pages = find_built_pages(found, folder)
    if format_ == "json":
        click.echo(
            json.dumps({"schema": SCHEMA, "handouts": _rows(found, pages)}, ensure_ascii=False, indent=1)
        )
        return
    for item in found:
        state = " (new)" if item.is_new else " (no longer made)" if item.is_gone else ""
        seen = sorted({page for numbers in pages[item.file] for page in numbers})
        where = f" page {', '.join(map(str, seen))}" if seen else ""
        click.echo(f"{item.file}{state}{where}")
        for change in item.changes:
            said = f": {_short(change.before)} → {_short(change.after)}" if change.before else ""
            if not change.before and change.after:
                said = f": {_short(change.after)}"
            click.echo(f"  {change.kind} {change.name}{said}")
    click.echo(f"{count(len(found), 'handout')} affected" if found else "no handout is affected", err=True)


def _rows(found: Sequence[Affected], pages: dict[str, tuple[tuple[int, ...], ...]]) -> list[dict[str, Any]]:
    rows = []
    for item in found:
        row = asdict(item)
        row["changes"] = [
            {**asdict(change), "pages": numbers}
            for change, numbers in zip(item.changes, pages[item.file], strict=True)
        ]
        row["pages"] = sorted({page for numbers in pages[item.file] for page in numbers})
        rows.append(row)
    return rows


def _short(text: str) -> str:
    text = " ".join(text.split())
    return f"“{text if len(text) <= 60 else text[:59] + '…'}”"
