"""A private answer is shared once, by its asker, as what was asked and answered in the channel."""

from typing import Any

import pytest

from processor_service.features.share import share_answer
from processor_service.ports.answers import Answer
from processor_service.ports.conversations import Body, Posted, PrivateAnswer
from processor_service.rendering.footer import answer_footer
from processor_service.resilience.run_leased import Outcome
from shared.errors import SlackRefused, SlackUnavailable
from shared.ledger import Mark
from shared.signing import signed_blocks
from shared.slack.blocks import context
from shared.slack.message import MessageRef
from shared.task import Kind, Mode, Share, Source, Task, task_id_of_share
from tests.support.fakes.processor.conversations import FakeConversation
from tests.support.fakes.processor.world import World
from tests.support.signed import SIGNING
from tests.support.tasks import a_task

ANSWER, ROOT, LAST = "a" * 32, "100.000001", "100.000009"


def a_share() -> Task:
    return a_task(
        kind=Kind.SHARE,
        source=Source.BUTTON,
        task_id=task_id_of_share("T1", "C9", ANSWER),
        channel_id="D1",
        message_ts=LAST,
        text="",
        response_url="https://hooks.example/1",
        share=Share(task_id=ANSWER, channel_id="C9", mode=Mode.CODE),
    )


def the_row() -> list[dict[str, Any]]:
    """As it stands below the private answer, signed for its place."""
    asked = a_task(source=Source.SLASH_COMMAND, mode=Mode.AUTO, private=True, channel_id="C9")
    answer = Answer("x", "m", mode=Mode.CODE)
    blocks = answer_footer(asked, answer, MessageRef("D1", ROOT, ROOT), cached=False)
    return signed_blocks(blocks, "D1", SIGNING)


@pytest.fixture
def world() -> World:
    world = World()
    world.conversations.names["U1"] = "山田 花"
    world.conversation.place = MessageRef("C9", "200.000001", "200.000001")
    note = context("↻ <https://acme.slack.com/archives/D1/p1|この回答>を短くしました")
    marks = [Mark(ANSWER, "answer", number, 2, "d") for number in (1, 2)]
    said: list[dict[str, Any]] = [{"type": "markdown", "text": "一", "block_id": "b1"}]
    last: list[dict[str, Any]] = [{"type": "markdown", "text": "二"}, note, *the_row()]
    parts = (
        Posted("100.000008", marks[0], shown=Body("一", tuple(said))),
        Posted(LAST, marks[1], shown=Body("二", tuple(last))),
    )
    world.threads.private[LAST] = PrivateAnswer("素数とは", Mode.AUTO, parts)
    private = FakeConversation()
    private.messages += [(part, part.shown or Body("")) for part in parts]
    world.conversations.threads[ROOT] = private
    return world


async def shared(world: World, message_id: str = "m1") -> Outcome:
    return await share_answer(a_share(), message_id, world.deps())


def rows(body: Body) -> list[list[str]]:
    return [
        [element["action_id"] for element in block["elements"]]
        for block in body.blocks
        if block["type"] in {"actions", "context_actions"}
    ]


async def test_the_question_and_all_of_its_answer_are_posted_in_the_channel(world: World) -> None:
    assert await shared(world) is Outcome.ANSWERED
    assert world.conversations.asked_in == ["C9"]
    [(root, question)] = world.conversations.shown.messages
    assert root.mark == Mark(a_share().task_id, "question")
    assert question.text == "山田 花 さんが共有した質問と回答です。\n> 素数とは"
    (first, one), (second, two) = world.conversation.messages
    assert (first.mark.part, second.mark.part, second.mark.parts) == (1, 2, 2)
    assert one.blocks == ({"type": "markdown", "text": "一"},)
    assert two.blocks[0] == {"type": "markdown", "text": "二"}
    assert rows(two) == [["regenerate", "mode"], ["feedback"]]
    assert "/archives/D1/" not in str(two.blocks)


async def test_behind_that_the_private_answer_says_so_instead_of_offering_it(world: World) -> None:
    await shared(world)
    [*_, (_, last)] = world.conversations.threads[ROOT].messages
    assert rows(last) == [["regenerate", "mode"], ["feedback"]]
    link = "https://acme.slack.com/archives/C9/p200000001"
    assert f"<#C9> に共有しました (<{link}|開く>)" in str(last.blocks)
    assert "signature" not in str(last.blocks), "they are signed again when they are posted"


async def test_it_is_posted_once_however_often_it_is_pressed(world: World) -> None:
    await shared(world)
    assert await shared(world, "m2") is Outcome.ALREADY_DONE
    world.leases.done.clear()
    assert await shared(world, "m3") is Outcome.ANSWERED, "Redis was lost"
    assert len(world.conversations.shown.messages) == 1
    assert len(world.conversation.messages) == 2


async def test_a_worker_that_died_in_between_is_followed_by_one_that_goes_on(world: World) -> None:
    world.conversation.failures["post"] = [(SlackUnavailable("later"), False)] * 9
    assert await shared(world) is Outcome.TRY_LATER
    world.conversation.failures.clear()
    assert await shared(world) is Outcome.ANSWERED
    assert len(world.conversations.shown.messages) == 1
    assert len(world.conversation.messages) == 2


async def test_an_answer_without_its_button_was_shared_already(world: World) -> None:
    found = world.threads.private[LAST]
    bare = [Posted(one.ts, one.mark, shown=Body("二")) for one in found.parts]
    world.threads.private[LAST] = PrivateAnswer(found.prompt, found.mode, tuple(bare))
    assert await shared(world) is Outcome.ALREADY_DONE
    assert world.conversations.shown.messages == []


async def test_who_has_left_the_channel_is_told_and_may_press_again(world: World) -> None:
    world.channels.left.add(("U1", "C9"))
    assert await shared(world) is Outcome.NOTED
    assert world.conversations.shown.messages == []
    [(_, told)] = world.conversations.to_asker.messages
    assert "メンバーではない" in told.text
    world.channels.left.clear()
    assert await shared(world, "m2") is Outcome.ANSWERED


async def test_where_we_may_not_post_the_presser_is_told_how_to_invite_us(world: World) -> None:
    refused = SlackRefused("no", slack_error="not_in_channel", reason="slack_not_there")
    world.conversations.shown.failures["find"] = [(refused, False)]
    assert await shared(world) is Outcome.NOTED
    [(_, told)] = world.conversations.to_asker.messages
    assert "/invite" in told.text


async def test_an_answer_that_is_gone_cannot_be_shared(world: World) -> None:
    world.threads.private.clear()
    assert await shared(world) is Outcome.NOTED
    [(_, told)] = world.conversations.to_asker.messages
    assert "見つかりませんでした" in told.text
