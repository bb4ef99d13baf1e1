"""What a deployment keeps of the one before, and what its starter names anew."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from deploy.render import render
from deploy.running import Running
from simulators.processes.environment import PROJECT_ROOT
from tests.support.cloud_run_schema import service_faults
from tests.support.workbenches.build import Workspace, understood


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


async def test_whoever_asks_at_vertex_ai_goes_on_there_until_none_is_named(
    workspace: Workspace,
) -> None:
    workspace.env |= {"VERTEX_LOCATION": "eu"}
    await workspace.run("candidate", [])
    assert access(workspace) == ("true", "eu", None)
    ran = workspace.rendered("processor")["spec"]["template"]["spec"]
    revisions = [{"metadata": {"name": "it"}, "spec": ran}]
    workspace.revisions.write_text(json.dumps(revisions))
    status = {"url": "https://s.example", "traffic": [{"revisionName": "it", "percent": 100}]}
    there = [{"metadata": {"annotations": {}}, "status": status}]
    for named, expected in (
        ("", ("true", "eu", None)),
        ("global", ("true", "global", None)),
        ("none", (None, None, "1")),
    ):
        workspace.env |= {"VERTEX_LOCATION": named}
        await workspace.run("candidate", there)
        assert access(workspace) == expected


def access(workspace: Workspace) -> tuple[str | None, str | None, str | None]:
    """How the processor that was deployed asks Gemini."""
    spec = workspace.rendered("processor")["spec"]["template"]["spec"]
    told = {each["name"]: each for each in spec["containers"][0]["env"]}
    key = told.get("GEMINI_API_KEY", {}).get("valueFrom", {}).get("secretKeyRef", {}).get("key")
    vertex = ("GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_CLOUD_LOCATION")
    is_vertex, location = (told.get(name, {}).get("value") for name in vertex)
    return is_vertex, location, key


def deployed(workspace: Workspace, service: str) -> dict[str, str]:
    """The values of the service that was replaced, read back as the next deployment reads them."""
    spec = workspace.rendered(service)["spec"]["template"]["spec"]
    text = (PROJECT_ROOT / "deploy" / f"{service}-service.yaml").read_text()
    traffic = [{"revisionName": "it", "percent": 100}]
    there = {"metadata": {}, "status": {"traffic": traffic}}
    read = Running([there], [{"metadata": {"name": "it"}, "spec": spec}]).values(text)
    return {name: read[name] for name in RUNNING[service]}


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


@pytest.mark.parametrize(
    "traffic",
    [
        [{"revisionName": "processor-service-before", "percent": 100}],
        [
            {"revisionName": "processor-service-before", "percent": 90},
            {"revisionName": "processor-service-abc1234-1a2b3c4d", "percent": 10},
        ],
        [],
    ],
    ids=["taken back", "another rollout", "none"],
)
async def test_without_its_own_processor_no_command_service_is_replaced(
    workspace: Workspace, traffic: list[dict[str, Any]]
) -> None:
    services, revisions = serving("command", RUNNING["command"])
    workspace.revisions.write_text(json.dumps(revisions))
    workspace.processor = [{"metadata": {}, "status": {"traffic": traffic}}]

    ran = await workspace.ran("command", services)

    assert ran.code == 1
    assert "The processor of this build does not serve" in ran.err
    assert "replace" not in workspace.record.read_text()
