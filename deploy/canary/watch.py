"""Watches a stage of a rollout until there is a verdict."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from deploy.canary.judgement import Judgement, Observe, Observed, Verdict, judge
from deploy.errors import MetricsUnavailable
from deploy.language import words
from deploy.objectives import ROLLBACK, Limits

# Metrics arrive once a minute; a query that fails now and then is no reason to go back.
_BLIND_LOOKS = 3


@dataclass(frozen=True)
class Pace:
    """The stages in percent, and how each is watched."""

    stages: tuple[int, ...] = (10, 50, 100)
    hold_s: int = 600
    """Each stage is watched for so long at least."""
    patience_s: int = 3600
    """After so long without enough questions a stage ends without a verdict."""
    at_least: int = 20
    """So many questions make a verdict."""
    look_every_s: int = 30
    quiet_is_good: bool = False
    """Go on when patience ends with too few questions, none of which broke a limit beyond doubt,
    unless nothing at all is heard of the version: that is not quiet but blind.
    """


@dataclass(frozen=True)
class Watch:
    """How a stage is watched, and where that is reported."""

    pace: Pace
    say: Callable[[str], None]
    limits: Limits = ROLLBACK
    now: Callable[[], float] = field(default=time.monotonic)
    sleep: Callable[[float], None] = field(default=time.sleep)

    def stage(self, observe: Observe) -> Judgement:
        """Look again and again at what happened since now; the verdict.

        Raises MetricsUnavailable if nothing can be seen several times in a row.
        """
        began, blind = self.now(), 0
        while True:
            self.sleep(self.pace.look_every_s)
            seconds = self.now() - began
            try:
                # A window shorter than two points of a counter shows no increase.
                observed = observe(max(int(seconds), 2 * self.pace.look_every_s))
            except MetricsUnavailable as error:
                blind += 1
                self.say(str(error))
                if blind >= _BLIND_LOOKS:
                    raise
                continue
            blind = 0
            judgement = judge(observed, self.limits, self.pace.at_least)
            told = _told(judgement)
            self.say(
                words(
                    f"  {seconds:.0f} s: {observed}{told}", f"  {seconds:.0f} 秒：{observed}{told}"
                )
            )
            if judgement.verdict is Verdict.BAD:
                return judgement
            if judgement.verdict is Verdict.GOOD and seconds >= self.pace.hold_s:
                return judgement
            if judgement.verdict is Verdict.TOO_FEW and seconds >= self.pace.patience_s:
                return self._of_quiet(observed, judgement)

    def _of_quiet(self, observed: Observed, judgement: Judgement) -> Judgement:
        if not self.pace.quiet_is_good:
            return judgement
        if observed.heard:
            return Judgement(Verdict.GOOD)
        blind = words(
            "none of its metrics arrive, and those of other versions do",
            "ほかのバージョンのメトリクスは届いていますが、このバージョンのものは届いていません",
        )
        return Judgement(Verdict.TOO_FEW, (blind,))


def _told(judgement: Judgement) -> str:
    broken = "; ".join(judgement.broken)
    return words(f": {broken}", f"：{broken}") if broken else ""
