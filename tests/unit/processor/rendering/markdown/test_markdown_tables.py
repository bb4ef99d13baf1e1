import pytest

from processor_service.rendering.markdown.document import read_document
from processor_service.rendering.markdown.tables import Table
from simulators.slack.content.block_kit import block_errors


def read(source: str) -> Table:
    [block] = read_document(source)
    assert block.table is not None
    return block.table


def test_cells_keep_their_styles_links_and_alignment() -> None:
    source = "| 品 | 値 |\n|:-:|--:|\n| **`x`**です | [公式](https://e.com) |\n| ~~旧~~ | *新* |"
    block = read(source).block()
    assert block["column_settings"] == [
        {"align": "center", "is_wrapped": True},
        {"align": "right", "is_wrapped": True},
    ]
    first, second = block["rows"][1]
    assert first["elements"][0]["elements"] == [
        {"type": "text", "text": "x", "style": {"bold": True, "code": True}},
        {"type": "text", "text": "です"},
    ]
    assert second["elements"][0]["elements"] == [
        {"type": "link", "url": "https://e.com", "text": "公式"}
    ]
    assert block["rows"][0] == [
        {"type": "raw_text", "text": "品"},
        {"type": "raw_text", "text": "値"},
    ]


@pytest.mark.parametrize("cell", ["__a **b** c__", "**a **b** c**", "*a _b_ c*"])
def test_a_cell_may_hold_emphasis_within_emphasis_of_the_same_kind(cell: str) -> None:
    [_, [found]] = read(f"| 品 |\n|---|\n| {cell} d |").rows
    assert [(run.text, bool(run.styles)) for run in found.runs] == [
        ("a ", True),
        ("b", True),
        (" c", True),
        (" d", False),
    ]


def test_what_cells_may_hold_is_taken_by_slack() -> None:
    source = (
        "| a | b | c |\n|---|---|---|\n"
        "| | 一<br>二 | `\\|` |\n"
        "| ![図](https://e.com/a.png) | [近く](/relative) | https://e.com/a_b を見る |\n"
        "| &lt;b&gt; | <b>x</b> | 余り | 無視 |\n"
        "| 足りない |"
    )
    table = read(source)
    assert block_errors([table.block()]) == []
    texts = [[cell.text for cell in row] for row in table.rows]
    assert texts[1] == ["", "一\n二", "|"]
    assert texts[2] == ["図", "[近く](/relative)", "https://e.com/a_b を見る"]
    assert texts[3] == ["<b>", "x", "余り | 無視"]
    links = [run.url for cell in table.rows[2] for run in cell.runs]
    assert links == ["https://e.com/a.png", "", "https://e.com/a_b", ""]


def test_lines_are_aligned_where_japanese_is_twice_as_wide() -> None:
    source = (
        "| 名前 | v | 値 |\n|---|:-:|--:|\n| りんご | ab | 100 |\n| é | c | [x](https://e.com) |"
    )
    assert read(source).lines() == [
        "名前   │ v  │                値",
        "───────┼────┼──────────────────",
        "りんご │ ab │               100",
        "é      │ c  │ x (https://e.com)",
    ]


def test_a_cell_of_several_lines_takes_one_as_text() -> None:
    assert read("| a |\n|---|\n| 一<br>二 |").lines()[2] == "一 二"


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("| `a|b` | a または b | 正規表現 |", ["a|b", "a または b", "正規表現"]),
        ("| `cat x | grep y` | 検索 | 例 |", ["cat x | grep y", "検索", "例"]),
        ("| or | 論理 | `a || b` |", ["or", "論理", "a || b"]),
        ("| or | 論理 | a || b |", ["or", "論理", "a || b"]),
        ("| x | 型 | string | undefined | null |", ["x", "型", "string | undefined | null"]),
        ("| 1 | 2 | 3 | 4 | |", ["1", "2", "3 | 4"]),
        ("| ``a ` | b`` | c | d |", ["a ` | b", "c", "d"]),
        ("| `a\\|b` | c | d |", ["a|b", "c", "d"]),
        ("| ` | ` | 引用符 |", ["`", "`", "引用符"]),
        ("| 足りない |", ["足りない", "", ""]),
    ],
)
@pytest.mark.parametrize("place", ["", "> ", "- "])
def test_no_cell_is_cut_off(place: str, row: str, cells: list[str]) -> None:
    source = f"{place}| 記法 | 意味 | 備考 |\n|---|---|---|\n{row}"
    [block] = read_document(source.replace("\n", "\n" + place.replace("-", " ")))
    if block.table:
        assert [cell.text for cell in block.table.rows[1]] == cells
    else:
        shown = block.text.split("\n")[3]
        assert [cell.strip() for cell in shown.strip("> ").split("│")] == cells[
            : shown.count("│") + 1
        ]


def test_a_head_with_a_pipe_in_its_code_is_a_head() -> None:
    table = read("| `a|b` | 意味 |\n|---|---|\n| 1 | 2 |")
    assert [cell.text for cell in table.rows[0]] == ["a|b", "意味"]
    [text] = read_document("`a|b`と`c`\nです")
    assert text.text == "`a|b`\u200bと\u200b`c`\nです"


def test_a_note_right_below_a_table_is_no_row_of_it() -> None:
    table, note = read_document(
        "| 列 | 値 |\n|---|---|\n| 1 | 2 |\n※ 2026 年の値です。\n続きです。"
    )
    assert table.table is not None
    assert len(table.table.rows) == 2
    assert (note.gap, note.text) == ("\n", "※ 2026 年の値です。\n続きです。")
    [open_] = read_document("a | b\n---|---\n1 | 2\n足りない")
    assert open_.table is not None
    assert open_.table.rows[2][0].text == "足りない"
