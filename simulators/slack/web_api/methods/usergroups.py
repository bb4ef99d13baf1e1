"""usergroups.list."""

from simulators.slack.state.model import JSON
from simulators.slack.web_api.methods.registry import FLAG, TEXT, Call, method
from simulators.slack.web_api.rate_limits import Tier


@method(
    "usergroups.list",
    Tier.TWO,
    "usergroups:read",
    arguments={
        "include_count": FLAG,
        "include_disabled": FLAG,
        "include_users": FLAG,
        "team_id": TEXT,
    },
)
def list_(call: Call) -> JSON:
    """All user groups, in one page."""
    workspace = call.workspace
    shown = [
        {"id": id_, "team_id": workspace.team_id, "is_usergroup": True, "name": handle}
        | {"handle": handle, "is_external": False, "date_delete": 0}
        for id_, handle in workspace.groups.items()
    ]
    return {"usergroups": shown}
