"""The common parts of the operators' command lines."""

import argparse
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from deploy.canary.cloud_run import HOST, CloudRun
from deploy.canary.prometheus import GOOGLE, Prometheus
from deploy.errors import OperationFailed
from deploy.google_access import Access, is_local
from deploy.language import Language, speaking, words
from deploy.objectives import COMMAND_SERVICE, PROCESSOR_SERVICE
from deploy.operator_parser import OperatorParser
from deploy.settings import WRONG_SETTINGS, OperatorSettings, wrong_settings

SERVICES: Final = {"processor": PROCESSOR_SERVICE, "command": COMMAND_SERVICE}
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def metrics_options() -> argparse.ArgumentParser:
    """The options that say where the metrics are."""
    parser = OperatorParser(add_help=False)
    parser.add_argument("--project", help="default: GOOGLE_CLOUD_PROJECT")
    parser.add_argument(
        "--metrics-url", default=GOOGLE, help="another Prometheus API than Cloud Monitoring's"
    )
    return parser


def service_options() -> argparse.ArgumentParser:
    """The options for the service on Cloud Run, and for the channel where its people are told."""
    parser = OperatorParser(add_help=False, parents=[metrics_options()])
    parser.add_argument("service", choices=SERVICES, help="the one that is meant")
    parser.add_argument("--region", required=True, help="of Cloud Run, such as asia-northeast1")
    parser.add_argument(
        "--service-name", help="as deployed (default: processor-service, command-service)"
    )
    parser.add_argument("--cloud-run-url", default=HOST, help="another Admin API than Cloud Run's")
    parser.add_argument(
        "--channel", metavar="ID", help="Slack channel that is told when a version is taken back"
    )
    # The services report themselves once a minute; Cloud Run ends idle instances in 15 minutes.
    parser.add_argument(
        "--gone-after",
        type=duration,
        default=150,
        metavar="TIME",
        help="command only: so long must a replaced revision be silent (150s)",
    )
    parser.add_argument(
        "--wait-at-most",
        type=duration,
        default=1200,
        metavar="TIME",
        help="how long that is waited for at most (20m)",
    )
    return parser


def project_of(options: argparse.Namespace, settings: OperatorSettings) -> str:
    """The project; raises OperationFailed if nobody named one."""
    project: str | None = options.project or settings.google_cloud_project
    if project is None:
        raise OperationFailed(
            words(
                "Which project? Use --project or set GOOGLE_CLOUD_PROJECT.",
                "プロジェクトを --project または GOOGLE_CLOUD_PROJECT で指定してください。",
            )
        )
    return project


def prometheus_of(options: argparse.Namespace, settings: OperatorSettings) -> Prometheus:
    """The metrics that the options name."""
    access = Access(project_of(options, settings), is_local(options.metrics_url))
    return Prometheus(access.session(), access.project, options.metrics_url)


def cloud_run_access(options: argparse.Namespace, settings: OperatorSettings) -> Access:
    """Our access to the Cloud Run that the options name."""
    return Access(project_of(options, settings), is_local(options.cloud_run_url))


def cloud_run_of(options: argparse.Namespace, access: Access) -> CloudRun:
    """The service that the options name."""
    name = options.service_name or SERVICES[options.service]
    return CloudRun(access, options.region, name, options.cloud_run_url)


def duration(text: str) -> int:
    """``90s``, ``10m``, ``6h`` or ``7d`` in seconds, for argparse."""
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not number.isdecimal() or int(number) < 1:
        raise argparse.ArgumentTypeError(
            words("must be like 90s, 10m, 6h or 7d", "90s、10m、6h、7d のように指定してください")
        )
    return int(number) * _UNITS[unit]


def say(text: str) -> None:
    """Print one line of progress, with the time."""
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", flush=True)


def stop_on_sigterm() -> None:
    """From now on SIGTERM does what Ctrl-C does, once: a build that is cancelled is told so."""

    def stop(_number: int, _frame: object) -> None:
        # The work that follows, such as taking traffic back, is not interrupted.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)


def exit_code(work: Callable[[OperatorSettings], int], language: Language | None = None) -> int:
    """What ``work`` returns; 1 if an operation failed, 2 for wrong settings, 130 after Ctrl-C.

    It speaks ``language``, or that of ``DEPLOY_LANG``.
    """
    try:
        settings = OperatorSettings()
    except WRONG_SETTINGS as error:
        print(wrong_settings(error), file=sys.stderr)
        return 2
    with speaking(language or settings.deploy_lang):
        try:
            return work(settings)
        except OperationFailed as error:
            print(error, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print(words("Stopped.", "中止しました。"), file=sys.stderr)
            return 130
