"""Stop and votes: read, published as tasks that ask nothing, and told when they could not be."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from command_service.payloads.model import EphemeralTarget, NotAQuestion, RejectReason, SideTask
from command_service.payloads.presses import (
    Voted,
    read_reasons,
    read_share,
    read_stop,
    read_stopped_session,
    read_vote,
)
from command_service.ports import ChannelDiagnosis
from command_service.texts.feedback_modal import reasons_modal
from command_service.use_cases.feedback import VoteDeps, take_reasons, take_vote
from command_service.use_cases.policy import Policy, Rejected
from command_service.use_cases.side_tasks import enqueue, enqueue_click
from command_service.use_cases.submit import Accepted, HandedBack
from shared.task import Cancel, Feedback, FeedbackReason, Kind, Mode, Share, Task, Vote
from tests.support.fakes.command.payloads import a_click
from tests.support.fakes.command.world import World
from tests.support.tasks import NOON

ANSWER = "a" * 32


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    yield world
    await world.settle()


def listening(world: World, *, asks_words: bool = False) -> VoteDeps:
    return VoteDeps(world.submit_deps, world.modals, asks_words=asks_words)


def published(world: World) -> list[Task]:
    return [task for task, _ in world.queue.published]


def a_stop(user_id: str = "U1", asker: str = "U1") -> SideTask:
    value = json.dumps({"v": 1, "task_id": ANSWER, "user_id": asker})
    read = read_stop(a_click(value, "stop", user={"id": user_id, "team_id": "T1"}), NOON)
    assert isinstance(read, SideTask)
    return read


def a_stopped_session(*streams: str, **event: Any) -> SideTask:
    body = {
        "team_id": "T1",
        "event_id": "Ev1",
        "event": {
            "type": "agent_session_stopped",
            "channel": "C1",
            "thread_ts": "16.1",
            "user": "U1",
            "streaming_message_ts": list(streams),
            "event_ts": "20.5",
            **event,
        },
    }
    read = read_stopped_session(body, NOON)
    assert isinstance(read, SideTask)
    return read


def a_vote(vote: str = "up", **action: Any) -> Voted:
    value = json.dumps({"v": 1, "task_id": ANSWER, "mode": "code", "vote": vote})
    body = a_click(value, "feedback", trigger_id="1.2.trigger")
    body["actions"][0].update(action)
    read = read_vote(body, NOON)
    assert isinstance(read, Voted)
    return read


def a_submission(flaw: str | None = None, comment: str | None = None) -> dict[str, Any]:
    chosen = None if flaw is None else {"text": {}, "value": flaw}
    return {
        "team": {"id": "T1"},
        "user": {"id": "U2"},
        "view": {
            "id": "V1",
            "private_metadata": a_vote("down").kept.encode(),
            "state": {
                "values": {
                    "flaw": {"flaw": {"type": "static_select", "selected_option": chosen}},
                    "comment": {"comment": {"type": "plain_text_input", "value": comment}},
                }
            },
        },
    }


async def test_the_asker_stops_the_task_that_the_button_names(world: World) -> None:
    assert isinstance(await enqueue_click(a_stop(), world.submit_deps), Accepted)
    [task] = published(world)
    assert (task.kind, task.cancel, task.text) == (Kind.CANCEL, Cancel(task_id=ANSWER), "")
    assert world.replies.told == []


async def test_all_presses_of_stop_are_one_task(world: World) -> None:
    for _ in range(2):
        await enqueue_click(a_stop(), world.submit_deps)
    assert len({task.task_id for task in published(world)}) == 1


async def test_somebody_else_does_not_stop_an_answer_and_is_told_who_can(world: World) -> None:
    outcome = await enqueue_click(a_stop("U2"), world.submit_deps)
    await world.settle()
    assert outcome == Rejected(RejectReason.NOT_THE_ASKER)
    assert published(world) == []
    [(recipient, text)] = world.replies.told
    assert recipient == EphemeralTarget("C1", "U2", "1700000000.000100")
    assert "質問した方だけ" in text


async def test_a_click_that_cannot_be_queued_is_told(world: World) -> None:
    world.queue.down = True
    assert isinstance(await enqueue_click(a_stop(), world.submit_deps), HandedBack)
    await world.settle()
    assert ["もう一度押してください" in text for _, text in world.replies.told] == [True]


async def test_slacks_own_stop_names_its_streams_and_is_left_to_slacks_redelivery(
    world: World,
) -> None:
    pressed = a_stopped_session("17.1", "18.1")
    assert isinstance(await enqueue(pressed, world.submit_deps), Accepted)
    [task] = published(world)
    assert task.cancel == Cancel(streams=("17.1", "18.1"))
    assert (task.channel_id, task.thread_ts, task.kind) == ("C1", "16.1", Kind.CANCEL)
    world.queue.down = True
    assert isinstance(await enqueue(pressed, world.submit_deps), HandedBack)
    await world.settle()
    assert world.replies.told == []


def test_slacks_own_stop_without_a_stream_is_another_wish_each_time() -> None:
    again = a_stopped_session(event_ts="21.5")
    ids = [a_stopped_session().task.task_id, a_stopped_session().task.task_id, again.task.task_id]
    assert len(set(ids)) == 2
    streams = {a_stopped_session("17.1", event_ts=ts).task.task_id for ts in ("20.5", "21.5")}
    assert len(streams) == 1


def a_share(user_id: str = "U1", asker: str = "U1") -> SideTask:
    value = {"v": 1, "task_id": ANSWER, "user_id": asker, "channel_id": "C9", "mode": "chat"}
    place = {"channel_id": "D1", "message_ts": "18.1", "thread_ts": "17.1"}
    press = a_click(
        json.dumps(value),
        "share",
        user={"id": user_id, "team_id": "T1"},
        container=place,
        response_url="https://hooks.example/1",
    )
    read = read_share(press, NOON)
    assert isinstance(read, SideTask)
    return read


async def test_all_presses_of_share_are_one_task_that_names_the_answer_and_the_channel(
    world: World,
) -> None:
    for _ in range(2):
        assert isinstance(await enqueue_click(a_share(), world.submit_deps), Accepted)
    one, other = published(world)
    assert one.task_id == other.task_id
    assert one.share == Share(task_id=ANSWER, channel_id="C9", mode=Mode.CHAT)
    assert (one.channel_id, one.thread_ts, one.message_ts) == ("D1", "17.1", "18.1")
    assert one.response_url == "https://hooks.example/1"


@pytest.mark.parametrize(
    ("policy", "external", "reason"),
    [
        (Policy(channel_ids=frozenset({"C1"})), False, RejectReason.CHANNEL_NOT_ALLOWED),
        (Policy(), True, RejectReason.EXTERNAL_CHANNEL),
        (Policy(), None, RejectReason.PRESS_LOST),
    ],
    ids=["another channel", "shared with others", "unknown"],
)
async def test_an_answer_is_not_shared_where_the_rules_forbid_it(
    world: World, policy: Policy, external: bool | None, reason: RejectReason
) -> None:
    world.policy = policy
    world.diagnostics.seen = ChannelDiagnosis(member=True, external=external)
    assert await enqueue_click(a_share(), world.submit_deps) == Rejected(reason)
    await world.settle()
    assert published(world) == []
    [(recipient, _)] = world.replies.told
    assert (recipient.channel_id, recipient.user_id) == ("D1", "U1")


async def test_nobody_but_its_asker_shares_an_answer(world: World) -> None:
    outcome = await enqueue_click(a_share("U2"), world.submit_deps)
    assert outcome == Rejected(RejectReason.NOT_THE_ASKER)
    assert published(world) == []


async def test_a_good_vote_is_published_and_thanked_for(world: World) -> None:
    assert isinstance(await take_vote(a_vote("up"), listening(world)), Accepted)
    await world.settle()
    [task] = published(world)
    assert task.feedback == Feedback(task_id=ANSWER, vote=Vote.UP, mode=Mode.CODE)
    assert (task.kind, task.user_id) == (Kind.FEEDBACK, "U2")
    assert ["ありがとうございます" in text for _, text in world.replies.told] == [True]
    assert world.modals.opened == []


async def test_a_person_is_thanked_once_for_an_answer_however_often_they_press(
    world: World,
) -> None:
    deps = listening(world)
    for number, vote in enumerate(("up", "up", "down")):
        await take_vote(a_vote(vote, action_ts=f"1700000021.{number}"), deps)
    side_task = read_reasons(a_submission("wrong"), NOON)
    assert isinstance(await take_reasons(side_task, deps), Accepted)
    await world.settle()
    assert len(published(world)) == 4
    [(recipient, _)] = world.replies.told
    assert recipient == EphemeralTarget("C1", "U2", "1700000000.000100")


async def test_a_reason_is_thanked_for_below_the_answer(world: World) -> None:
    deps = listening(world)
    await take_vote(a_vote("down"), deps)
    await take_reasons(read_reasons(a_submission("wrong"), NOON), deps)
    await world.settle()
    [(recipient, text)] = world.replies.told
    assert (recipient.user_id, recipient.thread_ts) == ("U2", "1700000000.000100")
    assert "ありがとうございます" in text


async def test_each_press_is_a_vote_of_its_own_and_a_redelivered_one_is_not() -> None:
    first, same = a_vote("up"), a_vote("up")
    later = a_vote("up", action_ts="1700000021.5")
    ids = [voted.side_task.task.task_id for voted in (first, same, later)]
    assert ids[0] == ids[1] != ids[2]


async def test_a_bad_vote_counts_at_once_and_asks_why(world: World) -> None:
    await take_vote(a_vote("down"), listening(world))
    await world.settle()
    [task] = published(world)
    assert task.feedback is not None
    assert task.feedback.vote is Vote.DOWN
    [(trigger_id, view)] = world.modals.opened
    assert trigger_id == "1.2.trigger"
    assert [block.get("block_id") for block in view["blocks"]] == [None, "flaw"]
    assert world.replies.told == []


async def test_people_are_asked_to_write_only_where_it_is_kept(world: World) -> None:
    await take_vote(a_vote("down"), listening(world, asks_words=True))
    await world.settle()
    [(_, view)] = world.modals.opened
    assert [block.get("block_id") for block in view["blocks"]] == [None, "flaw", "comment"]
    assert "記録され" in str(view["blocks"][-1]["hint"])


async def test_the_modal_says_which_vote_it_explains(world: World) -> None:
    side_task = read_reasons(a_submission("too_long", "一文で足ります。"), NOON)
    assert isinstance(await take_reasons(side_task, listening(world)), Accepted)
    [task] = published(world)
    assert task.feedback == Feedback(
        task_id=ANSWER,
        vote=Vote.DOWN,
        mode=Mode.CODE,
        flaw=FeedbackReason.TOO_LONG,
        comment="一文で足ります。",
    )
    assert (task.channel_id, task.thread_ts) == ("C1", "1700000000.000100")


async def test_a_submission_that_says_nothing_is_no_task(world: World) -> None:
    assert isinstance(read_reasons(a_submission(), NOON), NotAQuestion)


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_the_modal_fits_into_what_slack_takes(locale: Any) -> None:
    view = reasons_modal(a_vote("down"), locale, asks_words=True)
    assert all(len(view[part]["text"]) <= 24 for part in ("title", "submit", "close"))
    assert len(view["private_metadata"]) <= 3_000


@pytest.mark.parametrize(
    "value", ["", "no json", "[]", '{"v": 2}', '{"v": 1}', '{"v": 1, "task_id": "x", "vote": "?"}']
)
def test_buttons_of_an_unknown_kind_are_ignored(value: str) -> None:
    assert isinstance(read_vote(a_click(value, trigger_id="t"), NOON), NotAQuestion)
    assert isinstance(read_stop(a_click(value), NOON), NotAQuestion)


@pytest.mark.parametrize(
    "policy",
    [
        Policy(user_ids=frozenset({"U9"})),
        Policy(team_ids=frozenset({"T9"})),
        Policy(channel_ids=frozenset({"C9"})),
        Policy(rollout_percent=0),
    ],
)
async def test_who_may_not_ask_neither_votes_nor_stops_and_is_told(policy: Policy) -> None:
    world = World(policy=policy)
    outcome = await take_vote(
        a_vote("down"), VoteDeps(world.submit_deps, world.modals, asks_words=False)
    )
    assert isinstance(outcome, Rejected)
    assert isinstance(await enqueue_click(a_stop(), world.submit_deps), Rejected)
    await world.settle()
    assert world.queue.published == []
    assert world.modals.opened == []
    assert len(world.replies.told) == 2


async def test_a_vote_in_direct_messages_counts_whichever_channels_may_ask() -> None:
    world = World(policy=Policy(channel_ids=frozenset({"C9"})))
    vote = a_vote("up")
    task = vote.side_task.task.model_copy(update={"channel_id": "D1"})
    assert isinstance(
        await enqueue_click(replace(vote.side_task, task=task), world.submit_deps), Accepted
    )
    await world.settle()


async def test_somebody_of_another_organisation_neither_votes_nor_stops() -> None:
    world = World()
    value = json.dumps({"v": 1, "task_id": ANSWER, "mode": "code", "vote": "up"})
    body = a_click(value, "feedback", user={"id": "U2", "team_id": "T9"}, trigger_id="1.2.trigger")
    outcome = await take_vote(
        read_vote(body, NOON), VoteDeps(world.submit_deps, world.modals, asks_words=False)
    )
    assert outcome == Rejected(RejectReason.EXTERNAL_CHANNEL)
    await world.settle()


async def test_one_persons_flood_of_votes_fills_neither_the_queue_nor_their_screen() -> None:
    world = World()
    for number in range(200):
        vote = a_vote("up", action_ts=f"1700000{number:03d}.1")
        await take_vote(vote, VoteDeps(world.submit_deps, world.modals, asks_words=False))
    assert len(world.queue.published) == 30
    await world.settle()
    assert len(world.replies.told) == 30
