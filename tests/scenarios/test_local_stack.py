"""The local stack itself: it starts, answers, survives crashes of its parts, and leaves nothing."""

from pathlib import Path

import pytest

from simulators.gemini import ErrorReply, Reply
from simulators.processes.tcp_ports import is_free
from simulators.slack import PortInUse
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from simulators.stack.progress import Started
from simulators.stack.provisioning import DeliveryRules
from simulators.stack.service import ServiceNotReady

QUICK = DeliveryRules(min_backoff_s=0.5, max_backoff_s=1)
DEADLINE_S = 60.0


async def answer_to(stack: LocalStack, question: str, *, words: str) -> str:
    """Ask in #general and wait for the finished answer that holds ``words``."""
    asked = stack.slack.people.post("alice", "#general", f"@mechachang {question}")

    def answer() -> str | None:
        replies = stack.slack.messages("#general", thread_ts=asked.ts)[1:]
        return next((str(reply) for reply in replies if words in str(reply)), None)

    found = await stack.slack.wait_for(answer, DEADLINE_S)
    assert found is not None
    return found


async def test_a_question_is_answered_and_its_journey_recorded(tmp_path: Path) -> None:
    parts: list[Started] = []
    async with LocalStack(StackConfig(folder=tmp_path), on_started=parts.append) as stack:
        await answer_to(stack, "Write a Python function that tests for primes", words="isqrt")
        assert stack.gemini.requests[0].model == "gemini-3.8-flash"
        await stack.slack.wait_for(lambda: stack.journal.entries(step="push"), DEADLINE_S)
        (request,) = stack.journal.entries(step="request")
        journey = [e for e in stack.journal.entries() if e.journey == request.journey]
        assert {"envelope", "ack", "publish", "push", "request", "first_token", "done"} <= {
            entry.step for entry in journey
        }
        ports = [service.port for service in stack.services]
    names = ["Redis", "Slack", "Gemini", "Pub/Sub", "command-service", "processor-service"]
    assert sorted(part.part for part in parts) == sorted(names)
    assert [service.pid for service in stack.services] == [None, None]
    # Nobody had to be killed: each ended in good order when it was asked to.
    assert [service.exit_code for service in stack.services] == [0, 0]
    assert stack.redis.pid is None
    assert all(is_free(port) for port in ports)


async def test_with_two_processors_the_other_one_answers_when_one_is_crashed(
    tmp_path: Path,
) -> None:
    config = StackConfig(folder=tmp_path, processors=2, delivery=QUICK)
    async with LocalStack(config) as stack:
        await stack.processors[0].kill()
        for number in range(2):
            await answer_to(stack, f"What is Redis, try {number}?", words="in-memory")
        await stack.processors[0].start()
        assert stack.processors[0].pid is not None


async def test_a_crashed_processor_answers_what_waited_for_it(tmp_path: Path) -> None:
    async with LocalStack(StackConfig(folder=tmp_path, delivery=QUICK)) as stack:
        await stack.processors[0].kill()
        asked = stack.slack.people.post("alice", "#general", "@mechachang What is Redis?")
        await stack.slack.wait_for(lambda: stack.journal.entries(step="publish"), DEADLINE_S)
        assert stack.gemini.requests == []
        await stack.processors[0].start()

        def answered() -> bool:
            return "in-memory" in str(stack.slack.messages("#general", thread_ts=asked.ts)[1:])

        await stack.slack.wait_for(answered, DEADLINE_S)


async def test_settings_and_scripts_reach_the_services(tmp_path: Path) -> None:
    config = StackConfig(
        folder=tmp_path, settings={"RETRY_COUNT": "0", "GEMINI_MODEL": "gemini-3.7-flash"}
    )
    async with LocalStack(config) as stack:
        stack.gemini.script("flaky", Reply(error=ErrorReply(503)), Reply(text="at last"))
        await answer_to(stack, "flaky?", words="at last")
        assert stack.gemini.requests[0].model == "gemini-3.7-flash"


async def test_a_service_that_can_not_start_is_told_and_everything_stopped(tmp_path: Path) -> None:
    stack = LocalStack(StackConfig(folder=tmp_path, command={"MAX_PROMPT_CHARS": "many"}))
    with pytest.raises(ServiceNotReady) as caught:
        await stack.__aenter__()
    assert "command-service ended with exit code 2" in str(caught.value)
    assert "MAX_PROMPT_CHARS" in str(caught.value)
    assert [service.pid for service in stack.services] == [None, None]
    assert stack.redis.pid is None


async def test_a_taken_page_port_is_told_and_everything_stopped(tmp_path: Path) -> None:
    async with LocalStack(StackConfig(folder=tmp_path)) as running:
        assert running.page_url is not None
        port = int(running.page_url.rpartition(":")[2])
        with pytest.raises(PortInUse, match=f"port {port}"):
            await LocalStack(StackConfig(folder=tmp_path / "b", page_port=port)).__aenter__()
