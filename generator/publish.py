"""Put finished handouts below `output/`, whole or not at all, and keep the manifest true.

The only room that writes there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from generator.problem import Problem, ProjectError

MANIFEST = "manifest.json"
# Raised whenever the meaning of a field changes, so that readers can tell.
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Record:
    """What the manifest says of one published handout.

    `file` is relative to the output folder. `fingerprint` is the hash of everything that went in,
    and `inputs` its parts; `sha256` and `size` (bytes) are of the file. `parts` are short hashes of what is
    said (see `LocalizedGuide.parts`); `next_review` is the day by which the first of its facts should be
    looked at again, "" without facts. `fit` says what was done to make it fit its pages. `medium` is whom the
    file is for, and `claim` the PDF/X that it was found to be. No clock, no absolute path.
    """

    file: str
    guide: str
    locale: str
    paper: str
    shop: str
    edition: str
    fingerprint: str
    inputs: dict[str, str]
    pages: int
    size: int
    sha256: str
    addresses: tuple[str, ...]
    facts: tuple[str, ...]
    parts: dict[str, str]
    next_review: str
    warnings: tuple[Problem, ...]
    fit: tuple[str, ...] = ()
    medium: str = "office"
    claim: str = ""


def hash_bytes(data: bytes) -> str:
    """Return hex sha256."""
    return hashlib.sha256(data).hexdigest()


def read_manifest(folder: Path) -> dict[str, Record]:
    """Return the records of the output folder by file; a missing or damaged manifest has none.

    Then everything is built again, which is always right.
    """
    records = read_records(folder / MANIFEST)
    try:
        return {record.file: record for record in records if _is_inside(folder, record.file)}
    except (OSError, ValueError, TypeError):
        return {}


def read_records(path: Path) -> tuple[Record, ...]:
    """Return the records of a manifest; none where it is missing or damaged."""
    try:
        data = json.loads(path.read_bytes())
        if data["schema"] != SCHEMA:
            return ()
        return tuple(_read_record(item) for item in data["handouts"])
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return ()


def _read_record(item: dict[str, Any]) -> Record:
    item = dict(item)
    item["addresses"] = tuple(item["addresses"])
    item["facts"] = tuple(item["facts"])
    item["parts"] = dict(item["parts"])
    item["warnings"] = tuple(
        Problem(**{**problem, "box_mm": tuple(problem["box_mm"])}) for problem in item["warnings"]
    )
    item["fit"] = tuple(item["fit"])
    item["medium"], item["claim"] = str(item["medium"]), str(item["claim"])
    return Record(**item)


def _is_inside(folder: Path, file: str) -> bool:
    # A manifest can come from anywhere; it must not make us touch files elsewhere.
    # Written in one way only: an alias would make one file two.
    plain = Path(file).as_posix() == file and not {"..", "."} & set(file.split("/"))
    return bool(file) and plain and (folder / file).resolve().is_relative_to(folder.resolve())


def is_current(folder: Path, record: Record | None, fingerprint: str) -> bool:
    """Tell whether the file that is there was made from just these inputs and is undamaged."""
    if record is None or record.fingerprint != fingerprint:
        return False
    try:
        return hash_bytes((folder / record.file).read_bytes()) == record.sha256
    except OSError:
        return False


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all; an earlier file stays until then.

    Raises:
        OSError: where the folder cannot be written or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files that only their owner can read.
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def update_manifest(folder: Path, made: Iterable[Record], gone: Iterable[str] = ()) -> None:
    """Add what was made to the manifest, and take out what is gone, under a lock.

    Another build into the same folder keeps its own records.
    """
    with _locked(folder):
        records = read_manifest(folder)
        records.update((record.file, record) for record in made)
        for file in gone:
            records.pop(file, None)
        there = [records[file] for file in sorted(records) if (folder / file).is_file()]
        data = {"schema": SCHEMA, "handouts": [asdict(record) for record in there]}
        text = json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        path = folder / MANIFEST
        if not path.exists() or path.read_bytes() != text.encode():
            write_whole(path, text.encode())


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # Windows: the last of two builds at once wins
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def add_lines(path: Path, lines: Iterable[str], header: str) -> None:
    """Add lines to a text file that has this first line, whole or not at all, each line once.

    Under a lock: what another build adds at the same time stays.
    """
    with _locked(path.parent):
        old = path.read_text(encoding="utf-8") if path.exists() else f"{header}\n"
        old = old if old.endswith("\n") else f"{old}\n"
        there = set(old.splitlines())
        new = [line for line in dict.fromkeys(lines) if line not in there]
        if new:
            write_whole(path, "".join((old, *(f"{line}\n" for line in new))).encode())


def replace_files(root: Path, changes: Iterable[tuple[str, bytes, bytes]]) -> None:
    """Replace files of the project, (file, as it was, as it shall be): all of them or none.

    Raises:
        ProjectError: where a file is not as it was, so that somebody else's change would be lost.
        OSError: where one cannot be written; those before it are as they were.
    """
    changes = list(changes)
    with _locked(root):
        changed = [file for file, before, _ in changes if (root / file).read_bytes() != before]
        if changed:
            what = "was changed meanwhile, so nothing was written"
            raise ProjectError(Problem(file, rule="file", what=what, hint="try again") for file in changed)
        done: list[tuple[Path, bytes]] = []
        try:
            for file, before, after in changes:
                path = (root / file).resolve()  # a link stays a link
                write_whole(path, after)
                done.append((path, before))
        except BaseException:
            for path, before in done:
                write_whole(path, before)
            raise


def prune(folder: Path, wanted: set[str]) -> list[str]:
    """Remove the handouts that the project no longer makes; return their files.

    Only files that the manifest knows are touched, and only if they are still what was published.
    """
    gone = []
    for file, record in read_manifest(folder).items():
        if file in wanted:
            continue
        path = folder / file
        with contextlib.suppress(OSError):
            if hash_bytes(path.read_bytes()) == record.sha256:
                path.unlink()
                gone.append(file)
    update_manifest(folder, (), gone)
    return sorted(gone)
