"""Huge threads are bounded by what can be told of them, and read one at a time."""

import asyncio
from typing import Any

import pytest

from processor_service.prompt.quotes import estimated_tokens
from processor_service.slack.client import BotIdentity
from processor_service.slack.page_memory import FIRST_PAGE, LARGEST_PAGE, PageMemory, next_page
from processor_service.slack.reading.thread_messages import said_about, said_before
from processor_service.slack.reading.trimming import KEPT_CHARS, TrimmedMessages, size_of
from shared.ledger import Mark
from shared.slack.message import MessageRef
from shared.task import Purpose, Subject
from tests.support.signed import LEDGER, metadata

US = BotIdentity(LEDGER, "T1")
HUGE = 39_000


def message(number: int, text: str, **changes: Any) -> dict[str, Any]:
    block = {"type": "rich_text", "elements": [{"type": "text", "text": text}]}
    file = {"id": "F1", "name": "a.png", "mimetype": "image/png", "preview": "p" * HUGE}
    return {
        "type": "message",
        "ts": f"{number}.000100",
        "user": "U1",
        "text": text,
        "blocks": [block],
        "files": [file],
        "edited": {"user": "U1", "ts": "1"},
        **changes,
    }


def test_nine_hundred_messages_of_39_000_characters_keep_no_more_than_can_be_told() -> None:
    kept = TrimmedMessages()
    for number in range(900):
        kept.add([message(number, "あ" * HUGE)])
    assert len(kept.messages) == 900
    assert size_of(kept.messages) < 2 * KEPT_CHARS
    with_words = [one for one in kept.messages if len(one["text"]) == HUGE]
    assert with_words[0] is kept.messages[0]
    assert with_words[1:] == kept.messages[-len(with_words) + 1 :]


@pytest.mark.parametrize("words", ["a" * HUGE, "あ" * HUGE, "a" * 100])
def test_what_could_be_quoted_of_a_thread_keeps_its_words(words: str) -> None:
    whole = [message(number, f"{number} {words}") for number in range(3_000)]
    kept = TrimmedMessages()
    kept.add(whole)
    budget = 64_000
    for before, after in zip(reversed(whole), reversed(kept.messages), strict=True):
        budget -= estimated_tokens(before["text"])
        if budget < 0:
            break
        assert after["text"] == before["text"]


def test_the_opening_message_and_every_file_and_mark_stay() -> None:
    mark = metadata(Mark("question-0001", "answer", digest="d"), "C1")
    kept = TrimmedMessages(chars=10)
    kept.add([message(0, "opening")])
    kept.add([message(1, "x" * 100, bot_id="BBOT", metadata=mark), message(2, "y" * 100)])
    first, ours, last = kept.messages
    assert first["text"] == "opening"
    assert LEDGER.mark_of(ours, "C1") == Mark("question-0001", "answer", digest="d")
    assert [file["name"] for file in ours["files"]] == ["a.png"]
    assert last["text"] == "y" * 100


def test_trimming_changes_nothing_of_what_is_said_in_an_ordinary_thread() -> None:
    answer = metadata(Mark("question-0001", "answer", digest="d"), "C1")
    attached = [{"text": "attached", "image_bytes": 5}]
    thread = [
        message(1, "opening"),
        message(2, "", bot_id="B2", bot_profile={"name": "Alerts"}, attachments=attached),
        message(3, "ours", bot_id="BBOT", metadata=answer),
        message(4, "a question"),
        message(5, "said later"),
    ]
    kept = TrimmedMessages(until=4.0001)
    kept.add(thread)
    asked = MessageRef("C1", "4.000100", "4.000100")
    assert said_before(asked, kept.messages, US) == said_before(asked, thread, US)
    for purpose in Purpose:
        subject = Subject(purpose=purpose, channel_id="C1", message_ts="4.000100")
        untouched = TrimmedMessages()
        untouched.add(thread)
        assert said_about(subject, untouched.messages, US) == said_about(subject, thread, US)


async def test_ten_shortcuts_at_once_read_a_thread_one_after_the_other() -> None:
    page_memory, inside, most = PageMemory(), 0, 0

    async def read(thread_ts: str) -> None:
        nonlocal inside, most
        async with page_memory.only_reader("C1", thread_ts):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(read("1.0") for _ in range(10)))
    assert most == 1
    await asyncio.gather(*(read(f"{number}.0") for number in range(10)))
    assert most == 10
    assert page_memory._threads == {}


async def test_a_reader_that_is_cancelled_lets_the_next_one_in() -> None:
    page_memory, entered = PageMemory(), asyncio.Event()

    async def stuck() -> None:
        async with page_memory.only_reader("C1", "1.0"):
            entered.set()
            await asyncio.Event().wait()

    async def read() -> None:
        async with page_memory.only_reader("C1", "1.0"):
            return

    first = asyncio.create_task(stuck())
    await entered.wait()
    waiting, next_one = asyncio.create_task(read()), asyncio.create_task(read())
    await asyncio.sleep(0)
    waiting.cancel()
    first.cancel()
    async with asyncio.timeout(5):
        await next_one
    assert page_memory._threads == {}


async def test_the_pages_of_all_threads_together_have_so_much_room() -> None:
    page_memory, inside, most = PageMemory(room_bytes=3 * FIRST_PAGE * 80_000), 0, 0

    async def page(messages: int) -> None:
        nonlocal inside, most
        async with page_memory.page(messages):
            inside += messages
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= messages

    await asyncio.gather(*(page(FIRST_PAGE) for _ in range(20)), page(LARGEST_PAGE))
    assert most == max(3 * FIRST_PAGE, LARGEST_PAGE)


def test_pages_of_huge_messages_stay_small_and_others_are_few() -> None:
    assert next_page(FIRST_PAGE, FIRST_PAGE * 2 * HUGE) == FIRST_PAGE
    assert next_page(FIRST_PAGE, FIRST_PAGE * 300) == LARGEST_PAGE
