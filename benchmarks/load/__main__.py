"""``python -m benchmarks.load``: the local stack under Locust's users, judged at the end."""

import argparse
import asyncio
import contextlib
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.goals import Goal
from benchmarks.load.report import Answered, criteria, flatness, plot
from benchmarks.load.samples import Samples
from benchmarks.load.watching import Answers, watching
from benchmarks.marked import script
from benchmarks.subjects import Setup
from simulators.processes.tcp_ports import free_port
from simulators.stack.local_stack import LocalStack

_LOCUSTFILE = Path(__file__).with_name("locustfile.py")
_RESULTS = Path(__file__).parents[1] / "results"
_CHANNELS = 10
_SOAK_S = 600


def main() -> int:
    """Exit code 0 when the plan's criteria hold, else 1."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--rate", type=float, default=10, help="questions a second, steadily")
    parser.add_argument("--no-bursts", action="store_true")
    parser.add_argument(
        "--soak",
        action="store_true",
        help="begin with the busiest moment, and judge the memory's growth too",
    )
    chosen = parser.parse_args()
    if chosen.soak and chosen.seconds < _SOAK_S:
        parser.error(f"--soak tells nothing of growth in less than --seconds {_SOAK_S}.")
    with tempfile.TemporaryDirectory(prefix="mechachang-load-") as folder:
        answered, samples, most = asyncio.run(_load(chosen, Path(folder)))
    goals = [*criteria(answered, samples), *(flatness(samples) if chosen.soak else ())]
    name = "soak" if chosen.soak else "load"
    plot(samples, _RESULTS / f"{name}.svg")
    text = _told(chosen, answered, most, goals)
    (_RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    print(text)
    return 0 if all(goal.held for goal in goals) else 1


async def _load(chosen: argparse.Namespace, folder: Path) -> tuple[Answered, Samples, int]:
    async with LocalStack(Setup(folder).stack) as stack:
        script(stack.gemini)
        everybody = set(stack.slack.workspace.users)
        channels = [
            stack.slack.workspace.add_channel(f"load-{number}", "channel", everybody).id
            for number in range(_CHANNELS)
        ]
        (processor,) = stack.processors
        pids = {
            "command_service": stack.command.pid or 0,
            "processor_service": processor.pid or 0,
        }
        samples = Samples(pids)
        answers = Answers(stack.slack)
        async with watching(answers, free_port()) as watch_url:
            environment = {
                "LOAD_CHANNELS": ",".join(channels),
                "LOAD_PEOPLE": ",".join(one.id for one in stack.slack.workspace.humans()),
                "LOAD_WATCH_URL": watch_url,
                "LOAD_RATE": str(chosen.rate),
                "LOAD_SECONDS": str(chosen.seconds),
                "LOAD_BURSTS": "0" if chosen.no_bursts else "1",
                "LOAD_OPENING": "1" if chosen.soak else "0",
            }
            sampling = asyncio.create_task(samples.take(), name="load:sample")
            await _locust(str(stack.page_url), environment, folder)
            sampling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sampling
    return Answered.read(folder / "locust_stats.csv"), samples, answers.most_in_a_second()


async def _locust(host: str, environment: dict[str, str], folder: Path) -> None:
    """Run Locust without its page; its exit code 1 says that requests failed, which is judged."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "locust", "--headless", "--only-summary", "-f", str(_LOCUSTFILE)),
        *("--host", host, "--csv", str(folder / "locust")),
        env={**os.environ, **environment},
    )
    if await process.wait() not in {0, 1}:
        raise RuntimeError("Locust did not run to its end; its words stand above.")


def _told(chosen: argparse.Namespace, answered: Answered, most: int, goals: list[Goal]) -> str:
    bursts = "no bursts" if chosen.no_bursts else "bursts of three times as many"
    if chosen.soak:
        bursts += ", and all at once in the first half minute"
    head = (
        f"# {'Soak' if chosen.soak else 'Load'}\n\n"
        f"{chosen.seconds:g} s at {chosen.rate:g} questions a second, {bursts} ({most} in the "
        f"busiest second): {answered.count} answers, {answered.failures} failed; whole after "
        f"{answered.p50_ms:g} / {answered.p95_ms:g} / {answered.p99_ms:g} ms (p50 / p95 / p99), of "
        "which Gemini takes 1,000.\n\n"
        "| criterion | measured | limit | held |\n| --- | --- | --- | --- |\n"
    )
    rows = [
        f"| {one.name} | {one.value:.4g} {one.unit} | ≤ {one.limit:g} {one.unit} | "
        f"{'yes' if one.held else '**no**'} |"
        for one in goals
    ]
    return head + "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.exit(main())
