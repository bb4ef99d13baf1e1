"""Files from Slack's hosts. Only these hosts ever see our token.

files.slack.com answers a request without a good token with a sign-in page and status 200, and on
Enterprise Grid redirects to another host of Slack's, where aiohttp would drop the token. So this
module makes and checks each hop itself.
"""

import re
from functools import partial
from typing import Final

import aiohttp
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from yarl import URL

from processor_service.attachments.media_types import media_type_of
from processor_service.slack.client import SlackCalls
from shared.errors import FileUnusable, OutcomeUnknown, SlackRefused, SlackUnavailable
from shared.retry import RetryPolicy, Sleep, retry
from shared.slack.files import CANVAS_TYPE, file_of
from shared.task import TaskFile
from shared.telemetry.log import get_logger

log = get_logger(__name__)

_SLACK_HOSTS: Final = (".slack.com", ".slack-edge.com", ".slack-files.com")
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_DEFAULT_API: Final = "slack.com"
_HOPS: Final = 3
_ATTEMPTS: Final = 3
_CHUNK: Final = 64 * 1024
# A canvas is a page, too, and its size is not told: Slack's own pages say whose they are.
_PAGE_OF_SLACK: Final = re.compile(rb"<title>[^<]{0,200}\| Slack\s*</title>", re.IGNORECASE)
_HEAD_BYTES: Final = 8 * 1024
_GONE: Final = frozenset({"file_deleted", "file_not_found"})
_MAY_PASS: Final = (SlackUnavailable, OutcomeUnknown)
_UNTYPED: Final = frozenset({"application/octet-stream", "binary/octet-stream"})

DOWNLOAD_TIMEOUT: Final = aiohttp.ClientTimeout(total=90.0, connect=5.0, sock_read=15.0)
"""For the download session: a silent host, or one slower than 0.6 MB/s, times out."""


class SlackHosts:
    """The addresses of Slack: its own over https, and the host in the settings."""

    def __init__(self, api_url: str) -> None:
        api = URL(api_url)
        self._api = None if api.host == _DEFAULT_API else api

    def __contains__(self, url: URL) -> bool:
        host = url.host or ""
        if url.user is not None:
            return False
        if self._api is not None and self._is_api(url):
            return True
        return url.scheme == "https" and url.port == 443 and host.endswith(_SLACK_HOSTS)

    def _is_api(self, url: URL) -> bool:
        api = self._api or URL()
        same_host = url.host == api.host or {url.host, api.host} <= _LOOPBACK
        return same_host and (url.scheme, url.port) == (api.scheme, api.port)


class SlackFiles:
    """``ports.FileSource`` in a real workspace, on a session that keeps no cookies."""

    def __init__(
        self, calls: SlackCalls, session: aiohttp.ClientSession, hosts: SlackHosts, sleep: Sleep
    ) -> None:
        self._calls = calls
        self._session = session
        self._hosts = hosts
        self._patience = RetryPolicy(_ATTEMPTS, sleep)

    async def described(self, file: TaskFile) -> TaskFile:
        """The file as in files.info, if the event did not say where it is."""
        if file.url or file.gone:
            return file
        ask = partial(self._info, file.id)
        try:
            told = await retry(self._patience, _MAY_PASS, ask)
        except SlackRefused as refused:
            reason = "file_gone" if refused.slack_error in _GONE else "file_not_fetched"
            raise FileUnusable(str(refused), reason=reason) from refused
        except (SlackUnavailable, OutcomeUnknown) as error:
            raise FileUnusable(str(error), reason="file_not_fetched") from error
        described = told.get("file")
        found = file_of(described) if isinstance(described, dict) else None
        if found is None:
            raise FileUnusable("Slack does not describe the file.", reason="file_not_fetched")
        return found.model_copy(update={"forwarded": file.forwarded})

    async def _info(self, file_id: str) -> AsyncSlackResponse:
        async with self._calls("files.info"):
            return await self._calls.client.files_info(file=file_id)

    async def content(self, file: TaskFile, limit: int) -> bytes:
        """The file's bytes; at most ``limit`` of them are held."""
        try:
            fetch = partial(self._fetched, file, limit)
            return await retry(self._patience, _MAY_PASS, fetch)
        except SlackUnavailable as error:
            raise FileUnusable(str(error), reason="file_not_fetched") from error

    async def _fetched(self, file: TaskFile, limit: int) -> bytes:
        try:
            return await self._follow(file, limit)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise SlackUnavailable(
                f"The download of a file failed ({type(error).__name__})."
            ) from error

    async def _follow(self, file: TaskFile, limit: int) -> bytes:
        url = _address(URL(), file.url)
        for _ in range(_HOPS + 1):
            if url not in self._hosts:
                log.warning(
                    "A file is not on Slack's hosts.", action="file_elsewhere", host=url.host
                )
                raise FileUnusable("The file is not on Slack's hosts.", reason="file_not_fetched")
            bearer = {"Authorization": f"Bearer {self._calls.client.token}"}
            async with self._session.get(url, headers=bearer, allow_redirects=False) as response:
                location = response.headers.get("Location")
                if not 300 <= response.status < 400 or location is None:
                    return await _content_of(response, file, limit)
                url = _address(url, location)
        raise FileUnusable("The file is behind too many redirects.", reason="file_not_fetched")


def _address(base: URL, text: str) -> URL:
    try:
        return base.join(URL(text))
    except ValueError as error:
        raise FileUnusable("The file's address is none.", reason="file_not_fetched") from error


async def _content_of(response: aiohttp.ClientResponse, file: TaskFile, limit: int) -> bytes:
    if response.status in {404, 410}:
        raise FileUnusable("Slack does not have the file any more.", reason="file_gone")
    if response.status == 429 or response.status >= 500:
        raise SlackUnavailable(f"Slack's file host answered {response.status}.")
    if response.status != 200:
        raise FileUnusable(
            f"Slack's file host answered {response.status}.", reason="file_not_fetched"
        )
    content = await _read(response, limit)
    if not _is_the_file(response.content_type, content, file):
        raise FileUnusable("Slack's file host gave another page.", reason="file_not_fetched")
    if not content:
        raise FileUnusable("The file is empty.", reason="file_unreadable")
    return content


async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    too_large = FileUnusable("The file is larger than it may be.", reason="file_too_large")
    if (response.content_length or 0) > limit:
        raise too_large
    content = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        if len(content) + len(chunk) > limit:
            raise too_large
        content += chunk
    return bytes(content)


def _is_the_file(served_as: str, content: bytes, file: TaskFile) -> bool:
    """Whether a body of that type can be the file: a sign-in page is an HTML page too."""
    if file.mimetype == CANVAS_TYPE:
        return _PAGE_OF_SLACK.search(content[:_HEAD_BYTES]) is None
    announced = media_type_of(file)
    if announced is not None:
        return _family(served_as) == _family(announced) or served_as in _UNTYPED
    return served_as != "text/html" or (file.mimetype == served_as and len(content) == file.size)


def _family(mimetype: str) -> str:
    """The family of a type. A recording may be in a container that is named after films."""
    return mimetype.partition("/")[0].replace("video", "audio")
