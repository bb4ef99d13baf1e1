"""Rollouts and rollbacks against Cloud Run's and Prometheus' APIs, over real sockets."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from string import Template
from typing import Any

import aiohttp
import pytest

from deploy.canary.cloud_run import Change, CloudRun, Share
from deploy.departure import main as departure
from deploy.errors import CloudRunFailed
from deploy.google_access import Access
from deploy.render import beside, instead, render
from deploy.rollback import main as rollback
from deploy.rollout import main as rollout
from deploy.running import Running
from simulators.faults import Fault, FaultPlan
from simulators.journal import Journal
from simulators.processes.environment import PROJECT_ROOT, inherited, without_proxies
from simulators.slack import SlackConfig, SlackSimulator
from tests.support.workbenches.rollout import PROJECT, REGION, RolloutBench, rollout_bench

QUICK = ["--hold", "1s", "--patience", "3s", "--look-every", "1s", "--at-least", "20"]
NEW = ["--image", "image:2"]
GONE = ["--gone-after", "1s", "--wait-at-most", "20s"]


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No ``.env`` and no token of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)


@pytest.fixture
async def bench() -> AsyncIterator[RolloutBench]:
    async with rollout_bench() as opened:
        yield opened


async def run(main: Any, bench: RolloutBench, *words: str) -> int:
    """The command line in a thread of its own, as it blocks."""
    async with asyncio.timeout(60):
        return int(await asyncio.to_thread(main, [*words, *bench.flags]))


@asynccontextmanager
async def slack(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[SlackSimulator, FaultPlan]]:
    faults = FaultPlan()
    simulator = SlackSimulator(journal=Journal(), faults=faults, config=SlackConfig())
    async with simulator.serve() as running:
        monkeypatch.setenv("SLACK_BOT_TOKEN", simulator.config.bot_token)
        monkeypatch.setenv("SLACK_API_URL", running.api_url)
        yield simulator, faults


async def test_a_good_candidate_climbs_to_all_traffic_and_is_noted(
    bench: RolloutBench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.play("00001", answered=500)
    bench.play("00002", answered=100, blocked=30)
    assert await run(rollout, bench, "processor", *NEW, *QUICK) == 0
    assert await bench.shares() == {"00002": 100}
    state = await bench.state()
    assert state.good == ("processor-service-00002", "processor-service-00001")
    assert [share.tag for share in state.shares] == [""]
    said = capsys.readouterr().out
    assert "10 % go to processor-service-00002" in said
    assert "questions, error rate 0.00%, p95 0." in said


async def test_a_candidate_that_fails_is_taken_back_and_the_people_are_told_once(
    bench: RolloutBench, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.play("00001", answered=500)
    bench.play("00002", answered=95, failed=5)
    async with slack(monkeypatch) as (workspace, _):
        general = workspace.people.channel("#general").id
        channel = ["--channel", general]
        assert await run(rollout, bench, "processor", *NEW, *QUICK, *channel) == 3
        assert await bench.shares() == {"00001": 100}
        (told,) = workspace.messages("#general")
        assert "以前のバージョンに戻しました" in str(told)
        assert "the previous one is back" in str(told)
    assert "% > 1%" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("counted", "why"),
    [
        ({"answered": 100, "seconds": 9}, " s > 5 s"),
        ({"answered": 80, "handed_back": 20}, "% > 5%"),
        # Three of four: nobody waits for twenty.
        ({"answered": 1, "failed": 3}, "% > 1%"),
    ],
)
async def test_each_limit_takes_a_candidate_back(
    bench: RolloutBench, capsys: pytest.CaptureFixture[str], counted: dict[str, float], why: str
) -> None:
    bench.play("00002", **counted)
    assert await run(rollout, bench, "processor", *NEW, *QUICK) == 3
    assert await bench.shares() == {"00001": 100}
    assert why in capsys.readouterr().out


async def test_only_the_candidates_own_failures_count(bench: RolloutBench) -> None:
    bench.play("00001", answered=50, failed=50)
    bench.play("00002", answered=100)
    assert await run(rollout, bench, "processor", *NEW, *QUICK) == 0
    # A revision that was as bad as that is nothing to come back to.
    assert (await bench.state()).good == ("processor-service-00002",)


async def test_too_few_questions_take_a_candidate_back_unless_quiet_is_good(
    bench: RolloutBench,
) -> None:
    bench.play("00002", answered=3)
    assert await run(rollout, bench, "processor", *NEW, *QUICK) == 4
    assert await bench.shares() == {"00001": 100}
    assert await run(rollout, bench, "processor", *NEW, *QUICK, "--quiet-is-good") == 0
    assert await bench.shares() == {"00002": 100}


@pytest.mark.parametrize(
    ("image", "said"),
    [("image:not-ready", "/readyz answers 503"), ("image:does-not-start", "The container exited.")],
)
async def test_a_candidate_that_can_not_work_never_gets_traffic(
    bench: RolloutBench, capsys: pytest.CaptureFixture[str], image: str, said: str
) -> None:
    assert await run(rollout, bench, "processor", "--image", image, *QUICK) == 1
    assert await bench.shares() == {"00001": 100}
    output = capsys.readouterr()
    assert said in output.err
    assert "10 %" not in output.out


async def test_without_metrics_a_candidate_goes_back(bench: RolloutBench) -> None:
    words = ["processor", *NEW, *QUICK, *bench.flags, "--metrics-url", "http://127.0.0.1:9"]
    assert await asyncio.to_thread(rollout, words) == 1
    assert await bench.shares() == {"00001": 100}


async def test_the_revision_deployed_beside_what_serves_is_rolled_out(bench: RolloutBench) -> None:
    client = CloudRun(Access(PROJECT, is_anonymous=True), REGION, bench.name, bench.url)
    name = await asyncio.to_thread(client.create_revision, Change("image:beside"), serving=False)
    assert await bench.shares() == {"00001": 100}
    bench.play("00002", answered=100)
    assert await run(rollout, bench, "processor", *QUICK) == 0
    assert (await bench.state()).carrier == name
    # And once more: there is nothing new.
    assert await run(rollout, bench, "processor", *QUICK) == 0


async def test_a_split_that_somebody_left_is_not_rolled_over(
    bench: RolloutBench, capsys: pytest.CaptureFixture[str]
) -> None:
    client = CloudRun(Access(PROJECT, is_anonymous=True), REGION, bench.name, bench.url)
    name = await asyncio.to_thread(client.create_revision, Change("image:2"), serving=False)
    halves = [Share("processor-service-00001", 50), Share(name, 50)]
    await asyncio.to_thread(client.send, halves, good=["processor-service-00001"])
    assert await run(rollout, bench, "processor", "--image", "image:3", *QUICK) == 1
    assert "split already" in capsys.readouterr().err
    assert await run(rollback, bench, "processor") == 0
    assert await bench.shares() == {"00001": 100}


async def test_the_front_really_splits_by_percent(bench: RolloutBench) -> None:
    client = CloudRun(Access(PROJECT, is_anonymous=True), REGION, bench.name, bench.url)
    name = await asyncio.to_thread(client.create_revision, Change("image:2"), serving=False)
    split = [Share("processor-service-00001", 90), Share(name, 10, "candidate")]
    await asyncio.to_thread(client.send, split)
    async with aiohttp.ClientSession() as session:

        async def who(url: str) -> str:
            async with session.get(url) as response:
                return await response.text()

        assert Counter([await who(f"{bench.url}/") for _ in range(50)]) == {
            "image:1": 45,
            "image:2": 5,
        }
        assert await who(f"{bench.url}/tags/candidate/") == "image:2"


async def test_what_cloud_run_refuses_is_told(bench: RolloutBench) -> None:
    access = Access(PROJECT, is_anonymous=True)
    client = CloudRun(access, REGION, bench.name, bench.url)
    with pytest.raises(CloudRunFailed, match="must sum to 100"):
        await asyncio.to_thread(client.send, [Share("processor-service-00001", 90)])
    other = CloudRun(access, REGION, "no-such-service", bench.url)
    with pytest.raises(CloudRunFailed, match="There is no no-such-service"):
        await asyncio.to_thread(other.state)


async def test_the_command_service_is_staged_by_percent_of_people() -> None:
    async with rollout_bench("command-service") as bench:
        words = ["--stages", "20,100", "--user-ids", "U1,U2", *GONE]
        async with heard(bench, answered=100):
            assert await run(rollout, bench, "command", *words, *QUICK) == 0
        state = await bench.state()
        assert state.environment == {"ROLLOUT_PERCENT": "100", "ROLLOUT_USER_IDS": "U1,U2"}
        assert [(share.percent, share.tag) for share in state.shares] == [(100, "")]
        assert state.good == ("command-service-00003", "command-service-00001")


async def test_a_stage_of_the_command_service_that_fails_brings_the_old_revision_back() -> None:
    async with rollout_bench("command-service") as bench:
        words = ["--stages", "20,100", *GONE]
        async with heard(bench, answered=80, failed=20):
            assert await run(rollout, bench, "command", *words, *QUICK) == 3
        assert await bench.shares() == {"00001": 100}
        # Of a rollout that is killed there is something to go back to from its beginning on.
        assert (await bench.state()).good == ("command-service-00001",)


@asynccontextmanager
async def heard(bench: RolloutBench, **counted: float) -> AsyncIterator[None]:
    """Of all revisions only the one that serves reports itself, within a moment."""
    async with asyncio.TaskGroup() as group:
        following = group.create_task(bench.only_the_serving_one_is_heard(**counted))
        try:
            yield
        finally:
            following.cancel()


FILES = {
    file.stem: file.read_text(encoding="utf-8")
    for file in (PROJECT_ROOT / "deploy").glob("*-service.yaml")
}


async def pipeline_deploys(bench: RolloutBench, name: str) -> None:
    """What the build's scripts do: render by what is there, and replace."""
    text = FILES[bench.name]
    values = dict.fromkeys(Template(text).get_identifiers(), "1")
    named = {"PROJECT_ID": PROJECT, "REGION": REGION, "REVISION": name, "IMAGE": f"image:{name}"}
    service = render(text, values | named)
    running = Running(await bench.listed())
    is_command = bench.name == "command-service"
    await bench.replace(instead(service, running) if is_command else beside(service, running))


async def test_the_command_service_goes_back_from_what_the_pipeline_has_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with rollout_bench("command-service") as bench:
        await pipeline_deploys(bench, "a")
        await pipeline_deploys(bench, "b")
        assert await bench.shares() == {"b": 100}
        bench.play("a")
        bad = bench.play("b")

        async def the_old_socket_closes() -> None:
            while True:
                await asyncio.sleep(0.1)
                if "Still heard: command-service-b" in told():
                    break
            bench.played.remove(bad)

        output: list[str] = []

        def told() -> str:
            output.append(capsys.readouterr().out)
            return "".join(output)

        async with asyncio.TaskGroup() as group:
            group.create_task(the_old_socket_closes())
            assert await run(rollback, bench, "command", *GONE) == 0
        assert await bench.shares() == {"a": 100}
        assert "Only command-service-a is heard: every older socket is closed." in told()
        # And the next deployment can be taken back too, and does not come back to what was bad.
        await pipeline_deploys(bench, "c")
        async with heard(bench):
            assert await run(rollback, bench, "command", *GONE) == 0
        assert await bench.shares() == {"a": 100}


async def test_a_socket_that_may_still_be_open_is_no_success(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with rollout_bench("command-service") as bench:
        await pipeline_deploys(bench, "a")
        # Nobody is heard: what is silent may be the metrics.
        soon = ["--gone-after", "1s", "--wait-at-most", "2s"]
        assert await run(departure, bench, "command", *soon) == 1
        assert "its metrics do not arrive" in capsys.readouterr().err
        bench.play("a")
        bench.play("00001")
        assert await run(departure, bench, "command", *soon) == 1
        error = capsys.readouterr().err
        assert "command-service-00001 still takes a share of Slack's events" in error
        assert "gcloud run revisions delete command-service-00001" in error


async def test_the_processor_goes_back_from_what_the_pipeline_has_left(
    bench: RolloutBench,
) -> None:
    bench.play("a", answered=100)
    await pipeline_deploys(bench, "a")
    assert await bench.shares() == {"00001": 100, "a": 0}
    assert await run(rollout, bench, "processor", *QUICK, "--no-smoke-test") == 0
    await pipeline_deploys(bench, "b")
    bench.play("b", answered=100)
    assert await run(rollout, bench, "processor", *QUICK, "--no-smoke-test") == 0
    assert await bench.shares() == {"b": 100}
    assert await run(rollback, bench, "processor") == 0
    assert await bench.shares() == {"a": 100}


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


HOTFIX = ["--hotfix", "--stages", "100"]


async def test_a_hotfix_goes_out_in_the_middle_of_an_outage(
    bench: RolloutBench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.play("00001", failed=50)
    bench.play("00002", failed=50)
    assert await run(rollout, bench, "processor", *NEW, *QUICK) == 3
    bench.play("00003", failed=50)
    mend = ["--image", "image:3"]
    assert await run(rollout, bench, "processor", *mend, *QUICK, *HOTFIX) == 0
    assert await bench.shares() == {"00003": 100}
    assert "A hotfix goes back above 100% errors" in capsys.readouterr().out


async def test_a_hotfix_that_makes_it_worse_is_taken_back(bench: RolloutBench) -> None:
    bench.play("00001", answered=500)
    bench.play("00002", answered=50, failed=50)
    assert await run(rollout, bench, "processor", *NEW, *QUICK, *HOTFIX) == 3
    assert await bench.shares() == {"00001": 100}


async def rolled_out(bench: RolloutBench) -> None:
    """The second revision carries all traffic, and both were found good."""
    client = CloudRun(Access(PROJECT, is_anonymous=True), REGION, bench.name, bench.url)
    name = await asyncio.to_thread(client.create_revision, Change("image:2"), serving=False)
    good = [name, "processor-service-00001"]
    await asyncio.to_thread(client.send, [Share(name, 100)], good=good)


async def test_rollback_goes_to_the_revision_that_was_good_before_and_not_back_again(
    bench: RolloutBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rolled_out(bench)
    async with slack(monkeypatch) as (workspace, faults):
        # Slack takes the post and the connection breaks: it must not stand twice.
        faults.add("slack", "chat.postMessage", Fault("drop_after"))
        channel = ["--channel", workspace.people.channel("#general").id]
        assert await run(rollback, bench, "processor", *channel) == 0
        assert await bench.shares() == {"00001": 100}
        assert (await bench.state()).good == ("processor-service-00001",)
        assert await run(rollback, bench, "processor", *channel) == 3
        assert len(workspace.messages("#general")) == 1


async def test_a_rollback_and_its_refusal_are_told_in_the_operators_language(
    bench: RolloutBench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEPLOY_LANG", "ja")
    await rolled_out(bench)
    bench.play("00002", answered=90, failed=10)
    assert await run(rollback, bench, "processor", "--if-bad") == 0
    said = capsys.readouterr().out
    assert "判定：不良 エラー率 10.00% > 1%" in said
    assert "すべてのトラフィックを processor-service-00001 に移しました。" in said
    assert "--channel の指定がないため、誰にも知らせていません。" in said
    assert await run(rollback, bench, "processor", "--channel", "C0123456789") == 3
    assert "--to で指定してください" in capsys.readouterr().out
    elsewhere = ["processor", "--service-name", "nothing", "--dry-run"]
    assert await run(rollback, bench, *elsewhere) == 1
    assert "このプロジェクトとリージョンに nothing はありません" in capsys.readouterr().err


async def test_a_rollout_is_told_in_the_operators_language(
    bench: RolloutBench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEPLOY_LANG", "ja")
    bench.play("00002", answered=90, failed=10)
    assert await run(rollout, bench, "processor", *NEW, *QUICK) == 3
    said = capsys.readouterr().out
    assert "10 % を processor-service-00002 に流します。" in said
    assert "processor-service-00002 を取り消しました：エラー率 " in said


async def test_a_dry_run_changes_nothing(
    bench: RolloutBench, capsys: pytest.CaptureFixture[str]
) -> None:
    await rolled_out(bench)
    assert await run(rollback, bench, "processor", "--dry-run") == 0
    assert await bench.shares() == {"00002": 100}
    assert "to processor-service-00001" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("counted", "code", "carrier"),
    [
        ({"answered": 100, "seconds": 4}, 0, "00002"),
        ({"answered": 3}, 4, "00002"),
        ({"answered": 97, "failed": 3}, 0, "00001"),
        ({"answered": 100, "seconds": 9}, 0, "00001"),
    ],
)
async def test_if_bad_changes_only_what_is_bad(
    bench: RolloutBench, counted: dict[str, float], code: int, carrier: str
) -> None:
    await rolled_out(bench)
    bench.play("00002", **counted)
    assert await run(rollback, bench, "processor", "--if-bad") == code
    assert await bench.shares() == {carrier: 100}
