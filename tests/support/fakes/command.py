"""In-memory implementations of the Slack side's ports, and payloads as Slack sends them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from command_service.payloads.model import (
    KINDS,
    AskingReaction,
    ConversationKind,
    EphemeralTarget,
    Identity,
    ItemT,
    JoinedConversation,
    Page,
    Question,
    QuestionContent,
    Reactor,
)
from command_service.ports import ChannelDiagnosis
from command_service.scopes import ALL_SCOPES
from command_service.use_cases.ask_again import AskAgainDeps
from command_service.use_cases.policy import Policy
from command_service.use_cases.reactions import ReactionDeps
from command_service.use_cases.sharing import Sharing
from command_service.use_cases.submit import SubmitDeps
from command_service.use_cases.throttle import PRESSES_PER_MINUTE, PerUserThrottle
from shared.background import Background
from shared.errors import (
    MechachangError,
    QueueUnavailable,
    RetryableError,
    SlackDenied,
    SlackRefused,
)
from shared.slack.message import Message, MessageRef
from shared.task import Following, Locale, Mode, Source, Task
from tests.support.tasks import NOON

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
        # A confirmation comes no sooner than the next turn of the loop.
        await asyncio.sleep(0)
        self.published.append((task, dict(attributes)))
        self._order.append("published")


class FakeAccess:
    """Slack accepts us, unless it is told otherwise."""

    def __init__(self) -> None:
        self.denied: SlackDenied | None = None


class FakeHistory:
    """Conversations with their messages and threads; pages hold one item each.

    ``failures`` are raised by the next calls, one each; ``refused`` kinds cannot be listed.
    """

    def __init__(self) -> None:
        self.kinds: dict[ConversationKind, list[JoinedConversation]] = {kind: [] for kind in KINDS}
        self.written: dict[str, list[dict[str, Any]]] = {}
        self.failures: list[RetryableError] = []
        self.refused: set[ConversationKind] = set()
        self.threads_read: list[str] = []
        self.calls = 0

    def channel(
        self, conversation_id: str, *messages: dict[str, Any], kind: ConversationKind
    ) -> None:
        """A conversation with these messages, replies among them."""
        self.kinds[kind].append(JoinedConversation(conversation_id, kind))
        self.written[conversation_id] = list(messages)

    async def conversations(
        self, kind: ConversationKind, cursor: str | None
    ) -> Page[JoinedConversation]:
        self._called()
        if kind in self.refused:
            raise SlackRefused("Slack refused.", slack_error="missing_scope")
        return _page(self.kinds[kind], cursor)

    async def messages(
        self, conversation_id: str, oldest: str, cursor: str | None
    ) -> Page[Message]:
        self._called()
        written = self.written[conversation_id]
        shown = [
            {**message, **_thread_of(message, written)}
            for message in written
            if message.get("thread_ts") in {None, message["ts"]}
            or message.get("subtype") == "thread_broadcast"
        ]
        return _page([m for m in reversed(shown) if float(m["ts"]) > float(oldest)], cursor)

    async def replies(
        self, conversation_id: str, thread_ts: str, oldest: str, cursor: str | None
    ) -> Page[Message]:
        self._called()
        self.threads_read.append(thread_ts)
        thread = [
            message
            for message in self.written[conversation_id]
            if message["ts"] == thread_ts
            or (message.get("thread_ts") == thread_ts and float(message["ts"]) > float(oldest))
        ]
        return _page(thread, cursor)

    def _called(self) -> None:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)


def _page(items: Sequence[ItemT], cursor: str | None) -> Page[ItemT]:
    start = int(cursor or 0)
    more = start + 1 < len(items)
    return Page(tuple(items[start : start + 1]), str(start + 1) if more else None)


def _thread_of(message: dict[str, Any], written: list[dict[str, Any]]) -> dict[str, Any]:
    """What Slack adds to the first message of a thread."""
    replies = [m for m in written if m.get("thread_ts") == message["ts"] and m is not message]
    if not replies:
        return {}
    users = sorted({reply["user"] for reply in replies})
    return {
        "thread_ts": message["ts"],
        "latest_reply": replies[-1]["ts"],
        "reply_users": users[:5],
        "reply_users_count": len(users),
    }


class FakeReplies:
    """Remembers what was shown; ``gate`` holds signs back until it is set."""

    def __init__(self, order: list[str]) -> None:
        self.told: list[tuple[EphemeralTarget, str]] = []
        self.thinking: list[tuple[Question, Locale]] = []
        self.hidden: list[Question] = []
        self.acknowledged: list[Question] = []
        self.blocks: list[list[Mapping[str, Any]]] = []
        self.dismissed: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self._order = order

    async def tell(
        self, recipient: EphemeralTarget, text: str, blocks: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        await self.gate.wait()
        self.told.append((recipient, text))
        self.blocks.append(list(blocks))

    async def acknowledge(self, question: Question) -> None:
        self.acknowledged.append(question)

    async def dismiss(self, response_url: str) -> None:
        self.dismissed.append(response_url)

    async def show_thinking(
        self, question: Question, locale: Callable[[], Awaitable[Locale]]
    ) -> None:
        await self.gate.wait()
        self.thinking.append((question, await locale()))
        self._order.append("thinking")

    async def hide_thinking(self, question: Question) -> None:
        self.hidden.append(question)


class FakeModals:
    """Remembers what was opened."""

    def __init__(self) -> None:
        self.opened: list[tuple[str, Mapping[str, Any]]] = []

    async def open(self, trigger_id: str, view: Mapping[str, Any]) -> None:
        self.opened.append((trigger_id, view))


class FakeLocales:
    """Everybody's language is known."""

    def __init__(self) -> None:
        self.locale: Locale = "ja"
        self.chosen: dict[str, Locale | None] = {}

    def choose(self, user_id: str, language: Locale | None) -> None:
        self.chosen[user_id] = language

    def of(self, user_id: str) -> Locale:
        return self.chosen.get(user_id) or self.locale

    async def found(self, user_id: str) -> Locale:
        return self.of(user_id)


class FakeHomes:
    """What was published and suggested, in order."""

    def __init__(self) -> None:
        self.published: list[tuple[str, dict[str, Any]]] = []
        self.suggested: list[tuple[str, Locale]] = []

    async def publish(self, user_id: str, view: dict[str, Any]) -> None:
        self.published.append((user_id, view))

    async def suggest(self, channel_id: str, locale: Locale) -> None:
        self.suggested.append((channel_id, locale))


class FakeSurroundings:
    """All is well, unless it is told otherwise; what hangs never answers."""

    def __init__(self) -> None:
        self.granted: frozenset[str] | None = ALL_SCOPES
        self.seen = ChannelDiagnosis(member=True, external=False)
        self.failure: MechachangError | None = None
        self.hangs = False
        self.left: set[tuple[str, str]] = set()
        self.looks = 0

    async def scopes(self) -> frozenset[str] | None:
        await self._look()
        return self.granted

    async def channel(self, channel_id: str) -> ChannelDiagnosis:
        await self._look()
        return self.seen

    async def may_read(self, user_id: str, channel_id: str) -> bool:
        await self._look()
        return (user_id, channel_id) not in self.left

    async def _look(self) -> None:
        self.looks += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.failure is not None:
            raise self.failure


class FakeQuestions:
    """Messages by their ts; ``failure`` is raised instead of an answer."""

    def __init__(self) -> None:
        self.asked: dict[str, QuestionContent] = {}
        self.failure: RetryableError | None = None
        self.hangs = False

    async def asked_at(self, place: MessageRef) -> QuestionContent | None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.failure is not None:
            raise self.failure
        return self.asked.get(place.message_ts)


class FakeReacted:
    """Messages by their ts, and people unless told otherwise; ``failure`` is raised instead."""

    def __init__(self) -> None:
        self.written: dict[str, Message] = {}
        self.others: dict[str, Reactor] = {}
        self.failure: RetryableError | None = None
        self.hangs = False
        self.looks = 0

    async def message_at(self, channel_id: str, message_ts: str) -> Message | None:
        self.looks += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.failure is not None:
            raise self.failure
        return self.written.get(message_ts)

    async def reactor(self, user_id: str) -> Reactor:
        return self.others.get(user_id, Reactor(is_person=True, team_id="T1"))


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
        self.modals = FakeModals()
        self.background = Background()
        self.throttle = PerUserThrottle()
        self.surroundings = FakeSurroundings()
        self.sharing = Sharing(self.surroundings)
        self.presses = PerUserThrottle(PRESSES_PER_MINUTE)
        self.following: Following | None = Following.ASKER
        self.asking: AskingReaction | None = None
        self.reacted = FakeReacted()

    @property
    def submit_deps(self) -> SubmitDeps:
        return SubmitDeps(
            queue=self.queue,
            access=self.access,
            replies=self.replies,
            locales=self.locales,
            background=self.background,
            policy=self.policy,
            sharing=self.sharing,
            throttle=self.throttle,
            presses=self.presses,
            following=self.following,
            asking=self.asking,
            publish_within_s=self.publish_within_s,
            now=lambda: NOON,
        )

    @property
    def repetition(self) -> AskAgainDeps:
        return AskAgainDeps(self.submit_deps, self.questions, self.read_within_s)

    @property
    def reactions(self) -> ReactionDeps:
        return ReactionDeps(self.submit_deps, self.reacted, IDENTITY, self.read_within_s)

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
        recipient=EphemeralTarget("C1", "U1"),
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


def a_reaction(**changes: Any) -> dict[str, Any]:
    event = {
        "type": "reaction_added",
        "user": "U1",
        "reaction": "gemini",
        "item": {"type": "message", "channel": "C1", "ts": "1700000000.000100"},
        "item_user": "U9",
        "event_ts": "1700000020.000500",
    }
    body = {"type": "event_callback", "team_id": "T1", "event_id": "Ev7"}
    shared = changes.pop("is_ext_shared_channel", False)
    return {**body, "is_ext_shared_channel": shared, "event": {**event, **changes}}


def a_shortcut(callback_id: str = "explain_message", **changes: Any) -> dict[str, Any]:
    message = {
        "type": "message",
        "user": "U9",
        "text": "SLA は &lt;99.9%&gt;",
        "ts": "1700000000.1",
    }
    body = {
        "type": "message_action",
        "callback_id": callback_id,
        "team": {"id": "T1", "domain": "home"},
        "user": {"id": "U1", "team_id": "T1"},
        "channel": {"id": "C1", "name": "general"},
        "message": message,
        "message_ts": "1700000000.1",
        "action_ts": "1700000020.5",
        "trigger_id": "1.2.abc",
        "response_url": "https://hooks.example/actions/1",
    }
    return {**body, **changes}
