"""One HTTP request to a push endpoint, and what its answer means."""

import asyncio
from dataclasses import dataclass

import aiohttp

from simulators.pubsub.delivery.oidc import TokenIssuer
from simulators.pubsub.wire import Proto

# "Using push subscriptions": every other code, 203 and the other 2xx included, is a refusal.
ACK_CODES = frozenset({102, 200, 201, 202, 204})

_HEADERS = {
    "Accept": "application/json",
    "Content-Type": "application/json",
    "From": "noreply@google.com",
    "User-Agent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)",
}


@dataclass(frozen=True)
class Answer:
    """How a request ended. ``status`` is None without an HTTP answer; ``reason`` says why."""

    status: int | None
    reason: str = ""

    @property
    def is_ack(self) -> bool:
        """Whether Pub/Sub takes this for an acknowledgement."""
        return self.status in ACK_CODES


def open_session() -> aiohttp.ClientSession:
    """The HTTP client for all endpoints; the caller closes it."""
    return aiohttp.ClientSession(
        # uvicorn closes idle connections after 5 s. Giving them up earlier keeps a push from
        # racing with that, which would show up as a failed delivery that never happened.
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=2),
        timeout=aiohttp.ClientTimeout(total=None),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


class Endpoint:
    """Sends push requests as Pub/Sub does: no redirects followed, the deadline kept."""

    def __init__(self, session: aiohttp.ClientSession, tokens: TokenIssuer) -> None:
        self._session = session
        self._tokens = tokens

    async def post(self, push_config: Proto, body: bytes, deadline_s: float) -> Answer:
        """Send one request and wait for the answer's head at most ``deadline_s``."""
        headers = _HEADERS | self._authorization(push_config)
        url = push_config.push_endpoint
        try:
            async with (
                asyncio.timeout(deadline_s),
                self._session.post(
                    url, data=body, headers=headers, allow_redirects=False
                ) as response,
            ):
                # Reading the body is what lets the connection be used again.
                await response.read()
                return Answer(response.status, response.reason or "")
        except TimeoutError:
            return Answer(None, "ack deadline exceeded")
        except (aiohttp.ClientError, ConnectionError) as error:
            return Answer(None, f"{type(error).__name__}: {error}")

    def _authorization(self, push_config: Proto) -> dict[str, str]:
        if not push_config.HasField("oidc_token"):
            return {}
        oidc = push_config.oidc_token
        audience = oidc.audience or push_config.push_endpoint
        token = self._tokens.token(oidc.service_account_email, audience)
        return {"Authorization": f"Bearer {token}"}
