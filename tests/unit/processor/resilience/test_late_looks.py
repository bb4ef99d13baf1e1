"""What Slack takes when nobody waits for it any more is looked for once more, and taken away."""

import asyncio
from functools import partial

import pytest

from processor_service.answering.admit import Delivery
from processor_service.answering.clean_up import clean_up
from processor_service.ports.conversations import Body, Posted
from processor_service.resilience.late_looks import LateLooks
from processor_service.resilience.run_leased import Outcome
from shared.errors import OutcomeUnknown, SlackUnavailable
from shared.ledger import growing_mark
from tests.support.fakes.processor.model import FakeModel, at_once, saying
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task

TASK_ID = a_task().task_id
# Long enough to be seen growing.
TWO_SENTENCES = "素数は1と自身でのみ割れます。2、3、5、7がその例です。ほかにも限りなくあります。"
LATE = (Posted("900.000001", growing_mark(TASK_ID, 2), live=True), Body("late"))


@pytest.mark.parametrize("call", ["start", "post"])
async def test_what_slack_takes_after_the_answer_stands_is_removed(call: str) -> None:
    world = World(model=FakeModel([saying(TWO_SENTENCES)]) if call == "start" else at_once())
    world.conversation.can_stream = call == "start"
    world.conversation.failures[call] = [(OutcomeUnknown("dropped"), False)]
    assert await world.answer() is Outcome.ANSWERED
    [answer] = world.conversation.messages
    world.conversation.messages.append(LATE)
    await world.late_looks.close()
    assert world.conversation.messages == [answer]


async def test_a_delivery_with_an_unconfirmed_call_is_acknowledged_after_the_first_look() -> None:
    # If the worker dies before it, Pub/Sub delivers again and the next worker looks.
    world = World(late_looks=LateLooks((3600.0,)), model=FakeModel([saying(TWO_SENTENCES)]))
    world.conversation.can_stream = True
    world.conversation.failures["start"] = [(OutcomeUnknown("dropped"), False)]
    delivery = asyncio.create_task(world.answer())
    async with asyncio.timeout(5):
        while not world.leases.done:  # noqa: ASYNC110 - the fake tells nobody
            await asyncio.sleep(0)
    [answer] = world.conversation.messages
    world.conversation.messages.append(LATE)
    assert not delivery.done()
    await world.late_looks.close()
    assert await delivery is Outcome.ANSWERED
    assert world.conversation.messages == [answer]


async def _answered_while_redis_is_lost(looks: LateLooks) -> tuple[World, asyncio.Task[Outcome]]:
    """A world whose answer is posted whole, and the delivery that wrote it."""
    world = World(late_looks=looks, model=at_once())
    world.leases.store_is_lost = True
    delivery = asyncio.create_task(world.answer())
    async with asyncio.timeout(5):
        while not any(one.mark.parts for one, _ in world.conversation.messages):  # noqa: ASYNC110 - the fakes tell nobody
            await asyncio.sleep(0)
    return world, delivery


async def test_an_answer_that_nothing_guarded_is_acknowledged_after_the_first_look() -> None:
    # A worker beside it may die with an unconfirmed call: its delivery is this one.
    world, delivery = await _answered_while_redis_is_lost(LateLooks((3600.0,)))
    [answer] = world.conversation.messages
    world.conversation.messages.append(LATE)
    for _ in range(100):
        await asyncio.sleep(0)
    assert not delivery.done()
    await world.late_looks.close()
    assert await delivery is Outcome.ANSWERED
    assert world.conversation.messages == [answer]


async def test_while_redis_is_lost_not_every_delivery_is_held_open_for_a_look() -> None:
    world, delivery = await _answered_while_redis_is_lost(
        LateLooks((3600.0,), burst=0, every_s=3600.0)
    )
    async with asyncio.timeout(5):
        assert await delivery is Outcome.ANSWERED
    await world.late_looks.close()


async def test_what_a_worker_left_that_died_is_looked_for_after_the_next_delivery() -> None:
    world = World()
    assert await world.answer(attempt=2) is Outcome.ANSWERED
    [answer] = world.conversation.messages
    world.conversation.messages.append(LATE)
    await world.late_looks.close()
    assert world.conversation.messages == [answer]


@pytest.mark.parametrize("answered", [False, True])
async def test_after_a_worker_died_the_next_delivery_is_acknowledged_after_its_first_look(
    answered: bool,
) -> None:
    # It may have died during a call, and the next worker within seconds, too.
    world = World(late_looks=LateLooks((3600.0,)), model=at_once())
    if answered:
        assert await world.answer() is Outcome.ANSWERED
    else:
        world.leases.begun[TASK_ID] += 1
    delivery = asyncio.create_task(world.answer(attempt=2))
    async with asyncio.timeout(5):
        while not world.leases.done:  # noqa: ASYNC110 - the fake tells nobody
            await asyncio.sleep(0)
    for _ in range(100):
        await asyncio.sleep(0)
    [answer] = world.conversation.messages
    world.conversation.messages.append(LATE)
    assert not delivery.done()
    await world.late_looks.close()
    assert await delivery is (Outcome.ALREADY_DONE if answered else Outcome.ANSWERED)
    assert world.conversation.messages == [answer]


@pytest.mark.parametrize("doubtful", [True, False])
async def test_what_a_worker_left_in_doubt_that_died_is_looked_for_until_nothing_can_come(
    doubtful: bool,
) -> None:
    # Redis may be away at the first look, which then does not know whose the stream is.
    world = World(late_looks=LateLooks((0.0, 3600.0)))
    assert await world.answer() is Outcome.ANSWERED
    [answer] = world.conversation.messages
    if doubtful:
        await world.leases.flag_possible_duplicate(TASK_ID)
    assert await world.answer(attempt=2) is Outcome.ALREADY_DONE
    for _ in range(100):
        await asyncio.sleep(0)
    world.conversation.messages.append(LATE)
    await world.late_looks.close()
    assert world.conversation.messages == ([answer] if doubtful else [answer, LATE])


async def test_a_twin_of_a_worker_that_nobody_kept_apart_is_looked_for_after_the_answer() -> None:
    world = World()
    world.leases.store_is_lost = True
    assert await world.answer() is Outcome.ANSWERED
    [answer] = world.conversation.messages
    world.conversation.messages.append((Posted("900.000001", answer[0].mark), answer[1]))
    await world.late_looks.close()
    assert world.conversation.messages == [answer]


@pytest.mark.parametrize("done", [True, False])
async def test_what_was_begun_is_removed_where_the_answer_of_the_task_is_elsewhere(
    done: bool,
) -> None:
    # Two workers that nobody kept apart each showed the command's question. The one that was to be
    # removed has the answer below it.
    world = World()
    fragment = (Posted("900.000001", growing_mark(TASK_ID, 1)), Body("begun"))
    world.conversation.messages.append(fragment)
    if done:
        world.leases.done.add(TASK_ID)
    await clean_up(a_task(), Delivery("m1"), world.deps(), done=False)
    assert world.conversation.messages == ([] if done else [fragment])


async def test_a_task_that_is_worked_on_keeps_its_stream() -> None:
    world = World()
    await world.leases.claim(TASK_ID, "m1")
    world.conversation.messages.append(LATE)
    assert await world.answer(message_id="m2", attempt=2) is Outcome.DUPLICATE
    await world.late_looks.close()
    assert world.conversation.messages == [LATE]


async def test_an_answer_in_the_first_delivery_with_all_confirmed_takes_no_further_look() -> None:
    world = World()
    assert await world.answer() is Outcome.ANSWERED
    world.conversation.messages.append(LATE)
    await world.late_looks.close()
    assert LATE in world.conversation.messages


async def test_what_earlier_tasks_left_in_the_thread_is_removed_once_the_answer_stands() -> None:
    world = World()
    stray = Posted("50.000001", growing_mark("an earlier task"), live=True)
    world.conversation.messages.append((stray, Body("fragment")))
    world.conversation.left = (stray,)
    assert await world.answer() is Outcome.ANSWERED
    [(posted, _)] = world.conversation.messages
    assert posted.mark.task_id == TASK_ID


async def test_what_a_successor_took_over_meanwhile_is_left_to_it() -> None:
    world = World()
    stray = Posted("50.000001", growing_mark("an earlier task"), live=True)
    world.conversation.messages.append((stray, Body("fragment")))
    world.conversation.left = (stray,)

    def taken_over() -> None:
        world.conversation.left = ()

    world.conversation.before_post = taken_over
    assert await world.answer() is Outcome.ANSWERED
    assert stray in [posted for posted, _ in world.conversation.messages]


async def test_an_answer_stands_even_if_what_was_left_cannot_be_removed() -> None:
    world = World()
    world.conversation.left = (LATE[0],)
    world.conversation.failures["remove"] = [(SlackUnavailable("no"), False)] * 10
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]


async def test_looks_come_so_many_times_or_once_and_a_last_time_at_the_end() -> None:
    seen: list[str] = []
    looked = asyncio.Event()

    async def look(name: str) -> None:
        seen.append(name)
        looked.set()

    looks = LateLooks((0.0, 0.0, 3600.0, 3600.0))
    looks.after("once", lambda: look("once"), often=False)
    looks.after("often", lambda: look("often"), often=True)
    async with asyncio.timeout(5):
        while len(seen) < 3:
            looked.clear()
            await looked.wait()
    assert sorted(seen) == ["often", "often", "once"]
    await looks.close()
    assert sorted(seen) == ["often", "often", "often", "once"]
    looks.after("too late", lambda: look("too late"), often=True)
    await looks.close()
    assert len(seen) == 4


async def test_more_looks_than_slack_has_room_for_wait_but_for_the_end() -> None:
    seen: list[int] = []
    looked = asyncio.Event()

    async def look(number: int) -> None:
        seen.append(number)
        looked.set()

    looks = LateLooks((0.0,), burst=2, every_s=3600.0)
    for number in range(4):
        looks.after(f"task {number}", partial(look, number), often=False)
    async with asyncio.timeout(5):
        while len(seen) < 2:
            looked.clear()
            await looked.wait()
    assert seen == [0, 1]
    await looks.close()
    assert sorted(seen) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("limits", "asked_before"),
    [([0.01, 0.0], 2), ([3600.0], 1)],
    ids=["until it has passed", "but not beyond its time"],
)
async def test_while_slack_limits_reading_a_look_lets_answers_go_first(
    limits: list[float], asked_before: int
) -> None:
    asked, seen = list[float](), list[int]()
    looked = asyncio.Event()

    async def limited() -> float:
        asked.append(limits[len(asked)])
        return asked[-1]

    async def look() -> None:
        seen.append(len(asked))
        looked.set()

    looks = LateLooks((0.0, 3000.0), limited=limited)
    looks.after("task", look, often=False)
    async with asyncio.timeout(60):
        await looked.wait()
    assert seen == [asked_before]
    await looks.close()


async def test_a_look_that_a_delivery_waits_for_does_not_wait_for_others() -> None:
    seen: list[str] = []

    async def look() -> None:
        seen.append("looked")

    looks = LateLooks((0.0,), burst=0, every_s=3600.0)
    async with asyncio.timeout(5):
        await looks.first("task", look, often=True)
    assert seen == ["looked"]
