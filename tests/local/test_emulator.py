"""Start and end of a run."""

from __future__ import annotations

import socket

import pytest

from local.assembly import SynthesisError
from local.emulator import Emulator
from local.process import Local, StartError


def test_a_start_that_fails_ends_and_leaves_the_port(tmp_path):
    emulator = Emulator(assembly=tmp_path)
    with pytest.raises(SynthesisError, match="no cloud assembly"):
        emulator.start()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", emulator.port))


def test_the_child_process_says_why_it_did_not_start(tmp_path):
    with pytest.raises(StartError, match="no cloud assembly"):
        Local(assembly=tmp_path).__enter__()
