"""Which step of the processor's work takes its CPU: a sampling profile, told by whose code ran."""

import asyncio
import re
import sysconfig
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.asking import Asker
from benchmarks.resources import Usage
from benchmarks.subjects import Setup, running

_SECONDS: Final = 12
_RATE: Final = 20.0
_REST: Final = "event loop and the rest"
# The innermost frame that one of these begins decides.
STEPS: Final[Mapping[str, Sequence[str]]] = {
    "Gemini": ("processor_service/gemini", "processor_service/answering/generate"),
    "Slack": ("slack_sdk/", "processor_service/slack/"),
    "Redis": ("redis/", "processor_service/redis/"),
    "rendering": (
        "markdown_it/",
        "mdurl/",
        "processor_service/rendering/markdown/",
        "processor_service/rendering/messages",
        "processor_service/rendering/incremental",
        "processor_service/rendering/packing",
        "processor_service/prompt/response_layout",
    ),
    "HTTP edge": ("uvicorn/", "fastapi/", "starlette/", "processor_service/api/routes"),
    "logs and telemetry": ("structlog/", "logging/", "opentelemetry/", "trace/"),
}
_FILE: Final = re.compile(r"\(([^()]+?):\d+\)$")


async def steps(setup: Setup) -> Mapping[str, float]:
    """Milliseconds of CPU a question for each step, the largest first.

    Raises FileNotFoundError without py-spy, and RuntimeError where it may not look.
    """
    profile = setup.folder / "processor.raw"
    async with running("ours", setup) as subject:
        asker = Asker(subject)
        await asker.ask("mention", 5, 10)
        pid = subject.processes["processor_service"]
        async with Usage(subject.processes) as usage:
            recording = asyncio.create_task(_record(pid, profile), name="bench:profile")
            numbers = await asker.ask("mention", _RATE, int(_RATE * _SECONDS))
            await recording
        asker.eyes.close()
    each_ms = usage.cpu_s["processor_service"] * 1000 / len(numbers)
    shares = shares_of(profile.read_text(encoding="utf-8").splitlines())
    return {step: round(share * each_ms, 2) for step, share in shares.items()}


async def _record(pid: int, profile: Path) -> None:
    program = Path(sysconfig.get_path("scripts")) / "py-spy"
    process = await asyncio.create_subprocess_exec(
        str(program),
        *("record", "--gil", "--rate", "250", "--duration", str(_SECONDS)),
        *("--format", "raw", "--output", str(profile), "--pid", str(pid)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"py-spy could not look: {told.decode()[-300:]}")


def shares_of(lines: Iterable[str]) -> Mapping[str, float]:
    """The share of the samples that each step has, of py-spy's lines ``frame;frame;… count``."""
    counted: Counter[str] = Counter()
    for line in lines:
        stack, _, count = line.rpartition(" ")
        counted[_step(stack.split(";"))] += int(count)
    total = counted.total() or 1
    return {step: count / total for step, count in counted.most_common()}


def _step(frames: Sequence[str]) -> str:
    for frame in reversed(frames):
        found = _FILE.search(frame)
        path = found[1] if found else ""
        for step, beginnings in STEPS.items():
            if path.startswith(tuple(beginnings)):
                return step
    return _REST
