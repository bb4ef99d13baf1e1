"""One drill of a played installation: break it, see it, mend it and verify it as the page says."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from simulators.prometheus.evaluation import evaluate
from tests.drills.runbooks.installation import CommandFailed, NotKnown
from tests.drills.runbooks.page import RUNBOOKS, Block, Page, read
from tests.drills.runbooks.played import PlayedInstallation, played_installation
from tests.drills.runbooks.played_drills import ANSWERED, PlayedDrill
from tests.drills.runbooks.run import Result
from tests.drills.runbooks.signs import NotSeen, SeenBefore
from tests.support.log_filter import matches
from tests.support.played_traffic import Traffic

# Longer than a series stays after its last point.
_BEFORE_MIN: Final = 10


@dataclass
class _Course:
    """A drill under way."""

    page: Page
    drill: PlayedDrill
    at: PlayedInstallation
    since: int = 0
    shown: list[str] = field(default_factory=list)
    did: list[str] = field(default_factory=list)
    verified: list[str] = field(default_factory=list)

    async def go(self) -> None:
        """All of it; raises what the page does not keep."""
        self.at.play(_BEFORE_MIN, None, (ANSWERED,))
        await self.drill.prepares(self.at)
        await self._unseen("confirm", self.drill.confirms)
        self.since = len(self.at.log)
        await self.drill.breaks(self.at)
        self.at.play(self.drill.minutes, self.drill.fault, self.drill.logged)
        self.shown += await self._seen("confirm", self.drill.confirms)
        await self._unseen("verify", self.drill.verifies)
        self.since = len(self.at.log)
        for block in self.page.of("fix"):
            for command in block.lines():
                await self.at.run(command)
                self.did.append(command)
        if await self.drill.is_mended(self.at):
            self.at.play(self.drill.minutes_after, None, self.drill.logged_after)
        else:
            self.at.play(self.drill.minutes_after, self.drill.fault, self.drill.logged)
        self.verified += await self._seen("verify", self.drill.verifies)

    async def _seen(self, role: str, shows: Callable[[str], bool]) -> list[str]:
        for block in self.page.of(role):
            if not await self._look(block, shows):
                raise NotSeen(f"not seen: {block.text.strip()}")
        return [block.lines()[0][:60] for block in self.page.of(role)]

    async def _unseen(self, role: str, shows: Callable[[str], bool]) -> None:
        for block in self.page.of(role):
            if await self._look(block, shows):
                raise SeenBefore(f"shows without it: {block.text.strip()}")

    async def _look(self, block: Block, shows: Callable[[str], bool]) -> bool:
        match block.language:
            case "promql":
                # Of several queries any may ring.
                store, now = self.at.traffic.store, self.at.traffic.now
                return any(evaluate(line, store, now) for line in block.text.splitlines())
            case "logs":
                return any(matches(block.text, entry) for entry in self.at.log[self.since :])
            case "sh":
                return shows(await self._printed(block))
        raise NotKnown(f"a sign in {block.language} cannot be looked for")

    async def _printed(self, block: Block) -> str:
        """What the block's last command prints, or how it fails."""
        printed = ""
        for command in block.lines():
            try:
                printed = await self.at.run(command)
            except CommandFailed as error:
                return f"failed: {error}"
        return printed


async def run_played(drill: PlayedDrill, runbooks: Path = RUNBOOKS) -> Result:
    """Do the drill with the page in ``runbooks``; what fails is in the result."""
    began = time.monotonic()
    page = read(runbooks / f"{drill.page}.md")
    failure = ""
    traffic = Traffic(drill.per_hour, synthetic=drill.is_synthetic)
    async with played_installation(traffic) as at:
        course = _Course(page, drill, at)
        try:
            await course.go()
        except (NotKnown, NotSeen, SeenBefore, CommandFailed) as error:
            failure = f"{type(error).__name__}: {error}"
    took_s = time.monotonic() - began
    return Result(
        drill.page, drill.fault_is, course.shown, course.did, course.verified, took_s, failure
    )


async def play_all(drills: Sequence[PlayedDrill], tell: Callable[[Result], None]) -> list[Result]:
    """One after the other; each result is told at once."""
    results = []
    for drill in drills:
        result = await run_played(drill)
        tell(result)
        results.append(result)
    return results
