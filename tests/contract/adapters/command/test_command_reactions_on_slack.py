"""Reactions that ask, through Bolt on a real socket."""

from dataclasses import replace

import pytest

from shared.task import Purpose, Source
from simulators.faults import Fault
from tests.support.workbenches.command import SLACK, Stack, stack

pytestmark = pytest.mark.usefixtures("tracing")


async def test_a_reaction_to_a_reply_becomes_one_task_however_often_it_is_put_there(
    world: Stack,
) -> None:
    people = world.slack.people
    opening = people.post("kenji", "#general", "SLA の件")
    reply = people.post("alice", "#general", "We miss the SLA", thread_ts=opening.ts)
    async with world.service(reaction_ask="gemini"):
        world.faults.add("slack", "conversations.replies", Fault("error", status=500), 1)
        people.react("hana", "#general", reply.ts, "eyes")
        for _ in range(3):
            people.react("hana", "#general", reply.ts, "gemini")
        tasks = await world.wait_for_tasks(2)

    assert len({task.task_id for task in tasks}) == 1
    task = tasks[0]
    assert (task.source, task.user_id) == (Source.REACTION, people.user("hana").id)
    assert task.subject is not None
    assert task.subject.purpose is Purpose.ASK
    assert (task.subject.thread_ts, task.subject.message_ts) == (opening.ts, reply.ts)
    assert task.subject.by == people.user("alice").id
    assert "p" + reply.ts.replace(".", "") in task.subject.permalink
    assert "We miss" not in task.encode().decode()


async def test_on_an_answer_of_ours_or_by_an_app_or_where_the_message_is_gone_nothing_is_asked(
    world: Stack,
) -> None:
    people = world.slack.people
    async with world.service(reaction_ask="gemini", reaction_answer_in="thread") as service:
        client = service.access.client
        channel = people.channel("#general").id
        ours = await client.chat_postMessage(channel=channel, text="an answer")
        people.react("hana", "#general", ours["ts"], "gemini")
        said = people.post("kenji", "#general", "hello")
        await client.reactions_add(channel=channel, timestamp=said.ts, name="gemini")
        gone = people.post("kenji", "#general", "secret")
        people.react("hana", "#general", gone.ts, "gemini")
        people.delete("kenji", "#general", gone.ts)
        whole = people.post("kenji", "#general", "hello again")
        people.react("hana", "#general", whole.ts, "gemini")
        await world.wait_for_tasks(1)
        # Of each one the outcome is known only now.
        await world.wait_for_step("ack", 4)

    [task] = world.tasks()
    assert (task.thread_ts, task.private) == (whole.ts, False)


async def test_without_the_scope_for_reactions_everything_else_works() -> None:
    scopes = SLACK.scopes - {"reactions:read"}
    async with stack(replace(SLACK, scopes=scopes)) as world, world.service(reaction_ask="gemini"):
        said = world.slack.people.post("hana", world.slack.people.dm("hana").id, "hello")
        world.slack.people.react("hana", said.channel, said.ts, "gemini")
        [task] = await world.wait_for_tasks()
        outcome = await world.slack.people.slash("hana", "#general", "/gemini", "doctor")

    assert task.source is Source.DM
    assert "`reactions:read`" in str((outcome.payload or {})["text"])
