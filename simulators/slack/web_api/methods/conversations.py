"""conversations.info, list, members, history, replies, open, join."""

import base64
from collections.abc import Sequence
from itertools import islice
from typing import Any

from simulators.slack.content.arguments import Arg
from simulators.slack.errors import Refusal
from simulators.slack.state.message_log import between
from simulators.slack.state.model import JSON, Channel, Message
from simulators.slack.state.presentation import present_channel
from simulators.slack.state.timestamps import bound
from simulators.slack.web_api.methods.registry import COUNT, FLAG, NEEDED, TEXT, Call, method
from simulators.slack.web_api.rate_limits import Tier

_FAMILY = {"channel": "channels", "private": "groups", "im": "im", "mpim": "mpim"}
_READ = tuple(f"{family}:read" for family in _FAMILY.values())
_HISTORY = tuple(f"{family}:history" for family in _FAMILY.values())
_IN_A_GROUP = 8  # besides the caller (docs.slack.dev, conversations.open)
_PAGING = {"cursor": TEXT, "limit": COUNT}
_READING = {
    "channel": NEEDED,
    "inclusive": FLAG,
    "include_all_metadata": FLAG,
    "latest": TEXT,
    "oldest": TEXT,
    **_PAGING,
}


def encode_cursor(position: str) -> str:
    """A cursor that carries where the next page starts."""
    return base64.urlsafe_b64encode(f"next:{position}".encode()).decode()


def decode_cursor(cursor: str | None) -> str | None:
    """Where the page starts, or None for the first. Raises ``Refusal``."""
    if not cursor:
        return None
    try:
        kind, _, position = base64.urlsafe_b64decode(cursor.encode()).decode().partition(":")
    except ValueError as error:
        raise Refusal("invalid_cursor") from error
    if kind != "next" or not position:
        raise Refusal("invalid_cursor")
    return position


def limit_of(call: Call, default: int, most: int = 1000) -> int:
    """How many items a page may hold. Raises ``Refusal``."""
    limit: int = call.get("limit", default) or default
    if not 0 < limit <= most:
        raise Refusal("invalid_limit")
    return limit


def page_of(call: Call, items: Sequence[Any], default: int = 100) -> tuple[Sequence[Any], JSON]:
    """One page of a list and the metadata that leads to the next."""
    position = decode_cursor(call.get("cursor"))
    if position is not None and not position.isdigit():
        raise Refusal("invalid_cursor")
    start = int(position or 0)
    end = start + limit_of(call, default)
    following = encode_cursor(str(end)) if end < len(items) else ""
    return items[start:end], {"response_metadata": {"next_cursor": following}}


def _readable(call: Call) -> Channel:
    """A channel the app may know of; each kind has its own scope. Raises ``Refusal``."""
    channel = call.visible_channel(call.get("channel"))
    _require_scope(call, channel, "read")
    return channel


def _require_scope(call: Call, channel: Channel, right: str) -> None:
    needed, scopes = f"{_FAMILY[channel.kind]}:{right}", call.workspace.config.scopes
    if needed not in scopes:
        raise Refusal("missing_scope", needed=needed, provided=",".join(sorted(scopes)))


def _own(call: Call) -> Channel:
    """A channel whose messages the app may read. Raises ``Refusal``."""
    channel = call.own_channel(call.get("channel"))
    _require_scope(call, channel, "history")
    return channel


@method(
    "conversations.info",
    Tier.THREE,
    *_READ,
    arguments={"channel": NEEDED, "include_locale": FLAG, "include_num_members": FLAG},
)
def info(call: Call) -> JSON:
    """Describe a conversation."""
    shown = present_channel(call.workspace, _readable(call))
    if not call.get("include_num_members"):
        shown.pop("num_members", None)
    if call.get("include_locale"):
        shown["locale"] = "ja-JP"
    return {"channel": shown}


@method(
    "conversations.members",
    Tier.FOUR,
    *_READ,
    arguments={"channel": NEEDED, **_PAGING},
)
def members(call: Call) -> JSON:
    """Who is in a conversation."""
    channel = _readable(call)
    page, metadata = page_of(call, sorted(channel.members))
    return {"members": list(page), **metadata}


def _bounds(call: Call) -> tuple[str | None, str | None]:
    bounds = []
    for name in ("oldest", "latest"):
        value = call.get(name)
        parsed = bound(value) if value else None
        if value and parsed is None:
            raise Refusal(f"invalid_ts_{name}")
        bounds.append(parsed)
    return bounds[0], bounds[1]


def _present(call: Call, message: Message) -> JSON:
    everything = bool(call.get("include_all_metadata"))
    return call.workspace.present(message, all_metadata=everything)


@method("conversations.history", Tier.THREE, *_HISTORY, arguments=_READING)
def history(call: Call) -> JSON:
    """A channel's messages without the replies, newest first."""
    channel = _own(call)
    limit = limit_of(call, 100, most=999)
    oldest, latest = _bounds(call)
    inclusive = bool(call.get("inclusive"))
    before = decode_cursor(call.get("cursor"))
    log = call.workspace.log(channel.id)
    newest = log.history(oldest, latest, inclusive=inclusive, before=before)
    found = list(islice(newest, limit + 1))
    limit = _given(call, limit, len(found))
    return {
        "messages": [_present(call, message) for message in found[:limit]],
        "has_more": len(found) > limit,
        "pin_count": 0,
        "channel_actions_ts": None,
        "channel_actions_count": 0,
        **_following(found, limit),
    }


def _given(call: Call, limit: int, there: int) -> int:
    """How many messages a page holds. "Fewer than the requested number of items may be returned,
    even if the end hasn't been reached" (docs.slack.dev): here always, while more are there.
    """
    longest = min(limit, call.workspace.config.longest_page)
    return longest if there <= longest else max(1, longest - 1)


def _following(found: Sequence[Message], limit: int) -> JSON:
    if len(found) <= limit:
        return {}
    return {"response_metadata": {"next_cursor": encode_cursor(found[limit - 1].ts)}}


@method(
    "conversations.replies",
    Tier.THREE,
    *_HISTORY,
    arguments={**_READING, "ts": NEEDED},
)
def replies(call: Call) -> JSON:
    """A thread, oldest first; its parent leads the first page whatever the bounds are. The ts of a
    reply gives that reply alone (github.com/slackapi/bolt-python issue 783).
    """
    channel = _own(call)
    log = call.workspace.log(channel.id)
    asked = log.get(call.get("ts"))
    limit = limit_of(call, 1000)
    if asked is not None and asked.is_reply:
        return {"messages": [_present(call, asked)], "has_more": False}
    parent_ts = call.get("ts")
    thread, parent = log.replies(parent_ts), log.get(parent_ts)
    if asked is None and not thread:
        raise Refusal("thread_not_found")
    oldest, latest = _bounds(call)
    inclusive = bool(call.get("inclusive"))
    position = decode_cursor(call.get("cursor"))
    timestamps = [reply.ts for reply in thread]
    first, last = between(timestamps, oldest, latest, inclusive=inclusive)
    after, _ = between(timestamps, position, None, inclusive=False)
    found = thread[max(first, after) : last]
    if position is None and parent is not None:
        found = [parent, *found]
    limit = _given(call, limit, len(found))
    return {
        "messages": [_present(call, message) for message in found[:limit]],
        "has_more": len(found) > limit,
        **_following(found, limit),
    }


def _conversation_with(ids: Sequence[str], call: Call) -> Channel:
    found = [call.workspace.users.get(each) for each in dict.fromkeys(ids)]
    humans = {user.id for user in found if user is not None and not user.is_bot}
    if len(humans) < len(found):
        raise Refusal("user_not_found")
    if len(humans) == 1:
        return call.workspace.im(*humans)
    if "mpim:write" not in call.workspace.config.scopes:
        provided = ",".join(sorted(call.workspace.config.scopes))
        raise Refusal("missing_scope", needed="mpim:write", provided=provided)
    if len(humans) > _IN_A_GROUP:
        raise Refusal("too_many_users")
    return call.workspace.group(humans)


@method(
    "conversations.open",
    Tier.THREE,
    "im:write",
    arguments={
        "channel": TEXT,
        "users": Arg("names"),
        "return_im": FLAG,
        "prevent_creation": FLAG,
    },
)
def open_(call: Call) -> JSON:
    """Open the direct message with one user, or the group's with several."""
    if call.get("channel"):
        channel = call.visible_channel(call.get("channel"))
    else:
        users = call.get("users") or []
        if not users:
            raise Refusal("users_list_not_supplied")
        channel = _conversation_with(users, call)
    if not call.get("return_im"):
        return {"channel": {"id": channel.id}}
    return {"channel": present_channel(call.workspace, channel)}
