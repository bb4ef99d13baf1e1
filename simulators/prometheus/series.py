"""Time series in memory: what was written, found again by its labels."""

import bisect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

Labels = frozenset[tuple[str, str]]
NAME: Final = "__name__"


@dataclass
class Series:
    """Values over time, oldest first; times are seconds since the epoch."""

    labels: Mapping[str, str]
    times: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, at: float, value: float) -> None:
        """Append a point; one that is not later than the last is left out, as Google does."""
        if not self.times or at > self.times[-1]:
            self.times.append(at)
            self.values.append(value)

    def between(self, after: float, until: float) -> list[tuple[float, float]]:
        """The points later than ``after``, up to ``until``."""
        first = bisect.bisect_right(self.times, after)
        last = bisect.bisect_right(self.times, until)
        return list(zip(self.times[first:last], self.values[first:last], strict=True))


@dataclass(frozen=True)
class Matcher:
    """A condition on one label; a label that is not there counts as empty."""

    label: str
    op: str
    value: str

    def test(self) -> Callable[[str], bool]:
        """A function that decides about a label's value."""
        match self.op:
            case "=":
                return lambda value: value == self.value
            case "!=":
                return lambda value: value != self.value
        pattern = re.compile(self.value)
        if self.op == "=~":
            return lambda value: pattern.fullmatch(value) is not None
        return lambda value: pattern.fullmatch(value) is None


class Store:
    """Every series."""

    def __init__(self) -> None:
        self._of_name: dict[str, dict[Labels, Series]] = {}

    def add(self, labels: Mapping[str, str], at: float, value: float) -> None:
        """Write one point; ``labels`` holds the name as ``__name__``."""
        of_name = self._of_name.setdefault(labels[NAME], {})
        key = frozenset(labels.items())
        if key not in of_name:
            of_name[key] = Series(dict(labels))
        of_name[key].add(at, value)

    def __iter__(self) -> Iterator[Series]:
        for of_name in self._of_name.values():
            yield from of_name.values()

    def select(self, name: str, matchers: Iterable[Matcher]) -> list[Series]:
        """The series of that name whose labels fit."""
        tests = [(matcher.label, matcher.test()) for matcher in matchers]
        return [
            series
            for series in self._of_name.get(name, {}).values()
            if all(test(series.labels.get(label, "")) for label, test in tests)
        ]

    @property
    def names(self) -> set[str]:
        """The names of everything that was written."""
        return set(self._of_name)
