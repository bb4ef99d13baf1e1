"""Notes to one user while Slack fails: tried again if it had no effect, and never shown twice."""

from collections.abc import AsyncIterator
from math import inf

import pytest

from command_service.payloads.model import EphemeralTarget
from command_service.slack.access import SlackAccess
from command_service.slack.notes import HELPS_FOR_S, SlackNotes
from shared.errors import OutcomeUnknown, SlackRefused, SlackUnavailable
from shared.retry import RetryPolicy
from shared.slack.client import slack_client
from simulators.faults import Fault
from tests.support import signed
from tests.support.workbenches.command import Stack

LIMITED = Fault("error", status=429, detail={"retry_after": 20})


class Waiting:
    """Time that passes only by waiting for it."""

    def __init__(self) -> None:
        self.now = 0.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    def patience(self) -> RetryPolicy:
        return RetryPolicy(attempts=inf, sleep=self.sleep, clock=lambda: self.now)


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


@pytest.fixture
async def notes(world: Stack, waiting: Waiting) -> AsyncIterator[SlackNotes]:
    async with slack_client("xoxb-local", world.api_url) as client:
        access = SlackAccess(client, lambda _: None)
        yield SlackNotes(access, signed.ledger_of(world), waiting.patience())


def alice(world: Stack) -> EphemeralTarget:
    slack = world.slack.people
    return EphemeralTarget(slack.channel("#general").id, slack.user("alice").id)


def shown(world: Stack) -> list[str]:
    return [str(note["text"]) for note in world.slack.ephemerals("alice")]


async def test_a_note_that_slack_limits_is_shown_as_soon_as_slack_allows(
    world: Stack, notes: SlackNotes, waiting: Waiting
) -> None:
    world.faults.add("slack", "chat.postEphemeral", LIMITED, times=2)
    assert await notes.show(alice(world), "changed?", ()) is None
    assert shown(world) == ["changed?"]
    assert 40.0 <= waiting.now <= HELPS_FOR_S


async def test_a_note_is_given_up_when_it_would_come_too_late_to_help(
    world: Stack, notes: SlackNotes, waiting: Waiting
) -> None:
    world.faults.add("slack", "chat.postEphemeral", LIMITED, times=-1)
    assert isinstance(await notes.show(alice(world), "changed?", ()), SlackUnavailable)
    assert shown(world) == []
    assert waiting.now <= HELPS_FOR_S


async def test_while_slack_is_out_of_reach_a_note_is_tried_again(waiting: Waiting) -> None:
    async with slack_client("xoxb-local", "http://127.0.0.1:9/api/") as client:
        access = SlackAccess(client, lambda _: None)
        notes = SlackNotes(access, signed.LEDGER, waiting.patience())
        failure = await notes.show(EphemeralTarget("C1", "U1"), "changed?", ())
    assert isinstance(failure, SlackUnavailable)
    assert waiting.now > HELPS_FOR_S / 3


@pytest.mark.parametrize(
    ("fault", "number"),
    [
        (Fault("drop_after"), 1),
        (Fault("drop_before"), 0),
        (Fault("error", status=500), 0),
        (Fault("error", status=200, error="internal_error"), 0),
    ],
)
async def test_a_note_that_slack_may_have_shown_is_not_sent_again(
    world: Stack, notes: SlackNotes, fault: Fault, number: int
) -> None:
    rule = world.faults.add("slack", "chat.postEphemeral", fault, times=5)
    assert isinstance(await notes.show(alice(world), "changed?", ()), OutcomeUnknown)
    assert rule.hits == 1
    assert len(shown(world)) == number


async def test_a_note_that_slack_refuses_is_sent_once(world: Stack, notes: SlackNotes) -> None:
    refused = Fault("error", status=200, error="user_not_in_channel")
    rule = world.faults.add("slack", "chat.postEphemeral", refused, times=5)
    assert isinstance(await notes.show(alice(world), "changed?", ()), SlackRefused)
    assert rule.hits == 1


def url_of_a_click(world: Stack) -> str:
    """The response URL of a click on a note that stands there."""
    slack, where = world.slack, alice(world)
    [note] = slack.workspace.ephemerals.values()
    return slack.response_urls.grant("actions", where.user_id, where.channel_id, note).url


@pytest.mark.parametrize(
    "fault",
    [
        Fault("drop_before"),
        Fault("drop_after"),
        Fault("error", status=500, error="fatal_error"),
        Fault("error", status=429, error="ratelimited"),
    ],
)
async def test_a_note_goes_though_slack_fails_to_remove_it_at_first(
    world: Stack, notes: SlackNotes, fault: Fault
) -> None:
    await notes.show(alice(world), "changed?", ())
    world.faults.add("slack", "response_url", fault, times=2)
    assert await notes.remove(url_of_a_click(world)) is None
    assert shown(world) == []


@pytest.mark.parametrize(
    ("fault", "hits", "texts"),
    [
        (Fault("error", status=429, error="ratelimited"), 2, ["told"]),
        (Fault("drop_after"), 1, ["told"]),
        (Fault("error", status=500, error="fatal_error"), 1, []),
        (Fault("error", status=404, error="used_url"), 1, []),
    ],
)
async def test_what_is_told_where_a_command_came_from_is_told_once(
    world: Stack, notes: SlackNotes, fault: Fault, hits: int, texts: list[str]
) -> None:
    where = alice(world)
    url = world.slack.response_urls.grant("commands", where.user_id, where.channel_id).url
    rule = world.faults.add("slack", "response_url", fault, times=2)
    await notes.respond(url, "told")
    assert rule.hits == hits
    assert shown(world) == texts
