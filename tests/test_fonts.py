"""The fonts: pinned, subset, found again, drawn. Real fonts, real engine."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
import uharfbuzz
from fontTools.pens.areaPen import AreaPen
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont

from generator import fonts
from generator.fonts import FAMILY, FontSet, PinnedFonts
from generator.problem import FontError, Problem

# Every character here has at least two regional forms in Noto Sans CJK, punctuation in a Han run.
REGIONAL = frozenset("直骨令角与海述今返約外誤認冷房編名将比低化換所次契運，。“！")
CHARACTERS = REGIONAL | frozenset("abcdefiAV0123456789 .()ー（）「」、解約窓口番号手続") | frozenset("필요")
SMALL = frozenset("返A1")
TAGS = ("ja", "zh-Hans", "zh-Hant", "zh-HK", "ko")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def family(cache: Path) -> FontSet:
    return fonts.make_fonts(CHARACTERS, cache)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> FontSet:
    return fonts.make_fonts(SMALL, tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def pinned() -> PinnedFonts:
    return fonts.find_pinned_fonts()


def run(code: str, *arguments: object, **environment: str) -> bytes:
    """Return what a fresh Python prints; fail when it complains."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(Path(fonts.__file__).parents[1]), **environment},
        capture_output=True,
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return done.stdout


def contents(made: FontSet) -> tuple[bytes, bytes]:
    return made.regular.read_bytes(), made.bold.read_bytes()


def refusal(error: pytest.ExceptionInfo[FontError]) -> list[tuple[str, str, str]]:
    return [(problem.where, problem.rule, problem.hint) for problem in error.value.problems]


Drawn = tuple[list[int], list[tuple[int, ...]]]


def shape(path: Path, text: str, tag: str, features: dict[str, bool], script: str = "Hani") -> Drawn:
    """Return the pinned glyph ids and the placements with which a font file draws a text."""
    font = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path))))
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.direction, buffer.script, buffer.language = "ltr", script, tag
    uharfbuzz.shape(font, buffer, features)
    ids = [info.codepoint for info in buffer.glyph_infos]
    if path.suffix == ".ttf":
        names = [font.glyph_to_string(glyph) for glyph in ids]
        ids = [0 if name == ".notdef" else int(name.removeprefix("cid")) for name in names]
    return ids, [position.position for position in buffer.glyph_positions]


# --- the pinned files --------------------------------------------------------------------------


def test_the_installed_fonts_are_the_pinned_ones(pinned: PinnedFonts) -> None:
    fonts.verify_pinned_fonts(pinned)


def test_changed_missing_and_restricted_fonts_are_all_refused_with_a_hint(
    pinned: PinnedFonts, tmp_path: Path
) -> None:
    font = bytearray(pinned.regular.read_bytes())
    entry = font.index(b"OS/2")
    table = int.from_bytes(font[entry + 8 : entry + 12], "big")
    font[table + 9] = 2  # fsType 2: restricted licence, no embedding
    restricted = tmp_path / "restricted.otf"
    restricted.write_bytes(font)

    with pytest.raises(FontError) as error:
        fonts.verify_pinned_fonts(PinnedFonts(restricted, tmp_path / "absent.otf"))
    regular, bold = "noto-cjk-sans-jp-regular", "noto-cjk-sans-jp-bold"
    again = "run: pip install --force-reinstall --no-deps {}==0.0.1"
    assert refusal(error) == [
        (bold, "font-missing", again.format(bold)),
        (regular, "FNT-07", again.format(regular)),
        (regular, "font-hash", again.format(regular)),
    ]


def test_a_truncated_pinned_font_is_refused(pinned: PinnedFonts, tmp_path: Path) -> None:
    short, empty = tmp_path / "short.otf", tmp_path / "empty.otf"
    short.write_bytes(pinned.regular.read_bytes()[:100_000])
    empty.touch()
    with pytest.raises(FontError) as error:
        fonts.verify_pinned_fonts(PinnedFonts(short, empty))
    assert [problem.rule for problem in error.value.problems] == ["font-hash", "font-hash"]


def test_missing_packages_are_all_named_with_the_command_that_installs_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(FontError) as error:
        fonts.find_pinned_fonts()
    assert refusal(error) == [
        (package, "font-missing", f"run: pip install {package}==0.0.1")
        for package in ("noto-cjk-sans-jp-bold", "noto-cjk-sans-jp-regular")
    ]


def test_a_package_without_its_file_is_named(
    pinned: PinnedFonts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (pinned.regular, pinned.bold):
        package = tmp_path / path.parent.name
        package.mkdir()
        (package / "__init__.py").touch()
    (tmp_path / pinned.bold.parent.name / pinned.bold.name).touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(FontError) as error:
        fonts.find_pinned_fonts()
    assert error.value.problems == (
        Problem(
            key="noto-cjk-sans-jp-regular",
            rule="font-missing",
            what='has lost its file "NotoSansCJKjp-Regular.otf"',
            hint="run: pip install --force-reinstall --no-deps noto-cjk-sans-jp-regular==0.0.1",
        ),
    )


def test_both_pinned_fonts_cover_the_same_characters(pinned: PinnedFonts) -> None:
    regular, bold = (
        set(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path))).unicodes)
        for path in (pinned.regular, pinned.bold)
    )
    assert regular == bold
    assert len(regular) == 44_810


def test_characters_without_a_glyph_are_reported() -> None:
    undrawable = frozenset("💪☐\0\n\u200b\ud800")
    assert fonts.missing_characters(undrawable | CHARACTERS) == undrawable


def test_naming_fonts_imports_no_font_library() -> None:
    code = """if True:
        import sys
        from generator.fonts import fingerprint_fonts
        fingerprint_fonts(frozenset("A"))
        print(sorted({"fontTools", "uharfbuzz", "weasyprint"} & set(sys.modules)))
    """
    assert run(code) == b"[]\n"


# --- the subset --------------------------------------------------------------------------------


@pytest.mark.parametrize("style", ["regular", "bold"])
@pytest.mark.parametrize("tag", TAGS)
def test_every_language_gets_the_regional_forms_and_widths_of_the_pinned_font(
    family: FontSet, pinned: PinnedFonts, style: str, tag: str
) -> None:
    original, ours = getattr(pinned, style), getattr(family, style)
    text = "".join(sorted(CHARACTERS)) + "（「返約」、。）AV 0120 fi"
    for script in ("Hani", "Kana", "Hang", "Latn", "Zyyy"):
        for feature in ("locl", "halt", "palt", "tnum", "hwid", "fwid", "vert", "aalt"):
            settings = {feature: True}
            # Marks that stand alone have no script; ours gives them the forms that they have in Han text.
            pinned_script = "Hani" if script == "Zyyy" else script
            expected = shape(original, text, tag, settings, pinned_script)
            assert shape(ours, text, tag, settings, script) == expected


def test_the_regional_characters_of_these_tests_are_regional(pinned: PinnedFonts) -> None:
    for character in REGIONAL:
        assert len({tuple(shape(pinned.regular, character, tag, {})[0]) for tag in TAGS}) > 1, character


def test_the_forms_of_one_character_differ_by_language(family: FontSet) -> None:
    forms = [shape(family.regular, "返", tag, {})[0] for tag in TAGS]
    assert forms == [[40109], [40110], [40111], [40112], [62850]]


@pytest.mark.parametrize("style", ["Regular", "Bold"])
def test_a_face_is_plain_truetype_with_our_name_and_its_licence(family: FontSet, style: str) -> None:
    with TTFont(getattr(family, style.lower())) as font:
        assert font.sfntVersion == "\0\1\0\0"
        tables = set(font.keys())
        assert {"glyf", "loca", "vhea", "vmtx", "GSUB", "GPOS", "BASE"} <= tables
        assert not {"CFF ", "VORG", "DSIG", "fpgm", "prep", "cvt "} & tables
        names = {record.nameID: str(record) for record in font["name"].names}
        assert [names[name_id] for name_id in (1, 2, 6)] == [FAMILY, style, f"HandoutSans-{style}"]
        assert names[0].startswith("© 2014-2021 Adobe")
        assert "SIL Open Font License, Version 1.1" in names[13]
        assert names[14] == "http://scripts.sil.org/OFL"
        assert sorted(names) == [0, 1, 2, 3, 4, 5, 6, 13, 14]
        assert font["post"].formatType == 2.0
        assert font["maxp"].tableVersion == 0x00010000
        assert font["OS/2"].fsType == 0
        assert font["OS/2"].usWeightClass == {"Regular": 400, "Bold": 700}[style]
        for name in font.getGlyphOrder():
            assert font["hmtx"][name][1] == getattr(font["glyf"][name], "xMin", 0)


def test_outlines_stray_less_than_a_few_thousandths_of_the_em(family: FontSet, pinned: PinnedFonts) -> None:
    original = fonts._outlines(pinned.regular)
    ours = fonts._outlines(family.regular)
    with TTFont(family.regular) as font:
        names = font.getGlyphOrder()
    for glyph, name in enumerate(names):
        pinned_id = 0 if name == ".notdef" else int(name.removeprefix("cid"))
        boxes, areas = [], []
        for draw, number in ((original, pinned_id), (ours, glyph)):
            box, area = BoundsPen(None), AreaPen(None)
            draw(number, box)
            draw(number, area)
            boxes.append(box.bounds or (0, 0, 0, 0))
            areas.append(area.value)
        assert max(abs(a - b) for a, b in zip(*boxes, strict=True)) <= 1, name
        # The sum of the signed areas changes its sign with the direction of the contours.
        # 2 % of the ink of the densest is a stem of 60 units that became one of 61.
        assert areas[0] == pytest.approx(-areas[1], rel=0.02, abs=50), name


def test_a_character_outside_the_set_is_notdef(family: FontSet) -> None:
    assert shape(family.regular, "鬱💪", "ja", {})[0] == [0, 0]


def test_characters_without_a_glyph_do_not_stop_the_making(cache: Path) -> None:
    odd = fonts.make_fonts(frozenset("A💪\0\ud800"), cache)
    with TTFont(odd.regular) as font:
        assert list(font.getBestCmap()) == [ord("A")]


# --- the cache ---------------------------------------------------------------------------------


def test_a_cached_set_is_not_made_again(family: FontSet, cache: Path) -> None:
    before = family.regular.stat().st_mtime_ns
    assert fonts.make_fonts(CHARACTERS, cache) == family
    assert family.regular.stat().st_mtime_ns == before


def test_one_more_character_makes_another_set() -> None:
    assert fonts.fingerprint_fonts(SMALL) == fonts.fingerprint_fonts(frozenset("1A返"))
    assert fonts.fingerprint_fonts(SMALL) != fonts.fingerprint_fonts(SMALL | {"B"})


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50])


@pytest.mark.parametrize("harm", [damage, truncate, Path.unlink])
@pytest.mark.parametrize("file", ["regular.ttf", "bold.ttf", "fonts.json"])
def test_a_harmed_cache_is_made_again_with_the_same_bytes(
    small: FontSet, tmp_path: Path, file: str, harm: object
) -> None:
    shutil.copytree(small.regular.parents[2], tmp_path, dirs_exist_ok=True)
    folder = tmp_path / "fonts" / small.fingerprint
    assert callable(harm)
    harm(folder / file)
    again = fonts.make_fonts(SMALL, tmp_path)
    assert contents(again) == contents(small)
    assert sorted(path.name for path in folder.iterdir()) == ["bold.ttf", "fonts.json", "regular.ttf"]
    assert (folder / "fonts.json").read_bytes() == (small.regular.with_name("fonts.json")).read_bytes()
    assert [path.name for path in folder.parent.iterdir()] == [small.fingerprint]


MAKE = """if True:
    import sys
    from pathlib import Path
    from generator.fonts import make_fonts
    made = make_fonts(frozenset("返A1"), Path(sys.argv[1]))
    sys.stdout.buffer.write(made.regular.read_bytes() + made.bold.read_bytes())
"""


def test_the_bytes_do_not_depend_on_hash_seed_clock_zone_or_locale(small: FontSet, tmp_path: Path) -> None:
    odd = {"PYTHONHASHSEED": "4242", "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "1"}
    assert run(MAKE, tmp_path, **odd) == b"".join(contents(small))


def test_two_processes_at_once_both_end_with_a_good_set(small: FontSet, tmp_path: Path) -> None:
    folder = tmp_path / "fonts" / small.fingerprint
    folder.mkdir(parents=True)
    (folder / "regular.ttf").write_bytes(b"damaged")
    command = [sys.executable, "-c", MAKE, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(fonts.__file__).parents[1])}
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) for _ in range(2)]
    assert [process.communicate()[0] for process in both] == [b"".join(contents(small))] * 2
    assert [path.name for path in folder.parent.iterdir()] == [small.fingerprint]
    assert fonts._is_sound(folder)


# --- the engine --------------------------------------------------------------------------------

RENDER = """if True:
    import logging, sys
    import weasyprint
    logging.getLogger("weasyprint").addHandler(logging.StreamHandler())
    sys.stdout.buffer.write(weasyprint.HTML(string=sys.argv[1]).write_pdf(pdf_tags=True))
"""


def render(body: str, family: FontSet, cache: Path) -> bytes:
    config = fonts.fontconfig_file(family, cache)
    page = f"<html lang=zh-Hans><title>.</title><style>{fonts.font_face_css(family)}</style>{body}"
    return run(RENDER, page, FONTCONFIG_FILE=str(config))


def embedded_fonts(document: bytes) -> list[tuple[str, ...]]:
    """Return name and kind of program of every font in a PDF, sorted."""
    programs = {"/FontFile", "/FontFile2", "/FontFile3"}
    with pikepdf.open(io.BytesIO(document)) as pdf:
        descriptors = [
            item
            for item in pdf.objects
            if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/FontDescriptor"
        ]
        return sorted(
            (str(item.FontName).partition("+")[2], *sorted(programs & set(item.keys())))
            for item in descriptors
        )


def test_a_page_embeds_only_our_two_faces_as_truetype(family: FontSet, cache: Path, tmp_path: Path) -> None:
    body = "<p>返海<b>返</b><span lang=ja>返海<b>返</b></span><p style='font-family: serif'>編 A"
    document = render(body, family, cache)
    assert embedded_fonts(document) == [("Handout-Sans", "/FontFile2"), ("Handout-Sans-Bold", "/FontFile2")]
    # Neither the place of the cache nor what fontconfig has cached there may matter.
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(cache, elsewhere, ignore=shutil.ignore_patterns("fontconfig"))
    assert render(body, fonts.make_fonts(CHARACTERS, elsewhere), elsewhere) == document


def test_a_character_outside_the_set_finds_no_font_of_the_machine(family: FontSet, cache: Path) -> None:
    code = """if True:
        import sys
        import weasyprint
        sys.stdout.buffer.write(weasyprint.HTML(string="<html lang=ja><p>A💪☐鬱я").write_pdf())
    """
    document = run(code, FONTCONFIG_FILE=str(fonts.fontconfig_file(family, cache)))
    assert embedded_fonts(document) == [("Handout-Sans", "/FontFile2")]


def test_the_fontconfig_file_names_nothing_outside_the_cache(family: FontSet, tmp_path: Path) -> None:
    cache = tmp_path / "a & b"
    folder = cache / "fonts" / family.fingerprint
    moved = replace(family, regular=folder / "regular.ttf", bold=folder / "bold.ttf")
    path = fonts.fontconfig_file(moved, cache)
    text = path.read_text(encoding="utf-8")
    assert fonts.fontconfig_file(moved, cache) == path
    assert text == path.read_text(encoding="utf-8")
    assert "<include" not in text
    assert text.count("<dir>") == text.count("<cachedir>") == 1
    assert f"<dir>{tmp_path}/a &amp; b/fonts/{family.fingerprint}</dir>" in text
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
