"""The ports that keep workers apart: leases, turns, cancellations and the owners of streams."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from shared.ledger import Mark

# All deliveries of a task and the pauses between them: while Slack is away for that long, a stream
# may end there without its mark, and only its task knows that it is to be removed.
STREAM_TTL_S = 3600


class StoreUnavailable(Exception):
    """Redis did not answer in time, is left alone after a failure, or refused the command."""


UNDECIDED: Final = "undecided:"
"""Begins what a delivery claims by that may end without an answer, before its message's id."""


def is_awaited(holder: str, message_id: str) -> bool:
    """Whether a delivery waits for the end of the one that holds its task, because it is of the
    same message, or because it cannot count on an answer of a delivery that is undecided.
    """
    undecided = holder.startswith(UNDECIDED) and not message_id.startswith(UNDECIDED)
    return undecided or holder == message_id


class ClaimState(StrEnum):
    """The outcome of a claim on a task."""

    OURS = "ours"
    DONE = "done"
    HELD_BY_SAME_MESSAGE = "held_by_same_message"
    HELD_BY_OTHER_MESSAGE = "held_by_other_message"


@dataclass(frozen=True)
class Lease:
    """The right to work on one task. ``owner`` is None when it could not be guarded by Redis."""

    task_id: str
    message_id: str
    owner: str | None


@dataclass(frozen=True)
class Claim:
    """The outcome of a claim; ``lease`` is set exactly when it succeeded.

    ``deaths``: so many workers in a row took the task and neither finished it nor handed it back.
    """

    state: ClaimState
    lease: Lease | None = None
    deaths: int = 0


class Hold(StrEnum):
    """The outcome of a renewal. ``UNKNOWN``: the store is lost, and nothing keeps workers apart."""

    OURS = "ours"
    LOST = "lost"
    UNKNOWN = "unknown"


class Leases(Protocol):
    """At most one worker per task, as long as the store answers. No method raises for a lost store:
    the worker then continues without a guard and relies on the ledger in Slack.
    """

    renew_every_s: float
    look_every_s: float
    """The pause between two claims of a delivery that waits for a held lease."""

    async def claim(self, task_id: str, message_id: str) -> Claim:
        """Claim the task for one delivery of the message ``message_id``, or say why not. Whoever is
        to wait for the holder (``is_awaited``) is told that it is of the same message.
        """

    async def renew(self, lease: Lease) -> Hold:
        """Extend the lease, or say that another worker has the task now."""

    async def finish(self, lease: Lease) -> None:
        """Mark the task done, so that later deliveries do nothing."""

    async def release(self, lease: Lease, reason: str | None = None) -> None:
        """Hand the task back for the next delivery, and remember why. Idempotent."""

    async def flag_possible_duplicate(self, task_id: str) -> None:
        """Tell the lease holder of the task that a worker without a lease has written for it."""

    async def has_possible_duplicate(self, task_id: str) -> bool:
        """Whether a worker without a lease may have written for the task; True if the store is
        lost.
        """

    async def is_done(self, task_id: str) -> bool:
        """Whether the task is known to be finished; False while the store is lost."""

    async def last_failure(self, task_id: str) -> str | None:
        """The reason for which the task was last handed back, if it is remembered."""


@dataclass(frozen=True)
class QueueTicket:
    """A task's place in the queue of its thread, or of equal questions, sorted by ``asked``."""

    thread: str
    asked: str
    task_id: str


def asked_at(at: datetime) -> str:
    """``QueueTicket.asked`` of a question of that time: such texts sort."""
    return f"{at.timestamp():017.6f}"


class ThreadQueue(Protocol):
    """The turns in a queue. No method raises for a lost store: then no task waits."""

    renew_every_s: float
    look_every_s: float

    async def take(self, ticket: QueueTicket) -> bool:
        """Keep the turn and return True if it is the task's; else wait in the queue for a while."""

    async def leave(self, ticket: QueueTicket) -> None:
        """End the task's turn or its waiting. Idempotent."""

    async def ahead(self, ticket: QueueTicket) -> int | None:
        """How many tasks are before the waiting one; None while the store is lost."""

    async def holder(self, line: str) -> QueueTicket | None:
        """The place of the task whose turn it is, as far as it is known."""


class Cancellations(Protocol):
    """Tasks that their users have stopped. A lost store knows this process's own only."""

    look_every_s: float

    async def request(self, task_id: str) -> None:
        """Request the end of the task, whether it is worked on or waits. Idempotent."""

    async def is_requested(self, task_id: str) -> bool:
        """Whether the user has stopped the task."""


class StreamOwners(Protocol):
    """The task of each running stream, which has its mark only at its end. A lost store forgets."""

    async def own(self, channel: str, ts: str, task_id: str) -> None:
        """Remember the stream's task, or remember it for longer."""

    async def try_own(self, channel: str, ts: str, task_id: str, *, alone: bool) -> bool:
        """Like ``own`` unless another task is remembered; whether the stream is now this task's.
        While the store is lost, only a task that is ``alone`` in its thread gets it: another one's
        worker may be writing to it.
        """

    async def owner(self, channel: str, ts: str) -> str | None:
        """The task, if it is remembered."""

    async def has_no_owner(self, channel: str, ts: str) -> bool:
        """Whether the stream is known to have no task: never so while the store is lost."""


class Responses(Protocol):
    """The posts to response URLs, which cannot be read back. A lost store forgets."""

    async def of(self, task_id: str) -> list[Mark]:
        """The marks of the posted messages, in order."""

    async def add(self, mark: Mark) -> None:
        """Remember one message."""
