"""``ports.talks`` in memory."""

from dataclasses import dataclass, field

from processor_service.ports.talks import Talk
from shared.task import Task


@dataclass
class FakeLastThreads:
    """Last threads in a dict, for ever."""

    threads: dict[str, str] = field(default_factory=dict)

    async def note(self, channel_id: str, thread_ts: str) -> None:
        self.threads[channel_id] = thread_ts

    async def of(self, channel_id: str) -> str | None:
        return self.threads.get(channel_id)


@dataclass
class FakeTalks:
    """A thread, and errors that the next reads raise."""

    talk: Talk = field(default_factory=lambda: Talk(()))
    failures: list[Exception] = field(default_factory=list)
    reads: int = 0

    async def around(self, task: Task) -> Talk:
        self.reads += 1
        if self.failures:
            raise self.failures.pop(0)
        return self.talk
