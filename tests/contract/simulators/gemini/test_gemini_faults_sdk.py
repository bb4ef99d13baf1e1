"""The Gemini simulator refuses, breaks off, waits or is away, as google-genai's client meets it."""

import asyncio
import gc

import aiohttp
import pytest
from google import genai
from google.genai import errors, types

from simulators.faults import Fault, FaultPlan
from simulators.gemini import ErrorReply, GeminiConfig, GeminiSimulator, Reply
from simulators.journal import Journal
from tests.support.gemini_sdk import MODEL, read, sdk, stream


async def test_an_error_carries_its_status_retry_info_and_retry_after(
    client: genai.client.AsyncClient, simulator: GeminiSimulator
) -> None:
    simulator.script("busy", Reply(error=ErrorReply(429, retry_delay_s=37, retry_after="37")))
    with pytest.raises(errors.ClientError) as caught:
        await stream(client, "busy?")
    assert (caught.value.code, caught.value.status) == (429, "RESOURCE_EXHAUSTED")
    details = caught.value.details["error"]["details"]
    assert [d["retryDelay"] for d in details if d["@type"].endswith("RetryInfo")] == ["37s"]
    assert caught.value.response.headers["Retry-After"] == "37"


async def test_an_overloaded_model_is_a_server_error_and_replies_come_in_turn(
    client: genai.client.AsyncClient, simulator: GeminiSimulator
) -> None:
    simulator.script("flaky", Reply(error=ErrorReply(503)), Reply(text="at last"))
    with pytest.raises(errors.ServerError) as caught:
        await client.models.generate_content(model=MODEL, contents="flaky")
    assert caught.value.message == "The model is overloaded. Please try again later."
    for _ in range(2):
        answer = await client.models.generate_content(model=MODEL, contents="flaky")
        assert answer.text == "at last"


async def test_a_blocked_prompt_has_no_candidates_and_a_reason(
    client: genai.client.AsyncClient, simulator: GeminiSimulator
) -> None:
    simulator.script("bad", Reply(block_reason="PROHIBITED_CONTENT"))
    (chunk,) = await stream(client, "bad")
    assert chunk.candidates is None
    assert chunk.prompt_feedback is not None
    assert chunk.prompt_feedback.block_reason is types.BlockedReason.PROHIBITED_CONTENT


async def test_an_answer_stopped_for_safety_keeps_its_partial_text(
    client: genai.client.AsyncClient, simulator: GeminiSimulator
) -> None:
    simulator.script("edge", Reply(chunks=["One. ", "Two."], finish_reason="SAFETY"))
    chunks = await stream(client, "edge")
    assert [chunk.text for chunk in chunks] == ["One. ", "Two."]
    assert chunks[-1].candidates is not None
    assert chunks[-1].candidates[0].finish_reason is types.FinishReason.SAFETY


async def test_a_cut_stream_is_a_payload_error_after_the_pieces_sent(
    client: genai.client.AsyncClient, simulator: GeminiSimulator
) -> None:
    simulator.script("cut", Reply(chunks=["a", "b", "c"], cut_after=2))
    seen: list[types.GenerateContentResponse] = []
    with pytest.raises(aiohttp.ClientPayloadError):
        await read(client, "cut", seen)
    assert [chunk.text for chunk in seen] == ["a", "b"]
    assert simulator.requests[0].outcome == "cut"


async def test_a_stream_without_finish_reason_ends_quietly(
    client: genai.client.AsyncClient, simulator: GeminiSimulator
) -> None:
    simulator.script("endless", Reply(chunks=["a", "b"], finish_reason=None))
    chunks = await stream(client, "endless")
    assert [chunk.candidates and chunk.candidates[0].finish_reason for chunk in chunks] == [
        None
    ] * 2


async def test_an_empty_answer_finishes_without_text(
    client: genai.client.AsyncClient, simulator: GeminiSimulator
) -> None:
    simulator.script("nothing", Reply(text=""))
    (chunk,) = await stream(client, "nothing")
    assert chunk.text is None
    assert chunk.candidates is not None
    assert chunk.candidates[0].finish_reason is types.FinishReason.STOP


async def test_an_error_event_in_the_stream_is_raised_after_the_pieces(
    client: genai.client.AsyncClient, simulator: GeminiSimulator
) -> None:
    simulator.script("midway", Reply(chunks=["a", "b"], error=ErrorReply(503), error_after=1))
    seen: list[types.GenerateContentResponse] = []
    with pytest.raises(errors.ServerError) as caught:
        await read(client, "midway", seen)
    assert caught.value.status == "UNAVAILABLE"
    assert [chunk.text for chunk in seen] == ["a"]


async def test_the_server_sees_that_a_cancelled_stream_closes_its_connection(
    client: genai.client.AsyncClient, simulator: GeminiSimulator
) -> None:
    simulator.script("long", Reply(chunks=["a", "b"], hang_after=1))
    reading = asyncio.create_task(stream(client, "long"))
    await simulator.wait_for(lambda: bool(simulator.requests))
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await simulator.wait_for(lambda: simulator.requests[0].client_closed)
    gc.collect()


async def test_a_hanging_model_is_given_up_by_the_clients_timeout(
    base_url: str, simulator: GeminiSimulator
) -> None:
    simulator.script("slow", Reply(hang_after=0))
    async with sdk(base_url, timeout=200) as client:
        with pytest.raises(TimeoutError):
            await client.models.generate_content(model=MODEL, contents="slow")
    await simulator.wait_for(lambda: simulator.requests[0].client_closed)


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (Fault("error", status=503), errors.ServerError),
        (Fault("error", status=429, detail={"retry_delay_s": 1}), errors.ClientError),
        (Fault("drop_before"), aiohttp.ServerDisconnectedError),
        (Fault("drop_after"), aiohttp.ServerDisconnectedError),
        (Fault("hang", seconds=0.05), aiohttp.ServerDisconnectedError),
        (Fault("disconnect", detail={"after_chunks": 3}), aiohttp.ClientPayloadError),
        (Fault("error", detail={"after_chunks": 3}), errors.ServerError),
    ],
)
async def test_a_planned_fault_hits_one_request_and_the_next_is_answered(
    client: genai.client.AsyncClient,
    faults: FaultPlan,
    fault: Fault,
    raised: type[Exception],
) -> None:
    faults.add("gemini", "streamGenerateContent", fault)
    with pytest.raises(raised):
        await stream(client, "What is Redis?")
    assert (await stream(client, "What is Redis?"))[-1].candidates


async def test_a_paused_simulator_refuses_connections_and_lets_what_is_under_way_end(
    client: genai.client.AsyncClient, simulator: GeminiSimulator
) -> None:
    simulator.script("slowly", Reply(chunks=["one ", "two"], first_token_s=0.3))
    slow = asyncio.create_task(stream(client, "Count slowly."))
    await simulator.wait_for(lambda: len(simulator.requests) == 1)
    await simulator.pause()
    with pytest.raises(aiohttp.ClientConnectorError):
        await stream(client, "What is Redis?")
    assert "".join(piece.text or "" for piece in await slow) == "one two"
    await simulator.resume()
    assert (await stream(client, "What is Redis?"))[-1].candidates


async def test_a_paused_simulator_closes_connections_that_a_client_keeps_open(
    client: genai.client.AsyncClient, simulator: GeminiSimulator
) -> None:
    await stream(client, "What is Redis?")
    await simulator.pause()
    for _ in range(2):
        # The first may meet a connection that is just being closed.
        with pytest.raises(aiohttp.ClientConnectionError):
            await stream(client, "What is Redis?")
    assert len(simulator.requests) == 1


async def test_a_planned_delay_comes_before_the_first_token(
    client: genai.client.AsyncClient, faults: FaultPlan, journal: Journal
) -> None:
    faults.add("gemini", "*", Fault("delay", seconds=0.2))
    await stream(client, "What is Redis?")
    (first,) = journal.entries(step="first_token")
    assert first.ms is not None
    assert first.ms >= 200


async def test_configured_timing_paces_the_stream(journal: Journal, faults: FaultPlan) -> None:
    config = GeminiConfig(first_token_s=0.1, total_s=0.3)
    simulator = GeminiSimulator(journal=journal, faults=faults, config=config)
    async with simulator.serve() as running, sdk(running.base_url) as client:
        await stream(client, "What is Redis?")
    (first,), (done,) = journal.entries(step="first_token"), journal.entries(step="done")
    assert first.ms is not None
    assert done.ms is not None
    assert first.ms >= 100
    assert done.ms >= 300
