"""Redis over TLS with AUTH, as Memorystore offers it, with certificates made for the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from processor_service.redis.connection import redis_connection
from tests.support.authority import authority
from tests.support.workbenches.redis import PATIENCE_S, tls_redis

pytestmark = pytest.mark.redis_server

PASSWORD = "as-random-as-it-gets"


@pytest.fixture(scope="module")
def memorystore(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Where it is, as ``host:port``, and its authority."""
    folder = tmp_path_factory.mktemp("tls")
    files = authority(folder)
    with tls_redis(folder, files.server_key, files.server, PASSWORD) as address:
        yield address, files.authority


async def test_the_server_s_own_authority_and_the_password_open_it(
    memorystore: tuple[str, Path],
) -> None:
    address, ca_file = memorystore
    url = f"rediss://:{PASSWORD}@{address}/0"
    async with redis_connection(url, PATIENCE_S, ca_file) as opened:
        await opened.run(opened.redis.set("key", "value"))
        assert await opened.run(opened.redis.get("key")) == "value"


async def test_a_server_of_another_authority_is_not_talked_to(
    memorystore: tuple[str, Path], tmp_path: Path
) -> None:
    address, _ = memorystore
    other_ca_file = authority(tmp_path).authority
    url = f"rediss://:{PASSWORD}@{address}/0"
    async with redis_connection(url, PATIENCE_S, other_ca_file) as opened:
        assert not await opened.alive()


async def test_without_the_authority_nobody_is_trusted(memorystore: tuple[str, Path]) -> None:
    address, _ = memorystore
    async with redis_connection(f"rediss://:{PASSWORD}@{address}/0", PATIENCE_S) as opened:
        assert not await opened.alive()


async def test_a_wrong_password_opens_nothing(memorystore: tuple[str, Path]) -> None:
    address, ca_file = memorystore
    async with redis_connection(f"rediss://:guessed@{address}/0", PATIENCE_S, ca_file) as opened:
        assert not await opened.alive()
