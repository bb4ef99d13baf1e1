import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from deploy.dead_letters import report
from deploy.dead_letters.errors import BrokerFailed, UnknownTask
from deploy.dead_letters.letter import Letter, dead_tasks
from deploy.dead_letters.loan import LOAN_S, Bounds, Loan, borrowed
from shared.task import Kind, Source, Task
from tests.support.tasks import NOON, a_task

PATIENT = Bounds(1000, 60.0)
FROM_PUBSUB = {
    "CloudPubSubDeadLetterSourceSubscription": "mechachang-tasks-push",
    "CloudPubSubDeadLetterSourceSubscriptionProject": "local",
    "CloudPubSubDeadLetterSourceDeliveryCount": "5",
    "CloudPubSubDeadLetterSourceTopicPublishTime": "2026-11-24T12:00:00.000Z",
}


def a_dead_task(number: int = 1, **changes: Any) -> Task:
    own = {
        "task_id": f"{number:032x}",
        "thread_ts": None,
        "message_ts": None,
        "text": "秘密の質問です",
        "response_url": "https://hooks.example/secret",
    }
    return a_task(**{**own, **changes})


@dataclass
class FakeBroker:
    """Letters that wait or are lent. ``failing`` names methods that raise; ``effects`` is the
    order in which things happened.
    """

    waiting: list[Letter] = field(default_factory=list)
    lent: dict[str, Letter] = field(default_factory=dict)
    published: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)
    prolonged: list[tuple[list[str], int]] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    at_most_a_pull: int = 1000
    now: float = 0.0
    seconds_a_call: float = 0.0
    used_numbers: int = 0

    def put(self, task: Task, **attributes: str) -> Letter:
        return self.put_data(task.encode(), **{"task_id": task.task_id, **attributes})

    def put_data(self, data: bytes, **attributes: str) -> Letter:
        number = self._number()
        published_at = NOON + timedelta(minutes=number)
        letter = Letter("", f"m{number}", published_at, data, {**FROM_PUBSUB, **attributes})
        self.waiting.append(letter)
        return letter

    async def pull(self, at_most: int) -> list[Letter]:
        self._step("pull")
        count = min(at_most, self.at_most_a_pull)
        pulled, self.waiting = self.waiting[:count], self.waiting[count:]
        lent = [replace(letter, ack_id=f"ack-{self._number()}") for letter in pulled]
        self.lent |= {letter.ack_id: letter for letter in lent}
        return lent

    async def prolong(self, ack_ids: Sequence[str], for_s: int) -> None:
        self._step("release" if for_s == 0 else "prolong")
        self.prolonged.append((list(ack_ids), for_s))
        if for_s == 0:
            back = [self.lent.pop(ack_id) for ack_id in ack_ids]
            held = {letter.message_id for letter in self.waiting}
            self.waiting += [letter for letter in back if letter.message_id not in held]

    async def acknowledge(self, ack_ids: Sequence[str]) -> None:
        self._step("acknowledge")
        gone = {self.lent.pop(ack_id).message_id for ack_id in ack_ids}
        self.waiting = [letter for letter in self.waiting if letter.message_id not in gone]

    async def publish(self, data: bytes, attributes: Mapping[str, str]) -> str:
        self._step("publish")
        self.published.append((data, dict(attributes)))
        return f"new-{len(self.published)}"

    def clock(self) -> float:
        return self.now

    def _number(self) -> int:
        self.used_numbers += 1
        return self.used_numbers

    def _step(self, name: str) -> None:
        self.now += self.seconds_a_call
        if name in self.failing:
            raise BrokerFailed(f"{name} failed.")
        self.effects.append(name)

    @property
    def waiting_ids(self) -> set[str]:
        return {letter.message_id for letter in self.waiting}


# Reading


async def test_reading_takes_as_many_pulls_as_it_needs_and_hands_everything_back() -> None:
    broker = FakeBroker(at_most_a_pull=3)
    for number in range(1, 11):
        broker.put(a_dead_task(number))
    async with borrowed(broker, PATIENT) as loan:
        assert len(loan.tasks()) == 10
        assert loan.is_complete
        assert broker.waiting == []
    assert len(broker.waiting) == 10
    assert broker.lent == {}
    assert broker.published == []


async def test_reading_stops_at_its_limit_and_says_that_there_may_be_more() -> None:
    broker = FakeBroker()
    for number in range(1, 11):
        broker.put(a_dead_task(number))
    async with borrowed(broker, Bounds(4, 60.0)) as loan:
        assert len(loan.tasks()) == 4
        assert not loan.is_complete
        with pytest.raises(UnknownTask, match="--limit"):
            loan.find(a_dead_task(10).task_id)


async def test_reading_stops_when_its_time_is_over() -> None:
    broker = FakeBroker(at_most_a_pull=1, seconds_a_call=1.0)
    for number in range(1, 101):
        broker.put(a_dead_task(number))
    async with borrowed(broker, Bounds(1000, 30.0), broker.clock) as loan:
        assert 0 < len(loan.tasks()) < 30
        assert not loan.is_complete
    assert len(broker.waiting) == 100


async def test_a_letter_that_comes_twice_is_one_and_both_its_loans_end() -> None:
    broker = FakeBroker()
    letter = broker.put(a_dead_task())
    async with borrowed(broker, PATIENT) as loan:
        broker.waiting.append(letter)
        await loan.read(PATIENT)
        [dead] = loan.tasks()
        assert len(dead.letters) == 1
        assert len(broker.lent) == 2
        await loan.replay(dead)
    assert broker.lent == {}
    assert broker.waiting == []
    assert len(broker.published) == 1


async def test_a_loan_does_not_last_longer_than_a_minute_unless_it_is_prolonged() -> None:
    broker = FakeBroker(at_most_a_pull=1, seconds_a_call=6.0)
    for number in range(1, 6):
        broker.put(a_dead_task(number))
    async with borrowed(broker, PATIENT, broker.clock):
        first = broker.prolonged[0]
        assert (len(first[0]), first[1]) == (1, LOAN_S)
        assert any(len(ack_ids) > 1 and for_s == LOAN_S for ack_ids, for_s in broker.prolonged)


@pytest.mark.parametrize("failing", ["pull", "prolong"])
async def test_a_broker_that_fails_while_reading_keeps_every_letter(failing: str) -> None:
    broker = FakeBroker(failing={failing})
    broker.put(a_dead_task())
    with pytest.raises(BrokerFailed, match=f"{failing} failed"):
        async with borrowed(broker, PATIENT):
            pytest.fail("there is nothing to work with")
    assert broker.waiting_ids == {"m1"}


async def test_letters_that_could_not_be_handed_back_are_said_to_be_hidden_not_lost() -> None:
    broker = FakeBroker(failing={"release"})
    broker.put(a_dead_task())
    with pytest.raises(BrokerFailed, match="hidden for up to 60 s; none is lost"):
        async with borrowed(broker, PATIENT):
            pass


async def test_what_was_being_pulled_when_somebody_stopped_us_is_handed_back() -> None:
    pulling, answer = asyncio.Event(), asyncio.Event()

    class SlowBroker(FakeBroker):
        async def pull(self, at_most: int) -> list[Letter]:
            pulled = await super().pull(at_most)
            pulling.set()
            await answer.wait()
            return pulled

    async def read() -> None:
        async with borrowed(broker, PATIENT):
            pytest.fail("it was stopped before")

    broker = SlowBroker()
    broker.put(a_dead_task())
    reading = asyncio.create_task(read())
    async with asyncio.timeout(5):
        await pulling.wait()
        reading.cancel()
        asyncio.get_running_loop().call_soon(answer.set)
        with suppress(asyncio.CancelledError):
            await reading
    assert reading.cancelled()
    assert broker.waiting_ids == {"m1"}
    assert broker.lent == {}


# Replaying


async def test_a_replay_is_confirmed_before_the_letter_is_removed() -> None:
    broker = FakeBroker()
    letter = broker.put(a_dead_task(1), traceparent="00-aa-bb-01")
    broker.put(a_dead_task(2))
    async with borrowed(broker, PATIENT) as loan:
        assert await loan.replay(loan.find(a_dead_task(1).task_id)) == "new-1"
    assert broker.effects[-3:] == ["publish", "acknowledge", "release"]
    own = {"task_id": a_dead_task(1).task_id, "traceparent": "00-aa-bb-01", "replay": "1"}
    assert broker.published == [(letter.data, own)]
    assert broker.waiting_ids == {"m2"}


async def test_a_task_that_could_not_be_published_stays_a_dead_letter() -> None:
    broker = FakeBroker(failing={"publish"})
    broker.put(a_dead_task())
    with pytest.raises(BrokerFailed, match="publish failed"):
        async with borrowed(broker, PATIENT) as loan:
            await loan.replay(loan.tasks()[0])
    assert broker.waiting_ids == {"m1"}
    assert "acknowledge" not in broker.effects


async def test_a_replayed_task_that_stays_a_dead_letter_is_said_to_be_harmless() -> None:
    broker = FakeBroker(failing={"acknowledge"})
    broker.put(a_dead_task())
    with pytest.raises(BrokerFailed, match=r"was replayed but stays a dead letter.*no harm"):
        async with borrowed(broker, PATIENT) as loan:
            await loan.replay(loan.tasks()[0])
    assert broker.waiting_ids == {"m1"}


async def test_all_letters_of_a_task_are_replayed_as_one() -> None:
    broker = FakeBroker()
    broker.put(a_dead_task())
    newest = broker.put(a_dead_task(received_at=NOON + timedelta(minutes=1)), replay="1")
    async with borrowed(broker, PATIENT) as loan:
        [dead] = loan.tasks()
        await loan.replay(dead)
        assert loan.tasks() == []
    assert [data for data, _ in broker.published] == [newest.data]
    assert broker.waiting == []


async def test_what_is_no_task_is_listed_but_not_replayed() -> None:
    broker = FakeBroker()
    broker.put_data(b'{"version": 2, "text": "private"}')
    async with borrowed(broker, PATIENT) as loan:
        dead = loan.find("m1")
        assert dead.fault is not None
        assert "private" not in dead.fault
        with pytest.raises(UnknownTask, match="no task we know"):
            await loan.replay(dead)
    assert broker.published == []
    assert broker.waiting_ids == {"m1"}


async def test_many_replays_keep_the_rest_on_loan() -> None:
    broker = FakeBroker(seconds_a_call=8.0)
    for number in range(1, 6):
        broker.put(a_dead_task(number))
    async with borrowed(broker, PATIENT, broker.clock) as loan:
        before = len(broker.prolonged)
        for dead in loan.tasks():
            await loan.replay(dead)
        assert len(broker.prolonged) > before
    assert broker.waiting == []


def test_an_unknown_task_is_named() -> None:
    with pytest.raises(UnknownTask, match="abc is not among the 0 dead letters"):
        Loan(FakeBroker()).find("abc")


# Reporting


def letters() -> list[Letter]:
    broker = FakeBroker()
    broker.put(a_dead_task(2, occurred_at=NOON + timedelta(hours=1), source=Source.DM), replay="1")
    broker.put(a_dead_task(1))
    broker.put(a_dead_task(1))
    broker.put_data(b"\x1b[2Jgarbage", task_id="\x1b[31m")
    return broker.waiting


def test_the_list_has_one_line_a_task_the_longest_waiting_first() -> None:
    heading, *rows = report.table(dead_tasks(letters()), NOON + timedelta(hours=3))
    assert heading.startswith("TASK  ")
    assert heading.endswith("NOTES")
    assert [row.split()[0] for row in rows] == [
        a_dead_task(1).task_id,
        "message",
        a_dead_task(2).task_id,
    ]
    assert "2026-11-24 12:00  3 h  " in rows[0]
    assert "mention" in rows[0]
    assert "5x" in rows[0]
    assert "mechachang-tasks-push" in rows[0]
    assert rows[0].endswith("2 letters")
    assert "can't be replayed" in rows[1]
    assert rows[2].endswith("was replayed before")


def test_the_list_never_tells_what_a_person_wrote_nor_where_to_answer() -> None:
    listed = dead_tasks(letters())
    for_people = "\n".join(report.table(listed, NOON))
    for_machines = json.dumps([report.summary(each, NOON) for each in listed], ensure_ascii=False)
    for told in (for_people, for_machines):
        assert "秘密" not in told
        assert "hooks.example" not in told
        assert "garbage" not in told


def test_the_text_is_shown_only_when_asked_for_and_the_response_url_never() -> None:
    [dead] = dead_tasks([FakeBroker().put(a_dead_task())])
    without = json.dumps(report.details(dead, NOON, with_text=False), ensure_ascii=False)
    shown = json.dumps(report.details(dead, NOON, with_text=True), ensure_ascii=False)
    assert "秘密の質問です" not in without
    assert "秘密の質問です" in shown
    assert "hooks.example" not in without + shown
    assert '"has_response_url": true' in without
    assert FROM_PUBSUB.items() <= json.loads(without)["letters"][0]["attributes"].items()


def test_the_data_of_what_is_no_task_is_shown_only_when_asked_for() -> None:
    [dead] = dead_tasks([FakeBroker().put_data(b"\xffprivate")])
    assert "private" not in str(report.details(dead, NOON, with_text=False))
    assert report.details(dead, NOON, with_text=True)["letters"][0]["data"] == "\\xffprivate"


def test_what_others_wrote_cannot_steer_the_terminal() -> None:
    for each in dead_tasks([*letters(), FakeBroker().put(a_dead_task(3, text="a\x1b[2Jb\nc"))]):
        for line in report.lines(report.details(each, NOON, with_text=True)):
            assert line.isprintable(), line


def test_a_task_that_is_no_question_says_so() -> None:
    row = report.table(dead_tasks([FakeBroker().put(a_dead_task(kind=Kind.FEEDBACK))]), NOON)[1]
    assert row.endswith("feedback")


@pytest.mark.parametrize(
    ("passed", "told"),
    [
        (timedelta(days=3, hours=4), "3 d"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(seconds=5), "5 s"),
        (timedelta(seconds=-5), "0 s"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(passed: timedelta, told: str) -> None:
    assert report.age(passed) == told


def test_a_letter_without_pubsubs_attributes_still_lists() -> None:
    letter = replace(FakeBroker().put(a_dead_task()), attributes={"task_id": "x"})
    row = report.table(dead_tasks([letter]), NOON)[1]
    assert "?x" in row
