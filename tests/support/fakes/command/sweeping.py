"""A search for missed questions over a fake history."""

import asyncio
from typing import Any

from command_service.backfill.paced_history import BackfillLimits
from command_service.backfill.sweep import BackfillDeps, Sweep, SweepReport, SweepWindow
from shared.ledger import Mark, Role
from shared.task import task_id_of_message
from tests.support import signed
from tests.support.fakes.command.history import FakeHistory
from tests.support.fakes.command.payloads import IDENTITY
from tests.support.fakes.command.world import World

SINCE, UNTIL = 1000.0, 2000.0


def said(ts: str, text: str, thread_ts: str | None = None, **more: Any) -> dict[str, Any]:
    thread = {"thread_ts": thread_ts} if thread_ts else {}
    return {"type": "message", "user": "U1", "ts": ts, "text": text, **thread, **more}


def answered(ts: str, thread_ts: str, task_of: str, role: Role = "answer") -> dict[str, Any]:
    """Our reply for the question of one message in C1."""
    mark = Mark(task_id_of_message("T1", "C1", task_of), role)
    ours = {"user": "UBOT", "bot_id": "BBOT", "metadata": signed.metadata(mark, "C1")}
    return said(ts, "answer", thread_ts, **ours)


class Clock:
    """Sleeps without time passing, and remembers for how long."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


class Found:
    """A sweep over one fake history."""

    def __init__(self) -> None:
        self.world = World()
        self.history = FakeHistory()
        self.sleep = Clock()
        self.limits = BackfillLimits()
        self.pages = 0

    def deps(self, *bounds: Any) -> BackfillDeps:
        return BackfillDeps(self.history, self.world.submit_deps, IDENTITY, signed.LEDGER, *bounds)

    async def sweep(self) -> SweepReport:
        window = SweepWindow(since=SINCE, until=UNTIL)
        report = await Sweep(self.deps(self.limits, self.sleep), window).run(set())
        self.pages = report.pages
        await asyncio.sleep(0)
        return report

    @property
    def texts(self) -> list[str]:
        return [task.text for task, _ in self.world.queue.published]


async def until(condition: Any) -> None:
    """Wait until it is true; whatever makes it so runs in this loop."""
    async with asyncio.timeout(5.0):
        while True:
            if condition():
                return
            await asyncio.sleep(0)
