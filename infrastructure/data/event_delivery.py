"""The delivery of events to the lake: Firehose writes them as Parquet, by dataset group and day."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_logs as logs
from constructs import Construct

from infrastructure.data.lake import Lake
from infrastructure.encryption import stage_key
from infrastructure.logs import log_group
from infrastructure.permissions import accept, allow
from infrastructure.stage import Stage
from tastemaker.contracts.lake_layout import (
    FAILED_EVENTS,
    FAILED_EVENTS_PATTERN,
    GROUPS,
    Area,
    GroupFolder,
    events_of_day,
    patterns,
)
from tastemaker.contracts.streamed_event import COLUMNS

# Firehose replaces the expressions: group and area are those of the record, the day that of the delivery.
# A partition key with a slash would be one folder or two, so the pseudo group `films/actions` gives two keys.
PARTITION_QUERY = (
    '{group: (.datasetGroup | split("/")[0]), area: (.datasetGroup | split("/")[1] // "'
    + Area.EVENTS.value
    + '")}'
)
_DAY = "!{timestamp:yyyy/MM/dd}"
EVENTS_PREFIX = events_of_day(
    f"{GroupFolder('!{partitionKeyFromQuery:group}').prefix}!{{partitionKeyFromQuery:area}}/", _DAY
)
FILE_EXTENSION = ".parquet"
AREAS = patterns(Area.EVENTS, Area.ACTION_EVENTS)
FAILED_PREFIX = events_of_day(f"{FAILED_EVENTS}!{{firehose:error-output-type}}/", _DAY)
TABLE = "events"
READ_STREAM = (
    "kinesis:DescribeStream",
    "kinesis:GetShardIterator",
    "kinesis:GetRecords",
    "kinesis:ListShards",
)


def delivery_name(stage: Stage) -> str:
    """The name of the delivery. It differs by transport, because a change of the source replaces it."""
    return f"{stage.stack_name}-{'events' if stage.events.has_stream else 'direct-events'}"


def deliver_to_lake(
    scope: Construct, *, stage: Stage, lake: Lake, stream: kinesis.Stream | None
) -> firehose.CfnDeliveryStream:
    """The Firehose stream that writes events as Parquet. Its source is `stream`, or else its own API."""
    name = delivery_name(stage)
    log = log_group(scope, "DeliveryLog", f"/aws/kinesisfirehose/{name}", stage=stage)
    log_stream = logs.LogStream(scope, "DeliveryLogStream", log_group=log, log_stream_name="lake")
    log_stream.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
    schema = _schema(scope, stage, lake)
    database, table = stage.stack_name.replace("-", "_"), TABLE
    role = _role(scope, name, lake, log, schema=(database, table), stream=stream)
    of = firehose.CfnDeliveryStream
    delivery = of(
        scope,
        "Delivery",
        delivery_stream_name=name,
        **_source(role, stream),
        extended_s3_destination_configuration=of.ExtendedS3DestinationConfigurationProperty(
            bucket_arn=lake.bucket.bucket_arn,
            role_arn=role.role_arn,
            prefix=EVENTS_PREFIX,
            error_output_prefix=FAILED_PREFIX,
            file_extension=FILE_EXTENSION,  # readers take no other files
            compression_format="UNCOMPRESSED",  # Parquet compresses its columns
            buffering_hints=_buffer(stage),
            dynamic_partitioning_configuration=of.DynamicPartitioningConfigurationProperty(
                enabled=True, retry_options=of.RetryOptionsProperty(duration_in_seconds=300)
            ),
            processing_configuration=_partition_by_group_and_area(),
            data_format_conversion_configuration=_as_parquet(role, database, table),
            cloud_watch_logging_options=of.CloudWatchLoggingOptionsProperty(
                enabled=True,
                log_group_name=log.log_group_name,
                log_stream_name=log_stream.log_stream_name,
            ),
        ),
    )
    delivery.node.add_dependency(role, schema)
    if stream is not None:
        accept(
            delivery,
            "KDF1",
            "the source is an encrypted Kinesis stream; Firehose has no setting of its own for such a source",
        )
    return delivery


def _buffer(stage: Stage) -> firehose.CfnDeliveryStream.BufferingHintsProperty:
    return firehose.CfnDeliveryStream.BufferingHintsProperty(
        interval_in_seconds=stage.events.lake_buffer_seconds,
        size_in_m_bs=stage.events.lake_buffer_megabytes,
    )


def _as_parquet(
    role: iam.Role, database: str, table: str
) -> firehose.CfnDeliveryStream.DataFormatConversionConfigurationProperty:
    """The conversion of JSON to Parquet with the columns of a Glue table."""
    stack, of = cdk.Stack.of(role), firehose.CfnDeliveryStream
    # `userId` of a record is `userid` of the table.
    from_json = of.OpenXJsonSerDeProperty(case_insensitive=True)
    to_parquet = of.ParquetSerDeProperty(compression="SNAPPY")
    return of.DataFormatConversionConfigurationProperty(
        enabled=True,
        input_format_configuration=of.InputFormatConfigurationProperty(
            deserializer=of.DeserializerProperty(open_x_json_ser_de=from_json)
        ),
        output_format_configuration=of.OutputFormatConfigurationProperty(
            serializer=of.SerializerProperty(parquet_ser_de=to_parquet)
        ),
        schema_configuration=of.SchemaConfigurationProperty(
            catalog_id=stack.account,
            database_name=database,
            table_name=table,
            region=stack.region,
            role_arn=role.role_arn,
            version_id="LATEST",
        ),
    )


def _source(role: iam.Role, stream: kinesis.Stream | None) -> dict[str, Any]:
    of = firehose.CfnDeliveryStream
    if stream is None:
        key = stage_key(role)
        encryption = of.DeliveryStreamEncryptionConfigurationInputProperty(
            key_type="CUSTOMER_MANAGED_CMK" if key else "AWS_OWNED_CMK",
            key_arn=key.key_arn if key else None,
        )
        return {
            "delivery_stream_type": "DirectPut",
            "delivery_stream_encryption_configuration_input": encryption,
        }
    return {
        "delivery_stream_type": "KinesisStreamAsSource",
        "kinesis_stream_source_configuration": of.KinesisStreamSourceConfigurationProperty(
            kinesis_stream_arn=stream.stream_arn, role_arn=role.role_arn
        ),
    }


def _role(
    scope: Construct,
    name: str,
    lake: Lake,
    log: logs.LogGroup,
    *,
    schema: tuple[str, str],
    stream: kinesis.Stream | None,
) -> iam.Role:
    """What the delivery may do. `schema` has the names of the database and of the table."""
    stack = cdk.Stack.of(scope)
    database, table = schema
    role = iam.Role(
        scope,
        "DeliveryRole",
        assumed_by=iam.ServicePrincipal(
            "firehose.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": stack.account}}
        ),
        description=f"What {name} may do",
    )
    if stream is not None:
        allow(role, READ_STREAM, [stream.stream_arn])
    allow(
        role,
        ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
        [lake.objects(pattern) for pattern in (*AREAS, FAILED_EVENTS_PATTERN)],
        because="keys begin with the dataset group of each event, and with the reason of a failure",
    )
    allow(
        role,
        ["s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:GetBucketLocation"],
        [lake.bucket.bucket_arn],
    )
    allow(
        role,
        ["glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"],
        [
            stack.format_arn(service="glue", resource="catalog"),
            stack.format_arn(service="glue", resource="database", resource_name=database),
            stack.format_arn(service="glue", resource="table", resource_name=f"{database}/{table}"),
        ],
    )
    allow(role, ["logs:PutLogEvents"], [log.log_group_arn])
    return role


def _schema(scope: Construct, stage: Stage, lake: Lake) -> glue.CfnTable:
    """The Glue table with the columns of events."""
    stack = cdk.Stack.of(scope)
    name = stage.stack_name.replace("-", "_")
    database = glue.CfnDatabase(
        scope,
        "Schemas",
        catalog_id=stack.account,
        database_input=glue.CfnDatabase.DatabaseInputProperty(
            name=name,
            description="Schemas of Tastemaker's data",
            create_table_default_permissions=[_open_to_iam()],
        ),
    )
    of = glue.CfnTable
    table = of(
        scope,
        "EventSchema",
        catalog_id=stack.account,
        database_name=name,
        table_input=of.TableInputProperty(
            name=TABLE,
            description="Events in the lake",
            table_type="EXTERNAL_TABLE",
            parameters={"classification": "parquet"},
            storage_descriptor=of.StorageDescriptorProperty(
                columns=[
                    # Glue lower-cases the names. Declared so, the template shows what the files have.
                    of.ColumnProperty(name=name.lower(), type=column_type)
                    for name, column_type in COLUMNS.items()
                ],
                location=lake.bucket.s3_url_for_object(GROUPS),
                input_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                output_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
                serde_info=of.SerdeInfoProperty(
                    serialization_library="org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
                ),
            ),
        ),
    )
    table.add_resource_dependency(database)
    return table


def _open_to_iam() -> glue.CfnDatabase.PrincipalPrivilegesProperty:
    """Policies of IAM decide on the tables, also in an account whose new databases ask Lake Formation.

    There, Firehose could not read its schema. In other accounts it is the default.
    https://docs.aws.amazon.com/lake-formation/latest/dg/change-settings.html
    """
    everyone = glue.CfnDatabase.DataLakePrincipalProperty(
        data_lake_principal_identifier="IAM_ALLOWED_PRINCIPALS"
    )
    return glue.CfnDatabase.PrincipalPrivilegesProperty(permissions=["ALL"], principal=everyone)


def _partition_by_group_and_area() -> firehose.CfnDeliveryStream.ProcessingConfigurationProperty:
    of = firehose.CfnDeliveryStream
    query = {"MetadataExtractionQuery": PARTITION_QUERY, "JsonParsingEngine": "JQ-1.6"}
    parameters = [
        of.ProcessorParameterProperty(parameter_name=name, parameter_value=value)
        for name, value in query.items()
    ]
    return of.ProcessingConfigurationProperty(
        enabled=True, processors=[of.ProcessorProperty(type="MetadataExtraction", parameters=parameters)]
    )
