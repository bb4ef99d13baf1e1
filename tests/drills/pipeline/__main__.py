"""``python -m tests.drills.pipeline``: bad versions go out by the build's own steps, and come back.

cloudbuild.yaml's scripts run against stand-ins for Cloud Run, Cloud Monitoring and Slack. A bad
processor is taken back by its rollout; a command service that does not start never serves, and a
bad one is rolled back by hand; then Gemini is away, a usual build is stopped, and a hotfix goes
out.
Exit codes: 0 all of it held; 1 something did not.
"""

import argparse
import asyncio
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.operator_parser import OperatorParser
from tests.drills.pipeline.acts import ACTS
from tests.drills.pipeline.build import project


def command_line() -> argparse.ArgumentParser:
    """What may be asked for: only what it does."""
    return OperatorParser(prog="python -m tests.drills.pipeline", description=__doc__)


def main() -> int:
    """Play the acts, print what happens; 1 if something did not hold."""
    command_line().parse_args()
    with TemporaryDirectory() as folder:
        found = asyncio.run(_play(Path(folder)))
    sys.stdout.write("Passed.\n" if not found else f"Failed: {'; '.join(found)}.\n")
    return 1 if found else 0


async def _play(folder: Path) -> list[str]:
    began = time.monotonic()

    def say(text: str) -> None:
        sys.stdout.write(f"{time.monotonic() - began:6.1f}  {text}\n")
        sys.stdout.flush()

    async with project(folder, say) as running:
        found: list[str] = []
        for act in ACTS:
            say((act.__doc__ or "").strip())
            found += await act(running)
        return found


if __name__ == "__main__":
    sys.exit(main())
