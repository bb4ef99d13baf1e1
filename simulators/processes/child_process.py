"""A child process with a log file that never outlives its launcher (on Linux, even its crash)."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

_TIE = Path(__file__).with_name("tied_exec.py")


class Running(Protocol):
    """A started process, as ``asyncio.subprocess.Process`` shows it."""

    @property
    def pid(self) -> int:
        """Its process id."""

    @property
    def returncode(self) -> int | None:
        """How it ended (negative: by that signal), None while it runs."""

    async def wait(self) -> int:
        """Wait for the end; how it ended."""

    def send_signal(self, number: int, /) -> None:
        """ProcessLookupError if it has ended."""


class ChildProcess:
    """One command that can be started, killed and started again; its log is kept across starts.

    ``command[0]`` is an absolute path. The process gets exactly ``environment``.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
    ) -> None:
        self.name = name
        self.log_path = folder / f"{name}.log"
        self._command = tuple(command)
        self._environment = dict(environment)
        self._folder = folder
        self._process: Running | None = None
        self.ended_on_purpose = False
        """The last end was asked for with `kill` or `terminate`."""
        self.may_start = asyncio.Event()
        """Cleared while whoever starts it again after a crash shall wait."""
        self.may_start.set()

    @property
    def pid(self) -> int | None:
        """The running process's id, None while there is none."""
        return self._process.pid if self._process is not None and self.is_running else None

    @property
    def is_running(self) -> bool:
        """Started and not yet ended."""
        return self._process is not None and self._process.returncode is None

    @property
    def exit_code(self) -> int | None:
        """How the last run ended (negative: by that signal), None while it runs."""
        return self._process.returncode if self._process is not None else None

    async def start(self) -> None:
        """Start the process; RuntimeError if it is running already."""
        if self.is_running:
            raise RuntimeError(f"{self.name} is running already (pid {self.pid})")
        self.ended_on_purpose = False
        self._folder.mkdir(parents=True, exist_ok=True)
        self._process = await self._spawned()

    async def _spawned(self) -> Running:
        # -I and -S: the few lines before the command need nothing but the standard library.
        tied = (sys.executable, "-I", "-S", str(_TIE), str(os.getpid()), *self._command)
        with self.log_path.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *tied,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                env=self._environment,
                cwd=self._folder,
                # Ctrl-C in the terminal is the launcher's to handle, in the right order.
                start_new_session=True,
            )

    def configure(self, changes: Mapping[str, str | None]) -> None:
        """Give the next start these variables besides; None takes one away."""
        changed = {**self._environment, **changes}
        self._environment = {name: value for name, value in changed.items() if value is not None}

    async def wait(self) -> int:
        """Wait for the end; the exit code (negative: ended by that signal)."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return await self._process.wait()

    def crash(self) -> None:
        """End it at once (SIGKILL), behind the back of whoever watches it: as if it had crashed."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGKILL)

    async def kill(self) -> None:
        """End it at once (SIGKILL), and for good."""
        await self._signal(signal.SIGKILL)

    async def terminate(self, grace_s: float = 10.0) -> int | None:
        """Ask it to stop (SIGTERM), kill it after ``grace_s``; the exit code."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await self._signal(signal.SIGTERM)
        await self.kill()
        return self.exit_code

    async def _signal(self, number: signal.Signals) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        self.ended_on_purpose = True
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)
        await self._process.wait()

    def log_text(self) -> str:
        """Everything it has written, all starts together."""
        if not self.log_path.exists():
            return ""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def last_lines(self, count: int = 15) -> str:
        """The end of its log."""
        return "\n".join(self.log_text().splitlines()[-count:])
