"""Starts the sweeps for missed questions: one at every start, and one after each gap.

The service keeps no state. How long it was down before a start is not known, so the first sweep
looks back as far as any does.
"""

import time
from contextvars import Context
from dataclasses import asdict

from command_service.backfill.sweep import BackfillDeps, Sweep, SweepReport, SweepWindow
from command_service.payloads.model import ConversationKind
from shared.background import Background
from shared.telemetry.log import get_logger
from shared.telemetry.metrics import CATCH_UP_SWEEPS

log = get_logger(__name__)

# Clocks differ, and the last envelopes before a silence may have been lost on their way.
_GRACE_S = 60.0


class Backfill:
    """Runs sweeps in the background, one at a time; gaps reported meanwhile become one more sweep.

    Another one goes on where a limit or a failure cut one short, until all is read: no question is
    left silently. ``sweeps`` counts those that have ended.
    """

    def __init__(self, deps: BackfillDeps) -> None:
        self._deps = deps
        self._background = Background()
        self._refused_kinds: set[ConversationKind] = set()
        self._since: float | None = None
        self._running = False
        self.sweeps = 0

    def after_silence(self, silent_s: float | None) -> None:
        """Report a silence of ``silent_s`` seconds, None if its length is not known."""
        limit_s = self._deps.limits.age_s
        self._look_back(limit_s if silent_s is None else min(silent_s + _GRACE_S, limit_s))

    def after_outage(self, outage_s: float) -> None:
        """Report that Pub/Sub took nothing for ``outage_s`` seconds: users were told meanwhile that
        their questions are kept, and wait for their answers.
        """
        self._look_back(min(outage_s + _GRACE_S, self._deps.limits.kept_age_s))

    def _look_back(self, reach_s: float) -> None:
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
        finally:
            self._running = False

    async def _sweep(self, window: SweepWindow) -> None:
        limits = self._deps.limits
        for left in reversed(range(limits.sweeps)):
            report = await Sweep(self._deps, window).run(self._refused_kinds)
            _tell(report, window, goes_on=report.is_incomplete and left > 0)
            self.sweeps += 1
            if not report.is_incomplete or not left:
                return
            await self._deps.sleep(limits.rest_s)

    async def close(self) -> None:
        """End a running sweep at once: the next start repeats it. Idempotent."""
        await self._background.close(within_s=0.0)


def _tell(report: SweepReport, window: SweepWindow, *, goes_on: bool) -> None:
    text, tell, end = "Looked for missed questions.", log.info, "whole"
    if goes_on:
        text, tell, end = "Looked for missed questions; another sweep goes on.", log.warning, "cut"
    elif report.is_incomplete:
        text, tell, end = "Questions may have been missed for good.", log.error, "given_up"
    CATCH_UP_SWEEPS.add(end=end)
    tell(
        text,
        action="caught_up",
        window_s=round(window.until - window.since),
        goes_on=goes_on,
        **asdict(report),
    )
