"""How events get from the events function to the user profiles and to the lake."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_lambda_event_sources import KinesisEventSource
from constructs import Construct

from infrastructure.data.event_delivery import deliver_to_lake
from infrastructure.data.lake import Lake
from infrastructure.encryption import stage_key
from infrastructure.permissions import accept, allow
from infrastructure.settings.data import ON_DEMAND
from infrastructure.stage import Stage
from tastemaker.contracts.lake_layout import FAILED_BATCHES_PATTERN


class EventTransport(Construct):
    """The delivery of events to the lake and, with the transport `kinesis`, the stream that it reads.

    Without a stream the events function sends events to the delivery, and writes the profiles itself.
    """

    def __init__(self, scope: Construct, id: str, *, stage: Stage, lake: Lake) -> None:
        super().__init__(scope, id)
        self._stage, self._lake = stage, lake
        self.stream: kinesis.Stream | None = None
        if stage.events.has_stream:
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
        self.delivery = deliver_to_lake(self, stage=stage, lake=lake, stream=self.stream)

    def feed(self, function: lambda_.Function) -> None:
        """Call `function` with the records of the stream. It reports the record that it failed on."""
        assert self.stream is not None
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
