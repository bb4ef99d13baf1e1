"""What the simulated model was asked, for assertions."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal["running", "answered", "error", "cut", "client_closed"]


@dataclass
class ReceivedRequest:
    """One request; ``at`` and ``ended_at`` are seconds of ``time.monotonic``."""

    model: str
    method: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    prompt: str
    at: float
    ended_at: float | None = None
    outcome: Outcome = "running"
    status: int | None = None
    chunks_sent: int = 0

    @property
    def client_closed(self) -> bool:
        """The client went away before the answer was complete."""
        return self.outcome == "client_closed"

    @property
    def system_instruction(self) -> str:
        """The text of the system instruction, in whichever spelling it came."""
        found = self.body.get("systemInstruction", self.body.get("system_instruction")) or {}
        return "\n".join(part.get("text", "") for part in found.get("parts", ()))


@dataclass
class Recorder:
    """Every request in the order of arrival, and a way to wait for what is still to come."""

    requests: list[ReceivedRequest] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, request: ReceivedRequest) -> None:
        """A request arrived."""
        self.requests.append(request)
        self.notify()

    def notify(self) -> None:
        """Something about a request changed."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_for(self, condition: Callable[[], bool], timeout_s: float) -> None:
        """Return once ``condition()`` holds; raises TimeoutError telling what was seen instead."""
        try:
            async with asyncio.timeout(timeout_s):
                while not condition():
                    await self._changed.wait()
        except TimeoutError:
            seen = [(seen.method, seen.outcome, seen.prompt[:40]) for seen in self.requests]
            raise TimeoutError(
                f"not within {timeout_s} s; requests: {json.dumps(seen, ensure_ascii=False)}"
            ) from None
