"""One W3C trace from the Slack envelope to the last Slack call."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import aiohttp
from opentelemetry import propagate, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

_tracer = trace.get_tracer("mechachang")


def start_tracing(service_name: str) -> TracerProvider:
    """Give every span a real id; where spans are exported to is added to the returned provider."""
    provider = TracerProvider(resource=Resource.create({"service.name": service_name}))
    trace.set_tracer_provider(provider)
    return provider


@contextmanager
def span(name: str, **attributes: str | float | bool) -> Iterator[trace.Span]:
    """A span below the current one."""
    with _tracer.start_as_current_span(name, attributes=attributes) as current:
        yield current


@contextmanager
def span_from(
    carrier: Mapping[str, str], name: str, **attributes: str | float | bool
) -> Iterator[trace.Span]:
    """A span below the one whose W3C context ``carrier`` (message attributes) brings, if any."""
    context = propagate.extract(carrier)
    with _tracer.start_as_current_span(name, context=context, attributes=attributes) as current:
        yield current


def trace_context() -> dict[str, str]:
    """The current W3C context, to be carried along with a message."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier


def traced_session(**options: Any) -> aiohttp.ClientSession:
    """An aiohttp session whose requests carry ``traceparent``; the caller closes it."""
    config = aiohttp.TraceConfig()

    async def carry_trace(
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        params: aiohttp.TraceRequestStartParams,
    ) -> None:
        propagate.inject(params.headers)

    config.on_request_start.append(carry_trace)
    return aiohttp.ClientSession(trace_configs=[config], **options)
