"""Write problems down for whoever reads them: people, programs, GitHub, and continuous integration.

    text    error: <where>: <what> [<rule>], and a hint
    json    the same for programs, with everything that is known
    github  workflow commands, which become annotations
    junit   one case a rule or handout, also for what is good
    sarif   static analysis results, for code scanning

Pure: problems in, text out. A text of a PDF can hold anything, so what would move a terminal's cursor,
turn the reading direction or break XML is written as its code.

Sources: GitHub Actions, workflow commands; OASIS SARIF 2.1.0; the JUnit XML that Jenkins and GitLab read.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any, Literal
from urllib.parse import quote
from xml.etree import ElementTree

from generator.problem import Problem
from generator.rules import Explanation

# JSON that programs read says which shape it has.
SCHEMA = 1

Format = Literal["text", "json", "github", "junit", "sarif"]
FORMATS: tuple[Format, ...] = ("text", "json", "github", "junit", "sarif")
# One document for a program: nothing else may stand on stdout.
DOCUMENTS = frozenset({"json", "junit", "sarif"})

FailOn = Literal["error", "warning", "never"]
FAIL_ON: tuple[FailOn, ...] = ("error", "warning", "never")


def is_failure(problem: Problem, fail_on: str) -> bool:
    """Tell whether a problem makes the exit code 1."""
    return fail_on == "warning" or (fail_on == "error" and problem.severity == "error")


# --- text --------------------------------------------------------------------------------------


def show(text: str) -> str:
    """Return a text on one line, with every character that has no look of its own as its code.

    Source: Unicode 15, general category: controls, formats (they turn the reading direction), halves
    of surrogates and line ends.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        f"\\u{ord(character):04x}" if unicodedata.category(character) in _UNSEEN else character
        for character in text
    )


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def to_line(problem: Problem) -> str:
    """Write a problem on one line without its hint: `where: what [rule]`."""
    where = f"{show(problem.where)}: " if problem.where else ""
    return f"{where}{show(problem.what)} [{problem.rule}]"


# --- json --------------------------------------------------------------------------------------


def to_json(problems: Iterable[Problem], **result: Any) -> str:  # noqa: ANN401
    """Write the result of a command with its problems."""
    listed = [{**asdict(problem), "where": problem.where} for problem in problems]
    return json.dumps({"schema": SCHEMA, **result, "problems": listed}, ensure_ascii=False, indent=1)


# --- github ------------------------------------------------------------------------------------


def to_annotation(problem: Problem) -> str:
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
    message = f"{problem.where}: {problem.what}" if problem.where else problem.what
    message += f" (hint: {problem.hint})" if problem.hint else ""
    return f"::{problem.severity} {','.join(properties)}::{escape(message)}"


# --- junit -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that was tried: a rule, or a handout. `skipped` says why it was not."""

    name: str
    problems: tuple[Problem, ...] = ()
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Suite:
    """What was tried together: a file, or a command."""

    name: str
    cases: tuple[Case, ...]


def suit_rules(
    name: str, problems: Iterable[Problem], rules: Iterable[str], skipped: Mapping[str, str] | None = None
) -> Suite:
    """Return a suite of one case a rule; a rule that is broken but not named gets its case too."""
    by_rule: dict[str, list[Problem]] = {rule: [] for rule in rules}
    for problem in problems:
        by_rule.setdefault(problem.rule, []).append(problem)
    skipped = skipped or {}
    cases = [
        Case(rule, tuple(found), "" if found else skipped.get(rule, "")) for rule, found in by_rule.items()
    ]
    return Suite(name, tuple(cases))


def to_junit(suites: Sequence[Suite], fail_on: str = "error") -> str:
    """Write what was tried as JUnit XML; what does not fail the command is told in `system-out`."""
    root = ElementTree.Element("testsuites", name="carrier-guides")
    totals: Counter[str] = Counter()
    for suite in suites:
        element = ElementTree.SubElement(root, "testsuite", name=_for_xml(suite.name))
        counts: Counter[str] = Counter(tests=len(suite.cases), failures=0, errors=0, skipped=0)
        for case in suite.cases:
            counts.update(_add_case(element, suite, case, fail_on))
        for key, number in counts.items():
            element.set(key, str(number))
        totals.update({key: counts[key] for key in ("tests", "failures", "errors")})
    for key in ("tests", "failures", "errors"):
        root.set(key, str(totals[key]))
    ElementTree.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def _add_case(parent: ElementTree.Element, suite: Suite, case: Case, fail_on: str) -> Iterable[str]:
    element = ElementTree.SubElement(
        parent, "testcase", classname=_for_xml(suite.name), name=_for_xml(case.name), time="0"
    )
    if case.skipped:
        ElementTree.SubElement(element, "skipped", message=_for_xml(case.skipped))
        return ["skipped"]
    failures = [problem for problem in case.problems if is_failure(problem, fail_on)]
    others = [problem for problem in case.problems if not is_failure(problem, fail_on)]
    if failures:
        first, more = failures[0], len(failures) - 1
        message = first.what + (f" (and {more} more)" if more else "")
        failure = ElementTree.SubElement(element, "failure", type=first.rule, message=_for_xml(message))
        failure.text = _list(failures)
    if others:
        ElementTree.SubElement(element, "system-out").text = _list(others)
    return ["failures"] if failures else []


def _list(problems: Iterable[Problem]) -> str:
    lines = []
    for problem in problems:
        lines.append(f"{problem.severity}: {to_line(problem)}")
        lines += [f"  hint: {show(problem.hint)}"] if problem.hint else []
    return _for_xml("\n".join(lines))


# What XML 1.0 cannot hold even as a reference (section 2.2, Char).
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _for_xml(text: str) -> str:
    return _NOT_XML.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


# --- sarif -------------------------------------------------------------------------------------

_SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def to_sarif(
    problems: Iterable[Problem],
    rules: Mapping[str, Explanation],
    version: str,
    command: str,
    sheets: Mapping[str, str] | None = None,
) -> str:
    """Write problems as SARIF 2.1.0.

    `rules` are all that can be told, `sheets` the file of each handout. A problem of a text leads to
    its source file; the place on paper stands in its properties.
    """
    index = {id_: number for number, id_ in enumerate(rules)}
    seen: Counter[str] = Counter()
    results = []
    for problem in problems:
        mark = _fingerprint(problem)
        seen[mark] += 1
        results.append(_result(problem, index, f"{mark}:{seen[mark]}", sheets or {}))
    driver = {"name": "carrier-guides", "version": version, "rules": [_descriptor(r) for r in rules.values()]}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"carrier-guides/{command}/"},
        "invocations": [{"executionSuccessful": True}],
        "results": results,
    }
    return json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1)


def _descriptor(rule: Explanation) -> dict[str, Any]:
    parts = [f"Fix: {rule.fix}"]
    parts += [f"Limit: {'; '.join(rule.limits)}"] if rule.limits else []
    parts += [f"Source: {rule.source}"] if rule.source else []
    return {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": rule.name},
        "fullDescription": {"text": rule.reason},
        "help": {"text": "\n".join(parts)},
        "defaultConfiguration": {"level": rule.severity},
    }


def _result(
    problem: Problem, index: Mapping[str, int], fingerprint: str, sheets: Mapping[str, str]
) -> dict[str, Any]:
    message = f"{problem.sheet}: {problem.what}" if problem.sheet else problem.what
    message += f" (hint: {problem.hint})" if problem.hint else ""
    result: dict[str, Any] = {"ruleId": problem.rule}
    if problem.rule in index:
        result["ruleIndex"] = index[problem.rule]
    result |= {"level": problem.severity, "message": {"text": message}}
    sheet = sheets.get(problem.handout, "")
    location: dict[str, Any] = {}
    if problem.file or sheet:
        place: dict[str, Any] = {"artifactLocation": {"uri": to_uri(problem.file or sheet)}}
        if problem.file and problem.line:
            place["region"] = {"startLine": problem.line}
        location["physicalLocation"] = place
    if name := problem.handout or problem.key:
        inside = f"{name}/page {problem.page}" if problem.page else name
        location["logicalLocations"] = [{"fullyQualifiedName": inside, "kind": "element"}]
    if location:
        result["locations"] = [location]
    result["partialFingerprints"] = {"carrierGuides/v1": fingerprint}
    known = {
        "key": problem.key,
        "handout": problem.handout,
        "sheet": sheet,
        "page": problem.page,
        "box_mm": list(problem.box_mm),
        "hint": problem.hint,
    }
    if properties := {key: value for key, value in known.items() if value}:
        result["properties"] = properties
    return result


def _fingerprint(problem: Problem) -> str:
    """Return a mark that stays when lines are added above, or a box moves."""
    parts = (problem.rule, problem.file, problem.key, problem.handout, problem.page, problem.what)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def to_uri(path: str) -> str:
    """Return a path as a URI reference: relative ones stay so.

    Source: RFC 3986, 3.3: a first part with a colon would be read as a scheme.
    """
    spelled = PurePath(path).as_posix()
    try:
        raw = spelled.encode(errors="surrogateescape")  # the bytes of a name that is not UTF-8
    except UnicodeEncodeError:
        raw = spelled.encode(errors="backslashreplace")
    return ("file://" if spelled.startswith("/") else "") + quote(raw, safe="/")
