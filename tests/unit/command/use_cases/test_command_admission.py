"""Who may ask what."""

from typing import Any

import pytest

from command_service.payloads.model import AskingReaction, RejectReason
from command_service.texts.replies import IS_THINKING, LOADING_LINES, TOLD, refusal
from command_service.use_cases.policy import Policy, admit, rollout_bucket
from shared.task import Locale, TaskFile
from tests.support.fakes.command.payloads import a_question

LOCALES: tuple[Locale, ...] = ("ja", "en")


def test_everybody_may_ask_where_nothing_is_set() -> None:
    assert admit(a_question(), Policy()) is None


@pytest.mark.parametrize(
    ("policy", "question", "reason"),
    [
        ({"team_ids": {"T2"}}, {}, RejectReason.TEAM_NOT_ALLOWED),
        ({"channel_ids": {"C2"}}, {}, RejectReason.CHANNEL_NOT_ALLOWED),
        ({"user_ids": {"U2"}}, {}, RejectReason.USER_NOT_ALLOWED),
        ({}, {"external": True}, RejectReason.EXTERNAL_CHANNEL),
        ({"rollout_percent": 0}, {}, RejectReason.NOT_IN_ROLLOUT),
        ({}, {"text": ""}, RejectReason.EMPTY_PROMPT),
        ({"max_prompt_chars": 3}, {"text": "四文字だ"}, RejectReason.PROMPT_TOO_LONG),
    ],
)
def test_each_rule_refuses_with_its_own_reason(
    policy: dict[str, Any], question: dict[str, Any], reason: RejectReason
) -> None:
    assert admit(a_question(**question), Policy(**policy)) is reason


@pytest.mark.parametrize(
    ("policy", "question"),
    [
        ({"team_ids": {"T1"}, "channel_ids": {"C1"}, "user_ids": {"U1"}}, {}),
        ({"external_channels": True}, {"external": True}),
        ({"rollout_percent": 0, "rollout_user_ids": {"U1"}}, {}),
        ({"max_prompt_chars": 3}, {"text": "三文字"}),
        ({}, {"text": "", "files": (TaskFile(id="F1"),)}),
    ],
)
def test_what_is_allowed_by_name_or_just_fits_is_admitted(
    policy: dict[str, Any], question: dict[str, Any]
) -> None:
    assert admit(a_question(**question), Policy(**policy)) is None


def test_a_rollout_reaches_about_its_share_and_only_ever_adds_people() -> None:
    users = [f"U{number:06d}" for number in range(2000)]

    def reached(percent: int) -> set[str]:
        policy = Policy(rollout_percent=percent)
        return {u for u in users if admit(a_question(user_id=u), policy) is None}

    assert 0.2 < len(reached(25)) / len(users) < 0.3
    assert reached(10) < reached(25) < reached(100)
    assert len(reached(100)) == len(users)


def test_a_users_bucket_never_changes_between_releases() -> None:
    assert [rollout_bucket(user) for user in ("U1", "U2", "UABCDEF")] == [96, 0, 89]


@pytest.mark.parametrize("reason", sorted(TOLD))
def test_every_told_reason_has_a_text_in_both_languages(reason: RejectReason) -> None:
    texts = {refusal(reason, max_prompt_chars=20_000)[locale] for locale in LOCALES}

    assert len(texts) == 2
    assert not any("{" in text for text in texts)


def test_what_no_person_would_wonder_about_stays_silent() -> None:
    assert set(RejectReason) - TOLD == {
        RejectReason.OWN_MESSAGE,
        RejectReason.BOT_MESSAGE,
        RejectReason.MESSAGE_CHANGED,
        RejectReason.NOT_A_QUESTION,
        RejectReason.NOT_FOLLOWED,
        RejectReason.POSTPONED,
        RejectReason.OTHER_REACTION,
        RejectReason.DROPPED,
        RejectReason.THANKS,
        RejectReason.TOO_SOON,
        RejectReason.TAMPERED,
        RejectReason.ILL_FORMED,
    }


@pytest.mark.parametrize("locale", LOCALES)
def test_too_long_a_question_is_told_the_limit(locale: Locale) -> None:
    assert "20,000" in refusal(RejectReason.PROMPT_TOO_LONG, max_prompt_chars=20_000)[locale]


@pytest.mark.parametrize("reason", [RejectReason.HELP_ASKED, RejectReason.EMPTY_PROMPT])
@pytest.mark.parametrize("locale", LOCALES)
def test_the_usage_names_every_mode_option_and_limit(locale: Locale, reason: RejectReason) -> None:
    usage = refusal(reason, max_prompt_chars=20_000)[locale]
    for named in ("general:", "code:", "data:", "creative:", "--private", "--mode", "20,000"):
        assert named in usage


@pytest.mark.parametrize("locale", LOCALES)
def test_the_status_keeps_within_slacks_ten_loading_messages(locale: Locale) -> None:
    assert IS_THINKING[locale].startswith({"ja": "が", "en": "is "}[locale])
    assert 1 < len(LOADING_LINES[locale]) <= 10


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_the_usage_names_the_reaction_that_asks_only_where_one_does(locale: Locale) -> None:
    def usage(asking: AskingReaction | None) -> str:
        return refusal(RejectReason.HELP_ASKED, max_prompt_chars=9, asking=asking)[locale]

    assert "eaction" not in usage(None)
    assert "リアクション" not in usage(None)
    directly, in_thread = (
        usage(AskingReaction("gemini", in_thread=each)) for each in (False, True)
    )
    assert directly.count(":gemini:") == in_thread.count(":gemini:") == 1
    assert directly != in_thread
