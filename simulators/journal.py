"""What the simulators saw on the wire, joined into one journey a question.

Every simulator records what it observes (an envelope sent, an ack, a publish, a push, a request to
Gemini, a post) with the correlation keys that stand on the wire. Entries that share a key, directly
or through other entries, belong to the same journey, as long as they are of one task: who asks the
same message again begins another journey. Nothing here comes from inside the services.

Keys by convention, the strongest first: ``trace:<W3C trace id>``, ``task:<task id>``,
``message:<channel>:<ts>`` (the message that asked), ``envelope:<id>``, ``response_url:<url>``,
``act:<user>:<seconds>`` (what a person did at that moment).
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One observation. ``at`` is in Unix seconds, ``ms`` the duration of the step if it has one."""

    seq: int
    at: float
    actor: str
    step: str
    journey: int
    keys: tuple[str, ...]
    ms: float | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The entry as the chat page receives it."""
        return {
            "seq": self.seq,
            "at": self.at,
            "actor": self.actor,
            "step": self.step,
            "journey": self.journey,
            "ms": self.ms,
            "detail": dict(self.detail),
        }


_TASK = "task:"


def act_key(user: object, at_s: float) -> str:
    """The correlation key of what a user did at a moment that both Slack and the task tell."""
    return f"act:{user}:{at_s:.3f}"


def trace_key(traceparent: str | None) -> tuple[str, ...]:
    """The correlation key of a W3C ``traceparent`` header, or none if it is absent or malformed."""
    parts = (traceparent or "").split("-")
    return (f"trace:{parts[1]}",) if len(parts) == 4 and len(parts[1]) == 32 else ()


class Journal:
    """A bounded record of observations; listeners are called at once, in order, and must not block.

    When an entry shows that two journeys are one, the later number is merged into the earlier and
    listeners get an entry ``step="journey_merged"`` with ``detail={"from": n}``. Journeys of two
    tasks never become one: the entry belongs to the journey of its first known key, and a key of
    another task's journey stays there.
    """

    def __init__(self, capacity: int = 20_000, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._seq = count(1)
        self._entries: deque[Entry] = deque(maxlen=capacity)
        self._journey_of_key: dict[str, int] = {}
        self._keys_of_journey: dict[int, set[str]] = {}
        self._task_of_journey: dict[int, str] = {}
        self._merged_into: dict[int, int] = {}
        self._listeners: list[Callable[[Entry], None]] = []

    def record(
        self,
        actor: str,
        step: str,
        keys: Iterable[str] = (),
        *,
        ms: float | None = None,
        **detail: Any,
    ) -> Entry:
        """Record one observation and tell every listener."""
        keys = tuple(keys)
        journey = self._join(keys)
        return self._append(actor, step, journey, keys, ms, detail)

    def _append(
        self,
        actor: str,
        step: str,
        journey: int,
        keys: tuple[str, ...],
        ms: float | None,
        detail: Mapping[str, Any],
    ) -> Entry:
        entry = Entry(next(self._seq), self._clock(), actor, step, journey, keys, ms, detail)
        self._entries.append(entry)
        for listener in list(self._listeners):
            listener(entry)
        return entry

    def _join(self, keys: tuple[str, ...]) -> int:
        first = self._journey_of_key.get(keys[0]) if keys else None
        task = self._task_of(first) or next((key for key in keys if key.startswith(_TASK)), None)
        known = {self._journey_of_key[key] for key in keys if key in self._journey_of_key}
        known = {one for one in known if one == first or self._task_of(one) in {None, task}}
        journey = min(known, default=0) or next(self._seq)
        for later in sorted(known - {journey}):
            self._add(self._keys_of_journey.pop(later), journey)
            self._merged_into[later] = journey
            self._append("journal", "journey_merged", journey, keys, None, {"from": later})
        own = (key for key in keys if key == task or not key.startswith(_TASK))
        self._add(
            [key for key in own if self._journey_of_key.get(key, journey) == journey], journey
        )
        return journey

    def _add(self, keys: Iterable[str], journey: int) -> None:
        """Let these keys be the journey's; those that it has already cost nothing."""
        for key in keys:
            if self._journey_of_key.get(key) == journey:
                continue
            self._journey_of_key[key] = journey
            self._keys_of_journey.setdefault(journey, set()).add(key)
            if key.startswith(_TASK):
                self._task_of_journey.setdefault(journey, key)

    def _task_of(self, journey: int | None) -> str | None:
        return self._task_of_journey.get(journey) if journey is not None else None

    def entries(self, *, step: str | None = None, key: str | None = None) -> list[Entry]:
        """What was recorded, oldest first, each with the journey it belongs to by now."""
        found = (each for each in self._entries if step is None or each.step == step)
        if key is None:
            return [self._current(entry) for entry in found]
        wanted = self._journey_of_key.get(key)
        return [self._current(entry) for entry in found if self._now(entry.journey) == wanted]

    def _current(self, entry: Entry) -> Entry:
        journey = self._now(entry.journey)
        return entry if journey == entry.journey else replace(entry, journey=journey)

    def _now(self, journey: int) -> int:
        """The number that a journey has by now; the way there is walked once."""
        last = journey
        while last in self._merged_into:
            last = self._merged_into[last]
        while journey != last:
            self._merged_into[journey], journey = last, self._merged_into[journey]
        return last

    def knows(self, key: str) -> bool:
        """Whether an entry with ``key`` was recorded."""
        return key in self._journey_of_key

    def subscribe(self, listener: Callable[[Entry], None]) -> Callable[[], None]:
        """Call ``listener`` for every new entry; the returned function ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)
