"""What Gemini answers with: a JSON document, or server-sent events that carry one each."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any, Final

import aiohttp

from shared.well_formed import well_formed

_DATA: Final = b"data:"
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


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
    something on the way answered then, not Gemini. Its strings can be encoded again.
    """
    text = content.decode(errors="replace")
    try:
        found = json.loads(text)
        if _SURROGATE.search(text):
            found = json.loads(well_formed(json.dumps(found, ensure_ascii=False)))
    except RecursionError as error:
        raise json.JSONDecodeError("Nested too deep", text, 0) from error
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
