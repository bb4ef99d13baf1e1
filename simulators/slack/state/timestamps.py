"""Message timestamps, Slack's ids of messages, and other identifiers."""

import random
import re
import string
from collections.abc import Callable

_TS = re.compile(r"\d{10}\.\d{6}")
_BOUND = re.compile(r"(\d{1,10})(?:\.(\d{1,6}))?")
_ALPHABET = string.ascii_uppercase + string.digits


class Timestamps:
    """Strictly increasing timestamps; two are never equal, however fast they are drawn."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> str:
        """The next timestamp, ``seconds.microseconds``."""
        self._last = max(self._last + 1, int(self._clock() * 1_000_000))
        return f"{self._last // 1_000_000:010d}.{self._last % 1_000_000:06d}"


def is_ts(value: str) -> bool:
    """Whether ``value`` is written like a message's timestamp."""
    return _TS.fullmatch(value) is not None


def bound(value: str) -> str | None:
    """A time bound ("1700000000", "1700000000.5") in the form timestamps compare by, or None."""
    match = _BOUND.fullmatch(value)
    return f"{int(match[1]):010d}.{match[2] or '':0<6}" if match else None


class Ids:
    """Identifiers in Slack's form, reproducible from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def new(self, prefix: str, length: int = 10) -> str:
        """A new identifier, ``prefix`` followed by capitals and digits."""
        return prefix + "".join(self._random.choices(_ALPHABET, k=length))

    def secret(self) -> str:
        """A long unguessable-looking part of a URL."""
        return "".join(self._random.choices(string.ascii_letters + string.digits, k=24))

    def uuid(self) -> str:
        """A random UUID in its canonical form."""
        value = f"{self._random.getrandbits(128):032x}"
        return "-".join((value[:8], value[8:12], value[12:16], value[16:20], value[20:]))

    def pick(self, count: int) -> int:
        """A random index below ``count``."""
        return self._random.randrange(count)
