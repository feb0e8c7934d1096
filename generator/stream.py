"""Put the marked content of a page in the order of reading.

The engine paints floats after the text around them and positioned boxes last, so whoever copies a page,
or reads it with a program that knows no tags, gets the words shuffled. Tags have the right order; here the
content stream gets it too. Nothing on the page looks different: what is not text is painted first, as
before, and no text lies on another.

Source: ISO 32000-1, 14.8.2.3.1 (page content order) and 8.4 (graphics state).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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


def put_in_order(lines: Sequence[bytes], order: Sequence[int]) -> list[bytes]:
    """Return the operators of a page with its marked content in this order.

    `lines` holds one operator with its operands each, as the engine writes them; tag and property
    list of marked content stand in lines of their own. `order` are marked-content ids (MCID); those
    that it does not name (running heads and feet) come last. A stream that clips text or parts a
    group in another way than the engine does is returned as it is: order matters less than looks.
    """
    painted: list[bytes] = []
    groups: dict[int, list[bytes]] = {}
    saved: list[_State] = []
    state = _State()
    at = 0
    while at < len(lines):
        line = lines[at]
        operator = line.rsplit(None, 1)[-1] if line.strip() else b""
        found = _MCID.fullmatch(lines[at + 1].strip()) if at + 1 < len(lines) else None
        if found and line.startswith(b"/"):
            end = _find_end(lines, at + 3)
            if end >= 0 and line.strip() == b"/Figure":
                # A drawing has no words, and is clipped to its box: it stays where it is painted.
                painted.extend(lines[at:end])
                at = end
                continue
            if end < 0 or b"clip" in state.settings or int(found[1]) in groups:
                return list(lines)
            groups[int(found[1])] = [b"q", *state.lines(), *lines[at:end], b"Q"]
            # What the group sets goes on to hold for what follows it, text or not: the engine does
            # not say the same colour twice.
            for setting in _settings(lines[at + 3 : end]):
                _apply(state, setting)
                painted.append(setting)
            at = end
            continue
        if operator == b"q":
            saved.append(state.copy())
        elif operator == b"Q":
            if not saved:
                return list(lines)
            state = saved.pop()
        elif operator == b"cm":
            state.matrices.append(line)
        elif operator in (b"W", b"W*"):
            state.settings[b"clip"] = b""
        else:
            _apply(state, line)
        painted.append(line)
        at += 1
    named = [mcid for mcid in order if mcid in groups]
    rest = [mcid for mcid in groups if mcid not in set(named)]
    # In brackets of its own, so that what holds at its end does not hold for the groups.
    return [b"q", *painted, b"Q", *(line for mcid in (*named, *rest) for line in groups[mcid])]


def _settings(lines: Sequence[bytes]) -> list[bytes]:
    """Return the lines of a group that set what still holds at its end."""
    found, depth = [], 0
    for line in lines:
        operator = line.split()[-1:] or [b""]
        depth += (operator[0] == b"q") - (operator[0] == b"Q")
        if not depth and operator[0] in _STATE:
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
        operator = lines[at].split()[-1:] or [b""]
        if operator[0] == b"q":
            depth += 1
        elif operator[0] == b"Q":
            depth -= 1
        elif operator[0] in (b"BDC", b"BMC"):
            nested += 1
        elif operator[0] == b"EMC":
            if not nested:
                return at + 1 if depth == 0 else -1
            nested -= 1
    return -1
