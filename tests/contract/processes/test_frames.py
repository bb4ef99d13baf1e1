"""How many of our functions stand between a push and what Slack is told for it."""

import asyncio
import base64
import json
import re
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from processor_service.api.dependencies import Dependencies
from processor_service.app import create_app
from processor_service.delivery.preview.live_preview import EVERY_S
from processor_service.redis.posts import RedisResponses, RedisStreamOwners
from processor_service.redis.rate_holds import RedisRateLimitHolds
from processor_service.slack.client import SlackCalls
from processor_service.slack.conversations import SlackConversations, Streaming
from shared.slack.client import MeasuredWebClient
from shared.telemetry.tracing import traced_session
from tests.contract.adapters.slack.test_refused_layouts import Halting
from tests.support.fakes.processor.model import FakeModel, at_once
from tests.support.fakes.processor.people import FakePeople
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task
from tests.support.workbenches.processor import processors

ROOT = Path(__file__).parents[3]
OURS = (str(ROOT / "processor_service"), str(ROOT / "shared"))
TO_A_POST = 10
TO_THE_FIRST_WORDS = 13


@dataclass
class Chains:
    """Our functions below each call of Slack, the outermost first, by the call's method."""

    by_method: dict[str, list[list[str]]] = field(default_factory=dict)

    def note(self, method: str) -> None:
        ours = [
            f"{Path(frame.filename).relative_to(ROOT)}:{frame.name}"
            for frame in traceback.extract_stack()
            if frame.filename.startswith(OURS)
        ]
        self.by_method.setdefault(method, []).append(ours)

    async def middleware(
        self, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        self.note(request.url.name)
        return await send(request)


@asynccontextmanager
async def slack_chains(model: FakeModel) -> AsyncIterator[Chains]:
    """One question, pushed to the real application and answered in a simulated Slack."""
    chains = Chains()
    async with processors() as (here, _), traced_session() as session:
        bench = here.bench
        # Innermost, so that nothing of ours comes behind it.
        session._middlewares = (*session._middlewares, chains.middleware)
        client = MeasuredWebClient(
            "xoxb-local", bench.running.api_url, session=session, retry_handlers=[]
        )
        calls = SlackCalls(client, RedisRateLimitHolds(here.redis), here.denied.append)
        owners = RedisStreamOwners(here.redis)
        world = World(model=model)
        world.conversations = SlackConversations(  # type: ignore[assignment]  # the real adapters
            calls, session, RedisResponses(here.redis), Streaming(owners), FakePeople()
        )
        asked = bench.slack.people.post("alice", "#general", "question")
        task = a_task(
            team_id=bench.slack.workspace.team_id,
            channel_id=bench.general,
            user_id=bench.slack.people.user("alice").id,
            thread_ts=asked.ts,
            message_ts=asked.ts,
        )
        assert await push(world.dependencies(), task.encode()) == 204
        await world.statuses.close()
        yield chains


def drawn(method: str) -> list[str]:
    """The functions that the page on the architecture draws above a call of Slack, without the
    names of their classes.
    """
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = re.search(rf"(?m)^\|.*`{re.escape(method)}`.*\n(?:\|.*\n)+", page)
    assert table, method
    head, _, *rows = (
        [cell.strip(" `") for cell in row.split("|")] for row in table[0].splitlines()
    )
    column = next(number for number, cell in enumerate(head) if cell.endswith(method))
    return [re.sub(r":\w+\.", ":", row[column]) for row in rows if row[column]]


def without_folders(chain: list[str]) -> list[str]:
    return [frame.rpartition("/")[2] for frame in chain]


async def pause() -> None:
    # Words that are held back come by a timer, which is late on a busy machine: more words are due
    # only half a second after that.
    await asyncio.sleep(2 * EVERY_S)


async def push(dependencies: Dependencies, data: bytes) -> int:
    """The status of a push of ``data``, by the application as a server calls it."""
    message = {"data": base64.b64encode(data).decode(), "messageId": "m1", "attributes": {}}
    body = json.dumps({"subscription": "s", "message": message, "deliveryAttempt": 1}).encode()
    sent: list[dict[str, Any]] = []

    @asynccontextmanager
    async def opened() -> AsyncIterator[Dependencies]:
        yield dependencies

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(event: Any) -> None:
        sent.append(event)

    app = create_app(opened)
    async with app.router.lifespan_context(app):
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/pubsub/push",
            "query_string": b"",
            "headers": [],
        }
        await app(scope, receive, send)
    status: int = sent[0]["status"]
    return status


async def test_ten_of_our_functions_at_most_stand_above_the_post_of_a_plain_answer() -> None:
    async with slack_chains(at_once()) as chains:
        [chain] = chains.by_method["chat.postMessage"]
        assert chain[0] == "processor_service/api/routes.py:push"
        assert len(chain) <= TO_A_POST, "\n".join(chain)
        assert without_folders(chain) == drawn("chat.postMessage")


@pytest.mark.parametrize(
    ("method", "first_chars"), [("chat.startStream", 8), ("chat.appendStream", 4)]
)
async def test_thirteen_of_our_functions_at_most_stand_above_the_first_words(
    method: str, first_chars: int
) -> None:
    # The model pauses for longer than people wait for more words: after a sentence, or amid one.
    async with slack_chains(Halting(meanwhile=pause, first_chars=first_chars)) as chains:
        first, *_ = chains.by_method[method]
        assert first[0] == "processor_service/api/routes.py:push"
        assert len(first) <= TO_THE_FIRST_WORDS, "\n".join(first)
        assert without_folders(first) == drawn(method)
