"""Which module may import what, and which line asks for which room. The table is the rule.

A new module gets a row here first: what it may import of ours says where it stands, and a library belongs to
exactly the rooms that are named for it. `find_breaches` reads a package's source and needs none of it to run.
"""

from __future__ import annotations

import ast
import graphlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

PACKAGE = ROOT / "generator"

# Of ours, by module: nouns, then rooms that know one library, then what puts them together.
MAY_IMPORT: dict[str, set[str]] = {
    "__init__": set(),
    "problem": set(),
    "guide": set(),
    "colour": set(),
    "language": set(),
    "paper": {"language"},
    "fold": {"paper"},
    "imposition": set(),
    "impose": {"imposition"},
    "symbol": set(),
    "prose": set(),
    "fit": set(),
    "facts": {"guide"},
    "profile": {"problem"},
    "press": {"paper", "profile"},
    "fonts": {"problem"},
    "content": {"colour", "facts", "fit", "guide", "language", "paper", "problem", "prose"},
    "spreadsheet": {"problem"},
    "shops": {"content", "fonts", "guide", "language", "problem", "prose", "spreadsheet"},
    "amend": {"content", "guide", "problem"},
    "place": set(),
    "lexicon": {"facts", "guide", "language", "problem", "prose"},
    "translation": {
        "checks.access",
        "checks.lines",
        "checks.scripts",
        "language",
        "place",
        "problem",
        "prose",
    },
    "catalog": {
        "content",
        "guide",
        "language",
        "lexicon",
        "place",
        "problem",
        "prose",
        "translation",
    },
    "pseudo": {"catalog", "language", "prose", "translation"},
    "localize": {"catalog", "facts", "guide", "language", "problem", "prose"},
    "worksheet": {"facts", "guide", "language", "localize"},
    "phrasing": set(),
    "markup": {"guide", "localize", "paper", "phrasing", "problem", "prose", "symbol", "worksheet"},
    "layout.heights": {"fit"},
    "layout.colours": set(),
    "layout.drawing": {"prose"},
    "layout.tags": {"prose", "stream"},
    "layout.embedding": set(),
    "layout.speed": set(),
    "layout": {
        "fit",
        "fonts",
        "layout.colours",
        "layout.drawing",
        "layout.embedding",
        "layout.heights",
        "layout.speed",
        "layout.tags",
        "paper",
    },
    "stream": set(),
    "readback.model": set(),
    "readback.pages": {"readback.model"},
    "readback.cell": set(),
    "readback.sheets": {"imposition", "readback.model"},
    "readback.objects": set(),
    "readback.instructions": set(),
    "readback.structure": {"readback.model", "readback.objects"},
    "readback.encodings": {"readback.objects"},
    "readback.outlines": {
        "fonts",
        "readback.glyphs",
        "readback.instructions",
        "readback.model",
        "readback.objects",
    },
    "readback.programs": {
        "fonts",
        "readback.encodings",
        "readback.model",
        "readback.objects",
        "readback.outlines",
    },
    "readback.content": {
        "readback.instructions",
        "readback.model",
        "readback.objects",
        "readback.programs",
        "readback.structure",
    },
    "readback.glyphs": {"fonts", "readback.model"},
    "readback.press": {
        "readback.content",
        "readback.instructions",
        "readback.model",
        "readback.objects",
    },
    "readback.separations": {"readback.model"},
    "readback.picture": {"readback.model"},
    "readback.validator": {"readback.model"},
    "readback": {
        "fonts",
        "problem",
        "readback.cell",
        "readback.content",
        "readback.glyphs",
        "readback.model",
        "readback.objects",
        "readback.picture",
        "readback.press",
        "readback.programs",
        "readback.separations",
        "readback.structure",
        "readback.validator",
    },
    "checks.order": {"language", "paper", "problem", "readback.model"},
    "checks.paragraphs": {"readback.model"},
    "checks.scripts": {"checks.paragraphs"},
    "checks.texts": {"checks.order", "checks.paragraphs", "readback.model"},
    "checks.access": {
        "checks.order",
        "checks.paragraphs",
        "checks.scripts",
        "checks.texts",
        "language",
        "readback.model",
    },
    "checks.colour": {"checks.order", "checks.paragraphs", "readback.model"},
    "checks.file": {"checks.order", "checks.paragraphs", "readback.model"},
    "checks.fonts": {"checks.order", "checks.paragraphs", "checks.scripts", "readback.model"},
    "checks.lines": {
        "checks.order",
        "checks.paragraphs",
        "checks.scripts",
        "checks.texts",
        "phrasing",
        "readback.model",
    },
    "checks.press": {"checks.order", "checks.paragraphs", "readback.model"},
    "checks.page": {"checks.order", "checks.paragraphs", "paper", "problem", "readback.model"},
    "checks.symbols": {"checks.order", "checks.texts", "readback.model"},
    "checks": {
        "checks.access",
        "checks.colour",
        "checks.file",
        "checks.fonts",
        "checks.lines",
        "checks.order",
        "checks.page",
        "checks.press",
        "checks.symbols",
        "checks.texts",
        "paper",
        "problem",
        "readback.model",
    },
    "rules": {"checks", "paper", "problem"},
    "report": {"problem", "rules"},
    "publish": {"problem"},
    "inspection": {
        "checks",
        "fonts",
        "language",
        "paper",
        "problem",
        "publish",
        "readback",
        "readback.model",
        "readback.pages",
    },
    "visual": {"__init__", "inspection", "problem", "report"},
    "pipeline": {
        "checks",
        "colour",
        "fit",
        "fonts",
        "guide",
        "language",
        "layout",
        "localize",
        "markup",
        "paper",
        "press",
        "problem",
        "readback",
        "worksheet",
    },
    "naming": {"problem"},
    "workers": set(),
    "store": set(),
    "assembly": {"localize"},
    "readback.assembled": {"assembly", "readback.objects"},
    "chain": {
        "store",
        "assembly",
        "checks",
        "fonts",
        "layout",
        "localize",
        "markup",
        "paper",
        "pipeline",
        "press",
        "problem",
        "readback",
        "readback.assembled",
    },
    "batch": {
        "naming",
        "shops",
        "store",
        "workers",
        "catalog",
        "chain",
        "fit",
        "fonts",
        "guide",
        "language",
        "layout",
        "localize",
        "markup",
        "paper",
        "pipeline",
        "press",
        "problem",
        "prose",
        "pseudo",
        "publish",
        "readback",
        "worksheet",
    },
    "editions": {
        "batch",
        "catalog",
        "fit",
        "guide",
        "localize",
        "paper",
        "problem",
        "publish",
    },
    "doctor": {"fonts", "language", "layout", "paper", "problem", "readback"},
    "revision": {"problem"},
    "change": {"batch", "checks.texts", "guide", "localize", "prose", "readback.picture"},
    "cli.desk": {"guide", "language", "problem"},
    "cli.affected": {
        "batch",
        "catalog",
        "change",
        "cli.desk",
        "content",
        "guide",
        "language",
        "paper",
        "problem",
        "publish",
        "revision",
    },
    "cli.messages": {"batch", "catalog", "cli.desk", "language", "problem", "publish"},
    "cli": {
        "__init__",
        "batch",
        "catalog",
        "checks",
        "cli.affected",
        "cli.messages",
        "content",
        "doctor",
        "editions",
        "facts",
        "fold",
        "fonts",
        "guide",
        "inspection",
        "language",
        "naming",
        "paper",
        "pipeline",
        "press",
        "problem",
        "profile",
        "publish",
        "report",
        "rules",
        "shops",
        "store",
        "visual",
    },
    "cli.facts": {
        "amend",
        "batch",
        "catalog",
        "change",
        "cli",
        "cli.affected",
        "content",
        "facts",
        "guide",
        "language",
        "localize",
        "paper",
        "problem",
        "prose",
        "publish",
        "worksheet",
    },
    "schema": {"content", "guide", "place"},
    "skeleton": {"facts", "guide", "language", "place", "schema"},
    "cli.authoring": {
        "batch",
        "catalog",
        "change",
        "cli",
        "cli.affected",
        "cli.desk",
        "cli.messages",
        "guide",
        "language",
        "place",
        "problem",
        "publish",
        "schema",
        "skeleton",
    },
    "cli.editions": {"cli", "editions", "guide", "language", "paper", "problem", "publish"},
    "cli.impose": {"cli", "imposition", "impose", "problem", "publish", "readback.sheets"},
    "__main__": {"cli"},
}

# The other way round than in the table: the commands in rooms of their own use what all commands share, and
# the last lines of `cli` add them to it.
REGISTERS = {
    ("cli", "cli.facts"),
    ("cli", "cli.editions"),
    ("cli", "cli.authoring"),
    ("cli", "cli.impose"),
}

# One library, one room, or one folder of rooms. A longer name wins over a shorter one.
ROOM_OF: dict[str, set[str]] = {
    "babel.messages": {"catalog"},
    # catalog: whether anybody knows how a locale writes dates
    "babel.Locale": {"catalog", "localize"},
    "babel.UnknownLocaleError": {"catalog"},
    "babel.dates": {"localize"},
    "babel.lists": {"localize"},
    "babel.numbers": {"localize"},
    "babel.units": {"localize"},
    "budoux": {"phrasing"},
    "click": {"cli"},
    "fontTools": {"fonts", "readback.encodings", "readback.outlines", "readback.programs"},
    "jinja2": {"markup", "visual"},  # markup says what handouts say; a report opens where no project is
    "markdown_it": {"prose"},
    "markupsafe": {"markup"},
    "page": {"readback.validator"},
    "PIL": {"readback.picture", "readback.separations"},
    "pikepdf": {"assembly", "impose", "press", "readback", "readback.pages", "readback.sheets"},
    "pydantic": {"content", "guide"},  # guide says what the shapes are, content reports where they are broken
    "pydyf": {"layout"},
    "pypdfium2": {"readback.picture", "readback.sheets"},
    "segno": {"symbol"},
    # amend: what tomlkit wrote, read again; cli: defaults of options; doctor: what must be installed
    # skeleton: the texts of the guide that a new one is modelled on
    "tomllib": {"amend", "content", "cli", "doctor", "skeleton"},
    "tomlkit": {"amend"},
    # The judge reads the pinned glyphs for itself.
    "uharfbuzz": {"fonts", "readback"},
    "weasyprint": {"layout"},
    "zxingcpp": {"readback.picture"},
}

# Of the standard library: nothing of ours speaks to the network or asks for the machine's language.
NOBODY_IMPORTS = {"asyncio", "http", "locale", "random", "socket", "ssl", "urllib.request"}

ONLY_CLI_MAY = {
    "print": "prints",
    "input": "reads the terminal",
    "exit": "exits",
    "quit": "exits",
    "sys.exit": "exits",
    "os._exit": "exits",
    "sys.stdout": "prints",
    "sys.stderr": "prints",
    "sys.stdin": "reads the terminal",
    "sys.argv": "reads arguments",
    "os.environ": "reads the environment",
    "os.getenv": "reads the environment",
}
CLOCK = {
    "datetime.now", "datetime.today", "datetime.utcnow", "date.today", "time.time", "time.time_ns",
    "time.localtime", "time.gmtime", "time.strftime", "time.ctime", "time.sleep",
}  # fmt: skip
WRITES = {
    "write_text", "write_bytes", "mkdir", "unlink", "rmdir", "mkstemp", "mkdtemp", "makedirs", "rmtree",
    "symlink_to", "touch", "TemporaryDirectory", "NamedTemporaryFile",
}  # fmt: skip
# publish alone writes below output/; fonts keeps its cache.
# revision unpacks an earlier state of the project into a folder of its own, and takes it away again.
MAY_WRITE = {"publish", "fonts", "doctor", "revision", "store"}
# Fontconfig takes its configuration from the environment and in no other way.
EXCEPTIONS = {("layout", "os.environ['FONTCONFIG_FILE']")}
# doctor tries every library that pyproject.toml names.
MAY_HIDE_IMPORTS = {"doctor"}
NO_NOUNS = {
    "base", "common", "core", "helper", "helpers", "lib", "manager", "managers", "misc", "shared", "tools",
    "util", "utils",
}  # fmt: skip


def find_breaches(package: Path) -> list[str]:
    """Return what breaks the table, as `module:line: what`."""
    found: list[str] = []
    for path in sorted(package.rglob("*.py")):
        name = _name(package, path)
        if path.stem in NO_NOUNS:
            found.append(f'{name}:1: is called "{path.stem}", which is no noun of ours')
        if name not in MAY_IMPORT:
            found.append(f"{name}:1: has no place in the table")
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found += [f"{name}:{line}: {what}" for line, what in _breaches_of(name, tree)]
    return found


def _name(package: Path, path: Path) -> str:
    """Return how the table calls a file: a folder is called by its noun, its rooms "noun.room"."""
    name = path.relative_to(package).with_suffix("").as_posix().replace("/", ".")
    return name.removesuffix(".__init__")


def _breaches_of(name: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    is_cli = name == "cli" or name.startswith("cli.")
    allowed: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.Delete):
            allowed |= {id(t.value) for t in node.targets if (name, ast.unparse(t)) in EXCEPTIONS}  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        for imported in _imports_of(node):
            yield from ((node.lineno, what) for what in _judge_import(name, imported))  # type: ignore[attr-defined]
        if isinstance(node, ast.Name | ast.Attribute) and id(node) not in allowed:
            spelled = ast.unparse(node)
            is_cli = name.partition(".")[0] == "cli"
            if spelled in ONLY_CLI_MAY and not is_cli:
                yield node.lineno, f"{ONLY_CLI_MAY[spelled]}: {spelled}"
            if ".".join(spelled.split(".")[-2:]) in CLOCK and not is_cli:
                yield node.lineno, f"reads the clock: {spelled}"
            if spelled.split(".")[-1] in WRITES and isinstance(node.ctx, ast.Load) and name not in MAY_WRITE:
                yield node.lineno, f"writes files: {spelled}"
            if spelled in ("__import__", "importlib.import_module") and name not in MAY_HIDE_IMPORTS:
                yield node.lineno, f"hides an import: {spelled}"


def _imports_of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        module = ("generator." if node.level else "") + (node.module or "")
        folders = {f"generator.{name.partition('.')[0]}" for name in MAY_IMPORT if "." in name}
        if module.rstrip(".") in ("generator", "babel", "urllib", *folders):  # these names are modules
            yield from (f"{module.rstrip('.')}.{alias.name}" for alias in node.names)
        else:
            yield module


def _owner(name: str, rooms: set[str]) -> str | None:
    """Return by which name a module is among the rooms: its own, or that of its folder."""
    return next((owner for owner in (name, name.partition(".")[0]) if owner in rooms), None)


def _judge_import(name: str, imported: str) -> Iterator[str]:
    parts = imported.split(".")
    if parts[0] == "generator":
        module = next(
            (m for end in (3, 2) if (m := ".".join(parts[1:end])) in MAY_IMPORT),
            parts[1] if parts[1:] else "__init__",
        )
        module = "__init__" if module.startswith("__") else module
        if module not in MAY_IMPORT[name] and (name, module) not in REGISTERS:
            yield f"may not import {module}"
        return
    prefixes = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    if any(prefix in NOBODY_IMPORTS for prefix in prefixes):
        yield f"nobody imports {imported}"
        return
    rooms = next((ROOM_OF[prefix] for prefix in prefixes if prefix in ROOM_OF), None)
    if rooms is not None:
        if _owner(name, rooms) is None:
            yield f"{imported} belongs to {', '.join(sorted(rooms))}"
    elif parts[0] not in sys.stdlib_module_names:
        yield f"{imported} has no room in the table"


# --- the real package ------------------------------------------------------------------------------


def test_every_module_has_a_place_in_the_table_and_every_place_a_module() -> None:
    assert {_name(PACKAGE, path) for path in PACKAGE.rglob("*.py")} == set(MAY_IMPORT)


def test_a_folder_is_one_noun_with_several_rooms() -> None:
    folders = {path.parent.name for path in PACKAGE.glob("*/*.py")}
    assert folders == {name.partition(".")[0] for name in MAY_IMPORT if "." in name}


def test_the_package_keeps_to_the_table() -> None:
    assert find_breaches(PACKAGE) == []


def test_imports_run_in_one_direction() -> None:
    tuple(graphlib.TopologicalSorter(MAY_IMPORT).static_order())  # raises CycleError


def test_every_library_of_the_table_is_used_where_it_may_be() -> None:
    used: dict[str, set[str]] = {library: set() for library in ROOM_OF}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for imported in _imports_of(node):
                for library in ROOM_OF:
                    if imported == library or imported.startswith(f"{library}."):
                        name = _name(PACKAGE, path)
                        used[library].add(_owner(name, ROOM_OF[library]) or name)
    assert used == ROOM_OF


# --- the guard, seen red ---------------------------------------------------------------------------


def _breach(tmp_path: Path, module: str, line: str) -> list[str]:
    path = module.replace(".", "/")
    real = PACKAGE / (f"{path}/__init__.py" if (PACKAGE / path).is_dir() else f"{path}.py")
    old = real.read_text(encoding="utf-8") if real.exists() else ""
    copy = tmp_path / real.relative_to(PACKAGE)
    copy.parent.mkdir(exist_ok=True)
    copy.write_text(f"{old}\n{line}\n", encoding="utf-8")
    first = old.count("\n")
    said = [breach.split(":", 2) for breach in find_breaches(tmp_path)]
    return [what.strip() for _, number, what in said if int(number) > first]


@pytest.mark.parametrize(
    ("module", "line", "breach"),
    [
        ("guide", "import generator.content", "may not import content"),
        ("guide", "from generator import content", "may not import content"),
        ("guide", "from generator.content import load_content", "may not import content"),
        ("guide", "from .content import load_content", "may not import content"),
        ("guide", "def f():\n    from generator.batch import run", "may not import batch"),
        ("checks", "import generator.layout", "may not import layout"),
        ("readback", "import weasyprint", "weasyprint belongs to layout"),
        ("pipeline", "from weasyprint.urls import URLFetcher", "weasyprint.urls belongs to layout"),
        ("batch", "import click", "click belongs to cli"),
        ("content", "import tomlkit", "tomlkit belongs to amend"),
        ("cli.facts", "import tomlkit", "tomlkit belongs to amend"),
        ("cli.facts", "import generator.layout", "may not import layout"),
        ("cli.facts", "from generator.cli import editions", "may not import cli.editions"),
        ("batch", "from generator.cli import facts", "may not import cli.facts"),
        ("report", "import click", "click belongs to cli"),
        ("inspection", "import jinja2", "jinja2 belongs to markup, visual"),
        ("localize", "from jinja2 import Template", "jinja2 belongs to markup, visual"),
        ("localize", "from babel.messages.pofile import read_po", "babel.messages.pofile belongs to catalog"),
        ("catalog", "from babel import dates", "babel.dates belongs to localize"),
        ("content", "import requests", "requests has no room in the table"),
        ("content", "import babel", "babel has no room in the table"),
        ("fonts", "import urllib.request", "nobody imports urllib.request"),
        ("fonts", "from urllib import request", "nobody imports urllib.request"),
        ("localize", "import locale", "nobody imports locale"),
        ("content", "print(1)", "prints: print"),
        ("content", "import sys\nsys.exit(1)", "exits: sys.exit"),
        ("batch", "import sys\nsys.stderr.write('x')", "prints: sys.stderr"),
        ("batch", "import os\nhome = os.environ['HOME']", "reads the environment: os.environ"),
        ("layout", "import os\nos.environ['LANG'] = 'C'", "reads the environment: os.environ"),
        ("layout", "import os\nfile = os.environ['FONTCONFIG_FILE']", "reads the environment: os.environ"),
        ("fonts", "import os\nos.environ['FONTCONFIG_FILE'] = 'x'", "reads the environment: os.environ"),
        ("publish", "import time\nnow = time.time()", "reads the clock: time.time"),
        ("facts", "import datetime\nnow = datetime.datetime.now()", "reads the clock: datetime.datetime.now"),
        ("facts", "import datetime\nnow = datetime.date.today()", "reads the clock: datetime.date.today"),
        ("batch", "def f(path):\n    path.write_text('x')", "writes files: path.write_text"),
        ("markup", "click = __import__('click')", "hides an import: __import__"),
        ("utils", "", 'is called "utils", which is no noun of ours'),
        ("queue", "", "has no place in the table"),
    ],
)
def test_a_breach_is_seen(tmp_path: Path, module: str, line: str, breach: str) -> None:
    assert breach in _breach(tmp_path, module, line)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("pipeline", "import time\nstart = time.perf_counter()"),
        ("cli", "import datetime\nnow = datetime.datetime.now()"),
        ("layout", "import os\nos.environ['FONTCONFIG_FILE'] = 'x'"),
        ("cli", "print(1)"),
        ("cli.facts", "print(1)"),
        ("cli.editions", "import datetime\nnow = datetime.datetime.now()"),
        ("facts", "import datetime\nday = datetime.date(2026, 1, 1)"),
    ],
)
def test_what_the_table_allows_is_no_breach(tmp_path: Path, module: str, line: str) -> None:
    assert _breach(tmp_path, module, line) == []
