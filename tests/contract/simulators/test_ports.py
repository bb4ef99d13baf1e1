"""Ports for servers of tests and of the local stack, on the machine's real sockets."""

import socket
import subprocess
import sys
from pathlib import Path

from simulators.processes.tcp_ports import free_port, is_free

_PICKS = 400
_OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_a_free_port_can_be_listened_on_and_is_given_once() -> None:
    ports = [free_port() for _ in range(100)]

    assert len(set(ports)) == len(ports)
    assert all(is_free(port) for port in ports)


def test_no_two_processes_are_given_the_same_port() -> None:
    # Both pick with the same random numbers, as two test processes seeded alike would.
    picking = (
        "import random, sys; from simulators.processes.tcp_ports import free_port; random.seed(7);"
        "print([free_port() for _ in range(20)], flush=True); sys.stdin.read()"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", picking],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        picked = [
            set(process.stdout.readline().strip("[]\n").split(", "))
            for process in processes
            if process.stdout is not None
        ]
    finally:
        for process in processes:
            process.communicate()

    assert [len(ports) for ports in picked] == [20, 20]
    assert picked[0].isdisjoint(picked[1])


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as server:
        assert not is_free(server.getsockname()[1])


def test_no_outgoing_connection_is_given_such_a_port() -> None:
    first = int(_OUTGOING.read_text().split()[0]) if _OUTGOING.exists() else 49_152

    assert all(free_port() < first for _ in range(_PICKS))


def test_a_process_that_was_given_ports_ends_without_a_warning() -> None:
    picking = "from simulators.processes.tcp_ports import free_port; print(free_port())"
    ended = subprocess.run(
        [sys.executable, "-X", "dev", "-c", picking], capture_output=True, text=True, check=True
    )

    assert ended.stdout.strip().isdecimal()
    assert ended.stderr == ""
