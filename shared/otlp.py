"""OTLP over HTTP: to any collector, or to Google's telemetry endpoint with our own credentials.

https://cloud.google.com/stackdriver/docs/reference/telemetry/overview
"""

import os
from collections.abc import Callable
from typing import Final

import google.auth
from google.auth.credentials import Credentials
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials as PersonsCredentials
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

from shared.deployment import Deployment

GOOGLE_ENDPOINT: Final = "https://telemetry.googleapis.com"
_SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
_REFRESH_WITHIN_S: Final = 5

FindCredentials = Callable[[Deployment], Credentials]


def otlp_spans() -> OTLPSpanExporter:
    """Everything is said by ``OTEL_EXPORTER_OTLP_*`` variables, which the SDK reads."""
    return OTLPSpanExporter()


def otlp_metrics() -> OTLPMetricExporter:
    """As ``otlp_spans``."""
    return OTLPMetricExporter()


def google_credentials(here: Deployment) -> Credentials:
    """The service account's credentials, or a person's with the project's quota.

    A service account uses its own project's quota, and naming that would need one more permission.
    """
    credentials: Credentials
    credentials, _ = google.auth.default(scopes=[_SCOPE])
    if isinstance(credentials, PersonsCredentials) and credentials.quota_project_id is None:
        credentials = credentials.with_quota_project(here.project)
    return credentials


def google_spans(here: Deployment, find: FindCredentials = google_credentials) -> OTLPSpanExporter:
    """To Google, or to ``OTEL_EXPORTER_OTLP_ENDPOINT`` where a proxy stands in between."""
    return OTLPSpanExporter(_google("v1/traces"), session=_session(find(here)))


def google_metrics(
    here: Deployment, find: FindCredentials = google_credentials
) -> OTLPMetricExporter:
    """As ``google_spans``."""
    return OTLPMetricExporter(_google("v1/metrics"), session=_session(find(here)))


def _google(path: str) -> str:
    base = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or GOOGLE_ENDPOINT
    return f"{base.rstrip('/')}/{path}"


def _session(credentials: Credentials) -> AuthorizedSession:
    return AuthorizedSession(credentials, refresh_timeout=_REFRESH_WITHIN_S)  # type: ignore[no-untyped-call]  # google-auth is untyped here
