import inspect
import re
import sys

import pytest

from processor_service.rendering.markdown.tables import Table
from processor_service.rendering.packing import MessageLayout, MessagePart, split_markdown
from tests.support.markdown.judge import shown, types


def split(source: str, limit: int, *, tables: bool = True) -> list[list[MessagePart]]:
    return split_markdown([source], MessageLayout(len, limit, table_blocks=tables))


def texts(source: str, limit: int) -> list[str]:
    return ["".join(map(str, part)) for part in split(source, limit, tables=False)]


def table(rows: int, cell: str = "値") -> str:
    return "\n".join(["| 項目 | 数 |", "|---|--:|", *(f"| {cell}{n} | {n} |" for n in range(rows))])


def test_a_short_text_stays_whole() -> None:
    assert split("短い文です。", 11_000) == [["短い文です。"]]


def test_blocks_that_stood_together_stand_together() -> None:
    source = "## 題\n文です。\n\n\n\n- 一\n- 二\n\n> 引用"
    assert split(source, 1_000) == [["## 題\n文です。\n\n- 一\n- 二\n\n> 引用"]]


def test_documents_follow_each_other_even_when_one_ends_within_code() -> None:
    parts = split_markdown(["```\nx = 1", "_終わり_"], MessageLayout(len, 500, table_blocks=True))
    assert parts == [["```\nx = 1\n```\n\n_終わり_"]]


@pytest.mark.parametrize("code", ["```py", "```py\nx = 1", "text\n\n````\n```\nx"])
def test_what_was_shown_of_unfinished_code_goes_on_when_more_is_written(code: str) -> None:
    [[shown_first]] = split(code, 500)
    [[shown_then]] = split(f"{code}\ny = 2\n", 500)
    assert shown_first == code
    assert str(shown_then).startswith(shown_first)


def test_a_code_block_across_a_joint_is_closed_and_opened_again() -> None:
    code = "\n".join(f"value_{n} = {n}" for n in range(100))
    parts = texts(f"例です。\n\n```python\n{code}\n```\n\n以上です。", 600)
    assert len(parts) > 2
    assert all(part.count("```") == 2 for part in parts)
    assert all("```python\n" in part for part in parts)
    assert parts[0].startswith("例です。\n\n```python\nvalue_0 = 0\n")
    assert parts[-1].endswith("\n```\n\n以上です。")


def test_code_with_fences_in_it_gets_a_longer_fence() -> None:
    [part] = texts("~~~~md\n```py\nx\n```\n~~~~", 500)
    assert part == "````md\n```py\nx\n```\n````"


def test_a_code_block_that_fits_into_a_message_is_not_divided() -> None:
    code = "```\n" + "x = 1\n" * 40 + "```"
    parts = texts(f"{'文です。' * 30}\n\n{code}", 300)
    assert parts[1] == code


def test_paragraphs_stay_whole() -> None:
    paragraph = "あ" * 150
    parts = texts("\n\n".join([paragraph] * 6), 500)
    assert [part.split("\n\n") for part in parts] == [[paragraph] * 3] * 2


def test_a_heading_and_what_leads_in_go_along_with_what_follows() -> None:
    parts = texts(f"{'文' * 150}\n\n---\n\n## 手順\n\n次のとおりです：\n\n{'語' * 100}", 250)
    assert parts == ["文" * 150, f"---\n\n## 手順\n\n次のとおりです：\n\n{'語' * 100}"]


def test_a_long_paragraph_is_cut_behind_a_sentence() -> None:
    parts = texts("これは文です。" * 100, 300)
    assert all(part.endswith("。") for part in parts)
    assert "".join(parts) == "これは文です。" * 100


def test_emphasis_and_code_across_a_joint_go_on_behind_it() -> None:
    parts = texts(f"**{'太字です' * 60}** と `{'code ' * 60}`", 200)
    assert "".join(map(shown, parts)) == "太字です" * 60 + "と" + "code" * 60
    assert all(re.match(r"\*\*|`", part) for part in parts)


def test_a_link_is_not_divided() -> None:
    link = "[公式の文書](https://example.com/" + "a" * 60 + ")"
    parts = texts("語 " * 60 + (link + " ") * 4, 200)
    assert sum(part.count(link) for part in parts) == 4


def test_what_comes_behind_a_joint_does_not_become_a_heading_or_a_list() -> None:
    parts = texts("値 - 5 # 3 1. > | a " * 40, 200)
    assert {each for part in parts for each in types(part)} <= {
        *("paragraph_open", "inline", "text", "paragraph_close"),
    }


@pytest.mark.parametrize("start", ["1.", "-", "#", "1)"])
def test_what_would_begin_a_block_at_a_lines_end_stays_text_behind_a_joint(start: str) -> None:
    source = "語" * 97 + f"です。{start}\n" + "語" * 80
    parts = texts(source, 150)
    assert "".join(map(shown, parts)) == shown(source)
    assert [types(part)[0] for part in parts] == ["paragraph_open"] * 2


def test_an_emoji_of_several_characters_is_not_divided() -> None:
    family = "👩‍👩‍👧‍👦"
    parts = texts(family * 60, 100)
    assert all(part.replace(family, "") == "" for part in parts)


def test_a_long_list_is_cut_between_items_and_goes_on_with_its_numbers() -> None:
    source = "\n".join(f"1. 手順は{n}です{'。' * 20}\n   - 細目" for n in range(1, 31))
    parts = texts(source, 300)
    assert parts[1].startswith("8. 手順は8です")
    assert "\n10. 手順は10です。" in parts[1]
    assert all("   - 細目" in part for part in parts)
    assert "    - 細目" in parts[1]


def test_an_item_longer_than_a_message_keeps_its_words_and_code() -> None:
    code = "\n".join(f"  x_{n} = {n}" for n in range(80))
    parts = texts(f"- 一\n- 例です\n\n  ```py\n{code}\n  ```\n- 三", 300)
    assert "".join(map(shown, parts)).startswith("一例ですx_0=0x_1=1")
    assert parts[-1].endswith("```\n\n- 三")
    assert all(part.count("```") == 2 for part in parts)


def test_a_long_quote_stays_a_quote() -> None:
    parts = texts("\n>\n".join(["> " + "引用です。" * 20] * 6), 300)
    assert len(parts) > 1
    assert all(line.startswith(">") for part in parts for line in part.split("\n"))


def test_a_table_stands_between_the_texts_around_it() -> None:
    [[before, shown_table, after]] = split(f"前です。\n\n{table(2)}\n\n後です。", 1_000)
    assert (before, after) == ("前です。", "後です。")
    assert isinstance(shown_table, Table)


def test_a_second_table_begins_a_message_with_what_leads_in_to_it() -> None:
    parts = split(f"{table(2)}\n\n文です。\n\n## 二つ目\n\n{table(3)}", 1_000)
    assert [len(part) for part in parts] == [2, 2]
    assert parts[0][1] == "文です。"
    assert parts[1][0] == "## 二つ目"


def test_of_many_tables_the_later_narrow_ones_are_shown_as_text() -> None:
    parts = split("\n\n".join([table(1)] * 6), 1_000)
    assert len(parts) == 4
    assert parts[3][1] == "\n\n".join(["```\n項目 │ 数\n─────┼───\n値0  │  0\n```"] * 2)


def test_a_long_table_repeats_its_head_in_every_message() -> None:
    parts = [part for [part] in split(table(250), 100_000)]
    rows = [[row[0].text for row in part.rows] for part in parts if isinstance(part, Table)]
    assert [len(each) for each in rows] == [100, 100, 53]
    assert [each[0] for each in rows] == ["項目"] * 3
    assert [name for each in rows for name in each[1:]] == [f"値{n}" for n in range(250)]


def test_a_table_shown_as_text_repeats_its_head_in_every_message() -> None:
    parts = texts(table(60), 300)
    assert len(parts) > 1
    assert all(part.startswith("```\n項目 │ 数\n─────┼───\n値") for part in parts)


@pytest.mark.parametrize(
    "source",
    [
        "|" + " a |" * 21 + "\n|" + "---|" * 21 + "\n|" + " 1 |" * 21,
        "| a | b |\n|---|---|\n| " + "長い" * 6_000 + " | 1 |",
    ],
    ids=["21 columns", "12,000 characters"],
)
def test_a_table_that_slack_does_not_take_is_shown_as_text(source: str) -> None:
    parts = split(source, 10_000)
    assert all(isinstance(piece, str) for part in parts for piece in part)


def test_a_table_within_a_list_or_a_quote_is_shown_as_text() -> None:
    [[part]] = split(
        "1. 表です\n\n   | a | b |\n   |---|---|\n   | 1 | 2 |\n\n> | c |\n> |---|", 500
    )
    assert part == (
        "1. 表です\n\n   ```\n   a │ b\n   ──┼──\n   1 │ 2\n   ```\n\n> ```\n> c\n> ─\n> ```"
    )


def words_in(parts: list[list[MessagePart]]) -> str:
    return "".join(char for part in parts for piece in part for char in str(piece) if char == "語")


@pytest.mark.parametrize("marker", ["> ", "- ", "1. ", "> - ", "  - > "])
@pytest.mark.parametrize("deep", [15, 25, 300, 5_000])
def test_what_is_nested_too_deep_is_text(marker: str, deep: int) -> None:
    parts = split_markdown(
        [f"{marker * deep}語語\n\n語"], MessageLayout(len, 600, table_blocks=True)
    )
    assert words_in(parts) == "語語語"


def test_what_takes_more_stack_than_there_is_becomes_plain_text() -> None:
    most = sys.getrecursionlimit()
    deep = "> - " * 9 + "語\n\n**語**"
    sys.setrecursionlimit(len(inspect.stack()) + 40)
    try:
        parts = split_markdown([deep], MessageLayout(len, 600, table_blocks=True))
    finally:
        sys.setrecursionlimit(most)
    assert parts == [[deep]]


@pytest.mark.parametrize("code", ["\tb1" + "`" * 9_000, "~~~\n" + "`" * 9_000])
def test_a_fence_that_would_fill_the_messages_is_no_fence(code: str) -> None:
    parts = split_markdown([code], MessageLayout(len, 1_000, table_blocks=True))
    shown = "".join(str(piece) for part in parts for piece in part)
    assert code.count("`") <= shown.count("`") < 1.3 * code.count("`") + 100
