"""``python -m simulators.pubsub --port 8085``: the simulator alone, until it is interrupted."""

import asyncio
import signal
import sys

from simulators.faults import FaultPlan
from simulators.journal import Journal
from simulators.processes.port_option import OneLineParser, port_number
from simulators.pubsub.simulator import PubSubSimulator


async def serve(port: int) -> None:
    """Run until SIGINT or SIGTERM, having told on stdout where."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    simulator = PubSubSimulator(journal=Journal(), faults=FaultPlan())
    async with simulator.serve(port=port) as running:
        print(f"export PUBSUB_EMULATOR_HOST={running.address}", flush=True)  # noqa: T201  # its output
        print(f"# push tokens are verified with {running.certs_url}", flush=True)  # noqa: T201  # its output
        await stopped.wait()


def main() -> int:
    """Exit status 1, with one sentence on stderr, if the port is taken."""
    parser = OneLineParser(prog="python -m simulators.pubsub", description=__doc__)
    parser.add_argument("--port", type=port_number, default=8085, help="0 takes a free one")
    try:
        asyncio.run(serve(parser.parse_args().port))
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
