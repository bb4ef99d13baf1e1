"""What the command service does with a question about what stands beside the agent view."""

import json
from typing import Any

import pytest

from command_service.payloads.buttons import read_choice, read_regenerate
from command_service.payloads.messages import read_message
from command_service.payloads.model import Click, Question, QuestionContent, RejectReason
from command_service.ports import ChannelDiagnosis
from command_service.texts.home import ABOUT_THE_OPEN_CHANNEL, PROMPTS
from command_service.use_cases.ask_again import ask_again
from command_service.use_cases.follow_ups import FollowUpDeps, accept_message
from command_service.use_cases.policy import Policy, Rejected
from command_service.use_cases.submit import Accepted, SubmitOutcome, submit
from shared.actions import AskAgain
from shared.slack.message import MessageRef
from shared.task import Locale, Mode, Subject, Task, Wish
from tests.support.fakes.command.history import FakeHistory
from tests.support.fakes.command.payloads import IDENTITY, a_click, a_direct_message
from tests.support.fakes.command.world import World
from tests.support.signed import LEDGER
from tests.support.tasks import a_task

TEXT = "このチャンネルの今週をまとめて"
ENTITY = {"type": "slack#/types/channel_id", "value": "C2", "team_id": "T1"}
SHARED = ChannelDiagnosis(member=True, external=True)


def a_question_beside() -> Question:
    body = a_direct_message(TEXT, app_context={"entities": [ENTITY]})
    question = read_message(body, IDENTITY, False)
    assert isinstance(question, Question)
    return question


async def accepted(world: World) -> SubmitOutcome:
    deps = FollowUpDeps(world.submit_deps, FakeHistory(), LEDGER)
    outcome = await accept_message(a_question_beside(), deps)
    await world.settle()
    return outcome


async def test_the_task_has_the_users_words_and_the_channel_and_stays_in_its_thread() -> None:
    outcome = await accepted(World())

    assert isinstance(outcome, Accepted)
    task = Task.decode(outcome.task.encode())
    assert (task.text, task.channel_id, task.private) == (TEXT, "D1", False)
    assert task.asks_in_words
    assert task.subject is not None
    assert (task.subject.channel_id, task.subject.beside) == ("C2", True)


async def test_a_member_is_told_that_the_channel_is_shared_with_others_and_nobody_else() -> None:
    member, outsider = World(Policy()), World(Policy())
    for world in (member, outsider):
        world.diagnostics.seen = SHARED
    outsider.diagnostics.left = {("U1", "C2")}

    assert await accepted(member) == Rejected(RejectReason.EXTERNAL_CHANNEL)
    assert isinstance(await accepted(outsider), Accepted)


async def test_the_allowlist_is_about_the_channel_beside() -> None:
    closed, open_ = (World(Policy(channel_ids=frozenset({each}))) for each in ("D1", "C2"))

    assert await accepted(closed) == Rejected(RejectReason.CHANNEL_NOT_ALLOWED)
    assert isinstance(await accepted(open_), Accepted)


def clicked(subject: Subject | None, **changes: Any) -> Click:
    task = a_task(text=TEXT, subject=subject)
    value = AskAgain.whole(task, MessageRef("D1", "17.1", "17.1")).encode()
    stands = {"channel_id": "D1", "message_ts": "17.2", "thread_ts": "17.1"}
    click = read_regenerate(a_click(value, container=stands, **changes))
    assert isinstance(click, Click)
    return click


async def test_a_button_asks_about_the_same_channel_and_leaves_its_refusal_to_the_processor() -> (
    None
):
    world = World(Policy())
    subject = a_question_beside().subject
    world.questions.asked["17.1"] = QuestionContent(TEXT, Mode.CHAT)
    outcome = await ask_again(clicked(subject), world.repetition)

    assert isinstance(outcome, Accepted)
    assert (outcome.task.text, outcome.task.subject) == (TEXT, subject)


async def test_a_button_of_a_shared_channel_is_refused_for_its_members() -> None:
    world = World(Policy())
    world.diagnostics.seen = SHARED
    world.questions.asked["17.1"] = QuestionContent(TEXT, Mode.CHAT)
    outcome = await ask_again(clicked(a_question_beside().subject), world.repetition)

    assert outcome == Rejected(RejectReason.EXTERNAL_CHANNEL)
    await world.settle()


@pytest.mark.parametrize("subject", [None, a_question_beside().subject])
def test_only_a_question_about_what_stands_beside_carries_it(subject: Subject | None) -> None:
    value = AskAgain.whole(a_task(subject=subject), MessageRef("D1", "17.1", "17.1")).encode()

    assert ("beside" in json.loads(value)) is (subject is not None)


async def test_a_choice_in_the_menu_is_about_the_same_channel_by_the_button_beside_it() -> None:
    subject = a_question_beside().subject
    again = AskAgain.whole(a_task(subject=subject), MessageRef("D1", "17.1", "17.1")).encode()
    row = {"type": "actions", "elements": [{"action_id": "regenerate", "value": again}]}
    shorter = AskAgain.of(MessageRef("D1", "17.1", "17.1"), Mode.CHAT, Wish.SHORTER).encode()
    stands = {"channel_id": "D1", "message_ts": "17.2", "thread_ts": "17.1"}
    below = {"blocks": [{"type": "markdown", "text": "x"}, row]}
    click = read_choice(a_click(shorter, "mode", container=stands, message=below))

    assert isinstance(click, Click)
    assert (click.subject, click.wish) == (subject, Wish.SHORTER)
    for other in ({}, {"blocks": [row | {"elements": [{"action_id": "regenerate"}]}]}):
        click = read_choice(a_click(shorter, "mode", container=stands, message=other))
        assert isinstance(click, Click)
        assert click.subject is None


@pytest.mark.parametrize("locale", ["ja", "en"])
async def test_our_prompt_on_the_open_channel_without_one_is_told_what_to_do(
    locale: Locale,
) -> None:
    world = World()
    world.locales.locale = locale
    [text] = [
        each["message"] for each in PROMPTS[locale] if each["message"] in ABOUT_THE_OPEN_CHANNEL
    ]
    for context, redelivered in (({}, False), ({"entities": [ENTITY]}, False), ({}, True)):
        body = a_direct_message(text, app_context=context)
        question = read_message(body, IDENTITY, redelivered)
        outcome = await submit(question, world.submit_deps)
        refused = outcome == Rejected(RejectReason.NOTHING_BESIDE)
        assert refused is (context == {} and not redelivered)
    await world.settle()

    [(_, told)] = world.replies.told
    assert "/gemini catch-up" in told
