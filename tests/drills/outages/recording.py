"""What Cloud Monitoring and Cloud Logging would have of a stack, and the alerts in it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final

from deploy.objectives import TASKS_SUBSCRIPTION
from simulators.prometheus.series import NAME, Store
from simulators.prometheus.server import PrometheusSimulator
from simulators.stack.local_stack import LocalStack
from tests.support import raised_alerts

A_POINT_EVERY_S: Final = 60.0
# The widest window of an alert that looks at an instance's age, and a little more.
_BEFORE_S: Final = 15 * A_POINT_EVERY_S
# For as long an alert may still be raised by what has happened.
_AFTERWARDS_S: Final = 20 * A_POINT_EVERY_S
_LOOK_BACK_S: Final = 5 * A_POINT_EVERY_S
_QUEUE: Final = f"projects/local/subscriptions/{TASKS_SUBSCRIPTION}"


class Recording:
    """The metrics of one stack, a point a minute as in production."""

    def __init__(self, url: str, store: Store) -> None:
        self._store = store
        self.settings = {
            "TELEMETRY": "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": url,
            "OTEL_METRIC_EXPORT_INTERVAL": f"{A_POINT_EVERY_S * 1000:.0f}",
        }
        """What the services have to be told."""

    async def watch_queue(self, stack: LocalStack) -> None:
        """Write down what Pub/Sub itself measures, until cancelled."""
        labels = {
            "monitored_resource": "pubsub_subscription",
            "subscription_id": TASKS_SUBSCRIPTION,
        }
        while True:
            oldest = stack.pubsub.oldest_unacked(_QUEUE)
            now = time.time()
            for metric, value in {
                "num_undelivered_messages": float(stack.pubsub.outstanding(_QUEUE)),
                "oldest_unacked_message_age": (
                    now - oldest.publish_time.timestamp() if oldest else 0.0
                ),
            }.items():
                name = f"pubsub_googleapis_com:subscription_{metric}"
                self._store.add({**labels, NAME: name}, now, value)
            await asyncio.sleep(A_POINT_EVERY_S)

    def grow_up(self) -> None:
        """Let the processes have stood idle for a quarter of an hour, at their first points."""
        for series in self._store:
            first, value = series.times[0], series.values[0]
            minutes = range(int(_BEFORE_S / A_POINT_EVERY_S), 0, -1)
            series.times[:0] = [first - minute * A_POINT_EVERY_S for minute in minutes]
            series.values[:0] = [value] * len(minutes)

    def alerts(self, stack: LocalStack, since: float) -> set[str]:
        """What is raised from ``since`` on (Unix seconds), if nothing else happens from now on."""
        now = time.time()
        self.stand_still(now)
        until = now + _AFTERWARDS_S
        return raised_alerts.by_metrics(self._store, since, until) | raised_alerts.by_log(
            entry
            for service in stack.services
            for entry in _logged(service.name, service.log_text())
        )

    def stand_still(self, now: float) -> None:
        """Let the processes stand idle from ``now`` on, until no alert waits any more."""
        for series in self._store:
            if series.times[-1] > now - _LOOK_BACK_S:
                value = series.values[-1]
                for minute in range(1, int(_AFTERWARDS_S / A_POINT_EVERY_S) + 1):
                    series.add(now + minute * A_POINT_EVERY_S, value)


@asynccontextmanager
async def recording() -> AsyncIterator[Recording]:
    """Listen for metrics until the block is left."""
    monitoring = PrometheusSimulator()
    async with monitoring.serve() as url:
        yield Recording(url, monitoring.store)


def _logged(service: str, text: str) -> Iterator[dict[str, Any]]:
    """A service's log as Cloud Logging keeps it."""
    labels = {"service_name": service}
    resource = {"type": "cloud_run_revision", "labels": labels}
    for line in text.splitlines():
        if line.startswith("{"):
            yield {"resource": resource, "jsonPayload": json.loads(line)}
        else:
            yield {"resource": resource, "textPayload": line}
