"""The property DatasetImportJob of AWS::Personalize::Dataset."""

import pytest

from tastemaker.declaration.dataset_import import ATTRIBUTE
from tastemaker.declaration.rehearsal import Rehearsal
from tests.standard_schemas import avro
from tests.tastemaker.declaration.test_custom_resources import answered, event

FAMILY = "AWS::Personalize::"


@pytest.fixture
def here() -> Rehearsal:
    return Rehearsal()


def dataset(here, kind="Create", request="r1", location="s3://data/", name="first", **more):
    group = answered(here, event(f"{FAMILY}DatasetGroup", id="G"))["PhysicalResourceId"]
    schema = answered(here, event(f"{FAMILY}Schema", id="S", Schema=avro()))["PhysicalResourceId"]
    job = {
        "JobName": name,
        "DataSource": {"DataLocation": location},
        "RoleArn": "arn:aws:iam::123456789012:role/r",
    }
    properties = {"DatasetType": "Interactions", "DatasetGroupArn": group, "SchemaArn": schema}
    sent = event(f"{FAMILY}Dataset", kind, "D", request, **properties, DatasetImportJob=job, **more)
    return answered(here, sent)


def jobs(here):
    return [one for one in here.repository.records.values() if one.resource_type == "DatasetImportJob"]


def test_data_are_imported_when_the_dataset_is_created(here):
    answer = dataset(here)
    (job,) = jobs(here)
    assert answer["Status"] == "SUCCESS" and job.status == "ACTIVE"
    assert answer["Data"][ATTRIBUTE] == job.arn and answer["PhysicalResourceId"].endswith("/INTERACTIONS")


def test_other_data_are_imported_by_another_job(here):
    arn = dataset(here)["PhysicalResourceId"]
    dataset(here, "Update", "r2", physical=arn)
    assert len(jobs(here)) == 1
    answer = dataset(here, "Update", "r3", "s3://data/more/", "second", physical=arn)
    assert answer["Status"] == "SUCCESS" and {one.body["jobName"] for one in jobs(here)} == {
        "first",
        "second",
    }
    refused = dataset(here, "Update", "r4", "s3://data/third/", "second", physical=arn)
    assert refused["Status"] == "FAILED" and "Declare another jobName" in refused["Reason"]
    assert refused["PhysicalResourceId"] == arn
