"""files.getUploadURLExternal, completeUploadExternal, files.info, files.delete."""

import asyncio
import mimetypes
from functools import partial
from typing import Final

from simulators.slack.content.arguments import Arg
from simulators.slack.errors import Refusal
from simulators.slack.state.model import JSON, Channel, File, Message
from simulators.slack.state.presentation import present_file
from simulators.slack.web_api.methods.registry import COUNT, NEEDED, TEXT, Call, method
from simulators.slack.web_api.rate_limits import Tier

_NOT_YET_KNOWN: Final[JSON] = {
    **dict.fromkeys(("mimetype", "filetype", "pretty_type"), ""),
    **dict.fromkeys(("channels", "groups", "ims"), ()),
    "shares": {},
}


@method(
    "files.getUploadURLExternal",
    Tier.FOUR,
    "files:write",
    arguments={
        "filename": NEEDED,
        "length": Arg("integer", required=True),
        "alt_txt": TEXT,
        "snippet_type": TEXT,
    },
)
def get_upload_url(call: Call) -> JSON:
    """Announce a file; its bytes are then posted to the URL."""
    if call.get("length") <= 0:
        raise Refusal("missing_argument")
    if len(call.get("alt_txt", "")) > 1000:
        raise Refusal("alt_txt_too_large")
    workspace = call.workspace
    name = call.get("filename")
    file = File(
        workspace.ids.new("F"),
        name,
        mimetypes.guess_type(name)[0] or "application/octet-stream",
        workspace.bot.id,
        int(workspace.now()),
        alt_txt=call.get("alt_txt"),
    )
    file.expected = call.get("length")
    workspace.files[file.id] = file
    ticket = workspace.ids.secret()
    url = f"{call.base_url}/upload/v1/{file.id}{ticket}"
    workspace.uploads[f"{file.id}{ticket}"] = file
    return {"upload_url": url, "file_id": file.id}


@method(
    "files.completeUploadExternal",
    Tier.FOUR,
    "files:write",
    arguments={
        "files": Arg("list", required=True),
        "channel_id": TEXT,
        "channels": Arg("names"),
        "initial_comment": TEXT,
        "thread_ts": TEXT,
        "blocks": Arg("list", malformed="invalid_blocks"),
    },
)
def complete_upload(call: Call) -> JSON:
    """Share uploaded files, in one message a channel; not before it is answered, as in Slack."""
    workspace = call.workspace
    files = [_uploaded(call, item) for item in call.get("files")]
    named = call.get("channels") or []
    if call.get("channel_id"):
        named = [call.get("channel_id"), *named]
    channels = [call.writable_channel(name) for name in dict.fromkeys(named)]
    for file, title in files:
        file.complete, file.title = True, title or file.name
    # What Slack tells is from before it has looked at the file and shared it (bolt-js#2115).
    told = [present_file(workspace, file) | _NOT_YET_KNOWN for file, _ in files]
    for channel in channels:
        share = partial(_share, call, channel, [file for file, _ in files])
        if workspace.config.files_shared_after_s > 0:
            loop = asyncio.get_running_loop()
            loop.call_later(workspace.config.files_shared_after_s, share)
        else:
            share()
    return {"files": told}


def _uploaded(call: Call, item: JSON) -> tuple[File, str]:
    known = {"id", "title", "highlight_type"}
    if not isinstance(item, dict) or "id" not in item or item.keys() - known:
        raise Refusal("invalid_arguments", "[ERROR] files must be objects with id and title")
    file = call.workspace.files.get(item["id"])
    if file is None or file.complete or not file.content:
        raise Refusal("file_not_found")
    return file, item.get("title", "")


def _share(call: Call, channel: Channel, files: list[File]) -> None:
    workspace = call.workspace
    message = Message(
        channel.id,
        workspace.timestamps.next(),
        workspace.bot.id,
        call.get("initial_comment", ""),
        call.thread(channel, call.get("thread_ts")),
        files=files,
        subtype="file_share",
        bot_id=workspace.bot_id,
    )
    workspace.post(message)


def _named(call: Call) -> File:
    """The file that the call names, if it is still there."""
    file = call.workspace.files.get(call.get("file"))
    if file is None:
        raise Refusal("file_not_found")
    if file.mode == "tombstone":
        raise Refusal("file_deleted")
    return file


@method(
    "files.info",
    Tier.FOUR,
    "files:read",
    arguments={"file": NEEDED, "count": COUNT, "page": COUNT, "cursor": TEXT, "limit": COUNT},
)
def info(call: Call) -> JSON:
    """Describe a file the app can see."""
    workspace = call.workspace
    file = _named(call)
    if not workspace.can_see(workspace.bot.id, file):
        raise Refusal("not_visible")
    return {"file": present_file(workspace, file), "comments": []}


@method("files.delete", Tier.THREE, "files:write", arguments={"file": NEEDED})
def delete(call: Call) -> JSON:
    """Remove a file of the app's own; a tombstone stays in the messages that shared it."""
    workspace = call.workspace
    file = _named(call)
    if file.user != workspace.bot.id:
        raise Refusal("cant_delete_file")
    file.mode, file.content = "tombstone", b""
    return {}
