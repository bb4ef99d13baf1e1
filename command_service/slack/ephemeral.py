"""Signs to the user: ephemeral messages and thread statuses, through the Web API."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from command_service.payloads.model import EphemeralTarget, Question
from command_service.slack.access import SlackAccess
from command_service.slack.history import SlackHistory
from command_service.slack.notes import SlackNotes
from command_service.texts.replies import IS_THINKING, LOADING_LINES
from shared.bounded import BoundedMap
from shared.errors import (
    MechachangError,
    OutcomeUnknown,
    RetryableError,
    SlackRefused,
    SlackUnavailable,
)
from shared.ledger import Ledger
from shared.retry import Retries, RetryPolicy
from shared.slack.blocks import Block
from shared.slack.client import SLACK_FAILURES
from shared.slack.refused_methods import RefusedMethods
from shared.slack.status import GIVEN_UP_AFTER_S, STATUS_METHOD
from shared.task import Locale
from shared.telemetry.log import get_logger
from shared.telemetry.metrics import FIRST_SIGN

log = get_logger(__name__)

# A question gets a status only once, and a slow one is abandoned: it may come after the answer.
_LATE_AFTER_S = 0.4
# Reading threads is limited to some 50 calls a minute (Tier 3), and every answer needs one. Slack
# itself removes a status beside an answer after two minutes.
_LOOKS_PER_MINUTE = 6
_REMEMBERED = 1_000
# Of clearing a status; Slack itself does so after two minutes.
_PATIENCE = RetryPolicy(attempts=4)
_REACT = "reactions.add"


class SlackUserSignals:
    """``ports.UserSignals``: ephemeral messages and the status of a thread. Failures are logged."""

    def __init__(
        self,
        access: SlackAccess,
        ledger: Ledger,
        status_within_s: float = GIVEN_UP_AFTER_S,
        late_after_s: float = _LATE_AFTER_S,
        patience: RetryPolicy = _PATIENCE,
    ) -> None:
        self._access = access
        self._history = SlackHistory(access)
        self._ledger = ledger
        self._notes = SlackNotes(access, ledger)
        self._status_within_s = status_within_s
        self._late_after_s = late_after_s
        self._patience = patience
        self._shown: BoundedMap[str, asyncio.Event] = BoundedMap(_REMEMBERED)
        self._refused = RefusedMethods()
        self._looks: deque[float] = deque(maxlen=_LOOKS_PER_MINUTE)

    async def tell(
        self, recipient: EphemeralTarget, text: str, blocks: Sequence[Block] = ()
    ) -> None:
        if recipient.response_url is not None:
            self._log(await self._notes.respond(recipient.response_url, text), "response_url")
        else:
            self._log(await self._notes.show(recipient, text, blocks), "chat.postEphemeral")

    async def dismiss(self, response_url: str) -> None:
        """Remove an ephemeral message, for which Slack offers no other way."""
        self._log(await self._notes.remove(response_url), "response_url")

    async def acknowledge(self, question: Question) -> None:
        """React with a thumb; nothing is missed where Slack refuses it, as without its scope."""
        place = question.channel_id, question.thread_ts or ""
        if not self._refused.allows(_REACT, *place):
            return
        try:
            await self._access.client.reactions_add(
                channel=question.channel_id, timestamp=question.message_ts or "", name="+1"
            )
        except SLACK_FAILURES as error:
            failure = self._access.failure(error, _REACT)
            if isinstance(failure, SlackRefused | SlackUnavailable):
                self._refused.note(_REACT, *place, failure)
            else:
                self._log(failure, _REACT)

    async def show_thinking(
        self, question: Question, locale: Callable[[], Awaitable[Locale]]
    ) -> None:
        """Set the thread's status, once per task; Slack clears it with our next message there.

        A slow one may have arrived after that message: then it is cleared again, if looking for it
        leaves the processor its share of Slack's limits.
        """
        if question.task_id in self._shown:
            return
        shown = self._shown.put(question.task_id, asyncio.Event())
        began = time.monotonic()
        try:
            said = await locale()
            failure = await self._set_status(question, IS_THINKING[said], LOADING_LINES[said])
        finally:
            shown.set()
        # Slack may have taken one that it did not confirm in time.
        may_stand = failure is None or isinstance(failure, OutcomeUnknown)
        late = time.monotonic() - began > self._late_after_s
        if may_stand and late and await self._is_answered(question):
            await self._clear_status(question)

    def _may_look(self) -> bool:
        now = time.monotonic()
        if len(self._looks) == _LOOKS_PER_MINUTE and self._looks[0] > now - 60.0:
            return False
        self._looks.append(now)
        return True

    async def _is_answered(self, question: Question) -> bool:
        if not self._may_look():
            return False
        try:
            page = await self._history.replies(
                question.channel_id, question.thread_ts or "", question.message_ts or "0", None
            )
        except MechachangError as failure:
            self._log(failure, "conversations.replies")
            return True
        marks = (self._ledger.mark_of(one, question.channel_id) for one in page.items)
        return any(mark is not None and mark.task_id == question.task_id for mark in marks)

    async def hide_thinking(self, question: Question) -> None:
        """Clear the thread's status once it is set; the question may get one again."""
        shown = self._shown.pop(question.task_id)
        if shown is not None:
            await shown.wait()
            await self._clear_status(question)

    async def _clear_status(self, question: Question) -> None:
        retries = Retries(self._patience)
        while isinstance(failure := await self._set_status(question, "", []), RetryableError):
            if not await retries.again(failure):
                return

    async def _set_status(
        self, question: Question, status: str, loading: list[str]
    ) -> MechachangError | None:
        """Slack's failure, if any; after a refusal it is not asked again for a while."""
        place = question.channel_id, question.thread_ts or ""
        if not self._refused.allows(STATUS_METHOD, *place):
            return SlackRefused("It is left out after a refusal.", slack_error="")
        try:
            async with asyncio.timeout(self._status_within_s):
                await self._access.client.assistant_threads_setStatus(
                    channel_id=question.channel_id,
                    thread_ts=question.thread_ts or "",
                    status=status,
                    loading_messages=loading or None,
                )
        except SLACK_FAILURES as error:
            failure = self._access.failure(error, STATUS_METHOD)
            if isinstance(failure, SlackRefused | SlackUnavailable):
                self._refused.note(STATUS_METHOD, *place, failure)
            if not isinstance(failure, SlackRefused):
                self._log(failure, STATUS_METHOD)
            return failure
        if status:
            FIRST_SIGN.record(question.age_s(datetime.now(UTC)), source=question.source)
        return None

    def _log(self, failure: MechachangError | None, method: str) -> None:
        if failure is not None:
            log.warning(
                "A sign could not be shown.",
                action="sign_not_shown",
                method=method,
                reason=failure.reason,
                why=str(failure),
            )
