"""All kinds of resources, and the table of operations: the whole control plane."""

from typing import Any

from tastemaker.resources import catalogue
from tastemaker.resources.batch_inference_job import BatchInferenceJob
from tastemaker.resources.batch_segment_job import BatchSegmentJob
from tastemaker.resources.campaign import Campaign
from tastemaker.resources.data_deletion_job import DataDeletionJob
from tastemaker.resources.dataset import Dataset
from tastemaker.resources.dataset_export_job import DatasetExportJob
from tastemaker.resources.dataset_group import DatasetGroup
from tastemaker.resources.dataset_import_job import DatasetImportJob
from tastemaker.resources.desk import Desk
from tastemaker.resources.event_tracker import EventTracker
from tastemaker.resources.filter import Filter
from tastemaker.resources.kind import Kind, Operation
from tastemaker.resources.metric_attribution import MetricAttribution
from tastemaker.resources.recommender import Recommender
from tastemaker.resources.schema import Schema
from tastemaker.resources.solution import Solution
from tastemaker.resources.solution_version import SolutionVersion

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
    """A desk with all kinds; ``ports`` are the other fields of ``Desk``."""
    return Desk(kinds=ports.pop("kinds", KINDS), **ports)


def operations(desk: Desk) -> dict[str, Operation]:
    """Every operation of personalize: its name → validated parameters → result."""
    table = catalogue.operations(desk)
    for kind in desk.kinds.values():
        table |= kind.operations(desk)
    return table
