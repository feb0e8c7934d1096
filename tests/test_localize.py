"""A guide in one language: translated texts, facts in their printed form, and what keeps it from paper."""

from __future__ import annotations

import datetime

import pytest
from conftest import Project

from generator.catalog import Catalog, find_languages, load_catalog
from generator.content import load_content
from generator.facts import is_review_due, may_show_value, oldest_check, what_may_print
from generator.guide import Content, Fact
from generator.language import LANGUAGES, Language, find_language
from generator.localize import (
    LocalizedGuide,
    localize,
    print_date,
    print_fact,
    print_list,
    print_time,
    print_value,
)

EN, JA, ZH = LANGUAGES[:3]
DAY = datetime.date(2026, 12, 1)


def fact(kind: str = "fee", status: str = "official", **more: object) -> Fact:
    fields: dict[str, object] = {
        "id": "x",
        "kind": kind,
        "label": "x",
        "status": status,
        "sources": ("page",),
        "seen_on": datetime.date(2026, 11, 22),
        "method": "live_page",
        "review_by": datetime.date(2027, 5, 21),
        "scope": "all",
    }
    return Fact.model_validate({**fields, **more})


# --- what may be printed ---------------------------------------------------------------------------

STATUSES = {
    "verified": ("value", True),
    "official": ("value", True),
    "press": ("value", True),
    "secondary": ("safe wording", True),
    "single-source": ("safe wording", False),
    "conflict": ("safe wording", False),
    "unverified": ("nothing", False),
    "retired": ("nothing", False),
}


@pytest.mark.parametrize("status", STATUSES)
def test_the_status_decides_what_of_a_fact_may_be_printed(status: str) -> None:
    assert (what_may_print(fact(status=status)), may_show_value(fact(status=status))) == STATUSES[status]


def test_every_status_has_an_answer() -> None:
    assert set(STATUSES) == set(Fact.model_fields["status"].annotation.__args__)  # type: ignore[union-attr]


def test_a_review_is_due_on_the_day_after() -> None:
    assert not is_review_due(fact(), datetime.date(2027, 5, 21))
    assert is_review_due(fact(), datetime.date(2027, 5, 22))


def test_the_date_on_paper_is_the_oldest_check() -> None:
    old = fact(seen_on=datetime.date(2026, 1, 1))
    assert oldest_check([fact(), old]) == datetime.date(2026, 1, 1)
    assert oldest_check([]) is None


# --- printed forms ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "said"),
    [
        ({"kind": "phone", "value": "0120-444-113"}, ("0120-444-113",) * 3),
        ({"kind": "url", "value": "https://www.au.com/english/"}, ("au.com/english",) * 3),
        ({"kind": "url", "value": "https://www.au.com/", "display": "www.au.com"}, ("www.au.com",) * 3),
        ({"kind": "hours", "value": ("09:00", "20:00")}, ("9:00–20:00",) * 3),
        ({"kind": "time", "value": "21:10"}, ("21:10",) * 3),
        ({"kind": "time", "value": "24:00"}, ("24:00",) * 3),
        ({"kind": "duration", "value": 1, "unit": "month"}, ("1 month", "1か月", "1个月")),
        ({"kind": "duration", "value": 31, "unit": "day"}, ("31 days", "31日", "31天")),
        ({"kind": "duration", "value": 2, "unit": "year"}, ("2 years", "2年", "2年")),
    ],
)
def test_a_value_is_printed_in_each_language(of: dict[str, object], said: tuple[str, str, str]) -> None:
    assert tuple(print_value(fact(**of), language) for language in (EN, JA, ZH)) == said  # type: ignore[arg-type]


def test_a_fee_has_its_currency_and_thousands_in_each_language() -> None:
    printed = {language.locale: print_value(fact(value=110000), language) for language in (EN, JA, ZH)}
    assert all("110,000" in text for text in printed.values())
    assert "yen" in printed["en"]
    assert printed["ja"] == "110,000円"
    assert printed["zh_Hans"] in ("110,000日元", "110,000日圆")


def test_a_safe_wording_stands_in_place_of_the_value() -> None:
    conflict = fact(status="conflict", value=5, safe_wording="ask the shop")
    assert print_fact(conflict, EN) == "ask the shop"
    about = fact(kind="duration", status="secondary", value=31, unit="day", safe_wording="about {value}")
    assert print_fact(about, EN) == "about [31 days]"  # never broken across lines


def test_dates_lists_and_hours_are_written_as_each_language_does() -> None:
    assert [print_date(datetime.date(2026, 11, 22), language) for language in (EN, JA, ZH)] == [
        "November 22, 2026",
        "2026年11月22日",
        "2026年11月22日",
    ]
    lists = [print_list(["a", "b", "c"], language) for language in (EN, JA, ZH)]
    assert lists == ["a, b, and c", "a、b、c", "a、b和c"]
    assert (print_time("09:05"), print_time("00:00")) == ("9:05", "0:00")


@pytest.mark.parametrize(
    ("spelling", "locale"),
    [
        ("zh", "zh_Hans"), ("zh-CN", "zh_Hans"), ("zh_CN", "zh_Hans"), ("ZH-hans", "zh_Hans"),
        ("zh_Hans_CN", "zh_Hans"), ("zh_CN.UTF-8", "zh_Hans"), ("ja-JP", "ja"), ("ja_JP.UTF-8", "ja"),
        ("JA", "ja"), ("en_US.UTF-8", "en"), ("en-GB", "en"),
    ],
)  # fmt: skip
def test_a_language_is_found_by_any_usual_spelling(spelling: str, locale: str) -> None:
    language = find_language(spelling)
    assert language is not None and language.locale == locale


@pytest.mark.parametrize("spelling", ["", "zh-Latn", "fr", "z", "*", "zh-", "english"])
def test_another_language_is_not_taken_for_one_of_ours(spelling: str) -> None:
    assert find_language(spelling) is None


# --- a whole guide ---------------------------------------------------------------------------------


def said(project: Project, guide: str, language: Language, **options: object) -> LocalizedGuide:
    content = load_content(project.root)
    catalog = load_catalog(project.root, language)
    return localize(content, content.guides[guide], catalog, **{"as_of": DAY, **options})  # type: ignore[arg-type]


def test_every_text_of_a_guide_is_translated(shared: Project) -> None:
    local = said(shared, "demo-cancel", JA)
    assert local.problems == ()
    assert local.guide.steps[0].body == "訳 The fee is {fact.demo-fee}."
    assert local.phrases[0].reader == "訳 I want to cancel this number."
    assert local.guide.staff_title == "解約の手引き"  # Japanese in every language
    assert local.carrier is not None and local.carrier.shop == "訳 Demo shop"
    assert local.printed["carrier.shop"] == "訳 Demo shop"


def test_facts_are_printed_by_their_status(shared: Project) -> None:
    local = said(shared, "demo-cancel", ZH)
    assert local.printed["fact.demo-phone"] == "0120-444-113"
    assert local.printed["fact.demo-last-bill"] == "译 some months: ask the shop"
    assert local.facts == ("demo-fee", "demo-last-bill", "demo-phone", "demo-page")
    assert local.seen_on == "2026年11月20日"  # the fee's, which is the oldest


def test_the_sources_are_grouped_by_who_says_it_official_first(shared: Project) -> None:
    local = said(shared, "demo-cancel", EN)
    assert [(line.kind, line.owner, line.labels) for line in local.sources] == [
        ("official", "Demo pages", "fee, last bill, phone, and web page"),
    ]


def test_a_due_review_is_a_warning_with_the_place_of_the_fact(shared: Project) -> None:
    local = said(shared, "demo-start", EN, as_of=datetime.date(2027, 5, 22))
    assert [(p.file, p.rule, p.severity, p.line > 0) for p in local.problems] == [
        ("content/facts/demo.toml", "fact-due", "warning", True)
    ] * 2  # the phone and the page
    assert "2027-05-21" in local.problems[0].what


def test_what_is_not_translated_is_an_error_and_a_marked_source_text_in_a_draft(project: Project) -> None:
    project.change(project.catalog("ja"), 'msgstr "訳 Ask first."', 'msgstr ""')
    release = said(project, "demo-start", JA)
    assert [(p.key, p.rule, p.severity) for p in release.problems] == [
        ("demo-start/summary", "message-missing", "error")
    ]
    draft = said(project, "demo-start", JA, is_draft=True)
    assert (draft.problems, draft.guide.summary) == ((), "〖Ask first.〗")


def test_the_edition_changes_with_what_is_said_and_with_nothing_else(project: Project) -> None:
    before = said(project, "demo-start", EN)
    assert before.edition() == said(project, "demo-start", EN).edition()
    assert len(before.edition()) == 6
    project.change("content/facts/demo.toml", "value = 1100", "value = 1200")  # demo-start does not say it
    assert said(project, "demo-start", EN).digest() == before.digest()
    project.change("content/facts/demo.toml", "0120-444-113", "0120-444-114")
    assert said(project, "demo-start", EN).edition() != before.edition()


def test_the_edition_differs_by_language_and_by_draft(shared: Project) -> None:
    editions = {said(shared, "demo-start", language).edition() for language in (EN, JA, ZH)}
    editions.add(said(shared, "demo-start", EN, is_draft=True).edition())
    assert len(editions) == 4  # three languages and the draft


def test_the_real_guides_print_one_phone_number_in_every_language(real_project: Project) -> None:
    content: Content = load_content(real_project.root)
    catalogs: list[Catalog] = [
        load_catalog(real_project.root, language) for language in find_languages(real_project.root)
    ]
    same = {
        f"fact.{fact.id}"
        for fact in content.facts.values()
        if fact.kind in ("phone", "url") and what_may_print(fact) == "value"
    }
    printed: dict[str, set[str]] = {}
    for guide in content.guides.values():
        for catalog in catalogs:
            local = localize(content, guide, catalog, as_of=DAY, is_draft=True)
            for name in same & set(local.printed):
                printed.setdefault(name, set()).add(local.printed[name])
    assert printed
    assert {name: texts for name, texts in printed.items() if len(texts) > 1} == {}
