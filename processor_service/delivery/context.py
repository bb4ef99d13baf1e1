"""What every step of one answer needs to know."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from processor_service.delivery.reconcile import ExistingMessages
from processor_service.delivery.slack_writer import SlackWriter
from processor_service.ports.conversations import Conversation, ThreadMessage
from processor_service.resilience.cancellation import CancelToken
from shared.task import Task


class ProgressIndicator(Protocol):
    """What people see before the first words."""

    def thinking(self, *, searching: bool = False) -> None:
        """We wait for the model, which may be searching."""

    def retrying(self) -> None:
        """Another attempt at the answer begins."""

    def over(self) -> None:
        """Words are visible: nothing else is to be shown any more."""

    async def make_way(self) -> None:
        """Words are about to be visible: what is just being shown must not come behind them."""


@dataclass(frozen=True)
class AnswerContext:
    """One task while one worker answers it. ``existing`` is what an earlier worker left of it,
    ``said`` what stood in the thread before the question.
    """

    task: Task
    writer: SlackWriter
    existing: ExistingMessages
    status: ProgressIndicator
    said: Sequence[ThreadMessage] = ()

    @property
    def conversation(self) -> Conversation:
        """Where the answer goes."""
        return self.writer.conversation

    @property
    def cancel(self) -> CancelToken:
        """Whether the asker wants no more of it."""
        return self.writer.run.cancel
