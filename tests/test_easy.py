"""Easy Japanese: readings over kanji, from the catalog to the page, and what is refused."""

from __future__ import annotations

import pytest
from conftest import Project

from generator.catalog import load_catalog
from generator.language import find_language
from generator.prose import drop_readings, parse, spell_in_kana
from generator.translation import find_faults

EASY = find_language("ja-Hira")


def readings(text: str) -> list[tuple[str, str]]:
    return [(piece.text, piece.reading) for piece in parse(text)]


def test_a_reading_belongs_to_the_kanji_before_it() -> None:
    assert readings("店《みせ》で払《はら》います。") == [
        ("店", "みせ"),
        ("で", ""),
        ("払", "はら"),
        ("います。", ""),
    ]
    strong = [piece for piece in parse("でも**分《ぶん》**です") if piece.is_strong]
    assert [(piece.text, piece.reading) for piece in strong] == [("分", "ぶん")]
    # A Chinese title has the same brackets, and no kana in them.
    assert readings("请索取《预付卡》指南") == [("请索取《预付卡》指南", "")]


def test_texts_can_be_had_without_readings_or_in_kana() -> None:
    assert drop_readings("店《みせ》に行《い》く") == "店に行く"
    assert spell_in_kana("店《みせ》に行《い》く") == "みせにいく"


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("店《みせ》で聞《き》きます。", []),
        ("店で聞《き》きます。", ["message-reading"]),
        ("1《いち》か月です。", ["message-reading"]),
        (
            "店《みせ》に行《い》って、そこで聞《き》いて、もらって、書《か》いて、また見《み》て、ゆっくり考《かんが》えて、払《はら》って、終《お》わります。",
            ["message-sentence"],
        ),
    ],
)
def test_a_kanji_without_reading_and_a_long_sentence_are_told(text: str, rules: list[str]) -> None:
    assert EASY
    found = [fault.rule for fault in find_faults(EASY, "x", "Ask in 1 shop.", text, text)]
    assert [rule for rule in found if rule in ("message-reading", "message-sentence")] == rules


def test_a_release_refuses_a_kanji_without_reading(real_project: Project) -> None:
    root, locale = real_project.root, "locales/ja_Hira/LC_MESSAGES/messages.po"
    text = real_project.read(locale)
    try:
        real_project.write(locale, text.replace("ケータイの解約《かいやく》", "ケータイの解約", 1))
        ran = real_project.run("messages", "check", "-l", "easy")
        assert ran.code == 1
        assert '"解約" has no reading [message-reading]' in ran.stderr
    finally:
        real_project.write(locale, text)
    assert load_catalog(root, find_language("ja_Hira") or pytest.fail("has no record"))
