"""An answer too long for a thread: its beginning there, and all of it in one file."""

from dataclasses import replace

import pytest

from processor_service.delivery.answer_file import LONGEST_THREAD
from processor_service.ports.conversations import Body, Posted
from processor_service.ports.model import Chunk
from processor_service.resilience.run_leased import Outcome
from shared.errors import OutcomeUnknown, SlackRefused, SlackUnavailable
from shared.ledger import Mark, file_name, file_title
from tests.support.fakes.processor.conversations import FakeConversation
from tests.support.fakes.processor.model import FakeModel, saying
from tests.support.fakes.processor.world import World
from tests.support.signed import LEDGER
from tests.support.tasks import a_task

LONG = "\n\n".join(f"## 第{number}章\n\n" + "長い段落の一文です。" * 100 for number in range(1, 31))
MISSING_SCOPE = SlackRefused("no", slack_error="missing_scope", reason="slack_scope_missing")


def a_world(*, streams: bool = True, at_once: bool = False) -> World:
    script = [Chunk(LONG, finished=True)] if at_once else saying(LONG)
    world = World(model=FakeModel([script]))
    world.conversation.can_stream = streams
    world.conversation.can_share = True
    return world


def roles(conversation: FakeConversation) -> list[str]:
    return [posted.mark.role for posted, _ in conversation.messages]


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "grown"])
@pytest.mark.parametrize("streams", [True, False], ids=["streamed", "edited"])
async def test_the_beginning_stands_above_one_file_that_holds_it_all(
    streams: bool, at_once: bool
) -> None:
    world = a_world(streams=streams, at_once=at_once)
    assert await world.answer() is Outcome.ANSWERED
    assert roles(world.conversation) == ["answer"] * LONGEST_THREAD + ["file"]
    [document] = world.conversation.uploaded.values()
    assert document.text == LONG
    assert LONG.replace("\n", "").startswith("".join(world.conversation.texts()).replace("\n", ""))
    _, last = world.conversation.messages[LONGEST_THREAD - 1]
    [note, *footer] = [block for block in last.blocks if block["type"] != "markdown"]
    assert "全文" in str(note)
    assert footer[-1]["type"] == "context_actions"
    marks = {posted.mark for posted, _ in world.conversation.messages[:LONGEST_THREAD]}
    assert {mark.parts for mark in marks} == {LONGEST_THREAD}
    assert {mark.digest for mark in marks} == {document.digest}


async def test_a_redelivery_finds_it_whole() -> None:
    world = a_world()
    await world.answer()
    before = list(world.conversation.messages)
    world.leases.done.clear()
    assert await world.answer(message_id="m2") is Outcome.ALREADY_DONE
    assert world.conversation.messages == before


@pytest.mark.parametrize("taken", [True, False])
async def test_a_share_of_unknown_outcome_leaves_one_file(taken: bool) -> None:
    world = a_world()
    world.conversation.failures["share"] = [(OutcomeUnknown("dropped"), taken)]
    assert await world.answer() is Outcome.ANSWERED
    assert roles(world.conversation) == ["answer"] * LONGEST_THREAD + ["file"]
    assert world.conversation.posts == LONGEST_THREAD + 1


async def test_a_successor_adopts_the_file_that_a_dead_worker_shared() -> None:
    world = a_world()
    world.conversation.failures["update"] = [(SlackUnavailable("500"), False)] * 4
    assert await world.answer() is Outcome.TRY_LATER
    assert roles(world.conversation).count("file") == 1
    assert await world.answer(message_id="m2") is Outcome.ANSWERED
    assert roles(world.conversation) == ["answer"] * LONGEST_THREAD + ["file"]
    assert len(world.conversation.uploaded) == 1


async def test_the_file_of_another_answer_to_the_task_is_replaced() -> None:
    world = a_world()
    old = Posted("150.000001", Mark(a_task().task_id, "file", digest="0ld"))
    world.conversation.messages.append((old, Body("old")))
    assert await world.answer() is Outcome.ANSWERED
    [file] = [one for one, _ in world.conversation.messages if one.mark.role == "file"]
    assert file.mark.digest != "0ld"


async def test_a_file_that_stands_twice_is_removed_once_the_answer_is_whole() -> None:
    world = a_world()
    await world.answer()
    [(file, body)] = [(one, b) for one, b in world.conversation.messages if one.mark.role == "file"]
    world.conversation.messages.append((replace(file, ts="900.000001"), body))
    world.leases.done.clear()
    assert await world.answer(message_id="m2") is Outcome.ALREADY_DONE
    assert [one for one, _ in world.conversation.messages if one.mark.role == "file"] == [file]


async def test_a_notice_takes_the_file_away_with_the_beginning() -> None:
    world = a_world()
    refused = SlackRefused("no", slack_error="is_archived")
    world.conversation.failures["update"] = [(refused, False)]
    assert await world.answer() is Outcome.TOLD_FAILURE
    assert roles(world.conversation) == ["notice"]


@pytest.mark.parametrize(
    "failures",
    [
        {"upload": [(MISSING_SCOPE, False)]},
        {"upload": [(SlackUnavailable("503"), False)] * 9},
        {"share": [(MISSING_SCOPE, False)]},
    ],
    ids=["no scope", "no upload", "no share"],
)
async def test_where_slack_takes_no_file_the_whole_answer_stands_in_the_thread(
    failures: dict[str, list[tuple[Exception, bool]]],
) -> None:
    world = a_world()
    world.conversation.failures.update(failures)
    assert await world.answer() is Outcome.ANSWERED
    assert set(roles(world.conversation)) == {"answer"}
    shown = "".join(world.conversation.texts())
    assert shown.count("長い段落の一文です。") == LONG.count("長い段落の一文です。")


async def test_an_answer_that_a_comfortable_thread_holds_takes_no_file() -> None:
    world = a_world()
    world.model = FakeModel([saying("\n\n".join(["長い段落の一文です。" * 100] * 15))])
    assert await world.answer() is Outcome.ANSWERED
    assert 3 < len(world.conversation.messages) <= LONGEST_THREAD
    assert world.conversation.uploaded == {}


def test_a_file_is_known_by_its_name_and_its_title() -> None:
    task_id = a_task().task_id
    mark = Mark(task_id, "file", digest="0123456789ab")
    title = file_title("回答の全文", mark, "C1", LEDGER.signing)
    file = {"name": file_name(task_id), "title": title}
    shared = {"user": "UBOT", "files": [file]}
    assert LEDGER.file_mark_of(task_id, shared, "C1") == mark
    assert LEDGER.file_mark_of("f" * 32, shared, "C1") is None
    assert LEDGER.file_mark_of(task_id, shared, "C2") is None
    assert LEDGER.file_mark_of(task_id, {**shared, "bot_id": "BOTHER"}, "C1") is None
    renamed = {"user": "UBOT", "files": [{**file, "title": "回答の全文 (0123456789ab)"}]}
    assert LEDGER.file_mark_of(task_id, renamed, "C1") is None
