"""chat.startStream, appendStream, stopStream.

Rules: docs.slack.dev/reference/methods/chat.startStream and its neighbours; the life of about five
minutes that appending does not extend is measured (python-slack-sdk#1859, node-slack-sdk#2702).
"""

from copy import deepcopy
from dataclasses import replace

from simulators.slack.content.arguments import Arg
from simulators.slack.content.block_kit import MESSAGE_BLOCKS
from simulators.slack.content.message import check_markdown, read_blocks, read_metadata
from simulators.slack.content.schema import anything, by_type, items, one_of, shape, string
from simulators.slack.errors import Refusal
from simulators.slack.state.changes import Refreshed
from simulators.slack.state.model import JSON, Channel, Message, Stream
from simulators.slack.state.sessions import PROCESSING
from simulators.slack.state.streaming import stream_bytes, take_chunks
from simulators.slack.state.timestamps import is_ts
from simulators.slack.web_api.methods.chat import APPEARANCE, appearance
from simulators.slack.web_api.methods.registry import NEEDED, TEXT, Call, method
from simulators.slack.web_api.methods.sessions import STATUSES
from simulators.slack.web_api.rate_limits import Tier

_CHUNKS = Arg("list", malformed="invalid_chunks")
_CONTENT = {"markdown_text": TEXT, "chunks": _CHUNKS}
_TASK_STATUS = one_of("pending", "in_progress", "complete", "error")
# docs.slack.dev, url-source-element.
_SOURCES = items(by_type({"url": shape({"url": string(3000), "text": string(256)})}), 100, 0)
_WITHOUT_TASKS = {
    "markdown_text": shape({"text": string(12_000)}),
    "blocks": shape({"blocks": anything}),
}
_WITH_TASKS = {
    **_WITHOUT_TASKS,
    "task_update": shape(
        {"id": string(256), "title": string(256), "status": _TASK_STATUS},
        {"details": string(256, 0), "output": string(256, 0), "sources": _SOURCES},
    ),
    "plan_update": shape({"title": string(256)}),
}
_CHUNK_RULES = {
    True: items(by_type(_WITH_TASKS), 1000, 0),
    False: items(by_type(_WITHOUT_TASKS), 1000, 0),
}


def _read_chunks(call: Call) -> list[JSON]:
    if call.get("markdown_text") is not None and call.get("chunks"):
        raise Refusal("cannot_provide_both_markdown_text_and_chunks")
    chunks: list[JSON] = call.get("chunks") or []
    errors: list[str] = []
    _CHUNK_RULES[call.workspace.config.task_cards](chunks, "/chunks", errors)
    if errors:
        raise Refusal("invalid_chunks", *errors)
    return [
        chunk | {"blocks": _stream_blocks(call, chunk["blocks"])}
        if chunk["type"] == "blocks"
        else chunk
        for chunk in chunks
    ]


def _stream_blocks(call: Call, blocks: list[JSON]) -> list[JSON]:
    if isinstance(blocks, list) and len(blocks) > MESSAGE_BLOCKS:
        raise Refusal("msg_blocks_too_many")
    return read_blocks(blocks, call.new_id)


def _take(call: Call, stream: Stream, chunks: list[JSON]) -> None:
    """Add what the call brings to the stream. Raises ``Refusal``."""
    markdown = call.get("markdown_text")
    mode = "text" if markdown is not None else "chunks" if chunks else None
    if mode and stream.mode and mode != stream.mode:
        raise Refusal("streaming_mode_mismatch")
    check_markdown(markdown or "")
    added = sum(len(chunk["blocks"]) for chunk in chunks if chunk["type"] == "blocks")
    if len(stream.blocks) + added > MESSAGE_BLOCKS:
        raise Refusal("msg_blocks_too_many")
    said = stream.markdown or markdown or any(c["type"] == "markdown_text" for c in chunks)
    size = stream_bytes(stream, chunks, markdown or "")
    # The cap is enforced only once the message carries body text (openclaw#143882).
    if said and size > call.workspace.config.stream_max_bytes:
        raise Refusal("msg_too_long")
    if mode:
        stream.mode = "text" if mode == "text" else "chunks"
    stream.markdown += markdown or ""
    take_chunks(stream, chunks)


_START = {
    "channel": NEEDED,
    "thread_ts": TEXT,
    "recipient_user_id": TEXT,
    "recipient_team_id": TEXT,
    "task_display_mode": TEXT,
    "client_msg_id": TEXT,
    **_CONTENT,
    **APPEARANCE,
}


@method("chat.startStream", Tier.TWO, "chat:write", arguments=_START)
def start_stream(call: Call) -> JSON:
    """Begin a message that is written piece by piece, as a reply."""
    workspace = call.workspace
    channel = call.writable_channel(call.get("channel"))
    thread_ts = call.get("thread_ts") or ""
    parent = workspace.message(channel.id, thread_ts) if is_ts(thread_ts) else None
    if parent is None or parent.is_reply:
        raise Refusal("invalid_thread_ts")
    _check_recipient(call, channel)
    mode = call.get("task_display_mode", "timeline")
    if mode not in {"timeline", "plan", "dense"}:
        raise Refusal("invalid_arguments", "[ERROR] unknown task_display_mode")
    stream = Stream(workspace.now(), display_mode=mode, recipient=call.get("recipient_user_id"))
    _take(call, stream, _read_chunks(call))
    stream.begun = replace(stream, tasks=deepcopy(stream.tasks), blocks=list(stream.blocks))
    shown = appearance(call)
    message = Message(
        channel.id,
        workspace.timestamps.next(),
        workspace.bot.id,
        stream.markdown,
        thread_ts,
        bot_id=workspace.bot_id,
        stream=stream,
    )
    message.username, message.icons = shown["username"], shown["icons"]  # type: ignore[assignment]  # strings from Text arguments
    workspace.post(message)
    if workspace.config.agent_app:
        workspace.sessions.set((channel.id, thread_ts), PROCESSING)
    return {"channel": channel.id, "ts": message.ts}


def _check_recipient(call: Call, channel: Channel) -> None:
    if channel.kind == "im":
        return
    if not call.get("recipient_team_id"):
        raise Refusal("missing_recipient_team_id")
    if not call.get("recipient_user_id"):
        raise Refusal("missing_recipient_user_id")
    if call.get("recipient_team_id") != call.workspace.team_id:
        raise Refusal("team_not_found")
    if call.get("recipient_user_id") not in call.workspace.users:
        raise Refusal("user_not_found")


def expire(message: Message, now: float, lifetime_s: float) -> bool:
    """End a stream that outlived Slack's patience; True if this call ended it."""
    stream = message.stream
    if stream is None or stream.state != "live" or now < stream.started_at + lifetime_s:
        return False
    stream.state = "expired"
    return True


def _live_stream(call: Call, *, append: bool) -> tuple[Message, Stream]:
    workspace = call.workspace
    channel = call.visible_channel(call.get("channel"))
    message = workspace.message(channel.id, call.get("ts"))
    if message is None:
        raise Refusal("message_not_found")
    if message.bot_id != workspace.bot_id:
        raise Refusal("message_not_owned_by_app")
    if expire(message, workspace.now(), workspace.config.stream_lifetime_s):
        workspace.tell(Refreshed(message))
    stream = message.stream
    if append and stream is not None and stream.state == "stopped":
        raise Refusal("stopped_by_user")
    if stream is None or stream.state != "live":
        raise Refusal("message_not_in_streaming_state")
    return message, stream


@method(
    "chat.appendStream",
    Tier.FOUR,
    "chat:write",
    arguments={"channel": NEEDED, "ts": NEEDED, **_CONTENT},
)
def append_stream(call: Call) -> JSON:
    """Write on; it does not prolong the stream's life."""
    message, stream = _live_stream(call, append=True)
    chunks = _read_chunks(call)
    if not call.get("markdown_text") and not chunks:
        raise Refusal("markdown_text_or_chunks_required")
    _take(call, stream, chunks)
    message.text = stream.markdown
    call.workspace.tell(Refreshed(message))
    return {"channel": message.channel, "ts": message.ts}


_STOP = {
    "channel": NEEDED,
    "ts": NEEDED,
    "blocks": Arg("list", malformed="invalid_blocks_format"),
    "metadata": Arg("object", malformed="invalid_metadata_format"),
    "session_status": TEXT,
    **_CONTENT,
}


@method("chat.stopStream", Tier.TWO, "chat:write", arguments=_STOP)
def stop_stream(call: Call) -> JSON:
    """Finish the message; only now it takes metadata."""
    workspace = call.workspace
    message, stream = _live_stream(call, append=False)
    chunks = _read_chunks(call)
    blocks = _stream_blocks(call, call.get("blocks") or [])
    metadata = read_metadata(call.get("metadata"))
    session_status = call.get("session_status", "active")
    if session_status not in STATUSES:
        raise Refusal("invalid_arguments", "[ERROR] unknown session_status")
    _take(call, stream, chunks)

    def finish(edited: Message) -> None:
        stream.final_blocks, stream.state = blocks, "finished"
        edited.text, edited.metadata = stream.markdown, metadata

    workspace.edit(message, finish)
    if workspace.config.agent_app:
        workspace.sessions.set((message.channel, str(message.thread_ts)), session_status)
    return {
        "channel": message.channel,
        "ts": message.ts,
        "message": workspace.present(message),
    }
