"""``ports.Model`` on Gemini's protocol: our adapter against the simulated Gemini."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from processor_service.answering.generate import generate
from processor_service.answering.generation import Generation, GenerationRequest
from processor_service.gemini.access import GeminiAccess
from processor_service.gemini.client import gemini_client
from processor_service.gemini.model import GeminiModel
from processor_service.ports.answers import Answer
from processor_service.ports.model import Chunk, Prompt
from shared.errors import MechachangError, ModelRefused, ModelRejected, ModelUnavailable
from shared.retry import RetryPolicy
from shared.telemetry.deployment import Deployment
from shared.telemetry.tracing import span, start_tracing
from simulators.gemini import ErrorReply, GeminiSimulator, Reply
from tests.support.fakes.processor.model import Blind, whole
from tests.support.fakes.processor.retrying import Naps

MODEL = "gemini-3.8-flash"
SPARE = "gemini-3.5-flash-lite"


@pytest.fixture(params=["v1", "v1beta"])
async def model(
    simulator: GeminiSimulator, request: pytest.FixtureRequest
) -> AsyncIterator[GeminiModel]:
    async with simulator.serve() as running:
        access = GeminiAccess("local", base_url=running.base_url, api_version=request.param)
        async with gemini_client(access, idle_timeout_s=0.5) as api:
            yield GeminiModel(api)


def prompt(text: str) -> Prompt:
    return Prompt("簡潔に答えてください。", text)


async def pieces_of(model: GeminiModel, text: str) -> list[Chunk]:
    async with aclosing(model.stream(prompt(text), MODEL)) as pieces:
        return [piece async for piece in pieces]


async def generated(model: GeminiModel, attempts: int, naps: Naps) -> Answer:
    generation = Generation(MODEL, SPARE, RetryPolicy(attempts, naps))
    return await whole(
        generate(GenerationRequest(prompt("質問"), model, Blind()), generation, float("inf"))
    )


async def test_an_answer_comes_in_pieces_and_ends_with_its_counts(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    simulator.script("質問", Reply(chunks=["一つ、", "二つ、", "三つ。"]))
    pieces = await pieces_of(model, "質問")
    assert "".join(piece.text for piece in pieces) == "一つ、二つ、三つ。"
    assert [piece.finished for piece in pieces].count(True) == 1
    assert pieces[-1].prompt_tokens > 0
    assert pieces[-1].output_tokens > 0
    [received] = simulator.requests
    assert "簡潔に" in str(received.body)


@pytest.mark.parametrize(
    ("reply", "error", "reason"),
    [
        (Reply(block_reason="SAFETY"), ModelRefused, "question_blocked"),
        (Reply(chunks=["a"], finish_reason="SAFETY"), ModelRefused, "answer_blocked"),
        (Reply(chunks=["a"], finish_reason="RECITATION"), ModelRefused, "answer_recited"),
        (Reply(error=ErrorReply(403, "PERMISSION_DENIED")), ModelRejected, "model_denied"),
        (Reply(error=ErrorReply(404, "NOT_FOUND")), ModelRejected, "model_not_found"),
        (Reply(chunks=["a"], finish_reason="OTHER"), ModelUnavailable, "answer_broken_off"),
        (Reply(error=ErrorReply(503, "UNAVAILABLE")), ModelUnavailable, "model_unavailable"),
        (Reply(error=ErrorReply(400, "INVALID_ARGUMENT")), ModelRejected, "model_rejected"),
        (
            Reply(chunks=["a", "b"], error=ErrorReply(500, "INTERNAL"), error_after=1),
            ModelUnavailable,
            "model_unavailable",
        ),
        (Reply(chunks=["a", "b"], cut_after=1), ModelUnavailable, "model_unavailable"),
        (Reply(chunks=["a", "b"], hang_after=1), ModelUnavailable, "model_silent"),
        (Reply(cut_after=0), ModelUnavailable, "model_unavailable"),
    ],
)
async def test_each_way_to_fail_has_its_meaning(
    model: GeminiModel,
    simulator: GeminiSimulator,
    reply: Reply,
    error: type[MechachangError],
    reason: str,
) -> None:
    simulator.script("質問", reply)
    with pytest.raises(error) as raised:
        await pieces_of(model, "質問")
    assert raised.value.reason == reason
    assert len(simulator.requests) == 1


async def test_the_wait_that_gemini_asks_for_is_honoured(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    limited = ErrorReply(429, "RESOURCE_EXHAUSTED", retry_delay_s=7)
    simulator.script("質問", Reply(error=limited), Reply(text="はい。"))
    naps = Naps()
    answer = await generated(model, 4, naps)
    assert answer.text == "はい。"
    [nap] = naps.seconds
    assert 7.0 <= nap <= 7.0 * 1.2


async def test_an_answer_without_a_finish_reason_is_not_taken_for_whole(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    simulator.script("質問", Reply(text="途中", finish_reason=None), Reply(text="全部です。"))
    answer = await generated(model, 4, Naps())
    assert answer.text == "全部です。"


async def test_the_fallback_model_is_asked_when_the_first_stays_away(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    down = Reply(error=ErrorReply(503, "UNAVAILABLE"))
    simulator.script("質問", down, down, Reply(text="代わりに答えます。"))
    answer = await generated(model, 2, Naps())
    assert answer.model == SPARE
    assert [request.model for request in simulator.requests] == [MODEL, MODEL, SPARE]


async def test_leaving_the_stream_closes_the_connection_to_gemini(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    simulator.script("質問", Reply(chunks=["語"] * 500, between_s=0.02))
    async with aclosing(model.stream(prompt("質問"), MODEL)) as pieces:
        assert (await anext(pieces)).text
    await simulator.wait_for(lambda: simulator.requests[0].client_closed)


async def test_every_request_carries_the_trace(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    start_tracing(Deployment("test", "local"))
    with span("question") as current:
        await pieces_of(model, "こんにちは")
    trace_id = f"{current.get_span_context().trace_id:032x}"
    assert trace_id in simulator.requests[0].headers["traceparent"]


async def test_an_unknown_key_is_told_from_a_bad_question(simulator: GeminiSimulator) -> None:
    async with simulator.serve() as running:
        access = GeminiAccess("another-key", base_url=running.base_url)
        async with gemini_client(access, idle_timeout_s=5) as api:
            stranger = GeminiModel(api)
            with pytest.raises(ModelRejected) as denied:
                await pieces_of(stranger, "質問")
    assert denied.value.reason == "model_denied"


async def test_the_check_tells_a_wrong_model_from_a_right_one(model: GeminiModel) -> None:
    await model.check(MODEL)
    with pytest.raises(ModelRejected):
        await model.check("gemini-0-none")


async def test_a_gemini_that_is_not_there_is_unavailable() -> None:
    access = GeminiAccess("local", base_url="http://127.0.0.1:9")
    async with gemini_client(access, idle_timeout_s=5) as api:
        absent = GeminiModel(api)
        async with asyncio.timeout(60):
            with pytest.raises(ModelUnavailable):
                await pieces_of(absent, "質問")
