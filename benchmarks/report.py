"""One run's results as JSON, as Markdown and as a page with plots."""

import json
import math
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.cost import Cost
from benchmarks.figures import Figures, Spread
from benchmarks.goals import Goal, goals
from benchmarks.marked import ANSWER_CHARS
from benchmarks.page import page
from benchmarks.run import Results
from benchmarks.subjects import GEMINI_FIRST_S, GEMINI_PIECE_TOKENS, GEMINI_TOTAL_S

_EQUAL: Final = "{} equal questions at once made {} request(s) to Gemini."
_PRICED: Final = (
    "US dollars a month by `benchmarks/prices.json` (sources and dates there); what is assumed "
    "of instances, tokens and the cache stands at the top of `benchmarks/cost.py`."
)


def write(results: Results, folder: Path, commit: str) -> Path:
    """Write ``latest.json``, ``latest.md`` and ``latest.html``; returns the Markdown's path."""
    folder.mkdir(parents=True, exist_ok=True)
    found = goals(results)
    markdown = _markdown(results, found, commit)
    (folder / "latest.json").write_text(_json(results, found, commit), encoding="utf-8")
    (folder / "latest.html").write_text(page(results, markdown), encoding="utf-8")
    path = folder / "latest.md"
    path.write_text(markdown, encoding="utf-8")
    return path


def machine() -> str:
    """What it ran on."""
    python = f"Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, {python}"


def _json(results: Results, found: Sequence[Goal], commit: str) -> str:
    record: dict[str, Any] = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit,
        "machine": machine(),
        "goals": [{**asdict(goal), "held": goal.held} for goal in found],
        "results": _numbers(asdict(results)),
    }
    return json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _numbers(part: Any) -> Any:
    """What did not happen has no percentile: JSON knows null, and no NaN."""
    if isinstance(part, dict):
        return {name: _numbers(each) for name, each in part.items()}
    if isinstance(part, list | tuple):
        return [_numbers(each) for each in part]
    return None if isinstance(part, float) and math.isnan(part) else part


def _markdown(results: Results, found: Sequence[Goal], commit: str) -> str:
    sections = [
        "# Benchmark",
        _conditions(results, commit),
        "## Numbers to hold",
        _table(("what", "measured", "limit", "held"), [_goal(goal) for goal in found]),
        "## Series",
        "Times in milliseconds from the question, p50 / p95 / p99; CPU in milliseconds a question.",
        _table(
            (
                "who",
                "asked",
                "a second",
                "unanswered",
                "ack",
                "first sign",
                "first words",
                "finished",
                "added to Gemini's",
                "CPU",
                "memory, MiB",
            ),
            [_series(one) for one in [*results.series, *results.ack]],
        ),
        *_steps(results),
        *_saturation(results),
        *_cold_starts(results),
        *_growth(results),
        *_costs(results.costs),
    ]
    return "\n\n".join(sections) + "\n"


def _conditions(results: Results, commit: str) -> str:
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} at {commit}: {machine()}, shared with the "
        "simulators, the people who ask, and whatever else runs there. Gemini takes "
        f"{GEMINI_FIRST_S * 1000:g} ms to the first token and {GEMINI_TOTAL_S:g} s in all for each "
        f"call, and sends an answer of {ANSWER_CHARS:,} characters in pieces of "
        f"{GEMINI_PIECE_TOKENS} tokens; {results.size.rate:g} questions a second; Slack's rate "
        "limits are off, the cache too. Medians over the repeats. `make bench` makes this page."
    )


def _goal(goal: Goal) -> Sequence[str]:
    sign = "≥" if goal.at_least else "≤"
    unit = f" {goal.unit}" if goal.unit else ""
    held = "yes" if goal.held else "**no**"
    return (goal.name, f"{goal.value:.4g}{unit}", f"{sign} {goal.limit:g}{unit}", held)


def _series(one: Figures) -> Sequence[str]:
    spreads = (one.ack, one.first_sign, one.first_words, one.finished, one.added)
    return (
        one.subject,
        f"{one.questions} {one.trigger}s",
        f"{one.rate:g}",
        str(one.unanswered),
        *(_spread(spread) for spread in spreads),
        ", ".join(f"{name} {value:g}" for name, value in one.cpu_ms.items()),
        ", ".join(f"{name} {value:g}" for name, value in one.memory_mib.items()),
    )


def _steps(results: Results) -> Sequence[str]:
    rows = [(step, f"{ms:.2f}") for step, ms in results.steps.items()]
    told = "Of the processor's CPU for a mention, by whose code ran (py-spy, while it profiled)."
    return ["## Steps", told, _table(("step", "ms a question"), rows)] if rows else []


def _spread(spread: Spread) -> str:
    return f"{spread.p50:g} / {spread.p95:g} / {spread.p99:g}" if spread.count else "—"


def _saturation(results: Results) -> Sequence[str]:
    rows = [
        (
            found.subject,
            f"{step.rate:g}",
            str(step.unanswered),
            f"{step.added.p50:g} / {step.added.p95:g}",
            f"{step.own_cpu_ms:.1f}",
        )
        for found in results.saturation
        for step in found.steps
    ]
    headings = ("who", "a second", "unanswered", "added, p50 / p95, ms", "own CPU, ms")
    return ["## Saturation", _table(headings, rows)] if rows else []


def _cold_starts(results: Results) -> Sequence[str]:
    rows = [
        tuple(
            f"{seconds * 1000:.0f}"
            for seconds in (
                one.listening_s,
                one.started_s,
                one.ready_s,
                one.first_answer_s,
                one.straightforward_s,
            )
        )
        for one in results.cold_starts
    ]
    headings = (
        *("listens", "started for Cloud Run", "ready"),
        *("first answer less Gemini's time", "straightforward imports"),
    )
    return ["## Cold start", "Milliseconds from the start of the process.", _table(headings, rows)]


def _growth(results: Results) -> Sequence[str]:
    grown = results.growth
    if grown is None:
        return []
    queues = [
        (
            f"{one.questions:,}",
            str(one.unanswered),
            f"{one.ms_a_question:g}",
            f"{one.cpu_ms_a_question:g}",
            f"{one.memory_mib:g}",
        )
        for one in grown.queues
    ]
    answers = [
        (
            f"{one.characters:,}",
            str(one.messages),
            f"{one.added_ms:g}",
            f"{one.cpu_ms_a_thousand:g}",
        )
        for one in grown.answers
    ]
    threads = [(f"{one.messages:,}", f"{one.added_ms:g}") for one in grown.threads]
    return [
        "## Growth",
        _table(
            ("queued at once", "unanswered", "ms each", "CPU ms each", "processor, MiB"), queues
        ),
        _table(("characters", "messages", "added, ms", "CPU ms a thousand characters"), answers),
        _table(("messages in the thread", "added, ms"), threads),
        _EQUAL.format(grown.equal_questions, grown.requests_for_equal_questions),
    ]


def _costs(found: Sequence[Cost]) -> Sequence[str]:
    rows = [
        (
            one.design,
            f"{one.answers:,}",
            *(f"{value:.2f}" for value in one.parts.values()),
            f"{one.total:.2f}",
            f"{one.a_thousand:.2f}",
        )
        for one in found
    ]
    parts = list(found[0].parts) if found else []
    return [
        "## Cost",
        _PRICED,
        _table(("design", "answers a month", *parts, "in all", "1,000 answers"), rows),
    ]


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
