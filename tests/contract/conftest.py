"""What tests run against: simulators, and servers too slow to start for every single test."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from google.genai.client import AsyncClient
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from command_service.app import Service
from processor_service.redis.connection import RedisConnection, redis_connection
from shared.telemetry.deployment import Deployment
from shared.telemetry.tracing import start_tracing
from simulators.faults import FaultPlan
from simulators.gemini import GeminiSimulator
from simulators.journal import Journal
from simulators.processes.google_emulator import EmulatorMissing, google_emulator
from tests.support.gemini_sdk import sdk
from tests.support.workbenches.command import IMPATIENT, Stack, stack
from tests.support.workbenches.redis import PATIENCE_S, fake_redis, real_redis


@pytest.fixture
def tracing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans are made, and no proxy of the developer's stands between a test and its servers."""
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        start_tracing(Deployment("test", "local"))


@pytest.fixture
async def world() -> AsyncIterator[Stack]:
    """Simulated Slack and Pub/Sub."""
    async with stack() as opened:
        yield opened


@pytest.fixture
async def impatient() -> AsyncIterator[Stack]:
    """A Slack that waits a second for an ack."""
    async with stack(IMPATIENT) as opened:
        yield opened


@pytest.fixture
async def service(world: Stack) -> AsyncIterator[Service]:
    """The command service between them."""
    async with world.service() as service:
        yield service


@pytest.fixture
def journal() -> Journal:
    """What the simulated Gemini tells of its requests."""
    return Journal()


@pytest.fixture
def faults() -> FaultPlan:
    """What the simulated Gemini's requests suffer; nothing, until it is said."""
    return FaultPlan()


@pytest.fixture
def simulator(journal: Journal, faults: FaultPlan) -> GeminiSimulator:
    """The simulated Gemini; it listens nowhere before ``serve``."""
    return GeminiSimulator(journal=journal, faults=faults)


@pytest.fixture
async def base_url(simulator: GeminiSimulator) -> AsyncIterator[str]:
    """Where the simulated Gemini listens."""
    async with simulator.serve() as running:
        yield running.base_url


@pytest.fixture
async def client(base_url: str) -> AsyncIterator[AsyncClient]:
    """google-genai's own async client of the simulated Gemini."""
    async with sdk(base_url) as client:
        yield client


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def emulator_address() -> AsyncIterator[str]:
    """Google's emulator, one for the whole run; skips where it can't be had, except in CI."""
    try:
        async with google_emulator() as address:
            yield address
    except EmulatorMissing as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def redis_server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis; skips where it can't be had, except in CI."""
    with real_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="module")
def fake_server_url() -> Iterator[str]:
    """The Redis that the local stack falls back on."""
    with fake_redis() as url:
        yield url


@pytest.fixture(
    params=["fake_server_url", pytest.param("redis_server_url", marks=pytest.mark.redis_server)]
)
async def connection(request: pytest.FixtureRequest) -> AsyncIterator[RedisConnection]:
    """Our connection to each Redis we run with, emptied."""
    async with redis_connection(request.getfixturevalue(request.param), PATIENCE_S) as opened:
        assert await opened.alive()
        await opened.redis.flushdb()
        yield opened
