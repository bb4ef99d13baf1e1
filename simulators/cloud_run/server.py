"""The HTTP side: the Admin API v2 below ``/v2``, and everything else to the service's revisions."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from google.cloud import run_v2
from google.protobuf import json_format  # type: ignore[import-untyped]  # it ships no types

from simulators.cloud_run.probing import ProbeFailed
from simulators.cloud_run.service import HostedService, Launch, Refused
from simulators.processes.forwarding import MAX_BODY_BYTES, Unreachable, forward, forwarding_session

_SERVICE = "/v2/projects/{project}/locations/{location}/services/{service}"


class CloudRunSimulator:
    """One service at ``name`` (``projects/P/locations/L/services/S``) whose first revision serves.

    Changes are operations: they are answered at once and done a moment later, as in Cloud Run.
    """

    def __init__(self, name: str, template: run_v2.RevisionTemplate, launch: Launch) -> None:
        self.service = HostedService(name, template, launch)
        self._name = name
        self._operations: dict[str, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
        """Listen until the block is left; yields the base URL of both the API and the service."""
        async with forwarding_session() as session:
            app = web.Application(client_max_size=MAX_BODY_BYTES)
            app.router.add_get(_SERVICE, self._get_service)
            app.router.add_patch(_SERVICE, self._update_service)
            app.router.add_get(f"{_SERVICE}/revisions", self._list_revisions)
            app.router.add_get("/v2/{name:projects/.*/operations/.*}", self._get_operation)

            async def to_tag(request: web.Request) -> web.Response:
                tag, path = request.match_info["tag"], request.match_info["path"]
                return await self._to(self.service.revision_of_tag(tag), request, f"/{path}")

            async def to_service(request: web.Request) -> web.Response:
                return await self._to(self.service.next_revision(), request)

            self._session = session
            app.router.add_route("*", "/tags/{tag}/{path:.*}", to_tag)
            app.router.add_route("*", "/{path:(?!v2/).*}", to_service)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            try:
                await web.TCPSite(runner, host, port).start()
                self.service.url = f"http://{host}:{runner.addresses[0][1]}"
                await self.service.start()
                yield self.service.url
            finally:
                for task in self._operations.values():
                    task.cancel()
                await asyncio.gather(*self._operations.values(), return_exceptions=True)
                await self.service.close()
                await runner.cleanup()

    async def _to(
        self, revision: str | None, request: web.Request, path: str | None = None
    ) -> web.Response:
        if revision is None:
            return web.Response(status=404, text="There is no such tag.")
        try:
            address = await self.service.instance(revision)
            return await forward(self._session, request, address, path)
        except (Unreachable, ProbeFailed) as error:
            return web.Response(status=503, text=str(error))

    def _named(self, request: web.Request) -> None:
        if request.path.removeprefix("/v2/").removesuffix("/revisions") != self._name:
            raise Refused(404, "NOT_FOUND", f"Resource {request.path} was not found.")

    async def _get_service(self, request: web.Request) -> web.Response:
        try:
            self._named(request)
        except Refused as error:
            return _refusal(error)
        return _message(self.service.describe())

    async def _list_revisions(self, request: web.Request) -> web.Response:
        try:
            self._named(request)
        except Refused as error:
            return _refusal(error)
        return _message(run_v2.ListRevisionsResponse(revisions=self.service.revisions()))

    async def _update_service(self, request: web.Request) -> web.Response:
        mask = [each for each in request.query.get("updateMask", "").split(",") if each]
        try:
            self._named(request)
            asked = _service(await request.text())
            self.service.check(asked, mask)
        except Refused as error:
            return _refusal(error)
        project_and_location = self._name.partition("/services/")[0]
        operation = f"{project_and_location}/operations/{len(self._operations) + 1}"
        self._operations[operation] = asyncio.create_task(self.service.change(asked, mask))
        return web.json_response({"name": operation, "done": False})

    async def _get_operation(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self._operations:
            return _refusal(Refused(404, "NOT_FOUND", f"Operation {name} was not found."))
        task = self._operations[name]
        if not task.done():
            return web.json_response({"name": name, "done": False})
        error = task.exception()
        if isinstance(error, Refused):
            # FAILED_PRECONDITION, in google.rpc.Code.
            outcome: dict[str, Any] = {"error": {"code": 9, "message": str(error)}}
        elif error is not None:
            raise error
        else:
            kind = {"@type": "type.googleapis.com/google.cloud.run.v2.Service"}
            outcome = {"response": {**kind, **_as_dict(self.service.describe())}}
        return web.json_response({"name": name, "done": True, **outcome})


def _service(text: str) -> run_v2.Service:
    asked = run_v2.Service()
    try:
        json_format.ParseDict(json.loads(text), run_v2.Service.pb(asked))
    except (ValueError, json_format.ParseError) as error:
        raise Refused(400, "INVALID_ARGUMENT", f"Invalid JSON payload received. {error}") from error
    return asked


def _message(message: Any) -> web.Response:
    return web.json_response(_as_dict(message))


def _as_dict(message: Any) -> dict[str, Any]:
    fields: dict[str, Any] = json_format.MessageToDict(type(message).pb(message))
    return fields


def _refusal(error: Refused) -> web.Response:
    body = {"error": {"code": error.code, "message": str(error), "status": error.status}}
    return web.json_response(body, status=error.code)
