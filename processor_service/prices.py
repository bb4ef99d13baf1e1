"""What tokens cost, as the operator says.

There is no table here: Google changes its prices, and they differ by contract and region. A cost
from a stale table would look like a bill. Copy yours from https://ai.google.dev/pricing (or Vertex
AI's list) into ``GEMINI_PRICES``; a model that is not named there has no cost, only tokens.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

UsDollars = Annotated[float, Field(ge=0)]

_MILLION = 1_000_000


class Price(BaseModel):
    """US dollars for a million tokens. What a model thought is paid like what it wrote."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: UsDollars
    output: UsDollars
    cached: UsDollars | None = None
    """Input that the vendor had in its cache; without it, it costs what other input does."""

    def of(self, tokens: Mapping[str, int]) -> float:
        """The cost of ``tokens`` by kind: input, cached, output, thoughts."""
        cached = self.input if self.cached is None else self.cached
        each = {
            "input": self.input,
            "cached": cached,
            "output": self.output,
            "thoughts": self.output,
        }
        return sum(each[kind] * number for kind, number in tokens.items()) / _MILLION


Prices = Mapping[str, Price]
"""By model."""
