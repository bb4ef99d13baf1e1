"""Makes the planned faults happen, and keeps account of what really did."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

from simulators.faults import Rule
from simulators.stack.local_stack import LocalStack
from simulators.stack.service import Service
from tests.chaos.questions import Answers
from tests.chaos.schedule import MOODS, WIRE, Strike

_LOOK_EVERY_S = 0.1

Act = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Span:
    """When a fault was in force, in Unix seconds."""

    began: float
    ended: float


@dataclass
class _Running:
    """A rule and how often it had struck when it was looked at last."""

    name: str
    rule: Rule
    times: int


@dataclass
class Injector:
    """Strikes the stack. ``spans`` holds each time a fault really happened, by its name."""

    stack: LocalStack
    answers: Answers
    spans: dict[str, list[Span]] = field(default_factory=lambda: defaultdict(list))
    deaths: list[float] = field(default_factory=list)
    """When a processor was killed."""
    _rules: list[_Running] = field(default_factory=list)
    _locks: dict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def run(self, strikes: list[Strike], began: float) -> None:
        """Strike each at its time after ``began`` (the event loop's), until all is repaired again.

        What was ordered and did not happen until then is taken back.
        """
        loop = asyncio.get_running_loop()
        looking = asyncio.create_task(self._look(), name="chaos:look")
        try:
            async with asyncio.TaskGroup() as repairing:
                for strike in strikes:
                    await asyncio.sleep(began + strike.at_s - loop.time())
                    self._order(strike, repairing)
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            self._count()
            self.stack.faults.clear()
            self.answers.calm()

    def _order(self, strike: Strike, repairing: asyncio.TaskGroup) -> None:
        if strike.name in WIRE:
            target, operation, fault = WIRE[strike.name]
            rule = self.stack.faults.add(target, operation, fault, strike.times)
            self._rules.append(_Running(strike.name, rule, strike.times))
        elif strike.name in MOODS:
            self.answers.spoil(MOODS[strike.name], strike.times)
        else:
            repairing.create_task(self._break(strike), name=f"chaos:{strike.name}")

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            self._count()

    def _count(self) -> None:
        """Write down what has happened since the last look."""
        now = time.time()
        span = Span(now - _LOOK_EVERY_S, now)
        for one in self._rules:
            self.spans[one.name].extend([span] * (one.times - one.rule.times))
            one.times = one.rule.times
        self._rules = [one for one in self._rules if one.times > 0]
        for name, mood in MOODS.items():
            self.spans[name].extend([span] * (self.answers.had[mood] - len(self.spans[name])))

    async def _break(self, strike: Strike) -> None:
        stack = self.stack
        one = stack.processors[strike.which % len(stack.processors)]
        match strike.name:
            case "processor killed":
                await self._outage(strike, [self._killed(one, strike.pause_s)])
            case "both processors killed":
                killed = [self._killed(each, strike.pause_s) for each in stack.processors]
                await self._outage(strike, killed)
            case "command service killed":
                await self._outage(strike, [self._killed(stack.command, strike.pause_s)])
            case "processor redeployed":
                await self._outage(strike, [self._redeployed(one, strike.pause_s)])
            case "command service redeployed":
                await self._outage(strike, [self._redeployed(stack.command, strike.pause_s)])
            case "Redis killed":
                await self._outage(strike, [partial(self._without_redis, strike.pause_s)])
            case "broker unreachable":
                await self._outage(strike, [partial(self._without_broker, strike.pause_s)])
            case "sockets cut":
                stack.slack.sockets.cut()
                await self._outage(strike, [])
            case "sockets refreshed":
                await self._outage(strike, [stack.slack.sockets.disconnect])
            case unknown:
                raise ValueError(f"There is no fault {unknown!r}.")

    async def _outage(self, strike: Strike, acts: list[Act]) -> None:
        began = time.time()
        async with asyncio.TaskGroup() as acting:
            for act in acts:
                acting.create_task(_run(act))
        self.spans[strike.name].append(Span(began, time.time()))

    def _killed(self, service: Service, pause_s: float) -> Act:
        async def act() -> None:
            async with self._locks[service.name]:
                self.deaths.append(time.time())
                await service.kill()
                await asyncio.sleep(pause_s)
                await service.start()

        return act

    def _redeployed(self, service: Service, pause_s: float) -> Act:
        async def act() -> None:
            async with self._locks[service.name]:
                await service.terminate()
                await asyncio.sleep(pause_s)
                await service.start()

        return act

    async def _without_redis(self, pause_s: float) -> None:
        async with self._locks["redis"]:
            await self.stack.redis.kill()
            await asyncio.sleep(pause_s)
            await self.stack.redis.start()

    async def _without_broker(self, pause_s: float) -> None:
        async with self._locks["broker"]:
            await self.stack.pubsub.pause()
            await asyncio.sleep(pause_s)
            await self.stack.pubsub.resume()


async def _run(act: Act) -> None:
    await act()
