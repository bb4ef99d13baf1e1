"""``python -m simulators.processes.fake_redis PORT``: fakeredis' TCP server, a process."""

import sys

from fakeredis import TcpFakeServer


def main() -> None:
    """Serve on the loopback until killed."""
    server = TcpFakeServer(("127.0.0.1", int(sys.argv[1])), server_type="redis")
    # Clients that are still connected must not keep a stopped server alive.
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main()
