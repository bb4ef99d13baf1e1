"""How long people wait for an answer's first words: ``python -m tests.measure.first_words``.

Asks the local stack in free chat and in each mode, with a model that gives its first token after
0.4 s and its last after 3 s, under Slack's own limits, and prints the times from the event to the
first words in Slack, of which 0.4 s may be spent on the rest of their sentence. Exits with 1 if a
95th percentile is 1.3 s or more, or an answer took more than one request to the model.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.operator_parser import OperatorParser
from processor_service.delivery.preview.pace import HELD_S
from shared.ledger import Mark
from simulators.gemini import GeminiConfig
from simulators.journal import Entry
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack

WRITING = GeminiConfig(first_token_s=0.4, total_s=3.0)
AT_MOST_S = 0.9 + HELD_S
WHO = ("hana", "kenji", "alice", "tom")
QUESTIONS = {
    "chat": "素数について詳しく教えてください",
    "general": "冪等性について詳しく教えてください",
    "code": "素数を判定するPython関数を書いてください",
    "data": "12, 18, 25 の平均を分析してください",
    "creative": "秋の朝の俳句を詠んでください",
}
_FIRST = ("chat.startStream", "chat.postMessage")


@dataclass(frozen=True)
class Waited:
    """One question: how it was asked, and after how long its first and last words stood."""

    mode: str
    first_s: float
    last_s: float


class Bench:
    """Asks the stack, and reads from its journal when the words came."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack

    async def ask(self, mode: str, number: int) -> Waited:
        """Ask one question and wait until its answer is whole."""
        who, began = WHO[number % len(WHO)], len(self._stack.journal.entries())
        text = f"{QUESTIONS[mode]}（{number}）"
        if mode == "chat":
            where = self._stack.slack.people.dm(who).id
            self._stack.slack.people.post(who, where, text)
        else:
            await self._stack.slack.people.slash(who, "#general", "/gemini", f"{mode}: {text}")

        def since() -> list[Entry]:
            return self._stack.journal.entries()[began:]

        await self._stack.slack.wait_for(lambda: _answered(since()), 60.0)
        entries = since()
        event = next(entry.at for entry in entries if entry.step == "envelope")
        answer = next(each for each in self._answers() if each["ts"] in _written(entries))
        first = next(at for ts, at in _written(entries).items() if ts == answer["ts"])
        last = max(entry.at for entry in entries if entry.detail.get("ts") == answer["ts"])
        return Waited(mode, first - event, last - event)

    def _answers(self) -> list[dict[str, Any]]:
        slack = self._stack.slack
        return [
            message
            for channel in slack.workspace.channels
            for message in slack.messages(channel)
            if (mark := Mark.of_message(message)) is not None and mark.role == "answer"
        ]


def _answered(entries: Iterable[Entry]) -> bool:
    return any(entry.step == "push" and entry.detail["status"] == 204 for entry in entries)


def _written(entries: Iterable[Entry]) -> dict[str, float]:
    """When each reply was begun."""
    return {
        entry.detail["ts"]: entry.at
        for entry in entries
        if entry.detail.get("method") in _FIRST
        and entry.detail["ok"]
        and entry.detail.get("thread_ts")
    }


def _percentile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def _report(waited: list[Waited]) -> float:
    """Print a line a mode; the worst 95th percentile."""
    out = sys.stdout.write
    out(f"{'':10}{'n':>4}{'first words p50':>18}{'p95':>8}{'whole p50':>12}\n")
    worst = 0.0
    for mode in QUESTIONS:
        ours = [each for each in waited if each.mode == mode]
        firsts = [each.first_s for each in ours]
        p95 = _percentile(firsts, 0.95)
        worst = max(worst, p95)
        whole = _percentile((each.last_s for each in ours), 0.5)
        out(
            f"{mode:10}{len(ours):4}{_percentile(firsts, 0.5):16.3f} s{p95:6.3f} s{whole:10.3f} s\n"
        )
    return worst


def _ways(stack: LocalStack) -> Counter[str]:
    lines = [json.loads(line) for line in stack.processors[0].log_text().splitlines()]
    shown = [line for line in lines if line.get("action") == "answer_shown"]
    return Counter("+".join(line["ways"]) for line in shown)


async def _measure(rounds: int, folder: Path) -> bool:
    settings = {"LOG_FORMAT": "json", "CACHE_TTL_SECONDS": "0", "USER_REQUESTS_PER_MINUTE": "0"}
    config = StackConfig(folder=folder, gemini=WRITING, settings=settings)
    async with LocalStack(config) as stack:
        bench, waited = Bench(stack), list[Waited]()
        for number in range(rounds):
            for mode in QUESTIONS:
                waited.append(await bench.ask(mode, number))
        worst = _report(waited)
        requests = len(stack.gemini.requests)
        refused = dict(stack.slack.api.limits.refused)
        sys.stdout.write(
            f"ways: {dict(_ways(stack))}\nGemini requests: {requests} for {len(waited)} answers\n"
            f"calls that Slack limited: {refused or 'none'}\n"
        )
    return worst < AT_MOST_S and requests == len(waited)


def command_line() -> argparse.ArgumentParser:
    """What may be asked for."""
    parser = OperatorParser(prog="python -m tests.measure.first_words", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="questions in each mode")
    return parser


def main() -> int:
    """Measure, print, and say by the exit code whether it is quick enough."""
    with tempfile.TemporaryDirectory() as folder:
        return 0 if asyncio.run(_measure(command_line().parse_args().rounds, Path(folder))) else 1


if __name__ == "__main__":
    sys.exit(main())
