"""What a deployment leaves of a service that runs: its traffic, its notes and its settings."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.render import NotRenderable, beside, instead, main, render
from deploy.running import Running
from tests.support.cloud_run_schema import service_faults
from tests.support.workbenches.rendered import (
    COMMAND,
    PROCESSOR,
    VALUES,
    Service,
    rendered,
    revision,
)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"IMAGE": None}, "IMAGE is not given"),
        ({"IMAGES": "x"}, "IMAGES is given, but not used"),
        ({"REVISION": 'a"\n  image: evil'}, "REVISION holds more than"),
    ],
)
def test_values_that_do_not_fit_are_refused(changed: dict[str, str | None], fault: str) -> None:
    values = {k: v for k, v in {**VALUES[COMMAND], **changed}.items() if v is not None}
    with pytest.raises(NotRenderable, match=fault):
        render(COMMAND.read_text(encoding="utf-8"), values)


def live(*traffic: dict[str, Any]) -> list[dict[str, Any]]:
    """What gcloud lists of a service that is there."""
    annotations = {"mechachang.dev/good-revisions": "r1,r2", "serving.knative.dev/creator": "me"}
    return [{"metadata": {"annotations": annotations}, "status": {"traffic": list(traffic)}}]


def test_the_first_deployment_takes_all_traffic() -> None:
    for way in (beside, instead):
        assert way(rendered(PROCESSOR), Running()) == rendered(PROCESSOR)
        assert way(rendered(PROCESSOR), Running(live())) == rendered(PROCESSOR)


def test_a_candidate_gets_no_traffic_and_takes_the_tag_from_the_one_before() -> None:
    service = beside(
        rendered(PROCESSOR),
        Running(
            live(
                {"revisionName": "processor-service-old", "percent": 90, "latestRevision": True},
                {"revisionName": "processor-service-new", "percent": 10, "tag": "candidate"},
                {"revisionName": "processor-service-failed", "tag": "candidate"},
            )
        ),
    )
    assert service["spec"]["traffic"] == [
        {"revisionName": "processor-service-old", "percent": 90},
        {"revisionName": "processor-service-new", "percent": 10},
        {"revisionName": "processor-service-abc1234", "percent": 0, "tag": "candidate"},
    ]
    assert service_faults(service) == []
    annotations = service["metadata"]["annotations"]
    assert annotations["mechachang.dev/good-revisions"] == "r1,r2"
    assert "serving.knative.dev/creator" not in annotations


def test_a_revision_that_serves_already_is_no_candidate() -> None:
    there = live({"revisionName": "processor-service-abc1234", "percent": 100})
    with pytest.raises(NotRenderable, match="serves already"):
        beside(rendered(PROCESSOR), Running(there))


def test_a_service_that_is_replaced_notes_what_it_replaces_as_good() -> None:
    there = live({"revisionName": "command-service-old", "percent": 100, "latestRevision": True})
    service = instead(rendered(COMMAND), Running(there))
    assert service_faults(service) == []
    assert service["spec"]["traffic"] == [{"latestRevision": True, "percent": 100}]
    annotations = service["metadata"]["annotations"]
    assert annotations["mechachang.dev/good-revisions"] == "command-service-old,r1,r2"
    assert annotations["run.googleapis.com/minScale"] == "1"


def ran(service: Service, name: str) -> Service:
    """A revision as gcloud lists it: without the values of empty settings."""
    spec = copy.deepcopy(revision(service)["spec"])
    for variable in spec["containers"][0]["env"]:
        if variable.get("value") == "":
            del variable["value"]
    return {"metadata": {"name": name}, "spec": spec}


@pytest.mark.parametrize("file", [COMMAND, PROCESSOR], ids=["command", "processor"])
def test_what_serves_is_read_back_and_not_what_was_deployed_last(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    serving = VALUES[file] | {"SLACK_BOT_TOKEN_VERSION": "7"}
    other = VALUES[file] | {"SLACK_BOT_TOKEN_VERSION": "8"}
    services = live(
        {"revisionName": "old", "percent": 100}, {"revisionName": "new", "tag": "candidate"}
    )
    revisions = [ran(render(text, other), "new"), ran(render(text, serving), "old")]
    running = Running(services, revisions)
    read = running.values(text)
    assert read["SLACK_BOT_TOKEN_VERSION"] == "7"
    # What stands inside of longer text, or names the revision, is always given.
    left_out = {"PROJECT_ID", "REVISION"}
    assert read == {k: v for k, v in serving.items() if k not in left_out} | (
        {"PROJECT_ID": "a-project"}
    )


def test_a_setting_that_ends_with_a_deployment_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = ran(rendered(COMMAND), "old")
    there["spec"]["containers"][0]["env"].append({"name": "FOLLOW_THREADS", "value": "false"})
    services, revisions = tmp_path / "services.json", tmp_path / "revisions.json"
    services.write_text(json.dumps(live({"revisionName": "old", "percent": 100})))
    revisions.write_text(json.dumps([there]))
    values = [f"{name}={value}" for name, value in VALUES[COMMAND].items()]
    where = ["--instead", str(services), "--revisions", str(revisions)]
    assert main([str(COMMAND), *values, *where]) == 0
    assert "FOLLOW_THREADS runs now, and ends here" in capsys.readouterr().err


def test_the_command_line_writes_what_gcloud_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running = tmp_path / "running.json"
    running.write_text(json.dumps(live({"revisionName": "processor-service-1", "percent": 100})))
    values = [f"{name}={value}" for name, value in VALUES[PROCESSOR].items()]
    assert main([str(PROCESSOR), *values, "--beside", str(running)]) == 0
    written = yaml.safe_load(capsys.readouterr().out)
    assert service_faults(written) == []
    assert written["spec"]["traffic"][1]["tag"] == "candidate"
    assert main([str(PROCESSOR), *values[1:]]) == 2
    assert "PROJECT_ID is not given" in capsys.readouterr().err
