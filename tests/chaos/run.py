"""A run of the scenario: rounds of traffic and jobs under faults, and the figures at the end."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from moto import mock_aws

from local.moto_patches import speed
from tests.chaos.faults import Faults
from tests.chaos.maintenance import Maintenance
from tests.chaos.reconciling import Reconciliation
from tests.chaos.scenario import Scenario
from tests.infrastructure.account import ENVIRONMENT, Account
from tests.infrastructure.conftest import Template, definitions_of
from tests.tastemaker.serving.films import write_bundle

ROUNDS = 4
BULK_ROWS = 30


@dataclass(frozen=True)
class Report:
    """What a run did and found. `found` counts acknowledged events by where they are."""

    found: dict[str, int]
    requests: int
    repeats: int
    faults: Counter[str]
    jobs: Counter[str]
    attempts: int
    retried_batches: int

    def __str__(self) -> str:
        where = ", ".join(f"{name} {count:,}" for name, count in self.found.items())
        kinds = ", ".join(f"{name} {count:,}" for name, count in sorted(self.faults.items()))
        jobs = ", ".join(f"{name} {count}" for name, count in sorted(self.jobs.items()))
        return (
            f"events: {where}\n"
            f"requests: {self.requests:,}, and {self.repeats:,} repeated\n"
            f"faults: {self.faults.total():,} ({kinds})\n"
            f"jobs: {jobs}; {self.attempts:,} calls and executions failed; "
            f"{self.retried_batches:,} batches of the stream were tried again\n"
            "none lost, none duplicated, no record in transition"
        )


@contextmanager
def scenario_in_memory(
    definitions: dict[str, Any], *, seed: int, users: int, folder: Path
) -> Iterator[Scenario]:
    """A new deployment in memory, still without faults. `definitions` are the state machines by workflow."""
    random = Random(seed)
    faults = Faults(random)
    bundle = write_bundle(folder / "bundle", "popularity")
    with in_memory(), faults.installed():
        yield Scenario(Account(definitions, bundle, faults), faults, random, folder, users=users)


def run(
    scenario: Scenario,
    events: int,
    *,
    rate: float,
    rounds: int = ROUNDS,
    say: Callable[[str], None] = lambda text: None,
) -> Report:
    """Send events and run every job, both under faults. Raises AssertionError for what is lost or doubled."""
    scenario.faults.rate = rate
    scenario.import_rows("first", BULK_ROWS, mode="FULL")
    solution = scenario.solution("for-you")
    maintenance = Maintenance(scenario, scenario.folder / "maintenance")
    for number in range(rounds):
        scenario.traffic.events(events // rounds)
        scenario.pipeline.consume()
        scenario.pipeline.deliver()
        one_round(scenario, number, solution)
        maintenance.refresh()
        maintenance.segment(f"segment-{number}")
        say(f"round {number + 1} of {rounds}: {scenario.traffic.sent.count:,} events acknowledged")
    scenario.arrive()
    maintenance.refresh()
    maintenance.compact()
    scenario.delete_users("gone", {"user-1", "bulk-1"})
    scenario.delete_solution(solution)
    Reconciliation(scenario).until_settled()
    counted = scenario.check() | maintenance.counted
    return Report(
        counted,
        scenario.traffic.requests,
        scenario.traffic.repeats,
        scenario.faults.done,
        scenario.jobs,
        scenario.attempts,
        scenario.pipeline.retries,
    )


def one_round(scenario: Scenario, number: int, solution: str) -> None:
    """Every job once, while events are on their way."""
    scenario.import_rows(f"import-{number}", BULK_ROWS)
    version = scenario.train(solution)
    scenario.deploy("home", version)
    scenario.recommender()
    scenario.batch(f"batch-{number}", version)
    scenario.export(f"export-{number}")


@contextmanager
def in_memory() -> Iterator[None]:
    """AWS in memory, with an environment of its own. Its queries do not slow down with every stored event."""
    speed.install()
    before = dict(os.environ)
    os.environ.pop("AWS_ENDPOINT_URL", None)
    os.environ.update(ENVIRONMENT, POWERTOOLS_METRICS_DISABLED="true")
    try:
        with mock_aws():
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def synthesized(folder: Path) -> dict[str, Any]:
    """The state machines of the stage `local`."""
    import aws_cdk as cdk

    from infrastructure.stack import TastemakerStack
    from infrastructure.stage import CDK_JSON, parse

    context = json.loads(CDK_JSON.read_text())["context"]
    app = cdk.App(outdir=str(folder / "assembly"), context=context, analytics_reporting=False)
    TastemakerStack(app, stage=parse("local", {**context["stages"]["local"], "bundle": False}))
    app.synth()
    path = folder / "assembly" / "tastemaker-local.template.json"
    return definitions_of(Template(path, json.loads(path.read_text())))
