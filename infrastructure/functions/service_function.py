"""The construct of one function, with its own role and log."""

from __future__ import annotations

import json
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infrastructure.logs import log_group
from infrastructure.packaging import packages
from infrastructure.packaging.build import build
from infrastructure.permissions import accept, allow
from infrastructure.stage import Stage


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a function gets: `memory` and `disk` in MB, `timeout` in seconds, `provisioned` environments.

    `reserved` is the largest number of environments, reserved for the function; 0 for no limit.
    """

    memory: int
    timeout: int
    disk: int = 512
    provisioned: int = 0
    reserved: int = 0


class ServiceFunction(Construct):
    """A Python function on arm64. Its role may write its log, and traces if the stage has them."""

    def __init__(
        self, scope: Construct, name: str, *, stage: Stage, description: str, limits: Limits
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
            code=lambda_.Code.from_asset(str(build(packages.FUNCTIONS[name], bundle=stage.bundle))),
            handler=f"lambdas.{name}.handler.handle",
            memory_size=limits.memory,
            timeout=cdk.Duration.seconds(limits.timeout),
            ephemeral_storage_size=cdk.Size.mebibytes(limits.disk),
            tracing=lambda_.Tracing.ACTIVE if stage.monitoring.tracing else lambda_.Tracing.DISABLED,
            reserved_concurrent_executions=limits.reserved or None,
            role=self.role,
            log_group=log,
            environment=_common_environment(name, stage),
        )
        if stage.monitoring.tracing:
            accept(self.role, "IAM5[Resource::*]", "X-Ray's actions for traces do not support resources")
        accept(
            self.function,
            "L1",
            "the wheels are for Python 3.13, which the training image also runs: one version everywhere",
        )
        self.target: lambda_.IFunction = self.function
        """What callers invoke: the alias if there are provisioned environments, else the function."""
        if limits.provisioned:
            self.target = lambda_.Alias(
                self,
                "Live",
                alias_name="live",
                version=self.function.current_version,
                provisioned_concurrent_executions=limits.provisioned,
            )

    def set(self, **environment: str) -> None:
        """Set environment variables. Each name gets the prefix `TASTEMAKER_`."""
        for name, value in environment.items():
            self.function.add_environment(f"TASTEMAKER_{name}", value)


def _common_environment(name: str, stage: Stage) -> dict[str, str]:
    """The environment variables that every function has."""
    return {
        "POWERTOOLS_SERVICE_NAME": name,
        "POWERTOOLS_METRICS_NAMESPACE": stage.metrics_namespace,
        "METRICS_PER_RESOURCE": json.dumps(stage.metrics.per_resource),
        "POWERTOOLS_LOG_LEVEL": stage.log_level,
        # A request uses one core. More numpy threads would only wait for each other.
        "OPENBLAS_NUM_THREADS": "1",
    }
