"""Files for a print shop and for a printer without colour: what is in them, and what others make of them."""

from __future__ import annotations

import io
import re
import shutil
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pikepdf
import pytest
from conftest import DAY, ROOT, Project, text_of
from PIL import Image, ImageChops
from test_readback import save

from generator.checks import Expected, check_handout
from generator.colour import (
    HAIRLINE,
    INK,
    NEUTRAL,
    NOTE,
    PRESS_INKS,
    WHITE,
    contrast_with_white,
    find_grey,
    mix_inks,
)
from generator.content import load_content
from generator.fonts import find_pinned_fonts
from generator.language import find_language
from generator.paper import A4, PAPERS, POSTER, for_medium
from generator.press import CONDITIONS, SLUG_MM, VERSIONS
from generator.readback import PdfFacts, read_pdf

MM = 72 / 25.4
FILE = "output/ja/demo-cancel-a4-press.pdf"
EXACT_MM = 0.01


def make_profile(device: bytes = b"prtr", space: bytes = b"CMYK", tags: str = "A2B0 B2A0 desc wtpt") -> bytes:
    """Return a profile of the simplest printer: a table of two steps an ink. Source: ICC.1:2010, 10.10."""

    def table(inputs: int, outputs: int) -> bytes:
        identity = [1 if i % 4 == 0 else 0 for i in range(9)]
        head = struct.pack(">4sLBBBB9l", b"mft1", 0, inputs, outputs, 2, 0, *(65536 * i for i in identity))
        ramp = bytes(range(256))
        return head + ramp * inputs + bytes(i % 251 for i in range(2**inputs * outputs)) + ramp * outputs

    name = b"A press of the tests\0"
    bodies = {
        "A2B0": table(4, 3),
        "B2A0": table(3, 4),
        "desc": b"desc" + bytes(4) + struct.pack(">L", len(name)) + name + bytes(78),
        "wtpt": b"XYZ " + bytes(4) + struct.pack(">3l", 63189, 65536, 54061),
    }
    names = tags.split()
    offset = 128 + 4 + 12 * len(names)
    listed, body = b"", b""
    for tag in names:
        data = bodies[tag] + bytes(-len(bodies[tag]) % 4)
        listed += struct.pack(">4sLL", tag.encode(), offset + len(body), len(bodies[tag]))
        body += data
    size = offset + len(body)
    header = struct.pack(
        ">L4s4s4s4s4s12s4s", size, b"test", b"\2\x40\0\0", device, space, b"Lab ", bytes(12), b"acsp"
    )
    return (
        header.ljust(68, b"\0")
        + struct.pack(">3l", 63190, 65536, 54061).ljust(60, b"\0")
        + struct.pack(">L", len(names))
        + listed
        + body
    )


@dataclass(frozen=True)
class Shop:
    """The small project with a press file for a profile, and what was said while it was built."""

    project: Project
    said: str

    @property
    def pdf(self) -> bytes:
        return (self.project.root / FILE).read_bytes()


@pytest.fixture(scope="module")
def shop(built_once: Project, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    root = tmp_path_factory.mktemp("press") / "project"
    shutil.copytree(built_once.root, root)
    project = Project(root)
    project.write("press.icc", make_profile())
    ran = project.build("demo-cancel", "-l", "ja", "--press", "--icc", "press.icc")
    assert ran.code == 0, ran.stderr
    ran_mono = project.build("demo-cancel", "-l", "ja", "--mono")
    assert ran_mono.code == 0, ran_mono.stderr
    return Shop(project, ran.stderr)


@pytest.fixture(scope="module")
def facts(shop: Shop) -> PdfFacts:
    return read_pdf(shop.pdf, None, find_pinned_fonts(), is_ours=False, for_press=True)


def judge(pdf: bytes, medium: str = "press", claim: str | None = None) -> list[tuple[str, str]]:
    """Return what is found by the rules that are about this medium alone."""
    facts = read_pdf(pdf, None, find_pinned_fonts(), is_ours=False, for_press=True)
    paper = for_medium(A4, "press" if medium == "press" else "mono")
    expected = Expected("test", paper, find_language("ja"), "", "", is_ordered=False)
    rules = ["PDF-02", "GEO-02", "GEO-03", "COL-01", "COL-02", "COL-03"]
    return [(problem.rule, problem.what) for problem in check_handout(facts, expected, rules)]


def changed(pdf: bytes, change: Callable[[pikepdf.Pdf], None], **options: object) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        change(document)
        return save(document, **options)


def find_coloured(facts: PdfFacts) -> list[tuple[float, float, float, float]]:
    """Return where page 1 has another ink than black, beside its marks."""
    return [
        shape.box_mm
        for shape in facts.shapes
        if shape.page == 1 and shape.space == "cmyk" and shape.inks and any(shape.inks[:3])
    ]


# --- the sheet ---------------------------------------------------------------------------------


def test_boxes_are_exact(shop: Shop) -> None:
    with pikepdf.open(io.BytesIO(shop.pdf)) as pdf:
        for page in pdf.pages:
            boxes = {
                key: [float(n) / MM for n in page.obj[key]] for key in ("/MediaBox", "/BleedBox", "/TrimBox")
            }
            for key, beyond in (("/TrimBox", 0), ("/BleedBox", 3), ("/MediaBox", 3 + SLUG_MM)):
                x0, y0, x1, y1 = boxes[key]
                assert abs(x1 - x0 - (210 + 2 * beyond)) < EXACT_MM
                assert abs(y1 - y0 - (297 + 2 * beyond)) < EXACT_MM
                assert abs(x0 - (3 + SLUG_MM - beyond)) < EXACT_MM
                assert abs(y0 - (3 + SLUG_MM - beyond)) < EXACT_MM


def test_artwork_reaches_the_bleed_and_nothing_else_leaves_the_sheet(facts: PdfFacts) -> None:
    bands = find_coloured(facts)
    assert min(box[0] for box in bands) == pytest.approx(-3, abs=EXACT_MM)
    assert max(box[2] for box in bands) == pytest.approx(213, abs=EXACT_MM)
    assert all(3 <= run.ink_mm[0] < run.ink_mm[2] <= 207 for run in facts.runs if run.ink_mm)


def test_marks_lie_beyond_the_bleed_and_are_on_every_plate(shop: Shop, tmp_path: Path) -> None:
    plates = separate(shop.pdf, tmp_path)
    slug = round((3 + SLUG_MM) / 25.4 * DPI)
    # A trim mark stands above the left top corner of the trim, the mark of the bleed 3 mm left of it.
    for name, plate in plates.items():
        above = plate.crop((slug - 2, 0, slug + 3, round(SLUG_MM / 25.4 * DPI) - 6))
        assert above.getextrema()[0] < 128, f"no trim mark on {name}"
    bleed = round(SLUG_MM / 25.4 * DPI)
    yellow = plates["Yellow"].copy()  # no ink of this design but the marks'
    width, height = yellow.size
    assert yellow.crop((bleed + 1, bleed + 1, width - bleed - 1, height - bleed - 1)).getextrema() == (
        255,
        255,
    )
    assert yellow.getextrema()[0] < 128


def test_there_is_no_rgb_and_no_tag(shop: Shop) -> None:
    with pikepdf.open(io.BytesIO(shop.pdf)) as pdf:
        for key in ("/StructTreeRoot", "/MarkInfo", "/Outlines", "/ViewerPreferences"):
            assert key not in pdf.Root
        for page in pdf.pages:
            content = page.obj.Contents.read_bytes()
            operators = {line.rpartition(b" ")[2] for line in content.split(b"\n")}
            assert operators.isdisjoint({b"rg", b"RG", b"g", b"G", b"sc", b"scn"})
            assert {b"k", b"K"} <= operators
            assert b"MCID" not in content
            assert b"/Lang (en)" not in content


# --- other programs ----------------------------------------------------------------------------

DPI = 144


def separate(pdf: bytes, folder: Path) -> dict[str, Image.Image]:
    """Return the plates of page 1 as Ghostscript makes them, 255 is no ink."""
    file = folder / "in.pdf"
    file.write_bytes(pdf)
    out = folder / "p%d.tif"
    command = ["gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", f"-r{DPI}", "-sDEVICE=tiffsep"]
    subprocess.run([*command, f"-sOutputFile={out}", str(file)], check=True, capture_output=True)
    found = {path.stem.partition("(")[2].rstrip(")"): path for path in folder.glob("p1(*.tif")}
    assert set(found) == {"Cyan", "Magenta", "Yellow", "Black"}, "a plate that nobody ordered"
    return {name: Image.open(path).convert("L") for name, path in found.items()}


def test_type_is_on_the_black_plate_alone(shop: Shop, facts: PdfFacts, tmp_path: Path) -> None:
    plates = separate(shop.pdf, tmp_path)
    coloured = find_coloured(facts)
    offset = 3 + SLUG_MM
    looked = 0
    for run in facts.runs:
        if run.page != 1 or not run.ink_mm or not run.text.strip() or not run.inks or any(run.inks[:3]):
            continue
        x0, y0, x1, y1 = run.ink_mm
        if not run.inks[3] or any(
            b[0] < x1 + 1 and x0 < b[2] + 1 and b[1] < y1 + 1 and y0 < b[3] + 1 for b in coloured
        ):
            continue
        place = [round((mm + offset) / 25.4 * DPI) for mm in (x0, y0, x1, y1)]
        assert plates["Black"].crop(place).getextrema()[0] < 100, run.text
        for name in ("Cyan", "Magenta", "Yellow"):
            assert plates[name].crop(place).getextrema() == (255, 255), f"{run.text} on {name}"
        looked += 1
    assert looked > 20


def test_no_place_takes_more_than_three_inks(shop: Shop, tmp_path: Path) -> None:
    plates = [ImageChops.invert(plate) for plate in separate(shop.pdf, tmp_path).values()]
    edge = round(SLUG_MM / 25.4 * DPI) + 1
    width, height = plates[0].size
    inside = [plate.crop((edge, edge, width - edge, height - edge)).tobytes() for plate in plates]
    assert 0 < max(map(sum, zip(*inside, strict=True))) <= 300 * 255 / 100


def test_three_renderers_draw_the_same(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "in.pdf"
    file.write_bytes(shop.pdf)
    commands = {
        "poppler": ["pdftoppm", "-r", "72", "-gray", "-singlefile", "-png", file, tmp_path / "poppler"],
        "mupdf": ["mutool", "draw", "-q", "-r", "72", "-c", "gray", "-o", tmp_path / "mupdf.png", file, "1"],
        "ghostscript": [
            "gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-r72", "-dLastPage=1", "-dTextAlphaBits=4",
            "-dGraphicsAlphaBits=4", "-sDEVICE=pnggray", f"-sOutputFile={tmp_path / 'ghostscript.png'}", file,
        ],
    }  # fmt: skip
    pictures = {}
    for name, command in commands.items():
        subprocess.run(list(map(str, command)), check=True, capture_output=True)
        picture = Image.open(tmp_path / f"{name}.png").convert("L")
        # What matters is where ink is: each has its own idea of how dark inks look.
        small = picture.resize((168, 230), Image.Resampling.BOX)
        pictures[name] = small.point([0 if value < 160 else 255 for value in range(256)])
    for one, other in (("poppler", "mupdf"), ("poppler", "ghostscript"), ("mupdf", "ghostscript")):
        histogram = ImageChops.difference(pictures[one], pictures[other]).histogram()
        assert sum(histogram[128:]) / sum(histogram) < 0.02, f"{one} and {other} differ"
    moved = ImageChops.offset(pictures["poppler"], 3, 0)
    histogram = ImageChops.difference(moved, pictures["mupdf"]).histogram()
    assert sum(histogram[128:]) / sum(histogram) > 0.03, "this comparison sees nothing"


def test_qpdf_finds_no_fault(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "in.pdf"
    file.write_bytes(shop.pdf)
    subprocess.run(["qpdf", "--check", str(file)], check=True, capture_output=True)


# --- the claim ---------------------------------------------------------------------------------


def test_with_a_profile_it_is_pdf_x_4(shop: Shop, facts: PdfFacts) -> None:
    assert "PDF/X-4" in shop.said
    assert facts.press is not None
    assert facts.press.claim == "PDF/X-4"
    assert facts.version == "1.6"
    (intent,) = facts.press.intents
    assert (intent.device, intent.space, intent.info) == ("prtr", "CMYK", "A press of the tests")
    assert judge(shop.pdf) == []
    record = shop.project.manifest()["ja/demo-cancel-a4-press.pdf"]
    assert (record["medium"], record["claim"], record["paper"]) == ("press", "PDF/X-4", "a4")


def test_with_a_registered_condition_alone_it_is_pdf_x_1a(project: Project) -> None:
    ran = project.build("demo-cancel", "-l", "ja", "--press", "--condition", "jc200103")
    assert ran.code == 0, ran.stderr
    assert "PDF/X-1a:2003" in ran.stderr
    pdf = (project.root / FILE).read_bytes()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert document.pdf_version == "1.4"
        (intent,) = document.Root.OutputIntents
        assert str(intent.OutputConditionIdentifier) == "JC200103"
        assert str(intent.RegistryName) == "http://www.color.org"
        assert "/DestOutputProfile" not in intent
        assert str(document.docinfo["/GTS_PDFXVersion"]) == "PDF/X-1a:2003"
    assert judge(pdf) == []


def test_with_neither_it_claims_nothing(project: Project) -> None:
    ran = project.build("demo-cancel", "-l", "ja", "--press")
    assert ran.code == 0, ran.stderr
    pdf = (project.root / FILE).read_bytes()
    assert b"GTS_PDFX" not in pdf
    assert "PDF/X" not in ran.stderr


def test_without_ghostscript_it_claims_nothing_and_says_so(project: Project) -> None:
    project.write("press.icc", make_profile())
    ran = project.build("demo-cancel", "-l", "ja", "--press", "--icc", "press.icc", PATH="/nowhere")
    assert ran.code == 0, ran.stderr
    assert "Ghostscript is not here, so nobody checked its plates [PDF-02]" in ran.stderr
    assert b"GTS_PDFXVersion" not in (project.root / FILE).read_bytes()
    # With it, the file is made again.
    again = project.build("demo-cancel", "-l", "ja", "--press", "--icc", "press.icc")
    assert "1 built" in again.stderr


def _drop(key: str) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        del pdf.Root[key]

    return change


def _first_page(pdf: pikepdf.Pdf, key: str, value: object) -> None:
    pdf.pages[0].obj[key] = value


def _soften(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj.Resources.ExtGState["/soft"] = pikepdf.Dictionary(ca=0.5)
    _paint(pdf, b"/soft gs 0 0 0 1 k 100 100 50 50 re f")


def _paint(pdf: pikepdf.Pdf, what: bytes) -> None:
    page = pdf.pages[0].obj
    page.Contents = pdf.make_stream(page.Contents.read_bytes() + b"\nq " + what + b" Q\n")


def _attach_image(pdf: pikepdf.Pdf) -> None:
    name = pikepdf.Name
    about = {"Type": name.XObject, "Subtype": name.Image, "ColorSpace": name.DeviceRGB}
    image = pdf.make_stream(bytes(3), **about, Width=1, Height=1, BitsPerComponent=8)
    pdf.pages[0].obj.Resources["/XObject"] = pikepdf.Dictionary({"/hidden": image})


def _transfer(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj.Resources.ExtGState["/t"] = pikepdf.Dictionary(TR=pikepdf.Name.Identity)
    _paint(pdf, b"/t gs")


def _annotate(pdf: pikepdf.Pdf) -> None:
    link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[100, 100, 200, 200])
    pdf.pages[0].obj.Annots = pikepdf.Array([pdf.make_indirect(link)])


def _swap_profile(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OutputIntents[0].DestOutputProfile = pdf.make_stream(make_profile(b"mntr", b"RGB "), N=3)


def _forget_trapping(pdf: pikepdf.Pdf) -> None:
    del pdf.docinfo["/Trapped"]
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as xmp:
        del xmp["pdf:Trapped"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (_drop("/OutputIntents"), "has 0 output intents for PDF/X, 1 wanted"),
        (_swap_profile, "the profile of its output intent is not that of a CMYK printer"),
        (_forget_trapping, "does not say whether it is trapped"),
        (_annotate, "has something to click on where ink is (Link)"),
        (_attach_image, "a picture has its colour from DeviceRGB"),
        (lambda pdf: _first_page(pdf, "/ArtBox", [50, 50, 100, 100]), "has a TrimBox and an ArtBox"),
        (lambda pdf: _first_page(pdf, "/CropBox", [60, 60, 500, 500]), "is cropped inside its bleed box"),
        (lambda pdf: _paint(pdf, b"1 0 0 rg 9 9 9 9 re f"), "type or drawing has its colour from DeviceRGB"),
        (_transfer, "its colours are changed on the way to the plate (TR)"),
    ],
)  # fmt: skip
def test_a_claim_that_is_no_longer_true_is_found(
    shop: Shop, change: Callable[[pikepdf.Pdf], None], found: str
) -> None:
    assert ("PDF-02", f"says that it is PDF/X-4, but {found}") in judge(changed(shop.pdf, change))


def test_an_old_standard_allows_no_transparency(project: Project) -> None:
    assert project.build("demo-cancel", "-l", "ja", "--press", "--condition", "JC200103").code == 0
    pdf = changed((project.root / FILE).read_bytes(), _soften)
    assert ("PDF-02", "says that it is PDF/X-1a:2003, but has 50% opaque") in judge(pdf)
    newer = changed((project.root / FILE).read_bytes(), lambda pdf: None, force_version="1.6")
    assert ("PDF-02", "says that it is PDF/X-1a:2003, but is PDF 1.6, at most 1.4 wanted") in judge(newer)


# --- the judge ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paint", "rule", "what"),
    [
        (b"1 1 1 .2 k 100 100 9 9 re f", "COL-03", "C100 M100 Y100 K20 is 320% of ink, at most 300% wanted"),
        (b"/Registration cs 1 scn 100 100 9 9 re f", "COL-03",
         "C100 M100 Y100 K100 is 400% of ink, at most 300% wanted"),
        (b"0 .5 0 0 k 39.7 200 9 9 re f", "GEO-02", "a picture ends at the trim, 3 mm beyond it wanted"),
        (b"/DeviceRGB CS 1 0 0 SC 100 100 9 9 re S", "COL-01",
         "type or drawing has its colour from DeviceRGB, CMYK, grey or spot colours wanted"),
    ],
)  # fmt: skip
def test_what_is_painted_wrong_is_found(shop: Shop, paint: bytes, rule: str, what: str) -> None:
    found = judge(changed(shop.pdf, lambda pdf: _paint(pdf, paint)))
    assert (rule, what) in found
    assert {name for name, _ in found} <= {rule, "PDF-02"}


def test_plates_that_disagree_are_told(facts: PdfFacts) -> None:
    from generator.readback.model import Separated

    assert facts.press is not None
    plate = Separated(1, (238.0, 325.0), 3.4, (10.0, 10.0, 20.0, 20.0))
    wrong = replace(facts, press=replace(facts.press, separated=(plate,)))
    expected = Expected("test", for_medium(A4, "press"), None, "", "", is_ordered=False)
    found = [(p.rule, p.what) for p in check_handout(wrong, expected, ["COL-02", "COL-03"])]
    assert found == [
        ("COL-02", "Ghostscript's plates have another ink than black where black alone is meant"),
        ("COL-03", "Ghostscript's plates have 340% of ink, at most 300% wanted"),
    ]


def test_ghostscript_sees_ink_that_our_reading_does_not_know_of(shop: Shop) -> None:
    from generator.readback import look_at_plates

    pinned = find_pinned_fonts()
    facts = read_pdf(shop.pdf, None, pinned, is_ours=False, for_press=True)
    seen = look_at_plates(shop.pdf, facts).press
    assert seen is not None
    assert [plate.stray_mm for plate in seen.separated or ()] == [None, None]
    stained = changed(shop.pdf, lambda pdf: _paint(pdf, b"1 0 0 0 k 300 80 20 9 re f"))
    stain = look_at_plates(stained, facts).press  # the facts are those of the clean file
    assert stain is not None
    assert (stain.separated or ())[0].stray_mm is not None
    assert (stain.separated or ())[1].stray_mm is None


def test_a_glyph_that_changed_on_the_way_is_found(shop: Shop, facts: PdfFacts) -> None:
    expected = Expected("test", for_medium(A4, "press"), None, "", "", runs=facts.runs)
    assert check_handout(facts, expected, ["TXT-03"]) == ()
    first = facts.runs[0]
    other = replace(first, glyphs=(*first.glyphs[:-1], first.glyphs[-1] + 1))
    moved = replace(first, x_mm=first.x_mm + 0.1)
    for run in (other, moved):
        wrong = replace(facts, runs=(run, *facts.runs[1:]))
        assert [problem.rule for problem in check_handout(wrong, expected, ["TXT-03"])] == ["TXT-03"]
    assert check_handout(replace(facts, runs=facts.runs[:-1]), expected, ["TXT-03"])


def test_rules_about_tags_say_nothing_of_a_press_file(facts: PdfFacts) -> None:
    expected = Expected("test", for_medium(A4, "press"), find_language("ja"), "", "", is_ordered=False)
    assert not facts.elements
    assert not [p for p in check_handout(facts, expected) if p.rule.startswith("A11Y")]
    office = replace(expected, paper=A4)
    assert "A11Y-01" in {p.rule for p in check_handout(facts, office)}


def test_inspect_judges_any_file_as_press(shop: Shop) -> None:
    clean = shop.project.run("inspect", "output/ja/demo-cancel-a4-press.pdf")
    assert clean.code == 0, clean.stderr
    assert "a4-press, ja, clean" in clean.stdout
    ran = shop.project.run("inspect", "--press", "output/ja/demo-cancel-a4.pdf")
    assert ran.code == 1
    assert "has its colour from DeviceRGB" in ran.stderr
    assert "has 0.0 mm of bleed, 3 mm wanted [GEO-02]" in ran.stderr
    assert "A11Y" not in ran.stderr


# --- the command -------------------------------------------------------------------------------


def test_same_inputs_give_the_same_bytes_and_nothing_is_built_twice(shop: Shop) -> None:
    before = shop.pdf
    options = ("demo-cancel", "-l", "ja", "--press", "--icc", "press.icc")
    assert "1 unchanged" in shop.project.build(*options).stderr
    assert "1 built" in shop.project.build(*options, "--force", TZ="Asia/Tokyo", PYTHONHASHSEED="7").stderr
    assert shop.pdf == before


def test_the_accessible_file_stays_beside_it_as_it_was(shop: Shop, built_once: Project) -> None:
    for file in ("ja/demo-cancel-a4.pdf", "en/demo-start-a4.pdf"):
        assert (shop.project.output / file).read_bytes() == (built_once.output / file).read_bytes()


def test_prune_knows_that_the_project_makes_them(shop: Shop) -> None:
    ran = shop.project.build("-l", "en", "demo-start", "--prune")
    assert "no longer makes" not in ran.stderr
    assert (shop.project.root / FILE).is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--icc", "press.icc"), "--icc is about a file for a print shop: add --press"),
        (("--condition", "JC200103"), "--condition is about a file for a print shop: add --press"),
        (("--press", "--mono"), "--press and --mono are two files: build them one after the other"),
        (("--press", "--condition", "JC20013"), 'did you mean "JC200103"?'),
        (("--press", "--condition", "Euroscale"), "name its ICC profile instead: --icc FILE"),
        (("--press", "--icc", "lost.icc"), "does not exist"),
    ],
)
def test_wrong_options_are_told_with_the_way_out(shop: Shop, arguments: tuple[str, ...], said: str) -> None:
    ran = shop.project.run("build", *arguments)
    assert ran.code == 2
    assert said in " ".join(ran.stderr.split())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"no profile at all", "is no ICC profile"),
        (make_profile()[:-40], "it was cut off, or something added"),
        (make_profile(b"mntr", b"RGB "), "is for RGB, CMYK wanted"),
        (make_profile(b"mntr"), 'is the profile of another device ("mntr"), a printer\'s ("prtr") wanted'),
        (make_profile(tags="desc wtpt"), "lacks what a printer's profile has: A2B0, B2A0"),
        (make_profile()[:128] + b"\xff\xff\xff\xff" + make_profile()[132:], "reaches beyond its end"),
    ],
)
def test_a_profile_of_something_else_is_refused(shop: Shop, data: bytes, said: str) -> None:
    shop.project.write("wrong.icc", data)
    ran = shop.project.run("build", "demo-cancel", "-l", "ja", "--press", "--icc", "wrong.icc")
    assert ran.code == 1
    assert said in ran.stderr
    assert "wrong.icc" in ran.stderr
    assert "[press-profile]" in ran.stderr


# --- colours -----------------------------------------------------------------------------------


def test_every_colour_of_the_design_has_its_inks() -> None:
    css = "".join(
        path.read_text() for path in (ROOT / "templates/css").glob("*.css") if path.name != "calibration.css"
    )
    used = {colour.upper() for colour in re.findall(r"#[0-9A-Fa-f]{6}\b", css)}
    assert used <= PRESS_INKS.keys()
    assert {WHITE, INK, NOTE, HAIRLINE, NEUTRAL} == PRESS_INKS.keys()


@pytest.mark.parametrize(
    "colour", ["#000000", "#FFFFFF", "#808080", "#B84A00", "#00FF00", "#123456", "#010000"]
)
def test_derived_inks_dry_and_greys_are_black_alone(colour: str) -> None:
    inks = mix_inks(colour)
    assert all(0 <= ink <= 1 for ink in inks)
    assert sum(inks) <= 3
    if colour[1:3] == colour[3:5] == colour[5:7]:
        assert inks[:3] == (0, 0, 0)


def test_carriers_have_inks_that_dry_and_greys_that_carry_white_type() -> None:
    for carrier in load_content(ROOT).carriers.values():
        assert carrier.accent_cmyk
        assert sum(carrier.accent_cmyk) <= 300
        assert contrast_with_white(carrier.accent_grey) >= 4.5


@pytest.mark.parametrize(
    "colour", ["#B84A00", "#A3001E", "#1C2833", "#0B5D4E", "#304060", "#767676", "#000000"]
)
def test_a_derived_grey_stands_out_as_much_as_its_colour(colour: str) -> None:
    grey = round(find_grey(colour) * 255)
    derived = contrast_with_white(f"#{grey:02X}{grey:02X}{grey:02X}")
    assert contrast_with_white(colour) <= derived < contrast_with_white(colour) * 1.03
    assert derived >= 4.5


def test_bad_inks_and_greys_of_a_carrier_are_told_with_their_lines(project: Project) -> None:
    project.change(
        "content/carriers/demo.toml",
        'accent = "#304060"\n',
        'accent = "#304060"\naccent_cmyk = [100, 90, 80, 70]\naccent_grey = "#626362"\n',
    )
    ran = project.run("check")
    assert ran.code == 1
    assert (
        "content/carriers/demo.toml:9: accent_cmyk: 340 % of ink does not dry, at most 300 wanted"
        in ran.stderr
    )
    assert "content/carriers/demo.toml:10: accent_grey: #626362 is no grey" in ran.stderr


def test_a_medium_changes_what_it_must_and_nothing_else() -> None:
    for paper in PAPERS:
        assert for_medium(paper, "office") == paper
        if paper.is_roll:  # its printer is the only one
            assert for_medium(paper, "mono") == for_medium(paper, "press") == paper
            continue
        assert replace(for_medium(paper, "mono"), medium="office") == paper
        sheet = for_medium(paper, "press")
        assert (sheet.bleed_mm, sheet.safe_mm, sheet.duplex) == (3.0, 3.0, "")
        assert (sheet.label, sheet.name) == (f"{paper.name}-press", paper.name)
    assert POSTER in PAPERS
    assert set(VERSIONS.values()) == {"1.4", "1.6"}
    assert all(name.strip() == name for name in CONDITIONS)


# --- without colour ----------------------------------------------------------------------------


def test_a_file_without_colour_has_greys_alone_and_says_the_same(shop: Shop) -> None:
    mono, office = (
        shop.project.output / "ja/demo-cancel-a4-mono.pdf",
        shop.project.output / "ja/demo-cancel-a4.pdf",
    )
    with pikepdf.open(mono) as pdf:
        for page in pdf.pages:
            operators = {line.rpartition(b" ")[2] for line in page.obj.Contents.read_bytes().split(b"\n")}
            assert operators.isdisjoint({b"rg", b"RG", b"k", b"K", b"cs", b"CS"})
            assert b"g" in operators
            assert not page.obj.Resources.ColorSpace.keys()
    assert text_of(mono) == text_of(office)
    assert judge(mono.read_bytes(), "mono") == []


def test_colour_in_a_file_without_colour_is_found(shop: Shop) -> None:
    mono = (shop.project.output / "ja/demo-cancel-a4-mono.pdf").read_bytes()
    found = judge(changed(mono, lambda pdf: _paint(pdf, b"0 0 .1 rg 100 100 9 9 re f")), "mono")
    assert found == [("COL-01", "type or drawing has its colour from DeviceRGB, grey alone wanted")]


def test_the_day_of_the_tests_is_no_part_of_a_press_file(shop: Shop) -> None:
    assert DAY.replace("-", "").encode() not in shop.pdf
    with pikepdf.open(io.BytesIO(shop.pdf)) as pdf:
        assert str(pdf.docinfo.CreationDate) == "D:20261122000000Z"  # that on which the last fact was seen
