"""Spark for data that is too large for one machine: an EMR Serverless application, free while it is idle.

It exists only if the stage has `distributed.enabled`. Imports and trainings that exceed the sizes in the
settings run the programs in `distributed/` on it.
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_emrserverless as emr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infrastructure.data.lake import Lake
from infrastructure.grants import allow_caller_data, allow_listing, allow_objects
from infrastructure.logs import WRITE_STREAMS, log_group, log_group_arn
from infrastructure.packaging import packages
from infrastructure.packaging.build import build
from infrastructure.permissions import allow
from infrastructure.stage import Stage
from tastemaker.contracts.lake_layout import ALL_GROUPS, Area, patterns

# The release has Spark 3.5 and, in addition to Python 3.9, the Python 3.11 that our code needs.
RELEASE = "emr-7.13.0"
PYTHON = "/usr/bin/python3.11"
IDLE_MINUTES = 5
# A worker has 4 cores and 30 GB, of which jobs use 28: a third for the JVM, the rest for Python processes.
WORKER_CORES = 4
WORKER = {"cores": str(WORKER_CORES), "memory": "9g", "memoryOverhead": "19g"}
DISK_GB = 200  # per worker, for shuffled rows
FIRST_EXECUTORS = 3  # EMR's default


class Distributed(Construct):
    """The application, the role of its jobs, and their code."""

    def __init__(self, scope: Construct, id: str, *, stage: Stage, lake: Lake) -> None:
        super().__init__(scope, id)
        self._stage, self._lake = stage, lake
        self._run_hours = stage.distributed.maximum_hours
        self.hours = 2 * self._run_hours  # of a job in the queue and while it runs
        # The application grows with the tasks of a job and shrinks to nothing. This limits its cost.
        cores = stage.distributed.maximum_cores
        self.application = emr.CfnApplication(
            self,
            "Application",
            name=f"{stage.stack_name}-spark",
            type="SPARK",
            release_label=RELEASE,
            architecture="ARM64",
            auto_start_configuration=emr.CfnApplication.AutoStartConfigurationProperty(enabled=True),
            auto_stop_configuration=emr.CfnApplication.AutoStopConfigurationProperty(
                enabled=True, idle_timeout_minutes=IDLE_MINUTES
            ),
            maximum_capacity=emr.CfnApplication.MaximumAllowedResourcesProperty(
                cpu=f"{cores} vCPU", memory=f"{cores * 30 // 4} GB", disk=f"{cores * DISK_GB // 4} GB"
            ),
            # A job may use the whole application, so others wait, as long as one job may run.
            # https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/applications-concurrency-queuing.html
            scheduler_configuration=emr.CfnApplication.SchedulerConfigurationProperty(
                max_concurrent_runs=1, queue_timeout_minutes=self._run_hours * 60
            ),
        )
        self.code = assets.Asset(self, "Code", path=str(build(packages.DISTRIBUTED, bundle=stage.bundle)))
        self.entry = assets.Asset(self, "Entry", path=str(packages.ROOT / "distributed" / "entry.py"))
        self._log = log_group(self, "Log", f"/aws/emr-serverless/{stage.stack_name}", stage=stage)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "emr-serverless.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
            ),
            description="What a Spark job may do",
        )
        self._grant()

    def _grant(self) -> None:
        lake = self._lake
        allow_objects(self.role, ["s3:GetObject"], lake, [ALL_GROUPS])
        write = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
        allow_objects(self.role, write, lake, patterns(Area.DATASETS, Area.TRAINING))
        # An import that starts again lists and deletes what the first run wrote.
        allow_objects(self.role, ["s3:DeleteObject"], lake, patterns(Area.DATASETS))
        allow_listing(self.role, lake, patterns(Area.DATASETS))
        allow_caller_data(self.role, self._stage, reads=True)
        for asset in (self.code, self.entry):
            allow(self.role, ["s3:GetObject"], [asset.bucket.arn_for_objects(asset.s3_object_key)])
        allow(self.role, WRITE_STREAMS, [self._log.log_group_arn])
        allow(
            self.role,
            ["logs:DescribeLogGroups"],
            [log_group_arn(self, "*")],
            because="EMR lists log groups before it writes to its own",
        )

    def request(self, work: str, *, plan: str, arguments: list[str]) -> dict[str, Any]:
        """The request of `StartJobRun` in Amazon States Language. The plan is at the JSON path `plan`."""
        stack = cdk.Stack.of(self)
        # The intrinsic function quotes texts with apostrophes. JSON arguments have no apostrophes.
        texts = ", ".join(
            f"'{text}'" for text in ["--lake", f"s3://{self._lake.bucket.bucket_name}", *arguments]
        )
        return {
            "ApplicationId": self.application.attr_application_id,
            "ExecutionRoleArn": self.role.role_arn,
            "Name": f"{self._stage.stack_name}-{work}",
            "ExecutionTimeoutMinutes": self._run_hours * 60,
            "JobDriver": {
                "SparkSubmit": {
                    "EntryPoint": self.entry.s3_object_url,
                    "EntryPointArguments.$": f"States.Array('{work}', States.JsonToString({plan}), {texts})",
                    "SparkSubmitParameters": _parameters(
                        {
                            "spark.archives": f"{self.code.s3_object_url}#code",
                            **{f"spark.executor.{name}": value for name, value in WORKER.items()},
                            **{f"spark.driver.{name}": value for name, value in WORKER.items()},
                            "spark.emr-serverless.executor.disk": f"{DISK_GB}g",
                            **executors(self._stage.distributed.maximum_cores),
                            "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
                            **_environment("spark.emr-serverless.driverEnv", stack.region),
                            **_environment("spark.executorEnv", stack.region),
                        }
                    ),
                }
            },
            "ConfigurationOverrides": {
                "MonitoringConfiguration": {
                    "CloudWatchLoggingConfiguration": {
                        "Enabled": True,
                        "LogGroupName": self._log.log_group_name,
                        "LogStreamNamePrefix": work,
                    }
                }
            },
        }

    def task(self, flow: Any, title: str, work: str, *, plan: str, arguments: list[str]) -> sfn.CustomState:
        """A state that runs one job and waits for its end. The role of `flow` may start it."""
        stack = cdk.Stack.of(self)
        state = sfn.CustomState(
            flow,
            title,
            state_json={
                "Type": "Task",
                "Resource": f"arn:{stack.partition}:states:::emr-serverless:startJobRun.sync",
                "Parameters": self.request(work, plan=plan, arguments=arguments),
                "ResultPath": sfn.JsonPath.DISCARD,
                "TimeoutSeconds": self.hours * 3600 + 600,
            },
        )
        state.add_retry(errors=["EMRServerless.InternalServerException"], max_attempts=3)
        application = self.application.attr_arn
        # Step Functions tags the jobs that it waits for (MANAGED_BY_AWS).
        allow(flow.role, ["emr-serverless:StartJobRun", "emr-serverless:TagResource"], [application])
        allow(
            flow.role,
            ["emr-serverless:GetJobRun", "emr-serverless:CancelJobRun", "emr-serverless:TagResource"],
            [f"{application}/jobruns/*"],
            because="EMR names a job when the job starts",
        )
        allow(
            flow.role,
            ["iam:PassRole"],
            [self.role.role_arn],
            when={"StringEquals": {"iam:PassedToService": "emr-serverless.amazonaws.com"}},
        )
        # Step Functions learns about the end of a job through a rule that it manages itself.
        rule = "StepFunctionsGetEventsForEMRServerlessJobRule"
        allow(
            flow.role,
            ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
            [stack.format_arn(service="events", resource="rule", resource_name=rule)],
        )
        flow.catch(state)
        return state


def _parameters(values: dict[str, str]) -> str:
    return " ".join(f"--conf {name}={value}" for name, value in values.items())


def executors(cores: int) -> dict[str, str]:
    """How many executors a job has. It would want more than the application may have, and fail.

    https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/jobs-troubleshoot.html
    """
    most = cores // WORKER_CORES - 1  # the driver is a worker, too
    first = str(min(FIRST_EXECUTORS, most))
    return {
        "spark.executor.instances": first,
        "spark.dynamicAllocation.initialExecutors": first,
        "spark.dynamicAllocation.maxExecutors": str(most),
    }


def _environment(prefix: str, region: str) -> dict[str, str]:
    """The environment of the driver and the workers: our Python, our code, and one thread per task."""
    variables = {
        "PYSPARK_PYTHON": PYTHON,
        "PYSPARK_DRIVER_PYTHON": PYTHON,
        "PYTHONPATH": "./code",
        "AWS_DEFAULT_REGION": region,
        "OPENBLAS_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }
    return {f"{prefix}.{name}": value for name, value in variables.items()}
