"""Emphasis, links, images and HTML within text, judged by a strict reader."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor_service.rendering.markdown.document import read_document
from tests.support.markdown.judge import meant, shown, styled, types, visible


def mended(source: str) -> str:
    return "\n".join(block.gap + block.text for block in read_document(source)).strip("\n")


@pytest.mark.parametrize(
    ("source", "styles"),
    [
        ("**太字**です", [("bold", "太字")]),
        ("これは**重要**です。", [("bold", "重要")]),
        ("「**注意**」", [("bold", "注意")]),
        ("**「注意」**です", [("bold", "「注意」")]),
        ("これは**「重要」**です", [("bold", "「重要」")]),
        ("**結論：**使えます", [("bold", "結論：")]),
        ("**Markdown（書式）**とは", [("bold", "Markdown（書式）")]),
        ("次の**Foo (bar)**を使う", [("bold", "Foo (bar)")]),
        ("API**「仕様」**を読む", [("bold", "「仕様」")]),
        ("値は**100%**です", [("bold", "100%")]),
        ("**`code`**を使う", [("bold", "code")]),
        ("これは*（斜体）*と~~「取消」~~だ", [("italic", "（斜体）"), ("strike", "「取消」")]),
        ("***「強い」***です", [("bold", "「強い」"), ("italic", "「強い」")]),
        ("这是**“重点”**的内容", [("bold", "“重点”")]),
        ("이것은**(중요)**합니다", [("bold", "(중요)")]),
        ("- **「項目」**は\n  - **（子）**も", [("bold", "「項目」"), ("bold", "（子）")]),
        ("> **「引用」**です", [("bold", "「引用」")]),
        ("## **「見出し」**です ##", [("bold", "「見出し」")]),
        ("a **bold** and *it*, snake_case_name", [("bold", "bold"), ("italic", "it")]),
        ("2 * 3 * 4 と **閉じない", []),
        # Without a blank behind a colon or a bracket, as models write labels (HKUDS/nanobot 1107).
        ("**Status:**OK **CPU:**45%", [("bold", "Status:"), ("bold", "CPU:")]),
        ("**結論:**A案です", [("bold", "結論:")]),
        ("v2**(推奨)**と**A社(東京)**B社", [("bold", "(推奨)"), ("bold", "A社(東京)")]),
        ("C**#**言語の~~旧:~~new", [("bold", "#"), ("strike", "旧:")]),
        ("**https://e.com/x**を見て", [("bold", "https://e.com/x")]),
        ("これは**https://e.com/xです**", [("bold", "https://e.com/xです")]),
        ("`**「コード」**です`", []),
    ],
)
def test_emphasis_is_shown_where_its_author_meant_it(
    source: str, styles: list[tuple[str, str]]
) -> None:
    assert styled(mended(source)) == styles


def test_markers_beside_japanese_are_set_apart_by_what_nobody_sees() -> None:
    assert mended("これは**重要**です。") == "これは\u200b**重要**\u200bです。"
    assert mended("関数`print`を使う") == "関数\u200b`print`\u200bを使う"
    assert mended("**「注意」**です") == "**「注意」**\u200aです"


@pytest.mark.parametrize(
    "source",
    [
        "Plain **bold**, `code` and *it*.",
        "**Note:** text",
        "```python\nx = '**「注意」**です'\n```",
        "[**「太字」**](https://example.com)",
        "<https://example.com> と a < b > c",
        "| のない行 |",
        "**1**2**3**, plan A**1** and iPhone**15** now",
    ],
)
def test_what_slack_shows_well_stays_as_it_is(source: str) -> None:
    assert mended(source) == source


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("![図](https://e.com/a.png)", "[図](https://e.com/a.png)"),
        ("![](https://e.com/a.png)", "<https://e.com/a.png>"),
        ("[![合格](https://e.com/b.svg)](https://e.com)", "[合格](https://e.com)"),
        ("すごい!![図](https://e.com/a)", "すごい!\u200b[図](https://e.com/a)"),
        ("[公式][1]\n\n[1]: https://e.com/x", "[公式](https://e.com/x)"),
        ("[公式][]\n\n[公式]: https://e.com/a(b)", "[公式](<https://e.com/a(b)>)"),
        ("![図][f]\n\n[f]: https://e.com/x 'T'", "[図](https://e.com/x) (T)"),
        ("詳細はhttps://e.com/aを見て", "詳細は<https://e.com/a>を見て"),
        ("（https://e.com/a_b_c）", "（<https://e.com/a_b_c>）"),
        ("**https://e.com/**です", "**<https://e.com/>**\u200aです"),
        # Slack's own markup is no link in Markdown everywhere (NousResearch/hermes-agent 113761).
        ("- <https://e.com/x|GitLab #1> — `ok`", "- [GitLab #1](https://e.com/x) — `ok`"),
        ("<https://e.com|**リンク**>です", "[\\*\\*リンク\\*\\*](https://e.com)です"),
        ("see https://e.com/a_b.", "see https://e.com/a_b."),
        # Bold swallowed the underscores, and the link led nowhere (atomist/slack-messages 36).
        ("see https://e.com/__tests__/a.js now", "see <https://e.com/__tests__/a.js> now"),
        ("**https://e.com/a_**", "**https://e.com/a_**"),
        ("[https://e.com/aです](https://e.com/a)", "[https://e.com/aです](https://e.com/a)"),
        (f"[長い](https://e.com/{'a' * 3000})", "長い"),
        (f"![長い](https://e.com/{'a' * 3000})", "長い"),
    ],
)
def test_links_and_images_are_written_as_links(source: str, written: str) -> None:
    assert mended(source) == written


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("2*3*4=24 と a*b*c", "2*3*4=24とa*b*c"),
        ("x**2 + y**2 = 10**6 です", "x**2+y**2=10**6です"),
        ("*2*3は積*", "2*3は積"),
    ],
)
def test_what_calculates_keeps_its_asterisks(source: str, seen: str) -> None:
    assert shown(mended(source)) == seen


# Public READMEs are full of these marks of Gemini's.
@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("[cite_start]これは文です[cite: 1, 2]。", "これは文です。"),
        ("説明 [cite: 3-5]。 次 [cite 6]", "説明。 次"),
        (
            "[cite](https://e.com) `[cite: 1]` [cite: x]",
            "[cite](https://e.com) `[cite: 1]` [cite: x]",
        ),
    ],
)
def test_marks_around_what_is_cited_are_dropped(source: str, written: str) -> None:
    assert mended(source) == written


@pytest.mark.parametrize(
    "html", ["<b>x", "x</b>", "<br>", "<!-- x -->", "<script>", "<div\nclass='x'>y</div>", "<?php"]
)
def test_html_is_shown_as_text(html: str) -> None:
    written = mended(f"前 {html} 後")
    assert not [each for each in types(written) if each.startswith("html")]
    assert shown(written) == visible(f"前 {html} 後")


def test_a_block_of_html_is_shown_as_text() -> None:
    source = "<details>\n<summary>詳細</summary>\n\n**中身**\n\n</details>"
    written = mended(source)
    assert not [each for each in types(written) if each.startswith("html")]
    assert "<summary>詳細</summary>" in shown(written)


OUTER = st.sampled_from(["", "これは", "APIの", "です", "。", "、", "「", " ", "です。"])
INNER = st.sampled_from(
    ["重要", "「重要」", "（注）", "Foo (bar)", "100%", "x", "`コード`", "結論："]
)
MARKS = st.sampled_from(["**", "*", "~~", "***"])
PHRASES = st.tuples(OUTER, MARKS, INNER).map(lambda each: f"{each[0]}{each[1]}{each[2]}{each[1]}")


@given(st.lists(PHRASES, min_size=1, max_size=4).map("は".join), OUTER)
@settings(deadline=None, max_examples=300)
def test_no_marker_beside_japanese_is_left_to_be_seen(phrases: str, after: str) -> None:
    written = mended(f"文は{phrases}は{after}")
    assert not set("*~") & set(shown(written))
    assert shown(written) == meant(f"文は{phrases}は{after}")


# Of markers that touch ("**a****b**") CommonMark itself makes something else than their author.
@given(st.lists(PHRASES, max_size=4).map("と".join))
@settings(deadline=None, max_examples=300)
def test_mending_twice_changes_nothing(text: str) -> None:
    once = mended(text)
    assert mended(once) == once
