"""The Gemini simulator, driven by google-genai's own async client: answers, thinking and tools."""

import aiohttp
import pytest
from google import genai
from google.genai import errors, types

from simulators.faults import FaultPlan
from simulators.gemini import GeminiConfig, GeminiSimulator
from simulators.journal import Journal
from tests.support.gemini_sdk import MODEL, sdk, stream

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TRACE = {"traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-01"}


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
