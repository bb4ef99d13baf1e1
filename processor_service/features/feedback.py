"""A vote on an answer: stored and logged, never answered."""

from dataclasses import dataclass

from processor_service.ports.people import VoteChange, Votes
from processor_service.resilience.run_leased import Outcome
from shared.task import Feedback, Task
from shared.telemetry.log import get_logger
from shared.telemetry.metrics import FEEDBACK

log = get_logger(__name__)


@dataclass(frozen=True)
class FeedbackDeps:
    """Dependencies of feedback. ``keeps_words``: users' comments are logged."""

    votes: Votes
    keeps_words: bool


async def record_vote(task: Task, deps: FeedbackDeps) -> Outcome:
    """Store a user's vote, or log their reason for it. Their last vote counts.

    A vote that is delivered twice, or after a later one, changes nothing.
    """
    feedback = task.feedback
    if feedback is None:
        return Outcome.NOTED
    if feedback.flaw is not None or feedback.comment:
        _explained(feedback, keeps_words=deps.keeps_words)
        return Outcome.NOTED
    cast = await deps.votes.cast(feedback.task_id, task.user_id, feedback.vote, task.occurred_at)
    if cast is not VoteChange.KNOWN:
        _given(feedback, changed=cast is VoteChange.CHANGED)
    return Outcome.NOTED


def _given(feedback: Feedback, *, changed: bool) -> None:
    """Log a vote that counts; ``changed``: it replaces the opposite one."""
    FEEDBACK.add(vote=feedback.vote)
    log.info(
        "A user voted on an answer.",
        action="feedback_given",
        answer_task_id=feedback.task_id,
        vote=feedback.vote,
        mode=feedback.mode,
        changed=changed,
    )


def _explained(feedback: Feedback, *, keeps_words: bool) -> None:
    words = {"comment": feedback.comment} if keeps_words and feedback.comment else {}
    log.info(
        "A user said what was wrong with an answer.",
        action="feedback_explained",
        answer_task_id=feedback.task_id,
        vote=feedback.vote,
        mode=feedback.mode,
        flaw=feedback.flaw,
        **words,
    )
