"""Cut a content stream into instructions: operands and operator, as plain values of Python.

Three times as fast as making a PDF object of every number, and nothing in it can nest or grow without end.

Source: ISO 32000-1:2008, 7.2 (lexical conventions), 7.3 (objects), 7.8.2 (content streams), 8.9.7 (inline
images).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

# Numbers are float, names str with their slash, strings bytes; arrays are lists, dictionaries dicts by name.
Operand: TypeAlias = "float | str | bytes | bool | list[Operand] | dict[str, Operand] | None"

# ISO 32000-1, Annex C: readers keep numbers of single precision. What is larger means nothing on a page.
_LARGEST = 1e9
# Six numbers of a matrix, as long as anybody writes them: what is longer is looked at twice.
_LONGEST_NUMBERS = 80
# An array in an array in a content stream has no use; deeper nesting is an attack.
_DEEPEST = 32
_DEEPEST_BRACKETS = 1000
# More operands than this stand before no operator: the rest is not a drawing.
_MOST_OPERANDS = 100_000

_TOKEN = re.compile(
    rb"""
      ([-+\d.][-+\d. \r\n\t]{0,999})?([A-Za-z'"][A-Za-z0-9*'"]*)  # 1, 2 numbers, operator
    | ([-+\d.][-+\d. \r\n\t]{0,999})      # 3 numbers
    | (/[^\x00\t\n\x0c\r ()<>\[\]{}/%]*)    # 4 name
    | <([0-9A-Fa-f\x00\t\n\x0c\r ]*)>       # 5 string in hexadecimal
    | \(([^()\\\r]*)\)                      # 6 plain string
    | (\[|\]|<<|>>)                         # 7 brackets
    | (\()                                  # 8 string with escapes or brackets
    | %[^\r\n]*
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(rb"[-+]?(?:\d+\.?\d*|\.\d+)")
_ESCAPED_BYTE = re.compile(rb"#([0-9A-Fa-f]{2})")
_SPECIAL = re.compile(rb"[()\\\r]")
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_END_OF_IMAGE = re.compile(rb"[\x00\t\n\x0c\r ]EI(?=[\x00\t\n\x0c\r /\[<(]|$)")
_OCTAL = re.compile(rb"[0-7]{1,3}")
_CONSTANTS: dict[bytes, bool | None] = {b"true": True, b"false": False, b"null": None}


def read_instructions(stream: bytes) -> Iterator[tuple[bytes, list[Operand]]]:
    """Yield each operator with its operands. An inline image is one instruction, `BI`, of its dictionary.

    What is no instruction is passed over, as viewers do.
    """
    operands: list[Operand] = []
    # The arrays and dictionaries that are open, innermost last, with what stood before each.
    around: list[tuple[list[Operand], bytes]] = []
    start = 0
    while True:
        jump = -1
        for token in _TOKEN.finditer(stream, start):
            kind = token.lastindex
            if kind == 2:
                digits, word = token.groups()[:2]
                if digits is not None:
                    try:
                        operands += list(map(float, digits.split()))
                    except ValueError:
                        operands += _read_numbers(digits)
                if around:
                    if word in _CONSTANTS:
                        operands.append(_CONSTANTS[word])
                        continue
                    # An array that nobody closed ends where the next operator stands.
                    if word != b"ID":
                        operands = around[0][0]
                    around.clear()
                if word == b"BI":
                    operands = []
                elif word == b"ID":
                    yield b"BI", [_pair(operands)]
                    operands = []
                    end = _END_OF_IMAGE.search(stream, token.end())
                    jump = end.end() if end else len(stream)
                    break
                elif word in _CONSTANTS:
                    operands.append(_CONSTANTS[word])
                else:
                    yield word, operands
                    operands = []
            elif kind == 3:
                operands += _read_numbers(token[3])
            elif kind == 4:
                operands.append(_read_name(token[4]))
            elif kind == 5:
                operands.append(_read_hex(token[5]))
            elif kind == 6:
                operands.append(token[6])
            elif kind == 7:
                bracket = token[7]
                if bracket in (b"[", b"<<"):
                    if len(around) >= _DEEPEST:
                        raise ValueError("arrays within arrays without end")
                    around.append((operands, bracket))
                    operands = []
                elif around:
                    inner, (operands, opened) = operands, around.pop()
                    operands.append(inner if opened == b"[" else _pair(inner))
            elif kind == 8:
                text, jump = _read_string(stream, token.end())
                operands.append(text)
                break
            if len(operands) > _MOST_OPERANDS:
                operands = []
        if jump < 0:
            return
        start = jump


def _read_numbers(digits: bytes) -> list[float]:
    words = digits.split()
    try:
        numbers = list(map(float, words))
    except ValueError:
        # "1.2.3" and "." are written by programs too; viewers read as far as they understand.
        numbers = [float(found[0]) if (found := _NUMBER.match(word)) else 0.0 for word in words]
    if len(digits) > _LONGEST_NUMBERS:
        numbers = [min(max(number, -_LARGEST), _LARGEST) for number in numbers]
    return numbers


def _pair(items: list[Operand]) -> dict[str, Operand]:
    return {key: value for key, value in zip(items[::2], items[1::2], strict=False) if isinstance(key, str)}


def _read_hex(digits: bytes) -> bytes:
    try:
        return bytes.fromhex(digits.decode())
    except ValueError:
        # White space between digits, or a last digit that is left out and is 0.
        clean = b"".join(digits.replace(b"\0", b"").split())
        return bytes.fromhex((clean + b"0" * (len(clean) % 2)).decode())


def _read_name(name: bytes) -> str:
    if b"#" in name:
        name = _ESCAPED_BYTE.sub(lambda found: bytes.fromhex(found[1].decode()), name)
    return name.decode("utf-8", "replace")


def _read_string(stream: bytes, start: int) -> tuple[bytes, int]:
    """Read a string after its bracket; return it and where it ends."""
    parts: list[bytes] = []
    depth = 1
    while special := _SPECIAL.search(stream, start):
        parts.append(stream[start : special.start()])
        sign, start = special[0], special.end()
        if sign == b"(":
            depth += 1
            if depth > _DEEPEST_BRACKETS:
                raise ValueError("brackets within brackets without end")
            parts.append(sign)
        elif sign == b")":
            depth -= 1
            if not depth:
                return b"".join(parts), start
            parts.append(sign)
        elif sign == b"\r":
            # However a line ends in the file, it is a line feed in the string.
            parts.append(b"\n")
            start += stream[start : start + 1] == b"\n"
        elif octal := _OCTAL.match(stream, start):
            parts.append(bytes([int(octal[0], 8) & 0xFF]))
            start = octal.end()
        else:
            escaped = stream[start : start + 1]
            start += 1
            if escaped == b"\r":
                start += stream[start : start + 1] == b"\n"
            elif escaped != b"\n":
                parts.append(_ESCAPES.get(escaped, escaped))
    return b"".join(parts), len(stream)
