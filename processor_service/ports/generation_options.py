"""How the model makes an answer: how long it thinks, and which tools it may use.

Each mode has its own options; a mode that ``GEMINI_THINKING`` does not name keeps those below.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from shared.task import Mode


class Thinking(StrEnum):
    """How much the model thinks before it writes. Models differ in the levels they know."""

    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"


class Tool(StrEnum):
    """A tool that the model may use while it answers; Google runs it."""

    GOOGLE_SEARCH = "google_search"
    URL_CONTEXT = "url_context"


@dataclass(frozen=True)
class GenerationOptions:
    """The options of one answer; None leaves the choice to the model."""

    thinking: Thinking | None = None
    tools: tuple[Tool, ...] = ()

    def __str__(self) -> str:
        return f"{self.thinking} {','.join(self.tools)}"


# Users wait for the first word: gemini-3.8-flash thinks for seconds at its own level (medium), and
# "low" is the least it knows. Programs and figures are worth the wait.
DEFAULT_THINKING: Final[Mapping[Mode, Thinking | None]] = {
    **dict.fromkeys(Mode, Thinking.LOW),
    Mode.CODE: Thinking.MEDIUM,
    Mode.DATA: Thinking.MEDIUM,
}


@dataclass(frozen=True)
class OptionsByMode:
    """The options of each mode, from the settings. The ``tools_with_quotes`` are those of the
    ``tools`` that are used beside other people's words, too.
    """

    thinking: Mapping[Mode, Thinking | None] = field(default_factory=lambda: DEFAULT_THINKING)
    tools: tuple[Tool, ...] = ()
    tools_with_quotes: tuple[Tool, ...] = ()

    def of(self, mode: Mode) -> GenerationOptions:
        """The options for an answer in ``mode``."""
        return GenerationOptions(self.thinking[mode], self.tools)


@dataclass(frozen=True)
class HedgeTimes:
    """Seconds without a word after which another model is asked beside one: by ``model level``, by
    model, by the level of thinking, or (``default``) for all. 0: never.
    """

    seconds: Mapping[str, float] = field(default_factory=dict)

    def of(self, model: str, thinking: Thinking | None) -> float:
        """The seconds for an attempt; the most exact name counts."""
        names = (f"{model} {thinking}", model, str(thinking), "default")
        known = {**DEFAULT_HEDGE, **self.seconds}
        return next(known[name] for name in names if name in known)


# A person waits for words, and Gemini's come within a few seconds, but for long thoughts.
DEFAULT_HEDGE: Final[Mapping[str, float]] = {
    "default": 12.0,
    Thinking.HIGH.value: 25.0,
    Thinking.XHIGH.value: 40.0,
}


def tools(written: str) -> tuple[Tool, ...]:
    """The tools in a list ``google_search,url_context``. Raises ValueError naming the fault."""
    names = [name.strip() for name in written.split(",") if name.strip()]
    for name in names:
        if name not in list(Tool):
            raise ValueError(f'"{name}" is no tool (known: {", ".join(Tool)})')
    return tuple(tool for tool in Tool if tool in names)


def tools_with_quotes(written: str) -> tuple[Tool, ...]:
    """The tools in a list that may only name ``google_search``. Raises ValueError naming the fault.

    The address of a page can hold any words, and the owner of the page can read them.
    """
    found = tools(written)
    if Tool.URL_CONTEXT in found:
        raise ValueError(f'"{Tool.URL_CONTEXT}" is never used beside quotes')
    return found
