"""What stands below `output/`: whole files, and a manifest that is true."""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import signal
from pathlib import Path

import pytest
from conftest import HANDOUTS, Project

from generator.problem import Problem, ProjectError
from generator.publish import (
    MANIFEST,
    Record,
    add_lines,
    find_current,
    hash_bytes,
    merge,
    prune,
    read_manifest,
    replace_files,
    update_manifest,
    write_whole,
)

PDF = b"%PDF-1.7 not really"
RECORD = Record(
    file="ja/x-a4.pdf",
    guide="x",
    locale="ja",
    paper="a4",
    shop="",
    edition="ABCDEF",
    fingerprint="f" * 64,
    inputs={"said": "1" * 64},
    pages=2,
    size=len(PDF),
    sha256=hash_bytes(PDF),
    addresses=("https://www.demo.co.jp/leave",),
    facts=("demo-phone",),
    parts={"fact/demo-phone": "123456"},
    next_review="2027-05-21",
    warnings=(Problem(handout="x", rule="GEO-09", what="empty", severity="warning"),),
)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An output folder with one published handout."""
    write_whole(tmp_path / RECORD.file, PDF)
    update_manifest(tmp_path, [RECORD])
    return tmp_path


def test_a_record_comes_back_from_the_manifest_as_it_was(output: Path) -> None:
    assert read_manifest(output) == {RECORD.file: RECORD}


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"schema": 2}',
        b'{"schema": 1, "handouts": []}',
        b'{"schema": 99, "shared": [], "handouts": []}',
        b'{"schema": 2, "shared": [], "handouts": [{}]}',
        b'{"schema": 2, "shared": [], "handouts": [1]}',
        b'{"schema": 2, "shared": [], "handouts": 1}',
        b'{"schema": 2, "shared": 1, "handouts": [{"shared_facts": 1}]}',
    ],
)
def test_a_damaged_manifest_knows_nothing(output: Path, damage: bytes) -> None:
    (output / MANIFEST).write_bytes(damage)
    assert read_manifest(output) == {}


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Record)])
def test_a_record_without_a_field_or_of_another_type_is_not_believed(output: Path, field: str) -> None:
    data = json.loads((output / MANIFEST).read_bytes())
    field = f"shared_{field}" if f"shared_{field}" in data["handouts"][0] else field
    data["handouts"][0].pop(field)
    (output / MANIFEST).write_text(json.dumps(data), encoding="utf-8")
    assert read_manifest(output) == {}
    data["handouts"][0][field] = {"wrong": 5}
    (output / MANIFEST).write_text(json.dumps(data), encoding="utf-8")
    for record in read_manifest(output).values():
        assert record == dataclasses.replace(RECORD, **{field: getattr(record, field)})


@pytest.mark.parametrize("file", ["../outside.pdf", "/etc/passwd", "", "ja/../../outside.pdf"])
def test_a_manifest_cannot_point_out_of_the_folder(output: Path, file: str) -> None:
    data = json.loads((output / MANIFEST).read_bytes())
    data["handouts"][0]["file"] = file
    (output / MANIFEST).write_text(json.dumps(data), encoding="utf-8")
    assert read_manifest(output) == {}


def test_a_file_is_current_only_where_it_is_whole(output: Path) -> None:
    path = output / RECORD.file
    assert find_current(output, [RECORD]) == {RECORD.file}
    path.write_bytes(PDF[:-1] + b"X")
    assert find_current(output, [RECORD]) == frozenset()
    path.unlink()
    assert find_current(output, [RECORD]) == frozenset()


def test_many_files_are_looked_at_as_one_is(tmp_path: Path) -> None:
    records = [dataclasses.replace(RECORD, file=f"ja/{number}.pdf") for number in range(1000)]
    (tmp_path / "ja").mkdir()
    for number, record in enumerate(records):
        (tmp_path / record.file).write_bytes(PDF if number % 3 else PDF + b"x")
    found = find_current(tmp_path, records)
    assert found == {record.file for number, record in enumerate(records) if number % 3}


def test_what_handouts_share_stands_in_the_manifest_once(tmp_path: Path) -> None:
    parts = {f"fact/some-fact-{number}": "abcdef" for number in range(100)}
    records = [
        dataclasses.replace(
            RECORD,
            file=f"ja/{number}.pdf",
            parts={**parts, "shop": f"{number:06}", "logo": "0"},
            inputs={"engine": "e" * 64, "said": f"{number:064}"},
            facts=tuple(f"some-fact-{n}" for n in range(100)),
        )
        for number in range(50)
    ]
    (tmp_path / "ja").mkdir()
    for record in records:
        (tmp_path / record.file).write_bytes(PDF)
    update_manifest(tmp_path, records)
    assert read_manifest(tmp_path) == {record.file: record for record in records}
    assert (tmp_path / MANIFEST).read_text().count('some-fact-7"') == 2  # as a part and as a fact


# --- merging -----------------------------------------------------------------------------------------


def shard(folder: Path, **files: bytes) -> Path:
    records = []
    for name, data in files.items():
        write_whole(folder / f"ja/{name}.pdf", data)
        records.append(
            dataclasses.replace(RECORD, file=f"ja/{name}.pdf", size=len(data), sha256=hash_bytes(data))
        )
    update_manifest(folder, records)
    return folder


def test_shards_are_merged_with_one_manifest(tmp_path: Path) -> None:
    one, two = shard(tmp_path / "1", a=b"A", b=b"B"), shard(tmp_path / "2", c=b"C", b=b"B")
    assert merge([one, two], tmp_path / "all") == (3, ())
    assert merge([two, one], tmp_path / "other") == (3, ())
    assert (tmp_path / "all" / MANIFEST).read_bytes() == (tmp_path / "other" / MANIFEST).read_bytes()
    assert sorted(read_manifest(tmp_path / "all")) == ["ja/a.pdf", "ja/b.pdf", "ja/c.pdf"]
    assert (tmp_path / "all/ja/c.pdf").read_bytes() == b"C"


def test_a_manifest_of_another_version_is_told(tmp_path: Path) -> None:
    one, two, three = tmp_path / "1", tmp_path / "2", tmp_path / "3"
    update_manifest(one, ())  # a part that has nothing
    for folder, text in ((two, '{"schema": 1, "handouts": []}'), (three, "{")):
        folder.mkdir()
        (folder / MANIFEST).write_text(text)
    merged, problems = merge([one, two, three], tmp_path / "all")
    assert merged == 0
    assert [Path(problem.file).parent.name for problem in problems] == ["2", "3"]


def test_what_does_not_agree_is_not_merged(tmp_path: Path) -> None:
    one, two = shard(tmp_path / "1", a=b"A", b=b"B"), shard(tmp_path / "2", a=b"X", c=b"C", d=b"D")
    (two / "ja/c.pdf").write_bytes(b"changed")
    (two / "ja/d.pdf").unlink()
    merged, problems = merge([one, two], tmp_path / "all")
    assert merged == 2
    assert [(problem.rule, Path(problem.file).name) for problem in problems] == [
        ("merge", "a.pdf"),
        ("merge", "c.pdf"),
        ("file", "d.pdf"),
    ]
    assert (tmp_path / "all/ja/a.pdf").read_bytes() == b"A"


def test_a_file_that_cannot_be_written_leaves_the_earlier_one_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "x.pdf"
    write_whole(path, b"old")
    with pytest.raises(TypeError):
        write_whole(path, "no bytes")  # type: ignore[arg-type]
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("x.pdf", b"old")]


def test_a_full_disk_leaves_the_earlier_file_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "x.pdf"
    write_whole(path, b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))  # the nearest thing to a full disk
    try:
        with pytest.raises(OSError, match="too large"):
            write_whole(path, b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("x.pdf", b"old")]


def test_published_files_can_be_read_by_all_whom_the_umask_allows(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_whole(tmp_path / "x.pdf", b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "x.pdf").stat().st_mode & 0o777 == 0o644


def test_the_manifest_keeps_the_records_of_others_and_drops_lost_files(output: Path) -> None:
    other = dataclasses.replace(RECORD, file="ja/y-a4.pdf", guide="y")
    write_whole(output / other.file, PDF)
    update_manifest(output, [other])
    assert list(read_manifest(output)) == ["ja/x-a4.pdf", "ja/y-a4.pdf"]
    (output / RECORD.file).unlink()
    update_manifest(output, [])
    assert list(read_manifest(output)) == ["ja/y-a4.pdf"]


def test_an_unchanged_manifest_is_not_written_again(output: Path) -> None:
    before = (output / MANIFEST).stat().st_mtime_ns, (output / MANIFEST).stat().st_ino
    update_manifest(output, [RECORD])
    assert ((output / MANIFEST).stat().st_mtime_ns, (output / MANIFEST).stat().st_ino) == before


def test_pruning_removes_what_is_not_wanted_and_nothing_else(output: Path) -> None:
    kept = dataclasses.replace(RECORD, file="ja/kept-a4.pdf", guide="kept")
    edited = dataclasses.replace(RECORD, file="ja/edited-a4.pdf", guide="edited")
    for record in (kept, edited):
        write_whole(output / record.file, PDF)
    update_manifest(output, [kept, edited])
    (output / edited.file).write_bytes(b"somebody wrote on it")
    (output / "ja" / "foreign.pdf").write_bytes(PDF)  # the same bytes, but the manifest does not know it
    assert prune(output, {kept.file}) == [RECORD.file]
    there = sorted(path.name for path in (output / "ja").iterdir())
    assert there == ["edited-a4.pdf", "foreign.pdf", "kept-a4.pdf"]
    assert kept.file in read_manifest(output)


def test_pruning_wants_nothing_of_an_empty_folder(tmp_path: Path) -> None:
    assert prune(tmp_path, set()) == []


def test_a_real_manifest_is_true_and_has_no_clock_and_no_path_of_this_machine(shared: Project) -> None:
    text = shared.read("output/manifest.json")
    assert str(shared.root) not in text
    assert "/tmp" not in text and "/home" not in text and "/root" not in text
    records = read_manifest(shared.output)
    assert tuple(sorted(records)) == tuple(sorted(HANDOUTS))
    for file, record in records.items():
        data = (shared.output / file).read_bytes()
        assert (record.size, record.sha256) == (len(data), hash_bytes(data))
        assert record.pages == 2
        assert record.addresses == ("https://www.demo.co.jp/leave",)
        assert set(record.inputs) == {"engine", "fonts", "length", "paper", "said", "templates"}
    fields = {key for item in json.loads(text)["handouts"] for key in item}
    assert not {field for field in fields if "time" in field or "date" in field or "built" in field}


# --- files of the project ----------------------------------------------------------------------------


def test_lines_are_added_once_below_a_head(tmp_path: Path) -> None:
    path = tmp_path / "lines.tsv"
    add_lines(path, ["b", "a", "b"], "# head")
    add_lines(path, ["a", "c"], "# head")
    assert path.read_text() == "# head\nb\na\nc\n"
    path.write_text("# head\nb")  # an editor took the last line end away
    add_lines(path, ["a"], "# head")
    assert path.read_text() == "# head\nb\na\n"


def test_files_are_replaced_all_or_none(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(b"old")
    with pytest.raises(ProjectError, match="was changed meanwhile"):
        replace_files(tmp_path, [("a", b"old", b"new"), ("b", b"other", b"new")])
    assert [(tmp_path / name).read_bytes() for name in "ab"] == [b"old", b"old"]
    with pytest.raises(TypeError):
        replace_files(tmp_path, [("a", b"old", b"new"), ("b", b"old", "no bytes")])  # type: ignore[list-item]
    assert [(tmp_path / name).read_bytes() for name in "ab"] == [b"old", b"old"]
    replace_files(tmp_path, [("a", b"old", b"new"), ("b", b"old", b"new")])
    assert [(tmp_path / name).read_bytes() for name in "ab"] == [b"new", b"new"]
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}  # no rests


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    replace_files(tmp_path, [("link", b"old", b"new")])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"
