"""``python -m processor_service``: the processor on ``$PORT`` until SIGTERM."""

from processor_service import cold_start
from shared import gc_tuning

gc_tuning.pause()
cold_start.import_lean()

import signal
import socket
import sys
from contextlib import suppress

import uvicorn

from processor_service.api.http_head import BoundedHead
from processor_service.app import create_app, open_dependencies
from processor_service.settings import ProcessorSettings
from shared.settings import SettingsInvalid, load_settings
from shared.telemetry.deployment import deployment
from shared.telemetry.log import configure_logging, get_logger
from shared.telemetry.setup import telemetry

# Cloud Run kills 10 s after SIGTERM. Work in flight gets most of it; then it is cancelled, which
# hands its task back.
_DRAIN_S = 8


def main() -> int:
    """Exit code 0 after SIGTERM, 1 when the port is taken, 2 when the settings are unusable."""
    try:
        settings = load_settings(ProcessorSettings)
    except SettingsInvalid as error:
        with suppress(OSError):
            print(error, file=sys.stderr)  # noqa: T201 - there is no logging without settings
        return 2
    here = deployment("processor-service", settings.google_cloud_project)
    configure_logging(settings.log_level, settings.log_format, here)
    with telemetry(settings.telemetry, settings.trace_sample_ratio, here):
        return _serve(settings)


def _serve(settings: ProcessorSettings) -> int:
    try:
        listener = _listen(settings.host, settings.port)
    except OSError as error:
        why = f"Port {settings.port} cannot be used: {error.strerror}. Choose another with PORT."
        get_logger(__name__).error(why, action="port_taken", port=settings.port)
        return 1
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(lambda: open_dependencies(settings)),
            loop="uvloop",
            http=BoundedHead,
            ws="none",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_DRAIN_S,
        )
    )

    def end(*_: object) -> None:
        server.should_exit = True

    # uvicorn listens to signals later, stops on one and then raises it once more; ending in good
    # order is exit code 0.
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, end)
    gc_tuning.resume()
    server.run(sockets=[listener])
    return 0


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.set_inheritable(True)
    return listener


if __name__ == "__main__":
    sys.exit(main())
