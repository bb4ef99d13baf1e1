"""``ports.model`` in memory, and who waits for what a model writes."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from processor_service.answering.generation import Progress
from processor_service.ports.answers import Answer
from processor_service.ports.citations import Citations
from processor_service.ports.model import Chunk, Prompt


@dataclass
class FakeModel:
    """Plays one script after the other, the last one for ever: pieces, or an error to raise."""

    scripts: list[Sequence[Chunk | Exception]]
    asked: list[tuple[Prompt, str]] = field(default_factory=list)
    closed: int = 0

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Chunk, None]:
        self.asked.append((prompt, model))
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        try:
            for step in script:
                if isinstance(step, Exception):
                    raise step
                yield step
        finally:
            self.closed += 1


class Silent(FakeModel):
    """A model that takes the question and never says a word."""

    def __init__(self) -> None:
        super().__init__([])
        self.waiting = asyncio.Event()

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Chunk, None]:
        self.waiting.set()
        await asyncio.Event().wait()
        yield Chunk()


def saying(text: str) -> list[Chunk | Exception]:
    return [Chunk(text[: len(text) // 2]), Chunk(text[len(text) // 2 :], finished=True)]


def at_once() -> FakeModel:
    """A model whose whole answer comes in one piece, so that nobody sees it grow."""
    return FakeModel([[Chunk("素数は1と自身でのみ割れます。", finished=True)]])


class Blind:
    """An audience that sees nothing before the end."""

    visible = False
    due = False

    def retrying(self) -> None:
        return

    def slow(self) -> None:
        return

    def instead(self, model: str) -> None:
        """Nobody sees it."""

    def looked_up(self, found: Citations) -> None:
        """Nobody sees it."""

    def kept(self, *, busy: bool) -> None:
        return


async def whole(progress: AsyncGenerator[Progress, None]) -> Answer:
    """The answer that is whole in the end, and nothing comes behind it."""
    *_, last = [step async for step in progress]
    assert isinstance(last, Answer)
    return last
