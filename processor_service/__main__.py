"""``python -m processor_service``: the processor on ``$PORT`` until SIGTERM."""

from processor_service import cold_start
from shared import gc_tuning

gc_tuning.pause()
cold_start.import_lean()

import signal
import socket
import sys

import uvicorn

from processor_service.api.http_head import BoundedHead
from processor_service.app import create_app, open_dependencies
from processor_service.resilience.stopping import Stopping
from processor_service.settings import ProcessorSettings
from shared.service_main import run_service

# Cloud Run kills 10 s after SIGTERM. Work still in flight by then is cancelled and handed back.
_DRAIN_S = 8


def main() -> int:
    """Exit code 0 after SIGTERM, 1 when the port is taken, 2 when the settings are unusable."""
    return run_service("processor-service", ProcessorSettings, _serve)


class _Server(uvicorn.Server):
    """Tells waiting tasks that the process ends, and lets working ones drain."""

    def __init__(self, config: uvicorn.Config, stopping: Stopping) -> None:
        super().__init__(config)
        self._stopping = stopping

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping.request()
        await super().shutdown(sockets)


def _serve(settings: ProcessorSettings, listener: socket.socket) -> int:
    stopping = Stopping()
    server = _Server(
        uvicorn.Config(
            create_app(lambda: open_dependencies(settings, stopping)),
            loop="uvloop",
            http=BoundedHead,
            ws="none",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_DRAIN_S,
        ),
        stopping,
    )

    def end(*_: object) -> None:
        server.should_exit = True

    # uvicorn handles signals later and raises them again after a stop; a graceful end is code 0.
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, end)
    gc_tuning.resume()
    server.run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
