"""auth.test, apps.connections.open, bots.info."""

from simulators.slack.errors import Refusal
from simulators.slack.state.model import JSON
from simulators.slack.web_api.methods.registry import NEEDED, Call, method
from simulators.slack.web_api.rate_limits import Tier


@method("auth.test", Tier.SPECIAL)
def auth_test(call: Call) -> JSON:
    """Say whose token it is."""
    workspace = call.workspace
    return {
        "url": f"{call.base_url}/",
        "team": workspace.config.team_domain,
        "user": workspace.bot.name,
        "team_id": workspace.team_id,
        "user_id": workspace.bot.id,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


@method("apps.connections.open", Tier.THREE, caller="app")
def apps_connections_open(call: Call) -> JSON:
    """Hand out the address of a socket."""
    return {"url": call.open_socket_url()}


@method("bots.info", Tier.THREE, "users:read", arguments={"bot": NEEDED})
def bots_info(call: Call) -> JSON:
    """Describe a bot, of which there is one."""
    workspace = call.workspace
    if call.get("bot") != workspace.bot_id:
        raise Refusal("bot_not_found")
    bot = {
        "id": workspace.bot_id,
        "deleted": False,
        "name": workspace.bot.display_name,
        "updated": 1_700_000_000,
        "app_id": workspace.app_id,
        "user_id": workspace.bot.id,
        "icons": {},
    }
    return {"bot": bot}
