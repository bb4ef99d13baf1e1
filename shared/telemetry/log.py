"""Structured logs: one JSON object a line as Cloud Logging reads it, or lines for people.

Every line has a sentence (``message``), a stable ``action`` for machines and, inside a task, its
``task_id``. Prompts, answers, tokens and response URLs are never logged.
"""

import logging
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from functools import partial
from typing import Any, Final, Literal, TextIO

import structlog
from opentelemetry import trace
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from shared.telemetry.deployment import Deployment
from shared.telemetry.tracebacks import stack_text

LogFormat = Literal["json", "console"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

_OURS: Final = ("shared", "command_service", "processor_service", "__main__")
# These log request bodies or tokens' owners at DEBUG, and every request at INFO.
_LOUD: Final = ("slack_bolt", "slack_sdk", "aiohttp.access", "urllib3")


def configure_logging(level: LogLevel, log_format: LogFormat, here: Deployment) -> None:
    """Send our logs and every library's through the same steps to standard output.

    ``level`` is ours; libraries log at INFO or above only, because their DEBUG lines quote requests
    and responses.
    """
    steps: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_trace,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.ExceptionRenderer(lambda found: stack_text(found[1])),
    ]
    last: list[Processor] = (
        [_CloudLogging(here), structlog.processors.JSONRenderer(ensure_ascii=False)]
        if log_format == "json"
        else [structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())]
    )
    # Not through the standard library's loggers, which would double the cost of a line.
    structlog.configure(
        processors=[*steps, *last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=partial(_Output, sys.stdout),
        cache_logger_on_first_use=True,
    )
    _configure_libraries(logging.getLevelName(level), steps, last)


def _configure_libraries(level: int, steps: list[Processor], last: list[Processor]) -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=steps,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.INFO, level))
    _set_levels(_OURS, level)
    _set_levels(_LOUD, max(logging.WARNING, root.level))
    logging.getLogger("asyncio").addFilter(_without_reprs)


class _Output:
    """Writes our lines. A line that cannot be written is lost: no answer depends on it."""

    def __init__(self, stream: TextIO, *_name: object) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        """Write one line, at once."""
        # ValueError: the stream is closed, or cannot encode half a surrogate pair.
        with suppress(OSError, ValueError):
            self._stream.write(f"{line}\n")
            self._stream.flush()

    debug = info = warning = error = critical = exception = msg


def _set_levels(names: Iterable[str], level: int) -> None:
    for name in names:
        logging.getLogger(name).setLevel(level)


def _without_reprs(record: logging.LogRecord) -> bool:
    """After its first line asyncio quotes the task and its error, both with people's words."""
    record.msg, record.args = record.getMessage().split("\n", 1)[0], None
    return True


def _add_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
        event["span_id"] = trace.format_span_id(context.span_id)
        event["trace_sampled"] = context.trace_flags.sampled
    return event


class _CloudLogging:
    """Names the fields as Cloud Logging and Error Reporting expect them.

    cloud.google.com/logging/docs/structured-logging, and for ``stack_trace`` and ``serviceContext``
    cloud.google.com/error-reporting/docs/formatting-error-messages
    """

    def __init__(self, here: Deployment) -> None:
        self._here = here

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        line: dict[str, Any] = {
            "severity": str(event.pop("level", "info")).upper(),
            "message": event.pop("event", ""),
            "time": event.pop("time", None),
            "logging.googleapis.com/labels": self._here.labels(),
        }
        if "trace_id" in event:
            line["logging.googleapis.com/trace"] = (
                f"projects/{self._here.project}/traces/{event.pop('trace_id')}"
            )
            line["logging.googleapis.com/spanId"] = event.pop("span_id")
            line["logging.googleapis.com/trace_sampled"] = event.pop("trace_sampled")
        if "exception" in event:
            line["stack_trace"] = event.pop("exception")
            line["serviceContext"] = {
                "service": self._here.service,
                "version": self._here.revision,
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
