"""How an answer grows before people's eyes, and what of Slack's limits it takes."""

from collections.abc import Sequence
from typing import Any

import pytest

from processor_service.delivery.context import AnswerContext
from processor_service.delivery.preview.live_preview import EVERY_S, LivePreview
from processor_service.delivery.preview.pace import FirstWords
from processor_service.delivery.preview.running_stream import STREAM_BYTES
from processor_service.delivery.reconcile import ExistingMessages, reconcile
from processor_service.delivery.slack_writer import SlackWriter, TaskRun
from processor_service.ports.answers import Answer
from processor_service.ports.conversations import Body, Posted
from processor_service.ports.work import Lease
from processor_service.rendering.incremental import IncrementalRenderer
from processor_service.rendering.messages import render_answer
from processor_service.resilience.lease import TaskLease
from shared.errors import UNSHOWABLE, OutcomeUnknown, SlackRefused, SlackUnavailable
from shared.ledger import Mark, growing_mark
from shared.retry import RetryPolicy
from tests.support.fakes.processor.conversations import FakeConversation
from tests.support.fakes.processor.growing import FakeBudget, FakeSigns
from tests.support.fakes.processor.retrying import Naps
from tests.support.fakes.processor.work import FakeLeases
from tests.support.tasks import a_task

TASK_ID = "0123456789abcdef0123456789abcdef"
WHOLE = Mark(TASK_ID, "answer", digest="d1")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def render(text: str) -> Sequence[Body]:
    return render_answer(Answer(text, "m"), "ja", 1000)


def a_growing(
    conversation: FakeConversation,
    clock: Clock,
    budget: FakeBudget | None = None,
    below: tuple[dict[str, Any], ...] = (),
    owner: str | None = "owner",
    first_words: FirstWords | None = None,
) -> LivePreview:
    task = a_task(task_id=TASK_ID)
    run = TaskRun(TaskLease(FakeLeases(), Lease(TASK_ID, "m1", owner)), RetryPolicy(3, Naps()))
    writer = SlackWriter(conversation, run)
    found = ExistingMessages(tuple(posted for posted, _ in conversation.messages))
    ctx = AnswerContext(task, writer, found, FakeSigns())
    budget = budget or FakeBudget()
    first_words = first_words or FirstWords(held_s=0.0)
    return LivePreview(ctx, budget, IncrementalRenderer(), below, clock, first_words)


async def grown(growing: LivePreview, clock: Clock, text: str, step: int) -> list[str]:
    """Let the text grow; what stood in the first message after each step."""
    seen = []
    for end in range(step, len(text), step):
        await growing.update(text[:end])
        clock.now += EVERY_S
        assert isinstance(growing.ctx.conversation, FakeConversation)
        seen.append(growing.ctx.conversation.texts()[0])
    return seen


@pytest.mark.parametrize("streams", [True, False], ids=["streamed", "edited"])
async def test_the_words_appear_one_after_the_other_in_one_message(streams: bool) -> None:
    conversation, clock = FakeConversation(can_stream=streams), Clock()
    growing = a_growing(conversation, clock)
    seen = await grown(growing, clock, "一つ、二つ、三つ、四つ。", 3)
    assert seen == ["一つ、", "一つ、二つ、", "一つ、二つ、三つ、"]
    assert len(conversation.messages) == 1
    assert growing.ways == {"stream" if streams else "edit"}


@pytest.mark.parametrize("owner", [None, "owner"], ids=["without a lease", "with a lease"])
async def test_without_a_lease_nothing_is_written_over_what_another_worker_shows(
    owner: str | None,
) -> None:
    conversation, clock = FakeConversation(), Clock()
    whole = (Posted("100.000001", WHOLE), Body("whole by now"))
    conversation.messages.append((Posted("100.000001", growing_mark(TASK_ID, 1)), Body("half")))
    growing = a_growing(conversation, clock, owner=owner)
    conversation.messages[0] = whole
    await grown(growing, clock, "一つ、二つ、三つ。", 3)
    assert (conversation.messages == [whole]) is (owner is None)


async def test_changes_are_a_second_apart() -> None:
    conversation, clock = FakeConversation(), Clock()
    growing = a_growing(conversation, clock)
    await growing.update("一つ、")
    await growing.update("一つ、二つ、")
    assert conversation.texts() == ["一つ、"]
    clock.now += EVERY_S
    await growing.update("一つ、二つ、三つ")
    assert conversation.texts() == ["一つ、二つ、三つ"]


async def test_without_budget_for_streams_it_is_edited_and_without_any_it_waits() -> None:
    conversation, clock = FakeConversation(can_stream=True), Clock()
    growing = a_growing(conversation, clock, FakeBudget(left=0))
    await grown(growing, clock, "一つ、二つ、三つ。", 3)
    assert conversation.texts() == ["一つ、"]
    assert growing.ways == {"edit"}


async def test_what_is_open_yet_is_held_back_in_a_stream_and_never_pings() -> None:
    conversation, clock = FakeConversation(can_stream=True), Clock()
    growing = a_growing(conversation, clock)
    text = "はい、<!channel> の皆さん、**太字**と`code`です。以上となります。"
    for seen in await grown(growing, clock, text, 1):
        assert "<!channel>" not in seen
        assert seen.count("**") % 2 == 0
        assert seen.count("`") % 2 == 0
    [body] = render(text)
    await growing.finish([body], WHOLE)
    assert conversation.texts() == [body.blocks[0]["text"]]


async def test_an_answer_goes_on_in_a_further_stream_before_slack_refuses_more() -> None:
    conversation, clock = FakeConversation(can_stream=True), Clock()
    growing = a_growing(conversation, clock)
    text = "\n\n".join("長い段落です。" * 20 for _ in range(60))
    await grown(growing, clock, text, 1500)
    bodies = render(text)
    assert len(bodies) > 2
    assert growing.ways == {"stream"}
    [first, *_, last] = conversation.messages
    assert first[1].blocks == bodies[0].blocks
    assert [posted.live for posted, _ in conversation.messages] == [False] * 2 + [True]
    assert [posted.mark.part for posted, _ in conversation.messages[:2]] == [1, 2]
    assert len(str(last[1].blocks[0]["text"]).encode()) <= STREAM_BYTES


async def test_a_streamed_message_ends_at_its_table_and_what_follows_is_edited_in() -> None:
    conversation, clock = FakeConversation(can_stream=True), Clock()
    growing = a_growing(conversation, clock)
    table = "| 項目 | 値 |\n|---|---|\n| 甲 | 1 |\n| 乙 | 2 |\n"
    text = f"前置きです。\n\n{table}\n後書きです。まだ続きます。"
    seen: list[list[str]] = []
    for end in range(4, len(text), 4):
        await growing.update(text[:end])
        clock.now += EVERY_S
        if conversation.messages:
            seen.append([block["type"] for block in conversation.messages[0][1].blocks])
    kinds = [each for number, each in enumerate(seen) if each not in seen[:number]]
    assert kinds == [["markdown"], ["markdown", "table", "markdown"]]
    assert growing.ways == {"stream", "edit"}
    [body] = render(text)
    found = await growing.finish([body], WHOLE)
    await reconcile([body], WHOLE, found, growing.ctx.writer)
    assert [shown.blocks for _, shown in conversation.messages] == [body.blocks]


async def test_what_stands_below_a_growing_answer_stands_below_its_last_message_only() -> None:
    stop = {"type": "actions", "block_id": "stop"}
    conversation, clock = FakeConversation(), Clock()
    growing = a_growing(conversation, clock, below=(stop,))
    text = "\n\n".join("長い段落です。" * 20 for _ in range(40))
    await grown(growing, clock, text, 1000)
    *full, last = [body.blocks for _, body in conversation.messages]
    assert last[-1] == stop
    assert full
    assert all(stop not in blocks for blocks in full)


async def test_a_stream_is_left_before_its_life_ends() -> None:
    conversation, clock = FakeConversation(can_stream=True), Clock()
    growing = a_growing(conversation, clock)
    await growing.update("一つ、")
    clock.now += 300.0
    await growing.update("一つ、二つ、")
    [(posted, _)] = conversation.messages
    assert not posted.live
    assert conversation.texts() == ["一つ、二つ、"]


async def test_a_step_that_slack_refuses_for_now_is_left_out() -> None:
    conversation, clock = FakeConversation(), Clock()
    growing = a_growing(conversation, clock)
    await growing.update("一つ、")
    clock.now += EVERY_S
    conversation.failures["update"] = [(SlackUnavailable("429", retry_after_s=30.0), False)]
    await growing.update("一つ、二つ、")
    clock.now += EVERY_S
    await growing.update("一つ、二つ、三つ")
    assert conversation.texts() == ["一つ、二つ、三つ"]


async def test_another_attempt_replaces_the_words_of_the_first() -> None:
    conversation, clock = FakeConversation(can_stream=True), Clock()
    growing = a_growing(conversation, clock)
    await growing.update("最初の試み、")
    clock.now += EVERY_S
    await growing.update("二度目の")
    assert conversation.texts() == ["二度目の"]
    assert len(conversation.messages) == 1


@pytest.mark.parametrize(
    "error",
    [
        SlackRefused("no", slack_error="unknown_method"),
        SlackRefused("no", slack_error="channel_type_not_supported"),
        SlackUnavailable("429", reason="slack_rate_limited", retry_after_s=30.0),
    ],
    ids=["for good", "here", "for now"],
)
async def test_where_no_stream_can_begin_the_words_appear_at_once_and_are_edited(
    error: SlackRefused | SlackUnavailable,
) -> None:
    conversation, clock = FakeConversation(can_stream=True), Clock()
    conversation.failures["start"] = [(error, False)]
    growing = a_growing(conversation, clock)
    assert await grown(growing, clock, "一つ、二つ、三つ、四つ。", 3) == [
        "一つ、",
        "一つ、二つ、",
        "一つ、二つ、三つ、",
    ]
    assert growing.ways == {"edit"}


async def test_a_stream_whose_start_was_not_confirmed_is_written_on_in() -> None:
    conversation, clock = FakeConversation(can_stream=True), Clock()
    conversation.failures["start"] = [(OutcomeUnknown("lost"), True)]
    growing = a_growing(conversation, clock)
    await growing.update("一つ、")
    assert growing.ways == set()
    clock.now += EVERY_S
    await growing.update("一つ、二つ、三")
    assert conversation.texts() == ["一つ、二つ、三"]
    assert growing.ways == {"stream"}


async def test_a_stream_that_did_not_begin_is_begun_again_a_second_later() -> None:
    conversation, clock = FakeConversation(can_stream=True), Clock()
    conversation.failures["start"] = [(OutcomeUnknown("lost"), False)]
    growing = a_growing(conversation, clock)
    await growing.update("一つ、")
    assert conversation.messages == []
    clock.now += EVERY_S
    await growing.update("一つ、二つ、三")
    assert conversation.texts() == ["一つ、二つ、三"]


async def test_beside_a_stream_that_may_have_begun_nothing_is_shown_without_having_looked() -> None:
    conversation, clock = FakeConversation(can_stream=True), Clock()
    conversation.failures["start"] = [(OutcomeUnknown("lost"), True)]
    conversation.failures["find"] = [(OutcomeUnknown("lost"), False)]
    growing = a_growing(conversation, clock)
    for end in (3, 6, 9):
        await growing.update("一つ、二つ、三つ"[:end])
        clock.now += EVERY_S
    assert conversation.texts() == ["一つ、"]
    bodies = render("一つ、二つ、三つ。")
    found = await growing.finish(bodies, WHOLE)
    await reconcile(bodies, WHOLE, found, growing.ctx.writer)
    assert conversation.texts() == ["一つ、二つ、三つ。"]


async def test_what_slack_refuses_to_change_is_not_tried_each_second() -> None:
    conversation, clock = FakeConversation(), Clock()
    growing = a_growing(conversation, clock)
    await growing.update("一つ、")
    refused = SlackRefused("no", slack_error="no_permission")
    conversation.failures["update"] = [(refused, False)] * 3
    for end in (6, 9, 10):
        clock.now += EVERY_S
        await growing.update("一つ、二つ、三つ、"[:end])
    assert len(conversation.failures["update"]) == 2


@pytest.mark.parametrize("code", ["message_not_in_streaming_state", "msg_too_long"])
async def test_a_stream_that_takes_no_more_is_edited_from_then_on(code: str) -> None:
    conversation, clock = FakeConversation(can_stream=True), Clock()
    growing = a_growing(conversation, clock)
    await growing.update("一つ、")
    reason = "slack_unshowable" if code == "msg_too_long" else None
    refused = SlackRefused("no", slack_error=code, reason=reason)
    conversation.failures["append"] = [(refused, False)]
    clock.now += EVERY_S
    await growing.update("一つ、二つ、")
    assert conversation.texts() == ["一つ、二つ、"]


@pytest.mark.parametrize("taken", [True, False])
async def test_words_that_slack_may_have_added_to_a_stream_are_not_added_again(taken: bool) -> None:
    conversation, clock = FakeConversation(can_stream=True), Clock()
    growing = a_growing(conversation, clock)
    await growing.update("一つ、")
    conversation.failures["append"] = [(OutcomeUnknown("lost"), taken)]
    clock.now += EVERY_S
    await growing.update("一つ、二つ、")
    bodies = render("一つ、二つ、三つ。")
    found = await growing.finish(bodies, WHOLE)
    await reconcile(bodies, WHOLE, found, growing.ctx.writer)
    assert conversation.texts() == ["一つ、二つ、三つ。"]


_LAYOUT_REFUSED = SlackRefused("no", slack_error="invalid_blocks", reason=UNSHOWABLE)


@pytest.mark.parametrize("before", [[], [(_LAYOUT_REFUSED, False)]], ids=["at all", "as it is"])
async def test_a_stream_whose_end_does_not_reach_slack_is_not_left_beside_the_answer(
    before: list[tuple[Exception, bool]],
) -> None:
    conversation, clock = FakeConversation(can_stream=True), Clock()
    growing = a_growing(conversation, clock)
    await growing.update("一つ、")
    unreached: list[tuple[Exception, bool]] = [(SlackUnavailable("no connection"), False)] * 3
    conversation.failures["end"] = before + unreached
    clock.now += 300.0
    await growing.update("一つ、二つ、")
    clock.now += EVERY_S
    await growing.update("一つ、二つ、三つ")
    bodies = render("一つ、二つ、三つ。")
    found = await growing.finish(bodies, WHOLE)
    await reconcile(bodies, WHOLE, found, growing.ctx.writer)
    assert conversation.texts() == ["一つ、二つ、三つ。"]
    assert not any(posted.live for posted, _ in conversation.messages)
