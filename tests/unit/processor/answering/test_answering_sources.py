"""Answers for which something was looked up, and the day they are given for."""

from datetime import timedelta
from typing import Any

from processor_service.ports.citations import Citations, WebPage
from processor_service.ports.conversations import Body
from processor_service.ports.generation_options import OptionsByMode, Tool
from processor_service.ports.model import Chunk
from processor_service.prompt.build import PromptConfig
from processor_service.resilience.run_leased import Outcome
from shared.errors import SlackRefused
from tests.support.fakes.processor.model import FakeModel
from tests.support.fakes.processor.world import World
from tests.support.tasks import NOON, a_task

FOUND = Citations((WebPage("https://a.example/1", "一つ目"),), ("素数",))
LINK = "1. <https://a.example/1|一つ目>"


def saying(text: str, sources: Citations) -> FakeModel:
    half = len(text) // 2
    return FakeModel([[Chunk(text[:half]), Chunk(text[half:], finished=True, sources=sources)]])


def links(body: Body) -> list[str]:
    context: list[dict[str, Any]] = [b for b in body.blocks if b["type"] == "context"]
    return [element["text"] for block in context for element in block["elements"]]


async def test_sources_are_part_of_the_one_message_that_holds_the_answer() -> None:
    for streams in (True, False):
        world = World(model=saying("素数は1と自身でのみ割れます。", FOUND))
        world.conversation.can_stream = streams
        assert await world.answer() is Outcome.ANSWERED
        [(posted, body)] = world.conversation.messages
        assert (posted.mark.part, posted.mark.parts) == (1, 1)
        assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]
        assert LINK in links(body)


async def test_a_successor_shows_the_sources_that_the_dead_worker_had() -> None:
    world = World(model=saying("答え", FOUND))
    world.saved.dies_early = True
    await world.answer()
    [(first, _)] = world.conversation.messages
    world.conversation.messages.clear()
    world.leases.done.clear()
    await world.answer(message_id="m2")
    [(again, body)] = world.conversation.messages
    assert len(world.model.asked) == 1
    assert LINK in links(body)
    assert again.mark == first.mark


async def test_other_sources_make_another_answer() -> None:
    marks = []
    for sources in (FOUND, Citations()):
        world = World(model=saying("答え", sources))
        await world.answer()
        marks.append(world.conversation.messages[0][0].mark.digest)
    assert len(set(marks)) == 2


async def test_an_answer_from_the_cache_keeps_its_sources() -> None:
    world = World(model=saying("答え", FOUND))
    await world.answer()
    await world.answer(a_task(task_id="f" * 32), "m2")
    assert len(world.model.asked) == 1
    assert LINK in links(world.conversation.messages[-1][1])


async def test_an_answer_that_had_to_do_without_its_search_says_so_and_is_not_cached() -> None:
    world = World(model=saying("答え", Citations(missing=True)))
    await world.answer()
    [(_, body)] = world.conversation.messages
    assert links(body) == ["検索は使われていません。モデルの知識だけでお答えしています。"]
    assert world.answers.kept == {}


async def test_sources_stand_below_an_answer_in_plain_text_too() -> None:
    world = World(model=FakeModel([[Chunk("答え", finished=True, sources=FOUND)]]))
    refused = SlackRefused("no", slack_error="invalid_blocks", reason="slack_unshowable")
    world.conversation.failures["post"] = [(refused, False)]
    assert await world.answer() is Outcome.ANSWERED
    [(_, body)] = world.conversation.messages
    assert "1. 一つ目 https://a.example/1" in body.text


async def test_the_model_is_told_the_askers_day_the_workspace_and_the_operators_text() -> None:
    world = World(prompt_config=PromptConfig(operator_text="敬称は「さん」です。"))
    world.people.utc_offsets["U1"] = timedelta(hours=13)
    await world.answer()
    [(prompt, _)] = world.model.asked
    assert "2026年11月25日（水）" in prompt.system
    assert "ワークスペース「Acme」" in prompt.system
    assert "敬称は「さん」です。" in prompt.system


async def test_the_same_question_on_the_next_day_is_asked_anew() -> None:
    world = World()
    await world.answer()
    tomorrow = NOON + timedelta(hours=4)
    await world.answer(a_task(task_id="f" * 32, occurred_at=tomorrow), "m2")
    assert len(world.model.asked) == 2


async def test_tools_that_were_switched_on_are_not_hidden_by_the_cache() -> None:
    world = World()
    await world.answer()
    world.prompt_config = PromptConfig(OptionsByMode(tools=(Tool.GOOGLE_SEARCH,)))
    await world.answer(a_task(task_id="f" * 32), "m2")
    assert [prompt.options.tools for prompt, _ in world.model.asked] == [(), (Tool.GOOGLE_SEARCH,)]
