"""Import work: the plan of an import → typed Parquet under the plan's destination, and its counts.

The source is read with the role that the caller named; the lake is written with the function's own. Buckets
that the stage lists as its own data buckets are read with the function's role too.
"""

from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ClientError

from lambdas.common.observability import logger
from lambdas.common.settings import Settings
from lambdas.ingest.errors import AccessRefused, ImportFailedError
from lambdas.ingest.importing import Import
from lambdas.ingest.source import S3Destination, S3Source
from tastemaker import schemas

session = boto3.Session()
s3 = session.client("s3")


def handle(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """`event` is the plan: datasetType, schema (Avro JSON), source, roleArn or null, destination (a prefix of
    the lake).

    Returns rows, files, bytes, parts and maxTimestamp (null where the data has no TIMESTAMP). Raises
    ImportFailedError, whose text is the failure reason.
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
        return work.run(event["source"])
    except ImportFailedError:
        logger.exception("import failed")
        raise


def _source(event: dict[str, Any], settings: Settings) -> S3Source:
    role, bucket = event.get("roleArn"), urlsplit(event["source"]).netloc
    if not role or bucket in settings.data_buckets:
        return S3Source(s3)
    return S3Source(assumed(session, role).client("s3"), role)


def assumed(own: boto3.Session, role: str) -> boto3.Session:
    """A session with the role's credentials. Raises AccessRefused, with the trust statement to add."""
    sts = own.client("sts")
    try:
        keys = sts.assume_role(RoleArn=role, RoleSessionName="tastemaker-import")["Credentials"]
    except ClientError as error:
        raise AccessRefused(
            f"the role {role} cannot be assumed ({error.response['Error'].get('Code')}). Add this to its "
            f"trust policy: {trust_statement(sts.get_caller_identity()['Arn'])}"
        ) from error
    return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], own.region_name)


def trust_statement(caller: str) -> str:
    """What lets the caller (an ARN as STS reports it) assume a role."""
    principal = caller
    if ":assumed-role/" in caller:
        account, role = caller.split(":")[4], caller.split("/")[1]
        principal = f"arn:{caller.split(':')[1]}:iam::{account}:role/{role}"
    return f'{{"Effect": "Allow", "Principal": {{"AWS": "{principal}"}}, "Action": "sts:AssumeRole"}}'
