"""A vote goes to the queue, and a user who votes down is asked why."""

from dataclasses import dataclass, field
from math import inf

from command_service.payloads.model import NotAQuestion, SideTask
from command_service.payloads.presses import Voted
from command_service.ports import Modals
from command_service.texts.feedback_modal import reasons_modal
from command_service.texts.replies import FEEDBACK_THANKS
from command_service.use_cases.side_tasks import enqueue, enqueue_click
from command_service.use_cases.submit import (
    Accepted,
    SubmitDeps,
    SubmitOutcome,
    locale_to_tell,
    say,
    submit,
)
from command_service.use_cases.throttle import Cooldown
from shared.task import Vote

_REMEMBERED = 5_000


@dataclass(frozen=True)
class VoteDeps:
    """Dependencies of feedback. ``asks_words``: offer a comment field (comments are logged).

    ``thanked`` remembers for which answers this process has thanked whom.
    """

    submit_deps: SubmitDeps
    modals: Modals
    asks_words: bool
    thanked: Cooldown = field(default_factory=lambda: Cooldown(inf, _REMEMBERED))


async def take_vote(voted: Voted | NotAQuestion, deps: VoteDeps) -> SubmitOutcome:
    """Publish a vote. The modal opens first: Slack's permission for it ends within seconds."""
    if isinstance(voted, NotAQuestion):
        return await submit(voted, deps.submit_deps)
    side_task, background = voted.side_task, deps.submit_deps.background

    async def open_modal() -> None:
        locale = await locale_to_tell(side_task.task.user_id, deps.submit_deps)
        modal = reasons_modal(voted, locale, asks_words=deps.asks_words)
        await deps.modals.open(voted.trigger_id, modal)

    def ask_why() -> None:
        if voted.kept.vote is Vote.DOWN:
            background.start(open_modal(), f"modal:{side_task.task.task_id}")

    outcome = await enqueue_click(side_task, deps.submit_deps, ask_why)
    if isinstance(outcome, Accepted) and voted.kept.vote is Vote.UP:
        _thank(side_task, deps)
    return outcome


async def take_reasons(side_task: SideTask | NotAQuestion, deps: VoteDeps) -> SubmitOutcome:
    """Publish the reasons for a vote, and close with thanks; the modal itself shows a failure."""
    outcome = await enqueue(side_task, deps.submit_deps)
    if isinstance(side_task, SideTask) and isinstance(outcome, Accepted):
        _thank(side_task, deps)
    return outcome


def _thank(side_task: SideTask, deps: VoteDeps) -> None:
    """Thank the person below the answer, for them alone and once: Slack keeps each such message
    there until the page is loaded again.
    """
    task = side_task.task
    voted_on = task.feedback.task_id if task.feedback else ""
    if deps.thanked.take(f"{voted_on}:{task.user_id}"):
        say(FEEDBACK_THANKS, side_task.recipient, f"thanks:{task.task_id}", deps.submit_deps)
