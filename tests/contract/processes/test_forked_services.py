"""What a forked process has and how it ends: as one that was started anew."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support.nursery.forked import Nursery

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks so much safely")

TELLS = """
import os, sys

print(sorted(os.environ), os.getcwd(), os.getsid(0) == os.getpid(), __name__, sys.argv[0])
print("as an error", file=sys.stderr)
raise SystemExit(3)
"""
WAITS = """
import signal

print("waiting")
signal.pause()
"""


def module(folder: Path, code: str) -> str:
    (folder / "a_module.py").write_text(code)
    return "a_module"


async def test_it_has_its_environment_and_folder_and_no_other_and_tells_how_it_ended(
    tmp_path: Path,
) -> None:
    name = module(tmp_path, TELLS)
    with Nursery({name: ()}) as nursery:
        for _ in range(2):
            log = tmp_path / "log"
            started = await nursery.start(name, {"ONE": "1"}, tmp_path, log)
            assert await started.wait() == 3
            assert started.returncode == 3
    path = tmp_path / "a_module.py"
    assert log.read_text() == f"['ONE'] {tmp_path} True __main__ {path}\nas an error\n" * 2


async def test_a_signal_ends_it_and_the_other_goes_on(tmp_path: Path) -> None:
    name = module(tmp_path, WAITS)
    with Nursery({name: ()}) as nursery:
        first, second = await asyncio.gather(
            nursery.start(name, {}, tmp_path, tmp_path / "first"),
            nursery.start(name, {}, tmp_path, tmp_path / "second"),
        )
        first.send_signal(signal.SIGTERM)
        assert await first.wait() == -signal.SIGTERM
        os.kill(second.pid, 0)
        assert second.returncode is None
        second.send_signal(signal.SIGKILL)
        assert await second.wait() == -signal.SIGKILL


async def test_an_error_of_the_module_is_in_its_log(tmp_path: Path) -> None:
    name = module(tmp_path, "raise OSError('no way')")
    with Nursery({name: ()}) as nursery:
        started = await nursery.start(name, {}, tmp_path, tmp_path / "log")
        assert await started.wait() == 1
    assert "OSError: no way" in (tmp_path / "log").read_text()


async def test_nothing_outlives_the_nursery(tmp_path: Path) -> None:
    name = module(tmp_path, WAITS)
    with Nursery({name: ()}) as nursery:
        started = await nursery.start(name, {}, tmp_path, tmp_path / "log")
    assert await started.wait() == -signal.SIGKILL
