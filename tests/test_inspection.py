"""Any PDF can be judged, from anywhere; no file makes the judge hang, fall over or believe it."""

from __future__ import annotations

import base64
import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pikepdf
import pytest
from conftest import HANDOUTS, ROOT, Project, environment
from test_report import read_junit, read_sarif

from generator.checks import RULES
from generator.inspection import About, File, Inspected, Options, Picture, find_files, inspect_files
from generator.problem import Problem
from generator.visual import render_report

GOOD = "output/ja/demo-start-a4.pdf"
OFFICE = [id_ for id_, rule in RULES.items() if "office" in rule.media]
NEEDS_ORDER = [id_ for id_ in OFFICE if RULES[id_].needs_order]


def trim(source: Path, target: Path, pt: float = 40.0, **properties: str) -> Path:
    """Write a copy whose trim cuts into the type, so that findings have places that count from the trim."""
    with pikepdf.open(source) as pdf:
        for page in pdf.pages:
            left, bottom, right, top = (float(side) for side in page.mediabox)
            page.trimbox = [left + pt, bottom + pt, right - pt, top - pt]
        for key, text in properties.items():
            pdf.docinfo[f"/{key}"] = text
        pdf.save(target)
    return target


@pytest.fixture(scope="module")
def bad(shared: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with errors on its first page."""
    return trim(shared.root / GOOD, tmp_path_factory.mktemp("bad") / "bad.pdf")


@pytest.fixture
def here(tmp_path: Path) -> Project:
    """A folder that is no project."""
    return Project(tmp_path)


# --- verdicts ----------------------------------------------------------------------------------------


def test_a_good_file_is_clean_outside_and_inside_a_project(shared: Project, here: Project) -> None:
    (here.root / "a.pdf").write_bytes((shared.root / GOOD).read_bytes())
    ran = here.spawn("inspect", "a.pdf")
    assert (ran.code, ran.stdout) == (0, "a.pdf: 2 pages, a4, ja, clean\n")
    assert ran.stderr == "1 file: 1 clean\n"
    assert shared.spawn("inspect", GOOD).stdout == f"{GOOD}: 2 pages, a4, ja, clean\n"


def test_problems_go_to_stderr_and_verdicts_to_stdout_in_the_order_asked(
    shared: Project, bad: Path, here: Project
) -> None:
    good = str(shared.root / GOOD)
    ran = here.spawn("inspect", "-j", "3", str(bad), "missing.pdf", good)
    assert ran.code == 1
    assert [line.partition(": ")[0] for line in ran.lines] == [str(bad), good]
    assert re.fullmatch(rf"{bad}: 2 pages, 181\.78 x 268\.78 mm, ja, \d+ errors.*", ran.lines[0])  # 2 x 40 pt
    said = ran.stderr.splitlines()
    assert said[0] == "error: missing.pdf: is not there [file]"
    assert any(re.fullmatch(rf"error: {bad}, page 1 at -?\d+, \d+ mm: .* \[GEO-03\]", line) for line in said)
    assert re.fullmatch(r"3 files: 1 clean, \d+ errors(, \d+ warnings?)?", said[-1])


def test_quiet_prints_problems_only_and_verbose_what_was_not_judged(shared: Project) -> None:
    ran = shared.spawn("inspect", "-q", GOOD)
    assert (ran.code, ran.stdout, ran.stderr) == (0, "", "")
    said = shared.spawn("inspect", "-v", GOOD).stderr
    assert "PDF 1.7, " in said
    assert "font Handout-Sans, subset" in said
    assert f"nobody ordered it, so not judged by {', '.join(n for n in NEEDS_ORDER if n != 'REP-01')}" in said


def test_a_folder_stands_for_all_its_pdfs_sorted(project: Project) -> None:
    project.write("output/ja/.new-x.pdf", b"")  # what a build that was killed left behind
    project.write("output/ja/NOTE.txt", b"no PDF")
    (project.output / "ja" / "demo-start-a4.pdf").rename(project.output / "ja" / "b.PDF")
    ran = project.spawn("inspect", "output")
    files = sorted({*HANDOUTS, "ja/b.PDF"} - {"ja/demo-start-a4.pdf"})
    assert [line.partition(": ")[0] for line in ran.lines] == [f"output/{file}" for file in files]
    assert ran.code == 0


def test_a_file_can_come_by_a_pipe(shared: Project, here: Project) -> None:
    with (shared.root / GOOD).open("rb") as file:
        done = subprocess.run(
            [sys.executable, "-m", "generator", "inspect", "-"],
            cwd=here.root,
            env=environment(),
            stdin=file,
            capture_output=True,
            text=True,
        )
    assert (done.returncode, done.stdout) == (0, "stdin: 2 pages, a4, ja, clean\n")


def test_all_that_is_wrong_with_the_names_is_told_in_one_run(here: Project) -> None:
    (here.root / "empty folder").mkdir()
    os.mkfifo(here.root / "pipe.pdf")
    long = "x" * 300 + ".pdf"
    ran = here.spawn("inspect", "nothing.pdf", "empty folder", "pipe.pdf", long)
    said = ran.stderr.splitlines()
    assert (ran.code, ran.stdout) == (1, "")
    assert "error: nothing.pdf: is not there [file]" in said
    assert "error: empty folder: holds no PDF [file]" in said
    assert "error: pipe.pdf: is not a file [file]" in said
    assert any("xxx.pdf: " in line and "[file]" in line for line in said)
    assert said[-1] == "4 files: 4 errors"


def test_a_file_that_is_named_twice_is_judged_once(shared: Project) -> None:
    assert len(shared.spawn("inspect", GOOD, GOOD, "output/ja").lines) == 2


# --- what it is judged by ----------------------------------------------------------------------------


def test_rules_are_selected_and_ignored(here: Project, bad: Path) -> None:
    def rules(*arguments: str) -> set[str]:
        ran = here.spawn("inspect", str(bad), "--format", "json", *arguments)
        (file,) = ran.json["files"]
        found = {problem["rule"] for problem in ran.json["problems"]}
        assert found <= set(file["judged"])
        return found

    everything = rules()
    assert "GEO-03" in everything
    assert rules("--select", "geo-03") == {"GEO-03"}
    assert rules("--ignore", "GEO-03") == everything - {"GEO-03"}
    assert rules("--select", "geo,cjk", "--ignore", "GEO-03") == {
        rule for rule in everything if rule.startswith(("GEO", "CJK"))
    } - {"GEO-03"}


def test_paper_and_language_can_be_ordered(shared: Project, bad: Path, here: Project) -> None:
    by_size = here.spawn("inspect", str(bad), "--select", "GEO-01")
    assert (by_size.code, by_size.stderr) == (0, "1 file: 1 clean\n")  # it is as large as it is
    as_a4 = here.spawn("inspect", str(bad), "--select", "GEO-01", "--paper", "a4")
    assert as_a4.code == 1
    assert "[GEO-01]" in as_a4.stderr
    as_chinese = shared.spawn("inspect", GOOD, "--locale", "zh-CN")
    assert ", zh_Hans, " in as_chinese.stdout
    assert "[A11Y-04]" in as_chinese.stderr


def test_fail_on_decides_the_exit_code(here: Project, bad: Path) -> None:
    codes = {how: here.spawn("inspect", str(bad), "--fail-on", how).code for how in ("error", "never")}
    assert codes == {"error": 1, "never": 0}


def test_a_file_of_a_build_is_held_to_its_manifest(project: Project) -> None:
    (file,) = project.spawn("inspect", GOOD, "--format", "json").json["files"]
    assert file["recorded"] is True
    assert file["not_judged"] == [rule for rule in NEEDS_ORDER if rule != "REP-01"]
    manifest = project.read("output/manifest.json")
    project.write("output/manifest.json", manifest.replace("co.jp/leave", "co.jp/stay"))
    ran = project.spawn("inspect", GOOD)
    assert "[QR-01]" in ran.stderr  # the code leads elsewhere than the manifest says


def test_a_file_that_was_changed_after_the_build_is_told(project: Project) -> None:
    path = project.root / GOOD
    path.write_bytes(path.read_bytes() + b"\n% edited\n")
    ran = project.spawn("inspect", "output/ja")
    assert ran.code == 1
    assert f"error: {GOOD}: differs from what the manifest beside it records [REP-01]" in ran.stderr
    assert project.spawn("inspect", "output/ja", "--ignore", "REP-01").code == 0


# --- files that nobody should have to open -----------------------------------------------------------


def encrypted(good: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(good)) as pdf:
        file = io.BytesIO()
        pdf.save(file, encryption=pikepdf.Encryption(owner="a", user="b"))
    return file.getvalue()


def blank(contents: bytes) -> pikepdf.Pdf:
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595, 842))
    pdf.pages[0].Contents = pdf.make_stream(contents)
    return pdf


def nested_forms(depth: int, is_loop: bool) -> bytes:
    """A form that shows another one twice, and so on: 2 to the power of `depth` drawings; or shows itself."""
    pdf = blank(b"/F Do")
    form = None
    for _ in range(depth):
        stream = pdf.make_stream(b"/F Do /F Do" if form is not None or is_loop else b"0 0 9 9 re f")
        stream.Type, stream.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        stream.BBox = [0, 0, 595, 842]
        inner = stream if is_loop else form
        if inner is not None:
            stream.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=inner))
        form = stream
    pdf.pages[0].Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=form))
    file = io.BytesIO()
    pdf.save(file)
    return file.getvalue()


def many_pages(number: int) -> bytes:
    pdf = pikepdf.new()
    for _ in range(number):
        pdf.add_blank_page(page_size=(595, 842))
    file = io.BytesIO()
    pdf.save(file)
    return file.getvalue()


LOOP = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[2 0 R]/Count 1>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
)


def test_no_file_takes_the_judge_down_and_the_others_go_on(shared: Project, here: Project) -> None:
    good = (shared.root / GOOD).read_bytes()
    files = {
        "0-bytes.pdf": b"",
        "cut.pdf": good[: len(good) // 3],
        "deep.pdf": b"%PDF-1.4\n1 0 obj" + b"[" * 100_000 + b"endobj\ntrailer<</Root 1 0 R>>\n%%EOF",
        "encrypted.pdf": encrypted(good),
        "forms.pdf": nested_forms(40, False),
        "good.pdf": good,
        "html.pdf": b"<!doctype html><title>not found</title>",
        "long.pdf": many_pages(500),
        "loop.pdf": LOOP,
        "noise.pdf": b"%PDF-1.7\n" + bytes(range(256)) * 64,
        "self.pdf": nested_forms(1, True),
    }
    for name, data in files.items():
        here.write(name, data)
    started = time.monotonic()
    ran = here.spawn("inspect", ".", "-j", "2")
    assert time.monotonic() - started < 60
    assert ran.code == 1
    verdicts = dict(line.split(": ", 1) for line in ran.lines)
    assert list(verdicts) == sorted(files)
    assert verdicts.pop("good.pdf") == "2 pages, a4, ja, clean"
    assert all(re.search(r"\d errors?", verdict) for verdict in verdicts.values()), verdicts
    told = dict(re.findall(r"^error: (\S+): (.*) \[PDF-01\]$", ran.stderr, re.M))
    assert told["0-bytes.pdf"] == "is empty: 0 bytes"
    assert told["html.pdf"] == "is no PDF"
    assert "encrypted" in told["encrypted.pdf"]
    assert told["long.pdf"] == "has 500 pages, at most 300 are judged"
    # The forms can be read in part; all others cannot be read at all.
    assert set(verdicts) - set(told) <= {"forms.pdf", "self.pdf"}
    assert "tell the makers" not in ran.stderr  # every one of them is foreseen


def hang(*arguments: object) -> None:
    time.sleep(60)


def devour(*arguments: object) -> None:
    assert bytearray(1 << 34)  # 16 GB


def fall(*arguments: object) -> None:
    os.abort()


def stumble(*arguments: object) -> None:
    raise AttributeError("a bug of ours")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limits are those of Linux")
@pytest.mark.parametrize(
    ("misbehave", "what"),
    [
        (hang, "cannot be read within 1 s"),
        (devour, "needs more than 2 GB of memory to be read"),
        (fall, "cannot be read: its reader was ended by SIGABRT"),
        (stumble, "cannot be read: AttributeError"),
    ],
)
def test_whatever_becomes_of_a_reader_is_one_problem_of_its_file(misbehave: object, what: str) -> None:
    # In a process of its own, where nothing has loaded the validator, so that readers are forked.
    code = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "import test_inspection as t, generator.inspection as i\n"
        "from generator.fonts import find_pinned_fonts\n"
        f"i.judge = t.{misbehave.__name__}\n"  # type: ignore[attr-defined]
        "files = [i.File(n, None, b'x') for n in ('a.pdf', 'b.pdf', 'c.pdf')]\n"
        "for r in i.inspect_files(files, i.Options((), seconds=1), find_pinned_fonts(), 2):\n"
        "    print(r.file, r.problems[0].rule, r.problems[0].what, bool(r.crash), len(r.problems))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60
    )
    crash = misbehave is stumble
    assert done.stdout.splitlines() == [f"{name}.pdf PDF-01 {what} {crash} 1" for name in "abc"], done.stderr


# --- formats -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile(bad: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file whose name and title want to be more than texts."""
    folder = tmp_path_factory.mktemp("hostile")
    name = "\u202e<script>alert('x')<b>&amp;\n::error::[2J" + "long " * 25 + ".pdf"
    title = "</title><script>alert(1)</script>\x1b[31m\u202e" + "word " * 400
    trim(bad, folder / name, pt=0, Title=title)
    return folder


def test_formats_for_programs_hold_whatever_a_file_says(hostile: Path, here: Project) -> None:
    data = here.spawn("inspect", str(hostile), "--format", "json").json
    assert data["files"][0]["title"].startswith("</title><script>")
    read_sarif(here.spawn("inspect", str(hostile), "--format", "sarif").stdout)
    read_junit(here.spawn("inspect", str(hostile), "--format", "junit").stdout)
    for line in here.spawn("inspect", str(hostile), "--format", "github").lines:
        assert re.match(r"::(error|warning) title=", line), line
    ran = here.spawn("inspect", str(hostile), "-v")
    assert not set(ran.stdout + ran.stderr) & {"\x1b", "\u202e", "\r"}
    assert len(ran.lines) == 1


def test_junit_has_a_suite_a_file_and_a_case_a_rule(shared: Project, bad: Path) -> None:
    ran = shared.spawn("inspect", GOOD, str(bad), "missing.pdf", "--format", "junit")
    assert (ran.code, ran.stderr) == (1, "")
    good, wrong, missing = ElementTree.fromstring(ran.stdout)
    assert {case.get("name") for case in good} == set(OFFICE)
    assert (good.get("failures"), good.get("skipped")) == ("0", str(len(NEEDS_ORDER) - 1))  # REP-01 is judged
    assert "GEO-03" in {case.get("name") for case in wrong if case.find("failure") is not None}
    assert [case.get("name") for case in missing] == ["file"]


def test_json_says_what_a_file_is_and_what_was_judged(shared: Project, bad: Path) -> None:
    data = shared.spawn("inspect", str(bad), "--format", "json").json
    (file,) = data["files"]
    assert (file["status"], file["pages"], file["locale"], file["language"]) == ("problems", 2, "ja", "ja")
    assert file["judged"] == [rule for rule in OFFICE if rule not in NEEDS_ORDER]
    assert file["not_judged"] == NEEDS_ORDER
    assert file["errors"] + file["warnings"] == len(data["problems"]) > 0
    assert any(problem["page"] == 1 and len(problem["box_mm"]) == 4 for problem in data["problems"])


# --- the README --------------------------------------------------------------------------------------


def test_the_readme_shows_what_is_printed(bad: Path, here: Project) -> None:
    (here.root / "flyer.pdf").write_bytes(bad.read_bytes())
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```\n(\$ carrier-guides inspect.*?)```", readme, re.S)
    shown = dict(re.findall(r"\$ carrier-guides (.*)\n((?:(?!\$).*\n)*)", example))
    for command, text in shown.items():
        ran = here.spawn(*command.split())
        told = ran.stderr.splitlines()
        assert "".join(f"{line}\n" for line in [*told[:-1], *ran.lines, *told[-1:]]) == text
    assert len(shown) == 2


# --- the visual report -------------------------------------------------------------------------------

VOID = {"meta", "img", "br", "link", "input"}


class Page(HTMLParser):
    """Reads a report: balanced elements, their attributes, and the text outside of style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data

    def all(self, tag: str, class_: str = "") -> Iterator[dict[str, str | None]]:
        for name, attributes in self.elements:
            if name == tag and (not class_ or class_ in (attributes.get("class") or "").split()):
                yield attributes


def report(here: Project, *files: str) -> Page:
    """Inspect files and read the report, which must be safe and whole in itself."""
    ran = here.spawn("inspect", *files, "--html", "report.html")
    assert ran.stderr.splitlines()[-1] == "the report is in report.html"
    page = Page(here.read("report.html"))
    names = [tag for tag, _ in page.elements]
    assert not {"script", "link", "iframe", "object", "form"} & set(names)
    assert names.count("main") == names.count("h1") == 1
    assert [attributes["lang"] for attributes in page.all("html")] == ["en"]
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in page.elements:
        assert not any(key.startswith("on") for key in attributes)
        if href := attributes.get("href"):
            assert href.removeprefix("#") in ids
    for image in page.all("img"):
        assert image["alt"]
        data = str(image["src"]).removeprefix("data:image/png;base64,")
        assert base64.b64decode(data, validate=True).startswith(b"\x89PNG")
    return page


def test_a_clean_file_says_so_and_shows_its_pages(shared: Project, here: Project) -> None:
    page = report(here, str(shared.root / GOOD))
    assert "Nothing is wrong with this file." in page.text
    assert [image["alt"] for image in page.all("img")] == ["Page 1", "Page 2"]
    assert not list(page.all("div", "frame"))


def test_frames_stand_on_the_picture_where_the_type_is(bad: Path, here: Project) -> None:
    arguments = (str(bad), "--select", "GEO-03", "--format", "json")
    problems = here.spawn("inspect", *arguments).json["problems"]
    page = report(here, str(bad), "--select", "GEO-03")
    boxes = [problem["box_mm"] for problem in problems]
    styles = [
        dict(re.findall(r"(\w+):([\d.-]+)%", str(frame["style"]))) for frame in page.all("div", "frame")
    ]
    # The picture shows the sheet of 210 x 297 mm, the box counts from a trim 40 pt inside of it; 0.8 mm is
    # air, and what is flat is drawn 3 mm high.
    inside = 40 * 25.4 / 72 - 0.8
    left = (min(box[0] for box in boxes) + inside) / 210 * 100
    top = (min(box[1] for box in boxes) + inside) / 297 * 100
    assert min(float(style["left"]) for style in styles) == pytest.approx(left, abs=0.7 / 210 * 100)
    assert min(float(style["top"]) for style in styles) == pytest.approx(top, abs=0.7 / 297 * 100)
    assert all(float(s["left"]) + float(s["width"]) <= 100.1 for s in styles)
    items = [item for item in page.all("li") if item.get("id")]
    assert len(items) == len(problems)
    assert "error GEO-03" in " ".join(page.text.split())  # severity is a word, not only a colour


def test_a_report_of_hostile_files_shows_their_texts_and_nothing_else(hostile: Path, here: Project) -> None:
    here.write("no.pdf", b"")
    page = report(here, str(hostile), "no.pdf", "missing<i>.pdf")
    assert "</title><script>alert(1)</script>\\u001b[31m\\u202eword" in page.text
    assert "<script>alert('x')<b>&amp;\\u000a::error::" in page.text
    assert "missing<i>.pdf" in page.text
    assert not set(page.text) & {"\u202e", "\x1b"}


def test_whatever_stands_in_a_problem_is_text_in_the_report() -> None:
    evil = "</p><script>alert(1)</script>\ud800\u202e"
    problems = tuple(
        Problem(evil, 3, evil, evil, page, "PDF-01", evil, evil, box_mm=box)
        for page, box in ((0, ()), (1, ()), (1, (1.0, 2.0, 30.0, 4.0)))
    )
    about = About(1, ((210.0, 297.0),), 5, evil, evil, evil, evil, ((evil, "subset"),))
    pixel = Picture(1, b"\x89PNG", 210.0, 297.0, 0.0, 0.0)
    missing = [Problem(evil, rule="file", what=evil)]
    text = render_report([Inspected(evil, problems, about, "a4", "ja", pictures=(pixel,))], missing)
    text.encode()  # halves of surrogates are shown as their code
    page = Page(text)
    assert "script" not in [tag for tag, _ in page.elements]
    # 3 x what, hint, file, key; of the file in table and heading; of the missing one name and what; 5 facts.
    assert page.text.count("<script>alert(1)</script>") >= 3 * 4 + 2 + 2 + 5


def test_a_report_that_cannot_be_written_is_a_problem(here: Project) -> None:
    here.write("file", "an earlier one")
    ran = here.spawn("inspect", "missing.pdf", "--html", "file/report.html")
    assert ran.code == 1
    assert re.search(r"^error: \S*file\S*: .* \[file\]$", ran.stderr, re.M), ran.stderr
    assert here.read("file") == "an earlier one"


# --- functions ---------------------------------------------------------------------------------------


def test_files_are_found_once_and_in_the_order_asked(tmp_path: Path) -> None:
    for name in ("b.pdf", "a.pdf", "sub/c.PDF", "sub/d.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    names = [str(tmp_path / "b.pdf"), str(tmp_path), "-", "-"]
    files, problems = find_files(names, lambda: b"by pipe")
    shown = [Path(file.name).name if file.path else (file.name, file.data) for file in files]
    assert shown == ["b.pdf", "a.pdf", "c.PDF", ("stdin", b"by pipe")]
    assert problems == []


def test_a_file_that_could_not_be_read_is_not_clean() -> None:
    assert not Inspected("a.pdf", ()).is_clean
    assert not Inspected("a.pdf", (Problem(rule="PDF-01", what="x"),)).is_clean


def test_where_a_fork_is_not_safe_readers_are_started_anew(shared: Project) -> None:
    code = (
        "import sys\n"
        "if __name__ == '__main__':\n"
        "    import page  # the validator, whose threads no fork may leave behind\n"
        "    from generator.cli import main\n"
        f"    sys.argv = ['carrier-guides', 'inspect', {GOOD!r}]\n"
        "    main()\n"
    )
    script = shared.root.with_name("start.py")
    script.write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], cwd=shared.root, env=environment(), capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, f"{GOOD}: 2 pages, a4, ja, clean\n"), done.stderr


def test_an_interrupted_inspection_leaves_no_reader_behind(here: Project) -> None:
    here.write("slow.pdf", nested_forms(1, True))
    here.write("long.pdf", many_pages(290))
    process = subprocess.Popen(
        [sys.executable, "-m", "generator", "inspect", "."],
        cwd=here.root,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    time.sleep(0.8)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)  # ends only when every process has closed its ends
    assert process.returncode in (130, 1)  # 1: it was faster
    assert "Traceback" not in said.decode()
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_no_files_are_no_work() -> None:
    from generator.fonts import find_pinned_fonts

    assert list(inspect_files([], Options(tuple(RULES)), find_pinned_fonts(), 2)) == []
    assert File("a", None).data == b""


def test_the_template_of_the_report_is_in_the_package() -> None:
    import tomllib

    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert tool["package-data"]["generator"] == ["report.html"]
    folders = {path.parent for path in (ROOT / "generator").rglob("*.py")}
    assert set(tool["packages"]) == {
        folder.relative_to(ROOT).as_posix().replace("/", ".") for folder in folders
    }
