"""Start and end of a run."""

from __future__ import annotations

import socket

import pytest

from local.assembly import SynthesisError
from local.emulator import Emulator


def test_start_that_fails_releases_the_port(tmp_path):
    emulator = Emulator(assembly=tmp_path)
    with pytest.raises(SynthesisError, match="no cloud assembly"):
        emulator.start()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", emulator.port))
