"""``python -m tests.drills.outages``: a vendor is away, and no process of ours restarts for it.

Slack, Gemini, its primary model and Redis go away, each on a stack of its own, all at once.
Meanwhile each service is asked, once a second, what Cloud Run's liveness probe asks (its path and
time limit are read from the service files), people go on asking wherever Slack takes it, and the
alerts' own queries are evaluated over what the services, their logs and the queue tell.
Exit code 0 if every probe passed, no process ended, each question has exactly one answer, and each
outage that was not shorter than usual raised the right alerts and no other.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from deploy.operator_parser import OperatorParser
from tests.drills.outages.away import OUTAGES
from tests.drills.outages.drill import Verdict, judged, report


def command_line() -> argparse.ArgumentParser:
    """What may be asked for."""
    parser = OperatorParser(prog="python -m tests.drills.outages", description=__doc__)
    parser.add_argument("outages", nargs="*", choices=[*OUTAGES, []], help="which ones (all)")
    parser.add_argument("--seconds", type=float, help="how long each lasts (600, Redis 300)")
    parser.add_argument("--every", type=float, default=10.0, help="seconds between questions (10)")
    return parser


def main() -> int:
    """Let each vendor go away, print, and say by the exit code whether all held."""
    options = command_line().parse_args()
    names: list[str] = options.outages or [*OUTAGES]
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_run(names, options.seconds, options.every, Path(folder)))


async def _run(names: list[str], seconds: float | None, every: float, folder: Path) -> int:
    async def played(name: str) -> Verdict:
        (folder / name).mkdir()
        lasting = OUTAGES[name].seconds if seconds is None else seconds
        verdict = await judged(name, lasting, every, folder / name)
        sys.stdout.write(report(verdict))
        sys.stdout.flush()
        return verdict

    verdicts = await asyncio.gather(*map(played, names))
    return 1 if any(verdict.faults for verdict in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
