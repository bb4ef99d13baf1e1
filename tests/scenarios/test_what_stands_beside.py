"""A question about the channel beside the agent view, over both services and real sockets."""

from pathlib import Path
from typing import Any

from shared.ledger import Mark
from simulators.slack.config import SlackConfig
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from tests.scenarios.conftest import QUICK

DEADLINE_S = 60.0
SECRET = "The merger is signed on Friday."
ASKED = "Summarise this channel's week."


def told(stack: LocalStack, role: str) -> list[dict[str, Any]]:
    found = stack.slack.messages(stack.slack.people.dm("alice").id)
    marks = [(message, Mark.of_message(message)) for message in found]
    return [m for m, mark in marks if mark is not None and mark.role == role and mark.parts]


async def seen(stack: LocalStack, role: str, count: int = 1) -> list[dict[str, Any]]:
    await stack.slack.wait_for(lambda: len(told(stack, role)) >= count, DEADLINE_S)
    return told(stack, role)


async def test_the_open_channel_is_read_for_its_members_and_nothing_else_is_for_anybody(
    tmp_path: Path,
) -> None:
    config = StackConfig(folder=tmp_path, slack=SlackConfig(), delivery=QUICK)
    async with LocalStack(config) as stack:
        people = stack.slack.people
        dm = people.dm("alice").id
        said = people.post("kenji", "#planning", SECRET)
        hidden = people.post("kenji", "#humans-only", SECRET)
        people.look("alice", "#planning")
        asked = people.post("alice", dm, ASKED)
        [answer] = await seen(stack, "answer")

        assert answer["thread_ts"] == asked.ts
        text = str(answer["blocks"])
        assert "The merger is signed" in text
        assert f"/archives/{said.channel}/p{said.ts.replace('.', '')}" in text
        assert "the last 7 days" in text
        assert not any(m.get("bot_id") for m in stack.slack.messages("#planning"))
        await people.click("alice", dm, answer["ts"], "regenerate")
        _, again = await seen(stack, "answer", 2)
        assert "The merger is signed" in str(again["blocks"])

        people.leave("alice", "#planning")
        await people.click("alice", dm, again["ts"], "regenerate")
        await seen(stack, "notice")
        for number, crafted in enumerate(
            (
                entity("channel_id", said.channel),
                entity("channel_id", hidden.channel),
                entity("channel_id", "C0NOWHERE"),
                message_of(said.channel, said.ts),
                message_of(hidden.channel, hidden.ts),
                message_of(people.channel("#general").id, said.ts),
            ),
            start=2,
        ):
            stack.slack.workspace.beside[people.user("alice").id] = [crafted]
            kind = "thread" if crafted["type"].endswith("message_context") else "channel"
            people.post("alice", dm, f"Summarise this {kind}")
            await seen(stack, "notice", number)

        notices = told(stack, "notice")
        [one] = {notice["blocks"][0]["text"]["text"] for notice in notices}
        assert "both of us are in" in one
        assert "merger" not in str(notices)
        assert len(stack.gemini.requests) == 2


def entity(kind: str, value: Any) -> dict[str, Any]:
    return {"type": f"slack#/types/{kind}", "value": value}


def message_of(channel: str, ts: str) -> dict[str, Any]:
    return entity("message_context", {"channel_id": channel, "message_ts": ts})
