"""The use case of a message event: in a thread where we have answered nobody needs to mention us.

Whether we have is looked up in Slack, at most once in a while for a thread. What cannot be told in
time is left to Slack's redelivery, like a question that cannot be queued.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from command_service.admission import Refused, admit
from command_service.conversation import Message
from command_service.deadline import at_most_s
from command_service.intake import Accepted, HandedBack, Intake, Outcome, accept
from command_service.ports import History
from command_service.question import Ignored, Question, Reason
from shared.errors import RetryableError, SlackRefused
from shared.ledger import Mark
from shared.log import bound_task, get_logger

log = get_logger(__name__)

LOOK_WITHIN_S = 1.0
"""Publishing needs the larger part of the time until the ack."""
LOOKS_PER_MINUTE = 20
"""Reading a thread is limited to some 50 calls a minute (docs.slack.dev, rate limits: Tier 3); the
processor, which cannot answer without it, keeps the larger share."""
_PAGES = 3
_REMEMBERED = 5_000
_NOT_OURS_FOR_S = 60.0
# Another instance may have answered there meanwhile; nobody takes an answer of ours away.
_OURS_FOR_S = 24 * 3600.0


class UnknownThread(RetryableError):
    """Whether we have answered in a thread could not be found out in time."""

    reason = "thread_unknown"


class Threads:
    """Which threads we have answered in, remembered for a while."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[tuple[str, str], tuple[bool, float]] = OrderedDict()

    def note(self, thread: tuple[str, str], *, ours: bool) -> None:
        """Remember it; beyond some thousands the oldest is forgotten."""
        self._known[thread] = (ours, self._clock() + (_OURS_FOR_S if ours else _NOT_OURS_FOR_S))
        self._known.move_to_end(thread)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def are_ours(self, thread: tuple[str, str]) -> bool | None:
        """What is known of the thread, if anything."""
        ours, until = self._known.get(thread, (False, 0.0))
        return ours if self._clock() < until else None


@dataclass
class Following:
    """What following threads needs. ``enabled`` off: only mentions ask in channels."""

    intake: Intake
    history: History
    bot_user_id: str
    enabled: bool = True
    look_within_s: float = LOOK_WITHIN_S
    clock: Callable[[], float] = time.monotonic
    _looks: deque[float] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.threads = Threads(self.clock)

    def may_look(self) -> bool:
        """Whether one more look fits into this minute; if so it is counted."""
        now = self.clock()
        while self._looks and self._looks[0] <= now - 60.0:
            self._looks.popleft()
        if len(self._looks) >= LOOKS_PER_MINUTE:
            return False
        self._looks.append(now)
        return True


async def accept_message(trigger: Question | Ignored, using: Following) -> Outcome:
    """Accept what a message asks. A follow-up that nobody may ask, or in a thread that is not ours,
    is no question and nobody is told: its author spoke to others.
    """
    if isinstance(trigger, Ignored):
        return await accept(trigger, using.intake)
    if trigger.follow_up:
        with bound_task(trigger.task_id):
            refused = await _not_followed(trigger, using)
        if isinstance(refused, HandedBack):
            return refused
        if refused is not None:
            return await accept(refused, using.intake)
    outcome = await accept(trigger, using.intake)
    if isinstance(outcome, Accepted):
        using.threads.note(_thread(trigger), ours=True)
    return outcome


def _thread(question: Question) -> tuple[str, str]:
    return question.channel_id, question.thread_ts or ""


async def _not_followed(question: Question, using: Following) -> Ignored | HandedBack | None:
    """Why the message is no question to us; None if it is one."""
    if not using.enabled:
        return Ignored(Reason.NOT_FOLLOWED)
    verdict = admit(question, using.intake.policy)
    if isinstance(verdict, Refused):
        return Ignored(Reason.NOT_FOLLOWED)
    thread = _thread(question)
    ours = using.threads.are_ours(thread)
    if ours is None:
        try:
            ours = await _looked_up(question, using)
        except RetryableError as error:
            log.warning(
                "Whether a message follows up is not known; Slack is to send it again.",
                action="follow_up_handed_back",
                reason=error.reason,
                why=str(error),
            )
            return HandedBack(error)
        using.threads.note(thread, ours=ours)
    return None if ours else Ignored(Reason.NOT_FOLLOWED)


async def _looked_up(question: Question, using: Following) -> bool:
    if not using.may_look():
        raise UnknownThread("Too many threads were looked at in this minute.")
    try:
        async with asyncio.timeout(at_most_s(using.look_within_s)):
            return await _is_ours(*_thread(question), using)
    except TimeoutError as error:
        raise UnknownThread("Slack did not give the thread back in time.") from error
    except SlackRefused as refused:
        log.info("A thread cannot be read.", action="thread_unread", reason=refused.reason)
        return False


async def _is_ours(channel_id: str, thread_ts: str, using: Following) -> bool:
    """Whether the thread's first pages hold a message of ours that is no failure notice."""
    cursor: str | None = None
    for _ in range(_PAGES):
        page = await using.history.replies(channel_id, thread_ts, "0", cursor)
        if any(_is_answer(message, using.bot_user_id) for message in page.items):
            return True
        cursor = page.cursor
        if cursor is None:
            return False
    return False


def _is_answer(message: Message, bot_user_id: str) -> bool:
    """A stream has no mark before its end."""
    mark = Mark.of_message(message)
    return message.get("user") == bot_user_id and (mark is None or mark.role != "notice")
