"""What the use cases need of the outside; adapters implement these."""

from collections.abc import Mapping
from typing import Protocol

from command_service.question import Asked, Place, Question, Recipient
from shared.errors import SlackDenied
from shared.task import Locale, Task


class TaskQueue(Protocol):
    """Takes tasks over from us."""

    async def publish(self, task: Task, attributes: Mapping[str, str]) -> None:
        """Hand the task over. Once it returns, the task will be worked on, at least once.

        Raises QueueUnavailable without that promise: the task may or may not have been taken.
        """


class Access(Protocol):
    """Whether Slack accepts our token."""

    @property
    def denied(self) -> SlackDenied | None:
        """Slack's denial, or None while it accepts us: then nothing can be read or answered."""


class Replies(Protocol):
    """Signs to the person who asked. Neither method raises: an answer does not depend on them."""

    async def tell(self, recipient: Recipient, text: str) -> None:
        """Show ``text`` to the recipient alone."""

    async def show_thinking(self, question: Question, locale: Locale) -> None:
        """Show in the question's thread that an answer is being prepared."""


class Questions(Protocol):
    """Messages that asked something, read again."""

    async def asked_at(self, place: Place) -> Asked | None:
        """The question, or None if it is gone or was never one.

        Raises RetryableError when Slack could not be asked.
        """


class Locales(Protocol):
    """The languages people use Slack in."""

    def of(self, user_id: str) -> Locale:
        """What is known of the user by now, at once; the default for somebody new."""
