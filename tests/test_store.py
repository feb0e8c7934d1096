"""What is kept between builds: sound or not taken, bounded, and never needed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest
from conftest import Project
from hypothesis import given
from hypothesis import strategies as st
from test_chain import CHAIN, ROWS, write_table

from generator.chain import _read_mould
from generator.store import Store

KEY = "ab" * 32


def place(store: Store) -> Path:
    return store.folder / "moulds" / KEY[:2] / KEY


def test_what_was_kept_is_found_as_it_was(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.find("moulds", KEY) is None
    store.keep("moulds", KEY, b"one\ntwo")
    assert store.find("moulds", KEY) == b"one\ntwo"
    store.keep("moulds", KEY, b"three")
    assert store.find("moulds", KEY) == b"three"
    assert store.measure() == {"moulds": (1, 65 + 5)}


@pytest.mark.parametrize("damage", [b"", b"x", b"\n", b"0" * 64 + b"\nthree", b"\xff" * 100])
def test_an_entry_that_is_not_sound_is_not_taken_and_goes(tmp_path: Path, damage: bytes) -> None:
    store = Store(tmp_path)
    store.keep("moulds", KEY, b"three")
    place(store).write_bytes(damage)
    assert store.find("moulds", KEY) is None
    assert not place(store).exists()


def test_where_nothing_can_be_kept_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "moulds").write_text("a file in the place of the folder")
    store = Store(tmp_path)
    store.keep("moulds", KEY, b"three")
    assert store.find("moulds", KEY) is None
    assert store.trim(0) == 0


def test_what_was_not_used_for_the_longest_time_goes_first(tmp_path: Path) -> None:
    store = Store(tmp_path)
    keys = [f"{number:02}" * 32 for number in range(4)]
    for age, key in enumerate(keys):
        store.keep("moulds", key, bytes(1000))
        os.utime(store.folder / "moulds" / key[:2] / key, (1000 + age, 1000 + age))
    assert store.find("moulds", keys[0])  # used now
    assert store.trim(2 * 1065) == 2
    assert [key for key in keys if store.find("moulds", key)] == [keys[0], keys[3]]


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: json.dumps(text).encode()))
def test_no_entry_makes_the_reader_of_moulds_fail(data: bytes) -> None:
    assert _read_mould(data) is None


def test_an_entry_of_another_shape_is_no_mould() -> None:
    for kept in ({}, {"mould": {}}, {"mould": {"head": 1}, "pages": 2, "addresses": [], "problems": []}, []):
        assert _read_mould(json.dumps(kept).encode()) is None


def test_a_build_needs_nothing_of_it_and_takes_nothing_wrong_from_it(
    built_once: Project, tmp_path: Path
) -> None:
    """The bytes are the same without it, with it, and with entries that are cut, empty or foreign."""
    shutil.copytree(built_once.root, tmp_path / "project")
    project = Project(tmp_path / "project")
    write_table(project.root / "shops.csv", ROWS[:1])
    arguments = ("build", "demo-start", "-l", "en", *CHAIN, "-j", "1", "--cache", "kept")
    assert project.run(*arguments, "-o", "first").code == 0
    (entry,) = (project.root / "kept/moulds").glob("*/*")
    whole = entry.read_bytes()
    assert "moulds: 1 entry" in project.run("cache", "info", "--cache", "kept").stdout
    foreign = json.dumps({"mould": "another"}).encode()
    for data in (
        whole,
        whole[:1000],
        b"",
        hashlib.sha256(foreign).hexdigest().encode() + b"\n" + foreign,
    ):
        entry.write_bytes(data)
        assert project.run(*arguments, "-o", "again", "--force").code == 0
        assert project.snapshot("again") == {
            file.replace("first/", "again/"): bytes_ for file, bytes_ in project.snapshot("first").items()
        }
    assert "1 removed" in project.run("cache", "clear", "--cache", "kept").stderr
    assert "moulds: 0 entries" in project.run("cache", "info", "--cache", "kept").stdout
    assert project.run("cache", "clear", "--size", "5").code == 2
    assert project.run("cache", "gc", "--size", "0").code == 0


def test_pages_that_somebody_else_put_there_are_not_handed_out(built_once: Project, tmp_path: Path) -> None:
    """Sound pages of another guide under the key of this one: judged as a whole, and made anew."""
    shutil.copytree(built_once.root, tmp_path / "project")
    project = Project(tmp_path / "project")
    write_table(project.root / "shops.csv", ROWS[:1])
    arguments = ("build", "-l", "en", *CHAIN, "-j", "1", "--cache", "kept")
    assert project.run(*arguments, "-o", "first").code == 0
    one, two = (project.root / "kept/moulds").glob("*/*")
    one_bytes, two_bytes = one.read_bytes(), two.read_bytes()
    one.write_bytes(two_bytes)
    two.write_bytes(one_bytes)
    assert project.run(*arguments, "-o", "again").code == 0
    assert project.snapshot("again") == {
        file.replace("first/", "again/"): digest for file, digest in project.snapshot("first").items()
    }
    assert (one.read_bytes(), two.read_bytes()) == (one_bytes, two_bytes)
