"""The importing function: it reads a caller's files and writes typed Parquet to the lake.

It reads with the role that the caller named, and writes with its own role.
"""

from typing import Any

import boto3

from lambdas.stores.caller_access import CallerAccess
from lambdas.stores.import_destination import S3Destination
from lambdas.support.observability import log_exception, logger
from lambdas.support.settings import Settings
from tastemaker import schemas
from tastemaker.contracts.plans import ImportPlan
from tastemaker.contracts.workflows import ImportResult
from tastemaker.failures import WorkFailedError
from tastemaker.importing.importer import Importer

session = boto3.Session()
s3 = session.client("s3")


def handle(event: ImportPlan, context: Any = None) -> ImportResult | dict[str, bool]:
    """Import the files of a plan: datasetType, schema (Avro JSON), source, roleArn, destination (a prefix).

    Returns the counts and the report. If the files are
    larger than the stage lets a function read, returns only `{"distributed": true}`. Raises WorkFailedError,
    whose text becomes the failure reason.
    """
    settings = Settings()
    logger.append_keys(arn=event.get("arn"))
    access = CallerAccess.connect(session, s3, settings)
    importer = Importer(
        source=access.source(event["source"], event.get("roleArn")),
        destination=S3Destination(s3, settings.lake_bucket),
        fields=schemas.parse(event["schema"]).fields,
        prefix=event["destination"],
        log=logger.info,
    )
    try:
        if settings.distributed_bytes and importer.size(event["source"]) > settings.distributed_bytes:
            return {"distributed": True}
        return importer.run(event["source"])
    except WorkFailedError:
        log_exception("import failed")  # the reason is on the job's record
        raise
