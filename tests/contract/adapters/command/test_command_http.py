"""The Slack side in HTTP mode: signed requests on the port of the health routes."""

import aiohttp
import pytest

from command_service.app import running
from shared.service_main import bound
from shared.task import Source
from simulators.faults import Fault
from tests.support.workbenches.command import SLACK, get_json, http_stack, stack


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


async def test_slack_verifies_the_address_and_a_mention_is_published_before_the_answer() -> None:
    async with http_stack() as (world, _):
        await world.slack.verify_events_url()
        world.slack.people.post("hana", "#general", "@mechachang hello")

        [ack] = await world.wait_for_step("ack")
        [task] = world.tasks()
        [publish] = world.journal.entries(step="publish")
        assert task.text == "hello"
        assert publish.seq < ack.seq


async def test_a_command_is_answered_in_the_response() -> None:
    async with http_stack() as (world, _):
        outcome = await world.slack.people.slash("hana", "#general", "/gemini", "素数とは")

        assert outcome.payload is None
        assert [task.source for task in world.tasks()] == [Source.SLASH_COMMAND]


async def test_while_the_queue_refuses_slack_gets_an_error_and_delivers_again() -> None:
    async with http_stack() as (world, _):
        world.faults.add("pubsub", "Publish", Fault("error", error="PERMISSION_DENIED"))
        world.slack.people.post("hana", "#general", "@mechachang hello")

        [missed] = await world.wait_for_step("ack_missed")
        assert missed.detail["reason"] == "http_error"
        await world.wait_for_step("ack")
        assert len(world.tasks()) == 1


async def test_a_redelivered_refusal_is_told_once() -> None:
    async with http_stack() as (world, _):
        world.faults.add("events", "events_api", Fault("drop_after"))
        world.slack.people.post("hana", "#general", "@mechachang")

        await world.wait_for_step("ack")
        await world.slack.wait_for(lambda: world.slack.ephemerals("hana"))
        assert len(world.journal.entries(step="envelope")) == 2
    assert len(world.slack.ephemerals("hana")) == 1


async def test_an_unsigned_request_is_refused_and_publishes_nothing() -> None:
    async with http_stack() as (world, service), aiohttp.ClientSession() as session:
        body = {"type": "event_callback", "event": {"type": "app_mention"}}
        address = f"http://127.0.0.1:{service.port}/slack/events"
        async with session.post(address, json=body) as response:
            assert response.status == 401
        assert world.tasks() == []


async def test_beyond_the_bound_slack_is_told_to_come_again_and_loses_nothing() -> None:
    async with http_stack(max_concurrent_requests=1) as (world, service):
        service.slots.wait_s = 0.05
        world.faults.add("pubsub", "Publish", Fault("delay", seconds=0.3))
        world.slack.people.post("hana", "#general", "@mechachang first")
        await world.slack.wait_for(lambda: service.slots.running == 1)
        world.slack.people.post("kenji", "#general", "@mechachang second")

        [missed] = await world.wait_for_step("ack_missed")
        assert missed.detail["reason"] == "http_error"
        tasks = await world.wait_for_tasks(2)
        assert {task.text for task in tasks} == {"first", "second"}


async def test_beyond_the_bound_a_command_is_told_so_because_slack_does_not_send_it_again() -> None:
    async with http_stack(max_concurrent_requests=1) as (world, service):
        service.slots.wait_s = 0.05
        async with service.slots.slot():
            outcome = await world.slack.people.slash("kenji", "#general", "/gemini", "素数とは")
        assert outcome.acked
        assert "混み合っています" in outcome.payload["text"]
        assert "素数とは" in str(outcome.payload["blocks"])
        assert world.tasks() == []


async def test_health_needs_no_socket_and_slack_is_asked_for_none() -> None:
    async with http_stack() as (world, service):
        assert await get_json(service.port, "/healthz") == (200, {"status": "ok"})
        status, ready = await get_json(service.port, "/readyz")
        assert (status, set(ready["dependencies"])) == (200, {"pubsub", "slack"})
        assert world.calls("apps.connections.open") == []


async def test_closing_answers_the_requests_it_has_taken() -> None:
    async with http_stack() as (world, service):
        world.faults.add("pubsub", "Publish", Fault("delay", seconds=0.3))
        world.slack.people.post("hana", "#general", "@mechachang hello")
        await world.slack.wait_for(lambda: service.slots.running == 1)
        await service.slots.drain(2.0)
        await world.wait_for_step("ack")
    assert world.journal.entries(step="ack_missed") == []


async def test_socket_mode_serves_no_events_over_http() -> None:
    async with (
        stack(SLACK) as world,
        running(world.settings(), bound("127.0.0.1", 0)) as service,
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{service.port}/slack/events") as response,
    ):
        assert response.status == 404
