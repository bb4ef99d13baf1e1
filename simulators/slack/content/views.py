"""Modals and App Home: what is open for whom, and the triggers that open them.

Limits: slack_sdk.models.views and docs.slack.dev/reference/views.
"""

import json
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from simulators.slack.content.block_elements import plain_text
from simulators.slack.content.block_kit import block_errors, with_ids
from simulators.slack.content.schema import (
    anything,
    boolean,
    by_type,
    complain,
    items,
    shape,
    string,
)
from simulators.slack.errors import Refusal
from simulators.slack.state.changes import HomePublished, ModalShown
from simulators.slack.state.model import JSON, View, elements_of
from simulators.slack.state.workspace import Workspace

STACK = 3
VIEW_BYTES = 250_000

_COMMON = {
    "blocks": items(anything, 100, 0),
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}
_VIEW = by_type(
    {
        "modal": shape(
            {"title": plain_text(24), "blocks": _COMMON["blocks"]},
            {
                **_COMMON,
                "close": plain_text(24),
                "submit": plain_text(24),
                "clear_on_close": boolean,
                "notify_on_close": boolean,
                "submit_disabled": boolean,
            },
        ),
        "home": shape({"blocks": _COMMON["blocks"]}, _COMMON),
    }
)


@dataclass
class Trigger:
    """Leave to open a modal, given with every interaction."""

    user: str
    expires_at: float
    used: bool = False


class Views:
    """The views of every user. A user sees the top of their stack of modals."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._triggers: dict[str, Trigger] = {}
        self._views: dict[str, View] = {}
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}

    def trigger(self, user: str) -> str:
        """A new trigger id for what the user just did."""
        ids = self._workspace.ids
        trigger_id = f"{ids.pick(10**12)}.{ids.pick(10**12)}.{ids.secret().lower()}"
        expires_at = self._workspace.now() + self._workspace.config.trigger_lifetime_s
        self._triggers[trigger_id] = Trigger(user, expires_at)
        return trigger_id

    def forget_expired(self) -> None:
        """Drop triggers that expired long ago, so that memory stays bounded."""
        long_ago = self._workspace.now() - 60
        # The oldest are the first: what is kept is not looked at.
        gone = takewhile(lambda each: each[1].expires_at <= long_ago, self._triggers.items())
        for trigger_id, _ in list(gone):
            del self._triggers[trigger_id]

    def exchange(self, trigger_id: str) -> str:
        """The user of a trigger, which is used up by this. Raises ``Refusal``."""
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise Refusal("invalid_trigger_id")
        if trigger.used:
            raise Refusal("exchanged_trigger_id")
        if trigger.expires_at < self._workspace.now():
            raise Refusal("expired_trigger_id")
        trigger.used = True
        return trigger.user

    def get(self, view_id: str) -> View | None:
        """A view by its id."""
        return self._views.get(view_id)

    def by_external_id(self, external_id: str) -> View | None:
        """A view by the id the app gave it."""
        found = (view for view in self._views.values() if view.external_id == external_id)
        return next(found, None)

    def home(self, user: str) -> View | None:
        """A user's App Home, if the app has published one."""
        return self._homes.get(user)

    def top(self, user: str) -> View | None:
        """The modal the user sees."""
        stack = self._stacks.get(user)
        return stack[-1] if stack else None

    def push(self, user: str, payload: JSON) -> View:
        """Open a modal on top of the user's others. Raises ``Refusal``."""
        stack = self._stacks.setdefault(user, [])
        if len(stack) >= STACK:
            raise Refusal("push_limit_reached")
        view = self._new(user, self.checked(payload, "modal"))
        if stack:
            view.root_id, view.previous_id = stack[0].id, stack[-1].id
        stack.append(view)
        self._workspace.tell(ModalShown(user, view))
        return view

    def open(self, user: str, payload: JSON) -> View:
        """Open a modal in place of whatever the user had open. Raises ``Refusal``."""
        payload = self.checked(payload, "modal")
        self.close_all(user)
        return self.push(user, payload)

    def update(self, view: View, payload: JSON) -> None:
        """Replace a view's content. Raises ``Refusal``."""
        view.payload = self.checked(payload, view.kind, replaces=view)
        view.external_id = view.payload.get("external_id") or view.external_id
        view.hash = self._new_hash()
        view.errors = {}
        self._show(view)

    def publish(self, user: str, payload: JSON) -> View:
        """Set a user's App Home. Raises ``Refusal``."""
        payload = self.checked(payload, "home", replaces=self._homes.get(user))
        if home := self._homes.get(user):
            self.update(home, payload)
            return home
        view = self._homes[user] = self._new(user, payload)
        self._show(view)
        return view

    def show_errors(self, view: View, errors: dict[str, str]) -> None:
        """Mark what a user entered as wrong."""
        view.errors = errors
        self._show(view)

    def close(self, view: View) -> None:
        """Take a modal off its user's stack."""
        stack = self._stacks.get(view.user, [])
        if view in stack:
            stack.remove(view)
            del self._views[view.id]
            self._workspace.tell(ModalShown(view.user, self.top(view.user)))

    def close_all(self, user: str) -> None:
        """Take every modal off a user's stack."""
        for view in reversed(self._stacks.get(user, [])[:]):
            self.close(view)

    def _show(self, view: View) -> None:
        if view.kind == "home":
            self._workspace.tell(HomePublished(view))
        elif view is self.top(view.user):
            self._workspace.tell(ModalShown(view.user, view))

    def _new(self, user: str, payload: JSON) -> View:
        view_id = self._workspace.ids.new("V")
        kind = payload["type"]
        view = View(view_id, kind, user, payload, self._new_hash(), view_id)
        view.external_id = payload.get("external_id") or None
        self._views[view_id] = view
        return view

    def _new_hash(self) -> str:
        return f"{int(self._workspace.now())}.{self._workspace.ids.secret()[:8]}"

    def checked(self, payload: Any, kind: str, replaces: View | None = None) -> JSON:
        """The view with ids filled in. Raises ``Refusal``."""
        errors: list[str] = []
        _VIEW(payload, "/view", errors)
        if not errors and payload["type"] != kind:
            complain(errors, f"must be a {kind} view", "/view/type")
        if not errors:
            errors = [text.replace(":/blocks", ":/view/blocks") for text in _blocks(payload, kind)]
        if errors:
            raise Refusal("invalid_arguments", *errors)
        if len(json.dumps(payload).encode()) > VIEW_BYTES:
            raise Refusal("view_too_large")
        external_id = payload.get("external_id")
        holder = self.by_external_id(external_id) if external_id else None
        if holder is not None and holder is not replaces:
            raise Refusal("duplicate_external_id")
        new_id = self._workspace.ids.new
        checked: JSON = payload | {"blocks": with_ids(payload["blocks"], lambda: new_id("", 5))}
        return checked


def _blocks(payload: JSON, kind: str) -> list[str]:
    errors = block_errors(payload["blocks"], "modal" if kind == "modal" else "home")
    inputs = any(isinstance(b, dict) and b.get("type") == "input" for b in payload["blocks"])
    if kind == "modal" and inputs and not payload.get("submit"):
        complain(errors, "missing required field: submit, a modal with inputs needs it", "/view")
    return errors


def _state(view: View) -> JSON:
    """What each select shows: what its user chose there, else its initial option."""
    values: JSON = {}
    for block in view.payload["blocks"]:
        for element in elements_of(block):
            if element.get("type") != "static_select":
                continue
            shown = {"type": element["type"], "selected_option": element.get("initial_option")}
            values.setdefault(block["block_id"], {})[element["action_id"]] = shown
    for block_id, chosen in view.values.items():
        values.setdefault(block_id, {}).update(chosen)
    return values


def present_view(workspace: Workspace, view: View) -> JSON:
    """A view as the API and interactions show it."""
    payload = view.payload
    return {
        "id": view.id,
        "team_id": workspace.team_id,
        "type": view.kind,
        "blocks": payload["blocks"],
        "private_metadata": payload.get("private_metadata") or "",
        "callback_id": payload.get("callback_id") or "",
        "state": {"values": _state(view)},
        "hash": view.hash,
        "title": payload.get("title") or {"type": "plain_text", "text": "View Title"},
        "clear_on_close": bool(payload.get("clear_on_close")),
        "notify_on_close": bool(payload.get("notify_on_close")),
        "close": payload.get("close"),
        "submit": payload.get("submit"),
        "previous_view_id": view.previous_id,
        "root_view_id": view.root_id,
        "app_id": workspace.app_id,
        "external_id": view.external_id or "",
        "app_installed_team_id": workspace.team_id,
        "bot_id": workspace.bot_id,
    }
