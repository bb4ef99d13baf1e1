"""Threads between people and us, as people write them: whom each message speaks to.

A line is a speaker, a sign and the words. ``A@`` mentions us, ``A>`` is not judged, ``A?`` is for
us and ``A.`` is not; ``bot:`` is our answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from processor_service.ports.talks import Remark

BOT = "UBOT"
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Judged:
    """One message, the messages before it, whether it is for us, and whether other people write in
    its thread, before or after it.
    """

    thread: str
    remark: Remark
    before: tuple[Remark, ...]
    for_us: bool
    among_people: bool


@dataclass(frozen=True)
class Thread:
    """One thread of the corpus."""

    title: str
    lines: tuple[str, ...]

    def judged(self) -> Iterator[Judged]:
        """Each message that is judged, with what stands before it."""
        before: list[Remark] = []
        last_task = ""
        among_people = len({line[0] for line in self.lines if not line.startswith("bot:")}) > 1
        for number, line in enumerate(self.lines):
            if line.startswith("bot:"):
                before.append(Remark("us", "", line[4:].strip(), last_task))
                continue
            speaker, sign, text = line[0], line[1], line[2:].strip()
            one = Remark(
                *("person", f"U{speaker}", text, f"task-{number}"),
                calls_us=sign == "@",
                files=text.startswith("[file:"),
            )
            if sign in ".?":
                yield Judged(self.title, one, tuple(before), sign == "?", among_people)
            if sign in "@?":
                last_task = one.task_id
            before.append(one)


def threads(name: str) -> list[Thread]:
    """The threads of a file."""
    found: list[list[str]] = []
    for line in (_HERE / name).read_text().splitlines():
        if line.startswith("# "):
            found.append([f"{name}: {line[2:]}"])
        elif line.strip():
            found[-1].append(line)
    return [Thread(title, tuple(lines)) for title, *lines in found]
