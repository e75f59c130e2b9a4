"""The stack: makes the constructs, tells each function what it works with, and grants what that takes."""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_events as eventbridge
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from infrastructure.api import Api
from infrastructure.data.event_stream import Events
from infrastructure.data.lake import Lake
from infrastructure.data.tables import INDEXES, MOVING, Tables
from infrastructure.distributed import Distributed
from infrastructure.functions.service_function import Functions, ServiceFunction
from infrastructure.monitoring import Monitoring
from infrastructure.outputs import Outputs
from infrastructure.permissions import allow
from infrastructure.schedules import Schedules
from infrastructure.stage import Stage
from infrastructure.training import JOB_PREFIX, Training
from infrastructure.workflows import Workflows
from tastemaker.contracts.workflow_names import WORKFLOWS

# What the resource table's door calls: single records, lists by index, writes with conditions, transactions.
RECORDS = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"]
LOOK_UP = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"]
PURGE = ["dynamodb:Query", "dynamodb:BatchWriteItem"]
BY_GROUP = "keys begin with the dataset group, and groups are made at run time"


class TastemakerStack(cdk.Stack):
    """All of Tastemaker in one account and region."""

    def __init__(self, scope: Construct, *, stage: Stage) -> None:
        super().__init__(
            scope,
            stage.stack_name,
            description="Tastemaker: Amazon Personalize that you own",
            termination_protection=stage.termination_protection,
            env=cdk.Environment(account=stage.account or None, region=stage.region or None),
        )
        self.stage = stage
        self.lake = Lake(self, "Lake", stage=stage)
        self.tables = Tables(self, "Tables", stage=stage)
        self.functions = Functions(self, "Functions", stage=stage)
        self.events = Events(self, "Events", stage=stage, lake=self.lake)
        self.training = Training(self, "Training", stage=stage, lake=self.lake)
        self.spark = (
            Distributed(self, "Distributed", stage=stage, lake=self.lake)
            if stage.distributed.enabled
            else None
        )
        self.workflows = Workflows(
            self,
            "Workflows",
            stage=stage,
            steps=self.functions.steps.function,
            ingest=self.functions.importing.function,
            batch=self.functions.batch.function,
            export=self.functions.exporting.function,
            erase=self.functions.deletion.function,
            refresh=self.functions.refreshing.function,
            attribute=self.functions.attribution.function,
            training=self.training,
            spark=self.spark,
            lake=self.lake,
        )
        self.schedules = Schedules(
            self,
            "Schedules",
            stage=stage,
            machine_arns=[
                self.workflows.all[name].state_machine_arn for name, row in WORKFLOWS.items() if row.scheduled
            ],
        )
        self.bus = eventbridge.EventBus(self, "Bus", event_bus_name=stage.stack_name)
        self.api = Api(
            self,
            "Api",
            stage=stage,
            control=self.functions.control.target,
            runtime=self.functions.runtime.target,
            events=self.functions.events.target,
        )
        self.events.feed(self.functions.stream.function)
        self._control()
        self._runtime()
        self._events()
        self._stream()
        self._steps()
        self._importing()
        self._batch()
        self._export()
        self._erase()
        self._refresh()
        self._attribute()
        Monitoring(
            self,
            "Monitoring",
            stage=stage,
            api=self.api,
            functions=self.functions,
            events=self.events,
            machines=self.workflows.all,
        )
        Outputs(self, api=self.api, lake=self.lake, events=self.events, machines=self.workflows.all)
        for key, value in {"application": "tastemaker", "stage": stage.name, **stage.tags}.items():
            cdk.Tags.of(self).add(key, value)

    def _control(self) -> None:
        control, machines = self.functions.control, self.workflows.all
        control.set(
            RESOURCES_TABLE=self.tables.resources.table_name,
            EVENT_BUS=self.bus.event_bus_name,
            SCHEDULE_GROUP=self.schedules.group_name,
            SCHEDULE_ROLE_ARN=self.schedules.role.role_arn,
            STEPS_FUNCTION=self.functions.steps.function.function_name,
            QUOTAS=json.dumps(self.stage.quotas),
            DEPLOYMENT=self.stage.summary.to_json(),
            AUTO_TRAINING_DELAY_MINUTES=str(self.stage.auto_training_delay_minutes),
            **{
                WORKFLOWS[name].machine_arn_variable.removeprefix("TASTEMAKER_"): machine.state_machine_arn
                for name, machine in machines.items()
            },
        )
        self._records(control, RECORDS)
        allow(control.role, ["states:StartExecution"], [m.state_machine_arn for m in machines.values()])
        executions = [
            self.format_arn(
                service="states",
                resource="execution",
                resource_name=f"{self.stage.stack_name}-{name}:*",
                arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
            )
            for name in machines
        ]
        allow(
            control.role,
            ["states:StopExecution", "states:DescribeExecution"],
            executions,
            because="an execution is named when it starts",
        )
        # Every quarter of an hour it looks for records whose work was lost; the steps function settles those.
        allow(control.role, ["dynamodb:Query"], [f"{self.tables.resources.table_arn}/index/{MOVING}"])
        allow(control.role, ["lambda:InvokeFunction"], [self.functions.steps.function.function_arn])
        self.schedules.call("Reconcile", control.function, minutes=15, event={"action": "reconcile"})
        jobs = self.format_arn(service="sagemaker", resource="training-job", resource_name=f"{JOB_PREFIX}*")
        allow(control.role, ["sagemaker:StopTrainingJob"], [jobs], because="a job is named when it starts")
        schedules = ["CreateSchedule", "UpdateSchedule", "DeleteSchedule", "GetSchedule"]
        allow(
            control.role,
            [f"scheduler:{action}" for action in schedules],
            [self.schedules.schedules_arn],
            because="schedules of single resources, in the group that is for nothing else",
        )
        allow(
            control.role,
            ["iam:PassRole"],
            [self.schedules.role.role_arn],
            when={"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
        )
        allow(control.role, ["events:PutEvents"], [self.bus.event_bus_arn])

    def _runtime(self) -> None:
        runtime, tables = self.functions.runtime, self.tables
        runtime.set(
            RESOURCES_TABLE=tables.resources.table_name,
            PROFILES_TABLE=tables.profiles.table_name,
            CATALOG_TABLE=tables.catalog.table_name,
            RECOMMENDATIONS_TABLE=tables.recommendations.table_name,
            LAKE_BUCKET=self.lake.bucket.bucket_name,
        )
        self._records(runtime, ["dynamodb:GetItem"])
        allow(runtime.role, ["dynamodb:Query"], [tables.profiles.table_arn])
        allow(runtime.role, LOOK_UP, [tables.catalog.table_arn])
        allow(runtime.role, ["dynamodb:GetItem", "dynamodb:PutItem"], [tables.recommendations.table_arn])
        models = self.lake.objects("groups/*/models/*")
        allow(runtime.role, ["s3:GetObject"], [models], because=BY_GROUP)
        allow(runtime.role, ["s3:ListBucket"], [self.lake.bucket.bucket_arn])

    def _events(self) -> None:
        events = self.functions.events
        events.set(
            RESOURCES_TABLE=self.tables.resources.table_name,
            CATALOG_TABLE=self.tables.catalog.table_name,
            EVENT_STREAM=self.events.stream.stream_name,
        )
        self._records(events, ["dynamodb:GetItem"])
        allow(events.role, ["dynamodb:PutItem", "dynamodb:BatchWriteItem"], [self.tables.catalog.table_arn])
        allow(events.role, ["kinesis:PutRecord", "kinesis:PutRecords"], [self.events.stream.stream_arn])

    def _stream(self) -> None:
        stream, profiles = self.functions.stream, self.tables.profiles
        stream.set(PROFILES_TABLE=profiles.table_name, PROFILE_DAYS=str(self.stage.events.profile_days))
        allow(stream.role, ["dynamodb:PutItem", "dynamodb:BatchWriteItem"], [profiles.table_arn])

    def _steps(self) -> None:
        steps, tables = self.functions.steps, self.tables
        steps.set(
            RESOURCES_TABLE=tables.resources.table_name,
            PROFILES_TABLE=tables.profiles.table_name,
            CATALOG_TABLE=tables.catalog.table_name,
            RECOMMENDATIONS_TABLE=tables.recommendations.table_name,
            LAKE_BUCKET=self.lake.bucket.bucket_name,
            RUNTIME_FUNCTION=self.functions.runtime.function.function_name,
            EVENT_BUS=self.bus.event_bus_name,
            QUOTAS=json.dumps(self.stage.quotas),
        )
        if self.spark:
            # Without it a stage has no limit: zero would mean that, so the smallest limit is one byte.
            steps.set(DISTRIBUTED_BYTES=str(max(1, self.stage.distributed.prepare_megabytes * 10**6)))
        # An execution that is stopped or times out never reaches its failure step; this settles its record.
        eventbridge.Rule(
            self,
            "ExecutionsEndedBadly",
            description="Settles the records of executions that ended without their failure step",
            event_pattern=eventbridge.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "status": ["FAILED", "TIMED_OUT", "ABORTED"],
                    "stateMachineArn": [m.state_machine_arn for m in self.workflows.all.values()],
                },
            ),
            targets=[targets.LambdaFunction(steps.function)],
        )
        self._records(steps, RECORDS)
        allow(steps.role, PURGE, [tables.catalog.table_arn, tables.recommendations.table_arn])
        # The profiles of a dataset group have no key in common, only its beginning: they are scanned for.
        allow(steps.role, ["dynamodb:Scan", "dynamodb:BatchWriteItem"], [tables.profiles.table_arn])
        objects = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
        allow(steps.role, objects, [self.lake.objects("groups/*")], because=BY_GROUP)
        allow(steps.role, ["s3:ListBucket"], [self.lake.bucket.bucket_arn])
        allow(steps.role, ["lambda:InvokeFunction"], [self.functions.runtime.function.function_arn])
        allow(steps.role, ["events:PutEvents"], [self.bus.event_bus_arn])

    def _importing(self) -> None:
        ingest, buckets = self.functions.importing, self.stage.data_buckets
        ingest.set(LAKE_BUCKET=self.lake.bucket.bucket_name, DATA_BUCKETS=json.dumps(buckets))
        allow(
            ingest.role,
            ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
            [self.lake.objects("groups/*/datasets/*")],
            because=BY_GROUP,
        )
        # A run that starts again clears what it had written.
        allow(
            ingest.role,
            ["s3:ListBucket"],
            [self.lake.bucket.bucket_arn],
            when={"StringLike": {"s3:prefix": "groups/*/datasets/*"}},
        )
        self._callers_data(ingest, reads=True)
        if self.spark:
            ingest.set(DISTRIBUTED_BYTES=str(max(1, self.stage.distributed.import_megabytes * 10**6)))
            self._callers_data(self.spark, reads=True)

    def _batch(self) -> None:
        batch, tables = self.functions.batch, self.tables
        batch.set(
            RESOURCES_TABLE=tables.resources.table_name,
            PROFILES_TABLE=tables.profiles.table_name,
            CATALOG_TABLE=tables.catalog.table_name,
            RECOMMENDATIONS_TABLE=tables.recommendations.table_name,
            LAKE_BUCKET=self.lake.bucket.bucket_name,
            DATA_BUCKETS=json.dumps(self.stage.data_buckets),
        )
        allow(batch.role, ["dynamodb:GetItem"], [tables.resources.table_arn])
        allow(batch.role, ["dynamodb:GetItem", "dynamodb:Query"], [tables.catalog.table_arn])
        allow(batch.role, ["dynamodb:Query"], [tables.profiles.table_arn])
        allow(batch.role, ["dynamodb:BatchWriteItem"], [tables.recommendations.table_arn])
        for part, actions in {"models": ["s3:GetObject"], "batch": ["s3:GetObject", "s3:PutObject"]}.items():
            allow(batch.role, actions, [self.lake.objects(f"groups/*/{part}/*")], because=BY_GROUP)
        allow(
            batch.role,
            ["s3:ListBucket"],
            [self.lake.bucket.bucket_arn],
            when={"StringLike": {"s3:prefix": ["groups/*/models/*", "groups/*/batch/*"]}},
        )
        self._callers_data(batch, reads=True, writes=True)

    def _export(self) -> None:
        export, catalog = self.functions.exporting, self.tables.catalog
        export.set(
            LAKE_BUCKET=self.lake.bucket.bucket_name,
            CATALOG_TABLE=catalog.table_name,
            DATA_BUCKETS=json.dumps(self.stage.data_buckets),
        )
        parts = ("datasets", "events")
        objects = [self.lake.objects(f"groups/*/{part}/*") for part in parts]
        allow(export.role, ["s3:GetObject"], objects, because=BY_GROUP)
        allow(
            export.role,
            ["s3:ListBucket"],
            [self.lake.bucket.bucket_arn],
            when={"StringLike": {"s3:prefix": [f"groups/*/{part}/*" for part in parts]}},
        )
        allow(export.role, ["dynamodb:Query"], [catalog.table_arn])
        self._callers_data(export, writes=True)

    def _erase(self) -> None:
        erase, tables = self.functions.deletion, self.tables
        erase.set(
            LAKE_BUCKET=self.lake.bucket.bucket_name,
            PROFILES_TABLE=tables.profiles.table_name,
            CATALOG_TABLE=tables.catalog.table_name,
            RECOMMENDATIONS_TABLE=tables.recommendations.table_name,
            DATA_BUCKETS=json.dumps(self.stage.data_buckets),
        )
        parts = ("datasets", "events", "erase", "batch", "training")
        allow(
            erase.role,
            ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"],
            [self.lake.objects(f"groups/*/{part}/*") for part in parts],
            because=BY_GROUP,
        )
        allow(
            erase.role,
            ["s3:ListBucket", "s3:ListBucketVersions"],
            [self.lake.bucket.bucket_arn],
            when={"StringLike": {"s3:prefix": [f"groups/*/{part}/*" for part in parts]}},
        )
        allow(erase.role, ["dynamodb:Query", "dynamodb:DeleteItem"], [tables.profiles.table_arn])
        allow(erase.role, ["dynamodb:GetItem", "dynamodb:DeleteItem"], [tables.catalog.table_arn])
        allow(erase.role, ["dynamodb:BatchWriteItem"], [tables.recommendations.table_arn])
        self._callers_data(erase, reads=True)

    def _refresh(self) -> None:
        refresh, tables = self.functions.refreshing, self.tables
        refresh.set(
            LAKE_BUCKET=self.lake.bucket.bucket_name,
            CATALOG_TABLE=tables.catalog.table_name,
            RECOMMENDATIONS_TABLE=tables.recommendations.table_name,
        )
        allow(refresh.role, ["dynamodb:Query"], [tables.catalog.table_arn])
        allow(refresh.role, ["dynamodb:BatchGetItem"], [tables.recommendations.table_arn])
        objects = [self.lake.objects(f"groups/*/{part}/*") for part in ("models", "events")]
        allow(refresh.role, ["s3:GetObject"], objects, because=BY_GROUP)
        folder = self.lake.objects("groups/*/models/*/refreshes/*")
        allow(refresh.role, ["s3:PutObject"], [folder], because=BY_GROUP)
        allow(
            refresh.role,
            ["s3:ListBucket"],
            [self.lake.bucket.bucket_arn],
            when={"StringLike": {"s3:prefix": ["groups/*/models/*", "groups/*/events/*"]}},
        )

    def _attribute(self) -> None:
        attribute, catalog = self.functions.attribution, self.tables.catalog
        namespace = self.stage.attribution_namespace or f"{self.stage.stack_name}/MetricAttribution"
        attribute.set(
            LAKE_BUCKET=self.lake.bucket.bucket_name,
            CATALOG_TABLE=catalog.table_name,
            DATA_BUCKETS=json.dumps(self.stage.data_buckets),
            ATTRIBUTION_NAMESPACE=namespace,
        )
        reads, own = ("datasets", "events"), self.lake.objects("groups/*/attribution/*")
        objects = [self.lake.objects(f"groups/*/{part}/*") for part in reads]
        allow(attribute.role, ["s3:GetObject"], objects, because=BY_GROUP)
        allow(attribute.role, ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], [own], because=BY_GROUP)
        allow(
            attribute.role,
            ["s3:ListBucket"],
            [self.lake.bucket.bucket_arn],
            when={"StringLike": {"s3:prefix": [f"groups/*/{part}/*" for part in (*reads, "attribution")]}},
        )
        allow(attribute.role, ["dynamodb:BatchGetItem"], [catalog.table_arn])
        allow(
            attribute.role,
            ["cloudwatch:PutMetricData"],
            ["*"],
            when={"StringEquals": {"cloudwatch:namespace": namespace}},
            because="metrics know no resources; the namespace is held instead",
        )
        self._callers_data(attribute, writes=True)

    def _callers_data(
        self, function: ServiceFunction | Distributed, *, reads: bool = False, writes: bool = False
    ) -> None:
        """What is the caller's: by the caller's role, which has to trust this one, and in the buckets that
        the stage gives to jobs themselves.
        """
        roles = self.format_arn(
            service="iam", region="", resource="role", resource_name=self.stage.import_roles
        )
        allow(
            function.role,
            ["sts:AssumeRole"],
            [roles],
            because="the caller names a role; it must trust this one, and importRoles may narrow the names",
        )
        objects = ["s3:GetObject"] * reads + ["s3:PutObject", "s3:AbortMultipartUpload"] * writes
        for bucket in self.stage.data_buckets:
            arn = f"arn:{self.partition}:s3:::{bucket}"
            if reads:
                allow(function.role, ["s3:ListBucket", "s3:GetBucketLocation"], [arn])
            allow(function.role, objects, [f"{arn}/*"], because="dataBuckets of the stage names the bucket")

    def _records(self, function: ServiceFunction, actions: list[str]) -> None:
        """Grants on the table of resources, and lists by its indexes."""
        table = self.tables.resources.table_arn
        allow(function.role, actions, [table])
        allow(function.role, ["dynamodb:Query"], [f"{table}/index/{index}" for index in INDEXES])
