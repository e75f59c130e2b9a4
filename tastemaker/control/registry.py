"""All kinds of resources, and the table of operations: the whole control plane."""

from typing import Any

from tastemaker.control import recipe_operations
from tastemaker.control.core.context import Desk
from tastemaker.control.core.declaration import Kind, Operation
from tastemaker.control.resources.batch_inference_job import BatchInferenceJob
from tastemaker.control.resources.batch_segment_job import BatchSegmentJob
from tastemaker.control.resources.campaign import Campaign
from tastemaker.control.resources.data_deletion_job import DataDeletionJob
from tastemaker.control.resources.dataset import Dataset
from tastemaker.control.resources.dataset_export_job import DatasetExportJob
from tastemaker.control.resources.dataset_group import DatasetGroup
from tastemaker.control.resources.dataset_import_job import DatasetImportJob
from tastemaker.control.resources.event_tracker import EventTracker
from tastemaker.control.resources.filter import Filter
from tastemaker.control.resources.metric_attribution import MetricAttribution
from tastemaker.control.resources.recommender import Recommender
from tastemaker.control.resources.schema import Schema
from tastemaker.control.resources.solution import Solution
from tastemaker.control.resources.solution_version import SolutionVersion

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Schema(),
        DatasetGroup(),
        Dataset(),
        DatasetImportJob(),
        DatasetExportJob(),
        DataDeletionJob(),
        EventTracker(),
        Filter(),
        Solution(),
        SolutionVersion(),
        Campaign(),
        Recommender(),
        BatchInferenceJob(),
        BatchSegmentJob(),
        MetricAttribution(),
    )
}
"""Kind name → kind. A new resource is a module and a line here."""


def desk(**ports: Any) -> Desk:
    """A desk with all kinds; `ports` are the other fields of `Desk`."""
    return Desk(kinds=ports.pop("kinds", KINDS), **ports)


def operations(desk: Desk) -> dict[str, Operation]:
    """Every operation of personalize: its name → validated parameters → result."""
    table = recipe_operations.operations(desk)
    for kind in desk.kinds.values():
        table |= kind.operations(desk)
    return table
