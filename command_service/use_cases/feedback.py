"""A vote goes to the queue, and a user who votes down is asked why."""

from dataclasses import dataclass

from command_service.payloads.model import NotAQuestion, SideTask
from command_service.payloads.votes import Voted
from command_service.ports import Modals
from command_service.texts.feedback_modal import reasons_modal
from command_service.texts.replies import FEEDBACK_THANKS
from command_service.use_cases.side_tasks import enqueue, enqueue_click
from command_service.use_cases.submit import (
    Accepted,
    SubmitDeps,
    SubmitOutcome,
    locale_to_tell,
    submit,
)
from shared.task import Locale, Vote


@dataclass(frozen=True)
class VoteDeps:
    """Dependencies of feedback. ``asks_words``: offer a comment field (comments are logged)."""

    submit_deps: SubmitDeps
    modals: Modals
    asks_words: bool

    async def locale_of(self, user_id: str) -> Locale:
        """The person's language, waited for if it is not known."""
        return await locale_to_tell(user_id, self.submit_deps)


async def take_vote(voted: Voted | NotAQuestion, deps: VoteDeps) -> SubmitOutcome:
    """Publish a vote. The modal opens first: Slack's permission for it ends within seconds."""
    if isinstance(voted, NotAQuestion):
        return await submit(voted, deps.submit_deps)
    side_task, background = voted.side_task, deps.submit_deps.background

    async def open_modal() -> None:
        locale = await deps.locale_of(side_task.task.user_id)
        modal = reasons_modal(voted, locale, asks_words=deps.asks_words)
        await deps.modals.open(voted.trigger_id, modal)

    async def thank() -> None:
        thanks = FEEDBACK_THANKS[await deps.locale_of(side_task.task.user_id)]
        await deps.submit_deps.replies.tell(side_task.recipient, thanks)

    def ask_why() -> None:
        if voted.feedback.vote is Vote.DOWN:
            background.start(open_modal(), f"modal:{side_task.task.task_id}")

    outcome = await enqueue_click(side_task, deps.submit_deps, ask_why)
    if isinstance(outcome, Accepted) and voted.feedback.vote is Vote.UP:
        background.start(thank(), f"thanks:{side_task.task.task_id}")
    return outcome


async def take_reasons(side_task: SideTask | NotAQuestion, deps: VoteDeps) -> SubmitOutcome:
    """Publish the reasons for a vote; the modal itself shows the outcome."""
    return await enqueue(side_task, deps.submit_deps)
