"""Interactive payloads of an app that an organisation has installed: their ``team`` is null."""

import json
from typing import Any

import pytest

from command_service.payloads.buttons import read_regenerate, read_retry, team_of
from command_service.payloads.model import Click, Question, SideTask
from command_service.payloads.presses import REASONS, Voted, read_reasons, read_stop, read_vote
from command_service.payloads.shortcuts import read_shortcut
from tests.support.fakes.command.payloads import IDENTITY, a_click, a_shortcut
from tests.support.tasks import NOON

ORGANISATION: dict[str, Any] = {
    "team": None,
    "enterprise": {"id": "E1", "name": "org"},
    "is_enterprise_install": True,
}
OURS = {"message": {"user": "UBOT", "team": "T1"}}
PLACE = {"v": 1, "channel_id": "C1", "thread_ts": "1.1", "message_ts": "1.1"}
VOTE = {"v": 1, "task_id": "a" * 32, "vote": "up", "mode": "chat"}
STOP = {"v": 1, "task_id": "a" * 32, "user_id": "U2"}


def pressed(value: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return a_click(json.dumps(value), **{"trigger_id": "1.2", **ORGANISATION, **OURS, **changes})


def submitted(**view: Any) -> dict[str, Any]:
    chosen = {"flaw": {"flaw": {"selected_option": {"value": "wrong"}}}}
    shown = {
        "id": "V1",
        "callback_id": REASONS,
        "private_metadata": json.dumps({**VOTE, "channel_id": "C1", "thread_ts": "1.1"}),
        "state": {"values": chosen},
    }
    user = {"id": "U2", "team_id": "T1"}
    return {"type": "view_submission", "user": user, **ORGANISATION, "view": {**shown, **view}}


@pytest.mark.parametrize("read", [read_regenerate, read_retry])
def test_a_click_without_a_team_belongs_to_the_workspace_of_our_message(read: Any) -> None:
    click = read(pressed(PLACE))
    assert isinstance(click, Click)
    assert (click.team_id, click.external) == ("T1", False)
    with_team = read(pressed(PLACE, team={"id": "T1"}))
    assert click.task_id == with_team.task_id


def test_a_click_without_a_team_by_somebody_of_elsewhere_is_from_outside() -> None:
    click = read_regenerate(pressed(PLACE, user={"id": "U9", "team_id": "T9"}))
    assert isinstance(click, Click)
    assert (click.team_id, click.external) == ("T1", True)


def test_a_stop_and_a_vote_without_a_team_are_read() -> None:
    stop, vote = read_stop(pressed(STOP), NOON), read_vote(pressed(VOTE), NOON)
    assert isinstance(stop, SideTask)
    assert isinstance(vote, Voted)
    assert (stop.task.team_id, vote.side_task.task.team_id) == ("T1", "T1")


@pytest.mark.parametrize("view", [{"app_installed_team_id": "T1"}, {"team_id": "T1"}, {}])
def test_a_submitted_dialog_without_a_team_is_read(view: dict[str, Any]) -> None:
    side_task = read_reasons(submitted(**view), NOON)
    assert isinstance(side_task, SideTask)
    assert side_task.task.team_id == "T1"


def test_a_shortcut_without_a_team_belongs_to_its_asker_and_never_to_the_messages_author() -> None:
    message = {**a_shortcut()["message"], "team": "T9"}
    question = read_shortcut(a_shortcut(**ORGANISATION, message=message), IDENTITY)
    assert isinstance(question, Question)
    assert (question.team_id, question.external) == ("T1", False)


def test_what_tells_no_workspace_at_all_has_none() -> None:
    assert team_of({"user": {"id": "U2"}}) == ""
    assert team_of({"user": {"id": "U2"}, "team": None, "enterprise": {"id": "E1"}}) == "E1"
