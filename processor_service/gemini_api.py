"""Gemini's REST API on one kept-alive session (ai.google.dev/api, decision 25).

Every request is sent once: who repeats what, and after how long, is decided where it is known what
is visible by then.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any, Final

import aiohttp
from yarl import URL

from processor_service.gemini_access import GeminiAccess
from processor_service.gemini_credentials import ApiKey, Credentials
from processor_service.gemini_errors import ApiError
from processor_service.gemini_events import document, documents
from shared.telemetry.tracing import traced_session
from shared.version import VERSION

_CONNECT_S: Final = 5.0
# aiohttp writes more than this in pieces only when it comes as a file.
_LARGE_BYTES: Final = 1024 * 1024
_CLIENT: Final = {
    "User-Agent": f"mechachang/{VERSION}",
    "x-goog-api-client": f"mechachang/{VERSION}",
}
_JSON: Final = {"Content-Type": "application/json"}


class GeminiApi:
    """Raises ApiError for what Gemini refuses, aiohttp's errors for what never arrived, and
    JSONDecodeError for what is no answer of Gemini's.
    """

    def __init__(
        self, session: aiohttp.ClientSession, access: GeminiAccess, credentials: Credentials
    ) -> None:
        self.access = access
        self._session = session
        self._credentials = credentials

    async def stream(
        self, url: str, body: Mapping[str, Any]
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The documents of a streamed answer as they come. Closing the generator closes the
        connection, which ends the work at Gemini.
        """
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        async with self._answer("POST", url, _JSON, content.encode(errors="replace")) as response:
            async for found in documents(response.content):
                if "error" in found:
                    raise ApiError(None, found)
                yield found

    async def json(self, method: str, url: str) -> dict[str, Any]:
        """The answer to a request without a body."""
        async with self._answer(method, url) as response:
            return document(await response.read())

    async def begin_upload(self, size: int, mimetype: str) -> str:
        """Where the bytes of a new file of the Files API are to be sent; "" if no URL is said."""
        headers = {
            **_JSON,
            "X-Goog-Upload-Protocol": "resumable",
            "X-Goog-Upload-Command": "start",
            "X-Goog-Upload-Header-Content-Length": str(size),
            "X-Goog-Upload-Header-Content-Type": mimetype,
        }
        async with self._answer("POST", self.access.uploads, headers, b"{}") as response:
            return self._at_our_address(response.headers.get("X-Goog-Upload-URL", ""))

    async def send_chunk(
        self, url: str, chunk: bytes, offset: int, *, last: bool
    ) -> dict[str, Any] | None:
        """Send what begins at ``offset``; after the last chunk the file is described."""
        headers = {
            "X-Goog-Upload-Command": "upload, finalize" if last else "upload",
            "X-Goog-Upload-Offset": str(offset),
        }
        async with self._answer("POST", url, headers, chunk) as response:
            if not last:
                return None
            return document(await response.read())

    def _at_our_address(self, url: str) -> str:
        """Behind a gateway, and with its key, nobody but the gateway is spoken to."""
        try:
            path = URL(url, encoded=True).relative()
        except ValueError:
            # Nothing, no URL, or one without a host, which Gemini's always has.
            return ""
        return str(URL(self.access.address).join(path)) if path else ""

    @asynccontextmanager
    async def _answer(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        who = await self._credentials.headers()
        large = content is not None and len(content) > _LARGE_BYTES
        async with self._session.request(
            method,
            url,
            data=BytesIO(content or b"") if large else content,
            headers={**_CLIENT, **who, **(headers or {})},
            allow_redirects=False,
        ) as response:
            if response.status != 200:
                raise await _refusal(response)
            yield response


async def _refusal(response: aiohttp.ClientResponse) -> ApiError:
    text = await response.text(errors="replace")
    try:
        body = json.loads(text)
    except ValueError:
        # Something on the way answered, not Gemini.
        body = None
    return ApiError(response.status, body, response.headers.get("Retry-After"))


@asynccontextmanager
async def gemini_api(access: GeminiAccess, idle_timeout_s: float) -> AsyncIterator[GeminiApi]:
    """The API on a session of its own; closed at the end.

    ``idle_timeout_s`` bounds the silence before each part of an answer.
    """
    timeout = aiohttp.ClientTimeout(total=None, connect=_CONNECT_S, sock_read=idle_timeout_s)
    async with traced_session(timeout=timeout) as session:
        yield GeminiApi(session, access, _credentials(access))


def _credentials(access: GeminiAccess) -> Credentials:
    if not access.is_vertex:
        return ApiKey(access.api_key or "")
    from processor_service.gemini_vertex import ServiceAccount  # noqa: PLC0415 - a key needs none of it

    return ServiceAccount()
