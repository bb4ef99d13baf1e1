"""Readers of Slack's payloads never raise: an ill-formed payload is no question."""

import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

from command_service.payloads.model import NotAQuestion, RejectReason
from shared.slack.message import ILL_FORMED, message_of
from shared.well_formed import well_formed

P = ParamSpec("P")
ReadT = TypeVar("ReadT")

_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def never_raising(read: Callable[P, ReadT]) -> Callable[P, ReadT | NotAQuestion]:
    """``read``, but an ill-formed payload is ignored: Slack would only send it again."""

    @wraps(read)
    def reading(*args: P.args, **kwargs: P.kwargs) -> ReadT | NotAQuestion:
        try:
            return read(*args, **kwargs)
        except ILL_FORMED:
            return NotAQuestion(RejectReason.ILL_FORMED)

    return reading


def with_event(body: Mapping[str, Any]) -> dict[str, Any]:
    """The payload with its event as a message. Raises ValueError if there is none."""
    return {**body, "event": message_in(body["event"])}


def message_in(told: object) -> dict[str, Any]:
    """The message. Raises ValueError for anything else."""
    message = message_of(told)
    if message is None:
        raise ValueError("no message")
    return message


def words_in(told: object) -> str:
    """A person's text, with U+FFFD for unpaired surrogates, which JSON can carry."""
    return well_formed(told) if isinstance(told, str) else ""


def text_or_none(told: object) -> str | None:
    """A text, or None for anything else."""
    return told if isinstance(told, str) else None


def id_in(told: object) -> str:
    """An id of Slack's. Raises ValueError for anything else."""
    if not isinstance(told, str) or _ID.fullmatch(told) is None:
        raise ValueError("no id")
    return told
