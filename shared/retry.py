"""Retries: after a jittered exponential back-off, or after the delay that the other side
requests.
"""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from shared.errors import OutcomeUnknown, RetryableError

_Result = TypeVar("_Result")
Sleep = Callable[[float], Awaitable[None]]
BackOff = Callable[[int, RetryableError | None], float]

# Slack may still be busy with a call whose connection broke; reading back at once would miss it.
SETTLES_S = 1.0
# Callers with the same requested delay must not come back at the same moment.
_SPREAD = 0.2


def _loop_time() -> float:
    return asyncio.get_running_loop().time()


def jittered(attempt: int, error: RetryableError | None) -> float:
    """Seconds until the attempt after ``attempt`` (from 1), which ended with ``error``: random up
    to a pause that doubles from 0.5 s to 20 s, or a little more than the requested delay.
    """
    if error is not None and error.retry_after_s:
        return error.retry_after_s * random.uniform(1, 1 + _SPREAD)  # noqa: S311 - jitter needs no secrecy
    settles_s = SETTLES_S if isinstance(error, OutcomeUnknown) else 0.0
    return settles_s + random.uniform(0, _doubled(attempt, 0.5, 20.0))  # noqa: S311 - the same


def doubling(first_s: float, longest_s: float) -> BackOff:
    """Exactly the requested delay, else a pause that doubles from ``first_s``."""

    def pause_s(attempt: int, error: RetryableError | None) -> float:
        asked_s = error.retry_after_s if error is not None else None
        return asked_s or _doubled(attempt, first_s, longest_s)

    return pause_s


def requested_delay_s(text: str | None) -> float | None:
    """The seconds in a ``Retry-After`` header or the like; None for a date, and for a number that
    nobody can wait for (negative, infinite or NaN).
    """
    try:
        delay_s = float(text) if text else -1.0
    except ValueError:
        return None
    return delay_s if 0.0 <= delay_s < math.inf else None


def _doubled(attempt: int, first_s: float, longest_s: float) -> float:
    # Attempts after requested delays are unlimited, and 2.0 ** 1100 is no float.
    return min(first_s * 2.0 ** min(attempt - 1, 30), longest_s)


@dataclass(frozen=True)
class RetryPolicy:
    """``attempts`` at a failing call; with ``count_asked`` False, failures with a requested delay
    do not count.

    No wait goes beyond ``until`` (by ``clock``): the last error is then final at once.
    """

    attempts: float
    sleep: Sleep = asyncio.sleep
    count_asked: bool = True
    until: float = float("inf")
    back_off: BackOff = jittered
    clock: Callable[[], float] = _loop_time

    def ending(self, until: float) -> "RetryPolicy":
        """The same policy with an end."""
        return replace(self, until=until)


class Retries:
    """The attempts at one call so far. The loop is where the call is made, so that no frame comes
    between the two in a stack::

        retries = Retries(patience)
        while True:
            try:
                return await call()
            except SlackUnavailable as error:
                if not await retries.again(error):
                    raise
    """

    __slots__ = ("_attempts", "_failures", "_patience")

    def __init__(self, patience: RetryPolicy) -> None:
        self._patience = patience
        self._attempts = self._failures = 0

    async def again(self, error: RetryableError | None = None, *, counts: bool = True) -> bool:
        """Wait for the next attempt; False, at once, when this one was the last.

        A failure that does not count is bounded by time alone.
        """
        patience = self._patience
        asked = error is not None and error.retry_after_s is not None
        self._attempts += 1
        self._failures += counts and (patience.count_asked or not asked)
        pause_s = patience.back_off(self._attempts, error)
        too_late = patience.clock() + pause_s > patience.until
        if too_late or self._failures >= patience.attempts:
            return False
        await patience.sleep(pause_s)
        return True


async def retry(
    patience: RetryPolicy,
    errors: tuple[type[RetryableError], ...],
    call: Callable[[], Awaitable[_Result]],
) -> _Result:
    """The result of ``call``, tried again after one of ``errors``; the last of them is raised."""
    retries = Retries(patience)
    while True:
        try:
            return await call()
        except errors as error:
            if not await retries.again(error):
                raise
