"""The alerts that read the log: which entries raise them, and which do not."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.log_filter import NotUnderstood, matches
from tests.support.raised_alerts import by_log

ROOT = Path(__file__).parents[3]


def raised(entry: dict[str, Any]) -> set[str]:
    return by_log([entry])


def of_cloud_run(text: str, service: str = "processor-service") -> dict[str, Any]:
    labels = {"service_name": service, "revision_name": f"{service}-1"}
    return {"resource": {"type": "cloud_run_revision", "labels": labels}, "textPayload": text}


def of_ours(action: str, service: str) -> dict[str, Any]:
    labels = {"service_name": service, "revision_name": f"{service}-1"}
    return {
        "resource": {"type": "cloud_run_revision", "labels": labels},
        "jsonPayload": {"action": action},
    }


def of_a_build(text: str, tags: str = "") -> dict[str, Any]:
    labels = {"build_step": "MAIN", "build_tags": tags} if tags else {"build_step": "MAIN"}
    return {"resource": {"type": "build", "labels": {}}, "labels": labels, "textPayload": text}


@pytest.mark.parametrize(
    ("entry", "alert"),
    [
        (of_cloud_run("Container called exit(1)."), "instance-dies"),
        (of_cloud_run("Container called exit(137).", "command-service"), "instance-dies"),
        (of_cloud_run("Container terminated on signal 11."), "instance-dies"),
        (of_cloud_run("Uncaught signal: 6, pid=1, tid=1, fault_addr=0."), "instance-dies"),
        (
            of_cloud_run("Memory limit of 2048 MiB exceeded with 2101 MiB used."),
            "instance-dies",
        ),
        (
            of_cloud_run(
                "Default STARTUP TCP probe failed 1 time consecutively for container "
                '"processor-service" on port 8080. The instance was not started.'
            ),
            "instance-dies",
        ),
        (
            of_cloud_run(
                'LIVENESS HTTP probe failed 3 times consecutively for container "c" on path '
                '"/healthz". The instance has been shut down.'
            ),
            "instance-dies",
        ),
        (of_ours("start_failed", "command-service"), "instance-dies"),
        (of_ours("telemetry_lost", "command-service"), "telemetry-lost"),
        (of_ours("telemetry_lost", "processor-service"), "telemetry-lost"),
        (
            of_a_build('ERROR: build step 6 "image" failed: step exited with non-zero status: 3'),
            "release-failed",
        ),
        (of_a_build("TIMEOUT"), "release-failed"),
        (of_a_build("CANCELLED"), "release-failed"),
    ],
)
def test_what_happened_raises_its_alert_and_no_other(entry: dict[str, Any], alert: str) -> None:
    assert raised(entry) == {alert}


@pytest.mark.parametrize(
    "entry",
    [
        # How an instance is stopped that is not needed any more.
        of_cloud_run("Container called exit(0)."),
        of_cloud_run("Container terminated on signal 15."),
        of_cloud_run("Starting new instance. Reason: AUTOSCALING"),
        of_cloud_run("Container called exit(1).", "somebody-elses"),
        of_ours("telemetry_back", "processor-service"),
        of_ours("task_finished", "processor-service"),
        of_a_build('Step #0 - "check": ERROR in a test that is about errors'),
        of_a_build("DONE"),
        of_a_build('ERROR: build step 0 "image" failed', tags="pull-request"),
    ],
)
def test_what_is_usual_raises_none(entry: dict[str, Any]) -> None:
    assert raised(entry) == set()


def test_only_the_build_of_a_pull_request_is_left_out() -> None:
    tags = {
        name: yaml.safe_load((ROOT / name).read_text(encoding="utf-8")).get("tags", [])
        for name in ("cloudbuild.yaml", "cloudbuild-check.yaml")
    }
    failed = {name: raised(of_a_build("ERROR", " ".join(of))) for name, of in tags.items()}
    assert failed == {"cloudbuild.yaml": {"release-failed"}, "cloudbuild-check.yaml": set()}


@pytest.mark.parametrize("folder", ["docs/runbooks", "docs/ja/runbooks"])
def test_the_page_of_a_failed_release_knows_every_step_of_the_build(folder: str) -> None:
    page = (ROOT / folder / "release-failed.md").read_text(encoding="utf-8")
    steps = yaml.safe_load((ROOT / "cloudbuild.yaml").read_text(encoding="utf-8"))["steps"]
    named = {re.sub("^image-.*", "image-…", step["id"]) for step in steps}
    assert [name for name in sorted(named) if f"`{name}`" not in page] == []


@pytest.mark.parametrize("query", ["a.b>3", 'a="b', '(a="b"', "free text", 'a="b" c="d"'])
def test_a_filter_that_cannot_be_tried_is_refused(query: str) -> None:
    with pytest.raises(NotUnderstood):
        matches(query, {})
