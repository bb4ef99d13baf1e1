"""The Slack simulator alone: ``python -m simulators.slack --port 4000``."""

import asyncio
import contextlib
import signal
import sys

from simulators.faults import FaultPlan
from simulators.journal import Journal
from simulators.processes.port_option import OneLineParser, port_number
from simulators.slack.config import SlackConfig
from simulators.slack.server import PortInUse, SlackSimulator


async def _run(port: int, config: SlackConfig) -> None:
    simulator = SlackSimulator(journal=Journal(), faults=FaultPlan(), config=config)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows' loop takes no signal handlers
            loop.add_signal_handler(name, stop.set)
    async with simulator.serve(port=port) as running:
        sys.stdout.write(
            f"Chat page      {running.base_url}/\n"
            f"SLACK_API_URL  {running.api_url}\n"
            f"Tokens         {config.bot_token}, {config.app_token}\n"
        )
        sys.stdout.flush()
        await stop.wait()


def main() -> int:
    """Serve until interrupted."""
    parser = OneLineParser(prog="python -m simulators.slack", description=__doc__)
    parser.add_argument("--port", type=port_number, default=4000, help="0 takes any free port")
    parser.add_argument("--events-url", help="deliver over HTTP to this URL, not over Socket Mode")
    parser.add_argument("--no-rate-limits", action="store_true")
    arguments = parser.parse_args()
    config = SlackConfig(events_url=arguments.events_url, rate_limits=not arguments.no_rate_limits)
    try:
        asyncio.run(_run(arguments.port, config))
    except PortInUse as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
