"""Passes a request on to another server of this machine, as a load balancer does."""

import aiohttp
from aiohttp import web

# Longer than Pub/Sub's longest ack deadline: the broker gives up first, never a proxy.
_TIMEOUT = aiohttp.ClientTimeout(total=660, sock_connect=2)
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host"})
MAX_BODY_BYTES = 16 * 1024 * 1024


class Unreachable(Exception):
    """Nothing was sent: the target does not accept connections."""


def forwarding_session() -> aiohttp.ClientSession:
    """For ``forward``; the caller closes it."""
    # limit=0: a push that waits must not hold up the next one.
    return aiohttp.ClientSession(timeout=_TIMEOUT, connector=aiohttp.TCPConnector(limit=0))


async def forward(
    session: aiohttp.ClientSession, request: web.Request, target: str, path: str | None = None
) -> web.Response:
    """The answer of ``target`` to the request, at ``path`` (with its query) if given.

    Raises Unreachable. If the target breaks off, the answer is 502 and the sender decides, as with
    Google's load balancers.
    """
    headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP_BY_HOP}
    try:
        async with session.request(
            request.method,
            f"{target}{request.path_qs if path is None else path}",
            data=await request.read(),
            headers=headers,
            allow_redirects=False,
        ) as response:
            return web.Response(
                status=response.status,
                body=await response.read(),
                content_type=response.content_type,
            )
    except aiohttp.ClientConnectorError as error:
        raise Unreachable(str(error)) from error
    except aiohttp.ClientError as error:
        return web.Response(status=502, text=f"{target} broke off: {error}")
