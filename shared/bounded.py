"""A memory that does not grow without bound."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")
_NEVER = float("inf")


class BoundedMap(Generic[KeyT, ValueT]):
    """The last ``most`` entries, each for ``ttl_s`` seconds by ``clock``."""

    def __init__(
        self, most: int, ttl_s: float = _NEVER, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._ttl_s = ttl_s
        self._clock = clock
        self._entries: OrderedDict[KeyT, tuple[ValueT, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: KeyT) -> bool:
        entry = self._entries.get(key)
        return entry is not None and self._clock() < entry[1]

    def get(self, key: KeyT) -> ValueT | None:
        """The last value under ``key``; None if it is no longer known."""
        return self._entries[key][0] if key in self else None

    def put(self, key: KeyT, value: ValueT, ttl_s: float | None = None) -> ValueT:
        """Remember and return ``value``, now the youngest; forget the oldest and the expired."""
        entries, now = self._entries, self._clock()
        entries.pop(key, None)
        while entries:
            oldest, (_, until) = next(iter(entries.items()))
            if len(entries) < self._most and now < until:
                break
            del entries[oldest]
        entries[key] = value, now + (self._ttl_s if ttl_s is None else ttl_s)
        return value

    def pop(self, key: KeyT) -> ValueT | None:
        """Forget ``key``, and return its value as ``get`` would."""
        value = self.get(key)
        self._entries.pop(key, None)
        return value
