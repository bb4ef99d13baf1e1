"""The simulator: its parts wired together, behind one HTTP server."""

import asyncio
import contextlib
import errno
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web

from simulators.faults import FaultPlan
from simulators.journal import Journal
from simulators.slack.background import Background
from simulators.slack.config import SlackConfig
from simulators.slack.content.views import Views
from simulators.slack.events.delivery import Delivery
from simulators.slack.events.http_events import HttpEvents
from simulators.slack.events.socket_mode import SocketMode
from simulators.slack.events.source import EventSource
from simulators.slack.page.api import PageApi
from simulators.slack.page.frames import PageSource
from simulators.slack.people.interactions import Interactions
from simulators.slack.people.people import People
from simulators.slack.people.response_urls import ResponseUrls
from simulators.slack.state.changes import Refreshed
from simulators.slack.state.model import JSON
from simulators.slack.state.workspace import Workspace
from simulators.slack.web_api.calls import WebApi
from simulators.slack.web_api.files import FileServer
from simulators.slack.web_api.methods.streams import expire

T = TypeVar("T")
_UPLOAD_BYTES = 100 * 1024 * 1024
_TICK_S = 0.5


class PortInUse(Exception):
    """Another program listens on the port already."""


@dataclass(frozen=True)
class Running:
    """Where the simulator listens."""

    base_url: str
    api_url: str


class SlackSimulator:
    """One workspace with one app, from its Web API to what people see.

    ``people`` acts as the humans, ``messages`` and ``wait_for`` look at what came of it. Events
    nobody acknowledges are delivered again after ``config.redelivery_delays_s``: the delays of the
    HTTP Events API (nearly at once, one minute, five minutes), since Slack documents no schedule
    for Socket Mode.
    """

    def __init__(
        self, *, journal: Journal, faults: FaultPlan, config: SlackConfig | None = None
    ) -> None:
        self.config = config = config or SlackConfig()
        self.journal = journal
        self.faults = faults
        self.workspace = Workspace(config)
        self.views = Views(self.workspace)
        self.sockets = SocketMode(config, self.workspace.ids, journal=journal, faults=faults)
        self.sockets.app_id = self.workspace.app_id
        self.http_events = HttpEvents(config, journal=journal, faults=faults)
        self._background = Background()
        transport = self.http_events if config.events_url else self.sockets
        self.delivery = Delivery(config, self._background, transport)
        self.response_urls = ResponseUrls(self.workspace, journal=journal, faults=faults)
        EventSource(self.workspace, self.views, self.delivery)
        interactions = Interactions(self.workspace, self.views, self.response_urls, self.delivery)
        self.people = People(self.workspace, self.views, interactions)
        self.api = WebApi(self.workspace, self.views, journal=journal, faults=faults)
        self.api.open_socket_url = self.sockets.open_url
        self.files = FileServer(self.workspace, faults)
        source = PageSource(
            config, self.workspace, self.views, self.sockets, journal=journal, faults=faults
        )
        self.page = PageApi(source, self.people)
        self._stirred = asyncio.Event()

    @contextlib.asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Running]:
        """Listen until the block ends. Raises ``PortInUse``."""
        runner = web.AppRunner(
            self._app(), shutdown_timeout=0.5, access_log=None, auto_decompress=True
        )
        await runner.setup()
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(runner.cleanup)
            site = web.TCPSite(runner, host, port)
            try:
                await site.start()
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise PortInUse(
                        f"Slack simulator: port {port} on {host} is already in use; "
                        "choose another with --port."
                    ) from error
                raise
            running = self._addressed(host, runner.addresses[0][1])
            await stack.enter_async_context(self.http_events.open())
            stack.push_async_callback(self._close)
            for unsubscribe in self._watch():
                stack.callback(unsubscribe)
            self._background.spawn(self._housekeep(), "housekeeping")
            yield running

    async def _close(self) -> None:
        await self._background.close()
        await self.page.close()
        await self.sockets.close()

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=_UPLOAD_BYTES)
        app.router.add_route("*", "/api/{method}", self.api.handle)
        app.router.add_get("/link/", self.sockets.handle)
        app.router.add_post("/response/{path:.+}", self.response_urls.handle)
        app.router.add_post("/upload/v1/{ticket}", self.files.upload)
        for path in ("files-pri", "files-origin"):
            app.router.add_get(f"/{path}/{{team}}-{{file_id}}/{{name:.+}}", self.files.download)
        self.page.add_routes(app)
        return app

    def _addressed(self, host: str, port: int) -> Running:
        base_url = f"http://{host}:{port}"
        self.api.base_url = self.workspace.files_url = self.response_urls.base_url = base_url
        self.sockets.socket_base_url = f"ws://{host}:{port}"
        self.files.other_base_url = f"http://localhost:{port}"
        return Running(base_url, f"{base_url}/api/")

    def _watch(self) -> list[Callable[[], None]]:
        def stir(_: object) -> None:
            self._stirred.set()

        return [self.workspace.subscribe(stir), self.journal.subscribe(stir)]

    async def _housekeep(self) -> None:
        """End what has outlived its time, so that it also looks ended."""
        while True:
            await asyncio.sleep(_TICK_S)
            self.expire()

    def expire(self) -> None:
        """End streams, statuses and sessions that are too old, by the configured clock."""
        workspace = self.workspace
        workspace.expire_statuses()
        workspace.sessions.expire()
        self.response_urls.forget_expired()
        self.views.forget_expired()
        for message in workspace.live_streams():
            if expire(message, workspace.now(), self.config.stream_lifetime_s):
                workspace.tell(Refreshed(message))

    async def verify_events_url(self) -> None:
        """Check the events URL as Slack does when it is entered. Raises ``UrlNotVerified``."""
        await self.http_events.verify_url(self.workspace.ids.secret())

    def messages(self, where: str, *, thread_ts: str | None = None) -> list[JSON]:
        """A channel's messages with their metadata, oldest first, replies included.

        With ``thread_ts`` only that thread, its parent first.
        """
        log = self.workspace.log(self.people.channel(where).id)
        if thread_ts is None:
            wanted = log.all()
        else:
            parent = log.get(thread_ts)
            wanted = [*([parent] if parent else []), *log.replies(thread_ts)]
        return [self.workspace.present(message, rich=False) for message in wanted]

    def ephemerals(self, who: str) -> list[JSON]:
        """What only this user sees, oldest first."""
        user = self.people.user(who).id
        found = (m for m in self.workspace.ephemerals.values() if m.ephemeral_for == user)
        return [self.workspace.present(message, rich=False) for message in found]

    async def wait_for(self, predicate: Callable[[], T], deadline_s: float = 30.0) -> T:
        """The first true value of ``predicate``, asked whenever something happened.

        Raises ``TimeoutError`` after ``deadline_s``.
        """
        end = time.monotonic() + deadline_s
        while not (value := predicate()):
            if time.monotonic() > end:
                raise TimeoutError(f"Nothing made {predicate} true within {deadline_s} s.")
            self._stirred.clear()
            with contextlib.suppress(TimeoutError):
                # What happens outside the simulator stirs nothing; it is looked at this often.
                await asyncio.wait_for(self._stirred.wait(), 0.02)
        return value
