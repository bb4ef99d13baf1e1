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

from command_service.payloads.buttons import (
    is_genuine,
    question_again,
    read_choice,
    read_edited,
    read_regenerate,
    read_retry,
)
from command_service.payloads.changes import Edited, leaves_a_tombstone, read_deletion, read_edit
from command_service.payloads.home import read_home_choice, read_opening
from command_service.payloads.messages import read_back, read_command, read_mention, read_message
from command_service.payloads.model import (
    AskingReaction,
    Click,
    JoinedConversation,
    NotAQuestion,
    Question,
)
from command_service.payloads.model import QuestionContent as AskedAgain
from command_service.payloads.presses import (
    read_reasons,
    read_share,
    read_stop,
    read_stopped_session,
    read_vote,
)
from command_service.payloads.reactions import read_reaction
from command_service.payloads.shortcuts import read_shortcut
from command_service.payloads.slash_command import read_doctor_request
from command_service.use_cases.policy import Policy
from command_service.use_cases.submit import submit
from processor_service.api.push_request import PushRequest
from processor_service.gemini.client import readable
from processor_service.gemini.continuation import AnswerSoFar
from processor_service.gemini.errors import meaning
from processor_service.ports.citations import Citations
from processor_service.redis.posts import _mark_in
from processor_service.slack.client import BotIdentity
from processor_service.slack.reading.thread_messages import said_about, said_before
from processor_service.slack.shown_body import body_shown
from shared.errors import MechachangError
from shared.ledger import Mark
from shared.slack.files import files_of
from shared.slack.message import MessageRef, message_of
from shared.slack.reading.block_text import text_of_blocks
from shared.task import Mode, Purpose, Subject, Task
from tests.fuzz.adapters import (
    a_file,
    direct_messages,
    in_a_thread,
    missed,
    people,
    refused,
    surroundings,
    who_we_are,
    writing,
)
from tests.fuzz.samples import (
    ASKED_FOR,
    CHANNEL,
    CHOSEN,
    CHUNK,
    DM,
    EDIT,
    OPENED,
    PAGE,
    PUSH,
    REFUSAL,
    STOPPED,
    SUBMITTED,
    TASK_ID,
    TS,
    pressed,
)
from tests.fuzz.targets import Target
from tests.support.fakes.command.payloads import (
    IDENTITY,
    a_command,
    a_mention,
    a_reaction,
    a_shortcut,
)
from tests.support.fakes.command.world import World
from tests.support.gemini_responses import received
from tests.support.signed import LEDGER, SIGNING
from tests.support.tasks import NOON, a_task


@dataclass(frozen=True)
class Reader:
    """``read`` gets ``sample``, or what became of it."""

    name: str
    sample: Any
    read: Callable[[Any], object]


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
        await world.settle()
        return found

    return lambda told: asyncio.run(accepting(told))


def with_asyncio(read: Callable[[Any], Any]) -> Callable[[Any], object]:
    return lambda told: asyncio.run(read(told))


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


IM = JoinedConversation("D1", "im")

READERS: list[Reader] = [
    Reader("marks, files and blocks", PAGE["messages"], marks_on),
    Reader(
        "said_before",
        PAGE["messages"],
        lambda told: said_before(
            MessageRef(CHANNEL, "1700000000.000900", "1700000000.000900"), thread_of(told), US
        ),
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
    Reader(
        "read_reaction",
        a_reaction(),
        accepted(
            lambda told: read_reaction(told, IDENTITY, AskingReaction("gemini"), redelivered=False)
        ),
    ),
    Reader("is_genuine", pressed("retry"), lambda told: is_genuine(told, SIGNING)),
    Reader("is_genuine in a modal", SUBMITTED, lambda told: is_genuine(told, SIGNING)),
    Reader("read_regenerate", pressed("regenerate"), accepted(read_regenerate)),
    Reader("read_retry", pressed("retry"), accepted(read_retry)),
    Reader("read_choice", pressed("mode", mode="code"), accepted(read_choice)),
    Reader("read_choice of a button", pressed("shorter", wish="shorter"), accepted(read_choice)),
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
    Reader("read_opening", OPENED, lambda told: read_opening(told, SIGNING)),
    Reader(
        "read_home_choice",
        CHOSEN,
        lambda told: read_home_choice(told, SIGNING),
    ),
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
