"""One connection pool to Redis that is quick to give up: Redis is a fast path, never a need."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from shared.log import get_logger
from shared.metrics import REDIS_UNAVAILABLE

log = get_logger(__name__)

Value = TypeVar("Value")

SLOW_S = 0.1
REST_S = 1.0


class StoreUnavailable(Exception):
    """Redis did not answer in time, or is resting after it did not."""


class RedisConnection:
    """Runs commands within ``patience_s`` seconds.

    After a failure it rests for a second, so that a lost Redis does not add its timeout to every
    step; loss and return are logged once each.
    """

    def __init__(self, redis: Redis, patience_s: float = SLOW_S) -> None:
        self.redis = redis
        self._patience_s = patience_s
        self._resting_until = 0.0
        self._lost = False

    async def run(self, command: Awaitable[Value]) -> Value:
        """The command's result; raises StoreUnavailable."""
        if time.monotonic() < self._resting_until:
            _discard(command)
            raise StoreUnavailable("Redis is resting after a failure.")
        try:
            async with asyncio.timeout(self._patience_s):
                result = await command
        except (RedisError, OSError, TimeoutError) as error:
            self._note_loss(error)
            raise StoreUnavailable("Redis did not answer.") from error
        if self._lost:
            self._lost = False
            log.info("Redis answers again.", action="redis_back")
        return result

    def _note_loss(self, error: Exception) -> None:
        self._resting_until = time.monotonic() + REST_S
        REDIS_UNAVAILABLE.add()
        if not self._lost:
            self._lost = True
            log.warning(
                "Redis does not answer; going on without cache and leases.",
                action="redis_lost",
                error=type(error).__name__,
            )

    async def alive(self) -> bool:
        """Whether Redis answers a PING now."""
        try:
            async with asyncio.timeout(1.0):
                await self.redis.ping()
        except (RedisError, OSError, TimeoutError):
            return False
        return True


def _discard(command: Awaitable[Any]) -> None:
    close = getattr(command, "close", None)
    if close is not None:
        close()


@asynccontextmanager
async def redis_connection(
    url: str, patience_s: float = SLOW_S, ca_file: Path | None = None
) -> AsyncIterator[RedisConnection]:
    """A pool on ``redis://`` or ``rediss://`` with AUTH in the URL; closed at the end.

    With ``ca_file`` the server must show a certificate of one of the authorities in it.
    """
    redis = Redis.from_url(
        url,
        decode_responses=True,
        # ``run`` limits each command as a whole. The client's own limit would put each write into
        # an asyncio task of its own.
        socket_timeout=None,
        socket_connect_timeout=patience_s * 5,
        # Once, at once: a connection of the pool does not know that Redis was restarted meanwhile.
        # More, or with pauses, would only turn a lost command into a second of waiting.
        retry=Retry(NoBackoff(), 1),
        max_connections=200,
        **_trust(ca_file),
    )
    try:
        yield RedisConnection(redis, patience_s)
    finally:
        await redis.aclose()


def _trust(ca_file: Path | None) -> dict[str, Any]:
    if ca_file is None:
        return {}
    # A Memorystore instance has authorities of its own, which sign no other server's certificates
    # (cloud.google.com/memorystore/docs/redis/about-in-transit-encryption), and is reached by an
    # address that its certificate names only in a way that TLS libraries no longer read. So the
    # authority is the identity.
    return {"ssl_ca_certs": str(ca_file), "ssl_cert_reqs": "required", "ssl_check_hostname": False}
