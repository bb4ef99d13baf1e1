"""The prompt's words change only with a new version and a recorded result of its evaluation."""

import json

import pytest

from processor_service.prompt import instructions
from processor_service.prompt.build import PROMPT_VERSION
from shared.task import Locale
from tests.evaluate.questions import questions
from tests.evaluate.results import RECORDED, fingerprint
from tests.evaluate.rules import RULES

HOW = "see CONTRIBUTING.md, The prompt: raise PROMPT_VERSION, then make evaluate ARGS=--record"


def test_the_prompt_is_the_one_that_was_evaluated() -> None:
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))

    assert recorded["prompt_version"] == PROMPT_VERSION, HOW
    assert recorded["fingerprint"] == fingerprint(), HOW


def test_the_record_says_who_answered_and_what() -> None:
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))

    assert recorded["model"]
    assert recorded["asked"] == len(questions())
    assert set(recorded["broken"]) == set(RULES)


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_one_word_more_is_another_prompt(locale: Locale, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint()
    monkeypatch.setitem(instructions.SYSTEM, locale, instructions.SYSTEM[locale] + " x")
    assert fingerprint() != before


def test_forty_questions_are_asked_in_both_languages() -> None:
    asked = questions()

    assert len({each.name for each in asked}) == 40
    assert len({each.text for each in asked}) == 80
    assert {each.mode for each in asked} >= {"chat", "auto", "general", "code", "data", "creative"}
