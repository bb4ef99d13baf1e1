"""A local OTLP receiver: what both services measure and trace, to look at and to assert on."""

from simulators.telemetry.receiver import TelemetryReceiver
from simulators.telemetry.records import Series, Span

__all__ = ["Series", "Span", "TelemetryReceiver"]
