"""Put the marked content of a page in the order of reading.

The engine paints floats after the text around them and positioned boxes last, so whoever copies a page,
or reads it with a program that knows no tags, gets the words shuffled. Tags have the right order; here the
content stream gets it too. Nothing on the page looks different: what is not text is painted first, as
before, and no text lies on another.

Source: ISO 32000-1, 14.8.2.3.1 (page content order) and 8.4 (graphics state).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

# What a drawing depends on besides its place (ISO 32000-1, 8.4.4 and 8.6.8): of `gs` each name is a
# state of its own, and a colour ends the one that was set before, whatever operator set it.
_FILL = {b"rg", b"g", b"k", b"cs", b"sc", b"scn"}
_STROKE = {b"RG", b"G", b"K", b"CS", b"SC", b"SCN"}
_STATE = {*_FILL, *_STROKE, b"gs", b"w", b"J", b"j", b"M", b"d", b"ri", b"i"}
_MCID = re.compile(rb"<<\s*/MCID (\d+)\s*>>")


@dataclass
class _State:
    matrices: list[bytes] = field(default_factory=list)
    settings: dict[bytes, bytes] = field(default_factory=dict)

    def copy(self) -> _State:
        return _State(list(self.matrices), dict(self.settings))

    def lines(self) -> list[bytes]:
        return [*self.matrices, *self.settings.values()]


def put_in_order(lines: Sequence[bytes], order: Sequence[int], alone: Collection[int] = ()) -> list[bytes]:
    """Return the operators of a page with its marked content in this order.

    `lines` holds one operator with its operands each, as the engine writes them; tag and property
    list of marked content stand in lines of their own. `order` are marked-content ids (MCID); those
    that it does not name (running heads and feet) come last, as artifacts. A stream that clips text or
    parts a group in another way than the engine does is returned as it is: order matters less than looks.
    Those in `alone` stand in brackets of their own.
    """
    painted: list[bytes] = []
    groups: dict[int, tuple[_State, list[bytes]]] = {}
    # What held at each q, and where in `painted` it stands; `inked` is the place of the last ink.
    saved: list[tuple[_State, int]] = []
    inked = -1
    state = _State()
    at = 0
    while at < len(lines):
        line = lines[at]
        operator = line.rpartition(b" ")[2]
        if line.startswith(b"/") and at + 1 < len(lines):
            found = _MCID.fullmatch(lines[at + 1].strip())
        else:
            found = None
        if found:
            end = _find_end(lines, at + 3)
            if end >= 0 and line.strip() == b"/Figure":
                # A drawing has no words, and is clipped to its box: it stays where it is painted.
                painted.extend(lines[at:end])
                inked = len(painted)
                at = end
                continue
            if end < 0 or b"clip" in state.settings or int(found[1]) in groups:
                return list(lines)
            groups[int(found[1])] = (state.copy(), list(lines[at:end]))
            # What the group sets goes on to hold for what follows it, text or not: the engine does
            # not say the same colour twice.
            for setting in _settings(lines[at + 3 : end]):
                _apply(state, setting)
                painted.append(setting)
            at = end
            continue
        painted.append(line)
        at += 1
        if operator == b"q":
            saved.append((state.copy(), len(painted) - 1))
        elif operator == b"Q":
            if not saved:
                return list(lines)
            state, start = saved.pop()
            if inked <= start:
                # The place of text that has been taken out.
                del painted[start:]
        elif operator == b"cm":
            state.matrices.append(line)
        elif operator in _STATE:
            _apply(state, line)
        else:
            if operator in (b"W", b"W*"):
                state.settings[b"clip"] = b""
            inked = len(painted)
    rest = [mcid for mcid in groups if mcid not in set(order)]
    for mcid in rest:
        groups[mcid][1][:3] = [b"/Artifact", b"BMC"]
    # In brackets of its own, so that what holds at its end does not hold for the groups.
    return [
        b"q",
        *painted,
        b"Q",
        *_join(
            (*groups[mcid], mcid in alone) for mcid in (*(mcid for mcid in order if mcid in groups), *rest)
        ),
    ]


def _join(groups: Iterable[tuple[_State, list[bytes], bool]]) -> Iterator[bytes]:
    """Yield the lines of groups, each with the state that it was painted with, as few times as will do."""
    now: _State | None = None
    for state, lines, is_alone in groups:
        if is_alone and now is not None:
            yield b"Q"
            now = None
        if now is None or now.matrices != state.matrices or not now.settings.keys() <= state.settings.keys():
            if now is not None:
                yield b"Q"
            yield b"q"
            yield from state.lines()
        elif list(now.settings.items()) != list(state.settings.items()):
            yield from state.settings.values()
        yield from lines
        now = state.copy()
        for setting in _settings(lines[3:]):
            _apply(now, setting)
        if is_alone:
            yield b"Q"
            now = None
    if now is not None:
        yield b"Q"


# Zero between two strings of a TJ moves nothing, and an empty string says nothing.
_NO_MOVE = re.compile(rb"(?<=>)-?0(?=[<\]])|(?<=\[)<>")
_JOINT = re.compile(rb"><")
# The engine counts the width of a character that is not drawn in 1024 to the em, a TJ in 1000.
_UNDRAWN = re.compile(rb"(-?[\d.]*)<>(-?[\d.]+)")
# Of places of text, in pixels of 1/96 inch: a quarter of a micrometre. Lines stay as they are, since a viewer
# may set a thin one in the next row of pixels for less.
_BEYOND_THOUSANDTHS = re.compile(rb"(?<=\.\d{3})\d+(?=[ \d.]* Tm\n)")


def write_short(lines: Sequence[bytes]) -> bytes:
    """Return operators as they stand in a file: without moves by nothing, places of text to a thousandth."""
    text = _UNDRAWN.sub(
        lambda found: b"%.0f" % (float(found[1] or 0) + float(found[2]) * 1000 / 1024), b"\n".join(lines)
    )
    return _BEYOND_THOUSANDTHS.sub(b"", _JOINT.sub(b"", _NO_MOVE.sub(b"", text)))


def _settings(lines: Sequence[bytes]) -> list[bytes]:
    """Return the lines of a group that set what still holds at its end."""
    found, depth = [], 0
    for line in lines:
        if line == b"q":
            depth += 1
        elif line == b"Q":
            depth -= 1
        elif not depth and line.rpartition(b" ")[2] in _STATE:
            found.append(line)
    return found


def _apply(state: _State, line: bytes) -> None:
    parts = line.split()
    operator = parts[-1] if parts else b""
    if operator not in _STATE:
        return
    key = b" ".join((parts[0], b"gs")) if operator == b"gs" else operator
    for colours, space in ((_FILL, b"cs"), (_STROKE, b"CS")):
        if operator in colours:
            # A colour space waits for its colour, and is no longer meant after a colour of another kind.
            kept = {space} if operator in (b"sc", b"scn", b"SC", b"SCN") else set()
            for other in colours - kept:
                state.settings.pop(other, None)
    state.settings[key] = line


def _find_end(lines: Sequence[bytes], start: int) -> int:
    """Return where the group that began ends, one past its EMC; -1 if it is not closed or not balanced."""
    depth = 0
    nested = 0
    for at in range(start, len(lines)):
        line = lines[at]
        if line == b"q":
            depth += 1
        elif line == b"Q":
            depth -= 1
        elif line in (b"BDC", b"BMC"):
            nested += 1
        elif line == b"EMC":
            if not nested:
                return at + 1 if depth == 0 else -1
            nested -= 1
    return -1
