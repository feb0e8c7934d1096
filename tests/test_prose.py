"""The small Markdown of texts: what it means, and what a text may not contain."""

from __future__ import annotations

import pytest

from generator.prose import Piece, find_faults, parse, placeholders


def rules(text: str) -> list[str]:
    return [fault.rule for fault in find_faults(text)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Plain words.", [Piece("text", "Plain words.")]),
        (
            "A **strong** word",
            [Piece("text", "A "), Piece("text", "strong", is_strong=True), Piece("text", " word")],
        ),
        (
            "Pay {fact.fee} now",
            [Piece("text", "Pay "), Piece("fact", name="fee"), Piece("text", " now")],
        ),
        (
            "{term.cancel.kana}{term.cancel}",
            [Piece("term", name="cancel", form="kana"), Piece("term", name="cancel")],
        ),
        ("**{fact.fee}**", [Piece("fact", name="fee", is_strong=True)]),
        (
            "[the page](fact:page) here",
            [Piece("text", "the page", link="page"), Piece("text", " here")],
        ),
        (
            "at [9 to 5], daily",
            [Piece("text", "at "), Piece("text", "9 to 5", unbroken=1), Piece("text", ", daily")],
        ),
        (
            "〖Draft〗 text",
            [
                Piece("text", "〖", is_draft=True),
                Piece("text", "Draft", is_draft=True),
                Piece("text", "〗", is_draft=True),
                Piece("text", " text"),
            ],
        ),
        (
            "- one\n- two",
            [Piece("item"), Piece("text", "one"), Piece("item"), Piece("text", "two")],
        ),
        ("two\nlines", [Piece("text", "two\nlines")]),
    ],
)
def test_a_text_is_split_into_pieces_in_reading_order(text: str, pieces: list[Piece]) -> None:
    assert list(parse(text)) == pieces


@pytest.mark.parametrize("text", ["<b>x</b>", "# Title", "> quote", "`code`", "https://x.example", "&lt;"])
def test_all_other_markdown_is_just_text(text: str) -> None:
    assert "".join(piece.text for piece in parse(text)) == text
    assert {(piece.kind, piece.link, piece.is_strong) for piece in parse(text)} == {("text", "", False)}


def test_placeholders_come_in_order_and_links_count_as_facts() -> None:
    text = "{carrier.shop}: [call {fact.phone}](fact:page), {term.cancel.romaji}, {speech}"
    assert placeholders(text) == (
        ("carrier", "shop"),
        ("fact", "page"),
        ("fact", "phone"),
        ("fact", "page"),
        ("term", "cancel"),
        ("speech", ""),
    )


@pytest.mark.parametrize(
    "text",
    [
        "Cancel your mobile line",
        "**Do not cancel.** Move it by {term.mnp}; the old contract then ends.",
        "Enter your 4-digit PIN.",
        "Sentence 2 overleaf, on 12 pages, 50 % of it",
        "[{fact.au-phone-hours}] Chinese [{fact.au-phone-zh}]",
        "1 < 2 and a > b",
        "Type [{fact.page}] yourself.",
        "在营业厅办理解约。**不能撤销。**",
        "窓口で「{term.cancel}」と言ってください。",
        "an e-mail to the company (online: any time)",
        "May be closed; in March ask again",
        "read it line by line: twice",
    ],
)
def test_a_good_text_has_no_faults(text: str) -> None:
    assert rules(text) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("0120-444-113", "bare-phone"),
        ("+81-3-1234-5678", "bare-phone"),
        ("０１２０４４４１１３", "bare-phone"),  # full-width digits
        ("157", "bare-phone"),
        ("#8000", "bare-phone"),
        ("1,100円", "bare-price"),
        ("1100 yen", "bare-price"),
        ("¥550", "bare-price"),
        ("550日元", "bare-price"),
        ("2026-03-31", "bare-date"),
        ("3月31日", "bare-date"),
        ("31 March 2026", "bare-date"),
        ("in 2025", "bare-date"),
        ("9:00", "bare-hour"),
        ("９：００", "bare-hour"),
        ("www.au.com", "bare-url"),
        ("au.com", "bare-url"),
        ("http://x", "bare-url"),
        ("<script>alert(1)</script>", "prose-html"),
        ("</p>", "prose-html"),
        ("<!-- x", "prose-html"),
        ("<img/onerror=x", "prose-html"),
        ("〖x", "prose-draft-mark"),
        ("x〗", "prose-draft-mark"),
        ("{", "prose-placeholder"),
        ("{}", "prose-placeholder"),
        ("{fact}", "prose-placeholder"),
        ("{speech.x}", "prose-placeholder"),
        ("{fact.a.kana}", "prose-placeholder"),
        ("{fact.a b}", "prose-placeholder"),
        ("{Fact.a}", "prose-placeholder"),
        ("{fact.__class__}", "prose-placeholder"),
        ("{{fact.a}}", "prose-placeholder"),
        ("x}", "prose-placeholder"),
        ("*x*", "prose-emphasis"),
        ("**x", "prose-emphasis"),
        ("中文**“重点”**中文", "prose-emphasis"),  # stays two asterisks on paper: CommonMark's flanking rule
        ("[x](https://evil.example)", "prose-link"),
        ("[x](javascript:alert(1))", "prose-link"),
        ("[x](/etc/passwd)", "prose-link"),
        ("![x](y.png)", "prose-link"),
        ("a\x00b", "text-control"),
        ("a\x1bb", "text-control"),
        ("a\tb", "text-control"),
        ("a\u202eb", "text-control"),
        ("a\u200fb", "text-control"),
        ("a\ud800b", "text-control"),
        ("a\ufeffb", "text-control"),
        ("t.me/x", "text-messenger"),
        ("@cancel_jp", "text-messenger"),
        ("WhatsApp: +81901234", "text-messenger"),
        ("ＬＩＮＥ　ＩＤ：cancel", "text-messenger"),  # full-width letters
        ("微信号：abc123", "text-messenger"),
    ],
)
def test_a_bad_text_is_faulted_by_its_rule(text: str, rule: str) -> None:
    assert rule in rules(text)


@pytest.mark.parametrize("part", ["{fact.a}", "**", "[", "{", "<", "-", "[x](fact:a)"])
def test_a_hostile_text_is_judged_without_hanging(part: str) -> None:
    list(find_faults(part * 5000))
    parse(part * 5000)
