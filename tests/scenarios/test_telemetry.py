"""What both services send of one question: a connected trace, and every metric that moves."""

import re
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from processor_service.redis.keys import task_key
from shared.telemetry import metrics
from shared.telemetry.instruments import Histogram, Instrument
from simulators.faults import Fault
from simulators.gemini import ErrorReply, Reply
from simulators.slack import SlackConfig
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from simulators.stack.provisioning import DeliveryRules
from simulators.telemetry import Series, Span, TelemetryReceiver
from tests.scenarios.conftest import QUICK
from tests.support.workbenches.redis import PATIENT_REDIS
from tests.support.workbenches.slack import ONE_EVENT_A_MENTION

DEADLINE_S = 60.0
ASKED = "@mechachang What is Redis?"
MODEL = "gemini-3.8-flash"
SETTINGS = {
    "DEFAULT_LOCALE": "en",
    "RETRY_COUNT": "0",
    "GEMINI_PRICES": f'{{"{MODEL}": {{"input": 1.0, "output": 10.0, "cached": 0.1}}}}',
}


def observed(folder: Path, **changes: Any) -> LocalStack:
    slack = SlackConfig(ack_timeout_s=DEADLINE_S, subscriptions=ONE_EVENT_A_MENTION)
    config: dict[str, Any] = {"settings": SETTINGS, "slack": slack, "delivery": QUICK, **changes}
    # Without Redis words are posted instead of streamed.
    config["processor"] = {**PATIENT_REDIS, **config.get("processor", {})}
    return LocalStack(StackConfig(folder=folder, telemetry=True, **config))


async def moved(stack: LocalStack, instrument: Instrument, number: int = 1, **labels: str) -> None:
    """Wait until the metric has arrived with these labels, as it is declared, and has counted."""
    received = stack.telemetry
    try:
        await received.wait_for(
            lambda: received.total(instrument.name, **labels) >= number, DEADLINE_S
        )
    except TimeoutError:
        seen = [(one.value, dict(one.labels)) for one in received.series(instrument.name)]
        raise AssertionError(
            f"{instrument.name} {labels} never moved; it stands at {seen}"
        ) from None
    for one in received.series(instrument.name):
        assert_as_declared(one, instrument)


def assert_as_declared(series: Series, instrument: Instrument) -> None:
    assert series.kind == instrument.kind
    assert series.unit == instrument.unit
    assert set(series.labels) == set(instrument.labels)
    assert "" not in series.labels.values()
    if isinstance(instrument, Histogram):
        assert series.bounds == instrument.bounds


async def spans_of(stack: LocalStack, last: str, **attributes: Any) -> list[Span]:
    """The trace of the first span called ``last`` with these attributes, when it has arrived."""
    received = stack.telemetry

    def found() -> list[Span]:
        return [
            one
            for one in received.spans
            if one.name == last and attributes.items() <= one.attributes.items()
        ]

    await received.wait_for(found, DEADLINE_S)
    return [one for one in received.spans if one.trace_id == found()[0].trace_id]


def named(trace: list[Span], name: str) -> Span:
    [one] = [span for span in trace if span.name == name]
    return one


async def test_one_question_is_one_connected_trace_in_both_processes(tmp_path: Path) -> None:
    async with observed(tmp_path) as stack:
        stack.slack.people.post("alice", "#general", ASKED)
        await spans_of(stack, "push")
        await moved(stack, metrics.ANSWER_DURATION)
        trace = await spans_of(stack, "push")
    known = {span.span_id for span in trace}
    assert [span.name for span in trace if span.parent_id not in known] == ["envelope"]
    assert {span.service for span in trace} == {"command-service", "processor-service"}
    envelope, publish, push = (named(trace, name) for name in ("envelope", "publish", "push"))
    assert publish.parent_id == envelope.span_id
    assert push.parent_id == publish.span_id
    for inside in ("lease", "context", "cache", f"generate_content {MODEL}"):
        assert named(trace, inside).parent_id == push.span_id
    # The thread is read before the answer, and once more to prove it.
    reads = [span for span in trace if span.name == "slack conversations.replies"]
    assert named(trace, "context").span_id in {span.parent_id for span in reads}
    started = named(trace, "slack chat.startStream")
    # The model is read beside it, by a task of its own.
    assert started.parent_id == push.span_id
    assert (publish.kind, push.kind, started.kind) == ("producer", "consumer", "client")
    assert push.attributes["messaging.system"] == "gcp_pubsub"
    assert push.attributes["mechachang.outcome"] == "answered"
    assert not [span for span in trace if span.failed]


async def test_what_goes_well_moves_its_metrics(tmp_path: Path) -> None:
    async with observed(tmp_path) as stack:
        people = stack.slack.people
        people.post("alice", "#general", ASKED)
        await moved(stack, metrics.TASKS, outcome="answered", reason="none", mode="chat")
        await asked_until_cached(stack)
        people.post("alice", "#general", "@mechachang")
        await people.slash("alice", "#humans-only", "/gemini", "code: a prime test")
        await people.slash("alice", "#general", "/gemini", "--private what is Redis?")
        await moved(stack, metrics.EVENTS, 2, source="mention", outcome="accepted", reason="none")
        await moved(stack, metrics.EVENTS, source="mention", reason="empty_prompt")
        await moved(stack, metrics.ACK_DURATION, 2, source="mention")
        await moved(stack, metrics.PUBLISH_DURATION, 3, outcome="ok")
        await moved(stack, metrics.FIRST_SIGN, 2, source="mention")
        await moved(stack, metrics.FIRST_SIGN, source="slash_command")
        await moved(stack, metrics.SOCKET_CONNECTED)
        await moved(stack, metrics.ENVELOPES_IN_FLIGHT, 0)
        await moved(stack, metrics.FIRST_WORDS, mode="chat", way="stream")
        await moved(stack, metrics.ANSWER_DURATION, source="mention", cached="true")
        await moved(stack, metrics.ANSWER_DURATION, mode="code", source="slash_command")
        await moved(stack, metrics.ANSWER_OVERHEAD, 3)
        await moved(stack, metrics.QUEUE_AGE, 3)
        for result in ("hit", "miss", "off"):
            await moved(stack, metrics.CACHE_LOOKUPS, result=result)
        for way in ("stream", "post", "response_url"):
            await moved(stack, metrics.DELIVERIES, way=way)
        await moved(stack, metrics.GEMINI_ATTEMPTS, 2, model=MODEL, outcome="ok")
        await moved(stack, metrics.GEMINI_FIRST_TOKEN, 2, model=MODEL)
        await moved(stack, metrics.GEMINI_DURATION, 2, model=MODEL, outcome="ok")
        for kind in ("input", "output"):
            await moved(stack, metrics.GEMINI_TOKENS, 10, model=MODEL, kind=kind)
        await moved(stack, metrics.GEMINI_COST, 0, model=MODEL)
        await moved(stack, metrics.SLACK_CALLS, method="response_url", outcome="ok")
        await moved(stack, metrics.SLACK_CALL_DURATION, method="chat.startStream")
        for service in ("command-service", "processor-service"):
            await moved(stack, metrics.PROCESS_MEMORY, 10_000_000, service=service)
            await moved(stack, metrics.BUILD_INFO, service=service, revision="local")
            await moved(stack, metrics.PROCESS_CPU, 0, service=service)
        await costs_what_its_tokens_cost(stack.telemetry)


async def asked_until_cached(stack: LocalStack) -> None:
    """Ask the same again until the cache has answered; a busy machine's Redis may miss one look."""
    received, answered = stack.telemetry, 1
    while not received.total(metrics.ANSWER_DURATION.name, source="mention", cached="true"):
        stack.slack.people.post("alice", "#general", ASKED)
        answered += 1
        await moved(stack, metrics.TASKS, answered, outcome="answered", source="mention")


async def costs_what_its_tokens_cost(received: TelemetryReceiver) -> None:
    def is_paid() -> bool:
        """By now: an export may come between the tokens of an attempt and their cost."""

        def total(**labels: str) -> float:
            return received.total(metrics.GEMINI_TOKENS.name, **labels)

        cost = total(kind="input") + 10 * (total(kind="output") + total(kind="thoughts"))
        told = received.total(metrics.GEMINI_COST.name, model=MODEL)
        return told > 0 and told == pytest.approx(cost / 1_000_000)

    await received.wait_for(is_paid, DEADLINE_S)


async def test_votes_and_stops_move_their_metrics(tmp_path: Path) -> None:
    async with observed(tmp_path) as stack:
        people = stack.slack.people
        asked = people.post("alice", "#general", ASKED)
        await moved(stack, metrics.ANSWER_DURATION)
        answer = stack.slack.messages("#general", thread_ts=asked.ts)[-1]
        [votes] = [block for block in answer["blocks"] if block["type"] == "context_actions"]
        value = votes["elements"][0]["positive_button"]["value"]
        await people.click("alice", "#general", answer["ts"], "feedback", value=value)
        await moved(stack, metrics.FEEDBACK, vote="up")
        await moved(stack, metrics.EVENTS, source="button", outcome="accepted")
        stack.gemini.script("lease", Reply(chunks=["These words ", "stay.", "No."], hang_after=2))
        asked = people.post("alice", "#general", "@mechachang What is a lease?")
        await until_words_stream(stack, asked.ts)
        streamed = stack.slack.messages("#general", thread_ts=asked.ts)[-1]
        people.stop("alice", "#general", streamed["ts"])
        await moved(stack, metrics.STOPPED)
        await moved(stack, metrics.TASKS, outcome="stopped")


async def test_what_asks_nothing_is_told_from_questions(tmp_path: Path) -> None:
    async with observed(tmp_path) as stack:
        stack.slack.people.open_home("alice")
        await stack.slack.people.slash("alice", "#general", "/gemini", "doctor")
        for source, kind in (("app_home", "home"), ("slash_command", "doctor")):
            await moved(stack, metrics.EVENTS, source=source, kind=kind, outcome="accepted")
            await moved(stack, metrics.ACK_DURATION, source=source)
            await moved(stack, metrics.TASKS, source=source, outcome="noted")


async def test_what_goes_wrong_moves_its_metrics(tmp_path: Path) -> None:
    async with observed(tmp_path) as stack:
        people = stack.slack.people
        limited = Fault("error", status=429, detail={"retry_after": 1})
        stack.faults.add("slack", "conversations.replies", limited)
        people.post("alice", "#general", ASKED)
        await moved(stack, metrics.SLACK_RATE_LIMITED, method="conversations.replies")
        await moved(
            stack,
            metrics.SLACK_CALLS,
            method="conversations.replies",
            outcome="slack_rate_limited",
        )
        stack.gemini.script("outage", Reply(error=ErrorReply(503)))
        people.post("alice", "#general", "@mechachang Is this an outage?")
        await moved(stack, metrics.DEAD_LETTERS)
        await moved(stack, metrics.TASKS, outcome="try_later", reason="model_unavailable")
        await moved(stack, metrics.TASKS, outcome="gave_up", reason="model_unavailable")
        await moved(stack, metrics.REDELIVERIES, 7)
        await moved(stack, metrics.GEMINI_ATTEMPTS, model=MODEL, outcome="model_unavailable")
        trace = await spans_of(stack, "dead_letter")
        attempts = sorted(
            span.attributes["messaging.gcp_pubsub.message.delivery_attempt"]
            for span in trace
            if span.name == "push"
        )
        assert attempts == [1, 2, 3, 4, 5, 6, 7, 8], "each redelivery is in the question's trace"
        failed = [span for span in trace if span.name.startswith("generate_content")]
        assert {span.attributes["error.type"] for span in failed} == {"model_unavailable"}

        await stack.redis.kill()
        people.post("alice", "#general", "@mechachang What is a lease?")
        await moved(stack, metrics.REDIS_UNAVAILABLE)


async def test_gaps_and_takeovers_move_their_metrics(tmp_path: Path) -> None:
    # Long enough for a processor to start again, and for its stream to count as nobody's.
    patient = DeliveryRules(min_backoff_s=6.0, max_backoff_s=8.0)
    hasty = SlackConfig(redelivery_delays_s=(0.05, 0.1), subscriptions=ONE_EVENT_A_MENTION)
    async with observed(tmp_path, delivery=patient, slack=hasty) as stack:
        people = stack.slack.people
        await stack.slack.sockets.disconnect("refresh_requested")
        await moved(stack, metrics.SOCKET_RECONNECTS, reason="refresh_requested")
        await stack.command.kill()
        people.post("alice", "#general", ASKED)
        await stack.slack.wait_for(lambda: stack.slack.delivery.undelivered, DEADLINE_S)
        await stack.command.start()
        await moved(stack, metrics.CATCH_UP_QUESTIONS)
        await moved(stack, metrics.CATCH_UP_SWEEPS, end="whole")

        hangs = Reply(chunks=["These words ", "stay.", "No."], hang_after=2)
        stack.gemini.script("lease", hangs)
        asked = people.post("alice", "#general", "@mechachang What is a lease?")
        await until_words_stream(stack, asked.ts)
        async with Redis.from_url(stack.redis.url) as redis:
            await redis.set(task_key(last_task(stack)), "lease 4711 another worker", px=8_000)
        await moved(stack, metrics.LEASES_LOST)

        stack.gemini.script("crash", hangs)
        asked = people.post("alice", "#general", "@mechachang What is a crash?")
        await until_words_stream(stack, asked.ts)
        [processor] = stack.processors
        await processor.kill()
        async with Redis.from_url(stack.redis.url) as redis:
            await redis.flushdb()
        stack.gemini.forget_scripts()
        await processor.start()
        await moved(stack, metrics.LEDGER_ADOPTIONS)


async def test_searches_of_google_are_counted(tmp_path: Path) -> None:
    async with observed(tmp_path, processor={"GEMINI_TOOLS": "google_search"}) as stack:
        stack.slack.people.post("alice", "#general", ASKED)
        await moved(stack, metrics.GEMINI_SEARCHES, model=MODEL)


async def test_a_fallback_asked_beside_a_silent_model_is_counted(tmp_path: Path) -> None:
    hedging = {"RETRY_COUNT": "3", "GEMINI_HEDGE_SECONDS": '{"default": 0.5}'}
    async with observed(tmp_path, processor=hedging) as stack:
        stack.gemini.script("Redis", Reply(hang_after=0), Reply(text="An in-memory store."))
        stack.slack.people.post("alice", "#general", ASKED)
        await moved(stack, metrics.GEMINI_HEDGES, winner="second")


def last_task(stack: LocalStack) -> str:
    """The id of the task that was published last."""
    keys = stack.journal.entries(step="publish")[-1].keys
    [task] = [key for key in keys if key.startswith("task:")]
    return task.removeprefix("task:")


async def until_words_stream(stack: LocalStack, thread_ts: str) -> None:
    def started() -> bool:
        calls = [each.detail for each in stack.journal.entries(step="api")]
        return any(
            call["method"] == "chat.startStream" and call.get("thread_ts") == thread_ts
            for call in calls
        )

    await stack.slack.wait_for(started, DEADLINE_S)


async def test_a_synthetic_question_comes_through_and_shows_nothing(tmp_path: Path) -> None:
    often = {**SETTINGS, "SYNTHETIC_QUESTION_SECONDS": "1"}
    async with observed(tmp_path, settings=often) as stack:
        await moved(stack, metrics.SYNTHETIC_QUESTIONS, outcome="answered")
        await moved(stack, metrics.SYNTHETIC_DURATION)
        assert stack.gemini.requests == []
        for where in ("#general", "#random", "#planning"):
            assert stack.slack.messages(where) == []


def test_every_instrument_is_driven_by_a_scenario() -> None:
    driven = set(re.findall(r"metrics\.([A-Z_]+)", Path(__file__).read_text(encoding="utf-8")))
    names = {name for name, value in vars(metrics).items() if isinstance(value, Instrument)}
    assert names - driven == set()
