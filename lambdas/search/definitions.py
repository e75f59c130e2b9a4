"""Search pipelines and settings of indexes, as records of the resources table.

Their keys begin with `search/`, which is all that the function may write. They are cached for some seconds.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from tastemaker.control.core.conflicts import repeat_on_conflict
from tastemaker.control.core.records import Record, Repository
from tastemaker.errors import Conflict, ResourceAlreadyExists
from tastemaker.search.errors import InvalidArgumentError, UnavailableError
from tastemaker.search.service.definitions import Definition

CACHE_SECONDS = 3.0
MAX_BYTES = 300_000
"""An item of DynamoDB has at most 400 KB."""
MAX_DEFINITIONS = 1000

T = TypeVar("T")


class StoredDefinitions:
    """The `Definitions` of the API."""

    def __init__(self, records: Repository, clock: Callable[[], float] = time.monotonic) -> None:
        self._records, self._clock = records, clock
        self._cached: dict[str, tuple[float, Mapping[str, Any] | None]] = {}

    def get(self, kind: Definition, name: str) -> Mapping[str, Any] | None:
        key = _key(kind, name)
        cached = self._cached.get(key)
        if cached is not None and self._clock() - cached[0] < CACHE_SECONDS:
            return cached[1]
        record = self._records.get(key)
        body = None if record is None else record.body["definition"]
        self._cached[key] = self._clock(), body
        return body

    def put(self, kind: Definition, name: str, body: Mapping[str, Any]) -> None:
        if len(json.dumps(body).encode()) > MAX_BYTES:
            raise InvalidArgumentError(f"The definition of [{name}] has more than {MAX_BYTES:,} bytes.")
        key = _key(kind, name)
        content = {"name": name, "definition": body}

        def store() -> None:
            record = self._records.get(key)
            if record is not None:
                self._records.update(record.with_(**content))
                return
            try:
                self._records.create(Record(key, _resource_type(kind), content, created_at=time.time()))
            except ResourceAlreadyExists as error:
                raise Conflict(error.message) from None

        self._repeat(name, store)
        self._cached[key] = self._clock(), body

    def delete(self, kind: Definition, name: str) -> bool:
        key = _key(kind, name)
        self._cached.pop(key, None)

        def remove() -> bool:
            record = self._records.get(key)
            if record is None:
                return False
            self._records.delete(record)
            return True

        return self._repeat(name, remove)

    def _repeat(self, name: str, work: Callable[[], T]) -> T:
        try:
            return repeat_on_conflict(work)
        except Conflict:
            raise UnavailableError(f"[{name}] is being changed by another request; try again.") from None

    def all(self, kind: Definition) -> Mapping[str, Mapping[str, Any]]:
        page = self._records.list(resource_type=_resource_type(kind), limit=MAX_DEFINITIONS)
        found = {record.body["name"]: record.body["definition"] for record in page.records}
        return dict(sorted(found.items()))


def _key(kind: Definition, name: str) -> str:
    return f"search/{kind.value}/{name}"


def _resource_type(kind: Definition) -> str:
    return f"Search{kind.value.capitalize()}"
