"""When to look for missed questions: at every start, and after each gap.

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

log = get_logger(__name__)

# Clocks differ, and the last envelopes before a silence may have been lost on their way.
_GRACE_S = 60.0


class Backfill:
    """Runs sweeps in the background, one at a time; gaps reported meanwhile become one more sweep.

    ``sweeps`` counts those that have ended.
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
                window = SweepWindow(since, until=time.time())
                _tell(await Sweep(self._deps).run(window, self._refused_kinds), window)
                self.sweeps += 1
        finally:
            self._running = False

    async def close(self) -> None:
        """End a running sweep at once: the next start repeats it. Idempotent."""
        await self._background.close(within_s=0.0)


def _tell(report: SweepReport, window: SweepWindow) -> None:
    text, tell = "Looked for missed questions.", log.info
    if report.cut_short_by is not None:
        text, tell = "Looked for missed questions, but a limit cut it short.", log.warning
    tell(
        text,
        action="caught_up",
        window_s=round(window.until - window.since),
        **asdict(report),
    )
