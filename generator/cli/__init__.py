"""The command line: the only room that prints, exits, and reads arguments and the environment.

Results go to stdout, narration to stderr. Exit codes: 0 done, 1 problems found (they are printed),
2 wrong command line, 130 interrupted. Heavy libraries are imported by the command that needs them.
"""

from __future__ import annotations

import datetime
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from generator import __version__
from generator.cli.affected import affected
from generator.cli.messages import messages
from generator.language import LANGUAGES, PSEUDO, Language, find_language
from generator.paper import PAPERS, Paper
from generator.problem import Problem, ProjectError

if TYPE_CHECKING:
    from generator.batch import Outcome, Plan
    from generator.guide import Content

# JSON that programs read says which shape it has.
SCHEMA = 1


def main() -> None:
    """Run the command line, with stdout and stderr in UTF-8 wherever we run."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    # So that a build that is told to end (by CI, by systemd) ends its workers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        # Not standalone: Click would turn Ctrl-C into exit code 1.
        sys.exit(cli.main(prog_name="carrier-guides", standalone_mode=False) or 0)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not cut the farewell short
        click.echo("interrupted: what was published before is whole", err=True)
        sys.exit(130)
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            where = str(error.filename or "")
            print_problems([Problem(where, rule="file", what=str(error.strerror or error).lower())])
            sys.exit(1)
        # The reader of a pipe went away (`| head`); Python would complain once more while closing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


@dataclass(frozen=True)
class Project:
    """The project folder that a command works in."""

    root: Path

    def content(self) -> Content:
        """Return the checked content; raises ProjectError with everything that is wrong."""
        from generator.content import load_content

        return load_content(self.root)

    # What groups with rooms of their own need of this one (see `desk`).

    def languages(self, asked: Sequence[str]) -> tuple[Language, ...]:
        """Return the languages for any usual spelling or glob."""
        return choose_languages(asked)

    def today(self) -> datetime.date:
        """Return the day that facts are measured against."""
        return _today()

    def tell(self, problems: Sequence[Problem], format_: str, **result: Any) -> None:  # noqa: ANN401
        """Print problems."""
        tell(problems, format_, **result)

    def fail(self, problems: Sequence[Problem], format_: str, **result: Any) -> NoReturn:  # noqa: ANN401
        """Print what is wrong and leave with exit code 1."""
        fail(problems, format_, **result)


def find_root(start: Path) -> Path:
    """Return the nearest folder upwards that has `content/`, else the folder itself."""
    for folder in (start, *start.parents):
        if (folder / "content").is_dir() and (folder / "templates").is_dir():
            return folder
    return start


# --- problems --------------------------------------------------------------------------------------


def print_problems(problems: Iterable[Problem]) -> None:
    """Print problems to stderr, one a line, each with its next step."""
    for problem in problems:
        mark = click.style(
            f"{problem.severity}:", fg="red" if problem.severity == "error" else "yellow", bold=True
        )
        where = f" {problem.where}:" if problem.where else ""
        click.echo(f"{mark}{where} {problem.what} [{problem.rule}]", err=True)
        if problem.hint:
            click.echo(f"  hint: {problem.hint}", err=True)


def _annotation(problem: Problem) -> str:
    """Write a problem as GitHub wants it.

    Source: GitHub Actions, workflow commands (`%`, line ends, and in properties `:` and `,` are escaped).
    """

    def escape(text: str, extra: str = "") -> str:
        text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        for character in extra:
            text = text.replace(character, f"%{ord(character):02X}")
        return text

    properties = []
    if problem.file:
        properties.append(f"file={escape(problem.file, ':,')}")
        if problem.line:
            properties.append(f"line={problem.line}")
    properties.append(f"title={escape(problem.rule, ':,')}")
    message = f"{problem.where}: {problem.what}" + (f" (hint: {problem.hint})" if problem.hint else "")
    return f"::{problem.severity} {','.join(properties)}::{escape(message)}"


def tell(problems: Sequence[Problem], format_: str, **result: Any) -> None:  # noqa: ANN401
    """Print problems, and for JSON the result with them."""
    if format_ == "json":
        listed = [{**asdict(problem), "where": problem.where} for problem in problems]
        data = {"schema": SCHEMA, **result, "problems": listed}
        click.echo(json.dumps(data, ensure_ascii=False, indent=1))
    elif format_ == "github":
        for problem in problems:
            click.echo(_annotation(problem))
    else:
        print_problems(problems)


def count(number: int, noun: str) -> str:
    """Write a count: "1 error", "12 handouts"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def summarize(problems: Iterable[Problem]) -> str:
    """Write how many errors and warnings there are."""
    problems = list(problems)
    errors = sum(problem.severity == "error" for problem in problems)
    parts = [count(errors, "error")] if errors else []
    if len(problems) > errors:
        parts.append(count(len(problems) - errors, "warning"))
    return ", ".join(parts)


# --- the group --------------------------------------------------------------------------------------


def _defaults(root: Path) -> dict[str, Any]:
    """Return `[tool.carrier-guides]` of the project: defaults of the options of `build`.

    Raises:
        click.UsageError: where it is no TOML, or names an option that does not exist.
    """
    path = root / "pyproject.toml"
    try:
        import tomllib

        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        return {}
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"{path}: {error}") from error
    tool = data.get("tool", {})
    table = tool.get("carrier-guides", {}) if isinstance(tool, dict) else None
    if not isinstance(table, dict):
        raise click.UsageError(f"{path}: [tool.carrier-guides] must be a table")
    known = {
        option.lstrip("-"): parameter.name
        for parameter in build.params
        for option in parameter.opts
        if option.startswith("--")
    }
    unknown = sorted(set(table) - set(known))
    if unknown:
        options = ", ".join(sorted(known))
        raise click.UsageError(
            f'pyproject.toml: [tool.carrier-guides] has "{unknown[0]}"; options of build are {options}'
        )
    for name, value in table.items():
        if (wanted := _misfit(next(p for p in build.params if p.name == known[name]), value)) is not None:
            raise click.UsageError(f"pyproject.toml: [tool.carrier-guides] {name} must be {wanted}")
    several = {parameter.name for parameter in build.params if getattr(parameter, "multiple", False)}
    return {
        "build": {
            known[name]: [value] if known[name] in several and isinstance(value, str) else value
            for name, value in table.items()
        }
    }


def _misfit(parameter: click.Parameter, value: object) -> str | None:
    """Say what a default must be, where it is something else."""
    if getattr(parameter, "multiple", False):
        texts = value if isinstance(value, list) else [value]
        good = all(isinstance(text, str) for text in texts)
        return None if good else 'a text in quotes, or a list of them: ["ja", "en"]'
    if getattr(parameter, "is_flag", False):
        return None if isinstance(value, bool) else "true or false"
    if isinstance(parameter.type, click.IntRange):
        return None if isinstance(value, int) and not isinstance(value, bool) else "a whole number"
    if isinstance(parameter.type, Day):
        return None if isinstance(value, str) or type(value) is datetime.date else "a day: 2026-11-22"
    return None if isinstance(value, str) else "a text in quotes"


def _name_variables(command: click.Command, prefix: str) -> None:
    """Name each option's environment variable as the option is called: CARRIER_GUIDES_BUILD_LOCALE."""
    for parameter in command.params:
        longest = max(parameter.opts, key=len)
        if longest.startswith("--"):
            parameter.envvar = f"{prefix}_{longest[2:].replace('-', '_').upper()}"
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            _name_variables(child, f"{prefix}_{name.upper()}")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "--version", prog_name="carrier-guides")
@click.option(
    "--project",
    "folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="The project's folder.  [default: the nearest one upwards with content/]",
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colour in messages; NO_COLOR counts as never.",
)
@click.pass_context
def cli(context: click.Context, folder: Path | None, color: str) -> None:
    """Print carrier guides: one reviewed source of content, every language, finished PDF handouts.

    Every option can be set as CARRIER_GUIDES_COMMAND_OPTION in the environment, and the options of
    build in [tool.carrier-guides] of pyproject.toml.
    """
    root = (folder or find_root(Path.cwd())).resolve()
    context.obj = Project(root)
    context.default_map = _defaults(root)
    if color == "never" or (color == "auto" and os.environ.get("NO_COLOR")):
        context.color = False
    elif color == "always" or os.environ.get("FORCE_COLOR"):
        context.color = True
    elif os.environ.get("TERM") == "dumb":
        context.color = False


def _complete(values: Callable[[Path], Iterable[str]]) -> Callable[..., list[str]]:
    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
        return [value for value in values(find_root(Path.cwd())) if value.startswith(incomplete)]

    return complete


def _stems(pattern: str) -> Callable[[Path], Iterable[str]]:
    return lambda root: sorted(path.stem for path in root.glob(pattern))


class Day(click.ParamType[datetime.date]):
    """A day written as YYYY-MM-DD."""

    name = "date"

    def convert(
        self, value: str | datetime.date, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime.date:
        """Return the day."""
        if isinstance(value, datetime.date):
            return value
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            self.fail(f'"{value}" is not a day: write it as 2026-11-22', param, ctx)


def _today() -> datetime.date:
    """Return the day that facts are measured against: SOURCE_DATE_EPOCH, else today, in UTC."""
    if epoch := os.environ.get("SOURCE_DATE_EPOCH"):
        try:
            return datetime.datetime.fromtimestamp(int(epoch), datetime.UTC).date()
        except (ValueError, OverflowError, OSError) as error:
            raise click.UsageError(f'SOURCE_DATE_EPOCH is "{epoch}", not a number of seconds') from error
    return datetime.datetime.now(datetime.UTC).date()


FORMAT = click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    help="How problems are printed: for people, programs, or as GitHub annotations.",
)
AS_OF = click.option(
    "--as-of",
    type=Day(),
    help="Measure the age of facts against this day.  [default: SOURCE_DATE_EPOCH, or today]",
)


# --- choosing ---------------------------------------------------------------------------------------


def choose(asked: Sequence[str], known: Sequence[str], noun: str) -> tuple[str, ...]:
    """Return the ids that match any of the globs, in the project's order; all where none is given.

    Raises:
        click.BadParameter: a glob matches nothing; the message says what there is.
    """
    if not asked:
        return tuple(known)
    found = set()
    for glob in asked:
        matching = [id_ for id_ in known if fnmatchcase(id_, glob)]
        if not matching:
            import difflib

            near = difflib.get_close_matches(glob, known, 1, 0.5)
            hint = f'did you mean "{near[0]}"?' if near else f"there are: {', '.join(known)}"
            raise click.BadParameter(f'no {noun} is called "{glob}"; {hint}')
        found.update(matching)
    return tuple(id_ for id_ in known if id_ in found)


def choose_languages(asked: Sequence[str]) -> tuple[Language, ...]:
    """Return the languages for any usual spelling or glob of their locales."""
    spelled = [language.locale if (language := find_language(text)) else text for text in asked]
    chosen = choose(spelled, [language.locale for language in LANGUAGES], "locale")
    return tuple(language for language in LANGUAGES if language.locale in chosen)


def choose_editions(asked: Sequence[str]) -> tuple[Language, ...]:
    """Return the languages to build; the pseudo-locale is built alone, and only where it is named."""
    if PSEUDO in (found := [find_language(text) for text in asked]):
        if set(found) != {PSEUDO}:
            raise click.BadParameter("pseudo is built alone: its drafts need characters of their own")
        return (PSEUDO,)
    return choose_languages(asked)


def choose_papers(asked: Sequence[str]) -> tuple[Paper, ...]:
    """Return the papers that match the globs."""
    chosen = choose(asked, [paper.name for paper in PAPERS], "paper")
    return tuple(paper for paper in PAPERS if paper.name in chosen)


def fail(problems: Sequence[Problem], format_: str, **result: Any) -> NoReturn:  # noqa: ANN401
    """Print what is wrong and leave with exit code 1."""
    tell(problems, format_, **result)
    if format_ == "text":
        click.echo(summarize(problems), err=True)
    raise click.exceptions.Exit(1)


# --- build ------------------------------------------------------------------------------------------


@cli.command()
@click.argument(
    "guides", nargs=-1, metavar="[GUIDE]...", shell_complete=_complete(_stems("content/guides/*.toml"))
)
@click.option(
    "-l",
    "--locale",
    "locales",
    multiple=True,
    metavar="LOCALE",
    shell_complete=_complete(lambda _: [language.locale for language in LANGUAGES]),
    help="Only this language, in any usual spelling (zh, zh-CN, zh_Hans) or as a glob; pseudo is none, "
    "longer and in brackets, for drafts that show what will not fit.",
)
@click.option(
    "-p",
    "--paper",
    "papers",
    multiple=True,
    metavar="PAPER",
    shell_complete=_complete(lambda _: [paper.name for paper in PAPERS]),
    help="Only this paper, or a glob.",
)
@click.option(
    "-s",
    "--shop",
    "shops",
    multiple=True,
    metavar="SHOP",
    shell_complete=_complete(_stems("content/shops/*.toml")),
    help="For this shop, or a glob.  [default: every real shop, else a blank panel for a stamp]",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, allow_dash=True),
    help="The folder to write to; - writes a single handout to stdout.  [default: output]",
)
@click.option("-j", "--jobs", type=click.IntRange(1, 64), help="Worker processes.  [default: all processors]")
@AS_OF
@click.option(
    "--draft", is_flag=True, help="Print what is not translated in the source language, and mark it."
)
@click.option("--force", is_flag=True, help="Build what is unchanged too.")
@click.option("--dry-run", is_flag=True, help="Say what would be built, and build nothing.")
@click.option("--prune", is_flag=True, help="Remove handouts that the project no longer makes.")
@click.option(
    "--cache",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where made fonts are kept.  [default: .cache]",
)
@FORMAT
@click.option("-q", "--quiet", is_flag=True, help="Print problems only.")
@click.option("-v", "--verbose", is_flag=True, help="Say how long each phase took.")
@click.pass_obj
def build(
    project: Project,
    guides: tuple[str, ...],
    locales: tuple[str, ...],
    papers: tuple[str, ...],
    shops: tuple[str, ...],
    output: Path | None,
    jobs: int | None,
    as_of: datetime.date | None,
    draft: bool,
    force: bool,
    dry_run: bool,
    prune: bool,
    cache: Path | None,
    format_: str,
    quiet: bool,
    verbose: bool,
) -> None:
    """Build handouts as finished, checked PDF files.

    A handout that is not right is not published: its problems are printed, an earlier file stays as
    it was, and the others are still built. The paths of the handouts go to stdout.
    """
    from generator import batch

    started = time.perf_counter()
    to_stdout = output is not None and str(output) == "-"
    folder = (project.root / "output") if output is None or to_stdout else output
    cache = cache or project.root / ".cache"
    try:
        content = project.content()
        selection = batch.Selection(
            guides=choose(guides, list(content.guides), "guide"),
            languages=choose_editions(locales),
            papers=choose_papers(papers),
            shops=choose(shops, list(content.shops), "shop") if shops else (),
        )
        plan = batch.make_plan(project.root, content, selection, as_of or _today(), is_draft=draft)
        if to_stdout:
            _build_to_stdout(plan, cache, format_)
            return
        if dry_run:
            _dry_run(plan, folder, force, format_)
            return
        with _Narrator(len(plan.jobs), quiet, verbose, format_) as narrator:
            outcomes = batch.run(
                plan,
                folder,
                cache,
                workers=jobs or batch.default_workers(),
                force=force,
                report=narrator.hear,
            )
        gone: list[str] = []
        if prune:
            from generator.publish import prune as remove

            gone = remove(folder, batch.all_files(content) | {job.file for job in plan.jobs})
    except ProjectError as error:
        fail(error.problems, format_)
    except BrokenPipeError:
        raise
    except OSError as error:
        where = str(error.filename or folder)
        hint = "check that the folder can be written and the disk is not full"
        fail([Problem(file=where, rule="file", what=str(error.strerror or error), hint=hint)], format_)
    notes = _find_leftovers(folder, content, plan, gone) + _find_samples(content, shops)
    plan = replace(plan, problems=(*plan.problems, *notes))
    _tell_outcomes(outcomes, plan, folder, gone, time.perf_counter() - started, format_, quiet)


def _find_leftovers(folder: Path, content: Content, plan: Plan, gone: Sequence[str]) -> tuple[Problem, ...]:
    """Return a warning where the folder holds releases that no build will ever correct again."""
    from generator.batch import all_files
    from generator.publish import read_manifest

    made = all_files(content) | {job.file for job in plan.jobs} | set(gone)
    left = sorted(file for file in set(read_manifest(folder)) - made if not file.endswith("-draft.pdf"))
    if not left:
        return ()
    what = f"holds what the project no longer makes: {', '.join(left[:3])}"
    hint = "remove them with --prune, and from the rack"
    return (Problem(_near(folder), rule="output-old", what=what, hint=hint, severity="warning"),)


def _find_samples(content: Content, asked: Sequence[str]) -> tuple[Problem, ...]:
    """Return a warning where a shop other than the example is still marked as a sample."""
    if asked:
        return ()
    return tuple(
        Problem(
            content.texts[f"shop/{shop.id}/name"].file,
            key="sample",
            rule="shop-sample",
            what=f'shop "{shop.id}" is a sample, so no handout is made for it',
            hint="take the line away when address, phone and page are the shop's own",
            severity="warning",
        )
        for shop in content.shops.values()
        if shop.sample and shop.id != "example"
    )


class _Narrator:
    """Says on stderr how far a build is: a bar on a terminal, else a line a handout."""

    def __init__(self, length: int, quiet: bool, verbose: bool, format_: str) -> None:
        self.is_silent = quiet or format_ == "json"
        self.is_verbose = verbose
        self.has_bar = not self.is_silent and not verbose and sys.stderr.isatty()
        self.bar = click.progressbar(length=length, label="building", file=sys.stderr, show_pos=True)

    def __enter__(self) -> _Narrator:
        if self.has_bar:
            self.bar.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        if self.has_bar:
            self.bar.render_finish()

    def hear(self, outcome: Outcome) -> None:
        """Tell of one handout."""
        if self.has_bar:
            self.bar.update(1)
        elif not self.is_silent and (not outcome.is_reused or self.is_verbose):
            done = "unchanged" if outcome.is_reused else "built" if outcome.record else "refused"
            line = f"{done} {outcome.job.file}"
            if outcome.record:
                line += f", {count(outcome.record.pages, 'page')}, {outcome.record.size / 1000:.0f} KB"
            if self.is_verbose and outcome.seconds:
                line += ": " + ", ".join(f"{phase} {s * 1000:.0f} ms" for phase, s in outcome.seconds.items())
            click.echo(line, err=True)


def _tell_outcomes(
    outcomes: Sequence[Outcome],
    plan: Plan,
    folder: Path,
    gone: Sequence[str],
    seconds: float,
    format_: str,
    quiet: bool,
) -> None:
    """Print the paths of what is there, all problems once, and the summary; exit 1 where refused."""
    problems = dict.fromkeys(plan.problems)
    for outcome in outcomes:
        problems.update(dict.fromkeys(outcome.problems))
        if outcome.is_reused and outcome.record:
            problems.update(dict.fromkeys(outcome.record.warnings))
    refused = [outcome for outcome in outcomes if not outcome.record]
    if format_ == "json":
        handouts = [
            {
                "file": _near(folder / outcome.job.file),
                "status": "unchanged" if outcome.is_reused else "built" if outcome.record else "refused",
                **(
                    {}
                    if outcome.record is None
                    else {
                        "pages": outcome.record.pages,
                        "size": outcome.record.size,
                        "edition": outcome.record.edition,
                        "sha256": outcome.record.sha256,
                    }
                ),
            }
            for outcome in outcomes
        ]
        tell(list(problems), format_, handouts=handouts, removed=list(gone))
    else:
        tell(list(problems), format_)
        if not quiet:
            for outcome in outcomes:
                if outcome.record:
                    click.echo(_near(folder / outcome.job.file))
            for file in gone:
                click.echo(f"removed {file}", err=True)
            made = sum(1 for outcome in outcomes if outcome.record and not outcome.is_reused)
            reused = sum(1 for outcome in outcomes if outcome.is_reused)
            records = [outcome.record for outcome in outcomes if outcome.record]
            parts = [f"{made} built", f"{reused} unchanged"]
            parts += [f"{len(refused)} refused"] if refused else []
            parts.append(count(sum(record.pages for record in records), "page"))
            parts.append(f"{sum(record.size for record in records) / 1e6:.2f} MB")
            parts += [text] if (text := summarize(problems)) else []
            parts.append(f"{seconds:.1f} s")
            click.echo(f"{count(len(outcomes), 'handout')}: " + ", ".join(parts), err=True)
    if refused:
        raise click.exceptions.Exit(1)


def _near(path: Path) -> str:
    """Return a path as a person in this folder would write it."""
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()


def _build_to_stdout(plan: Plan, cache: Path, format_: str) -> None:
    from generator import batch

    if sys.stdout is None or sys.stdout.isatty():
        raise click.UsageError("-o - writes the bytes of a PDF: send them to a file or a program")
    if len(plan.jobs) != 1:
        raise click.UsageError(
            f"-o - writes one handout, but {len(plan.jobs)} were asked for; name a guide, -l, -p and -s"
        )
    ((_, finished),) = batch.make(plan, list(plan.jobs), cache, 1)
    if not finished.is_fit_to_print:
        fail(finished.problems, "text" if format_ == "json" else format_)
    print_problems((*plan.problems, *finished.problems))
    sys.stdout.buffer.write(finished.pdf)
    sys.stdout.buffer.flush()


def _dry_run(plan: Plan, folder: Path, force: bool, format_: str) -> None:
    from generator.publish import is_current, read_manifest

    known = read_manifest(folder)
    planned = []
    for job in plan.jobs:
        current = not force and is_current(folder, known.get(job.file), job.fingerprint)
        refused = any(problem.severity == "error" for problem in job.local.problems)
        planned.append((job, "unchanged" if current else "refuse" if refused else "build"))
    problems = dict.fromkeys(plan.problems)
    for job, _ in planned:
        problems.update(dict.fromkeys(job.local.problems))
    if format_ == "json":
        tell(list(problems), format_, handouts=[{"file": job.file, "would": what} for job, what in planned])
    else:
        tell(list(problems), format_)
        for job, what in planned:
            click.echo(f"{what:9} {_near(folder / job.file)}")
    if any(what == "refuse" for _, what in planned):
        raise click.exceptions.Exit(1)


# --- check ------------------------------------------------------------------------------------------


@cli.command()
@AS_OF
@FORMAT
@click.pass_obj
def check(project: Project, as_of: datetime.date | None, format_: str) -> None:
    """Check content, facts, catalogs and templates without laying out a page."""
    from generator import batch

    try:
        content = project.content()
        problems = batch.check_project(project.root, content, as_of or _today())
    except ProjectError as error:
        fail(error.problems, format_)
    if any(problem.severity == "error" for problem in problems):
        fail(problems, format_)
    tell(problems, format_)
    if format_ == "text":
        said = count(len(content.texts), "text")
        what = f"{count(len(content.guides), 'guide')}, {count(len(content.facts), 'fact')}, {said}"
        click.echo(
            f"{what} in {count(len(LANGUAGES), 'language')}: {summarize(problems) or 'all is well'}", err=True
        )


# --- list -------------------------------------------------------------------------------------------


@cli.command("list")
@click.argument("what", type=click.Choice(["guides", "locales", "papers", "shops", "facts"]))
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="For people or programs."
)
@click.pass_obj
def list_(project: Project, what: str, format_: str) -> None:
    """List what the project has: guides, locales, papers, shops or facts."""
    rows: list[dict[str, Any]]
    if what == "locales":
        rows = [{"id": item.locale, "tag": item.tag, "name": item.endonym} for item in LANGUAGES]
    elif what == "papers":
        rows = [
            {
                "id": item.name,
                "size": f"{item.width_mm:g} x {item.height_mm:g} mm",
                "pages": f"at most {item.pages}",
            }
            for item in PAPERS
        ]
    else:
        try:
            content = project.content()
        except ProjectError as error:
            fail(error.problems, format_)
        if what == "guides":
            rows = [
                {"id": g.id, "carrier": g.carrier or "-", "scope": g.scope} for g in content.guides.values()
            ]
        elif what == "shops":
            rows = [
                {"id": s.id, "name": s.name, "sample": "sample" if s.sample else "-"}
                for s in content.shops.values()
            ]
        else:
            from generator.facts import what_may_print

            rows = [
                {
                    "id": f.id,
                    "value": "–".join(f.value) if isinstance(f.value, tuple) else str(f.value or "-"),
                    "status": f.status,
                    "prints": what_may_print(f),
                    "seen": f.seen_on.isoformat(),
                    "review by": f.review_by.isoformat(),
                    "source": content.sources[f.sources[0]].url,
                }
                for f in content.facts.values()
            ]
    if format_ == "json":
        click.echo(json.dumps({"schema": SCHEMA, what: rows}, ensure_ascii=False, indent=1))
        return
    widths = [max((len(str(row[key])) for row in rows), default=0) for key in (rows[0] if rows else ())]
    for row in rows:
        line = "  ".join(str(value).ljust(width) for value, width in zip(row.values(), widths, strict=True))
        click.echo(line.rstrip())


# --- groups with rooms of their own -------------------------------------------------------------------

cli.add_command(messages)
cli.add_command(affected)


# --- doctor and completion ----------------------------------------------------------------------------


@cli.command()
@click.pass_obj
def doctor(project: Project) -> None:
    """Look at this machine: Python, libraries, fonts, and a line of type in each language."""
    from generator.doctor import examine

    is_well = True
    for finding in examine(project.root, project.root / ".cache"):
        mark = (
            click.style("ok  ", fg="green") if finding.is_well else click.style("lack", fg="red", bold=True)
        )
        if not finding.is_well and not finding.is_needed:
            mark = click.style("slow", fg="yellow", bold=True)
        click.echo(f"{mark} {finding.what}")
        if finding.hint and not finding.is_well:
            click.echo(f"     {finding.hint}")
        is_well = is_well and (finding.is_well or not finding.is_needed)
    if not is_well:
        raise click.exceptions.Exit(1)


@cli.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for a shell: eval "$(carrier-guides completion bash)"."""
    from click.shell_completion import get_completion_class

    class_ = get_completion_class(shell)
    assert class_, "the choice above lists only shells that Click knows"
    click.echo(class_(cli, {}, "carrier-guides", "_CARRIER_GUIDES_COMPLETE").source())


_name_variables(cli, "CARRIER_GUIDES")
