"""Names, units and dimensions of metrics."""

import pytest

from tastemaker.contracts.metrics import DATASET_SIZE, JOBS, OPERATIONS, dimension_of, unit_of
from tastemaker.control.core.ports import NoWorkflows
from tastemaker.control.core.records import MemoryRepository
from tastemaker.control.registry import control_plane
from tastemaker.wire.models import service_model
from tests.tastemaker.control.fakes import SCOPE, Clock, Counter

SERVICES = ("personalize-runtime", "personalize-events")


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("GetRecommendationsLatency", "Milliseconds"),
        ("DatasetImportJobExecutionTime", "Seconds"),
        (DATASET_SIZE, "Bytes"),
        ("PutEventsRequests", "Count"),
    ],
)
def test_unit_follows_from_the_name(name: str, unit: str) -> None:
    assert unit_of(name) == unit


def test_every_operation_of_applications_has_metrics() -> None:
    modeled = {name for service in SERVICES for name in service_model(service).operation_names}
    assert set(OPERATIONS) == modeled | {"Search"}  # OpenSearch's API has no service model


def test_every_job_with_metrics_is_a_resource_type() -> None:
    control = control_plane(
        scope=SCOPE, repository=MemoryRepository(), clock=Clock(), ids=Counter(), workflows=NoWorkflows()
    )
    assert set(JOBS) <= set(control.resource_types)
    names = [name for job in JOBS.values() for name in (job.requests, job.errors, job.execution_time)]
    assert len(set(names)) == len(names)


def test_dimension_of_a_member_begins_with_a_capital() -> None:
    assert dimension_of("campaignArn") == "CampaignArn"
