"""Slash commands and response URLs, with Bolt on a socket."""

from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncAck, AsyncRespond
from slack_sdk.webhook.async_client import AsyncWebhookClient

from simulators.faults import Fault
from simulators.slack import Refusal
from tests.support.workbenches.slack import FAST, IMPATIENT, Clock, Workbench, workbench
from tests.support.workbenches.slack_clicks import notices


async def test_a_slash_command_without_ack_tells_the_user_and_is_not_repeated() -> None:
    async with workbench(IMPATIENT) as bench:
        app, seen, runs = bench.app(), notices(bench), []

        @app.command("/gemini")
        async def run(body: dict[str, Any]) -> None:
            runs.append(body)

        async with bench.connected(app):
            outcome = await bench.slack.people.slash("hana", "#general", "/gemini")
    assert not outcome.acked
    assert seen == ['/gemini failed with the error "operation_timeout"']
    assert len(runs) == 1


async def test_a_slash_command_does_not_exist_in_threads(bench: Workbench) -> None:
    asked = bench.slack.people.post("hana", "#general", "q")
    with pytest.raises(Refusal, match="not_supported_in_threads"):
        await bench.slack.people.slash("hana", "#general", "/gemini", thread_ts=asked.ts)


async def test_respond_shows_its_message_to_the_user_or_to_the_channel(bench: Workbench) -> None:
    app = bench.app()

    @app.command("/gemini")
    async def run(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond("private")
        await respond(text="public", response_type="in_channel")

    async with bench.connected(app):
        await bench.slack.people.slash("hana", "#general", "/gemini")
        await bench.slack.wait_for(lambda: bench.slack.messages("#general"))
    assert [m["text"] for m in bench.slack.ephemerals("hana")] == ["private"]
    assert [m["text"] for m in bench.slack.messages("#general")] == ["public"]


async def _response_url(bench: Workbench) -> str:
    app, urls = bench.app(), []

    @app.command("/gemini")
    async def run(ack: AsyncAck, body: dict[str, Any]) -> None:
        urls.append(body["response_url"])
        await ack()

    async with bench.connected(app):
        await bench.slack.people.slash("hana", "#humans-only", "/gemini")
    return str(urls[0])


async def test_a_response_url_works_five_times(bench: Workbench) -> None:
    webhook = AsyncWebhookClient(await _response_url(bench))
    for n in range(5):
        answer = await webhook.send(text=str(n))
        assert (answer.status_code, answer.body) == (200, "ok")
    answer = await webhook.send(text="6")
    assert (answer.status_code, answer.body) == (404, "used_url")
    assert len(bench.slack.ephemerals("hana")) == 5


async def test_a_response_url_works_for_half_an_hour() -> None:
    clock = Clock()
    async with workbench(replace(FAST, clock=clock)) as bench:
        webhook = AsyncWebhookClient(await _response_url(bench))
        clock.now += 1801
        answer = await webhook.send(text="late")
    assert (answer.status_code, answer.body) == (404, "expired_url")


@pytest.mark.parametrize(
    ("payload", "error"),
    [({"text": ""}, "no_text"), ({"text": "x", "blocks": [{"type": "?"}]}, "invalid_blocks")],
)
async def test_a_refused_response_uses_nothing_up(
    bench: Workbench, payload: dict[str, Any], error: str
) -> None:
    webhook = AsyncWebhookClient(await _response_url(bench))
    for _ in range(6):
        answer = await webhook.send_dict(payload)
        assert (answer.status_code, answer.body) == (400, error)
    assert (await webhook.send(text="fine")).status_code == 200


async def test_what_was_deleted_meanwhile_can_neither_be_replaced_nor_deleted(
    bench: Workbench,
) -> None:
    app, urls = bench.app(), []
    button = {"type": "button", "text": {"type": "plain_text", "text": "x"}, "action_id": "a"}

    @app.action("a")
    async def pressed(ack: AsyncAck, body: dict[str, Any]) -> None:
        urls.append(body["response_url"])
        await ack()

    posted = await bench.client.chat_postMessage(
        channel=bench.general, text="x", blocks=[{"type": "actions", "elements": [button]}]
    )
    async with bench.connected(app):
        await bench.slack.people.click("hana", "#general", posted["ts"], "a")
    await bench.client.chat_delete(channel=bench.general, ts=posted["ts"])
    webhook = AsyncWebhookClient(str(urls[0]))
    for change in ({"delete_original": True}, {"replace_original": True, "text": "y"}):
        answer = await webhook.send_dict(change)
        assert (answer.status_code, answer.body) == (400, "message_not_found")
    assert bench.slack.messages("#general") == []


async def test_a_dropped_response_was_taken(bench: Workbench) -> None:
    url = await _response_url(bench)
    bench.faults.add("slack", "response_url", Fault("drop_after"))
    with pytest.raises(aiohttp.ClientConnectionError):
        await AsyncWebhookClient(url, retry_handlers=[]).send(text="once")
    assert [m["text"] for m in bench.slack.ephemerals("hana")] == ["once"]
