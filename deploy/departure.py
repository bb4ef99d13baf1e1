"""``python -m deploy.departure command``: waits until only the revision that serves still runs.

Cloud Run may keep an instance of a replaced revision for a quarter of an hour, and with its CPU
its socket, to which Slack deals a share of the events. Each process reports itself once a minute:
gone is a revision that is silent for longer than that while the one that serves is heard.
Exit codes: 0 only the one that serves is heard; 1 that could not be seen in time; 2 wrong usage.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from deploy.canary.prometheus import Prometheus
from deploy.command_line import (
    SERVICES,
    cloud_run_access,
    cloud_run_of,
    exit_code,
    prometheus_of,
    say,
    service_options,
)
from deploy.errors import MetricsUnavailable, OperationFailed
from deploy.language import words
from deploy.operator_parser import OperatorParser
from deploy.settings import OperatorSettings

_LOOK_EVERY_S: Final = 15
# Google answers a query that fails now and then at the next attempt.
_BLIND_LOOKS: Final = 3


class DepartureUnproven(OperationFailed):
    """An older revision may still hold a socket."""


@dataclass(frozen=True)
class Patience:
    """How long a revision must be silent, and how long that is waited for."""

    silent_s: int
    at_most_s: int
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def wait_until_alone(
    prometheus: Prometheus, service: str, serving: str, patience: Patience
) -> None:
    """Return once ``serving`` alone is heard of ``service``; raises DepartureUnproven."""
    began, blind = patience.now(), 0
    while True:
        try:
            heard, blind = _heard(prometheus, service, patience.silent_s), 0
        except MetricsUnavailable as error:
            blind += 1
            say(str(error))
            if blind >= _BLIND_LOOKS:
                raise DepartureUnproven(_unseen(service, serving)) from error
            heard = set()
        if heard == {serving}:
            say(
                words(
                    f"Only {serving} is heard: every older socket is closed.",
                    f"報告があるのは {serving} だけです。古いソケットはすべて閉じています。",
                )
            )
            return
        if patience.now() - began >= patience.at_most_s:
            raise DepartureUnproven(_still_there(heard, serving))
        say(_waiting_for(heard, serving))
        patience.sleep(min(_LOOK_EVERY_S, max(1, patience.silent_s // 5)))


def _heard(prometheus: Prometheus, service: str, seconds: int) -> set[str]:
    ran = f'max_over_time(mechachang_build_info{{service="{service}"}}[{seconds}s])'
    found = prometheus.query(f"max by (revision) ({ran})")
    return {sample.labels["revision"] for sample in found}


def _waiting_for(heard: set[str], serving: str) -> str:
    if others := ", ".join(sorted(heard - {serving})):
        return words(f"Still heard: {others}.", f"まだ報告があります：{others}")
    return words(f"{serving} is not heard yet.", f"{serving} からの報告は、まだありません。")


def _unseen(service: str, serving: str) -> str:
    return words(
        f"{serving} serves. Whether older revisions of {service} still hold a socket "
        "cannot be seen: repeat this later (python -m deploy.departure).",
        f"{serving} は動いていますが、{service} の古いリビジョンにソケットが残っているかどうかを"
        "確認できません。"
        "後でもう一度実行してください（python -m deploy.departure）。",
    )


def _still_there(heard: set[str], serving: str) -> str:
    others = sorted(heard - {serving})
    if not others:
        return words(
            f"{serving} serves, but its metrics do not arrive: see telemetry_lost in its log.",
            f"{serving} は動いていますが、メトリクスが届いていません。"
            "ログの telemetry_lost を確認してください。",
        )
    return words(
        f"{serving} serves, and {', '.join(others)} still takes a share of Slack's events. An "
        f"older one ends with: gcloud run revisions delete {others[0]} (the newest only after "
        "another deployment).",
        f"{serving} は動いていますが、{', '.join(others)} がまだ Slack のイベントの一部を"
        f"受け取っています。古いものを終了するには：gcloud run revisions delete {others[0]}"
        "（最新のものは、次のデプロイの後に限ります）",
    )


def wait_for(options: argparse.Namespace, settings: OperatorSettings, serving: str) -> None:
    """The same with what a command line says. Raises DepartureUnproven."""
    patience = Patience(options.gone_after, options.wait_at_most)
    name = options.service_name or SERVICES[options.service]
    wait_until_alone(prometheus_of(options, settings), name, serving, patience)


def command_line() -> argparse.ArgumentParser:
    """The options of the command line."""
    return OperatorParser(
        prog="python -m deploy.departure",
        description="Waits until only the revision that serves is heard.",
        epilog="Exit codes: 0 alone, 1 not seen in time, 2 wrong usage.",
        parents=[service_options()],
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit code."""
    options = command_line().parse_args(argv)

    def work(settings: OperatorSettings) -> int:
        service = cloud_run_of(options, cloud_run_access(options, settings))
        wait_for(options, settings, service.state().carrier)
        return 0

    return exit_code(work)


if __name__ == "__main__":
    sys.exit(main())
