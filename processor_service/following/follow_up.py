"""Whether a task without a mention is for us: decided before anything of it is visible or counted.

A thread is a conversation between people first: where it is not known to be for us, nobody sees
that we have read it.
"""

from dataclasses import dataclass
from functools import partial

from processor_service.following.judge import Judge
from processor_service.following.verdict import Verdict, verdict_on
from processor_service.ports.talks import Remark, Talks
from shared.errors import OutcomeUnknown, SlackRefused, SlackUnavailable
from shared.retry import RetryPolicy, retry
from shared.task import Following, Task
from shared.telemetry.log import get_logger

log = get_logger(__name__)


@dataclass(frozen=True)
class FollowUps:
    """Dependencies of ``is_for_us``."""

    talks: Talks
    judge: Judge


async def is_for_us(task: Task, deps: FollowUps, patience: RetryPolicy) -> bool:
    """Whether ``task`` is a question to us; True for each task that is no follow-up.

    It calls nothing then. Raises SlackUnavailable, OutcomeUnknown or SlackDenied: it is unknown,
    and the next delivery decides. A task that has messages in the thread was decided before.
    """
    if task.follow_up is None:
        return True
    try:
        look = partial(deps.talks.around, task)
        talk = await retry(patience, (SlackUnavailable, OutcomeUnknown), look)
    except SlackRefused as refused:
        log.info("A thread cannot be read.", action="thread_unread", reason=refused.reason)
        return False
    if talk.begun:
        return True
    remark = Remark(
        "person", task.user_id, task.text, task.task_id, files=bool(task.files or task.quoted)
    )
    verdict = verdict_on(remark, talk.before)
    ours = verdict is Verdict.OURS
    if verdict is Verdict.UNCLEAR and task.follow_up is Following.JUDGE:
        ours = await deps.judge.says_yes(remark, talk.before)
    log.info("A follow-up was decided.", action="follow_up_decided", verdict=verdict, ours=ours)
    return ours
