"""``python -m deploy.rollout processor|command``: a new version, in stages, watched.

Exit codes: 0 rolled out; 1 something failed, and the version from before serves; 2 wrong usage;
3 taken back because it broke a limit; 4 taken back because too few questions came to judge it;
130 stopped by Ctrl-C or SIGTERM, and the version from before serves.
"""

import argparse
import sys
from collections.abc import Sequence
from functools import partial

from deploy.canary.announcement import Announcement, AnnouncementFailed, tell
from deploy.canary.candidate import Canary, Outcome
from deploy.canary.cloud_run import Change
from deploy.canary.judgement import Verdict, observer
from deploy.canary.smoke import smoke_test
from deploy.canary.staging import Staging
from deploy.canary.watch import Pace, Watch
from deploy.command_line import (
    cloud_run_access,
    cloud_run_of,
    duration,
    exit_code,
    prometheus_of,
    say,
    service_options,
    stop_on_sigterm,
)
from deploy.departure import wait_for
from deploy.language import words
from deploy.operator_parser import OperatorParser
from deploy.settings import OperatorSettings

_TAKEN_BACK = {Verdict.GOOD: 0, Verdict.BAD: 3, Verdict.TOO_FEW: 4}


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit code."""
    options = command_line().parse_args(argv)
    return exit_code(partial(run, options))


def command_line() -> argparse.ArgumentParser:
    """The options of the command line."""
    pace = Pace()
    parser = OperatorParser(
        prog="python -m deploy.rollout",
        description=(
            "processor: a canary by traffic. command: a growing share of people (ROLLOUT_PERCENT). "
            "Every stage is judged by error rate and p95; a version that breaks a limit is taken "
            "back at once."
        ),
        epilog=(
            "Exit codes: 0 rolled out, 1 failed, 2 wrong usage, 3 taken back for a broken limit, "
            "4 taken back for too few questions."
        ),
        parents=[service_options()],
    )
    parser.add_argument(
        "--image", help="default: the latest revision (processor), as now (command)"
    )
    parser.add_argument(
        "--stages", type=_stages, default=pace.stages, help="percents, rising (10,50,100)"
    )
    parser.add_argument(
        "--hold", type=duration, default=pace.hold_s, help="how long each stage lasts (10m)"
    )
    parser.add_argument(
        "--patience",
        type=duration,
        default=pace.patience_s,
        help="how long a stage may wait for enough questions (1h)",
    )
    parser.add_argument(
        "--look-every",
        type=duration,
        default=pace.look_every_s,
        help="how often the metrics are read (30s)",
    )
    parser.add_argument(
        "--at-least", type=int, default=pace.at_least, help="questions that make a verdict (20)"
    )
    parser.add_argument(
        "--quiet-is-good", action="store_true", help="go on after --patience with too few questions"
    )
    parser.add_argument(
        "--hotfix", action="store_true", help="not worse than twice what the outage lets run now"
    )
    parser.add_argument(
        "--take-back",
        action="store_true",
        help="only take back a rollout whose process was killed, if one was (processor)",
    )
    parser.add_argument(
        "--no-smoke-test", action="store_true", help="processor only: leave the smoke test out"
    )
    parser.add_argument(
        "--user-ids", metavar="U1,U2", help="command only: let in from the first stage"
    )
    return parser


def _stages(text: str) -> tuple[int, ...]:
    stages = tuple(int(part) for part in text.split(",") if part.isdecimal())
    if list(stages) != sorted(set(stages)) or not stages or stages[0] < 1 or stages[-1] > 100:
        raise argparse.ArgumentTypeError(
            words(
                "must be rising percents such as 10,50,100",
                "10,50,100 のように、割合を小さい順に指定してください",
            )
        )
    return stages


def run(options: argparse.Namespace, settings: OperatorSettings) -> int:
    """Roll out, and tell the people if they had met a version that was taken back."""
    if options.take_back:
        return _take_back(options, settings)
    outcome = _roll_out(options, settings)
    if not outcome.is_promoted:
        few = words("too few questions came to judge it", "判定に必要な数の質問がありませんでした")
        broken = "; ".join(outcome.judgement.broken) or few
        say(
            words(
                f"{outcome.revision} was taken back: {broken}.",
                f"{outcome.revision} を取り消しました：{broken}",
            )
        )
    try:
        if outcome.judgement.verdict is Verdict.BAD:
            announcement = Announcement(options.service, outcome.revision, outcome.before)
            tell(announcement, options.channel, settings, say)
    finally:
        if options.service == "command":
            wait_for(options, settings, outcome.serving)
    return _TAKEN_BACK[outcome.judgement.verdict]


def _roll_out(options: argparse.Namespace, settings: OperatorSettings) -> Outcome:
    access, prometheus = cloud_run_access(options, settings), prometheus_of(options, settings)
    service, watch = cloud_run_of(options, access), _watch(options)
    if options.service == "command":
        staging = Staging(service, watch, observer(prometheus))
        return staging.roll_out(options.image, options.user_ids)
    test = _no_test if options.no_smoke_test else partial(smoke_test, access)
    canary = Canary(service, watch, partial(observer, prometheus), test, options.hotfix)
    return canary.roll_out(Change(options.image) if options.image else None)


def _take_back(options: argparse.Namespace, settings: OperatorSettings) -> int:
    """End what a killed rollout left, and tell the people who met it."""
    access, prometheus = cloud_run_access(options, settings), prometheus_of(options, settings)
    service = cloud_run_of(options, access)
    canary = Canary(service, _watch(options), partial(observer, prometheus), _no_test)
    outcome = canary.take_back_cut_off()
    if outcome is None:
        say(words("No rollout was cut off.", "中断されたロールアウトはありません。"))
    elif outcome.shown:
        announcement = Announcement(options.service, outcome.revision, outcome.before)
        try:
            tell(announcement, options.channel, settings, say)
        except AnnouncementFailed as error:
            # The next version may be the hotfix for an outage of Slack's.
            say(str(error))
    return 0


def _watch(options: argparse.Namespace) -> Watch:
    pace = Pace(
        options.stages,
        options.hold,
        options.patience,
        options.at_least,
        options.look_every,
        options.quiet_is_good,
    )
    return Watch(pace, say)


def _no_test(_url: str, _service_url: str) -> str:
    return words("no smoke test was asked for", "スモークテストは省略します")


if __name__ == "__main__":
    stop_on_sigterm()
    sys.exit(main())
