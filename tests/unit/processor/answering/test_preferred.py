"""What a user chose on their Home: the language they are told in, the mode of plain questions."""

import json
from typing import Any

import pytest

from processor_service.answering.user_preferences import as_chosen
from processor_service.resilience.run_leased import Outcome
from shared.errors import ModelRejected
from shared.task import Earlier, Kind, Mode, Preferences, Purpose, Subject, Task, Wish
from tests.support.fakes.processor.model import FakeModel, saying
from tests.support.fakes.processor.world import World
from tests.support.tasks import NOON, a_task

CODE = json.dumps(
    {
        "mode": "code",
        "language": "python",
        "explanation": "1 + 1 = 2",
        "code": "print(1)",
        "suggestions": ["x = 1"],
    }
)
SUBJECT = Subject(purpose=Purpose.EXPLAIN, channel_id="C1", message_ts="1700000000.000100")


def chosen(**choice: Any) -> World:
    world = World(model=FakeModel([saying(CODE)]))
    world.preferences.kept["U1"] = Preferences(chosen_at=NOON, **choice)
    return world


@pytest.mark.parametrize("mode", [Mode.CHAT, Mode.AUTO])
async def test_a_plain_question_is_answered_in_the_default_mode_and_the_chosen_language(
    mode: Mode,
) -> None:
    world = chosen(mode=Mode.CODE, language="en")
    world.people.locales["U1"] = "ja"
    assert await world.answer(a_task(mode=mode)) is Outcome.ANSWERED
    [(_, body)] = world.conversation.messages
    # The words are of no language, so the headings are in the reader's.
    assert "### Explanation" in str(body.blocks)
    assert "Code mode" in str(body.blocks)
    assert "Regenerate" in str(body.blocks)


@pytest.mark.parametrize(
    "task",
    [
        a_task(mode=Mode.DATA),
        a_task(wish=Wish.SHORTER, earlier=Earlier(message_ts="1700000000.000200")),
        a_task(earlier=Earlier(message_ts="1700000000.000200")),
        a_task(subject=SUBJECT),
    ],
    ids=["explicit", "shorter", "regenerate", "shortcut"],
)
async def test_an_explicit_mode_and_what_is_about_something_else_keep_theirs(task: Task) -> None:
    source = chosen(mode=Mode.CODE).deps().source
    assert (await as_chosen(task, source)).mode is task.mode
    assert (await as_chosen(a_task(), source)).mode is Mode.CODE


async def test_who_chose_nothing_is_answered_as_before() -> None:
    world = World()
    world.people.locales["U1"] = "en"
    await world.answer(a_task())
    [(_, body)] = world.conversation.messages
    assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]
    assert "Regenerate" in str(body.blocks)


async def test_a_notice_is_in_the_chosen_language() -> None:
    world = chosen(language="en")
    world.people.locales["U1"] = "ja"
    world.model.scripts = [[ModelRejected("403", reason="model_denied")]]
    assert await world.answer(a_task()) is Outcome.TOLD_FAILURE
    [(_, body)] = world.conversation.messages
    assert "Try again" in str(body.blocks) or "Retry" in str(body.blocks)


async def test_without_redis_the_language_is_slacks_and_the_mode_the_questions_own() -> None:
    world = chosen(mode=Mode.CODE, language="en")
    world.preferences.lost = True
    world.people.locales["U1"] = "ja"
    await world.answer(a_task())
    [(_, body)] = world.conversation.messages
    assert world.conversation.texts() == [CODE]
    assert "再生成" in str(body.blocks)


def test_a_task_carries_choices_only_where_there_are_some() -> None:
    assert b"preferences" not in a_task().encode()
    choices = Preferences(language="en", mode=Mode.CODE, chosen_at=NOON)
    task = a_task(kind=Kind.HOME, preferences=choices)
    assert Task.decode(task.encode()).preferences == choices


async def test_an_answer_waits_for_the_choices_once() -> None:
    world = chosen(mode=Mode.CODE, language="en")
    of, looks = world.preferences.of, list[str]()

    async def counted(user_id: str) -> Preferences:
        looks.append(user_id)
        return await of(user_id)

    world.preferences.of = counted  # type: ignore[method-assign]  # each look is a call to Redis
    await world.answer(a_task())
    assert looks == ["U1"]
