"""Events over HTTP: Bolt verifies the signatures itself, retries carry Slack's headers."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from simulators.faults import Fault
from simulators.slack.events.http_events import UrlNotVerified
from tests.support.workbenches.slack import IMPATIENT, Workbench, workbench

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def endpoint(handler: Handler) -> AsyncIterator[str]:
    """A web server of the test's own; yields the events URL."""
    server = web.Application()
    server.router.add_post("/slack/events", handler)
    runner = web.AppRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    finally:
        await runner.cleanup()


class LateApp:
    """Answers at the URL with a Bolt app that is made once the simulator listens."""

    app: AsyncApp

    async def handle(self, request: web.Request) -> web.StreamResponse:
        return await self.app.server(path="/slack/events").handle_post_requests(request)


@asynccontextmanager
async def http_mode(
    secret: str = "local-signing-secret",
) -> AsyncIterator[tuple[Workbench, AsyncApp]]:
    """A workspace that delivers to a Bolt app over HTTP."""
    late = LateApp()
    async with (
        endpoint(late.handle) as url,
        workbench(replace(IMPATIENT, ack_timeout_s=3.0, events_url=url)) as bench,
    ):
        client = AsyncWebClient(token="xoxb-local", base_url=bench.running.api_url)
        late.app = AsyncApp(client=client, signing_secret=secret)
        yield bench, late.app


async def test_bolt_takes_a_signed_event_and_the_url_verification() -> None:
    async with http_mode() as (bench, app):
        seen: list[dict[str, Any]] = []

        @app.event("app_mention")
        async def listen(event: dict[str, Any]) -> None:
            seen.append(event)

        await bench.slack.verify_events_url()
        bench.slack.people.post("hana", "#general", "@mechachang hi")
        await bench.slack.wait_for(lambda: bench.journal.entries(step="ack"))
        await bench.slack.wait_for(lambda: seen)


async def test_an_app_with_another_secret_verifies_nothing() -> None:
    async with http_mode(secret="another") as (bench, _):
        with pytest.raises(UrlNotVerified, match="401"):
            await bench.slack.verify_events_url()


async def test_a_slash_command_and_a_click_come_as_forms() -> None:
    async with http_mode() as (bench, app):
        clicks = []

        @app.command("/gemini")
        async def run(ack: AsyncAck) -> None:
            await ack("はい")

        @app.action("press")
        async def press(ack: AsyncAck, body: dict[str, Any]) -> None:
            clicks.append(body)
            await ack()

        await bench.slack.people.slash("hana", "#general", "/gemini", "a & b = c")
        assert [m["text"] for m in bench.slack.ephemerals("hana")] == ["はい"]
        plain = {"type": "plain_text", "text": "押す"}
        button = {"type": "button", "action_id": "press", "text": plain}
        posted = await bench.client.chat_postMessage(
            channel=bench.general, text="x", blocks=[{"type": "actions", "elements": [button]}]
        )
        outcome = await bench.slack.people.click("hana", "#general", posted["ts"], "press")
        assert outcome.acked
        assert clicks[0]["actions"][0]["action_id"] == "press"


@pytest.mark.parametrize(
    ("answers", "reason"),
    [([500, 500, 200], "http_error"), ([None, 200], "http_timeout")],
)
async def test_an_event_not_taken_is_retried_with_slacks_headers(
    answers: list[int | None], reason: str
) -> None:
    headers: list[dict[str, str]] = []
    bodies: list[bytes] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        base = b"v0:" + request.headers["X-Slack-Request-Timestamp"].encode() + b":" + body
        digest = hmac.new(b"local-signing-secret", base, hashlib.sha256).hexdigest()
        assert request.headers["X-Slack-Signature"] == f"v0={digest}"
        headers.append(dict(request.headers))
        bodies.append(body)
        status = answers[len(headers) - 1]
        if status is None:
            # Too late for Slack, whose connection is closed by then.
            await bench.slack.wait_for(lambda: bench.journal.entries(step="ack_missed"))
        return web.Response(status=status or 200)

    async with endpoint(handle) as url, workbench(replace(IMPATIENT, events_url=url)) as bench:
        bench.slack.people.post("hana", "#general", "@mechachang hi")
        await bench.slack.wait_for(lambda: bench.journal.entries(step="ack"))
    assert "X-Slack-Retry-Num" not in headers[0]
    assert headers[1]["X-Slack-Retry-Num"] == "1"
    assert headers[1]["X-Slack-Retry-Reason"] == reason
    assert len(headers) == len(answers)
    assert len(set(bodies)) == 1


async def test_an_app_that_asks_for_no_retry_gets_none() -> None:
    calls = []

    async def handle(request: web.Request) -> web.StreamResponse:
        calls.append(request.path)
        return web.Response(status=500, headers={"X-Slack-No-Retry": "1"})

    async with endpoint(handle) as url, workbench(replace(IMPATIENT, events_url=url)) as bench:
        first = bench.slack.people.post("hana", "#general", "@mechachang hi")
        await bench.slack.wait_for(lambda: bench.slack.delivery.undelivered)
        assert len(calls) == 1
        assert bench.slack.delivery.undelivered[0]["event"]["ts"] == first.ts


async def test_an_answer_lost_on_the_way_back_makes_slack_deliver_again() -> None:
    calls = []

    async def handle(request: web.Request) -> web.StreamResponse:
        calls.append(await request.read())
        return web.Response()

    async with endpoint(handle) as url, workbench(replace(IMPATIENT, events_url=url)) as bench:
        bench.faults.add("events", "events_api", Fault("drop_after"))
        bench.slack.people.post("hana", "#general", "@mechachang hi")
        await bench.slack.wait_for(lambda: len(calls) == 2)
    assert calls[0] == calls[1]
