"""What is measured of one delivery."""

from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader

from processor_service.telemetry.task_metrics import answer_shown, bound_measures, model_worked
from shared.telemetry import metrics
from tests.support.tasks import a_task


@pytest.mark.parametrize(
    "at_work",
    [
        pytest.param([(100.0, 108.0), (106.0, 109.0)], id="the fallback spoke first"),
        pytest.param([(105.0, 107.0), (100.0, 109.0)], id="the first model spoke after all"),
        pytest.param([(100.0, 104.0), (110.0, 115.0)], id="one after the other"),
    ],
)
def test_two_models_at_work_at_once_take_no_time_twice(
    monkeypatch: pytest.MonkeyPatch, at_work: list[tuple[float, float]]
) -> None:
    reader = InMemoryMetricReader()
    meter = MeterProvider(metric_readers=[reader], shutdown_on_exit=False).get_meter("test")
    overhead = metrics.ANSWER_OVERHEAD
    monkeypatch.setitem(vars(overhead), "_histogram", meter.create_histogram(overhead.name))
    with bound_measures(a_task(occurred_at=datetime.now(UTC) - timedelta(seconds=60))):
        for began, ended in at_work:
            model_worked(began, ended)
        answer_shown(["post"], cached=False)
    data = reader.get_metrics_data()
    assert data is not None
    [point] = data.resource_metrics[0].scope_metrics[0].metrics[0].data.data_points
    assert isinstance(point, HistogramDataPoint)
    assert point.sum == pytest.approx(60.0 - 9.0, abs=1.0)
