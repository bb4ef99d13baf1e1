"""The hunt for a text that a reader raises on, or takes too long for."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from tests.fuzz.pace import SLACK, pace
from tests.fuzz.shapes import Shape, any_mixture, any_shape, mutated
from tests.fuzz.targets import Target

_SIZE = 10_000
_KEPT = 8


@dataclass
class Slowest:
    """The slowest shapes that a target has seen, from which further ones are made."""

    found: list[tuple[float, Shape]] = field(default_factory=list)

    def keep(self, ratio: float, shape: Shape) -> None:
        """Remember a shape, if it is among the slowest."""
        if all(shape != known for _, known in self.found):
            self.found = sorted([*self.found, (ratio, shape)], key=lambda one: -one[0])[:_KEPT]


@dataclass(frozen=True)
class Fault:
    """What a target did with a text that it should not do."""

    target: str
    what: str
    shape: Shape

    def __str__(self) -> str:
        return f"{self.target}: {self.what}\n    {self.shape!r}"


@dataclass
class Hunt:
    """A hunt over ``targets``; the same ``seed`` tries the same texts as far as time goes."""

    targets: Sequence[Target]
    seed: int = 0
    size: int = _SIZE
    tried: int = 0
    slowest: dict[str, Slowest] = field(default_factory=dict)

    def faults(self, seconds: float) -> Iterator[Fault]:
        """What is found within ``seconds``, each target in turn, at most one fault of each."""
        random, until, faulty = Random(self.seed), time.monotonic() + seconds, set[str]()
        while time.monotonic() < until and len(faulty) < len(self.targets):
            for target in self.targets:
                if target.name in faulty or time.monotonic() >= until:
                    continue
                fault = self._try(target, self._shape(target, random))
                if fault is not None:
                    faulty.add(target.name)
                    yield fault

    def _shape(self, target: Target, random: Random) -> Shape:
        known = self.slowest.setdefault(target.name, Slowest()).found
        if known and random.random() < 0.6:
            return mutated(random.choice(known)[1], random)
        if random.random() < 0.2:
            return Shape(any_mixture(random, random.choice([30, 300, self.size])))
        return any_shape(random)

    def _try(self, target: Target, shape: Shape) -> Fault | None:
        text = shape.text(self.size)
        self.tried += 1
        try:
            ratio = pace(target.run, text, target.most)
        except Exception as error:
            return Fault(target.name, f"raises {type(error).__name__}: {error}"[:300], shape)
        self.slowest[target.name].keep(ratio / target.most, shape)
        if ratio > SLACK * target.most:
            allowed = f"takes {ratio:.0f} linear passes, not {target.most:.0f}"
            return Fault(target.name, f"{allowed}, for {self.size:,} bytes", shape)
        return None
