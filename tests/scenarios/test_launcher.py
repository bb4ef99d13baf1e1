"""``python -m simulators`` as a person starts and stops it."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from simulators.processes.environment import PROJECT_ROOT, inherited
from simulators.processes.tcp_ports import free_port, is_free

DEADLINE_S = 60.0


@contextmanager
def launcher(port: int, folder: Path, **told: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "simulators", "--port", str(port)),
            *("--folder", str(folder), "--env-file", str(folder / "no.env")),
        ],
        env={**inherited(), **told},
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """Its output up to the line with ``words``; the test's own timeout bounds the wait."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"It ended without saying {words!r}:\n{said}")


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + DEADLINE_S
    while not condition() and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    return condition()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def pids_in(said: str) -> list[int]:
    return [int(pid) for pid in re.findall(r"pid (\d+)", said)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_shows_where_to_go_and_a_signal_stops_every_child(
    number: signal.Signals, tmp_path: Path
) -> None:
    port = free_port()
    with launcher(port, tmp_path) as process:
        said = read_until(process, "Ctrl-C stops everything")
        assert f"http://127.0.0.1:{port}" in said
        assert "\x1b" not in said
        pids = pids_in(said)
        assert len(pids) == 3
        assert all(is_alive(pid) for pid in pids)
        process.send_signal(number)
        assert process.wait(timeout=DEADLINE_S) == 0
        assert not any(is_alive(pid) for pid in pids)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent's crash")
def test_a_killed_launcher_leaves_no_process_behind(tmp_path: Path) -> None:
    with launcher(free_port(), tmp_path) as process:
        pids = pids_in(read_until(process, "Ctrl-C stops everything"))
        process.kill()
        process.wait()
        assert until(lambda: not any(is_alive(pid) for pid in pids))


def test_a_service_that_is_killed_is_started_again(tmp_path: Path) -> None:
    with launcher(free_port(), tmp_path) as process:
        said = read_until(process, "Ctrl-C stops everything")
        pid = next(int(pid) for pid in re.findall(r"processor-service .* pid (\d+)", said))
        os.kill(pid, signal.SIGKILL)
        said = read_until(process, "is back")
        assert "processor-service was ended by signal 9" in said
        process.terminate()
        assert process.wait(timeout=DEADLINE_S) == 0


def test_a_taken_port_is_one_line_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with launcher(port, tmp_path) as process:
            said, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 1
    named = re.fullmatch(
        rf"Port {port} is taken\. Choose another one: make demo PORT=(\d+)\n", said
    )
    assert named is not None
    assert is_free(int(named[1]))


def test_half_of_slacks_tokens_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    with launcher(free_port(), tmp_path, SLACK_BOT_TOKEN="xoxb-mine") as process:
        said, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 2
    assert "SLACK_APP_TOKEN is missing" in said
    assert said.count("\n") == 1
