"""Handouts of many shops: put together from pages and panels, the same as if laid out whole."""

from __future__ import annotations

import csv
import dataclasses
import datetime
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from conftest import ROOT, Project, environment
from PIL import Image, ImageChops

from generator import batch
from generator.assembly import PANEL_MARKS, assemble
from generator.chain import Foundry, Order
from generator.content import load_content
from generator.fonts import find_pinned_fonts, make_fonts
from generator.layout import Engine
from generator.naming import find_fault
from generator.paper import find_named
from generator.pipeline import build
from generator.publish import build_alone, hash_bytes
from generator.readback.assembled import prove
from generator.shops import read_shops

AS_OF = datetime.date(2026, 12, 1)
HEADER = ["id", "name", "address", "hours", "phone", "url", "line"]
HEADER += ["name[ja]", "address[ja]", "name[zh-CN]", "address[zh-CN]", "line[zh-CN]", "logo"]
ROWS = [
    [
        *("north", "Help Desk North", "1-2-3 Nishi-Shinjuku, Tokyo", "Mon-Fri 10:00-18:00", "03-5555-0001"),
        *("https://example.org/north", "Come in & ask. It costs nothing."),
        *(
            "相談窓口 北",
            "東京都新宿区西新宿1-2-3",
            "北区咨询窗口",
            "东京都新宿区西新宿1-2-3",
            "欢迎咨询，免费。",
            "north.svg",
        ),
    ],
    [
        *("south", "South Desk", "4-5-6 Minato, Osaka", "", "06-5555-0002", "", ""),
        *("南窓口", "大阪市港区4-5-6", "", "", "", ""),
    ],
    ["plain", "Corner", "7 Hondori, Hiroshima", *[""] * 10],
]


def write_table(path: Path, rows: list[list[str]] = ROWS) -> Path:
    path.with_name("north.svg").write_bytes((ROOT / "content/shops/example.svg").read_bytes())
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


@dataclasses.dataclass
class Works:
    """What makes handouts of a project with a table of shops."""

    plan: batch.Plan
    foundry: Foundry

    def order(self, file: str) -> Order:
        (job,) = (job for job in self.plan.jobs if job.file == file)
        return Order(job.local, job.paper)


def open_works(root: Path, table: Path, guides: tuple[str, ...], paper: str, locales: set[str]) -> Works:
    content = load_content(root)
    languages = tuple(one for one in batch.find_languages(root) if one.locale in locales)
    read = read_shops(table, content, [one.locale for one in languages])
    assert read.problems == ()
    content, _ = batch.add_table(content, read)
    found = find_named(paper)
    assert found
    selection = batch.Selection(guides, languages, (found,), tuple(content.shops), "{shop}-{locale}-{guide}")
    plan = batch.make_plan(root, content, selection, AS_OF)
    fonts = make_fonts(plan.characters, root / ".cache")
    engine = Engine(root / "templates", fonts, root / ".cache")
    return Works(plan, Foundry(root / "templates", engine, fonts, find_pinned_fonts()))


@pytest.fixture(scope="module")
def works(real_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Works:
    table = write_table(tmp_path_factory.mktemp("table") / "shops.csv")
    guides = ("au-cancel", "start-here")
    return open_works(real_project.root, table, guides, "a4", {"en", "ja", "zh_Hans", "ko"})


def draw(pdf: bytes) -> Iterator[Image.Image]:
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            yield page.render(scale=150 / 72).to_pil().convert("L")


def read_text(pdf: bytes) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_range() for page in document]


def read_tags(pdf: bytes) -> list[tuple[Any, ...]]:
    """Return the elements of the structure tree in order: depth, kind, language, alternative, marks in it."""
    import io

    found: list[tuple[Any, ...]] = []

    def walk(element: Any, depth: int) -> None:  # noqa: ANN401
        kids = element.get("/K", pikepdf.Array())
        kids = list(kids) if isinstance(kids, pikepdf.Array) else [kids]
        said = (str(element.get(key, "")) for key in ("/S", "/Lang", "/Alt"))
        found.append((depth, *said, sum(isinstance(kid, int) for kid in kids)))
        for kid in kids:
            if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                walk(kid, depth + 1)

    with pikepdf.open(io.BytesIO(pdf)) as document:
        for kid in document.Root.StructTreeRoot.K:
            walk(kid, 0)
    return found


@pytest.mark.parametrize("locale", ["en", "ja", "zh_Hans", "ko"])
@pytest.mark.parametrize("guide", ["au-cancel", "start-here"])
def test_a_handout_that_is_put_together_is_the_one_that_is_laid_out_whole(
    works: Works, locale: str, guide: str
) -> None:
    """Same look to the pixel, same text in the same order, same tags; and the whole judge finds nothing."""
    orders = [works.order(f"{shop}-{locale}-{guide}.pdf") for shop in ("north", "south", "plain")]
    for order, made in zip(orders, works.foundry.make(orders), strict=True):
        foundry = works.foundry
        whole = build(
            order.local, order.paper, foundry.templates, foundry.engine, foundry.fonts, foundry.pinned
        )
        assert not [problem for problem in made.problems if problem.severity == "error"]
        assert (made.pages, made.edition, made.parts) == (whole.pages, whole.edition, whole.parts)
        assert sorted(made.addresses) == sorted(whole.addresses)
        assert made.pdf != whole.pdf and len(made.pdf) < 1.25 * len(whole.pdf)
        for one, other in zip(draw(made.pdf), draw(whole.pdf), strict=True):
            lightest, most = ImageChops.difference(one, other).getextrema()
            assert (lightest, most <= 2) == (0, True)
        assert read_text(made.pdf) == read_text(whole.pdf)
        assert read_tags(made.pdf) == read_tags(whole.pdf)
        mould = foundry.find_mould(order, foundry.make_panels([order])[0].height_px)
        assert mould.expected
        panel = foundry.make_panels([order])[0]
        assert not [
            problem
            for problem in foundry.judge(
                made.pdf, foundry.expect(order, mould.expected, panel, made.edition), order
            )
            if problem.severity == "error"
        ]


def test_the_judge_of_an_assembled_file_finds_what_is_not_its_own(works: Works) -> None:
    order, other = works.order("north-ja-au-cancel.pdf"), works.order("south-ja-au-cancel.pdf")
    foundry = works.foundry
    panel, foreign = foundry.make_panels([order, other])
    assert panel.panel and foreign.panel
    mould = foundry.find_mould(order, panel.height_px).mould
    assert mould
    good = assemble(mould, panel.panel, "AB12CD", "相談窓口 北")
    assert list(prove(good, mould, panel.panel, "AB12CD", "相談窓口 北")) == []

    def find(pdf: bytes) -> set[str]:
        return set(prove(pdf, mould, panel.panel, "AB12CD", "相談窓口 北"))

    assert "a code is not that of the edition" in find(assemble(mould, panel.panel, "AB12CE", "相談窓口 北"))
    assert find(assemble(mould, panel.panel, "AB12CD", "another")) == {"the author is not the shop"}
    assert "the panel is not the one that was judged" in find(
        assemble(mould, foreign.panel, "AB12CD", "相談窓口 北")
    )
    assert find(good[:-200]) == {"the file cannot be read"}
    assert find(good.replace(b"/Filter /FlateDecode", b"/Filter /FlatDecode ", 1)) == {
        "the pages are not those that were judged"
    }
    without = dataclasses.replace(panel.panel, nodes=panel.panel.nodes[1:])
    assert find(assemble(mould, without, "AB12CD", "相談窓口 北")) == {"the tags are not those of the panel"}
    bare = dataclasses.replace(mould, codes=mould.codes[:-1])
    assert find(assemble(bare, panel.panel, "AB12CD", "相談窓口 北"))


def test_a_panel_that_is_wrong_is_refused_and_the_others_are_made(works: Works) -> None:
    """Judged as the pages are: what the fonts have no glyph for, for one."""
    orders = [works.order(f"{shop}-en-au-cancel.pdf") for shop in ("north", "south")]
    shop = orders[1].local.shop
    assert shop
    local = dataclasses.replace(orders[1].local, shop=shop.model_copy(update={"name": "Desk ☃"}))
    good, bad = works.foundry.make([orders[0], dataclasses.replace(orders[1], local=local)])
    assert good.is_fit_to_print
    assert not bad.is_fit_to_print
    assert "FNT-03" in {problem.rule for problem in bad.problems}
    assert {problem.handout for problem in bad.problems} == {"au-cancel (en, a4, south)"}


def test_a_panel_has_marks_of_its_own(works: Works) -> None:
    """Marked content of the pages begins behind that of the panel, so that both are made apart."""
    (made,) = works.foundry.make([works.order("north-en-au-cancel.pdf")])
    import io

    with pikepdf.open(io.BytesIO(made.pdf)) as document:
        page = document.pages[1]
        numbers = [
            int(operands[1]["/MCID"])
            for operands, operator in pikepdf.parse_content_stream(page)
            if str(operator) == "BDC" and "/MCID" in operands[1]
        ]
        assert len(numbers) == len(set(numbers))
        assert min(numbers) == 0 and any(number >= PANEL_MARKS for number in numbers)
        rows = list(document.Root.StructTreeRoot.ParentTree.Nums)
        owners = dict(zip(map(int, rows[::2]), rows[1::2], strict=True))[int(page.StructParents)]
        for number in numbers:
            owner = owners[number]
            kids = owner.K if isinstance(owner.K, pikepdf.Array) else [owner.K]
            assert number in [kid for kid in kids if isinstance(kid, int)]


# --- as a user does it -------------------------------------------------------------------------------

CHAIN = ("--shops", "shops.csv", "--name", "{shop}/{locale}/{guide}", "--as-of", "2026-12-01")


@pytest.fixture(scope="module")
def chained(built_once: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The small project with a table of three shops, built for all of them."""
    import shutil

    project = Project(tmp_path_factory.mktemp("chain") / "project")
    shutil.copytree(built_once.root, project.root)
    write_table(project.root / "shops.csv")
    ran = project.run("build", *CHAIN, "-o", "chain", "-j", "2")
    assert ran.code == 0, ran.stderr
    return project


@pytest.fixture
def chain(chained: Project, tmp_path: Path) -> Project:
    import shutil

    shutil.copytree(chained.root, tmp_path / "project")
    return Project(tmp_path / "project")


def test_a_table_of_shops_is_a_handout_for_each_of_them(chained: Project) -> None:
    files = {
        path.relative_to(chained.root / "chain").as_posix()
        for path in (chained.root / "chain").rglob("*.pdf")
    }
    assert files == {
        f"{shop}/{locale}/{guide}.pdf"
        for shop in ("north", "south", "plain")
        for locale in ("en", "ja", "zh_Hans")
        for guide in ("demo-start", "demo-cancel")
    }
    ran = chained.run("build", *CHAIN, "-o", "chain")
    assert (ran.code, "0 built, 18 unchanged" in ran.stderr) == (0, True)
    text = "".join(read_text((chained.root / "chain/north/ja/demo-start.pdf").read_bytes()))
    assert "相談窓口 北" in text and "03-5555-0001" in text


def test_bytes_are_the_same_with_any_workers_shards_and_other_shops(chain: Project) -> None:
    whole = chain.snapshot("chain")
    assert chain.run("build", *CHAIN, "-o", "one", "-j", "1", "--force").code == 0
    assert {file.partition("/")[2]: data for file, data in chain.snapshot("one").items()} == {
        file.partition("/")[2]: data for file, data in whole.items()
    }
    for part in ("1/2", "2/2"):
        assert chain.run("build", *CHAIN, "-o", f"part{part[0]}", "--shard", part).code == 0
    ran = chain.run("merge", "part1", "part2", "-o", "merged")
    assert (ran.code, "18 handouts merged" in ran.stderr) == (0, True)
    assert {file.partition("/")[2]: data for file, data in chain.snapshot("merged").items()} == {
        file.partition("/")[2]: data for file, data in whole.items()
    }
    write_table(chain.root / "shops.csv", ROWS[:1])
    assert chain.run("build", *CHAIN, "-o", "alone", "-l", "ja").code == 0
    for guide in ("demo-start", "demo-cancel"):
        assert chain.snapshot("alone")[f"alone/north/ja/{guide}.pdf"] == whole[f"chain/north/ja/{guide}.pdf"]


def test_only_what_changed_is_made_again(chain: Project) -> None:
    before = chain.snapshot("chain")
    rows = [list(row) for row in ROWS]
    rows[1][4] = "06-5555-9999"
    rows[2][1] = "Corner Ω"  # a character that no other text has
    write_table(chain.root / "shops.csv", rows)
    ran = chain.run("plan", *CHAIN, "-o", "chain", "--format", "json")
    would = {row["file"]: (row["would"], row["why"]) for row in ran.json["handouts"]}
    assert would["north/ja/demo-start.pdf"] == ("reuse", "nothing changed")
    assert would["south/ja/demo-start.pdf"] == ("build", "changed: shop")
    assert {file for file, (what, _) in would.items() if what == "build"} == {
        file for file in would if file.startswith(("south/", "plain/"))
    }
    ran = chain.run("build", *CHAIN, "-o", "chain")
    assert (ran.code, "12 built, 6 unchanged" in ran.stderr) == (0, True)
    after = chain.snapshot("chain")
    assert {file for file in after if after[file] != before[file]} == {
        "chain/manifest.json",
        *(f"chain/{file}" for file in would if file.startswith(("south/", "plain/"))),
    }


def test_plan_says_what_prune_would_remove_and_writes_nothing(chain: Project) -> None:
    write_table(chain.root / "shops.csv", ROWS[:2])
    (chain.root / "chain/south/en/demo-start.pdf").unlink()
    before = chain.snapshot(".")
    ran = chain.run("plan", *CHAIN, "-o", "chain", "--prune")
    assert (ran.code, chain.snapshot(".")) == (0, before)
    lines = {line.split()[1].strip(":"): line for line in ran.lines}
    assert lines["chain/south/en/demo-start.pdf"].endswith("its file is gone or not as it was")
    assert lines["chain/plain/en/demo-start.pdf"].startswith("remove")
    assert "1 to build, 6 to remove, 11 to reuse" in ran.stderr
    ran = chain.run("build", *CHAIN, "-o", "chain", "--prune")
    assert ran.code == 0
    assert not list((chain.root / "chain/plain").rglob("*.pdf"))


def test_a_zip_for_each_shop_has_its_handouts_and_the_same_bytes_again(chain: Project) -> None:
    ran = chain.run("build", *CHAIN, "-o", "chain", "--zip")
    assert (ran.code, "zipped chain/north.zip" in ran.stderr) == (0, True)
    with zipfile.ZipFile(chain.root / "chain/south.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(
            f"south/{locale}/{guide}.pdf"
            for locale in ("en", "ja", "zh_Hans")
            for guide in ("demo-start", "demo-cancel")
        )
        for name in archive.namelist():
            assert archive.read(name) == (chain.root / "chain" / name).read_bytes()
    before = chain.snapshot("chain")
    os.utime(chain.root / "chain/south/en/demo-start.pdf", (1, 1))
    ran = chain.run("build", *CHAIN, "-o", "chain", "--zip")
    assert (ran.code, "zipped" in ran.stderr, chain.snapshot("chain")) == (0, False, before)
    (chain.root / "chain/plain.zip").unlink()
    assert chain.run("build", *CHAIN, "-o", "chain", "--zip", "-q").code == 0
    assert chain.snapshot("chain") == before


def test_bad_rows_are_told_by_line_and_the_others_are_built(chain: Project) -> None:
    rows = [*ROWS, ["bad id", "X", "Y", *[""] * 10], ["west", "West", "Z", "", "0120444113abc", *[""] * 8]]
    write_table(chain.root / "shops.csv", rows)
    ran = chain.run("build", *CHAIN, "-o", "chain", "--force", "-l", "en")
    assert ran.code == 1
    assert "shops.csv:5" in ran.stderr and "[shop-row]" in ran.stderr
    assert "shops.csv:6" in ran.stderr and "[shop-phone]" in ran.stderr
    assert "6 built" in ran.stderr


def test_a_table_without_a_shop_is_an_error(chain: Project) -> None:
    write_table(chain.root / "shops.csv", [])
    ran = chain.run("build", *CHAIN)
    assert (ran.code, "[shop-table]" in ran.stderr) == (1, True)


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("../{shop}", "leads out"),
        ("/tmp/{shop}", "leads out"),
        ("{shop}/../../x", "leads out"),
        ("C:/{shop}", "leads out"),
        ("{shop}{other}", "is none of"),
        ("{shop!r}", "is none of"),
        ("{shop", "expected"),
        ("con/{shop}", "device"),
        ("what?{shop}", "Windows"),
        ("{shop}. /x", "dot or a space"),
        (".hidden/{shop}", "dot or a space"),
        ("x" * 300, "characters long"),
    ],
)
def test_a_template_of_names_that_no_file_can_have_is_refused(
    shared: Project, template: str, why: str
) -> None:
    ran = shared.run("plan", "--name", template)
    assert ran.code == 2, ran.stdout
    assert why in ran.stderr


def test_an_encoding_belongs_to_a_table(shared: Project) -> None:
    ran = shared.run("plan", "--encoding", "shift_jis")
    assert (ran.code, "add --shops" in ran.stderr) == (2, True)


def test_two_handouts_never_have_one_name(chain: Project) -> None:
    ran = chain.run("plan", *CHAIN[:2], "--name", "{locale}/{guide}")
    assert (ran.code, "is the name of 2 more" in ran.stderr, "[file-name]" in ran.stderr) == (1, True, True)


@pytest.mark.parametrize("path", ["a/b.pdf", "日本/東京店.pdf", "a" * 150 + ".pdf"])
def test_usual_names_are_taken(path: str) -> None:
    assert find_fault(path) is None


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2", "1/2/3", "１/２"])
def test_a_part_that_is_none_is_refused(shared: Project, text: str) -> None:
    assert shared.run("plan", "--shard", text).code == 2


# --- when a worker dies ------------------------------------------------------------------------------


def start(project: Project, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "generator", "build", *CHAIN, *arguments],
        cwd=project.root,
        env=environment(),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


def workers_of(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds workers in /proc")
def test_a_worker_that_is_killed_costs_nothing(chain: Project) -> None:
    """Its handouts are tried once more, and the bytes are the same."""
    before = chain.snapshot("chain")
    process = start(chain, "-o", "again", "-j", "2")
    killed = 0
    while process.poll() is None and not killed:
        for child in workers_of(process.pid):
            os.kill(child, signal.SIGKILL)
            killed += 1
            break
        time.sleep(0.02)
    _, errors = process.communicate(timeout=180)
    assert killed
    assert process.returncode == 0, errors
    assert {file.partition("/")[2]: data for file, data in chain.snapshot("again").items()} == {
        file.partition("/")[2]: data for file, data in before.items()
    }


def test_a_run_that_is_killed_leaves_whole_files_and_is_gone_on_with(chain: Project) -> None:
    before = chain.snapshot("chain")
    for pause in (2.0, 3.0, 4.0):
        process = start(chain, "-o", "again", "-j", "2")
        time.sleep(pause)
        process.kill()
        process.communicate()
        for path in (chain.root / "again").rglob("*.pdf"):
            file = path.relative_to(chain.root / "again").as_posix()
            assert hash_bytes(path.read_bytes()) == before[f"chain/{file}"]
    ran = chain.run("build", *CHAIN, "-o", "again")
    assert ran.code == 0
    assert {
        file.partition("/")[2]: data
        for file, data in chain.snapshot("again").items()
        if not Path(file).name.startswith(".new-")
    } == {file.partition("/")[2]: data for file, data in before.items()}


def test_a_second_build_into_one_folder_waits_for_the_first(chain: Project) -> None:
    def fail() -> None:
        raise AssertionError("nobody else builds here")

    with build_alone(chain.root / "both", fail):
        second = start(chain, "-o", "both", "-j", "1")
        assert second.stderr
        lines = iter(second.stderr.readline, "")
        assert any(line == "another build writes into both: waiting for it\n" for line in lines)
        time.sleep(0.5)
        assert second.poll() is None
        assert not (chain.root / "both").exists()
    _, said = second.communicate(timeout=180)
    assert (second.returncode, "18 built" in said) == (0, True)
