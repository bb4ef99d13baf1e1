"""Bodies that are no JSON object, as a proxy or a server in trouble may send them for Slack."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from command_service.payloads.model import EphemeralTarget
from command_service.slack.access import SlackAccess
from command_service.slack.ephemeral import SlackUserSignals
from command_service.slack.history import SlackHistory
from processor_service.ports.conversations import Body
from processor_service.slack.response_url import SlackResponse
from shared.background import alongside
from shared.errors import MechachangError, OutcomeUnknown, SlackUnavailable
from shared.ledger import Mark
from shared.slack.client import SLACK_FAILURES, slack_client, slack_error
from tests.support.signed import LEDGER, SIGNING

JSON = "application/json"
DEEP = b"[" * 100_000


async def failure_of(body: bytes, content_type: str, status: int) -> MechachangError:
    """The meaning of a call that gets this answer."""

    async def answer(_request: web.Request) -> web.Response:
        headers = {"Content-Type": content_type, "Retry-After": "3"}
        return web.Response(status=status, body=body, headers=headers)

    app = web.Application()
    app.router.add_post("/chat.postMessage", answer)
    async with (
        TestServer(app) as server,
        slack_client("xoxb-1", str(server.make_url("/"))) as slack,
    ):
        with pytest.raises(SLACK_FAILURES) as raised:
            await slack.chat_postMessage(channel="C1", text="Hello")
    return slack_error(raised.value, "chat.postMessage")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"Blocked.", "text/plain"),
        (b"<p>Blocked.</p>", "text/html"),
        (b"[1]", JSON),
        (b'"text"', JSON),
        (b"null", JSON),
        (b"", JSON),
        (b'{"ok": tr', JSON),
        (b"\xff\xfe{", JSON),
        (DEEP, JSON),
    ],
)
async def test_a_body_that_is_no_object_leaves_the_outcome_unknown(
    body: bytes, content_type: str
) -> None:
    assert type(await failure_of(body, content_type, 200)) is OutcomeUnknown
    assert type(await failure_of(body, content_type, 503)) is OutcomeUnknown


@pytest.mark.parametrize(
    ("body", "content_type"), [(b"Wait.", "text/plain"), (b"{", JSON), (b"[1]", JSON)]
)
async def test_a_rate_limit_counts_whatever_its_body_is(body: bytes, content_type: str) -> None:
    limited = await failure_of(body, content_type, 429)
    assert isinstance(limited, SlackUnavailable)
    assert (limited.reason, limited.retry_after_s) == ("slack_rate_limited", 3.0)


async def test_slacks_access_is_watched_on_after_such_a_body() -> None:
    answers = [web.Response(text="Blocked."), web.json_response({"ok": True})]
    both = asyncio.Event()

    async def answer(_request: web.Request) -> web.Response:
        said = answers.pop(0)
        if not answers:
            both.set()
            answers.append(web.json_response({"ok": True}))
        return said

    app = web.Application()
    app.router.add_post("/auth.test", answer)
    async with (
        TestServer(app) as server,
        slack_client("xoxb-1", str(server.make_url("/"))) as slack,
    ):
        access = SlackAccess(slack, lambda _s: None, every_s=0.01)
        async with alongside(access.watch(), "watch"), asyncio.timeout(10):
            await both.wait()


async def test_a_page_that_slack_gives_once_more_ends_the_reading_of_a_history() -> None:
    async def answer(_request: web.Request) -> web.Response:
        more = {"response_metadata": {"next_cursor": "again"}}
        return web.json_response({"ok": True, "messages": [], "channels": [], **more})

    app = web.Application()
    for method in ("users.conversations", "conversations.history", "conversations.replies"):
        app.router.add_route("*", f"/{method}", answer)
    async with (
        TestServer(app) as server,
        slack_client("xoxb-1", str(server.make_url("/"))) as slack,
    ):
        history = SlackHistory(SlackAccess(slack, lambda _s: None))
        assert (await history.messages("C1", "0", None)).cursor == "again"
        for again in (
            history.messages("C1", "0", "again"),
            history.replies("C1", "1.1", "0", "again"),
            history.conversations("public_channel", "again"),
        ):
            with pytest.raises(SlackUnavailable):
                await again


class Remembered:
    """The marks of what a response URL took."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []

    async def of(self, task_id: str) -> list[Mark]:
        return [one for one in self.marks if one.task_id == task_id]

    async def add(self, mark: Mark) -> None:
        self.marks.append(mark)


@asynccontextmanager
async def a_response_url(status: int) -> AsyncIterator[str]:
    """One whose server answers in letters that are no text."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, body=b"\xff", content_type="text/plain")

    app = web.Application()
    app.router.add_post("/hook", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("/hook"))


async def test_an_answer_that_a_response_url_took_is_remembered_whatever_it_says() -> None:
    remembered, mark = Remembered(), Mark("a" * 32, "answer")
    async with a_response_url(200) as url, aiohttp.ClientSession() as session:
        await SlackResponse(session, url, remembered, "C1", SIGNING).post(Body("42"), mark)
    assert remembered.marks == [mark]


@pytest.mark.parametrize("status", [200, 500])
async def test_no_body_of_a_response_url_makes_a_note_raise(status: int) -> None:
    async with a_response_url(status) as url, slack_client("xoxb-1", url) as slack:
        signals = SlackUserSignals(SlackAccess(slack, lambda _s: None), LEDGER)
        await signals.tell(EphemeralTarget("C1", "U1", response_url=url), "A note.")
