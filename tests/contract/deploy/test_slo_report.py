"""``python -m deploy.slo report`` against the Prometheus API, over a real socket."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web

from deploy.slo.__main__ import main
from simulators.prometheus import PrometheusSimulator

LATENCY = ("1.0", "2.5", "5.0", "+Inf")
SHARE = ("0.5", "0.69", "0.79", "1.0", "+Inf")


@dataclass
class Report:
    """Numbers that are written, and the report on them."""

    prometheus: PrometheusSimulator
    url: str
    capsys: pytest.CaptureFixture[str]

    def write(
        self, *, answered: int = 2000, failed: int = 1, seconds: float = 1.0, cpu: float = 0.5
    ) -> None:
        """One hour of both services, in two points."""
        tasks = {"__name__": "mechachang_tasks_total", "instance": "1", "mode": "chat"}
        words = {"__name__": "mechachang_first_words_seconds_bucket", "instance": "1"}
        for ago, part in ((3000, 0.0), (10, 1.0)):
            self._add(tasks | {"outcome": "answered", "reason": "none"}, ago, answered * part)
            if part:
                reason = {"outcome": "gave_up", "reason": "model_unavailable"}
                self._add(tasks | reason, ago, failed)
            self._buckets(words, LATENCY, seconds, ago, answered * part)
            for service in ("command-service", "processor-service"):
                for kind, value in (("cpu", cpu), ("memory", 0.5)):
                    name = f"run_googleapis_com:container_{kind}_utilizations_bucket"
                    resource = {"monitored_resource": "cloud_run_revision", "service_name": service}
                    self._buckets({"__name__": name, **resource}, SHARE, value, ago, 60 * part)

    def _buckets(
        self,
        labels: Mapping[str, str],
        bounds: tuple[str, ...],
        value: float,
        ago: float,
        count: float,
    ) -> None:
        for bound in bounds:
            self._add({**labels, "le": bound}, ago, count if value <= float(bound) else 0.0)

    def _add(self, labels: Mapping[str, str], ago: float, value: float) -> None:
        self.prometheus.store.add(labels, time.time() - ago, value)

    async def run(self, *words: str) -> int:
        where = ["--project", "local", "--metrics-url", self.url, "--window", "1h"]
        return await asyncio.to_thread(main, ["report", *where, *words])


@pytest.fixture
async def report(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Report]:
    monkeypatch.chdir(tmp_path)
    prometheus = PrometheusSimulator()
    async with prometheus.serve() as url:
        yield Report(prometheus, url, capsys)


async def test_all_criteria_met(report: Report) -> None:
    report.write()
    assert await report.run() == 0
    said = report.capsys.readouterr().out.splitlines()
    assert said[0] == "The last 1h:"
    assert [line.split()[0] for line in said[1:]] == ["met"] * 6
    assert "0.050%  (< 0.100%)" in said[1]


@pytest.mark.parametrize(
    ("numbers", "missed"),
    [
        ({"failed": 3}, "error rate"),
        ({"seconds": 3.0}, "latency p95"),
        ({"cpu": 0.75}, "cpu p95"),
    ],
)
async def test_each_missed_criterion_is_told(
    report: Report, numbers: Mapping[str, float], missed: str
) -> None:
    report.write(**numbers)  # type: ignore[arg-type] # named by the table above
    assert await report.run() == 1
    said = report.capsys.readouterr().out.splitlines()
    lines = [line for line in said if line.startswith("MISSED")]
    assert lines
    assert all(missed in line for line in lines)


async def test_no_data_is_neither_met_nor_missed(report: Report) -> None:
    assert await report.run() == 2
    assert "no data" in report.capsys.readouterr().out


async def test_the_report_for_machines_has_values_and_queries(report: Report) -> None:
    report.write()
    assert await report.run("--json") == 0
    first = json.loads(report.capsys.readouterr().out)[0]
    assert first["name"] == "error rate"
    assert first["met"] is True
    assert first["value"] == pytest.approx(1 / 2001, rel=0.25)
    assert "mechachang_tasks_total" in first["query"]


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (403, {"error": {"code": 403, "message": "Permission denied."}}, "roles/monitoring.viewer"),
        (400, {"status": "error", "errorType": "bad_data", "error": "parse error"}, "parse error"),
    ],
)
async def test_what_google_refuses_is_told(
    capsys: pytest.CaptureFixture[str], status: int, body: Mapping[str, object], said: str
) -> None:
    async def refuse(_request: web.Request) -> web.Response:
        return web.json_response(body, status=status)

    app = web.Application()
    app.router.add_post("/{path:.*}", refuse)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        assert (
            await asyncio.to_thread(main, ["report", "--project", "p", "--metrics-url", url]) == 1
        )
    finally:
        await runner.cleanup()
    assert said in capsys.readouterr().err
