"""Which commands ask to catch up, and what with."""

from datetime import UTC, datetime, timedelta

import pytest

from command_service.payloads.messages import read_command, read_typed
from command_service.payloads.model import NotAQuestion, Question, RejectReason
from command_service.payloads.slash_command import CatchUpRequest, read_catch_up
from shared.task import Mode, Purpose, Source, Subject
from tests.support.fakes.command.payloads import IDENTITY, a_command

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def days(count: int) -> timedelta:
    return timedelta(days=count)


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("catch-up", CatchUpRequest()),
        ("Catch-Up 3d", CatchUpRequest(None, days(3))),
        ("catchup <#C2|general> 1w", CatchUpRequest("C2", days(7))),
        ("catch-up 1w <#G2|>", CatchUpRequest("G2", days(7))),
        ("まとめ", CatchUpRequest()),
        ("まとめ　<#C2> ３日", CatchUpRequest("C2", days(3))),
        ("キャッチアップ 1週間", CatchUpRequest(None, days(7))),
        ("catch-up --private 1d", CatchUpRequest()),
        ("まとめ ーーprivate", CatchUpRequest()),
        ("--private catch-up <#C2> 3d", CatchUpRequest("C2", days(3))),
        ("ーーprivate まとめ", CatchUpRequest()),
        ("まとめ　－－ｐｒｉｖａｔｅ　１日", CatchUpRequest()),
    ],
)
def test_a_channel_and_a_time_stand_behind_the_word_in_any_order(
    typed: str, wanted: CatchUpRequest
) -> None:
    assert read_catch_up(typed) == wanted


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "まとめ方を教えて",
        "まとめ 方を教えて",
        "catch-up とは何ですか",
        "catch-up 2y",
        "catch-up <#C1> <#C2>",
        "catch-up 1d 3d",
        "catch-up <#D1>",
        "catch-up <#c1>",
        "catch-up &lt;#C1&gt;",
        "catch-up 1d <#C1> --private 1d 1d",
        "please catch-up",
    ],
)
def test_everything_else_is_a_question(typed: str) -> None:
    assert read_catch_up(typed) is None


@pytest.mark.parametrize("typed", ["catch-up #general", "まとめ ＃総務 3d"])
def test_a_channel_without_its_id_is_asked_for_again(typed: str) -> None:
    assert read_catch_up(typed) == NotAQuestion(RejectReason.UNKNOWN_CHANNEL)
    assert read_command(a_command(typed), IDENTITY, NOW) == NotAQuestion(
        RejectReason.UNKNOWN_CHANNEL
    )


def test_it_is_a_private_question_about_the_channel_in_that_time() -> None:
    question = read_command(a_command("catch-up <#C2|general> 3d"), IDENTITY, NOW)

    assert isinstance(question, Question)
    assert (question.source, question.mode, question.private) == (
        Source.SLASH_COMMAND,
        Mode.CHAT,
        True,
    )
    assert (question.text, question.channel_id) == ("", "C1")
    assert question.subject == Subject(
        purpose=Purpose.CATCH_UP,
        channel_id="C2",
        message_ts=f"{NOW.timestamp():.6f}",
        since=f"{(NOW - days(3)).timestamp():.6f}",
    )


def test_without_a_channel_it_is_about_the_one_where_it_was_typed() -> None:
    question = read_command(a_command("まとめ"), IDENTITY, NOW)

    assert isinstance(question, Question)
    assert question.subject is not None
    assert question.subject.channel_id == "C1"


def test_who_and_where_slack_names_in_a_command_stand_in_it_by_their_names() -> None:
    """Slack sends ids for them since it is asked for those of channels."""
    body = a_command("ask <@U9|kenji> in <#C2|general> why a &lt; b &amp;&amp; c")
    question = read_command(body, IDENTITY, NOW)

    assert isinstance(question, Question)
    assert question.text == "ask @kenji in #general why a < b && c"
    assert read_typed(body, IDENTITY).text == f"/gemini {question.text}"
    own = a_command(f"<@{IDENTITY.bot_user_id}|mechachang> hello")
    told = read_command(own, IDENTITY, NOW)
    assert isinstance(told, Question)
    assert told.text == "hello"
