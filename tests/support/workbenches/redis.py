"""The Redis servers that adapters are tested against, each as a URL for as long as it is needed."""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from simulators.processes import fake_redis as fakeredis
from simulators.processes.tcp_ports import free_port

# A busy machine must not turn a slow answer into a lost Redis.
PATIENCE_S = 5.0
PATIENT_REDIS = {"REDIS_TIMEOUT": str(round(PATIENCE_S * 1000))}


@contextmanager
def real_redis(folder: Path) -> Iterator[str]:
    """``redis-server`` from the PATH; skips where there is none, except in CI."""
    port = free_port()
    with _server(port, "--port", str(port), "--dir", str(folder)):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def tls_redis(folder: Path, key_file: Path, certificate_file: Path, password: str) -> Iterator[str]:
    """``redis-server`` that speaks only TLS and wants a password; gives its ``host:port``."""
    port = free_port()
    options = (
        *("--port", "0", "--tls-port", str(port), "--tls-auth-clients", "no"),
        *("--tls-key-file", str(key_file), "--tls-cert-file", str(certificate_file)),
        *("--requirepass", password, "--dir", str(folder)),
    )
    with _server(port, *options):
        yield f"127.0.0.1:{port}"


@contextmanager
def _server(port: int, *options: str) -> Iterator[None]:
    binary = shutil.which("redis-server")
    if binary is None:
        if os.environ.get("CI"):
            pytest.fail("CI has no redis-server")
        pytest.skip("redis-server is not installed")
    server = subprocess.Popen(
        [binary, "--bind", "127.0.0.1", "--save", "", *options], stdout=subprocess.DEVNULL
    )
    try:
        _wait_until_it_listens(port)
        yield
    finally:
        server.terminate()
        server.wait()


@contextmanager
def fake_redis() -> Iterator[str]:
    """fakeredis' TCP server, as the local stack runs it where there is no other Redis."""
    server = fakeredis.fake_redis(0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"redis://127.0.0.1:{server.server_address[1]}/0"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _wait_until_it_listens(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.02)
    raise AssertionError("Redis did not start")
