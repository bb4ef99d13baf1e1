"""Where the simulator listens: a port that can refuse connections for a while."""

import asyncio

from aiohttp import web


class Listening:
    """An app on one port, from ``open`` on; port 0 takes a free one and keeps it."""

    def __init__(self, runner: web.AppRunner, host: str, port: int) -> None:
        self._runner = runner
        self._host = host
        self._port = port
        self._site: web.TCPSite | None = None
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The base address, the same before and after a refusal."""
        return f"http://{self._host}:{self._port}"

    async def open(self) -> None:
        """Take connections; harmless when they are taken already. Raises OSError (a taken port)."""
        if self._site is None:
            site = web.TCPSite(self._runner, self._host, self._port)
            await site.start()
            self._site, self._port = site, site.port

    async def refuse(self) -> None:
        """Refuse connections; requests under way go on to their end. Harmless when refusing."""
        if self._site is None:
            return
        site, self._site = self._site, None
        await site.stop()
        # A client would go on using a connection that it keeps open. aiohttp's close() alone ends
        # the handler of an idle one and leaves its socket open, so that a request on it hangs.
        for connection in self._runner.server.connections if self._runner.server else ():
            connection.close()
            ending = asyncio.create_task(connection.shutdown(None), name="gemini:ending")
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """Wait no longer for requests under way. The runner's cleanup ends the rest."""
        for ending in self._ending:
            ending.cancel()
        await asyncio.gather(*self._ending, return_exceptions=True)
