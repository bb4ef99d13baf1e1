"""A second model beside one that says nothing: the model that speaks first gives the answer."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextvars import copy_context
from typing import Any

from processor_service.answering.generation import Progress
from shared.errors import ModelRejected, ModelUnavailable
from shared.telemetry.log import get_logger
from shared.telemetry.metrics import GEMINI_HEDGES

log = get_logger(__name__)

# A model's refusal to answer is an answer, too; these two errors are not.
_SAYS_NOTHING = (ModelUnavailable, ModelRejected)


class Lane:
    """An attempt at one model, whose first step says that it speaks.

    Its steps run in a context of their own, because an attempt measures itself by one.
    """

    def __init__(self, model: str, steps: AsyncGenerator[Progress, None]) -> None:
        self.model = model
        self._steps = steps
        self._context = copy_context()
        self.first = self._run(self._step(), "first")

    def _run(
        self, work: Coroutine[Any, Any, Progress | None], what: str
    ) -> asyncio.Task[Progress | None]:
        return asyncio.create_task(work, name=f"{self.model}:{what}", context=self._context)

    async def _step(self) -> Progress | None:
        return await anext(self._steps, None)

    async def _end(self) -> None:
        await self._steps.aclose()

    async def next(self) -> Progress | None:
        """The next step; None at the end. Cancelled, it ends the attempt."""
        return await self._run(self._step(), "step")

    def says_nothing(self) -> bool:
        """Whether the attempt, whose first step is over, failed without a word."""
        return isinstance(self.first.exception(), _SAYS_NOTHING)

    async def close(self) -> None:
        """End the attempt, and with it the request to the vendor. Idempotent."""
        self.first.cancel()
        await asyncio.gather(self.first, return_exceptions=True)
        await self._run(self._end(), "end")


async def _winner(lanes: Sequence[Lane]) -> Lane:
    """The lane that speaks first; raises the last failure once none is left to speak."""
    silent = list(lanes)
    while True:
        firsts = [lane.first for lane in silent]
        await asyncio.wait(firsts, return_when=asyncio.FIRST_COMPLETED)
        for lane in [one for one in silent if one.first.done()]:
            silent.remove(lane)
            if not silent or not lane.says_nothing():
                return lane


async def hedged(
    begin: Callable[[], Lane],
    second: Callable[[], Awaitable[Lane | None]],
    after_s: float,
    *,
    slow: Callable[[], None],
    lost: Callable[[], None],
) -> AsyncGenerator[Progress, None]:
    """The steps of the first lane, or of the second lane if that speaks first; the other is ended.

    After ``after_s`` seconds without a word ``slow`` is called, and ``second`` begins a lane, or
    says that none may be asked; ``lost`` is called if that lane speaks first. Raises what the lane
    raises; if both say nothing, the failure of the later one.
    """
    first = begin()
    lanes = [first]
    try:
        await asyncio.wait([first.first], timeout=after_s or None)
        if not first.first.done():
            slow()
            if (other := await second()) is not None:
                lanes.append(other)
        lane = await _winner(lanes)
        await _settle(lanes, lane, lost)
        step = await lane.first
        while step is not None:
            yield step
            step = await lane.next()
    finally:
        for lane in lanes:
            await lane.close()


async def _settle(lanes: Sequence[Lane], winner: Lane, lost: Callable[[], None]) -> None:
    if len(lanes) == 1:
        return
    by = "first" if winner is lanes[0] else "second"
    by = "none" if winner.says_nothing() else by
    GEMINI_HEDGES.add(winner=by)
    log.info("A second model was asked beside a silent one.", action="model_hedged", winner=by)
    for lane in lanes:
        if lane is not winner:
            await lane.close()
    if by == "second":
        lost()
