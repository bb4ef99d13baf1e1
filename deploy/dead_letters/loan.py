"""Borrows dead letters: each is replayed and removed, or handed back as it was."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

from deploy.dead_letters.errors import BrokerFailed, UnknownTask
from deploy.dead_letters.letter import DeadTask, Letter, dead_tasks
from deploy.language import words

# A loan is prolonged while we work and ends by itself after this long if we are killed.
LOAN_S = 60
_PROLONG_AFTER_S = 20.0
_LETTERS_PER_PULL = 100


class Broker(Protocol):
    """The dead-letter subscription and the tasks topic. Every method raises BrokerFailed."""

    async def pull(self, at_most: int) -> list[Letter]:
        """Borrow some letters; none only if none came for a while."""

    async def prolong(self, ack_ids: Sequence[str], for_s: int) -> None:
        """Let loans end ``for_s`` seconds from now; 0 hands the letters back at once."""

    async def acknowledge(self, ack_ids: Sequence[str]) -> None:
        """Remove letters for good."""

    async def publish(self, data: bytes, attributes: Mapping[str, str]) -> str:
        """Publish a task; the id of the message, once Pub/Sub has confirmed it."""


@dataclass(frozen=True)
class Bounds:
    """Where reading ends: after so many letters, and so many seconds."""

    letters: int
    seconds: float


class Loan:
    """The letters borrowed so far. A letter leaves it when it is replayed; ``release`` hands back
    the rest.
    """

    def __init__(self, broker: Broker, clock: Callable[[], float] = time.monotonic) -> None:
        self._broker = broker
        self._clock = clock
        self._letters: dict[str, Letter] = {}
        # Pub/Sub may deliver a message again while it is lent, under another ack id.
        self._ack_ids: dict[str, list[str]] = {}
        self._prolonged_at = clock()
        self.is_complete = False
        """Whether the subscription was read to its end."""

    async def read(self, bounds: Bounds) -> None:
        """Borrow letters until there are no more or a bound is reached."""
        until = self._clock() + bounds.seconds
        while len(self._letters) < bounds.letters and self._clock() < until:
            await self._prolong_in_time()
            room = bounds.letters - len(self._letters)
            pulled = await self._pull(min(room, _LETTERS_PER_PULL))
            if not pulled:
                self.is_complete = True
                return
            # The subscription's own deadline may be seconds, or hide letters of ours for minutes.
            await self._broker.prolong([letter.ack_id for letter in pulled], LOAN_S)

    async def _pull(self, at_most: int) -> list[Letter]:
        pulling = asyncio.ensure_future(self._broker.pull(at_most))
        try:
            pulled = await asyncio.shield(pulling)
        except asyncio.CancelledError:
            # Letters that are being lent right now could not be handed back without their ack ids.
            with suppress(BrokerFailed):
                self._note(await pulling)
            raise
        self._note(pulled)
        return pulled

    def _note(self, pulled: Sequence[Letter]) -> None:
        for letter in pulled:
            self._letters[letter.message_id] = letter
            self._ack_ids.setdefault(letter.message_id, []).append(letter.ack_id)

    def tasks(self) -> list[DeadTask]:
        """Every task on loan, those waiting longest first."""
        return dead_tasks(self._letters.values())

    def find(self, name: str) -> DeadTask:
        """The task (or undecodable letter) called ``name``; raises UnknownTask."""
        for each in self.tasks():
            if each.name == name:
                return each
        count, some, some_ja = len(self.tasks()), "", ""
        if not self.is_complete:
            some = ", of which only some were read: raise --limit"
            some_ja = "まだ一部しか読み取っていません。--limit を増やしてください。"
        raise UnknownTask(
            words(
                f"{name} is not among the {count} dead letters{some}.",
                f"{name} は、デッドレター {count} 件の中にありません。{some_ja}",
            )
        )

    async def replay(self, dead: DeadTask) -> str:
        """Publish the task again and only then remove its letters; the new message's id.

        A crash in between replays it twice at worst, which the processor answers once. Raises
        UnknownTask for a letter that is no task, and BrokerFailed.
        """
        dead.require_task()
        await self._prolong_in_time()
        newest = dead.newest
        message_id = await self._broker.publish(newest.data, newest.replay_attributes())
        try:
            await self._broker.acknowledge(self._ack_ids_of(dead))
        except BrokerFailed as error:
            raise BrokerFailed(
                words(
                    f"{dead.name} was replayed but stays a dead letter, because it could not be "
                    f"removed. {error} Replaying it again does no harm: it is answered once.",
                    f"{dead.name} は再実行しましたが、取り除けなかったため、"
                    "デッドレターのまま残っています。"
                    f"{error}もう一度再実行しても、回答は 1 回だけです。",
                )
            ) from error
        for letter in dead.letters:
            del self._letters[letter.message_id], self._ack_ids[letter.message_id]
        return message_id

    async def release(self) -> None:
        """Hand back everything that was not replayed, for the next reader at once."""
        lent = self._all_ack_ids()
        self._letters.clear()
        self._ack_ids.clear()
        if not lent:
            return
        try:
            await self._broker.prolong(lent, 0)
        except BrokerFailed as error:
            raise BrokerFailed(
                words(
                    f"The letters could not be handed back and stay hidden for up to {LOAN_S} s; "
                    f"none is lost. {error}",
                    f"デッドレターを戻せなかったため、最大 {LOAN_S} 秒間、一覧に現れません。"
                    f"失われたものはありません。{error}",
                )
            ) from error

    async def _prolong_in_time(self) -> None:
        if self._clock() - self._prolonged_at < _PROLONG_AFTER_S:
            return
        self._prolonged_at = self._clock()
        if lent := self._all_ack_ids():
            await self._broker.prolong(lent, LOAN_S)

    def _ack_ids_of(self, dead: DeadTask) -> list[str]:
        return [each for letter in dead.letters for each in self._ack_ids[letter.message_id]]

    def _all_ack_ids(self) -> list[str]:
        return [each for ack_ids in self._ack_ids.values() for each in ack_ids]


@asynccontextmanager
async def borrowed(
    broker: Broker, bounds: Bounds, clock: Callable[[], float] = time.monotonic
) -> AsyncIterator[Loan]:
    """A loan that has been read; letters that were not replayed are handed back in any case.

    Raises BrokerFailed, also when only the handing back failed.
    """
    loan = Loan(broker, clock)
    try:
        await loan.read(bounds)
        yield loan
    except BaseException:
        with suppress(BrokerFailed):
            await loan.release()
        raise
    await loan.release()
