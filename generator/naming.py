"""What files are called: a template with names in it, and what every file system takes.

A handout goes to Windows, to a USB stick, into a zip: what one of them refuses, or holds for the same name,
is refused here, before anything is made.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable, Iterator

from generator.problem import Problem

# Names that a template may use, beside `{shop}`, which is "blank" where there is no shop.
NAMES = ("guide", "locale", "paper", "shop", "medium")
# What tells one handout from another. Without a shop in it, a template serves one shop.
DEFAULT = "{locale}/{guide}-{paper}"

# Source: Microsoft, Naming Files, Paths, and Namespaces; FAT32 and exFAT take the same.
_FORBIDDEN = re.compile(r'[<>:"\\|?*\x00-\x1f\x7f]')
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?")
# A part of a path in bytes (ext4, NTFS in UTF-16 units), and a path that Windows opens below a usual folder.
MOST_PART = 200
MOST_PATH = 220


class TemplateError(ValueError):
    """Raised for a template that cannot name files; the message says why."""


def check_template(template: str) -> None:
    """Refuse a template that cannot name files.

    Raises:
        TemplateError: with what is wrong with it.
    """
    try:
        fields = [
            (name, spec, conversion) for _, name, spec, conversion in string.Formatter().parse(template)
        ]
    except ValueError as error:
        raise TemplateError(f"{error}; a brace stands for itself when it is doubled: {{{{") from error
    for name, spec, conversion in fields:
        if name is not None and (name not in NAMES or spec or conversion):
            known = ", ".join(f"{{{known}}}" for known in NAMES)
            raise TemplateError(f"{{{name}}} is none of {known}")
    sample = template.format(**dict.fromkeys(NAMES, "x"))
    if (fault := find_fault(f"{sample}.pdf")) is not None:
        raise TemplateError(fault)


def make_name(template: str, *, is_draft: bool, **values: str) -> str:
    """Return the path of a handout below the output folder; a draft never takes the name of a release."""
    stem = template.removesuffix(".pdf").format(**values)
    return f"{stem}{'-draft' if is_draft else ''}.pdf"


def find_fault(path: str) -> str | None:
    """Return why a path below the output folder is not a good one, None where it is."""
    if path.startswith("/") or "\\" in path or re.match(r"[A-Za-z]:", path):
        return "leads out of the output folder"
    if len(path) > MOST_PATH:
        return f"is {len(path)} characters long, and {MOST_PATH} are taken everywhere"
    for part in path.split("/"):
        if part in ("", ".", ".."):
            return "leads out of the output folder, or has an empty part"
        if found := _FORBIDDEN.search(part):
            return f"has {found[0]!r}, which Windows and USB sticks refuse"
        if part != part.strip(" ") or part.endswith(".") or part.startswith("."):
            return f'has the part "{part}": it begins or ends with a dot or a space'
        if _DEVICES.fullmatch(part):
            return f'has the part "{part}", which is a device on Windows'
        if len(part.encode()) > MOST_PART:
            return f'has the part "{part[:20]}…", which is longer than {MOST_PART} bytes'
    return None


def find_faults(files: Iterable[tuple[str, str]]) -> Iterator[Problem]:
    """Yield what is wrong with the names of handouts, each given as its path and what it is called.

    Two are the same where a file system that does not tell large from small letters takes them for one.
    """
    seen: dict[str, tuple[str, str]] = {}
    others: dict[str, list[str]] = {}
    for path, handout in files:
        if (fault := find_fault(path)) is not None:
            yield Problem(handout=handout, rule="file-name", what=f'"{path}" {fault}', hint=_HINT)
            continue
        key = unicodedata.normalize("NFC", path).casefold()
        if key in seen:
            others.setdefault(key, []).append(path)
        seen.setdefault(key, (path, handout))
    for key, paths in others.items():
        path, handout = seen[key]
        what = f'"{path}" is the name of {len(paths)} more'
        if (other := next((one for one in paths if one != path), None)) is not None:
            what += f', one of them as "{other}": Windows and macOS tell them not apart'
        yield Problem(handout=handout, rule="file-name", what=what, hint=_HINT)


_HINT = "change the template: --name '{locale}/{shop}/{guide}-{paper}'"
