"""``python -m command_service``: the Slack side until SIGTERM."""

from shared import gc_tuning

gc_tuning.pause()

import asyncio
import signal
import socket
import sys
from contextlib import suppress

from command_service.app import run
from command_service.errors import StartFailed
from command_service.settings import CommandSettings
from command_service.transport.http_server import bound
from shared.settings import SettingsInvalid, load_settings
from shared.telemetry.deployment import deployment
from shared.telemetry.log import configure_logging, get_logger
from shared.telemetry.setup import telemetry

log = get_logger(__name__)


def main() -> int:
    """Exit code 0 after SIGTERM, 1 when it cannot start, 2 when the settings are unusable."""
    try:
        settings = load_settings(CommandSettings)
    except SettingsInvalid as error:
        with suppress(OSError):
            print(error, file=sys.stderr)  # noqa: T201 - there is no logging without settings
        return 2
    here = deployment("command-service", settings.google_cloud_project)
    configure_logging(settings.log_level, settings.log_format, here)
    with telemetry(settings.telemetry, settings.trace_sample_ratio, here):
        return _serve(settings)


def _serve(settings: CommandSettings) -> int:
    try:
        listener = bound(settings.host, settings.port)
    except OSError as error:
        why = f"Port {settings.port} cannot be used: {error.strerror}. Choose another with PORT."
        log.error(why, action="port_taken", port=settings.port)
        return 1
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
