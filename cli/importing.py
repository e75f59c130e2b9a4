"""Prepared files → imported datasets: a bucket, a role, schemas, datasets, and import jobs."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli import names
from cli.connection import Connection
from cli.errors import CommandError
from cli.output import Output
from cli.progress import Step, step
from tastemaker.schemas import RECORD_NAMES

ROLE = "TastemakerImport-Personalize"
READ_POLICY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
POLL_SECONDS = {True: 0.3, False: 10.0}
"""Seconds between two questions about a job, by whether the service is on this machine."""
RECORDS = {dataset_type: name for name, dataset_type in reversed(RECORD_NAMES.items())}


@dataclass(frozen=True)
class Storage:
    """Where files are uploaded, and the role with which jobs read them."""

    bucket: str
    role: str


def storage(connection: Connection, bucket: str, role: str) -> Storage:
    """The bucket and the role. A local run gets them if they are not given. Raises CommandError."""
    if not connection.is_local and (not bucket or not role):
        raise CommandError(
            "An import into a deployment needs a bucket of yours and a role that may read it.",
            "Give --bucket and --role; docs/own-data.md says what the role must trust.",
        )
    return Storage(bucket or _bucket(connection), role or _role(connection))


def _bucket(connection: Connection) -> str:
    client = connection.client("s3")
    name = "tastemaker-data"
    if name not in {one["Name"] for one in client.list_buckets().get("Buckets", [])}:
        region = connection.session.region_name
        extra = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        client.create_bucket(Bucket=name, **extra)
    return name


def _role(connection: Connection) -> str:
    client = connection.client("iam")
    try:
        return str(client.get_role(RoleName=ROLE)["Role"]["Arn"])
    except client.exceptions.NoSuchEntityException:
        pass
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "personalize.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = client.create_role(RoleName=ROLE, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    client.attach_role_policy(RoleName=ROLE, PolicyArn=READ_POLICY)
    return str(arn)


def resource_name(text: str) -> str:
    """A text as the name of a resource: letters, digits and hyphens."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", text.encode("ascii", "ignore").decode()).strip("-").lower()
    return (plain or "data")[:40].strip("-")


def free_name(connection: Connection, wanted: str) -> str:
    """The name of a new dataset group: `wanted`, or with a number if there is one of this name."""
    taken = {one["name"] for one in names.listed(connection, names.GROUP)}
    taken |= {one["name"].rpartition("-")[0] for one in names.listed(connection, names.SCHEMA)}
    number, name = 2, wanted
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    return name


def ensure_group(connection: Connection, name: str) -> str:
    """The ARN of the dataset group of this name, which is created if there is none."""
    client = connection.client("personalize")
    for one in names.listed(connection, names.GROUP):
        if one["name"] == name:
            return str(one["datasetGroupArn"])
    arn = str(client.create_dataset_group(name=name)["datasetGroupArn"])
    wait(
        connection,
        lambda: client.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"],
        f"The dataset group {name}",
    )
    return arn


def load(
    connection: Connection,
    output: Output,
    group_arn: str,
    files: Mapping[str, Path],
    schemas: Mapping[str, str],
    at: Storage,
    mode: str = "FULL",
) -> dict[str, Any]:
    """Upload files and import them. Returns dataset type → the description of its import job.

    Raises CommandError with the service's own reason if a job fails.
    """
    group = group_arn.rsplit("/", 1)[-1]
    jobs = {}
    run = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
    for dataset_type, path in files.items():
        dataset = _dataset(connection, group_arn, dataset_type, schemas[dataset_type])
        key = f"{group}/{run}/{dataset_type.lower()}.csv"
        with step(output, f"Upload {path.name} ({path.stat().st_size / 1e6:.1f} MB)"):
            connection.client("s3").upload_file(str(path), at.bucket, key)
        jobs[dataset_type] = connection.client("personalize").create_dataset_import_job(
            jobName=f"{group}-{dataset_type.lower()}-{run}"[:63],
            datasetArn=dataset,
            dataSource={"dataLocation": f"s3://{at.bucket}/{key}"},
            roleArn=at.role,
            importMode=mode,
        )["datasetImportJobArn"]
    found = {}
    for dataset_type, arn in jobs.items():
        with step(output, f"Import {RECORDS[dataset_type]}") as shown:
            found[dataset_type] = _finished(connection, arn, shown)
    return found


def _finished(connection: Connection, arn: str, shown: Step) -> dict[str, Any]:
    client = connection.client("personalize")
    return wait(
        connection,
        lambda: client.describe_dataset_import_job(datasetImportJobArn=arn)["datasetImportJob"],
        "The import",
        lambda job: shown.show(str(job["status"]).lower()),
    )


def _dataset(connection: Connection, group_arn: str, dataset_type: str, schema: str) -> str:
    """The dataset of a type in a group, which is created with the schema if there is none.

    Raises CommandError if there is one with another schema.
    """
    client = connection.client("personalize")
    record = RECORDS[dataset_type]
    for one in names.listed(connection, names.DATASET, group_arn):
        if one["datasetType"].upper() == dataset_type:
            described = client.describe_dataset(datasetArn=one["datasetArn"])["dataset"]
            known = client.describe_schema(schemaArn=described["schemaArn"])["schema"]["schema"]
            lacking = _fields(known) - _fields(schema)
            if lacking:
                raise CommandError(
                    f"The dataset {record} has the fields {', '.join(sorted(lacking))}, which the "
                    "file lacks.",
                    "Load it into another group (--group), or give the same columns.",
                )
            return str(one["datasetArn"])
    group = group_arn.rsplit("/", 1)[-1]
    taken = {one["name"] for one in names.listed(connection, names.SCHEMA)}
    name, number = f"{group}-{record}", 2
    while name in taken:
        name, number = f"{group}-{record}-{number}", number + 1
    schema_arn = client.create_schema(name=name, schema=schema)["schemaArn"]
    return str(
        client.create_dataset(
            name=f"{group}-{record}", datasetType=record, datasetGroupArn=group_arn, schemaArn=schema_arn
        )["datasetArn"]
    )


def _fields(schema: str) -> set[str]:
    return {
        str(one["name"])
        for one in json.loads(schema)["fields"]
        if not (isinstance(one["type"], list) and "null" in one["type"])
    }


def wait(
    connection: Connection,
    describe: Callable[[], dict[str, Any]],
    what: str,
    seen: Callable[[dict[str, Any]], None] = lambda resource: None,
    ready: Sequence[str] = ("ACTIVE",),
) -> dict[str, Any]:
    """Ask until a resource is ready. Raises CommandError with the service's reason if it fails."""
    while True:
        found = describe()
        status = str(found["status"])
        if status in ready:
            return found
        if status.endswith(("FAILED", "STOPPED")):
            raise CommandError(f"{what} failed: {found.get('failureReason', status)}")
        seen(found)
        time.sleep(POLL_SECONDS[connection.is_local])
