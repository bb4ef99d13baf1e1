"""The local stack as somebody on call meets it: logs, states, commands that change it.

What a command of a runbook does to an installation on Google Cloud it does here to the local stack:
a new revision is a process with a new environment, a secret's new version is what it gets from then
on. A command that nothing here knows is a fault of the drill or of the page.
"""

import asyncio
import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from simulators.processes.environment import PROJECT_ROOT
from simulators.prometheus import PrometheusSimulator
from simulators.stack.local_stack import LocalStack
from simulators.stack.provisioning import provision
from simulators.stack.service import Service

_WITHIN_S: Final = 60.0


class NotKnown(Exception):
    """The page has a command or a sign that cannot be tried here; the text says which."""


class CommandFailed(Exception):
    """A command of the page ended with an error; the text holds what it said."""


@dataclass
class Installation:
    """A running stack and the hands that work on it. ``pasted`` is what is typed for ``read``."""

    stack: LocalStack
    prometheus: PrometheusSimulator
    pasted: str = ""
    secrets: dict[str, str] = field(default_factory=dict)
    _variables: dict[str, str] = field(default_factory=dict)
    _staged: dict[str, dict[str, str | None]] = field(default_factory=dict)

    def service(self, name: str) -> Service:
        """The process that runs as this Cloud Run service."""
        for service in self.stack.services:
            if service.name == name:
                return service
        raise NotKnown(f"there is no service {name}")

    async def run(self, command: str) -> str:
        """Do what ``command`` does, and return what it prints; raises NotKnown, CommandFailed."""
        match shlex.split(command):
            case ["read", "-rs", name]:
                self._variables[name] = self.pasted
            case ["printf", "%s", value, "|", *sink]:
                self._add_secret_version(sink, self._filled(value))
            case ["gcloud", "run", "services", "update", name, *flags]:
                await self._update(name, flags)
            case ["gcloud", "run", "services", "update-traffic", name, _, "--to-latest"]:
                await self._send_traffic(name)
            case ["deploy/bootstrap.sh", *parts]:
                await self._bootstrap(parts)
            case ["python", "-m", "deploy.dead_letters", *words]:
                return await self._dead_letters(words)
            case _:
                raise NotKnown(f"the drill cannot do: {command}")
        return ""

    def _filled(self, word: str) -> str:
        for name, value in self._variables.items():
            word = word.replace(f"${name}", value)
        return word

    def _add_secret_version(self, sink: list[str], value: str) -> None:
        match sink:
            case ["gcloud", "secrets", "versions", "add", name, "--data-file=-"]:
                self.secrets[name] = value
            case _:
                raise NotKnown(f"the drill cannot pipe into: {shlex.join(sink)}")

    async def _update(self, name: str, flags: list[str]) -> None:
        """A new revision, which serves once traffic is sent to it."""
        changes: dict[str, str | None] = {}
        for flag in flags:
            option, _, value = flag.partition("=")
            if option == "--update-env-vars":
                changes |= dict(pair.split("=", 1) for pair in value.split(","))
            elif option == "--remove-env-vars":
                changes |= dict.fromkeys(value.split(","))
            elif option == "--update-secrets":
                changes |= self._mounted(value)
            elif option != "--region":
                raise NotKnown(f"the drill does not know {flag} of services update")
        self._staged.setdefault(name, {}).update(changes)

    def _mounted(self, value: str) -> dict[str, str]:
        mounted = {}
        for pair in value.split(","):
            variable, _, secret = pair.partition("=")
            name, _, version = secret.partition(":")
            if version != "latest" or name not in self.secrets:
                raise NotKnown(f"no secret {secret} was added")
            # Files are for TLS, which the local Redis does not speak.
            if not variable.startswith("/"):
                mounted[variable] = self.secrets[name]
        return mounted

    async def _send_traffic(self, name: str) -> None:
        service = self.service(name)
        service.configure(self._staged.pop(name, {}))
        await service.terminate()
        await service.start()

    async def _bootstrap(self, parts: list[str]) -> None:
        """What it makes where it is missing; a part that nothing here has is left out."""
        if "redis" in parts and self.stack.redis.pid is None:
            await self.stack.redis.start()
        if "secrets" in parts:
            self.secrets["mechachang-redis-url"] = self.stack.redis.url
            self.secrets["mechachang-redis-ca"] = ""
        if "pubsub" in parts:
            settings, config = self.stack.settings, self.stack.config
            await provision(
                self.stack.vendors.addresses.pubsub,
                settings.project,
                self.stack.processor_url,
                config.delivery,
            )
        if "rights" in parts:
            for rule in self.stack.faults.rules():
                if rule.fault.error == "PERMISSION_DENIED":
                    self.stack.faults.remove(rule.id)

    async def _dead_letters(self, words: list[str]) -> str:
        local = {"PUBSUB_EMULATOR_HOST": self.stack.vendors.addresses.pubsub}
        code, out, err = await _run([sys.executable, "-m", "deploy.dead_letters", *words], local)
        if code:
            raise CommandFailed(f"dead_letters {shlex.join(words)} ended with {code}: {err}")
        return f"{out}{err}"


async def _run(command: list[str], variables: Mapping[str, str]) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=PROJECT_ROOT,
        env={**os.environ, **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(_WITHIN_S):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()
