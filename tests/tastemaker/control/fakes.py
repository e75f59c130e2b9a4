"""Fakes of the ports, used wherever resources are tested."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tastemaker import recipes
from tastemaker.control import registry
from tastemaker.control.core.arns import Place
from tastemaker.control.core.context import Desk
from tastemaker.control.core.ports import StatusChange, WorkError
from tastemaker.control.core.quotas import Quotas
from tastemaker.control.core.records import MemoryRepository, Repository
from tastemaker.recipes import Recipe

PLACE = Place("aws", "eu-west-1", "123456789012")


@dataclass
class Clock:
    """Advances by a second whenever it is read, so that no two records are of the same age."""

    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@dataclass
class Counter:
    """Identifiers in a row."""

    given: int = 0

    def uuid(self) -> str:
        self.given += 1
        return f"00000000-0000-4000-8000-{self.given:012d}"

    def short(self) -> str:
        self.given += 1
        return f"{self.given:08x}"


@dataclass
class FakeWork:
    """Remembers what was started; `refuse` makes the next starts fail with that text."""

    started: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    stopped: list[tuple[str, str | None]] = field(default_factory=list)
    schedules: dict[str, dict[str, Any]] = field(default_factory=dict)
    refuse: str | None = None
    jobs_report: bool = True

    def start(self, workflow: str, name: str, request: Mapping[str, Any]) -> None:
        self._check()
        self.started.setdefault(name, (workflow, dict(request)))

    def stop(self, workflow: str, name: str, job: str | None) -> bool:
        self.stopped.append((name, job))
        return self.jobs_report and job is not None

    def schedule(
        self, name: str, *, workflow: str, every: float, first_at: float, request: Mapping[str, Any]
    ) -> None:
        self._check()
        self.schedules[name] = {
            "workflow": workflow,
            "every": every,
            "first_at": first_at,
            "request": dict(request),
        }

    def unschedule(self, name: str) -> None:
        self.schedules.pop(name, None)

    @property
    def last(self) -> tuple[str, dict[str, Any]]:
        return list(self.started.values())[-1]

    def _check(self) -> None:
        if self.refuse is not None:
            raise WorkError(self.refuse)


@dataclass
class FakeLake:
    """A bucket in memory: key → (text, time written)."""

    files: dict[str, tuple[str, float]] = field(default_factory=dict)

    def objects(self, prefix: str) -> Iterator[tuple[str, float]]:
        return ((key, written) for key, (_, written) in sorted(self.files.items()) if key.startswith(prefix))

    def read(self, key: str) -> str:
        if key not in self.files:
            raise LookupError(key)
        return self.files[key][0]

    def write(self, key: str, text: str, written: float = 0.0) -> None:
        self.files[key] = (text, written)

    def uri(self, key: str) -> str:
        return f"s3://lake/{key}"


@dataclass
class World:
    """A desk on fakes, and what the fakes saw."""

    desk: Desk
    work: FakeWork
    lake: FakeLake
    clock: Clock
    changes: list[StatusChange]

    def call(self, operation: str, **params: Any) -> dict[str, Any]:
        """Run an operation as the control function does, without the wire."""
        return dict(registry.operations(self.desk)[operation](params) or {})


def world(
    *,
    repository: Repository | None = None,
    quotas: Mapping[str, int] | None = None,
    untrainable: str | None = None,
) -> World:
    """A new, empty world. `untrainable`: a recipe that this world has no model for."""

    def without_model(arn: str) -> Recipe:
        found = recipes.by_arn(arn)
        return replace(found, model=None) if found.name == untrainable else found

    work, lake, clock, changes = FakeWork(), FakeLake(), Clock(), list[StatusChange]()
    desk = registry.desk(
        place=PLACE,
        repository=MemoryRepository() if repository is None else repository,
        clock=clock,
        ids=Counter(),
        work=work,
        lake=lake,
        quotas=Quotas(quotas or {}),
        announce=changes.append,
        recipe=without_model,
    )
    return World(desk, work, lake, clock, changes)
