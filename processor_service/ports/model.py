"""The language model: what it is asked and what it says."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from processor_service.ports.citations import Citations
from processor_service.ports.generation_options import GenerationOptions
from shared.task import Mode


@dataclass(frozen=True)
class ParsedAnswer:
    """What an answer in JSON says: Markdown for people, and its mode, if that could be read."""

    text: str
    mode: Mode | None


class AnswerFormat(Protocol):
    """The JSON that an answer is asked for in."""

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the answer."""

    def growing(self, text: str) -> str:
        """The Markdown of what has come so far. What comes later adds to it."""

    def read(self, text: str, *, cut: bool) -> ParsedAnswer:
        """The answer when its end has come. ``cut``: at the limit of its length.

        Raises ModelUnavailable (``answer_malformed``) for anything else than what was asked for.
        """


@dataclass(frozen=True)
class Prompt:
    """What Gemini is asked: instructions of ours and the person's words. Without an
    ``answer_format`` the answer is free Markdown.
    """

    system: str
    text: str
    answer_format: AnswerFormat | None = None
    turns: tuple["PromptTurn", ...] = ()
    options: GenerationOptions = field(default_factory=GenerationOptions)

    def without_tools(self) -> "Prompt":
        """The same, to be answered from what the model knows."""
        return replace(self, options=replace(self.options, tools=()))


@dataclass(frozen=True)
class PromptTurn:
    """What was said before the question: by people and other apps (``user``), or by the model.

    A ``file`` stands after the text.
    """

    role: Literal["user", "model"]
    text: str
    file: "MediaFile | None" = None


@dataclass(frozen=True)
class MediaFile:
    """An image, a recording or a document as the model gets it: its content, or, once uploaded,
    where that is (``uri``, and the ``upload`` to be deleted again).
    """

    mimetype: str
    content: bytes = field(default=b"", repr=False)
    uri: str | None = None
    upload: str | None = None


@dataclass(frozen=True)
class Chunk:
    """The next piece of a streamed answer. The last one of a whole answer has ``finished``.

    ``sources`` is what was looked up for all of the answer, as far as this piece knows.
    """

    text: str = ""
    finished: bool = False
    truncated: bool = False
    stopped: bool = False
    prompt_tokens: int = 0
    output_tokens: int = 0
    sources: Citations = field(default_factory=Citations)


class Model(Protocol):
    """A language model."""

    def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Chunk, None]:
        """The answer piece by piece; close it to end the request to the vendor at once.

        Raises ModelUnavailable (worth another attempt), ModelRefused (blocked) or ModelRejected.
        """


class StreamListener(Protocol):
    """Whoever watches an answer being written."""

    @property
    def visible(self) -> bool:
        """Whether words of it can be seen by now."""

    @property
    def due(self) -> bool:
        """Whether it would look at more words now."""

    def retrying(self) -> None:
        """Another attempt begins, because the last one failed."""

    async def grow(self, text: str) -> None:
        """Show the text so far. Another attempt begins with a shorter text again."""
