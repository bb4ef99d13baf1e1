"""``python -m deploy.dead_letters list|show|replay``: what Pub/Sub gave up delivering.

Exit codes: 0 done; 1 Pub/Sub failed; 2 wrong usage; 3 no such dead letter; 130 stopped by Ctrl-C.
Reports go to standard output, everything else to standard error.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from deploy.dead_letters import report
from deploy.dead_letters.errors import BrokerFailed, UnknownTask
from deploy.dead_letters.loan import Bounds, Loan, borrowed
from deploy.dead_letters.pubsub import Names, pubsub_broker
from deploy.language import speaking, words
from deploy.operator_parser import OperatorParser, subcommand
from deploy.settings import WRONG_SETTINGS, OperatorSettings, wrong_settings

_READ_WITHIN_S = 60.0


class DeadLetterSettings(OperatorSettings):
    """Where the broker is, too."""

    pubsub_emulator_host: str | None = None


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit code."""
    parser = command_line()
    options = parser.parse_args(argv)
    try:
        settings = DeadLetterSettings()
    except WRONG_SETTINGS as error:
        _tell(wrong_settings(error))
        return 2
    with speaking(settings.deploy_lang):
        return _speak(parser, options, settings)


def _speak(
    parser: argparse.ArgumentParser, options: argparse.Namespace, settings: DeadLetterSettings
) -> int:
    project = options.project or settings.google_cloud_project
    if project is None and settings.pubsub_emulator_host is None:
        parser.error(
            words(
                "which project? Use --project or set GOOGLE_CLOUD_PROJECT.",
                "プロジェクトを --project または GOOGLE_CLOUD_PROJECT で指定してください。",
            )
        )
    names = Names(
        project or "local", options.subscription, options.topic, settings.pubsub_emulator_host
    )
    try:
        asyncio.run(run(options, names))
    except KeyboardInterrupt:
        _tell(
            words(
                "Stopped. What was not replayed stays a dead letter.",
                "中止しました。再実行していないものは、デッドレターのまま残っています。",
            )
        )
        return 130
    except BrokerFailed as error:
        _tell(str(error))
        return 1
    except UnknownTask as error:
        _tell(str(error))
        return 3
    return 0


def command_line() -> argparse.ArgumentParser:
    """The options of the command line."""
    common = OperatorParser(add_help=False)
    common.add_argument("--project", help="default: GOOGLE_CLOUD_PROJECT")
    common.add_argument(
        "--subscription", default="mechachang-dead-letter-pull", help="where they are read"
    )
    common.add_argument("--topic", default="mechachang-tasks", help="where tasks are replayed to")
    common.add_argument("--limit", type=_positive, default=500, help="read at most so many letters")
    common.add_argument("--json", action="store_true", help="report for machines")
    parser = OperatorParser(
        prog="python -m deploy.dead_letters",
        description="Lists and replays the tasks that Pub/Sub gave up delivering.",
        epilog="Exit codes: 0 done, 1 Pub/Sub failed, 2 wrong usage, 3 no such dead letter.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    subcommand(commands, "list", "one line a task, without its text", common)
    show = subcommand(commands, "show", "everything about one task", common)
    show.add_argument("name", metavar="TASK_ID", help="or the message id of what is no task")
    show.add_argument("--with-text", action="store_true", help="with what the person wrote")
    replay = subcommand(commands, "replay", "publish tasks again", common)
    which = replay.add_mutually_exclusive_group(required=True)
    which.add_argument("names", metavar="TASK_ID", nargs="*", default=[], help="only these")
    which.add_argument("--all", action="store_true", help="every task that was read")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            words("must be a whole number above 0", "1 以上の整数を指定してください")
        )
    return int(text)


async def run(options: argparse.Namespace, names: Names) -> None:
    """Do it, and hand back the letters that were only read; raises BrokerFailed, UnknownTask."""
    async with pubsub_broker(names) as broker:
        held_back_s = await broker.held_back_s()
        async with borrowed(broker, Bounds(options.limit, _READ_WITHIN_S)) as loan:
            _tell_what_was_read(loan, names, held_back_s)
            await _COMMANDS[options.command](options, loan)


def _tell_what_was_read(loan: Loan, names: Names, held_back_s: float) -> None:
    count = len(loan.tasks())
    letters = "1 dead letter" if count == 1 else f"{count or 'no'} dead letters"
    more, more_ja = "; there may be more (--limit)", "ほかにもあるかもしれません（--limit）。"
    if loan.is_complete:
        more = more_ja = ""
    _tell(
        words(
            f"Read {letters} from {names.subscription} of {names.project}, {names.broker}{more}.",
            f"{names.broker}（{names.project}）の {names.subscription} から、"
            f"デッドレターを {count} 件読み取りました。{more_ja}",
        )
    )
    if held_back_s:
        _tell(
            words(
                f"The subscription's retry policy may hide for up to {held_back_s:.0f} s what was "
                "read a moment ago. Without that policy it would not.",
                "サブスクリプションの再試行ポリシーのため、読み取ったばかりのものは最大 "
                f"{held_back_s:.0f} 秒間、一覧に現れないことがあります。"
                "ポリシーを外せば、すぐに現れます。",
            )
        )


async def _list(options: argparse.Namespace, loan: Loan) -> None:
    now, tasks = datetime.now(UTC), loan.tasks()
    if options.json:
        _print_json([report.summary(each, now) for each in tasks])
    elif tasks:
        print(*report.table(tasks, now), sep="\n")


async def _show(options: argparse.Namespace, loan: Loan) -> None:
    dead = loan.find(options.name)
    fields = report.details(dead, datetime.now(UTC), with_text=options.with_text)
    if options.json:
        _print_json(fields)
    else:
        print(*report.lines(fields), sep="\n")


async def _replay(options: argparse.Namespace, loan: Loan) -> None:
    # Every name is looked up before the first task is published: all of them, or none.
    if options.all:
        wanted = [each for each in loan.tasks() if each.fault is None]
    else:
        wanted = [loan.find(name) for name in dict.fromkeys(options.names)]
        for each in wanted:
            each.require_task()
    replayed: list[dict[str, str]] = []
    try:
        for each in wanted:
            message_id = await loan.replay(each)
            replayed.append({"task_id": each.name, "message_id": message_id})
            if not options.json:
                line = words(
                    f"{each.name} replayed as message {message_id}",
                    f"{each.name} を再実行しました（メッセージ {message_id}）",
                )
                print(line, flush=True)
    finally:
        if options.json:
            _print_json(replayed)
        _tell(
            words(
                f"Replayed {len(replayed)} of {len(wanted)}.",
                f"{len(wanted)} 件のうち {len(replayed)} 件を再実行しました。",
            )
        )


_COMMANDS = {"list": _list, "show": _show, "replay": _replay}


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def _tell(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
