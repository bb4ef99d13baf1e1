"""Redis after a failover, and Redis that refuses: the processor goes on, and is back by itself."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from structlog.testing import capture_logs

from processor_service.app import open_dependencies
from processor_service.ports.limits import Application
from processor_service.ports.work import Lease, StoreUnavailable
from processor_service.redis.cancels import RedisCancellations
from processor_service.redis.connection import RedisConnection, redis_connection
from processor_service.redis.keys import task_key
from processor_service.redis.leases import RedisLeases
from processor_service.redis.limits import MostAllowed, RedisLimits
from processor_service.redis.rate_holds import RedisRateLimitHolds
from processor_service.resilience.stopping import Stopping
from processor_service.settings import ProcessorSettings
from simulators.processes.tcp_ports import free_port
from tests.support.machine import within
from tests.support.workbenches.redis import PATIENCE_S, real_redis

BACK_WITHIN_S = 10.0


class Address:
    """An address of Redis that stays while the server behind it changes: connections that are open
    stay with the old one. ``saying`` is answered to each SET instead, in Redis' own words.
    """

    def __init__(self, url: str) -> None:
        self.port_behind = _port(url)
        self.saying: bytes | None = None
        self.port = 0
        self._serving: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[RedisConnection]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            url = f"redis://127.0.0.1:{self.port}/0"
            async with redis_connection(url, PATIENCE_S) as connection:
                yield connection
        finally:
            server.close()
            # One that Redis' client gave up may only now be taken.
            await asyncio.sleep(0)
            await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (task := asyncio.current_task()) is not None:
            self._serving.add(task)
        behind, onward = await asyncio.open_connection("127.0.0.1", self.port_behind)
        back = asyncio.create_task(_copy(behind, writer), name="address:back")
        try:
            while data := await reader.read(65536):
                if self.saying is not None and b"\r\nSET\r\n" in data:
                    writer.write(self.saying)
                else:
                    onward.write(data)
        finally:
            back.cancel()
            await asyncio.gather(back, return_exceptions=True)
            for each in (onward, writer):
                each.close()
            await asyncio.gather(onward.wait_closed(), writer.wait_closed(), return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)


def _port(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])


async def written(connection: RedisConnection, key: str) -> bool:
    try:
        return bool(await connection.run(connection.redis.set(key, "1")))
    except StoreUnavailable:
        return False


async def until_written(connection: RedisConnection) -> None:
    async with asyncio.timeout(12 * BACK_WITHIN_S):
        with within(BACK_WITHIN_S):
            while not await written(connection, "k"):  # noqa: ASYNC110 - only Redis knows when
                await asyncio.sleep(0.05)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[str, str]]:
    with real_redis(tmp_path) as old, real_redis(tmp_path) as new:
        yield old, new


async def test_a_primary_that_became_a_replica_is_left_for_the_new_one_within_seconds(
    two: tuple[str, str],
) -> None:
    old, new = two
    address = Address(old)
    async with address.open() as connection, Redis.from_url(old) as operator:
        # Several connections, as a busy processor has.
        assert all(await asyncio.gather(*(written(connection, f"k{n}") for n in range(8))))
        await operator.replicaof("127.0.0.1", _port(new))
        address.port_behind = _port(new)
        with capture_logs() as logs:
            leases = RedisLeases(connection)
            claim = await leases.claim("t1", "m1")
            await until_written(connection)
        assert claim.lease is not None
        assert claim.lease.owner is not None
        async with Redis.from_url(new) as there:
            assert await there.get(task_key("t1")) is not None
        assert [log for log in logs if log["log_level"] != "info"] == []


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"-READONLY You can't write against a read only replica.\r\n", "READONLY"),
        (b"-MOVED 3999 10.0.0.9:6379\r\n", "MOVED"),
        (b"-CLUSTERDOWN The cluster is down\r\n", "CLUSTERDOWN"),
        (b"-MASTERDOWN Link with MASTER is down\r\n", "MASTERDOWN"),
        (b"-OOM command not allowed when used memory > 'maxmemory'.\r\n", "OOM"),
        (b"-LOADING Redis is loading the dataset in memory\r\n", None),
        (
            # As Redis before 7 says it of a command within a script.
            b"-ERR Error running script (call to f_1): @user_script:1: -READONLY You can't.\r\n",
            "READONLY",
        ),
    ],
)
async def test_a_redis_that_refuses_is_told_once_and_used_again_when_it_is_well(
    tmp_path: Path, said: bytes, code: str | None
) -> None:
    with real_redis(tmp_path) as url:
        address = Address(url)
        async with address.open() as connection:
            assert await written(connection, "k")
            address.saying = said
            with capture_logs() as logs:
                for _ in range(5):
                    assert not await written(connection, "k")
                    # The others are served meanwhile, as by a replica.
                    if code is not None:
                        assert await connection.run(connection.redis.get("k")) == "1"
            [warned] = [log for log in logs if log["log_level"] == "warning"]
            assert warned.get("code") == code
            address.saying = None
            await until_written(connection)


async def test_a_network_that_is_late_at_a_start_is_no_lost_redis() -> None:
    address = f"redis://127.0.0.1:{free_port()}/0"
    for starts_within_s, told in ((60.0, ["redis_awaited"]), (0.0, ["redis_lost"])):
        async with Redis.from_url(address, retry=Retry(NoBackoff(), 0)) as redis:
            connection = RedisConnection(redis, PATIENCE_S, starts_within_s)
            with capture_logs() as logs:
                assert not await written(connection, "a key")
            assert [log["action"] for log in logs] == told


async def test_a_redis_that_answered_the_readiness_check_is_lost_when_it_is_gone(
    tmp_path: Path,
) -> None:
    with real_redis(tmp_path) as url:
        redis = Redis.from_url(url, retry=Retry(NoBackoff(), 0))
        connection = RedisConnection(redis, PATIENCE_S, 60.0)
        assert await connection.alive()
    with capture_logs() as logs:
        assert not await written(connection, "a key")
    await redis.aclose()
    assert [log["action"] for log in logs] == ["redis_lost"]


async def test_a_reply_that_came_while_this_process_was_busy_is_no_lost_redis(
    tmp_path: Path,
) -> None:
    with real_redis(tmp_path) as url:
        async with redis_connection(url, PATIENCE_S) as usual:
            assert await written(usual, "a key")
            connection = RedisConnection(usual.redis, patience_s=0.5)
            asked = asyncio.create_task(written(connection, "a key"))
            # The command is on its way once its task waits.
            await asyncio.sleep(0)
            time.sleep(1.0)  # noqa: ASYNC251 - as a long computation, or a processor taken away
            assert await asked


async def test_a_process_that_is_busy_with_many_tasks_does_not_take_its_own_delay_for_a_lost_redis(
    tmp_path: Path,
) -> None:
    with real_redis(tmp_path) as url:
        # A connection of its own takes several turns of the loop.
        async with redis_connection(url, patience_s=0.2) as connection:
            asked = asyncio.create_task(written(connection, "a key"))
            while not asked.done():
                time.sleep(0.05)  # noqa: ASYNC251 - another task's work
                await asyncio.sleep(0)
            assert await asked


async def test_a_key_of_another_type_costs_nothing_but_itself(tmp_path: Path) -> None:
    with real_redis(tmp_path) as url:
        async with redis_connection(url, PATIENCE_S) as connection:
            redis = connection.redis
            await connection.run(redis.rpush(task_key("t1"), "no lease"))
            leases = RedisLeases(connection)
            with capture_logs() as logs:
                for message_id in ("m1", "m2"):
                    claim = await leases.claim("t1", message_id)
                    if claim.lease is not None:
                        await leases.release(claim.lease)
                assert await written(connection, "another key")
            warnings = [log["action"] for log in logs if log["log_level"] == "warning"]
            assert warnings == ["redis_refused", "redis_key_deleted"]
            claim = await leases.claim("t1", "m3")
            assert claim.lease is not None
            assert claim.lease.owner is not None


@pytest.mark.parametrize(
    ("changed", "well", "code"),
    [
        ({"maxmemory": "1"}, {"maxmemory": "0"}, "OOM"),
        ({"min-replicas-to-write": "1"}, {"min-replicas-to-write": "0"}, "NOREPLICAS"),
        ({"replicaof": "127.0.0.1 9"}, {"replicaof": "no one"}, "READONLY"),
    ],
    ids=["out of memory", "without its replicas", "read-only"],
)
async def test_a_redis_that_takes_no_writes_stops_no_question_and_is_used_again(
    tmp_path: Path, changed: dict[str, str], well: dict[str, str], code: str
) -> None:
    with real_redis(tmp_path) as url:
        async with redis_connection(url, PATIENCE_S) as connection, Redis.from_url(url) as operator:
            leases, stops = RedisLeases(connection), RedisCancellations(connection)
            held = await leases.claim("held", "m0")
            assert held.lease is not None
            await told(operator, changed)
            with capture_logs() as logs:
                claim = await leases.claim("t1", "m1")
                # The task is worked on without a lease; the ledger in Slack keeps it to one answer.
                assert claim.lease is not None
                assert claim.lease.owner is None
                await worked_on(connection, claim.lease, held.lease)
            assert {log.get("code") for log in logs if log["log_level"] != "info"} == {code}
            await told(operator, well)
            await until_written(connection)
            again = await leases.claim("t2", "m2")
            assert again.lease is not None
            assert again.lease.owner is not None
            await stops.request("t2")
            assert await stops.is_requested("t2")


async def told(operator: Redis, changes: Mapping[str, str]) -> None:
    for name, value in changes.items():
        if name == "replicaof":
            await operator.execute_command("REPLICAOF", *value.split())  # type: ignore[no-untyped-call] # untyped
        else:
            await operator.config_set(name, value)


async def worked_on(connection: RedisConnection, lease: Lease, held: Lease) -> None:
    """All that a question writes into Redis; nothing of it raises."""
    leases, limits = (
        RedisLeases(connection),
        RedisLimits(connection, MostAllowed(9, 1_000, 1_000, 9)),
    )
    for each in (lease, held):
        await leases.renew(each)
        await leases.flag_possible_duplicate(each.task_id)
        await leases.release(each, "gemini_unavailable")
        await leases.finish(each)
        assert await leases.last_failure(each.task_id) is None
    for number in range(3):
        asking = Application("T1", "U1", f"task-{number}")
        assert await limits.admit(asking) is None
        await limits.told(asking)
        await limits.leave(asking)
        await limits.spend("T1", "U1", 10)
    await RedisRateLimitHolds(connection).record("chat.postMessage", 1.0)
    await RedisCancellations(connection).request("t1")


@pytest.mark.parametrize(("timeout_ms", "known"), [(5_000, True), (50, False)])
async def test_an_operator_gives_a_slow_redis_more_time(
    tmp_path: Path, timeout_ms: int, known: bool
) -> None:
    with real_redis(tmp_path) as url:
        settings = ProcessorSettings(
            slack_bot_token=SecretStr("xoxb-local"),
            gemini_api_key=SecretStr("unused"),
            pubsub_emulator_host="unused:1",
            redis_url=url,
            redis_timeout=timeout_ms,
        )
        async with open_dependencies(settings, Stopping()) as deps, Redis.from_url(url) as operator:
            await operator.client_pause(500)
            assert (await deps.home.usage.of("T1", "U1") is not None) is known
