"""Datasets and their import."""

from __future__ import annotations

import json

from deployment.smoke.context import CheckError, Context, check
from deployment.smoke.shop import FIELDS

ATTEMPTS = 6
"""A role that was just created cannot be assumed everywhere at once."""
RETRY_SECONDS = 10.0
NOT_ASSUMED = "cannot be assumed"


def import_data(context: Context) -> str:
    """A dataset group with three datasets, whose rows come from files in the run's bucket."""
    personalize = context.personalize
    context.group = personalize.create_dataset_group(name=context.run)["datasetGroupArn"]
    context.wait("dataset_group", "datasetGroup", context.group)
    rows = 0
    for dataset_type in FIELDS:
        text = context.shop.csv(dataset_type)
        rows += text.count("\n") - 1
        _create_dataset(context, dataset_type)
        _import(context, dataset_type, context.put(f"import/{dataset_type.lower()}.csv", text))
    return f"{rows:,} rows of three files were imported, {context.shop.rows:,} of them interactions"


def _create_dataset(context: Context, dataset_type: str) -> None:
    schema = {
        "type": "record",
        "name": dataset_type,
        "namespace": "com.amazonaws.personalize.schema",
        "fields": FIELDS[dataset_type],
        "version": "1.0",
    }
    name = f"{context.run}-{dataset_type.lower()}"
    schema_arn = context.personalize.create_schema(name=name, schema=json.dumps(schema))["schemaArn"]
    context.schemas[dataset_type] = schema_arn
    arn = context.personalize.create_dataset(
        name=name, datasetType=dataset_type, datasetGroupArn=context.group, schemaArn=schema_arn
    )["datasetArn"]
    context.datasets[dataset_type] = arn
    context.wait("dataset", "dataset", arn)


def _import(context: Context, dataset_type: str, location: str) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        job = context.personalize.create_dataset_import_job(
            jobName=f"{context.run}-{dataset_type.lower()}-{attempt}",
            datasetArn=context.datasets[dataset_type],
            dataSource={"dataLocation": location},
            roleArn=context.role,
        )["datasetImportJobArn"]
        try:
            context.wait("dataset_import_job", "datasetImportJob", job)
            return
        except CheckError as error:
            check(NOT_ASSUMED in str(error) and attempt < ATTEMPTS, str(error))
            context.console.progress("    the role is new; trying again")
            context.pause(RETRY_SECONDS)
