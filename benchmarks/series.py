"""One series: questions at a rate to one subject, and what it came to."""

from dataclasses import dataclass
from typing import Final

from benchmarks.asking import Asker
from benchmarks.figures import Figures, Spread, since_asked
from benchmarks.resources import Usage
from benchmarks.subjects import Subject, Trigger
from benchmarks.undisturbed import undisturbed

_WARM_UP: Final = 10


@dataclass(frozen=True)
class Series:
    """What to ask."""

    trigger: Trigger
    rate: float
    questions: int


async def measure(subject: Subject, series: Series, gemini_s: float) -> Figures:
    """Ask the series and look on; ``gemini_s`` is Gemini's own time for one answer."""
    asker = Asker(subject)
    try:
        await asker.ask(series.trigger, rate=5, questions=_WARM_UP)
        with undisturbed():
            async with Usage(subject.processes) as usage:
                numbers = await asker.ask(series.trigger, series.rate, series.questions)
    finally:
        asker.eyes.close()
    seen = [asker.eyes.seen[number] for number in numbers]
    finished = [since_asked(one, one.finished) for one in seen]
    return Figures(
        subject=subject.name,
        trigger=series.trigger,
        rate=series.rate,
        questions=series.questions,
        unanswered=sum(one is None for one in finished),
        ack=Spread.of(since_asked(one, one.acked) for one in seen),
        first_sign=Spread.of(since_asked(one, one.first_sign) for one in seen),
        first_words=Spread.of(since_asked(one, one.first_words) for one in seen),
        finished=Spread.of(finished),
        added=Spread.of(None if time is None else time - gemini_s for time in finished),
        cpu_ms={name: round(s * 1000 / len(seen), 2) for name, s in usage.cpu_s.items()},
        memory_mib={name: round(mib, 1) for name, mib in usage.memory_mib.items()},
    )
