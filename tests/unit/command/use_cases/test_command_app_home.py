"""Opening the app itself: prompts are suggested, and Home is filled in two steps."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from command_service.use_cases.app_home import (
    Opened,
    OpenHomeDeps,
    open_home,
    read_opening,
)
from command_service.use_cases.policy import Policy
from command_service.use_cases.throttle import Pace
from shared.errors import SlackDenied
from shared.task import Kind
from shared.telemetry.metrics import EVENTS
from tests.support.counted import Counted
from tests.support.fakes.command import FakeHomes, World


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Lobby(World):
    """The entrance with fakes all around it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.homes = FakeHomes()
        self.clock = Clock()
        self.pace = Pace(30.0, clock=self.clock)

    def receive(self, opened: Opened) -> None:
        open_home(opened, OpenHomeDeps(self.submit_deps, self.homes, self.pace, "rev-7"))


@pytest.fixture
async def lobby() -> AsyncIterator[Lobby]:
    lobby = Lobby()
    yield lobby
    await lobby.settle()


def opened(**event: Any) -> Opened | None:
    by = {"user": "U1", "channel": "D1", "event_ts": "1700000000.1"}
    told = {"type": "app_home_opened", "tab": "home", **by, **event}
    return read_opening({"team_id": "T1", "event": told})


HOME = Opened("T1", "U1", "D1", "home", "1700000000.1")
MESSAGES = replace(HOME, tab="messages")


def test_an_opening_is_read_with_what_stands_there() -> None:
    assert opened() == HOME
    assert opened(tab="messages") == MESSAGES
    assert opened(view={"id": "V1"}) == replace(HOME, published=True)
    assert opened(tab="about") is None


async def test_home_shows_at_once_what_is_known_and_the_processor_is_asked_for_the_rest(
    lobby: Lobby,
) -> None:
    lobby.locales.locale = "en"
    lobby.receive(HOME)
    await lobby.settle()

    [(user_id, view)] = lobby.homes.published
    assert user_id == "U1"
    assert "Looking up your usage" in str(view)
    assert "(rev-7)" in str(view)
    [(task, attributes)] = lobby.queue.published
    assert (task.kind, task.user_id, task.locale) == (Kind.HOME, "U1", "en")
    assert attributes["kind"] == "home"


async def test_a_home_that_shows_something_keeps_it_until_the_new_usage_comes(
    lobby: Lobby,
) -> None:
    lobby.receive(replace(HOME, published=True))
    await lobby.settle()

    assert lobby.homes.published == []
    assert len(lobby.queue.published) == 1


async def test_messages_get_suggestions_and_no_task(lobby: Lobby) -> None:
    lobby.receive(MESSAGES)
    await lobby.settle()

    assert lobby.homes.suggested == [("D1", "ja")]
    assert lobby.queue.published == []


async def test_a_person_is_received_every_30_seconds_at_most(lobby: Lobby) -> None:
    for seconds in (0, 1, 28, 1.5):
        lobby.clock.now += seconds
        lobby.receive(HOME)
    lobby.receive(replace(HOME, user_id="U2"))
    await lobby.settle()

    users = [task.user_id for task, _ in lobby.queue.published]
    assert sorted(users) == ["U1", "U1", "U2"]


async def test_without_a_queue_home_says_what_is_known(lobby: Lobby) -> None:
    lobby.queue.down = True
    lobby.receive(HOME)
    await lobby.settle()

    assert len(lobby.homes.published) == 1


async def test_while_slack_denies_us_nothing_is_tried(lobby: Lobby) -> None:
    lobby.access.denied = SlackDenied("denied", slack_error="token_revoked")
    lobby.receive(HOME)
    await lobby.settle()

    assert lobby.homes.published == []
    assert lobby.queue.published == []


@pytest.mark.parametrize("tab", [HOME, MESSAGES])
async def test_each_opening_is_counted_once(
    lobby: Lobby, tab: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(EVENTS, monkeypatch)
    lobby.receive(tab)
    lobby.receive(tab)
    await lobby.settle()

    assert sorted(became(counted)) == [("accepted", "none"), ("ignored", "too_soon")]


async def test_a_home_that_the_queue_did_not_take_is_counted_as_such(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(EVENTS, monkeypatch)
    lobby.queue.down = True
    lobby.receive(HOME)
    await lobby.settle()

    assert became(counted) == [("handed_back", "queue_unavailable")]


async def test_an_opening_while_slack_denies_us_is_counted_as_such(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(EVENTS, monkeypatch)
    lobby.access.denied = SlackDenied("denied", slack_error="token_revoked")
    lobby.receive(MESSAGES)

    assert became(counted) == [("handed_back", "slack_denied")]


def became(counted: Counted) -> list[tuple[str, str]]:
    """Outcome and reason of each opening that was counted."""
    found = []
    for number, labels in counted.series():
        assert (number, labels["source"], labels["kind"]) == (1, "app_home", "home")
        found.append((labels["outcome"], labels["reason"]))
    return found


def test_a_pace_forgets_who_came_first_when_there_are_too_many() -> None:
    pace = Pace(30.0, capacity=2)
    assert all(pace.take(key) for key in ("a", "b", "c"))

    assert pace.take("a")
    assert not pace.take("c")


@pytest.mark.parametrize(
    "policy",
    [
        Policy(user_ids=frozenset({"U9"})),
        Policy(team_ids=frozenset({"T9"})),
        Policy(rollout_percent=0),
    ],
)
async def test_who_may_not_ask_finds_that_on_home_and_no_usage_or_prompts(policy: Policy) -> None:
    lobby = Lobby(policy=policy)
    lobby.receive(HOME)
    lobby.receive(MESSAGES)
    await lobby.settle()
    [(user_id, view)] = lobby.homes.published
    assert (user_id, len(view["blocks"])) == ("U1", 1)
    assert lobby.homes.suggested == []
    assert lobby.queue.published == []
