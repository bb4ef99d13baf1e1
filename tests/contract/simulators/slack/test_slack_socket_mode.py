"""Socket Mode, with slack_sdk's client and Bolt: events, acks, redelivery, reconnecting."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Self

import aiohttp
import pytest
import pytest_asyncio
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from simulators.faults import Fault
from tests.support.workbenches.slack import FAST, IMPATIENT, Workbench, recorder, workbench


@pytest_asyncio.fixture
async def impatient() -> AsyncIterator[Workbench]:
    async with workbench(IMPATIENT) as opened:
        yield opened


def listening(bench: Workbench, seen: list[dict[str, Any]], *events: str) -> AsyncApp:
    app = bench.app()
    for event in events:
        app.event(event)(recorder(seen))
    return app


class Envelopes:
    """A bare Socket Mode client that acks only what it is told to."""

    def __init__(self, bench: Workbench, acks: int) -> None:
        self.requests: list[SocketModeRequest] = []
        self._acks = acks
        self.client = SocketModeClient("xapp-local", web_client=bench.client, ping_interval=0.2)
        self.client.socket_mode_request_listeners.append(self._take)

    async def _take(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        self.requests.append(request)
        if len(self.requests) >= self._acks:
            await client.send_socket_mode_response(SocketModeResponse(request.envelope_id))

    async def __aenter__(self) -> Self:
        await self.client.connect()  # type: ignore[no-untyped-call]  # slack_sdk leaves it untyped
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()  # type: ignore[no-untyped-call]  # as above


@pytest.mark.parametrize("scopes", [FAST.scopes, FAST.scopes - {"reactions:read"}])
async def test_reactions_come_from_channels_the_app_is_in_and_with_their_scope(
    scopes: frozenset[str],
) -> None:
    seen: list[dict[str, Any]] = []
    names = ("reaction_added", "reaction_removed", "app_mention")
    config = replace(FAST, scopes=scopes, subscriptions=frozenset(names))
    async with workbench(config) as bench, bench.connected(listening(bench, seen, *names)):
        people = bench.slack.people
        elsewhere = people.post("hana", "#humans-only", "secret")
        people.react("hana", "#humans-only", elsewhere.ts, "gemini")
        said = people.post("hana", "#general", "hi")
        for _ in range(2):
            people.react("kenji", "#general", said.ts, "gemini")
        people.post("hana", "#general", "@mechachang done?")
        await bench.slack.wait_for(lambda: seen and seen[-1]["event"]["type"] == "app_mention")
        kenji, hana = (people.user(who).id for who in ("kenji", "hana"))
    events = [body["event"] for body in seen[:-1]]
    if scopes != FAST.scopes:
        assert events == []
        return
    assert [event["type"] for event in events] == ["reaction_added", "reaction_removed"]
    for event in events:
        assert event == {
            "type": event["type"],
            "user": kenji,
            "reaction": "gemini",
            "item": {"type": "message", "channel": bench.general, "ts": said.ts},
            "item_user": hana,
            "event_ts": event["event_ts"],
        }


async def test_a_mention_in_a_channel_arrives_in_slacks_shape(bench: Workbench) -> None:
    seen: list[dict[str, Any]] = []
    async with bench.connected(listening(bench, seen, "app_mention")):
        asked = bench.slack.people.post("hana", "#general", "@Mechachang 1 < 2 & #random?")
        [body] = await bench.slack.wait_for(lambda: seen)
    event, workspace = body["event"], bench.slack.workspace
    random = bench.slack.people.channel("#random").id
    assert event["text"] == f"<@{workspace.bot.id}> 1 &lt; 2 &amp; <#{random}>?"
    assert (event["channel"], event["ts"], event["event_ts"]) == (bench.general, asked.ts, asked.ts)
    assert event["client_msg_id"]
    assert event["blocks"][0]["type"] == "rich_text"
    assert not event.keys() & {"channel_type", "subtype", "thread_ts"}
    assert body["authorizations"][0]["user_id"] == workspace.bot.id
    assert body["is_ext_shared_channel"] is False


async def test_one_mention_is_two_events_for_who_also_follows_the_channel() -> None:
    subscriptions = frozenset({"app_mention", "message.channels"})
    async with workbench(replace(FAST, subscriptions=subscriptions)) as bench:
        seen: list[dict[str, Any]] = []
        async with bench.connected(listening(bench, seen, "app_mention", "message")):
            bench.slack.people.post("hana", "#general", "@mechachang hi")
            await bench.slack.wait_for(lambda: len(seen) == 2)
    assert {body["event"]["type"] for body in seen} == {"app_mention", "message"}
    assert len({body["event_id"] for body in seen}) == 2
    assert len({body["event"]["ts"] for body in seen}) == 1


@pytest.mark.parametrize("twin", [True, False])
async def test_a_mention_in_a_group_direct_message_arrives_with_or_without_a_twin(
    twin: bool,
) -> None:
    async with workbench(replace(FAST, mentions_in_group_dms=twin)) as bench:
        seen: list[dict[str, Any]] = []
        group = bench.slack.people.group("hana", "alice")
        async with bench.connected(listening(bench, seen, "app_mention", "message")):
            asked = bench.slack.people.post("hana", group.id, "@mechachang hi")
            last = bench.slack.people.post("alice", group.id, "hello")
            await bench.slack.wait_for(lambda: len(seen) == 2 + twin)
    told = [(body["event"]["type"], body["event"]["ts"]) for body in seen]
    both = [("app_mention", asked.ts)] if twin else []
    assert sorted(told) == sorted([*both, ("message", asked.ts), ("message", last.ts)])
    kinds = {body["event"].get("channel_type") for body in seen}
    assert kinds == ({"mpim", None} if twin else {"mpim"})


async def test_a_direct_message_arrives_with_its_thread_and_files(bench: Workbench) -> None:
    seen: list[dict[str, Any]] = []
    dm = bench.slack.people.dm("hana").id
    async with bench.connected(listening(bench, seen, "message")):
        first = bench.slack.people.post("hana", dm, "q")
        file = bench.slack.people.upload("hana", "a.txt", b"x")
        bench.slack.people.post("hana", dm, "", thread_ts=first.ts, files=[file.id])
        await bench.slack.wait_for(lambda: len(seen) == 2)
    reply = seen[1]["event"]
    assert reply["channel_type"] == "im"
    assert (reply["thread_ts"], reply["subtype"]) == (first.ts, "file_share")
    assert reply["files"][0]["url_private"].startswith(bench.running.base_url)


async def test_an_edit_arrives_as_message_changed_and_a_new_mention_as_a_mention(
    bench: Workbench,
) -> None:
    seen: list[dict[str, Any]] = []
    dm = bench.slack.people.dm("hana").id
    async with bench.connected(listening(bench, seen, "message", "app_mention")):
        first = bench.slack.people.post("hana", dm, "a")
        await bench.slack.wait_for(lambda: len(seen) == 1)
        bench.slack.people.edit("hana", dm, first.ts, "b")
        await bench.slack.wait_for(lambda: len(seen) == 2)
        plain = bench.slack.people.post("hana", "#general", "c")
        bench.slack.people.edit("hana", "#general", plain.ts, "@mechachang c")
        await bench.slack.wait_for(lambda: len(seen) == 3)
    changed, mention = seen[1]["event"], seen[2]["event"]
    assert changed["subtype"] == "message_changed"
    assert (changed["message"]["text"], changed["previous_message"]["text"]) == ("b", "a")
    assert mention["type"] == "app_mention"
    assert mention["edited"]["user"] == first.user


async def test_the_bots_own_posts_are_events_too_and_say_so(bench: Workbench) -> None:
    dm = bench.slack.people.dm("hana").id
    async with Envelopes(bench, acks=1) as app:
        await bench.client.chat_postMessage(channel=dm, text="hello")
        await bench.slack.wait_for(lambda: app.requests)
    assert app.requests[0].payload["event"]["bot_id"] == bench.slack.workspace.bot_id


async def test_nothing_is_told_of_channels_without_the_bot(bench: Workbench) -> None:
    async with Envelopes(bench, acks=1) as app:
        bench.slack.people.post("hana", "#humans-only", "@mechachang hi")
        bench.slack.people.post("hana", "#general", "@mechachang hi")
        await bench.slack.wait_for(lambda: app.requests)
    assert [r.payload["event"]["channel"] for r in app.requests] == [bench.general]


async def test_an_unacked_event_comes_again_with_the_same_event_id(impatient: Workbench) -> None:
    async with Envelopes(impatient, acks=3) as app:
        asked = impatient.slack.people.post("hana", "#general", "@mechachang hi")
        key = f"message:{impatient.general}:{asked.ts}"
        await impatient.slack.wait_for(lambda: impatient.journal.entries(step="ack", key=key))
    assert [r.retry_attempt for r in app.requests] == [0, 1, 2]
    assert [r.retry_reason for r in app.requests] == ["", "timeout", "timeout"]
    assert len({r.payload["event_id"] for r in app.requests}) == 1
    assert len({r.envelope_id for r in app.requests}) == 3
    assert len(impatient.journal.entries(step="ack_missed", key=key)) == 2
    [ack] = impatient.journal.entries(step="ack", key=key)
    assert ack.ms is not None


async def test_an_event_is_given_up_after_three_redeliveries(impatient: Workbench) -> None:
    async with Envelopes(impatient, acks=99) as app:
        impatient.slack.people.post("hana", "#general", "@mechachang hi")
        await impatient.slack.wait_for(lambda: impatient.slack.delivery.undelivered)
    assert len(app.requests) == 4


async def test_an_event_waits_for_the_app_to_connect(bench: Workbench) -> None:
    bench.slack.people.post("hana", "#general", "@mechachang hi")
    missed = await bench.slack.wait_for(lambda: bench.journal.entries(step="ack_missed"))
    assert missed[0].detail["reason"] == "no_socket"
    async with Envelopes(bench, acks=1) as app:
        await bench.slack.wait_for(lambda: app.requests)
    assert app.requests[0].retry_attempt in {1, 2, 3}


async def test_an_event_a_bolt_listener_failed_on_is_redelivered(impatient: Workbench) -> None:
    app = impatient.app(process_before_response=True)
    tries = []

    @app.event("app_mention")
    async def listen(body: dict[str, Any]) -> None:
        tries.append(body)
        if len(tries) == 1:
            raise RuntimeError("not this time")

    async with impatient.connected(app):
        impatient.slack.people.post("hana", "#general", "@mechachang hi")
        await impatient.slack.wait_for(lambda: impatient.journal.entries(step="ack"))
    assert len(tries) == 2


async def test_envelopes_are_spread_over_the_sockets(bench: Workbench) -> None:
    async with Envelopes(bench, acks=0) as one, Envelopes(bench, acks=0) as two:
        for _ in range(20):
            bench.slack.people.post("hana", "#general", "@mechachang hi")
        await bench.slack.wait_for(lambda: len(one.requests) + len(two.requests) == 20)
    assert one.requests
    assert two.requests


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "link_disabled"])
async def test_the_sdk_reconnects_when_asked_to(bench: Workbench, reason: str) -> None:
    async with Envelopes(bench, acks=1) as app:
        await bench.slack.wait_for(lambda: bench.slack.sockets.sockets)
        [before] = bench.slack.sockets.sockets
        await bench.slack.sockets.disconnect(reason)
        await bench.slack.wait_for(
            lambda: bench.slack.sockets.sockets and before not in bench.slack.sockets.sockets
        )
        bench.slack.people.post("hana", "#general", "@mechachang hi")
        await bench.slack.wait_for(lambda: app.requests)


async def test_the_sdk_reconnects_after_its_connection_was_cut(bench: Workbench) -> None:
    async with Envelopes(bench, acks=1) as app:
        await bench.slack.wait_for(lambda: bench.slack.sockets.sockets)
        [before] = bench.slack.sockets.sockets
        bench.slack.sockets.cut()
        await bench.slack.wait_for(
            lambda: bench.slack.sockets.sockets and before not in bench.slack.sockets.sockets
        )
        bench.slack.people.post("hana", "#general", "@mechachang hi")
        await bench.slack.wait_for(lambda: app.requests)


async def test_an_eleventh_socket_is_turned_away(bench: Workbench) -> None:
    sockets = [await _open(bench) for _ in range(10)]
    assert [frame["type"] for _, frame in sockets] == ["hello"] * 10
    assert sockets[9][1]["num_connections"] == 10
    eleventh, frame = await _open(bench)
    assert (frame["type"], frame["reason"]) == ("disconnect", "too_many_websockets")
    await asyncio.gather(*(ws.close() for ws, _ in [*sockets, (eleventh, frame)]))


async def _open(bench: Workbench) -> tuple[aiohttp.ClientWebSocketResponse, dict[str, Any]]:
    url = (await bench.client.apps_connections_open(app_token="xapp-local"))["url"]
    ws = await bench.http.ws_connect(url)
    return ws, await ws.receive_json()


async def test_a_ticket_opens_one_socket_only(bench: Workbench) -> None:
    url = (await bench.client.apps_connections_open(app_token="xapp-local"))["url"]
    async with bench.http.ws_connect(url) as ws:
        assert (await ws.receive_json())["type"] == "hello"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await bench.http.ws_connect(url)


async def test_slack_pings_in_its_own_words() -> None:
    async with workbench(replace(FAST, server_ping_s=0.01)) as bench:
        url = (await bench.client.apps_connections_open(app_token="xapp-local"))["url"]
        async with bench.http.ws_connect(url, autoping=False) as ws:
            await ws.receive()
            ping = await ws.receive(timeout=2)
            assert (ping.type, bytes(ping.data)[:9]) == (aiohttp.WSMsgType.PING, b"Ping from")


async def test_a_duplicated_envelope_arrives_twice_with_one_event_id(bench: Workbench) -> None:
    bench.faults.add("socket", "envelope", Fault("duplicate"))
    async with Envelopes(bench, acks=0) as app:
        await bench.slack.wait_for(lambda: bench.slack.sockets.sockets)
        bench.slack.people.post("hana", "#general", "@mechachang hi")
        await bench.slack.wait_for(lambda: len(app.requests) == 2)
    assert len({r.payload["event_id"] for r in app.requests}) == 1


async def test_whoever_stays_on_a_socket_that_is_to_be_left_is_disconnected() -> None:
    """docs.slack.dev, using Socket Mode: the warning comes about ten seconds before."""
    async with workbench(replace(FAST, disconnect_after_s=0.1)) as bench:
        app = AsyncWebClient(token="xapp-local", base_url=bench.running.api_url, session=bench.http)
        opened = await app.apps_connections_open(app_token="xapp-local")
        async with bench.http.ws_connect(str(opened["url"])) as ws:
            assert (await ws.receive_json())["type"] == "hello"
            await bench.slack.sockets.disconnect("warning")
            assert (await ws.receive_json())["reason"] == "warning"
            assert (await ws.receive()).type is aiohttp.WSMsgType.CLOSE
        await bench.slack.wait_for(lambda: not bench.slack.sockets.sockets)


@pytest.mark.parametrize("kind", ["drop_before", "disconnect"])
async def test_an_envelope_lost_on_the_way_comes_again(impatient: Workbench, kind: Any) -> None:
    impatient.faults.add("socket", "envelope", Fault(kind))
    async with Envelopes(impatient, acks=1) as app:
        await impatient.slack.wait_for(lambda: impatient.slack.sockets.sockets)
        impatient.slack.people.post("hana", "#general", "@mechachang hi")
        await impatient.slack.wait_for(lambda: app.requests)
    assert app.requests[0].retry_attempt in {1, 2, 3}


async def test_a_lost_ack_makes_slack_deliver_again(impatient: Workbench) -> None:
    impatient.faults.add("socket", "ack", Fault("drop_before"))
    async with Envelopes(impatient, acks=0) as app:
        await impatient.slack.wait_for(lambda: impatient.slack.sockets.sockets)
        impatient.slack.people.post("hana", "#general", "@mechachang hi")
        await impatient.slack.wait_for(lambda: impatient.journal.entries(step="ack"))
    assert [r.retry_attempt for r in app.requests] == [0, 1]


async def test_an_ack_given_on_another_socket_counts(bench: Workbench) -> None:
    first, _ = await _open(bench)
    asked = bench.slack.people.post("hana", "#general", "@mechachang hi")
    envelope = await first.receive_json(timeout=2)
    second, _ = await _open(bench)
    await second.send_json({"envelope_id": envelope["envelope_id"]})
    key = f"message:{bench.general}:{asked.ts}"
    await bench.slack.wait_for(lambda: bench.journal.entries(step="ack", key=key))
    await asyncio.gather(first.close(), second.close())


async def test_a_slash_command_in_time_answers_with_the_acks_payload(bench: Workbench) -> None:
    app = bench.app()
    bodies = []

    @app.command("/gemini")
    async def run(ack: AsyncAck, body: dict[str, Any]) -> None:
        bodies.append(body)
        await ack("受け付けました")

    async with bench.connected(app):
        outcome = await bench.slack.people.slash("hana", "#general", "/gemini", "なぜ？")
    assert outcome.acked
    [answer] = bench.slack.ephemerals("hana")
    assert answer["text"] == "受け付けました"
    assert (bodies[0]["text"], bodies[0]["is_enterprise_install"]) == ("なぜ？", "false")
    assert bodies[0]["channel_name"] == "general"
    assert "thread_ts" not in bodies[0]
