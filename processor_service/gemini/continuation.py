"""Reading one of Gemini's answers: in one request, or in several if Gemini says so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from processor_service.gemini.responses import CONTINUATION, MAX_TOKENS, Response, check_answered
from processor_service.ports.citations import Citations
from processor_service.ports.model import Chunk
from processor_service.telemetry.attempt_metrics import received
from processor_service.telemetry.prices import TokenUsage

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
    _token: str = ""
    _next: str = ""
    _requests: int = 0
    _earlier: TokenUsage = field(default_factory=TokenUsage)
    _of_request: TokenUsage = field(default_factory=TokenUsage)

    @property
    def goes_on(self) -> bool:
        """Whether there is a rest to request."""
        return self._requests == 0 or self._next != ""

    def request(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The next request to send."""
        self._requests += 1
        self._earlier, self._of_request = self._earlier.plus(self._of_request), TokenUsage()
        self._token, self._next = self._next, ""
        return {**body, "continuationToken": self._token} if self._token else body

    def read(self, response: Response) -> Chunk:
        """The next piece. Raises as ``check_answered`` does."""
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
        check_answered(response)
        ends = response.finish_reason
        is_new = response.continuation != self._token
        if ends == CONTINUATION and is_new and self._requests < _MOST_REQUESTS:
            self._next = response.continuation
        finished = ends != "" and self._next == ""
        return Chunk(
            text=response.text,
            finished=finished,
            truncated=finished and ends in {MAX_TOKENS, CONTINUATION},
            sources=self.sources,
            prompt_tokens=whole.input + whole.cached,
            output_tokens=whole.output + whole.thoughts,
        )
