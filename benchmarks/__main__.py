"""``python -m benchmarks run`` measures and writes the results; ``check`` is the guard."""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.check import worsened
from benchmarks.goals import goals
from benchmarks.readme import write_figures
from benchmarks.run import SMALL, Results, Size, run

_FOLDER = Path(__file__).parent / "results"


def main() -> int:
    """Exit code 0 when the numbers hold (``run``) or nothing has worsened (``check``), else 1."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", choices=("run", "check"))
    parser.add_argument("--questions", type=int, default=Size.questions)
    parser.add_argument("--repeats", type=int, default=Size.repeats)
    parser.add_argument("--out", type=Path, default=_FOLDER)
    parser.add_argument("--quick", action="store_true", help="leave out saturation and growth")
    chosen = parser.parse_args()
    size = Size(questions=chosen.questions, repeats=chosen.repeats)
    if chosen.quick:
        size = replace(size, saturation=False, growth=())
    with tempfile.TemporaryDirectory(prefix="mechachang-bench-") as folder:
        results = asyncio.run(run(SMALL if chosen.what == "check" else size, Path(folder), _say))
    return _check(results) if chosen.what == "check" else _write(results, chosen.out)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _write(results: Results, folder: Path) -> int:
    from benchmarks.report import write  # noqa: PLC0415 - the guard must do without matplotlib

    path = write(results, folder, _commit())
    if folder == _FOLDER:
        write_figures(path.with_name("latest.json"))
    print(path.read_text(encoding="utf-8"))
    return 0 if all(goal.held for goal in goals(results)) else 1


def _check(results: Results) -> int:
    for goal in goals(results):
        print(f"{goal.name}: {goal.value:.4g} {goal.unit}")
    worse = worsened(results)
    for one in worse:
        print(f"WORSE: {one.name}: {one.now:.3g}, stored {one.stored:.3g}")
    return 1 if worse else 0


def _commit() -> str:
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 - the developer's own git
        capture_output=True,
        text=True,
        check=False,
        cwd=_FOLDER,
    )
    return found.stdout.strip() or "an unknown commit"


if __name__ == "__main__":
    sys.exit(main())
