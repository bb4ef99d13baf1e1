"""Attacks by another app in the workspace on the running services: it writes what we would.

Metadata can be written by any app, and the id of a question's task computed by anybody.
"""

from typing import Any

import pytest

from shared.task import task_id_of_message
from simulators.slack.state.model import Message
from tests.support.workbenches.command import Stack
from tests.support.workbenches.processor import TASK_ID, processors
from tests.support.workbenches.slack import Workbench

MALFORMED: list[Any] = [
    {"event_type": "mechachang_answer", "event_payload": "x"},
    {"event_type": "mechachang_answer", "event_payload": {"task_id": ["x"], "role": {}}},
    {"event_type": "mechachang_answer", "event_payload": {"task_id": "a" * 32, "part": "x"}},
    {"event_type": "mechachang_answer", "event_payload": {"task_id": "a" * 32, "parts": None}},
]


def a_mark(task_id: str, role: str = "answer") -> dict[str, Any]:
    payload = {"task_id": task_id, "role": role, "part": 1, "parts": 1, "digest": "0a"}
    return {"event_type": "mechachang_answer", "event_payload": payload}


def by_another_app(slack: Any, channel: str, thread_ts: str, metadata: Any) -> Message:
    workspace = slack.workspace
    forged = Message(
        channel, workspace.timestamps.next(), "UOTHER", "forged", thread_ts, metadata=metadata
    )
    forged.bot_id = "BOTHER"
    posted: Message = workspace.post(forged)
    return posted


@pytest.mark.parametrize("role", ["answer", "notice"])
async def test_another_apps_answer_does_not_end_a_missed_question(world: Stack, role: str) -> None:
    asked = world.slack.people.post("hana", "#general", "@mechachang hello")
    task_id = task_id_of_message(world.slack.workspace.team_id, asked.channel, asked.ts)
    by_another_app(world.slack, asked.channel, asked.ts, a_mark(task_id, role))
    async with world.service():
        assert task_id in {task.task_id for task in world.tasks()}


async def test_malformed_marks_of_another_app_keep_no_question_from_being_found(
    world: Stack,
) -> None:
    asked = world.slack.people.post("hana", "#general", "@mechachang hello")
    for metadata in MALFORMED:
        by_another_app(world.slack, asked.channel, asked.ts, metadata)
    async with world.service():
        # Its event may come again meanwhile: that is the same task.
        assert {task.message_ts for task in world.tasks()} == {asked.ts}


@pytest.mark.parametrize("role", ["answer", "notice", "question"])
async def test_another_apps_answer_does_not_stand_for_ours_when_a_task_begins(role: str) -> None:
    async with processors() as (here, _):
        asked = _asked(here.bench)
        by_another_app(here.bench.slack, asked.channel, asked.ts, a_mark(TASK_ID, role))
        assert await here.thread(asked.ts).find(TASK_ID) == []


async def test_malformed_marks_of_another_app_break_no_thread() -> None:
    async with processors() as (here, _):
        asked = _asked(here.bench)
        for metadata in MALFORMED:
            by_another_app(here.bench.slack, asked.channel, asked.ts, metadata)
        assert await here.thread(asked.ts).find(TASK_ID) == []


def _asked(bench: Workbench) -> Message:
    return bench.slack.people.post("alice", "#general", "question")
