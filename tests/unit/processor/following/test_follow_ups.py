"""A message without a mention is answered only where it speaks to us; else nobody sees a sign."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from processor_service.answering.admit import Delivery
from processor_service.answering.answer import give_up
from processor_service.ports.limits import LimitExceeded
from processor_service.ports.model import Chunk, Prompt
from processor_service.ports.talks import Remark, Talk
from processor_service.ports.work import Claim
from processor_service.resilience.run_leased import Outcome
from shared.errors import ModelUnavailable, SlackRefused, SlackUnavailable
from shared.task import Following, Task
from tests.support.fakes.processor.model import FakeModel, Silent, saying
from tests.support.fakes.processor.work import FakeLeases
from tests.support.fakes.processor.world import World
from tests.support.tasks import NOON, a_task

QUESTION = Remark("person", "U1", "箱根と熱海を比べて", "q1", calls_us=True)
ANSWER = Remark("us", "", "箱根は近く、熱海は安いです。", "q1")
ALONE = Talk((QUESTION, ANSWER))
WITH_ANOTHER = Talk((QUESTION, ANSWER, Remark("person", "U2", "箱根いいですね", "x1")))


def following(text: str, by: str = "U1", how: Following = Following.ASKER) -> Task:
    return a_task(text=text, user_id=by, thread_ts="1.0", message_ts="2.0", follow_up=how)


def a_world(talk: Talk, judge: FakeModel | None = None) -> World:
    world = World(judge=judge or FakeModel([saying("no")]))
    world.talks.talk = talk
    return world


def nothing_is_seen_of(world: World) -> bool:
    shown = world.conversation
    return not (shown.statuses or shown.messages or world.model.asked)


async def test_the_asker_alone_with_us_is_answered_and_no_judge_is_asked() -> None:
    world = a_world(ALONE)
    assert await world.answer(following("表にして", how=Following.JUDGE)) is Outcome.ANSWERED
    assert world.judge.asked == []


@pytest.mark.parametrize("text", ["＠メカちゃん 続けて", "ﾒｶﾁｬﾝ、表にして", "ＢＯＴ、もう一度"])
async def test_our_name_counts_in_any_width(text: str) -> None:
    assert await a_world(WITH_ANOTHER).answer(following(text)) is Outcome.ANSWERED


@pytest.mark.parametrize("text", ["助かりました :よろしく:", "なるほど :教えてください:"])
async def test_an_emoji_with_a_japanese_name_asks_for_nothing(text: str) -> None:
    assert await a_world(ALONE).answer(following(text)) is Outcome.NOT_FOLLOWED


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("そうですね、資料に入れておきます。", "U1"),
        ("木曜の夕方です", "U1"),
        ("どっちが安いですか", "U2"),
        ("which one is cheaper?", "U1"),
    ],
)
async def test_among_people_nothing_is_seen_of_us(text: str, by: str) -> None:
    world = a_world(WITH_ANOTHER)
    world.limits.refusal = LimitExceeded("user_rate_limited", NOON)
    assert await world.answer(following(text, by)) is Outcome.NOT_FOLLOWED
    assert await world.answer(following(text, by), "m2") is Outcome.NOT_FOLLOWED
    assert nothing_is_seen_of(world)
    assert world.limits.owing == {}, "a remark to others counts for nobody's limit"


async def test_who_opens_with_our_name_among_people_is_answered() -> None:
    world = a_world(WITH_ANOTHER)
    assert await world.answer(following("Mechachang、表にして", "U2")) is Outcome.ANSWERED


@pytest.mark.parametrize(
    ("judge", "outcome"),
    [
        (FakeModel([saying("Yes.")]), Outcome.ANSWERED),
        (FakeModel([saying("no")]), Outcome.NOT_FOLLOWED),
        (FakeModel([saying("Yes, if it is meant for the assistant")]), Outcome.NOT_FOLLOWED),
        (FakeModel([[Chunk()]]), Outcome.NOT_FOLLOWED),
        (FakeModel([[ModelUnavailable("503")]]), Outcome.NOT_FOLLOWED),
    ],
    ids=["yes", "no", "in doubt", "nothing", "away"],
)
async def test_a_model_that_does_not_plainly_say_yes_means_silence(
    judge: FakeModel, outcome: Outcome
) -> None:
    world = a_world(WITH_ANOTHER, judge)
    asked = following("which one is cheaper?", "U2", Following.JUDGE)
    assert await world.answer(asked) is outcome
    [(prompt, model)] = judge.asked
    assert model == "spare-model"
    assert "箱根いいですね" in prompt.text
    assert prompt.text.count("the assistant]") == 2


async def test_a_model_that_says_nothing_in_time_means_silence() -> None:
    world = a_world(WITH_ANOTHER, Silent())
    world.judge_within_s = 0.0
    asked = following("which one is cheaper?", "U2", Following.JUDGE)
    assert await world.answer(asked) is Outcome.NOT_FOLLOWED
    assert nothing_is_seen_of(world)


async def test_an_answer_to_another_persons_question_is_never_ours_and_no_model_is_asked() -> None:
    asked = Remark("person", "U2", "木曜の何時にしますか", "x1")
    world = a_world(Talk((QUESTION, ANSWER, asked)), FakeModel([saying("yes")]))
    for text in ("17時でいかがですか", "5 pm?"):
        task = following(text, how=Following.JUDGE)
        assert await world.answer(task) is Outcome.NOT_FOLLOWED
    assert world.judge.asked == []


async def test_a_mention_costs_no_look_at_its_thread() -> None:
    world = a_world(WITH_ANOTHER)
    assert await world.answer(a_task()) is Outcome.ANSWERED
    assert world.talks.reads == 0


async def test_an_answer_that_has_begun_goes_on_whatever_was_written_since() -> None:
    world = a_world(Talk(WITH_ANOTHER.before, begun=True))
    assert await world.answer(following("木曜の夕方です")) is Outcome.ANSWERED


async def test_a_thread_that_cannot_be_read_is_not_ours_and_one_that_cannot_be_read_now_waits() -> (
    None
):
    world = a_world(ALONE)
    world.talks.failures = [SlackUnavailable("away") for _ in range(4)]
    assert await world.answer(following("表にして")) is Outcome.TRY_LATER
    assert nothing_is_seen_of(world)
    assert await world.answer(following("表にして"), attempt=2) is Outcome.ANSWERED
    other = a_world(ALONE)
    other.talks.failures = [SlackRefused("no", slack_error="channel_not_found")]
    assert await other.answer(following("表にして")) is Outcome.NOT_FOLLOWED
    assert nothing_is_seen_of(other)


async def test_nobody_is_told_that_a_remark_to_others_could_not_be_answered() -> None:
    world = a_world(WITH_ANOTHER)
    outcome = await give_up(following("木曜の夕方です"), Delivery("m8", attempt=8), world.deps())
    assert outcome is Outcome.NOT_FOLLOWED
    assert nothing_is_seen_of(world)


async def test_a_remark_that_was_left_alone_is_answered_once_an_edit_of_it_mentions_us() -> None:
    world = a_world(WITH_ANOTHER)
    remark = following("どっちが安いですか", "U2")
    assert await world.answer(remark) is Outcome.NOT_FOLLOWED
    mentioning = remark.model_copy(update={"follow_up": None})
    assert await world.answer(mentioning, "m2") is Outcome.ANSWERED


class Thinking(FakeModel):
    """A judge that says no once it is told to."""

    def __init__(self) -> None:
        super().__init__([saying("no")])
        self.waiting, self.ends = asyncio.Event(), asyncio.Event()

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Chunk, None]:
        self.waiting.set()
        await self.ends.wait()
        async for piece in super().stream(prompt, model):
            yield piece


class CountedLeases(FakeLeases):
    """Tells when a second delivery has asked for a task."""

    def __init__(self) -> None:
        super().__init__()
        self.claims = 0
        self.claimed_twice = asyncio.Event()

    async def claim(self, task_id: str, message_id: str) -> Claim:
        claim = await super().claim(task_id, message_id)
        self.claims += 1
        if self.claims == 2:
            self.claimed_twice.set()
        return claim


async def test_a_mention_added_by_an_edit_is_answered_though_its_message_is_still_judged() -> None:
    judge = Thinking()
    world = a_world(WITH_ANOTHER, judge)
    world.leases = leases = CountedLeases()
    task = following("which one is cheaper?", "U2", Following.JUDGE)
    judging = asyncio.create_task(world.answer(task))
    await judge.waiting.wait()
    mentioning = asyncio.create_task(
        world.answer(task.model_copy(update={"follow_up": None}), "m2")
    )
    await leases.claimed_twice.wait()

    judge.ends.set()

    assert await judging is Outcome.NOT_FOLLOWED
    assert await mentioning is Outcome.ANSWERED


async def test_an_answer_whose_worker_died_is_finished_though_the_judge_says_no_by_now() -> None:
    world = a_world(WITH_ANOTHER, FakeModel([saying("yes"), saying("no")]))
    world.model = FakeModel([[ModelUnavailable("503")] * 1] * 20)
    task = following("which one is cheaper?", "U2", Following.JUDGE)
    assert await world.answer(task) is Outcome.TRY_LATER
    world.model = FakeModel([saying("熱海です。")])

    assert await world.answer(task, attempt=2) is Outcome.ANSWERED
