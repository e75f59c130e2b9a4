"""All resource types, and the table of operations of the control plane."""

from typing import Any

from tastemaker.control import recipe_operations
from tastemaker.control.core.conflicts import repeat_on_conflict
from tastemaker.control.core.control_plane import ControlPlane
from tastemaker.control.core.declaration import Operation
from tastemaker.control.core.ports import Ports
from tastemaker.control.core.resource_type import ResourceType
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

RESOURCE_TYPES: tuple[type[ResourceType], ...] = (
    Schema,
    DatasetGroup,
    Dataset,
    DatasetImportJob,
    DatasetExportJob,
    DataDeletionJob,
    EventTracker,
    Filter,
    Solution,
    SolutionVersion,
    Campaign,
    Recommender,
    BatchInferenceJob,
    BatchSegmentJob,
    MetricAttribution,
)
"""All resource types. A new one is a module in `resources/` and a line here."""


def control_plane(**ports: Any) -> ControlPlane:
    """A control plane with all resource types; `ports` are the fields of `Ports`."""
    return ControlPlane(Ports(**ports), RESOURCE_TYPES)


def operations(control: ControlPlane) -> dict[str, Operation]:
    """Every operation of personalize: its name and the function that runs it on validated parameters.

    An operation begins again if another request has changed what it has read.
    """
    table = recipe_operations.operations(control) | control.operations()
    return {name: _repeated(operation) for name, operation in table.items()}


def _repeated(operation: Operation) -> Operation:
    return lambda request: repeat_on_conflict(lambda: operation(request))
