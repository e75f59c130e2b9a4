"""The films of the tests of serving, deployed: their records in the table, and their models in the lake."""

from pathlib import Path
from typing import Any

from lambdas.stores.records import ResourceTable
from tastemaker.control.core.records import Record
from tests.lambdas.aws import LAKE, TABLE, upload
from tests.tastemaker.serving.films import Cinema

TYPES = {"campaign": "Campaign", "filter": "Filter", "solution": "SolutionVersion"}
ENVIRONMENT = {
    "TASTEMAKER_RESOURCES_TABLE": TABLE,
    "TASTEMAKER_PROFILES_TABLE": "profiles",
    "TASTEMAKER_CATALOG_TABLE": "catalog",
    "TASTEMAKER_RECOMMENDATIONS_TABLE": "recommendations",
    "TASTEMAKER_LAKE_BUCKET": LAKE,
    "TASTEMAKER_AUTHORIZATION": "off",
}


def deploy(cinema: Cinema, dynamodb: Any, s3: Any) -> None:
    """Copy the records and the models of a cinema to AWS."""
    table = ResourceTable(dynamodb, TABLE)
    for number, record in enumerate(cinema.repository.records.values()):
        table.create(Record(record.arn, TYPES[record.resource_type], record.body, created_at=1000.0 + number))
    for address, loaded in cinema.bundles.loaded.items():
        upload(s3, Path(loaded.bundle.path), address.removeprefix(f"s3://{LAKE}/"))
