"""Slack refuses a layout or a size: the same answer stands there once, whatever call it was."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from processor_service.delivery.preview.live_preview import EVERY_S
from processor_service.ports.model import Chunk, Prompt
from processor_service.rendering.messages import PLAIN_BYTES
from processor_service.rendering.shown_letters import letters_of
from processor_service.resilience.run_leased import Outcome
from processor_service.slack.shown_body import body_shown
from shared.errors import ModelRefused
from shared.ledger import Mark, file_name
from shared.task import Source, Task
from simulators.faults import Fault
from tests.contract.adapters.slack.test_processor_slack import a_response_url
from tests.support.fakes.processor.model import FakeModel
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task
from tests.support.workbenches.processor import Processor, processors

REFUSALS = ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long")
WORDS = "前半の説明です。\n\n| 甲 | 乙 |\n|---|---|\n| 一 | 二 |\n\n後半の*説明*です。"
LETTERS = "前半の説明です甲乙一二後半の説明です"


@dataclass
class Halting(FakeModel):
    """A model that lets something happen after its first words; ``rest`` follows them."""

    scripts: list[Any] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[None]] | None = None
    rest: str = WORDS[25:]
    first_chars: int = 4

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Chunk, None]:
        yield Chunk(WORDS[: self.first_chars])
        if self.meanwhile is not None:
            await self.meanwhile()
        yield Chunk(WORDS[self.first_chars : 25])
        yield Chunk(self.rest, finished=True)


@dataclass
class Asked:
    """A question in a channel, answered with a simulated Slack."""

    here: Processor
    model: Halting = field(default_factory=Halting)

    def __post_init__(self) -> None:
        people = self.here.bench.slack.people
        self.asked = people.post("alice", "#general", "question")
        self.world = World(model=self.model)
        self.world.conversations = self.here.conversations  # type: ignore[assignment]  # the real adapters

    def refuse(self, call: str, code: str, times: int = 1) -> None:
        self.here.bench.faults.add("slack", call, Fault("error", status=200, error=code), times)

    @property
    def task(self) -> Task:
        bench = self.here.bench
        return a_task(
            team_id=bench.slack.workspace.team_id,
            channel_id=bench.general,
            user_id=bench.slack.people.user("alice").id,
            thread_ts=self.asked.ts,
            message_ts=self.asked.ts,
        )

    async def answered(self) -> Outcome:
        outcome = await self.world.answer(self.task)
        self.here.bench.faults.clear()
        await self.world.statuses.close()
        return outcome

    def replies(self) -> list[dict[str, Any]]:
        bench = self.here.bench
        return bench.slack.messages("#general", thread_ts=self.asked.ts)[1:]

    async def end_stream(self) -> None:
        """Slack ends the stream that runs, as it does after some minutes."""
        for message in self.here.bench.slack.workspace.live_streams():
            assert message.stream is not None
            message.stream.state = "expired"


def shown(messages: list[dict[str, Any]]) -> str:
    return "".join(letters_of(body_shown(message)) for message in messages)


def is_one_whole_answer(messages: list[dict[str, Any]], task: Task) -> bool:
    marks = [Mark.of_message(message) for message in messages]
    return [(m.task_id, m.role, m.part, m.parts) for m in marks if m is not None] == [
        (task.task_id, "answer", part, len(messages)) for part in range(1, len(messages) + 1)
    ]


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("state", ["running", "ended by Slack", "start not confirmed"])
@pytest.mark.parametrize("code", REFUSALS)
@pytest.mark.parametrize("call", ["chat.startStream", "chat.stopStream", "chat.update"])
async def test_a_streamed_answer_whose_layout_slack_refuses_stands_there_whole_and_once(
    call: str, code: str, state: str, times: int
) -> None:
    async with processors() as (here, _):
        one = Asked(here)
        if state == "ended by Slack":
            one.model.meanwhile = one.end_stream
        if state == "start not confirmed":
            here.bench.faults.add("slack", "chat.startStream", Fault("drop_after"))
        one.refuse(call, code, times)
        assert await one.answered() is Outcome.ANSWERED
        assert shown(one.replies()) == LETTERS
        assert is_one_whole_answer(one.replies(), one.task)
        assert not here.bench.slack.workspace.live_streams()


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("code", REFUSALS)
@pytest.mark.parametrize("call", ["chat.postMessage", "chat.update"])
async def test_a_posted_answer_whose_layout_slack_refuses_stands_there_whole_and_once(
    call: str, code: str, times: int
) -> None:
    async with processors() as (here, _):
        one = Asked(here)
        one.refuse("chat.startStream", "unknown_method", -1)
        one.refuse(call, code, times)
        assert await one.answered() is Outcome.ANSWERED
        assert shown(one.replies()) == LETTERS
        assert is_one_whole_answer(one.replies(), one.task)


@pytest.mark.parametrize("code", REFUSALS)
async def test_a_stream_that_may_not_be_ended_at_all_is_replaced(code: str) -> None:
    async with processors() as (here, _):
        one = Asked(here)
        one.refuse("chat.stopStream", code, -1)
        assert await one.answered() is Outcome.ANSWERED
        assert shown(one.replies()) == LETTERS
        assert is_one_whole_answer(one.replies(), one.task)


@pytest.mark.parametrize("code", ["msg_too_long", "message_not_in_streaming_state"])
async def test_a_stream_that_takes_no_more_words_is_whole_in_the_end(code: str) -> None:
    async with processors() as (here, _):
        one = Asked(here)
        one.refuse("chat.appendStream", code)
        # The model pauses for longer than people wait for more words.
        one.model.meanwhile = partial(asyncio.sleep, EVERY_S)
        rules = here.bench.faults.rules()
        assert await one.answered() is Outcome.ANSWERED
        assert rules[0].times == 0
        assert shown(one.replies()) == LETTERS
        assert is_one_whole_answer(one.replies(), one.task)


async def test_plain_text_that_is_too_long_is_posted_in_smaller_messages() -> None:
    async with processors() as (here, _):
        one = Asked(here)
        one.model.rest = "\n\n".join(f"段落{number}です。" for number in range(150))
        one.refuse("chat.startStream", "unknown_method", -1)
        one.refuse("chat.postMessage", "msg_too_long", 3)
        assert await one.answered() is Outcome.ANSWERED
        messages = one.replies()
        assert len(messages) > 1
        assert all(len(str(message["text"]).encode()) <= PLAIN_BYTES // 4 for message in messages)
        assert shown(messages).endswith("段落149です")
        assert is_one_whole_answer(messages, one.task)


async def test_what_slack_takes_in_no_message_is_handed_over_as_a_file() -> None:
    async with processors() as (here, _):
        one = Asked(here)
        one.refuse("chat.startStream", "unknown_method", -1)
        one.refuse("chat.postMessage", "msg_too_long", 4)
        assert await one.answered() is Outcome.ANSWERED
        [file, note] = one.replies()
        assert [each["name"] for each in file["files"]] == [file_name(one.task.task_id)]
        assert "Markdown ファイル" in note["text"]
        assert is_one_whole_answer([note], one.task)


@pytest.mark.parametrize("code", REFUSALS)
async def test_a_command_whose_private_answer_is_refused_its_layout_gets_it_as_plain_text(
    code: str,
) -> None:
    async with processors() as (here, _):
        one = Asked(here)
        url = await a_response_url(here.bench)
        here.bench.faults.add("slack", "response_url", Fault("error", status=400, error=code))
        asked = replace_task(here, one.task, response_url=url)
        assert await one.world.answer(asked) is Outcome.ANSWERED
        [message] = here.bench.slack.ephemerals("alice")
        assert "blocks" not in message or not message["blocks"]
        assert LETTERS in letters_of(body_shown(message))
        assert one.replies() == []


async def test_a_command_that_was_answered_too_late_is_told_so_and_not_that_we_were_removed() -> (
    None
):
    async with processors() as (here, _):
        one = Asked(here)
        here.bench.faults.add(
            "slack", "response_url", Fault("error", status=404, error="expired_url"), -1
        )
        asked = replace_task(here, one.task, response_url=await a_response_url(here.bench))
        assert await one.world.answer(asked) is Outcome.TOLD_FAILURE
        [notice] = here.bench.slack.messages(here.bench.slack.people.dm("alice").id)
        assert "response_closed" in str(notice["blocks"])
        assert "アプリが外された" not in str(notice["blocks"])


@pytest.mark.parametrize("code", REFUSALS)
async def test_a_notice_whose_layout_is_refused_is_plain_text(code: str) -> None:
    async with processors() as (here, _):
        one = Asked(here)
        one.world.model = FakeModel([[ModelRefused("SAFETY", reason="question_blocked")]])
        one.refuse("chat.postMessage", code)
        assert await one.answered() is Outcome.TOLD_FAILURE
        [notice] = one.replies()
        assert "安全基準" in notice["text"]
        assert not notice.get("blocks")


def replace_task(here: Processor, task: Task, **changes: Any) -> Task:
    """The task of a command where we are no member: its answer goes to the response URL."""
    elsewhere = here.bench.slack.people.channel("#humans-only").id
    command = {"source": Source.SLASH_COMMAND, "channel_id": elsewhere, "message_ts": None}
    return task.model_copy(update={**command, "thread_ts": None, **changes})
