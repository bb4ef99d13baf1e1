"""Who spoke to whom in a thread, as the simulated Slack gives it back."""

from dataclasses import replace

from fakeredis import FakeAsyncRedis

from processor_service.ports.conversations import Body
from processor_service.ports.talks import Remark, Talk
from processor_service.redis.connection import RedisConnection
from processor_service.redis.people_cache import RedisPeopleCache
from processor_service.redis.posts import RedisResponses, RedisStreamOwners
from processor_service.redis.rate_holds import RedisRateLimitHolds
from processor_service.slack.client import SlackCalls
from processor_service.slack.conversations import SlackConversations, Streaming
from processor_service.slack.people import SlackPeople
from processor_service.slack.reading.talks import SlackTalks
from shared.ledger import Mark
from shared.task import Following, Task, task_id_of_message
from tests.support.tasks import a_task
from tests.support.workbenches.redis import PATIENCE_S
from tests.support.workbenches.slack import FAST, Workbench, workbench


async def test_a_thread_is_read_for_who_spoke_to_whom_up_to_the_message() -> None:
    async with workbench(replace(FAST, rate_limits=False)) as bench:
        await read_in(bench)


async def read_in(bench: Workbench) -> None:
    redis = RedisConnection(FakeAsyncRedis(decode_responses=True), PATIENCE_S)
    calls = SlackCalls(bench.client, RedisRateLimitHolds(redis), lambda _: None)
    conversations = SlackConversations(
        calls,
        bench.http,
        RedisResponses(redis),
        Streaming(RedisStreamOwners(redis)),
        SlackPeople(calls, RedisPeopleCache(redis)),
    )
    people, team = bench.slack.people, bench.slack.workspace.team_id

    def in_general(ts: str) -> Task:
        return a_task(
            task_id=task_id_of_message(team, bench.general, ts),
            channel_id=bench.general,
            team_id=team,
            thread_ts=opening.ts,
            message_ts=ts,
            follow_up=Following.ASKER,
        )

    opening = people.post("alice", "#general", "@mechachang Redis & friends?")
    asked = in_general(opening.ts)
    thread = conversations.thread(asked, opening.ts, opening.ts)
    rich = Body("A…", ({"type": "markdown", "text": "A **store**."},))
    await thread.post(rich, Mark(asked.task_id, "answer", digest="d"))
    between = people.post("hana", "#general", "いいですね <3", thread_ts=opening.ts)
    remark = people.post("alice", "#general", "そうですね", thread_ts=opening.ts)
    people.post("hana", "#general", "later", thread_ts=opening.ts)

    alice, hana = people.user("alice").id, people.user("hana").id
    before = (
        Remark("person", alice, "Redis & friends?", asked.task_id, calls_us=True),
        Remark("us", "", "A store.", asked.task_id),
        Remark("person", hana, "いいですね <3", in_general(between.ts).task_id),
    )
    talks, task = SlackTalks(calls), in_general(remark.ts)
    assert await talks.around(task) == Talk(before)

    await conversations.thread(task, opening.ts, remark.ts).post(
        Body("half"), Mark(task.task_id, "answer", digest="e")
    )
    assert await talks.around(task) == Talk(before, begun=True)
