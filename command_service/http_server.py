"""The HTTP server on ``$PORT``."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

# Requests in flight are drained before; what is left at the end are idle connections.
_SHUTDOWN_S = 1.0


def bound(host: str, port: int) -> socket.socket:
    """A socket on the port, not listening yet; raises OSError when the port cannot be had.

    Whoever probes the port finds it closed until it is served. The server closes the socket.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


class Later:
    """A route of a server that runs before what it is for is there: 503 until then."""

    def __init__(self) -> None:
        self.handler: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Hand the request on."""
        if self.handler is None:
            return web.Response(status=503)
        return await self.handler(request)


@asynccontextmanager
async def serving(server: web.Application, listener: socket.socket) -> AsyncIterator[int]:
    """Serve ``server`` inside the ``with``; gives the port."""
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield int(listener.getsockname()[1])
    finally:
        await runner.cleanup()
