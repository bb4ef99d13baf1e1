"""Listeners for interactions with our elements: buttons, selects, modals and message shortcuts.

Slack never redelivers an interaction, and shows a failure beside one that is not acked.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from slack_bolt.async_app import AsyncAck, AsyncApp

from command_service.payloads.buttons import (
    is_genuine,
    read_choice,
    read_edited,
    read_regenerate,
    read_retry,
)
from command_service.payloads.home import read_home_choice
from command_service.payloads.model import Click, Identity, NotAQuestion, RejectReason, SideTask
from command_service.payloads.presses import (
    FLAW,
    REASONS,
    Voted,
    read_reasons,
    read_share,
    read_stop,
    read_vote,
)
from command_service.payloads.shortcuts import SHORTCUTS, read_shortcut
from command_service.texts.replies import TOLD
from command_service.use_cases.app_home import OpenHomeDeps, take_choice
from command_service.use_cases.ask_again import AskAgainDeps, ask_again
from command_service.use_cases.feedback import VoteDeps, take_reasons, take_vote
from command_service.use_cases.policy import Rejected
from command_service.use_cases.shortcuts import ask_about
from command_service.use_cases.side_tasks import enqueue_click
from command_service.use_cases.submit import (
    Accepted,
    HandedBack,
    SubmitDeps,
    SubmitOutcome,
    count,
    refusal_text,
)
from shared.actions import ActionId
from shared.errors import SlackDenied
from shared.signing import Signing
from shared.slack.message import Payload
from shared.telemetry.log import get_logger

log = get_logger(__name__)

PressT = TypeVar("PressT", SideTask, Voted)
DepsT = TypeVar("DepsT")
ReadClick = Callable[[Mapping[str, Any]], Click | NotAQuestion]

ACTIONS: Mapping[str, ReadClick] = {
    ActionId.REGENERATE: read_regenerate,
    ActionId.RETRY: read_retry,
    ActionId.SHORTER: read_choice,
    ActionId.LONGER: read_choice,
    ActionId.MODE: read_choice,
    ActionId.ASK_EDITED: read_edited,
}
"""By the ``action_id`` of the buttons that ask a question again."""


@dataclass(frozen=True)
class InteractionListeners:
    """Calls the use cases for buttons, selects, modals and message shortcuts."""

    identity: Identity
    asking_again: AskAgainDeps
    votes: VoteDeps
    home: OpenHomeDeps
    signing: Signing

    def register(self, app: AsyncApp) -> None:
        """Make ``app`` handle every element of ours, and the manifest's shortcuts."""
        for action_id, read_click in ACTIONS.items():
            app.action(action_id)(self._on_click(read_click))
        app.action(ActionId.STOP)(self._on_press(read_stop, enqueue_click, self._submit_deps))
        app.action(ActionId.SHARE)(self._on_press(read_share, enqueue_click, self._submit_deps))
        app.action(ActionId.FEEDBACK)(self._on_press(read_vote, take_vote, self.votes))
        for action_id in (ActionId.LANGUAGE, ActionId.DEFAULT_MODE):
            app.action(action_id)(self._on_home_choice)
        app.view(REASONS)(self._on_reasons)
        for callback_id in SHORTCUTS:
            app.message_shortcut(callback_id)(self._on_shortcut)

    @property
    def _submit_deps(self) -> SubmitDeps:
        return self.asking_again.submit_deps

    def _on_click(self, read: ReadClick) -> Callable[..., Awaitable[None]]:
        async def on_click(body: Payload, ack: AsyncAck) -> None:
            click = self._tampered(body) or read(body)
            outcome = await ask_again(click, self.asking_again)
            count(click, outcome)
            if isinstance(outcome, HandedBack) and isinstance(outcome.error, SlackDenied):
                # No message can reach the user, but Slack shows a failure beside an unacked click.
                raise outcome.error
            await ack()
            self._tidy_up(body, outcome)

        return on_click

    def _tampered(self, body: Payload) -> NotAQuestion | None:
        """The reason to ignore a press whose data we did not sign for its place."""
        if is_genuine(body, self.signing):
            return None
        log.warning("A press carries data that we did not sign.", action="press_tampered")
        return NotAQuestion(RejectReason.TAMPERED)

    def _tidy_up(self, body: Payload, outcome: SubmitOutcome) -> None:
        """Remove an ephemeral note once its button is pressed."""
        if isinstance(outcome, Accepted) and body["container"].get("is_ephemeral"):
            dismissing = self._submit_deps.replies.dismiss(str(body["response_url"]))
            self._submit_deps.background.start(dismissing, f"dismiss:{outcome.task.task_id}")

    def _on_press(
        self,
        read: Callable[[Payload, datetime], PressT | NotAQuestion],
        take: Callable[[PressT | NotAQuestion, DepsT], Awaitable[SubmitOutcome]],
        deps: DepsT,
    ) -> Callable[..., Awaitable[None]]:
        async def on_press(body: Payload, ack: AsyncAck) -> None:
            now = self._submit_deps.now()
            await take(self._tampered(body) or read(body, now), deps)
            await ack()

        return on_press

    async def _on_reasons(self, body: Payload, ack: AsyncAck) -> None:
        side_task = self._tampered(body) or read_reasons(body, self._submit_deps.now())
        outcome = await take_reasons(side_task, self.votes)
        lost = RejectReason.PRESS_LOST if isinstance(outcome, HandedBack) else None
        if isinstance(outcome, Rejected) and outcome.reason in TOLD:
            lost = outcome.reason
        if lost is None or isinstance(side_task, NotAQuestion):
            # Without a body Slack closes the modal.
            await ack()
        else:
            text = await refusal_text(lost, side_task.task.user_id, self._submit_deps)
            await ack(response_action="errors", errors={FLAW: text})

    async def _on_shortcut(self, body: Payload, ack: AsyncAck) -> None:
        await ask_about(read_shortcut(body, self.identity), self._submit_deps)
        await ack()

    async def _on_home_choice(self, body: Payload, ack: AsyncAck) -> None:
        take_choice(read_home_choice(body, self.signing), self.home)
        await ack()
