"""A control plane in memory in which every workflow succeeds at once, to check a declaration by its rules.

Checks run before anything is deployed: when a CDK app is synthesized, and when a plan is made.
"""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tastemaker.contracts.arns import AccountScope
from tastemaker.control import registry
from tastemaker.control.core.control_plane import ControlPlane
from tastemaker.control.core.datasets import VisibleImport, add_import, has_bulk_data, imports_folder
from tastemaker.control.core.records import MemoryRepository
from tastemaker.control.workflows.steps import WorkflowSteps
from tastemaker.declaration.declarations import Declaration, DeclaredResource, resolved
from tastemaker.declaration.lifecycle import DeclaredLifecycle
from tastemaker.declaration.outcomes import Change, Done, Failed, Waiting
from tastemaker.errors import TastemakerError

SCOPE = AccountScope("aws", "us-east-1", "000000000000")
MAX_STEPS = 20


@dataclass(frozen=True)
class Problem:
    """What the control plane's rules refuse, and where it is declared."""

    id: str
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place or self.id}: {self.message}"


@dataclass
class MemoryLake:
    """A lake in memory: key → text."""

    files: dict[str, str] = field(default_factory=dict)

    def objects(self, prefix: str) -> Iterator[tuple[str, float]]:
        return ((key, 0.0) for key in sorted(self.files) if key.startswith(prefix))

    def read(self, key: str) -> str:
        try:
            return self.files[key]
        except KeyError:
            raise LookupError(key) from None

    def write(self, key: str, text: str) -> None:
        self.files[key] = text

    def uri(self, key: str) -> str:
        return f"s3://lake/{key}"

    def size(self, prefix: str) -> int:
        return sum(len(self.files[key]) for key, _ in self.objects(prefix))


@dataclass
class MemoryWorkflows:
    """A workflow starter that notes what is started, until `Rehearsal.finish` runs it."""

    waiting: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    started: set[str] = field(default_factory=set)
    stopped: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    schedules: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def start(self, workflow: str, name: str, request: Mapping[str, Any]) -> None:
        if name not in self.started:
            self.started.add(name)
            self.waiting[name] = (workflow, dict(request))

    def stop(self, workflow: str, name: str, job: str | None) -> bool:
        if name in self.waiting:
            self.stopped[name] = self.waiting.pop(name)
        return False

    def schedule(
        self, name: str, *, workflow: str, every: float, first_at: float, request: Mapping[str, Any]
    ) -> None:
        self.schedules[name] = {"workflow": workflow, **request}

    def unschedule(self, name: str) -> None:
        self.schedules.pop(name, None)


class _Ids:
    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def uuid(self) -> str:
        return str(uuid.UUID(int=next(self._numbers)))

    def short(self) -> str:
        return f"{next(self._numbers):08x}"


class Rehearsal:
    """A control plane in memory, and the lifecycle of declared resources in it."""

    def __init__(self, scope: AccountScope = SCOPE) -> None:
        moments = itertools.count(1_700_000_000)
        self.workflows, self.lake, self.repository = MemoryWorkflows(), MemoryLake(), MemoryRepository()
        self.control: ControlPlane = registry.control_plane(
            scope=scope,
            repository=self.repository,
            clock=lambda: float(next(moments)),
            ids=_Ids(),
            workflows=self.workflows,
            lake=self.lake,
        )
        self.lifecycle = DeclaredLifecycle(self.control)
        self._steps = WorkflowSteps(self.control)

    def finish(self) -> None:
        """Run every workflow that has been started, until none is left."""
        while self.workflows.stopped:  # EventBridge reports an execution that was stopped
            name, (workflow, request) = self.workflows.stopped.popitem()
            self._steps.settle(workflow, request, {"Cause": "Stopped by a person."}, name)
        while self.workflows.waiting:
            name, (workflow, request) = self.workflows.waiting.popitem()
            self.run(workflow, request, name)

    def run(self, workflow: str, request: Mapping[str, Any], name: str) -> None:
        """Run one workflow, which succeeds unless it cannot begin."""
        if workflow == "train":
            self.fill_datasets()
        try:
            plan = self._steps.begin(workflow, request, name)
        except TastemakerError as error:
            self._steps.fail(workflow, request, {}, {"Cause": str(error)}, name)
            return
        if plan.get("skip"):
            return
        if workflow == "delete":
            self._steps.remove(request)
            return
        if workflow == "train":
            folder = str(plan["outputPath"]).removeprefix(self.lake.uri(""))
            self.lake.write(
                f"{folder}{plan['jobName']}/output/model/bundle.json", json.dumps({"metrics": {}})
            )
        if workflow == "import":
            self.lake.write(f"{plan['destination']}part-00000.parquet", "rows")
        self._steps.succeed(workflow, request, plan, {"rows": 1, "files": 1, "bytes": 1, "lines": 1})

    def fill_datasets(self) -> None:
        """Give every dataset data: data may also be imported or streamed outside of a declaration."""
        for listed in self.control.records.each("Dataset"):
            dataset = self.control.records.find("Dataset", listed.arn)
            if not has_bulk_data(dataset):
                prefix = imports_folder(self.control, dataset)
                self.lake.write(f"{prefix}rehearsal/part-00000.parquet", "rows")
                made: VisibleImport = {"prefix": f"{prefix}rehearsal/", "jobArn": "rehearsal", "rows": 1}
                add_import(self.control, dataset, made, incremental=False)

    def create(self, one: DeclaredResource, arns: Mapping[str, str]) -> Done | Failed:
        """Create a declared resource and finish its work. `arns` has those of what it refers to."""
        change = Change(
            resource_type=one.type,
            properties=resolved(one.properties, arns),
            owner=one.id,
            request_id=one.id,
            name=one.id,
            trigger=one.trigger,
        )
        reason = ""
        for _ in range(MAX_STEPS):
            outcome = self.lifecycle.create(change)
            self.finish()
            if not isinstance(outcome, Waiting):
                return outcome
            reason = outcome.reason
        return Failed(reason)


def problems(declaration: Declaration, scope: AccountScope = SCOPE) -> list[Problem]:
    """What the control plane would refuse. What depends on a refused resource is not reported.

    Raises InvalidInput if the resources have no order.
    """
    rehearsal, arns, found = Rehearsal(scope), dict[str, str](), []
    for one in declaration.ordered():
        if not one.needs <= arns.keys():
            continue
        outcome = rehearsal.create(one, arns)
        if isinstance(outcome, Done) and outcome.arn is not None:
            arns[one.id] = outcome.arn
        elif isinstance(outcome, Failed):
            found.append(Problem(one.id, one.place, outcome.reason))
    return found
