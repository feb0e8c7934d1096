"""Keep what was costly to make, by the hash of what it was made from.

An entry is `<folder>/<kind>/<two letters>/<key>`: the hash of its bytes, a line break, its bytes. It is whole
or not there, also after a kill or on a full disk; one that is damaged is not taken. Nothing in it is run:
entries are data.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# What a chain of a thousand shops needs many times over.
MOST_BYTES = 500_000_000
KINDS = ("moulds",)


@dataclass(frozen=True)
class Store:
    """A folder of entries. It may be deleted at any time, copied elsewhere, and shared by several runs."""

    folder: Path

    def find(self, kind: str, key: str) -> bytes | None:
        """Return the bytes of an entry; None where there is none that is sound."""
        path = self._place(kind, key)
        try:
            digest, _, data = path.read_bytes().partition(b"\n")
            if digest == hashlib.sha256(data).hexdigest().encode():
                with contextlib.suppress(OSError):
                    os.utime(path)  # used, so not the first to go
                return data
            path.unlink()
        except OSError:
            pass
        return None

    def keep(self, kind: str, key: str, data: bytes) -> None:
        """Keep the bytes of an entry; where there is no room, they are not kept."""
        path = self._place(kind, key)
        new = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, new = tempfile.mkstemp(prefix=".new-", dir=path.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(data).hexdigest().encode() + b"\n" + data)
            Path(new).replace(path)
        except OSError:
            if new:
                with contextlib.suppress(OSError):
                    Path(new).unlink()

    def measure(self) -> dict[str, tuple[int, int]]:
        """Return the number of entries and bytes of each kind."""
        found = {}
        for kind in KINDS:
            sizes = [size for _, size, _ in self._list(kind)]
            found[kind] = len(sizes), sum(sizes)
        return found

    def trim(self, most_bytes: int = MOST_BYTES) -> int:
        """Remove what was not used for the longest time until the rest is no larger; return how many went."""
        entries = sorted(entry for kind in KINDS for entry in self._list(kind))
        left = sum(size for _, size, _ in entries)
        gone = 0
        for _, size, path in entries:
            if left <= most_bytes:
                break
            with contextlib.suppress(OSError):
                path.unlink()
                left -= size
                gone += 1
        return gone

    def _place(self, kind: str, key: str) -> Path:
        return self.folder / kind / key[:2] / key

    def _list(self, kind: str) -> Iterator[tuple[float, int, Path]]:
        for path in (self.folder / kind).glob("*/*"):
            with contextlib.suppress(OSError):
                about = path.stat()
                yield about.st_mtime, about.st_size, path
