"""The build's files: Cloud Build's schema, and our own rules."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from google.cloud.devtools.cloudbuild_v1 import Build
from google.protobuf.json_format import (  # type: ignore[import-untyped]  # it ships no types
    ParseDict,
    ParseError,
)

from simulators.processes.environment import PROJECT_ROOT
from tests.support.workbenches.build import BUILD_FILE, Pipeline, pipeline, step_named

CHECK = PROJECT_ROOT / "cloudbuild-check.yaml"
BUILT_IN = {"PROJECT_ID", "BUILD_ID", "SHORT_SHA", "LOCATION"}


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


@pytest.mark.parametrize("file", [BUILD_FILE, CHECK], ids=lambda file: file.name)
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


MISTAKES: dict[str, tuple[Callable[[Pipeline], Any], str]] = {
    "a misspelt key": (
        lambda b: step_named(b, "check").update(waitfor=["-"]),
        "has no field named",
    ),
    "an unknown machine": (
        lambda b: b["options"].update(machineType="E2_HIGHCPU_9"),
        "E2_HIGHCPU_9",
    ),
    "a step that nobody knows": (
        lambda b: step_named(b, "smoke").update(waitFor=["candidat"]),
        "smoke waits for candidat",
    ),
    "a step that comes later": (
        lambda b: step_named(b, "candidate").update(waitFor=["rollout"]),
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
    "a step without an end": (lambda b: step_named(b, "smoke").pop("timeout"), "has no timeout"),
    "a build that is too short": (lambda b: b.update(timeout="600s"), "longer than the build"),
    "a script that was moved": (
        lambda b: step_named(b, "smoke").update(args=["deploy/smoke.sh"]),
        "deploy/smoke.sh, which is not there",
    ),
    "a tool by its tag": (
        lambda b: b["substitutions"].update(_DOCKER_IMAGE="docker:28-cli"),
        "image-command runs in docker:28-cli, which has no digest",
    ),
    "a tool by no substitution": (
        lambda b: step_named(b, "smoke").update(name="gcr.io/cloud-builders/gcloud"),
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
    direct = set(step_named(build, name).get("waitFor", ())) - {"-"}
    return direct.union(*(waited_for(build, each) for each in direct))


def test_tests_come_first_and_the_command_service_last() -> None:
    build = pipeline()
    assert step_named(build, "check")["args"] == [".ci/run"]
    others = [each["id"] for each in build["steps"] if each["id"] != "check"]
    assert all("check" in waited_for(build, name) for name in others)
    assert "smoke" in waited_for(build, "rollout")
    assert waited_for(build, "command") == {each["id"] for each in build["steps"]} - {"command"}


def test_people_can_be_told_by_whoever_takes_a_version_back() -> None:
    build = pipeline()
    (secret,) = build["availableSecrets"]["secretManager"]
    assert secret["env"] == "SLACK_BOT_TOKEN"
    assert "/secrets/mechachang-slack-bot-token/" in secret["versionName"]
    told = [each["id"] for each in build["steps"] if "secretEnv" in each]
    # The candidate's step takes back what a killed build has left.
    assert told == ["candidate", "rollout"]
    assert all(step_named(build, each)["secretEnv"] == ["SLACK_BOT_TOKEN"] for each in told)
