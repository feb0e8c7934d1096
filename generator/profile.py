"""Read a printer's ICC profile as far as a print file needs it: that it is one, and what it is called.

Source: ICC.1:2010 (profile version 4.3), 7.2 (header), 7.3 (tag table), 10.13 and 10.22 (descriptions).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from generator.problem import Problem, ProjectError

# A profile of a press has 0.5 to 3 MB.
MOST_BYTES = 20_000_000
_HEADER = 128


@dataclass(frozen=True, slots=True)
class Profile:
    """A CMYK printer's profile: its name as people know it, and its bytes."""

    name: str
    data: bytes = field(repr=False)


def read_profile(data: bytes, file: str) -> Profile:
    """Return a profile.

    Raises:
        ProjectError: with everything that keeps it from being a CMYK printer's profile.
    """
    found = list(_find_flaws(data))
    if found:
        hint = "ask the print shop for the ICC profile of its press; Japan Color 2001 Coated is one"
        raise ProjectError(Problem(file, rule="press-profile", what=what, hint=hint) for what in found)
    return Profile(_read_name(data), data)


def _find_flaws(data: bytes) -> Iterator[str]:
    if len(data) < _HEADER + 4 or data[36:40] != b"acsp":
        yield "is no ICC profile"
        return
    if len(data) > MOST_BYTES:
        yield f"is larger than {MOST_BYTES // 1_000_000} MB"
    if int.from_bytes(data[:4], "big") != len(data):
        said = int.from_bytes(data[:4], "big")
        yield f"has {len(data):,} bytes, and says that it has {said:,}: it was cut off, or something added"
        return
    if data[12:16] != b"prtr":
        yield f'is the profile of another device ("{_spell(data[12:16])}"), a printer\'s ("prtr") wanted'
    if data[16:20] != b"CMYK":
        yield f"is for {_spell(data[16:20])}, CMYK wanted"
    if data[20:24] not in (b"Lab ", b"XYZ "):
        yield f'connects through "{_spell(data[20:24])}", Lab or XYZ wanted'
    if data[8] not in (2, 4):
        yield f"is of version {data[8]}, which PDF does not know: 2 or 4 wanted"
    tags = _list_tags(data)
    # Without these nobody can print or proof by it (ICC.1:2010, 8.4).
    if tags is None:
        yield "has a table of tags that reaches beyond its end"
    elif lacking := [tag for tag in ("A2B0", "B2A0", "desc", "wtpt") if tag not in tags]:
        yield f"lacks what a printer's profile has: {', '.join(lacking)}"


def _spell(signature: bytes) -> str:
    return signature.decode("latin-1").strip()


def _list_tags(data: bytes) -> dict[str, bytes] | None:
    """Return the tags; None where the table does not fit into the file."""
    count = int.from_bytes(data[_HEADER : _HEADER + 4], "big")
    end = _HEADER + 4 + 12 * count
    if end > len(data):
        return None
    tags = {}
    for at in range(_HEADER + 4, end, 12):
        name, offset, size = struct.unpack(">4sLL", data[at : at + 12])
        if offset + size > len(data):
            return None
        tags[name.decode("latin-1")] = data[offset : offset + size]
    return tags


def _read_name(data: bytes) -> str:
    """Return the description: ASCII in version 2, the first of several languages in version 4."""
    text = (_list_tags(data) or {}).get("desc", b"")
    name = ""
    if text[:4] == b"desc" and len(text) >= 12:
        name = text[12 : 12 + int.from_bytes(text[8:12], "big")].split(b"\0")[0].decode("ascii", "replace")
    elif text[:4] == b"mluc" and len(text) >= 28:
        size, offset = struct.unpack(">LL", text[20:28])
        name = text[offset : offset + size].decode("utf-16-be", "replace")
    return " ".join(name.split()) or "ICC profile without a name"
