"""The HTTP way to the app: signed requests, a three-second deadline, Slack's retry headers.

Protocol: docs.slack.dev/apis/events-api and /authentication/verifying-requests-from-slack.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import aiohttp

from simulators.faults import FaultPlan
from simulators.journal import Journal
from simulators.slack.config import SlackConfig
from simulators.slack.events.delivery import Dispatch, Outcome


class UrlNotVerified(Exception):
    """The app's events URL did not return the challenge."""


class HttpEvents:
    """Delivers by HTTP to ``config.events_url``: events, commands and interactions alike."""

    def __init__(self, config: SlackConfig, *, journal: Journal, faults: FaultPlan) -> None:
        self._config = config
        self._journal = journal
        self._faults = faults
        self._session: aiohttp.ClientSession | None = None

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Deliver with kept-alive connections until the block ends."""
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            self._session = session
            yield
        self._session = None

    async def verify_url(self, challenge: str) -> None:
        """What Slack does when the URL is entered in the app's settings."""
        body = json.dumps(
            {"type": "url_verification", "token": "local", "challenge": challenge}
        ).encode()
        status, answer, _ = await self._post(body, "application/json", {})
        if status != 200 or challenge not in json.dumps(answer):
            raise UrlNotVerified(f"{self._config.events_url} answered {status}, not the challenge.")

    async def dispatch(self, dispatch: Dispatch) -> Outcome:
        """Send one signed request and take its answer as the ack."""
        fault = self._faults.take("events", dispatch.kind)
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        copies = 2 if fault is not None and fault.kind == "duplicate" else 1
        kind = fault.kind if fault is not None else None
        outcomes = [await self._dispatch_once(dispatch, kind) for _ in range(copies)]
        return outcomes[-1]

    async def _dispatch_once(self, dispatch: Dispatch, fault: str | None) -> Outcome:
        body, content_type = _encode(dispatch)
        headers = {}
        if dispatch.attempt:
            headers["X-Slack-Retry-Num"] = str(dispatch.attempt)
            headers["X-Slack-Retry-Reason"] = dispatch.reason or "unknown_error"
        self._journal.record(
            "slack",
            "envelope",
            dispatch.keys,
            type=dispatch.kind,
            retry_attempt=dispatch.attempt,
            **(dispatch.detail or {}),
        )
        started = time.perf_counter()
        outcome = await self._outcome(body, content_type, headers, fault)
        ms = (time.perf_counter() - started) * 1000
        if outcome.acked:
            self._journal.record("slack", "ack", dispatch.keys, ms=ms, type=dispatch.kind)
        else:
            self._journal.record(
                "slack", "ack_missed", dispatch.keys, ms=ms, reason=outcome.failure
            )
        return outcome

    async def _outcome(
        self, body: bytes, content_type: str, headers: dict[str, str], fault: str | None
    ) -> Outcome:
        if fault in {"drop_before", "hang", "error"}:
            return Outcome(acked=False, failure="http_timeout")
        try:
            status, answer, no_retry = await self._post(body, content_type, headers)
        except TimeoutError:
            return Outcome(acked=False, failure="http_timeout")
        except aiohttp.ClientError:
            return Outcome(acked=False, failure="connection_failed")
        if fault == "drop_after":
            return Outcome(acked=False, failure="http_timeout")
        if not 200 <= status < 300:
            return Outcome(acked=False, failure="http_error", no_retry=no_retry)
        return Outcome(acked=True, payload=answer)

    async def _post(
        self, body: bytes, content_type: str, headers: dict[str, str]
    ) -> tuple[int, Any, bool]:
        if self._session is None or self._config.events_url is None:
            raise RuntimeError("The simulator is not serving, or has no events_url.")
        timestamp = str(int(time.time()))
        base = b"v0:" + timestamp.encode() + b":" + body
        digest = hmac.new(self._config.signing_secret.encode(), base, hashlib.sha256).hexdigest()
        signed = {
            **headers,
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={digest}",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }
        timeout = aiohttp.ClientTimeout(total=self._config.ack_timeout_s)
        async with self._session.post(
            self._config.events_url, data=body, headers=signed, timeout=timeout
        ) as response:
            text = await response.text()
            no_retry = response.headers.get("X-Slack-No-Retry") == "1"
            if response.content_type == "application/json" and text:
                return response.status, json.loads(text), no_retry
            return response.status, {"text": text} if text else None, no_retry


def _encode(dispatch: Dispatch) -> tuple[bytes, str]:
    form = "application/x-www-form-urlencoded"
    if dispatch.kind == "slash_commands":
        return urlencode(dispatch.payload).encode(), form
    text = json.dumps(dispatch.payload, ensure_ascii=False)
    if dispatch.kind == "interactive":
        return urlencode({"payload": text}).encode(), form
    return text.encode(), "application/json"
