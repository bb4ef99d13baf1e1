"""What ``python -m simulators`` writes: colours and signs for people, plain lines for a file."""

import os
import sys
from typing import TextIO

from simulators.stack.local_stack import LocalStack
from simulators.stack.progress import Started

_GREEN, _DIM, _BOLD, _RESET = "\x1b[32m", "\x1b[2m", "\x1b[1m", "\x1b[0m"


class Console:
    """Writes to ``out``; a terminal gets colours."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._pretty = self._out.isatty()

    def line(self, text: str = "") -> None:
        """One line, at once."""
        self._out.write(f"{text}\n")
        self._out.flush()

    def started(self, part: Started) -> None:
        """A part of the stack has started."""
        sign = self._styled("✓", _GREEN) if self._pretty else "ok"
        detail = self._styled(part.detail, _DIM)
        self.line(f"  {sign} {part.part:<18}{part.ms:>6.0f} ms  {detail}")

    def ready(self, stack: LocalStack) -> None:
        """Everything runs: where it is and what to try."""
        self.line()
        if stack.page_url is None:
            self.line(f"  {self._styled('Open your Slack', _BOLD)} and talk to your app there.")
        else:
            self.line(f"  Open  {self._styled(stack.page_url, _BOLD)}")
        self.line()
        self.line("  Try   @Mechachang 素数を判定するPython関数を書いてください   (in #general)")
        self.line("        a direct message to Mechachang, and a question in its thread")
        self.line("        /gemini Compare SQL and NoSQL")
        pids = ", ".join(f"{service.name} {service.pid}" for service in stack.services)
        self.line(f"        kill -9 one of: {pids}")
        self.line("        (it is started again, and the answer still comes, once)")
        self.line()
        self.line(f"  Logs  {os.path.relpath(stack.config.folder)}/*.log")
        self.line("  Ctrl-C stops everything.")

    def _styled(self, text: str, style: str) -> str:
        return f"{style}{text}{_RESET}" if self._pretty else text
