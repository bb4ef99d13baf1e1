"""Reading one of Gemini's answers: in one request, or in several if Gemini says so."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from processor_service.gemini.responses import Response, continuation_of, piece_of
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
    _token: str | None = None
    _next: str | None = None
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
        return {**body, "continuationToken": self._token}

    def read(self, response: Response) -> Chunk:
        """The next piece. Raises as ``piece_of`` does."""
        self.begun = True
        if response.pages or response.searches:
            self.sources = self.sources.merged_with(response.pages, response.searches)
        if response.usage is not None:
            self._of_request = response.usage
        whole = self._earlier.plus(self._of_request)
        received(
            whole if response.usage is not None else None,
            text=bool(response.text),
            searches=len(self.sources.searches),
        )
        piece = replace(
            piece_of(response),
            sources=self.sources,
            prompt_tokens=whole.input + whole.cached,
            output_tokens=whole.output + whole.thoughts,
        )
        token = continuation_of(response)
        if token is None or token == self._token or self._requests == _MOST_REQUESTS:
            return piece
        self._next = token
        return replace(piece, finished=False, truncated=False)
