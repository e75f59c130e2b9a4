"""The log's units, the signal to stop, and the threads of a process."""

import os

import pytest

from training.errors import StoppedError
from training.progress import StopSignal, duration, quiet_threads


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (89, "89 s"), (91, "2 min"), (5300, "88 min"), (5400, "1.5 h")]
)
def test_duration_has_a_unit_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_stop_signal_ends_the_job_only_after_it_was_given() -> None:
    stop = StopSignal()
    stop.check()
    stop.requested = True
    with pytest.raises(StoppedError, match="continue from its last checkpoint"):
        stop.check()


def test_processes_of_a_machine_share_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SM_NUM_CPUS", "8")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "3")
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    assert quiet_threads() == 2 and os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "16")
    assert quiet_threads() == 1
