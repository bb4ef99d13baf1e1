"""``ports.talks`` in memory."""

from dataclasses import dataclass, field

from processor_service.ports.talks import Talk
from shared.task import Task


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
