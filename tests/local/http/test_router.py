"""The endpoint while the run starts: its port listens already, but not everything is behind it yet."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from local.account import OWN_AGENT, Account
from local.http.messages import Headers, Request, Response
from local.http.router import Router
from local.iam.roles import Roles
from local.terminal import Terminal


class Gateway:
    def serves(self, request):
        return request.path == "/"

    def __call__(self, request):
        return Response.of_json(200, {"by": "Personalize"})


SERVICES = SimpleNamespace(gateway=Gateway())


@pytest.fixture
def router():
    def moto(request):
        return Response.of_json(200, {"by": "moto"})

    enforcer = SimpleNamespace(denial=lambda request, called: None)
    return Router(
        moto,
        Roles(Account("http://127.0.0.1:1", "us-east-1")),
        enforcer,
        Terminal(quiet=True),
        start_seconds=0.5,
    )


def request(path="/", **headers):
    return Request("POST", path, Headers({"user-agent": "Boto3/1"} | headers), b"{}")


def test_early_request_waits_until_the_service_is_ready(router):
    router._start_seconds = 30
    answers = []
    early = threading.Thread(target=lambda: answers.append(router(request())))
    early.start()
    time.sleep(0.05)
    assert not answers
    router.open(SERVICES)
    early.join(10)
    assert answers[0].body == b'{"by": "Personalize"}'


def test_request_that_waited_too_long_gets_a_retryable_error(router):
    answer = router(request())
    assert answer.status == 503  # which every SDK tries again
    assert b"is starting" in answer.body


def test_requests_of_the_run_itself_do_not_wait(router):
    answer = router(request(**{"user-agent": f"Boto3/1 {OWN_AGENT}"}))
    assert answer.body == b'{"by": "moto"}'  # one that waited would be told that the service is starting


def test_health_is_answered_during_the_start(router):
    assert router(request("/_local/health")).status == 503
    router.open(SERVICES)
    assert router(request("/_local/health")).status == 200
