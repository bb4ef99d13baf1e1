"""Free and taken TCP ports of this machine."""

import atexit
import random
import socket
from collections import deque

# Below the ports that systems hand to outgoing connections (from 32768 on by Linux's default, from
# 49152 on by RFC 6335): a port from there could be some connection's own before its server starts,
# or while a killed server is being restarted.
_FIRST, _LAST = 20_000, 32_767
_TRIES = 1_000

# A UDP socket on the port's number tells other processes that it is spoken for; it ends with the
# process. The oldest ones are let go: by then their servers listen, or are gone.
_reservations: deque[socket.socket] = deque()
_MOST_RESERVATIONS = 100


@atexit.register
def _release_all() -> None:
    for reservation in _reservations:
        reservation.close()


def free_port(host: str = "127.0.0.1") -> int:
    """A port nobody listens on, for a server of this process or one it starts.

    No other process that asks here is given it as long as this one lives, up to the last hundred
    ports. Raises OSError if none is found.
    """
    for _ in range(_TRIES):
        port = random.randint(_FIRST, _LAST)
        if is_free(port, host) and _reserved(port, host):
            return port
    raise OSError(f"No free port found between {_FIRST} and {_LAST} on {host}.")


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on ``port`` now."""
    return refusal(port, host) is None


def refusal(port: int, host: str = "127.0.0.1") -> OSError | None:
    """Why no server could listen on ``port`` now."""
    with socket.socket() as probe:
        # As asyncio's servers do: a port in TIME_WAIT is no obstacle to them.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
        return None


def _reserved(port: int, host: str) -> bool:
    reservation = socket.socket(type=socket.SOCK_DGRAM)
    try:
        reservation.bind((host, port))
    except OSError:
        reservation.close()
        return False
    _reservations.append(reservation)
    if len(_reservations) > _MOST_RESERVATIONS:
        _reservations.popleft().close()
    return True
