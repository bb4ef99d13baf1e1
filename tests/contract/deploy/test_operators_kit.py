"""``make operations``: every command of ``deploy`` starts with what it installs, nothing else."""

import json
import re
import sys
from importlib.metadata import packages_distributions

from simulators.processes.environment import PROJECT_ROOT, inherited
from tests.support import gcloud

IMPORT_ALL = """
import importlib, json, sys

missing, modules = map(json.loads, sys.argv[1:])

class OnlyTheKit:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, OnlyTheKit())
for module in modules:
    importlib.import_module(module)
"""


def installed() -> set[str]:
    """What the lock file of ``make operations`` names."""
    lock = (PROJECT_ROOT / "requirements-operations.lock").read_text(encoding="utf-8")
    return {normal(name) for name in re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==", lock, re.MULTILINE)}


def normal(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def not_in_the_kit(*more: str) -> list[str]:
    """The packages of this environment that the kit is without; ``more`` it loses besides."""
    kit = installed()
    there = packages_distributions()
    return sorted({top for top, of in there.items() if not kit & {*map(normal, of)}} | {*more})


def commands() -> list[str]:
    """Every module of ``deploy`` that is run."""
    found = (PROJECT_ROOT / "deploy").rglob("*.py")
    return sorted(
        str(path.relative_to(PROJECT_ROOT).with_suffix("")).replace("/", ".")
        for path in found
        if '__name__ == "__main__"' in path.read_text(encoding="utf-8")
    )


async def start_all(missing: list[str]) -> gcloud.Ran:
    told = (json.dumps(missing), json.dumps(commands()))
    return await gcloud.run(sys.executable, "-c", IMPORT_ALL, *told, env=inherited())


async def test_every_command_starts_with_the_kit_alone() -> None:
    missing = not_in_the_kit()
    assert {"pytest", "fastapi"} <= set(missing)
    ran = await start_all(missing)
    assert (ran.code, ran.err) == (0, "")


async def test_a_package_that_the_kit_is_without_is_found() -> None:
    ran = await start_all(not_in_the_kit("slack_sdk"))
    assert ran.code == 1
    assert "No module named 'slack_sdk" in ran.err
