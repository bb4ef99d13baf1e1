"""A minimal load balancer, so that several processors can stand behind one push endpoint."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count

import aiohttp
from aiohttp import web

# Longer than Pub/Sub's longest ack deadline: the broker gives up first, never this proxy.
_TIMEOUT = aiohttp.ClientTimeout(total=660, sock_connect=2)
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host"})
_MAX_BODY_BYTES = 16 * 1024 * 1024


class RoundRobin:
    """Forwards each request to the next target that can be connected to.

    A request that reached a target is never sent to another one: if the target breaks off, the
    answer is 502 and the sender decides, as with Google's load balancers.
    """

    def __init__(self, targets: Sequence[str]) -> None:
        self._targets = tuple(targets)
        self._turns = count()

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
        """Listen until the block is left; yields the base URL."""
        # limit=0: a push that waits must not hold up the next one.
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(timeout=_TIMEOUT, connector=connector) as session:
            app = web.Application(client_max_size=_MAX_BODY_BYTES)

            async def forward(request: web.Request) -> web.Response:
                return await self._forward(session, request)

            app.router.add_route("*", "/{path:.*}", forward)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            try:
                await web.TCPSite(runner, host, port).start()
                yield f"http://{host}:{runner.addresses[0][1]}"
            finally:
                await runner.cleanup()

    async def _forward(self, session: aiohttp.ClientSession, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP_BY_HOP}
        first = next(self._turns)
        for step in range(len(self._targets)):
            target = self._targets[(first + step) % len(self._targets)]
            try:
                async with session.request(
                    request.method,
                    f"{target}{request.path_qs}",
                    data=body,
                    headers=headers,
                    allow_redirects=False,
                ) as response:
                    return web.Response(
                        status=response.status,
                        body=await response.read(),
                        content_type=response.content_type,
                    )
            except aiohttp.ClientConnectorError:
                continue
            except aiohttp.ClientError as error:
                return web.Response(status=502, text=f"{target} broke off: {error}")
        return web.Response(status=503, text="No processor is running.")
