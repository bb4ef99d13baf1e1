"""Google's errors in the bodies that Google sends: whose matter each is."""

import pytest
from structlog.testing import capture_logs

from processor_service.answering.generate import generate
from processor_service.answering.generation import Generation, GenerationRequest
from processor_service.gemini.model import GeminiModel
from processor_service.gemini.pacific_day import next_pacific_midnight
from processor_service.texts.failures import WORDS
from shared import clock
from shared.errors import ModelRejected, ModelUnavailable
from shared.retry import RetryPolicy
from simulators.gemini import GeminiSimulator, Reply
from simulators.gemini.protocol.google_errors import KNOWN
from tests.contract.adapters.gemini.test_gemini_model import (
    MODEL,
    SPARE,
    generated,
    model,
    pieces_of,
    prompt,
)
from tests.support.fakes.processor.model import Blind, whole
from tests.support.fakes.processor.retrying import Naps

__all__ = ["model"]

TOLD = {
    "region": "model_misconfigured",
    "billing": "model_misconfigured",
    "unknown name": "model_misconfigured",
    "expired key": "model_denied",
    "token": "model_denied",
    "service disabled": "model_misconfigured",
    "billing disabled": "model_misconfigured",
    "key blocked": "model_denied",
    "permission": "model_denied",
    "path": "model_misconfigured",
    "model": "model_not_found",
    "redirect": "model_misconfigured",
    "too many tokens": "question_too_long",
    "too many bytes": "question_too_long",
    "day": "model_daily_quota",
}
TRANSIENT = {"cancelled": "model_unavailable", "minute": "model_rate_limited"}


def test_every_error_that_the_simulator_knows_is_decided_about() -> None:
    assert {*TOLD, *TRANSIENT} == set(KNOWN)


@pytest.mark.parametrize(("error", "reason"), TOLD.items())
async def test_what_will_come_again_is_told_at_once_as_what_it_is(
    model: GeminiModel, simulator: GeminiSimulator, error: str, reason: str
) -> None:
    simulator.script("質問", Reply(error=KNOWN[error]))
    with capture_logs() as logs, pytest.raises(ModelRejected) as told:
        await pieces_of(model, "質問")
    assert told.value.reason == reason
    assert len(simulator.requests) == 1
    for_operators = [log for log in logs if log["event"].startswith("Gemini does not serve us")]
    concerns_them = "管理者" in WORDS[reason].advice["ja"]
    assert len(for_operators) == concerns_them
    shortens = "短く" in WORDS[reason].advice["ja"]
    assert shortens == (reason == "question_too_long")


@pytest.mark.parametrize(("error", "reason"), TRANSIENT.items())
async def test_what_may_pass_is_asked_again(
    model: GeminiModel, simulator: GeminiSimulator, error: str, reason: str
) -> None:
    simulator.script("質問", Reply(error=KNOWN[error]), Reply(text="はい。"))
    assert (await generated(model, 2, Naps())).text == "はい。"
    simulator.script("質問", Reply(error=KNOWN[error]))
    with pytest.raises(ModelUnavailable) as away:
        await pieces_of(model, "質問")
    assert away.value.reason == reason


async def test_a_used_up_daily_quota_goes_to_the_other_model_without_a_wait(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    naps = Naps()
    simulator.script("質問", Reply(error=KNOWN["day"]), Reply(text="代わりに答えます。"))
    answer = await generated(model, 4, naps)
    assert (answer.model, naps.seconds) == (SPARE, [])


async def test_daily_quotas_used_up_everywhere_are_told_at_once_with_when_it_goes_on(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    naps = Naps()
    simulator.script("質問", Reply(error=KNOWN["day"]))
    generation = Generation(MODEL, SPARE, RetryPolicy(4, naps))
    with pytest.raises(ModelRejected) as told:
        await whole(
            generate(GenerationRequest(prompt("質問"), model, Blind()), generation, float("inf"))
        )
    assert (told.value.reason, naps.seconds) == ("model_daily_quota", [])
    assert told.value.resumes_at == next_pacific_midnight(clock.now())
    assert [request.model for request in simulator.requests] == [MODEL, SPARE]
