"""The steps of the build: its scripts, run with recorded tools, and what they have gcloud do."""

import json
import shlex
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from deploy.notes import ORDERED_AT
from deploy.rollout import command_line as rollout_command_line
from simulators.processes.environment import PROJECT_ROOT
from tests.support import gcloud
from tests.support.cloud_run_schema import service_faults
from tests.support.workbenches.build import DIGEST, Workspace, pipeline, step_named, understood

SCRIPTS = sorted(
    str(path.relative_to(PROJECT_ROOT)) for path in PROJECT_ROOT.glob("deploy/**/*.sh")
)


@pytest.mark.parametrize("script", SCRIPTS)
async def test_shellcheck_finds_nothing(script: str, tmp_path: Path) -> None:
    gcloud.require("shellcheck")
    ran = await gcloud.run("shellcheck", script, env=gcloud.environment(tmp_path))
    assert ran.out == ""


SERVING = {
    "metadata": {"annotations": {}},
    "status": {
        "url": "https://processor.example",
        "traffic": [
            {"revisionName": "processor-service-old", "percent": 100},
            {"revisionName": "x", "tag": "candidate", "url": "https://candidate.example"},
        ],
    },
}


async def test_the_candidate_joins_what_serves(workspace: Workspace, tmp_path: Path) -> None:
    commands = await workspace.run("candidate", [SERVING])
    service = workspace.rendered("processor")
    assert service_faults(service) == []
    assert service["spec"]["traffic"] == [
        {"revisionName": "processor-service-old", "percent": 100},
        {
            "revisionName": "processor-service-abc1234-1a2b3c4d",
            "percent": 0,
            "tag": "candidate",
        },
    ]
    image = service["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == f"host/a-project/mechachang/processor@{DIGEST}"
    await understood(commands, tmp_path)


def serving_since(ordered_at: str) -> list[dict[str, Any]]:
    """What gcloud lists of a revision whose build was ordered then."""
    noted = {"name": "processor-service-old", "annotations": {ORDERED_AT: ordered_at}}
    return [{"metadata": noted, "spec": {}}]


@pytest.mark.parametrize("earlier", ["2026-11-28T09:00:00Z", "2026-11-28T17:59:59+09:00", ""])
async def test_a_candidate_notes_when_its_build_was_ordered(
    workspace: Workspace, earlier: str
) -> None:
    workspace.revisions.write_text(json.dumps(serving_since(earlier)))
    await workspace.run("candidate", [SERVING])
    service = workspace.rendered("processor")
    noted = service["spec"]["template"]["metadata"]["annotations"][ORDERED_AT]
    assert noted == "2026-11-28T09:00:00.123456+00:00"
    assert service_faults(service) == []


async def test_a_build_that_a_later_one_has_overtaken_is_refused(workspace: Workspace) -> None:
    workspace.revisions.write_text(json.dumps(serving_since("2026-11-28T09:00:01+00:00")))
    ran = await workspace.ran("candidate", [SERVING])
    assert ran.code == 2
    assert "from a build that was ordered after this one" in ran.err
    assert "replace" not in workspace.record.read_text()


async def test_who_may_not_look_a_build_up_deploys_without_that_check(
    workspace: Workspace,
) -> None:
    workspace.env |= {"ORDERED_AT": ""}
    workspace.revisions.write_text(json.dumps(serving_since("2030-01-01T00:00:00Z")))
    ran = await workspace.ran("candidate", [SERVING])
    assert ran.code == 0
    assert "Whether a later build serves is not known." in ran.err


SMOKE = "--args=-m,processor_service.smoke"


async def test_the_smoke_test_asks_the_candidate_from_inside_and_later_the_service(
    workspace: Workspace, tmp_path: Path
) -> None:
    commands = await workspace.run("smoke", SERVING)
    job, execution = shlex.split(commands[-2]), shlex.split(commands[-1])
    # The candidate's address ends with its tag: whoever runs the job next week asks the service.
    assert f"{SMOKE},https://processor.example,mechachang-processor" in job
    assert "--vpc-egress=all-traffic" in job
    assert not {"--execute-now", "--wait"} & set(job)
    assert f"{SMOKE},https://candidate.example,mechachang-processor" in execution
    assert execution[1:5] == ["run", "jobs", "execute", "mechachang-smoke"]
    assert "--wait" in execution
    await understood(commands, tmp_path)


async def test_of_a_hotfix_the_smoke_test_asks_no_vendor(
    workspace: Workspace, tmp_path: Path
) -> None:
    workspace.env |= {"HOTFIX": "yes"}
    commands = await workspace.run("smoke", SERVING)
    execution = shlex.split(commands[-1])
    assert f"{SMOKE},https://candidate.example,mechachang-processor,--startable" in execution
    assert "--startable" not in commands[-2]
    await understood(commands, tmp_path)


def rollout_of(commands: list[str]) -> Namespace:
    """The rollout that the step begins, as its command line understands it."""
    (line,) = [shlex.split(each) for each in commands if "deploy.rollout" in each]
    return rollout_command_line().parse_args(line[3:])


async def test_a_rollout_has_its_stages_and_a_hotfix_one_of_five_minutes(
    workspace: Workspace,
) -> None:
    usual = rollout_of(await workspace.run("rollout", None))
    assert (usual.stages, usual.hold, usual.patience) == ((10, 50, 100), 600, 1800)
    assert not usual.hotfix
    assert usual.channel is None
    workspace.record.unlink()
    workspace.env |= {"HOTFIX": "yes", "NOTIFY_CHANNEL": "C0123456789"}
    hotfix = rollout_of(await workspace.run("rollout", None))
    assert (hotfix.stages, hotfix.hold, hotfix.patience) == ((100,), 300, 300)
    assert hotfix.hotfix
    assert hotfix.channel == "C0123456789"


async def test_a_rollout_that_was_cut_off_is_taken_back_before_the_next_candidate(
    workspace: Workspace,
) -> None:
    workspace.env |= {"NOTIFY_CHANNEL": "C0123456789"}
    commands = await workspace.run("candidate", [SERVING])
    assert rollout_of(commands).take_back
    assert rollout_of(commands).channel == "C0123456789"
    kinds = [shlex.split(each)[0:4] for each in commands]
    taken_back = kinds.index(["python", "-m", "deploy.rollout", "processor"])
    # It is read again which traffic that has left.
    assert kinds[taken_back + 1][1:] == ["run", "services", "list"]
    workspace.record.unlink()
    assert not any("deploy.rollout" in each for each in await workspace.run("candidate", []))


async def test_the_first_deployment_is_asked_at_its_own_address(workspace: Workspace) -> None:
    first = {"status": {"url": "https://processor.example", "traffic": [{"percent": 100}]}}
    commands = await workspace.run("smoke", first)
    assert "processor_service.smoke,https://processor.example," in commands[-1]


async def test_a_hotfix_is_linted_and_unit_tested_and_no_benchmark_stops_a_deployment(
    tmp_path: Path,
) -> None:
    assert await made(tmp_path / "hotfix", HOTFIX="yes", BENCH_CHECK="no") == [
        ".venv/.dev",
        "check",
    ]
    deploying = await made(tmp_path / "deploying", BENCH_CHECK="no")
    assert deploying == [".venv/.dev", "lint", "test", "fuzz"]
    assert await made(tmp_path / "usual") == [*deploying, "bench-check"]
    assert "BENCH_CHECK=no" in pipeline()["options"]["env"]
    assert step_named(pipeline(), "audit")["args"] == ["deploy/build/audit.sh"]


async def made(folder: Path, **settings: str) -> list[str]:
    """What ``.ci/run`` has made, where everything that it installs is there."""
    tools, record = folder / "bin", folder / "record"
    tools.mkdir(parents=True)
    there = ("gcloud", "redis-server", "chromium", "java", "shellcheck", "python3", "tar", "ln")
    for name in there:
        (tools / name).write_text("#!/bin/sh\ncat >/dev/null </dev/null\n")
    (tools / "fc-list").write_text("#!/bin/sh\necho cjk\n")
    (tools / "make").write_text(f'#!/bin/sh\necho "$*" >> {record}\n')
    for tool in tools.iterdir():
        tool.chmod(0o755)
    env = gcloud.environment(folder, **settings)
    ran = await gcloud.run("bash", ".ci/run", env=env | {"PATH": f"{tools}:{env['PATH']}"})
    assert ran.code == 0, ran.err
    words = [line.split() for line in record.read_text().splitlines()]
    return [next(w for w in each if w != "-C" and not w.startswith("/tmp")) for each in words]
