"""What people do in the chat page, as its JSON bodies ask for it."""

from simulators.slack.people.people import People
from simulators.slack.state.model import JSON

_CHOSEN = ("value", "selected_option", "selected_options", "selected_date", "selected_time")


class PageActs:
    """Each act takes a body with the acting ``user`` and returns what joins ``{"ok": true}``.

    Raises ``Refusal``, or ``KeyError`` and ``TypeError`` for a malformed body.
    """

    def __init__(self, people: People) -> None:
        self._people = people

    async def post(self, body: JSON) -> JSON:
        """Write a message."""
        message = self._people.post(
            body["user"],
            body["channel"],
            body["text"],
            thread_ts=body.get("thread_ts"),
            files=body.get("file_ids") or (),
        )
        return {"ts": message.ts}

    async def forward(self, body: JSON) -> JSON:
        """Forward a message."""
        ts = self._people.forward(
            body["user"],
            [self._people.message(body["user"], body["channel"], body["message_ts"])],
            body["to"],
            body.get("text", ""),
        ).ts
        return {"ts": ts}

    async def slash(self, body: JSON) -> JSON:
        """Run a slash command."""
        await self._people.slash(
            body["user"],
            body["channel"],
            body["command"],
            body.get("text", ""),
            thread_ts=body.get("thread_ts"),
        )
        return {}

    async def action(self, body: JSON) -> JSON:
        """Use an element of a message or of a view."""
        action = body["action"]
        chosen = {name: action[name] for name in _CHOSEN if name in action}
        block_id = action.get("block_id") or None
        if body.get("view_id"):
            await self._people.click_in_view(
                body["user"], body["view_id"], action["action_id"], block_id=block_id, **chosen
            )
        else:
            await self._people.click(
                body["user"],
                body["channel"],
                body["message_ts"],
                action["action_id"],
                block_id=block_id,
                **chosen,
            )
        return {}

    async def submit(self, body: JSON) -> JSON:
        """Submit a modal."""
        await self._people.submit(body["user"], body["view_id"], body.get("values") or {})
        return {}

    async def close_view(self, body: JSON) -> JSON:
        """Close a modal."""
        await self._people.close(body["user"], body["view_id"])
        return {}

    async def shortcut(self, body: JSON) -> JSON:
        """Use a message shortcut."""
        await self._people.shortcut(
            body["user"], body["channel"], body["message_ts"], body["callback_id"]
        )
        return {}

    async def open_home(self, body: JSON) -> JSON:
        """Open App Home."""
        self._people.open_home(body["user"], body.get("tab", "home"))
        return {}

    async def open_group(self, body: JSON) -> JSON:
        """Open the group direct message with some people and the app."""
        return {"channel": self._people.group(body["user"], *body["people"]).id}

    async def look(self, body: JSON) -> JSON:
        """Have a channel open beside the agent view, or nothing."""
        self._people.look(body["user"], body.get("channel"))
        return {}

    async def stop(self, body: JSON) -> JSON:
        """Stop the app's work in a thread, with what it streams there."""
        self._people.stop_session(body["user"], body["channel"], body["thread_ts"])
        return {}

    async def edit(self, body: JSON) -> JSON:
        """Change one's own message."""
        self._people.edit(body["user"], body["channel"], body["ts"], body["text"])
        return {}

    async def delete(self, body: JSON) -> JSON:
        """Delete or dismiss a message."""
        self._people.delete(body["user"], body["channel"], body["ts"])
        return {}

    async def react(self, body: JSON) -> JSON:
        """Add a reaction or take it back."""
        self._people.react(body["user"], body["channel"], body["ts"], body["name"])
        return {}
