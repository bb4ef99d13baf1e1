"""A synthetic question in the processor: Slack is asked, nothing shown, and all counted apart."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from processor_service.api.dependencies import Dependencies
from processor_service.app import create_app
from processor_service.features.synthetic import LATE_AFTER_S
from shared.errors import SlackUnavailable
from shared.task import Kind, Source
from shared.telemetry import metrics
from tests.support.counted import Counted
from tests.support.fakes.processor.world import World
from tests.support.tasks import NOON, a_task


def pushed(age_s: float = 1.0) -> dict[str, Any]:
    received_at = NOON - timedelta(seconds=age_s)
    task = a_task(kind=Kind.SYNTHETIC, source=Source.SYNTHETIC, text="", received_at=received_at)
    data = base64.b64encode(task.encode()).decode()
    return {
        "subscription": "projects/p/subscriptions/s",
        "message": {"data": data, "messageId": "m1", "publishTime": NOON.isoformat()},
        "deliveryAttempt": 2,
    }


def client(world: World, fault: Exception | None = None) -> TestClient:
    async def ask_slack() -> None:
        if fault is not None:
            raise fault

    @asynccontextmanager
    async def dependencies() -> AsyncIterator[Dependencies]:
        deps = world.dependencies()
        yield replace(deps, doctor=replace(deps.doctor, check_slack=ask_slack))

    return TestClient(create_app(dependencies))


@pytest.mark.parametrize(
    ("age_s", "fault", "outcome"),
    [
        (1.0, None, "answered"),
        (LATE_AFTER_S + 1, None, "late"),
        (1.0, SlackUnavailable("away"), "slack_unavailable"),
        (1.0, TimeoutError(), "deadline_exceeded"),
    ],
)
def test_its_outcome_is_counted_and_it_is_acknowledged_whatever_that_is(
    age_s: float, fault: Exception | None, outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(metrics.SYNTHETIC_QUESTIONS, monkeypatch)
    with client(World(), fault) as http:
        assert http.post("/pubsub/push", json=pushed(age_s)).status_code == 204
    assert counted.series() == [(1, {"outcome": outcome})]


def test_nothing_is_shown_asked_or_counted_as_a_users(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    others = [Counted(one, monkeypatch) for one in (metrics.TASKS, metrics.REDELIVERIES)]
    with client(world) as http:
        http.post("/pubsub/push", json=pushed())
    assert [one.series() for one in others] == [[], []]
    assert world.model.asked == []
    assert world.conversation.messages == []


def test_one_that_was_given_up_is_no_dead_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(metrics.DEAD_LETTERS, monkeypatch)
    with client(World()) as http:
        assert http.post("/pubsub/dead-letter", json=pushed()).status_code == 204
    assert counted.series() == []
