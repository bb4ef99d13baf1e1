"""``make`` as somebody with a fresh clone types it: one clear line for each thing that is wrong."""

import os
import re
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from simulators.processes.environment import PROJECT_ROOT, inherited

WELL_KNOWN = "/usr/bin:/bin"


def run(*command: str, **told: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=PROJECT_ROOT,
        env={**inherited(), **told},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_groups_every_documented_target() -> None:
    said = run("make", "-s", "help").stdout

    makefile = (PROJECT_ROOT / "Makefile").read_text()
    documented = set(re.findall(r"(?m)^([a-z-]+):.*## ", makefile)) - {"help"}
    assert re.findall(r"(?m)^([A-Z]\w+)$", said) == ["Try", "Develop", "Measure", "Release"]
    assert set(re.findall(r"(?m)^  make ([a-z-]+) ", said)) == documented


def test_a_python_that_is_too_old_is_named_with_where_to_get_one(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\ncase "$2" in *print*) echo 3.9.2 ;; *) exit 1 ;; esac\n')
    old.chmod(old.stat().st_mode | stat.S_IXUSR)
    venv = tmp_path / "venv"

    made = run(
        *("make", "-s", f"VENV={venv}", "INTERPRETERS=python3.999 python3", f"{venv}/bin/python"),
        PATH=f"{tmp_path}{os.pathsep}{WELL_KNOWN}",
    )

    assert made.returncode != 0
    assert made.stderr.splitlines()[0] == (
        "Python 3.11 or newer is needed; python3 is 3.9.2. "
        "Install one: https://www.python.org/downloads/"
    )
    assert not venv.exists()


@pytest.mark.parametrize("port", ["99999", "65536", "-1", "http", "７０７０"])
@pytest.mark.parametrize("module", ["simulators", "simulators.slack", "tests.preview"])
def test_a_port_that_is_none_costs_one_line(module: str, port: str) -> None:
    ended = run(sys.executable, "-m", module, f"--port={port}")

    assert ended.returncode == 2
    assert ended.stderr == (
        f"Argument --port: {port!r} is no port: choose one from 1024 to 65535.\n"
    )


def test_the_preview_names_a_free_port_instead_of_a_taken_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(sys.executable, "-m", "tests.preview", f"--port={port}")

    named = re.fullmatch(
        rf"Port {port} is taken\. Choose another one: make preview PORT=(\d+)\n", ended.stderr
    )
    assert ended.returncode == 1
    assert named is not None
    assert int(named[1]) > port
