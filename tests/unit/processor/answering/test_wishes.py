"""A shorter or longer answer: the wish reaches the model, not the cache of plain questions."""

import pytest

from processor_service.answering.single_flight import cache_key
from processor_service.ports.model import Prompt
from processor_service.prompt.build import PromptConfig, PromptContext, prompt_for
from shared.task import Mode, Source, Task, Wish
from tests.support.fakes.processor.model import saying
from tests.support.fakes.processor.world import World
from tests.support.tasks import NOON, a_task


def told(task: Task) -> Prompt:
    return prompt_for(task, PromptContext(NOON.date()), PromptConfig())


WISHED = [a_task(wish=wish) for wish in (None, *Wish)]


def test_each_wish_has_an_answer_of_its_own_in_the_cache() -> None:
    assert len({cache_key(task, told(task), "m", "") for task in WISHED}) == 3


def test_a_wish_is_no_part_of_the_words_of_a_question() -> None:
    shorter = a_task(wish=Wish.SHORTER)
    key_of_shorter = cache_key(shorter, told(shorter), "m", "")
    said = a_task(text="素数とは何ですか\0shorter")
    assert cache_key(said, told(said), "m", "") != key_of_shorter


@pytest.mark.parametrize("mode", [Mode.CHAT, Mode.AUTO])
@pytest.mark.parametrize(
    ("locale", "short", "long"), [("ja", "短い", "詳しい"), ("en", "short", "longer")]
)
def test_the_model_is_told_how_long(locale: str, short: str, long: str, mode: Mode) -> None:
    plain, shorter, longer = (
        told(task.model_copy(update={"locale": locale, "mode": mode})).system for task in WISHED
    )
    assert shorter.startswith(plain)
    assert longer.startswith(plain)
    assert short in shorter.removeprefix(plain)
    assert long in longer.removeprefix(plain)


async def test_a_shorter_answer_is_not_served_for_a_plain_question() -> None:
    world = World()
    await world.answer(a_task(wish=Wish.SHORTER, source=Source.BUTTON))
    world.model.scripts = [saying("普通の長さの回答です。")]
    await world.answer(a_task(task_id="f" * 32), "m2")
    assert world.conversation.texts()[-1] == "普通の長さの回答です。"
