"""Asks at a steady rate, whatever becomes of the answers, as people do."""

import asyncio
from itertools import count
from typing import Final

from benchmarks.eyes import Eyes, Seen
from benchmarks.marked import command, mention
from benchmarks.subjects import Subject, Trigger
from simulators.slack.state.model import Channel

_CHANNELS: Final = 20
SETTLES_WITHIN_S: Final = 60.0
_QUIET_S: Final = 1.5
_numbers = count(1)


class Asker:
    """The people who ask one subject, in channels of their own."""

    def __init__(self, subject: Subject, settles_within_s: float = SETTLES_WITHIN_S) -> None:
        self._settles_within_s = settles_within_s
        self.eyes = Eyes(subject.slack)
        self._slack = subject.slack
        workspace = subject.slack.workspace
        everybody = set(workspace.users)
        self._channels: list[Channel] = [
            workspace.add_channel(f"bench-{number}", "channel", everybody)
            for number in range(_CHANNELS)
        ]

    def channel(self, number: int) -> str:
        """The id of one of the channels that are asked in."""
        return self._channels[number].id

    async def ask_in_thread(self, channel: str, thread_ts: str) -> Seen:
        """Ask one question below what stands in a thread, and wait for its answer."""
        number = next(_numbers)
        seen = self.eyes.asks(number)
        message = self._slack.people.post(
            "hana", channel, f"@mechachang {mention(number)}", thread_ts=thread_ts
        )
        self.eyes.stands_at(number, message)
        await self._settled([number])
        return seen

    async def ask(self, trigger: Trigger, rate: float, questions: int) -> list[int]:
        """Ask so many questions, ``rate`` a second, and wait for what becomes of them.

        Returns their numbers. Waiting ends when every one is answered and nothing moves, or after
        a minute.
        """
        loop = asyncio.get_running_loop()
        numbers = [next(_numbers) for _ in range(questions)]
        began = loop.time()
        async with asyncio.TaskGroup() as asking:
            for place, number in enumerate(numbers):
                await asyncio.sleep(max(0.0, began + place / rate - loop.time()))
                asking.create_task(self._ask(trigger, number), name=f"ask:{number}")
        await self._settled(numbers)
        return numbers

    async def _ask(self, trigger: Trigger, number: int) -> None:
        channel = self._channels[number % _CHANNELS].id
        self.eyes.asks(number)
        if trigger == "mention":
            message = self._slack.people.post("hana", channel, f"@mechachang {mention(number)}")
            self.eyes.stands_at(number, message)
            return
        outcome = await self._slack.people.slash("hana", channel, "/gemini", command(number))
        if isinstance(outcome.payload, dict) and outcome.payload.get("text"):
            self.eyes.was_signalled(number)

    async def _settled(self, numbers: list[int]) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._settles_within_s
        while loop.time() < end:
            seen = [self.eyes.seen[number] for number in numbers]
            last = max((one.finished or 0.0 for one in seen), default=0.0)
            quiet = self._slack.workspace.now() - last > _QUIET_S
            if quiet and all(one.finished for one in seen):
                return
            await asyncio.sleep(0.1)
