"""Answers, and the cache of answers."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from processor_service.ports.citations import Citations
from shared.task import Mode

CUT: Final = "file_cut"
"""The reason of a file that Gemini got in part."""


@dataclass(frozen=True)
class OmittedFile:
    """A file of the question that Gemini did not get; ``reason`` is the stable code of why.

    ``partly``: only its places in ``detail`` are missing.
    """

    name: str
    reason: str
    detail: str = ""

    @property
    def partly(self) -> bool:
        """Whether Gemini got the rest of the file."""
        return self.reason == CUT


@dataclass(frozen=True)
class Answer:
    """A finished answer: Markdown, its mode, its cost in tokens, and the files it was made without.

    One about a channel names the time it is told from, ``since``, if older messages of the period
    were left out. It may end early: ``truncated`` at the limit of its length, or ``stopped`` by the
    user. Kept in Redis: a new field needs a default, so that answers kept by an older version can
    be read.
    """

    text: str
    model: str
    truncated: bool = False
    prompt_tokens: int = 0
    output_tokens: int = 0
    mode: Mode = Mode.CHAT
    sources: Citations = field(default_factory=Citations)
    stopped: bool = False
    without: tuple[OmittedFile, ...] = ()
    since: datetime | None = None


class Answers(Protocol):
    """Kept answers. A lost store is a miss, never an error."""

    @property
    def lasting(self) -> bool:
        """Whether anything is kept at all."""

    async def get(self, key: str) -> Answer | None:
        """The answer kept under ``key``, if any."""

    async def put(self, key: str, answer: Answer) -> None:
        """Keep ``answer`` for the store's lifetime."""

    async def forget(self, key: str) -> None:
        """Delete what is kept under ``key``."""
