"""``python -m tests.drills.installation``: can the installation page be followed word by word?

Each page, English and Japanese, is typed into a shell whose ``gcloud`` is a project where nothing
is yet; our scripts really run, and gcloud's own parser reads what they gave it. Then the processor
is scaled to zero on a simulated Cloud Run, and the first answer is waited for. Exit codes: 0 all
held; 1 something did not.
"""

import argparse
import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.operator_parser import OperatorParser
from tests.drills.installation.first_answer import first_answer
from tests.drills.installation.judge import faults, one_of_each_form, unlike
from tests.drills.installation.page import PAGES, read
from tests.drills.installation.walk import walk
from tests.support import gcloud


def command_line() -> argparse.ArgumentParser:
    """What may be asked for."""
    parser = OperatorParser(prog="python -m tests.drills.installation", description=__doc__)
    parser.add_argument("--pages", action="store_true", help="only the pages, no first answer")
    return parser


def main() -> int:
    """Print a line for each page and for the first answer; 1 if one failed."""
    options = command_line().parse_args()
    with TemporaryDirectory() as folder:
        Path(folder, "stack").mkdir()
        return asyncio.run(_run(Path(folder), pages_only=options.pages))


async def _run(folder: Path, *, pages_only: bool) -> int:
    found, calls = list(unlike(*map(read, PAGES))), []
    _print("both languages", found)
    for number, name in enumerate(PAGES):
        walked = await walk(read(name), folder / f"walk-{number}")
        wrong = await faults(walked, folder / f"walk-{number}")
        _print(f"{name}: {len(walked.blocks)} blocks, {len(walked.calls)} calls of gcloud", wrong)
        found += wrong
        calls += walked.calls
    refused = await gcloud.refused(one_of_each_form(calls), folder)
    _print(f"gcloud's parser: {len(one_of_each_form(calls))} forms of calls", refused)
    found += refused
    if not pages_only:
        found += await _first_answer(folder / "stack")
    return 1 if found else 0


async def _first_answer(folder: Path) -> list[str]:
    first = await first_answer(folder)
    told = f"{first.took_s:.1f} s of {first.allowed_s:.1f} s allowed, Gemini's {first.gemini_s:g} s"
    beside = f"straightforward imports {first.straightforward_s:.1f} s"
    _print(f"first answer after a scale from zero: {told} among them; {beside}", first.faults)
    return first.faults


def _print(what: str, wrong: list[str]) -> None:
    sys.stdout.write(f"{what}: {'FAILED' if wrong else 'HELD'}\n")
    sys.stdout.write("".join(f"  {fault}\n" for fault in wrong))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
