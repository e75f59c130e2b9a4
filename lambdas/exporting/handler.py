"""The exporting function: it writes a dataset to a CSV file with the role that the caller named."""

from typing import Any

import boto3

from lambdas.exporting.export import Export, csv_bytes
from lambdas.stores.caller_access import CallerAccess
from lambdas.stores.catalog import all_upserts
from lambdas.stores.lake import LakeBucket
from lambdas.stores.plans import resolved
from lambdas.support.observability import logger
from lambdas.support.settings import Settings
from tastemaker import schemas
from tastemaker.contracts.plans import ExportPlan

session = boto3.Session()
s3 = session.client("s3")
dynamodb = session.client("dynamodb")


def handle(event: ExportPlan, context: Any = None) -> dict[str, Any]:
    """Export the dataset of a plan. Returns rows and bytes. Raises WorkFailedError."""
    settings = Settings()
    logger.append_keys(arn=event["arn"])
    lake = LakeBucket(s3, settings.lake_bucket)
    event = resolved(lake, event)
    columns = [field.name for field in schemas.parse(event["schema"]).fields]
    work = Export(
        event, columns, lake, lambda catalog: all_upserts(dynamodb, settings.catalog_table, catalog)
    )
    access = CallerAccess.connect(session, s3, settings)
    folder = access.output(event["output"], event.get("roleArn"), event.get("kmsKeyArn"))
    folder.check()
    counts: list[int] = []
    size = folder.write(f"{event['name']}.csv", csv_bytes(columns, work.rows(), counts.append))
    return {"rows": sum(counts), "bytes": size}
