"""A service on a simulated Cloud Run, with metrics as its revisions would write them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from google.cloud import run_v2

from deploy.canary.cloud_run import CloudRun, ServiceState
from deploy.google_access import Access
from simulators.cloud_run import CloudRunSimulator
from simulators.prometheus import PrometheusSimulator

PROJECT, REGION = "local", "asia-northeast1"


_TICK_S = 0.1


@dataclass
class Played:
    """What the processes of one revision count in each second."""

    service: str
    revision: str
    answered: int = 0
    failed: int = 0
    blocked: int = 0
    handed_back: int = 0
    seconds: float = 1.0
    passed_s: float = 1.0

    def counters(self) -> dict[tuple[str, str], float]:
        """The tasks counter by outcome and reason."""
        a_second = {
            ("answered", "none"): self.answered,
            ("told_failure", "model_denied"): self.failed,
            ("told_failure", "question_blocked"): self.blocked,
            ("try_later", "model_unavailable"): self.handed_back,
        }
        # A counter of OpenTelemetry is not there before its first event.
        return {labels: count * self.passed_s for labels, count in a_second.items() if count}

    def buckets(self) -> dict[str, float]:
        """The latency histogram, all in the bucket that ``seconds`` falls into."""
        return {
            bound: self.answered * self.passed_s if self.seconds <= float(bound) else 0.0
            for bound in ("1.0", "2.5", "5.0", "10.0", "+Inf")
        }


@dataclass
class RolloutBench:
    """``play`` puts numbers into the metrics; ``flags`` point a command line here."""

    name: str
    cloud_run: CloudRunSimulator
    prometheus: PrometheusSimulator
    url: str
    metrics_url: str
    played: list[Played] = field(default_factory=list)
    images: dict[str, str] = field(default_factory=dict)

    @property
    def flags(self) -> list[str]:
        return [
            *("--project", PROJECT, "--region", REGION),
            *("--cloud-run-url", self.url, "--metrics-url", self.metrics_url),
        ]

    def play(self, revision: str, **counted: float) -> Played:
        """From now on ``revision`` counts this in each second, of which one has passed."""
        one = Played(self.name, f"{self.name}-{revision}", **counted)  # type: ignore[arg-type] # named by the test
        self.played.append(one)
        self._export(one, time.time())
        return one

    async def only_the_serving_one_is_heard(self, **counted: float) -> None:
        """Cloud Run ends a replaced revision at once; the serving one counts ``counted``."""
        while True:
            carrier = (await self.state()).carrier.removeprefix(f"{self.name}-")
            if [one.revision for one in self.played] != [f"{self.name}-{carrier}"]:
                self.played.clear()
                self.play(carrier, **counted)
            await asyncio.sleep(_TICK_S)

    async def listed(self) -> list[dict[str, Any]]:
        """The service as ``gcloud run services list --format=json`` tells it, in the v1 API."""
        service = self.cloud_run.service.describe()
        traffic = [
            {
                "revisionName": each.revision,
                "percent": each.percent,
                "tag": each.tag,
                "url": each.uri,
            }
            for each in service.traffic_statuses
        ]
        annotations = dict(service.annotations)
        status = {"url": service.uri, "traffic": traffic}
        return [{"metadata": {"annotations": annotations}, "status": status}]

    async def replace(self, file: dict[str, Any]) -> None:
        """What ``gcloud run services replace`` does: annotations and traffic are the file's own."""
        template = file["spec"]["template"]
        (container,) = template["spec"]["containers"]
        env = [
            run_v2.EnvVar(name=each["name"], value=each["value"])
            for each in container["env"]
            if "value" in each
        ]
        annotations = file["metadata"]["annotations"].items()
        asked = run_v2.Service(
            template=run_v2.RevisionTemplate(
                revision=template["metadata"]["name"],
                containers=[run_v2.Container(image=container["image"], env=env)],
            ),
            # Those of Google's own names are fields of their own in v2.
            annotations={k: v for k, v in annotations if not k.startswith("run.googleapis.com/")},
            traffic=[_v2(each) for each in file["spec"]["traffic"]],
        )
        mask = ["template", "annotations", "traffic"]
        # A target may name the revision that the same request makes.
        self.cloud_run.service.check(asked, ["template", "annotations"])
        await self.cloud_run.service.change(asked, mask)

    async def state(self) -> ServiceState:
        """The service as the operators' tools see it."""
        access = Access(PROJECT, is_anonymous=True)
        client = CloudRun(access, REGION, self.name, self.url)
        return await asyncio.to_thread(client.state)

    async def shares(self) -> dict[str, int]:
        """Who carries how much."""
        state = await self.state()
        return {each.revision.rpartition("-")[2]: each.percent for each in state.shares}

    async def export_again_and_again(self) -> None:
        """What the services' exporters do, ten times a second."""
        while True:
            await asyncio.sleep(_TICK_S)
            for one in self.played:
                one.passed_s += _TICK_S
                self._export(one, time.time())

    def _export(self, one: Played, at: float) -> None:
        target = {"job": one.service, "instance": one.revision}
        add = self.prometheus.store.add
        build = {"service": one.service, "version": "1", "revision": one.revision}
        add({"__name__": "mechachang_build_info", **target, **build}, at, 1)
        for (outcome, reason), count in one.counters().items():
            labels = {"outcome": outcome, "reason": reason, "mode": "chat", "source": "dm"}
            add({"__name__": "mechachang_tasks_total", **target, **labels}, at, count)
        for bound, count in one.buckets().items():
            labels = {"mode": "chat", "way": "stream", "le": bound}
            name = "mechachang_first_words_seconds_bucket"
            add({"__name__": name, **target, **labels}, at, count)


def _v2(target: dict[str, Any]) -> run_v2.TrafficTarget:
    kind = run_v2.TrafficTargetAllocationType
    latest = kind.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
    revision = kind.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
    return run_v2.TrafficTarget(
        type_=latest if target.get("latestRevision") else revision,
        revision=target.get("revisionName", ""),
        percent=target["percent"],
        tag=target.get("tag", ""),
    )


Container = Callable[[str], AbstractAsyncContextManager[str]]
"""Runs an image as long as the block lasts, and says where it listens."""


@asynccontextmanager
async def rollout_bench(
    name: str = "processor-service", container: Container | None = None
) -> AsyncIterator[RolloutBench]:
    """A service whose first revision, ``…-00001``, serves."""
    async with AsyncExitStack() as opened:

        async def launch(revision: str, template: run_v2.RevisionTemplate) -> str:
            image = template.containers[0].image
            bench.images[revision] = image
            if image == "image:does-not-start":
                raise OSError("The container exited.")
            return await opened.enter_async_context((container or _container)(image))

        template = run_v2.RevisionTemplate(containers=[run_v2.Container(image="image:1")])
        path = f"projects/{PROJECT}/locations/{REGION}/services/{name}"
        cloud_run = CloudRunSimulator(path, template, launch)
        prometheus = PrometheusSimulator()
        bench = RolloutBench(name, cloud_run, prometheus, "", "")
        bench.metrics_url = await opened.enter_async_context(prometheus.serve())
        bench.url = await opened.enter_async_context(cloud_run.serve())
        exporting = asyncio.create_task(bench.export_again_and_again())
        try:
            yield bench
        finally:
            exporting.cancel()
            with suppress(asyncio.CancelledError):
                await exporting


@asynccontextmanager
async def _container(image: str) -> AsyncIterator[str]:
    async def ready(_request: web.Request) -> web.Response:
        return web.Response(status=503 if image == "image:not-ready" else 200)

    async def who(_request: web.Request) -> web.Response:
        return web.Response(text=image)

    app = web.Application()
    app.router.add_get("/readyz", ready)
    app.router.add_get("/", who)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
