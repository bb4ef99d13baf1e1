"""users.info, users.list."""

from simulators.slack.errors import Refusal
from simulators.slack.methods.conversations import page_of
from simulators.slack.methods.registry import COUNT, FLAG, NEEDED, TEXT, Call, method
from simulators.slack.model import JSON
from simulators.slack.presentation import present_user
from simulators.slack.rate_limits import Tier


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


@method(
    "users.list",
    Tier.TWO,
    "users:read",
    arguments={"include_locale": FLAG, "cursor": TEXT, "limit": COUNT},
)
def list_(call: Call) -> JSON:
    """Everybody, bots included."""
    page, metadata = page_of(call, list(call.workspace.users.values()), default=1000)
    locale = bool(call.get("include_locale"))
    members = [present_user(call.workspace, user, locale=locale) for user in page]
    return {"members": members, "cache_ts": int(call.workspace.now()), **metadata}
