"""A new direct message goes on from the last exchange for a while, unless it starts anew."""

import pytest

from processor_service.following.words import starts_anew
from processor_service.ports.conversations import ThreadMessage
from processor_service.resilience.run_leased import Outcome
from shared.errors import SlackUnavailable
from shared.slack.message import MessageRef
from shared.task import Source, Task
from tests.support.fakes.processor.conversations import FakeConversation
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task

QUESTION = ThreadMessage("person", "U1", "会議を断るメールを書いて")
ANSWER = ThreadMessage("us", "", "申し訳ございませんが…")
MORE = ThreadMessage("us", "", "（続き）")
EARLIER = (ThreadMessage("person", "U1", "昔の質問"), ThreadMessage("us", "", "昔の回答"))


def in_a_dm(text: str, ts: str = "200.000001", **changes: object) -> Task:
    task = a_task(source=Source.DM, channel_id="D1", thread_ts=ts, message_ts=ts, text=text)
    return task.model_copy(update=changes)


def after_an_exchange(*said: ThreadMessage) -> World:
    """A world in which the direct message's last answer stands in the thread 100.000001."""
    world = World()
    world.last_threads.threads["D1"] = "100.000001"
    place = MessageRef("D1", "200.000001", "200.000001")
    world.conversations.conversation = FakeConversation(place)
    world.conversations.threads["100.000001"] = FakeConversation(said=list(said))
    return world


def told(world: World) -> list[str]:
    """What the model was given before the question."""
    [(prompt, _)] = world.model.asked
    return [turn.text for turn in prompt.turns]


async def test_the_model_is_told_the_last_question_and_its_whole_answer_and_no_more() -> None:
    world = after_an_exchange(*EARLIER, QUESTION, ANSWER, MORE)
    assert await world.answer(in_a_dm("もう少しカジュアルに")) is Outcome.ANSWERED
    asked, first, second, question = told(world)
    assert QUESTION.text in asked
    assert (first, second) == (ANSWER.text, MORE.text)
    assert "question from" in question
    [(prompt, _)] = world.model.asked
    assert "このダイレクトメッセージでの直前のやりとり" in prompt.system
    assert prompt.text == "もう少しカジュアルに"


async def test_an_answer_that_depends_on_the_exchange_is_neither_read_from_the_cache_nor_kept() -> (
    None
):
    world = after_an_exchange(QUESTION, ANSWER)
    await world.answer(in_a_dm("もう少しカジュアルに"))
    assert world.answers.kept == {}


@pytest.mark.parametrize(
    "task",
    [
        in_a_dm("別件ですが、Redis とは何ですか"),
        in_a_dm("Different question: what is Redis?"),
        in_a_dm("もっと短く", "50.000001"),
        in_a_dm("もっと短く", channel_id="C1", source=Source.MENTION),
        in_a_dm("もっと短く", source=Source.BUTTON),
    ],
    ids=["anew", "anew in English", "older", "in a channel", "a button"],
)
async def test_what_does_not_go_on_is_told_nothing(task: Task) -> None:
    world = after_an_exchange(QUESTION, ANSWER)
    world.last_threads.threads["C1"] = "100.000001"
    place = MessageRef(task.channel_id, str(task.thread_ts), str(task.message_ts))
    world.conversation.place = place
    await world.answer(task)
    assert told(world) == []


async def test_an_answer_in_a_direct_message_is_what_the_next_message_goes_on_from() -> None:
    world = World()
    world.conversations.conversation = FakeConversation(MessageRef("D1", "200.1", "200.1"))
    await world.answer(in_a_dm("Redis とは何ですか", "200.1"))
    assert world.last_threads.threads == {"D1": "200.1"}


async def test_an_answer_in_a_channel_is_not_remembered() -> None:
    world = World()
    await world.answer()
    assert world.last_threads.threads == {}


async def test_while_the_exchange_cannot_be_read_the_message_is_answered_without_it() -> None:
    world = after_an_exchange(QUESTION, ANSWER)
    thread = world.conversations.threads["100.000001"]
    thread.failures["find"] = [(SlackUnavailable("away"), False)]
    assert await world.answer(in_a_dm("もっと短く")) is Outcome.ANSWERED
    assert told(world) == []


@pytest.mark.parametrize(
    ("text", "anew"),
    [
        ("別件です。Redis とは", True),
        ("ところで、明日の天気は？", True),
        ("話は変わりますが、祝電の例文を", True),
        ("新しい質問です。", True),
        ("New question: what is Redis?", True),
        ("hey, unrelated: what is Redis?", True),
        ("by the way, what is Redis?", True),
        ("別の案も見せて", False),
        ("もう少し短く", False),
        ("another example please", False),
        ("something shorter", False),
        ("what is new in it?", False),
    ],
)
def test_a_message_starts_anew_only_if_it_says_so_in_front(text: str, anew: bool) -> None:
    assert starts_anew(text) is anew
