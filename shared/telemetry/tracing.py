"""One W3C trace from the Slack envelope to the last Slack call."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import aiohttp
from opentelemetry import propagate, trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import SpanKind, Status, StatusCode

from shared.errors import MechachangError
from shared.telemetry.deployment import Deployment

Attributes = Mapping[str, str | float | bool]

_tracer = trace.get_tracer("mechachang")


def start_tracing(
    here: Deployment, sample_ratio: float = 1.0, more: Mapping[str, str] | None = None
) -> TracerProvider:
    """Give every span a real id; the caller adds exporters to the returned provider.

    ``sample_ratio`` of the traces that begin here are recorded; a trace from elsewhere follows its
    origin's decision. ``more`` is added to the resource.
    """
    provider = TracerProvider(
        resource=Resource.create({**here.resource(), **(more or {})}),
        sampler=ParentBased(TraceIdRatioBased(sample_ratio)),
        shutdown_on_exit=False,
    )
    trace.set_tracer_provider(provider)
    return provider


@contextmanager
def span(
    name: str,
    attributes: Attributes | None = None,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    context: Context | None = None,
) -> Iterator[trace.Span]:
    """A span below the current one, or below that of ``context``.

    Of an error it keeps the reason code only: a message or a traceback may quote people's words.
    """
    # ``start_as_current_span`` without two context managers: a question has some fifteen spans.
    current = _tracer.start_span(name, context=context, kind=kind, attributes=attributes)
    token = attach(trace.set_span_in_context(current))
    try:
        yield current
    except BaseException as error:
        if not _is_failed(current):
            mark_failed(current, reason_of(error))
        raise
    finally:
        detach(token)
        current.end()


def reason_of(error: BaseException) -> str:
    """The stable code of an error, for spans and metrics."""
    if isinstance(error, asyncio.CancelledError | GeneratorExit):
        return "cancelled"
    return error.reason if isinstance(error, MechachangError) else "internal_error"


def mark_failed(current: trace.Span, reason: str) -> None:
    """Mark the span as failed for ``reason``, a stable code."""
    current.set_status(Status(StatusCode.ERROR))
    current.set_attribute("error.type", reason)


def _is_failed(current: trace.Span) -> bool:
    return isinstance(current, ReadableSpan) and not current.status.is_ok


def extracted_context(carrier: Mapping[str, str]) -> Context:
    """The W3C context in ``carrier`` (message attributes), if any."""
    return propagate.extract(carrier)


def trace_context() -> dict[str, str]:
    """The current W3C context, to send along with a message."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier


def traced_session(**options: Any) -> aiohttp.ClientSession:
    """An aiohttp session without cookies that sends ``traceparent``; the caller closes it."""
    return aiohttp.ClientSession(
        middlewares=(_carry_trace,), cookie_jar=aiohttp.DummyCookieJar(), **options
    )


async def _carry_trace(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    # Not a TraceConfig, for which aiohttp reports every step and piece of each request.
    propagate.inject(request.headers)
    return await send(request)
