"""When a probe is told that the process should be restarted, or given no work."""

from typing import Any

from aiohttp import web

from command_service.ports import SocketState
from command_service.transport.health import Health, HealthDeps
from command_service.transport.http_server import serving
from shared.errors import QueueUnavailable, SlackDenied
from shared.service_main import bound
from tests.support.fakes.command.lookups import FakeAccess
from tests.support.workbenches.command import get_json


async def answers(health: Health, path: str) -> tuple[int, Any]:
    server = web.Application()
    health.add_routes(server)
    async with serving(server, bound("127.0.0.1", 0)) as port:
        return await get_json(port, path)


def health(
    *,
    connected: bool,
    down_s: float = 0.0,
    kept_age_s: float = 0.5,
    queue_down: bool = False,
    denied: SlackDenied | None = None,
) -> Health:
    async def check_queue() -> None:
        if queue_down:
            raise QueueUnavailable("Pub/Sub did not confirm (UNAVAILABLE).")

    async def socket_state() -> SocketState:
        return SocketState(connected, down_s, heard_age_s=1.5, kept_age_s=kept_age_s)

    access = FakeAccess()
    access.denied = denied
    return Health(HealthDeps(check_queue, access, socket_state))


async def test_an_hour_without_slack_is_no_reason_to_restart() -> None:
    status, body = await answers(health(connected=False, down_s=3600.0), "/healthz")

    assert status == 200
    assert body["slack_socket"]["down_s"] == 3600.0


async def test_a_service_that_no_longer_keeps_its_socket_is_unhealthy_and_says_why() -> None:
    status, body = await answers(health(connected=True, kept_age_s=60.0), "/healthz")

    assert status == 503
    assert "stands still for 60 s" in body["why"]


async def test_while_slack_cannot_be_reached_at_the_start_we_are_alive_and_not_ready() -> None:
    assert await answers(Health(), "/healthz") == (200, {"status": "ok"})
    status, body = await answers(Health(), "/readyz")
    assert status == 503
    assert body["dependencies"]["slack"]["reason"] == "not_reached_yet"


async def test_a_connected_service_is_healthy_without_its_queue_but_not_ready() -> None:
    status, body = await answers(health(connected=True, queue_down=True), "/healthz")
    assert status == 200
    assert body["slack_socket"]["heard_age_s"] == 1.5

    status, body = await answers(health(connected=True, queue_down=True), "/readyz")
    assert status == 503
    assert body == {
        "ready": False,
        "dependencies": {
            "pubsub": {
                "state": "unavailable",
                "reason": "Pub/Sub did not confirm (UNAVAILABLE).",
            },
            "slack": {"state": "ok", "reason": None},
            "slack_socket": {"state": "ok", "reason": None},
        },
    }


async def test_a_service_whose_token_slack_denies_is_healthy_but_not_ready() -> None:
    denied = SlackDenied("auth.test: Slack denies our token.", slack_error="token_revoked")

    status, _ = await answers(health(connected=True, denied=denied), "/healthz")
    assert status == 200
    status, body = await answers(health(connected=True, denied=denied), "/readyz")
    assert status == 503
    assert body["dependencies"]["slack"] == {"state": "unavailable", "reason": str(denied)}
