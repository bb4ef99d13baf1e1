"""The Cloud Run services: Cloud Run's own schema, our settings, and the migration plan's values."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from command_service.settings import CommandSettings
from deploy.render import NotRenderable, by_vertex, render
from processor_service.app import gemini_access
from processor_service.settings import ProcessorSettings
from shared.settings import SettingsInvalid, load_settings
from simulators.stack.provisioning import TASKS_TOPIC, DeliveryRules
from tests.support.cloud_run_schema import service_faults
from tests.support.workbenches.rendered import (
    COMMAND,
    DEPLOY,
    PROCESSOR,
    SECRETS,
    VALUES,
    Service,
    container,
    environment,
    rendered,
    revision,
)


def processor_settings(
    folder: Path, monkeypatch: pytest.MonkeyPatch, service: Service | None = None
) -> ProcessorSettings:
    """As the processor reads them: from its environment, where prices are JSON."""
    told = environment(service or rendered(PROCESSOR))
    assert told["REDIS_CA_FILE"].startswith(
        container(rendered(PROCESSOR))["volumeMounts"][0]["mountPath"] + "/"
    )
    ca_file = folder / "ca.pem"
    ca_file.touch()
    for name, value in {**told, "REDIS_CA_FILE": str(ca_file)}.items():
        monkeypatch.setenv(name, value)
    return load_settings(ProcessorSettings, {"_env_file": None})


def test_what_may_be_spent_is_bounded_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = processor_settings(tmp_path, monkeypatch)
    assert 0 < settings.user_daily_tokens < settings.team_daily_tokens
    models = {settings.gemini_model, settings.gemini_fallback_model}
    assert models <= settings.gemini_prices.keys()
    assert all(price.output > price.input > 0 for price in settings.gemini_prices.values())


@pytest.mark.parametrize("file", [COMMAND, PROCESSOR], ids=["command", "processor"])
def test_cloud_run_knows_every_key(file: Path) -> None:
    assert service_faults(rendered(file)) == []


def set_at(*path: str | int, to: Any) -> Callable[[Service], None]:
    def change(service: Any) -> None:
        for step in path[:-1]:
            service = service[step]
        service[path[-1]] = to

    return change


TEMPLATE = ("spec", "template")
CONTAINER = (*TEMPLATE, "spec", "containers", 0)
MISTAKES = {
    "a misspelt key": (
        set_at(*TEMPLATE, "spec", "containerConcurency", to=80),
        "containerConcurency is unknown",
    ),
    "an unquoted boolean": (
        set_at(*TEMPLATE, "metadata", "annotations", "run.googleapis.com/cpu-throttling", to=False),
        "cpu-throttling is False, not a string",
    ),
    "a number where text belongs": (
        set_at(*CONTAINER, "env", 0, "value", to=80),
        "value is 80, not a string",
    ),
    "text where a number belongs": (
        set_at(*TEMPLATE, "spec", "timeoutSeconds", to="60"),
        "timeoutSeconds is '60', not a integer",
    ),
    "scaling of revisions on the service": (
        set_at("metadata", "annotations", "autoscaling.knative.dev/minScale", to="1"),
        r"autoscaling.knative.dev/minScale belongs to ['Revision']",
    ),
    "scaling of the service on a revision": (
        set_at(*TEMPLATE, "metadata", "annotations", "run.googleapis.com/minScale", to="1"),
        "run.googleapis.com/minScale belongs to ['Service']",
    ),
    "an annotation nobody knows": (
        set_at("metadata", "annotations", "run.googleapis.com/ingres", to="internal"),
        "run.googleapis.com/ingres belongs to nothing",
    ),
    "a field of Kubernetes": (
        set_at(*CONTAINER, "securityContext", to={"runAsUser": 1}),
        "securityContext is not supported by Cloud Run",
    ),
    "a probe longer than its period": (
        set_at(*CONTAINER, "livenessProbe", "timeoutSeconds", to=60),
        "livenessProbe takes longer than its period",
    ),
    "shares that are not the whole": (
        set_at("spec", "traffic", 0, "percent", to=10),
        "traffic is 10 %, not 100",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("file", [COMMAND, PROCESSOR], ids=["command", "processor"])
def test_a_mistake_is_found(file: Path, mistake: str) -> None:
    change, fault = MISTAKES[mistake]
    broken = copy.deepcopy(rendered(file))
    change(broken)
    faults = service_faults(broken)
    assert any(fault in each for each in faults), faults


def vertex() -> Service:
    """The processor's service that asks Gemini at Vertex AI."""
    settings = (DEPLOY / "vertex-ai.yaml").read_text(encoding="utf-8")
    text = by_vertex(PROCESSOR.read_text(encoding="utf-8"), settings)
    values = VALUES[PROCESSOR] | {"VERTEX_LOCATION": "eu"}
    return render(text, {k: v for k, v in values.items() if k != "GEMINI_API_KEY_VERSION"})


def test_at_vertex_ai_the_processor_has_another_way_to_gemini_and_is_otherwise_the_same() -> None:
    service, by_key = vertex(), rendered(PROCESSOR)
    assert service_faults(service) == []
    told, told_by_key = environment(service), environment(by_key)
    assert told.keys() - told_by_key.keys() == {
        "GOOGLE_GENAI_USE_VERTEXAI",
        "GOOGLE_CLOUD_LOCATION",
    }
    assert told_by_key.keys() - told.keys() == {"GEMINI_API_KEY"}
    for each in (service, by_key):
        container(each)["env"] = []
    assert service == by_key


def test_at_vertex_ai_the_processor_starts_without_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = gemini_access(processor_settings(tmp_path, monkeypatch, vertex()))
    assert (access.is_vertex, access.vertex_location, access.api_key) == (True, "eu", None)


def test_a_file_without_a_key_cannot_be_one_for_vertex_ai() -> None:
    with pytest.raises(NotRenderable, match="no GEMINI_API_KEY"):
        by_vertex(COMMAND.read_text(encoding="utf-8"), "")


def test_the_settings_are_those_that_the_services_have() -> None:
    for file, kind in ((COMMAND, CommandSettings), (PROCESSOR, ProcessorSettings)):
        known = {name.upper() for name in kind.model_fields} | {"TELEMETRY", "REGION"}
        assert environment(rendered(file)).keys() <= known


def test_each_service_starts_with_what_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = {name.lower(): value for name, value in environment(rendered(COMMAND)).items()}
    told = load_settings(CommandSettings, {"_env_file": None, **command})
    assert told.slack_socket_mode
    assert told.allowed_team_ids == {"T0123"}
    del command["slack_app_token"]
    with pytest.raises(SettingsInvalid, match="SLACK_APP_TOKEN"):
        load_settings(CommandSettings, {"_env_file": None, **command})
    assert processor_settings(tmp_path, monkeypatch).redis_ca_file is not None


def test_the_command_service_is_as_planned() -> None:
    service = rendered(COMMAND)
    scaling = service["metadata"]["annotations"]
    assert scaling["run.googleapis.com/minScale"] == "1"
    assert scaling["run.googleapis.com/maxScale"] == "10"
    assert revision(service)["spec"]["timeoutSeconds"] == 60
    assert container(service)["resources"]["limits"] == {"cpu": "1", "memory": "512Mi"}
    told = environment(service)
    assert told["SLACK_SOCKET_MODE"] == "true"
    assert told["MAX_CONCURRENT_REQUESTS"] == "80"
    assert told["PUBSUB_TOPIC"] == TASKS_TOPIC


def test_the_processor_service_is_as_planned() -> None:
    service = rendered(PROCESSOR)
    scaling = service["metadata"]["annotations"]
    assert scaling["run.googleapis.com/minScale"] == "0"
    assert scaling["run.googleapis.com/maxScale"] == "20"
    assert revision(service)["spec"]["timeoutSeconds"] == 300
    assert container(service)["resources"]["limits"] == {"cpu": "2", "memory": "2Gi"}
    told = environment(service)
    assert told["GEMINI_TIMEOUT"] == "55000"
    assert told["RETRY_COUNT"] == "3"


def test_nobody_outside_the_network_reaches_either_service() -> None:
    for file in (COMMAND, PROCESSOR):
        annotations = rendered(file)["metadata"]["annotations"]
        assert annotations["run.googleapis.com/ingress"] == "internal"
        assert "PUBSUB_EMULATOR_HOST" not in environment(rendered(file))


def test_the_socket_has_a_processor_all_the_time_and_no_revision_keeps_one_by_a_tag() -> None:
    service = rendered(COMMAND)
    annotations = revision(service)["metadata"]["annotations"]
    assert annotations["run.googleapis.com/cpu-throttling"] == "false"
    assert service["spec"]["traffic"] == [{"latestRevision": True, "percent": 100}]


def test_a_push_request_and_its_work_end_before_cloud_run_ends_them() -> None:
    limit = revision(rendered(PROCESSOR))["spec"]["timeoutSeconds"]
    assert limit >= DeliveryRules().ack_deadline_s
    assert ProcessorSettings.model_fields["task_deadline_seconds"].default < limit


@pytest.mark.parametrize("file", [COMMAND, PROCESSOR], ids=["command", "processor"])
def test_secrets_are_references_to_pinned_versions(file: Path) -> None:
    for variable in container(rendered(file))["env"]:
        if variable["name"] in SECRETS:
            assert variable["valueFrom"]["secretKeyRef"]["key"].isdecimal()
            assert variable["valueFrom"]["secretKeyRef"]["name"].startswith("mechachang-")


def test_each_service_runs_as_an_account_of_its_own() -> None:
    accounts = {revision(rendered(f))["spec"]["serviceAccountName"] for f in (COMMAND, PROCESSOR)}
    assert accounts == {
        "mechachang-command@a-project.iam.gserviceaccount.com",
        "mechachang-processor@a-project.iam.gserviceaccount.com",
    }
