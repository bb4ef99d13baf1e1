"""``ports.FileSource`` on Slack's hosts: what is fetched, and whom our token is shown to."""

import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from yarl import URL

from processor_service.slack.client import SlackCalls
from processor_service.slack.files import DOWNLOAD_TIMEOUT, SlackFiles, SlackHosts
from shared.errors import FileUnusable
from shared.slack.files import CANVAS_TYPE, files_of
from shared.task import TaskFile
from simulators.faults import Fault
from tests.support.fakes.processor.retrying import Naps
from tests.support.workbenches.slack import Workbench, workbench

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 1000
LIMIT = 100_000
# Packed, it is smaller than the limit.
BOMB = 64 * 1024 * 1024


class NoHolds:
    """Slack has not asked anybody to wait."""

    async def delay_s(self, key: str) -> float:
        return 0.0

    async def record(self, key: str, seconds: float) -> None:
        return


@dataclass
class Downloads:
    """The adapter in a simulated workspace."""

    bench: Workbench
    files: SlackFiles
    naps: Naps

    def shared(
        self,
        name: str = "図.png",
        content: bytes = PNG,
        where: str = "#general",
        mimetype: str | None = None,
        voice: bool = False,
    ) -> TaskFile:
        """A file that Alice has just posted, as its event describes it."""
        people, workspace = self.bench.slack.people, self.bench.slack.workspace
        file = people.upload("alice", name, content, mimetype)
        file.subtype = "slack_audio" if voice else ""
        message = people.post("alice", where, "見て", files=[file.id])
        [described] = files_of(workspace.present(message))
        return described

    async def refused(self, file: TaskFile, limit: int = LIMIT) -> str:
        """The reason a download ends with."""
        with pytest.raises(FileUnusable) as unusable:
            await self.files.content(file, limit)
        return unusable.value.reason


@asynccontextmanager
async def downloads(token: str = "xoxb-local") -> AsyncIterator[Downloads]:
    async with (
        workbench() as bench,
        aiohttp.ClientSession(timeout=DOWNLOAD_TIMEOUT) as session,
    ):
        naps = Naps()
        calls = SlackCalls(bench.new_client(token), NoHolds(), lambda denied: None)
        hosts = SlackHosts(bench.running.api_url)
        yield Downloads(bench, SlackFiles(calls, session, hosts, naps), naps)


@pytest_asyncio.fixture
async def opened() -> AsyncIterator[Downloads]:
    async with downloads() as ready:
        yield ready


async def test_a_shared_file_is_fetched(opened: Downloads) -> None:
    assert await opened.files.content(opened.shared(), LIMIT) == PNG


async def test_a_redirect_within_slack_is_followed_with_the_token(opened: Downloads) -> None:
    opened.bench.slack.files.redirects = True
    assert await opened.files.content(opened.shared(), LIMIT) == PNG


async def test_a_sign_in_page_is_no_content() -> None:
    async with downloads("xoxb-another") as stranger:
        image, text = stranger.shared(), stranger.shared("a.txt", b"text")
        assert await stranger.refused(image) == "file_not_fetched"
        assert await stranger.refused(text) == "file_not_fetched"


async def test_a_page_that_was_really_shared_is_told_from_the_sign_in_page() -> None:
    page = b"<!DOCTYPE html><p>ours</p>"
    async with downloads() as member:
        assert await member.files.content(member.shared("a.html", page), LIMIT) == page
    async with downloads("xoxb-another") as stranger:
        assert await stranger.refused(stranger.shared("a.html", page)) == "file_not_fetched"


async def test_a_canvas_is_fetched_as_a_page_and_told_from_the_sign_in_page() -> None:
    page = "<h1>計画</h1>".encode()
    async with downloads() as member:
        canvas = member.shared("計画", page, mimetype=CANVAS_TYPE)
        assert await member.files.content(canvas, LIMIT) == page
    async with downloads("xoxb-another") as stranger:
        canvas = stranger.shared("計画", page, mimetype=CANVAS_TYPE)
        assert await stranger.refused(canvas) == "file_not_fetched"


async def test_a_voice_clip_that_slack_calls_a_film_is_fetched_as_audio(opened: Downloads) -> None:
    clip = opened.shared("audio_message.webm", b"voice", mimetype="video/webm", voice=True)
    assert clip.mimetype == "audio/webm"
    assert await opened.files.content(clip, LIMIT) == b"voice"


async def test_a_file_that_is_deleted_meanwhile_is_gone(opened: Downloads) -> None:
    file = opened.shared()
    opened.bench.slack.people.delete_file("alice", file.id)
    assert await opened.refused(file) == "file_gone"


async def test_a_file_larger_than_its_limit_is_refused(opened: Downloads) -> None:
    assert await opened.refused(opened.shared(), limit=len(PNG) - 1) == "file_too_large"
    assert await opened.files.content(opened.shared(), limit=len(PNG)) == PNG


async def test_an_empty_file_is_unreadable(opened: Downloads) -> None:
    assert await opened.refused(opened.shared("a.txt", b"")) == "file_unreadable"


async def test_a_host_that_fails_for_a_moment_is_asked_again(opened: Downloads) -> None:
    file = opened.shared()
    opened.bench.faults.add("slack", "download", Fault("error", status=503), times=2)
    assert await opened.files.content(file, LIMIT) == PNG
    assert len(opened.naps.seconds) == 2


async def test_a_host_that_keeps_failing_is_given_up(opened: Downloads) -> None:
    file = opened.shared()
    opened.bench.faults.add("slack", "download", Fault("error", status=503), times=-1)
    assert await opened.refused(file) == "file_not_fetched"


async def test_what_the_event_left_out_is_asked_of_slack(opened: Downloads) -> None:
    channel = opened.bench.slack.people.channel("#general")
    channel.is_ext_shared = True
    file = opened.shared()
    assert (file.name, file.url) == ("", "")
    described = await opened.files.described(file)
    assert (described.name, described.mimetype) == ("図.png", "image/png")
    assert await opened.files.content(described, LIMIT) == PNG


async def test_asking_about_what_is_deleted_or_hidden_from_us_says_so(opened: Downloads) -> None:
    deleted = opened.shared()
    opened.bench.slack.people.delete_file("alice", deleted.id)
    hidden = opened.shared(where="#humans-only")
    for file, reason in ((deleted, "file_gone"), (hidden, "file_not_fetched")):
        with pytest.raises(FileUnusable) as unusable:
            await opened.files.described(TaskFile(id=file.id))
        assert unusable.value.reason == reason


async def test_a_complete_description_is_not_asked_for_again(opened: Downloads) -> None:
    file = opened.shared()
    before = len(opened.bench.journal.entries())
    assert await opened.files.described(file) == file
    assert len(opened.bench.journal.entries()) == before


# What only a host of our own can do.


@dataclass
class Host:
    """A web server; ``seen`` are the Authorization headers of its requests."""

    answer: Callable[[web.Request], Awaitable[web.StreamResponse]]
    url: URL = field(default_factory=URL)
    seen: list[str | None] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request.headers.get("Authorization"))
        return await self.answer(request)

    @property
    def file(self) -> TaskFile:
        """An image on this host."""
        return TaskFile(id="F1", name="a.png", mimetype="image/png", url=str(self.url / "a.png"))


async def _listen(host: Host, stack: AsyncExitStack) -> Host:
    app = web.Application()
    app.router.add_get("/{path:.*}", host.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host.url = URL(f"http://127.0.0.1:{runner.addresses[0][1]}")
    return host


@asynccontextmanager
async def fetching_from(host: Host) -> AsyncIterator[SlackFiles]:
    """The adapter with ``host`` as the Slack of the settings."""
    async with AsyncExitStack() as stack:
        await _listen(host, stack)
        bench = await stack.enter_async_context(workbench())
        session = await stack.enter_async_context(aiohttp.ClientSession(timeout=DOWNLOAD_TIMEOUT))
        calls = SlackCalls(bench.new_client(), NoHolds(), lambda denied: None)
        yield SlackFiles(calls, session, SlackHosts(str(host.url / "api/")), Naps())


async def _content(_: web.Request) -> web.StreamResponse:
    return web.Response(body=PNG, content_type="image/png")


async def test_a_redirect_to_a_foreign_host_is_not_followed_and_never_sees_the_token() -> None:
    async with AsyncExitStack() as stack:
        foreign = await _listen(Host(_content), stack)

        async def redirect(_: web.Request) -> web.StreamResponse:
            raise web.HTTPFound(str(foreign.url / "a.png"))

        slack = Host(redirect)
        files = await stack.enter_async_context(fetching_from(slack))
        with pytest.raises(FileUnusable) as unusable:
            await files.content(slack.file, LIMIT)
    assert unusable.value.reason == "file_not_fetched"
    assert slack.seen == ["Bearer xoxb-local"]
    assert foreign.seen == []


async def test_a_file_that_names_a_foreign_host_is_not_fetched() -> None:
    async with AsyncExitStack() as stack:
        foreign = await _listen(Host(_content), stack)
        files = await stack.enter_async_context(fetching_from(Host(_content)))
        with pytest.raises(FileUnusable):
            await files.content(foreign.file, LIMIT)
    assert foreign.seen == []


async def test_three_redirects_are_followed_and_a_fourth_is_not() -> None:
    async def hop(request: web.Request) -> web.StreamResponse:
        left = int(request.query.get("left", 0))
        if left == 0:
            return await _content(request)
        raise web.HTTPFound(f"/a.png?left={left - 1}")

    slack = Host(hop)
    async with fetching_from(slack) as files:
        three = slack.file.model_copy(update={"url": f"{slack.url}/a.png?left=3"})
        assert await files.content(three, LIMIT) == PNG
        four = slack.file.model_copy(update={"url": f"{slack.url}/a.png?left=4"})
        with pytest.raises(FileUnusable):
            await files.content(four, LIMIT)
    assert set(slack.seen) == {"Bearer xoxb-local"}


async def test_a_file_that_never_ends_is_left_as_soon_as_it_is_too_large() -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(headers={"Content-Type": "image/png"})
        await response.prepare(request)
        while True:
            await response.write(b"0" * 64 * 1024)
            sent += 64 * 1024

    slack = Host(endless)
    async with fetching_from(slack) as files:
        with pytest.raises(FileUnusable) as unusable:
            await files.content(slack.file, LIMIT)
    assert unusable.value.reason == "file_too_large"
    # What the sockets buffer comes on top of the limit.
    assert sent < LIMIT + 16 * 1024 * 1024


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
async def test_a_packed_bomb_is_left_as_soon_as_its_content_is_too_large(packing: str) -> None:
    packer = zlib.compressobj(9, wbits=31 if packing == "gzip" else 15)
    bomb = packer.compress(bytes(BOMB)) + packer.flush()
    assert len(bomb) < LIMIT < BOMB

    async def packed(_: web.Request) -> web.StreamResponse:
        headers = {"Content-Encoding": packing, "Content-Type": "image/png"}
        return web.Response(body=bomb, headers=headers)

    slack = Host(packed)
    async with fetching_from(slack) as files:
        tracemalloc.start()
        try:
            with pytest.raises(FileUnusable) as unusable:
                await files.content(slack.file, LIMIT)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert unusable.value.reason == "file_too_large"
    assert most < BOMB // 4


@pytest.mark.parametrize(
    ("url", "is_slack"),
    [
        ("https://files.slack.com/files-pri/T1-F1/a.png", True),
        ("https://files-origin.slack.com/a.png", True),
        ("https://a.slack-edge.com/a.png", True),
        ("https://slack-files.com.evil.example/a.png", False),
        ("https://evilslack.com/a.png", False),
        ("https://files.slack.com.evil.example/a.png", False),
        ("https://files.slack.com@evil.example/a.png", False),
        ("https://user:pw@files.slack.com/a.png", False),
        ("http://files.slack.com/a.png", False),
        ("https://files.slack.com:8443/a.png", False),
        ("http://127.0.0.1:4000/a.png", False),
        ("http://metadata.google.internal/", False),
        ("file:///etc/passwd", False),
        ("/a.png", False),
        ("", False),
    ],
)
def test_only_slacks_own_hosts_over_https_are_slack(url: str, is_slack: bool) -> None:
    assert (URL(url) in SlackHosts("https://slack.com/api/")) is is_slack


@pytest.mark.parametrize(
    ("url", "is_slack"),
    [
        ("http://127.0.0.1:4000/files/a.png", True),
        ("http://localhost:4000/files/a.png", True),
        ("http://127.0.0.1:4001/files/a.png", False),
        ("https://127.0.0.1:4000/files/a.png", False),
        ("http://192.168.0.1:4000/a.png", False),
        ("https://files.slack.com/a.png", True),
    ],
)
def test_a_local_slack_is_slack_on_its_own_port_too(url: str, is_slack: bool) -> None:
    assert (URL(url) in SlackHosts("http://127.0.0.1:4000/api/")) is is_slack
