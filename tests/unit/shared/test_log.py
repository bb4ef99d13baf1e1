"""Log lines as Cloud Logging and Error Reporting read them."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider

from shared.errors import ModelUnavailable
from shared.telemetry.deployment import Deployment, deployment
from shared.telemetry.log import bound_task, configure_logging
from shared.telemetry.tracebacks import stack_text
from shared.version import VERSION

HERE = Deployment("command-service", "acme", revision="command-00001-abc")
NAMES = (
    "shared",
    "command_service",
    "processor_service",
    "__main__",
    "slack_sdk",
    "slack_bolt",
    "aiohttp.access",
    "urllib3",
    "asyncio",
)


@pytest.fixture
def out(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is written at DEBUG; the logging of the other tests is put back."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in NAMES}
    written = io.StringIO()
    monkeypatch.setattr(sys, "stdout", written)
    configure_logging("DEBUG", "json", HERE)
    yield written
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, each in levels.items():
        logging.getLogger(name).setLevel(each)


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_inside_a_task_and_a_span_has_the_fields_of_cloud_logging(out: io.StringIO) -> None:
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("test")
    with tracer.start_as_current_span("push") as span, bound_task("0123456789"):
        structlog.get_logger("shared.test").warning("It rests.", action="it_rests")
    context = span.get_span_context()
    [line] = lines(out)
    assert line.pop("time").endswith("Z")
    assert line == {
        "severity": "WARNING",
        "message": "It rests.",
        "action": "it_rests",
        "task_id": "0123456789",
        "logging.googleapis.com/labels": {
            "service": "command-service",
            "version": VERSION,
            "revision": "command-00001-abc",
        },
        "logging.googleapis.com/trace": f"projects/acme/traces/{context.trace_id:032x}",
        "logging.googleapis.com/spanId": f"{context.span_id:016x}",
        "logging.googleapis.com/trace_sampled": True,
    }


def test_a_line_that_cannot_be_written_is_lost_and_nothing_else(out: io.StringIO) -> None:
    log = structlog.get_logger("shared.test")
    log.info("It is written.", action="x")
    out.close()
    log.info("It is lost.", action="x")


def test_an_exception_has_its_stack_and_only_texts_of_ours(out: io.StringIO) -> None:
    try:
        try:
            int("a prompt")
        except ValueError as error:
            raise ModelUnavailable("Gemini fell silent.") from error
    except ModelUnavailable as error:
        structlog.get_logger("shared.test").error("It failed.", action="x", exc_info=error)
    [line] = lines(out)
    assert line["severity"] == "ERROR"
    assert line["stack_trace"].startswith("Traceback (most recent call last):\n")
    assert line["stack_trace"].endswith("shared.errors.ModelUnavailable: Gemini fell silent.")
    assert "\nValueError\n" in line["stack_trace"]
    assert "invalid literal" not in out.getvalue()
    assert line["serviceContext"] == {"service": "command-service", "version": HERE.revision}


def test_libraries_tell_nothing_below_info_and_asyncio_only_its_first_line(
    out: io.StringIO,
) -> None:
    logging.getLogger("grpc").debug("what was sent")
    logging.getLogger("slack_sdk.web").info("what was sent")
    logging.getLogger("shared.settings").debug("ours")
    logging.getLogger("asyncio").error("It was never retrieved\nfuture: %s", "a prompt")
    assert [line["message"] for line in lines(out)] == ["ours", "It was never retrieved"]


def test_errors_that_lead_back_to_themselves_end_and_a_group_shows_its_members() -> None:
    first, second = KeyError("a prompt"), ValueError("a token")
    first.__context__, second.__context__ = second, first
    assert stack_text(first).count("Traceback") == 2
    group = stack_text(ExceptionGroup("a prompt", [KeyError("x"), ModelUnavailable("Silent.")]))
    assert "KeyError" in group
    assert group.endswith("ModelUnavailable: Silent.")
    assert "a prompt" not in group


def test_cloud_run_tells_the_revision() -> None:
    assert deployment("s", "p", {"K_REVISION": "s-1"}).revision == "s-1"
    assert deployment("s", "p", {"CLOUD_RUN_WORKER_POOL_REVISION": "s-2"}).revision == "s-2"
    assert deployment("s", "p", {}).revision == "local"
