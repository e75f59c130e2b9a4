"""A server in place of OpenSearch, which behaves well or badly."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


class StandIn(ThreadingHTTPServer):
    """Keeps requests and answers with `status`, `body` and `headers`, in the way that `manner` says."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.status, self.body, self.manner = 200, b'{"took":1}', "whole"
        self.go = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: StandIn
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        stand_in = self.server
        length = int(self.headers.get("content-length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        stand_in.requests.append((self.command, self.path, headers, self.rfile.read(length)))
        if stand_in.manner == "silent":
            stand_in.go.wait(30)
        self.send_response(stand_in.status)
        self.send_header("content-type", "application/json")
        self.send_header("x-opaque-id", headers.get("x-opaque-id", ""))
        missing = 10 if stand_in.manner == "truncated" else 0
        self.send_header("content-length", str(len(stand_in.body) + missing))
        self.end_headers()
        self.wfile.write(stand_in.body)
        if missing:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    server = StandIn()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.go.set()
    server.shutdown()
    server.server_close()
