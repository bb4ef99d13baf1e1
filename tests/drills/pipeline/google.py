"""What the build's steps meet instead of Google: both services on a simulated Cloud Run, by gcloud.

``gcloud`` in the workspace hands its words to the drill. What it is told of revisions, traffic and
refusals comes from the simulated service; a job's execution really asks what smoke.py asks.
"""

import json
import shlex
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import yaml
from aiohttp import web

from processor_service.smoke import check_processor
from simulators.cloud_run import Refused
from tests.support.workbenches.rollout import RolloutBench

GCLOUD: Final = """#!/bin/sh
# Hands its words to the drill, and says what the drill says.
exec "$REAL_PYTHON" -S -c '
import sys, urllib.request
words = chr(10).join(sys.argv[2:]).encode()
with urllib.request.urlopen(sys.argv[1], words) as response:
    code, _, told = response.read().decode().partition(chr(10))
print(told, file=sys.stderr if int(code) else sys.stdout)
sys.exit(int(code))
' "$DRILL_URL" "$PWD" "$@"
"""
_IDENTITY: Final = "/computeMetadata/v1/instance/service-accounts/default/identity"
_TOKEN: Final = "the-push-accounts-token"


@dataclass
class Google:
    """Both services and their revisions, as gcloud lists them."""

    benches: Mapping[str, RolloutBench]
    revisions: dict[str, dict[str, Any]] = field(default_factory=dict)
    ordered_at: datetime | None = None
    """When the build was ordered that asks; None: now."""
    gemini_is_away: bool = False

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """The drill's address, for gcloud and for whoever asks the metadata server."""
        app = web.Application()
        app.router.add_post("/gcloud", self._gcloud)
        app.router.add_get(_IDENTITY, _identity)
        async with _listening(app) as url:
            yield url

    async def _gcloud(self, request: web.Request) -> web.Response:
        folder, *words = (await request.text()).splitlines()
        flags = dict(word.partition("=")[::2] for word in words if word.startswith("--"))
        plain = [word for word in words if not word.startswith("--")]
        try:
            told = await self._told(Path(folder), plain, flags)
        except (Refused, _JobFailed) as error:
            return web.Response(text=f"1\nERROR: (gcloud) {error}")
        return web.Response(text=f"0\n{told}")

    async def _told(self, folder: Path, plain: list[str], flags: dict[str, str]) -> str:
        match plain:
            case ["run", "services", "list"]:
                return json.dumps(await self._bench(flags["--filter"].partition("=")[2]).listed())
            case ["run", "services", "describe", name]:
                (service,) = await self._bench(name).listed()
                return json.dumps(service)
            case ["run", "revisions", "list"]:
                return json.dumps(self._revisions(flags["--service"]))
            case ["run", "services", "replace", file]:
                await self._replace(yaml.safe_load((folder / file).read_text()))
            case ["builds", "describe", _]:
                return (self.ordered_at or datetime.now(UTC)).isoformat()
            case ["run", "jobs", "execute", _]:
                await _execute(flags["--args"].split(","))
            case ["run", "jobs", "deploy", _]:
                pass
            case _:
                raise Refused(400, "INVALID_ARGUMENT", f"unknown here: {shlex.join(plain)}")
        return ""

    def _bench(self, name: str) -> RolloutBench:
        return self.benches[name]

    def _revisions(self, service: str) -> list[dict[str, Any]]:
        return [each for name, each in self.revisions.items() if name.startswith(service)]

    async def _replace(self, file: dict[str, Any]) -> None:
        template = file["spec"]["template"]
        self.revisions[template["metadata"]["name"]] = template
        await self._bench(file["metadata"]["name"]).replace(file)

    @asynccontextmanager
    async def processor(self, image: str) -> AsyncIterator[str]:
        """A processor as smoke.py meets it: who may push, and whether its models answer."""
        if image == "image:does-not-start":
            raise OSError("The container exited.")

        async def push(request: web.Request) -> web.Response:
            is_ours = request.headers.get("Authorization") == f"Bearer {_TOKEN}"
            return web.Response(status=400 if is_ours else 401)

        async def ready(_request: web.Request) -> web.Response:
            return web.json_response({"dependencies": {"redis": {"state": "ok"}}})

        async def smoke(_request: web.Request) -> web.Response:
            gone = {"state": "unavailable", "reason": "model_unavailable"}
            return web.json_response({"models": {"m": gone if self.gemini_is_away else _OK}})

        app = web.Application()
        app.router.add_post("/pubsub/push", push)
        app.router.add_get("/readyz", ready)
        app.router.add_post("/smoke", smoke)
        async with _listening(app) as url:
            yield url


_OK: Final = {"state": "ok"}


class _JobFailed(Exception):
    """The job's container ended with another code than 0; the text holds what it printed."""


async def _execute(args: list[str]) -> None:
    _, module, url, audience, *flags = args
    if module != "processor_service.smoke":
        raise _JobFailed(f"no such module: {module}")
    found = await check_processor(url, audience, 0.0, startable="--startable" in flags)
    if found:
        raise _JobFailed("; ".join(found))


async def _identity(_request: web.Request) -> web.Response:
    return web.Response(text=_TOKEN)


@asynccontextmanager
async def _listening(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
