"""An installation without processes: what lasts for hours, or takes a region, is played at once.

Cloud Run, Cloud Monitoring and Slack are their simulators, and our commands are the real ones. The
metrics and the log of both services are played, minute by minute, as they would have been exported.
A page's command that nothing here knows, and a variable that no page sets, is a fault of the page.
"""

import asyncio
import importlib
import io
import re
import shlex
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, redirect_stdout
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from deploy.canary.cloud_run import Change, CloudRun, Share
from deploy.google_access import Access
from deploy.rollback import main as rollback
from deploy.slo.__main__ import main as slo
from simulators.processes.environment import PROJECT_ROOT, inherited
from simulators.prometheus import PrometheusSimulator
from tests.drills.runbooks.curl import curl
from tests.drills.runbooks.installation import CommandFailed, NotKnown
from tests.drills.runbooks.page import RUNBOOKS, read
from tests.support import gcloud
from tests.support.played_traffic import Fault, Traffic
from tests.support.workbenches.rollout import PROJECT, REGION, RolloutBench, rollout_bench

Entry = Mapping[str, Any]
"""An entry of the log, as Cloud Logging has it."""
_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_BEFORE: Final = re.compile(r"\$\([^)]*\)")
# Their versions once bootstrap.sh has made a second Redis.
_REDIS_SECRETS: Final = {"mechachang-redis-url": "2", "mechachang-redis-ca": "2"}
_OF_REDIS: Final = {
    "_REDIS_URL_VERSION": "mechachang-redis-url",
    "_REDIS_CA_VERSION": "mechachang-redis-ca",
}


@dataclass
class PlayedInstallation:
    """What the commands of a page have done to it so far stands in its fields.

    ``away`` are regions that do not answer, ``prepared`` those that ``bootstrap.sh`` made ready,
    ``running`` the settings of each service, and ``filled`` what a person types for a placeholder.
    """

    bench: RolloutBench
    metrics: PrometheusSimulator
    metrics_url: str
    traffic: Traffic
    opened: AsyncExitStack
    variables: dict[str, str]
    log: list[Entry] = field(default_factory=list)
    running: dict[str, dict[str, str]] = field(default_factory=dict)
    parts: set[str] = field(default_factory=set)
    away: set[str] = field(default_factory=set)
    prepared: set[str] = field(default_factory=set)
    built: dict[str, dict[str, str]] = field(default_factory=dict)
    filled: dict[str, str] = field(default_factory=dict)
    slack_url: str = ""
    pasted: str = ""
    _staged: dict[str, dict[str, str]] = field(default_factory=dict)
    _plans: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)

    def play(self, minutes: int, fault: Fault | None, entries: tuple[Entry, ...]) -> None:
        """``minutes`` in which the metrics are those of ``fault``; ``entries`` come in each."""
        self.traffic.play(minutes, fault)
        self.log += entries * minutes

    async def carrier(self) -> str:
        """The last part of the name of the processor's revision with all traffic."""
        return (await self.bench.state()).carrier.rpartition("-")[2]

    async def run(self, command: str) -> str:
        """Do what ``command`` does, and return what it prints; raises NotKnown, CommandFailed."""
        for placeholder, value in self.filled.items():
            command = command.replace(placeholder, value)
        first, _, then = command.partition(" | ")
        if then not in {"", "python -m json.tool"}:
            raise NotKnown(f"the drill cannot pipe into: {then}")
        words = [self._expanded(word) for word in shlex.split(first)]
        match words:
            case ["export", *pairs]:
                self.variables |= dict(pair.split("=", 1) for pair in pairs)
            case ["read", "-rs", name]:
                self.variables[name] = self.pasted
            case ["curl", *rest]:
                return await curl(rest, self.slack_url)
            case ["python", "-m", module, *rest]:
                return await self._ours(module, rest)
            case ["deploy/bootstrap.sh", *parts]:
                return await self._bootstrap(parts)
            case ["gcloud", "beta", "run", *rest] | ["gcloud", "run", *rest]:
                return await self._cloud_run(rest)
            case ["gcloud", *rest]:
                return self._gcloud(rest)
            case _:
                raise NotKnown(f"the drill cannot do: {command}")
        return ""

    def _expanded(self, word: str) -> str:
        """``word`` with the shell's variables; commands in it are left to whoever runs it."""
        for name in {one or other for one, other in _VARIABLE.findall(_BEFORE.sub("", word))}:
            if name not in self.variables:
                raise NotKnown(f"${name} is set nowhere on the page, nor in the README")
        return _VARIABLE.sub(lambda found: self.variables[found[1] or found[2]], word)

    async def _ours(self, module: str, words: list[str]) -> str:
        flags = ["--project", PROJECT, "--metrics-url", self.metrics_url]
        match module:
            case "deploy.rollback":
                code, said = await _said(rollback, [*words, *self.bench.flags])
                if code:
                    raise CommandFailed(f"{module} ended with {code}: {said}")
                return said
            case "deploy.slo":
                return (await _said(slo, [*words, *flags]))[1]
        # Another page's drill does what it does; here it need only be understood.
        found = importlib.import_module(module)
        found = (
            importlib.import_module(f"{module}.__main__") if hasattr(found, "__path__") else found
        )
        try:
            found.command_line().parse_args(words)
        except SystemExit as ended:
            raise CommandFailed(f"{module} does not understand {shlex.join(words)}") from ended
        return ""

    async def _bootstrap(self, parts: list[str]) -> str:
        region = self.variables["REGION"]
        asked = tuple(part for part in parts if part != "--dry-run")
        planned = await self._planned(region, asked)
        gone = [each for each in sorted(self.away) if f"--region={each}" in planned]
        if gone:
            raise CommandFailed(f"bootstrap.sh asks {gone[0]}, which is away")
        if "--dry-run" not in parts:
            self.parts |= set(re.findall(r"^# --- (\w+)$", planned, re.MULTILINE))
            self.prepared.add(region)
        return planned

    async def _planned(self, region: str, parts: tuple[str, ...]) -> str:
        """What the real script would do with what is exported."""
        if (region, parts) not in self._plans:
            env = inherited() | self.variables | {"PROJECT_NUMBER": "1"}
            ran = await gcloud.run("deploy/bootstrap.sh", "--dry-run", *parts, env=env)
            if ran.code:
                raise CommandFailed(f"bootstrap.sh ended with {ran.code}: {ran.err}")
            self._plans[region, parts] = ran.out
        return self._plans[region, parts]

    async def _cloud_run(self, words: list[str]) -> str:
        match words:
            case ["services", "delete", name, region]:
                # The page has it typed as soon as the region answers again.
                self.away.discard(_region(region))
                self.built[_region(region)].pop(name)
                return ""
        self._require_reachable(words)
        match words:
            case ["services", "list", _]:
                pass
            case ["services", "update", name, *flags]:
                self._update(name, flags)
            case ["services", "update-traffic", name, _, "--to-latest"]:
                self.running.setdefault(name, {}).update(self._staged.pop(name, {}))
            case ["services", "describe", "processor-service", _, "--format=yaml(status.traffic)"]:
                traffic = [vars(share) for share in (await self.bench.state()).shares]
                return str(yaml.safe_dump({"traffic": traffic}))
            case ["services", "describe", name, region]:
                if name not in self.built.get(_region(region), {}):
                    raise CommandFailed(f"Cannot find service [{name}]")
            case _:
                raise NotKnown(f"the drill cannot do: gcloud run {shlex.join(words)}")
        return ""

    def _update(self, name: str, flags: list[str]) -> None:
        """Numbers of instances hold at once; the rest is a new revision, without traffic yet."""
        for flag in flags:
            option, _, value = flag.removeprefix("--").partition("=")
            match option:
                case "region":
                    pass
                case "min" | "max":
                    self.running.setdefault(name, {})[option] = value
                case "memory":
                    self._staged.setdefault(name, {})[option] = value
                case "update-env-vars":
                    pairs = dict(pair.split("=", 1) for pair in value.split(","))
                    self._staged.setdefault(name, {}).update(pairs)
                case _:
                    raise NotKnown(f"the drill does not know {flag} of services update")

    def _gcloud(self, words: list[str]) -> str:
        self._require_reachable(words)
        match words:
            case ["redis", "instances", "describe", "mechachang", _]:
                return ""
            case ["secrets", "versions", "list", name, "--limit=1"]:
                return _REDIS_SECRETS[name] if self.prepared else "1"
            case ["builds", "submit", *flags]:
                self._build(dict(flag.removeprefix("--").split("=", 1) for flag in flags))
                return ""
        raise NotKnown(f"the drill cannot do: gcloud {shlex.join(words)}")

    def _build(self, flags: Mapping[str, str]) -> None:
        """Both services run in ``_REGION`` then, if it is ready for them."""
        known = yaml.safe_load((PROJECT_ROOT / "cloudbuild.yaml").read_text("utf-8"))
        named = flags["substitutions"].replace("$(deploy/build/tools.sh)", "_TOOLS_DATE=2026-11-28")
        values = dict(pair.split("=", 1) for pair in named.split(","))
        if unknown := values.keys() - known["substitutions"].keys() - {"SHORT_SHA"}:
            raise CommandFailed(f"cloudbuild.yaml has no {sorted(unknown)}")
        region = values["_REGION"]
        if region not in self.prepared:
            raise CommandFailed(f"nothing is ready in {region}")
        for name, secret in _OF_REDIS.items():
            if values.get(name) != _REDIS_SECRETS[secret]:
                raise CommandFailed(f"{name} is the Redis of before")
        self.built[region] = {"command-service": "new", "processor-service": "new"}

    def _require_reachable(self, words: list[str]) -> None:
        for region in self.away:
            if f"--region={region}" in words:
                raise CommandFailed(f"{region} does not answer: UNAVAILABLE")


def _region(flag: str) -> str:
    return flag.removeprefix("--region=")


async def _said(main: Callable[[list[str]], int], words: list[str]) -> tuple[int, str]:
    """How a command of ours ended, and what it printed; it blocks, so it has a thread."""
    with redirect_stdout(io.StringIO()) as out:
        code = await asyncio.to_thread(main, words)
    return code, out.getvalue()


@asynccontextmanager
async def played_installation(traffic: Traffic) -> AsyncIterator[PlayedInstallation]:
    """Two revisions of the processor were good, and the second serves."""
    metrics = PrometheusSimulator(clock=lambda: traffic.now)
    metrics.store = traffic.store
    async with rollout_bench() as bench, metrics.serve() as url, AsyncExitStack() as opened:
        client = CloudRun(Access(PROJECT, is_anonymous=True), REGION, bench.name, bench.url)
        name = await asyncio.to_thread(client.create_revision, Change("image:2"), serving=False)
        good = [name, "processor-service-00001"]
        await asyncio.to_thread(client.send, [Share(name, 100)], good=good)
        at = PlayedInstallation(bench, metrics, url, traffic, opened, {})
        # What whoever opens a page has typed already.
        for command in read(RUNBOOKS / "README.md").commands():
            if command.startswith("export "):
                await at.run(command)
        yield at
