"""views.open, update, push, publish."""

from simulators.slack.arguments import Arg
from simulators.slack.errors import Refusal
from simulators.slack.methods.registry import NEEDED, TEXT, Call, method
from simulators.slack.model import JSON, View
from simulators.slack.rate_limits import Tier
from simulators.slack.views import present_view

_VIEW = {"view": Arg("object", required=True)}
_OPEN = {"trigger_id": TEXT, "interactivity_pointer": TEXT, **_VIEW}


def _answer(call: Call, view: View) -> JSON:
    return {"view": present_view(call.workspace, view)}


def _user(call: Call) -> str:
    trigger_id = call.get("trigger_id") or call.get("interactivity_pointer")
    if not trigger_id:
        raise Refusal("invalid_arguments", "[ERROR] missing required field: trigger_id")
    call.views.checked(call.get("view"), "modal")
    return call.views.exchange(trigger_id)


@method("views.open", Tier.FOUR, arguments=_OPEN)
def open_(call: Call) -> JSON:
    """Open a modal for the user of a trigger."""
    return _answer(call, call.views.open(_user(call), call.get("view")))


@method("views.push", Tier.FOUR, arguments=_OPEN)
def push(call: Call) -> JSON:
    """Open a modal on top of the one the user has open."""
    user = _user(call)
    if call.views.top(user) is None:
        raise Refusal("not_found")
    return _answer(call, call.views.push(user, call.get("view")))


@method(
    "views.update",
    Tier.FOUR,
    arguments={"view_id": TEXT, "external_id": TEXT, "hash": TEXT, **_VIEW},
)
def update(call: Call) -> JSON:
    """Replace a view, unless it changed since ``hash``."""
    by_id, by_name = call.get("view_id"), call.get("external_id")
    view = call.views.get(by_id) if by_id else call.views.by_external_id(by_name or "")
    if view is None:
        raise Refusal("not_found")
    if call.get("hash") and call.get("hash") != view.hash:
        raise Refusal("hash_conflict")
    call.views.update(view, call.get("view"))
    return _answer(call, view)


@method(
    "views.publish",
    Tier.FOUR,
    arguments={"user_id": NEEDED, "hash": TEXT, **_VIEW},
)
def publish(call: Call) -> JSON:
    """Set a user's App Home."""
    user = call.workspace.users.get(call.get("user_id"))
    if user is None or user.is_bot:
        raise Refusal("invalid_arguments", "[ERROR] user_id is not a human of the workspace")
    home = call.views.home(user.id)
    if call.get("hash") and home is not None and call.get("hash") != home.hash:
        raise Refusal("hash_conflict")
    return _answer(call, call.views.publish(user.id, call.get("view")))
