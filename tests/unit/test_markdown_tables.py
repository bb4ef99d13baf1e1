from processor_service.markdown.document import read_document
from processor_service.markdown.tables import Table
from simulators.slack.block_kit import block_errors


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
    assert texts[2] == ["図", "近く", "https://e.com/a_b を見る"]
    assert texts[3] == ["<b>", "<b>x</b>", "余り"]
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
