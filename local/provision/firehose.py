"""Glue databases and tables, and the delivery streams that use them as schemas."""

from __future__ import annotations

from typing import Any

from local.provision.registry import NO_TAGS, Deployment, ProvisionError, adapter
from local.streams.firehose import Delivery, DeliveryError, check
from local.template import Physical, Resource


@adapter(
    "AWS::Glue::Database", handled="DatabaseInput DatabaseName", ignored={"CatalogId": "there is one account"}
)
def database(resource: Resource, deployment: Deployment) -> Physical:
    """Create a Glue database."""
    given = resource.properties["DatabaseInput"]
    name = given.get("Name") or deployment.name(resource)
    deployment.client("glue").create_database(DatabaseInput={**given, "Name": name})
    return Physical(name)


@adapter("AWS::Glue::Table", handled="DatabaseName TableInput", ignored={"CatalogId": "there is one account"})
def table(resource: Resource, deployment: Deployment) -> Physical:
    """Create a Glue table, and note its columns for delivery streams."""
    database_name, given = resource.properties["DatabaseName"], resource.properties["TableInput"]
    deployment.client("glue").create_table(DatabaseName=database_name, TableInput=given)
    columns = {column["Name"]: column["Type"] for column in given["StorageDescriptor"]["Columns"]}
    deployment.glue_columns[database_name, given["Name"]] = columns
    return Physical(given["Name"])


# Of ExtendedS3DestinationConfiguration; anything else is refused.
_DESTINATION = {
    "BucketARN",
    "RoleARN",
    "Prefix",
    "ErrorOutputPrefix",
    "FileExtension",
    "CompressionFormat",  # Parquet compresses by itself
    "BufferingHints",  # flushed every few seconds
    "DynamicPartitioningConfiguration",
    "ProcessingConfiguration",
    "DataFormatConversionConfiguration",
    "CloudWatchLoggingOptions",  # failures are said in the terminal
}


@adapter(
    "AWS::KinesisFirehose::DeliveryStream",
    handled="DeliveryStreamName DeliveryStreamType KinesisStreamSourceConfiguration "
    "ExtendedS3DestinationConfiguration",
    ignored=NO_TAGS | {"DeliveryStreamEncryptionConfigurationInput": "records wait in memory"},
)
def delivery_stream(resource: Resource, deployment: Deployment) -> Physical:
    """Register a delivery stream that writes Parquet, after a check of its roles."""
    properties = resource.properties
    target = properties["ExtendedS3DestinationConfiguration"]
    unknown = sorted(set(target) - _DESTINATION)
    if unknown:
        raise ProvisionError(f"the destination's {', '.join(unknown)} has no counterpart here")
    conversion = target.get("DataFormatConversionConfiguration", {})
    schema = conversion.get("SchemaConfiguration", {})
    serializer = conversion.get("OutputFormatConfiguration", {}).get("Serializer", {})
    if "ParquetSerDe" not in serializer:
        raise ProvisionError("only Parquet is written here")
    name = deployment.name(resource, properties.get("DeliveryStreamName"))
    arn = deployment.account.arn("firehose", f"deliverystream/{name}")
    try:
        delivery = Delivery(
            name=name,
            stream_arn=_stream(properties, arn, deployment),
            bucket=target["BucketARN"].rsplit(":", 1)[-1],
            role_arn=deployment.trusted(target["RoleARN"], "firehose.amazonaws.com", arn),
            prefix=target.get("Prefix", ""),
            error_prefix=target.get("ErrorOutputPrefix", ""),
            columns=deployment.glue_columns[schema["DatabaseName"], schema["TableName"]],
            query=_query(target.get("ProcessingConfiguration", {})),
            file_extension=target.get("FileExtension", ".parquet"),
            compression=serializer["ParquetSerDe"].get("Compression", "SNAPPY").lower(),
        )
        check(delivery)
    except DeliveryError as error:
        raise ProvisionError(str(error)) from error
    deployment.deliveries.append(delivery)
    return Physical(name, {"Arn": arn})


def _stream(properties: dict[str, Any], arn: str, deployment: Deployment) -> str | None:
    """The ARN of the source, which the role of the delivery stream may read; None for DirectPut."""
    kind = properties.get("DeliveryStreamType", "DirectPut")
    if kind == "DirectPut":
        return None
    if kind != "KinesisStreamAsSource":
        raise ProvisionError(f"a delivery stream of type {kind} has no counterpart here")
    source = properties["KinesisStreamSourceConfiguration"]
    role = deployment.trusted(source["RoleARN"], "firehose.amazonaws.com", arn)
    stream_arn: str = source["KinesisStreamARN"]
    for action in ("kinesis:DescribeStream", "kinesis:GetShardIterator", "kinesis:GetRecords"):
        if not deployment.roles.allows(role, action, stream_arn):
            raise ProvisionError(f"The policies of the role {role} do not allow {action} on {stream_arn}.")
    return stream_arn


def _query(processing: dict[str, Any]) -> str:
    """The JQ of the partition keys."""
    query = "{}"
    for processor in processing.get("Processors", []) if processing.get("Enabled") else []:
        if processor["Type"] != "MetadataExtraction":
            raise ProvisionError(f"the processor {processor['Type']} has no counterpart here")
        given = {one["ParameterName"]: one["ParameterValue"] for one in processor["Parameters"]}
        query = given["MetadataExtractionQuery"]
    return query
