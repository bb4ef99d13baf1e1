"""Push: what is ready goes to the subscription's endpoint, a window of requests at a time."""

import asyncio
import logging
import time
from functools import partial

from simulators.faults import Fault, FaultPlan
from simulators.journal import Journal
from simulators.pubsub.config import PubSubConfig
from simulators.pubsub.delivery.backoff import PushBackoff
from simulators.pubsub.delivery.endpoint import Answer, Endpoint
from simulators.pubsub.delivery.envelope import envelope
from simulators.pubsub.delivery.window import PushWindow
from simulators.pubsub.state.backlog import Delivery
from simulators.pubsub.state.subscription import PushAttempt, Subscription

log = logging.getLogger(__name__)


class Pusher:
    """Delivers one push subscription's messages. Requests under way survive ``stop``."""

    def __init__(
        self,
        subscription: Subscription,
        endpoint: Endpoint,
        config: PubSubConfig,
        journal: Journal,
        faults: FaultPlan,
    ) -> None:
        self._subscription = subscription
        self._endpoint = endpoint
        self._config = config
        self._journal = journal
        self._faults = faults
        self._window = PushWindow(config.first_window, config.push_window, config.window_kept_s)
        self._backoff = PushBackoff(rests=config.push_backoff, speed=config.speed)
        self._in_flight: set[asyncio.Task[None]] = set()
        self._slot_freed = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to take messages, or go on, if the subscription is one to push to."""
        if self._loop is None and self._subscription.is_push:
            name = f"pubsub push {self._subscription.id}"
            self._loop = asyncio.create_task(self._run(), name=name)

    def stop(self) -> list[asyncio.Task[None]]:
        """Take no more messages; returns the task that ends by this, if there is one."""
        if self._loop is None:
            return []
        ending, self._loop = self._loop, None
        ending.cancel()
        return [ending]

    def abort(self) -> list[asyncio.Task[None]]:
        """Stop, and break off the requests under way; returns the tasks that end by this."""
        for task in self._in_flight:
            task.cancel()
        return [*self.stop(), *self._in_flight]

    async def _run(self) -> None:
        while True:
            await self._subscription.backlog.wait_until_ready()
            while len(self._in_flight) >= self._window.size:
                self._slot_freed.clear()
                await self._slot_freed.wait()
            while (wait_s := self._backoff.wait_s()) > 0:  # noqa: ASYNC110 - the time ends it
                await asyncio.sleep(wait_s)
            if (delivery := self._subscription.backlog.take()) is None:
                continue
            name = f"pubsub push {self._subscription.id} {delivery.message.message_id}"
            self._window.sent()
            task = asyncio.create_task(self._deliver(delivery), name=name)
            self._in_flight.add(task)
            task.add_done_callback(partial(self._ended, delivery))

    def _ended(self, delivery: Delivery, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        self._slot_freed.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("A push broke inside the simulator; it is tried again.", exc_info=error)
            self._subscription.failed(delivery)

    async def _deliver(self, delivery: Delivery) -> None:
        delivery.attempts += 1
        fault = self._faults.take("push", self._subscription.id)
        if fault is None:
            acked = await self._request(delivery)
        else:
            acked = await self._suffer(fault, delivery)
        if acked:
            self._window.taken()
            self._backoff.taken()
            self._subscription.backlog.settle(delivery)
        else:
            self._backoff.refused()
            self._subscription.failed(delivery)

    async def _suffer(self, fault: Fault, delivery: Delivery) -> bool:
        match fault.kind:
            case "delay":
                await asyncio.sleep(fault.seconds)
                return await self._request(delivery)
            case "duplicate":
                return any(await asyncio.gather(self._request(delivery), self._request(delivery)))
            case "drop_after":
                await self._request(delivery, answer_is_lost=True)
                return False
            case "hang":
                await asyncio.sleep(fault.seconds or self._deadline_s)
                return self._note(delivery, Answer(None, "fault: the request hung"), 0.0)
            case "error":
                return self._note(delivery, Answer(fault.status, "fault: endpoint not asked"), 0.0)
            case "drop_before" | "late" | "disconnect":
                return self._note(delivery, Answer(None, "fault: connection dropped"), 0.0)

    @property
    def _deadline_s(self) -> float:
        return self._config.real_s(self._subscription.settings.ack_deadline_seconds)

    async def _request(self, delivery: Delivery, *, answer_is_lost: bool = False) -> bool:
        subscription = self._subscription
        attempt = delivery.attempts if subscription.counts_attempts else None
        body = envelope(subscription.name, delivery.message, attempt)
        began = time.perf_counter()
        push_config = subscription.settings.push_config
        answer = await self._endpoint.post(push_config, body, self._deadline_s)
        if answer_is_lost:
            answer = Answer(None, f"fault: answer {answer.status} lost")
        return self._note(delivery, answer, (time.perf_counter() - began) * 1000)

    def _note(self, delivery: Delivery, answer: Answer, ms: float) -> bool:
        """Write an attempt down; returns whether it acknowledged the message."""
        message, attempt = delivery.message, delivery.attempts
        self._subscription.pushes.append(
            PushAttempt(message, attempt, answer.status, answer.reason, answer.is_ack, ms)
        )
        self._journal.record(
            "pubsub",
            "push",
            message.keys,
            ms=ms,
            subscription=self._subscription.id,
            status=answer.status or answer.reason,
            attempt=attempt,
            message_id=message.message_id,
        )
        return answer.is_ack


class PushDispatcher:
    """One pusher for each push subscription, kept in step with the broker."""

    def __init__(
        self, endpoint: Endpoint, config: PubSubConfig, journal: Journal, faults: FaultPlan
    ) -> None:
        self._endpoint = endpoint
        self._config = config
        self._journal = journal
        self._faults = faults
        self._pushers: dict[str, Pusher] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._paused = False

    def sync(self, subscription: Subscription) -> None:
        """Push to this subscription from now on, or no longer, as its settings say."""
        pusher = self._pushers.get(subscription.name)
        if subscription.deleted:
            if pusher:
                self._end(self._pushers.pop(subscription.name).abort())
        elif subscription.is_push:
            pusher = pusher or self._new(subscription)
            if not self._paused:
                pusher.start()
        elif pusher:
            self._end(pusher.stop())

    def pause(self) -> None:
        """Begin no more requests until ``resume``; those under way go on to their end."""
        self._paused = True
        for pusher in self._pushers.values():
            self._end(pusher.stop())

    def resume(self) -> None:
        """Go on after ``pause``."""
        self._paused = False
        for pusher in self._pushers.values():
            pusher.start()

    async def close(self) -> None:
        """Break off everything and wait until it has ended."""
        for pusher in self._pushers.values():
            self._end(pusher.abort())
        self._pushers.clear()
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _new(self, subscription: Subscription) -> Pusher:
        pusher = Pusher(subscription, self._endpoint, self._config, self._journal, self._faults)
        self._pushers[subscription.name] = pusher
        return pusher

    def _end(self, tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
