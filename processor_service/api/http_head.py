"""A bound on the head of a request, in bytes and in time, before any other code sees it.

uvicorn's parser bounds neither (httptools 0.9): one endless header grows for as long as it is sent,
and a head that never ends holds its connection for good.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 32 * 1024
"""Pub/Sub's heads have 2 KB, Cloud Run's own limit for a request's is 32 KB."""


class BoundedHead(HttpToolsProtocol):
    """Answers 400 to a head that is too long, and closes a connection whose head is too slow."""

    head_within_s = 10.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head, self._head_bytes, self._of_head = True, 0, 0
        self._due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Wait for a head, within the bound."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._had_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bound an unfinished head."""
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The request's head is too long.")

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._in_head, self._of_head = True, 0
        if self._due is None:
            self._expect_head()

    def on_url(self, url: bytes) -> None:
        """Bound a head that came all at once; an error here is answered with 400."""
        super().on_url(url)
        self._grow(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Bound it likewise."""
        super().on_header(name, value)
        self._grow(len(name) + len(value))

    def on_headers_complete(self) -> None:
        """The head has ended; what follows belongs to the body."""
        self._in_head, self._head_bytes = False, 0
        self._had_head()
        super().on_headers_complete()

    def _grow(self, size: int) -> None:
        self._of_head += size
        if self._of_head > HEAD_BYTES:
            raise ValueError("The request's head is too long.")

    def _expect_head(self) -> None:
        self._due = self.loop.call_later(self.head_within_s, self._too_slow)

    def _had_head(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _too_slow(self) -> None:
        self._due = None
        if not self.transport.is_closing():
            self.transport.close()
