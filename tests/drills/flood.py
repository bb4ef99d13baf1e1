"""``python -m tests.drills.flood``: two people flood us, and a third one hardly notices.

The local stack under Slack's own limits. Within a minute one person mentions us a thousand times
and another two hundred times in one thread, while a third asks now and then. Exit code 0 if the
third had first words within three seconds of the model's (more on a machine that keeps work
waiting) and each answer once; if nobody got two answers, or a notice beside one; and if each
question has an answer, a notice, or one of its person's notices of that minute, which says that it
stands for it.
"""

import argparse
import asyncio
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy.operator_parser import OperatorParser
from shared.ledger import Mark
from shared.task import task_id_of_message
from simulators.gemini import GeminiConfig
from simulators.slack.state.model import Message
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from tests.support.machine import measured

WRITING: Final = GeminiConfig(first_token_s=0.4, total_s=3.0)
_WITHIN_S: Final = 3.0
_NOTICE_COVERS_S: Final = 60.0
# A notice is owed by the first refusal and may have to wait for Slack's limits.
_NOTICE_COMES_WITHIN_S: Final = 30.0
_QUIET_S: Final = 8.0
_DEADLINE_S: Final = 240.0


@dataclass(frozen=True)
class Size:
    """How much is asked within ``seconds``: in a channel, in one thread, and by a third person."""

    mentions: int = 1_000
    in_thread: int = 200
    third: int = 6
    seconds: float = 60.0


@dataclass
class Verdict:
    """What came of it; ``faults`` is empty if all is well. Work took ``slower`` times as long as on
    an idle machine.
    """

    slower: float = 1.0
    fates: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    first_words_s: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


async def flood(stack: LocalStack, size: Size) -> Verdict:
    """Ask all of it, wait until nothing happens any more, and judge by what stands in Slack."""
    opening = stack.slack.people.post("kenji", "#general", "障害の経過をここに書きます")
    with measured() as waiting:
        async with asyncio.TaskGroup() as asking:
            hana = asking.create_task(_ask(stack, "hana", size.mentions, size.seconds))
            kenji = asking.create_task(
                _ask(stack, "kenji", size.in_thread, size.seconds, thread_ts=opening.ts)
            )
            alice = asking.create_task(_ask(stack, "alice", size.third, size.seconds, direct=True))
    await _until_quiet(stack, alice.result())
    verdict = Verdict(waiting.factor)
    for who, asked in (("hana", hana), ("kenji", kenji), ("alice", alice)):
        _judge(stack, who, asked.result(), verdict)
    verdict.first_words_s = [_first_words_s(stack, one) for one in alice.result()]
    late_s = max(verdict.first_words_s) - WRITING.first_token_s
    if late_s > _WITHIN_S * verdict.slower:
        verdict.faults.append(f"the third person waited {late_s:.1f} s beyond the model's time")
    if verdict.fates["alice"] != {"answer": size.third}:
        verdict.faults.append(f"not each question of the third is answered once: {verdict.fates}")
    return verdict


async def _ask(
    stack: LocalStack,
    who: str,
    number: int,
    seconds: float,
    *,
    thread_ts: str | None = None,
    direct: bool = False,
) -> list[Message]:
    where = stack.slack.people.dm(who).id if direct else "#general"
    clock = asyncio.get_running_loop().time
    began, asked = clock(), list[Message]()
    for count in range(number):
        # The third person begins when the flood is under way.
        share = (count + 0.5) / number if direct else count / number
        await asyncio.sleep(max(0.0, began + share * seconds - clock()))
        text = f"{'' if direct else '@mechachang '}{who}の質問{count}: 素数とは何ですか"
        asked.append(stack.slack.people.post(who, where, text, thread_ts=thread_ts))
    return asked


def _found(stack: LocalStack) -> dict[str, list[tuple[Mark, str]]]:
    """Our messages of each task with their ts, questions left out."""
    found: dict[str, list[tuple[Mark, str]]] = defaultdict(list)
    for channel in stack.slack.workspace.channels:
        for message in stack.slack.messages(channel):
            mark = Mark.of_message(message)
            if mark is not None and mark.role != "question":
                found[mark.task_id].append((mark, str(message["ts"])))
    return found


def _task_id(stack: LocalStack, asked: Message) -> str:
    return task_id_of_message(stack.slack.workspace.team_id, asked.channel, asked.ts)


async def _until_quiet(stack: LocalStack, awaited: list[Message]) -> None:
    clock = asyncio.get_running_loop().time
    until, since, before = clock() + _DEADLINE_S, clock(), -1
    while clock() < until:
        found = _found(stack)
        pushes = sum(entry.step == "push" for entry in stack.journal.entries())
        now = pushes + sum(mark.parts > 0 for marks in found.values() for mark, _ in marks)
        if now != before:
            before, since = now, clock()
        answered = all(found.get(_task_id(stack, one)) for one in awaited)
        if answered and clock() - since > _QUIET_S:
            return
        await asyncio.sleep(0.5)


def _judge(stack: LocalStack, who: str, asked: list[Message], verdict: Verdict) -> None:
    found = _found(stack)
    notices = [float(one["ts"]) for one in stack.slack.ephemerals(who)]
    marks_of = {one.ts: [mark for mark, _ in found[_task_id(stack, one)]] for one in asked}
    for one in asked:
        notices += [float(ts) for mark, ts in found[_task_id(stack, one)] if mark.role == "notice"]
    for ts, marks in marks_of.items():
        fate = _fate(float(ts), marks, notices)
        verdict.fates[who][fate] += 1
        if fate in {"nothing", "twice", "half"}:
            verdict.faults.append(f"{who}'s question {ts}: {fate}")


def _fate(asked_at: float, marks: list[Mark], notices: list[float]) -> str:
    answers = {mark.digest for mark in marks if mark.role == "answer"}
    told = sum(mark.role == "notice" for mark in marks)
    if len(answers) + told > 1:
        return "twice"
    if any(mark.role == "answer" and not mark.parts for mark in marks):
        return "half"
    if answers or told:
        return "answer" if answers else "notice"
    covered = any(
        at - _NOTICE_COMES_WITHIN_S <= asked_at <= at + _NOTICE_COVERS_S for at in notices
    )
    return "covered" if covered else "nothing"


def _first_words_s(stack: LocalStack, asked: Message) -> float:
    answers = _found(stack)[_task_id(stack, asked)]
    return min((float(ts) for _, ts in answers), default=float("inf")) - float(asked.ts)


def report(stack: LocalStack, size: Size, verdict: Verdict) -> str:
    """What came of it, in a few lines."""
    lines = [
        f"within {size.seconds:.0f} s: {size.mentions} mentions by hana",
        f"{size.in_thread} in one thread by kenji, {size.third} direct messages by alice",
    ]
    lines += [f"{who:6} {dict(fates)}" for who, fates in verdict.fates.items()]
    words = ", ".join(f"{seconds:.2f}" for seconds in verdict.first_words_s)
    limits = stack.slack.api.limits
    lines += [
        f"alice's first words after {words} s (the model's came after {WRITING.first_token_s} s)",
        f"work took {verdict.slower:.1f} times as long as on an idle machine",
        f"messages queued: {len(stack.pubsub.messages(_topic(stack)))}",
        f"calls of Slack: {dict(limits.calls.most_common())}",
        f"calls that Slack limited: {dict(limits.refused) or 'none'}",
        *(f"FAULT: {fault}" for fault in verdict.faults[:20]),
        f"{'FAILED' if verdict.faults else 'HELD'}, {len(verdict.faults)} faults",
    ]
    return "\n".join(lines) + "\n"


def _topic(stack: LocalStack) -> str:
    return f"projects/{stack.settings.project}/topics/mechachang-tasks"


async def _run(size: Size, folder: Path) -> int:
    async with LocalStack(StackConfig(folder=folder, gemini=WRITING)) as stack:
        verdict = await flood(stack, size)
        sys.stdout.write(report(stack, size, verdict))
    return 1 if verdict.faults else 0


def command_line() -> argparse.ArgumentParser:
    """What may be asked for."""
    parser = OperatorParser(prog="python -m tests.drills.flood", description=__doc__)
    parser.add_argument("--mentions", type=int, default=1_000, help="of the first person (1000)")
    parser.add_argument(
        "--in-thread", type=int, default=200, help="of the second one, in a thread (200)"
    )
    parser.add_argument("--third", type=int, default=6, help="questions of the third one (6)")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long they flood us (60)")
    return parser


def main() -> int:
    """Flood, print, and say by the exit code whether it held."""
    size = Size(**vars(command_line().parse_args()))
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_run(size, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
