"""Measure how long things take, and print one table: `make bench`, or `make bench ARGS=--quick`.

A benchmark, not a test: it fails only where nothing can be measured. Handouts that are refused are
measured like the others. The plain loop is what anybody would write first: the same HTML and CSS through
`weasyprint.HTML(...).write_pdf()`, with the whole pinned fonts and no tags. It runs in a process of its own,
since our changes to the engine hold for a whole process, one document of it after one of ours, so that a
machine that slows down slows both.

Seconds of CPU are those of the process and all that it started. Times on a busy machine vary by half;
ratios do not.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from generator import batch  # noqa: E402
from generator.catalog import find_languages  # noqa: E402
from generator.content import load_content  # noqa: E402
from generator.fonts import (  # noqa: E402
    FAMILY,
    FontSet,
    find_pinned_fonts,
    font_face_css,
    fontconfig_file,
    make_fonts,
)
from generator.layout import STYLE_SHEETS, Engine  # noqa: E402
from generator.markup import render_markup  # noqa: E402
from generator.paper import USUAL_PAPERS  # noqa: E402
from generator.pipeline import Finished, build  # noqa: E402
from generator.problem import ProjectError  # noqa: E402
from generator.prose import GAP  # noqa: E402
from generator.publish import Record, update_manifest, write_whole  # noqa: E402

COMMAND = (sys.executable, "-m", "generator")
# Another name than ours: fontconfig knows our fonts in this process.
PLAIN_FAMILY = "Plain Sans"


def main() -> None:
    """Measure everything and print a line as soon as it is known."""
    parser = argparse.ArgumentParser(description="Measure how long things take.")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, a third of the handouts")
    parser.add_argument("--plain", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--shops", type=int, default=0, help="measure a chain of so many shops, nothing else")
    options = parser.parse_args()
    if options.plain:
        serve_plain()
        return
    if options.shops:
        print(f"{'':<52}{'measured':>12}", flush=True)
        with tempfile.TemporaryDirectory(prefix="carrier-guides-bench-") as name:
            measure_chain(Path(name), options.shops)
        return
    is_quick: bool = options.quick
    try:
        plan = make_plan()
    except ProjectError as error:
        print(*(f"error: {p.where}: {p.what} [{p.rule}]" for p in error.problems), sep="\n", file=sys.stderr)
        raise SystemExit(1) from error
    jobs = list(plan.jobs)
    kind = "drafts: not every text is translated" if jobs[0].local.is_draft else "as for release"
    processors = batch.default_workers()
    print(f"{len(jobs)} handouts, {kind}; Python {sys.version.split()[0]}, {processors} processors\n")
    print(f"{'':<52}{'measured':>12}  goal", flush=True)
    with tempfile.TemporaryDirectory(prefix="carrier-guides-bench-") as name:
        folder = Path(name)
        measure_commands(plan, folder, repeat=3 if is_quick else 5)
        measure_documents(plan, jobs[:: 3 if is_quick else 1], folder, rounds=3 if is_quick else 5)


def tell(what: str, value: str, goal: str = "", is_met: bool = True) -> None:
    """Print a line of the table."""
    verdict = f"  {goal}" if is_met else f"  {goal}: MISSED"
    print(f"{what:<52}{value:>12}{verdict if goal else ''}".rstrip(), flush=True)


def make_plan() -> batch.Plan:
    """Plan every handout as for release, or as drafts where some text cannot be printed yet."""
    content = load_content(ROOT)
    # The day of the newest fact: the same handouts are measured next year.
    as_of = max(fact.seen_on for fact in content.facts.values())
    selection = batch.Selection(tuple(content.guides), find_languages(ROOT), USUAL_PAPERS)
    plan = batch.make_plan(ROOT, content, selection, as_of)
    if any(problem.severity == "error" for job in plan.jobs for problem in job.local.problems):
        plan = batch.make_plan(ROOT, content, selection, as_of, is_draft=True)
    return plan


# --- a chain of shops ------------------------------------------------------------------------------------

GUIDES = ("docomo-cancel", "softbank-cancel", "au-cancel", "start-here")


def write_shops(path: Path, number: int, changed: int = -1) -> None:
    """Write a table of invented shops; what they say takes three heights. One may have another telephone."""
    header = "id,name,address,hours,phone,url,line,name[ja],address[ja],name[zh_Hans],address[zh_Hans]"
    rows = [header]
    for at in range(number):
        phone = f"03-5555-{at:04}" if at != changed else "03-5555-9999"
        hours, line = ("Mon-Fri 10:00-18:00" if at % 3 else ""), ("Asking is free." if at % 2 else "")
        rows.append(
            f'shop-{at:04},Desk {at},"{at} Sample, Tokyo",{hours},{phone},https://example.org/{at},{line},'
            f"窓口{at},東京都見本区{at},窗口{at},东京都样本区{at}"
        )
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def measure_chain(folder: Path, shops: int) -> None:
    """Measure builds for many shops: all of it, with one shop changed, with nothing changed."""
    content = load_content(ROOT)
    as_of = max(fact.seen_on for fact in content.facts.values()).isoformat()
    table = folder / "shops.csv"
    count = shops * len(GUIDES) * 3

    def command(output: str, workers: int) -> tuple[str, ...]:
        locales = [option for locale in ("zh_Hans", "ja", "en") for option in ("-l", locale)]
        places = ["-o", str(folder / output), "--cache", str(folder / f"{output}-cache")]
        options = ["--shops", str(table), "--as-of", as_of, "-j", str(workers), "--quiet"]
        return (*COMMAND, "build", *GUIDES, *locales, *options, *places)

    write_shops(table, shops)
    tell(f"{shops} shops, {len(GUIDES)} guides, 3 languages", f"{count}")
    for workers in (1, 2) if shops <= 200 else (2,):
        output = f"with-{workers}"
        spent = run(*command(output, workers))
        tell(f"all of it, -j {workers}, nothing in the cache, wall", f"{spent.wall:.1f} s")
        tell("  handouts a second", f"{count / spent.wall:.0f}")
        tell("  CPU a handout", f"{spent.cpu / count * 1000:.1f} ms")
    output = f"with-{workers}"
    size = sum(path.stat().st_size for path in (folder / output).rglob("*.pdf"))
    tell("  bytes written", f"{size / 1e6:.0f} MB")
    tell("  manifest", f"{(folder / output / 'manifest.json').stat().st_size / 1e6:.1f} MB")
    spent = run(*command(output, 2))
    tell("nothing changed, wall", f"{spent.wall:.2f} s")
    write_shops(table, shops, changed=shops // 2)
    spent = run(*command(output, 2))
    tell("one telephone number changed, wall", f"{spent.wall:.2f} s")
    write_shops(table, shops)
    (folder / f"{output}-cache").rename(folder / "watched-cache")
    peak = watch_memory(*command("watched", 2))
    tell("all of it, pages in the cache: peak memory, PSS", f"{peak / 1e6:.0f} MB")


# --- commands ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spent:
    """What a command and all that it started took."""

    wall: float
    cpu: float
    errors: str


def run(*command: str) -> Spent:
    """Run a command to its end. That handouts are refused does not matter here, that it breaks off does."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=errors)
        _, _, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = 0
        errors.seek(0)
        text = errors.read()
    if "Traceback (most recent call last)" in text:
        raise SystemExit(f"{text}\nthis broke off, so nothing can be measured: {' '.join(command)}")
    return Spent(wall, usage.ru_utime + usage.ru_stime, text)


def measure_commands(plan: batch.Plan, folder: Path, repeat: int) -> None:
    """Measure `--help`, `check` and builds as a person meets them: a process each."""
    options = ["--as-of", _day(plan)]

    def build_into(output: str, cache: str) -> tuple[str, ...]:
        draft = ["--draft"] if plan.jobs[0].local.is_draft else []
        where = ["-o", str(folder / output), "--cache", str(folder / cache)]
        return (*COMMAND, "build", "--quiet", *where, *options, *draft)

    def median(*command: str) -> float:
        return statistics.median(run(*command).wall for _ in range(repeat))

    seconds = median(*COMMAND, "--help")
    tell("--help, wall", f"{seconds:.2f} s", "< 0.2 s", seconds < 0.2)
    seconds = median(*COMMAND, "check", *options)
    tell("check, wall", f"{seconds:.2f} s")
    run(*build_into("first", "first-cache"))  # bytecode and the page cache
    cold = run(*build_into("cold", "cold-cache"))
    tell("build of everything, no fonts in the cache, wall", f"{cold.wall:.1f} s")
    tell("  CPU", f"{cold.cpu:.1f} s")
    warm = run(*build_into("warm", "cold-cache"))
    tell("build of everything, fonts in the cache, wall", f"{warm.wall:.1f} s")
    tell("  CPU", f"{warm.cpu:.1f} s")
    peak = watch_memory(*build_into("watched", "cold-cache"))
    if peak:
        tell("  peak memory of all its processes, PSS", f"{peak / 1e6:.0f} MB", "< 300 MB", peak < 300e6)
    known = publish_all(plan, folder / "warm", folder / "cold-cache")
    unchanged = build_into("warm", "cold-cache")
    seconds = median(*unchanged)
    tell("build with nothing changed, wall", f"{seconds:.2f} s", "< 0.6 s", seconds < 0.6)
    times = run(sys.executable, "-X", "importtime", *unchanged[1:]).errors
    modules = {line.rpartition("|")[2].strip() for line in times.splitlines()}
    is_lean = "weasyprint" not in modules
    tell("  without importing the layout engine", "yes" if is_lean else "NO", "yes", is_lean)
    if known < len(plan.jobs):
        tell("  handouts without a PDF, built again each time", str(len(plan.jobs) - known))


def _day(plan: batch.Plan) -> str:
    content = load_content(plan.root)
    return max(fact.seen_on for fact in content.facts.values()).isoformat()


def _publish(job: batch.Job, finished: Finished, output: Path) -> Record:
    write_whole(output / job.file, finished.pdf)
    return batch.describe_file(job, finished)


def publish_all(plan: batch.Plan, output: Path, cache: Path) -> int:
    """Publish handouts that are refused too, so that nothing is left to build; return how many are there."""
    records = [
        _publish(job, finished, output)
        for job, finished in batch.make(plan, list(plan.jobs), cache, batch.default_workers())
        if finished.pdf
    ]
    update_manifest(output, records)
    return len(records)


def watch_memory(*command: str) -> int:
    """Return the highest sum of the memory of a command and all that it starts, in bytes; 0 is unknown.

    PSS counts a page that n processes share as 1/n each, so that forked workers are not counted
    for what they share. Sampled every 20 ms.

    Source:
        proc(5), smaps_rollup. Linux only.
    """
    if not Path("/proc/self/smaps_rollup").exists():
        return 0
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    done = threading.Event()

    def sample() -> None:
        nonlocal peak
        while not done.wait(0.02):
            peak = max(peak, sum(_memory(pid) for pid in _family_of(process.pid)))

    watcher = threading.Thread(target=sample)
    watcher.start()
    process.wait()
    done.set()
    watcher.join()
    return peak


def _family_of(pid: int) -> Iterator[int]:
    yield pid
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _family_of(int(child))
    except OSError:
        return  # it has ended


def _memory(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:")), 0)


# --- documents ---------------------------------------------------------------------------------------


def measure_documents(plan: batch.Plan, jobs: list[batch.Job], folder: Path, rounds: int) -> None:
    """Measure the phases of a handout in a warm process, sizes, and the ratio to the plain loop."""
    fonts = make_fonts(plan.characters, folder / "cold-cache")
    pinned = find_pinned_fonts()
    templates = plan.root / "templates"
    engine = Engine(templates, fonts, folder / "cold-cache")
    finished: list[tuple[batch.Job, Finished]] = []
    phases: dict[str, list[float]] = {}
    totals: list[float] = []
    for round_ in range(rounds + 1):
        for job in jobs:
            gc.collect()
            start = time.process_time()
            made = build(job.local, job.paper, templates, engine, fonts, pinned)
            took = time.process_time() - start
            if not round_:  # the first round warms up
                finished.append((job, made))
                continue
            totals.append(took)
            for phase, seconds in made.seconds.items():
                phases.setdefault(phase, []).append(seconds)
    tell("a handout in a warm process, CPU", f"{statistics.median(totals) * 1000:.0f} ms")
    for phase, times in phases.items():
        tell(f"  {phase}, wall", f"{statistics.median(times) * 1000:.1f} ms")
    judging = statistics.median(
        (read + check) / layout
        for read, check, layout in zip(phases["read back"], phases["check"], phases["layout"], strict=True)
    )
    tell("judging (read back and check) to layout", f"{judging:.2f}", "<= 1", judging <= 1)
    for language in find_languages(ROOT):
        of_language = [made for job, made in finished if job.local.language == language and made.pdf]
        if sizes := sorted(len(made.pdf) for made in of_language):
            low, middle, high = (f"{s / 1000:.0f}" for s in (sizes[0], statistics.median(sizes), sizes[-1]))
            what = f"PDF, {language.locale}: smallest / median / largest"
            tell(what, f"{low}/{middle}/{high} KB", "<= 120 KB", sizes[-1] <= 120e3)
    usable = [job for job, made in finished if made.pdf]
    if len(usable) < len(jobs):
        tell("handouts that give no PDF and are not compared", str(len(jobs) - len(usable)))
    compare_with_plain(plan, usable, engine, fonts, rounds)


def compare_with_plain(
    plan: batch.Plan, jobs: list[batch.Job], engine: Engine, fonts: FontSet, rounds: int
) -> None:
    """Lay out and write each document in our way and in the plain way, in turns."""
    pinned = find_pinned_fonts()
    whole = FontSet(PLAIN_FAMILY, pinned.regular, pinned.bold, "", frozenset())
    css_folder = plan.root / "templates/css"
    ours: dict[str, list[float]] = {}
    plain: dict[str, list[float]] = {}
    sizes: list[int] = []
    environment = {
        **os.environ,
        "FONTCONFIG_FILE": str(fontconfig_file(fonts, Path(fonts.regular.parents[2]))),
    }
    with subprocess.Popen(
        [sys.executable, __file__, "--plain"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as loop:
        assert loop.stdin and loop.stdout
        for round_ in range(rounds + 1):
            for job in jobs:
                page = render_markup(job.local, job.paper, plan.root / "templates")
                names = (*STYLE_SHEETS, job.paper.name)
                css = "\n".join((css_folder / f"{name}.css").read_text(encoding="utf-8") for name in names)
                css = font_face_css(whole) + (css + page.style).replace(FAMILY, PLAIN_FAMILY)
                html = page.html.replace("</head>", f"<style>{css}</style></head>")
                html = html.replace(GAP, '<span class="gap"></span>')  # the engine as it is sets no gaps
                for is_ours in (True, False) if round_ % 2 else (False, True):
                    if is_ours:
                        gc.collect()
                        start = time.process_time()
                        laid_out = engine.lay_out(page.html, page.style, job.paper)
                        engine.write_pdf(laid_out, job.paper)
                        took = time.process_time() - start
                    else:
                        loop.stdin.write(json.dumps([html, f"{css_folder.as_uri()}/"]).encode() + b"\n")
                        loop.stdin.flush()
                        took, size = json.loads(loop.stdout.readline())
                        sizes.append(size)
                    if round_:  # the first round warms up
                        (ours if is_ours else plain).setdefault(job.file, []).append(took)
        loop.stdin.close()
    ratio = statistics.median(
        statistics.median(ours[file]) / statistics.median(plain[file]) for file in plain
    )
    compared = {"layout and writing, tagged, CPU": ours, "the plain loop, not tagged, CPU": plain}
    for what, times in compared.items():
        middle = statistics.median(time for found in times.values() for time in found)
        tell(what, f"{middle * 1000:.0f} ms")
    tell("  its PDF, median", f"{statistics.median(sizes) / 1000:.0f} KB")
    tell("ours to plain, median of the handouts", f"{ratio:.2f}", "<= 0.50", ratio <= 0.5)


def serve_plain() -> None:
    """Lay out and write what comes in, a document a line, in the plain way; say the seconds and the size."""
    import weasyprint

    for line in sys.stdin.buffer:
        html, base = json.loads(line)
        gc.collect()
        start = time.process_time()
        pdf: bytes = weasyprint.HTML(string=html, base_url=base).write_pdf()
        took = time.process_time() - start
        check_plain(pdf)
        print(json.dumps([took, len(pdf)]), flush=True)


def check_plain(pdf: bytes) -> None:
    """Make sure that the plain way embeds the pinned fonts themselves: CFF outlines, no TrueType of ours."""
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as document:
        for item in document.objects:
            if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/FontDescriptor":
                assert "/FontFile3" in item, "the plain loop is not set in the whole pinned fonts"


if __name__ == "__main__":
    main()
