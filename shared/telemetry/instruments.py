"""The kinds of instruments: OpenTelemetry's, with declared and checked labels.

Without a meter provider (``telemetry.setup``) recording costs a dictionary and does nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from opentelemetry import metrics

_METER: Final = metrics.get_meter("mechachang")

# The objectives are bounds (0.1, 0.25, 0.3, 0.5, 0.9, 1, 2.5, 5 s), so that the share within one is
# counted and not interpolated.
STEP_BOUNDS_S: Final = (
    *(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.3, 0.5, 0.9),
    *(1.0, 2.5, 5.0, 10.0, 30.0),
)
"""For a step: an ack, a call, the first sign."""
ANSWER_BOUNDS_S: Final = (
    *(0.05, 0.1, 0.25, 0.3, 0.5, 0.9),
    *(1.0, 1.5, 2.0, 2.5, 3.5, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 120.0, 300.0, 900.0),
)
"""For an answer, or Gemini's part of it."""


@dataclass(frozen=True)
class Instrument:
    """One metric. Each recording names exactly its ``labels``.

    Label values come from small sets (reason codes, models, methods), never from names of people or
    channels.
    """

    name: str
    unit: str
    description: str
    labels: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """``counter``, ``histogram`` or ``gauge``."""
        return type(self).__name__.lower()

    def _labelled(self, labels: dict[str, str]) -> dict[str, str]:
        if labels.keys() != set(self.labels):
            raise TypeError(f"{self.name} has the labels {self.labels}, not {tuple(labels)}.")
        return labels

    def _observe(
        self, create: Callable[..., object], read: Callable[[], float], labels: dict[str, str]
    ) -> None:
        labelled = self._labelled(labels)

        def observed(_options: metrics.CallbackOptions) -> list[metrics.Observation]:
            return [metrics.Observation(read(), labelled)]

        create(self.name, [observed], self.unit, self.description)


@dataclass(frozen=True)
class Counter(Instrument):
    """A number that only grows."""

    @cached_property
    def _counter(self) -> metrics.Counter:
        return _METER.create_counter(self.name, self.unit, self.description)

    def add(self, amount: float = 1, **labels: str) -> None:
        """Count ``amount`` more."""
        self._counter.add(amount, self._labelled(labels))

    def watch(self, read: Callable[[], float], **labels: str) -> None:
        """Ask ``read`` for the count whenever it is exported."""
        self._observe(_METER.create_observable_counter, read, labels)


@dataclass(frozen=True)
class Histogram(Instrument):
    """A distribution of seconds in buckets up to ``bounds`` (ascending)."""

    unit: str = field(default="s", init=False)
    bounds: tuple[float, ...] = ANSWER_BOUNDS_S

    @cached_property
    def _histogram(self) -> metrics.Histogram:
        return _METER.create_histogram(
            self.name,
            self.unit,
            self.description,
            explicit_bucket_boundaries_advisory=self.bounds,
        )

    def record(self, value: float, **labels: str) -> None:
        """Record one value; a negative one, by two clocks that differ, counts as 0."""
        self._histogram.record(max(0.0, value), self._labelled(labels))


@dataclass(frozen=True)
class Gauge(Instrument):
    """A number that goes up and down; the last value is exported repeatedly."""

    @cached_property
    def _gauge(self) -> metrics._Gauge:
        return _METER.create_gauge(self.name, self.unit, self.description)

    def set(self, value: float, **labels: str) -> None:
        """Set the current value."""
        self._gauge.set(value, self._labelled(labels))

    def watch(self, read: Callable[[], float], **labels: str) -> None:
        """Ask ``read`` for the value whenever it is exported."""
        self._observe(_METER.create_observable_gauge, read, labels)
