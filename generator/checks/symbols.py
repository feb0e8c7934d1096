"""Judge the codes: the QR rules.

Sources: ISO/IEC 18004:2015 (quiet zone, error correction), ISO/IEC 15415 (symbol contrast), DENSO WAVE (dots
a module).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from generator.checks.order import Expected, Finding, quote
from generator.checks.texts import fold
from generator.readback.model import PdfFacts, Symbol

QUIET_MODULES = 4.0
CONTRAST = 0.70
SHARP_DPI, BLURRED_DPI = 300, 150
# A module of two pixels of the blurred picture. Where a paper allows smaller ones, nobody expects them to be
# read so: the sheet that tests a printer has them to show where it ends.
_BLURRED_MODULE_MM = 0.33
# The printed address stands at most this far from its code.
_BESIDE_MM = 25.0
# A camera measures to a pixel of 300 dpi over the whole code.
_MODULE_TOLERANCE_MM = 0.01
# Over a whole code, so many dots of rounding are not seen.
_DOTS_OFF = 2.0
_TRADEMARK = re.compile("QRコード|QR码|QR碼|QR[ -]?[Cc]ode")


def _at(symbol: Symbol, what: str, text: str = "") -> Finding:
    return Finding(what, symbol.page, symbol.box_mm, text=text)


def _name(symbol: Symbol) -> str:
    return f"the code for {quote(symbol.text)}" if symbol.text else "a code"


def find_unreadable_codes(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find codes that a telephone cannot read, or that lead elsewhere than was ordered."""
    for symbol in facts.symbols:
        if not symbol.reads_at:
            yield _at(symbol, "a code cannot be read")
        elif BLURRED_DPI not in symbol.reads_at and expected.paper.qr_module_mm >= _BLURRED_MODULE_MM:
            yield _at(symbol, f"{_name(symbol)} cannot be read at {BLURRED_DPI} dpi, a little blurred")
        if symbol.text and expected.addresses is not None and symbol.text not in expected.addresses:
            yield _at(symbol, f"{_name(symbol)} was not ordered")
        elif symbol.text and not _may_lead(symbol.text, expected):
            yield _at(symbol, f"{_name(symbol)} leads to a host that is not allowed")
    read = {symbol.text for symbol in facts.symbols}
    for address in dict.fromkeys(expected.addresses or ()):
        if address not in read:
            yield Finding(f"no code on paper leads to {quote(address)}")


def _may_lead(address: str, expected: Expected) -> bool:
    parts = urlsplit(address)
    if parts.scheme == "tel":
        return True
    if expected.hosts is None:
        return True
    host = (parts.hostname or "").removeprefix("www.")
    return parts.scheme == "https" and any(
        host == known or host.endswith(f".{known}") for known in expected.hosts
    )


def find_small_modules(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find codes whose modules a cheap printer smears."""
    wanted = expected.paper.qr_module_mm
    for symbol in facts.symbols:
        if 0 < symbol.module_mm < wanted - _MODULE_TOLERANCE_MM:
            what = (
                f"a module of {_name(symbol)} is {symbol.module_mm:.2f} mm, at least {wanted:.2f} mm wanted"
            )
            yield _at(symbol, what)
        elif dot_mm := expected.paper.dot_mm:
            # Measured over the whole code, or a module that is a little off would look like a whole number.
            dots = symbol.module_mm / dot_mm
            if abs(dots - round(dots)) * symbol.modules > _DOTS_OFF:
                yield _at(
                    symbol,
                    f"a module of {_name(symbol)} is {dots:.2f} dots of {dot_mm:g} mm, whole ones wanted",
                )


def find_crowded_codes(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find codes whose quiet zone is not clear."""
    for symbol in facts.symbols:
        if symbol.module_mm and symbol.quiet < QUIET_MODULES:
            what = f"{symbol.quiet:g} modules around {_name(symbol)} are clear, {QUIET_MODULES:g} wanted"
            yield _at(symbol, what)


def find_faint_codes(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find codes of low contrast, light on dark, or with another error correction."""
    levels = expected.paper.qr_levels
    for symbol in facts.symbols:
        if symbol.contrast < CONTRAST:
            yield _at(
                symbol, f"{_name(symbol)} has a contrast of {symbol.contrast:.2f}, at least {CONTRAST} wanted"
            )
        if symbol.is_inverted:
            yield _at(symbol, f"{_name(symbol)} is light on dark")
        if symbol.level and symbol.level not in levels:
            what = f"{_name(symbol)} has the error correction {symbol.level}, {' or '.join(levels)} wanted"
            yield _at(symbol, what)


def find_odd_codes(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find Micro QR, codes without their address in words, and the trademark without its line."""
    for symbol in facts.symbols:
        if "Micro" in symbol.format:
            yield _at(symbol, f"{_name(symbol)} is a Micro QR code, which telephones do not read")
        elif symbol.text and not _stands_beside(symbol, facts):
            yield _at(symbol, f"{_name(symbol)} has no address in words beside it", symbol.text)
    everything = "".join(run.text for run in facts.runs)
    if "DENSO WAVE" not in everything.upper().replace("デンソーウェーブ", "DENSO WAVE"):
        for run in facts.runs:
            if found := _TRADEMARK.search(run.text):
                what = f"“{found[0]}” is a trademark of DENSO WAVE, and no line says so"
                yield Finding(what, run.page, run.ink_mm, run, severity="warning")


def _stands_beside(symbol: Symbol, facts: PdfFacts) -> bool:
    """Tell whether the host, the whole address or the number of a code is printed near it."""
    left, top, right, bottom = symbol.box_mm
    near = [
        run
        for run in facts.runs
        if run.page == symbol.page
        and run.ink_mm
        and run.ink_mm[0] < right + _BESIDE_MM * 3
        and run.ink_mm[2] > left - _BESIDE_MM * 3
        and run.ink_mm[1] < bottom + _BESIDE_MM
        and run.ink_mm[3] > top - _BESIDE_MM
    ]
    words = fold("".join(run.text for run in near)).casefold()
    parts = urlsplit(symbol.text)
    if parts.scheme in ("http", "https"):
        host = (parts.hostname or "").removeprefix("www.")
        return fold(host).casefold() in words
    return fold(symbol.text.removeprefix("tel:")).casefold() in words
