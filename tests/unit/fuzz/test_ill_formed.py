"""Nothing that is read from Slack, Pub/Sub or Gemini raises where it is read.

In place of any part of a well-formed sample stands any JSON; what comes of it is a value, or an
error of ours, which says what to do.
"""

import copy
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import MechachangError
from tests.fuzz.readers import READERS, Reader

NUMBERS = st.integers(-(10**20), 10**20) | st.floats() | st.sampled_from([0, -1, 2**63])
TEXTS = st.text(max_size=8) | st.sampled_from(
    ["", "\ud800", "1e999", "nan", "9" * 30, "1.2.3", "{", "[]", "null", "\0", "U1", "-1.5"]
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
Path = tuple[str | int, ...]


def paths(sample: Any, at: Path = ()) -> Iterator[Path]:
    """Every part of the sample but the whole."""
    if at:
        yield at
    named = sample.items() if isinstance(sample, dict) else ()
    numbered = enumerate(sample) if isinstance(sample, list) else ()
    for name, each in (*named, *numbered):
        yield from paths(each, (*at, name))


def put(sample: Any, at: Path, value: Any) -> Any:
    changed = copy.deepcopy(sample)
    part = changed
    for name in at[:-1]:
        part = part[name]
    part[at[-1]] = value
    return changed


def left_out(sample: Any, at: Path) -> Any:
    changed = copy.deepcopy(sample)
    part = changed
    for name in at[:-1]:
        part = part[name]
    del part[at[-1]]
    return changed


def raises_nothing_foreign(reader: Reader, told: Any) -> None:
    with suppress(MechachangError):
        reader.read(told)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_a_well_formed_sample_is_read(reader: Reader) -> None:
    assert reader.read(reader.sample) is not None or reader.name == "read_visit"


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_no_part_that_is_missing_or_of_another_kind_makes_a_reader_raise(reader: Reader) -> None:
    for at in paths(reader.sample):
        raises_nothing_foreign(reader, left_out(reader.sample, at))
        for value in (None, 5, "x", [], {"x": 5}, [5], "\ud800"):
            raises_nothing_foreign(reader, put(reader.sample, at, value))


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_json_in_any_place_makes_a_reader_raise(reader: Reader, data: st.DataObject) -> None:
    told = reader.sample
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.sampled_from(list(paths(told)) or [()]))
        if at:
            told = put(told, at, data.draw(ANY_JSON))
    raises_nothing_foreign(reader, told)
