"""Starts a child again when it dies, as Cloud Run would."""

import asyncio
from collections.abc import Callable, Iterable

from simulators.processes.child_process import ChildProcess
from simulators.stack.service import ServiceNotReady

_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 10.0
# A process that has worked this long did not die of its start: the pauses begin anew.
_STEADY_S = 30.0


async def supervise(children: Iterable[ChildProcess], say: Callable[[str], None]) -> None:
    """Watch every child until cancelled; ends that were asked for are left alone."""
    async with asyncio.TaskGroup() as watching:
        for child in children:
            watching.create_task(_watch(child, say), name=f"watch-{child.name}")


async def _watch(child: ChildProcess, say: Callable[[str], None]) -> None:
    pause_s = _FIRST_PAUSE_S
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        code = await child.wait()
        if child.ended_on_purpose:
            return
        if loop.time() - began > _STEADY_S:
            pause_s = _FIRST_PAUSE_S
        say(f"{child.name} {_ending(code)}. Starting it again in {pause_s:g} s.")
        if code >= 0:
            say(child.last_lines(5))
        await asyncio.sleep(pause_s)
        await child.may_start.wait()
        pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
        try:
            await child.start()
        except ServiceNotReady as error:
            say(str(error))
            await child.kill()
            child.ended_on_purpose = False
        else:
            say(f"{child.name} is back with pid {child.pid}.")


def _ending(code: int) -> str:
    return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
