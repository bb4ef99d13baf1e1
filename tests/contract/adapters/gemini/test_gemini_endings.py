"""How answers end: what follows the end, what goes on in another request, what is no end."""

import json
from base64 import b64encode
from typing import Any

import pytest

from processor_service.gemini.model import GeminiModel
from processor_service.ports.model import Chunk
from shared.errors import ModelRefused
from simulators.gemini import ErrorReply, GeminiSimulator, Reply
from tests.contract.adapters.gemini.test_gemini_model import generated, model, pieces_of
from tests.support.fakes.processor.retrying import Naps

__all__ = ["model"]

USAGE = {"promptTokenCount": 7, "candidatesTokenCount": 11}
PAGE = {"groundingChunks": [{"web": {"uri": "https://a.example/", "title": "A"}}]}
TRAILERS: dict[str, dict[str, Any]] = {
    "usage": {"usageMetadata": USAGE},
    "empty candidates": {"candidates": [], "usageMetadata": USAGE},
    "a candidate that says nothing": {"candidates": [{"index": 0}]},
    "sources": {"candidates": [{"groundingMetadata": PAGE, "index": 0}]},
    "a signature": {
        "candidates": [{"content": {"parts": [{"text": "", "thoughtSignature": "c2ln"}]}}]
    },
    "another end": {"candidates": [{"finishReason": "OTHER"}]},
    "an error": ErrorReply(503).as_json(),
    "no form that is known": {"candidates": [{"content": "?"}]},
}


@pytest.mark.parametrize("reason", ["STOP", "MAX_TOKENS"])
@pytest.mark.parametrize("trailer", TRAILERS.values(), ids=TRAILERS)
async def test_a_whole_answer_stays_whole_whatever_comes_behind_its_end(
    model: GeminiModel, simulator: GeminiSimulator, trailer: dict[str, Any], reason: str
) -> None:
    reply = Reply(chunks=["全部", "です。"], finish_reason=reason, afterwards=[trailer])
    simulator.script("質問", reply)
    answer = await generated(model, 1, Naps())
    assert (answer.text, answer.truncated) == ("全部です。", reason == "MAX_TOKENS")
    assert answer.output_tokens > 0
    assert len(simulator.requests) == 1
    if trailer is TRAILERS["sources"]:
        assert [page.title for page in answer.sources.pages] == ["A"]


@pytest.mark.parametrize(
    "reply",
    [Reply(chunks=["全部", "です。"], cut_after=2), Reply(chunks=["全部", "です。"], hang_after=2)],
    ids=["cut", "silent"],
)
async def test_a_connection_lost_behind_the_end_loses_no_answer(
    model: GeminiModel, simulator: GeminiSimulator, reply: Reply
) -> None:
    simulator.script("質問", reply)
    assert (await generated(model, 1, Naps())).text == "全部です。"
    assert len(simulator.requests) == 1


async def test_usage_behind_a_piece_without_an_end_does_not_make_it_whole(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    cut = Reply(text="途中", finish_reason=None, afterwards=[TRAILERS["usage"]])
    simulator.script("質問", cut, Reply(text="全部です。"))
    assert (await generated(model, 2, Naps())).text == "全部です。"


@pytest.mark.parametrize(
    "reason",
    ["MALFORMED_RESPONSE", "MISSING_THOUGHT_SIGNATURE", "NO_IMAGE", "IMAGE_OTHER", "OF_NEXT_YEAR"],
)
async def test_an_answer_that_gemini_spoils_is_asked_for_again(
    model: GeminiModel, simulator: GeminiSimulator, reason: str
) -> None:
    simulator.script("質問", Reply(text="", finish_reason=reason), Reply(text="全部です。"))
    assert (await generated(model, 2, Naps())).text == "全部です。"


async def test_a_question_declined_without_a_reason_is_told_when_every_model_declined_it(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    simulator.script("質問", Reply(block_reason="OTHER"))
    with pytest.raises(ModelRefused) as declined:
        await generated(model, 2, Naps())
    assert declined.value.reason == "question_declined"
    assert len(simulator.requests) == 3


def going_on(token: str, text: str) -> Reply:
    return Reply(text=text, finish_reason="CONTINUATION", continuation=token)


async def test_an_answer_in_several_requests_is_one_answer(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    simulator.script(
        "質問", going_on("YQ==", "一つ、"), going_on("Yg==", "二つ、"), Reply(text="三つ。")
    )
    pieces = await pieces_of(model, "質問")
    assert "".join(piece.text for piece in pieces) == "一つ、二つ、三つ。"
    assert [piece.finished for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert not pieces[-1].truncated
    bodies = [dict(request.body) for request in simulator.requests]
    assert [body.pop("continuationToken", None) for body in bodies] == [None, "YQ==", "Yg=="]
    assert len({json.dumps(body) for body in bodies}) == 1
    assert pieces[-1].prompt_tokens == 3 * pieces[0].prompt_tokens


@pytest.mark.parametrize("token", [None, "YQ=="], ids=["no token", "the same token again"])
async def test_an_answer_that_cannot_be_continued_is_shown_as_far_as_it_came(
    model: GeminiModel, simulator: GeminiSimulator, token: str | None
) -> None:
    stuck = Reply(text="途中まで", finish_reason="CONTINUATION", continuation=token)
    simulator.script("質問", stuck)
    answer = await generated(model, 1, Naps())
    assert answer.truncated
    assert answer.text.startswith("途中まで")
    assert len(simulator.requests) <= 2


async def test_a_continuation_that_fails_makes_the_attempt_fail(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    down = Reply(error=ErrorReply(503))
    simulator.script("質問", going_on("YQ==", "一つ、"), down, Reply(text="全部です。"))
    assert (await generated(model, 2, Naps())).text == "全部です。"


async def test_a_chain_of_continuations_has_an_end(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    tokens = [b64encode(bytes([n])).decode() for n in range(20)]
    simulator.script("質問", *(going_on(token, f"{token} ") for token in tokens))
    pieces: list[Chunk] = await pieces_of(model, "質問")
    assert pieces[-1].truncated
    assert len(simulator.requests) == 8
