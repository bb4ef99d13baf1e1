"""How long a person waits for the first answer when no processor runs.

Pub/Sub pushes to a simulated Cloud Run, which starts the processor with the question and lets the
push through once the startup probe of the service's file has passed, with the platform's timing.
"""

import asyncio
import json
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import yaml
from google.cloud import run_v2

from benchmarks.cold_start import straightforward
from shared.ledger import Mark
from simulators.cloud_run import CloudRunSimulator
from simulators.gemini import GeminiConfig
from simulators.processes.environment import PROJECT_ROOT
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from simulators.stack.provisioning import provision

PLANNED_S: Final = 2.5
_GEMINI: Final = GeminiConfig(first_token_s=0.3, total_s=1.0, chunk_tokens=32)
_REVISION: Final = "processor-service-00001"
_PATH: Final = "projects/local/locations/local/services/processor-service"
_TIMES: Final = 3
_WITHIN_S: Final = 120.0


@dataclass(frozen=True)
class FirstAnswer:
    """Seconds. ``straightforward_s`` is how long a service takes that imports the same libraries at
    its top: on this machine now, and ``straightforward_then_s`` where the benchmark was made.
    """

    took_s: float
    straightforward_s: float
    straightforward_then_s: float
    gemini_s: float = 1.0

    @property
    def allowed_s(self) -> float:
        """The plan's time and Gemini's, and longer where everything takes longer."""
        slower = max(1.0, self.straightforward_s / self.straightforward_then_s)
        return PLANNED_S * slower + self.gemini_s

    @property
    def faults(self) -> list[str]:
        """Empty if it was there in time."""
        if self.took_s <= self.allowed_s:
            return []
        return [f"the first answer took {self.took_s:.1f} s, allowed are {self.allowed_s:.1f} s"]


async def first_answer(folder: Path) -> FirstAnswer:
    """Scale to zero, ask, and wait, some times; the median."""
    took, others = [], []
    async with LocalStack(StackConfig(folder=folder, gemini=_GEMINI)) as stack:
        (processor,) = stack.processors

        async def launch(_revision: str, _template: run_v2.RevisionTemplate) -> str:
            if not processor.is_running:
                await processor.start(wait_until_ready=False)
            return processor.url

        cloud_run = CloudRunSimulator(_PATH, template(), launch)
        async with cloud_run.serve() as url:
            await provision(stack.vendors.addresses.pubsub, "local", url, stack.config.delivery)
            for number in range(_TIMES):
                cloud_run.service.scale_to_zero(_REVISION)
                await processor.terminate()
                others.append(await straightforward(folder))
                took.append(await _asked(stack, f"@mechachang Question {number} after a rest?"))
    return FirstAnswer(median(took), median(others), _then_s())


async def _asked(stack: LocalStack, question: str) -> float:
    """Seconds from the question to its whole answer."""
    began = time.monotonic()
    ts = stack.slack.people.post("alice", "#general", question).ts

    def is_answered() -> bool:
        marks = map(Mark.of_message, stack.slack.messages("#general", thread_ts=ts))
        return any(mark and mark.role == "answer" and mark.parts for mark in marks)

    async with asyncio.timeout(_WITHIN_S):
        await stack.slack.wait_for(is_answered, _WITHIN_S)
    return time.monotonic() - began


def template() -> run_v2.RevisionTemplate:
    """The processor's revision with the probes of its file."""
    file = PROJECT_ROOT / "deploy" / "processor-service.yaml"
    (container,) = yaml.safe_load(file.read_text())["spec"]["template"]["spec"]["containers"]
    probes = {
        "startup_probe": _probe(container["startupProbe"]),
        "liveness_probe": _probe(container["livenessProbe"]),
    }
    return run_v2.RevisionTemplate(containers=[run_v2.Container(image="processor", **probes)])


def _probe(written: dict[str, Any]) -> run_v2.Probe:
    asked: dict[str, Any] = (
        {"http_get": run_v2.HTTPGetAction(path=written["httpGet"]["path"])}
        if "httpGet" in written
        else {"tcp_socket": run_v2.TCPSocketAction(port=written["tcpSocket"]["port"])}
    )
    return run_v2.Probe(
        **asked,
        initial_delay_seconds=written.get("initialDelaySeconds", 0),
        period_seconds=written.get("periodSeconds", 10),
        timeout_seconds=written.get("timeoutSeconds", 1),
        failure_threshold=written.get("failureThreshold", 3),
    )


def _then_s() -> float:
    measured = json.loads((PROJECT_ROOT / "benchmarks/results/latest.json").read_text())
    starts = measured["results"]["cold_starts"]
    return median(float(each["straightforward_s"]) for each in starts)
