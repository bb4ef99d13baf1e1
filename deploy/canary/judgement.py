"""Whether a version is good enough, judged by its results so far."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import comb, inf
from typing import Final

from deploy import objectives
from deploy.canary.prometheus import Prometheus
from deploy.language import words
from deploy.objectives import Limits, Scope

# We stop waiting for more questions once a run of failures is this unlikely for a version within
# its limit: one good version in a thousand looks is taken back early.
_CERTAIN: Final = 0.001
# A whole quiet rollout, with the candidate's first start before it: an idle processor ends.
_HEARD_WITHIN: Final = "7200s"


@dataclass(frozen=True)
class Observed:
    """The counts: questions that ended, those that failed, deliveries handed back. Not ``heard``:
    nothing arrives of this version, while something does of others.
    """

    judged: int
    failed: int
    handed_back: int
    latency_p95_s: float | None
    heard: bool = True

    @property
    def error_rate(self) -> float:
        """0 as long as nothing ended."""
        return self.failed / self.judged if self.judged else 0.0

    @property
    def handed_back_rate(self) -> float:
        """Of all deliveries that were worked on."""
        return self.handed_back / max(1, self.judged + self.handed_back)

    def __str__(self) -> str:
        seconds = self.latency_p95_s
        latency = words("unknown", "不明") if seconds is None else f"{seconds:.2f} s"
        questions = "1 question" if self.judged == 1 else f"{self.judged} questions"
        return words(
            f"{questions}, error rate {self.error_rate:.2%}, p95 {latency}, "
            f"{self.handed_back} handed back",
            f"質問 {self.judged} 件、エラー率 {self.error_rate:.2%}、p95 {latency}、"
            f"差し戻し {self.handed_back} 件",
        )


class Verdict(StrEnum):
    """BAD is final; GOOD may become BAD with the next results."""

    GOOD = "good"
    BAD = "bad"
    TOO_FEW = "too few"


@dataclass(frozen=True)
class Judgement:
    """A verdict and, if it is BAD, every limit that was broken, for people."""

    verdict: Verdict
    broken: tuple[str, ...] = ()


def judge(observed: Observed, limits: Limits, at_least: int) -> Judgement:
    """BAD if a limit is broken by ``at_least`` questions, or by fewer beyond doubt."""
    enough = observed.judged + observed.handed_back >= at_least
    broken = []
    for name, bad, total, limit in (
        (words("error rate", "エラー率"), observed.failed, observed.judged, limits.error_rate),
        (
            words("handed back", "差し戻し"),
            observed.handed_back,
            observed.judged + observed.handed_back,
            limits.handed_back_rate,
        ),
    ):
        if (enough and bad > limit * total) or chance(bad, total, limit) < _CERTAIN:
            broken.append(f"{name} {bad / total:.2%} > {limit:.0%}")
    latency = observed.latency_p95_s
    if enough and latency is not None and latency > limits.latency_p95_s:
        broken.append(f"p95 {latency:.2f} s > {limits.latency_p95_s:g} s")
    if broken:
        return Judgement(Verdict.BAD, tuple(broken))
    return Judgement(Verdict.GOOD if enough else Verdict.TOO_FEW)


def eased(limits: Limits, now: Observed) -> Limits:
    """``limits``, raised so that numbers at most twice as bad as ``now`` break none of them.

    A version released in the middle of an outage can't do better than the outage allows. While
    deliveries are handed back, no latency is too long: whichever version serves after the outage
    answers what has waited.
    """
    waits = now.handed_back_rate > limits.handed_back_rate
    return Limits(
        max(limits.error_rate, min(1.0, 2 * now.error_rate)),
        inf if waits else max(limits.latency_p95_s, 2 * (now.latency_p95_s or 0.0)),
        max(limits.handed_back_rate, min(1.0, 2 * now.handed_back_rate)),
    )


def chance(bad: int, total: int, rate: float) -> float:
    """How likely ``bad`` or more of ``total`` are if each is with probability ``rate``."""
    fewer = sum(comb(total, n) * rate**n * (1 - rate) ** (total - n) for n in range(bad))
    return 1.0 - fewer


Observe = Callable[[int], Observed]
"""Look at the last so many seconds; raises MetricsUnavailable."""


def observer(prometheus: Prometheus, revision: str | None = None) -> Observe:
    """Reads what the processes of ``revision`` did, or those of all revisions together."""

    def observe(seconds: int) -> Observed:
        scope = Scope(f"{seconds}s", revision)

        def count(counter: str) -> int:
            # ``increase`` extrapolates, so that its counts are seldom whole.
            return round(prometheus.number(objectives.count(counter, scope)) or 0.0)

        judged, handed_back = count(objectives.JUDGED), count(objectives.HANDED_BACK)
        return Observed(
            judged=judged,
            # Extrapolated apart, more would fail than ended.
            failed=min(judged, count(objectives.FAILED)),
            handed_back=handed_back,
            latency_p95_s=prometheus.number(objectives.quantile(0.95, objectives.LATENCY, scope)),
            heard=judged + handed_back > 0 or _is_heard(prometheus, revision),
        )

    return observe


def _is_heard(prometheus: Prometheus, revision: str | None) -> bool:
    """Whether any process of the revision has reported itself lately, or none of any other has."""
    if revision is None:
        return True

    def are_there(of: str | None) -> bool:
        scope = Scope(_HEARD_WITHIN, of)
        return bool(prometheus.number(objectives.processes(objectives.PROCESSOR_SERVICE, scope)))

    return are_there(revision) or not are_there(None)
