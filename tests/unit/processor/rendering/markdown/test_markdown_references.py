"""Definitions and footnotes: what is used is shown as what it is, and nothing else vanishes."""

import pytest

from processor_service.rendering.incremental import IncrementalRenderer, first_markdown
from processor_service.rendering.markdown.document import read_document
from tests.support.markdown.judge import addresses, shown, visible


def mended(source: str) -> str:
    return "".join(block.gap + block.text for block in read_document(source)).strip("\n")


@pytest.mark.parametrize(
    "line",
    [
        "[注意]: 再起動してください。",
        "[INFO]: 起動しました",
        "[店員]: いらっしゃいませ。\n[客]: こんにちは。",
        "[10:00]: 開始",
        "[Note]: Important",
        "[PATH]: /usr/bin",
        "[port]: 3306",
        "[1]: https://example.com/a",
        "[参考]: https://example.comを参照してください。",
        "[^1]: 総務省統計局による。",
        "> [注意]: 再起動",
        "- [注意]: 再起動",
        "[合計]: 1,234円\n---",
    ],
)
def test_a_line_that_only_looks_like_a_definition_is_shown(line: str) -> None:
    source = f"手順です。\n\n{line}\n\n[注意]を読む。"
    assert shown(mended(source)) == visible(source).replace("> ", "").replace(">", "").replace(
        "-", ""
    )


def test_only_what_is_used_as_a_link_leaves_its_place() -> None:
    source = "[公式][1]です。\n\n[1]: https://e.com/1 '題'\n[2]: https://e.com/2\n[注意]: 再起動"
    assert mended(source) == (
        "[公式](https://e.com/1) (題)です。\n\n[2]\u200b: https://e.com/2\n[注意]\u200b: 再起動"
    )


def test_a_definition_is_used_in_tables_and_by_images_too() -> None:
    table = "| a |\n|---|\n| [公式][1] |\n\n[1]: https://e.com/1"
    [block] = read_document(table)
    assert block.table is not None
    assert block.table.rows[1][0].runs[0].url == "https://e.com/1"
    assert mended("![図][f]\n\n[f]: https://e.com/f") == "[図](https://e.com/f)"


def test_footnotes_are_numbers_in_the_text_and_notes_at_the_end() -> None:
    source = (
        "人口[^pop]は増え[^2nd](推計)。\n\n[^pop]: 総務省統計局による。\n[^x]: 余談\n\n"
        "次の段落[^pop]。\n\n[^2nd]: 速報値。\n続き。"
    )
    assert mended(source) == (
        "人口[1]は増え[2]\u200b(推計)。\n\n[^x]\u200b: 余談\n\n次の段落[1]。\n\n"
        "[1] 総務省統計局による。\n[2] 速報値。\n続き。"
    )


def test_footnotes_keep_their_authors_numbers() -> None:
    assert mended("甲[^3]と乙[^1]\n\n[^3]: 三\n[^1]:一") == "甲[3]と乙[1]\n\n[1] 一\n[3] 三"


def test_a_mark_without_a_note_and_one_in_code_stay_as_they_are() -> None:
    source = "正規表現[^0-9]と`[^1]`。"
    assert mended(source) == "正規表現[^0-9]と\u200b`[^1]`\u200b。"


def test_nothing_becomes_a_link_while_it_is_streamed() -> None:
    text = "出典[^1]と[公式][2]。\n\n[^1]: 総務省統計局による。\n[2]: https://e.com/日本"
    draft, seen = IncrementalRenderer(), ""
    for end in range(1, len(text) + 1):
        drawn = draft.draw(text[:end])
        body = first_markdown(drawn.bodies[0])
        assert set(addresses(body)) <= {"https://e.com/", "https://e.com", "https://e.co"}
        assert "%" not in body
        assert body.startswith(seen)
        seen = max(seen, drawn.settled(), key=len)
