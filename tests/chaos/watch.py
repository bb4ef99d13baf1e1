"""What the simulators saw on the wire during a chaos run, however long it takes."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from simulators.journal import Entry, Journal

# The late looks of a worker read threads for minutes; what they change is seen as a change.
_READS: Final = {"conversations.replies", "conversations.history", "conversations.info"}


class Watch:
    """Keeps every journal entry, by its keys; the journal itself forgets the oldest."""

    def __init__(self, journal: Journal) -> None:
        self.entries: list[Entry] = []
        self.acked: set[str] = set()
        """The keys of everything Slack saw an ack for."""
        self.quiet_since = time.time()
        """When something last happened that was no mere reading."""
        self._of_key: dict[str, list[Entry]] = defaultdict(list)
        self.stop = journal.subscribe(self._take)

    def _take(self, entry: Entry) -> None:
        self.entries.append(entry)
        if entry.detail.get("method") not in _READS:
            self.quiet_since = entry.at
        for key in entry.keys:
            self._of_key[key].append(entry)
        if entry.step == "ack":
            self.acked.update(entry.keys)

    def of(self, *keys: str) -> Iterator[Entry]:
        """The entries with any of these keys, oldest first."""
        found = {entry.seq: entry for key in keys for entry in self._of_key.get(key, ())}
        yield from (found[seq] for seq in sorted(found))

    def journey(self, keys: Iterable[str]) -> list[Entry]:
        """The entries with any of ``keys``, and those of their traces."""
        keys = set(keys)
        traces = {key for entry in self.of(*keys) for key in entry.keys if key.startswith("trace:")}
        return list(self.of(*keys, *traces))
