"""What 1,000 answers cost: the measured times and the published prices, beside three other designs.

Both services have their CPU between requests, too (``cpu-throttling: "false"`` in ``deploy/``), so
Cloud Run bills their instances from start to end. The command service is one instance, always. The
processor scales to zero, but an instance may idle for 15 minutes after its last answer
(cloud.google.com/run/docs/about-instance-autoscaling), and each of these minutes is paid for. So
its time is the share of the busy hours in which somebody has asked within the last 15 minutes and
an answer's time, with questions at random: about 900 s for each of few questions, and the busy
hours as a whole for many. What Google's free amounts cover is not taken off.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from benchmarks.figures import Figures

PRICES: Final = Path(__file__).with_name("prices.json")

Billing = Literal["instance_based", "request_based"]


@dataclass(frozen=True)
class Machine:
    """An instance as its service file in ``deploy/`` asks for it."""

    vcpu: float
    gib: float
    concurrency: int
    billing: Billing


COMMAND: Final = Machine(1, 0.5, 80, "instance_based")
PROCESSOR: Final = Machine(2, 2, 80, "instance_based")

_ANSWERS: Final = 1_000
_MONTH_S: Final = 730 * 3600
# When people ask: ten hours of 22 working days.
_BUSY_S: Final = 220 * 3600
# Cloud Run keeps an instance for this long at most after its last request.
_IDLE_S: Final = 15 * 60
# What the tokens of an answer are taken to be; the operator's dashboard has the real ones.
_INPUT_TOKENS: Final = 600
_OUTPUT_TOKENS: Final = 400
# One publish and one push, each of less than the least that is billed.
_PUBSUB_REQUESTS: Final = 2
# Of equal questions asked within the cache's hour; none is assumed without a measurement.
CACHED_SHARE: Final = 0.2
VOLUMES: Final = (1_000, 10_000, 100_000)


@dataclass(frozen=True)
class Cost:
    """Dollars a month for so many answers a month, by what is paid for."""

    design: str
    answers: int
    parts: Mapping[str, float]

    @property
    def total(self) -> float:
        """All parts together."""
        return sum(self.parts.values())

    @property
    def a_thousand(self) -> float:
        """Dollars for 1,000 answers."""
        return self.total / self.answers * _ANSWERS


def costs(figures: Figures) -> Sequence[Cost]:
    """The cost of each design at each volume.

    Billed by request means that the processor's CPU stops between pushes: spans, metrics and
    statuses would wait for the next one. Then only the time of answers is paid for.
    """
    prices: dict[str, Any] = json.loads(PRICES.read_text())
    by_request = prices["cloud_run"]["request_based"]["million_requests"] / 1e6
    found = []
    for answers in VOLUMES:
        up_s = _up_s(answers, figures)
        ours = _processor(up_s, PROCESSOR.billing, prices)
        always_on = _processor(max(_MONTH_S, up_s), "instance_based", prices)
        answering = _processor(answers * _answer_s(figures), "request_based", prices)
        shared = _shared(answers, prices, cached=CACHED_SHARE)
        uncached = _shared(answers, prices, cached=0.0)
        found += [
            Cost("ours", answers, {**shared, "processor": ours}),
            Cost("without cache", answers, {**uncached, "processor": ours}),
            Cost("without scale to zero", answers, {**shared, "processor": always_on}),
            Cost(
                "processor billed by request",
                answers,
                {**shared, "processor": answering + answers * by_request},
            ),
        ]
    return found


def _up_s(answers: int, figures: Figures) -> float:
    """Seconds a month for which processors are up, idle time included."""
    # Questions at random leave a gap longer than this with the probability e^-(rate x time).
    kept_s = _answer_s(figures) + _IDLE_S
    one_s = _BUSY_S * (1 - math.exp(-answers / _BUSY_S * kept_s))
    cpu_s = figures.cpu_ms["processor_service"] / 1000
    # With so much to do that one instance is not enough, the work itself is what counts.
    work_s = answers * max(_answer_s(figures) / PROCESSOR.concurrency, cpu_s / PROCESSOR.vcpu)
    return max(one_s, work_s)


def _answer_s(figures: Figures) -> float:
    return figures.finished.p50 / 1000


def _processor(seconds: float, billing: Billing, prices: Mapping[str, Any]) -> float:
    return seconds * _second(PROCESSOR, billing, prices)


def _second(machine: Machine, billing: Billing, prices: Mapping[str, Any]) -> float:
    run = prices["cloud_run"][billing]
    price: float = machine.vcpu * run["vcpu_second"] + machine.gib * run["gib_second"]
    return price


def _shared(answers: int, prices: Mapping[str, Any], *, cached: float) -> dict[str, float]:
    pubsub, gemini = prices["pubsub"], prices["gemini"]
    asked = answers * (1 - cached)
    tokens = _INPUT_TOKENS * gemini["million_input_tokens"]
    tokens += _OUTPUT_TOKENS * gemini["million_output_tokens"]
    sent = answers * _PUBSUB_REQUESTS * pubsub["least_bytes_a_request"]
    return {
        "command service": _MONTH_S * _second(COMMAND, COMMAND.billing, prices),
        "Redis": _MONTH_S / 3600 * prices["redis"]["hour"],
        "Pub/Sub": sent / 2**40 * pubsub["tib"],
        "Gemini": asked * tokens / 1e6,
    }
