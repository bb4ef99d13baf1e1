"""The use case of a vote: it goes to the queue, and whoever is not content is asked why."""

from dataclasses import dataclass

from command_service.payloads.model import Errand, Ignored
from command_service.payloads.votes import Voted
from command_service.ports import Modals
from command_service.texts.feedback_modal import reasons_modal
from command_service.texts.replies import FEEDBACK_THANKS
from command_service.use_cases.side_tasks import send, send_click
from command_service.use_cases.submit import Accepted, Intake, Outcome, accept
from shared.task import Locale, Vote


@dataclass(frozen=True)
class Listening:
    """What listening to votes needs. ``asks_words``: what people write is kept, so they are asked
    to write.
    """

    intake: Intake
    modals: Modals
    asks_words: bool

    def locale_of(self, user_id: str) -> Locale:
        """The person's language, as far as it is known."""
        return self.intake.locales.of(user_id)


async def take_vote(voted: Voted | Ignored, using: Listening) -> Outcome:
    """Publish a vote. The modal opens before that: Slack's leave for it ends within seconds."""
    if isinstance(voted, Ignored):
        return await accept(voted, using.intake)
    errand, background = voted.errand, using.intake.background
    locale = using.locale_of(errand.task.user_id)

    def ask_why() -> None:
        if voted.feedback.vote is Vote.DOWN:
            modal = reasons_modal(voted, locale, asks_words=using.asks_words)
            opening = using.modals.open(voted.trigger_id, modal)
            background.start(opening, f"modal:{errand.task.task_id}")

    outcome = await send_click(errand, using.intake, ask_why)
    if isinstance(outcome, Accepted) and voted.feedback.vote is Vote.UP:
        thanks = using.intake.replies.tell(errand.recipient, FEEDBACK_THANKS[locale])
        background.start(thanks, f"thanks:{errand.task.task_id}")
    return outcome


async def take_reasons(errand: Errand | Ignored, using: Listening) -> Outcome:
    """Publish why somebody voted as they did; the modal itself says what came of it."""
    return await send(errand, using.intake)
