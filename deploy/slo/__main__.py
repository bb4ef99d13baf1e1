"""``python -m deploy.slo report --window 7d``: were the success criteria met?

Exit codes: 0 all met; 1 one missed, or Cloud Monitoring failed; 2 wrong usage, or no data for one
of them and none missed.
"""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from functools import partial

from deploy.command_line import exit_code, metrics_options, prometheus_of
from deploy.language import words
from deploy.operator_parser import OperatorParser, subcommand
from deploy.settings import OperatorSettings
from deploy.slo.criteria import Result, results


def main(argv: Sequence[str] | None = None) -> int:
    """Print the report; the exit code."""
    options = command_line().parse_args(argv)
    return exit_code(partial(run, options))


def command_line() -> argparse.ArgumentParser:
    """The options of the command line."""
    parser = OperatorParser(
        prog="python -m deploy.slo",
        description="Reports error rate, latency, CPU and memory against the success criteria.",
        epilog="Exit codes: 0 all met, 1 one missed or failed, 2 wrong usage or no data.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    report = subcommand(
        commands, "report", "one line a criterion: value, limit, met or not", metrics_options()
    )
    report.add_argument("--window", type=_window, default="7d", help="such as 1h or 7d (7d)")
    report.add_argument("--json", action="store_true", help="for machines, with the queries")
    return parser


def _window(text: str) -> str:
    if not re.fullmatch(r"[1-9]\d*[smhdw]", text):
        raise argparse.ArgumentTypeError(
            words("must be like 30m, 1h or 7d", "30m、1h、7d のように指定してください")
        )
    return text


def run(options: argparse.Namespace, settings: OperatorSettings) -> int:
    """Ask, print, judge."""
    found = results(prometheus_of(options, settings), options.window)
    if options.json:
        print(json.dumps([_fields(result) for result in found], indent=2))
    else:
        title = words(f"The last {options.window}:", f"直近 {options.window}：")
        print(title, *(result.line() for result in found), sep="\n")
    if any(result.value is not None and not result.is_met for result in found):
        return 1
    return 0 if all(result.is_met for result in found) else 2


def _fields(result: Result) -> dict[str, object]:
    criterion = result.criterion
    return {
        "name": criterion.name,
        "value": result.value,
        "below": criterion.limit,
        "met": None if result.value is None else result.is_met,
        "query": criterion.query,
    }


if __name__ == "__main__":
    sys.exit(main())
