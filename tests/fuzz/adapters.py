"""The adapters for Slack as readers: each asks a client whose every answer is the same."""

import asyncio
from collections.abc import Callable
from typing import Any

from redis.asyncio import Redis
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from command_service.backfill.paced_history import BackfillLimits
from command_service.backfill.sweep import BackfillDeps, Sweep, SweepWindow
from command_service.slack.access import SlackAccess
from command_service.slack.diagnostics import SlackDiagnostics
from command_service.slack.ephemeral import SlackUserSignals
from command_service.slack.history import SlackHistory
from command_service.slack.locales import SlackLocales
from command_service.slack.message_reader import SlackMessages
from command_service.use_cases.follow_ups import FollowUpDeps, accept_message
from command_service.use_cases.policy import Policy
from processor_service.ports.conversations import Body, Posted
from processor_service.redis.connection import RedisConnection
from processor_service.redis.people_cache import RedisPeopleCache
from processor_service.slack.channels import SlackChannels
from processor_service.slack.client import SlackCalls
from processor_service.slack.conversation import SlackConversation
from processor_service.slack.conversations import SlackConversations, Streaming
from processor_service.slack.files import SlackFiles, SlackHosts
from processor_service.slack.people import SlackPeople
from processor_service.slack.reading.reader import SlackReading
from processor_service.slack.streams import StreamRecipient
from processor_service.slack.user_groups import SlackGroups
from processor_service.slack.workspace import SlackWorkspace
from shared.background import Background
from shared.ledger import Mark
from shared.slack.client import slack_error
from shared.slack.message import MessageRef
from shared.task import TaskFile
from tests.fuzz.samples import CHANNEL, TASK_ID, TS
from tests.support.fakes.command.payloads import IDENTITY, a_question
from tests.support.fakes.command.world import World
from tests.support.signed import LEDGER
from tests.support.tasks import a_task


class NoHolds:
    async def delay_s(self, key: str) -> float:
        return 0.0

    async def record(self, key: str, seconds: float) -> None:
        return None


class Answering:
    """A client whose every method gets the same answer; ``auth.test`` the one it usually gets."""

    token, base_url, session, proxy = "xoxb-local", "", None, None

    def __init__(self, told: Any, who: Any = None) -> None:
        self._told = told
        self._who = who or {"bot_id": "BBOT", "user_id": "UBOT", "team_id": "T1"}

    def __getattr__(self, method: str) -> Callable[..., Any]:
        async def call(*args: Any, **arguments: Any) -> AsyncSlackResponse:
            told = self._who if method == "auth_test" else self._told
            return AsyncSlackResponse(
                client=None,
                http_verb="POST",
                api_url="",
                req_args={},
                data={"ok": True, **(told if isinstance(told, dict) else {"message": told})},
                headers={},
                status_code=200,
            )

        return call


class Owners:
    async def own(self, channel: str, ts: str, task_id: str) -> None:
        return None

    async def try_own(self, channel: str, ts: str, task_id: str, *, alone: bool) -> bool:
        return True

    async def owner(self, channel: str, ts: str) -> str | None:
        return None

    async def has_no_owner(self, channel: str, ts: str) -> bool:
        return False


def calls(told: Any) -> SlackCalls:
    client: Any = Answering(told)
    return SlackCalls(client, NoHolds(), lambda denied: None)


async def in_a_thread(told: Any) -> object:
    thread = SlackReading(
        calls(told),
        CHANNEL,
        TS,
        TS,
        MessageRef(CHANNEL, TS, "1700000000.000900"),
        Owners(),
    )
    found, read = await thread.find(TASK_ID), await thread.read(TASK_ID)
    shown = await thread.contents([Posted("1700000001.000100", Mark(TASK_ID, "answer"))])
    return found, read, shown, (await thread.whole(float("inf")))[0]


async def writing(told: Any) -> object:
    thread = SlackConversation(
        calls(told), CHANNEL, TS, TS, asker=StreamRecipient("T1", "U1"), owners=Owners()
    )
    mark = Mark(TASK_ID, "answer")
    posted = await thread.post(Body("x"), mark)
    streamed = await thread.start_stream(TASK_ID, "x")
    ended = await thread.end_stream(streamed, "x", Body("x"), mark)
    return posted, ended, await thread.update(posted, Body("y"), mark)


async def direct_messages(told: Any) -> object:
    nothing: Any = None
    return await SlackConversations(
        calls(told), nothing, nothing, Streaming(Owners()), nothing
    ).direct_id(a_task())


async def a_file(told: Any) -> object:
    nothing: Any = None
    hosts = SlackHosts("https://slack.com/api/")
    return await SlackFiles(calls(told), nothing, hosts, asyncio.sleep).described(TaskFile(id="F1"))


async def who_we_are(told: Any) -> object:
    client: Any = Answering({}, told)
    us = SlackCalls(client, NoHolds(), lambda denied: None)
    return await SlackWorkspace(us).name(), await us.ourselves()


def command_side(told: Any) -> SlackAccess:
    client: Any = Answering(told)
    return SlackAccess(client, lambda _: None)


async def missed(told: Any) -> object:
    world, history = World(Policy()), SlackHistory(command_side(told))
    limits = BackfillLimits(pages=12, within_s=5.0, attempts=1, free_pages=100)

    async def at_once(seconds: float) -> None:
        await asyncio.sleep(0)

    deps = BackfillDeps(history, world.submit_deps, IDENTITY, LEDGER, limits, at_once)
    report = await Sweep(deps, SweepWindow(1600000000.0, 1800000000.0)).run(set())
    follow_up = a_question(thread_ts=TS, follow_up=True)
    following = FollowUpDeps(world.submit_deps, history, LEDGER)
    outcome = await accept_message(follow_up, following)
    await world.settle()
    return report, outcome


async def surroundings(told: Any) -> object:
    access = command_side(told)
    place = MessageRef(CHANNEL, TS, "1700000001.000100")
    questions = SlackMessages(access, LEDGER)
    background = Background()
    try:
        return (
            await questions.asked_at(place),
            await SlackUserSignals(access, LEDGER)._is_answered(a_question(thread_ts=TS)),
            await SlackLocales(access, background, "ja").found("U1"),
            await SlackDiagnostics(access, "T1").channel(CHANNEL),
            await SlackDiagnostics(access, "T1").may_read("U1", CHANNEL),
        )
    finally:
        await background.close(0.0)


async def people(told: Any) -> object:
    """Who somebody is and what they may read, as Slack tells the processor; Redis is lost."""
    lost = RedisConnection(Redis())
    lost._resting_until = float("inf")
    asked = SlackPeople(calls(told), RedisPeopleCache(lost))
    known = (await asked.locale_of("U1"), await asked.names_of(["U2"]))
    channels, groups = SlackChannels(calls(told)), SlackGroups(calls(told))
    named = (await channels.of(CHANNEL), await groups.names_of(["S1"]))
    return known, named, await channels.may_read("U1", CHANNEL)


def refused(told: Any) -> object:
    response = {"ok": False, "headers": {}, "status_code": 200}
    answer: Any = type("Answer", (), {**response, "data": told, "get": told.get})()
    error = SlackApiError("refused", answer)  # type: ignore[no-untyped-call]  # the SDK has no types here
    return slack_error(error, "chat.postMessage")
