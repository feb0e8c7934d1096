"""Shops from one table: files as spreadsheets save them, and every way in which a row goes wrong.

The tables are written by the tests, in each encoding; nothing is ever printed from a reading
that was guessed.
"""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest
from conftest import LOGO, ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.content import load_content
from generator.guide import Content, Shop, map_text
from generator.rules import explain_rules
from generator.shops import COLUMNS, MAX_PROBLEMS, REQUIRED, TEXTS, Table, read_shops
from generator.spreadsheet import ENCODINGS, MAX_BYTES

LOCALES = ("en", "ja", "ja_Hira", "ko", "vi", "zh_Hans", "zh_Hant")
HEADER = "id,name,address"
Said = list[tuple[int, str, str]]


@pytest.fixture(scope="module")
def content() -> Content:
    return load_content(ROOT)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shops.csv"


def read(path: Path, content: Content, table: str | bytes, encoding: str | None = None) -> Table:
    path.write_bytes(table if isinstance(table, bytes) else table.encode())
    return read_shops(path, content, LOCALES, encoding)


def said(table: Table) -> Said:
    return [(problem.line, problem.key, problem.rule) for problem in table.problems]


def test_the_columns_are_the_fields_of_a_shop() -> None:
    assert {*COLUMNS, "sample"} == set(Shop.model_fields)
    assert REQUIRED == ("id", "name", "address")
    seen: list[str] = []
    full = Shop.model_validate(dict.fromkeys(COLUMNS, "x"))
    map_text(full, lambda place, text: seen.append(place) or text, "x")
    assert tuple(place.removeprefix("x/") for place in seen) == TEXTS


# --- good tables -------------------------------------------------------------------------------------


def test_a_whole_row_is_a_shop_with_its_translations_and_its_logo(path: Path, content: Content) -> None:
    (path.parent / "a.svg").write_text(LOGO, encoding="utf-8")
    table = read(
        path,
        content,
        "ID,Name,address,hours,phone,url,line,logo,name[JA],address[zh-cn],name［zh_TW］\n"
        "a,Shop A, Street 1 ,Mon–Fri 10:00–18:00,0120-000-000,https://example.org/a,Ask us.,a.svg,店A,街1,\n"
        "b,B,Street 2,,,,,,,,\n",
    )
    assert table.problems == ()
    a, b = table.shops
    assert a.shop == Shop(
        id="a",
        name="Shop A",
        address="Street 1",
        hours="Mon–Fri 10:00–18:00",
        phone="0120-000-000",
        url="https://example.org/a",
        line="Ask us.",
        logo="a.svg",
    )
    assert (a.line, a.texts, a.logo) == (
        2,
        {"ja": {"name": "店A"}, "zh_Hans": {"address": "街1"}},
        LOGO.encode(),
    )
    assert (b.shop, b.line, b.texts, b.logo) == (Shop(id="b", name="B", address="Street 2"), 3, {}, b"")


def test_the_english_column_is_the_plain_one(path: Path, content: Content) -> None:
    table = read(path, content, "id,name[en-US],address\na,A,B\n")
    assert (table.shops[0].shop.name, table.shops[0].texts, table.problems) == ("A", {}, ())


def test_a_language_that_a_project_adds_has_columns(path: Path, content: Content) -> None:
    path.write_text("id,name,address,name[PT-br]\na,A,B,C\n", encoding="utf-8")
    assert read_shops(path, content, ("en", "pt_BR")).shops[0].texts == {"pt_BR": {"name": "C"}}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_delimiter_and_line_end_is_read(path: Path, content: Content, delimiter: str, end: str) -> None:
    rows = [["id", "name", "address"], ["a", 'The "A", B; C', "D"], ["", "", ""], ["b", "B", "E"]]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    table = read(path, content, out.getvalue())
    assert [(row.shop.name, row.line) for row in table.shops] == [('The "A", B; C', 2), ("B", 4)]
    assert table.problems == ()


def test_empty_rows_and_columns_that_spreadsheets_leave_are_nothing(path: Path, content: Content) -> None:
    table = read(path, content, "\n,,,,\nid,name,address,,\na,A,B,,\n\n,,,,\n   \nb,B,C,,,,\n")
    assert [(row.shop.id, row.line) for row in table.shops] == [("a", 4), ("b", 8)]
    assert table.problems == ()


# --- encodings ---------------------------------------------------------------------------------------

JAPANESE = "id,name,address\na,渋谷のドコモショップ,東京都渋谷区見本１丁目\n"
CHINESE = "id,name,address\na,新宿手机店,东京都新宿区样本街一号\n"
TRADITIONAL = "id,name,address\na,新宿手機店,東京都新宿區範例街一號\n"
KOREAN = "id,name,address\na,신주쿠 휴대폰 가게,도쿄도 신주쿠구 견본\n"
WESTERN = "id,name,address\na,Bob’s Desk,1-2-3 Mihon\n"


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (JAPANESE, "utf-8"),
        (JAPANESE, "utf-8-sig"),
        (CHINESE, "utf-16"),
        (JAPANESE, "cp932"),
        (CHINESE, "gb18030"),
        ("id,name,address\na,ドコモショップ,b\n", "cp932"),
        ("id,name,address\na,ﾄﾞｺﾓ渋谷店,b\n", "cp932"),
    ],
)
def test_an_encoding_that_is_certain_is_read(path: Path, content: Content, text: str, codec: str) -> None:
    table = read(path, content, text.encode(codec))
    assert table.problems == ()
    assert table.shops[0].shop.name == text.splitlines()[1].split(",")[1]


def test_utf_16_of_either_end_is_read_by_its_mark(path: Path, content: Content) -> None:
    for codec in ("utf-16-le", "utf-16-be"):
        assert len(read(path, content, ("\ufeff" + CHINESE).encode(codec)).shops) == 1


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        (TRADITIONAL, "cp950", "big5"),
        (KOREAN, "cp949", "euc-kr"),
        (JAPANESE, "euc_jp", "euc-jp"),
        (WESTERN, "cp1252", "windows-1252"),  # in Shift_JIS: Bob痴 Desk
        ("id,name,address\na,Café,b\n", "cp1252", "windows-1252"),
        ("id,name,address\na,ﾄﾞｺﾓ,b\n", "cp932", "shift_jis"),
        ("id,name,address\na,髙島屋,b\n", "cp932", "shift_jis"),
    ],
)
def test_an_encoding_that_is_in_doubt_is_asked_for_and_never_guessed(
    path: Path, content: Content, text: str, codec: str, name: str
) -> None:
    table = read(path, content, text.encode(codec))
    (problem,) = table.problems
    right = text.splitlines()[1].split(",")[1]
    assert table.shops == ()
    assert (problem.line, problem.key, problem.rule) == (2, "name", "shop-table")
    assert f'in {name} "{right[:30]}"' in problem.what
    assert problem.hint.startswith("say which it is: --encoding ")
    assert f"--encoding {name}" in problem.hint
    asked = read(path, content, text.encode(codec), name)
    assert (asked.shops[0].shop.name, asked.problems) == (right, ())


def test_a_few_torn_bytes_do_not_make_another_encoding_of_utf_8(path: Path, content: Content) -> None:
    table = read(path, content, (JAPANESE + "b,x,").encode() + "渋".encode()[:2] + b"\n")
    (problem,) = table.problems
    assert (problem.line, problem.what) == (3, "has bytes that are not UTF-8, as the rest is")


@pytest.mark.parametrize(
    "encoding", ["UTF8", "Shift-JIS", "sjis", "cp932", "GBK", "Big5", "utf_16", *ENCODINGS]
)
def test_an_encoding_has_every_usual_spelling(path: Path, content: Content, encoding: str) -> None:
    text = HEADER + "\na,A,B\n"
    raw = text.encode("utf-16" if encoding in ("utf_16", "utf-16") else "ascii")
    assert read(path, content, raw, encoding).problems == ()


@pytest.mark.parametrize(
    ("raw", "encoding", "line", "what"),
    [
        (b"", "klingon", 0, '"klingon" is no encoding that is known'),
        (b"id,name,address\na,\x81,b\n", "shift_jis", 2, "is not shift_jis"),
        (
            b"\xef\xbb\xbfid,name,address\n",
            "gbk",
            1,
            "begins with the mark of utf-8, and gb18030 was asked for",
        ),
        (b"\xff\xfea", None, 0, "is not UTF-16, though it begins with its mark"),
        (b"\xef\xbb\xbfid\n\xff", None, 2, "is not UTF-8, though it begins with its mark"),
        (b"id\n\x80\xff\xff", None, 2, "is neither UTF-8, UTF-16, Shift_JIS nor GB18030"),
        (HEADER.encode("utf-16-le"), None, 1, "has a NUL, which no text has"),
        (b"id,name,address\na,b\0,c\n", None, 2, "has a NUL, which no text has"),
        (b"PK\x03\x04....", None, 0, "is a workbook, not CSV"),
        (b"", None, 0, "is empty"),
        (b"\n,,\n\n", None, 0, "is empty"),
    ],
)
def test_a_file_that_is_no_table_is_one_problem(
    path: Path, content: Content, raw: bytes, encoding: str | None, line: int, what: str
) -> None:
    table = read(path, content, raw, encoding)
    assert table.shops == ()
    assert [(p.file, p.line, p.rule, p.what) for p in table.problems] == [
        (path.as_posix(), line, "shop-table", what)
    ]


def test_what_is_no_file_or_too_large_is_one_problem(path: Path, content: Content) -> None:
    def refused(path: Path) -> str:
        (problem,) = read_shops(path, content, LOCALES).problems
        assert problem.rule == "shop-table"
        return problem.what

    assert refused(path) == "cannot be read: No such file or directory"
    assert refused(path.parent) == "is not a file"
    assert refused(Path("a\0b")) in ("is no name of a file", "is not a file")
    os.mkfifo(path.parent / "pipe")  # reading it would wait for ever
    assert refused(path.parent / "pipe") == "is not a file"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert refused(path) == "is larger than 50 MB"


# --- the header --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "key", "what", "hint"),
    [
        (f"{HEADER},naem[ja]", "naem[ja]", "is not a column that is known", 'did you mean "name[ja]"?'),
        (f"{HEADER},phnoe", "phnoe", "is not a column that is known", 'did you mean "phone"?'),
        (
            f"{HEADER},name[xx]",
            "name[xx]",
            '"xx" is no language of this project',
            "languages here are en, ja,",
        ),
        (f"{HEADER},url[ja]", "url[ja]", "is the same in all languages", 'write it once, in a column "url"'),
        (f"{HEADER},sample", "sample", "a table holds real shops, and no samples", "take the column out"),
        (f"{HEADER},Name", "name", "is there twice", "take one of the two out"),
        (f"{HEADER},name[zh],name[zh-CN]", "name[zh_Hans]", "is there twice", "take one of the two out"),
        (
            f"{HEADER},line[ja]",
            "line[ja]",
            'has no column "line" beside it, so it would',
            "write the English",
        ),
    ],
)
def test_a_wrong_column_is_told_on_the_first_line_and_the_rows_are_read(
    path: Path, content: Content, header: str, key: str, what: str, hint: str
) -> None:
    table = read(path, content, f"{header}\na,A,B{',' * (header.count(',') - 2)}\n")
    (problem,) = table.problems
    assert (problem.line, problem.key, problem.rule) == (1, key, "shop-table")
    assert problem.what.startswith(what) and problem.hint.startswith(hint)
    assert [row.shop.id for row in table.shops] == ["a"]


def test_without_a_column_that_every_shop_needs_nothing_is_read(path: Path, content: Content) -> None:
    table = read(path, content, "id,hours\na,b\n")
    assert (table.shops, said(table)) == ((), [(1, "address", "shop-table"), (1, "name", "shop-table")])


@pytest.mark.parametrize("header", ["a;b;c", "x", ",".join(map(str, range(5000)))])
def test_another_table_is_one_problem(path: Path, content: Content, header: str) -> None:
    assert said(read(path, content, f"{header}\n1,2\n")) == [(1, "", "shop-table")]


def test_a_table_without_rows_is_told(path: Path, content: Content) -> None:
    assert said(read(path, content, f"{HEADER}\n,,\n")) == [(1, "", "shop-table")]


# --- rows --------------------------------------------------------------------------------------------

FULL = "id,name,address,hours,phone,url,line,logo,hours[ja]"


@pytest.mark.parametrize(
    ("row", "key", "rule", "what", "hint"),
    [
        (",A,B,,,,,,", "id", "shop-row", "is empty", "every shop has id, name and address"),
        ("a,,B,,,,,,", "name", "shop-row", "is empty", "every shop has"),
        ("My Shop,A,B,,,,,,", "id", "shop-row", '"My Shop" is no id', 'write "my-shop"'),
        ("ａ－１,A,B,,,,,,", "id", "shop-row", '"ａ－１" is no id', 'write "a-1"'),
        ("渋谷,A,B,,,,,,", "id", "shop-row", '"渋谷" is no id', "write a short name"),
        ("x" * 61 + ",A,B,,,,,,", "id", "shop-row", f'"{"x" * 40}" is no id', f'write "{"x" * 60}"'),
        ("FIRST,A,B,,,,,,", "id", "shop-row", '"FIRST" is no id', 'write "first"'),
        ("example,A,B,,,,,,", "id", "shop-row", 'id "example" is that of content/shops/example.toml', "give"),
        ("a,A,B", "", "shop-row", "has 3 cells, and the table has 9 columns", "fill it up"),
        ("a,A,B,,,,,,,C", "", "shop-row", "has 10 cells, and the table has 9 columns", "put a cell"),
        ('a,"A\nB",C,,,,,,', "name", "shop-row", "holds a line break", "write it in one line"),
        ('a,"A"B,C,,,,,,', "", "shop-row", "has a quote beside other characters", "write a quote"),
        ('a,"A,B,,,,,,\n', "", "shop-row", "opens a quote that is never closed", "close it"),
        (f"a,{'x' * 601},C,,,,,,", "name", "shop-row", "has 601 characters, at most 600 wanted", "shorten"),
        (f"a,{'x' * 140_000},C,,,,,,", "", "shop-row", "has a cell of more than 131,072 characters", "close"),
        ("a,#NAME?,C,,,,,,", "name", "shop-row", '"#NAME?" is an error of the spreadsheet', "format"),
        ("a,A,######,,,,,,", "address", "shop-row", '"######" is an error of the spreadsheet', "format"),
        ("a,A,=B1,,,,,,", "address", "shop-row", '"=B1" is a formula', "format"),
        (
            "a,A,B,,,,,,月〜金",
            "hours[ja]",
            "shop-row",
            'has no text in the column "hours"',
            "write the English",
        ),
        ("a,A <b>,C,,,,,,", "name", "prose-html", '"<b>" is HTML', "write"),
        ("a,A,{fact.x},,,,,,", "address", "prose-placeholder", "a placeholder of a fact has no", "write"),
        ("a,A,\u202eB,,,,,,", "address", "text-control", "U+202E", "delete it"),
        (
            "a,A,B,,,,WeChat: shop_123,,",
            "line",
            "text-messenger",
            '"WeChat: shop_123" looks like',
            "a handout",
        ),
        ("a,A😀,B,,,,,,", "name", "FNT-05", "the font has no glyph for 😀", "write it in words"),
        ("a,A,B,,,http://example.org,,,", "url", "url-form", '"http://example.org" is not a plain', "write"),
        (
            "a,A,B,,,example.org/a,,,",
            "url",
            "url-form",
            '"example.org/a" is',
            'write "https://example.org/a"',
        ),
        ("a,A,B,,,https://ｅ.org,,,", "url", "url-form", '"https://ｅ.org" is', 'write "https://e.org"'),
        (
            "a,A,B,,,,,x.png,",
            "logo",
            "shop-logo",
            '"x.png" is not the name of an SVG file',
            "put the .svg into",
        ),
        ("a,A,B,,,,,../x.svg,", "logo", "shop-logo", '"../x.svg" is not the name of an SVG', "put the .svg"),
        ("a,A,B,,,,,no.svg,", "logo", "shop-logo", '"no.svg" cannot be read: No such file', ""),
    ],
)
def test_a_bad_row_is_told_at_its_line_and_the_others_are_returned(
    path: Path, content: Content, row: str, key: str, rule: str, what: str, hint: str
) -> None:
    table = read(path, content, f"{FULL}\nfirst,A,B,,,,,,\n\n{row}\n")
    problem = next(p for p in table.problems if (p.key, p.rule) == (key, rule))
    assert {p.line for p in table.problems} == {4}
    assert problem.what.startswith(what) and problem.hint.startswith(hint)
    assert [shop.shop.id for shop in table.shops] == ["first"]


@pytest.mark.parametrize(
    ("phone", "what", "hint"),
    [
        (
            "120444113",
            "does not begin with 0 or +: the spreadsheet",
            'the column as text and write "0120444113"',
        ),
        ("3-1234-5678", "does not begin with 0 or +: the spreadsheet", 'write "03-1234-5678"'),
        ("81312345678", "does not begin with 0 or +: the spreadsheet", 'write "+81312345678"'),
        ("1.20444E+08", "the spreadsheet changed the number, and digits are lost", "type the number again"),
        ("1,2E+08", "the spreadsheet changed the number, and digits are lost", "type the number again"),
        ("-6834", "the spreadsheet changed the number", "type the number again"),
        ("2034/3/12", "the spreadsheet changed the number", "type the number again"),
        ("０３－１２３４－５６７８", "has full-width digits or other hyphens", 'write "03-1234-5678"'),
        ("03ー1234‐5678", "has full-width digits or other hyphens", 'write "03-1234-5678"'),
        ("(03) 1234-5678", "is not a phone number", 'write "03-1234-5678"'),
        ("call me", "is not a phone number", "write digits and hyphens"),
    ],
)
def test_what_a_spreadsheet_did_to_a_number_is_said(
    path: Path, content: Content, phone: str, what: str, hint: str
) -> None:
    table = read(path, content, f'id;name;address;phone\na;A;B;"{phone}"\n')
    (problem,) = table.problems
    assert (problem.line, problem.key, problem.rule) == (2, "phone", "shop-phone")
    assert what in problem.what and hint in problem.hint
    assert table.shops == ()


@pytest.mark.parametrize("phone", ["0120-444-113", "0120444113", "+81-3-1234-5678", "188", "03-1234-5678"])
def test_a_number_as_it_was_typed_is_right(path: Path, content: Content, phone: str) -> None:
    table = read(path, content, f"id,name,address,phone\na,A,B,{phone}\n")
    assert (table.shops[0].shop.phone, table.problems) == (phone, ())


def test_an_id_that_stands_twice_is_told_whatever_its_capitals(path: Path, content: Content) -> None:
    table = read(path, content, f"{HEADER}\na,A,B\nb,A,B\na,A,B\nB,A,B\n")
    assert [p.what for p in table.problems if p.line == 4] == ['id "a" stands already in line 2']
    assert 'id "B" stands already in line 3' in [p.what for p in table.problems if p.line == 5]
    assert [row.line for row in table.shops] == [2, 3]


def test_lines_are_right_after_line_breaks_in_quotes(path: Path, content: Content) -> None:
    rows = 'a,"A\r\nB\nC",D\r\nb,B,C\r\n"c","C","D\r\n"\r\nd,,E\r\n'  # b is in 5, c in 6 and 7, d in 8
    table = read(path, content, f"{HEADER}\r\n{rows}")
    assert said(table) == [(2, "name", "shop-row"), (8, "name", "shop-row")]
    assert [(row.shop.id, row.line) for row in table.shops] == [("b", 5), ("c", 6)]


def test_a_cell_below_no_name_is_told(path: Path, content: Content) -> None:
    assert said(read(path, content, "id,,name,address\na,x,A,B\n")) == [(2, "", "shop-row")]


def test_a_row_has_all_of_its_problems_at_once(path: Path, content: Content) -> None:
    table = read(path, content, "id,name,address,phone\nA B,,C <i>,3-1234-5678\n")
    assert [key for _, key, _ in said(table)] == ["address", "id", "name", "phone"]


def test_a_logo_is_safe_and_one_that_cannot_be_parsed_is_refused(path: Path, content: Content) -> None:
    for svg in (
        '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        '<?xml version="1.0" encoding="klingon"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    ):
        (path.parent / "a.svg").write_text(svg, encoding="utf-8")
        table = read(path, content, "id,name,address,logo\na,A,B,a.svg\nb,B,C,a.svg\n")
        assert said(table) == [(2, "logo", "shop-logo"), (3, "logo", "shop-logo")]


def test_after_a_thousand_problems_the_rest_is_not_read(path: Path, content: Content) -> None:
    table = read(path, content, f"{HEADER}\n" + "".join(f"A{i},B,C\n" for i in range(2 * MAX_PROBLEMS)))
    assert len(table.problems) == MAX_PROBLEMS + 1
    assert "has 1,000 problems up to here, and was not read further" in [p.what for p in table.problems]


# --- anything at all ---------------------------------------------------------------------------------

KNOWN_RULES = frozenset(explain_rules())
FUZZ = settings(
    max_examples=300,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
CELLS = """id name address phone logo hours[ja] , ; " = 0120-1 1E5 a.svg 渋谷 ｱ é {fact.x} [ ]( 😀 ../ https://a"""
PIECES = st.sampled_from([*CELLS.split(" "), "\t", "\n", "\r", "\0", "\u2028", "\u202e", "x" * 700])
TABLES = st.one_of(
    st.binary(max_size=200),
    st.builds(
        lambda pieces, codec, tail: "".join(pieces).encode(codec, "replace") + tail,
        st.lists(PIECES, max_size=40),
        st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp932", "gb18030", "cp1252", "cp949"]),
        st.binary(max_size=3),
    ),
    st.builds(lambda raw: b"id,name,address,phone,url,logo,line\na,A,B,1,2,3," + raw, st.binary(max_size=80)),
)


@FUZZ
@given(TABLES, st.sampled_from([None, None, None, *ENCODINGS, "?"]))
def test_no_bytes_make_it_raise_and_every_problem_says_where_and_what(
    tmp_path_factory: pytest.TempPathFactory, content: Content, raw: bytes, encoding: str | None
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz-shops.csv"
    table = read(path, content, raw, encoding)
    for problem in table.problems:
        assert problem.file == path.as_posix()
        assert problem.rule in KNOWN_RULES, problem
        assert problem.what.strip() and len(problem.what) <= 301 and len(problem.hint) <= 301
        problem.where.encode()
    lines = len(raw.splitlines()) + raw.count(b"\r") + raw.count(b"\n") + 1
    assert all(0 <= problem.line <= lines for problem in table.problems)
    assert table.shops or table.problems
