"""One service on Cloud Run: its Admin API v2, and a front that really splits its traffic.

It needs ``google-cloud-run``, which only the operators' tools and the tests install.
"""

from simulators.cloud_run.probing import Probe, ProbeFailed, until_failed, until_started
from simulators.cloud_run.server import CloudRunSimulator
from simulators.cloud_run.service import Launch, Refused

__all__ = [
    "CloudRunSimulator",
    "Launch",
    "Probe",
    "ProbeFailed",
    "Refused",
    "until_failed",
    "until_started",
]
