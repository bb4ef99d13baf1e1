"""The messages of a thread before another one: who wrote them, and to whom."""

from dataclasses import dataclass
from typing import Literal, Protocol

from shared.task import Task


@dataclass(frozen=True)
class Remark:
    """One message of a thread; one of ``us`` is an answer or a notice. ``task_id``: for a person's,
    of the task it would be; for ours, of the task it belongs to, if it says so. ``calls_us``: it
    mentions us, or is a command's question.
    """

    role: Literal["person", "us", "app"]
    by: str
    text: str
    task_id: str = ""
    calls_us: bool = False
    files: bool = False


@dataclass(frozen=True)
class Talk:
    """The messages ``before`` a task's own, the oldest first, and whether it has ``begun`` to be
    answered; nothing is before it in a thread that is too long to be read to its end.
    """

    before: tuple[Remark, ...]
    begun: bool = False


class LastThreads(Protocol):
    """The thread of the last answer in each direct message, for ten minutes. A lost store knows
    none.
    """

    async def note(self, channel_id: str, thread_ts: str) -> None:
        """An answer was given in the thread just now."""

    async def of(self, channel_id: str) -> str | None:
        """The thread, if an answer was given lately."""


class Talks(Protocol):
    """Reads the messages of threads. Raises as a Conversation does."""

    async def around(self, task: Task) -> Talk:
        """The messages in the task's thread."""
