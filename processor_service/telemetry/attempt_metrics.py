"""Measurements of one attempt at the model: its span, time, tokens and cost.

The adapter reports what it receives; the caller that judges the answer reports its outcome.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from opentelemetry import trace
from opentelemetry.trace import SpanKind

from processor_service.telemetry.prices import Prices, TokenUsage
from processor_service.telemetry.task_metrics import model_worked
from shared.errors import ModelRefused, ModelRejected, ModelUnavailable
from shared.telemetry import metrics
from shared.telemetry.tracing import span


@dataclass
class _Attempt:
    model: str
    began: float = field(default_factory=time.monotonic)
    first_text_s: float | None = None
    last_s: float | None = None
    usage: TokenUsage = field(default_factory=TokenUsage)
    searches: int = 0

    def age_s(self) -> float:
        return time.monotonic() - self.began


_current: ContextVar[_Attempt | None] = ContextVar("attempt", default=None)


def received(usage: TokenUsage | None, *, text: bool, searches: int = 0) -> None:
    """Report a piece, with or without ``text``. The last reported usage counts.

    ``searches`` were made for the answer so far.
    """
    attempt = _current.get()
    if attempt is None:
        return
    attempt.last_s = attempt.age_s()
    attempt.usage = usage or attempt.usage
    attempt.searches = searches
    if text and attempt.first_text_s is None:
        attempt.first_text_s = attempt.last_s
        metrics.GEMINI_FIRST_TOKEN.record(attempt.last_s, model=attempt.model)


def tokens_so_far() -> int:
    """The vendor's count for the current attempt."""
    attempt = _current.get()
    return 0 if attempt is None else sum(attempt.usage.by_kind().values())


def gave_way(model: str) -> None:
    """Count a silence that another model's words ended: its attempt counts as cancelled, and a
    model that hangs would look well.
    """
    metrics.GEMINI_ATTEMPTS.add(model=model, outcome="model_silent")


@contextmanager
def attempt_at(model: str, prices: Prices) -> Iterator[None]:
    """Measure one attempt (OpenTelemetry's conventions for generative AI); an error is
    its outcome.
    """
    attributes = {
        "gen_ai.operation.name": "generate_content",
        "gen_ai.provider.name": "gcp.gen_ai",
        "gen_ai.request.model": model,
    }
    attempt, outcome = _Attempt(model), "cancelled"
    token = _current.set(attempt)
    try:
        with span(f"generate_content {model}", attributes, kind=SpanKind.CLIENT) as current:
            try:
                yield
                outcome = "ok"
            except (ModelUnavailable, ModelRefused, ModelRejected) as error:
                outcome = error.reason
                raise
            finally:
                _describe(current, attempt.usage)
    finally:
        _current.reset(token)
        _record(attempt, outcome, prices)


def _describe(current: trace.Span, usage: TokenUsage) -> None:
    current.set_attribute("gen_ai.usage.input_tokens", usage.input + usage.cached)
    current.set_attribute("gen_ai.usage.cache_read.input_tokens", usage.cached)
    current.set_attribute("gen_ai.usage.output_tokens", usage.output + usage.thoughts)


def _record(attempt: _Attempt, outcome: str, prices: Prices) -> None:
    model = attempt.model
    # After the last piece only our own work remained; a failed attempt lasted until it failed.
    whole_s = attempt.last_s if outcome == "ok" else None
    took_s = attempt.age_s() if whole_s is None else whole_s
    model_worked(attempt.began, attempt.began + took_s)
    metrics.GEMINI_ATTEMPTS.add(model=model, outcome=outcome)
    metrics.GEMINI_DURATION.record(took_s, model=model, outcome=outcome)
    tokens = attempt.usage.by_kind()
    for kind, number in tokens.items():
        metrics.GEMINI_TOKENS.add(number, model=model, kind=kind)
    if attempt.searches:
        metrics.GEMINI_SEARCHES.add(attempt.searches, model=model)
    price = prices.get(model)
    if price is not None and (tokens or attempt.searches):
        metrics.GEMINI_COST.add(price.of(attempt.usage, attempt.searches), model=model)
