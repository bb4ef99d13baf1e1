"""Where the scripts of the build run."""

import shutil
from pathlib import Path

import pytest

from simulators.processes.environment import PROJECT_ROOT
from tests.support.workbenches.build import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    if not (PROJECT_ROOT / ".venv/bin/python").exists():
        pytest.skip("the scripts use .venv, which `make` makes")
    return Workspace(tmp_path)
