"""``python -m deploy.rollback processor|command``: back to the last good revision.

Exit codes: 0 done, or nothing to do; 1 something failed; 2 wrong usage; 3 there is no good revision
to go back to; 4 (--if-bad) there is not enough data to judge, and nothing was changed.
"""

import argparse
import sys
from collections.abc import Sequence
from functools import partial

from deploy.canary.announcement import Announcement, tell
from deploy.canary.cloud_run import CloudRun, ServiceState, Share
from deploy.canary.judgement import Verdict, judge, observer
from deploy.command_line import (
    cloud_run_access,
    cloud_run_of,
    duration,
    exit_code,
    prometheus_of,
    say,
    service_options,
)
from deploy.departure import wait_for
from deploy.language import words
from deploy.objectives import ROLLBACK
from deploy.operator_parser import OperatorParser
from deploy.settings import OperatorSettings

_NO_GOOD_REVISION, _NO_DATA = 3, 4
_VERDICTS = {Verdict.GOOD: "良好", Verdict.BAD: "不良", Verdict.TOO_FEW: "質問数の不足"}


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit code."""
    options = command_line().parse_args(argv)
    return exit_code(partial(run, options))


def command_line() -> argparse.ArgumentParser:
    """The options of the command line."""
    parser = OperatorParser(
        prog="python -m deploy.rollback",
        description=(
            "Sends all traffic to the newest good revision that does not carry it now. For the "
            "command service it then waits until no other revision holds a socket."
        ),
        epilog=(
            "Exit codes: 0 done or nothing to do, 1 failed, 2 wrong usage, 3 no good revision, "
            "4 not enough data for --if-bad."
        ),
        parents=[service_options()],
    )
    parser.add_argument("--to", metavar="REVISION", help="this one instead")
    parser.add_argument(
        "--if-bad", action="store_true", help="only if error rate > 1 %% or p95 > 5 s"
    )
    parser.add_argument("--window", type=duration, default=600, help="what --if-bad looks at (10m)")
    parser.add_argument("--at-least", type=int, default=20, help="questions that make a verdict")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    return parser


def run(options: argparse.Namespace, settings: OperatorSettings) -> int:
    """Judge if asked to, send the traffic back, tell the people."""
    service = cloud_run_of(options, cloud_run_access(options, settings))
    if options.if_bad:
        verdict = _judged(options, settings)
        if verdict is not Verdict.BAD:
            say(words("Nothing is changed.", "何も変更していません。"))
            return _NO_DATA if verdict is Verdict.TOO_FEW else 0
    state = service.state()
    target = options.to or _last_good(state, service)
    if target is None:
        ready = ", ".join(service.ready_revisions())
        say(
            words(
                f"No good revision of {state.name} is noted beside {state.carrier}. Name one: "
                "--to. "
                f"Ready are: {ready}.",
                f"{state.name} には、{state.carrier} のほかに正常と記録されたリビジョンが"
                "ありません。"
                f"--to で指定してください。準備のできているもの：{ready}",
            )
        )
        return _NO_GOOD_REVISION
    if state.percent(target) == 100:
        say(
            words(
                f"{target} carries all traffic already.",
                f"すべてのトラフィックは、すでに {target} に流れています。",
            )
        )
        return 0
    say(
        words(
            f"{state.name}: all traffic goes from {_shares(state)} to {target}.",
            f"{state.name}：すべてのトラフィックを {_shares(state)} から {target} に移します。",
        )
    )
    if options.dry_run:
        say(words("Nothing is changed: --dry-run.", "--dry-run のため、何も変更していません。"))
        return 0
    _go_back(service, state, target)
    bad = next(share.revision for share in _by_share(state) if share.revision != target)
    try:
        tell(Announcement(options.service, bad, target), options.channel, settings, say)
    finally:
        # Also while Slack is down: the old socket matters more than the notice.
        if options.service == "command":
            wait_for(options, settings, target)
    return 0


def _go_back(service: CloudRun, state: ServiceState, target: str) -> None:
    # The revision left behind no longer counts as good, so that the next rollback does not come
    # back to it.
    good = [name for name in state.good if not state.percent(name) or name == target]
    service.send([Share(target, 100)], good=good)
    say(
        words(
            f"{target} carries all traffic.",
            f"すべてのトラフィックを {target} に移しました。",
        )
    )


def _judged(options: argparse.Namespace, settings: OperatorSettings) -> Verdict:
    observed = observer(prometheus_of(options, settings))(options.window)
    judgement = judge(observed, ROLLBACK, options.at_least)
    broken = "; ".join(judgement.broken)
    verdict = words(judgement.verdict, _VERDICTS[judgement.verdict])
    say(
        words(
            f"The last {options.window} s: {observed}. Verdict: {verdict}. {broken}",
            f"直近 {options.window} 秒：{observed}。判定：{verdict} {broken}",
        ).rstrip()
    )
    return judgement.verdict


def _last_good(state: ServiceState, service: CloudRun) -> str | None:
    ready = set(service.ready_revisions())
    # A rollout that was cut off has not noted yet where it began.
    good = (state.rolling_out_from, *state.good)
    return next((name for name in good if name in ready and state.percent(name) < 100), None)


def _by_share(state: ServiceState) -> list[Share]:
    return sorted(state.shares, key=lambda share: share.percent, reverse=True)


def _shares(state: ServiceState) -> str:
    carrying = [share for share in _by_share(state) if share.percent]
    return ", ".join(f"{share.revision} ({share.percent} %)" for share in carrying)


if __name__ == "__main__":
    sys.exit(main())
