"""Waiting between attempts: jittered exponential back-off, or as long as the other side asks."""

from collections.abc import Awaitable, Callable

import tenacity

from shared.errors import RetryableError

Sleep = Callable[[float], Awaitable[None]]

_BACK_OFF = tenacity.wait_random_exponential(multiplier=0.5, max=20)


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after_s if isinstance(error, RetryableError) else None
    return asked if asked is not None else _BACK_OFF(state)


def patiently(
    attempts: int,
    sleep: Sleep,
    retry: tenacity.retry_base | None = None,
) -> tenacity.AsyncRetrying:
    """Up to ``attempts`` attempts (at least one) on RetryableErrors; the last error is raised."""
    return tenacity.AsyncRetrying(
        stop=tenacity.stop_after_attempt(max(1, attempts)),
        wait=_wait,
        retry=retry or tenacity.retry_if_exception_type(RetryableError),
        sleep=sleep,
        reraise=True,
    )
