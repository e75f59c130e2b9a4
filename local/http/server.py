"""A threaded HTTP/1.1 server with keep-alive.

Werkzeug's development server closes every connection and waits 10 ms on each (it looks for unread input),
which would be most of a small request's time. Here the body is always read to its end first, so the
connection can stay.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.http.messages import Headers, Request, Response

Application = Callable[[Request], Response]
MAX_BODY_BYTES = 5 << 30
"""The largest object that S3 takes in one request."""


class PortInUseError(OSError):
    """Another process listens on the port already."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a small answer must not wait for the client's acknowledgement
    wbufsize = -1  # headers and body leave in one segment
    server: _Server
    timeout = 300  # an idle connection ends

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: the router logs requests."""

    def handle_expect_100(self) -> bool:
        """S3 clients wait a second for this word before they send a body."""
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        headers = Headers()
        pairs = [(name, value) for name, value in self.headers.items() if value is not None]
        for name, value in pairs:
            headers.add(name, value)
        try:
            body = self._body(headers)
        except ValueError as error:
            self.send_error(400, explain=str(error))  # where the next request begins, nobody can tell
            self.close_connection = True
            return
        request = Request(self.command, self._target(), headers, body, self.client_address[0], pairs)
        self._send(self.server.application(request))

    def _target(self) -> str:
        """The path and query; a client may send an absolute URL (RFC 9112, section 3.2.2)."""
        if self.path.startswith(("http://", "https://")):
            return "/" + self.path.split("://", 1)[1].partition("/")[2]
        return self.path

    def _body(self, headers: Headers) -> bytes:
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return b"".join(self._chunks())
        length = headers.get("content-length") or "0"
        if not (length.isascii() and length.isdecimal()):
            raise ValueError(f"Content-Length is {length!r}, not a number of bytes.")
        return self._exactly(int(length))

    def _chunks(self) -> Iterator[bytes]:
        while size := self._size_of_chunk():
            yield self._exactly(size)
            self.rfile.readline()
        while self.rfile.readline().strip():  # trailers
            pass

    def _size_of_chunk(self) -> int:
        digits = self.rfile.readline().split(b";")[0].strip()
        if not digits or digits.strip(b"0123456789abcdefABCDEF"):
            raise ValueError(f"The size of a chunk is {digits[:20]!r}, not a hexadecimal number.")
        return int(digits, 16)

    def _exactly(self, size: int) -> bytes:
        """Bytes of the body. Half a body is no request: an upload that broke off must not be stored."""
        if size > MAX_BODY_BYTES:
            raise ValueError(f"The body has more than {MAX_BODY_BYTES:,} bytes.")
        body = self.rfile.read(size)
        if len(body) < size:
            raise ValueError(f"The body ends after {len(body):,} of {size:,} bytes.")
        return body

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        bodiless = self.command == "HEAD" or response.status in (204, 304)
        for name, value in response.headers:
            # S3 answers HEAD with the object's length, which is not the body's
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        length = response.header("content-length") if bodiless else str(len(response.body))
        if length is not None:
            self.send_header("Content-Length", length)
        self.end_headers()
        if not bodiless:
            self.wfile.write(response.body)
        self.wfile.flush()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    block_on_close = False
    allow_reuse_address = True

    application: Application

    def __init__(self, port: int, address: str) -> None:
        super().__init__((address, port), _Handler)

    def server_bind(self) -> None:
        """Bind without the look-up of the host's name, which can take seconds on a laptop."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no event."""


class HttpServer:
    """Serves an application from threads of its own."""

    def __init__(self, port: int, address: str = "127.0.0.1") -> None:
        """Bind to `port` (0 = a free one) of an IPv4 address of this machine.

        Raises PortInUseError if somebody else listens there, or the address is not this machine's.
        """
        try:
            self._server = _Server(port, address)
        except OSError as error:
            raise PortInUseError(f"port {port} of {address} cannot be used: {error.strerror}") from error
        self.port: int = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="http", daemon=True
        )

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, application: Application) -> None:
        self._server.application = application
        self._thread.start()

    def stop(self) -> None:
        """End it, started or not: without a loop to end, socketserver would wait for ever."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()
