"""Pauses that take no time."""

from collections.abc import Awaitable, Callable


class Naps:
    """A sleep that only remembers, and lets ``meanwhile`` happen."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if self.meanwhile is not None:
            await self.meanwhile()
