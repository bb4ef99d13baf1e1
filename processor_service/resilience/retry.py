"""Waiting between attempts: jittered exponential back-off, or as long as the other side asks."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import tenacity

from shared.errors import OutcomeUnknown, RetryableError

_Result = TypeVar("_Result")
Sleep = Callable[[float], Awaitable[None]]

_BACK_OFF = tenacity.wait_random_exponential(multiplier=0.5, max=20)
# Slack may still be busy with a call whose connection broke; reading back at once would miss it.
SETTLES_S = 1.0
# Who was told the same number of seconds shall not come back at the same moment.
_SPREAD = 0.2


@dataclass(frozen=True)
class Patience:
    """``attempts`` at a call that fails; with ``count_asked`` False only failures that nobody asked
    us to wait for are counted.

    No wait goes beyond ``until`` (the event loop's time): the last error is then raised at once.
    """

    attempts: int
    sleep: Sleep
    count_asked: bool = True
    until: float = float("inf")

    def ending(self, until: float) -> "Patience":
        """The same patience with an end."""
        return replace(self, until=until)


async def with_patience(
    patience: Patience,
    errors: tuple[type[RetryableError], ...],
    call: Callable[[], Awaitable[_Result]],
) -> _Result:
    """The result of ``call``, tried again after one of ``errors``; the last of them is raised.

    Nearly every call succeeds at once, so the first attempt is made without tenacity, whose objects
    refer to each other: what they hold stays until garbage is collected.
    """
    try:
        return await call()
    except errors as error:
        first: RetryableError | None = error

    async def attempt() -> _Result:
        nonlocal first
        if first is not None:
            failure, first = first, None
            raise failure
        return await call()

    attempts = tenacity.AsyncRetrying(
        stop=_Stop(patience),
        wait=_wait,
        retry=tenacity.retry_if_exception_type(errors),
        sleep=patience.sleep,
        reraise=True,
    )
    return await attempts(attempt)


class _Stop(tenacity.stop.stop_base):
    """Ends by the count or by the time, whichever comes first."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._failures = 0

    def __call__(self, state: tenacity.RetryCallState) -> bool:
        if self._patience.count_asked or _asked_s(state) is None:
            self._failures += 1
        too_late = asyncio.get_running_loop().time() + state.upcoming_sleep > self._patience.until
        return too_late or self._failures >= self._patience.attempts


def _asked_s(state: tenacity.RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.retry_after_s if isinstance(error, RetryableError) else None


def _wait(state: tenacity.RetryCallState) -> float:
    asked_s = _asked_s(state)
    if asked_s is not None:
        return asked_s * random.uniform(1, 1 + _SPREAD)  # noqa: S311 - jitter needs no secrecy
    error = state.outcome.exception() if state.outcome else None
    settles_s = SETTLES_S if isinstance(error, OutcomeUnknown) else 0.0
    return settles_s + _BACK_OFF(state)
