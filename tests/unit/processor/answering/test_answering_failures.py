"""No answer, or not yet: what is tried again, handed back, or told to its asker once."""

from datetime import UTC, datetime

import pytest

from processor_service.answering.admit import Delivery
from processor_service.answering.answer import give_up
from processor_service.ports.limits import LimitExceeded
from processor_service.ports.model import Chunk
from processor_service.resilience.run_leased import Outcome
from shared.errors import (
    ModelRefused,
    ModelRejected,
    ModelUnavailable,
    SlackDenied,
    SlackRefused,
    SlackUnavailable,
)
from tests.support.fakes.processor.model import FakeModel, Silent, at_once, saying
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task


async def test_a_rate_limited_post_waits_as_long_as_slack_asks() -> None:
    world = World(model=at_once())
    world.conversation.failures["post"] = [(SlackUnavailable("429", retry_after_s=7.0), False)]
    assert await world.answer() is Outcome.ANSWERED
    [nap] = world.naps.seconds
    assert 7.0 <= nap <= 7.0 * 1.2


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
        ([Chunk("  ", finished=True)], "answer_empty"),
    ],
)
async def test_what_cannot_succeed_is_told_to_the_asker_once(
    script: list[Chunk | Exception], reason: str
) -> None:
    world = World(model=FakeModel([script]))
    assert await world.answer() is Outcome.TOLD_FAILURE
    world.leases.done.clear()
    assert await world.answer(message_id="m2") is Outcome.ALREADY_DONE
    [(posted, body)] = world.conversation.messages
    assert posted.mark.role == "notice"
    assert reason in str(body.blocks)


async def test_an_answer_without_an_end_is_asked_for_again() -> None:
    world = World(model=FakeModel([[Chunk("cut")], saying("whole")]))
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.texts() == ["whole"]


async def test_where_slack_lets_us_say_nothing_the_task_still_ends() -> None:
    world = World()
    refused = SlackRefused("no", slack_error="thread_not_found", reason="question_gone")
    world.conversation.failures["find"] = [(refused, False), (refused, False)]
    assert await world.answer() is Outcome.TOLD_FAILURE
    assert a_task().task_id in world.leases.done


async def test_where_we_may_not_speak_the_asker_is_told_in_a_direct_message() -> None:
    world = World()
    refused = SlackRefused("no", slack_error="is_archived", reason="slack_not_there")
    world.conversation.failures["find"] = [(refused, False), (refused, False)]
    assert await world.answer() is Outcome.TOLD_FAILURE
    [(posted, body)] = world.conversations.dm.messages
    assert posted.mark.role == "notice"
    assert "slack_not_there" in str(body.blocks)


async def test_a_missing_scope_is_told_as_a_missing_permission_and_not_as_a_removal() -> None:
    world = World()
    refused = SlackRefused("no", slack_error="missing_scope", reason="slack_scope_missing")
    world.conversation.failures["find"] = [(refused, False), (refused, False)]
    assert await world.answer() is Outcome.TOLD_FAILURE
    [(_, body)] = world.conversations.dm.messages
    assert "必要な Slack の権限がありません" in str(body.blocks)
    assert "外された" not in str(body.blocks)


async def test_a_task_that_was_given_up_says_why_and_is_answered_when_it_is_replayed() -> None:
    world = World(model=FakeModel([[ModelUnavailable("503", reason="model_silent")]]), retries=0)
    assert await world.answer() is Outcome.TRY_LATER
    assert await give_up(a_task(), Delivery("dead"), world.deps()) is Outcome.GAVE_UP
    assert await give_up(a_task(), Delivery("dead"), world.deps()) is Outcome.GAVE_UP
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
    world.limits.refusal = LimitExceeded(
        "user_rate_limited", datetime(2026, 11, 24, 13, tzinfo=UTC)
    )
    assert await world.answer() is Outcome.TOLD_FAILURE
    [(_, body)] = world.conversation.messages
    assert "user_rate_limited" in str(body.blocks)
    assert "<!date^" in str(body.blocks)
    assert world.model.asked == []


async def test_notices_are_in_the_language_slack_knows_of_the_asker() -> None:
    world = World(model=FakeModel([[ModelRefused("SAFETY")]]))
    world.people.locales["U1"] = "en"
    await world.answer()
    [(_, body)] = world.conversation.messages
    assert "not retried" in str(body.blocks)


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


@pytest.mark.parametrize("streams", [True, False])
async def test_words_of_an_answer_that_came_to_nothing_go_when_the_notice_comes(
    streams: bool,
) -> None:
    blocked = ModelRefused("SAFETY", reason="answer_blocked")
    world = World(model=FakeModel([[Chunk("前半の"), blocked]]))
    world.conversation.can_stream = streams
    assert await world.answer() is Outcome.TOLD_FAILURE
    assert [posted.mark.role for posted, _ in world.conversation.messages] == ["notice"]


NOTHING_GOES = [(SlackRefused("no", slack_error="compliance_exports_prevent_deletion"), False)] * 9


@pytest.mark.parametrize("streams", [True, False])
async def test_where_slack_lets_no_app_delete_anything_a_failure_is_told_once(
    streams: bool,
) -> None:
    blocked = ModelRefused("SAFETY", reason="answer_blocked")
    world = World(model=FakeModel([[Chunk("前半の"), blocked]]))
    world.conversation.can_stream = streams
    world.conversation.failures["remove"] = list(NOTHING_GOES)
    assert await world.answer() is Outcome.TOLD_FAILURE
    assert len(world.conversation.texts("notice")) == 1
    assert world.conversations.dm.messages == []


async def test_where_slack_lets_no_app_delete_anything_a_part_that_cannot_be_edited_is_posted() -> (
    None
):
    world = World(model=FakeModel([[Chunk("前半の"), Chunk("全文です。", finished=True)]]))
    locked = SlackRefused("no", slack_error="edit_window_closed")
    world.conversation.failures = {"update": [(locked, False)], "remove": list(NOTHING_GOES)}
    assert await world.answer() is Outcome.ANSWERED
    whole = [posted for posted, _ in world.conversation.messages if posted.mark.parts]
    assert [posted.mark.role for posted in whole] == ["answer"]
    assert world.conversations.dm.messages == []


@pytest.mark.parametrize(
    "code", ["no_permission", "ekm_access_denied", "team_access_not_granted", "a_code_of_tomorrow"]
)
@pytest.mark.parametrize("call", ["find", "post"])
async def test_whatever_slack_refuses_its_asker_is_told_in_a_direct_message_once(
    code: str, call: str
) -> None:
    world = World(model=at_once())
    refused = SlackRefused("no", slack_error=code)
    world.conversation.failures[call] = [(refused, False)] * 20
    assert await world.answer() is Outcome.TOLD_FAILURE
    world.leases.done.clear()
    assert await world.answer(message_id="m2") is Outcome.TOLD_FAILURE
    [(posted, body)] = world.conversations.dm.messages
    assert posted.mark.role == "notice"
    assert "許可しませんでした" in str(body.blocks)
    assert world.conversation.messages == []


async def test_a_command_in_a_channel_that_refuses_us_is_answered_at_its_response_url() -> None:
    world = World(model=at_once())
    refused = SlackRefused("no", slack_error="a_code_of_tomorrow")
    world.conversations.shown.failures["find"] = [(refused, False)]
    asked = a_task(message_ts=None, thread_ts=None, response_url="https://hooks.slack.com/x")
    assert await world.answer(asked) is Outcome.ANSWERED
    assert len(world.conversations.to_asker.messages) == 1


async def test_words_that_stand_where_the_asker_cannot_be_told_are_taken_away() -> None:
    blocked = ModelRefused("SAFETY", reason="answer_blocked")
    world = World(model=FakeModel([[Chunk("前半の"), blocked]]))

    def no_more_posts() -> None:
        if world.conversation.posts:
            refused = SlackRefused("no", slack_error="a_code_of_tomorrow")
            world.conversation.failures["post"] = [(refused, False)]

    world.conversation.before_post = no_more_posts
    assert await world.answer() is Outcome.TOLD_FAILURE
    assert world.conversation.messages == []
    assert len(world.conversations.dm.messages) == 1


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize("reason", ["answer_blocked", "answer_cut", "model_unavailable"])
async def test_a_notice_says_that_words_were_taken_away_only_if_there_were_any(
    reason: str, seen: bool
) -> None:
    world = World(model=FakeModel([[Chunk("前半の"), ModelRefused("SAFETY", reason=reason)]]))
    world.conversation.can_edit = seen
    assert await world.answer() is Outcome.TOLD_FAILURE
    [(_, body)] = world.conversation.messages
    assert ("取り下げました" in str(body.blocks)) is seen


@pytest.mark.parametrize("reason", ["model_unavailable", "model_silent"])
async def test_an_answer_cut_in_its_middle_is_not_said_to_be_no_answer(reason: str) -> None:
    cut = ModelUnavailable("lost", reason=reason)
    world = World(model=FakeModel([[Chunk("前半の"), cut]]), retries=0)
    assert await world.answer() is Outcome.TRY_LATER
    assert await give_up(a_task(), Delivery("dead"), world.deps()) is Outcome.GAVE_UP
    [(_, body)] = world.conversation.messages
    assert "途中で切れ" in str(body.blocks)
    assert "応答しませんでした" not in str(body.blocks)
