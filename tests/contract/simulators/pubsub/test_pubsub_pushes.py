"""When the simulator pushes: deadlines, back-offs, windows; and the tokens that pushes bring."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import aiohttp
import pytest
from google.auth import exceptions as auth_exceptions
from google.oauth2 import id_token
from google.pubsub_v1 import types

from simulators.processes.tcp_ports import free_port
from simulators.pubsub import PubSubConfig
from tests.support.workbenches.pubsub import (
    CALL,
    Bench,
    eventually,
    serving,
)


async def test_a_push_without_an_answer_within_the_ack_deadline_comes_again(bench: Bench) -> None:
    topic = await bench.clients.topic()
    name = await bench.push_subscription(topic, ack_deadline_seconds=10)
    bench.target.hold()
    await bench.clients.publish(topic)
    await bench.target.wait_for(2)
    bench.target.let_go()

    await eventually(lambda: bench.simulator.outstanding(name) == 0)
    first, *_, last = bench.simulator.pushes(name)
    assert (first.status, first.reason, first.acked) == (None, "ack deadline exceeded", False)
    assert 100 <= first.ms < 1000
    assert (last.status, last.acked) == (204, True)


async def test_a_back_off_keeps_to_the_retry_policy(bench: Bench) -> None:
    topic = await bench.clients.topic()
    policy = {"minimum_backoff": timedelta(seconds=10), "maximum_backoff": timedelta(seconds=20)}
    await bench.push_subscription(topic, retry_policy=policy)
    bench.target.answers = [503, 503, 503, 204]
    await bench.clients.publish(topic)

    times = [push.at for push in await bench.target.wait_for(4)]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    # 10, 20 and 20 s at a hundredth, never below; above by what this machine's load adds.
    for pause, least_s in zip(pauses, (0.1, 0.18, 0.18), strict=True):
        assert least_s * 0.98 <= pause < least_s + 1


async def test_an_endpoint_that_is_down_gets_the_message_when_it_is_up(bench: Bench) -> None:
    topic = await bench.clients.topic()
    port = free_port()
    name = await bench.push_subscription(
        topic, push_config={"push_endpoint": f"http://127.0.0.1:{port}/"}
    )
    await bench.clients.publish(topic)
    await eventually(lambda: len(bench.simulator.pushes(name)) >= 2)
    assert {push.status for push in bench.simulator.pushes(name)} == {None}

    await bench.clients.subscriber.modify_push_config(
        subscription=name, push_config=types.PushConfig(push_endpoint=bench.target.url), **CALL
    )
    await bench.target.wait_for(1)
    await eventually(lambda: bench.simulator.outstanding(name) == 0)


async def test_no_more_pushes_are_under_way_than_the_window_allows() -> None:
    async with serving(PubSubConfig(push_window=3)) as bench:
        topic = await bench.clients.topic()
        name = await bench.push_subscription(topic)
        bench.target.hold()
        for _ in range(7):
            await bench.clients.publish(topic)
        await bench.target.wait_for(3)
        assert bench.simulator.outstanding(name) == 7
        bench.target.let_go()
        await bench.target.wait_for(7)
        assert bench.target.most_at_once == 3


async def test_a_burst_after_a_quiet_time_begins_with_few_pushes_and_doubles_with_each_round() -> (
    None
):
    async with serving(PubSubConfig(first_window=2)) as bench:
        topic = await bench.clients.topic()
        await bench.push_subscription(topic)
        bench.target.hold()
        for _ in range(20):
            await bench.clients.publish(topic)
        received = 0
        for round_of in (2, 4, 8):
            received += round_of
            await bench.target.wait_for(received)
            await eventually(partial(bench.target.has_open, round_of))
            assert bench.target.most_at_once == round_of
            # Who waits is let through, and who comes next waits.
            bench.target.let_go()
            bench.target.hold()
        bench.target.let_go()
        await bench.target.wait_for(20)


async def test_refusals_let_the_whole_subscription_rest() -> None:
    """cloud.google.com/pubsub/docs/push, push backoff: 100 ms to 60 s, for every message."""
    async with serving(PubSubConfig(push_backoff=True, speed=10)) as bench:
        topic = await bench.clients.topic()
        await bench.push_subscription(topic)
        bench.target.answers = [*[503] * 6, 204]
        await bench.clients.publish(topic)
        refused = await bench.target.wait_for(6)
        # Nobody has refused this one, and it waits all the same.
        await bench.clients.publish(topic)
        await bench.target.wait_for(8)
        times = [push.at for push in (*refused, *bench.target.received[6:])][:7]
        rests = [later - earlier for earlier, later in pairwise(times)]
        for rest, least_s in zip(rests, (0.1, 0.2, 0.4, 0.8, 1.6, 3.2), strict=True):
            assert rest >= least_s / 10 * 0.9


async def test_without_its_dead_letter_topic_a_message_stays_and_is_tried_on(
    bench: Bench,
) -> None:
    topic, dead = await bench.clients.topic(), await bench.clients.topic()
    policy = {"dead_letter_topic": dead, "max_delivery_attempts": 5}
    name = await bench.push_subscription(topic, dead_letter_policy=policy)
    await bench.clients.publisher.delete_topic(topic=dead, **CALL)
    bench.target.answers = [503] * 7 + [204]
    await bench.clients.publish(topic)

    pushes = await bench.target.wait_for(8)
    assert [push.body["deliveryAttempt"] for push in pushes] == list(range(1, 9))
    await eventually(lambda: bench.simulator.outstanding(name) == 0)


@pytest.mark.parametrize("audience", ["", "https://processor.example"])
async def test_a_push_token_passes_googles_own_verification(bench: Bench, audience: str) -> None:
    email = "push@local.iam.gserviceaccount.com"
    topic = await bench.clients.topic()
    oidc = {"service_account_email": email, "audience": audience}
    await bench.push_subscription(topic, push_config={"oidc_token": oidc})
    await bench.clients.publish(topic)
    [push] = await bench.target.wait_for(1)
    token = push.headers["Authorization"].removeprefix("Bearer ")

    async with aiohttp.ClientSession() as session, session.get(bench.running.certs_url) as response:
        certs = Certs(await response.read())
    claims = verify(token, certs, audience or bench.target.url)
    assert claims["email"] == email
    assert claims["email_verified"] is True
    assert claims["exp"] - claims["iat"] == 3600
    with pytest.raises(auth_exceptions.InvalidValue):
        verify(token, certs, "https://somebody.else")


def verify(token: str, certs: "Certs", audience: str) -> dict[str, Any]:
    claims: dict[str, Any] = id_token.verify_oauth2_token(token, certs, audience)  # type: ignore[no-untyped-call]  # google-auth's gap
    return claims


@dataclass
class Certs:
    """google-auth's HTTP transport, answering every request with what was fetched before."""

    data: bytes
    status: int = 200

    def __call__(self, _url: str, **_options: Any) -> "Certs":
        return self
