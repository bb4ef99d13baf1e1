"""The two people who look: the terminal asks them what they see."""

import asyncio
import os
import threading
from dataclasses import dataclass, field
from typing import Protocol

from deploy.language import words


class People(Protocol):
    """People who can say what Slack shows."""

    async def confirm(self, question: str) -> bool | None:
        """Their answer; None if nobody looked."""
        ...


class Nobody:
    """With ``--unattended``."""

    async def confirm(self, question: str) -> bool | None:
        """Nobody looks."""
        return None


@dataclass
class AtTheTerminal:
    """Asks in lines, and reads ``y``, ``n`` or an empty line for "I can't say"."""

    stdin: int = 0
    _rest: bytes = field(default=b"", init=False)

    async def confirm(self, question: str) -> bool | None:
        """Their answer; None also if nobody is there to type."""
        hint = words("[y/n, Enter: can't say] ", "[y/n、分からない場合は Enter] ")
        print(f"{question} {hint}", end="", flush=True)
        answer = (await self._line()).strip().lower()
        return {"y": True, "yes": True, "はい": True, "n": False, "no": False, "いいえ": False}.get(
            answer
        )

    async def _line(self) -> str:
        """The next line. It is waited for in a thread that ends with the process, so that Ctrl-C
        does not have to wait for Enter.
        """
        loop, read = asyncio.get_running_loop(), asyncio.Future[bytes]()

        def wait() -> None:
            while b"\n" not in self._rest and (more := os.read(self.stdin, 1024)):
                self._rest += more
            line, _, self._rest = self._rest.partition(b"\n")
            loop.call_soon_threadsafe(lambda: None if read.done() else read.set_result(line))

        threading.Thread(target=wait, daemon=True, name="wait for an answer").start()
        return (await read).decode(errors="replace")
