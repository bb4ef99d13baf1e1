"""What a task's identity and its wire format promise for every trigger and every field."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import UndecodableTask
from shared.task import (
    Mode,
    Task,
    TaskFile,
    task_id_of_action,
    task_id_of_command,
    task_id_of_message,
    task_id_of_mode,
    task_id_of_retry,
)

# Few characters, so that the same trigger comes twice. Slack's ids and timestamps hold no NUL,
# which separates them.
PART = st.text("aC1.", max_size=2)
TRIGGERS = st.one_of(
    st.tuples(st.just(task_id_of_message), st.tuples(PART, PART, PART)),
    st.tuples(st.just(task_id_of_command), st.tuples(PART, PART)),
    st.tuples(st.just(task_id_of_action), st.tuples(PART, PART, PART, PART)),
    st.tuples(st.just(task_id_of_retry), st.tuples(PART, PART, PART)),
    st.tuples(st.just(task_id_of_mode), st.tuples(PART, PART, PART, st.sampled_from(Mode))),
)
Trigger = tuple[Callable[..., str], tuple[str, ...]]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.builds(datetime.fromtimestamp, st.integers(1_400_000_000, 4_000_000_000), OFFSETS)
TASKS = st.builds(
    Task,
    version=st.just(1),
    task_id=st.from_regex(r"\A[0-9a-z-]{8,64}\Z"),
    text=TEXT,
    files=st.lists(st.builds(TaskFile, id=TEXT, name=TEXT, url=TEXT), max_size=2).map(tuple),
    thread_ts=st.none() | TEXT,
    response_url=st.none() | TEXT,
    occurred_at=MOMENTS,
    received_at=MOMENTS,
)
KNOWN = frozenset(Task.model_fields)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


@given(TRIGGERS, TRIGGERS)
@settings(deadline=None)
def test_triggers_have_the_same_id_exactly_when_they_are_the_same(
    one: Trigger, other: Trigger
) -> None:
    (id_of_one, parts_of_one), (id_of_other, parts_of_other) = one, other
    assert (id_of_one(*parts_of_one) == id_of_other(*parts_of_other)) is (one == other)
    assert id_of_one(*parts_of_one) == id_of_one(*parts_of_one)


@given(PART, PART.filter(bool), PART)
@settings(deadline=None)
def test_a_character_that_moves_to_the_next_part_makes_another_trigger(
    before: str, moving: str, after: str
) -> None:
    one = task_id_of_message("T1", before + moving, after)
    assert one != task_id_of_message("T1", before, moving + after)


@given(TRIGGERS, TASKS)
@settings(deadline=None)
def test_every_trigger_gives_an_id_that_the_wire_takes(trigger: Trigger, task: Task) -> None:
    id_of, parts = trigger
    task_id = id_of(*parts)
    assert re.fullmatch("[0-9a-f]{32}", task_id)
    renamed = task.model_copy(update={"task_id": task_id})
    assert Task.decode(renamed.encode()).task_id == task_id


@given(TASKS, st.dictionaries(TEXT.filter(lambda name: name not in KNOWN), JSON, max_size=4))
@settings(deadline=None)
def test_fields_of_a_later_release_change_nothing(task: Task, extra: dict[str, Any]) -> None:
    wire = {**json.loads(task.encode()), **extra}
    assert Task.decode(json.dumps(wire).encode()) == task


@given(TASKS, JSON.filter(lambda version: version != 1))
@settings(deadline=None)
def test_no_other_version_is_taken(task: Task, version: object) -> None:
    wire = {**json.loads(task.encode()), "version": version}
    with pytest.raises(UndecodableTask, match="version"):
        Task.decode(json.dumps(wire).encode())


@given(TASKS, TEXT)
@settings(deadline=None)
def test_attributes_never_let_a_trace_hide_the_task(task: Task, value: str) -> None:
    attributes = task.attributes({"task_id": value, "traceparent": value})
    assert attributes["task_id"] == task.task_id
    assert attributes["traceparent"] == value
