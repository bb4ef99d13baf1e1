"""How the model is told to answer, on Gemini's protocol: thinking, tools, and what it refuses."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from processor_service.answering.generate import generate
from processor_service.answering.generation import Generation, GenerationRequest
from processor_service.gemini.access import GeminiAccess
from processor_service.gemini.client import gemini_client
from processor_service.gemini.model import GeminiModel
from processor_service.ports.answers import Answer
from processor_service.ports.citations import Citations, WebPage
from processor_service.ports.generation_options import GenerationOptions, Thinking, Tool
from processor_service.ports.model import Chunk, Prompt
from processor_service.prompt.build import PromptConfig, prompt_for
from shared.errors import ModelRejected, ModelUnavailable
from shared.retry import RetryPolicy
from shared.task import Mode
from simulators.gemini import ErrorReply, GeminiConfig, GeminiSimulator, Reply
from simulators.gemini.answering.grounding import TOKENS_A_LOOKUP
from simulators.journal import Journal
from tests.support.fakes.processor.model import Blind, whole
from tests.support.fakes.processor.prompt_context import THAT_DAY
from tests.support.fakes.processor.retrying import Naps
from tests.support.tasks import a_task

MODEL = "gemini-3.8-flash"
SPARE = "gemini-3.5-flash-lite"
SEARCHING = GenerationOptions(tools=(Tool.GOOGLE_SEARCH,))
READING = GenerationOptions(tools=(Tool.URL_CONTEXT,))
BOTH = GenerationOptions(Thinking.LOW, (Tool.GOOGLE_SEARCH, Tool.URL_CONTEXT))


@pytest.fixture
async def model(simulator: GeminiSimulator) -> AsyncIterator[GeminiModel]:
    async with simulator.serve() as running:
        access = GeminiAccess("local", base_url=running.base_url)
        async with gemini_client(access, idle_timeout_s=5.0) as api:
            yield GeminiModel(api)


@pytest.fixture
def older(simulator: GeminiSimulator) -> None:
    """Both models refuse what those before Gemini 3 refused."""
    simulator.config = GeminiConfig(older=frozenset({MODEL, SPARE}))


def a_prompt(
    options: GenerationOptions, mode: Mode = Mode.CHAT, text: str = "冪等性とは何ですか"
) -> Prompt:
    return replace(
        prompt_for(a_task(mode=mode, text=text), THAT_DAY, PromptConfig()), options=options
    )


async def pieces_of(model: GeminiModel, prompt: Prompt) -> list[Chunk]:
    async with aclosing(model.stream(prompt, MODEL)) as pieces:
        return [piece async for piece in pieces]


async def answered(model: GeminiModel, prompt: Prompt, attempts: int = 1) -> Answer:
    generation = Generation(MODEL, SPARE, RetryPolicy(attempts, Naps()))
    return await whole(
        generate(GenerationRequest(prompt, model, Blind()), generation, float("inf"))
    )


def sent(simulator: GeminiSimulator) -> list[tuple[str | None, bool]]:
    """The level of thinking and whether tools were named, of each request that was taken."""
    found = []
    for request in simulator.requests:
        thinking = request.body.get("generationConfig", {}).get("thinkingConfig", {})
        level = thinking.get("thinkingLevel", thinking.get("thinking_level"))
        found.append((level, "tools" in request.body))
    return found


async def test_the_manner_is_sent_and_what_is_not_set_is_left_to_the_model(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    await pieces_of(model, a_prompt(BOTH))
    await pieces_of(model, a_prompt(GenerationOptions()))
    [first, second] = [request.body for request in simulator.requests]
    assert first["tools"] == [{"googleSearch": {}}, {"urlContext": {}}]
    assert sent(simulator) == [("LOW", True), (None, False)]
    assert "thinkingConfig" not in second.get("generationConfig", {})


async def test_what_a_search_found_comes_with_the_answer(model: GeminiModel) -> None:
    answer = await answered(model, a_prompt(SEARCHING))
    assert [page.title for page in answer.sources.pages] == [
        "example.com",
        "example.org",
        "example.net",
    ]
    assert all(page.url.startswith("https://example.") for page in answer.sources.pages)
    assert answer.sources.searches == ("冪等性とは何ですか",)
    assert not answer.sources.missing
    alone = await answered(model, a_prompt(GenerationOptions()))
    assert answer.prompt_tokens == alone.prompt_tokens + TOKENS_A_LOOKUP


async def test_pages_that_could_be_read_are_sources_and_others_not(model: GeminiModel) -> None:
    text = "https://docs.example/a と https://gone.invalid/b を比べてください"
    answer = await answered(model, a_prompt(READING, text=text))
    assert answer.sources == Citations((WebPage("https://docs.example/a"),))


async def test_a_model_that_did_not_search_has_no_sources_and_no_excuse(
    model: GeminiModel,
) -> None:
    assert (await answered(model, a_prompt(BOTH, text="こんにちは"))).sources == Citations()


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.CODE])
async def test_tools_and_a_schema_go_together_where_the_model_allows_it(
    model: GeminiModel, simulator: GeminiSimulator, mode: Mode
) -> None:
    answer = await answered(model, a_prompt(SEARCHING, mode))
    assert answer.sources.pages
    assert answer.mode in {Mode.GENERAL, Mode.CODE}
    assert sent(simulator) == [(None, True)]


@pytest.mark.usefixtures("older")
async def test_where_it_does_not_the_answer_comes_without_tools_and_says_so(
    model: GeminiModel, simulator: GeminiSimulator, journal: Journal
) -> None:
    with capture_logs() as logs:
        for _ in range(3):
            answer = await answered(model, a_prompt(SEARCHING, Mode.AUTO))
            assert answer.text
            assert answer.sources == Citations(missing=True)
    assert (await answered(model, a_prompt(SEARCHING))).sources.pages
    assert sent(simulator) == [(None, False)] * 3 + [(None, True)]
    assert len(journal.entries(step="refused")) == 1
    assert [line["action"] for line in logs] == ["tools_refused"]


@pytest.mark.parametrize("level", [Thinking.MINIMAL, Thinking.XHIGH])
async def test_a_level_of_thinking_the_model_does_not_know_costs_nobody_an_answer(
    model: GeminiModel, simulator: GeminiSimulator, journal: Journal, level: Thinking
) -> None:
    with capture_logs() as logs:
        for _ in range(3):
            assert (await answered(model, a_prompt(GenerationOptions(level)))).model == MODEL
    assert [line["action"] for line in logs] == ["thinking_refused"]
    await answered(model, a_prompt(GenerationOptions(Thinking.LOW)))
    assert sent(simulator) == [(None, False)] * 3 + [("LOW", False)]
    assert len(journal.entries(step="refused")) == 1


@pytest.mark.usefixtures("older")
async def test_both_wishes_may_be_refused_one_after_the_other(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    answer = await answered(model, a_prompt(BOTH, Mode.GENERAL))
    assert answer.sources.missing
    assert sent(simulator) == [(None, False)]
    assert simulator.requests[0].body["generationConfig"]["responseMimeType"] == "application/json"


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (ErrorReply(400, message="Google Search grounding is not enabled for this project."), 1),
        (ErrorReply(403, message="Permission denied on the tool google_search."), 2),
        (ErrorReply(429, message="Quota exceeded for search grounding requests."), 2),
        (ErrorReply(400, message="Request contains an invalid argument."), 2),
    ],
)
async def test_a_tool_that_fails_is_left_out_and_only_what_cannot_change_for_good(
    model: GeminiModel, simulator: GeminiSimulator, error: ErrorReply, again: int
) -> None:
    simulator.script("質問", Reply(error=error), Reply(text="知識からの答え"))
    prompt = a_prompt(SEARCHING, text="質問")
    for _ in range(2):
        answer = await answered(model, prompt)
        assert answer.text == "知識からの答え"
    with_tools = [tools for _, tools in sent(simulator)]
    assert with_tools == ([True, False, False] if again == 1 else [True, False, True])
    assert answer.sources.missing is (again == 1)


@pytest.mark.parametrize(
    ("error", "raised", "reason"),
    [
        (ErrorReply(400, message="The input token count exceeds the maximum."), ModelRejected, ""),
        (ErrorReply(429), ModelUnavailable, "model_rate_limited"),
        (ErrorReply(503), ModelUnavailable, "model_unavailable"),
    ],
)
async def test_other_refusals_stay_what_they_are(
    model: GeminiModel,
    simulator: GeminiSimulator,
    error: ErrorReply,
    raised: type[Exception],
    reason: str,
) -> None:
    simulator.script("質問", Reply(error=error))
    with pytest.raises(raised) as told:
        await pieces_of(model, a_prompt(BOTH, text="質問"))
    assert reason in getattr(told.value, "reason", "")
    assert len(simulator.requests) == 1


@pytest.mark.parametrize("finish_reason", ["UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"])
async def test_a_model_lost_in_its_tools_is_asked_without_them_in_the_end(
    model: GeminiModel, simulator: GeminiSimulator, finish_reason: str
) -> None:
    lost = Reply(text="", finish_reason=finish_reason)
    simulator.script("質問", lost, lost, Reply(text="知識からの答え"))
    answer = await answered(model, a_prompt(SEARCHING, text="質問"), attempts=2)
    assert answer.sources == Citations(missing=True)
    assert [(r.model, "tools" in r.body) for r in simulator.requests] == [
        (MODEL, True),
        (MODEL, True),
        (SPARE, False),
    ]


@pytest.mark.parametrize(
    "lookups",
    [
        {"groundingMetadata": {}},
        {"groundingMetadata": {"groundingChunks": [{}, {"web": {}}, {"web": {"title": "x"}}]}},
        {"urlContextMetadata": {}},
        {"urlContextMetadata": {"urlMetadata": [{"urlRetrievalStatus": "NEW_ONE"}]}},
    ],
)
async def test_what_google_leaves_out_is_no_source(
    model: GeminiModel, simulator: GeminiSimulator, lookups: dict[str, Any]
) -> None:
    simulator.script("質問", Reply(text="答え", lookups=lookups))
    assert (await answered(model, a_prompt(BOTH, text="質問"))).sources == Citations()


async def test_sources_that_come_in_several_pieces_count_once(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    web = {"web": {"uri": "https://a.example/", "title": "A"}}
    twice = {"groundingMetadata": {"groundingChunks": [web, web], "webSearchQueries": ["a", "a"]}}
    simulator.script("質問", Reply(text="答え", lookups=twice))
    answer = await answered(model, a_prompt(SEARCHING, text="質問"))
    assert answer.sources == Citations((WebPage("https://a.example/", "A"),), ("a",))
