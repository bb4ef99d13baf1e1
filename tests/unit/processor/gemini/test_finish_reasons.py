"""Each reason to end an answer that google-genai knows has been decided about."""

import pytest
from google.genai.types import BlockedReason, FinishReason

from processor_service.gemini.responses import BLOCK_REASONS, FINISH_REASONS
from processor_service.texts.failures import WORDS
from shared.errors import ModelRefused, ModelUnavailable
from tests.support.gemini_responses import piece_of, received

SAFETY = {"answer_blocked", "question_blocked"}


def test_somebody_has_decided_about_every_reason_that_the_library_knows() -> None:
    assert set(FINISH_REASONS) == {reason.value for reason in FinishReason}
    assert set(BLOCK_REASONS) == {reason.value for reason in BlockedReason}


WHYS = sorted({*FINISH_REASONS.values(), *BLOCK_REASONS.values()} - {"finished"})


@pytest.mark.parametrize("why", WHYS)
def test_each_has_words_and_only_safety_is_told_as_safety(why: str) -> None:
    words = WORDS[why]
    told = words.what["ja"] + words.what["en"]
    assert ("安全" in told) == ("safety" in told) == (why in SAFETY)


@pytest.mark.parametrize("reason", ["MALFORMED_RESPONSE", "NO_IMAGE", "A_REASON_OF_NEXT_YEAR"])
def test_a_failure_of_the_vendor_is_worth_another_attempt(reason: str) -> None:
    with pytest.raises(ModelUnavailable) as failed:
        piece_of(received({"candidates": [{"finishReason": reason}]}))
    assert failed.value.reason == "answer_broken_off"


def test_a_block_without_a_known_reason_is_not_called_unsafe() -> None:
    for reason in ("OTHER", "A_REASON_OF_NEXT_YEAR"):
        with pytest.raises(ModelUnavailable) as declined:
            piece_of(received({"promptFeedback": {"blockReason": reason}}))
        assert declined.value.reason == "question_declined"
    with pytest.raises(ModelRefused):
        piece_of(received({"promptFeedback": {"blockReason": "JAILBREAK"}}))
