"""The Files API: resumable uploads as google-genai makes them, get, list and delete."""

import asyncio
import json
import re
import secrets
from collections.abc import Callable
from typing import Any

from aiohttp import web

from simulators.faults import FaultPlan
from simulators.gemini.files.store import FileStore, StoredFile, Upload
from simulators.gemini.protocol.errors import ApiError, ErrorReply, invalid_argument
from simulators.gemini.protocol.media import check_type

_MOST_BYTES = 2 * 1024**3
_GRANULARITY = 8 * 1024 * 1024
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_PAGE, _MOST_A_PAGE = 10, 100

Owner = Callable[[web.Request], str]


class FilesApi:
    """``owner_of`` authenticates a request and tells whose files it is about.

    Faults: ``files.upload``, ``files.get``, ``files.delete`` take ``error`` and ``delay``.
    """

    def __init__(self, store: FileStore, faults: FaultPlan, owner_of: Owner) -> None:
        self._store = store
        self._faults = faults
        self._owner_of = owner_of
        self._uploads: dict[str, Upload] = {}

    def add_routes(self, router: web.UrlDispatcher, version: str) -> None:
        """Under every version of the API, as Google has it."""
        router.add_post(f"/upload{version}/files", self._upload)
        router.add_get(f"{version}/files", self._list)
        router.add_get(f"{version}/files/{{file}}", self._get)
        router.add_delete(f"{version}/files/{{file}}", self._delete)

    async def _upload(self, request: web.Request) -> web.Response:
        await self._suffer("files.upload")
        if "upload_id" in request.query:
            return await self._receive(request)
        return await self._begin(request)

    async def _begin(self, request: web.Request) -> web.Response:
        owner, headers = self._owner_of(request), request.headers
        if (headers.get("X-Goog-Upload-Protocol"), headers.get("X-Goog-Upload-Command")) != (
            "resumable",
            "start",
        ):
            raise invalid_argument("Only resumable uploads are simulated.")
        size = int(headers.get("X-Goog-Upload-Header-Content-Length", "-1"))
        mime_type = headers.get("X-Goog-Upload-Header-Content-Type", "")
        if not 0 < size <= _MOST_BYTES:
            raise invalid_argument("The file size is out of range.")
        check_type(mime_type)
        wanted = _wanted(await request.read())
        file_id = self._store.new_id(wanted.get("name", "").removeprefix("files/"))
        upload_id = secrets.token_urlsafe(24)
        named = wanted.get("displayName", "")
        self._uploads[upload_id] = Upload(file_id, owner, mime_type, named, size)
        where = request.url.with_query(upload_id=upload_id, upload_protocol="resumable")
        answer = {
            "X-Goog-Upload-URL": str(where),
            "X-Goog-Upload-Status": "active",
            "X-Goog-Upload-Chunk-Granularity": str(_GRANULARITY),
        }
        return web.Response(headers=answer)

    async def _receive(self, request: web.Request) -> web.Response:
        upload = self._uploads.get(request.query["upload_id"])
        if upload is None:
            raise ApiError(ErrorReply(404, message="Upload not found."))
        commands = {each.strip() for each in request.headers["X-Goog-Upload-Command"].split(",")}
        chunk = await request.read()
        if int(request.headers.get("X-Goog-Upload-Offset", "-1")) != len(upload.received):
            raise invalid_argument("The upload offset is not where the upload stands.")
        if "finalize" not in commands and len(chunk) % _GRANULARITY:
            raise invalid_argument("A chunk that is not the last must fill its granularity.")
        upload.received += chunk
        if "finalize" not in commands:
            return web.Response(headers={"X-Goog-Upload-Status": "active"})
        if len(upload.received) != upload.size:
            raise invalid_argument("The upload has another size than was announced.")
        del self._uploads[request.query["upload_id"]]
        file = self._store.keep(upload)
        return web.json_response(
            {"file": self._shown(file, request)}, headers={"X-Goog-Upload-Status": "final"}
        )

    async def _get(self, request: web.Request) -> web.Response:
        await self._suffer("files.get")
        file = self._store.get(request.match_info["file"], self._owner_of(request))
        return web.json_response(self._shown(file, request))

    async def _delete(self, request: web.Request) -> web.Response:
        await self._suffer("files.delete")
        self._store.delete(request.match_info["file"], self._owner_of(request))
        return web.json_response({})

    async def _list(self, request: web.Request) -> web.Response:
        owner = self._owner_of(request)
        size = int(request.query.get("pageSize", _PAGE))
        if not 0 < size <= _MOST_A_PAGE:
            raise invalid_argument(f"page_size must be in the range [1, {_MOST_A_PAGE}].")
        first = int(request.query.get("pageToken") or 0)
        own = [file for file in self._store.files if file.owner == owner]
        page: dict[str, Any] = {
            "files": [self._shown(file, request) for file in own[first : first + size]]
        }
        if first + size < len(own):
            page["nextPageToken"] = str(first + size)
        return web.json_response(page)

    def _shown(self, file: StoredFile, request: web.Request) -> dict[str, Any]:
        return self._store.show(file, str(request.url.origin()))

    async def _suffer(self, operation: str) -> None:
        fault = self._faults.take("gemini", operation)
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        if fault is not None and fault.kind == "error":
            raise ApiError(ErrorReply(fault.status, fault.error))


def _wanted(body: bytes) -> dict[str, str]:
    """What the first request says about the file: its name and how to show it."""
    try:
        file = json.loads(body or b"{}").get("file") or {}
        name, shown = str(file.get("name") or ""), str(file.get("displayName") or "")
    except (ValueError, AttributeError) as error:
        raise invalid_argument("Invalid JSON payload received.") from error
    if name and not _ID.fullmatch(name.removeprefix("files/")):
        raise invalid_argument(f"* CreateFileRequest.file.name: invalid name: {name}\n")
    return {"name": name, "displayName": shown}
