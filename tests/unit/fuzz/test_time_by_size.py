"""No text makes a reader of it slow: bounded by what a linear pass takes in the same run."""

import pytest

from tests.fuzz.hunt import Hunt
from tests.fuzz.pace import SLACK, pace
from tests.fuzz.targets import TARGETS, Target
from tests.fuzz.worst import WORST

SIZES = (10_000, 100_000)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_what_people_apps_or_the_model_write_takes_time_in_proportion_to_its_size(
    target: Target,
) -> None:
    slow = {}
    for size in (each for each in SIZES if each <= target.size):
        for shape in WORST:
            ratio = pace(target.run, shape.text(size), target.most)
            if ratio > SLACK * target.most:
                slow[shape, size] = round(ratio)
    assert not slow


def test_the_hunt_finds_what_is_slow_and_what_raises() -> None:
    def quadratic(text: str) -> object:
        return sum(1 for _ in range(text.count("*") ** 2))

    def raising(text: str) -> object:
        return text.encode("ascii" if "[" in text else "utf-8", "surrogatepass")

    found = Hunt([Target("slow", quadratic), Target("raising", raising)], seed=1).faults(30)
    assert {fault.target for fault in found} == {"slow", "raising"}
