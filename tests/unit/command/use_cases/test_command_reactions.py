"""A reaction with the operator's emoji asks about its message, once a person and message."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from command_service.payloads.buttons import read_retry
from command_service.payloads.model import (
    AskingReaction,
    Click,
    EphemeralTarget,
    Question,
    QuestionContent,
    Reactor,
    RejectReason,
)
from command_service.payloads.reactions import read_reaction
from command_service.use_cases.ask_again import ask_again
from command_service.use_cases.follow_ups import NEVER, FollowUpDeps, note_shown
from command_service.use_cases.policy import Policy, Rejected
from command_service.use_cases.reactions import accept_reaction
from command_service.use_cases.submit import Accepted, HandedBack, SubmitOutcome
from command_service.use_cases.throttle import PerUserThrottle
from shared.errors import SlackDenied, SlackUnavailable
from shared.task import Mode, Purpose, Source, Subject, Task
from tests.support.fakes.command.history import FakeHistory
from tests.support.fakes.command.payloads import IDENTITY, a_click, a_question, a_reaction
from tests.support.fakes.command.world import World
from tests.support.signed import LEDGER

TS, ROOT = "1700000000.000100", "1699999999.000100"
SECRET = "The merger is signed on Friday."
MESSAGE = {"ts": TS, "user": "U9", "text": SECRET}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    world.locales.locale = "en"
    world.asking = AskingReaction("gemini")
    world.reacted.written = {TS: MESSAGE}
    yield world
    await world.settle()


async def react(world: World, *, redelivered: bool = False, **changes: Any) -> SubmitOutcome:
    asked = read_reaction(a_reaction(**changes), IDENTITY, world.asking, redelivered=redelivered)
    return await accept_reaction(asked, world.reactions)


def published(world: World) -> list[Task]:
    return [task for task, _ in world.queue.published]


async def told(world: World) -> list[tuple[EphemeralTarget, str]]:
    await world.settle()
    return world.replies.told


async def test_it_becomes_a_private_task_about_the_message_without_its_words(
    world: World,
) -> None:
    world.reacted.written = {TS: {**MESSAGE, "thread_ts": ROOT}}
    assert isinstance(await react(world), Accepted)

    [task] = published(world)
    assert (task.source, task.mode, task.user_id) == (Source.REACTION, Mode.CHAT, "U1")
    assert (task.private, task.thread_ts, task.message_ts) == (True, None, None)
    assert task.subject is not None
    assert task.subject.purpose is Purpose.ASK
    assert (task.subject.channel_id, task.subject.message_ts) == ("C1", TS)
    assert (task.subject.thread_ts, task.subject.by) == (ROOT, "U9")
    assert SECRET not in task.encode().decode()
    assert task.shown_below is None
    assert await told(world) == []


@pytest.mark.parametrize("thread_ts", [None, TS, ROOT])
async def test_where_the_operator_wants_it_the_answer_belongs_to_the_messages_thread(
    world: World, thread_ts: str | None
) -> None:
    world.asking = AskingReaction("gemini", in_thread=True)
    world.reacted.written = {TS: {**MESSAGE, "thread_ts": thread_ts} if thread_ts else MESSAGE}
    await react(world)
    await world.settle()

    [task] = published(world)
    assert (task.private, task.message_ts) == (False, None)
    assert task.shown_below == task.thread_ts == (thread_ts or TS)
    assert [one.thread_ts for one, _ in world.replies.thinking] == [thread_ts or TS]


async def test_in_that_thread_who_reacted_may_follow_up_at_once(world: World) -> None:
    following = FollowUpDeps(world.submit_deps, FakeHistory(), LEDGER)
    following.threads.note(("C1", ROOT), NEVER)
    world.reacted.written = {TS: {**MESSAGE, "thread_ts": ROOT}}
    reply = a_question(thread_ts=ROOT, message_ts="1700000030.000100", follow_up=True)
    note_shown(await react(world), following)
    assert following.ours_since(reply) == NEVER

    world.asking = AskingReaction("gemini", in_thread=True)
    note_shown(await react(world, user="U2"), following)
    assert following.ours_since(reply) == 1_700_000_020.0005


@pytest.mark.parametrize(("channel_id", "taken"), [("D1", True), ("C1", False)])
async def test_where_others_read_it_is_asked_again_only_if_it_is_known_that_they_are_our_own(
    world: World, channel_id: str, taken: bool
) -> None:
    world.diagnostics.failure = SlackUnavailable("503")
    stands = {"channel_id": channel_id, "message_ts": "17.3", "thread_ts": "17.1"}
    value = '{"v":1,"message_ts":"17.2","thread_ts":"17.1"}'
    click = read_retry(a_click(value, "retry", container=stands))
    assert isinstance(click, Click)
    subject = Subject(purpose=Purpose.ASK, channel_id="C1", message_ts="17.1")
    world.questions.asked["17.2"] = QuestionContent("", Mode.CHAT, subject=subject)

    outcome = await ask_again(click, world.repetition)
    unknown = Rejected(RejectReason.QUESTION_UNREADABLE)
    assert isinstance(outcome, Accepted) if taken else outcome == unknown


async def test_taking_it_away_and_putting_it_there_again_is_the_same_question(
    world: World,
) -> None:
    for moment in ("1700000020.000500", "1700000999.000100"):
        await react(world, event_ts=moment)
    await react(world, redelivered=True)
    assert len({task.task_id for task in published(world)}) == 1


async def test_another_person_and_another_message_ask_something_else(world: World) -> None:
    other = {"type": "message", "channel": "C1", "ts": ROOT}
    world.reacted.written[ROOT] = {**MESSAGE, "ts": ROOT}
    await react(world)
    await react(world, user="U2")
    await react(world, item=other)
    assert len({task.task_id for task in published(world)}) == 3


async def test_a_skin_tone_makes_no_difference(world: World) -> None:
    world.asking = AskingReaction("wave")
    assert isinstance(await react(world, reaction="wave::skin-tone-3"), Accepted)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"reaction": "eyes"}, RejectReason.OTHER_REACTION),
        ({"item": {"type": "file", "file": "F1"}}, RejectReason.NOT_A_QUESTION),
        ({"user": "UBOT"}, RejectReason.OWN_MESSAGE),
        ({"item_user": "UBOT"}, RejectReason.OWN_MESSAGE),
        ({"item": None}, RejectReason.ILL_FORMED),
        ({"user": None}, RejectReason.ILL_FORMED),
        ({"event_ts": "soon"}, RejectReason.ILL_FORMED),
    ],
    ids=str,
)
async def test_what_asks_nothing_is_ignored_without_asking_slack(
    world: World, changes: dict[str, Any], reason: RejectReason
) -> None:
    assert await react(world, **changes) == Rejected(reason)
    assert (published(world), await told(world)) == ([], [])
    assert world.reacted.looks == 0


async def test_without_the_setting_no_reaction_asks(world: World) -> None:
    world.asking = None
    assert await react(world) == Rejected(RejectReason.OTHER_REACTION)
    assert world.reacted.looks == 0


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (None, RejectReason.NOT_A_QUESTION),
        ({**MESSAGE, "subtype": "tombstone"}, RejectReason.NOT_A_QUESTION),
        ({"ts": TS, "bot_id": "BBOT", "text": "an answer"}, RejectReason.OWN_MESSAGE),
    ],
    ids=["gone or hidden from us", "deleted with replies", "ours"],
)
async def test_a_message_that_cannot_be_asked_about_is_left_in_silence(
    world: World, found: dict[str, Any] | None, reason: RejectReason
) -> None:
    world.reacted.written = {} if found is None else {TS: found}
    assert await react(world) == Rejected(reason)
    assert (published(world), await told(world)) == ([], [])


async def test_an_apps_alert_may_be_asked_about_but_no_app_asks(world: World) -> None:
    world.reacted.written = {TS: {"ts": TS, "bot_id": "B7", "username": "Alerts", "text": "down"}}
    await react(world)
    [task] = published(world)
    assert task.subject is not None
    assert (task.subject.by, task.subject.by_app) == ("Alerts", True)

    world.reacted.others["U7"] = Reactor(is_person=False)
    assert await react(world, user="U7") == Rejected(RejectReason.BOT_MESSAGE)
    assert len(published(world)) == 1


@pytest.mark.parametrize(
    ("policy", "changes", "reason"),
    [
        (Policy(team_ids=frozenset({"T9"})), {}, RejectReason.TEAM_NOT_ALLOWED),
        (Policy(channel_ids=frozenset({"C9"})), {}, RejectReason.CHANNEL_NOT_ALLOWED),
        (Policy(user_ids=frozenset({"U9"})), {}, RejectReason.USER_NOT_ALLOWED),
        (Policy(rollout_percent=0), {}, RejectReason.NOT_IN_ROLLOUT),
        (Policy(), {"is_ext_shared_channel": True}, RejectReason.EXTERNAL_CHANNEL),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
async def test_the_rules_for_mentions_hold_and_the_message_is_not_read(
    world: World, policy: Policy, changes: dict[str, Any], reason: RejectReason
) -> None:
    world.policy = policy
    assert await react(world, **changes) == Rejected(reason)
    assert world.reacted.looks == 0
    [(recipient, _)] = await told(world)
    assert recipient == EphemeralTarget("C1", "U1")


async def test_somebody_of_another_organisation_is_refused(world: World) -> None:
    world.reacted.others["U1"] = Reactor(is_person=True, team_id="T9")
    assert await react(world) == Rejected(RejectReason.EXTERNAL_CHANNEL)
    assert published(world) == []


async def test_a_message_longer_than_a_question_may_be_is_refused_in_its_thread(
    world: World,
) -> None:
    world.policy = Policy(max_prompt_chars=10)
    world.reacted.written = {TS: {**MESSAGE, "thread_ts": ROOT}}
    assert await react(world) == Rejected(RejectReason.MESSAGE_TOO_LONG)
    [(recipient, text)] = await told(world)
    assert recipient.thread_ts == ROOT
    assert "10 characters" in text
    assert SECRET not in text


async def test_a_person_who_asks_too_much_costs_slack_no_look(world: World) -> None:
    world.throttle = PerUserThrottle(1)
    await react(world)
    other = {"type": "message", "channel": "C1", "ts": ROOT}
    assert await react(world, item=other) == Rejected(RejectReason.TOO_MANY_QUESTIONS)
    assert world.reacted.looks == 1


async def test_while_slack_does_not_show_the_message_the_event_comes_again(world: World) -> None:
    world.reacted.failure = SlackUnavailable("503")
    assert isinstance(await react(world), HandedBack)
    world.reacted.failure, world.reacted.hangs = None, True
    world.read_within_s = 0.01
    assert isinstance(await react(world), HandedBack)
    world.access.denied = SlackDenied("no", slack_error="token_revoked")
    assert isinstance(await react(world), HandedBack)
    assert (published(world), await told(world)) == ([], [])

    world.access.denied, world.reacted.hangs, world.read_within_s = None, False, 1.5
    assert isinstance(await react(world, redelivered=True), Accepted)


async def test_an_unconfirmed_question_is_handed_back(world: World) -> None:
    world.queue.down = True
    assert isinstance(await react(world), HandedBack)


def test_its_time_is_that_of_the_reaction_not_of_the_message() -> None:
    asked = read_reaction(a_reaction(), IDENTITY, AskingReaction("gemini"), redelivered=False)
    assert isinstance(asked, Question)
    assert asked.occurred_at.timestamp() == 1_700_000_020.0005
    assert asked.event_id == "Ev7"
