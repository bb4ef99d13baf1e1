"""Clicks that ask a question again: pure functions, one per kind of button."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from command_service.payloads.messages import moment
from command_service.payloads.model import (
    Click,
    EphemeralTarget,
    MessageRef,
    NotAQuestion,
    Question,
    QuestionContent,
    RejectReason,
)
from command_service.payloads.well_formed import id_in, never_raising, text_or_none
from shared.signing import Signing, signed_value_in
from shared.slack.message import ILL_FORMED, is_ts
from shared.task import (
    Mode,
    Requester,
    Source,
    Wish,
    task_id_of_action,
    task_id_of_edit,
    task_id_of_mode,
    task_id_of_retry,
    task_id_of_wish,
)

Payload = Mapping[str, Any]

IN_A_MODAL: Final = "modal"
"""Replaces the channel in the signature of a modal's data."""


@dataclass(frozen=True)
class _Button:
    """A pressed button: the message it is on, when it was pressed, and what it asks again."""

    team_id: str
    channel_id: str
    message_ts: str
    action_ts: str
    place: MessageRef
    mode: Mode | None
    wish: Wish | None
    edited_ts: str


@never_raising
def read_regenerate(body: Payload) -> Click | NotAQuestion:
    """The click on an answer's Regenerate button: each one is a question of its own."""
    return _read_click(
        body,
        Source.BUTTON,
        lambda at: task_id_of_action(at.team_id, at.channel_id, at.message_ts, at.action_ts),
    )


@never_raising
def read_retry(body: Payload) -> Click | NotAQuestion:
    """The click on a notice's Retry button: all of them together are one question."""
    return _read_click(
        body,
        Source.RETRY,
        lambda at: task_id_of_retry(at.team_id, at.channel_id, at.message_ts),
    )


@never_raising
def read_mode(body: Payload) -> Click | NotAQuestion:
    """The choice in an answer's menu of modes: all of the same mode are one question."""
    return _read_click(
        body,
        Source.BUTTON,
        lambda at: task_id_of_mode(at.team_id, at.channel_id, at.message_ts, at.mode or Mode.AUTO),
    )


@never_raising
def read_wish(body: Payload) -> Click | NotAQuestion:
    """The click on Shorter or Longer: all on the same button are one question."""
    return _read_click(
        body,
        Source.BUTTON,
        lambda at: task_id_of_wish(
            at.team_id, at.channel_id, at.message_ts, at.wish or Wish.SHORTER
        ),
    )


@never_raising
def read_edited(body: Payload) -> Click | NotAQuestion:
    """The click on the button that asks an edited question: all for the same edit are one."""
    return _read_click(
        body,
        Source.BUTTON,
        lambda at: task_id_of_edit(
            at.team_id, at.place.channel_id, at.place.message_ts, at.edited_ts
        ),
    )


def _read_click(
    body: Payload, source: Source, identify: Callable[[_Button], str]
) -> Click | NotAQuestion:
    """A button of an unknown version, or outside of a message, is no question."""
    button = _button(body)
    if button is None:
        return NotAQuestion(RejectReason.NOT_A_QUESTION)
    user, thread_ts = body["user"], text_or_none(body["container"].get("thread_ts"))
    return Click(
        task_id=identify(button),
        source=source,
        team_id=button.team_id,
        user_id=id_in(user["id"]),
        place=button.place,
        occurred_at=moment(button.action_ts),
        recipient=EphemeralTarget(button.channel_id, id_in(user["id"]), thread_ts),
        mode=button.mode,
        wish=button.wish,
        external=is_from_outside(body),
    )


def _button(body: Payload) -> _Button | None:
    container = body.get("container") or {}
    value = carried_by(body["actions"][0])
    if value is None or not container.get("message_ts"):
        return None
    channel_id = pressed_in(body)
    try:
        place = MessageRef(channel_id, value["thread_ts"], value["message_ts"])
        mode = Mode(value["mode"]) if "mode" in value else None
        wish = Wish(value["wish"]) if "wish" in value else None
    except (ValueError, KeyError):
        return None
    if not all(map(is_ts, (place.thread_ts, place.message_ts, container["message_ts"]))):
        return None
    return _Button(
        team_id=team_of(body),
        channel_id=channel_id,
        message_ts=container["message_ts"],
        action_ts=str(body["actions"][0]["action_ts"]),
        place=place,
        mode=mode,
        wish=wish,
        edited_ts=str(value.get("edited_ts", "")),
    )


def is_genuine(body: Payload, signing: Signing) -> bool:
    """Whether the pressed element carries data that we signed for its channel, or a modal data that
    we signed for it; a thread in the data must be the element's own.
    """
    try:
        if "view" in body:
            kept = body["view"].get("private_metadata")
            return signed_value_in(kept, IN_A_MODAL, signing) is not None
        element = body["actions"][0]
        given = (element.get("selected_option") or element).get("value")
        value = signed_value_in(given, pressed_in(body), signing)
        stands_in = (body.get("container") or {}).get("thread_ts")
    except ILL_FORMED:
        return False
    return value is not None and (
        None in {stands_in, value.get("thread_ts")} or value["thread_ts"] == stands_in
    )


def pressed_in(body: Payload) -> str:
    """The channel in which an element of a message was pressed."""
    channel, container = body.get("channel") or {}, body.get("container") or {}
    return str(container.get("channel_id") or channel.get("id") or "")


def team_of(body: Payload) -> str:
    """The workspace of an interactive payload. ``team`` is null for an app that a whole
    organisation installed; then our view or message names it, else only the user (docs.slack.dev,
    block_actions, view_submission and message_action payloads).
    """
    view, ours = body.get("view") or {}, body.get("message") or {}
    told = (
        (body.get("team") or {}).get("id"),
        view.get("app_installed_team_id"),
        view.get("team_id"),
        # The subject of a message shortcut may be anybody's message.
        ours.get("team") if body.get("type") == "block_actions" else None,
        body["user"].get("team_id"),
        (body.get("enterprise") or {}).get("id"),
    )
    return next((str(team) for team in told if team), "")


def requester_of(body: Payload) -> Requester:
    """Who has pressed something on a message of ours, and where."""
    container = body.get("container") or {}
    return Requester(
        team_of(body),
        str(container.get("channel_id")),
        id_in(body["user"]["id"]),
        container.get("thread_ts"),
    )


def is_from_outside(body: Payload) -> bool:
    """Whether the user who clicked belongs to another organisation."""
    return body["user"].get("team_id") not in {None, team_of(body)}


def carried_by(action: Payload) -> dict[str, Any] | None:
    """The data in a button, a menu's entry or a vote; None for an unknown version."""
    chosen = action.get("selected_option") or action
    return question_in_button(chosen.get("value"))


def question_in_button(text: str | None) -> dict[str, Any] | None:
    """The JSON object in the data of one of our elements, if its version is known."""
    try:
        value = json.loads(text or "")
    except (ValueError, TypeError, RecursionError):
        return None
    return value if isinstance(value, dict) and value.get("v") == 1 else None


def question_again(click: Click, asked: QuestionContent) -> Question:
    """The question that a click asks again, with the content read from Slack."""
    return Question(
        task_id=click.task_id,
        source=click.source,
        team_id=click.team_id,
        channel_id=click.place.channel_id,
        user_id=click.user_id,
        text=asked.text,
        mode=click.mode or asked.mode,
        wish=click.wish,
        occurred_at=click.occurred_at,
        recipient=click.recipient,
        thread_ts=click.place.thread_ts,
        message_ts=click.place.message_ts,
        files=asked.files,
        external=click.external,
        subject=asked.subject,
    )
