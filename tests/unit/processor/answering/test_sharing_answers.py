"""Which questions share an answer: equal ones only, and nobody learns what others asked unseen."""

import asyncio

import pytest

from processor_service.ports.model import Chunk
from processor_service.resilience.run_leased import Outcome
from shared.task import Source, Task
from tests.support.fakes.processor.model import FakeModel
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task

SAYS_SO = "以前の同じ質問"


def another(**changes: object) -> Task:
    return a_task(task_id="f" * 32, **changes)


async def calls_for(world: World, *tasks: Task) -> int:
    for number, task in enumerate(tasks):
        assert await world.answer(task, f"m{number}") is Outcome.ANSWERED
    return len(world.model.asked)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("½ は有理数ですか", "1⁄2 は有理数ですか"),
        ("x² を微分してください", "x2 を微分してください"),
        ("「ﾃｽﾄ」は全角ですか", "「テスト」は全角ですか"),
        ("①は何ですか", "1は何ですか"),
        ("a  b の空白は何文字ですか", "a b の空白は何文字ですか"),
        ("if x:\n    y()\nz()", "if x:\n    y()\n    z()"),
        ("a\nb", "a b"),
        ("ABC と書いて", "ＡＢＣ と書いて"),
        ("が は何文字ですか", "か\u3099 は何文字ですか"),
    ],
)
async def test_questions_that_differ_in_a_character_or_a_blank_have_answers_of_their_own(
    one: str, other: str
) -> None:
    assert await calls_for(World(), a_task(text=one), another(text=other)) == 2


async def test_blanks_at_the_two_ends_make_no_difference() -> None:
    assert await calls_for(World(), a_task(text="素数とは"), another(text="\n 素数とは  ")) == 1


@pytest.mark.parametrize("where", ["direct", "private", "unknown"])
async def test_nobody_learns_from_the_note_below_an_answer_what_was_asked_where_they_cannot_read(
    where: str,
) -> None:
    world = World()
    channel = {"direct": "D1", "private": "C8", "unknown": "C9"}[where]
    world.channels.hidden, world.channels.unknown = {"D1", "C8"}, {"C9"}
    secret = a_task(channel_id=channel, source=Source.DM if where == "direct" else Source.MENTION)
    assert await calls_for(world, secret, another(channel_id="C1", user_id="U2")) == 2
    assert SAYS_SO not in str(world.conversation.messages)
    again = a_task(task_id="e" * 32, channel_id=channel)
    await world.answer(again, "m9")
    assert len(world.model.asked) == 2, "one's own answer comes from the cache"


async def test_what_was_asked_in_public_is_not_given_to_who_asks_in_private_either() -> None:
    world = World()
    world.channels.hidden = {"D1"}
    assert await calls_for(world, a_task(), another(channel_id="D1", user_id="U2")) == 2


async def test_equal_questions_of_two_people_in_private_do_not_wait_for_each_other() -> None:
    world = World(model=FakeModel([[Chunk("答え", finished=True)]]))
    world.channels.hidden = {"D1", "D2"}
    await asyncio.gather(
        world.answer(a_task(channel_id="D1"), "m1"),
        world.answer(another(channel_id="D2", user_id="U2"), "m2"),
    )
    assert len(world.model.asked) == 2
