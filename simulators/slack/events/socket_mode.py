"""Socket Mode: tickets, sockets, envelopes and acks.

Protocol: docs.slack.dev/apis/events-api/using-socket-mode.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import WSMsgType, web

from simulators.faults import FaultPlan
from simulators.journal import Journal
from simulators.slack.background import Background
from simulators.slack.config import SlackConfig
from simulators.slack.events.delivery import Dispatch, Outcome
from simulators.slack.state.timestamps import Ids

_UNSENT = frozenset({"drop_before", "drop_after", "error", "hang"})
_HEARTBEAT_S = 30.0


@dataclass(eq=False)
class Socket:
    """One connection of the app."""

    ws: web.WebSocketResponse
    request: web.Request
    deaf: bool = False

    def deafen(self) -> None:
        """Fall silent: nothing is read, answered or sent any more, but TCP stays open."""
        self.deaf = True
        if self.request.transport is not None:
            # aiohttp reads on by itself only what it has paused by itself.
            self.request.transport.pause_reading()

    def cut(self) -> None:
        """End the TCP connection without a closing handshake."""
        if self.request.transport is not None:
            self.request.transport.abort()


class SocketMode:
    """The app's sockets; every envelope goes to any one of them."""

    def __init__(
        self, config: SlackConfig, ids: Ids, *, journal: Journal, faults: FaultPlan
    ) -> None:
        self._config = config
        self._ids = ids
        self._journal = journal
        self._faults = faults
        self._background = Background()
        self._tickets: dict[str, float] = {}
        self._pending: dict[str, asyncio.Future[Any]] = {}
        self.sockets: list[Socket] = []
        self.app_id = ""
        self.socket_base_url = ""
        self.on_change: Callable[[], None] = lambda: None

    def open_url(self) -> str:
        """A fresh address for one connection."""
        ticket = self._ids.secret()
        now = time.monotonic()
        self._tickets = {t: until for t, until in self._tickets.items() if until > now}
        self._tickets[ticket] = now + self._config.ticket_lifetime_s
        return f"{self.socket_base_url}/link/?ticket={ticket}&app_id={self.app_id}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection from its hello to its end."""
        fault = self._faults.take("socket", "connect")
        ticket = request.query.get("ticket", "")
        refused = fault is not None and fault.kind != "hang"
        if self._tickets.get(ticket, 0.0) < time.monotonic() or refused:
            status = fault.status if fault is not None else 404
            return web.Response(status=status, text="This ticket is not valid (any more).")
        ws = web.WebSocketResponse(heartbeat=_HEARTBEAT_S)
        await ws.prepare(request)
        del self._tickets[ticket]
        socket = Socket(ws, request)
        if len(self.sockets) >= self._config.max_sockets:
            await self._send(socket, self._disconnect_frame("too_many_websockets"))
            await ws.close()
            return ws
        if fault is not None:
            socket.deafen()
        self.sockets.append(socket)
        self.on_change()
        pings = self._background.spawn(self._ping(socket), "ping a socket")
        try:
            await self._send(socket, self._hello())
            await self._read(socket)
        finally:
            pings.cancel()
            self._forget(socket)
        return ws

    def _forget(self, socket: Socket) -> None:
        if socket in self.sockets:
            self.sockets.remove(socket)
            self.on_change()

    def _hello(self) -> dict[str, Any]:
        return {
            "type": "hello",
            "num_connections": len(self.sockets),
            "debug_info": {
                "host": "applink-local",
                "build_number": 1,
                "approximate_connection_time": 18060,
            },
            "connection_info": {"app_id": self.app_id},
        }

    async def _ping(self, socket: Socket) -> None:
        with contextlib.suppress(ConnectionError):
            while not socket.ws.closed:
                await asyncio.sleep(self._config.server_ping_s)
                if not socket.deaf:
                    await socket.ws.ping(b"Ping from applink-local")

    async def _read(self, socket: Socket) -> None:
        async for message in socket.ws:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                frame = json.loads(message.data)
                envelope_id = frame["envelope_id"]
            except (ValueError, TypeError, KeyError):
                continue
            await self._take_ack(socket, envelope_id, frame.get("payload"))

    async def _take_ack(self, socket: Socket, envelope_id: str, payload: Any) -> None:
        """An ack counts on whichever socket it comes; a lost one is as if never sent."""
        fault = self._faults.take("socket", "ack")
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        elif fault is not None:
            if fault.kind == "disconnect":
                socket.cut()
            return
        future = self._pending.get(envelope_id)
        if future is not None and not future.done():
            future.set_result(payload)

    async def _send(self, socket: Socket, frame: dict[str, Any]) -> bool:
        if socket.deaf:
            return True
        try:
            await socket.ws.send_str(json.dumps(frame, ensure_ascii=False))
        except ConnectionError:
            self._forget(socket)
            return False
        return True

    async def dispatch(self, dispatch: Dispatch) -> Outcome:
        """Send an envelope and wait for its ack; a duplicate is a second envelope beside it."""
        fault = self._faults.take("socket", "envelope")
        kind = fault.kind if fault is not None else None
        if fault is not None and kind == "delay":
            await asyncio.sleep(fault.seconds)
        if kind != "duplicate":
            return await self._dispatch_once(dispatch, kind)
        outcomes = await asyncio.gather(
            self._dispatch_once(dispatch, None), self._dispatch_once(dispatch, None)
        )
        return next((outcome for outcome in outcomes if outcome.acked), outcomes[0])

    async def _dispatch_once(self, dispatch: Dispatch, fault: str | None) -> Outcome:
        envelope_id = self._ids.uuid()
        keys = (*dispatch.keys, f"envelope:{envelope_id}")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._pending[envelope_id] = future
        self._journal.record(
            "slack",
            "envelope",
            keys,
            type=dispatch.kind,
            retry_attempt=dispatch.attempt,
            **(dispatch.detail or {}),
        )
        started = time.perf_counter()
        try:
            if not await self._transmit(self._envelope(envelope_id, dispatch), fault):
                self._journal.record("slack", "ack_missed", keys, reason="no_socket")
                return Outcome(acked=False, failure="timeout")
            payload = await asyncio.wait_for(future, self._config.ack_timeout_s)
        except TimeoutError:
            ms = (time.perf_counter() - started) * 1000
            self._journal.record("slack", "ack_missed", keys, ms=ms, reason="timeout")
            return Outcome(acked=False, failure="timeout")
        finally:
            del self._pending[envelope_id]
        ms = (time.perf_counter() - started) * 1000
        self._journal.record("slack", "ack", keys, ms=ms, type=dispatch.kind)
        return Outcome(acked=True, payload=payload if dispatch.accepts_response else None)

    async def _transmit(self, envelope: dict[str, Any], fault: str | None) -> bool:
        """Send to any one socket; False if there is none. A fault may lose it on the way."""
        while self.sockets:
            socket = self.sockets[self._ids.pick(len(self.sockets))]
            if fault in _UNSENT:
                return True
            if fault == "disconnect":
                socket.cut()
                return True
            if await self._send(socket, envelope):
                return True
        return False

    def _envelope(self, envelope_id: str, dispatch: Dispatch) -> dict[str, Any]:
        envelope: dict[str, Any] = {
            "envelope_id": envelope_id,
            "payload": dispatch.payload,
            "type": dispatch.kind,
            "accepts_response_payload": dispatch.accepts_response,
        }
        if dispatch.kind == "events_api":
            envelope["retry_attempt"] = dispatch.attempt
            envelope["retry_reason"] = dispatch.reason or ""
        return envelope

    def _disconnect_frame(self, reason: str) -> dict[str, Any]:
        return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-local"}}

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask the app to reconnect on every socket: warning, refresh_requested, link_disabled.

        Slack does not wait for ever: a socket that is still open a while later is closed.
        """
        for socket in list(self.sockets):
            await self._send(socket, self._disconnect_frame(reason))
            self._background.spawn(self._close_later(socket), "close a socket")

    async def _close_later(self, socket: Socket) -> None:
        await asyncio.sleep(self._config.disconnect_after_s)
        if not socket.deaf:
            await socket.ws.close()

    def deafen(self) -> None:
        """Let every socket fall silent while its TCP connection stays open."""
        for socket in self.sockets:
            socket.deafen()

    def cut(self) -> None:
        """End every socket's TCP connection without a word."""
        for socket in list(self.sockets):
            socket.cut()

    async def close(self) -> None:
        """Close every socket properly, except those that would not hear of it."""
        for socket in list(self.sockets):
            if socket.deaf:
                socket.cut()
            else:
                await socket.ws.close()
        await self._background.close()
