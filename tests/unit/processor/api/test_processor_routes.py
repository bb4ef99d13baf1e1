import asyncio
import base64
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from processor_service.api.dependencies import Dependencies
from processor_service.api.push_request import PushDenied
from processor_service.app import create_app
from processor_service.ports.model import Chunk, Prompt
from processor_service.ports.work import Lease
from shared.errors import PermanentError, SlackUnavailable
from shared.task import Cancel, Feedback, Kind, Vote
from tests.support.fakes.processor.model import FakeModel
from tests.support.fakes.processor.work import FakeLeases
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task


class Denies:
    async def verify(self, authorization: str | None) -> None:
        raise PushDenied("no", reason="token_missing", status=401)


@asynccontextmanager
async def dependencies(
    world: World, verifier: Any = None, checks: Any = None, models: Any = None
) -> AsyncIterator[Dependencies]:
    yield world.dependencies(verifier, checks, models)


def client(
    world: World, verifier: Any = None, checks: Any = None, models: Any = None
) -> TestClient:
    return TestClient(create_app(lambda: dependencies(world, verifier, checks, models)))


def pushed(data: bytes, **message: Any) -> dict[str, Any]:
    encoded = base64.b64encode(data).decode()
    return {
        "subscription": "projects/p/subscriptions/s",
        "message": {"data": encoded, "messageId": "m1", "attributes": {}, **message},
        "deliveryAttempt": 1,
    }


def test_a_pushed_task_is_answered_and_acknowledged() -> None:
    world = World()
    with client(world) as http:
        response = http.post("/pubsub/push", json=pushed(a_task().encode()))
    assert response.status_code == 204
    assert len(world.conversation.messages) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"{}",
        json.dumps(pushed(b"not a task")).encode(),
        json.dumps({"subscription": "s", "message": {"data": "%%%", "messageId": "1"}}).encode(),
        json.dumps(pushed(a_task(kind=Kind.CANCEL).encode())).encode(),
        json.dumps(pushed(a_task(kind=Kind.FEEDBACK).encode())).encode(),
    ],
)
def test_what_cannot_be_decoded_is_a_400_and_no_work(body: bytes) -> None:
    world = World()
    with client(world) as http:
        assert http.post("/pubsub/push", content=body).status_code == 400
    assert world.model.asked == []


def test_a_stop_is_noted_and_answers_nothing() -> None:
    world = World()
    task = a_task(kind=Kind.CANCEL, cancel=Cancel(task_id="b" * 32))
    with client(world) as http:
        assert http.post("/pubsub/push", json=pushed(task.encode())).status_code == 204
    assert world.cancellations.stopped == {"b" * 32}
    assert world.conversation.messages == []
    assert world.leases.done == set()


def test_a_vote_is_noted_and_neither_answers_nor_takes_the_lease_of_its_question() -> None:
    world = World()
    feedback = Feedback(task_id=a_task().task_id, vote=Vote.UP)
    task = a_task(task_id="c" * 32, kind=Kind.FEEDBACK, feedback=feedback)
    with client(world) as http, capture_logs() as logs:
        for _ in range(2):
            assert http.post("/pubsub/push", json=pushed(task.encode())).status_code == 204
        assert http.post("/pubsub/push", json=pushed(a_task().encode())).status_code == 204
    assert [line["action"] for line in logs].count("feedback_given") == 1
    assert len(world.conversation.messages) == 1
    assert world.leases.done == {a_task().task_id}


@pytest.mark.parametrize("kind", [Kind.CANCEL, Kind.FEEDBACK])
def test_a_stop_or_vote_that_was_given_up_posts_nothing(kind: Kind) -> None:
    world = World()
    with client(world) as http, capture_logs() as logs:
        response = http.post("/pubsub/dead-letter", json=pushed(a_task(kind=kind).encode()))
    assert response.status_code == 204
    assert "task_dead_lettered" in {line["action"] for line in logs}
    assert world.conversation.messages == []


def test_a_push_that_is_not_ours_is_denied_with_a_reason_in_the_log_and_no_work() -> None:
    world = World()
    with client(world, Denies()) as http, capture_logs() as logs:
        assert http.post("/pubsub/push", json=pushed(a_task().encode())).status_code == 401
        assert http.post("/pubsub/dead-letter", json=pushed(a_task().encode())).status_code == 401
    assert [line["reason"] for line in logs if line["action"] == "push_rejected"] == [
        "token_missing",
        "token_missing",
    ]
    assert world.model.asked == []
    assert world.conversation.messages == []


def test_outcomes_become_the_status_codes_pubsub_acts_on() -> None:
    # A delivery waits for a held lease for half of its time.
    world = World(deadline_s=1.0)
    world.conversation.failures["find"] = [(SlackUnavailable("down"), False)] * 4
    with client(world) as http:
        assert http.post("/pubsub/push", json=pushed(a_task().encode())).status_code == 503
        world.leases.steal(a_task().task_id)
        twin = pushed(a_task().encode(), messageId="another message")
        assert http.post("/pubsub/push", json=twin).status_code == 409
        assert http.post("/pubsub/push", json=pushed(a_task().encode())).status_code == 204
        world.leases.held.clear()
        assert http.post("/pubsub/push", json=pushed(a_task().encode())).status_code == 204
    assert len(world.conversation.messages) == 1


@pytest.mark.parametrize(
    ("failure", "action"),
    [
        (None, "side_task_done"),
        (SlackUnavailable("down"), "side_task_failed"),
        (PermanentError("no"), "side_task_failed"),
        (ZeroDivisionError(), "side_task_broke"),
    ],
)
def test_a_side_task_is_acknowledged_whatever_comes_of_it(
    failure: Exception | None, action: str
) -> None:
    world = World()
    world.homes.failure = failure
    task = a_task(kind=Kind.HOME, text="")
    with client(world) as http, capture_logs() as logs:
        assert http.post("/pubsub/push", json=pushed(task.encode())).status_code == 204
    assert [line["action"] for line in logs] == ["task_delivered", action]
    assert world.conversation.messages == []


@pytest.mark.parametrize("kind", [Kind.HOME, Kind.DOCTOR])
def test_the_dead_letter_of_a_side_task_is_told_to_nobody(kind: Kind) -> None:
    world = World()
    with client(world) as http, capture_logs() as logs:
        task = a_task(kind=kind, text="", response_url="https://hooks.example/1")
        assert http.post("/pubsub/dead-letter", json=pushed(task.encode())).status_code == 204
    assert world.conversation.messages == []
    assert world.conversations.to_asker.messages == []
    assert [line["action"] for line in logs] == ["task_dead_lettered"]


def test_a_dead_letter_is_told_to_its_asker_once() -> None:
    world = World()
    with client(world) as http:
        for _ in range(2):
            response = http.post("/pubsub/dead-letter", json=pushed(a_task().encode()))
            assert response.status_code == 204
    [(posted, body)] = world.conversation.messages
    assert posted.mark.role == "notice"
    assert "gave_up" in str(body.blocks)


def test_a_dead_letter_that_is_no_task_is_acknowledged_and_logged() -> None:
    with client(World()) as http, capture_logs() as logs:
        assert http.post("/pubsub/dead-letter", json=pushed(b"junk")).status_code == 204
    assert "dead_letter_undecodable" in {line["action"] for line in logs}


def test_a_dead_letter_of_an_answered_task_says_nothing() -> None:
    world = World()
    with client(world) as http:
        http.post("/pubsub/push", json=pushed(a_task().encode()))
        http.post("/pubsub/dead-letter", json=pushed(a_task().encode()))
    assert [posted.mark.role for posted, _ in world.conversation.messages] == ["answer"]


def test_readiness_names_each_dependency_and_turns_red_only_for_what_somebody_must_mend() -> None:
    async def fine() -> None:
        return

    async def down() -> None:
        raise SlackUnavailable("down")

    async def refused() -> None:
        raise PermanentError("bad key", reason="model_rejected")

    with client(World(), checks={"redis": fine, "slack": down}) as http:
        response = http.get("/readyz")
        assert response.status_code == 200
        assert response.json()["dependencies"]["slack"] == {
            "state": "unavailable",
            "reason": "slack_unavailable",
        }
    with client(World(), checks={"redis": fine, "gemini": refused}) as http:
        response = http.get("/readyz")
        assert response.status_code == 503
        assert response.json()["dependencies"]["gemini"]["state"] == "refused"


def test_the_process_is_alive_without_any_dependency() -> None:
    with client(World()) as http:
        assert http.get("/healthz").json() == {"status": "ok"}


def test_nothing_private_reaches_the_log() -> None:
    world = World()
    secret = a_task(text="canary-prompt", response_url="https://canary.example")
    with client(world) as http, capture_logs() as logs:
        http.post("/pubsub/push", json=pushed(secret.encode()))
    assert logs
    assert "canary" not in str(logs)


class Silent(FakeModel):
    """Says nothing, as long as anybody listens."""

    def __init__(self) -> None:
        super().__init__([])
        self.is_asked = asyncio.Event()

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Chunk, None]:
        self.is_asked.set()
        await asyncio.Event().wait()
        yield Chunk()


class FarLeases(FakeLeases):
    """Giving a lease back takes its time, as over a network."""

    def __init__(self, told: list[str]) -> None:
        super().__init__()
        self._told = told

    async def release(self, lease: Lease, reason: str | None = None) -> None:
        await asyncio.sleep(0.02)
        self._told.append("handed back")


async def test_work_that_is_cancelled_at_the_end_is_handed_back_before_redis_is_closed() -> None:
    told: list[str] = []
    model = Silent()
    world = World(model=model, leases=FarLeases(told))

    @asynccontextmanager
    async def closing() -> AsyncIterator[Dependencies]:
        async with dependencies(world) as opened:
            yield opened
        told.append("closed")

    app = create_app(closing)
    body = json.dumps(pushed(a_task().encode())).encode()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        """Nobody listens any more."""

    scope = {"type": "http", "method": "POST", "path": "/pubsub/push", "query_string": b""}
    async with app.router.lifespan_context(app):
        push = asyncio.create_task(app({**scope, "headers": []}, receive, send))
        await model.is_asked.wait()
        # So does uvicorn when the time to drain is over, and goes on at once.
        push.cancel()
    assert told == ["handed back", "closed"]
    assert push.cancelled()
