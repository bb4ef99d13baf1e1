import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest

from processor_service.answering import Delivery, give_up
from processor_service.caching import draft_key
from processor_service.limits import Refusal
from processor_service.ports.conversations import Body, Posted
from processor_service.ports.model import Piece, Prompt
from processor_service.rendering import PART_BYTES
from processor_service.statuses import Statuses
from processor_service.working import Outcome
from shared.errors import (
    ModelRefused,
    ModelRejected,
    ModelUnavailable,
    OutcomeUnknown,
    SlackDenied,
    SlackRefused,
    SlackUnavailable,
)
from shared.ledger import Mark, growing_mark
from shared.task import Source
from tests.processor_fakes.model import FakeModel, saying
from tests.processor_fakes.world import World
from tests.tasks import a_task


class Silent(FakeModel):
    """A model that takes the question and never says a word."""

    def __init__(self) -> None:
        super().__init__([])
        self.waiting = asyncio.Event()

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Piece, None]:
        self.waiting.set()
        await asyncio.Event().wait()
        yield Piece()


def at_once() -> FakeModel:
    """A model whose whole answer comes in one piece, so that nobody sees it grow."""
    return FakeModel([[Piece("素数は1と自身でのみ割れます。", finished=True)]])


async def test_a_question_is_answered_and_marked_done() -> None:
    world = World()
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]
    assert a_task().task_id in world.leases.done


async def test_a_redelivered_question_is_answered_once() -> None:
    world = World()
    await world.answer()
    world.conversation.statuses.clear()
    assert await world.answer() is Outcome.ALREADY_DONE
    assert len(world.conversation.messages) == 1
    await world.statuses.close()
    assert world.conversation.statuses == [""]


async def test_with_redis_lost_in_between_the_ledger_still_prevents_a_second_answer() -> None:
    world = World()
    await world.answer()
    world.leases.done.clear()
    assert await world.answer(message_id="m2") is Outcome.ALREADY_DONE
    assert len(world.conversation.messages) == 1
    assert len(world.model.asked) == 1


async def test_a_half_posted_answer_is_completed_in_place() -> None:
    long = "\n\n".join(f"{n} " + "あ" * 900 for n in range(30))
    world = World(model=FakeModel([saying(long)]))
    old = Posted("150.000001", Mark(a_task().task_id, "answer", 1, 3))
    await world.conversation.post(Body("", ({"type": "markdown", "text": "old"},)), old.mark)
    assert await world.answer() is Outcome.ANSWERED
    marks = [posted.mark for posted, _ in world.conversation.messages]
    assert [mark.part for mark in marks] == list(range(1, len(marks) + 1))
    assert len(marks) >= len(long) // PART_BYTES
    assert "\n\n".join(world.conversation.texts()).count("あ") == long.count("あ")


@pytest.mark.parametrize("model", [FakeModel([saying("はい。")]), at_once()])
async def test_a_post_whose_answer_was_lost_is_found_and_not_repeated(model: FakeModel) -> None:
    world = World(model=model)
    world.conversation.failures["post"] = [(OutcomeUnknown("dropped"), True)]
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.posts == 1
    assert len(world.conversation.messages) == 1


@pytest.mark.parametrize("model", [FakeModel([saying("はい。")]), at_once()])
async def test_a_post_that_never_arrived_is_repeated_once(model: FakeModel) -> None:
    world = World(model=model)
    world.conversation.failures["post"] = [(OutcomeUnknown("dropped"), False)]
    assert await world.answer() is Outcome.ANSWERED
    assert len(world.conversation.messages) == 1


async def test_a_rate_limited_post_waits_as_long_as_slack_asks() -> None:
    world = World(model=at_once())
    world.conversation.failures["post"] = [(SlackUnavailable("429", retry_after_s=7.0), False)]
    assert await world.answer() is Outcome.ANSWERED
    [nap] = world.naps.seconds
    assert 7.0 <= nap <= 7.0 * 1.2


async def test_another_delivery_of_the_holders_message_is_refused_and_of_a_twin_dropped() -> None:
    world = World()
    await world.leases.claim(a_task().task_id, "m1")
    assert await world.answer() is Outcome.HELD
    assert await world.answer(message_id="m2") is Outcome.DUPLICATE
    assert world.conversation.messages == []


async def test_a_lease_lost_before_the_post_stops_the_worker_from_writing() -> None:
    world = World()
    task = a_task()

    class StolenWhileGenerating(FakeModel):
        async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Piece, None]:
            world.leases.steal(task.task_id)
            yield Piece("late", finished=True)

    world.model = StolenWhileGenerating([])
    assert await world.answer(task, "m1") is Outcome.TRY_LATER
    assert world.conversation.messages == []


async def test_a_lease_lost_while_waiting_for_the_model_ends_the_wait() -> None:
    world = World()
    world.model = silent = Silent()
    running = asyncio.create_task(world.answer())
    await silent.waiting.wait()
    world.leases.steal(a_task().task_id)
    async with asyncio.timeout(5):
        assert await running is Outcome.TRY_LATER


async def test_a_cancelled_worker_hands_its_task_back() -> None:
    world = World()
    world.model = silent = Silent()
    running = asyncio.create_task(world.answer())
    await silent.waiting.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert world.leases.held == {}
    world.model = FakeModel([saying("ok")])
    assert await world.answer() is Outcome.ANSWERED


async def test_a_model_that_stays_away_hands_the_task_back_after_its_fallback() -> None:
    world = World(model=FakeModel([[ModelUnavailable("503")]]), retries=2)
    assert await world.answer() is Outcome.TRY_LATER
    assert [name for _, name in world.model.asked] == ["main-model"] * 3 + ["spare-model"]
    assert world.leases.held == {}
    assert world.conversation.messages == []


async def test_the_deadline_bounds_all_attempts_together() -> None:
    world = World(model=Silent(), deadline_s=0.05)
    assert await world.answer() is Outcome.TRY_LATER
    assert world.leases.held == {}


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ([ModelRefused("SAFETY")], "model_refused"),
        ([ModelRejected("400")], "model_rejected"),
        ([Piece("  ", finished=True)], "answer_empty"),
    ],
)
async def test_what_cannot_succeed_is_told_to_the_asker_once(
    script: list[Piece | Exception], reason: str
) -> None:
    world = World(model=FakeModel([script]))
    assert await world.answer() is Outcome.TOLD_FAILURE
    world.leases.done.clear()
    assert await world.answer(message_id="m2") is Outcome.ALREADY_DONE
    [(posted, body)] = world.conversation.messages
    assert posted.mark.role == "notice"
    assert reason in str(body.blocks)


async def test_an_answer_without_an_end_is_asked_for_again() -> None:
    world = World(model=FakeModel([[Piece("cut")], saying("whole")]))
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.texts() == ["whole"]


async def test_where_slack_lets_us_say_nothing_the_task_still_ends() -> None:
    world = World()
    refused = SlackRefused("no", slack_error="thread_not_found", reason="question_gone")
    world.conversation.failures["find"] = [(refused, False), (refused, False)]
    assert await world.answer() is Outcome.TOLD_FAILURE
    assert a_task().task_id in world.leases.done


async def test_the_same_question_of_the_same_team_comes_from_the_cache_and_says_so() -> None:
    world = World()
    await world.answer()
    twin = a_task(task_id="f" * 32, text="  素数とは何ですか\n", user_id="U2")
    assert await world.answer(twin, "m2") is Outcome.ANSWERED
    assert len(world.model.asked) == 1
    _, body = world.conversation.messages[-1]
    assert "以前の同じ質問" in str(body.blocks)


@pytest.mark.parametrize(
    "changes",
    [
        {"team_id": "T2"},
        {"locale": "en"},
        {"text": "別の質問"},
        {"thread_ts": "90.000001"},
        {"source": Source.BUTTON},
    ],
)
async def test_a_question_that_differs_is_not_answered_from_the_cache(
    changes: dict[str, object],
) -> None:
    world = World()
    await world.answer()
    await world.answer(a_task(task_id="f" * 32, **changes), "m2")
    assert len(world.model.asked) == 2


async def test_a_truncated_answer_says_so_and_is_not_cached() -> None:
    world = World(model=FakeModel([[Piece("途中まで", finished=True, truncated=True)]]))
    await world.answer()
    assert "上限" in world.conversation.texts()[0]
    assert list(world.answers.kept) == [draft_key(a_task())]


async def test_where_we_may_not_speak_the_asker_is_told_in_a_direct_message() -> None:
    world = World()
    refused = SlackRefused("no", slack_error="is_archived", reason="slack_not_there")
    world.conversation.failures["find"] = [(refused, False), (refused, False)]
    assert await world.answer() is Outcome.TOLD_FAILURE
    [(posted, body)] = world.conversations.dm.messages
    assert posted.mark.role == "notice"
    assert "slack_not_there" in str(body.blocks)


async def test_a_layout_that_slack_refuses_is_posted_as_plain_text() -> None:
    world = World(model=at_once())
    refused = SlackRefused("no", slack_error="invalid_blocks", reason="slack_unshowable")
    world.conversation.failures["post"] = [(refused, False)]
    assert await world.answer() is Outcome.ANSWERED
    [(_, body)] = world.conversation.messages
    assert body.blocks == ()
    assert "素数は1と自身でのみ割れます。" in body.text


async def test_a_commands_question_is_shown_once_and_answered_in_its_thread() -> None:
    world = World()
    command = a_task(source=Source.SLASH_COMMAND, thread_ts=None, message_ts=None)
    world.model = FakeModel([[ModelUnavailable("503")]])
    assert await world.answer(command) is Outcome.TRY_LATER
    world.model = FakeModel([saying("ok")])
    world.generation = None
    assert await world.answer(command, "m2") is Outcome.ANSWERED
    [(shown, _)] = world.conversations.shown.messages
    assert shown.mark.role == "question"
    assert world.conversations.opened == [shown.ts, shown.ts]


async def test_a_command_where_we_may_not_post_is_answered_to_its_asker_alone() -> None:
    world = World()
    command = a_task(
        source=Source.SLASH_COMMAND, thread_ts=None, message_ts=None, response_url="https://r"
    )
    refused = SlackRefused("no", slack_error="not_in_channel", reason="slack_not_there")
    world.conversations.shown.failures["find"] = [(refused, False)]
    assert await world.answer(command) is Outcome.ANSWERED
    assert len(world.conversations.to_asker.messages) == 1


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [(1, Outcome.ANSWERED), pytest.param(2, Outcome.TRY_LATER, id="the rival may have died")],
)
async def test_while_the_store_is_lost_the_answer_begun_first_stays(
    parts: int, outcome: Outcome
) -> None:
    world = World()
    world.leases.store_is_lost = True
    rival = Posted("150.000001", Mark(a_task().task_id, "answer", 1, parts, "another"))
    body = Body("", ({"type": "markdown", "text": "the rival's"},))
    world.conversation.before_post = lambda: world.conversation.messages.append((rival, body))
    assert await world.answer() is outcome
    assert world.conversation.texts() == ["the rival's"]


async def test_while_the_store_is_lost_a_rival_that_began_later_is_removed() -> None:
    world = World()
    world.leases.store_is_lost = True
    rival = Posted("900.000001", Mark(a_task().task_id, "answer", 1, 2, "another"))
    world.conversation.before_post = lambda: world.conversation.messages.append((rival, Body("")))
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]


async def test_parts_of_two_answers_never_pass_for_one() -> None:
    world = World()
    for part, digest in ((1, "one"), (2, "two")):
        await world.conversation.post(
            Body("old"), Mark(a_task().task_id, "answer", part, 2, digest)
        )
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]


async def test_an_heir_shows_what_the_dead_worker_had_from_the_model() -> None:
    world = World(model=at_once())
    world.conversation.failures["post"] = [(SlackUnavailable("500"), False)] * 4
    assert await world.answer() is Outcome.TRY_LATER
    assert await world.answer(message_id="m2") is Outcome.ANSWERED
    assert len(world.model.asked) == 1


async def test_a_part_that_can_no_longer_be_edited_is_posted_again() -> None:
    world = World()
    await world.conversation.post(Body("old"), Mark(a_task().task_id, "answer", 1, 2, "old"))
    gone = SlackRefused("no", slack_error="message_not_found")
    world.conversation.failures["update"] = [(gone, False)]
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]


async def test_a_task_that_was_given_up_says_why_and_is_answered_when_it_is_replayed() -> None:
    world = World(model=FakeModel([[ModelUnavailable("503", reason="model_silent")]]), retries=0)
    assert await world.answer() is Outcome.TRY_LATER
    assert await give_up(a_task(), Delivery("dead"), world.using()) is Outcome.GAVE_UP
    assert await give_up(a_task(), Delivery("dead"), world.using()) is Outcome.GAVE_UP
    [(notice, body)] = world.conversation.messages
    assert notice.mark.role == "notice"
    assert "model_silent" in str(body.blocks)
    world.model = FakeModel([saying("ok")])
    assert await world.answer(message_id="late") is Outcome.ALREADY_DONE
    world.leases.done.clear()
    assert await world.answer(message_id="again", again=True) is Outcome.ANSWERED
    assert world.conversation.texts() == ["ok"]
    assert len(world.conversation.messages) == 1


async def test_a_person_over_a_limit_is_told_when_it_goes_on_and_the_model_is_not_asked() -> None:
    world = World()
    world.limits.refusal = Refusal("user_rate_limited", datetime(2026, 11, 24, 13, tzinfo=UTC))
    assert await world.answer() is Outcome.TOLD_FAILURE
    [(_, body)] = world.conversation.messages
    assert "user_rate_limited" in str(body.blocks)
    assert "<!date^" in str(body.blocks)
    assert world.model.asked == []


async def test_what_the_model_took_is_counted() -> None:
    world = World(model=FakeModel([[Piece("ok", finished=True, prompt_tokens=7, output_tokens=5)]]))
    await world.answer()
    assert world.limits.spent == {a_task().task_id: 12}


async def test_notices_are_in_the_language_slack_knows_of_the_asker() -> None:
    world = World(model=FakeModel([[ModelRefused("SAFETY")]]))
    world.people.locales["U1"] = "en"
    await world.answer()
    [(_, body)] = world.conversation.messages
    assert "What happened" in str(body.blocks)


async def test_the_status_tells_of_a_further_attempt_and_is_cleared_in_the_end() -> None:
    world = World(model=FakeModel([[ModelUnavailable("503")]]), retries=0)
    await world.answer()
    assert "もう一度" in world.conversation.statuses[-1]
    world.model, world.generation = FakeModel([saying("ok")]), None
    await world.answer(message_id="m2")
    await world.statuses.close()
    assert world.conversation.statuses[-1] == ""


async def test_a_status_that_comes_late_is_cleared_once_more() -> None:
    world = World(statuses=Statuses(60.0))
    now = datetime.now(UTC)
    await world.answer(a_task(received_at=now, occurred_at=now))
    await world.statuses.close()
    assert world.conversation.statuses == ["", ""]


async def test_a_denied_token_hands_the_task_back_untold() -> None:
    world = World()
    denied = SlackDenied("revoked", slack_error="token_revoked")
    world.conversation.failures["find"] = [(denied, False)]
    assert await world.answer() is Outcome.TRY_LATER
    assert world.conversation.messages == []


async def test_a_wait_that_ends_after_the_deadline_is_not_begun() -> None:
    world = World(model=at_once(), deadline_s=5.0)
    world.conversation.failures["post"] = [(SlackUnavailable("429", retry_after_s=60.0), False)]
    assert await world.answer() is Outcome.TRY_LATER
    assert world.naps.seconds == []


async def test_a_worker_with_a_lease_looks_again_when_one_without_has_left_word() -> None:
    world = World()
    rival = Posted("150.000001", Mark(a_task().task_id, "answer", 1, 1, "another"))
    body = Body("", ({"type": "markdown", "text": "the rival's"},))

    def overtake() -> None:
        world.conversation.messages.append((rival, body))
        world.leases.doubted.add(a_task().task_id)

    world.conversation.before_post = overtake
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.texts() == ["the rival's"]


async def test_a_worker_without_a_lease_leaves_word_once_it_has_written() -> None:
    world = World()
    world.leases.store_is_lost = True

    def comes_back() -> None:
        assert world.leases.doubted == set()
        world.leases.store_is_lost = False

    world.conversation.before_post = comes_back
    assert await world.answer() is Outcome.ANSWERED
    assert world.leases.doubted == {a_task().task_id}


async def test_whoever_finds_a_commands_answer_whole_ends_the_status_its_worker_has_left() -> None:
    world = World()
    command = a_task(source=Source.SLASH_COMMAND, thread_ts=None, message_ts=None)
    assert await world.answer(command) is Outcome.ANSWERED
    await world.statuses.close()
    # The worker died before it marked the task done and cleared the status.
    world.leases.done.clear()
    world.statuses = Statuses(0.02)
    world.conversation.statuses = ["is thinking…"]
    assert await world.answer(command, "m2") is Outcome.ALREADY_DONE
    await world.statuses.close()
    assert world.conversation.statuses[-1] == ""


async def test_the_status_below_a_command_that_gets_no_answer_is_ended() -> None:
    refused = FakeModel([[ModelRefused("no", reason="question_blocked")]])
    world = World(model=refused, statuses=Statuses(0.02, quiet_s=0))
    command = a_task(source=Source.SLASH_COMMAND, thread_ts=None, message_ts=None)
    assert await world.answer(command) is Outcome.TOLD_FAILURE
    await world.statuses.close()
    assert world.conversation.statuses[-1] == ""


async def test_a_status_that_could_not_be_cleared_is_tried_again() -> None:
    world = World()
    world.conversation.statuses_fail = True
    await world.answer()
    await world.statuses.close()
    assert world.conversation.statuses == [""] * 5


async def test_an_answer_that_is_streamed_takes_no_edit() -> None:
    world = World()
    world.conversation.streams = True
    assert await world.answer() is Outcome.ANSWERED
    [(posted, body)] = world.conversation.messages
    assert not posted.live
    assert (posted.mark.part, posted.mark.parts) == (1, 1)
    assert body.blocks[0]["text"] == "素数は1と自身でのみ割れます。"
    assert world.conversation.posts == 1


async def test_an_heir_ends_the_stream_that_a_dead_worker_left_and_makes_it_whole() -> None:
    world = World()
    world.conversation.streams = True
    await world.conversation.start_stream(a_task().task_id, "素数は、ええと")
    assert await world.answer() is Outcome.ANSWERED
    [(posted, _)] = world.conversation.messages
    assert not posted.live
    assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]


async def test_once_words_are_visible_the_fallback_model_is_not_asked() -> None:
    cut: list[Piece | Exception] = [Piece("前半の"), ModelUnavailable("503")]
    world = World(model=FakeModel([cut, cut]), retries=1)
    assert await world.answer() is Outcome.TRY_LATER
    assert [name for _, name in world.model.asked] == ["main-model"] * 2
    world.model, world.generation = FakeModel([saying("全部です。")]), None
    assert await world.answer(message_id="m2") is Outcome.ANSWERED
    assert world.conversation.texts() == ["全部です。"]


@pytest.mark.parametrize("call", ["start", "end"])
@pytest.mark.parametrize("taken", [True, False])
async def test_a_stream_of_unknown_outcome_leaves_one_whole_answer(call: str, taken: bool) -> None:
    world = World()
    world.conversation.streams = True
    world.conversation.failures[call] = [(OutcomeUnknown("dropped"), taken)]
    assert await world.answer() is Outcome.ANSWERED
    [(posted, _)] = world.conversation.messages
    assert not posted.live
    assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]


async def test_a_stream_that_slack_ended_by_itself_is_edited_to_its_whole_text() -> None:
    world = World()
    world.conversation.streams = True
    over = SlackRefused("over", slack_error="message_not_in_streaming_state")
    world.conversation.failures["end"] = [(over, False)]
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]


@pytest.mark.parametrize("streams", [True, False])
async def test_words_of_an_answer_that_came_to_nothing_go_when_the_notice_comes(
    streams: bool,
) -> None:
    blocked = ModelRefused("SAFETY", reason="answer_blocked")
    world = World(model=FakeModel([[Piece("前半の"), blocked]]))
    world.conversation.streams = streams
    assert await world.answer() is Outcome.TOLD_FAILURE
    assert [posted.mark.role for posted, _ in world.conversation.messages] == ["notice"]


async def test_what_a_worker_that_died_left_beside_its_notice_is_removed() -> None:
    world = World()
    await world.conversation.post(Body("前半の"), growing_mark(a_task().task_id))
    await world.conversation.post(Body("notice"), Mark(a_task().task_id, "notice"))
    assert await world.answer() is Outcome.ALREADY_DONE
    assert [posted.mark.role for posted, _ in world.conversation.messages] == ["notice"]


async def test_what_a_worker_without_a_lease_left_when_it_died_goes_with_its_redelivery() -> None:
    world = World()
    await world.answer()
    late = Mark(a_task().task_id, "answer", 1, 1, "late")
    await world.conversation.post(Body("late"), late)
    await world.leases.announce_doubt(a_task().task_id)
    assert await world.answer(message_id="m2") is Outcome.ALREADY_DONE
    assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]


async def test_a_rivals_answer_stays_and_our_notice_goes() -> None:
    world = World(model=FakeModel([[ModelRefused("SAFETY")]]))
    world.leases.store_is_lost = True
    rival = Posted("900.000001", Mark(a_task().task_id, "answer", 1, 1, "rival"))
    world.conversation.before_post = lambda: world.conversation.messages.append((rival, Body("")))
    assert await world.answer() is Outcome.TOLD_FAILURE
    assert [posted for posted, _ in world.conversation.messages] == [rival]


async def test_our_answer_stays_and_a_rivals_notice_goes() -> None:
    world = World()
    world.leases.store_is_lost = True
    rival = Posted("100.000001", Mark(a_task().task_id, "notice"))
    world.conversation.before_post = lambda: world.conversation.messages.append((rival, Body("")))
    assert await world.answer() is Outcome.ANSWERED
    assert [posted.mark.role for posted, _ in world.conversation.messages] == ["answer"]
