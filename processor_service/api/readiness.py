"""Whether this instance can work now."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from shared.errors import MechachangError, PermanentError, SlackDenied

ReadinessCheck = Callable[[], Awaitable[None]]

_FRESH_S = 30.0
_REFUSED_FOR_S = 5.0


@dataclass(frozen=True)
class DependencyState:
    """``ok``; ``unavailable``: it may come back by itself; ``refused``: an operator must act, and
    this instance is not ready.
    """

    state: str
    reason: str | None = None


@dataclass
class Readiness:
    """Checks each dependency at most every 30 s, all of them at once.

    An outage of Gemini or Slack does not make an instance unready: turning pushes away would spend
    their delivery attempts. A key or token that they refuse does.
    """

    checks: Mapping[str, ReadinessCheck]
    within_s: float = 5.0
    clock: Callable[[], float] = time.monotonic
    _known: dict[str, tuple[float, DependencyState]] = field(default_factory=dict)

    def report(self, name: str, error: MechachangError) -> None:
        """Note that a dependency has just failed."""
        self._known[name] = (self.clock(), _state_of(error))

    async def refuses(self, name: str) -> bool:
        """Whether a dependency refuses us; checked again, by one caller, once that is 5 s old."""
        at, known = self._known.get(name, (0.0, DependencyState("ok")))
        if known.state != "refused":
            return False
        if self.clock() - at < _REFUSED_FOR_S:
            return True
        # One check at a time: the others keep to the old word meanwhile.
        self._known[name] = (self.clock(), known)
        return (await self._state(name)).state == "refused"

    async def states(self) -> dict[str, DependencyState]:
        """The state of every dependency by its name."""
        names = list(self.checks)
        found = await asyncio.gather(*(self._state(name) for name in names))
        return dict(zip(names, found, strict=True))

    async def _state(self, name: str) -> DependencyState:
        at, known = self._known.get(name, (float("-inf"), DependencyState("unavailable")))
        if known.state == "ok" and self.clock() - at < _FRESH_S:
            return known
        state = await _checked(self.checks[name], self.within_s)
        self._known[name] = (self.clock(), state)
        return state


async def _checked(check: ReadinessCheck, within_s: float) -> DependencyState:
    try:
        async with asyncio.timeout(within_s):
            await check()
    except MechachangError as error:
        return _state_of(error)
    except TimeoutError:
        return DependencyState("unavailable", "timeout")
    return DependencyState("ok")


def _state_of(error: MechachangError) -> DependencyState:
    if isinstance(error, PermanentError | SlackDenied):
        return DependencyState("refused", getattr(error, "slack_error", error.reason))
    return DependencyState("unavailable", error.reason)
