"""Asking a model as the processor does: the same prompt, options and form of the answer."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from pydantic import ValidationError

from processor_service.app import gemini_access
from processor_service.gemini.access import GeminiAccess
from processor_service.gemini.client import gemini_client
from processor_service.gemini.model import GeminiModel
from processor_service.ports.model import Model, Prompt
from processor_service.prompt.build import PromptConfig, PromptContext, prompt_for
from processor_service.settings import ProcessorSettings
from shared.errors import MechachangError
from shared.task import Source, Task
from simulators.faults import FaultPlan
from simulators.gemini import GeminiConfig, GeminiSimulator
from simulators.journal import Journal
from tests.evaluate.questions import Question
from tests.evaluate.rules import judged

SIMULATED: Final = "simulated Gemini"
CONTEXT: Final = PromptContext(date(2026, 11, 30), "Example")
_AT_ONCE: Final = 4
_WITHIN_S: Final = 120.0


@dataclass(frozen=True)
class Asked:
    """The model under evaluation: ``name`` is told in the results."""

    name: str
    model: Model
    id: str
    config: PromptConfig


@dataclass(frozen=True)
class Result:
    """An answer, and the rules it breaks."""

    question: Question
    answer: str
    broken: tuple[str, ...]


def settings() -> ProcessorSettings | None:
    """The service's own settings, from the environment and ``.env``; None without a key."""
    try:
        return ProcessorSettings(slack_bot_token="xoxb-unused", pubsub_emulator_host="unused:1")
    except ValidationError:
        return None


@asynccontextmanager
async def real(found: ProcessorSettings) -> AsyncIterator[Asked]:
    """The model that the settings name."""
    config = PromptConfig(found.options_by_mode, found.system_prompt_file)
    async with gemini_client(gemini_access(found), idle_timeout_s=_WITHIN_S) as api:
        yield Asked(found.gemini_model, GeminiModel(api), found.gemini_model, config)


@asynccontextmanager
async def simulated() -> AsyncIterator[Asked]:
    """The simulated Gemini: it shows that the evaluation works, and nothing about a model."""
    simulator = GeminiSimulator(journal=Journal(), faults=FaultPlan(), config=GeminiConfig())
    async with simulator.serve() as running:
        access = GeminiAccess("local", base_url=running.base_url)
        async with gemini_client(access, idle_timeout_s=_WITHIN_S) as api:
            yield Asked(SIMULATED, GeminiModel(api), "gemini-3.8-flash", PromptConfig())


async def evaluated(asked: Asked, questions: Sequence[Question]) -> list[Result]:
    """Ask every question, a few at once, and judge the answers."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(question: Question) -> Result:
        async with turns:
            return await _result(asked, question)

    return list(await asyncio.gather(*map(one, questions)))


async def _result(asked: Asked, question: Question) -> Result:
    prompt = prompt_for(task_of(question), CONTEXT, asked.config)
    try:
        async with asyncio.timeout(_WITHIN_S):
            answer = await _answer(asked, prompt)
    except (MechachangError, TimeoutError) as error:
        return Result(question, getattr(error, "reason", "timeout"), ("failed",))
    return Result(question, answer, tuple(judged(question, answer, prompt.system)))


async def _answer(asked: Asked, prompt: Prompt) -> str:
    """The Markdown of the answer, as the renderer gets it."""
    text, cut = "", False
    async with aclosing(asked.model.stream(prompt, asked.id)) as pieces:
        async for piece in pieces:
            text, cut = text + piece.text, piece.truncated
    return prompt.answer_format.read(text, cut=cut).text if prompt.answer_format else text


def task_of(question: Question) -> Task:
    """The question as the command service would hand it on."""
    moment = datetime(2026, 11, 30, 1, tzinfo=UTC)
    return Task(
        task_id="0" * 32,
        source=Source.MENTION,
        team_id="T1",
        channel_id="C1",
        user_id="U1",
        thread_ts="1.000001",
        message_ts="1.000001",
        text=question.text,
        mode=question.mode,
        locale=question.locale,
        occurred_at=moment,
        received_at=moment,
    )
