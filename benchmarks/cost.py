"""What 1,000 answers cost: the measured CPU and the published prices, beside two other designs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.figures import Figures

PRICES: Final = Path(__file__).with_name("prices.json")

_ANSWERS: Final = 1_000
_HOURS_A_MONTH: Final = 730
_COMMAND_VCPU: Final = 1
_COMMAND_GIB: Final = 0.5
_PROCESSOR_VCPU: Final = 2
_PROCESSOR_GIB: Final = 2
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

    The processor is billed while a push is open: the answer's time, shared by the questions that
    one instance answers at once at the measured rate. The command service is one instance, always.
    """
    prices: dict[str, Any] = json.loads(PRICES.read_text())
    return [
        cost
        for answers in VOLUMES
        for cost in (
            _cost("ours", answers, figures, prices, cached=CACHED_SHARE),
            _cost("without cache", answers, figures, prices, cached=0.0),
            _always_on("without scale to zero", answers, figures, prices),
        )
    ]


def _cost(
    design: str, answers: int, figures: Figures, prices: Mapping[str, Any], *, cached: float
) -> Cost:
    run = prices["cloud_run"]["request_based"]
    # Alone on its instance, a question holds it for as long as its answer takes.
    open_s = answers * figures.finished.p50 / 1000
    processor = open_s * (_PROCESSOR_VCPU * run["vcpu_second"] + _PROCESSOR_GIB * run["gib_second"])
    requests = answers * run["million_requests"] / 1e6
    return Cost(
        design,
        answers,
        {**_shared(answers, prices, cached=cached), "processor": processor + requests},
    )


def _always_on(design: str, answers: int, figures: Figures, prices: Mapping[str, Any]) -> Cost:
    run = prices["cloud_run"]["instance_based"]
    seconds = _HOURS_A_MONTH * 3600
    processor = seconds * (
        _PROCESSOR_VCPU * run["vcpu_second"] + _PROCESSOR_GIB * run["gib_second"]
    )
    busy = answers * figures.cpu_ms["processor_service"] / 1000 / seconds
    instances = max(1, -(-busy // _PROCESSOR_VCPU))
    parts = {**_shared(answers, prices, cached=CACHED_SHARE), "processor": processor * instances}
    return Cost(design, answers, parts)


def _shared(answers: int, prices: Mapping[str, Any], *, cached: float) -> dict[str, float]:
    run, pubsub, gemini = (
        prices["cloud_run"]["instance_based"],
        prices["pubsub"],
        prices["gemini"],
    )
    asked = answers * (1 - cached)
    command = _COMMAND_VCPU * run["vcpu_second"] + _COMMAND_GIB * run["gib_second"]
    tokens = _INPUT_TOKENS * gemini["million_input_tokens"]
    tokens += _OUTPUT_TOKENS * gemini["million_output_tokens"]
    sent = answers * _PUBSUB_REQUESTS * pubsub["least_bytes_a_request"]
    return {
        "command service": _HOURS_A_MONTH * 3600 * command,
        "Redis": _HOURS_A_MONTH * prices["redis"]["hour"],
        "Pub/Sub": sent / 2**40 * pubsub["tib"],
        "Gemini": asked * tokens / 1e6,
    }
