"""Put finished handouts below `output/`, whole or not at all, and keep the manifest true.

The only room that writes there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from generator.problem import Problem, ProjectError

MANIFEST = "manifest.json"
# Raised whenever the meaning of a field changes, so that readers can tell.
SCHEMA = 2


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
        shared = data["shared"]
        return tuple(_read_record(item, shared) for item in data["handouts"])
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return ()


# What handouts of one guide have in common, and of it what differs from shop to shop. A chain has thousands
# of records; what they share stands in the manifest once.
_SHARED = ("inputs", "facts", "parts")
_OWN = frozenset({"said", "shop", "logo"})


def _write_record(record: Record, shared: dict[str, int]) -> dict[str, Any]:
    """Return a record as it stands in the manifest; `shared` gives each shared value its number."""
    item = {field.name: getattr(record, field.name) for field in fields(record)}
    item["warnings"] = [asdict(problem) for problem in record.warnings]
    for name in _SHARED:
        value = item.pop(name)
        if isinstance(value, dict):
            if own := {key: value[key] for key in sorted(_OWN & value.keys())}:
                item[name] = own
            value = {key: value[key] for key in sorted(value.keys() - _OWN)}
        text = json.dumps(value, ensure_ascii=False)
        item[f"shared_{name}"] = shared.setdefault(text, len(shared))
    return item


def _read_record(item: dict[str, Any], shared: list[Any]) -> Record:
    item = dict(item)
    item["facts"] = tuple(shared[item.pop("shared_facts")])
    item["addresses"] = tuple(item["addresses"])
    for name in ("inputs", "parts"):
        item[name] = {**shared[item.pop(f"shared_{name}")], **item.get(name, {})}
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


def find_current(folder: Path, records: Sequence[Record]) -> frozenset[str]:
    """Return the files that are there as they were published, to the byte.

    Not by their times, which a clock that jumps or a copy makes wrong. Two are read at once: hashing leaves
    the interpreter free for the other.
    """

    def is_whole(record: Record) -> bool:
        try:
            with (folder / record.file).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == record.sha256
        except OSError:
            return False

    if len(records) < _MANY:
        return frozenset(record.file for record in records if is_whole(record))
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_READERS) as pool:
        found = pool.map(is_whole, records, chunksize=_MANY)
        return frozenset(record.file for record, is_there in zip(records, found, strict=True) if is_there)


# So many files are hashed by several threads, which costs some milliseconds to start.
_MANY = 200
_READERS = 4


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
        shared: dict[str, int] = {}
        rows = [json.dumps(_write_record(one, shared), ensure_ascii=False, sort_keys=True) for one in there]
        # A line a handout, so that two manifests can be compared line by line.
        text = f'{{"schema": {SCHEMA}, "handouts": [\n' + ",\n".join(rows) + "\n],"
        text += ' "shared": [\n' + ",\n".join(shared) + "\n]}\n"
        path = folder / MANIFEST
        if not path.exists() or path.read_bytes() != text.encode():
            write_whole(path, text.encode())


@contextlib.contextmanager
def build_alone(output: Path, tell: Callable[[], None]) -> Iterator[None]:
    """Let one build at a time write into an output folder; `tell` is called where it has to wait for another.

    The lock is a file in the machine's folder for such, so that nothing strange lies among handouts. It ends
    with its process. Who may not open it builds without: two builds at once make the same files.
    """
    try:
        import fcntl

        name = f"carrier-guides-{hash_bytes(str(output.resolve()).encode())[:32]}.lock"
        handle = os.open(Path(tempfile.gettempdir()) / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except (ImportError, OSError):
        yield
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


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


# Zip knows no earlier day, and a later one would be of the machine's clock.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def zip_shops(folder: Path, records: Iterable[Record]) -> list[str]:
    """Put the handouts of each shop into one zip beside them, named after it; return what was written anew.

    The same handouts give the same bytes. PDFs are packed already, so they are only put together. Those with
    a blank panel are in `blank.zip`.

    Raises:
        OSError: a handout cannot be read, or a zip not be written.
    """
    import io
    import zipfile

    by_shop: dict[str, list[Record]] = {}
    for record in records:
        by_shop.setdefault(record.shop or "blank", []).append(record)
    written = []
    for shop, of_shop in sorted(by_shop.items()):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for record in sorted(of_shop, key=lambda record: record.file):
                entry = zipfile.ZipInfo(record.file, _NO_TIME)
                entry.external_attr = 0o644 << 16
                entry.create_system = 3  # as on Unix, wherever it is made
                archive.writestr(entry, (folder / record.file).read_bytes())
        path = folder / f"{shop}.zip"
        if not path.is_file() or path.read_bytes() != out.getvalue():
            write_whole(path, out.getvalue())
            written.append(path.name)
    return written


def merge(folders: Iterable[Path], output: Path) -> tuple[int, tuple[Problem, ...]]:
    """Put the handouts of several output folders into one; return how many, and what was refused.

    Each file is compared with its manifest, and with the one of another folder that has the same name.

    Raises:
        OSError: a file cannot be written.
    """
    problems: list[Problem] = []
    taken: dict[str, Record] = {}
    for folder in folders:
        records = read_manifest(folder)
        if not records and not _is_ours(folder / MANIFEST):
            what, hint = "is no manifest of this version", "build that folder again"
            problems.append(Problem((folder / MANIFEST).as_posix(), rule="merge", what=what, hint=hint))
        for file, record in records.items():
            if (other := taken.get(file)) is not None:
                if other.sha256 != record.sha256:
                    what = "two folders have it with different bytes; the first one's is taken"
                    problems.append(
                        Problem((folder / file).as_posix(), rule="merge", what=what, hint="build it again")
                    )
                continue
            try:
                data = (folder / file).read_bytes()
            except OSError as error:
                what = f"cannot be read: {error.strerror or error}"
                problems.append(Problem((folder / file).as_posix(), rule="file", what=what))
                continue
            if hash_bytes(data) != record.sha256:
                what = "is not what its manifest says"
                problems.append(
                    Problem((folder / file).as_posix(), rule="merge", what=what, hint="build it again")
                )
                continue
            write_whole(output / file, data)
            taken[file] = record
    update_manifest(output, taken.values())
    return len(taken), tuple(problems)


def _is_ours(manifest: Path) -> bool:
    """Tell whether a manifest can be read here, also where there is nothing in it."""
    try:
        return bool(json.loads(manifest.read_bytes())["schema"] == SCHEMA)
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return False


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
