"""``/healthz`` and ``/readyz``: would a restart help this process, and can it do its work now.

Cloud Run's liveness probe calls the first, which ignores Slack and Pub/Sub: a restart does not fix
them, and a socket comes back by itself, sooner than a new instance would.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

from aiohttp import web

from command_service.ports import Access, FindSocketState
from shared.errors import QueueUnavailable

# The task that keeps the socket looks twice a second.
_MAY_STAND_STILL_S = 60.0
_SLACK_NOT_REACHED = {
    "ready": False,
    "dependencies": {"slack": {"state": "unavailable", "reason": "not_reached_yet"}},
}


@dataclass(frozen=True)
class HealthDeps:
    """The dependencies that the routes report on. In HTTP mode there is no socket: a request is
    proof enough.
    """

    check_queue: Callable[[], Awaitable[None]]
    access: Access
    socket_state: FindSocketState


class Health:
    """Both routes, from before the service is up; ``deps`` follow later."""

    def __init__(self, deps: HealthDeps | None = None) -> None:
        self.deps = deps

    def add_routes(self, server: web.Application) -> None:
        """Serve both answers on ``server``."""
        server.router.add_get("/healthz", self.healthz)
        server.router.add_get("/readyz", self.readyz)

    async def healthz(self, _request: web.Request) -> web.Response:
        """503 once the task that keeps the socket has stopped: then only a restart helps."""
        state = None if self.deps is None else await self.deps.socket_state()
        if state is None:
            return web.json_response({"status": "ok"})
        if state.kept_age_s < _MAY_STAND_STILL_S:
            return web.json_response({"status": "ok", "slack_socket": asdict(state)})
        why = f"The task that keeps the socket to Slack stands still for {state.kept_age_s:.0f} s."
        body = {"status": "unhealthy", "why": why, "slack_socket": asdict(state)}
        return web.json_response(body, status=503)

    async def readyz(self, _request: web.Request) -> web.Response:
        """Each dependency and its state; 503 unless all are ok."""
        if self.deps is None:
            return web.json_response(_SLACK_NOT_REACHED, status=503)
        denied = self.deps.access.denied
        states = {
            "pubsub": await self._queue_state(self.deps.check_queue),
            "slack": _state(str(denied) if denied is not None else None),
        }
        if (socket := await self.deps.socket_state()) is not None:
            states["slack_socket"] = _state(None if socket.connected else "not_connected")
        ready = all(state["state"] == "ok" for state in states.values())
        body = {"ready": ready, "dependencies": states}
        return web.json_response(body, status=200 if ready else 503)

    async def _queue_state(self, check: Callable[[], Awaitable[None]]) -> dict[str, str | None]:
        try:
            await check()
        except QueueUnavailable as error:
            return _state(str(error))
        return _state(None)


def _state(fault: str | None) -> dict[str, str | None]:
    return {"state": "ok" if fault is None else "unavailable", "reason": fault}
