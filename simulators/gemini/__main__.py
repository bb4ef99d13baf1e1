"""``python -m simulators.gemini --port N``: the simulated Gemini alone."""

import asyncio
import sys

from simulators.faults import FaultPlan
from simulators.gemini.config import GeminiConfig
from simulators.gemini.server import GeminiSimulator
from simulators.journal import Journal
from simulators.processes.port_option import OneLineParser, port_number


async def _serve(port: int, config: GeminiConfig) -> None:
    simulator = GeminiSimulator(journal=Journal(), faults=FaultPlan(), config=config)
    async with simulator.serve(port=port) as running:
        sys.stdout.write(f"Gemini simulator at {running.base_url} (API key: local)\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> int:
    """Serve until Ctrl-C; 1 if the port is taken."""
    parser = OneLineParser(prog="python -m simulators.gemini", description=__doc__)
    parser.add_argument("--port", type=port_number, default=0)
    parser.add_argument("--first-token-s", type=float, default=0.35)
    parser.add_argument("--tokens-per-s", type=float, default=120.0)
    options = parser.parse_args()
    config = GeminiConfig(first_token_s=options.first_token_s, tokens_per_s=options.tokens_per_s)
    try:
        asyncio.run(_serve(options.port, config))
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        sys.stderr.write(f"Port {options.port} can't be used: {error.strerror}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
