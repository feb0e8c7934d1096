"""What the doctor finds on this machine, and on machines that lack something. No part of ours is replaced:
what is missing is hidden from a fresh process by a broken file that is found first."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from generator import doctor
from generator.fonts import find_pinned_fonts
from generator.language import LANGUAGES

ROOT = Path(__file__).parents[1]
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="hides libraries as Linux finds them")


@dataclass(frozen=True)
class Report:
    code: int
    lines: tuple[str, ...]
    errors: str

    def hint(self, start: str) -> str:
        """Return the hint below the line that starts so."""
        for line, below in zip(self.lines, (*self.lines[1:], ""), strict=True):
            if line.startswith(start):
                return below.strip()
        raise AssertionError(f"no line starts with {start!r}:\n" + "\n".join(self.lines))


def visit(**environment: str) -> Report:
    """Run the command in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-m", "generator", "--project", str(ROOT), "doctor"],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
    )
    return Report(done.returncode, tuple(done.stdout.splitlines()), done.stderr)


def hide_library(folder: Path, *files: str) -> dict[str, str]:
    """Return the environment in which these libraries are found first as files of no bytes."""
    for file in files:
        (folder / file).touch()
    return {"LD_LIBRARY_PATH": str(folder)}


def put_before(folder: Path) -> dict[str, str]:
    """Return the environment in which Python imports from this folder first."""
    return {"PYTHONPATH": os.pathsep.join((str(folder), os.environ.get("PYTHONPATH", "")))}


# --- a machine in order ---------------------------------------------------------------------------


def test_a_machine_in_order_draws_a_line_in_every_language() -> None:
    report = visit()

    assert (report.code, report.errors) == (0, ""), report.lines
    drawn = [line for line in report.lines if "a line of type is drawn" in line]
    assert drawn == [
        f"ok   {language.locale}: a line of type is drawn with Handout Sans in its own forms"
        for language in LANGUAGES
    ]
    assert all(line.startswith("ok   ") for line in report.lines)
    assert "ok   weasyprint 70.0" in report.lines
    assert any(re.fullmatch(r"ok   Pango \d+\.\d+\.\d+", line) for line in report.lines)
    assert "ok   NotoSansCJKjp-Bold.otf is the pinned one, sha256 e53dcb0dcb29…" in report.lines


def test_every_required_package_is_looked_at() -> None:
    required = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert doctor.list_requirements() == tuple(required)

    looked_at = {line.split()[1] for line in visit().lines}
    assert {re.split("[><=]", requirement)[0] for requirement in required} <= looked_at


# --- a machine that lacks something ---------------------------------------------------------------


def test_a_damaged_font_is_lacking(tmp_path: Path) -> None:
    bold = find_pinned_fonts().bold
    shadow = tmp_path / bold.parent.name
    shutil.copytree(bold.parent, shadow)
    font = shadow / bold.name
    font.write_bytes(font.read_bytes()[:-1] + b"?")

    report = visit(**put_before(tmp_path))

    assert report.code == 1
    hint = report.hint("lack noto-cjk-sans-jp-bold")
    assert hint == "run: pip install --force-reinstall --no-deps noto-cjk-sans-jp-bold==0.0.1"
    assert report.lines[-2].startswith("lack no line of type can be drawn")


def test_a_font_package_without_its_font_is_lacking(tmp_path: Path) -> None:
    for style in ("regular", "bold"):
        shadow = tmp_path / f"noto_cjk_sans_jp_{style}"
        shadow.mkdir()
        (shadow / "__init__.py").touch()

    report = visit(**put_before(tmp_path))

    assert report.code == 1
    for style in ("regular", "bold"):
        hint = report.hint(f"lack noto-cjk-sans-jp-{style} has lost its file")
        assert hint == f"run: pip install --force-reinstall --no-deps noto-cjk-sans-jp-{style}==0.0.1"


def test_a_font_cut_to_nothing_is_lacking(tmp_path: Path) -> None:
    regular = find_pinned_fonts().regular
    shadow = tmp_path / regular.parent.name
    shadow.mkdir()
    (shadow / "__init__.py").touch()
    (shadow / regular.name).touch()

    report = visit(**put_before(tmp_path))

    assert (report.code, "Traceback" in report.errors) == (1, False)
    assert report.hint("lack noto-cjk-sans-jp-regular").startswith("run: pip install")


@pytest.mark.parametrize("module", ["jinja2", "pikepdf", "uharfbuzz", "weasyprint"])
def test_a_broken_package_is_lacking_and_no_traceback(tmp_path: Path, module: str) -> None:
    (tmp_path / f"{module}.py").write_text("raise ImportError('cannot open shared object file')\n")

    report = visit(**put_before(tmp_path))

    assert (report.code, report.errors) == (1, ""), report.lines
    assert any("cannot open shared object file" in line for line in report.lines if line.startswith("lack"))
    if module != "weasyprint":  # imported last, with its fonts
        assert "--force-reinstall" in report.hint(f"lack {module}")


@LINUX
def test_without_pango_the_hint_says_what_to_install(tmp_path: Path) -> None:
    report = visit(**hide_library(tmp_path, "libpango-1.0.so.0"))

    assert (report.code, report.errors) == (1, "")
    wanted = doctor.say_install("pango", doctor._this_system())
    assert report.hint("lack Pango is not there") == wanted
    assert any(line.startswith("lack no line of type can be drawn") for line in report.lines)
    # The engine prints advice of its own, which speaks of every system.
    assert not any("doc.courtbouillon.org" in line for line in report.lines)


@LINUX
def test_without_the_subset_library_handouts_are_right_and_slow(tmp_path: Path) -> None:
    report = visit(**hide_library(tmp_path, "libharfbuzz-subset.so.0"))

    assert (report.code, report.errors) == (0, ""), report.lines
    assert report.hint("slow HarfBuzz subset is not there")
    assert any("zh_Hans: a line of type is drawn" in line for line in report.lines)


def test_a_folder_that_cannot_be_written_is_lacking(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "output").write_text("a file where the folder should be")

    done = subprocess.run(
        [sys.executable, "-m", "generator", "--project", str(tmp_path), "doctor"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
    )

    assert (done.returncode, done.stderr) == (1, "")
    assert f"lack the output folder {tmp_path / 'output'} cannot be written: Not a directory" in done.stdout
    assert not (tmp_path / ".cache").exists()


# --- hints ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("platform", "os_release", "system"),
    [
        ("linux", 'ID=debian\nVERSION_ID="12"\n', "debian"),
        ("linux", 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n', "debian"),
        ("linux", 'ID=linuxmint\nID_LIKE="ubuntu debian"\n', "debian"),
        ("linux", "ID=fedora\n", "fedora"),
        ("linux", 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', "fedora"),
        ("linux", "ID=manjaro\nID_LIKE=arch\n", "arch"),
        ("linux", "ID=alpine\n", "alpine"),
        ("linux", "ID=nixos\n", ""),
        ("linux", "", ""),
        ("darwin", "", "macos"),
        ("win32", "", "windows"),
    ],
)
def test_the_system_is_known_by_what_it_says_of_itself(platform: str, os_release: str, system: str) -> None:
    assert doctor.find_system(platform, os_release) == system


@pytest.mark.parametrize(
    ("part", "system", "hint"),
    [
        ("pango", "debian", "as root: apt-get install libpango-1.0-0"),
        ("harfbuzz-subset", "debian", "as root: apt-get install libharfbuzz-subset0"),
        ("pangoft2", "fedora", "as root: dnf install pango"),
        ("harfbuzz-subset", "fedora", "as root: dnf install harfbuzz"),
        ("pango", "arch", "as root: pacman -S pango"),
        ("harfbuzz-subset", "alpine", "as root: apk add harfbuzz-subset"),
        ("pango", "macos", "brew install pango, and use Homebrew's own Python: $(brew --prefix)/bin/python3"),
        ("pangoft2", "windows", "in MSYS2: pacman -S mingw-w64-ucrt-x86_64-pango"),
        (
            "pango",
            "",
            "install pango with the system's package manager: "
            "https://doc.courtbouillon.org/weasyprint/stable/first_steps.html",
        ),
    ],
)
def test_each_system_is_told_its_own_package(part: str, system: str, hint: str) -> None:
    assert doctor.say_install(part, system) == hint


def test_the_doctor_and_the_installer_name_the_same_packages() -> None:
    spec = importlib.util.spec_from_file_location("install", ROOT / ".setup/install.py")
    assert spec and spec.loader
    installer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(installer)

    names = {"apt-get": "debian", "dnf": "fedora", "pacman": "arch", "apk": "alpine", "brew": "macos"}
    assert list(names) == list(installer.PACKAGERS)
    for part in installer.LIBRARIES:
        for (packager, command), package in zip(
            installer.PACKAGERS.items(), installer.PACKAGES[part], strict=True
        ):
            assert doctor.say_install(part, names[packager]).startswith(f"{command} {package}")


@pytest.mark.parametrize(
    ("version", "wanted", "is_within"),
    [
        ("70.0", "==70.0", True),
        ("70.0.1", "==70.0", False),
        ("69.1", "==70.0", False),
        ("8.10.1", ">=8.2,<9", True),
        ("9.0", ">=8.2,<9", False),
        ("3.1.5", ">=3.1.6,<4", False),
        ("1.6.6", "", True),
    ],
)
def test_a_version_keeps_the_bounds(version: str, wanted: str, is_within: bool) -> None:
    assert doctor.is_within(version, wanted) is is_within


def test_the_oldest_python_is_the_one_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == f">={'.'.join(map(str, doctor.OLDEST_PYTHON))}"
