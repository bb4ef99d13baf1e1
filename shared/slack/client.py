"""The Slack Web API client of both services, and the meaning of its failures.

The SDK never repeats a call: its default handler re-sends a POST whose connection dropped, and a
``chat.postMessage`` could then be posted twice. Only a caller that can read back may repeat it.
"""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from opentelemetry.trace import SpanKind
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from shared.errors import (
    QUESTION_GONE,
    UNSHOWABLE,
    MechachangError,
    OutcomeUnknown,
    SlackDenied,
    SlackRefused,
    SlackUnavailable,
)
from shared.retry import requested_delay_s
from shared.telemetry.log import get_logger
from shared.telemetry.metrics import SLACK_CALL_DURATION, SLACK_CALLS, SLACK_RATE_LIMITED
from shared.telemetry.tracing import mark_failed, reason_of, span, traced_session

log = get_logger(__name__)

_TIMEOUT = aiohttp.ClientTimeout(total=10.0, connect=3.0)

# Slack's codes for "the call had no effect, come again" (docs.slack.dev, Web API errors).
# fatal_error and internal_error may have had an effect and are settled by reading back.
_TRY_AGAIN = frozenset({"ratelimited", "rate_limited", "service_unavailable", "team_added_to_org"})
_UNKNOWN = frozenset({"fatal_error", "internal_error", "request_timeout"})
# Codes that reject the token itself, in any method (docs.slack.dev, errors of auth.test).
_DENIED = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "not_authed",
        "token_expired",
        "token_revoked",
    }
)
# Codes for a place where the bot may not speak or read, or that only the user can fix.
_NOT_THERE = frozenset(
    {
        "cannot_reply_to_message",
        "channel_not_found",
        "is_archived",
        "messages_tab_disabled",
        "method_not_supported_for_channel_type",
        "not_in_channel",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "restricted_action_thread_only_channel",
    }
)
# Content that Slack cannot show; short plain text may do (docs.slack.dev, chat.postMessage).
UNSHOWABLE_CODES = frozenset(
    {
        "block_mismatch",
        "blocks_too_long",
        "invalid_blocks",
        "invalid_blocks_format",
        "markdown_text_conflict",
        "msg_blocks_too_long",
        "msg_blocks_too_many",
        "msg_too_long",
    }
)
_REASONS = {
    **dict.fromkeys(_NOT_THERE, "slack_not_there"),
    "missing_scope": "slack_scope_missing",
    **dict.fromkeys(("thread_not_found", "invalid_thread_ts"), QUESTION_GONE),
    **dict.fromkeys(UNSHOWABLE_CODES, UNSHOWABLE),
}


class MeasuredWebClient(AsyncWebClient):
    """The SDK's client with a measurement of each call, and one log line for each missing scope."""

    _told: frozenset[tuple[str, str]] = frozenset()

    async def _request(self, *, http_verb: str, api_url: str, req_args: Any) -> dict[str, Any]:
        """As the SDK's, in which every method of the client ends. A refusal raises here already,
        where it is measured: one function more would stand above each call.
        """
        method = urlsplit(api_url).path.rpartition("/")[2]
        call = {"http_verb": http_verb, "api_url": api_url, "req_args": req_args}
        try:
            with slack_call(method):
                try:
                    answer = await super()._request(**call)
                except SlackApiError as error:
                    # With the response of aiohttp, which the SDK could not read.
                    unread: Any = error.response
                    answer = {"data": {}, "headers": unread.headers, "status_code": unread.status}
                except (ValueError, RecursionError):
                    answer = {"data": {}, "headers": {}, "status_code": 0}
                if not isinstance(answer["data"], dict):
                    # A proxy may send any body, for some of which the SDK raises an AttributeError.
                    answer = {**answer, "data": {}}
                response = AsyncSlackResponse(client=self, **call, **answer)
                response.validate()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped
        except SlackApiError as error:
            self._tell_scope(method, error.response)
            raise
        return answer

    def _tell_scope(self, method: str, response: Any) -> None:
        """Only Slack's response names the scope (docs.slack.dev, missing_scope)."""
        told = response.data
        if told.get("error") != "missing_scope":
            return
        needed = str(told.get("needed") or "")
        if (method, needed) not in self._told:
            self._told |= {(method, needed)}
            log.warning(
                "The Slack app lacks a scope: add it, and install the app again.",
                action="scope_missing",
                method=method,
                needed=needed,
                provided=str(told.get("provided") or ""),
            )


@contextmanager
def slack_call(method: str) -> Iterator[None]:
    """Measure one call of ``method``: its span, its outcome and its duration.

    Attributes by OpenTelemetry's conventions for HTTP clients.
    """
    began, outcome = time.monotonic(), "ok"
    attributes = {"http.request.method": "POST", "slack.method": method}
    try:
        with span(f"slack {method}", attributes, kind=SpanKind.CLIENT) as current:
            try:
                yield
                current.set_attribute("http.response.status_code", 200)
            except BaseException as error:
                outcome = reason_of(
                    slack_error(error, method) if isinstance(error, SLACK_FAILURES) else error
                )
                mark_failed(current, outcome)
                raise
    finally:
        SLACK_CALLS.add(method=method, outcome=outcome)
        SLACK_CALL_DURATION.record(time.monotonic() - began, method=method)
        if outcome == "slack_rate_limited":
            SLACK_RATE_LIMITED.add(method=method)


@asynccontextmanager
async def slack_client(token: str, base_url: str) -> AsyncIterator[AsyncWebClient]:
    """A client on one kept-alive session; every call ends within ten seconds."""
    async with traced_session(timeout=_TIMEOUT) as session:
        client = MeasuredWebClient(
            token=token, base_url=base_url, session=session, retry_handlers=[]
        )
        if urlsplit(base_url).hostname in {"127.0.0.1", "localhost", "::1"}:
            # The SDK uses HTTPS_PROXY for every base URL and does not know NO_PROXY.
            client.proxy = None
        yield client


def slack_error(error: Exception, method: str) -> MechachangError:
    """The meaning of a failed call of ``method``; for ``raise slack_error(e, m) from e``."""
    if isinstance(error, SlackApiError):
        return _of_response(error, method)
    if isinstance(error, aiohttp.ClientConnectorError):
        return SlackUnavailable(f"{method}: Slack could not be reached.")
    if isinstance(error, TimeoutError | aiohttp.ClientError | ConnectionError):
        return OutcomeUnknown(f"{method}: the connection ended before Slack answered.")
    raise error


def _of_response(error: SlackApiError, method: str) -> MechachangError:
    response: Any = error.response
    status, code = response.status_code, str(response.data.get("error") or "")
    if status == 429 or code in _TRY_AGAIN:
        return SlackUnavailable(
            f"{method}: Slack asks us to wait ({code or status}).",
            reason="slack_rate_limited" if status == 429 or "limited" in code else None,
            retry_after_s=requested_delay_s(response.headers.get("Retry-After")),
        )
    if status >= 500 or code in _UNKNOWN or not code:
        return OutcomeUnknown(f"{method}: Slack failed ({code or status}).")
    if code in _DENIED:
        return SlackDenied(f"{method}: Slack denies our token ({code}).", slack_error=code)
    return SlackRefused(
        f"{method}: Slack refused ({code}).", slack_error=code, reason=_REASONS.get(code)
    )


SLACK_FAILURES = (SlackApiError, aiohttp.ClientError, TimeoutError, ConnectionError)
"""The exceptions that a call of the client may raise; ``slack_error`` translates each."""
