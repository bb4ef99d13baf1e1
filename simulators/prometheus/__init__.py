"""Cloud Monitoring's Prometheus API over the metrics that the services really export by OTLP.

It needs ``promql-parser``, which only the tests install: neither the demo nor the services use it.
"""

from simulators.prometheus.series import Series, Store
from simulators.prometheus.server import PrometheusSimulator

__all__ = ["PrometheusSimulator", "Series", "Store"]
