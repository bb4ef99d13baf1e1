"""The build: Cloud Build's schema, our own rules, and its scripts run with recorded tools."""

import copy
import json
import re
import shlex
import shutil
from argparse import Namespace
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.cloud.devtools.cloudbuild_v1 import Build
from google.protobuf.json_format import (  # type: ignore[import-untyped]  # it ships no types
    ParseDict,
    ParseError,
)

from deploy.render import render
from deploy.rollout import command_line as rollout_command_line
from deploy.running import Running
from simulators.processes.environment import PROJECT_ROOT
from tests.support import gcloud
from tests.support.cloud_run_schema import service_faults

FILE = PROJECT_ROOT / "cloudbuild.yaml"
CHECK = PROJECT_ROOT / "cloudbuild-check.yaml"
SCRIPTS = sorted(
    str(path.relative_to(PROJECT_ROOT)) for path in PROJECT_ROOT.glob("deploy/**/*.sh")
)
BUILT_IN = {"PROJECT_ID", "BUILD_ID", "SHORT_SHA"}
DIGEST = "sha256:" + "0" * 64
Pipeline = dict[str, Any]


def pipeline(file: Path = FILE) -> Pipeline:
    loaded: Pipeline = yaml.safe_load(file.read_text(encoding="utf-8"))
    return loaded


def faults(build: Pipeline) -> list[str]:
    """Everything that Cloud Build would refuse, or that would only show while it runs."""
    try:
        ParseDict(build, Build.pb(Build()))
    except ParseError as error:
        return [str(error)]
    return [
        *wrong_order(build),
        *wrong_substitutions(build),
        *wrong_times(build),
        *missing_files(build),
        *wrong_logging(build),
        *untold_settings(build),
        *floating_tools(build),
    ]


def wrong_order(build: Pipeline) -> Iterator[str]:
    before: set[str] = {"-"}
    for step in build["steps"]:
        yield from (
            f"{step['id']} waits for {other}, which is no step before it"
            for other in step.get("waitFor", ())
            if other not in before
        )
        before.add(step["id"])


def wrong_substitutions(build: Pipeline) -> Iterator[str]:
    """MUST_MATCH refuses both what is not defined and what is not used."""
    defined = build["substitutions"].keys()
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(build)))
    yield from (f"{name} is not defined" for name in used - defined - BUILT_IN)
    yield from (f"{name} is not used" for name in defined - used)
    yield from (f"{name} must begin with _" for name in defined if not name.startswith("_"))


def wrong_times(build: Pipeline) -> Iterator[str]:
    times = [int(step.get("timeout", "0s").rstrip("s")) for step in build["steps"]]
    if 0 in times:
        yield "a step has no timeout"
    if sum(times) > int(build["timeout"].rstrip("s")):
        yield "the steps may take longer than the build"


def missing_files(build: Pipeline) -> Iterator[str]:
    for step in build["steps"]:
        for argument in step["args"]:
            if argument.startswith(("deploy/", ".ci/")) and not (PROJECT_ROOT / argument).exists():
                yield f"{step['id']} runs {argument}, which is not there"


def wrong_logging(build: Pipeline) -> Iterator[str]:
    """An account of our own is refused without a place for logs."""
    if "serviceAccount" in build and build["options"].get("logging") != "CLOUD_LOGGING_ONLY":
        yield "an own account needs CLOUD_LOGGING_ONLY"


def floating_tools(build: Pipeline) -> Iterator[str]:
    """A tag can be moved to other contents: an image is told with its digest, or not at all."""
    for each in build["steps"]:
        named = re.fullmatch(r"\$\{(_\w+_IMAGE)\}", each["name"])
        image = build["substitutions"].get(named[1]) if named else each["name"]
        if image and "@sha256:" not in image:
            yield f"{each['id']} runs in {image}, which has no digest"


def untold_settings(build: Pipeline) -> Iterator[str]:
    """What a script insists on, it must be told."""
    told = {line.partition("=")[0] for line in build["options"].get("env", ())}
    for step in build["steps"]:
        for script in (a for a in step["args"] if a.startswith("deploy/")):
            if (PROJECT_ROOT / script).exists():
                wanted = set(re.findall(r"\$\{(\w+):?\?\}", (PROJECT_ROOT / script).read_text()))
                upper = {name for name in wanted if name.isupper()}
                yield from (f"{script} is not told {name}" for name in sorted(upper - told))


@pytest.mark.parametrize("file", [FILE, CHECK], ids=lambda file: file.name)
def test_cloud_build_takes_it(file: Path) -> None:
    assert faults(pipeline(file)) == []


def test_a_pull_request_runs_without_the_deploying_account_and_without_secrets() -> None:
    check, deploys = pipeline(CHECK), pipeline()
    assert "/mechachang-check@" in check["serviceAccount"]
    assert check["serviceAccount"] != deploys["serviceAccount"]
    assert [each["id"] for each in check["steps"]] == ["check", "audit"]
    assert not {"availableSecrets", "secrets", "images", "artifacts"} & check.keys()
    assert "env" not in check["options"]
    assert not any("secretEnv" in each for each in check["steps"])


def step(build: Pipeline, name: str) -> Pipeline:
    found: Pipeline = next(each for each in build["steps"] if each["id"] == name)
    return found


MISTAKES: dict[str, tuple[Callable[[Pipeline], Any], str]] = {
    "a misspelt key": (
        lambda b: step(b, "check").update(waitfor=["-"]),
        "has no field named",
    ),
    "an unknown machine": (
        lambda b: b["options"].update(machineType="E2_HIGHCPU_9"),
        "E2_HIGHCPU_9",
    ),
    "a step that nobody knows": (
        lambda b: step(b, "smoke").update(waitFor=["candidat"]),
        "smoke waits for candidat",
    ),
    "a step that comes later": (
        lambda b: step(b, "candidate").update(waitFor=["rollout"]),
        "candidate waits for rollout",
    ),
    "an undefined substitution": (
        lambda b: b["substitutions"].pop("_REGION"),
        "_REGION is not defined",
    ),
    "an unused substitution": (
        lambda b: b["substitutions"].update(_ZONE="a"),
        "_ZONE is not used",
    ),
    "a step without an end": (lambda b: step(b, "smoke").pop("timeout"), "has no timeout"),
    "a build that is too short": (lambda b: b.update(timeout="600s"), "longer than the build"),
    "a script that was moved": (
        lambda b: step(b, "smoke").update(args=["deploy/smoke.sh"]),
        "deploy/smoke.sh, which is not there",
    ),
    "a tool by its tag": (
        lambda b: b["substitutions"].update(_DOCKER_IMAGE="docker:28-cli"),
        "image-command runs in docker:28-cli, which has no digest",
    ),
    "a tool by no substitution": (
        lambda b: step(b, "smoke").update(name="gcr.io/cloud-builders/gcloud"),
        "smoke runs in gcr.io/cloud-builders/gcloud, which has no digest",
    ),
    "logs without a place": (lambda b: b["options"].pop("logging"), "needs CLOUD_LOGGING_ONLY"),
    "a setting that is not handed on": (
        lambda b: b["options"]["env"].remove("ROLLOUT_PERCENT=${_ROLLOUT_PERCENT}"),
        "deploy/build/command.sh is not told ROLLOUT_PERCENT",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(mistake: str) -> None:
    change, fault = MISTAKES[mistake]
    broken = copy.deepcopy(pipeline())
    change(broken)
    found = faults(broken)
    assert any(fault in each for each in found), found


def waited_for(build: Pipeline, name: str) -> set[str]:
    """Every step that has ended well before this one begins."""
    direct = set(step(build, name).get("waitFor", ())) - {"-"}
    return direct.union(*(waited_for(build, each) for each in direct))


def test_tests_come_first_and_the_command_service_last() -> None:
    build = pipeline()
    assert step(build, "check")["args"] == [".ci/run"]
    others = [each["id"] for each in build["steps"] if each["id"] != "check"]
    assert all("check" in waited_for(build, name) for name in others)
    assert "smoke" in waited_for(build, "rollout")
    assert waited_for(build, "command") == {each["id"] for each in build["steps"]} - {"command"}


@pytest.mark.parametrize("script", SCRIPTS)
async def test_shellcheck_finds_nothing(script: str, tmp_path: Path) -> None:
    gcloud.require("shellcheck")
    ran = await gcloud.run("shellcheck", script, env=gcloud.environment(tmp_path))
    assert ran.out == ""


RECORDER = """#!/bin/sh
# Notes how it was called, and answers what the script reads.
{ printf '%s' "$(basename "$0")"; for word in "$@"; do printf ' %s' "'$word'"; done; echo; } \
  >> "$RECORD"
case "$*" in
  *"services list"* | *"services describe"*) cat "$ANSWER" ;;
  *"revisions list"*) cat "$REVISIONS" ;;
  *imagetools*) echo sha256:base ;;
  *"buildx build"*) echo "{ \\"containerimage.digest\\": \\"$DIGEST\\" }" > "build/$SERVICE.json" ;;
esac
"""


PYTHON = """#!/bin/sh
# Renders for real; what would ask Google is only noted.
case "$*" in
  "-m deploy.rollout"* | "-m deploy.departure"*)
    { printf python; for word in "$@"; do printf ' %s' "'$word'"; done; echo; } >> "$RECORD" ;;
  *) exec "$REAL_PYTHON" "$@" ;;
esac
"""

TOOLS = ("GCLOUD_IMAGE", "DOCKER_IMAGE", "BUILDKIT_IMAGE")


class Workspace:
    """A copy of what the steps share, where ``gcloud`` and ``docker`` only note their arguments."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "workspace"
        self.folder.mkdir()
        (self.folder / "deploy").symlink_to(PROJECT_ROOT / "deploy")
        (self.folder / ".venv" / "bin").mkdir(parents=True)
        (self.folder / ".venv" / "bin" / "python").write_text(PYTHON)
        (self.folder / ".venv" / "bin" / "python").chmod(0o755)
        (self.folder / "build").mkdir()
        for service in ("command", "processor"):
            image = f"host/a-project/mechachang/{service}@{DIGEST}\n"
            (self.folder / "build" / f"{service}.image").write_text(image)
        tools = folder / "bin"
        tools.mkdir()
        for name in ("gcloud", "docker"):
            (tools / name).write_text(RECORDER)
            (tools / name).chmod(0o755)
        self.record = folder / "record"
        self.answer = folder / "answer"
        self.revisions = folder / "revisions"
        self.revisions.write_text("[]")
        values = {"PROJECT_ID": "a-project", "BUILD_ID": "1a2b3c4d-5e6f", "SHORT_SHA": "abc1234"}
        build = pipeline()
        for line in build["options"]["env"]:
            name, _, value = line.partition("=")
            is_told = value.startswith("${")
            told = build["substitutions"].get(value.strip("${}"), "") if is_told else value
            values.setdefault(name, told)
        values |= {name: f"{name.lower()}@{DIGEST}" for name in TOOLS}
        self.env = gcloud.environment(folder, **values) | {
            "PATH": f"{tools}:{gcloud.environment(folder)['PATH']}",
            "RECORD": str(self.record),
            "ANSWER": str(self.answer),
            "REVISIONS": str(self.revisions),
            "REAL_PYTHON": str(PROJECT_ROOT / ".venv" / "bin" / "python"),
            "DIGEST": DIGEST,
            "SERVICE": "processor",
        }

    async def run(self, script: str, answer: Any, *arguments: str) -> list[str]:
        """Run a script of the build; the commands it gave."""
        self.answer.write_text(json.dumps(answer))
        shell = "sh" if script == "image" else "bash"
        path = str(PROJECT_ROOT / "deploy" / "build" / f"{script}.sh")
        env = "env", "-C", str(self.folder)
        ran = await gcloud.run(*env, shell, path, *arguments, env=self.env)
        assert ran.code == 0, ran.err
        return self.record.read_text().splitlines()

    def rendered(self, service: str) -> Pipeline:
        loaded: Pipeline = yaml.safe_load((self.folder / "build" / f"{service}.yaml").read_text())
        return loaded


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    if not (PROJECT_ROOT / ".venv/bin/python").exists():
        pytest.skip("the scripts use .venv, which `make` makes")
    return Workspace(tmp_path)


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


def test_people_can_be_told_by_whoever_takes_a_version_back() -> None:
    build = pipeline()
    (secret,) = build["availableSecrets"]["secretManager"]
    assert secret["env"] == "SLACK_BOT_TOKEN"
    assert "/secrets/mechachang-slack-bot-token/" in secret["versionName"]
    told = [each["id"] for each in build["steps"] if "secretEnv" in each]
    # The candidate's step takes back what a killed build has left.
    assert told == ["candidate", "rollout"]
    assert all(step(build, each)["secretEnv"] == ["SLACK_BOT_TOKEN"] for each in told)


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


def serving(service: str, values: dict[str, str]) -> tuple[list[Any], list[Any]]:
    """What gcloud lists of a service that serves these values, and of one that was not let in."""
    text = (PROJECT_ROOT / "deploy" / f"{service}-service.yaml").read_text()
    given = {"PROJECT_ID": "p", "REGION": "r", "REVISION": "x", "IMAGE": "i"}
    revisions = []
    for name, each in (("new", dict.fromkeys(values, "99")), ("old", values)):
        spec = render(text, given | each)["spec"]["template"]["spec"]
        revisions.append({"metadata": {"name": f"{service}-service-{name}"}, "spec": spec})
    traffic = [
        {"revisionName": f"{service}-service-old", "percent": 100},
        {"revisionName": f"{service}-service-new", "tag": "candidate", "url": "https://c.example"},
    ]
    status = {"url": "https://s.example", "traffic": traffic}
    return [{"metadata": {"annotations": {}}, "status": status}], revisions


RUNNING = {
    "processor": {
        "REDIS_CA_VERSION": "2",
        "REDIS_URL_VERSION": "3",
        "SIGNING_KEYS_VERSION": "4",
        "SLACK_BOT_TOKEN_VERSION": "5",
        "GEMINI_API_KEY_VERSION": "6",
    },
    "command": {
        "ALLOWED_TEAM_IDS": "T1,T2",
        "ALLOWED_CHANNEL_IDS": "C1",
        "ALLOWED_USER_IDS": "",
        "ROLLOUT_PERCENT": "10",
        "ROLLOUT_USER_IDS": "U1,U2",
        "SYNTHETIC_QUESTION_SECONDS": "600",
        "SIGNING_KEYS_VERSION": "4",
        "SLACK_BOT_TOKEN_VERSION": "5",
        "SLACK_APP_TOKEN_VERSION": "6",
    },
}
SCRIPT = {"processor": "candidate", "command": "command"}


@pytest.mark.parametrize("service", RUNNING)
async def test_a_deployment_keeps_what_nobody_named(workspace: Workspace, service: str) -> None:
    services, revisions = serving(service, RUNNING[service])
    workspace.revisions.write_text(json.dumps(revisions))
    await workspace.run(SCRIPT[service], services)
    assert deployed(workspace, service) == RUNNING[service]


@pytest.mark.parametrize("service", RUNNING)
async def test_what_is_named_is_changed_and_nothing_else(
    workspace: Workspace, service: str
) -> None:
    services, revisions = serving(service, RUNNING[service])
    workspace.revisions.write_text(json.dumps(revisions))
    named = {"SLACK_BOT_TOKEN_VERSION": "7"}
    emptied = {"ROLLOUT_USER_IDS": "none"} if service == "command" else {}
    workspace.env |= named | emptied
    await workspace.run(SCRIPT[service], services)
    assert deployed(workspace, service) == RUNNING[service] | named | dict.fromkeys(emptied, "")


@pytest.mark.parametrize("service", RUNNING)
async def test_only_the_first_deployment_has_first_values(
    workspace: Workspace, service: str
) -> None:
    await workspace.run(SCRIPT[service], [])
    versions = {name: "1" for name in RUNNING[service] if name.endswith("_VERSION")}
    lists = dict.fromkeys((name for name in RUNNING[service] if name.endswith("_IDS")), "")
    first = {"ROLLOUT_PERCENT": "100", "SYNTHETIC_QUESTION_SECONDS": "300"}
    everybody = first if service == "command" else {}
    assert deployed(workspace, service) == versions | lists | everybody


def deployed(workspace: Workspace, service: str) -> dict[str, str]:
    """The values of the service that was replaced, read back as the next deployment reads them."""
    spec = workspace.rendered(service)["spec"]["template"]["spec"]
    text = (PROJECT_ROOT / "deploy" / f"{service}-service.yaml").read_text()
    traffic = [{"revisionName": "it", "percent": 100}]
    there = {"metadata": {}, "status": {"traffic": traffic}}
    read = Running([there], [{"metadata": {"name": "it"}, "spec": spec}]).values(text)
    return {name: read[name] for name in RUNNING[service]}


async def test_the_first_deployment_is_asked_at_its_own_address(workspace: Workspace) -> None:
    first = {"status": {"url": "https://processor.example", "traffic": [{"percent": 100}]}}
    commands = await workspace.run("smoke", first)
    assert "processor_service.smoke,https://processor.example," in commands[-1]


async def test_the_command_service_is_replaced_as_a_whole(
    workspace: Workspace, tmp_path: Path
) -> None:
    services, revisions = serving("command", RUNNING["command"])
    workspace.revisions.write_text(json.dumps(revisions))
    commands = await workspace.run("command", services)
    service = workspace.rendered("command")
    assert service_faults(service) == []
    assert service["spec"]["traffic"] == [{"latestRevision": True, "percent": 100}]
    noted = service["metadata"]["annotations"]["mechachang.dev/good-revisions"]
    assert noted == "command-service-old"
    # And the step ends only when the old socket is gone.
    assert shlex.split(commands[-1])[:4] == ["python", "-m", "deploy.departure", "command"]
    await understood(commands, tmp_path)


async def test_a_hotfix_is_linted_and_unit_tested_and_no_benchmark_stops_a_deployment(
    tmp_path: Path,
) -> None:
    assert await made(tmp_path / "hotfix", HOTFIX="yes", BENCH_CHECK="no") == [
        ".venv/.dev",
        "check",
    ]
    deploying = await made(tmp_path / "deploying", BENCH_CHECK="no")
    assert deploying == [".venv/.dev", "check", "test", "fuzz"]
    assert await made(tmp_path / "usual") == [*deploying, "bench-check"]
    assert "BENCH_CHECK=no" in pipeline()["options"]["env"]
    assert step(pipeline(), "audit")["args"] == ["deploy/build/audit.sh"]


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


async def test_an_image_is_named_by_its_digest_and_built_on_a_pinned_base(
    workspace: Workspace,
) -> None:
    workspace.env |= {"REPOSITORY": "host/a-project/mechachang"}
    commands = await workspace.run("image", None, "processor")
    (build,) = [shlex.split(each) for each in commands if "buildx' 'build" in each]
    assert "PYTHON_IMAGE=mirror.gcr.io/library/python:3.13-slim@sha256:base" in build
    assert any("rewrite-timestamp=true" in each for each in build)
    named = (workspace.folder / "build" / "processor.image").read_text()
    assert named == f"host/a-project/mechachang/processor@{DIGEST}\n"


async def test_an_image_tells_how_it_was_built_and_is_built_by_pinned_tools(
    workspace: Workspace,
) -> None:
    workspace.env |= {"REPOSITORY": "host/a-project/mechachang"}
    commands = await workspace.run("image", None, "processor")
    (build,) = [shlex.split(each) for each in commands if "buildx' 'build" in each]
    (builder,) = [shlex.split(each) for each in commands if "buildx' 'create" in each]
    assert "--provenance=mode=max" in build
    assert f"image=buildkit_image@{DIGEST}" in builder


@pytest.mark.parametrize("tool", TOOLS)
async def test_a_tool_that_is_named_by_its_tag_builds_nothing(
    workspace: Workspace, tool: str
) -> None:
    workspace.env |= {"REPOSITORY": "host/a-project/mechachang", tool: "docker:28-cli"}
    with pytest.raises(AssertionError, match="not named by its digest"):
        await workspace.run("image", None, "processor")
    assert not workspace.record.exists()


async def test_the_digests_of_the_tools_are_told_as_substitutions(workspace: Workspace) -> None:
    path = str(PROJECT_ROOT / "deploy" / "build" / "tools.sh")
    workspace.env |= {"REPOSITORY": "host/a-project/mechachang"}
    ran = await gcloud.run("bash", path, env=workspace.env)
    assert ran.code == 0, ran.err
    told = dict(each.split("=", 1) for each in ran.out.strip().split(","))
    made = told.pop("_TOOLS_DATE")
    assert date.fromisoformat(made) <= datetime.now(UTC).date()
    assert set(told) == {f"_{name}" for name in TOOLS}
    ours = "host/a-project/mechachang/tools/"
    assert all(image.startswith(ours) for image in told.values())
    assert all(image.endswith("@sha256:base") for image in told.values())
    copied = [each for each in workspace.record.read_text().splitlines() if "'create'" in each]
    assert len(copied) == len(TOOLS)
    assert all(f":{made}'" in each for each in copied)
    assert told.keys() <= pipeline()["substitutions"].keys()


async def test_a_build_that_tells_no_digest_is_not_deployed(workspace: Workspace) -> None:
    workspace.env |= {"REPOSITORY": "host/a-project/mechachang", "DIGEST": ""}
    with pytest.raises(AssertionError, match="The build has told no digest"):
        await workspace.run("image", None, "processor")


async def understood(commands: list[str], folder: Path) -> None:
    """gcloud's parser takes what the script gave it."""
    gcloud.require("gcloud")
    # It judges equal ones once.
    theirs = list(dict.fromkeys(each for each in commands if each.startswith("gcloud")))
    assert await gcloud.refused(theirs, folder) == []
