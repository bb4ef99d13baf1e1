"""Services that start in a tenth of the time: forked off a process that has imported them already.

Importing a service takes two seconds of a core, which is most of what a test of the whole system
needs; a run starts some five hundred. What is imported lazily is there before it is asked for:
tests of the start itself, in tests/contract/processes, and ``make demo`` do without.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from simulators.processes import tied_exec
from simulators.processes.child_process import Running
from simulators.processes.environment import PROJECT_ROOT, inherited

IMPORTED: Final = {
    "command_service": ("command_service.app", "uvloop"),
    "processor_service": (
        "processor_service.app",
        "processor_service.answering.answer",
        "processor_service.features.share",
        "processor_service.gemini.model",
        "google.auth.jwt",
        "uvloop",
    ),
}
_TIE: Final = tied_exec.__file__


class Nursery:
    """One process for each service to be forked off, begun when the first is wanted."""

    def __init__(self, imported: Mapping[str, Sequence[str]] = IMPORTED) -> None:
        self._imported = imported
        # A socket's path has at most 107 characters: pytest's own folders are too deep.
        self._folder = Path(tempfile.mkdtemp(prefix="nursery-"))
        self._parents: dict[str, subprocess.Popen[str]] = {}
        # Two services that start side by side wait for one parent, each in the loop of its test.
        self._waiting = ThreadPoolExecutor()
        self._ready: dict[str, Future[None]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for parent in self._parents.values():
            parent.kill()
            parent.wait()
            if parent.stdout is not None:
                parent.stdout.close()
        self._waiting.shutdown()
        shutil.rmtree(self._folder)

    async def start(
        self, module: str, environment: Mapping[str, str], folder: Path, log: Path
    ) -> Running:
        """``python -m module`` in the folder, tied to this process."""
        if module not in self._parents:
            self._parents[module] = self._begin(module)
            self._ready[module] = self._waiting.submit(_until_ready, self._parents[module])
        await asyncio.shield(asyncio.wrap_future(self._ready[module]))
        reader, writer = await asyncio.open_unix_connection(self._place(module))
        asked = {"module": module, "environment": dict(environment)}
        writer.write(json.dumps({**asked, "folder": str(folder), "log": str(log)}).encode() + b"\n")
        return Forked(int(await reader.readline()), reader, writer)

    def _begin(self, module: str) -> subprocess.Popen[str]:
        births = ("-m", "tests.support.nursery.births", str(self._place(module)))
        return subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", _TIE, str(os.getpid())),
                *(sys.executable, *births, *self._imported[module]),
            ],
            env=inherited(),
            cwd=PROJECT_ROOT,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def _place(self, module: str) -> Path:
        return self._folder / module


def _until_ready(parent: subprocess.Popen[str]) -> None:
    assert parent.stdout is not None
    assert parent.stdout.readline() == "ready\n"


class Forked:
    """A process that was forked off, as ``asyncio.subprocess`` shows one of its own."""

    def __init__(
        self, pid: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = asyncio.create_task(self._until_ended(reader, writer))

    async def _until_ended(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        said = await reader.readline()
        self.returncode = int(said) if said else -signal.SIGKILL
        writer.close()
        await writer.wait_closed()
        return self.returncode

    async def wait(self) -> int:
        """How it ended (negative: by that signal)."""
        return await asyncio.shield(self._ended)

    def send_signal(self, number: int) -> None:
        """ProcessLookupError if it has ended meanwhile."""
        os.kill(self.pid, number)
