"""The tokens of an answer, and their cost by the operator's prices.

There is no table here: Google changes its prices, and they differ by contract and region. A cost
from a stale table would look like a bill. Copy yours from https://ai.google.dev/pricing (or Vertex
AI's list) into ``GEMINI_PRICES``; a model without a price has no cost, only tokens.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

UsDollars = Annotated[float, Field(ge=0)]

_MILLION = 1_000_000


@dataclass(frozen=True)
class TokenUsage:
    """The vendor's counts so far; ``input`` excludes the ``cached`` tokens."""

    input: int = 0
    cached: int = 0
    output: int = 0
    thoughts: int = 0

    def plus(self, other: "TokenUsage") -> "TokenUsage":
        """The sum, as of two requests for one answer."""
        return TokenUsage(**{kind: n + getattr(other, kind) for kind, n in vars(self).items()})

    def by_kind(self) -> dict[str, int]:
        """The numbers that are not 0, by their name."""
        return {kind: number for kind, number in vars(self).items() if number}


class Price(BaseModel):
    """US dollars per million tokens, and per thousand searches. Thoughts cost as much as output."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: UsDollars
    output: UsDollars
    cached: UsDollars | None = None
    """Input that the vendor had cached; without a price it costs the same as other input."""
    thousand_searches: UsDollars = 0.0
    """Google bills each search, not each answer; a month's free ones are not subtracted here."""

    def of(self, usage: TokenUsage, searches: int) -> float:
        """The cost of the tokens and of so many searches."""
        cached = self.input if self.cached is None else self.cached
        read = self.input * usage.input + cached * usage.cached
        written = self.output * (usage.output + usage.thoughts)
        return (read + written) / _MILLION + self.thousand_searches * searches / 1_000


Prices = Mapping[str, Price]
"""By model."""
