"""Buttons and choices of a message in the simulated Slack, and what a person is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from slack_bolt.async_app import AsyncApp

from simulators.slack.state.changes import Change, Notice
from tests.support.workbenches.slack import Workbench

PLAIN = {"type": "plain_text", "text": "押す"}
OPTIONS = [{"text": PLAIN, "value": "1"}, {"text": PLAIN, "value": "2"}]
BLOCKS: list[dict[str, Any]] = [
    {
        "type": "actions",
        "block_id": "b",
        "elements": [
            {"type": "button", "action_id": "press", "text": PLAIN, "value": "v1"},
            {"type": "static_select", "action_id": "pick", "options": OPTIONS},
        ],
    },
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "rate",
                "positive_button": {"text": PLAIN, "value": "good"},
                "negative_button": {"text": PLAIN, "value": "bad"},
            }
        ],
    },
]


def notices(bench: Workbench) -> list[str]:
    seen: list[str] = []

    def listen(change: Change) -> None:
        if isinstance(change, Notice):
            seen.append(change.text)

    bench.slack.workspace.subscribe(listen)
    return seen


@asynccontextmanager
async def clicking(bench: Workbench, app: AsyncApp) -> AsyncIterator[str]:
    posted = await bench.client.chat_postMessage(channel=bench.general, text="x", blocks=BLOCKS)
    async with bench.connected(app):
        yield posted["ts"]
