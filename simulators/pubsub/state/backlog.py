"""What one subscription still has to deliver: ready, waiting for its turn, or in somebody's hands.

A message is held by at most one deliverer at a time, and stays in the backlog until it is settled.
"""

import asyncio
from collections import deque
from dataclasses import dataclass

from simulators.pubsub.state.message import StoredMessage


@dataclass(eq=False)
class Delivery:
    """A message on its way to one subscription. ``attempts`` counts the deliveries begun."""

    message: StoredMessage
    attempts: int = 0


class Backlog:
    """The unsettled messages of a subscription.

    ``ordered``: messages with the same ordering key are handed out one at a time, each only when
    the one before is settled; other keys go on meanwhile.
    """

    def __init__(self, *, ordered: bool) -> None:
        self._ordered = ordered
        self._unsettled: dict[Delivery, None] = {}  # in the order of their publishing
        self._ready: deque[Delivery] = deque()
        self._behind: dict[str, deque[Delivery]] = {}
        self._timers: dict[Delivery, asyncio.TimerHandle] = {}
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        return len(self._unsettled)

    @property
    def oldest(self) -> StoredMessage | None:
        """The unsettled message that was published first."""
        first = next(iter(self._unsettled), None)
        return first.message if first is not None else None

    def add(self, message: StoredMessage) -> None:
        """Take a new message in; it is ready at once unless its ordering key is busy."""
        delivery = Delivery(message)
        self._unsettled[delivery] = None
        key = self._key_of(delivery)
        if key in self._behind:
            self._behind[key].append(delivery)
            return
        if key:
            self._behind[key] = deque()
        self._make_ready(delivery)

    def take(self) -> Delivery | None:
        """The oldest ready message, now in the caller's hands, or None."""
        return self._ready.popleft() if self._ready else None

    async def wait_until_ready(self) -> None:
        """Return once there is something to take. Another taker may still come first."""
        while not self._ready:
            self._arrived.clear()
            await self._arrived.wait()

    def put_back(self, delivery: Delivery, real_delay_s: float) -> None:
        """Make a message ready again after a delay."""
        loop = asyncio.get_running_loop()
        self._timers[delivery] = loop.call_later(real_delay_s, self._make_ready, delivery)

    def settle(self, delivery: Delivery) -> None:
        """The message is delivered (or dead-lettered) for good; the next of its key may follow."""
        if delivery not in self._unsettled:
            return
        del self._unsettled[delivery]
        key = self._key_of(delivery)
        if not key:
            return
        if followers := self._behind[key]:
            self._make_ready(followers.popleft())
        else:
            del self._behind[key]

    def close(self) -> None:
        """Forget everything and stop every timer."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._unsettled.clear()
        self._ready.clear()
        self._behind.clear()

    def _key_of(self, delivery: Delivery) -> str:
        return delivery.message.ordering_key if self._ordered else ""

    def _make_ready(self, delivery: Delivery) -> None:
        self._timers.pop(delivery, None)
        self._ready.append(delivery)
        self._arrived.set()
