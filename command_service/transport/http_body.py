"""The body of a request from any sender: bounded in time, in size and in memory."""

import asyncio

from aiohttp import web

BODY_WITHIN_S = 1.5
"""Slack sends a body at once; publishing needs the larger part of the time until the ack."""
BODY_BYTES = 1024 * 1024
"""A message's event has some ten KB, a submitted modal at most 250 KB."""
SMALL_BYTES = 64 * 1024
LARGE_BODIES_BYTES = 32 * 1024 * 1024


class BodyRefused(Exception):
    """The body is not Slack's; ``status`` says why. The message is a reason code."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.status = status


class Bodies:
    """Reads bodies. Small ones always have memory of their own, so large ones cannot block them."""

    def __init__(self, within_s: float = BODY_WITHIN_S) -> None:
        self._within_s = within_s
        self._large_bytes = 0

    async def read(self, request: web.Request) -> str:
        """The whole body, as it was signed; raises BodyRefused."""
        # The signature is of the bytes on the wire: aiohttp would return the unpacked ones.
        if "Content-Encoding" in request.headers:
            raise BodyRefused("body_encoded", 415)
        if (request.content_length or 0) > BODY_BYTES:
            raise BodyRefused("body_too_large", 413)
        try:
            async with asyncio.timeout(self._within_s):
                return (await self._whole(request)).decode()
        except TimeoutError as error:
            raise BodyRefused("body_slow", 408) from error
        except UnicodeDecodeError as error:
            raise BodyRefused("body_not_text", 400) from error

    async def _whole(self, request: web.Request) -> bytes:
        body, counted = bytearray(), 0
        try:
            async for piece in request.content.iter_any():
                body += piece
                if len(body) > SMALL_BYTES:
                    counted += len(piece)
                    self._large_bytes += len(piece)
                if len(body) > BODY_BYTES:
                    raise BodyRefused("body_too_large", 413)
                if counted and self._large_bytes > LARGE_BODIES_BYTES:
                    raise BodyRefused("body_without_room", 503)
        except (web.RequestPayloadError, ConnectionError) as error:
            raise BodyRefused("body_broken", 400) from error
        finally:
            self._large_bytes -= counted
        return bytes(body)
