"""``/healthz`` and ``/readyz``: is this process alive, and can it do its work now."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict

from aiohttp import web

from command_service.ports import Access
from command_service.socket_mode import SocketState
from shared.errors import QueueUnavailable

# The SDK reconnects by itself; Slack's refresh of a socket takes well under a second.
_MAY_BE_DOWN_S = 30.0


class Health:
    """What is asked of ``queue``, ``access`` and the socket.

    ``socket_state`` is None in HTTP mode, where being asked is proof enough.
    """

    def __init__(
        self,
        check_queue: Callable[[], Awaitable[None]],
        access: Access,
        socket_state: Callable[[], Awaitable[SocketState]] | None,
        may_be_down_s: float = _MAY_BE_DOWN_S,
    ) -> None:
        self._check_queue = check_queue
        self._access = access
        self._socket_state = socket_state
        self._may_be_down_s = may_be_down_s

    def add_routes(self, server: web.Application) -> None:
        """Serve both answers on ``server``."""
        server.router.add_get("/healthz", self.healthz)
        server.router.add_get("/readyz", self.readyz)

    async def healthz(self, _request: web.Request) -> web.Response:
        """503 once the socket has been away for so long that a restart may help."""
        if self._socket_state is None:
            return web.json_response({"status": "ok"})
        state = await self._socket_state()
        if state.connected or state.down_s < self._may_be_down_s:
            return web.json_response({"status": "ok", "slack_socket": asdict(state)})
        why = f"The socket to Slack has been down for {state.down_s:.0f} s."
        body = {"status": "unhealthy", "why": why, "slack_socket": asdict(state)}
        return web.json_response(body, status=503)

    async def readyz(self, _request: web.Request) -> web.Response:
        """Each dependency and its state; 503 unless all are ok."""
        denied = self._access.denied
        states = {
            "pubsub": await self._queue_state(),
            "slack": _state(str(denied) if denied is not None else None),
        }
        if self._socket_state is not None:
            connected = (await self._socket_state()).connected
            states["slack_socket"] = _state(None if connected else "not_connected")
        ready = all(state["state"] == "ok" for state in states.values())
        body = {"ready": ready, "dependencies": states}
        return web.json_response(body, status=200 if ready else 503)

    async def _queue_state(self) -> dict[str, str | None]:
        try:
            await self._check_queue()
        except QueueUnavailable as error:
            return _state(str(error))
        return _state(None)


def _state(fault: str | None) -> dict[str, str | None]:
    return {"state": "ok" if fault is None else "unavailable", "reason": fault}
