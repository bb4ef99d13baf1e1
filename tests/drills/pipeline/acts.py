"""What goes wrong in the drill of the pipeline: each act begins with whatever serves by then."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from tests.drills.pipeline.build import STEPS, Project
from tests.support.workbenches.operators import heard

_ALL: Final = dict.fromkeys(STEPS, 0)


async def bad_processor(project: Project) -> list[str]:
    """A processor of which 5 % fail: its traffic goes back, and people are told once."""
    before = await _serving(project)
    project.processor.play(before.processor, answered=500)
    project.processor.play("bad-0", answered=95, failed=5)
    codes = await project.build("bad")
    after = await _serving(project)
    told = after.told - before.told
    return _faults(
        {
            f"the steps ended with {codes}": codes == {"candidate": 0, "smoke": 0, "rollout": 3},
            "its traffic did not go back": after.processor == before.processor,
            f"people were told {told} times": told == 1,
            "the command service was deployed": after.command == before.command,
        }
    )


async def command_that_does_not_start(project: Project) -> list[str]:
    """A command service that does not start: the one before goes on, and nobody met the new one."""
    before = await _serving(project)
    project.processor.play("good-0", answered=100)
    codes = await project.build("good", command="does-not-start")
    after = await _serving(project)
    return _faults(
        {
            f"the steps ended with {codes}": codes == _ALL | {"command": 1},
            "the good processor does not serve": after.processor == "good-0",
            "the command service changed": after.command == before.command,
            "people were told of what they did not meet": after.told == before.told,
        }
    )


async def bad_command(project: Project) -> list[str]:
    """A bad command service is rolled back by hand; people are told, and the old socket is gone."""
    before = await _serving(project)
    project.processor.play("next-0", answered=100)
    async with heard(project.command):
        codes = await project.build("next")
        deployed = await _serving(project)
        back = await project.roll_back("command")
    after = await _serving(project)
    told = after.told - before.told
    return _faults(
        {
            f"the steps ended with {codes}": codes == _ALL,
            f"{deployed.command} served": deployed.command == "next-0",
            f"the rollback ended with {back}": back == 0,
            "its traffic did not go back": after.command == before.command,
            f"people were told {told} times": told == 1,
            "the processor went back, too": after.processor == "next-0",
        }
    )


async def hotfix_while_gemini_is_away(project: Project) -> list[str]:
    """Gemini is away: a usual build stops before any traffic, and a hotfix goes out."""
    before = await _serving(project)
    project.google.gemini_is_away = True
    project.processor.played.clear()
    # Far more than was answered before: it has been so for most of the ten minutes looked at.
    project.processor.play(before.processor, failed=2000)
    for revision in ("usual-0", "fix-0"):
        project.processor.play(revision, failed=50)
    usual = await project.build("usual")
    after_usual = await _serving(project)
    async with heard(project.command):
        hotfix = await project.build("fix", HOTFIX="yes")
    after = await _serving(project)
    return _faults(
        {
            f"a usual build's steps ended with {usual}": usual == {"candidate": 0, "smoke": 1},
            f"{after_usual.processor} served": after_usual == before,
            f"the hotfix' steps ended with {hotfix}": hotfix == _ALL,
            "the hotfix does not serve": (after.processor, after.command) == ("fix-0", "fix-0"),
            "people were told of what they did not meet": after.told == before.told,
        }
    )


async def build_that_a_hotfix_overtook(project: Project) -> list[str]:
    """A build that was tested while a hotfix went out does not bring back what that mended."""
    began = datetime.now(UTC)
    project.processor.play("quick-0", answered=100)
    async with heard(project.command):
        hotfix = await project.build("quick", HOTFIX="yes")
    project.google.ordered_at = began
    codes = await project.build("overtaken")
    project.google.ordered_at = None
    after = await _serving(project)
    return _faults(
        {
            f"the hotfix' steps ended with {hotfix}": hotfix == _ALL,
            f"the steps ended with {codes}": codes == {"candidate": 2},
            f"{after.processor} serves": after.processor == "quick-0",
        }
    )


ACTS: Final[tuple[Callable[[Project], Awaitable[list[str]]], ...]] = (
    bad_processor,
    command_that_does_not_start,
    bad_command,
    hotfix_while_gemini_is_away,
    build_that_a_hotfix_overtook,
)


@dataclass(frozen=True)
class _Serving:
    """The revisions that serve, without their services' names, and how often people were told."""

    processor: str
    command: str
    told: int


async def _serving(project: Project) -> _Serving:
    processor, command = [
        (await bench.state()).carrier.removeprefix(f"{bench.name}-")
        for bench in (project.processor, project.command)
    ]
    return _Serving(processor, command, project.told)


def _faults(checks: dict[str, bool]) -> list[str]:
    return [fault for fault, held in checks.items() if not held]
