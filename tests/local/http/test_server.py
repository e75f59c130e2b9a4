"""The HTTP server, and moto behind it."""

from __future__ import annotations

import http.client
import io
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


def test_a_connection_is_kept(echo):
    connection = http.client.HTTPConnection("127.0.0.1", echo.port)
    sockets = set()
    for number in range(3):
        connection.request("POST", f"/{number}?a=%20", b"x" * number)
        assert connection.getresponse().read() == f"POST /{number}?a=%20 {number}".encode()
        sockets.add(id(connection.sock))
    connection.close()
    assert len(sockets) == 1


def test_a_chunked_body(echo):
    connection = http.client.HTTPConnection("127.0.0.1", echo.port)
    connection.request("PUT", "/c", iter([b"one", b"two"]), encode_chunked=True)
    response = connection.getresponse()
    assert response.read() == b"PUT /c 6"
    assert response.headers["X-Sum"] == str(sum(b"onetwo"))
    connection.close()


def test_a_client_that_waits_for_100_continue(echo):
    with socket.create_connection(("127.0.0.1", echo.port), timeout=30) as client:
        client.sendall(b"PUT /e HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"body")
        assert client.recv(1000).endswith(b"PUT /e 4")


@pytest.mark.parametrize(
    "framing",
    [b"Content-Length: many", b"Content-Length: -5", b"Transfer-Encoding: chunked\r\n\r\nno size"],
)
def test_a_body_of_unknown_length_is_refused_with_a_word(echo, framing):
    with socket.create_connection(("127.0.0.1", echo.port), timeout=30) as client:
        client.sendall(b"PUT /f HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\n\r\n")
        with client.makefile("rb") as answer:
            assert answer.readline().startswith(b"HTTP/1.1 400")
            answer.read()  # and the connection ends


def test_a_small_request_is_not_held_up(echo):
    connection = http.client.HTTPConnection("127.0.0.1", echo.port)
    least = 1.0
    for _ in range(50):
        started = time.perf_counter()
        connection.request("POST", "/", b"x")
        connection.getresponse().read()
        least = min(least, time.perf_counter() - started)
    connection.close()
    assert least < 0.03  # a delayed acknowledgement would make each of them 0.04


def test_a_port_is_taken_once(echo):
    with pytest.raises(PortInUseError, match=f"port {echo.port}"):
        HttpServer(echo.port)


def test_a_server_that_never_started_can_be_stopped():
    server = HttpServer(0)
    stopping = threading.Thread(target=server.stop, daemon=True)
    stopping.start()
    stopping.join(timeout=60)
    assert not stopping.is_alive()
    HttpServer(server.port).stop()  # the port is free again


def test_s3_through_the_door(local):
    s3 = local.client("s3")
    s3.create_bucket(Bucket="transfers")
    body = bytes(range(256)) * 40_000  # several parts
    s3.upload_fileobj(
        io.BytesIO(body), "transfers", "a key/ü+%.bin", ExtraArgs={"Metadata": {"with_underscore": "1"}}
    )
    head = s3.head_object(Bucket="transfers", Key="a key/ü+%.bin")
    assert head["ContentLength"] == len(body)
    assert head["Metadata"] == {"with_underscore": "1"}
    assert s3.get_object(Bucket="transfers", Key="a key/ü+%.bin")["Body"].read() == body
    ranged = s3.get_object(Bucket="transfers", Key="a key/ü+%.bin", Range="bytes=10-19")
    assert ranged["Body"].read() == body[10:20]


def test_what_a_users_program_needs_of_aws(local):
    assert local.client("sts").get_caller_identity()["Account"] == local.account.id
    iam = local.client("iam")
    iam.create_role(RoleName="user-made", AssumeRolePolicyDocument='{"Statement": []}')
    managed = "arn:aws:iam::aws:policy/service-role/AmazonPersonalizeFullAccess"
    iam.attach_role_policy(RoleName="user-made", PolicyArn=managed)
    attached = iam.list_attached_role_policies(RoleName="user-made")["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [managed]
    local.client("ssm").put_parameter(Name="/a", Value="b", Type="String")
    assert local.client("ssm").get_parameter(Name="/a")["Parameter"]["Value"] == "b"


def test_an_operation_that_moto_does_not_know_is_named(local):
    client = local.client("sagemaker")
    with pytest.raises(
        client.exceptions.ClientError, match="moto, which plays AWS here, does not know"
    ) as refused:
        client.list_hubs()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_two_conditional_writes_at_once_cannot_both_succeed(local):
    from concurrent.futures import ThreadPoolExecutor

    client = local.client("dynamodb")

    def claim(number: int) -> int:
        try:
            client.put_item(
                TableName="tiny-other",
                Item={"id": {"S": "claimed"}, "by": {"N": str(number)}},
                ConditionExpression="attribute_not_exists(id)",
            )
        except client.exceptions.ConditionalCheckFailedException:
            return 0
        return 1

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(claim, range(16))) == 1
