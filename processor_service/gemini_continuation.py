"""An answer of Gemini's as it is read: in one request, or in several when Gemini says so."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, replace
from typing import Any, Final

from processor_service.gemini_answers import (
    GeminiChunk,
    continuation_of,
    has_text,
    pages_of,
    piece_of,
    searches_of,
    usage_of,
)
from processor_service.ports.citations import Citations
from processor_service.ports.model import Chunk
from processor_service.telemetry.attempt_metrics import TokenUsage, received
from shared.errors import ModelUnavailable

# Each request pays for the whole prompt again. The longest answer of a model is one of these.
_MOST_REQUESTS: Final = 8


@dataclass
class AnswerSoFar:
    """What was looked up, was used, and is still to come.

    An answer may stop at a limit for each request with ``CONTINUATION`` and a token, which the same
    request with that token goes on from (google-genai 3.4.0 follows it the same way). Without a new
    token it ends there, as at the limit of its length.
    """

    sources: Citations
    begun: bool = False
    _token: str | None = None
    _next: str | None = None
    _requests: int = 0
    _earlier: TokenUsage = field(default_factory=TokenUsage)
    _of_request: TokenUsage = field(default_factory=TokenUsage)

    @property
    def goes_on(self) -> bool:
        """Whether there is something to be asked for."""
        return self._requests == 0 or self._next is not None

    def request(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The next request to send."""
        self._requests += 1
        self._earlier, self._of_request = self._earlier.plus(self._of_request), TokenUsage()
        self._token, self._next = self._next, None
        return body if self._token is None else {**body, "continuationToken": self._token}

    def read(self, chunk: GeminiChunk) -> Chunk:
        """The next piece. Raises as ``piece_of`` does, and ModelUnavailable for an unknown form."""
        try:
            self.begun = True
            return _well_formed(self._read(chunk))
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise ModelUnavailable("Gemini answered in an unknown form.") from error

    def _read(self, chunk: GeminiChunk) -> Chunk:
        pages, searches = pages_of(chunk), searches_of(chunk)
        if pages or searches:
            self.sources = self.sources.merged_with(pages, searches)
        used = usage_of(chunk)
        if used is not None:
            self._of_request = used
        whole = self._earlier.plus(self._of_request)
        received(
            whole if used is not None else None,
            text=has_text(chunk),
            searches=len(self.sources.searches),
        )
        piece = replace(
            piece_of(chunk),
            sources=self.sources,
            prompt_tokens=whole.input + whole.cached,
            output_tokens=whole.output + whole.thoughts,
        )
        token = continuation_of(chunk)
        if not isinstance(token, str) or token == self._token or self._requests == _MOST_REQUESTS:
            return piece
        self._next = token
        return replace(piece, finished=False, truncated=False)


def _well_formed(piece: Chunk) -> Chunk:
    """Raises TypeError for a piece that could be neither shown nor kept: it is too late then."""
    pages = piece.sources.pages
    texts = (piece.text, *piece.sources.searches, *(text for one in pages for text in astuple(one)))
    counts = (piece.prompt_tokens, piece.output_tokens)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("no text")
    if not all(isinstance(count, int) for count in counts):
        raise TypeError("no number")
    return piece
