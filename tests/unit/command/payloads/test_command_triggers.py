"""What is read out of the messages and commands that Slack sends."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from command_service.payloads.messages import read_back, read_command, read_mention, read_message
from command_service.payloads.model import (
    EphemeralTarget,
    Identity,
    JoinedConversation,
    NotAQuestion,
    Question,
    RejectReason,
)
from command_service.use_cases.policy import Policy, admit
from shared.slack.message_text import plain_text
from shared.task import Mode, Source
from tests.support.fakes.command.payloads import IDENTITY, a_command, a_direct_message, a_mention
from tests.support.tasks import NOON


def mention(text: str = "<@UBOT> hello", **event: Any) -> Question | NotAQuestion:
    return read_mention(a_mention(text, **event), IDENTITY, redelivered=False)


def dm(text: str = "hello", **event: Any) -> Question | NotAQuestion:
    return read_message(a_direct_message(text, **event), IDENTITY, redelivered=False)


def asked(read: Question | NotAQuestion) -> Question:
    assert isinstance(read, Question)
    return read


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("<@UBOT> hello", "hello"),
        ("<@UBOT>: hello", "hello"),
        ("<@UBOT>、こんにちは", "こんにちは"),
        ("hey <@UBOT> what is this", "hey what is this"),
        ("hello <@UBOT|mechachang>", "hello"),
        ("<@UBOT> ask <@U2> about it", "ask <@U2> about it"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("&amp;lt; stays an entity", "&lt; stays an entity"),
        ("see <https://example.com/a?b=1&amp;c=2>", "see https://example.com/a?b=1&c=2"),
        ("see <https://example.com|the docs>", "see the docs (https://example.com)"),
        ("see <http://example.com|example.com>", "see http://example.com"),
        ("mail <mailto:a@example.com|a@example.com>", "mail a@example.com"),
        ("in <#C1|general> and <#C2>", "in #general and #C2"),
        ("<!here> and <!subteam^S1|@team> on <!date^1^{date}|Monday>", "@here and @team on Monday"),
        ("<@UBOT> code:\n```if a &lt; b:\n    pass```", "code:\n```if a < b:\n    pass```"),
        ("&lt;@UBOT&gt; typed by hand", "<@UBOT> typed by hand"),
        ("why List<String> and Map<K, V>?", "why List<String> and Map<K, V>?"),
        ("why List&lt;String&gt; and Map&lt;K, V&gt;?", "why List<String> and Map<K, V>?"),
        ("a<b && c>d", "a<b && c>d"),
        ("a&lt;b &amp;&amp; c&gt;d", "a<b && c>d"),
        ("center a <div> in <!DOCTYPE html>", "center a <div> in <!DOCTYPE html>"),
        ("#include <stdio.h> <#define> <@Override>", "#include <stdio.h> <#define> <@Override>"),
        ("call <tel:+81312345678|03-1234-5678>", "call 03-1234-5678 (+81312345678)"),
        ("half a character \ud83d \ud83d\ude00", "half a character \ufffd 😀"),
        ("   ", ""),
    ],
)
def test_slacks_markup_becomes_the_words_the_person_typed(sent: str, read: str) -> None:
    assert plain_text(sent, "UBOT") == read


def test_what_no_message_in_slack_can_hold_is_too_long_before_it_is_read() -> None:
    words = f"<@UBOT> {'&lt;' * 60_000}"
    question = asked(mention(words))
    command = asked(read_command(a_command(f"--private --mode {words}"), IDENTITY, NOON))

    assert (question.text, command.text) == (words, f"--private --mode {words}")
    for each in (question, command):
        assert admit(each, Policy()) is RejectReason.PROMPT_TOO_LONG


def test_a_mention_is_answered_in_a_thread_on_itself() -> None:
    question = asked(mention())

    assert question.source is Source.MENTION
    assert question.text == "hello"
    assert question.thread_ts == question.message_ts == "1700000000.000100"
    assert question.mode is Mode.CHAT
    assert question.event_id == "Ev1"
    assert question.occurred_at == datetime(2023, 11, 14, 22, 13, 20, 100, tzinfo=UTC)


def test_a_mention_in_a_thread_is_answered_there_and_its_asker_is_told_there() -> None:
    question = asked(mention(thread_ts="1600000000.000001"))

    assert question.thread_ts == "1600000000.000001"
    assert question.recipient == EphemeralTarget("C1", "U1", "1600000000.000001")


def test_a_refusal_outside_a_thread_is_not_shown_in_one_that_has_no_replies_yet() -> None:
    assert asked(mention()).recipient == EphemeralTarget("C1", "U1", None)


def test_the_mention_and_the_message_of_one_text_are_the_same_question() -> None:
    as_message = read_message(
        a_direct_message("<@UBOT> hello", channel="C1"), IDENTITY, redelivered=True
    )

    assert asked(as_message).task_id == asked(mention()).task_id


def test_questions_of_other_teams_channels_and_times_are_other_questions() -> None:
    elsewhere = replace(IDENTITY, team_id="T2")
    other_team = read_mention({**a_mention(), "team_id": "T2"}, elsewhere, redelivered=False)
    ids = {
        asked(read).task_id
        for read in (mention(), mention(channel="C2"), mention(ts="1700000000.000200"), other_team)
    }

    assert len(ids) == 4


def test_a_direct_message_asks_without_a_mention() -> None:
    question = asked(dm("what is this"))

    assert (question.source, question.text, question.channel_id) == (
        Source.DM,
        "what is this",
        "D1",
    )


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"thread_ts": "1700000000.000100"},
        {"channel_type": "mpim"},
        {"thread_ts": "1600000000.000100", "channel_type": "mpim", "text": "<@U7> and you?"},
        {"thread_ts": "1600000000.000100", "text": "hello <@UBOT>"},
        {"thread_ts": "1600000000.000100", "text": " <@U7> what do you think?"},
        {"thread_ts": "1600000000.000100", "text": "ありがとうございます！:bow:"},
    ],
    ids=[
        "no thread",
        "its first message",
        "in a group",
        "to another in a group",
        "mention",
        "to another",
        "thanks",
    ],
)
def test_a_channel_message_is_no_question_unless_it_may_continue_a_thread(
    event: dict[str, Any],
) -> None:
    assert dm(**{"channel_type": "channel", **event}) == NotAQuestion(RejectReason.NOT_FOLLOWED)


@pytest.mark.parametrize("kind", ["channel", "group", "mpim"])
def test_a_reply_in_a_channels_thread_may_follow_up_as_the_same_task_as_a_mention(
    kind: str,
) -> None:
    reply = {"thread_ts": "1600000000.000100", "text": "and now? ask <@U7>"}
    question = asked(dm(channel_type=kind, channel="C1", **reply))
    assert question.follow_up
    assert (question.source, question.text) == (Source.MENTION, "and now? ask <@U7>")
    assert question.thread_ts == "1600000000.000100"
    assert question.task_id == asked(mention(**reply)).task_id


@pytest.mark.parametrize("thread", [{}, {"thread_ts": "1600000000.000100"}])
def test_a_mention_in_a_group_direct_message_asks_as_the_same_task_from_either_event(
    thread: dict[str, Any],
) -> None:
    said = {"channel": "C1", "text": "<@UBOT> what is this", **thread}
    question = asked(dm(channel_type="mpim", **said))

    assert question == asked(mention(**said))
    assert (question.source, question.text) == (Source.MENTION, "what is this")
    assert question.thread_ts == thread.get("thread_ts", question.message_ts)
    assert not question.follow_up


def test_an_answer_of_ours_in_a_thread_is_recognised_as_our_own() -> None:
    ours = {"thread_ts": "1600000000.000100", "user": "UBOT", "bot_id": "BBOT"}
    assert dm(channel_type="channel", **ours) == NotAQuestion(RejectReason.OWN_MESSAGE)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"user": "UBOT"}, RejectReason.OWN_MESSAGE),
        ({"bot_id": "BBOT", "user": "UBOT"}, RejectReason.OWN_MESSAGE),
        (
            {"subtype": "message_changed", "message": {"user": "UBOT", "bot_id": "BBOT"}},
            RejectReason.OWN_MESSAGE,
        ),
        (
            {"subtype": "message_deleted", "previous_message": {"user": "UBOT"}},
            RejectReason.OWN_MESSAGE,
        ),
        ({"bot_id": "BOTHER"}, RejectReason.BOT_MESSAGE),
        ({"subtype": "bot_message", "user": None}, RejectReason.BOT_MESSAGE),
        ({"user": "USLACKBOT"}, RejectReason.BOT_MESSAGE),
        # "<@U1> archived the channel": a notice of Slack's without a subtype (vercel/chat).
        ({"user": "USLACK"}, RejectReason.BOT_MESSAGE),
        ({"subtype": "message_changed", "message": {"user": "U1"}}, RejectReason.MESSAGE_CHANGED),
        (
            {"subtype": "message_deleted", "previous_message": {"user": "U1"}},
            RejectReason.MESSAGE_CHANGED,
        ),
        ({"subtype": "channel_join"}, RejectReason.MESSAGE_CHANGED),
        ({"edited": {"user": "U1", "ts": "1700000001.0"}}, RejectReason.MESSAGE_CHANGED),
        ({"user": None}, RejectReason.NOT_A_QUESTION),
    ],
)
def test_what_no_person_newly_wrote_is_ignored_with_its_reason(
    event: dict[str, Any], reason: RejectReason
) -> None:
    assert dm(**event) == NotAQuestion(reason)
    assert mention(**event) == NotAQuestion(reason)


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast"])
def test_a_message_with_files_or_broadcast_from_a_thread_is_a_question(subtype: str) -> None:
    assert asked(dm(subtype=subtype)).text == "hello"


def test_files_are_named_and_those_slack_no_longer_has_are_marked() -> None:
    question = asked(
        dm(
            subtype="file_share",
            files=[
                {
                    "id": "F1",
                    "name": "plan.pdf",
                    "mimetype": "application/pdf",
                    "size": 12,
                    "url_private": "https://files.slack.com/F1",
                    "url_private_download": "https://files.slack.com/F1/download",
                },
                {"id": "F2", "mode": "tombstone"},
                {"id": "F3", "mode": "file_access", "file_access": "check_file_info"},
            ],
        )
    )

    assert [(file.id, file.gone) for file in question.files] == [
        ("F1", False),
        ("F2", True),
        ("F3", False),
    ]
    assert question.files[2].url == ""
    assert question.files[0].url == "https://files.slack.com/F1/download"
    assert question.files[0].size == 12


@pytest.mark.parametrize(
    ("body", "event", "external"),
    [
        ({}, {}, False),
        ({"is_ext_shared_channel": True}, {}, True),
        ({}, {"user_team": "T9"}, True),
        ({}, {"source_team": "T9"}, True),
        ({}, {"user_team": "T1", "source_team": "T1"}, False),
        ({"enterprise_id": "E1"}, {"user_team": "E1"}, False),
        ({"team_id": "T9", "enterprise_id": "E9"}, {"user_team": "T9", "source_team": "E9"}, True),
    ],
)
def test_people_of_other_organisations_are_recognised(
    body: dict[str, Any], event: dict[str, Any], external: bool
) -> None:
    at_home = replace(IDENTITY, enterprise_id="E1")
    read = read_mention({**a_mention(**event), **body}, at_home, redelivered=False)

    assert asked(read).external is external


@pytest.mark.parametrize(
    ("shared", "message", "external"),
    [(False, {}, False), (True, {}, True), (False, {"user_team": "T9"}, True)],
)
def test_a_message_read_back_is_the_question_its_event_was(
    shared: bool, message: dict[str, Any], external: bool
) -> None:
    written = a_mention(**message)["event"]
    live = asked(read_mention(a_mention(**message), IDENTITY, redelivered=True))

    found = asked(
        read_back(
            {key: value for key, value in written.items() if key != "channel"},
            JoinedConversation("C1", "public_channel", shared),
            IDENTITY,
        )
    )

    assert found.external is external
    assert replace(found, external=live.external, event_id=live.event_id) == live


def test_a_command_is_a_question_of_its_own_each_time() -> None:
    first = asked(read_command(a_command("hello &amp; bye"), IDENTITY, NOON))
    again = asked(read_command(a_command("hello &amp; bye", trigger_id="1.2.def"), IDENTITY, NOON))

    assert (first.source, first.mode, first.text) == (
        Source.SLASH_COMMAND,
        Mode.AUTO,
        "hello & bye",
    )
    assert first.response_url == "https://hooks.example/response/1"
    assert first.thread_ts is None
    assert first.message_ts is None
    assert first.task_id != again.task_id


def test_a_command_carries_its_mode_and_privacy() -> None:
    question = asked(read_command(a_command("--private code: 1 &lt; 2"), IDENTITY, NOON))

    assert (question.text, question.mode, question.private) == ("1 < 2", Mode.CODE, True)


def test_a_command_that_asks_for_help_or_for_the_unknown_is_no_question() -> None:
    assert read_command(a_command("help"), IDENTITY, NOON) == NotAQuestion(RejectReason.HELP_ASKED)
    assert read_command(a_command("--foo x"), IDENTITY, NOON) == NotAQuestion(
        RejectReason.UNKNOWN_OPTION, "--foo"
    )


def test_an_app_without_a_bot_id_takes_no_absent_one_for_its_own() -> None:
    read = read_message(a_direct_message(), Identity("T1", "UBOT", None), redelivered=False)

    assert asked(read).text == "hello"


@pytest.mark.parametrize("carried", ["T1", "T9"])
def test_a_direct_message_of_another_organisation_is_one_task_as_an_event_and_read_back(
    carried: str,
) -> None:
    message = {"ts": "1700000000.000100", "user": "U9", "text": "hi", "user_team": "T9"}
    event = {**message, "channel": "D1", "channel_type": "im"}
    body = {"team_id": carried, "event_id": "Ev1", "event": event}
    as_event = asked(read_message(body, IDENTITY, redelivered=False))
    again = asked(read_back(message, JoinedConversation("D1", "im", external=True), IDENTITY))
    assert as_event.task_id == again.task_id
    assert as_event.external
    assert again.external
