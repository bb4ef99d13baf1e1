"""What Gemini answers with: a JSON document, or server-sent events that carry one each."""

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
            yield document(b"\n".join(data))
            data.clear()
    if data:
        yield document(b"\n".join(data))


def document(content: bytes) -> dict[str, Any]:
    """The JSON object in ``content``. Raises JSONDecodeError, for JSON of another kind as well:
    something on the way answered then, not Gemini.
    """
    text = content.decode(errors="replace")
    found = json.loads(text)
    if not isinstance(found, dict):
        raise json.JSONDecodeError("Not an object", text, 0)
    return found


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    rest = b""
    async for received in content.iter_any():
        *lines, rest = (rest + received).split(b"\n")
        for line in lines:
            yield line.rstrip(b"\r")
    yield rest
