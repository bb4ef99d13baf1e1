"""Reading one of Gemini's answers: in one request, or in several if Gemini says so."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from google.genai.types import GenerateContentResponse

from processor_service.gemini.responses import (
    continuation_of,
    pages_of,
    piece_of,
    searches_of,
    text_of,
    usage_of,
)
from processor_service.ports.citations import Citations
from processor_service.ports.model import Chunk
from processor_service.telemetry.attempt_metrics import TokenUsage, received

# Each request pays for the whole prompt again. One of them can hold a model's longest answer.
_MOST_REQUESTS: Final = 8


@dataclass
class AnswerSoFar:
    """The searches and usage so far, and what is still to come.

    An answer may stop at a limit per request with ``CONTINUATION`` and a token; the same request
    with that token continues it. Without a new token it ends there, as at the limit of its length.
    """

    sources: Citations
    begun: bool = False
    _token: bytes | None = None
    _next: bytes | None = None
    _requests: int = 0
    _earlier: TokenUsage = field(default_factory=TokenUsage)
    _of_request: TokenUsage = field(default_factory=TokenUsage)

    @property
    def goes_on(self) -> bool:
        """Whether there is a rest to request."""
        return self._requests == 0 or self._next is not None

    def request(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The next request to send."""
        self._requests += 1
        self._earlier, self._of_request = self._earlier.plus(self._of_request), TokenUsage()
        self._token, self._next = self._next, None
        if self._token is None:
            return body
        return {**body, "continuationToken": b64encode(self._token).decode("ascii")}

    def read(self, chunk: GenerateContentResponse) -> Chunk:
        """The next piece. Raises as ``piece_of`` does."""
        self.begun = True
        pages, searches = pages_of(chunk), searches_of(chunk)
        if pages or searches:
            self.sources = self.sources.merged_with(pages, searches)
        used = usage_of(chunk)
        if used is not None:
            self._of_request = used
        whole = self._earlier.plus(self._of_request)
        received(
            whole if used is not None else None,
            text=bool(text_of(chunk)),
            searches=len(self.sources.searches),
        )
        piece = replace(
            piece_of(chunk),
            sources=self.sources,
            prompt_tokens=whole.input + whole.cached,
            output_tokens=whole.output + whole.thoughts,
        )
        token = continuation_of(chunk)
        if token is None or token == self._token or self._requests == _MOST_REQUESTS:
            return piece
        self._next = token
        return replace(piece, finished=False, truncated=False)
