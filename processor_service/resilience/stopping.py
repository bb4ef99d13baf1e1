"""The end of the process: a worker that only waits hands its task back at once, others go on."""

import asyncio

from shared.errors import RetryableError


class WorkerStops(RetryableError):
    """This worker was told to end while its task waited; another one begins it again."""

    reason = "worker_stops"


class Stopping:
    """Whether this process was told to end."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    @property
    def requested(self) -> bool:
        """True once it was told."""
        return self.event.is_set()

    def request(self) -> None:
        """Tell it. Idempotent."""
        self.event.set()

    def check(self) -> None:
        """Raise WorkerStops if it was told."""
        if self.requested:
            raise WorkerStops("The worker was told to end while the task waited.")
