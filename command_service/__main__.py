"""``python -m command_service``: the Slack side until SIGTERM."""

from shared import gc_tuning

gc_tuning.pause()

import asyncio
import signal
import socket
import sys

from command_service.app import run
from command_service.errors import StartFailed
from command_service.settings import CommandSettings
from shared.service_main import run_service
from shared.telemetry.log import get_logger

log = get_logger(__name__)


def main() -> int:
    """Exit code 0 after SIGTERM, 1 when it cannot start, 2 when the settings are unusable."""
    return run_service("command-service", CommandSettings, _serve)


def _serve(settings: CommandSettings, listener: socket.socket) -> int:
    gc_tuning.resume()
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_until_signalled(settings, listener))
    except StartFailed as error:
        log.error(str(error), action="start_failed", reason=error.reason)
        return 1
    return 0


def _loop_factory() -> type[asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop  # noqa: PLC0415 - there is none for Windows

    return uvloop.Loop


async def _until_signalled(settings: CommandSettings, listener: socket.socket) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with listener:
        await run(settings, stop, listener)


if __name__ == "__main__":
    sys.exit(main())
