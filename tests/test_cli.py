"""The command: exit codes, choosing, formats, defaults, interruption, and what it costs to start."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import click
import pytest
from conftest import DAY, GUIDES, HANDOUTS, LOCALES, ROOT, Project, environment, pages_of

from generator.cli import choose, choose_languages, cli
from generator.report import FAIL_ON

START = "content/guides/demo-start.toml"


def planned(project: Project, *arguments: str, **changes: str) -> list[str]:
    """Return the handouts that a dry run would look at."""
    ran = project.run("build", "--as-of", DAY, "--dry-run", "--format", "json", *arguments, **changes)
    assert ran.code == 0, ran.stdout + ran.stderr
    return [item["file"] for item in ran.json["handouts"]]


def commands() -> dict[tuple[str, ...], click.Command]:
    found: dict[tuple[str, ...], click.Command] = {(): cli}

    def walk(path: tuple[str, ...], group: click.Group) -> None:
        for name, command in group.commands.items():
            found[(*path, name)] = command
            if isinstance(command, click.Group):
                walk((*path, name), command)

    walk((), cli)
    return found


# --- help and documentation ------------------------------------------------------------------------


@pytest.mark.parametrize("path", commands(), ids=lambda path: " ".join(path) or "carrier-guides")
def test_every_command_has_help_for_itself_and_each_option(shared: Project, path: tuple[str, ...]) -> None:
    for flag in ("-h", "--help"):
        ran = shared.run(*path, flag)
        assert (ran.code, ran.stderr) == (0, "")
        assert f"Usage: carrier-guides {' '.join(path)}".rstrip() in ran.stdout
    command = commands()[path]
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


def test_every_command_and_option_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path, command in commands().items():
        if not isinstance(command, click.Group):
            assert f"carrier-guides {' '.join(path)}" in readme
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                for option in parameter.opts:
                    assert re.search(rf"(?<![\w-]){option}(?![\w-])", readme), f"{' '.join(path)} {option}"


def test_the_readme_names_no_option_that_does_not_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    known = {option for command in commands().values() for p in command.params for option in p.opts}
    for line in re.findall(r"carrier-guides .*", readme):
        for option in re.findall(r"(?<=[\s\[])--[a-z][a-z-]*", line):
            assert option in known | {"--help"}, line


def test_the_version_is_the_packages(shared: Project) -> None:
    from generator import __version__

    assert shared.run("--version").stdout == f"carrier-guides, version {__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_for_each_shell(shared: Project, shell: str) -> None:
    ran = shared.run("completion", shell)
    assert ran.code == 0
    assert "_CARRIER_GUIDES_COMPLETE" in ran.stdout


def test_completion_knows_the_guides(shared: Project) -> None:
    ran = shared.spawn(
        _CARRIER_GUIDES_COMPLETE="bash_complete", COMP_WORDS="carrier-guides build demo-s", COMP_CWORD="2"
    )
    assert "demo-start" in ran.stdout
    assert "demo-cancel" not in ran.stdout


# --- what is imported ------------------------------------------------------------------------------


def imported(project: Project, *arguments: str) -> set[str]:
    """Return the top-level modules that a run of the command has imported."""
    code = (
        "import sys\nfrom generator.cli import main\ntry:\n    main()\nexcept SystemExit as left:\n"
        "    assert not left.code, left.code\n"
        "sys.stderr.write('\\nmodules ' + ' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=project.root, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.rpartition("\nmodules ")[2].split())


ENGINE = {"weasyprint", "tinycss2", "fontTools", "pikepdf", "page"}
HEAVY = ENGINE | {"pydantic", "jinja2", "babel", "uharfbuzz", "segno"}


def test_help_imports_no_heavy_library(shared: Project) -> None:
    assert imported(shared, "--help") & HEAVY == set()
    assert imported(shared, "build", "--help") & HEAVY == set()
    assert imported(shared, "facts", "verify", "--help") & HEAVY == set()
    assert imported(shared, "--version") & HEAVY == set()


def test_a_build_without_changes_does_not_start_the_engine(project: Project) -> None:
    assert imported(project, "build", "--as-of", DAY) & ENGINE == set()


def test_check_does_not_start_the_engine(shared: Project) -> None:
    assert imported(shared, "check", "--as-of", DAY) & ENGINE == set()


# --- exit codes and wrong command lines --------------------------------------------------------------

WRONG = {
    ("build", "demo-strat"): 'no guide is called "demo-strat"; did you mean "demo-start"?',
    ("build", "nothing-like-it"): "there are: demo-cancel, demo-start",
    ("build", "-l", "tlh"): 'no locale is called "tlh"',
    ("build", "-l", "zh_Hanz"): 'did you mean "zh_Hans"?',
    ("build", "-p", "a44"): 'no paper is called "a44"; did you mean "a4"?',
    ("build", "-s", "none"): 'no shop is called "none"',
    ("build", "--as-of", "2026-13-01"): '"2026-13-01" is not a day',
    ("build", "--as-of", "tomorrow"): '"tomorrow" is not a day',
    ("check", "--as-of", "1/2/2026"): '"1/2/2026" is not a day',
    ("build", "-j", "0"): "'-j'",
    ("build", "-j", "many"): "'-j'",
    ("build", "--format", "xml"): "'xml'",
    ("build", "--no-such-option"): "--no-such-option",
    ("biuld",): "biuld",
    ("list", "things"): "'things'",
    ("--project", "/nonexistent", "check"): "/nonexistent",
    ("build", "-o", "-"): "-o - writes one handout, but 6 were asked for",
    ("build", "--fail-on", "info"): "'info'",
    ("build", "--ignore", "CJK-77"): 'no rule is called "CJK-77"; did you mean "CJK-07"?',
    ("build", "--select", "fact-due"): '"fact-due" is about the input, which is always checked',
    ("build", "--select", "CJK", "--ignore", "cjk"): "no rule is left to judge by",
    ("inspect",): "Missing argument 'FILE...'",
    ("inspect", "-p", "a44", "x.pdf"): 'no paper is called "a44"; did you mean "a4"?',
    ("inspect", "-l", "*", "x.pdf"): '"*" is 7 of them; name one',
    ("inspect", "--ignore", "QRS", "x.pdf"): 'no rule is called "QRS"',
    ("inspect", "--html", "-", "x.pdf"): "the report is a file",
    ("inspect", "--html", "/", "x.pdf"): "'/'",
    ("rules", "fact-dew"): 'no rule is called "fact-dew"; did you mean "fact-due"?',
    ("rules", "-p", "a44"): 'no paper is called "a44"',
}


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_a_wrong_command_line_is_exit_2_with_the_way_out(shared: Project, arguments: tuple[str, ...]) -> None:
    ran = shared.run(*arguments)
    assert (ran.code, ran.stdout) == (2, "")
    assert WRONG[arguments] in ran.stderr
    assert ran.stderr.startswith("Usage: carrier-guides")


def test_good_work_is_exit_0_and_problems_are_exit_1(project: Project) -> None:
    assert project.run("check", "--as-of", DAY).code == 0
    project.change(START, '"Ask first."', '"Ask <b>first."')
    for command in ("build", "check", "list guides", "messages update"):
        ran = project.run(*command.split())
        assert (ran.code, ran.stdout) == (1, ""), command
        assert ran.stderr.startswith("error: content/guides/demo-start.toml:7: summary: "), command


def test_the_real_project_has_no_problems(real_project: Project) -> None:
    ran = real_project.run("check", "--as-of", DAY)  # facts expire, tests do not
    assert ran.code == 0, ran.stderr
    assert "all is well" in ran.stderr or "warning" in ran.stderr


# --- choosing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "files"),
    [
        ((), set(HANDOUTS)),
        (("demo-start",), {file for file in HANDOUTS if "start" in file}),
        (("*-start",), {file for file in HANDOUTS if "start" in file}),
        (("demo-*",), set(HANDOUTS)),
        (("demo-start", "demo-cancel"), set(HANDOUTS)),
        (("-l", "zh"), {file for file in HANDOUTS if file.startswith("zh_Hans/")}),
        (("-l", "zh-CN"), {file for file in HANDOUTS if file.startswith("zh_Hans/")}),
        (("-l", "zh_Hans"), {file for file in HANDOUTS if file.startswith("zh_Hans/")}),
        (("-l", "ja-JP", "-l", "en_US.UTF-8"), {file for file in HANDOUTS if not file.startswith("zh")}),
        (("-l", "*"), set(HANDOUTS)),
        (("-l", "zh*"), {file for file in HANDOUTS if file.startswith("zh_Hans/")}),
        (("-p", "a4"), set(HANDOUTS)),
        (("-p", "a*", "-l", "ja", "demo-start"), {"ja/demo-start-a4.pdf", "ja/demo-start-a5.pdf"}),
    ],
)
def test_guides_locales_and_papers_are_chosen_by_globs(
    shared: Project, arguments: tuple[str, ...], files: set[str]
) -> None:
    assert set(planned(shared, *arguments)) == files


def test_the_order_is_the_projects_whatever_the_order_asked(shared: Project) -> None:
    there = planned(shared, "demo-start", "demo-cancel", "-l", "zh", "-l", "en")
    back = planned(shared, "demo-cancel", "demo-start", "-l", "en", "-l", "zh")
    assert there == back
    assert choose(["b", "a"], ["a", "b", "c"], "guide") == ("a", "b")
    assert [language.locale for language in choose_languages(["zh", "en"])] == ["en", "zh_Hans"]


def test_the_project_is_found_from_below_and_by_name(shared: Project, tmp_path: Path) -> None:
    below = Project(shared.root / "content" / "guides")
    assert below.run("list", "guides").lines == shared.run("list", "guides").lines
    assert (
        Project(tmp_path).run("--project", str(shared.root), "list", "guides").lines
        == below.run("list", "guides").lines
    )


def test_list_says_what_there_is_for_people_and_programs(shared: Project) -> None:
    assert [line.split()[0] for line in shared.run("list", "guides").lines] == list(GUIDES)
    assert [line.split()[0] for line in shared.run("list", "locales").lines] == list(LOCALES)
    assert shared.run("list", "papers").lines[0].split()[0] == "a4"
    assert shared.run("list", "shops").code == 0
    facts = shared.run("list", "facts", "--format", "json").json
    assert facts["schema"] == 1
    by_id = {row["id"]: row for row in facts["facts"]}
    assert by_id["demo-last-bill"]["prints"] == "safe wording"
    assert by_id["demo-old"]["prints"] == "nothing"


# --- where results go --------------------------------------------------------------------------------


def test_paths_go_to_stdout_and_narration_to_stderr(shared: Project) -> None:
    ran = shared.run("build", "--as-of", DAY)
    assert ran.lines == [f"output/{file}" for file in HANDOUTS]
    assert "6 handouts: 0 built, 6 unchanged, 12 pages" in ran.stderr  # 6 x 2 pages


def test_quiet_prints_problems_only(project: Project) -> None:
    ran = project.build("demo-start", "-l", "en", "--force", "-q")
    assert (ran.code, ran.stdout) == (0, "")
    assert {line.split(":")[0] for line in ran.stderr.splitlines()} <= {"warning", "  hint"}


def test_verbose_says_how_long_each_phase_took(project: Project) -> None:
    ran = project.build("demo-start", "-l", "en", "--force", "-v")
    assert re.search(r"built en/demo-start-a4.pdf, 2 pages, \d+ KB: markup \d+ ms, layout \d+ ms", ran.stderr)


def test_a_single_handout_can_go_to_stdout_and_nothing_else_does(project: Project) -> None:
    before = project.snapshot()
    ran = project.build("demo-start", "-l", "ja", "-o", "-")
    assert ran.code == 0, ran.stderr
    assert hashlib.sha256(ran.raw).hexdigest() == before["output/ja/demo-start-a4.pdf"]
    assert len(pages_of(ran.raw)) == 2
    assert project.snapshot() == before


def test_a_refused_handout_puts_nothing_on_stdout(project: Project) -> None:
    project.change(project.catalog("ja"), 'msgstr "訳 Ask first."', 'msgstr ""')
    ran = project.build("demo-start", "-l", "ja", "-o", "-")
    assert (ran.code, ran.raw) == (1, b"")
    assert "[message-missing]" in ran.stderr


def test_a_dry_run_says_what_it_would_do_and_does_nothing(project: Project) -> None:
    (project.output / "ja" / "demo-start-a4.pdf").unlink()
    project.change(project.catalog("zh_Hans"), 'msgstr "译 Ask first."', 'msgstr ""')
    before = project.snapshot(".")
    ran = project.run("build", "--as-of", DAY, "--dry-run")
    assert (ran.code, project.snapshot(".")) == (1, before)
    assert {line.split()[1].strip(":").rpartition("output/")[2]: line.split()[0] for line in ran.lines} == {
        **dict.fromkeys(HANDOUTS, "reuse"),
        "ja/demo-start-a4.pdf": "build",
        "zh_Hans/demo-start-a4.pdf": "refuse",
    }


def test_force_builds_what_is_unchanged_to_the_same_bytes(project: Project) -> None:
    before = project.snapshot()
    ran = project.build("demo-start", "--force", "-j", "2")
    assert "3 handouts: 3 built, 0 unchanged" in ran.stderr
    assert project.snapshot() == before


def test_prune_removes_only_what_the_project_no_longer_makes(project: Project) -> None:
    (project.root / START).unlink()
    project.write("output/en/demo-start-a4.pdf", "edited by hand")
    project.write("output/en/notes.pdf", "not ours")
    project.write("output/keep.txt", "not ours")
    before = set(project.snapshot())
    assert project.run("build", "--as-of", DAY).code == 0
    assert set(project.snapshot()) == before  # nothing goes without --prune
    ran = project.run("build", "--as-of", DAY, "--prune")
    assert ran.code == 0
    gone = {"output/ja/demo-start-a4.pdf", "output/zh_Hans/demo-start-a4.pdf"}
    assert before - set(project.snapshot()) == gone
    assert {line for line in ran.stderr.splitlines() if line.startswith("removed ")} == {
        f"removed {file.removeprefix('output/')}" for file in gone
    }


def test_prune_of_a_selection_keeps_what_was_not_selected(project: Project) -> None:
    before = project.snapshot()
    assert project.run("build", "demo-start", "-l", "ja", "--as-of", DAY, "--prune").code == 0
    assert project.snapshot() == before


# --- formats -----------------------------------------------------------------------------------------


def test_json_has_a_schema_and_every_field_of_handouts_and_problems(project: Project) -> None:
    project.change(project.catalog("ja"), 'msgstr "訳 Ask first."', 'msgstr ""')
    data = project.build("demo-start", "--format", "json").json
    assert set(data) == {"schema", "handouts", "removed", "not_judged", "problems"}
    assert data["schema"] == 1
    by_status = {item["status"]: item for item in data["handouts"]}
    assert set(by_status["refused"]) == {"file", "status"}
    assert set(by_status["unchanged"]) == {"file", "status", "pages", "size", "edition", "sha256"}
    assert {frozenset(problem) for problem in data["problems"]} == {
        frozenset(
            ["file", "line", "key", "handout", "page", "box_mm", "rule", "what", "hint", "severity", "where"],
        )
    }


def test_json_is_the_only_thing_on_stdout_when_content_is_bad(project: Project) -> None:
    project.change(START, '"Ask first."', '"Ask <b>first."')
    for command in ("build", "check"):
        ran = project.run(command, "--format", "json")
        assert (ran.code, ran.stderr) == (1, "")
        assert [problem["rule"] for problem in ran.json["problems"]] == ["prose-html"]


def test_github_annotations_are_one_line_each_on_stdout(project: Project) -> None:
    project.change(START, '"Ask first."', '"Ask <b>first."')
    ran = project.run("check", "--format", "github")
    assert (ran.code, ran.stderr) == (1, "")
    (line,) = ran.lines
    assert line.startswith("::error file=content/guides/demo-start.toml,line=7,title=prose-html::")


@pytest.mark.parametrize("command", ["build", "check"])
@pytest.mark.parametrize("format_", ["json", "junit", "sarif"])
def test_a_document_is_the_only_thing_on_stdout(project: Project, command: str, format_: str) -> None:
    project.change(START, '"Ask first."', '"Ask <b>first."')
    ran = project.run(command, "--format", format_)
    assert (ran.code, ran.stderr) == (1, "")
    if format_ == "junit":
        assert ElementTree.fromstring(ran.stdout).get("failures") == "1"
    else:
        assert "prose-html" in json.dumps(ran.json)


def test_junit_shows_every_handout_also_the_good_ones(project: Project) -> None:
    project.change(project.catalog("ja"), 'msgstr "訳 Ask first."', 'msgstr ""')
    ran = project.build("--format", "junit")
    assert ran.code == 1
    (suite,) = ElementTree.fromstring(ran.stdout)
    assert {case.get("name"): case.find("failure") is not None for case in suite} == {
        f"output/{file}": file == "ja/demo-start-a4.pdf" for file in HANDOUTS
    }


def test_junit_of_check_shows_every_rule(shared: Project) -> None:
    from generator.rules import INPUT_RULES

    (suite,) = ElementTree.fromstring(shared.run("check", "--as-of", DAY, "--format", "junit").stdout)
    assert [case.get("name") for case in suite] == [row.id for row in INPUT_RULES]
    assert suite.get("failures") == "0"


def test_sarif_leads_to_the_line_of_the_text(project: Project) -> None:
    project.change(START, '"Ask first."', '"Ask <b>first."')
    (run,) = project.run("check", "--format", "sarif").json["runs"]
    (result,) = run["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": START}, "region": {"startLine": 7}}
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "prose-html"


# --- what counts, and what is judged -------------------------------------------------------------------


def test_fail_on_decides_what_makes_exit_1(project: Project) -> None:
    late = {"SOURCE_DATE_EPOCH": "1811000000"}  # 2027-05-22; reviews are due on 2027-05-21
    codes = {how: project.run("check", "--fail-on", how, **late).code for how in FAIL_ON}
    assert codes == {"error": 0, "warning": 1, "never": 0}  # facts that are due are warnings
    project.change(START, '"Ask first."', '"Ask <b>first."')
    for command in ("check", "build"):
        codes = {how: project.run(command, "--fail-on", how).code for how in FAIL_ON}
        assert codes == {"error": 1, "warning": 1, "never": 0}, command
    assert "[prose-html]" in project.run("check", "--fail-on", "never").stderr  # told all the same


def test_a_refused_handout_is_refused_whatever_counts(project: Project) -> None:
    project.change(project.catalog("ja"), 'msgstr "訳 Ask first."', 'msgstr ""')
    before = project.snapshot()
    assert project.build("demo-start", "-l", "ja", "--fail-on", "never").code == 0
    assert project.snapshot() == before
    # Nothing goes to the printer, so this is no success.
    assert project.build("demo-start", "-l", "ja", "-o", "-", "--fail-on", "never").code == 1


def test_a_handout_that_was_not_judged_by_all_rules_is_judged_again(project: Project) -> None:
    arguments = ("demo-start", "-l", "en")
    before = project.manifest()["en/demo-start-a4.pdf"]
    ran = project.build(*arguments, "--ignore", "cjk-05,GEO-09", "--ignore", "QR-01")
    assert ran.code == 0, ran.stderr
    assert "1 built" in ran.stderr
    assert "not judged by CJK-05, GEO-09, QR-01" in ran.stderr
    record = project.manifest()["en/demo-start-a4.pdf"]
    assert record["inputs"]["not_judged_by"] == "CJK-05 GEO-09 QR-01"
    assert record["sha256"] == before["sha256"]  # the paper is the same, the judgement is not
    assert "1 unchanged" in project.build(*arguments, "--ignore", "cjk-05,geo-09,qr-01").stderr
    ran = project.build(*arguments)
    assert "1 built" in ran.stderr
    assert project.manifest()["en/demo-start-a4.pdf"] == before


def test_what_is_ignored_does_not_refuse_a_handout(project: Project) -> None:
    css = project.read("templates/css/blocks.css")
    project.write("templates/css/blocks.css", css + "\nno-such-property { no-such: 1 }\n.x { colr: red }\n")
    assert "[ENG-01]" in project.build("demo-start", "-l", "en").stderr
    ran = project.build("demo-start", "-l", "en", "--ignore", "ENG")
    assert (ran.code, "[ENG-01]" in ran.stderr) == (0, False), ran.stderr


# --- the environment and pyproject.toml --------------------------------------------------------------


def test_colour_is_used_when_asked_for_and_never_with_no_color(project: Project) -> None:
    project.change(START, '"Ask first."', '"Ask <b>first."')
    assert "\x1b[" not in project.run("check").stderr  # no terminal
    assert "\x1b[" in project.run("--color", "always", "check").stderr
    assert "\x1b[" in project.run("check", FORCE_COLOR="1").stderr
    assert "\x1b[" not in project.run("check", FORCE_COLOR="1", NO_COLOR="1").stderr
    assert "\x1b[" not in project.run("--color", "never", "check", FORCE_COLOR="1").stderr


@pytest.mark.parametrize(
    ("name", "value", "files"),
    [
        ("CARRIER_GUIDES_BUILD_LOCALE", "ja", "ja/"),
        ("CARRIER_GUIDES_BUILD_LOCALE", "ja zh", ("ja/", "zh_Hans/")),
        ("CARRIER_GUIDES_BUILD_PAPER", "a4", ("en/", "ja/", "zh_Hans/")),
    ],
)
def test_options_can_be_set_in_the_environment_by_their_own_names(
    shared: Project, name: str, value: str, files: str | tuple[str, ...]
) -> None:
    assert planned(shared, **{name: value}) == [file for file in HANDOUTS if file.startswith(files)]


def test_the_format_can_be_set_in_the_environment(shared: Project) -> None:
    assert shared.run("check", "--as-of", DAY, CARRIER_GUIDES_CHECK_FORMAT="json").json["problems"] == []


def test_options_have_defaults_in_pyproject_and_the_command_line_wins(project: Project) -> None:
    project.write("pyproject.toml", '[tool.carrier-guides]\nlocale = ["ja"]\nas-of = 2026-12-01\n')
    ran = project.run("build", "--dry-run", "--format", "json")
    assert {item["file"][:3] for item in ran.json["handouts"]} == {"ja/"}
    assert {file[:3] for file in planned(project, "-l", "en")} == {"en/"}
    assert {file[:3] for file in planned(project, CARRIER_GUIDES_BUILD_LOCALE="en")} == {"en/"}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('[tool.carrier-guides]\nlocal = "ja"\n', '"local"; options of build are '),
        ('[tool.carrier-guides]\nlocale = "xx"\n', 'no locale is called "x'),
        ("[tool.carrier-guides]\njobs = 0\n", "0"),
        ('[tool.carrier-guides]\nformat = "xml"\n', "'xml'"),
        ("[tool.carrier-guides\n", "pyproject.toml"),
        ('[tool]\ncarrier-guides = "ja"\n', "carrier-guides"),
        ('tool = "x"\n', "pyproject.toml"),
        ("\x00", "pyproject.toml"),
    ],
)
def test_bad_defaults_are_a_wrong_command_line(project: Project, table: str, said: str) -> None:
    project.write("pyproject.toml", table)
    ran = project.run("build", "--dry-run")
    assert (ran.code, said in ran.stderr) == (2, True), ran.stderr


def test_a_default_that_is_one_text_counts_as_a_list_of_one(project: Project) -> None:
    project.write("pyproject.toml", '[tool.carrier-guides]\nlocale = "ja"\n')
    assert {file[:3] for file in planned(project)} == {"ja/"}


def test_the_day_comes_from_the_option_then_from_source_date_epoch(shared: Project) -> None:
    late = {"SOURCE_DATE_EPOCH": "1811000000"}  # 2027-05-22T15:06:40Z; reviews are due on 2027-05-21
    assert "[fact-due]" in shared.run("check", **late).stderr
    assert "[fact-due]" not in shared.run("check", "--as-of", DAY, **late).stderr
    assert "[fact-due]" not in shared.run("check", SOURCE_DATE_EPOCH="1800000000").stderr  # 2027-01-15


@pytest.mark.parametrize("epoch", ["soon", "1e9", "99999999999999999999"])
def test_a_bad_source_date_epoch_is_a_wrong_command_line(shared: Project, epoch: str) -> None:
    ran = shared.run("check", SOURCE_DATE_EPOCH=epoch)
    assert (ran.code, f'SOURCE_DATE_EPOCH is "{epoch}"' in ran.stderr) == (2, True)


def test_the_machines_language_does_not_change_the_output(shared: Project) -> None:
    languages = ("C", "ja_JP.UTF-8", "POSIX")
    said = [shared.spawn("list", "locales", LANG=lang, LC_ALL=lang).stdout for lang in languages]
    assert said[0] == said[1] == said[2]
    assert "简体中文" in said[0]


def test_a_reader_that_goes_away_is_no_traceback(shared: Project) -> None:
    command = ["bash", "-c", f"{sys.executable} -m generator list facts | head -c 0"]
    done = subprocess.run(command, cwd=shared.root, env=environment(), capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


# --- interruption ------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupted_build_leaves_whole_files_and_a_true_manifest(project: Project, jobs: str) -> None:
    target = project.root / "new"
    process = subprocess.Popen(
        [sys.executable, "-m", "generator", "build", "--as-of", DAY, "-o", str(target), "-j", jobs],
        cwd=project.root,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C reaches the whole group, and not these tests
    )
    try:
        deadline = time.monotonic() + 60
        while not list(target.rglob("*.pdf")) and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 130, said.decode()
    assert "Traceback" not in said.decode()
    assert "interrupted" in said.decode()
    there = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    records = {item["file"]: item for item in json.loads((target / "manifest.json").read_text())["handouts"]}
    assert there == {"manifest.json", *records}  # no rests, nothing unknown
    assert 0 < len(records) < len(HANDOUTS)
    for file, record in records.items():
        data = (target / file).read_bytes()
        assert hashlib.sha256(data).hexdigest() == record["sha256"]
        assert data == (project.output / file).read_bytes()


# --- what a hostile hand left behind ------------------------------------------------------------------


def test_a_damaged_template_keeps_messages_update_from_touching_a_catalog(project: Project) -> None:
    before = project.snapshot()
    text = project.read("templates/blocks/phrases.html")
    project.write("templates/blocks/phrases.html", text + "{% if %}\n")
    ran = project.run("messages", "update")
    assert ran.code == 1
    assert f"error: templates/blocks/phrases.html:{text.count(chr(10)) + 1}: " in ran.stderr
    project.write("templates/blocks/phrases.html", text)
    assert project.snapshot() == before


def test_translations_of_a_guide_that_is_away_for_a_moment_come_back(project: Project) -> None:
    project.run("messages", "update")
    catalog = "locales/ja/LC_MESSAGES/messages.po"
    before = project.read(catalog)
    guide = next((project.root / "content" / "guides").glob("*start*.toml"))
    text = guide.read_text(encoding="utf-8")
    guide.unlink()
    assert project.run("messages", "update").code == 0
    assert "#~ msgctxt" in project.read(catalog)
    guide.write_text(text, encoding="utf-8")
    assert project.run("messages", "update").code == 0
    assert project.read(catalog) == before


def test_what_an_editor_leaves_beside_a_file_is_no_content(project: Project) -> None:
    (project.root / "content" / "facts" / ".#facts.toml").symlink_to("nobody@nowhere.1")
    os.mkfifo(project.root / "content" / "pipe.toml")
    assert project.run("check").code == 0


def test_a_manifest_that_is_not_text_is_written_anew(project: Project) -> None:
    project.build("demo-start", "-l", "en")
    (project.root / "output" / "manifest.json").write_bytes(b"\xff\xfe\x00")
    assert project.build("demo-start", "-l", "en").code == 0
    assert '"schema": 2' in project.read("output/manifest.json")


@pytest.mark.parametrize("line", ["jobs = [1]", "as-of = 5", "output = 5", "draft = 1", "locale = 5"])
def test_a_default_of_a_wrong_type_is_told_with_what_it_must_be(project: Project, line: str) -> None:
    project.write("pyproject.toml", f"[tool.carrier-guides]\n{line}\n")
    ran = project.run("build")
    assert ran.code == 2
    assert f"[tool.carrier-guides] {line.partition(' ')[0]} must be " in ran.stderr
