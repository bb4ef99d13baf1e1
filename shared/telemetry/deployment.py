"""The identity of a process (service, version, revision) in logs, spans and metrics."""

import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.version import VERSION

_METADATA_WITHIN_S = 0.5


@dataclass(frozen=True)
class Deployment:
    """One process. ``revision`` is Cloud Run's; ``local`` where there is none."""

    service: str
    project: str
    revision: str = "local"
    version: str = VERSION
    instance: str = field(default_factory=lambda: uuid.uuid4().hex)

    def labels(self) -> dict[str, str]:
        """The labels of every log line."""
        return {"service": self.service, "version": self.version, "revision": self.revision}

    def resource(self) -> dict[str, str]:
        """The OpenTelemetry resource (semantic conventions, service)."""
        return {
            "service.name": self.service,
            "service.version": self.version,
            "service.instance.id": self.instance,
        }


def deployment(
    service: str, project: str, environment: Mapping[str, str] = os.environ
) -> Deployment:
    """This process, as far as Cloud Run's variables tell (cloud.google.com/run, container
    runtime contract): ``K_REVISION`` in a service, ``CLOUD_RUN_WORKER_POOL_REVISION`` in a pool.
    """
    names = ("K_REVISION", "CLOUD_RUN_WORKER_POOL_REVISION")
    revision = next((environment[name] for name in names if environment.get(name)), "local")
    return Deployment(service, project, revision)


def google_resource(
    here: Deployment, environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The further resource that Google Cloud needs: the project, and on Cloud Run the instance and
    the region, without which metrics of two instances would be one series.

    Asks the metadata server, and waits half a second for each of its answers at most. ``REGION``
    replaces the region, without which Google drops every point. The instance is the one in Cloud
    Run's own log lines.
    """
    known = {"gcp.project_id": here.project}
    if here.revision == "local":
        return known
    known |= {
        "cloud.provider": "gcp",
        "cloud.platform": "gcp_cloud_run",
        "faas.name": environment.get("K_SERVICE") or here.service,
        "faas.version": here.revision,
    }
    instance = _metadata("instance/id", environment) or here.instance
    known |= {"faas.instance": instance, "service.instance.id": instance}
    region = _metadata("instance/region", environment).rsplit("/", 1)[-1]
    region = region or environment.get("REGION", "")
    return {**known, "cloud.region": region} if region else known


def _metadata(path: str, environment: Mapping[str, str]) -> str:
    # Only in Google Cloud: elsewhere this import costs time for nothing.
    from urllib.request import Request, urlopen  # noqa: PLC0415 - as said above

    host = environment.get("GCE_METADATA_HOST") or "metadata.google.internal"
    request = Request(
        f"http://{host}/computeMetadata/v1/{path}", headers={"Metadata-Flavor": "Google"}
    )
    try:
        with urlopen(request, timeout=_METADATA_WITHIN_S) as answer:  # noqa: S310 - it speaks HTTP only
            return str(answer.read().decode())
    except OSError:
        return ""
