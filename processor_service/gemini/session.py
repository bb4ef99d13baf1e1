"""The HTTP session under google-genai.

The library sets timeouts, TLS and redirects of its own with each request, follows a failed upload
with three more, and leaves the connection of an abandoned stream to the garbage collector.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from io import BytesIO
from typing import Any, Final

import aiohttp
from google.genai.errors import APIError
from yarl import URL

from shared.errors import ModelUnavailable

# aiohttp writes a larger body in pieces only if it is a file.
_LARGE_BYTES: Final = 1024 * 1024
_responses: ContextVar[list[aiohttp.ClientResponse] | None] = ContextVar("responses", default=None)


class GeminiSession:
    """The part of ``aiohttp.ClientSession`` that google-genai calls, on a session of ours and with
    its timeouts. It sends each request once.

    Raises APIError for every answer but 200, and ModelUnavailable for an interrupted upload.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str], data: Any = None, **_: Any
    ) -> aiohttp.ClientResponse:
        """The response, whose body has not been read."""
        if isinstance(data, bytes) and len(data) > _LARGE_BYTES:
            data = BytesIO(data)
        response = await self._session.request(
            method, url, headers=headers, data=data, allow_redirects=False
        )
        opened = _responses.get()
        if opened is not None:
            opened.append(response)
        _finish_imports()
        if response.status != 200:
            raise await _refusal(response)
        _check_upload(headers.get("X-Goog-Upload-Command"), response)
        return response


@contextmanager
def collecting(responses: list[aiohttp.ClientResponse]) -> Iterator[None]:
    """Add every response that is opened inside to ``responses``."""
    token = _responses.set(responses)
    try:
        yield
    finally:
        _responses.reset(token)


def _finish_imports() -> None:
    """The library compares a response with classes of ``requests`` if somebody has imported it, and
    fails if that is going on in another thread, as it does beside a service's start.
    """
    if "requests" in sys.modules:
        import_module("requests")


async def _refusal(response: aiohttp.ClientResponse) -> APIError:
    try:
        body = json.loads(await response.text(errors="replace"))
    except (ValueError, RecursionError):
        # A server in between answered, not Gemini.
        body = None
    answered: Any = response
    return APIError(response.status, body, answered)


def _check_upload(command: str | None, response: aiohttp.ClientResponse) -> None:
    """The library would send to any URL, and repeats requests answered without a status."""
    if command is None:
        return
    told = response.headers
    begun = command == "start" and _is_somewhere(told.get("X-Goog-Upload-URL", ""))
    if not begun and (command == "start" or "X-Goog-Upload-Status" not in told):
        response.close()
        raise upload_broken_off()


def _is_somewhere(url: str) -> bool:
    """Whether a URL names a host, as Gemini's always does, and a path there."""
    try:
        return bool(URL(url, encoded=True).relative())
    except ValueError:
        return False


def upload_broken_off() -> ModelUnavailable:
    """Gemini took the beginning of a file, and no more."""
    return ModelUnavailable("Gemini broke the upload of a file off.")
