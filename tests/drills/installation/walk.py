"""Types an installation page into a shell, in a project where nothing is and nothing is Google's.

Our own scripts really run. ``gcloud`` is project.sh, in which what was created is there and nothing
else; docker and git answer as if all were well, and of our modules only the parsers run.
"""

import asyncio
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from simulators.processes.environment import PROJECT_ROOT
from tests.drills.installation.page import Page
from tests.support import gcloud

TYPED: Final = {
    "mechachang-slack-bot-token": "xoxb-typed",
    "mechachang-slack-app-token": "xapp-typed",
    "mechachang-gemini-api-key": "key-typed",
}
"""What is pasted at the prompts, by the secret that must hold it."""
_DIGEST: Final = "sha256:" + "0" * 64
_TOOLS: Final = {
    "docker": f'#!/bin/sh\ncase "$*" in *inspect*) echo {_DIGEST} ;; esac\n',
    "git": "#!/bin/sh\necho abc1234\n",
    "python": f'#!/bin/sh\nexec {sys.executable} -m tests.drills.installation.understood "$@"\n',
}
_PROMPT: Final = re.compile(r"read -rs (\w+)")
_MARK: Final = "@@ "
_WITHIN_S: Final = 300.0


@dataclass(frozen=True)
class Typed:
    """One thing that was typed, what it printed, and each command of it that failed."""

    text: str
    out: str
    failed: Sequence[str]


@dataclass
class Walked:
    """The way through one page: ``calls`` are gcloud's, ``values`` the secrets' by name.

    ``again`` are the calls of a second run of the project's part. Who ``goes_aside`` types what
    stands within sentences, too, and once pastes nothing.
    """

    page: Page
    goes_aside: bool
    blocks: list[Typed] = field(default_factory=list)
    within: list[Typed] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    without_values: str = ""


async def walk(page: Page, folder: Path, *, goes_aside: bool = True) -> Walked:
    """Everything that the page has people type, in its order; then the project's part once more."""
    project, walked = project_in(folder), Walked(page, goes_aside)
    typed = [*page.blocks, *([*page.scripts, *page.gcloud] if goes_aside else ())]
    told = await shell(typed, project)
    walked.blocks, walked.within = told[: len(page.blocks)], told[len(page.blocks) :]
    calls = project / "calls"
    walked.calls = calls.read_text().splitlines()
    stored = (project / "values").glob("*")
    walked.values = {path.name: path.read_text() for path in stored}
    calls.unlink()
    named = page.blocks[0].splitlines()[0]
    await shell([named + "\ndeploy/bootstrap.sh"], project)
    walked.again = calls.read_text().splitlines()
    if goes_aside:
        unpasted = project_in(folder / "unpasted")
        (nothing,) = await shell([named + "\ndeploy/bootstrap.sh"], unpasted)
        walked.without_values = nothing.out
    return walked


def project_in(folder: Path) -> Path:
    """A project where nothing is yet, with the tools that know it beside it."""
    project, tools = folder / "project", folder / "bin"
    project.mkdir(parents=True)
    tools.mkdir()
    script = Path(__file__).with_name("project.sh").read_text(encoding="utf-8")
    for name, text in {**_TOOLS, "gcloud": script}.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    return project


async def shell(typed: Sequence[str], project: Path) -> list[Typed]:
    """One shell for all of it, as one person has; its variables stay from block to block."""
    script = project.parent / "typed.sh"
    script.write_text("".join(_lines(typed)))
    environment = gcloud.environment(project.parent, PROJECT=str(project), PROJECT_ID="my-project")
    environment["PATH"] = f"{project.parent / 'bin'}:{environment['PATH']}"
    shell = await asyncio.create_subprocess_exec(
        *("bash", str(script)), cwd=PROJECT_ROOT, env=environment, stdin=PIPE, stdout=PIPE
    )
    try:
        async with asyncio.timeout(_WITHIN_S):
            out, _ = await shell.communicate(_pasted(typed).encode())
    finally:
        if shell.returncode is None:
            shell.kill()
    told = [""] * len(typed)
    for number, text in re.findall(
        rf"^{_MARK}(\d+)\n(.*?)(?=^{_MARK}|\Z)", out.decode(), re.MULTILINE | re.DOTALL
    ):
        told[int(number)] += text
    return [Typed(each, out, _failures(out)) for each, out in zip(typed, told, strict=True)]


def _pasted(typed: Sequence[str]) -> str:
    """What is pasted at each prompt, in their order."""
    names = _PROMPT.findall("\n".join(typed))
    secrets = [f"mechachang-{name.lower().replace('_', '-')}" for name in names]
    return "".join(f"{TYPED[secret]}\n" for secret in secrets)


def _lines(typed: Sequence[str]) -> Iterator[str]:
    yield "exec 2>&1\ntrap 'echo \"failed ($?): $BASH_COMMAND\"' ERR\n"
    for number, text in enumerate(typed):
        yield f"echo; echo '{_MARK}{number}'\n{text}\n"


def _failures(out: str) -> list[str]:
    lines = out.splitlines()
    return [line for line in lines if line.startswith(("failed (", "ERROR: ")) or ": line " in line]
