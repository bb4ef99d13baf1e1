"""What ``python -m simulators`` writes: colours and signs for people, plain lines for a file."""

import os
import sys
from collections.abc import Mapping
from typing import TextIO

from simulators.stack.local_stack import LocalStack
from simulators.stack.progress import Started

_GREEN, _DIM, _BOLD, _RESET = "\x1b[32m", "\x1b[2m", "\x1b[1m", "\x1b[0m"


_HINTS_IN_JAPANESE = (
    "@Mechachang 素数を判定する Python の関数を書いてください   (#general で)",
    "Mechachang へのダイレクトメッセージと、そのスレッドでの続きの質問",
    "/gemini SQL と NoSQL を比べてください",
    "kill -9 で次のどれかを終了: {pids}",
    "(自動で起動し直し、回答は 1 回だけ届きます)",
)
_HINTS = (
    "@Mechachang Write a Python function that tests whether a number is prime   (in #general)",
    "a direct message to Mechachang, and a question in its thread",
    "/gemini Compare SQL and NoSQL",
    "kill -9 one of: {pids}",
    "(it is started again, and the answer still comes, once)",
)
# The first of these that is set decides about the language of messages (POSIX, 8.2).
_LANGUAGE = ("LC_ALL", "LC_MESSAGES", "LANG")


def hints(pids: str, environment: Mapping[str, str]) -> list[str]:
    """What to try, in Japanese where the terminal's locale says so, else in English."""
    chosen = next(filter(None, map(environment.get, _LANGUAGE)), "")
    texts = _HINTS_IN_JAPANESE if chosen.startswith("ja") else _HINTS
    return [text.format(pids=pids) for text in texts]


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
        pids = ", ".join(f"{service.name} {service.pid}" for service in stack.services)
        for index, hint in enumerate(hints(pids, os.environ)):
            self.line(f"{'        ' if index else '  Try   '}{hint}")
        self.line()
        self.line(f"  Logs  {os.path.relpath(stack.config.folder)}/*.log")
        self.line("  Ctrl-C stops everything.")

    def _styled(self, text: str, style: str) -> str:
        return f"{style}{text}{_RESET}" if self._pretty else text
