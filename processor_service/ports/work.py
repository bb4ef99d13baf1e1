"""What is to happen once: who works on a task, in which turn, until when."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from shared.ledger import Mark

# Slack ends a stream after some five minutes.
STREAM_TTL_S = 600


class StoreUnavailable(Exception):
    """Redis did not answer in time, is resting after it did not, or refused the command."""


class ClaimState(StrEnum):
    """What a claim on a task found."""

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
    """The outcome of a claim; ``lease`` is set exactly when it is ours."""

    state: ClaimState
    lease: Lease | None = None


class Hold(StrEnum):
    """What a renewal found. ``UNKNOWN``: the store is lost, nobody keeps workers apart."""

    OURS = "ours"
    LOST = "lost"
    UNKNOWN = "unknown"


class Leases(Protocol):
    """At most one worker a task, as long as the store answers. No method raises for a lost store:
    the worker then goes on unguarded and relies on the ledger in Slack.
    """

    renew_every_s: float

    async def claim(self, task_id: str, message_id: str) -> Claim:
        """Take the task for one delivery of the message ``message_id``, or say why not."""

    async def renew(self, lease: Lease) -> Hold:
        """Prolong the lease, or say that somebody else has the task now."""

    async def finish(self, lease: Lease) -> None:
        """Mark the task done, so that no later delivery works on it."""

    async def release(self, lease: Lease, reason: str | None = None) -> None:
        """Hand the task back for the next delivery, and remember why. Idempotent."""

    async def announce_doubt(self, task_id: str) -> None:
        """Tell whoever holds a lease on the task that somebody without one has written for it."""

    async def is_doubted(self, task_id: str) -> bool:
        """Whether somebody without a lease may have written for the task: also if nobody knows."""

    async def last_failure(self, task_id: str) -> str | None:
        """The reason the task was last handed back for, as far as it is remembered."""


@dataclass(frozen=True)
class QueueTicket:
    """A task's place in the line of its thread, or of those who ask the same; ``asked`` sorts by
    the time of the question.
    """

    thread: str
    asked: str
    task_id: str


class ThreadQueue(Protocol):
    """Whose turn it is in a line. No method raises for a lost store: nobody waits then."""

    renew_every_s: float
    look_every_s: float

    async def take(self, ticket: QueueTicket) -> bool:
        """Whether it is the task's turn, and keep it so; else it waits in line for a while."""

    async def leave(self, ticket: QueueTicket) -> None:
        """End the task's turn or its waiting. Idempotent."""

    async def holder(self, line: str) -> str | None:
        """The task whose turn it is in the line, as far as that is known."""


class Cancellations(Protocol):
    """Which tasks their askers have stopped. A lost store knows of this process's own."""

    look_every_s: float

    async def ask(self, task_id: str) -> None:
        """Have the task stopped, wherever it is worked on or waits. Idempotent."""

    async def asked(self, task_id: str) -> bool:
        """Whether somebody has stopped the task."""


class StreamOwners(Protocol):
    """For which task a stream runs; it says so itself only at its end. A lost store forgets."""

    async def own(self, channel: str, ts: str, task_id: str) -> None:
        """Remember, or remember for longer."""

    async def owner(self, channel: str, ts: str) -> str | None:
        """The task, if it is remembered."""

    async def has_no_owner(self, channel: str, ts: str) -> bool:
        """Whether the stream is known to run for no task: never so while the store is lost."""


class Responses(Protocol):
    """What was posted to response URLs, which cannot be read. A lost store forgets."""

    async def of(self, task_id: str) -> list[Mark]:
        """The marks of what was posted, in order."""

    async def add(self, mark: Mark) -> None:
        """Remember one message."""
