"""Instances of the processor on a simulated Slack, with one Redis between them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fakeredis import FakeAsyncRedis, FakeServer

from processor_service.ports.conversations import StreamIn
from processor_service.redis.connection import RedisConnection
from processor_service.redis.posts import RedisResponses, RedisStreamOwners
from processor_service.redis.rate_holds import RedisRateLimitHolds
from processor_service.slack.client import SlackCalls
from processor_service.slack.conversation import SlackConversation
from processor_service.slack.conversations import SlackConversations, Streaming
from shared.errors import SlackDenied
from shared.ledger import Mark
from simulators.slack import SlackConfig
from tests.support.fakes.processor.people import FakePeople
from tests.support.tasks import a_task
from tests.support.workbenches.redis import PATIENCE_S
from tests.support.workbenches.slack import FAST, Workbench, workbench

TASK_ID = a_task().task_id
ANSWER = Mark(TASK_ID, "answer", digest="d1")


@dataclass
class Processor:
    """What one processor instance has of Slack and Redis."""

    bench: Workbench
    redis: RedisConnection
    denied: list[SlackDenied] = field(default_factory=list)
    stream_in: StreamIn = "everywhere"

    def __post_init__(self) -> None:
        self.calls = SlackCalls(
            self.bench.new_client(), RedisRateLimitHolds(self.redis), self.denied.append
        )
        self.conversations = SlackConversations(
            self.calls,
            self.bench.http,
            RedisResponses(self.redis),
            Streaming(RedisStreamOwners(self.redis), self.stream_in),
            FakePeople(),
        )

    def thread(self, ts: str) -> SlackConversation:
        task = a_task(channel_id=self.bench.general, thread_ts=ts, message_ts=ts)
        return self.conversations.thread(task, ts, ts)

    def streamed(self, ts: str) -> SlackConversation:
        """The thread of a question by somebody whom Slack can stream to."""
        alice = self.bench.slack.people.user("alice").id
        team = self.bench.slack.workspace.team_id
        task = a_task(channel_id=self.bench.general, user_id=alice, team_id=team)
        return self.conversations.thread(task, ts, ts)


@asynccontextmanager
async def processors(config: SlackConfig = FAST) -> AsyncIterator[tuple[Processor, Processor]]:
    """Two instances with one Redis between them."""
    server = FakeServer()
    async with workbench(config) as bench:
        redis = [FakeAsyncRedis(server=server, decode_responses=True) for _ in range(2)]
        first, second = (Processor(bench, RedisConnection(one, PATIENCE_S)) for one in redis)
        yield first, second
        for one in redis:
            await one.aclose()
