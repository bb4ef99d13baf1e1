"""Clicks that ask a question again: pure functions, one per kind of button."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from command_service.payloads.messages import moment
from command_service.payloads.model import (
    Click,
    EphemeralTarget,
    NotAQuestion,
    Question,
    QuestionContent,
    RejectReason,
)
from command_service.payloads.well_formed import id_in, never_raising, text_or_none
from shared.actions import ActionId, AskAgain
from shared.signing import Signing, signed_value_in
from shared.slack.message import ILL_FORMED, Payload, is_ts
from shared.task import (
    Earlier,
    Mode,
    Requester,
    Source,
    Subject,
    task_id_of_action,
    task_id_of_edit,
    task_id_of_mode,
    task_id_of_retry,
    task_id_of_wish,
)

IN_A_MODAL: Final = "modal"
"""Replaces the channel in the signature of a modal's data."""


@dataclass(frozen=True)
class Press:
    """A user's press of an element in a message of ours; ``value`` is the element's own."""

    by: Requester
    message_ts: str
    action_ts: str
    value: object
    external: bool

    @property
    def where(self) -> tuple[str, str, str]:
        """The workspace, the channel and the message that it was pressed in."""
        return self.by.team_id, self.by.channel_id, self.message_ts

    @property
    def at(self) -> datetime:
        """The time of the press."""
        return moment(self.action_ts)


@never_raising
def read_regenerate(body: Payload) -> Click | NotAQuestion:
    """The click on an answer's Regenerate button: each one is a question of its own."""
    click = _read_click(
        body,
        lambda press, _: task_id_of_action(*press.where, press.action_ts),
        below_answer=True,
    )
    # Below a shorter answer, an older button carries that wish: it would be shortened once more.
    return click if isinstance(click, NotAQuestion) else replace(click, wish=None)


@never_raising
def read_retry(body: Payload) -> Click | NotAQuestion:
    """The click on a notice's Retry button: all of them together are one question."""
    return _read_click(body, lambda press, _: task_id_of_retry(*press.where), Source.RETRY)


@never_raising
def read_choice(body: Payload) -> Click | NotAQuestion:
    """The choice in an answer's menu, a wish or a mode: all of the same one are one question. So is
    the click on an older answer's Shorter or Longer.
    """
    click = _read_click(
        body,
        lambda press, again: (
            task_id_of_mode(*press.where, again.mode or Mode.AUTO)
            if again.wish is None
            else task_id_of_wish(*press.where, again.wish)
        ),
        below_answer=True,
    )
    if isinstance(click, NotAQuestion):
        return click
    earlier = click.earlier if click.wish else None
    return replace(click, subject=_beside_in(body), earlier=earlier)


@never_raising
def read_edited(body: Payload) -> Click | NotAQuestion:
    """The click on the button that asks an edited question: all for the same edit are one."""
    return _read_click(
        body,
        lambda press, again: task_id_of_edit(
            *press.where[:2], again.message_ts, again.edited_ts or ""
        ),
    )


def _read_click(
    body: Payload,
    identify: Callable[[Press, AskAgain], str],
    source: Source = Source.BUTTON,
    *,
    below_answer: bool = False,
) -> Click | NotAQuestion:
    """A button of an unknown version, or outside of a message, is no question."""
    press = press_of(body)
    again = AskAgain.decode(press.value)
    if again is None or not all(map(is_ts, (again.thread_ts, again.message_ts, press.message_ts))):
        return NotAQuestion(RejectReason.NOT_A_QUESTION)
    by, place = press.by, again.place(press.by.channel_id)
    return Click(
        task_id=identify(press, again),
        source=source,
        team_id=by.team_id,
        channel_id=place.channel_id,
        user_id=by.user_id,
        text="",
        mode=again.mode or Mode.AUTO,
        occurred_at=press.at,
        recipient=EphemeralTarget(by.channel_id, by.user_id, by.thread_ts),
        thread_ts=place.thread_ts,
        message_ts=place.message_ts,
        wish=again.wish,
        earlier=Earlier(message_ts=press.message_ts) if below_answer else None,
        external=press.external,
        subject=again.beside,
        keeps_mode=again.mode is None,
    )


def _beside_in(body: Payload) -> Subject | None:
    """The answer's subject, from the Regenerate beside the menu: the menu's choices have no room
    for it. It says where to look and gives no right, so nobody gains by changing it.
    """
    blocks = (body.get("message") or {}).get("blocks") or ()
    elements = (each for block in blocks for each in block.get("elements") or ())
    found = (each for each in elements if each.get("action_id") == ActionId.REGENERATE)
    again = next((AskAgain.decode(each.get("value")) for each in found), None)
    return None if again is None else again.beside


def press_of(body: Payload) -> Press:
    """The press in a ``block_actions`` payload. Raises ``ILL_FORMED``."""
    element, container = body["actions"][0], body.get("container") or {}
    chosen = element.get("selected_option") or element
    thread_ts = text_or_none(container.get("thread_ts"))
    return Press(
        Requester(team_of(body), pressed_in(body), id_in(body["user"]["id"]), thread_ts),
        message_ts=str(container.get("message_ts") or ""),
        action_ts=str(element["action_ts"]),
        value=chosen.get("value"),
        external=is_from_outside(body),
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
    if value is None:
        return False
    named = value.get("thread_ts")
    return stands_in is None or named is None or named == stands_in


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


def is_from_outside(body: Payload) -> bool:
    """Whether the user who clicked belongs to another organisation."""
    return body["user"].get("team_id") not in {None, team_of(body)}


def question_again(click: Click, asked: QuestionContent) -> Question:
    """The question that a click asks again, with the content read from Slack.

    Whoever presses a button below another person's question may see neither the files that they
    have forwarded nor the previews of their links; the processor adds those that may be seen.
    """
    theirs = asked.by not in {"", click.user_id}
    return replace(
        click,
        text=asked.text,
        mode=asked.mode if click.keeps_mode else click.mode,
        quoted=tuple(one for one in asked.quoted if not (theirs and one.preview)),
        files=tuple(one for one in asked.files if not (theirs and one.forwarded)),
        subject=asked.subject or click.subject,
        asked_in=asked.asked_in,
    )
