"""``python -m tests.evaluate`` over our own adapter and the simulated Gemini: a short run."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from simulators.faults import FaultPlan
from simulators.gemini import GeminiSimulator
from simulators.journal import Journal
from simulators.processes.environment import PROJECT_ROOT, inherited


def evaluate(*options: str, **told: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.evaluate", *options],
        cwd=PROJECT_ROOT,
        env={**inherited(), **told},
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout


def test_a_short_run_is_judged_saved_and_says_that_nobody_real_answered(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    said = evaluate("--simulated", "--every", "17", "--save", str(file))
    run = json.loads(file.read_text(encoding="utf-8"))

    assert "this shows nothing about the prompt" in said
    assert run["model"] == "simulated Gemini"
    assert run["asked"] == len(run["answers"]) == 15
    # What the simulated Gemini must be able to do: answer, in the language, without our frames.
    assert {rule: run["broken"][rule] for rule in ("failed", "empty", "language", "prompt")} == {
        **dict.fromkeys(("failed", "empty", "language", "prompt"), 0)
    }
    assert "No answer breaks other rules" in evaluate("--compare", str(file), str(file))


async def test_with_a_key_the_model_of_the_settings_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    simulator = GeminiSimulator(journal=Journal(), faults=FaultPlan())
    async with simulator.serve() as running:
        told = {
            "GEMINI_API_KEY": "local",
            "GOOGLE_GEMINI_BASE_URL": running.base_url,
            "GEMINI_MODEL": "gemini-3.5-flash-lite",
        }
        options = ("--every", "80", "--save", str(file))
        said = await asyncio.to_thread(evaluate, *options, **told)

    assert json.loads(file.read_text(encoding="utf-8"))["model"] == "gemini-3.5-flash-lite"
    assert "shows nothing" not in said
    assert len(simulator.requests) == 3
    assert all("Mechachang" in str(each.body["systemInstruction"]) for each in simulator.requests)
