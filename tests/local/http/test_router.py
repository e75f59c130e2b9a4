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


def test_a_program_that_is_early_waits_and_is_answered_by_the_service(router):
    router._start_seconds = 30
    answers = []
    early = threading.Thread(target=lambda: answers.append(router(request())))
    early.start()
    time.sleep(0.05)
    assert not answers
    router.open(SERVICES)
    early.join(10)
    assert answers[0].body == b'{"by": "Personalize"}'


def test_one_that_is_much_too_early_is_told_to_come_again(router):
    answer = router(request())
    assert answer.status == 503  # which every SDK tries again
    assert b"is starting" in answer.body


def test_the_run_itself_provisions_meanwhile(router):
    started = time.monotonic()
    answer = router(request(**{"user-agent": f"Boto3/1 {OWN_AGENT}"}))
    assert answer.body == b'{"by": "moto"}'
    assert time.monotonic() - started < 0.4


def test_health_answers_at_once(router):
    assert router(request("/_local/health")).status == 503
    router.open(SERVICES)
    assert router(request("/_local/health")).status == 200
