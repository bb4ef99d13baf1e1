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
    """US dollars for a million tokens, and for a thousand searches.

    What a model thought is paid like what it wrote.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: UsDollars
    output: UsDollars
    cached: UsDollars | None = None
    """Input that the vendor had in its cache; without it, it costs what other input does."""
    thousand_searches: UsDollars = 0.0
    """Google bills each search, not each answer; what is free of them a month is not known here."""

    def of(self, tokens: Mapping[str, int], searches: int = 0) -> float:
        """The cost of ``tokens`` by kind (input, cached, output, thoughts) and of ``searches``."""
        cached = self.input if self.cached is None else self.cached
        each = {
            "input": self.input,
            "cached": cached,
            "output": self.output,
            "thoughts": self.output,
        }
        of_tokens = sum(each[kind] * number for kind, number in tokens.items()) / _MILLION
        return of_tokens + self.thousand_searches * searches / 1_000


Prices = Mapping[str, Price]
"""By model."""
