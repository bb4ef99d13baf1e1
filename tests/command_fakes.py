"""In-memory implementations of the Slack side's ports, and payloads as Slack sends them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from command_service.admission import Policy
from command_service.background import Background
from command_service.intake import Intake
from command_service.question import Asked, Identity, Place, Question, Recipient
from command_service.repetition import Repetition
from shared.errors import QueueUnavailable, RetryableError, SlackDenied
from shared.task import Locale, Mode, Source, Task

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
IDENTITY = Identity("T1", "UBOT", "BBOT")


class FakeQueue:
    """Takes every task, unless it is told to be down or to hang."""

    def __init__(self, order: list[str]) -> None:
        self.published: list[tuple[Task, dict[str, str]]] = []
        self.down = False
        self.hangs = False
        self._order = order

    async def publish(self, task: Task, attributes: Mapping[str, str]) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.down:
            raise QueueUnavailable("The fake queue is down.")
        self.published.append((task, dict(attributes)))
        self._order.append("published")


class FakeAccess:
    """Slack accepts us, unless it is told otherwise."""

    def __init__(self) -> None:
        self.denied: SlackDenied | None = None


class FakeReplies:
    """Remembers what was shown; ``gate`` holds signs back until it is set."""

    def __init__(self, order: list[str]) -> None:
        self.told: list[tuple[Recipient, str]] = []
        self.thinking: list[tuple[Question, Locale]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self._order = order

    async def tell(self, recipient: Recipient, text: str) -> None:
        await self.gate.wait()
        self.told.append((recipient, text))

    async def show_thinking(self, question: Question, locale: Locale) -> None:
        await self.gate.wait()
        self.thinking.append((question, locale))
        self._order.append("thinking")


class FakeLocales:
    """Everybody's language is known."""

    def __init__(self) -> None:
        self.locale: Locale = "ja"

    def of(self, user_id: str) -> Locale:
        return self.locale


class FakeQuestions:
    """Messages by their ts; ``failure`` is raised instead of an answer."""

    def __init__(self) -> None:
        self.asked: dict[str, Asked] = {}
        self.failure: RetryableError | None = None
        self.hangs = False

    async def asked_at(self, place: Place) -> Asked | None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.failure is not None:
            raise self.failure
        return self.asked.get(place.message_ts)


@dataclass
class World:
    """Everything the use cases need, and what came of it. ``order`` is what happened in order."""

    policy: Policy = field(default_factory=Policy)
    publish_within_s: float = 2.5
    read_within_s: float = 1.5

    def __post_init__(self) -> None:
        self.order: list[str] = []
        self.queue = FakeQueue(self.order)
        self.access = FakeAccess()
        self.replies = FakeReplies(self.order)
        self.locales = FakeLocales()
        self.questions = FakeQuestions()
        self.background = Background()

    @property
    def intake(self) -> Intake:
        return Intake(
            queue=self.queue,
            access=self.access,
            replies=self.replies,
            locales=self.locales,
            background=self.background,
            policy=self.policy,
            publish_within_s=self.publish_within_s,
            now=lambda: NOON,
        )

    @property
    def repetition(self) -> Repetition:
        return Repetition(self.intake, self.questions, self.read_within_s)

    async def settle(self) -> None:
        """Let the background work finish."""
        await self.background.close(within_s=2.0)


def a_question(**changes: Any) -> Question:
    question = Question(
        task_id="0123456789abcdef0123456789abcdef",
        source=Source.MENTION,
        team_id="T1",
        channel_id="C1",
        user_id="U1",
        text="素数とは何ですか",
        mode=Mode.CHAT,
        occurred_at=NOON,
        recipient=Recipient("C1", "U1"),
        thread_ts="1700000000.000100",
        message_ts="1700000000.000100",
    )
    return replace(question, **changes)


def a_mention(text: str = "<@UBOT> hello", **event: Any) -> dict[str, Any]:
    return _event_body(
        {"type": "app_mention", "user": "U1", "text": text, "channel": "C1", **event}
    )


def a_direct_message(text: str = "hello", **event: Any) -> dict[str, Any]:
    message = {"type": "message", "channel_type": "im", "user": "U1", "text": text, "channel": "D1"}
    return _event_body({**message, **event})


def _event_body(event: dict[str, Any]) -> dict[str, Any]:
    ts = "1700000000.000100"
    return {
        "type": "event_callback",
        "team_id": "T1",
        "event_id": "Ev1",
        "is_ext_shared_channel": False,
        "event": {"ts": ts, "event_ts": ts, "team": "T1", **event},
    }


def a_command(text: str = "hello", **changes: Any) -> dict[str, Any]:
    body = {
        "team_id": "T1",
        "channel_id": "C1",
        "user_id": "U1",
        "command": "/gemini",
        "text": text,
        "trigger_id": "1.2.abc",
        "response_url": "https://hooks.example/response/1",
    }
    return {**body, **changes}


def a_click(value: str, action_id: str = "regenerate", **changes: Any) -> dict[str, Any]:
    body = {
        "type": "block_actions",
        "team": {"id": "T1"},
        "user": {"id": "U2", "team_id": "T1"},
        "container": {
            "type": "message",
            "channel_id": "C1",
            "message_ts": "1700000009.000900",
            "thread_ts": "1700000000.000100",
        },
        "actions": [{"action_id": action_id, "value": value, "action_ts": "1700000020.5"}],
    }
    return {**body, **changes}
