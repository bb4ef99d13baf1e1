import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import UndecodableTask
from shared.task import (
    Cancel,
    Earlier,
    Feedback,
    Kind,
    Mode,
    Purpose,
    QuotedMessage,
    Share,
    Source,
    Subject,
    Task,
    TaskFile,
    Vote,
    Wish,
    task_id_of_action,
    task_id_of_cancel,
    task_id_of_command,
    task_id_of_edit,
    task_id_of_feedback,
    task_id_of_home,
    task_id_of_message,
    task_id_of_mode,
    task_id_of_retry,
    task_id_of_shortcut,
    task_id_of_wish,
)

WIRE = Path(__file__).parent / "wire"
GOLDEN = sorted(WIRE.glob("*.json"))


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
def test_the_wire_format_is_pinned_by_its_golden_files(golden: Path) -> None:
    data = golden.read_bytes()
    assert json.loads(Task.decode(data).encode()) == json.loads(data)


def test_there_are_golden_files() -> None:
    assert len(GOLDEN) >= 5


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
MOMENTS = st.integers(1_767_225_600, 1_900_000_000).map(lambda at: datetime.fromtimestamp(at, UTC))


SUBJECTS = st.builds(
    Subject,
    purpose=st.sampled_from(Purpose),
    channel_id=TEXT,
    message_ts=TEXT,
    by=TEXT,
    permalink=TEXT,
)
TASKS = st.builds(
    Task,
    version=st.just(1),
    task_id=st.from_regex(r"\A[0-9a-f]{32}\Z"),
    kind=st.sampled_from(Kind),
    source=st.sampled_from(Source),
    team_id=TEXT,
    channel_id=TEXT,
    user_id=TEXT,
    thread_ts=st.none() | TEXT,
    message_ts=st.none() | TEXT,
    text=TEXT,
    mode=st.sampled_from(Mode),
    wish=st.none() | st.sampled_from(Wish),
    earlier=st.none() | st.builds(Earlier, message_ts=TEXT),
    cancel=st.none() | st.builds(Cancel, task_id=st.none() | TEXT),
    feedback=st.none()
    | st.builds(Feedback, task_id=TEXT, vote=st.sampled_from(Vote), comment=st.none() | TEXT),
    quoted=st.lists(st.builds(QuotedMessage, text=TEXT, by=TEXT, ts=TEXT), max_size=3).map(tuple),
    files=st.lists(
        st.builds(TaskFile, id=TEXT, name=TEXT, forwarded=st.booleans()), max_size=3
    ).map(tuple),
    locale=st.sampled_from(["ja", "en"]),
    response_url=st.none() | TEXT,
    private=st.booleans(),
    share=st.none() | st.builds(Share, task_id=TEXT, channel_id=TEXT),
    asked_in=st.none() | TEXT,
    subject=st.none() | SUBJECTS,
    event_id=st.none() | TEXT,
    occurred_at=MOMENTS,
    received_at=MOMENTS,
)


# A task has so many fields that a busy machine takes seconds to make a few.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(TASKS)
def test_every_task_survives_the_wire(task: Task) -> None:
    assert Task.decode(task.encode()) == task


def test_a_question_without_wishes_looks_on_the_wire_as_it_always_did() -> None:
    """An older processor reads each field that a newer command service sends with it."""
    plain = json.loads((GOLDEN[0].parent / "mention_v1.json").read_bytes())
    assert (
        not {"wish", "earlier", "cancel", "feedback", "quoted", "share", "asked_in"}
        & json.loads(Task.decode(json.dumps(plain).encode()).encode()).keys()
    )


def test_unknown_fields_are_ignored() -> None:
    wire = json.loads(GOLDEN[0].read_bytes())
    assert Task.decode(json.dumps({**wire, "new_field": 1}).encode())


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"[]", b"{}", b"\xff\xfe"],
)
def test_what_is_no_task_is_refused(data: bytes) -> None:
    with pytest.raises(UndecodableTask):
        Task.decode(data)


def test_an_unknown_version_is_refused() -> None:
    wire = json.loads(GOLDEN[0].read_bytes())
    with pytest.raises(UndecodableTask, match="version"):
        Task.decode(json.dumps({**wire, "version": 2}).encode())


def test_a_refusal_never_repeats_what_was_sent() -> None:
    with pytest.raises(UndecodableTask) as refused:
        Task.decode(b'{"text": "a private matter", "source": "a private place"}')
    assert "private" not in str(refused.value)


def test_equal_triggers_have_equal_ids_and_different_ones_different_ids() -> None:
    ids = {
        task_id_of_message("T1", "C1", "1.0"),
        task_id_of_message("T1", "C1", "1.1"),
        task_id_of_message("T1", "C2", "1.0"),
        task_id_of_message("T2", "C1", "1.0"),
        task_id_of_command("T1", "1.0"),
        task_id_of_action("T1", "C1", "1.0", "2.0"),
        task_id_of_retry("T1", "C1", "1.0"),
        task_id_of_mode("T1", "C1", "1.0", Mode.CODE),
        task_id_of_wish("T1", "C1", "1.0", Wish.SHORTER),
        task_id_of_wish("T1", "C1", "1.0", Wish.LONGER),
        task_id_of_edit("T1", "C1", "1.0", "2.0"),
        task_id_of_cancel("T1", "C1", "1.0"),
        task_id_of_feedback("T1", "C1", "1.0"),
        task_id_of_shortcut("T1", "C1", "1.0", "explain_message", "2.0"),
        task_id_of_shortcut("T1", "C1", "1.0", "explain_message", "3.0"),
        task_id_of_home("T1", "C1", "1.0"),
        task_id_of_message("T1", "C1", "1.0"),
    }
    assert len(ids) == 16


@given(
    st.lists(st.text(max_size=5), min_size=3, max_size=3),
    st.lists(st.text(max_size=5), min_size=3, max_size=3),
)
def test_parts_of_an_id_do_not_run_into_each_other(one: list[str], other: list[str]) -> None:
    same = [part.replace("\0", "") for part in one] == [part.replace("\0", "") for part in other]
    clean_one = [part.replace("\0", "") for part in one]
    clean_other = [part.replace("\0", "") for part in other]
    assert (task_id_of_message(*clean_one) == task_id_of_message(*clean_other)) is same


def test_attributes_recognise_the_task_and_carry_its_trace() -> None:
    task = Task.decode((WIRE / "mention_v1.json").read_bytes())
    attributes = task.attributes({"traceparent": "00-aa-bb-01"})
    assert attributes == {
        "task_id": task.task_id,
        "kind": "question",
        "version": "1",
        "traceparent": "00-aa-bb-01",
    }
