"""What a process remembers is bounded in number and in time."""

from shared.bounded import BoundedMap


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_beyond_the_most_the_oldest_is_forgotten() -> None:
    known: BoundedMap[str, int] = BoundedMap(2)
    for number, name in enumerate("abc"):
        assert known.put(name, number) == number
    assert [known.get(name) for name in "abc"] == [None, 1, 2]
    assert len(known) == 2


def test_what_is_put_again_is_the_youngest() -> None:
    known: BoundedMap[str, int] = BoundedMap(2)
    for name in "abac":
        known.put(name, 1)
    assert ("a" in known, "b" in known, "c" in known) == (True, False, True)


def test_each_entry_has_its_time() -> None:
    clock = Clock()
    known: BoundedMap[str, str] = BoundedMap(9, ttl_s=60.0, clock=clock)
    known.put("minute", "x")
    known.put("second", "y", ttl_s=1.0)
    clock.now += 1.0
    assert (known.get("minute"), known.get("second")) == ("x", None)
    assert "second" not in known
    known.put("second", "z")
    clock.now += 59.5
    assert (known.get("minute"), known.get("second")) == (None, "z")


def test_what_is_over_takes_no_memory_once_it_is_the_oldest() -> None:
    clock = Clock()
    known: BoundedMap[str, str] = BoundedMap(1_000, ttl_s=60.0, clock=clock)
    for number in range(500):
        known.put(str(number), "x")
    clock.now += 60.0
    known.put("new", "x")
    assert len(known) == 1


def test_nothing_known_is_told_from_a_known_nothing() -> None:
    known: BoundedMap[str, str | None] = BoundedMap(9)
    known.put("a", None)
    assert known.get("a") is known.get("b") is None
    assert ("a" in known, "b" in known) == (True, False)


def test_what_is_taken_out_is_known_no_more() -> None:
    clock = Clock()
    known: BoundedMap[str, str] = BoundedMap(9, ttl_s=60.0, clock=clock)
    known.put("a", "x")
    assert (known.pop("a"), known.pop("a"), len(known)) == ("x", None, 0)
    known.put("b", "y")
    clock.now += 60.0
    assert (known.pop("b"), len(known)) == (None, 0)
