"""Read what the codes of a font mean: how long they are, which text they stand for, which glyph they name.

Source: ISO 32000-1:2008, 9.6.6 (simple fonts), 9.7.5 (CMaps), 9.10 (extraction of text), Annex D; Adobe
Technical Note 5014 (CMap files); the predefined CMaps are those of ISO 32000-1, table 118.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from generator.readback.objects import PdfObject, entry, is_mapping, items_of, kind_of, to_text

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# A font has 65,536 glyphs; a map that says more than this is there to fill memory.
MOST_CODES = 200_000
_LONGEST_RANGE = 0x10000
# A ligature has three letters, the text of a whole glyph of a logo some dozens.
_MOST_LETTERS = 128

_EDGE = re.compile(rb"(begin|end)(codespacerange|bfchar|bfrange|cidchar|cidrange)")
_WORD = re.compile(rb"<([0-9A-Fa-f\s]*)>|(\[)|(\])|([-+]?\d+)")

# The endings of their names, the codec of their codes, and the codes of one byte (the others have two).
_JIS_BYTES = (*range(0x81), *range(0xA0, 0xE0), 0xFD, 0xFE, 0xFF)
_ASCII_BYTES = (*range(0x81), 0xFF)
_PREDEFINED: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("UTF16-", "utf-16-be", ()),
    ("UCS2-", "utf-16-be", ()),
    ("RKSJ-", "cp932", _JIS_BYTES),
    ("GBK-EUC-", "gbk", _ASCII_BYTES),
    ("GBKp-EUC-", "gbk", _ASCII_BYTES),
    ("GBK2K-", "gb18030", _ASCII_BYTES),
    ("GBpc-EUC-", "gbk", _ASCII_BYTES),
    ("GB-EUC-", "gb2312", _ASCII_BYTES),
    ("HKscs-B5-", "big5hkscs", _ASCII_BYTES),
    ("B5pc-", "big5", _ASCII_BYTES),
    ("-B5-", "big5", _ASCII_BYTES),
    ("KSCms-UHC-", "cp949", _ASCII_BYTES),
    ("KSCpc-EUC-", "cp949", _ASCII_BYTES),
    ("KSC-EUC-", "euc_kr", _ASCII_BYTES),
    ("CNS-EUC-", "", _ASCII_BYTES),
    ("EUC-", "euc_jp", _ASCII_BYTES),
)


@dataclass(slots=True)
class CodeMap:
    """How a composite font cuts strings into codes, and the CID of each; `cids` None: a code is a CID.

    `spaces` are (length, first, last) of the codes, empty: all have two bytes. `codec` names what the
    codes are in, "" where nothing is known; then only ToUnicode can tell their text.
    """

    spaces: tuple[tuple[int, int, int], ...] = ()
    single: frozenset[int] = frozenset()
    cids: dict[int, int] | None = None
    is_vertical: bool = False
    codec: str = ""

    def split(self, codes: bytes) -> Iterator[tuple[int, bool]]:
        """Yield the codes of a string, and whether word spacing follows (ISO 32000-1, 9.3.3)."""
        if not self.spaces and not self.single:
            for at in range(0, len(codes) - 1, 2):
                yield codes[at] << 8 | codes[at + 1], False
            return
        at = 0
        while at < len(codes):
            length = self._length_at(codes, at)
            code = int.from_bytes(codes[at : at + length], "big")
            yield code, length == 1 and code == 0x20
            at += length

    def _length_at(self, codes: bytes, at: int) -> int:
        if self.single:
            return 1 if codes[at] in self.single else 2
        for length, first, last in self.spaces:
            piece = codes[at : at + length]
            bounds = zip(first.to_bytes(length, "big"), piece, last.to_bytes(length, "big"), strict=False)
            if len(piece) == length and all(low <= byte <= high for low, byte, high in bounds):
                return length
        return min(length for length, _, _ in self.spaces)

    def text_of(self, code: int) -> str:
        """Return the text of a code of a predefined CMap; "" where it is not known."""
        if not self.codec:
            return ""
        length = 1 if self.single and code < 0x100 else 2
        return code.to_bytes(max(length, (code.bit_length() + 7) // 8), "big").decode(self.codec, "ignore")


def read_code_map(encoding: PdfObject) -> CodeMap:
    """Read the /Encoding of a composite font: the name of a predefined CMap or one that is embedded."""
    if kind_of(encoding) != "stream":
        return name_code_map(to_text(encoding))
    stream = encoding.read_bytes()
    base = (
        read_code_map(entry(encoding, "/UseCMap"))
        if kind_of(entry(encoding, "/UseCMap")) == "name_"
        else None
    )
    is_vertical = entry(encoding, "/WMode") == 1 or re.search(rb"/WMode\s+1\b", stream) is not None
    spaces: list[tuple[int, int, int]] = []
    cids: dict[int, int] = dict(base.cids or {}) if base else {}
    left = MOST_CODES
    for section, words in _sections(stream):
        if section == b"codespacerange":
            for first, last in zip(words[::2], words[1::2], strict=False):
                if isinstance(first, bytes) and isinstance(last, bytes) and 1 <= len(first) <= 4:
                    low, high = int.from_bytes(first, "big"), int.from_bytes(last, "big")
                    if len(first) == len(last) and len(spaces) < 100:
                        spaces.append((len(first), low, high))
        elif section == b"cidchar":
            for code, cid in zip(words[::2], words[1::2], strict=False):
                if isinstance(code, bytes) and isinstance(cid, int) and len(cids) < MOST_CODES:
                    cids[int.from_bytes(code, "big")] = cid
        elif section == b"cidrange":
            for first, last, cid in zip(words[::3], words[1::3], words[2::3], strict=False):
                if isinstance(first, bytes) and isinstance(last, bytes) and isinstance(cid, int):
                    codes = _range(first, last, left)
                    left -= len(codes)
                    cids.update((code, cid + step) for step, code in enumerate(codes))
    is_plain = all(length == 2 for length, _, _ in spaces)
    return CodeMap(() if is_plain else tuple(spaces), frozenset(), cids, is_vertical)


@lru_cache(maxsize=64)
def name_code_map(name: str) -> CodeMap:
    """Return what is known of a predefined CMap. The CIDs of those with characters are not."""
    is_vertical = name == "V" or name.endswith("-V")
    if name in ("Identity-H", "Identity-V"):
        return CodeMap(is_vertical=is_vertical)
    for part, codec, single in _PREDEFINED:
        if part in f"{name}-" if part.startswith("-") else name.startswith(part) or f"-{part}" in name:
            return CodeMap((), frozenset(single), {}, is_vertical, codec)
    if "UTF32-" in name:
        return CodeMap(((4, 0, 0x10FFFF),), frozenset(), {}, is_vertical, "utf-32-be")
    return CodeMap((), frozenset(), {}, is_vertical)


def _sections(cmap: bytes) -> Iterator[tuple[bytes, list[bytes | int | list[bytes]]]]:
    """Yield the sections of a CMap with their words: strings, numbers, arrays of strings."""
    left = 3 * MOST_CODES
    start, name = -1, b""
    for edge in _EDGE.finditer(cmap):
        if edge[1] == b"begin":
            start, name = edge.end(), edge[2]
            continue
        if start < 0 or edge[2] != name:
            continue
        body, start = cmap[start : edge.start()], -1
        words: list[bytes | int | list[bytes]] = []
        inner: list[bytes] | None = None
        for word in _WORD.finditer(body):
            left -= 1
            if left < 0:
                return
            if word[1] is not None:
                digits = b"".join(word[1].split())
                string = bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
                (words if inner is None else inner).append(string)
            elif word[2]:
                inner = []
            elif word[3]:
                if inner is not None:
                    words.append(inner)
                inner = None
            elif inner is None:
                words.append(int(word[4][:10]))
        yield name, words


def _range(first: bytes, last: bytes, most: int) -> range:
    start, end = int.from_bytes(first, "big"), int.from_bytes(last, "big")
    return range(start, min(end + 1, start + min(_LONGEST_RANGE, max(most, 0))))


def read_to_unicode(cmap: bytes) -> dict[int, str]:
    """Return the text of each code. Texts that are no UTF-16 are left out."""
    letters: dict[int, str] = {}

    left = MOST_CODES

    def learn(code: int, text: bytes) -> None:
        if len(letters) < MOST_CODES and 0 < len(text) <= 2 * _MOST_LETTERS:
            # One byte is not UTF-16, but programs mean Latin-1 by it.
            said = text.decode("utf-16-be", "ignore") if len(text) > 1 else text.decode("latin-1")
            if said:
                letters[code] = said

    for section, words in _sections(cmap):
        if section == b"bfchar":
            for code, text in zip(words[::2], words[1::2], strict=False):
                if isinstance(code, bytes) and isinstance(text, bytes):
                    learn(int.from_bytes(code, "big"), text)
        elif section == b"bfrange":
            for first, last, texts in zip(words[::3], words[1::3], words[2::3], strict=False):
                if not isinstance(first, bytes) or not isinstance(last, bytes):
                    continue
                codes = _range(first, last, left)
                left -= len(codes)
                if isinstance(texts, list):
                    for code, text in zip(codes, texts, strict=False):
                        learn(code, text)
                elif isinstance(texts, bytes) and texts:
                    head, number = texts[:-2], int.from_bytes(texts[-2:], "big")
                    width = min(len(texts), 2)
                    for step, code in enumerate(codes):
                        if number + step >= 1 << 8 * width:
                            break
                        learn(code, head + (number + step).to_bytes(width, "big"))
    return letters


# --- simple fonts ------------------------------------------------------------------------------

_CODECS = {"WinAnsiEncoding": "cp1252", "MacRomanEncoding": "mac_roman", "PDFDocEncoding": "latin-1"}


@dataclass(slots=True)
class Encoding:
    """What the codes of a simple font name: glyphs by name, or letters where the file gives no names.

    `says_names` is False where the font program's own encoding is meant.
    """

    names: dict[int, str] = field(default_factory=dict)
    letters: dict[int, str] = field(default_factory=dict)
    says_names: bool = False

    def text_of(self, code: int) -> str:
        """Return the text of a code; "" where it is not known."""
        name = self.names.get(code)
        return name_to_text(name) if name is not None else self.letters.get(code, "")


def read_encoding(encoding: PdfObject, built_in: dict[int, str]) -> Encoding:
    """Read the /Encoding of a simple font over the one that is built into its program."""
    base = to_text(encoding) if kind_of(encoding) == "name_" else to_text(entry(encoding, "/BaseEncoding"))
    found = Encoding(says_names=base in _CODECS)
    if base in _CODECS:
        letters = (bytes([code]).decode(_CODECS[base], "ignore") for code in range(0x20, 0x100))
        found.letters = {code: letter for code, letter in enumerate(letters, start=0x20) if letter}
    else:
        found.names = dict(built_in or _standard_names())
    code = 0
    for item in items_of(entry(encoding, "/Differences"), 4096) if is_mapping(encoding) else ():
        if kind_of(item) == "name_":
            found.names[code] = to_text(item)
            code += 1
        elif kind_of(item) == "number":
            code = int(item)
    return found


@lru_cache(maxsize=1)
def _standard_names() -> dict[int, str]:
    from fontTools.encodings.StandardEncoding import StandardEncoding

    return {code: name for code, name in enumerate(StandardEncoding) if name != ".notdef"}


@lru_cache(maxsize=4096)
def name_to_text(name: str) -> str:
    """Return the text that a glyph's name stands for (Adobe Glyph List); "" where it is not listed."""
    from fontTools import agl

    text: str = agl.toUnicode(name[:_MOST_LETTERS])
    return text
