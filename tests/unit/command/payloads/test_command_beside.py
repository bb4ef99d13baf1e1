"""A direct message about "this channel" is about the one that Slack says is open beside it."""

from typing import Any

import pytest

from command_service.payloads.messages import read_message
from command_service.payloads.model import Question
from shared.task import Purpose, Subject
from tests.support.fakes.command.payloads import IDENTITY, a_direct_message

NOW = 1_795_489_200.0001
TS = f"{NOW:.6f}"
CHANNEL = {"type": "slack#/types/channel_id", "value": "C2", "team_id": "T1"}
MESSAGE = {
    "type": "slack#/types/message_context",
    "value": {"channel_id": "C3", "message_ts": "1795480000.000100"},
}


def asked(text: str, *entities: Any, **changes: Any) -> Question:
    event = {
        "channel": "D1",
        "channel_type": "im",
        "ts": TS,
        "text": text,
        "app_context": {"entities": list(entities)} if entities else {},
    }
    question = read_message(a_direct_message(**{**event, **changes}), IDENTITY, False)
    assert isinstance(question, Question)
    return question


def about(text: str, *entities: Any, **changes: Any) -> Subject | None:
    return asked(text, *entities, **changes).subject


def days(text: str) -> float:
    subject = about(text, CHANNEL)
    assert subject is not None
    assert subject.since is not None
    return round((NOW - float(subject.since)) / 86_400, 3)


@pytest.mark.parametrize(
    "text",
    ["このチャンネルの今週をまとめて", "Summarise this channel's week.", "この ﾁｬﾝﾈﾙ 、要約"],
)
def test_this_channel_is_the_one_that_is_open_beside(text: str) -> None:
    if "ﾁｬﾝﾈﾙ" in text:
        text = text.replace(" ", "")
    question = asked(text, CHANNEL)
    subject = question.subject

    assert subject is not None
    assert (subject.purpose, subject.channel_id, subject.beside) == (
        Purpose.CATCH_UP,
        "C2",
        True,
    )
    assert subject.message_ts == TS
    assert question.text == text
    assert not question.private


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("このチャンネルの今日の話題は", 1),
        ("What happened in this channel today?", 1),
        ("このチャンネルで昨日何が決まった", 2),
        ("このチャンネルの3日間をまとめて", 3),
        ("このチャンネルの１週間をまとめて", 7),
        ("このチャンネルの先週をまとめて", 14),
        ("Summarize this channel's last month", 31),
        ("このチャンネルの先月の話題をまとめて", 31),
        ("このチャンネルで一昨日決まったことは", 3),
        ("このチャンネルで納期について決まったことは", 7),
    ],
)
def test_the_time_is_the_one_that_is_named_else_a_week(text: str, expected: int) -> None:
    assert days(text) == expected


def test_this_message_and_this_thread_are_the_open_ones() -> None:
    message = about("このメッセージの意味を教えて", CHANNEL, MESSAGE)
    thread = about("Summarize this thread", MESSAGE)

    assert message is not None
    assert thread is not None
    assert (message.purpose, thread.purpose) == (Purpose.EXPLAIN, Purpose.SUMMARISE)
    assert message.channel_id == thread.channel_id == "C3"
    assert message.message_ts == thread.message_ts == "1795480000.000100"
    assert about("このスレッドを要約して", CHANNEL) is None


def test_of_an_open_message_this_channel_is_its_channel_and_the_first_one_counts() -> None:
    first = about("このチャンネルを要約して", MESSAGE, CHANNEL)

    assert first is not None
    assert first.channel_id == "C3"


@pytest.mark.parametrize(
    "text",
    [
        "今週をまとめて",
        "チャンネルとは何ですか。説明して",
        "「このチャンネルは質問用です」を英語に翻訳して",
        'Translate "this channel is for questions"',
        "このチャンネル",
        "このチャンネルの要約" + "長" * 300,
    ],
)
def test_what_does_not_ask_about_it_is_a_plain_question(text: str) -> None:
    assert about(text, CHANNEL, MESSAGE) is None


@pytest.mark.parametrize(
    "text",
    [
        "このメッセージを英語に翻訳して：本日の会議は 15 時からに変更です。",
        "このメッセージを英語にして意味も教えて\n\n本日の会議は 15 時からに変更です。",
        "「本日の会議は 15 時からに変更になりました」このメッセージを丁寧に翻訳して",
        "Translate this message into Japanese: the meeting has moved to 3 pm.",
        "この投稿を要約して https://acme.slack.com/archives/C9/p1795480000000100",
    ],
)
def test_who_writes_the_message_into_the_request_asks_about_that(text: str) -> None:
    assert about(text, MESSAGE, CHANNEL) is None


@pytest.mark.parametrize(
    "text",
    [
        "対象: このメッセージを英語に翻訳してください",
        "このメッセージを要約して :bow: よろしくお願いいたします",
        "このメッセージを要約して。\n3 行以内で、専門用語なしで、箇条書きでお願いします",
        "15:30 のこのメッセージの「至急」の意味を教えて",
        "Explain this message: why?",
    ],
)
def test_how_the_request_is_to_be_answered_is_no_message(text: str) -> None:
    assert about(text, MESSAGE, CHANNEL) is not None


def test_who_sends_something_along_asks_about_that() -> None:
    forward = {"is_share": True, "text": "x", "author_id": "U9", "channel_id": "C9", "ts": "1.1"}

    assert about("このメッセージを要約して", MESSAGE, attachments=[forward]) is None


def test_in_a_thread_of_ours_this_thread_is_that_one_and_this_channel_still_the_open_one() -> None:
    assert about("このスレッドを要約して", MESSAGE, thread_ts="1795489000.000100") is None
    assert about("このチャンネルの今日を要約して", CHANNEL, thread_ts="1795489000.000100")


@pytest.mark.parametrize(
    "context",
    [
        None,
        "C2",
        [],
        {},
        {"entities": None},
        {"entities": "C2"},
        {"entities": [None, 7, "C2", {}, {"type": CHANNEL["type"]}]},
        {"entities": [{**CHANNEL, "value": {"id": "C2"}}]},
        {"entities": [{**CHANNEL, "value": "D1"}]},
        {"entities": [{**CHANNEL, "value": "C2|../x"}]},
        {"entities": [{**MESSAGE, "value": "C2"}]},
        {"entities": [{**MESSAGE, "value": {"channel_id": "C2", "message_ts": "now"}}]},
        {"entities": [{"type": "slack#/types/canvas_id", "value": "F1"}]},
    ],
)
def test_of_any_other_form_it_costs_no_question(context: Any) -> None:
    question = asked("このチャンネルの今週をまとめて", app_context=context)

    assert question.subject is None
    assert question.text == "このチャンネルの今週をまとめて"


def test_in_channels_nothing_stands_beside() -> None:
    body = a_direct_message(
        channel_type="channel",
        thread_ts="1795489000.000100",
        text="このチャンネルの今週をまとめて",
        app_context={"entities": [CHANNEL]},
    )
    question = read_message(body, IDENTITY, False)

    assert isinstance(question, Question)
    assert question.subject is None
