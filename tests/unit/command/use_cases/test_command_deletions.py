"""A question that its author deletes is stopped, whatever Slack leaves of it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from command_service.payloads.changes import leaves_a_tombstone, read_deletion
from command_service.payloads.model import NotAQuestion, Question, RejectReason
from command_service.use_cases.changes import stop_deleted
from command_service.use_cases.follow_ups import NEVER, FollowUpDeps
from command_service.use_cases.policy import Policy
from command_service.use_cases.submit import Accepted, HandedBack
from shared.task import Cancel, Kind, task_id_of_message
from tests.support.fakes.command.history import FakeHistory
from tests.support.fakes.command.payloads import IDENTITY
from tests.support.fakes.command.world import World
from tests.support.signed import LEDGER

TS = "1700000000.000100"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    yield world
    await world.settle()


def a_deletion(text: str = "<@UBOT> hello", *, buried: bool = False, **changes: Any) -> Any:
    """As Slack sends it: of a message with replies, a changed one that is a tombstone."""
    before = {"type": "message", "user": "U1", "text": text, "ts": TS, **changes}
    tombstone = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "ts": TS}
    event = {
        "type": "message",
        "subtype": "message_changed" if buried else "message_deleted",
        "channel": "C1",
        "channel_type": "channel",
        "previous_message": before,
        "event_ts": "1700000030.000000",
        **({"message": tombstone} if buried else {"deleted_ts": TS}),
    }
    return {"team_id": "T1", "event_id": "Ev1", "event": event}


def following(world: World) -> FollowUpDeps:
    return FollowUpDeps(world.submit_deps, FakeHistory(), LEDGER)


@pytest.mark.parametrize("buried", [True, False], ids=["with replies", "alone"])
async def test_a_deleted_question_is_a_stop_of_its_task(world: World, buried: bool) -> None:
    body = a_deletion(buried=buried)
    assert leaves_a_tombstone(body) is buried
    assert isinstance(await stop_deleted(read_deletion(body, IDENTITY), following(world)), Accepted)
    [(task, _)] = world.queue.published
    assert task.kind is Kind.CANCEL
    assert task.cancel == Cancel(task_id=task_id_of_message("T1", "C1", TS))
    assert world.replies.told == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"user": "UBOT"}, RejectReason.OWN_MESSAGE),
        ({"bot_id": "B9"}, RejectReason.BOT_MESSAGE),
        ({"text": "hello all"}, RejectReason.NOT_FOLLOWED),
        ({"ts": "1699990000.000100"}, RejectReason.MESSAGE_CHANGED),
        ({"subtype": "tombstone"}, RejectReason.MESSAGE_CHANGED),
        ({"ts": "soon"}, RejectReason.ILL_FORMED),
    ],
    ids=["ours", "another app's", "no question", "an old one", "what was left of one", "garbage"],
)
def test_what_cannot_be_a_question_that_is_answered_stops_nothing(
    changes: dict[str, Any], reason: RejectReason
) -> None:
    text = changes.pop("text", "<@UBOT> hello")
    assert read_deletion(a_deletion(text, **changes), IDENTITY) == NotAQuestion(reason)


async def test_a_deleted_remark_counts_only_in_a_thread_of_ours(world: World) -> None:
    deleted = read_deletion(a_deletion("and why is it so", thread_ts="1699999990.1"), IDENTITY)
    assert isinstance(deleted, Question)
    deps = following(world)
    deps.threads.note(("C1", "1699999990.1"), NEVER)
    await stop_deleted(deleted, deps)
    assert world.queue.published == []
    deps.threads.note(("C1", "1699999990.1"), 1_699_999_991.0)
    await stop_deleted(deleted, deps)
    assert len(world.queue.published) == 1


async def test_who_may_not_ask_deletes_in_silence(world: World) -> None:
    world.policy = Policy(user_ids=frozenset({"U9"}))
    await stop_deleted(read_deletion(a_deletion(), IDENTITY), following(world))
    await world.settle()
    assert world.queue.published == []
    assert world.replies.told == []


async def test_a_stop_that_cannot_be_queued_is_left_to_slacks_redelivery(world: World) -> None:
    world.queue.down = True
    assert isinstance(
        await stop_deleted(read_deletion(a_deletion(), IDENTITY), following(world)), HandedBack
    )
