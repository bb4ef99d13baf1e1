"""Whose answer is whole: read off the simulated Slack, and told over HTTP to those who wait."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from benchmarks.marked import MARK
from simulators.slack import SlackSimulator
from simulators.slack.state.changes import Change, Edited, Posted, Refreshed
from simulators.slack.state.model import Message

_WITHIN_S: Final = 60.0


class Answers:
    """Watches for the parts of answers; ``whole`` ends when all parts of one stand."""

    def __init__(self, slack: SlackSimulator) -> None:
        self._asked: dict[tuple[str, str], int] = {}
        self._parts: dict[int, set[int]] = defaultdict(set)
        self._whole: dict[int, asyncio.Event] = defaultdict(asyncio.Event)
        self._asked_in: Counter[int] = Counter()
        slack.workspace.subscribe(self._changed)

    async def whole(self, number: int) -> None:
        """Return once the answer to the question is whole."""
        await self._whole[number].wait()
        del self._whole[number]

    def most_in_a_second(self) -> int:
        """How many questions the busiest second had: whether people asked in step."""
        return max(self._asked_in.values(), default=0)

    def _changed(self, change: Change) -> None:
        match change:
            case Posted(message) if message.bot_id is None:
                if found := MARK.search(message.text):
                    self._asked[message.channel, message.ts] = int(found[1])
                    self._asked_in[int(time.monotonic())] += 1
            case Posted(message) | Edited(message) | Refreshed(message):
                self._shown(message)

    def _shown(self, message: Message) -> None:
        number = self._asked.get((message.channel, message.thread_ts or ""))
        payload = (message.metadata or {}).get("event_payload") or {}
        if number is None or payload.get("role") != "answer" or not payload.get("parts"):
            return
        self._parts[number].add(payload["part"])
        if len(self._parts[number]) == payload["parts"]:
            self._whole[number].set()


@asynccontextmanager
async def watching(answers: Answers, port: int) -> AsyncIterator[str]:
    """An address: ``/answered/NUMBER`` answers once that answer is whole, 504 after a minute."""

    async def answered(request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(_WITHIN_S):
                await answers.whole(int(request.match_info["number"]))
        except TimeoutError:
            return web.Response(status=504)
        return web.Response(status=200)

    app = web.Application()
    app.router.add_get("/answered/{number}", answered)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()
