"""What other apps wrote in blocks and rich text is read whole, and nothing ill-formed breaks it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.slack.reading.block_text import text_of_attachment, text_of_blocks
from simulators.slack.content.block_kit import block_errors


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": value}


def section(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": list(elements)}


def rich(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": list(parts)}


def read(*blocks: dict[str, Any], footers: bool = True) -> str:
    return text_of_blocks({"blocks": list(blocks)}, footers=footers)


@pytest.mark.parametrize(
    ("element", "shown"),
    [
        (text("語"), "語"),
        ({"type": "link", "url": "https://e.com", "text": "公式"}, "公式 (https://e.com)"),
        ({"type": "link", "url": "https://e.com"}, "https://e.com"),
        ({"type": "user", "user_id": "U1"}, "<@U1>"),
        ({"type": "usergroup", "usergroup_id": "S1"}, "<!subteam^S1>"),
        ({"type": "channel", "channel_id": "C1"}, "<#C1>"),
        ({"type": "team", "team_id": "T1"}, "T1"),
        ({"type": "emoji", "name": "wave", "unicode": "1f44b"}, ":wave:"),
        ({"type": "broadcast", "range": "here"}, "@here"),
        ({"type": "color", "value": "#F405B3"}, "#F405B3"),
        (
            {"type": "date", "timestamp": 1764039600, "format": "{date}", "fallback": "11月25日"},
            "11月25日",
        ),
        ({"type": "date", "timestamp": 1764039600, "format": "{date}"}, "2025-11-25 03:00 UTC"),
    ],
)
def test_no_element_vanishes_from_its_sentence(element: dict[str, Any], shown: str) -> None:
    block = rich(section(text("これは"), element, text("です。")))
    assert block_errors([block]) == []
    assert read(block) == f"これは{shown}です。"


@pytest.mark.parametrize(
    ("code", "shown"), [("kubectl", "`kubectl`"), ("a`b", "``a`b``"), ("`", "`` ` ``"), (" ", " ")]
)
def test_code_in_a_sentence_keeps_its_marks(code: str, shown: str) -> None:
    block = rich(section(text("今は"), {**text(code), "style": {"code": True}}, text("です。")))
    assert block_errors([block]) == []
    assert read(block) == f"今は{shown}です。"


def test_an_element_that_slack_adds_is_read_by_its_text() -> None:
    assert read(rich(section({"type": "canvas", "text": "議事録"}))) == "議事録"
    assert read(rich(section({"type": "new", "fallback": "代わり"}))) == "代わり"


# docs.slack.dev, rich text section element, lists these; an address and a text are often optional.
@pytest.mark.parametrize(
    ("element", "shown"),
    [
        ({"type": "canvas", "file_id": "F1", "label": "議事録"}, "議事録"),
        ({"type": "canvas", "file_id": "F1"}, "[canvas F1]"),
        ({"type": "list_record", "file_id": "F1", "url": "https://e.com/l"}, "https://e.com/l"),
        ({"type": "file", "file_id": "F1"}, "[file F1]"),
        (
            {
                "type": "work_object_mention",
                "entity_id": "E1",
                "text": "A-1",
                "url": "https://e.com",
            },
            "A-1 (https://e.com)",
        ),
        ({"type": "attachment_mention", "url": "https://e.com/3"}, "https://e.com/3"),
        (
            {"type": "message_mention", "channel_id": "C1", "message_ts": "1720710212.123456"},
            "[message 1720710212.123456 in <#C1>]",
        ),
        (
            {
                "type": "canvas_message_unfurl",
                "root_message_ts": "1783613573",
                "root_message_channel": "C1",
            },
            "[message 1783613573 in <#C1>]",
        ),
        ({"type": "canvas_user_mention", "user_id": "U1"}, "<@U1>"),
        (
            {"type": "salesforce_data_field", "salesforce_record_id": "001"},
            "[salesforce data field 001]",
        ),
        ({"type": "unheard_of"}, "[unheard of]"),
    ],
)
def test_what_a_message_points_at_stands_in_its_sentence(
    element: dict[str, Any], shown: str
) -> None:
    assert read(rich(section(text("これは"), element, text("です。")))) == f"これは{shown}です。"


def test_lists_keep_their_numbers_levels_and_borders() -> None:
    def listed(style: str, *items: str, **more: int) -> dict[str, Any]:
        elements = [section(text(item)) for item in items]
        return {"type": "rich_text_list", "style": style, "elements": elements, **more}

    block = rich(
        listed("ordered", "一", "二\n続き", indent=0),
        listed("bullet", "子", indent=1),
        listed("ordered", "三", indent=0, offset=2),
        listed("bullet", "囲み", border=1),
    )
    assert block_errors([block]) == []
    assert read(block) == "1. 一\n2. 二\n   続き\n  - 子\n3. 三\n> - 囲み"


def test_code_and_quotes_stay_what_they_are() -> None:
    code = {"type": "rich_text_preformatted", "language": "sh", "elements": [text("a\n```\nb")]}
    quote = {"type": "rich_text_quote", "elements": [text("一\n\n二")]}
    assert read(rich(code, quote)) == "````sh\na\n```\nb\n````\n> 一\n>\n> 二"


def plain(words: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": words}


@pytest.mark.parametrize(
    ("block", "shown"),
    [
        (
            {"type": "section", "fields": [plain("甲"), {"type": "mrkdwn", "text": "a &lt; b"}]},
            "甲\na < b",
        ),
        (
            {
                "type": "section",
                "text": plain("猫"),
                "accessory": {"type": "image", "image_url": "https://e.com/a", "alt_text": "三毛"},
            },
            "猫\n[image: 三毛]",
        ),
        ({"type": "header", "text": plain("見出し")}, "## 見出し"),
        # Slack gives plain text back escaped, too (bolt-python, issue 513).
        ({"type": "header", "text": plain("R&amp;D &amp;lt;")}, "## R&D &lt;"),
        (
            {
                "type": "context",
                "elements": [
                    {"type": "image", "image_url": "https://e.com/a", "alt_text": "顔"},
                    {"type": "mrkdwn", "text": "<https://e.com|誰か>より"},
                ],
            },
            "[image: 顔] 誰か (https://e.com)より",
        ),
        (
            {
                "type": "image",
                "image_url": "https://e.com/a",
                "alt_text": "図",
                "title": plain("売上"),
            },
            "[image: 売上 図]",
        ),
        (
            {
                "type": "table",
                "rows": [
                    [
                        {"type": "raw_number", "value": 3},
                        rich(section({"type": "user", "user_id": "U1"})),
                    ],
                    [{"type": "raw_text", "text": "一\n二"}, {"type": "raw_text", "text": " "}],
                ],
            },
            "| 3 | <@U1> |\n| --- | --- |\n| 一 二 |  |",
        ),
        (
            {
                "type": "video",
                "title": plain("使い方"),
                "description": plain("三分で分かる"),
                "video_url": "https://e.com/v",
                "thumbnail_url": "https://e.com/t",
                "alt_text": "動画",
                "author_name": "制作",
            },
            "使い方\n三分で分かる",
        ),
        ({"type": "file", "external_id": "X1", "source": "remote"}, "[file: X1]"),
        ({"type": "file", "file": {"title": "議事録.pdf"}}, "[file: 議事録.pdf]"),
        ({"type": "alert", "level": "error", "text": plain("止まりました")}, "止まりました"),
        (
            {"type": "task_card", "title": "調査", "output": rich(section(text("終わり")))},
            "調査\n終わり",
        ),
        ({"type": "markdown", "text": "**太字**"}, "**太字**"),
        ({"type": "divider"}, ""),
        ({"type": "actions", "elements": [{"type": "button", "text": plain("押す")}]}, ""),
    ],
)
def test_every_block_tells_its_words(block: dict[str, Any], shown: str) -> None:
    assert read(block) == shown


def test_footers_are_read_only_where_they_are_asked_for() -> None:
    footer = {"type": "context", "elements": [plain("出典")]}
    assert read({"type": "markdown", "text": "答え"}, footer, footers=False) == "答え"


def test_what_an_app_attached_is_read_in_blocks_or_the_older_form() -> None:
    assert text_of_attachment({"blocks": [rich(section(text("中身")))], "fallback": "x"}) == "中身"
    older = {
        "pretext": "前",
        "title": "題",
        "text": "<https://e.com|公式>",
        "fields": [{"title": "状態", "value": "失敗"}],
        "fallback": "x",
    }
    assert text_of_attachment(older) == "前\n題\n公式 (https://e.com)\n状態: 失敗"
    assert text_of_attachment({"fallback": "代わり"}) == "代わり"


def test_an_ill_formed_block_costs_no_other_its_words() -> None:
    chart = {"type": "data_visualization", "title": "x", "chart": []}
    shown = {"type": "section", "text": plain("語")}
    assert read({"type": "container", "title": "題", "child_blocks": [chart, shown]}) == "題\n語"


def test_a_placeholder_for_a_preview_is_no_content() -> None:
    assert text_of_attachment({"fallback": "[no preview available]"}) == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda each: (
        st.lists(each, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("type", "text", "elements", "fields", "rows", "indent", "offset"),
                    *("timestamp", "chart", "series", "data", "child_blocks", "file_id", "url"),
                ]
            ),
            each
            | st.sampled_from(
                [
                    *("rich_text", "section", "table", "rich_text_list", "date"),
                    *("rich_text_section", "data_visualization", "container", "message_mention"),
                ]
            ),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=3))
@settings(deadline=None, max_examples=200)
def test_nothing_ill_formed_raises(blocks: list[Any]) -> None:
    assert isinstance(text_of_blocks({"blocks": blocks}, footers=True), str)
