"""users.info, users.conversations."""

from simulators.slack.content.arguments import Arg
from simulators.slack.errors import Refusal
from simulators.slack.state.model import JSON
from simulators.slack.state.presentation import present_channel, present_user
from simulators.slack.web_api.methods.conversations import page_of
from simulators.slack.web_api.methods.registry import COUNT, FLAG, NEEDED, TEXT, Call, method
from simulators.slack.web_api.rate_limits import Tier


@method(
    "users.info",
    Tier.FOUR,
    "users:read",
    arguments={"user": NEEDED, "include_locale": FLAG},
)
def info(call: Call) -> JSON:
    """Describe a user; the locale only if asked for."""
    user = call.workspace.users.get(call.get("user"))
    if user is None:
        raise Refusal("user_not_found")
    return {"user": present_user(call.workspace, user, locale=bool(call.get("include_locale")))}


_NEEDED_SCOPE = {
    "public_channel": ("channels:read", "channel"),
    "private_channel": ("groups:read", "private"),
    "im": ("im:read", "im"),
    "mpim": ("mpim:read", "mpim"),
}


@method(
    "users.conversations",
    Tier.THREE,
    arguments={
        "types": Arg("names"),
        "exclude_archived": FLAG,
        "user": TEXT,
        "team_id": TEXT,
        "cursor": TEXT,
        "limit": COUNT,
    },
)
def conversations(call: Call) -> JSON:
    """The conversations a user is in, without ``user`` the app; each type has its own scope."""
    workspace = call.workspace
    types = call.get("types") or ["public_channel"]
    if set(types) - _NEEDED_SCOPE.keys():
        raise Refusal("invalid_types")
    needed = {_NEEDED_SCOPE[name][0] for name in types}
    if needed - workspace.config.scopes:
        provided = ",".join(sorted(workspace.config.scopes))
        raise Refusal("missing_scope", needed=",".join(sorted(needed)), provided=provided)
    kinds = {_NEEDED_SCOPE[name][1] for name in types}
    member = call.get("user") or workspace.bot.id
    found = [
        channel
        for channel in workspace.channels.values()
        if channel.kind in kinds
        and member in channel.members
        and (channel.kind == "channel" or workspace.bot.id in channel.members)
        and not (call.get("exclude_archived") and channel.is_archived)
    ]
    page, metadata = page_of(call, found)
    return {"channels": [present_channel(workspace, channel) for channel in page], **metadata}
