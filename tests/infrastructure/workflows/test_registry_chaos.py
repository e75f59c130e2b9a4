"""A small run of `make chaos` with a fixed seed: events and every job while AWS fails and processes die."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos import events_only
from tests.chaos.reconciling import Reconciliation
from tests.chaos.run import run, scenario_in_memory
from tests.infrastructure.conftest import Assembly, definitions_of

pytestmark = pytest.mark.slow

SEED, EVENTS, USERS = 3, 200, 12
WORKFLOWS = {
    *("import", "train", "deploy", "batch", "export", "data-deletion", "delete", "recommender"),
    *("refresh", "segment", "compaction"),
}


def test_no_event_is_lost_or_counted_twice_while_everything_fails(
    assembly: Assembly, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    definitions = definitions_of(assembly.templates["local"])
    with scenario_in_memory(definitions, seed=SEED, users=USERS, folder=tmp_path) as scenario:
        report = run(scenario, EVENTS, rate=0.02, rounds=2)
        assert report.found["refresh"] > EVENTS / 2
        assert report.found["acknowledged"] == report.found["profile"] == report.found["lake"] > EVENTS / 2
        assert set(report.jobs) - {"reconciled"} == WORKFLOWS and len(report.faults) >= 5  # kinds of faults
        # A version whose execution was never started waits, until reconciliation starts it while calls fail.
        solution = scenario.solution("lost")
        scenario._api("CreateSolutionVersion", solutionArn=solution)
        (lost,), before = scenario.in_transition(), scenario.jobs["reconciled"]
        Reconciliation(scenario).until_settled()
        assert lost.startswith(solution) and scenario._status(lost) in ("ACTIVE", "CREATE FAILED")
        assert scenario.jobs["reconciled"] > before
        # The check sees a single event that is gone from a profile, and one that is there once too often.
        scenario.faults.rate = 0.0
        user = next(name for name, items in scenario.traffic.sent.by_user.items() if items)
        items = scenario.traffic.sent.by_user[user]
        for wrong, message in ((items[1:], "1 too many"), ([*items, "never-sent"], "1 lost")):
            scenario.traffic.sent.by_user[user] = wrong
            with pytest.raises(AssertionError, match=message):
                scenario.check()


@pytest.mark.parametrize("transport", ["kinesis", "direct"])
def test_no_event_of_thousands_is_lost_or_counted_twice_when_every_tenth_call_fails(
    tmp_path: Path, transport: str
) -> None:
    said = events_only.run(2_000, seed=SEED, rate=0.1, users=100, folder=tmp_path, transport=transport)
    assert said.endswith("none lost, none duplicated") and "faults: 0" not in said
