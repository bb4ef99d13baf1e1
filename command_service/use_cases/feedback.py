"""The use case of a vote: it goes to the queue, and whoever is not content is asked why."""

from dataclasses import dataclass

from command_service.payloads.model import NotAQuestion, SideTask
from command_service.payloads.votes import Voted
from command_service.ports import Modals
from command_service.texts.feedback_modal import reasons_modal
from command_service.texts.replies import FEEDBACK_THANKS
from command_service.use_cases.side_tasks import enqueue, enqueue_click
from command_service.use_cases.submit import Accepted, SubmitDeps, SubmitOutcome, submit
from shared.task import Locale, Vote


@dataclass(frozen=True)
class VoteDeps:
    """What listening to votes needs. ``asks_words``: what people write is kept, so they are asked
    to write.
    """

    submit_deps: SubmitDeps
    modals: Modals
    asks_words: bool

    def locale_of(self, user_id: str) -> Locale:
        """The person's language, as far as it is known."""
        return self.submit_deps.locales.of(user_id)


async def take_vote(voted: Voted | NotAQuestion, deps: VoteDeps) -> SubmitOutcome:
    """Publish a vote. The modal opens before that: Slack's leave for it ends within seconds."""
    if isinstance(voted, NotAQuestion):
        return await submit(voted, deps.submit_deps)
    side_task, background = voted.side_task, deps.submit_deps.background
    locale = deps.locale_of(side_task.task.user_id)

    def ask_why() -> None:
        if voted.feedback.vote is Vote.DOWN:
            modal = reasons_modal(voted, locale, asks_words=deps.asks_words)
            opening = deps.modals.open(voted.trigger_id, modal)
            background.start(opening, f"modal:{side_task.task.task_id}")

    outcome = await enqueue_click(side_task, deps.submit_deps, ask_why)
    if isinstance(outcome, Accepted) and voted.feedback.vote is Vote.UP:
        thanks = deps.submit_deps.replies.tell(side_task.recipient, FEEDBACK_THANKS[locale])
        background.start(thanks, f"thanks:{side_task.task.task_id}")
    return outcome


async def take_reasons(side_task: SideTask | NotAQuestion, deps: VoteDeps) -> SubmitOutcome:
    """Publish why somebody voted as they did; the modal itself says what came of it."""
    return await enqueue(side_task, deps.submit_deps)
