"""The Slack side in Socket Mode: what it takes at once, its health, how its socket comes back."""

import asyncio
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from slack_bolt.async_app import AsyncApp

from command_service.app import Service
from command_service.transport.concurrency import ConcurrencyLimit
from command_service.transport.socket_mode import SocketMode, Timing, connected
from shared.slack.client import slack_client
from shared.telemetry.metrics import EVENTS
from simulators.faults import Fault
from tests.support.counted import Counted
from tests.support.workbenches.command import SLACK, TOPIC, Stack, get_json, no_reply, stack

pytestmark = pytest.mark.usefixtures("tracing")


async def test_beyond_the_bound_envelopes_wait_and_then_all_are_handled(world: Stack) -> None:
    world.faults.add("pubsub", "Publish", Fault("delay", seconds=0.05), -1)
    async with world.service(max_concurrent_requests=2):
        for number in range(6):
            world.slack.people.post("hana", "#general", f"@mechachang question {number}")
        await world.wait_for_step("ack", 6)
    assert len({task.task_id for task in world.tasks()}) == 6
    assert world.journal.entries(step="ack_missed") == []


async def test_an_overloaded_command_is_told_so_and_an_event_left_to_redelivery(
    impatient: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, counted = impatient, Counted(EVENTS, monkeypatch)
    rule = world.faults.add("pubsub", "Publish", Fault("delay", seconds=0.6), 1)
    async with world.service(max_concurrent_requests=1) as service:
        service.slots.wait_s = 0.1
        world.slack.people.post("hana", "#general", "@mechachang first")
        await world.slack.wait_for(lambda: service.slots.running == 1)
        outcome = await world.slack.people.slash("kenji", "#general", "/gemini", "second")
        world.slack.people.post("alice", "#general", "@mechachang third")
        tasks = await world.wait_for_tasks(2)
    assert rule.times == 0
    assert "混み合っています" in outcome.payload["text"]
    assert sorted(task.text for task in tasks) == ["first", "third"]
    turned_away = [each for each in counted.series() if each[1]["outcome"] == "turned_away"]
    assert [(number, each["reason"]) for number, each in turned_away] == [(2, "overloaded")]


async def test_a_command_that_waited_for_its_slot_is_still_answered_within_slacks_time(
    world: Stack,
) -> None:
    world.faults.add("pubsub", "Publish", Fault("delay", seconds=60.0), -1)
    async with world.service(max_concurrent_requests=1) as service:
        async with service.slots.slot():
            asking = asyncio.create_task(
                world.slack.people.slash("hana", "#general", "/gemini", "素数とは")
            )
            await world.wait_for_step("envelope")
            # Most of the time is gone when the command gets its slot.
            await asyncio.sleep(1.5)
        outcome = await asking
    assert outcome.acked
    assert "もう一度お試しください" in outcome.payload["text"]


async def test_closing_waits_for_envelopes_and_acks_them(world: Stack) -> None:
    world.faults.add("pubsub", "Publish", Fault("delay", seconds=0.5))
    async with world.service() as service:
        world.slack.people.post("hana", "#general", "@mechachang hello")
        await world.slack.wait_for(lambda: service.slots.running == 1)

    assert len(world.journal.entries(step="ack")) == 1
    assert world.journal.entries(step="ack_missed") == []
    assert len(world.pubsub.messages(TOPIC)) == 1


async def test_the_health_routes_tell_what_is_connected(world: Stack, service: Service) -> None:
    await world.slack.wait_for(lambda: world.slack.sockets.sockets)

    assert service.socket is not None
    assert (await service.socket.state()).connected
    status, health = await get_json(service.port, "/healthz")
    assert (status, health["status"]) == (200, "ok")
    assert health["slack_socket"]["connected"]
    status, ready = await get_json(service.port, "/readyz")
    assert status == 200
    assert {name: state["state"] for name, state in ready["dependencies"].items()} == {
        "pubsub": "ok",
        "slack": "ok",
        "slack_socket": "ok",
    }


async def test_the_socket_comes_back_after_slacks_refresh_and_after_a_cut(
    impatient: Stack,
) -> None:
    world = impatient
    async with world.service():
        await world.slack.sockets.disconnect("refresh_requested")
        await world.wait_for_step("api", 2, method="apps.connections.open")
        await world.slack.wait_for(lambda: world.slack.sockets.sockets)
        world.slack.people.post("hana", "#general", "@mechachang after the refresh")
        await world.wait_for_step("ack", 1)

        world.slack.sockets.cut()
        world.slack.people.post("hana", "#general", "@mechachang after the cut")
        await world.wait_for_step("ack", 2)
    assert {task.text for task in world.tasks()} == {"after the refresh", "after the cut"}


async def test_the_first_socket_is_opened_at_the_url_of_the_preflight(
    world: Stack, service: Service
) -> None:
    assert len(world.calls("apps.connections.open")) == 1
    world.slack.people.post("hana", "#general", "@mechachang hello")
    await world.wait_for_tasks()

    assert len(world.calls("auth.test")) == 1, "Bolt takes the preflight's answer"


async def test_a_refused_handshake_is_tried_again_at_a_new_url_that_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    config = replace(SLACK, ticket_lifetime_s=0.3)
    async with stack(config) as world, slack_client("xoxb-local", world.api_url) as client:
        opened = await client.apps_connections_open(app_token="xapp-local")
        rule = world.faults.add("socket", "connect", Fault("error", status=404), -1)
        bolt = AsyncApp(client=client)
        slots = ConcurrencyLimit(1)
        timing = Timing(ping_every_s=0.2, url_life_s=0.4)
        socket = SocketMode(bolt, "xapp-local", slots, no_reply, lambda _: None, timing)
        async with connected(socket, str(opened["url"])):
            await world.wait_for_step("api", 2, method="apps.connections.open")
            assert not (await socket.state()).connected
            world.faults.remove(rule.id)
            await world.slack.wait_for(lambda: world.slack.sockets.sockets)
    assert "Failed to connect" in caplog.text
    ticket = parse_qs(urlsplit(str(opened["url"])).query)["ticket"][0]
    assert ticket not in caplog.text


async def test_a_socket_that_stays_away_makes_the_service_unready_but_not_yet_unhealthy(
    world: Stack, service: Service
) -> None:
    world.faults.add("socket", "connect", Fault("error", status=503), -1)
    world.slack.sockets.cut()
    await world.slack.wait_for(lambda: not world.slack.sockets.sockets)

    async with asyncio.timeout(60):
        while (await get_json(service.port, "/readyz"))[0] == 200:
            pass
    _, ready = await get_json(service.port, "/readyz")
    assert ready["dependencies"]["slack_socket"] == {
        "state": "unavailable",
        "reason": "not_connected",
    }
    status, health = await get_json(service.port, "/healthz")
    assert status == 200
    assert not health["slack_socket"]["connected"]
