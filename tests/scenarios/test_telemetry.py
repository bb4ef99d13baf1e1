"""What both services send of one question: a connected trace, and every metric that moves."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from shared import metrics
from simulators.faults import Fault
from simulators.gemini import ErrorReply, Reply
from simulators.provisioning import DeliveryRules
from simulators.slack import SlackConfig
from simulators.stack import LocalStack
from simulators.stack_config import StackConfig
from simulators.telemetry import Span, TelemetryReceiver

QUICK = DeliveryRules(min_backoff_s=0.2, max_backoff_s=0.4)
DEADLINE_S = 25.0
PRICES = '{"gemini-3.8-flash": {"input": 1.0, "output": 10.0, "cached": 0.1}}'


def observed(folder: Path, **changes: Any) -> LocalStack:
    processor = {"GEMINI_PRICES": PRICES, "RETRY_COUNT": "0", **changes.pop("processor", {})}
    config = StackConfig(folder=folder, delivery=QUICK, processor=processor, telemetry=True)
    return LocalStack(replace(config, **changes))


async def test_one_question_is_one_trace_from_the_envelope_to_the_last_call(
    tmp_path: Path,
) -> None:
    async with observed(tmp_path) as stack:
        stack.slack.people.post("alice", "#general", "@mechachang What is Redis?")
        received = stack.telemetry
        await received.wait_for(
            lambda: [one for one in received.spans if one.name == "push"], DEADLINE_S
        )
        [pushed] = [one for one in received.spans if one.name == "push"]
        trace = [one for one in received.spans if one.trace_id == pushed.trace_id]
    for one in trace:
        print(one.service, one.name, one.parent_id, one.attributes)
    print(sorted(received.names()))
    assert 0
