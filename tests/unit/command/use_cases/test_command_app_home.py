"""Opening the app itself: prompts are suggested, and Home is filled in two steps."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from command_service.envelope.ack_deadline import ack_deadline
from command_service.payloads.home import Opened, read_opening
from command_service.payloads.model import NotAQuestion, RejectReason
from command_service.use_cases.app_home import OpenHomeDeps, open_home, take_choice
from command_service.use_cases.policy import Policy
from command_service.use_cases.throttle import Cooldown
from shared.errors import SlackDenied
from shared.home.view import home_view, signed_home
from shared.task import Kind, Mode, Preferences
from shared.telemetry.metrics import EVENTS
from tests.support.counted import Counted
from tests.support.fakes.command.shown import FakeHomes
from tests.support.fakes.command.world import World
from tests.support.signed import SIGNING
from tests.support.tasks import NOON


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
        self.cooldown = Cooldown(30.0, clock=self.clock)

    def receive(self, opened: Opened) -> None:
        open_home(opened, self.deps)

    @property
    def deps(self) -> OpenHomeDeps:
        return OpenHomeDeps(self.submit_deps, self.homes, self.cooldown, "rev-7")


@pytest.fixture
async def lobby() -> AsyncIterator[Lobby]:
    lobby = Lobby()
    yield lobby
    await lobby.settle()


def opened(**event: Any) -> Opened | NotAQuestion:
    by = {"user": "U1", "channel": "D1", "event_ts": "1700000000.1"}
    told = {"type": "app_home_opened", "tab": "home", **by, **event}
    return read_opening({"team_id": "T1", "event": told}, SIGNING)


HOME = Opened("T1", "U1", "D1", "home", "1700000000.1")
MESSAGES = replace(HOME, tab="messages")


def test_an_opening_is_read_with_what_stands_there() -> None:
    assert opened() == HOME
    assert opened(tab="messages") == MESSAGES
    assert opened(view={"id": "V1"}) == replace(HOME, published=True)
    assert opened(tab="about") == NotAQuestion(RejectReason.NOT_A_QUESTION)


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


async def test_a_home_whose_view_took_longer_than_the_ack_still_gets_its_usage(
    lobby: Lobby,
) -> None:
    with ack_deadline(within_s=0.0):
        lobby.receive(HOME)
        await lobby.settle()

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
    cooldown = Cooldown(30.0, capacity=2)
    assert all(cooldown.take(key) for key in ("a", "b", "c"))

    assert cooldown.take("a")
    assert not cooldown.take("c")


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


CHOSEN = Preferences(language="en", mode=Mode.CODE, chosen_at=NOON)
CHOICE = Opened("T1", "U1", "U1", "home", "1700000020.5", preferences=CHOSEN)


def test_an_opening_tells_the_choices_that_this_users_home_keeps_and_nobody_elses() -> None:
    view = signed_home(home_view("en", None, "comes", CHOSEN), "U1", SIGNING)
    shown = opened(view=view)
    assert isinstance(shown, Opened)
    assert shown.preferences == CHOSEN
    other = opened(view=view, user="U2")
    assert isinstance(other, Opened)
    assert other.preferences is None


async def test_a_choice_is_shown_and_kept_with_the_home_and_the_processor_gets_it(
    lobby: Lobby,
) -> None:
    take_choice(CHOICE, lobby.deps)
    take_choice(replace(CHOICE, user_id="U2"), lobby.deps)
    await lobby.settle()

    (user_id, view), _ = lobby.homes.published
    assert user_id == "U1"
    assert "Three ways to ask" in str(view)
    kept = opened(view=signed_home(view, "U1", SIGNING))
    assert isinstance(kept, Opened)
    assert kept.preferences == CHOSEN
    task = lobby.queue.published[0][0]
    assert (task.kind, task.preferences, task.locale) == (Kind.HOME, CHOSEN, "en")


async def test_without_a_queue_a_choice_is_kept_with_the_home_all_the_same(lobby: Lobby) -> None:
    lobby.queue.down = True
    take_choice(CHOICE, lobby.deps)
    await lobby.settle()

    [(_, view)] = lobby.homes.published
    assert '"language":"en"' in view["private_metadata"]


async def test_what_is_told_next_is_in_the_chosen_language_until_slacks_is_chosen_again(
    lobby: Lobby,
) -> None:
    take_choice(CHOICE, lobby.deps)
    assert lobby.locales.of("U1") == "en"
    assert lobby.locales.of("U2") == "ja"
    as_in_slack = CHOSEN.model_copy(update={"language": None})
    take_choice(replace(CHOICE, event_ts="1700000021.5", preferences=as_in_slack), lobby.deps)
    assert lobby.locales.of("U1") == "ja"
    await lobby.settle()


async def test_an_opened_home_tells_a_restarted_service_what_was_chosen_there(
    lobby: Lobby,
) -> None:
    lobby.receive(replace(HOME, published=True, preferences=CHOSEN))
    assert lobby.locales.of("U1") == "en"
    await lobby.settle()
    assert lobby.queue.published[0][0].preferences == CHOSEN


async def test_who_may_not_ask_chooses_nothing() -> None:
    lobby = Lobby(policy=Policy(user_ids=frozenset({"U9"})))
    take_choice(CHOICE, lobby.deps)
    with capture_logs() as logs:
        take_choice(NotAQuestion(RejectReason.TAMPERED), lobby.deps)
    await lobby.settle()
    assert [line["action"] for line in logs] == ["press_tampered"]
    assert lobby.locales.chosen == {}
    assert lobby.queue.published == []


async def test_while_slack_denies_us_a_choice_fails_visibly(lobby: Lobby) -> None:
    lobby.access.denied = SlackDenied("denied", slack_error="token_revoked")
    with pytest.raises(SlackDenied):
        take_choice(CHOICE, lobby.deps)
    assert lobby.locales.chosen == {}
