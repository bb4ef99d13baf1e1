"""Bolt's listeners: each decodes, calls one use case and maps the outcome to an ack.

The app runs with ``process_before_response``: Bolt acks an event after its listener has returned,
so that an ack always means that the queue has the question.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from command_service.envelope.metrics import NOBODY, count_event
from command_service.payloads.buttons import (
    is_genuine,
    read_choice,
    read_edited,
    read_regenerate,
    read_retry,
    read_wish,
)
from command_service.payloads.changes import Edited, leaves_a_tombstone, read_deletion, read_edit
from command_service.payloads.home import read_home_choice, read_opening
from command_service.payloads.messages import (
    read_command,
    read_mention,
    read_message,
    read_typed,
)
from command_service.payloads.model import (
    Click,
    Identity,
    NotAQuestion,
    Question,
    RejectReason,
    SideTask,
)
from command_service.payloads.presses import read_share, read_stop, read_stopped_session
from command_service.payloads.reactions import read_reaction
from command_service.payloads.shortcuts import SHORTCUTS, read_shortcut
from command_service.payloads.slash_command import DoctorRequest, read_doctor_request
from command_service.payloads.votes import FLAW, REASONS, Voted, read_reasons, read_vote
from command_service.texts.replies import TOLD
from command_service.use_cases.app_home import (
    HOME_EVENTS,
    OpenHomeDeps,
    open_home,
    take_choice,
)
from command_service.use_cases.ask_again import AskAgainDeps, ask_again
from command_service.use_cases.command_reply import reply_to
from command_service.use_cases.deletions import take_back
from command_service.use_cases.edits import take_edit
from command_service.use_cases.feedback import VoteDeps, take_reasons, take_vote
from command_service.use_cases.follow_ups import FollowUpDeps, accept_message, note_shown
from command_service.use_cases.policy import Rejected
from command_service.use_cases.reactions import ReactionDeps, accept_reaction
from command_service.use_cases.self_checks.doctor import (
    DoctorDeps,
    run_checks,
)
from command_service.use_cases.shortcuts import ask_about
from command_service.use_cases.side_tasks import enqueue, enqueue_click
from command_service.use_cases.submit import (
    Accepted,
    HandedBack,
    SubmitOutcome,
    count,
    refusal_text,
    submit,
    where_it_is,
)
from shared.actions import ActionId
from shared.errors import MechachangError, SlackDenied
from shared.signing import Signing
from shared.slack.message import Payload
from shared.telemetry.log import get_logger
from shared.telemetry.metrics import FIRST_SIGN

log = get_logger(__name__)

PressT = TypeVar("PressT", SideTask, Voted)
DepsT = TypeVar("DepsT")
ReadEvent = Callable[[Mapping[str, Any], Identity, bool], Question | NotAQuestion]
ReadClick = Callable[[Mapping[str, Any]], Click | NotAQuestion]

_QUESTIONS = frozenset(
    {"app_mention", "message.channels", "message.groups", "message.im", "message.mpim"}
)
STOPPED_SESSION = "agent_session_stopped"
LOOKED_ELSEWHERE = "app_context_changed"
REACTION = "reaction_added"
SUBSCRIPTIONS = frozenset({*_QUESTIONS, *HOME_EVENTS, STOPPED_SESSION, LOOKED_ELSEWHERE, REACTION})
"""All events that the app's manifest asks for."""
COMMANDS = ("/gemini",)
ACTIONS: Mapping[str, ReadClick] = {
    ActionId.REGENERATE: read_regenerate,
    ActionId.RETRY: read_retry,
    ActionId.SHORTER: read_wish,
    ActionId.LONGER: read_wish,
    ActionId.MODE: read_choice,
    ActionId.ASK_EDITED: read_edited,
}
"""By the ``action_id`` of the buttons that ask a question again."""


@dataclass(frozen=True)
class Listeners:
    """Calls the use cases for Bolt's events."""

    identity: Identity
    repetition: AskAgainDeps
    following: FollowUpDeps
    reactions: ReactionDeps
    listening: VoteDeps
    entrance: OpenHomeDeps
    doctor: DoctorDeps
    signing: Signing

    def register(self, app: AsyncApp) -> None:
        """Make ``app`` handle everything the manifest subscribes to, and ack everything else."""
        # Bolt asks one listener after another, and takes the first that matches. Four that do not
        # match double its share of an event (0.12 to 0.25 ms), so the most frequent events come
        # first, and the special kinds of message before all others.
        app.event("app_mention")(self._on_event(read_mention))
        app.event({"type": "message", "subtype": "message_changed"})(self._on_edit)
        app.event({"type": "message", "subtype": "message_deleted"})(self._on_deletion)
        app.event("message")(self._on_event(read_message))
        app.event(STOPPED_SESSION)(self._on_stopped_session)
        app.event(LOOKED_ELSEWHERE)(_on_looked_elsewhere)
        app.event(REACTION)(self._on_reaction)
        for command in COMMANDS:
            app.command(command)(self._on_command)
        for action_id, read_click in ACTIONS.items():
            app.action(action_id)(self._on_click(read_click))
        submit_deps = self.repetition.submit_deps
        app.action(ActionId.STOP)(self._on_press(read_stop, enqueue_click, submit_deps))
        app.action(ActionId.SHARE)(self._on_press(read_share, enqueue_click, submit_deps))
        app.action(ActionId.FEEDBACK)(self._on_press(read_vote, take_vote, self.listening))
        for action_id in (ActionId.LANGUAGE, ActionId.DEFAULT_MODE):
            app.action(action_id)(self._on_home_choice)
        app.view(REASONS)(self._on_reasons)
        for callback_id in SHORTCUTS:
            app.message_shortcut(callback_id)(self._on_shortcut)
        for event_type in HOME_EVENTS:
            app.event(event_type)(self._on_home)
        app.error(on_error)

    def _on_event(self, read: ReadEvent) -> Callable[..., Awaitable[None]]:
        async def on_event(body: Payload, request: AsyncBoltRequest) -> None:
            question = read(body, self.identity, _is_redelivered(request))
            outcome = await accept_message(question, self.following)
            count(question, outcome)
            _redeliver_if_handed_back(outcome)

        return on_event

    async def _on_command(self, body: Payload, ack: AsyncAck) -> None:
        request = read_doctor_request(body)
        if isinstance(request, DoctorRequest):
            found = await run_checks(request, self.doctor)
            await ack(found.text, blocks=list(found.blocks))
            return
        submit_deps = self.repetition.submit_deps
        asked = read_command(body, self.identity, submit_deps.now())
        question = (
            asked if isinstance(asked, NotAQuestion) else await where_it_is(asked, submit_deps)
        )
        outcome = await submit(question, submit_deps)
        count(question, outcome)
        reply = await reply_to(read_typed(body, self.identity), asked, outcome, submit_deps)
        await ack(**reply)
        if isinstance(question, Question) and reply:
            FIRST_SIGN.record(question.age_s(submit_deps.now()), source=question.source)

    def _on_click(self, read: ReadClick) -> Callable[..., Awaitable[None]]:
        async def on_click(body: Payload, ack: AsyncAck) -> None:
            click = self._tampered(body) or read(body)
            outcome = await ask_again(click, self.repetition)
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
            submit_deps = self.repetition.submit_deps
            dismissing = submit_deps.replies.dismiss(str(body["response_url"]))
            submit_deps.background.start(dismissing, f"dismiss:{outcome.task.task_id}")

    async def _on_edit(self, body: Payload, request: AsyncBoltRequest) -> None:
        if leaves_a_tombstone(body):
            await self._on_deletion(body)
            return
        edited = read_edit(body, self.identity, _is_redelivered(request))
        outcome = await take_edit(edited, self.following)
        if isinstance(edited, Edited) and outcome != Rejected(RejectReason.MESSAGE_CHANGED):
            count(edited.question, outcome)
        else:
            count_event(NOBODY, "ignored", RejectReason.MESSAGE_CHANGED)
        _redeliver_if_handed_back(outcome)

    async def _on_deletion(self, body: Payload) -> None:
        outcome = await take_back(read_deletion(body, self.identity), self.following)
        _redeliver_if_handed_back(outcome)

    async def _on_stopped_session(self, body: Payload) -> None:
        submit_deps = self.repetition.submit_deps
        outcome = await enqueue(read_stopped_session(body, submit_deps.now()), submit_deps)
        _redeliver_if_handed_back(outcome)

    async def _on_reaction(self, body: Payload, request: AsyncBoltRequest) -> None:
        asking = self.reactions.submit_deps.asking
        question = read_reaction(body, self.identity, asking, redelivered=_is_redelivered(request))
        outcome = await accept_reaction(question, self.reactions)
        note_shown(outcome, self.following)
        count(question, outcome)
        _redeliver_if_handed_back(outcome)

    def _on_press(
        self,
        read: Callable[[Payload, datetime], PressT | NotAQuestion],
        take: Callable[[PressT | NotAQuestion, DepsT], Awaitable[SubmitOutcome]],
        deps: DepsT,
    ) -> Callable[..., Awaitable[None]]:
        async def on_press(body: Payload, ack: AsyncAck) -> None:
            now = self.repetition.submit_deps.now()
            await take(self._tampered(body) or read(body, now), deps)
            await ack()

        return on_press

    async def _on_reasons(self, body: Payload, ack: AsyncAck) -> None:
        side_task = self._tampered(body) or read_reasons(body, self.repetition.submit_deps.now())
        outcome = await take_reasons(side_task, self.listening)
        lost = RejectReason.PRESS_LOST if isinstance(outcome, HandedBack) else None
        if isinstance(outcome, Rejected) and outcome.reason in TOLD:
            lost = outcome.reason
        if lost is None or isinstance(side_task, NotAQuestion):
            # Without a body Slack closes the modal.
            await ack()
        else:
            text = await refusal_text(lost, side_task.task.user_id, self.repetition.submit_deps)
            await ack(response_action="errors", errors={FLAW: text})

    async def _on_shortcut(self, body: Payload, ack: AsyncAck) -> None:
        await ask_about(read_shortcut(body, self.identity), self.repetition.submit_deps)
        await ack()

    async def _on_home(self, body: Payload) -> None:
        opened = read_opening(body, self.signing)
        if isinstance(opened, NotAQuestion):
            count_event(NOBODY, "ignored", "unhandled")
        else:
            open_home(opened, self.entrance)

    async def _on_home_choice(self, body: Payload, ack: AsyncAck) -> None:
        take_choice(read_home_choice(body, self.signing), self.entrance)
        await ack()


async def _on_looked_elsewhere() -> None:
    """Only its subscription is needed: each message then names what is open beside it."""
    count_event(NOBODY, "ignored", RejectReason.NOT_A_QUESTION)


def _redeliver_if_handed_back(outcome: SubmitOutcome) -> None:
    """Bolt acks no event whose listener raised, and Slack delivers it again."""
    if isinstance(outcome, HandedBack):
        raise outcome.error


def _is_redelivered(request: AsyncBoltRequest) -> bool:
    """Socket Mode counts from 0, the first delivery included; over HTTP that one has no number."""
    numbers = request.headers.get("x-slack-retry-num") or ["0"]
    return numbers[0] != "0"


async def on_error(
    error: Exception, body: Payload, request: AsyncBoltRequest
) -> BoltResponse | None:
    """Ack events without a listener; leave all others unacked, so that Slack redelivers them."""
    if isinstance(error, BoltUnhandledRequestError):
        count_event(NOBODY, "ignored", "unhandled")
        log.info(
            "An event without a listener was acked.",
            action="event_ignored",
            reason="unhandled",
            type=_kind(body),
        )
        return BoltResponse(status=200)
    if isinstance(error, MechachangError):
        # The use case has logged it already.
        return BoltResponse(status=503)
    count_event(NOBODY, "failed", "internal_error")
    log.error(
        "A listener failed; the event stays unacked.",
        action="listener_failed",
        reason="internal_error",
        type=_kind(body),
        exc_info=error,
    )
    return BoltResponse(status=500)


def _kind(body: Payload) -> str:
    event = body.get("event") or {}
    return str(event.get("type") or body.get("command") or body.get("type") or "unknown")
