"""The shared main of both services: settings, logging, telemetry, port, exit codes."""

import socket
import sys
from collections.abc import Callable
from contextlib import suppress

from shared.settings import SettingsInvalid, SettingsT, load_settings
from shared.telemetry.deployment import deployment
from shared.telemetry.log import configure_logging, get_logger
from shared.telemetry.setup import telemetry

log = get_logger(__name__)


def run_service(
    name: str, kind: type[SettingsT], serve: Callable[[SettingsT, socket.socket], int]
) -> int:
    """The exit code: 2 for unusable settings, 1 for a port that cannot be had, else ``serve``'s."""
    try:
        settings = load_settings(kind)
    except SettingsInvalid as error:
        with suppress(OSError):
            print(error, file=sys.stderr)  # noqa: T201 - there is no logging without settings
        return 2
    here = deployment(name, settings.google_cloud_project)
    configure_logging(settings.log_level, settings.log_format, here)
    with telemetry(settings.telemetry, settings.trace_sample_ratio, here):
        try:
            listener = bound(settings.host, settings.port)
        except OSError as error:
            why = (
                f"Port {settings.port} cannot be used: {error.strerror}. Choose another with PORT."
            )
            log.error(why, action="port_taken", port=settings.port)
            return 1
        return serve(settings, listener)


def bound(host: str, port: int) -> socket.socket:
    """A socket on the port, not listening yet; raises OSError when the port cannot be had.

    A probe finds the port closed until it is served. The server closes the socket.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener
