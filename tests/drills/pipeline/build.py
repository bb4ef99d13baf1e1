"""A build by cloudbuild.yaml's own steps, from the candidate on, one after the other."""

import asyncio
import os
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from simulators.faults import FaultPlan
from simulators.journal import Journal
from simulators.slack import SlackConfig, SlackSimulator
from tests.drills.pipeline.google import GCLOUD, Google
from tests.support.workbenches.build import Workspace, pipeline
from tests.support.workbenches.rollout import PROJECT, REGION, RolloutBench, rollout_bench

STEPS: Final = ("candidate", "smoke", "rollout", "command")
"""The steps that deploy; those before them only test and build."""
PYTHON: Final = """#!/bin/sh
# Only the pace and the addresses are the drill's own.
case "$3" in command) cloud_run=$COMMAND_URL ;; *) cloud_run=$PROCESSOR_URL ;; esac
case "$2" in
  deploy.rollout) set -- "$@" --hold=1s --patience=60s --look-every=1s --at-least=20 ;;
  deploy.departure | deploy.rollback) set -- "$@" --gone-after=1s --wait-at-most=60s ;;
esac
case "$2" in
  deploy.render) ;;
  deploy.*) set -- "$@" "--cloud-run-url=$cloud_run" "--metrics-url=$METRICS_URL" ;;
esac
exec "$REAL_PYTHON" "$@"
"""
_WITHIN_S: Final = 300.0


@dataclass
class Project:
    """Both services run, and people read #general."""

    google: Google
    slack: SlackSimulator
    workspace: Workspace
    say: Callable[[str], None]
    _token: str

    @property
    def processor(self) -> RolloutBench:
        """The service that is rolled out by traffic."""
        return self.google.benches["processor-service"]

    @property
    def command(self) -> RolloutBench:
        """The service that is replaced as a whole."""
        return self.google.benches["command-service"]

    @property
    def told(self) -> int:
        """How often people were told in #general."""
        return len(self.slack.messages("#general"))

    async def build(self, name: str, command: str = "", **substitutions: str) -> dict[str, int]:
        """Deploy the images ``name``; the exit codes of the steps that ran. The first that fails
        ends the build."""
        images = {"processor": f"image:{name}", "command": f"image:{command or name}"}
        for service, image in images.items():
            (self.workspace.folder / "build" / f"{service}.image").write_text(f"{image}\n")
        told = {"SHORT_SHA": name, "BUILD_ID": "0", **substitutions}
        codes: dict[str, int] = {}
        for step in pipeline()["steps"]:
            if step["id"] in STEPS and not any(codes.values()):
                secrets = dict.fromkeys(step.get("secretEnv", ()), self._token)
                codes[step["id"]] = await self.run(*step["args"], env=told | secrets)
        return codes

    async def roll_back(self, service: str) -> int:
        """What a runbook has an operator type."""
        words = ("--project", PROJECT, "--region", REGION, "--channel", self._general)
        module = (".venv/bin/python", "-m", "deploy.rollback", service, *words)
        return await self.run(*module, env={"SLACK_BOT_TOKEN": self._token})

    @property
    def _general(self) -> str:
        return self.slack.people.channel("#general").id

    async def run(self, *words: str, env: Mapping[str, str]) -> int:
        """Run a script (by bash) or a program in the workspace; its exit code."""
        command = ("bash", *words) if words[0].endswith(".sh") else words
        self.say(f"$ {' '.join(words)}")
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=self.workspace.folder,
            env={**self.workspace.env, "NOTIFY_CHANNEL": self._general, **env},
            stdout=PIPE,
            stderr=STDOUT,
        )
        try:
            async with asyncio.timeout(_WITHIN_S):
                out, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        for line in out.decode().splitlines():
            self.say(f"  {line}")
        return process.returncode or 0


@asynccontextmanager
async def project(folder: Path, say: Callable[[str], None]) -> AsyncIterator[Project]:
    """Both first revisions serve; nobody has been told anything."""
    async with AsyncExitStack() as opened:
        google = Google({})
        benches = {
            "processor-service": await opened.enter_async_context(
                rollout_bench("processor-service", google.processor)
            ),
            "command-service": await opened.enter_async_context(rollout_bench("command-service")),
        }
        google.benches = benches
        # One project has one Cloud Monitoring.
        benches["command-service"].prometheus = benches["processor-service"].prometheus
        simulator = SlackSimulator(journal=Journal(), faults=FaultPlan(), config=SlackConfig())
        running = await opened.enter_async_context(simulator.serve())
        url = await opened.enter_async_context(google.serve())
        workspace = _workspace(folder)
        workspace.env |= {
            "PROJECT_ID": PROJECT,
            "REGION": REGION,
            "DRILL_URL": f"{url}/gcloud",
            "SLACK_API_URL": running.api_url,
            "PROCESSOR_URL": benches["processor-service"].url,
            "COMMAND_URL": benches["command-service"].url,
            "METRICS_URL": benches["processor-service"].metrics_url,
        }
        # The smoke test runs in this process, as its job would in the network.
        os.environ["GCE_METADATA_HOST"] = url.removeprefix("http://")
        opened.callback(os.environ.pop, "GCE_METADATA_HOST", None)
        yield Project(google, simulator, workspace, say, simulator.config.bot_token)


def _workspace(folder: Path) -> Workspace:
    workspace = Workspace(folder)
    (workspace.folder / ".venv" / "bin" / "python").write_text(PYTHON)
    (folder / "bin" / "gcloud").write_text(GCLOUD)
    return workspace
