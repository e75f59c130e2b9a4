"""Searches of the console, and what it shows when something else than the search answers."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from console.api import Api
from console.searching import Hits, body_of, search
from console.target import local_target


class Server(ThreadingHTTPServer):
    """Answers each request with `status` and `body`."""

    status, body = 200, b""


class Handler(BaseHTTPRequestHandler):
    """The answers of a server."""

    def do_POST(self) -> None:
        assert isinstance(self.server, Server)
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,)).start()
        yield server
        server.shutdown()


def searched(server: Server, status: int, body: bytes) -> Hits:
    server.status, server.body = status, body
    api = Api(local_target(f"http://127.0.0.1:{server.server_port}"))
    found = search(api, "films", body_of("space", ["TITLE"]))
    assert [call.operation for call in api.calls] == ["Search"]
    return found


def test_hits_have_the_order_of_the_search(server: Server) -> None:
    body = b'{"hits": {"total": {"value": 7}, "hits": [{"_id": "b"}, {"_id": "a"}]}}'
    assert searched(server, 200, body) == Hits(["b", "a"], 7)


def test_error_of_the_search_is_its_reason(server: Server) -> None:
    body = b'{"error": {"type": "t", "reason": "no such index [films]"}}'
    assert searched(server, 404, body) == Hits(error="no such index [films]")


@pytest.mark.parametrize("status", [200, 502])
@pytest.mark.parametrize("body", [b'["x"]', b'"x"', b"null", b"3", b"<html>x</html>"])
def test_answer_of_something_else_is_shown_with_its_status(server: Server, status: int, body: bytes) -> None:
    assert searched(server, status, body).error == (
        f"The search answered with status {status}: {body.decode()}"
    )


@pytest.mark.parametrize("body", [b"{}", b'{"message": "ok"}', b'{"hits": {"hits": []}}', b'{"hits": []}'])
def test_answer_without_hits_is_shown_with_its_status(server: Server, body: bytes) -> None:
    assert "status 200" in searched(server, 200, body).error
