"""The `declaring` function: custom resources of CloudFormation, its transform, scheduled jobs, mailings."""

from __future__ import annotations

import aws_cdk as cdk

from infrastructure.control_plane import run_control_plane
from infrastructure.functions.declaration import FunctionDeclaration, Resources
from infrastructure.functions.service_function import Limits, ServiceFunction
from infrastructure.stage import Stage
from tastemaker.contracts.workflow_names import DECLARE


def _limits(stage: Stage) -> Limits:
    # A step never waits. The reserve is for the upload of an answer, which is repeated for some seconds.
    return Limits(memory=stage.functions.control_memory, timeout=60)


def _connect(declaring: ServiceFunction, uses: Resources) -> None:
    run_control_plane(declaring, uses, starts=[DECLARE])
    # A template converts its AWS::Personalize types with the line `Transform: <name of the stack>`.
    cdk.CfnMacro(
        declaring,
        "Transform",
        name=uses.stage.stack_name,
        description="Converts AWS::Personalize resources to resources of this deployment",
        function_name=declaring.function.function_arn,
    )


FUNCTION = FunctionDeclaration(
    name="declaring",
    description="resources as code: answers CloudFormation's custom resources, and runs mailings",
    limits=_limits,
    connect=_connect,
)
