"""Listeners for events. Bolt acks an event once its listener has returned; after an error it stays
unacked, and Slack delivers it again.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from command_service.envelope.metrics import NOBODY, count_event
from command_service.payloads.changes import Edited, leaves_a_tombstone, read_deletion, read_edit
from command_service.payloads.home import read_opening
from command_service.payloads.messages import read_mention, read_message
from command_service.payloads.model import Identity, NotAQuestion, Question, RejectReason
from command_service.payloads.presses import read_stopped_session
from command_service.payloads.reactions import read_reaction
from command_service.use_cases.app_home import OpenHomeDeps, open_home
from command_service.use_cases.changes import stop_deleted, take_edit
from command_service.use_cases.follow_ups import FollowUpDeps, accept_message, note_shown
from command_service.use_cases.policy import Rejected
from command_service.use_cases.reactions import ReactionDeps, accept_reaction
from command_service.use_cases.side_tasks import enqueue
from command_service.use_cases.submit import HandedBack, SubmitOutcome, count
from shared.signing import Signing
from shared.slack.message import Payload

ReadEvent = Callable[[Mapping[str, Any], Identity, bool], Question | NotAQuestion]

_QUESTIONS = frozenset(
    {"app_mention", "message.channels", "message.groups", "message.im", "message.mpim"}
)
STOPPED_SESSION = "agent_session_stopped"
LOOKED_ELSEWHERE = "app_context_changed"
REACTION = "reaction_added"
OPENED = "app_home_opened"
SUBSCRIPTIONS = _QUESTIONS | {STOPPED_SESSION, LOOKED_ELSEWHERE, REACTION, OPENED}
"""All events that the app's manifest asks for."""


@dataclass(frozen=True)
class EventListeners:
    """Calls the use cases for messages, reactions, Slack's own Stop, and openings of the app."""

    identity: Identity
    follow_ups: FollowUpDeps
    reactions: ReactionDeps
    home: OpenHomeDeps
    signing: Signing

    def register(self, app: AsyncApp) -> None:
        """Make ``app`` handle each of ``SUBSCRIPTIONS``."""
        # The most frequent come first (see ``entrances.bolt_app``), and special kinds of messages
        # before all others.
        app.event("app_mention")(self._on_event(read_mention))
        app.event({"type": "message", "subtype": "message_changed"})(self._on_edit)
        app.event({"type": "message", "subtype": "message_deleted"})(self._on_deletion)
        app.event("message")(self._on_event(read_message))
        app.event(STOPPED_SESSION)(self._on_stopped_session)
        app.event(LOOKED_ELSEWHERE)(_on_looked_elsewhere)
        app.event(REACTION)(self._on_reaction)
        app.event(OPENED)(self._on_opened)

    def _on_event(self, read: ReadEvent) -> Callable[..., Awaitable[None]]:
        async def on_event(body: Payload, request: AsyncBoltRequest) -> None:
            question = read(body, self.identity, _is_redelivered(request))
            outcome = await accept_message(question, self.follow_ups)
            count(question, outcome)
            _redeliver_if_handed_back(outcome)

        return on_event

    async def _on_edit(self, body: Payload, request: AsyncBoltRequest) -> None:
        if leaves_a_tombstone(body):
            await self._on_deletion(body)
            return
        edited = read_edit(body, self.identity, _is_redelivered(request))
        outcome = await take_edit(edited, self.follow_ups)
        if isinstance(edited, Edited) and outcome != Rejected(RejectReason.MESSAGE_CHANGED):
            count(edited.question, outcome)
        else:
            count_event(NOBODY, "ignored", RejectReason.MESSAGE_CHANGED)
        _redeliver_if_handed_back(outcome)

    async def _on_deletion(self, body: Payload) -> None:
        outcome = await stop_deleted(read_deletion(body, self.identity), self.follow_ups)
        _redeliver_if_handed_back(outcome)

    async def _on_stopped_session(self, body: Payload) -> None:
        submit_deps = self.follow_ups.submit_deps
        outcome = await enqueue(read_stopped_session(body, submit_deps.now()), submit_deps)
        _redeliver_if_handed_back(outcome)

    async def _on_reaction(self, body: Payload, request: AsyncBoltRequest) -> None:
        asking = self.reactions.submit_deps.asking
        question = read_reaction(body, self.identity, asking, redelivered=_is_redelivered(request))
        outcome = await accept_reaction(question, self.reactions)
        note_shown(outcome, self.follow_ups)
        count(question, outcome)
        _redeliver_if_handed_back(outcome)

    async def _on_opened(self, body: Payload) -> None:
        opened = read_opening(body, self.signing)
        if isinstance(opened, NotAQuestion):
            count_event(NOBODY, "ignored", "unhandled")
        else:
            open_home(opened, self.home)


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
