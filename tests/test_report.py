"""How problems are written: one model, five forms, and every rule explained."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import ROOT, Project

from generator.checks import RULES
from generator.paper import PAPERS
from generator.problem import Problem
from generator.report import (
    Case,
    Suite,
    show,
    suit_rules,
    to_annotation,
    to_json,
    to_junit,
    to_line,
    to_sarif,
)
from generator.rules import INPUT_RULES, UnknownRuleError, explain_rules, match_rules

PACKAGE = ROOT / "generator"

TEXT = Problem("content/guides/a b.toml", 3, "steps[1].body", rule="prose-html", what="is HTML", hint="no")
SHEET = Problem(
    handout="au-cancel (ja, a4)",
    page=2,
    rule="GEO-05",
    what="is 0.1 pt",
    severity="warning",
    box_mm=(10.0, 20.5, 30.0, 21.0),
)
BOTH = Problem("locales/ja/x.po", 7, handout="au-cancel (ja, a4)", page=1, rule="CJK-09", what="w")
# What a stranger's file may say: the end of a command, of a tag, of a line, and odd characters.
HOSTILE = "a\x00\x1b[31m\r\n::error::]]>&<b> \u202eetirw\ufffe\ud800 100% \U0001f600 解約"


# --- text, json, github ------------------------------------------------------------------------------


def test_a_line_says_where_what_and_which_rule() -> None:
    assert to_line(TEXT) == "content/guides/a b.toml:3: steps[1].body: is HTML [prose-html]"
    assert to_line(SHEET) == "au-cancel (ja, a4), page 2 at 10, 20 mm: is 0.1 pt [GEO-05]"
    assert to_line(Problem(rule="r", what="w")) == "w [r]"


def test_what_has_no_look_is_shown_as_its_code() -> None:
    assert show("解約　„ok“ é") == "解約　„ok“ é"
    shown = show(HOSTILE)
    assert shown.startswith("a\\u0000\\u001b[31m\\u000d\\u000a::error::]]>&<b> \\u202eetirw")
    assert "\n" not in shown and "\x1b" not in shown


def test_json_has_every_field_and_a_schema() -> None:
    data = json.loads(to_json([SHEET], files=["x"]))
    assert (data["schema"], data["files"]) == (1, ["x"])
    assert data["problems"] == [
        {
            "file": "",
            "line": 0,
            "key": "",
            "handout": "au-cancel (ja, a4)",
            "page": 2,
            "rule": "GEO-05",
            "what": "is 0.1 pt",
            "hint": "",
            "severity": "warning",
            "box_mm": [10.0, 20.5, 30.0, 21.0],
            "where": "au-cancel (ja, a4), page 2 at 10, 20 mm",
        }
    ]


def test_a_github_annotation_escapes_what_would_end_it() -> None:
    problem = Problem("a,b:c.toml", 3, "k", rule="r,x", what="100%\r\nof it: a, b", hint="h")
    assert to_annotation(problem) == (
        "::error file=a%2Cb%3Ac.toml,line=3,title=r%2Cx::a,b:c.toml:3: k: 100%25%0D%0Aof it: a, b (hint: h)"
    )
    warning = Problem(handout="x (ja, a4)", page=2, rule="r", what="w", severity="warning")
    assert to_annotation(warning) == "::warning title=r::x (ja, a4), page 2: w"
    assert "\n" not in to_annotation(Problem(handout=HOSTILE, rule="r", what=HOSTILE, hint=HOSTILE))


# --- junit -------------------------------------------------------------------------------------------

# The shape that Jenkins and GitLab read: element, attributes it must have, elements it may hold.
JUNIT = {
    "testsuites": ({"name", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped"}, {"testcase"}),
    "testcase": ({"name", "classname", "time"}, {"failure", "skipped", "system-out"}),
    "failure": ({"message", "type"}, set()),
    "skipped": ({"message"}, set()),
    "system-out": (set(), set()),
}


def read_junit(text: str) -> ElementTree.Element:
    """Parse JUnit XML, and hold it to its shape and its sums."""
    root = ElementTree.fromstring(text)
    for element in root.iter():
        attributes, inside = JUNIT[element.tag]
        assert set(element.attrib) == attributes, element.tag
        assert {child.tag for child in element} <= inside, element.tag
    for suite in root:
        cases = list(suite)
        assert suite.get("tests") == str(len(cases))
        assert suite.get("failures") == str(sum(case.find("failure") is not None for case in cases))
        assert suite.get("skipped") == str(sum(case.find("skipped") is not None for case in cases))
    for key in ("tests", "failures", "errors"):
        assert root.get(key) == str(sum(int(suite.get(key) or 0) for suite in root))
    return root


def test_junit_tells_failures_passes_and_what_was_skipped() -> None:
    suite = suit_rules("a.pdf", [SHEET, TEXT, TEXT], ["GEO-05", "GEO-04", "TXT-01"], {"TXT-01": "no order"})
    (element,) = read_junit(to_junit([suite]))
    assert {case.get("name"): [child.tag for child in case] for case in element} == {
        "GEO-05": ["system-out"],  # a warning does not fail
        "GEO-04": [],
        "TXT-01": ["skipped"],
        "prose-html": ["failure"],
    }
    failure = element.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "is HTML (and 1 more)"
    assert (failure.text or "").splitlines()[:2] == [f"error: {to_line(TEXT)}", "  hint: no"]


def test_junit_fails_where_the_command_does() -> None:
    suite = suit_rules("a.pdf", [SHEET, TEXT], [])
    failures = {
        how: read_junit(to_junit([suite], how)).get("failures") for how in ("error", "warning", "never")
    }
    assert failures == {"error": "1", "warning": "2", "never": "0"}


def test_junit_is_well_formed_whatever_a_text_holds() -> None:
    problem = Problem(handout=HOSTILE, rule="r", what=HOSTILE, hint=HOSTILE)
    read_junit(to_junit([Suite(HOSTILE, (Case(HOSTILE, (problem,)), Case("n", (), HOSTILE)))]))
    read_junit(to_junit([]))


# --- sarif -------------------------------------------------------------------------------------------


def read_sarif(text: str) -> dict[str, Any]:
    """Return the run of a SARIF file that has what version 2.1.0 asks for (checked by its schema once)."""
    data = json.loads(text)
    assert set(data) == {"$schema", "version", "runs"}
    assert data["version"] == "2.1.0"
    (run,) = data["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "carrier-guides" and driver["version"]
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"] and rule["fullDescription"]["text"] and rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning")
    marks = [result["partialFingerprints"]["carrierGuides/v1"] for result in run["results"]]
    assert len(marks) == len(set(marks))
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning")
        assert result["message"]["text"]
        for location in result.get("locations", ()):
            if place := location.get("physicalLocation"):
                assert re.fullmatch(r"[\w./~%-]+", place["artifactLocation"]["uri"], re.A)
                assert place.get("region", {"startLine": 1})["startLine"] >= 1
    return run


def test_sarif_leads_to_the_source_and_says_the_place_on_paper() -> None:
    sheets = {"au-cancel (ja, a4)": "output/ja/au-cancel-a4.pdf"}
    run = read_sarif(to_sarif([TEXT, SHEET, BOTH], explain_rules(), "0.1", "build", sheets))
    text, sheet, both = run["results"]
    assert text["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "content/guides/a%20b.toml"},
        "region": {"startLine": 3},
    }
    assert sheet["level"] == "warning"
    assert (
        sheet["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "output/ja/au-cancel-a4.pdf"
    )
    assert sheet["properties"]["page"] == 2
    assert sheet["properties"]["box_mm"] == [10.0, 20.5, 30.0, 21.0]
    assert both["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "locales/ja/x.po"
    assert both["properties"]["sheet"] == "output/ja/au-cancel-a4.pdf"


def test_sarif_marks_stay_when_lines_and_boxes_move() -> None:
    def marks(*problems: Problem) -> list[str]:
        run = read_sarif(to_sarif(problems, explain_rules(), "0.1", "build"))
        return [result["partialFingerprints"]["carrierGuides/v1"] for result in run["results"]]

    moved = [
        dataclasses.replace(TEXT, line=40),
        dataclasses.replace(SHEET, box_mm=(1.0, 2.0, 3.0, 4.0)),
    ]
    assert marks(TEXT, SHEET) == marks(*moved)
    assert len(set(marks(TEXT, TEXT, BOTH))) == 3  # alike, and yet two


def test_sarif_holds_whatever_a_text_holds() -> None:
    problem = Problem(file=HOSTILE, handout=HOSTILE, page=1, rule="PDF-01", what=HOSTILE, hint=HOSTILE)
    text = to_sarif([problem], explain_rules(), "0.1", "inspect", {HOSTILE: HOSTILE})
    text.encode()  # no halves of surrogates
    read_sarif(text)


# --- every rule is explained -------------------------------------------------------------------------


def rule_literals() -> dict[str, set[str]]:
    """Return every text of the package that is a rule's id, with its modules."""
    families = {id_.partition("-")[0] for id_ in explain_rules()}
    found: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name == "rules.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "rule" and isinstance(node.value, ast.Constant):
                found.setdefault(str(node.value.value), set()).add(name)
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
                spelled = re.fullmatch(r"([a-z]+)(-[a-z]+)+|([A-Z0-9]+)-\d\d", text)
                if spelled and (spelled[1] or spelled[3]) in families:
                    found.setdefault(text, set()).add(name)
    return found


# What looks like a rule and is none: the program itself, and a value of CSS.
NO_RULES = {"carrier-guides", "content-box"}


def test_every_rule_that_the_package_names_is_explained() -> None:
    assert set(rule_literals()) - NO_RULES - set(explain_rules()) == set()


def test_every_rule_that_is_explained_is_used() -> None:
    used = rule_literals()
    assert [row.id for row in INPUT_RULES if row.id not in used] == []
    assert len({row.id for row in INPUT_RULES}) == len(INPUT_RULES)
    assert set(explain_rules()) == {row.id for row in INPUT_RULES} | set(RULES)


def test_every_explanation_has_a_name_a_reason_and_a_fix() -> None:
    for rule in explain_rules().values():
        for text in (rule.name, rule.reason, rule.fix):
            assert text and not text.endswith(".") and "{paper}" not in text, rule.id
        assert all("{" not in limit for limit in rule.limits), rule.id


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests/bad_content").rglob("*.*")), ids=lambda path: path.stem
)
def test_every_rule_that_bad_content_announces_is_explained(path: Path) -> None:
    announced = re.findall(r"\[([a-z]+(?:-[a-z]+)+)\]", path.read_text(encoding="utf-8", errors="replace"))
    assert set(announced) <= set(explain_rules()) | {"single-source"}


# --- choosing rules ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (["CJK-01"], ["CJK-01"]),
        (["cjk-02", "CJK-01"], ["CJK-01", "CJK-02"]),
        (["geo"], [id_ for id_ in RULES if id_.startswith("GEO-")]),
        (["CJK-01, qr-01", "", "PDF-03,"], ["PDF-03", "CJK-01", "QR-01"]),
        (["a11y"], [id_ for id_ in RULES if id_.startswith("A11Y-")]),
    ],
)
def test_rules_are_named_by_id_or_family_in_any_case(names: list[str], ids: list[str]) -> None:
    assert list(match_rules(names, RULES)) == ids


@pytest.mark.parametrize(
    ("name", "near"), [("CJK-99", "CJK-09"), ("GEO-1", "GEO-01"), ("zzz", ""), ("C", "")]
)
def test_a_name_that_is_no_rule_is_told_with_what_may_be_meant(name: str, near: str) -> None:
    with pytest.raises(UnknownRuleError) as raised:
        match_rules([name], RULES)
    assert (raised.value.name, raised.value.near) == (name, near)


# --- the command -------------------------------------------------------------------------------------


def test_rules_lists_all_and_explains_one(shared: Project) -> None:
    ran = shared.run("rules")
    assert [line.split()[0] for line in ran.lines] == list(explain_rules())
    assert shared.run("rules", "fact-due", "typ-01", "-p", "a4").stdout == (
        "fact-due: facts have been looked at in time (warning)\n"
        "  why     numbers, hours and fees change, and paper cannot be patched\n"
        "  fix     look at its sources again, then run: carrier-guides facts verify FACT --on DAY --by NAME\n"
        "\n"
        "TYP-01: no type is too small (error)\n"
        "  why     small print about money and deadlines is not read, and may not be legal\n"
        f"  limit   {PAPERS[0].floor_pt:g} pt\n"
        "  source  JIS Z 8305; telecommunications law, 8 pt at least\n"
        "  fix     shorten the text; the floor of a paper stands in generator/paper.py\n"
    )
    assert "only handouts of a build" in shared.run("rules", "TXT-01").stdout


def test_rules_for_programs(shared: Project) -> None:
    data = shared.run("rules", "--format", "json", "CJK", "-p", "a4").json
    assert data["schema"] == 1
    assert [rule["id"] for rule in data["rules"]] == [id_ for id_ in RULES if id_.startswith("CJK-")]
    known = ["about", "fix", "id", "limits", "name", "needs_order", "reason", "severity", "source"]
    assert sorted(data["rules"][0]) == known


def test_rules_work_outside_a_project(tmp_path: Path) -> None:
    assert Project(tmp_path).run("rules", "CJK-01").code == 0
