"""Which replies in threads are questions without a mention."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from command_service.payloads.messages import read_message
from command_service.payloads.model import NotAQuestion, Question, RejectReason
from command_service.payloads.small_talk import is_small_talk, opens_with_somebody_else
from command_service.use_cases.changes import stop_deleted
from command_service.use_cases.deferred_follow_ups import CAPACITY, WITHIN_S
from command_service.use_cases.follow_ups import (
    LOOKS_PER_MINUTE,
    FollowUpDeps,
    UnknownThread,
    accept_message,
)
from command_service.use_cases.policy import Policy, Rejected
from command_service.use_cases.submit import Accepted, HandedBack, SubmitOutcome
from command_service.use_cases.throttle import REMARKS_PER_MINUTE, PerUserThrottle
from shared.errors import RetryableError, SlackRefused
from shared.ledger import Mark, Role
from shared.task import Following
from tests.support import signed
from tests.support.fakes.command.history import FakeHistory
from tests.support.fakes.command.payloads import IDENTITY, a_question
from tests.support.fakes.command.world import World

THREAD = "1600000000.000100"
NOT_FOLLOWED = Rejected(RejectReason.NOT_FOLLOWED)
POSTPONED = Rejected(RejectReason.POSTPONED)


def opening(ts: str = THREAD) -> dict[str, Any]:
    return {"ts": ts, "thread_ts": ts, "user": "U1", "text": "hello"}


def ours(role: Role | None = "answer", ts: str = "1600000001.000100") -> dict[str, Any]:
    metadata = {} if role is None else {"metadata": signed.metadata(Mark("a" * 32, role), "C1")}
    return {"ts": ts, "thread_ts": THREAD, "user": "UBOT", "bot_id": "BBOT", **metadata}


@dataclass
class Clock:
    """Whoever sleeps by it moves it on; not while it is ``stopped``."""

    now: float = 1000.0
    stopped: asyncio.Event | None = None
    waited_for: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waited_for.set()
        if self.stopped is not None:
            await self.stopped.wait()
        self.now += seconds


@dataclass
class Channel:
    """A channel with one thread, and the use case on it."""

    messages: list[dict[str, Any]]
    world: World = field(default_factory=World)
    enabled: bool = True

    def __post_init__(self) -> None:
        self.history = FakeHistory()
        self.history.channel("C1", *self.messages, kind="public_channel")
        self.clock = Clock()
        submit_deps = self.world.submit_deps
        if not self.enabled:
            submit_deps = replace(submit_deps, following=None)
        self.following = FollowUpDeps(
            *(submit_deps, self.history, signed.LEDGER, 0.05),
            *(self.clock, self.clock.sleep),
        )

    async def reply(self, **changes: Any) -> SubmitOutcome:
        question = a_question(**{"thread_ts": THREAD, "follow_up": True, **changes})
        return await accept_message(question, self.following)


@pytest.mark.parametrize("role", ["answer", "question", None])
async def test_a_reply_where_we_have_spoken_is_a_question(role: Role | None) -> None:
    channel = Channel([opening(), ours(role)])
    assert isinstance(await channel.reply(), Accepted)
    assert len(channel.world.queue.published) == 1


@pytest.mark.parametrize("messages", [[opening()], [opening(), ours("notice")]])
async def test_a_reply_where_we_have_not_answered_is_none_and_nobody_is_told(
    messages: list[dict[str, Any]],
) -> None:
    channel = Channel(messages)
    assert await channel.reply() == NOT_FOLLOWED
    await channel.world.settle()
    assert channel.world.queue.published == []
    assert channel.world.replies.told == []
    assert channel.world.replies.thinking == []


async def test_a_mention_that_two_events_tell_of_shows_one_sign_and_is_one_task() -> None:
    channel = Channel([])
    asked = a_question()
    both = [await accept_message(asked, channel.following) for _ in range(2)]
    await channel.world.settle()
    assert [type(each) for each in both] == [Accepted, Accepted]
    assert len({task.task_id for task, _ in channel.world.queue.published}) == 1
    assert len(channel.world.replies.thinking) == 1


async def test_a_refused_mention_that_two_events_tell_of_is_told_once() -> None:
    channel = Channel([], World(policy=Policy(channel_ids=frozenset({"C9"}))))
    for _ in range(2):
        await accept_message(a_question(), channel.following)
    await channel.world.settle()
    assert len(channel.world.replies.told) == 1


@pytest.mark.parametrize("messages", [[opening()], [opening(), ours()]])
async def test_a_thread_is_looked_at_once_in_a_while(messages: list[dict[str, Any]]) -> None:
    channel = Channel(messages)
    first = await channel.reply()
    calls = channel.history.calls
    assert type(await channel.reply()) is type(first)
    assert channel.history.calls == calls


async def test_what_was_not_our_thread_is_looked_at_again_after_a_minute() -> None:
    channel = Channel([opening()])
    await channel.reply()
    channel.history.written["C1"].append(ours())
    assert await channel.reply() == NOT_FOLLOWED
    channel.clock.now += 61
    assert isinstance(await channel.reply(), Accepted)


async def test_an_accepted_mention_makes_the_thread_ours_before_it_is_answered() -> None:
    channel = Channel([opening()])
    await channel.reply()
    await accept_message(a_question(thread_ts=THREAD), channel.following)
    assert isinstance(await channel.reply(), Accepted)


@pytest.mark.parametrize("spoken_to", ["1600000003.000100", "1600000005.000100"])
async def test_what_was_written_before_we_came_and_is_delivered_late_is_no_question(
    spoken_to: str,
) -> None:
    mention = {**opening(spoken_to), "thread_ts": THREAD, "text": "<@UBOT> why?"}
    channel = Channel([opening(), mention, ours(ts="1600000009.000100")])
    earlier, later = "1600000002.000100", "1600000006.000100"
    for _ in range(2):  # looked up, then remembered
        assert await channel.reply(message_ts=earlier) == NOT_FOLLOWED
        assert isinstance(await channel.reply(message_ts=later), Accepted)


async def test_a_mention_and_what_is_no_question_are_never_looked_up() -> None:
    channel = Channel([opening()])
    assert isinstance(await accept_message(a_question(), channel.following), Accepted)
    ignored = NotAQuestion(RejectReason.BOT_MESSAGE)
    assert await accept_message(ignored, channel.following) == Rejected(RejectReason.BOT_MESSAGE)
    assert channel.history.calls == 0


async def test_switched_off_only_mentions_ask() -> None:
    channel = Channel([opening(), ours()], enabled=False)
    assert await channel.reply() == NOT_FOLLOWED
    assert channel.history.calls == 0
    assert isinstance(await accept_message(a_question(), channel.following), Accepted)


async def test_who_may_not_ask_is_left_in_peace_and_costs_no_look() -> None:
    channel = Channel([opening(), ours()], World(Policy(user_ids=frozenset({"U9"}))))
    assert await channel.reply() == NOT_FOLLOWED
    await channel.world.settle()
    assert channel.world.replies.told == []
    assert channel.history.calls == 0


async def test_what_slack_cannot_tell_now_is_left_to_its_redelivery() -> None:
    channel = Channel([opening(), ours()])
    channel.history.failures = [RetryableError("Slack is busy.")]
    assert isinstance(await channel.reply(), HandedBack)
    assert isinstance(await channel.reply(), Accepted)


async def test_a_look_ends_in_time_for_the_ack() -> None:
    class Hanging(FakeHistory):
        async def replies(self, *args: Any) -> Any:
            await asyncio.Event().wait()

    channel = Channel([opening(), ours()])
    channel.following = replace(channel.following, history=Hanging())
    async with asyncio.timeout(5):
        outcome = await channel.reply()
    assert isinstance(outcome, HandedBack)
    assert isinstance(outcome.error, UnknownThread)


async def test_a_thread_slack_does_not_let_us_read_is_not_ours() -> None:
    class Closed(FakeHistory):
        async def replies(self, *args: Any) -> Any:
            raise SlackRefused("refused", slack_error="not_in_channel")

    channel = Channel([opening(), ours()])
    channel.following = replace(channel.following, history=Closed())
    assert await channel.reply() == NOT_FOLLOWED


def threads(number: int) -> list[str]:
    return [f"{1_600_010_000 + each}.000200" for each in range(number)]


async def test_looks_are_rationed_by_the_minute_and_what_is_beyond_is_acked() -> None:
    channel = Channel([opening()])
    channel.clock.stopped = asyncio.Event()
    outcomes = [await channel.reply(thread_ts=ts) for ts in threads(LOOKS_PER_MINUTE + 1)]
    assert outcomes[:-1] == [NOT_FOLLOWED] * LOOKS_PER_MINUTE
    assert outcomes[-1] == POSTPONED
    await channel.clock.waited_for.wait()
    assert channel.history.calls == LOOKS_PER_MINUTE
    channel.clock.stopped.set()
    await channel.world.settle()
    assert channel.history.calls == LOOKS_PER_MINUTE + 1


async def test_a_busy_workspace_after_a_restart_has_its_147_unknown_threads_acked() -> None:
    channel = Channel([opening(), ours()])
    channel.clock.stopped = asyncio.Event()
    unknown = threads(146)
    outcomes = [await channel.reply(thread_ts=ts, task_id=ts) for ts in unknown]
    outcomes.append(await channel.reply())
    assert not [outcome for outcome in outcomes if isinstance(outcome, HandedBack)]
    assert isinstance(await accept_message(a_question(), channel.following), Accepted)
    channel.clock.stopped.set()
    await channel.world.settle()
    assert channel.history.threads_read.count(THREAD) > 0
    assert [task.thread_ts for task, _ in channel.world.queue.published][1:] == [THREAD]
    assert channel.clock.now < 1000.0 + 8 * 60


async def test_beyond_what_may_wait_follow_ups_are_dropped_and_acked() -> None:
    channel = Channel([opening()])
    channel.clock.stopped = asyncio.Event()
    number = LOOKS_PER_MINUTE + CAPACITY
    outcomes = [await channel.reply(thread_ts=ts) for ts in threads(number + 5)]
    assert outcomes[LOOKS_PER_MINUTE:number] == [POSTPONED] * CAPACITY
    assert outcomes[number:] == [Rejected(RejectReason.DROPPED)] * 5


async def test_a_follow_up_that_has_waited_too_long_is_left() -> None:
    channel = Channel([opening(), ours()])
    for ts in threads(LOOKS_PER_MINUTE):
        await channel.reply(thread_ts=ts)
    channel.clock.stopped = asyncio.Event()
    assert await channel.reply() == POSTPONED
    await channel.clock.waited_for.wait()
    channel.clock.now += WITHIN_S
    channel.clock.stopped.set()
    await channel.world.settle()
    assert channel.world.queue.published == []


async def test_a_postponed_follow_up_that_its_author_deletes_is_not_asked() -> None:
    channel = Channel([opening(), ours()])
    for ts in threads(LOOKS_PER_MINUTE):
        await channel.reply(thread_ts=ts)
    channel.clock.stopped = asyncio.Event()
    first, second = (
        a_question(thread_ts=THREAD, follow_up=True, task_id=one * 32) for one in ("b", "c")
    )
    for question in (first, second):
        assert await accept_message(question, channel.following) == POSTPONED
    await channel.clock.waited_for.wait()
    assert isinstance(await stop_deleted(first, channel.following), Rejected)
    channel.clock.stopped.set()
    await channel.world.settle()
    assert [task.task_id for task, _ in channel.world.queue.published] == [second.task_id]


async def test_a_postponed_follow_up_is_taken_once_its_thread_is_known() -> None:
    channel = Channel([opening()])
    for ts in threads(LOOKS_PER_MINUTE):
        await channel.reply(thread_ts=ts)
    channel.clock.stopped = asyncio.Event()
    assert [await channel.reply() for _ in range(2)] == [POSTPONED] * 2
    await accept_message(a_question(thread_ts=THREAD), channel.following)
    channel.clock.stopped.set()
    await channel.world.settle()
    assert len(channel.world.queue.published) == 3
    assert channel.history.calls <= LOOKS_PER_MINUTE + 1


async def test_a_postponed_follow_up_that_cannot_be_queued_is_tried_again() -> None:
    channel = Channel([opening(), ours()])
    for ts in threads(LOOKS_PER_MINUTE):
        await channel.reply(thread_ts=ts)
    channel.clock.stopped = asyncio.Event()
    channel.history.failures = [RetryableError("Slack is busy.")]
    assert await channel.reply() == POSTPONED
    channel.clock.stopped.set()
    await channel.world.settle()
    assert len(channel.world.queue.published) == 1


async def test_a_thread_that_we_began_is_ours_without_a_look() -> None:
    channel = Channel([opening()])
    assert isinstance(await channel.reply(thread_by="UBOT"), Accepted)
    assert await channel.reply(thread_by="U1", thread_ts=threads(1)[0]) == NOT_FOLLOWED
    assert channel.history.threads_read == threads(1)


async def test_the_event_of_a_reply_tells_who_began_its_thread() -> None:
    event = {
        **opening("1600000003.000100"),
        "type": "message",
        "channel": "C1",
        "channel_type": "channel",
        "thread_ts": THREAD,
        "text": "why?",
        "parent_user_id": "UBOT",
    }
    question = read_message({"team_id": "T1", "event": event}, IDENTITY, False)
    assert isinstance(question, Question)
    assert question.thread_by == "UBOT"


async def test_of_a_very_long_thread_only_the_beginning_is_searched() -> None:
    talk = [{**opening(f"16000001{number:02d}.000100"), "thread_ts": THREAD} for number in range(9)]
    channel = Channel([opening(), *talk, ours(ts="1600000200.000100")])
    assert await channel.reply() == NOT_FOLLOWED
    assert channel.history.calls < 9


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":tada:",
        "👍",
        "<@U7>",
        "Thanks!",
        "Thank you very much :bow:",
        "ありがとうございます、助かりました！",
        "了解です。",
        "ＯＫ",
    ],
)
def test_thanks_emoji_and_bare_mentions_are_small_talk(text: str) -> None:
    assert is_small_talk(text)


@pytest.mark.parametrize(
    "text",
    [
        "why?",
        "thanks, and what about Kafka?",
        "ありがとう。では速度は？",
        "2",
        "<https://a.example>?x",
    ],
)
def test_anything_else_asks(text: str) -> None:
    assert not is_small_talk(text)


@pytest.mark.parametrize("text", ["<@U7> hi", " <!here> look", "<!subteam^S1> hi"])
def test_a_message_may_open_with_somebody_else(text: str) -> None:
    assert opens_with_somebody_else(text)
    assert not opens_with_somebody_else(f"What does {text} mean")


@pytest.mark.parametrize("how", list(Following))
async def test_a_follow_up_is_passed_on_with_how_to_decide_and_without_a_sign(
    how: Following,
) -> None:
    world = World()
    world.following = how
    channel = Channel([opening(), ours()], world)
    assert isinstance(await channel.reply(), Accepted)
    await channel.world.settle()
    [(task, _)] = channel.world.queue.published
    assert task.follow_up is how
    assert channel.world.replies.thinking == []


async def test_a_mention_in_a_thread_of_ours_is_a_question_and_shows_a_sign() -> None:
    channel = Channel([opening(), ours()])
    await channel.reply(follow_up=False)
    await channel.world.settle()
    [(task, _)] = channel.world.queue.published
    assert task.follow_up is None
    assert len(channel.world.replies.thinking) == 1


async def test_what_colleagues_say_takes_nothing_from_their_questions_and_nobody_is_told() -> None:
    world = World()
    world.throttle = PerUserThrottle(1)
    channel = Channel([opening(), ours()], world)
    outcomes = [
        await channel.reply(task_id=f"{number:032x}") for number in range(REMARKS_PER_MINUTE + 2)
    ]
    assert outcomes[-1] == Rejected(RejectReason.DROPPED)
    assert len(world.queue.published) == REMARKS_PER_MINUTE
    assert isinstance(await channel.reply(follow_up=False, task_id="f" * 32), Accepted)
    await world.settle()
    assert world.replies.told == []
