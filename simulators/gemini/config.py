"""How fast the simulated model is and whom it answers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class GeminiConfig:
    """Timing and keys; the defaults answer at once, as tests want it.

    ``first_token_s`` passes before the first piece, then ``tokens_per_s`` paces the rest; with
    ``total_s`` the whole answer takes that long instead, whatever its length. ``chunk_tokens`` is
    the size of one streamed piece. ``api_keys`` are the keys that are valid, None: any key is.
    ``older`` are the models that refuse what those before Gemini 3 refused: a thinking level, and
    tools for an answer in JSON.
    """

    first_token_s: float = 0.0
    tokens_per_s: float | None = None
    total_s: float | None = None
    chunk_tokens: int = 12
    api_keys: frozenset[str] | None = frozenset({"local"})
    older: frozenset[str] = frozenset()
    file_processing_s: float = 0.0
    """How long an uploaded recording or film is processed before it can be used."""

    @classmethod
    def lifelike(cls) -> "GeminiConfig":
        """About the pace of a small hosted model, so that a person can watch the answer grow."""
        return cls(first_token_s=0.35, tokens_per_s=120.0, file_processing_s=2.0)
