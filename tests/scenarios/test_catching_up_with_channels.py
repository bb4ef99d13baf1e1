"""``/gemini catch-up`` over both services and real sockets, and attacks on it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from shared.ledger import Mark
from simulators.slack.config import COMMANDS, SlackConfig
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from tests.scenarios.conftest import QUICK

DEADLINE_S = 60.0
SECRET = "The merger is signed on Friday."


def told(stack: LocalStack, who: str, role: str) -> list[dict[str, Any]]:
    """Our messages of one role in a person's direct messages, whole ones only."""
    found = stack.slack.messages(stack.slack.people.dm(who).id)
    marks = [(message, Mark.of_message(message)) for message in found]
    return [m for m, mark in marks if mark is not None and mark.role == role and mark.parts]


async def seen(stack: LocalStack, who: str, role: str, count: int = 1) -> list[dict[str, Any]]:
    await stack.slack.wait_for(lambda: len(told(stack, who, role)) >= count, DEADLINE_S)
    return told(stack, who, role)


async def test_who_was_away_reads_in_direct_messages_what_was_said_with_links(
    stack: LocalStack,
) -> None:
    people = stack.slack.people
    said = people.post("kenji", "#planning", SECRET)
    people.post("hana", "#planning", "Agreed.", thread_ts=said.ts)
    outcome = await people.slash("alice", "#general", "/gemini", "catch-up #planning 3d")
    [answer] = await seen(stack, "alice", "answer")
    [shown] = told(stack, "alice", "question")

    assert outcome.acked
    assert not outcome.payload
    assert answer["thread_ts"] == shown["ts"]
    assert "the last 3 days" in shown["text"]
    text = str(answer["blocks"])
    assert "The merger is signed" in text
    assert f"/archives/{said.channel}/p{said.ts.replace('.', '')}" in text
    [request] = stack.gemini.requests
    assert ", 1 replies, link: http" in str(request.body["contents"])
    for channel in ("#general", "#planning"):
        assert not any(m.get("bot_id") for m in stack.slack.messages(channel))

    await people.click("alice", people.dm("alice").id, answer["ts"], "regenerate")
    assert len(await seen(stack, "alice", "answer", 2)) == 2
    people.leave("alice", "#planning")
    _, second = told(stack, "alice", "answer")
    await people.click("alice", people.dm("alice").id, second["ts"], "regenerate")
    [notice] = await seen(stack, "alice", "notice")
    assert "both of us are in" in str(notice["blocks"])
    assert len(stack.gemini.requests) == 2


async def test_without_a_channel_it_is_about_the_one_where_it_was_typed(
    stack: LocalStack,
) -> None:
    stack.slack.people.post("kenji", "#random", "社員食堂は明日お休みです。")
    await stack.slack.people.slash("hana", "#random", "/gemini", "まとめ")
    [answer] = await seen(stack, "hana", "answer")

    assert "社員食堂は明日お休みです" in str(answer["blocks"])


async def test_an_empty_channel_is_said_to_be_empty(stack: LocalStack) -> None:
    await stack.slack.people.slash("alice", "#random", "/gemini", "catch-up 1w")
    [notice] = await seen(stack, "alice", "notice")

    assert "Nobody has written anything" in str(notice["blocks"])
    assert stack.gemini.requests == []


# Slack's own client would resolve names of channels that its person sees, and escape all else.
AS_SENT = SlackConfig(commands=(replace(COMMANDS[0], should_escape=False),))


async def test_nothing_of_a_channel_reaches_who_is_not_in_it_and_every_refusal_is_the_same(
    tmp_path: Path,
) -> None:
    config = StackConfig(folder=tmp_path, slack=AS_SENT, delivery=QUICK)
    async with LocalStack(config) as stack:
        people = stack.slack.people
        people.post("kenji", "#planning", SECRET)
        people.post("kenji", "#humans-only", SECRET)
        people.leave("alice", "#planning")
        ids = [people.channel(name).id for name in ("#planning", "#humans-only")]
        for number, channel in enumerate((*ids, "C0NOWHERE"), start=1):
            outcome = await people.slash("alice", "#general", "/gemini", f"catch-up <#{channel}|x>")
            assert outcome.acked
            assert not outcome.payload
            await seen(stack, "alice", "notice", number)

        notices = told(stack, "alice", "notice")
        assert len({notice["blocks"][0]["text"]["text"] for notice in notices}) == 1
        assert "retry" not in str(notices)
        everything = str(stack.slack.messages(people.dm("alice").id))
        assert not [word for word in (SECRET, "planning", "humans-only") if word in everything]
        assert stack.slack.ephemerals("alice") == []
        assert stack.gemini.requests == []
