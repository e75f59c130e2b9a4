"""Quotas: limits from the settings. A quota that is not set is not enforced."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tastemaker.errors import InvalidInput, LimitExceeded

DOCUMENTED: dict[str, int] = {
    "datasetGroups": 5,
    "schemas": 500,
    "solutionsPerDatasetGroup": 10,
    "campaignsPerDatasetGroup": 5,
    "recommendersPerDatasetGroup": 5,
    "filtersPerDatasetGroup": 30,
    "concurrentImportJobs": 5,
    "concurrentSolutionVersions": 20,
    "concurrentBatchInferenceJobs": 5,
    "concurrentBatchSegmentJobs": 5,
    "pendingDataDeletionJobsPerDatasetGroup": 5,
    "metadataColumnsInteractions": 5,
    "metadataColumnsItems": 100,
    "metadataColumnsUsers": 25,
    "metadataColumnsActions": 10,
    "metadataColumnsActionInteractions": 5,
    "minimumImportInteractions": 1000,
    "minimumInteractions": 1000,
    "minimumUsers": 25,
    "maximumInteractions": 3_000_000_000,
    "maximumItems": 5_000_000,
}
"""Every quota that can be set, with the limit that Personalize documents."""

TRAINING = ("minimumInteractions", "minimumUsers", "maximumInteractions", "maximumItems")
"""The quotas that the training job enforces."""


@dataclass(frozen=True)
class Quotas:
    """The limits of a deployment by quota name. Raises InvalidInput for an unknown name."""

    limits: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.limits) - set(DOCUMENTED))
        if unknown:
            raise InvalidInput(
                f"Unknown quotas {', '.join(unknown)}; the quotas are {', '.join(DOCUMENTED)}."
            )

    def get(self, name: str) -> int | None:
        """The limit, or None if it is not enforced."""
        value = self.limits.get(name)
        return None if value is None else int(value)

    @property
    def for_training(self) -> dict[str, int]:
        """The limits that the training job enforces."""
        return {name: int(self.limits[name]) for name in TRAINING if name in self.limits}


def check_quota(quotas: Quotas, name: str, existing: Iterable[object], what: str) -> None:
    """Raises LimitExceeded if one more would exceed the quota. Counts only if the quota is set."""
    limit = quotas.get(name)
    if limit is not None and sum(1 for _ in existing) >= limit:
        raise LimitExceeded(f"More than {limit} {what}; delete some, or raise the quota {name}.")
