"""Facts from the command line: what is claimed, how old it is, what was seen, and a sheet to check it by."""

from __future__ import annotations

import csv
import datetime
import difflib
import io
import tomllib

import pytest
from conftest import DAY, GUIDES, LOCALES, ROOT, SMALL, Project, text_of
from test_localize import fact

from generator import prose
from generator.amend import read_value
from generator.content import load_content
from generator.facts import GRACE_DAYS, REVIEW_DAYS, RISKS, last_day, next_look, state_of, urgency
from generator.guide import Fact, fact_places, used_facts

FACTS = "content/facts/demo.toml"
SEEN = ("--on", "2026-11-30", "--by", "A. Tanaka", "--as-of", DAY)


@pytest.fixture
def bare(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The small project's content with comments and odd spaces in its facts, and nothing built."""
    project = Project(tmp_path_factory.mktemp("bare"))
    for file, text in SMALL.items():
        project.write(file, text)
    for locale in LOCALES:
        project.write(project.catalog(locale), 'msgid ""\nmsgstr ""\n')
    project.change(
        FACTS,
        'status = "official"\nsources = ["page"]\nseen_on = 2026-11-22\nmethod = "archived_copy"\n'
        'review_by = 2027-05-21\nscope = "everybody"\nvalue = "0120-444-113"\n',
        "status   =   'official'   # as printed on the card\nsources = [\n  \"page\", # first\n]\n"
        'seen_on = 2026-11-22\n\nmethod = "archived_copy"\nreview_by = 2027-05-21\n'
        "scope = '''\neverybody'''\n"
        'value = "0120-444-113"\n\n# --- pages ---\n',
    )
    return project


def lines_of(project: Project, before: str) -> tuple[list[str], list[str]]:
    """Return the lines of the facts that went, and those that came."""
    changed = list(difflib.ndiff(before.splitlines(), project.read(FACTS).splitlines()))
    return [x[2:] for x in changed if x[0] == "-"], [x[2:] for x in changed if x[0] == "+"]


# --- age -------------------------------------------------------------------------------------------


def test_every_kind_has_a_review_a_grace_and_a_risk() -> None:
    kinds = set(Fact.model_fields["kind"].annotation.__args__)  # type: ignore[union-attr]
    assert set(REVIEW_DAYS) == set(GRACE_DAYS) == set(RISKS) == kinds


@pytest.mark.parametrize(("kind", "days"), GRACE_DAYS.items())
def test_a_fact_expires_when_its_grace_is_over(kind: str, days: int) -> None:
    one = fact(kind)
    due = datetime.date(2027, 5, 21)
    end = due + datetime.timedelta(days)
    assert last_day(one) == end
    assert state_of(one, due) == "fresh"
    assert state_of(one, due + datetime.timedelta(1)) == "due"
    assert state_of(one, end) == "due"
    assert state_of(one, end + datetime.timedelta(1)) == "expired"


def test_a_declared_change_ends_a_fact_on_its_day_unless_it_was_seen_since() -> None:
    day = datetime.date(2027, 4, 1)
    one = fact(changes_on=day)
    assert state_of(one, datetime.date(2027, 3, 31)) == "fresh"
    assert state_of(one, day) == "expired"
    assert next_look(one) == day
    seen = fact(changes_on=day, seen_on=day, review_by=datetime.date(2027, 6, 1))
    assert state_of(seen, day) == "fresh"
    assert next_look(seen) == datetime.date(2027, 6, 1)


def test_the_most_urgent_fact_is_expired_then_dear_then_early() -> None:
    def at(id_: str, kind: str, day: str) -> Fact:
        return fact(kind, id=id_, review_by=datetime.date.fromisoformat(day))

    facts = [
        at("rule", "rule", "2027-01-01"),
        at("late-fee", "fee", "2027-02-01"),
        at("fee", "fee", "2027-01-15"),
        at("page", "url", "2027-01-01"),
        at("old-page", "url", "2026-12-01"),  # + 120 days = 2027-03-31
    ]
    day = datetime.date(2027, 4, 1)
    ordered = sorted(facts, key=lambda one: urgency(one, day))
    # 2027-01-15 + 60 days = 2027-03-16; 2027-02-01 + 60 days = 2027-04-02, which has not come
    assert [one.id for one in ordered] == ["fee", "old-page", "late-fee", "page", "rule"]


@pytest.mark.parametrize("root", ["small", "real"])
def test_places_name_the_facts_that_a_guide_uses(root: str, bare: Project) -> None:
    content = load_content(ROOT if root == "real" else bare.root)
    for guide in content.guides.values():
        for locale in LOCALES:
            named = {id_ for id_, _, _ in fact_places(guide, prose.placeholders, locale)}
            assert named == set(used_facts(guide, prose.placeholders, locale))


# --- a build -----------------------------------------------------------------------------------------


def test_an_expired_fact_refuses_its_handouts_although_they_are_there(project: Project) -> None:
    before = project.snapshot()
    # reviews were due on 2027-05-21; the fee of one guide expires first: + 60 days = 2027-07-20
    ran = project.spawn("build", "--as-of", "2027-07-21")
    assert ran.code == 1
    line = project.read(FACTS).splitlines().index('id = "demo-fee"') + 2  # its label
    assert f"error: {FACTS}:{line + 1}: " in ran.stderr
    assert 'fact "demo-fee" was last seen 2026-11-20, review was due 2027-05-21; ' in ran.stderr
    assert "it may be printed until 2027-07-20 [fact-expired]" in ran.stderr
    assert "run: carrier-guides facts verify demo-fee --on DAY --by NAME" in ran.stderr
    assert "6 handouts: 0 built, 3 unchanged, 3 refused" in ran.stderr  # demo-start has no fee
    assert project.snapshot() == before


def test_a_declared_change_refuses_a_handout_from_its_day_on(project: Project) -> None:
    project.change(FACTS, 'label = "fee"\n', 'label = "fee"\nchanges_on = 2027-04-01\n')
    assert project.run("build", "--as-of", "2027-03-31", "--dry-run").code == 0
    ran = project.run("build", "--as-of", "2027-04-01", "--dry-run")
    assert ran.code == 1
    assert 'fact "demo-fee" was last seen 2026-11-20, and changes on 2027-04-01 [fact-expired]' in ran.stderr


def test_a_draft_prints_what_has_expired_with_a_warning(project: Project) -> None:
    ran = project.spawn("build", "demo-cancel", "-l", "en", "--draft", "--as-of", "2027-07-21")
    assert ran.code == 0, ran.stderr
    assert "warning: content/facts/demo.toml" in ran.stderr
    assert "[fact-expired]" in ran.stderr


def test_check_reports_what_is_due_and_what_has_expired(shared: Project) -> None:
    ran = shared.run("check", "--as-of", "2027-07-21", "--format", "json")
    found = {(p["rule"], p["severity"]) for p in ran.json["problems"]}
    assert (ran.code, found) == (1, {("fact-due", "warning"), ("fact-expired", "error")})


def test_the_manifest_says_when_to_look_again_and_learns_of_a_later_day(project: Project) -> None:
    assert {record["next_review"] for record in project.manifest().values()} == {"2027-05-21"}
    pages = {file: hash_ for file, hash_ in project.snapshot().items() if file.endswith(".pdf")}
    project.write(FACTS, project.read(FACTS).replace("review_by = 2027-05-21", "review_by = 2027-06-01"))
    ran = project.run("build", "--as-of", DAY)
    assert "6 unchanged" in ran.stderr
    assert {record["next_review"] for record in project.manifest().values()} == {"2027-06-01"}
    assert {file: hash_ for file, hash_ in project.snapshot().items() if file.endswith(".pdf")} == pages


# --- list, show, due, conflicts ------------------------------------------------------------------------


def test_facts_are_listed_by_carrier_status_kind_and_glob(shared: Project) -> None:
    def ids(*arguments: str) -> list[str]:
        ran = shared.run("facts", "list", "--as-of", DAY, "--format", "json", *arguments)
        assert ran.code == 0, ran.stderr
        return [row["id"] for row in ran.json["facts"]]

    assert len(ids()) == 6
    assert ids("--kind", "fee") == ["demo-fee", "demo-guess"]
    assert ids("--status", "retired", "--status", "conflict") == ["demo-last-bill", "demo-old"]
    assert ids("demo-p*") == ["demo-phone", "demo-page"]
    assert ids("--carrier", "demo", "demo-p*", "--kind", "url") == ["demo-page"]
    wrong = shared.run("facts", "list", "--carrier", "dema")
    assert (wrong.code, 'did you mean "demo"?' in wrong.stderr) == (2, True)


def test_a_list_says_how_old_each_fact_is(shared: Project) -> None:
    ran = shared.run("facts", "list", "--as-of", "2027-07-21")
    by_id = {line.split()[0]: line.split() for line in ran.lines[1:]}
    assert " ".join(by_id["demo-fee"]) == "demo-fee fee 1100 verified value 2026-11-20 2027-05-21 expired"
    assert by_id["demo-phone"][-1] == "due"
    # demo-fee, demo-last-bill and demo-guess: 60 days
    assert ran.stderr == "6 facts: 0 fresh, 3 due, 3 expired\n"


def test_show_tells_all_of_a_fact(shared: Project) -> None:
    ran = shared.run("facts", "show", "demo-last-bill", "--as-of", DAY)
    said = " ".join(ran.stdout.split())
    for text in (
        "demo-last-bill: 2 months (duration)",
        "status conflict: prints only its safe wording",
        "may be printed until 2027-07-20; fresh",
        "en some months: ask the shop",
        "ja 訳 some months: ask the shop",
        "official: Demo pages, How to leave https://www.demo.co.jp/leave",
        "used in demo-cancel/steps/ask/expect",
        "3 handouts en/demo-cancel-a4.pdf",
    ):
        assert text in said
    line = shared.read(FACTS).splitlines().index('id = "demo-last-bill"')  # the line before has [[fact]]
    assert f"{FACTS}:{line}" in said


def test_show_as_json_has_the_same(shared: Project) -> None:
    shown = shared.run("facts", "show", "demo-phone", "--format", "json").json["fact"]
    assert shown["said"] == dict.fromkeys(LOCALES, "0120-444-113")
    assert {place["place"] for place in shown["places"]} == {f"{guide}/call/number" for guide in GUIDES}
    assert len(shown["handouts"]) == 6  # two guides x three locales


def test_show_of_a_fact_that_nothing_prints_says_so(shared: Project) -> None:
    ran = shared.run("facts", "show", "demo-old")
    assert "no guide uses it" in ran.stdout
    assert "(nothing)" in ran.stdout


@pytest.mark.parametrize(
    ("day", "within", "ids", "code"),
    [
        ("2027-04-20", "30d", [], 0),  # 2027-04-20 + 30 days = 2027-05-20
        ("2027-04-21", "30d", ["demo-fee", "demo-last-bill", "demo-page", "demo-phone"], 0),
        ("2027-04-09", "6w", ["demo-fee", "demo-last-bill", "demo-page", "demo-phone"], 0),
        ("2027-07-21", "0d", ["demo-fee", "demo-last-bill", "demo-page", "demo-phone"], 1),
    ],
)
def test_due_looks_ahead_and_fails_where_something_has_expired(
    shared: Project, day: str, within: str, ids: list[str], code: int
) -> None:
    ran = shared.run("facts", "due", "--as-of", day, "--within", within, "--format", "json")
    assert (ran.code, [row["id"] for row in ran.json["facts"]]) == (code, ids)


def test_due_names_facts_that_no_guide_uses_only_when_asked(shared: Project) -> None:
    ran = shared.run("facts", "due", "--as-of", "2027-05-01", "--all", "--format", "json")
    assert {row["id"] for row in ran.json["facts"]} == {
        "demo-fee", "demo-guess", "demo-last-bill", "demo-page", "demo-phone",
    }  # fmt: skip


def test_conflicts_are_shown_with_what_is_printed_instead(shared: Project) -> None:
    ran = shared.run("facts", "conflicts")
    assert ran.lines[0] == "demo-last-bill: 2 months (conflict)"
    assert "  instead    some months: ask the shop" in ran.lines
    assert "  press      A newspaper  https://news.demo.co.jp/fees" in ran.lines
    assert "demo-guess" not in ran.stdout  # nobody wants it


def test_a_fact_that_a_guide_waits_for_is_a_conflict_and_can_be_verified(bare: Project) -> None:
    bare.change("content/guides/demo-start.toml", '"Ask first."', '"Ask first: {fact.demo-guess}."')
    assert bare.run("check").code == 1
    assert "demo-guess: 5 (unverified)" in bare.run("facts", "conflicts").stdout
    ran = bare.run("facts", "verify", "demo-guess", "--value", "1,650 yen", *SEEN)
    assert ran.code == 0, ran.stderr
    assert load_content(bare.root).facts["demo-guess"].value == 1650


# --- verify --------------------------------------------------------------------------------------------


def test_verify_changes_only_the_lines_that_it_must(bare: Project) -> None:
    before = bare.read(FACTS)
    ran = bare.run("facts", "verify", "demo-phone", *SEEN)
    assert ran.code == 0, ran.stderr
    gone, come = lines_of(bare, before)
    assert gone == [
        "status   =   'official'   # as printed on the card",
        "seen_on = 2026-11-22",
        'method = "archived_copy"',
        "review_by = 2027-05-21",
    ]
    assert come == [
        'status   =   "verified"   # as printed on the card',
        "seen_on = 2026-11-30",
        'method = "live_page"',
        'checked_by = "A. Tanaka"',
        "review_by = 2027-02-28",  # 2026-11-30 + 90 days
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("tail", ["\n", ""])
def test_verify_keeps_line_endings_a_byte_order_mark_and_the_end(
    bare: Project, end: str, start: str, tail: str
) -> None:
    text = start + bare.read(FACTS).rstrip("\n").replace("\n", end) + tail.replace("\n", end)
    bare.write(FACTS, text)
    ran = bare.run("facts", "verify", "demo-fee", "--value", "1650", *SEEN)
    assert ran.code == 0, ran.stderr
    raw = (bare.root / FACTS).read_bytes().decode()
    assert raw.startswith(start + "[[source]]")
    assert raw.endswith(tail.replace("\n", end) or '"')
    assert raw.count("\n") == text.count("\n") + 1  # checked_by
    assert raw.count("\r\n") == (raw.count("\n") if end == "\r\n" else 0)
    old = tomllib.loads(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    new = tomllib.loads(raw.removeprefix("\ufeff").replace("\r\n", "\n"))
    changed = [(one["id"], two) for one, two in zip(old["fact"], new["fact"], strict=True) if one != two]
    assert [id_ for id_, _ in changed] == ["demo-fee"]
    assert changed[0][1]["value"] == 1650


def test_verifying_twice_is_verifying_once(bare: Project) -> None:
    bare.run("facts", "verify", "demo-phone", "demo-fee", *SEEN)
    before = bare.read(FACTS)
    ran = bare.run("facts", "verify", "demo-phone", "demo-fee", *SEEN)
    assert (ran.code, ran.stdout, ran.stderr) == (0, "", "all is so already; nothing was written\n")
    assert bare.read(FACTS) == before


def test_a_dry_run_of_verify_prints_the_change_and_makes_none(bare: Project) -> None:
    before = bare.snapshot("content")
    ran = bare.run("facts", "verify", "demo-fee", "--value", "1200", "--dry-run", *SEEN)
    assert ran.code == 0
    assert ran.lines[:2] == [f"--- {FACTS}", f"+++ {FACTS}"]
    assert {"-value = 1100", "+value = 1200"} <= set(ran.lines)
    assert bare.snapshot("content") == before


VALUES = {
    ("phone", " 0120-959-476 "): {"value": "0120-959-476"},
    ("url", "https://www.au.com/"): {"value": "https://www.au.com/"},
    ("hours", "9:00-20:00"): {"value": ("09:00", "20:00")},
    ("hours", "09:00 – 24:00"): {"value": ("09:00", "24:00")},
    ("time", "9:10"): {"value": "09:10"},
    ("fee", "1100"): {"value": 1100},
    ("fee", "1,100 yen"): {"value": 1100},
    ("fee", "110,000円"): {"value": 110000},
    ("duration", "31 days"): {"value": 31, "unit": "day"},
    ("duration", "1 month"): {"value": 1, "unit": "month"},
    ("duration", "2y"): {"value": 2, "unit": "year"},
    ("duration", "8"): {"value": 8},
}


@pytest.mark.parametrize(("kind", "text"), VALUES)
def test_a_value_is_read_as_people_write_it(kind: str, text: str) -> None:
    assert read_value(fact(kind), text) == VALUES[kind, text]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("fee", "free"), ("fee", "1.100"), ("fee", "11,00"), ("fee", "-5"), ("fee", ""), ("hours", "9-20"),
        ("hours", "all day"), ("duration", "soon"), ("duration", "3 weeks"), ("rule", "yes"),
    ],
)  # fmt: skip
def test_a_value_that_is_none_is_refused_with_how_to_write_it(kind: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"write it as|said in the texts"):
        read_value(fact(kind), text)


WRONG = {
    ("demo-phon", *SEEN): (2, "did you mean demo-phone"),
    ("demo-phone", "--by", "A", "--on", "2026-12-02", "--as-of", DAY): (2, "has not come yet"),
    ("demo-phone", "--by", "A", "--on", "2026-11-01", "--as-of", DAY): (2, "was seen later, on 2026-11-22"),
    ("demo-phone", "--by", " ", "--on", "2026-11-30", "--as-of", DAY): (2, "say who saw it"),
    ("demo-old", *SEEN): (2, "is retired"),
    ("demo-phone", "demo-fee", "--value", "5", *SEEN): (2, "--value is the value of one fact"),
    ("demo-fee", "--value", "cheap", *SEEN): (2, 'write it as "1100"'),
    ("demo-fee", "--value", "0", *SEEN): (1, "must be a whole number above 0"),
    ("demo-phone", "--value", "call us", *SEEN): (1, "must be a phone number"),
    ("demo-page", "--value", "https://evil.example/", *SEEN): (1, "is not on the list of allowed hosts"),
    ("demo-page", "--value", "http://www.demo.co.jp/", *SEEN): (1, "is not a plain https address"),
    ("demo-fee", "--review-by", "2026-11-29", *SEEN): (1, "[fact-dates]"),
    ("demo-fee", "--review-by", "2028-11-30", *SEEN): (1, "[fact-dates]"),
    ("demo-fee", "--status", "secondary", *SEEN): (1, "needs a safe wording"),
    ("demo-fee", "--status", "unverified", *SEEN): (1, "must not be printed"),
    ("demo-fee", "--method", "archived_copy", *SEEN): (2, "archived_copy"),
    ("demo-fee", *SEEN, "--by", "ask @somebody"): (1, "looks like a messenger contact"),
    ("demo-fee", *SEEN, "--by", "a\u202eb"): (1, "[text-control]"),
}


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_nothing_is_written_where_anything_is_wrong(bare: Project, arguments: tuple[str, ...]) -> None:
    before = bare.snapshot("content")
    ran = bare.run("facts", "verify", *arguments)
    code, said = WRONG[arguments]
    assert (ran.code, said in ran.stderr) == (code, True), ran.stderr
    assert bare.snapshot("content") == before


def test_one_wrong_fact_keeps_the_others_from_being_written(bare: Project) -> None:
    before = bare.snapshot("content")
    ran = bare.run("facts", "verify", "demo-phone", "demo-fee", "--status", "conflict", *SEEN)
    assert (ran.code, ran.stderr.startswith("nothing was written\n")) == (1, True)
    assert bare.snapshot("content") == before


def test_a_rule_that_is_printed_by_its_wording_cannot_lose_it(bare: Project) -> None:
    bare.write(
        FACTS,
        bare.read(FACTS)
        .replace('kind = "duration"', 'kind = "rule"')
        .replace('value = 2\nunit = "month"\n', ""),
    )
    ran = bare.run("facts", "verify", "demo-last-bill", *SEEN)
    assert ran.code == 1
    assert 'fact "demo-last-bill" is verified and has no value, so nothing would stand here' in ran.stderr


def test_facts_in_a_notation_that_cannot_be_changed_line_by_line_are_left_alone(bare: Project) -> None:
    head, _, tail = bare.read(FACTS).partition('[[fact]]\nid = "demo-old"')
    pairs = ", ".join(line for line in f'id = "demo-old"{tail}'.splitlines() if line)
    bare.write("content/facts/more.toml", f"fact = [\n  {{ {pairs} }}, # the old one\n]\n")
    bare.write(FACTS, head)
    bare.change("content/facts/more.toml", '"retired"', '"unverified"')
    before = bare.snapshot("content")
    ran = bare.run("facts", "verify", "demo-old", "demo-fee", *SEEN)
    assert (ran.code, bare.snapshot("content")) == (1, before)
    assert "error: content/facts/more.toml: cannot be changed: " in ran.stderr
    assert "hint: change it in the file by hand" in ran.stderr


def test_verify_says_which_handouts_say_something_else_now(project: Project) -> None:
    ran = project.run("facts", "verify", "demo-fee", "--value", "1650", *SEEN)
    assert ran.code == 0, ran.stderr
    assert ran.stderr == "3 handouts to print again: demo-cancel, in en ja zh_Hans\n"
    assert project.build("demo-cancel", "-l", "en").code == 0
    assert "1,650yen" in text_of(project.output / "en/demo-cancel-a4.pdf")
    assert "Tanaka" not in text_of(project.output / "en/demo-cancel-a4.pdf")


# --- retire --------------------------------------------------------------------------------------------


def test_a_fact_in_use_is_retired_only_by_force_and_its_places_are_named(bare: Project) -> None:
    before = bare.read(FACTS)
    retire = ("facts", "retire", "demo-fee", "--why", "no fee any more", *SEEN)
    ran = bare.run(*retire)
    assert ran.code == 1
    assert "nothing was written\nerror: content/guides/demo-cancel.toml:" in ran.stderr
    assert "steps[0].body: " in ran.stderr
    assert bare.read(FACTS) == before
    forced = bare.run(*retire, "--force")
    assert forced.code == 0, forced.stderr
    assert "warning: content/guides/demo-cancel.toml:" in forced.stderr
    assert bare.run("check").code == 1
    gone, come = lines_of(bare, before)
    assert gone == ['status = "verified"']
    assert come == ['status = "retired"', 'note = "Retired 2026-11-30 by A. Tanaka: no fee any more"']


def test_a_fact_that_no_guide_uses_is_retired_and_stays_so(bare: Project) -> None:
    retire = ("facts", "retire", "demo-guess", "--why", "nobody knows", *SEEN)
    assert bare.run(*retire).code == 0
    fact_ = load_content(bare.root).facts["demo-guess"]
    assert (fact_.status, fact_.note) == ("retired", "Retired 2026-11-30 by A. Tanaka: nobody knows")
    assert "is retired already" in bare.run(*retire).stderr


# --- the worksheet -------------------------------------------------------------------------------------


def read_table(project: Project, file: str) -> list[dict[str, str]]:
    raw = (project.root / file).read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")  # or Excel reads it in the machine's own code page
    assert raw.count(b"\n") == raw.count(b"\r\n")
    return list(csv.DictReader(io.StringIO(raw[3:].decode(), newline="")))


def test_a_worksheet_is_a_sheet_and_a_table_of_what_is_in_use(project: Project) -> None:
    ran = project.spawn("facts", "worksheet", "--as-of", "2027-07-21", "-o", "sheets")
    assert ran.code == 0, ran.stderr
    assert ran.lines == ["sheets/worksheet-2027-07-21.pdf", "sheets/worksheet-2027-07-21.csv"]
    rows = read_table(project, ran.lines[1])
    assert [row["fact"] for row in rows] == ["demo-fee", "demo-last-bill", "demo-page", "demo-phone"]
    assert (rows[0]["value"], rows[0]["state"]) == ("1,100 yen", "expired")
    assert rows[1]["printed"] == "some months: ask the shop"
    assert {rows[0][name] for name in ("new value", "date", "initials")} == {""}
    text = text_of(project.root / ran.lines[0])
    for part in ("1,100yen", "EXPIRED2027-07-20", "0120-444-113", "demo.co.jp/leave", "stillso", "initials"):
        assert part in text


def test_a_worksheet_holds_only_what_is_due_when_asked(project: Project) -> None:
    ran = project.run("facts", "worksheet", "--as-of", DAY, "--due-within", "30d", "-o", "sheets")
    assert (ran.code, ran.stdout) == (0, "")
    assert "nothing needs a look" in ran.stderr
    assert not (project.root / "sheets").exists()


def test_a_table_that_somebody_filled_in_is_not_written_over(project: Project) -> None:
    file = f"sheets/worksheet-{DAY}-demo.csv"
    project.write(file, "filled in")
    arguments = ("facts", "worksheet", "--as-of", DAY, "--carrier", "demo", "-o", "sheets")
    ran = project.spawn(*arguments)
    assert (ran.code, "somebody may have filled it in" in ran.stderr) == (1, True)
    assert project.snapshot("sheets").keys() == {file}
    assert project.spawn(*arguments, "--force").code == 0
    assert len(read_table(project, file)) == 4


def test_a_spreadsheet_does_not_calculate_what_is_in_a_table(project: Project) -> None:
    project.change(FACTS, 'value = "0120-444-113"', 'value = "+81-3-1234-5678"\nnote = "=1+1"')
    ran = project.spawn("facts", "worksheet", "--as-of", DAY, "-o", "sheets")
    assert ran.code == 0, ran.stderr
    row = next(row for row in read_table(project, ran.lines[1]) if row["fact"] == "demo-phone")
    assert (row["value"], row["note"]) == ("'+81-3-1234-5678", "'=1+1")


def test_a_worksheet_that_is_not_right_is_not_written(project: Project) -> None:
    project.change("templates/css/worksheet.css", "font-size: 16pt; line-height: 21pt;", "font-size: 4pt;")
    ran = project.spawn("facts", "worksheet", "--as-of", DAY, "-o", "sheets")
    assert (ran.code, "[TYP-01]" in ran.stderr) == (1, True)
    assert not (project.root / "sheets").exists()
