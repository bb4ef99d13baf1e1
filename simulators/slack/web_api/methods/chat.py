"""chat.postMessage, update, delete, postEphemeral, getPermalink."""

from collections.abc import Mapping

from simulators.slack.content.arguments import Arg
from simulators.slack.content.message import (
    CONTENT_ARGUMENTS,
    Content,
    check_update_text,
    read_content,
    read_metadata,
)
from simulators.slack.errors import Refusal
from simulators.slack.state.model import JSON, Channel, Message
from simulators.slack.web_api.methods.registry import FLAG, NEEDED, TEXT, Call, method
from simulators.slack.web_api.rate_limits import Tier

APPEARANCE = {"icon_emoji": TEXT, "icon_url": TEXT, "username": TEXT}
_STYLE = {"as_user": FLAG, "link_names": FLAG, "parse": TEXT}
_POST = {
    "channel": NEEDED,
    "thread_ts": TEXT,
    "reply_broadcast": FLAG,
    "unfurl_links": FLAG,
    "unfurl_media": FLAG,
    "mrkdwn": FLAG,
    "container_id": TEXT,
    "client_msg_id": TEXT,
    **CONTENT_ARGUMENTS,
    **APPEARANCE,
    **_STYLE,
}


def appearance(call: Call) -> Mapping[str, JSON | str | None]:
    """The name and icon a post shall show instead of the app's."""
    icons = {
        name.removeprefix("icon_"): call.get(name)
        for name in ("icon_emoji", "icon_url")
        if call.get(name)
    }
    return {"username": call.get("username"), "icons": icons or None}


def _new_message(call: Call, channel: Channel, content: Content, thread_ts: str | None) -> Message:
    workspace = call.workspace
    message = Message(
        channel.id,
        workspace.timestamps.next(),
        workspace.bot.id,
        content.text,
        thread_ts,
        content.blocks,
        content.attachments,
        content.metadata,
        bot_id=workspace.bot_id,
        unfurls=bool(call.get("unfurl_links")) or call.get("unfurl_media") is not False,
    )
    shown = appearance(call)
    message.username, message.icons = shown["username"], shown["icons"]  # type: ignore[assignment]  # strings from Text arguments
    return message


def _answer(call: Call, message: Message, content: Content) -> JSON:
    answer: JSON = {
        "channel": message.channel,
        "ts": message.ts,
        "message": call.workspace.present(message),
    }
    if content.warning:
        answer["warning"] = content.warning
        answer["response_metadata"] = {"warnings": [content.warning]}
    return answer


@method("chat.postMessage", Tier.POST, "chat:write", arguments=_POST)
def post_message(call: Call) -> JSON:
    """Post a message."""
    channel = call.writable_channel(call.get("channel"))
    content = read_content(call.arguments, call.new_id)
    thread_ts = call.thread(channel, call.get("thread_ts"))
    message = _new_message(call, channel, content, thread_ts)
    if thread_ts and call.get("reply_broadcast"):
        message.broadcast, message.subtype = True, "thread_broadcast"
    call.workspace.post(message)
    return _answer(call, message, content)


@method(
    "chat.postEphemeral",
    Tier.FOUR,
    "chat:write",
    arguments={
        **{k: v for k, v in _POST.items() if k != "reply_broadcast"},
        "user": NEEDED,
    },
)
def post_ephemeral(call: Call) -> JSON:
    """Show a message to one user; its metadata is ignored."""
    channel = call.writable_channel(call.get("channel"))
    if call.get("user") not in channel.members:
        raise Refusal("user_not_in_channel")
    content = read_content(call.arguments, call.new_id)
    message = _new_message(call, channel, content, call.thread(channel, call.get("thread_ts")))
    message.metadata, message.ephemeral_for = None, call.get("user")
    call.workspace.post(message)
    return {"message_ts": message.ts}


def own_message(call: Call, refusal: str) -> Message:
    """The app's message at ``channel`` and ``ts``; raises ``refusal`` if it is another's."""
    channel = call.visible_channel(call.get("channel"))
    message = call.workspace.message(channel.id, call.get("ts"))
    if message is None:
        raise Refusal("message_not_found")
    if message.bot_id != call.workspace.bot_id:
        raise Refusal(refusal)
    return message


_UPDATE = {
    "channel": NEEDED,
    "ts": NEEDED,
    "file_ids": Arg("names"),
    "reply_broadcast": FLAG,
    **CONTENT_ARGUMENTS,
    **_STYLE,
}


@method("chat.update", Tier.THREE, "chat:write", arguments=_UPDATE)
def update(call: Call) -> JSON:
    """Replace a message; text alone removes the old blocks, metadata stays unless given."""
    message = own_message(call, "cant_update_message")
    if message.streaming:
        raise Refusal("streaming_state_conflict")
    if "metadata" in call.arguments and not call.arguments.keys() & _SAYS_SOMETHING:
        content = Content(message.text, message.blocks, message.attachments)
    else:
        content = read_content(call.arguments, call.new_id)
    check_update_text("" if call.get("markdown_text") else call.get("text", ""))
    metadata = read_metadata(call.get("metadata"))

    def change(edited: Message) -> None:
        edited.stream = None
        if "text" in call.arguments or "markdown_text" in call.arguments:
            edited.text = content.text
        edited.blocks, edited.attachments = content.blocks, content.attachments
        if "metadata" in call.arguments:
            edited.metadata = metadata
        # Slack shows no "edited" mark on messages whose blocks were replaced.
        if not content.blocks:
            edited.edited = {
                "user": call.workspace.bot.id,
                "ts": call.workspace.timestamps.next(),
            }

    call.workspace.edit(message, change)
    return {
        "channel": message.channel,
        "ts": message.ts,
        "text": message.text,
        "message": call.workspace.present(message),
    }


_SAYS_SOMETHING = {"text", "blocks", "markdown_text", "attachments"}


@method(
    "chat.delete",
    Tier.THREE,
    "chat:write",
    arguments={"channel": NEEDED, "ts": NEEDED, "as_user": FLAG},
)
def delete(call: Call) -> JSON:
    """Delete a message."""
    message = own_message(call, "cant_delete_message")
    call.workspace.delete(message)
    return {"channel": message.channel, "ts": message.ts}


@method("chat.getPermalink", Tier.SPECIAL, arguments={"channel": NEEDED, "message_ts": NEEDED})
def get_permalink(call: Call) -> JSON:
    """The address of a message for people."""
    channel = call.visible_channel(call.get("channel"))
    message = call.workspace.message(channel.id, call.get("message_ts"))
    if message is None:
        raise Refusal("message_not_found")
    url = f"{call.base_url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        url += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": url}
