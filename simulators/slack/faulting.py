"""Faults on HTTP requests: what happens before the effect, and connections that just end."""

import asyncio

from aiohttp import web

from simulators.faults import Fault

HANG_S = 3600.0


def cut(request: web.Request) -> web.Response:
    """End the connection without an answer; the response returned is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def lose_answer(fault: Fault, request: web.Request) -> web.Response:
    """The end of a ``drop_after``: the effect is there, its answer is held, then lost."""
    await asyncio.sleep(fault.seconds)
    return cut(request)


async def suffer(fault: Fault | None, request: web.Request) -> web.Response | None:
    """Everything of a fault that comes before the effect; None means go on.

    ``drop_after`` and ``duplicate`` are the caller's: they need the effect.
    """
    if fault is None:
        return None
    match fault.kind:
        case "delay":
            await asyncio.sleep(fault.seconds)
        case "hang":
            await asyncio.sleep(fault.seconds or HANG_S)
            return cut(request)
        case "drop_before" | "disconnect":
            return cut(request)
        case "late":
            cut(request)
            await asyncio.sleep(fault.seconds)
        case "error":
            return _error(fault)
    return None


def _error(fault: Fault) -> web.Response:
    headers = {}
    if fault.status == 429:
        headers["Retry-After"] = str(int(fault.detail.get("retry_after", 1)))
    if not fault.error and fault.status >= 500:
        # Slack's edge answers with a page, not with JSON, when what is behind it is down.
        return web.Response(
            status=fault.status, headers=headers, text="<html>Oops</html>", content_type="text/html"
        )
    error = fault.error or ("ratelimited" if fault.status == 429 else "internal_error")
    return web.json_response({"ok": False, "error": error}, status=fault.status, headers=headers)
