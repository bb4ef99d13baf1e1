"""Rollouts that are cancelled, killed or taken back midway, each in a process of its own."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from deploy.canary.cloud_run import Change, CloudRun
from deploy.google_access import Access
from deploy.rollback import main as rollback
from deploy.rollout import main as rollout
from simulators.processes.environment import PROJECT_ROOT, inherited, without_proxies
from tests.support.workbenches.operators import GONE, NEW, heard, pipeline_deploys, run, slack
from tests.support.workbenches.rollout import PROJECT, REGION, RolloutBench, rollout_bench

SLOW = ["--hold", "10m", "--patience", "10m", "--look-every", "1s", "--no-smoke-test"]


@asynccontextmanager
async def process(bench: RolloutBench, folder: Path, *words: str) -> AsyncIterator[Process]:
    """A rollout in a process of its own, that is at its first stage."""
    env = without_proxies(inherited()) | {"PYTHONPATH": str(PROJECT_ROOT)}
    command = [sys.executable, "-m", "deploy.rollout", "processor", *NEW, *words, *bench.flags]
    running = await asyncio.create_subprocess_exec(*command, cwd=folder, env=env, stdout=PIPE)
    try:
        assert running.stdout is not None
        async with asyncio.timeout(60):
            while b" % go to " not in await running.stdout.readline():
                assert not running.stdout.at_eof()
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def test_a_rollout_whose_build_is_cancelled_takes_its_traffic_back(
    bench: RolloutBench, tmp_path: Path
) -> None:
    async with process(bench, tmp_path, *SLOW) as running:
        assert await bench.shares() == {"00001": 90, "00002": 10}
        running.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            assert await running.wait() == 130
    assert await bench.shares() == {"00001": 100}


@pytest.mark.parametrize("stage", ["10", "100"])
async def test_what_a_killed_rollout_has_left_is_taken_back_by_the_next_build(
    bench: RolloutBench, tmp_path: Path, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with process(bench, tmp_path, "--stages", stage, *SLOW) as running:
        running.kill()
    assert (await bench.state()).percent("processor-service-00002") == int(stage)
    async with slack(monkeypatch) as (workspace, _):
        channel = ["--channel", workspace.people.channel("#general").id]
        assert await run(rollout, bench, "processor", "--take-back", *channel) == 0
        assert await bench.shares() == {"00001": 100}
        assert await run(rollout, bench, "processor", "--take-back", *channel) == 0
        assert len(workspace.messages("#general")) == 1


async def test_that_nobody_can_be_told_stops_neither_the_next_build_nor_the_wait_for_a_socket(
    bench: RolloutBench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with process(bench, tmp_path, *SLOW) as running:
        running.kill()
    channel = ["--channel", "C0123456789"]
    assert await run(rollout, bench, "processor", "--take-back", *channel) == 0
    assert "tell C0123456789 by hand" in capsys.readouterr().out
    async with rollout_bench("command-service") as other:
        await pipeline_deploys(other, "a")
        async with heard(other):
            assert await run(rollback, other, "command", *GONE, *channel) == 1
        said = capsys.readouterr()
        assert "Only command-service-00001 is heard" in said.out
        assert "tell C0123456789 by hand" in said.err


async def test_a_rollback_after_a_killed_rollout_goes_to_where_that_began(
    bench: RolloutBench, tmp_path: Path
) -> None:
    async with process(bench, tmp_path, "--stages", "100", *SLOW) as running:
        running.kill()
    assert await run(rollback, bench, "processor") == 0
    assert await bench.shares() == {"00001": 100}
    assert not (await bench.state()).rolling_out_from


async def test_a_rollout_that_was_taken_back_meanwhile_goes_no_further(
    bench: RolloutBench, tmp_path: Path
) -> None:
    bench.play("00002", answered=100)
    words = ["--hold", "2s", "--look-every", "1s", "--no-smoke-test"]
    async with process(bench, tmp_path, *words) as running:
        assert await run(rollout, bench, "processor", "--take-back") == 0
        async with asyncio.timeout(60):
            assert await running.wait() == 1
    assert await bench.shares() == {"00001": 100}


async def deployed(bench: RolloutBench) -> None:
    """Another revision than the first one carries all traffic."""
    service = CloudRun(Access(PROJECT, is_anonymous=True), REGION, bench.name, bench.url)
    await asyncio.to_thread(service.create_revision, Change("image:1b"), serving=True)


@pytest.mark.parametrize("ends", ["by a broken limit", "by a cancelled build"])
async def test_a_rollout_that_ends_after_a_rollback_leaves_the_traffic_where_that_sent_it(
    bench: RolloutBench, tmp_path: Path, ends: str
) -> None:
    oldest = (await bench.state()).carrier
    await deployed(bench)
    async with process(bench, tmp_path, *SLOW) as running:
        assert await run(rollback, bench, "processor", "--to", oldest) == 0
        if ends == "by a cancelled build":
            running.send_signal(signal.SIGTERM)
        else:
            bench.play("00003", answered=0, failed=100)
        async with asyncio.timeout(60):
            assert await running.wait() == 1
    assert await bench.shares() == {"00001": 100}


@pytest.mark.parametrize("ends", ["by a broken limit", "at its next stage"])
async def test_a_staged_rollout_goes_no_further_after_a_rollback(ends: str) -> None:
    async with rollout_bench("command-service") as bench:
        oldest = (await bench.state()).carrier
        await deployed(bench)
        words = ["--image", "image:3", "--hold", "1s", "--patience", "10m", "--look-every", "1s"]
        rolling = asyncio.create_task(run(rollout, bench, "command", *words, *GONE))
        async with asyncio.timeout(60):
            while (await bench.state()).carrier != "command-service-00003":  # noqa: ASYNC110 - only Cloud Run knows
                await asyncio.sleep(0.05)
        back = asyncio.create_task(run(rollback, bench, "command", "--to", oldest, *GONE))
        async with asyncio.timeout(60):
            while (await bench.state()).carrier != oldest:  # noqa: ASYNC110 - only Cloud Run knows
                await asyncio.sleep(0.05)
        failed = 100 if ends == "by a broken limit" else 0
        async with heard(bench, answered=100 - failed, failed=failed):
            assert await rolling == 1
            assert await back == 0
        assert await bench.shares() == {"00001": 100}
