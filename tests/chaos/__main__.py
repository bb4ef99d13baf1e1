"""``python -m tests.chaos --questions 200 --seed 1``: break everything, lose and double nothing."""

import argparse
import asyncio
import sys
from pathlib import Path

from deploy.operator_parser import OperatorParser
from tests.chaos.report import is_good, report
from tests.chaos.run import Plan, run


def command_line() -> argparse.ArgumentParser:
    """What may be asked for."""
    parser = OperatorParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--questions", type=int, default=200, help="how many (200)")
    parser.add_argument(
        "--seed", type=int, default=1, help="of everything that is chosen by chance (1)"
    )
    parser.add_argument("--rate", type=float, default=12.0, help="questions a second")
    parser.add_argument("--folder", type=Path, default=Path(".run/chaos"), help="for the logs")
    return parser


def main() -> int:
    """Print the report; 1 if an accepted question has not exactly one answer or notice."""
    options = command_line().parse_args()
    folder = (options.folder / f"seed-{options.seed}-{options.questions}").resolve()
    for log in folder.glob("*.log"):
        log.unlink()
    result = asyncio.run(run(Plan(options.questions, options.seed, options.rate, folder)))
    text = report(result)
    (folder / "report.txt").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")
    return 0 if is_good(result) else 1


if __name__ == "__main__":
    sys.exit(main())
