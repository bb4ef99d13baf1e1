"""Command lines whose ``--port`` may be wrong or taken: each costs one clear line."""

import argparse
import errno
import sys
from typing import NoReturn

from simulators.processes.tcp_ports import is_free, refusal

_LAST = 65_535


class OneLineParser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line, without the usage before it."""

    def error(self, message: str) -> NoReturn:
        """End with exit code 2."""
        sys.stderr.write(f"{message[:1].upper()}{message[1:]}\n")
        sys.exit(2)


def port_number(text: str) -> int:
    """For argparse: a port, or 0 for any free one."""
    if text.isascii() and text.isdecimal() and len(text) <= len(str(_LAST)) and int(text) <= _LAST:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port: choose one from 1024 to {_LAST}.")


def obstacle(port: int, command: str) -> str | None:
    """Why no server can listen on ``port`` of this machine, and the ``command`` with one that can.

    ``command`` holds "{port}". None if it is free, or 0.
    """
    error = refusal(port) if port else None
    if error is None:
        return None
    why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
    candidates = range(max(port + 1, 1024), _LAST + 1)
    free = next((each for each in candidates if is_free(each)), 0)
    return f"Port {port} {why}. Choose another one: {command.format(port=free)}"
