"""`carrier-guides impose`: finished pages on sheets to be cut or folded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator.cli import Report, count, fail
from generator.imposition import EDGES, SCHEMES, STOCKS, Edge, NoRoomError, Plan, plan_sheets
from generator.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from generator.impose import Source


def _millimetres(most: float) -> click.FloatRange:
    return click.FloatRange(0.0, most)


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write.",
)
@click.option(
    "--layout",
    "name",
    required=True,
    type=click.Choice([scheme.name for scheme in SCHEMES]),
    help="; ".join(f"{scheme.name}: {scheme.about}" for scheme in SCHEMES) + ".",
)
@click.option(
    "--sheet",
    type=click.Choice([stock.name for stock in STOCKS]),
    help="The paper to print on.  [default: the smallest that has room]",
)
@click.option(
    "--duplex",
    "edge",
    type=click.Choice(EDGES),
    help="The edge on which your printer turns the sheet; none: one side.  "
    "[default: short for a booklet, else none]",
)
@click.option("--gutter", "gutter_mm", type=_millimetres(30), default=0.0, help="Room between pages, in mm.")
@click.option(
    "--creep",
    "creep_mm",
    type=_millimetres(1),
    default=0.0,
    help="How thick a sheet is, in mm (0.1 for office paper): pages inside a booklet move to the fold.",
)
@click.option("--repeat", "repeats", is_flag=True, help="Fill a sheet with each page, to cut it into copies.")
@click.option(
    "--stack", "stacks", is_flag=True, help="Cut the pile and put the parts on each other: in order."
)
@click.option("--no-marks", "is_bare", is_flag=True, help="No marks to cut or fold along.")
def impose(
    files: tuple[Path, ...],
    output: Path,
    name: str,
    sheet: str | None,
    edge: Edge | None,
    gutter_mm: float,
    creep_mm: float,
    repeats: bool,
    stacks: bool,
    is_bare: bool,
) -> None:
    """Put the pages of finished PDFs on sheets, to be cut or folded.

    Pages are never scaled. What a screen reader needs is lost on the way, so the sheets are for paper only.
    """
    from generator.impose import UnfitError, read_source
    from generator.impose import impose as make
    from generator.publish import write_whole
    from generator.readback.sheets import find_astray

    report = Report("impose", "text")
    scheme = next(scheme for scheme in SCHEMES if scheme.name == name)
    if scheme.folds and (repeats or stacks or gutter_mm):
        raise click.UsageError("--repeat, --stack and --gutter are about sheets that are cut, not folded")
    if scheme.folds and edge == "none":
        raise click.UsageError("a booklet has two sides: leave out --duplex, or name an edge")
    if creep_mm and not scheme.folds:
        raise click.UsageError("--creep is about booklets")
    if repeats and stacks:
        raise click.UsageError("--repeat and --stack are two ways to fill sheets: take one")
    if any(_is_same(file, output) for file in files):
        raise click.UsageError(f"{output} is one of the files to impose: write to another")
    problems: list[Problem] = []
    sources: list[Source] = []
    for file in files:
        try:
            sources.append(read_source(str(file), file.read_bytes()))
        except UnfitError as error:
            problems.append(Problem(file=error.name, rule="impose", what=error.what, hint=error.hint))
        except OSError as error:
            what, hint = f"cannot be read: {error.strerror or error}", "look at its rights"
            problems.append(Problem(file=str(file), rule="file", what=what, hint=hint))
    problems += _find_odd_sizes(sources)
    if problems:
        fail(problems, report)
    try:
        plan = plan_sheets(
            scheme,
            sum(source.pages for source in sources),
            sources[0].trim_mm,
            stock=next((stock for stock in STOCKS if stock.name == sheet), None),
            edge=edge,
            gutter_mm=gutter_mm,
            creep_mm=creep_mm,
            repeats=repeats,
            stacks=stacks,
        )
    except NoRoomError as error:
        hint = "pages are never scaled: take a larger --sheet, a smaller --gutter, or build a smaller paper"
        fail([Problem(file=sources[0].name, rule="impose", what=str(error), hint=hint)], report)
    pdf = make(sources, plan, has_marks=not is_bare)
    if astray := list(find_astray(pdf, [source.pdf for source in sources], plan)):
        hint = "the earlier file was left as it is; tell us, with the file"
        fail([Problem(file=str(output), rule="impose", what=what, hint=hint) for what in astray], report)
    try:
        write_whole(output, pdf)
    except OSError as error:
        hint = "check that the folder can be written and the disk is not full"
        what = str(error.strerror or error)
        fail([Problem(file=str(output), rule="file", what=what, hint=hint)], report)
    click.echo(str(output))
    for line in _describe(plan, sum(source.pages for source in sources), repeats=repeats):
        click.echo(line, err=True)


def _is_same(file: Path, output: Path) -> bool:
    return output.exists() and output.samefile(file)


def _find_odd_sizes(sources: Sequence[Source]) -> list[Problem]:
    problems = []
    for source in sources[1:]:
        first = sources[0]
        if any(abs(one - other) > 0.5 for one, other in zip(source.trim_mm, first.trim_mm, strict=True)):
            (width, height), (wide, high) = source.trim_mm, first.trim_mm
            what = f"has pages of {width:g} x {height:g} mm, {first.name} of {wide:g} x {high:g} mm"
            hint = "impose pages of one size at a time"
            problems.append(Problem(file=source.name, rule="impose", what=what, hint=hint))
    return problems


def _describe(plan: Plan, pages: int, *, repeats: bool) -> list[str]:
    """Say what was made, and what to do with it."""
    stock = plan.stock.name.upper() if plan.stock.name != "letter" else "Letter"
    across = " across" if plan.is_across else ""
    sides = "one side" if plan.edge == "none" else f"both sides, turned on the {plan.edge} edge"
    blanks = f", {count(plan.blanks, 'blank page')} added" if plan.blanks else ""
    copies = ", a sheet for each" if repeats else ""
    made = f"{count(plan.sheets, 'sheet')} {stock}{across}, {sides}: {count(pages, 'page')}{blanks}{copies}"
    if plan.scheme.folds:
        then = "fold at the dashed ticks, cover outside" + (", and stitch" if plan.sheets > 1 else "")
    else:
        then = "cut at the marks"
    return [made, f"Print at 100 %, then {then}. Sheets have no tags: for screens, hand out the pages."]


COMMANDS: tuple[click.Command, ...] = (impose,)
