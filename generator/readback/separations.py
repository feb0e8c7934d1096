"""Let Ghostscript separate a file of ours into its plates, and look at them. The room for that program.

It is a second opinion of a reader that shares nothing with ours. It never sees a file of unknown origin:
it is a whole programming language, and has been broken into before.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import lru_cache

from generator.readback.model import Box, Separated

# A module of a code is 6 pixels, a letter of 8 pt 16 high.
_DPI = 144
_PX_PER_MM = _DPI / 25.4
_SECONDS = 120
# Lines of the edge of a coloured shape are drawn in the pixels that they touch.
_EDGE_MM = 0.4


@lru_cache(maxsize=1)
def find_ghostscript() -> str:
    """Return the version of Ghostscript, "" where there is none."""
    try:
        done = subprocess.run(["gs", "--version"], capture_output=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("ascii", "replace").strip()


def separate(
    pdf: bytes, bleeds: Sequence[Box], coloured: Sequence[tuple[int, Box]]
) -> tuple[Separated, ...] | None:
    """Return what is on the plates of each page; None where nobody could look.

    `bleeds` are the bleed boxes in mm from the left top corner of the sheet; `coloured` are the places, in
    the same mm, where another ink than black is meant to be, by page.
    """
    if not find_ghostscript() or shutil.which("gs") is None:
        return None
    command = [
        "gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-dPDFSTOPONERROR", f"-r{_DPI}", "-sDEVICE=pamcmyk32",
        "-dUseFastColor=true", "-sOutputFile=%stdout", "-",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, input=pdf, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    pages = list(_read_pages(done.stdout))
    if done.returncode or len(pages) != len(bleeds):
        return ()
    return tuple(
        _look(number, page, bleeds[number - 1], [box for at, box in coloured if at == number])
        for number, page in enumerate(pages, start=1)
    )


def _read_pages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield width, height and the four inks of each pixel. Source: netpbm, pam(5)."""
    start = 0
    while data[start : start + 3] == b"P7\n":
        end = data.index(b"ENDHDR\n", start) + len(b"ENDHDR\n")
        lines = (line.split(maxsplit=1) for line in data[start:end].splitlines())
        header = {line[0]: line[1] for line in lines if len(line) == 2}
        width, height = int(header[b"WIDTH"]), int(header[b"HEIGHT"])
        size = width * height * 4
        yield width, height, data[end : end + size]
        start = end + size


def _look(number: int, page: tuple[int, int, bytes], bleed: Box, coloured: Sequence[Box]) -> Separated:
    from PIL import Image, ImageChops, ImageDraw

    width, height, inks = page
    left, top, right, bottom = (round(edge * _PX_PER_MM) for edge in bleed)
    # The marks begin where the bleed ends, in pixels that are half of each.
    inside = (left + 1, top + 1, right - 1, bottom - 1)
    sheet = Image.frombytes("CMYK", (width, height), inks).crop(inside)
    cyan, magenta, yellow, black = sheet.split()
    quarter = ImageChops.add(ImageChops.add(cyan, magenta, 2), ImageChops.add(yellow, black, 2), 2)
    others = ImageChops.lighter(ImageChops.lighter(cyan, magenta), yellow)
    draw = ImageDraw.Draw(others)
    for x0, y0, x1, y1 in coloured:
        near, far = (x0 - _EDGE_MM, y0 - _EDGE_MM), (x1 + _EDGE_MM, y1 + _EDGE_MM)
        corners = [round((mm - bleed[i % 2]) * _PX_PER_MM) for i, mm in enumerate((*near, *far))]
        draw.rectangle(corners, fill=0)
    stray = others.getbbox()
    return Separated(
        page=number,
        size_mm=(round(width / _PX_PER_MM, 1), round(height / _PX_PER_MM, 1)),
        most_ink=round(int(quarter.getextrema()[1]) * 4 / 255, 3),  # type: ignore[arg-type]
        stray_mm=None if stray is None else _to_mm(stray),
    )


def _to_mm(box: tuple[int, int, int, int]) -> Box:
    left, top, right, bottom = (round(px / _PX_PER_MM, 1) for px in box)
    return left, top, right, bottom
