"""Records of the control plane as the runtime sees them: read often, changed rarely, cached for seconds."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from tastemaker import recipes
from tastemaker.control.core.arns import name_of
from tastemaker.control.core.records import Record
from tastemaker.control.core.statuses import ACTIVE
from tastemaker.errors import InvalidInput, ResourceNotFound
from tastemaker.recipes.recipe import Recipe

SECONDS = 5.0


class Records(Protocol):
    """What is needed of a repository."""

    def get(self, arn: str) -> Record | None: ...


@dataclass(frozen=True)
class Deployment:
    """What answers for a campaign or a recommender."""

    arn: str
    solution_version_arn: str
    dataset_group_arn: str
    recipe: Recipe
    bundle_uri: str
    """The bundle's folder, with `#` and the folder of its newest refresh if there is one."""
    config: dict[str, Any]

    @property
    def dataset_group(self) -> str:
        return name_of(self.dataset_group_arn)

    @property
    def with_metadata(self) -> bool:
        """Whether answers may carry item columns."""
        return self.recipe.free_metadata or bool(self.config.get("enableMetadataWithRecommendations"))


class RecordCache:
    """Records by ARN, read again after some seconds.

    One that is missing or not ACTIVE is never remembered: its caller is waiting for it to become so.
    """

    def __init__(self, records: Records, clock: Callable[[], float] = time.monotonic) -> None:
        self._records, self._clock = records, clock
        self._kept: dict[str, tuple[float, Record]] = {}
        self._deployments: dict[str, tuple[Record, Deployment]] = {}

    def get(self, arn: str) -> Record:
        """Raises ResourceNotFound."""
        kept = self._kept.get(arn)
        if kept is not None and self._clock() - kept[0] < SECONDS:
            return kept[1]
        record = self._records.get(arn)
        if record is None:
            self._kept.pop(arn, None)
            raise ResourceNotFound(f"There is no resource {arn}.")
        if record.status == ACTIVE:
            self._kept[arn] = (self._clock(), record)
        return record

    def deployment(self, arn: str) -> Deployment:
        """What serves a campaign or recommender now. Raises InvalidInput, ResourceNotFound."""
        record = self.get(arn)
        known = self._deployments.get(arn)
        if known is None or known[0] is not record:
            known = self._deployments[arn] = record, self._serving(arn, record)
        return known[1]

    def _serving(self, arn: str, record: Record) -> Deployment:
        serving = record.body.get("_serving")
        if record.status != ACTIVE or serving is None:
            reason = record.body.get("failureReason")
            raise InvalidInput(
                f"{arn} cannot answer: its status is {record.status}{f' ({reason})' if reason else ''}."
            )
        return Deployment(
            arn,
            serving["solutionVersionArn"],
            serving["datasetGroupArn"],
            recipes.by_arn(serving["recipeArn"]),
            address(serving["bundle"], serving.get("refresh")),
            _config(record.body),
        )

    def prospective(self, arn: str, version_arn: str, refresh: str | None = None) -> Deployment:
        """What would serve the campaign or recommender with this solution version (and this refresh of it),
        whatever its status.
        """
        version = self.get(version_arn).body
        if "_bundle" not in version:
            raise InvalidInput(f"{version_arn} has no model: its status is {version.get('status')}.")
        return Deployment(
            arn,
            version_arn,
            version["datasetGroupArn"],
            recipes.by_arn(version["recipeArn"]),
            address(version["_bundle"], refresh),
            _config(self.get(arn).body),
        )


def address(bundle: str, refresh: str | None) -> str:
    """The address of a bundle, or of a refreshed one."""
    return f"{bundle}#{refresh}served/" if refresh else bundle


def _config(body: dict[str, Any]) -> dict[str, Any]:
    return body.get("campaignConfig") or body.get("recommenderConfig") or {}
