"""What a counter has counted, read back from a reader of OpenTelemetry's."""

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint

from shared.telemetry.instruments import Counter


class Counted:
    """What ``counter`` counts from now on, until the test's end."""

    def __init__(self, counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
        self._reader = InMemoryMetricReader()
        provider = MeterProvider(metric_readers=[self._reader], shutdown_on_exit=False)
        created = provider.get_meter("test").create_counter(counter.name)
        monkeypatch.setitem(vars(counter), "_counter", created)

    def series(self) -> list[tuple[float, dict[str, str]]]:
        """Each series' number with its labels, in the order of their beginning."""
        data = self._reader.get_metrics_data()
        if data is None:
            return []
        [metric] = data.resource_metrics[0].scope_metrics[0].metrics
        return [
            (one.value, {name: str(value) for name, value in (one.attributes or {}).items()})
            for one in metric.data.data_points
            if isinstance(one, NumberDataPoint)
        ]
