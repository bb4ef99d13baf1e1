"""Buttons stand below the newest answer of a thread alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from processor_service.ports.conversations import Body, Posted
from processor_service.rendering.button_row import has_row
from processor_service.resilience.run_leased import Outcome
from shared.errors import OutcomeUnknown, SlackRefused
from shared.ledger import Mark
from tests.support.fakes.processor.conversations import FakeConversation
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task

EARLIER = a_task(task_id="e" * 32)
WORDS = {"type": "markdown", "text": "素数です。"}
NOTE = {"type": "context", "elements": [{"type": "mrkdwn", "text": "コードモード"}]}
ROW = (
    {"type": "actions", "elements": []},
    {"type": "context_actions", "elements": []},
)


@dataclass
class OldIsFixed(FakeConversation):
    """Slack does not let us edit the older answer, so many times."""

    refusals: list[Exception] = field(default_factory=list)

    async def update(self, posted: Posted, body: Body, mark: Mark) -> Posted:
        if posted.mark.task_id == EARLIER.task_id and self.refusals:
            raise self.refusals.pop(0)
        return await super().update(posted, body, mark)


def with_an_older_answer(ts: str = "150.000001", refusals: Sequence[Exception] = ()) -> World:
    world = World()
    world.conversations.conversation = OldIsFixed(refusals=list(refusals))
    body = Body("素数です。", (WORDS, NOTE, *ROW))
    older = Posted(ts, Mark(EARLIER.task_id, "answer", digest="d"), shown=body)
    world.conversation.messages.append((older, body))
    world.conversation.pressable = (older,)
    return world


def rows(world: World) -> list[bool]:
    return [has_row(body.blocks) for _, body in world.conversation.messages]


async def test_an_older_answer_keeps_its_words_notes_and_mark_but_nothing_to_press() -> None:
    world = with_an_older_answer()
    assert await world.answer() is Outcome.ANSWERED
    assert rows(world) == [False, True]
    (older, body), _ = world.conversation.messages
    assert body == Body("素数です。", (WORDS, NOTE))
    assert older.mark == Mark(EARLIER.task_id, "answer", digest="d")


async def test_the_new_answer_stands_before_an_older_one_is_touched() -> None:
    world = with_an_older_answer()
    world.conversation.before_post = lambda: seen.append(list(world.conversation.edited))
    seen: list[list[str]] = []
    await world.answer()
    assert seen == [[]]
    assert world.conversation.edited[-1] == "150.000001"
    assert world.conversation.edited.count("150.000001") == 1


@pytest.mark.parametrize(
    "error",
    [
        SlackRefused("no", slack_error="edit_window_closed"),
        SlackRefused("no", slack_error="message_not_found"),
        OutcomeUnknown("Slack did not answer."),
    ],
)
async def test_an_older_answer_that_cannot_be_edited_costs_the_new_one_nothing(
    error: Exception,
) -> None:
    world = with_an_older_answer(refusals=[error] * 10)
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.texts()[-1] == "素数は1と自身でのみ割れます。"
    assert rows(world)[0]


async def test_a_redelivery_does_what_a_dead_worker_left_undone_and_only_that() -> None:
    world = with_an_older_answer(refusals=[SlackRefused("no", slack_error="fatal")])
    await world.answer()
    assert rows(world) == [True, True]
    world.leases.done.clear()
    assert await world.answer(message_id="m2") is Outcome.ALREADY_DONE
    assert rows(world) == [False, True]
    assert world.conversation.posts == 1


async def test_an_answer_that_is_newer_than_ours_keeps_its_buttons() -> None:
    world = with_an_older_answer(ts="900.000001")
    await world.answer()
    assert rows(world)[0]


async def test_without_budget_for_edits_nothing_is_edited() -> None:
    world = with_an_older_answer()
    world.budget.left = 0
    assert await world.answer() is Outcome.ANSWERED
    assert rows(world) == [True, True]
