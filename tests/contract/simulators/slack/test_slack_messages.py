"""Posting, editing and reading back: the limits of content, metadata, threads, paging."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from tests.support.workbenches.slack import FAST, Workbench, error_of, refused, workbench

MARK = {"event_type": "mechachang_answer", "event_payload": {"task_id": "t1", "part": 1}}


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Workbench]:
    async with workbench(replace(FAST, rate_limits=False)) as opened:
        yield opened


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


async def test_metadata_comes_back_whole_only_if_asked_for(bench: Workbench) -> None:
    asked = bench.slack.people.post("hana", "#general", "q")
    await bench.client.chat_postMessage(
        channel=bench.general, thread_ts=asked.ts, text="a", metadata=MARK
    )
    place: dict[str, Any] = {"channel": bench.general, "ts": asked.ts}
    full = await bench.client.conversations_replies(**place, include_all_metadata=True)
    assert full["messages"][1]["metadata"] == MARK
    short = await bench.client.conversations_replies(**place)
    assert short["messages"][1]["metadata"] == {"event_type": "mechachang_answer"}
    history = await bench.client.conversations_history(
        channel=bench.general, include_all_metadata=True
    )
    assert [m["ts"] for m in history["messages"]] == [asked.ts]


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"event_payload": {}}, "invalid_metadata_format"),
        ({"event_type": "e"}, "invalid_metadata_format"),
        ({"event_type": "e", "event_payload": {}, "x": 1}, "invalid_metadata_schema"),
        ({"event_type": "e", "event_payload": {"a": "x" * 17_000}}, "metadata_too_large"),
        ("{", "invalid_metadata_format"),
    ],
)
async def test_bad_metadata_is_refused(bench: Workbench, metadata: Any, error: str) -> None:
    posting = bench.client.chat_postMessage(channel=bench.general, text="x", metadata=metadata)
    assert await error_of(posting) == error


async def test_metadata_survives_an_update_unless_replaced_or_emptied(bench: Workbench) -> None:
    ts = (await bench.client.chat_postMessage(channel=bench.general, text="a", metadata=MARK))["ts"]
    place: dict[str, Any] = {"channel": bench.general, "ts": ts}
    assert (await bench.client.chat_update(**place, text="b"))["message"]["metadata"] == MARK
    other = {"event_type": "e", "event_payload": {"n": 2}}
    updated = await bench.client.chat_update(**place, text="c", metadata=other)
    assert updated["message"]["metadata"] == other
    updated = await bench.client.chat_update(**place, text="d", metadata={})
    assert "metadata" not in updated["message"]


async def test_text_alone_removes_old_blocks_and_blocks_keep_old_text(bench: Workbench) -> None:
    posted = await bench.client.chat_postMessage(
        channel=bench.general, text="a", blocks=[section("b")]
    )
    place: dict[str, Any] = {"channel": bench.general, "ts": posted["ts"]}
    kept = await bench.client.chat_update(**place, text="a", blocks=[section("c")])
    assert kept["message"]["blocks"][0]["text"]["text"] == "c"
    assert "edited" not in kept["message"]
    bare = await bench.client.chat_update(**place, text="z")
    assert "blocks" not in bare["message"]
    assert bare["message"]["edited"]["user"] == bench.slack.workspace.bot.id


async def test_long_text_is_truncated_with_a_warning(bench: Workbench) -> None:
    posted = await bench.client.chat_postMessage(channel=bench.general, text="x" * 40_001)
    assert len(posted["message"]["text"]) == 40_000
    assert posted["warning"] == "message_truncated"


@pytest.mark.parametrize(
    ("text", "fits"),
    [("x" * 4_000, True), ("x" * 4_001, False), ("<" * 1_001, False), ("あ" * 1_334, False)],
)
async def test_an_updates_text_is_measured_escaped_in_bytes(
    bench: Workbench, text: str, fits: bool
) -> None:
    ts = (await bench.client.chat_postMessage(channel=bench.general, text="a"))["ts"]
    updating = bench.client.chat_update(channel=bench.general, ts=ts, text=text)
    if fits:
        await updating
    else:
        assert await error_of(updating) == "msg_too_long"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({"text": " "}, "no_text"),
        ({"markdown_text": "x", "text": "y"}, "markdown_text_conflict"),
        ({"markdown_text": "x", "blocks": [section("y")]}, "markdown_text_conflict"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"text": "x", "blocks": "["}, "invalid_blocks_format"),
        ({"text": "x", "blocks": [section("a")] * 51}, "invalid_blocks"),
        ({"text": "x", "blocks": [section("a" * 2_900) for _ in range(5)]}, "msg_blocks_too_long"),
        ({"text": "x", "attachments": [{"text": "a"}] * 101}, "too_many_attachments"),
        ({"text": "x", "thread_ts": "0"}, "invalid_thread_ts"),
    ],
)
async def test_content_slack_would_not_take_is_refused(
    bench: Workbench, content: dict[str, Any], error: str
) -> None:
    posting = bench.client.api_call("chat.postMessage", json={"channel": bench.general, **content})
    assert await error_of(posting) == error


PLAIN = {"type": "plain_text", "text": "x"}


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (section("x" * 3_001), "must be less than 3001 characters"),
        ({"type": "section"}, "must define either text or fields"),
        ({"type": "header", "text": {**PLAIN, "text": "x" * 151}}, "must be less than 151"),
        ({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}, "unsupported type: mrkdwn"),
        ({"type": "context", "elements": [PLAIN] * 11}, "no more than 10 items allowed"),
        ({"type": "actions", "elements": []}, "no fewer than 1 items allowed"),
        (
            {
                "type": "actions",
                "elements": [{"type": "button", "text": {**PLAIN, "text": "x" * 76}}],
            },
            "must be less than 76 characters",
        ),
        (
            {
                "type": "actions",
                "elements": [{"type": "button", "text": PLAIN, "action_id": "a"}] * 2,
            },
            "duplicate action_id: a",
        ),
        ({"type": "markdown", "text": "x" * 12_001}, "must be less than 12001 characters"),
        ({"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * 21]}, "no more than 20"),
        ({"type": "table", "rows": []}, "no fewer than 1 items allowed"),
        ({"type": "divider", "colour": "red"}, "invalid additional property: colour"),
        ({"type": "marquee"}, "unsupported type: marquee"),
        ({"type": "context_actions", "elements": [{"type": "button"}]}, "unsupported type: button"),
        ({"type": "image", "image_url": "https://x"}, "missing required field: alt_text"),
        ({"type": "divider", "block_id": "x" * 256}, "must be less than 256 characters"),
    ],
)
async def test_a_bad_block_is_refused_with_the_reason_and_the_place(
    bench: Workbench, block: dict[str, Any], message: str
) -> None:
    posting = bench.client.chat_postMessage(channel=bench.general, text="x", blocks=[block])
    body = await refused(posting)
    assert body["error"] == "invalid_blocks"
    [complaint] = body["response_metadata"]["messages"]
    assert message in complaint
    assert "[json-pointer:/blocks" in complaint


async def test_every_kind_of_block_a_message_may_have_is_taken(bench: Workbench) -> None:
    button = {"type": "button", "text": PLAIN, "value": "v", "style": "primary"}
    feedback = {
        "type": "feedback_buttons",
        "action_id": "f",
        "positive_button": {"text": PLAIN, "value": "good"},
        "negative_button": {"text": PLAIN, "value": "bad", "accessibility_label": "no"},
    }
    icon = {"type": "icon_button", "icon": "trash", "text": PLAIN}
    cells = [{"type": "raw_text", "text": "a"}, {"type": "raw_number", "value": 1}]
    words = [{"type": "text", "text": "a", "style": {"bold": True}}]
    rich = {"type": "rich_text_section", "elements": words}
    items = {"type": "rich_text_list", "style": "bullet", "elements": [rich]}
    select = {
        "type": "static_select",
        "options": [{"text": PLAIN, "value": "1"}],
        "placeholder": PLAIN,
    }
    blocks = [
        {"type": "header", "text": PLAIN},
        {**section("a"), "accessory": button},
        {"type": "section", "fields": [PLAIN, PLAIN]},
        {"type": "divider"},
        {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a"},
        {"type": "context", "elements": [PLAIN, {"type": "mrkdwn", "text": "b"}]},
        {"type": "actions", "elements": [button, select]},
        {"type": "context_actions", "elements": [feedback, icon]},
        {"type": "markdown", "text": "# a"},
        {"type": "table", "rows": [cells], "column_settings": [{"align": "right"}]},
        {"type": "rich_text", "elements": [rich, items]},
        {"type": "task_card", "task_id": "1", "title": "t", "status": "complete"},
    ]
    posted = await bench.client.chat_postMessage(channel=bench.general, text="x", blocks=blocks)
    kept = posted["message"]["blocks"]
    types = [block["type"] for block in blocks]
    types[types.index("markdown")] = "header"
    assert [block["type"] for block in kept] == types
    assert all("block_id" in block for block in kept)
    assert kept[6]["elements"][0]["action_id"]


async def test_slack_keeps_other_blocks_than_the_markdown_it_is_given(bench: Workbench) -> None:
    """docs.slack.dev, markdown block: one may become several, and its id is not kept."""
    lines = ("# 見出し", "**一** :tada: <https://e.com|二>", "> 三", "1. 四\n   - 五")
    text = "\n\n".join((*lines, "```py\n六\n```", "---", "| a |\n|---|\n| `b` |"))
    block = {"type": "markdown", "text": text, "block_id": "ours"}
    posted = await bench.client.chat_postMessage(channel=bench.general, text="x", blocks=[block])
    read = await bench.client.conversations_history(channel=bench.general)
    kept = read["messages"][0]["blocks"]
    assert kept == posted["message"]["blocks"]
    assert [each["type"] for each in kept] == ["header", "rich_text", "divider", "table"]
    assert "ours" not in {each["block_id"] for each in kept}
    words, quote, ordered, nested, code = kept[1]["elements"]
    assert [leaf.get("name") or leaf["text"] for leaf in words["elements"]] == [
        *("一", " ", "tada", " ", "二")
    ]
    assert words["elements"][0]["style"] == {"bold": True}
    assert quote["type"] == "rich_text_quote"
    assert [(each["style"], each["indent"]) for each in (ordered, nested)] == [
        *(("ordered", 0), ("bullet", 1))
    ]
    assert (code["language"], code["elements"][0]["text"]) == ("py", "六")
    # What its author wrote stays known to who looks from outside, for tests and the page.
    assert bench.slack.messages("#general")[0]["blocks"][0]["text"] == text


async def test_what_slack_keeps_of_markdown_it_takes_again(bench: Workbench) -> None:
    text = "# 1️⃣ 見出し\n\n一 <@U1> <!here>\n\n| a |\n|---|\n| b |"
    posted = await bench.client.chat_postMessage(
        channel=bench.general, text="x", blocks=[{"type": "markdown", "text": text}]
    )
    kept = posted["message"]["blocks"]
    again = await bench.client.chat_update(
        channel=bench.general, ts=posted["ts"], text="x", blocks=kept
    )
    assert again["message"]["blocks"] == kept


async def test_text_is_kept_escaped(bench: Workbench) -> None:
    """docs.slack.dev, formatting message text: these three are escaped, Slack's own marks stay."""
    posted = await bench.client.chat_postMessage(
        channel=bench.general, text="a < b & c &amp; <https://e.com|d>"
    )
    assert posted["message"]["text"] == "a &lt; b &amp; c &amp; <https://e.com|d>"


async def test_markdown_blocks_share_one_limit(bench: Workbench) -> None:
    blocks = [{"type": "markdown", "text": "x" * 6_001} for _ in range(2)]
    posting = bench.client.chat_postMessage(channel=bench.general, text="x", blocks=blocks)
    assert await error_of(posting) == "invalid_blocks"


async def test_only_own_messages_can_be_changed_or_deleted(bench: Workbench) -> None:
    asked = bench.slack.people.post("hana", "#general", "q")
    place: dict[str, Any] = {"channel": bench.general, "ts": asked.ts}
    assert await error_of(bench.client.chat_update(**place, text="x")) == "cant_update_message"
    assert await error_of(bench.client.chat_delete(**place)) == "cant_delete_message"
    missing: dict[str, Any] = {"channel": bench.general, "ts": "1700000000.000001"}
    assert await error_of(bench.client.chat_delete(**missing)) == "message_not_found"


async def test_a_deleted_message_is_gone(bench: Workbench) -> None:
    ts = (await bench.client.chat_postMessage(channel=bench.general, text="a"))["ts"]
    await bench.client.chat_delete(channel=bench.general, ts=ts)
    assert bench.slack.messages("#general") == []


async def test_a_reply_to_a_deleted_parent_lands_silently_in_the_channel(bench: Workbench) -> None:
    asked = bench.slack.people.post("hana", "#general", "q")
    bench.slack.people.delete("hana", "#general", asked.ts)
    posted = await bench.client.chat_postMessage(
        channel=bench.general, thread_ts=asked.ts, text="a"
    )
    assert "thread_ts" not in posted["message"]


async def test_an_ephemeral_message_is_seen_by_one_and_not_read_back(bench: Workbench) -> None:
    hana = bench.slack.people.user("hana").id
    sent = await bench.client.chat_postEphemeral(channel=bench.general, user=hana, text="psst")
    assert [m["text"] for m in bench.slack.ephemerals("hana")] == ["psst"]
    assert bench.slack.ephemerals("alice") == []
    updating = bench.client.chat_update(channel=bench.general, ts=sent["message_ts"], text="x")
    assert await error_of(updating) == "message_not_found"
    stranger = bench.client.chat_postEphemeral(channel=bench.general, user="U0", text="x")
    assert await error_of(stranger) == "user_not_in_channel"


async def test_an_archived_channel_takes_no_message(bench: Workbench) -> None:
    bench.slack.people.channel("#general").is_archived = True
    posting = bench.client.chat_postMessage(channel=bench.general, text="x")
    assert await error_of(posting) == "is_archived"


async def test_timestamps_never_repeat(bench: Workbench) -> None:
    stamps = [bench.slack.people.post("hana", "#general", "x").ts for _ in range(200)]
    assert stamps == sorted(set(stamps))


async def test_history_is_paged_newest_first_within_bounds(bench: Workbench) -> None:
    stamps = [bench.slack.people.post("hana", "#general", str(n)).ts for n in range(7)]
    seen = []
    reading = await bench.client.conversations_history(
        channel=bench.general, oldest=stamps[1], inclusive=True, limit=2
    )
    async for page in reading:
        seen += [message["text"] for message in page["messages"]]
    assert seen == ["6", "5", "4", "3", "2", "1"]
    without = await bench.client.conversations_history(
        channel=bench.general, oldest=stamps[1], latest=stamps[4]
    )
    assert [message["text"] for message in without["messages"]] == ["3", "2"]


async def test_a_thread_is_paged_oldest_first_and_led_by_its_parent(bench: Workbench) -> None:
    asked = bench.slack.people.post("hana", "#general", "q")
    stamps = [
        bench.slack.people.post("hana", "#general", str(n), thread_ts=asked.ts).ts for n in range(5)
    ]
    seen = []
    reading = await bench.client.conversations_replies(
        channel=bench.general, ts=asked.ts, oldest=stamps[1], inclusive=True, limit=2
    )
    async for page in reading:
        seen += [message["text"] for message in page["messages"]]
    assert seen == ["q", "1", "2", "3", "4"]
    history = await bench.client.conversations_history(channel=bench.general)
    assert history["messages"][0]["reply_count"] == 5


async def test_a_page_has_fewer_messages_than_asked_for_while_more_are_there(
    bench: Workbench,
) -> None:
    """docs.slack.dev, conversations.replies and history: ``limit`` is a maximum, no promise."""
    asked = bench.slack.people.post("hana", "#general", "q")
    for number in range(5):
        bench.slack.people.post("hana", "#general", str(number), thread_ts=asked.ts)
    place: dict[str, Any] = {"channel": bench.general, "ts": asked.ts}
    short = await bench.client.conversations_replies(**place, limit=4)
    assert (len(short["messages"]), short["has_more"]) == (3, True)
    whole = await bench.client.conversations_replies(**place, limit=6)
    assert (len(whole["messages"]), whole["has_more"]) == (6, False)
    async with workbench(replace(FAST, longest_page=2)) as other:
        for number in range(3):
            other.slack.people.post("hana", "#general", str(number))
        page = await other.client.conversations_history(channel=other.general)
        assert (len(page["messages"]), page["has_more"]) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"oldest": "yesterday"}, "invalid_ts_oldest"),
        ({"latest": "1.2.3"}, "invalid_ts_latest"),
        ({"limit": 1000}, "invalid_limit"),
    ],
)
async def test_bad_bounds_are_refused(
    bench: Workbench, arguments: dict[str, Any], error: str
) -> None:
    reading = bench.client.conversations_history(channel=bench.general, **arguments)
    assert await error_of(reading) == error


async def test_an_unknown_thread_is_not_found(bench: Workbench) -> None:
    reading = bench.client.conversations_replies(channel=bench.general, ts="1700000000.000001")
    assert await error_of(reading) == "thread_not_found"


async def test_a_permalink_names_channel_and_message(bench: Workbench) -> None:
    asked = bench.slack.people.post("hana", "#general", "q")
    told = await bench.client.chat_getPermalink(channel=bench.general, message_ts=asked.ts)
    assert told["permalink"].endswith(f"/archives/{bench.general}/p{asked.ts.replace('.', '')}")
