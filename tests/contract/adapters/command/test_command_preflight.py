"""What is asked of Slack before the service starts, and how it is told when that fails."""

import asyncio
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from command_service.app import running
from command_service.errors import PreflightFailed
from command_service.scopes import NEEDED_SCOPES
from command_service.slack.startup_check import Preflight, preflight
from shared.service_main import bound
from shared.slack.client import slack_client
from simulators.faults import Fault
from simulators.slack import SlackConfig
from tests.support.workbenches.command import SLACK, Stack, get_json, stack


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


class Sleeps:
    """Remembers how long somebody wanted to sleep."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)


async def checked(
    world: Stack,
    *,
    bot: str = "xoxb-local",
    app: str | None = "xapp-local",
    sleep: Sleeps | None = None,
) -> Preflight:
    async def tell() -> None:
        raise AssertionError("Slack can be reached")

    async with slack_client(bot, world.api_url) as client:
        return await preflight(client, app, tell, sleep=sleep or Sleeps())


async def failure(world: Stack, bot: str = "xoxb-local", app: str | None = "xapp-local") -> str:
    with pytest.raises(PreflightFailed) as caught:
        await checked(world, bot=bot, app=app)
    return str(caught.value)


async def test_good_tokens_tell_who_we_are_and_where_the_socket_is(world: Stack) -> None:
    found = await checked(world)

    workspace = world.slack.workspace
    assert found.identity.team_id == workspace.team_id
    assert found.identity.bot_user_id == workspace.bot.id
    assert found.identity.bot_id == workspace.bot_id
    assert (found.socket_url or "").startswith("ws://127.0.0.1:")


async def test_http_mode_asks_for_no_socket(world: Stack) -> None:
    assert (await checked(world, app=None)).socket_url is None
    assert world.calls("apps.connections.open") == []


async def test_an_unknown_bot_token_is_named_at_once_and_not_shown(world: Stack) -> None:
    text = await failure(world, bot="xoxb-unknown")

    assert "SLACK_BOT_TOKEN" in text
    assert "invalid_auth" in text
    assert "unknown to Slack" in text
    assert "xoxb-unknown" not in text
    assert len(world.calls("auth.test")) == 1


async def test_an_unknown_app_token_is_named(world: Stack) -> None:
    text = await failure(world, app="xapp-unknown")

    assert "SLACK_APP_TOKEN" in text
    assert "apps.connections.open (invalid_auth)" in text


async def test_tokens_put_in_each_others_place_are_recognised(world: Stack) -> None:
    assert "It is the wrong kind of token" in await failure(world, app="xoxb-local")


async def test_missing_scopes_are_all_named() -> None:
    granted = SlackConfig().scopes - {"users:read", "commands"}
    async with stack(replace(SLACK, scopes=granted)) as world:
        text = await failure(world)

    assert "commands, users:read" in text
    assert "deploy/slack-manifest.yaml" in text


async def test_the_needed_scopes_alone_are_enough() -> None:
    async with stack(replace(SLACK, scopes=NEEDED_SCOPES)) as world:
        assert (await checked(world)).socket_url is not None


async def test_tokens_of_two_apps_are_recognised(world: Stack) -> None:
    world.slack.sockets.app_id = "A0ANOTHER"

    text = await failure(world)

    assert "A0ANOTHER" in text
    assert world.slack.workspace.app_id in text


async def test_not_knowing_the_bots_app_is_no_reason_to_fail(world: Stack) -> None:
    world.faults.add("slack", "bots.info", Fault("error", status=500))

    assert (await checked(world)).socket_url is not None


async def test_passing_failures_are_tried_again_with_growing_pauses(world: Stack) -> None:
    world.faults.add("slack", "auth.test", Fault("error", status=503), 2)
    world.faults.add("slack", "auth.test", Fault("drop_before"))
    sleep = Sleeps()

    assert (await checked(world, sleep=sleep)).socket_url is not None
    assert sleep.asked == [0.5, 1.0, 2.0]


async def test_slacks_own_pause_is_kept(world: Stack) -> None:
    limited = Fault("error", status=429, detail={"retry_after": 7})
    world.faults.add("slack", "apps.connections.open", limited)
    sleep = Sleeps()

    await checked(world, sleep=sleep)
    assert sleep.asked == [7.0]


async def test_a_slack_that_cannot_be_reached_is_waited_for(
    world: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    rule = world.faults.add("slack", "auth.test", Fault("error", status=503), -1)
    told: list[str] = []

    async def tell() -> None:
        told.append("the port opens")
        world.faults.remove(rule.id)

    async with slack_client("xoxb-local", world.api_url) as client, asyncio.timeout(20):
        found = await preflight(client, "xapp-local", tell, unreachable_after_s=0.2)
    assert told == ["the port opens"]
    assert found.socket_url is not None
    assert "Slack cannot be reached yet." in capsys.readouterr().out


async def test_while_slack_is_away_at_the_start_the_service_listens_and_comes_up_with_slack(
    world: Stack,
) -> None:
    rule = world.faults.add("slack", "auth.test", Fault("error", status=503), -1)
    stop = asyncio.Event()
    listener = bound("127.0.0.1", 0)
    number = listener.getsockname()[1]

    async def serve() -> None:
        async with running(world.settings(), listener, unreachable_after_s=0.2):
            await stop.wait()

    serving = asyncio.create_task(serve())
    async with asyncio.timeout(20):
        while not (told := await told_by(number)):  # noqa: ASYNC110 - the port opens, and tells nobody
            await asyncio.sleep(0.05)
        assert told[0] == 503
        assert told[1]["dependencies"]["slack"]["reason"] == "not_reached_yet"
        assert (await get_json(number, "/healthz"))[0] == 200
        world.faults.remove(rule.id)
        while (await get_json(number, "/readyz"))[0] != 200:  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0.05)
    stop.set()
    await serving


async def told_by(port: int) -> tuple[int, Any] | None:
    try:
        return await get_json(port, "/readyz")
    except aiohttp.ClientError:
        return None
