"""Answers in modes, from the model's JSON to what stands in Slack."""

import json

import pytest

from processor_service.ports.conversations import Body
from processor_service.ports.model import Chunk
from processor_service.resilience.run_leased import Outcome
from shared.errors import SlackRefused
from shared.task import Mode, Source, Task
from tests.support.fakes.processor.model import FakeModel, saying
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task

CODE = json.dumps(
    {
        "mode": "code",
        "language": "python",
        "explanation": "割り切れるかを調べます。",
        "code": "print(1)",
        "suggestions": ["型を付けます。"],
    },
    ensure_ascii=False,
)
CODE_SHOWN = (
    "### 説明\n\n割り切れるかを調べます。\n\n"
    "```python\nprint(1)\n```\n\n"
    "### 提案\n\n- 型を付けます。"
)


def buttons(body: Body) -> list[str]:
    actions = [block for block in body.blocks if block["type"] == "actions"]
    return [element["action_id"] for block in actions for element in block["elements"]]


@pytest.mark.parametrize("streams", [True, False], ids=["streamed", "edited"])
async def test_a_structured_answer_grows_in_its_final_layout_and_names_its_mode(
    streams: bool,
) -> None:
    pieces = [Chunk(CODE[at : at + 20]) for at in range(0, len(CODE), 20)]
    world = World(model=FakeModel([[*pieces, Chunk(finished=True)]]))
    world.conversation.can_stream = streams
    assert await world.answer(a_task(mode=Mode.AUTO)) is Outcome.ANSWERED
    [(_, body)] = world.conversation.messages
    assert world.conversation.texts() == [CODE_SHOWN]
    assert "コードモード" in str(body.blocks)
    assert buttons(body) == ["regenerate", "mode"]
    assert world.conversation.posts == 1


async def test_a_structured_answer_from_the_cache_looks_the_same_and_says_so() -> None:
    world = World(model=FakeModel([saying(CODE)]))
    await world.answer(a_task(mode=Mode.AUTO))
    await world.answer(a_task(mode=Mode.AUTO, task_id="f" * 32), "m2")
    assert len(world.model.asked) == 1
    assert world.conversation.texts() == [CODE_SHOWN] * 2
    first, again = [body for _, body in world.conversation.messages]
    assert again.blocks[0] == first.blocks[0]
    assert buttons(again) == buttons(first)
    assert "以前の同じ質問" in str(again.blocks)
    assert "以前の同じ質問" not in str(first.blocks)


async def test_each_mode_has_an_answer_of_its_own_in_the_cache() -> None:
    world = World(model=FakeModel([saying(CODE)]))
    await world.answer(a_task(mode=Mode.AUTO))
    await world.answer(a_task(mode=Mode.CODE, task_id="f" * 32), "m2")
    assert len(world.model.asked) == 2


def privately() -> Task:
    return a_task(
        source=Source.SLASH_COMMAND,
        mode=Mode.AUTO,
        thread_ts=None,
        message_ts=None,
        response_url="https://r",
        private=True,
    )


async def test_a_private_question_is_shown_and_answered_in_its_askers_direct_messages() -> None:
    world = World(model=FakeModel([saying(CODE)]))
    world.conversation.can_stream = True
    assert await world.answer(privately()) is Outcome.ANSWERED
    assert world.conversations.asked_in == ["D1"]
    [(shown, question)] = world.conversations.shown.messages
    assert shown.mark.role == "question"
    assert question.text == "<#C1> でのご質問です。\n> 素数とは何ですか"
    assert world.conversations.opened == [shown.ts]
    [(_, body)] = world.conversation.messages
    assert "コードモード" in str(body.blocks)
    assert buttons(body) != []
    assert world.conversations.to_asker.messages == []


async def test_without_direct_messages_a_private_answer_is_an_ephemeral_one() -> None:
    world = World(model=FakeModel([saying(CODE)]))
    world.conversations.direct_refused = SlackRefused("no", slack_error="missing_scope")
    assert await world.answer(privately()) is Outcome.ANSWERED
    [(_, body)] = world.conversations.to_asker.messages
    assert "コードモード" in str(body.blocks)
    assert buttons(body) == []
    assert world.conversation.messages == []


async def test_a_malformed_answer_is_handed_back_with_its_reason() -> None:
    world = World(model=FakeModel([saying(CODE[:-2])]), retries=1)
    assert await world.answer(a_task(mode=Mode.AUTO)) is Outcome.TRY_LATER
    assert world.leases.reasons == {a_task().task_id: "answer_malformed"}


async def test_a_structured_answer_cut_at_its_limit_shows_what_came_and_says_so() -> None:
    at = CODE.index("print") + 4
    world = World(model=FakeModel([[Chunk(CODE[:at], finished=True, truncated=True)]]))
    assert await world.answer(a_task(mode=Mode.CODE)) is Outcome.ANSWERED
    [shown] = world.conversation.texts()
    assert "```python\nprin\n```\n\n" in shown
    assert "長さの上限" in shown
