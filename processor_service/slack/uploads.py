"""Files in a thread: they are uploaded, and become visible when a message shares them.

The way is docs.slack.dev, files.getUploadURLExternal and completeUploadExternal.
"""

from dataclasses import dataclass

import aiohttp

from processor_service.ports.conversations import Document
from processor_service.slack.client import SlackCalls
from shared.errors import SlackRefused, SlackUnavailable
from shared.ledger import Mark, file_name, file_title


@dataclass(frozen=True)
class SlackUploads:
    """``ports.FileSharing``; uploads over ``session``, to an address from Slack that needs no
    token.
    """

    calls: SlackCalls
    session: aiohttp.ClientSession
    channel: str
    thread_ts: str

    async def upload(self, document: Document) -> str:
        """The file's id. Raises SlackUnavailable or SlackRefused; repeating it shows nothing."""
        content = document.text.encode()
        async with self.calls("files.getUploadURLExternal"):
            announced = await self.calls.client.files_getUploadURLExternal(
                filename=file_name(document.task_id), length=len(content)
            )
        url, file_id = announced.get("upload_url"), announced.get("file_id")
        if not isinstance(url, str) or not isinstance(file_id, str):
            raise SlackUnavailable("files.getUploadURLExternal: Slack names no address.")
        await self._send(url, content)
        return file_id

    async def share(self, file_id: str, document: Document) -> None:
        """Share an uploaded file in the thread; its title names the answer, signed."""
        mark = Mark(document.task_id, "file", digest=document.digest)
        title = file_title(document.title, mark, self.channel, self.calls.signing)
        async with self.calls("files.completeUploadExternal"):
            await self.calls.client.files_completeUploadExternal(
                files=[{"id": file_id, "title": title}],
                channel_id=self.channel,
                thread_ts=self.thread_ts,
            )

    async def _send(self, url: str, content: bytes) -> None:
        try:
            async with self.session.post(url, data=content) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise SlackUnavailable("The file was not taken: no answer.") from error
        if status == 429 or status >= 500:
            raise SlackUnavailable(f"The file was not taken ({status}).")
        if status != 200:
            raise SlackRefused(f"The file was refused ({status}).", slack_error=str(status))
