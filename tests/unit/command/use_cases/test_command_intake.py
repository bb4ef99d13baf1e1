"""A question becomes a task in the queue, or is refused."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from structlog.testing import capture_logs

from command_service.envelope.ack_deadline import ack_deadline
from command_service.payloads.model import NotAQuestion, RejectReason
from command_service.texts.replies import QUESTION_KEPT
from command_service.use_cases.policy import Policy, Rejected
from command_service.use_cases.submit import Accepted, HandedBack, submit
from shared.errors import SlackDenied
from shared.task import Locale, Source, TaskFile
from shared.telemetry.deployment import Deployment
from shared.telemetry.tracing import span, start_tracing
from tests.support.fakes.command.payloads import a_question
from tests.support.fakes.command.shown import FakeLocales
from tests.support.fakes.command.world import World
from tests.support.tasks import NOON


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    yield world
    await world.settle()


async def test_a_question_is_published_as_its_task(world: World) -> None:
    question = a_question(event_id="Ev1")

    outcome = await submit(question, world.submit_deps)

    [(task, attributes)] = world.queue.published
    assert outcome == Accepted(task)
    assert (task.task_id, task.text, task.event_id) == (question.task_id, question.text, "Ev1")
    assert (task.occurred_at, task.received_at) == (question.occurred_at, NOON)
    assert task.locale == "ja"
    assert attributes["task_id"] == task.task_id
    assert attributes["kind"] == "question"


async def test_the_message_carries_the_trace_of_its_envelope(world: World) -> None:
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        start_tracing(Deployment("test", "local"))
    with span("envelope") as envelope:
        await submit(a_question(), world.submit_deps)

    [(_, attributes)] = world.queue.published
    trace_id = trace.format_trace_id(envelope.get_span_context().trace_id)
    assert attributes["traceparent"].split("-")[1] == trace_id


async def test_accepting_does_not_wait_for_the_sign_and_the_sign_waits_for_the_queue(
    world: World,
) -> None:
    world.replies.gate.clear()

    outcome = await submit(a_question(), world.submit_deps)

    assert isinstance(outcome, Accepted)
    assert world.order == ["published"]
    world.replies.gate.set()
    await world.settle()
    assert world.order == ["published", "thinking"]


class Foreign(FakeLocales):
    """Slack knows everybody's language, but has to be asked."""

    async def found(self, user_id: str) -> Locale:
        await asyncio.sleep(0)
        return "en"


async def test_behind_the_ack_a_refusal_waits_for_its_users_language_whatever_time_was_left() -> (
    None
):
    world = World(policy=Policy(max_prompt_chars=1))
    world.locales = Foreign()
    with ack_deadline(0.0):
        assert isinstance(await submit(a_question(), world.submit_deps), Rejected)
        await world.settle()
    [(_, text)] = world.replies.told
    assert text.isascii()


async def test_a_command_has_no_thread_yet_and_gets_no_status(world: World) -> None:
    await submit(
        a_question(source=Source.SLASH_COMMAND, thread_ts=None, message_ts=None), world.submit_deps
    )
    await world.settle()

    assert world.replies.thinking == []


async def test_without_the_queues_confirmation_nothing_is_accepted_and_the_sign_goes(
    world: World,
) -> None:
    world.queue.down = True

    outcome = await submit(a_question(), world.submit_deps)
    await world.settle()

    assert isinstance(outcome, HandedBack)
    assert outcome.error.reason == "queue_unavailable"
    assert [question for question, _ in world.replies.thinking] == world.replies.hidden


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, [QUESTION_KEPT["en"]]),
        ({"source": Source.DM}, [QUESTION_KEPT["en"]]),
        ({"follow_up": True}, []),
        ({"redelivered": True}, []),
        ({"source": Source.SLASH_COMMAND, "message_ts": None}, []),
        ({"source": Source.RETRY}, []),
    ],
)
async def test_while_the_queue_is_down_a_writer_learns_once_what_becomes_of_the_question(
    world: World, changes: dict[str, Any], told: list[str]
) -> None:
    world.queue.down = True
    world.locales.locale = "en"

    await submit(a_question(**changes), world.submit_deps)
    await world.settle()

    assert [text for _, text in world.replies.told] == told


async def test_while_slack_denies_our_token_nothing_is_taken(world: World) -> None:
    world.access.denied = SlackDenied("Denied.", slack_error="token_revoked")

    outcomes = [await submit(a_question(text=text), world.submit_deps) for text in ("hello", "")]
    await world.settle()

    assert outcomes == [HandedBack(world.access.denied)] * 2
    assert world.queue.published == []
    assert world.replies.told == []


async def test_a_queue_that_hangs_is_given_up_before_slacks_deadline(world: World) -> None:
    world.queue.hangs = True
    world.publish_within_s = 0.05

    async with asyncio.timeout(1.0):
        outcome = await submit(a_question(), world.submit_deps)

    assert isinstance(outcome, HandedBack)


async def test_a_refusal_is_told_in_the_persons_language(world: World) -> None:
    world.locales.locale = "en"

    outcome = await submit(a_question(text=""), world.submit_deps)
    await world.settle()

    assert outcome == Rejected(RejectReason.EMPTY_PROMPT)
    [(recipient, text)] = world.replies.told
    assert recipient.user_id == "U1"
    assert "/gemini" in text
    assert "Here's how to ask" in text
    assert world.queue.published == []


async def test_a_redelivered_refusal_is_not_told_twice(world: World) -> None:
    outcome = await submit(a_question(text="", redelivered=True), world.submit_deps)
    await world.settle()

    assert outcome == Rejected(RejectReason.EMPTY_PROMPT)
    assert world.replies.told == []


async def test_a_redelivered_question_is_published_but_shows_no_sign(world: World) -> None:
    await submit(a_question(redelivered=True), world.submit_deps)
    await world.settle()

    assert len(world.queue.published) == 1
    assert world.replies.thinking == []


async def test_time_spent_waiting_for_a_slot_is_taken_from_the_queues(world: World) -> None:
    world.queue.hangs = True

    async with asyncio.timeout(1.0):
        with ack_deadline(within_s=0.05):
            outcome = await submit(a_question(), world.submit_deps)

    assert isinstance(outcome, HandedBack)


async def test_a_commands_refusal_is_left_to_its_ack(world: World) -> None:
    outcome = await submit(a_question(text="", source=Source.SLASH_COMMAND), world.submit_deps)
    await world.settle()

    assert outcome == Rejected(RejectReason.EMPTY_PROMPT)
    assert world.replies.told == []


async def test_what_is_no_question_is_refused_silently(world: World) -> None:
    outcome = await submit(NotAQuestion(RejectReason.BOT_MESSAGE), world.submit_deps)
    await world.settle()

    assert outcome == Rejected(RejectReason.BOT_MESSAGE)
    assert world.replies.told == []
    assert world.queue.published == []


async def test_the_log_names_action_task_and_reason_and_never_the_question(world: World) -> None:
    world.policy = Policy(max_prompt_chars=20)
    with capture_logs() as lines:
        await submit(a_question(text="a secret"), world.submit_deps)
        await submit(a_question(text="a secret " * 9), world.submit_deps)
        world.queue.down = True
        await submit(a_question(text="a secret"), world.submit_deps)

    assert [(line["action"], line.get("reason")) for line in lines] == [
        ("question_accepted", None),
        ("question_refused", "prompt_too_long"),
        ("question_handed_back", "queue_unavailable"),
    ]
    assert "secret" not in str(lines)


@pytest.mark.parametrize("source", [Source.DM, Source.MENTION])
@pytest.mark.parametrize("text", ["thanks!", "Thank you :bow:", "ありがとう！助かりました"])
async def test_thanks_get_a_reaction_and_no_answer(world: World, text: str, source: Source) -> None:
    outcome = await submit(a_question(text=text, source=source), world.submit_deps)
    await world.settle()
    assert outcome == Rejected(RejectReason.THANKS)
    assert world.queue.published == []
    assert [one.text for one in world.replies.acknowledged] == [text]
    assert world.replies.told == []


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "thanks, and what about Kafka?"},
        {"text": "ok"},
        {"text": ":bow:"},
        {"text": "thanks", "files": (TaskFile(id="F1"),)},
        {"text": "thanks", "source": Source.SLASH_COMMAND},
    ],
    ids=["more", "assent", "emoji", "a file", "typed behind the command"],
)
async def test_what_is_more_than_thanks_is_a_question(
    world: World, changes: dict[str, Any]
) -> None:
    assert isinstance(await submit(a_question(**changes), world.submit_deps), Accepted)


async def test_thanks_that_are_found_later_get_no_reaction(world: World) -> None:
    await submit(a_question(text="thanks", redelivered=True), world.submit_deps)
    await world.settle()
    assert world.replies.acknowledged == []
