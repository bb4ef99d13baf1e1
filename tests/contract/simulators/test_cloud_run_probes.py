"""The simulated Cloud Run probes like the platform, and our services' probes are made for that."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import yaml
from aiohttp import web
from google.cloud import run_v2

from command_service.transport.http_server import serving
from shared.service_main import bound
from simulators.cloud_run import (
    CloudRunSimulator,
    Probe,
    ProbeFailed,
    until_failed,
    until_started,
)

DEPLOY = Path(__file__).parents[3] / "deploy"
SERVICES = [DEPLOY / "command-service.yaml", DEPLOY / "processor-service.yaml"]


def probe_of(file: Path, kind: str) -> Probe:
    (container,) = yaml.safe_load(file.read_text())["spec"]["template"]["spec"]["containers"]
    return Probe.of_yaml(container[kind])


class Container:
    """Listens from ``listens_at_s`` on and is well until ``sick_at_s``, on a clock of its own."""

    def __init__(self, listens_at_s: float, sick_at_s: float = float("inf")) -> None:
        self.now_s = 0.0
        self._well = (listens_at_s, sick_at_s)

    async def asked(self, probe: Probe, _address: str) -> bool:
        if probe.path is None and self.now_s < self._well[0] <= self.now_s + probe.timeout_s:
            self.now_s = self._well[0]
        return self._well[0] <= self.now_s < self._well[1]

    async def sleep(self, seconds: float) -> None:
        self.now_s += round(seconds, 3)


async def started_at_s(probe: Probe, listens_at_s: float) -> float:
    container = Container(listens_at_s)
    await until_started(probe, "", container.asked, container.sleep)
    return container.now_s


async def test_a_process_that_listens_between_two_probes_waits_for_the_next_one() -> None:
    assert await started_at_s(Probe("/healthz", period_s=10), 0.5) == pytest.approx(10, abs=0.1)
    assert await started_at_s(Probe("/healthz", period_s=1), 0.5) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("file", SERVICES, ids=["command", "processor"])
async def test_a_cold_start_is_not_made_longer_than_a_second_by_its_probe(file: Path) -> None:
    probe = probe_of(file, "startupProbe")
    assert await started_at_s(probe, 0.5) <= 1.5
    # Of a slow machine as well, which may take a minute.
    assert await started_at_s(probe, 45.0) <= 46.0


@pytest.mark.parametrize("file", SERVICES, ids=["command", "processor"])
def test_no_probe_asks_what_a_restart_does_not_mend(file: Path) -> None:
    (container,) = yaml.safe_load(file.read_text())["spec"]["template"]["spec"]["containers"]
    probes = {name: value for name, value in container.items() if name.endswith("Probe")}
    assert probes.keys() == {"startupProbe", "livenessProbe"}
    asked = [probe["httpGet"]["path"] for probe in probes.values() if "httpGet" in probe]
    assert set(asked) <= {"/healthz"}


async def test_a_tcp_probe_finds_a_port_that_opens_while_it_tries() -> None:
    listener = bound("127.0.0.1", 0)
    starting = asyncio.create_task(
        until_started(None, f"http://127.0.0.1:{listener.getsockname()[1]}")
    )
    await asyncio.sleep(0)
    assert not starting.done()
    async with serving(web.Application(), listener), asyncio.timeout(60):
        await starting


async def test_a_container_that_never_listens_is_given_up_after_the_last_probe() -> None:
    container = Container(float("inf"))
    with pytest.raises(ProbeFailed, match="startup probe"):
        await until_started(
            Probe("/healthz", period_s=1, failure_threshold=60),
            "",
            container.asked,
            container.sleep,
        )
    assert container.now_s == pytest.approx(60, abs=0.1)


async def test_only_failures_in_a_row_end_a_running_container() -> None:
    container = Container(0.0, sick_at_s=100.0)
    asked: list[float] = []

    async def now_and_then(probe: Probe, address: str) -> bool:
        asked.append(container.now_s)
        return len(asked) not in {2, 3} and await container.asked(probe, address)

    probe = Probe("/healthz", period_s=15, failure_threshold=3)
    await until_failed(probe, "", now_and_then, container.sleep)
    assert container.now_s == pytest.approx(135, abs=0.1)


@asynccontextmanager
async def replying(status: Callable[[], int]) -> AsyncIterator[str]:
    async def healthz(_request: web.Request) -> web.Response:
        return web.Response(status=status())

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_the_simulated_cloud_run_restarts_a_container_whose_liveness_probe_fails() -> None:
    statuses = {1: 200, 2: 200}
    launched: list[str] = []

    async def launch(revision: str, _template: run_v2.RevisionTemplate) -> str:
        launched.append(revision)
        return addresses[len(launched) - 1]

    probe = run_v2.Probe(
        http_get=run_v2.HTTPGetAction(path="/healthz"), period_seconds=1, failure_threshold=1
    )
    container = run_v2.Container(image="image:1", startup_probe=probe, liveness_probe=probe)
    name = "projects/local/locations/local/services/processor-service"
    cloud_run = CloudRunSimulator(name, run_v2.RevisionTemplate(containers=[container]), launch)
    async with (
        replying(lambda: statuses[1]) as first,
        replying(lambda: statuses[2]) as second,
    ):
        addresses = (first, second)
        async with cloud_run.serve():
            first_revision = "processor-service-00001"
            assert await cloud_run.service.instance(first_revision) == first
            statuses[1] = 503
            async with asyncio.timeout(20):
                while await cloud_run.service.instance(first_revision) != second:  # noqa: ASYNC110 - Cloud Run tells nobody
                    await asyncio.sleep(0.05)
    assert launched == ["processor-service-00001"] * 2
    assert cloud_run.service.restarts == {"processor-service-00001": 1}


async def test_requests_that_find_no_instance_wait_for_the_startup_probe_of_one_and_the_same() -> (
    None
):
    launched = 0
    is_launched = asyncio.Event()
    status = {"now": 200}

    async def launch(_revision: str, _template: run_v2.RevisionTemplate) -> str:
        nonlocal launched
        launched += 1
        is_launched.set()
        return address

    def told() -> int:
        return status["now"]

    probe = run_v2.Probe(
        http_get=run_v2.HTTPGetAction(path="/healthz"), period_seconds=1, failure_threshold=2
    )
    container = run_v2.Container(image="image:1", startup_probe=probe)
    name = "projects/local/locations/local/services/processor-service"
    cloud_run = CloudRunSimulator(name, run_v2.RevisionTemplate(containers=[container]), launch)
    async with (
        replying(told) as address,
        aiohttp.ClientSession() as session,
        cloud_run.serve() as url,
    ):
        async with asyncio.timeout(30):
            cloud_run.service.scale_to_zero("processor-service-00001")
            status["now"] = 503
            is_launched.clear()

            async def get() -> int:
                async with session.get(f"{url}/healthz") as response:
                    return response.status

            async with asyncio.TaskGroup() as group:
                requests = [group.create_task(get()) for _ in range(3)]
                await is_launched.wait()
                assert not any(request.done() for request in requests)
                status["now"] = 200
            assert [request.result() for request in requests] == [200, 200, 200]
            assert launched == 2
            status["now"] = 503
            cloud_run.service.scale_to_zero("processor-service-00001")
            # Both probes fail: the instance was not started.
            assert await get() == 503
