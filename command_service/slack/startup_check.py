"""Checks our tokens with Slack once, before anything else starts.

The SDK would retry a wrong token endlessly, and Bolt would notice it with the first event.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf
from urllib.parse import parse_qs, urlsplit

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from command_service.errors import PreflightFailed
from command_service.payloads.model import Identity
from command_service.scopes import NEEDED_SCOPES, granted_scopes
from shared.errors import RetryableError, SlackDenied, SlackRefused
from shared.retry import Retries, RetryPolicy, Sleep, doubling
from shared.slack.client import SLACK_FAILURES, slack_error
from shared.telemetry.log import get_logger

log = get_logger(__name__)

UNREACHABLE_AFTER_S = 30.0
"""A start waits this long for Slack before its port opens."""
_BACK_OFF = doubling(0.5, 15.0)
_REINSTALL = "Install the app again and take the new token from its settings page"
_MEANINGS = {
    "account_inactive": f"The app was removed from the workspace. {_REINSTALL}",
    "invalid_auth": "The token is unknown to Slack. Copy it again from the app's settings page",
    "not_allowed_token_type": (
        "It is the wrong kind of token. SLACK_BOT_TOKEN begins with xoxb-, "
        "SLACK_APP_TOKEN with xapp-"
    ),
    "missing_scope": "It lacks the scope connections:write. Generate a new app-level token with it",
    "token_expired": f"The token has expired. {_REINSTALL}",
    "token_revoked": f"The token was revoked. {_REINSTALL}",
}


@dataclass(frozen=True)
class Preflight:
    """Slack's answer: our identity, and in Socket Mode the address of the first socket."""

    identity: Identity
    socket_url: str | None = None


async def preflight(
    client: AsyncWebClient,
    app_token: str | None,
    tell: Callable[[], Awaitable[None]],
    unreachable_after_s: float = UNREACHABLE_AFTER_S,
    sleep: Sleep = asyncio.sleep,
) -> Preflight:
    """Check the bot token and, if there is one, the app-level token, for as long as that takes.

    No restart would help an unreachable Slack: after ``unreachable_after_s`` seconds ``tell`` is
    called once, and the check goes on. Raises PreflightFailed if Slack refuses: only other settings
    fix that.
    """
    asking = asyncio.create_task(_preflight(client, app_token, sleep), name="preflight")
    try:
        _, late = await asyncio.wait({asking}, timeout=unreachable_after_s)
        if late:
            log.error(
                "Slack cannot be reached yet. Retrying; check the network, SLACK_API_URL and "
                "https://slack-status.com.",
                action="slack_unreachable",
                url=client.base_url,
                after_s=unreachable_after_s,
            )
            await tell()
        return await asking
    finally:
        asking.cancel()


async def _preflight(client: AsyncWebClient, app_token: str | None, sleep: Sleep) -> Preflight:
    who = await _asked("SLACK_BOT_TOKEN", "auth.test", client.auth_test, sleep)
    _require_scopes(who)
    identity = _identity(who)
    if app_token is None:
        return Preflight(identity)
    opened = await _asked(
        "SLACK_APP_TOKEN",
        "apps.connections.open",
        lambda: client.apps_connections_open(app_token=app_token),
        sleep,
    )
    socket_url = str(opened.get("url") or "")
    await _require_one_app(client, identity, socket_url)
    return Preflight(identity, socket_url)


async def _asked(
    setting: str,
    method: str,
    ask: Callable[[], Awaitable[AsyncSlackResponse]],
    sleep: Sleep,
) -> AsyncSlackResponse:
    retries = Retries(RetryPolicy(inf, sleep, back_off=_BACK_OFF))
    while True:
        try:
            return await ask()
        except SLACK_FAILURES as error:
            failure = slack_error(error, method)
            if isinstance(failure, SlackRefused | SlackDenied):
                code = failure.slack_error
                meaning = _MEANINGS.get(code, "See the method's page on docs.slack.dev")
                raise PreflightFailed(
                    f"Slack refused {setting} in {method} ({code}): {meaning}."
                ) from error
            log.warning(
                "Slack could not be asked yet.",
                action="preflight_retry",
                method=method,
                reason=failure.reason,
                why=str(failure),
            )
        await retries.again(failure if isinstance(failure, RetryableError) else None)


def _identity(who: AsyncSlackResponse) -> Identity:
    if not isinstance(who.get("team_id"), str) or not isinstance(who.get("user_id"), str):
        raise PreflightFailed("Slack does not say whom SLACK_BOT_TOKEN belongs to (auth.test).")
    return Identity(
        team_id=str(who["team_id"]),
        bot_user_id=str(who["user_id"]),
        bot_id=who.get("bot_id"),
        enterprise_id=who.get("enterprise_id"),
        url=str(who.get("url") or ""),
    )


def _require_scopes(who: AsyncSlackResponse) -> None:
    granted = granted_scopes(who.headers)
    missing = NEEDED_SCOPES - granted if granted is not None else frozenset()
    if missing:
        raise PreflightFailed(
            f"SLACK_BOT_TOKEN lacks these scopes: {', '.join(sorted(missing))}. Add them as in "
            "deploy/slack-manifest.yaml and install the app again."
        )


async def _require_one_app(client: AsyncWebClient, identity: Identity, socket_url: str) -> None:
    """Both tokens must be of one app, else events of another app arrive and ours never do."""
    socket_app = parse_qs(urlsplit(socket_url).query).get("app_id", [None])[0]
    if socket_app is None or identity.bot_id is None:
        return
    try:
        bot = (await client.bots_info(bot=identity.bot_id)).get("bot")
    except SLACK_FAILURES:
        # Only a hint is lost; both tokens are good.
        return
    bot_app = bot.get("app_id") if isinstance(bot, dict) else None
    if bot_app is not None and bot_app != socket_app:
        raise PreflightFailed(
            f"SLACK_BOT_TOKEN belongs to the app {bot_app}, but SLACK_APP_TOKEN to {socket_app}. "
            "Take both from the same app's settings pages."
        )
