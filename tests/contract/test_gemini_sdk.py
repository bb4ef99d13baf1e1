"""The Gemini simulator, driven by google-genai's own async client."""

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import aiohttp
import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel, Field

from simulators.faults import Fault, FaultPlan
from simulators.gemini import ErrorReply, GeminiConfig, GeminiSimulator, Reply
from simulators.journal import Journal
from tests.gemini_sdk import sdk

MODEL = "gemini-3.8-flash"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TRACE = {"traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-01"}


class General(BaseModel):
    mode: Literal["general"]
    summary: str
    key_points: list[str] = Field(min_length=1, max_length=6)
    sentiment: Literal["positive", "neutral", "negative"] | None = None


class Code(BaseModel):
    mode: Literal["code"]
    language: str
    explanation: str
    code: str
    suggestions: list[str]


class Data(BaseModel):
    mode: Literal["data"]
    analysis: str
    insights: list[str]
    recommendations: list[str]


class Creative(BaseModel):
    mode: Literal["creative"]
    content: str
    style: str
    variations: list[str]


Union = General | Code | Data | Creative


class Envelope(BaseModel):
    answer: Annotated[Union, Field(discriminator="mode")]
    confidence: float = Field(ge=0, le=1)


@pytest.fixture
async def client(base_url: str) -> AsyncIterator[genai.client.AsyncClient]:
    async with sdk(base_url) as client:
        yield client


async def read(
    client: genai.client.AsyncClient,
    prompt: str,
    into: list[types.GenerateContentResponse],
    **config: Any,
) -> None:
    """Put every piece into ``into`` as it comes, so that those before an error can be seen."""
    chunks = await client.models.generate_content_stream(
        model=MODEL, contents=prompt, config=types.GenerateContentConfig(**config)
    )
    async for chunk in chunks:
        into.append(chunk)  # noqa: PERF401 - extend() would show nothing after an error


async def stream(
    client: genai.client.AsyncClient, prompt: str, **config: Any
) -> list[types.GenerateContentResponse]:
    chunks: list[types.GenerateContentResponse] = []
    await read(client, prompt, chunks, **config)
    return chunks


@pytest.mark.parametrize("version", ["v1", "v1beta"])
async def test_a_question_is_answered_in_one_piece(
    base_url: str, version: str, journal: Journal
) -> None:
    async with sdk(base_url, api_version=version, headers=TRACE) as client:
        answer = await client.models.generate_content(
            model=MODEL, contents="素数を判定するPython関数を書いてください"
        )
    assert "```python\nfrom math import isqrt" in (answer.text or "")
    assert answer.candidates is not None
    assert answer.candidates[0].finish_reason is types.FinishReason.STOP
    assert answer.model_version == MODEL
    assert answer.response_id
    steps = [entry.step for entry in journal.entries(key=f"trace:{TRACE_ID}")]
    assert steps == ["request", "done"]


@pytest.mark.parametrize("version", ["v1", "v1beta"])
async def test_a_stream_adds_up_to_the_same_answer(
    base_url: str, version: str, journal: Journal
) -> None:
    async with sdk(base_url, api_version=version, headers=TRACE) as client:
        chunks = await stream(client, "Pub/Subとは何ですか", seed=1)
        whole = await client.models.generate_content(
            model=MODEL,
            contents="Pub/Subとは何ですか",
            config=types.GenerateContentConfig(seed=1),
        )
    assert len(chunks) > 5
    assert "".join(chunk.text or "" for chunk in chunks) == whole.text
    reasons = [chunk.candidates[0].finish_reason for chunk in chunks if chunk.candidates]
    assert reasons == [None] * (len(chunks) - 1) + [types.FinishReason.STOP]
    entries = journal.entries(key=f"trace:{TRACE_ID}")
    assert [entry.step for entry in entries] == [
        *("request", "first_token", "done"),
        *("request", "done"),
    ]
    assert entries[2].detail["finish_reason"] == "STOP"


async def test_usage_counts_grow_along_the_stream_and_add_up(
    client: genai.client.AsyncClient,
) -> None:
    usages = [chunk.usage_metadata for chunk in await stream(client, "What is Redis?")]
    counts = [usage.candidates_token_count or 0 for usage in usages if usage]
    assert counts == sorted(counts)
    last = usages[-1]
    assert last is not None
    assert last.prompt_token_count == 4
    assert last.candidates_token_count is not None
    assert last.candidates_token_count > 50
    assert last.total_token_count == last.prompt_token_count + last.candidates_token_count


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("素数を判定するPython関数を書いてください", Code),
        ("12, 18, 25, 31 の平均を表にしてください", Data),
        ("秋の朝の俳句を詠んでください", Creative),
        ("Pub/Subとは何ですか", General),
        ("Write a Python function for binary search", Code),
        ("Compare SQL and NoSQL", Data),
        ("Write a slogan for our team", Creative),
        ("How do I plan a team offsite?", General),
    ],
)
async def test_a_response_schema_with_a_union_is_honoured(
    client: genai.client.AsyncClient, prompt: str, kind: type[BaseModel]
) -> None:
    answer = await client.models.generate_content(
        model=MODEL,
        contents=prompt,
        config=types.GenerateContentConfig(
            response_mime_type="application/json", response_schema=Union
        ),
    )
    assert isinstance(answer.parsed, kind)


async def test_a_discriminated_union_as_json_schema_is_streamed_in_pieces(
    client: genai.client.AsyncClient,
) -> None:
    chunks = await stream(
        client,
        "フィボナッチ数列のコード",
        response_mime_type="application/json",
        response_json_schema=Envelope.model_json_schema(),
    )
    assert len(chunks) > 5
    envelope = Envelope.model_validate_json("".join(chunk.text or "" for chunk in chunks))
    assert isinstance(envelope.answer, Code)
    assert "def fibonacci" in envelope.answer.code


async def test_a_schema_for_one_kind_gets_that_kind_whatever_is_asked(
    client: genai.client.AsyncClient,
) -> None:
    answer = await client.models.generate_content(
        model=MODEL,
        contents="Write a haiku",
        config=types.GenerateContentConfig(
            response_mime_type="application/json", response_schema=Data
        ),
    )
    assert isinstance(answer.parsed, Data)
    assert "|" in answer.parsed.analysis


async def test_the_same_question_is_answered_alike_and_may_vary_when_asked_again(
    base_url: str, journal: Journal, faults: FaultPlan
) -> None:
    async def ask_twice(url: str) -> list[str]:
        async with sdk(url) as client:
            return [
                "".join(chunk.text or "" for chunk in await stream(client, "Write a haiku"))
                for _ in range(2)
            ]

    first, again = await ask_twice(base_url)
    async with GeminiSimulator(journal=journal, faults=faults).serve() as other:
        assert await ask_twice(other.base_url) == [first, again]
    assert first != again


async def test_a_conversation_and_a_system_instruction_are_understood(
    client: genai.client.AsyncClient, simulator: GeminiSimulator
) -> None:
    answer = await client.models.generate_content(
        model=MODEL,
        contents=[
            types.Content(role="user", parts=[types.Part(text="What is Redis?")]),
            types.Content(role="model", parts=[types.Part(text="A store.")]),
            types.Content(role="user", parts=[types.Part(text="What does it cost?")]),
        ],
        config=types.GenerateContentConfig(system_instruction="Be kind."),
    )
    assert "earlier question, “What is Redis”" in (answer.text or "")
    assert simulator.requests[0].system_instruction == "Be kind."
    assert simulator.requests[0].prompt == "What does it cost?"


async def test_max_output_tokens_ends_the_answer_early(client: genai.client.AsyncClient) -> None:
    answer = await client.models.generate_content(
        model=MODEL,
        contents="What is Redis?",
        config=types.GenerateContentConfig(max_output_tokens=10),
    )
    assert answer.candidates is not None
    assert answer.candidates[0].finish_reason is types.FinishReason.MAX_TOKENS
    assert answer.usage_metadata is not None
    assert answer.usage_metadata.candidates_token_count == 10


async def test_thinking_is_counted_and_its_config_is_read_in_either_spelling(
    client: genai.client.AsyncClient,
) -> None:
    answer = await client.models.generate_content(
        model=MODEL,
        contents="Hi",
        config=types.GenerateContentConfig(
            thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel.HIGH)
        ),
    )
    assert answer.usage_metadata is not None
    assert answer.usage_metadata.thoughts_token_count == 160


async def test_a_search_leaves_queries_pages_and_the_places_they_support_in_the_last_piece(
    client: genai.client.AsyncClient,
) -> None:
    config = types.GenerateContentConfig(tools=[types.Tool(google_search=types.GoogleSearch())])
    chunks = [
        chunk
        async for chunk in await client.models.generate_content_stream(
            model=MODEL, contents="冪等性とは何ですか", config=config
        )
    ]
    metadata = [chunk.candidates[0].grounding_metadata for chunk in chunks if chunk.candidates]
    assert metadata[:-1] == [None] * (len(chunks) - 1)
    found = metadata[-1]
    assert found is not None
    assert found.web_search_queries == ["冪等性とは何ですか"]
    assert found.search_entry_point is not None
    assert "google.com/search?q=" in (found.search_entry_point.rendered_content or "")
    text = "".join(chunk.text or "" for chunk in chunks).encode()
    assert found.grounding_chunks
    assert found.grounding_supports
    for support in found.grounding_supports:
        segment = support.segment
        assert segment is not None
        assert text[segment.start_index or 0 : segment.end_index].decode() == segment.text
        for index in support.grounding_chunk_indices or ():
            web = found.grounding_chunks[index].web
            assert web is not None
            assert (web.uri or "").startswith(f"https://{web.title}/")
    usage = chunks[-1].usage_metadata
    assert usage is not None
    assert usage.tool_use_prompt_token_count == 120


async def test_pages_named_in_the_question_are_told_of_one_by_one(
    client: genai.client.AsyncClient,
) -> None:
    answer = await client.models.generate_content(
        model=MODEL,
        contents="Compare https://a.example/x and https://b.invalid/y, please",
        config=types.GenerateContentConfig(tools=[types.Tool(url_context=types.UrlContext())]),
    )
    assert answer.candidates is not None
    read = answer.candidates[0].url_context_metadata
    assert read is not None
    statuses = types.UrlRetrievalStatus
    assert [(one.retrieved_url, one.url_retrieval_status) for one in read.url_metadata or ()] == [
        ("https://a.example/x", statuses.URL_RETRIEVAL_STATUS_SUCCESS),
        ("https://b.invalid/y", statuses.URL_RETRIEVAL_STATUS_ERROR),
    ]


@pytest.mark.parametrize(
    ("model", "older", "level", "taken"),
    [
        ("gemini-3.8-flash", False, "MINIMAL", False),
        ("gemini-3.8-flash", False, "LOW", True),
        ("gemini-3.5-flash-lite", False, "MINIMAL", True),
        ("gemini-3.5-flash-lite", False, "XHIGH", False),
        ("gemini-3.5-flash-lite", True, "LOW", False),
    ],
)
async def test_each_model_takes_its_own_levels_of_thinking(
    client: genai.client.AsyncClient,
    simulator: GeminiSimulator,
    model: str,
    older: bool,
    level: str,
    taken: bool,
) -> None:
    simulator.config = GeminiConfig(older=frozenset({model} if older else ()))
    thinking = types.ThinkingConfig(thinking_level=types.ThinkingLevel(level))
    config = types.GenerateContentConfig(thinking_config=thinking)
    if taken:
        answer = await client.models.generate_content(model=model, contents="Hi", config=config)
        assert answer.text
        return
    with pytest.raises(errors.ClientError) as refused:
        await client.models.generate_content(model=model, contents="Hi", config=config)
    assert refused.value.code == 400
    assert (refused.value.message or "").startswith("Thinking level ")


@pytest.mark.parametrize("older", [True, False])
async def test_tools_for_an_answer_in_json_are_taken_since_gemini_3(
    client: genai.client.AsyncClient, simulator: GeminiSimulator, older: bool
) -> None:
    simulator.config = GeminiConfig(older=frozenset({MODEL} if older else ()))
    config = types.GenerateContentConfig(
        tools=[types.Tool(google_search=types.GoogleSearch())],
        response_mime_type="application/json",
        response_schema=General,
    )
    asked = client.models.generate_content(model=MODEL, contents="What is Redis?", config=config)
    if older:
        with pytest.raises(errors.ClientError, match="Tool use with a response mime type"):
            await asked
        return
    answer = await asked
    assert isinstance(answer.parsed, General)
    assert answer.candidates is not None
    assert answer.candidates[0].grounding_metadata is not None


async def test_tokens_are_counted_and_models_are_listed(client: genai.client.AsyncClient) -> None:
    counted = await client.models.count_tokens(model=MODEL, contents="こんにちは、世界")
    assert counted.total_tokens == 8
    listed = [model.name async for model in await client.models.list()]
    assert f"models/{MODEL}" in listed
    assert (await client.models.get(model=MODEL)).name == f"models/{MODEL}"


async def test_vertex_paths_are_served_too(base_url: str) -> None:
    async with aiohttp.ClientSession() as session:
        http = types.HttpOptions(base_url=base_url, aiohttp_client=session)
        client = genai.Client(vertexai=True, api_key="local", http_options=http)
        answer = await client.aio.models.generate_content(model=MODEL, contents="Hello")
        assert answer.text
        url = f"{base_url}/v1beta1/projects/p/locations/global/publishers/google/models/{MODEL}"
        body = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
        bearer = {"Authorization": "Bearer local"}
        async with session.post(f"{url}:generateContent", json=body, headers=bearer) as response:
            assert response.status == 200
        await client.aio.aclose()
        client.close()


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
