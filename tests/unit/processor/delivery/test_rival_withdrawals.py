"""Two workers that nobody keeps apart may write the same answer; then what one of them takes away
as its own was a part of the other's.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from processor_service.ports.conversations import Body, Posted
from processor_service.resilience.run_leased import Outcome
from shared.ledger import Mark, growing_mark
from tests.support.fakes.processor.conversations import FakeConversation, FakeConversations
from tests.support.fakes.processor.model import FakeModel, saying
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task

TASK_ID = a_task().task_id
LONG = "\n\n".join(f"{n} " + "あ" * 900 for n in range(30))


@dataclass
class WithRival(FakeConversation):
    """A thread in which ``rival`` acts before each reading, and before each removal, of ours."""

    rival: Callable[["WithRival", str], None] = field(default=lambda *_: None)

    async def find(self, task_id: str, *, in_turn: bool = True) -> list[Posted]:
        self.rival(self, "find")
        return await super().find(task_id, in_turn=in_turn)

    async def remove(self, posted: Posted) -> None:
        await super().remove(posted)
        self.rival(self, "remove")

    def finished(self) -> list[Posted]:
        return [one for one, _ in self.messages if one.mark.role == "answer" and one.mark.parts]


def whole(thread: WithRival) -> bool:
    parts = [one.mark.part for one in thread.finished()]
    return sorted(parts) == list(range(1, thread.finished()[0].mark.parts + 1))


def world_of(rival: Callable[[WithRival, str], None]) -> tuple[World, WithRival]:
    thread = WithRival(rival=rival)
    world = World(
        model=FakeModel([saying(LONG)]), conversations=FakeConversations(conversation=thread)
    )
    world.leases.store_is_lost = True
    return world, thread


async def test_a_part_that_a_rival_took_away_with_its_own_is_posted_again() -> None:
    taken: list[Posted] = []

    def withdraws(thread: WithRival, call: str) -> None:
        finished = thread.finished()
        if call == "find" and not taken and finished and whole(thread):
            taken.append(finished[1])
            thread.messages = [one for one in thread.messages if one[0] != finished[1]]

    world, thread = world_of(withdraws)
    assert await world.answer() is Outcome.ANSWERED
    assert taken
    assert whole(thread)
    assert "\n\n".join(thread.texts()).count("あ") == LONG.count("あ")


async def test_a_rival_that_takes_away_all_the_time_gets_the_task_handed_back() -> None:
    def withdraws(thread: WithRival, call: str) -> None:
        if call == "find" and len(finished := thread.finished()) > 1 and whole(thread):
            thread.messages = [one for one in thread.messages if one[0] != finished[1]]

    world, _ = world_of(withdraws)
    assert await world.answer() is Outcome.TRY_LATER


async def test_a_worker_that_withdrew_the_answer_that_its_rival_finishes_makes_it_whole() -> None:
    rival = Posted("100.000001", growing_mark(TASK_ID))
    began = finished = False

    def writes_the_same(thread: WithRival, call: str) -> None:
        nonlocal began, finished
        ours = thread.finished()
        if call == "find" and not began and ours and whole(thread):
            began = True
            thread.messages.append((rival, Body("beginning")))
        if call == "remove" and began and not finished:
            finished = True
            mark: Mark = ours[-1].mark
            first = Body("", ({"type": "markdown", "text": "the same"},))
            thread.messages.remove((rival, Body("beginning")))
            thread.messages.append((replace(rival, mark=replace(mark, part=1)), first))

    world, thread = world_of(writes_the_same)
    assert await world.answer() is Outcome.ANSWERED
    assert finished
    assert whole(thread)


async def test_parts_of_a_task_that_is_done_are_never_all_taken_away() -> None:
    world = World()
    await world.answer()
    [(posted, body)] = world.conversation.messages
    half = replace(posted, mark=replace(posted.mark, parts=2))
    left = (Posted("900.000001", growing_mark(TASK_ID)), Body("beginning"))
    world.conversation.messages = [(half, body), left]
    await world.leases.flag_possible_duplicate(TASK_ID)
    assert await world.answer(message_id="m2") is Outcome.ALREADY_DONE
    assert world.conversation.messages == [(half, body)]
