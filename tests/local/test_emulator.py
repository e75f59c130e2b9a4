"""Start and end of a run."""

from __future__ import annotations

import socket

import pytest

from local.assembly import SynthesisError
from local.door.door import Door
from local.door.messages import Headers, Request
from local.door.moto_app import MotoApp
from local.emulator import Emulator
from local.iam.guard import Guard
from local.terminal import Terminal


def test_a_start_that_fails_ends_and_leaves_the_port(tmp_path):
    emulator = Emulator(assembly=tmp_path)
    with pytest.raises(SynthesisError, match="no cloud assembly"):
        emulator.start()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", emulator.port))


@pytest.mark.parametrize("header", ["authorization", "x-amz-target"])
def test_a_program_that_comes_too_early_is_told_to_wait(local, header):
    """Its client tries again; moto's Personalize would take what it says, and nobody would have it later."""
    quiet = Terminal(quiet=True)
    door = Door(MotoApp(local.port), Guard(local.account, local.roles, quiet), quiet)
    scope = "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/personalize/aws4_request, Signature=0"
    fields = {"authorization": scope, "x-amz-target": "AmazonPersonalize.ListSchemas"}
    early = door(Request("POST", "/", Headers({header: fields[header]}), b"{}"))
    assert early.status == 503
    assert b"is starting" in early.body
