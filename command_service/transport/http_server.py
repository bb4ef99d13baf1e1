"""The HTTP server on ``$PORT``."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

# Requests in flight are drained before; only idle connections are left at the end.
_SHUTDOWN_S = 1.0
_BACKLOG = 128
# For the rest of a body that is not read any more: its sender may still read our answer.
_LINGERING_S = 1.0
# aiohttp bounds the size of a head, and the time between two requests, but not the time of a head.
HEAD_WITHIN_S = 10.0


def _without_strangers(record: logging.LogRecord) -> bool:
    """Remove malformed HTTP from aiohttp's log, where it is an error with a stranger's bytes; keep
    errors of our own handlers.
    """
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


class FirstHead(asyncio.Protocol):
    """A connection of ``server`` that is closed unless its first head comes in time."""

    def __init__(self, server: asyncio.Protocol, within_s: float) -> None:
        self._server = server
        self._within_s = within_s
        self._seen = b""
        self._due: asyncio.TimerHandle | None = None
        self.eof_received = server.eof_received  # type: ignore[method-assign] # handed on as it is
        self.pause_writing = server.pause_writing  # type: ignore[method-assign] # likewise
        self.resume_writing = server.resume_writing  # type: ignore[method-assign] # likewise

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for a head from now on."""
        self._due = asyncio.get_running_loop().call_later(self._within_s, transport.close)
        self._server.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Pass everything on, and look for the end of the head until it has come."""
        if self._due is not None:
            self._seen = self._seen[-3:] + data
            if b"\r\n\r\n" in self._seen:
                self._stop_waiting()
        self._server.data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        self._server.connection_lost(exc)

    def _stop_waiting(self) -> None:
        self._seen = b""
        if self._due is not None:
            self._due.cancel()
            self._due = None


@asynccontextmanager
async def serving(
    server: web.Application, listener: socket.socket, head_within_s: float = HEAD_WITHIN_S
) -> AsyncIterator[int]:
    """Serve ``server`` inside the block; yields the port."""
    logger = logging.getLogger("aiohttp.server")
    logger.addFilter(_without_strangers)
    runner = web.AppRunner(
        server,
        access_log=None,
        logger=logger,
        shutdown_timeout=_SHUTDOWN_S,
        lingering_time=_LINGERING_S,
    )
    await runner.setup()
    try:
        listening = await asyncio.get_running_loop().create_server(
            lambda: FirstHead(_connection(runner), head_within_s),
            sock=listener,
            backlog=_BACKLOG,
        )
        try:
            yield int(listener.getsockname()[1])
        finally:
            listening.close()
    finally:
        await runner.cleanup()


def _connection(runner: web.AppRunner) -> asyncio.Protocol:
    if runner.server is None:
        raise RuntimeError("The server is not set up.")
    return runner.server()
