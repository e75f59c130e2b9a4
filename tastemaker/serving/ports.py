"""What serving needs from its environment.

Clients of AWS services implement these protocols, and tests use fakes. A `No…` class is the default of an
optional port.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tastemaker.serving.history import LiveEvent
from tastemaker.serving.loaded import LoadedBundle
from tastemaker.serving.upserts import UpsertedItems


class Record(Protocol):
    """A resource of the control plane. `body` has the members of the API and internal ones."""

    @property
    def body(self) -> dict[str, Any]: ...

    @property
    def status(self) -> str | None: ...


class Records(Protocol):
    """The resources of the control plane."""

    def get(self, arn: str) -> Record | None: ...

    def target(self, alias: str) -> str | None: ...


class Bundles(Protocol):
    """Model bundles. An implementation that only has `get` holds all bundles in this process."""

    def get(self, uri: str) -> LoadedBundle:
        """Return the bundle at an address. This may download it."""
        ...

    def has(self, uri: str) -> bool:
        """Return whether `get` needs no download."""
        return True

    def prefetch(self, uri: str, seconds: float) -> bool:
        """Start to download a bundle in the background, and wait at most `seconds` for it.

        Returns True if the caller should call `get` now. Returns False if this call started a download that
        is still running: the caller may give another answer meanwhile.
        """
        return True

    def ready(self, uri: str) -> bool:
        """Return whether `get` takes no longer than to open files: there is nothing to download."""
        return True

    def prepare(self, uri: str) -> bool:
        """Start to make a bundle ready in the background, unless that is under way.

        Returns True while it is on its way: the caller should use another bundle. Returns False if the caller
        should call `get`, which is quick or raises why it is not.
        """
        return False


class Profiles(Protocol):
    """Streamed events by user or session."""

    def newest(self, event_group: str, user: str, limit: int = 200) -> list[LiveEvent]:
        """Return the newest events of a user or session, newest first."""
        ...


class Upserts(Protocol):
    """Records that PutItems and PutUsers stored since a model was trained."""

    def items(self, catalog: str, loaded: LoadedBundle) -> UpsertedItems | None:
        """Return the upserted items of a dataset; None if there are none.

        `catalog` is the key of its upserts (`DatasetStorage.catalog`).
        """
        ...

    def user(self, catalog: str, user_id: str) -> tuple[Mapping[str, Any], float] | None:
        """Return a user's upserted properties and the time of the upsert in seconds since 1970, or None."""
        ...


class NoUpserts:
    """Datasets without upserts."""

    def items(self, catalog: str, loaded: LoadedBundle) -> UpsertedItems | None:
        return None

    def user(self, catalog: str, user_id: str) -> tuple[Mapping[str, Any], float] | None:
        return None


class PrecomputedLists(Protocol):
    """Lists that batch jobs computed."""

    def find(self, version: str, key: str) -> Mapping[str, Any] | None:
        """Return the `output` of a batch job's line for a user or item, or None."""
        ...


class NoPrecomputedLists:
    """An environment without precomputed lists."""

    def find(self, version: str, key: str) -> Mapping[str, Any] | None:
        return None


class ImpressionLog(Protocol):
    """The items of given answers. Later events may name the answer instead of its items."""

    def record(self, recommendation_id: str, arn: str, items: Sequence[str]) -> None:
        """Store which items an answer of a campaign or recommender shows."""
        ...


class NoImpressionLog:
    """An environment whose answers no event will name."""

    def record(self, recommendation_id: str, arn: str, items: Sequence[str]) -> None:
        pass


class Observer(Protocol):
    """Reports to the operator what callers do not see."""

    def concerns(self, **resources: str) -> None:
        """Set the resources that the metrics of the request belong to: `campaignArn` and the like."""
        ...

    def add(self, metric: str, value: float = 1) -> None:
        """Add to a figure of the request."""
        ...

    def count(self, metric: str, **dimensions: str) -> None:
        """Add one to a metric of the function."""
        ...

    def exception(self, message: str, **fields: Any) -> None:
        """Log the exception that is being handled."""
        ...


class LogObserver:
    """Logs exceptions through the standard library and counts nothing."""

    def concerns(self, **resources: str) -> None:
        pass

    def add(self, metric: str, value: float = 1) -> None:
        pass

    def count(self, metric: str, **dimensions: str) -> None:
        pass

    def exception(self, message: str, **fields: Any) -> None:
        logging.getLogger("tastemaker.serving").exception("%s %s", message, fields)
