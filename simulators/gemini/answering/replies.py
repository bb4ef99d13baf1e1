"""Scripted replies: what a test wants the model to do with certain prompts."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from simulators.faults import Fault, Kind
from simulators.gemini.protocol.errors import ErrorReply
from simulators.gemini.protocol.google_errors import KNOWN

HANG = float("inf")


@dataclass(frozen=True)
class Reply:
    """How one request is answered; what is left out happens as usual.

    ``text`` or ``chunks`` replace the composed answer (``text=""``: an empty one).
    ``first_token_s`` and ``between_s`` override the configured timing; ``delay_s`` comes before
    everything else. ``finish_reason=None`` ends without one. ``block_reason`` blocks the prompt.
    ``error`` is answered instead, or after ``error_after`` pieces as an event in the stream.
    ``cut_after`` and ``hang_after`` close the connection, or stop sending for ``hang_s`` and then
    close it, after that many pieces (0: before the headers). ``lost`` takes the usual time and
    then closes the connection without an answer. ``lookups`` replaces what tools leave beside the
    answer: the candidate's ``groundingMetadata`` and ``urlContextMetadata``. ``continuation`` is
    the token that comes with ``finish_reason="CONTINUATION"``. ``afterwards`` are documents that a
    stream sends behind its last piece, as they are.
    """

    text: str | None = None
    chunks: Sequence[str] | None = None
    thought: str | None = None
    first_token_s: float | None = None
    between_s: float | None = None
    finish_reason: str | None = "STOP"
    block_reason: str | None = None
    error: ErrorReply | None = None
    error_after: int = 0
    cut_after: int | None = None
    hang_after: int | None = None
    hang_s: float = HANG
    lost: bool = False
    delay_s: float = 0.0
    lookups: Mapping[str, Any] | None = None
    continuation: str | None = None
    afterwards: Sequence[Mapping[str, Any]] = ()


ReplyTo = Callable[[str], Reply]
"""Makes the reply to a prompt."""


@dataclass
class Script:
    """Replies for the prompts that contain ``match`` (or that the pattern finds)."""

    match: str | re.Pattern[str]
    replies: Sequence[Reply | ReplyTo]
    used: int = 0

    def matches(self, prompt: str) -> bool:
        """Whether this script is about ``prompt``."""
        if isinstance(self.match, str):
            return self.match in prompt
        return bool(self.match.search(prompt))

    def next(self, prompt: str) -> Reply:
        """The replies in turn; the last one stays."""
        reply = self.replies[min(self.used, len(self.replies) - 1)]
        self.used += 1
        return reply if isinstance(reply, Reply) else reply(prompt)


def suffering(reply: Reply, fault: Fault | None) -> Reply:
    """``reply`` as ``fault`` changes it. ``duplicate`` means nothing to a model and is ignored.

    ``detail`` may hold ``after_chunks`` (disconnect, hang, error), ``retry_delay_s``,
    ``retry_after`` and ``google``, an error's name in ``google_errors.py`` (error).
    """
    if fault is None:
        return reply
    after = int(fault.detail.get("after_chunks", 0))
    error = ErrorReply(
        code=fault.status,
        status=fault.error,
        retry_delay_s=fault.detail.get("retry_delay_s"),
        retry_after=fault.detail.get("retry_after"),
    )
    if "google" in fault.detail:
        error = KNOWN[fault.detail["google"]]
    changes: dict[Kind, dict[str, Any]] = {
        "delay": {"delay_s": reply.delay_s + fault.seconds},
        "error": {"error": error, "error_after": after},
        "hang": {"hang_after": after, "hang_s": fault.seconds or HANG},
        "disconnect": {"cut_after": after},
        "drop_before": {"cut_after": 0},
        "drop_after": {"lost": True},
    }
    return replace(reply, **changes.get(fault.kind, {}))
