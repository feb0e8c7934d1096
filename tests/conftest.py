"""What the tests share: a small project of their own, a copy of the real one, two ways to run the command.

The small project has content and translations of its own, so that no test waits for the real translations;
its templates are the real ones. `run` calls the command in this process, `spawn` starts it as a user does.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

ROOT = Path(__file__).resolve().parents[1]
DAY = "2026-12-01"  # all facts below are fresh on it
SOURCE_LOCALE = "en"
TRANSLATED = {"ja": "訳 ", "zh_Hans": "译 "}  # what the tests' translator puts before every text

SMALL = {
    "content/carriers/demo.toml": """\
id = "demo"
brand = "Demo"
company = "Demo Company"
issuer = "the Demo Company"
shop = "Demo shop"
self_service = "My Demo"
login = "Demo ID"
accent = "#304060"
hosts = ["demo.co.jp"]
""",
    "content/facts/demo.toml": """\
[[source]]
id = "page"
owner = "Demo pages"
kind = "official"
title = "How to leave"
url = "https://www.demo.co.jp/leave"

[[source]]
id = "paper"
owner = "A newspaper"
kind = "press"
title = "Fees"
url = "https://news.demo.co.jp/fees"

[[fact]]
id = "demo-phone"
kind = "phone"
label = "phone"
status = "official"
sources = ["page"]
seen_on = 2026-11-22
method = "archived_copy"
review_by = 2027-05-21
scope = "everybody"
value = "0120-444-113"

[[fact]]
id = "demo-page"
kind = "url"
label = "web page"
status = "official"
sources = ["page"]
seen_on = 2026-11-22
method = "archived_copy"
review_by = 2027-05-21
scope = "everybody"
value = "https://www.demo.co.jp/leave"

[[fact]]
id = "demo-fee"
kind = "fee"
label = "fee"
status = "verified"
sources = ["page", "paper"]
seen_on = 2026-11-20
method = "live_page"
review_by = 2027-05-21
scope = "everybody"
value = 1100

[[fact]]
id = "demo-last-bill"
kind = "duration"
label = "last bill"
status = "conflict"
sources = ["page", "paper"]
seen_on = 2026-11-22
method = "archived_copy"
review_by = 2027-05-21
scope = "everybody"
value = 2
unit = "month"
safe_wording = "some months: ask the shop"

[[fact]]
id = "demo-guess"
kind = "fee"
label = "guess"
status = "unverified"
sources = ["paper"]
seen_on = 2026-11-22
method = "archived_copy"
review_by = 2027-05-21
scope = "nobody"
value = 5

[[fact]]
id = "demo-old"
kind = "phone"
label = "old phone"
status = "retired"
sources = ["paper"]
seen_on = 2026-11-22
method = "archived_copy"
review_by = 2027-05-21
scope = "nobody"
value = "0120-000-001"
""",
    "content/terms.toml": """\
[[term]]
id = "cancel"
ja = "解約"
kana = "かいやく"
romaji = "kaiyaku"
gloss = "cancel"

[[term]]
id = "passport"
ja = "パスポート"
kana = "ぱすぽーと"
romaji = "pasupoto"
gloss = "passport"
""",
    "content/phrases.toml": """\
[[phrase]]
id = "stop"
ja = "この番号を解約したいです。"
reader = "I want to cancel this number."

[[phrase.answers]]
id = "can"
kind = "box"
ja = "できます"
gloss = "yes"
""",
    "content/guides/demo-cancel.toml": """\
# The guide that most tests change.
id = "demo-cancel"
carrier = "demo"
title = "Cancel your line"
scope = "For contracts that you pay every month"
staff_title = "解約の手引き"
summary = "You pay until you cancel: go to a {carrier.shop}."
phrases = ["stop"]

[check]
none = "None of these"
go_on = "Follow the steps below."

[[check.questions]]
id = "number"
ask = "Want to keep your number?"
answer = "Yes"
then = "**Do not cancel.** Move it first."

[[checklist]]
id = "passport"
name = "Passport"
term = "passport"
note = "original, not a copy"

[[steps]]
id = "ask"
title = "Ask what to pay"
channels = ["phone"]
where = "Phone"
body = "The fee is {fact.demo-fee}."
labels = ["cancel"]
expect = "Bill: {fact.demo-last-bill}."

[[steps]]
id = "leave"
title = "Apply to leave"
channels = ["shop"]
where = "Shop"
body = "Say {term.cancel.romaji} at the counter."
expect = "**You cannot undo it.**"

[call]
title = "Call them (free)"
number = "demo-phone"
about = "English is spoken"
page = "demo-page"
page_title = "Official page"
page_note = "In English"

[[channels]]
id = "shop"
kind = "shop"
name = "{carrier.shop}"
can = "Cancel here"
hours = "By shop"
languages = "Japanese"

[[notices]]
id = "links"
body = "Do not tap links in texts."

[[costs]]
id = "month"
name = "This month"
body = "Always a **full month**."
""",
    "content/guides/demo-start.toml": """\
# A second guide, which uses fewer facts.
id = "demo-start"
carrier = "demo"
title = "Before you start"
scope = "For everybody"
staff_title = "はじめに"
summary = "Ask first."
phrases = ["stop"]

[check]
none = "None of these"
go_on = "Go on."

[[check.questions]]
id = "prepaid"
ask = "Is it a prepaid SIM?"
answer = "Yes"
then = "There is nothing to cancel."

[[checklist]]
id = "passport"
name = "Passport"

[[steps]]
id = "ask"
title = "Ask"
channels = ["phone"]
where = "Phone"
body = "Ask for the last day."
expect = "They tell you."

[call]
title = "Call them"
number = "demo-phone"
about = "In English"
page = "demo-page"
page_title = "Official page"
page_note = "In English"

[[channels]]
id = "shop"
kind = "shop"
name = "{carrier.shop}"
can = "Ask here"
hours = "By shop"
languages = "Japanese"

[[notices]]
id = "sell"
body = "Never sell a live SIM."

[[costs]]
id = "asking"
name = "Asking"
body = "Free."
""",
    "pyproject.toml": "[tool.carrier-guides]\n",
}
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><path d="M0 0h10v10H0z"/></svg>\n'
SAMPLE_SHOP = """\
id = "sample"
name = "Sample Help Desk"
address = "1-2-3 Mihon, Sample Ward"
hours = "Mon-Fri 10:00-18:00"
phone = "00-0000-0000"
url = "https://example.org/desk"
line = "Asking is free."
logo = "sample.svg"
sample = true
"""
LOCALES = ("en", "ja", "zh_Hans")
GUIDES = ("demo-cancel", "demo-start")
HANDOUTS = tuple(f"{locale}/{guide}-a4.pdf" for locale in LOCALES for guide in GUIDES)


@dataclasses.dataclass(frozen=True)
class Ran:
    """What one run of the command left behind."""

    code: int
    stdout: str
    stderr: str
    raw: bytes = b""

    @property
    def lines(self) -> list[str]:
        return self.stdout.splitlines()

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON has any shape
        return json.loads(self.stdout)


def environment(**changes: str) -> dict[str, str]:
    """Return this process's environment without what would change the command, and with `changes`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("CARRIER_GUIDES_")
        and name not in ("SOURCE_DATE_EPOCH", "NO_COLOR", "FORCE_COLOR", "FONTCONFIG_FILE")
    }
    return {**kept, "PYTHONPATH": str(ROOT), **changes}


@dataclasses.dataclass(frozen=True)
class Project:
    """A project folder in which a test may change everything."""

    root: Path

    @property
    def output(self) -> Path:
        return self.root / "output"

    def read(self, file: str) -> str:
        return (self.root / file).read_text(encoding="utf-8")

    def write(self, file: str, text: str | bytes) -> Path:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def change(self, file: str, old: str, new: str) -> None:
        """Replace a text that stands exactly once in a file."""
        text = self.read(file)
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        self.write(file, text.replace(old, new))

    def catalog(self, locale: str) -> str:
        return f"locales/{locale}/LC_MESSAGES/messages.po"

    def translate(self) -> None:
        """Offer all texts, and translate what is not translated yet."""
        chosen = [option for locale in LOCALES for option in ("-l", locale)]
        assert self.run("messages", "update", *chosen).code == 0
        for locale, mark in TRANSLATED.items():
            self.write(self.catalog(locale), fill(self.read(self.catalog(locale)), mark))

    def snapshot(self, folder: str = "output") -> dict[str, str]:
        """Return the hash of every file below a folder."""
        return {
            path.relative_to(self.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted((self.root / folder).rglob("*"))
            if path.is_file()
        }

    def manifest(self) -> dict[str, dict[str, Any]]:
        """Return the manifest's records by file, as a program reads them."""
        from generator.publish import read_manifest

        records = read_manifest(self.output).items()
        return {file: json.loads(json.dumps(dataclasses.asdict(record))) for file, record in records}

    def run(self, *arguments: str, **changes: str) -> Ran:
        """Run the command in this process, in the project's folder."""
        from generator.cli import main

        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        here = Path.cwd()
        os.chdir(self.root)
        try:
            with (
                mock.patch.dict(os.environ, environment(**changes), clear=True),
                mock.patch.object(sys, "argv", ["carrier-guides", *arguments]),
                redirect_stdout(out),
                redirect_stderr(err),
                pytest.raises(SystemExit) as left,
            ):
                main()
        finally:
            os.chdir(here)
        raw, said = (stream.buffer.getvalue() for stream in (out, err))  # type: ignore[attr-defined]
        code = left.value.code
        assert isinstance(code, int), f"the command left with {code!r}"
        return Ran(code, raw.decode(errors="replace"), said.decode(), raw)

    def spawn(self, *arguments: str, **changes: str) -> Ran:
        """Run the command in a process of its own, in the project's folder."""
        done = subprocess.run(
            [sys.executable, "-m", "generator", *arguments],
            cwd=self.root,
            env=environment(**changes),
            capture_output=True,
            timeout=120,
        )
        said = done.stderr.decode()
        assert "Traceback" not in said, said
        return Ran(done.returncode, done.stdout.decode(errors="replace"), said, done.stdout)

    def build(self, *arguments: str, **changes: str) -> Ran:
        """Build in a process of its own (the engine is process-wide), on a day when all facts are fresh."""
        return self.spawn("build", "--as-of", DAY, *arguments, **changes)


def fill(catalog: str, mark: str) -> str:
    """Translate every untranslated message of a catalog: the mark, then the source text."""
    blocks = []
    for block in catalog.split("\n\n"):
        found = re.search(r'^msgid ((?:".*"\n)+)msgstr ""$', block, re.M)
        if found and found[1] != '""\n':
            first, _, rest = found[1].partition('"')
            body = f'{first}"{mark}{rest}'
            if body.startswith(f'"{mark}"\n'):  # a long text: its first line is empty
                body = f'""\n"{mark}"\n' + body.partition("\n")[2]
            # An apostrophe between Latin letters is no sign of either language.
            body = body.rstrip("\n").replace("’", "")
            block = block[: found.end() - len('msgstr ""')] + "msgstr " + body + block[found.end() :]
        blocks.append(block)
    return "\n\n".join(blocks)


def pages_of(pdf: Path | bytes) -> list[str]:
    """Return the text of each page, without spaces: where lines break is the layout's affair."""
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    try:
        return ["".join(page.get_textpage().get_text_range().split()) for page in document]
    finally:
        document.close()


def text_of(pdf: Path | bytes) -> str:
    """Return the text of a handout without spaces."""
    return "".join(pages_of(pdf))


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The small project, translated and built. Tests change copies of it, never this one."""
    project = Project(tmp_path_factory.mktemp("small"))
    for file, text in SMALL.items():
        project.write(file, text)
    shutil.copytree(ROOT / "templates", project.root / "templates")
    project.translate()
    ran = project.build("-j", "2")
    assert ran.code == 0, ran.stderr
    return project


@pytest.fixture
def project(built_once: Project, tmp_path: Path) -> Project:
    """The small project: two guides, three locales, everything translated and built."""
    return _copy(built_once.root, tmp_path / "project")


@pytest.fixture(scope="session")
def shared(built_once: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A copy for tests that only look; it is the same afterwards."""
    copy = _copy(built_once.root, tmp_path_factory.mktemp("shared") / "project")
    before = copy.snapshot(".")
    yield copy
    assert copy.snapshot(".") == before, "a test that only looks changed the shared project"


@pytest.fixture
def new_copy(built_once: Project, tmp_path: Path) -> Callable[[str], Project]:
    """A function that makes one more copy of the small project, in a folder of that name."""
    return lambda name: _copy(built_once.root, tmp_path / name)


@pytest.fixture(scope="session")
def real_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the real project with nothing built; made fonts come along where there are some."""
    root = tmp_path_factory.mktemp("real") / "project"
    root.mkdir()
    for folder in ("content", "templates", "locales"):
        shutil.copytree(ROOT / folder, root / folder)
    for file in ("pyproject.toml", "README.md"):
        if (ROOT / file).exists():
            shutil.copy(ROOT / file, root / file)
    if (ROOT / ".cache").is_dir():
        shutil.copytree(ROOT / ".cache", root / ".cache")
    return Project(root)


def _copy(source: Path, target: Path) -> Project:
    shutil.copytree(source, target)
    return Project(target)
