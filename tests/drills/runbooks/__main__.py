"""``python -m tests.drills.runbooks``: do the runbooks help when it really happens?

The local stack is broken in one way after the other. For each the drill looks for the signs that
the page names (none of which may show before), does what the page says, looks for the signs that it
is mended, and counts the answers. Outages of hours and of a region are played, without processes.
Signs and commands are read from the pages in docs/runbooks. Exit codes: 0 all help; 1 one does not.
"""

import argparse
import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.operator_parser import OperatorParser
from tests.drills.runbooks.drills import DRILLS
from tests.drills.runbooks.played_drills import PLAYED
from tests.drills.runbooks.played_run import play_all
from tests.drills.runbooks.run import Result, run_all

_LINE = "{:<20} {:<42} {:<7} {:>5}"


def command_line() -> argparse.ArgumentParser:
    """What may be asked for."""
    parser = OperatorParser(prog="python -m tests.drills.runbooks", description=__doc__)
    parser.add_argument("pages", nargs="*", help="names of pages (all)")
    parser.add_argument("--quick", action="store_true", help="only what the tests do")
    parser.add_argument("--folder", type=Path, help="keeps the logs there")
    return parser


def main() -> int:
    """Print one paragraph a drill; 1 if one failed."""
    parser = command_line()
    options = parser.parse_args()
    known = {drill.page for drill in (*DRILLS, *PLAYED)}
    if unknown := set(options.pages) - known:
        parser.error(f"no drill for {', '.join(sorted(unknown))}; there are {sorted(known)}")
    drills = [
        drill
        for drill in DRILLS
        if (not options.pages or drill.page in options.pages)
        and (drill.is_quick or not options.quick)
    ]
    _print(_LINE.format("runbook", "fault", "helps", "s"))
    played = [drill for drill in PLAYED if not options.pages or drill.page in options.pages]
    with TemporaryDirectory() as temporary:
        results = asyncio.run(run_all(drills, (options.folder or Path(temporary)).resolve(), _tell))
    results += asyncio.run(play_all(played, _tell))
    failed = [result for result in results if result.failure]
    _print(f"\n{len(results) - len(failed)} of {len(results)} helped.")
    return 1 if failed else 0


def _tell(result: Result) -> None:
    helps = "no" if result.failure else "yes"
    _print(_LINE.format(result.page, result.fault, helps, f"{result.took_s:.0f}"))
    for label, words in (
        ("shown", result.shown),
        ("done", result.did),
        ("verified", result.verified),
    ):
        for word in words:
            _print(f"    {label:<9} {word}")
    if result.failure:
        _print(f"    {result.failure}")


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
