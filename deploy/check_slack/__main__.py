"""``python -m deploy.check_slack``: what this Slack workspace really does, tried out in it.

Two people help: the asker, for whom is streamed, and a bystander in the same channel; what they see
is asked at the terminal. ``--unattended`` asks nobody. Everything that it posts goes away again.
Exit codes: 0 all is as Mechachang assumes it; 1 it could not be checked, or something is left
behind; 2 wrong usage; 3 something is missing or differs: the table says what follows.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence

import aiohttp

from deploy.check_slack.findings import Fact, Finding, exit_code_of, refused, report, untried, works
from deploy.check_slack.people import AtTheTerminal, Nobody, People
from deploy.check_slack.posts import check_files, check_posts
from deploy.check_slack.sessions import check_sessions
from deploy.check_slack.streams import check_cards, check_stream_in_channel, check_stream_in_direct
from deploy.check_slack.workspace import CheckImpossible, Refusal, Workspace
from deploy.command_line import exit_code, stop_on_sigterm
from deploy.language import words
from deploy.operator_parser import OperatorParser
from deploy.settings import OperatorSettings
from shared.errors import SlackDenied
from shared.slack.client import slack_client


def command_line() -> argparse.ArgumentParser:
    """The options of the command line."""
    parser = OperatorParser(
        prog="python -m deploy.check_slack",
        description="Tries out what this Slack workspace really does, with the token of "
        "SLACK_BOT_TOKEN: posts, metadata, reading, streams, task cards, sessions, files. Two "
        "people say what they see. Everything that it posts is removed again.",
        epilog="Exit codes: 0 as Mechachang assumes, 1 not checked or something is left behind, "
        "2 wrong usage, 3 something is missing or differs.",
    )
    parser.add_argument("--channel", required=True, metavar="ID", help="where the bot is a member")
    parser.add_argument(
        "--asker", required=True, metavar="USER_ID", help="the person for whom is streamed"
    )
    parser.add_argument(
        "--unattended", action="store_true", help="ask nobody: only what the API itself tells"
    )
    return parser


def main(argv: Sequence[str] | None = None, stdin: int = 0) -> int:
    """Do what the command line says; the exit code. ``stdin`` is a file descriptor."""
    options = command_line().parse_args(argv)
    people: People = Nobody() if options.unattended else AtTheTerminal(stdin)
    return exit_code(lambda settings: asyncio.run(_run(options, settings, people)))


async def _run(options: argparse.Namespace, settings: OperatorSettings, people: People) -> int:
    if settings.slack_bot_token is None:
        raise CheckImpossible(
            words("SLACK_BOT_TOKEN is not set.", "SLACK_BOT_TOKEN が設定されていません。")
        )
    token = settings.slack_bot_token.get_secret_value()
    timeout = aiohttp.ClientTimeout(total=30)
    async with (
        slack_client(token, settings.slack_api_url) as client,
        aiohttp.ClientSession(timeout=timeout, trust_env=True) as http,
    ):
        slack = Workspace(client, options.channel, options.asker)
        try:
            findings = await _check(slack, people, http)
        except SlackDenied as denied:
            raise CheckImpossible(
                words(
                    f"Slack denies SLACK_BOT_TOKEN ({denied.slack_error}). Set one that is good, "
                    "and run this again.",
                    f"Slack が SLACK_BOT_TOKEN を拒否しました（{denied.slack_error}）。"
                    "有効なものを設定して、もう一度実行してください。",
                )
            ) from denied
        finally:
            left = await slack.clean_up()
            _tell_left(left)
    for line in report(findings):
        print(line)
    return 1 if left else exit_code_of(findings)


async def _check(slack: Workspace, people: People, http: aiohttp.ClientSession) -> list[Finding]:
    try:
        slack.team = (await slack.ask(slack.client.auth_test))["team_id"]
        thread = await slack.begin(slack.channel)
    except Refusal as refusal:
        raise CheckImpossible(
            words(
                f"Nothing can be posted in {slack.channel}: {refusal.code}. Name another "
                "--channel, or invite the bot there.",
                f"{slack.channel} に投稿できません（{refusal.code}）。別の --channel を"
                "指定するか、ボットを招待してください。",
            )
        ) from refusal
    print(
        words(
            f"Trying out {slack.channel} and the direct message of {slack.asker}.",
            f"{slack.channel} と、{slack.asker} の DM で確認しています。",
        ),
        flush=True,
    )
    return [
        *await check_posts(slack, thread),
        *await _direct(slack, people),
        *await check_stream_in_channel(slack, thread, people),
        await check_cards(slack, thread),
        *await check_sessions(slack, thread, people),
        *await check_files(slack, thread, http),
    ]


async def _direct(slack: Workspace, people: People) -> list[Finding]:
    try:
        opened = await slack.ask(slack.client.conversations_open, users=slack.asker)
        thread = await slack.begin(opened["channel"]["id"])
    except Refusal as refusal:
        why = words("no direct message", "DM なし")
        facts: tuple[Fact, ...] = ("stream_in_direct", "session_after_stream")
        return [refused("direct", refusal), *(untried(fact, why) for fact in facts)]
    return [works("direct"), *await check_stream_in_direct(slack, thread, people)]


def _tell_left(left: Sequence[str]) -> None:
    if left:
        print(words("Left behind, remove it by hand:", "残っています。手動で削除してください："))
    for line in left:
        print(f"* {line}")


if __name__ == "__main__":
    stop_on_sigterm()
    sys.exit(main())
