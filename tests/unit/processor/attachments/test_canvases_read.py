"""Canvases and other pages, read into the text that the model gets."""

import io

import pytest

from processor_service.attachments.documents.__main__ import result_of

PLENTY = 1_000_000


def test_a_canvas_is_read_with_its_headings_lists_and_tables() -> None:
    page = (
        "<h1>計画</h1><p>四月から&amp;始める。</p><ul><li>一つ</li><li>二つ</li></ul>"
        "<table><tr><th>担当</th><th>期限</th></tr><tr><td>田中</td><td>4/1</td></tr></table>"
        "<script>x()</script>"
    )
    assert result_of(io.BytesIO(page.encode()), PLENTY, "page") == {
        "text": "# 計画\n四月から&始める。\n- 一つ\n- 二つ\n"
        "| 担当 | 期限 |\n|---|---|\n| 田中 | 4/1 |",
        "left_out": "",
    }


# What Slack really gives, seen by github.com/shaharia-lab/slackcli and sweatco/archie-hq.
@pytest.mark.parametrize(
    ("page", "text"),
    [
        (
            (
                "<div data-section-style='7'><ul><li class='checked'><span>済み</span><br/></li>"
                "<li class=''>まだ <@U0KEN><br/></li></ul></div>"
            ),
            "- [x] 済み\n- [ ] まだ <@U0KEN>",
        ),
        (
            (
                "<div data-section-style='6'><ul><li>甲<br/></li><ul><li>甲の一</li></ul><li></li>"
                "<li><p>乙</p></li></ul></div><p>後</p>"
            ),
            "1. 甲\n  1. 甲の一\n2. 乙\n後",
        ),
        (
            "<div data-section-style='5'><ul><li class='p'>親</li><ul><li>子</li></ul></ul></div>",
            "- 親\n  - 子",
        ),
        (
            (
                "<p><control data-remapped='true'><a>@U0KEN</a></control>が"
                "<control><a>#C0SALES</a></control>で<control><img>:eyes:</img></control></p>"
            ),
            "<@U0KEN>が<#C0SALES>で:eyes:",
        ),
        (
            (
                "<p>見る <a href='https://e.com/a'>資料</a>、<a href='https://e.co'>https://e.co</a>、"
                "<a href='javascript:x'>x</a></p>"
            ),
            "見る 資料 (https://e.com/a)、https://e.co、x",
        ),
        (
            "<pre class='prettyprint'>def f():<br>    return <i>1</i>\n</pre><p>以上</p>",
            "```\ndef f():\n    return 1\n```\n以上",
        ),
    ],
)
def test_a_canvas_keeps_its_tasks_numbers_levels_links_and_code(page: str, text: str) -> None:
    assert result_of(io.BytesIO(page.encode()), PLENTY, "page")["text"] == text


def test_a_canvas_that_is_too_long_is_cut_and_says_so() -> None:
    page = "".join(f"<p>{number}</p>" for number in range(1_000)).encode()
    found = result_of(io.BytesIO(page), 500, "page")
    assert found["left_out"] == "…"
    assert found["text"].startswith("0\n1\n2\n")
