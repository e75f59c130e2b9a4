"""Import work: the plan of an import → typed Parquet under the plan's destination, and its counts.

The source is read with the role that the caller named; the lake is written with the function's own. Buckets
that the stage lists as its own data buckets are read with the function's role too.
"""

from typing import Any
from urllib.parse import urlsplit

import boto3

from lambdas.stores.caller_files import S3Source
from lambdas.support.observability import logger
from lambdas.support.roles import client_for
from lambdas.support.settings import Settings
from tastemaker import schemas
from tastemaker.failures import WorkFailedError
from tastemaker.importing.importer import Import
from tastemaker.importing.source import S3Destination

session = boto3.Session()
s3 = session.client("s3")


def handle(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """`event` is the plan: datasetType, schema (Avro JSON), source, roleArn or null, destination (a prefix of
    the lake).

    Returns rows, files, bytes, parts and maxTimestamp (null where the data has no TIMESTAMP); or nothing but
    `distributed`, true, where the files are more than a function should read and the stage has Spark. Raises
    WorkFailedError, whose text is the failure reason.
    """
    settings = Settings()
    logger.append_keys(arn=event.get("arn"))
    work = Import(
        source=_source(event, settings),
        destination=S3Destination(s3, settings.lake_bucket),
        fields=schemas.parse(event["schema"]).fields,
        prefix=event["destination"],
        log=logger.info,
    )
    try:
        if settings.distributed_bytes and work.size(event["source"]) > settings.distributed_bytes:
            return {"distributed": True}
        return work.run(event["source"])
    except WorkFailedError:
        logger.exception("import failed")
        raise


def _source(event: dict[str, Any], settings: Settings) -> S3Source:
    role, bucket = event.get("roleArn"), urlsplit(event["source"]).netloc
    client = client_for(session, s3, role, bucket, settings.data_buckets)
    return S3Source(client, None if client is s3 else role)
