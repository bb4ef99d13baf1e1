"""The steps on the way to an answer, shown while it is obtained."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from processor_service.delivery.preview.live_preview import LivePreview
from processor_service.resilience.lease import LeaseLost
from shared.background import happens
from shared.errors import MechachangError, SlackDenied
from shared.telemetry.log import get_logger

log = get_logger(__name__)

# Changes within a moment are one.
_EVERY_S = 0.5


@asynccontextmanager
async def cards_shown(preview: LivePreview) -> AsyncIterator[None]:
    """Show the steps while the body works, which a failure to show them does not disturb. If the
    body fails, steps without words below them are removed, unless another worker has the task: the
    user then reads a successor's answer, a notice, or that the question is kept.
    """
    ended = asyncio.Event()
    watch = asyncio.create_task(_watch(preview, ended), name="task cards")
    try:
        yield
    except LeaseLost:
        raise
    except MechachangError:
        await _end(preview, watch, ended)
        await _withdraw(preview)
        raise
    finally:
        await _end(preview, watch, ended)


async def _end(preview: LivePreview, watch: asyncio.Task[None], ended: asyncio.Event) -> None:
    # By a flag: a call to Slack that is cut off has an unknown outcome.
    ended.set()
    preview.ctx.cards.changed.set()
    await asyncio.wait([watch])


async def _watch(preview: LivePreview, ended: asyncio.Event) -> None:
    cards = preview.ctx.cards
    while not ended.is_set():
        due_s = preview.cards_due_in_s()
        if due_s is None:
            await cards.changed.wait()
        else:
            await happens(cards.changed, due_s)
        cards.changed.clear()
        if ended.is_set():
            return
        if cards.away:
            await _withdraw(preview)
        else:
            # The next step of the answer meets the same errors.
            with suppress(LeaseLost, SlackDenied):
                await preview.show_cards()
        await happens(ended, _EVERY_S)


async def _withdraw(preview: LivePreview) -> None:
    try:
        await preview.withdraw()
    except MechachangError as error:
        log.info("Steps are not taken away.", action="cards_not_withdrawn", reason=error.reason)
        # Tried again, or found and removed by what comes instead of an answer.
        preview.ctx.cards.changed.set()
