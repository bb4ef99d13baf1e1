"""OpenDocument files as LibreOffice writes them, read into the text that the model gets."""

import io
from collections.abc import Callable

import pytest

from processor_service.attachments.documents.__main__ import result_of
from tests.support.hostile_files import with_parts
from tests.support.open_files import (
    cell,
    frame,
    items,
    open_file,
    open_minutes,
    open_sales,
    open_slides,
    p,
    row,
    slide,
    table,
)

PLENTY = 1_000_000


def told(content: bytes, room: int = PLENTY) -> dict[str, str]:
    return result_of(io.BytesIO(content), room)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            open_sales,
            [
                "# Sheet: 売上\n|  | A | B | C |\n",
                "| 1 | 2026年度 売上表 |  |  |\n| 4 | 2026/4/1 | ¥1,234,567 | =[.A1]+[.B1] (not",
                "| 5 | 同じ | 同じ |  |\n| 6 | 同じ | 同じ |  |\n| 7 | 0.5 |",
                "Merged cells: A1:C1",
                "# Sheet: 原価 (hidden sheet)",
                "社外秘",
            ],
        ),
        (
            open_minutes,
            [
                "# 議事録",
                "東京で四月に  始める[^1]。\n\n## 決定事項",
                "- 資料を送る\n\n  1. 確認する\n\n  2. 承認する",
                "| 担当 | 期限 |\n|---|---|\n| 田中 | 4/1<br>4/2 |\n|  | 4/3 |",
                "[picture: 売上の推移]\n\n以上",
                "Footnotes:\n[^1] 予算による\nComments:\n- 田中: 要確認",
            ],
        ),
        (
            open_slides,
            [
                "## Slide 1: 新製品の提案\n- 狙い\n| 売上 | 120 |\n|---|---|\n",
                "枠の中\nNotes: ここで質問を受ける",
                "## Slide 2 (hidden slide)\n予備",
            ],
        ),
    ],
)
def test_an_open_document_is_read_as_a_person_reads_it(
    make: Callable[[], bytes], words: list[str]
) -> None:
    found = told(make())
    assert found["left_out"] == ""
    for each in words:
        assert each in found["text"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (open_minutes, ["三月", "とうきょう", "2026-04-01"]),
        (open_sales, ["要確認"]),
        (open_slides, ["[picture]"]),
    ],
)
def test_what_nobody_sees_in_an_open_document_is_not_read(
    make: Callable[[], bytes], words: list[str]
) -> None:
    text = told(make())["text"]
    assert [each for each in words if each in text] == []


def test_a_list_counts_where_a_style_of_the_whole_document_says_so() -> None:
    content = open_file("text", items(p("一"), p("二"), style="番号"))
    begin, _, rest = open_styles('<text:list-style style:name="番号">{}</text:list-style>')
    level = '<text:list-level-style-number text:level="1" style:num-format="1"/>'
    styles = f"{begin}{level}{rest}".encode()
    assert "1. 一\n\n2. 二" in told(with_parts(content, {"styles.xml": styles}))["text"]
    assert "- 一\n\n- 二" in told(content)["text"]


def open_styles(style: str) -> tuple[str, str, str]:
    oasis = "urn:oasis:names:tc:opendocument:xmlns:"
    names = f'xmlns:style="{oasis}style:1.0" xmlns:text="{oasis}text:1.0"'
    return f"<x {names}>{style}</x>".partition("{}")


def test_a_sheet_that_is_too_long_is_cut_and_the_small_one_behind_it_is_whole() -> None:
    rows = [row(cell(f"品目{n}")) for n in range(1, 2_001)]
    content = open_file("spreadsheet", table("明細", *rows) + table("計", row(cell("合計 2000"))))
    found = told(content, 20_000)
    assert "| 1 | 合計 2000 |" in found["text"]
    title, _, cut = found["left_out"].partition("!")
    first, _, last = cut.partition(":")
    assert (title, last) == ("明細", "2000")
    assert f"| {int(first) - 1} | 品目{int(first) - 1} |" in found["text"]
    assert f"品目{first} |" not in found["text"]


def test_columns_beyond_those_that_are_read_are_named_in_an_open_sheet() -> None:
    wide = cell("x", 'table:number-columns-repeated="300"')
    found = told(open_file("spreadsheet", table("表", row(wide))))
    assert found["left_out"] == "表!IW:"
    assert "| IV |" in found["text"]


def test_what_is_beyond_the_room_of_an_open_text_or_of_its_slides_is_named() -> None:
    assert told(open_file("text", p("長い文章です" * 9) * 100), 5_000)["left_out"] == "…"
    many = "".join(slide(frame(p("一枚"))) for _ in range(100))
    assert told(open_file("presentation", many), 1_000)["left_out"].endswith("–100")


@pytest.mark.parametrize("kind", ["chart", "text-master", "graphics"])
def test_an_open_document_of_another_kind_ends_in_a_verdict(kind: str) -> None:
    assert told(open_file(kind, p("x")))["reason"] == "file_unreadable"


def test_a_document_whose_content_is_none_of_its_kind_ends_in_a_verdict() -> None:
    content = with_parts(open_minutes(), {"content.xml": b"<x/>"})
    assert told(content)["reason"] == "file_unreadable"
    assert told(open_file("text", ""))["reason"] == "file_no_text"


@pytest.mark.parametrize("make", [open_sales, open_minutes, open_slides])
def test_a_damaged_open_document_never_makes_a_reader_raise(make: Callable[[], bytes]) -> None:
    whole = make()
    for at in range(0, len(whole), max(1, len(whole) // 40)):
        for damaged in (whole[:at], whole[:at] + b"\xff\x00<" + whole[at + 3 :]):
            found = told(damaged)
            assert "text" in found or found["reason"].startswith("file_")
