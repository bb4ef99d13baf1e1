"""What stands below a thread until the first words do."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import pytest

from processor_service.answering.generation import Generation
from processor_service.delivery.status_line import StatusTimes
from processor_service.delivery.thread_status import Statuses
from processor_service.ports.conversations import ThreadHistory
from processor_service.ports.model import Chunk, Prompt
from processor_service.resilience.outage_wait import WaitingCount
from processor_service.resilience.run_leased import Outcome
from processor_service.texts.answers import (
    KEPT,
    KEPT_BUSY,
    LOADING,
    READING,
    RETRYING,
    SEARCHING,
    SLOW,
    STILL_THINKING,
    THINKING,
)
from shared.errors import ModelRefused, ModelUnavailable
from shared.retry import RetryPolicy
from shared.slack.message import MessageRef
from shared.task import Locale, Source, Texts
from tests.support.fakes.processor.conversations import FakeConversation
from tests.support.fakes.processor.model import FakeModel, saying
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task


@dataclass
class Thread(FakeConversation):
    """A thread where a status takes as long to appear as ``gate`` is closed."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    loading: list[Sequence[str]] = field(default_factory=list)

    async def show_status(self, status: str, loading: Sequence[str] = ()) -> bool:
        if status:
            await self.gate.wait()
        self.loading.append(loading)
        return await super().show_status(status, loading)


def _is_last(thread: Thread, status: str) -> bool:
    return thread.statuses[-1:] == [status]


def a_thread() -> Thread:
    thread = Thread()
    thread.gate.set()
    return thread


@pytest.mark.parametrize("locale", ["ja", "en"])
async def test_each_phase_is_shown_in_the_askers_language(locale: Locale) -> None:
    statuses, thread, task = (
        Statuses(times=StatusTimes(quiet_s=0)),
        a_thread(),
        a_task(locale=locale),
    )
    line = statuses.line(thread, task)
    for show, words in (
        (line.reading, READING),
        (line.thinking, THINKING),
        (partial(line.thinking, searching=True), SEARCHING),
        (line.retrying, RETRYING),
        (line.slow, SLOW),
    ):
        show()
        await thread.shows(partial(_is_last, thread, words[locale]))
    assert [tuple(each) for each in thread.loading] == [
        (),
        LOADING[locale],
        LOADING[locale],
        (),
        (),
    ]
    statuses.end(thread, task)
    await statuses.close()
    assert thread.statuses[-1] == ""


async def test_a_slow_answers_status_is_shown_again_before_slack_takes_it_away() -> None:
    statuses, thread = Statuses(times=StatusTimes(refresh_s=0.01, quiet_s=0)), a_thread()
    statuses.line(thread, a_task()).thinking()
    await thread.shows(lambda: len(thread.statuses) >= 4)
    assert thread.statuses[:3] == [THINKING["ja"], STILL_THINKING["ja"], STILL_THINKING["ja"]]
    statuses.over(a_task())
    await statuses.close()


async def test_nothing_is_shown_once_words_are_visible() -> None:
    statuses, thread = Statuses(times=StatusTimes(refresh_s=0.01, quiet_s=0)), a_thread()
    line = statuses.line(thread, a_task())
    line.thinking()
    await thread.shows(lambda: bool(thread.statuses))
    line.over()
    line.retrying()
    await line.ended.wait()
    seen = len(thread.statuses)
    await statuses.close()
    assert len(thread.statuses) == seen


async def test_a_status_on_its_way_is_waited_for_and_then_cleared() -> None:
    statuses, thread, task = Statuses(times=StatusTimes(quiet_s=0)), Thread(), a_task()
    line = statuses.line(thread, task)
    line.thinking()
    await asyncio.sleep(0)
    statuses.end(thread, task)
    for _ in range(10):
        await asyncio.sleep(0)
    thread.gate.set()
    await line.ended.wait()
    await statuses.close()
    assert thread.statuses[:2] == [THINKING["ja"], ""]


async def test_the_first_words_wait_a_moment_for_a_status_that_is_on_its_way() -> None:
    statuses, thread, task = Statuses(times=StatusTimes(quiet_s=0)), Thread(), a_task()
    line = statuses.line(thread, task)
    line.thinking()
    await asyncio.sleep(0)
    words = asyncio.create_task(line.make_way())
    for _ in range(10):
        await asyncio.sleep(0)
    assert not words.done()
    thread.gate.set()
    await words
    assert thread.statuses == [THINKING["ja"]]
    statuses.end(thread, task)
    await statuses.close()


async def test_a_status_that_slack_is_slow_to_take_keeps_nobody_from_the_first_words() -> None:
    statuses, thread, task = Statuses(times=StatusTimes(quiet_s=0)), Thread(), a_task()
    line = statuses.line(thread, task)
    line.thinking()
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await line.make_way()
    assert thread.statuses == []
    thread.gate.set()
    await statuses.close()


class Unread(FakeConversation):
    """A thread that can be read once its status says that we read it."""

    async def read(self, task_id: str) -> ThreadHistory:
        await self.shows(lambda: self.statuses == [READING["ja"]])
        return await super().read(task_id)


@dataclass
class Pondering(FakeModel):
    """A model that answers once the thread's status says that we think."""

    thread: FakeConversation = field(default_factory=FakeConversation)

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Chunk, None]:
        await self.thread.shows(lambda: self.thread.statuses[-1] == THINKING["ja"])
        yield Chunk("ok", finished=True)


async def test_people_see_that_we_read_the_thread_and_think_and_in_the_end_nothing() -> None:
    thread = Unread(MessageRef("C1", "90.000001", "100.000001"))
    world = World(model=Pondering([], thread=thread))
    world.conversations.conversation = thread
    assert await world.answer() is Outcome.ANSWERED
    await world.statuses.close()
    assert thread.statuses[-1] == ""


async def test_a_model_that_fails_makes_people_see_that_it_is_asked_again() -> None:
    world = World(model=FakeModel([[ModelUnavailable("503")], saying("ok")]))

    async def seen() -> None:
        await world.conversation.shows(lambda: RETRYING["ja"] in world.conversation.statuses)

    world.naps.meanwhile = seen
    assert await world.answer() is Outcome.ANSWERED
    assert len(world.naps.seconds) == 1
    await world.statuses.close()
    assert world.conversation.statuses[-1] == ""


@pytest.mark.parametrize(
    ("reason", "words"), [("model_unavailable", KEPT), ("model_rate_limited", KEPT_BUSY)]
)
@pytest.mark.parametrize(("attempt", "minutes"), [(1, 11), (7, 3)])
async def test_while_no_model_answers_people_see_that_their_question_is_kept_and_until_when(
    reason: str, words: Texts, attempt: int, minutes: int
) -> None:
    away = ModelUnavailable("away", reason=reason)
    world = World(
        model=FakeModel([[away], saying("ok")]), statuses=Statuses(0.02, StatusTimes(quiet_s=0))
    )
    world.generation = Generation("main-model", None, RetryPolicy(1, world.naps), hold_s=65.0)
    told = words["ja"].format(minutes=minutes)

    async def seen() -> None:
        await world.conversation.shows(lambda: told in world.conversation.statuses)

    world.naps.meanwhile = seen
    assert await world.answer(attempt=attempt) is Outcome.ANSWERED
    assert len(world.naps.seconds) == 1
    await world.statuses.close()
    assert world.conversation.statuses[-1] == ""


async def test_a_kept_question_is_handed_back_and_stays_told_when_its_process_ends() -> None:
    world = World(model=FakeModel([[ModelUnavailable("away")]] * 30))
    kept = WaitingCount(stopping=world.stopping)
    patience = RetryPolicy(1, _for_ever)
    world.generation = Generation("main-model", None, patience, hold_s=65.0, kept=kept)
    waiting = asyncio.create_task(world.answer())
    async with asyncio.timeout(5):
        while kept.count == 0:  # noqa: ASYNC110 - bounded above
            await asyncio.sleep(0)
        world.stopping.request()
        assert await waiting is Outcome.TRY_LATER
    assert world.conversation.statuses[-1] == KEPT["ja"].format(minutes=11)
    assert world.leases.held == {}
    assert kept.count == 0
    assert len(world.model.asked) == 2


async def _for_ever(_: float) -> None:
    await asyncio.Event().wait()


async def test_the_status_is_in_the_language_slack_knows_of_the_asker() -> None:
    world = World(model=FakeModel([[ModelUnavailable("503")]]), retries=0)
    world.people.locales["U1"] = "en"
    assert await world.answer(a_task(locale="ja")) is Outcome.TRY_LATER
    assert world.conversation.statuses[-1] == KEPT["en"].format(minutes=11)


async def test_a_kept_question_is_not_said_to_be_tried_again_with_each_attempt() -> None:
    statuses, thread, task = Statuses(times=StatusTimes(quiet_s=0)), a_thread(), a_task(locale="en")
    line = statuses.line(thread, task)
    line.kept()
    await thread.shows(lambda: bool(thread.statuses))
    for show in (line.retrying, line.slow, line.kept):
        show()
    line.kept(busy=True)
    await thread.shows(lambda: len(thread.statuses) > 1)
    assert thread.statuses == [words["en"].format(minutes=1) for words in (KEPT, KEPT_BUSY)]
    statuses.end(thread, task)
    await statuses.close()


async def test_work_that_ends_badly_shows_no_more() -> None:
    world = World(statuses=Statuses(times=StatusTimes(refresh_s=0.001, quiet_s=0)))
    world.model = FakeModel([[ModelUnavailable("503")]])
    assert await world.answer() is Outcome.TRY_LATER
    line = world.statuses.line(world.conversation, a_task())
    line.over()
    await line.ended.wait()
    assert world.conversation.statuses[-1] == KEPT["ja"].format(minutes=11)
    seen = len(world.conversation.statuses)
    await world.statuses.close()
    assert len(world.conversation.statuses) == seen


async def test_an_answer_that_begins_soon_has_no_status_of_ours() -> None:
    statuses, thread, task = Statuses(times=StatusTimes(quiet_s=30)), a_thread(), a_task()
    line = statuses.line(thread, task)
    line.thinking()
    await asyncio.sleep(0)
    statuses.end(thread, task)
    async with asyncio.timeout(5):
        await line.ended.wait()
    await statuses.close()
    assert set(thread.statuses) == {""}


async def test_the_status_tells_of_a_further_attempt_and_is_cleared_in_the_end() -> None:
    world = World(model=FakeModel([[ModelUnavailable("503")]]), retries=0)
    await world.answer()
    assert "お預かり" in world.conversation.statuses[-1]
    world.model, world.generation = FakeModel([saying("ok")]), None
    await world.answer(message_id="m2")
    await world.statuses.close()
    assert world.conversation.statuses[-1] == ""


@dataclass
class Uncleared(FakeConversation):
    """A thread whose status is not cleared before ``gate`` opens."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def show_status(self, status: str, loading: Sequence[str] = ()) -> bool:
        if not status:
            self.asked.set()
            await self.gate.wait()
        return await super().show_status(status, loading)


async def test_an_answers_delivery_is_acknowledged_after_its_status_was_cleared() -> None:
    world, thread = World(model=FakeModel([saying("ok")])), Uncleared()
    world.conversations.conversation = thread
    answering = asyncio.create_task(world.answer())
    async with asyncio.timeout(5):
        await thread.asked.wait()
    for _ in range(200):
        await asyncio.sleep(0)
    assert not answering.done()
    thread.gate.set()
    assert await answering is Outcome.ANSWERED
    assert thread.statuses == [""]
    await world.statuses.close()


async def test_a_status_that_comes_late_is_cleared_once_more() -> None:
    world = World(statuses=Statuses(60.0))
    now = datetime.now(UTC)
    await world.answer(a_task(received_at=now, occurred_at=now))
    await world.statuses.close()
    assert world.conversation.statuses == ["", ""]


async def test_whoever_finds_a_commands_answer_whole_ends_the_status_its_worker_has_left() -> None:
    world = World()
    command = a_task(source=Source.SLASH_COMMAND, thread_ts=None, message_ts=None)
    assert await world.answer(command) is Outcome.ANSWERED
    await world.statuses.close()
    # The worker died before it marked the task done and cleared the status.
    world.leases.done.clear()
    world.statuses = Statuses(0.02)
    world.conversation.statuses = ["is thinking…"]
    assert await world.answer(command, "m2") is Outcome.ALREADY_DONE
    await world.statuses.close()
    assert world.conversation.statuses[-1] == ""


async def test_the_status_below_a_command_that_gets_no_answer_is_ended() -> None:
    refused = FakeModel([[ModelRefused("no", reason="question_blocked")]])
    world = World(model=refused, statuses=Statuses(0.02, StatusTimes(quiet_s=0)))
    command = a_task(source=Source.SLASH_COMMAND, thread_ts=None, message_ts=None)
    assert await world.answer(command) is Outcome.TOLD_FAILURE
    await world.statuses.close()
    assert world.conversation.statuses[-1] == ""


async def test_a_status_that_could_not_be_cleared_is_tried_again() -> None:
    world = World()
    world.conversation.statuses_fail = True
    await world.answer()
    await world.statuses.close()
    assert world.conversation.statuses == [""] * 5


@pytest.mark.parametrize(
    "status",
    [READING, THINKING, SEARCHING, STILL_THINKING, RETRYING, SLOW, KEPT, KEPT_BUSY],
)
def test_a_status_reads_on_from_the_apps_name_which_slack_puts_before_it(status: Texts) -> None:
    assert status["ja"].startswith(("が", "は、"))
    assert status["en"].startswith("is ")
