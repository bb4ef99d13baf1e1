"""Uploading files to Slack; they become visible when a message shares them.

The way is docs.slack.dev, files.getUploadURLExternal and completeUploadExternal.
"""

import aiohttp

from processor_service.ports.conversations import Document
from processor_service.slack.client import SlackCalls
from shared.errors import SlackRefused, SlackUnavailable
from shared.ledger import file_name


class SlackUploads:
    """Uploads over ``session``, to an address from Slack that needs no token."""

    def __init__(self, calls: SlackCalls, session: aiohttp.ClientSession) -> None:
        self._calls = calls
        self._session = session

    async def upload(self, document: Document) -> str:
        """The file's id. Raises SlackUnavailable or SlackRefused; repeating it shows nothing."""
        content = document.text.encode()
        async with self._calls("files.getUploadURLExternal"):
            announced = await self._calls.client.files_getUploadURLExternal(
                filename=file_name(document.task_id), length=len(content)
            )
        url, file_id = announced.get("upload_url"), announced.get("file_id")
        if not isinstance(url, str) or not isinstance(file_id, str):
            raise SlackUnavailable("files.getUploadURLExternal: Slack names no address.")
        await self._send(url, content)
        return file_id

    async def _send(self, url: str, content: bytes) -> None:
        try:
            async with self._session.post(url, data=content) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise SlackUnavailable("The file was not taken: no answer.") from error
        if status == 429 or status >= 500:
            raise SlackUnavailable(f"The file was not taken ({status}).")
        if status != 200:
            raise SlackRefused(f"The file was refused ({status}).", slack_error=str(status))
