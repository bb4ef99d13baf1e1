"""The way back: to what was good before, also from what the pipeline has left."""

import asyncio

import pytest

from deploy.canary.cloud_run import Change, CloudRun, Share
from deploy.departure import main as departure
from deploy.google_access import Access
from deploy.rollback import main as rollback
from deploy.rollout import main as rollout
from simulators.faults import Fault
from tests.support.workbenches.operators import GONE, QUICK, heard, pipeline_deploys, run, slack
from tests.support.workbenches.rollout import PROJECT, REGION, RolloutBench, rollout_bench


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
