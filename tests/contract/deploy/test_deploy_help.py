"""``--help`` of every command that an operator types: what it does, what each word means."""

import re
import sys
from collections.abc import Iterator
from itertools import pairwise

import pytest

from simulators.processes.environment import PROJECT_ROOT, inherited
from tests.support import gcloud

DEPLOY = PROJECT_ROOT / "deploy"
_ARGUMENT = re.compile(r" {2,4}[-{\w]")
# argparse puts an explanation into this column, in the same or the next line.
_COLUMN = 24
_IN_LINE = re.compile(r" {2,4}\S.*?  +\S")


def modules() -> list[str]:
    """Every module of ``deploy`` that can be run."""
    found = [f"deploy.{path.parent.name}" for path in DEPLOY.glob("*/__main__.py")]
    found += [f"deploy.{p.stem}" for p in DEPLOY.glob("*.py") if "__main__" in p.read_text()]
    return sorted(found)


def unexplained(told: str) -> Iterator[str]:
    """The arguments that have a name only."""
    _, _, listed = told.partition("positional arguments:" if "positional" in told else "options:")
    lines = [*listed.splitlines(), ""]
    for line, after in pairwise(lines):
        goes_on = after.startswith(" " * _COLUMN) or re.match(r"    \w", after)
        if _ARGUMENT.match(line) and not _IN_LINE.match(line) and not goes_on:
            yield line.strip()


@pytest.mark.parametrize("module", modules())
async def test_a_module_says_what_it_does_and_what_each_argument_means(module: str) -> None:
    ran = await gcloud.run(sys.executable, "-m", module, "--help", env=inherited())
    assert ran.code == 0, ran.err
    assert ran.out.startswith(f"usage: python -m {module}")
    assert "exit code" in ran.out.lower()
    assert list(unexplained(ran.out)) == []


def test_an_argument_with_a_name_only_is_found() -> None:
    told = "options:\n  -h, --help  show this\n  --json\n  --long LONG_NAME_OF_ALL\n" + 24 * " "
    assert list(unexplained(told + "said\n")) == ["--json"]


@pytest.mark.parametrize("script", ["bootstrap.sh", "backup.sh", "build/tools.sh"])
async def test_a_script_explains_itself_without_a_project(script: str) -> None:
    path = DEPLOY / script
    ran = await gcloud.run(str(path), "--help", env=inherited())
    assert (ran.code, ran.err) == (0, "")
    assert "PROJECT_ID=" in ran.out
    assert script in ran.out
    assert "set -e" not in ran.out
    of_the_environment = set(re.findall(r"^([A-Z_]{4,})=\$\{\1:-", path.read_text(), re.MULTILINE))
    assert {name for name in of_the_environment if name not in ran.out} == set()
