"""Uploads and downloads of files.

A download without a good token answers with a sign-in page and status 200, as files.slack.com
does; with ``files_redirect`` it first redirects to another host, as Enterprise Grid does.
"""

from aiohttp import web

from simulators.faults import FaultPlan
from simulators.slack.faulting import cut, suffer
from simulators.slack.state.model import File
from simulators.slack.state.workspace import Workspace

_SIGN_IN = "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body></body></html>"


class FileServer:
    """The upload and download hosts."""

    def __init__(self, workspace: Workspace, faults: FaultPlan) -> None:
        self._workspace = workspace
        self._faults = faults
        self.redirects = workspace.config.files_redirect
        self.other_base_url = ""

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Take a file's bytes, as they are or as a form field."""
        fault = self._faults.take("slack", "upload")
        if (response := await suffer(fault, request)) is not None:
            return response
        file = self._workspace.uploads.get(request.match_info["ticket"])
        if file is None:
            return web.Response(status=404, text="upload_ticket_not_found")
        content = await _content(request)
        if len(content) != file.expected:
            return web.Response(status=400, text=f"expected {file.expected} bytes")
        file.content = content
        if fault is not None and fault.kind == "drop_after":
            return cut(request)
        return web.Response(text=f"OK - {len(content)}")

    async def download(self, request: web.Request) -> web.StreamResponse:
        """Give a file to who carries the token of an app that sees it."""
        if (response := await suffer(self._faults.take("slack", "download"), request)) is not None:
            return response
        file = self._workspace.files.get(request.match_info["file_id"])
        if file is None or file.mode != "hosted":
            return web.Response(status=404, text=_SIGN_IN, content_type="text/html")
        if not self._may_read(request, file):
            return web.Response(text=_SIGN_IN, content_type="text/html")
        if self.redirects and request.path.startswith("/files-pri/"):
            origin = request.path.replace("/files-pri/", "/files-origin/", 1)
            raise web.HTTPFound(f"{self.other_base_url}{origin}")
        # A canvas is given as a page.
        is_canvas = file.mimetype == "application/vnd.slack-docs"
        kind = "text/html" if is_canvas else file.mimetype
        return web.Response(body=file.content, headers={"Content-Type": kind})

    def _may_read(self, request: web.Request, file: File) -> bool:
        config = self._workspace.config
        bearer = request.headers.get("Authorization", "")
        seen = self._workspace.can_see(self._workspace.bot.id, file)
        return bearer == f"Bearer {config.bot_token}" and seen and "files:read" in config.scopes


async def _content(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    form = await request.post()
    for value in form.values():
        if isinstance(value, web.FileField):
            return value.file.read()
    return b""
