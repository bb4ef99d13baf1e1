"""App Home: an opening of it, and a choice in one of its selects."""

from dataclasses import dataclass
from typing import Final, Literal

from command_service.payloads.buttons import is_from_outside, team_of
from command_service.payloads.messages import moment
from command_service.payloads.model import NotAQuestion, RejectReason
from command_service.payloads.well_formed import id_in, never_raising
from shared.actions import ActionId, HomeChoices
from shared.home.view import kept_in_home
from shared.signing import Signing
from shared.slack.message import Payload
from shared.task import Preferences

# By the select that chooses it.
_FIELDS: Final = {ActionId.LANGUAGE: "language", ActionId.DEFAULT_MODE: "mode"}


@dataclass(frozen=True)
class Opened:
    """A user opened one of the app's tabs, or chose something on their Home.

    ``published``: their Home shows something already. ``preferences``: the choices it keeps, the
    new one among them; None if it keeps none.
    """

    team_id: str
    user_id: str
    channel_id: str
    tab: Literal["home", "messages"]
    event_ts: str
    published: bool = False
    preferences: Preferences | None = None
    external: bool = False


@never_raising
def read_opening(body: Payload, signing: Signing) -> Opened | NotAQuestion:
    """The opening of one of these two tabs in an ``app_home_opened`` event."""
    event = body["event"]
    tab, user_id = event.get("tab"), id_in(event["user"])
    if tab not in {"home", "messages"}:
        return NotAQuestion(RejectReason.NOT_A_QUESTION)
    kept = kept_in_home(event.get("view"), user_id, signing)
    return Opened(
        team_id=str(body["team_id"]),
        user_id=user_id,
        channel_id=id_in(event["channel"]),
        tab=tab,
        event_ts=str(event["event_ts"]),
        published=bool(event.get("view")),
        preferences=kept.preferences if kept else None,
    )


@never_raising
def read_home_choice(body: Payload, signing: Signing) -> Opened | NotAQuestion:
    """The choice in a select of a Home, with the other choices that the user sees there.

    A Home that is no longer ours, or of another version, chooses nothing. Slack sends the state of
    both selects, so neither of two quick choices is lost before the Home is published again.
    """
    user_id, view, pressed = id_in(body["user"]["id"]), body["view"], body["actions"][0]
    kept = kept_in_home(view, user_id, signing)
    if kept is None:
        return NotAQuestion(RejectReason.TAMPERED)
    states = (view.get("state") or {}).get("values") or {}
    selects = {name: select for block in states.values() for name, select in block.items()}
    selects[str(pressed["action_id"])] = pressed
    action_ts = str(pressed["action_ts"])
    chosen: dict[str, object] = {"chosen_at": moment(action_ts)}
    for action_id, field in _FIELDS.items():
        option = (selects.get(action_id) or {}).get("selected_option") or {}
        if (choice := HomeChoices.decode(option.get("value"))) is not None:
            chosen[field] = getattr(choice, field)
    return Opened(
        team_id=team_of(body),
        user_id=user_id,
        # A click in a view has no channel; Slack takes the user's id for their direct messages.
        channel_id=user_id,
        tab="home",
        event_ts=action_ts,
        preferences=kept.preferences.model_copy(update=chosen),
        external=is_from_outside(body),
    )
