"""A question whose user was told that it is kept is published once Pub/Sub takes it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from command_service.backfill.kept_questions import KEPT_FOR_S, MOST_KEPT_QUESTIONS, KeptQuestions
from command_service.use_cases.changes import stop_deleted
from command_service.use_cases.follow_ups import FollowUpDeps
from command_service.use_cases.submit import HandedBack, submit
from shared.background import alongside
from shared.task import Kind, Source
from tests.support import signed
from tests.support.fakes.command.history import FakeHistory
from tests.support.fakes.command.payloads import a_question
from tests.support.fakes.command.world import World
from tests.support.tasks import a_task


class Kept:
    """The kept questions of one service; its sleeps take no time, but are counted."""

    def __init__(self) -> None:
        self.world = World()
        self.slept = 0
        self.now = 0.0
        self.questions = KeptQuestions(self.world.queue, self._sleep, lambda: self.now)

    async def _sleep(self, seconds: float) -> None:
        self.slept += 1
        await asyncio.sleep(0)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(60.0):
            while not condition():  # noqa: ASYNC110 - the questions' own task makes it true
                await asyncio.sleep(0)

    @property
    def texts(self) -> list[str]:
        return [task.text for task, _ in self.world.queue.published]


@pytest.fixture
async def kept() -> AsyncIterator[Kept]:
    kept = Kept()
    async with alongside(kept.questions.publish(), "kept"):
        yield kept


async def test_it_is_published_once_pubsub_is_back_though_nobody_asks_again(kept: Kept) -> None:
    kept.world.queue.down = True
    for number in (1, 2):
        kept.questions.keep(a_task(task_id=f"{number:032x}", text=f"question {number}"))
    await kept.until(lambda: kept.slept > 5)
    assert kept.texts == []

    kept.world.queue.down = False
    await kept.until(lambda: not kept.questions)

    assert sorted(kept.texts) == ["question 1", "question 2"]


async def test_one_that_pubsub_never_takes_holds_up_no_other(kept: Kept) -> None:
    poison = a_task(task_id="1" * 32, text="too large")
    kept.world.queue.refused = {poison.task_id}
    for task in (poison, a_task(task_id="2" * 32, text="plain")):
        kept.questions.keep(task)

    await kept.until(lambda: kept.texts == ["plain"])

    with capture_logs() as logs:
        kept.now = KEPT_FOR_S + 1
        await kept.until(lambda: not kept.questions)
    assert [line["action"] for line in logs] == ["kept_lost"]


async def test_there_is_a_bound_and_operators_are_told_beyond_it(kept: Kept) -> None:
    kept.world.queue.down = True
    task = a_task()
    for number in range(MOST_KEPT_QUESTIONS):
        kept.questions.keep(task.model_copy(update={"task_id": f"{number:032x}"}))

    with capture_logs() as logs:
        kept.questions.keep(task.model_copy(update={"task_id": "f" * 32}))

    assert [line["action"] for line in logs] == ["kept_lost"]
    assert len(kept.questions) == MOST_KEPT_QUESTIONS


@pytest.mark.parametrize(
    ("changes", "is_kept"),
    [
        ({}, True),
        ({"source": Source.DM}, True),
        # Its first delivery was kept and told.
        ({"redelivered": True}, False),
        # Perhaps meant for others.
        ({"follow_up": True}, False),
        # Its user reads that it failed, and asks again.
        ({"source": Source.SLASH_COMMAND, "message_ts": None, "thread_ts": None}, False),
    ],
)
async def test_exactly_what_its_user_is_told_of_is_kept(
    changes: dict[str, object], is_kept: bool
) -> None:
    world = World()
    world.queue.down = True
    question = replace(a_question(), **changes)  # type: ignore[arg-type] # each value fits its field

    outcome = await submit(question, world.submit_deps)
    await world.settle()

    assert isinstance(outcome, HandedBack)
    assert (question.task_id in world.kept.tasks) is is_kept
    assert len(world.replies.told) == is_kept


async def test_a_question_that_its_author_deletes_meanwhile_is_not_asked_any_more() -> None:
    world = World()
    world.queue.down = True
    question = a_question()
    await submit(question, world.submit_deps)
    world.queue.down = False

    await stop_deleted(question, FollowUpDeps(world.submit_deps, FakeHistory(), signed.LEDGER))

    assert world.kept.tasks == {}
    assert [task.kind for task, _ in world.queue.published] == [Kind.CANCEL]
    await world.settle()
