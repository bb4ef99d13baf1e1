"""Slash commands, clicks, modals and shortcuts: their payloads and what follows from the ack.

Shapes: docs.slack.dev/reference/interaction-payloads. None of these is ever delivered twice.
"""

from typing import Any

from simulators.journal import act_key
from simulators.slack.content.views import Views, present_view
from simulators.slack.errors import Refusal
from simulators.slack.events.delivery import Delivery, Dispatch, Outcome
from simulators.slack.people.response_urls import Grant, ResponseUrls
from simulators.slack.state.changes import Notice
from simulators.slack.state.model import JSON, Channel, Message, User, View
from simulators.slack.state.workspace import Workspace

_NOT_NAMED = {"im": "directmessage", "private": "privategroup"}
_UNANSWERED = "Slack: the app did not respond in time. Please try again."


class Interactions:
    """Sends interactions to the app and applies its answers."""

    def __init__(
        self, workspace: Workspace, views: Views, urls: ResponseUrls, delivery: Delivery
    ) -> None:
        self._workspace = workspace
        self._views = views
        self._urls = urls
        self._delivery = delivery

    async def slash(self, user: User, channel: Channel, command: str, text: str) -> Outcome:
        """Run a slash command; the user is told when the app does not take it."""
        grant = self._urls.grant("commands", user.id, channel.id)
        payload = {
            "token": "local",
            "team_id": self._workspace.team_id,
            "team_domain": self._workspace.config.team_domain,
            "channel_id": channel.id,
            "channel_name": _NOT_NAMED.get(channel.kind, channel.name),
            "user_id": user.id,
            "user_name": user.name,
            "command": command,
            "text": text,
            "api_app_id": self._workspace.app_id,
            "is_enterprise_install": "false",
            "response_url": grant.url,
            "trigger_id": self._views.trigger(user.id),
        }
        outcome = await self._delivery.once(
            Dispatch(
                "slash_commands",
                payload,
                (f"response_url:{grant.url}",),
                accepts_response=True,
                detail={"command": command, "channel": channel.id, "user": user.id},
            )
        )
        error = None if outcome.acked else "operation_timeout"
        if error is None and outcome.payload:
            error = self._urls.respond(grant, outcome.payload)
        if error is not None:
            notice = f'{command} failed with the error "{error}"'
            self._workspace.tell(Notice(user.id, notice))
        return outcome

    async def click(
        self, user: User, message: Message, block: JSON, element: JSON, chosen: JSON
    ) -> Outcome:
        """Use an element of a message; ``chosen`` is what the element's state became."""
        channel = self._workspace.channels[message.channel]
        grant = self._urls.grant("actions", user.id, channel.id, message)
        container = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": message.ephemeral_for is not None,
        }
        if message.is_reply:
            container["thread_ts"] = message.thread_ts
        action = self._action(block, element, chosen)
        payload = self._base("block_actions", user) | {
            "container": container,
            "channel": {"id": channel.id, "name": _NOT_NAMED.get(channel.kind, channel.name)},
            "message": self._workspace.present(message),
            "state": {"values": _state(block, element, chosen)},
            "response_url": grant.url,
            "actions": [action],
        }
        return await self._interact(user, payload, grant, element=element.get("action_id"))

    async def click_in_view(
        self, user: User, view: View, block: JSON, element: JSON, chosen: JSON
    ) -> Outcome:
        """Use an element of a modal or of App Home."""
        for block_id, values in _state(block, element, chosen).items():
            view.values.setdefault(block_id, {}).update(values)
        payload = self._base("block_actions", user) | {
            "container": {"type": "view", "view_id": view.id},
            "view": present_view(self._workspace, view),
            "actions": [self._action(block, element, chosen)],
        }
        return await self._interact(user, payload, element=element.get("action_id"))

    async def submit(self, user: User, view: View, values: JSON) -> Outcome:
        """Submit a modal; the ack says whether it closes, changes or shows errors."""
        view.values = values
        payload = self._base("view_submission", user) | {
            "view": present_view(self._workspace, view),
            "response_urls": [],
        }
        outcome = await self._interact(user, payload, accepts_response=True)
        if outcome.acked:
            self._apply(user, view, outcome.payload or {})
        else:
            self._views.show_errors(view, {"": "We had some trouble connecting. Try again?"})
        return outcome

    def _apply(self, user: User, view: View, answer: JSON) -> None:
        try:
            self._act(user, view, answer)
        except (Refusal, KeyError) as error:
            self._workspace.tell(Notice(user.id, f"Slack: the app's answer was invalid ({error})."))

    def _act(self, user: User, view: View, answer: JSON) -> None:
        match answer.get("response_action"):
            case None:
                self._views.close(view)
            case "clear":
                self._views.close_all(user.id)
            case "errors":
                self._views.show_errors(view, self._checked_errors(view, answer["errors"]))
            case "update":
                self._views.update(view, answer["view"])
            case "push":
                self._views.push(user.id, answer["view"])
            case other:
                raise Refusal("invalid_response_action", str(other))

    def _checked_errors(self, view: View, errors: dict[str, str]) -> dict[str, str]:
        inputs = {b.get("block_id") for b in view.payload["blocks"] if b["type"] == "input"}
        unknown = errors.keys() - inputs
        if unknown or not errors:
            raise Refusal("invalid_errors", *sorted(unknown))
        return errors

    async def close(self, user: User, view: View) -> None:
        """Close a modal; the app is told if it asked for that."""
        shown = present_view(self._workspace, view)
        self._views.close(view)
        if view.payload.get("notify_on_close"):
            payload = self._base("view_closed", user) | {"view": shown, "is_cleared": False}
            del payload["trigger_id"]
            await self._interact(user, payload, complain=False)

    async def shortcut(self, user: User, message: Message, callback_id: str) -> Outcome:
        """Use a message shortcut."""
        channel = self._workspace.channels[message.channel]
        grant = self._urls.grant("actions", user.id, channel.id)
        payload = self._base("message_action", user) | {
            "callback_id": callback_id,
            "action_ts": self._workspace.timestamps.next(),
            "channel": {"id": channel.id, "name": _NOT_NAMED.get(channel.kind, channel.name)},
            "message": self._workspace.present(message),
            "message_ts": message.ts,
            "response_url": grant.url,
        }
        return await self._interact(user, payload, grant, callback_id=callback_id)

    def _base(self, kind: str, user: User) -> JSON:
        workspace = self._workspace
        return {
            "type": kind,
            "user": {
                "id": user.id,
                "username": user.name,
                "name": user.name,
                "team_id": workspace.team_id,
            },
            "api_app_id": workspace.app_id,
            "token": "local",
            "trigger_id": self._views.trigger(user.id),
            "team": {"id": workspace.team_id, "domain": workspace.config.team_domain},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _action(self, block: JSON, element: JSON, chosen: JSON) -> JSON:
        kept = {"type", "action_id", "text", "style", "url"}
        action = {name: value for name, value in element.items() if name in kept}
        return {
            **action,
            **chosen,
            "block_id": block.get("block_id", ""),
            "action_ts": self._workspace.timestamps.next(),
        }

    async def _interact(
        self,
        user: User,
        payload: JSON,
        grant: Grant | None = None,
        *,
        accepts_response: bool = False,
        complain: bool = True,
        **detail: Any,
    ) -> Outcome:
        keys = [f"response_url:{grant.url}"] if grant is not None else []
        if acted := _acted_at(payload):
            keys.append(act_key(user.id, float(acted)))
        dispatch = Dispatch(
            "interactive",
            payload,
            tuple(keys),
            accepts_response=accepts_response,
            detail={"event": payload["type"], "user": user.id, **detail},
        )
        outcome = await self._delivery.once(dispatch)
        if not outcome.acked and complain:
            self._workspace.tell(Notice(user.id, _UNANSWERED))
        return outcome


def _acted_at(payload: JSON) -> str | None:
    """When it was done, as the payload tells it."""
    actions = payload.get("actions") or [{}]
    found: str | None = payload.get("action_ts") or actions[0].get("action_ts")
    return found


def _state(block: JSON, element: JSON, chosen: JSON) -> JSON:
    """What a stateful element's new state is; buttons have none."""
    if element["type"] in {"button", "overflow", "feedback_buttons", "icon_button"}:
        return {}
    value = {"type": element["type"], **chosen}
    return {block.get("block_id", ""): {element.get("action_id", ""): value}}
