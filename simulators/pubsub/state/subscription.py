"""One subscription: its settings, its backlog, and what a failed delivery means for a message."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from simulators.pubsub.config import PubSubConfig
from simulators.pubsub.state import names
from simulators.pubsub.state.backlog import Backlog, Delivery
from simulators.pubsub.state.dead_letter import is_exhausted
from simulators.pubsub.state.filters import parse_filter
from simulators.pubsub.state.leases import Leases
from simulators.pubsub.state.message import StoredMessage
from simulators.pubsub.state.retry import schedule_of
from simulators.pubsub.wire import Proto


@dataclass(frozen=True)
class PushAttempt:
    """One request to a push endpoint, as it ended. ``status`` is None without an HTTP answer."""

    message: StoredMessage
    attempt: int
    status: int | None
    reason: str
    acked: bool
    ms: float


class Subscription:
    """A subscription that exists. Its messages leave it acknowledged or dead-lettered, only."""

    def __init__(
        self,
        settings: Proto,
        config: PubSubConfig,
        dead_letter: Callable[["Subscription", Delivery], bool],
    ) -> None:
        self.settings = settings
        self.backlog = Backlog(ordered=settings.enable_message_ordering)
        self.leases = Leases(self.backlog, config, on_expiry=self.failed)
        self.pushes: deque[PushAttempt] = deque(maxlen=config.history)
        self.deleted = False
        self._config = config
        self._dead_letter = dead_letter
        self._matches = parse_filter(settings.filter) if settings.filter else None

    @property
    def name(self) -> str:
        """The full resource name."""
        return str(self.settings.name)

    @property
    def id(self) -> str:
        """The subscription's own part of the name."""
        return names.short_id(self.name)

    @property
    def is_push(self) -> bool:
        """Whether messages are pushed to an endpoint; otherwise somebody has to pull them."""
        return bool(self.settings.push_config.push_endpoint)

    @property
    def counts_attempts(self) -> bool:
        """Whether deliveries say which attempt they are: only with a dead-letter policy."""
        return bool(self.settings.HasField("dead_letter_policy"))

    def offer(self, message: StoredMessage) -> None:
        """Take a message published to the topic, unless the filter leaves it out."""
        if self._matches is None or self._matches(message.attributes):
            self.backlog.add(message)

    def failed(self, delivery: Delivery) -> None:
        """A delivery was refused or ran out of time: dead letter, or again after the back-off.

        Without a dead-letter topic to take it (it was deleted) the message stays and is retried.
        """
        if self.deleted:
            return
        if is_exhausted(self.settings, delivery) and self._dead_letter(self, delivery):
            self.backlog.settle(delivery)
            return
        delay_s = schedule_of(self.settings, self._config).delay_s(delivery.attempts)
        self.backlog.put_back(delivery, self._config.real_s(delay_s))

    def close(self) -> None:
        """Drop the backlog and stop every timer: the subscription is gone."""
        self.deleted = True
        self.leases.close()
        self.backlog.close()
