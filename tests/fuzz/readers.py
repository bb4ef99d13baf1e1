"""Everything that reads what Slack, Pub/Sub or Gemini tell as JSON, each with what it is told well.

A reader gives its result or raises an error of ours, whatever stands in place of any part of its
sample: ``tests/unit/fuzz/test_ill_formed.py`` puts any JSON there, ``make fuzz`` any text. To add
one, add it to ``READERS``.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from google.genai.errors import APIError
from redis.asyncio import Redis
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from command_service.backfill.paced_history import BackfillLimits, ThrottledHistory
from command_service.backfill.sweep import Sweep, SweepWindow
from command_service.payloads.buttons import (
    is_genuine,
    question_again,
    read_choice,
    read_edited,
    read_regenerate,
    read_retry,
    read_wish,
)
from command_service.payloads.cancels import read_stop, read_stopped_session
from command_service.payloads.messages import read_back, read_command, read_mention, read_message
from command_service.payloads.model import Click, JoinedConversation, NotAQuestion, Question
from command_service.payloads.model import QuestionContent as AskedAgain
from command_service.payloads.shares import read_share
from command_service.payloads.votes import Voted, kept_for_reasons, read_reasons, read_vote
from command_service.slack.access import SlackAccess
from command_service.slack.diagnostics import SlackDiagnostics
from command_service.slack.ephemeral import SlackUserSignals
from command_service.slack.history import SlackHistory
from command_service.slack.locales import SlackLocales
from command_service.slack.message_reader import SlackQuestions
from command_service.use_cases.app_home import read_opening
from command_service.use_cases.deletions import leaves_a_tombstone, read_deletion
from command_service.use_cases.edits import Edited, read_edit
from command_service.use_cases.follow_ups import FollowUpDeps, accept_message
from command_service.use_cases.policy import Policy
from command_service.use_cases.self_checks.doctor import read_doctor_request
from command_service.use_cases.shortcuts import read_shortcut
from command_service.use_cases.submit import submit
from processor_service.api.push_request import PushRequest
from processor_service.gemini.client import readable
from processor_service.gemini.continuation import AnswerSoFar
from processor_service.gemini.errors import meaning
from processor_service.ports.citations import Citations
from processor_service.ports.conversations import Body, Posted
from processor_service.redis.connection import RedisConnection
from processor_service.redis.people_cache import RedisPeopleCache
from processor_service.redis.posts import _mark_in
from processor_service.slack.channels import SlackChannels
from processor_service.slack.client import BotIdentity, SlackCalls
from processor_service.slack.conversation import SlackConversation
from processor_service.slack.conversations import SlackConversations, Streaming
from processor_service.slack.files import SlackFiles, SlackHosts
from processor_service.slack.people import SlackPeople
from processor_service.slack.reading.reader import SlackReading, StreamRecipient
from processor_service.slack.reading.thread_messages import AskedMessage, said_about, said_before
from processor_service.slack.shown_body import body_shown
from processor_service.slack.user_groups import SlackGroups
from processor_service.slack.workspace import SlackWorkspace
from shared.background import Background
from shared.errors import MechachangError
from shared.ledger import Mark, file_name, file_title
from shared.slack.client import slack_error
from shared.slack.files import files_of
from shared.slack.message import MessageRef, message_of
from shared.slack.reading.block_text import text_of_blocks
from shared.task import Mode, Purpose, Subject, Task, TaskFile
from tests.fuzz.targets import Target
from tests.support.fakes.command import (
    IDENTITY,
    World,
    a_click,
    a_command,
    a_direct_message,
    a_mention,
    a_question,
    a_shortcut,
)
from tests.support.gemini_responses import received
from tests.support.signed import LEDGER, SIGNING, metadata
from tests.support.tasks import NOON, a_task

TS, CHANNEL, TASK_ID = "1700000000.000100", "C1", "a" * 32


@dataclass(frozen=True)
class Reader:
    """``read`` gets ``sample``, or what became of it."""

    name: str
    sample: Any
    read: Callable[[Any], object]


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

    async def try_own(self, channel: str, ts: str, task_id: str) -> bool:
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
        StreamRecipient("T1", "U1"),
        Owners(),
    )
    found, read = await thread.find(TASK_ID), await thread.read(TASK_ID)
    shown = await thread.contents([Posted("1700000001.000100", Mark(TASK_ID, "answer"))])
    return found, read, shown, await thread.messages()


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


def command_side(told: Any) -> tuple[Any, SlackAccess]:
    client: Any = Answering(told)
    return client, SlackAccess(client, lambda _: None)


async def missed(told: Any) -> object:
    client, access = command_side(told)
    world, history = World(Policy()), SlackHistory(client, access)
    limits = BackfillLimits(pages=12, within_s=5.0, attempts=1, free_pages=100)

    async def at_once(seconds: float) -> None:
        await asyncio.sleep(0)

    sweep = Sweep(
        ThrottledHistory(history, limits, at_once),
        world.submit_deps,
        IDENTITY,
        LEDGER,
        limits,
        at_once,
    )
    report = await sweep.run(SweepWindow(1600000000.0, 1800000000.0), set())
    follow_up = a_question(thread_ts=TS, follow_up=True)
    following = FollowUpDeps(world.submit_deps, history, LEDGER)
    outcome = await accept_message(follow_up, following)
    await world.settle()
    return report, outcome


async def surroundings(told: Any) -> object:
    client, access = command_side(told)
    place = MessageRef(CHANNEL, TS, "1700000001.000100")
    questions = SlackQuestions(client, access, LEDGER)
    background = Background()
    try:
        return (
            await questions.asked_at(place),
            await SlackUserSignals(client, access, LEDGER)._is_answered(a_question(thread_ts=TS)),
            await SlackLocales(client, access, background, "ja").found("U1"),
            await SlackDiagnostics(client, access).channel(CHANNEL),
            await SlackDiagnostics(client, access).may_read("U1", CHANNEL),
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


def accepted(read: Callable[[Any], object]) -> Callable[[Any], object]:
    """What is read as a question is published: its task must hold it."""

    async def accepting(told: Any) -> object:
        found, world = read(told), World(Policy())
        if isinstance(found, Click):
            found = question_again(found, AskedAgain("again"))
        if isinstance(found, Edited):
            found = found.question
        if isinstance(found, Question | NotAQuestion):
            await submit(found, world.submit_deps)
        if isinstance(found, Voted):
            kept_for_reasons(found)
        await world.settle()
        return found

    return lambda told: asyncio.run(accepting(told))


def with_asyncio(read: Callable[[Any], Any]) -> Callable[[Any], object]:
    return lambda told: asyncio.run(read(told))


def refused(told: Any) -> object:
    response = {"ok": False, "headers": {}, "status_code": 200}
    answer: Any = type("Answer", (), {**response, "data": told, "get": told.get})()
    error = SlackApiError("refused", answer)  # type: ignore[no-untyped-call]  # the SDK has no types here
    return slack_error(error, "chat.postMessage")


RICH = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*b* <@U1>"}, "fields": []},
    {"type": "header", "text": {"type": "plain_text", "text": "h"}},
    {"type": "markdown", "text": "**b**"},
    {"type": "table", "rows": [[{"type": "raw_text", "text": "c"}]]},
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_list",
                "style": "ordered",
                "indent": 1,
                "offset": 1,
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {"type": "text", "text": "t", "style": {"bold": True}},
                            {"type": "link", "url": "https://e.com", "text": "l"},
                            {"type": "user", "user_id": "U1"},
                            {"type": "usergroup", "usergroup_id": "S1"},
                            {"type": "channel", "channel_id": "C1"},
                            {"type": "date", "timestamp": 1700000000, "fallback": "d"},
                            {"type": "emoji", "name": "tada"},
                            {"type": "broadcast", "range": "here"},
                        ],
                    }
                ],
            }
        ],
    },
]
FILE = {"id": "F1", "name": "a.pdf", "mimetype": "application/pdf", "size": 5, "mode": "hosted"}
FORWARD = {
    "is_share": True,
    "author_id": "U9",
    "author_name": "n",
    "channel_id": "C7",
    "ts": TS,
    "text": "t",
    "fallback": "f",
    "from_url": "https://e.com",
    "files": [FILE],
    "message_blocks": [{"message": {"blocks": RICH, "attachments": [{"text": "a"}]}}],
    "attachments": [{"title": "t", "fields": [{"title": "f", "value": "v"}], "bot_id": "B9"}],
}
BY_A_PERSON = {
    "ts": "1700000000.000200",
    "thread_ts": TS,
    "user": "U1",
    "text": "<@UBOT> hi",
    "files": [FILE],
    "attachments": [FORWARD],
    "edited": {"ts": "1700000000.000300"},
}
OPENING = {
    **BY_A_PERSON,
    "ts": TS,
    "latest_reply": "1700000009.0",
    "reply_users": ["U1"],
    "reply_users_count": 1,
}
BY_AN_APP = {
    "ts": "1700000000.000400",
    "thread_ts": TS,
    "bot_id": "B9",
    "bot_profile": {"name": "Deploys"},
    "subtype": "bot_message",
    "text": "v2",
    "blocks": RICH,
    "attachments": [{"text": "a", "fallback": "f"}],
    "metadata": metadata(Mark(TASK_ID, "answer"), CHANNEL),
}
BY_US = {
    "ts": "1700000001.000100",
    "thread_ts": TS,
    "user": "UBOT",
    "bot_id": "BBOT",
    "text": "answer",
    "blocks": RICH,
    "streaming_state": "in_progress",
    "metadata": metadata(Mark("b" * 32, "question"), CHANNEL, prompt="p", mode="auto"),
}
OF_THE_FILE = {
    **BY_US,
    "metadata": None,
    "files": [
        {
            **FILE,
            "name": file_name(TASK_ID),
            "title": file_title("w", Mark(TASK_ID, "file", digest="0a"), CHANNEL, SIGNING),
        }
    ],
}
PAGE = {
    "ok": True,
    "messages": [OPENING, BY_A_PERSON, BY_AN_APP, BY_US, OF_THE_FILE],
    "channels": [{"id": CHANNEL, "is_ext_shared": False}],
    "channel": {"id": "D1", "is_member": True, "is_im": False, "is_ext_shared": False},
    "user": {"locale": "ja-JP", "tz_offset": 32400, "profile": {"display_name": "花"}},
    "file": FILE,
    "ts": "1700000002.000100",
    "message": BY_US,
    "response_metadata": {"next_cursor": ""},
}
# What is in a message is tried where nothing waits for an answer.
ASKED_FOR = {
    **PAGE,
    "messages": [
        {name: each for name, each in OPENING.items() if name not in {"files", "edited"}},
        {name: each for name, each in BY_US.items() if name != "blocks"},
    ],
    "message": {"ts": TS, "thread_ts": TS, "text": "answer"},
    "file": {"id": "F1"},
    "members": ["U1"],
    "usergroups": [{"id": "S1", "handle": "team"}],
}
SUBJECT = Subject(purpose=Purpose.SUMMARISE, channel_id=CHANNEL, message_ts=TS)
US = BotIdentity(LEDGER, "T1")


def thread_of(told: Any) -> list[Mapping[str, Any]]:
    found = [message_of(each) for each in told] if isinstance(told, list) else []
    return [each for each in found if each is not None and "ts" in each]


def marks_on(told: Any) -> object:
    messages = thread_of(told)
    return [
        (
            Mark.of_message(each),
            LEDGER.mark_of(each, CHANNEL),
            LEDGER.kept_with(each, CHANNEL),
            LEDGER.file_mark_of(TASK_ID, each, CHANNEL),
            files_of(each),
            body_shown(each),
            text_of_blocks(each),
        )
        for each in messages
    ]


def read_chunk(told: Any) -> object:
    """A piece whose parts are what they are said to be: it is shown later, and kept."""
    answer = AnswerSoFar(Citations())
    answered: Any = ["a response"]
    with readable(answered):
        response = received(told)
    piece = answer.read(response)
    texts = (piece.text, *piece.sources.searches)
    pages = (text for page in piece.sources.pages for text in (page.url, page.title))
    assert all(isinstance(each, str) for each in (*texts, *pages))
    assert all(isinstance(each, int) for each in (piece.prompt_tokens, piece.output_tokens))
    return piece


def pressed(action_id: str, **more: str) -> dict[str, Any]:
    value = {"v": 1, "thread_ts": TS, "message_ts": TS, **more}
    return a_click(json.dumps(value), action_id, trigger_id="1.2.t", channel={"id": CHANNEL})


CHUNK = {
    "candidates": [
        {
            "content": {"parts": [{"text": "語"}, {"text": "h", "thought": True}]},
            "finishReason": "STOP",
            "groundingMetadata": {
                "groundingChunks": [{"web": {"uri": "https://e.com", "title": "t"}}],
                "webSearchQueries": ["q"],
            },
            "urlContextMetadata": {
                "urlMetadata": [
                    {
                        "retrievedUrl": "https://e.com",
                        "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS",
                    }
                ]
            },
        }
    ],
    "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 4, "thoughtsTokenCount": 5},
}
REFUSAL = {
    "error": {
        "code": 429,
        "status": "RESOURCE_EXHAUSTED",
        "message": "slow down",
        "details": [
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "3s"},
            {"reason": "API_KEY_INVALID"},
            {
                "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                "violations": [{"quotaId": "GenerateRequestsPerDayPerProject"}],
            },
        ],
    }
}
DM = a_direct_message(attachments=[FORWARD])
EDIT = {
    **a_mention(),
    "event": {
        "type": "message",
        "subtype": "message_changed",
        "channel": CHANNEL,
        "channel_type": "channel",
        "message": {**BY_A_PERSON, "text": "<@UBOT> other words"},
        "previous_message": BY_A_PERSON,
    },
}
STOPPED = {
    "team_id": "T1",
    "event_id": "Ev1",
    "event": {
        "channel": CHANNEL,
        "thread_ts": TS,
        "user": "U1",
        "streaming_message_ts": [TS],
        "event_ts": TS,
    },
}
OPENED = {
    "team_id": "T1",
    "event": {"user": "U1", "channel": "D1", "tab": "home", "event_ts": TS, "view": {}},
}
KEPT = json.dumps(
    {"v": 1, "task_id": TASK_ID, "vote": "down", "mode": "auto", "channel_id": CHANNEL}
)
SUBMITTED = {
    "team": {"id": "T1"},
    "user": {"id": "U1"},
    "view": {
        "id": "V1",
        "private_metadata": KEPT,
        "state": {
            "values": {
                "flaw": {"flaw": {"selected_option": {"value": "wrong"}}},
                "comment": {"comment": {"value": "words"}},
            }
        },
    },
}
PUSH = {
    "subscription": "s",
    "deliveryAttempt": 1,
    "message": {
        "data": "e30=",
        "attributes": {"a": "b"},
        "messageId": "1",
        "publishTime": "2026-01-01T00:00:00Z",
    },
}
IM = JoinedConversation("D1", "im")

READERS: list[Reader] = [
    Reader("marks, files and blocks", PAGE["messages"], marks_on),
    Reader(
        "said_before",
        PAGE["messages"],
        lambda told: said_before(AskedMessage(CHANNEL, "1700000000.000900"), thread_of(told), US),
    ),
    Reader("said_about", PAGE["messages"], lambda told: said_about(SUBJECT, thread_of(told), US)),
    Reader("SlackReading", ASKED_FOR, with_asyncio(in_a_thread)),
    Reader("SlackConversation", ASKED_FOR, with_asyncio(writing)),
    Reader("SlackConversations.direct_id", ASKED_FOR, with_asyncio(direct_messages)),
    Reader("SlackFiles.described", PAGE, with_asyncio(a_file)),
    Reader(
        "auth.test",
        {"bot_id": "B", "user_id": "U", "team_id": "T", "team": "n"},
        with_asyncio(who_we_are),
    ),
    Reader("slack_error", {"ok": False, "error": "ratelimited", "needed": "chat:write"}, refused),
    Reader(
        "a mark kept for a response",
        {"task_id": TASK_ID, "role": "answer", "part": 1, "parts": 1, "digest": "0a"},
        lambda told: _mark_in(json.dumps(told)),
    ),
    Reader(
        "Task.decode",
        json.loads(a_task().encode()),
        lambda told: Task.decode(json.dumps(told).encode()),
    ),
    Reader("PushRequest.decode", PUSH, lambda told: PushRequest.decode(json.dumps(told).encode())),
    Reader("a chunk of Gemini's", CHUNK, read_chunk),
    Reader("an error of Gemini's", REFUSAL, lambda told: meaning(APIError(429, told, None))),
    Reader("who people are and what they may read", ASKED_FOR, with_asyncio(people)),
    Reader("missed questions", ASKED_FOR, with_asyncio(missed)),
    Reader("what Slack tells the command service", ASKED_FOR, with_asyncio(surroundings)),
    Reader("read_mention", a_mention(), accepted(lambda told: read_mention(told, IDENTITY, False))),
    Reader("read_message", DM, accepted(lambda told: read_message(told, IDENTITY, False))),
    Reader(
        "read_back",
        DM["event"],
        accepted(lambda told: read_back(message_of(told) or {}, IM, IDENTITY)),
    ),
    Reader("read_command", a_command(), accepted(lambda told: read_command(told, IDENTITY, NOON))),
    Reader("read_visit", a_command("doctor"), read_doctor_request),
    Reader("read_edit", EDIT, accepted(lambda told: read_edit(told, IDENTITY, False))),
    Reader("leaves_a_tombstone", EDIT, leaves_a_tombstone),
    Reader("read_deletion", EDIT, accepted(lambda told: read_deletion(told, IDENTITY))),
    Reader("read_shortcut", a_shortcut(), accepted(lambda told: read_shortcut(told, IDENTITY))),
    Reader("is_genuine", pressed("retry"), lambda told: is_genuine(told, SIGNING)),
    Reader("is_genuine in a modal", SUBMITTED, lambda told: is_genuine(told, SIGNING)),
    Reader("read_regenerate", pressed("regenerate"), accepted(read_regenerate)),
    Reader("read_retry", pressed("retry"), accepted(read_retry)),
    Reader("read_choice", pressed("mode", mode="code"), accepted(read_choice)),
    Reader("read_wish", pressed("shorter", wish="shorter"), accepted(read_wish)),
    Reader("read_edited", pressed("ask_edited", edited_ts=TS), accepted(read_edited)),
    Reader(
        "read_vote",
        pressed("feedback", task_id=TASK_ID, vote="up", mode=Mode.AUTO),
        accepted(lambda told: read_vote(told, NOON)),
    ),
    Reader("read_reasons", SUBMITTED, accepted(lambda told: read_reasons(told, NOON))),
    Reader(
        "read_stop",
        pressed("stop", task_id=TASK_ID, user_id="U1"),
        lambda told: read_stop(told, NOON),
    ),
    Reader(
        "read_share",
        pressed("share", task_id=TASK_ID, user_id="U1", channel_id=CHANNEL),
        lambda told: read_share(told, NOON),
    ),
    Reader("read_stopped_session", STOPPED, lambda told: read_stopped_session(told, NOON)),
    Reader("read_opening", OPENED, read_opening),
]

# Each reads several hundred characters in some hundred places: what is measured elsewhere.
_UNMEASURED = 1e9
_CHARS = 300


def filled(sample: Any, text: str) -> Any:
    """The sample with ``text`` in place of each text that people, apps or the model choose."""
    if isinstance(sample, dict):
        return {name: filled(each, text) for name, each in sample.items()}
    if isinstance(sample, list):
        return [filled(each, text) for each in sample]
    return text if isinstance(sample, str) and sample not in _KEPT_AS_IT_IS else sample


_KEPT_AS_IT_IS = frozenset({TS, CHANNEL, TASK_ID, "rich_text", "section", "table", "im", "home"})


def of_texts() -> list[Target]:
    """The readers as ``make fuzz`` drives them: with any text in their samples."""

    def reading(reader: Reader) -> Callable[[str], object]:
        def read(text: str) -> None:
            with suppress(MechachangError):
                reader.read(filled(reader.sample, text[:_CHARS]))

        return read

    return [Target(each.name, reading(each), _UNMEASURED) for each in READERS]
