"""The models with their retries, and a request to them: ``generate`` gets an answer by the two."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from processor_service.ports.answers import Answer
from processor_service.ports.generation_options import HedgeTimes
from processor_service.ports.model import Model, Prompt, StreamListener
from processor_service.resilience.circuit_breaker import CircuitBreaker
from processor_service.resilience.outage_wait import WaitingCount, until_it_works
from processor_service.telemetry.prices import Prices
from shared.retry import RetryPolicy

Progress = str | Answer
"""An answer so far; an ``Answer`` is whole."""


@dataclass(frozen=True)
class Generation:
    """The models and their retries: ``patience`` is for the main model, and a question waits for
    ``hold_s`` seconds while no model answers. A silent attempt lasts ``silence_s``, and after the
    time in ``hedge`` the fallback is asked beside it.

    The circuit breakers are this process's own: another instance notices a failing model after a
    few calls of its own.
    """

    model: str
    fallback_model: str | None
    patience: RetryPolicy
    breakers: dict[str, CircuitBreaker] = field(default_factory=dict)
    prices: Prices = field(default_factory=dict)
    hold_s: float = 0.0
    silence_s: float = 0.0
    hedge: HedgeTimes = field(default_factory=HedgeTimes)
    kept: WaitingCount = field(default_factory=WaitingCount)

    @property
    def fallback(self) -> str | None:
        """The second model, if it differs from the first."""
        return self.fallback_model if self.fallback_model != self.model else None

    def breaker(self, model: str) -> CircuitBreaker:
        """The circuit breaker of ``model``."""
        return self.breakers.setdefault(model, CircuitBreaker(model))

    def waking(self) -> "Generation":
        """The same, but its waits end when a model works again."""
        wake = until_it_works(self.patience.sleep, self.breakers.values(), self.kept.stopping)
        return replace(self, patience=replace(self.patience, sleep=wake))


async def _always() -> bool:
    return True


@dataclass(frozen=True)
class GenerationRequest:
    """One question for either model, and its listener.

    ``tools_failed``: it should have used tools, and no longer does. ``may_hedge``: whether two
    models may be asked at once.
    """

    prompt: Prompt
    model: Model
    listener: StreamListener
    tools_failed: bool = False
    may_hedge: Callable[[], Awaitable[bool]] = _always
