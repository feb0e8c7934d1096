"""The command line: the only room that prints, exits, and reads arguments and the environment.

Results go to stdout, narration to stderr. Exit codes: 0 done, 1 problems found (they are printed;
--fail-on says which count), 2 wrong command line, 130 interrupted. Heavy libraries are imported by the
command that needs them.
"""

from __future__ import annotations

import datetime
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from generator import __version__
from generator.cli.affected import affected
from generator.cli.messages import messages
from generator.language import LANGUAGES, PSEUDO, Language, find_language
from generator.paper import PAIRABLE, PAPERS, USUAL_PAPERS, Medium, Paper, for_medium, for_pair
from generator.problem import Problem, ProjectError

if TYPE_CHECKING:
    from generator.batch import Foreseen, Outcome, Plan
    from generator.guide import Content
    from generator.inspection import Inspected
    from generator.press import Intent
    from generator.report import Suite

T = TypeVar("T")

# As in report, which is imported only where something is reported.
FORMATS = ("text", "json", "github", "junit", "sarif")
DOCUMENTS = frozenset({"json", "junit", "sarif"})


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
    except ProjectError as error:  # of what stands before every command: which languages there are
        print_problems(error.problems)
        sys.exit(1)
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
        from generator.catalog import find_languages

        return choose_languages(asked, find_languages(self.root))

    def today(self) -> datetime.date:
        """Return the day that facts are measured against."""
        return _today()

    def tell(self, problems: Sequence[Problem], format_: str, **result: Any) -> None:  # noqa: ANN401
        """Print problems."""
        Report("messages", format_).tell(problems, **result)

    def fail(self, problems: Sequence[Problem], format_: str, **result: Any) -> NoReturn:  # noqa: ANN401
        """Print what is wrong and leave with exit code 1."""
        fail(problems, Report("messages", format_, "warning"), **result)


def find_root(start: Path) -> Path:
    """Return the nearest folder upwards that has `content/`, else the folder itself."""
    for folder in (start, *start.parents):
        if (folder / "content").is_dir() and (folder / "templates").is_dir():
            return folder
    return start


# --- problems --------------------------------------------------------------------------------------


def print_problems(problems: Iterable[Problem]) -> None:
    """Print problems to stderr, one a line, each with its next step."""
    from generator.report import show, to_line

    for problem in problems:
        mark = click.style(
            f"{problem.severity}:", fg="red" if problem.severity == "error" else "yellow", bold=True
        )
        click.echo(f"{mark} {to_line(problem)}", err=True)
        if problem.hint:
            click.echo(f"  hint: {show(problem.hint)}", err=True)


@dataclass(frozen=True)
class Report:
    """How a command tells what it found, and what counts as a failure."""

    command: str
    format: str = "text"
    fail_on: str = "error"

    @property
    def is_document(self) -> bool:
        """Tell whether stdout holds one document for a program, and nothing else."""
        return self.format in DOCUMENTS

    def tell(
        self,
        problems: Sequence[Problem],
        suites: Sequence[Suite] | None = None,
        sheets: Mapping[str, str] | None = None,
        **result: Any,  # noqa: ANN401
    ) -> None:
        """Print problems: with the result for JSON, with what was tried (`suites`) for JUnit.

        `sheets` are the files of the handouts, for SARIF.
        """
        if self.format == "text":
            print_problems(problems)
            return
        from generator import report

        if self.format == "json":
            click.echo(report.to_json(problems, **result))
        elif self.format == "github":
            for problem in problems:
                click.echo(report.to_annotation(problem))
        elif self.format == "junit":
            suites = suites or [report.suit_rules(self.command, problems, ())]
            click.echo(report.to_junit(suites, self.fail_on))
        else:
            from generator.rules import explain_rules

            click.echo(report.to_sarif(problems, explain_rules(), __version__, self.command, sheets))

    def leave(self, problems: Iterable[Problem]) -> None:
        """Leave with exit code 1 where any of the problems counts."""
        from generator.report import is_failure

        if any(is_failure(problem, self.fail_on) for problem in problems):
            raise click.exceptions.Exit(1)


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


class Shard(click.ParamType[tuple[int, int]]):
    """One part of several, written as 2/5."""

    name = "i/n"

    def convert(
        self, value: str | tuple[int, int], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Return the number of the part, from 1, and how many there are."""
        if isinstance(value, tuple):
            return value
        parts = value.split("/")
        if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
            self.fail(f'"{value}" is not a part: write 2/5 for the second of five', param, ctx)
        number, total = map(int, parts)
        if not 1 <= number <= total <= 1000:
            self.fail(f'"{value}" is not a part: the first of five is 1/5, the last 5/5', param, ctx)
        return number, total


FORMAT = click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default="text",
    help="How problems are printed: for people, programs, as GitHub annotations, JUnit XML or SARIF.",
)
FAIL_ON = click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "never"]),
    default="error",
    show_default=True,
    help="What makes the exit code 1.",
)


def _complete_rules(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from generator.rules import explain_rules

    return [id_ for id_ in explain_rules() if id_.startswith(incomplete)]


SELECT = click.option(
    "--select",
    multiple=True,
    metavar="RULE",
    shell_complete=_complete_rules,
    help="Judge only by this rule (CJK-01) or family (CJK); lists with commas too.",
)
IGNORE = click.option(
    "--ignore",
    multiple=True,
    metavar="RULE",
    shell_complete=_complete_rules,
    help="Do not judge by this rule or family.",
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


def choose_languages(asked: Sequence[str], known: Sequence[Language] = LANGUAGES) -> tuple[Language, ...]:
    """Return the languages for any usual spelling of their locales, or for globs of those that are known.

    All that are known where none is asked for. One that has a record may be asked for by name though the
    project has no catalog of it: what is missing is then told.
    """
    recorded = tuple(dict.fromkeys((*LANGUAGES, *known)))
    named = {language.locale for text in asked if (language := find_language(text, known)) in recorded}
    globs = [text for text in asked if find_language(text, known) not in recorded]
    if globs or not asked:
        named.update(choose(globs, [language.locale for language in known], "locale"))
    return tuple(language for language in recorded if language.locale in named)


def choose_rules(selected: Sequence[str], ignored: Sequence[str]) -> tuple[str, ...]:
    """Return the rules of the judge that are selected and not ignored, in their order.

    Raises:
        click.BadParameter: a name is no such rule, or none is left.
    """
    from generator.checks import RULES

    kept = match_ids(selected, RULES) if selected else tuple(RULES)
    dropped = match_ids(ignored, RULES)
    if not (left := tuple(id_ for id_ in kept if id_ not in dropped)):
        raise click.BadParameter("no rule is left to judge by")
    return left


def match_ids(names: Sequence[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return the rules that are named, by id or family.

    Raises:
        click.BadParameter: a name is no rule; the message says what may be meant.
    """
    from generator.rules import INPUT_RULES, UnknownRuleError, match_rules

    known = tuple(known)
    try:
        return match_rules(names, known)
    except UnknownRuleError as error:
        if any(error.name.casefold() == row.id for row in INPUT_RULES):
            what = f'"{error.name}" is about the input, which is always checked'
            raise click.BadParameter(what) from error
        hint = f'did you mean "{error.near}"?' if error.near else "see them with: carrier-guides rules"
        raise click.BadParameter(f'no rule is called "{error.name}"; {hint}') from error


def choose_editions(root: Path, asked: Sequence[str]) -> tuple[Language, ...]:
    """Return the languages to build; the pseudo-locale is built alone, and only where it is named."""
    if PSEUDO in (found := [find_language(text) for text in asked]):
        if set(found) != {PSEUDO}:
            raise click.BadParameter("pseudo is built alone: its drafts need characters of their own")
        return (PSEUDO,)
    from generator.catalog import find_languages

    return choose_languages(asked, find_languages(root))


def choose_papers(asked: Sequence[str]) -> tuple[Paper, ...]:
    """Return the papers that match the globs."""
    chosen = choose(asked, [paper.name for paper in PAPERS], "paper")
    return tuple(paper for paper in PAPERS if paper.name in chosen)


def fail(problems: Sequence[Problem], report: Report, **result: Any) -> NoReturn:  # noqa: ANN401
    """Print what is wrong and leave: with exit code 1, unless nothing counts."""
    report.tell(problems, **result)
    if report.format == "text":
        click.echo(summarize(problems), err=True)
    report.leave(problems)
    raise click.exceptions.Exit(0)


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
    help=f"On this paper, or a glob.  [default: {', '.join(paper.name for paper in USUAL_PAPERS)}]",
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
    "--shops",
    "table",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A table of shops (CSV) in place of content/shops: a row a shop, name[ja] for a translation.",
)
@click.option(
    "--encoding", metavar="NAME", help="What the table is written in, where that cannot be told: shift_jis."
)
@click.option(
    "--name",
    metavar="TEMPLATE",
    help="How files are called, from {shop}, {locale}, {guide}, {paper}, {medium}; folders with /.",
)
@click.option(
    "--shard",
    type=Shard(),
    help="One part of several for as many machines: 2/5. A shop is always in the same part.",
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
@click.option(
    "--fit",
    is_flag=True,
    help="Where a page overflows, take smaller gaps, then leave out the blocks that the guide lets go.",
)
@click.option(
    "--press",
    is_flag=True,
    help="For a print shop: bleed, marks, CMYK; files end in -press.pdf, without tags.",
)
@click.option(
    "--icc",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With --press: the print shop's ICC profile; the file is then PDF/X-4.",
)
@click.option(
    "--condition",
    metavar="NAME",
    shell_complete=_complete(lambda _: _list_conditions()),
    help="With --press: how it will be printed, by its registered name (JC200103); without --icc, PDF/X-1a.",
)
@click.option(
    "--mono", is_flag=True, help="For a printer without colour: greys only; files end in -mono.pdf."
)
@click.option(
    "--pair",
    metavar="LOCALE",
    shell_complete=_complete(lambda _: [language.locale for language in LANGUAGES]),
    help="With this language beside the reader's, line by line (ja: what the staff read); a4 or letter.",
)
@click.option("--force", is_flag=True, help="Build what is unchanged too.")
@click.option("--dry-run", is_flag=True, help="Say what would be built, and build nothing.")
@click.option("--prune", is_flag=True, help="Remove handouts that the project no longer makes.")
@click.option("--zip", "zipped", is_flag=True, help="Put the handouts of each shop into SHOP.zip too.")
@click.option("--record", is_flag=True, help="Keep the codes of what is handed out in .editions.tsv.")
@click.option(
    "--cache",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where made fonts are kept.  [default: .cache]",
)
@SELECT
@IGNORE
@FORMAT
@FAIL_ON
@click.option("-q", "--quiet", is_flag=True, help="Print problems only.")
@click.option("-v", "--verbose", is_flag=True, help="Say how long each phase took.")
@click.pass_obj
def build(
    project: Project,
    guides: tuple[str, ...],
    locales: tuple[str, ...],
    papers: tuple[str, ...],
    shops: tuple[str, ...],
    table: Path | None,
    encoding: str | None,
    name: str | None,
    shard: tuple[int, int] | None,
    output: Path | None,
    jobs: int | None,
    as_of: datetime.date | None,
    draft: bool,
    fit: bool,
    press: bool,
    icc: Path | None,
    condition: str | None,
    mono: bool,
    pair: str | None,
    force: bool,
    dry_run: bool,
    prune: bool,
    zipped: bool,
    record: bool,
    cache: Path | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    format_: str,
    fail_on: str,
    quiet: bool,
    verbose: bool,
) -> None:
    """Build handouts as finished, checked PDF files.

    A handout that is not right is not published: its problems are printed, an earlier file stays as
    it was, and the others are still built. The paths of the handouts go to stdout. What is built with
    --select or --ignore is judged again by the next build without them.
    """
    from generator import batch
    from generator.publish import build_alone

    started = time.perf_counter()
    report = Report("build", format_, fail_on)
    medium = _choose_medium(press, mono)
    if medium != "press" and (icc or condition):
        raise click.UsageError(
            f"{'--icc' if icc else '--condition'} is about a file for a print shop: add --press"
        )
    if encoding and not table:
        raise click.UsageError("--encoding is about a table of shops: add --shops")
    ignored: tuple[str, ...] = ()
    if select or ignore:
        from generator.checks import RULES

        chosen = choose_rules(select, ignore)
        ignored = tuple(id_ for id_ in RULES if id_ not in chosen)
    to_stdout = output is not None and str(output) == "-"
    folder = (project.root / "output") if output is None or to_stdout else output
    cache = cache or project.root / ".cache"
    others = {
        "--draft": draft,
        "--dry-run": dry_run,
        "-o -": to_stdout,
        "--select": select,
        "--ignore": ignore,
    }
    if record and (other := next((name for name, is_given in others.items() if is_given), None)):
        raise click.UsageError(f"--record keeps the codes of released files, and {other} makes none")
    try:
        if record:
            from generator import editions

            editions.read_releases(project.root)  # a damaged file is told before anything is made
        intent = _read_intent(icc, condition) if medium == "press" else None
        content = project.content()
        of_table: tuple[Problem, ...] = ()
        if table:
            content, of_table = _read_table(project.root, content, table, encoding)
        chosen_papers = choose_papers(papers) if papers else USUAL_PAPERS
        if medium != "office" and (rolls := [paper.name for paper in chosen_papers if paper.is_roll]):
            raise click.UsageError(
                f"{' and '.join(rolls)}: a roll is for the printer of a till only: leave out --{medium}"
            )
        if pair:
            chosen_papers = _pair(project.root, chosen_papers, pair)
        selection = batch.Selection(
            guides=choose(guides, list(content.guides), "guide"),
            languages=choose_editions(project.root, locales),
            papers=tuple(for_medium(paper, medium) for paper in chosen_papers),
            shops=choose(shops, list(content.shops), "shop") if shops or table else (),
            name=_check_name(name),
        )
        plan = batch.make_plan(
            project.root,
            content,
            selection,
            as_of or _today(),
            is_draft=draft,
            is_fit=fit,
            ignored=ignored,
            intent=intent,
        )
        plan = replace(plan, problems=(*of_table, *plan.problems))
        if shard:
            plan = batch.take_shard(plan, *shard)
        if to_stdout:
            _build_to_stdout(plan, cache, report)
            return
        if dry_run:
            wanted = batch.all_files(project.root, content, selection.name) if prune else None
            _dry_run(batch.foresee(plan, folder, force=force, wanted=wanted), plan, folder, report)
            return
        waiting = f"another build writes into {_near(folder.absolute())}: waiting for it"
        with (
            build_alone(folder, lambda: click.echo(waiting, err=True)),
            _Narrator(len(plan.jobs), quiet or report.is_document, verbose) as narrator,
        ):
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

            wanted = batch.all_files(project.root, content, selection.name)
            gone = remove(folder, wanted | {job.file for job in plan.jobs})
        if zipped:
            from generator.publish import zip_shops

            for file in zip_shops(folder, [outcome.record for outcome in outcomes if outcome.record]):
                click.echo(f"zipped {_near(folder / file)}", err=True)
        if record:
            made = [outcome.record for outcome in outcomes if outcome.record]
            editions.record_releases(project.root, made, as_of or _today())
    except ProjectError as error:
        fail(error.problems, report)
    except BrokenPipeError:
        raise
    except OSError as error:
        where = str(error.filename or folder)
        hint = "check that the folder can be written and the disk is not full"
        fail([Problem(file=where, rule="file", what=str(error.strerror or error), hint=hint)], report)
    notes = _find_leftovers(project.root, folder, content, plan, gone, selection.name)
    notes += () if table else _find_samples(content, shops)
    plan = replace(plan, problems=(*plan.problems, *notes))
    _tell_outcomes(outcomes, plan, folder, gone, time.perf_counter() - started, report, quiet)


def _pair(root: Path, papers: Sequence[Paper], pair: str) -> tuple[Paper, ...]:
    """Return the papers with a language beside the reader's."""
    from generator.catalog import find_languages

    if unfit := [paper.name for paper in papers if paper not in PAIRABLE]:
        fit = " and ".join(paper.name for paper in PAIRABLE)
        raise click.UsageError(f"--pair is for {fit}: {', '.join(unfit)} has no room for two languages")
    (language,) = choose_languages((pair,), find_languages(root))
    if language.is_easy:
        raise click.UsageError(f"{language.endonym} is set larger than a column has room for: --pair ja")
    return tuple(for_pair(paper, language.locale) for paper in papers)


def _read_table(
    root: Path, content: Content, table: Path, encoding: str | None
) -> tuple[Content, tuple[Problem, ...]]:
    """Return the content with the shops of a table, and what is wrong with its rows.

    Raises:
        ProjectError: no row of it can be used.
    """
    from generator.batch import add_table
    from generator.catalog import find_languages
    from generator.shops import read_shops

    locales = [language.locale for language in find_languages(root)]
    read = read_shops(table, content, locales, encoding)
    if not read.shops:
        nothing = Problem(_near(table.absolute()), rule="shop-table", what="has no shop that can be used")
        raise ProjectError(read.problems or [nothing])
    return add_table(content, read)


def _check_name(template: str | None) -> str:
    if not template:
        return ""
    from generator.naming import TemplateError, check_template

    try:
        check_template(template)
    except TemplateError as error:
        raise click.BadParameter(f"{error}", param_hint="--name") from error
    return template


def _choose_medium(press: bool, mono: bool) -> Medium:
    if press and mono:
        raise click.UsageError("--press and --mono are two files: build them one after the other")
    return "press" if press else "mono" if mono else "office"


def _list_conditions() -> list[str]:
    from generator.press import CONDITIONS

    return list(CONDITIONS)


def _read_intent(icc: Path | None, condition: str | None) -> Intent:
    """Return how a press file is to be printed.

    Raises:
        click.BadParameter: the condition is none that is known to be registered.
        ProjectError: the profile is not that of a CMYK printer.
    """
    from generator.press import CONDITIONS, Intent
    from generator.profile import MOST_BYTES, read_profile

    name = next((known for known in CONDITIONS if known.casefold() == (condition or "").casefold()), "")
    if condition and not name:
        import difflib

        near = difflib.get_close_matches(condition.upper(), CONDITIONS, 1, 0.5)
        hint = f'did you mean "{near[0]}"?' if near else "name its ICC profile instead: --icc FILE"
        known = ", ".join(CONDITIONS)
        raise click.BadParameter(f'no printing condition is called "{condition}"; {hint} There are: {known}')
    if icc is None:
        return Intent(name)
    with icc.open("rb") as file:
        return Intent(name, read_profile(file.read(MOST_BYTES + 1), str(icc)))


def _find_leftovers(
    root: Path, folder: Path, content: Content, plan: Plan, gone: Sequence[str], name: str
) -> tuple[Problem, ...]:
    """Return a warning where the folder holds releases that no build will ever correct again."""
    from generator.batch import all_files
    from generator.publish import read_manifest

    made = all_files(root, content, name) | {job.file for job in plan.jobs} | set(gone)
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

    def __init__(self, length: int, quiet: bool, verbose: bool) -> None:
        self.is_silent = quiet
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
                line += f", {outcome.record.claim}" if outcome.record.claim else ""
            if self.is_verbose and outcome.seconds:
                line += ": " + ", ".join(f"{phase} {s * 1000:.0f} ms" for phase, s in outcome.seconds.items())
            click.echo(line, err=True)


def _tell_outcomes(
    outcomes: Sequence[Outcome],
    plan: Plan,
    folder: Path,
    gone: Sequence[str],
    seconds: float,
    report: Report,
    quiet: bool,
) -> None:
    """Print the paths of what is there, all problems once, and the summary; exit 1 where anything counts."""
    problems = dict.fromkeys(plan.problems)
    for outcome in outcomes:
        problems.update(dict.fromkeys(outcome.problems))
        if outcome.is_reused and outcome.record:
            problems.update(dict.fromkeys(outcome.record.warnings))
    refused = [outcome for outcome in outcomes if not outcome.record]
    ignored = outcomes[0].job.ignored if outcomes else ()
    report.tell(
        list(problems),
        suites=_suit_outcomes(outcomes, list(problems), folder) if report.format == "junit" else None,
        sheets=_name_sheets(outcomes, folder) if report.format == "sarif" else None,
        handouts=[
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
                        **({"claim": outcome.record.claim} if outcome.record.medium == "press" else {}),
                    }
                ),
            }
            for outcome in outcomes
        ],
        removed=list(gone),
        not_judged=list(ignored),
    )
    if not report.is_document and not quiet:
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
        parts += [f"not judged by {', '.join(ignored)}"] if ignored else []
        parts.append(f"{seconds:.1f} s")
        click.echo(f"{count(len(outcomes), 'handout')}: " + ", ".join(parts), err=True)
    # A handout that was refused is a failure whatever its problems are called.
    if refused and report.fail_on != "never":
        raise click.exceptions.Exit(1)
    report.leave(problems)


def _name_sheets(outcomes: Sequence[Outcome], folder: Path) -> dict[str, str]:
    """Return the file of each handout, by what messages call it."""
    from generator.pipeline import name_handout

    return {
        name_handout(outcome.job.local, outcome.job.paper): _near(folder / outcome.job.file)
        for outcome in outcomes
    }


def _suit_outcomes(outcomes: Sequence[Outcome], problems: Sequence[Problem], folder: Path) -> list[Suite]:
    """Return one case a handout, and where there are any, one a rule for what is wrong with the input."""
    from generator.report import Case, Suite, suit_rules

    cases = []
    for outcome in outcomes:
        found = outcome.problems
        if outcome.is_reused and outcome.record:
            found = outcome.record.warnings
        cases.append(Case(_near(folder / outcome.job.file), tuple(found)))
    told = {problem for case in cases for problem in case.problems}
    rest = [problem for problem in problems if problem not in told]
    return [Suite("build", tuple(cases)), *([suit_rules("input", rest, ())] if rest else [])]


def _near(path: Path) -> str:
    """Return a path as a person in this folder would write it."""
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()


def _build_to_stdout(plan: Plan, cache: Path, report: Report) -> None:
    from generator import batch

    if sys.stdout is None or sys.stdout.isatty():
        raise click.UsageError("-o - writes the bytes of a PDF: send them to a file or a program")
    if len(plan.jobs) != 1:
        raise click.UsageError(
            f"-o - writes one handout, but {len(plan.jobs)} were asked for; name a guide, -l, -p and -s"
        )
    ((_, finished),) = batch.make(plan, list(plan.jobs), cache, 1)
    problems = (*plan.problems, *finished.problems)
    if not finished.is_fit_to_print:
        # Stdout is for the bytes of a PDF, and there are none, which is a failure whatever counts.
        fail(finished.problems, Report("build", "text", "error"))
    print_problems(problems)
    sys.stdout.buffer.write(finished.pdf)
    sys.stdout.buffer.flush()
    report.leave(problems)


def _dry_run(foreseen: Sequence[Foreseen], plan: Plan, folder: Path, report: Report) -> None:
    problems = dict.fromkeys(plan.problems)
    for job in plan.jobs:
        problems.update(dict.fromkeys(job.local.problems))
    rows = []
    for one in foreseen:
        row: dict[str, str] = {"file": one.file, "would": one.would, "why": one.why}
        if one.job:
            guide, locale, paper, shop = one.job.key
            row |= {"guide": guide, "locale": locale, "paper": paper, "shop": shop}
        rows.append(row)
    report.tell(list(problems), handouts=rows)
    if not report.is_document:
        for one in foreseen:
            click.echo(f"{one.would:6} {_near(folder / one.file)}: {one.why}")
        found = Counter(one.would for one in foreseen)
        said = ", ".join(f"{number:,} to {would}" for would, number in sorted(found.items()))
        click.echo(f"{count(len(foreseen), 'handout')}: {said or 'nothing to do'}", err=True)
    report.leave(problems)


# What is about making handouts, not about which: `plan` makes none.
_OF_MAKING = {"dry_run", "jobs", "record", "quiet", "verbose", "cache", "zipped"}


@click.pass_context
def _plan(context: click.Context, /, **options: Any) -> None:  # noqa: ANN401
    """Say what a build would do with each handout, and why: build, reuse, refuse; with --prune, remove.

    Nothing is laid out and nothing is written. The options are those of build.
    """
    context.invoke(build, dry_run=True, **options)


cli.add_command(
    click.Command(
        "plan",
        callback=_plan,
        help=_plan.__doc__,
        params=[copy(parameter) for parameter in build.params if parameter.name not in _OF_MAKING],
    )
)


@cli.command()
@click.argument("what", type=click.Choice(["info", "clear", "gc"]))
@click.option(
    "--size",
    type=click.IntRange(min=0),
    metavar="MB",
    help="With gc: how much may stay; what was not used for the longest time goes.  [default: 500]",
)
@click.option(
    "--cache", "folder", type=click.Path(path_type=Path, file_okay=False), help="Where.  [default: .cache]"
)
@click.pass_obj
def cache(project: Project, what: str, size: int | None, folder: Path | None) -> None:
    """Look at what was kept to build faster (info), make it smaller (gc), or remove it (clear).

    It may be removed at any time: a build makes anew what it needs, to the same bytes.
    """
    from generator.store import MOST_BYTES, Store

    if size is not None and what != "gc":
        raise click.UsageError("--size is about gc")
    store = Store(folder or project.root / ".cache")
    if what == "info":
        for kind, (number, size_of) in store.measure().items():
            entries = "entry" if number == 1 else "entries"
            click.echo(f"{kind}: {number:,} {entries}, {size_of / 1e6:.1f} MB")
        return
    gone = store.trim(0 if what == "clear" else MOST_BYTES if size is None else size * 1_000_000)
    click.echo(f"{gone:,} removed", err=True)


@cli.command()
@click.argument(
    "folders",
    nargs=-1,
    required=True,
    metavar="FOLDER...",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="Where to.  [default: output]"
)
@click.pass_obj
def merge(project: Project, folders: tuple[Path, ...], output: Path | None) -> None:
    """Put the handouts of several output folders into one, with one manifest: the shards of a build.

    A file that is not as its manifest says, or that two folders have with different bytes, is refused; the
    others are merged.
    """
    from generator import publish

    folder = output or project.root / "output"
    report = Report("merge")
    missing = [
        Problem(_near(one.absolute()), rule="file", what="has no manifest.json", hint="name an output folder")
        for one in folders
        if not (one / publish.MANIFEST).is_file()
    ]
    if missing:
        fail(missing, report)
    merged, problems = publish.merge(folders, folder)
    print_problems(problems)
    click.echo(f"{count(merged, 'handout')} merged into {_near(folder.absolute())}", err=True)
    report.leave(problems)


# --- calibration ------------------------------------------------------------------------------------


@cli.command()
@click.option(
    "-p",
    "--paper",
    default=USUAL_PAPERS[0].name,
    show_default=True,
    metavar="PAPER",
    shell_complete=_complete(lambda _: [paper.name for paper in PAPERS]),
    help="The paper in the printer.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file to write.",
)
@click.option(
    "--cache",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where made fonts are kept.  [default: .cache]",
)
@click.pass_obj
def calibration(project: Project, paper: str, output: Path, cache: Path | None) -> None:
    """Write a sheet that tests a printer: its scale, edge, greys, finest line, type and code, both sides."""
    from generator import batch
    from generator.paper import CALIBRATION_ROOM_MM
    from generator.publish import write_whole

    chosen = _choose_one(choose_papers, paper)
    assert chosen, "the option has a default"
    if (chosen.width_mm, chosen.height_mm) < CALIBRATION_ROOM_MM or chosen.height_mm < CALIBRATION_ROOM_MM[1]:
        wanted = f"{CALIBRATION_ROOM_MM[0]:g} x {CALIBRATION_ROOM_MM[1]:g} mm"
        raise click.BadParameter(f"{chosen.name} is too small: the sheet needs {wanted}, as A4 has")
    report = Report("calibration")
    try:
        pdf, problems = batch.make_calibration(
            project.root, project.content(), chosen, cache or project.root / ".cache"
        )
    except ProjectError as error:
        fail(error.problems, report)
    if any(problem.severity == "error" for problem in problems):
        fail(problems, report)
    print_problems(problems)
    write_whole(output, pdf)
    click.echo(_near(output.absolute()))


# --- check ------------------------------------------------------------------------------------------


@cli.command()
@AS_OF
@FORMAT
@FAIL_ON
@click.pass_obj
def check(project: Project, as_of: datetime.date | None, format_: str, fail_on: str) -> None:
    """Check content, facts, catalogs and templates without laying out a page."""
    from generator import batch
    from generator.catalog import find_languages

    report = Report("check", format_, fail_on)
    problems: Sequence[Problem]
    try:
        content = project.content()
        problems = batch.check_project(project.root, content, as_of or _today())
    except ProjectError as error:
        content, problems = None, error.problems
    suites = None
    if format_ == "junit":
        from generator.report import suit_rules
        from generator.rules import INPUT_RULES

        suites = [suit_rules("check", problems, [row.id for row in INPUT_RULES])]
    report.tell(problems, suites)
    if format_ == "text":
        if content is None or any(problem.severity == "error" for problem in problems):
            click.echo(summarize(problems), err=True)
        else:
            said = count(len(content.texts), "text")
            what = f"{count(len(content.guides), 'guide')}, {count(len(content.facts), 'fact')}, {said}"
            said = f"{what} in {count(len(find_languages(project.root)), 'language')}"
            click.echo(f"{said}: {summarize(problems) or 'all is well'}", err=True)
    report.leave(problems)


# --- inspect ----------------------------------------------------------------------------------------


@cli.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(allow_dash=True))
@click.option(
    "-p",
    "--paper",
    metavar="PAPER",
    shell_complete=_complete(lambda _: [paper.name for paper in PAPERS]),
    help="Judge for this paper.  [default: that of the size of page 1]",
)
@click.option(
    "-l",
    "--locale",
    metavar="LOCALE",
    shell_complete=_complete(lambda _: [language.locale for language in LANGUAGES]),
    help="Judge as this language.  [default: that which the file says]",
)
@click.option("--press", is_flag=True, help="Judge as a file for a print shop: bleed, inks, PDF/X.")
@click.option("--mono", is_flag=True, help="Judge as a file for a printer without colour.")
@SELECT
@IGNORE
@FORMAT
@FAIL_ON
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="REPORT",
    help="Write the pages with what was found drawn on them into one HTML file.",
)
@click.option(
    "-j", "--jobs", type=click.IntRange(1, 64), help="Files read at once.  [default: all processors]"
)
@click.option("-q", "--quiet", is_flag=True, help="Print problems only.")
@click.option("-v", "--verbose", is_flag=True, help="Say what each file is, and what it was not judged by.")
def inspect(
    files: tuple[str, ...],
    paper: str | None,
    locale: str | None,
    press: bool,
    mono: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    format_: str,
    fail_on: str,
    html: Path | None,
    jobs: int | None,
    quiet: bool,
    verbose: bool,
) -> None:
    """Judge any PDF: files, folders of them, or - for one that comes by a pipe.

    Works anywhere. A file that a build of ours wrote is held to what its manifest records; of any other,
    what the file itself says is judged. The verdicts go to stdout, one a file.
    """
    from generator import inspection
    from generator.fonts import find_pinned_fonts

    report = Report("inspect", format_, fail_on)
    options = inspection.Options(
        rules=choose_rules(select, ignore),
        paper=_choose_one(choose_papers, paper),
        medium=_choose_medium(press, mono) if press or mono else None,
        language=_choose_one(choose_languages, locale),
        has_pictures=html is not None,
    )
    if html is not None and html.name == "-":
        raise click.BadParameter("the report is a file: --html report.html")
    try:
        found, missing = inspection.find_files(files, _read_stdin)
        pinned = find_pinned_fonts()
    except ProjectError as error:
        fail(error.problems, report)
    is_told_at_once = not report.is_document and format_ != "github"
    print_problems(missing if is_told_at_once else ())
    results = []
    for result in inspection.inspect_files(found, options, pinned, jobs or _processors()):
        results.append(result)
        if is_told_at_once:
            _tell_verdict(result, quiet, verbose)
    problems = [*missing, *(problem for result in results for problem in result.problems)]
    if not is_told_at_once:
        report.tell(
            problems,
            suites=_suit_files(results, missing) if format_ == "junit" else None,
            sheets={result.file: result.file for result in results},
            files=[_describe_file(result) for result in results],
        )
    if html is not None:
        from generator.publish import write_whole
        from generator.visual import render_report

        write_whole(html, render_report(results, missing).encode(errors="backslashreplace"))
    if not quiet and not report.is_document:
        clean = sum(result.is_clean for result in results)
        parts = [f"{clean} clean"] if clean else []
        parts += [text] if (text := summarize(problems)) else []
        click.echo(f"{count(len(results) + len(missing), 'file')}: {', '.join(parts)}", err=True)
        if html is not None:
            click.echo(f"the report is in {_near(html.absolute())}", err=True)
    report.leave(problems)


def _choose_one(choose_many: Callable[[Sequence[str]], tuple[T, ...]], asked: str | None) -> T | None:
    if asked is None:
        return None
    found = choose_many([asked])
    if len(found) != 1:
        raise click.BadParameter(f'"{asked}" is {len(found)} of them; name one')
    return found[0]


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _read_stdin() -> bytes:
    from generator.inspection import MAX_BYTES

    if sys.stdin is None or sys.stdin.isatty():
        raise click.UsageError("- reads a PDF from a pipe: carrier-guides inspect - < FILE")
    return sys.stdin.buffer.read(MAX_BYTES + 1)


def _tell_verdict(result: Inspected, quiet: bool, verbose: bool) -> None:
    """Print what is wrong with a file, and its verdict."""
    from generator.report import show

    print_problems(result.problems)
    if quiet:
        return
    about = result.about
    what = [count(about.pages, "page"), result.paper, result.locale or "no language"] if about else []
    verdict = summarize(result.problems) or "clean"
    click.echo(f"{show(result.file)}: {', '.join([*what, verdict])}")
    if verbose and about:
        title = show(about.title)
        click.echo(f"  PDF {about.version}, {about.size / 1000:.0f} KB, title “{title}”", err=True)
        for name, how in about.fonts:
            click.echo(f"  font {show(name) or 'without a name'}, {how}", err=True)
        if result.is_recorded:
            click.echo("  is what the manifest records: held to its paper, language and codes", err=True)
        if result.not_judged:
            click.echo(f"  nobody ordered it, so not judged by {', '.join(result.not_judged)}", err=True)
    if verbose and result.crash:
        click.echo(result.crash, err=True, nl=False)


def _describe_file(result: Inspected) -> dict[str, Any]:
    """Return what JSON says of a file."""
    about = result.about
    errors = sum(problem.severity == "error" for problem in result.problems)
    said: dict[str, Any] = {
        "file": result.file,
        "status": "clean" if result.is_clean else "problems" if about else "unreadable",
        "errors": errors,
        "warnings": len(result.problems) - errors,
    }
    if about:
        said |= {
            "pages": about.pages,
            "sizes_mm": [list(size) for size in about.sizes_mm],
            "paper": result.paper,
            "locale": result.locale,
            "language": about.language,
            "title": about.title,
            "producer": about.producer,
            "version": about.version,
            "size": about.size,
            "fonts": [{"name": name, "is": how} for name, how in about.fonts],
            "recorded": result.is_recorded,
            "judged": list(result.judged),
            "not_judged": list(result.not_judged),
        }
    return said


def _suit_files(results: Sequence[Inspected], missing: Sequence[Problem]) -> list[Suite]:
    """Return one suite a file with one case a rule."""
    from generator.report import suit_rules

    suites = [
        suit_rules(
            result.file,
            result.problems,
            (*result.judged, *result.not_judged),
            dict.fromkeys(result.not_judged, "nobody ordered this file"),
        )
        for result in results
    ]
    return [*suites, *(suit_rules(problem.file, [problem], ()) for problem in missing)]


# --- rules ------------------------------------------------------------------------------------------


@cli.command("rules")
@click.argument("ids", nargs=-1, metavar="[RULE]...", shell_complete=_complete_rules)
@click.option(
    "-p",
    "--paper",
    "papers",
    multiple=True,
    metavar="PAPER",
    shell_complete=_complete(lambda _: [paper.name for paper in PAPERS]),
    help="Say the limits of this paper only, or of a glob.",
)
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="For people or programs."
)
def rules_(ids: tuple[str, ...], papers: tuple[str, ...], format_: str) -> None:
    """Explain rules by id (CJK-01, fact-due) or family (CJK, fact); without any, list all."""
    from generator.rules import explain_rules

    known = explain_rules(choose_papers(papers))
    chosen = [known[id_] for id_ in (match_ids(ids, known) if ids else known)]
    if format_ == "json":
        rows = [
            {
                "id": rule.id,
                "name": rule.name,
                "severity": rule.severity,
                "about": "input" if rule.is_about_input else "result",
                "reason": rule.reason,
                "limits": list(rule.limits),
                "source": rule.source,
                "fix": rule.fix,
                "needs_order": rule.needs_order,
            }
            for rule in chosen
        ]
        click.echo(json.dumps({"schema": 1, "rules": rows}, ensure_ascii=False, indent=1))
        return
    if not ids:
        width = max(len(rule.id) for rule in chosen)
        for rule in chosen:
            click.echo(f"{rule.id:{width}}  {rule.severity:7}  {rule.name}")
        return
    for number, rule in enumerate(chosen):
        if number:
            click.echo()
        click.echo(f"{click.style(rule.id, bold=True)}: {rule.name} ({rule.severity})")
        click.echo(f"  why     {rule.reason}")
        for limit in rule.limits:
            click.echo(f"  limit   {limit}")
        if rule.source:
            click.echo(f"  source  {rule.source}")
        click.echo(f"  fix     {rule.fix}")
        if rule.needs_order:
            click.echo("  only handouts of a build are judged by it")


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
        from generator.catalog import find_languages

        known = find_languages(project.root)
        rows = [{"id": item.locale, "tag": item.tag, "name": item.endonym} for item in known]
    elif what == "papers":
        from generator.fold import list_panels

        rows = [
            {
                "id": item.name,
                "size": f"{item.width_mm:g} mm wide"
                if item.is_roll
                else f"{item.width_mm:g} x {item.height_mm:g} mm",
                "pages": f"{item.pages}, and one for each of {', '.join(item.page_per)}"
                if item.page_per
                else f"at most {item.pages}",
                "usual": "usual" if item in USUAL_PAPERS else "-",
                "panels": ", ".join(f"{panel.name} {panel.width_mm:g}" for panel in list_panels(item)) or "-",
                "leaves out": ", ".join(item.leaves_out) or "-",
            }
            for item in PAPERS
        ]
    else:
        try:
            content = project.content()
        except ProjectError as error:
            fail(error.problems, Report("list", format_))
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
        click.echo(json.dumps({"schema": 1, what: rows}, ensure_ascii=False, indent=1))
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


# --- commands in rooms of their own -------------------------------------------------------------------

# Last, since they import from here what all commands share.
from generator.cli import authoring as _authoring  # noqa: E402
from generator.cli import editions as _editions  # noqa: E402
from generator.cli import facts as _facts  # noqa: E402
from generator.cli import impose as _impose  # noqa: E402

for command in (*_facts.COMMANDS, *_editions.COMMANDS, *_authoring.COMMANDS, *_impose.COMMANDS):
    cli.add_command(command)

_name_variables(cli, "CARRIER_GUIDES")
