"""After an answer was shown, it is looked at whether Slack really holds it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from processor_service.ports.answers import Answer
from processor_service.ports.conversations import Body
from processor_service.ports.model import Chunk
from processor_service.rendering.messages import render_answer
from processor_service.rendering.shown_letters import letters_of
from processor_service.resilience.run_leased import Outcome
from shared.errors import SlackRefused, SlackUnavailable
from simulators.slack.state.translation import translated
from tests.support.fakes.processor.conversations import markdown_body
from tests.support.fakes.processor.model import FakeModel, saying
from tests.support.fakes.processor.world import World
from tests.support.markdown.golden_answers import NAMES, rendered, source_of
from tests.support.tasks import a_task

TEXT = "素数です。1と自身でのみ割れます。"


def growing_world(text: str = TEXT) -> World:
    world = World(model=FakeModel([saying(text)]))
    world.conversation.can_stream = True
    return world


def without_its_end(times: int) -> Callable[[Body], Body]:
    """Slack loses the last words of what it is told, so many times."""
    left = [times]

    def garbled(body: Body) -> Body:
        first, *rest = body.blocks
        if left[0] == 0 or not str(first.get("text", "")).endswith("ます。"):
            return body
        left[0] -= 1
        return replace(body, blocks=({**first, "text": first["text"][:-6]}, *rest))

    return garbled


async def proof_of(world: World) -> Any:
    with capture_logs() as logs:
        assert await world.answer() is Outcome.ANSWERED
    [proof] = [line["proof"] for line in logs if line.get("action") == "answer_proved"]
    return proof


async def test_a_post_that_slack_confirmed_word_for_word_is_not_read_again() -> None:
    world = World(model=FakeModel([[Chunk(TEXT, finished=True)]]))
    assert await proof_of(world) == "response"
    assert world.conversation.reads == 0


async def test_an_answer_that_grew_is_read_back_once() -> None:
    world = growing_world()
    assert await proof_of(world) == "read"
    assert world.conversation.reads == 1
    assert world.conversation.texts() == [TEXT]


async def test_what_slack_lost_is_edited_in() -> None:
    world = growing_world()
    world.conversation.garbles = without_its_end(1)
    assert await proof_of(world) == "mended"
    assert world.conversation.texts() == [TEXT]
    assert len(world.conversation.messages) == 1


async def test_only_the_part_that_lacks_something_is_edited() -> None:
    text = (
        "\n\n".join(f"{number}。" + "長い段落です。" * 60 for number in range(20)) + "終わります。"
    )
    world = growing_world(text)
    world.conversation.garbles = without_its_end(1)
    assert await proof_of(world) == "mended"
    assert "".join(world.conversation.texts()).count("長い段落です。") == 1200
    assert world.conversation.texts()[-1].endswith("終わります。")
    # The first is edited to be given the mark of the whole answer, the last to be mended.
    first, *_, last = [one.ts for one, _ in world.conversation.messages]
    assert world.conversation.edited == [first, last]


async def test_what_stays_lost_is_logged_and_the_answer_stands() -> None:
    world = growing_world()
    world.conversation.garbles = without_its_end(9)
    with capture_logs() as logs:
        assert await world.answer() is Outcome.ANSWERED
    assert "answer_not_whole" in [line.get("action") for line in logs]
    assert len(world.conversation.messages) == 1


@pytest.mark.parametrize(
    "error",
    [
        SlackUnavailable("429", reason="slack_rate_limited", retry_after_s=30.0),
        SlackRefused("no", slack_error="thread_not_found"),
    ],
)
async def test_an_answer_that_cannot_be_read_back_stands_and_nobody_waits(
    error: Exception,
) -> None:
    world = growing_world()
    world.conversation.failures["contents"] = [(error, False)]
    assert await proof_of(world) == "none"
    assert world.naps.seconds == []
    assert world.conversation.texts() == [TEXT]


async def test_without_budget_nothing_is_read() -> None:
    world = growing_world()
    world.budget.left = 1
    assert await proof_of(world) == "none"
    assert world.conversation.reads == 0


async def test_who_lost_the_lease_mends_nothing() -> None:
    world = growing_world()
    world.conversation.garbles = without_its_end(1)
    world.conversation.before_read = lambda: world.leases.steal(a_task().task_id)
    assert await world.answer() is Outcome.TRY_LATER
    assert world.conversation.texts() == [TEXT[:-6]]


@pytest.mark.parametrize("name", NAMES)
def test_rendered_messages_are_no_two_alike_to_the_proof(name: str) -> None:
    for body in rendered(name):
        first = body.blocks[0]
        if first["type"] == "markdown" and letters_of(body):
            cut = {**first, "text": first["text"][: len(first["text"]) // 2]}
            assert letters_of(replace(body, blocks=(cut,))) != letters_of(body)
    assert source_of(name)


def rich(*elements: dict[str, Any]) -> Body:
    return Body("", ({"type": "rich_text", "elements": list(elements)},))


def section(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": list(elements)}


def text(words: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **more}


@pytest.mark.parametrize(
    ("ours", "slacks"),
    [
        ("これは**太字**です", rich(section(text("これは"), text("太字"), text("です")))),
        (
            "1. 一\n2. 二",
            rich(
                {
                    "type": "rich_text_list",
                    "style": "ordered",
                    "elements": [section(text("一")), section(text("二"))],
                }
            ),
        ),
        (
            "```python\nx = 1\n```",
            rich({"type": "rich_text_preformatted", "elements": [text("x = 1")]}),
        ),
        (
            "[文書](https://e.com/a)と😄",
            rich(
                section(
                    {"type": "link", "url": "https://e.com/a", "text": "文書"},
                    text("と"),
                    {"type": "emoji", "name": "smile"},
                )
            ),
        ),
        (
            "見て https://e.com/a ね",
            rich(section(text("見て "), {"type": "link", "url": "https://e.com/a"}, text(" ね"))),
        ),
        ("A &amp; B <b>", rich(section(text("A & B <b>")))),
    ],
)
def test_slacks_own_way_to_write_the_same_is_the_same(ours: str, slacks: Body) -> None:
    [body] = render_answer(Answer(ours, "m"), "ja", 9)
    assert letters_of(body) == letters_of(slacks)


@pytest.mark.parametrize("name", NAMES)
def test_what_slack_makes_of_an_answers_markdown_is_the_same(name: str) -> None:
    for body in rendered(name):
        kept = [
            made
            for block in body.blocks
            for made in (translated(block["text"]) if block["type"] == "markdown" else [block])
        ]
        assert letters_of(replace(body, blocks=tuple(kept))) == letters_of(body)


@pytest.mark.parametrize("ours", ["# 1️⃣ 準備 & 確認\n\n手順", "ℹ️ <#C024BE7LR> を見て <@U024BE7LR>"])
def test_headers_keycaps_and_mentions_in_slacks_way_are_the_same(ours: str) -> None:
    [body] = render_answer(Answer(ours, "m"), "ja", 9)
    [markdown] = body.blocks
    kept = translated(markdown["text"])
    assert {block["type"] for block in kept} & {"header", "rich_text"}
    assert letters_of(replace(body, blocks=kept)) == letters_of(body)


def test_a_table_counts() -> None:
    [body] = render_answer(Answer("前\n\n| a | b |\n|---|---|\n| 1 | **2** |", "m"), "ja", 9)
    assert letters_of(body) == "前ab12"
    assert letters_of(replace(body, blocks=body.blocks[:1])) == "前"


def test_plain_text_is_compared_as_people_see_it() -> None:
    assert letters_of(Body("a &lt;b&gt; https://e.com")) == letters_of(
        Body("a &lt;b&gt; <https://e.com>")
    )
    assert letters_of(markdown_body("")) == ""
