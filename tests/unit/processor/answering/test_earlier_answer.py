"""Regenerate, Shorter and Longer: the model sees the answer, and readers see whose wish it was."""

import pytest

from processor_service.ports.generation_options import OptionsByMode, Tool
from processor_service.ports.model import PromptTurn
from processor_service.prompt.build import PromptConfig
from processor_service.resilience.run_leased import Outcome
from processor_service.slack.client import BotIdentity
from processor_service.slack.reading.thread_messages import answer_in
from shared.errors import SlackRefused
from shared.ledger import Mark
from shared.task import Earlier, Source, Task, Wish
from tests.support.fakes.processor.model import FakeModel, saying
from tests.support.fakes.processor.world import World
from tests.support.questions_with_files import NOTES
from tests.support.signed import LEDGER, metadata
from tests.support.tasks import a_task

BEFORE = "100.000009"


def wished(wish: Wish | None = Wish.SHORTER) -> Task:
    return a_task(source=Source.BUTTON, wish=wish, earlier=Earlier(message_ts=BEFORE))


def a_world(answer: str = "長い長い回答です。") -> World:
    world = World()
    world.threads.answers[BEFORE] = answer
    world.people.names["U1"] = "Tom <b>"
    return world


@pytest.mark.parametrize(
    ("wish", "request_"),
    [(Wish.SHORTER, "短くして"), (Wish.LONGER, "詳しくして"), (None, "別の考え方")],
)
async def test_the_model_gets_the_earlier_answer_as_its_own_turn_and_what_to_make_of_it(
    wish: Wish | None, request_: str
) -> None:
    world = a_world()
    assert await world.answer(wished(wish)) is Outcome.ANSWERED
    [(prompt, _)] = world.model.asked
    assert prompt.turns == (
        PromptTurn("user", a_task().text),
        PromptTurn("model", "長い長い回答です。"),
    )
    assert "直前の回答" in prompt.text
    assert request_ in prompt.text


async def test_another_answer_about_files_alone_repeats_what_was_asked_about_them() -> None:
    world = a_world()
    world.files.contents[NOTES.id] = b"some notes"
    again = wished().model_copy(update={"text": "", "files": (NOTES,)})
    assert await world.answer(again) is Outcome.ANSWERED
    [(prompt, _)] = world.model.asked
    file, asked, earlier = prompt.turns
    assert "some notes" in file.text
    assert asked == PromptTurn("user", "添付したファイルの内容を説明してください。")
    assert earlier == PromptTurn("model", "長い長い回答です。")
    assert "短くして" in prompt.text


async def test_beside_the_earlier_answer_nothing_is_searched_and_no_card_says_so() -> None:
    world = a_world()
    world.prompt_config = PromptConfig(OptionsByMode(tools=(Tool.GOOGLE_SEARCH,)))
    world.model = FakeModel([saying("素数のことです。1と自身でのみ割れます。")])
    world.cards_after_s = 0.0
    world.conversation.can_stream = True
    assert await world.answer(wished(None)) is Outcome.ANSWERED
    [(prompt, _)] = world.model.asked
    assert prompt.options.tools == ()
    assert world.conversation.states() == []


async def test_the_new_answer_says_whose_wish_it_was_and_links_the_earlier_answer() -> None:
    world = a_world()
    await world.answer(wished())
    shown = str(world.conversation.messages[-1][1].blocks)
    address = "https://acme.slack.com/archives/C1/p100000009?thread_ts=100.000001&amp;cid=C1"
    link = f"<{address}|この回答>"
    assert f"↻ Tom &lt;b&gt; さんの依頼で、{link}を短くしました" in shown


async def test_without_a_name_or_an_address_the_note_stays_a_sentence() -> None:
    world = a_world()
    world.people.names.clear()
    world.workspace.called = None
    await world.answer(wished())
    shown = str(world.conversation.messages[-1][1].blocks)
    assert "↻ 依頼により、この回答を短くしました" in shown
    assert "<@" not in shown


async def test_an_answer_that_is_gone_is_simply_given_again() -> None:
    world = a_world("")
    assert await world.answer(wished()) is Outcome.ANSWERED
    world.threads.refused = SlackRefused("no", slack_error="thread_not_found")
    again = wished().model_copy(update={"task_id": "f" * 32})
    assert await world.answer(again, "m2") is Outcome.ANSWERED
    assert [prompt.turns for prompt, _ in world.model.asked] == [(), ()]
    assert {prompt.text for prompt, _ in world.model.asked} == {a_task().text}


async def test_what_was_made_of_an_answer_is_never_kept_for_others() -> None:
    world = a_world()
    await world.answer(wished(None))
    assert world.answers.kept == {}


def test_all_parts_of_our_answer_are_read_and_nobody_elses() -> None:
    us = BotIdentity(LEDGER, "T1")

    def part(ts: str, number: int, task_id: str = "a" * 32, **changes: object) -> dict[str, object]:
        mark = Mark(task_id, "answer", number, 2, "d")
        return {
            "ts": ts,
            "text": f"{number}",
            "bot_id": "BBOT",
            "metadata": metadata(mark, "C1"),
        } | (changes)

    forged = part("3.1", 2, text="forged", bot_id="B666")
    thread = [part("1.1", 1), part("2.1", 2), part("4.1", 1, "b" * 32), forged]
    assert answer_in(thread, "2.1", "C1", us) == "1\n\n2"
    assert answer_in(thread, "3.1", "C1", us) == ""
    assert answer_in(thread, "9.9", "C1", us) == ""
