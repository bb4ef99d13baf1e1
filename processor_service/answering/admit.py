"""Admission: whether a task is answered now, decided before any call to Slack.

Limits are cheap to check, but all questions share Slack's rate limits: a task over a limit costs a
look into Redis, and one notice a minute for its user.
"""

from dataclasses import dataclass
from typing import Final

from processor_service.answering.deps import AnswerDeps
from processor_service.answering.thread_queue import ticket_of
from processor_service.delivery.destination import place_by_now, place_to_refuse
from processor_service.delivery.notice import post_notice
from processor_service.delivery.reconcile import find_existing
from processor_service.delivery.slack_writer import TaskRun
from processor_service.ports.limits import Application, LimitExceeded
from processor_service.resilience.outage_wait import HOLD_S
from processor_service.telemetry.task_metrics import set_reason
from processor_service.texts.failures import Failure
from shared.errors import SlackRefused
from shared.task import Task
from shared.telemetry.log import get_logger

log = get_logger(__name__)

ATTEMPTS: Final = 8
"""Pub/Sub's deliveries of a task before it is a dead letter (``deploy/bootstrap.sh``)."""


BACK_OFF_S: Final = (1.0, 60.0)
"""Pub/Sub's first and longest pause between two deliveries; they double."""


@dataclass(frozen=True)
class Delivery:
    """The ``attempt``-th delivery of a task. ``again``: an operator took it out of the dead
    letters.
    """

    message_id: str
    again: bool = False
    attempt: int = 1

    @property
    def may_be_last(self) -> bool:
        """Whether handing the task back now could make it a dead letter.

        The one before the last counts, too: a delivery that does not reach a worker is one of them.
        """
        return self.attempt >= ATTEMPTS - 1

    @property
    def told_within_s(self) -> float:
        """Seconds until the user has an answer or a notice, if no model answers until then."""
        first_s, longest_s = BACK_OFF_S
        left = range(self.attempt, ATTEMPTS)
        pauses_s = sum(min(longest_s, first_s * 2.0 ** (number - 1)) for number in left)
        return (len(left) + 1) * HOLD_S + pauses_s


def application(task: Task) -> Application:
    """The task's application to the limits."""
    return Application(task.team_id, task.user_id, task.task_id, ticket_of(task))


async def refusal_of(
    task: Task, delivery: Delivery, run: TaskRun, deps: AnswerDeps
) -> LimitExceeded | None:
    """Why the task is not answered now; None if it is.

    A task delivered before may have been begun without Redis. Then its messages in Slack are
    completed: they get no notice beside them, and are not left half-finished.
    """
    refusal = await deps.coordination.limits.admit(application(task))
    if refusal is None or delivery.attempt == 1:
        return refusal
    # A reaction's question has no response URL, and no message is to be posted just for this look.
    find = place_by_now if task.response_url is None else place_to_refuse
    try:
        there = await find(task, deps.slack.conversations, run)
        if there is None:
            return refusal
        found = await find_existing(task.task_id, there)
    except SlackRefused:
        # No work can begin where Slack does not let us look.
        return refusal
    # The question of a command or a shortcut has a place in Slack only once it was shown there.
    shown = task.message_ts is None and there.conversation.place is not None
    begun = shown or any(one.mark.role != "notice" for one in found.posted)
    return None if begun else refusal


async def tell_refusal(task: Task, refusal: LimitExceeded, run: TaskRun, deps: AnswerDeps) -> None:
    """Tell the user, unless another task's notice does.

    The notice reads the existing messages before it is posted, and is owed until then: after a
    failure the task comes back only for its notice.
    """
    set_reason(refusal.reason)
    if refusal.told:
        log.info("Another notice covers it.", action="refusal_covered", reason=refusal.reason)
        run.untold = True
        return
    failure = Failure(refusal.reason, refusal.resumes_at)
    stands = await post_notice(task, failure, deps.slack.conversations, run, place_to_refuse)
    await deps.coordination.limits.told(application(task), stands=stands)
