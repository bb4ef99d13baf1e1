"""The tokens of all attempts at an answer, failed ones included: all of them are paid for."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from processor_service.ports.model import Chunk, Model, Prompt
from processor_service.prompt.quotes import estimated_tokens
from processor_service.telemetry import attempt_metrics


@dataclass
class CountingModel:
    """A ``ports.Model`` that adds up the ``tokens`` of one delivery's attempts, however each ends.

    The tokens of an attempt that is cut off before Gemini reports them are estimated by its texts;
    an attempt without any piece counts for nothing: usually it was refused.
    """

    model: Model
    tokens: int = 0

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Chunk, None]:
        """The pieces of the answer as they come."""
        told, said = 0, list[str]()
        try:
            async with aclosing(self.model.stream(prompt, model)) as pieces:
                async for piece in pieces:
                    said.append(piece.text)
                    told = max(told, piece.prompt_tokens + piece.output_tokens)
                    yield piece
        finally:
            # Only the attempt knows the usage of a piece that ends an answer as refused.
            told = max(told, attempt_metrics.tokens_so_far())
            self.tokens += told or (_estimate(prompt, "".join(said)) if said else 0)


def _estimate(prompt: Prompt, said: str) -> int:
    """Without files: their cost depends on their content."""
    asked = (prompt.system, prompt.text, *(turn.text for turn in prompt.turns))
    return sum(estimated_tokens(text) for text in (*asked, said))
