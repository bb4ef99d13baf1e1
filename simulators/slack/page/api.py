"""The server side of the chat page: its files, its WebSocket, and what people do in it."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import BodyPartReader, web
from yarl import URL

from simulators import page
from simulators.journal import Entry
from simulators.slack.errors import Refusal
from simulators.slack.page.acts import PageActs
from simulators.slack.page.breaking import Breaking, Controls
from simulators.slack.page.frames import PageFrames, PageSource, entry
from simulators.slack.page.origin import check_origin
from simulators.slack.page.visitors import visitor
from simulators.slack.people.people import People
from simulators.slack.state.changes import Change
from simulators.slack.state.model import JSON, User

log = logging.getLogger(__name__)

STATIC = Path(page.__file__).parent / "static"
BACKLOG = 10_000
_BROKEN_S = 0.5
# The page runs only its own scripts; images may come from files people upload and from messages.
_POLICY = "default-src 'self'; img-src * data: blob:; style-src 'self' 'unsafe-inline'"

Verb = Callable[[JSON], Awaitable[JSON]]


class Watcher:
    """One open page. Its queue is bounded: a page that can't keep up is disconnected.

    ``broken`` is the frame of faults that it was last told.
    """

    def __init__(self, me: User) -> None:
        self.me = me
        self.broken: JSON = {}
        self.queue: asyncio.Queue[JSON | None] = asyncio.Queue(BACKLOG)

    def push(self, frame: JSON | None) -> None:
        """Send a frame soon; None ends the connection."""
        if frame is not None and frame["type"] == "faults":
            self.broken = frame
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            frame = None
        self.queue.put_nowait(frame)


class PageApi:
    """Shows the workspace to pages and lets them act as its people."""

    def __init__(self, source: PageSource, people: People) -> None:
        self._source = source
        self._people = people
        self._frames = PageFrames(source)
        self._watchers: set[Watcher] = set()
        self._breaking = Breaking(source.faults, self._tell)
        self._open: set[asyncio.Task[Any]] = set()
        source.workspace.subscribe(self._changed)
        source.journal.subscribe(self._recorded)
        source.sockets.on_change = lambda: self._tell(self._frames.bot())

    @property
    def controls(self) -> Controls | None:
        """What the page may break besides single operations; set by the stack around it."""
        return self._breaking.controls

    @controls.setter
    def controls(self, controls: Controls | None) -> None:
        self._breaking.controls = controls

    def add_routes(self, app: web.Application) -> None:
        """Serve the page and its API."""
        acts = PageActs(self._people)
        verbs: dict[str, Verb] = {
            "post": acts.post,
            "forward": acts.forward,
            "slash": acts.slash,
            "action": acts.action,
            "submit": acts.submit,
            "close": acts.close_view,
            "shortcut": acts.shortcut,
            "open_home": acts.open_home,
            "look": acts.look,
            "open_group": acts.open_group,
            "stop": acts.stop,
            "edit": acts.edit,
            "delete": acts.delete,
            "react": acts.react,
            "faults": self._breaking.add_fault,
            "kill": self._breaking.kill,
            "outage": self._breaking.outage,
        }
        for name, verb in verbs.items():
            app.router.add_post(f"/page/api/{name}", _json_route(verb))
        app.router.add_post("/page/api/upload", self._upload)
        app.router.add_delete("/page/api/faults", self._breaking.clear)
        app.router.add_delete("/page/api/faults/{id}", self._breaking.remove_fault)
        app.router.add_get("/page/ws", self._watch)
        app.router.add_get("/page/files/{id}", self._file)
        app.router.add_get(r"/archives/{channel}/p{ts:\d{16}}", self._permalink)
        app.router.add_get("/", self._index)
        if STATIC.is_dir():
            app.router.add_static("/static", STATIC)

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html", headers={"Content-Security-Policy": _POLICY})

    async def _permalink(self, request: web.Request) -> web.StreamResponse:
        """Lead from a message's address to its thread in the page."""
        channel, ts = request.match_info["channel"], request.match_info["ts"]
        thread_ts = request.query.get("thread_ts") or f"{ts[:10]}.{ts[10:]}"
        raise web.HTTPFound(URL("/").with_fragment(f"/{channel}/{thread_ts}"))

    async def _file(self, request: web.Request) -> web.StreamResponse:
        file = self._source.workspace.files.get(request.match_info["id"])
        if file is None:
            raise web.HTTPNotFound
        inline = file.mimetype.startswith("image/") and file.mimetype != "image/svg+xml"
        headers = {"X-Content-Type-Options": "nosniff", "Content-Type": file.mimetype}
        if not inline:
            headers["Content-Disposition"] = "attachment"
        return web.Response(body=file.content, headers=headers)

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        """Send a snapshot, then every change, until the page closes."""
        check_origin(request)
        me = visitor(request.query, self._source.workspace.humans())
        ws = web.WebSocketResponse(heartbeat=30.0)
        await ws.prepare(request)
        handler = asyncio.current_task()
        assert handler is not None  # noqa: S101 - a handler always runs in a task
        self._open.add(handler)
        handler.add_done_callback(self._open.discard)
        watcher = Watcher(me)
        watcher.broken = self._breaking.frame()
        watcher.push({**self._frames.snapshot(me), "faults": watcher.broken})
        self._watchers.add(watcher)
        tasks = [
            asyncio.create_task(_send(ws, watcher), name="send to a page"),
            asyncio.create_task(_drain(ws), name="wait for a page to close"),
            asyncio.create_task(self._watch_faults(watcher), name="watch faults"),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._watchers.discard(watcher)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await ws.close()
        return ws

    async def _watch_faults(self, watcher: Watcher) -> None:
        """Traffic uses faults up and processes come back, of which nobody tells: look sometimes."""
        while True:
            await asyncio.sleep(_BROKEN_S)
            frame = self._breaking.frame()
            if frame != watcher.broken:
                watcher.push(frame)

    def _changed(self, change: Change) -> None:
        for watcher in list(self._watchers):
            frame = self._frames.change(change, watcher.me)
            if frame is not None:
                watcher.push(frame)

    def _recorded(self, recorded: Entry) -> None:
        if self._watchers:
            self._tell({"type": "journal", "entry": entry(recorded)})

    def _tell(self, frame: JSON) -> None:
        for watcher in list(self._watchers):
            watcher.push(frame)

    async def close(self) -> None:
        """Disconnect every page."""
        for watcher in list(self._watchers):
            watcher.push(None)
        if self._open:
            await asyncio.wait(list(self._open))

    async def _upload(self, request: web.Request) -> web.Response:
        check_origin(request)
        user, uploaded = "", None
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name == "user":
                user = await part.text()
            elif isinstance(part, BodyPartReader) and part.name == "file":
                kind = part.headers.get("Content-Type")
                uploaded = (part.filename or "file", bytes(await part.read()), kind)
        if uploaded is None:
            return web.json_response({"ok": False, "error": "no_file"})
        name, content, kind = uploaded
        file = self._people.upload(user, name, content, kind)
        shown = {"id": file.id, "name": file.name, "size": len(file.content)}
        return web.json_response({"ok": True, "file": shown})


def _json_route(verb: Verb) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def route(request: web.Request) -> web.Response:
        check_origin(request)
        try:
            answer = await verb(await request.json())
        except Refusal as refusal:
            text = refusal.messages[0] if refusal.messages else ""
            return web.json_response({"ok": False, "error": refusal.code, "text": text})
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"ok": False, "error": "bad_request", "text": str(error)})
        return web.json_response({"ok": True, **answer})

    return route


async def _send(ws: web.WebSocketResponse, watcher: Watcher) -> None:
    with contextlib.suppress(ConnectionError):
        while (frame := await watcher.queue.get()) is not None:
            await ws.send_str(json.dumps(frame, ensure_ascii=False, default=str))


async def _drain(ws: web.WebSocketResponse) -> None:
    async for _ in ws:
        pass
