"""Scripts in Redis: sent once, and again where they are not known, on every Redis we run with."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from processor_service.redis.connection import RedisConnection

COUNT = "return redis.call('INCRBY', KEYS[1], ARGV[1])"


async def test_a_script_is_known_once_it_has_run(connection: RedisConnection) -> None:
    await connection.redis.script_flush()
    count = connection.script(COUNT)
    assert await count.run(["mechachang:answer:x"], 2) == 2
    digest = await connection.redis.script_load(COUNT)
    assert await connection.redis.evalsha(digest, 1, "mechachang:answer:x", 3) == 5
    assert await count.run(["mechachang:answer:x"], 4) == 9


async def test_a_server_that_was_restarted_is_sent_it_again(connection: RedisConnection) -> None:
    count = connection.script(COUNT)
    assert await count.run(["mechachang:answer:x"], 2) == 2
    await connection.redis.script_flush()
    assert await count.attempt(["mechachang:answer:x"], 2, lost="lost") == 4


async def test_a_spoiled_key_is_taken_away_and_the_script_runs(connection: RedisConnection) -> None:
    await connection.redis.rpush("mechachang:answer:x", "no number")
    assert await connection.script(COUNT).run(["mechachang:answer:x"], 2) == 2


async def test_what_a_key_holds_is_told_from_what_is_not_known(connection: RedisConnection) -> None:
    assert await connection.get("mechachang:answer:x", lost="?") == ""
    assert await connection.put("mechachang:answer:x", "語", 60)
    assert await connection.get("mechachang:answer:x", lost="?") == "語"
    assert 50 < await connection.redis.ttl("mechachang:answer:x") <= 60
    await connection.redis.delete("mechachang:answer:x")
    await connection.redis.rpush("mechachang:answer:x", "no text")
    assert await connection.get("mechachang:answer:x", lost="?") == "?"


async def test_a_client_that_never_connects_again_may_send_a_script(
    connection: RedisConnection,
) -> None:
    where = connection.redis.connection_pool.connection_kwargs
    never_again = Retry(NoBackoff(), 0)
    async with Redis(host=where["host"], port=where["port"], retry=never_again) as client:
        await client.script_flush()
        assert await client.register_script(COUNT)(keys=["mechachang:answer:x"], args=[2]) == 2
