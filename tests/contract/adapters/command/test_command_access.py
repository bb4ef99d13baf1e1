"""Slack stops accepting our token: what is told, what is left to redelivery, and how it ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest

from command_service.slack.access import SlackAccess
from command_service.slack.diagnostics import SlackDiagnostics
from shared.background import alongside
from shared.errors import MechachangError, SlackDenied
from shared.slack.client import SLACK_FAILURES, slack_client
from simulators.faults import Fault
from tests.support.workbenches.command import IMPATIENT, Stack, get_json, stack

REVOKED = Fault("error", status=200, error="token_revoked")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def world() -> AsyncIterator[Stack]:
    async with stack(replace(IMPATIENT, redelivery_delays_s=(0.2,) * 40)) as opened:
        yield opened


async def until(condition: Callable[[], Awaitable[bool]], deadline_s: float = 60.0) -> None:
    async with asyncio.timeout(deadline_s):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.02)


async def test_a_revoked_token_makes_the_service_unready_until_slack_accepts_it_again(
    world: Stack,
) -> None:
    async with world.service() as service:
        service.access.every_s = 0.1
        rule = world.faults.add("slack", "*", REVOKED, -1)
        # Its language is asked for, which Slack denies.
        world.slack.people.post("hana", "#general", "@mechachang before")

        async def slack_is(state: str) -> bool:
            _, ready = await get_json(service.port, "/readyz")
            return bool(ready["dependencies"]["slack"]["state"] == state)

        await until(lambda: slack_is("unavailable"))
        assert (await get_json(service.port, "/readyz"))[0] == 503
        assert (await get_json(service.port, "/healthz"))[0] == 200, "no restart can mend it"

        taken = len(world.tasks())
        asked = world.slack.people.post("kenji", "#general", "@mechachang during")
        outcome = await world.slack.people.slash("hana", "#general", "/gemini", "素数とは")
        assert outcome.acked
        assert "管理者にお知らせください" in outcome.payload["text"]
        await world.slack.wait_for(
            lambda: world.journal.entries(
                step="ack_missed", key=f"message:{asked.channel}:{asked.ts}"
            )
        )
        assert len(world.tasks()) == taken

        world.faults.remove(rule.id)
        await until(lambda: slack_is("ok"))
        await world.slack.wait_for(lambda: "during" in {task.text for task in world.tasks()})
    assert world.slack.delivery.undelivered == []


async def failure_of(access: SlackAccess, call: Callable[[], Awaitable[object]]) -> MechachangError:
    try:
        await call()
    except SLACK_FAILURES as error:
        return access.failure(error, "users.info")
    raise AssertionError("Slack did not refuse the call")


@pytest.mark.parametrize(
    "code", ["token_revoked", "invalid_auth", "account_inactive", "not_authed", "token_expired"]
)
async def test_a_denied_call_is_followed_by_a_look_at_once_and_its_end_is_told(
    world: Stack, code: str
) -> None:
    restored: list[float] = []
    async with slack_client("xoxb-local", world.api_url) as client:
        access = SlackAccess(client, restored.append, every_s=3600.0)
        async with alongside(access.watch(), "slack:access"):
            rule = world.faults.add("slack", "*", Fault("error", status=200, error=code), -1)
            failure = await failure_of(access, lambda: client.users_info(user="U1"))
            assert isinstance(failure, SlackDenied)
            await world.slack.wait_for(lambda: access.denied)
            assert access.denied is not None
            assert access.denied.slack_error == code

        world.faults.remove(rule.id)
        access.every_s = 0.05
        async with alongside(access.watch(), "slack:access"):
            await world.slack.wait_for(lambda: access.denied is None)
    assert len(restored) == 1


async def test_a_slack_that_fails_or_refuses_something_else_denies_nothing(world: Stack) -> None:
    async with slack_client("xoxb-local", world.api_url) as client:
        access = SlackAccess(client, lambda _: None, every_s=0.02)
        async with alongside(access.watch(), "slack:access"):
            faults = [
                world.faults.add("slack", "auth.test", fault)
                for fault in (
                    Fault("error", status=503),
                    Fault("drop_before"),
                    Fault("error", status=429),
                )
            ]
            await world.slack.wait_for(lambda: all(rule.times == 0 for rule in faults))
            failure = await failure_of(access, lambda: client.users_info(user="U0"))
            looked = len(world.calls("auth.test"))
            await world.slack.wait_for(lambda: len(world.calls("auth.test")) > looked)
            assert access.denied is None
    assert not isinstance(failure, SlackDenied)


async def test_a_guest_is_known_to_read_public_channels_only_as_their_member(world: Stack) -> None:
    workspace = world.slack.workspace
    hana, guest = (world.slack.people.user(name) for name in ("hana", "kenji"))
    workspace.users[guest.id] = replace(guest, is_guest=True)
    elsewhere = workspace.add_channel("elsewhere", "channel", {workspace.bot.id}).id
    joined = workspace.add_channel("joined", "channel", {workspace.bot.id, guest.id}).id
    async with slack_client(world.slack.config.bot_token, world.api_url) as client:
        told = SlackDiagnostics(SlackAccess(client, lambda _: None), workspace.team_id)
        assert await told.may_read(hana.id, elsewhere)
        assert not await told.may_read(guest.id, elsewhere)
        assert await told.may_read(guest.id, joined)
        assert not await told.may_read("U0NOBODY", elsewhere)
