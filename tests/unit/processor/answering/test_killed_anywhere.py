"""A worker is killed between any two of its calls to Slack: its successor leaves one outcome."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from processor_service.delivery.reconcile import ExistingMessages
from processor_service.ports.model import Chunk
from processor_service.resilience.run_leased import Outcome
from shared.errors import ModelRefused
from tests.support.fakes.processor.conversations import FakeConversation
from tests.support.fakes.processor.model import FakeModel
from tests.support.fakes.processor.work import FakeLeases
from tests.support.fakes.processor.world import World

WORDS = "最初の文です。次の文です。" * 20
ANSWER = [
    *(Chunk(WORDS[at : at + 60]) for at in range(0, len(WORDS), 60)),
    Chunk("", finished=True),
]
NO_ANSWER = [Chunk("半分です。"), ModelRefused("SAFETY", reason="answer_blocked")]
DONE = {Outcome.ANSWERED, Outcome.ALREADY_DONE, Outcome.TOLD_FAILURE}


class Killed(BaseException):
    """The process is gone: nothing of it runs any more."""


@dataclass
class Mortal(FakeConversation):
    """A thread whose worker dies with its ``dies_at``-th step, before or after a call's effect."""

    dies_at: int = 0
    steps: int = 0
    dead: bool = False
    called: list[str] = field(default_factory=list)

    def _fail(self, call: str, *, taken: bool) -> None:
        self._live()
        super()._fail(call, taken=taken)
        self.steps += 1
        self.called.append(f"{'after' if taken else 'before'} {call}")
        self.dead = self.steps == self.dies_at
        self._live()

    async def show_status(self, status: str, loading: Sequence[str] = ()) -> bool:
        self._live()
        return await super().show_status(status, loading)

    def _live(self) -> None:
        if self.dead:
            raise Killed


@dataclass
class Workers:
    """The workers on one task, one after the other, each a process of its own."""

    streams: bool
    cards: bool
    pieces: Sequence[Chunk | Exception]
    thread: Mortal = field(default_factory=Mortal)
    leases: FakeLeases = field(default_factory=FakeLeases)

    def __post_init__(self) -> None:
        self.thread.can_stream = self.streams

    async def one(self, attempt: int) -> Outcome | None:
        """One worker's delivery to its end; None if it died."""
        world = World(model=FakeModel([self.pieces]), leases=self.leases)
        world.conversations.conversation = self.thread
        world.cards_after_s = 0.0 if self.cards else 60.0
        outcome = None
        with suppress(Killed):
            outcome = await world.answer(attempt=attempt)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        return outcome

    def bury(self, *, with_redis: bool) -> None:
        """The dead worker's lease is over; ``with_redis``, so is everything that Redis knew."""
        self.thread.dead, self.thread.dies_at = False, 0
        task_ids = list(self.leases.held) or list(self.leases.begun)
        self.leases = FakeLeases() if with_redis else self.leases
        for task_id in task_ids:
            self.leases.held.pop(task_id, None)


@pytest.mark.parametrize("with_redis", [False, True], ids=["alone", "with Redis"])
@pytest.mark.parametrize(
    ("streams", "cards", "pieces"),
    [
        (False, False, ANSWER),
        (True, False, ANSWER),
        (True, True, ANSWER),
        (True, False, NO_ANSWER),
        (False, False, NO_ANSWER),
    ],
    ids=["edited", "streamed", "with steps", "failing while streamed", "failing"],
)
async def test_whatever_a_killed_worker_was_doing_one_answer_or_one_notice_is_left(
    streams: bool, cards: bool, pieces: Sequence[Chunk | Exception], with_redis: bool
) -> None:
    unharmed = Workers(streams, cards, pieces)
    assert await unharmed.one(1) in DONE
    assert unharmed.thread.steps > 3
    for step in range(1, unharmed.thread.steps + 1):
        workers = Workers(streams, cards, pieces)
        workers.thread.dies_at = step
        assert await workers.one(1) is None
        workers.bury(with_redis=with_redis)
        assert await workers.one(2) in DONE
        left = ExistingMessages(tuple(posted for posted, _ in workers.thread.messages))
        died = workers.thread.called[step - 1]
        expected = (0, 1) if pieces is NO_ANSWER else (1, 0)
        assert (len(left.answers), len(left.notices)) == expected, died
        assert not any(posted.live for posted in left.posted), died
        assert left.winner is not None or left.notices, died
