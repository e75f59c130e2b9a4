"""Fakes of the control plane's ports."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tastemaker import recipes
from tastemaker.contracts.arns import AccountScope
from tastemaker.control import registry
from tastemaker.control.core.control_plane import ControlPlane
from tastemaker.control.core.ports import StartError, StatusChange
from tastemaker.control.core.quotas import Quotas
from tastemaker.control.core.records import MemoryRepository, Repository
from tastemaker.recipes import Recipe

SCOPE = AccountScope("aws", "eu-west-1", "123456789012")


@dataclass
class Clock:
    """A clock that advances by a second whenever it is read, so that no two records have the same time."""

    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@dataclass
class Counter:
    """Consecutive identifiers."""

    given: int = 0

    def uuid(self) -> str:
        self.given += 1
        return f"00000000-0000-4000-8000-{self.given:012d}"

    def short(self) -> str:
        self.given += 1
        return f"{self.given:08x}"


@dataclass
class FakeWorkflows:
    """A workflow starter that records its calls. While `refuse` is set, starts fail with that message."""

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
            raise StartError(self.refuse)


@dataclass
class FakeLake:
    """A bucket in memory: key → (text, time written)."""

    files: dict[str, tuple[str, float]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    stored_metadata: dict[str, dict[str, str]] = field(default_factory=dict)

    def metadata(self, key: str) -> dict[str, str]:
        return self.stored_metadata.get(key, {})

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

    def size(self, prefix: str) -> int:
        """The sizes in `sizes`, or else the lengths of the texts."""
        keys = [key for key, _ in self.objects(prefix)]
        return sum(self.sizes.get(key, len(self.files[key][0])) for key in keys)


@dataclass
class World:
    """A control plane on fakes, with the fakes."""

    control: ControlPlane
    workflows: FakeWorkflows
    lake: FakeLake
    clock: Clock
    changes: list[StatusChange]

    def call(self, operation: str, **params: Any) -> dict[str, Any]:
        """Run an operation as the control function does, without serialization."""
        return dict(registry.operations(self.control)[operation](params) or {})


def world(
    *,
    repository: Repository | None = None,
    quotas: Mapping[str, int] | None = None,
    untrainable: str | None = None,
    model_disk_megabytes: int | None = 4096,
) -> World:
    """A new, empty world. `untrainable` is the name of a recipe that has no model in it."""

    def without_model(arn: str) -> Recipe:
        found = recipes.by_arn(arn)
        return replace(found, model_name=None) if found.name == untrainable else found

    workflows, lake, clock, changes = FakeWorkflows(), FakeLake(), Clock(), list[StatusChange]()
    control = registry.control_plane(
        scope=SCOPE,
        repository=MemoryRepository() if repository is None else repository,
        clock=clock,
        ids=Counter(),
        workflows=workflows,
        lake=lake,
        quotas=Quotas(quotas or {}),
        on_status_change=changes.append,
        recipe=without_model,
        model_disk_megabytes=model_disk_megabytes,
    )
    return World(control, workflows, lake, clock, changes)
