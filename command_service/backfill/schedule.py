"""When to look for missed questions: at every start, and after each gap.

The service keeps no state. How long it was down before a start is not known, so the first sweep
looks back as far as any does.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextvars import Context

from command_service.backfill.paced_history import BackfillLimits, ThrottledHistory
from command_service.backfill.sweep import Sweep, SweepReport, SweepWindow
from command_service.payloads.model import ConversationKind, Identity
from command_service.ports import ChannelHistory
from command_service.use_cases.submit import SubmitDeps
from shared.background import Background
from shared.ledger import Ledger
from shared.telemetry.log import get_logger

log = get_logger(__name__)

# Clocks differ, and the last envelopes before a silence may have been lost on their way.
_GRACE_S = 60.0
DEFAULT_LIMITS = BackfillLimits()


class Backfill:
    """Runs sweeps in the background, one at a time; gaps reported meanwhile become one more sweep.

    ``sweeps`` counts those that have ended.
    """

    def __init__(
        self,
        history: ChannelHistory,
        submit_deps: SubmitDeps,
        identity: Identity,
        ledger: Ledger,
        limits: BackfillLimits = DEFAULT_LIMITS,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._history = history
        self._intake = submit_deps
        self._identity = identity
        self._ledger = ledger
        self._limits = limits
        self._sleep = sleep
        self._background = Background()
        self._refused_kinds: set[ConversationKind] = set()
        self._since: float | None = None
        self._running = False
        self.sweeps = 0

    def after_silence(self, silent_s: float | None) -> None:
        """Report a silence of ``silent_s`` seconds, None if its length is not known."""
        limit_s = self._limits.age_s
        reach_s = limit_s if silent_s is None else min(silent_s + _GRACE_S, limit_s)
        since = time.time() - reach_s
        self._since = since if self._since is None else min(self._since, since)
        if not self._running:
            self._running = True
            # Without the trace and the deadline of the envelope that ended the silence.
            Context().run(self._background.start, self._run(), "catch_up")

    async def _run(self) -> None:
        try:
            while self._since is not None:
                since, self._since = self._since, None
                await self._sweep(SweepWindow(since, until=time.time()))
                self.sweeps += 1
        finally:
            self._running = False

    async def _sweep(self, window: SweepWindow) -> None:
        history = ThrottledHistory(self._history, self._limits, self._sleep)
        sweep = Sweep(
            history, self._intake, self._identity, self._ledger, self._limits, self._sleep
        )
        report = await sweep.run(window, self._refused_kinds)
        _tell(report, history.pages, window)

    async def close(self) -> None:
        """End a running sweep at once: the next start repeats it. Idempotent."""
        await self._background.close(within_s=0.0)


def _tell(report: SweepReport, pages: int, window: SweepWindow) -> None:
    text, tell = "Looked for missed questions.", log.info
    if report.cut_short_by is not None:
        text, tell = "Looked for missed questions, but a limit cut it short.", log.warning
    tell(
        text,
        action="caught_up",
        window_s=round(window.until - window.since),
        pages=pages,
        conversations=report.conversations,
        unread=report.unread,
        published=report.published,
        answered_before=report.answered_before,
        refused=report.refused,
        cut_short_by=report.cut_short_by,
    )
