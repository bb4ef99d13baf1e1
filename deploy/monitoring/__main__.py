"""``python -m deploy.monitoring apply|diff|render``: the dashboard and alerts as the files say.

Exit codes: 0 done, or (diff) nothing differs; 1 (diff) something differs, or Cloud Monitoring
failed; 2 wrong usage.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

import grpc

from deploy.command_line import exit_code, project_of
from deploy.errors import MonitoringFailed
from deploy.language import LANGUAGES, spoken, words
from deploy.monitoring import files
from deploy.monitoring.changes import Change, Kind, Verb, changes
from deploy.monitoring.google import GoogleMonitoring, normalised
from deploy.monitoring.japanese import japanese_runbooks
from deploy.monitoring.values import Installation, values
from deploy.objectives import PROCESSOR_INSTANCES
from deploy.operator_parser import OperatorParser, subcommand
from deploy.settings import OperatorSettings

_DONE = {Verb.CREATE: "created", Verb.UPDATE: "updated", Verb.DELETE: "deleted"}
_JAPANESE = {
    Kind.POLICY: "アラートポリシー",
    Kind.DASHBOARD: "ダッシュボード",
    Verb.CREATE: "作成",
    Verb.UPDATE: "更新",
    Verb.DELETE: "削除",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit code."""
    options = command_line().parse_args(argv)
    return exit_code(partial(run, options), options.lang)


def command_line() -> argparse.ArgumentParser:
    """The options of the command line."""
    common = OperatorParser(add_help=False)
    common.add_argument("--project", help="default: GOOGLE_CLOUD_PROJECT")
    for severity in ("critical", "warning"):
        common.add_argument(
            f"--{severity}",
            metavar="CHANNELS",
            required=True,
            help="notification channels by resource or display name, comma-separated",
        )
    common.add_argument(
        "--runbooks-url", required=True, help="where docs/runbooks of this repository can be read"
    )
    common.add_argument(
        "--daily-budget-usd", type=float, required=True, help="what Gemini may cost in 24 hours"
    )
    common.add_argument(
        "--processor-instances",
        type=int,
        default=PROCESSOR_INSTANCES,
        metavar="N",
        help="how many processors may run, if --max was changed by hand (20)",
    )
    common.add_argument(
        "--lang", choices=LANGUAGES, help="of titles, texts and output (default: DEPLOY_LANG, en)"
    )
    common.add_argument(
        "--monitoring-address", help="a stand-in for Cloud Monitoring on this machine"
    )
    parser = OperatorParser(
        prog="python -m deploy.monitoring",
        description="Keeps the dashboard and the alerts of Cloud Monitoring as the files say.",
        epilog="Exit codes: 0 done or nothing differs, 1 it differs or failed, 2 wrong usage.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    subcommand(commands, "apply", "change what differs, nothing else", common)
    subcommand(commands, "diff", "only say what apply would change", common)
    subcommand(commands, "render", "print them as JSON, asking nobody", common)
    return parser


def run(options: argparse.Namespace, settings: OperatorSettings) -> int:
    """Render, compare or apply."""
    if options.command == "render":
        print(json.dumps(_wanted(options), ensure_ascii=False, indent=2))
        return 0
    address = options.monitoring_address
    if address is None:
        return _compare(options, GoogleMonitoring(project_of(options, settings)))
    with grpc.insecure_channel(address) as channel:
        return _compare(options, GoogleMonitoring(project_of(options, settings), channel))


def _compare(options: argparse.Namespace, google: GoogleMonitoring) -> int:
    for severity in ("critical", "warning"):
        names = getattr(options, severity).split(",")
        setattr(options, severity, ",".join(google.channel_named(name) for name in names))
    wanted = _wanted(options)
    steps = [step for kind in Kind for step in changes(kind, wanted[kind], google.found(kind))]
    if not steps:
        print(words("Nothing differs.", "違いはありません。"))
    if options.command == "apply":
        return 1 if [step for step in steps if not _applied(step, google)] else 0
    for step in steps:
        _tell(step, done=False)
    return 1 if steps else 0


def _applied(step: Change, google: GoogleMonitoring) -> bool:
    """Whether everything was applied. A refused part is reported, and does not stop the others."""
    try:
        google.apply(step)
    except MonitoringFailed as error:
        kind = words(step.kind, _JAPANESE[step.kind])
        print(f"{kind} {step.name}: {error}", file=sys.stderr)
        return False
    _tell(step, done=True)
    return True


def _wanted(options: argparse.Namespace) -> dict[Kind, dict[str, Any]]:
    runbooks, language = options.runbooks_url, spoken()
    if language == "ja":
        runbooks = japanese_runbooks(runbooks)
    names = values(
        Installation(
            options.critical,
            options.warning,
            runbooks,
            options.daily_budget_usd,
            options.processor_instances,
        )
    )
    described = {
        Kind.POLICY: files.policies(names, language=language),
        Kind.DASHBOARD: files.dashboards(names, language=language),
    }
    return {
        kind: {name: normalised(kind, fields) for name, fields in of_kind.items()}
        for kind, of_kind in described.items()
    }


def _tell(step: Change, *, done: bool) -> None:
    verb = _DONE[step.verb] if done else f"would be {_DONE[step.verb]}"
    kind, verb_ja = _JAPANESE[step.kind], _JAPANESE[step.verb]
    print(
        words(
            f"{step.kind} {step.name} {verb}",
            f"{kind} {step.name} を{verb_ja}{'しました' if done else 'します'}",
        )
    )
    for difference in step.differences:
        print(f"  {difference}")


if __name__ == "__main__":
    sys.exit(main())
