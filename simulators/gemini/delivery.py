"""Sends one answer at its pace, and breaks it off where the script says so."""

import asyncio
import json
import time
from typing import Any

from aiohttp import web

from simulators.gemini.answering.generation import Generation
from simulators.gemini.answering.replies import HANG, Reply
from simulators.gemini.recorder import Outcome, ReceivedRequest
from simulators.journal import Journal, trace_key


class _CutOff(Exception):
    """The script closes the connection here."""


class Delivery:
    """One request being answered; its outcome is written into ``received``."""

    def __init__(
        self,
        request: web.Request,
        received: ReceivedRequest,
        generation: Generation,
        reply: Reply,
        journal: Journal,
    ) -> None:
        self._request = request
        self._received = received
        self._generation = generation
        self._reply = reply
        self._journal = journal
        self._keys = trace_key(request.headers.get("traceparent"))

    async def run(self) -> web.StreamResponse:
        """Answer; being cancelled means that the client closed the connection."""
        try:
            await asyncio.sleep(self._reply.delay_s)
            if self._received.method == "streamGenerateContent":
                return await self._stream()
            return await self._unary()
        except _CutOff:
            self._end("cut")
            return self._closed()
        except (asyncio.CancelledError, ConnectionResetError):
            self._end("client_closed")
            raise

    async def _unary(self) -> web.StreamResponse:
        breaks = (self._reply.cut_after, self._reply.hang_after)
        if self._reply.error is not None:
            return self._error_response()
        for number in range(1 + max((after for after in breaks if after is not None), default=0)):
            await self._break_at(number)
        await asyncio.sleep(self._generation.duration_s)
        if self._reply.lost:
            raise _CutOff
        response = web.json_response(self._generation.whole_json())
        await response.prepare(self._request)
        await response.write_eof()
        self._end("answered", status=200)
        return response

    async def _stream(self) -> web.StreamResponse:
        generation, reply = self._generation, self._reply
        if reply.error is not None and reply.error_after == 0:
            return self._error_response()
        if reply.lost:
            await asyncio.sleep(generation.duration_s)
            raise _CutOff
        sse = self._request.query.get("alt") == "sse"
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream" if sse else "application/json"}
        )
        for number in range(generation.count):
            await self._break_at(number)
            if reply.error is not None and number == reply.error_after:
                break
            await asyncio.sleep(generation.between_s if number else generation.first_token_s)
            if number == 0:
                await response.prepare(self._request)
                self._journal.record("gemini", "first_token", self._keys, ms=self._ms())
            await response.write(_framed(generation.chunk_json(number), number, sse=sse))
            self._received.chunks_sent = number + 1
        return await self._finish(response, sse=sse)

    async def _finish(self, response: web.StreamResponse, *, sse: bool) -> web.StreamResponse:
        reply = self._reply
        for document in reply.afterwards:
            await self._break_at(self._received.chunks_sent)
            await response.write(_framed(dict(document), self._received.chunks_sent, sse=sse))
            self._received.chunks_sent += 1
        sent = self._received.chunks_sent
        await self._break_at(sent)
        if reply.error is not None:
            await response.write(_framed(reply.error.as_json(), sent, sse=sse))
        await response.write(b"" if sse else b"]")
        await response.write_eof()
        if reply.error is not None:
            self._end("error", status=reply.error.code)
        else:
            self._end("answered", status=200)
        return response

    async def _break_at(self, number: int) -> None:
        """Cut or hang if the script wants it after ``number`` pieces (at the latest at the end)."""
        last = self._generation.count + len(self._reply.afterwards)
        if self._reply.hang_after is not None and number == min(self._reply.hang_after, last):
            await (asyncio.Event().wait() if self._reply.hang_s == HANG else self._hang())
            raise _CutOff
        if self._reply.cut_after is not None and number == min(self._reply.cut_after, last):
            raise _CutOff

    async def _hang(self) -> None:
        await asyncio.sleep(self._reply.hang_s)

    def _error_response(self) -> web.Response:
        error = self._reply.error
        assert error is not None  # noqa: S101 - both callers have just checked it
        self._end("error", status=error.code)
        headers = error.headers()
        if error.html is not None:
            return web.Response(
                text=error.html, content_type="text/html", status=error.code, headers=headers
            )
        return web.json_response(error.as_json(), status=error.code, headers=headers)

    def _closed(self) -> web.StreamResponse:
        if self._request.transport is not None:
            # Closing (not aborting) lets the pieces already written arrive before the cut.
            self._request.transport.close()
        return web.Response()

    def _end(self, outcome: Outcome, status: int | None = None) -> None:
        self._received.outcome = outcome
        self._received.status = status
        self._received.ended_at = time.monotonic()
        finished = outcome == "answered"
        self._journal.record(
            "gemini",
            "done",
            self._keys,
            ms=self._ms(),
            status=status,
            outcome=outcome,
            model=self._received.model,
            finish_reason=self._generation.finish_reason if finished else None,
            block_reason=self._generation.block_reason if finished else None,
        )

    def _ms(self) -> float:
        return (time.monotonic() - self._received.at) * 1000


def _framed(document: dict[str, Any], number: int, *, sse: bool) -> bytes:
    text = json.dumps(document, ensure_ascii=False)
    if sse:
        return f"data: {text}\r\n\r\n".encode()
    return f"{',' if number else '['}{text}\r\n".encode()
