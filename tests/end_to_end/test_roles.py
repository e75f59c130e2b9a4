"""Jobs assume the caller's role with the external ID of the stack, and can read only their input."""

import json
import time
from typing import Any

import boto3
import pytest

from tests.standard_schemas import ITEM_ID, TIMESTAMP, USER_ID, avro

ACCOUNT = "123456789012"
STACK = f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/tastemaker-local/local"
BUCKET = "roles-data"
ROWS = "USER_ID,ITEM_ID,TIMESTAMP\n" + "".join(f"u{n % 9},i{n % 7},{1_700_000_000 + n}\n" for n in range(50))
SCHEMA = avro(fields=[USER_ID, ITEM_ID, TIMESTAMP])


@pytest.fixture(scope="module")
def dataset(endpoint: str) -> str:
    """A dataset, and its data in a bucket."""
    s3 = boto3.client("s3", endpoint_url=endpoint)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="in/a.csv", Body=ROWS.encode())
    personalize = boto3.client("personalize", endpoint_url=endpoint)
    group = personalize.create_dataset_group(name="roles")["datasetGroupArn"]
    schema = personalize.create_schema(name="roles", schema=SCHEMA)["schemaArn"]
    created = personalize.create_dataset(
        name="roles", datasetGroupArn=group, datasetType="Interactions", schemaArn=schema
    )
    return str(created["datasetArn"])


def run_import(endpoint: str, dataset: str, name: str, external_id: str) -> dict[str, Any]:
    """Run an import with a role that trusts the account with an external ID. Returns the job that ended."""
    iam, personalize = (boto3.client(one, endpoint_url=endpoint) for one in ("iam", "personalize"))
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
    }
    role = iam.create_role(
        RoleName=f"Personalize-{name}",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]["Arn"]
    job = personalize.create_dataset_import_job(
        jobName=name,
        datasetArn=dataset,
        dataSource={"dataLocation": f"s3://{BUCKET}/in/"},
        roleArn=role,
    )["datasetImportJobArn"]
    end = time.monotonic() + 300
    while True:
        found = personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
        if found["status"] in ("ACTIVE", "CREATE FAILED") or time.monotonic() > end:
            return dict(found)
        time.sleep(0.5)


def test_role_that_demands_the_external_id_of_the_stack_is_assumed(endpoint: str, dataset: str) -> None:
    job = run_import(endpoint, dataset, "with-id", STACK)
    assert job["status"] == "ACTIVE", job.get("failureReason")


def test_role_of_another_stack_is_refused_with_the_missing_statement(endpoint: str, dataset: str) -> None:
    job = run_import(endpoint, dataset, "other-id", "arn:aws:cloudformation:us-east-1:1:stack/other/1")
    assert job["status"] == "CREATE FAILED"
    statement = json.loads(job["failureReason"].partition("trust policy: ")[2])
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": STACK}}
    assert len(statement["Principal"]["AWS"]) == 5
    assert all(arn.startswith(f"arn:aws:iam::{ACCOUNT}:role/") for arn in statement["Principal"]["AWS"])


def test_job_cannot_read_the_lake(endpoint: str, dataset: str) -> None:
    buckets = boto3.client("s3", endpoint_url=endpoint).list_buckets()["Buckets"]
    lake = next(one["Name"] for one in buckets if "lake" in one["Name"] and "log" not in one["Name"])
    personalize = boto3.client("personalize", endpoint_url=endpoint)
    for name in (lake, lake.upper()):
        with pytest.raises(personalize.exceptions.InvalidInputException, match="keeps its own data"):
            personalize.create_dataset_import_job(
                jobName="theft",
                datasetArn=dataset,
                dataSource={"dataLocation": f"s3://{name}/groups/"},
                roleArn=f"arn:aws:iam::{ACCOUNT}:role/Personalize-with-id",
            )
