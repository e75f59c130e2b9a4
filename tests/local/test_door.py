"""The endpoint while the run starts: its port listens already, but not everything is behind it yet."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from local.account import OWN_AGENT
from local.http.messages import Headers, Request, Response
from local.http.router import Door
from local.terminal import Terminal


class Gateway:
    def serves(self, request):
        return request.path == "/"

    def __call__(self, request):
        return Response.of_json(200, {"by": "Personalize"})


ROOMS = SimpleNamespace(gateway=Gateway())


@pytest.fixture
def door():
    def moto(request):
        return Response.of_json(200, {"by": "moto"})

    guard = SimpleNamespace(refusal=lambda request, called: None)
    return Door(moto, guard, Terminal(quiet=True), patience=0.5)


def request(path="/", **headers):
    return Request("POST", path, Headers({"user-agent": "Boto3/1"} | headers), b"{}")


def test_a_program_that_is_early_waits_and_is_answered_by_the_service(door):
    door._patience = 30
    answers = []
    early = threading.Thread(target=lambda: answers.append(door(request())))
    early.start()
    time.sleep(0.05)
    assert not answers
    door.open(ROOMS)
    early.join(10)
    assert answers[0].body == b'{"by": "Personalize"}'


def test_one_that_is_much_too_early_is_told_to_come_again(door):
    answer = door(request())
    assert answer.status == 503  # which every SDK tries again
    assert b"is starting" in answer.body


def test_the_run_itself_provisions_meanwhile(door):
    started = time.monotonic()
    answer = door(request(**{"user-agent": f"Boto3/1 {OWN_AGENT}"}))
    assert answer.body == b'{"by": "moto"}'
    assert time.monotonic() - started < 0.4


def test_health_answers_at_once(door):
    assert door(request("/_local/health")).status == 503
    door.open(ROOMS)
    assert door(request("/_local/health")).status == 200
