"""Quotas: numbers from settings, not enforced unless they are set."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tastemaker.errors import InvalidInput

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
"""Every quota that can be set, with the service's own figure."""

TRAINING = ("minimumInteractions", "minimumUsers", "maximumInteractions", "maximumItems")
"""Those that the training job applies."""


@dataclass(frozen=True)
class Quotas:
    """The limits of an installation. Raises InvalidInput for a name that is no quota."""

    limits: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.limits) - set(DOCUMENTED))
        if unknown:
            raise InvalidInput(f"Unknown quotas {', '.join(unknown)}; there are {', '.join(DOCUMENTED)}.")

    def get(self, name: str) -> int | None:
        """The limit, or None if it is not enforced."""
        value = self.limits.get(name)
        return None if value is None else int(value)

    @property
    def for_training(self) -> dict[str, int]:
        return {name: int(self.limits[name]) for name in TRAINING if name in self.limits}
