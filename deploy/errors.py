"""What can go wrong with metrics, Cloud Run and Cloud Monitoring; the texts are for people.

OperationFailed
├── MetricsUnavailable    a query had no answer
├── CloudRunFailed        Cloud Run did not do what it was asked
└── MonitoringFailed      Cloud Monitoring did not do what it was asked
"""


class OperationFailed(Exception):
    """An operator's tool could not go on; the text says why, and what to do."""


class MetricsUnavailable(OperationFailed):
    """Cloud Monitoring did not answer a query, or not with what was asked for."""


class CloudRunFailed(OperationFailed):
    """Cloud Run could not be asked, or did not do it."""


class MonitoringFailed(OperationFailed):
    """Cloud Monitoring's configuration could not be read or changed."""
