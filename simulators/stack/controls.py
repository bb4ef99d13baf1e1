"""What the chat page may do to the stack: kill a process, take Redis or Pub/Sub away a while."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from simulators.processes.child_process import ChildProcess
from simulators.pubsub import PubSubSimulator

Outage = Literal["redis", "pubsub"]


class StackControls:
    """Crashes are real (SIGKILL); the supervisor starts again what died.

    ``redis`` and ``pubsub`` are those that were started here, None for others: they can't be taken
    away.
    """

    def __init__(
        self,
        services: Sequence[ChildProcess],
        redis: ChildProcess | None,
        pubsub: PubSubSimulator | None,
    ) -> None:
        self._redis = redis
        self._pubsub = pubsub
        watched = [*services, redis] if redis is not None else services
        self._processes = {process.name: process for process in watched}
        self._killed: Counter[str] = Counter()
        self._away: dict[Outage, bool] = {}
        if redis is not None:
            self._away["redis"] = False
        if pubsub is not None:
            self._away["pubsub"] = False

    def shown(self) -> dict[str, Any]:
        """Every process with its pid (None while it is down), every outage with its state."""
        processes = [
            {"name": name, "pid": process.pid, "killed": self._killed[name]}
            for name, process in self._processes.items()
        ]
        outages = [{"name": name, "on": on} for name, on in self._away.items()]
        return {"processes": processes, "outages": outages}

    def kill(self, name: str) -> None:
        """Crash the process of that name, if it runs. Raises KeyError for an unknown one."""
        process = self._processes[name]
        if process.is_running:
            self._killed[name] += 1
            process.crash()

    async def set_outage(self, name: str, *, on: bool) -> None:
        """Take a part away, or give it back. Raises KeyError if that can't be done here."""
        outage = next((known for known in self._away if known == name), None)
        if outage is None:
            raise KeyError(name)
        if self._away[outage] != on:
            self._away[outage] = on
            await (
                self._lose_redis(lost=on) if outage == "redis" else self._stop_pubsub(stopped=on)
            )

    async def _lose_redis(self, *, lost: bool) -> None:
        if self._redis is None:
            return
        if lost:
            self._redis.may_start.clear()
            self._redis.crash()
        else:
            self._redis.may_start.set()

    async def _stop_pubsub(self, *, stopped: bool) -> None:
        if self._pubsub is not None:
            await (self._pubsub.pause() if stopped else self._pubsub.resume())

    async def restore(self) -> None:
        """End every outage."""
        for name in self._away:
            await self.set_outage(name, on=False)
