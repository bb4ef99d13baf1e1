"""The cost of tokens, by the operator's prices.

There is no table here: Google changes its prices, and they differ by contract and region. A cost
from a stale table would look like a bill. Copy yours from https://ai.google.dev/pricing (or Vertex
AI's list) into ``GEMINI_PRICES``; a model without a price has no cost, only tokens.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

UsDollars = Annotated[float, Field(ge=0)]

_MILLION = 1_000_000


class Price(BaseModel):
    """US dollars per million tokens, and per thousand searches. Thoughts cost as much as output."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: UsDollars
    output: UsDollars
    cached: UsDollars | None = None
    """Input that the vendor had cached; without a price it costs the same as other input."""
    thousand_searches: UsDollars = 0.0
    """Google bills each search, not each answer; a month's free ones are not subtracted here."""

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
