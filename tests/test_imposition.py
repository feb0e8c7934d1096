"""Imposition: sheets are turned, folded and cut in thought, and finished ones are read back."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from conftest import Project

from generator.imposition import (
    SCHEMES,
    STOCKS,
    Cell,
    Edge,
    NoRoomError,
    Plan,
    Scheme,
    list_marks,
    plan_sheets,
    turns_like_a_leaf,
)
from generator.readback.sheets import find_astray

A5, CARD, A6 = (148.0, 210.0), (91.0, 55.0), (105.0, 148.0)
SCHEME = {scheme.name: scheme for scheme in SCHEMES}
STOCK = {stock.name: stock for stock in STOCKS}
MM_PER_PT = 25.4 / 72


# --- what paper does, told apart from how the plan is made --------------------------------------------


def turn(plan: Plan, cell: Cell) -> tuple[float, float, bool]:
    """Return where a cell of a back is, seen through the paper from the front, and if it stands on its head.

    Who turns a cut leaf like the page of a book keeps what is up.
    """
    width, height = plan.trim_mm
    if turns_like_a_leaf(plan):
        return plan.width_mm - cell.x_mm - width, cell.y_mm, cell.is_turned
    return cell.x_mm, plan.height_mm - cell.y_mm - height, not cell.is_turned


def sheets_of(plan: Plan) -> Iterator[tuple[tuple[Cell, ...], tuple[Cell, ...]]]:
    for front in range(0, len(plan.faces), 2):
        yield plan.faces[front], plan.faces[front + 1]


def read_booklet(plan: Plan) -> list[int | None]:
    """Fold the sheets, put them into each other, and leaf through them."""
    leaves: list[
        list[int | None]
    ] = []  # of each sheet: right outside, left inside, right inside, left outside
    for front, back in sheets_of(plan):
        seen = {round(cell.x_mm > plan.width_mm / 3): cell.page for cell in front}
        assert not any(cell.is_turned for cell in front)
        inside: dict[int, int | None] = {}
        for cell in back:
            through, _, is_on_its_head = turn(plan, cell)
            assert not is_on_its_head
            # Behind the right half of the outside lies the left half of the inside.
            inside[round(through < plan.width_mm / 3)] = cell.page
        leaves.append([seen[1], inside[0], inside[1], seen[0]])
    opening = [page for sheet in leaves for page in sheet[:2]]
    return opening + [page for sheet in reversed(leaves) for page in sheet[2:]]


@pytest.mark.parametrize("edge", ["short", "long"])
@pytest.mark.parametrize("pages", [1, 2, 4, 5, 8, 12, 13, 32])
def test_a_folded_booklet_reads_from_its_first_page_to_its_last(pages: int, edge: Edge) -> None:
    plan = plan_sheets(SCHEME["booklet"], pages, A5, edge=edge)
    read = read_booklet(plan)
    assert [page for page in read if page] == list(range(1, pages + 1))
    assert read[:pages] == list(range(1, pages + 1))  # blanks are at the end
    assert plan.blanks == len(read) - pages == -pages % 4
    assert plan.sheets == len(read) // 4
    assert (plan.stock.name, plan.is_across) == ("a4", True)


@pytest.mark.parametrize("edge", ["short", "long"])
@pytest.mark.parametrize(
    ("name", "trim", "stock"),
    [("2up", A5, "a4"), ("4up", A6, "a4"), ("cards", CARD, "a4"), ("2up", CARD, "a3"), ("4up", A5, "a3")],
)
@pytest.mark.parametrize(
    "options", [{}, {"repeats": True}, {"stacks": True}], ids=["plain", "repeat", "stack"]
)
def test_the_second_page_of_a_leaf_is_behind_its_first(
    name: str, trim: tuple[float, float], stock: str, edge: Edge, options: dict[str, bool]
) -> None:
    plan = plan_sheets(
        SCHEME[name], 22, trim, stock=STOCK[stock], edge=edge, gutter_mm=1.5 if trim == CARD else 0, **options
    )
    backs = 0
    for front, back in sheets_of(plan):
        behind = {
            (round(x, 3), round(y, 3)): (cell.page, head)
            for cell in back
            for x, y, head in [turn(plan, cell)]
        }
        for cell in front:
            assert cell.page is not None
            assert not cell.is_turned
            page, is_on_its_head = behind.pop((round(cell.x_mm, 3), round(cell.y_mm, 3)))
            assert (page, is_on_its_head) == (cell.page + 1, False)
            backs += 1
        assert not behind
    if not options.get("repeats"):
        assert backs == 11


def test_cut_piles_put_on_each_other_are_in_order() -> None:
    plan = plan_sheets(SCHEME["4up"], 10, A6, stacks=True)
    piles: dict[tuple[float, float], list[int]] = {}
    for face in plan.faces:
        for cell in face:
            assert cell.page
            piles.setdefault((cell.x_mm, cell.y_mm), []).append(cell.page)
    # Piles from the left, rows from the top.
    order = sorted(piles, key=lambda place: (-place[1], place[0]))
    assert [page for place in order for page in piles[place]] == list(range(1, 11))
    assert plan.sheets == 3


def test_repeated_pages_fill_a_sheet_each() -> None:
    plan = plan_sheets(SCHEME["cards"], 2, CARD, repeats=True)
    assert [Counter(cell.page for cell in face) for face in plan.faces] == [
        Counter({1: 10}),
        Counter({2: 10}),
    ]


def test_ten_cards_are_on_a_sheet_and_lie_apart() -> None:
    plan = plan_sheets(SCHEME["cards"], 10, CARD, gutter_mm=2)
    (face,) = plan.faces
    assert len(face) == 10
    assert (plan.stock.name, plan.is_across) == ("a4", False)
    for cell in face:
        assert 0 <= cell.x_mm <= plan.width_mm - CARD[0]
        assert 0 <= cell.y_mm <= plan.height_mm - CARD[1]
        for other in face:
            if other is not cell:
                apart = max(abs(cell.x_mm - other.x_mm) - CARD[0], abs(cell.y_mm - other.y_mm) - CARD[1])
                assert apart >= 2 - 1e-6
    assert [cell.page for cell in face] == list(range(1, 11))
    assert (face[0].x_mm, face[1].y_mm) == (face[2].x_mm, face[0].y_mm)  # row by row


def test_pages_inside_a_booklet_creep_to_the_fold() -> None:
    flat = plan_sheets(SCHEME["booklet"], 12, A5)
    thick = plan_sheets(SCHEME["booklet"], 12, A5, creep_mm=0.2)
    for number, (face, moved) in enumerate(zip(flat.faces, thick.faces, strict=True)):
        sheet = number // 2
        for cell, other in zip(face, moved, strict=True):
            is_left = cell.x_mm < flat.width_mm / 3
            assert other.x_mm - cell.x_mm == pytest.approx(0.2 * sheet * (1 if is_left else -1))
            assert other.inner == ("right" if is_left else "left")


@pytest.mark.parametrize(
    ("name", "trim", "options", "stock"),
    [
        ("2up", A5, {}, "a4"),
        ("2up", (182.0, 257.0), {}, "b4"),
        ("booklet", (210.0, 297.0), {}, "a3"),
        ("2up", A5, {"gutter_mm": 6}, "b4"),
        ("2up", (107.9, 215.9), {"stock": STOCK["letter"]}, "letter"),
    ],
)
def test_the_smallest_sheet_with_room_is_taken(
    name: str, trim: tuple[float, float], options: dict[str, float], stock: str
) -> None:
    assert plan_sheets(SCHEME[name], 4, trim, **options).stock.name == stock  # type: ignore[arg-type]


def test_what_fits_on_no_sheet_is_refused_and_never_scaled() -> None:
    with pytest.raises(NoRoomError, match="2 x 2 pages of 182 x 257 mm are 364 x 514 mm"):
        plan_sheets(SCHEME["4up"], 4, (182.0, 257.0))
    with pytest.raises(NoRoomError, match="does not fit on a4"):
        plan_sheets(SCHEME["2up"], 4, (182.0, 257.0), stock=STOCK["a4"])
    with pytest.raises(ValueError, match="nothing"):
        plan_sheets(SCHEME["2up"], 0, A5)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
def test_marks_lie_on_cuts_and_folds_and_on_no_page(scheme: Scheme) -> None:
    trim = CARD if scheme.name == "cards" else A6
    plan = plan_sheets(scheme, 40, trim, gutter_mm=0 if scheme.folds else 3)
    marks = list_marks(plan)
    assert marks
    for face in plan.faces:
        for cell in face:
            left, bottom = cell.x_mm + 1e-3, cell.y_mm + 1e-3
            right, top = cell.x_mm + trim[0] - 1e-3, cell.y_mm + trim[1] - 1e-3
            for mark in marks:
                is_beside = max(mark.x0_mm, mark.x1_mm) <= left or min(mark.x0_mm, mark.x1_mm) >= right
                is_above = max(mark.y0_mm, mark.y1_mm) <= bottom or min(mark.y0_mm, mark.y1_mm) >= top
                assert is_beside or is_above
    xs = {round(mark.x0_mm, 3) for mark in marks if mark.x0_mm == mark.x1_mm}
    edges = {round(edge, 3) for face in plan.faces for c in face for edge in (c.x_mm, c.x_mm + trim[0])}
    assert xs == ({plan.width_mm / 2} if scheme.folds else edges)


def test_where_a_sheet_has_no_room_beside_pages_the_cut_is_a_line() -> None:
    marks = list_marks(plan_sheets(SCHEME["2up"], 2, A5))
    assert [(mark.x0_mm, mark.is_dashed) for mark in marks] == [(148.5, True)]


# --- files -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def printed(real_project: Project) -> Project:
    """A booklet's pages and a deck, from the real project."""
    ran = real_project.build(
        "au-cancel", "-p", "a5", "-p", "card", "-l", "zh_Hans", "-l", "en", "-o", "pages"
    )
    assert ran.code == 0, ran.stderr
    return real_project


def test_a_booklet_has_the_pages_where_they_belong(printed: Project) -> None:
    source = printed.root / "pages/zh_Hans/au-cancel-a5.pdf"
    ran = printed.run("impose", str(source), "--layout", "booklet", "-o", "booklet.pdf")
    assert ran.code == 0, ran.stderr
    assert ran.stdout.strip().endswith("booklet.pdf")
    assert "1 sheet A4 across, both sides, turned on the short edge: 4 pages" in ran.stderr
    sheets = (printed.root / "booklet.pdf").read_bytes()
    with pypdfium2.PdfDocument(sheets) as pdf, pypdfium2.PdfDocument(source) as pages:
        assert [tuple(round(side * MM_PER_PT) for side in page.get_size()) for page in pdf] == [
            (297, 210)
        ] * 2
        for face, wanted in enumerate(((4, 1), (2, 3))):
            picture = pdf[face].render(scale=2).to_pil()
            for half, number in enumerate(wanted):
                page = pages[number - 1].render(scale=2).to_pil()
                # 0.5 mm of the sheet are beside each page, and half a pixel between their grids.
                left = round((0.5 + half * 148) / MM_PER_PT * 2)
                cell = picture.crop((left, 0, left + page.width, page.height)).convert("L")
                worst = max(
                    sum(one != other for one, other in zip(row, other_row, strict=True))
                    for row, other_row in zip(coarse(cell), coarse(page.convert("L")), strict=True)
                )
                assert worst <= 2


def coarse(picture: object) -> list[list[bool]]:
    """Return which parts of a picture are dark, in squares that no rounding moves anything out of."""
    small = picture.resize((40, 56)).point(lambda grey: 255 if grey > 215 else 0)  # type: ignore[attr-defined]
    dots = small.tobytes()
    return [[bool(dot) for dot in dots[at : at + 40]] for at in range(0, len(dots), 40)]


def test_sheets_claim_nothing_and_hold_each_font_once(printed: Project) -> None:
    source = printed.root / "pages/zh_Hans/au-cancel-card.pdf"
    printed.run("impose", str(source), "--layout", "cards", "--repeat", "--gutter", "2", "-o", "cards.pdf")
    with pikepdf.open(printed.root / "cards.pdf") as sheets, pikepdf.open(source) as pages:
        root = sheets.Root
        assert not {"/StructTreeRoot", "/MarkInfo", "/Metadata", "/OutputIntents", "/Outlines"} & set(
            root.keys()
        )
        assert str(root.Lang) == str(pages.Root.Lang)
        assert str(root.ViewerPreferences.PrintScaling) == "/None"
        assert str(root.ViewerPreferences.Duplex) == "/Simplex"
        assert sheets.pdf_version == "1.7"
        assert count_fonts(sheets) == count_fonts(pages)
        assert len(sheets.pages) == len(pages.pages)
    assert (printed.root / "cards.pdf").stat().st_size < 2 * source.stat().st_size


def count_fonts(pdf: pikepdf.Pdf) -> int:
    """Return how many embedded font programs a file holds."""
    return sum(
        isinstance(item, pikepdf.Dictionary) and any(key.startswith("/FontFile") for key in item)
        for item in pdf.objects
    )


def test_the_same_pages_give_the_same_sheets(printed: Project) -> None:
    sources = [str(printed.root / f"pages/{locale}/au-cancel-a5.pdf") for locale in ("en", "zh_Hans")]
    for name in ("one", "two"):
        ran = printed.run("impose", *sources, "--layout", "2up", "--duplex", "short", "-o", f"{name}/x.pdf")
        assert ran.code == 0, ran.stderr
    assert "2 sheets A4 across, both sides, turned on the short edge: 8 pages" in ran.stderr
    assert (printed.root / "one/x.pdf").read_bytes() == (printed.root / "two/x.pdf").read_bytes()


def test_a_page_that_is_astray_is_found(printed: Project) -> None:
    source = (printed.root / "pages/en/au-cancel-a5.pdf").read_bytes()
    printed.run(
        "impose", str(printed.root / "pages/en/au-cancel-a5.pdf"), "--layout", "booklet", "-o", "b.pdf"
    )
    sheets = (printed.root / "b.pdf").read_bytes()
    plan = plan_sheets(SCHEME["booklet"], 4, A5)
    assert list(find_astray(sheets, [source], plan)) == []
    other = plan_sheets(SCHEME["booklet"], 4, A5, edge="long")
    assert "page 2 is not whole where it should be on face 2" in list(find_astray(sheets, [source], other))
    with pikepdf.open(io.BytesIO(sheets)) as pdf:
        pdf.Root.MarkInfo = pikepdf.Dictionary(Marked=True)
        file = io.BytesIO()
        pdf.save(file)
    assert list(find_astray(file.getvalue(), [source], plan)) == [
        "the sheets say /MarkInfo, which is not true of them"
    ]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("nothing.pdf", "--layout", "2up"), 2, "does not exist"),
        (("pyproject.toml", "--layout", "2up"), 1, "pyproject.toml: is no PDF, or a damaged one [impose]"),
        (("A5", "CARD", "--layout", "2up"), 1, "has pages of 91 x 55 mm, "),
        (("A5", "--layout", "4up"), 1, "hint: pages are never scaled"),
        (("A5", "--layout", "booklet", "--repeat"), 2, "about sheets that are cut, not folded"),
        (("A5", "--layout", "booklet", "--duplex", "none"), 2, "a booklet has two sides"),
        (("A5", "--layout", "2up", "--creep", ".1"), 2, "--creep is about booklets"),
        (("A5", "--layout", "2up", "--repeat", "--stack"), 2, "take one"),
        (("A5", "--layout", "3up"), 2, "3up"),
        (("A5", "--layout", "2up", "-o", "A5"), 2, "is one of the files to impose"),
    ],
)
def test_what_cannot_be_imposed_is_told(
    printed: Project, options: tuple[str, ...], code: int, said: str
) -> None:
    names = {"A5": "pages/en/au-cancel-a5.pdf", "CARD": "pages/en/au-cancel-card.pdf"}
    arguments = [str(printed.root / names[part]) if part in names else part for part in options]
    arguments = [str(printed.root / part) if part.endswith(".toml") else part for part in arguments]
    more = () if "-o" in options else ("-o", str(printed.root / "never.pdf"))
    if "4up" in options:
        more = (*more, "--sheet", "a4")
    ran = printed.run("impose", *arguments, *more)
    assert ran.code == code, ran.stderr
    assert said in ran.stderr
    assert not (printed.root / "never.pdf").exists()


def test_turned_locked_and_uneven_files_are_told_together(printed: Project, tmp_path: Path) -> None:
    source = printed.root / "pages/en/au-cancel-a5.pdf"
    for name in ("turned", "locked", "uneven"):
        with pikepdf.open(source) as pdf:
            if name == "turned":
                pdf.pages[1].obj.Rotate = 90
            if name == "uneven":
                pdf.pages[2].obj.MediaBox = [0, 0, 300, 300]
                pdf.pages[2].obj.TrimBox = [0, 0, 300, 300]
            pdf.save(
                tmp_path / f"{name}.pdf",
                encryption=pikepdf.Encryption(user="a", owner="b") if name == "locked" else False,
            )
    files = [str(tmp_path / f"{name}.pdf") for name in ("turned", "locked", "uneven")]
    ran = printed.run("impose", *files, "--layout", "2up", "-o", str(tmp_path / "x.pdf"))
    assert ran.code == 1
    for said in ("page 2 is turned", "is locked with a password", "page 3 is 105.83 x 105.83 mm"):
        assert said in ran.stderr
    assert "3 errors" in ran.stderr
