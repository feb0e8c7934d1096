"""Look at this machine: is there everything that a handout is made with, and does it work?

Each finding is yielded as soon as it is known, the quick ones first. Nothing that is missing or broken
raises: whatever the machine lacks is the result.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import importlib
import importlib.metadata
import io
import platform
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from generator.fonts import (
    BOLD_SHA256,
    FAMILY,
    REGULAR_SHA256,
    find_pinned_fonts,
    make_fonts,
    verify_pinned_fonts,
)
from generator.language import LANGUAGES, Language
from generator.problem import FontError, ProjectError


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. Without what `is_needed` no handout is made; the rest is speed."""

    what: str
    is_well: bool
    is_needed: bool = True
    hint: str = ""


def examine(root: Path, cache: Path) -> Iterator[Finding]:
    """Yield what is found of Python, packages, libraries, fonts and folders, and a line in each language.

    `root` is the project's folder. Nothing is written that stays: fonts for the lines are made in a
    temporary folder, as they would be in `cache`.
    """
    yield _look_at_python()
    yield from _look_at_packages()
    yield from _look_at_libraries()
    yield from _look_at_fonts()
    yield _look_at_folder("cache", cache)
    yield _look_at_folder("output", root / "output")
    yield from _draw_lines()


# What fails last mostly fails because of something before.
_AFTER_OTHERS = "mend what is lacking above; where nothing is, install everything anew: make clean-all guides"

T = TypeVar("T")


# --- Python and its packages -----------------------------------------------------------------------

# `requires-python` in pyproject.toml.
OLDEST_PYTHON = (3, 11)
DISTRIBUTION = "carrier-guides"

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*(.*)")
_BOUND = re.compile(r"(==|>=|<=|<|>)\s*([0-9][0-9.]*)")


def _look_at_python() -> Finding:
    wanted = ".".join(map(str, OLDEST_PYTHON))
    what = f"Python {platform.python_version()}"
    if sys.version_info >= OLDEST_PYTHON:
        return Finding(what, True)
    return Finding(f"{what}, {wanted} or newer is needed", False, hint=f"install Python {wanted} or newer")


def list_requirements() -> tuple[str, ...]:
    """Return what the package requires, as pip writes it: of the checkout, else of what is installed."""
    project = Path(__file__).resolve().parents[1] / "pyproject.toml"
    with contextlib.suppress(OSError, ImportError, ValueError, KeyError):
        import tomllib

        about = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
        if about["name"] == DISTRIBUTION:
            return tuple(about["dependencies"])
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        listed = importlib.metadata.requires(DISTRIBUTION) or ()
        return tuple(requirement for requirement in listed if "extra ==" not in requirement)
    return ()


def _look_at_packages() -> Iterator[Finding]:
    requirements = list_requirements()
    if not requirements:
        hint = f"run: {sys.executable} -m pip install {DISTRIBUTION}"
        yield Finding("it is not known which Python packages are needed", False, hint=hint)
        return
    modules: dict[str, list[str]] = {}
    for module, distributions in importlib.metadata.packages_distributions().items():
        for distribution in distributions:
            modules.setdefault(_normal(distribution), []).append(module)
    for requirement in requirements:
        yield _look_at_package(requirement, modules)


def _look_at_package(requirement: str, modules: dict[str, list[str]]) -> Finding:
    match = _REQUIREMENT.match(requirement.partition(";")[0].strip())
    assert match, f"a requirement without a name: {requirement}"
    name, wanted = match.groups()
    hint = f'run: {sys.executable} -m pip install "{name}{wanted}"'
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(f"{name} is not installed", False, hint=hint)
    if not is_within(version, wanted):
        return Finding(f"{name} is {version}, {wanted} is needed", False, hint=hint)
    for module in modules.get(_normal(name), [name.replace("-", "_")]):
        # The layout engine reads the font configuration when it is imported: it waits for its fonts.
        if module == "weasyprint":
            continue
        _, trouble = _attempt(lambda module=module: importlib.import_module(module))  # type: ignore[misc]
        if trouble:
            again = hint.replace(" install ", " install --force-reinstall ", 1)
            return Finding(f"{name} {version} cannot be imported: {trouble}", False, hint=again)
    return Finding(f"{name} {version}", True)


def _normal(name: str) -> str:
    # Source: PEP 503, normalized names.
    return re.sub(r"[-_.]+", "-", name).lower()


def is_within(version: str, wanted: str) -> bool:
    """Tell whether a version such as "8.5.1" keeps all bounds of ">=8.2,<9"."""
    have = _numbers(version)
    for sign, text in _BOUND.findall(wanted):
        bound = _numbers(text)
        length = max(len(have), len(bound))
        a, b = (number + (0,) * (length - len(number)) for number in (have, bound))
        if not {"==": a == b, ">=": a >= b, "<=": a <= b, "<": a < b, ">": a > b}[sign]:
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found else ()


def _attempt(action: Callable[[], T]) -> tuple[T | None, str]:
    """Return what an action gives, or None and what kept it from succeeding, in one line."""
    # Libraries print advice of their own before they fail; ours is the hint.
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            return action(), ""
        except ProjectError as error:
            return None, str(error)
        except Exception as error:  # a broken library raises anything, and anything is the finding
            lines = str(error).strip().splitlines()
            return None, f"{lines[0]} ({type(error).__name__})" if lines else type(error).__name__


# --- system libraries ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Library:
    """A shared library: its file on Linux and on Windows, its name elsewhere, and the versions that serve."""

    title: str
    soname: str
    dll: str
    name: str
    wanted: str = ""
    is_needed: bool = True


# WeasyPrint 70: "First steps" for Pango, pdf/fonts.py for HarfBuzz.
LIBRARIES: dict[str, _Library] = {
    "pango": _Library("Pango", "libpango-1.0.so.0", "libpango-1.0-0.dll", "pango-1.0", ">=1.44"),
    "pangoft2": _Library("PangoFT2", "libpangoft2-1.0.so.0", "libpangoft2-1.0-0.dll", "pangoft2-1.0"),
    "harfbuzz": _Library("HarfBuzz", "libharfbuzz.so.0", "libharfbuzz-0.dll", "harfbuzz"),
    "fontconfig": _Library("Fontconfig", "libfontconfig.so.1", "libfontconfig-1.dll", "fontconfig"),
    "harfbuzz-subset": _Library(
        "HarfBuzz subset",
        "libharfbuzz-subset.so.0",
        "libharfbuzz-subset-0.dll",
        "harfbuzz-subset",
        ">=4.1",
        is_needed=False,
    ),
}

_ONE_PANGO = {"pangoft2": "pango", "harfbuzz-subset": "harfbuzz"}
# Which system it is, by ID or ID_LIKE of /etc/os-release; how it installs, and what.
_SYSTEMS: dict[str, tuple[str, dict[str, str]]] = {
    "debian": (
        "as root: apt-get install",
        {
            "pango": "libpango-1.0-0",
            "pangoft2": "libpangoft2-1.0-0",
            "harfbuzz": "libharfbuzz0b",
            "fontconfig": "libfontconfig1",
            "harfbuzz-subset": "libharfbuzz-subset0",
        },
    ),
    "fedora": ("as root: dnf install", _ONE_PANGO),
    "arch": ("as root: pacman -S", _ONE_PANGO),
    "alpine": ("as root: apk add", {"pangoft2": "pango"}),
    "macos": ("brew install", _ONE_PANGO),
    "windows": (
        "in MSYS2: pacman -S",
        {
            part: f"mingw-w64-ucrt-x86_64-{package}"
            for part, package in (
                ("pango", "pango"),
                ("pangoft2", "pango"),
                ("harfbuzz", "harfbuzz"),
                ("fontconfig", "fontconfig"),
                ("harfbuzz-subset", "harfbuzz"),
            )
        },
    ),
}
_ELSEWHERE = "https://doc.courtbouillon.org/weasyprint/stable/first_steps.html"
# Where MSYS2 puts them; the layout engine looks there too.
_MSYS2 = Path("C:/msys64/ucrt64/bin")


def find_system(platform_: str, os_release: str) -> str:
    """Name the system by `sys.platform` and the text of /etc/os-release: "debian", "" is unknown.

    Source:
        os-release(5): ID_LIKE lists relatives, the nearest first.
    """
    if platform_ in ("win32", "cygwin", "msys"):
        return "windows"
    if platform_ == "darwin":
        return "macos"
    told: dict[str, str] = {}
    for line in os_release.splitlines():
        key, is_pair, value = line.strip().partition("=")
        if is_pair:
            told[key] = value.strip("\"'")
    names = [told.get("ID", ""), *told.get("ID_LIKE", "").split()]
    return next((name for name in names if name in _SYSTEMS), "")


def say_install(part: str, system: str) -> str:
    """Return how a library gets onto a system."""
    if system not in _SYSTEMS:
        return f"install {part} with the system's package manager: {_ELSEWHERE}"
    command, packages = _SYSTEMS[system]
    hint = f"{command} {packages.get(part, part)}"
    if system == "macos":
        # Apple's and python.org's Python do not look into Homebrew's folder.
        hint += ", and use Homebrew's own Python: $(brew --prefix)/bin/python3"
    return hint


def _this_system() -> str:
    for path in (Path("/etc/os-release"), Path("/usr/lib/os-release")):
        with contextlib.suppress(OSError):
            return find_system(sys.platform, path.read_text(encoding="utf-8", errors="replace"))
    return find_system(sys.platform, "")


def _look_at_libraries() -> Iterator[Finding]:
    system = _this_system()
    for part, library in LIBRARIES.items():
        hint = say_install(part, system)
        loaded = _load(library)
        version = _version(part, loaded) if loaded else ""
        if loaded is None:
            what = f"{library.title} is not there, or cannot be loaded"
        elif not is_within(version, library.wanted):
            what = f"{library.title} is {version}, {library.wanted} is needed"
            hint = f"use a newer release of this system, then {hint}"
        else:
            yield Finding(f"{library.title} {version}".strip(), True, library.is_needed)
            continue
        if not library.is_needed:
            what += ": handouts are right, but each takes seconds longer"
        yield Finding(what, False, library.is_needed, hint)


def _load(library: _Library) -> ctypes.CDLL | None:
    name: str | None = library.soname
    if sys.platform == "win32":
        name = str(_MSYS2 / library.dll) if (_MSYS2 / library.dll).exists() else library.dll
    elif sys.platform == "darwin":
        name = ctypes.util.find_library(library.name)
    try:
        return ctypes.CDLL(name) if name else None
    except OSError:
        return None


def _version(part: str, library: ctypes.CDLL) -> str:
    if part == "pango":
        return _dotted(int(library.pango_version()))
    if part == "fontconfig":
        return _dotted(int(library.FcGetVersion()))
    if part.startswith("harfbuzz"):
        # The subset library has no version of its own: it finds HarfBuzz's, which it was made with.
        library.hb_version_string.restype = ctypes.c_char_p
        return str(library.hb_version_string().decode())
    return ""


def _dotted(version: int) -> str:
    """Write 15012 as 1.50.12, as Pango and Fontconfig count."""
    return f"{version // 10000}.{version // 100 % 100}.{version % 100}"


# --- fonts and folders -----------------------------------------------------------------------------


def _look_at_fonts() -> Iterator[Finding]:
    try:
        pinned = find_pinned_fonts()
        verify_pinned_fonts(pinned)
    except FontError as error:
        for problem in error.problems:
            yield Finding(f"{problem.key} {problem.what}", False, hint=problem.hint)
    except ImportError as error:
        yield Finding(f"the pinned fonts cannot be read: {error}", False, hint=_AFTER_OTHERS)
    else:
        for path, sha256 in ((pinned.regular, REGULAR_SHA256), (pinned.bold, BOLD_SHA256)):
            yield Finding(f"{path.name} is the pinned one, sha256 {sha256[:12]}…", True)


def _look_at_folder(noun: str, folder: Path) -> Finding:
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        hint = f"give yourself the right to write there, or build with --{noun} FOLDER"
        return Finding(f"the {noun} folder {folder} cannot be written: {error.strerror}", False, hint=hint)
    return Finding(f"the {noun} folder {folder} can be written", True)


# --- a line of type --------------------------------------------------------------------------------

# Each of these characters has another form in Japan than in China.
REGIONAL = "直骨今令海与角"
LATIN = "Handout 0123456789"


def _draw_lines() -> Iterator[Finding]:
    """Make fonts, lay out a line in each language, read the bytes back and look at every glyph."""
    with tempfile.TemporaryDirectory(prefix="carrier-guides-", ignore_cleanup_errors=True) as name:
        draw, trouble = _attempt(lambda: _start_press(Path(name)))
        if draw is None:
            yield Finding(f"no line of type can be drawn: {trouble}", False, hint=_AFTER_OTHERS)
            return
        for language in LANGUAGES:
            faults, trouble = _attempt(lambda language=language: draw(language))  # type: ignore[misc]
            if trouble := "; ".join(faults or ()) or trouble:
                what = f"{language.locale}: a line of type is not drawn right: {trouble}"
                yield Finding(what, False, hint=_AFTER_OTHERS)
            else:
                what = f"{language.locale}: a line of type is drawn with {FAMILY} in its own forms"
                yield Finding(what, True)


def _start_press(folder: Path) -> Callable[[Language], list[str]]:
    """Return what draws a line in a language and lists its faults, with the real fonts and engine."""
    from generator.layout import STYLE_SHEETS, Engine
    from generator.paper import A4
    from generator.readback import read_pdf

    paper = A4
    # What is looked at is the machine: no style sheet of the project takes part.
    (folder / "css").mkdir()
    for sheet in (*STYLE_SHEETS, paper.name):
        (folder / "css" / f"{sheet}.css").touch()
    fonts = make_fonts(frozenset(REGIONAL + LATIN), folder / "cache")
    pinned = find_pinned_fonts()
    engine = Engine(folder, fonts, folder / "cache")

    def draw(language: Language) -> list[str]:
        han = language.han or "ja"
        words = f'{LATIN} <span lang="{han}">{REGIONAL}</span>'
        html = (
            f'<html lang="{language.tag}"><head><title>{LATIN}</title></head>'
            f"<body><p>{words}</p><p><b>{words}</b></p></body></html>"
        )
        laid_out = engine.lay_out(html, f'html {{ font-family: "{FAMILY}" }}', paper)
        pdf, complaints = engine.write_pdf(laid_out, paper)
        facts = read_pdf(pdf, fonts, pinned)
        faults = [*laid_out.complaints, *complaints]
        faults += [f"{font.name} is none of our fonts" for font in facts.fonts if not font.face]
        faults += [f"{sum(facts.notdef)} characters are missing"] if sum(facts.notdef) else []
        faults += [
            f"{wrong.character} is drawn in {f'its {wrong.form} form' if wrong.form else 'no known form'}"
            for wrong in facts.misdrawn
        ]
        drawn = "".join(run.text for run in facts.runs if run.language == han)
        # Twice, in regular and in bold; without Han of its own a language has more in the same runs.
        faults += [] if drawn.count(REGIONAL) == 2 else [f"{REGIONAL} is read back as {drawn}"]
        return faults

    return draw
