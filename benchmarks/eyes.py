"""What people saw of each question, read off the simulated Slack: no program reports on itself."""

from dataclasses import dataclass
from typing import Any

from benchmarks.marked import MARK
from simulators.journal import Entry
from simulators.slack import SlackSimulator
from simulators.slack.state.changes import Change, Edited, Posted, Refreshed, StatusChanged
from simulators.slack.state.model import Message
from simulators.slack.state.streaming import stream_blocks


@dataclass
class Seen:
    """One question's moments, in Unix seconds; None for what did not happen."""

    asked: float
    acked: float | None = None
    first_sign: float | None = None
    first_words: float | None = None
    finished: float | None = None
    messages: int = 0


class Eyes:
    """Watches a simulated Slack; ``seen`` is by the question's number."""

    def __init__(self, slack: SlackSimulator) -> None:
        self.seen: dict[int, Seen] = {}
        self._slack = slack
        self._of_thread: dict[tuple[str, str], int] = {}
        self._ends = [
            slack.workspace.subscribe(self._changed),
            slack.journal.subscribe(self._recorded),
        ]

    def close(self) -> None:
        """Stop watching."""
        for end in self._ends:
            end()

    def asks(self, number: int) -> Seen:
        """A question is about to be asked."""
        return self.seen.setdefault(number, Seen(self._now()))

    def was_signalled(self, number: int) -> None:
        """The asker was just shown that the question has arrived."""
        self._sign(self.seen[number])

    def stands_at(self, number: int, message: Message) -> None:
        """The question is this message; the answer comes in its thread."""
        self._of_thread[message.channel, message.ts] = number

    def _now(self) -> float:
        return self._slack.workspace.now()

    def _recorded(self, entry: Entry) -> None:
        if entry.step != "ack":
            return
        for key in entry.keys:
            kind, _, place = key.partition(":")
            number = self._of_thread.get(_place(place)) if kind == "message" else None
            if number is not None:
                # A mention comes as two events; the one that asks is acked last.
                self.seen[number].acked = entry.at

    def _changed(self, change: Change) -> None:
        match change:
            case StatusChanged(status) if status.text:
                number = self._of_thread.get((status.channel, status.thread_ts))
                if number is not None:
                    self._sign(self.seen[number])
            case Posted(message):
                self._shown(message, new=True)
            case Edited(message) | Refreshed(message):
                self._shown(message)

    def _shown(self, message: Message, *, new: bool = False) -> None:
        if message.bot_id is None:
            return
        number = self._number(message)
        seen = self.seen.get(number) if number is not None else None
        if seen is None:
            return
        self._sign(seen)
        if message.subtype is None and not _asks(message):
            seen.first_words = seen.first_words or self._now()
            seen.finished = self._now()
            seen.messages += new

    def _sign(self, seen: Seen) -> None:
        if seen.first_sign is None:
            seen.first_sign = self._now()

    def _number(self, message: Message) -> int | None:
        place = (message.channel, message.thread_ts or message.ts)
        if place in self._of_thread:
            return self._of_thread[place]
        found = MARK.search(_text(message))
        if found is None:
            return None
        return self._of_thread.setdefault(place, int(found[1]))


def _asks(message: Message) -> bool:
    """A command's question, shown in the channel before it is answered in its thread."""
    payload = (message.metadata or {}).get("event_payload") or {}
    return payload.get("role") == "question"


def _place(key: str) -> tuple[str, str]:
    channel, _, ts = key.partition(":")
    return channel, ts


def _text(message: Message) -> str:
    return f"{message.text} {_words(stream_blocks(message))}"


def _words(part: Any) -> str:
    if isinstance(part, list):
        return " ".join(_words(each) for each in part)
    if isinstance(part, dict):
        return " ".join(_words(each) for each in part.values())
    return part if isinstance(part, str) else ""
