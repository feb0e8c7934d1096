"""Which edition is this: what was released, what a code means, and what has changed since."""

from __future__ import annotations

import dataclasses
import datetime
import re
import subprocess

import pytest
from conftest import DAY, HANDOUTS, ROOT, Project

from generator.catalog import load_catalog
from generator.content import load_content
from generator.editions import FILE, Release, compare, find_near, find_today, read_releases, spell_code
from generator.guide import Guide, leave_out, map_text
from generator.language import LANGUAGES
from generator.localize import localize
from generator.problem import ProjectError

FACTS = "content/facts/demo.toml"


@pytest.fixture
def released(project: Project) -> Project:
    """The small project, with what is built recorded as released."""
    ran = project.run("build", "--as-of", DAY, "--record", "-q")
    assert ran.code == 0, ran.stderr
    return project


def code_of(project: Project, file: str) -> str:
    return str(project.manifest()[file]["edition"])


def which(project: Project, code: str, *arguments: str, day: str = DAY) -> tuple[int, str]:
    ran = project.run("which", code, "--as-of", day, *arguments)
    return ran.code, ran.stdout + ran.stderr


# --- the record ------------------------------------------------------------------------------------


def test_a_release_is_recorded_once_however_often_it_is_built(released: Project) -> None:
    before = released.read(FILE)
    records = released.manifest()
    releases = read_releases(released.root)
    assert [release.sha256 for release in releases] == [records[file]["sha256"] for file in HANDOUTS]
    assert {release.since for release in releases} == {DAY}
    assert released.run("build", "--as-of", "2026-12-09", "--record").code == 0
    assert released.read(FILE) == before


def test_nothing_is_recorded_unless_asked_and_nothing_of_a_draft(project: Project) -> None:
    assert project.run("build", "--as-of", DAY).code == 0
    for other in (["--draft"], ["--dry-run"], ["demo-start", "-l", "en", "-o", "-"], ["--ignore", "GEO"]):
        ran = project.run("build", "--as-of", DAY, "--record", *other)
        assert (ran.code, "--record keeps the codes of released files" in ran.stderr) == (2, True)
    assert not (project.root / FILE).exists()


def test_a_refused_handout_is_not_recorded(project: Project) -> None:
    project.change(project.catalog("ja"), 'msgstr "訳 Ask first."', 'msgstr ""')
    assert project.run("build", "--as-of", DAY, "--record").code == 1
    made = {(release.guide, release.locale) for release in read_releases(project.root)}
    assert len(made) == 5
    assert ("demo-start", "ja") not in made


def test_two_branches_that_both_released_something_merge(released: Project) -> None:
    def git(*arguments: str) -> None:
        command = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments]
        subprocess.run(command, cwd=released.root, check=True, capture_output=True)

    released.write(".gitattributes", (ROOT / ".gitattributes").read_text())
    text = released.read(FILE)
    lines = text.splitlines(keepends=True)
    git("init", "-q", "-b", "main")
    released.write(FILE, "".join(lines[:3]))
    git("add", FILE, ".gitattributes")
    git("commit", "-qm", "first")
    git("switch", "-qc", "other")
    released.write(FILE, "".join(lines[:5]))
    git("commit", "-qam", "other")
    git("switch", "-q", "main")
    # The same file, built later on this branch.
    released.write(FILE, "".join([*lines[:3], lines[3].replace(DAY, "2026-12-05"), *lines[5:]]))
    git("commit", "-qam", "main")
    git("merge", "-q", "other")
    releases = read_releases(released.root)
    assert len(releases) == len(HANDOUTS)
    assert {release.since for release in releases} == {DAY}  # the earlier day counts


@pytest.mark.parametrize("line", ["<<<<<<< HEAD", "ABCDEF", "a\tb\tc\td\te\tf\tg\th", "\x00"])
def test_a_damaged_record_stops_a_release_before_anything_is_made(released: Project, line: str) -> None:
    released.write(FILE, released.read(FILE) + line + "\n")
    before = released.snapshot()
    ran = released.run("build", "--as-of", DAY, "--record", "--force")
    place = released.read(FILE).count("\n")
    assert ran.code == 1
    assert ran.stderr.startswith(f"error: {FILE}:{place}: is no line of an edition [edition-file]")
    assert released.snapshot() == before
    with pytest.raises(ProjectError):
        read_releases(released.root)


# --- parts -------------------------------------------------------------------------------------------


CHANGED: dict[str, dict[str, object]] = {
    "seen_on": {"seen_on": "another day"},
    "words": {"words": ()},
    "sources": {"sources": ()},
    "archived": {"is_archived": False},
    "draft": {"is_draft": True},
    "fact/demo-page": {"urls": {}},
    "printed/speech": {"printed": {}},
    "phrases": {"phrases": ()},
    "terms/cancel": {"terms": {}},
    "logo": {"logo": b"x"},
    "carriers": {"carrier": None},
    "language": {"language": LANGUAGES[1]},
}


@pytest.mark.parametrize("part", CHANGED)
def test_editions_that_differ_differ_in_a_part(shared: Project, part: str) -> None:
    content = load_content(shared.root)
    day = datetime.date(2026, 12, 1)
    local = localize(
        content, content.guides["demo-cancel"], load_catalog(shared.root, LANGUAGES[0]), as_of=day
    )
    other = dataclasses.replace(local, **CHANGED[part])
    assert other.edition() != local.edition()
    assert part in {change.part for change in compare(local.parts(), other.parts())}


def test_every_text_of_a_guide_is_in_a_part(shared: Project) -> None:
    content = load_content(shared.root)
    guide = content.guides["demo-cancel"]
    day = datetime.date(2026, 12, 1)
    local = localize(content, guide, load_catalog(shared.root, LANGUAGES[0]), as_of=day)
    places: list[str] = []

    def reword(wanted: str) -> Guide:
        def change(place: str, text: str) -> str:
            places.append(place)
            return "x" if place == wanted else text

        return map_text(local.guide, change, guide.id)

    reword("")
    for wanted in tuple(places):
        (change,) = compare(local.parts(), dataclasses.replace(local, guide=reword(wanted)).parts())
        # The part is the text itself, or the row that it stands in.
        assert wanted.startswith(change.part.replace("guide/", f"{guide.id}/", 1))


def test_a_part_has_the_name_of_what_is_said(shared: Project) -> None:
    parts = shared.manifest()["ja/demo-cancel-a4.pdf"]["parts"]
    assert {"fact/demo-fee", "guide/steps/ask", "guide/title", "guide/check/questions/number"} <= set(parts)
    assert all(re.fullmatch(r"[0-9a-f]{6}", hash_) for hash_ in parts.values())


# --- which -------------------------------------------------------------------------------------------


def test_a_current_edition_is_named_with_its_handout_and_day(released: Project) -> None:
    code = code_of(released, "ja/demo-cancel-a4.pdf")
    assert which(released, code) == (
        0,
        f"{code}: demo-cancel in 日本語 (ja), A4, blank panel\n  handed out since {DAY}; current\n",
    )


def test_a_code_may_be_copied_badly() -> None:
    assert spell_code(" a0oi-l1z ") == "A00111Z"
    assert find_near("ABCDEX", ["ABCDEF", "ZZZZZZ"]) == ["ABCDEF"]


def test_a_badly_copied_code_is_found(released: Project) -> None:
    code = code_of(released, "ja/demo-cancel-a4.pdf")
    bad = code.replace("0", "O").replace("1", "l").lower()
    assert which(released, bad)[0] == 0


def test_an_edition_without_a_block_that_may_be_left_out_is_current(released: Project) -> None:
    released.change(
        "content/guides/demo-cancel.toml",
        'phrases = ["stop"]\n',
        'phrases = ["stop"]\ndroppable = ["words"]\nwords = ["passport"]\n',
    )
    released.translate()
    content = load_content(released.root)
    guide = leave_out(content.guides["demo-cancel"], ("words",))
    catalog = load_catalog(released.root, LANGUAGES[0])
    short = localize(content, guide, catalog, as_of=datetime.date(2026, 12, 1))
    release = Release(short.edition(), guide.id, "en", "a4", "", DAY, "0" * 64, short.parts())
    today = find_today(released.root, content, release, datetime.date(2026, 12, 1))
    assert today.editions[0] != release.edition  # all is said where there is room
    assert release.edition in today.editions
    nearest = today.find_nearest(release.parts)
    assert nearest is not None
    assert nearest.edition() == release.edition


def test_an_edition_that_is_not_current_says_what_changed_since(released: Project) -> None:
    code = code_of(released, "en/demo-cancel-a4.pdf")
    other = code_of(released, "en/demo-start-a4.pdf")
    released.change(FACTS, "value = 1100", "value = 1650")
    status, said = which(released, code)
    assert status == 1
    assert "not current: today's edition is " in said
    assert "  changed  fact demo-fee, now 1,650 yen\n  1 change\n" in said
    assert "take it off the rack; print it again: carrier-guides build demo-cancel -l en -p a4" in said
    assert which(released, other)[0] == 0  # it has no fee


def test_a_changed_translation_is_named_by_its_place(released: Project) -> None:
    code = code_of(released, "ja/demo-start-a4.pdf")
    released.change(released.catalog("ja"), 'msgstr "訳 Ask first."', 'msgstr "訳 Ask us first."')
    assert "  changed  text summary\n" in which(released, code)[1]


def test_an_expired_fact_makes_an_edition_not_current(released: Project) -> None:
    code = code_of(released, "en/demo-cancel-a4.pdf")
    status, said = which(released, code, day="2027-07-21")
    assert status == 1
    assert 'a build today refuses it: fact "demo-fee" was last seen 2026-11-20' in said
    assert said.endswith("  take it off the rack\n")


def test_what_is_no_longer_made_is_not_current(released: Project) -> None:
    code = code_of(released, "en/demo-start-a4.pdf")
    (released.root / "content/guides/demo-start.toml").unlink()
    status, said = which(released, code)
    assert (status, "the project has no guide demo-start any more" in said) == (1, True)


def test_an_unknown_code_has_near_matches_and_is_exit_1(released: Project) -> None:
    code = code_of(released, "ja/demo-cancel-a4.pdf")
    wrong = code[:5] + ("Z" if code[5] != "Z" else "Y")
    status, said = which(released, wrong)
    assert status == 1
    assert f"error: nobody knows an edition {wrong} [edition]" in said
    assert f"did you mean {code}" in said


def test_a_manifest_from_elsewhere_knows_editions_too(project: Project) -> None:
    code = code_of(project, "en/demo-cancel-a4.pdf")
    elsewhere = project.root / "shop" / "manifest.json"
    project.write("shop/manifest.json", project.read("output/manifest.json"))
    (project.output / "manifest.json").unlink()
    project.change(FACTS, "value = 1100", "value = 1650")
    assert "nobody knows" in which(project, code)[1]
    said = which(project, code, "--manifest", str(elsewhere))[1]
    assert "not recorded as handed out; not current" in said
    assert "changed  fact demo-fee" in said
    project.write("shop/manifest.json", "{}")
    assert "is no manifest" in which(project, code, "--manifest", str(elsewhere))[1]


def test_which_as_json_has_the_same(released: Project) -> None:
    code = code_of(released, "en/demo-cancel-a4.pdf")
    released.change(FACTS, "value = 1100", "value = 1650")
    ran = released.run("which", code, "--as-of", DAY, "--format", "json")
    (row,) = ran.json["handouts"]
    assert (ran.code, row["current"], row["since"]) == (1, False, DAY)
    assert row["changes"] == [{"what": "fact demo-fee", "how": "changed", "now": "1,650 yen"}]
    unknown = released.run("which", "nothing", "--format", "json")
    assert (unknown.code, unknown.json["problems"][0]["rule"]) == (1, "edition")
