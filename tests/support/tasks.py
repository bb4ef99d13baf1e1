"""A question as a task, and when it is asked."""

from datetime import UTC, datetime
from typing import Any

from shared.task import Mode, Source, Task

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def a_task(**changes: Any) -> Task:
    task = Task(
        task_id="0123456789abcdef0123456789abcdef",
        source=Source.MENTION,
        team_id="T1",
        channel_id="C1",
        user_id="U1",
        thread_ts="100.000001",
        message_ts="100.000001",
        text="素数とは何ですか",
        mode=Mode.CHAT,
        occurred_at=NOON,
        received_at=NOON,
    )
    return task.model_copy(update=changes)
