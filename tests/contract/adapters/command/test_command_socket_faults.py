"""The socket to Slack falls silent, is refreshed or is lost: what the service does about it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp

from command_service.scopes import NEEDED_SCOPES
from command_service.transport.concurrency import ConcurrencyLimit
from command_service.transport.health import Health, HealthDeps
from command_service.transport.http_server import serving
from command_service.transport.socket_mode import SocketMode, Timing, connected
from shared.service_main import bound
from shared.slack.client import slack_client
from shared.telemetry.metrics import SOCKET_RECONNECTS
from simulators.faults import Fault
from tests.support.counted import Counted
from tests.support.fakes.command.lookups import FakeAccess
from tests.support.workbenches.command import IMPATIENT, Stack, get_json, no_reply, stack

# A quick heartbeat; the bounds keep their order, and silence is certain after a few pings.
QUICK = Timing(ping_every_s=0.2, url_life_s=2.0, silent_s=1.0, gap_s=1.0)
RED_AFTER_S = 1.5


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def world() -> AsyncIterator[Stack]:
    async with stack(replace(IMPATIENT, redelivery_delays_s=(0.2,) * 20)) as opened:
        yield opened


class Listening:
    """A quick socket of an app without listeners, with its health."""

    def __init__(self, socket: SocketMode, port: int, silences: list[float | None]) -> None:
        self.socket = socket
        self.port = port
        self.silences = silences

    async def wait_until(self, *, down: bool) -> None:
        """Wait until nothing was heard for ``RED_AFTER_S``, or something is; no restart is ever
        asked for.
        """
        async with asyncio.timeout(60):
            while True:
                status, body = await get_json(self.port, "/healthz")
                assert status == 200
                if (body["slack_socket"]["down_s"] >= RED_AFTER_S) is down:
                    return
                await asyncio.sleep(0.05)

    async def is_ready(self) -> bool:
        return (await get_json(self.port, "/readyz"))[0] == 200


@asynccontextmanager
async def listening(world: Stack) -> AsyncIterator[Listening]:
    async def queue_is_fine() -> None:
        return

    silences: list[float | None] = []
    async with slack_client("xoxb-local", world.api_url) as client:
        opened = await client.apps_connections_open(app_token="xapp-local")
        socket = SocketMode(
            AsyncApp(client=client),
            "xapp-local",
            ConcurrencyLimit(1),
            no_reply,
            silences.append,
            QUICK,
        )
        server = web.Application()
        Health(HealthDeps(queue_is_fine, FakeAccess(), socket.state)).add_routes(server)
        async with (
            serving(server, bound("127.0.0.1", 0)) as port,
            connected(socket, str(opened["url"])),
        ):
            await world.slack.wait_for(lambda: silences)
            yield Listening(socket, port, silences)


async def test_a_deaf_socket_of_the_simulator_answers_no_ping_and_stays_open(world: Stack) -> None:
    async with slack_client("xoxb-local", world.api_url) as client, aiohttp.ClientSession() as http:
        opened = await client.apps_connections_open(app_token="xapp-local")
        async with http.ws_connect(str(opened["url"]), autoping=False) as ws:
            await ws.receive()
            await ws.ping(b"heard")
            assert (await ws.receive(timeout=60.0)).type is aiohttp.WSMsgType.PONG
            world.slack.sockets.deafen()
            await ws.ping(b"not heard")
            with pytest.raises(TimeoutError):
                await ws.receive(timeout=0.5)
            assert not ws.closed
            world.slack.sockets.cut()


async def test_when_every_socket_is_deaf_it_is_not_ready_although_tcp_connects(
    world: Stack,
) -> None:
    async with listening(world) as app:
        await app.wait_until(down=False)
        rule = world.faults.add("socket", "connect", Fault("hang"), -1)
        world.slack.sockets.deafen()

        await app.wait_until(down=True)
        opened = len(world.calls("apps.connections.open"))
        async with asyncio.timeout(60):
            while len(world.calls("apps.connections.open")) < opened + 2:
                # An open connection on which nothing is heard turns it green in no moment.
                assert not await app.is_ready()

        world.faults.remove(rule.id)
        await app.wait_until(down=False)


async def test_a_deaf_socket_is_replaced_and_the_silence_is_told_once(world: Stack) -> None:
    async with listening(world) as app:
        rule = world.faults.add("socket", "connect", Fault("error", status=503), -1)
        world.slack.sockets.deafen()
        await app.wait_until(down=True)
        world.faults.remove(rule.id)
        await app.wait_until(down=False)

        first, silence = app.silences
    assert first is None, "nobody knows how long nobody listened before the start"
    assert silence is not None
    assert silence >= RED_AFTER_S


async def test_a_question_sent_to_a_deaf_socket_arrives_by_redelivery(world: Stack) -> None:
    async with world.service():
        world.slack.sockets.deafen()
        world.slack.people.post("hana", "#general", "@mechachang hello")
        await world.wait_for_step("ack_missed")

        await world.slack.wait_for(lambda: world.journal.entries(step="ack"), 60.0)
    assert len({task.task_id for task in world.tasks()}) == 1


async def test_a_user_who_writes_disconnect_is_not_why_the_socket_was_replaced(
    world: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(SOCKET_RECONNECTS, monkeypatch)
    async with world.service():
        await world.slack.people.slash("hana", "#general", "/gemini", "disconnect")
        world.slack.sockets.cut()
        await world.slack.wait_for(counted.series, 60.0)
    assert counted.series() == [(1, {"reason": "lost"})]


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_an_envelope_being_handled_while_slack_refreshes_the_socket_is_one_task(
    world: Stack, reason: str
) -> None:
    rule = world.faults.add("pubsub", "Publish", Fault("delay", seconds=0.4))
    async with world.service():
        old = world.slack.sockets.sockets[0]
        world.slack.people.post("hana", "#general", "@mechachang during the refresh")
        await world.slack.wait_for(lambda: rule.times == 0)
        await world.slack.sockets.disconnect(reason)
        await world.slack.wait_for(
            lambda: [each for each in world.slack.sockets.sockets if each is not old]
        )
        world.slack.people.post("hana", "#general", "@mechachang after the refresh")
        await world.wait_for_step("ack", 2)
    by_text = {task.text: task.task_id for task in world.tasks()}
    assert by_text.keys() == {"during the refresh", "after the refresh"}
    assert len({task.task_id for task in world.tasks()}) == 2
    assert world.slack.delivery.undelivered == []


async def test_envelopes_that_arrive_while_the_socket_is_being_replaced_are_all_taken(
    world: Stack,
) -> None:
    async with world.service():
        for number in range(12):
            world.slack.people.post("hana", "#general", f"@mechachang question {number}")
            if number in {3, 7}:
                await world.slack.sockets.disconnect("refresh_requested")
            await asyncio.sleep(0)
        await world.slack.wait_for(lambda: len({t.task_id for t in world.tasks()}) == 12, 60.0)
        await world.slack.wait_for(lambda: len(world.journal.entries(step="ack")) == 12, 60.0)
    assert world.slack.delivery.undelivered == []


async def test_a_question_that_slack_gave_up_while_the_socket_was_away_is_found_afterwards() -> (
    None
):
    config = replace(IMPATIENT, redelivery_delays_s=(0.05, 0.1))
    async with stack(config) as world, world.service() as service:
        assert service.socket is not None
        service.socket.timing = replace(service.socket.timing, gap_s=0.3)
        rule = world.faults.add("socket", "connect", Fault("error", status=503), -1)
        world.slack.sockets.cut()
        await world.slack.wait_for(lambda: not world.slack.sockets.sockets)
        missed = world.slack.people.post("hana", "#general", "@mechachang anybody there?")
        await world.slack.wait_for(lambda: world.slack.delivery.undelivered)
        assert world.tasks() == []

        world.faults.remove(rule.id)
        [task] = await world.wait_for_tasks(deadline_s=60.0)
        assert task.message_ts == missed.ts
        await world.slack.wait_for(lambda: service.catch_up.sweeps == 2)
    assert world.calls("assistant.threads.setStatus") == []


async def test_without_the_scopes_to_list_conversations_the_service_works_all_the_same() -> None:
    async with stack(replace(IMPATIENT, scopes=NEEDED_SCOPES)) as world:
        world.slack.people.post("hana", "#general", "@mechachang before the start")
        async with world.service():
            listed = [call.detail["error"] for call in world.calls("users.conversations")]
            assert listed == ["missing_scope"] * 4
            world.slack.people.post("hana", "#general", "@mechachang hello")
            await world.wait_for_step("ack")
    # Slack delivers the other again by itself, perhaps before the end.
    assert "hello" in [task.text for task in world.tasks()]
