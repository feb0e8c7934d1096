"""The commands for translators: what there is to translate, how far it is, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator.cli.desk import Desk, count
from generator.language import LANGUAGES, SOURCE_LANGUAGE, find_language
from generator.problem import Problem, ProjectError

if TYPE_CHECKING:
    from generator.catalog import Progress

LOCALE = click.option(
    "-l",
    "--locale",
    "locales",
    multiple=True,
    metavar="LOCALE",
    shell_complete=lambda context, parameter, incomplete: [
        language.locale for language in LANGUAGES if language.locale.startswith(incomplete)
    ],
    help="Only this language.",
)


@click.group()
def messages() -> None:
    """Keep the translations in step with content and templates."""


@messages.command("extract")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    default=Path("-"),
    help="The file to write, a .pot; - is stdout.  [default: -]",
)
@click.pass_obj
def extract(desk: Desk, output: Path) -> None:
    """Write the template of all texts, for the tools of translators (msgmerge, msgcmp, pybabel)."""
    from generator.batch import list_project_messages
    from generator.catalog import write_template
    from generator.publish import write_whole

    try:
        content = desk.content()
        text = write_template(list_project_messages(desk.root, content), content)
    except ProjectError as error:
        desk.fail(error.problems, "text")
    if str(output) == "-":
        click.echo(text, nl=False)
    else:
        write_whole(output, text.encode())
        click.echo(output.as_posix())


@messages.command("init")
@click.argument("locale", metavar="LOCALE")
@click.pass_obj
def init(desk: Desk, locale: str) -> None:
    """Make the catalog of a new language from its record, with every text to translate."""
    from generator.batch import list_project_messages
    from generator.catalog import catalog_path, list_known_languages, update_catalog
    from generator.publish import write_whole

    known = list_known_languages(desk.root)
    language = find_language(locale, known)
    if language is None or language not in known:
        what = f'there is no language "{locale}"; there are {", ".join(one.locale for one in known)}'
        hint = f"begin its record with: carrier-guides new locale {locale}"
        desk.fail([Problem("locales", rule="language-unknown", what=what, hint=hint)], "text")
    path = catalog_path(desk.root, language)
    file = path.relative_to(desk.root).as_posix()
    if path.exists():
        hint = f"offer it new texts with: carrier-guides messages update -l {language.locale}"
        desk.fail([Problem(file, rule="catalog-exists", what="is there already", hint=hint)], "text")
    try:
        content = desk.content()
        offered = list_project_messages(desk.root, content)
        text = update_catalog(desk.root, language, offered, content)
    except ProjectError as error:
        desk.fail(error.problems, "text")
    write_whole(path, text.encode())
    click.echo(file)
    click.echo(f"  {count(len(offered), 'text')} to translate, in Poedit, Weblate or an editor", err=True)


@messages.command("update")
@LOCALE
@click.option(
    "--check", "is_check", is_flag=True, help="Write nothing; exit 1 where a catalog is not in step."
)
@click.pass_obj
def update(desk: Desk, locales: tuple[str, ...], is_check: bool) -> None:
    """Offer new and changed texts to translators, in locales/*/LC_MESSAGES/messages.po.

    Translations are kept. One whose source changed becomes fuzzy, which is never printed.
    """
    from generator.batch import list_project_messages
    from generator.catalog import catalog_path, is_in_step, load_catalog, measure_progress, update_catalog
    from generator.publish import write_whole

    stale = 0
    problems: list[Problem] = []
    try:
        content = desk.content()
        offered = list_project_messages(desk.root, content)
        for language in desk.languages(locales):
            path = catalog_path(desk.root, language)
            try:
                text = update_catalog(desk.root, language, offered, content)
            except ProjectError as error:
                problems.extend(error.problems)
                continue
            before = path.read_text(encoding="utf-8") if path.exists() else ""
            if text == before or (is_check and is_in_step(before, text)):
                continue
            stale += 1
            if not is_check:
                write_whole(path, text.encode())
            click.echo(path.relative_to(desk.root).as_posix())
            if not is_check:
                now = measure_progress(load_catalog(desk.root, language), offered)
                click.echo(f"  {count(now.missing, 'text')} to translate, {now.fuzzy} fuzzy", err=True)
    except ProjectError as error:
        desk.fail(error.problems, "text")
    if problems:
        desk.fail(problems, "text")
    if is_check and stale:
        hint = "run: carrier-guides messages update"
        click.echo(f"{count(stale, 'catalog')} not in step with content and templates; {hint}", err=True)
        raise click.exceptions.Exit(1)


@messages.command("stats")
@LOCALE
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="For people or programs."
)
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Exit 1 where less than this part of the texts is translated.",
)
@click.pass_obj
def stats(desk: Desk, locales: tuple[str, ...], format_: str, fail_under: float | None) -> None:
    """Say how far each language is: translated, fuzzy, missing, words, and who has reviewed it."""
    from generator.batch import list_project_messages, load_catalogs
    from generator.catalog import measure_progress

    try:
        offered = list_project_messages(desk.root, desk.content())
    except ProjectError as error:
        desk.fail(error.problems, format_)
    catalogs, problems = load_catalogs(desk.root, desk.languages(locales))
    rows = [measure_progress(catalog, offered) for catalog in catalogs]
    if fail_under is not None:
        for catalog, row in zip(catalogs, rows, strict=True):
            if row.percent < fail_under:
                what = f"is translated to {row.percent:g} %, at least {fail_under:g} % wanted"
                hint = "see what is missing with: carrier-guides messages check"
                problems.append(Problem(catalog.file, rule="message-progress", what=what, hint=hint))
    if format_ == "json":
        desk.tell(problems, format_, locales=[{**asdict(row), "percent": row.percent} for row in rows])
    else:
        for line in _table(rows):
            click.echo(line)
        desk.tell(problems, format_)
    if problems:
        raise click.exceptions.Exit(1)


def _table(rows: Iterable[Progress]) -> Iterable[str]:
    cells = [("locale", "texts", "translated", "fuzzy", "missing", "words", "reviewed by")]
    for row in rows:
        is_source = row.locale == SOURCE_LANGUAGE
        cells.append(
            (
                row.locale,
                str(row.messages),
                f"{row.translated} ({row.percent:g} %)",
                str(row.fuzzy),
                str(row.missing),
                f"{row.words_translated} of {row.words}",
                row.reviewed_by or ("nobody, it is the source" if is_source else "nobody yet"),
            )
        )
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    for line in cells:
        first, *middle, last = line
        numbers = [cell.rjust(width) for cell, width in zip(middle, widths[1:-1], strict=True)]
        yield "  ".join((first.ljust(widths[0]), *numbers, last)).rstrip()


@messages.command("check")
@LOCALE
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    help="How problems are printed: for people, programs, or as GitHub annotations.",
)
@click.option("--strict", is_flag=True, help="Exit 1 for warnings too.")
@click.pass_obj
def check(desk: Desk, locales: tuple[str, ...], format_: str, strict: bool) -> None:
    """Check the translations beside their source texts, all in one run.

    Errors keep a text from being printed: missing, fuzzy, other placeholders, numbers or units, open
    brackets, marks and letters of another language. Warnings are about style: terms, long sentences,
    texts that are longer than their place.
    """
    from generator.batch import list_project_messages, load_catalogs
    from generator.catalog import check_catalog

    chosen = desk.languages(locales)
    try:
        content = desk.content()
        offered = list_project_messages(desk.root, content)
    except ProjectError as error:
        desk.fail(error.problems, format_)
    catalogs, problems = load_catalogs(desk.root, chosen)
    for catalog in catalogs:
        problems += sorted(check_catalog(catalog, offered, content))
    if any(strict or problem.severity == "error" for problem in problems):
        desk.fail(problems, format_)
    desk.tell(problems, format_)
    if format_ == "text":
        said = count(len(problems), "warning") if problems else "all is well"
        click.echo(f"{count(len(offered), 'text')} in {count(len(chosen), 'language')}: {said}", err=True)
