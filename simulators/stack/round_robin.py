"""A minimal load balancer, so that several processors can stand behind one push endpoint."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count

import aiohttp
from aiohttp import web

from simulators.processes.forwarding import MAX_BODY_BYTES, Unreachable, forward, forwarding_session


class RoundRobin:
    """Forwards each request to the next target that can be connected to.

    A request that reached a target is never sent to another one.
    """

    def __init__(self, targets: Sequence[str]) -> None:
        self._targets = tuple(targets)
        self._turns = count()

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
        """Listen until the block is left; yields the base URL."""
        async with forwarding_session() as session:
            app = web.Application(client_max_size=MAX_BODY_BYTES)

            async def forward_to_next(request: web.Request) -> web.Response:
                return await self._forward(session, request)

            app.router.add_route("*", "/{path:.*}", forward_to_next)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            try:
                await web.TCPSite(runner, host, port).start()
                yield f"http://{host}:{runner.addresses[0][1]}"
            finally:
                await runner.cleanup()

    async def _forward(self, session: aiohttp.ClientSession, request: web.Request) -> web.Response:
        first = next(self._turns)
        for step in range(len(self._targets)):
            try:
                target = self._targets[(first + step) % len(self._targets)]
                return await forward(session, request, target)
            except Unreachable:
                continue
        return web.Response(status=503, text="No processor is running.")
