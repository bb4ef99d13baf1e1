"""The Cloud Run services: Cloud Run's own schema, our settings, and the migration plan's values."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from command_service.settings import CommandSettings
from deploy.render import NotRenderable, beside, by_vertex, instead, main, render
from deploy.running import Running
from processor_service.app import gemini_access
from processor_service.settings import ProcessorSettings
from shared.settings import SettingsInvalid, load_settings
from simulators.stack.provisioning import TASKS_TOPIC, DeliveryRules
from tests.support.cloud_run_schema import service_faults

DEPLOY = Path(__file__).parents[3] / "deploy"
COMMAND = DEPLOY / "command-service.yaml"
PROCESSOR = DEPLOY / "processor-service.yaml"
BOTH = {
    "PROJECT_ID": "a-project",
    "REGION": "asia-northeast1",
    "REVISION": "abc1234",
    "IMAGE": "host/a/b@sha256:0123",
}
VALUES = {
    COMMAND: BOTH
    | {
        "ALLOWED_TEAM_IDS": "T0123",
        "ALLOWED_CHANNEL_IDS": "",
        "ALLOWED_USER_IDS": "",
        "ROLLOUT_PERCENT": "100",
        "ROLLOUT_USER_IDS": "U1,U2",
        "SYNTHETIC_QUESTION_SECONDS": "300",
        "SLACK_BOT_TOKEN_VERSION": "3",
        "SLACK_APP_TOKEN_VERSION": "1",
        "SIGNING_KEYS_VERSION": "1",
    },
    PROCESSOR: BOTH
    | {
        "REDIS_CA_VERSION": "1",
        "REDIS_URL_VERSION": "2",
        "SLACK_BOT_TOKEN_VERSION": "3",
        "GEMINI_API_KEY_VERSION": "1",
        "SIGNING_KEYS_VERSION": "1",
    },
}
SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-secret",
    "SLACK_APP_TOKEN": "xapp-secret",
    "GEMINI_API_KEY": "secret",
    "SIGNING_KEYS": "0123456789abcdef0123456789abcdef",
    "REDIS_URL": "rediss://:secret@10.0.0.3:6378/0",
}
Service = dict[str, Any]


def rendered(file: Path) -> Service:
    return render(file.read_text(encoding="utf-8"), VALUES[file])


def revision(service: Service) -> Service:
    template: Service = service["spec"]["template"]
    return template


def container(service: Service) -> Service:
    (only,) = revision(service)["spec"]["containers"]
    assert isinstance(only, dict)
    return only


def environment(service: Service) -> dict[str, str]:
    """What the service is told, with a stand-in for each secret."""
    told = {}
    for variable in container(service)["env"]:
        told[variable["name"]] = variable.get("value", SECRETS.get(variable["name"], ""))
    return told


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
