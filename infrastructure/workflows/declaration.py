"""The declaration of a state machine. Each file in this folder that declares one calls it `WORKFLOW`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn

from infrastructure.data.lake import Lake
from infrastructure.distributed import Distributed
from infrastructure.stage import Stage
from infrastructure.training import Training
from infrastructure.workflows.flow import Workflow


@dataclass(frozen=True, kw_only=True)
class WorkflowResources:
    """The constructs that state machines use. `spark` is None in a stage without Spark."""

    stage: Stage
    lake: Lake
    functions: Mapping[str, lambda_.Function]
    training: Training
    spark: Distributed | None


@dataclass(frozen=True, kw_only=True)
class WorkflowDeclaration:
    """One state machine.

    `name` is a row of `tastemaker.contracts.workflow_names`. `subject` begins the titles of the failure
    states ("Import failed"). `define` adds the states and returns the machine.
    """

    name: str
    subject: str
    define: Callable[[Workflow, WorkflowResources], sfn.StateMachine]
