"""Who may do what in a project that was made ready."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from simulators.stack.provisioning import (
    TASKS_TOPIC,
)
from tests.support.workbenches.bootstrap import ROOT, dry_run, granted


async def test_whoever_is_on_call_may_look_go_back_and_replay(tmp_path: Path) -> None:
    rights = set(granted(await dry_run(tmp_path, "oncall", "on-call@example.com")))
    assert {who for who, _, _ in rights} == {"group:on-call@example.com"}
    assert {(role.removeprefix("roles/"), thing) for _, role, thing in rights} == {
        ("run.developer", "a-project"),
        ("monitoring.viewer", "a-project"),
        ("logging.viewer", "a-project"),
        ("cloudtrace.user", "a-project"),
        ("cloudbuild.builds.viewer", "a-project"),
        ("redis.viewer", "a-project"),
        ("serviceusage.serviceUsageConsumer", "a-project"),
        ("iam.serviceAccountUser", "mechachang-command@a-project.iam.gserviceaccount.com"),
        ("iam.serviceAccountUser", "mechachang-processor@a-project.iam.gserviceaccount.com"),
        ("artifactregistry.reader", "mechachang"),
        ("pubsub.subscriber", "mechachang-dead-letter-pull"),
        ("pubsub.viewer", "mechachang-dead-letter-pull"),
        ("pubsub.viewer", "mechachang-tasks-push"),
        ("pubsub.publisher", TASKS_TOPIC),
        ("secretmanager.secretVersionAdder", "mechachang-slack-bot-token"),
        ("secretmanager.secretVersionAdder", "mechachang-slack-app-token"),
    }


async def test_at_vertex_ai_only_the_processor_may_ask_models(tmp_path: Path) -> None:
    models = {"roles/aiplatform.user"}
    rights = granted(await dry_run(tmp_path, "vertex"))
    assert list(rights) == [
        (
            "serviceAccount:mechachang-processor@a-project.iam.gserviceaccount.com",
            *models,
            "a-project",
        )
    ]
    assert models.isdisjoint(role for _, role, _ in granted(await dry_run(tmp_path)))


async def test_narrowed_builds_administer_both_services_and_nothing_else(tmp_path: Path) -> None:
    commands = await dry_run(tmp_path, "narrow")
    administered = {thing for _, role, thing in granted(commands) if role == "roles/run.admin"}
    assert administered == {"command-service", "processor-service", "mechachang-smoke"}
    (taken,) = [each for each in commands if "remove-iam-policy-binding a-project" in each]
    assert "--role=roles/run.admin" in taken


async def test_rights_are_the_least(tmp_path: Path) -> None:
    rights = set(granted(await dry_run(tmp_path)))
    command, processor = (
        f"serviceAccount:mechachang-{name}@a-project.iam.gserviceaccount.com"
        for name in ("command", "processor")
    )
    secrets = "roles/secretmanager.secretAccessor"
    for account, file in ((command, "command-service"), (processor, "processor-service")):
        template = yaml.safe_load((ROOT / f"deploy/{file}.yaml").read_text())["spec"]["template"]
        assert {t for a, r, t in rights if (a, r) == (account, secrets)} == set(
            secrets_of(template)
        )
    on_the_project = {r for a, r, t in rights if t == "a-project" and a in {command, processor}}
    assert on_the_project == {
        "roles/telemetry.metricsWriter",
        "roles/telemetry.tracesWriter",
        # Named beside them by Google's page on OTLP metrics (docs/decisions/0018).
        "roles/serviceusage.serviceUsageConsumer",
    }
    assert not {r for _, r, _ in rights} & {"roles/owner", "roles/editor", "roles/pubsub.admin"}
    assert (command, "roles/pubsub.publisher", TASKS_TOPIC) in rights
    assert not [t for a, _, t in rights if a == processor and t.startswith(TASKS_TOPIC)]


async def test_whoever_proposes_a_change_runs_as_an_account_that_can_only_write_logs(
    tmp_path: Path,
) -> None:
    check = "serviceAccount:mechachang-check@a-project.iam.gserviceaccount.com"
    rights = granted(await dry_run(tmp_path))
    assert [(role, target) for account, role, target in rights if account == check] == [
        ("roles/logging.logWriter", "a-project")
    ]


def secrets_of(template: dict[str, Any]) -> Iterator[str]:
    """The secrets that a service names."""
    spec = template["spec"]
    for variable in spec["containers"][0]["env"]:
        if "valueFrom" in variable:
            yield variable["valueFrom"]["secretKeyRef"]["name"]
    for volume in spec.get("volumes", []):
        yield volume["secret"]["secretName"]
