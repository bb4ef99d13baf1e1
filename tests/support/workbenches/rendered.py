"""The files of both Cloud Run services, filled in as a build does it."""

from pathlib import Path
from typing import Any

from deploy.render import render

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
