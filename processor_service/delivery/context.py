"""The context of one answer, for every step."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from processor_service.delivery.reconcile import ExistingMessages
from processor_service.delivery.slack_writer import SlackWriter
from processor_service.ports.conversations import Conversation, ThreadMessage
from processor_service.rendering.task_cards import TaskCards
from processor_service.resilience.cancellation import CancelToken
from shared.task import Task


class ProgressIndicator(Protocol):
    """The progress that users see before the first words."""

    def thinking(self, *, searching: bool = False) -> None:
        """The worker waits for the model, which may be searching."""

    def retrying(self) -> None:
        """Another attempt at the answer begins."""

    def slow(self) -> None:
        """The model says nothing for longer than usual."""

    def waiting_for_the_same(self) -> None:
        """The question waits for the answer to an equal one."""

    def limited(self, pause_s: float) -> None:
        """Slack takes no call for so long."""

    def kept(self, *, busy: bool = False) -> None:
        """No model answers, perhaps because it is ``busy``: the worker tries until one does."""

    async def stay(self) -> None:
        """Show that the question is kept: its worker ends."""

    def over(self) -> None:
        """Words are visible: no status may be shown any more."""

    async def make_way(self) -> None:
        """Words are about to be visible: a status on its way must not arrive after them."""

    async def step_aside(self) -> None:
        """Task cards are about to tell the progress: until ``step_back`` no status does."""

    def step_back(self) -> None:
        """No task card tells the progress any more."""


@dataclass(frozen=True)
class AnswerContext:
    """One task while one worker answers it. ``existing`` are an earlier worker's messages, ``said``
    the messages of the thread before the question, ``request`` the note on who asked for another
    answer, and ``cards`` the steps so far.
    """

    task: Task
    writer: SlackWriter
    existing: ExistingMessages
    status: ProgressIndicator
    said: Sequence[ThreadMessage] = ()
    request: str = ""
    cards: TaskCards = field(default_factory=TaskCards)

    @property
    def conversation(self) -> Conversation:
        """The place of the answer."""
        return self.writer.conversation

    @property
    def cancel(self) -> CancelToken:
        """Whether the user has stopped the task."""
        return self.writer.run.cancel
