"""Rollouts against Cloud Run's and Prometheus' APIs, over real sockets."""

import asyncio
from collections import Counter
from datetime import UTC, datetime

import aiohttp
import pytest

from deploy.canary.candidate import Canary
from deploy.canary.cloud_run import Change, CloudRun, Share
from deploy.canary.judgement import Observe, Observed
from deploy.canary.watch import Pace, Watch
from deploy.errors import CloudRunFailed
from deploy.google_access import Access
from deploy.notes import ORDERED_AT
from deploy.rollback import main as rollback
from deploy.rollout import main as rollout
from tests.support.workbenches.operators import GONE, NEW, QUICK, heard, run, slack
from tests.support.workbenches.rollout import PROJECT, REGION, RolloutBench, rollout_bench


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
    ("candidate", "before", "is_promoted"),
    [(True, True, True), (False, True, False), (False, False, True)],
    ids=["quiet", "blind", "nobody is heard"],
)
async def test_a_candidate_of_which_nothing_is_heard_is_not_taken_for_a_quiet_one(
    bench: RolloutBench,
    capsys: pytest.CaptureFixture[str],
    candidate: bool,
    before: bool,
    is_promoted: bool,
) -> None:
    for revision, is_heard in (("00001", before), ("00002", candidate)):
        if is_heard:
            bench.play(revision)
    code = await run(rollout, bench, "processor", *NEW, *QUICK, "--quiet-is-good")
    assert code == (0 if is_promoted else 4)
    assert await bench.shares() == ({"00002": 100} if is_promoted else {"00001": 100})
    assert ("none of its metrics arrive" in capsys.readouterr().out) is not is_promoted


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


async def test_a_revision_made_by_hand_says_when_so_that_no_earlier_build_undoes_it(
    bench: RolloutBench,
) -> None:
    client = CloudRun(Access(PROJECT, is_anonymous=True), REGION, bench.name, bench.url)
    before = datetime.now(UTC)
    await asyncio.to_thread(client.create_revision, Change("image:2"), serving=False)
    noted = bench.cloud_run.service.describe().template.annotations[ORDERED_AT]
    assert datetime.fromisoformat(noted) >= before


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


@pytest.mark.parametrize(("lately", "is_promoted"), [(40, True), (3, False)])
async def test_a_hotfix_goes_out_in_an_outage_of_minutes_if_enough_have_met_it(
    bench: RolloutBench, lately: int, is_promoted: bool
) -> None:
    """Most of the ten minutes that are looked at were good."""

    def observer(revision: str) -> Observe:
        everything_fails = Observed(lately, lately, 0, None)
        ten_minutes = Observed(200, 60, 0, 1.0)
        serves = revision == "processor-service-00001"
        return lambda seconds: ten_minutes if serves and seconds > 120 else everything_fails

    pace = Pace((100,), hold_s=1, patience_s=2, at_least=20, look_every_s=1, quiet_is_good=False)
    client = CloudRun(Access(PROJECT, is_anonymous=True), REGION, bench.name, bench.url)
    canary = Canary(client, Watch(pace, print), observer, lambda *_: "", is_hotfix=True)
    outcome = await asyncio.to_thread(canary.roll_out, Change("image:2"))
    assert outcome.is_promoted is is_promoted


async def test_a_hotfix_that_makes_it_worse_is_taken_back(bench: RolloutBench) -> None:
    bench.play("00001", answered=500)
    bench.play("00002", answered=50, failed=50)
    assert await run(rollout, bench, "processor", *NEW, *QUICK, *HOTFIX) == 3
    assert await bench.shares() == {"00001": 100}


async def test_a_rollout_is_told_in_the_operators_language(
    bench: RolloutBench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEPLOY_LANG", "ja")
    bench.play("00002", answered=90, failed=10)
    assert await run(rollout, bench, "processor", *NEW, *QUICK) == 3
    said = capsys.readouterr().out
    assert "10 % を processor-service-00002 に流します。" in said
    assert "processor-service-00002 を取り消しました：エラー率 " in said
