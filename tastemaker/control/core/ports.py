"""What the resources need from outside: time, ids, work, and someone to tell."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tastemaker.control.core.records import Record

Clock = Callable[[], float]
"""Seconds since 1970."""


@dataclass(frozen=True)
class StatusChange:
    """A status that has just changed. `part` is `latestCampaignUpdate` and the like when it is that of
    an update
    rather than the record's own; `before` is None when it is new.
    """

    record: Record
    before: str | None
    after: str
    part: str | None = None


Announce = Callable[[StatusChange], None]
"""Told of every change of a status, after it was stored."""


Put = Callable[[str], Iterable[tuple[str, Mapping[str, Any], float]]]
"""Dataset ARN → what was put into it one at a time: (id, properties by schema field, seconds since 1970)."""


class Ids(Protocol):
    """Where new identifiers come from."""

    def uuid(self) -> str:
        """A UUID in its usual spelling."""

    def short(self) -> str:
        """Eight hexadecimal digits, as in the ARNs of solution versions."""


class WorkError(Exception):
    """Work could not be started or stopped; the message is fit for a `failureReason`."""


class Work(Protocol):
    """Starts what takes time. All calls are idempotent and raise WorkError."""

    def start(self, workflow: str, name: str, request: Mapping[str, Any]) -> None:
        """Start the workflow `import`, `train`, `deploy` or `delete`. The same name starts it only
        once."""

    def stop(self, workflow: str, name: str, job: str | None) -> bool:
        """Stop an execution, named as it was started or by its ARN, or rather the training job that it
        waits for.

        True: the execution will notice and report its end as a failure. False: it is gone and reports
        nothing.
        """

    def schedule(
        self, name: str, *, workflow: str, every: float, first_at: float, request: Mapping[str, Any]
    ) -> None:
        """Start `train` or `refresh` with `request` at `first_at` and then every so many seconds
        (whole minutes); replaces an earlier one."""

    def unschedule(self, name: str) -> None:
        """Remove a schedule, if it is there."""


class Lake(Protocol):
    """The bucket of a deployment, by key. Only the steps of workflows have one."""

    def objects(self, prefix: str) -> Iterator[tuple[str, float]]:
        """Keys under a prefix, with the time each was written (seconds since 1970)."""

    def read(self, key: str) -> str:
        """An object's text. Raises LookupError if there is none."""

    def write(self, key: str, text: str) -> None:
        """Store an object."""

    def uri(self, key: str) -> str:
        """`s3://<lake>/<key>`."""


class NoLake:
    """Where no lake is given: every use is a mistake in the wiring."""

    def objects(self, prefix: str) -> Iterator[tuple[str, float]]:
        raise RuntimeError("this function was given no lake")

    def read(self, key: str) -> str:
        raise RuntimeError("this function was given no lake")

    def write(self, key: str, text: str) -> None:
        raise RuntimeError("this function was given no lake")

    def uri(self, key: str) -> str:
        raise RuntimeError("this function was given no lake")


class NoWork:
    """Where nothing may be started: in the steps of work that runs already."""

    def start(self, workflow: str, name: str, request: Mapping[str, Any]) -> None:
        raise WorkError(f"The workflow {workflow} cannot be started from here.")

    def stop(self, workflow: str, name: str, job: str | None) -> bool:
        raise WorkError(f"The workflow {workflow} cannot be stopped from here.")

    def schedule(
        self, name: str, *, workflow: str, every: float, first_at: float, request: Mapping[str, Any]
    ) -> None:
        raise WorkError("Nothing can be scheduled from here.")

    def unschedule(self, name: str) -> None:
        raise WorkError("Nothing can be scheduled from here.")
