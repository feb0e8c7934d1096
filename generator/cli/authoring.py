"""The commands for editors: what a file may hold, a new one to fill in, and where its texts are printed."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import click

from generator.cli import Project, Report, choose, fail
from generator.cli import _today as today
from generator.cli.affected import find_built_pages
from generator.cli.desk import count
from generator.problem import Problem, ProjectError

if TYPE_CHECKING:
    from generator.guide import Content


@click.command()
@click.argument("kind", required=False)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    is_flag=False,
    flag_value=Path(".schema"),
    help="Write one file a kind into this folder.  [without a folder: .schema]",
)
@click.pass_obj
def schema(project: Project, kind: str | None, output: Path | None) -> None:
    """Print the JSON Schema of a kind of content file, so that an editor completes and explains it."""
    from generator.publish import write_whole
    from generator.schema import FILES, make_schema

    kinds = choose((kind,), list(FILES), "kind of file") if kind else tuple(FILES)
    if output is None and kind is None:
        for each in kinds:
            click.echo(f"{each:9} {FILES[each]}")
        return
    for each in kinds:
        text = json.dumps(make_schema(each), ensure_ascii=False, indent=1) + "\n"
        if output is None:
            click.echo(text, nl=False)
            continue
        path = (project.root / output if output == Path(".schema") else output) / f"{each}.schema.json"
        write_whole(path, text.encode())
        click.echo(path.as_posix())


# --- new --------------------------------------------------------------------------------------------


@click.group()
def new() -> None:
    """Begin a guide, a shop, a fact or a language: a file with comments, whose words are blanks."""


def _check_id(id_: str) -> None:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id_) or len(id_) > 60:
        raise click.BadParameter(f'"{id_}" is no id: small letters, digits and single hyphens, at most 60')


def _load(project: Project) -> Content:
    try:
        return project.content()
    except ProjectError as error:
        fail(error.problems, Report("new", "text"))


def _refuse(file: str, what: str, hint: str) -> None:
    fail([Problem(file, rule="content-id", what=what, hint=hint)], Report("new", "text"))


def _write(project: Project, file: str, text: str, after: str, *, begins_at: int = 0) -> None:
    """Write a new file, and say what is to be filled in and what to run then."""
    from generator.publish import write_whole
    from generator.skeleton import find_blanks

    write_whole(project.root / file, text.encode())
    click.echo(file)
    blanks = [blank for blank in find_blanks(text) if blank.line > begins_at]
    for blank in blanks:
        click.echo(f"{file}:{blank.line}: {blank.key}: {blank.what}")
    click.echo(f"{count(len(blanks), 'blank')} to fill in; then: {after}", err=True)


@new.command("guide")
@click.argument("id_", metavar="ID")
@click.option("--carrier", metavar="CARRIER", help="The carrier that it is about.  [default: none]")
@click.option(
    "--like", metavar="GUIDE", help="Take the blocks and rows of this guide.  [default: the first that fits]"
)
@click.pass_obj
def new_guide(project: Project, id_: str, carrier: str | None, like: str | None) -> None:
    """Begin a guide, with the blocks and rows of another one."""
    from generator.skeleton import begin_guide

    _check_id(id_)
    content = _load(project)
    if carrier:
        (carrier,) = choose((carrier,), list(content.carriers), "carrier")
    file = f"content/guides/{id_}.toml"
    if id_ in content.guides:
        _refuse(file, "is there already", "give the new guide another id")
    # First one of the same carrier, then one of any, then any.
    near = sorted(content.guides.values(), key=lambda guide: bool(guide.carrier) != bool(carrier))
    fitting = [guide.id for guide in sorted(near, key=lambda guide: guide.carrier != carrier)]
    (model,) = choose((like,), list(content.guides), "guide") if like else fitting[:1]
    text = (project.root / f"content/guides/{model}.toml").read_text(encoding="utf-8-sig")
    after = "carrier-guides check, then carrier-guides messages update"
    _write(project, file, begin_guide(content, id_, text, carrier), after)


@new.command("shop")
@click.argument("id_", metavar="ID")
@click.pass_obj
def new_shop(project: Project, id_: str) -> None:
    """Begin the file of a shop that hands guides out."""
    from generator.skeleton import begin_shop

    _check_id(id_)
    file = f"content/shops/{id_}.toml"
    if id_ in _load(project).shops:
        _refuse(file, "is there already", "give the new shop another id")
    _write(project, file, begin_shop(id_), "carrier-guides check, then carrier-guides messages update")


@new.command("fact")
@click.argument("id_", metavar="ID")
@click.option(
    "--file",
    "file_",
    default="common",
    metavar="NAME",
    help="The file below content/facts.  [default: common]",
)
@click.option(
    "--kind", default="rule", metavar="KIND", help="What it is: fee, phone, hours …  [default: rule]"
)
@click.option("--source", metavar="SOURCE", help="A source that is there already.  [default: a new one]")
@click.option(
    "--on", type=click.DateTime(["%Y-%m-%d"]), help="The day on which it was seen.  [default: today]"
)
@click.pass_obj
def new_fact(
    project: Project, id_: str, file_: str, kind: str, source: str | None, on: datetime.datetime | None
) -> None:
    """Begin a fact, and its source, at the end of a file of facts. It begins as one that is never printed."""
    from generator.guide import FactKind
    from generator.skeleton import begin_fact

    _check_id(id_)
    (kind,) = choose((kind,), list(get_args(FactKind)), "kind of fact")
    content = _load(project)
    if id_ in content.facts:
        where = ":".join(map(str, content.defined[id_]))
        _refuse(where, f'fact "{id_}" is there already', f"see it with: carrier-guides facts show {id_}")
    if source:
        (source,) = choose((source,), list(content.sources), "source")
    files = sorted(path.stem for path in (project.root / "content/facts").glob("*.toml"))
    (name,) = choose((file_,), files, "file of facts")
    path = project.root / f"content/facts/{name}.toml"
    text = path.read_bytes().decode().rstrip("\r\n") + "\n"
    begun = begin_fact(id_, cast("FactKind", kind), source, on.date() if on else today())
    after = f"carrier-guides check, and use it as {{fact.{id_}}}"
    _write(
        project,
        f"content/facts/{name}.toml",
        (text + begun).replace("\r\n", "\n").replace("\n", "\r\n" if "\r\n" in text else "\n"),
        after,
        begins_at=text.count("\n"),
    )


@new.command("locale")
@click.argument("locale", metavar="LOCALE")
@click.pass_context
def new_locale(context: click.Context, locale: str) -> None:
    """Begin a language: its record where it has none, then its catalog."""
    from generator.catalog import describe_locale, list_known_languages
    from generator.cli.messages import init
    from generator.language import find_language
    from generator.skeleton import begin_language

    project: Project = context.obj
    known = list_known_languages(project.root)
    if find_language(locale, known) in known:
        context.invoke(init, locale=locale)
        return
    if (about := describe_locale(locale)) is None:
        raise click.BadParameter(f'nobody knows "{locale}"; a locale is written as Babel does: pt_BR, id, ne')
    name, values = about
    after = f"carrier-guides new locale {name}, for its catalog"
    _write(project, f"locales/{name}/language.toml", begin_language(name, values), after)


# --- explain ----------------------------------------------------------------------------------------


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE[:LINE]...")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="For people or programs."
)
@click.pass_obj
def explain(project: Project, files: tuple[str, ...], format_: str) -> None:
    """Say where the texts of a content file or catalog are printed, and how long they may be.

    FILE may be followed by the number of a line. Pages are told of handouts that are built.
    """
    rows: list[dict[str, Any]] = []
    try:
        content = project.content()
        for name in files:
            rows += _explain(project, content, name)
    except ProjectError as error:
        fail(error.problems, Report("explain", format_))
    if format_ == "json":
        click.echo(json.dumps({"schema": 1, "texts": rows}, ensure_ascii=False, indent=1))
        return
    for row in rows:
        click.echo(click.style(f"{row['file']}:{row['line']}: {row['place']}", bold=True))
        click.echo(f"  “{row['text']}”")
        click.echo(
            f"  {row['what']}"
            + (f"; now {row['length']:g} of {row['room']:g} {row['unit']}" if row["room"] else "")
        )
        for file, pages in row["printed"].items():
            click.echo(f"  {file}" + (f", page {', '.join(map(str, pages))}" if pages else ""))
        if not row["printed"]:
            click.echo("  no handout prints it")


def _explain(project: Project, content: Content, name: str) -> list[dict[str, Any]]:
    """Return a row for each text of a file."""
    from generator.batch import Selection, find_papers, make_plan
    from generator.catalog import SOURCE, find_languages, load_catalog
    from generator.change import find_places

    file, _, number = name.partition(":") if re.search(r":\d+$", name) else (name, "", "")
    path = (Path.cwd() / file).resolve()
    if not path.is_file():
        path = (project.root / file).resolve()
    if not path.is_file() or not path.is_relative_to(project.root.resolve()):
        raise click.BadParameter(f'"{file}" is no file of the project')
    file = path.relative_to(project.root.resolve()).as_posix()
    language, texts = SOURCE, []
    if path.suffix == ".po":
        spoken = [
            one
            for one in find_languages(project.root)
            if file == f"locales/{one.locale}/LC_MESSAGES/messages.po"
        ]
        if not spoken:
            raise click.BadParameter(f'"{file}" is no catalog of the project')
        language = spoken[0]
        entries = load_catalog(project.root, language).entries
        texts = [(entry.line, place or text, entry.text or text) for (place, text), entry in entries.items()]
    else:
        texts = [(text.line, text.place, text.text) for text in content.texts.values() if text.file == file]
        if not texts:
            raise click.BadParameter(f'"{file}" has no texts: name a file of content/ or a catalog')
    texts.sort()
    if number:
        # A line within an entry means the entry.
        before = [line for line, _, _ in texts if line <= int(number)]
        texts = [text for text in texts if before and text[0] == before[-1]]
    folder = project.root / "output"
    selection = Selection(tuple(content.guides), (language,), find_papers(folder))
    plan = make_plan(project.root, content, selection, today(), is_draft=True)
    found = find_places(plan, [(language.locale, place) for _, place, _ in texts])
    # Releases are told, whatever state their translations are in.
    pages = find_built_pages([_as_release(item) for item in found], folder)
    printed: dict[str, dict[str, tuple[int, ...]]] = {}
    for item in found:
        name = _release_name(item.file)
        for change, numbers in zip(item.changes, pages[name], strict=True):
            printed.setdefault(change.name, {})[name] = numbers
    return [
        {
            "file": file,
            "line": line,
            "place": place,
            "text": text,
            **_measure(place, text, language.is_spaced),
            "printed": {name: list(numbers) for name, numbers in printed.get(place, {}).items()},
        }
        for line, place, text in texts
    ]


def _release_name(file: str) -> str:
    return file.replace("-draft.pdf", ".pdf")


def _as_release(item: Any) -> Any:  # noqa: ANN401
    from dataclasses import replace

    return replace(item, file=_release_name(item.file))


def _measure(place: str, text: str, is_spaced: bool) -> Mapping[str, Any]:
    """Say what a place is, how long a text may be there and how long it is."""
    from generator.place import describe_word, find_place, measure

    found = find_place(place)
    unit = "letters" if is_spaced else "em"
    if found is None:
        return {"what": describe_word(""), "length": 0, "room": 0, "unit": unit}
    return {
        "what": found.describe(is_spaced=is_spaced),
        "length": round(measure(text, is_spaced=is_spaced), 1),
        "room": found.limit(is_spaced=is_spaced),
        "unit": unit,
    }


COMMANDS: tuple[click.Command, ...] = (schema, new, explain)
