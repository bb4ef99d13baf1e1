"""``python -m tests.support.nursery.births SOCKET MODULE...``: imports the modules, and forks.

Whoever connects to the socket asks for a process by one line of JSON. The answer is two lines: the
process's id, and how it ended.
"""

import ctypes
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import time
from dataclasses import dataclass

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Birth:
    """``python -m MODULE`` with exactly that environment, writing to the log."""

    module: str
    environment: dict[str, str]
    folder: str
    log: str


def main(place: str, modules: list[str]) -> Birth:
    """Returns in the processes that are born, and nowhere else."""
    for module in modules:
        importlib.import_module(module)
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place)
        listener.listen()
        # Whoever attends a birth is waited for by nobody.
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        print("ready", flush=True)  # noqa: T201 - whoever started it waits for this line
        while True:
            asked, _ = listener.accept()
            with asked:
                if os.fork() == 0:
                    listener.close()
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    return _attend(asked)


def _attend(asked: socket.socket) -> Birth:
    _end_with_the_parent()
    with asked.makefile("rw", encoding="utf-8") as talk:
        birth = Birth(**json.loads(talk.readline()))
        pid = os.fork()
        if pid == 0:
            _end_with_the_parent()
            return birth
        print(pid, file=talk, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), file=talk, flush=True)
    os._exit(0)


def _end_with_the_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def become(birth: Birth) -> None:
    """Be the process that was asked for; does not return if the module ends by itself."""
    os.setsid()
    os.chdir(birth.folder)
    written = os.open(birth.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (written, 1), (written, 2)):
        os.dup2(source, target)
    for spare in (nothing, written):
        os.close(spare)
    os.environ.clear()
    os.environ.update(birth.environment)
    time.tzset()
    # As ``-m`` has it.
    sys.path[0] = birth.folder
    sys.argv = [birth.module]
    runpy.run_module(birth.module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    become(main(sys.argv[1], sys.argv[2:]))
