"""Pull: messages lent to a subscriber until it acknowledges them or its time is over."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from simulators.pubsub.config import PubSubConfig
from simulators.pubsub.errors import invalid
from simulators.pubsub.state.backlog import Backlog, Delivery


@dataclass
class _Lease:
    delivery: Delivery
    timer: asyncio.TimerHandle


class Leases:
    """The ack ids of one subscription.

    An expired ack id is accepted without effect, as with Google's emulator: the message is
    delivered again. An ack id that was never given out is refused.
    """

    def __init__(
        self, backlog: Backlog, config: PubSubConfig, *, on_expiry: Callable[[Delivery], None]
    ) -> None:
        self._backlog = backlog
        self._config = config
        self._failed = on_expiry
        self._series = secrets.token_urlsafe(12)
        self._issued = 0
        self._active: dict[str, _Lease] = {}

    def grant(self, delivery: Delivery, deadline_s: float) -> str:
        """Lend a message for ``deadline_s``; returns the ack id that stands for this loan."""
        self._issued += 1
        ack_id = f"{self._series}:{self._issued}"
        self._active[ack_id] = _Lease(delivery, self._timer(ack_id, deadline_s))
        return ack_id

    def check(self, ack_ids: list[str]) -> None:
        """Raise Rejected if there is none, or one that this subscription never gave out."""
        if not ack_ids:
            raise invalid("No ack ids specified.")
        for ack_id in ack_ids:
            series, _, number = ack_id.rpartition(":")
            ours = series == self._series and number.isdecimal()
            if not ours or not 1 <= int(number) <= self._issued:
                raise invalid(
                    f"You have passed an invalid ack ID to the service (ack_id={ack_id})."
                )

    def acknowledge(self, ack_id: str) -> None:
        """The subscriber is done with the message."""
        if lease := self._active.pop(ack_id, None):
            lease.timer.cancel()
            self._backlog.settle(lease.delivery)

    def modify(self, ack_id: str, deadline_s: float) -> None:
        """Let the loan end ``deadline_s`` from now; 0 hands the message back at once."""
        if not (lease := self._active.get(ack_id)):
            return
        lease.timer.cancel()
        if deadline_s == 0:
            self._expire(ack_id)
        else:
            lease.timer = self._timer(ack_id, deadline_s)

    def close(self) -> None:
        """Stop every timer."""
        for lease in self._active.values():
            lease.timer.cancel()
        self._active.clear()

    def _timer(self, ack_id: str, deadline_s: float) -> asyncio.TimerHandle:
        real_s = self._config.real_s(deadline_s)
        return asyncio.get_running_loop().call_later(real_s, self._expire, ack_id)

    def _expire(self, ack_id: str) -> None:
        self._failed(self._active.pop(ack_id).delivery)
