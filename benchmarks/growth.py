"""What grows must stay flat: time and memory a question while more and more are waiting."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from benchmarks.asking import Asker
from benchmarks.marked import mention
from benchmarks.resources import Usage
from benchmarks.subjects import PACED, Setup, running
from simulators.gemini import GeminiConfig

QUEUES: Final = (100, 1_000, 10_000)
# Slack brings an app at most 30,000 events an hour from a workspace, about 8 a second
# (docs.slack.dev/apis/events-api); the queue grows at twelve times that all the same.
_ASK_RATE: Final = 100.0
_QUICK: Final = GeminiConfig(first_token_s=0.05, total_s=0.1, chunk_tokens=64)
_PATIENCE_S: Final = 900.0
_EQUAL_WITHIN_S: Final = 60.0
# Cloud Run hands an instance no more than its containerConcurrency at once; the rest waits.
_AT_ONCE: Final = 80
_SHORT_CHARS: Final = 200
_LONG_CHARS: Final = 100_000


@dataclass(frozen=True)
class Queue:
    """So many questions were asked at once. ``memory_mib`` is the processor's largest."""

    questions: int
    unanswered: int
    ms_a_question: float
    cpu_ms_a_question: float
    memory_mib: float


@dataclass(frozen=True)
class LongAnswer:
    """An answer of so many characters: what it took, and in how many messages it came."""

    characters: int
    messages: int
    added_ms: float
    cpu_ms_a_thousand: float


@dataclass(frozen=True)
class LongThread:
    """A question below so many messages: Gemini's own time is taken off."""

    messages: int
    added_ms: float


@dataclass(frozen=True)
class Growth:
    """The figures of everything that grows."""

    queues: Sequence[Queue]
    answers: Sequence[LongAnswer]
    threads: Sequence[LongThread]
    equal_questions: int
    requests_for_equal_questions: int


async def growth(setup: Setup, queues: Sequence[int] = QUEUES) -> Growth:
    """Measure each on a stack of its own."""
    quick = replace(setup, gemini=_QUICK)
    short = replace(quick, answer_chars=_SHORT_CHARS, push_window=_AT_ONCE)
    asked, requests = await _equal(quick)
    return Growth(
        [await _queue(short, size) for size in queues],
        [await _answer(replace(quick, answer_chars=size)) for size in (10_000, _LONG_CHARS)],
        [await _thread(quick, size) for size in (10, 500)],
        asked,
        requests,
    )


async def _queue(setup: Setup, size: int) -> Queue:
    async with running("ours", setup) as subject:
        asker = Asker(subject, settles_within_s=_PATIENCE_S)
        await asker.ask("mention", 5, 5)
        async with Usage(subject.processes) as usage:
            numbers = await asker.ask("mention", _ASK_RATE, size)
        asker.eyes.close()
    seen = [asker.eyes.seen[number] for number in numbers]
    finished = [one.finished for one in seen if one.finished is not None]
    took_s = max(finished) - seen[0].asked
    return Queue(
        size,
        size - len(finished),
        round(took_s * 1000 / size, 1),
        round(sum(usage.cpu_s[name] for name in subject.processes) * 1000 / size, 1),
        round(usage.memory_mib["processor_service"], 1),
    )


async def _answer(setup: Setup) -> LongAnswer:
    async with running("ours", setup) as subject:
        asker = Asker(subject)
        await asker.ask("mention", 5, 2)
        async with Usage(subject.processes) as usage:
            (number,) = await asker.ask("mention", 1, 1)
        asker.eyes.close()
    seen, thousands = asker.eyes.seen[number], setup.answer_chars / 1000
    added_s = (seen.finished or float("nan")) - seen.asked - (setup.gemini.total_s or 0)
    cpu_s = usage.cpu_s["processor_service"]
    return LongAnswer(
        setup.answer_chars,
        seen.messages,
        round(added_s * 1000, 1),
        round(cpu_s * 1000 / thousands, 2),
    )


async def _thread(setup: Setup, size: int) -> LongThread:
    async with running("ours", setup) as subject:
        asker = Asker(subject)
        await asker.ask("mention", 5, 2)
        people, channel = subject.slack.people, asker.channel(0)
        parent = people.post("hana", channel, "Let us talk about primes.")
        for number in range(size - 1):
            people.post("kenji", channel, f"Thought {number} about primes.", thread_ts=parent.ts)
        # Nobody writes them in one moment: their events are not waited for by the question.
        await asker.ask("mention", 5, 1)
        seen = await asker.ask_in_thread(channel, parent.ts)
        asker.eyes.close()
    added_s = (seen.finished or float("nan")) - seen.asked - (setup.gemini.total_s or 0)
    return LongThread(size, round(added_s * 1000, 1))


async def _equal(setup: Setup, count: int = 50) -> tuple[int, int]:
    """The same question of so many people at once, and how often Gemini was asked for it."""
    setup = replace(setup, settings={"CACHE_TTL_SECONDS": "3600"}, gemini=PACED)
    async with running("ours", setup) as subject:
        asker = Asker(subject)
        channel, slack = asker.channel(0), subject.slack
        posts = [
            slack.people.post("hana", channel, f"@mechachang {mention(0)}") for _ in range(count)
        ]
        loop = asyncio.get_running_loop()
        end = loop.time() + _EQUAL_WITHIN_S
        while loop.time() < end and any(  # noqa: ASYNC110 - only Slack knows when
            len(slack.messages(channel, thread_ts=post.ts)) < 2 for post in posts
        ):
            await asyncio.sleep(0.1)
        asker.eyes.close()
        return count, len(subject.gemini.requests)
