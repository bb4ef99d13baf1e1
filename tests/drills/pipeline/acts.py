"""What goes wrong in the drill of the pipeline, in the order in which it is played."""

from collections.abc import Awaitable, Callable
from typing import Final

from tests.drills.pipeline.build import STEPS, Project
from tests.support.workbenches.operators import heard

_ALL: Final = dict.fromkeys(STEPS, 0)


async def bad_processor(project: Project) -> list[str]:
    """A processor of which 5 % fail: its traffic goes back, and people are told once."""
    project.processor.play("00001", answered=500)
    project.processor.play("bad-0", answered=95, failed=5)
    codes = await project.build("bad")
    return _faults(
        {
            f"the steps ended with {codes}": codes == {"candidate": 0, "smoke": 0, "rollout": 3},
            "its traffic did not go back": await _serves(project, "00001"),
            f"people were told {project.told} times": project.told == 1,
            "the command service was deployed": await project.command.shares() == {"00001": 100},
        }
    )


async def command_that_does_not_start(project: Project) -> list[str]:
    """A command service that does not start: the one before goes on, and nobody met the new one."""
    project.processor.play("good-0", answered=100)
    codes = await project.build("good", command="does-not-start")
    return _faults(
        {
            f"the steps ended with {codes}": codes == _ALL | {"command": 1},
            "the good processor does not serve": await _serves(project, "0", of="good"),
            "the command service changed": await project.command.shares() == {"00001": 100},
            "people were told of what they did not meet": project.told == 1,
        }
    )


async def bad_command(project: Project) -> list[str]:
    """A bad command service is rolled back by hand; people are told, and the old socket is gone."""
    project.processor.play("next-0", answered=100)
    async with heard(project.command):
        codes = await project.build("next")
        deployed = await project.command.shares()
        back = await project.roll_back("command")
    return _faults(
        {
            f"the steps ended with {codes}": codes == _ALL,
            f"{deployed} served": deployed == {"0": 100},
            f"the rollback ended with {back}": back == 0,
            "its traffic did not go back": await project.command.shares() == {"00001": 100},
            f"people were told {project.told} times": project.told == 2,
            "the processor went back, too": await _serves(project, "0", of="next"),
        }
    )


async def hotfix_while_gemini_is_away(project: Project) -> list[str]:
    """Gemini is away: a usual build stops before any traffic, and a hotfix goes out."""
    project.google.gemini_is_away = True
    project.processor.played.clear()
    # Far more than was answered before: it has been so for most of the ten minutes looked at.
    project.processor.play("next-0", failed=2000)
    for revision in ("usual-0", "fix-0"):
        project.processor.play(revision, failed=50)
    usual = await project.build("usual")
    after_usual = await project.processor.state()
    async with heard(project.command):
        hotfix = await project.build("fix", HOTFIX="yes")
    return _faults(
        {
            f"a usual build's steps ended with {usual}": usual == {"candidate": 0, "smoke": 1},
            f"{after_usual.carrier} served": after_usual.carrier == "processor-service-next-0",
            f"the hotfix' steps ended with {hotfix}": hotfix == _ALL,
            "the hotfix does not serve": await _serves(project, "0", of="fix"),
            f"people were told {project.told} times": project.told == 2,
        }
    )


ACTS: Final[tuple[Callable[[Project], Awaitable[list[str]]], ...]] = (
    bad_processor,
    command_that_does_not_start,
    bad_command,
    hotfix_while_gemini_is_away,
)


async def _serves(project: Project, name: str, of: str = "") -> bool:
    carrier = (await project.processor.state()).carrier
    return carrier == "-".join(filter(None, ("processor-service", of, name)))


def _faults(checks: dict[str, bool]) -> list[str]:
    return [fault for fault, held in checks.items() if not held]
