"""What is read out of a click: the question it repeats, and whose it is."""

import json

import pytest

from command_service.payloads.buttons import (
    question_again,
    read_choice,
    read_regenerate,
    read_retry,
)
from command_service.payloads.model import Click, NotAQuestion, QuestionContent, RejectReason
from command_service.slack.message_reader import SlackMessages
from shared.slack.message import MessageRef
from shared.task import Mode, QuotedMessage, Source, TaskFile
from tests.support.fakes.command.payloads import a_click
from tests.support.signed import LEDGER

UNKNOWN_MODE = json.dumps(
    {"v": 1, "channel_id": "C1", "message_ts": "17.1", "thread_ts": "16.1", "mode": "poem"}
)


def test_an_entry_of_the_mode_menu_asks_in_its_mode_once_whoever_presses_it_how_often() -> None:
    place = {"v": 1, "channel_id": "C1", "message_ts": "17.1", "thread_ts": "16.1"}
    code, data = (json.dumps({**place, "mode": mode}) for mode in ("code", "data"))
    chosen = {"action_id": "mode", "selected_option": {"value": code}}
    first, later = ({**chosen, "action_ts": ts} for ts in ("1700000020.5", "1700000099.0"))
    clicks = [
        read_choice(a_click("", actions=[first])),
        read_choice(a_click("", actions=[later], user={"id": "U9", "team_id": "T1"})),
        read_choice(a_click(data, "mode")),
    ]

    read = [click for click in clicks if isinstance(click, Click)]
    assert [click.mode for click in read] == [Mode.CODE, Mode.CODE, Mode.DATA]
    assert read[0].task_id == read[1].task_id != read[2].task_id
    assert question_again(read[0], QuestionContent("hello", Mode.AUTO)).mode is Mode.CODE


def test_a_click_names_the_question_it_repeats_and_who_clicked() -> None:
    button = {"v": 1, "channel_id": "C1", "message_ts": "17.1", "thread_ts": "16.1"}
    click = read_regenerate(a_click(json.dumps(button)))

    assert isinstance(click, Click)
    assert click.place == MessageRef("C1", "16.1", "17.1")
    assert click.user_id == "U2"
    assert not click.external
    question = question_again(click, QuestionContent("hello", Mode.CHAT))
    assert (question.source, question.thread_ts, question.message_ts) == (
        Source.BUTTON,
        "16.1",
        "17.1",
    )
    assert question.task_id == click.task_id


@pytest.mark.parametrize(("by", "sees"), [("U2", True), ("U9", False)])
def test_who_clicks_below_another_persons_question_gets_nothing_that_only_they_may_see(
    by: str, sees: bool
) -> None:
    button = {"v": 1, "channel_id": "C1", "message_ts": "17.1", "thread_ts": "16.1"}
    click = read_regenerate(a_click(json.dumps(button)))
    assert isinstance(click, Click)
    forward, preview = QuotedMessage(text="f"), QuotedMessage(text="p", preview=True)
    own, forwarded = TaskFile(id="F1"), TaskFile(id="F2", forwarded=True)
    asked = QuestionContent("?", quoted=(forward, preview), files=(own, forwarded), by=by)
    question = question_again(click, asked)
    assert question.quoted == ((forward, preview) if sees else (forward,))
    assert question.files == ((own, forwarded) if sees else (own,))


def test_a_question_that_is_read_again_names_who_wrote_it() -> None:
    questions = SlackMessages(None, LEDGER)  # type: ignore[arg-type]  # nothing is called
    asked = questions._asked({"user": "U9", "text": "hello", "ts": "17.1"}, "C1")
    assert asked is not None
    assert asked.by == "U9"


def test_a_second_click_is_a_question_of_its_own_and_a_redelivered_one_is_not() -> None:
    value = json.dumps({"v": 1, "channel_id": "C1", "message_ts": "17.1", "thread_ts": "16.1"})
    later = {"action_id": "regenerate", "value": value, "action_ts": "1700000099.0"}
    clicks = [
        read_regenerate(a_click(value)),
        read_regenerate(a_click(value)),
        read_regenerate(a_click(value, actions=[later])),
    ]

    ids = [click.task_id for click in clicks if isinstance(click, Click)]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize("value", ["", "{}", "[]", "no json", '{"v": 2}', '{"v": 1}', UNKNOWN_MODE])
def test_a_button_of_another_version_is_no_question(value: str) -> None:
    assert read_regenerate(a_click(value)) == NotAQuestion(RejectReason.NOT_A_QUESTION)


def test_a_button_outside_of_a_message_is_no_question() -> None:
    value = json.dumps({"v": 1, "channel_id": "C1", "message_ts": "17.1", "thread_ts": "16.1"})

    read = read_retry(a_click(value, "retry", container={"type": "view", "view_id": "V1"}))

    assert read == NotAQuestion(RejectReason.NOT_A_QUESTION)


def test_a_click_by_somebody_of_another_organisation_is_from_outside() -> None:
    value = json.dumps({"v": 1, "channel_id": "C1", "message_ts": "17.1", "thread_ts": "16.1"})
    click = read_regenerate(a_click(value, user={"id": "U9", "team_id": "T9"}))

    assert isinstance(click, Click)
    assert click.external
