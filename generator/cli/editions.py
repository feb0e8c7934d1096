"""`carrier-guides which`: what the code on a printed page means, and whether the page is still true."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from generator.cli import AS_OF, Project, Report, count, fail
from generator.cli import _near as near_path
from generator.cli import _today as today
from generator.language import find_language
from generator.paper import A4
from generator.problem import Problem, ProjectError

if TYPE_CHECKING:
    from generator.editions import Release
    from generator.guide import Content


@click.command()
@click.argument("code")
@click.option(
    "--manifest",
    "manifests",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Look into this manifest.json too.  [default: output/manifest.json]",
)
@AS_OF
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="For people or programs."
)
@click.pass_obj
def which(
    project: Project, code: str, manifests: tuple[Path, ...], as_of: datetime.date | None, format_: str
) -> None:
    """Say what the code on a page means: which handout, since when, and whether it is still true.

    Exit code 1 where it is not, or where nobody knows the code.
    """
    from generator import editions

    day = as_of or today()
    wanted = editions.spell_code(code)
    try:
        content = project.content()
        known = _known(project, content, manifests, day)
        releases = [release for release in known if release.edition == wanted]
        if not releases:
            near = editions.find_near(wanted, (release.edition for release in known))
            hint = (
                f"did you mean {' or '.join(near)}?" if near else "releases are recorded by: build --record"
            )
            what = f"nobody knows an edition {wanted}"
            fail([Problem(rule="edition", what=what, hint=hint)], Report("which", format_))
        rows = _describe(project, content, releases, day)
    except ProjectError as error:
        fail(error.problems, Report("which", format_))
    if format_ == "json":
        Report("which", format_).tell((), edition=wanted, handouts=rows)
    else:
        for row in rows:
            _print(wanted, row)
    if not all(row["current"] for row in rows):
        raise click.exceptions.Exit(1)


def _known(
    project: Project, content: Content, manifests: tuple[Path, ...], as_of: datetime.date
) -> list[Release]:
    """Return all releases that are known: the recorded, those of manifests, and what a build would make."""
    from generator import editions
    from generator.publish import MANIFEST, read_records

    known = list(editions.read_releases(project.root))
    for path in manifests or (project.root / "output" / MANIFEST,):
        records = read_records(path)
        if manifests and not records:
            hint = "name the manifest.json of an output folder"
            raise ProjectError([Problem(near_path(path), rule="file", what="is no manifest", hint=hint)])
        known += [editions.from_record(record) for record in records]
    return known + list(editions.list_today(project.root, content, as_of))


def _describe(
    project: Project, content: Content, releases: list[Release], as_of: datetime.date
) -> list[dict[str, Any]]:
    """Return what is to be said of each handout that has the code."""
    from generator import editions

    by_handout: dict[tuple[str, str, str, str, bool], list[Release]] = {}
    for release in releases:
        by_handout.setdefault((*release.handout, release.is_draft), []).append(release)
    rows = []
    for found in by_handout.values():
        release = found[0]
        today_ = editions.find_today(project.root, content, release, as_of)
        is_current = release.edition in today_.editions
        changes: tuple[editions.Change, ...] = ()
        said = today_.find_nearest(release.parts)
        if said and not is_current:
            changes = editions.compare(release.parts, said.parts())
        printed = said.printed if said else {}
        rows.append(
            {
                "guide": release.guide,
                "locale": release.locale,
                "paper": release.paper,
                "shop": release.shop,
                "draft": release.is_draft,
                "since": min((r.since for r in found if r.since), default=""),
                "sha256": sorted({r.sha256 for r in found if r.sha256}),
                "current": is_current,
                "today": said.edition() if said and today_.editions else "",
                "file": today_.file,
                "why": list(today_.why),
                "changes": [
                    {
                        "what": change.what,
                        "how": change.how,
                        "now": printed.get(change.part.replace("/", ".", 1), ""),
                    }
                    for change in changes
                ],
            }
        )
    return rows


def _print(code: str, row: dict[str, Any]) -> None:
    language = find_language(row["locale"])
    name = f"{language.endonym} ({row['locale']})" if language else row["locale"]
    shop = f"for the shop {row['shop']}" if row["shop"] else "blank panel"
    draft = ", draft" if row["draft"] else ""
    paper = row["paper"].upper() if row["paper"] == A4.name else row["paper"]
    click.echo(click.style(code, bold=True) + f": {row['guide']} in {name}, {paper}, {shop}{draft}")
    since = f"handed out since {row['since']}" if row["since"] else "not recorded as handed out"
    if row["current"]:
        click.echo(f"  {since}; " + click.style("current", fg="green"))
        return
    stale = click.style("not current", fg="red", bold=True)
    click.echo(f"  {since}; {stale}" + (f": today's edition is {row['today']}" if row["today"] else ""))
    for why in row["why"]:
        click.echo(f"  a build today refuses it: {why}")
    for change in row["changes"]:
        now = f", now {change['now']}" if change["now"] and change["how"] != "gone" else ""
        click.echo(f"  {change['how']:8} {change['what']}{now}")
    if row["changes"]:
        click.echo(f"  {count(len(row['changes']), 'change')}")
    again = f"carrier-guides build {row['guide']} -l {row['locale']} -p {row['paper']}"
    again += f" -s {row['shop']}" if row["shop"] else ""
    click.echo("  take it off the rack" + (f"; print it again: {again}" if row["today"] else ""))


COMMANDS: tuple[click.Command, ...] = (which,)
