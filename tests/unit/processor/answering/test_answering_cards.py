"""Task cards: what takes a while is told above the words, and none is left at work at any end."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from processor_service.answering.generation import Generation
from processor_service.ports.citations import Citations, WebPage
from processor_service.ports.conversations import ChannelTalk, ThreadMessage
from processor_service.ports.generation_options import OptionsByMode, Tool
from processor_service.ports.model import Chunk
from processor_service.prompt.build import PromptConfig
from processor_service.rendering.task_cards import TaskCards
from processor_service.resilience.run_leased import Outcome
from shared.errors import (
    UNSHOWABLE,
    ModelRejected,
    ModelUnavailable,
    OutcomeUnknown,
    SlackRefused,
    SlackUnavailable,
)
from shared.retry import RetryPolicy
from shared.slack.message import MessageRef
from shared.task import Purpose, Subject, TaskFile
from tests.support.fakes.processor.files import FakeFiles
from tests.support.fakes.processor.model import FakeModel, Silent, saying
from tests.support.fakes.processor.world import World
from tests.support.questions_with_files import NOTES, asking
from tests.support.tasks import a_task

READ = "ファイルを読みました: notes.txt: complete"
READS = "ファイルを読んでいます: notes.txt: in_progress"
WORDS = "素数のことです。1と自身でのみ割れます。"


@dataclass
class SlowFiles(FakeFiles):
    """Files that come only once they are let go."""

    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def content(self, file: TaskFile, limit: int) -> bytes:
        await self.go.wait()
        return await super().content(file, limit)


def a_world(model: FakeModel | None = None, *, streams: bool = True) -> World:
    files = SlowFiles({NOTES.id: b"some notes"})
    here = World(files=files, cards_after_s=0.0, model=model or FakeModel([saying(WORDS)]))
    here.conversation.can_stream = streams
    return here


async def until(world: World, wanted: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not wanted():
            world.conversation.cards_changed.clear()
            await world.conversation.cards_changed.wait()


async def begun(world: World) -> "asyncio.Task[Outcome]":
    """A question whose files are being read, and whose card says so."""
    answering = asyncio.create_task(world.answer(asking(NOTES)))
    await until(world, lambda: world.conversation.states() == [READS])
    return answering


def let_go(world: World) -> None:
    assert isinstance(world.files, SlowFiles)
    world.files.go.set()


def nothing_at_work(world: World) -> bool:
    return not any("in_progress" in state for state in world.conversation.states())


async def test_files_that_take_a_while_are_a_card_and_the_words_come_below_it() -> None:
    world = a_world()
    answering = await begun(world)
    assert world.conversation.texts() == [""]
    let_go(world)
    assert await answering is Outcome.ANSWERED
    assert world.conversation.states() == [READ, "考えました: complete"]
    assert world.conversation.texts() == [WORDS]
    assert world.conversation.posts == 1, "the same message, from the first card to the last word"
    assert world.conversation.edited == []


async def test_a_plain_question_has_no_card() -> None:
    world = a_world()
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.states() == []
    assert world.conversation.posts == 1


async def test_a_step_that_lasts_a_moment_is_no_card() -> None:
    world = a_world()
    world.cards_after_s = 60.0
    let_go(world)
    assert await world.answer(asking(NOTES)) is Outcome.ANSWERED
    assert world.conversation.states() == []


async def test_without_a_stream_no_card_is_shown() -> None:
    world = a_world(streams=False)
    let_go(world)
    assert await world.answer(asking(NOTES)) is Outcome.ANSWERED
    assert world.conversation.states() == []
    assert world.conversation.texts() == [WORDS]


async def test_the_messages_read_before_are_counted_and_come_with_the_first_words() -> None:
    world = a_world()
    said = [ThreadMessage("person", "U2", "前の話"), ThreadMessage("us", "", "前の答え")]
    world.conversation.said = said
    task = a_task(thread_ts="99.000001")
    place = world.conversation.place
    assert place is not None
    world.conversation.place = place.__class__("C1", "99.000001", "100.000001")
    assert await world.answer(task) is Outcome.ANSWERED
    assert world.conversation.states() == [
        "これまでの発言を読みました（2 件）: complete",
        "考えました: complete",
    ]
    assert world.conversation.posts == 1


async def test_a_second_attempt_and_the_fallback_model_are_told() -> None:
    failed: list[Chunk | Exception] = [ModelUnavailable("503")]
    world = a_world(FakeModel([failed, failed, saying(WORDS)]))
    world.retries = 1
    answering = await begun(world)
    let_go(world)
    assert await answering is Outcome.ANSWERED
    assert world.conversation.states() == [
        READ,
        "考えています: error",
        "Gemini から回答を受け取れなかったため、もう一度試しました: complete",
        "予備のモデル spare-model に尋ねました: complete",
    ]


async def test_what_was_searched_for_is_told_with_its_pages_and_only_once_it_is_known() -> None:
    found = Citations((WebPage("https://a.example/", "A"),), ("素数 とは",))
    more = Citations((*found.pages, WebPage("https://b.example/")), ("素数 とは", "素数 例"))
    words = [Chunk("素数のことです。"), Chunk("1と自身でのみ", sources=found)]
    model = FakeModel([[*words, Chunk("割れます。", finished=True, sources=more)]])
    world = a_world(model)
    world.prompt_config = PromptConfig(options_by_mode=OptionsByMode(tools=(Tool.GOOGLE_SEARCH,)))
    assert await world.answer() is Outcome.ANSWERED
    [cards] = world.conversation.cards.values()
    assert [(card.title, card.status) for card in cards.values()] == [
        ("調べながら考えました", "complete")
    ]
    assert cards["search"].details == "素数 とは\n素数 例"
    assert [page.url for page in cards["search"].sources] == [page.url for page in more.pages]


HUGE = "https://a.example/" + "x" * 300
HOSTILE = Citations(
    (
        WebPage(HUGE),
        WebPage("https://b.example/", "素数" * 200 + "<!channel>"),
        WebPage("ftp://c.example/", "no page"),
        WebPage("https://d.example/" + "x" * 3_000, "too long for Slack"),
        WebPage("https://e.example/", " \n "),
    ),
    ("素数",),
)


async def test_no_page_of_the_web_makes_slack_refuse_the_cards() -> None:
    words = [Chunk("素数のことです。"), Chunk("割れます。", finished=True, sources=HOSTILE)]
    world = a_world(FakeModel([words]))
    world.prompt_config = PromptConfig(options_by_mode=OptionsByMode(tools=(Tool.GOOGLE_SEARCH,)))
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.edited == [], "the stream took its end"
    [cards] = world.conversation.cards.values()
    told = cards["search"].sources
    assert [page.url for page in told] == [HUGE, "https://b.example/", "https://e.example/"]
    assert "<!channel>" not in str(told)
    assert told[2].title == "e.example"


def test_what_a_card_will_say_is_counted_before_slack_shows_it() -> None:
    cards = TaskCards(shown_after_s=0.0)
    cards.thinking(searching=True)
    cards.looked_up(HOSTILE)
    assert cards.weight == 0, "no card is in the message"
    cards.took(cards.pending())
    before = cards.weight
    more = Citations((*HOSTILE.pages, WebPage(HUGE + "y")), ("素数", "素数の定義"))
    cards.looked_up(more)
    assert cards.weight - before > len(HUGE) + 2 * len("素数の定義".encode())


async def test_what_was_read_of_an_open_channel_is_counted_and_not_the_thread_beside_it() -> None:
    world = a_world()
    world.conversation.said = [ThreadMessage("person", "U1", "前の話")]
    ts = "1795489200.000100"
    world.conversation.place = MessageRef("D1", "1795489000.000100", ts)
    talk = tuple(ThreadMessage("person", "U9", "話", ts=ts) for _ in range(3))
    world.threads.talk = ChannelTalk(talk)
    subject = Subject(
        purpose=Purpose.CATCH_UP, channel_id="C2", message_ts=ts, since=ts, beside=True
    )
    where = {"channel_id": "D1", "thread_ts": "1795489000.000100", "message_ts": ts}
    assert await world.answer(a_task(subject=subject, **where)) is Outcome.ANSWERED
    assert world.conversation.states()[0] == "これまでの発言を読みました（3 件）: complete"


async def test_an_answer_without_a_search_says_so() -> None:
    world = a_world()
    world.prompt_config = PromptConfig(options_by_mode=OptionsByMode(tools=(Tool.GOOGLE_SEARCH,)))
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.states() == ["検索を使わずに考えました: complete"]


async def test_a_notice_stands_alone_without_the_steps_before_it() -> None:
    world = a_world(FakeModel([[ModelRejected("400")]]))
    answering = await begun(world)
    let_go(world)
    assert await answering is Outcome.TOLD_FAILURE
    assert world.conversation.states() == []
    [(notice, body)] = world.conversation.messages
    assert notice.mark.role == "notice"
    assert "途中までの回答" not in str(body), "no words of an answer were taken back"


async def test_a_stop_while_files_are_read_leaves_one_notice_and_no_step() -> None:
    world = a_world()
    answering = await begun(world)
    await world.cancellations.request(asking(NOTES).task_id)
    assert await answering is Outcome.STOPPED
    assert world.conversation.states() == []
    assert world.conversation.texts() == []
    assert world.conversation.texts("notice") == ["回答を始める前に停止しました。"]


async def test_slacks_own_stop_of_the_steps_ends_in_one_notice() -> None:
    world = a_world(Silent())
    answering = await begun(world)
    stopped = SlackRefused("stopped", slack_error="stopped_by_user")
    world.conversation.failures["append"] = [(stopped, False)]
    let_go(world)
    assert await answering is Outcome.STOPPED
    assert world.conversation.states() == []
    assert len(world.conversation.messages) == 1


async def test_a_question_that_is_handed_back_leaves_no_step_behind() -> None:
    world = a_world(FakeModel([[ModelUnavailable("503")]]))
    answering = await begun(world)
    let_go(world)
    assert await answering is Outcome.TRY_LATER
    assert world.conversation.states() == []
    assert world.conversation.messages == []
    world.model, world.generation = FakeModel([saying(WORDS)]), None
    assert await world.answer(asking(NOTES), "m2", attempt=2) is Outcome.ANSWERED
    assert world.conversation.texts() == [WORDS]
    assert nothing_at_work(world)


async def test_while_no_model_answers_the_status_tells_it_and_no_step_stands_beside_it() -> None:
    world = a_world(FakeModel([[ModelUnavailable("503")]] * 4 + [saying(WORDS)]))
    napping, wake = asyncio.Event(), asyncio.Event()

    async def nap(seconds: float) -> None:
        napping.set()
        await wake.wait()

    policy = RetryPolicy(1, nap)
    world.generation = Generation("main-model", None, policy, hold_s=60.0)
    answering = await begun(world)
    let_go(world)
    async with asyncio.timeout(20):
        await napping.wait()
        while world.conversation.messages:  # noqa: ASYNC110 - the fake tells nobody
            await asyncio.sleep(0.001)
    wake.set()
    assert await answering is Outcome.ANSWERED
    assert world.conversation.texts() == [WORDS]
    assert READ in world.conversation.states()
    assert nothing_at_work(world)


async def test_a_worker_that_loses_its_lease_leaves_the_steps_to_its_successor() -> None:
    world = a_world()
    answering = await begun(world)
    task = asking(NOTES)
    world.leases.steal(task.task_id)
    assert await answering is Outcome.TRY_LATER
    del world.leases.held[task.task_id]
    let_go(world)
    assert await world.answer(task, "m2", attempt=2) is Outcome.ANSWERED
    [(posted, _)] = world.conversation.messages
    assert not posted.live
    assert world.conversation.texts() == [WORDS]
    assert nothing_at_work(world)


@pytest.mark.parametrize("ends", ["answer", "notice"])
async def test_a_successor_of_a_dead_worker_leaves_no_step_at_work(ends: str) -> None:
    world = a_world()
    answering = await begun(world)
    answering.cancel()
    await asyncio.gather(answering, return_exceptions=True)
    assert world.conversation.states() == [READS], "nobody has ended it"
    let_go(world)
    if ends == "notice":
        world.model, world.generation = FakeModel([[ModelRejected("400")]]), None
    await world.answer(asking(NOTES), "m2", attempt=2)
    assert nothing_at_work(world)
    [(posted, _)] = world.conversation.messages
    assert (posted.live, posted.mark.role) == (False, ends)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("start", SlackRefused("no", slack_error="invalid_chunks")),
        ("start", SlackUnavailable("429")),
        ("append", SlackRefused("over", slack_error="message_not_in_streaming_state")),
        ("end", SlackRefused("over", slack_error="message_not_in_streaming_state")),
        ("end", SlackRefused("long", slack_error="msg_too_long", reason=UNSHOWABLE)),
    ],
    ids=["refused", "limited", "ended before the words", "ended by Slack", "too long"],
)
async def test_a_stream_that_slack_refuses_leaves_the_whole_answer_and_no_step_at_work(
    call: str, error: Exception
) -> None:
    world = a_world()
    world.conversation.failures[call] = [(error, False)]
    let_go(world)
    assert await world.answer(asking(NOTES)) is Outcome.ANSWERED
    assert world.conversation.texts() == [WORDS]
    [(posted, _)] = world.conversation.messages
    assert not posted.live
    assert nothing_at_work(world)


@pytest.mark.parametrize("call", ["start", "append", "end"])
@pytest.mark.parametrize("taken", [True, False])
async def test_steps_of_unknown_outcome_leave_the_whole_answer_and_no_step_at_work(
    call: str, taken: bool
) -> None:
    world = a_world()
    world.conversation.failures[call] = [(OutcomeUnknown("dropped"), taken)]
    answering = asyncio.create_task(world.answer(asking(NOTES)))
    if call != "start" or taken:
        await until(world, lambda: READS in world.conversation.states())
    let_go(world)
    assert await answering is Outcome.ANSWERED
    assert world.conversation.texts() == [WORDS]
    [(posted, _)] = world.conversation.messages
    assert not posted.live
    assert nothing_at_work(world)


async def test_without_room_in_slacks_limits_no_step_takes_a_call() -> None:
    world = a_world()
    world.budget.left = 0
    let_go(world)
    assert await world.answer(asking(NOTES)) is Outcome.ANSWERED
    assert world.conversation.states() == []
    assert world.conversation.texts() == [WORDS]
