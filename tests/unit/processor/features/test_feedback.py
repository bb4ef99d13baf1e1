"""Votes: each counts once, the last one of a person counts, and nothing of an answer is logged."""

from datetime import timedelta
from typing import Any

from structlog.testing import capture_logs

from processor_service.features.feedback import FeedbackDeps, record_vote
from processor_service.ports.people import VoteChange
from processor_service.resilience.run_leased import Outcome
from shared.task import Feedback, FeedbackReason, Kind, Mode, Vote
from tests.support.fakes.processor.people import FakeVotes
from tests.support.tasks import NOON, a_task

ANSWER = "a" * 32


async def given(
    votes: FakeVotes, vote: Vote, at_s: float = 0.0, *, keeps_words: bool = False, **why: Any
) -> list[dict[str, Any]]:
    """Give a vote; what of it is logged."""
    feedback = Feedback(task_id=ANSWER, vote=vote, mode=Mode.CODE, **why)
    task = a_task(kind=Kind.FEEDBACK, feedback=feedback, occurred_at=NOON + timedelta(seconds=at_s))
    with capture_logs() as logs:
        outcome = await record_vote(task, FeedbackDeps(votes, keeps_words))
    assert outcome is Outcome.NOTED
    return [dict(line) for line in logs]


async def test_a_vote_is_logged_with_its_answer_and_mode() -> None:
    [line] = await given(FakeVotes(), Vote.UP)
    assert line["action"] == "feedback_given"
    assert (line["answer_task_id"], line["vote"], line["mode"]) == (ANSWER, "up", "code")
    assert line["changed"] is False


async def test_a_person_may_change_their_mind_and_the_last_vote_counts() -> None:
    votes = FakeVotes()
    await given(votes, Vote.UP, 0)
    [changed] = await given(votes, Vote.DOWN, 5)
    assert (changed["vote"], changed["changed"]) == ("down", True)
    assert await given(votes, Vote.UP, 3) == [], "an older vote that comes late"
    assert await given(votes, Vote.DOWN, 5) == [], "a vote that is delivered twice"
    assert await given(votes, Vote.DOWN, 9) == [], "the same vote once more"
    [again] = await given(votes, Vote.UP, 12)
    assert again["changed"] is True


class Forgetful(FakeVotes):
    """Redis is lost."""

    async def cast(self, *vote: Any) -> VoteChange:
        return VoteChange.NEW


async def test_with_redis_lost_a_vote_counts_as_new() -> None:
    votes = Forgetful()
    for vote in (Vote.UP, Vote.DOWN):
        [line] = await given(votes, vote)
        assert line["changed"] is False


async def test_a_reason_explains_a_vote_and_is_none() -> None:
    votes = FakeVotes()
    [line] = await given(votes, Vote.DOWN, flaw=FeedbackReason.OUTDATED, comment="秘密の意見")
    assert (line["action"], line["flaw"]) == ("feedback_explained", "outdated")
    assert "秘密の意見" not in str(line)
    assert votes.kept == {}


async def test_words_are_logged_only_where_the_operator_allows_it() -> None:
    [line] = await given(FakeVotes(), Vote.DOWN, keeps_words=True, comment="もっと短く")
    assert line["comment"] == "もっと短く"
