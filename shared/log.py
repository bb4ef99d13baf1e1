"""Structured logs: one JSON object a line as Cloud Logging reads it, or lines for people.

Every line has a sentence (``message``), a stable ``action`` for machines and, inside a task, its
``task_id``. Prompts, answers, tokens and response URLs are never logged.
"""

import logging
import sys
from contextlib import AbstractContextManager
from typing import Any, Literal

import structlog
from opentelemetry import trace
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

LogFormat = Literal["json", "console"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

_SEVERITY = {"warn": "WARNING", "exception": "ERROR"}


def configure_logging(level: LogLevel, log_format: LogFormat) -> None:
    """Send our logs and every library's through one pipeline to standard output."""
    shared_steps: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_trace,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info,
    ]
    last: list[structlog.typing.Processor] = (
        [_for_cloud_logging, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if log_format == "json"
        else [structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())]
    )
    structlog.configure(
        processors=[*shared_steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared_steps,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # These libraries log request bodies or tokens' owners at DEBUG, and every request at INFO.
    for name in ("slack_bolt", "slack_sdk", "google_genai", "aiohttp.access", "httpx"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _add_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
        event["span_id"] = trace.format_span_id(context.span_id)
    return event


def _for_cloud_logging(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    level = str(event.pop("level", "info"))
    line: dict[str, Any] = {
        "severity": _SEVERITY.get(level, level.upper()),
        "message": event.pop("event", ""),
        "time": event.pop("time", None),
    }
    line.update(event)
    return line


def get_logger(name: str) -> FilteringBoundLogger:
    """A logger whose calls read ``log.info("Sentence for people.", action="stable_code", ...)``."""
    logger: FilteringBoundLogger = structlog.get_logger(name)
    return logger


def bind_task(task_id: str) -> None:
    """Put ``task_id`` on every further line of the current asyncio task."""
    structlog.contextvars.bind_contextvars(task_id=task_id)


def bound_task(task_id: str) -> AbstractContextManager[None]:
    """Put ``task_id`` on every line inside the ``with``, also of asyncio tasks started there."""
    return structlog.contextvars.bound_contextvars(task_id=task_id)
