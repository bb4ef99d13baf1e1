"""The task as the queue carries it: its fields, their encoding, and what they tell together."""

import operator
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Final, Literal, Self, Unpack

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from shared.channel_ids import is_direct
from shared.errors import UndecodableTask
from shared.task.kinds import Following, Kind, Locale, Mode, Source, Wish
from shared.task.material import QuotedMessage, Subject, TaskFile
from shared.task.side import Cancel, Feedback, Preferences, Requester, Share, SideContent


class Earlier(BaseModel, frozen=True, extra="ignore"):
    """The answer below which a button asked for another one: its last message, in the thread."""

    message_ts: str


_SIDE_SOURCES: Final = {
    Kind.HOME: Source.APP_HOME,
    Kind.DOCTOR: Source.SLASH_COMMAND,
    Kind.SYNTHETIC: Source.SYNTHETIC,
}


class Task(BaseModel, frozen=True, extra="ignore"):
    """One accepted question. Equal triggers give equal ``task_id``; unknown fields are ignored.

    With a ``subject`` the ``text`` is another person's message: material, not the user's words,
    unless that message is open ``beside`` the agent view. So is what is ``quoted``, in any case.
    With ``follow_up`` it mentions nobody, and is a question only if its thread says so.
    """

    version: Literal[1] = 1
    task_id: Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[0-9a-z-]+$")]
    kind: Kind = Kind.QUESTION
    source: Source
    team_id: str
    channel_id: str
    user_id: str
    thread_ts: str | None = None
    message_ts: str | None = None
    text: str
    mode: Mode = Mode.AUTO
    wish: Wish | None = None
    earlier: Earlier | None = None
    cancel: Cancel | None = None
    feedback: Feedback | None = None
    share: Share | None = None
    preferences: Preferences | None = None
    quoted: Annotated[tuple[QuotedMessage, ...], Field(exclude_if=operator.not_)] = ()
    files: tuple[TaskFile, ...] = ()
    locale: Locale = "ja"
    response_url: str | None = None
    private: bool = False
    asked_in: str | None = None
    subject: Subject | None = None
    follow_up: Following | None = None
    event_id: str | None = None
    occurred_at: AwareDatetime
    received_at: AwareDatetime

    @property
    def has_words(self) -> bool:
        """Whether there is something to answer besides files."""
        return bool(self.text) or self.subject is not None or any(one.text for one in self.quoted)

    @property
    def asks_in_words(self) -> bool:
        """Whether the ``text`` is the user's own."""
        return self.subject is None or self.subject.beside

    @property
    def shown_below(self) -> str | None:
        """The thread in which a question about its message is shown and answered; None: it is not
        shown there.
        """
        if self.private or self.subject is None or self.message_ts is not None:
            return None
        return self.thread_ts

    @property
    def asked_privately_in(self) -> str | None:
        """The channel of a question that is answered in direct messages; None if there is none."""
        command = self.private and self.source is Source.SLASH_COMMAND and self.subject is None
        if self.asked_in is None and command and not is_direct(self.channel_id):
            return self.channel_id
        return self.asked_in

    @classmethod
    def side(
        cls,
        kind: Kind,
        task_id: str,
        by: Requester,
        received_at: datetime,
        **content: Unpack[SideContent],
    ) -> Self:
        """A task without a question for Gemini."""
        fields = {
            "source": _SIDE_SOURCES.get(kind, Source.BUTTON),
            "occurred_at": received_at,
            **asdict(by),
            **content,
        }
        return cls(kind=kind, task_id=task_id, text="", received_at=received_at, **fields)

    def encode(self) -> bytes:
        """The task as Pub/Sub data."""
        return self.model_dump_json(exclude_none=True).encode()

    def attributes(self, trace_context: Mapping[str, str]) -> dict[str, str]:
        """The message's attributes: the task's identity without decoding, and its W3C trace."""
        own = {"task_id": self.task_id, "kind": self.kind, "version": str(self.version)}
        return {**trace_context, **own}

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The task in ``data``; raises UndecodableTask for anything but a known version."""
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise UndecodableTask(_faults(error)) from error


def _faults(error: ValidationError) -> str:
    """The wrong fields, without their values: they may hold a prompt or a response_url."""
    return "; ".join(
        f"{'.'.join(str(part) for part in fault['loc']) or 'message'}: {fault['type']}"
        for fault in error.errors(include_input=False, include_url=False, include_context=False)
    )
