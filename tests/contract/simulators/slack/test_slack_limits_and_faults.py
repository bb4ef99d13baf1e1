"""Rate limits and scripted faults of the Web API, as slack_sdk meets them."""

import asyncio
from dataclasses import replace

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient

from simulators.faults import Fault, FaultPlan
from simulators.journal import Journal
from simulators.slack import PortInUse, SlackSimulator
from tests.support.workbenches.slack import FAST, Clock, error_of, workbench

GROUPS = FAST.scopes | {"usergroups:read"}


async def test_a_channel_takes_a_burst_then_one_message_a_second() -> None:
    clock = Clock()
    async with workbench(replace(FAST, clock=clock)) as bench:
        for _ in range(5):
            await bench.client.chat_postMessage(channel=bench.general, text="x")
        with pytest.raises(SlackApiError) as caught:
            await bench.client.chat_postMessage(channel=bench.general, text="x")
        assert caught.value.response.status_code == 429
        assert caught.value.response.headers["Retry-After"] == "1"
        assert caught.value.response.data["error"] == "ratelimited"
        random = bench.slack.people.channel("#random").id
        await bench.client.chat_postMessage(channel=random, text="elsewhere")
        clock.now += 1
        await bench.client.chat_postMessage(channel=bench.general, text="x")
        assert bench.slack.api.limits.refused["chat.postMessage"] == 1


async def test_a_tiers_limit_blocks_its_method_only_and_until_a_minute_has_passed() -> None:
    clock = Clock()
    async with workbench(replace(FAST, clock=clock, scopes=GROUPS)) as bench:
        for _ in range(20):
            await bench.client.usergroups_list()
            clock.now += 1
        with pytest.raises(SlackApiError) as caught:
            await bench.client.usergroups_list()
        assert caught.value.response.headers["Retry-After"] == "40"
        await bench.client.users_info(user="U0HANA00000")
        clock.now += 40
        await bench.client.usergroups_list()


async def test_the_sdks_rate_limit_handler_waits_and_succeeds() -> None:
    async with workbench(replace(FAST, post_burst=1)) as bench:
        client = AsyncWebClient(
            token="xoxb-local",
            base_url=bench.running.api_url,
            session=bench.http,
            retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=2)],
        )
        bench.faults.add("slack", "chat.postMessage", Fault("error", status=429))
        await client.chat_postMessage(channel=bench.general, text="x")
        assert [m["text"] for m in bench.slack.messages("#general")] == ["x"]


async def test_limits_can_be_switched_off() -> None:
    async with workbench(replace(FAST, rate_limits=False, scopes=GROUPS)) as bench:
        for _ in range(25):
            await bench.client.usergroups_list()


async def test_a_dropped_answer_leaves_its_effect() -> None:
    async with workbench() as bench:
        bench.faults.add("slack", "chat.postMessage", Fault("drop_after"))
        with pytest.raises(aiohttp.ClientConnectionError):
            await bench.client.chat_postMessage(channel=bench.general, text="x")
        assert [m["text"] for m in bench.slack.messages("#general")] == ["x"]


async def test_an_answer_that_tells_of_an_error_may_leave_an_effect() -> None:
    """docs.slack.dev, internal_error: some aspect of the operation may have succeeded."""
    async with workbench() as bench:
        fault = Fault("drop_after", error="internal_error")
        bench.faults.add("slack", "chat.postMessage", fault)
        posting = bench.client.chat_postMessage(channel=bench.general, text="x")
        assert await error_of(posting) == "internal_error"
        assert [m["text"] for m in bench.slack.messages("#general")] == ["x"]


async def test_the_sdks_own_retry_posts_a_dropped_answer_twice() -> None:
    async with workbench() as bench:
        client = AsyncWebClient(
            token="xoxb-local",
            base_url=bench.running.api_url,
            session=bench.http,
            retry_handlers=[AsyncConnectionErrorRetryHandler()],
        )
        bench.faults.add("slack", "chat.postMessage", Fault("drop_after"))
        await client.chat_postMessage(channel=bench.general, text="x")
        assert [m["text"] for m in bench.slack.messages("#general")] == ["x", "x"]


async def test_a_call_dropped_before_has_no_effect() -> None:
    async with workbench() as bench:
        bench.faults.add("slack", "chat.*", Fault("drop_before"))
        with pytest.raises(aiohttp.ClientConnectionError):
            await bench.client.chat_postMessage(channel=bench.general, text="x")
        assert bench.slack.messages("#general") == []


async def test_a_scripted_error_has_no_effect_and_is_over_after_its_times() -> None:
    async with workbench() as bench:
        fault = Fault("error", status=200, error="fatal_error")
        bench.faults.add("slack", "chat.postMessage", fault)
        posting = bench.client.chat_postMessage(channel=bench.general, text="x")
        assert await error_of(posting) == "fatal_error"
        await bench.client.chat_postMessage(channel=bench.general, text="y")
        assert [m["text"] for m in bench.slack.messages("#general")] == ["y"]


async def test_slack_being_down_answers_with_a_page() -> None:
    async with workbench() as bench:
        bench.faults.add("slack", "auth.test", Fault("error", status=503))
        with pytest.raises(SlackApiError) as caught:
            await bench.client.auth_test()
        assert caught.value.response.status_code == 503


async def test_a_hanging_call_ends_by_the_callers_timeout_and_does_not_hold_up_the_end() -> None:
    async with workbench() as bench:
        bench.faults.add("slack", "auth.test", Fault("hang"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await bench.client.auth_test()


async def test_faults_are_in_the_journal() -> None:
    async with workbench() as bench:
        bench.faults.add("slack", "auth.test", Fault("error", status=500))
        with pytest.raises(SlackApiError):
            await bench.client.auth_test()
        [call] = bench.journal.entries(step="api")
        assert (call.detail["ok"], call.detail["fault"]) == (False, "error")


async def test_a_taken_port_is_explained_in_one_line() -> None:
    async with workbench() as bench:
        port = int(bench.running.base_url.rsplit(":", 1)[1])
        other = SlackSimulator(journal=Journal(), faults=FaultPlan())
        with pytest.raises(PortInUse, match=f"port {port} on 127.0.0.1 is already in use"):
            await _serve_shortly(other, port)


async def _serve_shortly(slack: SlackSimulator, port: int) -> None:
    async with slack.serve(port=port):
        pass
