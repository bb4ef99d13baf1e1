"""``python -m simulators``: the whole system on this machine, with one command.

Slack and Gemini are simulated unless their credentials are in the environment or in ``.env``.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from simulators.gemini import GeminiConfig
from simulators.processes.environment import PROJECT_ROOT
from simulators.processes.port_option import OneLineParser, obstacle, port_number
from simulators.processes.redis_server import RedisUnavailable
from simulators.slack import PortInUse
from simulators.stack.config import StackConfig
from simulators.stack.console import Console
from simulators.stack.local_stack import LocalStack
from simulators.stack.provisioning import BrokerUnavailable
from simulators.stack.service import ServiceNotReady
from simulators.stack.settings import SettingsConflict, StackSettings
from simulators.stack.supervisor import supervise


def main() -> int:
    """0 after Ctrl-C or SIGTERM, 1 if something can't start, 2 if the settings contradict."""
    options = _options()
    try:
        settings = StackSettings.read(_settings(options.env_file))
    except SettingsConflict as error:
        return _fail(str(error), 2)
    except UnicodeDecodeError:
        return _fail(f"{options.env_file} is not written in UTF-8. Save it in that encoding.", 2)
    if not settings.real_slack and (why := obstacle(options.port, "make demo PORT={port}")):
        return _fail(why, 1)
    config = StackConfig(
        folder=options.folder.resolve(),
        settings=settings.values,
        processors=options.processors,
        page_port=options.port,
        telemetry=settings.get("TELEMETRY") is None,
        gemini=GeminiConfig.lifelike(),
    )
    try:
        asyncio.run(_run(config))
    except (RedisUnavailable, BrokerUnavailable, ServiceNotReady, PortInUse, OSError) as error:
        return _fail(str(error), 1)
    return 0


def _options() -> argparse.Namespace:
    parser = OneLineParser(prog="python -m simulators", description=__doc__)
    parser.add_argument(
        "--port", type=port_number, default=7070, help="port of the chat page (7070)"
    )
    parser.add_argument("--processors", type=int, default=1, help="processor processes (1)")
    parser.add_argument(
        "--folder", type=Path, default=PROJECT_ROOT / ".run", help="where logs go (.run)"
    )
    parser.add_argument(
        "--env-file", type=Path, default=PROJECT_ROOT / ".env", help="settings (.env)"
    )
    options = parser.parse_args()
    if options.processors < 1:
        parser.error("--processors must be at least 1.")
    return options


def _settings(env_file: Path) -> Mapping[str, str]:
    """``.env`` under the environment; logs are for people unless they are asked for otherwise."""
    written = {name: value or "" for name, value in dotenv_values(env_file).items()}
    return {"LOG_FORMAT": "console", **written, **os.environ}


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"{message}\n")
    return code


async def _run(config: StackConfig) -> None:
    console = Console()
    console.line("Mechachang, all on this machine")
    running = asyncio.create_task(_serve(config, console))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running
    console.line("\n  Stopped." if running.cancelled() else "")


async def _serve(config: StackConfig, console: Console) -> None:
    for old in config.folder.glob("*.log"):
        old.unlink()
    async with LocalStack(config, on_started=console.started) as stack:
        console.ready(stack)
        own_redis = [stack.redis.child] if stack.redis.child is not None else []
        await supervise([*stack.services, *own_redis], console.line)


if __name__ == "__main__":
    sys.exit(main())
