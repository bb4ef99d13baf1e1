"""Every golden answer beside what Slack shows of it: ``make preview``."""

import asyncio
import contextlib
import signal
import sys

from aiohttp import web

from simulators.processes.port_option import OneLineParser, obstacle, port_number
from tests.preview.page import STATIC, page
from tests.support.markdown.golden_answers import NAMES


async def _index(request: web.Request) -> web.Response:
    """The page, rendered anew: who changes a golden answer reloads."""
    return web.Response(text=page(), content_type="text/html")


async def _serve(port: int) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows' loop takes no signal handlers
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
    app = web.Application()
    app.router.add_get("/", _index)
    app.router.add_static("/static", STATIC)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        host, bound = runner.addresses[0][:2]
        sys.stdout.write(f"{len(NAMES)} answers, rendered: http://{host}:{bound} (Ctrl-C stops)\n")
        sys.stdout.flush()
        await stop.wait()
    finally:
        await runner.cleanup()


def main() -> int:
    """Serve until interrupted; 1 if the port is taken."""
    parser = OneLineParser(prog="python -m tests.preview", description=__doc__)
    parser.add_argument("--port", type=port_number, default=7070, help="0 takes any free port")
    port = parser.parse_args().port
    if why := obstacle(port, "make preview PORT={port}"):
        sys.stderr.write(f"{why}\n")
        return 1
    asyncio.run(_serve(port))
    return 0


if __name__ == "__main__":
    sys.exit(main())
