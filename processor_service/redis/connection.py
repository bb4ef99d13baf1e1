"""One connection pool to Redis that fails fast: Redis is a fast path, never a need."""

import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AskError,
    ClusterDownError,
    NoScriptError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)

from processor_service.ports.work import StoreUnavailable
from processor_service.redis.keys import PREFIX, type_of
from processor_service.resilience.fair_timeout import fair_timeout
from shared.retry import Retries, RetryPolicy, doubling
from shared.telemetry.log import get_logger
from shared.telemetry.metrics import REDIS_UNAVAILABLE

log = get_logger(__name__)

Value = TypeVar("Value")
Lost = TypeVar("Lost")

SLOW_S = 0.1
REST_S = 1.0
# The server is no longer the primary, or not the one for these keys; MovedError is an AskError,
# MasterDownError a ClusterDownError. LOADING is a lost connection to redis-py, and retried as one.
_ELSEWHERE: Final = (ReadOnlyError, AskError, ClusterDownError, TryAgainError)
# Redis before 7 wraps an error inside a script into an error of its own.
_CODE: Final = re.compile(
    r"\b(READONLY|MOVED|ASK|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|WRONGTYPE|OOM|NOPERM|BUSY|MISCONF|NOREPLICAS)\b"
)
_WRONG_TYPE: Final = "WRONGTYPE"
_CODES_ELSEWHERE: Final = frozenset(
    {"READONLY", "MOVED", "ASK", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN"}
)
# Direct VPC egress may take a minute or more to connect right after an instance starts
# (cloud.google.com/run/docs/configuring/vpc-direct-vpc): until then Redis does not count as lost.
STARTS_WITHIN_S: Final = 90.0
# Each kind of refusal is logged once, and again after this long without it.
_TOLD_FOR_S: Final = 60.0


class KeyUnreadable(StoreUnavailable):
    """A key held a value that none of our code wrote there. It has been deleted."""


class ScriptForgotten(StoreUnavailable):
    """A new primary does not know the script, which was loaded into the old one."""


class RedisConnection:
    """Runs commands within ``patience_s`` seconds, not counting how long this process is busy.

    After a failure it rests for a second, so that a lost Redis does not add its timeout to every
    step; loss and return are logged once each. A server that was never reached counts as lost only
    after ``starts_within_s`` seconds. A refusal concerns its command alone, such as a key of
    another type; connections to a server that is the wrong one by now are dropped, so that new ones
    find the right one.
    """

    def __init__(
        self, redis: Redis, patience_s: float = SLOW_S, starts_within_s: float = STARTS_WITHIN_S
    ) -> None:
        self.redis = redis
        self._patience_s = patience_s
        self._expected_at: float | None = time.monotonic() + starts_within_s
        self._waited = False
        self._resting_until = 0.0
        self._lost = False
        self._refused_at: dict[str, float] = {}
        self._dropped_at = float("-inf")

    async def run(self, command: Awaitable[Value], *keys: str) -> Value:
        """The command's result; raises StoreUnavailable.

        Any of ``keys`` that has another type than ours is deleted, and KeyUnreadable raised: a
        second run may succeed.
        """
        if time.monotonic() < self._resting_until:
            _discard(command)
            raise StoreUnavailable("Redis is resting after a failure.")
        try:
            async with fair_timeout(self._patience_s):
                result = await command
        except NoScriptError as error:
            raise ScriptForgotten("The script went with its server.") from error
        except ResponseError as error:
            if await self._note_refusal(error) == _WRONG_TYPE and keys:
                await self.forget(*keys)
                raise KeyUnreadable("A key held what is not ours.") from error
            raise StoreUnavailable("Redis refused a command.") from error
        except (RedisError, OSError, TimeoutError) as error:
            self._note_loss(error)
            raise StoreUnavailable("Redis did not answer.") from error
        self._expected_at = None
        if self._lost:
            self._lost = False
            log.info("Redis answers again.", action="redis_back")
        return result

    async def attempt(self, command: Awaitable[Value], *keys: str, lost: Lost) -> Value | Lost:
        """Like ``run``, but returns ``lost`` instead of raising."""
        try:
            return await self.run(command, *keys)
        except StoreUnavailable:
            return lost

    async def insist(
        self, call: Callable[[], Awaitable[Value]], lost: Value, attempts: int = 2
    ) -> Value:
        """The result of ``call``, made again after each rest while that is ``lost``."""
        patience = RetryPolicy(attempts, back_off=doubling(REST_S + 0.1, REST_S + 0.1))
        retries = Retries(patience)
        while (result := await call()) == lost and await retries.again():
            pass
        return result

    async def get(self, key: str, lost: str = "") -> str:
        """The text in ``key``, "" if there is none; ``lost`` if Redis does not answer."""
        return str(await self.attempt(self.redis.get(key), key, lost=lost) or "")

    async def put(self, key: str, text: str, ttl_s: int) -> bool:
        """Store ``text`` for so long; whether Redis took it."""
        return bool(await self.attempt(self.redis.set(key, text, ex=ttl_s), lost=False))

    def script(self, lua: str) -> "Script":
        """``lua`` as one atomic step."""
        return Script(self, lua)

    async def forget(self, *keys: str, text: bool = False) -> None:
        """Delete unreadable entries: keys of a wrong type, or the ``text`` in a key."""
        with suppress(RedisError, OSError, TimeoutError):
            async with fair_timeout(self._patience_s):
                for key in keys:
                    if text or await self.redis.type(key) not in {type_of(key), "none"}:
                        await self.redis.delete(key)
                        log.warning(
                            "A key in Redis held a foreign value; it was deleted.",
                            action="redis_key_deleted",
                            kind=key.removeprefix(PREFIX).split(":")[0],
                        )

    def _note_loss(self, error: Exception) -> None:
        self._resting_until = time.monotonic() + REST_S
        REDIS_UNAVAILABLE.add()
        if self._expected_at is not None and time.monotonic() < self._expected_at:
            if not self._waited:
                self._waited = True
                log.info(
                    "Redis is not reached yet; going on without cache and leases.",
                    action="redis_awaited",
                )
        elif not self._lost:
            self._lost = True
            log.warning(
                "Redis does not answer; going on without cache and leases.",
                action="redis_lost",
                error=type(error).__name__,
            )

    async def _note_refusal(self, error: ResponseError) -> str:
        found = _CODE.search(f"{error.status_code or ''} {error}")
        code, now = found[1] if found else type(error).__name__, time.monotonic()
        REDIS_UNAVAILABLE.add()
        if now - self._refused_at.get(code, float("-inf")) > _TOLD_FOR_S:
            log.warning(
                "Redis refuses a command; going on without it.", action="redis_refused", code=code
            )
        self._refused_at[code] = now
        if code in _CODES_ELSEWHERE and now - self._dropped_at > REST_S:
            self._dropped_at = now
            await self.redis.connection_pool.disconnect(inuse_connections=False)
        return code

    async def alive(self) -> bool:
        """Whether Redis answers a PING now."""
        try:
            async with fair_timeout(1.0):
                await self.redis.ping()
        except (RedisError, OSError, TimeoutError):
            return False
        self._expected_at = None
        return True


class Script:
    """A Lua script, sent as a digest once Redis knows its text.

    If keys are unreadable it runs once more, without them: a spoiled key costs no lease, turn or
    limit. The same if the server was replaced between loading the script and running it.
    """

    def __init__(self, connection: RedisConnection, lua: str) -> None:
        self._connection = connection
        self._script = connection.redis.register_script(lua)

    async def run(self, keys: Sequence[str], *args: str | float) -> Any:
        """The script's result; raises StoreUnavailable."""
        run = self._connection.run
        with suppress(KeyUnreadable, ScriptForgotten):
            return await run(self._script(keys=keys, args=args), *keys)
        return await run(self._script(keys=keys, args=args), *keys)

    async def attempt(self, keys: Sequence[str], *args: str | float, lost: Any = None) -> Any:
        """Like ``run``, but returns ``lost`` instead of raising."""
        try:
            return await self.run(keys, *args)
        except StoreUnavailable:
            return lost


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
        # Undecodable bytes must not end the reading of a reply halfway: the next command on that
        # connection would get the rest of it.
        encoding_errors="replace",
        # ``run`` bounds each command; the client's own limit would make an asyncio task per write.
        socket_timeout=None,
        socket_connect_timeout=patience_s * 5,
        # Once, at once: a pooled connection does not know that Redis was restarted meanwhile. More,
        # or with pauses, would only turn a lost command into a second of waiting.
        retry=Retry(NoBackoff(), 1),
        # The same if its server has become a replica meanwhile, or another's in a cluster.
        retry_on_error=list(_ELSEWHERE),
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
    # (cloud.google.com/memorystore/docs/redis/about-in-transit-encryption), and its certificate
    # names its address only in a form that TLS libraries no longer read. So the authority is the
    # identity.
    return {"ssl_ca_certs": str(ca_file), "ssl_cert_reqs": "required", "ssl_check_hostname": False}
