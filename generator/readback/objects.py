"""Handle objects of a PDF whose kind nobody has promised: a number may stand where a dictionary should.

Source: ISO 32000-1:2008, 7.3 (objects), 7.9.2 (text strings).
"""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from typing import Any, Literal, TypeAlias

# Anything may stand anywhere in a PDF; what is not as expected raises one of MALFORMED.
PdfObject: TypeAlias = Any
Kind = Literal["array", "dictionary", "stream", "name_", "string", "number", "other"]

# What well-formed objects of unexpected shape raise: a number where a dictionary should be, a
# matrix of three, a font program cut short.
MALFORMED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


@lru_cache(maxsize=1)
def pdf_errors() -> tuple[type[Exception], ...]:
    """Return what the PDF library raises for objects and streams that it cannot read."""
    import pikepdf

    return (
        pikepdf.PdfError,
        pikepdf.DataDecodingError,
        pikepdf.ForeignObjectError,
        pikepdf.DeletedObjectError,
    )


@lru_cache(maxsize=1)
def _kinds() -> dict[Any, Kind]:
    from pikepdf import ObjectType

    return {
        ObjectType.array: "array",
        ObjectType.dictionary: "dictionary",
        ObjectType.stream: "stream",
        ObjectType.name_: "name_",
        ObjectType.string: "string",
    }


@lru_cache(maxsize=1)
def malformed() -> tuple[type[Exception], ...]:
    """Return all that reading a malformed object or stream raises."""
    return (*MALFORMED, *pdf_errors())


def kind_of(value: PdfObject) -> Kind:
    """Return what an object is."""
    if isinstance(value, int | float):
        return "number"
    code = getattr(value, "_type_code", None)
    return "other" if code is None else _kinds().get(code, "other")


def is_mapping(value: PdfObject) -> bool:
    """Tell whether an object has entries by name."""
    return isinstance(value, dict) or kind_of(value) in ("dictionary", "stream")


def entry(owner: PdfObject, key: str) -> PdfObject:
    """Return the entry of a dictionary; None where there is none or where it is no dictionary."""
    return owner.get(key) if is_mapping(owner) else None


def items_of(value: PdfObject, most: int) -> list[PdfObject]:
    """Return the items of an array, or an object itself as the only one; at most so many."""
    if value is None:
        return []
    if kind_of(value) != "array":
        return [value]
    return [value[index] for index in range(min(len(value), most))] if len(value) > most else list(value)


def to_text(value: PdfObject) -> str:
    """Return a text string or a name (without its slash) as text; "" for what is neither."""
    if isinstance(value, bytes):
        if value.startswith(b"\xfe\xff"):
            return value[2:].decode("utf-16-be", "replace")
        return (
            value[3:].decode("utf-8", "replace")
            if value.startswith(b"\xef\xbb\xbf")
            else value.decode("latin-1")
        )
    if isinstance(value, str):
        return value.removeprefix("/")
    kind = kind_of(value)
    if kind == "string":
        return str(value)
    return str(value).removeprefix("/") if kind == "name_" else ""


def to_number(value: PdfObject, default: float = 0.0) -> float:
    """Return a number; `default` for what is none. Booleans are none."""
    if isinstance(value, bool):
        return default
    try:
        number = float(value)
    except malformed():
        return default
    return number if abs(number) < 1e9 else default
