"""What serves in a dataset group: the model whose items a search finds."""

import time
from collections.abc import Callable, Iterator

from tastemaker import recipes
from tastemaker.contracts.arns import name_of
from tastemaker.contracts.deployment import bundle_address, bundle_of, deployment_of
from tastemaker.contracts.statuses import ACTIVE
from tastemaker.control.core.records import Record, Repository
from tastemaker.serving.endpoints import Endpoint
from tastemaker.serving.runtime import Runtime

CACHE_SECONDS = 10.0
RANKING = "GetPersonalizedRanking"
SEMANTIC = "semantic"
"""The model whose bundles have text vectors."""


class RecordedDeployments:
    """The `Deployments` of searches, from the records of the control plane, cached for some seconds.

    Of several campaigns, one that ranks is preferred, because a search that is personalized opens its model
    anyway; of several that rank, the newest. Without a campaign or recommender, the newest solution version
    with a model is used, so that items can be searched before anything is deployed.
    """

    def __init__(
        self, records: Repository, runtime: Runtime, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._records, self._runtime, self._clock = records, runtime, clock
        self._cached: dict[str, tuple[float, Record | None]] = {}
        self._vectors: dict[str, tuple[float, Record | None]] = {}

    def groups(self) -> list[str]:
        """The names of all dataset groups."""
        return sorted(record.body["name"] for record in self._each("DatasetGroup"))

    def of_group(self, group: str) -> Endpoint | None:
        """The campaign, recommender or solution version whose items are searched."""
        cached = self._cached.get(group)
        if cached is None or cached[1] is None or self._clock() - cached[0] >= CACHE_SECONDS:
            cached = self._cached[group] = self._clock(), self._record(group)
        record = cached[1]
        if record is None:
            return None
        if record.resource_type == "SolutionVersion":
            return _of_version(record)
        member = "campaignArn" if record.resource_type == "Campaign" else "recommenderArn"
        return self._runtime.endpoint({member: record.arn})

    def vectors_of_group(self, group: str) -> Endpoint | None:
        """The newest solution version that has vectors of the items' texts."""
        cached = self._vectors.get(group)
        if cached is None or self._clock() - cached[0] >= CACHE_SECONDS:
            found = (
                record
                for record in self._each("SolutionVersion")
                if record.status == ACTIVE and bundle_of(record.body) and _group_of(record) == group
            )
            record = next((one for one in found if _model(one) == SEMANTIC), None)
            cached = self._vectors[group] = self._clock(), record
        return None if cached[1] is None else _of_version(cached[1])

    def _record(self, group: str) -> Record | None:
        deployed = [
            record
            for resource_type in ("Campaign", "Recommender")
            for record in self._each(resource_type)
            if record.status == ACTIVE and _group_of(record) == group and _finds_items(record)
        ]
        deployed.sort(key=lambda record: (_call(record) == RANKING, record.created_at), reverse=True)
        if deployed:
            return deployed[0]
        versions = (
            record
            for record in self._each("SolutionVersion")
            if record.status == ACTIVE and bundle_of(record.body) and _group_of(record) == group
        )
        return next((record for record in versions if _finds_items(record)), None)

    def _each(self, resource_type: str) -> Iterator[Record]:
        """All records of a type, newest first."""
        start: str | None = None
        while True:
            page = self._records.list(resource_type=resource_type, start=start)
            yield from page.records
            if page.next is None:
                return
            start = page.next


def _deployed(record: Record) -> tuple[str, str] | None:
    """The dataset group and the recipe of what a record serves."""
    if record.resource_type == "SolutionVersion":
        return record.body["datasetGroupArn"], record.body["recipeArn"]
    deployment = deployment_of(record.body)
    return None if deployment is None else (deployment["datasetGroupArn"], deployment["recipeArn"])


def _group_of(record: Record) -> str | None:
    deployed = _deployed(record)
    return None if deployed is None else name_of(deployed[0])


def _call(record: Record) -> str | None:
    deployed = _deployed(record)
    return None if deployed is None else recipes.by_arn(deployed[1]).call


def _model(record: Record) -> str | None:
    return recipes.by_arn(record.body["recipeArn"]).model_name


def _finds_items(record: Record) -> bool:
    """Whether the model has the group's items, and not its actions."""
    return _call(record) != "GetActionRecommendations"


def _of_version(record: Record) -> Endpoint:
    bundle = bundle_of(record.body)
    assert bundle is not None
    return Endpoint(
        record.arn,
        record.arn,
        record.body["datasetGroupArn"],
        recipes.by_arn(record.body["recipeArn"]),
        bundle_address(bundle),
        {},
    )
