"""What ``deploy/bootstrap.sh`` would do to a project, command by command."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from tests.support import gcloud

ROOT = Path(__file__).parents[3]
BOOTSTRAP = "deploy/bootstrap.sh"
PROCESSOR_URL = "http://127.0.0.1:9"
TOLD = {"PROJECT_ID": "a-project", "PROJECT_NUMBER": "1234", "PROCESSOR_URL": PROCESSOR_URL}


async def dry_run(folder: Path, *parts: str, **told: str) -> list[str]:
    """Every command it would run, looking included."""
    env = gcloud.environment(folder, **TOLD, **told)
    ran = await gcloud.run(BOOTSTRAP, "--dry-run", *parts, env=env)
    assert ran.code == 0, ran.err
    lines = [line.removeprefix("# if there is none: ") for line in ran.out.splitlines()]
    return [line for line in lines if line.startswith("gcloud ")]


def granted(commands: list[str]) -> Iterator[tuple[str, str, str]]:
    """Who may do what with which thing."""
    for command in commands:
        words = shlex.split(command)
        if "add-iam-policy-binding" in words:
            thing = words[words.index("add-iam-policy-binding") + 1]
            flags = dict(word.split("=", 1) for word in words if word.startswith("--"))
            yield flags["--member"], flags["--role"], thing
