"""The types of resources that can be declared: their properties, and what a change of each property does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tastemaker.control.registry import RESOURCE_TYPES
from tastemaker.wire import Service
from tastemaker.wire.properties import StructureShape, request_shape

SERVICE = Service("personalize")
IN_PLACE, REPLACE, REFUSED = "in place", "replacement", "refused"
"""What a change of a property does. REFUSED: there can be only one such resource beside the old one."""

_RENAMED = {"solutionUpdateConfig": "solutionConfig", "addMetrics": "metrics", "removeMetrics": "metrics"}
"""Members of Update operations that change a property of another name."""
_RESOURCE_TYPES = {one.name: one for one in RESOURCE_TYPES}


@dataclass(frozen=True)
class DeclaredType:
    """A type of resource that can be declared. Properties are the members of its Create operation.

    `defaults` are the values of properties that are not declared. `only_one` says beside what there cannot be
    a second resource of this type. `kept` says why a deletion leaves the resource.
    """

    name: str
    defaults: Mapping[str, Any]
    only_one: str | None = None
    kept: str | None = None

    @cached_property
    def shape(self) -> StructureShape:
        """The shape of a Create request."""
        return _input(f"Create{self.name}")

    @property
    def properties(self) -> list[str]:
        """The properties, without those that only say how to create."""
        return [name for name in self.shape.members if name != "awaitFirstVersion"]

    @property
    def required(self) -> list[str]:
        """The properties that must be given. A name that is not given is generated."""
        return [name for name in self.shape.required_members if name != self.name_member]

    @property
    def name_member(self) -> str:
        """The property with the name: `name` or `jobName`."""
        return _RESOURCE_TYPES[self.name].name_member

    @property
    def arn_member(self) -> str:
        """The member with the ARN: `campaignArn`."""
        return f"{self.name[0].lower()}{self.name[1:]}Arn"

    @cached_property
    def list_by(self) -> str | None:
        """The member of List requests that names the parent."""
        members = _input(f"List{self.name}s").members
        return next((name for name in members if name.endswith("Arn")), None)

    @cached_property
    def taggable(self) -> bool:
        """Whether the type has tags."""
        return "tags" in self.shape.members

    @property
    def references(self) -> Mapping[str, str]:
        """Property → the type of resource that it names."""
        return {one.member: one.resource_type for one in _RESOURCE_TYPES[self.name].references}

    @cached_property
    def updatable(self) -> frozenset[str]:
        """The properties, or parts such as `solutionConfig.eventsConfig`, that change in place."""
        return frozenset(self._updatable())

    def _updatable(self) -> Iterator[str]:
        if self.taggable:
            yield "tags"
        if f"Update{self.name}" not in SERVICE.operations:
            return
        for member, shape in _input(f"Update{self.name}").members.items():
            if member == self.arn_member:
                continue
            changes = _RENAMED.get(member, member)
            if member.endswith("UpdateConfig") and isinstance(shape, StructureShape):
                yield from (f"{changes}.{part}" for part in shape.members)
            else:
                yield changes

    def effect(self, path: str) -> str:
        """What a change of a property does: IN_PLACE, REPLACE or REFUSED."""
        if path in self.updatable:
            return IN_PLACE
        if self.only_one is not None and path not in ("datasetGroupArn", "datasetType"):
            return REFUSED
        return REPLACE


def _input(operation: str) -> StructureShape:
    return request_shape(SERVICE, operation)


_JOB = "a job cannot be deleted; its output stays"
TYPES: dict[str, DeclaredType] = {
    one.name: one
    for one in (
        DeclaredType("DatasetGroup", {}),
        DeclaredType("Schema", {}),
        DeclaredType("Dataset", {}, only_one="a dataset of the same type in the dataset group"),
        DeclaredType(
            "DatasetImportJob", {"importMode": "FULL", "publishAttributionMetricsToS3": False}, kept=_JOB
        ),
        DeclaredType("EventTracker", {}, only_one="an event tracker of the dataset group"),
        DeclaredType("Filter", {}),
        DeclaredType(
            "Solution",
            {
                "performHPO": False,
                "performAutoML": False,
                "performAutoTraining": True,
                "performIncrementalUpdate": False,
            },
        ),
        DeclaredType(
            "SolutionVersion", {"trainingMode": "FULL"}, kept="a solution version goes with its solution"
        ),
        DeclaredType("Campaign", {"minProvisionedTPS": 1}),
        DeclaredType("Recommender", {"recommenderConfig": {"minRecommendationRequestsPerSecond": 1}}),
        DeclaredType("MetricAttribution", {}, only_one="a metric attribution of the dataset group"),
        DeclaredType(
            "BatchInferenceJob", {"numResults": 25, "batchInferenceJobMode": "BATCH_INFERENCE"}, kept=_JOB
        ),
        DeclaredType("BatchSegmentJob", {"numResults": 25}, kept=_JOB),
    )
}
"""Every type that can be declared, in an order in which they can be created and a person reads them."""
