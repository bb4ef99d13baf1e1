"""HTML tags that only dress words: a pair goes, its words stay, and a tag spoken of stays too."""

import pytest

from processor_service.rendering.markdown.document import read_document
from tests.support.markdown.judge import styled


def mended(source: str) -> str:
    text = "\n".join(block.gap + block.text for block in read_document(source)).strip("\n")
    return text.replace("<\u200b", "<")


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("これは<b>重要</b>です。", "これは重要です。"),
        ("<strong>Note</strong>: <em>read</em> <U>this</U>", "Note: read this"),
        ('<span style="color:red">赤</span>い', "赤い"),
        ("H<sub>2</sub>O と x<sup>2</sup>、1<sup>st</sup>", "H₂O と x²、1ˢᵗ"),
        ("<b>外<b>内</b></b>", "外内"),
        ("一行目。<br>二行目<br/>- 三行目", "一行目。\n\u200b二行目\n\u200b- 三行目"),
        ("## 見出し。<br>続き", "## 見出し。 続き"),
        ("- 一。<br>二\n- 三", "- 一。\n\u200b二\n- 三"),
        ("HTMLでは<strong>を使います。", "HTMLでは<strong>を使います。"),
        ("改行は<br>で入れます。", "改行は<br>で入れます。"),
        ("Use <br> to break.", "Use <br> to break."),
        ("`<b>x</b>` <div>y</div>", "`<b>x</b>` <div>y</div>"),
        ("閉じ</b>だけ", "閉じ</b>だけ"),
    ],
)
def test_tags_that_dress_words_go_and_others_stay(source: str, seen: str) -> None:
    assert mended(source) == seen


def test_bold_within_a_dropped_tag_is_bold_beside_japanese() -> None:
    [block] = read_document("これは<b>**重要**</b>です。")
    assert block.text == "これは\u200b**重要**\u200bです。"
    assert styled(block.text) == [("bold", "重要")]
