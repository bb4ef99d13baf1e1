"""Server-sent events, each carrying one JSON document."""

import json
from collections.abc import AsyncIterator
from typing import Any, Final

import aiohttp

_DATA: Final = b"data:"


async def documents(content: aiohttp.StreamReader) -> AsyncIterator[dict[str, Any]]:
    """The documents of a stream, each as soon as it is complete, whatever the length of its lines.

    Of an event's fields only ``data`` is used
    (html.spec.whatwg.org/multipage/server-sent-events.html). Raises JSONDecodeError.
    """
    data: list[bytes] = []
    async for line in _lines(content):
        if line.startswith(_DATA):
            data.append(line[len(_DATA) :])
        elif not line and data:
            yield json.loads(b"\n".join(data))
            data.clear()
    if data:
        yield json.loads(b"\n".join(data))


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    rest = b""
    async for received in content.iter_any():
        *lines, rest = (rest + received).split(b"\n")
        for line in lines:
            yield line.rstrip(b"\r")
    yield rest
