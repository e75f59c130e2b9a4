"""No request can make the deployment's own bucket the input or the output of a job."""

from dataclasses import replace
from typing import Any

import pytest

from tastemaker.control.core.locations import CallerLimits
from tastemaker.errors import InvalidInput
from tests.contract.requests import OUT, populate
from tests.tastemaker.control.fakes import World, world

LAKE = "tastemaker-lake-1"
OPERATIONS = [
    "CreateDatasetImportJob",
    "CreateDatasetExportJob",
    "CreateBatchInferenceJob",
    "CreateBatchSegmentJob",
    "CreateDataDeletionJob",
    "CreateMetricAttribution",
    "UpdateMetricAttribution",
]


@pytest.fixture(scope="module")
def shop() -> tuple[World, dict[str, dict[str, Any]]]:
    here = world()
    requests = populate(here)
    ports = here.control.ports
    limits = CallerLimits(frozenset({LAKE}), "*import*")
    return replace(
        here, control=here.control.with_ports(**{**vars(ports), "caller_limits": limits})
    ), requests


def relocated(value: Any, location: str, number: int, seen: list[str]) -> Any:
    """The request with its `number`th S3 location replaced; `seen` gets all locations."""
    if isinstance(value, dict):
        return {name: relocated(member, location, number, seen) for name, member in value.items()}
    if isinstance(value, str) and value.startswith("s3://"):
        seen.append(value)
        return location if len(seen) == number else value
    return value


@pytest.mark.parametrize("operation", OPERATIONS)
def test_lake_is_refused_in_every_member(shop: Any, operation: str) -> None:
    here, requests = shop
    request = requests[operation]
    if operation.endswith("MetricAttribution"):
        output = {**OUT, "roleArn": "arn:aws:iam::123456789012:role/import"}
        request = {**request, "metricsOutputConfig": output}
    members: list[str] = []
    relocated(request, "", 0, members)
    assert members
    for number in range(1, len(members) + 1):
        for bucket in (LAKE, LAKE.upper(), f"{LAKE}."):
            changed = relocated(request, f"s3://{bucket}/groups/other/", number, [])
            with pytest.raises(InvalidInput, match="keeps its own data"):
                here.call(operation, **changed)


@pytest.mark.parametrize(
    "location",
    [f"S3://{LAKE}/x", f"s3://{LAKE}-ap-s3alias/x", f"s3://out/../{LAKE}/x", f"s3://user@{LAKE}/", "s3://"],
)
def test_other_ways_to_name_the_lake_are_invalid(shop: Any, location: str) -> None:
    here, requests = shop
    request = requests["CreateDatasetExportJob"]
    with pytest.raises(InvalidInput):
        here.call("CreateDatasetExportJob", **relocated(request, location, 1, []))


def test_bucket_whose_name_resembles_the_lakes_is_accepted() -> None:
    limits = CallerLimits(frozenset({LAKE}))
    for bucket in (f"{LAKE}0", f"my-{LAKE}", LAKE[:-1]):
        limits.check({"dataSource": {"dataLocation": f"s3://{bucket}/{LAKE}/"}})


@pytest.mark.parametrize(
    ("role", "good"),
    [
        ("AmazonPersonalize-ExecutionRole-1", True),
        ("service-role/AmazonPersonalize-ExecutionRole-1", True),
        ("cdk-hnb659fds-lookup-role-1-eu-west-1", False),
        ("Admin", False),
    ],
)
def test_role_must_match_the_pattern_of_the_stage_if_a_job_assumes_it(role: str, good: bool) -> None:
    limits = CallerLimits(roles="*Personalize*")
    arn = f"arn:aws:iam::123456789012:role/{role}"
    request = {"roleArn": arn, "dataSource": {"dataLocation": "s3://data/"}}
    if good:
        limits.check(request)
    else:
        with pytest.raises(InvalidInput, match="importRoles"):
            limits.check(request)
    limits.check({"roleArn": arn, "kmsKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/1"})


def test_no_other_request_names_a_bucket(shop: Any) -> None:
    naming = {name for name, request in shop[1].items() if "s3://" in str(request)}
    assert {name for name in naming if not name.startswith("Delete")} <= set(OPERATIONS)
