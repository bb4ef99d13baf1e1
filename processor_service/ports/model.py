"""The language model: its prompt and its answer."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from processor_service.ports.citations import Citations
from processor_service.ports.generation_options import GenerationOptions
from shared.task import Mode


@dataclass(frozen=True)
class ParsedAnswer:
    """The content of an answer in JSON: Markdown for people, and its mode, if it could be read."""

    text: str
    mode: Mode | None


class AnswerFormat(Protocol):
    """The JSON form of an answer."""

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the answer."""

    def growing(self, text: str) -> str:
        """The Markdown of the text so far. More text only adds to it."""

    def read(self, text: str, *, cut: bool) -> ParsedAnswer:
        """The whole answer. ``cut``: it ended at the limit of its length.

        Raises ModelUnavailable (``answer_malformed``) for anything but the requested form.
        """


@dataclass(frozen=True)
class Prompt:
    """The request to Gemini: our instructions and the user's words, for an answer in
    ``answer_format``, else in free Markdown.
    """

    system: str
    text: str
    answer_format: AnswerFormat | None = None
    turns: tuple["PromptTurn", ...] = ()
    options: GenerationOptions = field(default_factory=GenerationOptions)


@dataclass(frozen=True)
class PromptTurn:
    """A message before the question: of people and other apps (``user``), or of the model.

    A ``file`` comes after the text.
    """

    role: Literal["user", "model"]
    text: str
    file: "MediaFile | None" = None


@dataclass(frozen=True)
class MediaFile:
    """An image, a recording or a document for the model: its content, or, once uploaded, its
    address (``uri``) and the ``upload`` to delete afterwards.
    """

    mimetype: str
    content: bytes = field(default=b"", repr=False)
    uri: str | None = None
    upload: str | None = None


@dataclass(frozen=True)
class Chunk:
    """The next piece of a streamed answer. ``finished`` marks the last one of a whole answer.

    ``sources`` are the lookups for the whole answer, as far as this piece knows.
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
    """Follows an answer while the model writes it."""

    @property
    def visible(self) -> bool:
        """Whether some of its words are visible by now."""

    @property
    def due(self) -> bool:
        """Whether it would show more words now."""

    def retrying(self) -> None:
        """Another attempt begins, because the last one failed: with a shorter text again."""

    def instead(self, model: str) -> None:
        """The fallback ``model`` is asked, alone or beside the main one."""

    def looked_up(self, found: Citations) -> None:
        """The model has looked up these so far."""

    def slow(self) -> None:
        """The model has said nothing for longer than usual; another one may be asked beside it."""

    def kept(self, *, busy: bool) -> None:
        """No model answers, perhaps because it is ``busy``; the question waits until one does."""
