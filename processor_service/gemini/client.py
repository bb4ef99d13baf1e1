"""google-genai's client on one kept-alive session of ours.

It sends every request once: only a caller that knows what is visible may repeat one, and when.
"""

import asyncio
import ssl
import warnings
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import aiohttp
from google import genai
from google.auth.exceptions import GoogleAuthError
from google.genai.errors import APIError
from google.genai.files import AsyncFiles
from google.genai.types import HttpOptions, HttpRetryOptions

from processor_service.gemini.access import GeminiAccess
from processor_service.gemini.responses import Response, response_of
from processor_service.gemini.session import GeminiSession, collecting
from shared.errors import ModelRejected, ModelUnavailable
from shared.telemetry.tracing import traced_session
from shared.version import VERSION

_CONNECT_S: Final = 5.0
# Some of these are ValueErrors, too: a certificate that is not trusted, a malformed key file.
_UNREACHED: Final = (aiohttp.ClientError, GoogleAuthError)
# What the library raises for an answer of unknown form.
_UNREADABLE: Final = (AttributeError, LookupError, RecursionError, TypeError, ValueError)


class GeminiClient:
    """Raises APIError for Gemini's refusals, aiohttp's and google-auth's errors if Gemini was not
    reached, and ModelUnavailable for an answer of unknown form.
    """

    def __init__(self, access: GeminiAccess, session: aiohttp.ClientSession) -> None:
        self.access = access
        self._client = _library_client(access, GeminiSession(session))

    async def stream(self, model: str, body: Mapping[str, Any]) -> AsyncGenerator[Response, None]:
        """The responses of a streamed answer as they come. Closing the generator closes the
        connection, which ends the work at Gemini.
        """
        opened: list[aiohttp.ClientResponse] = []
        api = self._client._api_client  # noqa: SLF001 - see below
        path = f"{self._path(model)}:streamGenerateContent?alt=sse"
        try:
            with readable(opened):
                with collecting(opened):
                    # What the library does above these two with a request and with each response
                    # takes three times the CPU of everything else (decision 31).
                    request = api._build_request("post", path, dict(body))  # noqa: SLF001 - as above
                    told = await api._async_request(request, stream=True)  # noqa: SLF001 - as above
                async for response in told:
                    if "error" in response:
                        code = response["error"].get("code")
                        await APIError.raise_error_async(code, response, told)
                    yield response_of(response)
        finally:
            # The library's own generators close theirs only when they are garbage-collected.
            for each in opened:
                each.close()

    async def check(self, model: str) -> None:
        """Ask for the description of ``model``."""
        with one_call():
            await self._client.aio.models.get(model=model)

    @property
    def files(self) -> AsyncFiles:
        """The Files API, which Vertex AI does not have."""
        return self._client.aio.files

    async def close(self) -> None:
        """Close the library's own resources; the session stays open."""
        await self._client.aio.aclose()
        self._client.close()

    def _path(self, model: str) -> str:
        if "/" in model:
            return model
        return f"publishers/google/models/{model}" if self.access.is_vertex else f"models/{model}"


@contextmanager
def one_call() -> Iterator[None]:
    """A call of the library whose answer is read at once; raises as ``GeminiClient`` does, and
    ModelRejected for a request that cannot be sent.
    """
    opened: list[aiohttp.ClientResponse] = []
    with readable(opened), collecting(opened):
        yield


@contextmanager
def readable(opened: list[aiohttp.ClientResponse]) -> Iterator[None]:
    """An unreadable response in ``opened`` is Gemini's failure; an unsendable request is a fault of
    the configuration, such as a model's name.
    """
    try:
        yield
    except _UNREACHED:
        raise
    except _UNREADABLE as error:
        if opened:
            raise ModelUnavailable("Gemini answered in an unknown form.") from error
        raise ModelRejected(
            "google-genai does not send this request.", reason="model_misconfigured"
        ) from error


def _library_client(access: GeminiAccess, session: Any) -> genai.Client:
    # Unknown values, such as a file's state of next year, are no reason to warn.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"google\.genai\._common")
    options = HttpOptions(
        base_url=access.base_url,
        api_version=access.api_version,
        headers={"User-Agent": f"mechachang/{VERSION}"},
        # One attempt. Without any options the library repeats a dropped request after up to 10 s.
        retry_options=HttpRetryOptions(attempts=1),
        # The library makes further clients (httpx2, websockets) that we never use. Without these
        # each of them would read all root certificates; this context trusts none.
        client_args={"verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)},
        async_client_args={"ssl": True},
    )
    # Assigned, because the constructor rejects a session of another class.
    options.aiohttp_client = session
    if not access.is_vertex:
        return genai.Client(vertexai=False, api_key=access.api_key, http_options=options)
    return genai.Client(
        vertexai=True,
        project=access.vertex_project,
        # Behind another address the library would leave out project and location without this.
        location=access.vertex_location or "global",
        http_options=options,
    )


@asynccontextmanager
async def gemini_client(access: GeminiAccess, idle_timeout_s: float) -> AsyncIterator[GeminiClient]:
    """The client on a session of its own; closed at the end.

    ``idle_timeout_s`` bounds the silence before each part of an answer.
    """
    timeout = aiohttp.ClientTimeout(total=None, connect=_CONNECT_S, sock_read=idle_timeout_s)
    async with traced_session(timeout=timeout) as session:
        # In a thread, because the library's first steps take 0.1 s.
        client = await asyncio.to_thread(GeminiClient, access, session)
        try:
            yield client
        finally:
            await client.close()
