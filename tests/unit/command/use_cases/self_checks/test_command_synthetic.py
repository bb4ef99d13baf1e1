"""Synthetic questions: asked where a user's would be accepted, and counted apart."""

import asyncio

import pytest

from command_service.ports import SocketState
from command_service.use_cases.self_checks.synthetic import (
    SyntheticDeps,
    ask_synthetic,
    keep_asking,
)
from shared.errors import SlackDenied
from shared.task import Kind
from shared.telemetry import metrics
from tests.support.counted import Counted
from tests.support.fakes.command.lookups import FakeAccess
from tests.support.fakes.command.payloads import IDENTITY
from tests.support.fakes.command.world import FakeQueue
from tests.support.tasks import NOON

QUEUED, NOT_QUEUED = [(1, {"outcome": "queued"})], [(1, {"outcome": "not_queued"})]


async def yes() -> SocketState | None:
    return SocketState(connected=True, down_s=0.0, heard_age_s=0.0, kept_age_s=0.0)


async def no() -> SocketState | None:
    return SocketState(connected=False, down_s=9.0, heard_age_s=9.0, kept_age_s=0.0)


async def over_http() -> SocketState | None:
    return None


@pytest.fixture
def queue() -> FakeQueue:
    return FakeQueue([])


@pytest.fixture
def deps(queue: FakeQueue) -> SyntheticDeps:
    return SyntheticDeps(queue, FakeAccess(), IDENTITY, yes, lambda: NOON)


async def test_it_goes_into_the_queue_of_peoples_questions(
    queue: FakeQueue, deps: SyntheticDeps, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(metrics.SYNTHETIC_QUESTIONS, monkeypatch)
    await ask_synthetic(deps)
    [(task, attributes)] = queue.published
    assert (task.kind, task.channel_id, task.text) == (Kind.SYNTHETIC, "", "")
    assert attributes["kind"] == "synthetic"
    assert counted.series() == QUEUED


async def test_no_metric_of_peoples_questions_counts_it(
    queue: FakeQueue, deps: SyntheticDeps, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = Counted(metrics.EVENTS, monkeypatch)
    await ask_synthetic(deps)
    queue.down = True
    await ask_synthetic(deps)
    assert events.series() == []


@pytest.mark.parametrize("fault", ["down", "hangs"])
async def test_a_queue_that_does_not_take_it_is_counted(
    fault: str, queue: FakeQueue, deps: SyntheticDeps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("command_service.use_cases.self_checks.synthetic.PUBLISH_WITHIN_S", 0.01)
    counted = Counted(metrics.SYNTHETIC_QUESTIONS, monkeypatch)
    setattr(queue, fault, True)
    await ask_synthetic(deps)
    assert counted.series() == NOT_QUEUED


async def test_none_is_asked_while_nobody_could_ask(queue: FakeQueue) -> None:
    denied = FakeAccess()
    denied.denied = SlackDenied("denied", slack_error="invalid_auth")
    await ask_synthetic(SyntheticDeps(queue, denied, IDENTITY, yes))
    await ask_synthetic(SyntheticDeps(queue, FakeAccess(), IDENTITY, no))
    assert queue.published == []


async def test_one_is_asked_where_there_is_no_socket(queue: FakeQueue) -> None:
    await ask_synthetic(SyntheticDeps(queue, FakeAccess(), IDENTITY, over_http))
    assert len(queue.published) == 1


async def test_one_comes_after_the_other_and_each_has_its_own_id(queue: FakeQueue) -> None:
    deps = SyntheticDeps(queue, FakeAccess(), IDENTITY, yes)
    asking = asyncio.create_task(keep_asking(deps, 0.001))
    async with asyncio.timeout(5):
        while len(queue.published) < 3:  # noqa: ASYNC110 - the fake has no event for it
            await asyncio.sleep(0)
    asking.cancel()
    assert len({task.task_id for task, _ in queue.published}) == len(queue.published)
