"""The HTTP server, and moto behind it."""

from __future__ import annotations

import http.client
import socket
import threading
import time

import pytest

from local.http.messages import Request, Response
from local.http.server import HttpServer, PortInUseError


@pytest.fixture
def echo():
    def application(request: Request) -> Response:
        text = f"{request.method} {request.target} {len(request.body)}".encode()
        return Response(200, [("X-Sum", str(sum(request.body)))], text)

    server = HttpServer(0)
    server.start(application)
    yield server
    server.stop()


def test_connection_is_kept_open(echo):
    connection = http.client.HTTPConnection("127.0.0.1", echo.port)
    sockets = set()
    for number in range(3):
        connection.request("POST", f"/{number}?a=%20", b"x" * number)
        assert connection.getresponse().read() == f"POST /{number}?a=%20 {number}".encode()
        sockets.add(id(connection.sock))
    connection.close()
    assert len(sockets) == 1


def test_chunked_body_is_read(echo):
    connection = http.client.HTTPConnection("127.0.0.1", echo.port)
    connection.request("PUT", "/c", iter([b"one", b"two"]), encode_chunked=True)
    response = connection.getresponse()
    assert response.read() == b"PUT /c 6"
    assert response.headers["X-Sum"] == str(sum(b"onetwo"))
    connection.close()


def test_client_that_waits_for_100_continue_gets_it(echo):
    with socket.create_connection(("127.0.0.1", echo.port), timeout=30) as client:
        client.sendall(b"PUT /e HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"body")
        assert client.recv(1000).endswith(b"PUT /e 4")


@pytest.mark.parametrize(
    "framing",
    [
        *(b"Content-Length: many", b"Content-Length: -5", b"Content-Length: 99999999999999"),
        *(
            b"Transfer-Encoding: chunked\r\n\r\n" + size
            for size in (b"no size", b"-5", b"0x5", b"1_0", b"+5")
        ),
    ],
)
def test_body_of_unknown_length_is_a_bad_request(echo, framing):
    with socket.create_connection(("127.0.0.1", echo.port), timeout=30) as client:
        client.sendall(b"PUT /f HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\n\r\n")
        with client.makefile("rb") as answer:
            assert answer.readline().startswith(b"HTTP/1.1 400")
            answer.read()  # and the connection ends


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 10\r\n\r\nhalf", b"Transfer-Encoding: chunked\r\n\r\na\r\nhalf"]
)
def test_body_that_breaks_off_is_refused(echo, framing):
    with socket.create_connection(("127.0.0.1", echo.port), timeout=30) as client:
        client.sendall(b"PUT /f HTTP/1.1\r\nHost: x\r\n" + framing)
        client.shutdown(socket.SHUT_WR)
        with client.makefile("rb") as answer:
            assert answer.readline().startswith(b"HTTP/1.1 400")


def test_small_requests_are_answered_without_delay(echo):
    connection = http.client.HTTPConnection("127.0.0.1", echo.port)
    least = 1.0
    for _ in range(50):
        started = time.perf_counter()
        connection.request("POST", "/", b"x")
        connection.getresponse().read()
        least = min(least, time.perf_counter() - started)
    connection.close()
    assert least < 0.03  # a delayed acknowledgement would make each of them 0.04


def test_port_in_use_is_refused(echo):
    with pytest.raises(PortInUseError, match=f"port {echo.port}"):
        HttpServer(echo.port)


def test_server_that_was_never_started_can_be_stopped():
    server = HttpServer(0)
    stopping = threading.Thread(target=server.stop, daemon=True)
    stopping.start()
    stopping.join(timeout=60)
    assert not stopping.is_alive()
    HttpServer(server.port).stop()  # the port is free again
