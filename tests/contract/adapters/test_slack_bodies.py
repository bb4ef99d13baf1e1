"""Bodies that are no JSON object, as a proxy or a server in trouble may send them for Slack."""

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from command_service.slack.access import SlackAccess
from shared.background import alongside
from shared.errors import MechachangError, OutcomeUnknown, SlackUnavailable
from shared.slack.client import SLACK_FAILURES, slack_client, slack_error

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
