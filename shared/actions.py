"""The data our services exchange through Slack: version 1, JSON in messages and modals.

Slack keeps messages of every earlier version, and people still press their buttons, so nothing here
may change its meaning. ``tests/unit/shared/actions`` pins it with golden files, docs/api.md
explains it, and ``shared.signing`` signs it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)
from pydantic_core import from_json

from shared.slack.message import MessageRef
from shared.task import Mode, Preferences, Subject, Task, Vote, Wish


class ActionId(StrEnum):
    """The ``action_id`` of each element that people can press.

    ``SHORTER`` and ``LONGER`` were buttons; now both are entries of the menu ``MODE``.
    """

    REGENERATE = "regenerate"
    RETRY = "retry"
    SHORTER = "shorter"
    LONGER = "longer"
    MODE = "mode"
    ASK_EDITED = "ask_edited"
    STOP = "stop"
    FEEDBACK = "feedback"
    SHARE = "share"
    LANGUAGE = "language"
    DEFAULT_MODE = "default_mode"


class Carried(BaseModel):
    """The data of one of our elements. Unknown fields are ignored, the signature among them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    v: Literal[1] = 1

    def encode(self) -> str:
        """The JSON of the element's value."""
        return self.model_dump_json()

    @classmethod
    def decode(cls, value: object) -> Self | None:
        """The data in ``value``; None for an unknown version or form."""
        try:
            carried = cls.model_validate_json(value if isinstance(value, str) else "")
        except ValidationError:
            return None
        return carried if "v" in carried.model_fields_set else None


class _Sparse(Carried):
    def encode(self) -> str:
        """The JSON of the element's value, without empty fields."""
        return self.model_dump_json(exclude_none=True)


class AskAgain(_Sparse):
    """A button that asks the question of a message again, in its own mode if it names none.

    The channel is the button's own; ``edited_ts`` names the edit it was offered for, ``beside``
    what the question is about if only its event told.
    """

    thread_ts: str
    message_ts: str
    mode: Mode | None = None
    wish: Wish | None = None
    edited_ts: str | None = None
    beside: Subject | None = None

    @classmethod
    def of(cls, place: MessageRef, mode: Mode | None = None, wish: Wish | None = None) -> Self:
        """The value of a choice in a menu, which Slack limits, for the question at ``place``."""
        return cls(thread_ts=place.thread_ts, message_ts=place.message_ts, mode=mode, wish=wish)

    @classmethod
    def whole(cls, task: Task, place: MessageRef, wish: Wish | None = None) -> Self:
        """The value of a button for the task's question at ``place``."""
        subject = task.subject
        beside = subject if subject is not None and subject.beside else None
        return cls.of(place, task.mode, wish).model_copy(update={"beside": beside})

    def place(self, channel_id: str) -> MessageRef:
        """The message to read again, for a button in this channel."""
        return MessageRef(channel_id, self.thread_ts, self.message_ts)


class StopAnswer(Carried):
    """The Stop button below the growing answer to ``task_id``, a question of ``user_id``."""

    task_id: str
    user_id: str


class CastVote(Carried):
    """One of the two buttons of a vote on the answer to ``task_id``."""

    task_id: str
    mode: Mode
    vote: Vote


class ExplainVote(Carried):
    """The modal that asks for the reason of a vote in ``channel_id``."""

    task_id: str
    vote: Vote
    mode: Mode
    channel_id: str
    thread_ts: str | None


class ShareAnswer(Carried):
    """The button that shares the answer to ``task_id``, which is ``user_id``'s, to the channel that
    it was asked in.
    """

    task_id: str
    user_id: str
    channel_id: str
    mode: Mode = Mode.CHAT


class HomeChoices(Preferences, _Sparse):
    """The choices on a user's Home, kept with the view; an option of a select carries its own."""

    @classmethod
    def of(cls, preferences: Preferences) -> Self:
        """The part of these preferences that a Home keeps."""
        return cls(**dict(preferences))

    @property
    def preferences(self) -> Preferences:
        """The same for a task."""
        return Preferences(language=self.language, mode=self.mode, chosen_at=self.chosen_at)


def _from_json(kept: object) -> object:
    return from_json(kept) if isinstance(kept, str) else kept


def _as_json(subject: Subject | None) -> str | None:
    return None if subject is None else subject.model_dump_json()


class ShownQuestion(BaseModel):
    """A question that we show ourselves, kept as texts beside the mark of its message.

    A ``prompt`` that was too long is not kept; a ``subject`` can be read in its own place.
    ``asked_by`` is the id of the user who asks; earlier versions did not keep it. A private
    question was ``asked_in`` another channel.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    prompt: str | None = None
    mode: Mode = Mode.AUTO
    subject: Annotated[Subject | None, BeforeValidator(_from_json), PlainSerializer(_as_json)] = (
        None
    )
    asked_by: str | None = None
    asked_in: str | None = None

    @field_validator("*", mode="wrap")
    @classmethod
    def _known(cls, kept: Any, read: ValidatorFunctionWrapHandler, field: ValidationInfo) -> Any:
        """A mode that only a newer version knows must not cost the question."""
        try:
            return read(kept)
        except ValidationError:
            return cls.model_fields[str(field.field_name)].default

    def fields(self) -> dict[str, str]:
        """As the metadata of a message, which holds texts and numbers only."""
        return self.model_dump(exclude_none=True)

    @classmethod
    def of_fields(cls, kept: Mapping[str, Any]) -> Self:
        """The question with these fields, as far as they are known."""
        return cls.model_validate(kept)
