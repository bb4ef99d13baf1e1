"""The processor's task cards on Slack's protocol, by slack_sdk; and servers that know none."""

from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from processor_service.ports.citations import Citations, WebPage
from processor_service.ports.conversations import Body, TaskCard
from processor_service.rendering.task_cards import TaskCards
from shared.errors import SlackRefused
from shared.ledger import growing_mark
from simulators.faults import Fault
from tests.chaos.ledger import has_card_at_work
from tests.support.tasks import a_task
from tests.support.workbenches.processor import ANSWER, TASK_ID, Processor, processors
from tests.support.workbenches.slack import FAST

READING = TaskCard("files", "Reading notes.txt")
READ = TaskCard("files", "Read notes.txt", "complete")
SEARCHED = TaskCard(
    "search", "Looked things up", "complete", "primes", (WebPage("https://a.example/"),)
)
WHOLE = replace(ANSWER, parts=1)
LINE = {"type": "context", "elements": [{"type": "mrkdwn", "text": "below"}]}


def shown(here: Processor, asked: str) -> dict[str, Any]:
    return here.bench.slack.messages("#general", thread_ts=asked)[-1]


def cards_of(message: dict[str, Any]) -> list[tuple[str, str]]:
    blocks = message.get("blocks", [])
    return [(one["title"], one["status"]) for one in blocks if one["type"] == "task_card"]


async def test_steps_come_before_the_words_and_end_with_them_in_one_message() -> None:
    async with processors() as (here, there):
        asked = here.bench.slack.people.post("alice", "#general", "question").ts
        thread = here.streamed(asked)
        live = await thread.start_stream(TASK_ID, "", [READING])
        assert cards_of(shown(here, asked)) == [("Reading notes.txt", "in_progress")]
        assert await there.streamed(asked).find(TASK_ID) == [live]
        await thread.append_stream(live, "二つ", [READ])
        await thread.end_stream(live, "三つ。", Body("", (LINE,)), WHOLE, [SEARCHED])
        message = shown(here, asked)
        assert cards_of(message) == [
            ("Read notes.txt", "complete"),
            ("Looked things up", "complete"),
        ]
        assert message["text"] == "二つ三つ。"
        sources = [one.get("sources") for one in message["blocks"][:2]]
        page = "https://a.example/"
        assert sources == [None, [{"type": "url", "url": page, "text": page}]]
        assert here.bench.slack.workspace.sessions.processing() == []


async def test_slack_takes_the_cards_of_a_search_that_found_pages_with_long_addresses() -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question").ts
        thread, cards = here.streamed(asked), TaskCards(shown_after_s=0.0)
        cards.thinking(searching=True)
        found = WebPage("https://a.example/" + "x" * 500), WebPage("https://b.example/", "b" * 500)
        cards.looked_up(Citations(found, ("primes",)))
        live = await thread.start_stream(TASK_ID, "", cards.pending())
        await thread.end_stream(live, "words", Body(""), WHOLE)
        assert thread.shows_cards
        assert len(shown(here, asked)["blocks"][0]["sources"]) == 2


async def test_what_is_read_back_of_an_answer_has_its_words_and_not_its_steps() -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question").ts
        thread = here.streamed(asked)
        live = await thread.start_stream(TASK_ID, "一つ", [READ])
        ended = await thread.end_stream(live, "二つ", Body("", (LINE,)), WHOLE)
        held = await thread.contents([ended])
        assert [block["type"] for block in held[ended.ts].blocks] == ["rich_text", "context"]
        later = here.bench.slack.people.post("alice", "#general", "more", thread_ts=asked)
        task = a_task(
            channel_id=here.bench.general,
            user_id=later.user,
            team_id=here.bench.slack.workspace.team_id,
            thread_ts=asked,
            message_ts=later.ts,
        )
        said = (await here.conversations.thread(task, asked, later.ts).read("other")).said
        assert [one.text for one in said if one.role == "us"] == ["一つ二つ"]


async def test_a_successors_edit_takes_the_steps_of_a_dead_worker_away() -> None:
    async with processors() as (here, there):
        asked = here.bench.slack.people.post("alice", "#general", "question").ts
        await here.streamed(asked).start_stream(TASK_ID, "", [READING])
        successor = there.streamed(asked)
        [live] = await successor.find(TASK_ID)
        block = {"type": "markdown", "text": "whole"}
        await successor.update(live, Body("whole", (block,)), WHOLE)
        assert cards_of(shown(here, asked)) == []
        assert shown(here, asked)["text"] == "whole"
        assert not here.bench.slack.workspace.live_streams()


async def test_steps_without_words_can_be_taken_away() -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question").ts
        thread = here.streamed(asked)
        await thread.remove(await thread.start_stream(TASK_ID, "", [READING]))
        assert len(here.bench.slack.messages("#general", thread_ts=asked)) == 1
        assert here.bench.slack.workspace.sessions.processing() == []


async def test_a_server_that_knows_no_task_cards_streams_plainly_and_is_asked_once() -> None:
    async with processors(replace(FAST, task_cards=False)) as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question").ts
        thread = here.streamed(asked)
        with capture_logs() as logs:
            live = await thread.start_stream(TASK_ID, "一つ", [READ])
            await thread.append_stream(live, "二つ")
            await thread.end_stream(live, "", Body(""), WHOLE)
            other = here.bench.slack.people.post("alice", "#general", "another").ts
            assert not here.streamed(other).shows_cards
            plain = await here.streamed(other).start_stream(TASK_ID, "三つ", [READ])
            await here.streamed(other).end_stream(plain, "", Body(""), WHOLE)
        assert shown(here, asked)["text"] == "一つ二つ"
        assert [one["action"] for one in logs if "refused" in one.get("action", "")] == [
            "method_refused"
        ]
        starts = [
            entry.detail["ok"]
            for entry in here.bench.journal.entries(step="api")
            if entry.detail["method"] == "chat.startStream"
        ]
        assert starts == [False, True, True]
        assert here.streamed(other).may_begin, "streams themselves are not refused"


async def test_steps_alone_are_not_shown_where_cards_are_refused_and_words_still_stream() -> None:
    async with processors(replace(FAST, task_cards=False)) as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question").ts
        with pytest.raises(SlackRefused):
            await here.streamed(asked).start_stream(TASK_ID, "", [READING])
        assert not here.streamed(asked).shows_cards
        assert here.streamed(asked).may_begin


async def test_a_stream_whose_last_cards_are_refused_does_not_run_on() -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question").ts
        thread = here.streamed(asked)
        live = await thread.start_stream(TASK_ID, "", [READING])
        refused = Fault("error", status=200, error="invalid_chunks")
        here.bench.faults.add("slack", "chat.stopStream", refused)
        with pytest.raises(SlackRefused):
            await thread.end_stream(live, "words", Body(""), WHOLE, [READ])
        assert not here.bench.slack.workspace.live_streams()
        [found] = await thread.find(TASK_ID)
        assert found.mark == growing_mark(TASK_ID, 1)
        await thread.update(found, Body("words"), WHOLE)
        assert not has_card_at_work(shown(here, asked))
