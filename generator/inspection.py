"""Judge any PDF: find the files, read each in a process of its own, and say what it is judged by.

paths ─ find_files ─▶ files ─ inspect_files ─▶ one Inspected a file, in the order asked

A file from anywhere can be built to make its reader run for ever, eat all memory or fall over. So a child
process reads it, within limits; whatever becomes of the child is one problem of that file.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING

from generator.language import Language, find_language
from generator.paper import MEDIA, Medium, Paper, find_named, find_paper, for_medium, like_office_paper
from generator.problem import Problem, ProjectError
from generator.publish import MANIFEST, Record, read_manifest

if TYPE_CHECKING:
    from multiprocessing.context import ForkContext, SpawnContext

    from generator.fonts import PinnedFonts
    from generator.readback.model import PdfFacts

# A handout is below 1 MB; what print shops take ends at 10 MB (rule PDF-01).
MAX_BYTES = 200_000_000
# A page of type takes 0.2 s; ten times that is still a page, more is a trap.
FIRST_SECONDS, SECONDS_A_PAGE, MOST_SECONDS = 20.0, 1.0, 120.0
MAX_PAGES = 300
# A handout takes 0.1 GB, a page of large pictures 1 GB.
MAX_MEMORY = 2 << 30

PICTURE_DPI = 110
# An A3 sheet at 110 dpi has 2.3 million; a page of 5 m is drawn coarser.
_MOST_PIXELS = 8e6
MOST_PICTURES = 40

_STDIN = "stdin"


@dataclass(frozen=True, slots=True)
class File:
    """A file to be judged: its name as it was asked for, and its path, or the bytes that came by a pipe."""

    name: str
    path: Path | None
    data: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Options:
    """How files are judged. `paper`, `medium` and `language` are None where the file itself says them."""

    rules: tuple[str, ...]
    paper: Paper | None = None
    medium: Medium | None = None
    language: Language | None = None
    has_pictures: bool = False
    seconds: float = MOST_SECONDS


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as PNG: its size in mm, and where the corner of the trim lies on it."""

    page: int
    png: bytes = field(repr=False)
    width_mm: float
    height_mm: float
    left_mm: float
    top_mm: float


@dataclass(frozen=True, slots=True)
class About:
    """What a file says about itself, for people. `fonts` are names with how they are embedded."""

    pages: int
    sizes_mm: tuple[tuple[float, float], ...]
    size: int
    version: str
    language: str
    title: str
    producer: str
    fonts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Inspected:
    """What became of one file. `about` is None where it could not be read.

    `paper` and `locale` are those that it was judged for; `is_recorded`: they come from the manifest
    of the project that made it. `judged` are the ids of the rules, `not_judged` those that compare
    with an order. `crash` is the reader's own traceback, for who mends it.
    """

    file: str
    problems: tuple[Problem, ...]
    about: About | None = None
    paper: str = ""
    locale: str = ""
    is_recorded: bool = False
    judged: tuple[str, ...] = ()
    not_judged: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    crash: str = ""

    @property
    def is_clean(self) -> bool:
        """Tell whether it was read and nothing was found."""
        return self.about is not None and not self.problems


# --- files -------------------------------------------------------------------------------------


def find_files(names: Iterable[str], stdin: Callable[[], bytes]) -> tuple[list[File], list[Problem]]:
    """Return the files to judge, each once, in the order asked, and what is wrong with the names.

    A folder stands for all `*.pdf` below it, sorted; "-" for what comes by the pipe.
    """
    files: dict[str, File] = {}
    problems: list[Problem] = []

    def refuse(name: str, what: str, hint: str = "") -> None:
        problems.append(Problem(name, rule="file", what=what, hint=hint))

    for name in names:
        path = Path(name)
        try:
            if name == "-":
                if _STDIN not in files:
                    files[_STDIN] = File(_STDIN, None, stdin())
            elif path.is_dir():
                found = sorted(
                    file
                    for file in path.rglob("*")
                    if file.suffix.lower() == ".pdf" and file.is_file() and not file.name.startswith(".")
                )
                if not found:
                    refuse(name, "holds no PDF", "name a PDF, or a folder that has some")
                files.update({str(file): File(str(file), file) for file in found})
            elif not path.exists():
                refuse(name, "is not there", "check the spelling; the shell fills in *.pdf")
            elif not path.is_file():
                refuse(name, "is not a file", "send it through a pipe, and write - as its name")
            elif not os.access(path, os.R_OK):
                refuse(name, "cannot be read: permission denied")
            else:
                files[name] = File(name, path)
        except (OSError, ValueError) as error:  # a name that is too long, or has a NUL
            refuse(name, f"cannot be read: {getattr(error, 'strerror', None) or error}")
    return list(files.values()), problems


def find_record(path: Path) -> Record | None:
    """Return what the manifest beside or above a file says of it; None where nothing does."""
    path = path.resolve()
    for folder in path.parents:
        if (folder / MANIFEST).is_file():
            return read_manifest(folder).get(path.relative_to(folder).as_posix())
    return None


# --- one file, in its own process ---------------------------------------------------------------


def judge(file: File, options: Options, pinned: PinnedFonts, hear: Callable[[int], None]) -> Inspected:
    """Read and judge one file; `hear` is told its number of pages as soon as it is known."""
    from generator.checks import RULES, Expected, check_handout
    from generator.readback import read_pdf
    from generator.readback.pages import measure_pages

    def refuse(what: str, hint: str) -> Inspected:
        return _refuse(file, what, hint)

    try:
        pdf = file.data if file.path is None else _read(file.path)
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        return Inspected(file.name, (Problem(file.name, rule="file", what=what),))
    if not pdf:
        return refuse("is empty: 0 bytes", "it was cut off while it was written or sent: get it again")
    if len(pdf) > MAX_BYTES:
        return refuse(f"is larger than {MAX_BYTES / 1e6:.0f} MB", "make its pictures smaller")
    # Readers look for the mark in the first 1024 bytes (ISO 32000-1, annex H, note 13).
    if b"%PDF-" not in pdf[:1024]:
        return refuse("is no PDF", "export it as PDF")
    try:
        corners = measure_pages(pdf)
    except ValueError:
        corners = ()  # said better below
    else:
        hear(len(corners))
    if len(corners) > MAX_PAGES:
        return refuse(f"has {len(corners)} pages, at most {MAX_PAGES} are judged", "judge it in parts")
    record = find_record(file.path) if file.path else None
    is_same = record is not None and record.sha256 == hashlib.sha256(pdf).hexdigest()
    recorded = record if is_same else None
    kept = recorded.medium if recorded else "office"
    medium: Medium = options.medium or "office"
    if options.medium is None:
        medium = next((known for known in MEDIA if known == kept), medium)
    rules = options.rules
    if recorded and medium == "press":
        # Their build judged it by these while it had tags; without them, paragraphs are guessed.
        rules = tuple(id_ for id_ in rules if not RULES[id_].needs_tags)
    named = options.paper or (recorded and find_named(recorded.paper))
    is_office = medium == "office" and not (named and named.is_roll)
    try:
        facts = read_pdf(pdf, None, pinned, file.name, is_ours=False, for_press=not is_office)
    except ProjectError as error:
        # Nobody here can make it again from its guide.
        hint = "export it again from the program that made it, without a password"
        return Inspected(file.name, tuple(replace(problem, hint=hint) for problem in error.problems))
    if not facts.sizes_mm:
        return refuse("has no pages", "export it again")
    paper = named or find_paper(*facts.sizes_mm[0]) or like_office_paper(*facts.sizes_mm[0])
    paper = for_medium(paper, medium)
    medium = paper.medium
    language = (
        options.language or (recorded and find_language(recorded.locale)) or find_language(facts.language)
    )
    expected = Expected(
        handout=file.name,
        paper=paper,
        language=language,
        family="",
        title="",
        addresses=recorded.addresses if recorded else None,
        is_ordered=False,
    )
    problems = list(check_handout(facts, expected, rules))
    if record and not is_same and "REP-01" in rules:
        problems.insert(
            0,
            Problem(
                handout=file.name,
                rule="REP-01",
                what="differs from what the manifest beside it records",
                hint="it was changed after it was built: build it again, or take it out of the folder",
            ),
        )
    problems.sort(key=lambda problem: (problem.page, problem.box_mm[1:2]))
    is_recorded = record is not None
    return Inspected(
        file=file.name,
        problems=tuple(problems),
        about=_describe(facts),
        paper=paper.label,
        locale=language.locale if language else "",
        is_recorded=recorded is not None,
        judged=tuple(
            id_
            for id_ in rules
            if medium in RULES[id_].media
            and (not RULES[id_].needs_order or (id_ == "REP-01" and is_recorded))
        ),
        not_judged=tuple(
            id_
            for id_ in rules
            if medium in RULES[id_].media and RULES[id_].needs_order and not (id_ == "REP-01" and is_recorded)
        ),
        pictures=_draw(pdf, corners, facts, problems) if options.has_pictures else (),
    )


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _refuse(file: File, what: str, hint: str = "", crash: str = "") -> Inspected:
    problem = Problem(handout=file.name, rule="PDF-01", what=what, hint=hint)
    return Inspected(file.name, (problem,), crash=crash)


def _describe(facts: PdfFacts) -> About:
    fonts: dict[tuple[str, str], None] = {}
    for font in facts.fonts:
        fonts[font.name, "subset" if font.is_subset else "embedded" if font.file else "not embedded"] = None
    return About(
        pages=len(facts.sizes_mm),
        sizes_mm=facts.sizes_mm,
        size=facts.size,
        version=facts.version,
        language=facts.language,
        title=facts.title,
        producer=facts.producer,
        fonts=tuple(fonts),
    )


def _draw(
    pdf: bytes, corners: Sequence[tuple[float, float]], facts: PdfFacts, problems: Iterable[Problem]
) -> tuple[Picture, ...]:
    """Draw the pages; of a long file those first that something is wrong with."""
    from generator.readback import render_page

    wrong = {problem.page for problem in problems}
    numbers = sorted(range(1, len(facts.sizes_mm) + 1), key=lambda number: (number not in wrong, number))
    pictures = []
    for number in sorted(numbers[:MOST_PICTURES]):
        width_mm, height_mm = facts.media_mm[number - 1]
        inches = max(width_mm * height_mm, 1) / 25.4**2
        dpi = max(int(min(PICTURE_DPI, (_MOST_PIXELS / inches) ** 0.5)), 1)
        with contextlib.suppress(ValueError):
            png, (_, _, width, height) = render_page(pdf, number, dpi)
            left, top = corners[number - 1] if number <= len(corners) else (0.0, 0.0)
            pictures.append(Picture(number, png, width, height, left, top))
    return tuple(pictures)


def _work(wire: Connection, file: File, options: Options, pinned: PinnedFonts) -> None:
    """Judge one file in this process, which ends after it, and send what was found."""
    # A group of its own: Ctrl-C does not reach it, and it ends with all that the readback starts.
    if hasattr(os, "setsid"):
        os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _limit()
    # What libraries say of a foreign file is not for people.
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    try:
        found = judge(file, options, pinned, wire.send)
    except MemoryError:
        found = _refuse(file, f"needs more than {MAX_MEMORY >> 30} GB of memory to be read", _TRAP)
    except RecursionError:
        found = _refuse(file, "is nested too deep to be read", _TRAP)
    except Exception as error:
        import traceback

        what = f"cannot be read: {type(error).__name__}"
        found = _refuse(
            file, what, "tell the makers of carrier-guides, with the file", traceback.format_exc()
        )
    wire.send(found)
    wire.close()


_TRAP = "make it again with another program, or in parts"


def _limit() -> None:
    """Bound what this process may take, where the system can.

    Not the address space on Linux: threads reserve far more of it than they use.
    Source: setrlimit(2), RLIMIT_DATA counts what is mapped to be written, since Linux 4.7.
    """
    try:
        import resource
    except ImportError:  # Windows: time alone is bounded
        return
    kind = resource.RLIMIT_DATA if sys.platform.startswith("linux") else resource.RLIMIT_AS
    for which, most in (
        (kind, MAX_MEMORY),
        (resource.RLIMIT_CPU, int(2 * MOST_SECONDS)),  # should the parent be gone
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # a lower limit is set already
            resource.setrlimit(which, (most, resource.getrlimit(which)[1]))


# --- all files ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Reader:
    """A process that reads a file, and until when."""

    number: int
    file: File
    process: BaseProcess
    wire: Connection
    started: float
    until: float


def inspect_files(
    files: Sequence[File], options: Options, pinned: PinnedFonts, workers: int
) -> Iterator[Inspected]:
    """Judge files in so many processes at once; yield them in the order given."""
    import multiprocessing

    # What children need is loaded once, before them. A fork of a process that has loaded the judge's
    # validator hangs in it, and only Linux forks safely.
    from generator import checks
    from generator.readback import has_validator

    assert checks.RULES
    is_forked = sys.platform.startswith("linux") and not has_validator()
    context: ForkContext | SpawnContext
    context = multiprocessing.get_context("fork") if is_forked else multiprocessing.get_context("spawn")
    waiting = deque(enumerate(files))
    running: list[_Reader] = []
    done: dict[int, Inspected] = {}
    told = 0
    try:
        while told < len(files):
            while waiting and len(running) < workers:
                number, file = waiting.popleft()
                ours, theirs = context.Pipe(duplex=False)
                process = context.Process(target=_work, args=(theirs, file, options, pinned))
                process.start()
                theirs.close()  # so that the end of the child is the end of the wire
                now = time.monotonic()
                until = now + min(FIRST_SECONDS, options.seconds)
                running.append(_Reader(number, file, process, ours, now, until))
            for reader, found in _listen(running, options):
                running.remove(reader)
                done[reader.number] = found
            while told in done:
                yield done.pop(told)
                told += 1
    finally:
        for reader in running:
            _end(reader)


def _listen(running: Sequence[_Reader], options: Options) -> list[tuple[_Reader, Inspected]]:
    """Wait until a reader says something or its time is over; return those that are at their end."""
    from multiprocessing.connection import wait

    first = min(reader.until for reader in running)
    ready = wait([reader.wire for reader in running], max(first - time.monotonic(), 0))
    ended = []
    for reader in running:
        if reader.wire in ready:
            try:
                said = reader.wire.recv()
            except EOFError:
                reader.process.join(5)
                ended.append((reader, _refuse(reader.file, _how_it_died(reader.process.exitcode), _TRAP)))
            else:
                if isinstance(said, Inspected):
                    ended.append((reader, said))
                else:
                    seconds = min(FIRST_SECONDS + SECONDS_A_PAGE * said, MOST_SECONDS, options.seconds)
                    reader.until = reader.started + seconds
        elif time.monotonic() >= reader.until:
            what = f"cannot be read within {reader.until - reader.started:.0f} s"
            ended.append((reader, _refuse(reader.file, what, _TRAP)))
    for reader, _ in ended:
        _end(reader)
    return ended


def _how_it_died(code: int | None) -> str:
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return f"cannot be read: its reader was ended by {signal.Signals(-code).name}"
    return "cannot be read: its reader ended without a word"


def _end(reader: _Reader) -> None:
    if hasattr(os, "killpg") and reader.process.pid:
        with contextlib.suppress(OSError):  # it has not come to have a group, or is gone
            os.killpg(reader.process.pid, signal.SIGKILL)
    reader.process.kill()
    reader.process.join(5)
    reader.wire.close()
