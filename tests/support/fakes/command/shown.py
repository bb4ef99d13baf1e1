"""What people see of the Slack side, kept in memory: notes, signs, modals and Homes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from command_service.payloads.model import EphemeralTarget, Question
from shared.task import Locale


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
