"""The functions, each with a role and a log of its own. What a role may do is granted in the stack."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infrastructure.logs import log_group
from infrastructure.packaging import packages
from infrastructure.permissions import accept, allow
from infrastructure.stage import Stage


class ServiceFunction(Construct):
    """A traced Python function on arm64. Its role can write its log and its trace, and nothing else yet."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        stage: Stage,
        description: str,
        memory: int,
        timeout: int,
        disk: int = 512,
        provisioned: int = 0,
    ) -> None:
        super().__init__(scope, name.capitalize())
        function_name = f"{stage.stack_name}-{name}"
        log = log_group(self, "Log", f"/aws/lambda/{function_name}", stage=stage)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {function_name} may do",
        )
        allow(self.role, ["logs:CreateLogStream", "logs:PutLogEvents"], [log.log_group_arn])
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=function_name,
            description=description,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            code=lambda_.Code.from_asset(str(packages.build(packages.FUNCTIONS[name], bundle=stage.bundle))),
            handler=f"lambdas.{name}.handler.handle",
            memory_size=memory,
            timeout=cdk.Duration.seconds(timeout),
            ephemeral_storage_size=cdk.Size.mebibytes(disk),
            tracing=lambda_.Tracing.ACTIVE,
            role=self.role,
            log_group=log,
            environment={
                "POWERTOOLS_SERVICE_NAME": name,
                "POWERTOOLS_METRICS_NAMESPACE": stage.stack_name,
                "POWERTOOLS_LOG_LEVEL": stage.log_level,
                # A request uses one core: more threads of numpy would only spin, waiting for each other.
                "OPENBLAS_NUM_THREADS": "1",
            },
        )
        accept(self.role, "IAM5[Resource::*]", "X-Ray's actions for traces know no resources")
        accept(
            self.function,
            "L1",
            "the wheels are for Python 3.13, which the training image runs too: one version everywhere",
        )
        # What callers should invoke: the alias whose environments are kept warm, if any are.
        self.target: lambda_.IFunction = self.function
        if provisioned:
            self.target = lambda_.Alias(
                self,
                "Live",
                alias_name="live",
                version=self.function.current_version,
                provisioned_concurrent_executions=provisioned,
            )

    def set(self, **environment: str) -> None:
        """Set environment variables, each with the prefix `TASTEMAKER_` before its name."""
        for name, value in environment.items():
            self.function.add_environment(f"TASTEMAKER_{name}", value)


class Functions(Construct):
    """One attribute per function. Time limits that are not settings follow from who waits for the answer."""

    def __init__(self, scope: Construct, id: str, *, stage: Stage) -> None:
        super().__init__(scope, id)
        has = stage.functions
        self.control = ServiceFunction(
            self,
            "control",
            stage=stage,
            description="personalize: creates, describes, lists, updates and deletes resources",
            memory=has.control_memory,
            timeout=29,  # an HTTP API gives up after 30 seconds
        )
        self.runtime = ServiceFunction(
            self,
            "runtime",
            stage=stage,
            description="personalize-runtime: answers with recommendations and rankings",
            memory=has.runtime_memory,
            timeout=180,  # the API waits 30 seconds; a deployment that warms a large model waits longer
            disk=has.runtime_disk,
            provisioned=has.runtime_provisioned,
        )
        self.events = ServiceFunction(
            self,
            "events",
            stage=stage,
            description="personalize-events: takes events, items, users and actions",
            memory=has.events_memory,
            timeout=29,
        )
        self.stream = ServiceFunction(
            self,
            "stream",
            stage=stage,
            description="event stream to user profiles",
            memory=has.stream_memory,
            timeout=60,
        )
        self.steps = ServiceFunction(
            self,
            "steps",
            stage=stage,
            description="the small steps of the state machines: begin, succeed, fail, warm, purge, remove",
            memory=has.steps_memory,
            timeout=300,
        )
        self.importing = ServiceFunction(
            self,
            "importing",
            stage=stage,
            description="import work: CSV files to typed Parquet",
            memory=has.importing_memory,
            timeout=900,
            disk=has.importing_disk,
        )
        self.batch = ServiceFunction(
            self,
            "batch",
            stage=stage,
            description="batch work: files of users or items to files of answers",
            memory=has.batch_memory,
            timeout=900,
            disk=has.batch_disk,
        )
        self.exporting = ServiceFunction(
            self,
            "exporting",
            stage=stage,
            description="export work: a dataset's rows to a CSV file",
            memory=has.exporting_memory,
            timeout=900,
            disk=1024,
        )
        self.deletion = ServiceFunction(
            self,
            "deletion",
            stage=stage,
            description="deletion work: the rows of users leave the lake and the tables",
            memory=has.deletion_memory,
            timeout=900,
            disk=2048,
        )
        self.refreshing = ServiceFunction(
            self,
            "refreshing",
            stage=stage,
            description="refresh work: new items and counts for a model that serves",
            memory=has.refreshing_memory,
            timeout=900,
            disk=1024,
        )
        self.attribution = ServiceFunction(
            self,
            "attribution",
            stage=stage,
            description="attribution work: what recommendations brought about, to CloudWatch and S3",
            memory=has.attribution_memory,
            timeout=900,
            disk=1024,
        )

    @property
    def all(self) -> list[ServiceFunction]:
        return [
            self.control,
            self.runtime,
            self.events,
            self.stream,
            self.steps,
            self.importing,
            self.batch,
            self.exporting,
            self.deletion,
            self.refreshing,
            self.attribution,
        ]
