"""The build: its file, and a workspace where its scripts run with recorded tools."""

import json
from pathlib import Path
from typing import Any

import yaml

from simulators.processes.environment import PROJECT_ROOT
from tests.support import gcloud

BUILD_FILE = PROJECT_ROOT / "cloudbuild.yaml"
DIGEST = "sha256:" + "0" * 64
Pipeline = dict[str, Any]


def pipeline(file: Path = BUILD_FILE) -> Pipeline:
    loaded: Pipeline = yaml.safe_load(file.read_text(encoding="utf-8"))
    return loaded


def step_named(build: Pipeline, name: str) -> Pipeline:
    found: Pipeline = next(each for each in build["steps"] if each["id"] == name)
    return found


RECORDER = """#!/bin/sh
# Notes how it was called, and answers what the script reads.
{ printf '%s' "$(basename "$0")"; for word in "$@"; do printf ' %s' "'$word'"; done; echo; } \
  >> "$RECORD"
case "$*" in
  *"services list"*processor-service*) cat "$PROCESSOR" ;;
  *"services list"* | *"services describe"*) cat "$ANSWER" ;;
  *"builds describe"*) if [ -z "$ORDERED_AT" ]; then exit 1; else echo "$ORDERED_AT"; fi ;;
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
        self.processor: Any = None
        values = {
            "PROJECT_ID": "a-project",
            "BUILD_ID": "1a2b3c4d-5e6f",
            "SHORT_SHA": "abc1234",
        } | {
            "LOCATION": "asia-east1",
            "ORDERED_AT": "2026-11-28T09:00:00.123456789Z",
        }
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
        """Run a script of the build; the commands it gave. The ``answer`` is what Cloud Run has of
        the service; beside a new command service the ``processor`` serves, or else this build's.
        """
        ran = await self.ran(script, answer, *arguments)
        assert ran.code == 0, ran.err
        return self.record.read_text().splitlines()

    async def ran(self, script: str, answer: Any, *arguments: str) -> gcloud.Ran:
        """Run it, however it ends."""
        self.answer.write_text(json.dumps(answer))
        serving = (self.processor or self._of_this_build()) if script == "command" else answer
        self.env["PROCESSOR"] = str(self.folder / "processor")
        (self.folder / "processor").write_text(json.dumps(serving))
        shell = "sh" if script == "image" else "bash"
        path = str(PROJECT_ROOT / "deploy" / "build" / f"{script}.sh")
        env = "env", "-C", str(self.folder)
        return await gcloud.run(*env, shell, path, *arguments, env=self.env)

    def _of_this_build(self) -> Any:
        build = self.env["BUILD_ID"].partition("-")[0]
        revision = f"processor-service-{self.env['SHORT_SHA']}-{build}"
        traffic = [{"revisionName": revision, "percent": 100}]
        return [{"metadata": {}, "status": {"traffic": traffic}}]

    def rendered(self, service: str) -> Pipeline:
        loaded: Pipeline = yaml.safe_load((self.folder / "build" / f"{service}.yaml").read_text())
        return loaded


async def understood(commands: list[str], folder: Path) -> None:
    """gcloud's parser takes what the script gave it."""
    gcloud.require("gcloud")
    # It judges equal ones once.
    theirs = list(dict.fromkeys(each for each in commands if each.startswith("gcloud")))
    assert await gcloud.refused(theirs, folder) == []
