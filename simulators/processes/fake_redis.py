"""``python -m simulators.processes.fake_redis PORT``: fakeredis' TCP server, a process."""

import sys
from typing import Any

from fakeredis import TcpFakeServer
from fakeredis._clients._tcp_server import TCPFakeRequestHandler
from redis.exceptions import ResponseError


class _Handler(TCPFakeRequestHandler):
    """Goes on after an error, as Redis does.

    fakeredis hangs up: a client that learns from the error to send a script would have to connect
    again for it.
    """

    def setup(self) -> None:
        super().setup()
        read = self.current_client.read_response

        def read_response(**_options: Any) -> Any:
            try:
                return read()
            except ResponseError as error:
                return error

        self.current_client.read_response = read_response  # type: ignore[method-assign] # see above


def fake_redis(port: int) -> TcpFakeServer:
    """A server on the loopback, at any free port for 0; it begins with ``serve_forever``."""
    server = TcpFakeServer(("127.0.0.1", port), server_type="redis")
    server.RequestHandlerClass = _Handler
    # Clients that are still connected must not keep a stopped server alive.
    server.daemon_threads = True
    return server


def main() -> None:
    """Serve on the loopback until killed."""
    fake_redis(int(sys.argv[1])).serve_forever()


if __name__ == "__main__":
    main()
