"""What the attempts at an answer took, whatever became of them: all of it is paid for."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from processor_service.ports.model import Chunk, Model, Prompt
from processor_service.prompt.quotes import estimated_tokens
from processor_service.telemetry import attempt_metrics


@dataclass
class Tally:
    """The tokens of one delivery's attempts together."""

    tokens: int = 0


@dataclass(frozen=True)
class CountingModel:
    """``ports.Model`` that adds to ``tally`` what each attempt took, however it ends.

    An attempt that is cut off before Gemini says what it used is estimated by the texts that went
    to and fro; one that brought nothing at all counts for nothing: mostly it was refused.
    """

    model: Model
    tally: Tally

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
            # A piece that ends an answer as refused tells its use to the attempt alone.
            told = max(told, attempt_metrics.tokens_so_far())
            self.tally.tokens += told or (_estimate(prompt, "".join(said)) if said else 0)


def _estimate(prompt: Prompt, said: str) -> int:
    """Files are not counted: what they cost depends on what they show."""
    asked = (prompt.system, prompt.text, *(turn.text for turn in prompt.turns))
    return sum(estimated_tokens(text) for text in (*asked, said))
