"""The stream of live events. One reader writes the user profiles, the other the lake."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.aws_lambda_event_sources import KinesisEventSource
from constructs import Construct

from infrastructure.data.lake import Lake
from infrastructure.encryption import stage_key
from infrastructure.logs import log_group
from infrastructure.permissions import accept, allow
from infrastructure.settings.data import ON_DEMAND
from infrastructure.stage import Stage
from tastemaker.contracts.lake_layout import (
    FAILED_BATCHES_PATTERN,
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


class EventStream(Construct):
    """The stream, and the delivery of its events to the lake."""

    def __init__(self, scope: Construct, id: str, *, stage: Stage, lake: Lake) -> None:
        super().__init__(scope, id)
        self._stage = stage
        key = stage_key(self)
        self.stream = kinesis.Stream(
            self,
            "Stream",
            **_capacity(stage),
            encryption=kinesis.StreamEncryption.KMS if key else kinesis.StreamEncryption.MANAGED,
            encryption_key=key,
            retention_period=cdk.Duration.hours(stage.events.retention_hours),
            removal_policy=cdk.RemovalPolicy.DESTROY,  # the lake has the same events
        )
        if key is not None:
            accept(self.stream, "KDS3", "the stage asks for one key of its own for all data")
        self._lake = lake
        self.delivery = self._deliver_to_lake(lake)

    def feed(self, function: lambda_.Function) -> None:
        """Call `function` with the records of the stream. It reports the record that it failed on."""
        events = self._stage.events
        function.add_event_source(
            KinesisEventSource(
                self.stream,
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                batch_size=events.batch_size,
                parallelization_factor=events.parallelization,
                report_batch_item_failures=True,
                bisect_batch_on_error=True,
                retry_attempts=events.retries,
                max_record_age=cdk.Duration.hours(events.max_age_hours),
                on_failure=_LakeDestination(self._lake),
            )
        )

    def _deliver_to_lake(self, lake: Lake) -> firehose.CfnDeliveryStream:
        stack, stage = cdk.Stack.of(self), self._stage
        name = f"{stage.stack_name}-events"
        log = log_group(self, "DeliveryLog", f"/aws/kinesisfirehose/{name}", stage=stage)
        log_stream = logs.LogStream(self, "DeliveryLogStream", log_group=log, log_stream_name="lake")
        log_stream.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        database, table = self._schema(lake)
        role = iam.Role(
            self,
            "DeliveryRole",
            assumed_by=iam.ServicePrincipal(
                "firehose.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": stack.account}}
            ),
            description=f"What {name} may do",
        )
        allow(
            role,
            [
                "kinesis:DescribeStream",
                "kinesis:GetShardIterator",
                "kinesis:GetRecords",
                "kinesis:ListShards",
            ],
            [self.stream.stream_arn],
        )
        allow(
            role,
            ["s3:PutObject", "s3:AbortMultipartUpload"],
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
        of = firehose.CfnDeliveryStream
        delivery = of(
            self,
            "Delivery",
            delivery_stream_name=name,
            delivery_stream_type="KinesisStreamAsSource",
            kinesis_stream_source_configuration=of.KinesisStreamSourceConfigurationProperty(
                kinesis_stream_arn=self.stream.stream_arn, role_arn=role.role_arn
            ),
            extended_s3_destination_configuration=of.ExtendedS3DestinationConfigurationProperty(
                bucket_arn=lake.bucket.bucket_arn,
                role_arn=role.role_arn,
                prefix=EVENTS_PREFIX,
                error_output_prefix=FAILED_PREFIX,
                file_extension=FILE_EXTENSION,  # readers take no other files
                compression_format="UNCOMPRESSED",  # Parquet compresses its columns
                buffering_hints=of.BufferingHintsProperty(
                    interval_in_seconds=stage.events.lake_buffer_seconds,
                    size_in_m_bs=stage.events.lake_buffer_megabytes,
                ),
                dynamic_partitioning_configuration=of.DynamicPartitioningConfigurationProperty(
                    enabled=True, retry_options=of.RetryOptionsProperty(duration_in_seconds=300)
                ),
                processing_configuration=_partition_by_group_and_area(),
                data_format_conversion_configuration=of.DataFormatConversionConfigurationProperty(
                    enabled=True,
                    input_format_configuration=of.InputFormatConfigurationProperty(
                        deserializer=of.DeserializerProperty(
                            # `userId` of a record is `userid` of the table.
                            open_x_json_ser_de=of.OpenXJsonSerDeProperty(case_insensitive=True)
                        )
                    ),
                    output_format_configuration=of.OutputFormatConfigurationProperty(
                        serializer=of.SerializerProperty(
                            parquet_ser_de=of.ParquetSerDeProperty(compression="SNAPPY")
                        )
                    ),
                    schema_configuration=of.SchemaConfigurationProperty(
                        catalog_id=stack.account,
                        database_name=database,
                        table_name=table,
                        region=stack.region,
                        role_arn=role.role_arn,
                        version_id="LATEST",
                    ),
                ),
                cloud_watch_logging_options=of.CloudWatchLoggingOptionsProperty(
                    enabled=True,
                    log_group_name=log.log_group_name,
                    log_stream_name=log_stream.log_stream_name,
                ),
            ),
        )
        delivery.node.add_dependency(role, self._table)
        accept(
            delivery,
            "KDF1",
            "the source is an encrypted Kinesis stream; Firehose has no setting of its own for such a source",
        )
        return delivery

    def _schema(self, lake: Lake) -> tuple[str, str]:
        """Create the Glue table with the columns of events. Returns the names (database, table)."""
        stack = cdk.Stack.of(self)
        name = self._stage.stack_name.replace("-", "_")
        database = glue.CfnDatabase(
            self,
            "Schemas",
            catalog_id=stack.account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=name, description="Schemas of Tastemaker's data"
            ),
        )
        of = glue.CfnTable
        self._table = of(
            self,
            "EventSchema",
            catalog_id=stack.account,
            database_name=name,
            table_input=of.TableInputProperty(
                name="events",
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
        self._table.add_resource_dependency(database)
        return name, "events"


def _capacity(stage: Stage) -> dict[str, Any]:
    if stage.events.stream_mode == ON_DEMAND:
        return {"stream_mode": kinesis.StreamMode.ON_DEMAND}
    return {"stream_mode": kinesis.StreamMode.PROVISIONED, "shard_count": stage.events.shards}


@jsii.implements(lambda_.IEventSourceDlq)
class _LakeDestination:
    """The lake as the destination of batches that Lambda gives up.

    A bucket gets the records themselves; a queue would get only their numbers, and the stream forgets them.
    CDK's own destination would grant families of actions.
    """

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def bind(
        self, target: lambda_.IEventSourceMapping, handler: lambda_.IFunction
    ) -> lambda_.DlqDestinationConfig:
        """Let the function write to the destination, and list the bucket, which Lambda asks for."""
        role, lake = handler.role, self._lake
        assert isinstance(role, iam.Role)
        allow(
            role,
            ["s3:PutObject"],
            [lake.objects(FAILED_BATCHES_PATTERN)],
            because="Lambda names the objects after the mapping, the shard and the time",
        )
        allow(role, ["s3:ListBucket"], [lake.bucket.bucket_arn])
        return lambda_.DlqDestinationConfig(destination=lake.bucket.bucket_arn)


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
