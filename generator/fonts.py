"""The fonts that handouts are printed with: pinned files in, one small family out.

    pinned OpenType files ── make_fonts(characters) ──▶ FontSet ── fontconfig_file, font_face_css ──▶ layout

One pan-CJK font holds every regional form of a character and chooses by `lang` (OpenType `locl`). What is
embedded is a subset with TrueType outlines: the pinned fonts are CID-keyed CFF, and once such a font is
subset its CIDs are no longer its glyph ids, so MuPDF and Ghostscript print other glyphs or none while
poppler and PDFium look perfect (ISO 32000-1, 9.7.4.2). TrueType has no second numbering to go wrong.

fontTools and uharfbuzz are imported inside functions: commands that make no fonts must stay fast.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import html
import importlib.util
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generator.problem import FontError, Problem

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont

FAMILY = "Handout Sans"

# Noto Sans CJK JP 2.004; every table but head equals that of Debian's fonts-noto-cjk 1:20220127.
REGULAR_SHA256 = "68a3fc98800b2a27b371f2fb79991daf3633bd89309d4ffaa6946fd587f375b5"
BOLD_SHA256 = "e53dcb0dcb2922e45d01aae1ebd2f382bb81d4229b18b6b883bd170678af1f76"

# Counts up whenever the same characters would give other bytes than before.
RECIPE = 5

# How far a quadratic outline may stray from the pinned cubic one, in units of 1000 to the em:
# 0.004 mm at 12 pt, a fifth of a dot at 1200 dpi. Half of it would make a handout 5 % larger.
MAX_ERROR_UNITS = 1.0

# Han, kana and their marks stand in text sizes, by the hundred, and their outlines are most of a file: half
# a unit more, and points on every second unit only, take a ninth off it. A point moves by one unit at most,
# a tenth of a dot of 600 dpi at 10.5 pt. Latin letters and digits, which are set up to 52 pt, stay as fine
# as they were.
MAX_ERROR_UNITS_HAN = 1.5
GRID_UNITS_HAN = 2

# Copyright, family, style, id, full name, version, PostScript name, licence and its address. The OFL asks
# that the first and the last two stay with every copy.
NAME_IDS = [0, 1, 2, 3, 4, 5, 6, 13, 14]

FACES = ("regular.ttf", "bold.ttf")
SIDECAR = "fonts.json"


@dataclass(frozen=True, slots=True)
class PinnedFonts:
    """Where the two pinned OpenType files are on this machine."""

    regular: Path
    bold: Path


@dataclass(frozen=True, slots=True)
class FontSet:
    """A family made for `characters`: two TrueType files, absolute paths.

    Its glyphs are named by their glyph ids in the pinned fonts: `cid23486` was glyph 23486, `.notdef` was 0.
    Sets of the same `fingerprint` have the same bytes.
    """

    family: str
    regular: Path
    bold: Path
    fingerprint: str
    characters: frozenset[str]


def find_pinned_fonts() -> PinnedFonts:
    """Find the files of the pinned font packages, without importing the packages or reading the files.

    Raises:
        FontError: a package or its file is missing; all of them are named.
    """
    found: list[Path] = []
    problems: list[Problem] = []
    for style in ("Regular", "Bold"):
        package = f"noto-cjk-sans-jp-{style.lower()}"
        spec = importlib.util.find_spec(package.replace("-", "_"))
        if spec is None or spec.origin is None:
            what, hint = "is not installed", f"run: pip install {package}==0.0.1"
            problems.append(Problem(key=package, rule="font-missing", what=what, hint=hint))
            continue
        path = Path(spec.origin).with_name(f"NotoSansCJKjp-{style}.otf")
        if not path.is_file():
            what = f'has lost its file "{path.name}"'
            problems.append(Problem(key=package, rule="font-missing", what=what, hint=_reinstall(package)))
        found.append(path)
    if problems:
        raise FontError(problems)
    return PinnedFonts(*found)


def verify_pinned_fonts(pinned: PinnedFonts) -> None:
    """Refuse fonts that are not byte for byte the pinned ones, or that may not be embedded.

    Reads both files (33 MB; 20 ms, or 80 when they are not in the page cache): called when a subset is
    made, by `doctor`, and once by a release build; not for every handout.

    Raises:
        FontError: a hash differs, a file cannot be read, or OS/2 fsType forbids embedding; all are named.

    Source:
        OpenType 1.9, OS/2, fsType: 0 is installable embedding, without any restriction.
    """
    problems: list[Problem] = []
    for path, expected, style in (
        (pinned.regular, REGULAR_SHA256, "regular"),
        (pinned.bold, BOLD_SHA256, "bold"),
    ):
        package = f"noto-cjk-sans-jp-{style}"

        def refuse(rule: str, what: str, package: str = package) -> None:
            problems.append(Problem(key=package, rule=rule, what=what, hint=_reinstall(package)))

        try:
            actual = _sha256(path)
        except OSError as error:
            refuse("font-missing", f'"{path}" cannot be read: {error.strerror}')
            continue
        if actual != expected:
            refuse("font-hash", f'"{path}" has sha256 {actual[:12]}…, pinned is {expected[:12]}…')
        if fs_type := _fs_type(path):
            refuse("FNT-07", f'"{path}" may not be embedded freely, fsType is {fs_type}')
    if problems:
        raise FontError(problems)


def missing_characters(characters: frozenset[str]) -> frozenset[str]:
    """Return the characters that the pinned fonts have no glyph for.

    That includes controls (line breaks too), lone surrogates, and marks that are never drawn, such as
    U+200B; whoever may use those takes them out first. The hash is not verified here.

    Raises:
        FontError: a pinned font is missing.
    """
    covered = _covered_code_points()
    return frozenset(character for character in characters if ord(character) not in covered)


def fingerprint_fonts(characters: frozenset[str]) -> str:
    """Return what decides the bytes of a font set, as 64 hexadecimal digits; no font is read."""
    from importlib.metadata import version

    # uharfbuzz takes part twice: it reads the outlines, and fontTools packs GSUB and GPOS with it.
    inputs = {
        "pinned": [REGULAR_SHA256, BOLD_SHA256],
        "recipe": RECIPE,
        "tools": [f"{tool} {version(tool)}" for tool in ("fonttools", "uharfbuzz")],
        "characters": sorted(map(ord, characters)),
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def make_fonts(characters: frozenset[str], cache: Path) -> FontSet:
    """Make the family for these characters, or take it from `cache/fonts/<fingerprint>/`.

    Making takes 2.4 s for 1500 characters, finding 4 ms. The bytes depend on nothing but the fingerprint,
    so two processes may make the same set at once. Cached files are trusted only when both hashes in the
    sidecar are right; otherwise they are made again. Characters without a glyph are left out (see
    `missing_characters`) and print as `.notdef`.

    Raises:
        FontError: fonts must be made and the pinned ones are missing or damaged.
        OSError: the cache cannot be written.
    """
    fingerprint = fingerprint_fonts(characters)
    shelf = cache.resolve() / "fonts"
    folder = shelf / fingerprint
    if not _is_sound(folder):
        pinned = find_pinned_fonts()
        verify_pinned_fonts(pinned)
        code_points = sorted(map(ord, characters))
        folder.mkdir(parents=True, exist_ok=True)
        # Beside the folder, not in it: fontconfig takes every font that it finds there.
        with tempfile.TemporaryDirectory(prefix=".new-", dir=shelf) as name:
            new = Path(name)
            # One after the other: a process for each saves 1 s of 2.4, but only where a program can be
            # started over from its main module, and only when a new character has come in.
            _write_face(pinned.regular, new / FACES[0], "Regular", code_points)
            _write_face(pinned.bold, new / FACES[1], "Bold", code_points)
            (new / SIDECAR).write_text(json.dumps(_hash_faces(new), indent=2) + "\n", encoding="ascii")
            # File by file: whoever makes this set at the same moment moves in the same bytes, so every
            # mixture is right and a reader never meets a gap.
            for file in (*FACES, SIDECAR):
                (new / file).replace(folder / file)
    regular, bold = (folder / face for face in FACES)
    return FontSet(FAMILY, regular, bold, fingerprint, characters)


def fontconfig_file(fonts: FontSet, cache: Path) -> Path:
    """Write the fontconfig configuration that knows this family and nothing else; return its path.

    With `FONTCONFIG_FILE` set to it before WeasyPrint is imported, a character outside the family becomes
    `.notdef`: no font of the machine can stand in. It includes no other file, so no rule of the machine
    (substitution, hinting, language) takes part.

    Raises:
        OSError: the cache cannot be written.
    """
    shelf = cache.resolve() / "fonts"
    path = shelf / f"{fonts.fingerprint}.conf"
    text = (
        '<?xml version="1.0"?>\n'
        '<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n'
        "<fontconfig>\n"
        f"  <dir>{html.escape(str(fonts.regular.parent), quote=False)}</dir>\n"
        f"  <cachedir>{html.escape(str(shelf / 'fontconfig'), quote=False)}</cachedir>\n"
        "</fontconfig>\n"
    )
    shelf.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=shelf) as new:
        draft = Path(new) / path.name
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    return path


def font_face_css(fonts: FontSet) -> str:
    """Return the two `@font-face` rules of the family, weights 400 and 700."""
    rule = '@font-face {{ font-family: "{}"; font-weight: {}; src: url("{}"); }}\n'
    return "".join(
        rule.format(fonts.family, weight, path.as_uri())
        for weight, path in ((400, fonts.regular), (700, fonts.bold))
    )


def _write_face(source: Path, target: Path, style: str, code_points: list[int]) -> None:
    """Write the TrueType subset of one pinned font."""
    from fontTools import subset
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.roundingPen import RoundingPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib import TTFont, newTable

    # The dates in head stay those of the pinned font: the clock must not reach the bytes.
    with TTFont(source, lazy=True, recalcTimestamp=False) as font:
        pinned_ids = dict(font.getReverseGlyphMap())
        assert font["head"].unitsPerEm == 1000, "MAX_ERROR_UNITS is measured in units of 1000 to the em"

        # The CFF outlines go before the subsetting: pruning and unhinting them takes three times as long
        # as drawing the glyphs from the pinned file.
        for tag in ("CFF ", "VORG"):
            del font[tag]
        _serve_default_script(font)
        options = subset.Options(layout_features=["*"], notdef_outline=True, hinting=False, name_IDs=NAME_IDS)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=code_points)
        subsetter.subset(font)

        names = font.getGlyphOrder()
        widths = font["hmtx"].metrics
        draw = _outlines(source)
        glyphs = {}
        for name in names:
            pen = TTGlyphPen(None)
            # Glyphs of a whole em are Han, kana and their marks.
            is_han = widths[name][0] == 1000
            error = MAX_ERROR_UNITS_HAN if is_han else MAX_ERROR_UNITS
            end = RoundingPen(pen, _snap_to_grid) if is_han else pen
            # TrueType fills clockwise contours, CFF the others.
            draw(pinned_ids[name], Cu2QuPen(end, error, reverse_direction=True))
            glyphs[name] = pen.glyph(dropImpliedOnCurves=True)

        font["loca"] = newTable("loca")
        font["glyf"] = glyf = newTable("glyf")
        glyf.glyphOrder, glyf.glyphs = names, glyphs
        for name, glyph in glyphs.items():
            glyph.recalcBounds(glyf)
            # head.flags promises that the left side bearing is where the outline begins.
            widths[name] = (widths[name][0], getattr(glyph, "xMin", 0))

        # Version 1.0 is the one for TrueType outlines; its counts of instructions are all none.
        maxp = font["maxp"]
        maxp.tableVersion = 0x00010000
        maxp.maxZones = 1
        for count in ("TwilightPoints", "Storage", "FunctionDefs", "InstructionDefs", "StackElements"):
            setattr(maxp, f"max{count}", 0)
        maxp.maxSizeOfInstructions = maxp.maxComponentElements = 0

        # Format 2 keeps the names, by which a reader of the PDF finds back to the pinned glyphs.
        post = font["post"]
        post.formatType, post.extraNames, post.mapping = 2.0, [], {}

        version = font["name"].getDebugName(5).partition(";")[0]
        postscript_name = f"{FAMILY.replace(' ', '')}-{style}"
        full_name = FAMILY if style == "Regular" else f"{FAMILY} {style}"
        for name_id, text in (
            (1, FAMILY),
            (2, style),
            (3, f"{version};{postscript_name}"),
            (4, full_name),
            (6, postscript_name),
        ):
            font["name"].setName(text, name_id, 3, 1, 0x409)  # Windows, Unicode BMP, English

        font.sfntVersion = "\x00\x01\x00\x00"
        font.save(target)


def _snap_to_grid(number: float) -> int:
    return round(number / GRID_UNITS_HAN) * GRID_UNITS_HAN


def _serve_default_script(font: TTFont) -> None:
    """Give the script DFLT the language systems of Han.

    Marks that stand alone (： after a Latin word, at the end of a line) are shaped as DFLT, which has
    none, and would take their Japanese form in a Chinese guide.

    Source: OpenType 1.9, script list; HarfBuzz falls back to DFLT for characters of script Common.
    """
    records = {record.ScriptTag: record.Script for record in font["GSUB"].table.ScriptList.ScriptRecord}
    known = {record.LangSysTag for record in records["DFLT"].LangSysRecord}
    # Copies: the subsetter renumbers the features of each record, and of a shared one twice.
    new = [copy.deepcopy(r) for r in records["hani"].LangSysRecord if r.LangSysTag not in known]
    records["DFLT"].LangSysRecord.extend(new)
    records["DFLT"].LangSysRecord.sort(key=lambda record: record.LangSysTag)
    records["DFLT"].LangSysCount = len(records["DFLT"].LangSysRecord)


def _outlines(path: Path) -> Callable[[int, Any], None]:
    """Return what draws glyph n of this font with a fontTools pen, in font units.

    HarfBuzz reads CFF three times as fast as fontTools; outlines in these fonts are whole numbers, so
    both give the same.
    """
    import uharfbuzz

    font = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path))))
    draw: Callable[[int, Any], None] = font.draw_glyph_with_pen
    return draw


@functools.cache
def _covered_code_points() -> frozenset[int]:
    """Return what the pinned fonts have glyphs for; both have the same 44,810.

    5 ms, and 25 more for importing uharfbuzz (fontTools: 160 ms): too little to be kept in a file.
    """
    import uharfbuzz

    path = find_pinned_fonts().regular
    return frozenset(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path))).unicodes)


def _fs_type(path: Path) -> int:
    """Return the embedding permissions of a font file; 0 when there is no OS/2 table."""
    import uharfbuzz

    table: bytes = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path))).reference_table("OS/2").data
    return int.from_bytes(table[8:10], "big")


def _is_sound(folder: Path) -> bool:
    """Tell whether the cached faces are those that were written."""
    try:
        return bool(json.loads((folder / SIDECAR).read_bytes()) == _hash_faces(folder))
    except (OSError, ValueError):
        return False


def _hash_faces(folder: Path) -> dict[str, str]:
    return {face: _sha256(folder / face) for face in FACES}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _reinstall(package: str) -> str:
    return f"run: pip install --force-reinstall --no-deps {package}==0.0.1"
