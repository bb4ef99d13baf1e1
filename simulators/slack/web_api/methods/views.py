"""views.open, views.publish."""

from simulators.slack.content.arguments import Arg
from simulators.slack.content.views import present_view
from simulators.slack.errors import Refusal
from simulators.slack.state.model import JSON, View
from simulators.slack.web_api.methods.registry import NEEDED, TEXT, Call, method
from simulators.slack.web_api.rate_limits import Tier

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
