"""Who edits a question soon after asking it is offered an answer to the new words."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from command_service.payloads.buttons import read_choice, read_edited
from command_service.payloads.changes import Edited, read_edit
from command_service.payloads.model import Click, NotAQuestion, RejectReason
from command_service.use_cases.changes import take_edit
from command_service.use_cases.follow_ups import NEVER, FollowUpDeps
from command_service.use_cases.policy import Policy
from command_service.use_cases.submit import Accepted, HandedBack
from shared.ledger import Mark
from shared.task import Mode, Source, Wish, task_id_of_message
from tests.support.fakes.command.history import FakeHistory
from tests.support.fakes.command.payloads import IDENTITY, a_click
from tests.support.fakes.command.world import World
from tests.support.signed import LEDGER, metadata

TS = "1700000000.000100"
THREAD = "1699999990.000100"


def an_edit(old: str, new: str, *, kind: str = "channel", **changes: Any) -> dict[str, Any]:
    message = {"type": "message", "user": "U1", "ts": TS, "team": "T1"}
    after = {**message, "text": new, "edited": {"user": "U1", "ts": "1700000060.000000"}, **changes}
    thread = {"thread_ts": after["thread_ts"]} if "thread_ts" in after else {}
    return {
        "team_id": "T1",
        "event": {
            "type": "message",
            "subtype": "message_changed",
            "hidden": True,
            "channel": "C1",
            "channel_type": kind,
            "ts": "1700000060.000200",
            "message": after,
            "previous_message": {**message, "text": old, **thread},
        },
    }


def reading(body: dict[str, Any], *, redelivered: bool = False) -> Edited | NotAQuestion:
    return read_edit(body, IDENTITY, redelivered)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    yield world
    await world.settle()


def following(world: World) -> FollowUpDeps:
    return FollowUpDeps(world.submit_deps, FakeHistory(), LEDGER)


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("<@UBOT> what is a prime", "<@UBOT> what is a prime number", "channel"),
        ("<@UBOT> what is a prime", "what is a prime number", "group"),
        ("what is a prime", "what is a prime number", "im"),
    ],
)
async def test_the_author_alone_is_offered_an_answer_to_the_new_words(
    world: World, old: str, new: str, kind: str
) -> None:
    edited = reading(an_edit(old, new, kind=kind))
    assert isinstance(edited, Edited)
    assert edited.question.text == "what is a prime number"
    await take_edit(edited, following(world))
    await world.settle()
    [(recipient, _)] = world.replies.told
    assert (recipient.channel_id, recipient.user_id, recipient.thread_ts) == ("C1", "U1", None)
    [[_, actions]] = world.replies.blocks
    [button] = actions["elements"]
    assert button["action_id"] == "ask_edited"
    assert json.loads(button["value"]) == {
        "v": 1,
        "thread_ts": TS,
        "message_ts": TS,
        "edited_ts": "1700000060.000000",
    }
    assert world.queue.published == []


@pytest.mark.parametrize(
    "changes",
    [
        {"edited": None, "attachments": [{"title": "a preview"}]},
        {"edited": {"user": "U1", "ts": "1700000301.000000"}},
        {"bot_id": "B9"},
        {"text": "<@UBOT>"},
    ],
    ids=["a link's preview", "too late", "another app", "nothing left"],
)
def test_other_changes_offer_nothing(changes: dict[str, Any]) -> None:
    body = an_edit("<@UBOT> what is a prime", "<@UBOT> what is a prime?", **changes)
    assert isinstance(reading(body), NotAQuestion)


@pytest.mark.parametrize("kind", ["channel", "im"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<@UBOT> sum up <https://e.com/a>", "<@UBOT> sum up <https://e.com/a|The plan>"),
        ("sum up <https://e.com/a>", "sum up <https://e.com/a|<@UBOT>>"),
    ],
    ids=["a title", "a title that mentions us"],
)
async def test_a_title_that_slack_gives_a_link_of_an_edited_question_is_no_edit(
    world: World, old: str, new: str, kind: str
) -> None:
    body = an_edit(old, new, kind=kind, attachments=[{"title": "The plan"}])
    body["event"]["previous_message"]["edited"] = body["event"]["message"]["edited"]
    edited = reading(body)
    assert edited == NotAQuestion(RejectReason.MESSAGE_CHANGED)
    await take_edit(edited, following(world))
    await world.settle()
    assert (world.queue.published, world.replies.told) == ([], [])


async def test_a_second_edit_after_a_preview_is_offered_like_the_first(world: World) -> None:
    body = an_edit("<@UBOT> what", "<@UBOT> why", attachments=[{"title": "The plan"}])
    before = {"user": "U1", "ts": "1700000030.000000"}
    body["event"]["previous_message"]["edited"] = before
    await take_edit(reading(body), following(world))
    await world.settle()
    assert len(world.replies.told) == 1


def test_a_preview_added_to_an_edited_question_changes_no_words() -> None:
    body = an_edit("<@UBOT> what", "<@UBOT> what", attachments=[{"title": "a preview"}])
    assert reading(body) == NotAQuestion(RejectReason.MESSAGE_CHANGED)


def test_our_own_edits_are_ignored() -> None:
    assert reading(an_edit("a", "b", user="UBOT")) == NotAQuestion(RejectReason.OWN_MESSAGE)


@pytest.mark.parametrize("deliveries", [(False, True, True), (True,)], ids=["each", "the last"])
async def test_an_edit_is_offered_once_whichever_of_its_deliveries_reach_us(
    world: World, deliveries: tuple[bool, ...]
) -> None:
    deps = following(world)
    for redelivered in deliveries:
        body = an_edit("<@UBOT> a", "<@UBOT> b")
        await take_edit(reading(body, redelivered=redelivered), deps)
    await world.settle()
    assert len(world.replies.told) == 1


def test_what_was_no_question_to_us_is_none_by_an_edit() -> None:
    assert reading(an_edit("hello", "hello all")) == NotAQuestion(RejectReason.NOT_FOLLOWED)


async def edited_in_a_thread(
    world: World,
    *replies: dict[str, Any],
    words: tuple[str, str] = ("and why is it so", "and why is that so"),
) -> None:
    """Somebody edits a message without a mention in a thread of ours that holds ``replies``."""
    edited = reading(an_edit(*words, thread_ts=THREAD))
    assert isinstance(edited, Edited)
    history = FakeHistory()
    opening = {"ts": THREAD, "thread_ts": THREAD, "user": "U1", "text": "<@UBOT> what is a prime"}
    history.channel("C1", opening, *replies, kind="public_channel")
    deps = FollowUpDeps(world.submit_deps, history, LEDGER)
    deps.threads.note(("C1", THREAD), 1_699_999_991.0)
    await take_edit(edited, deps)
    await world.settle()


def an_answer_to(message_ts: str) -> dict[str, Any]:
    mark = Mark(task_id_of_message("T1", "C1", message_ts), "answer")
    ours = {"user": "UBOT", "bot_id": "BBOT", "metadata": metadata(mark, "C1")}
    return {"ts": "1700000002.000100", "thread_ts": THREAD, "text": "because", **ours}


async def test_a_follow_up_that_was_answered_is_offered_an_answer_to_its_new_words(
    world: World,
) -> None:
    await edited_in_a_thread(world, an_answer_to(TS))
    [(recipient, _)] = world.replies.told
    assert recipient.thread_ts == THREAD


async def test_an_edited_remark_to_others_is_offered_nothing(world: World) -> None:
    await edited_in_a_thread(world, an_answer_to("1699999999.000100"))
    assert world.replies.told == []


async def test_an_edit_where_we_have_not_answered_looks_nothing_up(world: World) -> None:
    edited = reading(an_edit("and why is it so", "and why is that so", thread_ts=THREAD))
    deps = following(world)
    deps.threads.note(("C1", THREAD), NEVER)
    await take_edit(edited, deps)
    await world.settle()
    assert world.replies.told == []


async def test_who_may_not_ask_is_offered_nothing(world: World) -> None:
    world.policy = Policy(user_ids=frozenset({"U9"}))
    await take_edit(reading(an_edit("<@UBOT> a", "<@UBOT> b")), following(world))
    await world.settle()
    assert world.replies.told == []


ADDED = ("what is a prime", "<@UBOT> what is a prime")


async def test_a_mention_that_an_edit_adds_is_a_question_and_each_delivery_the_same_one(
    world: World,
) -> None:
    first = await take_edit(reading(an_edit(*ADDED)), following(world))
    again = await take_edit(reading(an_edit(*ADDED), redelivered=True), following(world))
    await world.settle()
    assert isinstance(first, Accepted)
    assert isinstance(again, Accepted)
    assert first.task.task_id == again.task.task_id == task_id_of_message("T1", "C1", TS)
    assert (first.task.text, first.task.source) == ("what is a prime", Source.MENTION)
    assert first.task.occurred_at.timestamp() == 1_700_000_060.0
    assert len(world.replies.thinking) == 1
    assert world.replies.told == []


async def test_a_mention_that_an_edit_adds_is_handed_back_while_the_queue_is_down(
    world: World,
) -> None:
    world.queue.down = True
    outcome = await take_edit(reading(an_edit(*ADDED)), following(world))
    assert isinstance(outcome, HandedBack)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (an_edit(*ADDED, edited={"ts": "1700000301.0"}), RejectReason.MESSAGE_CHANGED),
        (an_edit(*ADDED, edited=None), RejectReason.MESSAGE_CHANGED),
        (an_edit(*ADDED, user="UBOT"), RejectReason.OWN_MESSAGE),
        (an_edit(*ADDED, bot_id="B9"), RejectReason.BOT_MESSAGE),
        (
            an_edit("a", "a", attachments=[{"is_share": True, "text": "<@UBOT> do it"}]),
            RejectReason.MESSAGE_CHANGED,
        ),
    ],
    ids=["too late", "no edit", "ours", "another app", "a preview with a mention"],
)
def test_no_other_mention_that_appears_is_a_question(
    body: dict[str, Any], reason: RejectReason
) -> None:
    assert reading(body) == NotAQuestion(reason)


@pytest.mark.parametrize(("answered", "published"), [(TS, 0), ("1699999999.000100", 1)])
async def test_a_follow_up_that_was_answered_already_is_not_asked_again_by_a_mention(
    world: World, answered: str, published: int
) -> None:
    await edited_in_a_thread(world, an_answer_to(answered), words=ADDED)
    assert len(world.queue.published) == published
    assert world.replies.told == []


VALUE: dict[str, Any] = {"v": 1, "channel_id": "C1", "thread_ts": "16.1", "message_ts": "17.1"}


def test_all_presses_for_one_edit_are_one_question_and_another_edit_is_another() -> None:
    clicks = [
        read_edited(a_click(json.dumps({**VALUE, "edited_ts": edited_ts}), "ask_edited", **where))
        for edited_ts, where in (
            ("18.1", {}),
            ("18.1", {"container": {"message_ts": "99.1", "channel_id": "C1"}}),
            ("19.1", {}),
        )
    ]
    ids = [click.task_id for click in clicks if isinstance(click, Click)]
    assert ids[0] == ids[1] != ids[2]


def test_a_wish_and_a_menus_entry_are_read_and_all_presses_of_one_are_one_question() -> None:
    shorter, again, longer = (
        read_choice(a_click(json.dumps({**VALUE, "mode": "chat", "wish": wish}), wish))
        for wish in ("shorter", "shorter", "longer")
    )
    assert isinstance(shorter, Click)
    assert isinstance(longer, Click)
    assert (shorter.wish, shorter.mode) == (Wish.SHORTER, Mode.CHAT)
    assert shorter == again
    assert shorter.task_id != longer.task_id
