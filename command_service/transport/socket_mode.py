"""Slack's Socket Mode with a bound on concurrency, a drain, and a socket that comes back.

Facts that shaped it (slack_sdk 3.47): ``close`` ends the socket without waiting for running
envelopes, whose acks are then lost; after a failed handshake the SDK retries the same one-time URL
endlessly; ``connect`` does not return before it has succeeded; a connection that ended without a
closing frame is noticed one ping interval later; a new connection counts as connected whether or
not anything is ever heard on it, and the SDK invents the time of its last pong.
"""

import asyncio
import json
import logging
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aiohttp import WSMessage, WSMsgType
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from command_service.envelope.ack_deadline import ack_deadline
from command_service.envelope.metrics import NOBODY, count_event, envelope
from command_service.payloads.model import RejectReason
from command_service.ports import SocketState
from command_service.transport.concurrency import BusyReply, ConcurrencyLimit, Overloaded
from shared.background import alongside
from shared.errors import RetryableError
from shared.slack.client import SLACK_FAILURES, slack_error
from shared.telemetry.log import get_logger
from shared.telemetry.metrics import SOCKET_CONNECTED, SOCKET_RECONNECTS

log = get_logger(__name__)

_LOOK_EVERY_S = 0.5
_PAUSE_S = 5.0
_CLOSE_WITHIN_S = 1.0
# docs.slack.dev, using Socket Mode; too_many_websockets was seen by others.
_DISCONNECT = '"disconnect"'
_DISCONNECTS = frozenset({"warning", "refresh_requested", "link_disabled", "too_many_websockets"})


def _without_tickets(record: logging.LogRecord) -> bool:
    """Remove the socket's one-time address from the SDK's log: it lets anybody open our socket.

    A failed handshake is logged with it, in the text and again in the traceback.
    """
    record.msg = re.sub(r"ticket=[^&'\s]+", "ticket=***", record.getMessage())
    record.args = record.exc_info = None
    return True


@dataclass(frozen=True)
class Timing:
    """The socket's bounds, in seconds.

    A handshake that has not succeeded within ``url_life_s`` is retried at a new URL. A socket on
    which Slack was not heard for ``silent_s`` counts as not connected; the SDK replaces it after
    one or two pings. The end of a silence of ``gap_s`` is reported.
    """

    ping_every_s: float = 5.0
    url_life_s: float = 3.0
    silent_s: float = 20.0
    gap_s: float = 15.0


DEFAULT_TIMING = Timing()


class SocketMode(AsyncSocketModeHandler):
    """Runs each envelope in a slot; one that gets none stays unacked, and Slack redelivers it.

    A slash command, which Slack does not redeliver, is answered with ``busy_reply`` to its payload.
    When Slack is first heard, and after each silence of ``gap_s``, ``on_heard_again`` is called
    with the seconds of silence (None at first): events of that time may never arrive.
    """

    def __init__(
        self,
        app: AsyncApp,
        app_token: str,
        slots: ConcurrencyLimit,
        busy_reply: BusyReply,
        on_heard_again: Callable[[float | None], None],
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        logger = logging.getLogger("slack_sdk.socket_mode")
        logger.addFilter(_without_tickets)
        super().__init__(app, app_token, logger=logger, ping_interval=timing.ping_every_s)
        self.client.message_listeners.append(self._greeted)
        self.client.on_message_listeners.append(self._heard_message)
        self._on_heard_again = on_heard_again
        self.timing = timing
        self._slots = slots
        self._busy_reply = busy_reply
        self._linked_at = self._heard_at = self._kept_at = time.monotonic()
        # The wall clock goes on while a laptop sleeps.
        self._heard_time: float | None = None
        self._pong: float | None = None
        self._was_connected = False
        self._greetings, self._ended_by = 0, "lost"

    async def handle(self, client: AsyncBaseSocketModeClient, req: SocketModeRequest) -> None:
        """Handle one envelope; an ack always means that it was dealt with."""
        try:
            with ack_deadline():
                await self._handle(req)
        except ConnectionError:
            log.warning(
                "An ack could not be sent; Slack will deliver again.",
                action="ack_not_sent",
                reason="socket_lost",
                type=req.type,
            )

    async def _handle(self, req: SocketModeRequest) -> None:
        try:
            with envelope(req.type):
                async with self._slots.slot():
                    await super().handle(self.client, req)
        except Overloaded as error:
            await self._turn_away(req, str(error))

    async def _turn_away(self, req: SocketModeRequest, why: str) -> None:
        count_event(NOBODY, "turned_away", RejectReason.OVERLOADED)
        log.warning(
            "An envelope was not handled.",
            action="envelope_turned_away",
            reason=RejectReason.OVERLOADED,
            type=req.type,
            why=why,
        )
        if req.type == "slash_commands":
            reply = await self._busy_reply(req.payload)
            await self.client.send_socket_mode_response(
                SocketModeResponse(envelope_id=req.envelope_id, payload=reply)
            )

    async def state(self) -> SocketState:
        """Whether Slack is heard, and how long ago it was."""
        linked = await self._is_linked()
        self._hear_pong()
        age_s = time.monotonic() - self._heard_at
        connected = linked and age_s < self.timing.silent_s
        kept_age_s = time.monotonic() - self._kept_at
        return SocketState(connected, 0.0 if connected else age_s, age_s, kept_age_s)

    async def _is_linked(self) -> bool:
        """Whether the SDK has an open connection, heard on or not."""
        linked: bool = await self.client.is_connected()
        if linked:
            self._linked_at = time.monotonic()
        return linked

    def _hear_pong(self) -> None:
        """A pong moves the SDK's time on; the first time may be invented."""
        before, self._pong = self._pong, self.client.last_ping_pong_time
        if before is not None and self._pong is not None and self._pong > before:
            self._heard()

    async def _heard_message(self, message: WSMessage) -> None:
        self._heard()
        # The SDK replaces the connection at this message and passes it to no other listener. The
        # word alone may be a user's.
        if message.type is not WSMsgType.TEXT or _DISCONNECT not in message.data:
            return
        told = json.loads(message.data)
        if told.get("type") == "disconnect":
            reason = str(told.get("reason"))
            self._ended_by = reason if reason in _DISCONNECTS else "other"

    def _heard(self) -> None:
        self._heard_at = time.monotonic()
        before, self._heard_time = self._heard_time, time.time()
        silent_s = None if before is None else self._heard_time - before
        if silent_s is None or silent_s >= self.timing.gap_s:
            self._on_heard_again(silent_s)

    async def keep_connected(self, url: str) -> None:
        """Connect at ``url``, and at new ones whenever the connection is lost, until cancelled.

        The SDK does so by itself, but notices a connection that just ended only with its next ping.
        """
        if urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}:
            # The SDK uses HTTPS_PROXY for every address and does not know NO_PROXY.
            self.client.proxy = None
        self.client.wss_uri = url
        connecting = asyncio.create_task(self._attempt(self.client.connect), name="socket:connect")
        try:
            while True:
                await asyncio.sleep(_LOOK_EVERY_S)
                self._kept_at = time.monotonic()
                self._note((await self.state()).connected)
                linked = await self._is_linked()
                if time.monotonic() - self._linked_at > self.timing.url_life_s:
                    # Without one, the SDK's connecting loop asks Slack for a new URL.
                    self.client.wss_uri = None
                if not linked and connecting.done():
                    connecting = asyncio.create_task(
                        self._attempt(self.client.connect_to_new_endpoint), name="socket:connect"
                    )
        finally:
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)

    async def _attempt(self, connect: Callable[[], Awaitable[None]]) -> None:
        """One connect of the SDK's; a pause follows a failed one, as Slack limits new URLs."""
        try:
            await connect()
        except SLACK_FAILURES as error:
            failure = slack_error(error, "apps.connections.open")
            log.warning(
                "Slack gave no address for a new connection.",
                action="socket_not_opened",
                reason=failure.reason,
                why=str(failure),
            )
            asked = failure.retry_after_s if isinstance(failure, RetryableError) else None
            await asyncio.sleep(asked or _PAUSE_S)

    async def _greeted(
        self, _client: AsyncBaseSocketModeClient, message: dict[str, Any], _raw: str | None
    ) -> None:
        """Slack's first message on a new connection: from now on envelopes arrive."""
        if message.get("type") == "hello":
            if self._greetings:
                SOCKET_RECONNECTS.add(reason=self._ended_by)
            self._greetings, self._ended_by = self._greetings + 1, "lost"
            self._note(True, connections=message.get("num_connections"))

    def _note(self, connected: bool, **detail: Any) -> None:
        SOCKET_CONNECTED.set(int(connected))
        if connected != self._was_connected:
            action = "socket_connected" if connected else "socket_lost"
            text = "Connected to Slack." if connected else "The connection to Slack is lost."
            log.info(text, action=action, **detail)
        self._was_connected = connected

    async def close_async(self) -> None:
        """Close the socket and end the SDK's own tasks. Idempotent."""
        try:
            async with asyncio.timeout(_CLOSE_WITHIN_S):
                await self.client.close()  # type: ignore[no-untyped-call]  # the SDK has no types here
        except TimeoutError:
            log.warning("Slack did not close the socket in time.", action="socket_close_late")
            await self.client.aiohttp_client_session.close()
        tasks = [
            self.client.message_processor,
            self.client.current_session_monitor,
            self.client.message_receiver,
        ]
        ended = [task for task in tasks if task is not None]
        for task in ended:
            task.cancel()
        await asyncio.gather(*ended, return_exceptions=True)


@asynccontextmanager
async def connected(socket: SocketMode, url: str) -> AsyncIterator[SocketMode]:
    """Envelopes arrive inside the block; the first connection is opened at ``url``.

    Does not wait for that connection. The slots must be drained before leaving: an ack goes out
    only while the socket is open.
    """
    try:
        async with alongside(socket.keep_connected(url), "socket:keep"):
            yield socket
    finally:
        await socket.close_async()
