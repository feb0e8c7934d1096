"""Whatever stands in a file, loading it ends in a result or in problems that a person can act on.

Files of the real project are changed at random: lines dropped, doubled and swapped, values of other types,
odd characters, bytes that are no text. The run is the same every time and takes seconds; one of any length is

    HYPOTHESIS_EXAMPLES=20000 .venv/bin/python -m pytest tests/test_fuzz.py
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.catalog import find_languages, load_catalog, update_catalog
from generator.content import load_content, load_languages
from generator.editions import read_releases
from generator.problem import ProjectError
from generator.prose import find_faults, parse, placeholders
from generator.publish import read_records
from generator.rules import explain_rules

# More than by default, where a person asks for it; then other examples each time.
USUAL = 8
EXAMPLES = int(os.environ.get("HYPOTHESIS_EXAMPLES", str(USUAL)))
FUZZ = settings(
    max_examples=EXAMPLES,
    derandomize=EXAMPLES == USUAL,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
KNOWN_RULES = frozenset(explain_rules())
ODD = ["\ufeff", "\x00", "\u202e", "\u200d", "\u2028", "\r\n", '"', "'''", "]]", "{fact.}", "[", "=", "🈲"]
ODD.append("a" * 3000)
VALUES = ["1", "true", "[]", "{}", '""', "1979-05-27", "nan", "[[1]]", '"{fact.x}"', '"<b>"', "9" * 5000, "'"]

Change = tuple[str, int, int, str]
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["drop", "double", "swap", "insert", "value", "cut"]),
        st.integers(0, 10_000),
        st.integers(0, 200),
        st.one_of(st.sampled_from(ODD), st.sampled_from(VALUES), st.text(max_size=12)),
    ),
    min_size=1,
    max_size=6,
)


def change(text: str, changes: list[Change]) -> str:
    """Return a text with these changes made to its lines."""
    for kind, at, column, what in changes:
        lines = text.split("\n")
        i = at % len(lines)
        if kind == "drop":
            del lines[i]
        elif kind == "double":
            lines.insert(i, lines[i])
        elif kind == "swap":
            j = (at * 7 + column) % len(lines)
            lines[i], lines[j] = lines[j], lines[i]
        elif kind == "insert":
            lines[i] = lines[i][:column] + what + lines[i][column:]
        elif kind == "value" and "=" in lines[i]:
            lines[i] = f"{lines[i].partition('=')[0]}= {what}"
        elif kind == "cut":
            return text[: len(text) * (at % 100) // 100]
        text = "\n".join(lines) or "\n"
    return text


def ends_well(load: Callable[[], object]) -> None:
    """Load, and hold what is refused to what a person needs: where, what, by which rule."""
    try:
        load()
    except ProjectError as error:
        assert error.problems
        for problem in error.problems:
            assert problem.file or problem.key, problem
            assert problem.rule in KNOWN_RULES, problem
            assert problem.what.strip(), problem
            problem.where.encode()


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("fuzz")
    for folder in ("content", "locales", "templates"):
        shutil.copytree(ROOT / folder, root / folder)
    return root


@pytest.fixture
def change_file(copy: Path) -> Iterator[Callable[[str, bytes], None]]:
    """Return what puts other bytes into a file; every file is as it was when the test ends."""
    kept: dict[str, bytes] = {}

    def put(file: str, data: bytes) -> None:
        for name, before in kept.items():
            (copy / name).write_bytes(before)
        kept.setdefault(file, (copy / file).read_bytes())
        (copy / file).write_bytes(data)

    yield put
    for name, before in kept.items():
        (copy / name).write_bytes(before)


CONTENT = [
    "content/guides/au-cancel.toml",
    "content/guides/start-here.toml",
    "content/facts/common.toml",
    "content/carriers/au.toml",
    "content/phrases.toml",
    "content/shops/example.toml",
    "content/shops/example.svg",
    "content/terms.toml",
]


@pytest.mark.parametrize("file", CONTENT)
def test_changed_content_loads_or_is_refused(
    copy: Path, change_file: Callable[[str, bytes], None], file: str
) -> None:
    original = (ROOT / file).read_text(encoding="utf-8")

    @FUZZ
    @given(CHANGES, st.booleans())
    def fuzz(changes: list[Change], is_torn: bool) -> None:
        data = change(original, changes).encode("utf-8", "surrogatepass")
        change_file(file, data[: len(data) // 2] + b"\xff\xfe" if is_torn else data)
        ends_well(lambda: load_content(copy))

    fuzz()


def test_changed_catalogs_are_read_and_written_again_or_refused(
    copy: Path, change_file: Callable[[str, bytes], None]
) -> None:
    language = next(one for one in find_languages(ROOT) if one.locale == "ja")
    file = "locales/ja/LC_MESSAGES/messages.po"
    original = "\n\n".join((ROOT / file).read_text(encoding="utf-8").split("\n\n")[:60]) + "\n"

    @FUZZ
    @given(CHANGES, st.booleans())
    def fuzz(changes: list[Change], is_torn: bool) -> None:
        data = change(original, changes).encode("utf-8", "surrogatepass")
        change_file(file, data[:-9] + b"\x80\n" if is_torn else data)
        ends_well(lambda: load_catalog(copy, language))

        def bring_in_step() -> None:
            content = load_content(ROOT)
            once = update_catalog(copy, language, (), content)
            change_file(file, once.encode())
            assert update_catalog(copy, language, (), content) == once

        ends_well(bring_in_step)

    fuzz()


def test_changed_records_of_languages_are_read_or_refused(tmp_path: Path) -> None:
    original = 'tag = "id"\nendonym = "x"\nja_edition = "x"\nja_speech = "x"\nhan = ""\nmoney = "{}"\n'
    original += "sentence_limit = 9\n"
    (tmp_path / "locales/id").mkdir(parents=True)

    @FUZZ
    @given(CHANGES)
    def fuzz(changes: list[Change]) -> None:
        data = change(original, changes).encode("utf-8", "surrogatepass")
        (tmp_path / "locales/id/language.toml").write_bytes(data)
        ends_well(lambda: load_languages(tmp_path))

    fuzz()


@FUZZ
@given(
    st.one_of(
        st.text(max_size=80),
        st.lists(st.sampled_from([*"{}[]*()\\<>@\n", "fact", ".", ":", "x", "約"])).map("".join),
    )
)
def test_any_text_is_prose_or_has_faults(text: str) -> None:
    for fault in find_faults(text):
        assert fault.rule in KNOWN_RULES
        assert fault.what
    assert all(kind and name for kind, name in placeholders(text)) or find_faults(text)
    assert "".join(piece.text for piece in parse(text)).count("\x00") <= text.count("\x00")


def test_damaged_manifests_and_editions_have_no_records_or_are_refused(tmp_path: Path) -> None:
    record = '{"schema": 3, "shared": [], "handouts": [{"file": "en/x.pdf", "guide": "x", "locale": "en"}]}'
    line = "AB12CD\tx\ten\ta4\t\t2026-11-27\t" + "0" * 64 + "\tguide/title=abcdef\n"

    @FUZZ
    @given(CHANGES)
    def fuzz(changes: list[Change]) -> None:
        (tmp_path / "manifest.json").write_bytes(change(record, changes).encode("utf-8", "surrogatepass"))
        assert read_records(tmp_path / "manifest.json") == ()
        (tmp_path / ".editions.tsv").write_bytes(change(line, changes).encode("utf-8", "surrogatepass"))
        ends_well(lambda: read_releases(tmp_path))

    fuzz()
