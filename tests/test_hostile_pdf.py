"""Files that want to do harm, or were broken: facts or a refusal, in seconds and in bounded memory."""

from __future__ import annotations

import io
import random
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pikepdf
import pytest
from conftest import ROOT
from pikepdf import Array, Dictionary, Name, Pdf

from generator.fonts import find_pinned_fonts
from generator.problem import ProjectError
from generator.readback import PdfFacts, cell, read_pdf, read_steps
from generator.readback.encodings import MOST_CODES, read_to_unicode
from generator.readback.instructions import read_instructions

GOOD = (ROOT / "tests/foreign/ours.pdf").read_bytes()
# Starting a process takes half a second on a busy machine; nothing else comes after the last step.
MOST_SECONDS = cell.ALL_SECONDS + 5


def read(pdf: bytes) -> PdfFacts:
    return read_pdf(pdf, None, find_pinned_fonts(), "hostile.pdf", is_ours=False)


def refusal(pdf: bytes) -> str:
    with pytest.raises(ProjectError) as caught:
        read(pdf)
    (problem,) = caught.value.problems
    assert (problem.rule, problem.handout) == ("PDF-01", "hostile.pdf")
    return problem.what


def facts_or_refusal(pdf: bytes) -> PdfFacts | str:
    start = time.monotonic()
    try:
        return read(pdf)
    except ProjectError as error:
        assert error.problems[0].rule == "PDF-01"
        return error.problems[0].what
    finally:
        assert time.monotonic() - start < MOST_SECONDS


def edit(change: Callable[[Pdf], None], **options: Any) -> bytes:  # noqa: ANN401
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(GOOD)) as pdf:
        change(pdf)
        pdf.save(out, **options)
    return out.getvalue()


def page_of(pdf: Pdf) -> Any:  # noqa: ANN401
    return pdf.pages[0].obj


def font_of(pdf: Pdf) -> Any:  # noqa: ANN401
    return next(iter(pdf.pages[0].Resources.Font.values()))


def set_content(pdf: Pdf, stream: bytes) -> None:
    page_of(pdf).Contents = pdf.make_stream(stream)


def make_form(pdf: Pdf, stream: bytes, **objects: Any) -> Any:  # noqa: ANN401
    form = pdf.make_stream(stream)
    form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 500, 500])
    form.Resources = Dictionary(XObject=Dictionary(**objects))
    return form


@cache
def bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join([packer.compress(b" " * 1_000_000) for _ in range(megabytes)]) + packer.flush()


# --- what is no PDF ----------------------------------------------------------------------------------


def make_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("a.txt", "%PDF-1.7")
    return out.getvalue()


@pytest.mark.parametrize(
    "pdf",
    [
        b"",
        b"hello",
        b"<html><body>%PDF</body></html>",
        b"\x89PNG\r\n\x1a\n" + bytes(500),
        make_zip(),
        b"%PDF-1.7\n%%EOF",
    ],
    ids=["nothing", "text", "html", "png", "zip", "head"],
)
def test_what_is_no_pdf_is_refused(pdf: bytes) -> None:
    assert refusal(pdf) in ("the file is damaged or not a PDF", "the file is not built like a PDF")


def test_a_file_that_needs_a_password_is_refused_and_one_that_does_not_is_read() -> None:
    def nothing(pdf: Pdf) -> None:
        pass

    locked = edit(nothing, encryption=pikepdf.Encryption(owner="owner", user="secret"))
    assert refusal(locked) == "the file is encrypted"
    open_ = read(edit(nothing, encryption=pikepdf.Encryption(owner="owner", user="")))
    assert open_.is_encrypted and open_.runs


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.99])
def test_a_truncated_file_is_repaired_or_refused(share: float) -> None:
    facts = facts_or_refusal(GOOD[: int(len(GOOD) * share)])
    assert isinstance(facts, str) or facts.damage


# --- one change each ---------------------------------------------------------------------------------


def circular_pages(pdf: Pdf) -> None:
    pdf.Root.Pages.Kids.append(pdf.Root.Pages)


def circular_tree(pdf: Pdf) -> None:
    top = pdf.Root.StructTreeRoot
    top.K = Array([top, top.K, top])


def deep_tree(pdf: Pdf) -> None:
    element = pdf.make_indirect(Dictionary(S=Name.P, K=0))
    for _ in range(20_000):
        element = pdf.make_indirect(Dictionary(S=Name.P, K=element))
    pdf.Root.StructTreeRoot.K = element


def circular_roles(pdf: Pdf) -> None:
    pdf.Root.StructTreeRoot.RoleMap = Dictionary(P=Name.A, A=Name.P, H1=Name.H1)


def circular_names(pdf: Pdf) -> None:
    names = pdf.make_indirect(Dictionary())
    names.Kids = Array([names, names])
    pdf.Root.Names = Dictionary(Dests=names, EmbeddedFiles=names)


def circular_outlines(pdf: Pdf) -> None:
    item = pdf.make_indirect(Dictionary(Title="x"))
    item.Next = item.First = item
    pdf.Root.Outlines = Dictionary(First=item, Last=item)


def circular_form(pdf: Pdf) -> None:
    form = make_form(pdf, b"/F Do " * 50)
    form.Resources.XObject.F = form
    page_of(pdf).Resources.XObject = Dictionary(F=form)
    set_content(pdf, b"/F Do")


def multiplying_forms(pdf: Pdf) -> None:
    form = make_form(pdf, b"0 0 1 1 re f")
    for _ in range(14):
        form = make_form(pdf, b"/F Do " * 10, F=form)
    page_of(pdf).Resources.XObject = Dictionary(F=form)
    set_content(pdf, b"/F Do")


def circular_resources(pdf: Pdf) -> None:
    page_of(pdf).Resources.XObject = Dictionary(R=page_of(pdf).Resources)
    set_content(pdf, b"/R Do")


def circular_colour(pdf: Pdf) -> None:
    space = pdf.make_indirect(Array([Name.Indexed]))
    space.extend([space, 1, pikepdf.String("123")])
    page_of(pdf).Resources.ColorSpace = Dictionary(C=space)
    set_content(pdf, b"/C cs 1 sc 0 0 5 5 re f")


def lying_count(pdf: Pdf) -> None:
    pdf.Root.Pages.Count = 10**9


def five_hundred_pages(pdf: Pdf) -> None:
    for _ in range(499):
        pdf.pages.append(pdf.pages[0])


def nested_states(pdf: Pdf) -> None:
    set_content(pdf, b"q " * 100_000 + b"/P <</MCID 0>> BDC " * 100_000)


def nested_arrays(pdf: Pdf) -> None:
    set_content(pdf, b"[" * 100_000 + b"<<" * 100_000)


def nested_brackets(pdf: Pdf) -> None:
    set_content(pdf, b"(" * 2_000_000)


def giant_numbers(pdf: Pdf) -> None:
    enlarge = b"9" * 500 + b" 0 0 " + b"9" * 40 + b" 1e9 nan cm 99999999999 0 0 99999999999 0 0 cm "
    set_content(pdf, enlarge * 50 + b"0 0 10 10 re f inf w 0 0 m 1 1 l S")


def many_digits(pdf: Pdf) -> None:
    set_content(pdf, b"1 " * 5_000_000)


def endless_operators(pdf: Pdf) -> None:
    set_content(pdf, b"BT 1 0 0 1 0 0 Tm <0001> Tj ET " * 200_000)


def endless_images(pdf: Pdf) -> None:
    set_content(pdf, b"BI ID " * 500_000)


def endless_range(pdf: Pdf) -> None:
    font_of(pdf).ToUnicode = pdf.make_stream(
        b"1 beginbfrange <00000000> <3b9aca00> <0041> endbfrange begincidrange" * 5000
    )


def endless_widths(pdf: Pdf) -> None:
    font_of(pdf).DescendantFonts[0].W = Array([0, 10**9, 500, Array([5]), 3])


def large_unit(pdf: Pdf) -> None:
    page_of(pdf).UserUnit = 75000


def drop_boxes(pdf: Pdf) -> None:
    for key in ("/TrimBox", "/BleedBox", "/CropBox", "/MediaBox"):
        if key in page_of(pdf):
            del page_of(pdf)[key]


def large_page(pdf: Pdf) -> None:
    drop_boxes(pdf)
    page_of(pdf).MediaBox = Array([-14400, 14400, 14400, -14400])


def no_page_size(pdf: Pdf) -> None:
    drop_boxes(pdf)


def no_descriptor(pdf: Pdf) -> None:
    del font_of(pdf).DescendantFonts[0]["/FontDescriptor"]


def no_descendant(pdf: Pdf) -> None:
    del font_of(pdf)["/DescendantFonts"]


def vertical(pdf: Pdf) -> None:
    font_of(pdf).Encoding = Name("/Identity-V")


def predefined(pdf: Pdf) -> None:
    font_of(pdf).Encoding = Name("/90ms-RKSJ-H")


CHANGES = [
    circular_pages, circular_tree, deep_tree, circular_roles, circular_names, circular_outlines,
    circular_form, multiplying_forms, circular_resources, circular_colour, lying_count,
    five_hundred_pages, nested_states, nested_arrays, nested_brackets, giant_numbers, many_digits,
    endless_operators, endless_images, endless_range, endless_widths, large_unit, large_page,
    no_page_size, no_descriptor, no_descendant, vertical, predefined,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_one_wicked_change_is_survived(change: Callable[[Pdf], None]) -> None:
    facts = facts_or_refusal(edit(change))
    if change is circular_pages:
        assert isinstance(facts, str)
    elif change is five_hundred_pages:
        assert isinstance(facts, PdfFacts) and len(facts.sizes_mm) == 500
    elif change in (circular_outlines, circular_roles, vertical, no_descriptor, endless_range):
        assert isinstance(facts, PdfFacts) and facts.runs


# --- bombs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["content", "text", "font", "picture", "twice"])
def test_a_small_stream_does_not_become_a_large_one(place: str) -> None:
    packed = bomb(500)
    assert len(packed) < 600_000

    def plant(pdf: Pdf) -> None:
        stream = pikepdf.Stream(pdf, b"")
        stream.write(packed, filter=Name.FlateDecode)
        if place == "twice":
            stream.write(zlib.compress(packed, 9), filter=Array([Name.FlateDecode, Name.FlateDecode]))
        if place in ("content", "twice"):
            page_of(pdf).Contents = stream
        elif place == "text":
            font_of(pdf).ToUnicode = stream
        elif place == "font":
            font_of(pdf).DescendantFonts[0].FontDescriptor.FontFile2 = stream
        else:
            stream.Type, stream.Subtype, stream.ColorSpace = Name.XObject, Name.Image, Name.DeviceRGB
            stream.Width, stream.Height, stream.BitsPerComponent = 20_000, 20_000, 8
            page_of(pdf).Resources.XObject = Dictionary(I=stream)
            pdf.pages[0].contents_add(b"q 100 0 0 100 0 0 cm /I Do Q")

    facts = facts_or_refusal(edit(plant))
    if place != "picture":
        assert isinstance(facts, str) or any("cannot be read" in line for line in facts.damage)


# --- the cell ----------------------------------------------------------------------------------------


def _hang() -> Iterator[int]:
    yield 1
    while True:
        pass


def _crash() -> Iterator[int]:
    yield 1
    import os

    os._exit(139)


def _fill() -> Iterator[int]:
    yield 1
    yield len(bytearray(4 * cell.MOST_BYTES))


@pytest.mark.parametrize(("work", "why"), [(_hang, "longer"), (_crash, "crashes"), (_fill, "memory")])
def test_what_happens_in_the_cell_stays_there(
    work: Callable[[], Iterator[int]], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cell, "STEP_SECONDS", 3.0)
    steps = cell.work_apart(work, (), may_fork=False)
    assert next(steps) == 1
    with pytest.raises(cell.CellError, match=why):
        next(steps)


# --- chance ------------------------------------------------------------------------------------------

WRONG = (
    lambda pdf: 7, lambda pdf: -1, lambda pdf: 10**12, lambda pdf: True, lambda pdf: Name.Wrong,
    lambda pdf: pikepdf.String("x"), lambda pdf: Array([]), lambda pdf: Array([1, Name.X, Dictionary()]),
    lambda pdf: Dictionary(), lambda pdf: Dictionary(K=1, S=Name.P),
    lambda pdf: pdf.make_stream(b"\0\1garbage"),
    lambda pdf: pdf.Root, lambda pdf: pdf.pages[0].obj, lambda pdf: pdf.Root.StructTreeRoot,
)  # fmt: skip


def has_parts(item: Any) -> bool:  # noqa: ANN401
    if isinstance(item, Array):
        return len(item) > 0
    return isinstance(item, Dictionary | pikepdf.Stream) and len(item.keys()) > 0


def mutate(chance: random.Random) -> bytes:
    """Put something of a wrong kind in up to three places of a good file."""

    def change(pdf: Pdf) -> None:
        owners = [item for item in pdf.objects if has_parts(item)]
        for _ in range(chance.choice((1, 1, 2, 3))):
            owner: Any = chance.choice(owners)
            for _ in range(chance.choice((0, 0, 1, 2))):
                parts = list(owner) if isinstance(owner, Array) else list(owner.values())
                owner = chance.choice([part for part in parts if has_parts(part)] or [owner])
            value = chance.choice(WRONG)(pdf)
            if isinstance(owner, Array):
                owner[chance.randrange(len(owner))] = value
            else:
                key = chance.choice([key for key in list(owner.keys()) if key != "/Length"] or ["/X"])
                owner[key] = value

    try:
        return edit(change)
    except (pikepdf.PdfError, RuntimeError, ValueError):
        return b""  # the library cannot even write it


def test_objects_of_wrong_kinds_never_raise_anything_else() -> None:
    chance = random.Random(20261123)
    pinned = find_pinned_fonts()
    files = [pdf for _ in range(420) if (pdf := mutate(chance))]
    assert len(files) > 300
    refused = 0
    for pdf in files:
        try:
            # Only the first step, the one written here, and without a process for each.
            next(read_steps(pdf, None, pinned, "hostile.pdf", is_ours=False))
        except ProjectError as error:
            refused += 1
            assert error.problems[0].rule == "PDF-01"
    assert 0 < refused < 0.3 * len(files)  # most of a broken file can still be read
    for pdf in files[:: len(files) // 8]:
        facts_or_refusal(pdf)


def test_content_of_any_bytes_is_cut_into_instructions() -> None:
    chance = random.Random(20261123)
    for _ in range(300):
        stream = bytes(chance.choice(b"/<>[]()\\ 0123456789.-+abqQTjBIDE%'\"#\r\n\0\xff") for _ in range(400))
        for operator, operands in read_instructions(stream):
            assert isinstance(operator, bytes) and isinstance(operands, list)


def test_a_map_of_texts_is_no_larger_than_a_font() -> None:
    ranges = b"".join(b"<%04x0000> <%04xffff> <0041>\n" % (n, n) for n in range(100))
    assert len(read_to_unicode(b"beginbfrange " + ranges + b"endbfrange")) <= MOST_CODES
