"""A service on loopback: HTTP in, API Gateway events to the functions' own entry point, HTTP out."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from lambdas.support.authorization import Check
from lambdas.support.http import Operation, serve
from tastemaker.wire import Service


def event(method: str, path: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """An HTTP API event, payload format 2.0."""
    return {
        "version": "2.0",
        "rawPath": urlsplit(path).path,
        "headers": {name.lower(): value for name, value in headers.items()},
        "body": body.decode(),
        "isBase64Encoded": False,
        "requestContext": {"accountId": "123456789012", "stage": "$default", "http": {"method": method}},
    }


class Answering(BaseHTTPRequestHandler):
    """A handler that writes whole answers, and no log."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def listening(handler: type[Answering]) -> Iterator[str]:
    """Serve on a free port; gives the endpoint's address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def running(
    service: Service, operations: Mapping[str, Operation], check: Check | None = None
) -> Iterator[str]:
    """Serve on a free port; gives the endpoint's address. `check` authorizes each request."""

    class Handler(Answering):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            request = event("POST", self.path, dict(self.headers.items()), self.rfile.read(length))
            result = serve(service, request, operations, check)
            self.answer(result["statusCode"], result["body"].encode(), result["headers"])

    with listening(Handler) as endpoint:
        yield endpoint
