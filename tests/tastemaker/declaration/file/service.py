"""A service in memory for declarations in files. Its workflows go on while the caller sleeps."""

from collections.abc import Mapping
from typing import Any

from tastemaker.control import registry
from tastemaker.declaration.declarations import Declaration
from tastemaker.declaration.file.api import ApiError
from tastemaker.declaration.file.applying import Applying, Limits, Outcome, Progress
from tastemaker.declaration.file.document import Document
from tastemaker.declaration.file.existing import find
from tastemaker.declaration.file.planning import Plan, plan
from tastemaker.declaration.file.reading import read
from tastemaker.declaration.rehearsal import Rehearsal
from tastemaker.declaration.types import TYPES
from tastemaker.errors import TastemakerError
from tests.standard_schemas import avro


class MemoryApi:
    """The operations of a rehearsal as an `Api`. `calls` has the names of what was called."""

    def __init__(self, *, awaits_versions: bool = True) -> None:
        self.here, self.awaits_versions = Rehearsal(), awaits_versions
        self.calls: list[str] = []
        self.refusals: dict[str, ApiError] = {}
        self.now = 0.0
        self._operations = registry.operations(self.here.control)

    def call(self, operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        self.calls.append(operation)
        if operation in self.refusals:
            raise self.refusals[operation]
        try:
            answer = self._operations[operation](dict(request)) or {}
        except TastemakerError as error:
            raise ApiError(error.code, error.message) from None
        return {name: _public(value) for name, value in answer.items()}

    def accepts(self, operation: str, member: str) -> bool:
        return self.awaits_versions and member in TYPES[operation.removeprefix("Create")].shape.members

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.here.finish()

    def plan(self, declaration: Declaration, *, prune: bool = False) -> Plan:
        return plan(declaration, find(self, declaration), prune=prune)

    def perform(self, wanted: Plan, *, wait: bool = True) -> tuple[Outcome, list[Progress]]:
        said: list[Progress] = []
        limits = Limits(wait=wait, seconds=1000.0)
        applying = Applying(
            self, wanted, limits=limits, clock=lambda: self.now, sleep=self.sleep, report=said.append
        )
        return applying.run(), said

    def apply(self, declaration: Declaration, *, prune: bool = False, wait: bool = True) -> Outcome:
        outcome, _ = self.perform(self.plan(declaration, prune=prune), wait=wait)
        return outcome

    @property
    def changes(self) -> list[str]:
        """The calls that were not reads."""
        return [one for one in self.calls if not one.startswith(("List", "Describe"))]


def _public(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _public(item) for name, item in value.items() if not name.startswith("_")}
    if isinstance(value, list):
        return [_public(item) for item in value]
    return value


def shop() -> dict[str, Any]:
    """A small shop as a file declares it."""
    return {
        "datasetGroups": {"shop": None},
        "schemas": {"events": {"schema": avro("Interactions")}, "products": {"schema": avro("Items")}},
        "datasets": {"interactions": {"schema": "events"}, "items": {"schema": "products"}},
        "datasetImportJobs": {
            "first": {
                "dataset": "interactions",
                "dataSource": {"dataLocation": "s3://data/events.csv"},
                "roleArn": "arn:aws:iam::123456789012:role/import",
            }
        },
        "eventTrackers": {"web": {}},
        "filters": {"cheap": {"filterExpression": "EXCLUDE ItemID WHERE Items.PRICE > 5"}},
        "solutions": {"for-you": {"recipe": "aws-user-personalization-v2"}},
        "campaigns": {"home": {"solution": "for-you"}},
    }


def declared(value: dict[str, Any]) -> Declaration:
    return read(Document(value), lambda name: f"text of {name}")
