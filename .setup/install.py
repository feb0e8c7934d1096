"""Install what the project needs and this machine lacks.

    python3 .setup/install.py guides    what builds handouts
    python3 .setup/install.py test      that, and what proves them

When nothing is missing it says nothing, changes nothing and asks no network: `make` runs it before every
target. Python packages go into `.venv`, pinned and hash-checked. System packages come from apt-get where it
exists and we may use it; elsewhere they are named, for the reader to install.

`.venv/set-up.txt` says what `.venv` holds. It is removed before `.venv` changes and written after, so an
interrupted set-up is begun again and never believed.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "set-up.txt"
PIP = [str(VENV / "bin/python"), "-mpip", "install", "--disable-pip-version-check", "--no-input", "--quiet"]
# The interpreter that .venv is made from, also when .venv's own runs this file.
PYTHON = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)

# What WeasyPrint loads (weasyprint/text/ffi.py): the file on Linux, the name on a Mac.
# Pango brings GLib, HarfBuzz and Fontconfig.
LIBRARIES = {
    "pango": ("libpango-1.0.so.0", "pango-1.0"),
    "pangoft2": ("libpangoft2-1.0.so.0", "pangoft2-1.0"),
    "harfbuzz-subset": ("libharfbuzz-subset.so.0", "harfbuzz-subset"),
}
PARTS = {"guides": ["venv", *LIBRARIES]}
PARTS["test"] = [*PARTS["guides"], "pdftotext", "mutool", "gs", "qpdf", "msgfmt"]
# The last one holds all that the others hold.
REQUIREMENTS = {"guides": ["requirements.txt"], "test": ["requirements.txt", "requirements-dev.txt"]}

PACKAGERS = {
    "apt-get": "as root: apt-get install",
    "dnf": "as root: dnf install",
    "pacman": "as root: pacman -S",
    "apk": "as root: apk add",
    "brew": "brew install",
}
# In the order of PACKAGERS.
PACKAGES = {
    "venv": (f"python3.{sys.version_info[1]}-venv", "python3", "python", "python3", "python3"),
    "pango": ("libpango-1.0-0", "pango", "pango", "pango", "pango"),
    "pangoft2": ("libpangoft2-1.0-0", "pango", "pango", "pango", "pango"),
    "harfbuzz-subset": ("libharfbuzz-subset0", "harfbuzz", "harfbuzz", "harfbuzz-subset", "harfbuzz"),
    "pdftotext": ("poppler-utils", "poppler-utils", "poppler", "poppler-utils", "poppler"),
    "mutool": ("mupdf-tools", "mupdf", "mupdf-tools", "mupdf-tools", "mupdf-tools"),
    "gs": ("ghostscript", "ghostscript", "ghostscript", "ghostscript", "ghostscript"),
    "qpdf": ("qpdf", "qpdf", "qpdf", "qpdf", "qpdf"),
    "msgfmt": ("gettext", "gettext", "gettext", "gettext", "gettext"),
}
WINDOWS = "install Debian with `wsl --install -d Debian` and run make inside it"
SLOW = "note: libharfbuzz-subset is missing: handouts are right, but each takes seconds longer"


def main(goal: str) -> None:
    """Make this machine ready for `goal`, one line on stderr for each thing that is done."""
    _require_python()
    if not _missing(goal) and _is_set_up(goal):
        return
    import fcntl  # not on Windows, which _require_python has turned away

    with Path(__file__).open() as lock:
        # Two makes at once would install into each other's .venv. A pip whose make was killed still writes:
        # it inherits the lock.
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.set_inheritable(lock.fileno(), True)
        _install_system_packages(goal)
        if not _is_set_up(goal):
            _install_python_packages(goal)


def _require_python() -> None:
    if sys.platform == "win32":
        _stop("the libraries for printing are not set up on Windows by this file", WINDOWS)
    # The Python that a reader has may be any.
    if sys.version_info >= (3, 11):  # noqa: UP036
        return
    for minor in range(19, 10, -1):
        newer = shutil.which(f"python3.{minor}")
        # A version manager's stand-in may be there and refuse to start.
        if newer and subprocess.run([newer, "-c", ""], stderr=subprocess.DEVNULL).returncode == 0:
            os.execv(newer, [newer, *sys.argv])
    version = ".".join(map(str, sys.version_info[:3]))
    _stop(
        f"Python 3.11 or newer is needed, and {sys.executable} is {version}",
        "install one, then name it: make PYTHON=/path/to/python3.11",
    )


def _missing(goal: str) -> list[str]:
    return [part for part in PARTS[goal] if not _is_present(part)]


def _is_present(part: str) -> bool:
    if part == "venv":
        # Debian ships the module `venv` with Python, but what it needs in another package.
        return bool(importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"))
    if part in LIBRARIES:
        file, name = LIBRARIES[part]
        if sys.platform == "darwin":
            return ctypes.util.find_library(name) is not None
        try:
            ctypes.CDLL(file)
        except OSError:
            return False
        return True
    return shutil.which(part) is not None


def _install_system_packages(goal: str) -> None:
    missing = _missing(goal)
    # Without this library WeasyPrint only warns and goes slow. In tests a warning is an error.
    optional = {"harfbuzz-subset"} if goal == "guides" else set()
    if missing and (set(missing) - optional or not _is_set_up(goal)):
        _apt_get([PACKAGES[part][0] for part in missing])
        missing = _missing(goal)
    if set(missing) - optional:
        packager = next(filter(shutil.which, PACKAGERS), None)
        commands = []
        for column, (name, command) in enumerate(PACKAGERS.items()):
            if packager in (name, None):
                packages = dict.fromkeys(PACKAGES[part][column] for part in missing)
                commands.append(f"{command} {' '.join(packages)}")
        if packager == "brew":
            commands.append("only Homebrew's own Python finds them: make PYTHON=$(brew --prefix)/bin/python3")
        if packager is None:
            commands.append(f"on Windows, {WINDOWS}")
        _stop(f"missing on this machine: {', '.join(missing)}", *commands)
    if missing:
        _say(SLOW)


def _apt_get(packages: list[str]) -> None:
    """Install Debian packages if we may. What apt-get says is shown when it fails; the caller judges."""
    sudo = [] if os.geteuid() == 0 else ["sudo"] if sys.stdin.isatty() else ["sudo", "--non-interactive"]
    if not shutil.which("apt-get") or (sudo and not shutil.which("sudo")):
        return
    _say(f"system packages {' '.join(packages)}")
    apt = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
    install = [*apt, "install", "--yes", "--no-install-recommends", *packages]
    # Package lists may be absent or old, and asking for new ones is slow: only when the first try fails.
    for command in (install, [*apt, "update"], install):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if command is install and done.returncode == 0:
            return
    sys.stderr.write(done.stdout)


def _is_set_up(goal: str) -> bool:
    return _wanted(goal).items() <= _stamped().items()


def _stamped() -> dict[str, str]:
    lines = STAMP.read_text(encoding="utf-8").splitlines() if STAMP.exists() else []
    return dict(line.split(" ", 1) for line in lines)


def _wanted(goal: str) -> dict[str, str]:
    """Return what `set-up.txt` says when `.venv` is ready for `goal`."""
    return {
        "python": f"{sys.version.split()[0]} {PYTHON} {VENV}",
        "project": _digest("pyproject.toml", "generator/__init__.py"),
        **{name: _digest(name) for name in REQUIREMENTS[goal]},
    }


def _digest(*names: str) -> str:
    return hashlib.sha256(b"\0".join((ROOT / name).read_bytes() for name in names)).hexdigest()


def _install_python_packages(goal: str) -> None:
    had, wanted, pins = _stamped(), _wanted(goal), REQUIREMENTS[goal][-1]
    everything = _wanted("test")
    STAMP.unlink(missing_ok=True)
    if not had or any(had[name] != everything.get(name) for name in had if name != "project"):
        # Interrupted, or other pins, another Python, another folder: what is there cannot be trusted.
        _say(f"Python {sys.version.split()[0]} into .venv")
        _run([PYTHON, "-m", "venv", "--clear", str(VENV)])
        had = {}
    if pins not in had:
        _say(f"the packages of {pins} into .venv")
        _run([*PIP, "--require-hashes", "--no-deps", "--only-binary=:all:", "-r", pins])
    if had.get("project") != wanted["project"]:
        _say("carrier-guides into .venv")
        # "compat" is a plain .pth file: the default costs every start of the command an import hook.
        _run([*PIP, "--no-deps", "--no-build-isolation", "--config-settings=editable_mode=compat", "-e", "."])
        shutil.rmtree(ROOT / "carrier_guides.egg-info", ignore_errors=True)
    partial = STAMP.with_suffix(".part")
    lines = [f"{name} {value}\n" for name, value in {**had, **wanted}.items()]
    partial.write_text("".join(lines), encoding="utf-8")
    partial.replace(STAMP)


def _run(command: list[str]) -> None:
    if subprocess.run(command, cwd=ROOT, stdout=sys.stderr, close_fds=False).returncode:
        _stop(f"this failed: {' '.join(command)}", "see the lines above (no network?), then run make again")


def _say(line: str) -> None:
    print(f"set-up: {line}", file=sys.stderr, flush=True)


def _stop(what: str, *hints: str) -> NoReturn:
    print(f"error: set-up: {what}", *(f"  hint: {hint}" for hint in hints), sep="\n", file=sys.stderr)
    raise SystemExit(1)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        raise SystemExit(130) from None
