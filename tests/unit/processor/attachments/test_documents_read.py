"""Documents by the libraries themselves, read into the text that the model gets."""

import io
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from processor_service.attachments.documents.__main__ import result_of
from processor_service.attachments.documents.container import Container
from processor_service.attachments.documents.paper import Paper
from processor_service.attachments.documents.workbook import read_workbook
from tests.support.hostile_files import part, with_parts
from tests.support.office_files import (
    document,
    formatted,
    many_rows,
    minutes,
    paragraphs,
    proposal,
    sales,
    sheet,
    slides,
    tracked,
    uncomputed,
    workbook,
)
from tests.support.sample_files import png

PLENTY = 1_000_000


def told(content: bytes, room: int = PLENTY) -> dict[str, str]:
    return result_of(io.BytesIO(content), room)


def two_sheets(book: Any) -> None:
    for name in ("一月", "二月"):
        book.add_worksheet(name).write_row("C7", [name, 1])


def a_block(book: Any) -> None:
    page = book.add_worksheet()
    page.write("A1", "a|b\nc")
    page.write_rich_string("A2", "普通", book.add_format({"bold": True}), "太字")
    page.write_boolean("A3", True)
    page.write_formula("B3", "=1/0", None, "#DIV/0!")
    page.write_url("A4", "https://example.com/", string="こちら")


def far_apart(book: Any) -> None:
    page = book.add_worksheet()
    for each in range(40):
        page.write(each * 50, each * 6, f"v{each}")


def hidden_deeply(book: Any) -> None:
    book.add_worksheet("表").write("A1", 1)
    page = book.add_worksheet("裏")
    page.write("A1", "x")
    page.very_hidden()


def with_chartsheet(book: Any) -> None:
    page = book.add_worksheet("値")
    page.write_column("A1", [1, 2])
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=値!$A$1:$A$2"})
    book.add_chartsheet("図").set_chart(chart)


def a_note(made: Any) -> None:
    run = made.add_paragraph("本文").add_run("です")
    made.add_comment(run, text="要確認", author="田中")


def a_picture(made: Any) -> None:
    made.add_paragraph("前")
    made.add_picture(io.BytesIO(png()))
    made.add_paragraph("後")


def two_lists(made: Any) -> None:
    for text, style in (("一", "List Bullet"), ("二", "List Bullet 2"), ("三", "List Number")):
        made.add_paragraph(text, style=style)


def in_a_table(made: Any) -> None:
    outer = made.add_table(rows=1, cols=2)
    outer.cell(0, 0).text = "外"
    inner = outer.cell(0, 1).add_table(rows=1, cols=1)
    inner.cell(0, 0).text = "内"


def untitled(made: Any) -> None:
    page = made.slides.add_slide(made.slide_layouts[6])
    frame = page.shapes.add_textbox(0, 0, 1, 1).text_frame
    frame.text = "箱"


def hundred(made: Any) -> None:
    for _ in range(100):
        untitled(made)


def long_text(made: Any) -> None:
    for number in range(100):
        made.add_paragraph(f"{number} 行目" * 20)


def merged_cells(made: Any) -> None:
    page = made.slides.add_slide(made.slide_layouts[6])
    table = page.shapes.add_table(2, 2, 0, 0, 1, 1).table
    table.cell(0, 0).merge(table.cell(0, 1))
    table.cell(0, 0).text, table.cell(1, 1).text = "見出し", "値"


def formula(inside: str) -> bytes:
    """A paragraph with a formula as Word writes it, where ``x;`` is a run with x."""
    office = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    runs = re.sub(r"(\w|=);", r"<m:r><m:t>\1</m:t></m:r>", inside)
    return paragraphs(f"<w:p {office}><w:r><w:t>式 </w:t></w:r><m:oMath>{runs}</m:oMath></w:p>")


RUBY = (
    "<w:p><w:r><w:ruby><w:rt><w:r><w:t>とうきょう</w:t></w:r></w:rt>"
    "<w:rubyBase><w:r><w:t>東京</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p>"
)
LINK = (
    "<w:p><w:hyperlink><w:r><w:t>こちら</w:t></w:r></w:hyperlink>"
    "<w:r><w:tab/><w:t>→</w:t></w:r></w:p>"
)
FIELD = (
    "<w:p><w:r><w:instrText>PAGE</w:instrText></w:r>"
    "<w:r><w:t>3</w:t><w:br/><w:t>頁</w:t></w:r></w:p>"
)
BOX = (
    "<w:p><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>枠</w:t></w:r></w:p></w:txbxContent>"
    "</w:pict></w:r></w:p>"
)
ARTICLE = '<w:p><w:pPr><w:outlineLvl w:val="1"/></w:pPr><w:r><w:t>第二節</w:t></w:r></w:p>'


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            sales,
            [
                "# Sheet: 売上\n|  | A | B | C |\n",
                "| 1 | 2026年度 売上表 |  |  |",
                "| 3 | 2026/4/1 | ¥1,234,567 | 112.5% |",
                "| 5 |  | ¥1,235,367 |  |",
                "Merged cells: A1:C1",
                "# Sheet: 原価 (hidden sheet)",
                "社外秘",
            ],
        ),
        (uncomputed, ["| 1 | 1 | 2 | =A1+B1 (not computed) |"]),
        (lambda: sheet(["氏名", "郵便番号"], ["山田", "0100001"]), ["| 2 | 山田 | 0100001 |"]),
        (lambda: formatted(7, "00000"), ["|  | B |\n|---|---|\n| 2 | 00007 |"]),
        (lambda: formatted(datetime(2026, 4, 1), 'm"月"d"日"'), ["| 2 | 4月1日 |"]),
        (lambda: formatted(0.5, "0%"), ["| 2 | 50% |"]),
        (lambda: workbook(two_sheets), ["# Sheet: 一月\n|  | C | D |", "| 7 | 二月 | 1 |"]),
        (
            lambda: workbook(a_block),
            ["| 1 | a\\|b<br>c |  |", "| 2 | 普通太字 |", "| 3 | TRUE | #DIV/0! |", "こちら"],
        ),
        (lambda: workbook(far_apart), ["- A1: v0", "- HC1751: v35", "- IA1951: v39"]),
        (lambda: workbook(hidden_deeply), ["# Sheet: 裏 (hidden sheet)"]),
        (lambda: workbook(with_chartsheet), ["# Sheet: 値", "| 2 | 2 |"]),
        (
            lambda: many_rows(300),
            ["| 300 | 300 | 品目8 | 2990 | 東京都千代田区 |", "| 合計 | 300 |"],
        ),
        (
            minutes,
            [
                "# 議事録",
                "# 決定事項",
                "- 資料を送る",
                "1. 確認する\n\n2. 承認する",
                "| 担当 | 期限 |\n|---|---|\n| 田中 | 4/1<br>4/\\|2 |\n| 佐藤 |  |\n\n以上",
            ],
        ),
        (tracked, ["納期は四月です。", "移動先", "入力欄の内容", "| 残る行 |"]),
        (lambda: paragraphs(RUBY), ["東京"]),
        (lambda: paragraphs(LINK), ["こちら\t→"]),
        (lambda: paragraphs(FIELD), ["3\n頁"]),
        (lambda: paragraphs(BOX), ["枠"]),
        (lambda: paragraphs(ARTICLE), ["## 第二節"]),
        (lambda: document(a_note), ["本文です", "Comments:\n- 田中: 要確認"]),
        (lambda: document(a_picture), ["前\n\n[picture]\n\n後"]),
        (lambda: document(two_lists), ["- 一\n\n", "- 二", "1. 三"]),
        (lambda: document(in_a_table), ["| 外 | 内 |"]),
        (
            proposal,
            [
                "## Slide 1: 新製品の提案\n狙い\n  若い世代\nNotes: ここで質問を受ける",
                "| 項目 | 値 |\n|---|---|\n| 売上 | 120 |",
                "|  | 来客 |\n|---|---|\n| 4月 | 10 |\n| 5月 | 25.5 |",
                "[picture: image.png]",
                "枠の中",
                "## Slide 3: 予備 (hidden slide)",
            ],
        ),
        (lambda: slides(untitled), ["## Slide 1\n箱"]),
        (lambda: slides(merged_cells), ["| 見出し |  |\n|---|---|\n|  | 値 |"]),
    ],
)
def test_a_document_is_read_as_a_person_reads_it(
    make: Callable[[], bytes], words: list[str]
) -> None:
    found = told(make())
    assert found["left_out"] == ""
    for each in words:
        assert each in found["text"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (tracked, ["三月", "移動元", "消えた行"]),
        (lambda: paragraphs(RUBY), ["とうきょう"]),
        (lambda: paragraphs(FIELD), ["PAGE"]),
    ],
)
def test_what_nobody_sees_in_a_document_is_not_read(
    make: Callable[[], bytes], words: list[str]
) -> None:
    text = told(make())["text"]
    assert [each for each in words if each in text] == []


def test_a_number_of_an_article_is_counted_and_written_as_the_list_says() -> None:
    name = "word/numbering.xml"
    made = document(two_lists)
    numbers = part(made, name).replace(b'w:val="%1."', 'w:val="第%1条"'.encode())
    assert "第1条 三" in told(with_parts(made, {name: numbers}))["text"]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (
            "docProps/core.xml",
            rb"(<dcterms:created[^>]*>)[^<]*",
            rb"\1yesterday",
        ),
        ("xl/styles.xml", rb'<family val="2"/>', b'<family val="34"/>'),
        ("xl/styles.xml", rb"<fill>.*?</fill>", b"<fill/>"),
        (
            "xl/styles.xml",
            rb'(<xf [^>]*applyNumberFormat="1")/>',
            rb"\1><alignment horizontal='?'/></xf>",
        ),
    ],
)
def test_a_fault_that_is_not_of_cells_leaves_a_workbook_readable(
    name: str, old: bytes, new: bytes
) -> None:
    made = formatted(0.5, "0.00%")
    changed = re.sub(old, new, part(made, name))
    assert changed != part(made, name)
    assert "| 2 | 50.00% |" in told(with_parts(made, {name: changed})).get("text", "")


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("e;=;<m:sSup><m:e>c;</m:e><m:sup>2;</m:sup></m:sSup>", "e=c^(2)"),
        ("<m:f><m:num>a;</m:num><m:den>b;</m:den></m:f>", "(a)/(b)"),
        ("<m:d><m:e>x;</m:e></m:d>", "(x)"),
        (
            '<m:d><m:dPr><m:begChr m:val="|"/><m:endChr m:val="|"/></m:dPr><m:e>x;</m:e></m:d>',
            "|x|",
        ),
        ("<m:rad><m:deg/><m:e>2;</m:e></m:rad>", "√(2)"),
        ("<m:rad><m:deg>3;</m:deg><m:e>2;</m:e></m:rad>", "√([3]2)"),
        ('<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:e>k;</m:e></m:nary>', "∑k"),
        (
            "<m:nary><m:naryPr/><m:sub>0;</m:sub><m:sup>1;</m:sup><m:e>x;</m:e></m:nary>",
            "∫_(0)^(1)x",
        ),
    ],
)
def test_a_formula_is_a_line_in_its_paragraph(written: str, line: str) -> None:
    assert f"式 {line}" in told(formula(written))["text"]


def test_how_words_are_read_aloud_is_not_read() -> None:
    name = "xl/sharedStrings.xml"
    made = sheet(["東京"])
    strings = part(made, name).replace(
        b"</t></si>", '</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si>'.encode()
    )
    assert "| 1 | 東京 |" in told(with_parts(made, {name: strings}))["text"]


def test_a_sheet_that_is_too_long_is_cut_and_the_small_one_behind_it_is_whole() -> None:
    found = told(many_rows(2_000), 20_000)
    assert "まとめ" in found["text"]
    assert "| 1 | 合計 | 2000 |" in found["text"]
    sheet_name, _, rows = found["left_out"].partition("!")
    first, _, last = rows.partition(":")
    assert (sheet_name, last) == ("明細", "2000")
    assert f"| {int(first) - 1} | {int(first) - 1} | 品目" in found["text"]
    assert f"| {first} | {first} |" not in found["text"]
    assert found["text"].endswith(f"[left out: {found['left_out']}]")
    assert len(found["text"].encode()) <= 20_000 + 300


def test_what_is_beyond_the_room_of_a_document_or_of_slides_is_named() -> None:
    long = document(long_text)
    assert told(long, 5_000)["left_out"] == "…"
    many = slides(hundred)
    assert told(many, 1_000)["left_out"].endswith("–100")


def test_columns_beyond_those_that_are_read_are_named() -> None:
    found = told(sheet(["x"] * 300))
    assert found["left_out"] == "Sheet1!IW:"
    assert "| IV |" in found["text"]


def test_reading_stops_once_its_time_is_over_and_says_where() -> None:
    paper = Paper(PLENTY, 0.0)
    read_workbook(Container(io.BytesIO(sales())), paper)
    assert paper.left_out == ["売上", "原価"]


@pytest.mark.parametrize("make", [sales, minutes, proposal])
def test_any_cut_of_a_document_ends_in_a_verdict(make: Callable[[], bytes]) -> None:
    whole = make()
    for at in range(0, len(whole), max(1, len(whole) // 40)):
        found = told(whole[:at])
        assert found["reason"] in {"file_unreadable", "file_unsafe"}


@pytest.mark.parametrize("make", [sales, minutes, proposal])
def test_bytes_that_change_on_the_way_never_make_a_reader_raise(
    make: Callable[[], bytes],
) -> None:
    whole = make()
    for at in range(0, len(whole), max(1, len(whole) // 60)):
        found = told(whole[:at] + b"\xff\x00<" + whole[at + 3 :])
        assert "text" in found or found["reason"].startswith("file_")
