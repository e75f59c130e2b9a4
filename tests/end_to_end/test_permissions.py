"""Functions run with their own role: without a permission of the template, the local run refuses the call."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from local import Local, synthesize
from tests.standard_schemas import avro

ACTION = "states:StartExecution"
CREDENTIALS = {"aws_access_key_id": "k", "aws_secret_access_key": "s", "region_name": "us-east-1"}


@pytest.fixture
def assembly_without_start_execution(tmp_path: Path) -> Path:
    """A copy of the synthesized app in which `control` may not start state machines."""
    assembly = Path(shutil.copytree(synthesize(), tmp_path / "assembly", symlinks=True))
    (path,) = assembly.glob("*.template.json")
    template = json.loads(path.read_text())
    removed = 0
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::IAM::Policy" and "Control" in name:
            statements = resource["Properties"]["PolicyDocument"]["Statement"]
            kept = [statement for statement in statements if ACTION not in str(statement["Action"])]
            removed += len(statements) - len(kept)
            resource["Properties"]["PolicyDocument"]["Statement"] = kept
    assert removed, f"no statement of the control function's role allows {ACTION}"
    path.write_text(json.dumps(template))
    return assembly


@pytest.fixture
def personalize(assembly_without_start_execution: Path) -> Iterator:
    with Local(port=0, assembly=assembly_without_start_execution) as run:
        yield boto3.client("personalize", endpoint_url=run.endpoint, **CREDENTIALS)


def test_local_run_refuses_a_call_without_a_permission_of_the_template(personalize) -> None:
    group = personalize.create_dataset_group(name="shop")["datasetGroupArn"]  # this needs no state machine
    schema_arn = personalize.create_schema(name="shop", schema=avro())["schemaArn"]
    dataset = personalize.create_dataset(
        name="shop", datasetGroupArn=group, datasetType="Interactions", schemaArn=schema_arn
    )["datasetArn"]
    job = personalize.create_dataset_import_job(
        jobName="shop",
        datasetArn=dataset,
        dataSource={"dataLocation": "s3://shop/interactions.csv"},
        roleArn="arn:aws:iam::123456789012:role/shop",
    )["datasetImportJobArn"]
    described = personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
    assert described["status"] == "CREATE FAILED"
    assert "AccessDenied" in described["failureReason"]
    assert ACTION in described["failureReason"]
