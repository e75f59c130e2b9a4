"""The ports of the control plane: what it needs from outside, as protocols and functions."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tastemaker import recipes
from tastemaker.contracts.arns import AccountScope
from tastemaker.control.core.locations import CallerLimits
from tastemaker.control.core.quotas import Quotas
from tastemaker.control.core.records import Record, Repository
from tastemaker.recipes import Recipe

Clock = Callable[[], float]
"""Returns seconds since 1970."""

Upserts = Callable[[str], Iterable[tuple[str, Mapping[str, Any], float]]]
"""Takes the key of a dataset's upserts (`DatasetStorage.catalog`) and returns them.

Each is (id, properties by schema field, seconds since 1970).
"""


@dataclass(frozen=True)
class StatusChange:
    """A status that has just changed.

    `part` is None for the record's own status, and `latestCampaignUpdate` or the like for that of an update.
    `before` is None for a new status.
    """

    record: Record
    before: str | None
    after: str
    part: str | None = None


StatusListener = Callable[[StatusChange], None]
"""Called after each status change has been stored."""


class Ids(Protocol):
    """Makes new identifiers."""

    def uuid(self) -> str:
        """A UUID in its usual spelling."""

    def short(self) -> str:
        """Eight hexadecimal digits, as in the ARNs of solution versions."""


class StartError(Exception):
    """A workflow could not be started, stopped or scheduled; the message is fit for a `failureReason`."""


class WorkflowStarter(Protocol):
    """Starts workflows. All methods are idempotent and raise StartError."""

    def start(self, workflow: str, name: str, request: Mapping[str, Any]) -> None:
        """Start a workflow with the input `request`. The same `name` starts it only once.

        `workflow` is one of `contracts.workflow_names.WORKFLOWS`.
        """

    def stop(self, workflow: str, name: str, job: str | None) -> bool:
        """Stop the training job that an execution waits for, or else the execution.

        `name` is the name that the execution was started with, or its ARN. Returns True if the execution
        goes on and reports its end as a failure, False if it has been stopped and reports nothing.
        """

    def schedule(
        self, name: str, *, workflow: str, every: float, first_at: float, request: Mapping[str, Any]
    ) -> None:
        """Start a workflow at `first_at` (seconds since 1970) and then every `every` seconds.

        `every` is a whole number of minutes. An earlier schedule of the same name is replaced.
        """

    def unschedule(self, name: str) -> None:
        """Remove a schedule, if it exists."""


class Lake(Protocol):
    """The lake bucket of a deployment, by key. Only the steps of workflows have one."""

    def objects(self, prefix: str) -> Iterator[tuple[str, float]]:
        """The keys under a prefix and the time each was written (seconds since 1970)."""

    def read(self, key: str) -> str:
        """The text of an object. Raises LookupError if it does not exist."""

    def metadata(self, key: str) -> Mapping[str, str]:
        """The metadata that were stored with an object. Raises LookupError if it does not exist."""

    def write(self, key: str, text: str) -> None:
        """Store an object."""

    def uri(self, key: str) -> str:
        """`s3://<lake>/<key>`."""

    def size(self, prefix: str) -> int:
        """The size of all objects under a prefix, in bytes."""


class NoLake:
    """The lake of a function that has none. Every use is a mistake in the wiring."""

    def objects(self, prefix: str) -> Iterator[tuple[str, float]]:
        raise RuntimeError("This function has no lake.")

    def read(self, key: str) -> str:
        raise RuntimeError("This function has no lake.")

    def metadata(self, key: str) -> Mapping[str, str]:
        raise RuntimeError("This function has no lake.")

    def write(self, key: str, text: str) -> None:
        raise RuntimeError("This function has no lake.")

    def uri(self, key: str) -> str:
        raise RuntimeError("This function has no lake.")

    def size(self, prefix: str) -> int:
        raise RuntimeError("This function has no lake.")


class NoWorkflows:
    """The workflow starter of the steps function, which runs inside a workflow and may start none."""

    def start(self, workflow: str, name: str, request: Mapping[str, Any]) -> None:
        raise StartError(f"The workflow {workflow} cannot be started from here.")

    def stop(self, workflow: str, name: str, job: str | None) -> bool:
        raise StartError(f"The workflow {workflow} cannot be stopped from here.")

    def schedule(
        self, name: str, *, workflow: str, every: float, first_at: float, request: Mapping[str, Any]
    ) -> None:
        raise StartError("Nothing can be scheduled from here.")

    def unschedule(self, name: str) -> None:
        raise StartError("Nothing can be scheduled from here.")


def ignore_status_changes(change: StatusChange) -> None:
    """A status listener that does nothing."""


def no_upserts(catalog: str) -> Iterator[tuple[str, Mapping[str, Any], float]]:
    """The upserts of a function that cannot read any."""
    return iter(())


@dataclass(frozen=True)
class Ports:
    """Everything that a deployment provides to the control plane.

    `recipe` finds a recipe by its ARN. `auto_training_delay` is the time in seconds from the creation of a
    solution to its first automatic training. `model_disk_megabytes` is the disk of the functions that open
    models; None if it is not known.
    """

    scope: AccountScope
    repository: Repository
    clock: Clock
    ids: Ids
    workflows: WorkflowStarter
    quotas: Quotas = field(default_factory=Quotas)
    caller_limits: CallerLimits = field(default_factory=CallerLimits)
    on_status_change: StatusListener = ignore_status_changes
    recipe: Callable[[str], Recipe] = recipes.by_arn
    lake: Lake = field(default_factory=NoLake)
    upserts: Upserts = no_upserts
    auto_training_delay: float = 3600.0
    model_disk_megabytes: int | None = None
