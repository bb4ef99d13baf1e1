"""Every golden answer as the chat page shows it: ``make preview``.

Posts each into #general of a Slack simulator, as the bot would, and serves until interrupted.
"""

import argparse
import asyncio
import contextlib
import signal
import sys

from slack_sdk.web.async_client import AsyncWebClient

from simulators.faults import FaultPlan
from simulators.journal import Journal
from simulators.slack import Running, SlackConfig, SlackSimulator
from tests.support.markdown.golden_answers import NAMES, rendered


async def _post_all(running: Running, token: str, channel: str) -> None:
    client = AsyncWebClient(token=token, base_url=running.api_url)
    for name in NAMES:
        await client.chat_postMessage(channel=channel, text=f"*golden/{name}.md*")
        for body in rendered(name):
            await client.chat_postMessage(
                channel=channel, text=body.text, blocks=list(body.blocks), unfurl_links=False
            )


async def _serve(port: int) -> None:
    # No app is there to hear of what is posted.
    config = SlackConfig(rate_limits=False, subscriptions=frozenset())
    slack = SlackSimulator(journal=Journal(), faults=FaultPlan(), config=config)
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows' loop takes no signal handlers
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with slack.serve(port=port) as running:
        channel = slack.people.channel("#general").id
        await _post_all(running, config.bot_token, channel)
        sys.stdout.write(
            f"{len(NAMES)} answers, rendered: {running.base_url}/#/{channel} (Ctrl-C stops)\n"
        )
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.preview", description=__doc__)
    parser.add_argument("--port", type=int, default=7070, help="0 takes any free port")
    asyncio.run(_serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
